"""Whether risks are too high, too low or too sharp, and the correction by customers whose outcome is known.

Cox's calibration: ``logit P(left) = intercept + slope logit(risk)``. A calibrated model has intercept 0 and slope 1; a
slope below 1 says that risks are too far apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtri, expit, logit

from cxlib.checks import Flags, Floats, Values, read_outcomes, read_risks
from cxlib.errors import DataError
from cxlib.language import Count, Decimal, Message, Percent, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import LEAST_RATIO, check_level, number_groups

EDGE = 1e-6  # risks of 0 and 1 are moved this far inside, where a logit exists
STEPS = 50
HALVINGS = 12  # lengths of a step that are tried, each half of the one before


@dataclass(frozen=True, repr=False)
class Recalibration(Result):
    """Intercept and slope of outcomes on risks, and what they do to a risk.

    `shift`: The intercept where the slope is held at 1: above 0, more left than expected.
    `covariance` (2, 2): Of intercept and slope, rows of one customer taken together.
    `shift_error`: Standard error of the shift.
    `expected`, `observed`: Customers expected to leave, and who left.
    """

    intercept: float
    slope: float
    shift: float
    covariance: Floats
    shift_error: float
    expected: float
    observed: int
    n: int
    level: float = 0.95

    def apply(self, risk: Values, *, with_slope: bool = True) -> Floats:
        """Corrected risks: expit(intercept + slope logit(risk)), or only the shift.

        >>> fit = recalibrate([1, 0, 1, 0, 1, 0, 0, 0] * 20, [0.5, 0.4, 0.3, 0.2] * 40)
        >>> round(float(fit.apply(np.array([0.5, 0.4, 0.3, 0.2] * 40), with_slope=False).sum()), 6)
        60.0
        """
        x = _logits(read_risks(risk))
        return np.asarray(expit(self.intercept + self.slope * x if with_slope else self.shift + x))

    @property
    def intervals(self) -> dict[str, tuple[float, float]]:
        """Normal intervals of intercept, slope and shift."""
        z = check_level(self.level)
        errors = (*np.sqrt(np.diag(self.covariance)), self.shift_error)
        values = (self.intercept, self.slope, self.shift)
        names = ("intercept", "slope", "shift")
        return {name: (v - z * e, v + z * e) for name, v, e in zip(names, values, errors, strict=True)}

    @property
    def needed(self) -> bool:
        """Whether intercept and slope together are off by more than chance, and enough to matter.

        One test, not two. Risks off by less than a twentieth of their odds and spread are not, however many customers.
        """
        off = np.array([self.intercept, self.slope - 1])
        matters = max(abs(self.shift), abs(self.slope - 1)) >= LEAST_RATIO - 1
        return matters and bool(off @ np.linalg.solve(self.covariance, off) > chdtri(2, 1 - self.level))

    @property
    def face(self) -> pd.DataFrame:
        """The three numbers with their intervals."""
        names = {"intercept": T("Intercept"), "slope": T("Slope"), "shift": T("Shift, the slope held at 1")}
        rows = [
            (names[name], *(Decimal(x, digits=2) for x in (getattr(self, name), *ends)))
            for name, ends in self.intervals.items()
        ]
        return pd.DataFrame(rows, columns=["what", "value", "low", "high"])

    @property
    def headline(self) -> Message:
        """Expected against observed, and whether the risks want correcting."""
        low, high = self.intervals["slope"]
        slopes = {"slope": self.slope, "low": low, "high": high}
        counts = {"observed": self.observed, "expected": round(self.expected), "n": self.n}
        values: dict[str, object] = {name: Decimal(value, digits=2) for name, value in slopes.items()}
        values |= {name: Count(value) for name, value in counts.items()} | {"level": Percent(self.level)}
        if self.needed:
            return T(
                "The risks want correcting: of {n} customers {observed} left where {expected} were expected, and the "
                "slope is {slope} ({level} interval {low} to {high}; 1 is right)",
                **values,
            )
        ends = self.intervals
        if not ends["shift"][0] <= 0 <= ends["shift"][1] or not low <= 1 <= high:
            return T(
                "The risks may be a little off: of {n} customers {observed} left where {expected} were expected, and "
                "the slope is {slope} ({level} interval {low} to {high}; 1 is right)",
                **values,
            )
        return T(
            "The risks are not clearly off: of {n} customers {observed} left where {expected} were expected, and the "
            "slope is {slope} ({level} interval {low} to {high}; 1 is right)",
            **values,
        )


def recalibrate(y: Values, risk: Values, *, customers: Values | None = None, level: float = 0.95) -> Recalibration:
    """Fit intercept and slope by the last cut-off whose outcomes are complete.

    `y` (n,): 1 for a customer who left, 0 for one who stayed.
    `customers` (n,): Whose row it is; standard errors take a customer's rows together.
    Raises DataError: only one outcome occurs, risks are all equal or outside 0-1, or risks separate the outcomes
        without overlap.

    Cox, Two further applications of a model for binary regression, Biometrika 45 (1958).

    >>> fit = recalibrate([1, 0, 1, 0, 1, 0, 0, 0] * 20, [0.5, 0.4, 0.3, 0.2] * 40)
    >>> fit.observed, round(fit.expected)
    (60, 56)
    """
    check_level(level)
    left = read_outcomes(y)
    p = read_risks(risk, n=len(left))
    x = _logits(p)
    if np.ptp(x) == 0:
        raise DataError(f"all risks are {p[0]:g}: a slope needs at least two different risks.")
    design = np.column_stack([np.ones(len(x)), x])
    groups = number_groups(customers, len(left))
    (intercept, slope), covariance = _fit(design, left, np.zeros(len(x)), groups)
    (shift,), error = _fit(design[:, :1], left, x, groups)
    return Recalibration(
        float(intercept),
        float(slope),
        float(shift),
        covariance,
        float(np.sqrt(error[0, 0])),
        float(p.sum()),
        int(left.sum()),
        len(left),
        level,
    )


def _logits(risk: Floats) -> Floats:
    return np.asarray(logit(np.clip(risk, EDGE, 1 - EDGE)))


def _fit(design: Floats, left: Flags, offset: Floats, groups: Floats) -> tuple[Floats, Floats]:
    """Logistic regression by Newton steps, with the covariance that is robust to several rows of one customer.

    A step that does not lower the loss is halved: far from the answer whole steps leap ever further away (Boyd &
    Vandenberghe, Convex Optimization (2004), section 9.5).
    """
    beta = np.zeros(design.shape[1])
    for _ in range(STEPS):
        p = expit(offset + design @ beta)
        curvature = (design * (p * (1 - p))[:, None]).T @ design
        if np.linalg.cond(curvature) > 1e12:
            break
        step = np.linalg.solve(curvature, design.T @ (left - p))
        if np.abs(step).max() < 1e-9:
            return beta + step, _covariance(design, left - p, curvature, groups)
        losses = [_loss(offset + design @ (beta + step / 2**halved), left) for halved in range(HALVINGS)]
        beta = beta + step / 2 ** int(np.argmin(losses))
    raise DataError(
        "risks separate customers who left from those who stayed without overlap, so no slope can be fitted. "
        "Look for a feature that knows the outcome, or take more customers."
    )


def _loss(odds: Floats, left: Flags) -> float:
    return float(np.logaddexp(0, odds).sum() - odds[left].sum())


def _covariance(design: Floats, residual: Floats, curvature: Floats, groups: Floats) -> Floats:
    scores = np.zeros((int(groups.max()) + 1, design.shape[1]))
    np.add.at(scores, groups, design * residual[:, None])
    bread = np.linalg.inv(curvature)
    return np.asarray(bread @ (scores.T @ scores) @ bread)
