"""The processes of notebooks: a kernel of its own, or the warm process that forks one for each run.

The warm process imports what notebooks import, once, and forks from there.

Started as a script by a fresh Python, never forked from the engine, so it knows nothing of the engine's threads and
locks. It must have one single thread itself whenever it forks, since only the thread that forks lives on in the
child; numeric libraries, Arrow and DuckDB are therefore kept from starting theirs, and a process that has more than
one refuses.

    python server.py -f CONNECTION            a kernel that starts from nothing
    python server.py CONTROL '["pandas", ...]'

CONTROL is the number of an open socket. One byte on it brings a channel, another socket, for each kernel that is
wanted. The channel carries JSON lines: the request here, then the kernel's process number back, and its return code
when it has ended. At the end of the control socket the engine is gone, and everything that was forked here is killed.

No message of a kernel is dropped, and no process that it started gets away: orphans become its own, and after its end
the warm process's.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import io
import json
import os
import pkgutil
import re
import selectors
import signal
import socket
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio

if __name__ == "__main__" and sys.path[0] == str(Path(__file__).parent):
    del sys.path[0]  # a script's own folder, whose modules would be found under names such as `kernels`

QUIET = {
    "OPENBLAS_NUM_THREADS": "1",  # its threads start when it is loaded; a kernel sets its own number
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
"""Environment under which the libraries that are imported here start no threads."""

KERNEL = Path(__file__)
LOOSE_ENDS = "__import__('IPython').get_ipython().loose_ends.left()"
"""What the engine asks a kernel for when its last cell has ended."""
_OWN_TASKS = re.compile(r"/(ipykernel|IPython|tornado|zmq|jupyter_client|anyio)/")  # not those of cells
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_VIEWS = "cxlib.report.views"  # a package for each report: a notebook names its own, and needs no other


def load(names: Iterable[str]) -> None:
    """Import modules, and every module below a package of cxlib; what is missing or broken is the notebook's to say."""
    for name in names:
        with contextlib.suppress(Exception):
            module = importlib.import_module(name)
            if name.startswith("cxlib.") and name != _VIEWS:
                load(below.name for below in pkgutil.iter_modules(getattr(module, "__path__", []), f"{name}."))


def close_default_database() -> None:
    """End the database that DuckDB opens when it is imported, and with it its threads; it opens anew when needed."""
    if "duckdb" in sys.modules:
        with contextlib.suppress(Exception):
            sys.modules["duckdb"].default_connection().close()


def thread_count() -> int:
    """How many threads this process has, also those that Python does not know of."""
    return len(os.listdir("/proc/self/task"))  # noqa: PTH208 - a count of names, nothing is done with paths


def children(process: int) -> list[int]:
    """The processes whose parent is this one, as far as the system tells (Linux does)."""
    numbers: list[int] = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            numbers += map(int, (thread / "children").read_text().split())
    return numbers


def descendants(process: int) -> list[int]:
    """The processes below this one."""
    return [member for child in children(process) for member in (child, *descendants(child))]


def adopt_orphans() -> None:
    """Become the parent of every process below this one whose own parent ends, so that none gets away."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


class Server:
    """Forks on request until the engine goes; `serve` returns only in a child, with its request."""

    def __init__(self, control: socket.socket, *, refusal: str = "") -> None:
        self._control = control
        self._refusal = refusal
        self._kernels: dict[int, socket.socket] = {}
        self._ended, self._bell = socket.socketpair()
        self._bell.setblocking(False)

    def serve(self) -> dict[str, Any]:
        """Take requests; in a kernel's process, return its own."""
        adopt_orphans()
        signal.signal(signal.SIGCHLD, lambda *_: None)  # a handler is needed for the bell to ring
        signal.set_wakeup_fd(self._bell.fileno(), warn_on_full_buffer=False)
        with selectors.DefaultSelector() as events:
            events.register(self._control, selectors.EVENT_READ)
            events.register(self._ended, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in events.select()}
                if self._ended in ready:
                    self._ended.recv(4096)
                    self._report_ended()
                if self._control in ready and (request := self._next_request()):
                    return request

    def _next_request(self) -> dict[str, Any] | None:
        byte, handles, _, _ = socket.recv_fds(self._control, 1, 1)
        if not byte:
            self._kill_all()
        for handle in handles:
            channel = socket.socket(fileno=handle)
            if request := self._answer(channel):
                return request
        return None

    def _answer(self, channel: socket.socket) -> dict[str, Any] | None:
        line = channel.makefile("rb").readline()
        if not line.endswith(b"\n"):  # the engine thought better of it
            channel.close()
        elif trouble := self._refusal:
            _tell(channel, error=trouble)
        else:
            return self._fork(channel, json.loads(line))
        return None

    def _fork(self, channel: socket.socket, request: dict[str, Any]) -> dict[str, Any] | None:
        reading, writing = os.pipe()
        process = os.fork()
        if process == 0:
            os.close(reading)
            self._leave(channel)
            try:
                become_kernel(request)
            except BaseException as error:
                os.write(writing, f"{type(error).__name__}: {error}".encode())
                os._exit(1)
            os.close(writing)
            return request
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8") as answer:
            trouble = answer.read()  # ends when the child has its own session, so that its whole group can be killed
        if trouble:
            os.waitpid(process, 0)
            _tell(channel, error=trouble)
        else:
            self._kernels[process] = channel
            _tell(channel, pid=process)
        return None

    def _leave(self, channel: socket.socket) -> None:
        """In a child: forget the server, or the engine would not notice its end."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for owned in (self._control, self._ended, self._bell, channel, *self._kernels.values()):
            owned.close()

    def _report_ended(self) -> None:
        for process, channel in list(self._kernels.items()):
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                del self._kernels[process]
                self._end_orphans()
                _tell(channel, returncode=os.waitstatus_to_exitcode(status))
                channel.close()

    def _end_orphans(self) -> None:
        """End what kernels that are gone have left; of a kernel that runs, orphans are its own."""
        while orphans := [child for child in children(os.getpid()) if child not in self._kernels]:
            for orphan in orphans:
                os.kill(orphan, signal.SIGKILL)  # none is gone before it is waited for
            for orphan in orphans:
                os.waitpid(orphan, 0)

    def _kill_all(self) -> None:
        for process in self._kernels:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process, signal.SIGKILL)
        self._kernels.clear()
        self._end_orphans()
        os._exit(0)


def _tell(channel: socket.socket, **words: object) -> None:
    with contextlib.suppress(OSError):  # the engine may be gone, which the control socket tells next
        channel.sendall(json.dumps(words).encode() + b"\n")


def become_kernel(request: dict[str, Any]) -> None:
    """Make a forked process what a fresh one would be: session, environment, folder, files, random numbers."""
    os.setsid()
    _die_with(os.getppid())
    _set_blas_threads(request["environment"])
    os.environ.clear()
    os.environ.update(request["environment"], JPY_PARENT_PID=str(os.getppid()))
    os.chdir(request["folder"])
    _redirect(request["log"])
    sys.argv = request["argv"]
    tempfile.tempdir = None
    if "multiprocessing.process" in sys.modules:
        vars(sys.modules["multiprocessing.process"])["ORIGINAL_DIR"] = request["folder"]
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()  # Python's own generator seeds itself after a fork
    gc.enable()


def _die_with(parent: int) -> None:
    """Be killed when the parent ends, however it ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _redirect(log: str) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    nothing = os.open(os.devnull, os.O_RDONLY)
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    for source, target in ((nothing, 0), (file, 1), (file, 2)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(file)


def _set_blas_threads(environment: dict[str, str]) -> None:
    number = environment.get("OPENBLAS_NUM_THREADS") or environment.get("OMP_NUM_THREADS") or str(os.cpu_count() or 1)
    if number != "1" and "numpy" in sys.modules:
        with contextlib.suppress(ImportError, ValueError):
            importlib.import_module("threadpoolctl").threadpool_limits(int(number), user_api="blas")


class Traces:
    """What imports leave beside modules, environment variables and warning filters, to be laid where it would lie.

    In a fresh kernel the imports come last, after the environment was given and the kernel has set its own filters.
    """

    def __init__(self) -> None:
        self._variables, self._filters = dict(os.environ), list(warnings.filters)

    def take(self) -> None:
        """Set aside what imports have left since this was made."""
        before = self._filters
        self._filters = [rule for rule in warnings.filters if rule not in before]
        self._variables = {name: value for name, value in os.environ.items() if name not in self._variables}
        warnings.filters[:] = before  # type: ignore[index]  # typeshed calls the list a sequence

    def lay(self) -> None:
        """Put it back."""
        warnings.filters[:0] = self._filters  # type: ignore[index]
        for name, value in self._variables.items():
            os.environ.setdefault(name, value)


def main() -> None:
    """Run a kernel; or warm up, serve, and in a child run the kernel to its end."""
    gc.set_threshold(20_000, 10, 10)  # Python's 700 took a fifth of what ibis needs for a query
    if sys.argv[1] == "-f":
        _kernel().start()
        return
    control, modules = socket.socket(fileno=int(sys.argv[1])), json.loads(sys.argv[2])
    os.environ["JPY_PARENT_PID"] = str(os.getpid())  # read when ipykernel is imported; of a kernel this is the parent
    gc.disable()
    load(["ipykernel.kernelapp", "ipykernel.ipkernel"])
    traces = Traces()
    load(modules)
    traces.take()
    close_default_database()
    gc.freeze()  # what was imported is never looked at again, so its pages stay shared
    threads = thread_count()
    refusal = f"the warm process has {threads} threads, so it cannot be forked safely" if threads > 1 else ""
    Server(control, refusal=refusal).serve()
    _run_kernel(traces)


def _kernel() -> Any:
    """IPython's kernel, ready to start, with no limit to the messages that wait to be fetched."""
    from ipykernel.kernelapp import IPKernelApp

    class WholeKernel(IPKernelApp):
        def init_iopub(self, context: Any) -> None:
            pack = self.session.pack
            self.session.pack = lambda part: pack(legible(part))
            context.sndhwm = 0  # of the sockets that are made from here on; libzmq's own limit is 1,000, then it drops
            super().init_iopub(context)  # type: ignore[no-untyped-call]
            del context.sndhwm

    adopt_orphans()
    kernel = WholeKernel.instance()
    kernel.initialize()
    streams = {"stdout": sys.stdout, "stderr": sys.stderr}
    own = {name: value for name, value in os.environ.items() if name.startswith("CXLIB_")}
    kernel.shell.loose_ends = ends = LooseEnds()
    kernel.shell.events.register("pre_run_cell", lambda _: ends.begin())
    for shown in (kernel.shell.display_pub, kernel.shell.displayhook):  # what forks display goes as their prints do
        shown.session = shown.session.clone()
        shown.session.check_pid = False
    kernel.shell.events.register("post_run_cell", lambda _: _restore(streams))
    kernel.shell.events.register("post_run_cell", lambda _: _spare_libraries())
    kernel.shell.events.register("post_run_cell", lambda _: os.environ.update(own))  # what the engine has said to it
    return kernel


class LooseEnds:
    """What cells have started and not waited for: threads and tasks that still run, or that have failed unseen."""

    def __init__(self) -> None:
        self._own: set[threading.Thread] = set()
        self._failed: list[str] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._show, threading.excepthook = threading.excepthook, self._thread_failed
        self._closing = False

    def begin(self) -> None:
        """Note the kernel's own threads and follow its loop, before its first cell."""
        if not self._own:
            import asyncio  # not for the engine, which only asks this module for names

            self._own = set(threading.enumerate())
            asyncio.get_running_loop().set_task_factory(self._begin_task)

    def _thread_failed(self, error: Any) -> None:
        if error.exc_type is not SystemExit:
            name = error.thread.name if error.thread else "without a name"
            self._failed.append(f"A thread ({name}) raised {error.exc_type.__name__}: {error.exc_value}")
        self._show(error)

    def _begin_task(self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = sys.modules["asyncio"].Task(coroutine, loop=loop, **options)
        code = getattr(coroutine, "cr_code", None)
        if code is None or not _OWN_TASKS.search(code.co_filename):
            self._tasks.add(task)
            task.add_done_callback(lambda done: None if _is_unseen(done) else self._tasks.discard(done))
        return task

    def left(self) -> str:
        """JSON: what still runs, what has failed where nobody waited, and daemons, which nobody waits for."""
        closers = getattr(threading, "_threading_atexits", [])  # of modules that end their own idle threads
        modules = {getattr(call, "func", call).__module__ for call in closers}
        threads = [thread for thread in threading.enumerate() if thread not in self._own]
        running = [thread for thread in threads if not thread.daemon]
        others = [thread for thread in running if not _modules_of(thread) & modules]
        tasks = [task for task in self._tasks if not task.done()]
        if running and not (others or tasks or self._closing):
            self._closing = True
            threading.Thread(target=lambda: [call() for call in reversed(closers)], daemon=True).start()
        unseen = [f"A task ({task.get_name()}) raised {_words(task)}" for task in self._tasks if _is_unseen(task)]
        programs = sys.modules.get("multiprocessing")
        forks = [fork.name for fork in programs.active_children() if not fork.daemon] if programs else []
        names = [f"thread {thread.name}" for thread in running] + [f"task {task.get_name()}" for task in tasks] + forks
        daemons = [thread.name for thread in threads if thread.daemon]
        return json.dumps({"running": names, "failed": self._failed + unseen, "daemons": daemons})


def _modules_of(thread: threading.Thread) -> set[str]:
    return {type(thread).__module__, getattr(getattr(thread, "_target", None), "__module__", "")}


def _is_unseen(task: asyncio.Task[Any]) -> bool:
    """Whether a task has failed and nobody has taken its error."""
    return task.done() and bool(getattr(task, "_log_traceback", False))


def _words(task: asyncio.Task[Any]) -> str:
    error = task.exception()
    return f"{type(error).__name__}: {error}"


def _restore(streams: dict[str, Any]) -> None:
    """Put back a stream that a cell has taken away: without one, the kernel never says that the cell has ended."""
    for name, stream in streams.items():
        try:
            getattr(sys, name).flush()
        except Exception:  # whatever stands there now
            setattr(sys, name, stream)


def _spare_libraries() -> None:
    """Where a cell made errors of all warnings, keep that to cells: libraries and the kernel itself give warnings."""
    rules = list(warnings.filters)
    if any(action == "error" and module is None for action, _, _, module, _ in rules):
        warnings.resetwarnings()  # and forget what was decided by them
        cells = re.compile("__main__")
        rules = [(*rule[:3], cells, rule[4]) if rule[0] == "error" and not rule[3] else rule for rule in rules]
        warnings.filters[:] = rules  # type: ignore[index]


def legible(part: Any) -> Any:
    r"""A part of a message in which half a character, which has no bytes, is what Python's repr shows of it."""
    match part:
        case str() if not part.isascii():
            return part.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {legible(name): legible(value) for name, value in part.items()}
        case list() | tuple():
            return [legible(value) for value in part]
    return part


def _run_kernel(traces: Traces) -> None:
    kernel = _kernel()
    traces.lay()
    kernel.start()
    _leave()


def _leave() -> None:
    """End as an interpreter ends, but without taking apart what was imported, which would copy every shared page.

    Threads are waited for, what was registered for the exit is called, and files that were left open are written.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for thing in gc.get_objects():  # what was frozen before the fork is not among them
        if isinstance(thing, io.IOBase):
            with contextlib.suppress(Exception):
                thing.flush()
    ctypes.CDLL(None).fflush(None)
    os._exit(0)


if __name__ == "__main__":
    main()
