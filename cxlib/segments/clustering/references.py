"""Data without groups that look like given data otherwise: what a silhouette has to beat before it means anything.

Cutting any cloud into k parts gives a silhouette well above zero, the more so the longer or flatter the cloud is. So
the same cutting is done to reference data of the same size:

- `permuted`: each feature shuffled on its own. It keeps every margin and no dependence.
- `one_cloud`: features with the nearest margins that have one peak only, tied together by a Gaussian copula of the same
  normal-scores correlation: one cloud, as long, as flat and as skewed as the data.
- `one_box`: the same, with independent margins along the principal components: one cloud that may lie askew.

A feature that is a count keeps its steps in all of them (`is_tied`): ties are how it was measured, not groups.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]
BINS = 40
TIED_SHARE = 0.05


def is_tied(values: Floats) -> bool:
    """Whether one value is so common that the feature counts something: at least one in twenty has it.

    >>> is_tied(np.array([1.0, 1, 1, 2, 3])), is_tied(np.arange(100.0))
    (True, False)
    """
    return bool(np.unique(values, return_counts=True)[1].max() >= max(2, TIED_SHARE * len(values)))


def permuted(rows: Floats, *, sets: int, rng: np.random.Generator) -> Floats:
    """Data sets in which every feature is shuffled on its own: (sets, rows, features)."""
    return np.asarray(rng.permuted(np.repeat(rows[None], sets, axis=0), axis=1))


def one_cloud(rows: Floats, *, sets: int, rng: np.random.Generator) -> Floats:
    """Data sets from a Gaussian copula with the nearest one-peaked margins: (sets, rows, features)."""
    scores = ndtri((pd.DataFrame(rows).rank().to_numpy() - 0.5) / len(rows))
    correlation = np.atleast_2d(np.corrcoef(scores, rowvar=False))
    drawn = rng.multivariate_normal(np.zeros(rows.shape[1]), correlation, size=(sets, len(rows)), method="eigh")
    return _with_margins(ndtr(drawn), rows)


def one_box(rows: Floats, *, sets: int, rng: np.random.Generator) -> Floats:
    """Data sets with independent one-peaked margins along the principal components: (sets, rows, features)."""
    centre = rows.mean(axis=0)
    axes = np.linalg.svd(rows - centre, full_matrices=False)[2]
    drawn = _with_margins(rng.random((sets, *rows.shape)), (rows - centre) @ axes.T)
    return np.asarray(drawn @ axes + centre)


def _with_margins(uniform: Floats, rows: Floats) -> Floats:
    columns = [_quantiles(rows[:, f], uniform[..., f]) for f in range(rows.shape[1])]
    return np.stack(columns, axis=-1)


def _quantiles(values: Floats, shares: Floats) -> Floats:
    """Quantiles of the nearest one-peaked distribution, or of the values themselves where they are tied."""
    if is_tied(values):
        return np.asarray(np.sort(values)[np.minimum((shares * len(values)).astype(int), len(values) - 1)])
    # Bins of equal counts are narrow where the data are dense, so a long tail does not blur the bulk.
    edges = np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)))
    widths = np.diff(edges)
    density = one_peak(np.histogram(values, bins=edges)[0] / widths, widths)
    reach = np.concatenate([[0.0], np.cumsum(density * widths)])
    return np.interp(shares, reach / reach[-1], edges)


def one_peak(heights: Floats, widths: Floats) -> Floats:
    """The heights nearest to given ones (least squares by width) that rise to one peak and then fall.

    >>> one_peak(np.array([1.0, 4.0, 2.0, 3.0, 1.0]), np.ones(5)).tolist()
    [1.0, 4.0, 2.5, 2.5, 1.0]
    """
    fits = [_rise_and_fall(heights, widths, peak) for peak in range(1, len(heights) + 1)]
    return min(fits, key=lambda fit: float((widths * (fit - heights) ** 2).sum()))


def _rise_and_fall(heights: Floats, widths: Floats, peak: int) -> Floats:
    up = isotonic_regression(heights[:peak], weights=widths[:peak]).x
    if peak == len(heights):
        return np.asarray(up)
    down = isotonic_regression(heights[peak:], weights=widths[peak:], increasing=False).x
    return np.concatenate([up, down])
