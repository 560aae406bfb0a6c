"""What the operator sees: plain lines in a log, whole addresses, nothing that the data could turn into markup."""

import datetime as dt
import io
import re

import pytest
from rich.console import Console

from cxlib.runs.alerting.alerts import Alert
from cxlib.runs.archive.record import RunFault, RunRecord, Status
from cxlib.runs.console import LogWatch, TerminalWatch, history_table, print_renderings, print_summary, watching
from cxlib.runs.execution.journal import Watch
from cxlib.runs.execution.run import SuiteResult
from cxlib.runs.upkeep import Rendering, RenderResult

NOW = dt.datetime(2026, 11, 22, 8, 15, tzinfo=dt.UTC)


def record(status=Status.OK, message="", **more):
    """One run that took 2.5 s."""
    error = RunFault(type="DataError", message=message) if message else None
    return RunRecord(workspace="demo", report="churn", run="r", status=status, started=NOW, finished=NOW, seconds=2.5,
                     error=error, **more)  # fmt: skip


def publish(site):
    """A good run is the latest of the report."""
    (site / "churn" / "latest").mkdir(parents=True)
    (site / "churn" / "latest" / "run.json").write_text(record().to_json())


def console(*, terminal=False):
    """A narrow console that writes into memory."""
    return Console(file=io.StringIO(), force_terminal=terminal, width=60, _environ={})


def follow(watch):
    """Tell a watch of one whole run."""
    watch.started("churn")
    watch.doing("churn", "reading the inputs")
    watch.cell("churn", 1, cells=3)
    watch.finished(record())


def test_a_log_gets_few_plain_lines():
    """Start and end with the time in UTC, no escape codes."""
    out = console()
    follow(LogWatch(out))
    lines = out.file.getvalue().splitlines()
    assert [line.split("Z ")[1] for line in lines] == ["churn: started", "churn: ok after 2.5 s"]
    assert "\x1b" not in out.file.getvalue()


def test_a_variant_is_called_by_its_whole_name():
    """Its values in square brackets are not taken for markup."""
    out = console()
    watch = LogWatch(out)
    watch.started("churn[region=Riyadh]")
    watch.finished(record().model_copy(update={"matrix": {"region": "Riyadh"}, "variant": "region-riyadh"}))
    names = [line.split("Z ")[1].split(":")[0] for line in out.file.getvalue().splitlines()]
    assert names == ["churn[region=Riyadh]"] * 2


def test_a_terminal_gets_a_live_line_and_the_ending():
    """The live line names the cell; the ending stays."""
    out = console(terminal=True)
    follow(TerminalWatch(out))
    assert "churn" in out.file.getvalue()
    assert "after 2.5 s" in out.file.getvalue()


@pytest.mark.parametrize(
    ("terminal", "quiet", "kind"), [(True, False, TerminalWatch), (False, False, LogWatch), (True, True, Watch)]
)
def test_the_console_decides_who_watches(terminal, quiet, kind):
    """Live lines only where there is a terminal, and nothing when quiet."""
    watch = watching(console(terminal=terminal), quiet=quiet)
    assert type(watch) is kind
    follow(watch)


def test_a_summary_keeps_long_addresses_and_hostile_words_whole(tmp_path):
    """An address is not cut at the terminal's width, and brackets of a message are not read as markup."""
    out = console()
    tmp_path /= "long" * 20
    publish(tmp_path)
    page = tmp_path / "index.en.html"
    print_summary(out, SuiteResult("demo", (record(Status.FAILED, "plan [red]x[/] is [/wrong]"),), page))
    said = out.file.getvalue()
    assert page.as_uri() in said
    assert "plan [red]x[/] is [/wrong]" in said
    assert "run.log" in said
    assert "The last good page stays in place." in said


@pytest.mark.parametrize("status", Status)
def test_every_status_has_words(status, tmp_path):
    """However a run ends, the live line, the log, the table and the history can say it, each in words."""
    ended = record(status, matrix={"region": "[red]Riyadh"}, attempts=2)
    out = console()
    watch = LogWatch(out)
    watch.started(ended.name)
    watch.finished(ended)
    print_summary(out, SuiteResult("demo", (ended,), tmp_path / "index.en.html"))
    out.print(history_table([ended]))
    said = out.file.getvalue()
    assert "churn[region=[red]Riyadh]:" in said
    assert "at attempt 2 after 2.5 s" in said
    assert ", attempt 2" in said


def test_alerts_stand_below_the_table(tmp_path):
    """Each with its interval and whether it is new; a failed report is not said twice; a fault of notify is said."""
    nps = {"name": "nps", "label": {"en": "NPS"}, "value": 31, "low": 28, "high": 34, "unit": "points"}
    low = Alert(kind="metric", report="nps", name="nps", path="nps", condition="below", limit=35, now=nps, since=NOW,
                message="nps: NPS: +31, below the limit of +35")  # fmt: skip
    old = low.model_copy(update={"new": False, "message": "clv: older"})
    failed = Alert(kind="failed", report="churn", name="churn", path="churn", since=NOW, message="churn: no page")
    stale = low.model_copy(update={"path": "churn", "message": "churn: an older number"})
    other = failed.model_copy(update={"path": "voice", "message": "voice: no page"})
    out = console()
    alerts, fault = (low, old, failed, stale, other), "notify: [sh] failed"
    runs = (record(Status.FAILED, "Cell 3 raised"),)
    print_summary(out, SuiteResult("demo", runs, tmp_path / "index.en.html", alerts=alerts, notify_fault=fault))
    said = out.file.getvalue()
    assert "4 alerts" in said
    assert "churn: an older number" in said
    assert "nps: NPS: +31, below the limit of +35, interval +28 to +34 (new)" in said
    assert "clv: older, interval +28 to +34 (since 2026-11-22 08:15 UTC)" in said
    assert "churn: no page" not in said
    assert "voice: no page (new)" in said
    assert "notify: [sh] failed" in said


def test_pages_made_anew_are_named(tmp_path):
    """Each report says from which run, or why its page stays."""
    out = console()
    made = Rendering("churn", record(rendered_from="20261122T081500Z-ab12cd34"))
    kept = Rendering("clv", fault="cell 2 has no [alt].", exit_code=1)
    print_renderings(out, RenderResult((made, kept), tmp_path / "index.en.html"))
    said = out.file.getvalue()
    assert "churn: page made anew from the run 20261122T081500Z-ab12cd34" in said
    assert "clv: cell 2 has no [alt]. The page stays as it is." in said


def test_a_stop_is_said_once(tmp_path):
    """Whoever pressed Ctrl-C reads one line, and no alerts."""
    publish(tmp_path)
    out = console(terminal=True)
    stopped = (record(Status.CANCELLED, "Stopped by Ctrl-C before it was finished."),) * 3
    low = Alert(kind="failed", report="nps", name="nps", path="nps", since=NOW, message="nps: no page")
    print_summary(out, SuiteResult("demo", stopped, tmp_path / "index.en.html", alerts=(low,)))
    said = out.file.getvalue()
    assert said.count("Stopped by Ctrl-C") == 1
    assert "The last good pages stay in place." in said
    assert "no page" not in said


def test_sentences_break_between_words_on_a_terminal_only(tmp_path):
    """A terminal's lines end at a word; a log has one line for each fault."""
    result = SuiteResult("demo", (record(Status.FAILED, "word " * 40),), tmp_path / "index.en.html")
    for terminal, longest in ((True, 60), (False, 210)):
        out = console(terminal=terminal)
        print_summary(out, result)
        plain = re.sub(r"\x1b\[[0-9;]*m", "", out.file.getvalue())
        lines = [line.strip() for line in plain.splitlines() if "word" in line]
        assert all(line.startswith(("word", "churn: word")) and line.endswith("word") for line in lines)
        assert max(len(line) for line in lines) <= longest
        assert (len(lines) > 1) == terminal
