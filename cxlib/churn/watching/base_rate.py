"""How the share of customers who leave moves from cut-off to cut-off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import logit, stdtr, stdtrit

from cxlib.checks import Flags, Floats, read_outcomes, require_columns
from cxlib.language import Count, Day, Message, Percent, Points, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import LEAST_SHARE, check_level, number_groups, wilson

FEWEST_CUT_OFFS = 3  # with two there is a difference, no trend
MOST_TO_TELL = 1.0  # of shares a year: no trend is told from an interval as wide as all that there can be

PRIOR_STEP, PRIOR_STEPS = 0.15, 2  # of a level, in log-odds from one cut-off to the next, and cut-offs it is worth


@dataclass(frozen=True, repr=False)
class BaseRates(Result):
    """Churn by cut-off, and whether it rises or falls.

    `table`: cut_off, n, churned, rate, low, high (Wilson).
    `slope_per_year`: Change of the share in a year, as a fraction, by least squares over all rows; NaN with fewer than
        three cut-offs.
    `slope_error`, `p_value`: Rows of one customer at several cut-offs taken together; at least what the cut-offs' own
        distances from a line ask, with Student's t for how few they are: a rate that goes up and down is no trend.
    `level_sd`: Standard deviation of the rate's step, as a logit, from one cut-off to the next beyond what chance
        explains: how far a forecast of the next cut-off may be off because times change. Few cut-offs say little about
        it: it is shrunk towards a step of .15, worth two of them.
    """

    table: pd.DataFrame
    slope_per_year: float
    slope_error: float
    p_value: float
    level_sd: float
    n: int
    level: float = 0.95

    @property
    def interval(self) -> tuple[float, float]:
        """Of the slope per year."""
        t = float(stdtrit(max(len(self.table) - 2, 1), 0.5 + self.level / 2))
        return self.slope_per_year - t * self.slope_error, self.slope_per_year + t * self.slope_error

    @property
    def drifts(self) -> bool:
        """Whether a trend is clear, and at least a point a year."""
        return bool(self.p_value < 1 - self.level and abs(self.slope_per_year) >= LEAST_SHARE)

    @property
    def face(self) -> pd.DataFrame:
        """The table in quantities."""
        t = self.table
        shares = {name: t[name].map(Percent) for name in ("rate", "low", "high")}
        days = [Day(day.date()) for day in pd.to_datetime(t["cut_off"])]
        return pd.DataFrame({"cut_off": days, "customers": t["n"].map(Count), **shares})

    @property
    def headline(self) -> Message:
        """Trend, or its absence."""
        first, last = self.table["rate"].iloc[0], self.table["rate"].iloc[-1]
        values: dict[str, object] = {
            "first": Percent(first),
            "last": Percent(last),
            "n": Count(self.n),
            "cut_offs": Count(len(self.table)),
        }
        if np.isnan(self.p_value):
            return T(
                "{last} of customers left after the last of {cut_offs} cut-offs; a trend needs three ({n} rows)",
                **values,
            )
        low, high = self.interval
        values |= {
            "slope": Points(100 * self.slope_per_year, digits=1),
            "low": Points(100 * low, digits=1),
            "high": Points(100 * high, digits=1),
            "level": Percent(self.level),
        }
        if self.drifts:
            return T(
                "The share who leave drifts: {first} at the first and {last} at the last of {cut_offs} cut-offs, "
                "{slope} points a year ({level} interval {low} to {high}, {n} rows)",
                **values,
            )
        if high - low >= MOST_TO_TELL:
            return T(
                "The share who leave goes up and down too much to tell a trend: {first} at the first and {last} at the "
                "last of {cut_offs} cut-offs ({n} rows)",
                **values,
            )
        return T(
            "The share who leave shows no clear trend: {first} at the first and {last} at the last of {cut_offs} "
            "cut-offs, {slope} points a year ({level} interval {low} to {high}, {n} rows)",
            **values,
        )


def base_rates(rows: pd.DataFrame, *, level: float = 0.95) -> BaseRates:
    """Churn by cut-off, from rows whose outcome is known.

    `rows`: cut_off, churned, customer_id; rows without an outcome are left out.
    Raises DataError: a column is missing, or no outcome is known.

    >>> rows = pd.DataFrame({"customer_id": range(300), "cut_off": ["2026-01-01", "2026-02-01", "2026-03-01"] * 100,
    ...                      "churned": [0, 0, 1] * 20 + [0, 1, 0] * 80})
    >>> base_rates(rows).table["rate"].tolist()
    [0.0, 0.8, 0.2]
    """
    frame = require_columns(rows, ("customer_id", "cut_off", "churned"), what="the table of snapshots")
    frame = require_columns(frame[frame["churned"].notna()], (), what="the table of snapshots with known outcomes")
    left = read_outcomes(frame["churned"], both=False)
    days = pd.to_datetime(frame["cut_off"])
    table = _by_cut_off(days, left, check_level(level))
    slope, error = _trend(days, left, number_groups(frame["customer_id"].to_numpy(object), len(frame)))
    if len(table) < FEWEST_CUT_OFFS:
        slope = error = np.nan
    p_value = 2 * float(stdtr(len(table) - 2, -abs(slope) / error)) if error > 0 else np.nan
    return BaseRates(table, slope, error, p_value, _between(table), len(frame), level)


def _by_cut_off(days: pd.Series, left: Flags, z: float) -> pd.DataFrame:
    by = pd.Series(left.astype(int), index=days.to_numpy()).groupby(level=0)
    table = pd.DataFrame({"n": by.size(), "churned": by.sum()}).rename_axis("cut_off").reset_index()
    low, high = wilson(table["churned"], table["n"], z=z)
    return table.assign(rate=table["churned"] / table["n"], low=low, high=high)


def _trend(days: pd.Series, left: Flags, groups: Floats) -> tuple[float, float]:
    years = ((days - days.min()).dt.days / 365.25).to_numpy(float)
    x = years - years.mean()
    square = float(x @ x)
    if square == 0:
        return np.nan, np.nan
    slope = float(x @ left / square)
    residual = left - left.mean() - slope * x
    sums = np.bincount(groups, x * residual)
    _, cut_offs = np.unique(years, return_inverse=True)
    off = np.bincount(cut_offs, residual)
    between = float(off @ (off / np.bincount(cut_offs))) / max(int(cut_offs.max()) - 1, 1)
    return slope, float(np.sqrt(max(float(sums @ sums) / square, between) / square))


def _between(table: pd.DataFrame) -> float:
    """By moments, as DerSimonian & Laird (1986): squared steps of the logit less what chance gives each of them."""
    if len(table) < FEWEST_CUT_OFFS:
        return PRIOR_STEP
    rate = ((table["churned"] + 0.5) / (table["n"] + 1)).to_numpy(float)
    chance = 1 / (table["n"].to_numpy(float) * rate * (1 - rate))
    weight = 1 / (chance[1:] + chance[:-1])
    excess = float(weight @ np.diff(logit(rate)) ** 2) - len(weight)
    step = max(excess, 0.0) / weight.sum()
    return float(np.sqrt((PRIOR_STEPS * PRIOR_STEP**2 + len(weight) * step) / (PRIOR_STEPS + len(weight))))
