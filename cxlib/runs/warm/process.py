"""A kernel that was forked elsewhere, seen from the engine: what is asked for, and what comes of it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any


@dataclass(frozen=True)
class Launch:
    """A kernel that is wanted: its ``sys.argv``, its whole environment, its working directory and its log file."""

    argv: list[str]
    environment: Mapping[str, str]
    folder: str
    log: str


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
                self._hear(0)
            return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; gives the return code.

        Raises
        ------
        subprocess.TimeoutExpired
            It still runs after `timeout` seconds.
        """
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

    def _hear(self, seconds: float) -> None:
        try:
            said = next_line(self._channel, seconds)
        except TimeoutError:
            return
        # Without a word the warm process has ended, and its kernels with it.
        self.returncode = int(said["returncode"]) if "returncode" in said else -signal.SIGKILL
        self._channel.close()


def next_line(channel: socket.socket, seconds: float) -> dict[str, Any]:
    """What the warm process says next; nothing when it is gone. Lines are short and come whole."""
    channel.settimeout(seconds)
    try:
        line = channel.recv(65536)
    except BlockingIOError:
        raise TimeoutError from None
    except ConnectionError:
        line = b""
    return dict(json.loads(line)) if line else {}


def script_of(module: str) -> str:
    """The file that ``python -m module`` runs, which is the first of ``sys.argv`` there."""
    found = find_spec(module)
    return found.origin if found and found.origin else module
