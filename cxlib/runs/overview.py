"""What there is: workspaces, their reports, their past runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from cxlib.errors import ConfigurationError, nearest
from cxlib.runs.lock import hold_lock
from cxlib.runs.record import RunRecord
from cxlib.runs.store import ReportStore
from cxlib.runs.suite import find_workspace, load_suite, workspace_names


@dataclass(frozen=True)
class ReportRow:
    """One report of one workspace and how it stands; `fault` says why a workspace cannot be listed."""

    workspace: str
    report: str = ""
    last_status: str = "never run"
    published: dt.datetime | None = None
    fault: str = ""

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self) | {"published": self.published.isoformat() if self.published else None}


def list_reports(root: Path) -> list[ReportRow]:
    """Every report of every workspace of a project; a broken suite becomes one row with its fault."""
    return [row for name in workspace_names(root) for row in _rows(root, name)]


def _rows(root: Path, workspace: str) -> list[ReportRow]:
    try:
        suite = load_suite(root / "params" / workspace)
    except ConfigurationError as error:
        return [ReportRow(workspace, fault=str(error), last_status="cannot run")]
    return [_row(workspace, report, ReportStore(root / "reports" / workspace / report)) for report in suite.reports]


def _row(workspace: str, report: str, store: ReportStore) -> ReportRow:
    history, latest = store.history(), store.last_good()
    status = str(history[-1].status) if history else "never run"
    return ReportRow(workspace, report, status, latest.finished if latest else None)


def overview_table(rows: Iterable[ReportRow]) -> Table:
    """The rows for a terminal."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("Workspace", "Report", "Last run", "Page from (UTC)"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        published = f"{row.published:%Y-%m-%d %H:%M}" if row.published else "\u2013"
        table.add_row(row.workspace, escape(row.fault or row.report), row.last_status, published)
    return table


def past_runs(root: Path, workspace: str, reports: Iterable[str] = ()) -> list[RunRecord]:
    """The records of a workspace's runs, the oldest first."""
    records = [record for store in _stores(root, workspace, reports) for record in store.history()]
    return sorted(records, key=lambda record: record.started)


def prune_runs(root: Path, workspace: str, reports: Iterable[str] = (), *, keep: int) -> list[str]:
    """Remove old runs and keep the newest `keep` good ones of each report, never the latest; gives their names."""
    stores = _stores(root, workspace, reports)
    site = root / "reports" / find_workspace(root, workspace).name
    if not site.is_dir():
        return []
    with hold_lock(site / ".lock", name=site.name):
        return [run for store in stores for run in store.prune(keep=keep)]


def _stores(root: Path, workspace: str, reports: Iterable[str]) -> list[ReportStore]:
    folder = find_workspace(root, workspace)
    known = load_suite(folder).reports
    chosen = list(reports) or list(known)
    for report in chosen:
        if report not in known:
            raise ConfigurationError(f"The suite of {folder.name} has no report {report!r}. {nearest(report, known)}")
    return [ReportStore(root / "reports" / folder.name / report) for report in chosen]
