"""The company's files, written chunk by chunk into a private folder that takes its place at the end."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from cxlib.data.demo.bad_file import Planted, in_bad_file, plant
from cxlib.data.demo.benchmarks import benchmarks_table
from cxlib.data.demo.company import draw_chunks
from cxlib.data.demo.exports import EXPORTS
from cxlib.data.demo.sinks import Folder, synced
from cxlib.data.demo.truth import Truth
from cxlib.data.demo.workbook import workbook
from cxlib.disk import sync_folder
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

Progress = Callable[[int, int], None]


def write_company(
    folder: Path | str,
    *,
    customers: int = 20_000,
    seed: int = 7,
    truth: Truth | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write the company's files, in memory that does not grow with its size, and give the folder back.

    The files appear all at once: they are written beside the folder and take its place when they are whole. Where
    another writer is faster its folder is used, and a folder that already holds this very company is left alone.

    Parameters
    ----------
    folder : Path or str
        Where the files shall be; it must not exist, or be empty, or hold this company already.
    customers, seed, truth
        As in `simulate`.
    progress : callable, optional
        Called with the number of customers done and in all, after each chunk.

    Raises
    ------
    ConfigurationError
        `customers` or `seed` is out of range, or the folder holds something else.

    Examples
    --------
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
        rows = _write_tables(private, (customers, seed, truth), progress)
        planted = plant(private / FILES["transactions_bad"], truth.faults, after_line=rows["transactions_bad"] + 1)
        _write(private / BENCHMARKS, workbook("benchmarks", benchmarks_table(truth)))
        _write(private / TRUTH, _record(facts, rows, planted))
        _publish(private, folder, facts)
    return folder


def _holds(folder: Path, facts: dict[str, object]) -> bool:
    """Whether the folder is this very company's; folders appear whole, so that its truth vouches for the rest."""
    try:
        found = json.loads((folder / TRUTH).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and all(found.get(name) == value for name, value in facts.items())


@contextmanager
def _private_folder(folder: Path) -> Iterator[Path]:
    """A folder of our own beside the target, gone again unless it became the target."""
    private = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    private.chmod(0o755)
    try:
        yield private
    finally:
        shutil.rmtree(private, ignore_errors=True)


def _write_tables(folder: Path, company: tuple[int, int, Truth], progress: Progress | None) -> dict[str, int]:
    """Write all tables chunk by chunk; gives the rows of each file."""
    customers, seed, truth = company
    with ExitStack() as stack:
        sinks = Folder(folder, FILES, stack)
        for chunk in draw_chunks(customers, seed=seed, truth=truth):
            for table, columns in _as_files(truth, chunk).items():
                sinks.write(table, columns)
            if progress:
                progress(sinks.rows["customers"], customers)
    return sinks.rows


def _as_files(truth: Truth, chunk: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """One chunk's tables by file, as the company's systems export them."""
    exported = {table: export(truth, chunk[table]) for table, export in EXPORTS.items()}
    late = in_bad_file(truth, chunk["transactions"])
    orders = exported["transactions"]
    parted = {"transactions": orders.filter(pc.invert(late)), "transactions_bad": orders.filter(late)}
    return {**chunk, **exported, **parted}


def _record(facts: dict[str, object], rows: dict[str, int], planted: list[Planted]) -> bytes:
    """Contents of the truth's file: what was asked for, the rows of each file, and where the faults stand."""
    total = {**rows, "transactions_bad": rows["transactions_bad"] + sum(len(fault.lines) for fault in planted)}
    faults = [{"kind": fault.kind, "column": fault.column, "lines": list(fault.lines)} for fault in planted]
    return json.dumps({**facts, "rows": total, "planted": faults}, indent=1, ensure_ascii=False).encode()


def _write(path: Path, content: bytes) -> None:
    with synced(path) as file:
        file.write(content)


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
