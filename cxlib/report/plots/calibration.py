"""The calibration plot: what was predicted against what happened, with intervals and how many stand behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.language import Count, Message, Percent, Quantity, T
from cxlib.report.canvas import Canvas
from cxlib.report.plots import curves
from cxlib.report.plots.inputs import complete, need_columns, numbers, say_nothing
from cxlib.report.plots.placement import Note, measure
from cxlib.report.table import Column

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
    ConfigurationError
        When a column is missing.
    DataError
        When a column that should hold numbers does not.
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
        need_columns(self.frame, WHAT, self.predicted, self.observed, self.low, self.high, self.n)

    def height(self, canvas: Canvas) -> float:
        """Inches: nearly square, so that the diagonal looks like one."""
        return 4.6 if canvas.wide else 4.8

    def __call__(self, axes: Axes, canvas: Canvas) -> None:
        """Draw."""
        rows = complete(self.frame, WHAT, self.predicted, self.observed)
        if rows.empty:
            say_nothing(axes, canvas)
            return
        dots = self._dots(rows)
        low, high = min(0.0, float(dots.min())), float(dots.max())
        ends = (low, high + ((high - low) or 1.0) * 0.04)
        self._draw(axes, canvas, dots, ends)
        self._set_up(axes, canvas, ends)
        strip = None if self.n is None else self._draw_counts(axes, canvas, rows)
        self._title(axes, strip or axes, canvas)
        self._name_diagonal(axes, canvas, dots)

    def _dots(self, rows: pd.DataFrame) -> np.ndarray:
        """Prediction, observation, low and high end of each row; without an interval the ends are the observation."""
        x, y = numbers(rows, self.predicted, WHAT), numbers(rows, self.observed, WHAT)
        ends = [y if end is None else numbers(rows, end, WHAT) for end in (self.low, self.high)]
        return np.array([x, y, *(np.where(np.isnan(end), y, end) for end in ends)])

    def _draw(self, axes: Axes, canvas: Canvas, dots: np.ndarray, ends: tuple[float, float]) -> None:
        (x, y, low, high), colour = dots, canvas.colour("c1")
        axes.plot(ends, ends, color=canvas.colour("c0"), linewidth=1.2)
        axes.vlines(x, low, high, color=colour, linewidth=2.0)
        axes.scatter(x, y, s=42, color=colour, zorder=3, clip_on=False)

    def _set_up(self, axes: Axes, canvas: Canvas, ends: tuple[float, float]) -> None:
        make = Column("", kind=self.kind, currency=self.currency).quantity
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
        counts = np.nan_to_num(numbers(rows, str(self.n), WHAT))
        most, span = float(counts.max()) or 1.0, axes.get_xlim()[1] - axes.get_xlim()[0]
        strip.bar(numbers(rows, self.predicted, WHAT), counts, width=BAR_SHARE * abs(span), color=canvas.colour("c0"))
        strip.axhline(0, color=canvas.colour("ink"), linewidth=1)
        strip.set_xlim(*axes.get_xlim())
        strip.set_ylim(0, most / STRIP_BARS)
        strip.set_yticks([])
        strip.set_xticks(axes.get_xticks(), [label.get_text() for label in axes.get_xticklabels()])
        axes.tick_params(labelbottom=False)
        self._say_counts(strip, canvas, int(most))
        return strip

    def _say_counts(self, strip: Axes, canvas: Canvas, most: int) -> None:
        """What the strip counts and how many its longest bar is, over the bars at the end of the line."""
        turned = strip.xaxis_inverted()
        text = T("{what} (longest bar: {most})", what=self.n_label, most=Count(most))
        strip.annotate(
            canvas.shorten(text, 44), (0.0 if turned else 1.0, 1.0), xycoords="axes fraction",
            ha="left" if turned else "right", va="top", color=canvas.colour("mute"),
        )  # fmt: skip

    def _title(self, axes: Axes, lowest: Axes, canvas: Canvas) -> None:
        if self.x_label is not None:
            canvas.title_axis(lowest, self.x_label)
        curves.title_values(axes, canvas, self.y_label)

    def _name_diagonal(self, axes: Axes, canvas: Canvas, dots: np.ndarray) -> None:
        field, bars = measure(axes, canvas), []
        for x, _, low, high in dots.T:
            bars += field.along([x, x], [low, high])
        ends = sorted(axes.get_ylim())
        at = ends[0] + DIAGONAL_NAME_AT * (ends[1] - ends[0])
        text = canvas.balance(self.equal_label, NAME_WIDTH if canvas.wide else PHONE_NAME_WIDTH)
        lines = [*bars, *field.along(ends, ends)]
        field.write([Note(text, at, at, "mute")], dots=field.points(dots[0], dots[1]), lines=lines)
