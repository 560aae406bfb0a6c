"""Ends runs from outside: a deadline, Ctrl-C, a termination signal. The first reason wins and is remembered.

papermill knows neither a run timeout nor a clean stop, and calls a killed run completed. So the reason is kept here,
the kernel's whole process group is killed, and the engine raises the reason instead of "the kernel died".
"""

import contextlib
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Protocol

from cxlib.errors import RunCancelled, RunError, RunTimeout
from cxlib.runs.warm import descendants


class Process(Protocol):
    """What is needed of a kernel's process; `subprocess.Popen` has it, and it leads a process group of its own."""

    pid: int

    def poll(self) -> int | None:
        """The return code, or None while it runs."""


def cancelled(signal_number: int) -> RunCancelled:
    """The error of a run that a signal stopped; its exit code is the shell's own, 128 and the signal's number."""
    name = "Ctrl-C" if signal_number == signal.SIGINT else signal.Signals(signal_number).name
    error = RunCancelled(f"Stopped by {name} before it was finished.")
    error.exit_code = 128 + signal_number
    return error


class RunControl:
    """One run's off switch: knows its kernel's process and why it was ended, if it was."""

    def __init__(self) -> None:
        self.returncode: int | None = None
        self._reasons: list[RunError] = []
        self._process: Process | None = None
        # Reentrant, since a signal handler may interrupt its own thread while that holds the lock.
        self._lock = threading.RLock()

    @property
    def reason(self) -> RunError | None:
        """Why the run was ended, if it was; the first reason counts."""
        return self._reasons[0] if self._reasons else None

    @property
    def kernel(self) -> int | None:
        """Number of the kernel's process while there is one."""
        process = self._process
        return process.pid if process is not None else None

    def kernel_started(self, process: Process) -> None:
        """Remember the kernel; it is ended at once if the run was ended while it started."""
        with self._lock:
            self._process = process
            if self.reason is not None:
                self._kill()

    def kernel_ended(self) -> None:
        """Keep the kernel's return code and forget its process, whose number the system may give away again."""
        with self._lock:
            if self._process is not None:
                self.returncode = self._process.poll()
            self._process = None

    def end(self, reason: RunError) -> None:
        """End the run: kill its kernel, now or as soon as there is one."""
        with self._lock:
            self._reasons.append(reason)
            self._kill()

    def renew(self) -> None:
        """Be ready for another attempt: a reason of the last one is forgotten, a signal's never is."""
        with self._lock:
            self._reasons = [reason for reason in self._reasons if isinstance(reason, RunCancelled)]
            self.returncode = None

    def raise_if_ended(self) -> None:
        """Raise the reason if the run was ended."""
        if self.reason is not None:
            raise self.reason

    def _kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            strays = descendants(self._process.pid)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            end_processes(strays)

    @contextlib.contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """End the run when it takes longer than `seconds`."""
        late = f"The run took longer than {in_words(seconds)} and was stopped. Raise timeout_minutes if it needs more."
        timer = threading.Timer(seconds, self.end, [RunTimeout(late)])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def end_processes(numbers: Iterable[int]) -> None:
    """End processes, of which some may have ended."""
    for number in numbers:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(number, signal.SIGKILL)


def in_words(seconds: float) -> str:
    """A length of time for people."""
    if seconds < 120 or seconds % 60:
        return f"{seconds:g} seconds"
    return f"{seconds / 60:g} minutes"


class StopSwitch:
    """Every run that is under way or still to come, ended together by a signal."""

    def __init__(self) -> None:
        self.reason: RunCancelled | None = None
        self._controls: list[RunControl] = []
        self._lock = threading.RLock()

    def new_control(self) -> RunControl:
        """A control for one run; already ended if a signal came before."""
        control = RunControl()
        with self._lock:
            self._controls.append(control)
            if self.reason is not None:
                control.end(self.reason)
        return control

    def stop(self, signal_number: int, _frame: FrameType | None = None) -> None:
        """End everything; made to be a signal handler."""
        with self._lock:
            self.reason = self.reason or cancelled(signal_number)
            for control in self._controls:
                control.end(self.reason)

    @contextlib.contextmanager
    def on_signals(self) -> Iterator[None]:
        """Stop on SIGINT, SIGTERM and a closed terminal while the block runs; only the main thread can.

        Where hanging up is ignored, as under nohup, it stays ignored.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = [signal.SIGINT, signal.SIGTERM]
        if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
        before = {number: signal.signal(number, self.stop) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
