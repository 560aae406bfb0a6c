"""What a workspace's files were when a report was planned, and whether the run has read just those.

The engine takes an `Inventory` before a run. The run's kernel notes the files that it reads, by digest, in the file
that `NOTES` names in its environment. Before anything is published both are held against the files as they are then.
"""

import datetime as dt
import json
import os
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cxlib.data.casts import local_day
from cxlib.data.reading.files import (
    Fingerprint,
    brought,
    digests,
    fingerprint,
    named_files,
    read_sources,
    table_files,
    workspace_folder,
)
from cxlib.data.sources import Brought, Sources
from cxlib.errors import CxError
from cxlib.language import own_catalogues

MAPPING = "sources.yaml"
NOTES = "CXLIB_NOTES"


@dataclass(frozen=True)
class Inventory:
    """The files of a workspace, `sources.yaml` among them, as they were looked at; `last_day` is the last that counts.

    `hashes` holds the SHA-256 of each by a short name, `files` what each path was, those of the project's own sentences
    among them; `tables` which paths a table's own path meant.
    """

    folder: Path
    last_day: dt.date
    hashes: Mapping[str, str]
    files: Mapping[Path, Fingerprint]
    tables: Mapping[str, frozenset[Path]] = field(default_factory=dict)
    brought: Brought = field(default_factory=Brought)

    def change(self) -> str:
        """What was done to the files since, in plain words; empty when nobody has touched them."""
        touched = next((path for path, before in self.files.items() if not before.is_untouched(path)), None)
        if touched is not None:
            how = "was written to, moved or put back" if touched.exists() else "was taken away"
            return f"{touched}: the file {how}"
        try:
            sources = read_sources(self.folder)
            with self.brought.in_use():
                now = [path for table in sources.tables for path, _ in named_files(sources, self.folder, table)]
        except CxError as error:
            return str(error).rstrip(".")
        new = next((path for path in (*now, *own_catalogues()) if path not in self.files), None)
        return f"{new}: the file was added" if new else ""

    def misread(self, notes: Path) -> str:
        """Which file a run has read otherwise than it is here, in plain words; empty when there is none."""
        for note in self._notes(notes):
            read = {Path(path): digest for path, digest in note.get("files", {}).items()}
            for path, digest in read.items():
                before = self.files.get(path)
                if before is None or before.sha256 != digest:
                    return f"{path}: other bytes were read than the file had when the run began"
            for path in sorted(self.tables.get(note.get("table", ""), frozenset()) - read.keys()):
                return f"{path}: the file was not there when its table was read"
        others = self.others(notes)
        other = next((path for path in others if not is_still(path, others[path])), None)
        return f"{other}: the file was written to or taken away" if other else ""

    def others(self, notes: Path) -> dict[str, str]:
        """SHA-256 of the files of other workspaces that a run has read, by path."""
        return {
            path: digest for note in self._notes(notes, own=False) for path, digest in note.get("files", {}).items()
        }

    def days(self, notes: Path) -> tuple[dt.date | None, dt.date | None]:
        """From which last day to before which one the tables that a run has read are the same; None without end."""
        pairs = [note["days"] for note in self._notes(notes) if "days" in note]
        first, end = ([dt.date.fromisoformat(pair[side]) for pair in pairs if pair[side]] for side in (0, 1))
        return max(first, default=None), min(end, default=None)

    def lines(self, notes: Path) -> list[str]:
        """What a person should know of how the tables were had."""
        return [note["line"] for note in self._notes(notes) if "line" in note]

    def _notes(self, notes: Path, *, own: bool = True) -> Iterator[dict[str, Any]]:
        """What was noted of this workspace, or of the others at which a notebook has looked as well."""
        if notes.is_file():
            for line in notes.read_text(encoding="utf-8").splitlines():
                note = json.loads(line)
                if (note["workspace"] == str(self.folder)) is own:
                    yield note


def is_still(path: str, digest: str) -> bool:
    """Whether a file has just these bytes now; `digest` is their SHA-256."""
    try:
        return fingerprint(Path(path)).sha256 == digest
    except CxError:
        return False


def take_inventory(path: str | Path) -> Inventory:
    """Look at every file of a workspace ("demo", "params/demo" or a folder) as it is now; no table is read.

    Raises ConfigurationError, DataError: `sources.yaml` is wrong, a path means nothing, or a file cannot be read.
    """
    folder = workspace_folder(path)
    mapping = fingerprint(folder / MAPPING)  # before it is read: a change in between is then one that came after
    sources = read_sources(folder)
    tables = {table: table_files(sources, folder, table) for table in sources.tables}
    files = {one.path: one.fingerprint for inputs in tables.values() for one in inputs if one.path and one.fingerprint}
    hashes = {MAPPING: mapping.sha256, **digests(tables)}
    own = {path: fingerprint(path) for path in own_catalogues()}
    named = {table: frozenset(one.path for one in inputs if one.path) for table, inputs in tables.items()}
    files = {folder / MAPPING: mapping, **own, **files}
    return Inventory(folder, last_day(sources), hashes, files, named, brought(sources, folder))


def note_files(
    folder: Path, inputs: Iterable[tuple[Path, str]], *, table: str = "", days: Collection[dt.date | None] = ()
) -> None:
    """Note by digest which files of a workspace or table were read, where the engine asks; `days` as in `Ingested`."""
    note: dict[str, object] = {"files": {str(path): digest for path, digest in inputs}, "table": table}
    _note(folder, note | ({"days": [day and day.isoformat() for day in days]} if days else {}))


def say(folder: Path, line: str) -> None:
    """Say what a person should know of a workspace's tables: in the log of a run, else on standard error."""
    if not _note(folder, {"line": line}):
        sys.stderr.write(f"{line}\n")


def _note(folder: Path, note: Mapping[str, object]) -> bool:
    """Note something of a workspace for the engine; False where there is none."""
    if notes := os.environ.get(NOTES):
        with Path(notes).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"workspace": str(folder), **note}) + "\n")
    return bool(notes)


def last_day(sources: Sources) -> dt.date:
    """The last day that a date may name: as declared, else today in the workspace's time zone."""
    return sources.as_of or local_day(sources.time_zone, dt.datetime.now(dt.UTC))
