"""How much memory a notebook's processes take, a limit on it, and whether the system ended one for want of memory.

What a process takes is its proportional share (PSS): pages of its own, and of pages that several processes share, as
a forked kernel does with the warm process, an equal part. Read from ``/proc``, so on Linux only; elsewhere nothing is
watched, and the log says so.
"""

import contextlib
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from cxlib.errors import OutOfMemory
from cxlib.runs.execution.control import RunControl
from cxlib.runs.warm import descendants

PROC = Path("/proc")
_CGROUPS = Path("/sys/fs/cgroup")
_EVERY_SECONDS = 0.2
_SCORE = "500"  # of -1000..1000: when memory runs out the system takes the kernel, not the engine
_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)
_KILLS = re.compile(r"^oom_kill (\d+)$", re.MULTILINE)


def offer_to_system(pid: int) -> None:
    """Let the system end this process before the engine when memory runs out."""
    with contextlib.suppress(OSError):
        (PROC / str(pid) / "oom_score_adj").write_text(_SCORE)


def session_processes(leader: int) -> list[int]:
    """The process that leads a session, and every one that it started, also in sessions of their own."""
    return [pid for pid in (leader, *descendants(leader)) if (PROC / str(pid)).exists()]


def memory_mb(pids: list[int]) -> float:
    """The memory that processes take together, in MB (10^6 bytes); those that have ended take none."""
    return sum(map(_kilobytes, pids)) * 1024 / 1e6


def _kilobytes(pid: int) -> int:
    try:
        match = _PSS.search((PROC / str(pid) / "smaps_rollup").read_text())
    except OSError:
        return 0
    return int(match[1]) if match else 0


@contextlib.contextmanager
def memory_limit(
    control: RunControl, limit_mb: int | None, *, cell: Callable[[], int | None], note: Callable[[str], None]
) -> Iterator[None]:
    """End a run when its processes take more than `limit_mb`, in MB (10^6 bytes); None watches nothing.

    `cell` gives the number of the cell that runs, `note` takes a line for the run's log.
    """
    if limit_mb is None or not (PROC / "self" / "smaps_rollup").exists():
        if limit_mb is not None:
            note("the memory limit is not watched: this system does not say what a process takes")
        yield
        return
    watch = _MemoryWatch(control, limit_mb, cell)
    watch.start()
    try:
        yield
    finally:
        watch.done.set()
        watch.join()
        note(f"memory: at most {watch.peak_mb:.0f} MB of {limit_mb} MB")


class _MemoryWatch(threading.Thread):
    """Looks at one run's memory until it is done, or over its limit."""

    def __init__(self, control: RunControl, limit_mb: int, cell: Callable[[], int | None]) -> None:
        super().__init__(name="cx-memory", daemon=True)
        self.done = threading.Event()
        self.peak_mb = 0.0
        self._control, self._limit_mb, self._cell = control, limit_mb, cell

    def run(self) -> None:
        while not self.done.wait(_EVERY_SECONDS):
            kernel = self._control.kernel
            taken = memory_mb(session_processes(kernel)) if kernel else 0
            self.peak_mb = max(self.peak_mb, taken)
            if taken > self._limit_mb:
                self._control.end(over_limit(taken, self._limit_mb, cell=self._cell()))
                return


def over_limit(taken_mb: float, limit_mb: int, *, cell: int | None) -> OutOfMemory:
    """The error of a run that took more memory than it may."""
    where = f"Cell {cell}" if cell else "The notebook"
    return OutOfMemory(
        f"{where} needed more memory than the limit of {limit_mb} MB ({taken_mb:.0f} MB when it was stopped). "
        "Raise memory_limit_mb, or let the report read less.",
        cell=cell,
    )


def system_kills() -> int | None:
    """How many processes the system has ended for want of memory, in this control group where that is counted.

    None where it does not say. Only the difference of two readings means something.
    """
    counts = (_count(path) for path in (*_group_files(), PROC / "vmstat"))
    return next((count for count in counts if count is not None), None)


def _group_files() -> Iterator[Path]:
    try:
        lines = (PROC / "self" / "cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        number, controllers, path = line.split(":", 2)
        if number == "0":
            yield _CGROUPS / path.lstrip("/") / "memory.events"
        elif "memory" in controllers.split(","):
            yield from (_CGROUPS / "memory" / place / "memory.oom_control" for place in (path.lstrip("/"), ""))


def _count(path: Path) -> int | None:
    try:
        match = _KILLS.search(path.read_text())
    except OSError:
        return None
    return int(match[1]) if match else None
