"""How runs look to the operator: live lines on a terminal, plain lines in a log, one table at the end."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from cxlib.runs.journal import Unwatched
from cxlib.runs.record import RunRecord, Status

_LOOK = {
    Status.OK: ("green", "ok"),
    Status.UNCHANGED: ("green", "unchanged"),
    Status.FAILED: ("red", "failed"),
    Status.REJECTED: ("red", "page rejected"),
    Status.TIMEOUT: ("red", "timeout"),
    Status.DEAD_KERNEL: ("red", "kernel died"),
    Status.CANCELLED: ("yellow", "cancelled"),
}
_QUIET_SECONDS = 30  # a log gets a line for a long report's cells at most this often


def watching(console: Console, *, quiet: bool) -> TerminalWatch | LogWatch | Unwatched:
    """Who follows the runs on this console: nobody when quiet, live lines on a terminal, plain lines elsewhere."""
    if quiet:
        return Unwatched()
    return TerminalWatch(console) if console.is_terminal else LogWatch(console)


class TerminalWatch:
    """One live line for each report that runs; it goes when the report has ended and the table says how."""

    def __init__(self, console: Console) -> None:
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

    def cell(self, report: str, number: int, *, cells: int) -> None:
        """Move the bar."""
        self._progress.update(
            self._tasks[report], completed=number - 1, total=cells, description=f"cell {number} of {cells}"
        )

    def finished(self, record: RunRecord) -> None:
        """Take the line away; a line that stays says how it ended."""
        with self._lock:
            self._progress.remove_task(self._tasks.pop(record.report))
            self._progress.console.print(_ending(record), highlight=False, soft_wrap=True)
            if not self._tasks:
                self._progress.stop()


class LogWatch:
    """Plain lines with the time, few enough for a log that nobody reads until something is wrong."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said: dict[str, float] = {}

    def started(self, report: str) -> None:
        """Say that a report begins."""
        self._said[report] = time.monotonic()
        self._say(f"{report}: started")

    def doing(self, report: str, what: str) -> None:
        """Say nothing: the end follows soon."""

    def cell(self, report: str, number: int, *, cells: int) -> None:
        """Say where a long report is."""
        if time.monotonic() - self._said[report] >= _QUIET_SECONDS:
            self._said[report] = time.monotonic()
            self._say(f"{report}: cell {number} of {cells}")

    def finished(self, record: RunRecord) -> None:
        """Say how a report ended."""
        self._say(_ending(record))

    def _say(self, text: str) -> None:
        now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        self._console.print(f"{now} {text}", highlight=False, soft_wrap=True)


def _ending(record: RunRecord) -> str:
    colour, words = _LOOK[record.status]
    return f"{escape(record.report)}: [{colour}]{words}[/] after {record.seconds:.1f} s"


def print_summary(console: Console, records: Iterable[RunRecord], *, site: Path, front_page: Path) -> None:
    """The table at the end, what went wrong in plain words, and where the front page is."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("Report", "Status"):
        table.add_column(heading, no_wrap=True)
    table.add_column("Seconds", justify="right", no_wrap=True)
    records = list(records)
    for record in records:
        colour, words = _LOOK[record.status]
        table.add_row(escape(record.report), f"[{colour}]{words}[/]", f"{record.seconds:.1f}")
    console.print(table)
    for record in records:
        _print_fault(console, record, site)
    _say(console, f"\nFront page: {front_page.as_uri()}")


def _print_fault(console: Console, record: RunRecord, site: Path) -> None:
    if record.error is None:
        return
    console.print(f"\n[red]{escape(record.report)}[/]: {escape(record.error.message)}", highlight=False, soft_wrap=True)
    if record.run and record.status is not Status.CANCELLED:
        _say(console, f"  Log: {site / record.report / 'runs' / record.run / 'run.log'}")
    if (site / record.report / "latest").exists():
        _say(console, "  The last good page stays in place.")


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def history_table(records: Iterable[RunRecord]) -> Table:
    """One line a run, the newest last."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("Started (UTC)", "Report", "Status"):
        table.add_column(heading, no_wrap=True)
    table.add_column("Seconds", justify="right")
    table.add_column("Run or reason", overflow="fold")
    for record in records:
        colour, words = _LOOK[record.status]
        table.add_row(
            f"{record.started:%Y-%m-%d %H:%M:%S}",
            escape(record.report),
            f"[{colour}]{words}[/]",
            f"{record.seconds:.1f}",
            escape(record.error.message if record.error else record.run),
        )
    return table
