"""Cumulative incidence by cause: an independent library, and what must add up."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import CumIncidenceRight

from cxlib.churn.survival.curves import estimate_survival
from cxlib.churn.survival.reasons import estimate_incidence
from cxlib.errors import DataError

ROWS = st.lists(st.tuples(st.integers(1, 9), st.sampled_from([None, "price", "moved"])), min_size=2, max_size=40)


def spells_of(rows):
    """A table of (days, cause or None) pairs."""
    table = pd.DataFrame(rows, columns=["duration_days", "cause"])
    return table.assign(ended=table["cause"].notna())


def make_spells(n, seed):
    """Two causes with constant rates of .002 and .001 a day, seen for 100 to 600 days; and the truth at day 300."""
    rng = np.random.default_rng(seed)
    life, seen = rng.exponential(1 / 0.003, n), rng.uniform(100, 600, n)
    cause = np.where(rng.random(n) < 2 / 3, "price", "moved")
    table = {"duration_days": np.minimum(life, seen), "ended": life <= seen, "cause": cause}
    return pd.DataFrame(table), {"price": 2 / 3 * (1 - np.exp(-0.9)), "moved": 1 / 3 * (1 - np.exp(-0.9))}


def test_worked_by_hand():
    """Ten spells of two causes: each ending adds the share that had stayed, divided by those at risk."""
    spells = spells_of([(1, "a"), (2, "b"), (3, None), (4, "a"), (5, "b"), (6, None), (7, "b"), (8, "a"), (9, None),
                        (10, None)])  # fmt: skip
    found = estimate_incidence(spells).at([8]).set_index("cause")["incidence"]
    # S before: 1, .9, .8, .8 * 6/7, .8 * 5/7, .8 * 5/7 * 3/4
    a = 1 / 10 + 0.8 / 7 + 0.8 * 5 / 7 * 3 / 4 / 3
    b = 0.9 / 9 + 0.8 * 6 / 7 / 6 + 0.8 * 5 / 7 / 4
    assert (found["a"], found["b"]) == pytest.approx((a, b))


@given(rows=ROWS)
def test_agrees_with_statsmodels(rows):
    """Incidences are those of statsmodels for every cause and time."""
    spells = spells_of(rows)
    assume(spells["cause"].nunique() == 2)
    status = spells["cause"].map({"price": 1, "moved": 2}).fillna(0).astype(int)
    found = estimate_incidence(spells)
    with np.errstate(all="ignore"):  # its standard errors divide by those left, who may be none
        theirs = CumIncidenceRight(spells["duration_days"].to_numpy(float), status.to_numpy())
    for number, cause in enumerate(["price", "moved"]):
        ours = found.at(np.minimum(theirs.times, spells["duration_days"].max()))
        mine = ours.loc[ours["cause"] == cause, "incidence"]
        np.testing.assert_allclose(mine, theirs.cinc[number], atol=1e-12)


@given(rows=ROWS, seed=st.integers(0, 9))
def test_causes_and_those_who_stay_add_up(rows, seed):
    """At every day incidences of all causes and the survival curve add up to one, in whatever order rows come."""
    spells = spells_of(rows)
    assume(spells["ended"].any())
    table = estimate_incidence(spells.sample(frac=1, random_state=seed)).table
    left = table.groupby("days")["incidence"].sum()
    np.testing.assert_allclose(left + estimate_survival(spells).survival, 1, atol=1e-12)
    assert ((table["low"].isna()) | (table["low"] <= table["incidence"] + 1e-12)).all()
    assert ((table["high"].isna()) | (table["high"] >= table["incidence"] - 1e-12)).all()


@given(rows=ROWS)
def test_one_cause_is_the_survival_curve(rows):
    """With a single cause, incidence is one less the survival curve, with Greenwood's standard error."""
    spells = spells_of(rows).assign(cause="all")
    assume(spells["ended"].any())
    curve, found = estimate_survival(spells), estimate_incidence(spells).table
    np.testing.assert_allclose(found["incidence"], 1 - curve.survival, atol=1e-12)
    known = curve.survival > 0
    np.testing.assert_allclose(found["std_error"][known], curve.std_error[known], atol=1e-9)


def test_one_less_kaplan_meier_overstates():
    """One less the curve of one cause, other causes censored, lies above its incidence."""
    spells, truth = make_spells(5000, 1)
    honest = estimate_incidence(spells).at([300]).set_index("cause")["incidence"]
    only = estimate_survival(spells.assign(ended=spells["ended"] & (spells["cause"] == "price"))).at([300])
    assert honest["price"] == pytest.approx(truth["price"], abs=0.03)
    assert 1 - only["survival"].iloc[0] > honest["price"] + 0.03


@pytest.mark.slow
def test_intervals_cover():
    """Of 400 samples of 300 spells, 95% intervals hold each cause's incidence at day 300 in 92 to 98%."""
    hits = pd.Series(0.0, index=["price", "moved"])
    for seed in range(400):
        spells, truth = make_spells(300, seed)
        found = estimate_incidence(spells).at([300]).set_index("cause")
        hits += [found.loc[c, "low"] <= truth[c] <= found.loc[c, "high"] for c in hits.index]
    assert ((hits / 400 >= 0.92) & (hits / 400 <= 0.98)).all(), hits / 400


def test_bad_input():
    """An ending without a cause is refused with its row; nobody having left as well."""
    spells = spells_of([(1, "price"), (2, None)])
    with pytest.raises(DataError, match=r"missing although the spell ended \(first: nan in row 2\)"):
        estimate_incidence(spells.assign(ended=True))
    with pytest.raises(DataError, match="nobody has left"):
        estimate_incidence(spells.assign(ended=False))
