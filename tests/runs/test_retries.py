"""A notebook that died or took too long runs again as often as its suite allows; anything else does not."""

import contextlib
import json
import signal
import subprocess
import sys
import time

import pytest

from cxlib.runs import Status, run_suite

pytestmark = pytest.mark.engine

FIRST_TIME_ONLY = """
import os, pathlib, signal, sys, time
marker = pathlib.Path(f"tried-{how}")
again = marker.exists()
with marker.open("a") as file:
    file.write("x")
pathlib.Path(os.environ["CXLIB_RUN_DIR"], "half.txt" if not again else "whole.txt").write_text("x")
if not again or how.startswith("always"):
    if "die" in how:
        os.kill(os.getpid(), signal.SIGKILL)
    elif "sleep" in how:
        time.sleep(60)
    elif how == "hoard":
        hoard = []
        while True:
            hoard.append(bytearray(b"x") * 10_000_000)
    else:
        raise ValueError("no")
"""
SETTINGS = {
    "die": "",
    "sleep": "timeout_minutes: 0.07",
    "sleep_in_a_cell": "cell_timeout_minutes: 0.01",
    "always_die": "",
    "hoard": "memory_limit_mb: 300",
    "fail": "",
}
"""How a notebook goes wrong, the first time or always, and the settings that end it."""


@pytest.fixture(scope="module")
def attempts(shared_project):
    """Every kind of notebook in one suite; gives for each its folder, its record and how often it was tried."""
    project = shared_project
    for how in SETTINGS:
        project.notebook(how, FIRST_TIME_ONLY, parameters=f'workspace = "params/demo"  # str\nhow = "{how}"  # str')
    lines = [f"  {how}: {{retries: 2, {settings}}}" for how, settings in SETTINGS.items()]
    project.suite("languages: [en]\nreports:\n" + "\n".join(lines))
    with contextlib.chdir(project.root):
        records = run_suite("demo", jobs=2).records
    tries = {how: len((project.root / "notebooks" / f"tried-{how}").read_text()) for how in SETTINGS}
    folders = {record.report: project.site / record.report / "runs" / record.run for record in records}
    return {record.report: (folders[record.report], record, tries[record.report]) for record in records}


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("die", "it was ended by SIGKILL"),
        ("sleep", "The run took longer than 4.2 seconds"),
        ("sleep_in_a_cell", "Cell 3 took longer than 1 second"),
    ],
)
def test_a_second_attempt_saves_the_report(attempts, how, words):
    """Died, run too long, cell too long: the second attempt has all its time, and nothing of the first is published."""
    folder, record, tries = attempts[how]
    assert (record.status, record.exit_code, record.attempts, tries) == (Status.OK, 0, 2, 2)
    assert json.loads((folder / "run.json").read_text())["attempts"] == 2
    log = (folder / "run.log").read_text()
    assert "attempt 1 of 3 ended early:" in log
    assert words in log
    assert (folder / "whole.txt").exists()
    assert not (folder / "half.txt").exists()
    assert [cell.cell for cell in record.cells] == [1, 2, 3]


@pytest.mark.parametrize(
    ("how", "status", "tried"),
    [("always_die", Status.DEAD_KERNEL, 3), ("hoard", Status.OUT_OF_MEMORY, 1), ("fail", Status.FAILED, 1)],
)
def test_what_is_not_helped_by_another_attempt(attempts, how, status, tried):
    """Three deaths are enough; want of memory and an error in a cell come again, so they are not tried again."""
    _, record, tries = attempts[how]
    assert (record.status, record.attempts, tries) == (status, tried, tried)


def test_a_signal_ends_attempts_too(project):
    """Ctrl-C stops a report that would have tried again."""
    project.notebook("act", FIRST_TIME_ONLY, parameters='workspace = "params/demo"  # str\nhow = "always_sleep"  # str')
    project.suite("languages: [en]\nreports: {act: {retries: 5}}")
    run = subprocess.Popen([sys.executable, "-m", "cxlib", "run", "demo"], stderr=subprocess.PIPE, text=True)
    try:
        marker, end = project.root / "notebooks" / "tried-always_sleep", time.monotonic() + 60
        while not marker.exists():
            assert time.monotonic() < end
            time.sleep(0.05)
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=30)
    finally:
        run.kill()
    assert run.returncode == 130
    assert marker.read_text() == "x"
