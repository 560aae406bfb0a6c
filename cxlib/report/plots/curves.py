"""What charts of curves share: their axes, their colours, their bands and the names at their ends."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.errors import ConfigurationError
from cxlib.language import Message, Month, Quantity
from cxlib.report.canvas import POINTS_PER_INCH, Canvas
from cxlib.report.plots.labels import spread
from cxlib.report.table import Column

Step = Literal["pre", "post", "mid"]
HUES = ("c1", "c3", "c4")  # beside the highlight c2
MOST_HUES = 3
LINE_WIDTH = 2.4
BAND_OPACITY = 0.16
LINE_SPACING = 1.3
OUTSIDE_INCHES = 0.75  # height of what stands under the axes
POINTS_TOLD_APART, PHONE_POINTS_TOLD_APART = 160, 100


@dataclass(frozen=True)
class CurveEnd:
    """The last point of a curve, its name, and the name of its colour."""

    x: float
    y: float
    name: Message | Quantity | str
    colour: str


def hues(keys: Sequence[Hashable], highlight: object, what: str, *, most: int = MOST_HUES) -> dict[Hashable, str]:
    """Colour name of each curve: the highlight's own, the others in order.

    Raises
    ------
    ConfigurationError
        When there are more curves than colours can tell apart.

    Examples
    --------
    >>> hues(["a", "b"], "b", "lines")
    {'a': 'c1', 'b': 'c2'}
    """
    if len(keys) > most:
        raise ConfigurationError(
            f"{what}: {len(keys)} curves in one chart, at most {most} can be told apart. "
            "Leave some out, or draw them as SmallMultiples."
        )
    others = iter((*HUES, "c2"))
    return {key: "c2" if highlight is not None and key == highlight else next(others) for key in keys}


def thin(places: np.ndarray, canvas: Canvas) -> np.ndarray:
    """Positions of the points that can be told apart on the canvas: the first, and the last of each narrow stretch.

    A curve with a step for each of 20,000 customers would weigh more than its page; what is left out is closer to its
    neighbour than the line is wide.
    """
    most = POINTS_TOLD_APART if canvas.wide else PHONE_POINTS_TOLD_APART
    if len(places) <= most:
        return np.arange(len(places))
    stretch = np.floor((places - places[0]) / ((places[-1] - places[0]) or 1.0) * most)
    return np.union1d([0], np.flatnonzero(np.diff(stretch, append=np.inf)))


def draw_band(
    axes: Axes, places: np.ndarray, ends: Sequence[np.ndarray], colour: str, *, step: Step | None = None
) -> None:
    """The interval of a curve as a pale area between two rows of `ends`."""
    axes.fill_between(places, ends[0], ends[1], color=colour, alpha=BAND_OPACITY, linewidth=0, step=step)


def value_axis(axes: Axes, canvas: Canvas, ends: tuple[float, float], make: Callable[[float], Quantity]) -> None:
    """Limit the vertical axis, with a little air above, and give it ticks and a grid."""
    low, high = ends
    axes.set_ylim(low, high + (high - low or 1.0) * 0.04)
    axes.set_yticks(*canvas.ticks(low, high, make, stacked=True))
    axes.grid(axis="y")


def title_values(axes: Axes, canvas: Canvas, message: Message | None, *, lift: float = 7.0) -> None:
    """Say what the vertical axis measures: one horizontal line over its top, where a line of text begins.

    `lift` is its distance from the axes in points.
    """
    if message is not None:
        turned = axes.xaxis_inverted()
        axes.annotate(
            canvas.wrap_across(message), (1.0 if turned else 0.0, 1.0), xytext=(0, lift),
            xycoords="axes fraction", textcoords="offset points", ha="right" if turned else "left", va="bottom",
            color=canvas.colour("mute"), annotation_clip=False,
        )  # fmt: skip


def is_time(column: pd.Series) -> bool:
    """Whether a column holds days, which are shown as months."""
    return bool(pd.api.types.is_datetime64_any_dtype(column))


def month_ticks(canvas: Canvas, days: pd.Series, most: int) -> tuple[list[float], list[str]]:
    """Places and short names of at most `most` of the days, evenly apart."""
    every = max(1, -(-len(days) // most))
    names = [canvas.say(Month(day.date(), short=True)) for day in days.iloc[::every]]
    return [float(place) for place in range(0, len(days), every)], names


def name_ends(axes: Axes, canvas: Canvas, ends: Sequence[CurveEnd], *, inches: float | None = None) -> None:
    """Write each name beside its curve's last point, pushed apart where curves end close together.

    `inches` is the height of the drawing; the canvas' usual one when left out.
    """
    low, high = axes.get_ylim()
    height = ((inches or canvas.size[1]) - OUTSIDE_INCHES) * POINTS_PER_INCH
    gap = canvas.font_size * LINE_SPACING * (high - low) / height
    turned = axes.xaxis_inverted()
    for end, y in zip(ends, spread([end.y for end in ends], gap, low=low, high=high), strict=True):
        axes.annotate(
            canvas.shorten(end.name, 24 if canvas.wide else 14), (end.x, y), weight=600,
            xytext=(-6 if turned else 6, 0), textcoords="offset points", ha="right" if turned else "left",
            va="center", color=canvas.colour(end.colour), annotation_clip=False,
        )  # fmt: skip


def tick_values(column: Column, values: np.ndarray) -> Callable[[float], Quantity]:
    """How ticks of an axis without a declared kind are written: whole numbers as counts."""
    whole = column.kind is None and bool(np.all(values == values.round()))
    return (lambda value: column.quantity(round(value))) if whole else column.quantity
