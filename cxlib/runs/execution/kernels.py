"""The process in which a notebook runs: this very Python, its own environment, sockets that cannot collide.

A class made for each run is passed to papermill as ``kernel_manager_class``; papermill offers no other way to give
each of several parallel runs its own environment. The process is forked from a warm one where there is one, and
started afresh otherwise; a notebook cannot tell which.

Every output of a notebook reaches the cell that made it.

nbclient drops what threads and tasks show after their cell has ended, and keeps whatever a cell prints, however much.
Those that still run after the last cell are waited for.
"""

import ast
import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.provisioning import LocalProvisioner
from jupyter_client.utils import ensure_async
from jupyter_core.utils import run_sync
from nbclient.exceptions import CellExecutionComplete, DeadKernelError
from nbformat import NotebookNode, v4
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from papermill.log import logger
from papermill.utils import remove_args

from cxlib.errors import ReportFailed, RunTimeout
from cxlib.runs.execution.control import Process, end_processes
from cxlib.runs.execution.memory import offer_to_system
from cxlib.runs.warm import KERNEL, LOOSE_ENDS, WarmKernels, descendants

ENGINE = "cxlib"
MOST_OF_AN_ERROR = 10_000  # characters
MOST_PRINTED = 1_000_000  # characters of a cell; more are counted, not kept. What it displays is always kept.
_PIECE = 10_000  # characters; shorter pieces of a stream are joined


class WholeNotebookClient(PapermillNotebookClient):  # type: ignore[misc]  # papermill is untyped to mypy
    """Runs a notebook's cells and keeps all that they show."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._asked: dict[str, tuple[NotebookNode, int]] = {}
        self._printed: dict[int, int] = {}
        self._notices: dict[int, NotebookNode] = {}

    def papermill_execute_cells(self) -> None:
        """Run the cells, then wait for what they have left running; raises ReportFailed where that has failed."""
        super().papermill_execute_cells()
        ran = [cell for cell in self.nb.cells if cell.cell_type == "code" and cell.execution_count]
        if ran and not any(cell.metadata.get("papermill", {}).get("exception") for cell in ran):
            run_sync(self._async_settle)(ran[-1])

    async def _async_settle(self, cell: NotebookNode) -> None:
        end = time.monotonic() + self.timeout
        while (left := await self._async_ask(cell))["running"]:
            if time.monotonic() > end:
                raise RunTimeout(
                    f"Every cell has ended and {', '.join(left['running'])} runs on, so what it shows is not complete. "
                    "Wait for it in a cell, make it a daemon, or raise cell_timeout_minutes."
                )
            await asyncio.sleep(0.05)
        if left["failed"]:
            raise ReportFailed(f"{bounded(left['failed'][0])}. Nobody took that error: handle it where it happens.")
        if left["daemons"]:
            logger.warning("What these daemon threads show from here on is lost: %s", ", ".join(left["daemons"]))

    async def _async_ask(self, cell: NotebookNode) -> dict[str, list[str]]:
        """What cells have left; what that has shown until now is with its cells."""
        request = await ensure_async(self.kc.execute("", silent=True, user_expressions={"left": LOOSE_ENDS}))
        alive = asyncio.ensure_future(self._async_poll_kernel_alive())
        shown = asyncio.ensure_future(self._async_poll_output_msg(request, cell, self.nb.cells.index(cell)))
        self.task_poll_for_reply = asyncio.ensure_future(
            self._async_poll_for_reply(request, cell, self.timeout, shown, alive)
        )
        try:
            reply = await self.task_poll_for_reply
        except asyncio.CancelledError:
            shown.cancel()
            raise DeadKernelError("Kernel died") from None
        answer = reply["content"]["user_expressions"]["left"]
        if answer["status"] != "ok":
            raise ReportFailed(f"What cells have left running cannot be seen: {bounded(answer['evalue'])}.")
        left: dict[str, list[str]] = json.loads(ast.literal_eval(answer["data"]["text/plain"]))
        return left

    async def _async_poll_output_msg(self, parent_msg_id: str, cell: NotebookNode, cell_index: int) -> None:
        """Take messages until the one that ends the cell, also those of earlier cells."""
        self._asked[parent_msg_id] = (cell, cell_index)
        while True:
            message = await ensure_async(self.kc.iopub_channel.get_msg(timeout=None))
            parent = message["parent_header"].get("msg_id")
            try:
                if parent in self._asked:
                    self.process_message(message, *self._asked[parent])
            except CellExecutionComplete:
                if parent == parent_msg_id:
                    return

    def output(
        self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str | None, cell_index: int
    ) -> NotebookNode | None:
        """Add an output to those of its cell; what is printed only up to a limit."""
        if msg["msg_type"] == "error":
            content = msg["content"]
            lines = [bounded(str(line)) for line in content.get("traceback") or []]
            msg = {**msg, "content": {**content, "evalue": bounded(content["evalue"]), "traceback": lines}}
        added: NotebookNode | None = super().output(outs, msg, display_id, cell_index)
        if added is not None and added.output_type == "stream":
            outs.pop()
            self._print(outs, added, cell_index)
        return added

    def _print(self, outs: list[NotebookNode], added: NotebookNode, cell_index: int) -> None:
        before = self._printed.get(cell_index, 0)
        total = self._printed[cell_index] = before + len(added.text)
        added.text = added.text[: max(0, MOST_PRINTED - before)]
        last = outs[-1] if outs else None
        if last is not None and last.get("name") == added.name and len(last.text) < _PIECE:
            last.text += added.text
        elif added.text:
            outs.append(added)
        if total > MOST_PRINTED:
            notice = self._notices.setdefault(cell_index, v4.new_output("stream", name="stderr"))
            outs += [notice] * (before <= MOST_PRINTED)  # once
            notice.text = f"\n[This cell printed {total:,} characters. The first {MOST_PRINTED:,} are kept.]\n"

    def clear_display_id_mapping(self, cell_index: int) -> None:
        """Start anew with a cell whose outputs have just been cleared."""
        super().clear_display_id_mapping(cell_index)
        self._printed.pop(cell_index, None)
        self._notices.pop(cell_index, None)


def bounded(text: str) -> str:
    """An error's words, cut where they are very long, and saying so."""
    if len(text) <= MOST_OF_AN_ERROR:
        return text
    return f"{text[:MOST_OF_AN_ERROR]} [the first {MOST_OF_AN_ERROR:,} of {len(text):,} characters]"


class WholeEngine(NBClientEngine):  # type: ignore[misc]  # papermill is untyped to mypy
    """papermill's engine with this client."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: NotebookExecutionManager, kernel_name: str, **options: Any) -> None:
        """Run the notebook that `nb_man` holds."""
        options = remove_args(["input_path", "start_timeout"], **options)  # which nbclient calls otherwise
        WholeNotebookClient(nb_man, kernel_name=kernel_name, log=logger, **options).execute()


papermill_engines.register(ENGINE, WholeEngine)


KERNEL_NAME = "python3"
_LONGEST_SOCKET_PATH = 90  # the system's limit is 104 to 108 bytes; the socket's number follows


@dataclass(frozen=True)
class KernelSetup:
    """What one run's kernel gets, and who is told of its process.

    The `environment` is set on top of the engine's own; `folder` is where it works; `log` takes what the process itself
    writes, such as the last words of a crash. `scratch` is a `scratch_folder` for its sockets and temporary files.
    `on_start` is called with the process once it runs, `note` with a line for the run's log. It is forked from `warm`
    where there is that.
    """

    environment: Mapping[str, str]
    folder: Path
    log: Path
    scratch: Path
    on_start: Callable[[Process], None]
    note: Callable[[str], None]
    warm: WarmKernels | None = None


class RunProvisioner(LocalProvisioner):  # type: ignore[misc]  # jupyter_client is untyped to mypy
    """Forks the kernel's process from the warm one where it can, and starts it afresh where it cannot."""

    async def launch_kernel(self, cmd: list[str], **options: Any) -> dict[str, Any]:
        """Launch the kernel with a command of the form ``python script arguments``."""
        setup: KernelSetup = self.parent.setup
        if setup.warm is not None:
            places = {"folder": str(setup.folder), "log": str(setup.log)}
            try:
                self.process = setup.warm.start(cmd[1:], environment=options["env"], **places)
            except OSError as error:
                setup.note(f"plain kernel instead of a warm one: {error}")
            else:
                self.pid = self.pgid = self.process.pid
                return dict(self.connection_info)
        return dict(await super().launch_kernel(cmd, **options))


class RunKernelManager(AsyncKernelManager):  # type: ignore[misc]  # jupyter_client is untyped to mypy
    """Starts this Python's own kernel, whichever kernels a user has installed; `setup` is set by `kernel_class`."""

    setup: ClassVar[KernelSetup]
    provisioner: Any

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.connection_file = str(self.setup.scratch / "kernel.json")
        self.context.rcvhwm = 0  # nothing that the kernel sent waits for room here
        if sys.platform != "win32" and len(os.fsencode(self.connection_file)) < _LONGEST_SOCKET_PATH:
            self.transport = "ipc"  # TCP ports are chosen before they are bound, and parallel starts take each other's

    @property
    def kernel_spec(self) -> KernelSpec:
        """The kernel of the Python that runs the engine."""
        command = [sys.executable, str(KERNEL), "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name="Python 3", language="python")

    async def _async_pre_start_kernel(self, **options: Any) -> tuple[list[str], dict[str, Any]]:
        if self.provisioner is None:  # the one that jupyter_client would choose knows nothing of warm processes
            spec = self.kernel_spec
            self.provisioner = RunProvisioner(kernel_id=self.kernel_id, kernel_spec=spec, parent=self)
        command, options = await super()._async_pre_start_kernel(**options)
        return command, options

    async def shutdown_kernel(self, **options: Any) -> None:
        """End the process, and what it started however far that went."""
        strays = descendants(self.provisioner.pid)
        await super().shutdown_kernel(**options)
        end_processes(strays)

    async def start_kernel(self, **options: Any) -> None:
        """Start the process with the run's environment, folder and log."""
        with self.setup.log.open("ab") as log:
            environment = {**os.environ, "TMPDIR": str(self.setup.scratch), **self.setup.environment}
            await super().start_kernel(**options, cwd=str(self.setup.folder), env=environment, stdout=log, stderr=log)
        offer_to_system(self.provisioner.process.pid)
        self.setup.on_start(self.provisioner.process)


def end_strays(folder: Path) -> None:
    """End what a dead kernel has left, known by the run's folder in its environment, where that can be read."""
    mark = f"CXLIB_RUN_DIR={folder}".encode()
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if mark in environment.read_bytes().split(b"\0"):
                end_processes([int(environment.parent.name)])


def kernel_class(setup: KernelSetup) -> type[RunKernelManager]:
    """A manager class for one run, to be passed to papermill."""
    return type("RunKernelManager", (RunKernelManager,), {"setup": setup})
