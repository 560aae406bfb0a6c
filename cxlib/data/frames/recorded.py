"""Days from which other rows are recorded of answers, tickets and visits, and days on which a program set many dates.

Another rule of invitation, a channel that is logged since, a banner that asks for consent: what comes after such a day
is of others than what came before it, whatever a mean or a share of them says. Tickets that were closed in one go,
memberships that a company ended, dates of an import: such dates say little of customers. Nor do answers that a form
holds before anybody gave them, and first replies that a program sends.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import ibis
import numpy as np
import pandas as pd

from cxlib.checks import Floats
from cxlib.data.frames.breaks import NO_PERSON, SLOPES, Break, find_breaks, persons
from cxlib.data.frames.inputs import Relation, canonical
from cxlib.data.frames.memberships import trial_plans
from cxlib.data.frames.observed import id_form
from cxlib.data.frames.steps import NEAR, WINDOW, day_of_step, lasting_steps, step_sizes, whole_weeks
from cxlib.data.workspace import Workspace
from cxlib.language import Day, Decimal, Message, Percent, T, join_names

LEAST_WEEKS = 4  # on both sides of a step
FEWEST_A_WEEK = 5.0  # rows, from which on steps are looked for
WINDOWS = (1, 14)  # days of a wave
FEWEST, SHARE, TIMES = 30, 0.05, 4.0  # rows of a wave, of all rows, as a multiple of what other days hold at most
RECORDED = ("surveys", "tickets", "sessions")  # tables whose number of rows hangs on what is recorded
SCORES = {"nps": T("NPS"), "csat": T("satisfaction (CSAT)"), "ces": T("ease (CES)")}
LEAST_PART, LIKELIER = 0.15, 1.5  # share of answers; in log-likelihood: other answers, than as many who like more
LEAST_LEAP, SURELY = 0.05, 3.0  # of the share of one answer; in log-likelihood: one answer more, than a shift of all
AT_ONCE, FEW_BEFORE, MOST_SINCE, QUICKER = 60, 0.1, 0.5, 2 / 3  # seconds; shares of replies; solutions' median
BY_RULE, RULE_DAYS, LEAST_MINUTES = 0.3, 10, 20  # share of tickets; days with some; minutes of the hour that are told
SOON = 60  # minutes within which many tickets take as long without a rule
DATES = {
    "tickets": ("opened_at", "closed_at"), "memberships": ("started_on", "ended_on"),
    "customers": ("joined_on", "loyalty_joined_on"),
}  # fmt: skip


@dataclass(frozen=True)
class Recorded(Break):
    """A step of the rows of a table ("rows"), `ratio` times as many from `first` on; or a "wave" of dates of a column.

    Of a wave `ratio` is its share of all dates of the column, from `first` to `last`. Of answers to `column` from `low`
    to `high` `ratio` times as many come in since others are "asked"; where a form is "filled" in, that share of all
    answers more is `low`. Of "replies" it is the share that comes at once.
    """

    table: str = ""
    column: str = ""
    low: float = 0.0
    high: float = 0.0

    def spoils(self, needs: Sequence[str]) -> bool:
        """Whether what is told of columns, as "tickets.closed_at", is of other rows or dates since then."""
        if self.kind == "trials":  # which count nowhere
            return False
        if self.kind in ("filled", "replies", "opens", "ruled") or (self.kind == "wave" and self.column != "opened_at"):
            return f"{self.table}.{self.column}" in needs
        return any(need.partition(".")[0] == self.table for need in needs)

    @property
    def message(self) -> Message:
        """What was seen, and what it looks like."""
        if self.kind == "rows":
            return _of_rows(self.table, {"day": Day(self.first), "ratio": Decimal(self.ratio, digits=2)})
        if self.kind in ("asked", "filled"):
            low, high = (Decimal(end, digits=0) for end in (self.low, self.high))
            return _of_answers(self, {"day": Day(self.first), "score": SCORES[self.column], "low": low, "high": high})
        if self.kind == "replies":
            return T(
                "From about {day} on {share} of the tickets have a first reply within a minute, and hardly any had "
                "before: does a program send it? Then how long customers wait for an answer is not known, and it is "
                "called neither better nor worse",
                day=Day(self.first),
                share=Percent(self.ratio),
            )
        if self.kind == "ruled":
            return T(
                "{share} of the tickets that are closed were closed at one minute of the day, or after one time to the "
                "minute: does a rule close them? Then how long they took says nothing of service, and it is called "
                "neither better nor worse",
                share=Percent(self.ratio),
            )
        if self.kind == "trials":
            return T(
                "{share} of the memberships are free or called a trial, and nearly all of them end within a month, or "
                "after one time of up to three: free trials? They are no members here, neither among those who stay "
                "nor among those who left",
                share=Percent(self.ratio),
            )
        if self.kind == "opens":
            return T(
                "From about {day} on messages are opened {ratio} times as often as before: do mail programs open them "
                "by themselves since then? Then how many are read is not known, and it is called neither better nor "
                "worse",
                day=Day(self.first),
                ratio=Decimal(self.ratio, digits=2),
            )
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


def _of_answers(found: Recorded, values: dict[str, object]) -> Message:
    if found.kind == "filled":
        return T(
            "From about {day} on {share} more of the answers to {score} are {low}, and those to all others fall alike: "
            "does the form hold that answer before customers give theirs? Then it is called neither better nor worse",
            **values,
            share=Percent(found.ratio),
        )
    return T(
        "From about {day} on {ratio} times as many answers to {score} of {low} to {high} come in as before, and hardly "
        "more or fewer others: are others asked since then? Then what changed may be who answers, and it is called "
        "neither better nor worse",
        **values,
        ratio=Decimal(found.ratio, digits=2),
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
    if column == "joined_on":
        return T(
            "{share} of the customers joined {when}: is that when they were brought in from another system? Then they "
            "have been customers longer than it seems. Bring the days on which they first joined",
            **values,
        )
    if column == "loyalty_joined_on":
        return T(
            "{share} of the members of the loyalty programme joined it {when}: were they enrolled, or brought in from "
            "another system? Then they did not choose that day, and may have been members before it",
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

    `observation_end`: Last day that counts; the table's last when left out.

    Of the rows of each week a step is fitted as `find_breaks` fits those of purchases; four weeks on either side are
    enough, and a step that another year has at about the same time is a season. So it is looked for among low and high
    answers to a score (see `steps_of_answers`), and among first replies within a minute. A wave is a day, or 14, with
    30 dates or more, a twentieth of all, and four times as many as any other such days hold.

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
    if table == "surveys":
        apart = pd.Timedelta(days=7 * NEAR)
        for column in SCORES:
            steps = steps_of_answers(_answers(company, column, end), column)
            found += (one for one in steps if not any(abs(_between(one, other)) <= apart for other in found))
    if table == "messages":
        found += steps_of_opens(_opens(company, end))
    if table == "tickets":
        times = _times(company, end)
        found += [*replies_at_once(_waits(times)), *closed_by_rule(times)]
    if table == "memberships":
        found += find_trials(company)
    for column in DATES.get(table, ()):
        found += _waves(_daily(company, table, column, end), table, column)
    return tuple(sorted(found, key=lambda one: one.first))


def tell_breaks(company: Workspace) -> pd.DataFrame:
    """What is found in a workspace, as its `warnings`: of a step the rows from then on, of dates theirs, else days."""
    lasts, told = ("closed", "twice", "late", "surge"), list[tuple[str, str, int]]()
    if company.has("transactions"):
        rows = company.table("transactions")
        if of_nobody := company.one_customer - _seen(rows, company.one_customer):
            said = T("'one_customer' names ids without a purchase: {names}", names=join_names(sorted(of_nobody)))
            told.append(("transactions", str(said), 0))
        for one in find_breaks(company, prices=True):
            size = one.days if one.kind in lasts else int((rows.day >= one.first).sum().execute())
            if one.kind in NO_PERSON:
                size = int(rows.count().execute() - persons(company, [one]).table("transactions").count().execute())
            told.append(("transactions", str(one.message), size))
    for table in (*RECORDED, "messages", *(name for name in DATES if name not in RECORDED)):
        for found in find_recorded(company, table):
            wave = found.kind == "wave"
            last = pd.Timestamp(found.last) if wave else None
            daily = _daily(company, table, found.column if wave else "day", pd.Timestamp.max)
            size = int(daily.loc[pd.Timestamp(found.first) : last].sum())
            trials = found.kind == "trials" and round(found.ratio * company.table(table).count().execute())
            told.append((table, str(found.message), trials or size))
    return pd.DataFrame(told, columns=["table", "warning", "rows"]).astype({"rows": "int64"})


def _seen(rows: Relation, named: Collection[str]) -> set[str]:
    """Those of ids, and of forms of ids, that a table has."""
    columns = (rows.customer_id, id_form(rows.customer_id)) if named else ()
    found = [rows.filter(one.isin([*named])).select(name=one).distinct().to_pyarrow() for one in columns]
    return {name for each in found for name in each["name"].to_pylist()}


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


def _between(one: Recorded, other: Recorded) -> pd.Timedelta:
    return pd.Timestamp(one.first) - pd.Timestamp(other.first)


def _answers(company: Workspace, column: str, end: pd.Timestamp) -> pd.DataFrame:
    """How many answers a day holds (rows), by answer (columns, ascending)."""
    rows = canonical(company, "surveys")
    if column not in rows.columns:
        return pd.DataFrame()
    counted = rows.select(day=rows.day.cast("date"), answer=rows[column].cast("float64"))
    counted = counted.group_by("day", "answer").aggregate(n=ibis._.count())
    frame: pd.DataFrame = counted.to_pyarrow().to_pandas().dropna()
    frame = frame.assign(day=pd.to_datetime(frame["day"]))
    return frame[frame["day"] <= end].pivot_table(index="day", columns="answer", values="n", fill_value=0)


def steps_of_answers(days: pd.DataFrame, column: str) -> Iterator[Recorded]:
    """Days from which low or high answers are more or fewer and others are not, or one answer is given in advance.

    Answers are parted at each third, and a step is looked for in the odds of high ones, which are as they were however
    many answers a week brings. Where unhappy customers became happy, all answers together are as many as before; where
    others are asked, one part is, and all together step. A form is filled in where one answer more explains all others
    better than a shift of all does (proportional odds; McCullagh 1980).

    `days`: How many answers a day holds (rows), by answer (columns, ascending).
    """
    weeks = np.array([]) if days.empty else _by_week(days)
    if len(weeks) < 2 * LEAST_WEEKS or len(days.columns) < 3 or np.median(weeks) < FEWEST_A_WEEK:
        return
    share, seen = days.sum().cumsum() / days.to_numpy().sum(), list[int]()
    for place in sorted({int(np.argmin(np.abs(share - third))) for third in (1 / 3, 1 / 2, 2 / 3)}):
        if not LEAST_PART <= share.iloc[place] <= 1 - LEAST_PART:
            continue
        parts = days.iloc[:, : place + 1], days.iloc[:, place + 1 :]
        low, high = (_by_week(part) for part in parts)
        odds, variance, known = np.log(high / low), 1 / low + 1 / high, low + high > 1
        for week, size in lasting_steps(odds, variance, known, slope=SLOPES["amounts"], least=LEAST_WEEKS):
            if all(abs(week - other) > WINDOW for other in seen):
                told = _others_asked(parts, week, size, column) or _filled_in(days, week, column)
                seen += [week] * (told is not None)
                yield from filter(None, (told,))


def _opens(company: Workspace, end: pd.Timestamp) -> pd.DataFrame:
    """How many messages a day holds (n), and how many of them were opened (logs: what `day_of_step` weighs by n)."""
    rows = canonical(company, "messages")
    counted = rows.select(day=rows.day.cast("date"), opened=rows.opened_at)
    counted = counted.group_by("day").aggregate(n=ibis._.count(), logs=counted.opened.count())
    frame: pd.DataFrame = counted.to_pyarrow().to_pandas().dropna()
    return frame.assign(day=pd.to_datetime(frame["day"])).set_index("day").sort_index().loc[:end]


def steps_of_opens(days: pd.DataFrame) -> Iterator[Recorded]:
    """Days from which on messages are opened clearly more often; `days`: of `_opens`."""
    if days.empty or len(weeks := _by_week(days[["n"]])) < 2 * LEAST_WEEKS or np.median(weeks) < FEWEST_A_WEEK:
        return
    opened, never = _by_week(days[["logs"]]), _by_week((days["n"] - days["logs"]).to_frame())
    odds, variance, known = np.log(opened / never), 1 / never + 1 / opened, weeks > 1
    for week, size in lasting_steps(odds, variance, known, slope=SLOPES["amounts"], least=LEAST_WEEKS):
        if size < 0:  # no program opens less
            continue
        parts = slice(max(week - WINDOW, 0), week), slice(week + 1, week + 1 + WINDOW)
        before, since = (opened[part].sum() / weeks[part].sum() for part in parts)
        first = day_of_step(days, "amounts", week=week)
        yield Recorded("opens", first, first, float(since / before), table="messages", column="opened_at")


def _by_week(part: pd.DataFrame) -> Floats:
    """How many answers each whole week holds, at least half a one."""
    n: Floats = whole_weeks(part).sum(axis=1).to_numpy(float)
    return np.maximum(n, 0.5)


def _day(days: pd.DataFrame, week: int) -> dt.date:
    daily = days.sum(axis=1)
    return day_of_step(pd.DataFrame({"n": daily, "again": daily}), "counts", week=week)


def _others_asked(parts: tuple[pd.DataFrame, pd.DataFrame], week: int, size: float, column: str) -> Recorded | None:
    """Whether a step of the odds of high answers comes of one part of them alone, so that all together step."""
    low, high = (_by_week(part) for part in parts)
    n, known, before = low + high, np.ones(len(low), bool), slice(max(week - WINDOW, 0), week)
    sizes = step_sizes(np.log(n), 1 / n, known, SLOPES["amounts"])
    _, moved, sure, _ = next(row for row in sizes if row[0] == week)
    share = high[before].sum() / n[before].sum()
    for part, of, change in ((parts[0], 1 - share, -size), (parts[1], share, size)):
        expected = float(np.log1p(of * np.expm1(change)))  # of all, where the other part stays
        if moved and (moved**2 - (moved - expected) ** 2) / 2 * (sure / moved) ** 2 >= LIKELIER:
            first, values = _day(part, week), part.columns.to_numpy(float).tolist()
            ends = {"low": values[0], "high": values[-1]}
            found = Recorded("asked", first, first, float(np.exp(change)), table="surveys", column=column)
            return replace(found, **ends)
    return None


def _filled_in(days: pd.DataFrame, week: int, column: str) -> Recorded | None:
    """Whether one answer more explains what came after a week better than a shift of all answers."""
    weeks = whole_weeks(days)
    before, since = (
        weeks.iloc[part].sum().to_numpy(float)
        for part in (slice(max(week - 2 * WINDOW, 0), week), slice(week + 1, week + 1 + 2 * WINDOW))
    )
    if not before.sum() or not since.sum():
        return None
    was, now = (before + 0.5) / (before + 0.5).sum(), since / since.sum()
    place = int(np.argmax(now - was))
    more = (now[place] - was[place]) / (1 - was[place])
    leapt = (1 - more) * was + more * (np.arange(len(was)) == place)
    odds = np.log(was.cumsum()[:-1] / (1 - was.cumsum()[:-1]))
    ends = 1 / (1 + np.exp(np.linspace(-4, 4, 401)[:, None] - odds))
    shifted = np.diff(ends, axis=1, prepend=0.0, append=1.0)
    gain = since @ np.log(leapt) - (np.log(np.maximum(shifted, 1e-12)) @ since).max()
    if more < LEAST_LEAP or gain < SURELY:
        return None
    first = _day(days.iloc[:, [place]], week)
    value = float(days.columns[place])
    return Recorded("filled", first, first, float(more), table="surveys", column=column, low=value, high=value)


def _times(company: Workspace, end: pd.Timestamp) -> pd.DataFrame:
    """opened_at, first_response_at, closed_at of tickets; NaT of columns that are not there."""
    rows, names = canonical(company, "tickets"), ["opened_at", "first_response_at", "closed_at"]
    known = {name: rows[name].cast("timestamp") for name in names if name in rows.columns}
    frame: pd.DataFrame = rows.select(**known).to_pyarrow().to_pandas().reindex(columns=names).apply(pd.to_datetime)
    until: pd.DataFrame = frame[frame["opened_at"].dt.normalize() <= end]
    return until


def _waits(times: pd.DataFrame) -> pd.DataFrame:
    """day, at_once (whether the first reply came within a minute), hours (to the solution) of tickets with a reply."""
    frame = times[times["first_response_at"].notna()]
    waited, solved = (frame[name] - frame["opened_at"] for name in ("first_response_at", "closed_at"))
    return pd.DataFrame(
        {
            "day": frame["opened_at"].dt.normalize(),
            "at_once": waited <= pd.Timedelta(seconds=AT_ONCE),
            "hours": solved.dt.total_seconds() / 3600,
        }
    )


def find_trials(company: Workspace) -> list[Recorded]:
    """The one that tells of free trials; none of a company without."""
    trials, day = trial_plans(company) if company.has("memberships") else {}, company.last_day
    return [Recorded("trials", day, day, sum(trials.values()), table="memberships", column="plan")] if trials else []


def closed_by_rule(times: pd.DataFrame) -> Iterator[Recorded]:
    """Tickets closed at one minute of the day, or one time after they were opened or answered; `times`: of `_times`.

    Three in ten or more, of all or of the last 13 weeks, on ten days or more; not of days without times.
    """
    closed = times[times["closed_at"].notna()]
    if closed["opened_at"].dt.minute.nunique() < LEAST_MINUTES or closed["closed_at"].dt.minute.nunique() < 2:
        return
    since = [closed["closed_at"].dt.normalize(), closed["opened_at"], closed["first_response_at"]]
    late = closed["closed_at"] > closed["closed_at"].max() - pd.Timedelta(days=7 * WINDOW)
    for start, least in zip(since, (0, SOON, SOON), strict=True):
        minutes = (closed["closed_at"] - start).dt.total_seconds() // 60
        for part in (minutes[late], minutes):
            usual = part[part >= least].mode().min()
            same, share = closed.loc[minutes == usual, "closed_at"], float((part == usual).mean())
            if len(same) >= FEWEST and share >= BY_RULE and same.dt.normalize().nunique() >= RULE_DAYS:
                first, last = same.min().date(), same.max().date()
                yield Recorded("ruled", first, last, share, table="tickets", column="closed_at")
                return


def replies_at_once(tickets: pd.DataFrame) -> Iterator[Recorded]:
    """The day from which half of first replies or more come at once, and solutions no sooner; hardly any did before.

    `tickets`: day, at_once, hours (to the solution), of those with a reply.
    """
    if tickets.empty:
        return
    every = pd.date_range(tickets["day"].min(), tickets["day"].max())
    daily = tickets.groupby("day")["at_once"].agg(["sum", "count"]).reindex(every, fill_value=0)
    at_once, n = np.vstack([np.zeros(2), daily.cumsum().to_numpy()]).T
    sides = np.arange(7 * LEAST_WEEKS, len(daily) - 7 * LEAST_WEEKS + 1)
    if not len(sides):
        return
    before = at_once[sides] / np.maximum(n[sides], 1)
    since = (at_once[-1] - at_once[sides]) / np.maximum(n[-1] - n[sides], 1)
    place = int(np.argmax(since - before))
    day, enough = every[sides[place]], min(n[sides[place]], n[-1] - n[sides[place]]) >= FEWEST
    early, late = (tickets.loc[part, "hours"].median() for part in (tickets["day"] < day, tickets["day"] >= day))
    if enough and before[place] <= FEW_BEFORE and since[place] >= MOST_SINCE and not late < QUICKER * early:
        first = day.date()
        yield Recorded("replies", first, first, float(since[place]), table="tickets", column="first_response_at")


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
