"""A whole suite: signals stop it cleanly, one run at a time, and a bad disk or bad data is said and survived."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from nbformat import v4

from cxlib.errors import ParameterError, RunLocked
from cxlib.runs import Status, run_suite
from cxlib.runs.archive import pages as pages_module
from cxlib.runs.archive.store import ReportStore, hold_lock
from cxlib.runs.execution import engine as engine_module
from cxlib.runs.execution.run import rewrite_front

SLEEPER = """
import os, pathlib, time
pathlib.Path("pid.tmp").write_text(str(os.getpid()))
os.rename("pid.tmp", "pid")
time.sleep(120)
"""


def alive(process_id):
    """Whether a process runs; one that has ended and was not waited for does not."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(condition, seconds=60):
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


@pytest.mark.engine
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_stops_kernels_and_is_recorded(project, number, code):
    """Ctrl-C, SIGTERM and a closed terminal end the kernel at once and mark the run cancelled; nothing is left."""
    project.notebook("sleeper", SLEEPER)
    project.notebook("waiting", SLEEPER)
    project.suite("languages: [en]\nreports: {sleeper: , waiting: }")
    kept = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests themselves may run under nohup
    try:
        run = subprocess.Popen([sys.executable, "-m", "cxlib", "run", "demo", "--jobs", "1"], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)  # fmt: skip
    finally:
        signal.signal(signal.SIGHUP, kept)
    pid_file = project.root / "notebooks" / "pid"
    try:
        wait_for(pid_file.exists)
        run.send_signal(number)
        said, _ = run.communicate(timeout=30)
    finally:
        run.kill()
    assert run.returncode == code, said
    assert not alive(int(pid_file.read_text()))
    (record,) = ReportStore(project.site / "sleeper").history()
    assert (record.status, record.exit_code) == (Status.CANCELLED, code)
    assert "Traceback" not in said
    assert "waiting: cancelled" in said
    assert not list(project.site.glob("*/runs/.*"))


@pytest.mark.engine
def test_a_killed_engine_leaves_nothing_that_the_next_run_does_not_clean(project):
    """After kill -9 of the engine its kernel ends by itself, the lock is free, and the next run removes the remains."""
    project.notebook("sleeper", SLEEPER)
    project.suite("languages: [en]\nreports: {sleeper: }")
    run = subprocess.Popen([sys.executable, "-m", "cxlib", "run", "demo"], stderr=subprocess.DEVNULL)
    pid_file = project.root / "notebooks" / "pid"
    try:
        wait_for(pid_file.exists)
    finally:
        run.kill()
        run.wait()
    wait_for(lambda: not alive(int(pid_file.read_text())), seconds=15)
    assert list(project.site.glob("sleeper/runs/.*.partial"))
    assert rewrite_front("demo").is_file()
    assert ReportStore(project.site / "sleeper").clean()
    assert not list(project.site.glob("sleeper/runs/.*"))


@pytest.fixture
def quick(project, monkeypatch):
    """A project whose notebook is taken as run without a kernel."""
    project.notebook("churn", "1", parameters='workspace = "params/demo"  # str\nhorizon_days = 90  # int')
    project.suite("languages: [en]\nreports: {churn: }")

    def execute(plan, room, *, environment):
        room.journal.notebook = plan.notebook
        (room.folder / "notebook.ipynb").write_text("{}")
        return v4.new_notebook()

    def publish(folder, record, *, metrics):
        (folder / "report.en.html").write_text(record.run)

    monkeypatch.setattr(engine_module, "execute", execute)
    monkeypatch.setenv("CXLIB_WARM_KERNELS", "0")  # there is no kernel to wait for
    monkeypatch.setattr(pages_module, "write_report", publish)
    monkeypatch.setattr("cxlib.runs.execution.run.hash_package", lambda: "0" * 64)
    return project


NOT_NEEDED = {"asyncio", "croniter", "duckdb", "jinja2", "matplotlib", "nbformat", "pandas", "rich.progress", "sqlglot"}
AGAIN = f"""
import sys
from cxlib.runs.execution import run
run.hash_package = lambda: "0" * 64
print(run.run_suite("demo").records[0].status, *sorted({NOT_NEEDED} & set(sys.modules)))
"""


def test_an_unchanged_suite_imports_little(quick):
    """Neither what reads tables nor what makes pages or runs notebooks: most of its time would be imports."""
    quick.suite('schedule: "0 6 * * 1"\nlanguages: [en]\nreports: {churn: }')
    mapping = quick.workspace / "sources.yaml"
    mapping.write_text(f"{mapping.read_text()}as_of: 2026-02-28\n")  # else DuckDB says what day it is
    assert run_suite("demo").exit_code == 0
    again = subprocess.run([sys.executable, "-c", AGAIN], capture_output=True, text=True, check=True)
    assert again.stdout.split() == ["unchanged"]


def test_a_second_run_of_a_workspace_is_refused(quick):
    """The lock names who holds it; nothing starts, exit code 75."""
    quick.site.mkdir(parents=True)
    lock = quick.site / "churn" / ".lock"
    with hold_lock(lock, name="churn"), pytest.raises(RunLocked, match=str(os.getpid())) as raised:
        run_suite("demo")
    assert raised.value.exit_code == 75
    assert run_suite("demo").exit_code == 0


def test_a_wrong_parameter_starts_nothing(quick):
    """Parameters are settled before there is a folder, let alone a kernel."""
    with pytest.raises(ParameterError):
        run_suite("demo", parameters={"horizon_day": 1})
    assert not quick.site.exists()


def test_what_decides_a_report_decides_whether_it_runs(quick):
    """Same everything is unchanged; another parameter, input, notebook or --force runs again."""

    def status(**options):
        return run_suite("demo", **options).records[0].status

    assert [status(), status()] == ["ok", "unchanged"]
    assert [status(parameters={"horizon_days": 7}), status()] == ["ok", "ok"]
    assert status(force=True) == "ok"
    with (quick.workspace / "transactions.csv").open("a") as file:
        file.write("4,c,2026-03-01,1.00\n")
    assert [status(), status()] == ["ok", "unchanged"]
    (quick.workspace / "sources.yaml").write_text((quick.workspace / "sources.yaml").read_text() + "# a new rule\n")
    assert [status(), status()] == ["ok", "unchanged"]
    quick.notebook("churn", "2", parameters='workspace = "params/demo"  # str\nhorizon_days = 90  # int')
    assert [status(), status()] == ["ok", "unchanged"]
    (quick.site / "churn" / "latest" / "report.en.html").unlink()
    assert status() == "ok"


def test_unreadable_input_is_a_failed_run_with_a_page(quick):
    """A source that has gone keeps the last good page, gives the plain words, and exit code 2."""
    good = run_suite("demo").records[0].run
    (quick.workspace / "transactions.csv").unlink()
    result = run_suite("demo")
    (record,) = result.records
    assert (record.status, result.exit_code) == (Status.FAILED, 2)
    assert "transactions.csv" in record.error.message
    run = quick.site / "churn" / "runs" / record.run
    assert "transactions.csv" in (run / "failed.en.html").read_text()
    assert (quick.site / "churn" / "latest").readlink().name == good


def no_space(*_, **__):
    """Fail as a full disk does."""
    raise OSError(errno.ENOSPC, "No space left on device", "somewhere")


@pytest.mark.parametrize(
    "place",
    ["write_failure_and_page", "cxlib.runs.archive.store.sync_tree", "cxlib.runs.archive.store.ReportStore.begin"],
)
def test_a_full_disk_is_said_and_leaves_the_last_good_page(quick, monkeypatch, place):
    """Whether the disk fills up at the start, while pages are written or at the end: failed, nothing half."""
    good = run_suite("demo").records[0].run
    with monkeypatch.context() as patch:
        if place == "write_failure_and_page":
            patch.setattr(pages_module, "write_report", no_space)
            patch.setattr(pages_module, "write_failure", no_space)
        else:
            patch.setattr(place, no_space)
        result = run_suite("demo", force=True)
    (record,) = result.records
    assert (record.status, result.exit_code) == (Status.FAILED, 1)
    assert "disk is full" in record.error.message
    assert (quick.site / "churn" / "latest").readlink().name == good
    assert not list(quick.site.rglob(".*.partial"))


def test_a_report_folder_that_is_in_the_way_is_said(quick):
    """A file where the report's folder should be is a failed run with the path, not a traceback."""
    quick.site.mkdir(parents=True)
    (quick.site / "churn").write_text("in the way")
    (record,) = run_suite("demo").records
    assert record.status is Status.FAILED
    assert "churn" in record.error.message


def test_the_front_page_says_what_is_stale(quick, monkeypatch):
    """After a good and a failed run the last good page is linked, stale since the failure; a good run ends that."""
    entries, publish = [], pages_module.publish
    real = publish.front_page
    monkeypatch.setattr(publish, "front_page", lambda given, **words: entries.append(given[0]) or real(given, **words))
    page = run_suite("demo").front_page
    with monkeypatch.context() as patch:
        patch.setattr(engine_module, "execute", no_space)
        failed = run_suite("demo", force=True).records[0]
    assert f"churn/runs/{failed.run}/failed.en.html" in page.read_text()
    run_suite("demo")
    fresh, stale, checked = entries
    assert [entry.href for entry in entries] == ["churn/latest/report.{language}.html"] * 3
    assert [entry.stale_since for entry in entries] == [None, failed.started, None]
    assert (fresh.failure_href, checked.failure_href) == ("", "")
    assert stale.failure_href == f"churn/runs/{failed.run}/failed.{{language}}.html"


def test_an_old_runs_page_leads_back_to_the_front_page(quick):
    """What stands two folders above an old run's page leads on to the front page."""
    record = run_suite("demo").records[0]
    above = (quick.site / "churn" / "runs" / record.run / "../../index.en.html").resolve()
    assert 'href="../index.en.html"' in above.read_text()
    assert (above.parent / "../index.en.html").resolve() == quick.site / "index.en.html"


def test_run_json_is_complete(quick):
    """Everything that design promises of a run stands in its run.json."""
    record = run_suite("demo").records[0]
    kept = json.loads((quick.site / "churn" / "runs" / record.run / "run.json").read_text())
    assert kept.keys() >= {"schema", "status", "parameters", "sha256", "versions", "cells", "seconds", "error"}
    assert kept["sha256"].keys() == {"inputs", "after", "notebook", "cxlib", "parameters", "versions"}
    assert kept["versions"].keys() >= {"python", "cxlib", "papermill", "pandas"}


def test_handlers_of_the_caller_come_back(quick):
    """A program that calls run_suite keeps its own way of taking Ctrl-C."""
    before = signal.getsignal(signal.SIGINT)
    run_suite("demo")
    assert signal.getsignal(signal.SIGINT) is before
