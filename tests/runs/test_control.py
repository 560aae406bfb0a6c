"""The first reason that ends a run is the one that is told, whenever the kernel appears."""

import signal
import subprocess
import threading
import time

import pytest

from cxlib.errors import RunCancelled, RunTimeout
from cxlib.runs.execution.control import RunControl, StopSwitch


@pytest.fixture
def sleeper():
    """A process that leads a group of its own, as a kernel does."""
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def test_the_first_reason_wins(sleeper):
    """A Ctrl-C that follows a timeout does not turn it into a cancelled run; the process group is killed."""
    control = RunControl()
    control.kernel_started(sleeper)
    control.end(RunTimeout("late"))
    control.end(RunCancelled("too late"))
    assert sleeper.wait(5) == -signal.SIGKILL
    with pytest.raises(RunTimeout, match="late"):
        control.raise_if_ended()


def test_a_kernel_that_starts_after_the_end_is_killed(sleeper):
    """A signal between the decision to start and the start itself is not lost."""
    control = RunControl()
    control.end(RunCancelled("stopped"))
    control.kernel_started(sleeper)
    assert sleeper.wait(5) == -signal.SIGKILL


def test_a_deadline_ends_a_run_and_is_taken_back(sleeper):
    """A run that is too long is ended; one that is done in time leaves no timer behind."""
    control = RunControl()
    control.kernel_started(sleeper)
    with control.deadline(0.05):
        time.sleep(0.3)
    assert isinstance(control.reason, RunTimeout)
    threads = threading.active_count()
    with RunControl().deadline(60):
        pass
    time.sleep(0.05)
    assert threading.active_count() <= threads


def test_a_closed_terminal_ends_runs_unless_that_is_ignored():
    """As under nohup, where it is ignored before and stays so."""
    for handler, ends in ((signal.SIG_DFL, True), (signal.SIG_IGN, False)):
        before = signal.signal(signal.SIGHUP, handler)
        try:
            control = (switch := StopSwitch()).new_control()
            with switch.on_signals():
                signal.raise_signal(signal.SIGHUP)
            assert isinstance(control.reason, RunCancelled) is ends
            assert signal.getsignal(signal.SIGHUP) is handler
        finally:
            signal.signal(signal.SIGHUP, before)


def test_a_signal_ends_every_run_also_those_to_come():
    """Runs that have not begun yet are cancelled too, with the signal's own exit code."""
    switch = StopSwitch()
    running = switch.new_control()
    with switch.on_signals():
        signal.raise_signal(signal.SIGTERM)
    coming = switch.new_control()
    for control in (running, coming):
        assert (type(control.reason), control.reason.exit_code) == (RunCancelled, 143)
