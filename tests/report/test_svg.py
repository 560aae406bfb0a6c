"""Tests of the drawings: small, live, themed, mirrored, reproducible."""

import base64
import io
import re
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cxlib.report.canvas import Canvas, draw
from cxlib.report.svg import shorten_path


def one_line(axes, canvas):
    """A line and a label."""
    axes.plot([0, 1, 2], [1, 3, 2], color=canvas.colour("c1"))
    axes.text(1, 2, canvas.say("a <b> & $x$"), rotation=90)


def test_a_drawing_has_no_style_attribute_and_no_outside_reference(english, read):
    """It may stand in a page whose policy allows hashes only."""
    drawing = draw(one_line, Canvas(english))
    read(drawing.markup)
    assert "style=" not in drawing.markup
    assert "xmlns" not in drawing.markup
    assert 'aria-hidden="true"' in drawing.markup


def test_colours_are_variables(english):
    """No fixed colour is left; each is a variable that a theme sets."""
    drawing = draw(one_line, Canvas(english))
    rules = "".join(drawing.rules)
    assert not re.search(r"#[0-9a-f]{6}", drawing.markup + rules)
    assert {"var(--c1)", "var(--ink)"} <= set(re.findall(r"var\(--\w+\)", rules))


def test_every_class_has_its_rule(english):
    """Classes in the markup and rules in the stylesheet match one to one."""
    drawing = draw(one_line, Canvas(english))
    used = set(re.findall(r'class="(\w+)"', drawing.markup))
    assert used == {rule.partition("{")[0].removeprefix(".") for rule in drawing.rules} - {root_class(drawing)}


def root_class(drawing):
    """Name of the rule for the whole drawing."""
    return next(r.partition("{")[0].removeprefix(".") for r in drawing.rules if r.endswith("{stroke-linejoin:round}"))


def test_text_is_text(english):
    """Labels can be selected, searched and read aloud; mathematics is not parsed."""
    assert ">a &lt;b&gt; &amp; $x$</text>" in draw(one_line, Canvas(english)).markup


def test_a_colour_outside_the_palette_is_refused(english):
    """A mark that would not follow the theme is a mistake of the plot."""
    with pytest.raises(ValueError, match="not in the palette"):
        draw(lambda axes, canvas: axes.plot([0, 1], color="red"), Canvas(english))


def test_drawing_leaves_matplotlib_as_it_was(english):
    """No setting outlives the call."""
    before = dict(mpl.rcParams)
    draw(one_line, Canvas(english))
    assert dict(mpl.rcParams) == before


def test_the_same_drawing_has_the_same_bytes(english):
    """Nothing depends on time, memory addresses or order of sets."""
    assert draw(one_line, Canvas(english)) == draw(one_line, Canvas(english))


def test_a_crowd_becomes_one_small_picture(english):
    """Above 1,000 marks there is one picture of at most 64 colours and 60 kB; the axes stay text."""
    points = np.random.default_rng(7).normal(size=(5000, 2))
    drawing = draw(lambda axes, canvas: axes.scatter(*points.T, s=9, color=canvas.colour("c2")), Canvas(english))
    (encoded,) = re.findall(r'href="data:image/png;base64,([^"]+)"', drawing.markup)
    colours = Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGBA").getcolors()
    assert len(colours) <= 64
    _, commonest = max(pair for pair in colours if pair[1][3] > 200)
    assert np.abs(np.array(commonest[:3]) - (0xC2, 0x4E, 0x00)).max() < 8, "a picture cannot hold a CSS variable"
    assert len(drawing.markup) < 60_000
    assert "<text" in drawing.markup


def test_a_thousand_marks_stay_vectors(english):
    """Up to the limit, marks follow the theme."""
    points = np.random.default_rng(7).normal(size=(1000, 2))
    drawing = draw(lambda axes, canvas: axes.scatter(*points.T, s=9, color=canvas.colour("c2")), Canvas(english))
    assert "data:image" not in drawing.markup


numbers = st.floats(-999, 999).map(lambda x: round(x, 6))


@given(st.lists(st.tuples(numbers, numbers), min_size=2, max_size=20))
def test_a_shortened_path_goes_the_same_way(points):
    """Corners are points of the line, rounded, however long it is; what is left out lies close to it."""
    long = " ".join(f"{'L' if i else 'M'} {x} {y}" for i, (x, y) in enumerate(points))
    corners, left = np.array(follow(shorten_path(long))), list(points)
    for start, end in pairwise(corners):
        assert np.abs(start - left.pop(0)).max() <= 0.05 + 1e-6
        while len(left) > 1 and np.abs(end - left[0]).max() > 0.05 + 1e-6:
            passed, way = np.array(left.pop(0)) - start, end - start
            along = np.clip(passed @ way / max(way @ way, 1e-9), 0, 1)
            assert np.hypot(*(passed - along * way)) <= 0.15 + 0.15
    assert np.abs(corners[-1] - points[-1]).max() <= 0.05 + 1e-6


def test_a_long_line_has_few_points():
    """A smooth curve of three hundred points is drawn by a tenth of them."""
    curve = " ".join(f"{'L' if i else 'M'} {i} {100 * np.exp(-i / 80)}" for i in range(300))
    assert len(follow(shorten_path(curve))) < 30


def follow(path):
    """Corners of a path in the short form."""
    here, corners, command = np.zeros(2), [], ""
    tokens = re.findall(r"[MlhvqczLQC]|-?\d*\.?\d+", path)
    while tokens:
        if tokens[0].isalpha():
            command = tokens.pop(0)
        take = {"M": 2, "l": 2, "h": 1, "v": 1}[command]
        values, tokens = [float(t) for t in tokens[:take]], tokens[take:]
        step = {"h": (values[0], 0), "v": (0, values[0])}.get(command, values)
        here = np.array(step, dtype=float) if command == "M" else here + step
        corners.append(tuple(here))
    return corners


def test_curves_and_closed_paths_are_shortened():
    """Curves keep their control points, and a new part starts where it should."""
    assert shorten_path("M 1 1 C 2 2 3 3 4 4 Q 5 5 6 6 z M 9 9 L 9 10") == "M1 1c1 1 2 2 3 3q1 1 2 2zM9 9v1"


def test_lines_of_an_axis_are_one_path_and_only_what_leaves_the_frame_is_clipped(english):
    """Seven lines of the grid cost one element; a curve that runs out of the frame is cut there."""

    def curve(axes, canvas):
        axes.grid(axis="y")
        axes.set(ylim=(0, 6), yticks=range(7), xlim=(0, 2))
        axes.plot([0, 1, 2], [1, 5, 9], color=canvas.colour("c1"))
        axes.plot([0, 1, 2], [1, 2, 3], color=canvas.colour("c2"))

    markup = draw(curve, Canvas(english)).markup
    grid, leaving, inside = re.findall(r"<path class[^>]*>", markup)
    assert grid.count("M") == 7
    assert ["clip-path" in path for path in (grid, leaving, inside)] == [False, True, False]
    assert shorten_path("M 1 2 L 5.4 2.4 L 5.9 3.1") == "M1 2l4.4.4 .5.7"
