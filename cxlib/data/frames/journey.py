"""What customers met, and on which day: one row a customer, touchpoint and day.

A touchpoint is a table and what must stand in columns of it. Days, not instants: clocks of two systems differ, and some
tables know no time of day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

import ibis
import pandas as pd

from cxlib.data.frames.activity import with_robots
from cxlib.data.frames.inputs import (
    DayLike,
    Relation,
    Tables,
    TablesLike,
    answer,
    as_day,
    read_facts,
    read_tables,
    whole,
)
from cxlib.errors import ParameterError, nearest

TABLES_MET = ("sessions", "messages", "transactions", "tickets", "surveys")
KNOWN = "known"  # as a condition: any value


@dataclass(frozen=True)
class Rows:
    """Rows of a table that are a touchpoint: those whose columns hold one of the values (all rows without any)."""

    table: str
    where: Mapping[str, Any]
    place: str  # what to call it in an error


def journey_events(
    company: TablesLike, touchpoints: Sequence[Rows], *, until: DayLike
) -> tuple[pd.DataFrame, dict[str, dict[str, Any]]]:
    """Days on which customers met touchpoints, and what is odd of the rows.

    Returns, sorted: customer_id (missing for rows of nobody), touchpoint (place in `touchpoints`), day, n (rows of that
        day), cents (their amounts; 0 where a table has none). Refunds are no touchpoint, nor are visits of programs.
    And by table: rows, untold (of no touchpoint), nobody; bots and one_page (visits); open (tickets, not closed).
    """
    tables, last = read_tables(company), as_day(until, "until")
    frames, counts = [], {}
    for name in TABLES_MET:
        chosen = [(number, one) for number, one in enumerate(touchpoints) if one.table == name]
        if not tables.has(name):
            continue
        rows, odd = _meant(tables, name, last)
        conditions = {number: _condition(rows, one) for number, one in chosen}
        told = reduce(or_, conditions.values(), ibis.literal(False))
        nobody = rows.customer_id.isnull()  # noqa: PD003  # ibis, not pandas
        counts[name] = {
            "rows": rows.count(),
            "untold": rows.count(where=~told),
            "nobody": rows.count(where=nobody),
            **odd,
        }
        counts[name] = read_facts(rows.aggregate(**counts[name]))
        rows = rows.filter(~rows.robot)
        cents = rows.amount_cents if name == "transactions" else ibis.literal(0, "int64")
        for number, condition in conditions.items():
            met = rows.mutate(cents_=cents, touchpoint=ibis.literal(number, "int64")).filter(condition)
            frames.append(
                met.group_by("customer_id", "touchpoint", "day").aggregate(n=met.count(), cents=whole(met.cents_.sum()))
            )
    if not frames:
        columns = ["customer_id", "touchpoint", "day", "n", "cents"]
        return pd.DataFrame(columns=columns).astype({"day": "datetime64[s]"}), counts
    order = ["customer_id", "day", "touchpoint"]
    return answer(ibis.union(*frames) if len(frames) > 1 else frames[0], as_pandas=True, order=order), counts


def _meant(tables: Tables, name: str, last: object) -> tuple[Relation, dict[str, Relation]]:
    """Rows up to the last day that can be a touchpoint, which of them are `robot`, and what else is odd of them."""
    rows = tables.tables[name]
    rows = rows.filter(rows.day.notnull() & (rows.day <= ibis.literal(last, "date")))  # noqa: PD004
    if name == "transactions" and tables.has_amounts:
        rows = rows.filter(rows.amount_cents > 0)
    if name != "sessions":
        rows = rows.mutate(robot=ibis.literal(False))
        return rows, {"open": rows.count(where=rows.closed_at.isnull())} if name == "tickets" else {}  # noqa: PD003
    rows = with_robots(rows)
    odd = {"bots": rows.count(where=rows.robot)}
    if "pages" in rows.columns:
        odd["one_page"] = rows.count(where=(rows.pages == 1).coalesce(False))
    return rows, odd


def _condition(rows: Relation, one: Rows) -> Relation:
    """Whether a row is the touchpoint; an error in words where a column is missing or cannot hold a value."""
    met = ibis.literal(True)
    for name, asked in one.where.items():
        place = f"touchpoints: {one.place}: where"
        if name not in rows.columns:
            own = [str(column) for column in rows.columns if column not in ("robot", "visits_")]
            raise ParameterError(f"{place}: table {one.table} has no column {name!r}. {nearest(name, own)}")
        column, values = rows[name], asked if isinstance(asked, list | tuple) else [asked]
        if KNOWN in values:
            met = met & column.notnull()  # noqa: PD004
            continue
        kind = column.type()
        fits = bool if kind.is_boolean() else (int, float) if kind.is_numeric() else str
        for value in values:
            if not isinstance(value, fits) or (isinstance(value, bool) and fits is not bool):
                words = "true or false" if fits is bool else "numbers" if kind.is_numeric() else "text"
                raise ParameterError(f"{place}: {name} is {value!r}; that column of {one.table} holds {words}.")
        met = met & column.isin(values).coalesce(False)
    return met
