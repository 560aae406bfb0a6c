"""Making probabilities mean what they say: recalibration on later customers, and the table that shows it.

A recalibration maps log-odds to log-odds. It is adopted only where it lowers the log loss of customers who had no part
in estimating it, by more than its standard error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression

from cxlib.churn.risk.risk_measures import fit_logit, log_losses
from cxlib.measures.sampling import wilson

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
KINDS = ("none", "intercept", "slope", "isotonic")  # in the order of what they may bend
EVENTS_FOR_ISOTONIC = 500  # a step function needs many more events than two numbers do
NEAREST = 1e-4  # no recalibrated probability is nearer to 0 or 1: nobody is certain to stay or to leave


@dataclass(frozen=True)
class RiskMap:
    """A map of probabilities.

    Attributes
    ----------
    kind : str
        "none"; "intercept" (log-odds shifted); "slope" (shifted and stretched); "isotonic" (any rising steps).
    intercept, slope : float
        New log-odds = intercept + slope x old log-odds.
    steps : tuple of (tuple, tuple)
        Of the isotonic map: probabilities before and after.

    Examples
    --------
    >>> RiskMap("intercept", intercept=1.0).apply(np.array([0.5])).round(4).tolist()
    [0.7311]
    """

    kind: str = "none"
    intercept: float = 0.0
    slope: float = 1.0
    steps: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())

    @classmethod
    def fit(cls, kind: str, y: Ints, p: Floats) -> RiskMap:
        """Estimate a map of `kind` from outcomes and probabilities of rows that the model was not fitted to."""
        if kind == "none":
            return cls()
        if kind == "isotonic":
            found = IsotonicRegression(out_of_bounds="clip").fit(p, y)
            return cls(kind, steps=(tuple(map(float, found.X_thresholds_)), tuple(map(float, found.y_thresholds_))))
        intercept, slope = fit_logit(y, p, slope=kind == "slope")
        return cls(kind, intercept, slope)

    def apply(self, p: Floats) -> Floats:
        """Recalibrated probabilities."""
        if self.kind == "none":
            return p
        if self.kind == "isotonic":
            return np.clip(np.interp(p, *self.steps), NEAREST, 1 - NEAREST)
        return np.asarray(expit(self.intercept + self.slope * logit(np.clip(p, NEAREST, 1 - NEAREST))))


@dataclass(frozen=True)
class Predicted:
    """Outcomes and probabilities of one part that a model was not fitted to."""

    y: Ints
    p: Floats


def choose_recalibration(parts: Sequence[Predicted]) -> tuple[str, Floats]:
    """The kind that lowers the log loss of judged rows, "none" unless by more than its standard error; those losses.

    Parameters
    ----------
    parts : sequence of Predicted
        In the order of time. Each is judged by the map of the one before it; of a single part nothing can be learned
        that would not be judged on its own day, so that it gets no map: a rate that moved once may move back.
    """
    if len(parts) == 1:
        return "none", log_losses(parts[0].y, parts[0].p)
    events = min(int(part.y.sum()) for part in parts)
    allowed = [kind for kind in KINDS if kind != "isotonic" or events >= EVENTS_FOR_ISOTONIC]
    losses = {kind: _losses_after(kind, parts) for kind in allowed}
    chosen = "none"
    for kind in allowed[1:]:
        gain = losses[chosen] - losses[kind]
        if gain.mean() > gain.std() / np.sqrt(len(gain)):
            chosen = kind
    return chosen, losses[chosen]


def _losses_after(kind: str, parts: Sequence[Predicted]) -> Floats:
    return np.concatenate(
        [log_losses(to.y, RiskMap.fit(kind, by.y, by.p).apply(to.p)) for by, to in pairwise(parts)]
    )  # fmt: skip


def reliability(y: Ints, p: Floats, *, bins: int = 10, z: float = 1.96) -> pd.DataFrame:
    """Predicted risk against what happened, by equal shares of customers from the least to the greatest risk.

    Returns
    -------
    DataFrame
        bin, n, predicted (mean), observed, low, high (Wilson's interval of the observed share).

    Examples
    --------
    >>> reliability(np.array([0, 1, 1, 1]), np.array([0.1, 0.2, 0.7, 0.8]), bins=2)[["n", "observed"]].values.tolist()
    [[2.0, 0.5], [2.0, 1.0]]
    """
    order = np.argsort(p, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    n = np.array([len(part) for part in parts])
    observed = np.array([y[part].mean() for part in parts])
    low, high = wilson(observed * n, n, z=z)
    return pd.DataFrame(
        {
            "bin": np.arange(1, len(parts) + 1), "n": n, "predicted": [p[part].mean() for part in parts],
            "observed": observed, "low": low, "high": high,
        }
    )  # fmt: skip
