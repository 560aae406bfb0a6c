"""A step of amounts or counts is told from a trend, a season and a price rise, and a closure is named."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cxlib.churn import ChurnQuestion, gather_churn, study_churn
from cxlib.clv import CustomerQuestion, gather_customers
from cxlib.clv.fits import fit_customers
from cxlib.data import Workspace, counted_days, find_breaks, open_workspace, tell_breaks
from cxlib.data.frames import breaks
from cxlib.data.frames.breaks import CLEARLY_GONE, FEW_BACK, Break, _daily, _newcomers, _opening, _relays, _steps
from cxlib.data.frames.observed import observe
from cxlib.data.frames.steps import amount_steps, fewer_ids, seen_again
from cxlib.errors import ConfigurationError
from cxlib.journey import JourneyQuestion, study_journey
from cxlib.language import T
from cxlib.loyalty import study_loyalty
from cxlib.recommend import study_recommend
from cxlib.report.views import churn as churn_views
from cxlib.report.views import segmentation as segment_views
from cxlib.report.views.journey import answer as journey_head
from cxlib.report.views.loyalty import answer as loyalty_head
from cxlib.report.views.recommend import answer as recommend_head
from cxlib.scorecard import CardQuestion, make_scorecard
from cxlib.segments import SegmentQuestion, gather_segments, study_segments

START = pd.Timestamp("2023-01-01")


def shop(seed, change=None, *, sizes=(700, 1500, 3000), season=0.0, keep=None):
    """Purchases of a shop: one to three years, growing, shrinking or steady, whose customers leave; log-normal amounts.

    `change`: Factor of amounts by the number of the day and of the day of the step; `keep`: which rows there are.
    """
    rng = np.random.default_rng(seed)
    n, days, growth = int(rng.choice(sizes)), int(365 * rng.choice([1, 1.7, 2.5, 3])), rng.choice([1e-9, 1.0, -0.5])
    start = days * np.log1p(rng.random(n) * np.expm1(growth)) / growth * (rng.random(n) > rng.choice([0, 0.5]))
    stays = np.minimum(rng.exponential(rng.choice([250, 500, 1500]), n), days - start)
    counts = rng.poisson(rng.gamma(0.8, 1 / rng.choice([25, 50]), n) * stays * np.exp(season))
    who = np.repeat(np.arange(n), counts)
    when = start[who] + rng.random(len(who)) * stays[who]
    seen = rng.random(len(who)) < np.exp(season * (np.sin(2 * np.pi * (when / 365 + rng.random())) - 1))
    who, when = np.append(np.arange(n), who[seen]), np.append(start, when[seen]).astype(int)
    spread = rng.choice([0.4, 0.7, 1.0])
    amounts = np.exp(rng.normal(3.5, 0.7 * spread, n)[who] + rng.normal(0, 0.7 * spread, len(who)))
    step = int(rng.uniform(98, days - 98))
    amounts = amounts if change is None else amounts * change(when, step)
    rows = pd.DataFrame({"customer_id": who.astype(str), "day": START + pd.to_timedelta(when, unit="D"),
                         "amount_cents": np.maximum(np.round(100 * amounts), 1).astype("int64")})  # fmt: skip
    rows = rows if keep is None else rows[keep(when, step, who)]
    return rows.groupby(["customer_id", "day"], as_index=False).sum(), START + pd.Timedelta(days=step)


def daily(rows):
    """As `breaks._daily`, at once."""
    log, first = np.log(rows["amount_cents"]), rows.groupby("customer_id")["day"].transform("min")
    parts = {
        "day": rows["day"],
        "n": 1,
        "logs": log,
        "squares": log**2,
        "again": (rows["day"] > first).astype(int),
        "new": (rows["day"] == first).astype(int),
    }
    return pd.DataFrame(parts).groupby("day").sum()


def steps(rows, kind):
    """Steps of one kind."""
    return list(_steps(daily(rows), kind))


def after(factor):
    """A factor from the day of the step on."""
    return lambda day, step: np.where(day >= step, factor, 1.0)


PLANTED = {"riyals": 3.75, "dollars": 1 / 3.75, "cents": 100, "units": 0.01, "twice": 2.0}
QUIET = {
    "nothing": {},
    "a price rise of 10%": {"change": after(1.1)},
    "a price rise of 25%": {"change": after(1.25)},
    "inflation of 30% a year": {"change": lambda day, step: 1.3 ** (day / 365)},
    "prices that more than double in a year": {"change": lambda day, step: 2.3 ** (day / 365)},
    "amounts that fall": {"change": lambda day, step: 0.6 ** (day / 365)},
    "a peak of amounts": {"change": lambda day, step: np.where((day + step) % 365 > 330, 1.8, 1.0)},
    "a season": {"change": lambda day, step: np.exp(0.4 * np.sin(day / 58)), "season": 0.6},
    "who came early": {"keep": lambda day, step, who: who % 5 > 1},
    "a closure": {"keep": lambda day, step, who: (day < step) | (day > step + 45)},
}


def seasonal(seed, days, wave):
    """A steady shop in which twice as much is bought, for twice as much, at the height of a season as at its bottom."""
    rng = np.random.default_rng(seed)
    n, phase, spread = int(rng.choice([700, 1500])), rng.random(), rng.choice([0.3, 0.5, 0.7])
    who = np.repeat(np.arange(n), rng.poisson(rng.gamma(0.8, days / 30, n)))
    when = rng.integers(0, days, len(who))
    height = np.log(2) / 2 * wave(2 * np.pi * (when / 365 + phase))
    kept = rng.random(len(who)) < np.exp(height - np.log(2) / 2)
    cents = np.exp(rng.normal(8, spread, n)[who] + rng.normal(0, spread, len(who)) + height).astype("int64")
    rows = pd.DataFrame({"customer_id": who.astype(str), "day": START + pd.to_timedelta(when, unit="D"),
                         "amount_cents": cents})[kept]  # fmt: skip
    return rows.groupby(["customer_id", "day"], as_index=False).sum()


SEASONS = {"smooth": np.sin, "steep": lambda angle: np.tanh(4 * np.sin(angle)), "a quarter": lambda angle: np.where(
    angle % (2 * np.pi) < np.pi / 2, 1.0, -1.0)}  # fmt: skip


def renamed(rows, day, share=1.0):
    """The same purchases where customers, or a share of them, have another id from a day on."""
    chosen = rows["customer_id"].astype(int) % 100 < 100 * share
    return rows.assign(
        customer_id=rows["customer_id"].mask(chosen & (rows["day"] >= day), "new-" + rows["customer_id"])
    )


def new_ids(rows):
    """Breaks of ids."""
    return [one for one in find_breaks(rows) if one.kind == "ids"]


def merged(rows, day):
    """The same purchases where each second customer has the id of the one before from a day on."""
    one = (rows["customer_id"].astype(int) // 2 * 2).astype(str)
    return rows.assign(customer_id=rows["customer_id"].mask(rows["day"] >= day, one))


def by_weeks(rows):
    """How many bought so many weeks ago, and so many weeks ago before that, as `breaks._renamed` counts at once."""
    last = rows["day"].max()
    weeks = rows.assign(ago=(last - rows["day"]).dt.days // 7).drop_duplicates(["customer_id", "ago"])
    weeks = weeks.sort_values(["customer_id", "ago"], ascending=[True, False])
    before = weeks.groupby("customer_id")["ago"].shift().fillna(-1).astype(int)
    return weeks.groupby(["ago", before]).size().rename_axis(["ago", "before"]).reset_index().to_numpy(np.int64)


def new_from(rows):
    """The day from which ids are new, None without one."""
    last, counts = rows["day"].max(), by_weeks(rows)
    week, ratio, sure = seen_again(counts)
    weeks_ago = int(counts[:, 0].max()) + 1 - week
    return last - pd.Timedelta(days=7 * weeks_ago - 1) if ratio <= FEW_BACK and sure >= CLEARLY_GONE else None


@pytest.mark.slow
def test_smaller_steps_of_amounts_are_named_by_the_same_customers():
    """Prices 15% higher from a day on are dated within a month in half of logs; without hardly a day is named."""
    quiet = ({}, QUIET["inflation of 30% a year"], QUIET["amounts that fall"])
    assert sum(bool(amount_steps(shop(seed, **kind)[0])) for kind in quiet for seed in range(200, 220)) <= 2
    shops = [shop(seed, after(1.15)) for seed in range(200, 245)]
    long = [(rows, day) for rows, day in shops if rows["day"].max() - rows["day"].min() > pd.Timedelta(days=600)]
    found = [any(abs((step.day - day).days) <= 30 for step in amount_steps(rows)) for rows, day in long]
    assert np.mean(found) >= 0.45


def test_a_step_is_not_dated_a_year_away(monkeypatch):
    """Beside a slope and months a rise is nearly a fall a year before; of many customers a sample tells the day too."""
    rng = np.random.default_rng(2)
    who, after_days, size = rng.integers(0, 6_000, 60_000), rng.integers(0, 900, 60_000), rng.normal(8, 0.5, 60_000)
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(after_days, unit="D")
    cents = np.exp(size + np.log(1.15) * (day >= "2025-10-01")).astype(int)
    rows = pd.DataFrame({"customer_id": who, "day": day, "amount_cents": cents})
    (step,) = amount_steps(rows.groupby(["customer_id", "day"], as_index=False).sum())
    assert abs((step.day - pd.Timestamp("2025-10-01")).days) <= 7
    assert step.change == pytest.approx(0.15, abs=3 * step.error)
    monkeypatch.setattr(breaks, "MOST_AMOUNTS", 30_000)
    (found,) = find_breaks(rows, prices=True)
    assert found.kind == "prices"
    assert abs((found.first - step.day.date()).days) <= 30


def test_a_season_is_no_step():
    """Within a year a smooth one has no day; of a steep one it is said that it may be either."""
    assert not find_breaks(seasonal(1, 365, SEASONS["smooth"]), prices=True)
    steep = find_breaks(seasonal(5, 365, SEASONS["steep"]), prices=True)
    assert steep
    assert all("or is it a season? The data holds that time of the year once" in str(one.message) for one in steep)
    rows, _ = shop(5, after(1.3))
    named = [one.once for one in find_breaks(rows, prices=True)]
    assert named == [False]


@pytest.mark.slow
def test_seasons_are_no_steps():
    """Of 18 shops in which a season doubles all at most two are told a step that is not said to be perhaps a season.

    Of the six whose season is smooth none is told any.
    """
    kinds = [(wave, days) for wave in SEASONS.values() for days in (365, 550, 900)]
    logs = [seasonal(seed, days, wave) for seed, (wave, days) in enumerate(2 * kinds)]
    told = [find_breaks(log, prices=True) for log in logs]
    assert sum(any(not one.once for one in found) for found in told) <= 2
    assert not any(told[:3] + told[9:12])


def test_new_ids_from_a_day_on_are_named():
    """Where each customer gets another id, the day is named within a week, and only then."""
    rows, day = shop(7, sizes=(1500,))
    assert not new_ids(rows)
    (found,) = new_ids(renamed(rows, day))
    assert found.first == new_from(renamed(rows, day)).date()
    assert abs((pd.Timestamp(found.first) - day).days) <= 7
    assert found.ratio < 0.15
    assert "were ids given anew?" in str(found.message)
    late = rows["day"].max() - pd.Timedelta(days=24)
    assert new_ids(renamed(rows, late))


def test_an_id_of_everybody_is_named():
    """Walk-ins under one id are asked about, by its word or its last letters; a good customer is not."""
    rows, _ = shop(7, sizes=(1500,))
    rows = rows.loc[rows.index.repeat(2)].reset_index(drop=True)
    assert not [one for one in find_breaks(rows) if one.kind == "crowd"]
    some = np.random.default_rng(1).random(len(rows)) < 0.3
    for name, shown in (("Walk-in", "Walk-in"), ("+966501234567", "…567")):
        mixed = rows.assign(customer_id=rows["customer_id"].mask(some, name))
        (found,) = (one for one in find_breaks(mixed) if one.kind == "crowd")
        assert found.ratio == pytest.approx(0.3, abs=0.02)
        assert f"one id that buys several times a day, all the time ({shown})" in str(found.message)


def test_a_wholesaler_who_is_named_is_a_customer(tmp_path):
    """By sources.yaml; an id there that buys nothing is asked about, and one that is no text is refused."""
    day = pd.date_range("2025-01-01", periods=120).repeat(4)
    rows = pd.DataFrame({"customer_id": "W1", "at": day, "amount": 90})
    others = pd.DataFrame({"customer_id": [f"c{n % 90}" for n in range(480)], "at": day, "amount": 5})
    pd.concat([rows, others]).to_csv(tmp_path / "sales.csv", index=False)
    text = "currency: SAR\ntime_zone: Asia/Riyadh\ntables: {transactions: {path: sales.csv}}\n"

    def asked(more):
        (tmp_path / "sources.yaml").write_text(text + more, encoding="utf-8")
        company = open_workspace(tmp_path)
        buyers = fit_customers(gather_customers(company), CustomerQuestion(models=["bg_nbd"])).customers
        return "".join(tell_breaks(company)["warning"]), len(buyers)

    said, buyers = asked("")
    assert "or name it there ('one_customer') if it is one, as a wholesaler" in said
    assert buyers == 90
    said, buyers = asked('one_customer: ["W1", "W2"]\n')
    assert said == "'one_customer' names ids without a purchase: W2"
    assert buyers == 91
    with pytest.raises(ConfigurationError, match="text is expected"):
        asked("one_customer: [17]\n")


def test_ids_that_become_one_are_named():
    """Of two ids one stops and the other buys for both: the day is named, and nobody is told to have left by it."""
    rng, day = np.random.default_rng(1), START + pd.Timedelta(days=500)
    days = START + pd.to_timedelta(rng.integers(0, 700, 12_000), unit="D")  # a steady shop: each buys every two months
    rows = pd.DataFrame({"customer_id": rng.integers(0, 1000, 12_000).astype(str), "day": days, "amount_cents": 500})
    assert not [one for one in find_breaks(rows) if one.undoes_customers]
    (found,) = (one for one in find_breaks(merged(rows, day)) if one.undoes_customers)
    assert found.kind == "merged"
    assert abs((pd.Timestamp(found.first) - day).days) <= 10
    assert "were ids of one person or family made one?" in str(found.message)


@pytest.mark.slow
def test_ids_become_one_only_where_they_do():
    """In no other shop; of those where they do a quarter is told, most others being short or growing."""
    quiet = [{}, *(QUIET[name] for name in ("a season", "who came early", "a closure"))]
    assert not any(fewer_ids(by_weeks(shop(seed, **kind)[0]))[1] for kind in quiet for seed in range(200, 215))
    logs = [merged(*shop(seed)) for seed in range(200, 224)]
    assert sum(fewer_ids(by_weeks(rows))[1] > 0 for rows in logs) >= 4


def test_an_id_for_each_order_is_no_customer():
    """Orders of a market place are asked about by the form of their ids, and counted as money alone."""
    rows, _ = shop(7, sizes=(1500,))
    log, theirs = by_order(rows, ORDERS[0])
    orders = log.assign(amount=log["amount_cents"] / 100).rename(columns={"day": "at"}).drop(columns="amount_cents")
    company = Workspace.from_frames({"transactions": orders}, currency="EUR", time_zone="UTC")
    (found,) = (one for one in find_breaks(company) if one.kind == "relays")
    assert found.ids == ("@marketplace.example",)
    assert found.ratio == pytest.approx(theirs.mean(), abs=1e-9)
    told = tell_breaks(company).set_index("warning")["rows"]
    (said,) = (text for text in told.index if "of ids of the form “@marketplace.example”" in text)
    assert told[said] == theirs.sum()
    people = set(rows["customer_id"][~theirs])
    assert set(gather_segments(company).customers["customer_id"]) == people
    assert (
        set(fit_customers(gather_customers(company), CustomerQuestion(models=["bg_nbd"])).customers["customer_id"])
        == people
    )
    card = {line.measure.name: line.metric.value for line in make_scorecard(company).lines}
    since = rows["day"] > rows["day"].max() - pd.Timedelta(days=CardQuestion().period_days)
    assert card["buyers"] == rows["customer_id"][since & ~theirs].nunique()
    assert card["revenue_in_period"] == rows["amount_cents"][since].sum()


def test_ids_of_orders_that_are_named_are_customers(tmp_path):
    """By their form in sources.yaml; a form that no id has is asked about."""
    log, _ = by_order(shop(7, sizes=(1500,))[0], ORDERS[1])
    log.assign(at=log["day"], amount=5)[["customer_id", "at", "amount"]].to_csv(tmp_path / "sales.csv", index=False)
    text = "currency: EUR\ntime_zone: UTC\ntables: {transactions: {path: sales.csv}}\n"
    (tmp_path / "sources.yaml").write_text(text + 'one_customer: ["GUEST-#", "TEST-#"]\n', encoding="utf-8")
    told = tell_breaks(open_workspace(tmp_path))["warning"].tolist()
    assert "'one_customer' names ids without a purchase: TEST-#" in told
    assert not [text for text in told if "GUEST-#" in text]


@pytest.mark.slow
def test_ids_of_orders_are_told_from_those_of_customers():
    """Of 24 shops with such ids at least 22 are named; of 72 with another form of ids for customers none is."""
    named = [by_order(shop(seed)[0], ORDERS[seed % 3])[0] for seed in range(300, 324)]
    assert sum(any(_relays(observe(log), ())) for log in named) >= 22
    kinds = [{}, *(QUIET[name] for name in ("a season", "who came early", "a closure"))]
    for kind in kinds:
        for seed in range(300, 318):
            log, _ = shop(seed, **kind)
            other = log["customer_id"].astype(int) % 3 == 0
            own = log["customer_id"].map(HONEST[seed % 3].format)
            log = log.assign(customer_id=log["customer_id"].mask(other, own))
            assert not [*_relays(observe(log), ())]


@pytest.mark.slow
def test_cards_of_tills_are_no_customers():
    """Two ids with four purchases a day are named, and stand for nobody in what is told of customers."""
    rows, _ = shop(7, sizes=(500,))
    days = pd.date_range(rows["day"].min(), rows["day"].max()).repeat(4)
    tills = [pd.DataFrame({"customer_id": f"till {n}", "day": days, "amount_cents": 2500}) for n in (1, 2)]
    orders = pd.concat([rows, *tills], ignore_index=True).rename(columns={"day": "at"})
    orders = orders.assign(amount=orders["amount_cents"] / 100, product_id="tea").drop(columns="amount_cents")
    company = Workspace.from_frames({"transactions": orders}, currency="EUR", time_zone="UTC")
    (found,) = (one for one in find_breaks(company) if one.kind == "crowd")
    assert found.ids == ("till 1", "till 2")
    assert "2 ids that buy several times a day" in str(found.message)
    people = {
        "segments": gather_segments(company).customers["customer_id"],
        "churn": gather_churn(company, ChurnQuestion(horizon_days=60)).snapshots["customer_id"],
        "value": fit_customers(gather_customers(company), CustomerQuestion()).customers["customer_id"],
        "products": study_recommend(company).lists["customer_id"],
        "loyalty": study_loyalty(company).customers["customer_id"],
    }
    assert {name: sorted(set(found.ids) & set(ids)) for name, ids in people.items()} == {name: [] for name in people}
    daily = pd.DataFrame({"customer_id": "good", "day": rows["day"].drop_duplicates(), "amount_cents": 900})
    assert not [one for one in find_breaks(pd.concat([rows, daily])) if one.kind == "crowd"]


def gifts(rng):
    """Regular customers, and before each new year many who buy once."""
    own = [(who, day) for who in range(600) for day in rng.uniform(0, 900, rng.poisson(rng.gamma(1, 22)))]
    once = [
        (9_000 + 1_800 * year + who, 365 * year + 320 + rng.integers(40)) for year in range(2) for who in range(1_800)
    ]
    return own + once


def campaign(rng):
    """Regular customers, and in the last month many who are new."""
    own = [(who, day) for who in range(900) for day in rng.uniform(0, 700, rng.poisson(rng.gamma(1, 17)))]
    return own + [(9_000 + who, 670 + rng.integers(30)) for who in range(3_000)]


def left(rng):
    """Most leave for good on one day."""
    ends = np.where(rng.random(1_800) < 0.8, 450, 700)
    return [
        (who, day) for who, end in enumerate(ends) for day in rng.uniform(0, end, rng.poisson(rng.gamma(1, end / 40)))
    ]


def swapped(rng):
    """Some come in one half of the year only, the others in the other."""
    days = [(who, day) for who in range(1_200) for day in rng.uniform(0, 900, rng.poisson(rng.gamma(1, 45)))]
    return [(who, day) for who, day in days if (np.sin(2 * np.pi * day / 365) > 0) == bool(who % 2)]


@pytest.mark.parametrize("kind", [gifts, campaign, left, swapped])
def test_other_customers_are_no_new_ids(kind):
    """Gifts, a campaign, a loss and two seasons' customers: many are new, or are not seen again, but never both."""
    rows = pd.DataFrame(kind(np.random.default_rng(3)), columns=["who", "day"])
    day = START + pd.to_timedelta(rows["day"].astype(int), unit="D")
    rows = pd.DataFrame({"customer_id": rows["who"].astype(str), "day": day, "amount_cents": 500}).drop_duplicates()
    assert not new_ids(rows)


def with_ids(rows, seed=0):
    """The rows with ids of purchases, and a second purchase at a fixed price on one customer's day in five."""
    more = rows[np.random.default_rng(seed).random(len(rows)) < 0.2].assign(amount_cents=990)
    rows = pd.concat([rows, more], ignore_index=True)
    return rows.assign(transaction_id=[f"t{n}" for n in range(len(rows))])


def copied(rows, first, last):
    """The rows of those days once more, under other ids."""
    again = rows[rows["day"].between(first, last)]
    return pd.concat([rows, again.assign(transaction_id="n" + again["transaction_id"])], ignore_index=True)


def cut_short(rows, days, share, seed=0):
    """Of the last days only a share of the rows."""
    early = rows["day"] <= rows["day"].max() - pd.Timedelta(days=days)
    return rows[early | (np.random.default_rng(seed).random(len(rows)) < share)]


def of_kind(rows, kind):
    """Breaks of one kind."""
    return [one for one in find_breaks(rows) if one.kind == kind]


def test_days_that_were_appended_again_are_named():
    """From the first to the last of them; of one price too; not where customers buy twice for the same price."""
    rows = with_ids(shop(7, sizes=(1500,))[0])
    assert not of_kind(rows, "twice")
    assert not of_kind(rows.assign(amount_cents=990), "twice")
    first, last = rows["day"].max() - pd.Timedelta(days=80), rows["day"].max() - pd.Timedelta(days=30)
    for each in (rows, rows.assign(amount_cents=990)):
        (found,) = of_kind(copied(each, first, last), "twice")
        assert abs((pd.Timestamp(found.first) - first).days) + abs((pd.Timestamp(found.last) - last).days) <= 2
        assert "stand twice, under two ids" in str(found.message)
    lines = rows.assign(transaction_id=rows["customer_id"] + rows["day"].astype(str))  # two lines of one order
    assert not of_kind(pd.concat([lines, lines]), "twice")


def test_an_end_for_which_rows_had_not_come_in_is_named():
    """Its first day and what is there of it; whatever ends so is looked at up to the day before."""
    rows = shop(7, sizes=(3000,))[0]
    assert not of_kind(rows, "late")
    (found,) = of_kind(cut_short(rows, 12, 0.1), "late")
    assert abs((rows["day"].max() - pd.Timestamp(found.first)).days - 11) <= 3
    assert found.ratio < 0.25
    assert "Let the report end before that day" in str(found.message)
    assert counted_days([found])[1] == found.first - pd.Timedelta(days=1)


def test_no_page_adds_up_what_stands_twice():
    """Value and churn speak of no money, and the scorecard compares no revenue."""
    rows = with_ids(shop(7, sizes=(700,))[0])
    rows = copied(rows, rows["day"].max() - pd.Timedelta(days=50), rows["day"].max())
    rows = rows.assign(amount=rows["amount_cents"] / 100, at=rows["day"])[
        ["transaction_id", "customer_id", "at", "amount"]
    ]
    company = Workspace.from_frames({"transactions": rows}, currency="SAR", time_zone="Asia/Riyadh")
    fits = fit_customers(gather_customers(company), CustomerQuestion())
    assert fits.choice is None
    assert fits.has_mixed_amounts
    assert gather_churn(company, ChurnQuestion()).has_mixed_amounts
    lines = {line.measure.name: line for line in make_scorecard(company).lines}
    assert lines["revenue_in_period"].last is None
    assert lines["buyers"].last is not None


def test_a_second_log_that_begins_on_a_day_is_no_growth():
    """Customers of another shop, from a day on: what is added up over both is not compared, what an order holds is."""
    rows = shop(7, sizes=(700,))[0]
    day = rows["day"].max() - pd.Timedelta(days=160)
    more = shop(7, sizes=(1500,))[0]
    more = more[more["day"] >= day]
    rows = pd.concat([rows, more.assign(customer_id="web" + more["customer_id"])]).rename(columns={"day": "at"})
    rows = rows.assign(amount=rows.pop("amount_cents") / 100)
    lines = make_scorecard(Workspace.from_frames({"transactions": rows}, currency="SAR", time_zone="UTC")).lines
    moved = {line.measure.name for line in lines if line.last is not None or line.year is not None}
    assert {line.measure.name for line in lines} > moved
    assert moved == {"average_order_value"}


def test_only_customers_since_ids_were_given_anew_are_followed():
    """The journey, suggestions and members are of ids that still exist, and the pages say so."""
    rows, _ = shop(7, sizes=(1500,))
    end = rows["day"].max()
    day = end - pd.Timedelta(days=150)
    rows = renamed(rows, day).rename(columns={"day": "at"}).assign(product="tea")
    rows = rows.assign(amount=rows["amount_cents"] / 100).drop(columns="amount_cents")
    company = Workspace.from_frames({"transactions": rows}, currency="SAR", time_zone="Asia/Riyadh")
    journey, suggested, members = study_journey(company), study_recommend(company), study_loyalty(company)
    first = pd.Timestamp(journey.breaks[0].first)
    alive = set(rows.loc[rows["at"] >= first, "customer_id"])
    assert set(suggested.lists["customer_id"]) <= alive
    assert set(members.customers["customer_id"]) == alive
    assert journey.stops[0].customers == len(alive)
    for head in (journey_head(journey), recommend_head(suggested), loyalty_head(members)):
        assert "were ids given anew?" in str(head.bullets[0])


def test_no_page_speaks_of_customers_with_new_ids():
    """Segmentation advises nothing, value and churn forecast nothing, the scorecard compares no customers."""
    rows, day = shop(7, sizes=(1500,))
    rows = rows.assign(amount=rows["amount_cents"] / 100).drop(columns="amount_cents")
    own = {"currency": "SAR", "time_zone": "Asia/Riyadh"}
    company = Workspace.from_frames({"transactions": renamed(rows, day).rename(columns={"day": "at"})}, **own)
    study = study_segments(gather_segments(company, SegmentQuestion()), draws=20)
    assert "were ids given anew?" in str(study.advice.headline)
    assert study.advice.first.empty
    assert not study.export["act_first"].any()
    fits = fit_customers(gather_customers(company), CustomerQuestion())
    assert fits.choice is None
    assert "were ids given anew?" in str(fits.limits[0])
    churn = gather_churn(company, ChurnQuestion())
    assert "were ids given anew?" in str(churn.limits[0])
    late = renamed(rows, rows["day"].max() - pd.Timedelta(days=60))
    company = Workspace.from_frames({"transactions": late.rename(columns={"day": "at"})}, **own)
    lines = {line.measure.name: line for line in make_scorecard(company).lines}
    assert lines["buyers"].last is None
    assert lines["revenue_in_period"].last is not None


def guests(rows, day, share=1 / 3):
    """The log with an id of its own for each of so many purchases since a day."""
    late = (rows["day"] >= day) & (np.random.default_rng(0).random(len(rows)) < share)
    return rows.assign(customer_id=rows["customer_id"].mask(late, "8888" + rows.index.astype(str)))


def by_order(rows, form, share=0.3):
    """The log where so many customers have an id of its own for each purchase, and which those are."""
    names = rows["customer_id"].unique()
    theirs = rows["customer_id"].isin(names[np.random.default_rng(0).random(len(names)) < share])
    each = pd.Series([form.format(n) for n in range(len(rows))], rows.index)
    return rows.assign(customer_id=rows["customer_id"].mask(theirs, each)), theirs


ORDERS = ("x{}@marketplace.example", "GUEST-{}", "114-{}-7")
HONEST = ("x{}@gmail.com", "CARD-{}", "114-{}-7")


def joined(rows, more, day):
    """The log with another shop's purchases since a day, under ids of the same form."""
    return pd.concat([rows, more[more["day"] >= day].assign(customer_id=lambda part: "9999" + part["customer_id"])])


def grown(rows, day, turns="ab"):
    """The log with two customers more for each who comes since a day, who buy as that one does."""
    come = rows[rows.groupby("customer_id")["day"].transform("min") >= day]
    return pd.concat([rows, *(come.assign(customer_id=come["customer_id"] + turn) for turn in turns)])


def test_of_guests_nobody_is_said_to_be_new_or_to_have_left():
    """There is no forecast of their value, or of who leaves; customers who come back are no guests."""
    rows = next(log for seed in range(20) if (log := longest(seed)) is not None)
    rows = rows[rows["customer_id"].str[-1].isin(["1", "4", "7"])]
    day = rows["day"].max() - pd.Timedelta(days=150)
    assert [one.kind for one in find_breaks(grown(rows, day))] == ["new"]
    log = guests(rows, day, 0.5).rename(columns={"day": "at"}).drop(columns="amount_cents").assign(amount=5)
    company = Workspace.from_frames({"transactions": log}, currency="SAR", time_zone="Asia/Riyadh")
    value = fit_customers(gather_customers(company), CustomerQuestion(models=["bg_nbd"], origins=1, draws=2))
    assert "guests" in [one.kind for one in value.breaks]
    assert value.fitted is None
    leaving = study_churn(gather_churn(company, ChurnQuestion(kind="purchases")))
    assert leaving.reasons == value.limits
    assert "0 customers" not in str(churn_views.answer(leaving).payload())
    assert not churn_views.headline_tiles(leaving).extras()["metrics"]


def test_a_page_of_ids_that_are_not_those_of_customers():
    """Nobody is counted as having bought once, and nobody is to be acted on."""
    rows = pd.DataFrame({"customer_id": list("abcd"), "at": "2026-01-05", "amount": 3})
    company = Workspace.from_frames({"transactions": rows}, currency="GBP", time_zone="UTC")
    study = study_segments(gather_segments(company), draws=2)
    for doubted in (None, T("Ids were given anew")):
        shown = replace(study, advice=replace(study.advice, doubted=doubted))
        assert ("Bought on one day only" in str(segment_views.headline_tiles(shown).payload())) == (doubted is None)
        assert ("Ids are not those of" in str(segment_views.action_table(shown).payload())) == (doubted is not None)


def longest(seed, **kind):
    """A shop of 30 months or more; None where it has fewer."""
    rows, _ = shop(seed, sizes=(1500, 3000), **kind)
    return rows if (rows["day"].max() - START).days > 800 else None


def test_guests_and_a_second_shop_are_no_new_customers():
    """Both are named within two weeks, and nothing of newcomers is called better; other shops have no such day."""
    rows, more = [log for seed in range(20) if (log := longest(seed)) is not None][:2]
    day = rows["day"].max() - pd.Timedelta(days=150)
    for log in (guests(rows, day), joined(rows, more, day)):
        (found,) = (one for one in find_breaks(log) if one.kind in ("new", "guests"))
        assert abs((pd.Timestamp(found.first) - day).days) <= 14
        assert found.kind == ("guests" if log["customer_id"].str.startswith("8888").any() else "new")
        log = log.rename(columns={"day": "at"}).assign(amount=log["amount_cents"] / 100).drop(columns="amount_cents")
        company = Workspace.from_frames({"transactions": log}, currency="SAR", time_zone="Asia/Riyadh")
        lines = {line.measure.name: line for line in make_scorecard(company).lines}
        for name in ("repurchase_rate", "buyers", "revenue_in_period"):  # guests are told by the form of their ids
            assert lines[name].last is None or not lines[name].last.clear
        assert "does an order without an account" in str(gather_segments(company, SegmentQuestion()).breaks[0].message)
    assert not [one for one in find_breaks(renamed(rows, day)) if one.kind == "new"]  # all ids are
    for kind in QUIET.values():
        assert not [one for one in find_breaks(shop(6, **kind)[0]) if one.kind == "new"]


@pytest.mark.slow
def test_newcomers_are_found_and_no_others():
    """Of 40 shops with guests or a second shop at least 28 are named; of 60 others and 20 with campaigns at most 2.

    Of 20 that grow to three times as many newcomers none is said to have guests.
    """
    logs = [log for seed in range(600, 720) if (log := longest(seed)) is not None][:41]
    found = 0
    for number, log in enumerate(logs[:40]):
        day = log["day"].max() - pd.Timedelta(days=int(60 + 8 * number))
        log = joined(log, logs[number + 1], day) if number % 2 else guests(log, day)
        found += any(abs((pd.Timestamp(one.first) - day).days) <= 14 for one in _newcomers(daily(log)))
    assert found >= 28
    for number, log in enumerate(logs[:20]):
        more = grown(log, log["day"].max() - pd.Timedelta(days=int(60 + 15 * number)))
        assert not [one for one in find_breaks(more) if one.kind == "guests"]
    quiet = [shop(900 + seed, **kind)[0] for kind in QUIET.values() for seed in range(6)]
    for number, log in enumerate(logs[:20]):  # four times as many newcomers for two to four weeks
        first = log.groupby("customer_id")["day"].transform("min")
        begin, days = log["day"].max() - pd.Timedelta(days=100 + 10 * number), int(14 + number % 3 * 7)
        come = log[(first >= begin) & (first < begin + pd.Timedelta(days=days))]
        quiet.append(pd.concat([log, *(come.assign(customer_id=come["customer_id"] + f" {turn}") for turn in "abc")]))
    assert sum(any(_newcomers(daily(log))) for log in quiet) <= 2


@pytest.mark.slow
def test_new_ids_are_found():
    """60 shops of which all customers, or seven in ten, get other ids: at least 57 of 60 and 36 of 60 are told."""
    for share, least in ((1.0, 57), (0.7, 36)):
        found = 0
        for seed in range(60):
            rows, day = shop(500 + seed)
            told = new_from(renamed(rows, day, share))
            found += told is not None and abs((told - day).days) <= 14
        assert found >= least, (share, found)


@pytest.mark.slow
def test_steps_are_found():
    """60 shops in which amounts step by 2 to 100 times: at least 57 are told, within a week."""
    found = 0
    for seed in range(60):
        rows, day = shop(seed, after(list(PLANTED.values())[seed % len(PLANTED)]))
        found += any(abs((pd.Timestamp(one.first) - day).days) <= 7 for one in steps(rows, "amounts"))
    assert found >= 57


@pytest.mark.slow
def test_what_is_no_step_is_not_called_one():
    """60 shops with a trend, a season, a price rise, a closure or nothing: at most one is told of a step."""
    kinds = list(QUIET.values())
    logs = [shop(seed, **kinds[seed % len(kinds)])[0] for seed in range(60)]
    assert sum(bool(steps(log, "amounts") or steps(log, "counts")) for log in logs) <= 1
    assert all(new_from(log) is None for log in logs)


@pytest.mark.slow
def test_half_of_the_stores_missing_is_found():
    """20 shops of 6,000 customers, half of whom are missing from a day after 200 days on: at least 19 are told."""
    logs = [shop(seed, sizes=(6000,), keep=lambda day, step, who: (day < step) | (who % 2 == 0)) for seed in range(30)]
    logs = [(rows, day) for rows, day in logs if (day - START).days > 200][:20]
    found = [[abs((pd.Timestamp(one.first) - day).days) <= 7 for one in steps(rows, "counts")] for rows, day in logs]
    assert len(logs) == 20
    assert sum(map(any, found)) >= 19


def test_a_step_of_each_kind():
    """The day and the size; none in a shop where prices rise little by little, by a tenth at once, or in a season."""
    for name, factor in PLANTED.items():
        rows, day = shop(5, after(factor))
        (found,) = find_breaks(rows)
        assert (found.kind, pd.Timestamp(found.first)) == ("amounts", day), name
        assert found.ratio == pytest.approx(factor, rel=0.15)
    for kind in QUIET.values():
        assert [one for one in find_breaks(shop(6, **kind)[0]) if one.kind != "closed"] == []


def test_one_channel_only():
    """Where the amounts of one channel step, it is named; without that column the step is smaller, and seen."""
    rows, day = shop(5)
    rows["channel"] = np.where(np.arange(len(rows)) % 3 > 0, "shop", "web")
    cents = rows["channel"].eq("web") & (rows["day"] >= day)
    rows.loc[cents, "amount_cents"] *= 100
    (found,) = find_breaks(rows)
    assert (found.group, pd.Timestamp(found.first)) == ("web", day)
    assert "a purchase of “web” is 94.69 times" in str(found.message)
    assert find_breaks(rows.drop(columns="channel"))[0].group == ""


def test_a_small_or_odd_log_has_no_break():
    """A few rows, one day, refunds only, and no rows at all."""
    few = pd.DataFrame({"customer_id": ["a", "b"], "day": [START, START], "amount_cents": [500, 90_000]})
    assert find_breaks(few) == find_breaks(few.assign(amount_cents=-1)) == find_breaks(few.iloc[:0]) == ()


def test_one_huge_day_is_named():
    """A day on which everybody buys; not where each month's first day is one, nor a day with twice the purchases."""
    rows, day = shop(5)
    known = rows.loc[rows["day"] < day, "customer_id"].unique()
    sale = pd.DataFrame({"customer_id": known, "day": day, "amount_cents": 2000})
    (found,) = find_breaks(pd.concat([rows, sale]))
    assert (found.kind, found.first, found.last) == ("surge", day.date(), day.date())
    times = f" {round(found.ratio):,} times as many customers came back as on a usual day around it"
    assert times in str(found.message)
    assert not find_breaks(pd.concat([rows, sale.head(10)]))
    months = pd.date_range(START, periods=24, freq="MS")
    monthly = pd.DataFrame({"customer_id": np.repeat(np.arange(50), 24), "day": np.tile(months, 50)})
    assert not find_breaks(monthly.assign(amount_cents=900))


def test_customers_brought_in_under_one_day_are_not_called_new():
    """The day is named and new customers are not compared across it; not where a campaign brings twice as many."""
    rows, day = shop(5)
    more = pd.DataFrame({"customer_id": [f"old{n}" for n in range(400)], "day": day, "amount_cents": 3_300})
    (found,) = of_kind(pd.concat([rows, more]), "brought")
    share = len(more) / (len(more) + rows["customer_id"].nunique())
    assert (found.first, found.ratio) == (day.date(), pytest.approx(share, abs=0.02))
    assert "Then they have been customers longer than it seems" in str(found.message)
    assert not of_kind(pd.concat([rows, more.head(12)]), "brought")
    for brought in (more, more.head(12)):
        log = pd.concat([rows, brought]).assign(at=lambda t: t["day"], amount=lambda t: t["amount_cents"] / 100)
        log = log.loc[log["day"] <= day + pd.Timedelta(days=300), ["customer_id", "at", "amount"]]
        company = Workspace.from_frames({"transactions": log}, currency="SAR", time_zone="UTC")
        card = make_scorecard(company, CardQuestion(period_days=45))
        (line,) = (line for line in card.lines if line.measure.name == "new_buyers")
        assert (line.last is None) == (brought is more) == ("and are not new" in " ".join(map(str, card.doubts)))


def opened(rows, day):
    """The log since a day, on which what each customer had bought before stands as one sum."""
    before = rows[rows["day"] <= day].groupby("customer_id", as_index=False)["amount_cents"].sum()
    return pd.concat([before.assign(day=day), rows[rows["day"] > day]], ignore_index=True)


def test_sums_on_the_first_day_are_told():
    """Opening balances of a migration are asked about; a log whose customers are all there on its first day is not."""
    rows = next(log for seed in range(20) if (log := longest(seed)) is not None)
    day = START + pd.Timedelta(days=300)
    (found,) = of_kind(opened(rows, day), "brought")
    assert found.first == day.date()
    since = rows[rows["day"] > day]
    first = since.groupby("customer_id")["day"].transform("min")
    single = since.assign(day=since["day"].mask(since["day"] == first, day + pd.Timedelta(days=1)))
    assert not of_kind(single, "brought")


@pytest.mark.slow
def test_first_days_without_sums_are_not_told():
    """Of 60 shops, whose customers of the first hour all buy on the first day, none is; of 12 with sums 11 or more."""
    kinds = [QUIET[name] for name in ("nothing", "amounts that fall", "inflation of 30% a year", "a season")]
    assert not any(of_opening(shop(seed, sizes=(700,), **kind)[0]) for kind in kinds for seed in range(400, 415))
    logs = [log for seed in range(400, 430) if (log := longest(seed)) is not None][:12]
    assert sum(of_opening(opened(log, START + pd.Timedelta(days=300))) for log in logs) >= 11


def of_opening(rows):
    """Whether a log's first day is named for sums."""
    observed = observe(rows)
    return any(_opening(_daily(observed), observed))


def test_a_change_of_prices_in_sums():
    """More or less, by which side is dearer; other kinds say what they always do."""
    day = START.date()
    for ratio, word in ((1.3, "more"), (0.8, "less")):
        assert f"customers of lately seem to spend {word} than" in str(Break("prices", day, day, ratio).in_sums)
    assert Break("counts", day, day, 2.0).in_sums == Break("counts", day, day, 2.0).message


@pytest.mark.slow
def test_pages_that_add_amounts_up_say_that_prices_changed():
    """Segments, value and the journey; no start months are held against each other by what they brought."""
    rows, day = shop(5, after(1.3), sizes=(700,))
    rows = rows.assign(at=rows["day"], amount=rows["amount_cents"] / 100)[["customer_id", "at", "amount"]]
    company = Workspace.from_frames({"transactions": rows}, currency="SAR", time_zone="UTC")
    study = study_segments(gather_segments(company), draws=2)
    said = "Amounts are added up here as they are, so that customers of lately seem to spend more"
    assert said in str(study.warnings[-1])
    assert "After six months a customer who started" not in str(segment_views.start_months(study).payload())
    value = fit_customers(gather_customers(company), CustomerQuestion(models=["bg_nbd"], origins=1, draws=2))
    assert [one.kind for one in value.breaks] == ["prices"]
    assert [one.kind for one in study_journey(company).breaks] == []  # more than a year ago
    days = int((rows["at"].max() - day).days) + 30
    (found,) = study_journey(company, JourneyQuestion(period_days=days)).breaks
    assert said in str(found.in_sums)


def test_a_closure_where_there_are_no_amounts():
    """Gifts, or purchases without amounts, have days all the same."""
    day = pd.date_range("2025-01-01", "2025-12-31")
    rows = pd.DataFrame(
        {"customer_id": "a", "day": day[(day < "2025-05-01") | (day > "2025-06-30")], "amount_cents": 0}
    )
    assert [(one.kind, str(one.first), one.days) for one in find_breaks(rows)] == [("closed", "2025-05-01", 61)]


def test_a_log_without_amounts_is_looked_through():
    """It has no step of amounts in any channel, and no error."""
    at = pd.date_range("2025-01-01", periods=300).strftime("%Y-%m-%d")
    rows = pd.DataFrame({"customer_id": "a", "at": at, "channel": ["shop", "web"] * 150})
    assert tell_breaks(Workspace.from_frames({"transactions": rows}, currency="SAR", time_zone="UTC")).empty


def test_check_names_a_step():
    """`cx check` says from which day on, by how much, and of how many rows."""
    rows, day = shop(5, after(3.75))
    table = {"customer_id": rows["customer_id"], "at": rows["day"].dt.strftime("%Y-%m-%d"),
             "amount": (rows["amount_cents"] / 100).astype(str)}  # fmt: skip
    shop_ = Workspace.from_frames({"transactions": pd.DataFrame(table)}, currency="SAR", time_zone="UTC")
    told = tell_breaks(shop_)
    assert told["rows"].tolist() == [(rows["day"] >= day).sum()]
    assert f"From about {day:%-d %B %Y} on a purchase is 3." in told["warning"].iloc[0]
    quiet = Workspace.from_frames({"transactions": pd.DataFrame(table).iloc[:200]}, currency="SAR", time_zone="UTC")
    assert tell_breaks(quiet)["rows"].dtype == "int64"  # so that other counts beside it stay whole


@pytest.mark.slow
def test_copies_and_late_ends_are_found_and_no_others():
    """24 shops: 10 to 90 days that stand twice, an end of 5 to 19 days of which a tenth is there, and neither.

    At least 22 copies are told, each within four days, and two thirds of the ends: in few days, or where a shop has as
    few orders as it had a year before, too many are there to be sure.
    """
    copies = ends = false = 0
    for seed in range(24):
        rng = np.random.default_rng(seed)
        rows = with_ids(shop(800 + seed)[0], seed)
        last = rows["day"].max()
        false += any(one.kind in ("twice", "late") for one in find_breaks(rows))
        first = last - pd.Timedelta(days=int(rng.integers(100, 200)))
        told = of_kind(copied(rows, first, first + pd.Timedelta(days=int(rng.integers(10, 90)))), "twice")
        copies += len(told) == 1 and abs((pd.Timestamp(told[0].first) - first).days) <= 4
        days = int(rng.integers(5, 20))
        told = of_kind(cut_short(rows, days, 0.1, seed), "late")
        ends += len(told) == 1 and abs((last - pd.Timestamp(told[0].first)).days + 1 - days) <= 4
    assert false == 0
    assert copies >= 22
    assert ends >= 16
