"""Means and covariances of rows with gaps, by maximum likelihood, and gaps filled at random.

Skipped ratings are not a fair sample: here price is skipped more by unhappy customers. Estimating the covariance with
the answer itself among the columns undoes that (missing at random); leaving incomplete rows out does not. The EM
algorithm is that of Dempster, Laird & Rubin (1977); steps as in Little & Rubin, Statistical Analysis with Missing Data
(2002), section 11.2, written in terms of the precision matrix, so that only the few missing columns of a row need a
solution.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cxlib.checks import Codes, Floats
from cxlib.measures.result import Brief

RIDGE = 1e-9  # of each variance: keeps a resample in which two columns coincide solvable


@dataclass(frozen=True)
class _Gap:
    """Rows with the same number of missing columns: which rows, which columns, which pattern each has."""

    rows: Codes
    patterns: Codes
    pattern: Codes


@dataclass(frozen=True, repr=False)
class Moments(Brief):
    """Mean (q,) and covariance (q, q)."""

    mean: Floats
    covariance: Floats


class GappyRows(Brief):
    """Rows with gaps (`cells`, (n, q): NaN where missing, none wholly), sorted once for many quick resamples."""

    def __init__(self, cells: Floats) -> None:
        self.cells = cells

    @cached_property
    def missing(self) -> NDArray[np.bool_]:
        """Where a value is missing."""
        return np.isnan(self.cells)

    @cached_property
    def complete(self) -> NDArray[np.bool_]:
        """Rows without a gap."""
        return np.asarray(~self.missing.any(axis=1))

    @cached_property
    def _gaps(self) -> list[_Gap]:
        """Positions count among the incomplete rows."""
        holes = self.missing[~self.complete]
        size = holes.sum(axis=1)
        gaps = []
        for m in np.unique(size):
            rows = np.flatnonzero(size == m)
            where = np.nonzero(holes[rows])[1].reshape(len(rows), m)
            patterns, pattern = np.unique(where, axis=0, return_inverse=True)
            gaps.append(_Gap(rows, patterns, pattern.ravel()))
        return gaps

    @cached_property
    def _full(self) -> Floats:
        return self.cells[self.complete]

    @cached_property
    def _holed(self) -> Floats:
        return np.where(self.missing, 0.0, self.cells)[~self.complete]

    def start(self, weights: Floats) -> Moments:
        """Means and variances of what is there, without correlations."""
        there = ~self.missing
        total = weights @ there
        mean = weights @ np.where(there, self.cells, 0.0) / total
        spread = weights @ np.where(there, (self.cells - mean) ** 2, 0.0) / total
        return Moments(mean, np.diag(spread))

    def moments(
        self, weights: Floats, start: Moments | None = None, *, steps: int = 100, close: float = 1e-8
    ) -> Moments:
        """Weighted maximum-likelihood moments of a multivariate normal distribution."""
        if self.complete.all():
            return _plain(self.cells, weights)
        moments = start or self.start(weights)
        full, w_full = self._full, weights[self.complete]
        sums = (float(weights.sum()), w_full @ full, (full * w_full[:, None]).T @ full)
        for _ in range(steps):
            new = self._step(moments, weights[~self.complete], sums)
            scale = np.sqrt(np.maximum(np.diag(new.covariance), 1e-300))
            change = np.abs(new.covariance - moments.covariance) / np.outer(scale, scale)
            moved = max(float(np.abs((new.mean - moments.mean) / scale).max()), float(change.max()))
            moments = new
            if moved < close:
                break
        return moments

    def _step(self, now: Moments, weights: Floats, sums: tuple[float, Floats, Floats]) -> Moments:
        filled, spread = self._expect(now, weights)
        total, first, second = sums
        mean = (first + weights @ filled) / total
        squares = second + (filled * weights[:, None]).T @ filled + spread
        return Moments(mean, squares / total - np.outer(mean, mean))

    def _expect(self, now: Moments, weights: Floats) -> tuple[Floats, Floats]:
        """Incomplete rows with expected values in their gaps, and the covariance that those leave out."""
        precision = _invert(now.covariance)
        holes = self.missing[~self.complete]
        centred = np.where(holes, 0.0, self._holed - now.mean)
        pull = centred @ precision
        spread = np.zeros_like(precision)
        for gap in self._gaps:
            columns, of_row = gap.patterns, gap.patterns[gap.pattern]
            covariance = np.linalg.inv(precision[columns[:, :, None], columns[:, None, :]])
            here = pull[gap.rows[:, None], of_row]
            centred[gap.rows[:, None], of_row] = -np.einsum("rij,rj->ri", covariance[gap.pattern], here)
            share = np.bincount(gap.pattern, weights[gap.rows], minlength=len(columns))
            np.add.at(spread, (columns[:, :, None], columns[:, None, :]), covariance * share[:, None, None])
        return centred + now.mean, spread

    def fill(self, now: Moments, rng: np.random.Generator) -> Floats:
        """All rows, with a random draw, given what is there, in each gap."""
        if self.complete.all():
            return self.cells
        filled, _ = self._expect(now, np.ones(int((~self.complete).sum())))
        precision = _invert(now.covariance)
        for gap in self._gaps:
            columns, of_row = gap.patterns, gap.patterns[gap.pattern]
            roots = np.linalg.cholesky(np.linalg.inv(precision[columns[:, :, None], columns[:, None, :]]))
            noise = np.einsum("rij,rj->ri", roots[gap.pattern], rng.standard_normal(of_row.shape))
            filled[gap.rows[:, None], of_row] += noise
        cells = self.cells.copy()
        cells[~self.complete] = filled
        return cells


def _plain(values: Floats, weights: Floats) -> Moments:
    mean = np.asarray(weights @ values / weights.sum())
    centred = values - mean
    return Moments(mean, (centred * weights[:, None]).T @ centred / weights.sum())


def _invert(covariance: Floats) -> Floats:
    variances = np.diag(covariance)
    ridge = RIDGE * np.where(variances > 0, variances, 1.0)
    return np.asarray(np.linalg.inv(covariance + np.diag(ridge)), dtype=np.float64)
