"""One holder at a time, known by its number, and none once it is dead."""

import os
import signal
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from cxlib.errors import RunLocked
from cxlib.runs.archive.store import LOCK, hold_lock
from cxlib.runs.execution.run import ReportLocks

HOLDER = """
import sys, time
from pathlib import Path
from cxlib.runs.archive.store import hold_lock
with hold_lock(Path(sys.argv[1]), name="churn"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / LOCK)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_dead_holders_lock_is_free(tmp_path, holder):
    """While it lives it is named; after kill -9 the system itself gives the lock away."""
    with (
        pytest.raises(RunLocked, match=f"run of churn is under way .process {holder.pid}.") as raised,
        hold_lock(tmp_path / LOCK, name="churn"),
    ):
        pass
    assert raised.value.exit_code == 75
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with hold_lock(tmp_path / LOCK, name="churn"):
        assert (tmp_path / LOCK).read_text() == f"{os.getpid()}\n"


def test_a_patient_one_waits(tmp_path):
    """The front page is written by one after the other."""
    held, order = threading.Event(), []

    def first():
        with hold_lock(tmp_path / LOCK, name="front"):
            held.set()
            threading.Event().wait(0.3)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    held.wait()
    with hold_lock(tmp_path / LOCK, name="front", patience_seconds=20):
        order.append("second")
    thread.join()
    assert order == ["first", "second"]


def plans(*paths):
    """As much of a plan as a lock needs."""
    return [SimpleNamespace(path=path, name=path) for path in paths]


def test_reports_are_locked_one_by_one(tmp_path):
    """Of two runs that share a report the second one gets the others; what has ended is free again."""
    with ReportLocks(tmp_path, plans("a", "b")) as mine, ReportLocks(tmp_path, plans("b", "c")) as yours:
        assert (mine.refused, list(yours.refused)) == ({}, ["b"])
        with mine.released_after("a"):
            pass
        with hold_lock(tmp_path / "a" / LOCK, name="a"):
            pass
    with ReportLocks(tmp_path, plans("a", "b", "c")) as all_free:
        assert all_free.refused == {}


def test_when_all_are_locked_nothing_begins(tmp_path):
    """A second like run is refused as a whole."""
    with (
        ReportLocks(tmp_path, plans("a")),
        pytest.raises(RunLocked, match="run of a is"),
        ReportLocks(tmp_path, plans("a")),
    ):
        pass


def test_a_folder_that_cannot_be_made_is_kept_apart(tmp_path):
    """A file in the way is that report's fault only."""
    (tmp_path / "a").write_text("in the way")
    with ReportLocks(tmp_path, plans("a", "b")) as locks:
        assert isinstance(locks.refused["a"], OSError)
