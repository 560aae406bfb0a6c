"""Histogram gradient boosting, fitted by scikit-learn on one thread and stopped by later customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from cxlib.checks import Codes, Floats
from cxlib.churn.risk.one_thread import one_thread

SETTINGS: dict[str, Any] = {
    "learning_rate": 0.1,
    "max_iter": 150,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 50,
    "l2_regularization": 1.0,
}
PATIENCE = 10  # iterations without progress on later customers after which fitting stops


@dataclass(frozen=True)
class BoostedModel:
    """A fitted gradient boosting."""

    estimator: Any = field(repr=False)
    key: str = "boosting"

    @classmethod
    def fit(
        cls,
        X: Floats,
        y: Codes,
        *,
        sizes: Sequence[int],
        seed: int = 0,
        settings: Mapping[str, Any] | None = None,
        judged_on: tuple[Floats, Codes] | None = None,
    ) -> BoostedModel:
        """Fit to rows (rows, features); with `judged_on`, later rows, stop when it no longer helps there."""
        stopping: dict[str, Any] = {"early_stopping": judged_on is not None, "n_iter_no_change": PATIENCE}
        options = {**SETTINGS, **stopping, **(settings or {})}
        mask = np.array([size > 0 for size in sizes])
        model = HistGradientBoostingClassifier(
            categorical_features=mask if mask.any() else None, random_state=seed, **options
        )
        extra = {} if judged_on is None else {"X_val": judged_on[0], "y_val": judged_on[1]}
        # A column of which nothing is known holds zeros: scikit-learn cannot bin it, and no tree will split on it.
        empty = np.isnan(X).all(axis=0)
        with one_thread():
            model.fit(np.where(empty, 0.0, X) if empty.any() else X, y, **extra)
        return cls(model)

    @property
    def iterations(self) -> int:
        """Trees that were grown."""
        return int(self.estimator.n_iter_)

    def predict(self, X: Floats) -> Floats:
        """Probabilities of churn (rows,)."""
        with one_thread():
            return np.asarray(self.estimator.predict_proba(X)[:, 1], dtype=float)
