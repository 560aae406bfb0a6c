"""Whether clusters come back when the customers are drawn anew.

Source: Hennig (2007), Cluster-wise assessment of cluster stability, Computational Statistics & Data Analysis 52, and
the bands of his `clusterboot`; adjusted Rand index: Hubert & Arabie (1985).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
LIGHTS = ((0.85, "stable"), (0.75, "valid"), (0.6, "doubtful"))
VALID = 0.75


@dataclass(frozen=True)
class Stability:
    """How like the clusters of all customers those of resamples are.

    `ari`: Mean adjusted Rand index of a resample's clustering and that of all, over resamples.
    `jaccard` (array (k,)): By cluster: the mean, over resamples, of its Jaccard similarity with the most similar
        cluster there.
    """

    ari: float
    jaccard: Floats
    resamples: int


def light(jaccard: float) -> str:
    """Hennig's band of a mean Jaccard similarity: stable, valid, doubtful, or dissolved ("do not trust").

    >>> [light(value) for value in (0.9, 0.75, 0.6, 0.59)]
    ['stable', 'valid', 'doubtful', 'dissolved']
    """
    return next((name for least, name in LIGHTS if jaccard >= least), "dissolved")


def compare(labels: Labels, others: Labels, k: int) -> Stability:
    """Stability of a clustering from those that resamples gave to the same rows.

    >>> stability = compare(np.array([0, 0, 1, 1]), np.array([[1, 1, 0, 0], [0, 0, 0, 1]]), 2)
    >>> round(stability.ari, 2), stability.jaccard.round(3).tolist()
    (0.5, [0.833, 0.75])
    """
    tables = contingency(labels, others, k)
    own, their = tables.sum(axis=2), tables.sum(axis=1)
    either = own[:, :, None] + their[:, None, :] - tables
    similar = np.divide(tables, either, out=np.zeros_like(tables), where=either > 0).max(axis=2)
    return Stability(float(_rand(tables).mean()), similar.mean(axis=0), len(others))


def contingency(labels: Labels, others: Labels, k: int) -> Floats:
    """Rows by (own label, other label), for each of the others: (resamples, k, k)."""
    cells = labels[None, :] * k + others + np.arange(len(others))[:, None] * k * k
    return np.bincount(cells.ravel(), minlength=len(others) * k * k).reshape(len(others), k, k).astype(float)


def _rand(tables: Floats) -> Floats:
    """Hubert & Arabie's equation (5), by table."""
    together, own, their = _pairs(tables).sum(axis=(1, 2)), tables.sum(axis=2), tables.sum(axis=1)
    rows, columns = _pairs(own).sum(axis=1), _pairs(their).sum(axis=1)
    expected = rows * columns / _pairs(tables.sum(axis=(1, 2)))
    most = (rows + columns) / 2
    index: Floats = np.divide(together - expected, most - expected, out=np.ones(len(tables)), where=most > expected)
    return index


def _pairs(n: Floats) -> Floats:
    return n * (n - 1) / 2
