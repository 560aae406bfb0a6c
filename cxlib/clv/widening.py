"""How wide intervals of totals must be: as wide as chance makes them, and as wide as errors of past forecasts ask.

Simulated futures hold chance and the uncertainty of parameters. They do not hold that times change or that a model is
wrong. Errors of past totals hold all of it, but there are few of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtrit

from cxlib.checks import Floats
from cxlib.clv.levels import LevelForecast

FEWEST_FUTURES = 100
SPENDING_ERROR, SPENDING_PAST = 0.1, 3.0  # prior of errors in the amount a purchase, and past days it is worth


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
    factor : float
        Of a forecast level to the model's sum: totals, and each customer's part of them, are multiplied by it.
    reach_purchases, reach_money : float
        Half widths, in logarithms, of the 95% intervals that past levels ask; 0 without a level.
    """

    purchases: float = 0.0
    money: float = 0.0
    chance_purchases: float = 0.0
    chance_money: float = 0.0
    origins: float = 1.0
    factor: float = 1.0
    reach_purchases: float = 0.0
    reach_money: float = 0.0

    @classmethod
    def learn(cls, purchases: pd.DataFrame, money: pd.DataFrame, *, horizon_days: float) -> Widening:
        """Read it off past forecasts of one method: columns origin, predicted, actual and chance (relative spread)."""
        bought, spent = (_errors(rows) for rows in (purchases, money))
        apart = pd.to_datetime(purchases["origin"]).sort_values().diff().dt.days.dropna().clip(upper=horizon_days)
        return cls(bought[0], spent[0], bought[1], spent[1], 1.0 + float(apart.sum()) / horizon_days)

    def at_level(self, level: LevelForecast, expected: float, spending: Floats) -> Widening:
        """Totals brought to a forecast level, with its interval; money adds the spread of past amounts a purchase.

        Parameters
        ----------
        level : LevelForecast
            Of purchases.
        expected : float
            Purchases that the model expects in the same days.
        spending : array
            Past log(came / forecast) of the amount a purchase.
        """
        reach = float(np.log(level.high / level.low)) / 2
        n = len(spending) / 2  # past days of a backtest overlap
        squares = float(spending @ spending) / 2
        spread = np.sqrt((SPENDING_PAST * SPENDING_ERROR**2 + squares) / (SPENDING_PAST + n))
        money = float(np.hypot(reach, stdtrit(SPENDING_PAST + n, 0.975) * spread))
        return replace(self, factor=level.value / expected, reach_purchases=reach, reach_money=money)

    def interval(self, totals: Floats, level: float, *, error: float, reach: float = 0.0) -> tuple[float, float]:
        """Interval of a total from its simulated values, widened to hold past errors, or to `reach` (in logarithms).

        Where a future error is like the past ones, it lies within t standard errors of none at all, with t the quantile
        of Student's distribution; the wider of this interval and the simulated one is taken at each end.

        Examples
        --------
        >>> totals = np.linspace(98, 102, 201)
        >>> low, high = Widening(origins=4).interval(totals, 0.95, error=0.1)
        >>> round(low), round(high)
        (76, 132)
        """
        low, high = (self.factor * end for end in total_interval(totals, level))
        past = reach or error * float(stdtrit(self.origins, 0.5 + level / 2))
        middle = self.factor * float(totals.mean())
        return min(low, middle * float(np.exp(-past))), max(high, middle * float(np.exp(past)))


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
