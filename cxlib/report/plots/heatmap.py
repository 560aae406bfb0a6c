"""A heatmap in seven steps, whose masked cells stay empty."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from cxlib.language import Message, Percent, Quantity
from cxlib.report.canvas import POINTS_PER_INCH, Canvas
from cxlib.report.table import Column
from cxlib.report.theme import HEAT_STEPS, heat_ink

LABEL_WIDTH = 22  # characters of a row's label
WHOLE_PERCENT = partial(Percent, digits=0)
GAP = 0.04  # empty share of a cell on each side
SMALL = 0.84  # size of the values against the labels
KEY_ROWS = 1.5  # room for the key below the cells, in rows


@dataclass(frozen=True)
class Heatmap:
    """One coloured cell for each value of `frame`; the paler, the lower.

    Parameters
    ----------
    frame
        Numbers; rows from the top down, columns from the side where a line of text begins. The index and the column
        names are the labels. Missing values are masked: a cohort that has not lived that long yet, a group too small.
    row_labels
        Texts or messages in place of the index.
    kind, currency
        How values are written; see `Column`.
    x_label
        What the columns are.
    low, high
        Values of the palest and the strongest step; the smallest and largest of the frame when left out.
    time
        Whether the columns run with time, whose direction in right-to-left languages is a setting.
    """

    frame: pd.DataFrame
    row_labels: Sequence[object] | None = None
    kind: Callable[..., Quantity] = WHOLE_PERCENT
    currency: str = ""
    x_label: Message | None = None
    low: float | None = None
    high: float | None = None
    time: bool = True

    def height(self, canvas: Canvas) -> float:
        """Inches: enough for one line of text in each row."""
        return 0.85 + (0.27 if canvas.wide else 0.29) * (len(self.frame) + KEY_ROWS)

    def __call__(self, axes: Axes, canvas: Canvas) -> None:
        """Draw."""
        rows, columns = self.frame.shape
        steps = self.steps()
        for step in range(1, HEAT_STEPS + 1):
            cells = [(float(x), float(y)) for y, x in np.argwhere(steps == step)]
            _fill(axes, cells, canvas.colour(f"h{step}"))
        axes.set_xlim(-0.5, max(columns, 1) - 0.5)
        axes.set_ylim(rows - 0.5 + KEY_ROWS, -0.5)
        axes.xaxis.tick_top()
        axes.tick_params(top=False)
        axes.xaxis.set_label_position("top")
        self._name_cells(axes, canvas)
        canvas.mirror(axes, time=self.time)
        self._write_values(axes, canvas, steps)
        self._draw_key(axes, canvas)

    def steps(self) -> np.ndarray:
        """Step of each cell, 1 (low) to 7 (high); 0 where it is masked."""
        values = self._values()
        low, high = self._range()
        share = np.clip((values - low) / ((high - low) or 1.0), 0, 1)
        step = np.minimum(np.nan_to_num(share) * HEAT_STEPS, HEAT_STEPS - 1) + 1
        return np.where(np.isnan(values), 0, step).astype(int)

    def _values(self) -> np.ndarray:
        return self.frame.to_numpy(dtype=float, na_value=np.nan)

    def _range(self) -> tuple[float, float]:
        values = self._values()
        known = values[~np.isnan(values)]
        low = self.low if self.low is not None else known.min(initial=np.inf)
        high = self.high if self.high is not None else known.max(initial=-np.inf)
        return (float(low), float(high)) if low <= high else (0.0, 1.0)

    def _name_cells(self, axes: Axes, canvas: Canvas) -> None:
        labels = list(self.row_labels) if self.row_labels is not None else self.frame.index.tolist()
        axes.set_yticks(range(len(labels)), [canvas.shorten(label, LABEL_WIDTH) for label in labels])
        names = [canvas.shorten(name, LABEL_WIDTH) for name in self.frame.columns.tolist()]
        every = _stride(max(map(canvas.width_of, names), default=0.0) + 4, self._points_each(canvas))
        axes.set_xticks(range(0, len(names), every), names[::every])
        if self.x_label is not None:
            canvas.title_axis(axes, self.x_label)

    def _points_each(self, canvas: Canvas) -> float:
        """Width of a cell in points, the row labels taken off."""
        labels = self.row_labels if self.row_labels is not None else self.frame.index.tolist()
        longest = max((canvas.width_of(canvas.shorten(label, LABEL_WIDTH)) for label in labels), default=0.0)
        return (canvas.size[0] * POINTS_PER_INCH - longest - 12) / max(self.frame.shape[1], 1)

    def _write_values(self, axes: Axes, canvas: Canvas, steps: np.ndarray) -> None:
        """Write each value in its cell; where cells are narrow without its unit, and where too narrow not at all."""
        column = Column("", kind=self.kind, currency=self.currency)
        values = self._values()
        texts = {(y, x): canvas.say(column.quantity(float(values[y, x]))) for y, x in np.argwhere(steps)}
        size = canvas.font_size * SMALL
        room = self._points_each(canvas) * (1 - 2 * GAP)
        if _widest(canvas, texts.values(), size) > room:
            texts = {place: text.strip("%\u066a\u200f\u200e") for place, text in texts.items()}
        if _widest(canvas, texts.values(), size) > room:
            return
        for (y, x), text in sorted(texts.items(), key=lambda item: (heat_ink(steps[item[0]]), item[0])):
            colour = canvas.colour(heat_ink(steps[y, x]))
            axes.text(x, y, text, ha="center", va="center", color=colour, fontsize=size)

    def _draw_key(self, axes: Axes, canvas: Canvas) -> None:
        """Seven small cells under the map, with the values at either end."""
        width, row = max(self.frame.shape[1], 1) / 28, len(self.frame) - 0.5 + KEY_ROWS * 0.62
        column = Column("", kind=self.kind, currency=self.currency)
        low, high = (canvas.say(column.quantity(value)) for value in self._range())
        start = -0.5 + 2.2 * width
        for step in range(HEAT_STEPS):
            _fill(axes, [(start + step * width, row)], canvas.colour(f"h{step + 1}"), width=width * 0.96, height=0.5)
        turned = axes.xaxis_inverted()
        style: dict[str, Any] = {"va": "center", "color": canvas.colour("mute")}
        style["fontsize"] = canvas.font_size * SMALL
        gap = width * 0.35
        axes.text(start - width / 2 - gap, row, low, ha="left" if turned else "right", **style)
        axes.text(start + 6.5 * width + gap, row, high, ha="right" if turned else "left", **style)


def _fill(
    axes: Axes,
    centres: list[tuple[float, float]],
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


def _widest(canvas: Canvas, texts: Iterable[str], size: float) -> float:
    return max((canvas.width_of(text, size) for text in set(texts)), default=0.0)


def _stride(width: float, room: float) -> int:
    """Label every column, or every second, third, sixth or twelfth, so that labels do not touch."""
    return next((every for every in (1, 2, 3, 6, 12) if every * room >= width), 24)
