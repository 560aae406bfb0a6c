"""What a reader who points at a chart is told: the same values as the table under it, and nothing that is withheld."""

import re
from html import unescape

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxlib.language import Percent, T, speaker
from cxlib.masking import mask_contacts
from cxlib.report import Canvas, GainCurve, Heatmap, HorizontalBars, LineChart, SurvivalCurves, figure
from cxlib.report.canvas import draw
from cxlib.report.svg import SPOT_BREAK, pack

ROWS = pd.DataFrame(
    {"name": ["a", "b", "c"], "share": [0.4, None, 0.1], "low": [0.3, None, 0.1], "high": [0.5, None, 0.1]}
)


def told(plot, language="en", wide=True):
    """Places and words of a drawing."""
    path = re.search(
        r'class="spots" d="([^"]*)" data-label="([^"]*)"', draw(plot, Canvas(speaker(language), wide=wide)).markup
    )
    places = [tuple(map(int, place)) for place in re.findall(r"M(-?\d+) (-?\d+)", path[1])]
    words = [""]
    for packed in unescape(path[2]).split(SPOT_BREAK):  # as the script reads it
        words.append(words[-1][: ord(packed[0]) - ord("A")] + packed[1:])
    return places, words[1:]


def test_marks_say_name_value_and_interval():
    """A missing value is no mark; an interval that rounds to its value is left out."""
    plot = HorizontalBars(ROWS, category="name", value="share", low="low", high="high", kind=Percent)
    places, words = told(plot)
    assert words == ["a: 40% (30% to 50%)", "c: 10.0%"]
    assert places[0][0] > places[1][0]
    mirrored, _ = told(plot, "ar")
    assert mirrored[0][0] < mirrored[1][0]


def test_a_spot_lies_on_its_mark():
    """The places are those of the drawing: higher shares lie higher, later months farther along."""
    months = pd.DataFrame({"month": pd.date_range("2026-01-01", periods=4, freq="MS"), "churn": [0.1, 0.2, 0.3, 0.2]})
    places, words = told(LineChart(months, x="month", lines={"churn": T("Churn rate")}))
    assert [x for x, _ in places] == sorted(x for x, _ in places)
    assert places[2][1] == min(y for _, y in places)
    assert words[0] == "Churn rate, January 2026: 10.0%"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_packed_words_are_read_as_a_browser_counts(texts):
    """Signs beyond the first plane are two for it; contacts are masked."""
    words = [""]
    for packed in pack(texts).split(SPOT_BREAK) if texts else []:
        units, shared = words[-1].encode("utf-16-le"), ord(packed[0]) - ord("A")
        words.append(units[: 2 * shared].decode("utf-16-le") + packed[1:])
    assert words[1:] == [mask_contacts(text.replace(SPOT_BREAK, " ")) for text in texts]


def test_long_curves_have_few_spots():
    """A page must stay light."""
    rows = pd.DataFrame({"share": [i / 500 for i in range(501)], "gain": [i / 500 for i in range(501)]})
    assert len(told(GainCurve(rows, share="share", value="gain"))[1]) <= 16


def test_what_is_withheld_is_not_told():
    """Steps of a curve that rest on too few, and masked cells, have no spot; hostile names are text."""
    rows = pd.DataFrame({"t": [0, 6, 12], "s": [1.0, 0.7, 0.123], "n": [90, 60, 29]})
    assert "12" not in "".join(told(SurvivalCurves(rows, time="t", survival="s", at_risk="n"))[1])
    heat = Heatmap(pd.DataFrame([[0.5, None] * 30], index=['"><script>']))
    assert set(told(heat)[1]) == {f'"><script>, {at}: 50%' for at in range(0, 60, 2)}


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_phone_drawing_reads_the_words_of_the_wide_one(language):
    """Where they are the same they stand on the page once, though the places differ."""
    plot = HorizontalBars(ROWS, category="name", value="share", kind=Percent)
    shown = figure(
        plot, name="f", title=T("Shares"), subtitle=T("All"), alt=T("Bars"), source=T("Source"), numbers=ROWS,
    )  # fmt: skip
    html = shown.render(speaker(language)).html
    assert html.count('class="spots"') == 2
    assert html.count('data-label="Aa:') == 1


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_phone_keeps_the_numbers_of_a_map_of_months(language):
    """Where 24 columns have no room for them, every second or third column is drawn, with its own name."""
    months = pd.DataFrame([[0.5 if i + j < 24 else None for j in range(24)] for i in range(24)], dtype=float)
    markup = draw(Heatmap(months), Canvas(speaker(language), wide=False)).markup
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", markup)
    assert "spots" not in markup
    assert texts.count("50%") > 100
