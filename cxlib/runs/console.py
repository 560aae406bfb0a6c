"""What the operator sees: live lines on a terminal, plain lines in a log, tables."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cxlib.runs.archive.record import RunRecord, Status
from cxlib.runs.archive.store import ReportStore
from cxlib.runs.execution.journal import Watch

if TYPE_CHECKING:
    from rich.progress import TaskID

    from cxlib.runs.execution.run import SuiteResult
    from cxlib.runs.upkeep import RenderResult, ReportRow

_LOOK = {
    Status.OK: ("green", "ok"),
    Status.UNCHANGED: ("green", "unchanged"),
    Status.FAILED: ("red", "failed"),
    Status.REJECTED: ("red", "page rejected"),
    Status.INPUTS_CHANGED: ("red", "data changed"),
    Status.TIMEOUT: ("red", "timeout"),
    Status.DEAD_KERNEL: ("red", "kernel died"),
    Status.OUT_OF_MEMORY: ("red", "out of memory"),
    Status.CANCELLED: ("yellow", "cancelled"),
    Status.BLOCKED: ("yellow", "not run"),
    Status.LOCKED: ("yellow", "locked"),
}
_QUIET_SECONDS = 30  # a log gets a line for a long report's cells at most this often


def watching(console: Console, *, quiet: bool) -> Watch:
    """Who follows the runs on this console: nobody when quiet, live lines on a terminal, plain lines elsewhere."""
    if quiet:
        return Watch()
    return TerminalWatch(console) if console.is_terminal else LogWatch(console)


class TerminalWatch(Watch):
    """One live line for each report that runs; it goes when the report has ended and the table says how."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._progress = Progress(
            SpinnerColumn(style="cyan"),
            TextColumn("{task.fields[report]}", style="bold"),
            BarColumn(bar_width=24),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()

    def started(self, report: str) -> None:
        """Show a new line."""
        with self._lock:
            if not self._tasks:
                self._progress.start()
            self._tasks[report] = self._progress.add_task("waiting", total=None, report=escape(report))

    def doing(self, report: str, what: str) -> None:
        """Say what is done beside the cells."""
        self._progress.update(self._tasks[report], description=what)

    def note(self, report: str, line: str) -> None:
        """Say it above the lines that move."""
        self._progress.console.print(f"{escape(report)}: {escape(line)}", highlight=False, soft_wrap=True)

    def cell(self, report: str, number: int, *, cells: int) -> None:
        """Move the bar."""
        words = f"cell {number} of {cells}"
        self._progress.update(self._tasks[report], completed=number - 1, total=cells, description=words)

    def finished(self, record: RunRecord) -> None:
        """Take the line away; a line that stays says how it ended."""
        with self._lock:
            self._progress.remove_task(self._tasks.pop(record.name))
            self._progress.console.print(_ending(record), highlight=False, soft_wrap=True)
            if not self._tasks:
                self._progress.stop()


class LogWatch(Watch):
    """Plain lines with the time, few enough for a log that nobody reads until something is wrong."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._spoke: dict[str, float] = {}

    def started(self, report: str) -> None:
        """Say that a report begins."""
        self._spoke[report] = time.monotonic()
        self._say(f"{escape(report)}: started")

    def note(self, report: str, line: str) -> None:
        """Say it."""
        self._say(f"{escape(report)}: {escape(line)}")

    def cell(self, report: str, number: int, *, cells: int) -> None:
        """Say where a long report is."""
        if time.monotonic() - self._spoke[report] >= _QUIET_SECONDS:
            self._spoke[report] = time.monotonic()
            self._say(f"{escape(report)}: cell {number} of {cells}")

    def finished(self, record: RunRecord) -> None:
        """Say how a report ended."""
        self._say(_ending(record))

    def _say(self, text: str) -> None:
        now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        self._console.print(f"{now} {text}", highlight=False, soft_wrap=True)


def _ending(record: RunRecord) -> str:
    colour, words = _LOOK[record.status]
    again = f" at attempt {record.attempts}" if record.attempts > 1 else ""
    return f"{escape(record.name)}: [{colour}]{words}[/]{again} after {record.seconds:.1f} s"


def print_summary(console: Console, result: SuiteResult) -> None:
    """The table at the end, what went wrong in plain words, what the owner asked to be told, and the front page."""
    site = result.front_page.parent
    if console.is_terminal:
        _say(console, "")  # the lines of what ran stand above
    table = plain_table("Report", "Status", numbers=["Seconds"])
    for record in result.records:
        table.add_row(escape(record.name), _status(record), f"{record.seconds:.1f}")
    console.print(table)
    for record in result.records:
        if record.status is not Status.CANCELLED:
            _print_fault(console, record, site)
    stopped = [record for record in result.records if record.status is Status.CANCELLED]
    if stopped:
        # What stopped the runs, once for all of them
        reasons = dict.fromkeys(record.error.message for record in stopped if record.error)
        _prose(console, f"\n[yellow]{escape(' '.join(reasons))}[/]")
        if any(ReportStore(site / record.path).last_good() for record in stopped):
            _say(console, "  The last good pages stay in place.")
    else:
        _print_alerts(console, result)
    _say(console, f"\nFront page: {result.front_page.as_uri()}")


def _status(record: RunRecord) -> str:
    colour, words = _LOOK[record.status]
    return f"[{colour}]{words}[/]" + (f", attempt {record.attempts}" if record.attempts > 1 else "")


def _print_alerts(console: Console, result: SuiteResult) -> None:
    """Alerts but for the failed reports of this run, which stand above."""
    above = {record.path for record in result.records if record.error is not None}
    alerts = [alert for alert in result.alerts if alert.kind != "failed" or alert.path not in above]
    if alerts:
        console.print(f"\n[yellow]{len(alerts)} {'alert' if len(alerts) == 1 else 'alerts'}[/]", highlight=False)
    for alert in alerts:
        interval = f", {alert.notice.interval}" if alert.notice.interval else ""
        since = "new" if alert.new else f"since {alert.since.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"
        _prose(console, escape(f"{alert.message}{interval} ({since})"), indent=2)
    if result.notify_fault:
        _prose(console, f"\n[red]{escape(result.notify_fault)}[/]")


def print_renderings(console: Console, result: RenderResult) -> None:
    """Which pages were made anew, and why others were not."""
    for rendering in result.renderings:
        if rendering.record is None:
            _prose(console, f"[red]{escape(rendering.name)}[/]: {escape(rendering.fault)} The page stays as it is.")
        else:
            origin = rendering.record.rendered_from
            _prose(console, f"{escape(rendering.name)}: [green]page made anew[/] from the run {origin}")
    _say(console, f"\nFront page: {result.front_page.as_uri()}")


def _print_fault(console: Console, record: RunRecord, site: Path) -> None:
    if record.error is None:
        return
    _prose(console, f"\n[red]{escape(record.name)}[/]: {escape(record.error.message)}")
    if record.run and record.status is not Status.BLOCKED:
        _say(console, f"  Log: {site / record.path / 'runs' / record.run / 'run.log'}")
    if ReportStore(site / record.path).last_good():
        _say(console, "  The last good page stays in place.")


def _prose(console: Console, markup: str, *, indent: int = 0) -> None:
    """A sentence, broken between words on a terminal; in a log each is one line."""
    if console.is_terminal:
        console.print(Padding(Text.from_markup(markup), (0, 0, 0, indent)), highlight=False)
    else:
        console.print(f"{' ' * indent}{markup}", highlight=False, soft_wrap=True)


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def plain_table(*texts: str, numbers: Iterable[str] = ()) -> Table:
    """An empty table without lines: columns of texts, then of numbers."""
    table = Table(box=None, pad_edge=False, header_style="dim", title_justify="left")
    for heading in texts:
        table.add_column(heading, overflow="fold")
    for heading in numbers:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def history_table(records: Iterable[RunRecord]) -> Table:
    """One line a run, the newest last."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("Started (UTC)", no_wrap=True)
    for heading in ("Report", "Status"):
        table.add_column(heading, overflow="fold")
    table.add_column("Seconds", justify="right", no_wrap=True)
    table.add_column("Run or reason", overflow="fold")
    for record in records:
        name, seconds = escape(record.name), f"{record.seconds:.1f}"
        table.add_row(f"{record.started:%Y-%m-%d %H:%M:%S}", name, _status(record), seconds, escape(_outcome(record)))
    return table


def _outcome(record: RunRecord) -> str:
    if record.error:
        return record.error.message
    return f"{record.run}, page made anew from {record.rendered_from}" if record.rendered_from else record.run


def overview_table(rows: Iterable[ReportRow]) -> Table:
    """Every report of every workspace, and how it stands."""
    table = plain_table("Workspace", "Report", "Last run", "Page from (UTC)")
    for row in rows:
        published = f"{row.published:%Y-%m-%d %H:%M}" if row.published else "\u2013"
        table.add_row(row.workspace, escape(row.fault or row.report), row.last_status, published)
    return table


def print_tables(console: Console) -> None:
    """What a `sources.yaml` may say: tables with their columns, settings, and functions."""
    from cxlib.data.mapping import FUNCTIONS
    from cxlib.data.sources import Sources, TableSource
    from cxlib.data.tables import TABLES

    for table in TABLES.values():
        columns = [f"{one.name} ({one.kind}{', required' * one.needed})" for one in table.columns]
        names = ", ".join(f"{prefix}*" for prefix in table.extra_prefix if prefix) or "any other column"
        _say(console, f"{table.name}: {', '.join([*columns, *[names] * bool(table.extra)])}")
    _say(console, f"Settings at the top: {', '.join(Sources.model_fields)}, rates")
    _say(console, f"Settings of a source: {', '.join(TableSource.model_fields)}")
    _say(console, f"Functions in an expression: {', '.join(sorted(FUNCTIONS))}")
    _say(console, "docs/data.md says what they mean.")
