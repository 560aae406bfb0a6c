"""Delimited text and JSON lines as relations.

DuckDB's strict reader goes first; where it refuses a file, or has not found exactly one row a line, `lines` reads the
file again, slower and exactly.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import duckdb

from cxlib.data.casts import quote, stored_number
from cxlib.data.connect import Store
from cxlib.data.mapping import Field
from cxlib.data.reading.raw import (
    LONGEST_LINE,
    NO_FAULT,
    TOP,
    Layout,
    Raw,
    column_names,
    first_records,
    glob_escaped,
    is_gzip,
    read_exactly,
    read_lines,
    refuse_empty,
    text_fields,
    title_hint,
    unpacked,
)
from cxlib.data.sources import TableSource
from cxlib.errors import DataError

_LIKELY_DELIMITERS = {",": "','", ";": "';'", "\t": '"\\t"', "|": "'|'"}
_NO_DELIMITER = "\x01"
_UTF_8 = "utf-8-sig"  # a byte order mark is not part of the first column's name


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
