"""Blank cells that stand for the one above, as sheets have them where a customer is written once for several rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cxlib.data.casts import is_blank
from cxlib.data.reading.raw import Raw
from cxlib.errors import ConfigurationError, nearest


def filled_down(raw: Raw, titles: Sequence[str], label: str) -> Raw:
    """The source with blank cells of these columns filled from the last row above that has one; no row is lost.

    A row that has a cell of one named earlier begins anew for those after it, and nothing is taken from across a line
    that cannot be read: such cells stay blank. Raises ConfigurationError: there is no such column.
    """
    fields = {one.name: one for one in raw.fields}
    if strange := [one for one in titles if one not in fields]:
        names = nearest(strange[0], list(fields))
        raise ConfigurationError(f"{label}: fill_down: there is no column {strange[0]!r}. {names}")
    chosen = [fields[one] for one in titles]
    again = raw.exact
    exact = (lambda: filled_down(again(), titles, label)) if again else None
    query = filling([(one.sql, one.type) for one in chosen], f"({raw.query})")
    note = f"blank cells of {', '.join(titles)} are filled from the row above, as 'fill_down' says"
    return replace(raw, query=query, exact=exact, notes=(*raw.notes, note))


def filling(columns: Sequence[tuple[str, str]], rows: str) -> str:
    """SQL of rows (a relation with `row` and `fault`) with the blank cells of columns (SQL, type) filled."""
    has = [f"(fault IS NULL AND NOT {is_blank(sql, kind)})" for sql, kind in columns]
    starts = [" OR ".join(["fault IS NOT NULL", *has[: n + 1]]) for n in range(len(has))]
    above = "OVER (ORDER BY row ROWS UNBOUNDED PRECEDING)"
    groups = ", ".join(f"count(*) FILTER ({start}) {above} AS group_{n}" for n, start in enumerate(starts))
    cells = ", ".join(
        f"max(CASE WHEN {one} THEN {sql} END) OVER (PARTITION BY group_{n}) AS {sql}"
        for n, (one, (sql, _)) in enumerate(zip(has, columns, strict=True))
    )
    drop = ", ".join(f"group_{n}" for n in range(len(has)))
    return f"SELECT * EXCLUDE ({drop}) REPLACE ({cells}) FROM (SELECT *, {groups} FROM {rows}) ORDER BY row"
