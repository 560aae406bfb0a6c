"""How many customers will stay away, and how often all of them will buy: levels, held against what came.

A sum of a model's expectations knows neither seasons nor trends, nor that the model is wrong: on public logs the 95%
interval that holds chance and parameters alone held what came in 10 to 44 of 100 forecasts. A level is therefore
forecast at every earlier month end too, from what was known then, and

- is the mean of two BG/NBD forecasts: one learns from all customers, the other from those whose first purchase lies
  after the log's first `BURN_IN_DAYS`, since who was a customer before looks new;
- runs on a clock that is faster in busy calendar months, where that erred less in the forecasts that are over;
- is moved by the mean of its past errors, shrunk towards none, once they cover a whole year: before, a season cannot
  be told from a bias;
- has an interval from the spread of past errors, shrunk towards a prior, with Student's t for how few there are; the
  prior is wider where a month ahead was never seen, or only while the log was young.

Sources: Fader, Hardie & Lee (2005), Marketing Science 24(2), for the model; operational time as in Grandell (1997),
"Mixed Poisson Processes", chapter 2, for the clock.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.special import expit, logit, stdtrit

from cxlib.checks import Codes, Flags, Floats, require_columns
from cxlib.clv.models.beta_geo import BetaGeoModel
from cxlib.clv.models.rows import Rows, group
from cxlib.errors import CxError, DataError, ParameterError
from cxlib.language import Count, Day, Days, Message, Percent, T
from cxlib.measures.result import Result

Measure = Literal["stay_away", "purchases"]
WEEK = 7.0
YEAR = 365
FIRST_DAYS = 120  # of the log before its first forecast
BURN_IN_DAYS, BURNT_IN_LOG, FEWEST_BURNT_IN = 90, 270, 200  # days, days of the log, customers
FULL_CYCLE = 360  # days of the log before the calendar may be used
JUDGED_DAYS = 183  # how far back forecasts with and without the calendar are compared
MONTH_SHRINKAGE = 0.5  # a month seen n times counts n / (n + this)
FEWEST_EXPECTED = 5.0  # purchases of a month, for its intensity
BIAS_PAST = 2.0  # independent past forecasts that a prior of no bias is worth
HALF_LIFE_DAYS = 300.0  # an error so old counts half
STEP_DAYS = 91  # steps of horizons that past forecasts of totals are compared at
MOST_PAST = 24  # month ends to look back at


@dataclass(frozen=True)
class Spread:
    """Prior of a level's errors: their size, where a season ahead is unseen too, and past forecasts it is worth."""

    ordinary: float
    unseen: float
    worth: float


PRIORS = {"stay_away": Spread(0.15, 0.28, 5.0), "purchases": Spread(0.15, 0.24, 4.0)}
"""In log-odds of a share, and in logarithms of a total. Sizes of errors on public and simulated logs, see
docs/coverage.md."""


@dataclass(frozen=True)
class LevelQuestion:
    """What is forecast.

    Attributes
    ----------
    measure : "stay_away" or "purchases"
        Share of the followed customers (two purchase days or more, the last at most `followed_days` ago) that buys
        nothing; or purchase days of all customers.
    horizon_days, gap_days : int
        Days that count, after so many that do not.
    followed_days : int
    level : float
        Of the interval.
    """

    measure: Measure
    horizon_days: int
    gap_days: int = 0
    followed_days: int = YEAR
    level: float = 0.95

    def __post_init__(self) -> None:
        """Check the numbers."""
        if self.measure not in PRIORS:
            raise ParameterError(f"measure={self.measure!r} is not known. Choose stay_away or purchases.")
        if self.horizon_days < 1 or self.gap_days < 0 or not 0 < self.level < 1:
            raise ParameterError("horizon_days must be 1 or more, gap_days 0 or more, level between 0 and 1.")

    @property
    def steps(self) -> list[int]:
        """Horizons at which past forecasts are compared, the longest that is over first."""
        if self.measure == "stay_away":
            return [self.horizon_days]
        return [*range(self.horizon_days, STEP_DAYS - 1, -STEP_DAYS)] or [self.horizon_days]


@dataclass(frozen=True)
class LevelForecast(Result):
    """A level, and how it fared on past days.

    Attributes
    ----------
    question : LevelQuestion
    as_of : date
        Last day that was known.
    customers : int
        Customers it is about.
    value, low, high : float
        A share, or a number of purchase days.
    log_days : int
        Days from the first purchase to `as_of`.
    uses_calendar : bool
        Whether calendar months count.
    bias : float
        What past errors moved the forecast by, in log-odds (shares) or logarithms (totals).
    past : DataFrame
        cut_off, horizon_days, customers, forecast, came: by month end, for the longest horizon that is over.
    """

    question: LevelQuestion
    as_of: dt.date
    customers: int
    value: float
    low: float
    high: float
    log_days: int
    uses_calendar: bool
    bias: float
    past: pd.DataFrame = field(repr=False)

    @property
    def season(self) -> Literal["unseen", "once", "seen"]:
        """Whether the log holds no whole year, one, or two."""
        return "unseen" if self.log_days < YEAR else "once" if self.log_days < 2 * YEAR else "seen"

    @property
    def summary(self) -> pd.DataFrame:
        """Past forecasts beside what came."""
        return self.past

    @property
    def headline(self) -> Message:
        """The level with its interval, and what the length of the log allows."""
        values = {"low": self._say(self.low), "high": self._say(self.high), "value": self._say(self.value),
                  "n": Count(self.customers), "days": Days(self.question.horizon_days)}  # fmt: skip
        if self.question.measure == "purchases":
            if self.season == "unseen":
                return T("Between {low} and {high} purchases in {days}: the data is shorter than a year, so that a "
                         "season cannot be told from a trend", **values)  # fmt: skip
            return T("{value} purchases in {days} ({low} to {high})", **values)
        if self.season == "unseen":
            return T("Between {low} and {high} of {n} customers will buy nothing within {days}: the data is shorter "
                     "than a year, so that a season cannot be told from a trend", **values)  # fmt: skip
        return T("{value} of {n} customers will buy nothing within {days} ({low} to {high})", **values)

    @property
    def season_note(self) -> Message:
        """What the length of the log means for the level."""
        if self.season == "unseen":
            return T("The data covers {days}, less than a year: what a season does is not known", days=self._length)
        if self.season == "once":
            return T("The data covers {days}: each month was seen once, so that a season counts by half at most",
                     days=self._length)  # fmt: skip
        return T("The data covers {days}: months were seen twice or more", days=self._length)

    @property
    def past_finding(self) -> Message | None:
        """How far off past forecasts were; None where none is over."""
        if self.past.empty:
            return None
        error = self.past["forecast"] - self.past["came"]
        if self.question.measure == "purchases":
            error = error / self.past["came"].clip(lower=1)
        return T(
            "{k} earlier forecasts, from {first} to {last}, were off by {error} in the middle",
            k=Count(len(self.past)), first=Day(self.past["cut_off"].iloc[0].date()),
            last=Day(self.past["cut_off"].iloc[-1].date()), error=Percent(float(error.abs().median())),
        )  # fmt: skip

    @property
    def _length(self) -> Days:
        return Days(self.log_days)

    def _say(self, value: float) -> Percent | Count:
        return Percent(value) if self.question.measure == "stay_away" else Count(round(value))


@dataclass(frozen=True)
class Clock:
    """Operational time: `elapsed[k]` is how much of it has passed `k` days after `start`."""

    start: int
    elapsed: Floats

    @classmethod
    def of_months(cls, start: int, days: int, intensity: Floats) -> Clock:
        """A clock that runs at `intensity` (12,) of the calendar month."""
        months = _months(np.arange(start, start + days)) % 12
        return cls(start, np.concatenate([[0.0], np.cumsum(intensity[months])]))

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
        begin = clock.at(self.first)
        recency, age = clock.at(self.last) - begin, clock.at(cut) - begin
        return group(self.frequency, np.rint(recency).astype(np.int64), np.rint(age).astype(np.int64),
                     scale=1 / WEEK, order=True)  # fmt: skip


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
        table = table[["customer_id", "day"]].dropna().drop_duplicates()
        day = pd.to_datetime(table["day"]).to_numpy().astype("datetime64[D]").astype(np.int64)
        members = day <= (np.iinfo(np.int64).max if as_of is None else day_number(as_of))
        if not members.any():
            raise DataError(f"no purchase lies on or before {as_of}. Choose a later day.")
        codes = np.asarray(pd.factorize(table["customer_id"][members])[0], dtype=np.int64)
        return cls(codes, day[members])

    def customers(self, cut: int) -> tuple[Codes, Customers]:
        """Who had bought by the end of day `cut`."""
        past = self.day <= cut
        count = np.bincount(self.customer[past], minlength=self.n)
        last = np.zeros(self.n, dtype=np.int64)
        np.maximum.at(last, self.customer[past], self.day[past])
        who = np.flatnonzero(count)
        return who, Customers(count[who] - 1, self.first[who], last[who])

    def came(self, cut: int, question: LevelQuestion, horizon: int) -> float:
        """What the measure turned out to be."""
        after = (self.day > cut + question.gap_days) & (self.day <= cut + question.gap_days + horizon)
        who, customers = self.customers(cut)
        bought = np.bincount(self.customer[after], minlength=self.n)[who]
        if question.measure == "purchases":
            return float(bought.sum())
        followed = _followed(customers, cut, question)
        return float((bought[followed] == 0).mean()) if followed.any() else np.nan


@dataclass(frozen=True)
class Fitted:
    """A model at a cut-off, with the clock it runs on."""

    theta: Floats
    clock: Clock

    def forecast(self, customers: Customers, cut: int, question: LevelQuestion, horizon: int) -> float:
        """The measure, for the customers of a cut-off."""
        rows = customers.rows(cut, self.clock)
        model, at = BetaGeoModel(), rows.at if rows.at is not None else np.arange(len(rows))
        begin, gap = self.clock.at(cut), self.clock.at(cut + question.gap_days)
        end = self.clock.at(cut + question.gap_days + horizon)
        ahead, idle = float(end - begin) / WEEK, float(gap - begin) / WEEK
        if question.measure == "purchases":
            bought = model._expected(self.theta, rows, ahead)
            bought = bought - model._expected(self.theta, rows, idle) if idle else bought
            return float(bought[at].sum())
        return float(1 - _buys(model, self.theta, rows, idle=idle, ahead=ahead)[at].mean())


@dataclass(frozen=True)
class Ways:
    """Both fits to one set of customers at a cut-off: days as they are, and days on the calendar's clock."""

    plain: Fitted
    calendar: Fitted


class Forecaster:
    """Fits and forecasts of a log at its month ends; each fit begins at the one of the month before."""

    def __init__(self, log: PurchaseLog, question: LevelQuestion) -> None:
        self.log, self.question = log, question
        self._days = log.end - log.start + question.gap_days + question.horizon_days + 400
        self._plain = Clock.of_months(log.start, self._days, np.ones(12))
        self._thetas: dict[bool, Floats] = {}

    def rows(self, cut: int) -> list[dict[str, float]]:
        """By horizon step: forecasts of each way, and what came (NaN while it is not over)."""
        _, customers = self.log.customers(cut)
        followed = _followed(customers, cut, self.question)
        subject = customers.take(followed) if self.question.measure == "stay_away" else customers
        if not len(subject.frequency):
            return []
        ways = {name: self._ways(customers, cut, burnt) for name, burnt in (("all", False), ("new", True))}
        steps = []
        for horizon in self.question.steps:
            over = cut + self.question.gap_days + horizon <= self.log.end
            step = {"cut": float(cut), "horizon": float(horizon), "n": float(len(subject.frequency)),
                    "came": self.log.came(cut, self.question, horizon) if over else np.nan}  # fmt: skip
            for name, way in ways.items():
                if way is not None:
                    step[f"{name}_plain"] = way.plain.forecast(subject, cut, self.question, horizon)
                    step[f"{name}_calendar"] = way.calendar.forecast(subject, cut, self.question, horizon)
            if "all_plain" in step:
                steps.append(step)
        return steps

    def _ways(self, customers: Customers, cut: int, burnt: bool) -> Ways | None:
        if burnt:
            members = customers.first > self.log.start + BURN_IN_DAYS
            if cut - self.log.start < BURNT_IN_LOG or members.sum() < FEWEST_BURNT_IN:
                return None
            customers = customers.take(members)
        try:
            plain = self._fit(customers, cut, self._plain, self._thetas.get(burnt))
            clock = self._calendar(plain, cut)
            calendar = self._fit(customers, cut, clock, plain.theta)
        except CxError:  # too few customers, or none who bought twice
            return None
        self._thetas[burnt] = plain.theta
        return Ways(plain, calendar)

    def _fit(self, customers: Customers, cut: int, clock: Clock, start: Floats | None) -> Fitted:
        model = BetaGeoModel()
        rows = customers.rows(cut, clock)
        model._refuse(rows)
        model._fit(rows, None if start is None else [start])
        return Fitted(model._theta, clock)

    def _calendar(self, plain: Fitted, cut: int) -> Clock:
        """Calendar months at the rate of their observed to expected repeat purchases, shrunk by how often seen."""
        log = self.log
        past = log.day <= cut
        repeat = log.day[past][log.day[past] > log.first[log.customer[past]]]
        months = np.arange(int(_months(log.start)), int(_months(cut)) + 1)
        observed = np.bincount(_months(repeat) - months[0], minlength=len(months))
        edges = np.append(_first_days(months), cut + 1)
        edges[0] = log.start
        began, joined = np.unique(log.first[log.first <= cut], return_counts=True)
        ages = np.maximum(edges[None, :] - 1 - began[:, None], 0) / WEEK
        curve = _expected_repeats(plain.theta, ages)
        expected = joined @ np.diff(curve, axis=1)
        whole = (np.diff(edges) >= 20) & (expected > FEWEST_EXPECTED)
        ratio = np.log((observed[whole] + 0.5) / (expected[whole] + 0.5))
        seen = np.bincount(months[whole] % 12, minlength=12)
        mean = np.bincount(months[whole] % 12, ratio, minlength=12) / np.maximum(seen, 1)
        return Clock.of_months(log.start, self._days, np.exp(mean * seen / (seen + MONTH_SHRINKAGE)))


def forecast_level(
    purchases: pd.DataFrame, question: LevelQuestion, *, as_of: dt.date | None = None
) -> LevelForecast | None:
    """Forecast a level from a log of purchases.

    Parameters
    ----------
    purchases : DataFrame
        customer_id, day: one row a purchase day (repeats count once).
    question : LevelQuestion
    as_of : date, optional
        Last day that counts; by default the last day of the log.

    Returns
    -------
    LevelForecast or None
        None where nobody has bought twice, or too few customers are there to fit a model.

    Raises
    ------
    DataError
        A column is missing, or no purchase lies before `as_of`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> days = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 300, 900), unit="D")
    >>> log = pd.DataFrame({"customer_id": rng.integers(0, 200, 900), "day": days})
    >>> level = forecast_level(log, LevelQuestion("stay_away", 60))
    >>> level.low < level.value < level.high, level.season
    (True, 'unseen')
    """
    log = PurchaseLog.read(purchases, as_of)
    end = log.end if as_of is None else day_number(as_of)
    log.end = end
    forecaster = Forecaster(log, question)
    cuts = [cut for cut in month_ends(log.start + FIRST_DAYS, end) if cut < end][-MOST_PAST:]
    past = pd.DataFrame([row for cut in cuts for row in forecaster.rows(cut)])
    now = pd.DataFrame(forecaster.rows(end))
    if now.empty:
        return None
    return LevelPath(pd.concat([past, now], ignore_index=True), question, log.start).at(end)


class LevelPath:
    """Forecasts at several cut-offs, and what can be said at each of them from those that were over by then."""

    def __init__(self, steps: pd.DataFrame, question: LevelQuestion, start: int) -> None:
        self.question, self.start = question, start
        self._share = question.measure == "stay_away"
        for name in ("new_plain", "new_calendar"):
            if name not in steps:
                steps = steps.assign(**{name: np.nan})
        over = steps["cut"] + question.gap_days + steps["horizon"]
        self.steps = steps.assign(over=over).sort_values(["cut", "horizon"], ascending=[True, False], ignore_index=True)
        self.steps["middle"] = self._middles()
        self.steps["error"] = self._scaled(self.steps["came"]) - self._scaled(self.steps["middle"])

    def at(self, cut: int) -> LevelForecast:
        """The forecast of a cut-off, with its interval."""
        row = self.steps[(self.steps["cut"] == cut) & (self.steps["horizon"] == self.question.horizon_days)].iloc[0]
        low, value, high = self.interval(row)
        past = self._past(cut)
        moved = [self._natural(self._scaled(own["middle"]) + self._bias(own)[0]) for _, own in past.iterrows()]
        table = pd.DataFrame({
            "cut_off": pd.to_datetime(past["cut"].astype("int64"), unit="D"),
            "horizon_days": past["horizon"].astype(int), "customers": past["n"].astype(int),
            "forecast": np.asarray(moved, dtype=float), "came": past["came"],
        }).reset_index(drop=True)  # fmt: skip
        return LevelForecast(
            self.question, _date(cut), int(row["n"]), value, low, high,
            int(cut) - self.start + 1, bool(self._calendar(row)["all"]), self._bias(row)[0], table,
        )  # fmt: skip

    def interval(self, step: pd.Series) -> tuple[float, float, float]:
        """Low end, value and high end of a step of `steps`."""
        middle, reach = self._ahead(step)
        low, value, high = self._natural(np.array([middle - reach, middle, middle + reach]))
        return float(low), float(value), float(high)

    def _past(self, cut: float) -> pd.DataFrame:
        """Of each earlier cut-off the longest horizon that was over."""
        known = self.steps[(self.steps["over"] <= cut) & self.steps["error"].notna()]
        return known.drop_duplicates("cut")

    def _weights(self, past: pd.DataFrame, cut: float) -> Floats:
        """How many independent forecasts each is worth: overlaps, age and shorter horizons take from it."""
        horizon = past["horizon"].to_numpy(float)
        apart = np.minimum(30.4 / horizon, 1.0) * (horizon / self.question.horizon_days) ** 2
        return np.asarray(apart * 0.5 ** ((cut - past["over"].to_numpy(float)) / HALF_LIFE_DAYS))

    def _bias(self, row: pd.Series) -> tuple[float, float]:
        """Mean past error, shrunk, and how many independent past forecasts it rests on."""
        past = self._past(row["cut"])
        weights = self._weights(past, row["cut"])
        n = float(weights.sum())
        whole_year = len(past) > 0 and past["over"].max() - past["cut"].min() >= YEAR
        return (float(weights @ past["error"].to_numpy(float)) / (n + BIAS_PAST) if whole_year else 0.0), n

    def _season_seen(self, row: pd.Series) -> bool:
        """Whether each calendar month ahead was seen after the log's first days, in which everybody looks new.

        Of a whole year ahead the season cancels, so that a year of data will do.
        """
        if self.question.horizon_days >= FULL_CYCLE:
            return bool(row["cut"] - self.start >= YEAR)
        ahead = np.arange(row["cut"] + self.question.gap_days + 1, row["over"] + 1).astype(np.int64)
        past = np.arange(self.start + BURN_IN_DAYS, row["cut"] + 1).astype(np.int64)
        return set(np.unique(_months(ahead) % 12)) <= set(np.unique(_months(past) % 12))

    def _ahead(self, row: pd.Series) -> tuple[float, float]:
        """Middle and half width, in log-odds or logarithms."""
        prior = PRIORS[self.question.measure]
        past = self._past(row["cut"])
        bias, n = self._bias(row)
        residual = past["error"].to_numpy(float) - np.array([self._bias(own)[0] for _, own in past.iterrows()])
        weights = self._weights(past, row["cut"])
        size = prior.ordinary if self._season_seen(row) else prior.unseen
        variance = (prior.worth * size**2 + float(weights @ residual**2)) / (prior.worth + n)
        middle = float(self._scaled(row["middle"])) + bias
        variance += self._chance(middle, row["n"])
        reach = float(stdtrit(prior.worth + n, 0.5 + self.question.level / 2)) * float(np.sqrt(variance))
        return middle, reach

    def _chance(self, middle: float, n: float) -> float:
        """Variance by customers' chance alone."""
        if self._share:
            share = float(expit(middle))
            return 1 / (n * share * (1 - share))
        return 1 / max(float(np.exp(middle)), 1.0)

    def _calendar(self, row: pd.Series) -> dict[str, bool]:
        """Whether the calendar erred less than plain days in the forecasts of the last half year that were over."""
        if row["cut"] - self.start < FULL_CYCLE:
            return {"all": False, "new": False}
        past = self.steps[(self.steps["over"] <= row["cut"]) & self.steps["came"].notna()]
        past = past[past["over"] > row["cut"] - JUDGED_DAYS]
        past = past[past["horizon"] == past["horizon"].min()] if len(past) else past
        return {name: self._error(past, f"{name}_calendar") < self._error(past, f"{name}_plain")
                for name in ("all", "new")}  # fmt: skip

    def _error(self, past: pd.DataFrame, way: str) -> float:
        return float(np.abs(self._scaled(past["came"]) - self._scaled(past[way])).mean()) if len(past) else np.nan

    def _middles(self) -> Floats:
        middles = []
        for _, row in self.steps.iterrows():
            calendar = self._calendar(row)
            ways = [row[f"{name}_{'calendar' if calendar[name] else 'plain'}"] for name in ("all", "new")]
            middles.append(np.nanmean(ways))
        return np.array(middles)

    def _scaled(self, value: Any) -> Floats:
        if self._share:
            return np.asarray(logit(np.clip(value, 0.005, 0.995)))
        return np.asarray(np.log(np.maximum(value, 0.5)))

    def _natural(self, value: Any) -> Floats:
        return np.asarray(expit(value) if self._share else np.exp(value))


def day_number(day: dt.date) -> int:
    """Days since 1970."""
    return (day - dt.date(1970, 1, 1)).days


def _date(number: float) -> dt.date:
    return dt.date(1970, 1, 1) + dt.timedelta(days=int(number))


def _months(day: Codes | int) -> Codes:
    return np.asarray(day).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _first_days(months: Codes) -> Codes:
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def month_ends(first: int, last: int) -> Codes:
    """Last days of the calendar months that end between two days, as day numbers."""
    ends = _first_days(np.arange(int(_months(first)), int(_months(last)) + 1) + 1) - 1
    return ends[(ends >= first) & (ends <= last)]


def _followed(customers: Customers, cut: int, question: LevelQuestion) -> Flags:
    return np.asarray((customers.frequency > 0) & (customers.last > cut - question.followed_days))


def _buys(model: BetaGeoModel, theta: Floats, rows: Rows, *, idle: float, ahead: float) -> Floats:
    """P(a purchase between `idle` and `ahead`); leaving meanwhile is left out but for its share of purchases."""
    r, alpha = theta[:2]
    span = ahead - idle
    quiet = ((alpha + rows.T.by_row) / (alpha + rows.T.by_row + span)) ** (r + rows.x.by_row)
    buys = model._alive(theta, rows) * (1 - quiet)
    if not idle:
        return np.asarray(buys)
    late = model._expected(theta, rows, ahead) - model._expected(theta, rows, idle)
    return np.asarray(buys * np.clip(late / model._expected(theta, rows, span), 0, 1))


def _expected_repeats(theta: Floats, ages: Floats) -> Floats:
    """E(X(t)) of a new customer at each age (weeks), by a line through a fine grid."""
    grid = np.linspace(0, float(ages.max()) + 1e-9, 200)
    curve = [0.0, *(BetaGeoModel()._expected_new(theta, t) for t in grid[1:])]
    return np.interp(ages, grid, curve)


__all__ = ["LevelForecast", "LevelPath", "LevelQuestion", "PurchaseLog", "forecast_level"]
