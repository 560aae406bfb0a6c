"""The process in which a notebook runs: this very Python, its own environment, sockets that cannot collide.

A class made for each run is passed to papermill as ``kernel_manager_class``; papermill offers no other way to give
each of several parallel runs its own environment.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from ipykernel.kernelspec import make_ipkernel_cmd
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec

from cxlib.runs.control import Process

KERNEL_NAME = "python3"
_THREAD_LIMITS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_MAX_THREADS", "VECLIB_MAXIMUM_THREADS",
)  # fmt: skip
_LONGEST_SOCKET_PATH = 90  # the system's limit is 104 to 108 bytes; the socket's number follows


@dataclass(frozen=True)
class KernelSetup:
    """What one run's kernel gets, and who is told of its process.

    Attributes
    ----------
    environment : mapping of str to str
        Set on top of the engine's own environment.
    folder : Path
        Working directory.
    log : Path
        File for what the process itself writes, such as the last words of a crash.
    scratch : Path
        A private folder with a short name, for the sockets and for the notebook's own temporary files; whoever made
        it removes it, so that a killed kernel leaves nothing.
    on_start : callable
        Called with the process once it runs.
    """

    environment: Mapping[str, str]
    folder: Path
    log: Path
    scratch: Path
    on_start: Callable[[Process], None]


class RunKernelManager(AsyncKernelManager):  # type: ignore[misc]  # jupyter_client is untyped to mypy
    """Starts this Python's own kernel, whichever kernels a user has installed; `setup` is set by `kernel_class`."""

    setup: ClassVar[KernelSetup]

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.connection_file = str(self.setup.scratch / "kernel.json")
        if sys.platform != "win32" and len(os.fsencode(self.connection_file)) < _LONGEST_SOCKET_PATH:
            self.transport = "ipc"  # TCP ports are chosen before they are bound, and parallel starts take each other's

    @property
    def kernel_spec(self) -> KernelSpec:
        """The kernel of the Python that runs the engine."""
        return KernelSpec(argv=make_ipkernel_cmd(), display_name="Python 3", language="python")

    async def start_kernel(self, **options: Any) -> None:
        """Start the process with the run's environment, folder and log."""
        with self.setup.log.open("ab") as log:
            environment = {**os.environ, "TMPDIR": str(self.setup.scratch), **self.setup.environment}
            await super().start_kernel(**options, cwd=str(self.setup.folder), env=environment, stdout=log, stderr=log)
        self.setup.on_start(self.provisioner.process)


def kernel_class(setup: KernelSetup) -> type[RunKernelManager]:
    """A manager class for one run, to be passed to papermill."""
    return type("RunKernelManager", (RunKernelManager,), {"setup": setup})


def thread_limits(jobs: int) -> dict[str, str]:
    """Environment that shares the cores out among `jobs` kernels, so that their numeric libraries do not fight.

    A limit that the operator has set stays.

    Examples
    --------
    >>> sorted(thread_limits(jobs=1_000).values())[0]
    '1'
    """
    threads = str(max(1, available_cores() // jobs))
    return {name: threads for name in _THREAD_LIMITS if name not in os.environ}


def available_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
