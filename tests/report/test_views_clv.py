"""What the page of customer value claims is chosen by the data: each claim is seen to be made and to be withheld."""

import json
import re
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

import cxlib.clv.study as value_module
from cxlib.clv import CustomerData, CustomerQuestion, ValueRules, read_run, study_customers
from cxlib.clv.assumptions import Assumptions, Check
from cxlib.clv.intervals import Widening
from cxlib.errors import ParameterError
from cxlib.language import Message, about, about_money, speaker
from cxlib.report import earlier_export, sliders
from cxlib.report.views import clv as show
from cxlib.report.views.clv.past import coverage_verdict, money_verdict, spend_verdict

END = pd.Timestamp("2026-06-30")
PARTS = {
    "answer": show.answer,
    "tiles": show.headline_tiles,
    "ahead": show.revenue_ahead,
    "past": show.tested_on_the_past,
    "calibration": show.calibration,
    "tiers": show.value_by_tier,
    "choice": show.model_choice,
    "assumptions": show.assumptions,
    "reconciliation": show.reconciliation,
    "renewals": show.renewals,
    "change": show.change_since,
}


def rows_of(days, cents, *, prefix="c"):
    """Transactions from the purchase days (days before the end) and amounts of each customer."""
    rows = [
        (f"{prefix}{i:04d}", END - pd.Timedelta(days=int(ago)), int(amount))
        for i, (own, amounts) in enumerate(zip(days, cents, strict=True))
        for ago, amount in zip(own, amounts, strict=True)
    ]
    return pd.DataFrame(rows, columns=["customer_id", "day", "amount_cents"])


def random_buyers(n=400, seed=5, length=700):
    """Customers who differ in rate and amount, buy at random and leave at random: what the models are made for."""
    random = np.random.default_rng(seed)
    days, cents = [], []
    for _ in range(n):
        start, gap, price = random.integers(30, length), 60 / random.gamma(1.2), 800 + random.gamma(4, 900)
        stays, own = random.exponential(300), [0.0]
        while own[-1] <= min(start, stays):
            own.append(own[-1] + random.exponential(gap) + 1)
        own = np.unique(start - np.array(own[:-1]).astype(int))
        days.append(own[own >= 0])
        cents.append(random.gamma(6, price / 6, len(days[-1])) + 100)
    return rows_of(days, cents)


def regular_buyers(n=300):
    """Half buy every thirty days for ever, half bought once: going on at the rate so far cannot be beaten."""
    random = np.random.default_rng(2)
    faithful = [np.arange(i % 30, 600, 30) for i in range(n // 2)]
    once = [np.array([d]) for d in random.integers(400, 600, n // 2)]
    days = [*faithful, *once]
    return rows_of(days, [random.integers(900, 1100, len(own)) for own in days])


def once_only(n=80):
    """Nobody bought twice."""
    return rows_of([[5 * (i % 100)] for i in range(n)], [[1000 + i] for i in range(n)])


def short():
    """Forty days of purchases."""
    rows = random_buyers(300, length=40)
    return rows[rows["day"] > END - pd.Timedelta(days=40)]


def same_amounts():
    """Everybody always spends the same."""
    return random_buyers(300).assign(amount_cents=1000)


def everybody_back():
    """All bought more than once."""
    return rows_of([[400 - i, 200 - i, i] for i in range(60)], [[1000, 1200, 900 + i] for i in range(60)])


COMPANIES = {
    "good": random_buyers, "naive wins": regular_buyers, "once": once_only, "short": short, "same": same_amounts,
    "everybody": everybody_back, "tiny": lambda: rows_of([[3, 40], [5]], [[900, 800], [700]]),
    "refunds": lambda: rows_of([[50, 20]] * 40 + [[3]] * 40, [[1000, -1000]] * 40 + [[500]] * 40),
}  # fmt: skip
WHY_NOT = {
    "naive wins": "did not beat the simplest guesses",
    "once": "Nobody has bought on two days yet",
    "short": "too short a history",
    "everybody": "those who bought once seem to be missing",
    "tiny": "too few to see how customers differ",
    "refunds": "Nobody has bought on two days yet",
}


def look(rows, rules=None, **question):
    """The study of a company, with one model and few futures."""
    question = CustomerQuestion(**{"models": ["bg_nbd"], "draws": 10, **question})
    return study_customers(CustomerData(rows, currency="GBP"), question, rules=rules)


def with_people(study, people):
    """A study that knows more of customers."""
    return replace(study, data=replace(study.data, people=people))


@pytest.fixture(scope="module")
def study():
    """The study of each company, made when it is asked for and kept."""
    made = {}

    def of(name):
        if name not in made:
            made[name] = look(COMPANIES[name](), ValueRules(margin=0.4), models=("bg_nbd", "mbg_nbd"), draws=40)
        return made[name]

    return of


@pytest.fixture(scope="module")
def people():
    """Customers of the good company: where they are from, when they came and what they cost."""
    ids = sorted(random_buyers()["customer_id"].unique())
    regions = np.where(np.arange(len(ids)) % 3 == 0, "north", "south")
    return pd.DataFrame(
        {
            "customer_id": ids,
            "region": np.where(np.arange(len(ids)) < 5, "islet", regions),
            "acquisition_channel": np.where(np.arange(len(ids)) % 2 == 0, "search", "partner"),
            "acquisition_cost_cents": np.where(np.arange(len(ids)) % 2 == 0, 500, 90_000),
            "joined_on": END - pd.to_timedelta(np.arange(len(ids)) % 120 + 60, unit="D"),
        }
    )


def english(thing):
    """What a reader of English sees of a message or component."""
    if isinstance(thing, Message):
        return speaker("en").say(thing)
    return re.sub(r"<[^>]+>", " ", str(thing.render(speaker("en")).html))


def parts(of):
    """Every part of the page."""
    made = {name: make(of) for name, make in PARTS.items()}
    made["groups"] = show.value_by_group(of, by="region")
    made["economics"] = show.economics(of, by="acquisition_channel")
    return made


@pytest.mark.parametrize("name", COMPANIES)
def test_no_part_of_the_page_fails(name, study):
    """Whatever the data, every part says something in every language."""
    for part in parts(study(name)).values():
        said = part.payload()["html"]
        assert set(said) >= {"en", "ar"}
        assert all(said.values())


def test_one_price_is_forecast(study):
    """Where everybody always spends the same, that is what a purchase is expected to bring."""
    same = study("same")
    assert same.limits == ()
    price = same.data.transactions["amount_cents"].iloc[0]
    assert same.forecast.customers["expected_spend_cents"].to_numpy() == pytest.approx(price, rel=1e-3)


@pytest.mark.parametrize("name", WHY_NOT)
def test_without_a_forecast_the_page_says_why_and_shows_none(name, study):
    """The reason stands at the top, and no part shows a value, a purchase or a revenue to come."""
    made = parts(study(name))
    assert study(name).forecast is None
    assert WHY_NOT[name] in english(made["answer"])
    assert "What they will bring is not known yet" in english(made["answer"])
    for part in ("ahead", "tiers", "groups", "economics"):
        assert "There is no forecast, so there is nothing to show here" in english(made[part])
    names = {metric["name"] for metric in made["tiles"].payload()["metrics"]}
    assert names == {"customers", "revenue", "repeat_share"}


def test_with_a_forecast_the_page_says_how_much_and_how_sure(study):
    """The answer holds value, interval and the verdict of the test; tiles carry intervals into metrics.json."""
    made = parts(study("good"))
    said = english(made["answer"])
    assert "customers are worth about" in said
    assert "95% interval" in said
    assert "forecasts, made from" in said
    assert "not each month was seen twice" in said
    metrics = {metric["name"]: metric for metric in made["tiles"].payload()["metrics"]}
    for name in ("value_to_come", "expected_purchases", "expected_revenue"):
        assert metrics[name]["low"] <= metrics[name]["value"] <= metrics[name]["high"]


def test_margin_is_asked_for_only_where_none_is_set(study, people):
    """Value at full revenue comes with a note, and no group is said to bring more than it costs."""
    whole = study("good").with_rules(ValueRules())
    assert "No margin is set" in english(show.headline_tiles(whole))
    assert "No margin is set" not in english(show.headline_tiles(study("good")))
    costs = english(show.economics(with_people(whole, people), by="acquisition_channel"))
    assert "partner hardly bring as much of it as they cost" in costs
    cheap = with_people(whole, people.assign(acquisition_cost_cents=2000))
    assert "pay for their cost where the parameter margin is more than" in english(
        show.economics(cheap, by="acquisition_channel")
    )
    for claim in ("clearly more than they cost", "Value to cost", "value-to-cost", "Paid back after"):
        assert claim not in costs


def test_the_chart_of_errors_claims_a_winner_only_where_models_win(study):
    """The title names the model where it beats every guess; else it makes no claim, and a warning stands before it."""
    assert "purchases a customer, the rate so far by" in english(show.tested_on_the_past(study("good")))
    lost = english(show.tested_on_the_past(study("naive wins")))
    assert "How far off each way to forecast was, by customer" in lost
    assert lost.index("did not beat the simplest guesses") < lost.index("How far off each way")


def test_weeks_that_are_over_are_drawn_and_the_holdout_counted_whole(study):
    """The chart has whole weeks up to the horizon's end, its words the totals of all days, its title the claim."""
    good = study("good")
    said, held = show.tested_on_the_past(good).payload()["html"]["en"], good.tracking.actual
    assert str(good.tracking.headline) in said
    assert f"In the 182 days after it {held:.0f} came and" in said
    assert held == good.past.days[-1].summary["frequency_holdout"].sum()
    assert "than expected" not in english(show.tested_on_the_past(study("once")))


def test_what_past_intervals_held_is_said_both_ways(study):
    """How many held is said, and whether past errors were larger than chance explains."""
    good = study("good")
    for off, words in ((0.2, "wide enough for errors like those"), (0.01, "no more than the 5.0% that chance")):
        wide = Widening(purchases=off, money=off, chance_purchases=0.05, chance_money=0.05, origins=2)
        said = english(coverage_verdict(replace(good, widening=wide)))
        assert words in said
        assert "past intervals that know chance alone" in said
    level = Widening(purchases=0.2, money=0.2, origins=2, reach_purchases=0.4, reach_money=0.5)
    said = english(coverage_verdict(replace(good, widening=level)))
    assert "earlier levels of purchases and amounts were: they reach from 61% to 165% of the total" in said


def test_the_rule_of_spend_is_said(study):
    """Which amounts the model of spend learned from, and by how much either way erred."""
    good = study("good")
    used = "all purchases, the first one too" if good.spend.first_purchase else "repeat purchases"
    assert f"Amounts come from Gamma-Gamma on {used}, off by" in english(spend_verdict(good))
    assert spend_verdict(study("short")) is None


def test_attributes_are_associations(study, people):
    """Asked for, they come with ratios, intervals and a caution; not asked for or missing, the page says so."""
    good = with_people(study("good"), people)
    said = english(show.attributes(good, columns=["region"]))
    assert "An association" in said
    assert "Region: north" in said
    assert "with which others are compared: Region: south" in said
    assert "purchases a customer in the past" in said
    assert "name columns of customers" in english(show.attributes(good, columns=[]))
    assert "no column plan" in english(show.attributes(good, columns=["plan"]))
    for case in (with_people(good, people.assign(region="x")), with_people(study("once"), people)):
        assert "could not be compared" in english(show.attributes(case, columns=["region"]))


def test_errors_in_money_are_claimed_smaller_only_where_they_are(study):
    """The verdict on money names the naive rate's error, and says when the model did no better."""
    good = study("good")
    for factor, words in ((1.0, "and going on at"), (9.0, "no better than")):
        revenue = good.past.revenue.copy()
        model = revenue["is_model"]
        revenue.loc[model, "predicted"] = revenue.loc[model, "actual"] * factor
        changed = replace(good, past=replace(good.past, revenue=revenue))
        assert words in english(money_verdict(changed))
        assert english(show.answer(changed))


def test_broken_assumptions_stand_under_the_tiles(study):
    """A red light is repeated where the number is; where nothing is wrong, the panel says so."""
    good = study("good")
    check = good.assumptions.checks[0]
    red = replace(good, assumptions=Assumptions((Check(check.key, "red", 1.0, check.finding, check.effect),)))
    green = replace(good, assumptions=Assumptions((Check(check.key, "green", 1.0, check.finding, check.effect),)))
    finding = english(check.finding)
    assert finding in english(show.headline_tiles(red))
    assert finding not in english(show.headline_tiles(green))
    assert "1 of 1 assumptions is doubtful" in english(show.assumptions(red))
    assert "Nothing in the data contradicts" in english(show.assumptions(green))


def test_groups_below_thirty_are_withheld(study, people):
    """The islet's five customers are not shown, nor the north, which would give them away."""
    good = study("good")
    said = english(show.value_by_group(with_people(good, people), by="region"))
    assert "islet" not in said
    assert "north" not in said
    assert "south" in said
    assert "Value still to come of a customer within 365 days, by Region" in said
    top = good.forecast.customers.nlargest(200, "residual_value_cents")["customer_id"]
    apart = people.assign(region=np.where(people["customer_id"].isin(top), "rich", "poor"))
    said = english(show.value_by_group(with_people(good, apart), by="region"))
    assert "rich customers are worth most, by Region" in said


def test_of_no_class_nothing_is_claimed():
    """Where every tenth of a small shop is withheld, none of 0 classes is said to have been forecast well."""
    said = english(show.calibration(look(random_buyers(250))))
    assert "Too few customers were tested to say for which of them" in said
    assert "In none of" not in said


def test_a_group_that_costs_more_than_it_returns_is_named(study, people):
    """Partner customers cost more than they are worth; with equal costs nobody is said to."""
    for costs, words in (
        (people, "Customers from partner cost more than they are worth"),
        (people.assign(acquisition_cost_cents=2000), "What customers return for their cost, by where they came from"),
    ):
        assert words in english(show.economics(with_people(study("good"), costs), by="acquisition_channel"))


def test_cost_is_a_notice_where_it_is_not_known(study, people):
    """Without the column, without any value, or with next to none, the page says so."""
    few = people.assign(acquisition_cost_cents=np.where(people.index < 3, 100.0, np.nan))
    for customers, words in (
        (people.drop(columns="acquisition_cost_cents"), "does not say what customers cost to win"),
        (people.assign(acquisition_cost_cents=np.nan), "does not say what customers cost to win"),
        (few, "Too few customers with a known cost"),
    ):
        assert words in english(show.economics(with_people(study("good"), customers), by="acquisition_channel"))


def test_the_change_since_the_last_run_is_read_from_its_files(study, tmp_path):
    """Exports of one run explain the next: the parts add up, and files of another form count as none."""
    rows = random_buyers()
    before = look(rows[rows["day"] < END - pd.Timedelta(days=40)])
    before.export.to_parquet(tmp_path / "customers.parquet")
    before.forecast_models.save(tmp_path / "models.json")
    old = read_run(tmp_path / "customers.parquet", tmp_path / "models.json")

    def after(now, last_run):
        return replace(now, data=replace(now.data, last_run=last_run))

    now = study("good")
    change, page = after(now, old).change(), now.forecast.total().value
    assert now.forecast_models.factor != 1
    assert change.after_cents == pytest.approx(page)
    assert change.before_cents == pytest.approx(before.with_rules(now.rules).forecast.total().value)
    parts = ("new_customers_cents", "lost_customers_cents", "behaviour_cents", "model_cents")
    assert change.before_cents + sum(getattr(change, part) for part in parts) == pytest.approx(page)
    assert "since the last run; the largest part" in english(show.change_since(after(now, old)))
    assert "the next one will say" in english(show.change_since(now))
    same = after(now, now.last_state)
    assert "customers and models have not changed" in english(show.change_since(same))
    other = after(now.with_rules(ValueRules(margin=0.1)), now.last_state)  # the page before said another value
    assert "settings the last run would have said the same" in english(show.change_since(other))
    assert "no forecast to compare" in english(show.change_since(after(study("once"), old)))
    further = now.with_rules(ValueRules(horizon_days=180))
    assert "cannot be compared" in english(show.change_since(after(further, old)))
    plain = json.loads((tmp_path / "models.json").read_text())
    del plain["level"]  # as saved by releases before it was
    (tmp_path / "models.json").write_text(json.dumps(plain))
    without = read_run(tmp_path / "customers.parquet", tmp_path / "models.json")
    assert "cannot be compared" in english(show.change_since(after(now, without)))
    (tmp_path / "models.json").write_text("[]")
    assert read_run(tmp_path / "customers.parquet", tmp_path / "models.json") is None
    assert read_run(earlier_export("customers.parquet"), earlier_export("models.json")) is None


def test_every_cent_is_on_the_page(study):
    """Reconciliation is a finding when it adds up and an error when a cent is missing."""
    assert "adds up exactly" in english(show.reconciliation(study("refunds")))
    good = study("good")
    rows = good.data.transactions
    more = rows.assign(amount_cents=rows["amount_cents"] + (np.arange(len(rows)) == 0))
    said = show.reconciliation(replace(good, data=replace(good.data, transactions=more))).payload()["html"]["en"]
    assert 'class="notice error"' in said


def test_a_chance_is_listed_only_where_it_was_near_what_came(study, monkeypatch):
    """The page shows what the chance of a purchase within 30 days was worth; too far off, the list has none."""
    good = study("good")
    assert "The chance of a purchase within 30 days was off by" in english(show.calibration(good))
    assert "the list has none" not in english(show.calibration(good))
    monkeypatch.setattr("cxlib.clv.chances.TOO_FAR", 0.0)
    assert "buys_within_30_days" not in good.export
    assert "the list has none" in english(show.calibration(good))
    monkeypatch.setattr("cxlib.clv.fits.soon_chances", lambda *args: None)
    untested = replace(good)  # a study of its own: what it knows is not remembered
    assert "could not be tested, so none is in the list" in english(show.calibration(untested))
    assert "buys_within_30_days" not in untested.export


def test_one_row_a_customer_is_exported(study):
    """The export has every customer once, with a forecast those to look after first on top, marked."""
    for name in ("good", "once"):
        table = study(name).export
        assert table["customer_id"].is_unique
        assert len(table) == COMPANIES[name]()["customer_id"].nunique()
    assert {"p_alive", "residual_low_cents", "residual_high_cents", "tier"} <= set(study("good").export)
    good = study("good")
    by_customer = good.soon.of(good.chosen, good.customers).set_axis(good.customers["customer_id"])
    assert good.export.set_index("customer_id")["buys_within_30_days"].to_dict() == by_customer.to_dict()
    half = good.forecast.concentration.half_customers
    assert good.export["act_first"].tolist() == [True] * half + [False] * (len(good.export) - half)
    held = good.act_first["residual_value_cents"]
    assert len(held) == half
    assert held.sum() >= good.export["residual_value_cents"].sum() / 2 > held.iloc[:-1].sum()
    assert study("once").act_first is None
    assert "act_first" not in study("once").export


def test_forecast_amounts_have_three_digits():
    """No forecast is written to the unit; small ones to whole units. The number to compute with has every digit."""
    amount = about_money(2_047_594_130.0, "GBP")
    assert (str(amount), float(amount)) == ("£20.5\u00a0million", 20_475_941.30)
    assert str(replace(amount, in_words=False)) == "£20,500,000"
    assert english_money(about_money(9_949.0, "GBP")) == "£99"
    assert about(float("inf")) == float("inf")


def english_money(amount):
    """An amount as a reader of English sees it."""
    return speaker("en").say(amount)


def test_planned_customers_are_added_only_where_planned(study):
    """With a plan the page says what a new customer may cost; without one it does not."""
    planned = look(random_buyers(150), ValueRules(margin=0.4), new_customers_per_30_days=10)
    assert "the most that one may cost" in english(show.revenue_ahead(planned))
    assert "may cost the profit on that at most" in english(show.revenue_ahead(planned.with_rules(ValueRules())))
    assert "may cost" not in english(show.revenue_ahead(study("good")))


def test_a_forecast_without_end_says_so(study):
    """Without a horizon the answer speaks of what customers are worth from now on."""
    endless = study("good").with_rules(ValueRules(horizon_days=None))
    assert "are worth about" in english(show.answer(endless))
    assert english(show.headline_tiles(endless))


@pytest.mark.parametrize("bad", [{"refunds": "never"}, {"models": ("bg",)}, {"models": ()}])
def test_settings_that_cannot_be_meant_are_refused(bad):
    """The message names what is allowed."""
    with pytest.raises(ParameterError):
        CustomerQuestion(**bad)


def test_refunds_of_the_future_follow_the_setting():
    """As before: their share comes off; none: it does not."""
    rows = pd.concat([random_buyers(150), rows_of([[1]], [[-50_000]])])
    none, as_before = (look(rows, refunds=way) for way in ("none", "as_before"))
    assert none.rules.refund_share == 0 < as_before.rules.refund_share


def test_the_notebook_uses_what_is_here():
    """Every function of the view stands in the notebook, so that none is kept for nobody."""
    notebook = nbformat.read(Path(__file__).parents[2] / "notebooks" / "clv.ipynb", as_version=4)
    source = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert set(re.findall(r"show\.(\w+)", source)) == set(show.__all__)


def test_every_part_can_be_read_and_computed_with(study, look):
    """No part of the study floods a notebook, and each summary holds numbers, text and days only."""
    assert {"CustomerStudy", "Forecast", "ModelChoice"} <= look(study("good"))


def test_another_margin_is_at_once_what_a_new_forecast_says(study, monkeypatch):
    """Money goes with the margin and counts do not; nothing is simulated again."""
    study = study("good")
    margin = study.rules.margin
    anew = value_module._valued(study, replace(study.rules, margin=margin / 2), study.level)
    monkeypatch.setattr(value_module, "_valued", None)
    moved = study.with_rules(ValueRules(margin=margin / 2))
    assert np.allclose(moved.forecast.totals.astype(float), anew.forecast.totals.astype(float))
    numbers = anew.forecast.customers.select_dtypes("number")
    assert np.allclose(moved.forecast.customers[numbers.columns], numbers)
    assert moved.path.new_value_cents == pytest.approx(anew.path.new_value_cents)


def test_sliders_move_the_margin_and_the_discount(study):
    """They start where the study is, and nothing is fitted."""
    board = sliders(good := study("good"))
    assert [(slider.description, slider.value) for slider in board.children[:-1]] == [
        ("margin", good.rules.margin),
        ("annual_discount_rate", good.rules.annual_discount_rate),
    ]
    board.children[0].value = 0.2
    board.update()
    assert board.result.rules.margin == 0.2
    assert board.result.chosen is good.chosen
