"""What is done with past runs, and runs nothing: list them, remove old ones, make their pages anew.

A run that readers may have open is never changed: its notebook, numbers and files are copied into a new folder, the
pages are made there, and the new folder takes its place in one step. ``run.json`` says from which run and when.
"""

import datetime as dt
import heapq
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from cxlib.errors import ConfigurationError, CxError, PageRejected
from cxlib.runs.alerting import write_front
from cxlib.runs.archive.record import RunRecord, exit_code_of, fault_of
from cxlib.runs.archive.standing import Standing
from cxlib.runs.archive.store import LOCK, ReportStore, damage, file_digests, final_name, hold_lock
from cxlib.runs.planning.matrix import Variant, choose
from cxlib.runs.planning.suite import find_workspace, load_suite, project_root, workspace_names

_MADE_ANEW = ("report.*.html", "report.zip", "run.json")


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
        return [ReportRow(workspace, fault=fault_of(error).message, last_status="cannot run")]
    return [_row(Standing.of(variant, root / "reports" / workspace), workspace) for variant in suite.variants()]


def _row(standing: Standing, workspace: str) -> ReportRow:
    published = standing.latest.finished if standing.latest else None
    return ReportRow(workspace, standing.variant.name, standing.status, published)


def find_faults(root: Path, workspace: str | Path) -> list[str]:
    """What is wrong with the files that past runs of a workspace left, in plain words."""
    folder = find_workspace(root, workspace)
    site = root / "reports" / folder.name
    return [fault for variant in load_suite(folder).variants() for fault in Standing.of(variant, site).faults]


def past_runs(root: Path, workspace: str, reports: Iterable[str] = ()) -> list[RunRecord]:
    """The records of a workspace's runs, the oldest first; those of one report in their order, whatever the clock."""
    histories = [store.history() for store in _stores(root, workspace, reports).values()]
    return list(heapq.merge(*histories, key=lambda record: record.started))


def prune_runs(root: Path, workspace: str, reports: Iterable[str] = (), *, keep: int) -> list[str]:
    """Remove old runs and keep the newest `keep` good ones of each report, never the latest; gives their names."""
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


@dataclass(frozen=True)
class Rendering:
    """What became of one report: the new run's record, or why its pages stay as they are."""

    name: str
    record: RunRecord | None = None
    fault: str = ""
    exit_code: int = 0


@dataclass(frozen=True)
class RenderResult:
    """The pages made anew, in the order of the suite, and the front page."""

    renderings: tuple[Rendering, ...]
    front_page: Path

    @property
    def exit_code(self) -> int:
        """0 when every page could be made; else the highest code of one that could not."""
        return max((rendering.exit_code for rendering in self.renderings), default=0)


def rerender(workspace: str | Path, reports: Iterable[str] = ()) -> RenderResult:
    """Make pages anew, with today's templates and catalogues, from the notebooks that the last good runs kept."""
    root = project_root()
    folder = find_workspace(root, workspace)
    suite = load_suite(folder)
    site = root / "reports" / folder.name
    chosen = choose(suite.variants(), list(reports), workspace=folder.name)
    published = [variant for variant in chosen if (site / variant.path / "latest").exists()]
    renderings = tuple(_render(site, variant, suite.languages) for variant in published)
    if not renderings:
        raise ConfigurationError(f"No report of {folder.name} has a page yet. Run it first: cx run {folder.name}")
    return RenderResult(renderings, write_front(root, folder).page)


def _render(site: Path, variant: Variant, languages: tuple[str, ...]) -> Rendering:
    try:
        with hold_lock(site / variant.path / LOCK, name=variant.name):
            return Rendering(variant.name, _render_latest(Standing.of(variant, site), languages))
    except (CxError, OSError) as error:
        return Rendering(variant.name, fault=fault_of(error).message, exit_code=exit_code_of(error))


def _render_latest(standing: Standing, languages: tuple[str, ...]) -> RunRecord:
    from cxlib.runs.archive import pages

    latest, store = standing.latest, standing.store
    if latest is None:
        raise PageRejected(f"{store.latest}/run.json cannot be read. Run the report again.")
    kept = {name: digest for name, digest in latest.files.items() if not any(map(Path(name).match, _MADE_ANEW))}
    if changed := damage(store.latest, latest.model_copy(update={"files": kept})):
        raise PageRejected(f"{store.latest / changed}: gone or changed since its run. Run the report again.")
    store.clean()
    private = store.begin(latest.started, key=latest.key)
    try:
        shutil.copytree(store.latest, private, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*_MADE_ANEW))
        origin = {"rendered_at": dt.datetime.now(dt.UTC), "rendered_from": latest.rendered_from or latest.run}
        record = latest.model_copy(update={"run": final_name(private), "languages": languages, **origin})
        pages.write_report(private, record, metrics=standing.metrics)
        record = record.model_copy(update={"files": file_digests(private) if latest.files else {}})
        (private / "run.json").write_text(record.to_json(), encoding="utf-8")
        store.finish(private, publish=True)
    except BaseException:
        shutil.rmtree(private, ignore_errors=True)
        raise
    return record
