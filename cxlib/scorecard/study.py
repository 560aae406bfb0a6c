"""The scorecard: every measure that the data allow, what moved clearly, what is short of its target."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from cxlib.data import Break, Workspace
from cxlib.language import Count, Day, Days, Given, Message, N, Quantity, T, join_names, minor_units
from cxlib.measures.metric import Metric
from cxlib.measures.nps import SUPPRESS_BELOW
from cxlib.measures.rates import Figure
from cxlib.measures.result import Brief, Result
from cxlib.measures.sampling import LEAST_NPS, LEAST_RATIO, LEAST_SHARE, Z95, adjust_holm
from cxlib.scorecard.aims import Benchmark, Target, read_benchmarks, read_targets
from cxlib.scorecard.catalogue import MEASURES, OF_PERSONS, Measure
from cxlib.scorecard.figures import Move
from cxlib.scorecard.gather import CardQuestion, Ledger, Published, gather_ledger

MOVES = ("last", "year")  # against the period before, and against the same days a year before
UNDONE = {  # measures whose periods cannot be compared
    "amounts": ("revenue_in_period", "average_order_value"),
    "twice": ("revenue_in_period", "average_order_value", "purchase_frequency"),
    "late": ("revenue_in_period", "buyers", "new_buyers", "repurchase_rate", "purchase_frequency", "repeat_to_new"),
    "counts": ("revenue_in_period", "buyers", "new_buyers", "repurchase_rate", "purchase_frequency", "repeat_to_new"),
    "brought": (*OF_PERSONS, "revenue_in_period"),
    **dict.fromkeys(("new", "guests", "merged", "ids"), OF_PERSONS),
}
NEWCOMERS = ("new", "guests")  # steps of them
MOST_NAMED = 3  # measures in a sentence
NEAR_DAYS = 14  # by which a day that was found may be off
ALPHA = 0.05  # of naming any change, where nothing has changed at all


@dataclass(frozen=True, repr=False)
class Line(Brief):
    """One measure of one company."""

    measure: Measure
    metric: Metric  # its value with interval, n, and the days that it is of
    last: Move | None = None  # against as many days before
    year: Move | None = None  # against the same days a year before
    course: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)  # of `Ledger.course`
    target: Target | None = None
    benchmark: Benchmark | None = None
    read: bool = False  # whether another report has published the value

    @property
    def value(self) -> float:
        """The value; every line has one."""
        return math.nan if self.metric.value is None else float(self.metric.value)

    @property
    def scale(self) -> int:
        """How many units of the value make one of a table: minor units of money."""
        return minor_units(self.metric.currency) if self.metric.unit == "money" else 1

    @property
    def tone(self) -> int:
        """1 where it has clearly become better since the last period, -1 where worse; 0 where a season may be why."""
        if self.last is None or not self.last.clear or self.last.seasonal:
            return 0
        return (1 if self.last.value > 0 else -1) * self.measure.polarity

    @property
    def short_of_target(self) -> float:
        """How far it is from its target, in its unit: above zero where the target is not reached; NaN without one."""
        return math.nan if self.target is None else (self.target.value - self.value) * (self.measure.polarity or 1)

    @property
    def misses(self) -> bool:
        """Whether it is clearly short of its target: the whole interval is."""
        if self.target is None or not self.short_of_target > 0:
            return False
        end = self.metric.high if (self.measure.polarity or 1) > 0 else self.metric.low
        return end is not None and (self.target.value - end) * (self.measure.polarity or 1) > 0

    def show(self, value: float | None, *, signed: bool | None = None) -> Quantity:
        """A value in the unit of the measure."""
        return self.metric.show(value, signed=signed)


@dataclass(frozen=True, repr=False)
class Scorecard(Result):
    """Every measure of a company.

    `lacking` holds what cannot be told and the column that would give it, as ``"tickets.closed_at"``; ``few:`` where it
    is there and there are too few, ``report:clv`` where that report tells it, ``scale:surveys`` where answers may be on
    another scale than they are counted by, ``days:tickets`` where a program set many of the days.

    >>> rows = pd.DataFrame({"ticket_id": range(60), "opened_at": pd.date_range("2026-01-01", periods=60, freq="D")})
    >>> shop = Workspace.from_frames({"tickets": rows}, currency="GBP", time_zone="UTC")
    >>> make_scorecard(shop, CardQuestion(period_days=30)).table[["measure", "value"]].to_numpy().tolist()
    [['tickets', 30.0]]
    """

    end: dt.date  # the last day that counts
    period_days: int
    lines: tuple[Line, ...]  # in the order of `MEASURES`, those of 30 customers or answers and more
    lacking: tuple[tuple[Measure, str], ...] = ()
    week: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # what reports say to do, by language
    files: Mapping[str, str] = field(default_factory=dict)  # and the file that they say to do it with, or ""
    doubts: tuple[Message, ...] = ()  # what speaks for another scale of answers, or another log of purchases
    is_closed: bool = False  # whether no customer of late is new, so that sales fall by themselves
    strangers: tuple[str, ...] = ()  # names in the table of benchmarks that are no measure's
    robots: int = 0  # visits that programs seem to have made, which count nowhere

    @property
    def worse(self) -> list[Line]:
        """Lines that have clearly become worse since the last period, the surest first."""
        return self._moved(-1)

    @property
    def better(self) -> list[Line]:
        """Lines that have clearly become better, the surest first."""
        return self._moved(1)

    def _moved(self, tone: int) -> list[Line]:
        lines = [line for line in self.lines if line.tone == tone]
        return sorted(lines, key=lambda line: line.last.p_value if line.last else 1.0)

    @property
    def missed(self) -> list[Line]:
        """Lines that are clearly short of their target."""
        return [line for line in self.lines if line.misses]

    @property
    def headline(self) -> Message:
        """What has clearly moved against the period before."""
        compared = sum(line.last is not None for line in self.lines)
        days, alike = Days(self.period_days), Count(compared)
        if not self.lines:
            return T("Too few customers and answers for any measure: each needs {n}", n=Count(SUPPRESS_BELOW))
        if not compared:  # there may be nothing of before, too few, or others
            return T("Nothing of before can be compared with the last {days}", days=days)
        if self.worse:
            return N(
                "{n} of {all} measures is clearly worse than in the {days} before. It is {names}",
                "{n} of {all} measures are clearly worse than in the {days} before. They are {names}",
                len(self.worse),
                names=_names(self.worse),
                all=alike,
                days=days,
            )
        if self.better:
            names = _names(self.better)
            return T(
                "Nothing is clearly worse than in the {days} before. Clearly better: {names}", days=days, names=names
            )
        if self.is_closed:
            return T("How sales fare cannot be told: none of the customers of the last {days} is new", days=days)
        if names := [line for line in self.lines if line.last and line.last.clear and line.last.seasonal]:
            moved = _names(names)
            return T(
                "Nothing is clearly worse than in the {days} before. The season may be why {names} moved",
                days=days,
                names=moved,
            )
        return T("Nothing has clearly changed against the {days} before (measures compared: {n})", days=days, n=alike)

    @property
    def findings(self) -> list[Message]:
        """At most two sentences: the clearest changes in numbers, and targets that are missed."""
        moves = [_from_to(line) for line in [*self.worse, *([] if self.worse else self.better)][:2]]
        sentences = moves if len(moves) < 2 else [T("{one}. {other}", one=moves[0], other=moves[1])]
        only = [T("The data follows customers of an earlier time: by themselves their sales can but fall")]
        return [
            *self.doubts[:1],
            *(only if self.is_closed else []),
            *sentences,
            *([_short(self.missed)] if self.missed else []),
        ][:2]

    @property
    def face(self) -> pd.DataFrame:
        """A line a measure, in quantities."""
        rows = [
            (line.measure.label, line.metric.quantity, Count(line.metric.n), getattr(line.last, "clear", False))
            for line in self.lines
        ]
        return pd.DataFrame(rows, columns=["measure", "value", "based on", "clearly changed"])

    @property
    def table(self) -> pd.DataFrame:
        """Every number of each line: shares as fractions, amounts in units of the currency."""
        named = ["measure", "group", "report", "label", "unit", "n", "note", "as_of", "value", "low", "high"]
        return pd.DataFrame([_row(line) for line in self.lines], columns=None if self.lines else named)

    @property
    def months(self) -> pd.DataFrame:
        """measure, month, value, n, lower, upper (the usual range), in the same units."""
        columns = ["measure", "month", "value", "n", "lower", "upper"]
        none = pd.DataFrame(columns=columns)
        courses = [line.course.assign(measure=line.measure.name, scale=line.scale) for line in self.lines]
        months = pd.concat(courses or [none], ignore_index=True).reindex(columns=[*columns, "scale"])
        return months.assign(**{name: months[name] / months["scale"] for name in ("value", "lower", "upper")})[columns]


def make_scorecard(
    company: Workspace, question: CardQuestion | None = None, *, published: Published | None = None
) -> Scorecard:
    """Every measure that a workspace's tables allow.

    `published`: What other reports have published, metrics.json by report: a number of the same day is taken from
        there.
    Raises ParameterError: a parameter cannot be meant.
    Raises DataError: there is nothing to measure.

    >>> rows = pd.DataFrame({"ticket_id": range(60), "opened_at": pd.date_range("2026-01-01", periods=60, freq="D")})
    >>> shop = Workspace.from_frames({"tickets": rows}, currency="GBP", time_zone="UTC")
    >>> card = make_scorecard(shop, CardQuestion(period_days=30))
    >>> [line.measure.name for line in card.lines]
    ['tickets']
    """
    question, published = question or CardQuestion(), published or {}
    targets = read_targets(question.targets, currency=company.currency)
    ledger = gather_ledger(company, question, published)
    lines, lacking = [], []
    for measure in MEASURES:
        line = _line(measure, ledger, published)
        lines.append(line) if isinstance(line, Line) else lacking.append((measure, line))
    steps = [one for one in ledger.breaks if not _is_harmless(one, ledger)]
    unlike = {*ledger.doubts, *(name for one in steps for name in UNDONE.get(one.kind, ()))}
    if any(one.kind in NEWCOMERS for one in steps) and not ledger.has_kinds("transactions"):
        unlike.add("revenue_in_period")  # nothing would tell another shop's sales
    lines = [
        replace(one, last=None, year=None) if {one.measure.name, one.measure.name.split("_")[0]} & unlike else one
        for one in lines
    ]
    lines = [_at_one_price(one, ledger) for one in lines]
    lines = [_without_others(one, ledger) if one.measure.polarity else one for one in lines]
    rows = company.frame("benchmarks") if company.has("benchmarks") else None
    benchmarks, strangers = read_benchmarks(rows, currency=company.currency)
    lines = [
        replace(line, target=targets.get(line.measure.name), benchmark=benchmarks.get(line.measure.name))
        for line in _judged(lines, ledger)
    ]
    week = {
        report: content["action"]
        for report, content in published.items()
        if content.get("action") and any(ledger.is_of(entry["as_of"]) for entry in content.get("metrics", ()))
    }
    told = (*(one.message for one in ledger.doubts.values()), *(one.message for one in ledger.breaks))
    facts = ledger.is_closed, strangers, ledger.robots
    files = {report: str(published[report].get("file", "")) for report in week}
    return Scorecard(ledger.end, question.period_days, tuple(lines), tuple(lacking), week, files, told, *facts)


def _line(measure: Measure, ledger: Ledger, published: Published) -> Line | str:
    """The line of a measure; where there is none, what would give it."""
    metric, lack = _published(measure, published, ledger), ledger.lack(measure)
    doubt = ledger.doubts.get(measure.name.split("_")[0])
    if doubt is not None and doubt.spoils(ledger.spans(measure.table)["now"][0]):
        return "scale:surveys"
    if not lack and measure.table == "tickets" and measure.polarity and _has_wave(measure, ledger):
        return "days:tickets"
    own = None if lack else ledger.figure(measure, "now")
    if metric is None:
        if own is None or own.n < SUPPRESS_BELOW or not np.isfinite(own.value):
            return lack or f"few:{measure.needs[0]}"
        return Line(measure, _metric(measure, own, ledger), **_course(measure, ledger))
    alike = own is not None and str(metric.show(own.value)) == str(metric.quantity)
    parts = _course(measure, ledger) if alike else {}  # else it is made otherwise, and only its report tells what moved
    if metric.change:
        before = parts.get("last") or Move((metric.value or 0.0) - metric.change, metric.change, np.nan, np.nan, 0.0)
        parts["last"] = replace(before, clear=True)  # as its report says
    return Line(measure, metric, **parts, read=True)


def _is_harmless(step: Break, ledger: Ledger) -> bool:
    """Whether a column or the form of ids tells the newcomers from the others, or they came before what is compared."""
    first = pd.Timestamp(step.first)
    if step.kind == "brought":
        return bool(first < ledger.spans("transactions")["year"][0])
    return step.kind in NEWCOMERS and ledger.has_new_kind("transactions", first - pd.Timedelta(days=NEAR_DAYS))


def _at_one_price(line: Line, ledger: Ledger) -> Line:
    """The line without changes of amounts across a day from which the same purchases cost more or less."""
    if line.measure.name not in UNDONE["amounts"]:
        return line
    days = [pd.Timestamp(one.first) for one in ledger.breaks if one.kind == "prices"]
    (now, (last, _), year, before) = (ledger.spans("transactions")[name] for name in ("now", "last", "year", "before"))
    if any(day > last or before[0] < day < year[1] for day in days):  # the same days of a year before tell the season
        line = replace(line, last=None)
    return replace(line, year=None) if any(year[0] < day < now[1] for day in days) else line


def _without_others(line: Line, ledger: Ledger) -> Line:
    """The line without changes from before a day on which its rows or dates became others."""
    last, year = (None if ledger.is_other(line.measure, name) else getattr(line, name) for name in MOVES)
    return replace(line, last=last, year=year)


def _has_wave(measure: Measure, ledger: Ledger) -> bool:
    """Whether a program set many of its dates in what is shown, or has set them since a day."""
    start, kinds = ledger.spans(measure.table)["now"][0].date(), ("wave", "replies", "ruled")
    found = [one for one in ledger.recorded if one.kind in kinds and one.spoils(measure.needs)]
    return any(one.kind == "replies" or one.last >= start for one in found)


def _metric(measure: Measure, figure: Figure, ledger: Ledger) -> Metric:
    end, days = ledger.ends[measure.table], ledger.days[measure.table]
    note = T("in the last {days}", days=Days(days))
    if end != ledger.end:
        note = T("in the {days} to {day}", days=Days(days), day=Day(end))
    ends = {} if measure.is_total else {"low": figure.low, "high": figure.high}
    currency = ledger.company.currency if measure.unit == "money" else ""
    own = {"unit": measure.unit, "polarity": measure.polarity, "currency": currency}
    facts: dict[str, Any] = {"n": figure.n, "as_of": end, "note": note, "window_days": days, **own, **ends}
    return Metric(measure.name, measure.label, figure.value, **facts)


def _course(measure: Measure, ledger: Ledger) -> dict[str, Any]:
    """Changes and months of a measure."""
    moves = {name: ledger.difference(measure, name) for name in MOVES}
    return {**moves, "course": ledger.course(measure)}


def _published(measure: Measure, published: Published, ledger: Ledger) -> Metric | None:
    """What the report that explains a measure has published of the same day; None where it has not."""
    if not measure.is_published or measure.report not in published:
        return None
    for entry in published[measure.report].get("metrics", ()):
        told = entry["name"] == measure.name and entry["unit"] == measure.unit and entry["value"] is not None
        if told and ledger.is_of(entry["as_of"]):
            names = {"label": Given.of(entry["label"]), "note": Given.of(entry["note"]) if entry["note"] else None}
            return Metric(**{**entry, **names, "as_of": dt.date.fromisoformat(entry["as_of"])})
    return None


def _judged(lines: Sequence[Line], ledger: Ledger) -> list[Line]:
    """The lines with what is clear of their changes: all of them tested together, and large enough to matter."""
    pairs = [(line, side) for line in lines for side in MOVES]
    moves: list[Move | None] = [getattr(line, side) for line, side in pairs]
    sure = adjust_holm([np.nan if move is None else move.p_value for move in moves]) < ALPHA
    judged = [
        move if move is None or move.clear else _like_with_like(move, line, side, ledger, sure=bool(known))
        for move, (line, side), known in zip(moves, pairs, sure, strict=True)
    ]
    return [replace(line, last=judged[2 * at], year=judged[2 * at + 1]) for at, line in enumerate(lines)]


def _like_with_like(move: Move, line: Line, side: str, ledger: Ledger, *, sure: bool) -> Move:
    """A change that is sure, and clear where it is so within kinds of rows too, such as newsletters and invitations."""
    if not (sure and _matters(line, move)):
        return move
    mixed = ledger.is_added_to(line.measure, side) or any(
        value * move.value <= 0 or abs(value) < Z95 * error or not _matters(line, replace(move, value=value))
        for value, error in ledger.at_one_mix(line.measure, side)
    )
    return replace(move, clear=not mixed, mixed=mixed)


def _matters(line: Line, move: Move) -> bool:
    """Whether a difference is of a size that matters, however sure it is."""
    if line.metric.unit == "points":
        return abs(move.value) >= LEAST_NPS
    least = (LEAST_RATIO - 1) * abs(move.before)
    return abs(move.value) >= (max(LEAST_SHARE, least) if line.metric.unit == "percent" else least)


def _names(lines: Sequence[Line]) -> object:
    """The names of a few measures; of many, the first ones."""
    labels: list[object] = [line.measure.label for line in lines[:MOST_NAMED]]
    if len(lines) > MOST_NAMED:
        return T("{names} and others", names=join_names(labels))
    return join_names(labels)


def _from_to(line: Line) -> Message:
    """A change in numbers."""
    before, rose = getattr(line.last, "before", None), getattr(line.last, "value", 0) > 0
    values = {"measure": line.measure.label, "before": line.show(before), "now": line.metric.quantity}
    fell = T("{measure} fell from {before} to {now}", **values)
    return T("{measure} rose from {before} to {now}", **values) if rose else fell


def _short(lines: Sequence[Line]) -> Message:
    """Targets that are clearly missed."""
    texts: list[object] = []
    for line in lines[:MOST_NAMED]:
        target = T(
            "{value} by {day}",
            value=line.show(getattr(line.target, "value", None)),
            day=Day(getattr(line.target, "by", None)),
        )
        values = {"measure": line.measure.label, "now": line.metric.quantity}
        texts.append(T("{measure} ({now}, target {target})", target=target, **values))
    return T("Clearly short of the target: {names}", names=join_names(texts))


def _row(line: Line) -> dict[str, object]:
    row: dict[str, object] = {"measure": line.measure.name, "group": line.measure.group, "report": line.measure.report}
    row |= {name: getattr(line.metric, name) for name in ("label", "unit", "n", "note", "as_of")}
    parts = {"": line.metric, "last": line.last, "year": line.year, "target": line.target, "benchmark": line.benchmark}
    fields = {"last": ("clear",), "year": ("clear",), "target": ("by",), "benchmark": ("source", "as_of")}
    for start, part in parts.items():
        for name in ("value", "low", "high") if not fields.get(start) or start in MOVES else ("value",):
            value = getattr(part, name, None)
            row[f"{start}_{name}".strip("_")] = np.nan if value is None else value / line.scale
        row |= {f"{start}_{name}": getattr(part, name, None) for name in fields.get(start, ())}
    return row
