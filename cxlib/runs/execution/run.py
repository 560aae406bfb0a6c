"""Runs a suite: plan, lock, run the reports in order and in parallel, rewrite the front page: what `cx run` does."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cxlib.disk import hash_package
from cxlib.errors import RunLocked
from cxlib.language import PROJECT
from cxlib.runs.alerting import Alert, tell, write_front
from cxlib.runs.archive.record import RunRecord, Status
from cxlib.runs.archive.store import LOCK, ReportStore, clean_remains, hold_lock
from cxlib.runs.execution.control import StopSwitch
from cxlib.runs.execution.journal import Watch
from cxlib.runs.planning.order import run_in_order
from cxlib.runs.planning.plan import Parameters, ReportPlan, plan_suite
from cxlib.runs.planning.suite import Inventories, find_workspace, load_suite, project_root
from cxlib.runs.warm import warm_kernels

_THREAD_LIMITS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_MAX_THREADS", "VECLIB_MAXIMUM_THREADS",
)  # fmt: skip


@dataclass(frozen=True)
class SuiteResult:
    """How the runs of a suite ended, in the order of the suite; `alerts` also holds what stood in the workspace before.

    `front_page` is that in the suite's first language; `notify_fault` says why the command in ``notify`` did not work.
    """

    workspace: str
    records: tuple[RunRecord, ...]
    front_page: Path
    alerts: tuple[Alert, ...] = ()
    notify_fault: str = ""

    @property
    def exit_code(self) -> int:
        """0 when every report is good or unchanged; else the highest code of a report."""
        return max((record.exit_code for record in self.records), default=0)

    @property
    def has_news(self) -> bool:
        """Whether an owner should look although every report is good: a new alert, or one that could not be sent."""
        return bool(self.notify_fault) or any(alert.new for alert in self.alerts)

    def to_dict(self) -> dict[str, object]:
        """What ``cx run --json`` prints."""
        return {
            "workspace": self.workspace,
            "exit_code": self.exit_code,
            "front_page": str(self.front_page),
            "runs": [json.loads(record.to_json()) for record in self.records],
            "alerts": [alert.model_dump(mode="json") for alert in self.alerts],
            "notify_fault": self.notify_fault,
        }


def run_suite(
    workspace: str | Path,
    reports: Iterable[str] = (),
    *,
    parameters: Parameters = (),
    jobs: int | None = None,
    force: bool = False,
    warm: bool = True,
    watch: Watch | None = None,
) -> SuiteResult:
    """Run and publish reports of a workspace.

    `workspace`: ``demo``, ``params/demo`` or a path.
    `reports`: Names in the suite, or variants such as ``churn[region=Riyadh]``; all when empty. Only these run; what
        they come after must have run before.
    `parameters`: Set on top of the parameter files.
    `jobs`: How many reports run at once; the number of cores when left out.
    `force`: Run also what has not changed.
    `warm`: Fork kernels from one process that has imported what notebooks import, where the system can.
    `watch`: Is told what happens.
    Returns: A report that failed is a record in it, not an exception.
    Raises ConfigurationError: the suite, a notebook or a parameter is not as it should be; nothing has run.
    Raises RunLocked: other runs are making every one of the reports.
    """
    root = project_root()
    folder = find_workspace(root, workspace)
    plans = plan_suite(folder, reports, parameters=parameters)
    clean_remains(root / "reports")
    records = _run_all(plans, root, watch=watch or Watch(), jobs=jobs, force=force, warm=warm)
    front = write_front(root, folder)
    stopped = any(record.status is Status.CANCELLED for record in records)  # who stops a run does not wait for more
    fault = "" if stopped else tell(root, folder, front)
    return SuiteResult(folder.name, records, front.page, alerts=front.alerts, notify_fault=fault)


def _run_all(
    plans: list[ReportPlan], root: Path, *, watch: Watch, jobs: int | None, force: bool, warm: bool
) -> tuple[RunRecord, ...]:
    workspace, site = plans[0].workspace, root / "reports" / plans[0].workspace
    workers = min(jobs or available_cores(), len(plans))
    inputs, switch = Inventories(root / "params" / workspace), StopSwitch()
    environment = thread_limits(workers)
    notebooks = [plan.notebook for plan in plans]
    warmth = warm_kernels(notebooks, environment=environment, enabled=warm, at_once=force)
    with ReportLocks(site, plans) as locks, switch.on_signals(), warmth as kernels:
        # Pages bring heavy packages with them: imported after the checks, so that a wrong name answers at once, and
        # while the warm process imports its own.
        from cxlib.runs.execution.report import ReportRun, Surroundings, prepare

        suite = {"CXLIB_REPORTS": ",".join(load_suite(root / "params" / workspace).reports), PROJECT: str(root)}
        around = Surroundings(hash_package(), inputs, watch, {**environment, **suite}, force, kernels)
        controls = {plan.path: switch.new_control() for plan in plans}
        by_path = {plan.path: plan for plan in plans}

        def run(path: str, before: Mapping[str, RunRecord]) -> RunRecord:
            with locks.released_after(path):
                ground = prepare(by_path[path], site, before, refused=locks.refused.get(path))
                store = ReportStore(site / path)
                return ReportRun(by_path[path], store, controls[path], ground=ground, around=around).run()

        records = run_in_order({plan.path: plan.waits_for for plan in plans}, run, workers=workers)
        return tuple(records.values())


class ReportLocks:
    """The locks of all reports of a run, taken at its start, so that two like runs do not share a suite out by chance.

    `refused` says by path why a report cannot run: another run holds its lock, or its folder cannot be made.
    """

    def __init__(self, site: Path, plans: Iterable[ReportPlan]) -> None:
        self._site = site
        self._plans = list(plans)
        self._locks: dict[str, contextlib.ExitStack] = {}
        self.refused: dict[str, Exception] = {}

    def __enter__(self) -> ReportLocks:
        for plan in self._plans:
            self._locks[plan.path] = lock = contextlib.ExitStack()
            try:
                lock.enter_context(hold_lock(self._site / plan.path / LOCK, name=plan.name))
            except (RunLocked, OSError) as error:
                self.refused[plan.path] = error
        if self._plans and all(isinstance(self.refused.get(plan.path), RunLocked) for plan in self._plans):
            raise next(iter(self.refused.values()))
        return self

    def __exit__(self, *_: object) -> None:
        for lock in self._locks.values():
            lock.close()

    @contextlib.contextmanager
    def released_after(self, path: str) -> Iterator[None]:
        """Give a report's lock back after the block, while others still run."""
        try:
            yield
        finally:
            self._locks[path].close()


def thread_limits(jobs: int) -> dict[str, str]:
    """Environment that shares the cores among `jobs` kernels' numeric libraries; what the operator has set stays."""
    threads = str(max(1, available_cores() // jobs))
    return {name: threads for name in _THREAD_LIMITS if name not in os.environ}


def available_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def rewrite_front(workspace: str | Path) -> Path:
    """Rewrite the front page of a workspace and run nothing; gives its path. What `cx index` does."""
    root = project_root()
    folder = find_workspace(root, workspace)
    return write_front(root, folder).page
