"""Change in calendar time: how amounts and rates of the same customers move, and amounts brought to one day's level.

Only the same customers are compared, so that a change in who buys is no trend.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from cxlib.checks import Codes, Floats
from cxlib.clv.models.gamma_gamma import GammaGammaModel
from cxlib.clv.purchase_log import YEAR
from cxlib.language import Count, Day, Message, Percent, T
from cxlib.measures.result import Brief

BEYOND_CHANCE = 2.24  # standard errors: 5% for the trends of amounts and of rates together (Bonferroni)
AT_LEAST = 30  # customers who tell of a trend, below which it is not judged
TWO_YEARS = 2 * YEAR - 31  # days, below which a trend may be the season's
USUAL_TREND, USUAL_SEASON = 0.2, 0.15  # prior standard deviations of a year's change and of a month's, in logarithms
FADES = 2.0  # years in which a trend goes on by 63% of what it would without end
SURE_STEP = 4.0  # standard errors: the largest of all days goes beyond 3.6 in 1 of 100 (Andrews 1993, table 1)
OF_A_DAY = 1.5  # parameters that the day of a step counts as (Zhang & Siegmund 2007, a modified BIC)
LEAST_STEP = 0.05  # of amounts, in logarithms, below which a step is none
STEP_STAYS = 84  # days that a level must have lasted on both sides of a step


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
    amounts = _Amounts.of(bought)
    if amounts is None:
        return Trend(0.0, 0.0, 0)
    years = amounts.within(amounts.day / YEAR)
    slope, error, _ = amounts.effect(years, USUAL_TREND)
    return Trend(slope, error, amounts.tell, amounts.days)


class Step(NamedTuple):
    """A step in calendar time: first `day` of the level that has lasted since, in logarithms of the one before.

    `error`: Standard error with customers as the unit; `customers`: those with amounts on both sides.
    """

    day: pd.Timestamp
    size: float
    error: float
    customers: int

    @property
    def change(self) -> float:
        """Change of the level, as a share."""
        return float(np.expm1(self.size))


def amount_step(bought: pd.DataFrame) -> Step | None:
    """The day from which amounts of the same customers lie on another level; None where there is none.

    As `amount_trend`, with a step in place of the slope, at the day on which that explains most (Bai 1997, Estimation
    of a change point in multiple regression models). It is one where it is beyond chance and 5% or more, explains
    clearly more than a slope does (Schwarz's criterion: a step has a day as well), and no second step is left in what
    remains: what comes and goes, or moves year by year, is none.
    """
    amounts = _Amounts.of(bought)
    found = None if amounts is None else amounts.step()
    if amounts is None or found is None:
        return None
    _, _, gain = amounts.effect(amounts.within(amounts.day / YEAR), USUAL_TREND)
    if found.gain < gain + OF_A_DAY * amounts.noise * np.log(len(amounts.day)):
        return None
    rest = amounts.without(found).step()
    if rest is not None and abs(rest.size) >= min(LEAST_STEP, abs(found.size) / 2):
        return None
    rows = np.bincount(amounts.codes[amounts.day < found.day], minlength=len(amounts.counts))
    both = int(((rows > 0) & (rows < amounts.counts)).sum())
    if both < AT_LEAST or abs(found.size) < LEAST_STEP:
        return None
    return Step(amounts.start + pd.Timedelta(days=found.day), found.size, found.error, both)


class _Found(NamedTuple):
    """A step at a day since the start, in logarithms, with its error, and the sum of squares that it explains."""

    day: int
    size: float
    error: float
    gain: float


@dataclass(frozen=True)
class _Amounts:
    """Logarithms of amounts on repeat purchase days, and calendar months, as distances from the customer's own means.

    `codes`, `counts`: Of the customer of each row, and rows of each customer. `day`: Days since `start`, ascending.
    """

    codes: Codes
    counts: Codes
    day: Codes
    start: pd.Timestamp
    logs: Floats
    months: Floats
    days: int

    @classmethod
    def of(cls, bought: pd.DataFrame) -> _Amounts | None:
        """None where no customer has two of them."""
        repeat = bought[(bought["amount_cents"] > 0) & (bought["day"] > first_days(bought))].sort_values("day")
        codes = pd.factorize(repeat["customer_id"])[0]
        counts = np.bincount(codes)
        if not (counts > 1).any():
            return None
        start = repeat["day"].iloc[0]
        day = (repeat["day"] - start).dt.days.to_numpy()
        months = np.eye(12)[repeat["day"].dt.month.to_numpy() - 1]
        plain = cls(codes, counts, day, start, np.log(repeat["amount_cents"].to_numpy(float)), months, _length(bought))
        return replace(plain, logs=plain.within(plain.logs), months=plain.within(months))

    @property
    def tell(self) -> int:
        """Customers with two amounts or more."""
        return int((self.counts > 1).sum())

    @property
    def noise(self) -> float:
        """Variance within customers."""
        spare = len(self.logs) - len(self.counts)
        return float(self.logs @ self.logs) / spare if spare else 0.0

    def within(self, values: Floats) -> Floats:
        """Distances from customers' own means, of one column or several."""
        columns = values.reshape(len(values), -1)
        means = np.column_stack([np.bincount(self.codes, column) for column in columns.T]) / self.counts[:, None]
        return (columns - means[self.codes]).reshape(values.shape)

    def without(self, step: _Found) -> _Amounts:
        """What is left of amounts when a step is taken off."""
        return replace(self, logs=self.logs - step.size * self.within((self.day >= step.day).astype(float)))

    def effect(self, term: Floats, usual: float) -> tuple[float, float, float]:
        """Of a term (within customers) beside months: effect, its error, and the sum of squares that it explains."""
        terms = np.column_stack([term, self.months])
        prior = self.noise / np.array([usual] + [USUAL_SEASON] * 12) ** 2
        inverse = np.linalg.pinv(terms.T @ terms + np.diag(prior))
        effects = inverse @ (terms.T @ self.logs)
        scores = terms * (self.logs - terms @ effects)[:, None]
        parts = np.column_stack([np.bincount(self.codes, column) for column in scores.T]) @ inverse[0]
        return float(effects[0]), float(np.sqrt(parts @ parts)), float(effects[0] ** 2 / max(inverse[0, 0], 1e-300))

    def step(self) -> _Found | None:
        """The step that explains most, where it is beyond chance; None where too few days are there."""
        days = np.arange(STEP_STAYS, self.day[-1] - STEP_STAYS + 2, 7)
        if not len(days):
            return None
        day = int(days[np.argmax(self._gains(days))])
        near = np.arange(max(day - 6, STEP_STAYS), min(day + 7, self.day[-1] - STEP_STAYS + 2))
        day = int(near[np.argmax(self._gains(near))])
        found = _Found(day, *self.effect(self.within((self.day >= day).astype(float)), np.inf))
        # Near either end few customers tell, and errors clustered by them are too small: both kinds must be exceeded.
        least = max(found.error**2, self.noise * found.size**2 / max(found.gain, 1e-300))
        return found if least > 0 and found.size**2 > SURE_STEP**2 * least else None

    def _gains(self, days: Codes) -> Floats:
        """Sum of squares that a step at each of these days explains, beside months, by sums of all rows from it on."""
        ranks = pd.Series(self.codes[::-1]).groupby(self.codes[::-1]).cumcount().to_numpy()[::-1]
        own = 1 - (2 * ranks + 1) / self.counts[self.codes]  # what a row adds to the step's own square
        columns = np.column_stack([self.logs, own, self.months])
        sums = np.vstack([np.cumsum(columns[::-1], axis=0)[::-1], np.zeros(columns.shape[1])])
        sums = sums[np.searchsorted(self.day, days)]
        prior = np.diag(np.full(12, self.noise / USUAL_SEASON**2))
        inverse = np.linalg.pinv(self.months.T @ self.months + prior)
        left = sums[:, 0] - sums[:, 2:] @ inverse @ (self.months.T @ self.logs)
        square = sums[:, 1] - np.einsum("ij,jk,ik->i", sums[:, 2:], inverse, sums[:, 2:])
        return np.asarray(left**2 / np.maximum(square, 1e-9))


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


def _length(bought: pd.DataFrame) -> int:
    return int((bought["day"].max() - bought["day"].min()).days)


def first_days(bought: pd.DataFrame) -> pd.Series:
    """Of each purchase day the customer's first."""
    return bought.groupby("customer_id")["day"].transform("min")
