"""Runs a suite: plan, lock, run the reports in parallel, rewrite the front page. What `cx run` does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from cxlib.runs.control import StopSwitch
from cxlib.runs.journal import Unwatched, Watch
from cxlib.runs.lock import hold_lock
from cxlib.runs.plan import ReportPlan, plan_suite
from cxlib.runs.project import InputHashes, project_root, workspace_title
from cxlib.runs.record import RunRecord
from cxlib.runs.store import ReportStore
from cxlib.runs.suite import find_workspace, load_suite

Parameters = Mapping[str, object] | Iterable[str]


@dataclass(frozen=True)
class SuiteResult:
    """How the runs of a suite ended, in the order of the suite.

    Attributes
    ----------
    front_page : Path
        The front page in the suite's first language.
    """

    workspace: str
    records: tuple[RunRecord, ...]
    front_page: Path

    @property
    def exit_code(self) -> int:
        """0 when every report is good or unchanged; else the highest code of a report."""
        return max((record.exit_code for record in self.records), default=0)


def run_suite(
    workspace: str | Path,
    reports: Iterable[str] = (),
    *,
    parameters: Parameters = (),
    jobs: int | None = None,
    force: bool = False,
    watch: Watch | None = None,
) -> SuiteResult:
    """Run and publish reports of a workspace.

    Parameters
    ----------
    workspace : str or Path
        ``demo``, ``params/demo`` or a path.
    reports : iterable of str
        Names in the suite; all when empty.
    parameters : mapping, or iterable of ``name=value``
        Set on top of the parameter files.
    jobs : int, optional
        How many reports run at once; the number of cores when left out.
    force : bool
        Run also what has not changed.
    watch : Watch, optional
        Is told what happens.

    Returns
    -------
    SuiteResult
        A report that failed is a record in it, not an exception.

    Raises
    ------
    ConfigurationError
        The suite, a notebook or a parameter is not as it should be; nothing has run.
    RunLocked
        Another run of the workspace is under way.
    """
    root = project_root()
    folder = find_workspace(root, workspace)
    plans = plan_suite(folder, reports, parameters=parameters)
    site = root / "reports" / folder.name
    site.mkdir(parents=True, exist_ok=True)
    with hold_lock(site / ".lock", name=folder.name):
        records = _run_all(plans, root, watch=watch or Unwatched(), jobs=jobs, force=force)
        return SuiteResult(folder.name, records, write_front(root, folder))


def _run_all(
    plans: list[ReportPlan], root: Path, *, watch: Watch, jobs: int | None, force: bool
) -> tuple[RunRecord, ...]:
    # The engine brings heavy packages with it: imported after the checks, so that a wrong name answers at once.
    from cxlib.runs.kernels import available_cores, thread_limits
    from cxlib.runs.single import ReportRun

    workers = min(jobs or available_cores(), len(plans))
    inputs, switch = InputHashes(root / "params" / plans[0].workspace), StopSwitch()
    environment = thread_limits(workers)
    runs = [
        ReportRun(plan, _clean_store(root, plan), switch.new_control(), watch, inputs=inputs, environment=environment,
                  force=force)
        for plan in plans
    ]  # fmt: skip
    with switch.on_signals(), ThreadPoolExecutor(max_workers=workers, thread_name_prefix="cx-run") as pool:
        return tuple(pool.map(ReportRun.run, runs))


def _clean_store(root: Path, plan: ReportPlan) -> ReportStore:
    """The store of a report, without what a killed run left behind; only under the workspace's lock."""
    store = ReportStore(root / "reports" / plan.workspace / plan.report)
    store.clean()
    return store


def rewrite_front(workspace: str | Path) -> Path:
    """Rewrite the front page of a workspace and run nothing; gives its path. What `cx index` does."""
    root = project_root()
    folder = find_workspace(root, workspace)
    (root / "reports" / folder.name).mkdir(parents=True, exist_ok=True)
    with hold_lock(root / "reports" / folder.name / ".lock", name=folder.name):
        return write_front(root, folder)


def write_front(root: Path, folder: Path) -> Path:
    """Write a workspace's front page from what its reports' folders hold; gives the first language's page."""
    from cxlib.runs import pages

    suite = load_suite(folder)
    site = root / "reports" / folder.name
    stores = {report: ReportStore(site / report) for report in suite.reports}
    return pages.write_front(site, stores, languages=suite.languages, title=workspace_title(folder))
