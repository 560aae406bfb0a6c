"""Horizontal bars from zero, with their values written and their intervals drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes

from cxlib.language import Count, Message, Quantity
from cxlib.report.canvas import Canvas
from cxlib.report.plots.rows import Rows, outer_end
from cxlib.report.table import Column

NEGATIVE_ROOM, PHONE_NEGATIVE_ROOM = 0.12, 0.22  # share of the axis kept free for the values of negative bars


@dataclass(frozen=True)
class HorizontalBars:
    """One bar for each row of `frame`, from the top down in its order.

    Parameters
    ----------
    frame
        Tidy rows; at most about 25 can be read.
    category, value
        Columns: what a bar stands for (text or messages) and how long it is.
    low, high
        Columns with the ends of the interval, drawn as a line over the bar.
    kind, currency
        How values are written; see `Column`.
    highlight
        The category, or the index label, of the one bar to stand out.
    axis_label
        What the bars measure, with the interval's level.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from cxlib.language import Percent, speaker
    >>> frame = pd.DataFrame({"segment": ["Champions", "Lost"], "share": [0.42, 0.03]})
    >>> axes = Figure().add_subplot()
    >>> HorizontalBars(frame, category="segment", value="share", kind=Percent)(axes, Canvas(speaker("en")))
    >>> [text.get_text() for text in axes.texts]
    ['42%', '3.0%']
    """

    frame: pd.DataFrame
    category: str
    value: str
    low: str | None = None
    high: str | None = None
    kind: Callable[..., Quantity] = Count
    currency: str = ""
    highlight: object = None
    axis_label: Message | None = None

    def height(self, canvas: Canvas) -> float:
        """Inches: the same room for each bar, however many there are."""
        return self._rows(canvas).height

    def __call__(self, axes: Axes, canvas: Canvas) -> None:
        """Draw."""
        rows = self._rows(canvas)
        places = range(len(self.frame))
        grey, strong, ink = (canvas.colour(name) for name in ("c0", "c2", "ink"))
        values, lows, highs = (self.frame[name or self.value].tolist() for name in (self.value, self.low, self.high))
        colours = [strong if self._stands_out(i) else grey for i in places]
        axes.barh(places, values, color=colours, height=rows.thickness)
        if self.low and self.high:
            axes.hlines(places, lows, highs, color=ink, linewidth=1.4)
        axes.axvline(0, color=ink, linewidth=1)
        self._value_axis(axes, canvas, min([0.0, *lows, *values]), max([0.0, *highs, *values]))
        canvas.mirror(axes)
        rows.set_up(axes)
        rows.write_values(axes, [self._column.quantity(v) for v in values], list(map(outer_end, values, lows, highs)))

    @property
    def _column(self) -> Column:
        return Column("", kind=self.kind, currency=self.currency)

    def _rows(self, canvas: Canvas) -> Rows:
        return Rows(canvas, self.frame[self.category].tolist())

    def _stands_out(self, i: int) -> bool:
        if self.highlight is None:
            return False
        return bool(self.highlight in (self.frame[self.category].iloc[i], self.frame.index[i]))

    def _value_axis(self, axes: Axes, canvas: Canvas, low: float, high: float) -> None:
        span = high - low or 1.0
        # The layout makes room for values that stand outside the axes, except where the bars' names already stand.
        room = (NEGATIVE_ROOM if canvas.wide else PHONE_NEGATIVE_ROOM) if low < 0 else 0.0
        axes.set_xlim(low - room * span, low + span)
        axes.set_xticks(*canvas.ticks(*axes.get_xlim(), self._column.quantity))
        axes.grid(axis="x")
        if self.axis_label is not None:
            canvas.title_axis(axes, self.axis_label)
