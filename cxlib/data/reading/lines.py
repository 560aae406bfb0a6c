"""The exact reader of delimited text: line by line, with the fault of every line that is not a row.

DuckDB reads files without faults faster, but its line numbers and what it makes of a malformed file are not to be
relied on; `text_files` comes here whenever DuckDB refuses a file or has not found one row a line. Nothing here guesses:
a line is a row with the declared number of cells, or a fault with its number and its text.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple, TextIO, cast

from cxlib.errors import DataError

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
