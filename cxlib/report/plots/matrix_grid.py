"""Where the columns of a matrix of segments stand, and what its rows and columns are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from matplotlib.axes import Axes

from cxlib.language import Count, Message, T
from cxlib.report.canvas import POINTS_PER_INCH, Canvas
from cxlib.report.plots.labels import fitted

NAME_POINTS, PHONE_NAME_POINTS = 130.0, 82.0  # widest name of a row
HEAD_WIDTHS = (16, 12, 10, 8)  # characters in a line of a column's name: the longest that fit
TAIL_GAP = 6.0  # points between the segments and the columns behind them
AIR = 6.0  # points between two heads, and around the row names
TITLE_PAD = 8.0  # points between the heads and what the columns are
LEAST_CELL = 8.0  # points
ROW_GAP = 0.3  # the same between rows, in rows


@dataclass(frozen=True)
class MatrixGrid:
    """A square of named segments, then columns and rows of other kinds; across, the unit is the point.

    Where the names of the segments do not fit over their columns, rows and columns are numbered.

    Parameters
    ----------
    canvas
        What it is drawn on.
    segments
        Names of rows and columns of the square, in order.
    tails
        Heads of the columns behind it.
    others
        Names of the rows below it.
    notes
        What stands under the names of the rows, for each of them.
    """

    canvas: Canvas
    segments: Sequence[Message | str]
    tails: Sequence[Message] = ()
    others: Sequence[Message] = ()
    notes: Sequence[Message] = ()

    @cached_property
    def names(self) -> list[str]:
        """Names of all rows, without numbers."""
        room = NAME_POINTS if self.canvas.wide else PHONE_NAME_POINTS
        return [fitted(self.canvas, name, room) for name in (*self.segments, *self.others)]

    @cached_property
    def tail_heads(self) -> list[str]:
        """Heads of the columns behind the square, in lines."""
        return [self.canvas.wrap(head, HEAD_WIDTHS[1]) for head in self.tails]

    @cached_property
    def cell(self) -> float:
        """Width of a column of the square in points."""
        beside = max(map(self._width, self.names + self._notes)) + self.canvas.font_size * 2 + AIR
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
        """What stands over the columns of the square: the names, or their numbers where the names do not fit."""
        longest = max(len(word) for name in self.segments for word in self.canvas.say(name).split() or [""])
        for width in (width for width in HEAD_WIDTHS if width >= longest):
            heads = [self.canvas.wrap(name, width) for name in self.segments]
            if all(self._width(head) + AIR <= self.cell and "\u2026" not in head for head in heads):
                return heads
        return [self.canvas.say(Count(i + 1)) for i in range(len(self.segments))]

    def name(self, axes: Axes) -> None:
        """Name rows and columns."""
        axes.xaxis.tick_top()
        axes.tick_params(top=False)
        axes.xaxis.set_label_position("top")
        axes.xaxis.labelpad = TITLE_PAD
        axes.set_xticks([middle for middle, _ in self.columns], [*self.heads, *self.tail_heads])
        axes.set_yticks(self.down, self._row_names())

    def _row_names(self) -> list[str]:
        square = len(self.segments)
        names = list(self.names)
        if self.heads == [self.canvas.say(Count(i + 1)) for i in range(square)]:
            numbered = [T("{number} {name}", number=Count(i + 1), name=name) for i, name in enumerate(names[:square])]
            names[:square] = map(self.canvas.say, numbered)
        return [f"{name}\n{note}" for name, note in zip(names, self._notes, strict=True)] if self._notes else names

    @property
    def _notes(self) -> list[str]:
        return [self.canvas.say(note) for note in self.notes]

    def _width(self, text: str) -> float:
        return max(self.canvas.width_of(line) for line in text.split("\n"))
