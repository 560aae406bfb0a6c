"""Movement between two dates as a matrix: for each segment then, which share of it is in which segment now."""

import itertools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from cxlib.errors import DataError
from cxlib.language import Count, Message, T
from cxlib.measures.result import Brief
from cxlib.report.canvas import POINTS_PER_INCH, Canvas
from cxlib.report.plots import chart, heatmap
from cxlib.report.plots.labels import fitted
from cxlib.report.theme import HEAT_STEPS

WHAT = "migration matrix"
HEAD_INCHES, ROW_INCHES, PHONE_ROW_INCHES = 1.1, 0.3, 0.31
NOTED_ROW_INCHES, PHONE_NAME_WIDTH = 0.56, 15
SAME_AT = 0.5  # where the words about the outline begin, as a share of the width
ROWS_WIDTH = 15  # characters in a line of what the rows are
NAME_POINTS, PHONE_NAME_POINTS, NOTED_POINTS = 130.0, 82.0, 110.0  # widest name of a row, of one with a note
HEAD_WIDTHS = (16, 12, 10, 8)  # characters in a line of a column's name: the longest that fit
TURNED_POINTS, TURNED_LINE = 110.0, 1.25  # of a turned head in one line; height of a line in letters
TAIL_GAP = 6.0  # points between the segments and the columns behind them
AIR = 6.0  # points between two heads, and around the row names
TITLE_PAD = 8.0  # points between the heads and what the columns are
LEAST_CELL = 8.0  # points
ROW_GAP = 0.3  # the same between rows, in rows


@dataclass(frozen=True)
class MatrixGrid:
    """A square of named segments, with `tails` as columns behind it and `others` as rows below, in points across.

    Where the names of the segments do not fit over their columns, they are turned. `notes` stand under the names of the
    rows.
    """

    canvas: Canvas
    segments: Sequence[Message | str]
    tails: Sequence[Message] = ()
    others: Sequence[Message] = ()
    notes: Sequence[Message] = ()

    @cached_property
    def names(self) -> list[str]:
        """Names of all rows, without numbers."""
        names = (*self.segments, *self.others)
        if self.notes:  # a row of a phone holds two lines of a name above its note
            lines = [self.canvas.wrap(name, PHONE_NAME_WIDTH).split("\n") for name in names]
            return ["\n".join(fitted(self.canvas, line, NOTED_POINTS) for line in name) for name in lines]
        return [fitted(self.canvas, name, NAME_POINTS if self.canvas.wide else PHONE_NAME_POINTS) for name in names]

    @cached_property
    def tail_heads(self) -> list[str]:
        """Heads of the columns behind the square, in lines."""
        return [self.canvas.wrap(head, HEAD_WIDTHS[1]) for head in self.tails]

    @cached_property
    def cell(self) -> float:
        """Width of a column of the square in points."""
        beside = max(map(self._width, self.names + self._notes)) + AIR
        room = self.canvas.size[0] * POINTS_PER_INCH - beside - TAIL_GAP * len(self.tails)
        behind = sum(self._width(head) + AIR for head in self.tail_heads)
        equal = room / (len(self.segments) + len(self.tails))
        return max(min(equal, (room - behind) / len(self.segments)), LEAST_CELL)

    @cached_property
    def columns(self) -> list[tuple[float, float]]:
        """Middle and width of each column."""
        columns = [(self.cell * (i + 0.5), self.cell) for i in range(len(self.segments))]
        end = self.cell * len(self.segments)
        for head in self.tail_heads:
            width = max(self.cell, self._width(head) + AIR)
            columns.append((end + TAIL_GAP + width / 2, width))
            end += TAIL_GAP + width
        return columns

    @property
    def width(self) -> float:
        """Width of all columns together."""
        middle, width = self.columns[-1]
        return middle + width / 2

    @property
    def down(self) -> list[float]:
        """Middle of each row."""
        square = len(self.segments)
        return [i + (ROW_GAP if i >= square else 0.0) for i in range(square + len(self.others))]

    @cached_property
    def heads(self) -> list[str]:
        """The names over the columns of the square, level where they fit."""
        if self._level:
            return self._level
        heads = [self.canvas.wrap(name, HEAD_WIDTHS[1]) for name in self.segments]
        lines = int(self.cell / self.canvas.font_size / TURNED_LINE)
        level = [head.count("\n") < lines and "\u2026" not in head for head in heads]
        one = [fitted(self.canvas, name, TURNED_POINTS) for name in self.segments]
        return [head if fits else name for head, fits, name in zip(heads, level, one, strict=True)]

    @cached_property
    def _level(self) -> list[str]:
        longest = max((len(word) for name in self.segments for word in self.canvas.say(name).split()), default=0)
        for width in (width for width in HEAD_WIDTHS if width >= longest):
            heads = [self.canvas.wrap(name, width) for name in self.segments]
            if all(self._width(head) + AIR <= self.cell and "\u2026" not in head for head in heads):
                return heads
        return []

    @property
    def head_inches(self) -> float:
        """Height of the heads and of what the columns are."""
        return HEAD_INCHES if self._level else HEAD_INCHES * 0.6 + max(map(self._width, self.heads)) / POINTS_PER_INCH

    def name(self, axes: Axes) -> None:
        """Name rows and columns."""
        axes.xaxis.tick_top()
        axes.tick_params(top=False)
        axes.xaxis.set_label_position("top")
        axes.xaxis.labelpad = TITLE_PAD
        axes.set_xticks([middle for middle, _ in self.columns], [*self.heads, *self.tail_heads])
        for head in axes.get_xticklabels()[: 0 if self._level else len(self.segments)]:
            head.set(rotation=90, va="bottom")
        notes = [f"\n{note}" for note in self._notes] or [""] * len(self.names)
        axes.set_yticks(self.down, [name + note for name, note in zip(self.names, notes, strict=True)])

    @property
    def _notes(self) -> list[str]:
        return [fitted(self.canvas, note, NOTED_POINTS) for note in self.notes]

    def _width(self, text: str) -> float:
        return max(self.canvas.width_of(line) for line in text.split("\n"))


@dataclass(frozen=True, repr=False)
class MigrationMatrix(Brief):
    """A row for each segment at the first date, a column for each at the second, in the same order.

    `frame`: Tidy rows: one for each pair of segments.
    `before`, `after`: Columns with the segments at the two dates. A missing `before` is an entrant, a missing `after` a
        leaver.
    `share`: Column: share of the customers of `before` that are in `after`, as a fraction; for entrants, of all
        entrants. Missing values stay empty: a group too small to show.
    `n`: Column: how many customers `before` had, the same in all rows of one segment; shown behind the row.
    `names`: Segment -> its name, in the order of rows and columns. The segments themselves when left out.
    `before_label`, `after_label`: What rows and columns are: the two dates.
    `entrants`, `leavers`: Names of the last row and of the last columns.
    Raises DataError: when a column is missing, a pair of segments has more than one row, or a share is no number.

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

    def __post_init__(self) -> None:
        chart.check_columns(self.frame, WHAT, numeric=(self.share, self.n), names=(self.before, self.after))
        twice = self._pairs()[self._pairs().duplicated()]
        if len(twice):
            pair = " -> ".join(map(str, twice.iloc[0]))
            raise DataError(f"{WHAT}: {len(twice)} pairs of segments repeat (first: {pair}). Keep one row of each.")

    def height(self, canvas: Canvas) -> float:
        """Inches: one line of text in each row."""
        grid = self._grid(canvas)
        rows = (grid.down or [0.0])[-1] + 1 + heatmap.KEY_ROWS
        noted = PHONE_ROW_INCHES if self.n is None else NOTED_ROW_INCHES
        return (grid.head_inches if grid.segments else HEAD_INCHES) + (ROW_INCHES if canvas.wide else noted) * rows

    def __call__(self, axes: Axes, canvas: Canvas) -> None:
        """Draw."""
        if not self._segments:
            chart.say_nothing(axes, canvas)
            return
        grid = self._grid(canvas)
        axes.set_xlim(0, grid.width)
        axes.set_ylim(grid.down[-1] + 0.5 + heatmap.KEY_ROWS, -0.5)
        grid.name(axes)
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

    def _ends(self, column: str) -> list[Hashable]:
        """The segments of one date, and None for entrants or leavers where there are any."""
        return [*self._segments, *[None] * bool(self.frame[column].isna().any())]

    def _grid(self, canvas: Canvas) -> MatrixGrid:
        segments = self._segments
        others = [self.entrants] * (len(self._ends(self.before)) - len(segments))
        tails = [self.leavers] * (len(self._ends(self.after)) - len(segments))
        tails += [T("Customers")] * (self.n is not None and canvas.wide)
        notes = [] if canvas.wide else [T("{what}: {n}", what=T("Customers"), n=count) for count in self._counts]
        return MatrixGrid(canvas, [self.names.get(key, str(key)) for key in segments], tails, others, notes)

    @property
    def _counts(self) -> list[Count]:
        """How many customers each row rests on; empty where no column says."""
        if self.n is None:
            return []
        before = self.frame[self.before]
        own = [before.isna() if key is None else before == key for key in self._ends(self.before)]
        return [Count(self.frame.loc[rows, self.n].max()) for rows in own]

    def _shares(self, grid: MatrixGrid) -> dict[tuple[float, float], float]:
        """Place of each cell that is known, and its share."""
        rows = dict(zip(self._ends(self.before), grid.down, strict=True))
        columns = dict(zip(self._ends(self.after), (middle for middle, _ in grid.columns), strict=False))
        places = [
            (columns.get(None if pd.isna(after) else after), rows.get(None if pd.isna(before) else before))
            for before, after in self._pairs().itertuples(index=False)
        ]
        shares = zip(places, chart.numbers(self.frame, self.share).tolist(), strict=True)
        return {(x, y): share for (x, y), share in shares if x is not None and y is not None and share == share}

    def _draw_cells(self, axes: Axes, grid: MatrixGrid, shares: dict[tuple[float, float], float]) -> None:
        canvas, inner = grid.canvas, 1 - 2 * heatmap.GAP
        values = np.array([*shares.values()], dtype=float)
        ends = heatmap.heat_range(values, low=0.0)
        steps = dict(zip(shares, heatmap.heat_steps(values, ends).tolist(), strict=True))
        for step, (middle, width) in itertools.product(range(1, HEAT_STEPS + 1), grid.columns):
            centres = [place for place, own in steps.items() if own == step and place[0] == middle]
            heatmap.fill_cells(axes, centres, canvas.colour(f"h{step}"), width=width * inner)
        texts = {place: canvas.say(heatmap.WHOLE_PERCENT(share)) for place, share in shares.items()}
        written = heatmap.write_cells(axes, canvas, texts, steps, room=grid.cell * inner)
        rows = dict(zip(grid.down, [*grid.segments, *grid.others], strict=True))
        columns = dict(zip([middle for middle, _ in grid.columns], [*grid.segments, *grid.tails], strict=True))
        for (x, y), text in texts.items() if not written else ():
            moved = T("{before} to {after}", before=rows[y], after=columns[x])
            canvas.spots.append((axes, x, y, f"{canvas.say(moved)}: {text}"))
        self._outline_same(axes, grid)
        heatmap.draw_key(axes, canvas, (grid.width, self._key_row(grid)), ends, heatmap.WHOLE_PERCENT)

    def _key_row(self, grid: MatrixGrid) -> float:
        return grid.down[-1] + 0.5 + heatmap.KEY_ROWS * heatmap.KEY_AT

    def _outline_same(self, axes: Axes, grid: MatrixGrid) -> None:
        """A frame round the cells of those who stayed, and the words for it beside the key."""
        ink, inner = grid.canvas.colour("ink"), 1 - 2 * heatmap.GAP
        for (middle, width), row in zip(grid.columns, grid.down[: len(self._segments)], strict=False):
            corner = (middle - width * inner / 2, row - inner / 2)
            axes.add_patch(Rectangle(corner, width * inner, inner, fill=False, edgecolor=ink, linewidth=1.4))
        place, size = (SAME_AT * grid.width, self._key_row(grid)), grid.canvas.font_size * heatmap.SMALL
        grid.canvas.write(axes, grid.canvas.say(T("outlined: stayed")), place, colour="mute", fontsize=size)

    def _title_rows(self, axes: Axes, canvas: Canvas) -> None:
        """What the rows are, over their names."""
        if self.before_label is not None:
            text, style = canvas.wrap(self.before_label, ROWS_WIDTH), {"colour": "mute", "va": "bottom"}
            canvas.write(axes, text, (0.0, 1.0), shift=(-7.0, 7.0), side="right", within="axes", **style)

    def _write_counts(self, axes: Axes, grid: MatrixGrid) -> None:
        """How many customers each row rests on, behind it; a phone has the counts under the names."""
        if grid.canvas.wide:
            for count, row in zip(self._counts, grid.down, strict=False):
                axes.text(grid.columns[-1][0], row, grid.canvas.say(count), ha="center", va="center")
