"""The one place where runs meet `cxlib.data`: where the project is, and what is known of a workspace's sources.

Nothing of `cxlib.data` is imported until it is used, so the command line does not wait for an engine for tables.
"""

from __future__ import annotations

import threading
from pathlib import Path

from cxlib import data
from cxlib.errors import CxError

MAPPING = "sources.yaml"
NOTES = data.NOTES
Inventory = data.Inventory


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


class Inventories:
    """A workspace's sources and mapping, hashed once for all reports that run at a time, again where they changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._latest: Inventory | None = None

    def __call__(self) -> Inventory:
        """The files as they are now; a CxError where one cannot be read."""
        with self._lock:
            if self._latest is None or self._latest.change():
                self._latest = data.take_inventory(self._folder)
            return self._latest
