"""What a file is: its format, encoding, delimiter and header, its sheets or tables, and a sample of its rows.

A sample is read by the reader that `cx check` uses, from rows spread over the file, so that what is guessed here is
what will be read later. Nothing here knows canonical tables.
"""

import contextlib
import csv
import io
import itertools
import os
import re
import statistics
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from cxlib.data.casts import quote
from cxlib.data.connect import Store
from cxlib.data.mapping import Field
from cxlib.data.reading.chats import is_chat
from cxlib.data.reading.formats import FORMATS, FileFormat
from cxlib.data.reading.raw import (
    Line,
    Raw,
    column_names,
    first_line,
    is_gzip,
    read_exactly,
    refuse_empty,
    text_fields,
    unpacked,
)
from cxlib.data.recipes import matching_recipe
from cxlib.data.sources import TableSource
from cxlib.errors import ConfigurationError, DataError

SAMPLE_ROWS = 10_000
_HEAD_BYTES, _BLOCK_BYTES, _BLOCKS = 1_000_000, 40_000, 50
_HEAD_ROWS, _MOST_TITLE_ROWS, _MOST_FILES = 200, 40, 500
_FEW_ZEROS = 0.1  # share of bytes
_WIDE, _FEW_LINES = 4_000, 20  # characters of a line
_numbers = itertools.count()
_STARTS = {b"PAR1": "parquet", b"PK\x03\x04": "excel"}
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"  # of Excel before 2007, and of any workbook with a password
_WESTERN = set("äöüßÄÖÜéèêëàâáãçñóôõòíìîïúùûæøåœÉÈÀÇÑÓÍÚÅØ€£°–—‘’“”…«»\xa0©®™·§")


@dataclass(frozen=True)
class Guess:
    """A setting: what it was guessed to be, whether that is sure, what it rests on, and what else it could be."""

    key: str
    value: Any
    sure: bool
    evidence: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """A table of a file: a text file, a sheet, or a table of a database; `title` is what it is called there.

    `settings` are those of its source in `sources.yaml`; `header` holds the first row of the header. `sample` is a
    table of the store with `rows` rows of it, `whole` tells that these are all.
    """

    path: Path
    title: str
    settings: Mapping[str, Any]
    guesses: tuple[Guess, ...] = ()
    header: tuple[str, ...] = ()
    fields: tuple[Field, ...] = field(default=(), repr=False)
    sample: str = ""
    rows: int = 0
    whole: bool = True

    @property
    def label(self) -> str:
        """What a person calls it."""
        inside = self.settings.get("sheet") or self.settings.get("table")
        return f"{self.path.name} ({inside})" if inside else self.path.name


def find_parts(store: Store, names: Sequence[str], notes: list[str]) -> list[Part]:
    """Every table in files, folders and DuckDB files; what is left out of a folder or a workbook is noted.

    Raises ConfigurationError: a name is the address of a server. Raises DataError: a file that was named is missing or
    cannot be read, or there is no table at all.
    """
    parts: list[Part] = []
    for path, is_named in _files(names, notes):
        try:
            parts += _parts(store, path, notes)
        except (DataError, EOFError, OSError, zlib.error) as error:
            fault = error if isinstance(error, DataError) else DataError(f"{path}: cannot be read ({error}).")
            if is_named:
                raise fault from None
            notes.append(f"{fault} It is left out.")
    if not parts:
        raise DataError("\n  ".join([f"There is no table in {', '.join(names)}.", *notes]))
    return parts


def _files(names: Iterable[str], notes: list[str]) -> Iterator[tuple[Path, bool]]:
    """The files, and whether each was named itself."""
    known = {suffix for one in FORMATS.values() for suffix in one.suffixes}
    for name in dict.fromkeys(names):
        plain = name.removeprefix("duckdb:///")
        path = Path(plain if Path(plain).exists() else os.path.expanduser(plain)).absolute()  # noqa: PTH111  # no error
        _refuse_address(plain)
        if not path.exists():
            raise DataError(f"{path}: there is no such file or folder. Correct its name.")
        inside = [file for file in sorted(path.rglob("*")) if file.is_file()] if path.is_dir() else []
        # Hidden files, and those that mark a workbook that is open, are no data.
        inside = [file for file in inside if not any(p.startswith((".", "~")) for p in file.relative_to(path).parts)]
        if len(inside) > _MOST_FILES:
            raise DataError(
                f"{path}: it holds {len(inside):,} files, more than {_MOST_FILES}. Name those that are meant."
            )
        for file in inside:
            if _suffix(file) in known:
                yield file, False
            else:
                notes.append(f"{file.name}: left out, its suffix is none of {', '.join(sorted(known))}.")
        if not path.is_dir():
            yield path, True


def _refuse_address(name: str) -> None:
    """Refuse the address of a server, without what it says of a password."""
    place = re.split("[?;]", name.rpartition("@")[-1])[0]
    if re.match(r"(https?|s3|gs|ftp|sftp|abfss?)://", name):
        raise ConfigurationError(f"{place}: only files on this machine are read. Download it, and name the file.")
    is_settings = re.search(r"(?i)\b(server|host|data source|dbname)\s*=", name)
    if "://" in name or name.startswith("jdbc:") or is_settings:
        raise ConfigurationError(
            f"{'these settings' if is_settings else place}: a database on a server is not read yet, of databases only "
            "DuckDB files are. Export each table that you need to a file with its names of columns in the first line "
            "(psql: \\copy orders to 'orders.csv' csv header), and name the files: cx init NAME orders.csv"
        )


def _suffix(path: Path) -> str:
    return Path(path.name.lower().removesuffix(".gz")).suffix


def _parts(store: Store, path: Path, notes: list[str]) -> Iterator[Part]:
    refuse_empty(path)
    kind = _format(path)
    draft = Part(path, path.stem, {} if _suffix(path) in FORMATS[kind].suffixes else {"format": kind})
    if kind == "excel":
        yield from _sheets(store, draft, notes)
    elif kind == "duckdb":
        for title in _tables(path):
            yield _read(store, replace(draft, title=title, settings={**draft.settings, "table": title}), FORMATS[kind])
    else:
        yield _read(store, _laid_out(store, draft) if kind == "csv" else draft, FORMATS[kind])


def _format(path: Path) -> str:
    """The format that the bytes of a file tell; the suffix decides only where they do not."""
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith(_OLD_EXCEL):
        raise DataError(
            f"{path}: this workbook has a password, or is of Excel before 2007. Open it in Excel and save it as .xlsx "
            "without a password."
        )
    by_suffix = next((name for name, one in FORMATS.items() if _suffix(path) in one.suffixes), "")
    by_bytes = "duckdb" if start[8:12] == b"DUCK" else _STARTS.get(start[:4], "")
    if by_bytes or by_suffix not in ("", "csv", "jsonl"):
        return by_bytes or by_suffix
    if is_gzip(start):
        with unpacked(path) as packed:
            start = packed.read(4096)
    if b"\x00" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        _refuse_zeros(path, start)
    if is_chat(start.decode("utf-8", errors="replace")):
        return "whatsapp"
    return "jsonl" if re.match(rb'(\xef\xbb\xbf)?\s*\[?\s*\{\s*"', start) else "csv"


def _refuse_zeros(path: Path, start: bytes) -> None:
    """Refuse a file with bytes of zero, and say what it seems to be."""
    share = start.count(b"\x00") / len(start)
    if share < _FEW_ZEROS:
        line = start[: start.index(b"\x00")].count(b"\n") + 1
        raise DataError(
            f"{path}: line {line} holds a byte of zero, which is no text. Export the file anew, or remove such bytes: "
            f"tr -d '\\000' < {path.name} > clean.csv"
        )
    if max(start[0::2].count(b"\x00"), start[1::2].count(b"\x00")) > 0.9 * len(start) / 2 and share < 0.6:
        raise DataError(f"{path}: this seems to be UTF-16 without its mark. Save it as UTF-8.")
    raise DataError(f"{path}: this is no table but a picture, a document or a program's file. Name a table.")


def _tables(path: Path) -> list[str]:
    """The tables of a DuckDB file, as `table` names them."""
    listing = "SELECT if(table_schema = 'main', '', table_schema || '.') || table_name FROM information_schema.tables"
    try:
        with duckdb.connect(str(path), read_only=True) as con:
            return [title for (title,) in con.execute(f"{listing} ORDER BY 1").fetchall()]
    except duckdb.Error as error:
        raise DataError(f"{path}: this is no DuckDB file that can be opened ({first_line(error)}).") from None


def _read(store: Store, draft: Part, kind: FileFormat) -> Part:
    """A part that the reader of its format reads; of a long text file, a copy of rows spread over it."""
    source, copy, whole = TableSource(path=str(draft.path), **draft.settings), draft.path, True
    if kind in (FORMATS["csv"], FORMATS["jsonl"]):
        copy = store.folder / f"sample{'.tsv' if '.tsv' in draft.path.name.lower() else '.csv'}"
        whole = _spread(draft.path, copy, source.encoding)
    try:
        raw: Raw = kind.load_reader()(store, copy, source)
        try:
            return _sampled(store, draft, raw, whole=whole)
        except duckdb.InvalidInputException:
            if raw.exact is None:
                raise
            return _sampled(store, draft, raw.exact(), whole=whole)
    except DataError as error:
        raise DataError(str(error).replace(str(copy), str(draft.path))) from None
    except (duckdb.Error, UnicodeError) as error:
        raise DataError(f"{draft.path}: cannot be read ({first_line(error)}).") from None


def _sampled(store: Store, draft: Part, raw: Raw, *, whole: bool) -> Part:
    """The part with a sample of its rows in the store."""
    sample = f"part_{next(_numbers)}"
    few = f"USING SAMPLE reservoir({SAMPLE_ROWS} ROWS) REPEATABLE (7)"
    store.run(f"CREATE TABLE {sample} AS SELECT * FROM ({raw.query}) WHERE fault IS NULL {few}")
    raw.close()
    rows = int(store.value(f"SELECT count(*) FROM {sample}"))
    if not rows and raw.exact is not None:  # DuckDB sees no row where a name holds another end of line than the rows
        return _sampled(store, draft, raw.exact(), whole=whole)
    if not rows:
        raise DataError(f"{draft.path}: {draft.title!r} has names of columns but no row. Put the data there.")
    header = draft.header or tuple(one.name for one in raw.fields)
    fields = {one.sql: one for one in raw.fields}  # the last of two names of a column, its question
    if matching_recipe(header):
        fields |= {one.sql: one for one in raw.fields[::-1]}
    return replace(
        draft,
        fields=tuple(fields.values()),
        sample=sample,
        rows=rows,
        whole=whole and rows < SAMPLE_ROWS,
        header=header,
    )


def _spread(path: Path, copy: Path, encoding: str) -> bool:
    """Copy the head of a text file and lines spread over the rest of it; whether that is the whole file."""
    size = path.stat().st_size
    with unpacked(path) as file, copy.open("wb") as out:
        head = file.read(_HEAD_BYTES)
        out.write(head + file.readline())
        if len(head) == _HEAD_BYTES and isinstance(file, io.BufferedReader) and "16" not in encoding:
            step = max((size - _HEAD_BYTES) // _BLOCKS, 2 * _BLOCK_BYTES)
            last = max(size - _BLOCK_BYTES, _HEAD_BYTES)
            for start in sorted({*range(2 * _HEAD_BYTES, last - step, step), last}):
                file.seek(start)
                file.readline()
                out.write(file.read(_BLOCK_BYTES) + file.readline())
        return len(head) < _HEAD_BYTES


def _laid_out(store: Store, draft: Part) -> Part:
    """A text file with its encoding, its delimiter and where its header stands."""
    with unpacked(draft.path) as file:
        head = file.read(_HEAD_BYTES)
    encoding, guesses = _encoding(head)
    text = head.decode(encoding, errors="replace").removeprefix("\ufeff")
    if not text.strip():
        raise DataError(f"{draft.path}: the file holds nothing but blanks. Put the data there.")
    delimiter = _delimiter(store, text)
    settings = dict(draft.settings)
    if encoding not in ("utf-8", "utf-8-sig"):
        settings["encoding"] = encoding
    if delimiter != ("\t" if ".tsv" in draft.path.name.lower() else ","):
        settings["delimiter"] = delimiter
        guesses.append(Guess("delimiter", delimiter, True, "it cuts the lines into the same number of cells"))
    rows, ends = list[list[str]](), [0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter if len(delimiter) == 1 else " ")
    with contextlib.suppress(csv.Error, StopIteration):
        while len(rows) < _HEAD_ROWS:
            rows.append([cell.strip() for cell in next(reader) if cell or len(delimiter) == 1])
            ends.append(reader.line_num)
    if max(map(len, rows)) < 2:
        raise DataError(f"{draft.path}: its lines are not cut into cells, so this is no table.")
    return _with_header(replace(draft, settings=settings, guesses=tuple(guesses)), rows, ends)


def _encoding(head: bytes) -> tuple[str, list[Guess]]:
    """How a text is written: UTF-8 where it can be, else in the letters of Windows that its bytes make."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if head.startswith(mark):
            return name, []
    with contextlib.suppress(UnicodeDecodeError):
        head[: head.rfind(b"\n") + 1 or None].decode("utf-8")
        return "utf-8", []
    high = sum(byte > 0x7F for byte in head)
    arabic = sum(len(run) for run in re.findall(rb"[\xc0-\xff]{2,}", head)) > high / 2
    name = "cp1256" if arabic else "cp1252"
    letters = {letter for letter in head.decode(name, errors="replace") if ord(letter) > 0x7F}
    sure = all("\u0600" <= letter <= "\u06ff" or letter in _WESTERN for letter in letters)
    evidence = f"{high:,} bytes are not UTF-8; so they are {'Arabic' if arabic else 'Western'} letters"
    return name, [Guess("encoding", name, sure, evidence, () if sure else ("cp1250", "cp1252", "cp1256"))]


def _delimiter(store: Store, text: str) -> str:
    """What DuckDB's sniffer takes for it; where that finds one column or fails, what stands in most lines."""
    lines = [line for line in text.splitlines()[:2_000] if line.strip()]
    file = store.folder / "head.csv"
    with contextlib.suppress(duckdb.Error):
        lines = lines[:_FEW_LINES] if len(lines[0]) > _WIDE else lines  # its sniffer takes its time over each column
        file.write_text("\n".join(lines[:-1] or lines), encoding="utf-8")
        sniffed = f"SELECT Delimiter FROM sniff_csv({quote(str(file))}, all_varchar = true) WHERE len(Columns) > 1"
        if (rows := store.rows(sniffed)) and rows[0][0] in {",", ";", "\t", "|"}:
            return str(rows[0][0])
    counts = {
        one: statistics.median(len(next(csv.reader([line], delimiter=one), [])) for line in lines) for one in ",;\t|^~"
    }
    best = max(counts, key=lambda one: counts[one])
    widths = [len(line.split()) for line in lines]
    numbers = all(is_value(word) for line in lines[:20] for word in line.split())
    return "whitespace" if counts[best] < 2 and min(widths) == max(widths) > 1 and numbers else best


def is_value(cell: str) -> bool:
    """Whether a cell looks like a number or a date, and not like a word."""
    if not next((one for one in cell if one.isalnum()), "").isdigit():
        return False
    letters = [one for one in cell if one.isalnum()]
    return 2 * sum(map(str.isdigit, letters)) >= len(letters)


def _with_header(draft: Part, rows: Sequence[Sequence[str]], ends: Sequence[int]) -> Part:
    """The part with where its header stands, and of how many rows: `ends` are the lines before each row."""
    filled = [sum(map(bool, row)) for row in rows]
    width = statistics.median([count for count in filled if count][-150:])
    start = next((n for n, count in enumerate(filled) if count >= max(0.6 * width, min(2, width))), 0)
    places = [n for n, cell in enumerate(rows[start - 1]) if cell] if start else []
    alike = len({*rows[start]}) < len(rows[start])  # names of groups of columns stand above their own
    groups = alike and len(places) > 1 and places[-1] >= len(places)
    start -= groups
    below = [row for row in rows[start + 1 :] if any(row)]
    typed = _typed(below[3:] or below[-1:], len(rows[start + groups]))
    settings, guesses = dict(draft.settings), list(draft.guesses)
    if start:
        settings["skip_rows"] = ends[start]
        guesses.append(Guess("skip_rows", ends[start], True, "titles and blanks stand above the names of the columns"))
    if typed and sum(is_value(rows[start + groups][n]) for n in typed) > len(typed) / 2:
        names = [f"column_{n}" for n in range(1, len(rows[start]) + 1)]
        guesses.append(Guess("header", False, True, "the first row holds values and no names"))
        settings |= {"header": False, "names": names}
        return replace(draft, settings=settings, guesses=tuple(guesses), header=tuple(names))
    headers = 1 + groups
    while headers < 3 and len(below) > headers + 1 and _continues(below[headers - 1], typed):
        headers += 1
    if headers > 1:
        settings["header"] = headers
        evidence = f"{headers} rows hold words where numbers or dates follow"
        guesses.append(Guess("header", headers, len(typed) > 1, evidence, ("true",)))
    return replace(draft, settings=settings, guesses=tuple(guesses), header=tuple(rows[start]))


def _typed(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """The columns of which nearly all cells are values."""
    cells = {n: [is_value(row[n]) for row in rows if len(row) > n and row[n]] for n in range(width)}
    return [n for n, values in cells.items() if values and sum(values) >= 0.8 * len(values)]


def _continues(row: Sequence[str], typed: Sequence[int]) -> bool:
    """Whether a row below the first row of the header belongs to it as well."""
    cells = [row[n] for n in typed if n < len(row) and row[n]]
    return bool(cells) and not any(map(is_value, cells))


def _sheets(store: Store, draft: Part, notes: list[str]) -> Iterator[Part]:
    """The sheets of a workbook that hold a table."""
    from openpyxl import load_workbook

    from cxlib.data.reading.readers import sheet_lines

    path = draft.path
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises whatever zip, XML and its own parsers raise
        raise DataError(f"{path}: this is no Excel file that can be read ({error}).") from None
    if path.with_name(f"~${path.name}").exists():
        notes.append(f"{path.name} is open in Excel: what is not saved yet is not read.")
    with contextlib.closing(book):
        for sheet in book.worksheets:
            lines = [[cell.strip() for cell in cells] for cells in sheet_lines(sheet, SAMPLE_ROWS)]
            if sheet.sheet_state != "visible" or sum(any(line) for line in lines[:_HEAD_ROWS]) < 2:
                notes.append(f"{path.name}: the sheet {sheet.title!r} is hidden or holds no table, and is left out.")
                continue
            own = {"sheet": sheet.title} if len(book.worksheets) > 1 else {}
            part = replace(draft, title=sheet.title, settings={**draft.settings, **own})
            part = _with_header(part, lines[:_HEAD_ROWS], range(_HEAD_ROWS))
            first = part.settings.get("skip_rows", 0)
            body = first + int(part.settings.get("header", 1))
            names = part.settings.get("names") or column_names(lines[first:body])[0]
            rows = ((line + [""] * len(names))[: len(names)] for line in lines[body:] if any(line))
            raw = read_exactly(store, (Line(n, cells) for n, cells in enumerate(rows, 1)), text_fields(names))
            yield _sampled(store, part, raw, whole=len(lines) < SAMPLE_ROWS)
