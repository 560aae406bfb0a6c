"""Everything about risk in one call, and what is said where there is no model."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from cxlib.churn.features import FAMILIES, FEATURES, describe_feature
from cxlib.churn.risk import check_flags, check_snapshots, study_risk
from cxlib.churn.risk.contributions import Reasons
from cxlib.churn.risk.retrospective import fit_retrospective
from cxlib.errors import DataError, LeakError


@pytest.fixture(scope="module")
def study(frame):
    """The study of the made snapshots."""
    return study_risk(check_snapshots(frame, horizon_days=90), draws=30, made_on=dt.date(2026, 1, 1))


def test_today_is_scored_with_reasons(study, frame):
    """Every customer of the open cut-off has a risk, highest first, and reasons that are said in the same order."""
    today = frame[frame["churned"].isna()]
    assert set(study.scored["customer_id"]) == set(today["customer_id"])
    assert study.scored["risk"].is_monotonic_decreasing
    assert study.scored["risk"].between(0, 1).all()
    assert study.scored["churned"].isna().all()
    assert list(study.scored.columns) == [
        "customer_id", "cut_off", "risk", "value_cents", "reasons", "actionable_reasons", "fixed_reasons", "churned"
    ]  # fmt: skip
    assert study.explained.rows["customer_id"].tolist() == study.scored["customer_id"].tolist()
    assert study.explained.names()[:5] == study.scored["reasons"].head().tolist()


def test_a_caller_is_given_what_is_worse_than_usual_and_not_shared_by_all():
    """No price that everybody pays, no "buys more than usual", nothing that most of the list has."""
    names = ("tickets_90d", "purchase_days_90d", "price_cents", "last_nps")
    rows = pd.DataFrame(
        {"customer_id": list("abcdefghij"), "tickets_90d": [3] + 9 * [0], "purchase_days_90d": 9 * [9] + [1],
         "price_cents": 3900, "last_nps": 2}
    )  # fmt: skip
    usual = {"tickets_90d": 0.0, "purchase_days_90d": 5.0, "price_cents": 3900.0, "last_nps": 8.0}
    reasons = Reasons(rows, tuple(describe_feature(name) for name in names), np.ones((10, 4)), usual)
    points = reasons.talking_points()
    assert [[str(point) for point in row] for row in points] == [
        ["Support tickets in the last 90 days: 3, higher than usual (0)"],
        *8 * [[]],
        ["Days with a purchase in the last 90 days: 1, lower than usual (5)"],
    ]
    assert len(reasons.take([0]).talking_points()[0]) == 2  # a list of one has nobody to share with


def test_the_card_says_what_was_done(study):
    """The card names data, measures, guards, limits, versions and its day."""
    items = [str(item) for item in study.card.summary["item"]]
    for wanted in ("Made for", "Not made for", "Customers", "Tested on", "Log loss", "Groups", "Limits", "Versions"):
        assert wanted in items
    assert str(study.card.headline) == "Logistic regression, made on 1 January 2026"
    assert "<table" in study._repr_html_()
    assert {"customer_id", "churned", "risk", "value_cents"} <= set(study.tested.columns)


def test_without_open_rows_the_last_cut_off_is_scored(make):
    """Where no outcome is to come, customers of the last cut-off are shown with what happened."""
    study = study_risk(check_snapshots(make(1500, open_last=False), horizon_days=90), models=["logistic"], draws=5)
    assert study.scored["churned"].notna().all()


@pytest.mark.parametrize("churned", [0.0, 1.0, np.nan])
def test_no_model_where_there_is_nothing_to_learn(frame, churned):
    """One outcome or none: a study without model, with its reason, an empty list and a table of rates."""
    study = study_risk(check_snapshots(frame.assign(churned=churned), horizon_days=90))
    assert study.fit is None
    assert study.scored.empty
    assert study.tested.empty
    assert study.headline == study.reasons[0]
    assert study.summary is not None
    assert study.talking_points(pd.Series([], dtype=object)) == []


def test_leaks_stop_a_study_too(frame):
    """A leak is an error, not a sentence on a page."""
    odd = frame.assign(odd=frame["churned"].fillna(0) + np.arange(len(frame)) % 7 / 10)
    with pytest.raises(LeakError, match="odd"):
        study_risk(check_snapshots(odd, horizon_days=90))


def test_a_flag_is_retrospective(make):
    """With a flag only the headline says that it is no forecast; customers are scored by folds without them."""
    one = make(1500, cut_offs=1, open_last=False)
    study = study_risk(check_flags(one, as_of="2025-01-01"), models=["logistic"], draws=5)
    assert str(study.headline).startswith("Retrospective, not a forecast")
    assert study.fit is None
    assert len(study.scored) == len(one)
    assert study.retrospective.value("logistic", "roc_auc")[0] > 0.7
    assert "not say when customers left" in study.card.summary["value"].map(str).str.cat()
    few = study_risk(check_flags(one.head(100), as_of="2025-01-01"))
    assert "Too few of one outcome" in str(few.headline)


def test_folds_without_the_customer(make):
    """Out-of-fold risks of pure noise rank nobody: a customer's own outcome has no part in the risk."""
    one = make(1500, cut_offs=1, open_last=False, noise_only=True).drop(columns="cut_off")
    found = fit_retrospective(check_flags(one, as_of="2025-01-01"), repeats=1)
    auc, low, high = found.value("boosting", "roc_auc")
    assert low < 0.5 < high
    assert abs(auc - 0.5) < 0.05


def test_several_days_are_no_flag(frame):
    """A customer on several days can be split by time, and is refused here."""
    with pytest.raises(DataError, match="Use fit_risk"):
        fit_retrospective(check_snapshots(frame, horizon_days=90))


def test_every_feature_has_a_label_and_a_family():
    """Names and keys agree, labels differ, families are known."""
    assert all(name == feature.name for name, feature in FEATURES.items())
    assert len({str(feature.label) for feature in FEATURES.values()}) == len(FEATURES)
    assert {feature.family for feature in FEATURES.values()} <= set(FAMILIES)


def test_every_feature_of_the_snapshots_is_known():
    """The frame's features are those that readers have labels for, in the same families."""
    from cxlib.data import SNAPSHOT_FEATURES

    for table, names in SNAPSHOT_FEATURES.items():
        for name in names:
            assert FEATURES[name].family == table


@pytest.mark.acceptance
def test_telco_as_published(datasets):
    """5 x 5 repeated stratified folds on Telco reach the published measures, and the result is labelled no forecast."""
    table = pd.read_csv(datasets / "telco.csv").rename(columns={"customerID": "customer_id"})
    table["TotalCharges"] = pd.to_numeric(table["TotalCharges"], errors="coerce")
    rows = table.assign(churned=table["Churn"].eq("Yes").astype(int)).drop(columns="Churn")
    found = fit_retrospective(check_flags(rows, as_of="2018-09-30"))
    for model, measure, published, within in (
        ("logistic", "roc_auc", 0.845, 0.001),
        ("logistic", "pr_auc", 0.656, 0.002),
        ("logistic", "brier", 0.1355, 2e-4),
        ("logistic", "log_loss", 0.418, 0.0015),
        ("logistic", "lift", 2.86, 0.03),
        ("boosting", "roc_auc", 0.849, 0.001),
        ("boosting", "pr_auc", 0.667, 0.002),
        ("boosting", "brier", 0.1337, 4e-4),
    ):
        value, low, high = found.value(model, measure)
        assert value == pytest.approx(published, abs=within), (model, measure)
        assert low < published < high
    assert found.chosen == "boosting"
    assert "Retrospective, not a forecast" in str(found.headline)
    with pytest.raises(LeakError, match="named like the outcome"):
        check_flags(rows.assign(Churn=table["Churn"]), as_of="2018-09-30")
