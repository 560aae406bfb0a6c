"""Days from which other rows are recorded of answers, tickets and visits, and days on which a program set many dates.

Another rule of invitation, a channel that is logged since, a banner that asks for consent: what comes after such a day
is of others than what came before it, whatever a mean or a share of them says. Tickets that were closed in one go,
memberships that a company ended, dates of an import: such dates say little of customers.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from cxlib.data.frames.breaks import SLOPES, Break, day_of_step, find_breaks, lasting_steps, whole_weeks
from cxlib.data.frames.inputs import canonical
from cxlib.data.workspace import Workspace
from cxlib.language import Day, Decimal, Message, Percent, T

LEAST_WEEKS = 4  # on both sides of a step
FEWEST_A_WEEK = 5.0  # rows, from which on steps are looked for
WINDOWS = (1, 14)  # days of a wave
FEWEST, SHARE, TIMES = 30, 0.05, 4.0  # rows of a wave, of all rows, as a multiple of what other days hold at most
RECORDED = ("surveys", "tickets", "sessions")  # tables whose number of rows hangs on what is recorded
DATES = {"tickets": ("opened_at", "closed_at"), "memberships": ("started_on", "ended_on")}


@dataclass(frozen=True)
class Recorded(Break):
    """A step of the rows of a table ("rows"), `ratio` times as many from `first` on; or a "wave" of dates of a column.

    Of a wave `ratio` is its share of all dates of the column, from `first` to `last`.
    """

    table: str = ""
    column: str = ""

    def spoils(self, needs: Sequence[str]) -> bool:
        """Whether what is told of columns, as "tickets.closed_at", is of other rows or dates since then."""
        if self.kind == "wave" and self.column != "opened_at":
            return f"{self.table}.{self.column}" in needs
        return any(need.partition(".")[0] == self.table for need in needs)

    @property
    def message(self) -> Message:
        """What was seen, and what it looks like."""
        if self.kind == "rows":
            return _of_rows(self.table, {"day": Day(self.first), "ratio": Decimal(self.ratio, digits=2)})
        when = T("from {first} to {last}", first=Day(self.first), last=Day(self.last))
        when = T("on {day}", day=Day(self.first)) if self.first == self.last else when
        return _of_wave(self.column, {"share": Percent(self.ratio), "when": when})


def _of_rows(table: str, values: dict[str, object]) -> Message:
    if table == "surveys":
        return T(
            "From about {day} on {ratio} times as many answers come in as before: are others asked since then, or was "
            "another survey added? Then what changed may be who answers, and it is called neither better nor worse",
            **values,
        )
    if table == "tickets":
        return T(
            "From about {day} on there are {ratio} times as many tickets as before: is another channel or kind "
            "recorded since then? Then what changed may be which tickets count, and it is called neither better nor "
            "worse",
            **values,
        )
    return T(
        "From about {day} on there are {ratio} times as many visits as before: did a banner for consent, a way of "
        "counting or programs change which are recorded? Then what changed may be which visits count, and it is called "
        "neither better nor worse",
        **values,
    )


def _of_wave(column: str, values: dict[str, object]) -> Message:
    if column == "opened_at":
        return T(
            "{share} of the tickets were opened {when}: is that when they were brought in from another system? Then "
            "waiting times and months are not right. Bring the days on which customers opened them",
            **values,
        )
    if column == "closed_at":
        return T(
            "{share} of the tickets that are closed were closed {when}: were old ones closed in one go? Then how long "
            "they took is not known, and it is not compared",
            **values,
        )
    if column == "started_on":
        return T(
            "{share} of the memberships began {when}: is that when they were brought in from another system? Then "
            "members have stayed longer than it seems. Bring the days on which they first joined",
            **values,
        )
    return T(
        "{share} of the memberships that ended did so {when}: was a plan closed, a list cleaned or a price raised? "
        "Then curves and shares of those who left tell that, too, and periods with and without it are not compared",
        **values,
    )


def find_recorded(
    company: Workspace, table: str, *, observation_end: dt.date | str | None = None
) -> tuple[Recorded, ...]:
    """Look for both in a table of a workspace; none in one that is not there, or in a database's without such columns.

    Of the rows of each week a step is fitted as `find_breaks` fits those of purchases; four weeks on either side are
    enough, and a step that another year has at about the same time is a season. A wave is a day, or 14, with 30 dates
    or more, a twentieth of all, and four times as many as any other such days hold.

    >>> day = [str(one) for one in pd.date_range("2025-01-01", periods=300)]
    >>> rows = pd.DataFrame({"opened_at": day, "closed_at": ["2025-06-01 12:00"] * 140 + day[140:]})
    >>> shop = Workspace.from_frames({"tickets": rows}, currency="GBP", time_zone="UTC")
    >>> [(found.kind, found.column, str(found.first)) for found in find_recorded(shop, "tickets")]
    [('wave', 'closed_at', '2025-06-01')]
    """
    if not company.has(table):
        return ()
    end = pd.Timestamp(observation_end) if observation_end else pd.Timestamp.max
    found = list[Recorded]()
    if table in RECORDED:
        found += steps_of_rows(_daily(company, table, "day", end), table)
    for column in DATES.get(table, ()):
        found += _waves(_daily(company, table, column, end), table, column)
    return tuple(sorted(found, key=lambda one: one.first))


def tell_breaks(company: Workspace) -> pd.DataFrame:
    """What is found in a workspace, as its `warnings`: of a step the rows from then on, of dates theirs, else days."""
    lasts, told = ("closed", "twice", "late", "surge"), list[tuple[str, str, int]]()
    if company.has("transactions"):
        rows = company.table("transactions")
        for one in find_breaks(company):
            size = one.days if one.kind in lasts else int((rows.day >= one.first).sum().execute())
            told.append(("transactions", str(one.message), size))
    for table in (*RECORDED, *(name for name in DATES if name not in RECORDED)):
        for found in find_recorded(company, table):
            last = None if found.kind == "rows" else pd.Timestamp(found.last)
            daily = _daily(company, table, found.column or "day", pd.Timestamp.max)
            told.append((table, str(found.message), int(daily.loc[pd.Timestamp(found.first) : last].sum())))
    return pd.DataFrame(told, columns=["table", "warning", "rows"]).astype({"rows": "int64"})


def _daily(company: Workspace, table: str, column: str, end: pd.Timestamp) -> pd.Series:
    """By day, how many rows have that date."""
    rows = canonical(company, table)
    if column not in rows.columns:
        return pd.Series(dtype="int64")
    counted = rows.select(day=rows[column].cast("date")).group_by("day").aggregate(n=ibis._.count())
    frame: pd.DataFrame = counted.to_pyarrow().to_pandas().dropna()
    return frame.assign(day=pd.to_datetime(frame["day"])).set_index("day")["n"].sort_index().loc[:end]


def steps_of_rows(daily: pd.Series, table: str) -> Iterator[Recorded]:
    """Days from which on a table has clearly more or fewer rows; `daily`: how many, by day, ascending."""
    if daily.empty:
        return
    days = pd.DataFrame({"n": daily, "again": daily})
    n = whole_weeks(days)["n"].to_numpy(float)
    if len(n) < 2 * LEAST_WEEKS or np.median(n) < FEWEST_A_WEEK:
        return
    level, known = np.log(np.maximum(n, 0.5)), np.ones(len(n), bool)
    steps = lasting_steps(level, 1 / np.maximum(n, 1), known, slope=SLOPES["counts"], least=LEAST_WEEKS)
    for week, size in steps:
        first = day_of_step(days, "counts", week=week)
        yield Recorded("rows", first, first, float(np.exp(size)), table=table)


def _waves(daily: pd.Series, table: str, column: str) -> Iterator[Recorded]:
    """The shortest wave of a column."""
    total = int(daily.sum())
    if len(daily) < FEWEST:
        return
    every = daily.reindex(pd.date_range(daily.index[0], daily.index[-1]), fill_value=0)
    for length in WINDOWS:
        sums = every.rolling(length).sum().to_numpy()
        last = int(np.nanargmax(sums))
        apart = length + max(WINDOWS)
        elsewhere = np.delete(sums, slice(max(last - apart, 0), last + apart))
        others = np.nanmax(elsewhere, initial=1.0)
        if sums[last] >= max(FEWEST, SHARE * total, TIMES * others) and len(elsewhere) >= max(WINDOWS):
            first, end = (every.index[place].date() for place in (last - length + 1, last))
            yield Recorded("wave", first, end, float(sums[last] / total), table=table, column=column)
            return
