"""Gain, lift and profit curves: what reaching the most promising customers first brings, by the share reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.language import Message, Percent, Quantity, T
from cxlib.report.canvas import Canvas
from cxlib.report.plots import curves
from cxlib.report.plots.inputs import complete, need_columns, numbers, say_nothing
from cxlib.report.plots.placement import Field, Note, measure
from cxlib.report.table import Column

WHAT = "gain curve"
NAME_AT, BASELINE_NAME_AT = 0.3, 0.72  # share of the rows after which a curve is named
BEST_WIDTH, PHONE_BEST_WIDTH = 34, 20  # characters in a line of what the best share says
NAME_WIDTH, PHONE_NAME_WIDTH = 24, 16
BAND_LINES = 5


@dataclass(frozen=True)
class GainCurve:
    """A value against the share of customers reached, the most promising first; the best share is marked.

    One form for three charts: cumulative gains (share of all leavers reached), lift (times as many as at random) and
    profit (money after the cost of reaching them).

    Parameters
    ----------
    frame
        Rows in the order of `share`.
    share
        Column: share of customers reached, as a fraction.
    value, low, high
        Columns: the curve and the ends of its interval.
    baseline
        Column: what the comparison brings at the same share, such as customers reached at random.
    kind, currency
        How values are written; see `Column`.
    name, baseline_name
        Names of the two curves.
    best, best_label
        The share to mark, as a fraction, and what it says.
    x_label, y_label
        What the axes measure, with the interval's level.

    Raises
    ------
    ConfigurationError
        When a column is missing.
    DataError
        When a column that should hold numbers does not.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from cxlib.language import Money, speaker
    >>> frame = pd.DataFrame({"share": [0.0, 0.5, 1.0], "profit": [0, 90_000, -20_000]})
    >>> axes, said = Figure().add_subplot(), T("best: {share}", share=Percent(0.5))
    >>> plot = GainCurve(frame, share="share", value="profit", kind=Money, currency="GBP", best=0.5, best_label=said)
    >>> plot(axes, Canvas(speaker("en")))
    >>> [text.get_text() for text in axes.texts]
    ['best: 50%']
    """

    frame: pd.DataFrame
    share: str
    value: str
    low: str | None = None
    high: str | None = None
    baseline: str | None = None
    kind: Callable[..., Quantity] = Percent
    currency: str = ""
    name: Message | str | None = None
    baseline_name: Message | str | None = None
    best: float | None = None
    best_label: Message | None = None
    x_label: Message | None = field(default_factory=lambda: T("Share of customers reached, most promising first"))
    y_label: Message | None = None

    def __post_init__(self) -> None:
        need_columns(self.frame, WHAT, self.share, self.value, self.low, self.high, self.baseline)

    def __call__(self, axes: Axes, canvas: Canvas) -> None:
        """Draw."""
        rows = complete(self.frame, WHAT, self.share, self.value)
        if rows.empty:
            say_nothing(axes, canvas)
            return
        rows = rows.iloc[curves.thin(numbers(rows, self.share, WHAT), canvas)]
        self._draw_curves(axes, canvas, rows)
        self._set_up(axes, canvas, rows)
        marked = self._mark_best(axes, canvas, rows)
        self._label(measure(axes, canvas), rows, marked)

    def _draw_curves(self, axes: Axes, canvas: Canvas, rows: pd.DataFrame) -> None:
        shares, strong = numbers(rows, self.share, WHAT), canvas.colour("c1")
        if self.low and self.high:
            curves.draw_band(axes, shares, [numbers(rows, end, WHAT) for end in (self.low, self.high)], strong)
        if self.baseline:
            axes.plot(shares, numbers(rows, self.baseline, WHAT), color=canvas.colour("c0"), linewidth=1.4)
        axes.plot(shares, numbers(rows, self.value, WHAT), color=strong, linewidth=curves.LINE_WIDTH)

    def _set_up(self, axes: Axes, canvas: Canvas, rows: pd.DataFrame) -> None:
        drawn = [numbers(rows, name, WHAT) for name in (self.value, self.low, self.high, self.baseline) if name]
        low, high = min(0.0, float(np.nanmin(drawn))), max(0.0, float(np.nanmax(drawn)))
        curves.value_axis(axes, canvas, (low, high), Column("", kind=self.kind, currency=self.currency).quantity)
        if low < 0:
            axes.axhline(0, color=canvas.colour("ink"), linewidth=1)
        axes.set_xlim(0, 1)
        axes.set_xticks(*canvas.ticks(0, 1, Percent))
        if self.x_label is not None:
            canvas.title_axis(axes, self.x_label)
        canvas.mirror(axes)
        curves.title_values(axes, canvas, self.y_label)

    def _mark_best(self, axes: Axes, canvas: Canvas, rows: pd.DataFrame) -> tuple[float, float] | None:
        """The best share as a point on the curve with a line down to the axis."""
        if self.best is None:
            return None
        strong, foot = canvas.colour("c2"), axes.get_ylim()[0]
        top = float(np.interp(self.best, numbers(rows, self.share, WHAT), numbers(rows, self.value, WHAT)))
        axes.vlines(self.best, foot, top, color=strong, linewidth=1)
        axes.plot([self.best], [top], marker="o", markersize=7, color=strong, zorder=3, clip_on=False)
        return self.best, top

    def _label(self, field: Field, rows: pd.DataFrame, marked: tuple[float, float] | None) -> None:
        """What the best share says and the names of the curves, each where there is room near what it names."""
        lines = [place for line in self._lines(rows) for place in field.along(numbers(rows, self.share, WHAT), line)]
        notes = list(self._names(field.canvas, rows))
        if marked is not None:
            lines += field.along([marked[0]] * 2, [field.axes.get_ylim()[0], marked[1]])
            if self.best_label is not None:
                text = field.canvas.balance(self.best_label, BEST_WIDTH if field.canvas.wide else PHONE_BEST_WIDTH)
                notes.append(Note(text, *marked, "c2"))
        field.write(notes, dots=field.points(*([part] for part in marked)) if marked else (), lines=lines)

    def _lines(self, rows: pd.DataFrame) -> Iterator[np.ndarray]:
        """The curves, and others that fill the band: a text on its tint would be hard to read."""
        yield from (numbers(rows, name, WHAT) for name in (self.value, self.baseline) if name)
        if self.low and self.high:
            low, high = numbers(rows, self.low, WHAT), numbers(rows, self.high, WHAT)
            yield from (low + part * (high - low) for part in np.linspace(0, 1, BAND_LINES))

    def _names(self, canvas: Canvas, rows: pd.DataFrame) -> Iterator[Note]:
        names = ((self.name, self.value, NAME_AT, "c1"), (self.baseline_name, self.baseline, BASELINE_NAME_AT, "mute"))
        for name, column, at, colour in names:
            if name is not None and column is not None:
                row = rows.iloc[min(int(at * len(rows)), len(rows) - 1)]
                text = canvas.balance(name, NAME_WIDTH if canvas.wide else PHONE_NAME_WIDTH)
                yield Note(text, float(row[self.share]), float(row[column]), colour)
