"""The notebooks in a real JupyterLab: open one, run all cells, look at what it shows."""

import contextlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError as TimedOut

ROOT = Path(__file__).parents[2]
MINUTES = 60_000
PROMPTS = "[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(prompt => prompt.textContent)"
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab that serves a copy of the project's notebooks."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("notebooks", "params"):
        shutil.copytree(ROOT / name, folder / name)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
               "--IdentityProvider.token=", "--LabApp.news_url=None"]  # fmt: skip
    with (folder / "lab.log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder / "notebooks", stdout=log, stderr=log)
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


@pytest.mark.parametrize("notebook", sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb")))
def test_run_all_works_with_no_setting(lab, notebook, chromium):
    """Every code cell runs, none fails or warns, and the page head is on show."""
    page = chromium.new_page(viewport={"width": 1280, "height": 1400})
    page.goto(lab.replace("?reset", f"/tree/{notebook}?reset"))
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=2 * MINUTES)
    _run_all(page)
    page.wait_for_function(f"() => {PROMPTS}.every(prompt => /\\[\\d+\\]/.test(prompt))", timeout=4 * MINUTES)
    assert page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert page.locator(".jp-OutputArea-output h1").count() == 1
    page.close()
