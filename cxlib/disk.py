"""Waiting until files are on disk, so that what was finished before a power cut is whole after it."""

from __future__ import annotations

import os
from pathlib import Path


def sync_file(path: Path) -> None:
    """Wait until a file is on disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Wait until every file below `folder`, and the folders themselves, are on disk."""
    for path in folder.rglob("*"):
        sync_file(path) if path.is_file() else sync_folder(path)
    sync_folder(folder)
