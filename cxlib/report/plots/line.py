"""Lines with their intervals as bands and their names at their ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.language import Message, Month, Percent, Quantity
from cxlib.report.canvas import POINTS_PER_INCH, Canvas
from cxlib.report.plots.labels import spread
from cxlib.report.table import Column

OTHERS = ("c1", "c3", "c4")  # at most four lines with the highlight; beyond, small multiples read better
LINE_SPACING = 1.3
OUTSIDE_INCHES = 0.75  # height of what stands under the axes


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
            axes.plot(places, self.frame[name], color=canvas.colour(colour), linewidth=2.4)
            if name in self.bands:
                low, high = self.bands[name]
                axes.fill_between(
                    places, self.frame[low], self.frame[high], color=canvas.colour(colour), alpha=0.16, linewidth=0
                )
        self._value_axis(axes, canvas)
        self._x_axis(axes, canvas, places)
        canvas.mirror(axes, time=True)
        self._name_lines(axes, canvas, places)

    def _places(self) -> np.ndarray:
        column = self.frame[self.x]
        if pd.api.types.is_datetime64_any_dtype(column):
            return np.arange(len(column), dtype=float)
        return column.to_numpy(dtype=float)

    def _colours(self) -> dict[str, str]:
        others = iter(OTHERS)
        return {name: "c2" if name == self.highlight else next(others) for name in self.lines}

    def _value_axis(self, axes: Axes, canvas: Canvas) -> None:
        column = Column("", kind=self.kind, currency=self.currency)
        drawn = [*self.lines, *(end for band in self.bands.values() for end in band)]
        low, high = float(self.frame[drawn].min().min()), float(self.frame[drawn].max().max())
        low = min(low, 0.0) if self.from_zero else low - (high - low) * 0.05
        axes.set_ylim(low, high + (high - low or 1.0) * 0.04)
        axes.set_yticks(*canvas.ticks(low, high, column.quantity))
        axes.grid(axis="y")

    def _x_axis(self, axes: Axes, canvas: Canvas, places: np.ndarray) -> None:
        axes.set_xlim(places.min(), places.max())
        column = self.frame[self.x]
        if pd.api.types.is_datetime64_any_dtype(column):
            names = [canvas.say(Month(day.date(), short=True)) for day in column]
            every = max(1, -(-len(names) // (6 if canvas.wide else 3)))
            axes.set_xticks(places[::every], names[::every])
        else:
            whole = bool(np.all(places == places.round()))
            axes.set_xticks(*canvas.ticks(places.min(), places.max(), Column("").quantity if not whole else _count))
        if self.x_label is not None:
            canvas.title_axis(axes, self.x_label)

    def _name_lines(self, axes: Axes, canvas: Canvas, places: np.ndarray) -> None:
        """Each name beside its line's last point, pushed apart where lines end close together."""
        present = {name: np.flatnonzero(self.frame[name].notna()) for name in self.lines}
        known = {name: rows[-1] for name, rows in present.items() if len(rows)}
        low, high = axes.get_ylim()
        height = (canvas.size[1] - OUTSIDE_INCHES) * POINTS_PER_INCH
        gap = canvas.font_size * LINE_SPACING * (high - low) / height
        lasts = [float(self.frame[name].to_numpy()[row]) for name, row in known.items()]
        turned, colours = axes.xaxis_inverted(), self._colours()
        for (name, row), y in zip(known.items(), spread(lasts, gap, low=low, high=high), strict=True):
            axes.annotate(
                canvas.shorten(self.lines[name], 24 if canvas.wide else 14), (places[row], y), weight=600,
                xytext=(-6 if turned else 6, 0), textcoords="offset points", ha="right" if turned else "left",
                va="center", color=canvas.colour(colours[name]), annotation_clip=False,
            )  # fmt: skip


def _count(value: float) -> Quantity:
    return Column("").quantity(round(value))
