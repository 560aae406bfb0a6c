"""Tests of tables."""

import io

import pandas as pd
import pytest

from cxlib.errors import ConfigurationError
from cxlib.language import Money, Percent, T
from cxlib.report import Column, TableSpec, table

COLUMNS = {
    "segment": Column(T("Segment")),
    "customers": Column(T("Customers"), bar=True),
    "share": Column(T("Share of revenue"), kind=Percent, low="low", high="high"),
    "revenue": Column(T("Revenue"), kind=Money, currency="GBP"),
}


def test_a_table_is_structured_for_everyone(segments, english, read):
    """Scopes, a named heading, a region for the keyboard, and labels on cells for phones."""
    html = table(segments, title=T("Segments"), columns=COLUMNS).render(english).html
    elements = read(html).elements
    headers = [attributes for tag, attributes in elements if tag == "th"]
    assert [h["scope"] for h in headers] == ["col"] * 4 + ["row"] * 3
    region = next(attributes for tag, attributes in elements if tag == "div")
    assert region["role"] == "region"
    assert region["tabindex"] == "0"
    assert f'<h3 class="cap" id="{region["aria-labelledby"]}">Segments</h3>' in html
    labels = [attributes["data-label"] for tag, attributes in elements if tag == "td" and "data-label" in attributes]
    assert labels[:3] == ["Customers", "Share of revenue", "Revenue"]


def test_an_interval_stands_beside_its_value(segments, english):
    """Value first, interval small and in words."""
    html = table(segments, title=T("Segments"), columns=COLUMNS).render(english).html
    assert '<bdi>42%</bdi> <span class="ci">(<bdi>40% to 44%</bdi>)</span>' in html


def test_a_missing_value_is_a_dash_with_a_word(segments, english):
    """A screen reader hears that there is no value."""
    html = table(segments, title=T("Segments"), columns=COLUMNS).render(english).html
    assert html.count('<span class="dash" aria-hidden="true">–</span><span class="vh">no value</span>') == 1


def test_small_groups_are_withheld_and_the_page_says_so(segments, english):
    """A row below the suppression size appears nowhere, nor the smallest other, which would give it away."""
    shown = table(segments, title=T("Segments"), columns=COLUMNS, n="customers")
    html = shown.render(english).html
    words = "2 groups are not shown: they have fewer than 30, or would give away one that has."
    assert words in html
    for name in ("At risk", "Champions"):
        assert name not in html
        assert name.encode() not in shown.spec.csv(english)
    alone = table(segments.tail(1), title=T("Segments"), columns=COLUMNS, n="customers").render(english).html
    assert "1 group is not shown because it has fewer than 30." in alone


def test_more_than_seven_columns_are_refused():
    """The error says how many there are and what to do."""
    with pytest.raises(ConfigurationError, match=r"8 columns.*Split it"):
        table(pd.DataFrame([range(8)]), title=T("Wide"))


def test_a_column_that_is_not_there_is_named(segments):
    """A slip in a column's name is answered with the nearest one, also for interval ends and n."""
    with pytest.raises(ConfigurationError, match="Did you mean 'share'"):
        TableSpec(segments, {"shares": Column(T("Share"))})
    with pytest.raises(ConfigurationError, match="'lows'"):
        TableSpec(segments, {"share": Column(T("Share"), low="lows", high="high")})
    with pytest.raises(ConfigurationError, match="'m'"):
        TableSpec(segments, n="m")


def test_repeated_column_names_are_refused():
    """Two columns of one name cannot be told apart."""
    with pytest.raises(ConfigurationError, match="repeat"):
        TableSpec(pd.DataFrame([[1, 2]], columns=["a", "a"]))


def test_a_frame_without_declared_columns_shows_itself(english):
    """A named index heads the rows; whole numbers are counts, others have one decimal, the rest is text."""
    frame = pd.DataFrame({"n": [1200], "x": [1.25], "ok": [True]}, index=pd.Index(["a"], name="key"))
    html = table(frame, title=T("Frame")).render(english).html
    assert '<th scope="row"><bdi>a</bdi></th>' in html
    assert [cell in html for cell in ("<bdi>1,200</bdi>", "<bdi>1.2</bdi>", "<bdi>yes</bdi>")] == [True] * 3


def test_bars_start_where_reading_starts(segments, arabic, english):
    """From the left in English, from the right in Arabic, the longest the full width."""
    shown = table(segments, title=T("Segments"), columns=COLUMNS)
    assert '<rect x="0.0" width="100.0" height="10"/>' in shown.render(english).html
    assert '<rect x="48.6" width="51.4" height="10"/>' in shown.render(arabic).html


def test_the_download_has_plain_numbers(segments, english):
    """Money in whole units, shares as fractions, interval ends in columns of their own."""
    back = pd.read_csv(io.BytesIO(TableSpec(segments, COLUMNS).csv(english)))
    assert back["Revenue"].tolist()[:2] == [1234567.89, 84123.45]
    assert back["Share of revenue"].tolist() == [0.42, 0.27, 0.04]
    assert back["Share of revenue, low end"].tolist() == [0.40, 0.25, 0.03]
    assert back["Segment"].tolist() == ["Champions", "Loyal", "At risk"]


def test_a_frame_is_not_changed(segments, english):
    """Showing a frame leaves it as it was."""
    before = segments.copy(deep=True)
    table(segments, title=T("Segments"), columns=COLUMNS, n="customers").render(english)
    pd.testing.assert_frame_equal(segments, before)


def test_groups_are_counted_and_not_their_rows(english):
    """Two plans of three points each, of which one has too few throughout: one group is not shown, not three."""
    frame = pd.DataFrame({"plan": ["a"] * 3 + ["b"] * 3, "n": [90, 60, 40, 25, 20, 9]})
    html = table(frame, title=T("Plans"), n="n").render(english).html
    assert "1 group is not shown because it has fewer than 30." in html
