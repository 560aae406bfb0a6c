"""What knows the future is refused, by name; what balances classes is refused, with the reason."""

import inspect
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cxlib.churn
from cxlib.churn.risk import check_flags, check_snapshots
from cxlib.churn.risk.fit import fit_risk
from cxlib.churn.risk.guards import feature_auc, measure_features, refuse_leaks, refuse_shuffled_skill
from cxlib.churn.risk.logistic import LogisticModel
from cxlib.churn.risk.snapshots import halves
from cxlib.errors import CxError, DataError, LeakError

LEAKS = {
    "rising": lambda y, rng: y * 10 + rng.normal(0, 2, len(y)),
    "falling": lambda y, rng: -y * 10 + rng.normal(0, 2, len(y)),
    "text": lambda y, rng: np.where(rng.random(len(y)) < 0.01, "open", np.where(y == 1, "closed", "open")),
    "only where they left": lambda y, rng: np.where(y == 1, rng.normal(size=len(y)), np.nan),
    "in the middle": lambda y, rng: np.where(y == 1, rng.normal(0, 0.2, len(y)), 3 * rng.choice([-1, 1], len(y))),
}


def leaking(frame, kind, seed=0):
    """The frame with a column that knows the outcome."""
    known = frame["churned"].fillna(0).to_numpy()
    return frame.assign(odd_one=LEAKS[kind](known, np.random.default_rng(seed)))


@pytest.mark.parametrize("kind", LEAKS)
def test_each_kind_of_leak_is_named(frame, kind):
    """A feature that tells who churned stops the fit, in either direction, as text, by its gaps and by its middle."""
    with pytest.raises(LeakError, match="'odd_one' alone tells who churned") as caught:
        fit_risk(check_snapshots(leaking(frame, kind), horizon_days=90))
    assert caught.value.feature == "odd_one"
    assert caught.value.auc > 0.95


@pytest.mark.slow
def test_the_planted_leak_is_caught_in_100_of_100_seeds(make):
    """100 simulated companies with one leaking column each, of all kinds in turn: each is caught, none without one."""
    kinds = list(LEAKS)
    for seed in range(100):
        frame = make(400, cut_offs=5, seed=seed, open_last=False)
        refuse_leaks(check_snapshots(frame, horizon_days=90))
        with pytest.raises(LeakError) as caught:
            refuse_leaks(check_snapshots(leaking(frame, kinds[seed % 5], seed), horizon_days=90))
        assert caught.value.feature == "odd_one"


def test_a_leak_in_the_last_cut_off_only_is_caught(frame):
    """A column that is right in the past and was taken at the end of the data for the last cut-off is refused."""
    last = frame["cut_off"] == frame.loc[frame["churned"].notna(), "cut_off"].max()
    noise = np.random.default_rng(0).normal(size=len(frame))
    with pytest.raises(LeakError, match="odd_one"):
        refuse_leaks(
            check_snapshots(frame.assign(odd_one=noise + 9 * last * frame["churned"].fillna(0)), horizon_days=90)
        )


def test_features_that_were_checked_may_stay(frame):
    """A strong feature that somebody vouches for passes the alarm."""
    snapshots = check_snapshots(leaking(frame, "rising"), horizon_days=90)
    assert refuse_leaks(snapshots, known_before=["odd_one"])["auc"].max() > 0.95


def test_an_id_is_no_leak(frame):
    """A category a customer ranks nobody, because its rate is learned from other customers."""
    snapshots = check_snapshots(frame.assign(code="k" + frame["customer_id"]), horizon_days=90)
    table = measure_features(snapshots).set_index("feature")
    assert 0.4 < table.loc["code", "auc"] < 0.6


def test_features_together_may_be_too_good(frame):
    """Three columns that are harmless alone and tell everything together stop the fit after it."""
    rng = np.random.default_rng(0)
    parts = rng.normal(size=(len(frame), 2)) * 6
    last = 9 * frame["churned"].fillna(0).to_numpy() - parts.sum(axis=1) + rng.normal(size=len(frame))
    odd = frame.assign(one=parts[:, 0], two=parts[:, 1], three=last)
    with pytest.raises(LeakError, match="together tell who churned"):
        fit_risk(check_snapshots(odd, horizon_days=90), models=["logistic"], draws=5)


@pytest.mark.parametrize(
    "name", ["churn", "churned", "Churned", "target", "ended_on", "end_reason", "churned_next_quarter"]
)
def test_names_of_the_outcome_are_refused(frame, name):
    """A feature named like the outcome, or like what is known only at the end, is refused before anything is fitted."""
    with pytest.raises(LeakError, match=name):
        check_snapshots(frame.assign(**{name: 1.0}), horizon_days=90, features=[name])


def test_a_copy_of_the_outcome_is_refused(frame):
    """The outcome under another name, as text, is refused."""
    with pytest.raises(LeakError, match="'state' is the outcome under another name"):
        check_snapshots(frame.assign(state=frame["churned"].map({1: "gone", 0: "here"})), horizon_days=90)


def test_what_changed_since_all_left_together_is_no_copy():
    """Everybody left after the first day and nobody after the second: a feature that came in between is no leak."""
    rows = pd.DataFrame({"customer_id": [f"c{n}" for n in range(40)] * 2, "churned": [1] * 40 + [0] * 40})
    days = pd.to_datetime(["2026-01-01"] * 40 + ["2026-06-01"] * 40)
    assert check_snapshots(rows.assign(cut_off=days, asked=[0] * 40 + [1] * 40), horizon_days=90).features == ("asked",)


def test_dates_after_the_cut_off_are_refused_and_earlier_ones_left_out(frame):
    """A date on the cut-off day is of the future; dates before it are no features, and that is said."""
    with pytest.raises(LeakError, match=r"seen_at' has .* dates on or after the cut-off"):
        check_snapshots(frame.assign(seen_at=frame["cut_off"]), horizon_days=90)
    found = check_snapshots(frame.assign(seen_at=frame["cut_off"] - pd.Timedelta(days=1)), horizon_days=90)
    assert "seen_at" not in found.features
    assert "it is a date" in str(found.left_out["seen_at"])


def test_shuffled_outcomes_are_chance(frame, monkeypatch):
    """The honest way finds nothing in shuffled outcomes; one that has seen the test rows is refused."""
    snapshots = check_snapshots(frame, horizon_days=90)
    assert 0.4 < refuse_shuffled_skill(snapshots) < 0.6

    def peeks(X, y, *, sizes):
        seen = inspect.currentframe().f_back.f_locals
        return SimpleNamespace(predict=lambda Z: seen["y"][seen["test"]].astype(float))

    monkeypatch.setattr(LogisticModel, "fit", peeks)
    with pytest.raises(LeakError, match="pipeline sees the rows"):
        refuse_shuffled_skill(snapshots)


def test_oversampling_before_the_split_is_impossible(frame):
    """Copied customers, the known fault that gives Telco a ROC-AUC of .967, are refused by every way in."""
    copied = pd.concat([frame, frame[frame["churned"] == 1]])
    with pytest.raises(DataError, match="Keep one row for each customer and cut-off"):
        check_snapshots(copied, horizon_days=90)
    one_day = frame[frame["cut_off"] == frame["cut_off"].min()].drop(columns="cut_off")
    with pytest.raises(DataError, match="Keep one row"):
        check_flags(pd.concat([one_day, one_day[one_day["churned"] == 1]]), as_of="2025-01-01")
    names = {p for name in cxlib.churn.__all__ for p in _parameters(getattr(cxlib.churn, name))}
    assert (
        names & {"class_weight", "resampler", "smote", "oversample", "undersample", "sampler", "sample_weight"} == set()
    )


def _parameters(thing):
    try:
        return set(inspect.signature(thing).parameters)
    except (TypeError, ValueError):
        return set()


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_a_single_feature_has_one_auc_whatever_its_direction(seed):
    """Turning a feature round or stretching it does not change its alarm."""
    rng = np.random.default_rng(seed)
    y, x = rng.integers(0, 2, 300), rng.normal(size=300)
    half = halves([f"c{i}" for i in range(300)])
    aucs = [feature_auc(pd.Series(values), y, half) for values in (x, -x, np.exp(x))]
    assert aucs[0] == pytest.approx(aucs[2])
    assert aucs[0] == pytest.approx(aucs[1], abs=1e-9)
    assert 0.5 <= aucs[0] <= 1


def test_a_leak_is_a_fault_of_the_data():
    """Its place in the tree of errors, and its exit code."""
    assert issubclass(LeakError, DataError)
    assert issubclass(LeakError, CxError)
    assert LeakError("x", feature="a").exit_code == 2
