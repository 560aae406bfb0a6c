"""The engine's side of warm kernels: starts the process that is forked, asks it for kernels, ends it.

A kernel that is forked from a process with everything imported starts in a tenth of a second. The warm process lives
as long as one run of a suite, and starts only when a notebook is really to run. Where it cannot be had, `start` says
why, and whoever asked starts a plain kernel.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cxlib.disk import hash_package
from cxlib.runs.archive.fingerprint import versions
from cxlib.runs.planning.plan import hash_json
from cxlib.runs.warm import server

if TYPE_CHECKING:
    from nbformat import NotebookNode

SWITCH = "CXLIB_WARM_KERNELS"
_PATIENCE_SECONDS = 60  # for the imports, on a machine that is busy
_PACKAGES = {"numpy", "pandas", "scipy", "sklearn", "seaborn", "matplotlib", "pyarrow", "ibis"}
_LATER = {  # what a package of cxlib imports only when it is used
    "cxlib.data": ("ibis.backends.duckdb", "pyarrow.dataset"),
    "cxlib.report": ("matplotlib.backends.backend_svg", "pandas.io.formats.csvs", "seaborn"),
}


class WarmProcess:
    """A forked kernel, with what `subprocess.Popen` has; the warm process waits for it and tells the return code."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._channel = channel
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        """The return code, negative for a signal, or None while it runs."""
        with self._lock:
            if self.returncode is None:
                self._hear()
            return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; gives the return code, or raises `subprocess.TimeoutExpired`."""
        end = time.monotonic() + (float("inf") if timeout is None else timeout)
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("kernel", timeout or 0)
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _hear(self) -> None:
        try:
            words = _next_line(self._channel, seconds=0)
        except TimeoutError:
            return
        # Without a word the warm process has ended, and its kernels with it.
        self.returncode = int(words["returncode"]) if "returncode" in words else -signal.SIGKILL
        self._channel.close()


def _next_line(channel: socket.socket, *, seconds: float) -> dict[str, Any]:
    """What the warm process says next; nothing when it is gone. Lines are short and come whole."""
    channel.settimeout(seconds)
    try:
        line = channel.recv(65536)
    except BlockingIOError:
        raise TimeoutError from None
    except ConnectionError:
        line = b""
    return dict(json.loads(line)) if line else {}


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
                [sys.executable, server.__file__, str(theirs.fileno()), json.dumps(list(modules))],
                env={"MPLBACKEND": "module://matplotlib_inline.backend_inline", **environment, **server.QUIET},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
            unless_started.pop_all()
        return cls(code, process, ours)

    def fork(self, request: str) -> WarmProcess:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self.control, [b"k"], [theirs.fileno()])
            ours.sendall(f"{request}\n".encode())
            answer = _next_line(ours, seconds=_PATIENCE_SECONDS)
            if "pid" not in answer:
                raise OSError(answer.get("error", "it has ended"))
            self.kernels.append(WarmProcess(answer["pid"], ours))
            return self.kernels[-1]
        except OSError as error:
            ours.close()
            raise OSError(str(error) or "it took too long") from None

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
    """Kernels for the runs of a suite, forked from a process that has imported `modules`, as far as they exist.

    `environment` is set on top of the engine's own, as for the kernels; how many threads numeric libraries may start is
    among it.
    """

    modules: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._current: _Warm | None = None
        self._retired: list[_Warm] = []

    def begin(self) -> None:
        """Start the warm process in the background, unless there is one that imports the code as it is now."""
        with contextlib.suppress(OSError):  # where the system starts no process: said when a kernel is wanted
            self._up_to_date()

    def _up_to_date(self) -> _Warm:
        code = hash_json([hash_package(), versions()])
        with self._lock:
            if self._current is not None and self._current.code == code:
                return self._current
            if self._current is not None:
                self._retired.append(self._current)  # its kernels run on, and it ends with the suite
            environment = {**os.environ, **self.environment}
            self._current = _Warm.begin(code, modules=self.modules, environment=environment)
            return self._current

    def start(self, command: list[str], *, environment: Mapping[str, str], folder: str, log: str) -> WarmProcess:
        """Fork a kernel, once the imports are done; an OSError says why it takes a plain kernel.

        `command` is what follows ``python``; it gets its whole environment, a working directory and a log file.
        """
        request = {"argv": command, "environment": dict(environment), "folder": folder, "log": log}
        return self._up_to_date().fork(json.dumps(request))

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
    """Warm kernels for the `notebooks` that may run; None where they are switched off or cannot be.

    What they import of cxlib and of well-known packages is imported beforehand: `at_once`, when it is sure that one
    will run, else when the first one is to. ``CXLIB_WARM_KERNELS=0`` says from outside what `enabled` says here.
    """
    if not enabled or not _can_fork():
        yield None
        return
    kernels = WarmKernels(imported_modules(notebooks), environment)
    try:
        if at_once:
            kernels.begin()
        yield kernels
    finally:
        kernels.end()


def _can_fork() -> bool:
    """Whether kernels can be forked here: on Linux only, as system libraries elsewhere do not survive a fork."""
    return sys.platform == "linux" and hasattr(socket, "send_fds") and os.environ.get(SWITCH, "1") != "0"


def imported_modules(notebooks: Iterable[NotebookNode]) -> tuple[str, ...]:
    """What is worth importing beforehand for notebooks: of what they import, cxlib and the well-known packages."""
    sources = [cell.source for notebook in notebooks for cell in notebook.cells if cell.cell_type == "code"]
    named = sorted({name for source in sources for name in _imports(source)})
    chosen = [name for name in named if name.startswith("cxlib.") or name.split(".")[0] in _PACKAGES]
    later = [module for package, modules in _LATER.items() if package in chosen for module in modules]
    return (*chosen, *later)


def _imports(source: str) -> Iterator[str]:
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a magic, or an error that the run will show
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)  # a name in it, or a module below it
