"""The operator's command gets the alerts once, and nothing that it does changes the runs."""

import datetime as dt
import json
import sys
import time

import pytest

from cxlib.runs.alerting.alerts import Alert
from cxlib.runs.alerting.front import STATE, Notice, note_sent, notify, read_alerts, update_alerts

DAY = dt.datetime(2026, 11, 20, 6, tzinfo=dt.UTC)
LOW = Alert(kind="metric", report="churn", name="churn", path="churn", metric="nps", condition="below", limit=35,
            now={"name": "nps", "value": 31}, run="r1", since=DAY, message="churn: NPS below 35")  # fmt: skip
RECORD = """
import json, os, sys
json.dump([json.load(sys.stdin), os.getcwd(), os.environ["CX_WORKSPACE"]], open(sys.argv[1], "w"))
"""


@pytest.fixture
def site(tmp_path):
    """A workspace's folder of reports."""
    folder = tmp_path / "reports" / "demo"
    folder.mkdir(parents=True)
    return folder


def send(command, site, alerts=(LOW,), **options):
    """Tell a command; gives what went wrong."""
    return notify(command, Notice("demo", site / "index.en.html", list(alerts)), folder=site, **options)


def test_the_command_reads_the_alerts_as_json(site, tmp_path):
    """Standard input holds schema 1, the environment names the workspace, and no shell reads the words."""
    out = tmp_path / "$(told); x"
    told = LOW.model_copy(update={"metric": "csat", "notified_at": DAY})
    assert send([sys.executable, "-c", RECORD, str(out)], site, [LOW, told]) == ""
    content, folder, workspace = json.loads(out.read_text())
    assert (content["schema"], content["workspace"], workspace) == (1, "demo", "demo")
    assert content["front_page"] == str(site / "index.en.html")
    assert folder == str(site)
    assert [(alert["metric"], alert["new"]) for alert in content["alerts"]] == [("nps", True), ("csat", False)]
    assert content["alerts"][0].keys() >= {"kind", "report", "limit", "now", "before", "since", "message", "page"}


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["no-such-program"], "no-such-program cannot be started: No such file or directory"),
        (["sh", "-c", "echo no route; exit 3"], "sh ended with exit code 3. It said: no route"),
        (["sh", "-c", "kill -9 $$"], "exit code -9. It said: nothing"),
    ],
)
def test_a_command_that_fails_is_said(site, command, words):
    """In one line with what it said itself."""
    assert words in send(command, site)


def test_a_command_that_does_not_read_is_no_fault(site):
    """Whoever only wants a bell need not read."""
    assert send(["true"], site, [LOW.model_copy(update={"message": "x" * 200_000})]) == ""


def test_a_command_that_hangs_is_stopped_with_all_it_started(site):
    """The time limit holds also for what the command left waiting."""
    began = time.monotonic()
    said = send(["sh", "-c", "sleep 30 & sleep 30"], site, time_limit_seconds=0.5)
    assert "took longer than 0.5 seconds and was stopped" in said
    assert time.monotonic() - began < 10


def test_alerts_are_remembered(site):
    """What stands is written with what was told, and an alert that has gone is gone."""
    assert read_alerts(site) == []
    assert [alert.new for alert in update_alerts(site, [LOW])] == [True]
    note_sent(site, [LOW], when=DAY)
    (kept,) = update_alerts(site, [LOW])
    assert (kept.new, kept.notified_at) == (False, DAY)
    assert json.loads((site / STATE).read_text())["schema"] == 1
    update_alerts(site, [])
    assert read_alerts(site) == []


def test_a_damaged_memory_tells_again(site):
    """An alert told twice is better than one never told."""
    (site / STATE).write_text("{")
    assert [alert.new for alert in update_alerts(site, [LOW])] == [True]
