"""Parquet, DuckDB and Excel files and DataFrames as relations (`raw.Raw`); text is read in `text_files`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from cxlib.data.casts import name, quote
from cxlib.data.connect import Store
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


def read_parquet(store: Store, path: Path, source: TableSource) -> Raw:
    """A Parquet file; its row numbers count from 1."""
    file = quote(glob_escaped(path))
    try:
        columns = store.columns(f"SELECT * FROM read_parquet({file})")
        rows = store.value(f"SELECT sum(num_rows) FROM parquet_file_metadata({file})")
    except duckdb.Error as error:
        raise DataError(f"{path}: this is not a Parquet file that can be read ({first_line(error)}).") from None
    fields = typed_fields(columns)
    chosen = ", ".join(f"{name(field.name)} AS {field.sql}" for field in fields)
    query = f"SELECT file_row_number + 1 AS row, {chosen}, {NO_FAULT} FROM read_parquet({file}, file_row_number = true)"
    return Raw(query, fields, rows=int(rows))


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
    fields = typed_fields(store.columns(f"SELECT * FROM {table}"))
    chosen = ", ".join(f"{name(field.name)} AS {field.sql}" for field in fields)
    query = f"SELECT row_number() OVER () AS row, {chosen}, {NO_FAULT} FROM {table}"
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
