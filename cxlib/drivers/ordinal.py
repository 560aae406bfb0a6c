"""The proportional-odds model of an answer, fitted by Newton's method.

P(y <= k | x) = 1 / (1 + exp(-(theta_k - x beta))): McCullagh, Regression models for ordinal data, Journal of the Royal
Statistical Society B 42 (1980), equation (2.3). The log-likelihood is concave: every start leads to the same
fit.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from cxlib.checks import Codes, Floats
from cxlib.errors import DataError
from cxlib.measures.satisfaction import NPS, Outcome

MOST_STEPS = 50


class SeparationError(DataError):
    """A driver tells the answers so well apart that no finite effect of it is the most likely one."""


@dataclass(frozen=True)
class Ordinal:
    """A fitted model.

    `levels` (array (k,)): Answers that occur, ascending.
    `cuts` (array (k - 1,)): theta: the linear predictor at which an answer of the level or less has odds of one.
    `beta` (array (q,)): Coefficients; odds of a better answer grow by exp(beta) for each unit.
    """

    levels: Floats
    cuts: Floats
    beta: Floats
    log_likelihood: float

    def at_most(self, answer: float, linear: Floats) -> Floats:
        """Probability of an answer up to `answer` where the linear predictor x beta is `linear`."""
        place = int(np.searchsorted(self.levels, answer, side="right")) - 1
        if place < 0:
            return np.zeros_like(linear)
        if place >= len(self.cuts):
            return np.ones_like(linear)
        chance: Floats = expit(self.cuts[place] - linear)
        return chance

    def score(self, linear: Floats, outcome: Outcome = NPS) -> Floats:
        """Expected score of each row, for NPS 100 (P(9 or 10) - P(6 or less))."""
        return 100 * (1 - self.at_most(outcome.scale.good_from - 1, linear) - self.at_most(outcome.bad_to, linear))


def fit_ordinal(X: Floats, y: Floats, *, weights: Floats | None = None, start: Ordinal | None = None) -> Ordinal:
    """Fit by maximum likelihood."""
    w = np.ones(len(y)) if weights is None else weights
    drawn = w > 0
    X, y, w = X[drawn], y[drawn], w[drawn]
    levels, place = np.unique(y, return_inverse=True)
    if len(levels) < 2:
        raise DataError("all answers are the same, so that nothing can be said about what makes them better.")
    theta = _begin(levels, place, w, X.shape[1]) if start is None else np.concatenate([start.cuts, start.beta])
    if start is not None and not np.array_equal(start.levels, levels):
        theta = np.concatenate([_begin(levels, place, w, 0), start.beta])
    theta, value = _climb(theta, X, place, w)
    return Ordinal(levels, theta[: len(levels) - 1], theta[len(levels) - 1 :], value)


def _begin(levels: Floats, place: Codes, w: Floats, q: int) -> Floats:
    share = np.cumsum(np.bincount(place, w, minlength=len(levels)))[:-1] / w.sum()
    return np.concatenate([np.log(share / (1 - share)), np.zeros(q)])


def _climb(theta: Floats, X: Floats, place: Codes, w: Floats) -> tuple[Floats, float]:
    value = _log_likelihood(theta, X, place, w)
    for _ in range(MOST_STEPS):
        gradient, hessian = _slopes(theta, X, place, w)
        step = np.linalg.lstsq(-hessian, gradient, rcond=1e-12)[0]
        gain = float(step @ gradient)
        if gain < 1e-10 * w.sum() and value < -1e-6 * w.sum():
            return theta, value
        size = 1.0
        while (new := _log_likelihood(theta + size * step, X, place, w)) < value and size > 1e-6:
            size /= 2
        theta, value = theta + size * step, max(new, value)
    raise SeparationError(
        "the model of the answer does not settle: a driver may separate the answers perfectly. Drop it."
    )


def _ends(theta: Floats, X: Floats, place: Codes) -> tuple[Floats, Floats]:
    """Probability of an answer up to each row's own, and up to the one below."""
    q = X.shape[1]
    cuts, linear = theta[: len(theta) - q], X @ theta[len(theta) - q :]
    padded = np.concatenate([[-np.inf], cuts, [np.inf]])
    return expit(padded[place + 1] - linear), expit(padded[place] - linear)


def _log_likelihood(theta: Floats, X: Floats, place: Codes, w: Floats) -> float:
    upper, lower = _ends(theta, X, place)
    gap = upper - lower
    return float(w @ np.log(gap)) if (gap > 0).all() else -np.inf


def _slopes(theta: Floats, X: Floats, place: Codes, w: Floats) -> tuple[Floats, Floats]:
    """Gradient and Hessian of the log-likelihood in cuts and coefficients."""
    upper, lower = _ends(theta, X, place)
    gap = np.maximum(upper - lower, 1e-300)
    up, low = upper * (1 - upper) / gap, lower * (1 - lower) / gap
    second_up, second_low = up * (1 - 2 * upper) - up**2, -low * (1 - 2 * lower) - low**2
    cross = up * low
    k = len(theta) - X.shape[1]
    return _gradient(X, place, (w * up, w * low), k), _hessian(X, place, (w * second_up, w * second_low, w * cross), k)


def _gradient(X: Floats, place: Codes, slopes: tuple[Floats, Floats], k: int) -> Floats:
    up, low = slopes
    cuts = np.bincount(place, up, minlength=k + 1)[:k] - np.bincount(place, low, minlength=k + 1)[1:]
    return np.concatenate([cuts, -(up - low) @ X])


def _hessian(X: Floats, place: Codes, curves: tuple[Floats, Floats, Floats], k: int) -> Floats:
    up, low, cross = curves
    size = k + X.shape[1]
    hessian = np.zeros((size, size))
    at = np.arange(k)
    hessian[at, at] = np.bincount(place, up, minlength=k + 1)[:k] + np.bincount(place, low, minlength=k + 1)[1:]
    beside = np.bincount(place, cross, minlength=k + 1)[1:k]
    hessian[at[1:], at[:-1]] = hessian[at[:-1], at[1:]] = beside
    mixed = np.empty((k, X.shape[1]))
    for column in range(X.shape[1]):
        x = X[:, column]
        here = np.bincount(place, (up + cross) * x, minlength=k + 1)[:k]
        mixed[:, column] = -here - np.bincount(place, (low + cross) * x, minlength=k + 1)[1:]
    hessian[:k, k:], hessian[k:, :k] = mixed, mixed.T
    hessian[k:, k:] = (X * (up + low + 2 * cross)[:, None]).T @ X
    return hessian
