"""However often the engine is killed, a reader meets whole pages of one run, and never one page less than before."""

import json
import random
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cxlib.runs import run_suite
from cxlib.runs.archive.store import LOCK, PARTIAL, ReportStore, hold_lock

ENGINE = Path(__file__).with_name("killed_engine.py")
KILLS = 110
SUITE = "languages: [en, ar]\nreports: {one: , two: {after: one, matrix: {region: [x, y]}}}"
CELL = 'workspace = "params/demo"  # str\nregion = "all"  # str'
PLACES = ("one", "two/region-x", "two/region-y")
WHOLE = re.compile(r"<(\d+)>x*</\1>")


class Reader(threading.Thread):
    """Reads what readers read, over and over, and notes whatever is not as it should be."""

    def __init__(self, site):
        super().__init__(daemon=True)
        self.site = site
        self.faults, self.reads, self.done = [], 0, threading.Event()
        self.newest = dict.fromkeys(PLACES, 0)
        self.tokens, self.seen_front = set(), set()

    def run(self):
        """Read until told to stop."""
        while not self.done.is_set():
            try:
                for place in PLACES:
                    self.read_report(place)
                for language in ("en", "ar"):
                    self.read_front(language)
            except Exception as error:
                self.faults.append(f"{type(error).__name__}: {error}")
            self.reads += 1

    def read_report(self, place):
        """The pages through `latest`, and all files of the run that it leads to."""
        latest = self.site / place / "latest"
        if not self.newest[place] and not latest.exists():
            return
        for language in ("en", "ar"):
            self.note(place, (latest / f"report.{language}.html").read_text())
        json.loads((latest / "run.json").read_text())
        run = latest.parent / latest.readlink()
        try:
            texts = [(run / f"report.{language}.html").read_text() for language in ("en", "ar")]
            record, metrics = (json.loads((run / name).read_text()) for name in ("run.json", "metrics.json"))
        except FileNotFoundError:
            if (latest.parent / latest.readlink()) == run:
                raise  # else it was pruned since, which only happens to runs that are no longer the latest
            return
        tokens = {WHOLE.fullmatch(text)[1] for text in texts} | {str(metrics["metrics"][0]["value"])}
        if len(tokens) != 1 or (record["run"], record["status"]) != (run.name, "ok"):
            self.faults.append(f"{run}: {tokens}, {record['run']}, {record['status']}")

    def note(self, place, text):
        """A page is whole, and never older than one that was seen before."""
        match = WHOLE.fullmatch(text)
        token = int(match[1]) if match else 0
        if token < self.newest[place] or not token:
            self.faults.append(f"{place}: {text[:20]!r} of {len(text)} after {self.newest[place]}")
        self.newest[place] = max(self.newest[place], token)
        self.tokens.add(token)

    def read_front(self, language):
        """A whole front page whose links to reports lead somewhere."""
        path = self.site / f"index.{language}.html"
        if language not in self.seen_front and not path.exists():
            return
        text = path.read_text()
        self.seen_front.add(language)
        if not (text.startswith("<!DOCTYPE html>") and text.rstrip().endswith("</html>")):
            self.faults.append(f"{path.name}: {len(text)} characters, {text[-20:]!r}")
        for href in re.findall(r'href="([^"#]*latest/[^"]*)"', text):
            if not (self.site / href).is_file():
                self.faults.append(f"{path.name}: {href} leads nowhere")


@pytest.fixture
def shop(project):
    """A report, and two variants that come after it."""
    for name in ("one", "two"):
        project.notebook(name, "1", parameters=CELL)
    project.suite(SUITE)
    return project


@pytest.mark.slow
def test_a_hundred_kills_show_nothing_half(shop):
    """110 runs are killed at seeded points between their first and last step, while a reader polls all the time."""
    reader = Reader(shop.site)
    reader.start()
    seed = "20261122"
    ended = subprocess.run([sys.executable, ENGINE, shop.root, seed, str(KILLS)], capture_output=True, text=True,
                           check=False, timeout=280)  # fmt: skip
    reader.done.set()
    reader.join()
    assert ended.stderr == ""
    told = json.loads(ended.stdout)
    assert told["died"] >= 100
    assert told["steps"] > 60
    assert {code for _, code in told["ended"]} == {0}
    assert reader.faults == []
    assert reader.reads > KILLS
    assert len(reader.tokens) > 20
    assert {(shop.site / place / "latest" / "report.ar.html").read_text()[1:-1].split(">")[0] for place in PLACES} == {
        str(told["last"])
    }
    assert not list(shop.site.rglob(f".*{PARTIAL}"))
    for place in PLACES:
        with hold_lock(shop.site / place / LOCK, name=place):
            assert {run.status for run in ReportStore(shop.site / place).history()} == {"ok"}


@pytest.mark.slow
@pytest.mark.engine
def test_a_real_engine_is_killed_at_any_time(project):
    """8 of at most 24 runs with a real kernel are killed at random times; the next one cleans up and is good."""
    project.notebook("churn", "import os\nfrom pathlib import Path",
                     'Path(os.environ["CXLIB_RUN_DIR"], "part.csv").write_text("x" * 100_000)')  # fmt: skip
    project.suite("languages: [en, ar]\nreports: {churn: }")
    assert run_suite("demo").exit_code == 0
    page = project.site / "churn" / "latest" / "report.ar.html"
    command = [sys.executable, "-m", "cxlib", "run", "demo", "--force"]
    seconds, chance, died = 10.0, random.Random(20261122), 0
    for _ in range(24):
        started = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
            try:
                run.wait(chance.uniform(0.05, 1) * seconds)
                seconds = min(seconds, time.monotonic() - started)  # it was done before its time: a run is that short
            except subprocess.TimeoutExpired:
                run.kill()
            died += run.wait() == -signal.SIGKILL
        text = page.read_text()
        assert (text[:15], text.rstrip()[-7:]) == ("<!DOCTYPE html>", "</html>")
        assert (page.parent / "part.csv").stat().st_size == 100_000
        if died == 8:
            break
    assert died == 8
    result = run_suite("demo", force=True)
    assert result.exit_code == 0
    assert not list(project.site.rglob(f".*{PARTIAL}"))
    assert page.parent.resolve().name == result.records[0].run
