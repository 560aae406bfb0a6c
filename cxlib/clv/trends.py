"""Change in calendar time: how amounts and rates of the same customers move, and amounts brought to one day's level.

Only the same customers are compared, so that a change in who buys is no trend.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from cxlib.checks import Floats
from cxlib.clv.models.gamma_gamma import GammaGammaModel
from cxlib.clv.purchase_log import YEAR
from cxlib.language import Count, Message, Percent, T
from cxlib.measures.result import Brief

BEYOND_CHANCE = 2.24  # standard errors: 5% for the trends of amounts and of rates together (Bonferroni)
AT_LEAST = 30  # customers who tell of a trend, below which it is not judged
TWO_YEARS = 2 * YEAR - 31  # days, below which a trend may be the season's
USUAL_TREND, USUAL_SEASON = 0.2, 0.15  # prior standard deviations of a year's change and of a month's, in logarithms
FADES = 2.0  # years in which a trend goes on by 63% of what it would without end


class Trend(NamedTuple):
    """A trend in calendar time: logarithm a year, its standard error with customers as the unit, customers, days."""

    slope: float
    error: float
    customers: int
    days: int = 0

    @property
    def change(self) -> float:
        """Change in a year, as a share."""
        return float(np.expm1(self.slope))

    @property
    def is_known(self) -> bool:
        """Whether enough customers tell of it, over two years: before, it may be the season's."""
        return self.customers >= AT_LEAST and self.days >= TWO_YEARS and self.error > 0

    @property
    def is_clear(self) -> bool:
        """Whether it is known and beyond chance."""
        return self.is_known and abs(self.slope) > BEYOND_CHANCE * self.error


def amount_trend(bought: pd.DataFrame) -> Trend:
    """How the amount of a purchase day moves with time, for the same customers.

    Logarithms of amounts on the day and on calendar months, within customers (fixed effects; Wooldridge 2010, section
    10.5), with variance clustered by customer (Liang & Zeger 1986). Trend and months are shrunk towards none by a
    normal prior, which matters where the data is short or few, so that a season is not taken for a trend. The first
    purchase, which models of spend may leave out, is left out.
    """
    repeat = bought[(bought["amount_cents"] > 0) & (bought["day"] > first_days(bought))]
    codes = pd.factorize(repeat["customer_id"])[0]
    counts = np.bincount(codes)
    if not (counts > 1).any():
        return Trend(0.0, 0.0, 0)
    years = (repeat["day"] - repeat["day"].min()).dt.days.to_numpy() / YEAR
    months = np.eye(12)[repeat["day"].dt.month.to_numpy() - 1]
    values = np.column_stack([np.log(repeat["amount_cents"].to_numpy(float)), years, months])
    means = np.column_stack([np.bincount(codes, column) / counts for column in values.T])
    logs, terms = np.split(values - means[codes], [1], axis=1)
    noise = float((logs**2).sum()) / (len(logs) - len(counts)) if len(logs) > len(counts) else 0.0
    prior = noise / np.array([USUAL_TREND] + [USUAL_SEASON] * 12) ** 2
    inverse = np.linalg.pinv(terms.T @ terms + np.diag(prior))
    effects = inverse @ (terms.T @ logs[:, 0])
    scores = terms * (logs - terms @ effects[:, None])
    parts = np.column_stack([np.bincount(codes, column) for column in scores.T]) @ inverse[0]
    return Trend(float(effects[0]), float(np.sqrt(parts @ parts)), int((counts > 1).sum()), _length(bought))


def rate_trend(bought: pd.DataFrame) -> Trend:
    """How often the same customers buy, as time goes on, whether or not some of them leave.

    Given the first and the last purchase, the ones between are drawn from the rate over time, whatever the customer's
    own rate and chance of leaving: that gives the slope b of a rate exp(b t) by conditional maximum likelihood, as in
    Laplace's test of a trend (Cox & Lewis 1966, "The statistical analysis of series of events", section 3.3), with
    variance clustered by customer. Regular and bunched purchases alike have no trend.
    """
    start = first_days(bought)
    age = (bought["day"] - start).dt.days / YEAR
    last = age.groupby(bought["customer_id"]).transform("max")
    between = (age > 0) & (age < last)
    codes, t, span = pd.factorize(bought["customer_id"][between])[0], age[between].to_numpy(), last[between].to_numpy()
    if not len(t):
        return Trend(0.0, 0.0, 0)
    slope = 0.0
    for _ in range(20):
        mean, variance = _between(slope, span)
        step = float((t - mean).sum() / variance.sum())
        slope = float(np.clip(slope + np.clip(step, -1, 1), -5, 5))
        if abs(step) < 1e-6:
            break
    mean, variance = _between(slope, span)
    parts = np.bincount(codes, t - mean)
    return Trend(slope, float(np.sqrt((parts**2).sum()) / variance.sum()), len(parts), _length(bought))


def _between(slope: float, span: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of a time from 0 to `span` with density exp(slope t)."""
    x = slope * span
    near = np.abs(x) < 1e-2
    safe = np.where(near, 1.0, x)
    mean = np.where(near, 0.5 + x / 12, 1 / -np.expm1(-safe) - 1 / safe)
    variance = np.where(near, 1 / 12 - x**2 / 240, 1 / safe**2 - 1 / (4 * np.sinh(safe / 2) ** 2))
    return span * mean, span**2 * variance


@dataclass(frozen=True, repr=False)
class AmountsOfToday(Brief):
    """Amounts of the past at the level of one day, by a trend of such a `slope` (logarithm a year).

    `ratios` are what each customer's `first` and `repeat` amounts are multiplied by.
    """

    slope: float
    ratios: pd.DataFrame

    @classmethod
    def of(cls, bought: pd.DataFrame, slope: float, day: pd.Timestamp) -> AmountsOfToday:
        """From `purchase_days` up to `day`."""
        past = bought[bought["day"] <= day]
        moved = past["amount_cents"] * np.exp(slope * (day - past["day"]).dt.days / YEAR)
        is_first = past["day"] == first_days(past)
        ratios = {}
        for name, part in (("first", is_first), ("repeat", ~is_first)):
            by = past.loc[part, "customer_id"]
            nominal = past.loc[part, "amount_cents"].groupby(by).sum()
            ratios[name] = moved[part].groupby(by).sum() / nominal.where(nominal > 0)
        return cls(slope, pd.DataFrame(ratios).fillna(1.0))

    def restate(self, summary: pd.DataFrame, *, ahead_days: float = 0.0) -> pd.DataFrame:
        """A `purchase_summary` with its amounts at the level of the day, or of so many days ahead."""
        own = self.ratios.reindex(summary["customer_id"]).fillna(1.0) * self.growth(ahead_days)
        first, repeat = own["first"].to_numpy(), own["repeat"].to_numpy()
        return summary.assign(
            first_amount_cents=summary["first_amount_cents"] * first,
            repeat_amount_cents=summary["repeat_amount_cents"] * repeat,
            monetary_value=summary["monetary_value"] * repeat,
        )

    def growth(self, days: float) -> float:
        """By which factor amounts move so many days ahead: the trend fades with a mean life of two years.

        Source: Gardner & McKenzie (1985), Forecasting trends in time series.
        """
        return float(np.exp(-self.slope * FADES * np.expm1(-days / YEAR / FADES)))


@dataclass(frozen=True, repr=False)
class FollowedAmounts(Brief):
    """Amounts that follow their trend, because forecasts of the past that did so erred less.

    `spend` is the model of amounts at today's level; `error` and `plain_error` are typical errors (root mean square, in
    logarithms) of the amount of a purchase in so many past forecasts (`origins`), along the trend and at the average.
    """

    amounts: AmountsOfToday
    spend: GammaGammaModel
    error: float
    plain_error: float
    origins: int

    @property
    def headline(self) -> Message:
        """What is done and why."""
        return T(
            "Amounts are forecast along their trend: they are brought to today’s level at {change} a year and go on "
            "from there, ever less. In {n} forecasts of the past that was off by {error} in the amount of a purchase, "
            "and the average of the past by {plain}",
            change=Percent(float(np.expm1(self.amounts.slope)), signed=True),
            n=Count(self.origins),
            error=Percent(self.error, digits=1),
            plain=Percent(self.plain_error, digits=1),
        )


def _length(bought: pd.DataFrame) -> int:
    return int((bought["day"].max() - bought["day"].min()).days)


def first_days(bought: pd.DataFrame) -> pd.Series:
    """Of each purchase day the customer's first."""
    return bought.groupby("customer_id")["day"].transform("min")
