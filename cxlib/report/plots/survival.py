"""Survival curves (Kaplan-Meier): steps with their intervals by group, and who is still observed under the axis."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.language import Count, Message, Percent, T
from cxlib.measures.result import Brief
from cxlib.report.canvas import POINTS_PER_INCH, Canvas
from cxlib.report.plots import chart
from cxlib.report.plots.labels import BOLD
from cxlib.report.plots.marks import draw_band, draw_line
from cxlib.report.table import SUPPRESS_BELOW

WHAT = "survival curves"
BESIDE_SHARE = 0.18  # names up to this share of the width stand beside their counts, longer ones above them
LINE, TICK_LINE = 1.5, 1.35  # heights of a line of the table and of the axis' labels, in font sizes
PAD, TITLE_PAD = 7.0, 4.0  # points between axis and tick labels, tick labels and title
AIR = 9.0  # points between texts beside each other
NAME = 40  # characters of a name
GROUP_AIR = 3.0  # points between a row and the name above the next one


@dataclass(frozen=True)
class AtRiskTable:
    """A heading and, in line with the ticks, a row of counts for each group.

    `counts` says how many were observed just before each time, which is its index; those below `min_count` are only
    said to be so. A group without a name has none written; `under` is the title of the axis above the table.
    """

    canvas: Canvas
    title: Message
    counts: Sequence[pd.Series]
    names: Sequence[Message | str]
    colours: Sequence[str]
    under: Message | None = None
    min_count: int = 0

    @property
    def points(self) -> float:
        """Height of the table in points."""
        return max(drop for _, drop in self._drops()) - self._top + 1.5 * self._line

    def write(self, axes: Axes) -> None:
        """Write the table under the axis; call it after the canvas has been mirrored."""
        ticks = [float(tick) for tick in axes.get_xticks()]
        texts = [[self._say(count) for count in _counts_at(series, ticks)] for series in self.counts]
        half = max(self.canvas.width_of(row[0]) for row in texts) / 2  # a count hangs out of the axis by so much
        self._write_name(axes, self.title, (half, self._top), {"colour": "mute"})
        out, side = (half, "left") if self._above else (half + AIR, "right")
        for name, colour, row, (name_drop, drop) in zip(self.names, self.colours, texts, self._drops(), strict=True):
            if name:
                self._write_name(axes, name, (out, name_drop), {"colour": colour, "side": side, "weight": 600})
            self._write_counts(axes, ticks, row, drop)

    @property
    def _line(self) -> float:
        return self.canvas.font_size * LINE

    @property
    def _above(self) -> bool:
        """Whether the names stand above their counts."""
        widest = max(self.canvas.width_of(self.canvas.say(name)) * BOLD for name in self.names)
        return widest > BESIDE_SHARE * self.canvas.size[0] * POINTS_PER_INCH

    @property
    def _top(self) -> float:
        """Points from the axis down to the middle of the heading."""
        lines = 0 if self.under is None else 1 + self.canvas.wrap_across(self.under).count("\n")
        pads = PAD + (TITLE_PAD if lines else 0.0)
        return pads + (1 + lines) * TICK_LINE * self.canvas.font_size + self._line / 2

    def _drops(self) -> Iterator[tuple[float, float]]:
        """Points from the axis down to the name and to the counts of each row."""
        drop = self._top
        for name in self.names:
            above = self._above and bool(name)
            name_drop = drop + self._line + (GROUP_AIR if above else 0.0)
            drop = name_drop + (self._line - GROUP_AIR if above else 0.0)
            yield name_drop, drop

    def _say(self, count: int) -> str:
        below = count < self.min_count
        return self.canvas.say(T("<{count}", count=Count(self.min_count)) if below else Count(count))

    def _write_name(self, axes: Axes, name: Message | str, away: tuple[float, float], style: dict[str, Any]) -> None:
        shift = (-away[0], -away[1])
        self.canvas.write(axes, self.canvas.shorten(name, NAME), (0.0, 0.0), shift=shift, within="axes", **style)

    def _write_counts(self, axes: Axes, ticks: Sequence[float], row: Sequence[str], drop: float) -> None:
        every = self._stride(axes, ticks, max(map(self.canvas.width_of, row)))
        for tick, text in list(zip(ticks, row, strict=True))[::every]:
            self.canvas.write(axes, text, (tick, 0.0), shift=(0.0, -drop), side="center", within="column")

    def _stride(self, axes: Axes, ticks: Sequence[float], width: float) -> int:
        """Every which tick has a count, so that counts do not touch."""
        low, high = sorted(axes.get_xlim())
        share = (ticks[1] - ticks[0]) / (high - low) if len(ticks) > 1 else 1.0
        room = share * self.canvas.size[0] * POINTS_PER_INCH * 0.7  # the rest is names and labels beside the axes
        return max(1, -(-int(width + AIR) // max(int(room), 1)))


def _counts_at(series: pd.Series, ticks: Sequence[float]) -> list[int]:
    """How many are observed just before each time; nobody after the last known time."""
    observed = series.dropna().sort_index(ascending=False)
    return [int(observed[observed.index >= tick - 1e-9].iloc[-1:].sum()) for tick in ticks]


@dataclass(frozen=True, repr=False)
class SurvivalCurves(Brief):
    """One step curve for each group, from 100% at time zero, named at its end.

    `frame`: Tidy rows: one for each group and each time at which something happens (an event or a censoring), in the
        order of time.
    `time`: Column: time since the start, in the unit that `x_label` names.
    `survival`, `low`, `high`: Columns: share that is still there after that time, as a fraction, and the ends of its
        interval.
    `at_risk`: Column: how many were under observation just before that time; they make the table under the axis.
    `group`: Column with the group; without it there is one curve.
    `names`: Group -> its name, in the order of the table; at most three. All groups under their own names when left
        out.
    `x_label`, `y_label`: What the axes are, with their units.
    `tick_step`: The axis is labelled at whole multiples of it: 6 for months.
    `min_at_risk`: A curve ends where fewer are under observation, because its interval then says little and people
        could be recognised; the table shows such counts only as below it, and a group that never has so many not at
        all.
    Raises ConfigurationError: when there are more than three groups.
    Raises DataError: when a column is missing, or one that should hold numbers does not.

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
        numeric = (self.time, self.survival, self.low, self.high, self.at_risk)
        chart.check_columns(self.frame, WHAT, numeric=numeric, names=(self.group,))
        chart.hues(self._keys(), self.highlight, WHAT)

    def height(self, canvas: Canvas) -> float:
        """Inches: the usual height, and the table under it."""
        groups = self._groups()
        table = self._table(canvas, groups).points / POINTS_PER_INCH if groups and self.at_risk else 0.0
        return canvas.size[1] + table

    def __call__(self, axes: Axes, canvas: Canvas) -> None:
        """Draw."""
        groups = self._groups()
        if not groups:
            chart.say_nothing(axes, canvas)
            return
        for key, rows in groups.items():
            self._draw_curve(axes, canvas, rows, canvas.colour(self._colours[key]))
        self._set_up(axes, canvas, max(float(rows[self.time].iloc[-1]) for rows in groups.values()))
        canvas.mirror(axes, time=True)
        chart.title_values(axes, canvas, self.y_label)
        chart.name_ends(axes, canvas, [self._end(key, rows) for key, rows in groups.items()])
        if self.at_risk is not None:
            self._table(canvas, groups).write(axes)

    @property
    def _colours(self) -> dict[Hashable, str]:
        return chart.hues(self._keys(), self.highlight, WHAT)

    def _keys(self) -> list[Hashable]:
        if self.group is None:
            return [None]
        return list(self.names) or self.frame[self.group].dropna().unique().tolist()

    def _observed(self, key: Hashable) -> pd.DataFrame:
        """All rows of a group that say anything."""
        rows = chart.complete(self.frame, self.time, self.survival)
        return rows if self.group is None else rows[rows[self.group] == key]

    def _groups(self) -> dict[Hashable, pd.DataFrame]:
        """The rows to draw of each group that has any."""
        everyone = {key: self._observed(key) for key in self._keys()}
        if self.at_risk is not None:
            everyone = {key: rows[rows[self.at_risk] >= self.min_at_risk] for key, rows in everyone.items()}
        return {key: rows for key, rows in everyone.items() if len(rows)}

    def _draw_curve(self, axes: Axes, canvas: Canvas, rows: pd.DataFrame, colour: str) -> None:
        interval = [self.low, self.high] if self.low and self.high else []
        times, shares, *ends = _from_start(rows[[self.time, self.survival, *interval]].to_numpy(dtype=float))
        points = chart.thin(times, canvas)
        if ends:
            draw_band(axes, times[points], (ends[0][points], ends[1][points]), colour, step=True)
        draw_line(axes, times[points], shares[points], colour, step=True)
        some = points[chart.some(len(points))]
        marks, key = np.array([shares, *ends])[:, some], rows[self.group].iloc[0] if self.group else None
        told = chart.at_places(canvas, None if key is None else self.names.get(key, str(key)), pd.Series(times[some]))
        chart.tell(axes, canvas, zip(times[some], marks[0], strict=True), told, (marks, Percent))

    def _set_up(self, axes: Axes, canvas: Canvas, last: float) -> None:
        chart.value_axis(axes, canvas, (0.0, 1.0), Percent)
        axes.set_xlim(0, last or 1.0)
        times = self.frame[self.time].dropna().to_numpy(dtype=float)
        axes.set_xticks(*chart.number_ticks(canvas, (0.0, last or 1.0), times, step=self.tick_step or 0.0))
        canvas.title_axis(axes, self.x_label)

    def _end(self, key: Hashable, rows: pd.DataFrame) -> chart.CurveEnd:
        """Where a curve is named; a lone curve without a name says where it ends."""
        time, share = (float(rows[name].iloc[-1]) for name in (self.time, self.survival))
        name = Percent(share) if key is None else self.names.get(key, str(key))
        return chart.CurveEnd(time, share, name, self._colours[key])

    def _table(self, canvas: Canvas, groups: Iterable[Hashable]) -> AtRiskTable:
        keys = list(groups)
        return AtRiskTable(
            canvas,
            self.at_risk_label,
            counts=[self._observed(key).set_index(self.time)[str(self.at_risk)] for key in keys],
            names=["" if key is None else self.names.get(key, str(key)) for key in keys],
            colours=[self._colours[key] for key in keys],
            under=self.x_label,
            min_count=self.min_at_risk,
        )


def _from_start(rows: np.ndarray) -> list[np.ndarray]:
    """Columns of the rows, with everyone there at time zero."""
    start = np.ones((1, rows.shape[1]))
    start[0, 0] = 0.0
    return list((rows if rows[0, 0] <= 0 else np.vstack([start, rows])).T)
