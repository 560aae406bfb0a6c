"""How a report stands: its last good run, the run to compare it with, and what has failed since."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, FiniteFloat

from cxlib.runs.archive.record import RunRecord
from cxlib.runs.archive.store import ReportStore, damage
from cxlib.runs.planning.matrix import Variant

REPORT_PAGE, FAILURE_PAGE, PACKAGE = "report.{language}.html", "failed.{language}.html", "report.zip"
_ISOLATE = "\u2068", "\u2069"  # values may be of another direction than the text around them


@dataclass(frozen=True)
class Standing:
    """One report or variant as its folder has it: complete runs, oldest first, and the latest, whose page is read."""

    variant: Variant
    store: ReportStore
    history: list[RunRecord]
    latest: RunRecord | None

    @classmethod
    def of(cls, variant: Variant, site: Path) -> Standing:
        """Read a variant's folder below the workspace's folder of reports."""
        store = ReportStore(site / variant.path)
        return cls(variant, store, store.history(), store.last_good())

    @cached_property
    def headline(self) -> dict[str, Any]:
        """The metrics.json of the latest run; empty while there is none, or it is not as the run left it."""
        return read_headline(self.store.latest, self.latest)

    @cached_property
    def damage(self) -> str:
        """A file of the latest run that is gone or was changed since; empty when all are whole."""
        return damage(self.store.latest, self.latest) if self.latest else ""

    @property
    def status(self) -> str:
        """How the report stands, as `run.json` calls it; "damaged" where its page or numbers are not whole."""
        if self.latest and not self.failed_since:
            return "damaged" if self.damage else str(self.latest.status)
        last = str(self.history[-1].status) if self.history else "never run"
        lost = not self.latest and (os.path.lexists(self.store.latest) or self.store.unreadable())
        return "damaged" if lost and last in {"never run", "ok", "unchanged"} else last

    @property
    def faults(self) -> list[str]:
        """What is wrong with the report's own folder, in plain words."""
        faults = [f"{file}: cannot be read, so this run does not count." for file in self.store.unreadable()]
        if self.damage:
            file = self.store.latest / self.damage
            faults.append(f"{file}: the file is gone or was changed since its run. Run the report again.")
        return faults

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """The latest run's metrics."""
        return list(self.headline.get("metrics", []))

    @cached_property
    def previous(self) -> list[dict[str, Any]]:
        """The metrics that the latest ones are compared with: the last run before it of the same question.

        That is one with the same parameters and with other data: a second run on the same files, or the pages made
        anew, would hide what has changed.
        """
        latest = self.latest
        earlier = [run for run in self.history if latest and run.status.good and _comparable(run, latest)]
        return list(read_headline(self.store.runs / earlier[-1].run, earlier[-1]).get("metrics", [])) if earlier else []

    @property
    def past(self) -> list[RunRecord]:
        """Every run once, the oldest first: one whose pages were made anew stands for the one that it was made from."""
        return list({run.rendered_from or run.run: run for run in self.history}.values())

    @cached_property
    def failed_since(self) -> list[RunRecord]:
        """The runs that failed after the last good one, unless it was found to be up to date since."""
        checked, number = self.store.checked_at(), self.store.checked_after()
        return [
            run
            for run in self.history
            if not run.status.good
            # Runs of an earlier version have no number; times, which a wrong clock may have set, decide among those.
            and (run.number > number if run.number or number else checked is None or run.started > checked)
        ]

    @property
    def href(self) -> str:
        """Address of the last good page from the front page, with ``{language}``; empty while there is none."""
        return f"{self.variant.path}/latest/{REPORT_PAGE}" if self.latest else ""

    def export_href(self, name: str) -> str:
        """Address of an exported file of the last good run from the front page; empty where it is not there.

        Where the file is there as a workbook in each language, it is that, with ``{language}``.
        """
        folder, book = self.store.latest / "exports", Path(name).with_suffix(".{language}.xlsx").name if name else ""
        languages = self.latest.languages if self.latest else ()
        if book and languages and all((folder / book.replace("{language}", each)).is_file() for each in languages):
            name = book
        elif not (name and languages and (folder / name).is_file()):
            return ""
        return f"{self.variant.path}/latest/exports/{name}"

    @property
    def package_href(self) -> str:
        """Address of what can be mailed of the last good run; empty for a run of an earlier version."""
        there = self.latest is not None and (self.store.latest / PACKAGE).is_file()
        return f"{self.variant.path}/latest/{PACKAGE}" if there else ""

    def failure_href(self, run: RunRecord) -> str:
        """Address of the page that says why a run failed, with ``{language}``."""
        return f"{self.variant.path}/runs/{run.run}/{FAILURE_PAGE}"

    @property
    def title(self) -> dict[str, str] | str:
        """The report's question in each language, with the values of its matrix; its name while it has no question."""
        return titles(self.headline, self.variant)


def _comparable(run: RunRecord, latest: RunRecord) -> bool:
    if run.order >= latest.order or run.parameters != latest.parameters:
        return False
    return run.sha256 is None or latest.sha256 is None or run.sha256.inputs != latest.sha256.inputs


def titles(headline: dict[str, Any], variant: Variant) -> dict[str, str] | str:
    """A report's question in each language, with the values of its matrix; its name where it has no question yet."""
    question = headline.get("question") or {}
    return {language: report_title(text, variant) for language, text in question.items()} or report_title("", variant)


def report_title(question: str, variant: Variant) -> str:
    """One question, or the report's name, with the values of its matrix."""
    text = question or variant.report.replace("_", " ").capitalize()
    return f"{text} \u00b7 {_ISOLATE[0]}{variant.label}{_ISOLATE[1]}" if variant.label else text


class _Metric(BaseModel):
    """What a page needs of a metric: it may be edited by hand, and is then left out."""

    name: str
    label: dict[str, str] | str = ""
    value: FiniteFloat | None = None
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None
    unit: str = ""
    currency: str | None = None
    polarity: int | None = None
    as_of: dt.date | None = None


class _Headline(BaseModel):
    question: dict[str, str] = {}
    answer: dict[str, str] = {}
    action: dict[str, str] = {}
    file: str = ""
    metrics: list[_Metric] = []


def read_headline(folder: Path, record: RunRecord | None) -> dict[str, Any]:
    """The metrics.json of a run, or nothing where it cannot be read or is not as the run left it."""
    path = folder / "metrics.json"
    try:
        text = path.read_bytes()
        _Headline.model_validate_json(text)
        digest = record.files.get(path.name) if record else None
        return dict(json.loads(text)) if digest in {None, hashlib.sha256(text).hexdigest()} else {}
    except (OSError, ValueError, RecursionError):
        return {}
