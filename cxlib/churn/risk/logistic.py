"""Features as one matrix of floats, and the logistic regression whose reasons can be read off its coefficients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import compress
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from threadpoolctl import ThreadpoolController

from cxlib.checks import Codes, Floats
from cxlib.errors import DataError


@cache
def _controller() -> Any:
    """Made once, when the libraries are loaded: finding them takes longer than most of what is computed."""
    import sklearn.ensemble
    import sklearn.linear_model  # noqa: F401  # both load what is to be limited

    return ThreadpoolController()


def one_thread() -> Any:
    """A context in which linear algebra and trees take one thread.

    >>> with one_thread():
    ...     pass
    """
    return _controller().limit(limits=1)


MOST_LEVELS = 30  # categories beyond the most frequent ones are taken together as "other"
FEWEST_OF_LEVEL = 20  # so are those with fewer rows: no rate can be learned from them


@dataclass(frozen=True)
class Encoding:
    """Which column is which feature, and the categories of each text feature.

    Attributes
    ----------
    numeric, text : tuple of str
        Columns of the matrix, numeric ones first.
    levels : dict of str to tuple of str
        Categories by text feature; category i has code i, any other one the code after the last, a missing one NaN.
    """

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
            kept = counts[counts >= FEWEST_OF_LEVEL].head(MOST_LEVELS)
            levels[name] = tuple(str(level) for level in kept.index)
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
        """Rows as a matrix (rows, features).

        Raises
        ------
        DataError
            A feature that the model was fitted with is missing from the frame.
        """
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


SKEWED = 2.0  # skewness of counts and money from which log(1 + x) is taken
FARTHEST = 6.0  # standard deviations: a customer far outside what was learned is not scored by extrapolation
FEWEST_MISSING = 20  # fewer missing values than this are filled in without a column that marks them


@dataclass(frozen=True)
class Column:
    """One column of the design: where it comes from, and how.

    Attributes
    ----------
    source : int
        Column of the feature matrix.
    kind : str
        "value" (standardised), "missing" (1 where it is not known) or "level" (1 for the category `level`).
    log : bool
        Whether log(1 + x) is standardised.
    fill, centre, scale : float
        What stands in for a missing value, and the mean and standard deviation of the training rows.
    level : int
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
        shown = np.log1p(np.maximum(filled, 0.0)) if self.log else filled
        found: Floats = np.clip((shown - self.centre) / self.scale, -FARTHEST, FARTHEST)
        return found


class Design(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """From the feature matrix to standardised columns: medians for missing values, indicators, one column a category.

    Every column has the mean zero in the training rows, so that a coefficient times a column is what the feature adds
    to the log-odds of the average customer.

    Parameters
    ----------
    sizes : sequence of int
        As `Encoding.sizes`: 0 for a number, else the number of codes.

    Attributes
    ----------
    columns_ : tuple of Column
    """

    def __init__(self, sizes: Sequence[int] = ()) -> None:
        self.sizes = sizes

    def fit(self, X: Floats, y: Any = None) -> Design:
        """Learn medians, means and scales from training rows (rows, features)."""
        found: list[Column] = []
        for source, size in enumerate(self.sizes):
            values = X[:, source]
            found += _levels(source, size, values) if size else _numbers(source, values)
        self.columns_ = tuple(found)
        return self

    def transform(self, X: Floats) -> Floats:
        """Rows as standardised columns (rows, columns)."""
        return np.column_stack([column.apply(X) for column in self.columns_])


def _numbers(source: int, values: Floats) -> list[Column]:
    known = values[~np.isnan(values)]
    if not known.size:
        return []
    fill, log = float(np.median(known)), _skewed(known)
    filled = np.where(np.isnan(values), fill, values)
    shown = np.log1p(filled) if log else filled
    found = []
    if (scale := float(shown.std())) > 0:
        found.append(Column(source, "value", log, fill, float(shown.mean()), scale))
    if len(values) - known.size >= FEWEST_MISSING:
        found.append(Column(source, "missing", centre=1 - known.size / len(values)))
    return found


def _levels(source: int, size: int, values: Floats) -> list[Column]:
    """A column for each code that occurs, but the first, which the others are compared with; missing is one more."""
    shares = [float((values == level).mean()) for level in range(size)]
    found = [Column(source, "level", centre=share, level=level) for level, share in enumerate(shares) if share > 0][1:]
    missing = float(np.isnan(values).mean())
    return [*found, *([Column(source, "missing", centre=missing)] if 0 < missing < 1 else [])]


def _skewed(known: Floats) -> bool:
    spread = known.std() or 1.0
    return bool(known.min() >= 0 and known.max() > 1 and np.mean(((known - known.mean()) / spread) ** 3) > SKEWED)


@dataclass(frozen=True)
class LogisticModel:
    """A fitted logistic regression: log-odds = intercept + sum of coefficient x column.

    Attributes
    ----------
    columns : tuple of Column
    coefficients : array (columns,)
    intercept : float
        Log-odds of the average training row.
    alone : array (columns,)
        Correlation of each column with the outcome, other columns left aside.
    """

    columns: tuple[Column, ...]
    coefficients: Floats
    intercept: float
    alone: Floats
    key: str = "logistic"

    @classmethod
    def fit(
        cls, X: Floats, y: Codes, *, sizes: Sequence[int], settings: Mapping[str, Any] | None = None
    ) -> LogisticModel:
        """Fit to training rows (rows, features) and outcomes (rows,)."""
        options = {"solver": "newton-cholesky", "max_iter": 100, **(settings or {})}
        pipeline = Pipeline([("design", Design(sizes)), ("logistic", LogisticRegression(**options))])
        with one_thread():
            pipeline.fit(X, y)
        design, fitted = pipeline["design"], pipeline["logistic"]
        alone = _correlations(design.transform(X), y)
        return cls(design.columns_, fitted.coef_[0].astype(float), float(fitted.intercept_[0]), alone)

    def contributions(self, X: Floats, features: int, *, supported: bool = False) -> Floats:
        """What each feature adds to the log-odds of the average customer: (rows, features).

        The columns of one feature (value, missing, categories) are added up.

        Parameters
        ----------
        X : array (rows, features)
        features : int
            How many there are.
        supported : bool
            Leave out columns whose coefficient points the other way than the column does alone: such a one corrects
            another that says nearly the same, and read as a reason it would mislead.
        """
        found = np.zeros((len(X), features))
        used = self.coefficients * self.alone > 0 if supported else np.ones(len(self.columns), dtype=bool)
        for column, coefficient in compress(zip(self.columns, self.coefficients, strict=True), used):
            found[:, column.source] += coefficient * column.apply(X)
        return found

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
