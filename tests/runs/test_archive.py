"""What past runs left tells the truth: after a wrong clock, after somebody's edits, and it does not grow for ever."""

import datetime as dt
import json
import os
import shutil
import sys
import types

import nbformat
import pytest
from nbformat import v4

from cxlib import cli
from cxlib.data import open_workspace
from cxlib.errors import ReportFailed
from cxlib.runs import Status, run_suite
from cxlib.runs.archive import pages as pages_module
from cxlib.runs.archive.record import COMPONENT
from cxlib.runs.archive.standing import Standing
from cxlib.runs.archive.store import ReportStore, hold_lock
from cxlib.runs.execution import engine as engine_module
from cxlib.runs.execution import report as report_module
from cxlib.runs.execution.run import rewrite_front
from cxlib.runs.planning.suite import load_suite
from cxlib.runs.upkeep import find_faults, list_reports, past_runs, prune_runs

NPS = {"name": "nps", "label": {"en": "NPS", "ar": "NPS"}, "value": 31, "low": 28, "high": 34, "unit": "points"}
HEAD = {"kind": "head", "title": {"en": "Three in ten leave"}, "metrics": [NPS]}


@pytest.fixture
def shop(project, monkeypatch):
    """A project whose report is made without a kernel and fails while `shop.fails`."""
    project.notebook("churn")
    project.suite("languages: [en]\nreports: {churn: {alert_if: {nps: {below: 40}}}}")
    project.fails = False

    def execute(plan, room, *, environment):
        shown = v4.new_output("display_data", {COMPONENT: HEAD})
        room.journal.notebook = v4.new_notebook(cells=[v4.new_code_cell("1", outputs=[shown])])
        nbformat.write(room.journal.notebook, room.folder / "notebook.ipynb")
        (room.folder / "exports").mkdir()
        (room.folder / "exports" / "list.csv").write_text("a,b\n")
        with monkeypatch.context() as patch:
            patch.setenv("CXLIB_NOTES", environment["CXLIB_NOTES"])
            open_workspace(plan.parameters["workspace"]).table("transactions")
        if project.fails:
            raise ReportFailed("Cell 3 raised KeyError")
        return room.journal.notebook

    def publish(folder, record, *, metrics):
        (folder / "report.en.html").write_text(f"<p>{record.run}</p>")

    monkeypatch.setattr(engine_module, "execute", execute)
    monkeypatch.setenv("CXLIB_WARM_KERNELS", "0")  # there is no kernel to wait for
    monkeypatch.setattr(pages_module, "write_report", publish)
    for module in ("execution.run", "archive.pages"):
        monkeypatch.setattr(f"cxlib.runs.{module}.hash_package", lambda: "0" * 64)
    return project


@pytest.fixture
def clock(monkeypatch):
    """Sets the clock by which runs are noted."""

    def set_to(moment):
        stopped = type("datetime", (dt.datetime,), {"now": classmethod(lambda _, zone=None: moment.astimezone(zone))})
        monkeypatch.setattr(report_module, "dt", types.SimpleNamespace(datetime=stopped, UTC=dt.UTC))

    return set_to


def stand(shop):
    """How the report stands, and the text of its front page."""
    (variant,) = load_suite(shop.workspace).variants()
    return Standing.of(variant, shop.site), (shop.site / "index.en.html").read_text()


NOW = dt.datetime(2026, 3, 28, 23, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize("ahead", [dt.timedelta(days=days) for days in (400, 0.04, 0, -9)])
def test_a_wrong_clock_makes_no_failure_look_good(shop, clock, ahead):
    """Good while the clock was ahead, then failed, then good again: list, front page and alerts follow the order."""
    clock(NOW + ahead)
    assert run_suite("demo").records[0].status is Status.OK
    clock(NOW)
    shop.fails = True
    result = run_suite("demo", force=True)
    standing, page = stand(shop)
    assert [run.status for run in past_runs(shop.root, "demo")] == ["ok", "failed"]
    assert list_reports(shop.root)[0].last_status == "failed"
    assert [run.run for run in standing.failed_since] == [result.records[0].run]
    assert "not up to date" in page
    assert "failed" in {alert.kind for alert in result.alerts}
    shop.fails = False
    clock(NOW - dt.timedelta(days=1))  # and put back once more
    result = run_suite("demo")
    assert result.records[0].status is Status.UNCHANGED
    assert list_reports(shop.root)[0].last_status == "ok"
    assert "not up to date" not in stand(shop)[1]
    assert "failed" not in {alert.kind for alert in result.alerts}


def test_numbers_sort_what_a_wrong_clock_wrote(shop, clock):
    """Pruning removes what was made first, the newest good run stays the latest, and numbers go on."""
    for days in (30, 20, 10, 0):
        clock(NOW + dt.timedelta(days=days))
        run_suite("demo", force=True)
    store = ReportStore(shop.site / "churn")
    runs = [record.run for record in store.history()]
    assert [record.number for record in store.history()] == [1, 2, 3, 4]
    assert runs == sorted(runs, reverse=True)
    assert prune_runs(shop.root, "demo", keep=2) == runs[:2]
    assert store.last_good().run == runs[3]


def test_a_time_zone_between_two_runs_changes_days_not_order(shop):
    """Another zone in sources.yaml is another report; runs are noted in UTC, whatever the machine's zone."""
    run_suite("demo")
    mapping = shop.workspace / "sources.yaml"
    mapping.write_text(mapping.read_text().replace("Europe/London", "Pacific/Auckland"))
    assert run_suite("demo").records[0].status is Status.OK
    assert {record.started.tzinfo for record in past_runs(shop.root, "demo")} == {dt.UTC}


LATEST = {
    "page emptied": lambda at: (at / "report.en.html").write_text(""),
    "page edited": lambda at: (at / "report.en.html").write_text((at / "report.en.html").read_text() + " "),
    "metrics deleted": lambda at: (at / "metrics.json").unlink(),
    "metrics edited": lambda at: edit(at / "metrics.json", metrics=[NPS | {"value": 99}]),
    "export emptied": lambda at: (at / "exports" / "list.csv").write_text(""),
    "exports deleted": lambda at: shutil.rmtree(at / "exports"),
    "notebook deleted": lambda at: (at / "notebook.ipynb").unlink(),
    "a folder for a page": lambda at: ((at / "report.en.html").unlink(), (at / "report.en.html").mkdir()),
    "record deleted": lambda at: (at / "run.json").unlink(),
    "all emptied": lambda at: [path.write_bytes(b"") for path in at.iterdir() if path.is_file()],
    "a link to nowhere": lambda at: shutil.rmtree(at),
}


def edit(path, **changes):
    """Change some values of a JSON file."""
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize("harm", LATEST)
def test_a_report_that_is_not_whole_is_made_anew(shop, harm):
    """Until then list and front page do not call it good; afterwards all is as it was."""
    run_suite("demo")
    LATEST[harm]((shop.site / "churn" / "latest").resolve())
    assert list_reports(shop.root)[0].last_status != "ok"
    rewrite_front("demo")
    page = (shop.site / "index.en.html").read_text()
    assert "1 report is not up to date" in page
    assert ("changed after it was made" in page) == (list_reports(shop.root)[0].last_status == "damaged")
    run = run_suite("demo")
    assert run.records[0].status is Status.OK
    assert (shop.site / "churn" / "latest" / "report.en.html").read_text() == f"<p>{run.records[0].run}</p>"
    assert list_reports(shop.root)[0].last_status == "ok"
    assert run_suite("demo").records[0].status is Status.UNCHANGED


EDITS = {
    "run.json": [
        "", "{", "[]", "null", "\x00", {"started": "2026-11-22T08:15:00"}, {"finished": "2026-11-22T08:15:00"},
        {"started": "9999-12-31T23:59:59-14:00"}, {"started": "yesterday"}, {"status": "fine"}, {"run": "../../../x"},
        {"number": -1}, {"number": "many"}, {"seconds": None}, {"matrix": []}, {"files": {"../../../x": "0"}},
        {"files": []}, {"languages": "en"}, {"sha256": {}}, {"last_day": {"day": "soon"}}, {"key": 7}, {"schema": 2},
        {"seconds": float("inf")}, {"seconds": -1},
        {"exit_code": 10**12}, {"rendered_at": "2026-11-22T08:15:00"}, {"error": "no"}, {"variant": "/etc"},
        {"parameters": None},
    ],
    "metrics.json": [
        "", "{", "[]", "null", "\ud800", "[" * 100_000, {"metrics": None}, {"metrics": {}}, {"metrics": ["nps"]},
        {"metrics": [{}]}, {"metrics": [NPS | {"value": "high"}]}, {"metrics": [NPS | {"value": float("nan")}]},
        {"metrics": [NPS | {"low": []}]}, {"metrics": [NPS | {"as_of": "soon"}]}, {"metrics": [NPS | {"label": 3}]},
        {"question": "x"}, {"question": {"en": None}}, {"answer": ["x"]}, {"metrics": [NPS | {"unit": {}}]},
    ],
    "../../checked.txt": [
        "", "soon", "2026-11-22T08:15:00", "2026-11-22T08:15:00 many", "9999-12-31T23:59-14:00", "\ud800",
    ],
    "../../../alerts.json": ["", "{", "[]", {"alerts": [{}]}, {"alerts": None}, {"schema": "x"}, "\ud800"],
    "../../../.front": ["", "\ud800"],
}  # fmt: skip
COMMANDS = ["list", "index demo", "history demo", "prune demo", "list --json", "history demo --json", "render demo"]


def cx(monkeypatch, words):
    """Run a command as the command line does; whatever is no exit is a defect."""
    monkeypatch.setattr(sys, "argv", ["cx", *words.split()])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code


@pytest.mark.parametrize(
    ("file", "signed"),
    [
        *(pytest.param("run.json", signed, marks=pytest.mark.slow) for signed in (True, False)),
        *(pytest.param("metrics.json", signed, marks=pytest.mark.slow) for signed in (True, False)),
        *((file, True) for file in EDITS if file.startswith("..")),  # of these a run keeps no digest
    ],
)
def test_what_somebody_edited_is_said_in_words(shop, monkeypatch, capsys, file, signed):
    """63 edits of what runs left, each met by every command: no traceback, and a run puts it right."""
    run_suite("demo")
    latest = (shop.site / "churn" / "latest").resolve()
    if not signed:
        edit(latest / "run.json", files={})
    shutil.copytree(shop.site, shop.root / "whole", symlinks=True)
    for change in EDITS[file]:
        path = (latest / file).resolve()
        if isinstance(change, dict):
            about = json.loads(path.read_text()) if path.exists() else {}
            path.write_text(json.dumps(about | change))
        else:
            path.write_bytes(change.encode("utf-8", "surrogatepass"))
        for command in COMMANDS:
            assert cx(monkeypatch, command) in {0, 1, 2}, (change, command)
        if file == "run.json" and not isinstance(change, dict):
            assert find_faults(shop.root, "demo"), change
        assert cx(monkeypatch, "run demo --force") == 0, change
        assert list_reports(shop.root)[0].last_status == "ok", change
        assert run_suite("demo").records[0].status is Status.UNCHANGED
        assert "Traceback" not in "".join(capsys.readouterr())
        shutil.rmtree(shop.site)
        shutil.copytree(shop.root / "whole", shop.site, symlinks=True)


@pytest.mark.parametrize("command", ["run demo", "check demo"])
def test_what_killed_runs_of_other_reports_left_goes(shop, monkeypatch, command):
    """Of whichever report and workspace, but not of one that is being made."""
    run_suite("demo")
    partials = []
    for report in ("demo/gone", "demo/churn/region=x", "other/nps", "other/made_now"):
        partials.append(ReportStore(shop.root / "reports" / report).begin(NOW, key="a" * 64))
        (partials[-1] / "notebook.ipynb").write_text("half")
    with hold_lock(shop.root / "reports/other/made_now/.lock", name="made_now"):
        assert cx(monkeypatch, command) == 0
    assert [path for path in partials if path.exists()] == partials[-1:]


def test_a_copy_without_links_is_said(shop):
    """Where `latest` is a folder its page stays, and the remedy is named."""
    run_suite("demo")
    latest = shop.site / "churn" / "latest"
    run = latest.resolve()
    latest.unlink()
    shutil.copytree(run, latest)
    assert list_reports(shop.root)[0].last_status == "ok"
    (record,) = run_suite("demo", force=True).records
    assert "not the link" in record.error.message
    assert (latest / "report.en.html").is_file()


NO_RUN = {
    "an empty folder": lambda latest, run: (latest.unlink(), latest.mkdir()),
    "a file": lambda latest, run: (latest.unlink(), latest.write_text("x")),
    "a link to nowhere": lambda latest, run: (latest.unlink(), latest.symlink_to("runs/gone")),
    "a cut record": lambda latest, run: (run / "run.json").write_text((run / "run.json").read_text()[:99]),
    "an empty record": lambda latest, run: (run / "run.json").write_text(""),
    "no link and a cut record": lambda latest, run: (latest.unlink(), (run / "run.json").write_text("{")),
}


@pytest.mark.parametrize("harm", NO_RUN)
def test_no_page_is_said_to_stay_that_is_not_there(shop, monkeypatch, capsys, harm):
    """What is no run is no last good page, nor a report that never ran: lists say damaged, failures name no page."""
    run_suite("demo")
    latest = shop.site / "churn" / "latest"
    NO_RUN[harm](latest, latest.resolve())
    assert [row.last_status for row in list_reports(shop.root)] == ["damaged"]
    shop.fails = True
    assert cx(monkeypatch, "run demo --force") == 1
    assert "stays in place" not in capsys.readouterr().out
    (failure,) = (shop.site / "churn" / "runs").glob("*/failed.en.html")
    assert "latest/report" not in failure.read_text()
    assert [row.last_status for row in list_reports(shop.root)] == ["failed"]


@pytest.mark.slow
def test_nothing_grows_over_a_hundred_days(shop, monkeypatch):
    """New rows every day, a week of failures, no `as_of`: folders of tables and runs stay as many as on day 20."""
    shop.suite("languages: [en]\nreports: {churn: {keep_runs: 5}}")
    sizes = []
    for day in range(100):
        today = dt.date(2026, 3, 1) + dt.timedelta(days=day)
        for module in ("reading.inventory", "workspace"):
            monkeypatch.setattr(f"cxlib.data.{module}.last_day", lambda _, today=today: today)
        with (shop.workspace / "transactions.csv").open("a") as file:
            file.write(f"{100 + day},a,{today},1.00\n")
        shop.fails = 40 <= day < 60
        run_suite("demo")
        runs = sum(not path.name.startswith(".") for path in (shop.site / "churn" / "runs").iterdir())
        files = sum(len(names) for _, _, names in os.walk(shop.root / ".cx"))
        sizes.append((runs, files))
    assert max(runs for runs, _ in sizes) <= 5 + 5 + 2
    assert sizes[99][0] == 5
    assert {files for _, files in sizes[10:40] + sizes[60:]} == {sizes[20][1]}
