"""One run of a report at a time: a lock that the system itself releases when its holder dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from cxlib.errors import RunLocked

if TYPE_CHECKING:
    from cxlib.runs.planning.plan import ReportPlan

LOCK = ".lock"  # in the folder of a report's runs
_PAUSE_SECONDS = 0.05


@contextlib.contextmanager
def hold_lock(path: Path, *, name: str, patience_seconds: float = 0) -> Iterator[None]:
    """Hold the lock file `path` while the block runs; the file stays, empty or with its last holder's number.

    Parameters
    ----------
    path : Path
        The lock file; its folder is made when there is none.
    name : str
        What is run under the lock, for the error.
    patience_seconds : float
        How long to wait for another holder.

    Raises
    ------
    RunLocked
        Another process, or another thread of this one, holds it still.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        _take(file, name, until=time.monotonic() + patience_seconds)
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def _take(file: TextIO, name: str, *, until: float) -> None:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                file.seek(0)
                raise RunLocked(
                    f"Another run of {name} is under way (process {file.read().strip() or 'unknown'}). "
                    "Wait until it has finished, then run again."
                ) from None
            time.sleep(_PAUSE_SECONDS)
        else:
            return


class ReportLocks:
    """The locks of all reports of a run, taken at its start, so that two like runs do not share a suite out by chance.

    Attributes
    ----------
    refused : dict of str to Exception
        By path, why a report cannot run: another run holds its lock, or its folder cannot be made.
    """

    def __init__(self, site: Path, plans: Iterable[ReportPlan]) -> None:
        self._site = site
        self._plans = list(plans)
        self._held: dict[str, contextlib.ExitStack] = {}
        self.refused: dict[str, Exception] = {}

    def __enter__(self) -> ReportLocks:
        for plan in self._plans:
            self._held[plan.path] = held = contextlib.ExitStack()
            try:
                held.enter_context(hold_lock(self._site / plan.path / LOCK, name=plan.name))
            except (RunLocked, OSError) as error:
                self.refused[plan.path] = error
        if self._plans and all(isinstance(self.refused.get(plan.path), RunLocked) for plan in self._plans):
            raise next(iter(self.refused.values()))
        return self

    def __exit__(self, *_: object) -> None:
        for held in self._held.values():
            held.close()

    @contextlib.contextmanager
    def released_after(self, path: str) -> Iterator[None]:
        """Give a report's lock back after the block, while others still run."""
        try:
            yield
        finally:
            self._held[path].close()
