"""One report from start to end: hash, skip or run, publish, keep; whatever happens becomes a record."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import shutil
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cxlib.errors import (
    CxError,
    InputsChanged,
    KernelDied,
    PageRejected,
    ReportBlocked,
    ReportFailed,
    RunCancelled,
    RunError,
    RunLocked,
    RunTimeout,
)
from cxlib.masking import mask_contacts, mask_texts
from cxlib.runs.archive import pages
from cxlib.runs.archive.fingerprint import hash_report, versions
from cxlib.runs.archive.record import (
    DatabaseRead,
    Hashes,
    LastDay,
    RunRecord,
    Status,
    exit_code_of,
    fault_of,
    gather_metrics,
    head_of,
    metrics_json,
    status_of,
)
from cxlib.runs.archive.store import NOTEBOOK, ReportStore, damage, file_digests, final_name
from cxlib.runs.execution.control import RunControl
from cxlib.runs.execution.journal import Journal, Watch
from cxlib.runs.planning.plan import ReportPlan, hash_json
from cxlib.runs.planning.suite import NOTES, Inventory, is_still
from cxlib.runs.warm import WarmKernels

if TYPE_CHECKING:
    from nbformat import NotebookNode

_WORDS = {
    Status.FAILED: "failed",
    Status.REJECTED: "gave a page that did not pass its checks",
    Status.INPUTS_CHANGED: "read files that changed meanwhile",
    Status.TIMEOUT: "took too long",
    Status.DEAD_KERNEL: "lost its process",
    Status.CANCELLED: "was stopped",
    Status.BLOCKED: "was not run either",
    Status.OUT_OF_MEMORY: "needed too much memory",
}


@dataclass(frozen=True)
class Prerequisites:
    """What a report builds on, and what is in its way.

    A report that waits in vain for another one gets a page that says so; any other `obstacle` leaves nothing. `after`
    holds by path the keys of the latest good runs that it builds on, `built_on` their folders by the report's name; a
    report that runs in variants has no one folder.
    """

    obstacle: Exception | None = None
    after: Mapping[str, str] = field(default_factory=dict)
    built_on: Mapping[str, Path] = field(default_factory=dict)


def prepare(
    plan: ReportPlan, site: Path, before: Mapping[str, RunRecord], *, refused: Exception | None = None
) -> Prerequisites:
    """Remove what a killed run left of a report, and see whether it can run.

    `site` is the workspace's folder of reports; `before` says by path how those that it waits for ended; `refused` why
    its lock could not be taken.
    """
    if refused is not None:
        return Prerequisites(refused)
    try:
        ReportStore(site / plan.path).clean()
        stores = [(variant, ReportStore(site / variant.path)) for variant in (*plan.after, *plan.uses)]
        latest = {variant.path: store.last_good() for variant, store in stores}
        keys = {path: record.key for path, record in latest.items() if record is not None}
        folders = {variant.report: store.latest for variant, store in stores if not variant.key}
        built_on = {report: folder.resolve() for report, folder in folders.items() if folder.exists()}
    except OSError as error:
        return Prerequisites(error)
    needed = [record for path, record in before.items() if path in plan.falls_with]
    return Prerequisites(_stopped_by(needed) or _missing(plan, keys), keys, built_on)


def _stopped_by(before: Iterable[RunRecord]) -> RunError | None:
    """Why a report cannot run after those that have just ended; None when all are good."""
    bad = [record for record in before if not record.status.good]
    locked = [record.name for record in bad if record.status is Status.LOCKED]
    if locked:
        names = ", ".join(locked)
        return RunLocked(f"It comes after {names}, which another run is making. Run again when that is done.")
    if bad:
        reasons = ", ".join(f"{record.name} {_WORDS.get(record.status, 'is not good')}" for record in bad)
        return ReportBlocked(f"Not run, because it comes after a report that is not good: {reasons}.")
    return None


def _missing(plan: ReportPlan, keys: Mapping[str, str]) -> ReportBlocked | None:
    """Why a report cannot run on the good runs that there are; None when each that it comes after has one."""
    names = ", ".join(variant.name for variant in plan.after if variant.path not in keys)
    if not names:
        return None
    return ReportBlocked(f"Not run, because it comes after {names}, which has no good run yet. Run that first.")


@dataclass(frozen=True)
class Surroundings:
    """What all runs of a suite share: a look at the sources, who watches, and where kernels come from.

    `code` is the hash of cxlib; `inputs` gives the sources as they are now, or raises why it cannot; `environment` is
    for kernels; with `force` runs also what has not changed; kernels are forked from `warm` where there is that.
    """

    code: str
    inputs: Callable[[], Inventory]
    watch: Watch
    environment: Mapping[str, str] = field(default_factory=dict)
    force: bool = False
    warm: WarmKernels | None = None


class ReportRun:
    """One run of one report."""

    def __init__(
        self, plan: ReportPlan, store: ReportStore, control: RunControl, *, ground: Prerequisites, around: Surroundings
    ) -> None:
        self.plan, self.store, self.control = plan, store, control
        self.ground, self.around = ground, around
        self._inventory: Inventory | None = None
        self._hashes: Hashes | None = None
        self._last_day: LastDay | None = None
        self._persons: set[str] = set()
        self._others: dict[str, str] = {}
        self._attempts = self._number = 0

    def run(self) -> RunRecord:
        """Run and publish the report; never raises for what a report, its data or the disk did."""
        self._started, self._clock = dt.datetime.now(dt.UTC), time.perf_counter()
        self.around.watch.started(self.plan.name)
        try:
            record = self._hash_and_run()
        except Exception as error:  # before or after the run's own folder: no place, no disk, stopped before it began
            record = self._record(error)
        self.around.watch.finished(record)
        return record

    def _hash_and_run(self) -> RunRecord:
        self.control.raise_if_ended()
        obstacle = self.ground.obstacle
        if obstacle is not None and not isinstance(obstacle, ReportBlocked):
            raise obstacle
        self.around.watch.doing(self.plan.name, "reading the inputs")
        self._inventory, fault = (None, obstacle) if obstacle else self._look()
        inputs = self._inventory.hashes if self._inventory else None
        self._hashes = hash_report(self.plan, code=self.around.code, inputs=inputs, after=self.ground.after)
        self._last_day = self._settle_day()
        if fault is None and not self.around.force and (unchanged := self._up_to_date()):
            return unchanged
        if fault is None and self.around.warm is not None:
            self.around.warm.begin()
        self._number = self.store.next_number()
        private = self.store.begin(self._started, key=self._key)
        try:
            return self._run_in(private, fault)
        except BaseException:
            shutil.rmtree(private, ignore_errors=True)
            raise

    def _look(self) -> tuple[Inventory | None, Exception | None]:
        try:
            return self.around.inputs(), None
        except (CxError, OSError) as error:
            return None, error

    def _settle_day(self) -> LastDay | None:
        """Today as the last day, or that of the latest run where no row waits for a day between the two."""
        if self._inventory is None:
            return None
        today, latest = self._inventory.last_day, self.store.last_good()
        last_day = latest.last_day if latest else None
        if latest and last_day and last_day.covers(today) and latest.key == self._key_on(last_day):
            return last_day
        return LastDay(day=today)

    def _key_on(self, last_day: LastDay | None) -> str:
        day = last_day.day.isoformat() if last_day else None
        return hash_json([self._hashes.model_dump(), day]) if self._hashes else ""

    @property
    def _key(self) -> str:
        return self._key_on(self._last_day)

    def _up_to_date(self) -> RunRecord | None:
        latest = self.store.last_good()
        if latest is None or latest.key != self._key or not pages.complete(self.store.latest, self.plan.languages):
            return None
        if damage(self.store.latest, latest) or not all(is_still(*other) for other in latest.others.items()):
            return None
        now = dt.datetime.now(dt.UTC)
        self.store.note_unchanged(now)
        times = {"started": self._started, "finished": now, "seconds": self._seconds(), "cells": ()}
        about = {"status": Status.UNCHANGED, "exit_code": 0, "error": None, "databases": self._databases()}
        return latest.model_copy(update=about | times)

    def _run_in(self, private: Path, fault: Exception | None) -> RunRecord:
        journal = Journal(private / "run.log", report=self.plan.name, watch=self.around.watch)
        error: Exception | None = None
        folder = private.stat().st_ino
        try:
            self._make(private, journal, fault)
        except Exception as raised:
            error = _with_folder(private, folder) or raised
            journal.write("".join(traceback.format_exception(raised)))
            self._persons = self._persons_in(raised)
        if fault is None and not isinstance(error, RunCancelled):
            error = self._change_of_inputs(private, journal) or error
        self._notes(private).unlink(missing_ok=True)
        if journal.notebook is not None and (self._persons or not (private / NOTEBOOK).exists()):
            from cxlib.runs.execution.engine import keep_masked

            keep_masked(journal.notebook, private, self._persons)
        journal.mask(self._persons)
        record = self._record(error, run=final_name(private), journal=journal)
        if error is not None:
            pages.write_failure(private, record)
        else:
            record = record.model_copy(update={"files": file_digests(private), "others": self._others})
        (private / "run.json").write_text(record.to_json(), encoding="utf-8")
        self.store.finish(private, publish=error is None)
        with contextlib.suppress(OSError):  # the run has ended as it has; the next one tries again
            self.store.prune(keep=self.plan.settings.keep_runs)
        return record

    def _persons_in(self, error: Exception) -> set[str]:
        """Who of the workspace's own tables is named in what a cell raised."""
        if not isinstance(error, ReportFailed):
            return set()
        from cxlib.data import open_workspace  # for a failure only

        try:
            with self._inventory.brought.in_use() if self._inventory else contextlib.nullcontext():
                return open_workspace(self.plan.workspace).persons_in(str(error))
        except Exception:  # tables that cannot be read name nobody
            return set()

    def _change_of_inputs(self, private: Path, journal: Journal) -> InputsChanged | None:
        """Why the pages may not be of the files that the run was planned for; notes the days that they hold for."""
        if self._inventory is None:
            return None
        notes = self._notes(private)
        for line in self._inventory.lines(notes):
            journal.write(line)
            self.around.watch.note(self.plan.name, line)
        if change := self._inventory.misread(notes) or self._inventory.change():
            return InputsChanged(f"{change} while the report was made. Run again when nothing writes there.")
        if self._last_day is not None:
            since, until = self._inventory.days(notes)
            self._last_day = LastDay(day=self._last_day.day, since=since, until=until)
        self._others = self._inventory.others(notes)
        return None

    @staticmethod
    def _notes(private: Path) -> Path:
        return private / ".inputs"

    def _make(self, private: Path, journal: Journal, fault: Exception | None) -> None:
        plan = self.plan
        journal.write(f"{plan.notebook_name} with {plan.parameters}")
        if fault is not None:
            raise fault
        journal.doing("starting the notebook")
        from cxlib.publish import question_of  # brings nbconvert, which an unchanged report does not need

        folder = private.stat().st_ino
        notebook = self._execute(private, journal)
        if gone := _with_folder(private, folder):
            raise gone
        _refuse_odd_files(private)
        metrics, texts = gather_metrics(notebook), {"question": question_of(notebook), "head": head_of(notebook)}
        text = metrics_json(metrics, workspace=plan.workspace, report=plan.report, **texts)
        (private / "metrics.json").write_text(text, encoding="utf-8")
        journal.doing("publishing")
        draft = self._record(None, run=final_name(private), journal=journal)
        pages.write_report(private, draft, metrics=metrics)
        self.control.raise_if_ended()

    def _execute(self, private: Path, journal: Journal) -> NotebookNode:
        """Run the notebook, and again where it died or took too long: that may be the machine's fault, not its own."""
        from cxlib.runs.execution import engine  # brings papermill, which an unchanged report does not need

        room = engine.EngineRoom(private, journal, self.control, self.around.warm)
        folders = json.dumps({report: str(folder) for report, folder in self.ground.built_on.items()})
        environment = {**self.around.environment, "CXLIB_BUILT_ON": folders, NOTES: str(self._notes(private))}
        environment |= self._inventory.brought.environment if self._inventory else {}
        retries = self.plan.settings.retries
        while True:
            self._attempts += 1
            try:
                return engine.execute(self.plan, room, environment=environment)
            except (KernelDied, RunTimeout) as error:
                if self._attempts > retries:
                    raise
                self.control.renew()
                self.control.raise_if_ended()
                room.start_over(f"attempt {self._attempts} of {retries + 1} ended early: {error}")

    def _databases(self) -> dict[str, DatabaseRead]:
        """Where the tables of databases are from, which were read as the run began."""
        tables = self._inventory.brought.tables.values() if self._inventory else ()
        return {one.label: DatabaseRead.model_validate(one, from_attributes=True) for one in tables}

    def _seconds(self) -> float:
        return round(time.perf_counter() - self._clock, 3)

    def _record(self, error: Exception | None, *, run: str = "", journal: Journal | None = None) -> RunRecord:
        return RunRecord(
            workspace=self.plan.workspace,
            report=self.plan.report,
            run=run,
            number=self._number,
            status=status_of(error) if error else Status.OK,
            exit_code=exit_code_of(error) if error else 0,
            started=self._started,
            finished=dt.datetime.now(dt.UTC),
            seconds=self._seconds(),
            attempts=self._attempts,
            languages=self.plan.languages,
            variant=self.plan.variant.key,
            matrix=dict(self.plan.variant.values),
            parameters=mask_texts(self.plan.parameters),
            key=self._key,
            sha256=self._hashes,
            last_day=self._last_day,
            databases=self._databases(),
            versions=versions(),
            cells=tuple(journal.times) if journal else (),
            error=fault_of(error, persons=self._persons) if error else None,
        )


def _with_folder(private: Path, number: int) -> ReportFailed | None:
    """What to say where the folder of a run is no longer the one of this inode number; an empty one takes its place."""
    if not private.is_symlink() and private.is_dir() and private.stat().st_ino == number:
        return None
    if private.is_dir() and not private.is_symlink():
        shutil.rmtree(private)
    private.unlink(missing_ok=True) if private.parent.is_dir() else None
    private.mkdir(parents=True)
    return ReportFailed("The notebook removed or replaced the folder of its run, so what it exported is lost.")


def _refuse_odd_files(private: Path) -> None:
    """Refuse what a run has exported where a name holds a contact (links and run.json show names), or is no file."""
    for path in private.rglob("*"):
        name = path.relative_to(private).as_posix()
        if mask_contacts(name) != name:
            why = f"{mask_contacts(name)}: the name of this file or folder holds a contact. Name it after what it holds"
        elif path.is_symlink() or not (path.is_file() or path.is_dir()):
            why = f"{name}: this is a link, or no file. Write the file itself"
        elif path.is_dir() and path.parent == private and path.suffix:
            why = f"{name}: this is a folder where a file of the run goes. Call it otherwise"
        else:
            continue
        for odd in (private / "exports", path):
            odd.unlink() if odd.is_symlink() else shutil.rmtree(odd, ignore_errors=True)
        raise PageRejected(f"{why} and run again; nothing that this run exported is kept.")
