"""Many small charts of one kind on shared axes: for more series than one chart can tell apart."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.layout_engine import ConstrainedLayoutEngine

from cxlib.errors import ConfigurationError
from cxlib.language import Message, Month, Percent, Quantity
from cxlib.measures.result import Brief
from cxlib.report.canvas import POINTS_PER_INCH, Canvas, Side
from cxlib.report.plots import chart
from cxlib.report.plots.labels import BOLD, fitted
from cxlib.report.plots.marks import draw_band, draw_line

WHAT = "small multiples"
MOST_PANELS = 16
PANEL_INCHES, AROUND_INCHES = 1.25, 0.55
PANEL_SHARE = 0.8  # of its share of the width that a panel's axes fill
VALUE_ROOM = 0.05  # share of a panel kept free at the end of its line; the layout adds what its value needs
MOST_TICKS, PHONE_MOST_TICKS = 3, 2
REFERENCE = 5.0  # points: it shows on both sides of a line that lies on it
TIME_SHARE = 0.75  # of a panel that its time axis fills beside the last value
PANEL_GAP = 0.06  # between panels, as a share of one
AIR = 6.0  # points between two names


@dataclass(frozen=True, repr=False)
class SmallMultiples(Brief):
    """A panel for each series, all on the same axes, so that heights can be compared across panels.

    `frame`: Tidy rows: one for each panel and each `x`, in the order of `x`.
    `panel`: Column: which panel a row belongs to.
    `x`: Column of the horizontal axis: numbers, or days (shown as months).
    `value`, `low`, `high`: Columns: the value and the ends of its interval.
    `reference`: Column: a grey line for comparison, such as all customers together; say in the subtitle what it is.
    `names`: Panel -> its name, in the order of the panels. All panels under their own names when left out.
    `kind`, `currency`: How values are written; see `Column`.
    `x_label`: What the horizontal axes are, with their unit.
    `from_zero`: Whether the value axis starts at zero.
    `tick_step`: An axis of numbers is labelled at whole multiples of it: 6 for months.
    Raises ConfigurationError: when there are more than 16 panels.
    Raises DataError: when a column is missing, or one that should hold numbers does not.

    >>> from matplotlib.figure import Figure
    >>> from cxlib.language import speaker
    >>> frame = pd.DataFrame({"plan": ["A", "A", "B", "B"], "month": [1, 2, 1, 2], "churn": [0.3, 0.2, 0.4, 0.4]})
    >>> figure = Figure()
    >>> SmallMultiples(frame, panel="plan", x="month", value="churn")(figure.add_subplot(), Canvas(speaker("en")))
    >>> [axes.texts[0].get_text() for axes in figure.axes[1:]]
    ['A', 'B']
    """

    frame: pd.DataFrame
    panel: str
    x: str
    value: str
    low: str | None = None
    high: str | None = None
    reference: str | None = None
    names: Mapping[Hashable, Message | str] = field(default_factory=dict)
    kind: Callable[..., Quantity] = Percent
    currency: str = ""
    highlight: object = None
    x_label: Message | None = None
    from_zero: bool = True
    tick_step: float = 0.0

    def __post_init__(self) -> None:
        numeric = (self.value, self.low, self.high, self.reference)
        chart.check_columns(self.frame, WHAT, numeric=numeric, names=(self.panel, self.x))
        if len(self._keys) > MOST_PANELS:
            raise ConfigurationError(
                f"{WHAT}: {len(self._keys)} panels, at most {MOST_PANELS} can be read. Keep the ones that matter."
            )

    def height(self, canvas: Canvas) -> float:
        """Inches: the same room for each row of panels."""
        return AROUND_INCHES + PANEL_INCHES * max(self._grid(canvas)[0], 1)

    def __call__(self, axes: Axes, canvas: Canvas) -> None:
        """Draw; `axes` only says where."""
        if self._known.empty:
            chart.say_nothing(axes, canvas)
            return
        axes.set_axis_off()
        # Air between panels, as shares of a panel
        figure = axes.get_figure(root=True)
        engine = figure.get_layout_engine() if figure else None
        if isinstance(engine, ConstrainedLayoutEngine):
            engine.set(wspace=PANEL_GAP, hspace=PANEL_GAP)
        for key, (row, column), panel in self._panels(axes, canvas):
            own = self._known[self._known[self.panel] == key]
            colour = "c2" if key == self.highlight else "c1"
            self._draw(panel, canvas, own, colour)
            self._set_up(panel, canvas)
            canvas.mirror(panel, time=True)
            self._name(panel, canvas, self.names.get(key, str(key)))
            if len(own):
                self._write_last(panel, canvas, own, colour)
            marks = chart.estimates(own, self.value, self.low, self.high)
            told = chart.at_places(canvas, self.names.get(key, str(key)), own[self.x])
            make = chart.quantity(self.kind, self.currency)
            chart.tell(panel, canvas, zip(self._places(own), marks[0], strict=True), told, (marks, make))
            panel.tick_params(labelleft=column == 0 and not canvas.rtl, labelright=column == 0 and canvas.rtl)
            is_lowest = (row + 1) * self._grid(canvas)[1] + column >= len(self._keys)
            panel.tick_params(labelbottom=is_lowest)
        if self.x_label is not None and figure:
            figure.supxlabel(canvas.wrap_across(self.x_label), size=canvas.font_size, color=canvas.colour("mute"))

    @cached_property
    def _known(self) -> pd.DataFrame:
        return chart.complete(self.frame[self.frame[self.x].notna()], self.value)

    @cached_property
    def _keys(self) -> list[Hashable]:
        return list(self.names) or self._known[self.panel].dropna().unique().tolist()

    def _grid(self, canvas: Canvas) -> tuple[int, int]:
        """Rows and columns of panels."""
        panels = max(len(self._keys), 1)
        columns = min(panels, (4 if panels > 9 else 3 if panels != 4 else 2) if canvas.wide else 2)
        return -(-panels // columns), columns

    def _panels(self, axes: Axes, canvas: Canvas) -> Iterator[tuple[Hashable, tuple[int, int], Axes]]:
        """Each key, its row, its column counted from where a line of text begins, and its axes."""
        rows, columns = self._grid(canvas)
        spec = axes.get_subplotspec()
        grid = spec.subgridspec(rows, columns) if spec else axes.figure.add_gridspec(rows, columns)
        turned = canvas.rtl and canvas.mirror_time
        for i, key in enumerate(self._keys):
            row, column = divmod(i, columns)
            panel = axes.figure.add_subplot(grid[row, columns - 1 - column if turned else column])
            panel.patch.set_visible(False)
            yield key, (row, column), panel

    @cached_property
    def _order(self) -> list[object]:
        """The days of the horizontal axis in order; empty when it holds numbers."""
        column = self._known[self.x]
        return sorted(column.unique().tolist()) if chart.is_time(column) else []

    def _places(self, rows: pd.DataFrame) -> np.ndarray:
        if not self._order:
            return chart.numbers(rows, self.x)
        return np.array([self._order.index(x) for x in rows[self.x].tolist()], dtype=float)

    def _draw(self, panel: Axes, canvas: Canvas, rows: pd.DataFrame, colour: str) -> None:
        places, marks = self._places(rows), chart.estimates(rows, self.value, self.low, self.high)
        if self.low and self.high:
            draw_band(panel, places, (marks[1], marks[2]), canvas.colour(colour))
        if self.reference:
            draw_line(panel, places, chart.numbers(rows, self.reference), canvas.colour("c0"), width=REFERENCE)
        draw_line(panel, places, marks[0], canvas.colour(colour), width=2.0)

    def _set_up(self, panel: Axes, canvas: Canvas) -> None:
        low, high = chart.limits_of(self._known, self.value, self.low, self.high, self.reference)
        low, high = (min(low, 0.0), max(high, 0.0)) if self.from_zero else (low - (high - low) * 0.05, high)
        panel.set_ylim(low, high + (high - low or 1.0) * 0.06)
        make = chart.quantity(self.kind, self.currency)
        panel.set_yticks(*canvas.ticks(low, high, make, most=MOST_TICKS, stacked=True))
        panel.grid(axis="y")
        self._set_up_x(panel, canvas)

    def _set_up_x(self, panel: Axes, canvas: Canvas) -> None:
        places, columns = self._places(self._known), self._grid(canvas)[1]
        low, high = float(places.min()), float(places.max())
        room = canvas.size[0] * POINTS_PER_INCH / columns * PANEL_SHARE
        if chart.is_time(self._known[self.x]):
            self._name_ends_of_time(panel, canvas, room)
        else:
            most = MOST_TICKS if canvas.wide else PHONE_MOST_TICKS
            panel.set_xticks(*chart.number_ticks(canvas, (low, high), places, step=self.tick_step, most=most))
        panel.set_xlim(low, high + VALUE_ROOM * ((high - low) or 1.0))

    def _name_ends_of_time(self, panel: Axes, canvas: Canvas, room: float) -> None:
        """The first and the last month, written inwards so that they stay in their panel, in two lines if they must."""
        days = pd.Series(self._order)
        ends = sorted({0, len(days) - 1})
        names = [canvas.say(Month(days.iloc[i].date(), short=True)) for i in ends]
        if sum(map(canvas.width_of, names)) + AIR > room * TIME_SHARE:
            names = [name.replace(" ", "\n") for name in names]
        panel.set_xticks([float(end) for end in ends], names)
        sides: list[Side] = ["right", "left"] if canvas.rtl and canvas.mirror_time else ["left", "right"]
        middle: list[Side] = ["center"]
        for label, side in zip(panel.get_xticklabels(), sides if len(ends) > 1 else middle, strict=True):
            label.set_horizontalalignment(side)

    def _name(self, panel: Axes, canvas: Canvas, name: Message | str) -> None:
        room = canvas.size[0] * POINTS_PER_INCH / self._grid(canvas)[1] * PANEL_SHARE
        text = fitted(canvas, name, room / BOLD)
        canvas.write(panel, text, (0.0, 1.0), shift=(0.0, 4.0), within="axes", va="bottom", weight=600)

    def _write_last(self, panel: Axes, canvas: Canvas, rows: pd.DataFrame, colour: str) -> None:
        """The last value at the end of its line."""
        place = (float(self._places(rows)[-1]), float(chart.numbers(rows, self.value)[-1]))
        text = canvas.say(chart.quantity(self.kind, self.currency)(place[1]))
        canvas.write(panel, text, place, shift=(4.0, 0.0), colour=colour, weight=600)
