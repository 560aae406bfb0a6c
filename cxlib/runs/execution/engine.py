"""Runs one notebook with papermill, in this process, and says truthfully how that ended.

papermill writes nothing here: its in-place saving would leave half files. The journal keeps the notebook instead, and
the status comes from exceptions and from cells that did not run, never from the notebook's metadata.
"""

from __future__ import annotations

import contextlib
import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import papermill
from jupyter_core.utils import ensure_event_loop
from nbformat import NotebookNode

from cxlib.runs.archive.store import NOTEBOOK
from cxlib.runs.execution.control import RunControl, spoken
from cxlib.runs.execution.faults import cell_error, from_papermill
from cxlib.runs.execution.journal import Journal, code_cells
from cxlib.runs.execution.kernels import KERNEL_NAME, KernelSetup, RunKernelManager, kernel_class
from cxlib.runs.execution.memory import memory_limit, system_kills
from cxlib.runs.execution.scratch import scratch_folder
from cxlib.runs.planning.plan import ReportPlan
from cxlib.runs.warm.kernels import WarmKernels

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
    """Run a report's notebook to its end.

    Parameters
    ----------
    plan : ReportPlan
        The notebook, its parameters and its limits.
    room : EngineRoom
        Its folder is the kernel's ``CXLIB_RUN_DIR``.
    environment : dict
        Further variables for the kernel.

    Returns
    -------
    NotebookNode
        With outputs; every code cell has run. ``notebook.ipynb`` in the folder holds it, also when this raises.

    Raises
    ------
    ReportFailed, KernelDied, OutOfMemory, RunTimeout, RunCancelled
        What ended it early.
    """
    kills = system_kills()
    with scratch_folder() as scratch, _bounds(plan, room):
        try:
            notebook = _run_with_papermill(plan, room.journal, kernels=kernel_class(KernelSetup(
                environment={**environment, "CXLIB_RUN_DIR": str(room.folder)}, folder=plan.notebook_path.parent,
                log=room.journal.path, scratch=scratch, on_start=room.control.kernel_started,
                note=room.journal.write, warm=room.warm,
            )))  # fmt: skip
        except Exception as error:
            raise _meaning(error, plan, room, short_of_memory=system_kills() != kills) from error
        finally:
            room.journal.close_cell()
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
    memory = memory_limit(room.control, plan.memory_limit_mb, cell=lambda: journal.cell, note=journal.write)
    with journal.overhearing(), room.control.deadline(plan.timeout_seconds), memory:
        yield


def _run_with_papermill(plan: ReportPlan, journal: Journal, *, kernels: type[RunKernelManager]) -> NotebookNode:
    hooks = {name: getattr(journal, name) for name in ("on_notebook_start", "on_cell_execute", "on_cell_executed")}
    return papermill.execute_notebook(
        plan.notebook,
        None,
        plan.injected,
        kernel_name=KERNEL_NAME,
        kernel_manager_class=kernels,
        start_timeout=_PATIENCE_SECONDS,
        iopub_timeout=_PATIENCE_SECONDS,
        execution_timeout=math.ceil(plan.cell_timeout_seconds),
        **hooks,
        **_QUIET,
    )


def _meaning(error: Exception, plan: ReportPlan, room: EngineRoom, *, short_of_memory: bool) -> Exception:
    room.journal.write(f"{type(error).__name__}: {error}")
    room.control.kernel_ended()
    allowed = spoken(math.ceil(plan.cell_timeout_seconds))
    return room.control.reason or from_papermill(
        error, cell=room.journal.cell, returncode=room.control.returncode, allowed=allowed,
        short_of_memory=short_of_memory,
    )  # fmt: skip


def _keep_notebook(plan: ReportPlan, room: EngineRoom) -> None:
    notebook = room.journal.notebook or plan.notebook
    if "papermill" in notebook.metadata:
        notebook.metadata.papermill.input_path = plan.notebook_name  # papermill put the whole notebook there
    (room.folder / NOTEBOOK).write_text(nbformat.writes(notebook), encoding="utf-8")


def raise_if_incomplete(notebook: NotebookNode) -> None:
    """Refuse a notebook of which a cell did not run: ``sys.exit(0)`` ends a notebook early and looks like success.

    Raises
    ------
    ReportFailed
        Some code cell did not run to its end.
    """
    for number, cell in enumerate(code_cells(notebook), start=1):
        if any(output.output_type == "error" and output.ename == "SystemExit" for output in cell.outputs):
            raise cell_error("SystemExit", "", cell=number)
        if cell.execution_count is None:
            raise cell_error("NotRun", "the notebook ended before this cell ran", cell=number)
