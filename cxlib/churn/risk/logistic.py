"""Features as one matrix of floats, and the logistic regression whose reasons can be read off its coefficients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from cxlib.checks import Codes, Floats
from cxlib.errors import DataError
from cxlib.measures.result import Brief
from cxlib.threads import one_thread

MOST_LEVELS = 30  # categories beyond the most frequent ones are taken together as "other"
FEWEST_OF_LEVEL = 20  # so are those with fewer rows: no rate can be learned from them
SKEWED = 2.0  # skewness of counts and money from which log(1 + x) is taken
FARTHEST = 6.0  # standard deviations: a customer far outside what was learned is not scored by extrapolation
FEWEST_MISSING = 20  # fewer missing values than this are filled in without a column that marks them


@dataclass(frozen=True, repr=False)
class Encoding(Brief):
    """Which column of the matrix is which feature (numeric ones first), and the categories of each text feature.

    Category i has code i, any other one the code after the last, a missing one NaN.
    """

    inside = ("numeric", "features")

    numeric: tuple[str, ...]
    text: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]

    @classmethod
    def fit(cls, frame: pd.DataFrame, numeric: Sequence[str], text: Sequence[str]) -> Encoding:
        """Learn the categories from training rows.

        >>> rows = pd.DataFrame({"plan": ["a"] * 20 + ["b"] * 30 + ["rare"]})
        >>> Encoding.fit(rows, [], ["plan"]).levels
        {'plan': ('b', 'a')}
        """
        levels = {}
        for name in text:
            counts = frame[name].dropna().astype(str).value_counts()
            frequent = counts[counts >= FEWEST_OF_LEVEL].head(MOST_LEVELS)
            levels[name] = tuple(str(level) for level in frequent.index)
        return cls(tuple(numeric), tuple(text), levels)

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the matrix's columns."""
        return (*self.numeric, *self.text)

    @property
    def sizes(self) -> tuple[int, ...]:
        """By column the number of codes, "other" included; 0 where it is a number."""
        return (*(0 for _ in self.numeric), *(len(self.levels[name]) + 1 for name in self.text))

    def apply(self, frame: pd.DataFrame) -> Floats:
        """Rows as a matrix (rows, features)."""
        missing = [name for name in self.features if name not in frame.columns]
        if missing:
            raise DataError(f"the snapshots have no column {missing[0]!r}, which the model was fitted with. Add it.")
        columns = [frame[name].to_numpy(float) for name in self.numeric]
        columns += [self._codes(name, frame[name]) for name in self.text]
        return np.column_stack(columns) if columns else np.zeros((len(frame), 0))

    def unseen(self, frame: pd.DataFrame) -> dict[str, int]:
        """By text feature, the rows whose category was not learned (rare or new); only where there are any."""
        counts = {name: int((self._codes(name, frame[name]) == len(self.levels[name])).sum()) for name in self.text}
        return {name: count for name, count in counts.items() if count}

    def _codes(self, name: str, values: pd.Series) -> Floats:
        levels = self.levels[name]
        at, distinct = pd.factorize(values.astype(object))  # a missing value has no number: -1, the last entry below
        codes = [float(levels.index(str(value)) if str(value) in levels else len(levels)) for value in distinct]
        return np.array([*codes, np.nan])[at]


@dataclass(frozen=True)
class Column:
    """One column of the regression, made from column `source` of the feature matrix.

    Its `kind` is "value" (standardised, of log(1 + x) where `log`), "missing" (1 where it is not known) or "level" (1
    for the category `level`). Every column has the mean zero in the training rows, so that a coefficient times a column
    is what the feature adds to the log-odds of the average customer.
    """

    source: int
    kind: str
    log: bool = False
    fill: float = 0.0
    centre: float = 0.0
    scale: float = 1.0
    level: int = -1

    def apply(self, X: Floats) -> Floats:
        """The column for rows of the feature matrix."""
        values = X[:, self.source]
        if self.kind == "missing":
            return np.asarray(np.isnan(values) - self.centre, dtype=float)
        if self.kind == "level":
            return np.asarray((values == self.level) - self.centre, dtype=float)
        filled = np.where(np.isnan(values), self.fill, values)
        scaled = np.log1p(np.maximum(filled, 0.0)) if self.log else filled
        return np.asarray(np.clip((scaled - self.centre) / self.scale, -FARTHEST, FARTHEST))


def _numbers(source: int, values: Floats) -> list[Column]:
    """A number: missing values are the median, and marked where there are many."""
    present = values[~np.isnan(values)]
    if not present.size:
        return []
    fill, log = float(np.median(present)), _skewed(present)
    filled = np.where(np.isnan(values), fill, values)
    scaled = np.log1p(filled) if log else filled
    columns = []
    if (scale := float(scaled.std())) > 0:
        columns.append(Column(source, "value", log, fill, float(scaled.mean()), scale))
    if len(values) - present.size >= FEWEST_MISSING:
        columns.append(Column(source, "missing", centre=1 - present.size / len(values)))
    return columns


def _levels(source: int, size: int, values: Floats) -> list[Column]:
    """A column for each code that occurs, but the first, which the others are compared with; missing is one more."""
    shares = [float((values == level).mean()) for level in range(size)]
    columns = [Column(source, "level", centre=share, level=at) for at, share in enumerate(shares) if share > 0][1:]
    missing = float(np.isnan(values).mean())
    return [*columns, *([Column(source, "missing", centre=missing)] if 0 < missing < 1 else [])]


def _skewed(values: Floats) -> bool:
    spread = values.std() or 1.0
    return bool(values.min() >= 0 and values.max() > 1 and np.mean(((values - values.mean()) / spread) ** 3) > SKEWED)


@dataclass(frozen=True, repr=False)
class LogisticModel(Brief):
    """A fitted logistic regression: log-odds = intercept + sum of coefficient x column.

    `alone` is the correlation of each column with the outcome, other columns left aside; the intercept is the log-odds
    of the average training row.
    """

    columns: tuple[Column, ...]
    coefficients: Floats
    intercept: float
    alone: Floats
    key: str = "logistic"

    @classmethod
    def fit(cls, X: Floats, y: Codes, *, sizes: Sequence[int]) -> LogisticModel:
        """Fit to training rows (rows, features) and outcomes (rows,)."""
        made = [_levels(at, size, X[:, at]) if size else _numbers(at, X[:, at]) for at, size in enumerate(sizes)]
        columns = tuple(column for part in made for column in part)
        Z = np.column_stack([column.apply(X) for column in columns])
        with one_thread():
            fitted = LogisticRegression(solver="newton-cholesky", max_iter=100).fit(Z, y)
        return cls(columns, fitted.coef_[0].astype(float), float(fitted.intercept_[0]), _correlations(Z, y))

    def contributions(self, X: Floats) -> Floats:
        """What each feature adds to the log-odds of the average customer, its columns added up: (rows, features).

        Columns whose coefficient points the other way than the column does alone are left out: such a one corrects
        another that says nearly the same, and read as a reason it would mislead.
        """
        added = np.zeros(X.shape)
        supported = self.coefficients * self.alone > 0
        for column, coefficient in compress(zip(self.columns, self.coefficients, strict=True), supported):
            added[:, column.source] += coefficient * column.apply(X)
        return added

    def predict(self, X: Floats) -> Floats:
        """Probabilities of churn (rows,)."""
        odds = np.full(len(X), self.intercept)
        for column, coefficient in zip(self.columns, self.coefficients, strict=True):
            odds += coefficient * column.apply(X)
        return np.asarray(expit(odds))


def _correlations(columns: Floats, y: Codes) -> Floats:
    spread = columns.std(axis=0) * y.std()
    covariance = (columns - columns.mean(axis=0)).T @ (y - y.mean()) / len(y)
    return np.asarray(np.divide(covariance, spread, out=np.zeros(len(spread)), where=spread > 0))
