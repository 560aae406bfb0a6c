"""Intervals of totals hold what comes, also where times change: past errors beyond chance widen them as they must."""

import numpy as np
import pandas as pd
import pytest

from cxlib.clv import BetaGeoModel, GammaGammaModel
from cxlib.clv.backtest import backtest
from cxlib.clv.choice import FittedModels
from cxlib.clv.intervals import Lives, Widening, total_interval
from cxlib.clv.value import forecast
from cxlib.data import purchase_summary
from cxlib.measures.sampling import column_percentiles

COMPANIES = 30
HORIZON = 182
START = pd.Timestamp("2022-01-03")


def restless_company(seed, *, n=1200, days=1092, change=0.12):
    """Transactions of a BG/NBD company whose customers all buy more in some quarters than in others.

    The level of a quarter is AR(1) with coefficient .5 and standard deviation `change` in logarithms.
    """
    rng = np.random.default_rng(seed)
    quarters = -(-days // 91)
    levels = [rng.normal(0, change)]
    for _ in range(quarters - 1):
        levels.append(0.5 * levels[-1] + rng.normal(0, change * np.sqrt(0.75)))
    clock = np.concatenate([[0.0], np.cumsum(np.repeat(np.exp(levels), 91))])[: days + 1]
    rate, leaves = rng.gamma(0.8, size=n) / 40, rng.beta(0.8, 4.0, n)
    price, first = 10 * 3.0 / rng.gamma(4.0, size=n), rng.integers(0, days - 120, n)
    time, going, bought = clock[first], np.arange(n), [(np.arange(n), clock[first])]
    while len(going):
        time[going] += rng.exponential(size=len(going)) / np.maximum(rate[going], 1e-9)
        going = going[time[going] <= clock[-1]]
        bought.append((going, time[going]))
        going = going[rng.random(len(going)) >= leaves[going]]
    who = np.concatenate([one[0] for one in bought])
    at = np.minimum(np.searchsorted(clock, np.concatenate([one[1] for one in bought])), days)
    cents = np.maximum((rng.gamma(5.0, size=len(who)) * price[who] * 20).round(), 1).astype("int64")
    table = pd.DataFrame({"customer_id": who, "day": START + pd.to_timedelta(at, unit="D"), "amount_cents": cents})
    return table.assign(customer_id="c" + table["customer_id"].astype("str").str.zfill(5))


def held(seed, *, origins, change):
    """Whether purchases and money of the last 182 days lie in the narrow and in the widened intervals."""
    table = restless_company(seed, change=change)
    end = START + pd.Timedelta(days=1092)
    cut = end - pd.Timedelta(days=HORIZON)
    before = table[table["day"] <= cut]
    past = backtest(before, horizon_days=HORIZON, end=cut, origins=origins, models=("bg_nbd",), draws=100, seed=seed)
    wide = past.widening("bg_nbd")
    summary = purchase_summary(table, calibration_end=cut, observation_end=end)
    often, much = BetaGeoModel().fit(summary), GammaGammaModel(first_purchase=past.best_spend == "all").fit(summary)
    futures = Lives.draw(often, much, draws=200, seed=seed).simulate(summary, horizon_days=HORIZON, seed=seed)
    came = {"purchases": summary["frequency_holdout"].sum(), "money": summary["holdout_amount_cents"].sum() / 100}
    found = {}
    for name, totals in (("purchases", futures.purchases), ("money", futures.totals)):
        for kind, used in (("narrow", Widening()), ("wide", wide)):
            low, high = used.interval(totals, error=getattr(used, name))
            found[name, kind] = low <= came[name] <= high
        found[name, "width"] = high / low
    return found


def test_no_past_leaves_chance_alone():
    """Without past errors an interval is the simulated one; with them it is at least as wide at both ends."""
    totals = np.random.default_rng(0).normal(1000, 10, 500)
    chance = Widening().interval(totals, error=0.0)
    assert chance == pytest.approx((980.4, 1019.6), abs=3)
    for error in (0.001, 0.05):
        low, high = Widening(origins=3).interval(totals, error=error)
        assert low <= chance[0]
        assert high >= chance[1]
    low, high = Widening(origins=3).interval(totals, error=0.05)
    assert (low, high) == pytest.approx((1000 * np.exp(-0.159), 1000 * np.exp(0.159)), rel=5e-3)


def test_few_past_forecasts_ask_for_more():
    """The fewer past forecasts, the wider: a single one says little of the next."""
    totals = np.full(200, 100.0)
    widths = [np.ptp(Widening(origins=n).interval(totals, error=0.05)) for n in (1, 2, 4, 50)]
    assert widths == sorted(widths, reverse=True)


def test_errors_are_read_off_the_past():
    """Root mean square of log errors; forecasts that overlap by half count half; what cannot be compared is out."""
    days = pd.to_datetime(["2025-01-01", "2025-04-02", "2025-07-02"])
    rows = pd.DataFrame({"origin": days, "actual": [110.0, 90.0, 0.0], "predicted": 100.0, "chance": 0.02})
    found = Widening.learn(rows, rows.iloc[:0], horizon_days=182)
    assert found.purchases == pytest.approx(np.sqrt((np.log(1.1) ** 2 + np.log(0.9) ** 2) / 2))
    assert found.chance_purchases == pytest.approx(0.02)
    assert (found.money, found.chance_money) == (0.0, 0.0)
    assert found.origins == pytest.approx(2.0)


def test_a_backtest_knows_its_errors(cdnow_transactions):
    """Intervals are simulated for the best model, and for another on request; a widened forecast is wider."""
    past = backtest(cdnow_transactions, horizon_days=91, end="1998-06-30", origins=2, models=("bg_nbd", "mbg_nbd"),
                    draws=20)  # fmt: skip
    other = next(m for m in ("bg_nbd", "mbg_nbd") if m != past.best)
    assert past.scores.set_index("method")["low"].notna().groupby(level=0).all()[past.best]
    assert past.scores.set_index("method").loc[other, "low"].isna().all()
    again = past.with_intervals(other)
    assert again.scores.set_index("method").loc[other, "low"].notna().all()
    assert again.widening(other).purchases > 0
    assert set(past.spending["spend"]) == {"repeat", "all"}
    table = purchase_summary(cdnow_transactions).head(300)
    models = FittedModels(BetaGeoModel().fit(table), GammaGammaModel().fit(table))
    narrow, wide = (forecast(table, models, draws=50, widening=w).totals for w in (None, past.widening(past.best)))
    assert (wide["low"] <= narrow["low"]).all()
    assert (wide["high"] >= narrow["high"]).all()
    assert wide["value"].tolist() == narrow["value"].tolist()


@pytest.mark.slow
@pytest.mark.parametrize("change", [0.0, 0.12])
def test_what_comes_is_held(change):
    """Of 30 companies whose times are steady or change, widened 95% intervals of half a year hold 90% or more.

    Where times change, intervals that know chance alone do not.
    """
    found = pd.DataFrame([held(seed, origins=4, change=change) for seed in range(COMPANIES)])
    shares = {name: found[name].astype(float).mean() for name in found if name[1] in ("narrow", "wide")}
    for part in ("purchases", "money"):
        assert shares[part, "wide"] >= 0.90, shares
        assert not change or shares[part, "narrow"] < 0.85, shares


@pytest.mark.parametrize("n", [100, 200])
def test_few_futures_hold_a_further_one(n):
    """An interval read off 100 or 200 futures holds a further one as often as it says (20,000 runs, heavy tails)."""
    futures = np.exp(np.random.default_rng(n).normal(size=(20_000, n + 1)))
    ends = np.array([total_interval(row[1:]) for row in futures[:200]])
    low, high = column_percentiles(futures[:, 1:].T)
    assert pytest.approx(ends) == np.array([low[:200], high[:200]]).T
    assert ((futures[:, 0] >= low) & (futures[:, 0] <= high)).mean() == pytest.approx(0.95, abs=0.005)
