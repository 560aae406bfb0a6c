"""One headless Chromium for all browser tests, and pages that watch what happens in them."""

import datetime as dt
import os
import shutil
import sys
from pathlib import Path

import nbformat
import pytest
from axe_playwright_python.base import AXE_SCRIPT

from cxlib.publish import PageFacts

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
CONTRAST = "color-contrast"
STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FOLDER = Path(__file__).parent
# One element of each look: text of one colour, size and weight on one pile of backgrounds has one contrast. What is
# drawn stands on other shapes, so that all of it is looked at.
LOOKS = """() => {
  const piles = new Map();
  const pile = e => {
    if (!e) return '';
    if (!piles.has(e)) {
      const s = getComputedStyle(e);
      const own = [s.backgroundColor, s.backgroundImage, s.opacity, s.position, s.filter];
      piles.set(e, [...own, pile(e.parentElement)].join());
    }
    return piles.get(e);
  };
  const looks = new Map();
  for (const e of document.body.querySelectorAll('*')) {
    const says = [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim());
    if (!says && !e.matches('input, select, textarea') || !e.getClientRects().length) continue;
    const s = getComputedStyle(e);
    const look = [s.color, s.fontSize, s.fontWeight, s.textShadow, e.disabled, pile(e)].join('|');
    const key = e.closest('svg') ? e : look;
    if (!looks.has(key)) looks.set(key, e);
  }
  return [...looks.values()];
}"""


def pytest_collection_modifyitems(items):
    """Every test in this folder opens a browser."""
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium():
    """A running Chromium: the one that CXLIB_CHROMIUM names, or Debian's."""
    found = os.environ.get("CXLIB_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("no Chromium found; install it (apt-get install chromium) or name it in CXLIB_CHROMIUM")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


class Watched:
    """An open page and everything that it must not do: dialogs, requests beyond itself, console errors."""

    def __init__(self, page):
        self.page, self.dialogs, self.requests, self.errors = page, [], [], []
        page.on("dialog", self._dialog)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _dialog(self, dialog):
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def assert_quiet(self):
        """Nothing ran, nothing was fetched but the page and what it embeds, nothing was complained about."""
        outside = [url for url in self.requests[1:] if not url.startswith("data:")]
        assert (self.dialogs, outside, self.errors) == ([], [], [])


@pytest.fixture
def open_page(chromium, tmp_path):
    """Writes a page as a file and opens it."""
    contexts = []

    def open_(html, *, width=1280, scheme="light", name="page.html"):
        path = tmp_path / name
        path.write_text(html, encoding="utf-8")
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        watched = Watched(context.new_page())
        watched.page.goto(path.as_uri())
        return watched

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def output():
    """Makes a notebook output of anything that displays itself, as IPython would."""

    def make(thing):
        if hasattr(thing, "_repr_mimebundle_"):
            data = thing._repr_mimebundle_()
        else:
            data = {"text/html": thing._repr_html_(), "text/plain": repr(thing)}
        return nbformat.v4.new_output("display_data", data)

    return make


@pytest.fixture(scope="session")
def notebook():
    """Makes a notebook: a string is a Markdown cell, a list is a code cell with these outputs."""

    def make(*contents, code="show()"):
        cells = [
            nbformat.v4.new_markdown_cell(content) if isinstance(content, str)
            else nbformat.v4.new_code_cell(code, outputs=content) for content in contents
        ]  # fmt: skip
        return nbformat.v4.new_notebook(cells=cells)

    return make


@pytest.fixture(scope="session")
def facts():
    """What an engine would say about a run."""
    return PageFacts(
        title="Segments", as_of=dt.date(2026, 9, 30), generated_at=dt.datetime(2026, 11, 22, 1, tzinfo=dt.UTC),
        parameters={"workspace": "params/demo", "seed": 7}, versions={"pandas": "3.1.1"}, seconds=2.4,
        fingerprint="ab" * 32, languages=("en", "ar"), home="../../index.{language}.html",
    )  # fmt: skip


@pytest.fixture(scope="module")
def arabic(tmp_path_factory):
    """Adds an Arabic catalogue of a few words, so that pages can be turned round."""
    module = sys.modules["cxlib.language.speaker"]
    folder, before = tmp_path_factory.mktemp("locale"), module.LOCALES
    (folder / "ar" / "LC_MESSAGES").mkdir(parents=True)
    words = {"Contents": "المحتويات", "Dark": "داكن", "Table": "جدول", "Show the numbers": "عرض الأرقام"}
    entries = [f'msgid "{key}"\nmsgstr "{text}"\n' for key, text in words.items()]
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
    (folder / "ar" / "LC_MESSAGES" / "cxlib.po").write_text("\n".join([header, *entries]), encoding="utf-8")
    module.LOCALES = folder
    module.speaker.cache_clear()
    yield "ar"
    module.LOCALES = before
    module.speaker.cache_clear()


@pytest.fixture
def violations():
    """What axe-core finds on a page as it stands; its script is injected once a page."""

    def find(page, *, rules=None):
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE_SCRIPT)
        found, rest = [], {"type": "tag", "values": STANDARD}
        if rules is not None:
            rest = {"type": "rule", "values": [rule for rule in rules if rule != CONTRAST]}
        if rest["values"]:
            options = {"runOnly": rest, "resultTypes": ["violations"], "rules": {CONTRAST: {"enabled": False}}}
            found += page.evaluate("o => axe.run(document, o)", options)["violations"]
        if rules is None or CONTRAST in rules:  # by itself, for it takes longer than all others
            found += page.evaluate(
                f"axe.run({{include: ({LOOKS})()}}, {{runOnly: ['{CONTRAST}'], resultTypes: ['violations']}})"
            )["violations"]
        width = page.viewport_size["width"]
        return [(width, each["id"], node["html"][:200]) for each in found for node in each["nodes"]]

    return find
