"""Tests of the figure block and of the canvas."""

import io
from urllib.parse import unquote_to_bytes

import pandas as pd
import pytest

from cxlib.errors import ConfigurationError
from cxlib.language import Count, Decimal, Money, Percent, T, speaker
from cxlib.report import Canvas, Column, HorizontalBars, TableSpec, figure
from cxlib.report.canvas import draw, even_digits

WORDS = {"title": T("Title"), "subtitle": T("Subtitle"), "alt": T("What it shows"), "source": T("Source: sales.")}


@pytest.fixture
def shown(segments):
    """A figure whose third row is too small to show in the numbers."""
    plot = HorizontalBars(segments.head(2), category="segment", value="share", kind=Percent)
    columns = {"segment": Column(T("Segment")), "share": Column(T("Share of revenue"), kind=Percent)}
    return figure(plot, name="share", numbers=TableSpec(segments, columns, n="customers"), **WORDS)


def test_a_figure_has_everything_around_the_chart(shown, english, read):
    """Heading, subtitle, image with words, source, folded numbers, and a download that says its size."""
    html = shown.render(english).html
    elements = read(html).elements
    assert elements[0] == ("figure", {"id": "fig-share", "aria-labelledby": "fig-share-t"})
    chart = next(attributes for tag, attributes in elements if attributes.get("role") == "img")
    assert chart["aria-label"] == "What it shows"
    assert [tag for tag, _ in elements].count("svg") == 2
    assert '<p class="note">Source: sales.</p><details><summary id="fig-share-n"' in html
    assert (
        'aria-labelledby="fig-share-n fig-share-t">Show the numbers</summary>' in html
    )  # of what, to those who listen
    link = next(attributes for tag, attributes in elements if tag == "a")
    assert link["download"] == "share.csv"
    content = unquote_to_bytes(link["href"].partition(",")[2])
    assert f"(CSV, {max(len(content), 100) / 1000:.1f} kB)" in html
    assert pd.read_csv(io.BytesIO(content))["Segment"].tolist() == ["Loyal"]


def test_a_figure_weighs_little(shown):
    """Both shapes, numbers and download together stay below 10 kB for a bar chart."""
    assert len(shown.payload()["html"]["en"]) < 10_000


def test_withheld_groups_are_said_in_the_numbers(shown, english):
    """The note stands with the numbers."""
    assert (
        "2 groups are not shown: they have fewer than 30, or would give away one that has."
        in shown.render(english).html
    )


def test_a_figure_speaks_arabic(shown, arabic, read):
    """The same figure has Arabic words in text, chart and table, and Arabic column names in its download."""
    html = shown.render(arabic).html
    assert "".join(read(html).words).count("الأبطال") == 2
    (link,) = [attributes["href"] for tag, attributes in read(html).elements if tag == "a"]
    assert "حصة الإيرادات" in unquote_to_bytes(link.partition(",")[2]).decode("utf-8-sig")


def test_long_numbers_are_cut_and_the_download_is_whole(segments, english):
    """Some rows are enough to read; the page says that there are more."""
    many = pd.DataFrame({"i": range(100)})
    html = figure(lambda axes, canvas: None, name="many", numbers=many, **WORDS).render(english).html
    assert html.count('<th scope="row">') == 25
    assert "The first 25 of 100 rows; the download has them all." in html


def test_many_numbers_lie_beside_the_page_of_a_run(english, arabic, tmp_path, monkeypatch):
    """A page stays light however much a chart is drawn from; in JupyterLab the download stays inside."""
    many = pd.DataFrame({"i": range(3_000)})
    chart = figure(lambda axes, canvas: None, name="many", numbers=many, **WORDS)
    monkeypatch.delenv("CXLIB_RUN_DIR", raising=False)
    assert "data:text/csv" in chart.render(english).html
    monkeypatch.setenv("CXLIB_RUN_DIR", str(tmp_path))
    for voice in (english, arabic):
        html = chart.render(voice).html
        assert f'href="exports/many.{voice.language}.csv"' in html
        assert len(html) < 10_000
        assert len(pd.read_csv(tmp_path / "exports" / f"many.{voice.language}.csv")) == 3_000


def test_a_figure_needs_a_safe_name(segments):
    """The name becomes an id and a file."""
    with pytest.raises(ConfigurationError, match="figure: the name"):
        figure(lambda axes, canvas: None, name="a b", numbers=segments, **WORDS)


@pytest.mark.parametrize(
    ("low", "high", "make", "texts"),
    [
        (0, 0.45, Percent, ["0%", "10%", "20%", "30%", "40%"]),
        (0, 0.05, Percent, ["0%", "1%", "2%", "3%", "4%", "5%"]),
        (0, 3, Count, ["0", "1", "2", "3"]),
        (0, 250_000, lambda v: Money(v, currency="GBP"), ["£0", "£500", "£1,000", "£1,500", "£2,000", "£2,500"]),
    ],
)
def test_ticks_are_round_and_alike(english, low, high, make, texts):
    """All ticks of an axis have equally many decimals, and no more than they need."""
    assert Canvas(english).ticks(low, high, make)[1] == texts


def test_ticks_leave_room_for_each_other(english):
    """Long labels mean fewer ticks."""
    values, texts = Canvas(english, wide=False).ticks(0, 9e12, lambda v: Money(v, currency="GBP"))
    assert len(values) == len(texts) <= 3


def test_decimals_are_the_same_for_all():
    """One tick that needs a decimal gives one to each."""
    assert [q.digits for q in even_digits([Decimal(0.5), Decimal(1.0)])] == [1, 1]
    assert [q.digits for q in even_digits([Decimal(0.25), Decimal(1.0)])] == [2, 2]


def test_labels_are_wrapped_and_cut(english):
    """At most three lines, and an ellipsis where something is missing."""
    assert Canvas(english).wrap("one two three", 7) == "one two\nthree"
    assert Canvas(english).wrap("x" * 100, 10).endswith("…")
    assert Canvas(english).shorten("abcdef", 4) == "abc…"


def test_arabic_text_keeps_its_direction_after_a_latin_name(arabic):
    """A mark sets the base direction where there are right-to-left letters; Latin names and numbers need none."""
    canvas = Canvas(arabic)
    assert canvas.say("Plus باقة") == "\u200fPlus باقة"
    assert canvas.say("Plus") == "Plus"
    assert canvas.wrap("باقة باقة", 5) == "\u200fباقة\n\u200fباقة"


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_label_in_pieces_shows_no_part_of_a_contact(language):
    """Wrapped, balanced, cut short or in one line, on page and phone: the number goes before the text is cut."""
    english, arabic = (
        "Service desk of the northern branch +49 170 1234567",
        "مكتب الخدمة في الفرع الشمالي +966 50 123 4567",
    )
    for text in (english, arabic, english.replace(" +", "\n+"), "+49 170 1234567 is the service desk of the branch"):
        for wide in (True, False):
            canvas = Canvas(speaker(language), wide=wide)
            ways = (canvas.wrap, canvas.shorten, canvas.balance)
            pieces = [canvas.say(text), *(way(text, width) for way in ways for width in (10, 21, 34, 48))]
            assert [piece for piece in pieces if set(piece) & set("0123456789")] == []


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_chart_breaks_no_contact_over_lines(language, read):
    """Names of bars, which stand in several lines beside a chart and above its bars on a phone."""
    frame = pd.DataFrame({"desk": ["Service desk of the northern branch +49 170 1234567", "Web"], "share": [0.4, 0.6]})
    plot = HorizontalBars(frame, category="desk", value="share", kind=Percent)
    for wide in (True, False):
        texts = read(draw(plot, Canvas(speaker(language), wide=wide)).markup).words
        assert any("northern" in text for text in texts)
        assert [text for text in texts if "+49" in text or "170" in text or "4567" in text] == []
