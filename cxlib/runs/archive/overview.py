"""What there is: workspaces, their reports, their past runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from cxlib.errors import ConfigurationError
from cxlib.runs.archive.record import RunRecord
from cxlib.runs.archive.store import ReportStore
from cxlib.runs.execution.lock import LOCK, hold_lock
from cxlib.runs.planning.matrix import Variant, choose
from cxlib.runs.planning.suite import find_workspace, load_suite, workspace_names


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
    return [_row(root, workspace, variant) for variant in suite.variants()]


def _row(root: Path, workspace: str, variant: Variant) -> ReportRow:
    store = ReportStore(root / "reports" / workspace / variant.path)
    history, latest = store.history(), store.last_good()
    status = str(history[-1].status) if history else "never run"
    return ReportRow(workspace, variant.name, status, latest.finished if latest else None)


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
    records = [record for store in _stores(root, workspace, reports).values() for record in store.history()]
    return sorted(records, key=lambda record: record.started)


def prune_runs(root: Path, workspace: str, reports: Iterable[str] = (), *, keep: int) -> list[str]:
    """Remove old runs and keep the newest `keep` good ones of each report, never the latest; gives their names.

    Raises
    ------
    RunLocked
        A report runs just now; what was removed before stays removed.
    """
    gone = []
    for name, store in _stores(root, workspace, reports).items():
        if store.runs.is_dir():
            with hold_lock(store.folder / LOCK, name=name):
                gone += store.prune(keep=keep)
    return gone


def _stores(root: Path, workspace: str, reports: Iterable[str]) -> dict[str, ReportStore]:
    folder = find_workspace(root, workspace)
    chosen = choose(load_suite(folder).variants(), list(reports), workspace=folder.name)
    return {variant.name: ReportStore(root / "reports" / folder.name / variant.path) for variant in chosen}
