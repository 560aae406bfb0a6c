"""Direct labels that never collide."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def spread(positions: Sequence[float], gap: float, *, low: float = -np.inf, high: float = np.inf) -> list[float]:
    """Move labels as little as possible so that neighbours are at least `gap` apart.

    Parameters
    ----------
    positions
        Where the labels would like to be, in any order.
    gap
        Least distance of two labels, in the same unit.
    low, high
        Where labels may stand; when there is no room for all, the gap shrinks.

    Returns
    -------
    list of float
        New positions in the order of `positions`; the order of their values is kept.

    Notes
    -----
    With `gap` times the rank taken off, the least squares solution under the order is isotonic regression, which
    pooling adjacent violators gives exactly (Barlow et al., 1972).

    Examples
    --------
    >>> spread([1.0, 1.5, 9.0], 1.0)
    [0.75, 1.75, 9.0]
    """
    wanted = np.asarray(positions, dtype=float)
    if len(wanted) == 0:
        return []
    step = min(gap, (high - low) / max(len(wanted) - 1, 1))
    order = np.argsort(wanted, kind="stable")
    ranks = np.arange(len(wanted)) * step
    placed = np.clip(_pool(wanted[order] - ranks), low, max(low, high - ranks[-1])) + ranks
    result = np.empty(len(wanted))
    result[order] = placed
    return [float(place) for place in result]


def _pool(values: np.ndarray) -> np.ndarray:
    """The non-decreasing sequence nearest to `values`."""
    blocks: list[tuple[float, int]] = []
    for value in values:
        mean, size = float(value), 1
        while blocks and blocks[-1][0] > mean:
            before, count = blocks.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        blocks.append((mean, size))
    return np.repeat([mean for mean, _ in blocks], [size for _, size in blocks])
