"""What is kept of a run: ``run.json``, schema 1."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Status(StrEnum):
    """How a run ended."""

    OK = "ok"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    REJECTED = "rejected"
    TIMEOUT = "timeout"
    DEAD_KERNEL = "dead_kernel"
    CANCELLED = "cancelled"

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
    """SHA-256 of everything that decides a report; `inputs` by source, None when they could not be read."""

    inputs: dict[str, str] | None
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
    parameters : dict
        Every parameter of the notebook with the value that the run used.
    seconds : float
        Wall time, publishing included.
    key : str
        SHA-256 over all hashes: two runs with one key would give the same report.
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
    languages: tuple[str, ...] = ()
    parameters: dict[str, Any] = Field(default_factory=dict)
    key: str = ""
    sha256: Hashes | None = None
    versions: dict[str, str] = Field(default_factory=dict)
    cells: tuple[CellTime, ...] = ()
    error: RunFault | None = None

    def to_json(self) -> str:
        """The text of ``run.json``."""
        return self.model_dump_json(indent=2, by_alias=True) + "\n"
