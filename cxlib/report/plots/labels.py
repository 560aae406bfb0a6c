"""Direct labels that never collide."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cxlib.report.canvas import Canvas

LONGEST = 120  # characters in one line of any label


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
    step = min(gap, (high - low) / max(len(positions) - 1, 1))
    return _moved(positions, np.full(len(positions), step), low, high)


def spread_widths(
    positions: Sequence[float], widths: Sequence[float], *, air: float, low: float, high: float
) -> list[float]:
    """Move labels in one row as little as possible so that none touches its neighbour.

    Parameters
    ----------
    positions, widths
        Where the middles of the labels would like to be, in rising order, and how wide the labels are.
    air
        Least distance of two labels.
    low, high
        Where labels may stand.

    Examples
    --------
    >>> spread_widths([10.0, 12.0], [8.0, 4.0], air=2.0, low=0.0, high=100.0)
    [7.0, 15.0]
    """
    sizes = np.asarray(widths, dtype=float)
    if len(sizes) == 0:
        return []
    steps = np.append(0.0, (sizes[1:] + sizes[:-1]) / 2 + air)
    return _moved(positions, steps, low + sizes[0] / 2, high - sizes[-1] / 2)


def _moved(positions: Sequence[float], steps: np.ndarray, low: float, high: float) -> list[float]:
    """New positions in the order of `positions`, each at least its step after the one below; the first step is free."""
    wanted = np.asarray(positions, dtype=float)
    if len(wanted) == 0:
        return []
    order = np.argsort(wanted, kind="stable")
    ranks = np.cumsum(steps) - steps[0]
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


def backing(canvas: Canvas) -> dict[str, object]:
    """Background behind a text, so that no line runs through it."""
    return {"facecolor": canvas.colour("bg"), "edgecolor": "none", "pad": 1.0}


def fitted(canvas: Canvas, thing: object, room: float) -> str:
    """The text in one line, cut where it would be wider than `room` points."""
    text = canvas.shorten(thing, LONGEST)
    while len(text) > 1 and canvas.width_of(text) > room:
        text = text.rstrip("\u2026")[:-1].rstrip() + "\u2026"
    return text
