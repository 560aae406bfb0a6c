"""The company's files, written chunk by chunk into a private folder that takes its place at the end.

One of them, `transactions_bad.csv`, ends in the planted faults. The same seed gives the same bytes, the workbook
included: openpyxl writes the time of day into its properties and its zip file, and both are set to a fixed one.

The tables in the form that the company's systems export: its own column names, dates and money as text.

Beside them the planted faults: rows that a careless export could hold. Every faulty row breaks exactly one thing, so
that what the checks find can be held against `truth.FAULTS`.

Text is put together from small tables of words (days, minutes, whole amounts) by Arrow: about ten times faster than
formatting each value.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from cxlib.data.demo.blocks import MINUTES
from cxlib.data.demo.company import benchmarks_table, draw_chunks
from cxlib.data.demo.truth import Fault, Truth
from cxlib.disk import sync_file, sync_folder
from cxlib.errors import ConfigurationError

HEADER = ("Order No", "Customer", "Placed at", "Amount (SAR)", "Product", "Channel")
GOOD = {"customer": "C0000001", "at": "14/09/2026 10:05", "amount": "45.00", "product": "pantry", "channel": "phone"}
HUGE = 120_000  # characters
_DATES = ("2026-09-14 10:05", "14 Sep 2026", "09/14/2026 10:05", "14.09.26")
_AMOUNTS = ("twelve", "12,50", "1.234,50", "45.00.00")
# Arabic words as an old Windows program would save them: no valid UTF-8.
_WORDS = ("خضار", "ألبان", "مخبوزات")
Export = Callable[[Truth, pa.Table], pa.Table]
OFFSET_MINUTES = 180  # Riyadh is three hours ahead of UTC all year


def customers(truth: Truth, table: pa.Table) -> pa.Table:
    """Money as text; the rest as it is."""
    cost = "acquisition_cost_cents"
    return _with(table, cost, money_text(table[cost]), name="acquisition_cost")


def transactions(truth: Truth, table: pa.Table) -> pa.Table:
    """The shop's own headings, DD/MM/YYYY HH:MM, amounts such as 1,234.50."""
    at = instant_text(truth, table["at"], "%d/%m/%Y", " ")
    first, last = table.select(["transaction_id", "customer_id"]), table.select(["product", "channel"])
    columns = [*first.columns, at, money_text(table["amount_cents"]), *last.columns]
    return pa.table(columns, names=list(HEADER))


def order_lines(truth: Truth, table: pa.Table) -> pa.Table:
    """YYYY-MM-DD HH:MM, amounts as text."""
    table = _with(table, "at", instant_text(truth, table["at"], "%Y-%m-%d", " ")).drop_columns(["day"])
    return _with(table, "amount_cents", money_text(table["amount_cents"]), name="amount")


def memberships(truth: Truth, table: pa.Table) -> pa.Table:
    """DD/MM/YYYY, prices as text."""
    for column in ("started_on", "ended_on"):
        table = _with(table, column, day_text(truth, table[column], "%d/%m/%Y"))
    return _with(table, "price_cents", money_text(table["price_cents"]), name="price")


def surveys(truth: Truth, table: pa.Table) -> pa.Table:
    """YYYY-MM-DD HH:MM; everything else as it is, the code for "not applicable" included."""
    at = instant_text(truth, table["at"], "%Y-%m-%d", " ")
    return _with(table, "at", at).drop_columns(["day"])


def tickets(truth: Truth, table: pa.Table) -> pa.Table:
    """ISO 8601 with the offset of Riyadh."""
    return _with_iso(truth, table, ("opened_at", "first_response_at", "closed_at"), suffix="+03:00")


def messages(truth: Truth, table: pa.Table) -> pa.Table:
    """ISO 8601 in local time."""
    return _with_iso(truth, table, ("sent_at", "opened_at"))


def sessions(truth: Truth, table: pa.Table) -> pa.Table:
    """Instants in UTC, as web servers keep them."""
    local = table["at"].cast(pa.int64()).to_numpy()
    at = pa.array(local - OFFSET_MINUTES * 60).cast(pa.timestamp("s", tz="UTC"))
    return _with(table, "at", at).drop_columns(["day"])


def _with(table: pa.Table, column: str, values: pa.Array, *, name: str = "") -> pa.Table:
    """The table with other values in a column, under another name where one is given."""
    return table.set_column(table.schema.get_field_index(column), name or column, values)


def _with_iso(truth: Truth, table: pa.Table, names: tuple[str, ...], suffix: str = "") -> pa.Table:
    for name in names:
        text = instant_text(truth, table[name], "%Y-%m-%d", "T", suffix=f":00{suffix}")
        table = _with(table, name, text)
    return table.drop_columns(["day"])


def instant_text(truth: Truth, values: pa.ChunkedArray, pattern: str, between: str, *, suffix: str = "") -> pa.Array:
    """Local instants as text: the day by `pattern`, then hours and minutes."""
    values = values.combine_chunks()
    minutes = pc.fill_null(values.cast(pa.int64()), 0).to_numpy(zero_copy_only=False) // 60
    start = np.datetime64(truth.start, "D").astype(np.int64)
    mask = values.is_null().to_numpy(zero_copy_only=False)
    day = pa.array(np.where(mask, 0, minutes // MINUTES - start), mask=mask)
    return pc.binary_join_element_wise(
        pc.take(_days(truth, pattern), day), pc.take(_minutes(suffix), pa.array(minutes % MINUTES)), between
    )


def day_text(truth: Truth, values: pa.ChunkedArray, pattern: str) -> pa.Array:
    """Dates as text."""
    start = int(np.datetime64(truth.start, "D").astype(np.int64))
    return pc.take(_days(truth, pattern), pc.subtract(values.combine_chunks().cast(pa.int32()), start))


def money_text(cents: pa.ChunkedArray) -> pa.Array:
    """Cents as text in units, with thousands separators: -123450 is -1,234.50."""
    values = cents.to_numpy()
    units, hundredths = np.divmod(np.abs(values), 100)
    thousands, units = np.divmod(units, 1_000)
    below_thousand = [str(unit) for unit in range(1_000)] + [f"{unit:03d}" for unit in range(1_000)]
    parts = (
        (["", "-"], values < 0),
        (["", *(f"{thousand:,}," for thousand in range(1, int(thousands.max(initial=0)) + 1))], thousands),
        (below_thousand, units + 1_000 * (thousands > 0)),
        ([f".{cent:02d}" for cent in range(100)], hundredths),
    )
    words = [pc.take(pa.array(table), pa.array(place.astype(np.int64))) for table, place in parts]
    return pc.binary_join_element_wise(*words, "")


def json_lines(table: pa.Table) -> bytes:
    """A table of text columns as JSON lines; a missing value is null."""
    if not len(table):
        return b""
    keys = [f'"{name}":' for name in table.column_names]
    joints = ["{" + keys[0], *(f",{key}" for _, key in pairwise(keys))]
    parts = [
        part
        for joint, name in zip(joints, table.column_names, strict=True)
        for part in (joint, _json_values(table[name].combine_chunks()))
    ]
    lines = pc.binary_join_element_wise(*parts, "}", "")
    return ("\n".join(lines.to_pylist()) + "\n").encode()


def _json_values(values: pa.Array) -> pa.Array:
    """Text as JSON strings; only where a character needs escaping is each value encoded by itself."""
    if pc.any(pc.match_substring_regex(values, r'["\\\x00-\x1f]')).as_py():
        return pa.array([json.dumps(value, ensure_ascii=False) for value in values.to_pylist()])
    return pc.fill_null(pc.binary_join_element_wise('"', values, '"', ""), "null")


@lru_cache(maxsize=16)
def _days(truth: Truth, pattern: str) -> pa.Array:
    return pa.array([(truth.start + timedelta(days=number)).strftime(pattern) for number in range(truth.days)])


@lru_cache(maxsize=4)
def _minutes(suffix: str) -> pa.Array:
    return pa.array([f"{minute // 60:02d}:{minute % 60:02d}{suffix}" for minute in range(MINUTES)])


EXPORTS: dict[str, Export] = {
    "customers": customers,
    "transactions": transactions,
    "order_lines": order_lines,
    "memberships": memberships,
    "surveys": surveys,
    "tickets": tickets,
    "sessions": sessions,
    "messages": messages,
}


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


FILES = {
    "customers": "customers.csv",
    "transactions": "transactions.csv",
    "transactions_bad": "transactions_bad.csv",
    "order_lines": "order_lines.csv",
    "memberships": "memberships.csv",
    "surveys": "surveys.csv",
    "tickets": "tickets.jsonl",
    "sessions": "sessions.parquet",
    "messages": "messages.jsonl",
    # For checking what an analysis found; no sources.yaml names them.
    "hidden_customers": "hidden_customers.parquet",
    "hidden_invitations": "hidden_invitations.parquet",
}
BENCHMARKS, TRUTH = "benchmarks.xlsx", "truth.json"
# Orders by phone of the last days come in this file, all others in the plain one.
CHANNEL, LAST_DAYS = "phone", 30
FIXED = (2026, 1, 1, 0, 0, 0)
_TIMES = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def write_company(folder: Path | str, *, customers: int = 20_000, seed: int = 7, truth: Truth | None = None) -> Path:
    """Write the company's files, in memory that does not grow with its size, and give the folder back.

    The files appear all at once: they are written beside the folder and take its place when they are whole. Where
    another writer is faster its folder is used, and a folder that already holds this very company is left alone.
    """
    folder, truth = Path(folder), truth or Truth()
    facts = {"customers": customers, "seed": seed, "truth": json.loads(truth.to_json())}
    if _holds(folder, facts):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _private_folder(folder) as private:
        # Write all tables chunk by chunk; gives the rows of each file
        chunks = draw_chunks(customers, seed=seed, truth=truth)
        with ExitStack() as stack:
            files = Folder(private, FILES, stack)
            for chunk in chunks:
                for table, columns in _as_files(truth, chunk).items():
                    files.write(table, columns)
        rows = files.rows
        planted = plant(private / FILES["transactions_bad"], truth.faults, after_line=rows["transactions_bad"] + 1)
        for name, content in (
            (BENCHMARKS, workbook("benchmarks", benchmarks_table(truth))),
            (TRUTH, _record(facts, rows, planted)),
        ):
            (private / name).write_bytes(content)
            sync_file(private / name)
        _publish(private, folder, facts)
    return folder


def _holds(folder: Path, facts: dict[str, object]) -> bool:
    """Whether the folder is this very company's; folders appear whole, so that its truth vouches for the rest."""
    try:
        record = json.loads((folder / TRUTH).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(record, dict) and all(record.get(name) == value for name, value in facts.items())


@contextmanager
def _private_folder(folder: Path) -> Iterator[Path]:
    """A folder of our own beside the target, gone again unless it became the target."""
    private = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    private.chmod(0o755)
    try:
        yield private
    finally:
        shutil.rmtree(private, ignore_errors=True)


def _as_files(truth: Truth, chunk: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """One chunk's tables by file, as the company's systems export them."""
    exported = {table: export(truth, chunk[table]) for table, export in EXPORTS.items()}
    late = in_bad_file(truth, chunk["transactions"])
    orders = exported["transactions"]
    parted = {"transactions": orders.filter(pc.invert(late)), "transactions_bad": orders.filter(late)}
    return {**chunk, **exported, **parted}


def _record(facts: dict[str, object], rows: dict[str, int], planted: list[dict[str, Any]]) -> bytes:
    """Contents of the truth's file: what was asked for, the rows of each file, and where the faults stand."""
    total = {**rows, "transactions_bad": rows["transactions_bad"] + sum(len(fault["lines"]) for fault in planted)}
    return json.dumps({**facts, "rows": total, "planted": planted}, indent=1, ensure_ascii=False).encode()


def _publish(private: Path, folder: Path, facts: dict[str, object]) -> None:
    sync_folder(private)
    try:
        private.rename(folder)
    except OSError:
        # Renaming fails where the target has files: another writer's, which must be the same company.
        if not _holds(folder, facts):
            raise ConfigurationError(
                f"{folder} exists and is not this simulated company. Remove it or name another folder."
            ) from None
    sync_folder(folder.parent)


def in_bad_file(truth: Truth, transactions: pa.Table) -> pa.Array:
    """Which transactions come in the file with the planted faults."""
    since = pc.greater(transactions["day"], truth.end - timedelta(days=LAST_DAYS))
    return pc.and_(since, pc.equal(transactions["channel"], CHANNEL))


def plant(path: Path, faults: tuple[Fault, ...], *, after_line: int) -> list[dict[str, Any]]:
    """Append the faulty rows to the file, whose last line so far is `after_line`; say where they stand."""
    original = _first_row(path)
    planted = []
    with synced(path, "ab") as file:
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


class Folder:
    """The files of one folder, opened as tables come; `rows` counts what each has received."""

    def __init__(self, path: Path, files: dict[str, str], stack: ExitStack) -> None:
        self.path = path
        self.files = files
        self.rows = dict.fromkeys(files, 0)
        self._stack = stack
        self._writers: dict[str, Callable[[pa.Table], object]] = {}

    def write(self, table: str, columns: pa.Table) -> None:
        """Append one chunk to a table's file."""
        if table not in self._writers:
            self._writers[table] = self._stack.enter_context(_opened(self.path / self.files[table], columns.schema))
        self._writers[table](columns)
        self.rows[table] += len(columns)


@contextmanager
def _opened(path: Path, schema: pa.Schema) -> Iterator[Callable[[pa.Table], object]]:
    """What appends a chunk to the file, in the format of its name."""
    with synced(path) as file:
        if path.suffix == ".jsonl":
            yield lambda chunk: file.write(json_lines(chunk))
            return
        make = pyarrow.csv.CSVWriter if path.suffix == ".csv" else pyarrow.parquet.ParquetWriter
        with make(file, schema) as writer:
            yield writer.write


@contextmanager
def synced(path: Path, mode: str = "wb") -> Iterator[BinaryIO]:
    """A binary file that is on disk, not only in memory, when it is closed."""
    with path.open(mode) as file:
        yield file  # type: ignore[misc]  # every mode used here is binary
        file.flush()
        os.fsync(file.fileno())
