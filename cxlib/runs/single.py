"""One report from start to end: hash, skip or run, publish, keep; whatever happens becomes a record."""

from __future__ import annotations

import datetime as dt
import shutil
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cxlib.errors import CxError
from cxlib.publish import question_of
from cxlib.runs import pages
from cxlib.runs.control import RunControl
from cxlib.runs.engine import EngineRoom, execute
from cxlib.runs.faults import exit_code_of, fault_of, status_of
from cxlib.runs.fingerprint import hash_json, hash_report, versions
from cxlib.runs.journal import Journal, Watch
from cxlib.runs.metrics import answer_of, gather_metrics, metrics_json
from cxlib.runs.plan import ReportPlan
from cxlib.runs.record import Hashes, RunRecord, Status
from cxlib.runs.store import ReportStore, final_name


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
    """

    plan: ReportPlan
    store: ReportStore
    control: RunControl
    watch: Watch
    inputs: Callable[[], Mapping[str, str]]
    environment: dict[str, str] = field(default_factory=dict)
    force: bool = False

    def run(self) -> RunRecord:
        """Run and publish the report; never raises for what a report, its data or the disk did."""
        self._started, self._clock = dt.datetime.now(dt.UTC), time.perf_counter()
        self.watch.started(self.plan.report)
        try:
            record = self._hash_and_run()
        except Exception as error:  # before or after the run's own folder: no place, no disk, stopped before it began
            record = self._record(error)
        self.watch.finished(record)
        return record

    def _hash_and_run(self) -> RunRecord:
        self.control.raise_if_ended()
        self.watch.doing(self.plan.report, "reading the inputs")
        inputs, fault = self._hash_inputs()
        self._hashes: Hashes | None = hash_report(self.plan, inputs=inputs)
        if fault is None and not self.force and (kept := self._up_to_date()):
            return kept
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
        journal = Journal(private / "run.log", report=self.plan.report, watch=self.watch)
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
        final = self.store.finish(private)
        if error is None:
            self.store.publish(final)
        return record

    def _make(self, private: Path, journal: Journal, fault: Exception | None) -> None:
        journal.write(f"{self.plan.notebook_name} with {self.plan.parameters}")
        if fault is not None:
            raise fault
        journal.doing("starting the notebook")
        room = EngineRoom(private, journal, self.control)
        notebook = execute(self.plan, room, environment=self.environment)
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
            languages=self.plan.languages,
            parameters=self.plan.parameters,
            key=self._key if hashes else "",
            sha256=hashes,
            versions=versions(),
            cells=tuple(journal.times) if journal else (),
            error=fault_of(error) if error else None,
        )
