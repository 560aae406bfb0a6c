"""How much of the answer each driver explains: exact LMG shares, and Johnson's relative weights beside them."""

from __future__ import annotations

import numpy as np

from cxlib.checks import Floats
from cxlib.drivers.schur import average_over_orders

MOST_DRIVERS = 27  # exact shares of more would take hours
COPY = 1 - 1e-9  # a correlation nearer to 1 than rounding allows
ORDERS = 100
RIDGE = 1e-9


def grouped_lmg(matrices: Floats, units: list[list[int]]) -> Floats:
    """LMG, also called Shapley value regression, of units of columns: (units, b), which add up to R2.

    The gain in R2 of each unit, averaged over all orders of entering, from correlation matrices (q + 1, q + 1, b), the
    answer last. Source: Lindeman, Merenda & Gold, Introduction to Bivariate and Multivariate Analysis (1980), page 119;
    Groemping, Journal of Statistical Software 17 (2006), equation (4). All 2^p subsets are visited exactly.

    >>> correlation = np.array([[1, 0.5, 0.6], [0.5, 1, 0.4], [0.6, 0.4, 1]])
    >>> grouped_lmg(correlation[:, :, None], [[0], [1]])[:, 0].round(3).tolist()
    [0.287, 0.087]
    """
    order = [*(place for unit in units for place in unit), len(matrices) - 1]
    return average_over_orders(matrices[np.ix_(order, order)], [len(unit) for unit in units])


def sampled_lmg(matrices: Floats, units: list[list[int]], *, seed: int, orders: int = ORDERS) -> Floats:
    """LMG over random orders, each with its reverse: for many resamples where exact shares of each would take too long.

    All of them see the same orders: what their choice does to the share of a resample is nearly what it does to that of
    the whole sample, where the exact value is known, and the difference is taken off (a control variate).

    Parameters
    ----------
    units : list of list of int
        Columns of each unit.

    The gains in R2 of one order are the squares in the last row of the Cholesky factor of the matrix in that order.
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
