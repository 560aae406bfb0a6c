"""Digests of files, files that outlive a power cut, and folders that do not outlive a process."""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

_JUST_NOW_NS = 2_000_000_000
_NOT_CODE = {"__pycache__", ".ipynb_checkpoints"}
RUN_SCRATCH, TABLE_SCRATCH = "cxlib-run-", "cxlib-tables-"
_SCRATCH = re.compile(f"({RUN_SCRATCH}|{TABLE_SCRATCH})[a-z0-9_]{{8}}")  # what `tempfile` makes of the two


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_package() -> str:
    """SHA-256 of every file of cxlib: code, templates, style sheets and catalogues."""
    root, paths = str(Path(__file__).parent), list[str]()
    for folder, below, names in os.walk(root):
        below[:] = set(below) - _NOT_CODE
        paths += filter(os.path.isfile, (f"{folder}/{name}" for name in names))  # of Path, each would take longer
    paths.sort()
    stats = [os.stat(path) for path in paths]  # noqa: PTH116
    is_fresh = time.time_ns() - max(one.st_ctime_ns for one in stats) < _JUST_NOW_NS  # two writes may share an instant
    hash_files = _hash_files.__wrapped__ if is_fresh else _hash_files
    return hash_files(root, tuple(paths), tuple((one.st_size, one.st_mtime_ns, one.st_ctime_ns) for one in stats))


@lru_cache(maxsize=1)  # a command asks several times; of files that somebody touched meanwhile it is made again
def _hash_files(root: str, paths: tuple[str, ...], _touched: tuple[tuple[int, ...], ...]) -> str:
    lines = [f"{path.removeprefix(root)} {file_digest(Path(path))}\n" for path in paths]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


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
    """Wait until every file below `folder`, and the folders themselves, are on disk; a pipe would wait for ever."""
    for path in folder.rglob("*"):
        if path.is_file() or path.is_dir():
            sync_file(path) if path.is_file() else sync_folder(path)
    sync_folder(folder)


@contextlib.contextmanager
def locked(folder: Path, *, shared: bool = False) -> Iterator[int]:
    """Hold the lock of a folder itself, for which there is no lock file that could outlive it; gives its handle.

    The system frees it when its holder dies, however that dies. BlockingIOError where another holds it.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        yield handle
    finally:
        os.close(handle)


@contextlib.contextmanager
def scratch_folder(prefix: str, parent: Path | None = None) -> Iterator[Path]:
    """A new private folder with a short name while the block runs; what killed processes left is removed first.

    It stands in the system's folder for temporary files, or in `parent`.

    It is locked as long as it is used, so that others can tell, whatever the process numbers are by then.
    """
    clean_scratch(parent)
    with contextlib.ExitStack() as stack:
        while True:
            folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
            with contextlib.suppress(OSError):  # another process took it for one that was left, and removed it
                stack.enter_context(locked(folder))
                if folder.is_dir():
                    break
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def clean_scratch(parent: Path | None = None) -> list[Path]:
    """Remove the scratch folders of dead processes, of whichever command they were; gives them."""
    places = (parent or Path(tempfile.gettempdir())).iterdir()
    folders = [path for path in places if _SCRATCH.fullmatch(path.name)]
    return [folder for folder in folders if remove_unused(folder)]


def remove_unused(folder: Path) -> bool:
    """Remove a folder of this user's (of anybody's, for root) that no living process holds; whether it was."""
    with contextlib.suppress(OSError):  # in use, or removed by another process at this moment
        about = folder.lstat()
        if stat.S_ISDIR(about.st_mode) and os.getuid() in {0, about.st_uid}:
            with locked(folder):
                shutil.rmtree(folder, ignore_errors=True)
                return True
    return False
