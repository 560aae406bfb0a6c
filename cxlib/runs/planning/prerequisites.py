"""What must hold before a report runs: its lock is held, a killed run's remains are gone, what it builds on is good."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cxlib.errors import ReportBlocked, RunError, RunLocked
from cxlib.runs.archive.record import RunRecord, Status
from cxlib.runs.archive.store import ReportStore
from cxlib.runs.planning.plan import ReportPlan

if TYPE_CHECKING:
    from cxlib.runs.execution.single import ReportRun

_WORDS = {
    Status.FAILED: "failed",
    Status.REJECTED: "gave a page that did not pass its checks",
    Status.TIMEOUT: "took too long",
    Status.DEAD_KERNEL: "lost its process",
    Status.CANCELLED: "was stopped",
    Status.BLOCKED: "was not run either",
    Status.OUT_OF_MEMORY: "needed too much memory",
}


def prepare(run: ReportRun, site: Path, before: Mapping[str, RunRecord], *, refused: Exception | None) -> None:
    """Clean a report's folder and see whether it can run; what is in its way becomes ``run.obstacle``.

    Parameters
    ----------
    run : ReportRun
        The run that is about to start.
    site : Path
        The workspace's folder of reports.
    before : mapping of str to RunRecord
        How those that it waits for ended, by path.
    refused : Exception or None
        Why its lock could not be taken.
    """
    if refused is not None:
        run.obstacle = refused
        return
    try:
        run.store.clean()
        run.after = keys_before(run.plan, site)
        run.built_on = folders_before(run.plan, site)
    except OSError as error:
        run.obstacle = error
        return
    needed = [record for path, record in before.items() if path in run.plan.falls_with]
    run.obstacle = stopped_by(needed) or missing(run.plan, run.after)


def keys_before(plan: ReportPlan, site: Path) -> dict[str, str]:
    """The keys of the latest good runs that a report builds on, by path; one that has none is left out."""
    latest = {variant.path: ReportStore(site / variant.path).last_good() for variant in (*plan.after, *plan.uses)}
    return {path: record.key for path, record in latest.items() if record is not None}


def folders_before(plan: ReportPlan, site: Path) -> dict[str, Path]:
    """The folders of the latest good runs that a report builds on; a report that runs in variants has no one folder."""
    built_on = (*plan.after, *plan.uses)
    latest = {variant.report: ReportStore(site / variant.path).latest for variant in built_on if not variant.key}
    return {report: folder.resolve() for report, folder in latest.items() if folder.exists()}


def stopped_by(before: Iterable[RunRecord]) -> RunError | None:
    """Why a report cannot run after those that have just ended; None when all are good."""
    bad = [record for record in before if not record.status.good]
    locked = [record.name for record in bad if record.status is Status.LOCKED]
    if locked:
        return RunLocked(
            f"It comes after {', '.join(locked)}, which another run is making. Run again when that is done."
        )
    if bad:
        reasons = ", ".join(f"{record.name} {_WORDS.get(record.status, 'is not good')}" for record in bad)
        return ReportBlocked(f"Not run, because it comes after a report that is not good: {reasons}.")
    return None


def missing(plan: ReportPlan, keys: Mapping[str, str]) -> ReportBlocked | None:
    """Why a report cannot run on the good runs that there are; None when each that it comes after has one."""
    names = [variant.name for variant in plan.after if variant.path not in keys]
    if not names:
        return None
    return ReportBlocked(
        f"Not run, because it comes after {', '.join(names)}, which has no good run yet. Run that first."
    )
