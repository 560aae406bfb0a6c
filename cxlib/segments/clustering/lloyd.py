"""k-means on many data sets of one size at once: a hundred resamples cost a few matrix products, not a hundred fits.

Lloyd's algorithm with k-means++ starts (Arthur & Vassilvitskii 2007). Everything here has shape (sets, rows, features).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]  # exact enough for distances between standardised values, and half as much to read
Labels = NDArray[np.int64]
MOST_STEPS = 60
SETTLED = 1e-3  # standard deviations that a centre may still move
BATCH_NUMBERS = 500_000  # distances held in memory at once


def fit_centres(sets: Floats, k: int, *, rng: np.random.Generator, starts: int = 4) -> Floats:
    """The best centres of several starts for each data set.

    Parameters
    ----------
    sets : array (sets, rows, features)
        Data sets of equal size, scaled.
    k : int
        Clusters.
    rng : Generator
        Draws the starts.
    starts : int
        k-means++ starts for each set; the one with the least sum of squares is kept.

    Returns
    -------
    array (sets, k, features)

    Examples
    --------
    >>> line = np.array([[[0.0], [0.2], [9.0], [9.2]]])
    >>> np.sort(fit_centres(line, 2, rng=np.random.default_rng(0)).ravel()).round(1).tolist()
    [0.1, 9.1]
    """
    size = max(1, BATCH_NUMBERS // (sets.shape[1] * k * starts))
    batches = [sets[at : at + size] for at in range(0, len(sets), size)]
    return np.concatenate([_best_of(batch, k, starts, rng) for batch in batches])


def nearest(sets: Floats, centres: Floats) -> Labels:
    """Position of the nearest centre of each row: (sets, rows)."""
    return _closest(_distances(sets, centres))


def _best_of(sets: Floats, k: int, starts: int, rng: np.random.Generator) -> Floats:
    many = np.repeat(sets, starts, axis=0)
    centres = move_centres(many, _spread_starts(many, k, rng))
    loss = _distances(many, centres).min(axis=1).sum(axis=1) + (many**2).sum(axis=(1, 2))
    best = loss.reshape(len(sets), starts).argmin(axis=1) + np.arange(len(sets)) * starts
    found: Floats = centres[best]
    return found


def _spread_starts(sets: Floats, k: int, rng: np.random.Generator) -> Floats:
    """k-means++: each next centre is a row drawn in proportion to its squared distance from those before."""
    one = np.arange(len(sets))
    centres = np.empty((len(sets), k, sets.shape[2]))
    centres[:, 0] = sets[one, rng.integers(0, sets.shape[1], len(sets))]
    far = ((sets - centres[:, :1]) ** 2).sum(axis=2)
    for place in range(1, k):
        reach = far.cumsum(axis=1)
        drawn = (reach < (rng.random(len(sets)) * reach[:, -1])[:, None]).sum(axis=1)
        centres[:, place] = sets[one, np.minimum(drawn, sets.shape[1] - 1)]
        far = np.minimum(far, ((sets - centres[:, place, None]) ** 2).sum(axis=2))
    return centres


def move_centres(sets: Floats, centres: Floats) -> Floats:
    """Lloyd's steps until no set's centres move; sets that have settled are left out of the next step."""
    active = np.arange(len(sets))
    for _ in range(MOST_STEPS):
        rows, old = sets[active], centres[active]
        new = _means(rows, _closest(_distances(rows, old)), old)
        centres[active] = new
        active = active[(np.abs(new - old) > SETTLED).any(axis=(1, 2))]
        if not active.size:
            break
    return centres


def _means(sets: Floats, labels: NDArray[Any], old: Floats) -> Floats:
    """Mean of each cluster's rows; an empty cluster keeps its centre."""
    b, k, p = old.shape
    at = (labels + np.arange(b)[:, None] * k).ravel()
    n = np.bincount(at, minlength=b * k)
    sums = np.stack([np.bincount(at, sets[:, :, f].ravel(), minlength=b * k) for f in range(p)], axis=1)
    means = np.where(n[:, None] > 0, sums / np.maximum(n, 1)[:, None], old.reshape(-1, p))
    return means.reshape(b, k, p)


def _distances(sets: Floats, centres: Floats) -> Singles:
    """Squared distances less the square of the row, which changes no comparison: (sets, k, rows)."""
    found: Singles = (-2 * centres).astype(np.float32) @ sets.astype(np.float32).transpose(0, 2, 1)
    found += (centres**2).sum(axis=2, dtype=np.float32)[:, :, None]
    return found


def _closest(distances: Singles) -> Labels:
    """Where the least distance lies, by row. Comparing cluster by cluster in single bytes beats argmin fivefold."""
    least = distances[:, 0].copy()
    labels = np.zeros(least.shape, dtype=np.uint8)
    for j in range(1, distances.shape[1]):
        closer = distances[:, j] < least
        np.minimum(least, distances[:, j], out=least)
        np.maximum(labels, closer.view(np.uint8) * np.uint8(j), out=labels)
    return labels.astype(np.int64)
