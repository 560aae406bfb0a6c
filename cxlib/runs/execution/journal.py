"""What happened in a run, as it happens: the log file, the seconds of every cell, the notebook with its outputs."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import re
import threading
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cxlib.masking import mask_contacts, mask_words
from cxlib.runs.archive.record import CellTime, RunRecord

if TYPE_CHECKING:
    from nbformat import NotebookNode

MOST_OF_A_LOG = 200_000  # bytes; programs that a notebook calls may write more
_CHATTY = ("papermill", "traitlets", "asyncio")  # loggers that would otherwise write to the terminal


class Watch:
    """Who follows the runs of a suite, such as the terminal; called from several threads. This one is silent."""

    def started(self, report: str) -> None:
        """A report begins."""

    def doing(self, report: str, what: str) -> None:
        """A step beside the cells begins, such as publishing."""

    def note(self, report: str, line: str) -> None:
        """Something beside the report itself is worth knowing."""

    def cell(self, report: str, number: int, *, cells: int) -> None:
        """Cell `number` of `cells` begins."""

    def finished(self, record: RunRecord) -> None:
        """A report has ended, well or not."""


class Journal:
    """Follows one run through nbclient's hooks; cells are numbered as the notebook shows them, In [1] first."""

    def __init__(self, path: Path, *, report: str, watch: Watch) -> None:
        self.path = path
        self.report = report
        self.watch = watch
        self.notebook: NotebookNode | None = None
        self.times: list[CellTime] = []
        self._began = 0.0
        self._running = False

    @property
    def cell(self) -> int | None:
        """Number of the cell that runs, or None between cells."""
        return len(self.times) + 1 if self._running else None

    def write(self, text: str) -> None:
        """Add lines to the log, each with the time, contacts masked."""
        now = dt.datetime.now(dt.UTC).strftime("%H:%M:%SZ")
        with self.path.open("a", encoding="utf-8", errors="backslashreplace") as log:
            log.writelines(f"{now} {mask_contacts(line)}\n" for line in text.splitlines())

    def mask(self, persons: Collection[str]) -> None:
        """Mask contacts, also in what the notebook's own process wrote into the log, and names of persons."""
        self._bound()
        masked = self.path.with_suffix(".masked")
        with (
            self.path.open(encoding="utf-8", errors="replace") as log,
            masked.open("w", encoding="utf-8", errors="backslashreplace") as copy,
        ):
            copy.writelines(mask_words(mask_contacts(line), persons) for line in log)
        masked.replace(self.path)

    def _bound(self) -> None:
        """Leave out the middle of a log that is too long, by whole words, so that no part of a contact stays."""
        if (size := self.path.stat().st_size) > MOST_OF_A_LOG:
            with self.path.open("rb") as log:
                begin = re.sub(rb"\S{0,99}\Z", b"", log.read(MOST_OF_A_LOG // 2))
                log.seek(size - MOST_OF_A_LOG // 2)
                end = re.sub(rb"\A\S{0,99}", b"", log.read())
            left_out = f"\n[{size - len(begin) - len(end):,} of {size:,} bytes of this log are left out here.]\n"
            self.path.write_bytes(begin + left_out.encode() + end)

    def doing(self, what: str) -> None:
        """Log a step and show it to whoever watches."""
        self.write(what)
        self.watch.doing(self.report, what)

    def on_notebook_start(self, notebook: NotebookNode) -> None:
        """Keep hold of the notebook, which papermill gives back only when all went well."""
        self.notebook = notebook

    def on_cell_execute(self, cell: NotebookNode, cell_index: int) -> None:
        """Note the start of a code cell."""
        self._began, self._running = time.perf_counter(), True
        cells = len(code_cells(self.notebook)) if self.notebook else 0
        self.watch.cell(self.report, len(self.times) + 1, cells=cells)

    def on_cell_executed(self, cell: NotebookNode, cell_index: int, execute_reply: object = None) -> None:
        """Note the end of a code cell."""
        self.close_cell()

    def close_cell(self) -> None:
        """Note the seconds of the running cell, also when its kernel died under it."""
        if self._running:
            seconds = round(time.perf_counter() - self._began, 3)
            self.times.append(CellTime(cell=len(self.times) + 1, seconds=seconds))
            self._running = False
            self.write(f"cell {len(self.times)}: {seconds:.2f} s")

    @contextlib.contextmanager
    def overhearing(self) -> Iterator[None]:
        """Write what papermill and its libraries log in this thread into the log, and nowhere else."""
        handler = _ThreadHandler(self)
        loggers = [logging.getLogger(name) for name in _CHATTY]
        for logger in loggers:
            logger.addHandler(handler)
        try:
            yield
        finally:
            for logger in loggers:
                logger.removeHandler(handler)


class _ThreadHandler(logging.Handler):
    """Passes on the warnings of the thread that made it: parallel runs share their loggers, not their logs."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(logging.WARNING)
        self._journal = journal
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self._journal.write(f"{record.name}: {record.getMessage()}")


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells that have something to run."""
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.source.strip() and "skip-execution" not in cell.metadata.get("tags", [])
    ]
