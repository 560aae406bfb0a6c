"""The calibration plot: what was predicted against what happened, with intervals and how many stand behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.language import Count, Message, Percent, Quantity, T
from cxlib.report.canvas import Canvas
from cxlib.report.plots.axes import (
    check_columns,
    complete,
    estimates,
    numbers,
    quantity,
    say_nothing,
    title_values,
)
from cxlib.report.plots.labels import Note, measure
from cxlib.report.plots.marks import draw_dots_at

WHAT = "calibration plot"
STRIP_TOP, STRIP_HEIGHT = -0.05, 0.17  # of the count strip, as shares of the axes' height
STRIP_BARS = 0.55  # share of the strip that the longest bar fills; the rest is for its words
BAR_SHARE = 0.016  # width of a bar of the strip, as a share of the axis
DIAGONAL_NAME_AT = 0.8
NAME_WIDTH, PHONE_NAME_WIDTH = 30, 18


@dataclass(frozen=True)
class CalibrationPlot:
    """One dot for each group of customers with similar predictions; on the diagonal they are right.

    Parameters
    ----------
    frame
        One row a group, in the order of `predicted`.
    predicted, observed
        Columns: mean prediction, and the share (or mean) that came true.
    low, high
        Columns with the ends of the interval of `observed`.
    n
        Column: how many customers stand behind the dot; bars under the axes show it.
    kind, currency
        How both values are written; see `Column`.
    equal_label
        Name of the diagonal.
    x_label, y_label
        What the axes measure, with the interval's level.
    n_label
        What the bars of the strip count.

    Raises
    ------
    DataError
        When a column is missing, or one that should hold numbers does not.
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
    n_label: Message = field(default_factory=lambda: T("Customers"))

    def __post_init__(self) -> None:
        check_columns(self.frame, WHAT, numeric=(self.predicted, self.observed, self.low, self.high, self.n))

    def height(self, canvas: Canvas) -> float:
        """Inches: nearly square, so that the diagonal looks like one."""
        return 4.6 if canvas.wide else 4.8

    def __call__(self, axes: Axes, canvas: Canvas) -> None:
        """Draw."""
        rows = complete(self.frame, self.predicted, self.observed)
        if rows.empty:
            say_nothing(axes, canvas)
            return
        across, up = numbers(rows, self.predicted), estimates(rows, self.observed, self.low, self.high)
        low, high = min(0.0, across.min(), np.nanmin(up)), max(across.max(), np.nanmax(up))
        ends = (float(low), float(high + ((high - low) or 1.0) * 0.04))
        axes.plot(ends, ends, color=canvas.colour("c0"), linewidth=1.2)
        draw_dots_at(axes, across, up, [canvas.colour("c1")] * len(rows))
        self._set_up(axes, canvas, ends)
        strip = None if self.n is None else self._draw_counts(axes, canvas, rows)
        canvas.title_axis(strip or axes, self.x_label)
        title_values(axes, canvas, self.y_label)
        self._name_diagonal(axes, canvas, across, up)

    def _set_up(self, axes: Axes, canvas: Canvas, ends: tuple[float, float]) -> None:
        make = quantity(self.kind, self.currency)
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
        counts = np.nan_to_num(numbers(rows, str(self.n)))
        most, span = float(counts.max()) or 1.0, axes.get_xlim()[1] - axes.get_xlim()[0]
        strip.bar(numbers(rows, self.predicted), counts, width=BAR_SHARE * abs(span), color=canvas.colour("c0"))
        strip.axhline(0, color=canvas.colour("ink"), linewidth=1)
        strip.set_xlim(*axes.get_xlim())
        strip.set_ylim(0, most / STRIP_BARS)
        strip.set_yticks([])
        strip.set_xticks(axes.get_xticks(), [label.get_text() for label in axes.get_xticklabels()])
        axes.tick_params(labelbottom=False)
        words = canvas.shorten(T("{what} (longest bar: {most})", what=self.n_label, most=Count(int(most))), 44)
        canvas.write(strip, words, (1.0, 1.0), side="right", colour="mute", within="axes", va="top")
        return strip

    def _name_diagonal(self, axes: Axes, canvas: Canvas, across: np.ndarray, up: np.ndarray) -> None:
        room, bars = measure(axes, canvas), []
        for x, ends in zip(across, up[1:].T, strict=True):
            bars += room.along([x, x], ends)
        ends = sorted(axes.get_ylim())
        at = ends[0] + DIAGONAL_NAME_AT * (ends[1] - ends[0])
        text = canvas.balance(self.equal_label, NAME_WIDTH if canvas.wide else PHONE_NAME_WIDTH)
        lines = [*bars, *room.along(ends, ends)]
        room.write([Note(text, at, at, "mute")], dots=room.points(across, up[0]), lines=lines)
