"""Tables that were read and checked before, kept as Parquet, so that the next notebook need not do it again.

    .cx/tables/<table>-<key>/rows_0.parquet ...   the good rows of each source
                             quarantine.parquet   the others
                             table.json           how many rows each source had

The key is a digest of everything that decides a table: the bytes of its files, how `sources.yaml` reads them, the last
day that counts, the code of `cxlib.data` and the versions below it. A table is written into a private folder that is
renamed when it is whole. Where nothing can be kept (a full disk, a folder that may not be written) nothing is kept.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import duckdb

from cxlib.data.casts import quote
from cxlib.data.connect import Store
from cxlib.data.ingest import QUARANTINE, Ingested, Rulebook, join_stages, stage_name
from cxlib.data.reading.files import Input, made_files
from cxlib.disk import sync_file

SWITCH = "CXLIB_TABLE_CACHE"  # "0" in the environment keeps nothing
_UNUSED_SECONDS = 14 * 24 * 3600.0
_ENGINES = ("duckdb", "ibis-framework", "sqlglot", "pyarrow")


@dataclass(frozen=True)
class CachedTable:
    """Where one table of a workspace is kept, if it is: a folder of its own, which need not exist."""

    folder: Path
    table: str

    @classmethod
    def of(cls, table: str, inputs: Sequence[Input], rulebook: Rulebook, *, workspace: Path) -> CachedTable | None:
        """The place for a table with just these inputs; None where it is not to be kept."""
        if os.environ.get(SWITCH) == "0" or any(one.fingerprint is None for one in inputs):
            return None
        files = [[one.label, one.fingerprint and one.fingerprint.sha256, one.source.model_dump()] for one in inputs]
        decisive = [table, files, str(rulebook), _code(), [version(engine) for engine in _ENGINES]]
        key = hashlib.sha256(json.dumps(decisive, sort_keys=True, default=str).encode()).hexdigest()[:16]
        return cls(made_files(workspace) / "tables" / f"{table}-{key}", table)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """While one process makes the table, others that want it wait, and then find it."""
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            file = self.folder.with_name(f"{self.folder.name}.lock").open("w")
        except OSError:
            yield
            return
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def load(self, store: Store) -> Ingested | None:
        """Put the kept table into a store, as `ingest` would; None where it is not kept."""
        try:
            about = json.loads((self.folder / "table.json").read_text(encoding="utf-8"))
            rows_in, days = about["rows_in"], [day and dt.date.fromisoformat(day) for day in about["days"]]
            os.utime(self.folder)
        except (OSError, ValueError, KeyError):
            return None
        ingested = Ingested([stage_name(self.table, number) for number in range(len(rows_in))], rows_in, *days)
        for number, stage in enumerate(ingested.stages):
            store.run(f"CREATE VIEW {stage} AS {_parquet(self.folder / f'rows_{number}.parquet')}")
        store.run(f"INSERT INTO {QUARANTINE} {_parquet(self.folder / 'quarantine.parquet')}")
        join_stages(store, self.table, ingested.stages)
        return ingested

    def keep(self, store: Store, ingested: Ingested) -> None:
        """Keep what `ingest` made; a table that cannot be kept is none the worse."""
        with contextlib.suppress(OSError, duckdb.Error):
            _forget_unused(self.folder.parent)
            private = Path(tempfile.mkdtemp(prefix=f".{self.folder.name}-", dir=self.folder.parent))
            try:
                if self._write(store, ingested, private):
                    private.rename(self.folder)
            finally:
                shutil.rmtree(private, ignore_errors=True)

    def _write(self, store: Store, ingested: Ingested, private: Path) -> bool:
        """Write everything and wait until it is on disk; False where Parquet has no place for a column's type."""
        for number, stage in enumerate(ingested.stages):
            rows, file = f"SELECT * FROM {stage}", private / f"rows_{number}.parquet"
            store.run(f"COPY ({rows}) TO {quote(str(file))} (FORMAT parquet)")
            if store.columns(rows) != store.columns(_parquet(file)):
                return False
        quarantine = f"SELECT * FROM {QUARANTINE} WHERE \"table\" = '{self.table}' ORDER BY rowid"
        store.run(f"COPY ({quarantine}) TO {quote(str(private / 'quarantine.parquet'))} (FORMAT parquet)")
        days = [day and day.isoformat() for day in (ingested.since, ingested.until)]
        about = {"rows_in": ingested.rows_in, "days": days}
        (private / "table.json").write_text(json.dumps(about), encoding="utf-8")
        for path in private.iterdir():
            sync_file(path)
        return True


def _parquet(file: Path) -> str:
    return f"SELECT * FROM read_parquet({quote(str(file))})"


@cache
def _code() -> str:
    """A digest of the code that reads and checks tables."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in code_files())).hexdigest()


def code_files() -> list[Path]:
    """The modules that decide a table: all of this folder but the frames and the simulation, which come after it."""
    here = Path(__file__).parent
    rooms = (here / "frames", here / "demo")
    own = [path for path in here.rglob("*.py") if not any(path.is_relative_to(room) for room in rooms)]
    return sorted([*own, here.parent / "strict_yaml.py"])


def _forget_unused(tables: Path) -> None:
    """Remove what nobody has asked for in a fortnight."""
    for path in tables.iterdir():
        if time.time() - path.stat().st_mtime > _UNUSED_SECONDS:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
