"""One report from start to end: hash, skip or run, publish, keep; whatever happens becomes a record."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import shutil
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from cxlib.errors import CxError, KernelDied, ReportBlocked, RunTimeout
from cxlib.publish import question_of
from cxlib.runs.archive import pages
from cxlib.runs.archive.metrics import answer_of, gather_metrics, metrics_json
from cxlib.runs.archive.record import Hashes, RunRecord, Status
from cxlib.runs.archive.store import ReportStore, final_name
from cxlib.runs.execution.control import RunControl
from cxlib.runs.execution.faults import exit_code_of, fault_of, status_of
from cxlib.runs.execution.journal import Journal, Watch
from cxlib.runs.planning.fingerprint import hash_json, hash_report, versions
from cxlib.runs.planning.plan import ReportPlan
from cxlib.runs.warm.kernels import WarmKernels


@dataclass
class ReportRun:
    """One run of one report.

    Attributes
    ----------
    inputs : callable
        Gives the SHA-256 of every source, or raises why it cannot.
    environment : mapping
        Variables for the kernel.
    force : bool
        Run although nothing has changed.
    warm : WarmKernels, optional
        Where the kernel is forked from; started afresh when left out.
    obstacle : Exception, optional
        Why it cannot run at all. A report that waits in vain for another one gets a page that says so.
    after : mapping of str to str
        Keys of the runs that it builds on.
    built_on : mapping of str to Path
        Their folders, by the name of the report.
    """

    plan: ReportPlan
    store: ReportStore
    control: RunControl
    watch: Watch
    inputs: Callable[[], Mapping[str, str]]
    environment: dict[str, str] = field(default_factory=dict)
    force: bool = False
    warm: WarmKernels | None = None
    obstacle: Exception | None = None
    after: Mapping[str, str] = field(default_factory=dict)
    built_on: Mapping[str, Path] = field(default_factory=dict)

    def run(self) -> RunRecord:
        """Run and publish the report; never raises for what a report, its data or the disk did."""
        self._started, self._clock = dt.datetime.now(dt.UTC), time.perf_counter()
        self._attempts = 0
        self.watch.started(self.plan.name)
        try:
            record = self._hash_and_run()
        except Exception as error:  # before or after the run's own folder: no place, no disk, stopped before it began
            record = self._record(error)
        self.watch.finished(record)
        return record

    def _hash_and_run(self) -> RunRecord:
        self.control.raise_if_ended()
        if self.obstacle is not None and not isinstance(self.obstacle, ReportBlocked):
            raise self.obstacle
        self.watch.doing(self.plan.name, "reading the inputs")
        inputs, fault = (None, self.obstacle) if self.obstacle else self._hash_inputs()
        self._hashes: Hashes | None = hash_report(self.plan, inputs=inputs, after=self.after)
        if fault is None and not self.force and (kept := self._up_to_date()):
            return kept
        if fault is None and self.warm is not None:
            with contextlib.suppress(OSError):  # said in the run's log when a kernel is wanted
                self.warm.begin()
        private = self.store.begin(self._started, key=self._key)
        try:
            return self._run_in(private, fault)
        except BaseException:
            shutil.rmtree(private, ignore_errors=True)
            raise

    def _hash_inputs(self) -> tuple[Mapping[str, str] | None, Exception | None]:
        try:
            return self.inputs(), None
        except (CxError, OSError) as error:
            return None, error

    @property
    def _key(self) -> str:
        return hash_json(self._hashes.model_dump()) if self._hashes else ""

    def _up_to_date(self) -> RunRecord | None:
        latest = self.store.last_good()
        if latest is None or latest.key != self._key or not pages.complete(self.store.latest, self.plan.languages):
            return None
        now = dt.datetime.now(dt.UTC)
        self.store.note_unchanged(now)
        return latest.model_copy(update={
            "status": Status.UNCHANGED, "started": self._started, "finished": now, "seconds": self._seconds(),
            "cells": (),
        })  # fmt: skip

    def _run_in(self, private: Path, fault: Exception | None) -> RunRecord:
        journal = Journal(private / "run.log", report=self.plan.name, watch=self.watch)
        error: Exception | None = None
        try:
            self._make(private, journal, fault)
        except Exception as raised:
            error = raised
            journal.write("".join(traceback.format_exception(raised)))
        record = self._record(error, run=final_name(private), journal=journal)
        if error is not None:
            pages.write_failure(private, record)
        (private / "run.json").write_text(record.to_json(), encoding="utf-8")
        self.store.finish(private, publish=error is None)
        return record

    def _make(self, private: Path, journal: Journal, fault: Exception | None) -> None:
        journal.write(f"{self.plan.notebook_name} with {self.plan.parameters}")
        if fault is not None:
            raise fault
        journal.doing("starting the notebook")
        notebook = self._execute(private, journal)
        metrics = gather_metrics(notebook)
        text = metrics_json(
            metrics, workspace=self.plan.workspace, report=self.plan.report, question=question_of(notebook),
            answer=answer_of(notebook),
        )  # fmt: skip
        (private / "metrics.json").write_text(text, encoding="utf-8")
        journal.doing("publishing")
        draft = self._record(None, run=final_name(private), journal=journal)
        pages.write_report(private, draft, metrics=metrics)
        self.control.raise_if_ended()

    def _execute(self, private: Path, journal: Journal) -> NotebookNode:
        """Run the notebook, and again where it died or took too long: that may be the machine's fault, not its own."""
        from cxlib.runs.execution.engine import (  # brings papermill, which an unchanged report does not need
            EngineRoom,
            execute,
        )

        room = EngineRoom(private, journal, self.control, self.warm)
        folders = json.dumps({report: str(folder) for report, folder in self.built_on.items()})
        environment = {**self.environment, "CXLIB_BUILT_ON": folders}
        while True:
            self._attempts += 1
            try:
                return execute(self.plan, room, environment=environment)
            except (KernelDied, RunTimeout) as error:
                if self._attempts > self.plan.retries:
                    raise
                self.control.renew()
                self.control.raise_if_ended()
                room.start_over(f"attempt {self._attempts} of {self.plan.retries + 1} ended early: {error}")

    def _seconds(self) -> float:
        return round(time.perf_counter() - self._clock, 3)

    def _record(self, error: Exception | None, *, run: str = "", journal: Journal | None = None) -> RunRecord:
        hashes = getattr(self, "_hashes", None)
        return RunRecord(
            workspace=self.plan.workspace,
            report=self.plan.report,
            run=run,
            status=status_of(error) if error else Status.OK,
            exit_code=exit_code_of(error) if error else 0,
            started=self._started,
            finished=dt.datetime.now(dt.UTC),
            seconds=self._seconds(),
            attempts=self._attempts,
            languages=self.plan.languages,
            variant=self.plan.variant.key,
            matrix=dict(self.plan.variant.values),
            parameters=self.plan.parameters,
            key=self._key if hashes else "",
            sha256=hashes,
            versions=versions(),
            cells=tuple(journal.times) if journal else (),
            error=fault_of(error) if error else None,
        )
