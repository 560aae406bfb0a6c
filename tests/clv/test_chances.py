"""Chances of so many purchases: published figures, other derivations, sums; and those told of a month, by what came."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hijridate import Gregorian
from hypothesis import given
from hypothesis import strategies as st

from cxlib.clv import BetaGeoModel, ModifiedBetaGeoModel, ParetoNBDModel
from cxlib.clv.chances import AHEAD_DAYS, Season, SoonChances, alive_path, soon_chances, typical_lives
from cxlib.clv.models.pareto_nbd import _arrival
from cxlib.clv.purchase_log import Clock, Customers, PurchaseLog, calendar_clock, hijri, purchase_days
from cxlib.data import purchase_summary
from cxlib.errors import ParameterError
from cxlib.language import Percent
from cxlib.report.views.clv.trust import _lives
from tests.clv.conftest import draw_customers, draw_log

MODELS = [BetaGeoModel, ModifiedBetaGeoModel, ParetoNBDModel]
POINT = (0.6, 7.0, 0.9, 2.5)
KINDS = pd.DataFrame({"frequency": [0, 2, 26, 5], "recency": [0, 30, 200, 10], "T": [39, 39, 231, 35]})
DAY = pd.Timestamp("2026-06-30")


def of(kind, point=POINT, **options):
    """A model of known parameters."""
    return kind.from_params(dict(zip(kind.parameters, point, strict=True)), **options)


@pytest.mark.parametrize(("kind", "published"), [(BetaGeoModel, 4.82), (ParetoNBDModel, 11.99)])
def test_published_fit_of_counts(cdnow_rounded, kind, published):
    """Fader, Hardie & Lee (2005), section 4: chi-square of CDNOW's customers with 0 to 6 and more repeat purchases."""
    model, new = kind(time_unit_days=1).fit(cdnow_rounded), pd.DataFrame({"frequency": [0], "recency": [0], "T": [0]})
    ages = cdnow_rounded["T"].value_counts()
    chances = [model.purchase_chances(new, horizon_days=age, most=6).to_numpy()[0] for age in ages.index]
    expected, came = ages.to_numpy() @ chances, np.bincount(cdnow_rounded["frequency"].clip(upper=7))
    assert ((came - expected) ** 2 / expected).sum() == pytest.approx(published, abs=5e-3)


def test_note_on_the_conditional_chances_of_pareto(peer):
    """Fader & Hardie's note of 2014, eq. 16, as lifetimes computes it with Gaussian hypergeometric functions."""
    known = {"r": 0.5534, "alpha": 10.5802, "s": 0.6061, "beta": 11.6562}
    other = peer.ParetoNBDFitter()
    other.params_ = pd.Series(known)
    chances = ParetoNBDModel.from_params(known, time_unit_days=1).purchase_chances(KINDS, horizon_days=39, most=10)
    for n in (0, 1, 3, 10):
        by_note = [
            other.conditional_probability_of_n_purchases_up_to_time(n, 39, *row) for row in KINDS.to_numpy(float)
        ]
        assert chances[str(n)].to_numpy() == pytest.approx(np.array(by_note), abs=1e-9)


@pytest.mark.parametrize(
    ("theta", "x", "T", "horizon", "n", "exact"),
    [
        ((0.386, 0.362, 8.463, 7.723), 500, 20.4978, 68.9308, 100, 0.310027925535),
        ((0.458, 10.24, 0.253, 0.802), 500, 137.0076, 108.8322, 20, 0.988957800822),
        ((16.924, 0.318, 0.173, 0.463), 50, 83.1138, 106.4819, 20, 0.953706992418),
    ],
)
def test_arrivals_far_out(theta, x, T, horizon, n, exact):
    """Quadrature of 30 digits (mpmath 1.4.1) where parameters and histories are extreme, the worst of 250 at random."""
    value = _arrival(np.array(theta), np.array([float(x)]), np.array([T]), horizon, n)
    assert value[0] == pytest.approx(exact, abs=1e-6)


@pytest.mark.parametrize("kind", MODELS)
@given(st.tuples(*[st.floats(-2.0, 2.0)] * 4), st.floats(1, 120))
def test_chances_are_chances(kind, logs, horizon):
    """They are none below 0, sum to one, and their mean is what the model expects."""
    model = of(kind, np.exp(logs))
    chances = model.purchase_chances(KINDS, horizon_days=horizon, most=100).to_numpy()
    assert chances.min() >= 0
    assert chances.sum(axis=1) == pytest.approx(1)
    mean = chances[:, :-1] @ np.arange(101)
    few = chances[:, -1] < 1e-12
    expected = model.expected_purchases(KINDS, horizon_days=horizon).to_numpy()
    assert mean[few] == pytest.approx(expected[few], rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("kind", MODELS)
def test_chances_are_those_of_simulated_lives(kind):
    """The share of 20,000 lives with each number of purchases."""
    model, one = of(kind), KINDS.iloc[[1]]
    rows = model._read(one).take(np.zeros(20_000, dtype=np.int64))
    alive = model._alive(model._theta, rows)
    rng = np.random.default_rng(3)
    lived = model._simulate(model._theta, rows, alive=alive, horizons=np.array([6.0]), rng=rng)[0].astype(int)
    shares = np.bincount(np.minimum(lived, 3), minlength=4) / 20_000
    chances = model.purchase_chances(one, horizon_days=42, most=2).to_numpy()[0]
    assert shares == pytest.approx(chances, abs=4 * 0.5 / np.sqrt(20_000))


def test_attributes_shift_chances():
    """A model with attributes says of each customer what the plain model with that customer's parameters says."""
    rng = np.random.default_rng(0)
    table = pd.concat([KINDS] * 50, ignore_index=True).assign(region=rng.choice(["east", "west"], 200))
    model = BetaGeoModel(covariates=["region"])._fit_after(table, None)
    told = model.purchase_chances(table, horizon_days=60, most=1)
    for z, places, _ in model._read(table, order=True).alike:
        plain = of(BetaGeoModel, model._own(model._theta, z))
        alike = np.isin(model._read(table, order=True).places, places)
        alone = plain.purchase_chances(table[alike].drop(columns="region"), horizon_days=60, most=1)
        pd.testing.assert_frame_equal(told[alike], alone)


@pytest.mark.parametrize("most", [-1, 101, 2.0, True, "3"])
def test_counts_that_cannot_be_meant_are_refused(most):
    """Only whole numbers from 0 to 100."""
    with pytest.raises(ParameterError, match="from 0 to 100"):
        of(BetaGeoModel).purchase_chances(KINDS, horizon_days=30, most=most)


def shop(shape=1.0, n=900, days=800, keep=None):
    """Customers of their own rates whose gaps are gamma of one shape (1: random), who leave at random."""
    rng = np.random.default_rng(4)
    first, gap = rng.integers(0, days, n), 30 / rng.gamma(2.0, 0.5, n)
    gone = np.minimum(first + rng.exponential(500, n), days)
    gaps = np.maximum(rng.gamma(shape, size=(n, 250)) * (gap / shape)[:, None], 1)
    day = first[:, None] + np.hstack([np.zeros((n, 1)), gaps.cumsum(axis=1)]).astype(int)
    kept = (day <= gone[:, None]) & (True if keep is None else keep(day % 365))
    who = np.broadcast_to(np.arange(n)[:, None], day.shape)[kept]
    dates = DAY - pd.to_timedelta(days - day[kept], unit="D")
    return pd.DataFrame({"customer_id": who.astype(str), "day": dates, "amount_cents": 1000})


def busy(pace, seed, n=1500, days=1065):
    """Customers of BG/NBD whose days pass at the `pace` of a date, the 30 days after `DAY` with them."""
    rng, ends = np.random.default_rng(seed), DAY + pd.Timedelta(days=30)
    dates = pd.date_range(ends - pd.Timedelta(days=days + 29), ends)
    elapsed = np.r_[0, np.cumsum([pace(date) for date in dates])]
    elapsed *= len(dates) / elapsed[-1]
    first, rate, leave = rng.integers(0, days, n), rng.gamma(0.8, size=n) / 40, rng.beta(0.9, 6, n)
    times = elapsed[first][:, None] + rng.exponential(1 / rate[:, None], (n, 300)).cumsum(axis=1)
    kept = (times < elapsed[-1]) & (np.arange(300) < rng.geometric(leave)[:, None] - 1)
    who, at = np.nonzero(kept)
    later = np.searchsorted(elapsed, times[who, at], side="right") - 1
    who, day = np.r_[np.arange(n), who], dates[np.r_[first, later]]
    return pd.DataFrame({"customer_id": who.astype(str), "day": day, "amount_cents": 1000})


def winter(date):
    """Two months of the year are twice as busy and a half."""
    return 2.5 if date.month in (11, 12) else 1.0


def ramadan(date):
    """Ramadan is twice as busy."""
    return 2.0 if Gregorian(date.year, date.month, date.day).to_hijri().month == 9 else 1.0


def even(date):
    """All days are alike."""
    return 1.0


def told(rows):
    """Chances of a month as told of a shop by BG/NBD."""
    model = BetaGeoModel().fit(purchase_summary(rows, observation_end=DAY))
    return soon_chances(model, purchase_days(rows), DAY)


def test_chances_of_random_buyers_are_told_as_they_are():
    """What the model is made for: its own chances are near what came."""
    rows = draw_log(1500, 0)
    model = BetaGeoModel().fit(purchase_summary(rows, observation_end=rows["day"].max()))
    soon = soon_chances(model, purchase_days(rows), rows["day"].max())
    assert not soon.is_moved
    assert soon.is_told
    assert soon.error < 0.015
    assert soon.why_moved is None


def test_chances_of_regular_buyers_are_moved():
    """Clockwork makes the model's chances too mild; what earlier months showed mends that, and the page says so."""
    soon = told(shop(shape=6.0))
    assert soon.is_moved
    assert soon.is_told
    own = soon.months["own"]
    assert np.mean((own - soon.months["came"]) ** 2) > np.mean((soon.months["chance"] - soon.months["came"]) ** 2)
    assert soon.error < 0.02
    assert "own chances would have been off by" in str(soon.why_moved)


def test_chances_that_miss_months_are_not_told():
    """A shop that sells for two months of the year: the month decides, and no model knows it."""
    soon = told(shop(keep=lambda day: day < 60))
    assert soon is None or not soon.is_told


def test_nothing_later_is_known_to_an_earlier_month():
    """What comes after a month began changes no chance that was told then but by whether chances are moved."""
    rows = shop(shape=6.0)
    model = BetaGeoModel().fit(purchase_summary(rows, observation_end=DAY))
    half = rows[(rows["day"] <= DAY - pd.Timedelta(days=30)) | (rows.index % 2 == 0)]
    soon, again = (soon_chances(model, purchase_days(log), DAY) for log in (rows, half))
    pd.testing.assert_series_equal(soon.months["own"], again.months["own"])
    pd.testing.assert_series_equal(soon.months["chance"], again.months["chance"])


def test_months_of_the_hijri_calendar():
    """1 Ramadan 1447 was 18 February 2026, and the day before it the last of Sha'ban, the eighth month."""
    first = np.array(["2026-02-17", "2026-02-18"], "datetime64[D]").astype(np.int64)
    assert (hijri().of(first) % 12 + 1).tolist() == [8, 9]


def test_days_of_a_slow_month_stay_a_table_that_models_read():
    """Two purchase days that are one in time keep a recency; without another purchase it is none."""
    clock = Clock.of_months(0, 90, np.full(12, 0.1))
    known = Customers(np.array([1, 0]), np.array([5, 5]), np.array([6, 5]))
    table = known.summary(7, clock)
    assert table.to_numpy().tolist() == [[1, 1, 1], [0, 0, 0]]


@pytest.mark.parametrize(("pace", "calendar"), [(winter, "gregorian"), (even, None)])
def test_a_season_is_known_to_the_chances_where_it_told_better(pace, calendar):
    """A busy winter is found, and a shop without a season has none."""
    rows = busy(pace, 11)
    soon = told(rows[rows["day"] <= DAY])
    assert (soon.season.calendar if soon.season else None) == calendar
    assert (soon.why_seasonal is None) == (calendar is None)
    assert (soon.months["own"] == soon.months["plain"]).all() == (calendar is None)
    if soon.season:
        assert "each month of the year" in str(soon.why_seasonal)
        moving = replace(soon, season=replace(soon.season, calendar="hijri"))
        assert "each Hijri month" in str(moving.why_seasonal)


def test_a_clock_of_the_hijri_calendar_is_fast_in_ramadan():
    """Twice the pace in three Ramadans seen is twice the days, shrunk by a seventh and with the chance of counts."""
    rows = busy(ramadan, 11, days=1200)
    log = PurchaseLog.read(rows, DAY)
    model = BetaGeoModel().fit(purchase_summary(rows, observation_end=DAY))
    clock = calendar_clock(log, log.end, log.end - log.start + 1, model._repeats_by_age, calendar=hijri())
    month = hijri().of(np.arange(log.start, log.end)) % 12
    pace = np.diff(clock.at(np.arange(log.start, log.end + 1)))
    assert pace[month == 8].mean() / np.median(pace[month != 8]) == pytest.approx(2, rel=0.25)


def test_a_busy_month_ahead_counts_as_so_much_time():
    """July at twice the pace: the 30 days from its first day on are 60 of the model, whose past days were alike."""
    july = np.datetime64("2026-07-01").astype(np.int64)
    pace = np.where(np.arange(12) == 6, 2.0, 1.0)
    season = Season(of(BetaGeoModel), Clock.of_months(july - 181, 240, pace), int(july), "gregorian")
    known = Customers(np.array([0, 3]), july - np.array([100, 100]), july - np.array([100, 30]))
    alike = pd.DataFrame({"frequency": [0, 3], "recency": [0, 70], "T": [100, 100]})
    twice = 1 - of(BetaGeoModel).purchase_chances(alike, horizon_days=60, most=0)["0"]
    assert season.chances(known, int(july)) == pytest.approx(twice.to_numpy())
    soon = SoonChances(pd.DataFrame(), "BG/NBD", (0.0, 1.0), season)
    assert soon.of(of(BetaGeoModel), alike).to_numpy() == pytest.approx(twice.to_numpy())


def test_less_than_a_year_knows_no_season():
    """A winter seen once and no year long: no calendar is tried."""
    rows = busy(winter, 11)
    soon = told(rows[(rows["day"] <= DAY) & (rows["day"] > DAY - pd.Timedelta(days=350))])
    assert soon.season is None
    assert soon.months[["gregorian", "hijri"]].isna().all(axis=None)


def test_the_first_month_on_the_calendar_takes_nothing_from_later_ones():
    """Which clock a month is told on, and what it says, follows from the months before it alone."""
    rows = busy(winter, 12)
    rows = rows[rows["day"] <= DAY]
    model = BetaGeoModel().fit(purchase_summary(rows, observation_end=DAY))
    half = rows[(rows["day"] <= DAY - pd.Timedelta(days=30)) | (rows.index % 2 == 0)]
    soon, again = (soon_chances(model, purchase_days(log), DAY) for log in (rows, half))
    columns = ["plain", "gregorian", "hijri", "own"]
    pd.testing.assert_frame_equal(soon.months[columns], again.months[columns])


@pytest.mark.slow
@pytest.mark.parametrize("kind", [BetaGeoModel, ParetoNBDModel])
def test_months_ahead_are_told_better_by_season_and_no_worse_without(kind):
    """Shops of 1,500 customers, ten of each: past months and the 30 days that come, held against who bought."""
    ends, found = [DAY - pd.Timedelta(days=36 * k) for k in range(10)], {}  # evenly over a year
    for pace in (winter, ramadan, even):
        shops = [_ahead(kind, busy(pace, 100 + seed), ends[seed]) for seed in range(10)]
        found[pace] = [calendar for calendar, _ in shops]
        off = np.array([each for _, each in shops])
        gain = off[:, 0] - off[:, 1]  # past months, the month ahead
        print(kind.__name__, pace.__name__, found[pace], 100 * off.mean(axis=0))
        assert (gain.mean(axis=0) > -0.001).all()  # a tenth of a point
        if pace is not even:
            assert gain[:, 0].mean() > 2 * gain[:, 0].std(ddof=1) / np.sqrt(10)
    assert found[winter].count("gregorian") >= 9
    assert found[ramadan].count(None) <= 2
    assert found[even].count(None) >= 9


def _ahead(kind, rows, end):
    """The calendar, and how far off shares that bought were: plain and told chances by past months and month ahead."""
    past, soon_days = rows[rows["day"] <= end], pd.Timedelta(days=30)
    summary = purchase_summary(past, observation_end=end)
    model = kind().fit(summary)
    soon = soon_chances(model, purchase_days(past), end)
    came = summary["customer_id"].isin(rows.loc[rows["day"].between(end, end + soon_days, "right"), "customer_id"])
    plain = 1 - model.purchase_chances(summary, horizon_days=30, most=0)["0"]
    months = soon.months.groupby("month")[["plain", "own", "came"]].mean()
    past_off = [float(np.sqrt(((months[name] - months["came"]) ** 2).mean())) for name in ("plain", "own")]
    now_off = [abs(float(p.mean() - came.mean())) for p in (plain, soon.of(model, summary))]
    return soon.season and soon.season.calendar, np.column_stack([past_off, now_off])


def test_too_short_a_past_tells_nothing():
    """Five months of purchases check two months."""
    rows = shop()
    assert told(rows[rows["day"] > DAY - pd.Timedelta(days=150)]) is None


LIFE = ["2026-01-01", "2026-01-20", "2026-03-05", "2026-03-06"]


def test_a_life_is_what_was_known_at_each_day():
    """Each point is the chance of the history up to it; the last day's is today's, and silence after it lowers it."""
    model, days = of(BetaGeoModel), pd.to_datetime(pd.Series(LIFE))
    age = float((DAY - days[0]).days)
    customer = pd.DataFrame({"customer_id": ["c1"], "frequency": [3], "recency": [64.0], "T": [age]})
    path = alive_path(model, customer, days, DAY)
    assert set(days) <= set(path["day"])
    for row in path.itertuples():
        before = days[days <= row.day]
        seen = {
            "frequency": [len(before) - 1],
            "recency": [(before.max() - days[0]).days],
            "T": [(row.day - days[0]).days],
        }
        assert row.p_alive == pytest.approx(model.p_alive(pd.DataFrame(seen, dtype=float))[0])
    today = path.loc[path["day"] == DAY, "p_alive"].iloc[0]
    assert today == pytest.approx(model.p_alive(customer)[0])
    ahead = path[path["ahead"]]
    assert (ahead["day"] <= DAY + pd.Timedelta(days=AHEAD_DAYS)).all()
    assert (np.diff([today, *ahead["p_alive"]]) < 0).all()


def test_a_life_has_an_interval_by_how_well_parameters_are_known():
    """Exact parameters leave none; known ones give that of the delta method, which 400 draws meet to a fifth."""
    days, exact = pd.to_datetime(pd.Series(LIFE)), of(BetaGeoModel)
    customer = pd.DataFrame({"customer_id": ["c1"], "frequency": [3], "recency": [64.0], "T": [180.0]})
    path = alive_path(exact, customer, days, DAY)
    assert (path["low"] == path["p_alive"]).all()
    assert (path["high"] == path["p_alive"]).all()
    spread = 0.02
    point = np.array(POINT)
    covariance = pd.DataFrame(np.diag((spread * point) ** 2), BetaGeoModel.parameters, BetaGeoModel.parameters)
    known = BetaGeoModel.from_params(dict(zip(BetaGeoModel.parameters, POINT, strict=True)), covariance=covariance)
    path = alive_path(known, customer, days, DAY)
    steps = [point * np.exp(1e-4 * (np.arange(4) == k)) for k in range(4)]
    slopes = [(alive_path(of(BetaGeoModel, step), customer, days, DAY)["p_alive"] - path["p_alive"]) / 1e-4
              for step in steps]  # fmt: skip
    half = 1.96 * spread * np.sqrt(np.square(slopes).sum(axis=0))
    wide = half > 1e-4
    assert wide.sum() > 20
    assert ((path["high"] - path["low"]) / 2)[wide].to_numpy() == pytest.approx(half[wide], rel=0.2)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [BetaGeoModel, ParetoNBDModel])
def test_the_interval_of_a_life_covers(kind):
    """Of 200 fits to 3,000 customers, the interval holds the truth at four days without a purchase in 92 to 98%."""
    name, truth = {BetaGeoModel: ("bg", POINT), ParetoNBDModel: ("pareto", (0.6, 7.0, 0.7, 12.0))}[kind]
    days, hits = pd.to_datetime(pd.Series(LIFE)), np.zeros(4)
    customer = pd.DataFrame({"customer_id": ["c1"], "frequency": [3], "recency": [64.0], "T": [180.0]})
    looked_at = pd.to_datetime(["2026-02-15", "2026-04-30", "2026-06-30", "2026-09-24"])
    true = alive_path(of(kind, truth), customer, days, DAY).set_index("day")["p_alive"]
    at = [true.index[true.index >= day][0] for day in looked_at]
    for seed in range(200):
        model = kind().fit(draw_customers(3000, seed, params=truth, model=name, exact=True))
        path = alive_path(model, customer, days, DAY).set_index("day").loc[at]
        hits += (path["low"] <= true[at]) & (true[at] <= path["high"])
    print(kind.__name__, hits.to_numpy() / 200)
    assert hits.between(0.92 * 200, 0.98 * 200).all(), hits / 200


def test_typical_lives_are_of_large_kinds_only():
    """Of each kind one in its middle; a kind of fewer than 30 customers has none."""
    rng, n = np.random.default_rng(3), 300
    first = rng.integers(0, 300, n)
    days = [DAY - pd.Timedelta(days=int(400 - at)) for at in first]
    rows = [(f"c{i:03}", day + pd.Timedelta(days=int(gap))) for i, day in enumerate(days)
            for gap in [0, *np.cumsum(rng.integers(1, 20, 5))]]  # fmt: skip
    log = pd.DataFrame(rows, columns=["customer_id", "day"]).assign(amount_cents=100)
    bought = purchase_days(log[log["day"] <= DAY])
    customers = purchase_summary(log[log["day"] <= DAY], observation_end=DAY)
    model = of(BetaGeoModel)
    lives, alive = typical_lives(model, customers, bought, DAY), model.p_alive(customers)
    for kind, low, high in (("here", 0.8, 1), ("doubtful", 0.3, 0.7), ("gone", 0, 0.2)):
        many = ((customers["frequency"] >= 3) & (alive >= low) & (alive <= high)).sum() >= 30
        assert (kind in set(lives["kind"])) == many
    assert not lives.empty
    assert lives.groupby("kind")["customer_id"].nunique().max() == 1


def test_a_life_is_drawn_up_to_91_days_ahead_and_no_purchase_day_is_listed():
    """The line ends at the chance after silence; the table has every fourth week only, and of the id the end."""
    days = pd.to_datetime(pd.Series(LIFE))
    customer = pd.DataFrame({"customer_id": ["customer-77"], "frequency": [3], "recency": [64.0], "T": [180.0]})
    path = alive_path(of(BetaGeoModel), customer, days, DAY).assign(kind="doubtful")
    drawn = _lives(SimpleNamespace(lives=path, end=DAY, chosen=of(BetaGeoModel)))
    page = drawn.payload()["html"]["en"]
    today = path.loc[path["day"] == DAY, "p_alive"].iloc[0]
    now, later = (str(Percent(float(share))) for share in (today, path["p_alive"].iloc[-1]))
    assert f"…-77 goes from {now} to {later}" in page
    assert "customer-77" not in page
    assert "29 January 2026" in page
    assert "20 January 2026" not in page
