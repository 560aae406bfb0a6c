"""Change in calendar time: how amounts and rates of the same customers move, and amounts brought to one day's level.

Only the same customers are compared, so that a change in who buys is no trend.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from cxlib.checks import Floats
from cxlib.clv.models.gamma_gamma import GammaGammaModel
from cxlib.clv.purchase_log import YEAR
from cxlib.data.frames.steps import AT_LEAST, USUAL_TREND, Amounts, Step, first_days, length_days
from cxlib.language import Count, Day, Message, Percent, T
from cxlib.measures.result import Brief

BEYOND_CHANCE = 2.24  # standard errors: 5% for the trends of amounts and of rates together (Bonferroni)
TWO_YEARS = 2 * YEAR - 31  # days, below which a trend may be the season's
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
    amounts = Amounts.of(bought)
    if amounts is None:
        return Trend(0.0, 0.0, 0)
    years = amounts.within(amounts.day / YEAR)
    slope, error, _ = amounts.effect(years, USUAL_TREND)
    return Trend(slope, error, amounts.tell, amounts.days)


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
    return Trend(slope, float(np.sqrt((parts**2).sum()) / variance.sum()), len(parts), length_days(bought))


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
    """Amounts of the past at the level of one day, by a trend of such a `slope` (logarithm a year), or by a `step`.

    `ratios` are what each customer's `first` and `repeat` amounts are multiplied by.
    """

    slope: float
    ratios: pd.DataFrame
    step: Step | None = None

    @classmethod
    def of(cls, bought: pd.DataFrame, move: float | Step, day: pd.Timestamp) -> AmountsOfToday:
        """From `purchase_days` up to `day`, by a slope or a step."""
        past = bought[bought["day"] <= day]
        step, slope = (move, 0.0) if isinstance(move, Step) else (None, move)
        log = slope * (day - past["day"]).dt.days / YEAR if step is None else step.size * (past["day"] < step.day)
        moved = past["amount_cents"] * np.exp(log)
        is_first = past["day"] == first_days(past)
        ratios = {}
        for name, part in (("first", is_first), ("repeat", ~is_first)):
            by = past.loc[part, "customer_id"]
            nominal = past.loc[part, "amount_cents"].groupby(by).sum()
            ratios[name] = moved[part].groupby(by).sum() / nominal.where(nominal > 0)
        return cls(slope, pd.DataFrame(ratios).fillna(1.0), step)

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
        """By which factor amounts move so many days ahead: a trend fades with a mean life of two years.

        Source: Gardner & McKenzie (1985), Forecasting trends in time series.
        """
        return float(np.exp(-self.slope * FADES * np.expm1(-days / YEAR / FADES)))


@dataclass(frozen=True, repr=False)
class FollowedAmounts(Brief):
    """Amounts that follow their trend, or their level since a step, as forecasts of the past bear out.

    `spend` is the model of amounts at today's level; `error` and `plain_error` are typical errors (root mean square, in
    logarithms) of the amount of a purchase in so many past forecasts (`origins`), in this way and at the average.
    """

    amounts: AmountsOfToday
    spend: GammaGammaModel
    error: float
    plain_error: float
    origins: int

    @property
    def headline(self) -> Message:
        """What is done and why."""
        values = {
            "n": Count(self.origins),
            "error": Percent(self.error, digits=1),
            "plain": Percent(self.plain_error, digits=1),
        }
        if (step := self.amounts.step) is not None:
            return T("{step}. {test}", step=_taken(step), test=self._test(values))
        return T(
            "Amounts are forecast along their trend: they are brought to today’s level at {change} a year and go on "
            "from there, ever less. In {n} forecasts of the past that was off by {error} in the amount of a purchase, "
            "and the average of the past by {plain}",
            change=Percent(float(np.expm1(self.amounts.slope)), signed=True),
            **values,
        )

    def _test(self, values: Mapping[str, object]) -> Message:
        """Whether forecasts of the past could know of the step, and how they did."""
        if self.error == self.plain_error:
            return T("No forecast of the past could know of it yet, so that nothing has tested this")
        return T(
            "In {n} forecasts of the past, as far as it was known by then, that was off by {error} in the amount of a "
            "purchase, and the average of the past by {plain}",
            **values,
        )


def _taken(step: Step) -> Message:
    values = {"change": Percent(abs(step.change)), "day": Day(step.day.date()), "n": Count(step.customers)}
    if step.size > 0:
        return T(
            "The same customers have spent {change} more on a purchase day since about {day} ({n} customers): the "
            "forecast takes that level, and no further rise",
            **values,
        )
    return T(
        "The same customers have spent {change} less on a purchase day since about {day} ({n} customers): the "
        "forecast takes that level, and no further fall",
        **values,
    )
