"""Matrices in seven steps of one colour: their cells, their key, and the heatmap, whose masked cells stay empty."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from cxlib.language import Message, Percent, Quantity
from cxlib.measures.result import Brief
from cxlib.report.canvas import POINTS_PER_INCH, Canvas, Maker
from cxlib.report.plots import chart
from cxlib.report.plots.marks import draw_cells
from cxlib.report.theme import HEAT_STEPS, heat_ink

GAP = 0.04  # empty share of a cell on each side
SMALL = 0.84  # size of the values against the labels
KEY_ROWS = 1.5  # room for the key below the cells, in rows
KEY_AT = 0.62  # where the key stands in its room
LABEL_WIDTH = 22  # characters of a row's label
WHOLE_PERCENT = partial(Percent, digits=0)


Place = tuple[float, float]


def heat_range(values: np.ndarray, low: float | None = None, high: float | None = None) -> tuple[float, float]:
    """Values of the palest and the strongest step: as given, else the smallest and largest that are known."""
    known = values[~np.isnan(values)]
    ends = (known.min(initial=np.inf) if low is None else low, known.max(initial=-np.inf) if high is None else high)
    return (float(ends[0]), float(ends[1])) if ends[0] <= ends[1] else (0.0, 1.0)


def heat_steps(values: np.ndarray, ends: tuple[float, float]) -> np.ndarray:
    """Step of each value, 1 (low) to 7 (high); 0 where it is missing."""
    low, high = ends
    share = np.clip((values - low) / ((high - low) or 1.0), 0, 1)
    step = np.minimum(np.nan_to_num(share) * HEAT_STEPS, HEAT_STEPS - 1) + 1
    return np.where(np.isnan(values), 0, step).astype(int)


def fill_cells(
    axes: Axes, centres: Sequence[tuple[float, float]], colour: str, *, width: float, height: float = 1 - 2 * GAP
) -> None:
    """Draw cells of one colour as one path, where they are not all of one width as a heatmap's are."""
    if not centres:
        return
    corner = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]) * (width / 2, height / 2)
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * len(centres)
    path = Path(np.concatenate([corner + centre for centre in centres]), codes)
    axes.add_patch(PathPatch(path, facecolor=colour, clip_on=False))


def write_cells(
    axes: Axes, canvas: Canvas, texts: Mapping[Place, str], steps: Mapping[Place, int], *, room: float
) -> bool:
    """Write each text in the middle of its cell, `room` points wide, and say whether they fit.

    Where cells are narrow the texts lose their unit, and where even that does not fit none is written. Keys are the
    middles of the cells, in data.
    """
    size = canvas.font_size * SMALL
    if _widest(canvas, texts.values(), size) > room:
        texts = {place: _without_unit(text) for place, text in texts.items()}
    if _widest(canvas, texts.values(), size) > room:
        return False
    for (x, y), text in sorted(texts.items(), key=lambda item: (heat_ink(steps[item[0]]), item[0][::-1])):
        colour = canvas.colour(heat_ink(steps[x, y]))
        label = axes.text(x, y, text, ha="center", va="center", color=colour, fontsize=size)
        label.set_in_layout(False)  # it stays inside its cell, and measuring hundreds of them takes a second
    return True


def draw_key(axes: Axes, canvas: Canvas, place: Place, ends: tuple[float, float], make: Maker) -> None:
    """Seven small cells under a matrix as wide as `place`, in its row, with the values at either end."""
    columns, row = place
    width = max(columns, 1) / 28
    low, high = (canvas.say(make(value)) for value in ends)
    start = 2.2 * width
    for step in range(HEAT_STEPS):
        colour = canvas.colour(f"h{step + 1}")
        fill_cells(axes, [(start + step * width, row)], colour, width=width * 0.96, height=0.5)
    size, gap = canvas.font_size * SMALL, width * 0.85
    canvas.write(axes, low, (start - gap, row), side="right", colour="mute", fontsize=size)
    canvas.write(axes, high, (start + 6 * width + gap, row), colour="mute", fontsize=size)


def _without_unit(text: str) -> str:
    return text.strip("%\u066a\u200f\u200e")


def _widest(canvas: Canvas, texts: Iterable[str], size: float) -> float:
    return max((canvas.width_of(text, size) for text in set(texts)), default=0.0)


@dataclass(frozen=True, repr=False)
class Heatmap(Brief):
    """One coloured cell for each value of `frame`; the paler, the lower.

    `frame`: Numbers; rows from the top down, columns from the side where a line of text begins. The index and the
        column names are the labels. Missing values are masked: a cohort that has not lived that long yet, a group too
        small.
    `row_labels`: Texts or messages in place of the index.
    `kind`, `currency`: How values are written; see `Column`.
    `low`, `high`: Values of the palest and the strongest step; the smallest and largest of the frame when left out.
    `time`: Whether the columns run with time, whose direction in right-to-left languages is a setting.

    >>> from cxlib.language import T
    >>> grid = pd.DataFrame([[1.0, 0.6], [1.0, None]], index=["January", "February"], columns=[0, 1])
    >>> Heatmap(grid, x_label=T("Months")).frame.shape
    (2, 2)
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
        """Draw; the middle of a cell is half a unit from its row and column.

        Where not all columns have room for their numbers, every second, third... is drawn.
        """
        every = 1 if canvas.wide else self._every(canvas)
        if every > 1:
            replace(self, frame=self.frame.iloc[:, ::every])(axes, canvas)
            return
        rows, columns = self.frame.shape
        steps = self.steps()
        if steps.any():
            draw_cells(axes, canvas, steps)
        axes.set_xlim(0, max(columns, 1))
        axes.set_ylim(rows + KEY_ROWS, 0)
        axes.xaxis.tick_top()
        axes.tick_params(top=False)
        axes.xaxis.set_label_position("top")
        self._name_cells(axes, canvas)
        canvas.mirror(axes, time=self.time)
        self._write_values(axes, canvas, steps)
        place = (columns, rows + KEY_ROWS * KEY_AT)
        draw_key(axes, canvas, place, self._range(), chart.quantity(self.kind, self.currency))

    def steps(self) -> np.ndarray:
        """Step of each cell, 1 (low) to 7 (high); 0 where it is masked."""
        return heat_steps(self._values(), self._range())

    def _values(self) -> np.ndarray:
        return self.frame.to_numpy(dtype=float, na_value=np.nan)

    def _range(self) -> tuple[float, float]:
        return heat_range(self._values(), self.low, self.high)

    def _labels(self, canvas: Canvas) -> list[str]:
        labels = self.frame.index if self.row_labels is None else self.row_labels
        return [canvas.shorten(label, LABEL_WIDTH) for label in labels]

    def _name_cells(self, axes: Axes, canvas: Canvas) -> None:
        labels = self._labels(canvas)
        axes.set_yticks([i + 0.5 for i in range(len(labels))], labels)
        names = [canvas.shorten(name, LABEL_WIDTH) for name in self.frame.columns]
        every = _stride(max(map(canvas.width_of, names), default=0.0) + 4, self._points_each(canvas))
        axes.set_xticks([i + 0.5 for i in range(0, len(names), every)], names[::every])
        canvas.title_axis(axes, self.x_label)

    def _points_each(self, canvas: Canvas) -> float:
        """Width of a cell in points, the row labels taken off."""
        longest = max(map(canvas.width_of, self._labels(canvas)), default=0.0)
        return (canvas.size[0] * POINTS_PER_INCH - longest - 12) / max(self.frame.shape[1], 1)

    def _every(self, canvas: Canvas) -> int:
        """Every which column has room for its numbers; 1 where none has more of it."""
        make = chart.quantity(self.kind, self.currency)
        texts = {_without_unit(canvas.say(make(value))) for value in self._values().ravel() if value == value}
        width = _widest(canvas, texts, canvas.font_size * SMALL) / (1 - 2 * GAP)
        return next((k for k in (1, 2, 3, 4, 6) if k * self._points_each(canvas) >= width), 1) if self.time else 1

    def _write_values(self, axes: Axes, canvas: Canvas, steps: np.ndarray) -> None:
        values, make = self._values(), chart.quantity(self.kind, self.currency)
        cells = {(x + 0.5, y + 0.5): (y, x) for y, x in np.argwhere(steps).tolist()}
        texts = {place: canvas.say(make(float(values[cell]))) for place, cell in cells.items()}
        strengths = {place: int(steps[cell]) for place, cell in cells.items()}
        if write_cells(axes, canvas, texts, strengths, room=self._points_each(canvas) * (1 - 2 * GAP)):
            return
        labels = self._labels(canvas)
        for (x, y), (row, column) in cells.items():
            name = f"{labels[row]}, {canvas.say(self.frame.columns[column])}"
            canvas.spots.append((axes, x, y, f"{name}: {texts[x, y]}"))


def _stride(width: float, room: float) -> int:
    """Label every column, or every second, third, sixth or twelfth, so that labels do not touch."""
    return next((every for every in (1, 2, 3, 6, 12) if every * room >= width), 24)
