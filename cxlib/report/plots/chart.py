"""What charts share: the columns they need, axes, the colours of curves and the names at their ends."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.checks import Floats, read_numbers, require_columns
from cxlib.errors import ConfigurationError
from cxlib.language import Day, Decimal, Message, Month, Quantity, T
from cxlib.report.canvas import POINTS_PER_INCH, Canvas, Maker
from cxlib.report.plots.labels import spread
from cxlib.report.table import Column

TICKS, PHONE_TICKS = 7, 5  # most at multiples of a step
HUES = ("c1", "c3", "c4")  # beside the highlight c2
MOST_HUES = 3
LINE_SPACING = 1.3
OUTSIDE_INCHES = 0.75  # height of what stands under the axes
POINTS_TOLD_APART, PHONE_POINTS_TOLD_APART = 160, 100
MOST_SPOTS = 16  # of a curve that a reader can point at
EMPTY_LINE = 60  # characters
EMPTY_INCHES = 0.8


def check_columns(
    frame: pd.DataFrame, what: str, *, numeric: Iterable[str | None] = (), names: Iterable[str | None] = ()
) -> None:
    """Raise a DataError where a column is missing, or one of the `numeric` ones holds what is no finite number."""
    numbers = [name for name in numeric if name is not None]
    require_columns(frame, [*numbers, *(name for name in names if name is not None)], what=what, rows=False)
    for name in numbers:
        read_numbers(frame[name], name, gaps=True, what=what, remedy="Turn them into numbers or leave them empty")


def numbers(frame: pd.DataFrame, column: str) -> Floats:
    """A checked column as floats (n,), missing values as NaN."""
    return read_numbers(frame[column], column, gaps=True)


def complete(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The rows in which none of the columns is missing.

    >>> complete(pd.DataFrame({"x": [1, None], "y": [2, 3]}), "x", "y").index.tolist()
    [0]
    """
    return frame[np.logical_and.reduce([~np.isnan(numbers(frame, column)) for column in columns])]


def estimates(rows: pd.DataFrame, value: str, low: str | None, high: str | None) -> Floats:
    """Value, low end and high end of each row (3, n); NaN where there is no such column."""
    missing = np.full(len(rows), np.nan)
    return np.array([missing if name is None else numbers(rows, name) for name in (value, low, high)])


def limits_of(rows: pd.DataFrame, *columns: str | None) -> tuple[float, float]:
    """Smallest and largest number of the columns that there are."""
    values = [numbers(rows, name) for name in columns if name is not None]
    return float(np.nanmin(values)), float(np.nanmax(values))


def standing_out(frame: pd.DataFrame, names: str, highlight: object) -> list[bool]:
    """For each row whether its name, or its index label, is the highlight."""
    return [highlight is not None and highlight in (name, label) for label, name in frame[names].items()]


def quantity(kind: Callable[..., Quantity] | None, currency: str = "") -> Maker:
    """How a chart writes its numbers, as a table's column does."""
    return Column("", kind=kind, currency=currency).quantity


def tick_values(values: Floats) -> Maker:
    """How ticks of an axis without a declared kind are written: whole numbers as counts."""
    make = quantity(None)
    return (lambda value: make(round(value))) if bool(np.all(values == values.round())) else make


def say_nothing(axes: Axes, canvas: Canvas) -> None:
    """Say that there is nothing to draw, in place of empty axes."""
    axes.set_axis_off()
    if figure := axes.get_figure(root=True):
        figure.set_figheight(EMPTY_INCHES)
    text = canvas.wrap(T("There is nothing to show yet: no row has enough data."), EMPTY_LINE)
    canvas.write(axes, text, (0.5, 0.5), side="center", colour="mute", within="axes")


Spots = Iterable[tuple[float, float]]


def tell(axes: Axes, canvas: Canvas, spots: Spots, names: Iterable[object], said: tuple[Floats, Maker]) -> None:
    """Let a reader point at each spot: its name and its value, of (n,), or with its interval, of (3, n)."""
    marks, make = said
    for (x, y), name, (value, *ends) in zip(spots, names, np.atleast_2d(marks).T, strict=True):
        if value == value:
            text, interval = canvas.say(make(value)), [canvas.say(make(end)) for end in ends if end == end]
            if len({text, *interval}) > 1:
                low, high = map(make, ends)
                text += f" ({canvas.say(T('{low} to {high}', low=low, high=high))})"
            canvas.spots.append((axes, float(x), float(y), f"{canvas.say(name)}: {text}"))


def at_places(canvas: Canvas, name: object, column: pd.Series) -> list[str]:
    """The name of a curve and each place of it, such as a month, or a day where one is not a month's first."""
    before = "" if name is None else f"{canvas.say(name)}, "
    if is_time(column):
        make_time = Month if (column.dt.day == 1).all() else Day
        return [before + canvas.say(make_time(day.date())) for day in column]
    make = tick_values(column.to_numpy(float)) if pd.api.types.is_numeric_dtype(column) else None
    return [before + canvas.say(make(x) if make else x) for x in column.tolist()]


def some(count: int, most: int = MOST_SPOTS) -> np.ndarray:
    """Positions of at most `most` of as many points, evenly apart, with the first and the last."""
    return np.unique(np.linspace(0, max(count - 1, 0), min(count, most)).round().astype(int))


def hues(keys: Sequence[Hashable], highlight: object, what: str, *, most: int = MOST_HUES) -> dict[Hashable, str]:
    """Colour name of each curve: the highlight's own, the others in order."""
    if len(keys) > most:
        raise ConfigurationError(
            f"{what}: {len(keys)} curves in one chart, at most {most} can be told apart. "
            "Leave some out, or draw them as SmallMultiples."
        )
    others = iter((*HUES, "c2"))
    return {key: "c2" if highlight is not None and key == highlight else next(others) for key in keys}


def thin(places: Floats, canvas: Canvas) -> np.ndarray:
    """Positions of the points that can be told apart on the canvas: the first, and the last of each narrow stretch.

    A curve with a step for each of 20,000 customers would weigh more than its page; what is left out is closer to its
    neighbour than the line is wide.
    """
    most = POINTS_TOLD_APART if canvas.wide else PHONE_POINTS_TOLD_APART
    if len(places) <= most:
        return np.arange(len(places))
    stretch = np.floor((places - places[0]) / ((places[-1] - places[0]) or 1.0) * most)
    return np.union1d([0], np.flatnonzero(np.diff(stretch, append=np.inf)))


def value_axis(axes: Axes, canvas: Canvas, ends: tuple[float, float], make: Maker) -> None:
    """Limit the vertical axis, with a little air above, and give it ticks and a grid."""
    low, high = ends
    axes.set_ylim(low, high + (high - low or 1.0) * 0.04)
    axes.set_yticks(*canvas.ticks(low, high, make, stacked=True))
    axes.grid(axis="y")


def title_values(axes: Axes, canvas: Canvas, message: Message | None) -> None:
    """Say what the vertical axis measures: over its top, where a line of text begins."""
    if message is not None:
        text = canvas.wrap_across(message)
        canvas.write(axes, text, (0.0, 1.0), shift=(0.0, 7.0), colour="mute", within="axes", va="bottom")


def is_time(column: pd.Series) -> bool:
    """Whether a column holds days, which are shown as months."""
    return bool(pd.api.types.is_datetime64_any_dtype(column))


def month_ticks(canvas: Canvas, days: pd.Series, most: int) -> tuple[list[float], list[str]]:
    """Places and short names of at most `most` months, evenly apart, each at the first of its days."""
    firsts = np.flatnonzero(~days.dt.to_period("M").duplicated())
    places = firsts[:: max(1, -(-len(firsts) // most))]
    return places.astype(float).tolist(), [canvas.say(Month(day.date(), short=True)) for day in days.iloc[places]]


def number_ticks(
    canvas: Canvas, ends: tuple[float, float], places: np.ndarray, *, step: float = 0.0, most: int | None = None
) -> tuple[list[float], list[str]]:
    """Places and texts along an axis of numbers, at multiples of `step` where there is one, such as 6 for months."""
    low, high = ends
    if not step or high < step:
        return canvas.ticks(low, high, tick_values(places), most=most)
    most = most or (TICKS if canvas.wide else PHONE_TICKS)
    ticks = [tick for tick in multiples(step, high, most) if tick >= low]
    return ticks, [canvas.say(Decimal(tick, digits=0 if float(step).is_integer() else 1)) for tick in ticks]


def multiples(step: float, last: float, most: int) -> list[float]:
    """Multiples of `step` from zero to `last`; of twice, four times... the step where that gives too many."""
    every = step
    while last / every + 1 >= most + 1:
        every *= 2
    return [float(tick) for tick in np.arange(0.0, last + step * 1e-9, every)]


@dataclass(frozen=True)
class CurveEnd:
    """The last point of a curve, its name, and the name of its colour."""

    x: float
    y: float
    name: Message | Quantity | str
    colour: str


def name_ends(axes: Axes, canvas: Canvas, ends: Sequence[CurveEnd]) -> None:
    """Write each name beside its curve's last point, pushed apart where curves end close together."""
    low, high = axes.get_ylim()
    height = (canvas.size[1] - OUTSIDE_INCHES) * POINTS_PER_INCH
    put = canvas.wrap if len(ends) == 1 else canvas.shorten  # a name alone has room for more lines
    texts = [put(end.name, 24 if canvas.wide else 14) for end in ends]
    gap = canvas.font_size * LINE_SPACING * (high - low) / height
    places = spread([end.y for end in ends], gap, low=low, high=high)
    for end, text, y in zip(ends, texts, places, strict=True):
        canvas.write(axes, text, (end.x, y), shift=(6.0, 0.0), colour=end.colour, weight=600)
