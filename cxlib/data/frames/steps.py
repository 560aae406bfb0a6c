"""Days from which a series lies on another level: of weeks, and of amounts of the same customers.

Of amounts only the same customers are compared, so that a change in who buys is no step.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from cxlib.checks import Codes, Flags, Floats

WINDOW = 13  # weeks on both sides of a step
LEAST = float(np.log(1.5))  # size of a step, in logarithms: a dearer list, or prices with tax, are smaller
SURE = 4.0  # standard errors
RETURNS, CLEARLY_BACK = 0.4, 2.0  # a step so far the other way within a year, so sure, ends a season
NEAR = 4  # weeks by which a season may come earlier or later in another year
AT_LEAST = 30  # customers who tell of a trend or a step, below which it is not judged
USUAL_TREND, USUAL_SEASON = 0.2, 0.15  # prior standard deviations of a year's change and of a month's, in logarithms
WAVES, USUAL_WAVE = 2, 0.5  # in a year, of a season that rises and falls by the day; prior standard deviation of each
SAME_TIME = 45  # days by which a season may come earlier or later in another year
SURE_STEP = 4.0  # standard errors: the largest of all days goes beyond 3.6 in 1 of 100 (Andrews 1993, table 1)
OF_A_DAY = 1.5  # parameters that the day of a step counts as (Zhang & Siegmund 2007, a modified BIC)
LEAST_STEP = 0.05  # of amounts, in logarithms, below which a step is none
STEP_STAYS, STAYS_NAMED = 84, 28  # days on both sides of a step that a forecast takes, and of one that is named
AS_GOOD = 3.0  # times the variance, by which the squares explained by two equally good steps may differ
MOST_NAMED = 8  # steps that are looked for beside each other
LEAST_WEEKS = 3  # on both sides of a week from which ids are others
MERGED, FEWER, STILL = 1.2, 0.9, 0.8  # how often each id buys, how many do, how much is bought, to before
TAIL, LEAST_LOG, LOOK_BACK, TOO_FEW = 28, 180, 365, 1 / 3  # days of an end, a log, before it; share of the fewest there
YEAR = 365


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
    amounts = Amounts.of(bought)
    found = None if amounts is None else amounts.step()
    if amounts is None or found is None:
        return None
    _, _, gain = amounts.effect(amounts.within(amounts.day / YEAR), USUAL_TREND)
    if found.gain < gain + OF_A_DAY * amounts.noise * np.log(len(amounts.day)):
        return None
    rest = amounts.without(found).step()
    if rest is not None and abs(rest.size) >= min(LEAST_STEP, abs(found.size) / 2):
        return None
    return amounts.tell_of(found)


def amount_steps(bought: pd.DataFrame) -> tuple[Step, ...]:
    """All days from which amounts of the same customers lie on another level, whatever else moves them.

    One after the other, each where it explains most beside months, a slope and the steps found before (forward
    selection); each beyond chance beside all others, and 5% or more. Four weeks on both sides are enough: what comes
    for a month and goes has two days.

    >>> day = pd.date_range("2024-01-01", periods=900)
    >>> rows = pd.DataFrame({"customer_id": np.arange(900) % 50, "day": day, "amount_cents": 500})
    >>> rows.loc[500:, "amount_cents"] = 575
    >>> [(str(step.day.date()), round(step.change, 2)) for step in amount_steps(rows)]
    [('2025-05-15', 0.15)]
    """
    amounts = Amounts.of(bought)
    if amounts is None:
        return ()
    plain, amounts = amounts, amounts.also(amounts.within(amounts.day / YEAR), USUAL_TREND)
    days, beside = list[int](), amounts
    while len(days) < MOST_NAMED and (found := beside.step(STAYS_NAMED)) is not None and found.day not in days:
        day = _without_slope(found, beside, plain)
        days.append(day)
        plain, beside = plain.also(plain.since(day)), beside.also(beside.since(day))
    told = list[Step | None]()
    for day in sorted(days):
        others = amounts
        for other in set(days) - {day}:
            others = others.also(others.since(other))
        found = others.step_at(day)
        told.append(others.tell_of(found) if others.is_sure(found) else None)
    steps = list(filter(None, told))
    return tuple(step for step in steps if not _is_yearly(step, steps))


def _is_yearly(step: Step, steps: Sequence[Step]) -> bool:
    """Whether it comes every year, as a season does: as one that no price list has twice, or with a way back."""
    large = [one for one in steps if abs(one.size) >= RETURNS * abs(step.size)]
    for other in large:
        low, high = sorted((step.day, other.day))
        if other.size * step.size > 0 and abs((high - low).days - YEAR) <= SAME_TIME:
            back = any(low < one.day < high and one.size * step.size < 0 for one in large)
            return back or min(abs(step.size), abs(other.size)) >= LEAST
    return False


def _without_slope(found: _Found, beside: Amounts, plain: Amounts) -> int:
    """The day of a step, or one about a year away where one the other way explains as much, without a slope more.

    Two steps up a year apart are a slope and a season: beside these, a step up is nearly one down a year away.
    """
    others = (beside.step_among(found.day + away + np.arange(-45, 46)) for away in (-YEAR, YEAR))
    least = found.gain - AS_GOOD * beside.noise
    rivals = [one for one in others if one is not None and one.size * found.size < 0 and one.gain > least]
    return max([found, *rivals], key=lambda one: plain.step_at(one.day).gain).day


class _Found(NamedTuple):
    """A step at a day since the start, in logarithms, with its error, and the sum of squares that it explains."""

    day: int
    size: float
    error: float
    gain: float


@dataclass(frozen=True)
class Amounts:
    """Logarithms of amounts on repeat purchase days, and the season, as distances from the customer's own means.

    `codes`, `counts`: Number of each row's customer, and rows of each customer. `day`: Days since `start`, ascending.
    `beside`, `usual`: What moves amounts as well, first months and waves of a year, and its prior standard deviations.
    """

    codes: Codes
    counts: Codes
    day: Codes
    start: pd.Timestamp
    logs: Floats
    beside: Floats
    usual: Floats
    days: int

    @classmethod
    def of(cls, bought: pd.DataFrame) -> Amounts | None:
        """None where no customer has two of them."""
        repeat = bought[(bought["amount_cents"] > 0) & (bought["day"] > first_days(bought))].sort_values("day")
        codes = pd.factorize(repeat["customer_id"])[0]
        counts = np.bincount(codes)
        if not (counts > 1).any():
            return None
        start = repeat["day"].iloc[0]
        day = (repeat["day"] - start).dt.days.to_numpy()
        months = np.eye(12)[repeat["day"].dt.month.to_numpy() - 1]
        angles = np.outer(day, 2 * np.pi / YEAR * np.arange(1, WAVES + 1))  # a step between months is none of a wave
        season = np.column_stack([months, np.sin(angles), np.cos(angles)])
        usual = np.repeat([USUAL_SEASON, USUAL_WAVE], [12, 2 * WAVES])
        logs = np.log(repeat["amount_cents"].to_numpy(float))
        plain = cls(codes, counts, day, start, logs, season, usual, length_days(bought))
        return replace(plain, logs=plain.within(plain.logs), beside=plain.within(season))

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

    def without(self, step: _Found) -> Amounts:
        """What is left of amounts when a step is taken off."""
        return replace(self, logs=self.logs - step.size * self.since(step.day))

    def since(self, day: int) -> Floats:
        """1 from a day on and 0 before it, as distances from customers' own means."""
        return self.within((self.day >= day).astype(float))

    def also(self, term: Floats, usual: float = np.inf) -> Amounts:
        """The same with one more term beside the others."""
        return replace(self, beside=np.column_stack([self.beside, term]), usual=np.append(self.usual, usual))

    def effect(self, term: Floats, usual: float) -> tuple[float, float, float]:
        """Of a term (within customers) beside others: effect, its error, and the sum of squares that it explains."""
        terms = np.column_stack([term, self.beside])
        prior = self.noise / np.append(usual, self.usual) ** 2
        inverse = np.linalg.pinv(terms.T @ terms + np.diag(prior))
        effects = inverse @ (terms.T @ self.logs)
        scores = terms * (self.logs - terms @ effects)[:, None]
        parts = np.column_stack([np.bincount(self.codes, column) for column in scores.T]) @ inverse[0]
        return float(effects[0]), float(np.sqrt(parts @ parts)), float(effects[0] ** 2 / max(inverse[0, 0], 1e-300))

    def step(self, stays: int = STEP_STAYS) -> _Found | None:
        """The step that explains most, where it is beyond chance; None where too few days are there."""
        days = np.arange(stays, self.day[-1] - stays + 2, 7)
        if not len(days):
            return None
        day = int(days[np.argmax(self._gains(days))])
        found = self.step_among(np.arange(day - 6, day + 7), stays)
        return found if found is not None and self.is_sure(found) else None

    def step_among(self, days: Codes, stays: int = STAYS_NAMED) -> _Found | None:
        """The step on the one of some days on which it explains most; None where all are too near an end."""
        days = days[(days >= stays) & (days < self.day[-1] - stays + 2)]
        return self.step_at(int(days[np.argmax(self._gains(days))])) if len(days) else None

    def step_at(self, day: int) -> _Found:
        """The step on a day."""
        return _Found(day, *self.effect(self.since(day), np.inf))

    def is_sure(self, found: _Found) -> bool:
        """Whether a step is beyond chance."""
        # Near either end few customers tell, and errors clustered by them are too small: both kinds must be exceeded.
        least = max(found.error**2, self.noise * found.size**2 / max(found.gain, 1e-300))
        return least > 0 and found.size**2 > SURE_STEP**2 * least

    def tell_of(self, found: _Found) -> Step | None:
        """A step with those who tell of it; None where it is small, or these are few."""
        rows = np.bincount(self.codes[self.day < found.day], minlength=len(self.counts))
        both = int(((rows > 0) & (rows < self.counts)).sum())
        if both < AT_LEAST or abs(found.size) < LEAST_STEP:
            return None
        return Step(self.start + pd.Timedelta(days=found.day), found.size, found.error, both)

    def _gains(self, days: Codes) -> Floats:
        """Sum of squares that a step at each of these days explains, beside others, by sums of all rows from it on."""
        ranks = pd.Series(self.codes[::-1]).groupby(self.codes[::-1]).cumcount().to_numpy()[::-1]
        own = 1 - (2 * ranks + 1) / self.counts[self.codes]  # what a row adds to the step's own square
        columns = np.column_stack([self.logs, own, self.beside])
        sums = np.vstack([np.cumsum(columns[::-1], axis=0)[::-1], np.zeros(columns.shape[1])])
        sums = sums[np.searchsorted(self.day, days)]
        prior = np.diag(self.noise / self.usual**2)
        inverse = np.linalg.pinv(self.beside.T @ self.beside + prior)
        left = sums[:, 0] - sums[:, 2:] @ inverse @ (self.beside.T @ self.logs)
        square = sums[:, 1] - np.einsum("ij,jk,ik->i", sums[:, 2:], inverse, sums[:, 2:])
        return np.asarray(left**2 / np.maximum(square, 1e-9))


def lasting_steps(
    level: Floats, variance: Floats, known: Flags, *, slope: float, least: int = WINDOW, huge: float = np.inf
) -> Iterator[tuple[int, float]]:
    """Week and size of each step that is no season, the surest first; `least` weeks must lie on both sides of it.

    With fewer than 13 of them, one that also came a year before or after is a season, too.

    `level`, `variance`, `known` (weeks,): Logarithms, their variance by chance, and which of them count. `slope`: As of
    `SLOPES`. `huge`: Size from which on two weeks are enough, and nothing that follows matters.
    """
    apart = 1.4826 * float(np.median(np.abs(np.diff(level[known]))))  # weeks differ by more than their rows do
    variance = variance + max(apart**2 / 2 - float(np.median(variance[known])), 0.0)
    table, weeks, seen = step_sizes(level, variance, known, slope), np.arange(len(level)), list[int]()
    for week, size, sure, reach in table[np.argsort(-np.abs(table[:, 2]))]:
        is_huge = abs(size) >= huge
        if abs(size) < LEAST or abs(sure) < SURE or reach < (2 if is_huge else least):
            continue
        if all(abs(week - other) > WINDOW for other in seen):
            seen.append(int(week))
            rest = step_sizes(level - size * (weeks > week), variance, known & (weeks != week), slope)
            rest = rest[(np.abs(rest[:, 0] - week) <= 4 * WINDOW) & (rest[:, 1] * size < 0)]
            year = np.abs(np.abs(table[:, 0] - week) - 4 * WINDOW) <= NEAR
            again = least < WINDOW and (_alike(table, size) & year & (table[:, 1] * size > 0)).any()
            if not again and (is_huge or not _alike(rest, size).any()):
                yield int(week), float(size)


def _alike(steps: Floats, size: float) -> Flags:
    """Which rows of `step_sizes` are clear, and large beside a step."""
    return (np.abs(steps[:, 1]) >= RETURNS * abs(size)) & (np.abs(steps[:, 2]) > CLEARLY_BACK)


def whole_weeks(days: pd.DataFrame) -> pd.DataFrame:
    """Whole weeks up to the last day."""
    ago = (days.index[-1] - days.index).days.to_numpy()
    whole = (int(ago[0]) + 1) // 7
    week = whole - 1 - ago // 7
    weeks: pd.DataFrame = days[week >= 0].groupby(week[week >= 0]).sum().reindex(range(whole), fill_value=0)
    return weeks


def step_sizes(level: Floats, variance: Floats, known: Flags, slope: float) -> Floats:
    """By week: the week, the step there, the step in standard errors, and weeks on its shorter side."""
    rows, weeks = [], np.flatnonzero(known)
    for week in range(len(level)):
        near = weeks[(np.abs(weeks - week) <= WINDOW) & (weeks != week)]  # the week itself is of both sides
        after = near > week
        if (reach := min(int(after.sum()), int((~after).sum()))) < 2:
            continue
        scale = 1 / np.sqrt(variance[near])
        terms = scale[:, None] * np.column_stack([np.ones(len(near)), near - week, after])
        inverse = np.linalg.inv(terms.T @ terms + np.diag([0, 1 / slope**2, 0]))
        effects = inverse @ (terms.T @ (scale * level[near]))
        noise = max(1.0, float(((scale * level[near] - terms @ effects) ** 2).sum()) / max(len(near) - 3, 1))
        rows.append((week, effects[2], effects[2] / np.sqrt(inverse[2, 2] * noise), reach))
    return np.array(rows or np.zeros((0, 4)))


def day_of_step(days: pd.DataFrame, kind: str, week: int) -> dt.date:
    """The day near a week that parts its neighbourhood best, by least squares."""
    every = days.reindex(pd.date_range(days.index[0], days.index[-1]), fill_value=0)
    counted = {"counts": "again", "new": "new"}
    value, weight = (every["logs"], every["n"]) if kind == "amounts" else (every[counted[kind]], every["n"] * 0 + 1)
    middle = len(every) - 7 * (len(every) // 7 - week)  # place of the week's first day
    low, high = max(middle - 28, 0), middle + 35
    sides = [
        [(value.iloc[part].sum(), max(weight.iloc[part].sum(), 1)) for part in (slice(low, at), slice(at, high))]
        for at in range(max(middle - 7, 1), min(middle + 14, len(every)))
    ]
    best = int(np.argmax([sum(total**2 / n for total, n in pair) for pair in sides]))
    day: dt.date = every.index[max(middle - 7, 1) + best].date()
    return day


def length_days(bought: pd.DataFrame) -> int:
    """Days from the first purchase to the last."""
    return int((bought["day"].max() - bought["day"].min()).days)


def first_days(bought: pd.DataFrame) -> pd.Series:
    """Of each purchase day the customer's first."""
    return bought.groupby("customer_id")["day"].transform("min")


def fewer_ids(counts: Codes) -> tuple[int, float]:
    """The week from which as many purchases are of clearly fewer ids, and how often each buys to before; else (0, 0).

    Of the 13 weeks on both sides; where customers leave, purchases do too. `counts`: As for `seen_again`.
    """
    n = int(counts[:, 0].max()) + 1
    table, weeks = np.zeros((n, n + 1)), np.arange(WINDOW, n - WINDOW + 1)
    table[n - 1 - counts[:, 0], np.where(counts[:, 1] < 0, 0, n - counts[:, 1])] = counts[:, 2]
    sums = np.pad(table.cumsum(0).cumsum(1), ((1, 0), (1, 0)))

    def of(low: Codes, high: Codes) -> tuple[Floats, Floats]:
        """Ids that buy from one week up to another, and weeks in which they do."""
        return tuple(np.maximum(sums[high, to] - sums[low, to], 1) for to in (low + 1, n + 1))

    (before, bought), (after, since) = of(weeks - WINDOW, weeks), of(weeks, weeks + WINDOW)
    moved, error = np.log(since / after) - np.log(bought / before), np.sqrt(1 / before + 1 / after)
    new = sums[weeks, 1] - sums[weeks - WINDOW, 1], sums[weeks + WINDOW, 1] - sums[weeks, 1]
    usual = (2 * new[0] <= before) & (2 * new[1] >= new[0])  # not a log whose customers have all just come
    fewer = np.flatnonzero((after <= FEWER * before) & (since >= STILL * bought) & usual)
    if not len(fewer):
        return 0, 0.0
    last = np.append(0, (table.sum(axis=1) - table[:, :0:-1].sum(axis=0)[::-1]).cumsum())  # purchases that none follows
    stop = 2 * last[weeks] - last[weeks - NEAR] - last[weeks + NEAR]  # before a week more than after it
    peak = int(fewer[np.argmax(moved[fewer])])  # weeks after the first have ids of both kinds before them
    near = np.arange(max(peak - 2 * NEAR, 0), peak + 1)
    first, others = int(near[np.argmax(stop[near])]), moved[np.abs(weeks - weeks[peak]) > WINDOW]
    if first not in fewer or len(others) < NEAR:
        return 0, 0.0
    middle = float(np.median(others))
    apart = max(float(error[peak]), 1.4826 * float(np.median(np.abs(others - middle))))
    is_sure = moved[peak] - middle >= max(SURE * apart, np.log(MERGED))
    return (int(weeks[first]), float(np.exp(moved[peak]))) if is_sure else (0, 0.0)


def seen_again(counts: Codes) -> tuple[int, float, float]:
    """The week whose sides have fewest customers in common, as a share of what is usual, and standard errors of that.

    `counts` (n, 3): weeks to the end of a purchase, of the customer's purchase before it (-1: none), and how many.
    """
    n = int(counts[:, 0].max()) + 1
    later, earlier, many = n - 1 - counts[:, 0], n - 1 - counts[:, 1], counts[:, 2]
    table, first = np.zeros((n, n)), np.zeros(n)
    old = counts[:, 1] >= 0
    table[later[old], earlier[old]], first[later[~old]] = many[old], many[~old]
    sums = np.pad(table.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    never = np.append(0, (first + table.sum(axis=1) - table.sum(axis=0)).cumsum())  # seen again, by their last week
    new = np.append(0, first.cumsum())

    def common(week: Codes, low: Codes, high: Codes) -> Floats:
        """Customers whose last purchase before a week lies from `low` on, and whose next one lies before `high`."""
        return np.asarray(sums[high, week] - sums[week, week] - sums[high, low] + sums[week, low])

    weeks: Codes = np.arange(LEAST_WEEKS, n - LEAST_WEEKS + 1)
    best: tuple[int, float, float] = 0, 1.0, 0.0
    low, high, whole = np.maximum(weeks - WINDOW, 0), np.minimum(weeks + WINDOW, n), np.full(len(weeks), n)
    before = never[weeks] - never[low] + common(weeks, low, whole)
    after = new[high] - new[weeks] + common(weeks, np.zeros_like(weeks), high)
    for at, week in enumerate(weeks.tolist()):
        back = common(weeks, low, np.minimum(weeks + n - week, n)) / np.maximum(before, 1)
        known = common(weeks, np.maximum(weeks - week, 0), high) / np.maximum(after, 1)
        sides = [side for side in (weeks <= week - WINDOW, weeks >= week + WINDOW) if side.sum() > LEAST_WEEKS]
        if not sides or not min(before[at], after[at]):
            continue
        near = common(weeks, np.maximum(weeks - min(week, WINDOW), 0), np.minimum(weeks + min(n - week, WINDOW), n))
        usual = np.array([[np.median(part[side]) for side in sides] for part in (back, known, near)]).min(axis=1)
        of = np.array([before[at], after[at], 1.0])
        expected, seen = usual * of, np.array([back[at], known[at], near[at]]) * of
        ratio = float((seen / np.maximum(expected, 1e-9)).max())
        if ratio < best[1]:
            best = int(week), ratio, float(((expected - seen) / np.sqrt(np.maximum(expected, 1))).min())
    return best


def late_end(every: Floats) -> tuple[int, float]:
    """How many days an end with too few has, and its share of the usual; 0 where there is none. `every`: A day each."""
    sums, best = np.append(0, every.cumsum()), (SURE, 0, 1.0)
    for length in range(2, TAIL + 1 if len(every) >= LEAST_LOG else 2):
        usual = (sums[length:-length] - sums[: -2 * length])[-LOOK_BACK:]
        tail, fewest = sums[-1] - sums[-1 - length], usual.min()
        sure = float(fewest - tail) / np.sqrt(max(fewest, 1.0))
        if tail <= TOO_FEW * fewest and sure > best[0]:
            best = sure, length, float(tail / np.median(usual))
    return best[1:]
