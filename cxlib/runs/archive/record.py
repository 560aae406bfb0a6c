"""What a run leaves: ``run.json``, with the plain words of what stopped it, and ``metrics.json``; both schema 1."""

from __future__ import annotations

import datetime as dt
import errno
import json
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from cxlib.errors import CxError, PageRejected, RunError
from cxlib.masking import mask_contacts, mask_texts, mask_words
from cxlib.runs.planning.matrix import Variant

if TYPE_CHECKING:
    from nbformat import NotebookNode

COMPONENT = "application/vnd.cxlib.component+json"


class Status(StrEnum):
    """How a run ended.

    >>> Status("ok") is Status.OK
    True
    """

    OK = "ok"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    REJECTED = "rejected"
    INPUTS_CHANGED = "inputs_changed"
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


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")  # a later version may add fields to the same schema


def _in_utc(moment: dt.datetime) -> dt.datetime:
    try:
        return moment.astimezone(dt.UTC)
    except OverflowError:
        raise ValueError("this moment lies outside the calendar") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]  # one without a zone may be any of 26 hours


Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class CellTime(_Stored):
    """Seconds that a code cell took; `cell` is its number in the kept notebook, In [1] first."""

    cell: int
    seconds: Seconds


class RunFault(_Stored):
    """Why a run did not end well: class of the error, plain words, and the cell where it happened."""

    type: str
    message: str
    cell: int | None = None


class Hashes(_Stored):
    """SHA-256 of everything that decides a report: each source (None when they could not be read), and the rest.

    `after` holds the keys of the runs that it builds on.
    """

    inputs: dict[str, str] | None
    after: dict[str, str] = Field(default_factory=dict)
    notebook: str
    cxlib: str
    parameters: str
    versions: str


class LastDay(_Stored):
    """The last day that counted in a run; on any from `since` to before `until` its tables would be the same."""

    day: dt.date
    since: dt.date | None = None
    until: dt.date | None = None

    def covers(self, day: dt.date) -> bool:
        """Whether nothing would be another if `day` were the last one."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


class DatabaseRead(_Stored):
    """Where a table of a database was read, when its one transaction began, and how many rows it had."""

    server: str
    read_at: Moment
    rows: int


class RunRecord(_Stored):
    """One run of one report.

    `run` and `variant` name its folder, empty when it ended before it had one, and the folder of its matrix values;
    `seconds` are those of the clock, publishing and every attempt included. `attempts` says how often its notebook was
    started; `cells` are those of the last time. Two runs with one `key`, the SHA-256 over all hashes and the last
    day, would give the same report. `rendered_at` and `rendered_from` say when `cx render` made its pages anew, and
    from which run's notebook. `number` counts the runs of a report; `files` holds the SHA-256 of what
    readers may open, by its path in the run's folder, `others` that of what it read of other workspaces;
    `databases` says where its tables of databases are from.
    """

    schema_: Literal[1] = Field(default=1, validation_alias="schema", serialization_alias="schema")
    workspace: str
    report: str
    run: str
    status: Status
    exit_code: int = 0
    number: int = Field(default=0, ge=0)
    started: Moment
    finished: Moment
    seconds: Seconds
    attempts: int = 1
    languages: tuple[str, ...] = ()
    variant: str = ""
    matrix: dict[str, Any] = Field(default_factory=dict)
    parameters: dict[str, Any] = Field(default_factory=dict)
    key: str = ""
    sha256: Hashes | None = None
    last_day: LastDay | None = None
    versions: dict[str, str] = Field(default_factory=dict)
    cells: tuple[CellTime, ...] = ()
    error: RunFault | None = None
    rendered_at: Moment | None = None
    rendered_from: str = ""
    files: dict[str, str] = Field(default_factory=dict)
    others: dict[str, str] = Field(default_factory=dict)
    databases: dict[str, DatabaseRead] = Field(default_factory=dict)

    @property
    def order(self) -> tuple[int, dt.datetime, str]:
        """What sorts the runs of a report; clocks may be put back, so they decide only among runs without a number."""
        return self.number, self.started, self.run

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


def status_of(error: Exception) -> Status:
    """The status of a run that `error` stopped; it is never read from the notebook."""
    return Status(error.status) if isinstance(error, RunError) else Status.FAILED


def exit_code_of(error: Exception) -> int:
    """The exit code of a run that `error` stopped."""
    return error.exit_code if isinstance(error, CxError) else 1


def fault_of(error: Exception, *, persons: Iterable[str] = ()) -> RunFault:
    """The plain words of `error`, with its class and cell where it has them; contacts and `persons` masked."""
    name = getattr(error, "raised", "") or type(error).__name__
    return RunFault(
        type=name, message=mask_words(mask_contacts(_words(error)), persons), cell=getattr(error, "cell", None)
    )


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "The disk is full, so nothing was published. Make room and run again."
    if isinstance(error, OSError):
        return f"{error.filename or 'A file'}: {error.strerror or error}."
    if isinstance(error, CxError):
        return str(error)
    return f"The program itself went wrong ({type(error).__name__}: {error}). The log says where."


def gather_metrics(notebook: NotebookNode) -> list[dict[str, Any]]:
    """Every metric that the notebook's components show, each name once; two values of one name reject the page."""
    gathered: dict[str, dict[str, Any]] = {}
    for metric in (metric for component in _components(notebook) for metric in component.get("metrics", [])):
        name = str(metric["name"])
        if gathered.setdefault(name, metric) != metric:
            raise PageRejected(f"The report shows {name!r} with two values. Show it once, or name them apart.")
    return list(gathered.values())


def head_of(notebook: NotebookNode) -> dict[str, Any]:
    """What the report's first page head says in every language: the answer, and the action with its file, if any."""
    head = next((part for part in _components(notebook) if part.get("kind") == "head"), {})
    return {"answer": head.get("title", {}), "action": head.get("action", {}), "file": head.get("file", "")}


def _components(notebook: NotebookNode) -> Iterator[dict[str, Any]]:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if COMPONENT in output.get("data", {}):
                yield output.data[COMPONENT]


def metrics_json(
    metrics: Sequence[dict[str, Any]], *, workspace: str, report: str, question: dict[str, str], head: dict[str, Any]
) -> str:
    """The text of ``metrics.json``: the question, its answer, what to do, and every headline number."""
    about = {"schema": 1, "workspace": workspace, "report": report, "question": question}
    return json.dumps(mask_texts(about | head | {"metrics": metrics}), indent=2, ensure_ascii=False) + "\n"


def last_day(metrics: Sequence[dict[str, Any]]) -> dt.date | None:
    """The last day in the data, as the metrics name it.

    >>> last_day([{"name": "nps", "as_of": "2026-09-30"}, {"name": "csat", "as_of": None}])
    datetime.date(2026, 9, 30)
    """
    return max((dt.date.fromisoformat(str(metric["as_of"])) for metric in metrics if metric.get("as_of")), default=None)
