"""What the operator sees: live lines on a terminal, plain lines in a log, tables, and what `cx check` says.

That is kept in ``.cx/checks/<workspace>.json`` as long as everything that it was said of is the same. Every file of the
workspace is read for that each time: neither its time nor its size stands for its bytes.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import re
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cxlib.data import Inventory, read_sources, take_inventory
from cxlib.data.reading.files import SWITCH, made_files
from cxlib.data.reading.inventory import say
from cxlib.disk import file_digest, hash_package
from cxlib.errors import CxError, DataError
from cxlib.language import sentences, speaker, untranslated
from cxlib.masking import HIDDEN, mask_contacts, mask_line
from cxlib.runs.archive.record import RunRecord, Status
from cxlib.runs.archive.store import ReportStore, clean_remains, write_in_one_step
from cxlib.runs.execution.journal import Watch
from cxlib.runs.planning.plan import ReportPlan, hash_json, plan_suite
from cxlib.runs.planning.suite import further_reports, has_all, tables_of, told_by

if TYPE_CHECKING:
    import pandas as pd
    from rich.progress import TaskID

    from cxlib.data import Sources, Workspace
    from cxlib.runs.execution.run import SuiteResult
    from cxlib.runs.upkeep import RenderResult, ReportRow

_LOOK = {
    Status.OK: ("green", "ok"),
    Status.UNCHANGED: ("green", "unchanged"),
    Status.FAILED: ("red", "failed"),
    Status.REJECTED: ("red", "page rejected"),
    Status.INPUTS_CHANGED: ("red", "data changed"),
    Status.TIMEOUT: ("red", "timeout"),
    Status.DEAD_KERNEL: ("red", "kernel died"),
    Status.OUT_OF_MEMORY: ("red", "out of memory"),
    Status.CANCELLED: ("yellow", "cancelled"),
    Status.BLOCKED: ("yellow", "not run"),
    Status.LOCKED: ("yellow", "locked"),
}
MUCH_SET_ASIDE = 0.1  # share of a file's rows
_SLOW_SECONDS = 2.0
_QUIET_SECONDS = 30  # a log gets a line for a long report's cells at most this often


def watching(console: Console, *, quiet: bool) -> Watch:
    """Who follows the runs on this console: nobody when quiet, live lines on a terminal, plain lines elsewhere."""
    if quiet:
        return Watch()
    return TerminalWatch(console) if console.is_terminal else LogWatch(console)


class TerminalWatch(Watch):
    """One live line for each report that runs; it goes when the report has ended and the table says how."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._progress = Progress(
            SpinnerColumn(style="cyan"),
            TextColumn("{task.fields[report]}", style="bold"),
            BarColumn(bar_width=24),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()

    def started(self, report: str) -> None:
        """Show a new line."""
        with self._lock:
            if not self._tasks:
                self._progress.start()
            self._tasks[report] = self._progress.add_task("waiting", total=None, report=escape(report))

    def doing(self, report: str, what: str) -> None:
        """Say what is done beside the cells."""
        self._progress.update(self._tasks[report], description=what)

    def note(self, report: str, line: str) -> None:
        """Say it above the lines that move."""
        self._progress.console.print(f"{escape(report)}: {escape(line)}", highlight=False, soft_wrap=True)

    def cell(self, report: str, number: int, *, cells: int) -> None:
        """Move the bar."""
        words = f"cell {number} of {cells}"
        self._progress.update(self._tasks[report], completed=number - 1, total=cells, description=words)

    def finished(self, record: RunRecord) -> None:
        """Take the line away; a line that stays says how it ended."""
        with self._lock:
            self._progress.remove_task(self._tasks.pop(record.name))
            self._progress.console.print(_ending(record), highlight=False, soft_wrap=True)
            if not self._tasks:
                self._progress.stop()


class LogWatch(Watch):
    """Plain lines with the time, few enough for a log that nobody reads until something is wrong."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._spoke: dict[str, float] = {}

    def started(self, report: str) -> None:
        """Say that a report begins."""
        self._spoke[report] = time.monotonic()
        self._say(f"{escape(report)}: started")

    def note(self, report: str, line: str) -> None:
        """Say it."""
        self._say(f"{escape(report)}: {escape(line)}")

    def cell(self, report: str, number: int, *, cells: int) -> None:
        """Say where a long report is."""
        if time.monotonic() - self._spoke[report] >= _QUIET_SECONDS:
            self._spoke[report] = time.monotonic()
            self._say(f"{escape(report)}: cell {number} of {cells}")

    def finished(self, record: RunRecord) -> None:
        """Say how a report ended."""
        self._say(_ending(record))

    def _say(self, text: str) -> None:
        now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        self._console.print(f"{now} {text}", highlight=False, soft_wrap=True)


def _ending(record: RunRecord) -> str:
    colour, words = _LOOK[record.status]
    again = f" at attempt {record.attempts}" if record.attempts > 1 else ""
    return f"{escape(record.name)}: [{colour}]{words}[/]{again} after {record.seconds:.1f} s"


def print_summary(console: Console, result: SuiteResult) -> None:
    """The table at the end, what went wrong in plain words, what the owner asked to be told, and the front page."""
    site = result.front_page.parent
    if console.is_terminal:
        _say(console, "")  # the lines of what ran stand above
    table = _table("Report", "Status", numbers=["Seconds"])
    for record in result.records:
        table.add_row(escape(record.name), _status(record), f"{record.seconds:.1f}")
    console.print(table)
    for record in result.records:
        if record.status is not Status.CANCELLED:
            _print_fault(console, record, site)
    stopped = [record for record in result.records if record.status is Status.CANCELLED]
    if stopped:
        # What stopped the runs, once for all of them
        reasons = dict.fromkeys(record.error.message for record in stopped if record.error)
        _prose(console, f"\n[yellow]{escape(' '.join(reasons))}[/]")
        if any(ReportStore(site / record.path).last_good() for record in stopped):
            _say(console, "  The last good pages stay in place.")
    else:
        _print_alerts(console, result)
    _say(console, f"\nFront page: {result.front_page.as_uri()}")


def _status(record: RunRecord) -> str:
    colour, words = _LOOK[record.status]
    return f"[{colour}]{words}[/]" + (f", attempt {record.attempts}" if record.attempts > 1 else "")


def _print_alerts(console: Console, result: SuiteResult) -> None:
    """Alerts but for the failed reports of this run, which stand above."""
    above = {record.path for record in result.records if record.error is not None}
    alerts = [alert for alert in result.alerts if alert.kind != "failed" or alert.path not in above]
    if alerts:
        console.print(f"\n[yellow]{len(alerts)} {'alert' if len(alerts) == 1 else 'alerts'}[/]", highlight=False)
    for alert in alerts:
        interval = f", {alert.notice.interval}" if alert.notice.interval else ""
        since = "new" if alert.new else f"since {alert.since.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"
        _prose(console, escape(f"{alert.message}{interval} ({since})"), indent=2)
    if result.notify_fault:
        _prose(console, f"\n[red]{escape(result.notify_fault)}[/]")


def print_renderings(console: Console, result: RenderResult) -> None:
    """Which pages were made anew, and why others were not."""
    for rendering in result.renderings:
        if rendering.record is None:
            _prose(console, f"[red]{escape(rendering.name)}[/]: {escape(rendering.fault)} The page stays as it is.")
        else:
            origin = rendering.record.rendered_from
            _prose(console, f"{escape(rendering.name)}: [green]page made anew[/] from the run {origin}")
    _say(console, f"\nFront page: {result.front_page.as_uri()}")


def _print_fault(console: Console, record: RunRecord, site: Path) -> None:
    if record.error is None:
        return
    _prose(console, f"\n[red]{escape(record.name)}[/]: {escape(record.error.message)}")
    if record.run and record.status is not Status.BLOCKED:
        _say(console, f"  Log: {site / record.path / 'runs' / record.run / 'run.log'}")
    if ReportStore(site / record.path).last_good():
        _say(console, "  The last good page stays in place.")


def _prose(console: Console, markup: str, *, indent: int = 0) -> None:
    """A sentence, broken between words on a terminal; in a log each is one line."""
    if console.is_terminal:
        console.print(Padding(Text.from_markup(markup), (0, 0, 0, indent)), highlight=False)
    else:
        console.print(f"{' ' * indent}{markup}", highlight=False, soft_wrap=True)


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _table(*texts: str, numbers: Iterable[str] = ()) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", title_justify="left")
    for heading in texts:
        table.add_column(heading, overflow="fold")
    for heading in numbers:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def history_table(records: Iterable[RunRecord]) -> Table:
    """One line a run, the newest last."""
    table = _table("Started (UTC)", "Report", "Status", numbers=["Seconds"])
    table.columns[0].no_wrap = True
    table.add_column("Run or reason", overflow="fold")
    for record in records:
        name, seconds = escape(record.name), f"{record.seconds:.1f}"
        table.add_row(f"{record.started:%Y-%m-%d %H:%M:%S}", name, _status(record), seconds, escape(_outcome(record)))
    return table


def _outcome(record: RunRecord) -> str:
    if record.error:
        return record.error.message
    return f"{record.run}, page made anew from {record.rendered_from}" if record.rendered_from else record.run


def overview_table(rows: Iterable[ReportRow]) -> Table:
    """Every report of every workspace, and how it stands."""
    table = _table("Workspace", "Report", "Last run", "Page from (UTC)")
    for row in rows:
        published = f"{row.published:%Y-%m-%d %H:%M}" if row.published else "\u2013"
        table.add_row(row.workspace, escape(row.fault or row.report), row.last_status, published)
    return table


class Answer:
    """Lines and tables, which are said at once and are plain values that can be said again."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.parts: list[Any] = []

    def say(self, part: Any) -> None:
        """Say a line; or show a table: titles of its texts, titles of its numbers, rows."""
        self.parts.append(part)
        if isinstance(part, str):
            _say(self.console, part)
            return
        table = _table(*part[0], numbers=part[1])
        for row in part[2]:
            table.add_row(*map(escape, row))
        self.console.print(table)


def check_workspace(folder: Path, console: Console, *, parameters: Sequence[str] = ()) -> None:
    """Say whether a workspace's sources are readable, its pages translated, its parameters valid; run no notebook."""
    clean_remains(folder.parent.parent / "reports")
    plans, answer, file = plan_suite(folder, parameters=parameters), Answer(console), made_files(folder) / "checks"
    inventory = _inventory(folder)
    about, file = _digest(inventory, plans) if inventory else "", file / f"{folder.name}.json"
    if parts := _kept(file, about, folder):
        for part in parts:
            answer.say(part)
        return
    is_sure = _answer(folder, plans, answer)
    if inventory and is_sure and not inventory.change() and _digest(inventory, plans) == about:
        content = {"about": about, "said": answer.parts}
        with contextlib.suppress(OSError):  # an answer that cannot be kept is none the worse
            file.parent.mkdir(parents=True, exist_ok=True)
            write_in_one_step(file, json.dumps(content | {"digest": hash_json(content)}))


def _inventory(folder: Path) -> Inventory | None:
    """The files as they are now; None where nothing is kept, servers are to be asked, or the check itself will fail."""
    with contextlib.suppress(CxError):
        if os.environ.get(SWITCH) != "0" and not read_sources(folder).in_databases:
            return take_inventory(folder)
    return None


def _digest(inventory: Inventory, plans: Sequence[ReportPlan]) -> str:
    """A digest of everything that an answer is about."""
    notebooks = {*(inventory.folder.parent.parent / "notebooks").glob("*.ipynb"), *(one.notebook_path for one in plans)}
    tables = {table: sorted(map(str, paths)) for table, paths in inventory.tables.items()}
    files = {str(path): one.sha256 for path, one in inventory.files.items()}
    files |= {str(path): file_digest(path) for path in notebooks}
    reports = [[plan.name, plan.languages, plan.parameters] for plan in plans]
    packages = sorted(one.name for place in sys.path for one in Path(place).glob("*.dist-info"))
    return hash_json([files, tables, str(inventory.last_day), reports, hash_package(), packages])


def _kept(file: Path, about: str, folder: Path) -> list[Any]:
    """What was said of just this; nothing where it was said of something else, or is not as it was written."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        if kept.pop("digest") != hash_json(kept):
            raise ValueError
        return list(kept["said"]) if kept["about"] == about else []
    except FileNotFoundError:
        return []
    except (OSError, ValueError, LookupError, AttributeError, TypeError, RecursionError):
        say(folder, f"{file}: what a check had said is not as it was written; everything is checked again.")
        return []


def _answer(folder: Path, plans: Sequence[ReportPlan], answer: Answer) -> bool:
    """Check everything and say what it comes to; whether nothing was in doubt that is said elsewhere."""
    import pandas as pd

    from cxlib.data import open_workspace, tell_breaks
    from cxlib.data.casts import zone_doubt

    for plan in {plan.notebook_path: plan for plan in plans}.values():
        _say_untranslated(answer, plan)
    workspace = open_workspace(folder)
    _read(answer.console, workspace)
    counts, rules = workspace.counts, workspace.rules
    left = {"Left out": "left_out"} if counts["left_out"].any() else {}
    columns = {"Rows": "rows_in", "Good": "good", "Quarantined": "quarantined"} | left
    lines = [
        [str(row["table"]), str(row["source"]), *(f"{row[name]:,}" for name in columns.values())]
        for row in counts.to_dict("records")
    ]
    answer.say([["Table", "Source"], list(columns), lines])
    _print_rows(answer, rules, "Why rows are quarantined", "rule")
    if rules["rows"].sum() > counts["quarantined"].sum():
        answer.say("A row may break several rules: it is counted with each, and once above.")
    for row in rules.drop_duplicates("rule").to_dict("records"):
        answer.say(f"{row['rule']}: {row['remedy']} {_first_fault(workspace, row)}")
    _say_both_orders(answer, workspace, read_sources(folder))
    _print_rows(answer, pd.concat([workspace.warnings, tell_breaks(workspace)]), "Odd, but kept", "warning")
    _say_unread(answer, workspace)
    for row in workspace.conversions.to_dict("records"):
        answer.say(
            f"{row['rows']:,} rows of {row['table']} are converted from {row['currency']} to {workspace.currency}, "
            f"by rates of {row['since']:%Y-%m-%d} to {row['until']:%Y-%m-%d} ({row['low']:g} to {row['high']:g})."
        )
    _refuse_without_rows(folder, counts, plans)
    for language in sorted({language for plan in plans for language in plan.languages}):
        is_latin = re.search("[A-Za-z]", speaker(language).language_name)
        _say_unlabelled(answer, {} if is_latin else workspace.unlabelled(language), language)
    days = f", {period[0]} to {period[1]}" if (period := workspace.period) else ""
    good = [(str(name), int(rows)) for name, rows in counts.groupby("table", sort=False)["good"].sum().items()]
    rows = ", ".join(
        f"{rows:,}{(' good row' + 's' * (rows != 1)) * (n == 0)} of {name}" for n, (name, rows) in enumerate(good)
    )
    answer.say(f"{workspace.name} can run: {rows}{days}.")  # added up, a file of two tables would count twice
    _say_outcome(answer, workspace, plans)
    if further := further_reports(folder):
        answer.say(f"For further reports name a file below 'tables' in sources.yaml with: {further}.")
    answer.say(f"The parameters of {', '.join(dict.fromkeys(plan.name for plan in plans))} are valid.")
    records = [row | {"meant": row["rows_in"] - row["left_out"]} for row in counts.to_dict("records")]
    much = [row for row in records if row["quarantined"] > row["meant"] * MUCH_SET_ASIDE]
    if much:
        shares = ", ".join(f"{row['quarantined'] / row['meant']:.0%} of {row['source']}" for row in much)
        words = f"More than a tenth of a file is set aside ({shares})"
        answer.say(f"{words}: pages would rest on the rest alone. Mend the file or its mapping first.")
    return not zone_doubt(workspace.time_zone, workspace.as_of)


def _read(console: Console, workspace: Workspace) -> None:
    """Read every table; one that takes its time is named, on a terminal and in a log."""
    with console.status("reading the sources") as status:
        for name in workspace.tables:
            status.update(f"reading {name}")
            slow = threading.Timer(_SLOW_SECONDS, console.out, [f"reading {name} ..."], {"highlight": False})
            slow.start()
            try:
                workspace.table(name)
            finally:
                slow.cancel()


def _say_unread(answer: Answer, workspace: Workspace) -> None:
    """Say which sheets no source reads, and that purchases have no amounts."""
    for book, sheets in workspace.unread_sheets.items():
        answer.say(f"{book}: no source reads {', '.join(f'the sheet {title!r}' for title in sheets)}.")
    if not workspace.has_amounts:
        answer.say("transactions have no amounts: reports count purchases and speak of no money.")


def _say_both_orders(answer: Answer, workspace: Workspace, sources: Sources) -> None:
    """Say where dates were set aside as of no month: others of that source may be read by the wrong order unseen."""
    from cxlib.data.guessing.columns import date_formats, twin

    for table, source in workspace.counts.loc[workspace.counts["good"] > 0, ["table", "source"]].itertuples(
        index=False
    ):
        declared = {name for one in sources.tables[table] for name in one.dates}
        if not declared:
            continue
        faults = workspace.quarantine(table)
        values = faults.loc[(faults["source"] == source) & (faults["rule"] == "the date cannot be read"), "value"]
        orders = [{*date_formats(value)} for value in values]
        if swapped := sum(bool({*map(twin, names)} & declared) and not names <= declared for names in orders):
            answer.say(
                f"{source}: {swapped:,} of these dates have a month above 12. Day and month stand in both orders, so "
                "dates up to the 12th may be read wrongly too. Mend the file; or write both formats under 'dates', "
                "then those that could be either are set aside."
            )


def _first_fault(workspace: Workspace, row: Mapping[Any, Any]) -> str:
    """Where the first row stands that breaks a rule; a person's values are hidden."""
    column, value = row["column"], mask_contacts(row["value"]) if row["column"] else mask_line(row["value"])
    if column and value and workspace.is_personal(row["table"], column):
        value = HIDDEN
    place = f", column {column!r}" * bool(column)
    return f"First in {row['source']}, row {row['row']:,}{place}: {value!r}."


def _refuse_without_rows(folder: Path, counts: pd.DataFrame, plans: Sequence[ReportPlan]) -> None:
    """Stop where a report lacks a table, or a file has rows but no good one."""
    good = set(counts.loc[counts["good"] > 0, "table"])
    needs = {plan.report: told_by(plan.notebook_path) for plan in plans}
    mapped = tables_of(folder, {need for own in needs.values() for need in own}) or set()
    good |= {name for name in mapped if name.partition(".")[0] in good}
    lacking = sorted(report for report, own in needs.items() if not has_all(good, own))
    if lacking and (empty := sorted(set(counts["table"]) - good)):
        read = counts[counts["table"].isin(empty)]
        rows = ", ".join(f"{source} has {n:,} rows" for source, n in zip(read["source"], read["rows_in"], strict=True))
        reports = f"{', '.join(lacking)} cannot run: no row of {', '.join(empty)} is good"
        raise DataError(f"{reports}. {rows}. See above why.")
    for row in counts[(counts["good"] == 0) & (counts["rows_in"] > 0)].to_dict("records"):
        why = "is meant by its 'where'" if row["left_out"] == row["rows_in"] else "is good. See above why"
        raise DataError(f"{row['source']}: none of its {row['rows_in']:,} rows {why}.")


def _say_untranslated(answer: Answer, plan: ReportPlan) -> None:
    everything = sentences(plan.notebook_path)
    for language in plan.languages:
        if missing := untranslated(everything, language):
            count = f"{len(missing)} of {len(everything)} sentences of {plan.report} are not in {language}"
            answer.say(f"{count}. See docs/languages.md.")


def _say_outcome(answer: Answer, workspace: Workspace, plans: Sequence[ReportPlan]) -> None:
    """Which score of a survey each report explains that can explain several."""
    from cxlib.data import explained_outcome

    for plan in [plan for plan in plans if "outcome" in plan.parameters and workspace.has("surveys")]:
        asked = str(plan.parameters["outcome"])
        answers = workspace.table("surveys")
        outcome, own = explained_outcome(answers, asked), explained_outcome(answers)
        reason = ""
        if not (outcome in answers.columns and answers[outcome].count().execute()):
            reason = f", though there is no answer to it. Leave 'outcome' out of its parameters to have {own} explained"
        elif asked == "auto" and outcome != "nps":
            reason = ", for there is no answer to nps"
        answer.say(f"{plan.name} explains {outcome}{reason}.")


def _say_unlabelled(answer: Answer, words: Mapping[str, Mapping[str, list[str]]], language: str) -> None:
    """The labels that sources.yaml lacks in a language, ready to be pasted and filled in."""
    if not words:
        return
    labels: dict[str, Any] = {}
    for table, columns in words.items():
        for column, lacking in columns.items():
            own: dict[str, Any] = {"label": {language: ""}} if "" in lacking else {}
            own |= {"values": {value: {language: ""} for value in lacking if value}} if any(lacking) else {}
            labels.setdefault(table, {})[column] = own
    name = speaker(language).locale.get_language_name("en")
    text = yaml.safe_dump({"labels": labels}, allow_unicode=True, sort_keys=False, width=200)
    answer.say(f"Pages in {name} may show these words of the data as they are. To sources.yaml add, filled in:")
    answer.say(text.replace("''", '""'))


def _print_rows(answer: Answer, rows: pd.DataFrame, heading: str, column: str) -> None:
    lines = [[str(row["table"]), str(row[column]), f"{row['rows']:,}"] for row in rows.to_dict("records")]
    if lines:
        answer.say([["Table", heading], ["Rows"], lines])


def print_tables(console: Console) -> None:
    """What a `sources.yaml` may say: tables with their columns, settings, and functions."""
    from cxlib.data.mapping import FUNCTIONS
    from cxlib.data.sources import Sources, TableSource
    from cxlib.data.tables import TABLES

    for table in TABLES.values():
        columns = [f"{one.name} ({one.kind}{', required' * one.needed})" for one in table.columns]
        names = ", ".join(f"{prefix}*" for prefix in table.extra_prefix if prefix) or "any other column"
        _say(console, f"{table.name}: {', '.join([*columns, *[names] * bool(table.extra)])}")
    _say(console, f"Settings at the top: {', '.join(Sources.model_fields)}, rates")
    _say(console, f"Settings of a source: {', '.join(TableSource.model_fields)}")
    _say(console, f"Functions in an expression: {', '.join(sorted(FUNCTIONS))}")
    _say(console, "docs/data.md says what they mean.")
