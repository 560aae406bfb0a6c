"""A log of purchase days, what a model expects of it by week, and forecasts from it at a cut-off.

How much all customers will buy is forecast by the age-period model. Who of them will is told by BG/NBD (Fader, Hardie &
Lee 2005, Marketing Science 24(2)), on a clock that runs as fast as that model finds the months busy, and so far ahead
that it expects as many purchases. In a log's first year BG/NBD counts for the totals too: ages and months tell little
of each other there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import pandas as pd

from cxlib.checks import Codes, Flags, Floats, require_columns
from cxlib.clv.models.age_period import AgePeriodModel
from cxlib.clv.models.base import FEWEST, PurchaseModel
from cxlib.clv.models.beta_geo import BetaGeoModel
from cxlib.clv.models.rows import Rows, group
from cxlib.errors import CxError, DataError, ParameterError

Measure = Literal["stay_away", "purchases"]
EPOCH = dt.date(1970, 1, 1).toordinal()  # days are counted from here, as numpy does
WEEK = 7.0
YEAR = 365
BURN_IN_DAYS = 90  # of the log: who buys in them may have bought before
FIRST_DAYS = 150  # of a log, in which BG/NBD alone forecasts; the age-period model alone does after a year
MONTH_SHRINKAGE = 0.5  # a month seen n times counts n / (n + this)
FEWEST_EXPECTED = 5.0  # purchases of a month, for its intensity
MOST_MONTHS = 48  # of the log that a forecast learns from; who began before counts as one who was there at its start
RECENT_DAYS = 90
FEWEST_NEW = 10.0  # new customers who would have come by now, for their absence to be none of chance
STEP_DAYS = 91  # steps of horizons that past forecasts of totals are compared at


@dataclass(frozen=True)
class LevelQuestion:
    """What is forecast.

    `measure`: Share of the followed customers (two purchase days or more, the last at most `followed_days` ago) that
        buys nothing; or purchase days of all customers.
    `horizon_days`, `gap_days`: Days that count, after so many that do not.
    """

    measure: Measure
    horizon_days: int
    gap_days: int = 0
    followed_days: int = YEAR

    def __post_init__(self) -> None:
        """Check the numbers."""
        if self.measure not in ("stay_away", "purchases"):
            raise ParameterError(f"measure={self.measure!r} is not known. Choose stay_away or purchases.")
        if self.horizon_days < 1 or self.gap_days < 0:
            raise ParameterError("horizon_days must be 1 or more, gap_days 0 or more.")

    @property
    def steps(self) -> list[int]:
        """Horizons at which past forecasts are compared, the longest that is over first."""
        if self.measure == "stay_away":
            return [self.horizon_days]
        return [*range(self.horizon_days, STEP_DAYS - 1, -STEP_DAYS)] or [self.horizon_days]


@dataclass(frozen=True)
class Months:
    """Months of a calendar by their first days, as day numbers; the first is that of a new year."""

    starts: Codes

    def of(self, day: Codes | int) -> Codes:
        """The place of the months that days lie in; modulo twelve it is the month of the year."""
        return np.asarray(np.searchsorted(self.starts, day, side="right") - 1)

    def hold(self, start: int, end: int) -> bool:
        """Whether both days lie in it."""
        return bool(self.starts[0] <= start and end < self.starts[-1])


@cache
def gregorian() -> Months:
    """Months of 1600 to 2399."""
    return Months(_first_days(np.arange(-12 * 370, 12 * 430 + 1)))


@cache
def hijri() -> Months:
    """Months of the Umm al-Qura calendar that was printed, 1343 to 1500."""
    from hijridate import Hijri

    years = [(year, month) for year in range(1343, 1501) for month in range(1, 13)]
    return Months(np.array([Hijri(*each, 1).to_gregorian().toordinal() - EPOCH for each in years]))


@dataclass(frozen=True)
class Clock:
    """Operational time: `elapsed[k]` is how much of it has passed `k` days after `start`."""

    start: int
    elapsed: Floats

    @classmethod
    def of_months(cls, start: int, days: int, intensity: Floats, *, calendar: Months | None = None) -> Clock:
        """A clock that runs at `intensity` (12,) of the month, by default of the Gregorian calendar."""
        months = (calendar or gregorian()).of(np.arange(start, start + days)) % 12
        return cls(start, np.concatenate([[0.0], np.cumsum(intensity[months])]))

    @classmethod
    def at_pace(cls, start: int, days: int, pace: Floats) -> Clock:
        """A clock that runs at the `pace` of each calendar month from that of `start` on; the last one stays."""
        months = months_of(np.arange(start, start + days))
        return cls(start, np.concatenate([[0.0], np.cumsum(pace[np.minimum(months - months[0], len(pace) - 1)])]))

    def at(self, day: Codes | int) -> Floats:
        """Time at the beginning of a day."""
        return np.asarray(self.elapsed[np.asarray(day) - self.start])


@dataclass(frozen=True)
class Customers:
    """Who had bought by a day: purchase days after the `first` one, and the first and `last` day."""

    frequency: Codes
    first: Codes
    last: Codes

    def take(self, members: Flags) -> Customers:
        """Those of a mask."""
        return Customers(self.frequency[members], self.first[members], self.last[members])

    def rows(self, cut: int, clock: Clock) -> Rows:
        """As the model reads them, in weeks of the clock."""
        return group(self.frequency, *self._times(cut, clock), scale=1 / WEEK, order=True)

    def summary(self, cut: int, clock: Clock) -> pd.DataFrame:
        """As `PurchaseModel.fit` takes them, in days of the clock."""
        recency, age = self._times(cut, clock)
        recency = np.maximum(recency, self.frequency > 0)  # of slow months two days may be one
        return pd.DataFrame({"frequency": self.frequency, "recency": recency, "T": np.maximum(age, recency)})

    def _times(self, cut: int, clock: Clock) -> tuple[Codes, Codes]:
        """Recency and age in whole days of the clock."""
        begin = clock.at(self.first)
        recency, age = clock.at(self.last) - begin, clock.at(cut) - begin
        return np.rint(recency).astype(np.int64), np.rint(age).astype(np.int64)


class PurchaseLog:
    """Purchase days of customers, as day numbers: what was known at a day, and what came after it."""

    def __init__(self, customer: Codes, day: Codes) -> None:
        self.customer, self.day = customer, day
        self.start, self.end = int(day.min()), int(day.max())
        self.n = int(customer.max()) + 1
        self.first = np.full(self.n, np.iinfo(np.int64).max)
        np.minimum.at(self.first, customer, day)

    @classmethod
    def read(cls, purchases: pd.DataFrame, as_of: dt.date | None) -> PurchaseLog:
        """One row a purchase; several on one day count once."""
        table = require_columns(purchases, ("customer_id", "day"), what="the table of purchases")
        codes, days = pd.factorize(table["customer_id"])[0].astype(np.int64), pd.to_datetime(table["day"])
        day = days.to_numpy().astype("datetime64[D]").astype(np.int64)
        members = (codes >= 0) & days.notna().to_numpy()
        members &= day <= (np.iinfo(np.int64).max if as_of is None else as_of.toordinal() - EPOCH)
        if not members.any():
            raise DataError(f"no purchase lies on or before {as_of}. Choose a later day.")
        codes, start, days_in_all = codes[members], int(day[members].min()), int(np.ptp(day[members])) + 1
        key = np.sort(codes * days_in_all + day[members] - start)  # np.unique hashes: a hundred times slower
        customer, since = np.divmod(key[np.diff(key, prepend=-1) > 0], days_in_all)
        return cls(np.cumsum(np.diff(customer, prepend=customer[0]) > 0), start + since)

    def customers(self, cut: int) -> tuple[Codes, Customers]:
        """Who had bought by the end of day `cut`."""
        past = self.day <= cut
        count = np.bincount(self.customer[past], minlength=self.n)
        last = np.zeros(self.n, dtype=np.int64)
        np.maximum.at(last, self.customer[past], self.day[past])
        who = np.flatnonzero(count)
        return who, Customers(count[who] - 1, self.first[who], last[who])

    def signs(self, cut: int) -> dict[str, float]:
        """What speaks against forecasting from a day: `LevelPath.doubt` says what of it is too much.

        newcomers: Share of the purchases of the last `RECENT_DAYS` (of a third of a younger log) by customers who began
        in them. season: Share of the last year's in its three busiest months. gap: Median days between a customer's
        purchases. quiet: Days since anybody new came, where chance would not have it; 0 else.
        """
        past = np.flatnonzero(self.day <= cut)
        past = past[np.lexsort((self.day[past], self.customer[past]))]
        day, customer = self.day[past], self.customer[past]
        recent_days = min(RECENT_DAYS, (cut - self.start) // 3)
        recent = day > cut - recent_days
        months = np.bincount(months_of(day[day > cut - YEAR]) % 12, minlength=12)
        gaps = np.diff(day)[np.diff(customer) == 0]
        firsts = self.first[self.first <= cut]
        quiet = float(cut - firsts.max())
        begun, since = (firsts > self.start + BURN_IN_DAYS).sum(), cut - quiet - self.start - BURN_IN_DAYS
        return {
            "newcomers": float((self.first[customer[recent]] > cut - recent_days).mean()) if recent.any() else 0.0,
            "season": float(np.sort(months)[-3:].sum() / max(months.sum(), 1)),
            "gap": float(np.median(gaps)) if len(gaps) else 0.0,
            "quiet": quiet if quiet * begun > FEWEST_NEW * max(since, 1) else 0.0,
        }

    def came(self, cut: int, question: LevelQuestion, horizon: int) -> float:
        """What the measure turned out to be."""
        after = (self.day > cut + question.gap_days) & (self.day <= cut + question.gap_days + horizon)
        who, customers = self.customers(cut)
        bought = np.bincount(self.customer[after], minlength=self.n)[who]
        if question.measure == "purchases":
            return float(bought.sum())
        followed = _followed(customers, cut, question)
        return float((bought[followed] == 0).mean()) if followed.any() else np.nan


class Ages:
    """The age-period model of a log at the end of a day: all customers' repeat purchases."""

    def __init__(self, log: PurchaseLog, cut: int) -> None:
        last = int(months_of(cut))
        self.start = max(log.start, int(_first_days(np.array([last - MOST_MONTHS + 1]))[0]))
        self.cut, self._first = cut, int(months_of(self.start))
        known, self._joined = np.unique(log.first[log.first <= cut], return_counts=True)
        self._known, cohort = known, self._cohorts(known)
        self._by_cohort = np.eye(int(cohort.max()) + 1)[:, cohort]
        months = np.arange(self._first, last + 1)
        counts = np.zeros((len(self._by_cohort), len(months)))
        first = log.first[log.customer]
        rows = (log.day <= cut) & (log.day > first) & (log.day >= self.start)
        np.add.at(counts, (self._cohorts(first[rows]), months_of(log.day[rows]) - self._first), 1)
        self.model = AgePeriodModel.fit(counts, self._exposure(months, self.start, cut), self._began, self._first)

    @property
    def _began(self) -> Codes:
        return np.arange(len(self._by_cohort)) - 1

    def _cohorts(self, first: Codes) -> Codes:
        """0 for who may have bought before, else one more than the month they began in."""
        return np.where(first <= self.start + BURN_IN_DAYS, 0, months_of(first) - self._first + 1)

    def _exposure(self, months: Codes, begin: int, end: int) -> Floats:
        """Customer-days of each cohort in each of `months`, from one day to another, both included."""
        edges = np.append(_first_days(months), end + 1)
        edges[0] = begin
        days = edges[None, 1:] - np.maximum(edges[None, :-1], self._known[:, None] + 1)
        return np.asarray(self._by_cohort @ (self._joined[:, None] * np.maximum(days, 0)))

    def purchases(self, begin: int, end: int) -> float:
        """Those expected after day `begin` up to day `end`, of all customers of the cut-off."""
        months = np.arange(int(months_of(begin + 1)), int(months_of(end)) + 1)
        days = self._exposure(months, begin + 1, end)
        return float(self.model.expected(days, self._began, months - self._first).sum())

    def clock(self, log: PurchaseLog, days: int, weight: float) -> Clock:
        """Days at the pace of their months to the power of `weight`, on average of those of the log one."""
        months = np.arange(int(months_of(log.start)), int(months_of(self.cut)) + 1) - self._first
        clock = Clock.at_pace(log.start, days, self.model.pace(np.maximum(months, 0)) ** weight)
        return Clock(log.start, clock.elapsed * (self.cut - log.start + 1) / clock.at(self.cut + 1))


@dataclass(frozen=True)
class Fitted:
    """BG/NBD of all customers of a cut-off, on its clock."""

    theta: Floats
    clock: Clock
    customers: Customers
    cut: int

    def purchases(self, begin: int, end: int) -> float:
        """Those expected after day `begin` up to day `end`."""
        rows, model = self.customers.rows(self.cut, self.clock), BetaGeoModel()
        later, sooner = (model._expected(self.theta, rows, self._ahead(day)) for day in (end, begin))
        return float((later - sooner)[_places(rows)].sum())

    def stay_away(self, subject: Customers, begin: int, end: int, pace: float) -> float:
        """The share that buys nothing between two days, at `pace` times the rate of the model."""
        rows = subject.rows(self.cut, self.clock)
        idle, ahead = (self._ahead(day) * pace for day in (begin, end))
        return float(1 - _buys(BetaGeoModel(), self.theta, rows, idle=idle, ahead=ahead)[_places(rows)].mean())

    def _ahead(self, day: int) -> float:
        return float(self.clock.at(day) - self.clock.at(self.cut)) / WEEK


class Forecaster:
    """Forecasts of a log at its month ends; each BG/NBD begins at the one of the month before.

    `most_days`: How many days ahead it may be asked about. What was fitted to a cut-off serves every question.
    """

    def __init__(self, log: PurchaseLog, most_days: int) -> None:
        self.log = log
        self._days = log.end - log.start + most_days + 400
        self._theta: Floats | None = None
        self._ages: dict[int, Ages] = {}
        self._fits: dict[int, Fitted | None] = {}

    def rows(self, cut: int, question: LevelQuestion) -> list[dict[str, float]]:
        """By horizon step: the forecast, and what came (NaN while it is not over)."""
        _, customers = self.log.customers(cut)
        subject = customers.take(_followed(customers, cut, question))
        if len(customers.frequency) < FEWEST or not customers.frequency.any() or not len(subject.frequency):
            return []
        steps, signs, begin = [], self.log.signs(cut), cut + question.gap_days
        for horizon in question.steps:
            forecast = self._forecast(customers, subject, cut, (begin, begin + horizon), question.measure)
            over = begin + horizon <= self.log.end
            step = {
                **signs,
                "cut": float(cut),
                "horizon": float(horizon),
                "n": float(len(subject.frequency)),
                "forecast": forecast,
                "came": self.log.came(cut, question, horizon) if over else np.nan,
            }
            steps.append(step)
        return [step for step in steps if np.isfinite(step["forecast"])]

    def _forecast(
        self, customers: Customers, subject: Customers, cut: int, span: tuple[int, int], measure: Measure
    ) -> float:
        """NaN where BG/NBD is asked and cannot tell."""
        if cut not in self._ages:
            self._ages[cut] = Ages(self.log, cut)
        total = self._ages[cut].purchases(*span)
        weight = float(np.clip((cut - self.log.start - FIRST_DAYS) / (YEAR - FIRST_DAYS), 0, 1))
        if measure == "purchases" and weight == 1:
            return total
        if cut not in self._fits:
            self._fits[cut] = self._fit(customers, cut, weight)
        fitted = self._fits[cut]
        if fitted is None:
            return np.nan
        by_model = fitted.purchases(*span)
        pace = float((total / by_model) ** weight)
        return by_model * pace if measure == "purchases" else fitted.stay_away(subject, *span, pace)

    def _fit(self, customers: Customers, cut: int, weight: float) -> Fitted | None:
        clock, model = self._ages[cut].clock(self.log, self._days, weight), BetaGeoModel()
        rows = customers.rows(cut, clock)
        try:
            model._refuse(rows)
            model._fit(rows, None if self._theta is None else [self._theta])
        except CxError:  # too few customers, or none who bought twice
            return None
        self._theta = model._theta
        return Fitted(model._theta, clock, customers, cut)


def calendar_clock(
    log: PurchaseLog, cut: int, days: int, repeats: Callable[[Floats], Floats], *, calendar: Months | None = None
) -> Clock:
    """Calendar months at the rate of their observed to expected repeat purchases, shrunk by how often seen.

    What is known on day `cut`, for so many `days` of the log. `repeats`: E(X(t)) of a new customer at ages in weeks.
    """
    calendar = calendar or gregorian()
    past = log.day <= cut
    repeat = log.day[past][log.day[past] > log.first[log.customer[past]]]
    months = np.arange(int(calendar.of(log.start)), int(calendar.of(cut)) + 1)
    observed = np.bincount(calendar.of(repeat) - months[0], minlength=len(months))
    edges = np.append(calendar.starts[months], cut + 1)
    edges[0] = log.start
    began, joined = np.unique(log.first[log.first <= cut], return_counts=True)
    ages = np.maximum(edges[None, :] - 1 - began[:, None], 0) / WEEK
    grid = (float(ages.max()) + 1e-9) * np.linspace(0, 1, 60) ** 2  # the curve bends most at its beginning
    expected = joined @ np.diff(np.interp(ages, grid, repeats(grid)), axis=1)
    whole = (np.diff(edges) >= 20) & (expected > FEWEST_EXPECTED)
    ratio = np.log((observed[whole] + 0.5) / (expected[whole] + 0.5))
    seen = np.bincount(months[whole] % 12, minlength=12)
    mean = np.bincount(months[whole] % 12, ratio, minlength=12) / np.maximum(seen, 1)
    return Clock.of_months(log.start, days, np.exp(mean * seen / (seen + MONTH_SHRINKAGE)), calendar=calendar)


def purchase_days(transactions: pd.DataFrame) -> pd.DataFrame:
    """One row a customer and purchase day, by the rule of the frames: customer_id, day, amount_cents (net).

    A day counts unless its net is zero or less through a refund.
    """
    table = require_columns(transactions, ("customer_id", "day", "amount_cents"), what="the table of transactions")
    by_day = table.assign(day=pd.to_datetime(table["day"])).groupby(["customer_id", "day"])["amount_cents"]
    days = by_day.agg(["sum", "min"]).reset_index()
    bought = days[(days["sum"] > 0) | (days["min"] >= 0)]
    return bought[["customer_id", "day"]].assign(amount_cents=bought["sum"]).reset_index(drop=True)


def track_purchases(
    model: PurchaseModel,
    purchases: pd.DataFrame,
    *,
    calibration_end: dt.date | str,
    observation_end: dt.date | str | None = None,
) -> pd.DataFrame:
    """Repeat purchases of the customers who had bought by `calibration_end`, by week, beside those a model expects.

    `model`: Fitted to these customers up to `calibration_end`; it knows nothing of what came after.
    `purchases`: customer_id, day; several of a customer on one day count once.
    `observation_end`: The last day; by default that of the purchases, or `calibration_end` where they end before.

    One row for each seven days from the first purchase on: week_end (its last day; `calibration_end` is one), days (7,
    fewer in a last week that is not over), actual, expected, cumulative_actual, cumulative_expected, is_holdout.
    Expected is E[X(t)], t since each customer's first purchase: nothing that the customer did later goes into it.
    Raises DataError: nobody had bought by `calibration_end`; ParameterError: `observation_end` lies before it.

    >>> days = pd.to_datetime(["2026-01-01", "2026-01-05", "2026-01-20"])
    >>> log = pd.DataFrame({"customer_id": ["a", "a", "a"], "day": days})
    >>> model = BetaGeoModel.from_params({"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426})
    >>> track_purchases(model, log, calibration_end="2026-01-13")[["days", "actual", "is_holdout"]].values.tolist()
    [[7, 1, False], [7, 0, False], [7, 1, True]]
    """
    known = pd.Timestamp(calibration_end)
    log = PurchaseLog.read(purchases, None if observation_end is None else pd.Timestamp(observation_end))
    cut = known.toordinal() - EPOCH
    last = max(log.end, cut) if observation_end is None else pd.Timestamp(observation_end).toordinal() - EPOCH
    if cut < log.start:
        raise DataError(f"nobody had bought by {known:%Y-%m-%d}. Choose a later calibration_end.")
    if last < cut:
        raise ParameterError(f"observation_end={observation_end} lies before calibration_end={known:%Y-%m-%d}.")
    ends = np.arange(cut - (cut - log.start) // 7 * 7, last + 7, 7).clip(max=last)
    joined = np.bincount(log.first[log.first <= cut] - log.start)
    expected = np.convolve(joined, model._repeats_by_age(np.arange(last - log.start + 1) / model.time_unit_days))
    counts = (log.first[log.customer] <= cut) & (log.day > log.first[log.customer])
    actual = np.cumsum(np.bincount(log.day[counts] - log.start, minlength=last - log.start + 1))
    sums = {"actual": actual[ends - log.start], "expected": expected[ends - log.start]}
    return pd.DataFrame(
        {
            "week_end": ends.astype("datetime64[D]").astype("datetime64[ns]"),
            "days": np.append(7, np.diff(ends)),
            **{name: np.diff(cumulative, prepend=0) for name, cumulative in sums.items()},
            **{f"cumulative_{name}": cumulative for name, cumulative in sums.items()},
            "is_holdout": ends > cut,
        }
    )


def months_of(day: Codes | int) -> Codes:
    """Calendar months of days, as months since 1970."""
    return np.asarray(day).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _first_days(months: Codes) -> Codes:
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def month_ends(first: int, last: int) -> Codes:
    """Last days of the calendar months that end between two days, as day numbers."""
    ends = _first_days(np.arange(int(months_of(first)), int(months_of(last)) + 1) + 1) - 1
    return ends[(ends >= first) & (ends <= last)]


def _followed(customers: Customers, cut: int, question: LevelQuestion) -> Flags:
    """Whom a question is about."""
    if question.measure == "purchases":
        return np.ones(len(customers.frequency), bool)
    return np.asarray((customers.frequency > 0) & (customers.last > cut - question.followed_days))


def _places(rows: Rows) -> Codes:
    """The row of each customer."""
    return rows.at if rows.at is not None else np.arange(len(rows))


def _buys(model: BetaGeoModel, theta: Floats, rows: Rows, *, idle: float, ahead: float) -> Floats:
    """P(a purchase between `idle` and `ahead`); leaving meanwhile is left out but for its share of purchases."""
    span = ahead - idle
    buys = model._more(theta, rows, span, 0)[0]
    if not idle:
        return np.asarray(buys)
    late = model._expected(theta, rows, ahead) - model._expected(theta, rows, idle)
    return np.asarray(buys * np.clip(late / model._expected(theta, rows, span), 0, 1))
