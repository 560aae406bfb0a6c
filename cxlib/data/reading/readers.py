"""Parquet, DuckDB and Excel files and DataFrames as relations (`raw.Raw`); text is read in `text_files`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pandas as pd
import pyarrow as pa

from cxlib.data.casts import name, quote
from cxlib.data.connect import Store
from cxlib.data.mapping import Field
from cxlib.data.reading.lines import Line
from cxlib.data.reading.raw import (
    NO_FAULT,
    Raw,
    distinct_names,
    first_line,
    glob_escaped,
    read_exactly,
    refuse_empty,
    text_fields,
    typed_fields,
)
from cxlib.data.sources import TableSource
from cxlib.errors import DataError, nearest

_MOST_DIGITS = 38  # of DuckDB's decimals; wider ones it reads wrongly


def read_parquet(store: Store, path: Path, source: TableSource) -> Raw:
    """A Parquet file; its row numbers count from 1."""
    file = quote(glob_escaped(path))
    try:
        types = [type_ for _, type_ in store.columns(f"SELECT * FROM read_parquet({file})")]
        schema = store.rows(f"SELECT name, type, num_children, precision FROM parquet_schema({file})")
        rows = store.value(f"SELECT sum(num_rows) FROM parquet_file_metadata({file})")
    except duckdb.Error as error:
        raise DataError(f"{path}: this is not a Parquet file that can be read ({first_line(error)}).") from None
    columns = zip(_outermost(schema), types, strict=True)
    stored = [_Stored(title, type_, kind, digits) for (title, kind, digits), type_ in columns]
    fields, chosen, aliases = _selected(stored)
    query = f"SELECT file_row_number + 1 AS row, {chosen}, {NO_FAULT} FROM read_parquet({file}, file_row_number = true)"
    return Raw(f"{query} AS t({aliases})", fields, rows=int(rows))


def _outermost(schema: Iterable[tuple[str, str, int | None, int | None]]) -> Iterator[tuple[str, str, int]]:
    """Name, stored type and precision of the columns of a Parquet file, whose schema lists the parts of each after it.

    The names are the file's own: where two differ only in their capitals, DuckDB calls the second one otherwise.
    """
    inner = 1  # the first line is the file itself
    for number, (title, type_, children, precision) in enumerate(schema):
        if number and not inner:
            yield title, type_, precision or 0
        inner = (children or 0) * bool(number) + max(inner - 1, 0)


class _Stored(NamedTuple):
    """A column of a file that has types: what DuckDB makes of it, and how a Parquet file stores it."""

    title: str
    type: str
    stored: str = ""
    precision: int = 0

    def as_read(self, sql: str) -> tuple[str, str]:
        """Its type and SQL where it is read as what it means."""
        if self.stored == "INT96" and self.type.startswith("TIMESTAMP"):  # a clock of UTC, as Spark writes it
            return "TIMESTAMP WITH TIME ZONE", f"timezone('UTC', CAST({sql} AS TIMESTAMP))"
        if self.type == "BLOB":  # older writers mark no bytes as text
            return "VARCHAR", f"coalesce(TRY(decode({sql})), CAST({sql} AS VARCHAR))"
        if self.precision > _MOST_DIGITS:
            reason = f"column {self.title!r} has decimals of {self.precision} digits; write it with {_MOST_DIGITS}"
            return "VARCHAR", f"CAST(error({quote(reason)}) AS VARCHAR)"
        return self.type, sql


def _selected(columns: Sequence[_Stored]) -> tuple[tuple[Field, ...], str, str]:
    """The columns of a table as fields, the SQL that selects them, and the names that it gives them in the table."""
    aliases = [f"d{number}" for number in range(len(columns))]
    read = [column.as_read(alias) for column, alias in zip(columns, aliases, strict=True)]
    fields = typed_fields((column.title, type_) for column, (type_, _) in zip(columns, read, strict=True))
    chosen = ", ".join(f"{sql} AS {field.sql}" for field, (_, sql) in zip(fields, read, strict=True))
    return fields, chosen, ", ".join(aliases)


def read_duckdb(store: Store, path: Path, source: TableSource) -> Raw:
    """A table of a DuckDB file, which is opened for reading only."""
    attached = f"file_{abs(hash(path))}"
    try:
        store.run(f"ATTACH IF NOT EXISTS {quote(str(path))} AS {attached} (READ_ONLY)")
        query = "SELECT table_name FROM information_schema.tables WHERE table_catalog = ?"
        tables = [table for (table,) in store.rows(query, [attached])]
    except duckdb.Error as error:
        raise DataError(f"{path}: this DuckDB file cannot be opened ({first_line(error)}).") from None
    if source.table not in tables:
        raise DataError(
            f"{path}: there is no table {source.table!r}. {nearest(source.table, tables)} Set 'table' in sources.yaml."
        )
    table = f"{attached}.{name(source.table)}"
    fields, chosen, aliases = _selected([_Stored(*column) for column in store.columns(f"SELECT * FROM {table}")])
    query = f"SELECT row_number() OVER () AS row, {chosen}, {NO_FAULT} FROM {table} AS t({aliases})"
    rows = int(store.value(f"SELECT count(*) FROM {table}"))
    return Raw(query, fields, rows=rows, close=lambda: store.run(f"DETACH DATABASE IF EXISTS {attached}"))


def read_excel(store: Store, path: Path, source: TableSource) -> Raw:
    """A sheet of an Excel file; row numbers are those that Excel shows."""
    from openpyxl import load_workbook

    refuse_empty(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises whatever zip, XML and its own parsers raise
        raise DataError(f"{path}: this is not an Excel file that can be read ({error}).") from None
    if source.sheet and source.sheet not in book.sheetnames:
        raise DataError(f"{path}: there is no sheet {source.sheet!r}. {nearest(source.sheet, book.sheetnames)}")
    sheet = book[source.sheet] if source.sheet else book.worksheets[0]
    rows = enumerate(sheet.iter_rows(values_only=True), start=1)
    titles = [_cell(title) for title in next(rows, (0, ()))[1]] if source.header else []
    header = list(source.names) or distinct_names(path, titles)
    if not any(titles) and not source.names:
        raise DataError(f"{path}: the sheet {sheet.title!r} is empty. It needs a line of column names and rows below.")
    try:
        return read_exactly(store, _sheet_lines(rows, len(header)), text_fields(header))
    finally:
        book.close()


def read_frame(store: Store, name: str, frame: Any) -> Raw:
    """A DataFrame; its rows are numbered from 1, whatever its index."""
    names = [str(column) for column in frame.columns]
    if not names or len(set(names)) < len(names):
        raise DataError(f"frame {name!r}: its columns need names that differ, not {', '.join(names) or 'none at all'}.")
    columns = {f"c{number}": _arrow(frame.iloc[:, number]) for number in range(len(names))}
    table = pa.table({**columns, "row": pa.array(range(1, len(frame) + 1), pa.int64())})
    registered = f"frame_{name}"
    store.register(registered, table)
    types = [type_ for _, type_ in store.columns(f"SELECT * EXCLUDE (row) FROM {registered}")]
    query = f"SELECT *, {NO_FAULT} FROM {registered}"
    fields = typed_fields(zip(names, types, strict=True))
    return Raw(query, fields, rows=len(frame), close=lambda: store.unregister(registered))


def _arrow(column: pd.Series[Any]) -> pa.Array:
    """A column with the type it has, or, where its cells are of several types, as text."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    try:
        values = pa.array(column, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        values = pa.array([None if _is_missing(cell) else str(cell) for cell in column], pa.string())
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if pa.types.is_null(values.type) or pa.types.is_decimal256(values.type):  # DuckDB has no such types
        return values.cast(pa.string())
    return values


def _is_missing(cell: Any) -> bool:
    return cell is None or bool(pd.api.types.is_scalar(cell) and pd.isna(cell))


def _sheet_lines(rows: Iterable[tuple[int, tuple[Any, ...]]], columns: int) -> Iterator[Line]:
    for number, values in rows:
        cells = [_cell(value) for value in values]
        while len(cells) > columns and not cells[-1]:
            cells.pop()
        if not any(cells):
            continue
        if len(cells) > columns:
            yield Line(number, [], "too_many", " | ".join(cells))
        else:
            yield Line(number, cells + [""] * (columns - len(cells)))


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
