"""A heatmap in seven steps, whose masked cells stay empty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.language import Message, Percent, Quantity
from cxlib.report.canvas import POINTS_PER_INCH, Canvas
from cxlib.report.plots import cells
from cxlib.report.plots.cells import KEY_ROWS
from cxlib.report.table import Column
from cxlib.report.theme import HEAT_STEPS

LABEL_WIDTH = 22  # characters of a row's label
WHOLE_PERCENT = partial(Percent, digits=0)


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
            centres = [(float(x), float(y)) for y, x in np.argwhere(steps == step)]
            cells.fill_cells(axes, centres, canvas.colour(f"h{step}"))
        axes.set_xlim(-0.5, max(columns, 1) - 0.5)
        axes.set_ylim(rows - 0.5 + KEY_ROWS, -0.5)
        axes.xaxis.tick_top()
        axes.tick_params(top=False)
        axes.xaxis.set_label_position("top")
        self._name_cells(axes, canvas)
        canvas.mirror(axes, time=self.time)
        self._write_values(axes, canvas, steps)
        place = (columns, rows - 0.5 + KEY_ROWS * 0.62)
        cells.draw_key(axes, canvas, place, self._range(), self._column.quantity)

    def steps(self) -> np.ndarray:
        """Step of each cell, 1 (low) to 7 (high); 0 where it is masked."""
        return cells.heat_steps(self._values(), self._range())

    def _values(self) -> np.ndarray:
        return self.frame.to_numpy(dtype=float, na_value=np.nan)

    def _range(self) -> tuple[float, float]:
        return cells.heat_range(self._values(), self.low, self.high)

    @property
    def _column(self) -> Column:
        return Column("", kind=self.kind, currency=self.currency)

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
        values, places = self._values(), [(int(y), int(x)) for y, x in np.argwhere(steps)]
        texts = {(float(x), float(y)): canvas.say(self._column.quantity(float(values[y, x]))) for y, x in places}
        room = self._points_each(canvas) * (1 - 2 * cells.GAP)
        cells.write_cells(axes, canvas, texts, {(x, y): int(steps[y, x]) for y, x in places}, room)


def _stride(width: float, room: float) -> int:
    """Label every column, or every second, third, sixth or twelfth, so that labels do not touch."""
    return next((every for every in (1, 2, 3, 6, 12) if every * room >= width), 24)
