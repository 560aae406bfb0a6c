"""Measures of risk against scikit-learn, and what must hold of any probabilities."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit
from sklearn import metrics

from cxlib.churn.risk.evaluation import check_subgroups, evaluate_risk
from cxlib.churn.risk.measures import (
    MEASURES,
    Predicted,
    Ranked,
    RiskMap,
    calibration_error,
    choose_recalibration,
    fit_logit,
    lift,
    measure,
    refit_logit,
    reliability,
)
from cxlib.errors import DataError


def drawn(n=2000, seed=0, shift=0.0, slope=1.0, ties=False):
    """Outcomes whose log-odds are shift + slope x those of the probabilities."""
    rng = np.random.default_rng(seed)
    p = expit(rng.normal(-1, 1, n))
    p = p.round(2).clip(0.01, 0.99) if ties else p
    return (rng.random(n) < expit(shift + slope * logit(p))).astype(int), p


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_measures_are_those_of_scikit_learn(ties, weighted):
    """ROC-AUC, average precision, Brier and log loss equal scikit-learn's, with weights and with ties."""
    y, p = drawn(ties=ties)
    weights = np.random.default_rng(1).poisson(1.0, len(y)).astype(float) if weighted else np.ones(len(y))
    found = dict(zip(MEASURES, measure(y, p)(weights[None, :])[0], strict=True))
    assert found["roc_auc"] == pytest.approx(metrics.roc_auc_score(y, p, sample_weight=weights))
    assert found["pr_auc"] == pytest.approx(metrics.average_precision_score(y, p, sample_weight=weights))
    assert found["brier"] == pytest.approx(metrics.brier_score_loss(y, p, sample_weight=weights))
    assert found["log_loss"] == pytest.approx(metrics.log_loss(y, p, sample_weight=weights))


def test_intercept_and_slope_are_those_of_a_logistic_regression():
    """Calibration slope and intercept equal statsmodels' on the log-odds; with slope 1 these are an offset."""
    y, p = drawn(shift=0.3, slope=0.7)
    x = logit(p)
    both = sm.Logit(y, sm.add_constant(x)).fit(disp=0).params
    assert fit_logit(y, p, slope=True) == pytest.approx(tuple(both), abs=1e-6)
    alone = sm.GLM(y, np.ones(len(y)), family=sm.families.Binomial(), offset=x).fit().params[0]
    assert fit_logit(y, p, slope=False)[0] == pytest.approx(alone, abs=1e-6)


def test_one_newton_step_is_near_the_whole_way():
    """For resampled customers one step from the estimate lies within a tenth of its spread of the full answer."""
    y, p = drawn()
    weights = np.random.default_rng(2).poisson(1.0, (50, len(y))).astype(float)
    stepped = refit_logit(y, p, weights, slope=True)[1]
    exact = [
        sm.GLM(y, sm.add_constant(logit(p)), family=sm.families.Binomial(), freq_weights=w).fit().params[1]
        for w in weights
    ]
    assert np.abs(stepped - exact).max() < 0.2 * np.std(exact)
    assert np.abs(stepped - exact).mean() < 0.1 * np.std(exact)


def test_lift_counts_ties_in_part():
    """Ten customers, half of the top tenth's place shared: lift is the share of the tied group that fits in."""
    y = np.array([1, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    p = np.array([0.9, 0.9, *[0.1] * 8])
    assert lift(Ranked.of(y, p).counts(np.ones((1, 10))))[0] == pytest.approx(0.5 / 0.2)


def test_intervals_resample_customers_not_rows():
    """Rows that stand there four times give wider intervals when their customer is known."""
    y, p = drawn(500)
    rows = np.repeat(np.arange(500), 4)
    alone = evaluate_risk(y[rows], {"m": p[rows]}).value("m", "log_loss")
    together = evaluate_risk(y[rows], {"m": p[rows]}, customers=rows).value("m", "log_loss")
    assert alone[0] == pytest.approx(together[0])
    assert (together[2] - together[1]) > 1.5 * (alone[2] - alone[1])


def test_a_better_model_differs_from_the_reference():
    """The paired difference of log loss is that of the values, above 0 for the better model, inside its interval."""
    y, p = drawn()
    found = evaluate_risk(y, {"prior": np.full(len(y), y.mean()), "model": p}, reference="prior")
    gain, low, high = found.difference("model")
    assert gain == pytest.approx(found.value("prior", "log_loss")[0] - found.value("model", "log_loss")[0])
    assert 0 < low < gain < high


@pytest.mark.slow
def test_intervals_hold_the_truth():
    """Of 200 samples of 2,000 customers 90-99 % of the 95 % intervals of ROC-AUC and log loss hold the true value."""
    y, p = drawn(400_000, seed=99)
    truth = {"roc_auc": metrics.roc_auc_score(y, p), "log_loss": metrics.log_loss(y, p)}
    held = dict.fromkeys(truth, 0)
    for seed in range(200):
        y, p = drawn(2000, seed=seed)
        found = evaluate_risk(y, {"m": p}, seed=seed)
        for name, value in truth.items():
            _, low, high = found.value("m", name)
            held[name] += low <= value <= high
    assert all(180 <= count <= 198 for count in held.values()), held


@given(st.integers(0, 10_000), st.floats(0.2, 3))
def test_ranking_ignores_rising_maps(seed, power):
    """ROC-AUC, precision and lift depend on the order of risks only."""
    y, p = drawn(200, seed=seed)
    if len(np.unique(y)) < 2:
        return
    ones = np.ones((1, 200))
    before, after = (dict(zip(MEASURES, measure(y, q)(ones)[0], strict=True)) for q in (p, p**power))
    for name in ("roc_auc", "pr_auc", "lift"):
        assert before[name] == pytest.approx(after[name])


@given(st.integers(0, 10_000))
def test_the_calibration_error_lies_between_zero_and_one(seed):
    """It is at least the overall gap and at most one."""
    y, p = drawn(300, seed=seed)
    error = calibration_error(y, p, np.ones((1, 300)))[0]
    assert abs(y.mean() - p.mean()) - 1e-12 <= error <= 1


def test_risks_must_be_probabilities():
    """A risk outside 0-1, another length and a single outcome are refused, saying where."""
    with pytest.raises(DataError, match=r"outside 0-1 \(first: 1.2 in row 2\)"):
        evaluate_risk([0, 1], {"m": [0.5, 1.2]})
    with pytest.raises(DataError, match="3 values for 2 rows"):
        evaluate_risk([0, 1], {"m": [0.5, 0.5, 0.5]})
    with pytest.raises(DataError, match="with one kind of customer nothing can be compared"):
        evaluate_risk([0, 0], {"m": [0.5, 0.5]})
    with pytest.raises(DataError, match="Did you mean 'brier'"):
        evaluate_risk([0, 1], {"m": [0.5, 0.5]}, draws=2).value("m", "brie")


def test_recalibration_is_adopted_where_it_helps_only():
    """Shifted risks are shifted back, stretched ones are stretched back, and right ones are left alone."""
    kinds = {}
    for name, options in {"right": {}, "shifted": {"shift": 0.8}, "stretched": {"slope": 0.4}}.items():
        y, p = drawn(20_000, seed=3, **options)
        parts = [Predicted(y[:10_000], p[:10_000]), Predicted(y[10_000:], p[10_000:])]
        kinds[name], losses = choose_recalibration(parts)
        assert len(losses) == 10_000
        assert choose_recalibration(parts[:1])[0] == "none"
    assert kinds["right"] == "none"
    assert kinds["shifted"] != "none"
    assert kinds["stretched"] in {"slope", "isotonic"}


@given(st.sampled_from(["none", "intercept", "slope", "isotonic"]), st.integers(0, 1000))
def test_a_recalibration_keeps_the_mean(kind, seed):
    """But for "none" the mean of recalibrated risks is the observed share."""
    y, p = drawn(2000, seed=seed, shift=0.5)
    found = RiskMap.fit(kind, y, p)
    after = found.apply(p)
    if kind != "none":
        assert after.mean() == pytest.approx(y.mean(), abs=2e-3)


def test_reliability_has_tenths_whose_intervals_hold_right_risks():
    """Ten bins of one size, rising; nine or ten of ten intervals hold the predicted mean."""
    y, p = drawn(5000)
    table = reliability(y, p)
    assert table["n"].tolist() == [500] * 10
    assert table["predicted"].is_monotonic_increasing
    assert table["predicted"].between(table["low"], table["high"]).sum() >= 9


def test_subgroups_that_are_off_are_named():
    """A group that leaves twice as often as expected is off; a small one is not shown, nor is the smallest other."""
    rng = np.random.default_rng(0)
    group = np.array(["a"] * 1000 + ["b"] * 1000 + ["c"] * 100 + ["tiny"] * 29)
    p = np.full(len(group), 0.2)
    rows = pd.DataFrame({"churned": rng.random(len(group)) < np.where(group == "b", 0.4, 0.2), "group": group})
    found = check_subgroups(rows, p, ["group"])
    assert found.table.set_index("group")["off"].to_dict() == {"a": False, "b": True}
    assert found.suppressed == 2
    assert "clearly off for b" in str(found.headline)
    row = found.table.set_index("group").loc["b"]
    assert row["low"] < row["ratio"] < row["high"]


def test_right_risks_alarm_rarely():
    """With ten groups and right risks, at most 12 of 100 samples name a group (5 expected)."""
    rng = np.random.default_rng(1)
    alarms = 0
    for _ in range(100):
        p = rng.beta(2, 8, 2000)
        rows = pd.DataFrame({"churned": rng.random(2000) < p, "group": rng.integers(0, 10, 2000).astype(str)})
        alarms += bool(check_subgroups(rows, p, ["group"]).table["off"].any())
    assert alarms <= 12
