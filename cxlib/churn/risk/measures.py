"""How good probabilities are, for many weightings of the rows at once, as the bootstrap needs; and recalibration.

Measures take weights (draws, rows); a row of ones gives the measure itself. Ties in the score count half (ROC) or
together (precision, lift), as in scikit-learn. A recalibration maps log-odds to log-odds. It is adopted only where it
lowers the log loss of customers who had no part in estimating it, by more than its standard error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression

from cxlib.checks import Codes, Floats, Values
from cxlib.measures.sampling import wilson

MEASURES = ("roc_auc", "pr_auc", "brier", "log_loss", "lift", "intercept", "slope", "calibration_error")
LEAST = 1e-15  # probabilities are kept this far from 0 and 1, as in scikit-learn's log_loss
TOP_SHARE = 0.1
BINS = 10
STEPS = 25  # of Newton's method, which needs about six
KINDS = ("none", "intercept", "slope", "isotonic")  # recalibrations, in the order of what they may bend
EVENTS_FOR_ISOTONIC = 500  # a step function needs many more events than two numbers do
NEAREST = 1e-4  # no recalibrated probability is nearer to 0 or 1: nobody is certain to stay or to leave


def log_losses(y: Values, p: Floats) -> Floats:
    """Log loss of each row."""
    q = np.clip(p, LEAST, 1 - LEAST)
    return np.asarray(np.where(np.asarray(y) == 1, -np.log(q), -np.log1p(-q)))


@dataclass(frozen=True)
class Ranked:
    """Rows from the greatest to the least probability, and where each distinct probability starts."""

    y: Floats
    order: Codes
    starts: Codes

    @classmethod
    def of(cls, y: Values, p: Floats) -> Ranked:
        """Sort once for any number of draws."""
        order = np.argsort(-p, kind="stable")
        starts = np.flatnonzero(np.r_[True, np.diff(p[order]) != 0])
        return cls(np.asarray(y, float)[order], order, starts)

    def counts(self, weights: Floats) -> Counts:
        """Weighted rows with and without the event, by distinct probability: (draws, probabilities) each."""
        sorted_weights = weights[:, self.order]
        events = np.add.reduceat(sorted_weights * self.y, self.starts, axis=1)
        return events, np.add.reduceat(sorted_weights, self.starts, axis=1) - events


Counts = tuple[Floats, Floats]


def roc_auc(counts: Counts) -> Floats:
    """Chance that a churned customer is ranked above a kept one; ties count half."""
    events, others = counts
    above = np.cumsum(events, axis=1) - events / 2
    return _ratio((above * others).sum(axis=1), events.sum(axis=1) * others.sum(axis=1))


def average_precision(counts: Counts) -> Floats:
    """Area under the precision-recall curve as a sum of steps (scikit-learn's average precision)."""
    events, others = counts
    true = np.cumsum(events, axis=1)
    reached = true + np.cumsum(others, axis=1)
    precision = np.divide(true, reached, out=np.zeros_like(true), where=reached > 0)
    return _ratio((precision * events).sum(axis=1), events.sum(axis=1))


def lift(counts: Counts, *, share: float = TOP_SHARE) -> Floats:
    """Churn rate among the `share` of customers with the greatest risk, over the rate of all.

    Customers of one probability who do not all fit in count by the part of them that does.
    """
    events, others = counts
    size = events + others
    reached = np.cumsum(size, axis=1)
    room = share * reached[:, -1:]
    inside = np.clip(room - (reached - size), 0, size)
    part = np.divide(inside, size, out=np.zeros_like(size), where=size > 0)
    rate = _ratio((events * part).sum(axis=1), room[:, 0])
    return _ratio(rate, _ratio(events.sum(axis=1), reached[:, -1]))


def calibration_error(y: Values, p: Floats, weights: Floats, *, bins: int = BINS) -> Floats:
    """Expected calibration error: |observed - predicted| by equal shares of customers, weighted by their size.

    Source: Naeini, Cooper & Hauskrecht, AAAI (2015), with bins of equal size (Nixon et al., 2019).
    """
    order = np.argsort(p, kind="stable")
    edges = np.unique(np.linspace(0, len(p), bins + 1).astype(np.int64))[:-1]
    off = (weights * (np.asarray(y, float) - p))[:, order]
    return _ratio(np.abs(np.add.reduceat(off, edges, axis=1)).sum(axis=1), weights.sum(axis=1))


def fit_logit(y: Values, p: Floats, *, slope: bool) -> tuple[float, float]:
    """Intercept and slope of log-odds(outcome) on log-odds(p), by Newton's method; slope 1 where it is not asked for.

    With slope 1 the intercept is calibration-in-the-large. Source: Cox, Biometrika 45 (1958); Van Calster et al., BMC
    Medicine 17:230 (2019). NaN where there is no answer: one outcome only, or a slope of one probability for everybody.
    """
    x, events = _log_odds(p), np.asarray(y, float)
    if len(np.unique(events)) < 2 or (slope and np.ptp(x) < 1e-9):
        return np.nan, np.nan
    ones = np.ones((1, len(x)))
    a, b = 0.0, 1.0
    for _ in range(STEPS):
        da, db = _newton(events, x, (a, b), weights=ones, slope=slope)
        # A step of at most 2 keeps Newton's method from leaping away from outcomes that hardly overlap.
        a, b = a + float(np.clip(da[0], -2, 2)), b + float(np.clip(db[0], -2, 2))
        if max(abs(da[0]), abs(db[0])) < 1e-9:
            break
    return a, b


def refit_logit(y: Values, p: Floats, weights: Floats, *, slope: bool) -> tuple[Floats, Floats]:
    """`fit_logit` for many weightings: one Newton step from the unweighted answer, which costs one product of matrices.

    The step's error is of the order of 1/n beside a spread of the order of 1/sqrt(n): Davison & Hinkley, Bootstrap
    Methods and their Application (1997), section 7.2.
    """
    a, b = fit_logit(y, p, slope=slope)
    da, db = _newton(np.asarray(y, float), _log_odds(p), (a, b), weights=weights, slope=slope)
    return a + da, b + db


def _log_odds(p: Floats) -> Floats:
    return np.asarray(logit(np.clip(p, 1e-9, 1 - 1e-9)))


def _newton(y: Floats, x: Floats, at: tuple[float, float], *, weights: Floats, slope: bool) -> tuple[Floats, Floats]:
    """The Newton step of intercept and slope for each weighting."""
    q = expit(at[0] + at[1] * x)
    score, curve = y - q, q * (1 - q)
    sums = weights @ np.column_stack([score, score * x, curve, curve * x, curve * x * x])
    g0, g1, h00, h01, h11 = sums.T
    if not slope:
        return _ratio(g0, h00), np.zeros(len(weights))
    det = h00 * h11 - h01 * h01
    return _ratio(h11 * g0 - h01 * g1, det), _ratio(h00 * g1 - h01 * g0, det)


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.asarray(np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0))


def measure(y: Codes, p: Floats) -> Callable[[Floats], Floats]:
    """A function from weights (draws, rows) to all `MEASURES` (draws, measures) of these probabilities."""
    ranked, losses, squares = Ranked.of(y, p), log_losses(y, p), (y - p) ** 2

    def measured(weights: Floats) -> Floats:
        counts, n = ranked.counts(weights), weights.sum(axis=1)
        columns = {
            "roc_auc": roc_auc(counts),
            "pr_auc": average_precision(counts),
            "brier": _ratio(weights @ squares, n),
            "log_loss": _ratio(weights @ losses, n),
            "lift": lift(counts),
            "intercept": refit_logit(y, p, weights, slope=False)[0],
            "slope": refit_logit(y, p, weights, slope=True)[1],
            "calibration_error": calibration_error(y, p, weights),
        }
        return np.column_stack([columns[name] for name in MEASURES])

    return measured


@dataclass(frozen=True)
class RiskMap:
    """A map of probabilities.

    Its `kind` is "none", "intercept" (log-odds shifted), "slope" (shifted and stretched: new log-odds = intercept +
    slope x old ones) or "isotonic" (any rising steps, probabilities before and after).
    """

    kind: str = "none"
    intercept: float = 0.0
    slope: float = 1.0
    steps: tuple[Floats, Floats] | None = None

    @classmethod
    def fit(cls, kind: str, y: Codes, p: Floats) -> RiskMap:
        """Estimate a map of `kind` from outcomes and probabilities of rows that the model was not fitted to."""
        if kind == "none":
            return cls()
        if kind == "isotonic":
            fitted = IsotonicRegression(out_of_bounds="clip").fit(p, y)
            return cls(kind, steps=(fitted.X_thresholds_, fitted.y_thresholds_))
        intercept, slope = fit_logit(y, p, slope=kind == "slope")
        return cls(kind, intercept, slope)

    def apply(self, p: Floats) -> Floats:
        """Recalibrated probabilities."""
        if self.kind == "none":
            return p
        if self.steps is not None:
            return np.clip(np.interp(p, *self.steps), NEAREST, 1 - NEAREST)
        return np.asarray(expit(self.intercept + self.slope * logit(np.clip(p, NEAREST, 1 - NEAREST))))


@dataclass(frozen=True)
class Predicted:
    """Outcomes and probabilities of one part that a model was not fitted to."""

    y: Codes
    p: Floats


def choose_recalibration(parts: Sequence[Predicted]) -> tuple[str, Floats]:
    """The kind that lowers the log loss of judged rows, "none" unless by more than its standard error; those losses.

    Parts come in the order of time. Each is judged by the map of the one before it; of a single part nothing can be
    learned that would not be judged on its own day, so that it gets no map: a rate that moved once may move back.
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
    losses = [log_losses(to.y, RiskMap.fit(kind, by.y, by.p).apply(to.p)) for by, to in pairwise(parts)]
    return np.concatenate(losses)


def reliability(y: Codes, p: Floats, *, bins: int = BINS) -> pd.DataFrame:
    """Predicted risk against what happened, by equal shares of customers from the least to the greatest risk.

    The table holds bin, n, predicted (mean), observed, low, high (Wilson's interval of the observed share).

    >>> reliability(np.array([0, 1, 1, 1]), np.array([0.1, 0.2, 0.7, 0.8]), bins=2)[["n", "observed"]].values.tolist()
    [[2.0, 0.5], [2.0, 1.0]]
    """
    order = np.argsort(p, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    n = np.array([len(part) for part in parts])
    observed = np.array([y[part].mean() for part in parts])
    low, high = wilson(observed * n, n, z=1.96)
    table = pd.DataFrame({"bin": np.arange(1, len(parts) + 1), "n": n, "predicted": [p[part].mean() for part in parts]})
    return table.assign(observed=observed, low=low, high=high)
