"""The files that a workspace's tables come from: where they lie, what a reader calls them, what they were.

A `Fingerprint` says what a file was, so that one that changes while it is read is noticed, and one that has not
changed since need not be read again.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

from cxlib.data.reading.locate import find_files, read_sources, workspace_folder
from cxlib.data.sources import Sources, TableSource
from cxlib.errors import DataError

_BLOCK = 1 << 20
_JUST_NOW_SECONDS = 2.0


@dataclass(frozen=True)
class Fingerprint:
    """What a file was when it was looked at.

    Attributes
    ----------
    sha256 : str
        Digest of its bytes, in hexadecimal.
    size, modified : int
        Bytes, and nanoseconds since 1970.
    taken : float
        Seconds since 1970.
    """

    sha256: str
    size: int
    modified: int
    taken: float

    def still_holds(self, path: Path) -> bool:
        """Whether the file is the same now.

        Size and time decide; where the clock is too coarse to tell, or only the time differs, its bytes do.
        """
        try:
            now = path.stat()
        except OSError:
            return False
        if now.st_size != self.size:
            return False
        racy = self.taken - now.st_mtime_ns / 1e9 < _JUST_NOW_SECONDS
        if now.st_mtime_ns == self.modified and not racy:
            return True
        return fingerprint(path).sha256 == self.sha256


def fingerprint(path: Path) -> Fingerprint:
    """Look at a file as it is now.

    Raises
    ------
    DataError
        It cannot be read.
    """
    taken = time.time()
    digest = hashlib.sha256()
    try:
        status = path.stat()
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        reason = error.strerror
        raise DataError(f"{path}: cannot be read ({reason}). Check that the file is there and may be read.") from None
    return Fingerprint(digest.hexdigest(), status.st_size, status.st_mtime_ns, taken)


@dataclass(frozen=True)
class SourceFile:
    """One file of a table: its label is what a reader calls it, its name with as many folders as tell it apart."""

    label: str
    path: Path
    source: TableSource
    fingerprint: Fingerprint


def table_files(sources: Sources, folder: Path, table: str) -> list[SourceFile]:
    """The files of a table, as they are now.

    Parameters
    ----------
    sources : Sources
        What the workspace's `sources.yaml` says.
    folder : Path
        The workspace's folder.
    table : str
        A table that it names.

    Raises
    ------
    ConfigurationError, DataError
        A path means nothing, or a file cannot be read.
    """
    found = [
        (path, source)
        for source in sources.tables[table]
        for path in find_files(source, folder, simulated=sources.simulated)
    ]
    labels = _labels([path for path, _ in found])
    return [
        SourceFile(label, path, source, fingerprint(path)) for label, (path, source) in zip(labels, found, strict=True)
    ]


def digests(files: dict[str, list[tuple[str, str]]]) -> dict[str, str]:
    """Label -> digest over all tables; a label that two tables give to different files is told apart by the table.

    Examples
    --------
    >>> digests({"tickets": [("a.csv", "12ab")], "surveys": [("a.csv", "98ef")]})
    {'a.csv': '12ab', 'surveys/a.csv': '98ef'}
    """
    found: dict[str, str] = {}
    for table, pairs in files.items():
        for label, digest in pairs:
            taken = found.get(label, digest) != digest
            found[f"{table}/{label}" if taken else label] = digest
    return found


def fingerprints(path: str | Path) -> dict[str, str]:
    """SHA-256 of every file that a workspace's tables come from, by label; no table is read for this.

    Parameters
    ----------
    path : str or Path
        The workspace: "demo", "params/demo" or a folder.

    Raises
    ------
    ConfigurationError, DataError
        `sources.yaml` is wrong, a path means nothing, or a file cannot be read.
    """
    folder, sources = workspace_folder(path), read_sources(path)
    return digests({
        table: [(file.label, file.fingerprint.sha256) for file in table_files(sources, folder, table)]
        for table in sources.tables
    })  # fmt: skip


def _labels(paths: list[Path]) -> list[str]:
    """File names, with as many folders before them as tell them apart."""
    for depth in range(1, max((len(path.parts) for path in paths), default=1) + 1):
        labels = ["/".join(path.parts[-depth:]) for path in paths]
        if len(set(labels)) == len(labels):
            return labels
    raise DataError(f"{paths[0]}: a table names this file more than once. Take one out of sources.yaml.")
