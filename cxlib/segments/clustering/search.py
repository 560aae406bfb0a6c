"""What cutting the customers into 2, 3, ... clusters gives, beside what cutting one cloud gives.

For every k: how far apart the clusters are (silhouette), how far apart those of data without groups would be
(`references`), and whether they come back in resamples (`stability`). `clusters` makes the verdict.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cxlib.segments.clustering.lloyd import fit_centres, nearest
from cxlib.segments.clustering.mixture import fit_mixtures
from cxlib.segments.clustering.references import one_box, one_cloud, permuted
from cxlib.segments.clustering.silhouettes import line_silhouette, mean_silhouettes
from cxlib.segments.clustering.stability import Stability, adjusted_rand, compare

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
LEAST_EXCESS = 0.03
LEAST_SPREADS = 3.0


@dataclass(frozen=True)
class Effort:
    """How much is computed: reference data sets of each kind, resamples, and customers in each step at most."""

    references: int = 20
    resamples: int = 100
    silhouette_customers: int = 1_000
    resample_customers: int = 2_000


@dataclass(frozen=True)
class Candidate:
    """What one number of clusters gives.

    `silhouette` is of the data, `permuted` the mean of column-permuted data, `reference` and `reference_sd` those of
    the harder kind of one-cloud data; `shares` of all customers by cluster; `drawn` the resamples' centres.
    """

    k: int
    centres: Floats
    shares: Floats
    silhouette: float
    permuted: float
    reference: float
    reference_sd: float
    stability: Stability
    mixture_agreement: float
    drawn: Floats

    @property
    def excess(self) -> float:
        """How much further apart these clusters are than parts of one cloud: difference of silhouettes."""
        return self.silhouette - self.reference

    @property
    def corrected(self) -> float:
        """The silhouette corrected for what one cloud gets, as kappa is for chance: 1 at best, 0 for one cloud."""
        return self.excess / (1 - self.reference)


def search(rows: Floats, ks: range, *, effort: Effort, rng: np.random.Generator) -> list[Candidate]:
    """A candidate for each k.

    Parameters
    ----------
    rows : array (customers, features)
        Standardised.
    ks : range
        Numbers of clusters.
    """
    few = _sample(rows, effort.silhouette_customers, rng)
    own = _silhouettes(few[None], ks, rng, starts=10)[0]
    draws = {
        name: _silhouettes(make(few, sets=effort.references, rng=rng), ks, rng, starts=2)
        for name, make in (("permuted", permuted), ("one_cloud", one_cloud), ("one_box", one_box))
    }
    some = _sample(rows, effort.resample_customers, rng)
    found = []
    for place, k in enumerate(ks):
        cloud, box = draws["one_cloud"][:, place], draws["one_box"][:, place]
        harder = cloud if cloud.mean() >= box.mean() else box
        centres = fit_centres(some[None], k, rng=rng, starts=10)[0]
        labels = nearest(some[None], centres[None])[0]
        drawn = fit_centres(resampled(rows, effort=effort, rng=rng), k, rng=rng, starts=2)
        others = np.concatenate([nearest(some[None], each[None]) for each in drawn])
        mixture = fit_mixtures(some[None], labels[None], k, settled=1e-3).labels(some[None])[0]
        found.append(
            Candidate(
                k=k,
                centres=centres,
                shares=np.bincount(nearest(rows[None], centres[None])[0], minlength=k) / len(rows),
                silhouette=float(own[place]),
                permuted=float(draws["permuted"][:, place].mean()),
                reference=float(harder.mean()),
                reference_sd=float(harder.std()),
                stability=compare(labels, others, k),
                mixture_agreement=adjusted_rand(labels, mixture),
                drawn=drawn,
            )
        )
    return found


def falls_apart(rows: Floats, labels: Labels, *, least: int, effort: Effort, rng: np.random.Generator) -> bool:
    """Whether some cluster, looked at alone, is more than one cloud: it falls into two, each of `least` customers."""
    return any(_splits(rows[labels == label], least, effort, rng) for label in np.unique(labels))


def _splits(rows: Floats, least: int, effort: Effort, rng: np.random.Generator) -> bool:
    if len(rows) < 2 * max(least, 1) or not rows.std(axis=0).all():
        return False
    few = _sample((rows - rows.mean(axis=0)) / rows.std(axis=0), effort.silhouette_customers, rng)
    (own,), labels = _in_two(few[None], rng, starts=10)
    if min(labels.mean(), 1 - labels.mean()) * len(rows) < least:
        return False
    drawn = (make(few, sets=effort.references, rng=rng) for make in (one_cloud, one_box))
    clouds = [_in_two(sets, rng, starts=2)[0] for sets in drawn]
    return all(stands_out(float(own), float(cloud.mean()), float(cloud.std())) for cloud in clouds)


def _in_two(sets: Floats, rng: np.random.Generator, *, starts: int) -> tuple[Floats, Labels]:
    """Each set cut into two: the mean silhouette along the line through the two centres, and the labels.

    Along that line the other directions, in which the halves do not differ, add no noise.
    """
    centres = fit_centres(sets, 2, rng=rng, starts=starts)
    labels = nearest(sets, centres)
    along = (sets @ (centres[:, 1] - centres[:, 0])[:, :, None])[:, :, 0]
    return np.array([line_silhouette(line, each) for line, each in zip(along, labels, strict=True)]), labels


def stands_out(silhouette: float, reference: float, spread: float) -> bool:
    """Whether a silhouette is above that of one cloud by a margin that matters and that chance does not give."""
    return silhouette - reference >= max(LEAST_EXCESS, LEAST_SPREADS * spread)


def resampled(rows: Floats, *, effort: Effort, rng: np.random.Generator) -> Floats:
    """Customers drawn anew, with replacement, from all: (resamples, customers, features)."""
    n = min(len(rows), effort.resample_customers)
    return np.asarray(rows[rng.integers(0, len(rows), (effort.resamples, n))])


def _silhouettes(sets: Floats, ks: range, rng: np.random.Generator, *, starts: int) -> Floats:
    """Mean silhouettes: (sets, number of ks)."""
    labels = [nearest(sets, fit_centres(sets, k, rng=rng, starts=starts)) for k in ks]
    return np.array([mean_silhouettes(rows, [each[at] for each in labels]) for at, rows in enumerate(sets)])


def _sample(rows: Floats, n: int, rng: np.random.Generator) -> Floats:
    return rows if len(rows) <= n else np.asarray(rows[np.sort(rng.choice(len(rows), n, replace=False))])
