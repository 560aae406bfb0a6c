"""The headline numbers of a report, gathered from what its notebook displayed, into ``metrics.json``."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from typing import Any

from nbformat import NotebookNode

from cxlib.errors import PageRejected

COMPONENT = "application/vnd.cxlib.component+json"


def gather_metrics(notebook: NotebookNode) -> list[dict[str, Any]]:
    """Every metric that the notebook's components show, each name once.

    Raises
    ------
    PageRejected
        Two components show the same name with different values.
    """
    gathered: dict[str, dict[str, Any]] = {}
    for metric in _shown_metrics(notebook):
        name = str(metric["name"])
        if gathered.setdefault(name, metric) != metric:
            raise PageRejected(f"The report shows {name!r} with two values. Show it once, or name them apart.")
    return list(gathered.values())


def _shown_metrics(notebook: NotebookNode) -> Iterator[dict[str, Any]]:
    for component in _components(notebook):
        yield from component.get("metrics", [])


def answer_of(notebook: NotebookNode) -> dict[str, str]:
    """The report's answer in every language: the title of its first page head; empty where it shows none."""
    return next((dict(part.get("title", {})) for part in _components(notebook) if part.get("kind") == "head"), {})


def _components(notebook: NotebookNode) -> Iterator[dict[str, Any]]:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if COMPONENT in output.get("data", {}):
                yield output.data[COMPONENT]


def metrics_json(
    metrics: list[dict[str, Any]],
    *,
    workspace: str,
    report: str,
    question: Mapping[str, str],
    answer: Mapping[str, str],
) -> str:
    """The text of ``metrics.json``, schema 1: the question, its answer and every headline number."""
    content = {
        "schema": 1, "workspace": workspace, "report": report, "question": question, "answer": answer,
        "metrics": metrics,
    }  # fmt: skip
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def last_day(metrics: list[dict[str, Any]]) -> dt.date | None:
    """The last day in the data, as the metrics name it.

    >>> last_day([{"name": "nps", "as_of": "2026-09-30"}, {"name": "csat", "as_of": None}])
    datetime.date(2026, 9, 30)
    """
    return max((dt.date.fromisoformat(str(metric["as_of"])) for metric in metrics if metric.get("as_of")), default=None)
