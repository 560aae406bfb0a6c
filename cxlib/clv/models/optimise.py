"""Maximum likelihood on the logarithms of positive parameters, with as few passes over all customers as possible.

Several starts run on a coarse copy of the data (times rounded, so few distinct rows). The best end is then polished on
all rows by Newton steps that share the coarse Hessian: each costs one gradient. The observed information is the
difference quotient of analytic gradients, at the end, on all rows. Its verdict says whether the end is a maximum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from cxlib.checks import Floats
from cxlib.language import Count, Message, T

# Log likelihood and its gradient in the logarithms of the parameters.
Evaluate = Callable[[Floats], tuple[float, Floats]]
REACH = 16.0  # logarithms of parameters are kept within this distance of 0: 1e-7 to 1e7 time units
STEP = 1e-4  # of the difference quotients, in logarithms; central, so their error is of order 1e-8
SEARCH = 200  # steps of a search at most
FOUND = 1e-5  # gain in log likelihood below which, twice in a row, a search has arrived
POLISH = 40  # steps at most
TOLERANCE = 1e-9  # expected gain in log likelihood of one more step, for each start of the polish
FLAT = 1e8  # condition number of the information in log parameters past which two parameters cannot be told apart
EDGE = 5.0  # logarithms from the limits of the search: parameters below about 1e-5 or above 1e5


@dataclass(frozen=True)
class Convergence:
    """Whether a fit can be trusted as a maximum.

    `converged`: The end is a maximum: nothing to gain from another step, curved downwards in every direction, not at an
        edge.
    `starts`, `agreeing`: Searches, and how many ended within .01 of the best log likelihood.
    `condition_number`: Of the observed information in log parameters.
    `at_edge`: Parameters that ran towards zero or infinity.
    """

    converged: bool
    starts: int
    agreeing: int
    condition_number: float
    at_edge: tuple[str, ...]

    @property
    def headline(self) -> Message:
        """The verdict for a reader."""
        if self.at_edge:
            return T(
                "The fit ran to the edge: {names} went towards zero or infinity, so customers do not differ in the way "
                "the model assumes. Read its forecast with care",
                names=", ".join(self.at_edge),
            )
        if not self.converged:
            return T("The fit did not settle on one best answer. Do not rely on its forecast")
        if self.condition_number > FLAT:
            return T("The fit settled, but the data hardly tell its parameters apart, so single parameters mean little")
        starts = {"agreeing": Count(self.agreeing), "starts": Count(self.starts)}
        return T("The fit settled: {agreeing} of {starts} starts end at the same best answer", **starts)


@dataclass(frozen=True)
class Optimum:
    """Where the search ended: log parameters, log likelihood, gradient and Hessian; and the values at all ends."""

    point: Floats
    value: float
    gradient: Floats
    hessian: Floats
    ends: Floats

    def judge(self, names: tuple[str, ...]) -> Convergence:
        """The verdict on this end."""
        curvature = np.linalg.eigvalsh(-self.hessian)
        downwards = bool(curvature[0] > 0)
        condition = float(curvature[-1] / curvature[0]) if downwards else np.inf
        gain = float(0.5 * self.gradient @ np.linalg.lstsq(-self.hessian, self.gradient, rcond=None)[0])
        at_edge = tuple(name for name, at in zip(names, np.abs(self.point), strict=True) if at > REACH - EDGE)
        agreeing = int((self.ends > self.ends.max() - 0.01).sum())
        settled = downwards and abs(gain) < 1e-4 and not at_edge
        return Convergence(settled, len(self.ends), agreeing, condition, at_edge)


def maximise(full: Evaluate, coarse: Evaluate, starts: Sequence[Floats], *, share: float = 1.0) -> Optimum:
    """Find the maximum of `full`, beginning with `coarse` (on `share` of the customers) from every start."""
    searches = [_search(coarse, start) for start in starts]
    ends = np.array([value for _, value in searches])
    point = searches[int(np.argmax(ends))][0]
    point, value, gradient = _polish(full, point, _information(coarse, point) / share)
    return Optimum(point, value, gradient, hessian(full, point), ends / share)


def hessian(evaluate: Evaluate, point: Floats) -> Floats:
    """Central difference quotients of the gradient, made symmetric."""
    rows = [(evaluate(point + step)[1] - evaluate(point - step)[1]) / (2 * STEP) for step in STEP * np.eye(len(point))]
    matrix = np.array(rows)
    return (matrix + matrix.T) / 2


def _search(evaluate: Evaluate, start: Floats) -> tuple[Floats, float]:
    """BFGS with backtracking (Nocedal & Wright, Numerical Optimization, algorithm 6.1).

    Our own, because scipy's calls a threaded BLAS for matrices of four rows, which costs more than the likelihood.
    """
    point, (value, slope) = start, evaluate(start)
    inverse = np.eye(len(start)) / max(1.0, float(np.abs(slope).max()))
    quiet = 0
    for _ in range(SEARCH):
        step = inverse @ _inward(point, slope)
        if step @ slope <= 0:
            inverse = np.eye(len(start)) / max(1.0, float(np.abs(slope).max()))
            step = inverse @ _inward(point, slope)
        moved = _climb(evaluate, (point, value, slope), step)
        if moved is None:
            break
        quiet = quiet + 1 if moved[1] - value < FOUND else 0
        inverse = _update(inverse, moved[0] - point, slope - moved[2])
        point, value, slope = moved
        if quiet == 2:
            break
    return point, value


def _inward(point: Floats, slope: Floats) -> Floats:
    """The gradient without the directions that would leave the search's limits."""
    return np.where((np.abs(point) >= REACH) & (slope * point > 0), 0.0, slope)


def _update(inverse: Floats, step: Floats, change: Floats) -> Floats:
    curvature = float(step @ change)
    if curvature <= 1e-12 * float(np.sqrt((step @ step) * (change @ change))):
        return inverse
    turn = np.eye(len(step)) - np.outer(step, change) / curvature
    return turn @ inverse @ turn.T + np.outer(step, step) / curvature


def _information(evaluate: Evaluate, point: Floats) -> Floats:
    """Minus the Hessian, its eigenvalues made positive so that a step goes uphill."""
    values, vectors = np.linalg.eigh(-hessian(evaluate, point))
    safe = np.maximum(np.abs(values), 1e-8 * np.abs(values).max())
    return np.asarray((vectors * safe) @ vectors.T)


def _polish(evaluate: Evaluate, point: Floats, information: Floats) -> tuple[Floats, float, Floats]:
    value, gradient = evaluate(point)
    for attempt in range(POLISH):
        step = np.linalg.solve(information, gradient)
        if 0.5 * step @ gradient < TOLERANCE:
            break
        moved = _climb(evaluate, (point, value, gradient), step)
        if moved is None:
            if attempt:
                break
            information = _information(evaluate, point)
            continue
        point, value, gradient = moved
    return point, value, gradient


def _climb(evaluate: Evaluate, here: tuple[Floats, float, Floats], step: Floats) -> tuple[Floats, float, Floats] | None:
    """One step uphill, halved until it gains; None where it does not."""
    point, value, slope_before = here
    step = step * min(1.0, 2.0 / np.abs(step).max())
    for _ in range(12):
        there = np.clip(point + step, -REACH, REACH)
        height, slope = evaluate(there)
        if height > value + 1e-4 * (slope_before @ (there - point)):
            return there, height, slope
        step = step / 4
    return None
