"""The table under survival curves: how many customers of each group are still observed at each labelled time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes

from cxlib.language import Count, Message, T
from cxlib.report.canvas import POINTS_PER_INCH, Canvas

BESIDE_SHARE = 0.18  # names up to this share of the width stand beside their counts, longer ones above them
LINE, TICK_LINE = 1.5, 1.35  # heights of a line of the table and of the axis' labels, in font sizes
PAD, TITLE_PAD = 7.0, 4.0  # points between axis and tick labels, tick labels and title
AIR = 9.0  # points between texts beside each other
GROUP_AIR = 3.0  # points between a row and the name above the next one
BOLD = 1.08  # how much wider bold letters are


@dataclass(frozen=True)
class AtRiskTable:
    """A heading and one row of counts for each group, in line with the ticks.

    Parameters
    ----------
    canvas
        What it is written on.
    title
        The heading.
    counts
        One series for each group: how many were observed just before each time; the index is the time.
    names, colours
        Of the groups; an empty name leaves the row without one.
    under
        The title of the axis, under which the table stands.
    min_count
        Smaller counts are only said to be below it.
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
        self._write_name(axes, self.title, (half, self._top), "mute", weight=400)
        for name, colour, row, (name_drop, drop) in zip(self.names, self.colours, texts, self._drops(), strict=True):
            if name:
                self._write_name(axes, name, (half, name_drop), colour, beside=not self._above)
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

    def _write_name(
        self, axes: Axes, name: Message | str, place: tuple[float, float], colour: str, *,
        beside: bool = False, weight: int = 600,
    ) -> None:  # fmt: skip
        """A name or the heading, beside the counts or flush with the first of them."""
        (out, drop), turned = place, axes.xaxis_inverted()
        shift = out + (AIR if beside else 0.0)
        axes.annotate(
            self.canvas.shorten(name, 40), (1.0 if turned else 0.0, 0.0), xytext=(shift if turned else -shift, -drop),
            xycoords="axes fraction", textcoords="offset points", ha="left" if turned == beside else "right",
            va="center", weight=weight, color=self.canvas.colour(colour), annotation_clip=False,
        )  # fmt: skip

    def _write_counts(self, axes: Axes, ticks: Sequence[float], row: Sequence[str], drop: float) -> None:
        every = self._stride(axes, ticks, max(map(self.canvas.width_of, row)))
        for tick, text in list(zip(ticks, row, strict=True))[::every]:
            axes.annotate(
                text, (tick, 0.0), xytext=(0, -drop), xycoords=axes.get_xaxis_transform(), ha="center", va="center",
                textcoords="offset points", color=self.canvas.colour("ink"), annotation_clip=False,
            )  # fmt: skip

    def _stride(self, axes: Axes, ticks: Sequence[float], width: float) -> int:
        """Every which tick has a count, so that counts do not touch."""
        low, high = sorted(axes.get_xlim())
        share = (ticks[1] - ticks[0]) / (high - low) if len(ticks) > 1 else 1.0
        room = share * self.canvas.size[0] * POINTS_PER_INCH * 0.7  # the rest is names and labels beside the axes
        return max(1, -(-int(width + AIR) // max(int(room), 1)))


def _counts_at(series: pd.Series, ticks: Sequence[float]) -> list[int]:
    """How many are observed just before each time; nobody after the last known time."""
    known = series.dropna().sort_index(ascending=False)
    return [int(known[known.index >= tick - 1e-9].iloc[-1:].sum()) for tick in ticks]
