"""Movement between two dates as a matrix: for each segment then, which share of it is in which segment now."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from cxlib.errors import DataError
from cxlib.language import Count, Message, Percent, T
from cxlib.report.canvas import Canvas
from cxlib.report.plots import cells
from cxlib.report.plots.inputs import need_columns, need_names, numbers, say_nothing
from cxlib.report.plots.matrix_grid import MatrixGrid
from cxlib.report.theme import HEAT_STEPS

WHAT = "migration matrix"
HEAD_INCHES, ROW_INCHES, PHONE_ROW_INCHES = 1.1, 0.3, 0.31
NOTED_ROW_INCHES = 0.42
KEY_AT = 0.62  # where the key stands in its room below the rows
SAME_AT = 0.5  # where the words about the outline begin, as a share of the width
SEGMENT_CHARACTERS = 30


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
    entrants, leavers, n_label, same_label
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
    ['75%', '100%', '25%']
    """

    frame: pd.DataFrame
    before: str
    after: str
    share: str
    n: str | None = None
    names: Mapping[Hashable, Message | str] = field(default_factory=dict)
    before_label: Message | None = None
    after_label: Message | None = None
    entrants: Message = field(default_factory=lambda: T("New customers"))
    leavers: Message = field(default_factory=lambda: T("Left"))
    n_label: Message = field(default_factory=lambda: T("Customers"))
    same_label: Message = field(default_factory=lambda: T("outlined: stayed"))

    def __post_init__(self) -> None:
        need_names(self.frame, WHAT, self.before, self.after)
        need_columns(self.frame, WHAT, self.share, self.n)
        twice = self._pairs()[self._pairs().duplicated()]
        if len(twice):
            pair = " -> ".join(map(str, twice.iloc[0]))
            raise DataError(f"{WHAT}: {len(twice)} pairs of segments repeat (first: {pair}). Keep one row of each.")

    def height(self, canvas: Canvas) -> float:
        """Inches: one line of text in each row."""
        rows = (self._grid(canvas).down or [0.0])[-1] + 1 + cells.KEY_ROWS
        noted = PHONE_ROW_INCHES if self.n is None else NOTED_ROW_INCHES
        return HEAD_INCHES + (ROW_INCHES if canvas.wide else noted) * rows

    def __call__(self, axes: Axes, canvas: Canvas) -> None:
        """Draw."""
        if not self._segments:
            say_nothing(axes, canvas)
            return
        grid = self._grid(canvas)
        axes.set_xlim(0, grid.width)
        axes.set_ylim(grid.down[-1] + 0.5 + cells.KEY_ROWS, -0.5)
        grid.name(axes)
        if self.after_label is not None:
            canvas.title_axis(axes, self.after_label)
        canvas.mirror(axes)
        self._title_rows(axes, canvas)
        self._draw_cells(axes, grid, self._shares(grid))
        self._write_counts(axes, grid)

    def _pairs(self) -> pd.DataFrame:
        return self.frame[[self.before, self.after]].astype(object)

    @property
    def _segments(self) -> list[Hashable]:
        return list(self.names) or self._pairs().melt()["value"].dropna().unique().tolist()

    @property
    def _origins(self) -> list[Hashable]:
        """The segments, and None for entrants where there are any."""
        return [*self._segments, *[None] * bool(self.frame[self.before].isna().any())]

    @property
    def _goals(self) -> list[Hashable]:
        """The segments, and None for leavers where there are any."""
        return [*self._segments, *[None] * bool(self.frame[self.after].isna().any())]

    def _grid(self, canvas: Canvas) -> MatrixGrid:
        segments = self._segments
        others = [self.entrants] * (len(self._origins) - len(segments))
        tails = [self.leavers] * (len(self._goals) - len(segments))
        tails += [self.n_label] * (self.n is not None and canvas.wide)
        notes = [] if canvas.wide else [T("{what}: {n}", what=self.n_label, n=count) for count in self._counts]
        return MatrixGrid(canvas, [self.names.get(key, str(key)) for key in segments], tails, others, notes)

    @property
    def _counts(self) -> list[Count]:
        """How many customers each row rests on; empty when that is not told."""
        if self.n is None:
            return []
        own = [
            self.frame[self.before].isna() if key is None else self.frame[self.before] == key for key in self._origins
        ]
        return [Count(self.frame.loc[rows, self.n].max()) for rows in own]

    def _shares(self, grid: MatrixGrid) -> dict[tuple[float, float], float]:
        """Place of each cell that is known, and its share."""
        rows = dict(zip(self._origins, grid.down, strict=True))
        columns = dict(zip(self._goals, (middle for middle, _ in grid.columns), strict=False))
        places = [
            (columns.get(None if pd.isna(after) else after), rows.get(None if pd.isna(before) else before))
            for before, after in self._pairs().itertuples(index=False)
        ]
        shares = zip(places, numbers(self.frame, self.share, WHAT).tolist(), strict=True)
        return {(x, y): share for (x, y), share in shares if x is not None and y is not None and share == share}

    def _draw_cells(self, axes: Axes, grid: MatrixGrid, shares: dict[tuple[float, float], float]) -> None:
        canvas, inner = grid.canvas, 1 - 2 * cells.GAP
        values = np.array([*shares.values()], dtype=float)
        ends = cells.heat_range(values, low=0.0)
        steps = dict(zip(shares, cells.heat_steps(values, ends).tolist(), strict=True))
        for step, (middle, width) in itertools.product(range(1, HEAT_STEPS + 1), grid.columns):
            centres = [place for place, own in steps.items() if own == step and place[0] == middle]
            cells.fill_cells(axes, centres, canvas.colour(f"h{step}"), width=width * inner)
        texts = {place: canvas.say(Percent(share, digits=0)) for place, share in shares.items()}
        cells.write_cells(axes, canvas, texts, steps, grid.cell * inner)
        self._outline_same(axes, grid)
        cells.draw_key(axes, canvas, (grid.width, self._key_row(grid)), ends, partial(Percent, digits=0))

    def _key_row(self, grid: MatrixGrid) -> float:
        return grid.down[-1] + 0.5 + cells.KEY_ROWS * KEY_AT

    def _outline_same(self, axes: Axes, grid: MatrixGrid) -> None:
        """A frame round the cells of those who stayed, and the words for it beside the key."""
        ink, inner = grid.canvas.colour("ink"), 1 - 2 * cells.GAP
        for (middle, width), row in zip(grid.columns, grid.down[: len(self._segments)], strict=False):
            corner = (middle - width * inner / 2, row - inner / 2)
            axes.add_patch(Rectangle(corner, width * inner, inner, fill=False, edgecolor=ink, linewidth=1.4))
        axes.text(
            SAME_AT * grid.width, self._key_row(grid), grid.canvas.say(self.same_label), va="center",
            ha="right" if axes.xaxis_inverted() else "left", color=grid.canvas.colour("mute"),
            fontsize=grid.canvas.font_size * cells.SMALL,
        )  # fmt: skip

    def _title_rows(self, axes: Axes, canvas: Canvas) -> None:
        """What the rows are, over their names."""
        if self.before_label is not None:
            turned = axes.xaxis_inverted()
            axes.annotate(
                canvas.wrap(self.before_label, SEGMENT_CHARACTERS // 2), (1.0 if turned else 0.0, 1.0),
                xytext=(7 if turned else -7, 7), xycoords="axes fraction", textcoords="offset points",
                ha="left" if turned else "right", va="bottom", color=canvas.colour("mute"), annotation_clip=False,
            )  # fmt: skip

    def _write_counts(self, axes: Axes, grid: MatrixGrid) -> None:
        """How many customers each row rests on, behind it; a phone has the counts under the names."""
        if grid.canvas.wide:
            for count, row in zip(self._counts, grid.down, strict=False):
                axes.text(grid.columns[-1][0], row, grid.canvas.say(count), ha="center", va="center")
