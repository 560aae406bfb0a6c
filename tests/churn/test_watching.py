"""Drift: the stability index and its critical values, base rates between cut-offs, recalibration."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from cxlib.churn.watching import base_rates, critical_psi, feature_drift, psi, recalibrate
from cxlib.errors import DataError
from cxlib.measures.sampling import wilson


@pytest.mark.parametrize(("size", "critical"), [(500, 0.068), (1000, 0.034), (5000, 0.007)])
def test_critical_values_are_published(size, critical):
    """Yurdakul & Naranjo: .068 at 500/500, .034 at 1,000/1,000, .007 at 5,000/5,000 with ten bins."""
    assert critical_psi(size, size) == pytest.approx(critical, abs=6e-4)


def test_index_by_hand():
    """Shares .5/.5 against .7/.3: .2 ln 1.4 - .2 ln .6."""
    found = psi(["a"] * 50 + ["b"] * 50, ["a"] * 70 + ["b"] * 30)
    assert found.value == pytest.approx(0.2 * np.log(1.4) - 0.2 * np.log(0.6))


def test_false_alarms_are_as_rare_as_promised():
    """2,000 pairs of samples from one distribution: at 5 % between 3.5 % and 6.5 % alarms."""
    rng = np.random.default_rng(0)
    alarms = sum(
        (found := psi(rng.gamma(2.0, size=1000), rng.gamma(2.0, size=600))).value > found.critical for _ in range(2000)
    )
    assert 0.035 <= alarms / 2000 <= 0.065


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60), st.lists(st.integers(0, 5), min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
def test_index_is_symmetric_in_categories_and_never_negative(one, two):
    """Texts: no direction, zero against itself, finite even where a bin is empty."""
    a, b = [f"k{x}" for x in one], [f"k{x}" for x in two]
    assert psi(a, b).value == pytest.approx(psi(b, a).value)
    assert psi(a, a).value == 0
    assert 0 <= psi(a, b).value < np.inf


def test_rising_transforms_leave_the_index_as_it_is():
    """Bins are quantiles, so that units and logarithms do not matter."""
    rng = np.random.default_rng(1)
    a, b = rng.gamma(2.0, size=800), rng.gamma(2.5, size=700)
    assert psi(np.log(a), np.log(b)).value == pytest.approx(psi(a, b).value)


def test_ties_leave_fewer_bins_and_missing_ones_are_a_bin():
    """Six in ten zeros: no bin is cut in two; NaN on one side only is seen."""
    values = np.array([0] * 600 + [1] * 200 + [2] * 100 + [3] * 100, float)
    found = psi(values, values)
    assert (found.value, found.bins) == (0.0, 4)
    holes = np.where(np.arange(1000) % 3 == 0, np.nan, values)
    assert psi(values, holes).value > psi(values, holes).critical
    assert psi(np.full(100, np.nan), np.full(50, np.nan)).value == 0


def test_values_beyond_the_reference_fall_into_the_outer_bins():
    """A new maximum is no missing value, and a shift far away is an alarm."""
    found = psi(np.arange(1000.0), np.arange(1000.0) + 5000)
    assert found.value > 10 * found.critical


def test_the_changed_feature_is_found_and_no_other():
    """One of six features moves; Holm keeps the others quiet."""
    rng = np.random.default_rng(2)
    before = pd.DataFrame(rng.normal(size=(1500, 5)), columns=list("abcde")).assign(plan=rng.choice(["x", "y"], 1500))
    now = pd.DataFrame(rng.normal(size=(1500, 5)), columns=list("abcde")).assign(plan=rng.choice(["x", "y"], 1500))
    now["c"] += 0.5
    found = feature_drift(before, now)
    assert found.drifted == ("c",)
    assert "1 of 6 features have changed by much, most of all “C”" in str(found.headline)
    slight = now.assign(a=now["a"] + 0.15)  # clear with enough customers, and small
    both = feature_drift(pd.concat([before] * 20), pd.concat([slight] * 20))
    assert set(both.drifted) >= {"a", "c"}
    assert "1 of 6 features have changed by much" in str(both.headline)
    assert "none of 6 features" in str(feature_drift(before, before).headline)


def test_wilson_by_newcombes_examples():
    """Newcombe 1998 (two-sided intervals for the single proportion): 81 of 263 and 0 of 20."""
    assert [float(x) for x in wilson(81, 263)] == pytest.approx([0.2553, 0.3662], abs=5e-5)
    assert [float(x) for x in wilson(0, 20)] == pytest.approx([0.0, 0.1611], abs=5e-5)


def _rows(rates, n=2000, seed=0):
    rng = np.random.default_rng(seed)
    days = pd.date_range("2025-01-31", periods=len(rates), freq="60D")
    parts = [
        pd.DataFrame({"customer_id": range(n), "cut_off": day, "churned": (rng.random(n) < rate).astype(int)})
        for day, rate in zip(days, rates, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def test_a_planted_drift_is_found_and_a_steady_rate_is_not():
    """From 50 to 40 % over six cut-offs is a trend; 45 % throughout is none."""
    found = base_rates(_rows(np.linspace(0.5, 0.4, 6)))
    assert found.drifts
    assert found.slope_per_year < 0
    assert found.interval[0] <= -0.1 / (300 / 365.25) <= found.interval[1]
    assert not base_rates(_rows([0.45] * 6)).drifts
    two = base_rates(_rows([0.5, 0.4]))
    assert not two.drifts
    assert "a trend needs three" in str(two.headline)


def test_how_far_the_level_moves_is_measured_beyond_chance():
    """Steps of 0.3 in the logit over 60 cut-offs are found within a quarter; a steady rate has none."""
    up_and_down = expit(-0.5 + 0.3 * (np.arange(60) % 2))
    assert base_rates(_rows(up_and_down, n=500)).level_sd == pytest.approx(0.3, rel=0.25)
    assert base_rates(_rows([0.3] * 60, n=100)).level_sd < 0.1


def test_trend_alarms_take_customers_together():
    """150 companies whose customers repeat themselves at all cut-offs: at most 10 % false alarms at 5 %."""
    alarms = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        own = rng.beta(1, 2, 300)
        rows = _rows([0.0] * 4, n=300, seed=seed)
        rows["churned"] = (rng.random(1200) < np.tile(own, 4)).astype(int)
        alarms += base_rates(rows).drifts
    assert alarms / 150 <= 0.10


def test_recalibration_of_calibrated_risks_changes_nothing():
    """20,000 calibrated risks: intercept 0 and slope 1 within the intervals, and no correction wanted."""
    rng = np.random.default_rng(3)
    risk = rng.beta(1, 4, 20000)
    found = recalibrate(rng.random(20000) < risk, risk)
    low, high = found.intervals["slope"]
    assert low <= 1 <= high
    assert not found.needed
    assert "not clearly off" in str(found.headline)


@given(st.floats(-1, 1), st.floats(0.5, 1.5))
@settings(max_examples=10, deadline=None)
def test_planted_intercept_and_slope_are_found(intercept, slope):
    """Distorted risks are put right: corrected risks add up to the leavers, and slope and intercept are recovered."""
    rng = np.random.default_rng(4)
    risk = rng.beta(2, 4, 20000)
    left = rng.random(20000) < expit(intercept + slope * logit(np.clip(risk, 1e-6, 1 - 1e-6)))
    found = recalibrate(left, risk)
    z = 4 * np.sqrt(np.diag(found.covariance))
    assert abs(found.intercept - intercept) < z[0]
    assert abs(found.slope - slope) < z[1]
    assert found.apply(risk).sum() == pytest.approx(left.sum(), rel=1e-6)
    assert found.apply(risk, with_slope=False).sum() == pytest.approx(left.sum(), rel=1e-6)
    again = recalibrate(left, found.apply(risk))
    assert (again.intercept, again.slope) == pytest.approx((0, 1), abs=1e-4)


def test_rows_of_one_customer_count_once():
    """Each row four times over: the standard errors stay those of the customers."""
    rng = np.random.default_rng(5)
    risk = rng.beta(1, 4, 1000)
    left = rng.random(1000) < risk
    once = recalibrate(left, risk)
    four = recalibrate(np.tile(left, 4), np.tile(risk, 4), customers=np.tile(np.arange(1000), 4))
    assert np.allclose(once.covariance, four.covariance)


def test_what_cannot_be_recalibrated_says_why():
    """Risks outside 0-1, all alike, one outcome only, outcomes that risks separate."""
    with pytest.raises(DataError, match="outside 0-1"):
        recalibrate([0, 1], [0.2, 1.2])
    with pytest.raises(DataError, match=r"all risks are 0\.2"):
        recalibrate([0, 1], [0.2, 0.2])
    with pytest.raises(DataError, match="are 0"):
        recalibrate([0, 0], [0.2, 0.3])
    with pytest.raises(DataError, match="separate"):
        recalibrate([0] * 50 + [1] * 50, np.linspace(0.01, 0.99, 100))


@pytest.mark.parametrize(("predicted", "observed"), [(0.01, 0.12), (0.01, 0.5), (0.001, 0.3), (0.9, 0.02)])
def test_risks_that_are_far_off_are_recalibrated(predicted, observed):
    """Far from the answer Newton's whole steps leap away; risks of 1% against 12% observed do not separate anybody."""
    rng = np.random.default_rng(0)
    risk = np.clip(predicted * np.exp(rng.normal(0, 0.3, 3000)), 1e-5, 0.99)
    fit = recalibrate(rng.random(3000) < observed, risk)
    assert fit.apply(risk).mean() == pytest.approx(fit.observed / fit.n)
    assert fit.apply(risk, with_slope=False).mean() == pytest.approx(fit.observed / fit.n)


@pytest.mark.parametrize("dtype", [object, "Int64", "category", float, "string"])
def test_the_index_does_not_depend_on_the_type_of_a_column(dtype):
    """Counts and flags have one index as integers, objects, nullable integers, categories and floats."""
    rng = np.random.default_rng(0)
    counts = [pd.Series(rng.poisson(mean, n)) for mean, n in ((3.0, 1000), (3.3, 800))]
    flags = [pd.Series(rng.random(n) < share) for share, n in ((0.3, 1000), (0.4, 800))]
    if dtype != "string":  # text has no order, so that each count is a bin of its own
        assert psi(*(side.astype(dtype) for side in counts)) == psi(*counts)
    assert psi(*(side.astype(object).astype(dtype) for side in flags)).value == pytest.approx(psi(*flags).value)


def test_risks_of_rows_without_a_customer_stand_for_themselves():
    """Missing customers are not one customer: with all of them missing errors are those without customers."""
    rng = np.random.default_rng(0)
    risk = rng.uniform(0.05, 0.5, 500)
    left = rng.random(500) < risk
    nobody = recalibrate(left, risk, customers=[None] * 500)
    assert nobody.shift_error == pytest.approx(recalibrate(left, risk).shift_error)


def test_what_is_said_of_risks_agrees_with_their_intervals():
    """Off by much: to be corrected; off as a whole but not by both tests: said; off by 2% of 400,000: not."""
    rng = np.random.default_rng(0)
    odds = rng.normal(-1.5, 0.7, 400_000)

    def fit(n, off):
        left = rng.random(n) < 1 / (1 + np.exp(-odds[:n] - off))
        return recalibrate(left, 1 / (1 + np.exp(-odds[:n])))

    assert str(fit(2000, 0.5).headline).startswith("The risks want correcting")
    assert not fit(400_000, 0.02).needed
    fits = [fit(600, 0.2) for _ in range(40)]
    sayings = {(one.needed, one.intervals["shift"][0] > 0): str(one.headline)[:25] for one in fits}
    assert sayings[False, False] == "The risks are not clearly"
    assert sayings[False, True] == "The risks may be a little"
