"""How much of the answer each driver explains: exact LMG shares, Johnson's relative weights, dominance by a logit.

R2 of every subset of drivers at once, averaged over orders: exact LMG shares from a correlation matrix.

Each driver is either left out or swept out of the matrix (a Schur complement), so that after the last one a single
number, the variance of the answer that is left, stands for each subset. Subsets are walked in blocks that fit a
processor's cache; memory does not grow with their number.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import factorial

import numpy as np
from scipy.special import xlogy

from cxlib.checks import Floats
from cxlib.drivers.ordinal import fit_ordinal

BLOCK = 2**16  # numbers in an array of a block: subsets times matrices
LEAST_PIVOT = 1e-12  # a driver with less of its variance left is a combination of the others and adds nothing


@dataclass(frozen=True)
class _Plan:
    """Columns of each unit, and how many last units make a block."""

    sizes: tuple[int, ...]
    leaf: int


@dataclass
class _Sums:
    """What the blocks add up to: the weighted R2 of the subsets that hold each unit, and of all subsets."""

    held: Floats
    out: Floats


def _average(matrices: Floats, sizes: tuple[int, ...]) -> Floats:
    units, b = len(sizes), matrices.shape[2]
    rows = [matrices[a, a:] / matrices[-1, -1] for a in range(len(matrices))]
    sums = _Sums(np.zeros((units, b)), np.zeros(b))
    leaf = max(1, min(units, int(np.log2(max(2, BLOCK // b)))))
    _walk(rows, (), _Plan(sizes, leaf), sums=sums)
    return sums.held - sums.out


def _walk(rows: list[Floats], chosen: tuple[int, ...], plan: _Plan, *, sums: _Sums) -> None:
    """Decide the first units one by one; the last ones together, as one block."""
    if len(plan.sizes) - len(chosen) <= plan.leaf:
        _block(rows, chosen, plan, sums=sums)
        return
    columns = plan.sizes[len(chosen)]
    _walk(rows[columns:], (*chosen, 0), plan, sums=sums)
    _walk(_swept(rows, columns), (*chosen, 1), plan, sums=sums)


def _swept(rows: list[Floats], columns: int) -> list[Floats]:
    """The matrix without its first columns, their share of the rest taken off."""
    for _ in range(columns):
        top = rows[0]
        inverse = np.divide(1.0, top[0], out=np.zeros_like(top[0]), where=top[0] > LEAST_PIVOT)
        rows = [rows[a] - (top[a] * inverse) * top[a:] for a in range(1, len(rows))]
    return rows


def _block(rows: list[Floats], chosen: tuple[int, ...], plan: _Plan, *, sums: _Sums) -> None:
    rows = [row[:, None, :] for row in rows]
    for columns in plan.sizes[len(chosen) :]:
        swept = _swept(rows, columns)
        rows = [np.concatenate([old, new], axis=1) for old, new in zip(rows[columns:], swept, strict=True)]
    explained = 1 - rows[0][0]
    held, out = _weights_of(sum(chosen), len(plan.sizes), len(chosen))
    sums.out += _total(out[:, None] * explained)
    weighted = held[:, None] * explained
    for unit in range(len(plan.sizes) - 1, len(chosen) - 1, -1):
        half = len(weighted) // 2
        sums.held[unit] += _total(weighted[half:])
        weighted = weighted[:half] + weighted[half:]
    for unit, bit in enumerate(chosen):
        sums.held[unit] += bit * weighted[0]


def _total(rows: Floats) -> Floats:
    """Sums of columns. numpy sums a single column ten times as slowly as a plain array; BLAS would start threads."""
    sums: Floats = rows.sum(axis=0) if rows.shape[1] > 1 else rows.ravel().sum(keepdims=True)
    return sums


@lru_cache(maxsize=64)
def _weights_of(first: int, p: int, decided: int) -> tuple[Floats, Floats]:
    """What the R2 of each subset counts for the units in it (with what is taken off all of them), and for the others.

    With p units and k of them in the subset, `first` of these among the units decided: (k - 1)! (p - k)! / p! for those
    in it, k! (p - k - 1)! / p! for those not (Shapley 1953, equation 13; LMG: Lindeman, Merenda & Gold 1980, page 119).
    """
    members = np.zeros(1, np.int64)
    for _ in range(p - decided):
        members = np.concatenate([members, members + 1])
    inside = np.array([factorial(k - 1) * factorial(p - k) / factorial(p) if k else 0.0 for k in range(p + 1)])
    outside = np.array([factorial(k) * factorial(p - k - 1) / factorial(p) if k < p else 0.0 for k in range(p + 1)])
    out = outside[members + first]
    return inside[members + first] + out, out


MOST_DRIVERS = 27  # exact shares of more would take hours
COPY = 1 - 1e-9  # a correlation nearer to 1 than rounding allows
ORDERS = 100
RIDGE = 1e-9


def grouped_lmg(matrices: Floats, units: list[list[int]]) -> Floats:
    """LMG, also called Shapley value regression, of units of columns: (units, b), which add up to R2.

    The gain in R2 of each unit, averaged over all orders of entering, from correlation matrices (q + 1, q + 1, b), the
    answer last. Source: Lindeman, Merenda & Gold, Introduction to Bivariate and Multivariate Analysis (1980), page 119;
    Groemping, Journal of Statistical Software 17 (2006), equation (4). All 2^p subsets are visited exactly.
    """
    order = [*(place for unit in units for place in unit), len(matrices) - 1]
    matrices, sizes = matrices[np.ix_(order, order)], tuple(len(unit) for unit in units)
    at_once = max(1, BLOCK // 2 ** min(len(sizes), 12))
    batches = range(0, matrices.shape[2], at_once)
    return np.concatenate([_average(matrices[:, :, at : at + at_once], sizes) for at in batches], axis=1)


def sampled_lmg(matrices: Floats, units: list[list[int]], *, seed: int, orders: int = ORDERS) -> Floats:
    """LMG over random orders, each with its reverse: for many resamples where exact shares of each would take too long.

    All of them see the same orders: what their choice does to the share of a resample is nearly what it does to that of
    the whole sample, where the exact value is known, and the difference is taken off (a control variate).

    `units`: Columns of each unit.
    """
    rng, p, q = np.random.default_rng(seed), len(units), matrices.shape[1] - 1
    ridged = matrices + RIDGE * np.eye(q + 1)
    shares = np.zeros((len(matrices), p))
    for _ in range(orders):
        order = rng.permutation(p)
        for way in (order, order[::-1]):
            columns = [place for unit in way for place in units[unit]]
            owner = [unit for unit in way for _ in units[unit]]
            at = [*columns, q]
            root = np.linalg.cholesky(ridged[:, at][:, :, at])
            gains = root[:, -1, :-1] ** 2
            for place, unit in enumerate(owner):
                shares[:, unit] += gains[:, place]
    return np.asarray(shares / (2 * orders))


def johnson_shares(correlation: Floats) -> Floats:
    """Johnson's relative weights from correlation matrices (..., p + 1, p + 1), the answer last: (..., p).

    A close approximation of LMG whose cost does not double with each driver. Source: Johnson, A heuristic method for
    estimating the relative weight of predictor variables in multiple regression, Multivariate Behavioral Research 35
    (2000), equations (3) to (7).
    """
    inner, outer = correlation[..., :-1, :-1], correlation[..., :-1, -1]
    values, vectors = np.linalg.eigh(inner)
    roots = np.sqrt(np.maximum(values, 0))
    inverse = np.divide(1.0, roots, out=np.zeros_like(roots), where=roots > 1e-7)
    turned = np.einsum("...ji,...j->...i", vectors, outer)
    beta = np.einsum("...ij,...j->...i", vectors, inverse * turned)
    loading = np.einsum("...ik,...k,...jk->...ij", vectors, roots, vectors)
    return np.asarray(np.einsum("...ij,...j->...i", loading**2, beta**2))


def logit_dominance(columns: Floats, answer: Floats, weights: Floats, units: list[list[int]]) -> Floats:
    """General dominance of units of columns for a yes/no answer: (units,), which add up to McFadden's R2.

    LMG with 1 - log L / log L0 of a logistic regression in place of R2. Sources: Azen & Traxel, Using dominance
    analysis to determine predictor importance in logistic regression, Journal of Educational and Behavioral Statistics
    34 (2009); McFadden, Conditional logit analysis of qualitative choice behavior (1974).

    `columns` (n, q), `answer` (n,) of two values, `weights` (n,).
    Raises DataError: drivers tell the answers apart without a miss.
    """
    p, yes = len(units), float(weights @ (answer == answer.max()) / weights.sum())
    nothing = float(weights.sum() * (xlogy(yes, yes) + xlogy(1 - yes, 1 - yes)))
    explained = np.zeros(2**p)  # by subset: bit u says whether unit u is in it
    for subset in range(1, 2**p):
        inside = [place for unit in range(p) if subset >> unit & 1 for place in units[unit]]
        explained[subset] = 1 - fit_ordinal(columns[:, inside], answer, weights=weights).log_likelihood / nothing
    held, out = _weights_of(0, p, 0)
    has = np.arange(2**p)[:, None] >> np.arange(p) & 1
    return np.asarray((held * explained) @ has - out @ explained)


def explained_by_others(correlation: Floats) -> Floats:
    """R2 of each driver on all others; 1 / (1 - R2) is its VIF."""
    values, vectors = np.linalg.eigh(correlation)
    precision = (vectors**2 / np.maximum(values, 1e-15)).sum(axis=1)
    return np.asarray(1 - 1 / precision)


def to_correlation(covariance: Floats) -> Floats:
    """Correlation matrices from covariance matrices (..., q, q); a constant column correlates with nothing."""
    spread = np.sqrt(np.maximum(np.diagonal(covariance, axis1=-2, axis2=-1), 0))
    inverse = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)
    correlation: Floats = covariance * inverse[..., :, None] * inverse[..., None, :]
    at = np.arange(correlation.shape[-1])
    correlation[..., at, at] = 1.0
    return correlation
