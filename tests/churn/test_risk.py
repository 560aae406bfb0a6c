"""Risks on snapshots whose truth is planted: chosen by log loss, calibrated, better than rules where they can be."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cxlib.churn.risk import check_snapshots
from cxlib.churn.risk.candidates import Contest
from cxlib.churn.risk.contributions import explain_risk, measure_importance
from cxlib.churn.risk.fit import fit_risk
from cxlib.errors import DataError, ParameterError


def test_the_planted_truth_is_found(fitted):
    """The logistic truth is found by the logistic regression, better than any rule on time held out."""
    assert fitted.chosen == "logistic"
    gain, low, _ = fitted.evaluation.difference("logistic")
    assert gain > low > 0
    assert "tells more about who leaves" in str(fitted.verdict)
    assert "ranked 77% of pairs" in str(fitted.headline)
    assert fitted.selection["log_loss"].is_monotonic_increasing


def test_coefficients_are_near_the_planted_ones(make):
    """With 20,000 customers the coefficients, put back into units of the features, lie within 0.08 of the truth."""
    frame = make(20_000, cut_offs=5, open_last=False, drift=0)
    fit = fit_risk(check_snapshots(frame, horizon_days=90), models=["logistic"], draws=2)
    names = fit.today.encoding.features
    found = {
        (names[c.source], c.kind): b / c.scale
        for c, b in zip(fit.reasoning.columns, fit.reasoning.coefficients, strict=True)
    }
    assert found["goal_met_share_90d", "value"] == pytest.approx(-0.7 / 0.18, abs=0.3)
    assert found["low_rating_90d", "value"] == pytest.approx(0.9, abs=0.1)
    assert found["plan", "level"] == pytest.approx(-0.8, abs=0.08)


def test_risks_are_calibrated_at_20000_customers(make):
    """The expected calibration error on the last cut-off is at most .02, though the base rate drifts."""
    frame = make(20_000, cut_offs=8, open_last=False)
    fit = fit_risk(check_snapshots(frame, horizon_days=90), draws=20)
    error = fit.evaluation.value(fit.chosen, "calibration_error")[0]
    assert error <= 0.02
    slope = fit.evaluation.value(fit.chosen, "slope")
    assert slope[1] < 1.05
    assert slope[2] > 0.95


def test_a_model_that_has_become_worse_gives_way_to_a_rule(frame):
    """Where the last cut-off turns everything round, the rule is used, and the verdict names the model and the loss."""
    last = frame["cut_off"] == pd.Timestamp("2025-08-06")
    turned = frame.assign(churned=np.where(last, 1 - frame["churned"], frame["churned"]))
    fit = fit_risk(check_snapshots(turned, horizon_days=90), models=["logistic"], draws=20)
    assert fit.is_rule
    assert "worse than" in str(fit.verdict)
    assert "so the rule is used" in str(fit.verdict)
    assert fit.today.key == fit.chosen


@pytest.mark.slow
def test_risks_are_calibrated_in_ten_companies(make):
    """In ten simulated companies of 20,000 customers the expected calibration error stays at or below .02."""
    errors = []
    for seed in range(10):
        snapshots = check_snapshots(make(20_000, cut_offs=8, open_last=False, seed=seed), horizon_days=90)
        fit = fit_risk(snapshots, models=["logistic"], draws=2, seed=seed)
        errors.append(fit.evaluation.value(fit.chosen, "calibration_error")[0])
    assert max(errors) <= 0.02, errors


def test_noise_is_left_to_a_rule(make):
    """Where nothing foretells who leaves, no model is used, and the verdict says so."""
    fit = fit_risk(check_snapshots(make(1500, noise_only=True), horizon_days=90), draws=20)
    assert fit.is_rule
    assert "so the rule is used" in str(fit.verdict)
    assert 0.4 < fit.evaluation.value(fit.chosen, "roc_auc")[0] < 0.6


def test_the_test_cut_off_has_no_part_in_what_is_judged(frame):
    """Other outcomes on the last cut-off change neither the models of the past nor the choice among them."""
    last = frame["cut_off"] == pd.Timestamp("2025-08-06")
    turned = frame.assign(churned=np.where(last, 1 - frame["churned"], frame["churned"]))
    here, there = (fit_risk(check_snapshots(f, horizon_days=90), models=["logistic"], draws=2) for f in (frame, turned))
    pd.testing.assert_frame_equal(here.selection, there.selection)
    rows = here.snapshots.open
    assert np.array_equal(here.models["logistic"].predict(rows), there.models["logistic"].predict(rows))
    assert not np.array_equal(here.today.predict(rows), there.today.predict(rows))


def test_recalibration_follows_a_drifting_rate(make):
    """Where the rate climbs fast, risks of today are raised, and the mean risk is nearer to what happens."""
    frame = make(4000, drift=0.2)
    fit = fit_risk(check_snapshots(frame, horizon_days=90), models=["logistic"], draws=2)
    assert fit.selection.set_index("key").loc["logistic", "recalibration"] != "none"
    rows = fit.snapshots.known.iloc[fit.snapshots.split().test]
    model = fit.models["logistic"]
    raw = model.model.predict(model.encoding.apply(rows))
    happened = rows["churned"].mean()
    assert abs(model.predict(rows).mean() - happened) < abs(raw.mean() - happened)


def test_same_seed_same_answer(frame):
    """Two fits with one seed are equal to the bit."""
    small = frame[frame["customer_id"] < "C001200"]
    first, second = (fit_risk(check_snapshots(small, horizon_days=90), draws=5) for _ in range(2))
    pd.testing.assert_frame_equal(first.evaluation.table, second.evaluation.table)
    assert np.array_equal(first.today.predict(small), second.today.predict(small))


def test_missing_values_and_new_categories_are_scored(fitted, frame):
    """Rows with gaps and with plans never seen get probabilities; the new plan is counted."""
    odd = frame.tail(50).assign(plan="Weekly", tickets_90d=np.nan, days_since_last_purchase=np.nan)
    for model in fitted.models.values():
        risk = model.predict(odd)
        assert ((risk > 0) & (risk < 1)).all()
    assert fitted.today.encoding.unseen(odd) == {"plan": 50}


def test_large_companies_are_sampled_by_customer(frame):
    """Beyond the limit of rows whole customers are left out, chosen by their id."""
    contest = Contest(check_snapshots(frame, horizon_days=90), most_rows=5000)
    rows = np.arange(len(contest.snapshots.known))
    kept = contest.sampled(rows)
    assert 4000 < len(kept) < 6000
    customers = contest.snapshots.known["customer_id"]
    assert set(customers.iloc[kept]).isdisjoint(customers.iloc[np.setdiff1d(rows, kept)])


def test_too_little_and_unknown_models_are_refused(frame):
    """fit_risk says what is missing, and which models there are."""
    with pytest.raises(DataError, match="Nobody churned"):
        fit_risk(check_snapshots(frame.assign(churned=0.0), horizon_days=90))
    with pytest.raises(ParameterError, match="Did you mean 'logistic'"):
        fit_risk(check_snapshots(frame, horizon_days=90), models=["logistics"])


def test_contributions_add_up_to_the_log_odds(fitted):
    """Intercept and contributions together are the log-odds that the logistic regression gives."""
    rows, model = fitted.snapshots.open, fitted.reasoning
    X = fitted.today.encoding.apply(rows)
    everything = replace(model, alone=model.coefficients)  # no column points the other way than it does alone
    total = model.intercept + everything.contributions(X).sum(axis=1)
    p = model.predict(X)
    assert np.allclose(total, np.log(p / (1 - p)))
    average = everything.contributions(fitted.today.encoding.apply(fitted.snapshots.known)).mean(axis=0)
    assert np.abs(average).max() < 0.02


def test_reasons_raise_the_risk_and_are_planted(fitted):
    """At most three, strongest first, only what raises the risk; noise is hardly ever among them."""
    found = explain_risk(fitted)
    names = [f.name for f in found.features]
    for row, reasons in enumerate(found.names()):
        values = [found.contributions[row, names.index(name)] for name in reasons]
        assert len(values) <= 3
        assert all(value >= 0.05 for value in values)
        assert values == sorted(values, reverse=True)
    counts = found.counts.set_index("feature")["customers"]
    assert counts[["region", "sessions_90d", "spend_cents_90d", "customer_days"]].sum() < 0.1 * counts.sum()
    assert set(counts.index[:3]) <= {"plan", "days_since_last_purchase", "goal_met_share_90d", "tickets_90d"}


def test_reasons_are_said_and_kept_apart(fitted):
    """What the company can act on and what is fixed do not mix; what a caller can raise gives value and usual value."""
    found = explain_risk(fitted)
    known = {f.name: f.actionable for f in found.features}
    assert all(known[name] for row in found.names(actionable=True) for name in row)
    assert not any(known[name] for row in found.names(actionable=False) for name in row)
    row = next(i for i, names in enumerate(found.names(top=1)) if names == ["tickets_90d"])
    point = str(found.talking_points()[row][0])
    assert "Support tickets in the last 90 days: " in point
    assert "higher than usual (0)" in point


def test_a_feature_that_corrects_another_is_no_reason():
    """A column whose coefficient points the other way than it does alone is no reason, though it counts in the risk."""
    from cxlib.churn.risk.logistic import LogisticModel

    rng = np.random.default_rng(0)
    x = rng.normal(size=5000)
    X = np.column_stack([x, x + 0.3 * rng.normal(size=5000)])
    y = (rng.random(5000) < 1 / (1 + np.exp(-(2 * X[:, 0] - 1 * X[:, 1])))).astype(int)
    model = LogisticModel.fit(X, y, sizes=(0, 0))
    assert model.coefficients[1] < -0.3
    assert np.abs(model.contributions(X)[:, 1]).max() == 0


def test_importance_finds_what_was_planted(fitted):
    """The planted features come first and their intervals exclude zero; noise is tied with nothing that matters."""
    found = measure_importance(fitted)
    table = found.features.set_index("key")
    assert set(found.features["key"].head(4)) == {
        "goal_met_share_90d", "days_since_last_purchase", "plan", "tickets_90d"
    }  # fmt: skip
    assert (table.loc[["goal_met_share_90d", "days_since_last_purchase"], "low"] > 0).all()
    assert (table.loc[["region", "sessions_90d"], "low"] <= 0).all()
    assert found.features["tie"].is_monotonic_increasing
    assert "cannot be told" in str(found.headline)
    assert {"sessions", "transactions"} == set(found.families["key"].head(2))


def test_importance_of_twins_is_that_of_the_pair(make):
    """A copy of a feature hides it alone; its family, shuffled together, shows it."""
    frame = make(3000).assign(pages_90d=lambda t: t["goal_met_share_90d"] * 100 + 1)
    frame["pages_90d"] += np.random.default_rng(0).normal(0, 0.5, len(frame))
    fit = fit_risk(check_snapshots(frame, horizon_days=90), draws=2)
    found = measure_importance(fit, draws=20)
    assert found.families.set_index("key").loc["sessions", "loss"] > 0.03
