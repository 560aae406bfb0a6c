"""Parallel kernels share the cores and never touch another kernel's settings."""

import os

from cxlib.runs.execution.kernels import KernelSetup, kernel_class
from cxlib.runs.execution.run import available_cores, thread_limits


def test_cores_are_shared_out(monkeypatch):
    """Two jobs get half the cores each; a limit that the operator set stays."""
    monkeypatch.setattr("cxlib.runs.execution.run.available_cores", lambda: 8)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MKL_NUM_THREADS", "1")
    assert thread_limits(2)["OMP_NUM_THREADS"] == "4"
    assert thread_limits(99)["OPENBLAS_NUM_THREADS"] == "1"
    assert "MKL_NUM_THREADS" not in thread_limits(2)
    assert available_cores() >= 1


def test_each_run_has_its_own_class(tmp_path):
    """Settings of one run are not seen by another, and a path that is too long for sockets falls back to TCP."""

    def manager(folder):
        setup = KernelSetup({}, tmp_path, tmp_path / "log", folder, print, print)
        return kernel_class(setup)(kernel_name="python3")

    short, long = manager(tmp_path.parent / "s"), manager(tmp_path / ("x" * 100))
    assert type(short) is not type(long)
    assert long.transport == "tcp"
    assert short.transport == ("ipc" if len(os.fsencode(short.connection_file)) < 90 else "tcp")
    for each in (short, long):
        each.context.term()
