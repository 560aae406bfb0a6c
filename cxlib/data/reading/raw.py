"""A source as a DuckDB relation of raw cells with their row numbers, and the lines that are no rows.

A relation has the columns ``row``, ``c0``, ``c1`` ... in the source's order, ``fault`` (NULL, or which structural fault
the line has) and ``fault_text`` (that line). Nothing is lost: `Raw.rows` says how many rows the source has by a count
that does not depend on how they were read.

Delimited text has an exact reader beside DuckDB's (`read_lines`): line by line, with the fault of every line that is
not a row. DuckDB reads files without faults faster, but its line numbers and what it makes of a malformed file are not
to be relied on; `readers` comes here whenever DuckDB refuses a file or has not found one row a line. Nothing here
guesses: a line is a row with the declared number of cells, or a fault with its number and its text.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, NamedTuple, TextIO, cast

import pyarrow as pa

from cxlib.data.casts import is_blank
from cxlib.data.connect import Store
from cxlib.data.mapping import Field
from cxlib.errors import ConfigurationError, DataError, nearest

_PACKED = {b"PK\x03\x04": "zip (or Excel)", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
LONGEST_CELL = 100_000
LONGEST_LINE = 1_000_000
_LONGEST_HEADER = 100  # lines


class Line(NamedTuple):
    """A row of a file, or a fault.

    `number` is its (first) line in the file, from 1. With a `fault` (too_few, too_many, encoding, quote or too_long)
    there are no `cells`, but the `text` of the line as it stands in the file.
    """

    number: int
    cells: list[str]
    fault: str = ""
    text: str = ""


@dataclass(frozen=True)
class Layout:
    """How a delimited file is written: `delimiter` is one character, "whitespace", or "" for one cell a line."""

    delimiter: str
    encoding: str
    columns: int


def read_lines(path: Path, layout: Layout, *, skip: int = 0) -> Iterator[Line]:
    r"""Every line of a delimited text file that is not blank, as a row or a fault; the first `skip` are no rows.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.csv"
    >>> _ = path.write_text("id,amount\n1,2\n3\n")
    >>> [(line.number, line.cells, line.fault) for line in read_lines(path, Layout(",", "utf-8", 2), skip=1)]
    [(2, ['1', '2'], ''), (3, [], 'too_few')]
    """
    with io.TextIOWrapper(unpacked(path), layout.encoding, errors="surrogateescape", newline="") as file:
        source = _Source(file)
        for _ in range(skip):
            source.take()
        while (line := source.take()) is not None:
            if line.isspace() and (len(layout.delimiter) != 1 or layout.delimiter not in line):
                continue
            yield _read(line, source, layout)


def unpacked(path: Path) -> IO[bytes]:
    """The bytes of a text file, those of a gzip file as they were before it was packed."""
    with path.open("rb") as file:
        start = file.read(8)
    for mark, packer in _PACKED.items():
        if start.startswith(mark):
            raise DataError(f"{path}: this is not text but {packer}. Unpack it, or set its 'format' in sources.yaml.")
    return cast("IO[bytes]", gzip.open(path)) if is_gzip(start) else path.open("rb")


def is_gzip(start: bytes) -> bool:
    """Whether a file that begins so is packed by gzip."""
    return start.startswith(b"\x1f\x8b")


def first_records(path: Path, layout: Layout, *, skip: int, count: int) -> list[tuple[str, list[str], int]]:
    """The first records of a text file after `skip` lines: the first line of each, its cells, how many lines it has.

    A quoted name may hold line breaks. Unreadable bytes become question marks.
    """
    with io.TextIOWrapper(unpacked(path), layout.encoding, errors="replace", newline="") as file:
        for _ in range(skip):
            file.readline(LONGEST_LINE)
        return [_record(file, layout) for _ in range(count)]


def _record(file: TextIO, layout: Layout) -> tuple[str, list[str], int]:
    lines = [file.readline(LONGEST_LINE).removeprefix("\ufeff")]
    if layout.delimiter == "whitespace":
        return lines[0], lines[0].split(), 1
    start = file.tell()
    cells, fault = _split(lines[0], layout.delimiter[:1])
    while fault == "open" and len(lines) < _LONGEST_HEADER:
        lines.append(file.readline(LONGEST_LINE))
        cells, fault = _split("".join(lines), layout.delimiter[:1])
    if fault:
        file.seek(start)
        lines, cells = lines[:1], lines[0].rstrip("\r\n").split(layout.delimiter[:1])
    return lines[0].rstrip("\r\n"), cells, len(lines)


class _Source:
    """Physical lines with their numbers; lines can be put back."""

    def __init__(self, file: TextIO) -> None:
        self.number = 0
        self._file = file
        self._waiting: list[str] = []

    def take(self) -> str | None:
        """The next line, at most one character longer than the longest allowed; None at the end."""
        line = self._waiting.pop() if self._waiting else self._next()
        if line is not None:
            self.number += 1
        return line

    def put_back(self, lines: list[str]) -> None:
        self._waiting.extend(reversed(lines))
        self.number -= len(lines)

    def _next(self) -> str | None:
        line = self._file.readline(LONGEST_LINE + 1)
        rest = line
        while len(rest) > LONGEST_LINE and not rest.endswith(("\n", "\r")):
            rest = self._file.readline(LONGEST_LINE + 1)  # the rest of an endless line is not kept
        return line or None


def _read(line: str, source: _Source, layout: Layout) -> Line:
    number = source.number
    fault = _fault_of_text(line)
    cells: list[str] = []
    if not fault and layout.delimiter == "whitespace":
        cells = line.split()
    elif not fault and not layout.delimiter:
        cells = [line.rstrip("\r\n")]
    elif not fault and '"' not in line:
        cells = line.rstrip("\r\n").split(layout.delimiter)
    elif not fault:
        cells, fault = _quoted(line, source, layout)
    fault = fault or _fault_of_cells(cells, layout.columns)
    return Line(number, [], fault, line.rstrip("\r\n")) if fault else Line(number, cells)


def _fault_of_text(line: str) -> str:
    if len(line) > LONGEST_LINE:
        return "too_long"
    if line.isascii():
        return ""
    return "encoding" if any("\ud800" <= character <= "\udfff" for character in line) else ""


def _fault_of_cells(cells: list[str], columns: int) -> str:
    if len(cells) != columns:
        return "too_few" if len(cells) < columns else "too_many"
    return "too_long" if any(len(cell) > LONGEST_CELL for cell in cells) else ""


def _quoted(line: str, source: _Source, layout: Layout) -> tuple[list[str], str]:
    """The cells of a row in which a quotation mark stands, with the lines that it goes on over, and its fault.

    Lines that were looked at in vain are put back: one missing mark spoils one line, not the rest of the file.
    """
    taken: list[str] = []
    cells, fault = _split(line, layout.delimiter)
    while fault == "open":
        if not _take_to_next_quote(source, taken):
            fault = "quote"
            break
        cells, fault = _split(line + "".join(taken), layout.delimiter)
    if taken and (fault or len(cells) != layout.columns):
        source.put_back(taken)
        return [], fault or "quote"
    return cells, fault


def _take_to_next_quote(source: _Source, taken: list[str]) -> bool:
    """Take lines up to the next one with a quotation mark: no other line can end a cell."""
    size = sum(map(len, taken))
    while size <= LONGEST_LINE and (line := source.take()) is not None:
        taken.append(line)
        size += len(line)
        if _fault_of_text(line):
            return False
        if '"' in line:
            return True
    return False


def _split(text: str, delimiter: str) -> tuple[list[str], str]:
    """The cells of a text, and "open" where a quotation mark is not closed yet, or a fault."""
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True)), ""
    except csv.Error as error:
        if "unexpected end" in str(error):
            return [], "open"
        return [], "too_long" if "field limit" in str(error) else "quote"


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
        notes.append(f"columns without a name are called by their place: {several(nameless)}")
    if doubles:
        notes.append(f"columns with the same name are told apart: {several(doubles)}")
    return names, tuple(notes)


def title_hint(rows: Sequence[tuple[int, Sequence[str]]]) -> str:
    """Say which of the numbered first rows may hold the names, where the very first has far fewer cells than it."""
    counts = [(sum(map(bool, cells)), number) for number, cells in rows]
    (first, top), most = counts[0], max(counts)[0]
    if first * 3 > most * 2:
        return ""
    row = next(number for count, number in counts if count == most)
    few = f"Row {row} has {most} cells and row {top} only {first}"
    return f"{few}; where the names stand there, set 'skip_rows: {row - 1}'."


def several(names: Sequence[str]) -> str:
    """The first names of a list, and how many more there are."""
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


def filled_down(raw: Raw, titles: Sequence[str], label: str) -> Raw:
    """The source with blank cells of these columns filled from the last row above that has one; no row is lost.

    A row that has a cell of one named earlier begins anew for those after it, and nothing is taken from across a line
    that cannot be read: such cells stay blank. Raises ConfigurationError: there is no such column.
    """
    fields = {one.name: one for one in raw.fields}
    if strange := [one for one in titles if one not in fields]:
        names = nearest(strange[0], list(fields))
        raise ConfigurationError(f"{label}: fill_down: there is no column {strange[0]!r}. {names}")
    chosen = [fields[one] for one in titles]
    again = raw.exact
    exact = (lambda: filled_down(again(), titles, label)) if again else None
    query = filling([(one.sql, one.type) for one in chosen], f"({raw.query})")
    note = f"blank cells of {', '.join(titles)} are filled from the row above, as 'fill_down' says"
    return replace(raw, query=query, exact=exact, notes=(*raw.notes, note))


def filling(columns: Sequence[tuple[str, str]], rows: str) -> str:
    """SQL of rows (a relation with `row` and `fault`) with the blank cells of columns (SQL, type) filled."""
    has = [f"(fault IS NULL AND NOT {is_blank(sql, kind)})" for sql, kind in columns]
    starts = [" OR ".join(["fault IS NOT NULL", *has[: n + 1]]) for n in range(len(has))]
    above = "OVER (ORDER BY row ROWS UNBOUNDED PRECEDING)"
    groups = ", ".join(f"count(*) FILTER ({start}) {above} AS group_{n}" for n, start in enumerate(starts))
    cells = ", ".join(
        f"max(CASE WHEN {one} THEN {sql} END) OVER (PARTITION BY group_{n}) AS {sql}"
        for n, (one, (sql, _)) in enumerate(zip(has, columns, strict=True))
    )
    drop = ", ".join(f"group_{n}" for n in range(len(has)))
    return f"SELECT * EXCLUDE ({drop}) REPLACE ({cells}) FROM (SELECT *, {groups} FROM {rows}) ORDER BY row"
