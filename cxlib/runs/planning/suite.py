"""What runs in a workspace: ``params/<workspace>/suite.yaml``, checked.

The conditions of ``alert_if`` in a suite, read and checked before anything runs.

The one place where runs meet `cxlib.data`: where the project is, and what is known of a workspace's sources.

Nothing of `cxlib.data` is imported until it is used, so the command line does not wait for an engine for tables.
"""

import json
import math
import os
import re
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from cxlib import data
from cxlib.errors import ConfigurationError, CxError, nearest
from cxlib.language import available_languages
from cxlib.runs.planning.cron import parse_cron
from cxlib.runs.planning.matrix import MOST_RUNS, Variant, expand, one_line
from cxlib.runs.planning.order import find_cycle
from cxlib.strict_yaml import read_yaml_mapping

MAPPING = "sources.yaml"
NOTES = data.NOTES
is_still = data.is_still
Inventory = data.Inventory


def project_root() -> Path:
    """The project that the working directory belongs to."""
    return Path(data.project_root())


def workspace_title(folder: Path) -> str:
    """A workspace's title; its name where the sources cannot say, so that a front page appears all the same."""
    try:
        return str(data.read_sources(folder).title)
    except CxError:
        return folder.name


def workspace_time_zone(folder: Path) -> str:
    """IANA name of the zone whose clock a workspace follows; UTC for one without sources."""
    return str(data.read_sources(folder).time_zone) if (folder / MAPPING).is_file() else "UTC"


def tables_of(folder: Path, needs: Collection[str] = ()) -> set[str] | None:
    """The tables of a workspace and, as ``table.column``, what is mapped; None where its sources cannot say.

    `needs`: What notebooks need; files are opened only for columns of those that the mapping alone does not meet.
    """
    try:
        mapped = data.mapped_columns(folder)
        unmet = [name for need in needs if not has_all(mapped, [need]) for name in need.split(" or ")]
        opened = {name.partition(".")[0] for name in unmet if "." in name}
        return data.mapped_columns(folder, opened) if opened else mapped
    except CxError:
        return None


def is_personal(folder: Path, column: str) -> bool:
    """Whether a column of that name holds what names a person, by the marks of `sources.yaml` or else by its title."""
    try:
        sources = data.read_sources(folder).tables.values()
    except CxError:
        return False
    return any(one.is_personal(column) for table in sources for one in table)


class Inventories:
    """A workspace's sources and mapping, hashed once for all reports that run at a time, again where they changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._latest: Inventory | None = None

    def __call__(self) -> Inventory:
        """The files as they are now; a CxError where one cannot be read."""
        with self._lock:
            if self._latest is None or self._latest.change():
                self._latest = data.take_inventory(self._folder)
            return self._latest


LIMITS = ("above", "below", "certainly_above", "certainly_below")
CHANGES = ("falls_significantly", "rises_significantly")
_PERCENT = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)\s*%\s*")
_EXAMPLE = "{nps: {falls_significantly: true}, churn_rate: {above: 8%}}"


@dataclass(frozen=True)
class AlertRule:
    """One condition on one metric; `limit` as it was written, `in_percent` where that was with a percent sign."""

    metric: str
    condition: str
    limit: float | None = None
    in_percent: bool = False


def read_rules(alert_if: Mapping[str, Mapping[str, object]]) -> list[AlertRule]:
    """The conditions of a report's ``alert_if``; whether a metric exists shows only when the report has run."""
    rules: list[AlertRule] = []
    for metric, conditions in alert_if.items():
        if not conditions:
            raise ConfigurationError(f"{metric} has no condition. Write it as in {_EXAMPLE}")
        rules += filter(None, (_rule(metric, condition, limit) for condition, limit in conditions.items()))
    return rules


def _rule(metric: str, condition: str, limit: object) -> AlertRule | None:
    if condition in CHANGES:
        if not isinstance(limit, bool):
            raise ConfigurationError(f"{metric}: {condition} is {limit!r}; write true. The change needs no limit")
        return AlertRule(metric, condition) if limit else None
    if condition not in LIMITS:
        hint = nearest(str(condition), [*LIMITS, *CHANGES]).rstrip(".")
        raise ConfigurationError(f"{metric}: {condition} is no condition. {hint}")
    share = _PERCENT.fullmatch(limit) if isinstance(limit, str) else None
    number = float(share[1]) / 100 if share else limit
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise ConfigurationError(f"{metric}: {condition} is {limit!r}; expected a number such as 0.08, or 8%")
    return AlertRule(metric, condition, float(number), share is not None)


Setting = TypeVar("Setting")
NAME = re.compile(r"(?!(?:index|customers)$)[a-z][a-z0-9_]*")  # not those of the pages beside the reports
Minutes = Annotated[float, Field(gt=0, le=7 * 24 * 60)]


def _accepted_by(check: Callable[[Setting], object]) -> AfterValidator:
    """A value passes if a check of ours accepts it; pydantic gathers only ValueErrors."""

    def validate(value: Setting) -> Setting:
        try:
            check(value)
        except ConfigurationError as error:
            raise ValueError(str(error)) from None
        return value

    return AfterValidator(validate)


Schedule = Annotated[str, _accepted_by(lambda schedule: schedule and parse_cron(schedule))]
Conditions = Annotated[dict[str, dict[str, Any]], _accepted_by(read_rules)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class ReportSettings(_Strict):
    """One report of a suite, as docs/using.md explains; all settings may be left out.

    `notebook` is a path from the project's root, ``notebooks/<report>.ipynb`` when empty; an empty `schedule` is the
    suite's. After a run the newest `keep_runs` good ones stay. A report runs once for each combination of its `matrix`,
    after those in `after`, which must be good, and after those in `uses`, whose results it takes where they have some.
    """

    notebook: str = ""
    timeout_minutes: Minutes = 60
    cell_timeout_minutes: Minutes = 30
    memory_limit_mb: Annotated[int, Field(gt=0)] | None = None
    retries: Annotated[int, Field(ge=0, le=5)] = 0
    keep_runs: Annotated[int, Field(ge=1)] = 30
    after: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    matrix: dict[str, tuple[Any, ...]] = Field(default_factory=dict)
    schedule: Schedule = ""
    alert_if: Conditions = Field(default_factory=dict)

    @property
    def before(self) -> tuple[str, ...]:
        """Every report that comes before this one."""
        return tuple(dict.fromkeys((*self.after, *self.uses)))

    @field_validator("after", "uses", mode="before")
    @classmethod
    def _one_name_needs_no_list(cls, reports: object) -> object:
        return (reports,) if isinstance(reports, str) else reports

    @field_validator("matrix", mode="before")
    @classmethod
    def _every_value_once(cls, matrix: object) -> object:
        if not isinstance(matrix, dict):
            raise ValueError("expected parameters with their values, such as {region: [Riyadh, Jeddah]}")
        for name, values in matrix.items():
            if not isinstance(values, list) or not values:
                raise ValueError(f"{name} needs a list of values, such as [a, b]")
            texts = [one_line(value) for value in values]
            if twice := [text for text in texts if texts.count(text) > 1]:
                raise ValueError(f"{name} has the value {twice[0]} twice")
        if (runs := prod(map(len, matrix.values()))) > MOST_RUNS:
            raise ValueError(f"that makes {runs:,} runs; at most {MOST_RUNS} are allowed")
        return matrix


class Suite(_Strict):
    """The reports of a workspace, the languages of their pages (every available one when left out), and when to run.

    `notify` is a command that gets alerts as JSON on its standard input.
    """

    languages: tuple[str, ...] = Field(default_factory=available_languages, min_length=1)
    reports: dict[str, ReportSettings] = Field(min_length=1)
    schedule: Schedule = ""
    notify: tuple[str, ...] = ()

    @field_validator("languages")
    @classmethod
    def _languages_exist(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        for language in languages:
            if language not in available_languages():
                raise ValueError(f"there is no language {language!r}. {nearest(language, available_languages())}")
        return tuple(dict.fromkeys(languages))

    @field_validator("notify", mode="before")
    @classmethod
    def _a_program_and_its_arguments(cls, notify: object) -> object:
        if not isinstance(notify, list | tuple) or not all(isinstance(word, str) for word in notify):
            raise ValueError("expected a list of texts, a program and its arguments, such as [sh, -c, 'cat >> alerts']")
        if notify and not notify[0].strip():
            raise ValueError("there is no program in the first place")
        return notify

    @field_validator("reports", mode="before")
    @classmethod
    def _settings_may_be_empty(cls, reports: object) -> object:
        if not isinstance(reports, dict):
            return reports
        return {name: {} if settings is None else settings for name, settings in reports.items()}

    @field_validator("reports")
    @classmethod
    def _names_and_order_are_possible(cls, reports: dict[str, ReportSettings]) -> dict[str, ReportSettings]:
        for name, settings in reports.items():
            if not NAME.fullmatch(name):
                raise ValueError(f"{name!r} cannot name a report; use small letters, digits, _; never index, customers")
            for before in settings.before:
                if before not in reports:
                    raise ValueError(f"{name} comes after {before!r}, which is no report. {nearest(before, reports)}")
        if cycle := find_cycle({name: settings.before for name, settings in reports.items()}):
            raise ValueError(
                f"these reports wait for each other: {' -> '.join(cycle)}. Take one 'after' or 'uses' away"
            )
        return reports

    def variants(self, *reports: str) -> tuple[Variant, ...]:
        """Every run of the reports, or of all of them, in the order of the suite: one, or one a matrix combination."""
        return tuple(
            variant
            for name, settings in self.reports.items()
            if not reports or name in reports
            for variant in expand(name, settings.matrix)
        )


def find_workspace(root: Path, workspace: str | Path) -> Path:
    """The folder of a workspace named ``demo``, ``params/demo`` or by a path; ConfigurationError names the nearest."""
    name, params = Path(workspace), (root / "params").resolve()
    for folder in (root / "params" / name, root / name, name):
        place = Path(os.path.abspath(folder))  # noqa: PTH100  # a link keeps its own name, wherever it leads
        if os.path.isdir(place) and place.parent.resolve() == params:  # noqa: PTH112  # no error where it is too long
            return params / place.name
    names = workspace_names(root)
    hint = nearest(name.name, names) if names else f"{root / 'params'} holds no workspace yet."
    raise ConfigurationError(f"There is no workspace {str(workspace)!r}. {hint}")


def workspace_names(root: Path) -> list[str]:
    """The workspaces of a project: folders in ``params/`` that hold a suite or sources."""
    files = [file for name in ("suite.yaml", "sources.yaml") for file in (root / "params").glob(f"*/{name}")]
    return sorted({file.parent.name for file in files})


def load_suite(folder: Path) -> Suite:
    """Read and check the ``suite.yaml`` of a workspace's folder; without one, every notebook runs, in every language.

    ConfigurationError names every fault; also where there is neither a file nor a notebook.

    >>> load_suite(Path("params/demo")).languages
    ('en', 'ar')
    """
    path = folder / "suite.yaml"
    name = f"params/{folder.name}/suite.yaml"
    try:
        return Suite.model_validate(read_yaml_mapping(path, name=name) if path.is_file() else _every_notebook(folder))
    except ValidationError as error:
        faults = "\n".join(_plain(fault) for fault in error.errors())
        raise ConfigurationError(f"{name}:\n{faults}") from None


def _every_notebook(folder: Path) -> dict[str, object]:
    """Every report whose tables the workspace has; all of them where its sources cannot say."""
    notebooks_folder = folder.parent.parent / "notebooks"
    notebooks = sorted(notebooks_folder.glob("*.ipynb"))
    needs = {path.stem: told_by(path) for path in notebooks if NAME.fullmatch(path.stem)}
    tables = tables_of(folder, {need for names in needs.values() for need in names})
    able = [report for report in needs if tables is None or has_all(tables, needs[report])]
    if needs and not able:
        lacking = "; ".join(f"{report} needs {', '.join(names)}" for report, names in needs.items())
        raise ConfigurationError(f"params/{folder.name}/sources.yaml names no table that a report needs: {lacking}.")
    uses = {report: told_by(notebooks_folder / f"{report}.ipynb", "uses") for report in able}
    return {"reports": {report: {"uses": [name for name in uses[report] if name in able]} for report in able}}


def further_reports(folder: Path) -> str:
    """What to add to a workspace for the reports that it lacks tables for; empty where it has all."""
    from cxlib.data.tables import TABLES

    notebooks = sorted((folder.parent.parent / "notebooks").glob("*.ipynb"))
    needs = {path.stem: told_by(path) for path in notebooks if NAME.fullmatch(path.stem)}
    tables = tables_of(folder, {need for names in needs.values() for need in names}) or set()
    wanted: dict[str, list[str]] = {}
    for report, own in needs.items():
        for need in own:
            if not has_all(tables, [need]):
                names = [one for one in need.split(" or ") if one.partition(".")[0] in TABLES]
                required = {one: [c.name for c in TABLES[one].columns if c.required] for one in names if one in TABLES}
                words = [f"{one} ({', '.join(required[one])})" if required.get(one) else one for one in names]
                wanted.setdefault(" or ".join(words), []).append(report)
    return "; ".join(f"{need} for {', '.join(reports)}" for need, reports in wanted.items())


def told_by(notebook: Path, key: str = "needs") -> tuple[str, ...]:
    """What a notebook's metadata say: the tables that it cannot run without, ``{"cxlib": {"needs": ["surveys"]}}``.

    Where one of several is enough, they stand in one text: ``"transactions or memberships"``; a column that has to be
    mapped stands behind its table, ``"customers.loyalty_joined_on"``. Under ``uses`` stand the
    reports whose results it takes.
    """
    try:
        metadata = json.loads(notebook.read_text(encoding="utf-8"))["metadata"]
        return tuple(map(str, metadata["cxlib"][key]))
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def has_all(tables: Collection[str], needs: Iterable[str]) -> bool:
    """Whether what a notebook needs is among the tables."""
    return all(any(name in tables for name in need.split(" or ")) for need in needs)


def _plain(fault: ErrorDetails) -> str:
    from cxlib.data.sources import in_words

    place = ".".join(str(step) for step in fault["loc"])
    if fault["type"] == "extra_forbidden":
        allowed = Suite.model_fields if len(fault["loc"]) == 1 else ReportSettings.model_fields
        return f"  {place} is not a setting. {nearest(str(fault['loc'][-1]), allowed)}"
    if fault["type"] == "missing":
        return f"  {place} is missing; name at least one report."
    settled = isinstance(fault["input"], dict)  # the message names what matters
    evidence = f" (found {fault['input']!r})" if fault["type"] == "value_error" and not settled else ""
    return f"  {place}: {in_words(fault)}{evidence}"
