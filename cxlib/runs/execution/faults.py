"""From whatever stopped a run to its status, exit code and plain words; status is never read from the notebook."""

from __future__ import annotations

import errno
import signal

import cxlib.errors
from cxlib.errors import (
    CxError,
    KernelDied,
    OutOfMemory,
    PageRejected,
    ReportBlocked,
    ReportFailed,
    RunCancelled,
    RunLocked,
    RunTimeout,
)  # fmt: skip
from cxlib.runs.archive.record import RunFault, Status

_STATUS: tuple[tuple[type[Exception], Status], ...] = (
    (RunCancelled, Status.CANCELLED),
    (RunTimeout, Status.TIMEOUT),
    (KernelDied, Status.DEAD_KERNEL),
    (OutOfMemory, Status.OUT_OF_MEMORY),
    (PageRejected, Status.REJECTED),
    (ReportBlocked, Status.BLOCKED),
    (RunLocked, Status.LOCKED),
)
_MEMORY_ERRORS = {
    "MemoryError", "_ArrayMemoryError", "ArrowMemoryError", "OutOfMemoryException",
}  # of Python, numpy, Arrow and DuckDB  # fmt: skip


class CellFailed(ReportFailed):
    """A cell raised: keeps the class and cell number, and the exit code that the class asks for."""

    def __init__(self, name: str, message: str, *, cell: int | None) -> None:
        super().__init__(message)
        self.name = name
        self.cell = cell
        self.exit_code = _declared_error(name).exit_code


def _declared_error(name: str) -> type[CxError]:
    found = getattr(cxlib.errors, name, None)
    return found if isinstance(found, type) and issubclass(found, CxError) else CxError


def status_of(error: Exception) -> Status:
    """The status of a run that `error` stopped."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), Status.FAILED)


def exit_code_of(error: Exception) -> int:
    """The exit code of a run that `error` stopped."""
    return error.exit_code if isinstance(error, CxError) else 1


def fault_of(error: Exception, *, cell: int | None = None) -> RunFault:
    """The plain words of `error` for run.json and for readers."""
    name = getattr(error, "name", None) if isinstance(error, CellFailed) else None
    return RunFault(type=name or type(error).__name__, message=_words(error), cell=getattr(error, "cell", None) or cell)


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "The disk is full, so nothing was published. Make room and run again."
    if isinstance(error, OSError):
        return f"{error.filename or 'A file'}: {error.strerror or error}."
    if isinstance(error, CxError):
        return str(error)
    return f"The program itself went wrong ({type(error).__name__}: {error}). The log says where."


def from_papermill(
    error: Exception, *, cell: int | None, returncode: int | None, allowed: str, short_of_memory: bool = False
) -> Exception:
    """What an exception of papermill or nbclient means.

    Parameters
    ----------
    error : Exception
        What ``papermill.execute_notebook`` raised.
    cell : int or None
        The cell that ran.
    returncode : int or None
        Of the kernel's process, negative for a signal.
    allowed : str
        How long a cell may take, in words.
    short_of_memory : bool
        Whether the system has ended processes for want of memory meanwhile.
    """
    # Here, since only a notebook that ran brings these packages with it.
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    match error:
        case PapermillExecutionError():
            return cell_error(error.ename, error.evalue, cell=error.exec_count or cell)
        case CellTimeoutError():
            return RunTimeout(
                f"Cell {cell} took longer than {allowed} and was stopped. Raise cell_timeout_minutes if it needs more."
            )
        case DeadKernelError():
            place = f" in cell {cell}" if cell else ""
            if short_of_memory and returncode == -signal.SIGKILL:
                return OutOfMemory(
                    f"The system ended the process of the notebook{place}, since the machine's memory was used up. "
                    "Run fewer reports at once, or let this one read less.",
                    cell=cell,
                )
            return KernelDied(f"The process of the notebook ended{place}{_manner(returncode)}.")
        case NoSuchKernel() | RuntimeError():
            return KernelDied(f"The process of the notebook could not be started: {error}")
        case _:
            return error


def cell_error(name: str, message: str, *, cell: int | None) -> CellFailed | OutOfMemory:
    """The error of a cell that raised; one of cxlib's own speaks for itself, any other is named."""
    if name in _MEMORY_ERRORS:
        detail = f" ({message})" if message else ""
        return OutOfMemory(
            f"Cell {cell} asked for more memory than it could get: {name}{detail}. "
            "Run fewer reports at once, or let this one read less.",
            cell=cell,
        )
    if name == "SystemExit":
        return CellFailed(name, f"Cell {cell} called sys.exit, so the report is not complete.", cell=cell)
    if _declared_error(name) is CxError and name != "CxError":
        words = f"{name}: {message}" if message else name
        return CellFailed(name, f"Cell {cell} raised {words}", cell=cell)
    return CellFailed(name, message, cell=cell)


def _manner(returncode: int | None) -> str:
    if returncode is None or returncode >= 0:
        return "" if not returncode else f" with exit code {returncode}"
    name = signal.Signals(-returncode).name
    hint = "; on Linux that is often for want of memory" if -returncode == signal.SIGKILL else ""
    return f": it was ended by {name}{hint}"
