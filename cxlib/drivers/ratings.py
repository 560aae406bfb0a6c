"""Ratings as they were given: a number, "not applicable" or skipped, which are three different things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxlib.checks import Flags, Floats
from cxlib.errors import DataError
from cxlib.measures.result import Brief

# A driver that fewer customers did not meet gets no column for having met it: too few to learn anything from.
LEAST_NOT_USED = 0.01


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
    values = np.column_stack([as_numbers(frame[column], str(column)) for column in frame])
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


def as_numbers(column: pd.Series, name: str) -> Floats:
    """A column as floats, missing as NaN."""
    numbers: Floats = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    bad = (np.isnan(numbers) & column.notna().to_numpy(bool)) | np.isinf(numbers)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"column {name!r} has {int(bad.sum()):,} values that are no numbers (first: {column.iloc[row]} in row "
            f"{row + 1:,}). Fix or drop them."
        )
    return numbers
