"""The process in which a notebook runs: this very Python, its own environment, sockets that cannot collide.

A class made for each run is passed to papermill as ``kernel_manager_class``; papermill offers no other way to give
each of several parallel runs its own environment. The process is forked from a warm one where there is one, and
started afresh otherwise; a notebook cannot tell which.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.provisioning import LocalProvisioner

from cxlib.runs.execution.control import Process, end_processes
from cxlib.runs.execution.memory import offer_to_system
from cxlib.runs.warm import KERNEL, WarmKernels, descendants

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
