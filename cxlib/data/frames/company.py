"""The tables that a frame of several is made of: a workspace, DataFrames or ibis tables, brought to one form."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import pandas as pd

from cxlib.data.tables import TABLES, Kind
from cxlib.data.workspace import Workspace
from cxlib.errors import DataError, nearest

Company = Workspace | Mapping[str, Any]
_TYPES: dict[Kind, str] = {
    "id": "string",
    "text": "string",
    "instant": "timestamp",
    "date": "date",
    "money": "int64",
    "integer": "int64",
    "number": "float64",
    "boolean": "boolean",
}
NEEDED: dict[str, tuple[str, ...]] = {
    "customers": ("customer_id",),
    "transactions": ("customer_id", "day", "amount_cents"),
    "memberships": ("customer_id", "started_on", "ended_on"),
    "tickets": ("customer_id", "day", "opened_at", "closed_at"),
    "surveys": ("customer_id", "day", "nps"),
    "sessions": ("customer_id", "day"),
    "messages": ("customer_id", "day", "opened_at"),
}

DATED = ("transactions", "tickets", "surveys", "sessions", "messages")


@dataclass(frozen=True)
class Tables:
    """Canonical tables as ibis expressions.

    Attributes
    ----------
    tables : mapping
        Name -> ibis table with the types of the contract.
    as_pandas : bool
        Whether the answer goes back as a DataFrame.
    """

    tables: Mapping[str, Any]
    as_pandas: bool

    def has(self, name: str, *columns: str) -> bool:
        """Whether there is that table, with those columns."""
        return name in self.tables and all(column in self.tables[name].columns for column in columns)

    def need(self, name: str, purpose: str) -> Any:
        """That table.

        Raises
        ------
        DataError
            There is none.
        """
        if name not in self.tables:
            raise DataError(f"There is no table {name!r}, which {purpose}. Add it to sources.yaml. Present: "
                            f"{', '.join(self.tables) or 'none'}.")  # fmt: skip
        return self.tables[name]

    def first_day(self, name: str) -> dt.date | None:
        """The first day with a row; None without any."""
        table = self.tables[name]
        found: dt.date | None = table.aggregate(first=table.day.min()).to_pyarrow()["first"][0].as_py()
        return found

    def last_day(self) -> dt.date:
        """The last day on which anything was recorded, in any dated table or as the start of a membership.

        Raises
        ------
        DataError
            No table has a row.
        """
        days = [self.tables[name].day.max() for name in DATED if name in self.tables]
        if "memberships" in self.tables:
            days.append(self.tables["memberships"].started_on.max())
        found: list[dt.date] = [day for one in days if (day := one.to_pyarrow().as_py()) is not None]
        if not found:
            raise DataError(f"{', '.join(self.tables)}: there is no row. Check the files and the rules of their rows.")
        return max(found)

    def answer(self, table: Any, *, order: list[str]) -> Any:
        """`table` as it is for ibis; as a DataFrame sorted by `order` for pandas."""
        return answer(table, as_pandas=self.as_pandas, order=order)


def answer(table: Any, *, as_pandas: bool, order: list[str]) -> Any:
    """`table` as it is for ibis; as a DataFrame sorted by `order` (code points, on any engine) for pandas."""
    if not as_pandas:
        return table
    frame = table.to_pyarrow().to_pandas(date_as_object=False)
    return frame.sort_values(order, kind="stable", ignore_index=True)


def read_tables(company: Company) -> Tables:
    """The tables of a company that a frame can use.

    Parameters
    ----------
    company : Workspace or mapping
        A workspace; or canonical table -> DataFrame or ibis table, all of one kind.

    Raises
    ------
    DataError
        A table is unknown, or lacks a column.
    """
    if isinstance(company, Workspace):
        return Tables({name: canonical(company.table(name), name) for name in NEEDED if company.has(name)}, True)
    if unknown := set(company) - set(TABLES):
        raise DataError(f"There is no table {min(unknown)!r}. {nearest(min(unknown), NEEDED)}")
    as_pandas = any(isinstance(table, pd.DataFrame) for table in company.values())
    return Tables({name: canonical(company[name], name) for name in NEEDED if name in company}, as_pandas)


def canonical(table: Any, name: str) -> Any:
    """A DataFrame or ibis table of that name as an ibis table, its columns of the types that the contract says.

    Raises
    ------
    DataError
        A column that every frame of it needs is not there, or does not have its type.
    """
    for column in NEEDED[name]:
        if column not in table.columns:
            raise DataError(f"{name}: there is no column {column!r}. {nearest(column, map(str, table.columns))}")
    try:
        rows = ibis.memtable(table.reset_index(drop=True)) if isinstance(table, pd.DataFrame) else table
    except Exception as error:  # whatever pyarrow makes of mixed types; it names the column
        raise DataError(f"{name}: a column mixes types ({error}). Give each column one type.") from error
    return rows.mutate(**_casts(rows, name))


def _casts(rows: Any, name: str) -> dict[str, Any]:
    kinds = {column.stored_as: _TYPES[column.kind] for column in TABLES[name].columns if column.kind in _TYPES}
    kinds["day"] = "date"
    found = {}
    for column, type_ in rows.schema().items():
        if column in kinds and str(type_).lstrip("!") != kinds[column] and not _fits(type_, kinds[column]):
            if kinds[column] == "date" and not (type_.is_timestamp() or type_.is_null()):
                raise DataError(
                    f"{name}: column {column!r} has type {type_}. Make it a date in the business's time zone."
                )
            found[column] = rows[column].cast(kinds[column])
    return found


def _fits(type_: Any, wanted: str) -> bool:
    return (wanted == "timestamp" and type_.is_timestamp()) or (wanted == "float64" and type_.is_numeric())
