"""LMG of many resamples where exact shares of each would take too long: the same random orders for all of them.

What the orders' choice does to the share of a resample is nearly what it does to the share of the whole sample, where
the exact value is known: the difference is taken off (a control variate).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
ORDERS = 100
RIDGE = 1e-9


def sampled_lmg(matrices: Floats, units: list[list[int]], *, seed: int, orders: int = ORDERS) -> Floats:
    """LMG over random orders, each with its reverse.

    Parameters
    ----------
    matrices : array (b, q + 1, q + 1)
        Correlation matrices, the answer last.
    units : list of list of int
        Columns of each unit.
    orders : int
        Orders drawn; twice as many are used.

    Returns
    -------
    array (b, units)

    Notes
    -----
    The gains in R2 of one order are the squares in the last row of the Cholesky factor of the matrix in that order.
    """
    rng, p, q = np.random.default_rng(seed), len(units), matrices.shape[1] - 1
    ridged = matrices + RIDGE * np.eye(q + 1)
    found = np.zeros((len(matrices), p))
    for _ in range(orders):
        order = rng.permutation(p)
        for way in (order, order[::-1]):
            columns = [place for unit in way for place in units[unit]]
            owner = [unit for unit in way for _ in units[unit]]
            at = [*columns, q]
            root = np.linalg.cholesky(ridged[:, at][:, :, at])
            gains = root[:, -1, :-1] ** 2
            for place, unit in enumerate(owner):
                found[:, unit] += gains[:, place]
    averaged: Floats = found / (2 * orders)
    return averaged
