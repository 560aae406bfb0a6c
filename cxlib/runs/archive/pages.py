"""Where runs meet `cxlib.publish`: which page goes where, and which facts stand on it."""

import csv
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from cxlib import publish
from cxlib.disk import hash_package
from cxlib.runs.archive.fingerprint import footer_versions
from cxlib.runs.archive.record import RunRecord, Status, last_day
from cxlib.runs.archive.standing import FAILURE_PAGE, REPORT_PAGE, Standing, read_headline, report_title, titles
from cxlib.runs.archive.store import NOTEBOOK, ReportStore, write_in_one_step
from cxlib.runs.planning.matrix import Variant
from cxlib.runs.planning.plan import hash_json, hash_text

FRONT_PAGE, CUSTOMERS_PAGE = "index.{language}.html", "customers.{language}.html"
CUSTOMER = "customer_id"
_FRONT_RUNS = 10
_MARK = ".front"  # holds the hash of what the front page shows


def page_path(folder: Path, pattern: str, language: str) -> Path:
    """Where a page of one language lies."""
    return folder / pattern.replace("{language}", language)


def complete(folder: Path, languages: tuple[str, ...]) -> bool:
    """Whether a run's folder holds the page of every language."""
    return all(page_path(folder, REPORT_PAGE, language).is_file() for language in languages)


def write_report(folder: Path, record: RunRecord, *, metrics: list[dict[str, Any]]) -> None:
    """Write the pages of the executed notebook in `folder`, all of them or none: PageRejected says what is wrong."""
    inputs = record.sha256.inputs if record.sha256 else None
    facts = publish.PageFacts(
        title=report_title("", record.origin),
        report=record.report,
        workspace=record.workspace,
        as_of=last_day(metrics),
        generated_at=record.finished,
        rendered_at=record.rendered_at,
        parameters=record.parameters,
        versions={name: record.versions[name] for name in footer_versions() if name in record.versions},
        seconds=record.seconds,
        fingerprint=hash_json(inputs) if inputs else "",
        databases={name: (one.server, one.rows, one.read_at) for name, one in record.databases.items()},
        languages=record.languages,
        # From .../latest/ this is the front page; from .../runs/<run>/ it is <report>/index, which leads there.
        home=_up(record.origin, 1) + FRONT_PAGE,
    )
    publish.publish(folder / NOTEBOOK, folder, languages=record.languages, facts=facts)
    publish.package(folder / NOTEBOOK, folder, languages=record.languages)


def write_failure(folder: Path, record: RunRecord) -> None:
    """Write the page that says in plain words why a report could not be made."""
    fault = record.error
    unread = record.status is Status.FAILED and record.sha256 is not None and record.sha256.inputs is None
    failure = publish.Failure(
        report=record.report,
        title=titles(read_headline(folder.parent.parent / "latest", None), record.origin),
        status="unreadable_input" if unread else str(record.status),
        message=fault.message if fault else "",
        cell=fault.cell if fault else None,
        started_at=record.started,
        notebook_href=NOTEBOOK if (folder / NOTEBOOK).exists() else "",
        last_good_href=f"../../latest/{REPORT_PAGE}" if ReportStore(folder.parent.parent).last_good() else "",
        home=_up(record.origin, 2) + FRONT_PAGE,
    )
    for language in record.languages:
        page = publish.failure_page(failure, language=language, languages=record.languages)
        page_path(folder, FAILURE_PAGE, language).write_text(page, encoding="utf-8")


def write_front(
    site: Path,
    standings: Sequence[Standing],
    *,
    title: str,
    languages: tuple[str, ...],
    notices: Sequence[publish.AlertNotice],
) -> Path:
    """Write the front page of a workspace in every language, each in one step; gives the first language's page.

    Nothing is written when nothing but the time has changed. Only under the front page's lock, under which the
    standings were read too, so that the last one to write has read last.
    """
    entries = list(map(_entry, standings))
    reports = dict.fromkeys(standing.variant.report for standing in standings)
    forward = [site / report for report in reports if (site / report).is_dir()]
    named = list(filter(None, map(_list_path, standings)))
    content = [hash_package(), [title, languages, *map(_mark_of, named), *map(asdict, notices), *map(asdict, entries)]]
    mark, state = site / _MARK, hash_text(json.dumps(content, sort_keys=True, default=str))
    ways = {standing.variant.report: standing.href or FRONT_PAGE for standing in reversed(standings)}
    leads = [(site / f"{name}.{{language}}.html", way) for name, way in ways.items()]  # from one report to another
    for folder in forward:
        leads += [(folder / FRONT_PAGE, f"../{FRONT_PAGE}")]
        leads += [(folder / f"{name}.{{language}}.html", f"../{way}") for name, way in ways.items()]
        leads += [(folder / CUSTOMERS_PAGE, f"../{CUSTOMERS_PAGE}")]
    written = [page_path(site, FRONT_PAGE, language) for language in languages]
    written += [page_path(lead.parent, lead.name, language) for lead, _ in leads for language in languages]
    if not (_text(mark) == state and all(path.is_file() for path in written)):
        mark.unlink(missing_ok=True)  # until all pages are written none of them counts as up to date
        now = dt.datetime.now(dt.UTC)
        overlap = publish.overlaps({path.name: customers for path in named if (customers := _listed(path))})
        write = partial(publish.front_page, entries, title=title, alerts=notices, overlap=overlap, generated_at=now)
        lists = publish.find_lists([standing.store.latest / "exports" for standing in standings if standing.latest])
        for language in languages:
            if lists:
                page = publish.customer_page(lists, language=language, languages=languages)
                write_in_one_step(page_path(site, CUSTOMERS_PAGE, language), page)
            page = write(language=language, languages=languages, customers_href=CUSTOMERS_PAGE if lists else "")
            write_in_one_step(page_path(site, FRONT_PAGE, language), page)
            for lead, way in leads:
                page = publish.forward_page(way, language=language)
                if _text(path := page_path(lead.parent, lead.name, language)) != page:
                    write_in_one_step(path, page)
        write_in_one_step(mark, state)
    return page_path(site, FRONT_PAGE, languages[0])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _entry(standing: Standing) -> publish.FrontEntry:
    failed, latest = standing.failed_since, standing.latest
    return publish.FrontEntry(
        report=standing.variant.report,
        title=standing.title,
        answer=standing.headline.get("answer", {}),
        action=standing.headline.get("action", {}),
        file_href=standing.export_href(standing.headline.get("file", "")),
        package_href=standing.package_href,
        metrics=standing.metrics,
        previous_metrics=standing.previous,
        href=standing.href,
        status=standing.status,
        as_of=last_day(standing.metrics),
        generated_at=latest.finished if latest else None,
        stale_since=failed[0].started if failed and latest else None,
        failure_href=standing.failure_href(failed[-1]) if failed else "",
        history=[_past(standing, record) for record in reversed(_before(standing)[-_FRONT_RUNS:])],
    )


def _list_path(standing: Standing) -> Path | None:
    """The file that a report's action works with; None where it names none."""
    name = standing.headline.get("file", "")
    if standing.variant.label or not standing.export_href(name):  # of several variants none stands for the report
        return None
    return Path(standing.store.latest, "exports", name)


def _mark_of(path: Path) -> list[object]:
    """What changes when the file does; reading its rows each time would take longer than all the rest."""
    try:
        seen = path.stat()
    except OSError:  # one that goes meanwhile
        return [path.name]
    return [path.name, seen.st_size, seen.st_mtime_ns]


def _listed(path: Path) -> frozenset[str]:
    """The customers in a list; none where the file is by another hand, or goes meanwhile."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return frozenset(row[CUSTOMER] for row in csv.DictReader(lines))
    except (OSError, ValueError, KeyError, csv.Error):
        return frozenset()


def _before(standing: Standing) -> list[RunRecord]:
    """Runs other than the one whose page is shown."""
    shown = standing.latest and (standing.latest.rendered_from or standing.latest.run)
    return [run for run in standing.past if (run.rendered_from or run.run) != shown]


def _past(standing: Standing, record: RunRecord) -> publish.PastRun:
    page = REPORT_PAGE if record.status.good else FAILURE_PAGE
    return publish.PastRun(record.started, str(record.status), f"{standing.variant.path}/runs/{record.run}/{page}")


def _up(variant: Variant, steps: int) -> str:
    """The way up from a page's folder: `steps` more than the variant's own folders."""
    return "../" * (len(Path(variant.path).parts) + steps)
