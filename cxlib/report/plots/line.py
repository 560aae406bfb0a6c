"""Lines with their intervals as bands and their names at their ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.language import Message, Percent, Quantity
from cxlib.report.canvas import Canvas
from cxlib.report.plots import curves
from cxlib.report.table import Column

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
            axes.plot(places, self.frame[name], color=canvas.colour(colour), linewidth=curves.LINE_WIDTH)
            if name in self.bands:
                ends = [self.frame[end].to_numpy(dtype=float) for end in self.bands[name]]
                curves.draw_band(axes, places, ends, canvas.colour(colour))
        self._value_axis(axes, canvas)
        self._x_axis(axes, canvas, places)
        canvas.mirror(axes, time=True)
        curves.name_ends(axes, canvas, self._ends(places))

    def _places(self) -> np.ndarray:
        column = self.frame[self.x]
        return np.arange(len(column), dtype=float) if curves.is_time(column) else column.to_numpy(dtype=float)

    def _colours(self) -> dict[str, str]:
        colours = curves.hues(list(self.lines), self.highlight, "line chart", most=MOST_LINES)
        return {str(name): colour for name, colour in colours.items()}

    def _value_axis(self, axes: Axes, canvas: Canvas) -> None:
        column = Column("", kind=self.kind, currency=self.currency)
        drawn = [*self.lines, *(end for band in self.bands.values() for end in band)]
        low, high = float(self.frame[drawn].min().min()), float(self.frame[drawn].max().max())
        low = min(low, 0.0) if self.from_zero else low - (high - low) * 0.05
        curves.value_axis(axes, canvas, (low, high), column.quantity)

    def _x_axis(self, axes: Axes, canvas: Canvas, places: np.ndarray) -> None:
        axes.set_xlim(places.min(), places.max())
        column = self.frame[self.x]
        if curves.is_time(column):
            axes.set_xticks(*curves.month_ticks(canvas, column, 6 if canvas.wide else 3))
        else:
            make = curves.tick_values(Column(""), places)
            axes.set_xticks(*canvas.ticks(places.min(), places.max(), make))
        if self.x_label is not None:
            canvas.title_axis(axes, self.x_label)

    def _ends(self, places: np.ndarray) -> list[curves.CurveEnd]:
        known = {name: self.frame[name].to_numpy(dtype=float) for name in self.lines}
        lasts = {name: np.flatnonzero(~np.isnan(values)) for name, values in known.items()}
        colours = self._colours()
        return [
            curves.CurveEnd(places[rows[-1]], known[name][rows[-1]], self.lines[name], colours[name])
            for name, rows in lasts.items() if len(rows)
        ]  # fmt: skip
