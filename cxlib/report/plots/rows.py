"""Charts of categories, one in each row: bars from zero, and estimates as dots with their intervals.

A category is named beside its mark on a page and above it on a phone; its value is written at the mark's end.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.language import Count, Decimal, Message, Points, Quantity
from cxlib.measures.result import Brief
from cxlib.report.canvas import Canvas
from cxlib.report.plots import chart
from cxlib.report.plots.labels import backing
from cxlib.report.plots.marks import draw_bars, draw_dots

LABEL_WIDTH = 26  # characters beside the marks on a page
PHONE_LABEL_WIDTH = 13  # a phone has room for these beside the marks; longer names go above them
PHONE_LINE = 40  # characters across a phone
AIR_POINTS = 5.0  # between a mark and its value
NEGATIVE_ROOM, PHONE_NEGATIVE_ROOM = 0.12, 0.22  # share of the axis kept free for the values of negative bars
RATIO_DIGITS = {0.05: 2, 0.1: 1, 0.2: 1, 0.3: 1, 0.5: 1, 0.7: 1, 1.0: 0, 1.5: 1, 2.0: 0, 3.0: 0, 5.0: 0, 10.0: 0}
RATIO_AIR = 1.15
MARGIN, PHONE_MARGIN = 0.06, 0.1  # share of the axis left free beyond the outermost dot's interval


@dataclass(frozen=True)
class End:
    """Where a mark ends on the value axis, and the direction away from it: 1 to higher values, -1 to lower."""

    place: float
    direction: int


def outer_end(value: float, low: float, high: float) -> End:
    """Where a bar from zero ends on its value's side, its interval included; zero where all are missing."""
    side = -1 if value < 0 else 1
    return End(float(side * max((side * x for x in (value, low, high) if x == x), default=0.0)), side)


@dataclass(frozen=True)
class Rows:
    """The categories of one chart on one canvas, from the top down."""

    canvas: Canvas
    names: Sequence[object]

    @property
    def above(self) -> bool:
        """Whether the names stand above the marks."""
        longest = max((len(self.canvas.say(name)) for name in self.names), default=0)
        return not self.canvas.wide and longest > PHONE_LABEL_WIDTH

    @property
    def height(self) -> float:
        """Inches: the same room for each row, however many there are."""
        lines = max((self.canvas.wrap(name, PHONE_LINE).count("\n") for name in self.names), default=0)
        single = all(len(self.canvas.say(name)) <= LABEL_WIDTH for name in self.names)
        beside = 0.5 if not self.canvas.wide else 0.34 if single else 0.46
        room = 0.62 + 0.17 * lines if self.above else beside
        return 0.75 + room * max(len(self.names), 1)

    @property
    def thickness(self) -> float:
        """How much of its row a bar fills."""
        return 0.42 if self.above else 0.62

    def set_up(self, axes: Axes) -> None:
        """Order the rows and name them; call it after the canvas has been mirrored."""
        axes.set_ylim(max(len(self.names), 1) - 0.5, -0.75 if self.above else -0.5)
        if not self.above:
            axes.set_yticks(range(len(self.names)), [self.canvas.wrap(name, LABEL_WIDTH) for name in self.names])
            return
        axes.set_yticks([])
        style: dict[str, Any] = {"within": "row", "va": "bottom", "bbox": backing(self.canvas)}
        for i, name in enumerate(self.names):
            self.canvas.write(axes, self.canvas.wrap(name, PHONE_LINE), (0.0, i - 0.3), shift=(3.0, 0.0), **style)

    def write_values(self, axes: Axes, quantities: Sequence[Quantity], ends: Sequence[End]) -> None:
        """Write each value beyond its end."""
        style: dict[str, Any] = {"weight": 600, "bbox": backing(self.canvas)}
        for i, (value, end) in enumerate(zip(quantities, ends, strict=True)):
            shift, side = ((AIR_POINTS, 0.0), "left") if end.direction > 0 else ((-AIR_POINTS, 0.0), "right")
            style |= {"shift": shift, "side": side}
            self.canvas.write(axes, self.canvas.say(value), (end.place, i), **style)


@dataclass(frozen=True, repr=False)
class HorizontalBars(Brief):
    """One bar for each row of `frame`, from the top down in its order.

    `frame`: Tidy rows; at most about 25 can be read.
    `category`, `value`: Columns: what a bar stands for (text or messages) and how long it is.
    `low`, `high`: Columns with the ends of the interval, drawn as a line over the bar.
    `kind`, `currency`: How values are written; see `Column`.
    `highlight`: The category, or the index label, of the one bar to stand out.
    `axis_label`: What the bars measure, with the interval's level.

    >>> from matplotlib.figure import Figure
    >>> from cxlib.language import Percent, speaker
    >>> frame = pd.DataFrame({"segment": ["Champions", "Lost"], "share": [0.42, 0.03]})
    >>> axes = Figure().add_subplot()
    >>> HorizontalBars(frame, category="segment", value="share", kind=Percent)(axes, Canvas(speaker("en")))
    >>> [text.get_text() for text in axes.texts]
    ['42%', '3.0%']
    """

    frame: pd.DataFrame
    category: str
    value: str
    low: str | None = None
    high: str | None = None
    kind: Callable[..., Quantity] = Count
    currency: str = ""
    highlight: object = None
    axis_label: Message | None = None

    def height(self, canvas: Canvas) -> float:
        """Inches: the same room for each bar, however many there are."""
        return self._rows(canvas).height

    def __call__(self, axes: Axes, canvas: Canvas) -> None:
        """Draw."""
        rows, marks = self._rows(canvas), chart.estimates(self.frame, self.value, self.low, self.high)
        strong, grey, ink = (canvas.colour(name) for name in ("c2", "c0", "ink"))
        colours = [strong if each else grey for each in chart.standing_out(self.frame, self.category, self.highlight)]
        draw_bars(axes, range(len(colours)), marks, colours, width=rows.thickness, line=ink)
        axes.axvline(0, color=ink, linewidth=1)
        self._value_axis(axes, canvas, marks)
        canvas.mirror(axes)
        rows.set_up(axes)
        make = chart.quantity(self.kind, self.currency)
        rows.write_values(axes, [make(value) for value in self.frame[self.value]], [outer_end(*m) for m in marks.T])
        chart.tell(axes, canvas, zip(marks[0], range(len(marks[0])), strict=True), rows.names, (marks, make))

    def _rows(self, canvas: Canvas) -> Rows:
        return Rows(canvas, self.frame[self.category].tolist())

    def _value_axis(self, axes: Axes, canvas: Canvas, marks: np.ndarray) -> None:
        known = marks[~np.isnan(marks)]
        low, high = known.min(initial=0.0), known.max(initial=0.0)
        span = high - low or 1.0
        # The layout makes room for values that stand outside the axes, except where the bars' names already stand.
        room = (NEGATIVE_ROOM if canvas.wide else PHONE_NEGATIVE_ROOM) if low < 0 else 0.0
        axes.set_xlim(low - room * span, low + span)
        axes.set_xticks(*canvas.ticks(*axes.get_xlim(), chart.quantity(self.kind, self.currency)))
        axes.grid(axis="x")
        canvas.title_axis(axes, self.axis_label)


@dataclass(frozen=True, repr=False)
class IntervalDots(Brief):
    """One dot with its interval for each row of `frame`, from the top down in its order.

    `frame`: Tidy rows; at most about 25 can be read.
    `category`, `value`, `low`, `high`: Columns: what a dot stands for, the estimate and the ends of its interval,
        "low" and "high" unless others are named.
    `kind`, `currency`: How values are written; see `Column`.
    `reference`, `reference_label`: A value that all are compared with, such as the total or a target, and its name.
    `clear`: Column: whether a row is clear of chance; the others are grey.
    `ratio`: Whether values are ratios: half as much then lies as far from 1 as twice as much.
    `highlight`: The category, or the index label, of the one dot to stand out.
    `axis_label`: What the dots measure, with the interval's level.

    >>> rows = pd.DataFrame({"region": ["Riyadh"], "nps": [12.0], "low": [8.0], "high": [16.0]})
    >>> IntervalDots(rows, "region", "nps", reference=10.0).reference
    10.0
    """

    frame: pd.DataFrame
    category: str
    value: str
    low: str = "low"
    high: str = "high"
    kind: Callable[..., Quantity] = Points
    currency: str = ""
    reference: float | None = None
    reference_label: Message | None = None
    clear: str | None = None
    ratio: bool = False
    highlight: object = None
    axis_label: Message | None = None

    def height(self, canvas: Canvas) -> float:
        """Inches: the same room for each row, and a line for the reference's name."""
        return Rows(canvas, self.frame[self.category].tolist()).height + (0.2 if self.reference_label else 0)

    def __call__(self, axes: Axes, canvas: Canvas) -> None:
        """Draw."""
        rows = Rows(canvas, self.frame[self.category].tolist())
        marks = chart.estimates(self.frame, self.value, self.low, self.high)
        make = chart.quantity(self.kind, self.currency)
        strong = chart.standing_out(self.frame, self.category, self.highlight)
        clear = self.frame[self.clear].tolist() if self.clear else [True] * len(strong)
        names = ["c2" if s else "c1" if c else "c0" for s, c in zip(strong, clear, strict=True)]
        draw_dots(axes, range(len(strong)), marks, [canvas.colour(name) for name in names])
        self._value_axis(axes, canvas, marks)
        canvas.mirror(axes)
        rows.set_up(axes)
        ends = [End(high if high == high else axes.get_xlim()[0], 1) for high in marks[2]]
        rows.write_values(axes, [make(value) for value in self.frame[self.value]], ends)
        chart.tell(axes, canvas, zip(marks[0], range(len(marks[0])), strict=True), rows.names, (marks, make))
        self._draw_reference(axes, canvas)

    def _value_axis(self, axes: Axes, canvas: Canvas, marks: np.ndarray) -> None:
        values = [*marks[~np.isnan(marks)], *([] if self.reference is None else [self.reference])]
        low, high = min(values, default=0.0), max(values, default=1.0)
        axes.grid(axis="x")
        canvas.title_axis(axes, self.axis_label)
        if self.ratio and low > 0:
            axes.set_xscale("log")
            axes.set_xlim(low / RATIO_AIR, high * RATIO_AIR)
            ticks = [tick for tick in RATIO_DIGITS if low / RATIO_AIR <= tick <= high * RATIO_AIR] or [1.0]
            axes.set_xticks(ticks, [canvas.say(Decimal(tick, digits=RATIO_DIGITS[tick])) for tick in ticks])
            axes.set_xticks([], minor=True)
            return
        air = (high - low or 1.0) * (MARGIN if canvas.wide else PHONE_MARGIN)
        axes.set_xlim(low - air, high + air)
        axes.set_xticks(*canvas.ticks(low - air, high + air, chart.quantity(self.kind, self.currency)))

    def _draw_reference(self, axes: Axes, canvas: Canvas) -> None:
        if self.reference is None:
            return
        axes.axvline(self.reference, color=canvas.colour("ink"), linewidth=1, linestyle=(0, (4, 3)))
        if self.reference_label is not None:
            style: dict[str, Any] = {"side": "center", "colour": "mute", "within": "column", "va": "bottom"}
            canvas.write(axes, canvas.say(self.reference_label), (self.reference, 1.0), shift=(0.0, 3.0), **style)
