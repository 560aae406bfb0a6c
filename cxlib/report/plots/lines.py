"""Lines over time or numbers; and over the share of customers, the best first: what they or reaching them brings."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.language import Message, Percent, Quantity, T
from cxlib.measures.result import Brief
from cxlib.report.canvas import Canvas
from cxlib.report.plots import chart
from cxlib.report.plots.labels import Field, Note, backing, measure
from cxlib.report.plots.marks import draw_band, draw_line

MOST_LINES = 4  # with the highlight; beyond, small multiples read better


@dataclass(frozen=True, repr=False)
class LineChart(Brief):
    """One line for each entry of `lines`, named at its end.

    `frame`: Rows in the order of `x`, wide: one column a line.
    `x`: Column of the horizontal axis: numbers, or days (shown as months).
    `lines`: Column -> name of the line; at most four.
    `bands`: Column of a line -> columns with the ends of its interval.
    `kind`, `currency`: How values are written; see `Column`.
    `highlight`: Column of the one line to stand out.
    `x_label`: What the horizontal axis is, with its unit.
    `from_zero`: Whether the value axis starts at zero.
    `marks`: Values of `x` at which the highlighted line has a dot with its value: what the title names.
    `divide`: A value of `x` at which a line parts what was before from what came after, and what stands above it.
    `tick_step`: An axis of numbers is labelled at whole multiples of it: 6 for months.

    >>> rows = pd.DataFrame({"month": [0, 1, 2], "stay": [1.0, 0.8, 0.7]})
    >>> LineChart(rows, x="month", lines={"stay": T("Still there")}, marks=[1]).marks
    [1]
    """

    frame: pd.DataFrame
    x: str
    lines: Mapping[str, Message | str]
    bands: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    kind: Callable[..., Quantity] = Percent
    currency: str = ""
    highlight: str | None = None
    x_label: Message | None = None
    from_zero: bool = True
    marks: Sequence[object] = ()
    divide: tuple[object, Message] | None = None
    tick_step: float = 0.0

    def __call__(self, axes: Axes, canvas: Canvas) -> None:
        """Draw."""
        places = self._places()
        for name, colour in self._colours().items():
            if name in self.bands:
                low, high = (chart.numbers(self.frame, end) for end in self.bands[name])
                draw_band(axes, places, (low, high), canvas.colour(colour))
            draw_line(axes, places, chart.numbers(self.frame, name), canvas.colour(colour))
            some = chart.some(len(places))
            marks = chart.estimates(self.frame, name, *self.bands.get(name, (None, None)))[:, some]
            told = chart.at_places(canvas, self.lines[name], self.frame[self.x].iloc[some])
            make = chart.quantity(self.kind, self.currency)
            chart.tell(axes, canvas, zip(places[some], marks[0], strict=True), told, (marks, make))
        self._value_axis(axes, canvas)
        self._x_axis(axes, canvas, places)
        canvas.mirror(axes, time=True)
        chart.name_ends(axes, canvas, self._ends(places))
        self._divide(axes, canvas, places)
        for at in np.flatnonzero(self.frame[self.x].isin(self.marks)) if self.highlight else ():
            place, colour = (float(places[at]), float(self.frame[self.highlight].iloc[at])), canvas.colour("c2")
            axes.plot(*place, marker="o", markersize=7, color=colour, zorder=3, clip_on=False)
            text = canvas.say(chart.quantity(self.kind, self.currency)(place[1]))
            style: dict[str, Any] = {"weight": 600, "bbox": backing(canvas), "va": "top"}
            canvas.write(axes, text, place, shift=(0.0, -9.0), side="center", colour="c2", **style)

    def _places(self) -> np.ndarray:
        column = self.frame[self.x]
        return np.arange(len(column), dtype=float) if chart.is_time(column) else chart.numbers(self.frame, self.x)

    def _colours(self) -> dict[str, str]:
        colours = chart.hues(list(self.lines), self.highlight, "line chart", most=MOST_LINES)
        return {str(name): colour for name, colour in colours.items()}

    def _value_axis(self, axes: Axes, canvas: Canvas) -> None:
        low, high = chart.limits_of(self.frame, *self.lines, *(end for band in self.bands.values() for end in band))
        low = min(low, 0.0) if self.from_zero else low - (high - low) * 0.05
        chart.value_axis(axes, canvas, (low, high), chart.quantity(self.kind, self.currency))

    def _x_axis(self, axes: Axes, canvas: Canvas, places: np.ndarray) -> None:
        beside = 0.5 * (places.min() == places.max())  # a single place stands in the middle
        axes.set_xlim(places.min() - beside, places.max() + beside)
        column = self.frame[self.x]
        if chart.is_time(column):
            axes.set_xticks(*chart.month_ticks(canvas, column, 6 if canvas.wide else 3))
        else:
            ends = float(places.min()), float(places.max())
            axes.set_xticks(*chart.number_ticks(canvas, ends, places, step=self.tick_step))
        canvas.title_axis(axes, self.x_label)

    def _divide(self, axes: Axes, canvas: Canvas, places: np.ndarray) -> None:
        if self.divide is None:
            return
        value, said = self.divide
        for place in places[(self.frame[self.x] == value).to_numpy()]:
            axes.axvline(place, color=canvas.colour("mute"), linewidth=1)
            is_late = place > (places.min() + places.max()) / 2  # where there is more room before than after
            side: dict[str, Any] = {"side": "right", "shift": (4.0, 7.0)} if is_late else {"shift": (-4.0, 7.0)}
            text = canvas.shorten(said, 60 if canvas.wide else 34)
            canvas.write(axes, text, (float(place), 1.0), colour="mute", within="column", va="bottom", **side)

    def _ends(self, places: np.ndarray) -> list[chart.CurveEnd]:
        """Where each line that has a value is known last."""
        ends = []
        for name, colour in self._colours().items():
            values = chart.numbers(self.frame, name)
            known = np.flatnonzero(~np.isnan(values))
            if len(known):
                ends.append(chart.CurveEnd(places[known[-1]], values[known[-1]], self.lines[name], colour))
        return ends


WHAT = "gain curve"
NAME_AT, BASELINE_NAME_AT = 0.3, 0.72  # share of the rows after which a curve is named
BEST_WIDTH, PHONE_BEST_WIDTH = 34, 20  # characters in a line of what the best share says
NAME_WIDTH, PHONE_NAME_WIDTH = 24, 16
BAND_LINES = 5
ROOM_STARTS, ROOM_HEIGHT = 0.24, 0.16  # where the free room under the diagonal can hold a sentence


def mark_point(axes: Axes, canvas: Canvas, point: tuple[float, float]) -> None:
    """A point on a curve in the highlight, with a line down to the axis."""
    (x, y), strong = point, canvas.colour("c2")
    axes.vlines(x, axes.get_ylim()[0], y, color=strong, linewidth=1)
    axes.plot([x], [y], marker="o", markersize=7, color=strong, zorder=3, clip_on=False)


@dataclass(frozen=True, repr=False)
class ShareCurve(Brief):
    """Cumulative share of a total against cumulative share of customers, largest first.

    `frame`: Rows from (0, 0) to (1, 1).
    `x`, `y`: Columns: share of customers and share of the total, as fractions.
    `point`, `point_label`: A point on the curve to mark, as fractions, and what it says.
    `equal_label`: Name of the diagonal, on which all customers would bring the same.
    `x_label`: What the horizontal axis is.

    >>> rows = pd.DataFrame({"customers": [0, 0.2, 1], "revenue": [0, 0.6, 1]})
    >>> ShareCurve(rows, x="customers", y="revenue", point=(0.2, 0.6)).point
    (0.2, 0.6)
    """

    frame: pd.DataFrame
    x: str
    y: str
    point: tuple[float, float] | None = None
    point_label: Message | None = None
    equal_label: Message | None = None
    x_label: Message | None = None

    def __call__(self, axes: Axes, canvas: Canvas) -> None:
        """Draw."""
        axes.plot([0, 1], [0, 1], color=canvas.colour("c0"), linewidth=1.2)
        x, y = (chart.numbers(self.frame, name) for name in (self.x, self.y))
        draw_line(axes, x, y, canvas.colour("c1"))
        places = chart.some(len(x))
        told = zip(x[places], y[places], strict=True)
        chart.tell(axes, canvas, told, map(Percent, x[places]), (y[places], Percent))
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.02)
        axes.set_xticks(*canvas.ticks(0, 1, Percent))
        axes.set_yticks(*canvas.ticks(0, 1, Percent))
        axes.grid(axis="y")
        canvas.title_axis(axes, self.x_label)
        canvas.mirror(axes)
        if self.point is not None:
            self._mark_point(axes, canvas, self.point)
        if self.equal_label is not None:
            canvas.write(axes, canvas.wrap(self.equal_label, 16), (0.66, 0.6), colour="mute", va="top")

    def _mark_point(self, axes: Axes, canvas: Canvas, point: tuple[float, float]) -> None:
        """The point, and its sentence in the free room under the diagonal."""
        mark_point(axes, canvas, point)
        if self.point_label is not None:
            text = canvas.wrap(self.point_label, 44 if canvas.wide else 24)
            place = (max(point[0] + 0.02, ROOM_STARTS), ROOM_HEIGHT)
            canvas.write(axes, text, place, colour="c2", va="top", weight=600)


@dataclass(frozen=True, repr=False)
class GainCurve(Brief):
    """A value against the share of customers reached, the most promising first; the best share is marked.

    One form for three charts: cumulative gains (share of all leavers reached), lift (times as many as at random) and
    profit (money after the cost of reaching them).

    `frame`: Rows in the order of `share`.
    `share`: Column: share of customers reached, as a fraction.
    `value`, `low`, `high`: Columns: the curve and the ends of its interval.
    `baseline`: Column: what the comparison brings at the same share, such as customers reached at random.
    `kind`, `currency`: How values are written; see `Column`.
    `name`, `baseline_name`: Names of the two curves.
    `best`, `best_label`: The share to mark, as a fraction, and what it says.
    `x_label`, `y_label`: What the axes measure, with the interval's level.
    Raises DataError: when a column is missing, or one that should hold numbers does not.

    >>> from matplotlib.figure import Figure
    >>> from cxlib.language import Money, speaker
    >>> frame = pd.DataFrame({"share": [0.0, 0.5, 1.0], "profit": [0, 90_000, -20_000]})
    >>> axes, words = Figure().add_subplot(), T("best: {share}", share=Percent(0.5))
    >>> plot = GainCurve(frame, share="share", value="profit", kind=Money, currency="GBP", best=0.5, best_label=words)
    >>> plot(axes, Canvas(speaker("en")))
    >>> [text.get_text() for text in axes.texts]
    ['best: 50%']
    """

    frame: pd.DataFrame
    share: str
    value: str
    low: str | None = None
    high: str | None = None
    baseline: str | None = None
    kind: Callable[..., Quantity] = Percent
    currency: str = ""
    name: Message | str | None = None
    baseline_name: Message | str | None = None
    best: float | None = None
    best_label: Message | None = None
    x_label: Message | None = field(default_factory=lambda: T("Share of customers reached, most promising first"))
    y_label: Message | None = None

    def __post_init__(self) -> None:
        chart.check_columns(self.frame, WHAT, numeric=(self.share, self.value, self.low, self.high, self.baseline))

    def __call__(self, axes: Axes, canvas: Canvas) -> None:
        """Draw."""
        rows = chart.complete(self.frame, self.share, self.value)
        if rows.empty:
            chart.say_nothing(axes, canvas)
            return
        self._tell(axes, canvas, rows.iloc[chart.some(len(rows))])
        rows = rows.iloc[chart.thin(chart.numbers(rows, self.share), canvas)]
        self._draw_curves(axes, canvas, rows)
        self._set_up(axes, canvas, rows)
        self._label(measure(axes, canvas), rows)

    def _draw_curves(self, axes: Axes, canvas: Canvas, rows: pd.DataFrame) -> None:
        shares, strong = chart.numbers(rows, self.share), canvas.colour("c1")
        if self.low and self.high:
            draw_band(axes, shares, (chart.numbers(rows, self.low), chart.numbers(rows, self.high)), strong)
        if self.baseline:
            draw_line(axes, shares, chart.numbers(rows, self.baseline), canvas.colour("c0"), width=1.4)
        draw_line(axes, shares, chart.numbers(rows, self.value), strong)

    def _tell(self, axes: Axes, canvas: Canvas, rows: pd.DataFrame) -> None:
        shares, make = chart.numbers(rows, self.share), chart.quantity(self.kind, self.currency)
        for column, ends in ((self.value, (self.low, self.high)), (self.baseline, (None, None))):
            if column:
                marks, names = chart.estimates(rows, column, *ends), [Percent(share, digits=0) for share in shares]
                chart.tell(axes, canvas, zip(shares, marks[0], strict=True), names, (marks, make))

    def _set_up(self, axes: Axes, canvas: Canvas, rows: pd.DataFrame) -> None:
        low, high = chart.limits_of(rows, self.value, self.low, self.high, self.baseline)
        chart.value_axis(axes, canvas, (min(low, 0.0), max(high, 0.0)), chart.quantity(self.kind, self.currency))
        if low < 0:
            axes.axhline(0, color=canvas.colour("ink"), linewidth=1)
        axes.set_xlim(0, 1)
        axes.set_xticks(*canvas.ticks(0, 1, Percent))
        canvas.title_axis(axes, self.x_label)
        canvas.mirror(axes)
        chart.title_values(axes, canvas, self.y_label)
        if point := self._best(rows):
            mark_point(axes, canvas, point)

    def _best(self, rows: pd.DataFrame) -> tuple[float, float] | None:
        """The best share as a point on the curve."""
        if self.best is None:
            return None
        return self.best, float(np.interp(self.best, chart.numbers(rows, self.share), chart.numbers(rows, self.value)))

    def _label(self, room: Field, rows: pd.DataFrame) -> None:
        """What the best share says and the names of the curves, each where there is room near what it names."""
        lines = [place for line in self._lines(rows) for place in room.along(chart.numbers(rows, self.share), line)]
        notes, point = list(self._names(room.canvas, rows)), self._best(rows)
        if point is None:
            room.write(notes, lines=lines)
            return
        if self.best_label is not None:
            text = room.canvas.balance(self.best_label, BEST_WIDTH if room.canvas.wide else PHONE_BEST_WIDTH)
            notes.append(Note(text, *point, "c2"))
        stem = room.along([point[0]] * 2, [room.axes.get_ylim()[0], point[1]])
        room.write(notes, dots=room.points([point[0]], [point[1]]), lines=[*lines, *stem])

    def _lines(self, rows: pd.DataFrame) -> Iterator[np.ndarray]:
        """The curves, and others that fill the band: a text on its tint would be hard to read."""
        yield from (chart.numbers(rows, name) for name in (self.value, self.baseline) if name)
        if self.low and self.high:
            low, high = chart.numbers(rows, self.low), chart.numbers(rows, self.high)
            yield from (low + part * (high - low) for part in np.linspace(0, 1, BAND_LINES))

    def _names(self, canvas: Canvas, rows: pd.DataFrame) -> Iterator[Note]:
        names = ((self.name, self.value, NAME_AT, "c1"), (self.baseline_name, self.baseline, BASELINE_NAME_AT, "mute"))
        for name, column, at, colour in names:
            if name is not None and column is not None:
                row = rows.iloc[min(int(at * len(rows)), len(rows) - 1)]
                text = canvas.balance(name, NAME_WIDTH if canvas.wide else PHONE_NAME_WIDTH)
                yield Note(text, float(row[self.share]), float(row[column]), colour)
