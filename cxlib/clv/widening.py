"""How wide intervals of totals must be: as wide as chance makes them, and as wide as errors of past forecasts ask.

Simulated futures hold chance and the uncertainty of parameters. They do not hold that times change or that a model is
wrong. Errors of past totals hold all of it, but there are few of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtrit

from cxlib.clv.models.rows import Floats

FEWEST_FUTURES = 100


@dataclass(frozen=True)
class Widening:
    """Errors of past totals, and what chance alone would make of them.

    Attributes
    ----------
    purchases, money : float
        Root mean square of log(came / forecast), of numbers of purchases and of amounts; 0 where nothing is known.
    chance_purchases, chance_money : float
        The same by chance and parameters alone, as simulated for the past forecasts.
    origins : float
        Past forecasts that count: those that overlap by half count half. The fewer, the heavier the tails (Student's t
        with so many degrees of freedom).
    """

    purchases: float = 0.0
    money: float = 0.0
    chance_purchases: float = 0.0
    chance_money: float = 0.0
    origins: float = 1.0

    @classmethod
    def learn(cls, purchases: pd.DataFrame, money: pd.DataFrame, *, horizon_days: float) -> Widening:
        """Read it off past forecasts of one method: columns origin, predicted, actual and chance (relative spread)."""
        bought, spent = (_errors(rows) for rows in (purchases, money))
        apart = pd.to_datetime(purchases["origin"]).sort_values().diff().dt.days.dropna().clip(upper=horizon_days)
        return cls(bought[0], spent[0], bought[1], spent[1], 1.0 + float(apart.sum()) / horizon_days)

    def interval(self, totals: Floats, level: float, *, error: float) -> tuple[float, float]:
        """Interval of a total from its simulated values, widened to hold past errors (`purchases` or `money`).

        Where a future error is like the past ones, it lies within t standard errors of none at all, with t the quantile
        of Student's distribution; the wider of this interval and the simulated one is taken at each end.

        Examples
        --------
        >>> totals = np.linspace(98, 102, 201)
        >>> low, high = Widening(origins=4).interval(totals, 0.95, error=0.1)
        >>> round(low), round(high)
        (76, 132)
        """
        low, high = total_interval(totals, level)
        reach = float(np.exp(error * stdtrit(self.origins, 0.5 + level / 2)))
        middle = float(totals.mean())
        return min(low, middle / reach), max(high, middle * reach)


def total_interval(totals: Floats, level: float) -> tuple[float, float]:
    """Interval of a total from its simulated values."""
    if len(totals) >= FEWEST_FUTURES:
        low, high = np.quantile(totals, [0.5 - level / 2, 0.5 + level / 2])
        return float(low), float(high)
    half = float(ndtri(0.5 + level / 2)) * float(totals.std(ddof=1))
    return max(float(totals.mean()) - half, min(0.0, float(totals.min()))), float(totals.mean()) + half


def _errors(rows: pd.DataFrame) -> tuple[float, float]:
    """Spread of past errors, and of chance alone; 0 where nothing is known."""
    known = rows[(rows["actual"] > 0) & (rows["predicted"] > 0) & rows["chance"].notna()]
    if known.empty:
        return 0.0, 0.0
    error = np.log(known["actual"].to_numpy(float) / known["predicted"].to_numpy(float))
    chance = known["chance"].to_numpy(float)
    return float(np.sqrt((error**2).mean())), float(np.sqrt((chance**2).mean()))
