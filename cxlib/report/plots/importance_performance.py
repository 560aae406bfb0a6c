"""The importance-performance map: what matters most to customers against how well it is done, both with intervals.

There are no quadrants: their borders, usually the averages, jump when one driver is added, and with them the advice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.language import Decimal, Message, Percent, Quantity
from cxlib.report.canvas import Canvas
from cxlib.report.plots import curves
from cxlib.report.plots.inputs import complete, need_columns, need_names, numbers, say_nothing
from cxlib.report.plots.placement import Field, Note, measure
from cxlib.report.table import Column

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
    ConfigurationError
        When a column is missing.
    DataError
        When a column that should hold numbers does not.
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
        need_names(self.frame, WHAT, self.driver)
        need_columns(self.frame, WHAT, *self._across, *self._up)

    def height(self, canvas: Canvas) -> float:
        """Inches: the usual height, more where the labels of many drivers need it."""
        lines = 1 if canvas.wide else 2
        return max(canvas.size[1] + 0.4, INCHES_AROUND + INCHES_A_LABEL * lines * len(self.frame))

    def __call__(self, axes: Axes, canvas: Canvas) -> None:
        """Draw."""
        rows = complete(self.frame, WHAT, self.importance, self.performance)
        if rows.empty:
            say_nothing(axes, canvas)
            return
        strong = [self._stands_out(label, name) for label, name in rows[self.driver].items()]
        colours = [canvas.colour("c2" if each else "c1") for each in strong]
        across, up = _interval(rows, self._across), _interval(rows, self._up)
        axes.hlines(up[0], across[1], across[2], color=colours, linewidth=1.4)
        axes.vlines(across[0], up[1], up[2], color=colours, linewidth=1.4)
        axes.scatter(across[0], up[0], s=44, color=colours, zorder=3, clip_on=False)
        self._set_up(axes, canvas, across, up)
        self._label(measure(axes, canvas), rows, (across, up))

    @property
    def _across(self) -> tuple[str, str | None, str | None]:
        return self.performance, self.performance_low, self.performance_high

    @property
    def _up(self) -> tuple[str, str | None, str | None]:
        return self.importance, self.importance_low, self.importance_high

    def _stands_out(self, label: object, name: object) -> bool:
        return self.highlight is not None and self.highlight in (label, name)

    def _set_up(self, axes: Axes, canvas: Canvas, across: np.ndarray, up: np.ndarray) -> None:
        low, high = _with_air(across)
        axes.set_xlim(low, high)
        axes.set_xticks(*canvas.ticks(low, high, Column("", kind=self.performance_kind).quantity))
        bottom, top = _with_air(up)
        bottom = max(bottom, 0.0) if up.min() >= 0 else bottom
        curves.value_axis(axes, canvas, (bottom, top), Column("", kind=self.importance_kind).quantity)
        axes.grid(axis="x")
        if self.x_label is not None:
            canvas.title_axis(axes, self.x_label)
        canvas.mirror(axes)
        curves.title_values(axes, canvas, self.y_label)

    def _label(self, field: Field, rows: pd.DataFrame, drawn: tuple[np.ndarray, np.ndarray]) -> None:
        width, notes, bars = LABEL_WIDTH if field.canvas.wide else PHONE_LABEL_WIDTH, [], []
        for (label, name), across, up in zip(rows[self.driver].items(), drawn[0].T, drawn[1].T, strict=True):
            bars += field.along(across[1:], [up[0]] * 2) + field.along([across[0]] * 2, up[1:])
            style = ("c2", 600) if self._stands_out(label, name) else ("ink", 400)
            notes.append(Note(field.canvas.balance(name, width), float(across[0]), float(up[0]), *style))
        field.write(notes, dots=field.points(drawn[0][0], drawn[1][0]), lines=bars, lead=True)


def _interval(rows: pd.DataFrame, names: tuple[str, str | None, str | None]) -> np.ndarray:
    """Estimate, low end and high end of each row; the estimate itself where an end is missing."""
    value = numbers(rows, names[0], WHAT)
    ends = [value if name is None else numbers(rows, name, WHAT) for name in names[1:]]
    return np.array([value, *(np.where(np.isnan(end), value, end) for end in ends)])


def _with_air(values: np.ndarray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    air = (high - low or 1.0) * AIR
    return low - air, high + air
