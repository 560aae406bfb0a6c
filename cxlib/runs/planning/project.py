"""The one place where runs meet `cxlib.data`: where the project is, and what is known of a workspace's sources.

Nothing of `cxlib.data` is imported until it is used, so the command line does not wait for an engine for tables.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from pathlib import Path

from cxlib import data
from cxlib.errors import CxError

MAPPING = "sources.yaml"


def project_root() -> Path:
    """The project that the working directory belongs to."""
    return Path(data.project_root())


def workspace_title(folder: Path) -> str:
    """A workspace's title; its name where the sources cannot say, so that a front page appears all the same."""
    try:
        return str(data.read_sources(folder).title)
    except CxError:
        return folder.name


def workspace_time_zone(folder: Path) -> str:
    """IANA name of the zone whose clock a workspace follows; UTC for one without sources."""
    return str(data.read_sources(folder).time_zone) if (folder / MAPPING).is_file() else "UTC"


def tables_of(folder: Path) -> set[str] | None:
    """The tables that a workspace has; None where its sources cannot say, which the run then says in full."""
    try:
        return set(data.read_sources(folder).tables)
    except CxError:
        return None


class InputHashes:
    """SHA-256 of a workspace's sources and of their mapping, read once for all reports that run at the same time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._hashes: Mapping[str, str] | None = None

    def __call__(self) -> Mapping[str, str]:
        """The hash of each source; a CxError where one cannot be read."""
        with self._lock:
            if self._hashes is None:
                mapping = hashlib.sha256((self._folder / MAPPING).read_bytes()).hexdigest()
                self._hashes = {MAPPING: mapping, **data.fingerprints(self._folder)}
            return self._hashes
