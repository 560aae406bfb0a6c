"""Silhouettes of several clusterings of the same rows, from one matrix of distances.

Source: Rousseeuw (1987): s = (b - a) / max(a, b), a the mean distance to the own cluster, b to the nearest other one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


def mean_silhouettes(rows: Floats, labelings: Sequence[Labels]) -> list[float]:
    """The mean silhouette of each labelling; NaN where only one label is used.

    Parameters
    ----------
    rows : array (rows, features)
        Scaled; a thousand or two, because every pair is measured.
    labelings : sequence of arrays (rows,)
        Labels 0, 1, ...

    Examples
    --------
    >>> rows = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> round(mean_silhouettes(rows, [np.array([0, 0, 1, 1])])[0], 4)
    0.8997
    """
    # One product of all memberships with the distances reads that large matrix once.
    members = [np.eye(int(labels.max()) + 1, dtype=np.float32)[labels] for labels in labelings]
    sums = _pairs(rows) @ np.concatenate(members, axis=1)
    ends = np.cumsum([each.shape[1] for each in members])
    parts = np.split(sums.astype(float), ends[:-1], axis=1)
    return [_mean_silhouette(part, labels) for part, labels in zip(parts, labelings, strict=True)]


def line_silhouette(places: Floats, labels: Labels) -> float:
    """The mean silhouette of one labelling of points on a line, from sorted sums instead of every pair.

    Parameters
    ----------
    places : array (rows,)
        Where the points stand.
    labels : array (rows,)
        Labels 0, 1, ...

    Examples
    --------
    >>> round(line_silhouette(np.array([0.0, 1.0, 10.0, 11.0]), np.array([0, 0, 1, 1])), 4)
    0.8997
    """
    sums = [_distances_to(places[labels == label], places) for label in range(int(labels.max()) + 1)]
    return _mean_silhouette(np.column_stack(sums), labels)


def _distances_to(points: Floats, places: Floats) -> Floats:
    """The sum of each place's distances to the points: those below it, and those above."""
    ordered = np.sort(points)
    total = np.concatenate([[0.0], np.cumsum(ordered)])
    below = np.searchsorted(ordered, places)
    return np.asarray(places * (2 * below - len(points)) - 2 * total[below] + total[-1])


def _pairs(rows: Floats) -> NDArray[np.float32]:
    light = rows.astype(np.float32)
    squares = (light**2).sum(axis=1)
    found = light @ (-2 * light.T)
    found += squares
    found += squares[:, None]
    np.fill_diagonal(found, 0)
    np.maximum(found, 0, out=found)
    return np.asarray(np.sqrt(found, out=found))


def _mean_silhouette(sums: Floats, labels: Labels) -> float:
    """From the sums of each row's distances to the rows of each cluster."""
    sizes = np.bincount(labels)
    if (sizes > 0).sum() < 2:
        return float("nan")
    one = np.arange(len(labels))
    own = sums[one, labels] / np.maximum(sizes[labels] - 1, 1)
    others = np.where(sizes > 0, sums / np.maximum(sizes, 1), np.inf)
    others[one, labels] = np.inf
    other = others.min(axis=1)
    top = np.maximum(own, other)
    value = np.divide(other - own, top, out=np.zeros(len(labels)), where=top > 0)
    return float(np.where(sizes[labels] > 1, value, 0.0).mean())
