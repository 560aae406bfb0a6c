"""What processes take is measured truly, with what they share counted once, and the limit ends the right run."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest

from cxlib.errors import OutOfMemory, RunCancelled
from cxlib.runs.execution import memory
from cxlib.runs.execution.control import RunControl

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")

HOLD = "import time; held = bytearray(b'x') * {size}; print('held', flush=True); time.sleep(60)"
FAMILY = (
    "import os, time; held = bytearray(b'x') * 100_000_000\n"
    "for _ in range(3):\n    if os.fork() == 0: time.sleep(60); os._exit(0)\n"
    "print('held', flush=True); time.sleep(60)"
)


@pytest.fixture
def program():
    """Starts Python programs that lead sessions of their own, and ends them all."""
    started = []

    def start(text):
        process = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, start_new_session=True)
        started.append(process)
        process.stdout.readline()
        return process

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.wait()


def test_a_hundred_megabytes_are_a_hundred_megabytes(program):
    """What a process holds is what is measured, up to what Python itself takes."""
    small, large = program(HOLD.format(size=1)), program(HOLD.format(size=100_000_000))
    assert memory.memory_mb([large.pid]) - memory.memory_mb([small.pid]) == pytest.approx(100, abs=5)


def test_shared_pages_count_once(program):
    """Three forked children that share their parent's memory take nothing more; they are found by their session."""
    family = memory.session_processes(program(FAMILY).pid)
    assert len(family) == 4
    assert 95 < memory.memory_mb(family) < 150


def test_a_process_that_has_gone_takes_nothing():
    """Between listing and reading a process may end."""
    assert memory.memory_mb([2**22 + 1]) == 0
    assert memory.session_processes(2**22 + 1) == []


def test_the_limit_ends_the_run_and_says_so(program):
    """Over the limit the whole session is killed, the reason names cell and limit, and the log keeps the peak."""
    control, notes, process = RunControl(), [], program(HOLD.format(size=100_000_000))
    control.kernel_started(process)
    with memory.memory_limit(control, 60, cell=lambda: 7, note=notes.append):
        assert process.wait(10) == -signal.SIGKILL
    with pytest.raises(OutOfMemory, match=r"Cell 7 needed more memory than the limit of 60 MB \(1\d\d MB") as raised:
        control.raise_if_ended()
    assert (raised.value.exit_code, raised.value.cell) == (5, 7)
    assert notes[0].startswith("memory: at most 1")


def test_below_the_limit_nothing_happens(program):
    """A run that keeps within its limit is left alone, and the watch ends with it."""
    control, process = RunControl(), program(HOLD.format(size=1))
    control.kernel_started(process)
    with memory.memory_limit(control, 500, cell=lambda: None, note=print):
        time.sleep(0.5)
    assert process.poll() is None
    assert control.reason is None


def test_where_memory_cannot_be_read_the_log_says_so(monkeypatch, tmp_path):
    """On a system without /proc a limit is not watched, which is told and not silently dropped."""
    monkeypatch.setattr(memory, "PROC", tmp_path)
    notes = []
    with memory.memory_limit(RunControl(), 500, cell=lambda: None, note=notes.append):
        pass
    assert notes == ["the memory limit is not watched: this system does not say what a process takes"]


def test_an_earlier_signal_is_not_retold_as_want_of_memory():
    """The first reason counts, and another attempt forgets want of time or memory but never a signal."""
    control = RunControl()
    control.end(memory.over_limit(512.4, 500, cell=None))
    control.end(RunCancelled("stopped"))
    assert str(control.reason).startswith("The notebook needed more memory than the limit of 500 MB (512 MB")
    control.renew()
    assert isinstance(control.reason, RunCancelled)


@pytest.mark.parametrize(
    ("groups", "file", "text", "count"),
    [
        ("0::/jobs/cx\n", "jobs/cx/memory.events", "low 0\noom 3\noom_kill 2\noom_group_kill 0\n", 2),
        ("4:cpu:/\n5:memory:/job\n", "memory/job/memory.oom_control", "under_oom 0\noom_kill 4\n", 4),
        ("5:memory:/hidden\n", "memory/memory.oom_control", "under_oom 0\noom_kill 5\n", 5),
        ("", "vmstat", "nr_free_pages 9\noom_kill 6\n", 6),
        ("", "nothing", "", None),
    ],
)
def test_the_systems_kills_are_counted(monkeypatch, tmp_path, groups, file, text, count):
    """In both versions of control groups, in a container that sees only its own, and on a bare machine."""
    proc, tree = tmp_path / "proc", tmp_path / "cgroup"
    (proc / "self").mkdir(parents=True)
    (proc / "self" / "cgroup").write_text(groups)
    path = (proc if file == "vmstat" else tree) / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    monkeypatch.setattr(memory, "PROC", proc)
    monkeypatch.setattr(memory, "_CGROUPS", tree)
    assert memory.system_kills() == count


def test_the_kernel_is_offered_before_the_engine(program):
    """When memory runs out the system takes a process with a higher score first; one that has gone is no error."""
    process = program(HOLD.format(size=1))
    memory.offer_to_system(process.pid)
    memory.offer_to_system(2**22 + 1)
    assert int((memory.PROC / str(process.pid) / "oom_score_adj").read_text()) == 500
