"""What is kept of a run: ``run.json``, schema 1."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from cxlib.runs.planning.matrix import Variant


class Status(StrEnum):
    """How a run ended."""

    OK = "ok"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    REJECTED = "rejected"
    TIMEOUT = "timeout"
    DEAD_KERNEL = "dead_kernel"
    OUT_OF_MEMORY = "out_of_memory"
    CANCELLED = "cancelled"
    BLOCKED = "blocked"
    LOCKED = "locked"

    @property
    def good(self) -> bool:
        """Whether readers have an up-to-date page after it."""
        return self in {Status.OK, Status.UNCHANGED}


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")  # a later version may add fields to the same schema


class CellTime(_Kept):
    """Seconds that a code cell took; `cell` is its number in the kept notebook, In [1] first."""

    cell: int
    seconds: float


class RunFault(_Kept):
    """Why a run did not end well: class of the error, plain words, and the cell where it happened."""

    type: str
    message: str
    cell: int | None = None


class Hashes(_Kept):
    """SHA-256 of everything that decides a report.

    `inputs` by source, None when they could not be read; `after` holds the keys of the runs that it builds on.
    """

    inputs: dict[str, str] | None
    after: dict[str, str] = Field(default_factory=dict)
    notebook: str
    cxlib: str
    parameters: str
    versions: str


class RunRecord(_Kept):
    """One run of one report.

    Attributes
    ----------
    run : str
        Name of its folder, empty when it ended before it had one.
    variant : str
        Name of its folder inside the report's folder, where a matrix makes several runs of the report.
    matrix : dict
        The parameters that the matrix sets, with this run's values.
    parameters : dict
        Every parameter of the notebook with the value that the run used.
    seconds : float
        Wall time, publishing and every attempt included.
    attempts : int
        How often its notebook was started; `cells` are those of the last time.
    key : str
        SHA-256 over all hashes: two runs with one key would give the same report.
    rendered_at, rendered_from : datetime and str, optional
        When `cx render` made its pages anew, and from the notebook of which run; everything else is that run's.
    """

    schema_: Literal[1] = Field(default=1, validation_alias="schema", serialization_alias="schema")
    workspace: str
    report: str
    run: str
    status: Status
    exit_code: int = 0
    started: dt.datetime
    finished: dt.datetime
    seconds: float
    attempts: int = 1
    languages: tuple[str, ...] = ()
    variant: str = ""
    matrix: dict[str, Any] = Field(default_factory=dict)
    parameters: dict[str, Any] = Field(default_factory=dict)
    key: str = ""
    sha256: Hashes | None = None
    versions: dict[str, str] = Field(default_factory=dict)
    cells: tuple[CellTime, ...] = ()
    error: RunFault | None = None
    rendered_at: dt.datetime | None = None
    rendered_from: str = ""

    @property
    def origin(self) -> Variant:
        """Which of the report's runs it is."""
        return Variant(self.report, self.matrix, self.variant)

    @property
    def name(self) -> str:
        """The report and the values of its matrix, such as ``churn[region=Riyadh]``."""
        return self.origin.name

    @property
    def path(self) -> str:
        """The folder of its runs, below the workspace's reports."""
        return self.origin.path

    def to_json(self) -> str:
        """The text of ``run.json``."""
        return self.model_dump_json(indent=2, by_alias=True) + "\n"
