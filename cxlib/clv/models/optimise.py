"""Maximum likelihood on the logarithms of positive parameters, with as few passes over all customers as possible.

Several starts run on a coarse copy of the data (times rounded, so few distinct rows). The best end is then polished on
all rows by Newton steps that share the coarse Hessian: each costs one gradient. The observed information is the
difference quotient of analytic gradients, at the end, on all rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from cxlib.clv.models.rows import Floats

# Log likelihood and its gradient in the logarithms of the parameters.
Evaluate = Callable[[Floats], tuple[float, Floats]]
REACH = 16.0  # logarithms of parameters are kept within this distance of 0: 1e-7 to 1e7 time units
STEP = 1e-4  # of the difference quotients, in logarithms; central, so their error is of order 1e-8
SEARCH = 200  # steps of a search at most
FOUND = 1e-5  # gain in log likelihood below which, twice in a row, a search has arrived
POLISH = 40  # steps at most
TOLERANCE = 1e-9  # expected gain in log likelihood of one more step, for each start of the polish


@dataclass(frozen=True)
class Optimum:
    """Where the search ended: log parameters, log likelihood, gradient and Hessian; and the values at all ends."""

    point: Floats
    value: float
    gradient: Floats
    hessian: Floats
    ends: Floats


def maximise(full: Evaluate, coarse: Evaluate, starts: Sequence[Floats], *, share: float = 1.0) -> Optimum:
    """Find the maximum of `full`, beginning with `coarse` from every start.

    Parameters
    ----------
    full, coarse
        Log likelihood and gradient on all rows and on the coarse copy (may be the same function).
    starts
        Log parameters.
    share : float
        Customers in the coarse copy, of all; scales its Hessian.
    """
    searched = [_search(coarse, start) for start in starts]
    ends = np.array([value for _, value in searched])
    point = searched[int(np.argmax(ends))][0]
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
        found, slope = evaluate(there)
        if found > value + 1e-4 * (slope_before @ (there - point)):
            return there, found, slope
        step = step / 4
    return None
