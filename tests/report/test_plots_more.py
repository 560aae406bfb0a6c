"""Tests of survival curves, calibration, gains, the map, migration and small multiples."""

import itertools
import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text

import cxlib.language
import cxlib.report.plots
from cxlib.errors import ConfigurationError, DataError
from cxlib.language import Money, Percent, T
from cxlib.report import (
    CalibrationPlot,
    Canvas,
    GainCurve,
    ImportancePerformanceMap,
    MigrationMatrix,
    SmallMultiples,
    SurvivalCurves,
)
from cxlib.report.canvas import close_lines, draw
from cxlib.report.plots.labels import Box, place_labels
from cxlib.report.plots.survival import AtRiskTable
from cxlib.report.theme import SENTINELS, chart_style

PLAN = "A very long name that a company gave to one of its plans"


def survival_rows():
    """Three plans over three years that end close together, with fewer and fewer observed."""
    months = np.arange(0, 37)
    parts = [
        pd.DataFrame({"plan": plan, "month": months, "share": np.exp(-months / scale), "n": 40_000 - 1_000 * months})
        for plan, scale in (("monthly", 20), ("quarterly", 21), ("yearly", 22))
    ]
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(low=frame["share"] * 0.95, high=np.minimum(frame["share"] * 1.05, 1))


def calibration_rows():
    """Ten groups, most of them with small predictions."""
    predicted = np.array([0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.08, 0.13, 0.3, 0.62])
    return pd.DataFrame({
        "predicted": predicted, "observed": predicted * 1.1, "low": predicted * 0.8, "high": predicted * 1.4,
        "n": np.arange(1_000, 11_000, 1_000),
    })  # fmt: skip


def gain_rows():
    """Gains and profit in hundredths of the customers."""
    share = np.linspace(0, 1, 101)
    gain = 1 - (1 - share) ** 3
    frame = pd.DataFrame({"share": share, "gain": gain, "random": share, "profit": (gain - share) * 12e9 - 1e9})
    return frame.assign(low=gain * 0.9, high=np.minimum(gain * 1.1, 1))


def driver_rows():
    """Twelve drivers, seven of them nearly in one place."""
    place = np.array([0.0, 0.01, 0.02, 0.0, 0.01, 0.02, 0.01, 1.0, 2.0, 3.0, 0.5, 1.4])
    frame = pd.DataFrame({"driver": [f"Driver number {i}" for i in range(11)] + [PLAN], "rating": 6 + place})
    frame["weight"] = 0.05 + place / 20
    ends = {"rl": frame["rating"] - 0.2, "rh": frame["rating"] + 0.2, "wl": frame["weight"] * 0.7}
    return frame.assign(**ends, wh=frame["weight"] * 1.3)


SEGMENTS = ("Champions", "Loyal", "Promising", "New", PLAN, "Hibernating", "Lost")


def migration_rows():
    """Seven segments, entrants and leavers, one cell masked."""
    goals = [*SEGMENTS, None]
    rows = [(a, b, 1 / 8, 1_234_567) for a in [*SEGMENTS, None] for b in goals if a is not None or b is not None]
    frame = pd.DataFrame(rows, columns=["before", "after", "share", "n"]).astype({"before": object, "after": object})
    frame.loc[3, "share"] = np.nan
    return frame


def panel_rows():
    """Six series of two years with a band and a line for comparison."""
    months = pd.date_range("2025-01-01", periods=24, freq="MS")
    parts = [
        pd.DataFrame({"segment": name, "month": months, "value": 0.1 + 0.02 * i + 0.001 * np.arange(24), "all": 0.12})
        for i, name in enumerate(SEGMENTS[:6])
    ]
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(low=frame["value"] - 0.02, high=frame["value"] + 0.02)


INTERVAL = {"low": "low", "high": "high"}


def survival(frame, name=PLAN):
    """Curves of three plans with everything on."""
    return SurvivalCurves(
        frame, time="month", survival="share", at_risk="n", group="plan", highlight="monthly", tick_step=6, **INTERVAL,
        names={"monthly": name, "quarterly": T("Quarterly"), "yearly": "Yearly"}, x_label=T("Months since joining"),
        y_label=T("Share of members who are still there, with 95% interval"),
    )  # fmt: skip


def calibration(frame, name="as predicted"):
    """Calibration with its strip."""
    return CalibrationPlot(frame, predicted="predicted", observed="observed", n="n", equal_label=name, **INTERVAL)


def gains(frame, name="ranked by risk"):
    """Cumulative gains with the best share."""
    said = T("Calling {share} of all customers reaches {gain} of those who would leave", share=Percent(0.2),
             gain=Percent(0.488))  # fmt: skip
    return GainCurve(frame, share="share", value="gain", baseline="random", name=name, baseline_name=T("at random"),
                     best=0.2, best_label=said, y_label=T("Share of leavers reached"), **INTERVAL)  # fmt: skip


def profit(frame, name="ranked by risk"):
    """Profit in money, negative for some."""
    return GainCurve(frame, share="share", value="profit", kind=Money, currency="GBP", name=name, best=0.42)


def drivers(frame, name=None):
    """The map; a given name stands for the last driver."""
    named = frame if name is None else frame.assign(driver=[*frame["driver"][:-1], name][-len(frame) :])
    return ImportancePerformanceMap(
        named, driver="driver", importance="weight", importance_low="wl", importance_high="wh", performance="rating",
        performance_low="rl", performance_high="rh", highlight="Driver number 8", x_label=T("Rating"),
        y_label=T("Weight"),
    )  # fmt: skip


def migration(frame, name=PLAN):
    """The matrix with sizes and dates."""
    names = {key: name if key == PLAN else T(key) for key in SEGMENTS}
    return MigrationMatrix(frame, before="before", after="after", share="share", n="n", names=names,
                           before_label=T("Segment in June"), after_label=T("Segment in July"))  # fmt: skip


def panels(frame, name=PLAN):
    """Lines over time in six panels."""
    names = {key: name if key == PLAN else key for key in SEGMENTS[:6]}
    return SmallMultiples(frame, panel="segment", x="month", value="value", reference="all", names=names,
                          highlight="Loyal", x_label=T("Month"), **INTERVAL)  # fmt: skip


KINDS = {
    "survival": (survival, survival_rows, "share"), "calibration": (calibration, calibration_rows, "observed"),
    "gains": (gains, gain_rows, "gain"), "profit": (profit, gain_rows, "profit"),
    "drivers": (drivers, driver_rows, "weight"), "migration": (migration, migration_rows, "share"),
    "panels": (panels, panel_rows, "value"),
}  # fmt: skip


@pytest.fixture(params=KINDS)
def kind(request):
    """How a chart is made, its rows in a hard case, and the column of its values."""
    make, rows, value = KINDS[request.param]
    return make, rows(), value


@pytest.fixture(params=["page", "phone"])
def wide(request):
    """Both shapes of a drawing."""
    return request.param == "page"


@pytest.fixture(params=["en", "ar"])
def voice(request, english, arabic):
    """Both directions of writing."""
    return {"en": english, "ar": arabic}[request.param]


@pytest.fixture
def paint():
    """Draw a plot on a figure of its own and lay it out, as `draw` does, without turning it into SVG."""

    def lay_out(plot, canvas):
        with mpl.rc_context(chart_style(canvas.font_size)):
            height = plot.height(canvas) if hasattr(plot, "height") else canvas.size[1]
            figure = Figure(figsize=(canvas.size[0], height), layout="constrained")
            plot(figure.add_subplot(), canvas)
            close_lines(figure)
            figure.draw_without_rendering()
            return figure

    return lay_out


def texts_of(figure):
    """Every text that is drawn, with its box."""
    hidden = {
        id(text) for axes in figure.axes if not axes.axison for text in axes.get_xticklabels() + axes.get_yticklabels()
    }
    seen = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip("\u200f ")]
    return [(text.get_text(), text.get_window_extent()) for text in seen if id(text) not in hidden]


def words(figure):
    """What is written."""
    return [text for text, _ in texts_of(figure)]


@pytest.fixture(scope="module")
def gallery():
    """Hard cases that have been painted, so that each is painted once."""
    return {}


@pytest.fixture
def painted(kind, voice, wide, paint, gallery):
    """A hard case in one language and shape."""
    make, rows, _ = kind
    key = (make.__name__, voice.language, wide)
    if key not in gallery:
        gallery[key] = paint(make(rows), Canvas(voice, wide=wide))
    return gallery[key]


def test_no_two_texts_touch(painted):
    """Names, values, ticks and sentences keep apart in hard cases, in both shapes and directions."""
    boxes = [(text, box.expanded(1, 0.8)) for text, box in texts_of(painted)]
    assert [(a[0], b[0]) for a, b in itertools.combinations(boxes, 2) if a[1].overlaps(b[1])] == []


def test_no_text_leaves_the_drawing(painted):
    """What stands beyond the view box would be cut or make a phone scroll sideways."""
    page = painted.bbox
    beyond = [
        text for text, box in texts_of(painted)
        if box.x0 < page.x0 - 2 or box.x1 > page.x1 + 2 or box.y0 < page.y0 - 4 or box.y1 > page.y1 + 4
    ]  # fmt: skip
    assert beyond == []


def test_the_same_rows_have_the_same_bytes(kind, english):
    """Nothing depends on time, addresses or the order of sets."""
    make, rows, _ = kind
    assert draw(make(rows), Canvas(english)) == draw(make(rows.copy()), Canvas(english))


def test_a_drawing_may_stand_on_a_page(kind, english, read):
    """No style attribute, no outside reference, no fixed colour, nothing that runs; at most 20 kB."""
    make, rows, _ = kind
    drawing = draw(make(rows), Canvas(english, wide=False))
    read(drawing.markup)
    assert not re.search(r"#[0-9a-f]{6}", drawing.markup + "".join(drawing.rules))
    assert len(drawing.markup) < 20_000


@pytest.mark.parametrize(
    "hostile",
    [
        "</text></svg><script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "\U0001f600 a\x00b\u202e\u2028",
        "x" * 400,
    ],
)
def test_hostile_names_are_inert(kind, hostile, english, read):
    """Whatever a name holds, it is text, and a long one is cut."""
    make, rows, _ = kind
    read(draw(make(rows, hostile), Canvas(english, wide=False)).markup)


def test_no_rows_are_said(kind, english, paint):
    """Without a row, or with missing values only, a sentence stands in place of empty axes."""
    make, rows, value = kind
    for nothing in (rows.head(0), rows.assign(**{value: np.nan})):
        if make is migration and len(nothing):
            continue  # a matrix whose cells are all masked still names its segments
        said = words(paint(make(nothing) if make is not migration else _unnamed(nothing), Canvas(english)))
        assert " ".join(said[-1].split()).startswith("There is nothing to show yet")


def _unnamed(frame):
    return MigrationMatrix(frame, before="before", after="after", share="share")


def test_a_matrix_of_masked_cells_names_its_segments(english, paint):
    """When all groups are too small, rows and columns stay."""
    said = words(paint(migration(migration_rows().assign(share=np.nan)), Canvas(english)))
    assert said.count("Champions") == 2


def test_one_row_is_enough(kind, english):
    """A single group or month is drawn."""
    make, rows, _ = kind
    for wide in (True, False):
        draw(make(rows.head(1)), Canvas(english, wide=wide))


def test_a_value_that_is_no_number_is_refused(kind):
    """The message names the chart, the column, the row and the value."""
    make, rows, value = kind
    spoilt = rows.astype({value: object})
    spoilt.loc[spoilt.index[2], value] = "n/a"
    with pytest.raises(
        DataError, match=rf"column '{value}' has 1 value that is no finite number \(first: n/a in row 3"
    ):
        make(spoilt)


def test_a_missing_column_is_refused(kind):
    """The message says which columns there are."""
    make, rows, value = kind
    with pytest.raises(DataError, match=f"has no column '{value}'"):
        make(rows.rename(columns={value: "other"}))


def test_survival_starts_with_everyone(english, paint):
    """A curve begins at 100% at time zero, also when the first row is later, and goes down in steps."""
    frame = survival_rows().query("plan == 'monthly' and month > 0")
    (line,) = paint(SurvivalCurves(frame, time="month", survival="share"), Canvas(english)).axes[0].lines
    assert (line.get_xdata()[0], line.get_ydata()[0]) == (0.0, 1.0)
    assert line.get_drawstyle() == "steps-post"


def test_survival_ends_where_too_few_are_left(english, paint):
    """Below the limit there is no curve, no count, and a group that never reaches it is not drawn at all."""
    frame = survival_rows().assign(n=lambda rows: np.where(rows["plan"] == "yearly", 12, rows["n"] // 1_000))
    figure = paint(survival(frame), Canvas(english))
    assert [line.get_xdata()[-1] for line in figure.axes[0].lines] == [10.0, 10.0]
    assert "Yearly" not in words(figure)
    whole = paint(survival(survival_rows().assign(n=lambda rows: 40 - rows["month"])), Canvas(english))
    assert "<30" not in words(whole)
    mixed = survival_rows().assign(n=lambda rows: np.where(rows["plan"] == "yearly", 40 - rows["month"], 99))
    assert words(paint(survival(mixed), Canvas(english))).count("<30") == 5


def test_at_risk_counts_stand_under_their_ticks(english, arabic, paint):
    """Each count has its tick's place, in both directions; time runs to the left in Arabic."""
    for voice in (english, arabic):
        figure = paint(survival(survival_rows()), Canvas(voice))
        boxes = {text: (box.x0 + box.x1) / 2 for text, box in texts_of(figure)}
        for tick, count in (("0", "40,000"), ("12", "28,000"), ("36", "4,000")):
            assert boxes[tick] == pytest.approx(boxes[count], abs=1.5)
    assert figure.axes[0].xaxis_inverted()
    canvas = Canvas(arabic, mirror_time=False)
    assert not paint(survival(survival_rows()), canvas).axes[0].xaxis_inverted()


def test_nobody_is_at_risk_after_the_last_time(english):
    """The count at a time is that of the next row; beyond the last row it is zero."""
    table = AtRiskTable(Canvas(english), T("n"), [pd.Series([9, 7, 4], index=[0, 5, 10])], [""], ["c1"])
    axes = Figure().add_subplot()
    axes.set_xlim(0, 20)
    axes.set_xticks([0, 1, 10, 11])
    table.write(axes)
    assert [text.get_text() for text in axes.texts] == ["n", "9", "7", "4", "0"]


def test_a_long_curve_is_thinned(english, paint):
    """A step for each of 20,000 customers is drawn with at most as many as can be told apart, and the same ends."""
    share = np.linspace(1, 0.2, 20_000)
    frame = pd.DataFrame({"day": np.arange(20_000), "share": share})
    (line,) = paint(SurvivalCurves(frame, time="day", survival="share"), Canvas(english)).axes[0].lines
    assert len(line.get_xdata()) <= 162
    assert line.get_ydata()[[0, -1]].tolist() == [1.0, 0.2]
    assert np.interp(10_000, line.get_xdata(), line.get_ydata()) == pytest.approx(share[10_000], abs=0.005)


def test_more_curves_than_hues_are_refused():
    """Four groups belong into small multiples."""
    frame = pd.DataFrame({"g": list("abcd"), "t": 1, "s": 0.5})
    with pytest.raises(ConfigurationError, match="SmallMultiples"):
        SurvivalCurves(frame, time="t", survival="s", group="g")


def test_calibration_has_a_dot_an_interval_and_a_bar_for_each_group(english, paint):
    """The diagonal runs from corner to corner, and bars stand under their dots, from zero."""
    axes = paint(calibration(calibration_rows()), Canvas(english)).axes[0]
    dots, intervals = axes.collections[1], axes.collections[0]
    assert (len(dots.get_offsets()), len(intervals.get_segments())) == (10, 10)
    assert axes.get_xlim() == axes.get_ylim()
    (strip,) = axes.child_axes
    middles = [bar.get_x() + bar.get_width() / 2 for bar in strip.patches]
    assert middles == pytest.approx(dots.get_offsets()[:, 0].tolist())
    assert {bar.get_y() for bar in strip.patches} == {0}
    assert "Customers (longest bar: 10,000)" in words(axes.figure)


def test_the_best_share_is_marked_on_the_curve(english, arabic, paint):
    """The mark is the highlight, stands on the curve, and the axis holds zero; mirrored in Arabic."""
    figure = paint(gains(gain_rows()), Canvas(english))
    (x, y) = (float(part[0]) for part in figure.axes[0].lines[-1].get_data())
    assert (x, y) == pytest.approx((0.2, 0.488), abs=1e-3)
    assert mpl.colors.to_hex(figure.axes[0].lines[-1].get_color()) == SENTINELS["c2"]
    assert figure.axes[0].get_ylim()[0] == 0
    assert paint(gains(gain_rows()), Canvas(arabic)).axes[0].xaxis_inverted()


def test_a_loss_is_below_a_line_at_zero(english, paint):
    """Money that can be negative has its zero drawn."""
    axes = paint(profit(gain_rows()), Canvas(english)).axes[0]
    assert axes.get_ylim()[0] < 0
    assert any(line.get_ydata()[0] == line.get_ydata()[-1] == 0 for line in axes.lines)


def test_drivers_have_intervals_in_both_directions(english, paint):
    """One dot and two bars for each driver; one dot stands out, there is no quadrant."""
    axes = paint(drivers(driver_rows()), Canvas(english)).axes[0]
    across, up, dots = axes.collections
    assert (len(across.get_segments()), len(up.get_segments()), len(dots.get_offsets())) == (12, 12, 12)
    colours = [mpl.colors.to_hex(face) for face in dots.get_facecolor()]
    assert [i for i, colour in enumerate(colours) if colour == SENTINELS["c2"]] == [8]


def test_the_matrix_outlines_who_stayed_and_leaves_masked_cells_empty(english, arabic, paint):
    """One frame for each segment, a text for each known cell, sizes behind; turned where names do not fit."""
    figure = paint(migration(migration_rows()), Canvas(english))
    frames = [patch for patch in figure.axes[0].patches if type(patch).__name__ == "Rectangle"]
    said = words(figure)
    assert len(frames) == 7
    assert (said.count("12%"), said.count("1,234,567")) == (
        7 * 8 + 7 - 1 + 1,
        8,
    )  # one is masked, and the key says the highest
    assert {"Left", "New customers", "Champions"} <= set(said)
    assert paint(migration(migration_rows()), Canvas(arabic)).axes[0].xaxis_inverted()


def test_short_names_stand_over_their_columns(english, paint):
    """Three segments need no numbers."""
    frame = pd.DataFrame([(a, b, 0.5) for a in "AB" for b in "AB"], columns=["x", "y", "share"])
    assert words(paint(MigrationMatrix(frame, before="x", after="y", share="share"), Canvas(english))).count("A") == 2


def test_names_that_do_not_fit_are_turned(english, paint):
    """Seven names of one word stand over wide columns; over narrow ones they are turned, and nothing touches."""
    names = ["Champions", "Loyalists", "Promising", "Newcomers", "Sleepers", "Departing", "Wanderers"]
    frame = pd.DataFrame([(a, b, 0.5) for a in names for b in names], columns=["x", "y", "share"])
    plot = MigrationMatrix(frame, before="x", after="y", share="share")
    wide, narrow = (words(paint(plot, Canvas(english, wide=wide))) for wide in (True, False))
    assert wide.count("Sleepers") == 2
    assert narrow.count("Sleepers") == 2


def test_a_pair_of_segments_stands_once():
    """Two shares of one cell would hide each other."""
    frame = migration_rows()
    with pytest.raises(DataError, match="1 pairs of segments repeat"):
        migration(pd.concat([frame, frame.head(1)]))


def test_panels_share_their_axes(english, arabic, paint):
    """Same limits everywhere, ticks only at the outside, the first panel where a line of text begins."""
    for voice, start in ((english, min), (arabic, max)):
        shown = paint(panels(panel_rows()), Canvas(voice)).axes[1:]
        assert len({(axes.get_xlim(), axes.get_ylim()) for axes in shown}) == 1
        assert shown[0].bbox.x0 == pytest.approx(start(axes.bbox.x0 for axes in shown))
        labelled = [any(label.get_visible() for label in axes.get_yticklabels()) for axes in shown]
        assert labelled == [True, False, False] * 2


def test_too_many_panels_are_refused():
    """A wall of panels cannot be read."""
    frame = pd.DataFrame({"p": range(17), "x": 1, "v": 0.5})
    with pytest.raises(ConfigurationError, match="17 panels, at most 16"):
        SmallMultiples(frame, panel="p", x="x", value="v")


def test_a_crowd_of_dots_becomes_a_picture(english):
    """The drawing's own limit of a thousand marks holds here too."""
    x = np.random.default_rng(7).random(1_500)
    frame = pd.DataFrame({"predicted": x, "observed": x})
    assert (
        "data:image/png"
        in draw(CalibrationPlot(frame, predicted="predicted", observed="observed"), Canvas(english)).markup
    )


places = st.tuples(st.floats(0, 300), st.floats(0, 200))


def touch(a, b):
    """Whether two boxes have a place in common."""
    across = a.left < b.left + b.width and b.left < a.left + a.width
    return across and a.bottom < b.bottom + b.height and b.bottom < a.bottom + a.height


@settings(max_examples=25, deadline=None)
@given(st.lists(places, min_size=1, max_size=14))
def test_placed_labels_never_touch_and_stay_inside(points):
    """However points crowd, their labels are apart and in the room."""
    boxes = place_labels(points, [(60.0, 14.0)] * len(points), (300.0, 200.0), dots=points)
    assert not any(touch(a, b) for a, b in itertools.combinations(boxes, 2))
    assert all(0 <= box.left <= 240 + 1e-9 and 0 <= box.bottom <= 186 + 1e-9 for box in boxes)


def test_a_lone_label_stands_beside_its_point():
    """Where there is room a label is near, and does not cover its own dot."""
    (box,) = place_labels([(100, 100)], [(40, 12)], (200, 200), dots=[(100, 100)])
    end = box.nearest((100, 100))
    assert 3 <= np.hypot(end[0] - 100, end[1] - 100) <= 10
    assert not touch(box, Box(99, 99, 2, 2))


def test_every_example_of_the_gallery_runs():
    """The code in docs/charts.md draws, one block after the other; every chart kind has one, and a new one is made."""
    page = (Path(__file__).parents[2] / "docs" / "charts.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(block, names)
    drawn = {type(plot).__name__ for plot in names["charts"]}
    assert drawn == {*cxlib.report.plots.__all__, "BeforeAfter"}
    for plot in names["charts"]:
        draw(plot, Canvas(cxlib.language.speaker("en"), wide=False))
