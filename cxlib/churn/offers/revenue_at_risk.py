"""How much revenue hangs on customers who may leave, with an interval, and whether past forecasts of it held.

The sum of risk x value. Its variance has three parts, added as for independent normal errors: chance in who leaves
(Poisson-binomial, ``sum v^2 p (1 - p)``); the risks' calibration, as far as the last complete cut-off leaves it open
(delta method on intercept and slope); and the level of churn, which moves from cut-off to cut-off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit

from cxlib.checks import Floats, read_outcomes, read_risks, read_values, require_columns
from cxlib.churn.offers.offer import amount
from cxlib.churn.watching import EDGE, Recalibration
from cxlib.language import Count, Message, Money, Percent, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import check_level


@dataclass(frozen=True)
class RevenueAtRisk(Result):
    """Revenue of customers who are expected to leave.

    Attributes
    ----------
    value_cents, low_cents, high_cents : float
        Sum of risk x value, with its interval.
    base_cents : float
        What all customers are worth.
    groups : DataFrame
        group, n, value_cents, low_cents, high_cents, share (of the whole), base_cents; the largest first. Empty where
        no grouping was asked for.
    top_share : float
        Share of it that hangs on the tenth of customers with the most.
    half_customers : int
        Fewest customers who hold half of it.
    expected_leavers : float
    actual_cents : float or None
        What the customers were worth who did leave, where that is known.
    n : int
    level : float
    currency : str
    """

    value_cents: float
    low_cents: float
    high_cents: float
    base_cents: float
    groups: pd.DataFrame
    top_share: float
    half_customers: int
    expected_leavers: float
    actual_cents: float | None
    n: int
    level: float
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
    def summary(self) -> pd.DataFrame:
        """Whole and groups."""
        rows = [(T("All customers"), self.n, self.value_cents, self.low_cents, self.high_cents)]
        names = ["group", "n", "value_cents", "low_cents", "high_cents"]
        rows += list(self.groups[names].itertuples(index=False, name=None))
        return pd.DataFrame(
            [(name, Count(n), *map(self._money, money)) for name, n, *money in rows],
            columns=["group", "customers", "value", "low", "high"],
        )

    @property
    def headline(self) -> Message:
        """The sum, and where it hangs; for a past cut-off whether it held."""
        values = {
            "value": self._money(self.value_cents),
            "low": self._money(self.low_cents),
            "high": self._money(self.high_cents),
            "level": Percent(self.level),
            "n": Count(self.n),
        }
        if self.actual_cents is not None:
            return self._tested(values, self._money(self.actual_cents))
        return T(
            "{value} of yearly revenue is at risk, {share} of what {n} customers are worth ({level} interval {low} to "
            "{high}); {top} of it hangs on a tenth of them",
            **values,
            share=Percent(self.share),
            top=Percent(self.top_share),
        )

    def _tested(self, values: dict[str, Any], actual: Money) -> Message:
        if self.held:
            return T(
                "The forecast held: {value} of revenue was expected to be lost ({level} interval {low} to {high}), "
                "{actual} was ({n} customers)",
                **values,
                actual=actual,
            )
        return T(
            "The forecast missed: {value} of revenue was expected to be lost ({level} interval {low} to {high}), "
            "{actual} was ({n} customers)",
            **values,
            actual=actual,
        )

    def _money(self, cents: float) -> Money:
        return amount(cents, self.currency)


def revenue_at_risk(
    scored: Any,
    *,
    by: str | None = None,
    calibration: Recalibration | None = None,
    level_sd: float = 0.0,
    level: float = 0.95,
    currency: str = "",
) -> RevenueAtRisk:
    """Sum of risk x value over customers.

    Parameters
    ----------
    scored : DataFrame
        One row a customer: risk, value_cents (what the customer spends in a year). With `churned` known in every row
        it is a test of the forecast.
    by : str, optional
        Column of groups.
    calibration : Recalibration, optional
        Of the same model on customers with known outcome: how sure its level and sharpness are. The risks themselves
        are not changed.
    level_sd : float
        How far the level of churn moves between cut-offs (`BaseRates.level_sd`).
    level : float
        Coverage of the intervals.

    Raises
    ------
    DataError
        The table is empty, lacks a column, or has risks outside 0-1.

    Examples
    --------
    >>> scored = pd.DataFrame({"risk": [0.5, 0.1], "value_cents": [20000, 10000]})
    >>> revenue_at_risk(scored).value_cents
    11000.0
    """
    z = check_level(level)
    frame = require_columns(scored, ("risk", "value_cents", *([by] if by else [])), what="the table of scores")
    p = read_risks(frame["risk"])
    value = read_values(frame["value_cents"], n=len(p))
    parts = _Parts.of(p, value, None if calibration is None else calibration.covariance, level_sd)
    at_risk, low, high = map(float, parts.interval(np.zeros(len(p), int), 1, z)[0])
    held = np.cumsum(np.sort(p * value)[::-1])
    top = max(round(len(p) / 10), 1)
    known = "churned" in frame.columns and bool(frame["churned"].notna().all())
    actual = float(value[read_outcomes(frame["churned"], both=False)].sum()) if known else None
    return RevenueAtRisk(
        at_risk, low, high, float(value.sum()), _grouped(frame, by, parts, z),
        float(held[top - 1] / held[-1]) if held[-1] else 0.0, int(np.searchsorted(held, held[-1] / 2)) + 1,
        float(p.sum()), actual, len(p), level, currency,
    )  # fmt: skip


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

    def interval(self, codes: Floats, groups: int, z: float) -> Floats:
        """Value, low and high of each group; no loss is below zero or above what the group is worth."""
        value, chance, most = (np.bincount(codes, x, groups) for x in (self.expected, self.chance, self.value))
        slope = np.column_stack([np.bincount(codes, column, groups) for column in self.gradient.T])
        half = z * np.sqrt(chance + np.einsum("gi,ij,gj->g", slope, self.covariance, slope))
        found: Floats = np.column_stack([value, np.clip(value - half, 0, most), np.clip(value + half, 0, most)])
        return found


def _grouped(frame: pd.DataFrame, by: str | None, parts: _Parts, z: float) -> pd.DataFrame:
    columns = ["group", "n", "value_cents", "low_cents", "high_cents", "share", "base_cents"]
    if by is None:
        return pd.DataFrame(columns=columns)
    labels = frame[by].astype(object).where(frame[by].notna(), "—")
    codes, names = pd.factorize(labels)
    value, low, high = parts.interval(codes, len(names), z).T
    table = pd.DataFrame(
        {
            "group": names, "n": np.bincount(codes), "value_cents": value, "low_cents": low, "high_cents": high,
            "share": value / max(value.sum(), 1e-12), "base_cents": np.bincount(codes, parts.value),
        }
    )  # fmt: skip
    return table.sort_values("value_cents", ascending=False, kind="stable", ignore_index=True)


def leavers_interval(risk: Any, *, spread: float = 0.0, level: float = 0.95) -> tuple[float, float, float]:
    """Expected number of leavers and its interval by chance (Poisson-binomial) and a level that may be off.

    Parameters
    ----------
    risk : array-like (n,)
    spread : float
        Standard deviation of the level's logit.

    Examples
    --------
    >>> [round(x, 1) for x in leavers_interval([0.5] * 100)]
    [50.0, 40.2, 59.8]
    """
    p = read_risks(risk)
    steep = float((p * (1 - p)).sum())
    half = check_level(level) * np.sqrt(steep + (steep * spread) ** 2)
    return float(p.sum()), float(max(p.sum() - half, 0)), float(min(p.sum() + half, len(p)))
