"""One run of a workspace at a time: a lock that the system itself releases when its holder dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from cxlib.errors import RunLocked


@contextlib.contextmanager
def hold_lock(path: Path, *, name: str) -> Iterator[None]:
    """Hold the lock file `path` while the block runs; the file stays, empty or with its last holder's number.

    Raises
    ------
    RunLocked
        Another process, or another thread of this one, holds it.
    """
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise RunLocked(
                f"Another run of {name} is under way (process {file.read().strip() or 'unknown'}). "
                "Wait until it has finished, then run again."
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
