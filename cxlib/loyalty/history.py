"""What customers bought in equal periods before and after a day: members' joining, and a day like it of the others.

Others are customers who had not joined by a day of a month in which members joined; some join later. Where most
members joined on a day on which they bought, it is one on which the other bought too: who is about to join and who has
left for good without a word must not be compared. What was bought on the day itself counts nowhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cxlib.checks import Codes, Flags, Floats
from cxlib.loyalty.effects import Windows
from cxlib.measures.result import Brief

PERIOD = 91  # days
MOST_ON_PURCHASE = 0.5  # share of members who joined on a day of purchase, from which others' days are such days
OTHERS = 10  # days of others for each member, where there are so many
WIDE = 10**7  # above any number of a day
NEVER = np.iinfo(np.int64).max // 4


@dataclass(frozen=True, repr=False)
class Purchases(Brief):
    """Purchase days, sorted by customer and day: `customer` is a place in `ids`; days are numbers since 1970."""

    ids: pd.Index
    customer: Codes
    day: Codes
    revenue: Floats
    joined: Codes  # of each customer; NEVER
    end: int

    @property
    def first(self) -> Codes:
        """Each customer's first purchase day."""
        first = np.full(len(self.ids), NEVER)
        np.minimum.at(first, self.customer, self.day)
        return first


@dataclass(frozen=True, repr=False)
class Compared(Brief):
    """Customers who can be compared, by place, with their windows; and why the other members cannot."""

    places: Codes
    windows: Windows
    left_out: Mapping[str, int]


def compare(bought: Purchases, *, before: int, after: int, seed: int) -> Compared:
    """Members and others with `before` periods of purchases before their day and `after` behind it."""
    lead, follow, first = before * PERIOD, after * PERIOD, bought.first
    joined = np.where(bought.joined <= bought.end, bought.joined, NEVER)
    member = joined < NEVER
    reasons = {  # the first that holds
        "too_early": joined < bought.day.min(),
        "at_first": joined <= first,
        "too_new": first > joined - lead,
        "too_late": joined + follow > bought.end,
    }
    kept, left_out = member.copy(), {}
    for name, holds in reasons.items():
        left_out[name] = int((kept & holds).sum())
        kept &= ~holds
    ours = np.flatnonzero(kept)
    days = joined[ours]
    keys, wanted = bought.customer * WIDE + bought.day, ours * WIDE + days
    on_day = keys[np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)] == wanted
    on_purchase = bool(on_day.mean() >= MOST_ON_PURCHASE) if len(ours) else True
    theirs, their_days = _days_of_others(bought, first, days, joined, (lead, follow), on_purchase, seed)
    places, start = np.r_[ours, theirs], np.r_[days, their_days]
    windows = _windows(bought, places, start, first, before, after)
    return Compared(places, replace(windows, member=np.arange(len(places)) < len(ours)), left_out)


def _months(day: Codes) -> Codes:
    return np.asarray(day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64))


def _days_of_others(
    bought: Purchases, first: Codes, joined: Codes, before: Codes, around: tuple[int, int], on_purchase: bool, seed: int
) -> tuple[Codes, Codes]:
    """Customers who had not joined on a day like the members', and that day; one customer may have several.

    Every purchase (or month) has the same chance, whatever was bought before and comes later: whether they join some
    day, or how long they stay.
    """
    rng, (lead, follow) = np.random.default_rng(seed), around
    if not len(joined):
        return joined, joined
    months, counts = np.unique(_months(joined), return_counts=True)
    if on_purchase:
        customer, day = bought.customer, bought.day
    else:
        customer = np.tile(np.arange(len(first)), len(months))
        begins = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
        day = np.repeat(begins, len(first)) + rng.integers(0, 28, len(customer))
    month = _months(day)
    fits = (day < before[customer]) & (first[customer] <= day - lead) & (day + follow <= bought.end)
    place = np.minimum(np.searchsorted(months, month), len(months) - 1)
    fits &= months[place] == month
    place = place[fits]
    chance = OTHERS * counts / np.maximum(np.bincount(place, minlength=len(months)), 1)
    drawn = np.flatnonzero(fits)[rng.random(len(place)) < chance[place]]
    return customer[drawn], day[drawn]


def _windows(bought: Purchases, places: Codes, start: Codes, first: Codes, before: int, after: int) -> Windows:
    """Of the customers in these places, each before and after its day."""
    begins = np.searchsorted(bought.customer, places)
    size = np.searchsorted(bought.customer, places, side="right") - begins
    row = np.repeat(np.arange(len(places)), size)
    each = np.arange(len(row)) + np.repeat(begins - np.cumsum(size) + size, size)
    gap = bought.day[each] - start[row]
    period = np.where(gap < 0, gap // PERIOD, (gap - 1) // PERIOD) + before
    inside = (gap != 0) & (period >= 0) & (period < before + after)
    shape = (len(places), before + after)
    cell = row[inside] * shape[1] + period[inside]
    sums = [np.bincount(cell, of, shape[0] * shape[1]).reshape(shape) for of in (None, bought.revenue[each][inside])]
    last = np.full(len(places), -NEVER)
    np.maximum.at(last, row[gap < 0], bought.day[each][gap < 0])
    none, known = np.zeros(len(places), bool), np.where(last > -NEVER, last, start)
    recency, tenure = (start - known).astype(np.float64), (start - first[places]).astype(np.float64)
    return Windows(
        none, start, sums[0].astype(np.float64), np.asarray(sums[1], np.float64), before, recency, tenure, places
    )


def latest(bought: Purchases, member: Flags, *, after: int) -> Windows:
    """All customers and what they bought in the last periods of the data, for the plain comparison."""
    places = np.flatnonzero(bought.first <= bought.end)
    windows = _windows(bought, places, np.full(len(places), bought.end - after * PERIOD), bought.first, 0, after)
    return replace(windows, member=member[places])
