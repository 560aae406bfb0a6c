"""What papermill raises becomes the status and the plain words of a run."""

import errno

import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from cxlib.runs.archive.record import exit_code_of, fault_of, status_of
from cxlib.runs.execution.engine import Ending, cell_error

DEAD = DeadKernelError("Kernel died")


@pytest.mark.parametrize(
    ("error", "returncode", "status", "code", "words"),
    [
        (PapermillExecutionError(4, 5, "", "KeyError", "'x'", []), None, "failed", 1, "Cell 5 raised KeyError: 'x'"),
        (PapermillExecutionError(4, 5, "", "DataError", "a.csv: empty.", []), None, "failed", 2, "a.csv: empty."),
        (
            PapermillExecutionError(4, 5, "", "MemoryError", "", []),
            None,
            "out_of_memory",
            5,
            "Cell 5 asked for more memory",
        ),
        (
            PapermillExecutionError(
                4, 5, "", "OutOfMemoryException", "Out of Memory Error: failed to allocate 2.0 GiB", []
            ),
            None,
            "out_of_memory",
            5,
            "than it could get: OutOfMemoryException (Out of Memory Error: failed to allocate",
        ),
        (CellTimeoutError("x"), None, "timeout", 3, "Cell 7 took longer than 2 minutes and was stopped"),
        (
            CellTimeoutError.error_from_timeout_and_cell("Timeout waiting for IOPub output", 9, None),
            None,
            "timeout",
            3,
            "Cell 7 ended, but its outputs did not arrive in time",
        ),
        (DEAD, -9, "dead_kernel", 4, "in cell 7: it was ended by SIGKILL; on Linux that is often for want of memory."),
        (DEAD, -11, "dead_kernel", 4, "in cell 7: it was ended by SIGSEGV."),
        (DEAD, 3, "dead_kernel", 4, "in cell 7 with exit code 3."),
        (DEAD, None, "dead_kernel", 4, "in cell 7."),
        (RuntimeError("Kernel died before replying"), 1, "dead_kernel", 4, "could not be started"),
        (OSError(errno.ENOSPC, "x"), None, "failed", 1, "disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "/a/b"), None, "failed", 1, "/a/b: Permission denied."),
        (ValueError("odd"), None, "failed", 1, "The program itself went wrong (ValueError: odd)"),
    ],
)
def test_every_exception_has_its_meaning(error, returncode, status, code, words):
    """Class, return code and cell decide; the notebook's metadata is never asked."""
    meant = Ending(7, returncode, "2 minutes").meaning_of(error)
    assert (status_of(meant), exit_code_of(meant)) == (status, code)
    assert words in fault_of(meant).message


def test_the_class_of_a_cells_error_is_kept():
    """run.json names the class that the cell raised, and the cell."""
    fault = fault_of(cell_error("DataError", "a.csv: empty.", cell=5))
    assert (fault.type, fault.message, fault.cell) == ("DataError", "a.csv: empty.", 5)


@pytest.mark.parametrize(("returncode", "status", "code"), [(-9, "out_of_memory", 5), (-11, "dead_kernel", 4)])
def test_the_systems_own_kill_is_told_as_want_of_memory(returncode, status, code):
    """A SIGKILL while the system ended processes for want of memory is that; a crash meanwhile is a crash still."""
    meant = Ending(7, returncode, "2 minutes", short_of_memory=True).meaning_of(DEAD)
    assert (status_of(meant), exit_code_of(meant)) == (status, code)
    assert "in cell 7" in fault_of(meant).message
