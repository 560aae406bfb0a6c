"""A source as a DuckDB relation of raw cells with their row numbers, and the lines that are no rows.

A relation has the columns ``row``, ``c0``, ``c1`` ... in the source's order, ``fault`` (NULL, or which structural fault
the line has) and ``fault_text`` (that line). Nothing is lost: `Raw.rows` says how many rows the source has by a count
that does not depend on how they were read.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from cxlib.data.connect import Store
from cxlib.data.mapping import Field
from cxlib.data.reading.lines import Line
from cxlib.errors import DataError

NO_FAULT = "CAST(NULL AS VARCHAR) AS fault, CAST(NULL AS VARCHAR) AS fault_text"
_BATCH_ROWS = 50_000
_numbers = itertools.count()
_LONGEST_FAULT = 1000
_MOST_NAMED = 8
TOP = 20  # rows in which a header is looked for
_ORDINALS = {2: "second", 3: "third"}


@dataclass(frozen=True)
class Raw:
    """A source as a relation.

    `query` gives row, c0, c1 ..., fault and fault_text; `fields` are the source's columns, with their names there and
    their SQL names and types. `rows` counts the source's rows by other means than reading them (None where there are
    none). `exact` reads the source again, line by line, where the query fails or gives another number of rows; `close`
    lets go of what reading needed, once the rows are in the store. `notes` say what was made of its header,
    `hint` what to look at where a column is not there.
    """

    query: str
    fields: tuple[Field, ...]
    rows: int | None = None
    exact: Callable[[], Raw] | None = None
    close: Callable[[], None] = lambda: None
    notes: tuple[str, ...] = ()
    hint: str = ""


def text_fields(names: Iterable[str]) -> tuple[Field, ...]:
    """Columns that are all text."""
    return tuple(Field(title, f"c{number}", "VARCHAR") for number, title in enumerate(names))


def typed_fields(columns: Iterable[tuple[str, str]]) -> tuple[Field, ...]:
    """Columns with the names and SQL types that a source gives them."""
    return tuple(Field(title, f"c{number}", type_) for number, (title, type_) in enumerate(columns))


def glob_escaped(path: Path) -> str:
    """A path that DuckDB takes literally, with whatever brackets and stars it has."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in str(path))


def first_line(error: Exception) -> str:
    """The first line of an error's text: libraries add pages to it."""
    return str(error).splitlines()[0]


def refuse_empty(path: Path) -> None:
    """Raise a DataError for a file without a byte."""
    if path.stat().st_size == 0:
        raise DataError(f"{path}: the file is empty. Put the data there, or take its table out of sources.yaml.")


def column_names(header: Sequence[Sequence[str]]) -> tuple[list[str], tuple[str, ...]]:
    """The names of columns by the rows of a header, no two alike, and what is to be said of those made here.

    They are those of the first row. One that is blank there is called by the last one before it and its own text in the
    second row, or else by its number.

    >>> column_names([["id", "How good is", "", ""], ["", "Price", "Service", ""]])[0]
    ['id', 'How good is', 'How good is - Service', 'column_4']
    >>> column_names([["id", "sum", "sum"]])
    (['id', 'sum', 'sum_2'], ("columns with the same name are told apart: 'sum_2' is the second 'sum'",))
    """
    rows = [[" ".join(cell.split()) if "\n" in cell else cell.strip() for cell in row] for row in header]
    first, second = [row + [""] * (max(map(len, rows)) - len(row)) for row in (*rows, [])[:2]]
    names: list[str] = []
    nameless, doubles, last = [], [], ""
    for number, (title, item) in enumerate(zip(first, second, strict=True), start=1):
        last = title or last
        plain = title or (f"{last} - {item}" if item and last else item) or f"column_{number}"
        name, place = plain, 1
        while name in names or (place > 1 and name in first):
            place += 1
            name = f"{plain}_{place}"
        names.append(name)
        nameless += [repr(name)] * (not title and not item)
        doubles += [f"{name!r} is the {_ORDINALS.get(place, f'{place}th')} {plain!r}"] * (place > 1)
    notes = []
    if nameless:
        notes.append(f"columns without a name are called by their place: {_several(nameless)}")
    if doubles:
        notes.append(f"columns with the same name are told apart: {_several(doubles)}")
    return names, tuple(notes)


def title_hint(rows: Sequence[tuple[int, Sequence[str]]]) -> str:
    """Say which of the numbered first rows may hold the names, where the very first has far fewer cells than it.

    >>> title_hint([(1, ["Report", "", ""]), (2, []), (3, ["id", "at", "sum"])])
    "Row 3 has 3 cells and row 1 only 1; where the names stand there, set 'skip_rows: 2'."
    """
    counts = [(sum(map(bool, cells)), number) for number, cells in rows]
    (first, top), most = counts[0], max(counts)[0]
    if first * 3 > most * 2:
        return ""
    row = next(number for count, number in counts if count == most)
    few = f"Row {row} has {most} cells and row {top} only {first}"
    return f"{few}; where the names stand there, set 'skip_rows: {row - 1}'."


def _several(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def read_exactly(store: Store, lines: Iterable[Line], fields: tuple[Field, ...]) -> Raw:
    """Write lines into a table of the store, in batches; the count of the lines is the count of the rows."""
    scratch = f"raw_{next(_numbers)}"
    types = ", ".join(f"{field.sql} VARCHAR" for field in fields)
    store.run(f"CREATE TABLE {scratch} (row BIGINT, {types}, fault VARCHAR, fault_text VARCHAR)")
    count = 0
    for batch in _batches(lines):
        count += len(batch)
        store.register("batch", _arrow(batch, fields))
        store.run(f"INSERT INTO {scratch} SELECT * FROM batch")
        store.unregister("batch")
    return Raw(f"SELECT * FROM {scratch}", fields, rows=count, close=lambda: store.drop([scratch]))


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    iterator = iter(lines)
    while batch := list(itertools.islice(iterator, _BATCH_ROWS)):
        yield batch


def _arrow(batch: list[Line], fields: tuple[Field, ...]) -> pa.Table:
    nothing: list[Any] = [None] * len(fields)
    # An empty cell is NULL, as it is to DuckDB's own reader.
    columns = list(zip(*([cell or None for cell in line.cells] or nothing for line in batch), strict=True))
    texts = [line.text.encode("utf-8", "replace").decode() if line.fault else None for line in batch]
    return pa.table(
        {
            "row": pa.array([line.number for line in batch], pa.int64()),
            **{field.sql: pa.array(column, pa.string()) for field, column in zip(fields, columns, strict=True)},
            "fault": pa.array([line.fault or None for line in batch], pa.string()),
            "fault_text": pa.array([text and text[:_LONGEST_FAULT] for text in texts], pa.string()),
        }
    )
