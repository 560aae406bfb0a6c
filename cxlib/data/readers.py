"""Files as DuckDB relations: every source becomes rows of raw cells with their row numbers, and the lines that are none.

A relation has the columns ``row``, ``c0``, ``c1`` ... in the source's order, ``fault`` (NULL, or which structural fault the
line has) and ``fault_text`` (that line). Nothing is lost here: `Raw.rows` says how many rows the source has by a count that
does not depend on how they were read. Text files are read by DuckDB; where it refuses, or has not found exactly
one row a line, `lines` reads them again.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from cxlib.data.casts import name, quote
from cxlib.data.connect import Store
from cxlib.data.lines import LONGEST_LINE, Layout, Line, first_lines, read_lines
from cxlib.data.mapping import Field
from cxlib.data.sources import TableSource
from cxlib.errors import DataError, nearest

_BATCH_ROWS = 50_000
_LIKELY_DELIMITERS = {",": "','", ";": "';'", "\t": "'\\t'", "|": "'|'"}
_NO_FAULT = "CAST(NULL AS VARCHAR) AS fault, CAST(NULL AS VARCHAR) AS fault_text"


@dataclass(frozen=True)
class Raw:
    """A source as a relation.

    Attributes
    ----------
    query : str
        SQL that gives row, c0, c1 ..., fault, fault_text.
    fields : tuple of Field
        The source's columns: their names there, and their SQL names and types in `query`.
    rows : int or None
        How many rows the source holds, by a count of its own; None where only reading tells.
    exact : callable or None
        Reads the source again, line by line, where `query` fails or gives another number of rows.
    scratch, registered : str
        What to drop after use.
    """

    query: str
    fields: tuple[Field, ...]
    rows: int | None = None
    exact: Callable[[], Raw] | None = None
    scratch: str = ""
    registered: str = ""


def read_csv(store: Store, path: Path, source: TableSource) -> Raw:
    """A delimited text file.

    Raises
    ------
    DataError
        The file is empty, or its first line says that the delimiter is another one.
    """
    delimiter = source.delimiter or ("\t" if path.suffix.lower() == ".tsv" else ",")
    delimiter = "\t" if delimiter == "\\t" else delimiter
    encoding = _encoding(source.encoding)
    header = _header(path, source, delimiter, encoding)
    layout = Layout(delimiter, encoding, len(header))
    skip = int(source.header)
    fields = _text_fields(header)
    columns = ", ".join(f"{quote(field.sql)}: 'VARCHAR'" for field in fields)
    exact = lambda: _read_exactly(store, read_lines(path, layout, skip=skip), fields)  # noqa: E731
    if delimiter == "whitespace" or len(delimiter) != 1 or encoding != "utf-8-sig" or len(fields) == 1:
        return exact()
    return _by_duckdb(path, columns=columns, delimiter=delimiter, quotes='"', skip=skip, fields=fields, exact=exact)


def read_jsonl(store: Store, path: Path, source: TableSource) -> Raw:
    """A file with one JSON object a line; nested values stay JSON text."""
    encoding = _encoding(source.encoding)
    _refuse_empty(path)
    lines = _text_fields(["line"])
    exact = lambda: _objects(store, _read_exactly(store, read_lines(path, Layout("", encoding, 1)), lines))  # noqa: E731
    if encoding != "utf-8-sig":
        return exact()
    fast = _by_duckdb(path, columns="'c0': 'VARCHAR'", delimiter="\x01", quotes="", skip=0, fields=lines, exact=exact)
    try:
        return _objects(store, fast)
    except duckdb.Error:
        return exact()


def read_parquet(store: Store, path: Path, source: TableSource) -> Raw:
    """A Parquet file; its row numbers count from 1."""
    file = quote(glob_escaped(path))
    try:
        columns = store.columns(f"SELECT * FROM read_parquet({file})")
        rows = store.value(f"SELECT sum(num_rows) FROM parquet_file_metadata({file})")
    except duckdb.Error as error:
        raise DataError(f"{path}: this is not a Parquet file that can be read ({_first_line(error)}).") from None
    fields = _typed_fields(columns)
    chosen = ", ".join(f"{name(field.name)} AS {field.sql}" for field in fields)
    query = (f"SELECT file_row_number + 1 AS row, {chosen}, {_NO_FAULT} "
             f"FROM read_parquet({file}, file_row_number = true)")
    return Raw(query, fields, rows=int(rows))


def read_duckdb(store: Store, path: Path, source: TableSource) -> Raw:
    """A table of a DuckDB file, which is opened for reading only."""
    attached = f"file_{abs(hash(path))}"
    try:
        store.run(f"ATTACH IF NOT EXISTS {quote(str(path))} AS {attached} (READ_ONLY)")
        tables = [row[0] for row in store.rows(
            "SELECT table_name FROM information_schema.tables WHERE table_catalog = ?", [attached])]
    except duckdb.Error as error:
        raise DataError(f"{path}: this DuckDB file cannot be opened ({_first_line(error)}).") from None
    if source.table not in tables:
        raise DataError(f"{path}: there is no table {source.table!r}. {nearest(source.table, tables)} "
                        "Set 'table' in sources.yaml.")
    table = f"{attached}.{name(source.table)}"
    fields = _typed_fields(store.columns(f"SELECT * FROM {table}"))
    chosen = ", ".join(f"{name(field.name)} AS {field.sql}" for field in fields)
    query = f"SELECT row_number() OVER () AS row, {chosen}, {_NO_FAULT} FROM {table}"
    return Raw(query, fields, rows=int(store.value(f"SELECT count(*) FROM {table}")))


def read_excel(store: Store, path: Path, source: TableSource) -> Raw:
    """A sheet of an Excel file; row numbers are those that Excel shows.

    Raises
    ------
    DataError
        The file is not an Excel file, has no such sheet, or the sheet is empty.
    """
    from openpyxl import load_workbook

    _refuse_empty(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises whatever zip, XML and its own parsers raise
        raise DataError(f"{path}: this is not an Excel file that can be read ({error}).") from None
    if source.sheet and source.sheet not in book.sheetnames:
        raise DataError(f"{path}: there is no sheet {source.sheet!r}. {nearest(source.sheet, book.sheetnames)}")
    sheet = book[source.sheet] if source.sheet else book.worksheets[0]
    rows = enumerate(sheet.iter_rows(values_only=True), start=1)
    header = list(source.names)
    if source.header:
        _, titles = next(rows, (0, ()))
        header = header or _distinct(path, [_cell(title) for title in titles])
    if not header:
        raise DataError(f"{path}: the sheet {sheet.title!r} is empty. It needs a line of column names and rows below it.")
    try:
        return _read_exactly(store, _sheet_lines(rows, len(header)), _text_fields(header))
    finally:
        book.close()


def read_table(store: Store, table: pa.Table, *, registered: str) -> Raw:
    """An Arrow table; its row numbers count from 1."""
    renamed = table.rename_columns([f"c{number}" for number in range(table.num_columns)])
    renamed = renamed.append_column("row", pa.array(range(1, table.num_rows + 1), pa.int64()))
    store.register(registered, renamed)
    types = [type_ for _, type_ in store.columns(f"SELECT * EXCLUDE (row) FROM {registered}")]
    fields = _typed_fields(list(zip(table.column_names, types, strict=True)))
    query = f"SELECT *, {_NO_FAULT} FROM {registered}"
    return Raw(query, fields, rows=table.num_rows, registered=registered)


READERS: dict[str, Callable[[Store, Path, TableSource], Raw]] = {
    "csv": read_csv, "jsonl": read_jsonl, "parquet": read_parquet, "duckdb": read_duckdb, "excel": read_excel,
}


def glob_escaped(path: Path) -> str:
    """A path that DuckDB takes literally, with whatever brackets and stars it has."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in str(path))


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _encoding(declared: str) -> str:
    # A byte order mark at the start of UTF-8 is not part of the first column's name.
    return "utf-8-sig" if declared.lower().replace("_", "-") in {"utf-8", "utf8", "utf-8-sig"} else declared


def _text_fields(names: Iterable[str]) -> tuple[Field, ...]:
    return tuple(Field(title, f"c{number}", "VARCHAR") for number, title in enumerate(names))


def _typed_fields(columns: Iterable[tuple[str, str]]) -> tuple[Field, ...]:
    return tuple(Field(title, f"c{number}", type_) for number, (title, type_) in enumerate(columns))


def _refuse_empty(path: Path) -> None:
    if path.stat().st_size == 0:
        raise DataError(f"{path}: the file is empty. Put the file there, or take its table out of sources.yaml.")


def _distinct(path: Path, titles: list[str]) -> list[str]:
    """Column names as they stand; a nameless one is called by its number, and one that stands twice is refused."""
    named = [title.strip() or f"column_{number}" for number, title in enumerate(titles, start=1)]
    for number, title in enumerate(named):
        if title in named[:number]:
            raise DataError(f"{path}, line 1: two columns are called {title!r}. Rename one, or give 'names' in sources.yaml.")
    return named


def _header(path: Path, source: TableSource, delimiter: str, encoding: str) -> list[str]:
    _refuse_empty(path)
    lines = first_lines(path, encoding)
    if not lines:
        raise DataError(f"{path}: the first line is empty. It has to hold the names of the columns.")
    cells = _cells_of(lines[0], delimiter)
    expected = len(source.names) or 2
    if len(cells) == 1 and expected > 1:
        _refuse_wrong_delimiter(path, lines[0], delimiter)
    return list(source.names) or _distinct(path, cells)


def _cells_of(line: str, delimiter: str) -> list[str]:
    if delimiter == "whitespace":
        return line.split()
    return next(csv.reader([line], delimiter=delimiter[:1]), [])


def _refuse_wrong_delimiter(path: Path, line: str, delimiter: str) -> None:
    """Refuse a file whose first line is one cell by `delimiter` but several by another one."""
    counts = {other: len(_cells_of(line, other)) for other in (*_LIKELY_DELIMITERS, "whitespace") if other != delimiter}
    found = max(counts, key=lambda other: counts[other])
    if counts[found] > 1:
        declared = _LIKELY_DELIMITERS.get(delimiter, repr(delimiter))
        raise DataError(
            f"{path}, line 1: read with the delimiter {declared} it is one column; {_LIKELY_DELIMITERS.get(found, found)} "
            f"makes {counts[found]} of it. Set 'delimiter: {_LIKELY_DELIMITERS.get(found, found)}' in sources.yaml."
        )


def _by_duckdb(
    path: Path, *, columns: str, delimiter: str, quotes: str, skip: int, fields: tuple[Field, ...], exact: Callable[[], Raw]
) -> Raw:
    """DuckDB's strict reader; good as long as it finds one row for each line of the file."""
    options = (
        f"columns = {{{columns}}}, auto_detect = false, header = false, skip = {skip}, delim = {quote(delimiter)}, "
        f"quote = {quote(quotes)}, escape = {quote(quotes)}, strict_mode = true, null_padding = false, "
        f"max_line_size = {LONGEST_LINE * 4}"
    )
    chosen = ", ".join(field.sql for field in fields)
    query = (f"SELECT row_number() OVER () + {skip} AS row, {chosen}, {_NO_FAULT} "
             f"FROM read_csv({quote(glob_escaped(path))}, {options})")
    return Raw(query, fields, rows=_count_lines(path) - skip, exact=exact)


def _count_lines(path: Path) -> int:
    """How many lines a file has, not counting blank ones at its end."""
    count, tail = 0, b""
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            count += block.count(b"\n")
            tail = (tail + block)[-4096:]
    end = tail[len(tail.rstrip(b"\r\n")):]
    return count - end.count(b"\n") + 1


def _read_exactly(store: Store, lines: Iterable[Line], fields: tuple[Field, ...]) -> Raw:
    """Write lines into a table of the store, in batches; the count of the lines is the count of the rows."""
    scratch = f"raw_{store.value('SELECT count(*) FROM duckdb_tables()')}_{id(lines)}"
    types = ", ".join(f"{field.sql} VARCHAR" for field in fields)
    store.run(f"CREATE TABLE {scratch} (row BIGINT, {types}, fault VARCHAR, fault_text VARCHAR)")
    count = 0
    for batch in _batches(lines):
        count += len(batch)
        store.register("batch", _arrow(batch, fields))
        store.run(f"INSERT INTO {scratch} SELECT * FROM batch")
        store.unregister("batch")
    return Raw(f"SELECT * FROM {scratch}", fields, rows=count, scratch=scratch)


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    iterator = iter(lines)
    while batch := list(itertools.islice(iterator, _BATCH_ROWS)):
        yield batch


def _arrow(batch: list[Line], fields: tuple[Field, ...]) -> pa.Table:
    nothing: list[Any] = [None] * len(fields)
    columns = list(zip(*(line.cells or nothing for line in batch), strict=True))
    texts = [line.text.encode("utf-8", "replace").decode() if line.fault else None for line in batch]
    return pa.table({
        "row": pa.array([line.number for line in batch], pa.int64()),
        **{field.sql: pa.array(column, pa.string()) for field, column in zip(fields, columns, strict=True)},
        "fault": pa.array([line.fault or None for line in batch], pa.string()),
        "fault_text": pa.array([text and text[:1000] for text in texts], pa.string()),
    })


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


def _objects(store: Store, lines: Raw) -> Raw:
    """Lines of JSON as columns, one for each key that any of them has."""
    objects = f"SELECT row, c0, fault, fault_text FROM ({lines.query}) WHERE trim(c0) <> '' OR fault IS NOT NULL"
    valid = "CASE WHEN json_valid(c0) THEN coalesce(json_type(c0) = 'OBJECT', false) ELSE false END"
    keys = [row[0] for row in store.rows(
        f"SELECT key FROM (SELECT DISTINCT unnest(json_keys(c0)) AS key, FROM ({objects}) WHERE {valid}) ORDER BY key")]
    fields = _text_fields(keys)
    chosen = "".join(f", c0 ->> {quote(_pointer(field.name))} AS {field.sql}" for field in fields)
    query = (
        f"SELECT row{chosen}, coalesce(fault, CASE WHEN NOT ok THEN 'json' END) AS fault, "
        f"coalesce(fault_text, CASE WHEN NOT ok THEN c0 END) AS fault_text "
        f"FROM (SELECT *, {valid} AS ok FROM ({objects}))"
    )
    return Raw(query, fields, rows=lines.rows, exact=lines.exact, scratch=lines.scratch)


def _pointer(key: str) -> str:
    return "/" + key.replace("~", "~0").replace("/", "~1")
