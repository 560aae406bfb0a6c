"""Where runs meet `cxlib.publish`: which page goes where, and which facts stand on it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxlib import publish
from cxlib.runs.engine import NOTEBOOK
from cxlib.runs.fingerprint import hash_json, shown_versions
from cxlib.runs.metrics import last_day
from cxlib.runs.record import RunRecord
from cxlib.runs.store import ReportStore, write_in_one_step

REPORT_PAGE, FAILURE_PAGE, FRONT_PAGE = "report.{language}.html", "failed.{language}.html", "index.{language}.html"
_SHOWN_RUNS = 10


def page_path(folder: Path, pattern: str, language: str) -> Path:
    """Where a page of one language lies.

    >>> page_path(Path("latest"), REPORT_PAGE, "ar").as_posix()
    'latest/report.ar.html'
    """
    return folder / pattern.replace("{language}", language)


def complete(folder: Path, languages: tuple[str, ...]) -> bool:
    """Whether a run's folder holds the page of every language."""
    return all(page_path(folder, REPORT_PAGE, language).is_file() for language in languages)


def write_report(folder: Path, record: RunRecord, *, metrics: list[dict[str, Any]]) -> None:
    """Write the pages of the executed notebook in `folder`, all of them or none.

    Raises
    ------
    PageRejected
        A page does not pass its checks.
    """
    inputs = record.sha256.inputs if record.sha256 else None
    facts = publish.PageFacts(
        title=record.report.replace("_", " ").capitalize(),
        report=record.report,
        workspace=record.workspace,
        as_of=last_day(metrics),
        generated_at=record.finished,
        parameters=record.parameters,
        versions=shown_versions(),
        seconds=record.seconds,
        fingerprint=hash_json(inputs) if inputs else "",
        languages=record.languages,
        # From <report>/latest/ this is the front page; from <report>/runs/<run>/ it is the page that leads there.
        home=f"../../{FRONT_PAGE}",
    )
    publish.publish(folder / NOTEBOOK, folder, languages=record.languages, facts=facts)


def write_failure(folder: Path, record: RunRecord) -> None:
    """Write the page that says in plain words why a report could not be made."""
    fault = record.error
    unread = fault is not None and record.sha256 is not None and record.sha256.inputs is None
    failure = publish.Failure(
        report=record.report,
        title=_headline(folder.parent.parent / "latest").get("question", {}),
        status="unreadable_input" if unread else str(record.status),
        message=fault.message if fault else "",
        cell=fault.cell if fault else None,
        started_at=record.started,
        notebook_href=NOTEBOOK if (folder / NOTEBOOK).exists() else "",
        last_good_href=f"../../latest/{REPORT_PAGE}" if (folder.parent.parent / "latest").exists() else "",
        home=f"../../../{FRONT_PAGE}",
    )
    for language in record.languages:
        page = publish.failure_page(failure, language=language, languages=record.languages)
        page_path(folder, FAILURE_PAGE, language).write_text(page, encoding="utf-8")


def write_front(site: Path, stores: Mapping[str, ReportStore], *, languages: tuple[str, ...], title: str) -> Path:
    """Write the front page of a workspace in every language, each in one step; gives the first language's page."""
    entries = [_Standing.of(store).entry(report) for report, store in stores.items()]
    for language in languages:
        page = publish.front_page(
            entries, title=title, language=language, languages=languages, generated_at=dt.datetime.now(dt.UTC)
        )
        write_in_one_step(page_path(site, FRONT_PAGE, language), page)
        for store in stores.values():
            if store.runs.is_dir():
                forward = publish.forward_page(f"../{FRONT_PAGE}", language=language)
                write_in_one_step(page_path(store.runs.parent, FRONT_PAGE, language), forward)
    return page_path(site, FRONT_PAGE, languages[0])


@dataclass(frozen=True)
class _Standing:
    """How a report stands: its runs, its last good one and the good one before that."""

    store: ReportStore
    history: list[RunRecord]
    latest: RunRecord | None

    @classmethod
    def of(cls, store: ReportStore) -> _Standing:
        return cls(store, store.history(), store.last_good())

    def entry(self, report: str) -> publish.FrontEntry:
        shown = _headline(self.store.latest)
        failed = self._failed_since()
        return publish.FrontEntry(
            report=report,
            title=shown.get("question", {}),
            answer=shown.get("answer", {}),
            metrics=shown.get("metrics", []),
            previous_metrics=self._metrics_before(),
            href=f"{report}/latest/{REPORT_PAGE}" if self.latest else "",
            status=str(self.history[-1].status) if self.history else "ok",
            as_of=last_day(shown.get("metrics", [])),
            generated_at=self.latest.finished if self.latest else None,
            stale_since=failed[0].started if failed and self.latest else None,
            failure_href=f"{report}/runs/{failed[-1].run}/{FAILURE_PAGE}" if failed else "",
            history=[self._past(report, record) for record in reversed(self.history[-_SHOWN_RUNS:])],
        )

    def _failed_since(self) -> list[RunRecord]:
        """The runs that failed after the last good one, unless it was found to be up to date since."""
        checked = self.store.checked_at()
        return [run for run in self.history if not run.status.good and (checked is None or run.started > checked)]

    def _metrics_before(self) -> list[dict[str, Any]]:
        good = [run.run for run in self.history if run.status.good and self.latest and run.run < self.latest.run]
        metrics: list[dict[str, Any]] = _headline(self.store.runs / good[-1]).get("metrics", []) if good else []
        return metrics

    def _past(self, report: str, record: RunRecord) -> publish.PastRun:
        page = REPORT_PAGE if record.status.good else FAILURE_PAGE
        return publish.PastRun(record.started, str(record.status), f"{report}/runs/{record.run}/{page}")


def _headline(folder: Path) -> dict[str, Any]:
    """The metrics.json of a run, or nothing where it cannot be read."""
    try:
        content = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
