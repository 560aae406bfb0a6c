"""Whose assignment is used once the number of clusters is known: k-means or a Gaussian mixture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxlib.segments.clustering.lloyd import fit_centres, move_centres, nearest
from cxlib.segments.clustering.mixture import Mixtures, fit_mixtures
from cxlib.segments.clustering.search import Candidate, Effort, resampled
from cxlib.segments.clustering.stability import VALID, Stability, adjusted_rand, compare

Floats = NDArray[np.float64]
LEAST_AGREEMENT = 0.7
MIXTURE_CUSTOMERS = 20_000  # parameters of a mixture come from so many customers at most; everyone is then assigned


@dataclass(frozen=True)
class Chosen:
    """The assignment that is used; `weights` and `covariances` are None for k-means."""

    means: Floats
    weights: Floats | None
    covariances: Floats | None
    shares: Floats
    stability: Stability
    methods: pd.DataFrame

    @property
    def names(self) -> tuple[int, ...]:
        """Labels by size: 1 is the largest cluster."""
        ranks = np.empty(len(self.shares), dtype=int)
        ranks[np.argsort(-self.shares, kind="stable")] = np.arange(1, len(self.shares) + 1)
        return tuple(int(rank) for rank in ranks)

    @property
    def spread(self) -> tuple[Floats | None, Floats | None]:
        """Weights and covariances, for a model."""
        return self.weights, self.covariances


def choose_method(
    rows: Floats, best: Candidate, *, tied: bool, smallest_share: float, effort: Effort, rng: np.random.Generator
) -> Chosen:
    """k-means, unless a mixture of as many components is better by what customers held out say.

    Parameters
    ----------
    rows : array (customers, features)
        Standardised.
    best : Candidate
        The number of clusters and k-means' centres.
    tied : bool
        Whether a feature is a count: a mixture's likelihood means nothing then, and k-means stays.
    """
    centres = move_centres(rows[None], best.centres[None])[0]
    labels = nearest(rows[None], centres[None])[0]
    some = rows[rng.permutation(len(rows))[:MIXTURE_CUSTOMERS]]
    mixture = fit_mixtures(some[None], nearest(some[None], centres[None]), best.k)
    mixed = mixture.labels(rows[None])[0]
    stability = _stability(rows, mixture, best, effort, rng)
    own, plain, error = _held_out(some, best.k, rng)
    shares = np.bincount(mixed, minlength=best.k) / len(rows)
    takes_over = (
        not tied
        and own - plain > 2 * error
        and adjusted_rand(labels, mixed) >= LEAST_AGREEMENT
        and stability.jaccard.min() >= VALID
        and shares.min() >= smallest_share
    )
    kept = np.bincount(labels, minlength=best.k) / len(rows)
    found = [("kmeans", plain, best.stability, kept), ("mixture", own, stability, shares)]
    methods = pd.DataFrame(
        [(name, value, s.ari, float(s.jaccard.min()), float(share.min())) for name, value, s, share in found],
        columns=["method", "log_likelihood", "ari", "jaccard_least", "smallest_share"],
    ).assign(chosen=[not takes_over, takes_over])
    if takes_over:
        return Chosen(mixture.means[0], mixture.weights[0], mixture.covariances[0], shares, stability, methods)
    return Chosen(centres, None, None, kept, best.stability, methods)


def _stability(rows: Floats, mixture: Mixtures, best: Candidate, effort: Effort, rng: np.random.Generator) -> Stability:
    """A resample's mixture starts from that resample's own k-means centres, which know nothing of all customers."""
    some = rows[rng.permutation(len(rows))[: effort.resample_customers]]
    base = mixture.labels(some[None])[0]
    sets, others = resampled(rows, effort=effort, rng=rng), []
    for at in range(0, len(sets), 10):
        part = sets[at : at + 10]
        centres = fit_centres(part, best.k, rng=rng, starts=2)
        fitted = fit_mixtures(part, nearest(part, centres), best.k, settled=1e-3)
        others.append(fitted.labels(np.broadcast_to(some, (len(part), *some.shape))))
    return compare(base, np.concatenate(others), best.k)


def _held_out(some: Floats, k: int, rng: np.random.Generator) -> tuple[float, float, float]:
    """Mean log density of customers held out under the mixture and under round equal components; error of their gap."""
    half = rng.permutation(len(some)) < len(some) // 2
    fit, test = some[half], some[~half]
    labels = nearest(fit[None], fit_centres(fit[None], k, rng=rng, starts=10))
    own = fit_mixtures(fit[None], labels, k).log_likelihood(test[None])[0]
    plain = fit_mixtures(fit[None], labels, k, round_and_equal=True).log_likelihood(test[None])[0]
    gap = own - plain
    return float(own.mean()), float(plain.mean()), float(gap.std() / np.sqrt(len(gap)))
