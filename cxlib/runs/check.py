"""What `cx check` says of a workspace, kept as long as everything that it was said of is the same.

    .cx/checks/<workspace>.json     what was said, the digest of what it was said of, and the file's own

Every file of the workspace is read for that digest whenever the answer is asked for: no time and no size stands for its
bytes. Notebooks, parameters, catalogues, code, installed packages and the last day are in it too.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from rich.console import Console
from rich.markup import escape

from cxlib.data import Inventory, read_sources, take_inventory
from cxlib.data.reading.files import SWITCH, made_files
from cxlib.data.reading.inventory import say
from cxlib.disk import file_digest, hash_package
from cxlib.errors import CxError, DataError
from cxlib.language import sentences, speaker, untranslated
from cxlib.masking import HIDDEN, mask_contacts, mask_line
from cxlib.runs.archive.store import clean_remains, write_in_one_step
from cxlib.runs.console import plain_table
from cxlib.runs.planning.plan import ReportPlan, hash_json, plan_suite
from cxlib.runs.planning.suite import further_reports, has_all, tables_of, told_by

if TYPE_CHECKING:
    import pandas as pd

    from cxlib.data import Sources, Workspace

MUCH_SET_ASIDE = 0.1  # share of a file's rows
_SLOW_SECONDS = 2.0


class Answer:
    """Lines and tables, which are said at once and are plain values that can be said again."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.parts: list[Any] = []

    def say(self, part: Any) -> None:
        """Say a line; or show a table: titles of its texts, titles of its numbers, rows."""
        self.parts.append(part)
        if isinstance(part, str):
            self.console.print(part, markup=False, highlight=False, soft_wrap=True)
            return
        texts, numbers, rows = part
        table = plain_table(*texts, numbers=numbers)
        for row in rows:
            table.add_row(*map(escape, row))
        self.console.print(table)


def check_workspace(folder: Path, console: Console, *, parameters: Sequence[str] = ()) -> None:
    """Say whether a workspace's sources are readable, its pages translated, its parameters valid; run no notebook."""
    clean_remains(folder.parent.parent / "reports")
    plans, answer = plan_suite(folder, parameters=parameters), Answer(console)
    inventory = _inventory(folder)
    about = _digest(inventory, plans) if inventory else ""
    if parts := _kept(folder, about):
        for part in parts:
            answer.say(part)
        return
    is_sure = _answer(folder, plans, answer)
    if inventory and is_sure and not inventory.change() and _digest(inventory, plans) == about:
        _keep(folder, {"about": about, "said": answer.parts})


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


def _file(folder: Path) -> Path:
    return made_files(folder) / "checks" / f"{folder.name}.json"


def _kept(folder: Path, about: str) -> list[Any]:
    """What was said of just this; nothing where it was said of something else, or is not as it was written."""
    try:
        kept = json.loads(_file(folder).read_text(encoding="utf-8"))
        if kept.pop("digest") != hash_json(kept):
            raise ValueError
        return list(kept["said"]) if kept["about"] == about else []
    except FileNotFoundError:
        return []
    except (OSError, ValueError, LookupError, AttributeError, TypeError, RecursionError):
        say(folder, f"{_file(folder)}: what a check had said is not as it was written; everything is checked again.")
        return []


def _keep(folder: Path, answer: Mapping[str, Any]) -> None:
    """Keep an answer, whole or not at all; one that cannot be kept is none the worse."""
    with contextlib.suppress(OSError):
        _file(folder).parent.mkdir(parents=True, exist_ok=True)
        write_in_one_step(_file(folder), json.dumps({**answer, "digest": hash_json(answer)}))


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
            f"by rates of {row['since']:%Y-%m-%d} to {row['until']:%Y-%m-%d} ({row['low']:g} to {row['high']:g}).",
        )
    _refuse_without_rows(folder, counts, plans)
    for language in sorted({language for plan in plans for language in plan.languages}):
        _say_unlabelled(answer, workspace.unlabelled(language) if _has_other_script(language) else {}, language)
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
                "then those that could be either are set aside.",
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


def _has_other_script(language: str) -> bool:
    return not re.search("[A-Za-z]", speaker(language).language_name)


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
