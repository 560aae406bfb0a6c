"""What the operator sees: plain lines in a log, whole addresses, nothing that the data could turn into markup."""

import datetime as dt
import io

import pytest
from rich.console import Console

from cxlib.runs.console import LogWatch, TerminalWatch, print_summary, watching
from cxlib.runs.journal import Unwatched
from cxlib.runs.record import RunFault, RunRecord, Status

NOW = dt.datetime(2026, 11, 22, 8, 15, tzinfo=dt.UTC)


def record(status=Status.OK, message=""):
    """One run that took 2.5 s."""
    error = RunFault(type="DataError", message=message) if message else None
    return RunRecord(workspace="demo", report="churn", run="r", status=status, started=NOW, finished=NOW, seconds=2.5,
                     error=error)  # fmt: skip


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


def test_a_terminal_gets_a_live_line_and_the_ending():
    """The live line names the cell; the ending stays."""
    out = console(terminal=True)
    follow(TerminalWatch(out))
    assert "churn" in out.file.getvalue()
    assert "after 2.5 s" in out.file.getvalue()


@pytest.mark.parametrize(
    ("terminal", "quiet", "kind"), [(True, False, TerminalWatch), (False, False, LogWatch), (True, True, Unwatched)]
)
def test_the_console_decides_who_watches(terminal, quiet, kind):
    """Live lines only where there is a terminal, and nothing when quiet."""
    watch = watching(console(terminal=terminal), quiet=quiet)
    assert type(watch) is kind
    follow(watch)


def test_a_summary_keeps_long_addresses_and_hostile_words_whole(tmp_path):
    """An address is not cut at the terminal's width, and brackets of a message are not read as markup."""
    out = console()
    page = tmp_path / ("long" * 20) / "index.en.html"
    (tmp_path / "churn" / "latest").mkdir(parents=True)
    print_summary(out, [record(Status.FAILED, "plan [red]x[/] is [/wrong]")], site=tmp_path, front_page=page)
    said = out.file.getvalue()
    assert page.as_uri() in said
    assert "plan [red]x[/] is [/wrong]" in said
    assert "run.log" in said
    assert "The last good page stays in place." in said
