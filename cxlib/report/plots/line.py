"""Lines with their intervals as bands and their names at their ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.language import Message, Percent, Quantity
from cxlib.report.canvas import Canvas
from cxlib.report.plots.axes import (
    CurveEnd,
    hues,
    is_time,
    limits_of,
    month_ticks,
    name_ends,
    numbers,
    quantity,
    tick_values,
    value_axis,
)
from cxlib.report.plots.marks import draw_band, draw_line

MOST_LINES = 4  # with the highlight; beyond, small multiples read better


@dataclass(frozen=True)
class LineChart:
    """One line for each entry of `lines`, named at its end.

    Parameters
    ----------
    frame
        Rows in the order of `x`, wide: one column a line.
    x
        Column of the horizontal axis: numbers, or days (shown as months).
    lines
        Column -> name of the line; at most four.
    bands
        Column of a line -> columns with the ends of its interval.
    kind, currency
        How values are written; see `Column`.
    highlight
        Column of the one line to stand out.
    x_label
        What the horizontal axis is, with its unit.
    from_zero
        Whether the value axis starts at zero.
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

    def __call__(self, axes: Axes, canvas: Canvas) -> None:
        """Draw."""
        places = self._places()
        for name, colour in self._colours().items():
            if name in self.bands:
                low, high = self.bands[name]
                draw_band(axes, places, (numbers(self.frame, low), numbers(self.frame, high)), canvas.colour(colour))
            draw_line(axes, places, numbers(self.frame, name), canvas.colour(colour))
        self._value_axis(axes, canvas)
        self._x_axis(axes, canvas, places)
        canvas.mirror(axes, time=True)
        name_ends(axes, canvas, self._ends(places))

    def _places(self) -> np.ndarray:
        column = self.frame[self.x]
        return np.arange(len(column), dtype=float) if is_time(column) else numbers(self.frame, self.x)

    def _colours(self) -> dict[str, str]:
        colours = hues(list(self.lines), self.highlight, "line chart", most=MOST_LINES)
        return {str(name): colour for name, colour in colours.items()}

    def _value_axis(self, axes: Axes, canvas: Canvas) -> None:
        low, high = limits_of(self.frame, *self.lines, *(end for band in self.bands.values() for end in band))
        low = min(low, 0.0) if self.from_zero else low - (high - low) * 0.05
        value_axis(axes, canvas, (low, high), quantity(self.kind, self.currency))

    def _x_axis(self, axes: Axes, canvas: Canvas, places: np.ndarray) -> None:
        axes.set_xlim(places.min(), places.max())
        column = self.frame[self.x]
        if is_time(column):
            axes.set_xticks(*month_ticks(canvas, column, 6 if canvas.wide else 3))
        else:
            axes.set_xticks(*canvas.ticks(places.min(), places.max(), tick_values(places)))
        canvas.title_axis(axes, self.x_label)

    def _ends(self, places: np.ndarray) -> list[CurveEnd]:
        """Where each line that has a value is known last."""
        ends = []
        for name, colour in self._colours().items():
            values = numbers(self.frame, name)
            known = np.flatnonzero(~np.isnan(values))
            if len(known):
                ends.append(CurveEnd(places[known[-1]], values[known[-1]], self.lines[name], colour))
        return ends
