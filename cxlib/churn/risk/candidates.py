"""The models and rules that compete: fitted the same way, on the same rows, judged by the same losses.

A rule needs no model: everybody alike, who has been away long, who is new. A model must beat them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from sklearn.ensemble import HistGradientBoostingClassifier

from cxlib.checks import Codes, Floats
from cxlib.churn.risk.logistic import Encoding, LogisticModel
from cxlib.churn.risk.measures import Predicted, RiskMap, choose_recalibration
from cxlib.churn.risk.snapshots import Fold, Snapshots, halves
from cxlib.errors import DataError, ParameterError, nearest
from cxlib.language import WordList
from cxlib.measures.result import Brief, in_minor_units
from cxlib.threads import one_thread

EDGE = 1e-6  # nearest that a risk may come to 0 or 1 for its log-odds
MODELS = ("logistic", "boosting")
NAMES = WordList("models of risk")
RULES = {  # features that a rule may be about, the first one there is
    "recency": (
        "days_since_last_purchase",
        "days_since_last_session",
        "days_since_last_ticket",
        "days_since_last_answer",
    ),
    "tenure": ("membership_days", "customer_days", "tenure"),
}
BINS = 20  # of a rule
PRIOR_ROWS = 20.0  # rows at the average rate that each bin is mixed with, so that a small one says little
BOOSTING: dict[str, object] = {
    "learning_rate": 0.1,
    "max_iter": 150,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 50,
    "l2_regularization": 1.0,
}
PATIENCE = 10  # iterations without progress on later customers after which boosting stops


@dataclass(frozen=True, repr=False)
class RuleModel(Brief):
    """Churn rate by bins of one feature (column `source` of the matrix; -1: everybody alike) in the training past.

    The last of the `rates` is for those of whom the feature is not known.
    """

    key: str
    source: int
    edges: Floats
    rates: Floats

    @classmethod
    def fit(cls, X: Floats, y: Codes, *, key: str, source: int) -> RuleModel:
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
        return np.asarray(self.rates[_bins(X[:, self.source], self.edges)])


def _bins(values: Floats, edges: Floats) -> Codes:
    return np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="right")).astype(np.int64)


def find_rules(features: Sequence[str]) -> dict[str, int]:
    """The rules that the features allow, with their columns; "prior" always."""
    rules = {"prior": -1}
    for key, names in RULES.items():
        column = next((name for name in names if name in features), None)
        if column is not None:
            rules[key] = list(features).index(column)
    return rules


@dataclass(frozen=True, repr=False)
class BoostedModel(Brief):
    """Histogram gradient boosting, fitted by scikit-learn on one thread."""

    estimator: HistGradientBoostingClassifier = field(repr=False)
    key: str = "boosting"

    @classmethod
    def fit(
        cls,
        X: Floats,
        y: Codes,
        *,
        sizes: Sequence[int],
        seed: int = 0,
        settings: Mapping[str, object] | None = None,
        judged_on: tuple[Floats, Codes] | None = None,
    ) -> BoostedModel:
        """Fit to rows (rows, features); with `judged_on`, later rows, stop when it no longer helps there."""
        stopping: dict[str, object] = {"early_stopping": judged_on is not None, "n_iter_no_change": PATIENCE}
        mask = np.array([size > 0 for size in sizes])
        categorical = mask if mask.any() else None
        options = {**BOOSTING, **stopping, **(settings or {}), "categorical_features": categorical}
        model = HistGradientBoostingClassifier(random_state=seed, **options)
        later = {} if judged_on is None else {"X_val": judged_on[0], "y_val": judged_on[1]}
        # A column of which nothing is known holds zeros: scikit-learn cannot bin it, and no tree will split on it.
        empty = np.isnan(X).all(axis=0)
        with one_thread():
            model.fit(np.where(empty, 0.0, X) if empty.any() else X, y, **later)
        return cls(model)

    @property
    def iterations(self) -> int:
        """Trees that were grown."""
        return int(self.estimator.n_iter_)

    def predict(self, X: Floats) -> Floats:
        """Probabilities of churn (rows,)."""
        with one_thread():
            return np.asarray(self.estimator.predict_proba(X)[:, 1], dtype=float)


def shift_odds(risk: Floats, by: float) -> Floats:
    """Risks whose log-odds are all moved by one constant; none comes nearer to 0 or 1 than a millionth."""
    return np.asarray(expit(logit(np.clip(risk, EDGE, 1 - EDGE)) + by)) if by else risk


class Predicts(Protocol):
    """A fitted model or rule: from a feature matrix to probabilities."""

    @property
    def key(self) -> str: ...  # noqa: D102
    def predict(self, X: Floats) -> Floats: ...  # noqa: D102


@dataclass(frozen=True, repr=False)
class RiskModel(Brief):
    """An encoding, a model and a recalibration: from snapshots to calibrated probabilities."""

    encoding: Encoding
    model: Predicts
    recalibration: RiskMap
    shift: float = 0.0  # of all log-odds, to the level that is forecast
    currency: str | None = None  # in whose units `predict` also takes amounts

    @property
    def key(self) -> str:
        """Which model: logistic, boosting, prior, recency or tenure."""
        return self.model.key

    def predict(self, frame: pd.DataFrame) -> Floats:
        """Probability of churn (0 to 1) for each row of a frame with the model's features, as of `ChurnStudy.X`."""
        frame = frame if self.currency is None else in_minor_units(frame, self.encoding.features, self.currency)
        if absent := [name for name in self.encoding.features if name not in frame]:
            raise DataError(f"the frame has no column {absent[0]!r}. Give rows with all columns of study.X.")
        return shift_odds(self.predict_matrix(self.encoding.apply(frame)), self.shift)

    def predict_matrix(self, X: Floats) -> Floats:
        """The same from a matrix of `encoding`."""
        return self.recalibration.apply(self.model.predict(X))


def check_models(models: Sequence[str]) -> None:
    """Refuse a model that is unknown, with a ParameterError."""
    for name in models:
        if name not in MODELS:
            raise ParameterError(f"there is no model {name!r}. {nearest(name, MODELS)}")


def fit_candidate(
    key: str,
    X: Floats,
    y: Codes,
    *,
    source: int | None,
    sizes: Sequence[int],
    settings: Mapping[str, object],
    seed: int,
) -> Predicts:
    """Fit a rule about the column `source` (-1: about none), or, where that is None, a model, to a matrix of rows."""
    if source is not None:
        return RuleModel.fit(X, y, key=key, source=source)
    if key == "boosting":
        return BoostedModel.fit(X, y, sizes=sizes, seed=seed, settings=settings)
    return LogisticModel.fit(X, y, sizes=sizes)


@dataclass(frozen=True)
class Judged:
    """How one candidate did on rows inside the training past.

    `losses` (judged rows,) are log losses with the kind of recalibration that helped; `latest` is the map of that kind
    that the latest fold gives.
    """

    losses: Floats
    latest: RiskMap


@dataclass(frozen=True)
class Contest:
    """Candidates on the snapshots' past; with more than `most_rows` training rows whole customers are left out."""

    snapshots: Snapshots
    models: Sequence[str] = MODELS
    most_rows: int = 200_000
    seed: int = 0

    @property
    def candidates(self) -> tuple[str, ...]:
        """All keys, rules first."""
        return (*find_rules(self.snapshots.features), *self.models)

    @cached_property
    def _folds(self) -> list[Fold]:
        return self.snapshots.folds()

    @cached_property
    def encoding(self) -> Encoding:
        """Of all candidates: categories of the past of the last cut-off (codes carry no outcome)."""
        s = self.snapshots
        return Encoding.fit(s.known.iloc[s.split().train], s.numeric, s.text)

    @cached_property
    def _matrix(self) -> Floats:
        return self.encoding.apply(self.snapshots.known)

    @cached_property
    def _halves(self) -> Codes:
        return halves(self.snapshots.known["customer_id"], "stopping")

    def sampled(self, rows: Codes) -> Codes:
        """At most about `most_rows` of the rows: all snapshots of a customer, or none."""
        if len(rows) <= self.most_rows:
            return rows
        customers = self.snapshots.known["customer_id"].iloc[rows].to_numpy(object)
        hashed = pd.util.hash_array(customers, hash_key="sampledcustomers") % np.uint64(1_000_000)
        return rows[hashed < np.uint64(round(1_000_000 * self.most_rows / len(rows)))]

    @cached_property
    def _first_boosted(self) -> BoostedModel:
        """Boosting on the first fold, stopped where half of its later customers no longer gained."""
        fold, X, y = self._folds[0], self._matrix, self.snapshots.churned
        used, later = self.sampled(fold.train), fold.test[self._halves[fold.test] == 0]
        sizes, judged_on = self.encoding.sizes, (X[later], y[later])
        return BoostedModel.fit(X[used], y[used], sizes=sizes, seed=self.seed, judged_on=judged_on)

    @property
    def iterations(self) -> int:
        """Boosting iterations, the same for all later fits."""
        return self._first_boosted.iterations

    def fit(self, key: str, rows: Codes) -> Predicts:
        """Fit one candidate to known rows; of many rows a model takes a sample, a rule all."""
        source = find_rules(self.snapshots.features).get(key)
        used = self.sampled(rows) if source is None else rows
        own = {"max_iter": self.iterations} if key == "boosting" else {}
        X, y, sizes = self._matrix[used], self.snapshots.churned[used], self.encoding.sizes
        return fit_candidate(key, X, y, source=source, sizes=sizes, settings=own, seed=self.seed)

    def predict(self, model: Predicts, rows: Codes) -> Floats:
        """Probabilities of known rows, as the model gives them."""
        return model.predict(self._matrix[rows])

    def judge(self, key: str) -> Judged:
        """How a candidate did inside the past; in the first fold without the outcomes that stopped the boosting."""
        parts = []
        for number, fold in enumerate(self._folds):
            rows = fold.test if number else fold.test[self._halves[fold.test] == 1]
            model = self._first_boosted if key == "boosting" and not number else self.fit(key, fold.train)
            parts.append(Predicted(self.snapshots.churned[rows], self.predict(model, rows)))
        kind, losses = choose_recalibration(parts)
        return Judged(losses, RiskMap.fit(kind, parts[-1].y, parts[-1].p))
