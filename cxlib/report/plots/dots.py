"""Estimates as dots with their intervals, against one reference value: what is clearly different, and what is not."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes

from cxlib.language import Message, Points, Quantity
from cxlib.report.canvas import Canvas
from cxlib.report.plots.rows import End, Rows
from cxlib.report.table import Column

MARGIN, PHONE_MARGIN = 0.06, 0.1  # share of the axis left free beyond the outermost interval


@dataclass(frozen=True)
class IntervalDots:
    """One dot with its interval for each row of `frame`, from the top down in its order.

    Parameters
    ----------
    frame
        Tidy rows; at most about 25 can be read.
    category, value, low, high
        Columns: what a dot stands for, the estimate and the ends of its interval.
    kind, currency
        How values are written; see `Column`.
    reference, reference_label
        A value that all are compared with, such as the total or a target, and its name.
    highlight
        The category, or the index label, of the one dot to stand out.
    axis_label
        What the dots measure, with the interval's level.
    """

    frame: pd.DataFrame
    category: str
    value: str
    low: str
    high: str
    kind: Callable[..., Quantity] = Points
    currency: str = ""
    reference: float | None = None
    reference_label: Message | None = None
    highlight: object = None
    axis_label: Message | None = None

    def height(self, canvas: Canvas) -> float:
        """Inches: the same room for each row, and a line for the reference's name."""
        return Rows(canvas, self.frame[self.category].tolist()).height + (0.2 if self.reference_label else 0)

    def __call__(self, axes: Axes, canvas: Canvas) -> None:
        """Draw."""
        rows = Rows(canvas, self.frame[self.category].tolist())
        column = Column("", kind=self.kind, currency=self.currency)
        values, lows, highs = (self.frame[name].tolist() for name in (self.value, self.low, self.high))
        colours = [canvas.colour("c2" if self._stands_out(i) else "c1") for i in range(len(values))]
        axes.hlines(range(len(values)), lows, highs, color=colours, linewidth=2.4)
        axes.scatter(values, range(len(values)), s=42, color=colours, zorder=3, clip_on=False)
        self._value_axis(axes, canvas, column)
        canvas.mirror(axes)
        rows.set_up(axes)
        ends = [End(high if high == high else axes.get_xlim()[0], 1) for high in highs]
        rows.write_values(axes, [column.quantity(value) for value in values], ends)
        self._draw_reference(axes, canvas)

    def _stands_out(self, i: int) -> bool:
        if self.highlight is None:
            return False
        return bool(self.highlight in (self.frame[self.category].iloc[i], self.frame.index[i]))

    def _value_axis(self, axes: Axes, canvas: Canvas, column: Column) -> None:
        columns = [self.frame[name].dropna().tolist() for name in (self.value, self.low, self.high)]
        marks = [*itertools.chain(*columns), *([] if self.reference is None else [self.reference])]
        low, high = min(marks, default=0.0), max(marks, default=1.0)
        air = (high - low or 1.0) * (MARGIN if canvas.wide else PHONE_MARGIN)
        axes.set_xlim(low - air, high + air)
        axes.set_xticks(*canvas.ticks(low - air, high + air, column.quantity))
        axes.grid(axis="x")
        if self.axis_label is not None:
            canvas.title_axis(axes, self.axis_label)

    def _draw_reference(self, axes: Axes, canvas: Canvas) -> None:
        if self.reference is None:
            return
        axes.axvline(self.reference, color=canvas.colour("ink"), linewidth=1, linestyle=(0, (4, 3)))
        if self.reference_label is not None:
            axes.annotate(
                canvas.say(self.reference_label), (self.reference, 1.0), xycoords=axes.get_xaxis_transform(),
                xytext=(0, 3), textcoords="offset points", ha="center", va="bottom", color=canvas.colour("mute"),
            )  # fmt: skip
