"""The engine's side of warm kernels: starts the process that is forked, asks it for kernels, ends it.

A kernel that is forked from a process with everything imported starts in a tenth of a second. The warm process lives
as long as one run of a suite, and starts only when a notebook is really to run. Where it cannot be had, `start` says
why, and whoever asked starts a plain kernel.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from nbformat import NotebookNode

from cxlib.runs.warm import server as warm_server
from cxlib.runs.warm.imports import imported_modules
from cxlib.runs.warm.process import Launch, WarmProcess, next_line

SWITCH = "CXLIB_WARM_KERNELS"
_PATIENCE_SECONDS = 60  # for the imports, on a machine that is busy


class WarmKernelUnavailable(Exception):
    """No kernel can be forked, and why."""


@dataclass
class _Warm:
    """One warm process and the code that it has imported."""

    code: str
    process: subprocess.Popen[bytes]
    control: socket.socket
    kernels: list[WarmProcess] = field(default_factory=list)

    @classmethod
    def begin(cls, code: str, *, modules: Iterable[str], environment: Mapping[str, str]) -> _Warm:
        ours, theirs = socket.socketpair()
        with theirs, contextlib.ExitStack() as unless_started:
            unless_started.callback(ours.close)
            process = subprocess.Popen(  # noqa: S603 - this Python and our own script
                [sys.executable, warm_server.__file__, str(theirs.fileno()), json.dumps(list(modules))],
                env={"MPLBACKEND": "module://matplotlib_inline.backend_inline", **environment, **warm_server.QUIET},
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()], start_new_session=True,
            )  # fmt: skip
            unless_started.pop_all()
        return cls(code, process, ours)

    def fork(self, launch: Launch) -> WarmProcess:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self.control, [b"k"], [theirs.fileno()])
            ours.sendall(json.dumps(vars(launch)).encode() + b"\n")
            said = next_line(ours, _PATIENCE_SECONDS)
            self.kernels.append(WarmProcess(int(said["pid"]), ours))
            return self.kernels[-1]
        except (OSError, KeyError) as error:
            reason = said.get("error", "it has ended") if isinstance(error, KeyError) else error
            ours.close()
            raise WarmKernelUnavailable(str(reason) or "it took too long") from None

    def end(self) -> None:
        self.control.close()  # it kills its kernels with all that they started, of which a good run has left none
        if self.kernels:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(2)
        self.process.kill()  # it may be importing still
        self.process.wait()
        for kernel in self.kernels:
            kernel.wait()


@dataclass
class WarmKernels:
    """Kernels for the runs of a suite, forked from a process that has imported `modules`.

    Attributes
    ----------
    modules : tuple of str
        What notebooks import; what does not exist is left out.
    environment : mapping
        Set on top of the engine's own, as for the kernels; the threads that numeric libraries may start are among it.
    """

    modules: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._current: _Warm | None = None
        self._retired: list[_Warm] = []

    def begin(self) -> None:
        """Start the warm process in the background, unless there is one that imports the code as it is now.

        Raises
        ------
        OSError
            The system starts no process.
        """
        self._up_to_date()

    def _up_to_date(self) -> _Warm:
        from cxlib.runs.planning.fingerprint import hash_json, hash_package, versions

        code = hash_json([hash_package(), versions()])
        with self._lock:
            if self._current is not None and self._current.code == code:
                return self._current
            if self._current is not None:
                self._retired.append(self._current)  # its kernels run on, and it ends with the suite
            environment = {**os.environ, **self.environment}
            self._current = _Warm.begin(code, modules=self.modules, environment=environment)
            return self._current

    def start(self, launch: Launch) -> WarmProcess:
        """Fork a kernel; waits for the imports when they are not done yet.

        Raises
        ------
        WarmKernelUnavailable
            It cannot be done; start a plain kernel.
        """
        try:
            warm = self._up_to_date()
        except OSError as error:
            raise WarmKernelUnavailable(str(error)) from None
        return warm.fork(launch)

    def end(self) -> None:
        """End the warm process, and every kernel that still runs."""
        with self._lock:
            for warm in (*self._retired, *([self._current] if self._current else [])):
                warm.end()
            self._retired, self._current = [], None


@contextlib.contextmanager
def warm_kernels(
    notebooks: Iterable[NotebookNode], *, environment: Mapping[str, str], enabled: bool = True, at_once: bool = False
) -> Iterator[WarmKernels | None]:
    """Warm kernels for notebooks while the block runs; None where they are switched off or cannot be.

    Parameters
    ----------
    notebooks : iterable of NotebookNode
        The ones that may run; what they import of cxlib and of well-known packages is imported beforehand.
    environment : mapping
        Variables for the kernels.
    enabled : bool
        Plain kernels when false; the variable ``CXLIB_WARM_KERNELS=0`` says the same from outside.
    at_once : bool
        Start now rather than when the first notebook is to run; for when it is known that one will.
    """
    if not enabled or not available():
        yield None
        return
    kernels = WarmKernels(imported_modules(notebooks), environment)
    try:
        if at_once:
            with contextlib.suppress(OSError):
                kernels.begin()
        yield kernels
    finally:
        kernels.end()


def available() -> bool:
    """Whether kernels can be forked here: on Linux only, as system libraries elsewhere do not survive a fork."""
    return sys.platform == "linux" and hasattr(socket, "send_fds") and os.environ.get(SWITCH, "1") != "0"
