"""Where the tables live: an embedded DuckDB in a private temporary file, seen through ibis.

The file keeps memory bounded whatever the sources' size; it goes away with the `Store`.
"""

import contextlib
import os
import weakref
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from cxlib.disk import TABLE_SCRATCH, locked, scratch_folder

LEAST_MEMORY_MB = 1_000
SHARE_OF_MACHINE = 0.25  # of its memory: two reports run side by side, and pandas holds a part of each
MEMORY_OF_A_BYTE = 4.0  # of the files: groups of text ids, the largest state of a query, take so many bytes


def machine_memory_mb() -> float:
    """What the machine has, or what the container may take where that is less, in 10^6 bytes."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")):
        with contextlib.suppress(OSError, ValueError):  # there is none, or it is "max"
            whole = min(whole, int(limit.read_text()))
    return whole / 1e6


class Store:
    """A private DuckDB database; beyond its memory limit it writes to disk.

    `memory_mb`: Limit in 10^6 bytes. Left out: 1,000, and for large files (`make_room`) up to a quarter of the
        machine's.
    `threads`: Left out: as many as the machine has cores.
    `spill`: Folder for what memory does not hold; left out: that of temporary files.
    """

    def __init__(self, *, memory_mb: int | None = None, threads: int | None = None, spill: Path | None = None) -> None:
        self._held = ExitStack()
        self._memory_mb, self._is_set = memory_mb or LEAST_MEMORY_MB, memory_mb is not None
        self.folder = self._held.enter_context(scratch_folder(TABLE_SCRATCH, spill))
        settings: dict[str, Any] = {"memory_limit": f"{self._memory_mb}MB", "temp_directory": str(self.folder)}
        if threads is not None:
            settings["threads"] = str(threads)
        self.con = duckdb.connect(str(self.folder / "tables.duckdb"), config=settings)
        self.run("SET TimeZone = 'UTC'")
        self.run("SET python_enable_replacements = false")  # no variable of the program is a table
        if self.value("SELECT current_setting('enable_progress_bar')"):
            # Only where it is on: in a notebook even turning it off needs ipywidgets.
            self.run("SET enable_progress_bar = false")
        self.run("PRAGMA disable_checkpoint_on_shutdown")  # what is thrown away need not be put in order first
        self._finalizer = weakref.finalize(self, _discard, self.con, self._held)

    @cached_property
    def ibis(self) -> Any:
        """The database as ibis sees it, which takes longer to load than most files to read."""
        import ibis

        zone = self.value("SELECT current_setting('TimeZone')")
        seen = ibis.duckdb.from_connection(self.con)
        self.run("SET TimeZone = ?", [zone])  # ibis sets its own
        return seen

    def hold(self, folder: Path) -> None:
        """Keep a folder that tables are read from as long as this store: nobody tidies it away meanwhile."""
        self._held.enter_context(locked(folder, shared=True))

    def make_room(self, file_bytes: int) -> None:
        """Let memory grow with files of that size, unless a limit was set."""
        asked = min(MEMORY_OF_A_BYTE * file_bytes / 1e6, SHARE_OF_MACHINE * machine_memory_mb())
        if not self._is_set and asked > self._memory_mb:
            self._memory_mb = int(asked)
            self.run(f"SET memory_limit = '{self._memory_mb}MB'")

    def run(self, query: str, values: Sequence[object] = ()) -> None:
        """Run a statement for its effect."""
        self.con.execute(query, list(values))

    def rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        rows: list[tuple[Any, ...]] = self.con.execute(query, list(values)).fetchall()
        return rows

    def value(self, query: str, values: Sequence[object] = ()) -> Any:
        """The first cell of a query."""
        return self.rows(query, values)[0][0]

    def columns(self, query: str) -> list[tuple[str, str]]:
        """Name and SQL type of each column of a query, which is not run."""
        return [(row[0], row[1]) for row in self.rows(f"DESCRIBE {query}")]

    def register(self, name: str, data: object) -> None:
        """Let queries see an Arrow table under a name."""
        self.con.register(name, data)

    def unregister(self, name: str) -> None:
        """Forget an Arrow table."""
        self.con.unregister(name)

    def drop(self, names: Iterable[str]) -> None:
        """Drop tables, those that exist."""
        for name in names:
            self.run(f"DROP TABLE IF EXISTS {name}")

    def close(self) -> None:
        """Close the database and remove its file."""
        self._finalizer()


def _discard(con: duckdb.DuckDBPyConnection, held: ExitStack) -> None:
    con.close()
    held.close()
