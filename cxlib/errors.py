"""Every error that cxlib raises on purpose.

    CxError
    +-- ConfigurationError      sources.yaml, suite.yaml or a command names something wrong
    |   +-- ParameterError      a report's parameter is unknown or ill-typed
    +-- DataError               a file or a table cannot be used as it is
    |   +-- LeakError           a feature of a model knows what was to be foretold
    +-- RunError                a report could not be made
        +-- ReportFailed        a cell of its notebook raised
        +-- PageRejected        the page failed its own checks and was not published
        +-- InputsChanged       a file that it reads was written to, moved or put back while it ran
        +-- RunTimeout          a cell or the run took longer than allowed
        +-- KernelDied          the notebook's process ended, killed or crashed
        +-- OutOfMemory         the notebook needed more memory than there is, or than it may take
        +-- RunLocked           another run of the same report is under way
        +-- ReportBlocked       a report that this one comes after is not good
        +-- RunCancelled        an interrupt or a termination signal stopped it

A message says what is wrong, where (file, column, row), with which value, and what to do:
``surveys.csv: column 'score' has 3 values outside 0-10 (first: 11 in row 42). Fix or drop them.``
"""

import os
import re
from collections.abc import Iterable
from difflib import get_close_matches


class CxError(Exception):
    """Anything that cxlib refuses to do; `exit_code` is what the command line then ends with."""

    exit_code = 1

    def __str__(self) -> str:
        """The message, in which no word of somebody's file is longer than a reader can take in."""
        return re.sub(r"\S{240,}", lambda word: f"{word[0][:120]}...", super().__str__())

    def _render_traceback_(self) -> list[str]:
        """What a notebook opened by hand shows below the cell: the message says it all. A run's log has the calls."""
        if "CXLIB_RUN_DIR" in os.environ:
            raise AttributeError("_render_traceback_")  # as if there were none: IPython then shows the calls
        return [f"{type(self).__name__}: {self}"]


class ConfigurationError(CxError):
    """A workspace, a suite or a command names something that does not exist or does not fit."""

    exit_code = 2


class ParameterError(ConfigurationError):
    """A parameter of a report is unknown, or its value has the wrong type."""


class DataError(CxError):
    """A file or a table cannot be used as it is."""

    exit_code = 2


class LeakError(DataError):
    """A feature knows what was to be foretold; `feature` names it, `auc` is its ROC-AUC alone (NaN if not measured)."""

    def __init__(self, message: str, *, feature: str, auc: float = float("nan")) -> None:
        super().__init__(message)
        self.feature = feature
        self.auc = auc


class RunError(CxError):
    """A report could not be made; `status` is how ``run.json`` calls that."""

    status = "failed"


class ReportFailed(RunError):
    """A cell of the notebook raised."""


class PageRejected(RunError):
    """The page failed its own checks and was not published."""

    status = "rejected"


class InputsChanged(RunError):
    """A file that the report reads was written to, moved or put back while it ran."""

    status = "inputs_changed"


class RunTimeout(RunError):
    """A cell or the whole run took longer than allowed."""

    exit_code, status = 3, "timeout"


class KernelDied(RunError):
    """The notebook's process ended: killed, or crashed."""

    exit_code, status = 4, "dead_kernel"


class OutOfMemory(RunError):
    """The notebook needed more memory than there is, or than it may take; `cell` is where, if that is known."""

    exit_code, status = 5, "out_of_memory"

    def __init__(self, message: str, *, cell: int | None = None) -> None:
        super().__init__(message)
        self.cell = cell


class RunLocked(RunError):
    """Another run of the same report is under way."""

    exit_code, status = 75, "locked"


class ReportBlocked(RunError):
    """A report that this one comes after is not good, so it was not run."""

    status = "blocked"


class RunCancelled(RunError):
    """An interrupt or a termination signal stopped the run."""

    exit_code, status = 143, "cancelled"


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Say which names are allowed and which of them was probably meant.

    >>> nearest("Amout", ["amount", "at"])
    "Did you mean 'amount'? Allowed: amount, at."
    """
    names = sorted(allowed)
    by_spelling = {other.casefold(): other for other in reversed(names)}
    close = get_close_matches(str(name).casefold(), by_spelling, n=1)  # a file may hold a number for a name
    hint = f"Did you mean {by_spelling[close[0]]!r}? " if close else ""
    return f"{hint}Allowed: {', '.join(names)}."


def on_a_line(value: object, *, most: int = 200) -> str:
    """A value as a message shows it, of so many characters: a DataFrame would take more than its three lines."""
    text = " ".join(repr(value).split())
    return text if len(text) < most else f"{text[:most]}..."
