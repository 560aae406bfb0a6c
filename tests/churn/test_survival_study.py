"""The study behind the page: everything at once, and what it says when there is too little."""

import numpy as np
import pandas as pd
import pytest

from cxlib.churn.survival import fit_cox, study_survival
from cxlib.data import membership_spells
from cxlib.data.demo import simulate
from cxlib.errors import DataError, ParameterError


@pytest.fixture(scope="module")
def spells():
    """Spells of a simulated company of 3,000 customers."""
    company = simulate(3_000, seed=3)
    tables = company.tables
    return membership_spells(
        tables["memberships"], observation_end=company.truth.end, customers=tables["customers"],
        attributes=["campaign_group"],
    )  # fmt: skip


def test_everything_at_once(spells):
    """Curves, tests, restricted means, ratios, their verdict and reasons come out, each with a sentence."""
    study = study_survival(spells, group_by=["plan", "campaign_group"], covariates=["plan", "campaign_group"])
    assert [comparison.column for comparison in study.groups] == ["plan", "campaign_group"]
    assert study.groups[0].test.clear
    assert study.cox.table["term"].tolist() == ["plan=annual", "campaign_group=treated"]
    ratio = study.cox.table["hazard_ratio"].iloc[0]
    assert ratio == pytest.approx(np.exp(-1.1), abs=0.15)  # planted as odds a period; near them, as hazards are small
    assert study.verdict.failed == []
    assert study.reasons.kinds.set_index("kind").loc["involuntary", "share"] == pytest.approx(0.22, abs=0.08)
    assert study.customers == len(spells)
    assert "of members are still there after 365 days" in str(study.headline)
    assert "memberships still run, and each counts as lasting at least" in str(study.censoring)
    assert len(study.findings) > 8
    assert set(study.curves["column"].dropna()) == {"plan", "campaign_group"}
    assert study.headline.text in study._repr_html_() or str(study.headline) in study._repr_html_()


def test_names_of_the_reader(spells):
    """A column's given name is what labels and limits call it."""
    names = {"plan": "Plan", "price_cents": "Price"}
    study = study_survival(spells, group_by=["plan"], covariates=["plan", "price_cents"], names=names)
    assert str(study.cox.table["label"].iloc[0]) == "Plan: annual against monthly"
    assert "“Price” says what other columns say already and is left out" in map(str, study.limits)


def test_fewer_than_50_endings(spells):
    """With 49 endings there are curves but no ratios, and the limits say so; with none, that too."""
    few = pd.concat([spells[spells["ended"]].head(49), spells[~spells["ended"]]])
    study = study_survival(few, group_by=["plan"], covariates=["plan"])
    assert study.cox is None
    assert "Only 49 memberships have ended; with fewer than 50" in str(study.limits[0])
    assert study.groups[0].curves.curves
    running = study_survival(spells[~spells["ended"]], group_by=["plan"], covariates=["plan"])
    assert (running.cox, running.reasons, running.groups[0].test) == (None, None, None)
    assert "Nobody has left yet" in str(running.limits[0])
    assert "No membership has ended so far" in str(running.headline)


def test_everybody_has_left(spells):
    """Where every spell has ended, curves and ratios stand and the limits say that none runs."""
    study = study_survival(spells[spells["ended"]], covariates=["plan"])
    assert study.cox is not None
    assert "Every membership has ended" in str(study.limits[0])


def test_groups_that_cannot_be_compared(spells):
    """A small group is left out and named; a column with too few or too many groups is not compared."""
    odd = spells.assign(plan=spells["plan"].where(spells.index >= 10, "trial"), one="x", many=spells["customer_id"])
    study = study_survival(odd, group_by=["plan", "one", "many"])
    said = " ".join(map(str, study.limits))
    assert "“one” has no two groups with 30 memberships each" in said
    assert "groups, too many to compare" in said
    assert set(study.groups[0].curves.curves) == {"monthly", "annual, trial"}


def test_a_ratio_that_runs_off_is_left_out(spells):
    """A column on one side of which nobody leaves is dropped and named, and the others keep their ratios."""
    never = (np.arange(len(spells)) % 7 == 0).astype(float)
    table = spells.assign(never=never, ended=spells["ended"] & (never == 0))
    study = study_survival(table, covariates=["never", "plan"])
    assert study.cox.table["term"].tolist() == ["plan=annual"]
    assert "“never” is left out: endings do not tell its ratio" in map(str, study.limits)


def test_no_usable_covariate(spells):
    """Where no column can be used there are no ratios, and each reason is said."""
    study = study_survival(spells.assign(one=1), covariates=["one", "customer_id"])
    said = " ".join(map(str, study.limits))
    assert study.cox is None
    assert "“one” is the same for everyone" in said
    assert "No column that is known at the start can be used" in said


def test_customers_in_two_groups(spells):
    """A customer who comes back in another group is an error; their first spell can be taken instead."""
    again = spells.head(1).assign(plan="other", started_on=pd.Timestamp("2026-09-01"))
    both = pd.concat([spells, again], ignore_index=True)
    with pytest.raises(DataError, match="1 customers are in two groups of 'plan'"):
        study_survival(both, group_by=["plan"])
    assert study_survival(both, group_by=["plan"], repeats="first").overall.n == len(spells)
    with pytest.raises(ParameterError, match="Did you mean 'first'"):
        study_survival(both, repeats="frist")


def test_repeated_customers_get_robust_errors(spells):
    """Where a customer has two spells, standard errors take them together."""
    both = pd.concat([spells, spells.head(20)], ignore_index=True)
    for table, cluster in ((both, "customer_id"), (spells, None)):
        study = study_survival(table, covariates=["plan"])
        pd.testing.assert_frame_equal(study.cox.table, fit_cox(table, ["plan"], cluster=cluster).table)


@pytest.mark.acceptance
def test_telco_leaves_out_total_charges(telco):
    """On Telco the column made from tenure is removed and named, and Contract's ratio is said to change."""
    study = study_survival(telco, group_by=["Contract"], covariates=["Contract", "MonthlyCharges", "TotalCharges"])
    assert any("“TotalCharges” is left out because it follows" in str(limit) for limit in study.limits)
    assert "Contract" in study.verdict.failed
    assert study.cox.n == 7043
