"""What follows what: the ways that customers take, and those that end without a purchase."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cxlib.journey.steps import Steps
from cxlib.journey.touchpoints import GOAL
from cxlib.measures.nps import SUPPRESS_BELOW

MOST_STEPS = 4  # of a way that are told; what follows is left out
MOST_PATHS = 8


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
