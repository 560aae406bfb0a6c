"""A source as a DuckDB relation of raw cells with their row numbers, and the lines that are no rows.

A relation has the columns ``row``, ``c0``, ``c1`` ... in the source's order, ``fault`` (NULL, or which structural fault
the line has) and ``fault_text`` (that line). Nothing is lost: `Raw.rows` says how many rows the source has by a count
that does not depend on how they were read.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
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


@dataclass(frozen=True)
class Raw:
    """A source as a relation.

    `query` gives row, c0, c1 ..., fault and fault_text; `fields` are the source's columns, with their names there and
    their SQL names and types. `rows` counts the source's rows by other means than reading them (None where there are
    none). `exact` reads the source again, line by line, where the query fails or gives another number of rows; `close`
    lets go of what reading needed, once the rows are in the store.
    """

    query: str
    fields: tuple[Field, ...]
    rows: int | None = None
    exact: Callable[[], Raw] | None = None
    close: Callable[[], None] = lambda: None


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


def distinct_names(path: Path, titles: list[str]) -> list[str]:
    """Column names on one line; a nameless one is called by its number, and one that stands twice is refused."""
    titles = [" ".join(title.split()) if "\n" in title else title for title in titles]
    named = [title.strip() or f"column_{number}" for number, title in enumerate(titles, start=1)]
    for number, title in enumerate(named):
        if title in named[:number]:
            raise DataError(
                f"{path}, line 1: two columns are called {title!r}. Rename one, or give 'names' in sources.yaml."
            )
    return named


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
    columns = list(zip(*(line.cells or nothing for line in batch), strict=True))
    texts = [line.text.encode("utf-8", "replace").decode() if line.fault else None for line in batch]
    return pa.table(
        {
            "row": pa.array([line.number for line in batch], pa.int64()),
            **{field.sql: pa.array(column, pa.string()) for field, column in zip(fields, columns, strict=True)},
            "fault": pa.array([line.fault or None for line in batch], pa.string()),
            "fault_text": pa.array([text and text[:_LONGEST_FAULT] for text in texts], pa.string()),
        }
    )
