"""The answers that drivers are ranked from, and what one resample of customers makes of them.

A rating is a number, "not applicable" or skipped, which are three different things.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxlib.checks import Codes, Flags, Floats, Values, read_numbers
from cxlib.drivers.gaps import GappyRows, Moments
from cxlib.drivers.importance import (
    COPY,
    MOST_DRIVERS,
    explained_by_others,
    grouped_lmg,
    johnson_shares,
    sampled_lmg,
    to_correlation,
)
from cxlib.errors import DataError
from cxlib.measures.raking import Margins, Raking, prepare_raking
from cxlib.measures.result import Brief
from cxlib.measures.sampling import check_weights, number_groups
from cxlib.measures.satisfaction import NPS, Outcome

# A driver that fewer customers did not meet gets no column for having met it: too few to learn anything from.
LEAST_NOT_USED = 0.01
REMEDY = "Fix or drop them"


@dataclass(frozen=True, repr=False)
class Ratings(Brief):
    """Ratings by driver.

    `given` (array (n, p)): Ratings; NaN where not applicable or skipped.
    `not_applicable` (array (n, p) of bool): Where the customer said so.
    """

    names: list[str]
    given: Floats
    not_applicable: Flags

    @property
    def skipped(self) -> Flags:
        """Where there is neither a rating nor "not applicable"."""
        return np.isnan(self.given) & ~self.not_applicable

    @property
    def counts(self) -> pd.DataFrame:
        """driver, rated, not_applicable, skipped: numbers of answers."""
        return pd.DataFrame(
            {
                "driver": self.names,
                "rated": (~np.isnan(self.given)).sum(axis=0),
                "not_applicable": self.not_applicable.sum(axis=0),
                "skipped": self.skipped.sum(axis=0),
            }
        )

    def only(self, rows: NDArray[Any]) -> Ratings:
        """Some of the answers."""
        return Ratings(self.names, self.given[rows], self.not_applicable[rows])

    def means(self, weights: Floats) -> Floats:
        """Mean rating of those who rated each driver, under weights."""
        rated = ~np.isnan(self.given)
        total = weights @ rated
        sums = weights @ np.where(rated, self.given, 0.0)
        means: Floats = np.divide(sums, total, out=np.full(len(self.names), np.nan), where=total > 0)
        return means


@dataclass(frozen=True, repr=False)
class Design(Brief):
    """Columns of a regression on ratings in which having met a driver is a condition, not a value.

    `columns` (array (n, q)): For each driver the rating less its mean, zero where it is not applicable; beside it,
        where enough customers did not meet the driver, whether they did. NaN where skipped: then neither is known.
    `units`: Columns of each driver, its rating first. Both enter together, so that importance does not depend on what
        is taken off the rating.
    """

    columns: Floats
    units: list[list[int]]


def read_ratings(frame: pd.DataFrame, *, not_applicable: Sequence[float] = ()) -> Ratings:
    """Tell ratings, "not applicable" and skipped answers apart."""
    names = [str(name) for name in frame.columns]
    if not names:
        raise DataError("there are no drivers. Name at least one column of ratings.")
    values = np.column_stack([read_numbers(frame[name], str(name), gaps=True, remedy=REMEDY) for name in frame])
    coded = np.isin(values, list(not_applicable)) if len(not_applicable) else np.zeros(values.shape, bool)
    ratings = np.where(coded, np.nan, values)
    for name, column in zip(names, ratings.T, strict=True):
        known = column[~np.isnan(column)]
        if not len(known):
            raise DataError(f"column {name!r} holds no rating. Leave this driver out.")
        if np.ptp(known) == 0:
            raise DataError(
                f"column {name!r} has the same rating {known[0]:g} everywhere: it explains nothing. Drop it."
            )
    return Ratings(names, ratings, coded)


def make_design(ratings: Ratings, centre: Floats) -> Design:
    """The columns of a regression on ratings; `centre` is taken off each driver's rating."""
    columns: list[Floats] = []
    units: list[list[int]] = []
    skipped = ratings.skipped
    centred = np.where(ratings.not_applicable, 0.0, ratings.given - centre)
    for place in range(len(ratings.names)):
        missed = ratings.not_applicable[:, place]
        units.append([len(columns)])
        columns.append(centred[:, place])
        if missed.mean() >= LEAST_NOT_USED:
            units[-1].append(len(columns))
            columns.append(np.where(skipped[:, place], np.nan, (~missed).astype(float)))
    return Design(np.column_stack(columns), units)


EXACT_IN_RESAMPLES = 14  # drivers; beyond, resamples use random orders and the whole sample stays exact
RESAMPLE_STEPS, RESAMPLE_CLOSE = 10, 1e-4  # a resample starts from the whole sample's moments, which are near


@dataclass(frozen=True)
class AnswerDesign:
    """Whose answers they are, and what they stand for.

    `weights` (n,): Base weights above zero.
    `customers` (n,): The customer of each answer; all answers of one are drawn together.
    `not_applicable`: Codes of ratings that mean "not applicable".
    `attributes`: Columns of the margins; by default those of the ratings.
    `margins`, `trim`: Known shares of all customers, met anew in every resample; see `cxlib.measures.rake`.
    """

    weights: Values | None = None
    customers: Values | None = None
    not_applicable: Sequence[float] = ()
    attributes: pd.DataFrame | None = None
    margins: Margins | None = None
    trim: tuple[float, float] = (0.2, 5.0)
    outcome: Outcome = NPS


EVERY_ANSWER_ALONE = AnswerDesign()  # of equal weight, each of another customer


@dataclass(frozen=True, repr=False)
class Sample(Brief):
    """Answers that are scored.

    `scores` (array (n,))
    `base` (array (n,)): Weights before raking.
    `customers` (array (n,)): Number of the customer of each answer, from 0 without gaps.
    """

    ratings: Ratings
    scores: Floats
    base: Floats
    customers: Codes
    raking: Raking | None = None
    outcome: Outcome = NPS

    def __len__(self) -> int:
        return len(self.scores)

    @cached_property
    def weights(self) -> Floats:
        """Weights of the whole sample, raked where margins are known."""
        return self.weigh(np.ones(len(self)))

    def weigh(self, times: Floats) -> Floats:
        """Weights when each answer is drawn so many times, raked anew."""
        drawn = self.base * times
        return drawn if self.raking is None else self.raking.weigh(drawn)

    @cached_property
    def design(self) -> Design:
        """Columns of the regression."""
        return make_design(self.ratings, self.ratings.means(self.weights))

    @cached_property
    def rows(self) -> GappyRows:
        """Columns of the regression, the answer, and what it counts as."""
        return GappyRows(np.column_stack([self.design.columns, self.scores, self.outcome.codes(self.scores)]))

    @cached_property
    def moments(self) -> Moments:
        """Of the whole sample."""
        return self.rows.moments(self.weights)

    def draws(self, number: int, seed: int) -> Iterator[Floats]:
        """How often each answer is drawn when customers are drawn with replacement, all their answers together."""
        rng, size = np.random.default_rng(seed), int(self.customers.max()) + 1
        for _ in range(number):
            yield np.bincount(rng.integers(0, size, size), minlength=size).astype(float)[self.customers]

    def resampled(self, number: int, seed: int) -> Iterator[Moments]:
        """Moments of resamples of customers: weighting and gaps included."""
        for times in self.draws(number, seed):
            yield self.rows.moments(self.weigh(times), self.moments, steps=RESAMPLE_STEPS, close=RESAMPLE_CLOSE)

    def only(self, rows: NDArray[Any]) -> Sample:
        """Some of the answers, with the weights that they have in the whole."""
        codes = np.unique(self.customers[rows], return_inverse=True)[1]
        return Sample(self.ratings.only(rows), self.scores[rows], self.weights[rows], codes, outcome=self.outcome)


def read_sample(X: pd.DataFrame, y: Values, design: AnswerDesign) -> Sample:
    """Check answers and put them together; those without a score are left out."""
    scores, given = design.outcome.read(y)
    if len(given) != len(X):
        raise DataError(f"there are {len(given):,} scores for {len(X):,} rows of ratings. Give one for each.")
    ratings = read_ratings(X[given], not_applicable=design.not_applicable)
    if len(scores) <= 2 * len(ratings.names) + 1:
        raise DataError(
            f"{len(scores):,} answers cannot tell {len(ratings.names):,} drivers apart. Join drivers, or take a longer "
            "period."
        )
    if np.ptp(scores) == 0 or np.ptp(design.outcome.codes(scores)) == 0:
        raise DataError(f"all answers count alike among {design.outcome.classes}: nothing is to explain.")
    codes = np.unique(number_groups(design.customers, len(given))[given], return_inverse=True)[1]
    raking = None
    if design.margins is not None:
        known = X if design.attributes is None else design.attributes
        raking = prepare_raking(known[given], design.margins, trim=design.trim)
    base = check_weights(None if design.weights is None else np.asarray(design.weights)[given], len(scores))
    return Sample(ratings, scores, base, codes, raking, design.outcome)


class TwinError(DataError):
    """A driver that others say already, or the score itself; `driver` is its column."""

    def __init__(self, message: str, *, driver: str, is_score: bool = False) -> None:
        super().__init__(message)
        self.driver, self.is_score = driver, is_score


def refuse_twins(sample: Sample) -> None:
    """Stop where two drivers are one, or one is the answer that they should explain."""
    names, first = sample.ratings.names, [unit[0] for unit in sample.design.units]
    answer = np.abs(correlations(sample.moments.covariance, coded=False)[-1, first])
    if answer.max() > COPY - 1e-6:
        name = names[int(answer.argmax())]
        raise TwinError(
            f"column {name!r} is the answer itself ({sample.outcome.name!r}) and no driver of it. Drop it.",
            driver=name,
            is_score=True,
        )
    correlation = to_correlation(sample.moments.covariance)[np.ix_(first, first)]
    twins = np.argwhere(np.triu(np.abs(correlation) > COPY - 1e-6, 1))
    if len(twins):
        one, other = twins[0]
        raise TwinError(
            f"column {names[other]!r} is a copy of {names[one]!r}: their importance cannot be told apart. Drop one.",
            driver=names[other],
        )
    left = 1 - explained_by_others(correlation)
    if (left < 1e-6).any():
        name = names[int(np.argmin(left))]
        raise TwinError(f"column {name!r} is a combination of other drivers. Drop it.", driver=name)


def correlations(covariance: Floats, *, coded: bool) -> Floats:
    """Correlation matrices (..., q + 1, q + 1) of the drivers and one form of the answer, which comes last."""
    q = covariance.shape[-1] - 2
    at = [*range(q), q + coded]
    return to_correlation(covariance[..., at, :][..., at])


def importance(matrix: Floats, units: list[list[int]]) -> Floats:
    """LMG of each unit from one correlation matrix; Johnson's weights beyond 27 units."""
    if len(units) > MOST_DRIVERS:
        return by_unit(johnson_shares(matrix), units)
    return grouped_lmg(matrix[:, :, None], units)[:, 0]


def resampled_importance(
    matrices: Floats, whole: Floats, units: list[list[int]], *, exact: Floats, seed: int
) -> Floats:
    """Importance (b, units) from matrices of resamples (b, q + 1, q + 1); `exact` is that of the whole sample's."""
    if len(units) > MOST_DRIVERS:
        return by_unit(johnson_shares(matrices), units)
    if len(units) <= EXACT_IN_RESAMPLES:
        return grouped_lmg(np.moveaxis(matrices, 0, 2), units).T
    both = sampled_lmg(np.concatenate([matrices, whole[None]]), units, seed=seed)
    shares: Floats = np.maximum(both[:-1] + exact - both[-1], 0)
    return shares


def by_unit(shares: Floats, units: list[list[int]]) -> Floats:
    """Sums of the columns of each unit: (..., units)."""
    return np.stack([shares[..., unit].sum(axis=-1) for unit in units], axis=-1)
