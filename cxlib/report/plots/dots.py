"""Dots at numbers on both axes: predictions against what happened, and what matters against how well it is done."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.language import Count, Decimal, Message, Percent, Quantity, T
from cxlib.measures.result import Brief
from cxlib.report.canvas import Canvas
from cxlib.report.plots import chart
from cxlib.report.plots.labels import Note, measure
from cxlib.report.plots.marks import INTERVAL_WIDTH, draw_dots_at

CALIBRATION = "calibration plot"
STRIP_TOP, STRIP_HEIGHT = -0.05, 0.17  # of the count strip, as shares of the axes' height
STRIP_BARS = 0.55  # share of the strip that the longest bar fills; the rest is for its words
BAR_SHARE = 0.016  # width of a bar of the strip, as a share of the axis
DIAGONAL_NAME_AT = 0.8
DIAGONAL_WIDTH, PHONE_DIAGONAL_WIDTH = 30, 18


@dataclass(frozen=True, repr=False)
class CalibrationPlot(Brief):
    """One dot for each group of customers with similar predictions; on the diagonal they are right.

    `frame`: One row a group, in the order of `predicted`.
    `predicted`, `observed`: Columns: mean prediction, and the share (or mean) that came true.
    `low`, `high`: Columns with the ends of the interval of `observed`.
    `n`: Column: how many customers stand behind the dot; bars under the axes show it.
    `kind`, `currency`: How both values are written; see `Column`.
    `x_label`, `y_label`: What the axes measure, with the interval's level.
    Raises DataError: when a column is missing, or one that should hold numbers does not.

    >>> rows = pd.DataFrame({"risk": [0.1, 0.3], "left": [0.12, 0.28], "n": [200, 150]})
    >>> CalibrationPlot(rows, predicted="risk", observed="left", n="n").n
    'n'
    """

    frame: pd.DataFrame
    predicted: str
    observed: str
    low: str | None = None
    high: str | None = None
    n: str | None = None
    kind: Callable[..., Quantity] = Percent
    currency: str = ""
    equal_label: Message = field(default_factory=lambda: T("as predicted"))
    x_label: Message | None = field(default_factory=lambda: T("Predicted"))
    y_label: Message | None = field(default_factory=lambda: T("Observed"))

    def __post_init__(self) -> None:
        chart.check_columns(
            self.frame, CALIBRATION, numeric=(self.predicted, self.observed, self.low, self.high, self.n)
        )

    def height(self, canvas: Canvas) -> float:
        """Inches: nearly square, so that the diagonal looks like one."""
        return 4.6 if canvas.wide else 4.8

    def __call__(self, axes: Axes, canvas: Canvas) -> None:
        """Draw."""
        rows = chart.complete(self.frame, self.predicted, self.observed)
        if rows.empty:
            chart.say_nothing(axes, canvas)
            return
        across, up = chart.numbers(rows, self.predicted), chart.estimates(rows, self.observed, self.low, self.high)
        low, high = min(0.0, across.min(), np.nanmin(up)), max(across.max(), np.nanmax(up))
        ends = (float(low), float(high + ((high - low) or 1.0) * 0.04))
        axes.plot(ends, ends, color=canvas.colour("c0"), linewidth=1.2)
        draw_dots_at(axes, across, up, [canvas.colour("c1")] * len(rows))
        self._set_up(axes, canvas, ends)
        strip = None if self.n is None else self._draw_counts(axes, canvas, rows)
        canvas.title_axis(strip or axes, self.x_label)
        chart.title_values(axes, canvas, self.y_label)
        self._name_diagonal(axes, canvas, across, up)
        make = chart.quantity(self.kind, self.currency)
        chart.tell(axes, canvas, zip(across, up[0], strict=True), map(make, across), (up, make))

    def _set_up(self, axes: Axes, canvas: Canvas, ends: tuple[float, float]) -> None:
        make = chart.quantity(self.kind, self.currency)
        axes.set_xlim(*ends)
        axes.set_ylim(*ends)
        axes.set_xticks(*canvas.ticks(*ends, make))
        axes.set_yticks(*canvas.ticks(*ends, make, stacked=True))
        axes.grid(axis="both")
        canvas.mirror(axes)

    def _draw_counts(self, axes: Axes, canvas: Canvas, rows: pd.DataFrame) -> Axes:
        """A strip of bars under the axes, which takes over the tick labels."""
        strip: Axes = axes.inset_axes((0.0, STRIP_TOP - STRIP_HEIGHT, 1.0, STRIP_HEIGHT))
        strip.patch.set_visible(False)
        counts = np.nan_to_num(chart.numbers(rows, str(self.n)))
        most, span = float(counts.max()) or 1.0, axes.get_xlim()[1] - axes.get_xlim()[0]
        strip.bar(chart.numbers(rows, self.predicted), counts, width=BAR_SHARE * abs(span), color=canvas.colour("c0"))
        strip.axhline(0, color=canvas.colour("ink"), linewidth=1)
        strip.set_xlim(*axes.get_xlim())
        strip.set_ylim(0, most / STRIP_BARS)
        strip.set_yticks([])
        strip.set_xticks(axes.get_xticks(), [label.get_text() for label in axes.get_xticklabels()])
        axes.tick_params(labelbottom=False)
        words = canvas.shorten(T("{what} (longest bar: {most})", what=T("Customers"), most=Count(int(most))), 44)
        canvas.write(strip, words, (1.0, 1.0), side="right", colour="mute", within="axes", va="top")
        return strip

    def _name_diagonal(self, axes: Axes, canvas: Canvas, across: np.ndarray, up: np.ndarray) -> None:
        room, bars = measure(axes, canvas), []
        for x, ends in zip(across, up[1:].T, strict=True):
            bars += room.along([x, x], ends)
        ends = sorted(axes.get_ylim())
        at = ends[0] + DIAGONAL_NAME_AT * (ends[1] - ends[0])
        text = canvas.balance(self.equal_label, DIAGONAL_WIDTH if canvas.wide else PHONE_DIAGONAL_WIDTH)
        lines = [*bars, *room.along(ends, ends)]
        room.write([Note(text, at, at, "mute")], dots=room.points(across, up[0]), lines=lines)


MAP = "importance-performance map"
LABEL_WIDTH, PHONE_LABEL_WIDTH = 22, 15  # characters in a line of a label
AIR = 0.05  # share of the axis left free beyond the outermost interval
INCHES_A_LABEL, INCHES_AROUND = 0.2, 1.4


@dataclass(frozen=True, repr=False)
class ImportancePerformanceMap(Brief):
    """One dot for each driver: performance across, importance up; both intervals are drawn.

    `frame`: One row a driver; at most about 20 can be read.
    `driver`: Column with its name (text or messages).
    `importance`, `importance_low`, `importance_high`: Columns: how much it matters and the ends of that interval.
    `performance`, `performance_low`, `performance_high`: Columns: how well it is done and the ends of that interval.
    `highlight`: The driver, or the index label, of the one dot to stand out.
    `x_label`, `y_label`: What the axes measure, with the intervals' level.
    Raises DataError: when a column is missing, or one that should hold numbers does not.

    >>> rows = pd.DataFrame({"driver": ["Delivery"], "weight": [0.4], "mean": [3.9]})
    >>> ImportancePerformanceMap(rows, driver="driver", importance="weight", performance="mean").driver
    'driver'
    """

    frame: pd.DataFrame
    driver: str
    importance: str
    performance: str
    importance_low: str | None = None
    importance_high: str | None = None
    performance_low: str | None = None
    performance_high: str | None = None
    highlight: object = None
    x_label: Message | None = None
    y_label: Message | None = None

    def __post_init__(self) -> None:
        up = (self.importance, self.importance_low, self.importance_high)
        across = (self.performance, self.performance_low, self.performance_high)
        chart.check_columns(self.frame, MAP, numeric=(*up, *across), names=(self.driver,))

    def height(self, canvas: Canvas) -> float:
        """Inches: the usual height, more where the labels of many drivers need it."""
        lines = 1 if canvas.wide else 2
        return max(canvas.size[1] + 0.4, INCHES_AROUND + INCHES_A_LABEL * lines * len(self.frame))

    def __call__(self, axes: Axes, canvas: Canvas) -> None:
        """Draw."""
        rows = chart.complete(self.frame, self.importance, self.performance)
        if rows.empty:
            chart.say_nothing(axes, canvas)
            return
        across = chart.estimates(rows, self.performance, self.performance_low, self.performance_high)
        up = chart.estimates(rows, self.importance, self.importance_low, self.importance_high)
        strong = chart.standing_out(rows, self.driver, self.highlight)
        colours = [canvas.colour("c2" if each else "c1") for each in strong]
        draw_dots_at(axes, across, up, colours, width=INTERVAL_WIDTH)
        bottom, top = _with_air(up)
        bottom = max(bottom, 0.0) if np.nanmin(up) >= 0 else bottom
        self._set_up(axes, canvas, _with_air(across), (bottom, top))
        room, bars = measure(axes, canvas), []
        for (x, *wide), (y, *high) in zip(across.T, up.T, strict=True):
            bars += room.along(wide, [y, y]) + room.along([x, x], high)
        room.write(list(self._notes(canvas, rows)), dots=room.points(across[0], up[0]), lines=bars, lead=True)
        make, names = chart.quantity(Decimal), map(canvas.say, rows[self.driver])
        titles = [f"{name}: {canvas.say(make(x))}" for name, x in zip(names, across[0], strict=True)]
        told = (up, chart.quantity(Percent))
        chart.tell(axes, canvas, zip(across[0], up[0], strict=True), titles, told)

    def _set_up(self, axes: Axes, canvas: Canvas, across: tuple[float, float], up: tuple[float, float]) -> None:
        axes.set_xlim(*across)
        axes.set_xticks(*canvas.ticks(*across, chart.quantity(Decimal)))
        chart.value_axis(axes, canvas, up, chart.quantity(Percent))
        axes.grid(axis="x")
        canvas.title_axis(axes, self.x_label)
        canvas.mirror(axes)
        chart.title_values(axes, canvas, self.y_label)

    def _notes(self, canvas: Canvas, rows: pd.DataFrame) -> Iterator[Note]:
        """The names of the drivers at their dots."""
        width, strong = LABEL_WIDTH if canvas.wide else PHONE_LABEL_WIDTH, self.highlight
        names = rows[[self.driver, self.performance, self.importance]].itertuples(index=False)
        for (name, x, y), stands_out in zip(names, chart.standing_out(rows, self.driver, strong), strict=True):
            style = ("c2", 600) if stands_out else ("ink", 400)
            name = T("{driver}: look here first", driver=name) if stands_out else name
            yield Note(canvas.balance(name, width), float(x), float(y), *style)


def _with_air(marks: np.ndarray) -> tuple[float, float]:
    low, high = float(np.nanmin(marks)), float(np.nanmax(marks))
    air = (high - low or 1.0) * AIR
    return low - air, high + air
