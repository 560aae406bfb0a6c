"""A matplotlib figure as a small, theme-following, reproducible piece of SVG.

matplotlib writes SVG for print: every element with its own style attribute, six decimals, a group for everything. Here
that becomes markup that may stand in a page under a strict content policy: styles hoisted to classes that are named by
what they say (equal styles share one rule on a whole page), stand-in colours turned into CSS variables, coordinates in
tenths of a point, ids from a hash of the content, text left as text.
"""

import base64
import hashlib
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os.path import commonprefix
from xml.etree import ElementTree as ET

import numpy as np
from markupsafe import Markup
from matplotlib.collections import Collection
from matplotlib.colors import to_hex, to_rgba_array
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image

from cxlib.masking import mask_label
from cxlib.report.theme import LIGHT, SENTINELS, any_sign

MAX_MARKS = 1_000
SPOT_BREAK, SHARED = "\u2028", re.compile(r"[\0-\uffff]{0,57}")  # beyond, a browser counts a sign as two
RASTER_DPI = 144
RASTER_COLOURS = 64
CLOSE = 1.5  # tenths of a point: a fifth of a pixel on a page
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
_DEFAULTS = {"text-anchor": "start", "stroke-linejoin": "miter", "font-weight": "400", "fill-opacity": "1"}
_BOX, NUMBER, NO_LINE = ("x", "y", "width", "height"), re.compile(r"-?\d[\d.e+-]*"), re.compile(r"(M[-\d.\s]*)*")
_COORDINATES = ("x", "y", "width", "height", "cx", "cy", "r")
_VARIABLES = {value: f"var(--{name})" for name, value in SENTINELS.items()}


@dataclass(frozen=True)
class Drawing:
    """SVG markup without any style attribute, and the CSS rules that its classes need."""

    markup: Markup
    rules: tuple[str, ...]


def draw_svg(figure: Figure, *, spots: Sequence[tuple[float, float, str]] = ()) -> Drawing:
    """Turn a figure into a `Drawing`; `spots` are places in points from the upper left and what is told of them.

    Above 1,000 marks, points and the like become one 64-colour PNG inside the SVG; text and axes stay live. Such a
    picture cannot follow the theme, so it takes the light theme's colours, which can be seen on either background.
    """
    for axes in figure.axes:
        artists: list[Collection | Line2D] = [*axes.collections, *axes.lines]
        crowds = [artist for artist in artists if _marks(artist) > 1]
        if sum(map(_marks, crowds)) > MAX_MARKS:
            for artist in crowds:
                _real_colours(artist)
                artist.set_rasterized(True)
    buffer = io.StringIO()
    with any_sign():
        figure.savefig(buffer, format="svg", dpi=RASTER_DPI, metadata=_NO_METADATA)
    return _clean(ET.fromstring(buffer.getvalue()), spots)  # noqa: S314  # matplotlib's own output, text already escaped


def shorten_path(path: str) -> str:
    """A path in relative commands and tenths of a point, without points on its way; rounding does not accumulate."""
    pieces, here, start, last = [], (0, 0), (0, 0), ""
    for command, points in _straight(path):
        if command == "z":
            letter, shift, here = "z", [], start
        elif command == "M":
            letter, shift, here = "M", list(points[0]), points[0]
            start = here
        else:
            letter, shift = _relative(command, points, here)
            here = points[-1]
        pieces.append(_command("" if letter == last and letter != "z" else letter, shift))
        last = letter
    return "".join(pieces)


def _straight(path: str) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """The commands with their points in tenths; points that a straight line passes closely are left out."""
    here, skipped = (0, 0), list[tuple[int, int]]()
    for command, numbers in (*re.findall(r"([MLQCz])([^MLQCz]*)", path), ("", "")):
        tenths = [round(float(number) * 10) for number in numbers.split()]
        points = list(zip(tenths[::2], tenths[1::2], strict=True))
        if skipped and (command != "L" or any(_aside(point, here, points[0]) > CLOSE for point in skipped)):
            here = skipped[-1]
            yield "L", [here]
            skipped = []
        if command == "L":
            skipped += points
        elif command:
            here = points[-1] if points else here
            yield command, points


def _aside(point: tuple[int, int], start: tuple[int, int], end: tuple[int, int]) -> float:
    """How far a point is from the straight piece between two others."""
    (x, y), (across, up) = [(p[0] - start[0], p[1] - start[1]) for p in (point, end)]
    along = min(max((x * across + y * up) / (across**2 + up**2 or 1), 0), 1)
    return math.hypot(x - along * across, y - along * up)


def _relative(command: str, points: list[tuple[int, int]], here: tuple[int, int]) -> tuple[str, list[int]]:
    shift = [end - begin for point in points for end, begin in zip(point, here, strict=True)]
    if command == "L" and 0 in shift:
        return ("h", shift[:1]) if shift[1] == 0 else ("v", shift[1:])
    return command.lower(), shift


def _command(letter: str, tenths: list[int]) -> str:
    text, before = letter, ""
    for number in tenths:
        written = _tenths(number)
        apart = written.startswith("-") or (letter and text == letter) or (written.startswith(".") and "." in before)
        text, before = text + (written if apart else f" {written}"), written
    return text


def _tenths(number: int) -> str:
    whole, rest = divmod(abs(number), 10)
    size = f"{whole}.{rest}" if rest and whole else f".{rest}" if rest else str(whole)
    return f"-{size}" if number < 0 else size


def pack(texts: Sequence[str]) -> str:
    """The texts as one; a letter stands for how many signs a text shares with the one before, A for none."""
    packed, before = [], ""
    for text in (mask_label(text.replace(SPOT_BREAK, " ")) for text in texts):
        shared = len(SHARED.match(commonprefix([before, text]))[0])  # type: ignore[index]  # noqa: RUF071 - of texts
        packed.append(chr(ord("A") + shared) + text[shared:])
        before = text
    return SPOT_BREAK.join(packed)


def _clean(root: ET.Element, spots: Sequence[tuple[float, float, str]]) -> Drawing:
    rules: dict[str, str] = {}
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.tail = None
    _join_cells(root)
    _lines_first(root)
    _unclip(root)
    for element in root.iter():
        _tidy(element)
        style = element.attrib.pop("style", None)
        if element.tag == "svg":
            style = "stroke-linejoin: round"  # matplotlib's default, which it says in a stylesheet that is dropped here
        declarations = _declarations(style or "")
        if declarations and element.tag != "style":
            name = "k" + _digest(declarations, 5)
            rules[declarations] = f".{name}{{{declarations}}}"
            element.attrib["class"] = name
    box = root.attrib["viewBox"]
    _drop_unused(root)
    _flatten(root)
    root.attrib = {"viewBox": box, "aria-hidden": "true", "focusable": "false"}
    _share_classes(root, see_through={rule[1:7] for rule in rules.values() if "opacity" in rule})
    _name_ids(root)
    if spots:  # a path without a line: the page's script reads it
        path = "".join(f"M{x:.0f} {y:.0f}" for x, y, _ in spots)
        ET.SubElement(root, "path", {"class": "spots", "d": path, "data-label": pack([text for *_, text in spots])})
    return Drawing(Markup(ET.tostring(root, encoding="unicode")), tuple(_checked(rules)))  # noqa: S704  # escaped by ET


def _lines_first(root: ET.Element) -> None:
    """Put the lines of an axis before its labels, so that those of one look can be one path and one group."""
    for axis in root.iter("g"):
        if _id(axis).startswith("matplotlib.axis"):
            parts = [part for tick in axis for part in (tick if re.match("[xy]tick_", _id(tick)) else (tick,))]
            axis[:] = sorted(parts, key=lambda part: _id(part).startswith("text"))


def _unclip(root: ET.Element) -> None:
    """Clip only what reaches beyond the frame that would cut it."""
    frames = {
        f"url(#{_id(clip)})": [float(clip[0].get(name, "nan")) for name in _BOX] for clip in root.iter("clipPath")
    }
    for path in root.iter("path"):
        line, frame = path.get("d", ""), frames.get(path.get("clip-path", ""))
        if frame and (NO_LINE.fullmatch(line) or _within(line, *frame)):
            del path.attrib["clip-path"]


def _within(line: str, x: float, y: float, width: float, height: float) -> bool:
    numbers = [float(number) for number in NUMBER.findall(line)]
    across, up = numbers[::2], numbers[1::2]
    aside = x - 1 <= min(across) and max(across) <= x + width + 1
    return aside and y - 1 <= min(up) and max(up) <= y + height + 1


def _id(element: ET.Element) -> str:
    return element.attrib.get("id", "")


def _tidy(element: ET.Element) -> None:
    """Shorten numbers, and drop what says nothing."""
    attributes = element.attrib
    link = attributes.pop("{http://www.w3.org/1999/xlink}href", None)
    if link is not None:
        attributes["href"] = _fewer_colours(link) if link.startswith("data:image/png") else link
    if "d" in attributes:
        attributes["d"] = shorten_path(attributes["d"])
    if element.tag == "text":
        _place_text(attributes)
    for name in _COORDINATES:
        if name in attributes and element.tag not in ("image", "svg"):
            attributes[name] = _tenths(round(float(attributes[name]) * 10))
    if element.tag != "text" and element.text and not element.text.strip():
        element.text = None


def _place_text(attributes: dict[str, str]) -> None:
    """Say where a text stands by x and y alone; only a real rotation keeps its transform."""
    move = attributes.get("transform", "")
    if shift := re.fullmatch(r"translate\(([-\d.e]+) ([-\d.e]+)\)", move):
        attributes["x"], attributes["y"] = shift.groups()
    if shift or re.match(r"rotate\(-?0(?:\.0)? ", move):
        del attributes["transform"]


def _declarations(style: str) -> str:
    parts = []
    for part in filter(None, (piece.strip() for piece in style.split(";"))):
        name, _, value = (piece.strip() for piece in part.partition(":"))
        if name != "font-family" and _DEFAULTS.get(name) != value:
            parts.append(f"{name}:{_VARIABLES.get(value.lower(), value)}")
    return ";".join(parts)


def _join_cells(root: ET.Element) -> None:
    """Make one path of all cells of one colour in a heatmap; a masked cell, which has no colour, is left out."""
    for mesh in root.iter("g"):
        if not mesh.attrib.get("id", "").startswith("QuadMesh"):
            continue
        cells: dict[tuple[tuple[str, str], ...], str] = {}
        for path in mesh:
            corners = path.attrib.pop("d").rpartition("L")[0] + "z"  # it ends where it began
            style = tuple(path.attrib.items())
            if "fill: none" not in path.attrib.get("style", ""):
                cells[style] = cells.get(style, "") + corners
        mesh[:] = [ET.Element("path", {"d": corners, **dict(style)}) for style, corners in cells.items()]


def _join_neighbours(group: ET.Element) -> None:
    """Make one path of those that follow each other in a group and are alike."""
    joined: list[ET.Element] = []
    for child in group:
        last = joined[-1] if joined else child
        if child.tag == "path" and NO_LINE.fullmatch(child.attrib.get("d", "")):
            continue  # a line between missing values, or of one point
        if last is not child and child.tag == last.tag == "path" and _style(child) == _style(last):
            last.attrib["d"] += child.attrib["d"]
        else:
            joined.append(child)
    group[:] = joined


def _style(path: ET.Element) -> dict[str, str]:
    return {name: value for name, value in path.attrib.items() if name != "d"}


def _digest(text: str, length: int) -> str:
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
    letters = "0123456789abcdefghijklmnopqrstuvwxyz"
    return "".join(letters[number // 36**i % 36] for i in range(length))


def _references(root: ET.Element) -> set[str]:
    values = [value for element in root.iter() for value in element.attrib.values() if "#" in value]
    return {name for value in values for pair in re.findall(r"^#(.+)$|url\(#([^)]+)\)", value) for name in pair if name}


def _drop_unused(root: ET.Element) -> None:
    """Remove stylesheets, ids and clip paths that nothing refers to, and empty groups."""
    used = _references(root)
    for parent in list(root.iter()):
        for child in list(parent):
            unused = child.tag == "clipPath" and child.attrib.get("id") not in used
            if unused or child.tag in ("style", "metadata"):
                parent.remove(child)
    for element in root.iter():
        if element.attrib.get("id") not in used:
            element.attrib.pop("id", None)


def _flatten(element: ET.Element) -> None:
    """Replace groups that carry nothing by what they hold."""
    children: list[ET.Element] = []
    for child in list(element):
        _flatten(child)
        children += list(child) if child.tag == "g" and not child.attrib else [child]
    element[:] = [child for child in children if child.tag not in ("g", "defs") or len(child)]


def _share_classes(root: ET.Element, see_through: set[str]) -> None:
    """Put neighbours of one class into one group that has the class; what overlaps may be joined if it is opaque."""
    children, root[:] = list(root), []
    for child in children:
        name = child.attrib.get("class")
        if name is None:
            root.append(child)
            continue
        if not (len(root) and root[-1].tag == "g" and root[-1].attrib == {"class": name}):
            root.append(ET.Element("g", {"class": name}))
        del child.attrib["class"]
        root[-1].append(child)
    for group in root:
        if group.tag == "g" and group.attrib.get("class") not in see_through:
            _join_neighbours(group)
    for group in [group for group in root if group.tag == "g" and len(group) == 1 and group.attrib.keys() == {"class"}]:
        only = group[0]
        only.attrib = {**group.attrib, **only.attrib}
        root[list(root).index(group)] = only


def _name_ids(root: ET.Element) -> None:
    """Give what is referred to an id that no other drawing on the page has."""
    content = ET.tostring(root, encoding="unicode")
    prefix = "f" + _digest(content, 6)
    names = {old: f"{prefix}{i}" for i, old in enumerate(sorted(_references(root), key=content.index))}
    for element in root.iter():
        for key, value in element.attrib.items():
            if key == "id":
                element.attrib[key] = names[value]
            elif not value.startswith("data:"):
                element.attrib[key] = re.sub(r"#([^)]+)", lambda link: f"#{names.get(link[1], link[1])}", value)


def _checked(rules: dict[str, str]) -> Iterator[str]:
    for rule in rules.values():
        if stray := re.search(r"#[0-9a-fA-F]{6}", rule):
            raise ValueError(f"the colour {stray[0]} is not in the palette; draw with canvas.colour(...)")
        yield rule


def _marks(artist: Collection | Line2D) -> int:
    if isinstance(artist, Collection):
        return max(len(np.atleast_2d(artist.get_offsets())), len(artist.get_paths()))
    has_markers = artist.get_marker() not in ("None", "none", "", " ", None)
    return np.size(artist.get_xdata()) if has_markers else 0


def _real_colours(artist: Collection | Line2D) -> None:
    names = {sentinel: LIGHT[name] for name, sentinel in SENTINELS.items()}
    if isinstance(artist, Line2D):
        artist.set_markerfacecolor(names.get(to_hex(artist.get_markerfacecolor()), artist.get_markerfacecolor()))
        artist.set_markeredgecolor("none")
        return
    faces = to_rgba_array(artist.get_facecolor())
    artist.set_facecolor([(names.get(to_hex(face), to_hex(face)), float(face[3])) for face in faces])
    artist.set_edgecolor("none")


def _fewer_colours(link: str) -> str:
    """The embedded picture with at most 64 colours: a tenth of the size, and no visible loss in a scatter."""
    picture = Image.open(io.BytesIO(base64.b64decode(link.partition(",")[2]))).convert("RGBA")
    small = io.BytesIO()
    picture.quantize(RASTER_COLOURS, method=Image.Quantize.FASTOCTREE).save(small, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(small.getvalue()).decode("ascii")
