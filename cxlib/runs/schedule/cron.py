"""Cron expressions: five fields, read into the sets of values that they mean.

Schedulers accept different things beyond those five fields, and some read the same text in two ways. What is accepted
here is what cron(8), systemd, GitHub Actions and Airflow all read alike; `Cron.text` says it in the plainest form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

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
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ITEM = re.compile(r"(?P<first>[0-9a-z]+)(?:-(?P<last>[0-9a-z]+)(?:/(?P<step>\d{1,4}))?)?|\*(?:/(?P<every>\d{1,4}))?")


@dataclass(frozen=True)
class _Field:
    """One of the five fields: what it is called, and its first and last value."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def read(self, text: str) -> frozenset[int]:
        """The values that a field's text means."""
        return frozenset(value for item in text.split(",") for value in self._read_item(item, alone="," not in text))

    def _read_item(self, item: str, *, alone: bool) -> range:
        found = _ITEM.fullmatch(item)
        if found is None or (item.startswith("*") and not alone):
            raise _refusal(f"the {self.name} field cannot hold {item!r}")
        if item.startswith("*"):
            return range(self.low, self.high + 1, self._step(found["every"]))
        first = self._value(found["first"])
        last = self._value(found["last"]) if found["last"] else first
        if last < first:
            raise _refusal(f"the {self.name} range {item!r} runs backwards")
        return range(first, last + 1, self._step(found["step"]))

    def _value(self, text: str) -> int:
        if text in self.names:
            return self.names.index(text) + self.low
        if not text.isdigit() or not self.low <= int(text) <= self.high:
            raise _refusal(f"{text!r} is no {self.name}; allowed: {self.low}-{self.high}{self._or_names}")
        return int(text)

    @property
    def _or_names(self) -> str:
        return f" or {self.names[0]}-{self.names[-1]}" if self.names else ""

    def _step(self, text: str | None) -> int:
        step = int(text) if text else 1
        if step < 1:
            raise _refusal(f"a step of the {self.name} field must be at least 1")
        return step

    def write(self, values: frozenset[int]) -> str:
        """The shortest plain text for some values: all of them, every n-th from the first, or ranges and numbers."""
        ordered = sorted(values)
        steps = {after - before for before, after in pairwise(ordered)}
        if len(ordered) == self.high - self.low + 1:
            return "*"
        if self.name in {"minute", "hour"} and len(ordered) > 2 and ordered[0] == self.low and len(steps) == 1:
            (step,) = steps
            if step > 1 and ordered[-1] + step > self.high:
                return f"*/{step}"
        return ",".join(f"{start}" if start == end else f"{start}-{end}" for start, end in spans(ordered))


_MINUTE, _HOUR, _DAY = _Field("minute", 0, 59), _Field("hour", 0, 23), _Field("day of the month", 1, 31)
_MONTH, _WEEKDAY = _Field("month", 1, 12, _MONTHS), _Field("weekday", 0, 6, WEEKDAYS)
_WEEKDAY_READ = _Field("weekday", 0, 7, WEEKDAYS)  # cron has Sunday twice


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
        return " ".join([
            _MINUTE.write(self.minutes), _HOUR.write(self.hours), _DAY.write(self.days), _MONTH.write(self.months),
            _WEEKDAY.write(self.weekdays),
        ])  # fmt: skip


def parse_cron(text: str) -> Cron:
    """Read a cron expression, or an alias such as ``@daily``.

    Parameters
    ----------
    text : str
        Minute, hour, day of the month, month and weekday, each ``*``, ``*/n``, ``a``, ``a-b``, ``a-b/n`` or several of
        the last three with commas; months and weekdays also by their first three letters. Sunday is 0 or 7.

    Raises
    ------
    ConfigurationError
        It is something else, or never comes, or schedulers read it in different ways; with an example.

    Examples
    --------
    >>> sorted(parse_cron("*/20 6 * * 5-7").weekdays)
    [0, 5, 6]
    """
    fields = _expand(text).split()
    if len(fields) != 5:
        raise _refusal(f"a schedule has five fields, this has {len(fields)}")
    days, weekdays = _DAY.read(fields[2]), frozenset(day % 7 for day in _WEEKDAY_READ.read(_weekday(fields[4])))
    days, weekdays = _settle_days(days, weekdays, texts=(fields[2], fields[4]))
    cron = Cron(_MINUTE.read(fields[0]), _HOUR.read(fields[1]), days, _MONTH.read(fields[3]), weekdays)
    if cron.any_weekday and not any(min(days) <= _MONTH_DAYS[month - 1] for month in cron.months):
        raise _refusal("this day never comes: none of the months is that long")
    return cron


def _expand(text: str) -> str:
    lowered = text.strip().lower()
    if not lowered.startswith("@"):
        return lowered
    if lowered not in ALIASES:
        raise _refusal(f"{text.strip()} is not known here. {nearest(lowered, ALIASES).rstrip('.')}")
    return ALIASES[lowered]


def _weekday(text: str) -> str:
    """Weekday ``*/n`` counts from Sunday to Saturday, without the second Sunday."""
    return re.sub(r"^\*", "0-6", text) if text.startswith("*/") else text


def _settle_days(
    days: frozenset[int], weekdays: frozenset[int], *, texts: tuple[str, str]
) -> tuple[frozenset[int], frozenset[int]]:
    """Say one meaning of days and weekdays: where both are limited, either is enough."""
    free = [text in {"*", "*/1"} for text in texts]
    if any(free):
        return days, weekdays
    if any(text.startswith("*/") for text in texts):
        raise _refusal(
            "with a day of the month and a weekday, schedulers disagree on '*/n'; write its days out, such as 1-31/2"
        )
    if len(days) == 31 or len(weekdays) == 7:
        return frozenset(range(1, 32)), frozenset(range(7))
    return days, weekdays


def spans(ordered: list[int]) -> list[tuple[int, int]]:
    """First and last number of every unbroken run, in order.

    >>> spans([1, 2, 3, 7])
    [(1, 3), (7, 7)]
    """
    found: list[tuple[int, int]] = []
    for value in ordered:
        if found and value == found[-1][1] + 1:
            found[-1] = (found[-1][0], value)
        else:
            found.append((value, value))
    return found


def _refusal(problem: str) -> ConfigurationError:
    return ConfigurationError(f"{problem}. Write it as in {EXAMPLE}")
