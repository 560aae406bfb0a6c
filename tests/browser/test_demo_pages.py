"""Every page of the demo workspace, as `cx run demo` publishes it, in a real browser."""

import html
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVIEST = 300_000
OPEN_ALL = "open => document.querySelectorAll('details').forEach(part => part.open = open)"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """What the demo workspace publishes."""
    project = tmp_path_factory.mktemp("project")
    for name in ("notebooks", "params"):
        shutil.copytree(ROOT / name, project / name)
    subprocess.run([sys.executable, "-m", "cxlib", "run", "demo"], cwd=project, check=True)
    return project / "reports" / "demo"


@pytest.fixture
def published(site):
    """The front page and every report, in every language."""
    pages = [*site.glob("index.*.html"), *site.glob("*/latest/report.*.html")]
    assert len(pages) >= 4
    return pages


def test_pages_hold_for_everyone(published, chromium, violations):
    """WCAG 2.2 AA and best practice, and no sideways scrolling: both themes, three widths, parts closed and open."""
    faults = []
    for path in published:
        for scheme in ("light", "dark"):
            context = chromium.new_context(color_scheme=scheme)
            page = context.new_page()
            page.goto(path.as_uri())
            for width in (320, 390, 1280):
                page.set_viewport_size({"width": width, "height": 900})
                for unfolded in (False, True):
                    page.evaluate(OPEN_ALL, unfolded)
                    faults += [(path.name, scheme, unfolded, *fault) for fault in violations(page)]
                    if page.evaluate("document.documentElement.scrollWidth") > width:
                        faults.append((path.name, scheme, unfolded, width, "scrolls sideways"))
            context.close()
    assert faults == []


def test_pages_are_light_and_ask_for_nothing(published, chromium):
    """At most 300 kB, no request beyond the page itself, no complaint in the console, prints to paper."""
    for path in published:
        assert path.stat().st_size <= HEAVIEST
        page = chromium.new_page()
        asked, said = [], []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.on("console", lambda message, said=said: said.append(message.text))
        page.goto(path.as_uri())
        assert [url for url in asked[1:] if not url.startswith("data:")] == []
        assert said == []
        assert page.pdf(format="A4").startswith(b"%PDF")
        page.close()


def test_every_link_of_a_page_leads_somewhere(published):
    """Languages, reports, runs, downloads: every relative address names a file that was published."""
    for path in published:
        for target in re.findall(r'href="([^"#:]+)"', path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), (path.name, target)


# Names of models, measures and file formats; their authors; the company's own name; the other language's link.
LATIN = "CSV Excel Parquet JSON MBG NBD BG Pareto Gamma AIC ROC AUC PR PSI Brier log rank p t R Python Fresh Basket "
LATIN += "English Fader Hardie Lee Batislam Schmittlein Lindeman Merenda Gold Rocks US"
FILES, VERSIONS = (
    r"[\w${}./-]+\.(csv|jsonl|parquet|xlsx)|sources\.yaml",
    r"\S+=.*|(\w[\w-]+ \d+\.[\d.]+,? ?)+|sha256 \w+",
)
OWN_WORDS = re.compile(f"{FILES}|{VERSIONS}")


def _said(page):
    """Each text of a page, of its drawings, and its spoken labels; without code, quotes and values of broken rows."""
    silent = r"<(script|style|code|pre|blockquote)\b.*?</\1>|<h3[^>]*id=\"data-first\".*?</table>"
    page = re.sub(silent, "", page, flags=re.DOTALL)
    spoken = re.findall(r'(?:aria-label|alt|title)="([^"]*)"', page)
    texts = [html.unescape(text) for text in (*re.split(r"<[^>]*>", page), *spoken)]
    return [text for text in texts if " · " not in text]  # words found in comments


def _latin(page):
    words = (word for text in _said(page) for word in re.findall(r"[A-Za-z_]+", OWN_WORDS.sub(" ", text)))
    return sorted({word for word in words if word not in LATIN.split()})


def test_no_latin_label_is_left_on_an_arabic_page(published):
    """Plans, channels, regions, reasons, yes and no, columns and tables: texts, charts and descriptions say them."""
    arabic = [path for path in published if ".ar." in path.name]
    assert len(arabic) == 5
    words = {path.parts[-3]: _latin(path.read_text(encoding="utf-8")) for path in arabic}
    assert {name: latin for name, latin in words.items() if latin} == {}
