"""Pages as a reader meets them: accessible, readable at every width, usable by keyboard, fit to print."""

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest

from cxlib.language import Count, Money, Percent, T
from cxlib.measures import Metric
from cxlib.publish import Failure, FrontEntry, PastRun, failure_page, front_page, render_page
from cxlib.report import Column, Heatmap, HorizontalBars, TableSpec, figure, notice, page_head, table, text, tiles

WIDTHS, LANGUAGES = (320, 390, 1280), ("en", "ar")
DAY = dt.datetime(2026, 11, 22, 6, tzinfo=dt.UTC)
FRAME = pd.DataFrame({
    "segment": ["Champions", "Loyal", "At risk", "Hibernating customers of long standing"],
    "customers": [1200, 900, 800, 650],
    "share": [0.42, 0.20, 0.18, 0.08], "low": [0.40, 0.19, 0.17, 0.07], "high": [0.44, 0.21, 0.19, 0.09],
    "spend": [1_240_050, 800_000, 420_000, 99_000],
})  # fmt: skip
COLUMNS = {
    "segment": Column(T("Segment")),
    "customers": Column(T("Customers"), kind=Count, bar=True),
    "share": Column(T("Share of revenue"), kind=Percent, low="low", high="high"),
    "spend": Column(T("Spend a customer"), kind=Money, currency="GBP", bar=True),
}
RETENTION = pd.DataFrame([[1.0, 0.6, 0.5], [1.0, 0.55, None], [1.0, None, None]], index=["May", "June", "July"])


def _figure(plot, name, numbers):
    return figure(
        plot, name=name, title=T("Champions bring most: {name}", name=name), subtitle=T("Share of revenue"),
        alt=T("Bars by segment"), source=T("Source: orders."), numbers=numbers,
    )  # fmt: skip


@pytest.fixture(scope="module")
def executed(arabic, output, notebook):
    """A notebook with every kind of component and the usual foreign outputs."""
    metric = Metric("active", T("Active customers"), 4250, change=120, polarity=1, n=20_000)
    money = Metric("revenue", T("Revenue"), 883_200_312, unit="money", currency="GBP")
    bars = HorizontalBars(FRAME, category="segment", value="share", kind=Percent)
    return notebook(
        "# Who brings the revenue?\n\nThis page groups customers.",
        [output(page_head(T("Champions bring {s}", s=Percent(0.42)), kicker=[T("To September")], bullets=[T("Act.")]))],
        [output(tiles(metric, money, dataclasses.replace(metric, name="x"), money, metric))],
        "## Evidence\n\nA [link](#s-method), `code`, and\n\n| a | b |\n|--|--|\n| " + "wide " * 30 + " | 2 |",
        [output(_figure(bars, "bars", TableSpec(FRAME, COLUMNS)))],
        [output(_figure(Heatmap(RETENTION), "heat", RETENTION.rename_axis("Cohort").reset_index()))],
        [output(table(FRAME, title=T("Segments"), columns=COLUMNS)), output(notice(T("Two groups are not shown.")))],
        [output(FRAME.set_index("segment")), output(text(T("A sentence.")))],
        "## Method\n\n> a quote\n\n```python\nprint('hello')\n```",
    )  # fmt: skip


@pytest.fixture(scope="module")
def pages(executed, facts):
    """Every kind of page, rendered once in each language."""
    nps = {"name": "nps", "label": {"en": "NPS"}, "unit": "points", "polarity": 1}
    metrics, before = [{**nps, "value": 41, "low": 38, "high": 44}], [{**nps, "value": 30, "low": 27, "high": 33}]
    good = FrontEntry(
        "segments", {"en": "Champions bring 42%"}, href="s/latest/report.{language}.html", metrics=metrics,
        previous_metrics=before, as_of=DAY.date(), generated_at=DAY, history=[PastRun(DAY, "ok", "x.html")],
    )  # fmt: skip
    stale = dataclasses.replace(good, report="churn", status="failed", stale_since=DAY, failure_href="f.html")
    failure = Failure("churn", "failed", "boom " * 40, cell=3, started_at=DAY, last_good_href="x.html", home="y.html")
    makers = {
        "report": lambda language: render_page(executed, language=language, facts=facts),
        "front": lambda language: front_page([good, stale], title="Demo", language=language, languages=LANGUAGES),
        "failure": lambda language: failure_page(failure, language=language, languages=LANGUAGES),
    }
    return {(kind, language): make(language) for kind, make in makers.items() for language in LANGUAGES}


@pytest.mark.parametrize("kind", ["report", "front", "failure"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing(kind, language, pages, open_page, violations):
    """WCAG 2.2 AA and best practice at 320, 390 and 1280 pixels, folded parts closed and open; contrast in dark too."""
    watched = open_page(pages[kind, language])
    found = violations(watched.page)
    watched.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    for width in WIDTHS:
        watched.page.set_viewport_size({"width": width, "height": 900})
        watched.page.emulate_media(color_scheme="light")
        found += violations(watched.page)
        watched.page.emulate_media(color_scheme="dark")
        found += violations(watched.page, rules=["color-contrast"])
    assert found == []
    watched.assert_quiet()


def test_axe_sees_each_look_of_a_text(chromium, violations):
    """Of cells alike one is looked at, and none of another colour, ground or opacity is passed over."""
    cells = ["", "", "color: #bbb", "background: #555", "opacity: .3"]
    page = chromium.new_page()
    page.set_content("".join(f'<p style="{look}">words</p>' for look in cells))
    found = [html for _, _, html in violations(page, rules=["color-contrast"])]
    assert [[look in html for html in found].count(True) for look in cells[2:]] == [1, 1, 1]
    assert len(found) == 3
    page.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_cut_at_any_width(width, language, pages, open_page):
    """No page scrolls sideways, and on a phone no table of ours does either: its rows are stacked."""
    cut = """[...document.querySelectorAll('.scroll:has(> .stack)')]
             .filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1).length"""
    for kind in ("report", "front", "failure"):
        page = open_page(pages[kind, language], width=width).page
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(cut) == 0


def test_a_phone_names_each_cell_of_a_stacked_row(pages, open_page):
    """Where the header is gone, a cell says its column itself."""
    page = open_page(pages["report", "en"], width=390).page
    said = "getComputedStyle(document.querySelector('.stack td:not(.barc)'), '::before').content"
    assert page.evaluate(said) == '"Customers"'


def test_a_phone_gets_the_phone_shaped_chart(pages, open_page):
    """One of the two drawings is visible at a time."""
    seen = "s => document.querySelector(s).checkVisibility()"
    wide, narrow = open_page(pages["report", "en"]).page, open_page(pages["report", "en"], width=390).page
    assert (wide.evaluate(seen, ".chart .wide"), wide.evaluate(seen, ".chart .narrow")) == (True, False)
    assert (narrow.evaluate(seen, ".chart .wide"), narrow.evaluate(seen, ".chart .narrow")) == (False, True)


def test_the_embedded_font_is_used(pages, open_page):
    """The browser accepts the cut fonts; Arabic brings its own faces."""
    count = "document.fonts.ready.then(() => [...document.fonts].filter(f => f.status === 'loaded').length)"
    assert open_page(pages["report", "en"]).page.evaluate(count) == 2
    assert open_page(pages["report", "ar"]).page.evaluate(count) >= 3


def test_the_theme_button_turns_the_page_dark_and_back(pages, open_page):
    """The button says what it will do, and the choice holds when the page is opened again."""
    page = open_page(pages["report", "en"]).page
    colour = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(colour) == "rgb(255, 255, 255)"
    assert page.inner_text("#theme") == "Dark"
    page.click("#theme")
    assert page.evaluate(colour) == "rgb(20, 23, 26)"
    assert page.inner_text("#theme") == "Light"
    page.reload()
    assert page.evaluate(colour) == "rgb(20, 23, 26)"
    page.click("#theme")
    assert page.inner_text("#theme") == "Dark"


def test_tables_are_sorted_by_a_heading_of_numbers(output, notebook, open_page, facts):
    """Most first, then least first, then as they were; by the keyboard too, and missing values stay last."""
    rows = pd.DataFrame({"name": list("abcd"), "n": [9.0, np.nan, 1200.0, -3.0]})
    shown = table(rows, title=T("Rows"), columns={"name": Column(T("Name")), "n": Column(T("Number"), Count)})
    page = open_page(render_page(notebook([output(shown)]), language="ar", facts=facts)).page
    names = "[...document.querySelectorAll('tbody tr')].map(row => row.cells[0].textContent.trim()).join('')"
    button = page.locator("th.num button.sort")
    for expected, state in (("cadb", "descending"), ("dacb", "ascending"), ("abcd", None)):
        button.focus()
        page.keyboard.press("Enter")
        assert page.evaluate(names) == expected
        assert page.get_attribute("th.num", "aria-sort") == state


def test_only_what_scrolls_is_a_tab_stop(pages, open_page):
    """A table that fits its place is passed by."""
    fitting = "b.clientWidth && b.scrollWidth <= b.clientWidth && b.tabIndex === 0"
    count = f"[...document.querySelectorAll('.scroll')].filter(b => {fitting}).length"
    assert open_page(pages["report", "en"]).page.evaluate(count) == 0


def test_the_keyboard_reaches_the_content_first(pages, open_page):
    """The first stop is the way past the header, and it leads into the main part."""
    page = open_page(pages["report", "en"]).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_contents_lead_to_their_sections(pages, open_page):
    """Every entry of the contents points at a heading that is there."""
    page = open_page(pages["report", "en"]).page
    entries = ".toc a:not([href='#all'])"  # that one opens every part
    missing = f"""[...document.querySelectorAll("{entries}")]
                  .filter(a => !document.querySelector('main h2' + a.hash)).length"""
    assert page.locator(entries).count() == 3
    assert page.evaluate(missing) == 0


def test_links_to_exports_hold_in_the_published_folder(output, notebook, open_page, tmp_path, monkeypatch):
    """A page in ``latest`` finds the file that its run exported beside it."""
    from cxlib.report import export

    latest = tmp_path / "demo" / "segmentation" / "latest"
    latest.mkdir(parents=True)
    monkeypatch.setenv("CXLIB_RUN_DIR", str(latest))
    html = render_page(notebook("# Q", [output(export(FRAME, "segments"))]))
    page = open_page(html, name="demo/segmentation/latest/x.html").page
    hrefs = page.evaluate("[...document.querySelectorAll('.files a')].map(a => a.href)")
    assert [href.rpartition("/latest/")[2] for href in hrefs] == [
        f"exports/segments.{kind}" for kind in ("en.xlsx", "csv", "parquet")
    ]
    assert (latest / "exports" / "segments.csv").exists()


def test_a_downloaded_csv_is_the_figures_numbers(pages, open_page):
    """The file inside the page comes out under its name, past the policy."""
    page = open_page(pages["report", "en"]).page
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    with page.expect_download() as caught:
        page.click("a[download='bars.csv']")
    assert "Champions" in caught.value.path().read_text("utf-8-sig")


@pytest.mark.parametrize("language", LANGUAGES)
def test_paper_shows_whole_figures_in_light_colours(language, pages, open_page):
    """In print the page is light, uncut, and without what only a screen can do."""
    watched = open_page(pages["report", language], scheme="dark", width=760)
    watched.page.emulate_media(media="print")
    hidden = "['.toc', '.tools', '.appendix'].every(s => !document.querySelector(s).checkVisibility())"
    assert watched.page.evaluate(hidden)
    assert watched.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert watched.page.evaluate("getComputedStyle(document.querySelector('.chart')).breakInside") == "avoid"
    assert watched.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_reduced_motion_is_respected(pages, open_page):
    """Nothing glides for a reader who asked for stillness."""
    page = open_page(pages["report", "en"]).page
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
