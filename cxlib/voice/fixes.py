"""Did it help: a topic's share before and after the day on which what it is about was mended, beside other topics."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from cxlib.checks import Floats, read_day
from cxlib.errors import ParameterError, nearest
from cxlib.language import Message, T
from cxlib.measures.rates import Figure
from cxlib.voice.courses import Stretches, hold_against, stretches_about

LENGTH, MOST, LEAST, LEAST_MENTIONS = 30, 6, 3, 20  # days of a stretch, stretches of a side, mentions before


@dataclass(frozen=True)
class Fix:
    """What came after something was mended.

    `before`, `now`: Share of comments in up to six stretches of 30 days on either side.
    `low`, `high`: Interval of the change of the share.
    `against`: The share after over that before, divided by the same of the topics that nothing was done about.
    `worst_before`: Whether the stretch just before was the one with most: a part of a fall would have come anyway.
    `lacks`: Why nothing can be told; None where it can.
    """

    topic: str
    name: object
    day: dt.date
    before: float
    now: float
    low: float
    high: float
    against: Figure
    worst_before: bool
    lacks: Message | None

    @property
    def worked(self) -> bool:
        """Whether fewer speak of it, clearly in itself and beside the other topics."""
        return self.lacks is None and self.high < 0 and self.against.high < 1

    @property
    def rose(self) -> bool:
        """Whether more do, clearly in both ways."""
        return self.lacks is None and self.low > 0 and self.against.low > 1


def check_fixes(fixes: Mapping[str, str]) -> dict[str, dt.date]:
    """Topic -> day, as days.

    Raises ParameterError: it is no mapping of topics to days such as 2026-02-01.

    >>> check_fixes({"payment": "2026-02-01"})
    {'payment': datetime.date(2026, 2, 1)}
    """
    if not isinstance(fixes, Mapping) or not all(isinstance(topic, str) for topic in fixes):
        raise ParameterError(f"fixes={fixes!r}: write topic and day, as {{payment: '2026-02-01'}}.")
    return {topic: read_day(str(day), name=f"fixes: {topic}") for topic, day in fixes.items()}


def look_at_fixes(
    fixes: Mapping[str, str], rows: pd.DataFrame, touched: pd.DataFrame, names: Mapping[str, object]
) -> tuple[Fix, ...]:
    """Every fix in turn.

    Raises ParameterError: a topic is none of the list.
    """
    days = check_fixes(fixes)
    for topic in days:
        if topic not in touched:
            raise ParameterError(f"fixes: there is no topic {topic!r}. {nearest(topic, map(str, touched.columns))}")
    others = touched.drop(columns=list(days))
    level = 1 - 0.05 / max(len(days), 1)  # all fixes together
    return tuple(
        _look(topic, day, rows, touched[[topic]].join(others), names[topic], level) for topic, day in days.items()
    )


def _look(topic: str, day: dt.date, rows: pd.DataFrame, touched: pd.DataFrame, name: object, level: float) -> Fix:
    told = stretches_about(rows, touched, pd.Timestamp(day), length=LENGTH, most=(MOST, MOST))
    after = told.after
    lacks = None
    if min((~after).sum(), after.sum()) < LEAST:
        lacks = T("there are fewer than three whole stretches of 30 days with enough comments on one of its sides")
    elif told.sizes[~after] @ told.shares[~after, 0] < LEAST_MENTIONS:
        lacks = T("too few spoke of it before")
    if lacks is not None:
        nothing = Figure(np.nan, np.nan, np.nan, 0)
        return Fix(topic, name, day, np.nan, np.nan, np.nan, np.nan, nothing, False, lacks)
    own = hold_against(told, level).iloc[0]
    worst = bool(told.shares[~after, 0].argmax() == (~after).sum() - 1)
    before, now, low, high = (float(own[each]) for each in ("before", "now", "low", "high"))
    return Fix(topic, name, day, before, now, low, high, _against(told, level), worst, None)


def _against(told: Stretches, level: float) -> Figure:
    """Share of the first topic over the sum of the others', after over before, by the spread between stretches.

    A difference in differences of logarithms; its variance is that between stretches, never less than by chance.
    """
    n, after = told.sizes, told.after
    own, others = (told.shares[:, 0] * n + 0.5) / (n + 1), (told.shares[:, 1:].sum(axis=1) * n + 0.5) / (n + 1)
    ratio: Floats = np.log(own) - np.log(others)
    sides = [ratio[~after], ratio[after]]
    freedom = len(ratio) - 2
    chance = float(((1 - own) / (n * own) + 1 / (n * others)).mean())
    between = sum(float(((side - side.mean()) ** 2).sum()) for side in sides) / freedom
    error = np.sqrt(max(between, chance) * sum(1 / len(side) for side in sides))
    moved = float(sides[1].mean() - sides[0].mean())
    reach = float(scipy.special.stdtrit(freedom, (1 + level) / 2) * error)
    value, low, high = (float(np.exp(moved + step)) for step in (0.0, -reach, reach))
    return Figure(value, low, high, n=int(told.sizes.sum()))
