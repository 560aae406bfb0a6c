"""Direct labels that never collide: in a row, at the ends of curves, and near points wherever there is room."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from scipy.optimize import isotonic_regression

from cxlib.report.canvas import POINTS_PER_INCH, Canvas, settle

LONGEST = 120  # characters in one line of any label
GRID = 3.0  # points between the places that are tried
AIR = 3.0  # points between two labels
NEAR = 7.0  # points between a point and its label
COVER_COST, DOT_COST, TOUCH_COST = 12.0, 60.0, 1e6  # how many points of distance it is worth not to cover one
LEADER_FROM = 16.0  # points between a point and its label from which a line joins them
LABEL_LINE = 1.35  # height of a line of text, in font sizes
BOLD = 1.08  # how much wider bold letters are
Pair = tuple[float, float]
Points = Sequence[Pair]
Places = Sequence[float] | np.ndarray
SAMPLE = 4.0  # points between the places of a line that labels keep off


def spread(positions: Sequence[float], gap: float, *, low: float = -np.inf, high: float = np.inf) -> list[float]:
    """Move labels as little as possible so that neighbours are `gap` apart, between `low` and `high`; order stays.

    Where there is no room for all, the gap shrinks. With the gap times the rank taken off, the least squares solution
    is isotonic regression (Barlow et al., 1972).
    """
    places = np.array(positions, dtype=float)
    if len(places) == 0:
        return []
    order = np.argsort(places, kind="stable")
    ranks = np.arange(len(places)) * min(gap, (high - low) / max(len(places) - 1, 1))
    nearest = isotonic_regression(places[order] - ranks).x
    places[order] = np.clip(nearest, low, max(low, high - ranks[-1])) + ranks
    return [float(place) for place in places]


def backing(canvas: Canvas) -> dict[str, object]:
    """Background behind a text, so that no line runs through it."""
    return {"facecolor": canvas.colour("bg"), "edgecolor": "none", "pad": 1.0}


def fitted(canvas: Canvas, thing: object, room: float) -> str:
    """The text in one line, cut where it would be wider than `room` points."""
    text = canvas.shorten(thing, LONGEST)
    while len(text) > 1 and canvas.width_of(text) > room:
        text = text.rstrip("\u2026")[:-1].rstrip() + "\u2026"
    return text


@dataclass(frozen=True)
class Box:
    """A rectangle in points, from the lower left corner of the axes."""

    left: float
    bottom: float
    width: float
    height: float

    def nearest(self, point: tuple[float, float]) -> tuple[float, float]:
        """The place in the box that is nearest to a point."""
        x = min(max(point[0], self.left), self.left + self.width)
        y = min(max(point[1], self.bottom), self.bottom + self.height)
        return x, y


def place_labels(
    points: Points, sizes: Points, room: tuple[float, float], *, dots: Points = (), lines: Points = ()
) -> list[Box]:
    """Give each label the free place that is nearest to its point; all in points, inside the width and height `room`.

    Labels keep off other labels at any price, off `dots` where it costs much and off `lines` where it costs little.
    """
    placed: dict[int, Box] = {}
    for i in _crowded_first(points):
        placed[i] = _place(points[i], sizes[i], room, list(placed.values()), (dots, lines))
    return [placed[i] for i in range(len(points))]


def _crowded_first(points: Points) -> list[int]:
    """Points with near neighbours choose first: the others have more freedom."""
    places = np.asarray(points, dtype=float).reshape(-1, 2)
    apart = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    return [int(i) for i in np.argsort(np.log1p(apart).sum(axis=1), kind="stable")]


def _place(point: Pair, size: Pair, room: Pair, taken: Sequence[Box], marks: tuple[Points, Points]) -> Box:
    """The cheapest of all places on a fine grid and close to the point, off dots and lines, the `marks`."""
    (x, y), (width, height) = point, size
    lefts = _tries(room[0] - width, (x + NEAR, x - NEAR - width, x - width / 2))[None, :]
    bottoms = _tries(room[1] - height, (y - height / 2, y + NEAR, y - NEAR - height))[:, None]
    away = np.hypot(_gap(lefts, x, width), _gap(bottoms, y, height))
    off_centre = np.hypot(lefts + width / 2 - x, bottoms + height / 2 - y)
    cost = np.abs(away - NEAR) + 0.05 * off_centre
    for places, each in zip(marks, (DOT_COST, COVER_COST), strict=True):
        across, up = np.reshape(places, (-1, 2)).T[:, :, None]
        over, level = _gap(lefts, across, width) < AIR, _gap(bottoms.T, up, height) < AIR  # of each mark: (n, places)
        cost = cost + each * (level.T.astype(float) @ over.astype(float))
    for box in taken:
        beside = (lefts < box.left + box.width + AIR) & (box.left < lefts + width + AIR)
        cost = cost + TOUCH_COST * (beside & (bottoms < box.bottom + box.height) & (box.bottom < bottoms + height))
    row, column = np.unravel_index(int(cost.argmin()), cost.shape)
    return Box(float(lefts[0, column]), float(bottoms[row, 0]), width, height)


def _tries(last: float, close: Sequence[float]) -> np.ndarray:
    return np.unique(np.clip([*np.arange(0.0, max(last, 0.0), GRID), *close], 0.0, max(last, 0.0)))


def _gap(start: np.ndarray, place: float | np.ndarray, length: float) -> np.ndarray:
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
    """Axes whose layout is settled, in points; made by `measure` when all but the labels has been drawn."""

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
        """Write each note near its place, off `dots` and `lines` (in points); with `lead` a line joins distant ones."""
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
            note.text,
            (0.0, 0.0),
            xytext=(box.left + share * box.width, box.bottom + box.height / 2),
            xycoords="axes fraction",
            textcoords="offset points",
            ha=side,
            va="center",
            weight=note.weight,
            color=self.canvas.colour(note.colour),
            annotation_clip=False,
            zorder=5,
            bbox=backing(self.canvas),
        )

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
    if figure := axes.get_figure(root=True):
        settle(figure)
    scale = POINTS_PER_INCH / axes.figure.dpi
    return Field(axes, canvas, (axes.bbox.width * scale, axes.bbox.height * scale))
