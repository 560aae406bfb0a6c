"""The importance-performance map: what matters most to customers against how well it is done, both with intervals.

There are no quadrants: their borders, usually the averages, jump when one driver is added, and with them the advice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.language import Decimal, Message, Percent, Quantity
from cxlib.report.canvas import Canvas
from cxlib.report.plots.axes import (
    check_columns,
    complete,
    estimates,
    quantity,
    say_nothing,
    standing_out,
    title_values,
    value_axis,
)
from cxlib.report.plots.labels import Note, measure
from cxlib.report.plots.marks import INTERVAL_WIDTH, draw_dots_at

WHAT = "importance-performance map"
LABEL_WIDTH, PHONE_LABEL_WIDTH = 22, 15  # characters in a line of a label
AIR = 0.05  # share of the axis left free beyond the outermost interval
INCHES_A_LABEL, INCHES_AROUND = 0.2, 1.4


@dataclass(frozen=True)
class ImportancePerformanceMap:
    """One dot for each driver: performance across, importance up; both intervals are drawn.

    Parameters
    ----------
    frame
        One row a driver; at most about 20 can be read.
    driver
        Column with its name (text or messages).
    importance, importance_low, importance_high
        Columns: how much it matters and the ends of that interval.
    performance, performance_low, performance_high
        Columns: how well it is done and the ends of that interval.
    importance_kind, performance_kind
        How the two are written; see `Column`.
    highlight
        The driver, or the index label, of the one dot to stand out.
    x_label, y_label
        What the axes measure, with the intervals' level.

    Raises
    ------
    DataError
        When a column is missing, or one that should hold numbers does not.
    """

    frame: pd.DataFrame
    driver: str
    importance: str
    performance: str
    importance_low: str | None = None
    importance_high: str | None = None
    performance_low: str | None = None
    performance_high: str | None = None
    importance_kind: Callable[..., Quantity] = Percent
    performance_kind: Callable[..., Quantity] = Decimal
    highlight: object = None
    x_label: Message | None = None
    y_label: Message | None = None

    def __post_init__(self) -> None:
        up = (self.importance, self.importance_low, self.importance_high)
        across = (self.performance, self.performance_low, self.performance_high)
        check_columns(self.frame, WHAT, numeric=(*up, *across), names=(self.driver,))

    def height(self, canvas: Canvas) -> float:
        """Inches: the usual height, more where the labels of many drivers need it."""
        lines = 1 if canvas.wide else 2
        return max(canvas.size[1] + 0.4, INCHES_AROUND + INCHES_A_LABEL * lines * len(self.frame))

    def __call__(self, axes: Axes, canvas: Canvas) -> None:
        """Draw."""
        rows = complete(self.frame, self.importance, self.performance)
        if rows.empty:
            say_nothing(axes, canvas)
            return
        across = estimates(rows, self.performance, self.performance_low, self.performance_high)
        up = estimates(rows, self.importance, self.importance_low, self.importance_high)
        strong = standing_out(rows, self.driver, self.highlight)
        colours = [canvas.colour("c2" if each else "c1") for each in strong]
        draw_dots_at(axes, across, up, colours, width=INTERVAL_WIDTH)
        bottom, top = _with_air(up)
        bottom = max(bottom, 0.0) if np.nanmin(up) >= 0 else bottom
        self._set_up(axes, canvas, _with_air(across), (bottom, top))
        room, bars = measure(axes, canvas), []
        for (x, *wide), (y, *high) in zip(across.T, up.T, strict=True):
            bars += room.along(wide, [y, y]) + room.along([x, x], high)
        room.write(list(self._notes(canvas, rows)), dots=room.points(across[0], up[0]), lines=bars, lead=True)

    def _set_up(self, axes: Axes, canvas: Canvas, across: tuple[float, float], up: tuple[float, float]) -> None:
        axes.set_xlim(*across)
        axes.set_xticks(*canvas.ticks(*across, quantity(self.performance_kind)))
        value_axis(axes, canvas, up, quantity(self.importance_kind))
        axes.grid(axis="x")
        canvas.title_axis(axes, self.x_label)
        canvas.mirror(axes)
        title_values(axes, canvas, self.y_label)

    def _notes(self, canvas: Canvas, rows: pd.DataFrame) -> Iterator[Note]:
        """The names of the drivers at their dots."""
        width, strong = LABEL_WIDTH if canvas.wide else PHONE_LABEL_WIDTH, self.highlight
        names = rows[[self.driver, self.performance, self.importance]].itertuples(index=False)
        for (name, x, y), stands_out in zip(names, standing_out(rows, self.driver, strong), strict=True):
            style = ("c2", 600) if stands_out else ("ink", 400)
            yield Note(canvas.balance(name, width), float(x), float(y), *style)


def _with_air(marks: np.ndarray) -> tuple[float, float]:
    low, high = float(np.nanmin(marks)), float(np.nanmax(marks))
    air = (high - low or 1.0) * AIR
    return low - air, high + air
