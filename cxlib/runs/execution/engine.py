"""Runs one notebook with papermill, in this process, and says truthfully how that ended.

papermill writes nothing here: its in-place saving would leave half files. The journal keeps the notebook instead, and
the status comes from exceptions and from cells that did not run, never from the notebook's metadata.
"""

import asyncio
import contextlib
import math
import shutil
import signal
import traceback
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_client.kernelspec import NoSuchKernel
from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

import cxlib.errors
from cxlib.disk import RUN_SCRATCH, scratch_folder
from cxlib.errors import CxError, KernelDied, OutOfMemory, ReportFailed, RunTimeout
from cxlib.masking import mask_contacts, mask_words
from cxlib.runs.archive.store import NOTEBOOK
from cxlib.runs.execution.control import RunControl, in_words
from cxlib.runs.execution.journal import Journal, code_cells
from cxlib.runs.execution.kernels import (
    ENGINE,
    KERNEL_NAME,
    KernelSetup,
    RunKernelManager,
    bounded,
    end_strays,
    kernel_class,
)
from cxlib.runs.execution.memory import memory_limit, system_kills
from cxlib.runs.planning.plan import ReportPlan
from cxlib.runs.warm import WarmKernels

_MEMORY_ERRORS = {"MemoryError", "_ArrayMemoryError", "ArrowMemoryError", "OutOfMemoryException"}
"""Of Python, numpy, Arrow and DuckDB."""
_QUIET = {"progress_bar": False, "log_output": False, "request_save_on_cell_execute": False}
_PATIENCE_SECONDS = 120  # for a kernel to start, and for late output, on a machine that is busy


@dataclass(frozen=True)
class EngineRoom:
    """Where one run happens: its private folder, its journal, its off switch, and where its kernel comes from."""

    folder: Path
    journal: Journal
    control: RunControl
    warm: WarmKernels | None = None

    def start_over(self, why: str) -> None:
        """Log why there is another attempt, and forget what the last one made."""
        self.journal.write(why)
        self.journal.times.clear()
        for path in self.folder.iterdir():
            if path != self.journal.path:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def execute(plan: ReportPlan, room: EngineRoom, *, environment: dict[str, str]) -> NotebookNode:
    """Run a report's notebook to its end, with further variables for its kernel; gives it with its outputs.

    ``notebook.ipynb`` in the room's folder, the kernel's ``CXLIB_RUN_DIR``, holds it too, also when this raises what
    ended it early: ReportFailed, KernelDied, OutOfMemory, RunTimeout, RunCancelled.
    """
    kills = system_kills()
    with scratch_folder(RUN_SCRATCH) as scratch, _bounds(plan, room):
        setup = KernelSetup(
            environment={**environment, "CXLIB_RUN_DIR": str(room.folder)},
            folder=plan.notebook_path.parent,
            log=room.journal.path,
            scratch=scratch,
            on_start=room.control.kernel_started,
            note=room.journal.write,
            warm=room.warm,
        )
        try:
            notebook = _run_with_papermill(plan, room.journal, kernels=kernel_class(setup))
        except Exception as error:
            raise _meaning(error, plan, room, short_of_memory=system_kills() != kills) from error
        finally:
            room.journal.close_cell()
            end_strays(room.folder)
            ensure_event_loop().close()  # papermill makes one for each thread and leaves it open
            _keep_notebook(plan, room)
    room.control.kernel_ended()
    room.control.raise_if_ended()
    raise_if_incomplete(notebook)
    return notebook


@contextlib.contextmanager
def _bounds(plan: ReportPlan, room: EngineRoom) -> Iterator[None]:
    """What is kept from a run: the terminal, more time than it may take, and more memory."""
    journal = room.journal
    memory = memory_limit(room.control, plan.settings.memory_limit_mb, cell=lambda: journal.cell, note=journal.write)
    with journal.overhearing(), room.control.deadline(plan.settings.timeout_minutes * 60), memory:
        yield


def _run_with_papermill(plan: ReportPlan, journal: Journal, *, kernels: type[RunKernelManager]) -> NotebookNode:
    async def on_cell_executed(cell: NotebookNode, cell_index: int, execute_reply: Mapping[str, Any]) -> None:
        journal.on_cell_executed(cell, cell_index, execute_reply)
        await asyncio.sleep(0)  # nbclient's tasks for the cell come to their end
        raise_if_left(cell, execute_reply["content"], number=len(journal.times))

    return papermill.execute_notebook(
        nbformat.from_dict(plan.notebook),
        None,
        plan.injected,
        engine_name=ENGINE,
        kernel_name=KERNEL_NAME,
        kernel_manager_class=kernels,
        startup_timeout=_PATIENCE_SECONDS,
        iopub_timeout=max(_PATIENCE_SECONDS, _cell_seconds(plan)),
        timeout=_cell_seconds(plan),
        on_notebook_start=journal.on_notebook_start,
        on_cell_execute=journal.on_cell_execute,
        on_cell_executed=on_cell_executed,
        **_QUIET,
    )


def _cell_seconds(plan: ReportPlan) -> int:
    return math.ceil(plan.settings.cell_timeout_minutes * 60)


def _meaning(error: Exception, plan: ReportPlan, room: EngineRoom, *, short_of_memory: bool) -> Exception:
    room.journal.write(f"{type(error).__name__}: {error}")
    room.control.kernel_ended()
    ending = Ending(room.journal.cell, room.control.returncode, in_words(_cell_seconds(plan)), short_of_memory)
    return room.control.reason or ending.meaning_of(error)


def _keep_notebook(plan: ReportPlan, room: EngineRoom) -> None:
    notebook = room.journal.notebook or nbformat.from_dict(plan.notebook)
    if "papermill" in notebook.metadata:
        notebook.metadata.papermill.input_path = plan.notebook_name  # papermill put the whole notebook there
    room.journal.notebook = notebook
    keep_masked(notebook, room.folder)


def keep_masked(notebook: NotebookNode, folder: Path, persons: Collection[str] = ()) -> None:
    """Write the notebook into the folder of its run; errors and prints show no contact and none of these persons."""

    def mask(text: str) -> str:
        return mask_words(mask_contacts(text), persons)

    for output in (output for cell in code_cells(notebook) for output in cell.outputs):
        if output.output_type == "error":
            output.evalue, output.traceback = mask(output.evalue), list(map(mask, output.traceback))
        elif output.output_type == "stream":
            output.text = "".join(map(mask, output.text.splitlines(keepends=True)))
    (folder / NOTEBOOK).write_text(nbformat.writes(notebook), encoding="utf-8")


def raise_if_left(cell: NotebookNode, reply: Mapping[str, Any], *, number: int) -> None:
    """Refuse a cell that asked its kernel to end, which IPython calls a success, and one that failed without a word."""
    if any(part.get("source") == "ask_exit" for part in reply.get("payload", ())):
        raise CellFailed("Exit", f"Cell {number} called exit or quit, so the report is not complete.", cell=number)
    if reply["status"] != "ok" and not any(output.output_type == "error" for output in cell.outputs):
        raise cell_error(reply.get("ename", "NotRun"), bounded(reply.get("evalue", "")), cell=number)


def raise_if_incomplete(notebook: NotebookNode) -> None:
    """Refuse a notebook of which a cell did not run: ``sys.exit(0)`` ends a notebook early and looks like success."""
    for number, cell in enumerate(code_cells(notebook), start=1):
        if any(output.output_type == "error" and output.ename == "SystemExit" for output in cell.outputs):
            raise cell_error("SystemExit", "", cell=number)
        if cell.execution_count is None:
            raise cell_error("NotRun", "the notebook ended before this cell ran", cell=number)


class CellFailed(ReportFailed):
    """A cell raised: keeps the class and cell number, and the exit code that the class asks for."""

    def __init__(self, raised: str, message: str, *, cell: int | None) -> None:
        super().__init__(message)
        self.raised = raised
        self.cell = cell
        self.exit_code = _declared_error(raised).exit_code


def _declared_error(name: str) -> type[CxError]:
    declared = getattr(cxlib.errors, name, None)
    return declared if isinstance(declared, type) and issubclass(declared, CxError) else CxError


@dataclass(frozen=True)
class Ending:
    """How a run ended: the cell that ran, its process's return code (negative for a signal), and what else there is.

    `allowed` says how long a cell may take; `short_of_memory` whether the system has ended processes for want of it.
    """

    cell: int | None
    returncode: int | None
    allowed: str
    short_of_memory: bool = False

    def meaning_of(self, error: Exception) -> Exception:
        """What an exception of papermill or nbclient means."""
        match error:
            case PapermillExecutionError():
                return cell_error(error.ename, error.evalue, cell=error.exec_count or self.cell)
            case CellTimeoutError() if "message was: Timeout waiting for IOPub" in str(error):
                return RunTimeout(
                    f"Cell {self.cell} ended, but its outputs did not arrive in time, so they are not complete. "
                    "Show and print less, or raise cell_timeout_minutes."
                )
            case CellTimeoutError():
                return RunTimeout(
                    f"Cell {self.cell} took longer than {self.allowed} and was stopped. "
                    "Raise cell_timeout_minutes if it needs more."
                )
            case DeadKernelError():
                return self._dead_kernel(f" in cell {self.cell}" if self.cell else "")
            case ValueError() if "deserialize" in {each.name for each in traceback.extract_tb(error.__traceback__)}:
                return CellFailed(
                    type(error).__name__,
                    f"Cell {self.cell} left its process unable to answer ({error}). It replaced something that Python "
                    "itself needs, such as json.dumps: take that out.",
                    cell=self.cell,
                )
            case NoSuchKernel() | RuntimeError():
                return KernelDied(f"The process of the notebook could not be started: {error}")
            case _:
                return error

    def _dead_kernel(self, place: str) -> OutOfMemory | KernelDied:
        if self.short_of_memory and self.returncode == -signal.SIGKILL:
            return OutOfMemory(
                f"The system ended the process of the notebook{place}, since the machine's memory was used up. "
                "Run fewer reports at once, or let this one read less.",
                cell=self.cell,
            )
        manner = ""
        if self.returncode:
            manner = f" with exit code {self.returncode}"
        if self.returncode and self.returncode < 0:
            hint = "; on Linux that is often for want of memory" if self.returncode == -signal.SIGKILL else ""
            manner = f": it was ended by {signal.Signals(-self.returncode).name}{hint}"
        return KernelDied(f"The process of the notebook ended{place}{manner}.")


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
