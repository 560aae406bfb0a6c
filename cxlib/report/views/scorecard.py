"""The page of ``notebooks/scorecard.ipynb``.

Each function takes the scorecard of `cxlib.scorecard` and gives one component: the head and the tiles, what the other
reports say to do, the measures by group, what they are held against, and what is missing.
"""

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd
from markupsafe import Markup

from cxlib.language import Count, Day, Days, Given, Message, Month, N, Speaker, T, join_names, points_apart, told_apart
from cxlib.measures import Metric, too_few_to_tell
from cxlib.report.component import Component, Together, say, together
from cxlib.report.exports import REPORTS_VARIABLE, SeeAlso
from cxlib.report.head import DOWN, UP, PageHead, Tiles, change_sentence, page_head, tiles
from cxlib.report.table import Cell, Column, Table, TableSpec, interval
from cxlib.report.text import Notice, claim, notice
from cxlib.report.week import plan_week
from cxlib.scorecard import GROUPS, Line, Measure, Move, Scorecard

NUMBERS = T("Every measure with its interval, its changes, target and benchmark")
MONTHS = T("Every measure by month, with its usual range")
MOST_TILES = 5
WIDTH, HEIGHT, EDGE = 110, 30, 3  # of the drawing, in its own units; EDGE keeps the last mark inside


def answer(card: Scorecard) -> PageHead:
    """The page's head: what has clearly moved, what misses its target, and where to start."""
    kicker = [
        T("Data to {day}", day=Day(card.end)),
        N("{n} measure", "{n} measures", len(card.lines)),
        T("the last {days} against the {days} before", days=Days(card.period_days)),
    ]
    return page_head(card.headline, kicker=kicker, bullets=card.findings, action=_first(card))


def _first(card: Scorecard) -> Message | None:
    """Where to start: with what got worse and what its report says of it, or with what misses its target; else None."""
    told = [line for line in card.worse if line.read and line.measure.report in card.week]
    if told:
        said = Given.of(card.week[told[0].measure.report])
        return T("Start with {measure}. {what}", measure=told[0].measure.label, what=said)
    for line in [*card.worse, *card.missed]:
        if card.worse:
            return T("Start with {measure}: of all that got worse it did so most clearly", measure=line.measure.label)
        return T("Start with {measure}: it is clearly short of its target", measure=line.measure.label)
    return None


def headline_tiles(card: Scorecard) -> Tiles:
    """The first measure of each group, five at most; also for metrics.json."""
    return tiles(*map(metric_of, headline_lines(card)))


def headline_lines(card: Scorecard) -> list[Line]:
    """The lines of the tiles."""
    first = {line.measure.group: line for line in reversed(card.lines)}
    return [first[group] for group in GROUPS if group in first][:MOST_TILES]


def metric_of(line: Line) -> Metric:
    """The line's number, with its change where that is clear; a number that was read stays as it was published."""
    if line.read or line.last is None or not line.last.clear:
        return line.metric
    polarity = 0 if line.last.seasonal else line.metric.polarity  # up or down, and no praise for a season
    return replace(line.metric, change=line.last.value, polarity=polarity)


def this_week(card: Scorecard) -> SeeAlso | Notice:
    """What the other reports of the same day say to do."""
    if not card.week:
        return notice(T("No other report of this suite has said what to do about the same days"), "info")
    return SeeAlso({report: Given.of(card.week[report]) for report in plan_week(card.files)}, listed=True)


def _name(voice: Speaker, measure: Measure, note: Message | None = None) -> Markup:
    """A measure's name, as a link to the report that explains it; and which days it is of, where needed."""
    said = Markup(' <span class="note">{}</span>').format(say(voice, note)) if note else Markup("")
    known = measure.report and measure.report in os.environ.get(REPORTS_VARIABLE, "").split(",")
    label = say(voice, measure.label)
    return (Markup('<a href="#report-{}">{}</a>').format(measure.report, label) if known else label) + said


def _value(voice: Speaker, metric: Metric) -> Markup:
    """A number; its interval, where it does not round to the number itself."""
    ends = {"low": metric.show(metric.low), "high": metric.show(metric.high)}
    shown = told_apart({"value": metric.quantity, **ends})
    return say(voice, shown["value"]) + interval(voice, *shown.values())


def _changed(voice: Speaker, metric: Metric, move: Move) -> Markup:
    """A change as shape, sign and word; in words alone where it may be chance."""
    if move.mixed:
        return say(voice, T("no clear change of like with like"))
    if not move.clear:
        return say(voice, T("no clear change"))
    moved = replace(metric, change=move.value, polarity=0 if move.seasonal else metric.polarity)
    tone, shape = {None: "", True: "good", False: "bad"}[moved.is_better], UP if move.value > 0 else DOWN
    line = Markup('<span class="{}"><span aria-hidden="true">{}</span> {}</span>')
    return line.format(tone, shape, say(voice, change_sentence(moved)))


def measures(card: Scorecard) -> Together | Notice:
    """Every measure, a table for each group; also for metrics.json."""
    tiled = headline_lines(card)
    tables = [
        _group(card, title, lines, [line for line in lines if line not in tiled])
        for group, title in GROUPS.items()
        if (lines := [line for line in card.lines if line.measure.group == group])
    ]
    return together(*map(notice, [*card.doubts[1:], *_few_answers(card)]), *tables)


def _few_answers(card: Scorecard) -> list[Message]:
    """That nobody would see a change of who is asked, where a score has moved and answers are few."""
    moved = [line for line in card.lines if line.tone and line.measure.table == "surveys" and line.metric.window_days]
    daily = min(((line.metric.n or 0) / (line.metric.window_days or 1) for line in moved), default=math.inf)
    few = too_few_to_tell(daily, 1, [line.measure.label for line in moved])
    return [] if few is None else [few]


def _group(card: Scorecard, title: Message, lines: list[Line], fresh: list[Line]) -> Table:
    days = Days(card.period_days)
    rows: list[dict[str, object]] = [
        {
            "measure": Cell(partial(_name, measure=line.measure, note=_note(line, card))),
            "now": Cell(partial(_value, metric=line.metric)),
            "n": None if line.metric.n is None else Count(line.metric.n),
            "last": line.last and Cell(partial(_changed, metric=line.metric, move=line.last)),
            "year": line.year and Cell(partial(_changed, metric=line.metric, move=line.year)),
            "course": _course(line),
        }
        for line in lines
    ]
    columns = {
        "measure": Column(T("Measure")),
        "now": Column(T("Now")),
        "n": Column(T("Based on")),
        "last": Column(T("Against the {days} before", days=days)),
        "year": Column(T("Against a year before")),
        "course": Column(T("Last months")),
    }
    return Table(_spec(rows, columns), title, metrics=tuple(map(metric_of, fresh)))


def _spec(rows: list[dict[str, object]], columns: dict[str, Column]) -> TableSpec:
    """A table without the columns that are empty."""
    full = {name: column for name, column in columns.items() if any(row[name] is not None for row in rows)}
    return TableSpec(pd.DataFrame(rows, columns=list(full), dtype=object), full)


def _note(line: Line, card: Scorecard) -> Message | None:
    """Of which days a line is, where it is not of those of the page; of visits, how many are of programs."""
    usual = line.metric.window_days == card.period_days and line.metric.as_of == card.end
    days = None if usual else line.metric.note
    if not card.robots or line.measure.name != "visits":
        return days
    robots = T("without {n} that programs seem to have made", n=Count(card.robots))
    return T("{days}, {robots}", days=days, robots=robots) if days else robots


@dataclass(frozen=True)
class Sparkline:
    """A course that fits into a cell: values in the order of time over the range `lower` to `upper`; `label` says them.

    Missing values (NaN) are left out. Time runs as the page's language does. Where the last value lies outside its
    range its mark is in the other colour.

    >>> from cxlib.language import T, speaker
    >>> line = Sparkline([1.0, 2.0, 4.0], [1, 1, 1], [3, 3, 3], T("Last 4"))
    >>> str(line.render(speaker("en"))).count("<polyline"), 'class="out"' in line.render(speaker("en"))
    (1, True)
    """

    values: Sequence[float]
    lower: Sequence[float]
    upper: Sequence[float]
    label: Message

    def render(self, voice: Speaker) -> Markup:
        """The drawing; nothing where no value is known."""
        ends = [value for column in (self.values, self.lower, self.upper) for value in column if math.isfinite(value)]
        if not any(math.isfinite(value) for value in self.values):
            return Markup("")
        mirrored, low, size = voice.direction == "rtl", min(ends), (max(ends) - min(ends)) or 1.0

        def place(at: int, value: float) -> str:
            across = EDGE + (WIDTH - 2 * EDGE) * at / max(len(self.values) - 1, 1)
            up = HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (value - low) / size
            return f"{WIDTH - across if mirrored else across:.0f},{up:.0f}"

        known = [at for at, value in enumerate(self.values) if math.isfinite(value)]
        line = " ".join(place(at, self.values[at]) for at in known)
        body, at = self._band(place) + Markup('<polyline points="{}"/>').format(line), known[-1]
        x, y = place(at, self.values[at]).split(",")
        out = self.values[at] < self.lower[at] or self.values[at] > self.upper[at]
        body += Markup('<circle{} cx="{}" cy="{}" r="3"/>').format(Markup(' class="out"') if out else "", x, y)
        svg = Markup('<svg class="spark" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>')
        return svg.format(WIDTH, HEIGHT, say(voice, self.label), body)

    def _band(self, place: Callable[[int, float], str]) -> Markup:
        known = [i for i, pair in enumerate(zip(self.lower, self.upper, strict=True)) if all(map(math.isfinite, pair))]
        if len(known) < 2:
            return Markup("")
        there = [place(i, self.lower[i]) for i in known]
        back = [place(i, self.upper[i]) for i in reversed(known)]
        return Markup('<polygon points="{}"/>').format(" ".join([*there, *back]))


def _course(line: Line) -> Cell | None:
    if len(line.course) < 2:
        return None
    course = line.course
    last = course[course["value"].notna()].iloc[-1]
    values: dict[str, object] = {"month": Month(last["month"].date()), "value": line.show(last["value"])}
    label = T("{month}: {value}", **values)
    if pd.notna(last["lower"]):
        ends = {"low": line.show(last["lower"]), "high": line.show(last["upper"])}
        label = claim(
            last["lower"] <= last["value"] <= last["upper"],
            T("{month}: {value}, within the usual range of {low} to {high}", **values, **ends),
            T("{month}: {value}, outside the usual range of {low} to {high}", **values, **ends),
        )
    return Cell(Sparkline(course["value"].tolist(), course["lower"].tolist(), course["upper"].tolist(), label).render)


def aims(card: Scorecard) -> Component:
    """Each measure that has a target or a benchmark beside it, with the gap."""
    lines = [line for line in card.lines if line.target or line.benchmark]
    shown: list[Component] = [_aims(lines)] if lines else []
    if card.strangers:
        shown.append(
            notice(T("Benchmarks of what is not measured here: {names}", names=join_names(card.strangers)), "info")
        )
    if not any(line.target for line in lines):
        how = T("No target is set. The parameter {name} takes a value and a day for any measure.", name="targets")
        shown.append(notice(how, "info"))
    return together(*shown)


def _aims(lines: list[Line]) -> Table:
    title = T("Targets and benchmarks")
    rows: list[dict[str, object]] = [
        {
            "measure": Cell(partial(_name, measure=line.measure)),
            "now": Cell(partial(_value, metric=line.metric)),
            "target": line.target
            and T("{value} by {day}", value=line.show(line.target.value), day=Day(line.target.by)),
            "short": _short(line),
            "benchmark": line.benchmark and line.show(line.benchmark.value),
            "gap": line.benchmark and _apart(line, line.benchmark.value),
            "source": line.benchmark and line.benchmark.cited,
        }
        for line in lines
    ]
    columns = {
        "measure": Column(T("Measure")),
        "now": Column(T("Now")),
        "target": Column(T("Target")),
        "short": Column(T("Gap to the target")),
        "benchmark": Column(T("Benchmark")),
        "gap": Column(T("Gap to the benchmark")),
        "source": Column(T("Source of the benchmark")),
    }
    sources = {str(row["source"]): row["source"] for row in rows if row["source"]}
    if len(sources) == 1:  # said once, below
        return Table(
            _spec([row | {"source": None} for row in rows], columns),
            title,
            T("Source of the benchmark: {source}", source=next(iter(sources.values()))),
        )
    return Table(_spec(rows, columns), title)


def _short(line: Line) -> Message | None:
    """Whether the target is reached, and how far off it is."""
    if line.target is None:
        return None
    if not line.short_of_target > 0:
        return T("reached")
    gap = _apart(line, line.target.value, signed=False)
    return T("clearly short by {gap}", gap=gap) if line.misses else T("short by {gap}, which may be chance", gap=gap)


def _apart(line: Line, other: float, *, signed: bool = True) -> object:
    """How far a line is from a value, as of what a reader sees of both; of shares and scores in points."""
    if line.metric.unit not in ("percent", "points"):
        gap = line.value - other
        return line.show(gap if signed else abs(gap), signed=signed)
    apart = points_apart(line.value, other, shares=line.metric.unit == "percent")
    return T("{n} points", n=apart if signed else replace(apart, value=abs(apart.value or 0), signed=False))


def missing(card: Scorecard) -> Table | Notice:
    """Which measures cannot be told, and the table or column that would give them."""
    if not card.lacking:
        return notice(T("Nothing is missing: every measure of the list could be told"), "info")
    by_need: dict[str, list[Measure]] = {}
    for measure, need in card.lacking:
        by_need.setdefault(need, []).append(measure)
    rows: list[dict[str, object]] = [
        {"need": _need(need), "measures": join_names([measure.label for measure in measures])}
        for need, measures in by_need.items()
    ]
    columns = {"need": Column(T("With this")), "measures": Column(T("the scorecard would also tell"))}
    return Table(_spec(rows, columns), T("What is missing"))


def _need(need: str) -> Message:
    """A table, or a column of one, in words."""
    if need.startswith("report:"):
        return T("the report {report}, run on the same days", report=need.removeprefix("report:"))
    name, _, column = need.partition(".")
    if need.startswith("scale:"):
        return T("answers that are all on one scale, the one that is counted by")
    if need.startswith("days:"):
        return T("tickets with the days on which they were opened and closed one by one")
    if need.startswith("few:"):
        return T("more customers or answers: fewer than {n} so far", n=Count(30))
    if column:
        return T("column {column} of table {table}", column=column.removesuffix("_cents"), table=name)
    return T("table {table}", table=name)


__all__ = [
    "MONTHS", "NUMBERS", "aims", "answer", "headline_tiles", "measures", "missing", "this_week",
]  # fmt: skip
__dir__ = __all__.copy  # what completion offers
