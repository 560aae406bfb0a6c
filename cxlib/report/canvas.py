"""What a plot draws on: axes in one language, one direction and one shape (wide page or phone).

A plot is a function of the axes and the canvas. It writes only through `Canvas.say`, colours only through
`Canvas.colour`, and mirrors through `Canvas.mirror`; everything else is ordinary matplotlib.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal, Protocol

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.ticker import MaxNLocator

from cxlib.language import Count, Days, Decimal, Money, Percent, Points, Quantity, Speaker, minor_units, speaker
from cxlib.masking import mask_label
from cxlib.report.component import printable
from cxlib.report.svg import Drawing, draw_svg
from cxlib.report.theme import FAMILY, LIGHT, SENTINELS, any_sign, chart_style, register_fonts

RIGHT_TO_LEFT_MARK, ELLIPSIS = "\u200f", "\u2026"
MAX_LABEL_LINES = 3
WIDE_INCHES, NARROW_INCHES = (7.2, 3.6), (3.9, 4.2)
POINTS_PER_INCH = 72
STRETCH = 1.5  # how much longer lines may become so that three of them hold a text
LINE_SPACING = 0.78  # of the line box
TICK_SHARE = 0.5  # share of the width that tick labels may fill; the rest is air and the names of the bars
Maker = Callable[[float], Quantity]
Side = Literal["left", "right", "center"]
Within = Literal["data", "axes", "row", "column"]
_OTHER_SIDE: dict[Side, Side] = {"left": "right", "right": "left", "center": "center"}


class Plot(Protocol):
    """Anything that draws itself on axes; it may also have ``height(canvas)``, in inches."""

    def __call__(self, axes: Axes, canvas: Canvas, /) -> object:
        """Draw."""


@dataclass(frozen=True)
class Canvas:
    """Language, direction and shape of one drawing.

    `voice`: Says everything that is written.
    `wide`: True for a page, False for the phone-shaped variant.
    `mirror_time`: Whether time runs from right to left in right-to-left languages.

    >>> from cxlib.language import Percent, speaker
    >>> Canvas(speaker("en"), wide=False).voice.say(Percent(0.25))
    '25%'
    """

    voice: Speaker
    wide: bool = True
    mirror_time: bool = True
    colours: Mapping[str, str] = field(default_factory=lambda: SENTINELS, repr=False)
    spots: list[tuple[Axes, float, float, str]] = field(default_factory=list, repr=False, compare=False)
    """Places of the drawing, in data, and what a reader who points there is told."""

    @property
    def rtl(self) -> bool:
        """Whether the language is written from right to left."""
        return self.voice.direction == "rtl"

    @property
    def font_size(self) -> float:
        """Points; larger on the phone variant, because a phone shows it smaller."""
        return 10.0 if self.wide else 10.8

    @property
    def size(self) -> tuple[float, float]:
        """Width and usual height in inches."""
        return WIDE_INCHES if self.wide else NARROW_INCHES

    def say(self, thing: object) -> str:
        """Text of a message, quantity or data value, with the base direction of the language.

        A text with right-to-left letters gets a mark in front, or a Latin name at its start would turn it round.
        Contacts are masked here, before a text is cut short or broken into lines of which none holds a whole number.
        """
        text = mask_label(printable(self.voice.say(thing)).replace("\n", " "))
        turns = self.rtl and any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text)
        return RIGHT_TO_LEFT_MARK + text if turns else text

    def wrap(self, thing: object, width: int) -> str:
        """The text in lines of at most `width` characters, at most three of them."""
        text = self.say(thing)
        mark = RIGHT_TO_LEFT_MARK if text.startswith(RIGHT_TO_LEFT_MARK) else ""
        lines = textwrap.wrap(text.removeprefix(mark), width, max_lines=MAX_LABEL_LINES, placeholder=ELLIPSIS)
        return "\n".join(mark + line for line in lines)

    def shorten(self, thing: object, width: int) -> str:
        """The text in one line of at most `width` characters."""
        text = self.say(thing)
        return text if len(text) <= width else text[: width - 1].rstrip() + ELLIPSIS

    def title_axis(self, axes: Axes, message: object | None) -> None:
        """Say what the horizontal axis measures, in as many lines as it needs; nothing for None."""
        if message is not None:
            axes.set_xlabel(self.wrap_across(message))

    def write(
        self,
        axes: Axes,
        text: str,
        place: tuple[float, float],
        *,
        shift: tuple[float, float] = (0.0, 0.0),
        side: Side = "left",
        colour: str = "ink",
        within: Within = "data",
        **style: Any,
    ) -> None:
        """Write a text that has been said; where the axes are mirrored it stands on the other side of its place.

        `place`: In data; or as shares of the axes from where a line of text begins, both (`within` "axes") or only the
            one across ("row") or up ("column").
        `shift`: Points from the place in the direction of reading, and up.
        `side`: Which side of the text is at the place.
        `style`: Further properties of matplotlib's `Text`, such as ``weight=600``.
        """
        turned = axes.xaxis_inverted()
        x = 1.0 - place[0] if turned and within in ("axes", "row") else place[0]
        across, up = shift
        frames = {"axes": "axes fraction", "row": axes.get_yaxis_transform(), "column": axes.get_xaxis_transform()}
        axes.annotate(
            text,
            (x, place[1]),
            xytext=(-across if turned else across, up),
            xycoords=frames.get(within, "data"),
            textcoords="offset points",
            ha=_OTHER_SIDE[side] if turned else side,
            color=self.colour(colour),
            annotation_clip=False,
            **{"va": "center", **style},
        )

    def wrap_across(self, thing: object) -> str:
        """The text in lines of equal length that are no longer than the drawing is wide."""
        return self.balance(thing, 70 if self.wide else 40)

    def balance(self, thing: object, width: int) -> str:
        """The text in equally long lines of at most `width` characters; half as long again where that spares an end."""
        longest = int(width * STRETCH)
        room = next((w for w in range(width, longest) if not self.wrap(thing, w).endswith(ELLIPSIS)), longest)
        text = self.wrap(thing, room)
        word = max(map(len, self.say(thing).split()), default=1)
        closer = (self.wrap(thing, w) for w in range(min(word, room), room + 1))
        return next(each for each in closer if each.count("\n") <= text.count("\n") and each[-1:] == text[-1:])

    def width_of(self, text: str, size: float | None = None) -> float:
        """Width of a text in points; `size` is its font size, the canvas' own when left out."""
        return _text_width(text, size or self.font_size)

    def colour(self, name: str) -> str:
        """What to draw with for a colour name of the palette."""
        return self.colours[name]

    def mirror(self, axes: Axes, *, time: bool = False) -> bool:
        """Turn the horizontal axis round where the language asks for it; says whether it did.

        With `time` the axis is a time axis, whose direction is a setting of its own. The vertical axis' labels always
        stand where a line of text begins.
        """
        turned = self.rtl and (self.mirror_time or not time)
        if turned:
            axes.invert_xaxis()
            axes.yaxis.tick_right()
            axes.yaxis.set_label_position("right")
            axes.tick_params(right=False)
        return turned

    def ticks(
        self, low: float, high: float, make: Maker, *, most: int | None = None, stacked: bool = False
    ) -> tuple[list[float], list[str]]:
        """Round values from `low` to `high` and their texts: equally many decimals, and no more than fit.

        There are at most `most` steps; six on a page and four on a phone when left out. With `stacked` the texts stand
        above each other, so that their widths do not count.
        """
        whole, margin = isinstance(make(1), Count | Days | Money), (high - low) * 1e-9
        for bins in range(most or (6 if self.wide else 4), 0, -1):
            locator = MaxNLocator(nbins=bins, steps=[1, 2, 2.5, 5, 10], integer=whole)
            values = [float(v) for v in locator.tick_values(low, high) if low - margin <= v <= high + margin]
            texts = [self.say(quantity) for quantity in even_digits([make(value) for value in values])]
            if stacked or sum(map(self.width_of, texts)) <= TICK_SHARE * self.size[0] * POINTS_PER_INCH:
                break
        return values, texts


@lru_cache(maxsize=4096)
def _text_width(text: str, size: float) -> float:
    register_fonts()
    with any_sign():
        lettering = FontProperties(family=FAMILY, size=size)
        return float(text_to_path.get_text_width_height_descent(text, lettering, False)[0])


def even_digits(quantities: Sequence[Quantity]) -> list[Quantity]:
    """The quantities with as few decimals as show all exactly (at most two; money all or none), the same for each."""
    digits = _digits([(each.value or 0) * _scale(each) for each in quantities])
    fractional = Percent | Money | Decimal | Points
    return [replace(each, digits=digits) if isinstance(each, fractional) else each for each in quantities]


def _scale(quantity: Quantity) -> float:
    if isinstance(quantity, Money):
        return 1 / minor_units(quantity.currency)
    return 100.0 if isinstance(quantity, Percent) else 1.0


def _digits(numbers: Sequence[float]) -> int:
    return next((d for d in (0, 1) if all(abs(n - round(n, d)) < 1e-6 * max(1, abs(n)) for n in numbers)), 2)


def draw(plot: Plot, canvas: Canvas) -> Drawing:
    """Draw a plot on a canvas; no global state of matplotlib outlives the call."""
    width, usual = canvas.size
    height = plot.height(canvas) if hasattr(plot, "height") else usual
    with mpl.rc_context(chart_style(canvas.font_size)):
        figure = Figure(figsize=(width, height), dpi=POINTS_PER_INCH, layout="constrained")
        FigureCanvasSVG(figure)  # measures texts as the drawing will
        axes = figure.add_subplot()
        figure.patch.set_visible(False)
        axes.patch.set_visible(False)
        plot(axes, canvas)
        settle(figure)
        figure.set_layout_engine(None)  # or saving would draw everything once more to lay it out
        bottom = figure.get_figheight() * POINTS_PER_INCH
        places = [(*axes.transData.transform((x, y)), text) for axes, x, y, text in canvas.spots]
        return draw_svg(figure, spots=[(x, bottom - y, text) for x, y, text in places if x == x and y == y])


def paint(plot: Plot, ax: Axes | None = None) -> Axes:
    """Draw a plot in English in a notebook, on white, and give its axes to go on with; a new figure without `ax`."""
    canvas = Canvas(speaker("en"), colours=LIGHT)
    with mpl.rc_context({**chart_style(canvas.font_size, LIGHT), "figure.facecolor": LIGHT["bg"]}):
        height = plot.height(canvas) if hasattr(plot, "height") else canvas.size[1]
        axes = ax or plt.subplots(figsize=(canvas.size[0], height), layout="constrained")[1]
        plot(axes, canvas)
    return axes


def settle(figure: Figure) -> None:
    """Lay out what has been drawn so far, so that places in it can be measured."""
    close_lines(figure)
    if engine := figure.get_layout_engine():
        with any_sign():
            engine.execute(figure)


def close_lines(figure: Figure) -> None:
    """Set texts of several lines as a page does; the line box of the family is half as high again as its letters."""
    for text in figure.findobj(Text):
        text.set_linespacing(LINE_SPACING)
