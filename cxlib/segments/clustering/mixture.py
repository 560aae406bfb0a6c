"""Gaussian mixtures by EM, on many resamples at once, each started from clusters that are already there.

The number of components is never chosen here: on counts with ties a mixture's likelihood, and so its BIC, grows without
end as a component shrinks onto one value. `RIDGE` keeps covariances away from that.

Shapes: rows (sets, n, p), weights (sets, k), means (sets, k, p), covariances (sets, k, p, p).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
RIDGE = 1e-3  # added to the variances of standardised features
MOST_STEPS = 60


@dataclass(frozen=True)
class Mixtures:
    """Fitted mixtures, one a data set."""

    weights: Floats
    means: Floats
    covariances: Floats

    def log_densities(self, sets: Floats) -> Floats:
        """Log of weight times density of each row under each component: (sets, n, k).

        >>> one = Mixtures(np.ones((1, 1)), np.zeros((1, 1, 1)), np.ones((1, 1, 1, 1)))
        >>> round(float(one.log_densities(np.zeros((1, 1, 1)))[0, 0, 0]), 4)
        -0.9189
        """
        parts = [self._component(sets, j) for j in range(self.weights.shape[1])]
        return np.stack(parts, axis=2)

    def labels(self, sets: Floats) -> Labels:
        """The likeliest component of each row: (sets, n)."""
        return np.asarray(self.log_densities(sets).argmax(axis=2), dtype=np.int64)

    def log_likelihood(self, sets: Floats) -> Floats:
        """Log density of each row: (sets, n)."""
        return np.asarray(logsumexp(self.log_densities(sets), axis=2))

    def _component(self, sets: Floats, j: int) -> Floats:
        root = np.linalg.cholesky(self.covariances[:, j])
        away = (sets - self.means[:, j, None]) @ np.linalg.inv(root).transpose(0, 2, 1)
        scale = np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1) + 0.5 * sets.shape[2] * np.log(2 * np.pi)
        with np.errstate(divide="ignore"):
            found: Floats = (np.log(self.weights[:, j]) - scale)[:, None] - 0.5 * (away**2).sum(axis=2)
        return found


def fit_mixtures(
    sets: Floats, labels: Labels, k: int, *, round_and_equal: bool = False, settled: float = 1e-4
) -> Mixtures:
    """EM from given clusters until the likelihood settles.

    Parameters
    ----------
    sets : array (sets, n, p)
        Standardised.
    labels : array (sets, n)
        Clusters 0 to k-1 to start from.
    round_and_equal : bool
        One variance for all components and directions: the mixture behind k-means.
    settled : float
        Gain in mean log likelihood, in every set, below which EM ends.
    """
    found = _maximised(sets, np.eye(k)[labels], round_and_equal)
    last = np.full(len(sets), -np.inf)
    for _ in range(MOST_STEPS):
        joint = found.log_densities(sets)
        total = logsumexp(joint, axis=2, keepdims=True)
        likelihood = total.mean(axis=(1, 2))
        if (likelihood - last < settled).all():
            break
        last = likelihood
        found = _maximised(sets, np.exp(joint - total), round_and_equal)
    return found


def _maximised(sets: Floats, shares: Floats, round_and_equal: bool) -> Mixtures:
    n, p = sets.shape[1:]
    sizes = shares.sum(axis=1) + 1e-9
    means = shares.transpose(0, 2, 1) @ sets / sizes[:, :, None]
    away = [sets - means[:, j, None] for j in range(shares.shape[2])]
    spread = [(away[j] * shares[:, :, j, None]).transpose(0, 2, 1) @ away[j] for j in range(len(away))]
    covariances = np.stack(spread, axis=1)
    if round_and_equal:
        variance = np.trace(covariances, axis1=2, axis2=3).sum(axis=1) / (n * p)
        covariances = np.broadcast_to(variance[:, None, None, None] * np.eye(p), covariances.shape)
    else:
        covariances = covariances / sizes[:, :, None, None]
    return Mixtures(sizes / sizes.sum(axis=1, keepdims=True), means, covariances + RIDGE * np.eye(p))
