"""What cutting the customers into 2, 3, ... clusters gives: the smallest gap, and whether the clusters come back.

Whether they come back is seen when the customers are drawn anew. Source: Hennig (2007), Cluster-wise assessment of
cluster stability, Computational Statistics & Data Analysis 52, and the bands of his `clusterboot`; adjusted Rand index:
Hubert & Arabie (1985).
"""

from dataclasses import dataclass

import numpy as np

from cxlib.checks import Codes, Floats
from cxlib.segments.clustering.gaps import FIRST_GAP, LEAST_GAP, least_gap, split_at_gaps, spread_steps, spread_within

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


def light(jaccard: float) -> str:
    """Hennig's band of a mean Jaccard similarity: stable, valid, doubtful, or dissolved ("do not trust")."""
    return next((name for least, name in LIGHTS if jaccard >= least), "dissolved")


def compare(labels: Codes, others: Codes, k: int) -> Stability:
    """Stability of a clustering from those that resamples gave to the same rows.

    >>> stability = compare(np.array([0, 0, 1, 1]), np.array([[1, 1, 0, 0], [0, 0, 0, 1]]), 2)
    >>> round(stability.ari, 2), stability.jaccard.round(3).tolist()
    (0.5, [0.833, 0.75])
    """
    tables = np.array([np.bincount(k * labels + other, minlength=k * k) for other in others]).reshape(-1, k, k)
    own, their = tables.sum(axis=2), tables.sum(axis=1)
    either = own[:, :, None] + their[:, None, :] - tables
    similar = np.divide(tables, either, out=np.zeros(tables.shape), where=either > 0).max(axis=2)
    # Adjusted Rand index (Hubert & Arabie, Journal of Classification 2, 1985) of all tables at once, in floats.
    both, here, there = ((each**2.0).reshape(len(tables), -1).sum(axis=1) for each in (tables, own, their))
    together, here, there = both - len(labels), here - both, there - both  # ordered pairs: in both, in one of the two
    apart = len(labels) ** 2 - len(labels) - together - here - there
    most = (together + here) * (here + apart) + (together + there) * (there + apart)
    rand = np.divide(2.0 * (together * apart - here * there), most, out=np.ones(len(tables)), where=here + there > 0)
    ari = float(np.mean(rand))
    return Stability(ari, similar.mean(axis=0))


@dataclass(frozen=True)
class Effort:
    """How much is computed: customers among whom gaps are looked for, resamples, and customers in each, at most.

    >>> isinstance(Effort(), Effort)
    True
    """

    customers: int = 4_000
    resamples: int = 100
    resample_customers: int = 2_000


@dataclass(frozen=True)
class Candidate:
    """What one number of clusters gives.

    `gap` is that between the two clusters least apart and `limit` what it has to reach; `shares` are of the customers
    looked at, by cluster; `reason` says why the number is not admitted, if so; `stability` is None
    where that was plain without it.
    """

    k: int
    centres: Floats
    shares: Floats
    gap: float
    limit: float
    stability: Stability | None
    reason: str


def search(
    rows: Floats, ks: range, *, smallest_share: float, effort: Effort, rng: np.random.Generator
) -> tuple[list[Candidate], Floats]:
    """A candidate for each k, and the spread by which features were scaled: (features,).

    k-means sees a feature by its spread within groups, not over all customers: else one that tells nothing weighs as
    much as one that tells two groups apart, and is cut in its stead. Where customers have no gap in any direction, the
    only candidate is a cut into two.
    """
    if not ks:
        return [], np.ones(rows.shape[1])
    some = spread_steps(sample(rows, effort.customers, rng), rng=rng)
    parts, first = split_at_gaps(some, most=ks.stop - 1, rng=rng)
    spread = spread_within(some, parts)
    some = some / spread
    if not parts.any():
        centres = fit_kmeans(some, 2, rng=rng, starts=5)
        shares = np.bincount(nearest(some, centres), minlength=2) / len(some)
        return [Candidate(2, centres, shares, first, FIRST_GAP, None, "one_cloud")], spread
    return [_candidate(some, k, smallest_share, effort, rng) for k in ks], spread


def _candidate(some: Floats, k: int, smallest_share: float, effort: Effort, rng: np.random.Generator) -> Candidate:
    centres = fit_kmeans(some, k, rng=rng, starts=5)
    labels = nearest(some, centres)
    shares = np.bincount(labels, minlength=k) / len(some)
    width = least_gap(some, labels)
    stability, reason = None, "one_cloud"
    if width >= LEAST_GAP and shares.min() < smallest_share:
        reason = "small"
    elif width >= LEAST_GAP:
        few = sample(some, effort.resample_customers, rng)
        drawn = (few[rng.integers(0, len(few), len(few))] for _ in range(effort.resamples))
        others = [nearest(few, fit_kmeans(each, len(centres), rng=rng, starts=2)) for each in drawn]
        stability = compare(nearest(few, centres), np.array(others), len(centres))
        reason = "" if stability.jaccard.min() >= VALID else "unstable"
    return Candidate(k, centres, shares, width, LEAST_GAP, stability, reason)


def fit_kmeans(rows: Floats, k: int, *, rng: np.random.Generator, starts: int) -> Floats:
    """Centres of k-means: (k, features)."""
    from sklearn.cluster import KMeans

    return np.asarray(KMeans(k, n_init=starts, random_state=int(rng.integers(2**31))).fit(rows).cluster_centers_)


def nearest(rows: Floats, centres: Floats) -> Codes:
    """Position of the nearest centre of each row."""
    away = (centres**2).sum(axis=1) - 2 * rows @ centres.T
    return np.asarray(away.argmin(axis=1), dtype=np.int64)


def sample(rows: Floats, n: int, rng: np.random.Generator) -> Floats:
    """At most so many of the rows."""
    return rows if len(rows) <= n else np.asarray(rows[np.sort(rng.choice(len(rows), n, replace=False))])
