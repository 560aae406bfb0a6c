"""Whose assignment is used once the number of clusters is known: k-means or a Gaussian mixture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logsumexp

from cxlib.segments.clustering.search import Candidate, Effort, Labels, fit_kmeans, nearest, sample
from cxlib.segments.clustering.stability import VALID, Stability, compare

if TYPE_CHECKING:
    from sklearn.mixture import GaussianMixture

Floats = NDArray[np.float64]
LEAST_AGREEMENT = 0.7
RIDGE = 1e-3  # added to the variances of a mixture, which else shrinks onto values that many share
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

    The number of components is never chosen here: on counts a mixture's likelihood, and so its BIC, grows without end.
    """
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score

    if best.stability is None:
        raise ValueError("the candidate was not admitted")
    centres = np.asarray(KMeans(best.k, init=best.centres, n_init=1).fit(rows).cluster_centers_)
    labels = nearest(rows, centres)
    some = sample(rows, MIXTURE_CUSTOMERS, rng)
    mixture = fit_mixture(some, nearest(some, centres))
    mixed = mixture.predict(rows)
    own, plain, error = _held_out(some, best.k, rng)
    plain_shares, shares = (np.bincount(each, minlength=best.k) / len(rows) for each in (labels, mixed))
    better = (
        not tied
        and own - plain > 2 * error
        and float(adjusted_rand_score(labels, mixed)) >= LEAST_AGREEMENT
        and shares.min() >= smallest_share
    )
    stability = _stability(rows, mixture, best.k, effort, rng) if better else None
    takes_over = stability is not None and bool(stability.jaccard.min() >= VALID)
    rivals = [("kmeans", plain, best.stability, plain_shares), ("mixture", own, stability, shares)]
    methods = pd.DataFrame(
        [
            (name, value, s.ari if s else np.nan, float(s.jaccard.min()) if s else np.nan, float(share.min()))
            for name, value, s, share in rivals
        ],
        columns=["method", "log_likelihood", "ari", "jaccard_least", "smallest_share"],
    ).assign(chosen=[not takes_over, takes_over])
    if takes_over and stability is not None:
        return Chosen(mixture.means_, mixture.weights_, mixture.covariances_, shares, stability, methods)
    return Chosen(centres, None, None, plain_shares, best.stability, methods)


def fit_mixture(rows: Floats, labels: Labels) -> GaussianMixture:
    """scikit-learn's GaussianMixture with full covariances, by EM from these clusters."""
    from sklearn.mixture import GaussianMixture

    k, p = int(labels.max()) + 1, rows.shape[1]
    parts = [rows[labels == label] for label in range(k)]
    inverses = [
        np.linalg.inv(np.atleast_2d(np.cov(part, rowvar=False, bias=True)) + RIDGE * np.eye(p)) for part in parts
    ]
    return GaussianMixture(
        k,
        reg_covar=RIDGE,
        weights_init=np.array([len(part) for part in parts]) / len(rows),
        means_init=np.array([part.mean(axis=0) for part in parts]),
        precisions_init=np.array([(inverse + inverse.T) / 2 for inverse in inverses]),
    ).fit(rows)


def _stability(rows: Floats, mixture: GaussianMixture, k: int, effort: Effort, rng: np.random.Generator) -> Stability:
    """A resample's mixture starts from that resample's own k-means centres, which know nothing of all customers."""
    some, others = sample(rows, effort.resample_customers, rng), []
    for _ in range(effort.resamples):
        drawn = some[rng.integers(0, len(some), len(some))]
        others.append(fit_mixture(drawn, nearest(drawn, fit_kmeans(drawn, k, rng=rng, starts=2))).predict(some))
    return compare(mixture.predict(some), np.array(others), k)


def _held_out(some: Floats, k: int, rng: np.random.Generator) -> tuple[float, float, float]:
    """Mean log density of customers held out under the mixture and under round equal components; error of their gap."""
    half = rng.permutation(len(some)) < len(some) // 2
    fit, test = some[half], some[~half]
    centres = fit_kmeans(fit, k, rng=rng, starts=10)
    labels = nearest(fit, centres)
    own = fit_mixture(fit, labels).score_samples(test)
    shares, p = np.bincount(labels, minlength=k) / len(fit), some.shape[1]
    variance = ((fit - centres[labels]) ** 2).mean()
    away = ((test[:, None] - centres) ** 2).sum(axis=2)
    plain = logsumexp(np.log(shares) - away / (2 * variance), axis=1) - p / 2 * np.log(2 * np.pi * variance)
    between = own - plain
    return float(own.mean()), float(plain.mean()), float(between.std() / np.sqrt(len(between)))
