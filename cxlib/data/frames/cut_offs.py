"""Cut-offs: the days at which a forecast is made, what is known at each, and whether its outcome has been seen.

A cut-off is the morning of a day: everything before that day is known, that day and all later ones are the future.
The outcome is what happens in the `horizon_days` after it (and after a gap, the time that acting on a forecast takes).
`known_days` is the one place that says which days a feature may look at.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import ibis
import pyarrow as pa

from cxlib.data.frames.inputs import DayLike, Relation, as_day
from cxlib.errors import DataError

CutOffs = int | Sequence[DayLike] | None
MOST_CUT_OFFS = 12
WINDOWS_DAYS = (90, 180, 365)  # how far back features look, apart from those that look at everything
SHORTEST_HISTORY_DAYS = 90  # the shortest window that a feature looks back


@dataclass(frozen=True)
class Horizon:
    """How far ahead a forecast looks, over which data.

    The outcome has `days` days, after `gap_days` that count for neither side; `start` and `end` are the first and last
    day of observation. `lengths` are the days of outcomes of other cut-offs, none of them shorter than `days`.
    """

    days: int
    gap_days: int
    start: dt.date
    end: dt.date
    lengths: Mapping[dt.date, int] = field(default_factory=dict)

    def days_of(self, cut_off: dt.date) -> int:
        """How many days the outcome of a cut-off has."""
        return self.lengths.get(cut_off, self.days)

    @property
    def last_complete(self) -> dt.date:
        """The latest cut-off whose outcome ends within observation."""
        return self.end - dt.timedelta(days=self.gap_days + self.days)

    @property
    def last_open(self) -> dt.date:
        """The latest cut-off at all: the day after observation, at which everything is known."""
        return self.end + dt.timedelta(days=1)

    def check(self) -> Horizon:
        """Itself, where features and outcome share no day and the data is long enough."""
        if self.days < 1:
            raise DataError(
                f"horizon_days={self.days} must be at least 1, as 90: an outcome on the day that the features end on "
                "would be known to them."
            )
        if self.gap_days < 0:
            raise DataError(
                f"gap_days={self.gap_days} must be 0 or more: a negative gap lets features see the outcome."
            )
        if self.last_complete <= self.start:
            longest = (self.end - self.start).days - 1 - self.gap_days
            raise DataError(
                f"horizon_days={self.days} with gap_days={self.gap_days} is longer than the data, {self.start} to "
                f"{self.end}. Choose a horizon of at most {max(longest, 0)} days, or bring more data."
            )
        return self


def choose_cut_offs(
    horizon: Horizon, cut_offs: CutOffs = None, *, every_days: int | None = None, open_cut_offs: bool = False
) -> list[dt.date]:
    """The cut-offs of a study, in order; see `SnapshotDesign` for `cut_offs`, `every_days` and `open_cut_offs`."""
    horizon.check()
    if cut_offs is None or isinstance(cut_offs, int):
        chosen = _grid(horizon, cut_offs, every_days)
        return [*chosen, horizon.last_open] if open_cut_offs else chosen
    days = sorted({day for value in cut_offs if (day := as_day(value, "cut_offs")) is not None})
    _refuse_outside(days, horizon)
    usable = days if open_cut_offs else [day for day in days if day <= horizon.last_complete]
    if not usable:
        asked = f"no cut-off of {', '.join(map(str, days))}" if days else "no cut-off"
        raise DataError(
            f"cut_offs: {asked} has an outcome yet: {horizon.gap_days + horizon.days} days after it must lie within "
            f"the data, which ends on {horizon.end}. Choose a day up to {horizon.last_complete}, or a shorter horizon."
        )
    return usable


def known_days(cut_offs: Iterable[dt.date], start: dt.date) -> Relation:
    """Which days are known at which cut-off: one row for each pair, with `age`, the days between them (at least 1).

    Joined to anything that has a `day`, it gives each cut-off what happened before it, and nothing else.
    """
    return _pairs((day, cut, (cut - day).days) for cut in cut_offs for day in _days(start, cut))


def outcome_days(cut_offs: Iterable[dt.date], horizon: Horizon) -> Relation:
    """Which days make the outcome of which cut-off: day, cut_off, and `age`, which is negative."""
    one = dt.timedelta(days=1)
    firsts = {cut: cut + (horizon.gap_days + 1) * one for cut in cut_offs}
    return _pairs(
        (day, cut, (cut - day).days)
        for cut, first in firsts.items()
        for day in _days(first, first + horizon.days_of(cut) * one)
    )


def stretches(cut_offs: Iterable[dt.date], horizon: Horizon) -> Relation:
    """Days that no cut-off tells apart, by the first of them: one row for each day, with its `stretch`.

    Two days of a stretch lie on the same side of every cut-off, in the same windows before it and in the same
    outcomes, so that what happened on them can be added up once for all cut-offs.
    """
    edges = {horizon.start}
    for cut in cut_offs:
        edges |= {cut - dt.timedelta(days=back) for back in (0, *WINDOWS_DAYS)}
        edges |= {cut + dt.timedelta(days=horizon.gap_days + ahead + 1) for ahead in (0, horizon.days_of(cut))}
    inside = sorted(edge for edge in edges if horizon.start <= edge <= horizon.end)
    ends = [*inside[1:], horizon.end + dt.timedelta(days=1)]
    pairs = [(day, first) for first, end in zip(inside, ends, strict=True) for day in _days(first, end)]
    columns = (pa.array(column, pa.date32()) for column in zip(*pairs, strict=True))
    return ibis.memtable(pa.table(dict(zip(("day", "stretch"), columns, strict=True))))


def cut_off_table(cut_offs: Iterable[dt.date]) -> Relation:
    """The cut-offs as a table with the column `cut_off`."""
    return ibis.memtable(pa.table({"cut_off": pa.array(list(cut_offs), pa.date32())}))


def _grid(horizon: Horizon, number: int | None, every_days: int | None) -> list[dt.date]:
    step = horizon.days if every_days is None else every_days
    for name, value in (("cut_offs", 1 if number is None else number), ("every_days", step)):
        if value < 1:
            raise DataError(f"{name}={value} must be at least 1.")
    room = (horizon.last_complete - horizon.start).days
    least = 1 if number else min(max(SHORTEST_HISTORY_DAYS, horizon.days), room)
    fit = (room - least) // step + 1
    if number is not None and number > fit:
        raise DataError(
            f"cut_offs={number}: only {fit} fit into the data, {horizon.start} to {horizon.end}, at {step} days from "
            f"one to the next. Ask for at most {fit}, or for a smaller every_days."
        )
    chosen = range(min(fit, MOST_CUT_OFFS) if number is None else number)
    return [horizon.last_complete - dt.timedelta(days=step * back) for back in reversed(chosen)]


def _refuse_outside(days: list[dt.date], horizon: Horizon) -> None:
    for day in days:
        if day <= horizon.start:
            raise DataError(
                f"cut_offs: {day} lies before any data: nothing is known before {horizon.start}. Choose a later day."
            )
        if day > horizon.last_open:
            raise DataError(
                f"cut_offs: {day} lies after the data, which ends on {horizon.end}. Choose a day up to "
                f"{horizon.last_open}."
            )


def _days(start: dt.date, end: dt.date) -> Iterable[dt.date]:
    return (start + dt.timedelta(days=number) for number in range((end - start).days))


def _pairs(rows: Iterable[tuple[dt.date, dt.date, int]]) -> Relation:
    schema = pa.schema({"day": pa.date32(), "cut_off": pa.date32(), "age": pa.int64()})
    columns = list(zip(*rows, strict=True)) or [(), (), ()]  # a table may know nothing before any cut-off
    return ibis.memtable(
        pa.table([pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)], schema=schema)
    )
