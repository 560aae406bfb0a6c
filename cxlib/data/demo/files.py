"""The company's files, as its systems export them: its own column names, dates and money as text.

Beside them the planted faults, at the end of `transactions_bad.csv`: rows that a careless export could hold. Every
faulty row breaks exactly one thing, so that what the checks find can be held against `truth.FAULTS`.

Files are written chunk by chunk into a private folder that takes its place at the end. The same seed gives the same
bytes, the workbook included: openpyxl writes the time of day into its properties and its zip file, and both are set to
a fixed one.
"""

import io
import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from cxlib.data.demo.company import benchmarks_table, draw_chunks
from cxlib.data.demo.truth import PLANTED, Fault, Truth
from cxlib.disk import file_digest, sync_folder, sync_tree
from cxlib.errors import ConfigurationError

GOOD = {"customer": "C0000001", "at": "14/09/2026 10:05", "amount": "45.00", "product": "pantry", "channel": "phone"}
HUGE = 120_000  # characters
_DATES = ("2026-09-14 10:05", "14 Sep 2026", "09/14/2026 10:05", "14.09.26")
_AMOUNTS = ("twelve", "12,50", "1.234,50", "45.00.00")
# Arabic words as an old Windows program would save them: no valid UTF-8.
_WORDS = ("خضار", "ألبان", "مخبوزات")
OFFSET = timedelta(hours=3)  # Riyadh is ahead of UTC by so much all year
EXPORTS, FILES = PLANTED["exports"], PLANTED["files"]


def fault_lines(fault: Fault, *, first_number: int = 1, original: bytes = b"") -> list[bytes]:
    """The faulty lines of one kind, without line ends, their order numbers counting from `first_number`.

    `original` is the good line that duplicates repeat; without one there are none.
    """
    if fault.kind == "duplicate id":
        return [original] * fault.rows if original else []
    make = _MAKERS[fault.kind]
    return [make(f"X{first_number + number:07d}", number) for number in range(fault.rows)]


def _line(order: str, **changed: str) -> str:
    values = {"order": order, **GOOD, **changed}.values()
    return ",".join(f'"{value}"' if "," in value else value for value in values)


def _changing(**patterns: Callable[[int], str]) -> Callable[[str, int], bytes]:
    """A maker of lines with one value changed, by the line's running number."""
    return lambda order, number: _line(order, **{name: make(number) for name, make in patterns.items()}).encode()


_MAKERS: dict[str, Callable[[str, int], bytes]] = {
    "wrong date format": _changing(at=lambda number: _DATES[number % len(_DATES)]),
    "impossible date": _changing(at=lambda number: f"{30 + number % 2}/02/2026 09:00"),
    "future date": _changing(at=lambda number: f"{number % 28 + 1:02d}/08/2099 10:05"),
    "money is not a number": _changing(amount=lambda number: _AMOUNTS[number % len(_AMOUNTS)]),
    "missing amount": _changing(amount=lambda number: ""),
    "missing customer": _changing(customer=lambda number: ""),
    "too many columns": lambda order, number: f"{_line(order)},late,entry".encode(),
    "too few columns": lambda order, number: ",".join([order, GOOD["customer"], GOOD["at"]]).encode(),
    "wrong encoding": lambda order, number: _line(order, product=_WORDS[number % len(_WORDS)]).encode("cp1256"),
    "huge cell": _changing(product=lambda number: "pantry" * (HUGE // 6)),
    "open quotation mark": lambda order, number: _line(order).replace("pantry", '"pantry').encode(),
}

BENCHMARKS, TRUTH = "benchmarks.xlsx", "truth.json"
# Orders by phone of the last days come in the file with the planted faults, all others in the plain one.
CHANNEL, LAST_DAYS = "phone", 30
MOST_ROWS = 100_000  # that are exported at once
FIXED = (2026, 1, 1, 0, 0, 0)
_TIMES = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def write_company(folder: Path | str, *, customers: int = 20_000, seed: int = 7, truth: Truth | None = None) -> Path:
    """Write the company's files, in memory that does not grow with its size, and give the folder back.

    The files appear all at once: they are written beside the folder and take its place when they are whole.
    Raises ConfigurationError: the folder holds files.
    """
    folder, truth = Path(folder), truth or Truth()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _private_folder(folder) as private:
        rows = _write_tables(private, truth, draw_chunks(customers, seed=seed, truth=truth))
        planted = plant(private / FILES["transactions_bad"], truth.faults, after_line=rows["transactions_bad"] + 1)
        rows["transactions_bad"] += sum(len(fault["lines"]) for fault in planted)
        (private / BENCHMARKS).write_bytes(workbook("benchmarks", benchmarks_table(truth)))
        record = {
            **{"customers": customers, "seed": seed, "truth": json.loads(truth.to_json()), "rows": rows},
            "planted": planted,
            "files": {path.name: [path.stat().st_size, file_digest(path)] for path in sorted(private.iterdir())},
        }
        (private / TRUTH).write_text(json.dumps(record, indent=1, ensure_ascii=False), encoding="utf-8")
        sync_tree(private)
        try:
            private.rename(folder)
        except OSError:  # the target has files
            raise ConfigurationError(f"{folder} exists. Remove it or name another folder.") from None
        sync_folder(folder.parent)
    return folder


@contextmanager
def _private_folder(folder: Path) -> Iterator[Path]:
    """A folder of our own beside the target, gone again unless it became the target."""
    private = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    private.chmod(0o755)
    try:
        yield private
    finally:
        shutil.rmtree(private, ignore_errors=True)


def _write_tables(folder: Path, truth: Truth, chunks: Iterator[dict[str, pa.Table]]) -> dict[str, int]:
    """Write all tables chunk by chunk; gives the rows of each file."""
    rows = dict.fromkeys(FILES, 0)
    writers: dict[str, Callable[[Any], object]] = {}
    with ExitStack() as stack:
        for chunk in chunks:
            with duckdb.connect(config={"threads": 1}) as con:  # it lets go of its memory only when it is closed
                for table, columns in _as_files(con, truth, chunk):
                    if table not in writers:
                        writers[table] = stack.enter_context(_opened(folder / FILES[table], columns.schema))
                    is_json = FILES[table].endswith(".jsonl")
                    writers[table](json_lines(con, columns) if is_json else columns)
                    rows[table] += len(columns)
    return rows


def _as_files(
    con: duckdb.DuckDBPyConnection, truth: Truth, chunk: dict[str, pa.Table]
) -> Iterator[tuple[str, pa.Table]]:
    """One chunk's tables by file, as the company's systems export them, in parts; each is taken out of the chunk."""
    for table in list(chunk):
        rows = chunk.pop(table)
        if table == "sessions":
            at = pc.subtract(rows["at"], pa.scalar(OFFSET, pa.duration("s")))  # in UTC, as web servers keep it
            yield table, rows.drop_columns(["day"]).set_column(2, "at", at.cast(pa.timestamp("s", "UTC")))
        elif table not in EXPORTS:
            yield table, rows
        for start in range(0, max(len(rows), 1), MOST_ROWS) if table in EXPORTS else ():
            part = rows.slice(start, MOST_ROWS)
            exported = export(con, table, part)
            if "arm" in part.column_names:
                exported = exported.append_column("arm", part["arm"])
            if table == "transactions":
                late = in_bad_file(truth, part)
                yield "transactions_bad", exported.filter(late)
                exported = exported.filter(pc.invert(late))
            yield table, exported


def export(con: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> pa.Table:
    """One table by its SQL of `EXPORTS`, in the order of its rows."""
    con.execute("CREATE MACRO IF NOT EXISTS as_money(cents) AS format('{:,.2f}', cents / 100)")
    con.execute("CREATE MACRO IF NOT EXISTS in_riyadh(at_) AS strftime(at_, '%Y-%m-%dT%H:%M:00+03:00')")
    con.register("rows", rows)
    exported = con.execute(EXPORTS[table]).to_arrow_table()
    con.unregister("rows")  # or it would be held as long as the connection
    return exported


def json_lines(con: duckdb.DuckDBPyConnection, rows: pa.Table) -> bytes:
    """A table as JSON lines; a missing value is null."""
    con.register("rows", rows)
    lines = con.execute("SELECT coalesce(string_agg(to_json(rows) || chr(10), ''), '') FROM rows").fetchone()[0]
    con.unregister("rows")
    return str(lines).encode()


def in_bad_file(truth: Truth, transactions: pa.Table) -> pa.Array:
    """Which transactions come in the file with the planted faults."""
    since = pc.greater(transactions["day"], truth.end - timedelta(days=LAST_DAYS))
    return pc.and_(since, pc.equal(transactions["channel"], CHANNEL))


def plant(path: Path, faults: tuple[Fault, ...], *, after_line: int) -> list[dict[str, Any]]:
    """Append the faulty rows to the file, whose last line so far is `after_line`; say where they stand."""
    original = _first_row(path)
    planted = []
    with path.open("ab") as file:
        for fault in faults:
            lines = fault_lines(fault, first_number=after_line, original=original)
            file.write(b"".join(line + b"\n" for line in lines))
            numbers = list(range(after_line + 1, after_line + 1 + len(lines)))
            planted.append({"kind": fault.kind, "column": fault.column, "lines": numbers})
            after_line += len(lines)
    return planted


def _first_row(path: Path) -> bytes:
    """The line after the header, empty where there is none."""
    with path.open("rb") as file:
        file.readline()
        return file.readline().rstrip(b"\n")


def workbook(title: str, table: pa.Table) -> bytes:
    """An Excel file with one sheet, the column names in its first row."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in (table.column_names, *(row.values() for row in table.to_pylist())):
        sheet.append(list(row))
    content, fixed = io.BytesIO(), io.BytesIO()
    book.save(content)
    with zipfile.ZipFile(content) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = _TIMES.sub(b"2026-01-01T00:00:00Z", part)
            new.writestr(zipfile.ZipInfo(name, FIXED), part, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()


@contextmanager
def _opened(path: Path, schema: pa.Schema) -> Iterator[Callable[[Any], object]]:
    """What appends to the file, in the format of its name: lines of JSON, or a table."""
    with path.open("wb") as file:
        if path.suffix == ".jsonl":
            yield file.write
            return
        make = pyarrow.csv.CSVWriter if path.suffix == ".csv" else pyarrow.parquet.ParquetWriter
        with make(file, schema) as writer:
            yield writer.write
