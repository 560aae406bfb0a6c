"""Tests of the chart kinds: what is drawn where, in both directions and both shapes."""

import datetime as dt
import itertools
import re
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from cxlib.language import Count, Money, Month, Percent, Points, T
from cxlib.report import Canvas, Heatmap, HorizontalBars, IntervalDots, LineChart, ShareCurve
from cxlib.report.canvas import draw
from cxlib.report.plots.labels import spread
from cxlib.report.theme import SENTINELS, chart_style


@pytest.fixture
def axes_of():
    """Draw a plot on axes of its own and lay it out, as `draw` does, without turning it into SVG."""

    def paint(plot, canvas):
        with mpl.rc_context(chart_style(canvas.font_size)):
            height = plot.height(canvas) if hasattr(plot, "height") else canvas.size[1]
            axes = Figure(figsize=(canvas.size[0], height), layout="constrained").add_subplot()
            plot(axes, canvas)
            axes.figure.draw_without_rendering()
            return axes

    return paint


@pytest.fixture
def bars(segments):
    """Bars with intervals, one of them to stand out."""
    return HorizontalBars(
        segments, category="segment", value="share", low="low", high="high", kind=Percent, highlight="Loyal"
    )


def overlapping(texts):
    """Pairs of texts that touch; the box of a line is 1.5 times its font size, the letters fill four fifths of it."""
    boxes = [(text.get_text(), text.get_window_extent().expanded(1, 0.8)) for text in texts if text.get_text()]
    return [(a[0], b[0]) for a, b in itertools.combinations(boxes, 2) if a[1].overlaps(b[1])]


def every_text(axes):
    """Tick labels, axis labels and whatever the plot wrote."""
    return [*axes.texts, *axes.get_xticklabels(), *axes.get_yticklabels(), axes.xaxis.label, axes.yaxis.label]


def colours_of(bars):
    """Colours from the top down."""
    return [mpl.colors.to_hex(bar.get_facecolor()) for bar in sorted(bars, key=lambda bar: bar.get_y())]


def test_bars_start_at_zero(bars, english, axes_of):
    """A bar's length is its value, so the axis holds zero."""
    axes = axes_of(bars, Canvas(english))
    assert [bar.get_x() for bar in axes.patches] == [0, 0, 0]
    assert axes.get_xlim()[0] == 0
    assert [text.get_text() for text in axes.texts] == ["42%", "27%", "4.0%"]


def test_only_the_named_bar_stands_out(bars, english, axes_of):
    """One highlight, the others grey."""
    assert colours_of(axes_of(bars, Canvas(english)).patches) == [SENTINELS[name] for name in ("c0", "c2", "c0")]


def test_a_bar_can_be_named_by_its_index(segments, english, axes_of):
    """Messages make poor keys, so the index label serves too."""
    plot = HorizontalBars(segments.set_axis(["a", "b", "c"]), category="segment", value="share", highlight="a")
    assert colours_of(axes_of(plot, Canvas(english)).patches) == [SENTINELS[name] for name in ("c2", "c0", "c0")]


def test_bars_mirror_in_arabic(bars, arabic, axes_of):
    """Values grow to the left, names stand on the right, and words are the reader's."""
    axes = axes_of(bars, Canvas(arabic))
    assert axes.xaxis_inverted()
    assert axes.get_yticklabels()[0].get_window_extent().x0 > axes.bbox.x1
    assert axes.get_yticklabels()[0].get_text() == "\u200fالأبطال"
    assert axes.get_yticklabels()[1].get_text() == "Loyal"
    ends = [text.get_window_extent().x1 for text in axes.texts]
    assert ends == sorted(ends)


@pytest.mark.parametrize("wide", [True, False], ids=["page", "phone"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_no_two_texts_touch(arabic, english, axes_of, wide, language):
    """Names, values and ticks of long, negative, missing and money values keep apart in both shapes and directions."""
    canvas = Canvas({"en": english, "ar": arabic}[language], wide=wide)
    frame = pd.DataFrame({
        "name": ["A very long name that a company gave to one of its plans", "B", "", "Champions"],
        "nps": [45.0, -48.0, np.nan, -3.0], "lo": [41.0, -52.0, np.nan, -9.0], "hi": [49.0, -44.0, np.nan, 2.0],
        "cents": [123_456_789_00.0, 5.0, np.nan, 1e6],
    })  # fmt: skip
    interval = {"low": "lo", "high": "hi"}
    for plot in (
        HorizontalBars(frame, category="name", value="nps", kind=Points, axis_label=T("NPS"), **interval),
        HorizontalBars(frame, category="name", value="cents", kind=Money, currency="GBP"),
        IntervalDots(frame, category="name", value="nps", reference=-46.0, reference_label=T("all"), **interval),
    ):
        assert overlapping(every_text(axes_of(plot, canvas))) == []


def test_a_missing_bar_is_a_dash(segments, english, axes_of):
    """A value that is not there is said, at zero."""
    plot = HorizontalBars(segments, category="segment", value="revenue", kind=Money, currency="GBP")
    axes = axes_of(plot, Canvas(english))
    assert axes.texts[-1].get_text() == "–"
    assert axes.texts[-1].xy[0] == 0


def test_an_empty_frame_gives_an_empty_chart(segments, english):
    """No groups left after withholding is no reason to fail."""
    none = segments.head(0)
    draw(HorizontalBars(none, category="segment", value="share"), Canvas(english))
    draw(IntervalDots(none, category="segment", value="share", low="low", high="high"), Canvas(english))
    draw(Heatmap(pd.DataFrame()), Canvas(english))


@pytest.fixture
def cohorts():
    """A triangle: cells after the last month are masked."""
    values = [[1.0, 0.4, 0.3], [1.0, 0.35, np.nan], [1.0, np.nan, np.nan]]
    return pd.DataFrame(values, index=pd.Index(["a", "b", "c"]))


def test_masked_cells_are_empty(cohorts, english, axes_of):
    """Neither colour nor text stands where nothing has been observed yet."""
    plot = Heatmap(cohorts)
    assert plot.steps().tolist() == [[7, 2, 1], [7, 1, 0], [7, 0, 0]]
    texts = {text.get_position(): text.get_text() for text in axes_of(plot, Canvas(english)).texts}
    cells = {place for place in texts if place[1] < 3 and place[1] % 1}
    assert cells == {(0.5, 0.5), (1.5, 0.5), (2.5, 0.5), (0.5, 1.5), (1.5, 1.5), (0.5, 2.5)}


def test_heat_steps_span_the_given_range(cohorts):
    """With a range, values beyond it take the outermost steps."""
    assert Heatmap(cohorts, low=0.0, high=0.4).steps()[0].tolist() == [7, 7, 6]
    assert Heatmap(cohorts * np.nan).steps().sum() == 0
    assert set(Heatmap(cohorts * 0 + 5).steps()[0]) == {1}


def test_narrow_cells_drop_the_unit_and_then_the_text(english, axes_of):
    """A few columns on a phone show percentages, more only the numbers, three dozen only colour and key.

    Those of months leave out columns and keep the numbers.
    """

    def texts(columns, time=False):
        frame = pd.DataFrame(np.full((2, columns), 0.42))
        return {text.get_text() for text in axes_of(Heatmap(frame, time=time), Canvas(english, wide=False)).texts}

    assert texts(5) == {"42%"}
    assert texts(16) == {"42", "42%"}
    assert texts(36) == {"42%"}
    assert texts(36, time=True) == {"42", "42%"}


def test_a_heatmap_mirrors_its_time_only_when_wanted(cohorts, arabic, axes_of):
    """Time runs from right to left in Arabic unless the setting says otherwise."""
    assert axes_of(Heatmap(cohorts), Canvas(arabic)).xaxis_inverted()
    assert not axes_of(Heatmap(cohorts), Canvas(arabic, mirror_time=False)).xaxis_inverted()
    assert axes_of(Heatmap(cohorts, time=False), Canvas(arabic, mirror_time=False)).xaxis_inverted()


def test_a_full_cohort_heatmap_stays_small(english):
    """Two dozen cohorts in both shapes, with their numbers on the phone too, weigh at most 34 kB."""
    frame = pd.DataFrame([[0.5 if i + j < 24 else np.nan for j in range(24)] for i in range(24)])
    months = [Month(dt.date(2024 + i // 12, i % 12 + 1, 1), short=True) for i in range(24)]
    drawings = [draw(Heatmap(frame, row_labels=months), Canvas(english, wide=wide)) for wide in (True, False)]
    assert sum(len(drawing.markup) for drawing in drawings) < 34_000


@pytest.fixture
def months():
    """Two years of three shares that end close together, one with a band and a gap at the end."""
    t = np.arange(24)
    frame = pd.DataFrame({"month": pd.date_range("2024-01-01", periods=24, freq="MS"), "t": t})
    frame["a"], frame["b"], frame["c"] = (0.1 + height * np.exp(-t / 4) for height in (0.4, 0.2, 0.1))
    frame["low"], frame["high"] = frame["a"] - 0.02, frame["a"] + 0.02
    frame.loc[23, "c"] = np.nan
    return frame


@pytest.mark.parametrize("x", ["month", "t"])
@pytest.mark.parametrize("wide", [True, False], ids=["page", "phone"])
def test_line_names_stand_at_line_ends_and_keep_apart(months, english, arabic, axes_of, x, wide):
    """Names of lines that end together are pushed apart, in the order of the lines."""
    lines = {"a": T("Champions"), "b": "Loyal", "c": "At risk"}
    plot = LineChart(months, x=x, lines=lines, bands={"a": ("low", "high")}, highlight="a", x_label=T("Months"))
    for voice in (english, arabic):
        axes = axes_of(plot, Canvas(voice, wide=wide))
        assert overlapping(axes.texts) == []
        assert overlapping(axes.get_xticklabels()) == []
        assert [text.xy[0] for text in axes.texts] == [23, 23, 22]
        heights = [text.xy[1] for text in axes.texts]
        assert heights == sorted(heights, reverse=True)
        assert axes.get_ylim()[0] == 0


def test_a_band_is_drawn_under_its_line(months, english):
    """The interval is a pale area that a clip path of its own place cuts."""
    drawing = draw(LineChart(months, x="t", lines={"a": "A"}, bands={"a": ("low", "high")}), Canvas(english))
    assert any("fill-opacity:0.16" in rule for rule in drawing.rules)
    assert not re.search(r"<use[^>]*clip-path", drawing.markup), "a clip path on <use> would be moved with it"


def test_a_line_is_broken_where_a_value_is_missing(english, axes_of):
    """What is not known is not drawn: no line leads from one side of a gap to the other."""
    frame = pd.DataFrame({"t": range(6), "a": [0.1, 0.2, np.nan, 0.3, 0.2, 0.1]})
    lines = axes_of(LineChart(frame, x="t", lines={"a": "A"}), Canvas(english)).lines
    assert [line.get_xdata().tolist() for line in lines] == [[0, 1], [3, 4, 5]]


def test_a_heatmap_is_one_path_a_colour(cohorts, english):
    """Three steps occur, and seven stand in the key; masked cells are no path."""
    assert draw(Heatmap(cohorts), Canvas(english)).markup.count("<path") == 3 + 7


def test_bars_and_dots_of_equal_names_stay_apart(english, axes_of):
    """Seaborn would take two rows of one name for two observations of one thing; each keeps its own mark."""
    frame = pd.DataFrame({"name": ["A", "A"], "value": [0.2, 0.4], "low": [0.1, 0.3], "high": [0.3, 0.6]})
    options = {"category": "name", "value": "value", "low": "low", "high": "high", "kind": Percent}
    bars = axes_of(HorizontalBars(frame, **options), Canvas(english))
    assert sorted(bar.get_width() for bar in bars.patches) == [0.2, 0.4]
    dots = axes_of(IntervalDots(frame, **options), Canvas(english)).lines
    assert {(0.1, 0.3), (0.3, 0.6)} <= {tuple(line.get_xdata().tolist()) for line in dots}


def test_seaborn_is_loaded_with_the_first_chart():
    """Whoever shows a table, or re-renders a page, does not wait for it."""
    code = "import sys, cxlib.report.plots; print('seaborn.categorical' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_the_share_curve_marks_its_point(english, arabic, axes_of):
    """The point and its sentence are drawn in the highlight, away from the curve, mirrored in Arabic."""
    x = np.linspace(0, 1, 21)
    frame = pd.DataFrame({"x": x, "y": 1 - (1 - x) ** 3})
    said = T("{a} of customers bring {b} of revenue", a=Percent(0.2), b=Percent(0.488))
    plot = ShareCurve(frame, x="x", y="y", point=(0.2, 0.488), point_label=said, equal_label=T("all equal"))
    axes = axes_of(plot, Canvas(english))
    assert axes.texts[0].get_text() == "20% of customers bring 49% of revenue"
    assert overlapping(every_text(axes)) == []
    assert axes_of(plot, Canvas(arabic)).texts[0].get_ha() == "right"


@given(st.lists(st.floats(-1e3, 1e3), max_size=12), st.floats(0.01, 50))
def test_spread_labels_are_apart_and_in_order(positions, gap):
    """Neighbours end at least a gap apart, in the order in which they began."""
    placed = spread(positions, gap)
    ordered = [placed[i] for i in np.argsort(positions, kind="stable")]
    assert all(b - a >= gap - 1e-6 for a, b in itertools.pairwise(ordered))


@given(st.lists(st.floats(0, 10), min_size=1, max_size=12), st.floats(0.01, 5))
def test_spread_labels_stay_inside(positions, gap):
    """Labels never leave the room they have, even when it is too small for all."""
    assert all(-1e-9 <= place <= 10 + 1e-9 for place in spread(positions, gap, low=0.0, high=10.0))


@given(st.lists(st.integers(-100, 100), unique=True, max_size=12))
def test_labels_with_room_are_not_moved(positions):
    """Where nothing collides nothing changes."""
    assert spread(positions, 1.0) == positions


def test_what_is_not_clear_is_grey_and_ratios_mirror(english, axes_of):
    """Half as much lies as far from no difference as twice as much, and colour says what is clear of chance."""
    rows = pd.DataFrame({"name": ["half", "same", "twice"], "ratio": [0.5, 1.0, 2.0], "clear": [True, False, True]})
    rows = rows.assign(low=rows["ratio"] / 1.1, high=rows["ratio"] * 1.1)
    plot = IntervalDots(
        rows, category="name", value="ratio", low="low", high="high", reference=1.0, clear="clear", ratio=True,
    )  # fmt: skip
    canvas = Canvas(english)
    axes = axes_of(plot, canvas)
    left, middle, right = (axes.transData.transform((ratio, 0))[0] for ratio in rows["ratio"])
    assert middle - left == pytest.approx(right - middle)
    assert {0.5, 1.0, 2.0} <= set(axes.get_xticks())
    dots = {line.get_color() for line in axes.lines if line.get_linestyle() == "-"}
    assert {canvas.colour("c0"), canvas.colour("c1")} <= dots


def test_a_month_that_the_title_names_is_marked(english, axes_of):
    """A dot with its value on the highlighted line."""
    months = pd.DataFrame({"month": pd.date_range("2026-01-01", periods=4, freq="MS"), "nps": [5.0, 4.0, -11.0, 2.0]})
    plot = LineChart(months, x="month", lines={"nps": "NPS"}, kind=Points, highlight="nps", marks=[months["month"][2]])
    assert "−11" in [text.get_text() for text in axes_of(plot, Canvas(english)).texts]


def test_phone_names_are_whole(english, axes_of):
    """A long name takes two lines above its mark, and its row is higher."""
    name, phone = "Acquisition channel: direct visits against search engines", Canvas(english, wide=False)
    rows = pd.DataFrame({"name": [name], "value": 0.2, "low": 0.1, "high": 0.3})
    plot, short = (
        IntervalDots(frame, category="name", value="value", low="low", high="high")
        for frame in (rows, rows.assign(name="Acquisition channel"))
    )
    assert name in " ".join(text.get_text() for text in axes_of(plot, phone).texts).replace("\n", " ")
    assert plot.height(phone) > short.height(phone)


@pytest.fixture
def weeks():
    """Purchases by week over five months, and the day from which nothing was known."""
    ends = pd.date_range("2026-01-07", periods=22, freq="7D")
    return pd.DataFrame({"week": ends, "came": np.arange(22.0) % 5}), ends[15]


def test_weeks_are_told_as_days_under_months(weeks, english, axes_of):
    """No two ticks name the same month, each stands at its first week, and a week is told as its day."""
    frame, _ = weeks
    canvas = Canvas(english)
    axes = axes_of(LineChart(frame, x="week", lines={"came": "Came"}, kind=Count), canvas)
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun"]
    assert [text.get_text() for text in axes.get_xticklabels()] == [f"{month} 2026" for month in months]
    assert axes.get_xticks().tolist() == [0, 4, 8, 12, 17, 21]
    assert canvas.spots[1][3] == "Came, 14 January 2026: 1"


@pytest.mark.parametrize("wide", [True, False], ids=["page", "phone"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_line_parts_before_from_after(weeks, english, arabic, axes_of, wide, language):
    """It stands at its day, and what it says stands above the chart, on the side where there is more room."""
    frame, day = weeks
    canvas = Canvas({"en": english, "ar": arabic}[language], wide=wide)
    for value in (day, frame["week"][3]):
        plot = LineChart(
            frame, x="week", lines={"came": "Came"}, kind=Count, divide=(value, T("Not known from here on"))
        )
        axes = axes_of(plot, canvas)
        place = float(frame.index[frame["week"] == value][0])
        assert axes.lines[-1].get_xdata() == [place, place]
        text = axes.texts[-1].get_window_extent()
        assert text.y0 >= axes.bbox.y1
        assert axes.bbox.x0 <= text.x0
        assert text.x1 <= axes.bbox.x1
