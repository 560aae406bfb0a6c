"""Call lists, experiments, revenue at risk, and what became of an earlier list."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxlib.churn import CallLimits, OfferRules
from cxlib.churn.offers import EarlierList, Experiment, Watched, price_calls, read_call_list, weigh_stakes
from cxlib.churn.offers.call_list import make_call_list, try_call_list
from cxlib.churn.offers.experiment import detectable_share, plan_experiment, power_of, sample_size
from cxlib.churn.offers.list_outcome import compare_with_outcome
from cxlib.churn.offers.revenue_at_risk import revenue_at_risk
from cxlib.churn.watching import recalibrate
from cxlib.errors import DataError, ParameterError

RULES = OfferRules(0.3, offer_cost_cents=1000, contact_cost_cents=100, margin=1)


def people(n=2000, seed=0):
    """Calibrated risks with values that have nothing to do with them, and what happened."""
    rng = np.random.default_rng(seed)
    risk = rng.beta(1, 4, n)
    return pd.DataFrame(
        {
            "customer_id": [f"C{i:05}" for i in range(n)],
            "cut_off": pd.Timestamp("2026-03-31"),
            "risk": risk,
            "value_cents": np.round(rng.gamma(1.0, 30000, n)),
            "plan": rng.choice(["monthly", "annual"], n),
            "churned": (rng.random(n) < risk).astype(int),
        }
    )


@pytest.mark.parametrize(
    ("p1", "p2", "power", "n"), [(0.5, 0.75, 0.9, 76.7), (0.5, 0.75, 0.8, 57.7), (0.1, 0.05, 0.8, 434.4)]
)
def test_sample_sizes_are_those_of_r(p1, p2, power, n):
    """R's power.prop.test(p1 = .50, p2 = .75, power = .90) prints 76.7; the others by its formula."""
    assert sample_size(p1, p2, power=power) == pytest.approx(n, abs=0.06)


def test_power_and_detectable_share_are_those_of_r():
    """R's help page: n = 50, p1 = .50, p2 = .75 has power .740; with power .9 gives p2 = .8026, or .1974."""
    assert power_of(50, 0.5, 0.75) == pytest.approx(0.740, abs=5e-4)
    assert 1 - detectable_share(50, 0.5, power=0.9) == pytest.approx(0.8026, abs=5e-5)


@given(st.floats(0.02, 0.98), st.floats(0.02, 0.98), st.floats(0.5, 0.99))
@settings(max_examples=100, deadline=None)
def test_size_power_and_detectable_share_are_inverses(p1, p2, power):
    """The sample size has the power asked for, and its smallest share is the one it was made for."""
    if abs(p1 - p2) < 0.01:
        return
    n = sample_size(p1, p2, power=power)
    if n < 1:
        return
    assert power_of(n, p1, p2) == pytest.approx(power, abs=1e-9)
    assert sample_size(p2, p1, power=power) == pytest.approx(n)
    sides = (p1, p2) if p2 < p1 else (1 - p1, 1 - p2)
    assert detectable_share(n, sides[0], power=power) == pytest.approx(sides[1], abs=1e-6)


def test_a_plan_says_whether_the_list_is_long_enough():
    """1,000 listed customers are enough for a quarter of 40 %, 50 are not."""
    assert plan_experiment([0.4] * 1000, expected_response=0.25).enough
    small = plan_experiment([0.4] * 50, expected_response=0.25)
    assert not small.enough
    assert "two arms" in str(small.headline)
    with pytest.raises(DataError, match="empty"):
        plan_experiment([], expected_response=0.25)
    with pytest.raises(ParameterError, match="are both"):
        sample_size(0.2, 0.2)


def test_a_list_ranks_by_gain_and_keeps_within_limits():
    """Gains fall along the list, all are positive, nobody stands twice, and both limits hold."""
    scored = people()
    rules = RULES
    found = make_call_list(scored, rules=rules, limits=CallLimits(most_calls=100))
    gains = found.calls["expected_gain_cents"].to_numpy()
    assert len(gains) == 100
    assert (np.diff(gains) <= 0).all()
    assert (gains > 0).all()
    assert found.calls["customer_id"].is_unique
    assert found.calls["rank"].tolist() == list(range(1, 101))
    assert len(found.customers) == len(scored)
    assert found.gain_cents >= max(found.random_cents, found.riskiest_cents)
    budget = make_call_list(scored, rules=rules, limits=CallLimits(budget_cents=20000))
    assert budget.cost_cents <= 20000 < budget.cost_cents + budget.customers["expected_cost_cents"].max() + 1
    assert sum(found.counts.values()) == len(scored)


@pytest.mark.parametrize(
    ("rules", "unset"),
    [
        (OfferRules(0.2), ("margin", "contact_cost", "offer_cost")),
        (OfferRules(0.2, 4000, margin=0.35), ("contact_cost",)),
        (OfferRules(0.2, contact_cost_cents=500, margin=0.35), ("offer_cost",)),
        (OfferRules(0.2, 4000, 500), ("margin",)),
        (OfferRules(0.2, None, None, margin=None), ("margin", "contact_cost", "offer_cost")),
        (OfferRules(0.2, 0, 0, margin=0.35), ("contact_cost", "offer_cost")),
        (OfferRules(0.2, 4000, 0, margin=0.35), ()),
    ],
)
def test_costs_that_nobody_has_said_are_not_filled_in(rules, unset):
    """What is not given is not known, and no list is made of it; a cost of 0 beside another one has been said."""
    assert rules.unset == unset
    assert rules.are_known == (not unset)
    if np.isnan(rules.margin + rules.offer_cost_cents + rules.contact_cost_cents):
        with pytest.raises(ParameterError, match=f"{', '.join(unset)} of OfferRules not set"):
            make_call_list(people(50), rules=rules)


def test_a_list_does_not_depend_on_the_order_of_rows():
    """Ties are broken by customer, so shuffled rows give the same list."""
    scored = people(300).assign(value_cents=30000)
    scored["risk"] = scored["risk"].round(1)
    shuffled = scored.sample(frac=1, random_state=1)
    lists = [
        make_call_list(rows, limits=CallLimits(most_calls=50), rules=RULES).calls["customer_id"].tolist()
        for rows in (scored, shuffled)
    ]
    assert lists[0] == lists[1]


def test_expected_gain_by_hand():
    """Risk .5, value 200.00, response .3, offer 10.00, call 1.00: .5 x .3 x 190 - .5 x 10 - 1 = 22.50."""
    found = make_call_list(pd.DataFrame({"customer_id": ["a"], "risk": [0.5], "value_cents": [20000]}), rules=RULES)
    assert found.gain_cents == pytest.approx(2250)


def test_the_interval_of_a_list_covers_chance():
    """Simulated leaving and keeping of the listed customers: the 95 % interval holds 93-97 % of 4,000 outcomes."""
    found = make_call_list(people(500), limits=CallLimits(most_calls=80), rules=RULES)
    calls, rules = found.calls, found.rules
    rng = np.random.default_rng(1)
    left = rng.random((4000, 80)) < calls["risk"].to_numpy()
    kept = left & (rng.random((4000, 80)) < rules.expected_response)
    gain = kept * rules.saved(calls["value_cents"].to_numpy()) - ~left * rules.offer_cost_cents
    total = (gain - rules.contact_cost_cents).sum(axis=1)
    assert total.mean() == pytest.approx(found.gain_cents, rel=0.02)
    assert 0.93 <= ((found.low_cents <= total) & (total <= found.high_cents)).mean() <= 0.97


def test_who_opted_out_is_never_called():
    """A true or missing mark leaves the customer out, and the list says how many."""
    scored = people(100).assign(no_contact=[True] * 30 + [None] * 20 + [False] * 50)
    found = make_call_list(scored, limits=CallLimits(opted_out="no_contact"), rules=RULES)
    assert found.counts["opted_out"] == 50
    assert not set(found.calls["customer_id"]) & set(scored["customer_id"][:50])
    assert any("50 customers do not want" in str(note) for note in found.notes)
    assert any("not the same as persuadable" in str(note) for note in found.notes)
    with pytest.raises(DataError, match="'maybe' in row 1"):
        make_call_list(scored.assign(no_contact="maybe"), limits=CallLimits(opted_out="no_contact"), rules=RULES)


def test_lists_that_cannot_be_made_say_why():
    """Customers twice, risks outside 0-1, no rows, negative values, a negative limit."""
    scored = people(10)
    with pytest.raises(DataError, match="stand more than once"):
        make_call_list(pd.concat([scored, scored.head(1)]), rules=RULES)
    with pytest.raises(DataError, match=r"outside 0-1 \(first: 1.5 in row 1\)"):
        make_call_list(scored.assign(risk=1.5), rules=RULES)
    with pytest.raises(DataError, match="has no rows"):
        make_call_list(scored.head(0), rules=RULES)
    with pytest.raises(DataError, match="negative"):
        make_call_list(scored.assign(value_cents=-5), rules=RULES)
    with pytest.raises(DataError, match="no column 'risk'"):
        make_call_list(scored.drop(columns="risk"), rules=RULES)
    with pytest.raises(ParameterError, match="most_calls=-1"):
        CallLimits(most_calls=-1)
    with pytest.raises(ParameterError, match="budget_cents=-5"):
        CallLimits(budget_cents=-5)


def test_nobody_worth_a_call_is_an_answer():
    """An offer above every value gives an empty list and a sentence, not an error."""
    found = make_call_list(people(10), rules=OfferRules(offer_cost_cents=1e9, contact_cost_cents=100, margin=1))
    assert found.calls.empty
    assert "Nobody is worth a call" in str(found.headline)


def test_on_the_past_value_counts_beside_risk():
    """Where values differ more than risks, the list is clearly ahead of calling the riskiest, and both of chance."""
    found = try_call_list(people(5000), limits=CallLimits(most_calls=300), rules=RULES)
    own, riskiest, chance = found.table["gain_cents"]
    assert own > riskiest > chance
    assert found.table["ahead_low"].iloc[1] > 0
    assert found.table["calls"].nunique() == 1
    assert "Calls by risk alone would have earned clearly less" in str(found.headline)


def test_revenue_at_risk_adds_up_by_group():
    """Groups add up to the whole, and risk 1 puts all of it at stake."""
    scored = people()
    found = revenue_at_risk(scored, by="plan", currency="SAR")
    assert found.value_cents == pytest.approx((scored["risk"] * scored["value_cents"]).sum())
    assert found.groups["value_cents"].sum() == pytest.approx(found.value_cents)
    assert found.groups["n"].sum() == found.n
    sure = revenue_at_risk(scored.drop(columns="churned").assign(risk=1.0))
    assert sure.value_cents == sure.low_cents == sure.high_cents == scored["value_cents"].sum()


def test_revenue_interval_covers_what_is_lost():
    """500 companies with calibrated risks: the 95 % interval holds the loss in 93-97 %."""
    scored = people(800)
    found = revenue_at_risk(scored)
    rng = np.random.default_rng(2)
    lost = (rng.random((4000, 800)) < scored["risk"].to_numpy()) @ scored["value_cents"].to_numpy()
    assert 0.93 <= ((found.low_cents <= lost) & (lost <= found.high_cents)).mean() <= 0.97


def test_uncertain_calibration_and_moving_levels_widen_the_interval():
    """Each source of doubt adds width; a forecast that is far off is said to have missed."""
    scored = people()
    plain = revenue_at_risk(scored)
    found = recalibrate(scored["churned"], scored["risk"])
    wider = revenue_at_risk(scored, calibration=found)
    widest = revenue_at_risk(scored, calibration=found, level_sd=0.3)
    widths = [each.high_cents - each.low_cents for each in (plain, wider, widest)]
    assert widths[0] < widths[1] < widths[2]
    assert plain.held
    missed = revenue_at_risk(scored.assign(risk=scored["risk"] / 3))
    assert (missed.is_far_off, plain.is_far_off, replace(plain, actual_cents=None).is_far_off) == (True, False, False)
    assert not missed.held
    assert "missed" in str(missed.headline)


def test_an_earlier_list_meets_its_outcomes(tmp_path):
    """Exported, read back and compared: expected and observed agree, precision of the called is that of the list."""
    scored = people()
    made = make_call_list(
        scored.drop(columns="churned").assign(reasons=[["a", "b"]] * len(scored)),
        limits=CallLimits(most_calls=200),
        rules=RULES,
    )
    made.export.to_parquet(tmp_path / "list.parquet")
    last = read_call_list(tmp_path / "list.parquet")
    found = compare_with_outcome(last, scored[["customer_id", "cut_off", "churned"]])
    assert found.held
    assert found.observed == scored["churned"].sum()
    called = scored["customer_id"].isin(made.calls["customer_id"])
    assert found.precision == pytest.approx(scored.loc[called, "churned"].mean())
    assert found.revenue.actual_cents == scored.loc[scored["churned"] == 1, "value_cents"].sum()
    assert (found.n, found.called, found.unknown) == (2000, 200, 0)
    off = compare_with_outcome(last.assign(risk=last["risk"] / 3), scored[["customer_id", "churned"]])
    assert not off.held


def test_files_of_another_form_count_as_no_list(tmp_path):
    """Missing, empty, not Parquet, other columns, several cut-offs: no earlier list, and no error."""
    text = tmp_path / "list.parquet"
    text.write_text("not a table")
    assert read_call_list(text) is None
    assert read_call_list(None) is None
    pd.DataFrame({"customer_id": ["a"]}).to_parquet(text)
    assert read_call_list(text) is None
    good = make_call_list(people(10), rules=RULES).export
    good.assign(cut_off=pd.date_range("2026-01-01", periods=10)).to_parquet(text)
    assert read_call_list(text) is None
    good.assign(risk=7.0).to_parquet(text)
    assert read_call_list(text) is None
    good.assign(currency="USD").to_parquet(text)
    assert read_call_list(text, currency="SAR") is None
    assert read_call_list(text, currency="USD") is not None


def test_outcomes_of_another_day_are_no_outcomes():
    """Rows of another cut-off do not count; when none is left the error says what to wait for."""
    scored = people(50)
    last = make_call_list(scored.drop(columns="churned"), rules=RULES).export
    late = scored.assign(cut_off=pd.Timestamp("2026-06-30"))
    with pytest.raises(DataError, match="has an outcome yet"):
        compare_with_outcome(last, late)


def test_the_study_says_what_it_cannot_say():
    """One outcome only: a call list still stands, and the parts that need both are missing with a reason."""
    scored = people(300)
    money = price_calls(weigh_stakes(scored.assign(churned=0), scored.drop(columns="churned")), draws=20, rules=RULES)
    assert money.curve is None
    assert money.profit is None
    assert money.stakes.recalibration is None
    assert any("fared alike" in str(limit) for limit in money.limits)
    assert any("Only 0 customers" in str(limit) for limit in money.limits)
    assert money.calls.counts["call"] > 0


@pytest.fixture(scope="module")
def stakes():
    """Of 2,000 customers, with four earlier cut-offs."""
    scored, later = people(), people(seed=5).drop(columns="churned")
    history = pd.concat(
        [people(seed=s).assign(cut_off=pd.Timestamp("2025-01-31") + pd.Timedelta(days=30 * s)) for s in range(4)]
    )
    watched = Watched(history=history, reference=scored[["plan"]], current=later[["plan"]])
    return weigh_stakes(scored, later, by="plan", watched=watched, currency="SAR")


def test_the_study_ties_the_parts_together(stakes):
    """Every part that has its data is there, and each has a sentence in the workspace's currency."""
    money = price_calls(stakes, limits=CallLimits(most_calls=100), draws=50, rules=RULES)
    parts = [money.calls, money.past_calls, money.plan, money.profit, money.curve, money.sensitivity]
    parts += [stakes.revenue, stakes.past_revenue, stakes.recalibration, stakes.rates, stakes.drift]
    assert all(str(part.headline) for part in parts)
    assert stakes.arrived is None
    assert not money.limits
    assert "SAR" in str(money.headline)
    assert "<p>" in money._repr_html_()
    assert "<p>" in stakes._repr_html_()


def test_other_costs_weigh_nothing_again(stakes):
    """The same stakes under other limits: only the list changes, and it is that of the limits alone."""
    few, many = (price_calls(stakes, limits=CallLimits(most_calls=n), draws=20, rules=RULES) for n in (10, 200))
    assert few.stakes is many.stakes
    assert (few.calls.counts["call"], many.calls.counts["call"]) == (10, 200)
    assert few.curve.table.equals(many.curve.table)


def test_parts_that_fail_leave_a_sentence_and_no_error():
    """A one-armed experiment, a list without outcomes, no past cut-offs: each says why in words for the reader."""
    scored = people(300)
    now = scored.drop(columns="churned")
    watched = Watched(
        history=scored.head(0),
        reference=scored[["plan"]],
        current=scored.head(0)[["plan"]],
        earlier=EarlierList(make_call_list(now, rules=RULES).export, scored.assign(churned=np.nan)),
    )
    alone = Experiment(scored.assign(group="treated"), "group")
    stakes = weigh_stakes(scored, now, watched=watched, experiment=alone, draws=10)
    sentences = " ".join(map(str, stakes.limits))
    assert (stakes.rates, stakes.effect, stakes.drift, stakes.arrived) == (None, None, None, None)
    for part in ("past cut-offs", "effect of the offer", "last call list", "learnt from"):
        assert part in sentences
