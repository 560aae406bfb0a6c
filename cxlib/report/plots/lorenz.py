"""The share curve (Lorenz curve): how much of the total the largest customers bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from cxlib.language import Message, Percent
from cxlib.report.canvas import Canvas

ROOM_STARTS, ROOM_HEIGHT = 0.24, 0.16  # where the free room under the diagonal can hold a sentence


@dataclass(frozen=True)
class ShareCurve:
    """Cumulative share of a total against cumulative share of customers, largest first.

    Parameters
    ----------
    frame
        Rows from (0, 0) to (1, 1).
    x, y
        Columns: share of customers and share of the total, as fractions.
    point, point_label
        A point on the curve to mark, as fractions, and what it says.
    equal_label
        Name of the diagonal, on which all customers would bring the same.
    x_label
        What the horizontal axis is.
    """

    frame: pd.DataFrame
    x: str
    y: str
    point: tuple[float, float] | None = None
    point_label: Message | None = None
    equal_label: Message | None = None
    x_label: Message | None = None

    def __call__(self, axes: Axes, canvas: Canvas) -> None:
        """Draw."""
        axes.plot([0, 1], [0, 1], color=canvas.colour("c0"), linewidth=1.2)
        axes.plot(self.frame[self.x], self.frame[self.y], color=canvas.colour("c1"), linewidth=2.4)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.02)
        axes.set_xticks(*canvas.ticks(0, 1, Percent))
        axes.set_yticks(*canvas.ticks(0, 1, Percent))
        axes.grid(axis="y")
        if self.x_label is not None:
            canvas.title_axis(axes, self.x_label)
        canvas.mirror(axes)
        self._mark_point(axes, canvas)
        if self.equal_label is not None:
            _name(axes, canvas.wrap(self.equal_label, 16), (0.66, 0.6), color=canvas.colour("mute"))

    def _mark_point(self, axes: Axes, canvas: Canvas) -> None:
        """The point, a line down to the share of customers, and its sentence in the free room under the diagonal."""
        if self.point is None:
            return
        (x, y), strong = self.point, canvas.colour("c2")
        axes.vlines(x, 0, y, color=strong, linewidth=1)
        axes.plot([x], [y], marker="o", markersize=7, color=strong, zorder=3, clip_on=False)
        if self.point_label is not None:
            text = canvas.wrap(self.point_label, 44 if canvas.wide else 24)
            _name(axes, text, (max(x + 0.02, ROOM_STARTS), ROOM_HEIGHT), color=strong, weight=600)


def _name(axes: Axes, text: str, place: tuple[float, float], **style: Any) -> None:
    turned = axes.xaxis_inverted()
    axes.annotate(text, place, ha="right" if turned else "left", va="top", **style)
