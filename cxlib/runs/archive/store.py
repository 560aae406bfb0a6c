"""The folders of runs: made in private, finished in one step, never seen half.

    reports/<workspace>/<report>/runs/.<stamp>-<key8>.partial   while it runs
    reports/<workspace>/<report>/runs/<stamp>-<key8>/           when it is complete, good or not
    reports/<workspace>/<report>/latest -> runs/...             the last good run
    reports/<workspace>/<report>/checked.txt                    when it was last found to be up to date, after which run
    reports/<workspace>/<report>/.lock                          held by the process that runs it

A report with a matrix has all this in <report>/<matrix key>/ for each of its runs.

`latest` is a symbolic link that another one is renamed over, which a reader sees either before or after. Where the
file system has no symbolic links the run is refused with a remedy, since no other swap of a folder is one step.
A run that was killed between its last two renames is complete but was never the latest, and never becomes it.
"""

import contextlib
import datetime as dt
import errno
import itertools
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from filelock import Timeout, UnixFileLock
from pydantic import ValidationError

from cxlib.disk import file_digest, sync_file, sync_folder, sync_tree
from cxlib.errors import ConfigurationError, RunLocked
from cxlib.runs.archive.record import RunRecord

LOCK = ".lock"
PARTIAL = ".partial"
NOTEBOOK = "notebook.ipynb"  # its name in a run's folder
_DIGESTS = re.compile(r'\[("[0-9a-f]{6}"(, )?)*\]')  # of what a run withheld
_STAMP = "%Y%m%dT%H%M%SZ"


class ReportStore:
    """The runs of one report of one workspace, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs = folder / "runs"
        self.latest = folder / "latest"
        self._checked = folder / "checked.txt"

    def begin(self, started: dt.datetime, *, key: str) -> Path:
        """Make the private folder of a new run."""
        if not self.runs.is_dir():
            self.runs.mkdir(parents=True)
            for folder in (self.folder, self.folder.parent, self.folder.parent.parent):
                sync_folder(folder)  # else the first run could be on disk below a folder that is not
        stamp = f"{started.astimezone(dt.UTC):{_STAMP}}-{key[:8]}"
        names = itertools.chain([stamp], (f"{stamp}-{n}" for n in itertools.count(2)))
        private = self.runs / f".{next(name for name in names if not (self.runs / name).exists())}{PARTIAL}"
        private.mkdir()
        return private

    def finish(self, private: Path, *, publish: bool = False) -> Path:
        """Give a private folder its final name, everything in it safely on disk; with `publish` make it the latest."""
        final = private.with_name(final_name(private))
        sync_tree(private)
        # The link is made first: whatever can fail for want of room has then failed before the run counts as good.
        link = self._link_to(final) if publish else None
        private.rename(final)
        sync_folder(self.runs)
        if link:
            link.replace(self.latest)
            sync_folder(self.folder)
        return final

    def _link_to(self, run: Path) -> Path:
        if self.latest.is_dir() and not self.latest.is_symlink():
            raise ConfigurationError(
                f"{self.latest}: this is a folder, not the link to a run that it should be, as after copying. "
                "Remove it and run again; every run is in the folder 'runs' beside it."
            )
        link = private_name(self.latest)
        link.unlink(missing_ok=True)
        try:
            link.symlink_to(run.relative_to(self.folder), target_is_directory=True)
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise
            raise ConfigurationError(
                f"{self.folder}: this file system makes no symbolic links ({error.strerror}), so pages cannot be "
                "swapped in one step. Put the project's 'reports' folder on a file system that has them."
            ) from None
        return link

    def clean(self) -> list[str]:
        """Remove what a killed run left behind; only under the report's lock. Gives the names."""
        # Named one by one: other private files here belong to the front page, which has a lock of its own.
        ours = (private_name(self.latest), private_name(self._checked))
        remains = [*self.runs.glob(f".*{PARTIAL}"), *(path for path in ours if path.is_symlink() or path.exists())]
        for path in remains:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)  # a kernel may outlive its engine a moment and still write here
            else:
                path.unlink(missing_ok=True)
        return [final_name(path) for path in remains]

    def history(self) -> list[RunRecord]:
        """The records of all complete runs, oldest first."""
        records = (read_record(folder) for folder in self.runs.glob("[!.]*"))
        return sorted((record for record in records if record), key=lambda record: record.order)

    def next_number(self) -> int:
        """The number of the next run; only under the report's lock."""
        return 1 + max((record.number for record in self.history()), default=0)

    def last_good(self) -> RunRecord | None:
        """The record of the run that `latest` shows."""
        return read_record(self.latest)

    def unreadable(self) -> list[Path]:
        """Complete runs whose record cannot be read, and which therefore do not count."""
        folders = [*self.runs.glob("[!.]*"), *([self.latest] if self.latest.exists() else [])]
        return [folder / "run.json" for folder in sorted(folders) if read_record(folder) is None]

    def note_unchanged(self, when: dt.datetime) -> None:
        """Remember that at `when`, and after all runs so far, the latest run was found to be up to date still."""
        write_in_one_step(self._checked, f"{when.isoformat()} {self.next_number() - 1}\n")

    def checked_at(self) -> dt.datetime | None:
        """When the latest run was last made or found to be up to date."""
        latest, (checked, _) = self.last_good(), self._check()
        return max(filter(None, [latest.finished if latest else None, checked]), default=None)

    def checked_after(self) -> int:
        """The number of the last run before the latest was made or found to be up to date; 0 where that is unknown."""
        latest, (_, number) = self.last_good(), self._check()
        return max(latest.number if latest else 0, number)

    def _check(self) -> tuple[dt.datetime | None, int]:
        """When the latest run was found to be up to date, and after which run; one without a zone is not a time."""
        try:
            when, number = [*self._checked.read_text(encoding="utf-8").split(), "0"][:2]
            checked = dt.datetime.fromisoformat(when)
            return (checked.astimezone(dt.UTC) if checked.tzinfo else None), int(number)
        except (OSError, ValueError, OverflowError):
            return None, 0

    def prune(self, *, keep: int) -> list[str]:
        """Remove old runs and give their names; the latest and the newest `keep` good ones stay.

        Of failed runs the newest `keep` after the oldest of those stay, and the first one since the latest good run.
        """
        history, latest = self.history(), self.last_good()
        good = [record.run for record in history if record.status.good]
        staying = {*good[max(0, len(good) - keep) :], *([latest.run] if latest else [])}
        oldest = next((record for record in history if record.run in staying), None)
        failed = [run for run in history if not run.status.good and (not oldest or run.order > oldest.order)]
        staying |= {record.run for record in failed[max(0, len(failed) - keep) :]}
        since = [record.run for record in failed if latest is None or record.order > latest.order]
        staying |= set(since[:1])
        for memory in self.runs.glob("*/exports/withheld.json"):
            own = latest is not None and memory.parts[-3] == latest.run
            if not own and not _DIGESTS.fullmatch(memory.read_text(encoding="utf-8", errors="replace")):
                memory.unlink()  # an earlier version kept names
        gone = [record.run for record in history if record.run not in staying]
        for run in gone:
            doomed = (self.runs / run).rename(self.runs / f".{run}{PARTIAL}")  # a reader never meets half a run
            shutil.rmtree(doomed)
        return gone


def clean_remains(reports: Path) -> None:
    """Remove what killed runs left of any report of any workspace, but for those that are being made now."""
    partials = [path for runs in ("*/*/runs", "*/*/*/runs") for path in reports.glob(f"{runs}/.*{PARTIAL}")]
    for folder in {path.parents[1] for path in partials}:
        with contextlib.suppress(RunLocked, OSError), hold_lock(folder / LOCK, name=folder.name):
            ReportStore(folder).clean()


def private_name(path: Path) -> Path:
    """Under which name a file is written before it gets its own."""
    return path.with_name(f".{path.name}{PARTIAL}")


def final_name(private: Path) -> str:
    """The name of a run whose private folder this is."""
    return private.name.removeprefix(".").removesuffix(PARTIAL)


def read_record(folder: Path) -> RunRecord | None:
    """The record in a run's folder, or None where there is none of that run that can be read."""
    try:
        record = RunRecord.model_validate_json((folder / "run.json").read_bytes())
        name = folder.resolve().name
    except (OSError, ValidationError, RuntimeError):  # the last for links that lead in a circle
        return None
    return record if record.run == name or name == "latest" else None


def file_digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a run but its record and its log, by its path in the run's folder."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name[0] != "."]
    own = {path.relative_to(folder).as_posix(): path for path in paths}
    return {name: file_digest(path) for name, path in own.items() if name not in {"run.json", "run.log"}}


def damage(folder: Path, record: RunRecord) -> str:
    """The first file of a run that is gone or not as the run left it; empty when all are whole."""
    for name, digest in record.files.items():
        try:
            whole = file_digest(folder / name) == digest
        except OSError:
            whole = False
        if not whole:
            return name
    return ""


def write_in_one_step(path: Path, text: str) -> None:
    """Write a file so that a reader meets the old text or the new one, never a part."""
    private = private_name(path)
    try:
        private.write_text(text, encoding="utf-8")
        sync_file(private)
        private.replace(path)
    except OSError:
        private.unlink(missing_ok=True)  # on a full disk every byte counts
        raise
    sync_folder(path.parent)


@contextlib.contextmanager
def hold_lock(path: Path, *, name: str, patience_seconds: float = 0) -> Iterator[None]:
    """Hold the lock file `path` while the block runs; the file stays, with the number of its last holder's process.

    The lock is the system's own, which it releases when its holder dies, however that dies. RunLocked where another
    process, or another thread of this one, still holds it after `patience_seconds`; `name` says what is run under it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # A soft lock, to which filelock falls back where a file system has no locks, would outlive a killed holder. The
    # lock belongs to no thread: one takes the locks of all reports, and each worker gives that of its own back.
    lock = UnixFileLock(path, thread_local=False, fallback_to_soft=False, on_acquired=_note_holder)
    try:
        lock.acquire(timeout=patience_seconds)
    except Timeout:  # filelock knows who holds a lock in its own object only; the file says it for all
        holder = path.read_text(encoding="utf-8").strip() or "unknown"
        raise RunLocked(
            f"Another run of {name} is under way (process {holder}). Wait until it has finished, then run again."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _note_holder(handle: int) -> None:
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
