"""Movement between two dates as a matrix: for each segment then, which share of it is in which segment now."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from cxlib.errors import DataError
from cxlib.language import Count, Message, Percent, T
from cxlib.report.canvas import POINTS_PER_INCH, Canvas
from cxlib.report.plots import cells
from cxlib.report.plots.inputs import need_columns, need_names, numbers, say_nothing
from cxlib.report.plots.placement import BOLD
from cxlib.report.theme import HEAT_STEPS

WHAT = "migration matrix"
Segment = Hashable
Cell = tuple[Segment, Segment]
GAP = 0.3  # between the segments and those who came or went, in rows
COLUMN_GAP = 8.0  # the same between columns, in points
AIR = 8.0  # points between two column heads
LABEL_WIDTH, PHONE_LABEL_WIDTH = 22, 15  # characters of a row's name
HEAD_WIDTHS = (16, 12, 10, 8)  # characters in a line of a column's name: the longest that fit


@dataclass(frozen=True)
class MigrationMatrix:
    """A row for each segment at the first date, a column for each at the second, in the same order.

    Parameters
    ----------
    frame
        Tidy rows: one for each pair of segments.
    before, after
        Columns with the segments at the two dates. A missing `before` is an entrant, a missing `after` a leaver.
    share
        Column: share of the customers of `before` that are in `after`, as a fraction; for entrants, of all entrants.
        Missing values stay empty: a group too small to show.
    n
        Column: how many customers `before` had, the same in all rows of one segment; shown behind the row.
    names
        Segment -> its name, in the order of rows and columns. The segments themselves when left out.
    before_label, after_label
        What rows and columns are: the two dates.
    entrants, leavers, n_label, same
        Names of the last row, of the last columns and of the outlined cells.

    Raises
    ------
    ConfigurationError
        When a column is missing.
    DataError
        When a pair of segments has more than one row, or a share is no number.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from cxlib.language import speaker
    >>> frame = pd.DataFrame({"june": ["A", "A", "B"], "july": ["A", "B", "B"], "share": [0.75, 0.25, 1.0]})
    >>> axes = Figure().add_subplot()
    >>> MigrationMatrix(frame, before="june", after="july", share="share")(axes, Canvas(speaker("en")))
    >>> [text.get_text() for text in axes.texts][:3]
    ['25%', '75%', '100%']
    """

    frame: pd.DataFrame
    before: str
    after: str
    share: str
    n: str | None = None
    names: Mapping[Segment, Message | str] = field(default_factory=dict)
    before_label: Message | None = None
    after_label: Message | None = None
    entrants: Message = field(default_factory=lambda: T("New customers"))
    leavers: Message = field(default_factory=lambda: T("Left"))
    n_label: Message = field(default_factory=lambda: T("Customers"))
    same: Message = field(default_factory=lambda: T("stayed in their segment"))

    def __post_init__(self) -> None:
        need_names(self.frame, WHAT, self.before, self.after)
        need_columns(self.frame, WHAT, self.share, self.n)
        twice = self.frame[self.frame[[self.before, self.after]].duplicated()]
        if len(twice):
            pair = tuple(twice[[self.before, self.after]].iloc[0])
            raise DataError(f"{WHAT}: {len(twice)} pairs of segments repeat (first: {pair}). Keep one row for each pair.")

    def height(self, canvas: Canvas) -> float:
        """Inches: one line of text in each row."""
        return 1.15 + (0.3 if canvas.wide else 0.31) * (len(self._rows) + GAP + cells.KEY_ROWS)

    def __call__(self, axes: Axes, canvas: Canvas) -> None:
        """Draw."""
        if not self._segments:
            say_nothing(axes, canvas)
            return
        grid = _Grid(self, canvas)
        axes.set_xlim(0, grid.width)
        axes.set_ylim(grid.places_down[-1] + 0.5 + cells.KEY_ROWS, -0.5)
        self._draw_cells(axes, canvas, grid)
        ...
