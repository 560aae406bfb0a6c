"""Rows of a chart: one category each, named beside it on a page and above it on a phone, its value written at its end.

Shared by the charts whose vertical axis is a list of categories.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from cxlib.language import Quantity
from cxlib.report.canvas import Canvas
from cxlib.report.plots.labels import backing

LABEL_WIDTH = 26  # characters beside the marks on a page
PHONE_LABEL_WIDTH = 13  # a phone has room for these beside the marks; longer names go above them
PHONE_LINE = 40  # characters across a phone
AIR_POINTS = 5.0  # between a mark and its value


@dataclass(frozen=True)
class End:
    """Where a mark ends on the value axis, and the direction away from it: 1 to higher values, -1 to lower."""

    place: float
    direction: int


@dataclass(frozen=True)
class Rows:
    """The categories of one chart on one canvas, from the top down."""

    canvas: Canvas
    names: Sequence[object]

    @property
    def above(self) -> bool:
        """Whether the names stand above the marks."""
        return not self.canvas.wide and max((len(self.canvas.say(name)) for name in self.names), default=0) > (
            PHONE_LABEL_WIDTH
        )

    @property
    def height(self) -> float:
        """Inches: the same room for each row, however many there are."""
        room = 0.62 if self.above else 0.46 if self.canvas.wide else 0.5
        return 0.75 + room * max(len(self.names), 1)

    @property
    def thickness(self) -> float:
        """How much of its row a bar fills."""
        return 0.42 if self.above else 0.62

    def set_up(self, axes: Axes) -> None:
        """Order the rows and name them; call it after the canvas has been mirrored."""
        axes.set_ylim(max(len(self.names), 1) - 0.5, -0.75 if self.above else -0.5)
        if self.above:
            self._name_above(axes)
        else:
            axes.set_yticks(range(len(self.names)), [self.canvas.wrap(name, LABEL_WIDTH) for name in self.names])

    def _name_above(self, axes: Axes) -> None:
        axes.set_yticks([])
        turned = axes.xaxis_inverted()
        for i, name in enumerate(self.names):
            axes.annotate(
                self.canvas.shorten(name, PHONE_LINE), (1.0 if turned else 0.0, i - 0.3),
                xytext=(-3 if turned else 3, 0), xycoords=axes.get_yaxis_transform(), textcoords="offset points",
                ha="right" if turned else "left", va="bottom", bbox=backing(self.canvas),
            )  # fmt: skip

    def write_values(self, axes: Axes, quantities: Sequence[Quantity], ends: Sequence[End]) -> None:
        """Write each value beyond its end."""
        for i, (quantity, end) in enumerate(zip(quantities, ends, strict=True)):
            side = end.direction * (-1 if axes.xaxis_inverted() else 1)
            axes.annotate(
                self.canvas.say(quantity), (end.place, i), xytext=(AIR_POINTS * side, 0), textcoords="offset points",
                ha="left" if side > 0 else "right", va="center", weight=600,
                annotation_clip=False, bbox=backing(self.canvas),
            )  # fmt: skip


def outer_end(value: float, low: float, high: float) -> End:
    """Where a bar from zero ends on its value's side, its interval included; zero where all are missing.

    >>> outer_end(3.0, 1.0, 5.0), outer_end(-2.0, -4.0, -1.0)
    (End(place=5.0, direction=1), End(place=-4.0, direction=-1))
    """
    side = -1 if value < 0 else 1
    return End(float(side * max((side * x for x in (value, low, high) if x == x), default=0.0)), side)
