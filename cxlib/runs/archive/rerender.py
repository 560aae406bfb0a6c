"""Makes the pages of the last good runs anew, with today's templates and catalogues, and runs nothing.

A run that readers may have open is never changed: its notebook, numbers and files are copied into a new folder, the
pages are made there, and the new folder takes its place in one step. ``run.json`` says from which run and when.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cxlib.errors import ConfigurationError, CxError, PageRejected
from cxlib.runs.archive.front import write_front
from cxlib.runs.archive.record import RunRecord
from cxlib.runs.archive.standing import Standing
from cxlib.runs.archive.store import final_name
from cxlib.runs.execution.faults import exit_code_of, fault_of
from cxlib.runs.execution.lock import LOCK, hold_lock
from cxlib.runs.planning.matrix import Variant, choose
from cxlib.runs.planning.project import project_root
from cxlib.runs.planning.suite import find_workspace, load_suite

_MADE_ANEW = ("report.*.html", "run.json")


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
    """Make the pages of reports anew from the notebooks that their last good runs kept.

    Parameters
    ----------
    workspace : str or Path
        ``demo``, ``params/demo`` or a path.
    reports : iterable of str
        As in `run_suite`; all when empty. One that never had a good run is left out.

    Raises
    ------
    ConfigurationError
        There is no such workspace or report, or none of the reports has had a good run.
    """
    root = project_root()
    folder = find_workspace(root, workspace)
    suite = load_suite(folder)
    site = root / "reports" / folder.name
    chosen = choose(suite.variants(), list(reports), workspace=folder.name)
    published = [variant for variant in chosen if (site / variant.path / "latest").exists()]
    made = tuple(_render(site, variant, suite.languages) for variant in published)
    if not made:
        raise ConfigurationError(f"No report of {folder.name} has a page yet. Run it first: cx run {folder.name}")
    return RenderResult(made, write_front(root, folder).page)


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
    store.clean()
    private = store.begin(latest.started, key=latest.key)
    try:
        shutil.copytree(store.latest, private, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*_MADE_ANEW))
        record = latest.model_copy(update={
            "run": final_name(private), "languages": languages, "rendered_at": dt.datetime.now(dt.UTC),
            "rendered_from": latest.rendered_from or latest.run,
        })  # fmt: skip
        pages.write_report(private, record, metrics=standing.metrics)
        (private / "run.json").write_text(record.to_json(), encoding="utf-8")
        store.finish(private, publish=True)
    except BaseException:
        shutil.rmtree(private, ignore_errors=True)
        raise
    return record
