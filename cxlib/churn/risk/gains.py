"""How many of those who leave are reached by looking first at the customers at highest risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cxlib.checks import Floats, read_outcomes, read_risks
from cxlib.churn.risk.evaluation import customer_weights
from cxlib.errors import DataError
from cxlib.language import Count, Decimal, Message, Percent, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import check_level, number_groups, percentiles

POINTS = 51  # of the drawn curve: steps of two percent
FIRST = 0.1


@dataclass(frozen=True)
class Gains(Result):
    """Share of leavers reached by share of customers looked at.

    Attributes
    ----------
    table : DataFrame
        share (of customers, those at highest risk first), reached (of those who left), low, high, random (the share
        itself).
    n, churned : int
    level : float
    """

    table: pd.DataFrame
    n: int
    churned: int
    level: float = 0.95

    def at(self, share: float) -> tuple[float, float, float]:
        """Share of leavers reached among that share of customers, with its interval."""
        x = self.table["share"].to_numpy(float)
        value, low, high = (float(np.interp(share, x, self.table[name])) for name in ("reached", "low", "high"))
        return value, low, high

    @property
    def lift(self) -> tuple[float, float, float]:
        """Times as many leavers among the tenth at highest risk as among all."""
        value, low, high = self.at(FIRST)
        return value / FIRST, low / FIRST, high / FIRST

    @property
    def summary(self) -> pd.DataFrame:
        """At a tenth, a fifth and half of the customers, in quantities."""
        rows = [(Percent(share), *map(Percent, self.at(share))) for share in (0.1, 0.2, 0.5)]
        return pd.DataFrame(rows, columns=["customers", "leavers reached", "low", "high"])

    @property
    def headline(self) -> Message:
        """What the tenth at highest risk holds, and how that compares with chance."""
        value, low, high = self.at(FIRST)
        values = {
            "share": Percent(value), "low": Percent(low), "high": Percent(high),
            "lift": Decimal(self.lift[0], digits=1), "level": Percent(self.level), "n": Count(self.n),
            "churned": Count(self.churned),
        }  # fmt: skip
        if low > FIRST:
            return T(
                "The tenth at highest risk hold {share} of those who left ({level} interval {low} to {high}), {lift} "
                "times as many as chance would ({n} customers, {churned} left)", **values,
            )  # fmt: skip
        return T(
            "The tenth at highest risk hold {share} of those who left ({level} interval {low} to {high}): that is not "
            "clearly more than chance ({n} customers, {churned} left)", **values,
        )  # fmt: skip


def gain_curve(
    churned: Any, risk: Any, *, customers: Any = None, draws: int = 200, level: float = 0.95, seed: int = 0
) -> Gains:
    """Cumulative gains of a ranking by risk.

    Customers with equal risks are reached in no particular order: the curve runs straight between them.

    Parameters
    ----------
    churned : array-like (n,)
        0 or 1.
    risk : array-like (n,)
        Probabilities.
    customers : array-like (n,), optional
        Rows of one customer are resampled together.
    draws, level, seed
        Of the bootstrap.

    Raises
    ------
    DataError
        Nobody has left, or lengths differ.

    Examples
    --------
    >>> found = gain_curve([1, 0, 1, 0, 0, 0, 0, 0, 0, 0], [0.9, 0.1, 0.8, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1], draws=20)
    >>> found.at(0.1)[0], found.at(0.5)[0]
    (0.5, 1.0)
    """
    check_level(level)
    y, p = read_outcomes(churned, both=False).astype(float), read_risks(risk)
    if len(y) != len(p) or not y.any():
        raise DataError("gains need one risk for each outcome, and somebody who left. Give both.")
    order = np.argsort(-p, kind="stable")
    starts = np.flatnonzero(np.diff(p[order], prepend=np.inf))
    shares = np.linspace(0, 1, POINTS)
    groups = number_groups(customers, len(y))
    own = _curve(y[order], np.ones(len(y)), starts, shares)
    drawn = [
        _curve(y[order], row[order], starts, shares)
        for weights in customer_weights(groups, draws=draws, seed=seed)
        for row in weights
        if row @ y > 0
    ]
    low, high = np.array([percentiles(column, level) for column in np.array(drawn).T]).T
    table = pd.DataFrame({"share": shares, "reached": own, "low": low, "high": high, "random": shares})
    return Gains(table, len(y), int(y.sum()), level)


def _curve(y: Floats, weights: Floats, starts: Any, shares: Floats) -> Floats:
    seen, left = (np.append(0.0, np.cumsum(np.add.reduceat(x, starts))) for x in (weights, weights * y))
    return np.asarray(np.interp(shares, seen / seen[-1], left / left[-1]))
