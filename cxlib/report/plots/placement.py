"""Where labels can stand: near their points, off all other labels and off as much of the drawing as possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from cxlib.report.canvas import POINTS_PER_INCH, Canvas, close_lines
from cxlib.report.plots.labels import backing
from cxlib.report.theme import any_sign

GRID = 3.0  # points between the places that are tried
AIR = 3.0  # points between two labels
NEAR = 7.0  # points between a point and its label
COVER_COST, DOT_COST, TOUCH_COST = 12.0, 60.0, 1e6  # how many points of distance it is worth not to cover one
LEADER_FROM = 16.0  # points between a point and its label from which a line joins them
LABEL_LINE = 1.35  # height of a line of text, in font sizes
BOLD = 1.08  # how much wider bold letters are
Points = Sequence[tuple[float, float]]
Places = Sequence[float] | np.ndarray
SAMPLE = 4.0  # points between the places of a line that labels keep off


@dataclass(frozen=True)
class Box:
    """A rectangle in points, from the lower left corner of the axes."""

    left: float
    bottom: float
    width: float
    height: float

    def touches(self, other: Box, air: float = 0.0) -> bool:
        """Whether the two are closer than `air`."""
        return (
            self.left < other.left + other.width + air and other.left < self.left + self.width + air
            and self.bottom < other.bottom + other.height + air and other.bottom < self.bottom + self.height + air
        )  # fmt: skip

    def nearest(self, point: tuple[float, float]) -> tuple[float, float]:
        """The place in the box that is nearest to a point."""
        x = min(max(point[0], self.left), self.left + self.width)
        y = min(max(point[1], self.bottom), self.bottom + self.height)
        return x, y


def place_labels(
    points: Points,
    sizes: Points,
    room: tuple[float, float],
    *,
    dots: Points = (),
    lines: Points = (),
) -> list[Box]:
    """Give each label the place that is nearest to its point and free.

    Parameters
    ----------
    points, sizes
        Where each label belongs, and its width and height, in points.
    room
        Width and height in which labels may stand.
    dots, lines
        What labels keep off: marks at any price but another label, lines where that costs little.

    Returns
    -------
    list of Box
        In the order of `points`. No two touch as long as the room can hold them.

    Examples
    --------
    >>> boxes = place_labels([(50, 50), (52, 50)], [(30, 12), (30, 12)], (200, 100))
    >>> boxes[0].touches(boxes[1])
    False
    """
    placed: dict[int, Box] = {}
    for i in _crowded_first(points):
        placed[i] = _place(points[i], sizes[i], room, list(placed.values()), (np.array(dots), np.array(lines)))
    return [placed[i] for i in range(len(points))]


def _crowded_first(points: Points) -> list[int]:
    """Points with near neighbours choose first: the others have more freedom."""
    places = np.asarray(points, dtype=float).reshape(-1, 2)
    apart = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    return [int(i) for i in np.argsort(np.log1p(apart).sum(axis=1), kind="stable")]


def _place(
    point: tuple[float, float], size: tuple[float, float], room: tuple[float, float], taken: Sequence[Box],
    drawn: tuple[np.ndarray, np.ndarray],
) -> Box:  # fmt: skip
    """The cheapest of all places on a fine grid and close to the point."""
    (x, y), (width, height) = point, size
    lefts = _tries(room[0] - width, (x + NEAR, x - NEAR - width, x - width / 2))[None, :]
    bottoms = _tries(room[1] - height, (y - height / 2, y + NEAR, y - NEAR - height))[:, None]
    away = np.hypot(_gap(lefts, x, width), _gap(bottoms, y, height))
    off_centre = np.hypot(lefts + width / 2 - x, bottoms + height / 2 - y)
    cost = np.abs(away - NEAR) + 0.05 * off_centre
    for marks, each in zip(drawn, (DOT_COST, COVER_COST), strict=True):
        for mark in marks:
            cost = cost + each * ((_gap(lefts, mark[0], width) < AIR) & (_gap(bottoms, mark[1], height) < AIR))
    for box in taken:
        beside = (lefts < box.left + box.width + AIR) & (box.left < lefts + width + AIR)
        cost = cost + TOUCH_COST * (beside & (bottoms < box.bottom + box.height) & (box.bottom < bottoms + height))
    row, column = np.unravel_index(int(cost.argmin()), cost.shape)
    return Box(float(lefts[0, column]), float(bottoms[row, 0]), width, height)


def _tries(last: float, close: Sequence[float]) -> np.ndarray:
    return np.unique(np.clip([*np.arange(0.0, max(last, 0.0), GRID), *close], 0.0, max(last, 0.0)))


def _gap(start: np.ndarray, place: float, length: float) -> np.ndarray:
    """Distance of a place from stretches of one length, zero inside."""
    return np.maximum(np.maximum(start - place, place - start - length), 0.0)


@dataclass(frozen=True)
class Note:
    """A text in one or more lines, the place that it belongs to, in data, and the name of its colour."""

    text: str
    x: float
    y: float
    colour: str = "ink"
    weight: int = 600


@dataclass(frozen=True)
class Field:
    """Axes whose layout has been settled, measured in points.

    Make it with `measure` after everything but the labels has been drawn.
    """

    axes: Axes
    canvas: Canvas
    room: tuple[float, float]

    def points(self, x: Places, y: Places) -> list[tuple[float, float]]:
        """Data as points from the lower left corner."""
        pixels = self.axes.transData.transform(np.column_stack([x, y]).astype(float))
        shift = (pixels - self.axes.bbox.p0) * POINTS_PER_INCH / self.axes.figure.dpi
        return [(float(across), float(up)) for across, up in shift]

    def along(self, x: Places, y: Places) -> list[tuple[float, float]]:
        """Places along a line, close enough that no label slips between them."""
        corners = np.array(self.points(x, y))
        corners = corners[~np.isnan(corners).any(axis=1)]
        if len(corners) < 2:
            return [(float(across), float(up)) for across, up in corners]
        way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))])
        steps = np.linspace(0.0, way[-1], max(int(way[-1] / SAMPLE), 2))
        return list(zip(*(np.interp(steps, way, part).tolist() for part in corners.T), strict=True))

    def write(self, notes: Sequence[Note], *, dots: Points = (), lines: Points = (), lead: bool = False) -> None:
        """Write each note where there is room near its place, with `lead` joined to it where it stands far away.

        `dots` and `lines` are what labels keep off, in points.
        """
        places = self.points([note.x for note in notes], [note.y for note in notes])
        boxes = place_labels(places, [self._size(note.text) for note in notes], self.room, dots=dots, lines=lines)
        for note, place, box in zip(notes, places, boxes, strict=True):
            if lead:
                self._lead(place, box)
            self._write_in(box, note, place[0])

    def _write_in(self, box: Box, note: Note, x: float) -> None:
        """A note in its box, flush with the side that faces its place."""
        sides = ((0.0, "left", box.left >= x), (1.0, "right", box.left + box.width <= x), (0.5, "center", True))
        share, side = next((share, side) for share, side, fits in sides if fits)
        self.axes.annotate(
            note.text, (0.0, 0.0), xytext=(box.left + share * box.width, box.bottom + box.height / 2), ha=side,
            xycoords="axes fraction", textcoords="offset points", va="center", weight=note.weight,
            color=self.canvas.colour(note.colour), annotation_clip=False, zorder=5, bbox=backing(self.canvas),
        )  # fmt: skip

    def _size(self, text: str) -> tuple[float, float]:
        """Width and height of a bold text in points."""
        lines = text.split("\n")
        widest = max(self.canvas.width_of(line) for line in lines) * BOLD
        return widest, len(lines) * self.canvas.font_size * LABEL_LINE

    def _lead(self, point: tuple[float, float], box: Box) -> None:
        """A thin line from a point to its label, where the label is not close enough to be understood."""
        ends = np.array([point, box.nearest(point)])
        if np.hypot(*(ends[1] - ends[0])) > LEADER_FROM:
            colour, (x, y) = self.canvas.colour("mute"), (ends / self.room).T
            self.axes.plot(x, y, color=colour, linewidth=0.8, transform=self.axes.transAxes, zorder=2)


def measure(axes: Axes, canvas: Canvas) -> Field:
    """Settle the layout of the figure, so that places in it can be measured."""
    figure = axes.get_figure(root=True)
    engine = figure.get_layout_engine() if figure else None
    if figure and engine:
        close_lines(figure)
        with any_sign():
            engine.execute(figure)
    scale = POINTS_PER_INCH / axes.figure.dpi
    return Field(axes, canvas, (axes.bbox.width * scale, axes.bbox.height * scale))
