"""How many customers will stay away, and how often all of them will buy: levels, held against what came.

A sum of a model's expectations over customers knows neither seasons nor trends, nor that the model of a customer is
wrong. A level is therefore forecast from what cohorts of customers bought by age and by month
(`cxlib.clv.models.age_period`), at every earlier month end too, from what was known then. Its interval is made from the
spread of past errors, shrunk towards a prior, with Student's t for how few there are; the prior is wider where a month
ahead was never seen, or only while the log was young.

Where the log itself shows that none of this can hold, `LevelForecast.doubt` says why, and no page shows the level.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import expit, logit, ndtri, stdtrit

from cxlib.checks import Floats
from cxlib.clv.purchase_log import (
    BURN_IN_DAYS,
    EPOCH,
    YEAR,
    Forecaster,
    LevelQuestion,
    PurchaseLog,
    month_ends,
    months_of,
)
from cxlib.language import Count, Day, Days, Decimal, Message, N, Percent, Points, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import LEVEL

FIRST_DAYS = 120  # of the log before its first forecast
FULL_CYCLE = 360  # days of a log that is no longer young
HALF_LIFE_DAYS = 300.0  # an error so old counts half
MOST_PAST = 18  # month ends to look back at
SURE_OF_NONE = 3.7  # customers expected to buy, below which chance lets none of them (e to the minus this is 2.5%)
LEAST_LOG_ODDS = 0.005  # shares nearer to 0 or 1 are forecast no better than by these ends
MOST_NEWCOMERS, MOST_IN_SEASON, FEWEST_GAPS, MOST_QUIET_DAYS = 0.5, 0.9, 3, 30  # of `PurchaseLog.signs`
MOST_ERROR = float(np.log(2))  # root mean square of past errors of totals


@dataclass(frozen=True)
class Spread:
    """Prior of errors: size, where a season ahead is unseen, in a first year, where nobody is new; past it is worth."""

    ordinary: float
    unseen: float
    young: float
    quiet: float
    worth: float


PRIORS = {"stay_away": Spread(0.08, 0.28, 0.40, 0.40, 6.0), "purchases": Spread(0.12, 0.30, 0.30, 0.50, 6.0)}
"""In log-odds of a share, and in logarithms of a total. Sizes of errors on public and simulated logs, see
docs/coverage.md."""


@dataclass(frozen=True, repr=False)
class LevelForecast(Result):
    """A level, and how it fared on past days.

    `as_of`: Last day that was known.
    `customers`: Customers it is about.
    `value`, `low`, `high`: A share, or a number of purchase days.
    `log_days`: Days from the first purchase to `as_of`.
    `past`: cut_off, horizon_days, customers, forecast, came: by month end, for the longest horizon that is over.
    `doubt`: Why the level is not to be shown or used; None where nothing known speaks against it.
    """

    question: LevelQuestion
    as_of: dt.date
    customers: int
    value: float
    low: float
    high: float
    log_days: int
    past: pd.DataFrame = field(repr=False)
    doubt: Message | None = None

    @property
    def season(self) -> Literal["unseen", "once", "seen"]:
        """Whether the log holds no whole year, one, or two."""
        return "unseen" if self.log_days < YEAR else "once" if self.log_days < 2 * YEAR else "seen"

    @property
    def face(self) -> pd.DataFrame:
        """Past forecasts beside what came."""
        return self.past

    @property
    def headline(self) -> Message:
        """The level with its interval, and what the length of the log allows; or why there is none."""
        if self.doubt is not None:
            return self.doubt
        values = {
            "low": self._say(self.low),
            "high": self._say(self.high),
            "value": self._say(self.value),
            "n": Count(self.customers),
            "days": Days(self.question.horizon_days),
        }
        if self.question.measure == "purchases":
            if self.season == "unseen":
                return T(
                    "Between {low} and {high} purchases in {days}: the data is shorter than a year, so that a "
                    "season cannot be told from a trend",
                    **values,
                )
            return T("{value} purchases in {days} ({low} to {high})", **values)
        if self.season == "unseen":
            return T(
                "Between {low} and {high} of {n} customers will buy nothing within {days}: the data is shorter "
                "than a year, so that a season cannot be told from a trend",
                **values,
            )
        return T("{value} of {n} customers will buy nothing within {days} ({low} to {high})", **values)

    @property
    def spread(self) -> float:
        """Standard error of the level, in log-odds of a share or logarithms of a total."""
        scale = logit if self.question.measure == "stay_away" else np.log
        low, high = (np.clip(end, 1e-3, 1 - 1e-3) if scale is logit else end for end in (self.low, self.high))
        return float(scale(high) - scale(low)) / 2 / float(ndtri(0.5 + LEVEL / 2))

    @property
    def season_note(self) -> Message:
        """What the length of the log means for the level."""
        if self.season == "unseen":
            return T("The data covers {days}, less than a year: what a season does is not known", days=self._length)
        if self.season == "once":
            return T(
                "The data covers {days}, less than two years: not each month was seen twice, so that a season is not "
                "sure",
                days=self._length,
            )
        return T("The data covers {days}, so months were seen twice or more", days=self._length)

    @property
    def past_finding(self) -> Message | None:
        """How far off past forecasts were; None where none is over."""
        if self.past.empty:
            return None
        values: dict[str, object] = {
            "k": Count(len(self.past)),
            "first": Day(self.past["cut_off"].iloc[0].date()),
            "last": Day(self.past["cut_off"].iloc[-1].date()),
        }
        error = (self.past["forecast"] - self.past["came"]).abs()
        if self.question.measure == "stay_away":
            return T(
                "Half of {k} earlier forecasts, from {first} to {last}, were off by {error} percentage points or less",
                error=Points(100 * float(error.median()), digits=1, signed=False),
                **values,
            )
        values["error"] = Percent(float((error / self.past["came"].clip(lower=1)).median()))
        alone = max(1, round(float(_independent(self.past["horizon_days"], self.question.horizon_days).sum())))
        if alone < len(self.past):
            return N(
                "Tested on the past: half of {k} forecasts, made from {first} to {last}, were off by {error} or less. "
                "They overlap and prove no more than {n} forecast would. So few may be right by luck: that is why the "
                "interval is wide",
                "Tested on the past: half of {k} forecasts, made from {first} to {last}, were off by {error} or less. "
                "They overlap and prove no more than {n} forecasts would. So few may be right by luck: that is why the "
                "interval is wide",
                alone,
                **values,
            )
        return T(
            "Tested on the past: half of {k} forecasts, made from {first} to {last}, were off by {error} or less",
            **values,
        )

    @property
    def _length(self) -> Days:
        return Days(self.log_days)

    def _say(self, value: float) -> Percent | Count:
        return Percent(value) if self.question.measure == "stay_away" else Count(round(value))


def _independent(horizon: pd.Series, asked: int) -> Floats:
    """How many forecasts that do not overlap each of those of every month is worth; shorter ones count less."""
    days = horizon.to_numpy(float)
    return np.asarray(np.minimum(30.4 / days, 1.0) * (days / asked) ** 2)


def forecast_level(
    purchases: pd.DataFrame, question: LevelQuestion, *, as_of: dt.date | None = None
) -> LevelForecast | None:
    """Forecast a level from a log of purchases.

    `purchases`: customer_id, day: one row a purchase day (repeats count once).
    """
    log = PurchaseLog.read(purchases, as_of)
    end = log.end if as_of is None else as_of.toordinal() - EPOCH
    log.end = end
    forecaster = Forecaster(log, question.gap_days + question.horizon_days)
    cuts = [cut for cut in month_ends(log.start + FIRST_DAYS, end) if cut < end][-MOST_PAST:]
    past = pd.DataFrame([row for cut in cuts for row in forecaster.rows(cut, question)])
    now = pd.DataFrame(forecaster.rows(end, question))
    if now.empty:
        return None
    return LevelPath(pd.concat([past, now], ignore_index=True), question, log.start).at(end)


class LevelPath:
    """Forecasts at several cut-offs, and what can be said at each of them from those that were over by then."""

    def __init__(self, steps: pd.DataFrame, question: LevelQuestion, start: int) -> None:
        self.question, self.start = question, start
        self._share = question.measure == "stay_away"
        needed = ("newcomers", "season", "gap", "quiet")
        steps = steps.reindex(columns=[*steps, *(name for name in needed if name not in steps)])
        over = steps["cut"] + question.gap_days + steps["horizon"]
        self.steps = steps.assign(over=over).sort_values(["cut", "horizon"], ascending=[True, False], ignore_index=True)
        self.steps["error"] = self._scaled(self.steps["came"]) - self._scaled(self.steps["forecast"])

    def at(self, cut: int) -> LevelForecast:
        """The forecast of a cut-off, with its interval."""
        row = self.steps[(self.steps["cut"] == cut) & (self.steps["horizon"] == self.question.horizon_days)].iloc[0]
        low, value, high = self.interval(row)
        past = self._past(cut)
        table = pd.DataFrame(
            {
                "cut_off": pd.to_datetime(past["cut"].astype("int64"), unit="D"),
                "horizon_days": past["horizon"].astype(int),
                "customers": past["n"].astype(int),
                "forecast": past["forecast"],
                "came": past["came"],
            }
        ).reset_index(drop=True)
        day, age = dt.date.fromordinal(int(cut) + EPOCH), int(cut) - self.start + 1
        return LevelForecast(self.question, day, int(row["n"]), value, low, high, age, table, self.doubt(row))

    def doubt(self, step: pd.Series) -> Message | None:
        """Why nothing can be said of a step of `steps`, as far as its log shows by then."""
        age, past = step["cut"] - self.start, self._past(step["cut"])
        if step["season"] > MOST_IN_SEASON and age > YEAR / 2:
            return T(
                "{share} of the last year's purchases were made in three months. So few seasons do not tell what the "
                "next one brings, so nothing is forecast",
                share=Percent(step["season"]),
            )
        if FEWEST_GAPS * step["gap"] > age:
            return T(
                "Half of the gaps between purchases are {gap} or longer, and the data covers {days}. Too few such "
                "rounds were seen to forecast the next",
                gap=Days(round(step["gap"])),
                days=Days(int(age) + 1),
            )
        if step["newcomers"] > MOST_NEWCOMERS and not self._whole_year(past):
            return T(
                "{share} of the latest purchases were made by customers who had only just come. Whether they come back "
                "is not known yet, so nothing is forecast",
                share=Percent(step["newcomers"]),
            )
        weights, errors = self._weights(past, step["cut"]), past["error"].to_numpy(float)
        if self._share or not len(past) or (size := np.sqrt(weights @ errors**2 / weights.sum())) <= MOST_ERROR:
            return None
        return T(
            "Earlier forecasts of purchases were {factor} times too high or too low on average, so no new one is made",
            factor=Decimal(float(np.exp(size)), digits=1),
        )

    def _is_quiet(self, step: pd.Series) -> bool:
        """Whether nobody new comes any more, so that no forecast was tested in times like these."""
        return bool(MOST_QUIET_DAYS <= step["quiet"] < (step["cut"] - self.start) / 2)

    def interval(self, step: pd.Series) -> tuple[float, float, float]:
        """Low end, value and high end of a step of `steps`."""
        middle, reach = self._ahead(step)
        low, value, high = self._natural(np.array([middle - reach, middle, middle + reach]))
        if self._share:  # all or none may stay away by chance, or beyond what log-odds are told apart
            none = max(SURE_OF_NONE / step["n"], LEAST_LOG_ODDS)
            low, high = 0.0 if low < none else low, 1.0 if 1 - high < none else high
        return float(low), float(value), float(high)

    def _past(self, cut: float) -> pd.DataFrame:
        """Of each earlier cut-off the longest horizon that was over."""
        over = (self.steps["over"].to_numpy() <= cut) & self.steps["error"].notna().to_numpy()
        return self.steps[over].drop_duplicates("cut")

    def _weights(self, past: pd.DataFrame, cut: float) -> Floats:
        """How many independent forecasts each is worth: overlaps, age and shorter horizons take from it."""
        apart = _independent(past["horizon"], self.question.horizon_days)
        return np.asarray(apart * 0.5 ** ((cut - past["over"].to_numpy(float)) / HALF_LIFE_DAYS))

    def _whole_year(self, past: pd.DataFrame) -> bool:
        return len(past) > 0 and bool(past["over"].max() - past["cut"].min() >= YEAR)

    def _season_seen(self, row: pd.Series) -> bool:
        """Whether each month ahead was seen after the first days, when all look new."""
        if self.question.horizon_days >= FULL_CYCLE:
            return bool(row["cut"] - self.start >= YEAR + BURN_IN_DAYS)
        ahead = np.arange(row["cut"] + self.question.gap_days + 1, row["over"] + 1).astype(np.int64)
        past = np.arange(self.start + BURN_IN_DAYS, row["cut"] + 1).astype(np.int64)
        return set(np.unique(months_of(ahead) % 12)) <= set(np.unique(months_of(past) % 12))

    def _ahead(self, row: pd.Series) -> tuple[float, float]:
        """Middle and half width, in log-odds or logarithms."""
        prior = PRIORS[self.question.measure]
        past = self._past(row["cut"])
        weights, errors = self._weights(past, row["cut"]), past["error"].to_numpy(float)
        size = prior.ordinary if self._season_seen(row) else prior.unseen
        size = prior.young if row["cut"] - self.start < FULL_CYCLE else size
        size = prior.quiet if self._is_quiet(row) else size
        n, middle = float(weights.sum()), float(self._scaled(row["forecast"]))
        variance = (prior.worth * size**2 + float(weights @ errors**2)) / (prior.worth + n)
        variance += self._chance(middle, row["n"])
        reach = float(stdtrit(prior.worth + n, 0.5 + LEVEL / 2)) * float(np.sqrt(variance))
        return middle, reach

    def _chance(self, middle: float, n: float) -> float:
        """Variance by customers' chance alone."""
        if self._share:
            share = float(expit(middle))
            return 1 / (n * share * (1 - share))
        return 1 / max(float(np.exp(middle)), 1.0)

    def _scaled(self, value: pd.Series | Floats | float) -> Floats:
        plain = np.asarray(value, float)  # of a column: pandas is slow here
        if self._share:
            return np.asarray(logit(np.clip(plain, LEAST_LOG_ODDS, 1 - LEAST_LOG_ODDS)))
        return np.asarray(np.log(np.maximum(plain, 0.5)))

    def _natural(self, value: Floats | float) -> Floats:
        return np.asarray(expit(value) if self._share else np.exp(value))
