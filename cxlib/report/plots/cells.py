"""Cells in seven steps of one colour, and their key: what matrices of any kind are drawn with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from cxlib.language import Quantity
from cxlib.report.canvas import Canvas
from cxlib.report.theme import HEAT_STEPS, heat_ink

GAP = 0.04  # empty share of a cell on each side
SMALL = 0.84  # size of the values against the labels
KEY_ROWS = 1.5  # room for the key below the cells, in rows


def heat_range(values: np.ndarray, low: float | None = None, high: float | None = None) -> tuple[float, float]:
    """Values of the palest and the strongest step: as given, else the smallest and largest that are known."""
    known = values[~np.isnan(values)]
    ends = (known.min(initial=np.inf) if low is None else low, known.max(initial=-np.inf) if high is None else high)
    return (float(ends[0]), float(ends[1])) if ends[0] <= ends[1] else (0.0, 1.0)


def heat_steps(values: np.ndarray, ends: tuple[float, float]) -> np.ndarray:
    """Step of each value, 1 (low) to 7 (high); 0 where it is missing.

    >>> heat_steps(np.array([0.0, 0.5, 1.0, np.nan]), (0.0, 1.0)).tolist()
    [1, 4, 7, 0]
    """
    low, high = ends
    share = np.clip((values - low) / ((high - low) or 1.0), 0, 1)
    step = np.minimum(np.nan_to_num(share) * HEAT_STEPS, HEAT_STEPS - 1) + 1
    return np.where(np.isnan(values), 0, step).astype(int)


def fill_cells(
    axes: Axes,
    centres: Sequence[tuple[float, float]],
    colour: str,
    *,
    width: float = 1 - 2 * GAP,
    height: float = 1 - 2 * GAP,
) -> None:
    """Draw all cells of one colour as one path, which keeps the drawing small."""
    if not centres:
        return
    corner = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]) * (width / 2, height / 2)
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * len(centres)
    path = Path(np.concatenate([corner + centre for centre in centres]), codes)
    axes.add_patch(PathPatch(path, facecolor=colour, clip_on=False))


def write_cells(
    axes: Axes, canvas: Canvas, texts: Mapping[tuple[float, float], str], steps: Mapping[tuple[float, float], int],
    room: float,
) -> None:  # fmt: skip
    """Write each text in the middle of its cell, `room` points wide.

    Where cells are narrow the texts lose their unit, and where even that does not fit none is written. Keys are the
    middles of the cells, in data.
    """
    size = canvas.font_size * SMALL
    if _widest(canvas, texts.values(), size) > room:
        texts = {place: text.strip("%\u066a\u200f\u200e") for place, text in texts.items()}
    if _widest(canvas, texts.values(), size) > room:
        return
    for (x, y), text in sorted(texts.items(), key=lambda item: (heat_ink(steps[item[0]]), item[0][::-1])):
        colour = canvas.colour(heat_ink(steps[x, y]))
        written = axes.text(x, y, text, ha="center", va="center", color=colour, fontsize=size)
        written.set_in_layout(False)  # it stays inside its cell, and measuring hundreds of them takes a second


def draw_key(
    axes: Axes, canvas: Canvas, place: tuple[float, float], ends: tuple[float, float],
    make: Callable[[float], Quantity],
) -> None:  # fmt: skip
    """Seven small cells under a matrix, with the values at either end.

    `place` is how many columns the matrix has, and the row in which the key stands.
    """
    columns, row = place
    width = max(columns, 1) / 28
    low, high = (canvas.say(make(value)) for value in ends)
    start = -0.5 + 2.2 * width
    for step in range(HEAT_STEPS):
        centre = (start + step * width, row)
        fill_cells(axes, [centre], canvas.colour(f"h{step + 1}"), width=width * 0.96, height=0.5)
    turned = axes.xaxis_inverted()
    style: dict[str, Any] = {"va": "center", "color": canvas.colour("mute"), "fontsize": canvas.font_size * SMALL}
    gap = width * 0.35
    axes.text(start - width / 2 - gap, row, low, ha="left" if turned else "right", **style)
    axes.text(start + 6.5 * width + gap, row, high, ha="right" if turned else "left", **style)


def _widest(canvas: Canvas, texts: Iterable[str], size: float) -> float:
    return max((canvas.width_of(text, size) for text in set(texts)), default=0.0)
