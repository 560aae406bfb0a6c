"""Rules that need no model: everybody alike, who has been away long, who is new. A model must beat them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cxlib.language import Message, T

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
BINS = 20
PRIOR_ROWS = 20.0  # rows at the average rate that each bin is mixed with, so that a small one says little
RECENCY = ("days_since_last_purchase", "days_since_last_session", "days_since_last_ticket", "days_since_last_answer")
TENURE = ("membership_days", "customer_days", "tenure")

NAMES: dict[str, Message] = {
    "prior": T("Everybody alike"),
    "recency": T("A rule by time since last seen"),
    "tenure": T("A rule by time as a customer"),
    "logistic": T("Logistic regression"),
    "boosting": T("Gradient boosting"),
}


@dataclass(frozen=True)
class RuleModel:
    """Churn rate by bins of one feature in the training past.

    Attributes
    ----------
    key : str
        "prior", "recency" or "tenure".
    source : int
        Column of the feature matrix; -1 for everybody alike.
    edges : array (bins - 1,)
    rates : array (bins + 1,)
        The last one where the feature is not known.
    """

    key: str
    source: int
    edges: Floats
    rates: Floats

    @classmethod
    def fit(cls, X: Floats, y: Ints, *, key: str, source: int) -> RuleModel:
        """Rates of training rows, each mixed with `PRIOR_ROWS` rows at the average rate.

        >>> RuleModel.fit(np.zeros((4, 0)), np.array([1, 0, 0, 0]), key="prior", source=-1).predict(np.zeros((2, 0)))
        array([0.25, 0.25])
        """
        values = X[:, source] if source >= 0 else np.full(len(X), np.nan)
        if np.isnan(values).all():
            return cls(key, -1, np.zeros(0), np.full(2, y.mean()))
        edges = np.unique(np.nanquantile(values, np.arange(1, BINS) / BINS))
        bins = _bins(values, edges)
        n = np.bincount(bins, minlength=len(edges) + 2)
        churned = np.bincount(bins, weights=y, minlength=len(edges) + 2)
        return cls(key, source, edges, (churned + PRIOR_ROWS * y.mean()) / (n + PRIOR_ROWS))

    def predict(self, X: Floats) -> Floats:
        """Probabilities of churn (rows,)."""
        if self.source < 0:
            return np.full(len(X), self.rates[0])
        found: Floats = self.rates[_bins(X[:, self.source], self.edges)]
        return found


def _bins(values: Floats, edges: Floats) -> Ints:
    return np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="right")).astype(np.int64)


def find_rules(features: Sequence[str]) -> dict[str, int]:
    """The rules that the features allow, with their columns; "prior" always.

    >>> find_rules(["tickets_90d", "customer_days"])
    {'prior': -1, 'tenure': 1}
    """
    found = {"prior": -1}
    for key, names in (("recency", RECENCY), ("tenure", TENURE)):
        column = next((name for name in names if name in features), None)
        if column is not None:
            found[key] = list(features).index(column)
    return found
