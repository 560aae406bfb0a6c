"""Who met what on which day, who went on from there, and how many would have gone on without it.

To go on is to buy, or to buy again, within a window. Who has not yet done so at the end of the data was seen for
so long, and counts neither as lost nor as gone on (Kaplan and Meier).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from cxlib.checks import Codes, Flags, Floats
from cxlib.journey.touchpoints import GOAL, Touchpoint
from cxlib.measures.nps import SUPPRESS_BELOW
from cxlib.measures.rates import UNKNOWN, Figure, change_of, freedom_of, student
from cxlib.measures.sampling import wilson
from cxlib.measures.service import time_to

SPAN = 1 << 20  # days that a customer's share of a key has room for
YEAR = 365
# Customers are compared with those who last bought as long ago, and as often in the year before.
SINCE, OFTEN = (2, 7, 14, 30, 90), (1, 2, 4, 8, 16)
APART = 13  # days between the days on which customers are looked at who met nothing: no multiple of a week
NOBODY_LOST = 0.005  # share up to which a table says nothing of who is lost
MOST_STEPS = 4  # of a way that are told; what follows is left out
MOST_PATHS = 8
LEAST_MATCHED = 0.8  # share of meetings for which there are comparable customers


@dataclass(frozen=True)
class Meetings:
    """Days on which customers met something: positions of customers and day numbers (n,)."""

    customer: Codes
    day: Codes

    def take(self, chosen: Flags) -> Meetings:
        """Some of them."""
        return Meetings(self.customer[chosen], self.day[chosen])

    @property
    def key(self) -> Codes:
        """A number for each customer and day, ascending by customer, then by day."""
        return self.customer * SPAN + self.day


@dataclass(frozen=True)
class Steps:
    """Everything that known customers met, by customer and day, up to the last day."""

    touchpoints: Sequence[Touchpoint]
    customer: Codes  # position in `ids`
    day: Codes  # days since 1970
    touchpoint: Codes
    rows: Codes  # meetings of that day
    cents: Codes
    ids: pd.Index
    start: int  # first day of the period that is looked at
    end: int  # the last day that counts
    window: int  # days within which a customer goes on, or is lost
    until: int = SPAN  # the last day of the period

    @cached_property
    def customers(self) -> int:
        """How many customers met anything in the period."""
        return int((np.bincount(self.customer[self.in_period]) > 0).sum())

    @cached_property
    def in_period(self) -> Flags:
        """Which of them lie in the period that is looked at."""
        return (self.day >= self.start) & (self.day <= self.until)

    def of(self, numbers: Sequence[int]) -> Meetings:
        """Meetings of some touchpoints in the period, one a customer and day."""
        if (asked := tuple(numbers)) not in self._met:
            chosen = self.in_period & np.isin(self.touchpoint, numbers)
            keys = _distinct(self.customer[chosen] * SPAN + self.day[chosen])
            self._met[asked] = Meetings(keys // SPAN, keys % SPAN)
        return self._met[asked]

    @cached_property
    def _met(self) -> dict[tuple[int, ...], Meetings]:
        return {}

    def stage(self, name: str) -> list[int]:
        """The touchpoints of a stage."""
        return [number for number, one in enumerate(self.touchpoints) if one.stage == name]

    @cached_property
    def bought(self) -> Codes:
        """Keys of the days on which customers bought, ascending."""
        chosen = np.isin(self.touchpoint, self.stage(GOAL))
        return _distinct(self.customer[chosen] * SPAN + self.day[chosen])

    def waits(self, met: Meetings, *, same_day: bool) -> tuple[Codes, Flags]:
        """Days until a customer bought and whether it came at all; where not, the days for which they were seen."""
        place = np.searchsorted(self.bought, met.key, side="left" if same_day else "right")
        following = np.append(self.bought, -1)[place]
        came = following // SPAN == met.customer
        return np.where(came, following % SPAN, self.end) - met.day, came

    def likeness(self, met: Meetings, *, same_day: bool) -> Codes:
        """A number for customers who last bought as long ago, and as often in the year before.

        Where `same_day`, what was bought on that day comes after, and does not count.
        """
        place = np.searchsorted(self.bought, met.key, side="left" if same_day else "right")
        last = np.append(self.bought, -1)[place - 1]
        known = (place > 0) & (last // SPAN == met.customer)
        since = np.where(known, np.digitize(met.day - last % SPAN, SINCE), len(SINCE) + 1)
        often = np.digitize(place - np.searchsorted(self.bought, met.key - YEAR), OFTEN)
        return np.asarray(since * (len(OFTEN) + 1) + often)

    @cached_property
    def backwards(self) -> frozenset[int]:
        """Touchpoints before buying of tables after whose rows everybody buys: only visits of buyers are recorded."""
        silent: set[int] = set()
        before = self.stage("before")
        for table in {self.touchpoints[number].table for number in before}:
            numbers = [number for number in before if self.touchpoints[number].table == table]
            met = self.of(numbers)
            drop = left_within(self.waits(met, same_day=True), met.customer, self.window)
            if drop.n >= SUPPRESS_BELOW and drop.value <= NOBODY_LOST and drop.high <= 10 * NOBODY_LOST:
                silent.update(numbers)
        return frozenset(silent)

    @cached_property
    def buyers_days(self) -> Meetings:
        """Customers who had bought, on days evenly apart: what comes when nothing is done."""
        people, first = np.unique(self.bought // SPAN, return_index=True)
        days = np.arange(self.end, self.start - 1, -APART)
        met = Meetings(np.repeat(people, len(days)), np.tile(days, len(people)))
        return met.take(met.day >= np.repeat(self.bought[first] % SPAN, len(days)))

    def compared_with(self, number: int) -> Meetings:
        """Days on which comparable customers did not meet a touchpoint.

        Of one after buying: any days of customers who had bought. Else: days on which another touchpoint of its stage
        and its table was met, since who is not on the website today is not to be compared with who is.
        """
        one = self.touchpoints[number]
        peers = [n for n in self.stage(one.stage) if n != number and self.touchpoints[n].table == one.table]
        others = self.buyers_days if one.stage == "after" else self.of(peers)
        own, asked = self.of([number]).key, others.key
        return others.take(np.append(own, -1)[np.searchsorted(own, asked)] != asked)  # both ascend: faster than isin


def _distinct(keys: Codes) -> Codes:
    """Ascending keys, each once."""
    return keys[np.append(True, keys[1:] != keys[:-1])] if len(keys) else keys


def make_steps(
    touchpoints: Sequence[Touchpoint], events: pd.DataFrame, *, end: dt.date, period_days: int, window: int
) -> Steps:
    """The steps of known customers, from events of `cxlib.data.frames.journey`, sorted as they are there."""
    known = events[events["customer_id"].notna()]
    codes, ids = pd.factorize(known["customer_id"])
    days = known["day"].to_numpy("datetime64[D]").astype(np.int64)
    step, rows, cents = (known[name].to_numpy(np.int64) for name in ("touchpoint", "n", "cents"))
    last = int(np.datetime64(end, "D").astype(np.int64))
    index = pd.Index(ids, dtype=object)
    start = last - period_days + 1
    return Steps(touchpoints, codes.astype(np.int64), days, step, rows, cents, index, start, last, window)


@dataclass(frozen=True)
class Comparison:
    """How many do not go on from a touchpoint, and how many do not without it."""

    drop: Figure
    base: Figure = UNKNOWN  # of comparable customers who did not meet it
    excesses: tuple[Figure, ...] = ()  # over those, and over the same customers on other days


def left_within(waits: tuple[Codes, Flags], customers: Codes, window: int, weights: Floats | None = None) -> Figure:
    """Share that has not gone on after so many days, over customers; NaN where nobody was seen for so long.

    ``S = product over k <= window of (1 - d_k / n_k)`` of weighted sums: d_k went on after k days, n_k were seen for k
    days and had not gone on before. The error is that of its linearisation, summed by customer before it is squared
    (Williams, Lifetime Data Analysis 1 (1995), 171-186), the interval Wilson's for as many customers as independent
    ones would be as sure.
    """
    days, came = np.minimum(waits[0], window), waits[1] & (waits[0] <= window)
    w = np.ones(len(days)) if weights is None else weights
    ends = np.bincount(days[came], w[came], window + 1)
    seen = np.bincount(days, w, window + 1)[::-1].cumsum()[::-1]
    people = np.flatnonzero(np.bincount(customers))
    left, some = np.maximum(seen - ends, 0.0), np.where(seen > 0, seen, 1.0)
    share = float(np.prod(np.where(seen > 0, left / some, 1.0)))
    share = share if share > 1e-9 else 0.0
    if not len(days) or (share and not seen[window]):
        return Figure(np.nan, np.nan, np.nan, len(people))
    each = 1 / np.where(left > 0, left, np.inf)
    error = share * w * (np.cumsum(ends / some * each)[days] - np.where(came, each[days], 0.0))
    by_customer = np.bincount(customers, error)[people]
    variance = float((by_customer**2).sum()) * len(people) / max(len(people) - 1, 1)
    burden = np.bincount(customers, w)[people]
    size = burden.sum() ** 2 / float((burden**2).sum())
    if 0 < share < 1 and variance > 0:
        size = min(share * (1 - share) / variance, float(len(days)))
    freedom = np.inf if len(people) == len(days) and weights is None else freedom_of(burden)
    low, high = wilson(share * size, size, z=student(freedom))
    influence = pd.Series(by_customer, people)
    return Figure(share, float(low), float(high), len(people), influence, freedom)


def compare(steps: Steps, number: int) -> Comparison:
    """A touchpoint's drop-off beside what comes without it.

    Twice: of comparable customers, who last bought as long ago and as often; and of the same customers on days on which
    they met another touchpoint. The first may mistake who meets it for what it does, the second cannot; but only those
    who met both tell it. Where either is missing there are no excesses.
    """
    same_day = steps.touchpoints[number].stage == "before"
    met, others = steps.of([number]), steps.compared_with(number)
    waits = steps.waits(met, same_day=same_day)
    drop = left_within(waits, met.customer, steps.window)
    if not len(met.day) or not len(others.day):
        return Comparison(drop)
    theirs = steps.waits(others, same_day=same_day)
    alike = [steps.likeness(each, same_day=same_day) for each in (met, others)]
    own = [each.customer * (len(SINCE) + 2) for each in (met, others)]
    if steps.touchpoints[number].stage == "after":  # a day soon after an order with such a day
        own = [each + code // (len(OFTEN) + 1) for each, code in zip(own, alike, strict=True)]
    found = []
    for classes, least in ((alike, LEAST_MATCHED), (own, 0.0)):
        size = 1 + max(int(each.max()) for each in classes)
        counts, present = (np.bincount(each, minlength=size) for each in classes)
        has_peers, kept = present[classes[0]] > 0, counts[classes[1]] > 0
        if not has_peers.any() or has_peers.mean() < least:
            return Comparison(drop)
        code = classes[1][kept]
        weights = counts[code] / present[code]
        base = left_within((theirs[0][kept], theirs[1][kept]), others.customer[kept], steps.window, weights)
        matched = left_within((waits[0][has_peers], waits[1][has_peers]), met.customer[has_peers], steps.window)
        found.append((matched, base))
    if any(side.n < SUPPRESS_BELOW or not np.isfinite(side.value) for pair in found for side in pair):
        return Comparison(drop)
    return Comparison(drop, found[0][1], tuple(change_of(*pair) for pair in found))


def time_to_next(steps: Steps, met: Meetings, *, same_day: bool) -> Figure:
    """Median days until customers buy, those who have not yet counted for as long as they were seen."""
    wait, came = steps.waits(met, same_day=same_day)
    days = pd.to_datetime(met.day, unit="D")
    # Half a day later, so that who was seen for k days counts among those who might have bought on day k.
    bought = pd.Series(days + pd.to_timedelta(wait, unit="D") + pd.Timedelta(hours=12)).where(came)
    rows = pd.DataFrame({"customer_id": met.customer, "opened_at": days, "closed_at": bought})
    median = time_to(rows, "closed_at", as_of=dt.date(1970, 1, 1) + dt.timedelta(days=steps.end)).median
    ends = [float(np.floor(hours / 24)) for hours in (median.value, median.low, median.high)]
    return Figure(ends[0], ends[1], ends[2], median.n)


@dataclass(frozen=True)
class Paths:
    """Ways of customers.

    `table` has a row a way of at least 30 customers: steps (in order), more (whether others follow), times, customers,
    bought (times that ended with a purchase), ended (times after which nothing came within the window), open
    (seen for less). `others` is how many times of all were of ways that fewer took.
    """

    table: pd.DataFrame = field(repr=False)
    times: int
    others: int

    @property
    def common(self) -> pd.DataFrame:
        """The most common ways."""
        return self.table.head(MOST_PATHS)

    @property
    def ending(self) -> pd.DataFrame:
        """Ways after which most often nothing came."""
        ended = self.table[self.table["ended"] > 0]
        return ended.sort_values("ended", ascending=False, kind="stable").head(MOST_PATHS)


def find_paths(steps: Steps) -> Paths:
    """The ways that customers took in the period: from where they began, or had bought, until they buy or stop.

    A way ends with a purchase, or where nothing follows within the window. Steps that repeat count once.
    """
    chosen = steps.in_period
    customer, day, step = steps.customer[chosen], steps.day[chosen], steps.touchpoint[chosen]
    is_goal = np.isin(step, steps.stage(GOAL))
    before = np.arange(len(step)) - 1
    begins = (before < 0) | (customer != customer[before]) | (day - day[before] > steps.window) | is_goal[before]
    way = np.cumsum(begins) - 1
    told = begins | (step != step[before])
    place = np.cumsum(told) - 1
    place -= place[begins][way]
    codes = np.zeros(way[-1] + 1 if len(way) else 0, dtype=np.int64)
    early = told & (place < MOST_STEPS)
    base = len(steps.touchpoints) + 1
    np.add.at(codes, way[early], (step[early] + 1) * base ** place[early].astype(np.int64))
    last = np.flatnonzero(np.append(begins[1:], True)) if len(way) else np.array([], dtype=int)
    more = place[last] >= MOST_STEPS
    ways = pd.DataFrame(
        {
            "code": 2 * codes + more,
            "customer": customer[last],
            "bought": is_goal[last],
            "ended": ~is_goal[last] & (day[last] + steps.window <= steps.end),
        }
    )
    ways["open"] = ~ways["bought"] & ~ways["ended"]
    by_code = ways.groupby("code")
    table = by_code.agg(
        times=("customer", "size"),
        customers=("customer", "nunique"),
        **{name: (name, "sum") for name in ("bought", "ended", "open")},
    ).reset_index()
    table = table[table["customers"] >= SUPPRESS_BELOW].sort_values(
        ["times", "code"], ascending=[False, True], kind="stable", ignore_index=True
    )
    names = [_steps(int(code) // 2, base, steps) for code in table["code"]]
    table = table.assign(steps=pd.Series(names, table.index, dtype=object), more=table["code"] % 2 == 1)
    columns = ["steps", "more", "times", "customers", "bought", "ended", "open"]
    return Paths(table[columns], len(ways), len(ways) - int(table["times"].sum()))


def _steps(code: int, base: int, steps: Steps) -> tuple[str, ...]:
    names = []
    while code:
        code, number = divmod(code, base)
        names.append(steps.touchpoints[number - 1].name)
    return tuple(names)
