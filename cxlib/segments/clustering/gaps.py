"""Gaps between groups: whether customers thin out between two clusters, and in which directions they do so at all.

One cloud, however long, flat or skewed, has one peak on every line through it; two groups have two, with a gap between.
The gap is measured by the excess mass of two intervals over one (Müller & Sawitzki 1991, J. Am. Stat. Assoc. 86), which
is twice Hartigan's dip (Hartigan & Hartigan 1985, Annals of Statistics 13), and shown as dip times the root of n.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cxlib.checks import Codes, Floats

LEAST_GAP = 0.44  # between two clusters: nine in ten evenly spread samples of one peak, the hardest kind, stay below
FIRST_GAP = 0.57  # in all customers, where the best of many lines is taken
DENSITIES = np.geomspace(0.1, 20, 40)[:, None]  # of the range's mean density, at which masses are compared
FEWEST = 5  # customers of a cluster whose neighbours can be judged
LEAST_SPLIT = 0.02  # share of customers that a part cut off must hold


def gap(places: Floats) -> float:
    """Dip of points on a line times the root of their number: about 0.3 for one cloud, above 0.5 for two groups."""
    n, ordered = len(places), np.sort(places)
    if n < 2 or ordered[-1] <= ordered[0]:
        return 0.0
    ordered = (ordered - ordered[0]) / (ordered[-1] - ordered[0])
    # An interval from i to j holds ends[j] - starts[i] more than its length times the density.
    ends = np.arange(1, n + 1) / n - DENSITIES * ordered
    starts = ends - 1 / n
    left = np.maximum.accumulate(ends - np.minimum.accumulate(starts, axis=1), axis=1)
    highest = np.maximum.accumulate(ends[:, ::-1], axis=1)
    right = np.maximum.accumulate(highest - starts[:, ::-1], axis=1)[:, ::-1]
    one, two = left[:, -1], (left[:, :-1] + right[:, 1:]).max(axis=1)
    return float(np.maximum(two - one, 0).max() / 2 * np.sqrt(n))


def least_gap(rows: Floats, labels: Codes) -> float:
    """The smallest gap between two clusters, each pair joined and seen along the line that tells its halves apart."""
    groups = [rows[labels == label] for label in range(int(labels.max()) + 1)]
    if min(map(len, groups)) < FEWEST:
        return 0.0
    return min(gap(np.concatenate([a, b]) @ _direction(a, b)) for at, a in enumerate(groups) for b in groups[:at])


def split_at_gaps(rows: Floats, *, most: int, rng: np.random.Generator) -> tuple[Codes, float]:
    """Cut the rows in two where there is a gap, the parts again, and so on.

    The directions looked along are the features, the principal axes, and those between the centres of k-means with two
    and three clusters: a group hides from k-means where features that tell nothing weigh as much as those that do.
    """
    labels = np.zeros(len(rows), dtype=np.int64)
    least = max(FEWEST, int(LEAST_SPLIT * len(rows)))
    first, side = _widest(rows, least, rng)
    if first < FIRST_GAP:
        return labels, first
    labels[side] = 1
    waiting, parts = [0, 1], 2
    while waiting and parts < 2 * most:
        label = waiting.pop(0)
        members = np.flatnonzero(labels == label)
        width, side = _widest(rows[members], least, rng)
        if width >= LEAST_GAP:
            labels[members[side]] = parts
            waiting += [label, parts]
            parts += 1
    return labels, first


def spread_within(rows: Floats, labels: Codes) -> Floats:
    """The standard deviation of each feature within the parts: (features,)."""
    squares = np.array([((part - part.mean(axis=0)) ** 2).sum(axis=0) for part in _parts(rows, labels)])
    return np.asarray(np.maximum(np.sqrt(squares.sum(axis=0) / len(rows)), 1e-6))


def spread_steps(rows: Floats, *, rng: np.random.Generator) -> Floats:
    """Rows in which equal values are spread over the way to the next ones: steps of a count are no gaps."""
    return np.column_stack([_spread(column, rng) for column in rows.T])


def is_tied(values: Floats) -> bool:
    """Whether one value is so common that the feature counts something: at least one in twenty has it."""
    return bool(np.unique(values, return_counts=True)[1].max() >= max(2, len(values) / 20))


def _spread(values: Floats, rng: np.random.Generator) -> Floats:
    steps, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    if counts.max() == 1 or len(steps) < 2:
        return values
    half = np.diff(steps) / 2
    below, above = np.concatenate([half[:1], half]), np.concatenate([half, half[-1:]])
    chance = rng.random(len(values))
    moved = steps[place] - below[place] + chance * (below + above)[place]
    return np.where(counts[place] > 1, moved, values)


def _widest(rows: Floats, least: int, rng: np.random.Generator) -> tuple[float, NDArray[np.bool_]]:
    """The widest gap over all directions that cut off `least` rows or more, and who stands on one side of it."""
    from sklearn.cluster import KMeans

    width, side = 0.0, np.zeros(len(rows), dtype=bool)
    if len(rows) < 2 * least:
        return width, side
    scaled = (rows - rows.mean(axis=0)) / np.maximum(rows.std(axis=0), 1e-9)
    for line in _lines(scaled, rng):
        wide = gap(line)
        if wide > width:
            halves = KMeans(2, n_init=1, random_state=int(rng.integers(2**31))).fit(line[:, None]).labels_ == 1
            if least <= halves.sum() <= len(rows) - least:
                width, side = wide, halves
    return width, side


def _lines(scaled: Floats, rng: np.random.Generator) -> Iterator[Floats]:
    from sklearn.cluster import KMeans

    yield from scaled.T
    yield from (scaled @ np.linalg.svd(scaled, full_matrices=False)[2].T).T
    for k in (2, 2, 3, 3):
        labels = KMeans(k, n_init=1, random_state=int(rng.integers(2**31))).fit(scaled).labels_
        parts = list(_parts(scaled, labels))
        for at, part in enumerate(parts):
            for other in parts[:at]:
                if min(len(part), len(other)) >= FEWEST:
                    yield scaled @ _direction(part, other)


def _direction(one: Floats, other: Floats) -> Floats:
    """Fisher's discriminant of two clusters."""
    within = sum(np.atleast_2d(np.cov(part, rowvar=False)) * len(part) for part in (one, other))
    within = within / (len(one) + len(other)) + 1e-3 * np.eye(one.shape[1])
    return np.asarray(np.linalg.solve(within, one.mean(axis=0) - other.mean(axis=0)))


def _parts(rows: Floats, labels: Codes) -> Iterator[Floats]:
    return (rows[labels == label] for label in np.unique(labels))
