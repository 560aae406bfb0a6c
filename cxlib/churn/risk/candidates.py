"""The models and rules that compete: fitted the same way, on the same rows, judged by the same losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxlib.churn.risk.baselines import RuleModel, find_rules
from cxlib.churn.risk.boosting import SETTINGS, BoostedModel
from cxlib.churn.risk.calibration import Predicted, RiskMap, choose_recalibration
from cxlib.churn.risk.encoding import Encoding
from cxlib.churn.risk.logistic import LogisticModel
from cxlib.churn.risk.snapshots import Fold, Snapshots, halves

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MODELS = ("logistic", "boosting")


class Predicts(Protocol):
    """A fitted model or rule: from a feature matrix to probabilities."""

    @property
    def key(self) -> str: ...  # noqa: D102
    def predict(self, X: Floats) -> Floats: ...  # noqa: D102


@dataclass(frozen=True)
class RiskModel:
    """An encoding, a model and a recalibration: from snapshots to calibrated probabilities."""

    encoding: Encoding
    model: Predicts
    recalibration: RiskMap

    @property
    def key(self) -> str:
        """Which model: logistic, boosting, prior, recency or tenure."""
        return self.model.key

    def predict(self, frame: pd.DataFrame) -> Floats:
        """Probability of churn for each row of a frame with the model's features."""
        return self.predict_matrix(self.encoding.apply(frame))

    def predict_matrix(self, X: Floats) -> Floats:
        """The same from a matrix of `encoding`."""
        return self.recalibration.apply(self.model.predict(X))


@dataclass(frozen=True)
class Judged:
    """How one candidate did on rows inside the training past.

    Attributes
    ----------
    recalibration : str
        The kind that helped.
    losses : array (judged rows,)
        Log losses with it.
    """

    recalibration: str
    losses: Floats


@dataclass(frozen=True)
class Contest:
    """Candidates on the snapshots' past.

    Parameters
    ----------
    models : sequence of str
        "logistic", "boosting".
    settings : mapping of str to mapping
        scikit-learn's options by model.
    most_rows : int
        Training rows beyond which whole customers are left out.
    """

    snapshots: Snapshots
    models: Sequence[str] = MODELS
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
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
    def _matrix(self) -> tuple[Encoding, Floats]:
        """All known rows, encoded by categories of the past of the last cut-off (codes carry no outcome)."""
        known, s = self.snapshots.known, self.snapshots
        encoding = Encoding.fit(known.iloc[s.split().train], s.numeric, s.text)
        return encoding, encoding.apply(known)

    @cached_property
    def _halves(self) -> Ints:
        return halves(self.snapshots.known["customer_id"], "stopping")

    @property
    def encoding(self) -> Encoding:
        """The encoding of all candidates."""
        return self._matrix[0]

    def sampled(self, rows: Ints) -> Ints:
        """At most about `most_rows` of the rows: all snapshots of a customer, or none."""
        if len(rows) <= self.most_rows:
            return rows
        customers = self.snapshots.known["customer_id"].iloc[rows].to_numpy(object)
        hashed = pd.util.hash_array(customers, hash_key="sampledcustomers") % np.uint64(1_000_000)
        return rows[hashed < np.uint64(round(1_000_000 * self.most_rows / len(rows)))]

    @cached_property
    def _first_boosted(self) -> BoostedModel:
        """Boosting on the first fold, stopped where half of its later customers no longer gained."""
        fold = self._folds[0]
        return self._boosted(fold.train, judged_on=fold.test[self._halves[fold.test] == 0])

    @property
    def iterations(self) -> int:
        """Boosting iterations, the same for all later fits."""
        return self._first_boosted.iterations

    def fit(self, key: str, rows: Ints) -> Predicts:
        """Fit one candidate to known rows."""
        X, y = self._matrix[1], self.snapshots.churned
        rules = find_rules(self.snapshots.features)
        if key in rules:
            return RuleModel.fit(X[rows], y[rows], key=key, source=rules[key])
        if key == "boosting":
            return self._boosted(rows)
        kept = self.sampled(rows)
        return LogisticModel.fit(X[kept], y[kept], sizes=self.encoding.sizes, settings=self.settings.get(key))

    def _boosted(self, rows: Ints, judged_on: Ints | None = None) -> BoostedModel:
        X, y, kept = self._matrix[1], self.snapshots.churned, self.sampled(rows)
        own = dict(self.settings.get("boosting", {}))
        later = None
        if judged_on is not None:
            later = (X[judged_on], y[judged_on])
        elif "max_iter" not in own:
            own["max_iter"] = self.iterations
        return BoostedModel.fit(
            X[kept], y[kept], sizes=self.encoding.sizes, seed=self.seed, settings={**SETTINGS, **own}, judged_on=later
        )

    def predict(self, model: Predicts, rows: Ints) -> Floats:
        """Probabilities of known rows, as the model gives them."""
        return model.predict(self._matrix[1][rows])

    def judge(self, key: str) -> tuple[Judged, RiskMap]:
        """How a candidate did inside the past, and the recalibration that the latest fold gives it.

        In the first fold only customers count whose outcomes did not stop the boosting.
        """
        parts = []
        for number, fold in enumerate(self._folds):
            rows = fold.test if number else fold.test[self._halves[fold.test] == 1]
            model = self._first_boosted if key == "boosting" and not number else self.fit(key, fold.train)
            parts.append(self._predicted(model, rows))
        kind, losses = choose_recalibration(parts)
        return Judged(kind, losses), RiskMap.fit(kind, parts[-1].y, parts[-1].p)

    def _predicted(self, model: Predicts, rows: Ints) -> Predicted:
        return Predicted(self.snapshots.churned[rows], self.predict(model, rows))
