"""What a reader does with a page: points at charts, searches and filters tables, by mouse, touch and keyboard."""

import pandas as pd
import pytest

from cxlib.language import Count, Percent, T
from cxlib.publish import render_page
from cxlib.publish.page import TEMPLATES
from cxlib.report import Column, HorizontalBars, figure, page_head, table

SEGMENTS = pd.DataFrame({
    "segment": ["Champions", "Loyal", "At risk"], "share": [0.42, 0.27, 0.04], "low": [0.40, 0.25, 0.03],
    "high": [0.44, 0.29, 0.05], "n": [861, 1676, 412],
})  # fmt: skip


@pytest.fixture
def page(output, notebook, open_page, facts):
    """Opens a page with a chart and a table of 30 customers, in a language and a width."""

    def make(language="en", width=1280, **more):
        plot = HorizontalBars(SEGMENTS, category="segment", value="share", low="low", high="high", kind=Percent)
        shown = figure(
            plot, name="shares", title=T("Shares"), subtitle=T("All"), alt=T("Bars"), source=T("Source"),
            numbers=SEGMENTS[["segment", "share"]],
        )  # fmt: skip
        plans = ["monthly", "annual", "monthly"] * 10
        rows = pd.DataFrame({"id": [f"C{i:03}" for i in range(30)], "plan": plans, "n": range(30)})
        columns = {"id": Column(T("Customer")), "plan": Column(T("Plan")), "n": Column(T("Orders"), Count)}
        cells = [
            [output(page_head(T("Answer")))],
            [output(shown)],
            [output(table(rows, title=T("Calls"), columns=columns))],
        ]
        html = render_page(notebook("# Q\n\n## Part", *cells), facts=facts, language=language)
        watched = open_page(html, width=width, **more)
        watched.page.wait_for_selector(".chart[tabindex]")  # the script comes to it after the first paint
        return watched

    return make


CALLS = ".scroll:not(figure .scroll) table"


def told(page):
    """What the tip says; None where there is none."""
    tip = page.locator(".tip")
    return tip.inner_text() if tip.is_visible() else None


def test_the_script_is_small():
    """Under 8 kB."""
    assert (TEMPLATES / "cx" / "page.js").stat().st_size < 8_000


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("en", 390), ("ar", 1280), ("ar", 390)])
def test_a_mark_tells_its_value(page, language, width):
    """Under the mouse and under a finger, mirrored and on a phone: the name, the value and its interval."""
    watched = page(language, width)
    chart = watched.page.locator(".chart")
    chart.scroll_into_view_if_needed()
    places = watched.page.evaluate(
        """() => { const svg = [...document.querySelectorAll('.chart svg')].find(s => s.clientWidth);
        const m = svg.getScreenCTM();
        return [...svg.querySelector('.spots').getAttribute('d').matchAll(/M(\\d+) (\\d+)/g)]
        .map(([, x, y]) => [x * m.a + m.e, y * m.d + m.f]); }"""
    )
    for (x, y), text in zip(places, ["Champions: 42%", "Loyal: 27%", "At risk: 4.0%"], strict=True):
        watched.page.mouse.move(x + 3, y + 3)
        assert told(watched.page).startswith(text)
        box = watched.page.locator(".tip").bounding_box()
        assert 0 <= box["x"] <= width - box["width"]
    watched.page.mouse.move(2, 2)
    assert told(watched.page) is None
    watched.assert_quiet()


def test_a_chart_is_read_by_keyboard(page, violations):
    """Focus shows the first mark, arrows go on, Escape hides; nothing is against the rules meanwhile."""
    watched = page()
    keys = watched.page.keyboard
    watched.page.locator("#theme").focus()
    while watched.page.evaluate("!document.activeElement.matches('.chart')"):
        keys.press("Tab")
    assert told(watched.page) == "Champions: 42% (40% to 44%)"
    keys.press("ArrowDown")
    assert told(watched.page).startswith("Loyal: 27%")
    keys.press("End")
    keys.press("ArrowRight")
    assert told(watched.page).startswith("At risk")
    assert violations(watched.page) == []
    keys.press("Escape")
    assert told(watched.page) is None
    watched.assert_quiet()


@pytest.mark.parametrize(("language", "of"), [("en", "1 of 30 rows"), ("ar", "1 من أصل 30")])
def test_a_long_table_is_searched(page, violations, language, of):
    """The box has a name, the count is announced, sorting keeps what is hidden hidden."""
    watched = page(language)
    bar = watched.page.locator(".find")
    bar.locator("input").fill("c017")
    rows = watched.page.locator(f"{CALLS} tbody tr:visible")
    assert rows.count() == 1
    assert of in bar.locator("output").inner_text().replace("\u2068", "").replace("\u2069", "")
    watched.page.locator(f"{CALLS} button.sort").click()
    assert rows.all_inner_texts()[0].startswith("C017")
    assert violations(watched.page) == []
    bar.locator("input").fill("")
    assert rows.count() == 30
    assert bar.locator("output").inner_text() == ""
    watched.assert_quiet()


def test_a_table_is_filtered_by_a_category(page):
    """By keyboard as any list; with the search both hold."""
    watched = page(width=390)
    bar, rows = watched.page.locator(".find"), watched.page.locator(f"{CALLS} tbody tr:visible")
    assert bar.locator("select").count() == 1  # not for ids, not for numbers
    bar.locator("select").select_option("annual")
    assert rows.count() == 10
    bar.locator("input").fill("C01")
    assert {text for text in rows.all_inner_texts() if "annual" in text} == set(rows.all_inner_texts())
    assert rows.count() == 4  # C010 to C019 hold four of them


def test_without_script_nothing_is_offered_that_does_nothing(page, chromium, tmp_path):
    """Rows and chart are there; no box, no list, no tip."""
    page()
    context = chromium.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto((tmp_path / "page.html").as_uri())
    assert plain.locator(".find, .tip, button.sort").count() == 0
    assert plain.locator(f"{CALLS} tbody tr").count() == 30
    context.close()
