"""Private folders with short names, for a kernel's sockets and temporary files, that do not outlive their engine.

A folder is locked while it is used, and the system frees the lock when its holder dies. So a later run can tell what
a killed engine left, whatever the process numbers are by then.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

PREFIX = "cxlib-run-"
_UNLOCKED = ".cxlib-run-"  # the name for the moment between making a folder and locking it


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A new private folder while the block runs; what dead engines left is removed first."""
    clean_scratch()
    made = Path(tempfile.mkdtemp(prefix=_UNLOCKED))
    folder = made.with_name(made.name.removeprefix("."))
    with _locked(made):
        made.rename(folder)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def clean_scratch() -> list[Path]:
    """Remove this user's scratch folders whose engine is dead; gives them."""
    gone = []
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # in use, or removed by another engine at this moment
            about = folder.lstat()
            if stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid():
                with _locked(folder):
                    shutil.rmtree(folder, ignore_errors=True)
                    gone.append(folder)
    return gone


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)
