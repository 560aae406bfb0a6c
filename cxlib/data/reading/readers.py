"""Files of every format but those of statistics programs, and DataFrames, as relations (`raw.Raw`).

Of delimited text and JSON lines DuckDB's strict reader goes first; where it refuses a file, or has not found exactly
one row a line, `raw.read_lines` reads the file again, slower and exactly.
"""

from __future__ import annotations

import contextlib
import csv
import itertools
import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import accumulate
from pathlib import Path
from typing import IO, Any, NamedTuple

import duckdb
import pandas as pd
import pyarrow as pa

from cxlib.data.casts import name, quote, stored_number
from cxlib.data.connect import Store
from cxlib.data.mapping import Field
from cxlib.data.reading.raw import (
    LONGEST_LINE,
    NO_FAULT,
    TOP,
    Layout,
    Line,
    Raw,
    column_names,
    first_line,
    first_records,
    glob_escaped,
    is_gzip,
    read_exactly,
    read_lines,
    refuse_empty,
    text_fields,
    title_hint,
    typed_fields,
    unpacked,
)
from cxlib.data.sources import TableSource
from cxlib.errors import DataError, nearest

_LIKELY_DELIMITERS = {",": "','", ";": "';'", "\t": '"\\t"', "|": "'|'"}
_NO_DELIMITER = "\x01"
_UTF_8 = "utf-8-sig"  # a byte order mark is not part of the first column's name
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"  # of Excel before 2007, and of any workbook with a password
_ROW_END = re.compile(rb"</(?:\w+:)?row>")
_FILLED = re.compile(
    rb"<(?:\w+:)?[vt](?:\s[^>]*)?>[^<]|"  # a value, or text in its place
    rb"<(?:\w+:)?c\b(?![^>]*\bt=.str.)[^>]*>\s*<(?:\w+:)?f\b[^>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</"
)
_MOST_JSON = 300_000_000  # bytes of a document, which is read at once
_MOST_DIGITS = 38  # of DuckDB's decimals; wider ones it reads wrongly


def read_csv(store: Store, path: Path, source: TableSource) -> Raw:
    """A delimited text file, unless its first line says that delimiter, encoding or number of names are other ones."""
    delimiter = source.delimiter or ("\t" if ".tsv" in map(str.lower, path.suffixes[-2:]) else ",")
    delimiter = "\t" if delimiter == "\\t" else delimiter
    layout = Layout(delimiter, _encoding(source.encoding), 0)
    names, skip, notes, hint = _header(path, source, layout)
    fields = text_fields(names)
    layout = replace(layout, columns=len(fields))

    def exact() -> Raw:
        return read_exactly(store, read_lines(path, layout, skip=skip), fields)

    if len(delimiter) != 1 or layout.encoding != _UTF_8 or len(fields) == 1:
        return replace(exact(), notes=notes, hint=hint)
    return replace(_by_duckdb(path, fields, skip=skip, delimiter=delimiter, exact=exact), notes=notes, hint=hint)


def read_jsonl(store: Store, path: Path, source: TableSource) -> Raw:
    """A file with one JSON object a line; nested values stay JSON text."""
    refuse_empty(path)
    layout = Layout("", _encoding(source.encoding), 1)
    fields = text_fields(["line"])
    _refuse_document(path, layout)

    def exact() -> Raw:
        return _objects(store, path, read_exactly(store, read_lines(path, layout), fields), source.decimal)

    if layout.encoding != _UTF_8:
        return exact()
    try:
        return _objects(store, path, _by_duckdb(path, fields, skip=0, delimiter="", exact=exact), source.decimal)
    except duckdb.InvalidInputException:
        return exact()


def _refuse_document(path: Path, layout: Layout) -> None:
    """Refuse a file that is one array, or one object over several lines, of which no line would be a row."""
    first = next(read_lines(path, layout), None)
    text = (first.text or first.cells[0]).strip() if first else ""
    if text.startswith("[") or text.endswith(("{", "[")):
        raise DataError(
            f"{path}: this is one JSON document, not one JSON object a line. Write 'format: json' in sources.yaml, or "
            "give the file the suffix .json."
        )


def _encoding(declared: str) -> str:
    return _UTF_8 if declared.lower().replace("_", "-") in {"utf-8", "utf8", _UTF_8} else declared


def _header(path: Path, source: TableSource, layout: Layout) -> tuple[list[str], int, tuple[str, ...], str]:
    """The names of the columns, how many lines come before the first row, notes on the names and a hint."""
    refuse_empty(path)
    top = first_records(path, layout, skip=source.skip_rows, count=TOP)
    records, (line, cells, _), number = top[: source.header or 1], top[0], source.skip_rows + 1
    starts = accumulate((lines for *_, lines in top), initial=number)
    hint = title_hint([(start, cells) for start, (_, cells, _) in zip(starts, top, strict=False)])
    if not line:
        where = "the first line" if number == 1 else f"line {number}"
        raise DataError(f"{path}: {where} is empty. It has to hold the names of the columns; 'skip_rows' skips lines.")
    if "\x00" in line:
        raise DataError(f"{path}: this is not text in {source.encoding}. If it is UTF-16, set 'encoding: utf-16'.")
    names = list(source.names)
    notes: tuple[str, ...] = ()
    if len(cells) == 1 and len(names) != 1:
        _refuse_wrong_delimiter(path, line, layout.delimiter, hint=hint)
    if names and len(names) != len(cells):
        raise DataError(f"{path}: line {number} has {len(cells)} columns, 'names' in sources.yaml has {len(names)}.")
    if not names:
        names, notes = column_names([record[1] for record in records])
    return names, source.skip_rows + (sum(lines for *_, lines in records) if source.header else 0), notes, hint


def _cells_of(line: str, delimiter: str) -> list[str]:
    if delimiter == "whitespace":
        return line.split()
    return next(csv.reader([line], delimiter=delimiter[:1]), [])


def _refuse_wrong_delimiter(path: Path, line: str, delimiter: str, *, hint: str) -> None:
    """Refuse a file whose first line is one cell by `delimiter` but several by another one, or is a title."""
    others = [*_LIKELY_DELIMITERS, *(["whitespace"] if not hint else [])]
    counts = {other: len(_cells_of(line, other)) for other in others if other != delimiter}
    best = max(counts, key=lambda other: counts[other])
    if counts[best] > 1:
        declared = _LIKELY_DELIMITERS.get(delimiter, repr(delimiter))
        likely = _LIKELY_DELIMITERS.get(best, best)
        raise DataError(
            f"{path}: read with the delimiter {declared} its first line is one column; {likely} makes "
            f'{counts[best]} of it. Write "delimiter: {likely}" in sources.yaml.'
        )
    if hint:
        raise DataError(f"{path}: {hint}")


def _by_duckdb(path: Path, fields: tuple[Field, ...], *, skip: int, delimiter: str, exact: Callable[[], Raw]) -> Raw:
    """DuckDB's strict reader; good as long as it finds one row for each line of the file.

    Without a delimiter a line is one cell: the character that is taken for one cannot stand in JSON.
    """
    quotes = quote('"' if delimiter else "")
    columns = ", ".join(f"{quote(field.sql)}: 'VARCHAR'" for field in fields)
    with path.open("rb") as file:
        compression = "gzip" if is_gzip(file.read(2)) else "none"
    options = (
        f"columns = {{{columns}}}, auto_detect = false, header = false, skip = {skip}, "
        f"delim = {quote(delimiter or _NO_DELIMITER)}, quote = {quotes}, escape = {quotes}, strict_mode = true, "
        f"null_padding = false, max_line_size = {LONGEST_LINE}, compression = '{compression}'"
    )
    chosen = ", ".join(field.sql for field in fields)
    query = (
        f"SELECT row_number() OVER () + {skip} AS row, {chosen}, {NO_FAULT} "
        f"FROM read_csv({quote(glob_escaped(path))}, {options})"
    )
    return Raw(query, fields, rows=_count_lines(path) - skip, exact=exact)


def _count_lines(path: Path) -> int:
    """How many lines a file has, not counting blank ones at its end."""
    count, tail = 0, b""
    with unpacked(path) as file:
        while block := file.read(1 << 20):
            count += block.count(b"\n")
            tail = (tail + block)[-4096:]
    end = tail[len(tail.rstrip(b"\r\n")) :]
    return count - end.count(b"\n") + 1


def _objects(store: Store, path: Path, lines: Raw, decimal: str) -> Raw:
    """Lines of JSON as columns, one for each key that any of them has; numbers are written with the `decimal`."""
    valid = "CASE WHEN json_valid(c0) THEN coalesce(json_type(c0) = 'OBJECT', false) ELSE false END"
    objects = (
        f"SELECT row, c0, fault, fault_text, CASE WHEN {valid} THEN c0 END AS object FROM ({lines.query}) "
        "WHERE trim(c0) <> '' OR fault IS NOT NULL"
    )
    keys = store.rows(f"SELECT DISTINCT unnest(json_keys(object)) AS key FROM ({objects}) ORDER BY key")
    if not keys:
        raise DataError(f"{path}: no line is a JSON object with a key. Write one JSON object a line.")
    fields = text_fields(key for (key,) in keys)
    pointers = ["/" + field.name.replace("~", "~0").replace("/", "~1") for field in fields]
    paths = ", ".join(map(quote, pointers))
    repeated = "list_unique(json_keys(object)) < len(json_keys(object))"
    wrong = f"CASE WHEN object IS NULL THEN 'json' WHEN {repeated} THEN 'json_keys' END"
    cells = f"json_extract_string(object, [{paths}])"  # every cell by parsing the line once
    types = f"json_type(object, [{paths}])" if decimal != "." else "NULL"
    texts = [f"cells[{number}]" for number in range(1, len(fields) + 1)]
    if decimal != ".":
        numbers = [stored_number(text, decimal) for text in texts]
        kinds = [text.replace("cells", "types") for text in texts]
        parts = zip(kinds, numbers, texts, strict=True)
        texts = [f"CASE {kind} WHEN 'DOUBLE' THEN {number} ELSE {text} END" for kind, number, text in parts]
    chosen = "".join(f", {text} AS {field.sql}" for text, field in zip(texts, fields, strict=True))
    query = (
        f"SELECT row{chosen}, coalesce(fault, wrong) AS fault, "
        f"coalesce(fault_text, CASE WHEN wrong IS NOT NULL THEN c0 END) AS fault_text "
        f"FROM (SELECT *, {cells} AS cells, {types} AS types, {wrong} AS wrong FROM ({objects}))"
    )
    return Raw(query, fields, rows=lines.rows, exact=lines.exact, close=lines.close)


def read_parquet(store: Store, path: Path, source: TableSource) -> Raw:
    """A Parquet file, a database's table among them; its row numbers count from 1, or are that table's keys."""
    file = quote(glob_escaped(path))
    try:
        types = [type_ for _, type_ in store.columns(f"SELECT * FROM read_parquet({file})")]
        schema = store.rows(f"SELECT name, type, num_children, precision FROM parquet_schema({file})")
        rows = store.value(f"SELECT sum(num_rows) FROM parquet_file_metadata({file})")
    except duckdb.Error as error:
        raise DataError(f"{path}: this is not a Parquet file that can be read ({first_line(error)}).") from None
    columns = zip(_outermost(schema), types, strict=True)
    stored = [_Stored(title, type_, kind, digits) for (title, kind, digits), type_ in columns]
    if source.database:  # its file has the number of each row in the last column (`cxlib.data.databases`)
        fields, chosen, aliases = _selected(stored[:-1])
        return Raw(
            f"SELECT n AS row, {chosen}, {NO_FAULT} FROM read_parquet({file}) AS t({aliases}, n)", fields, int(rows)
        )
    fields, chosen, aliases = _selected(stored)
    own = any(column.title.lower() == "file_row_number" for column in stored)  # then DuckDB adds none
    row, option = ("row_number() OVER ()", "") if own else ("file_row_number + 1", ", file_row_number = true")
    query = f"SELECT {row} AS row, {chosen}, {NO_FAULT} FROM read_parquet({file}{option})"
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
        store.run(f"ATTACH IF NOT EXISTS {quote(str(path))} AS {attached} (READ_ONLY, TYPE duckdb)")
        query = "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = ?"
        inside = store.rows(query, [attached])
    except duckdb.Error as error:
        raise DataError(f"{path}: this DuckDB file cannot be opened ({first_line(error)}).") from None
    tables = {title if schema == "main" else f"{schema}.{title}": (schema, title) for schema, title in inside}
    if source.table not in tables:
        alike = [called for called, (_, title) in tables.items() if title == source.table]
        hint = f"Did you mean {alike[0]!r}?" if alike else nearest(source.table, tables)
        raise DataError(f"{path}: there is no table {source.table!r}. {hint} Set 'table' in sources.yaml.")
    table = ".".join([attached, *map(name, tables[source.table])])
    fields, chosen, aliases = _selected([_Stored(*column) for column in store.columns(f"SELECT * FROM {table}")])
    query = f"SELECT row_number() OVER () AS row, {chosen}, {NO_FAULT} FROM {table} AS t({aliases})"
    rows = int(store.value(f"SELECT count(*) FROM {table}"))
    return Raw(query, fields, rows=rows, close=lambda: store.run(f"DETACH DATABASE IF EXISTS {attached}"))


def read_excel(store: Store, path: Path, source: TableSource) -> Raw:
    """A sheet of an Excel file; row numbers are those that Excel shows."""
    from openpyxl import load_workbook

    refuse_empty(path)
    with path.open("rb") as file:
        if file.read(4) == _OLD_EXCEL:
            raise DataError(
                f"{path}: this workbook has a password, or is of Excel before 2007. Open it in Excel, and save it as "
                ".xlsx without a password."
            )
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises whatever zip, XML and its own parsers raise
        raise DataError(
            f"{path}: this is no Excel file that can be read, or has no sheet with cells ({error})."
        ) from None
    with _undamaged(path), contextlib.closing(book):
        sheet = _sheet(path, book.worksheets, source)
        cells = _Cells(source.decimal)
        rows: Iterator[tuple[int, list[str]]] = enumerate(map(cells.texts, sheet.iter_rows(values_only=True)), start=1)
        for _ in range(source.skip_rows):
            next(rows, None)
        first = list(itertools.islice(rows, TOP)) or [(1, [])]
        rows = itertools.chain(first[source.header :], rows)
        top = [cells for _, cells in first[: source.header]]
        names, notes = (list(source.names), ()) if source.names else column_names(top)
        if not source.names and not any(top[0]):
            where = f"row {source.skip_rows + 1} of" if source.skip_rows else "the first row of"
            raise DataError(
                f"{path}: {where} sheet {sheet.title!r} is empty. It has to hold the column names; "
                "'skip_rows' in sources.yaml says how many rows come before them."
            )
        raw = replace(
            read_exactly(store, _sheet_lines(rows, len(names)), text_fields(names)),
            notes=notes,
            hint=_hint(sheet, first, source),
        )
        with sheet.parent._archive.open(sheet._worksheet_path) as xml:
            stored = _count_rows(xml)
        if stored > cells.rows:
            raise DataError(
                f"{path}: sheet {sheet.title!r} has {stored} rows that are not empty, but only {cells.rows} can be "
                "read: the others are out of order, or hold formulas without results. Open it in Excel and save it."
            )
        return raw


def unread_sheets(path: Path, sources: Sequence[TableSource]) -> list[str]:
    """The sheets of a workbook that can be seen, hold two rows or more, and are read by none of its sources."""
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True, data_only=True)
    with _undamaged(path), contextlib.closing(book):
        read = {_sheet(path, book.worksheets, source).title for source in sources}
        others = [sheet for sheet in book.worksheets if sheet.title not in read and sheet.sheet_state == "visible"]
        return [sheet.title for sheet in others if sum(any(line) for line in sheet_lines(sheet, TOP)) > 1]


def sheet_lines(sheet: Any, most: int) -> list[list[str]]:
    """The first rows of a sheet, each cell as the text that `read_excel` makes of it."""
    cells = _Cells(".")
    sheet.reset_dimensions()
    return [cells.texts(values) for values in itertools.islice(sheet.iter_rows(values_only=True), most)]


def _hint(sheet: Any, first: Sequence[tuple[int, Sequence[str]]], source: TableSource) -> str:
    """What to look at where a column is not in a sheet: another row, or another sheet."""
    others = [repr(other.title) for other in sheet.parent.worksheets if other is not sheet]
    which = f"This is sheet {sheet.title!r}; others are {', '.join(others)}: set 'sheet'." if others else ""
    return f"{title_hint(first)} {which if not source.sheet else ''}".strip()


@contextlib.contextmanager
def _undamaged(path: Path) -> Iterator[None]:
    """Say in words what openpyxl meets only when it comes to the cell: a cut sheet, a number that is none, no text."""
    try:
        yield
    except (ValueError, LookupError, SyntaxError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise DataError(f"{path}: a sheet is damaged ({error}). Open the file in Excel and save it.") from None


def _sheet(path: Path, sheets: Sequence[Any], source: TableSource) -> Any:
    """The sheet that is meant; the first one that is not hidden when none is named."""
    for sheet in sheets:
        sheet.reset_dimensions()  # what is stored of its size may be smaller than its data
    titles = [sheet.title for sheet in sheets]
    if source.sheet and source.sheet not in titles:
        raise DataError(f"{path}: there is no sheet {source.sheet!r}. {nearest(source.sheet, titles)}")
    if source.sheet:
        return sheets[titles.index(source.sheet)]
    shown = [sheet for sheet in sheets if sheet.sheet_state == "visible"] or list(sheets)
    if not shown:
        raise DataError(f"{path}: there is no sheet with cells in it.")
    number = source.skip_rows + 1
    first = _titles(shown[0], number)
    alike = [sheet.title for sheet in shown if any(first) and _titles(sheet, number) == first]
    if len(alike) > 1:
        raise DataError(
            f"{path}: the sheets {', '.join(map(repr, alike))} have the same columns. Set 'sheet' in sources.yaml to "
            "one of them, or list a source for each."
        )
    return shown[0]


def _titles(sheet: Any, number: int) -> tuple[Any, ...]:
    row = next(sheet.iter_rows(min_row=number, max_row=number, values_only=True), ())
    return tuple(value for value in row if value is not None)


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


class _Cells:
    """The cells of a sheet as text, numbers with the declared separator of decimals, and how many rows had any."""

    def __init__(self, decimal: str) -> None:
        self.rows = 0
        self._decimal = decimal

    def texts(self, values: Sequence[object]) -> list[str]:
        """One row."""
        self.rows += any(value is not None for value in values)
        return [self._text(value) for value in values]

    def _text(self, value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, float):
            whole = value.is_integer()
            return str(int(value)) if whole else format(Decimal(repr(value)), "f").replace(".", self._decimal)
        return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _sheet_lines(rows: Iterable[tuple[int, list[str]]], columns: int) -> Iterator[Line]:
    for number, cells in rows:
        while len(cells) > columns and not cells[-1]:
            cells.pop()
        if not any(cells):
            continue
        if len(cells) > columns:
            yield Line(number, [], "too_many", " | ".join(cells))
        else:
            yield Line(number, cells + [""] * (columns - len(cells)))


def _count_rows(xml: IO[bytes]) -> int:
    """How many rows of a sheet hold a value, or a formula whose result is not stored, by looking for their tags."""
    count, rest = 0, b""
    while block := xml.read(1 << 20):
        *rows, rest = _ROW_END.split(rest + block)
        count += sum(_FILLED.search(row) is not None for row in rows)
    return count


def read_json(store: Store, path: Path, source: TableSource) -> Raw:
    """A JSON document: its longest list of objects, a row each; keys within keys are columns, too. Else JSON lines."""
    if path.stat().st_size > _MOST_JSON:
        raise DataError(f"{path}: it is too large to be read as one document. Write one JSON object a line (.jsonl).")
    point = source.decimal
    try:
        with unpacked(path) as file:
            text = file.read().decode("utf-8-sig" if source.encoding == "utf-8" else source.encoding)
        document = json.loads(text, parse_float=lambda number: number.replace(".", point), parse_int=str)
        rows = [dict(_flat(one)) for one in max(_lists(document), key=len, default=[])]
    except json.JSONDecodeError:
        return read_jsonl(store, path, source)
    except (UnicodeError, RecursionError) as error:
        raise DataError(f"{path}: this is no JSON that can be read ({error}). Save it as UTF-8.") from None
    if not rows:
        raise DataError(f"{path}: it holds no list of objects, which would be its rows. Name a file that has one.")
    keys = list(dict.fromkeys(key for row in rows for key in row))
    last = Counter(key.rpartition(".")[2] for key in keys)
    names = {key: own if last[own := key.rpartition(".")[2]] == 1 else key for key in keys}
    return read_frame(store, path.stem, pd.DataFrame({names[key]: [row.get(key) for row in rows] for key in keys}))


def _lists(node: Any, depth: int = 2) -> Iterator[list[Any]]:
    """The lists of objects in a document, at most two keys deep."""
    if isinstance(node, list) and node and all(isinstance(one, dict) for one in node):
        yield node
    for one in node.values() if isinstance(node, dict) and depth else ():
        yield from _lists(one, depth - 1)


def _flat(node: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str | None]]:
    """The keys of an object and of those within it, joined by dots, with texts; lists stay JSON."""
    for key, value in node.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{before}{key}.")
        else:
            is_text = value is None or isinstance(value, str)
            yield f"{before}{key}", value if is_text else json.dumps(value, ensure_ascii=False)
