"""Features as one matrix of floats: numbers as they are, categories as codes; what was never seen is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxlib.errors import DataError

Floats = NDArray[np.float64]
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
