"""What `cx check` says: are the parameters valid, the pages translated, the sources readable, how many rows good."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cxlib.language import sentences, untranslated
from cxlib.runs.planning.plan import ReportPlan, plan_suite

if TYPE_CHECKING:
    import pandas as pd

    from cxlib.data import Workspace


def check_workspace(folder: Path, console: Console) -> None:
    """Check a workspace and print what was found; runs no notebook.

    Raises
    ------
    ConfigurationError, ParameterError
        The suite, a notebook's parameters or the mapping of a source are not as they should be.
    DataError
        A source cannot be read.
    """
    from cxlib.data import open_workspace

    plans = plan_suite(folder)
    for plan in plans:
        _say(console, f"{plan.name}: {len(plan.parameters)} parameters, all valid")
    for plan in {plan.notebook_path: plan for plan in plans}.values():
        _say_untranslated(console, plan)
    workspace = open_workspace(folder)
    with console.status("reading the sources"):
        counts, rules, warnings = workspace.counts, workspace.rules, workspace.warnings
    console.print(_counts_table(counts))
    if not rules.empty:
        console.print(_rows_table(rules, "Why rows are quarantined", "rule"))
    if not warnings.empty:
        console.print(_rows_table(warnings, "Odd, but kept", "warning"))
    _say(console, _verdict(workspace, counts))


def _say_untranslated(console: Console, plan: ReportPlan) -> None:
    everything = sentences(plan.notebook_path)
    for language in plan.languages:
        if missing := untranslated(everything, language):
            count = f"{len(missing)} of {len(everything)} sentences of {plan.report} are not in {language}"
            _say(console, f"{count}. See docs/languages.md.")


def _counts_table(counts: pd.DataFrame) -> Table:
    table = _table("Table", "Source", numbers=("Rows", "Good", "Quarantined"))
    for row in counts.to_dict("records"):
        numbers = (f"{row[name]:,}" for name in ("rows_in", "good", "quarantined"))
        table.add_row(str(row["table"]), escape(str(row["source"])), *numbers)
    return table


def _rows_table(found: pd.DataFrame, heading: str, column: str) -> Table:
    table = _table("Table", heading, numbers=("Rows",))
    for row in found.to_dict("records"):
        table.add_row(str(row["table"]), escape(str(row[column])), f"{row['rows']:,}")
    return table


def _table(*texts: str, numbers: tuple[str, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", title_justify="left")
    for heading in texts:
        table.add_column(heading, overflow="fold")
    for heading in numbers:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _verdict(workspace: Workspace, counts: pd.DataFrame) -> str:
    days = f", {period[0]} to {period[1]}" if (period := workspace.period) else ""
    return f"{workspace.name} can run: {int(counts['good'].sum()):,} good rows{days}."


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
