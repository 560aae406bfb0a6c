"""Kaplan-Meier: the share of members who are still there after so many days, without losing those who still run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cxlib.churn.survival.spells import Durations, Floats, count_at_risk, read_durations
from cxlib.language import Count, Days, Message, Percent, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import check_level

READ_AT = (365.0, 182.0, 91.0, 30.0, 7.0)  # days at which a curve is put into words: the first that enough have reached
FEWEST_AT_RISK = 30


@dataclass(frozen=True)
class SurvivalCurve(Result):
    """The share still there by days since the start; arrays are (times,), at each distinct duration.

    Attributes
    ----------
    days : array
        Distinct durations, ascending.
    at_risk, ended : array
        Spells still under observation just before, and endings at that duration (sums of weights where given).
    survival : array
        Share still there after that many days.
    std_error : array
        Greenwood's standard error of `survival`.
    low, high : array
        Interval at confidence `level`; 1 before the first ending, missing where nobody is left.
    n, endings : float
        Spells in all, and how many of them ended.
    """

    days: Floats
    at_risk: Floats
    ended: Floats
    survival: Floats
    std_error: Floats
    low: Floats
    high: Floats
    n: float
    endings: float
    level: float = 0.95

    @property
    def table(self) -> pd.DataFrame:
        """One row a distinct duration, from day 0."""
        start = pd.DataFrame(
            {"days": [0.0], "at_risk": [self.n], "ended": [0.0], "survival": [1.0], "std_error": [0.0], "low": [1.0],
             "high": [1.0]}
        )  # fmt: skip
        rows = pd.DataFrame({str(name): getattr(self, str(name)) for name in start})
        return rows if self.days[0] == 0 else pd.concat([start, rows], ignore_index=True)

    def at(self, days: ArrayLike) -> pd.DataFrame:
        """The curve at asked times, with the number at risk.

        Parameters
        ----------
        days : array-like
            Days since the start.

        Returns
        -------
        DataFrame
            days, at_risk (spells seen to last at least so long), survival, low, high; these three are missing past
            the longest spell observed, where nothing is known.
        """
        asked = np.atleast_1d(np.asarray(days, dtype=float))
        place = np.searchsorted(self.days, asked, side="right") - 1
        upcoming = np.searchsorted(self.days, asked, side="left")
        unknown = (asked > self.days[-1]) & (self.survival[-1] > 0)
        columns = {
            name: np.where(unknown, np.nan, np.concatenate([[1.0], getattr(self, name)])[place + 1])
            for name in ("survival", "low", "high")
        }
        at_risk = np.concatenate([self.at_risk, [0.0]])[upcoming]
        return pd.DataFrame({"days": asked, "at_risk": at_risk, **columns})

    @cached_property
    def median(self) -> tuple[float, float, float]:
        """Days after which half have left, with its interval; NaN where half is not reached.

        The interval holds the days at which the curve's own interval holds one half.

        Source: Brookmeyer & Crowley, A Confidence Interval for the Median Survival Time, Biometrics 38 (1982), 29-41.
        """
        return self.quantile(0.5)

    def quantile(self, left: float) -> tuple[float, float, float]:
        """Days after which the share `left` has left, with low and high; NaN where the curve stays above."""
        value, low, high = (self._first_below(curve, 1 - left) for curve in (self.survival, self.low, self.high))
        return value, low, high

    def _first_below(self, curve: Floats, share: float) -> float:
        # Products of shares carry rounding of 1e-16, which must not decide whether one half is reached.
        reached = np.flatnonzero(curve <= share + 1e-12)
        return float(self.days[reached[0]]) if len(reached) else np.nan

    @cached_property
    def read_at(self) -> float:
        """Days at which the curve is put into words: a year, or the longest customary time that 30 have reached."""
        enough = [days for days in READ_AT if self.at([days])["at_risk"].iloc[0] >= FEWEST_AT_RISK]
        return enough[0] if enough else float(self.days[len(self.days) // 2])

    @property
    def summary(self) -> pd.DataFrame:
        """The curve at the customary times, in quantities."""
        rows = self.at(sorted(days for days in READ_AT if days <= self.days[-1]) or [float(self.days[-1])])
        return pd.DataFrame(
            {
                "after": rows["days"].map(Days), "at risk": rows["at_risk"].map(Count),
                "still members": rows["survival"].map(Percent), "low": rows["low"].map(Percent),
                "high": rows["high"].map(Percent),
            }
        )  # fmt: skip

    @property
    def headline(self) -> Message:
        """How many are still there after a year, or the longest time that can be told."""
        row = self.at([self.read_at]).iloc[0]
        if not self.endings:
            return T("No membership has ended so far (memberships: {n})", n=Count(self.n))
        return T(
            "{share} of members are still there after {days} ({level} interval {low} to {high}; {n} memberships, "
            "{ended} of them ended)", share=Percent(row["survival"]), days=Days(self.read_at),
            level=Percent(self.level), low=Percent(row["low"]), high=Percent(row["high"]), n=Count(self.n),
            ended=Count(self.endings),
        )  # fmt: skip

    @property
    def median_sentence(self) -> Message:
        """After how many days half have left, or that this is not reached."""
        value, low, high = self.median
        level, values = Percent(self.level), {"days": Days(value), "low": Days(low), "high": Days(high)}
        if np.isnan(value):
            return T("More than half are still there after the longest time observed, {days}", days=Days(self.days[-1]))
        if np.isnan(high):
            return T("Half have left after {days} ({level} interval from {low}; no upper end yet)",
                     days=values["days"], low=values["low"], level=level)  # fmt: skip
        return T("Half have left after {days} ({level} interval {low} to {high})", level=level, **values)


def estimate_survival(spells: pd.DataFrame, *, weights: str | None = None, level: float = 0.95) -> SurvivalCurve:
    """Estimate the share of members still there by days since their start.

    ``S(t) = product over t_j <= t of (1 - d_j / n_j)``, with d_j endings among n_j at risk. Greenwood's variance is
    ``S(t)^2 sum d_j / (n_j (n_j - d_j))``; the interval is normal in ``log(-log S)``, so that it stays within 0 and 1.

    Parameters
    ----------
    spells : DataFrame
        One row a spell: duration_days (from its start to its end, or to the last day observed), ended.
    weights : str, optional
        Column that says how many members a row stands for.
    level : float
        Confidence of the intervals.

    Raises
    ------
    DataError
        As `read_durations`: a column, a row or a value does not fit.

    Notes
    -----
    Source: Kaplan & Meier, JASA 53 (1958), 457-481; Kalbfleisch & Prentice, The Statistical Analysis of Failure Time
    Data, 2nd edition (2002), section 1.4.

    Examples
    --------
    >>> spells = pd.DataFrame({"duration_days": [6, 6, 6, 7, 10], "ended": [True, True, True, True, False]})
    >>> estimate_survival(spells).survival.round(2).tolist()
    [0.4, 0.2, 0.2]
    """
    return fit_curve(read_durations(spells, weights=weights), level=level)


def fit_curve(spells: Durations, *, level: float = 0.95) -> SurvivalCurve:
    """The Kaplan-Meier curve of checked spells."""
    z, counts = check_level(level), count_at_risk(spells)
    left = counts.at_risk - counts.ended
    left = np.where(left < 1e-9 * counts.at_risk, 0.0, left)  # sums of weights need not cancel to the bit
    survival = np.cumprod(left / counts.at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        summed = np.cumsum(counts.ended / (counts.at_risk * left))
        spread = z * np.sqrt(summed) / np.log(survival)
        low, high = survival ** np.exp(-spread), survival ** np.exp(spread)
        std_error = np.where(survival > 0, survival * np.sqrt(summed), np.nan)
    untouched = summed == 0
    low, high = np.where(untouched, 1.0, low), np.where(untouched, 1.0, high)
    gone = survival == 0
    return SurvivalCurve(
        counts.days, counts.at_risk, counts.ended, survival, std_error, np.where(gone, np.nan, low),
        np.where(gone, np.nan, high), float(counts.at_risk[0]), float(counts.ended.sum()), level,
    )  # fmt: skip
