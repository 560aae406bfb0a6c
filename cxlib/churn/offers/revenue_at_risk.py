"""How much revenue hangs on customers who may leave, with an interval, and whether past forecasts of it held.

The sum of risk x value. Its variance has three parts, added as for independent normal errors: chance in who leaves
(Poisson-binomial, ``sum v^2 p (1 - p)``); the risks' calibration, as far as the last complete cut-off leaves it open
(delta method on intercept and slope); and the level of churn, which moves from cut-off to cut-off.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import logit

from cxlib.checks import Codes, Floats, read_outcomes, read_risks, read_values, require_columns
from cxlib.churn.watching import EDGE, Recalibration
from cxlib.language import Count, Message, Percent, T, about_money
from cxlib.measures.result import Result, Valued
from cxlib.measures.sampling import LEVEL, Z95

FAR_OFF = 2.0  # times too much or too little


@dataclass(frozen=True, repr=False)
class RevenueAtRisk(Valued, Result):
    """Revenue of customers who are expected to leave, with 95% intervals.

    `value_cents`, `low_cents`, `high_cents`: Sum of risk x value, with its interval.
    `base_cents`: What all customers are worth.
    `groups`: group, n, value_cents, low_cents, high_cents, share (of the whole), base_cents; the largest first. Empty
        where no grouping was asked for.
    `top_share`: Share of it that hangs on the tenth of customers with the most.
    `actual_cents`: What the customers were worth who did leave, where that is known.

    >>> scored = pd.DataFrame({"customer_id": range(100), "risk": 0.5, "value_cents": 20000})
    >>> revenue_at_risk(scored, currency="SAR").summary.columns.tolist()
    ['group', 'customers', 'value (SAR)', 'low (SAR)', 'high (SAR)']
    """

    inside = ("groups",)

    value_cents: float
    low_cents: float
    high_cents: float
    base_cents: float
    groups: pd.DataFrame
    top_share: float
    actual_cents: float | None
    n: int
    currency: str

    @property
    def share(self) -> float:
        """Part of all value that is at risk."""
        return self.value_cents / self.base_cents if self.base_cents else 0.0

    @property
    def held(self) -> bool | None:
        """Whether what was lost lies in the interval; None where it is not known."""
        return None if self.actual_cents is None else bool(self.low_cents <= self.actual_cents <= self.high_cents)

    @property
    def is_far_off(self) -> bool:
        """Whether what was lost lies outside the interval, and is less than half or more than twice as much."""
        if self.actual_cents is None or self.held:
            return False
        return not self.value_cents / FAR_OFF <= self.actual_cents <= self.value_cents * FAR_OFF

    @property
    def face(self) -> pd.DataFrame:
        """Whole and groups."""
        columns = ["value_cents", "low_cents", "high_cents"]
        rows = [(T("All customers"), self.n, self.value_cents, self.low_cents, self.high_cents)]
        rows += list(self.groups[["group", "n", *columns]].itertuples(index=False, name=None))
        return pd.DataFrame(
            [(name, Count(n), *(about_money(x, self.currency) for x in cents)) for name, n, *cents in rows],
            columns=["group", "customers", "value", "low", "high"],
        )

    @property
    def headline(self) -> Message:
        """The sum, and where it hangs; for a past cut-off whether it held."""
        values: dict[str, object] = {
            "value": about_money(self.value_cents, self.currency),
            "low": about_money(self.low_cents, self.currency),
            "high": about_money(self.high_cents, self.currency),
            "level": Percent(LEVEL),
            "n": Count(self.n),
        }
        if self.actual_cents is None:
            return T(
                "{value} of yearly revenue is at risk, {share} of what {n} customers are worth ({level} "
                "interval {low} to {high}). A tenth of them account for {top} of it",
                **values,
                share=Percent(self.share),
                top=Percent(self.top_share),
            )
        values["actual"] = about_money(self.actual_cents, self.currency)
        if self.held:
            return T(
                "The forecast held: {value} of revenue was expected to be lost ({level} interval {low} to {high}), "
                "{actual} was ({n} customers)",
                **values,
            )
        return T(
            "The forecast missed: {value} of revenue was expected to be lost ({level} interval {low} to {high}), "
            "{actual} was ({n} customers)",
            **values,
        )


def revenue_at_risk(
    scored: pd.DataFrame,
    *,
    by: str = "",
    calibration: Recalibration | None = None,
    level_sd: float = 0.0,
    currency: str = "",
) -> RevenueAtRisk:
    """Sum of risk x value over customers.

    `scored`: One row a customer: risk, value_cents (what the customer spends in a year). With `churned` known in every
        row it is a test of the forecast.
    """
    frame = require_columns(scored, ("risk", "value_cents", *filter(None, [by])), what="the table of scores")
    risk = read_risks(frame["risk"])
    value = read_values(frame["value_cents"], n=len(risk))
    parts = _Parts.of(risk, value, None if calibration is None else calibration.covariance, level_sd)
    at_risk, low, high = map(float, parts.interval(np.zeros(len(risk), int), 1)[0])
    held = np.cumsum(np.sort(risk * value)[::-1])
    top = max(round(len(risk) / 10), 1)
    known = "churned" in frame.columns and bool(frame["churned"].notna().all())
    return RevenueAtRisk(
        at_risk,
        low,
        high,
        base_cents=float(value.sum()),
        groups=_grouped(frame, by, parts),
        top_share=float(held[top - 1] / held[-1]) if held[-1] else 0.0,
        actual_cents=float(value[read_outcomes(frame["churned"], both=False)].sum()) if known else None,
        n=len(risk),
        currency=currency,
    )


@dataclass(frozen=True)
class _Parts:
    """What each customer adds to the sum and to its variance."""

    expected: Floats
    value: Floats
    chance: Floats
    gradient: Floats  # of the sum in intercept and slope
    covariance: Floats

    @classmethod
    def of(cls, p: Floats, value: Floats, covariance: Floats | None, level_sd: float) -> _Parts:
        steep = value * p * (1 - p)
        gradient = np.column_stack([steep, steep * logit(np.clip(p, EDGE, 1 - EDGE))])
        spread = np.zeros((2, 2)) if covariance is None else np.array(covariance)
        spread[0, 0] += level_sd**2
        return cls(p * value, value, value * steep, gradient, spread)

    def interval(self, codes: Codes, groups: int) -> Floats:
        """Value, low and high of each group; no loss is below zero or above what the group is worth."""
        value, chance, most = (np.bincount(codes, x, groups) for x in (self.expected, self.chance, self.value))
        slope = np.column_stack([np.bincount(codes, column, groups) for column in self.gradient.T])
        half = Z95 * np.sqrt(chance + np.einsum("gi,ij,gj->g", slope, self.covariance, slope))
        return np.column_stack([value, np.clip(value - half, 0, most), np.clip(value + half, 0, most)])


def _grouped(frame: pd.DataFrame, by: str, parts: _Parts) -> pd.DataFrame:
    if not by:
        return pd.DataFrame(columns=["group", "n", "value_cents", "low_cents", "high_cents", "share", "base_cents"])
    codes, names = pd.factorize(frame[by].astype(object).where(frame[by].notna(), "—"))
    value, low, high = parts.interval(codes, len(names)).T
    table = pd.DataFrame({"group": names, "n": np.bincount(codes), "value_cents": value})
    table = table.assign(low_cents=low, high_cents=high, share=value / max(value.sum(), 1e-12))
    table["base_cents"] = np.bincount(codes, parts.value)
    return table.sort_values("value_cents", ascending=False, kind="stable", ignore_index=True)


def leavers_interval(risk: object, *, level_sd: float = 0.0) -> tuple[float, float, float]:
    """Expected number of leavers and its 95% interval by chance (Poisson-binomial) and a level that may be off.

    `risk` (n,): Probability of leaving, 0 to 1, one a customer.
    `level_sd`: Standard deviation of the level's logit.

    >>> [round(x, 1) for x in leavers_interval([0.5] * 100)]
    [50.0, 40.2, 59.8]
    """
    p = read_risks(risk)
    steep = float((p * (1 - p)).sum())
    half = Z95 * np.sqrt(steep + (steep * level_sd) ** 2)
    return float(p.sum()), float(max(p.sum() - half, 0)), float(min(p.sum() + half, len(p)))
