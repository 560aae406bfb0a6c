"""Scores 1 to 5 that keep equal customers equal.

**Ties.** A customer's score is ``floor(5 * worse / n) + 1``, where `worse` counts the customers who are strictly worse:
score 5 means ahead of at least four in five customers, score 2 of at least one in five. Customers with equal values
always share a score, the lowest that any of them qualifies for; so scores need not hold one fifth each, and where one
value is common (34% of a shop's customers buy once) a score may stay empty. Cutting such a group to get equal fifths
would put identical customers into different segments by row order. It is integer arithmetic: the same on any engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Values = NDArray[Any]


def count_worse(values: Values) -> NDArray[np.int64]:
    """How many are strictly smaller than each value.

    >>> count_worse(np.array([1, 1, 2, 7])).tolist()
    [0, 0, 2, 3]
    """
    return np.searchsorted(np.sort(values), values, side="left").astype(np.int64)


@dataclass(frozen=True)
class Edges:
    """The frozen scale of one measure: `starts` holds the value from which scores 2, 3, 4, 5 begin.

    Values are oriented so that larger is better (days since the last purchase are negated); infinity where no
    customer reached the score.
    """

    starts: tuple[float, float, float, float]
    reversed: bool = False

    @classmethod
    def fit(cls, values: Values, *, reversed: bool = False) -> Edges:  # noqa: A002  # the word for it
        """The scale on which these customers get the scores of the module's rule."""
        ordered = np.sort(-values if reversed else values)
        below = np.searchsorted(ordered, ordered, side="left")
        scores = 5 * below.astype(np.int64) // len(ordered) + 1
        first = np.searchsorted(scores, [2, 3, 4, 5], side="left")
        starts = [float(ordered[at]) if at < len(ordered) else np.inf for at in first]
        return cls((starts[0], starts[1], starts[2], starts[3]), reversed)

    def score(self, values: Values) -> NDArray[np.int64]:
        """Scores 1-5 of values, also of values that were not there when the scale was fitted."""
        oriented = -values if self.reversed else values
        return np.searchsorted(np.array(self.starts), oriented.astype(float), side="right").astype(np.int64) + 1

    def to_plain(self) -> dict[str, Any]:
        """Plain values for a file; a score that nobody reached begins at None."""
        return {"starts": [start if np.isfinite(start) else None for start in self.starts], "reversed": self.reversed}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Edges:
        """The scale of `to_plain`.

        Raises
        ------
        ValueError
            There are not four starts in ascending order.
        """
        starts = [np.inf if start is None else float(start) for start in plain["starts"]]
        if len(starts) != 4 or starts != sorted(starts):
            raise ValueError(f"starts {plain['starts']} are not four ascending numbers")
        return cls((starts[0], starts[1], starts[2], starts[3]), bool(plain["reversed"]))

    def table(self, values: Values) -> pd.DataFrame:
        """By score: the lowest and highest of `values` with it, and how many there are."""
        scored = pd.DataFrame({"score": self.score(values), "value": values}).groupby("score")["value"]
        return scored.agg(lowest="min", highest="max", customers="size").reindex(range(1, 6)).reset_index()
