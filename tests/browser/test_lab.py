"""The notebooks in a real JupyterLab: open one, run all cells, look at what it shows."""

import contextlib
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import TimeoutError as TimedOut

from cxlib.publish import render_page

ROOT = Path(__file__).parents[2]
MINUTES = 60_000
GUIDE = (ROOT / "docs" / "using.md").read_text(encoding="utf-8").partition("\n## In JupyterLab\n")[2]
BLOCKS = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
TASKS = ["nlargest", "study_30", "leaner", "ecdfplot", "own-tenths"]
PROMPTS = "[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(prompt => prompt.textContent)"
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def project(copy_project, tmp_path_factory):
    """A copy of the project with a small company and few resamples."""
    return copy_project(tmp_path_factory.mktemp("project"), customers=800)


def _resize(folder, old, new):
    """Give the simulated company another number of customers."""
    sources = folder / "params" / "demo" / "sources.yaml"
    text = sources.read_text(encoding="utf-8")
    sources.write_text(text.replace(f"customers: {old}", f"customers: {new}"), encoding="utf-8")


@pytest.fixture(scope="module")
def lab(project):
    """The address of a JupyterLab that serves the project."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
               "--IdentityProvider.token=", "--LabApp.news_url=None"]  # fmt: skip
    with (project / "lab.log").open("w") as log:
        server = subprocess.Popen(command, cwd=project / "notebooks", stdout=log, stderr=log)
        try:
            _wait_for(f"http://127.0.0.1:{port}/api", log.name)
            yield f"http://127.0.0.1:{port}/lab/workspaces/test?reset"
        finally:
            server.terminate()
            server.wait(30)


def _wait_for(address, log):
    for _ in range(120):
        try:
            with urllib.request.urlopen(address):
                return
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"JupyterLab did not start:\n{Path(log).read_text()}")


def _run_all(page):
    """Choose Run All Cells until cells start: JupyterLab says idle a moment before its kernel listens."""
    for _ in range(10):
        page.wait_for_timeout(3000)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        with contextlib.suppress(TimedOut):
            page.wait_for_function(f"() => {PROMPTS}.some(prompt => /\\[[*\\d]/.test(prompt))", timeout=2000)
            return
    pytest.fail("no cell started to run")


def _ran(lab, chromium, notebook):
    """A page on which all cells of a notebook have run."""
    page = chromium.new_page(viewport={"width": 1280, "height": 1400})
    page.goto(lab.replace("?reset", f"/tree/{notebook}?reset"))
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=2 * MINUTES)
    _run_all(page)
    page.wait_for_function(f"() => {PROMPTS}.every(prompt => /\\[\\d+\\]/.test(prompt))", timeout=4 * MINUTES)
    return page


@pytest.mark.parametrize("notebook", ["segmentation.ipynb", "voice.ipynb"])  # all run in the tests of work by hand
def test_run_all_works_with_no_setting(lab, notebook, chromium):
    """Every code cell runs, none fails or warns, and the page head is on show."""
    page = _ran(lab, chromium, notebook)
    assert page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert page.locator(".jp-OutputArea-output h1").count() == 1
    page.close()


class _OwnCell:
    """A cell of one's own below the last one, typed into again and again."""

    def __init__(self, page):
        self.page = page
        page.locator(".jp-Notebook .jp-CodeCell .jp-InputArea-editor").last.click()
        for key in ("Escape", "b"):
            page.keyboard.press(key)

    def type(self, code, *keys):
        """What stands in the cell from now on."""
        for key in ("Enter", "Control+a"):
            self.page.keyboard.press(key)
        self.page.keyboard.insert_text(code)
        for key in keys:
            self.page.keyboard.press(key)

    def completions(self, code):
        """What Tab offers."""
        for _ in range(10):  # the first time takes longer than JupyterLab waits
            self.type(code, "Tab")
            with contextlib.suppress(TimedOut):
                self.page.locator(".jp-Completer:visible .jp-Completer-match").first.wait_for(timeout=MINUTES / 10)
                break
        offered = self.page.locator(".jp-Completer .jp-Completer-match").all_inner_texts()
        self.page.keyboard.press("Escape")
        return offered

    def docstring(self, code):
        """What Shift and Tab show."""
        self.type(code, "Shift+Tab")
        shown = self.page.locator(".jp-Tooltip").inner_text(timeout=MINUTES)
        self.page.keyboard.press("Escape")
        return shown

    def run(self, code):
        """The cell's outputs."""
        prompt = "document.querySelector('.jp-Cell.jp-mod-active .jp-InputPrompt').textContent"
        before = self.page.evaluate(prompt)
        self.type(code, "Control+Enter")
        done = f"old => /\\[\\d+\\]/.test({prompt}) && {prompt} !== old"
        self.page.wait_for_function(done, arg=before, timeout=4 * MINUTES)
        return self.page.locator(".jp-Cell.jp-mod-active .jp-OutputArea-output")


def test_a_newcomer_goes_on_with_the_guide_alone(lab, project, chromium):
    """Completion, docstrings, ten members of a region, another horizon, a leaner model, charts, and a page to read."""
    _resize(project, 800, 5_000)  # large enough to say whom to call
    page = _ran(lab, chromium, "churn.ipynb")
    cell = _OwnCell(page)
    offered = cell.completions("study.")
    assert {"frame", "money", "without", "with_costs", "X"} <= set(offered)
    assert not [name for name in offered if name.startswith("_") or name.endswith("_cents")]
    assert "costs and limits stay as they are" in cell.docstring("study.without(")
    guide = {word: next(block for block in BLOCKS if word in block) for word in TASKS}
    assert cell.run(guide["nlargest"]).locator("tbody tr").count() == 10
    first, second = filter(None, map(str.strip, cell.run(guide["study_30"]).inner_text().splitlines()))
    assert first != second
    assert cell.run(guide["leaner"]).inner_text().count("would have ranked") == 2
    assert cell.run(guide["ecdfplot"]).locator("img").count() == 1
    assert cell.run(guide["own-tenths"]).locator("svg").count() >= 1
    path = project / "notebooks" / "churn.ipynb"
    before = path.read_bytes()
    page.keyboard.press("Control+s")
    for _ in range(60):
        page.wait_for_timeout(500 * (path.read_bytes() == before))
    for language, words in (("en", "customers"), ("ar", "العملاء")):
        html = render_page(nbformat.read(path, as_version=4), language=language)
        assert "fig-own-tenths" in html
        assert words in html
