"""Cron expressions: read by croniter, narrowed to what cron(8), systemd, GitHub Actions and Airflow all read alike.

Schedulers accept different things beyond five plain fields, and some read the same text in two ways: that is refused.
`Cron.text` says an expression in the plainest form.
"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_left
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from cxlib.errors import ConfigurationError, nearest

EXAMPLE = "'30 6 * * mon-fri' (minute, hour, day of the month, month, weekday: half past six on working days)"
ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ITEM = re.compile(r"(?P<first>[0-9a-z]+)(?:-(?P<last>[0-9a-z]+)(?P<step>/\d{1,4})?)?|\*(?P<every>/\d{1,4})?")


@dataclass(frozen=True)
class _Field:
    """One of the five fields: its place, what it is called, its values, and what may be written in it."""

    place: int
    name: str
    values: range
    allowed: str

    def read(self, text: str) -> frozenset[int]:
        """The values that a field's text means."""
        items = [self._plain(item, alone="," not in text) for item in text.split(",")]
        return self._expand(",".join(items))

    def _plain(self, item: str, *, alone: bool) -> str:
        """One item of a list, once it is sure that every scheduler reads it alike."""
        match = _ITEM.fullmatch(item)
        if match is None or (item.startswith("*") and not alone):
            raise _refusal(f"the {self.name} field cannot hold {item!r}")
        if (match["step"] or match["every"] or "/1").strip("/0") == "":
            raise _refusal(f"a step of the {self.name} field must be at least 1")
        if match["first"] is None:
            return item
        first, last = self._number(match["first"]), self._number(match["last"] or match["first"])
        if last < first:
            raise _refusal(f"the {self.name} range {item!r} runs backwards")
        return match["first"] if first == last else item  # croniter 7.0 reads 4-4 as every value

    def _number(self, text: str) -> int:
        try:
            (number,) = self._expand(text)
        except ValueError:
            raise _refusal(f"{text!r} is no {self.name}; allowed: {self.allowed}") from None
        return int(text) if text.isdigit() else number  # cron has Sunday twice, as 0 and as 7

    def _expand(self, text: str) -> frozenset[int]:
        if text == "*" or (text.isascii() and text.isdigit() and int(text) in self.values):
            return frozenset(self.values if text == "*" else [int(text)])
        from croniter import croniter  # a plain schedule does not wait for it

        fields = ["*"] * 5
        fields[self.place] = text
        values = croniter.expand(" ".join(fields))[0][self.place]
        return frozenset(self.values if "*" in values else map(int, values))

    def write(self, values: frozenset[int]) -> str:
        """The shortest plain text for some values: all of them, every n-th from the first, or ranges and numbers."""
        ordered = sorted(values)
        steps = {after - before for before, after in pairwise(ordered)}
        if len(ordered) == len(self.values):
            return "*"
        if self.name in {"minute", "hour"} and len(ordered) > 2 and ordered[0] == 0 and len(steps) == 1:
            (step,) = steps
            if step > 1 and ordered[-1] + step > self.values[-1]:
                return f"*/{step}"
        return ",".join(f"{start}" if start == end else f"{start}-{end}" for start, end in spans(ordered))


_MINUTE = _Field(0, "minute", range(60), "0-59")
_HOUR = _Field(1, "hour", range(24), "0-23")
_DAY = _Field(2, "day of the month", range(1, 32), "1-31")
_MONTH = _Field(3, "month", range(1, 13), "1-12 or jan-dec")
_WEEKDAY = _Field(4, "weekday", range(7), "0-7 or sun-sat")


@dataclass(frozen=True)
class Cron:
    """When something runs: minutes (0-59), hours (0-23), days (1-31), months (1-12) and weekdays (0-6, Sunday 0).

    Where both days and weekdays are limited, either is enough: ``0 6 1 * mon`` is every Monday and every first.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    @property
    def any_day(self) -> bool:
        """Whether the day of the month does not matter."""
        return len(self.days) == 31

    @property
    def any_weekday(self) -> bool:
        """Whether the weekday does not matter."""
        return len(self.weekdays) == 7

    @property
    def text(self) -> str:
        """The plainest expression that means this, in numbers.

        >>> parse_cron("0,30 6 * * MON-FRI").text
        '0,30 6 * * 1-5'
        """
        dates = f"{_DAY.write(self.days)} {_MONTH.write(self.months)} {_WEEKDAY.write(self.weekdays)}"
        return f"{_MINUTE.write(self.minutes)} {_HOUR.write(self.hours)} {dates}"

    def fits(self, moment: dt.datetime) -> bool:
        """Whether it runs in the minute of a local time."""
        day, weekday = moment.day in self.days, moment.isoweekday() % 7 in self.weekdays
        on_day = day and weekday if self.any_day or self.any_weekday else day or weekday
        return on_day and moment.month in self.months and moment.hour in self.hours and moment.minute in self.minutes

    def odd_times(self, zone: str, *, since: dt.date) -> dict[str, dt.datetime]:
        """The first local times in two years that a zone's clock skips and repeats; none where it runs each hour."""
        odd: dict[str, dt.datetime] = {}
        for kind, first, minutes in _clock_changes(zone, since) if len(self.hours) < 24 else ():
            times = [first + dt.timedelta(minutes=minute) for minute in range(minutes)]
            if fitting := [time for time in times if self.fits(time)]:
                odd.setdefault(kind, fitting[0])
        return odd

    def at_safer_hours(self, zone: str, *, since: dt.date) -> Cron | None:
        """The same with hours moved, each as little as can be, so that no time is odd; None where none is free."""
        moved = set(self.hours)
        for hour in self.hours:
            if replace(self, hours=frozenset({hour})).odd_times(zone, since=since):
                free = sorted(set(range(24)) - moved, key=lambda other: (abs(other - hour), -other))
                alone = {other: replace(self, hours=frozenset({other})) for other in free}
                moved.remove(hour)
                moved |= set(next(([h] for h, one in alone.items() if not one.odd_times(zone, since=since)), []))
        return replace(self, hours=frozenset(moved)) if len(moved) == len(self.hours) else None


@cache
def _clock_changes(zone: str, since: dt.date) -> list[tuple[str, dt.datetime, int]]:
    """When the clock of a zone is put forward ("skipped") or back ("twice"): first local minute, and how many."""
    clock, start = ZoneInfo(zone), dt.datetime(since.year, since.month, since.day, tzinfo=dt.UTC)
    changes = []
    for day in range(2 * 366):
        first, last = (start + dt.timedelta(days=day + step) for step in (0, 1))
        before, after = (moment.astimezone(clock).utcoffset() or dt.timedelta() for moment in (first, last))
        if before != after:
            minutes = range(24 * 60)
            at = [first + dt.timedelta(minutes=minute) for minute in minutes]
            place = bisect_left(minutes, True, key=lambda minute: at[minute].astimezone(clock).utcoffset() == after)
            local = (at[place] + min(before, after)).replace(tzinfo=None)
            kind = "skipped" if after > before else "twice"
            changes.append((kind, local, int(abs(after - before).total_seconds()) // 60))
    return changes


def parse_cron(text: str) -> Cron:
    """Read a cron expression, or an alias such as ``@daily``.

    Minute, hour, day of the month, month and weekday are each ``*``, ``*/n``, ``a``, ``a-b``, ``a-b/n`` or several of
    the last three with commas; months and weekdays also by their first three letters. Sunday is 0 or 7. What is
    something else, or never comes, or is read in different ways by schedulers is refused.
    """
    expression = text.strip().lower()
    if expression.startswith("@"):
        if expression not in ALIASES:
            raise _refusal(f"{text.strip()} is not known here. {nearest(expression, ALIASES).rstrip('.')}")
        expression = ALIASES[expression]
    fields = expression.split()
    if len(fields) != 5:
        raise _refusal(f"a schedule has five fields, this has {len(fields)}")
    days, weekdays = _settle_days(fields[2], fields[4])
    cron = Cron(_MINUTE.read(fields[0]), _HOUR.read(fields[1]), days, _MONTH.read(fields[3]), weekdays)
    if cron.any_weekday and not any(min(days) <= _MONTH_DAYS[month - 1] for month in cron.months):
        raise _refusal("this day never comes: none of the months is that long")
    return cron


def _settle_days(day: str, weekday: str) -> tuple[frozenset[int], frozenset[int]]:
    """Say one meaning of days and weekdays: where both are limited, either is enough."""
    days, weekdays = _DAY.read(day), _WEEKDAY.read(weekday)
    if {day, weekday} & {"*", "*/1"}:
        return days, weekdays
    if "*/" in day + weekday:
        raise _refusal(
            "with a day of the month and a weekday, schedulers disagree on '*/n'; write its days out, such as 1-31/2"
        )
    if len(days) == 31 or len(weekdays) == 7:
        return frozenset(_DAY.values), frozenset(_WEEKDAY.values)
    return days, weekdays


def spans(ordered: list[int]) -> list[tuple[int, int]]:
    """First and last number of every unbroken run, in order."""
    runs: list[tuple[int, int]] = []
    for value in ordered:
        if runs and value == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], value)
        else:
            runs.append((value, value))
    return runs


def _refusal(problem: str) -> ConfigurationError:
    return ConfigurationError(f"{problem}. Write it as in {EXAMPLE}")
