"""Tables that were read and checked before, kept as Parquet, so that the next notebook need not do it again.

    .cx/tables/<table>-<key>/rows_0.parquet ...   the good rows of each source
                             quarantine.parquet   the others
                             table.json           how many rows each source had, and the digest of each file

The key is a digest of the workspace's name and of everything that decides a table: the bytes of its files, how
`sources.yaml` reads them, the code of `cxlib.data` and the versions below it. Any last day will do up to which the
rows are the same. A table is written into a private folder that is renamed when it is whole. One that is not as it was
written, or whose rows do not add up, is dropped and made anew, with a line that says so. Where nothing can be kept (a
full disk, a folder that may not be written) nothing is kept.
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
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

from cxlib.data.casts import quote
from cxlib.data.connect import Store
from cxlib.data.ingest import QUARANTINE, Ingested, Rulebook, join_stages, stage_name
from cxlib.data.reading.files import SWITCH, Input, in_the_way, made_files
from cxlib.data.reading.inventory import say
from cxlib.disk import file_digest, locked, remove_unused, sync_file

_UNUSED_SECONDS = 14 * 24 * 3600.0
_VERSIONS = 3  # of one table of one workspace that are kept
_KEY = 10
_ENGINES = ("duckdb", "ibis-framework", "sqlglot", "pyarrow")
_ABOUT = "table.json"
_BROKEN = (OSError, ValueError, KeyError, TypeError, AttributeError, duckdb.Error)  # of a file that is not our own


@dataclass(frozen=True)
class CachedTable:
    """Where one table of a workspace is kept, if it is: a folder of its own, which need not exist."""

    folder: Path
    table: str
    workspace: Path
    last_day: dt.date

    @classmethod
    def of(cls, table: str, inputs: Sequence[Input], rulebook: Rulebook, *, workspace: Path) -> CachedTable | None:
        """The place for a table with just these inputs; None where it is not to be kept."""
        if os.environ.get(SWITCH) == "0" or any(one.fingerprint is None for one in inputs):
            return None
        files = [[one.label, one.fingerprint and one.fingerprint.sha256, one.source.model_dump()] for one in inputs]
        rules = str(replace(rulebook, as_of=dt.date.min))  # the last day is compared when the table is loaded
        key = _digest([files, rules, _code(), [version(engine) for engine in _ENGINES]])[:_KEY]
        folder = made_files(workspace) / "tables" / f"{table}-{_digest(workspace.name)[:6]}{key}"
        return cls(folder, table, workspace, rulebook.as_of)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """While one process makes the table, others that want it wait, and then find it."""
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            file = _lock_of(self.folder).open("w")
        except OSError:
            if fault := in_the_way(self.folder.parent):
                say(self.workspace, f"{fault} Until then every run reads all files again.")
            yield
            return
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
            with contextlib.suppress(OSError):
                _tidy(self.folder.parent)

    def load(self, store: Store) -> Ingested | None:
        """Put the kept table into a store, as `ingest` would; None where it is not kept, or not as it was written."""
        if not os.path.lexists(self.folder):
            return None
        try:
            with locked(self.folder, shared=True):
                about = self._about(store)
                since, until = (day and dt.date.fromisoformat(day) for day in about["days"])
                rows_in = {label: rows for label, rows, _, _ in about["sources"]}
                left_out = {label: left for label, _, _, left in about["sources"]}
                notes = [(label, note) for label, note in about["notes"]]
                stages = [stage_name(self.table, number) for number in range(len(rows_in))]
                ingested = Ingested(stages, rows_in, left_out, notes, since, until)
                if ingested.holds_on(self.last_day):
                    with contextlib.suppress(PermissionError):  # kept by another user, and as good as one's own
                        os.utime(self.folder)
                    store.hold(self.folder)
        except BlockingIOError:  # another process removes it at this moment
            return None
        except _BROKEN as error:
            self._drop(_reason(error))
            return None
        if not ingested.holds_on(self.last_day):
            remove_unused(self.folder)  # by none that began on an earlier day and still reads it
            return None
        for number, stage in enumerate(ingested.stages):
            store.run(f"CREATE VIEW {stage} AS {_parquet(self.folder / f'rows_{number}.parquet')}")
        store.run(f"INSERT INTO {QUARANTINE} {_parquet(self.folder / 'quarantine.parquet')}")
        join_stages(store, self.table, ingested.stages)
        return ingested

    def _about(self, store: Store) -> dict[str, Any]:
        """What is known of the kept table, if every file is as it was written and its rows add up; else an error."""
        about: dict[str, Any] = json.loads((self.folder / _ABOUT).read_text(encoding="utf-8"))
        if about.pop("digest", "") != _digest(about) or about["folder"] != self.folder.name:
            raise ValueError(f"{_ABOUT} is another one")
        names = {path.name for path in self.folder.iterdir()}
        if others := names ^ {_ABOUT, *about["files"]}:
            raise ValueError(f"{min(others)} is {'one too many' if others & names else 'missing'}")
        for name, digest in about["files"].items():
            if file_digest(self.folder / name) != digest:
                raise ValueError(f"{name} is another one")
        if not self._adds_up(store, about["sources"]):
            raise ValueError("its rows do not add up")
        return about

    def _adds_up(
        self, store: Store, sources: Sequence[tuple[str, int, int, int]], *, folder: Path | None = None
    ) -> bool:
        """Whether each source's rows are those that are good, those that were set aside, and those left out."""
        folder = folder or self.folder
        query = f'SELECT source, count(DISTINCT "row") FROM ({_parquet(folder / "quarantine.parquet")}) GROUP BY source'
        if {label: bad for label, _, bad, _ in sources if bad} != dict(store.rows(query)):
            return False
        good = [
            store.value(f"SELECT count(*) FROM ({_parquet(folder / f'rows_{number}.parquet')})")
            for number in range(len(sources))
        ]
        return all(rows == ok + bad + left for ok, (_, rows, bad, left) in zip(good, sources, strict=True))

    def _drop(self, reason: str) -> None:
        """Move what is not as it was written out of the way, and say so."""
        done = "cannot be taken away"
        with contextlib.suppress(OSError):
            aside = Path(tempfile.mkdtemp(prefix=f".{self.folder.name}-", dir=self.folder.parent))
            self.folder.rename(aside / "dropped")
            done = "was dropped"
            with contextlib.suppress(OSError):
                (aside / "dropped").chmod(0o700)
            remove_unused(aside)
        say(
            self.workspace,
            f"{self.folder}: what was kept of the table {self.table} is not as it was written ({reason}); it "
            f"{done} and the files are read again.",
        )

    def keep(self, store: Store, ingested: Ingested) -> None:
        """Keep what `ingest` made; a table that cannot be kept is none the worse."""
        with contextlib.suppress(OSError, duckdb.Error):
            private = Path(tempfile.mkdtemp(prefix=f".{self.folder.name}-", dir=self.folder.parent))
            try:
                with locked(private):
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
        quarantine = f"SELECT * FROM {QUARANTINE} WHERE \"table\" = '{self.table}'"
        file = private / "quarantine.parquet"
        store.run(f"COPY ({quarantine} ORDER BY rowid) TO {quote(str(file))} (FORMAT parquet)")
        bad = dict(store.rows(f'SELECT source, count(DISTINCT "row") FROM ({quarantine}) GROUP BY source'))
        left = ingested.left_out
        sources = [(label, rows, bad.get(label, 0), left.get(label, 0)) for label, rows in ingested.rows_in.items()]
        about = {
            "folder": self.folder.name,
            "sources": [list(source) for source in sources],
            "notes": [list(note) for note in ingested.notes],
            "days": [day and day.isoformat() for day in (ingested.since, ingested.until)],
            "files": {path.name: file_digest(path) for path in sorted(private.iterdir())},
        }
        (private / _ABOUT).write_text(json.dumps(about | {"digest": _digest(about)}), encoding="utf-8")
        for path in private.iterdir():
            sync_file(path)
        return self._adds_up(store, sources, folder=private)


def _reason(error: Exception) -> str:
    """Why a kept table cannot be used, in few words."""
    if isinstance(error, OSError):
        return f"{Path(error.filename or _ABOUT).name}: {error.strerror}"
    return str(error) if type(error) is ValueError else f"{_ABOUT} cannot be read"


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")


def _parquet(file: Path) -> str:
    return f"SELECT * FROM read_parquet({quote(str(file))})"


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


@cache
def _code() -> str:
    """A digest of the code that reads and checks tables."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in code_files())).hexdigest()


def code_files() -> list[Path]:
    """The modules that decide a table: not frames and simulation, which come after it, nor guesses, before it."""
    here = Path(__file__).parent
    rooms = (here / "frames", here / "demo", here / "guessing")
    own = [path for path in here.rglob("*.py") if not any(path.is_relative_to(room) for room in rooms)]
    return sorted([*own, here / "tables.toml", here.parent / "strict_yaml.py"])


def _tidy(tables: Path) -> None:
    """Remove what killed processes left, what was not asked for in a fortnight, and all but the newest of a table."""
    versions = defaultdict(list)
    for path in tables.iterdir():
        with contextlib.suppress(OSError):  # another process tidies too
            if path.name.startswith("."):
                remove_unused(path)
            elif path.is_dir():
                versions[path.name[:-_KEY]].append((path.stat().st_mtime, path))
            elif time.time() - path.stat().st_mtime > _UNUSED_SECONDS:
                path.unlink()
    for folders in versions.values():
        for place, (used, path) in enumerate(sorted(folders, reverse=True)):
            if (place >= _VERSIONS or time.time() - used > _UNUSED_SECONDS) and remove_unused(path):
                _lock_of(path).unlink(missing_ok=True)
