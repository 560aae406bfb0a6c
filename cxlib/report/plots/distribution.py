"""How values are spread: a histogram, a density or the share below each value, with quantiles marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.errors import ConfigurationError, nearest
from cxlib.language import Count, Message, Percent, Quantity, T
from cxlib.report.canvas import Canvas
from cxlib.report.plots import chart
from cxlib.report.plots.labels import BOLD, LABEL_LINE, Field, measure, spread_widths
from cxlib.report.plots.marks import INTERVAL_WIDTH, draw_band, draw_bins, draw_line

WHAT = "distribution"
SHAPES = ("histogram", "density", "ecdf")
AREA_OPACITY = 0.3
GAP = 0.06  # empty share of a bin on each side
MARK_WIDTHS = (34, 24, 18, 14, 11, 9)  # characters in a line of a mark's sentence: the longest that fit
MOST_MARKS = 3
ELBOW = 12.0  # points between the axes and the sentences of the marks
TITLE_LIFT = 7.0
AIR = 8.0  # points between two marks' sentences


@dataclass(frozen=True)
class Distribution:
    """Bars, an area or a step curve over the range of a measure.

    `frame`: Rows in the order of `x`: one a bin of a histogram, one a point of a density or of a cumulative share.
    `x`: Column: the bin's lower edge, or the point.
    `value`, `low`, `high`: Columns: share or number in the bin, density, or share at or below the point; the ends of
        its interval.
    `x_end`: Column: the bin's upper edge (histogram only).
    `shape`: "histogram", "density" or "ecdf" (the empirical distribution function: the share at or below each value).
    `kind`, `currency`: How values of the measure are written; see `Column`.
    `value_kind`: How the vertical axis is written; a density's axis is left out, since only its area says something.
    `marks`: At most three values to mark, such as quantiles, and what each says.
    Raises ConfigurationError: when there is no such shape, a histogram has no upper edges, or there are more than three
        marks.
    Raises DataError: when a column is missing, or one that should hold numbers does not.

    >>> from matplotlib.figure import Figure
    >>> from cxlib.language import T, speaker
    >>> frame = pd.DataFrame({"from": [0, 30], "to": [30, 60], "share": [0.7, 0.3]})
    >>> plot = Distribution(frame, x="from", x_end="to", value="share", marks=[(21, T("Median"))])
    >>> axes = Figure().add_subplot()
    >>> plot(axes, Canvas(speaker("en")))
    >>> len(axes.patches), [text.get_text() for text in axes.texts]
    (2, ['Median'])
    """

    frame: pd.DataFrame
    x: str
    value: str
    x_end: str | None = None
    low: str | None = None
    high: str | None = None
    shape: Literal["histogram", "density", "ecdf"] = "histogram"
    kind: Callable[..., Quantity] = Count
    currency: str = ""
    value_kind: Callable[..., Quantity] = Percent
    marks: Sequence[tuple[float, Message]] = ()
    x_label: Message | None = None
    y_label: Message | None = None

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise ConfigurationError(f"{WHAT}: there is no shape {self.shape!r}. {nearest(str(self.shape), SHAPES)}")
        if self.shape == "histogram" and self.x_end is None:
            raise ConfigurationError(f"{WHAT}: a histogram needs 'x_end', the column with the upper edges of its bins.")
        if len(self.marks) > MOST_MARKS:
            raise ConfigurationError(
                f"{WHAT}: at most {MOST_MARKS} of {len(self.marks)} marks can be read; leave some out."
            )
        chart.check_columns(self.frame, WHAT, numeric=(self.x, self.value, self.x_end, self.low, self.high))

    def __call__(self, axes: Axes, canvas: Canvas) -> None:
        """Draw."""
        rows = chart.complete(self.frame, self.x, self.value, *([self.x_end] if self.x_end else []))
        if rows.empty:
            chart.say_nothing(axes, canvas)
            return
        self._set_up(axes, canvas, rows)
        if self.shape == "histogram":
            self._draw_bars(axes, canvas, rows)
        else:
            self._draw_curve(axes, canvas, rows)
        canvas.mirror(axes)
        lift = self._write_marks(axes, canvas)
        chart.title_values(axes, canvas, self.y_label, lift=lift + TITLE_LIFT)

    def _set_up(self, axes: Axes, canvas: Canvas, rows: pd.DataFrame) -> None:
        low, high = chart.limits_of(rows, self.x, self.x_end)
        axes.set_xlim(low, high if high > low else low + 1.0)
        axes.set_xticks(*canvas.ticks(low, high, chart.quantity(self.kind, self.currency)))
        top = 1.0 if self.shape == "ecdf" else chart.limits_of(rows, self.value, self.high)[1]
        chart.value_axis(axes, canvas, (0.0, top), self.value_kind)
        if self.shape == "density":
            axes.set_yticks([])
        axes.axhline(0, color=canvas.colour("ink"), linewidth=1)
        canvas.title_axis(axes, self.x_label)

    def _draw_bars(self, axes: Axes, canvas: Canvas, rows: pd.DataFrame) -> None:
        starts, ends = chart.numbers(rows, self.x), chart.numbers(rows, str(self.x_end))
        values, make = chart.numbers(rows, self.value), chart.quantity(self.kind, self.currency)
        draw_bins(axes, (starts, ends), values, canvas.colour("c0"), gap=GAP)
        names = [T("{low} to {high}", low=make(low), high=make(high)) for low, high in zip(starts, ends, strict=True)]
        chart.tell(axes, canvas, zip((starts + ends) / 2, values, strict=True), names, (values, self.value_kind))
        if self.low and self.high:
            low, high = chart.numbers(rows, self.low), chart.numbers(rows, self.high)
            axes.vlines((starts + ends) / 2, low, high, color=canvas.colour("ink"), linewidth=INTERVAL_WIDTH)

    def _draw_curve(self, axes: Axes, canvas: Canvas, rows: pd.DataFrame) -> None:
        rows = rows.iloc[chart.thin(chart.numbers(rows, self.x), canvas)]
        places, values = chart.numbers(rows, self.x), chart.numbers(rows, self.value)
        ecdf, colour = self.shape == "ecdf", canvas.colour("c1")
        if self.low and self.high:
            draw_band(axes, places, (chart.numbers(rows, self.low), chart.numbers(rows, self.high)), colour, step=ecdf)
        elif not ecdf:
            axes.fill_between(places, values, color=colour, alpha=AREA_OPACITY, linewidth=0)
        draw_line(axes, places, values, colour, step=ecdf)

    def _write_marks(self, axes: Axes, canvas: Canvas) -> float:
        """A line at each marked value that leads to its sentence over the axes; gives their height in points."""
        low, high = sorted(axes.get_xlim())
        marks = sorted((mark for mark in self.marks if low <= mark[0] <= high), key=lambda mark: mark[0])
        if not marks:
            return 0.0
        room = measure(axes, canvas)
        places = [x for x, _ in room.points([value for value, _ in marks], [0.0] * len(marks))]
        texts = self._fitting(canvas, [sentence for _, sentence in marks], room.room[0])
        self._draw_marks(room, places, texts)
        return ELBOW + max(text.count("\n") + 1 for text in texts) * canvas.font_size * LABEL_LINE

    def _fitting(self, canvas: Canvas, sentences: Sequence[Message], room: float) -> list[str]:
        """The sentences in lines that are short enough for all to stand beside each other."""
        for width in MARK_WIDTHS:
            texts = [canvas.balance(each, width) or " " for each in sentences]
            if sum(_width(canvas, text) + AIR for text in texts) <= room:
                break
        return texts

    def _draw_marks(self, room: Field, places: Sequence[float], texts: Sequence[str]) -> None:
        canvas, axes, (across, up) = room.canvas, room.axes, room.room
        widths = [_width(canvas, text) for text in texts]
        order = np.argsort(places, kind="stable")  # values that rise run to the left in a right-to-left language
        last = max(across, sum(widths))
        middles = spread_widths([places[i] for i in order], [widths[i] for i in order], air=AIR, low=0.0, high=last)
        style: dict[str, Any] = {"side": "center", "colour": "c2", "within": "axes", "va": "bottom", "weight": 600}
        for i, middle in zip(order, middles, strict=True):
            line = np.array([(places[i], 0.0), (places[i], up), (middle, up + ELBOW - 2)]) / (across, up)
            axes.plot(*line.T, color=canvas.colour("c2"), linewidth=1.2, transform=axes.transAxes, clip_on=False)
            share = 1 - middle / across if axes.xaxis_inverted() else middle / across
            canvas.write(axes, texts[i], (share, 1.0), shift=(0.0, ELBOW), **style)


def _width(canvas: Canvas, text: str) -> float:
    return max(canvas.width_of(line) for line in text.split("\n")) * BOLD
