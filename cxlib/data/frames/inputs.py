"""The tables that a frame is made of: a workspace, DataFrames or ibis tables, brought to one form.

Inside, everything is a portable ibis expression: integers, plain aggregates, no windows over rows of unknown number.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.datatypes as dtypes
import pandas as pd

from cxlib.data.tables import SQL_TYPES, TABLES
from cxlib.data.workspace import Workspace
from cxlib.errors import DataError, nearest
from cxlib.strict_yaml import check_day

Relation = Any  # an ibis table or column; ibis has no types of its own that mypy can follow
TableLike = Any  # a workspace, a DataFrame or an ibis table
TablesLike = Workspace | Mapping[str, TableLike]
DayLike = dt.date | str | None
DATED = ("transactions", "tickets", "surveys", "sessions", "messages")
NEEDED: dict[str, tuple[str, ...]] = {
    "customers": ("customer_id",),
    "transactions": ("customer_id", "day", "amount_cents"),
    "order_lines": ("customer_id", "day", "product_id", "amount_cents"),
    "memberships": ("customer_id", "started_on", "ended_on"),
    "tickets": ("customer_id", "day", "opened_at", "closed_at"),
    "surveys": ("customer_id", "day", "nps"),
    "sessions": ("customer_id", "day"),
    "messages": ("customer_id", "day", "opened_at"),
}
_IN_IBIS = {"VARCHAR": "string", "BIGINT": "int64", "DOUBLE": "float64"}
_TYPES = {kind: _IN_IBIS.get(type_, type_.lower()) for kind, type_ in SQL_TYPES.items() if kind != "as_is"}
_NOT_ATTRIBUTES = frozenset({"customer_id", "source", "row", "joined_on", "loyalty_joined_on"})


@dataclass(frozen=True)
class Tables:
    """Canonical tables by name, as ibis tables with the types of the contract, and whether pandas is to answer."""

    tables: Mapping[str, Relation]
    as_pandas: bool
    has_amounts: bool = True  # of transactions

    def has(self, name: str, *columns: str) -> bool:
        """Whether there is that table, with those columns."""
        return name in self.tables and all(column in self.tables[name].columns for column in columns)

    def need(self, name: str, purpose: str) -> Relation:
        """That table, or a DataError that says what for."""
        if name not in self.tables:
            present = ", ".join(self.tables) or "none"
            raise DataError(f"There is no table {name!r}, which {purpose}. Add it to sources.yaml. Present: {present}.")
        return self.tables[name]

    def last_day(self) -> dt.date:
        """The last day on which anything was recorded, in any dated table or as the start of a membership."""
        ends = [self.tables[name].day.max() for name in DATED if name in self.tables]
        if "memberships" in self.tables:
            ends.append(self.tables["memberships"].started_on.max())
        days: list[dt.date] = [day for end in ends if (day := end.to_pyarrow().as_py()) is not None]
        if not days:
            raise DataError(f"{', '.join(self.tables)}: there is no row. Check the files and the rules of their rows.")
        return max(days)


def answer(table: Relation, *, as_pandas: bool, order: str | list[str]) -> Any:
    """`table` as it is for ibis; as a DataFrame sorted by `order` (code points, on any engine) for pandas."""
    if not as_pandas:
        return table
    frame = table.to_pyarrow().to_pandas(date_as_object=False)
    return frame.sort_values(order, kind="stable", ignore_index=True)


def whole(total: Relation) -> Relation:
    """An integer sum as int64: engines widen it (128 bits, numeric), each in its way, and that slows what follows."""
    return total.cast(dtypes.Int64(nullable=False))


def read_facts(aggregated: Relation) -> dict[str, Any]:
    """The one row of an aggregate, computed."""
    facts: dict[str, Any] = aggregated.to_pyarrow().to_pylist()[0]
    return facts


def left_join(rows: Relation, others: Relation, keys: Sequence[str]) -> Relation:
    """A left join that keeps the left keys only."""
    return rows.left_join(others, list(keys)).drop(*(f"{key}_right" for key in keys))


def as_day(value: DayLike, name: str) -> dt.date | None:
    """A calendar day from a date, a timestamp or ISO text."""
    if value is None:
        return None
    try:
        stamp = pd.Timestamp(value)
    except (ValueError, TypeError) as error:
        raise DataError(f"{name}={value!r} is not a day. Write it as '2026-09-30'.") from error
    if pd.isna(stamp):
        raise DataError(f"{name} is missing (NaT). Leave it out, or write it as '2026-09-30'.")
    return check_day(stamp.date(), name)


def read_tables(company: TablesLike) -> Tables:
    """The tables of a company that a frame can use."""
    if isinstance(company, Workspace):
        tables = {name: canonical(company, name) for name in NEEDED if company.has(name)}
        return Tables(tables, True, company.has_amounts)
    if unknown := set(company) - set(TABLES):
        raise DataError(f"There is no table {min(unknown)!r}. {nearest(min(unknown), NEEDED)}")
    as_pandas = any(isinstance(table, pd.DataFrame) for table in company.values())
    return Tables({name: canonical(company[name], name) for name in NEEDED if name in company}, as_pandas)


def canonical(table: TableLike, name: str) -> Relation:
    """A table of that name as an ibis table, its columns of the types that the contract says."""
    rows = as_relation(own_table(table, name) if isinstance(table, Workspace) else table, name)
    return rows.mutate(**_casts(rows, name))


def own_table(company: Workspace, name: str) -> Relation:
    """A table of a workspace; purchases without amounts count as those of nothing."""
    table = company.table(name)
    bare = name == "transactions" and not company.has_amounts
    return table.mutate(amount_cents=ibis.literal(0, "int64")) if bare else table


def as_relation(table: TableLike, name: str, columns: Iterable[str] | None = None) -> Relation:
    """A DataFrame or ibis table as an ibis table that has what every frame of it needs; of `columns` only."""
    for column in NEEDED[name]:
        if column not in table.columns:
            raise DataError(f"{name}: there is no column {column!r}. {nearest(column, map(str, table.columns))}")
    rows = table if columns is None else table[list(columns)]
    if not isinstance(rows, pd.DataFrame):
        return rows
    try:
        return ibis.memtable(rows.reset_index(drop=True))
    except Exception as error:  # whatever pyarrow makes of mixed types; it names the column
        raise DataError(f"{name}: a column mixes types ({error}). Give each column one type.") from error


def _casts(rows: Relation, name: str) -> dict[str, Relation]:
    kinds = {column.stored_as: _TYPES[column.kind] for column in TABLES[name].columns if column.kind in _TYPES}
    kinds["day"] = "date"
    casts = {}
    for column, type_ in rows.schema().items():
        if column in kinds and str(type_).lstrip("!") != kinds[column] and not _fits(type_, kinds[column]):
            if kinds[column] == "date" and not (type_.is_timestamp() or type_.is_null()):
                raise DataError(
                    f"{name}: column {column!r} has type {type_}. Make it a date in the business's time zone."
                )
            casts[column] = rows[column].cast(kinds[column])
    return casts


def _fits(type_: Any, kind: str) -> bool:
    return (kind == "timestamp" and type_.is_timestamp()) or (kind == "float64" and type_.is_numeric())


def checked_attributes(tables: Tables, attributes: Sequence[str]) -> tuple[Relation, tuple[str, ...]]:
    """One row a customer with the attributes that are known of anybody, and the names of those that are not.

    What is declared of customers can be a feature: numbers stay numbers, everything else is a category.
    """
    customers = tables.need("customers", f"attributes={list(attributes)} are columns of")
    types = customers.schema()
    for name in attributes:
        _refuse_attribute(name, types)
    counted = customers.group_by("customer_id").aggregate(n=customers.count())
    twice = counted.filter(counted.n > 1)
    facts = read_facts(twice.aggregate(n=twice.count(), first=twice.customer_id.min()))
    if facts["n"]:
        raise DataError(
            f"customers: {facts['n']:,} ids have more than one row (first: {facts['first']!r}), so their attributes "
            "are not clear. Keep one row a customer."
        )
    counts = read_facts(customers.aggregate(**{name: customers[name].count() for name in attributes}))
    columns = {
        name: customers[name] if types[name].is_numeric() else customers[name].cast("string")
        for name in attributes
        if counts[name]
    }
    return customers.select("customer_id", **columns), tuple(name for name in attributes if not counts[name])


def _refuse_attribute(name: str, types: Mapping[str, Any]) -> None:
    if name not in types or name in _NOT_ATTRIBUTES:
        allowed = [column for column in types if column not in _NOT_ATTRIBUTES]
        raise DataError(f"customers: there is no attribute {name!r}. {nearest(name, allowed)}")
    if types[name].is_temporal():
        raise DataError(
            f"customers: attribute {name!r} is a {types[name]}, neither a number nor a category. Map the days or "
            "years that are meant, as in sources.yaml: 'age: 2026 - born'."
        )
