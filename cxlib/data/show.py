"""How a workspace shows itself in a notebook: tables, rows, period, and what is quarantined."""

from __future__ import annotations

import datetime as dt

import pandas as pd
from markupsafe import Markup, escape

from cxlib.language import Day, N, T

_MOST_RULES = 20


def workspace_html(
    title: str,
    *,
    period: tuple[dt.date, dt.date] | None,
    units: tuple[str, str],
    counts: pd.DataFrame,
    rules: pd.DataFrame,
) -> str:
    """HTML of a workspace, every value escaped; `units` are its currency and its time zone."""
    span = T("{first} to {last}", first=Day(period[0]), last=Day(period[1])) if period else T("no dated rows")
    bad = int(counts["quarantined"].sum())
    quarantined = N("{n} row quarantined", "{n} rows quarantined", bad)
    html = Markup("<section><h3>{}</h3><p>{}</p>{}{}</section>").format(
        title,
        " · ".join((str(span), *units, str(quarantined))),
        _table(counts.to_numpy().tolist(), [T("table"), T("source"), T("rows in"), T("good"), T("quarantined")]),
        _table(rules.to_numpy().tolist()[:_MOST_RULES], [T("table"), T("source"), T("rule"), T("rows")]),
    )
    return str(html)


def _table(rows: list[list[object]], titles: list[object]) -> Markup:
    if not rows:
        return Markup("")
    head = Markup("").join(Markup("<th scope=col>{}</th>").format(str(title)) for title in titles)
    lines = [Markup("").join(Markup("<td>{}</td>").format(_cell(cell)) for cell in row) for row in rows]
    body = Markup("").join(Markup("<tr>{}</tr>").format(line) for line in lines)
    return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(head, body)


def _cell(value: object) -> Markup:
    return escape(f"{value:,}" if isinstance(value, int) else value)
