"""What exactly a run will do: notebook, parameters and limits, all checked before anything starts."""

from __future__ import annotations

import copy
import hashlib
import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from cxlib.disk import hash_package
from cxlib.errors import ConfigurationError, ParameterError, nearest
from cxlib.parameters import Facts, Parameter, check_parameters, check_partners, from_file, read_cells, read_schema
from cxlib.runs.planning.matrix import Variant, choose
from cxlib.runs.planning.order import among
from cxlib.runs.planning.suite import ReportSettings, Suite, is_personal, load_suite
from cxlib.strict_yaml import parse_yaml

if TYPE_CHECKING:
    from nbformat import NotebookNode

Parameters = Mapping[str, object] | Iterable[str]
GO_ON = "go-on"  # tag of cells to play with: they are no part of the report
_ID, _MERGE = re.compile(r"[A-Za-z0-9_-]{1,64}"), re.compile(rb"^ *(?:<{7}|={7}|>{7})( |$)", re.MULTILINE)
_KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def hash_text(text: str) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()


def hash_json(value: object) -> str:
    """SHA-256 of a plain value, whatever the order of its names."""
    return hash_text(json.dumps(value, sort_keys=True, ensure_ascii=True))


def hash_notebook(notebook: NotebookNode) -> str:
    """SHA-256 of a notebook's cells; outputs and ids do not count, so opening and saving it changes nothing."""
    cells = [[cell.cell_type, cell.source, sorted(cell.metadata.get("tags", []))] for cell in notebook.cells]
    return hash_json([4, cells])


@dataclass(frozen=True)
class ReportPlan:
    """One report, ready to run: its notebook is read once, so that what was checked and hashed is what runs.

    `injected` is what the run sets, which papermill writes into a cell of its own, `parameters` every parameter with
    its value. It builds on the runs in `after`, whether or not they run too, and takes those in `uses` where there are
    some. Of the plans of the same run it comes after those in `waits_for`; those in `falls_with` must be good.
    """

    workspace: str
    variant: Variant
    notebook_path: Path
    notebook_name: str
    notebook: NotebookNode
    injected: dict[str, object]
    parameters: dict[str, object]
    languages: tuple[str, ...]
    settings: ReportSettings
    after: tuple[Variant, ...] = ()
    uses: tuple[Variant, ...] = ()
    waits_for: tuple[str, ...] = ()
    falls_with: tuple[str, ...] = ()

    @property
    def told(self) -> dict[str, object]:
        """What ``cx run --dry-run --json`` prints."""
        words = {"name": self.name, "notebook": self.notebook_name, "languages": list(self.languages)}
        return {**words, "parameters": self.parameters, "set": sorted(self.injected)}

    @property
    def report(self) -> str:
        """Name of the report."""
        return self.variant.report

    @property
    def name(self) -> str:
        """How the command line calls it: the report, and the values of its matrix."""
        return self.variant.name

    @property
    def path(self) -> str:
        """Its folder below the workspace's reports."""
        return self.variant.path


def plan_suite(folder: Path, reports: Iterable[str] = (), *, parameters: Parameters = ()) -> list[ReportPlan]:
    """The plans of a workspace's reports, all of them when none is named, as in `run_suite`; nothing has run yet.

    A ConfigurationError where the suite, a notebook or a parameter is not as it should be.
    """
    suite = load_suite(folder)
    variants = choose(suite.variants(), list(reports), workspace=folder.name)
    facts, code = Facts(folder), cache(hash_package)
    names = dict.fromkeys(variant.report for variant in variants)
    drafts = {name: _draft(folder, name, suite.reports[name], facts, code) for name in names}
    _raise_if_unknown_everywhere(list(drafts.values()), parameters)
    plans = [drafts[variant.report].plan(variant, parameters, suite) for variant in variants]
    # Refuse a matrix of which two values mean the same to the notebook, such as 1 and "1" for a whole number
    for plan, other in itertools.combinations(plans, 2):
        if plan.report == other.report and plan.parameters == other.parameters:
            raise ParameterError(f"{plan.name} and {other.name} would be the same report. Take one of the values out.")
    before = among({name: settings.before for name, settings in suite.reports.items()}, drafts)
    needed = among({name: settings.after for name, settings in suite.reports.items()}, drafts)
    paths = {report: [plan.path for plan in plans if plan.report == report] for report in drafts}
    return [
        replace(
            plan,
            waits_for=tuple(path for report in paths if report in before[plan.report] for path in paths[report]),
            falls_with=tuple(path for report in paths if report in needed[plan.report] for path in paths[report]),
        )
        for plan in plans
    ]


@dataclass(frozen=True)
class _Draft:
    """A report whose notebook is read and whose parameters are not settled yet."""

    folder: Path
    report: str
    settings: ReportSettings
    path: Path
    name: str
    notebook: NotebookNode
    schema: dict[str, Parameter]
    facts: Facts
    code: Callable[[], str]

    def plan(self, variant: Variant, parameters: Parameters, suite: Suite) -> ReportPlan:
        assigned = self._from_caller(parameters)
        injected = {**self._from_file(), **assigned, **self._from_matrix(variant, assigned), **self._workspace()}
        values = {name: parameter.default for name, parameter in self.schema.items()} | injected
        check_partners(
            self.schema, values, source="-p" if assigned else f"params/{self.folder.name}/{self.report}.yaml"
        )
        return ReportPlan(
            workspace=self.folder.name,
            variant=variant,
            notebook_path=self.path,
            notebook_name=self.name,
            notebook=copy.deepcopy(self.notebook),
            injected=injected,
            parameters=values,
            languages=suite.languages,
            settings=self.settings,
            after=suite.variants(*self.settings.after) if self.settings.after else (),
            uses=suite.variants(*self.settings.uses) if self.settings.uses else (),
        )

    def _from_file(self) -> dict[str, object]:
        accepted = from_file(self.schema, self.folder, self.report, facts=self.facts, settled=self._settled())
        changed = changed_in_cell(self.notebook, self.schema)
        return {name: value for name, value in accepted.items() if name not in changed}

    def _settled(self) -> Mapping[str, object]:
        """The parameters that this notebook and this cxlib have taken in the last good run."""
        path = self.folder.parent.parent / "reports" / self.folder.name / self.report / "latest" / "run.json"
        try:
            record = json.loads(path.read_bytes())
            hashes = record["sha256"]
            same = (hashes["cxlib"], hashes["notebook"]) == (self.code(), hash_notebook(self.notebook))
            return dict(record["parameters"]) if same else {}
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return {}

    def _from_caller(self, parameters: Parameters) -> dict[str, object]:
        values = dict(parameters) if isinstance(parameters, Mapping) else parse_assignments(parameters, self.schema)
        if "workspace" in values:
            raise ParameterError("-p workspace: the run sets this parameter. Name another workspace instead.")
        known = {name: values[name] for name in values if name in self.schema}
        return check_parameters(self.schema, known, source="-p", facts=self.facts)

    def _from_matrix(self, variant: Variant, assigned: Mapping[str, object]) -> dict[str, object]:
        source = f"params/{self.folder.name}/suite.yaml: matrix of {self.report}"
        if "workspace" in variant.values:
            raise ParameterError(f"{source}: the run sets 'workspace'. Take it out.")
        for name in variant.values:
            if name in assigned:
                raise ParameterError(
                    f"-p {name}: the matrix of {self.report} sets this parameter. "
                    f"Choose one of its runs instead, such as {variant.name!r}."
                )
            if isinstance(variant.values[name], str) and is_personal(self.folder, name):
                raise ParameterError(
                    f"{source}: {name!r} names persons, and pages and folders would be called after them. Take a key "
                    "that names nobody, or say in sources.yaml which columns are personal."
                )
        return check_parameters(self.schema, variant.values, source=source, facts=self.facts)

    def _workspace(self) -> dict[str, object]:
        if "workspace" not in self.schema:
            line = 'workspace = "params/demo"  # str: where the data is'
            raise ConfigurationError(f"{self.name}: the parameters cell has no 'workspace'. Add: {line}")
        return {"workspace": f"params/{self.folder.name}"}


def _draft(folder: Path, report: str, settings: ReportSettings, facts: Facts, code: Callable[[], str]) -> _Draft:
    name = settings.notebook or f"notebooks/{report}.ipynb"
    path = folder.parent.parent / name
    notebook = read_notebook(path, name=name)
    notebook.cells = [cell for cell in notebook.cells if GO_ON not in cell.metadata.get("tags", [])]
    return _Draft(folder, report, settings, path, name, notebook, read_schema(notebook, name=name), facts, code)


def read_notebook(path: Path, *, name: str) -> NotebookNode:
    """A notebook that is to run with this Python; a ConfigurationError where the file is none."""
    if not path.is_file():
        if path.is_symlink() or path.exists():
            raise ConfigurationError(f"{name} is a folder or a link that leads nowhere. Put the notebook itself there.")
        names = [f"notebooks/{other.name}" for other in path.parent.glob("*.ipynb")]
        raise ConfigurationError(f"There is no notebook {name}. {nearest(name, names) if names else ''}".rstrip())
    try:
        notebook = read_cells(path)
    except Exception as error:  # nbformat raises whatever the broken content leads to
        merge = " It holds marks of a merge: choose one side." if _MERGE.search(path.read_bytes()) else ""
        what = f"{type(error).__name__}: {str(error)[:300]}"
        raise ConfigurationError(f"{name}: this is not a notebook ({what}).{merge}") from None
    if fault := next(_faults_of_form(notebook), ""):
        raise ConfigurationError(f"{name}: {fault}. Put it right in an editor, or take an earlier version of the file.")
    ids = Counter(str(cell.get("id")) for cell in notebook.cells)
    for number, cell in enumerate(notebook.cells, 1):  # outputs do not count; ids must differ and be words
        cell |= {"outputs": [], "execution_count": None} if cell.cell_type == "code" else {}
        if not _ID.fullmatch(own := str(cell.get("id"))) or ids[own] > 1:
            cell["id"] = f"cell-{number}"
    notebook.metadata["kernelspec"] = dict(_KERNEL)
    return notebook


def _faults_of_form(notebook: NotebookNode) -> Iterator[str]:
    """What is no part of a notebook, though nbformat has read it."""
    whole = notebook.get("metadata")
    own = whole.get("cxlib", {}) if isinstance(whole, dict) else None
    if not isinstance(own, dict) or not isinstance(own.get("defaults", {}), dict):
        yield f"metadata is {str(whole)[:100]}; names are expected there, each with what belongs to it"
    for number, cell in enumerate(notebook.cells, 1):
        kind, source, about = (cell.get(part) for part in ("cell_type", "source", "metadata"))
        tags = about.get("tags", []) if isinstance(about, dict) else []
        if kind not in ("code", "markdown", "raw"):
            yield f"cell {number}: cell_type is {kind!r}; write code, markdown or raw"
        if not isinstance(source, str) or source.encode(errors="ignore").decode() != source:
            yield f"cell {number}: source is no text ({str(source)[:60]!r})"
        if not isinstance(about, dict) or not isinstance(cell.get("attachments", {}), dict):
            yield f"cell {number}: metadata or attachments hold no names (metadata is {about!r})"
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            yield f'cell {number}: tags is {tags!r}; write a list of words, such as ["parameters"]'


def changed_in_cell(notebook: NotebookNode, schema: Mapping[str, Parameter]) -> set[str]:
    """Parameters that somebody set in the cell itself: they differ from `defaults` in the notebook's metadata.

    What is set by hand there wins over the parameter file, in a run as in JupyterLab.
    """
    made = notebook.metadata.get("cxlib", {}).get("defaults", {})
    return {name for name, known in schema.items() if name in made and known.default != made[name]}


def parse_assignments(assignments: Iterable[str], schema: Mapping[str, Parameter]) -> dict[str, object]:
    """Parameters from the command line: ``name=value``, where the value is read as the parameter's type says."""
    values: dict[str, object] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise ParameterError(f"-p {assignment}: expected name=value.")
        if (key := name.strip()) in values:
            raise ParameterError(f"-p {key}: it is given twice, and only one can count. Leave one out.")
        values[key] = _from_text(text, schema.get(key))
    return values


def _from_text(text: str, parameter: Parameter | None) -> object:
    if parameter is not None and parameter.optional and text in {"", "null", "None"}:
        return None
    if parameter is not None and parameter.kind == "any":
        return parse_yaml(text, source=f"-p {parameter.name}")
    return text


def _raise_if_unknown_everywhere(drafts: list[_Draft], parameters: Parameters) -> None:
    schema = {name: parameter for draft in drafts for name, parameter in draft.schema.items()}
    names = parameters if isinstance(parameters, Mapping) else parse_assignments(parameters, schema)
    for name in names:
        if name not in schema:
            raise ParameterError(f"-p {name}: no chosen report has this parameter. {nearest(str(name), schema)}")
