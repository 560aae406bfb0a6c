"""The company's files, written chunk by chunk into a private folder that takes its place at the end.

One of them, `transactions_bad.csv`, ends in the planted faults. The same seed gives the same bytes, the workbook
included: openpyxl writes the time of day into its properties and its zip file, and both are set to a fixed one.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from cxlib.data.demo.company import benchmarks_table, draw_chunks
from cxlib.data.demo.exports import EXPORTS, fault_lines, json_lines
from cxlib.data.demo.truth import Fault, Truth
from cxlib.disk import sync_file, sync_folder
from cxlib.errors import ConfigurationError

FILES = {
    "customers": "customers.csv",
    "transactions": "transactions.csv",
    "transactions_bad": "transactions_bad.csv",
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

    >>> with tempfile.TemporaryDirectory() as parent:
    ...     sorted(path.name for path in write_company(f"{parent}/demo", customers=50).glob("*.csv"))
    ['customers.csv', 'memberships.csv', 'surveys.csv', 'transactions.csv', 'transactions_bad.csv']
    """
    folder, truth = Path(folder), truth or Truth()
    facts = {"customers": customers, "seed": seed, "truth": json.loads(truth.to_json())}
    if _holds(folder, facts):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _private_folder(folder) as private:
        rows = _write_tables(private, draw_chunks(customers, seed=seed, truth=truth), truth)
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


def _write_tables(folder: Path, chunks: Iterable[dict[str, pa.Table]], truth: Truth) -> dict[str, int]:
    """Write all tables chunk by chunk; gives the rows of each file."""
    with ExitStack() as stack:
        files = Folder(folder, FILES, stack)
        for chunk in chunks:
            for table, columns in _as_files(truth, chunk).items():
                files.write(table, columns)
    return files.rows


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
