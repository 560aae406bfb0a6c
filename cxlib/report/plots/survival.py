"""Survival curves (Kaplan-Meier): steps with their intervals by group, and who is still observed under the axis."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.language import Message, Percent, T
from cxlib.report.canvas import POINTS_PER_INCH, Canvas
from cxlib.report.plots import curves
from cxlib.report.plots.at_risk import AtRiskTable
from cxlib.report.plots.inputs import complete, need_columns, need_names, say_nothing
from cxlib.report.table import SUPPRESS_BELOW, Column

WHAT = "survival curves"
TICKS, PHONE_TICKS = 7, 5


@dataclass(frozen=True)
class SurvivalCurves:
    """One step curve for each group, from 100% at time zero, named at its end.

    Parameters
    ----------
    frame
        Tidy rows: one for each group and each time at which something happens (an event or a censoring), in the order
        of time.
    time
        Column: time since the start, in the unit that `x_label` names.
    survival, low, high
        Columns: share that is still there after that time, as a fraction, and the ends of its interval.
    at_risk
        Column: how many were under observation just before that time; they make the table under the axis.
    group
        Column with the group; without it there is one curve.
    names
        Group -> its name, in the order of the table; at most three. All groups under their own names when left out.
    highlight
        The one group to stand out.
    x_label, y_label
        What the axes are, with their units.
    at_risk_label
        Heading of the table.
    tick_step
        The axis is labelled at whole multiples of it: 6 for months.
    min_at_risk
        A curve ends where fewer are under observation, because its interval then says little and people could be
        recognised; the table shows such counts only as below it, and a group that never has so many not at all.

    Raises
    ------
    ConfigurationError
        When a column is missing, or there are more than three groups.
    DataError
        When a column that should hold numbers does not.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from cxlib.language import speaker
    >>> frame = pd.DataFrame({"month": [0, 1, 2], "stay": [1.0, 0.9, 0.8], "n": [500, 500, 440]})
    >>> axes = Figure().add_subplot()
    >>> SurvivalCurves(frame, time="month", survival="stay", at_risk="n")(axes, Canvas(speaker("en")))
    >>> [text.get_text() for text in axes.texts]
    ['80%', 'Customers still observed', '500', '500', '440']
    """

    frame: pd.DataFrame
    time: str
    survival: str
    low: str | None = None
    high: str | None = None
    at_risk: str | None = None
    group: str | None = None
    names: Mapping[Hashable, Message | str] = field(default_factory=dict)
    highlight: object = None
    x_label: Message | None = None
    y_label: Message | None = None
    at_risk_label: Message = field(default_factory=lambda: T("Customers still observed"))
    tick_step: float | None = None
    min_at_risk: int = SUPPRESS_BELOW

    def __post_init__(self) -> None:
        need_names(self.frame, WHAT, self.group)
        need_columns(self.frame, WHAT, self.time, self.survival, self.low, self.high, self.at_risk)
        curves.hues(self._keys(), self.highlight, WHAT)

    def height(self, canvas: Canvas) -> float:
        """Inches: the usual height, and the table under it."""
        drawn = self._groups()
        table = self._table(canvas, drawn).points / POINTS_PER_INCH if drawn and self.at_risk else 0.0
        return canvas.size[1] + table

    def __call__(self, axes: Axes, canvas: Canvas) -> None:
        """Draw."""
        drawn = self._groups()
        if not drawn:
            say_nothing(axes, canvas)
            return
        for key, rows in drawn.items():
            self._draw_curve(axes, canvas, rows, canvas.colour(self._colours[key]))
        self._set_up(axes, canvas, max(float(rows[self.time].iloc[-1]) for rows in drawn.values()))
        canvas.mirror(axes, time=True)
        curves.title_values(axes, canvas, self.y_label)
        curves.name_ends(axes, canvas, [self._end(key, rows) for key, rows in drawn.items()])
        if self.at_risk is not None:
            self._table(canvas, drawn).write(axes)

    @property
    def _colours(self) -> dict[Hashable, str]:
        return curves.hues(self._keys(), self.highlight, WHAT)

    def _keys(self) -> list[Hashable]:
        if self.group is None:
            return [None]
        return list(self.names) or self.frame[self.group].dropna().unique().tolist()

    def _observed(self, key: Hashable) -> pd.DataFrame:
        """All rows of a group that say anything."""
        known = complete(self.frame, WHAT, self.time, self.survival)
        return known if self.group is None else known[known[self.group] == key]

    def _groups(self) -> dict[Hashable, pd.DataFrame]:
        """The rows to draw of each group that has any."""
        everyone = {key: self._observed(key) for key in self._keys()}
        if self.at_risk is not None:
            everyone = {key: rows[rows[self.at_risk] >= self.min_at_risk] for key, rows in everyone.items()}
        return {key: rows for key, rows in everyone.items() if len(rows)}

    def _draw_curve(self, axes: Axes, canvas: Canvas, rows: pd.DataFrame, colour: str) -> None:
        interval = [self.low, self.high] if self.low and self.high else []
        times, shares, *ends = _from_start(rows[[self.time, self.survival, *interval]].to_numpy(dtype=float))
        kept = curves.thin(times, canvas)
        if ends:
            curves.draw_band(axes, times[kept], [end[kept] for end in ends], colour, step="post")
        axes.plot(times[kept], shares[kept], color=colour, linewidth=curves.LINE_WIDTH, drawstyle="steps-post")

    def _set_up(self, axes: Axes, canvas: Canvas, last: float) -> None:
        curves.value_axis(axes, canvas, (0.0, 1.0), Percent)
        axes.set_xlim(0, last or 1.0)
        make = curves.tick_values(Column(""), self.frame[self.time].dropna().to_numpy(dtype=float))
        ticks, texts = canvas.ticks(0, last or 1.0, make)
        if self.tick_step:
            ticks = _multiples(self.tick_step, last, TICKS if canvas.wide else PHONE_TICKS)
            texts = [canvas.say(make(tick)) for tick in ticks]
        axes.set_xticks(ticks, texts)
        if self.x_label is not None:
            canvas.title_axis(axes, self.x_label)

    def _end(self, key: Hashable, rows: pd.DataFrame) -> curves.CurveEnd:
        """Where a curve is named; a lone curve without a name says where it ends."""
        time, share = (float(rows[name].iloc[-1]) for name in (self.time, self.survival))
        name = Percent(share) if key is None else self.names.get(key, str(key))
        return curves.CurveEnd(time, share, name, self._colours[key])

    def _table(self, canvas: Canvas, drawn: Mapping[Hashable, pd.DataFrame]) -> AtRiskTable:
        counts = {key: self._observed(key).set_index(self.time)[str(self.at_risk)] for key in drawn}
        return AtRiskTable(
            canvas, self.at_risk_label, under=self.x_label, min_count=self.min_at_risk,
            counts=list(counts.values()), colours=[self._colours[key] for key in drawn],
            names=["" if key is None else self.names.get(key, str(key)) for key in drawn],
        )  # fmt: skip


def _from_start(rows: np.ndarray) -> list[np.ndarray]:
    """Columns of the rows, with everyone there at time zero."""
    start = np.ones((1, rows.shape[1]))
    start[0, 0] = 0.0
    return list((rows if rows[0, 0] <= 0 else np.vstack([start, rows])).T)


def _multiples(step: float, last: float, most: int) -> list[float]:
    """Multiples of `step` from zero to `last`; of twice, three times... the step where that gives too many.

    >>> _multiples(6, 36, 5)
    [0.0, 12.0, 24.0, 36.0]
    """
    every = step * max(1, -(-int(last / step + 1) // most))
    return [float(tick) for tick in np.arange(0.0, last + step * 1e-9, every)]
