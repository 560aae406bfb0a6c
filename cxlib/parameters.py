"""The parameters of a report: their schema is the notebook's own cell tagged ``parameters``.

One line a parameter, ``name: type = value  # comment`` or, as papermill has it, ``name = value  # type: comment``.
The cell is parsed and never run. Everything is settled before a kernel starts.

A value becomes the type that its parameter asks for, or is refused (`coerce`).

A comment may begin with what the value must be, in brackets (`Domain`): ``margin = 0.3  # (from 0 to 1) profit``.
"""

from __future__ import annotations

import ast
import contextlib
import datetime as dt
import importlib
import inspect
import io
import json
import keyword
import os
import re
import tokenize
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from cxlib import data
from cxlib.data.reading.files import workspace_folder
from cxlib.errors import ConfigurationError, CxError, ParameterError, nearest, on_a_line
from cxlib.strict_yaml import COERCIONS, coerce, read_yaml_mapping, to_date, to_dict, to_float, to_list

if TYPE_CHECKING:
    from nbformat import NotebookNode

_TYPE = re.compile(
    r"(?P<kind>\w+)(\[(?:\w+, )?(?P<item>\w*)[\w, ]*\])?(?P<optional>\s*(\||or)\s*None)?\s*(:\s*(?P<help>.*))?"
)


class Facts:
    """What the data of a workspace says of values, read where a parameter asks for it; `folder`: as `open_workspace`.

    None is what its sources cannot say, which the run then says in full; of databases, which the run alone reads, too.
    """

    def __init__(self, folder: str | PurePath) -> None:
        self.folder = str(folder)

    @cached_property
    def last_day(self) -> dt.date | None:
        """The last day that a parameter may name."""
        with contextlib.suppress(CxError):
            declared = data.read_sources(self.folder).as_of  # which spares opening the tables
            return declared or (self._company.last_day if self._company else None)
        return None

    def columns(self, table: str) -> set[str] | None:
        """The columns of a table that a parameter may name; none where the workspace lacks it."""
        with contextlib.suppress(CxError):
            if self._company is not None:
                own = self._company.table(table).columns if self._company.has(table) else ()
                return set(own) - {"row", "source", "customer_id"}
        return None

    def values(self, table: str, column: str) -> set[str] | None:
        """What stands in a column of a table; of its ratings, their names."""
        columns = self.columns(table)
        if columns is None or self._company is None:
            return None
        if column == "rating":
            return {name.removeprefix("rating_") for name in columns if name.startswith("rating_")}
        if column not in columns:
            return set()
        found = self._company.table(table).select(column).distinct().to_pyarrow()[column]
        return {str(value) for value in found.to_pylist() if value is not None}

    @cached_property
    def _company(self) -> data.Workspace | None:
        return None if data.read_sources(self.folder).in_databases else data.open_workspace(self.folder)


_DOMAIN = re.compile(
    r"\((?:(?P<number>(?P<edge>from|above) (?P<least>-?[\d.]+)(?: to (?P<below>below )?(?P<most>-?[\d.]+))?)"
    r"|(?P<day>(?P<past>past )?day)|(?P<how>some|one) of (?P<words>[\w, ]+?)"
    r"|(?=[cw])(?:(?P<column>columns? of (?P<tables>\w+(?: or \w+)*))(?:, )?)?(?:with (?P<partner>\w+))?"
    r"|as (?P<call>cxlib[\w.]+))?(?:(?:, |(?<=\())by (?P<key>\w+) of (?P<keyed>\w+))?\) *"
)


@dataclass(frozen=True)
class Domain:
    """What a value must be, as the first words of a parameter's comment say in brackets.

    ``(from 0 to 1)``, ``(above 0 to below 1)``, ``(from 0)``: a number, or each of a list or mapping; ``(day)``,
    ``(past day)``: a day, up to the last of the data; ``(one of a, b)``, ``(some of a, b)``: words; ``(with day)``:
    text that needs the parameter `day` too; ``(columns of customers or surveys)``: names of columns of the data;
    ``(as cxlib.measures.Scale)``: what this takes, as a value or a list. Of a mapping ``(above 0, by plan of
    memberships)`` says whose values its names are, and ``(by rating of surveys)`` that they are ratings.
    """

    text: str

    def __getitem__(self, part: str) -> str:
        match = _DOMAIN.match(self.text)
        return (match and match[part]) or ""

    def check(self, value: object, facts: Facts | None = None) -> None:
        """Nothing where the value is in the domain; else a ValueError says what was expected."""
        several = list(value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else [value])
        words = self["words"].split(", ")
        if self["key"] and isinstance(value, Mapping):
            self._check_names(list(map(str, value)), facts)
        if self["number"]:
            try:
                for each in several:
                    self._check_number(to_float(each))
            except ValueError as expected:
                each_of = "names and values such as {a: 1}, each " if isinstance(value, Mapping) else ""
                raise ValueError(f"{each_of}{expected}") from None
        elif self["day"]:
            self._check_day(to_date(value), facts)
        elif self["words"] and (any(each not in words for each in several) or (self["how"] == "some" and not several)):
            raise ValueError(" or ".join(words))
        elif self["column"]:
            self._check_columns(list(map(str, several)), facts)
        elif self["call"]:
            self._check_call(value)

    def _check_number(self, number: float) -> None:
        least, most = float(self["least"]), float(self["most"] or "inf")
        low = number < least or (self["edge"] == "above" and number == least)
        if low or number > most or (self["below"] and number == most):
            hint = f": {number:g} percent are {number / 100:g}" if most == 1 and 1 < number <= 100 else ""
            raise ValueError(f"a number {self['number']}{hint}")

    def _check_day(self, text: str, facts: Facts | None) -> None:
        if not 1900 <= int(text[:4]) <= 2199:
            raise ValueError("a day from 1900 to 2199")
        latest = str((facts and self["past"] and facts.last_day) or text)
        if text > latest:
            end = f"a day up to {latest}, the last that counts (as_of, or the end of the month of the last row)"
            raise ValueError(f"{end}; for a later one set as_of in sources.yaml")

    def _check_columns(self, names: list[str], facts: Facts | None) -> None:
        known = [facts.columns(table) for table in self["tables"].split(" or ")] if facts else [None]
        allowed = {name for own in known for name in own or ()}
        if None not in known and (strange := [name for name in names if name not in allowed]):
            hint = nearest(strange[0], allowed).rstrip(".") if allowed else "The workspace has no such table"
            what = self["column"].replace("column of", "a column of")
            raise ValueError(f"{what}, and {strange[0]!r} is none. {hint}")

    def _check_names(self, names: list[str], facts: Facts | None) -> None:
        known = facts.values(self["keyed"], self["key"]) if facts else None
        if known is not None and (strange := [name for name in names if name not in known]):
            what = self["key"].replace("_", " ")
            hint = nearest(strange[0], known).rstrip(".") if known else f"There is no {what} in the workspace"
            raise ValueError(f"names of {what}s in the table {self['keyed']}, and {strange[0]!r} is none. {hint}")

    def _check_call(self, value: object) -> None:
        module, _, name = self["call"].rpartition(".")
        call = getattr(importlib.import_module(module), name)
        names = inspect.signature(call).parameters
        try:
            call(*value) if isinstance(value, list) and len(names) > 1 else call(value)
        except TypeError:
            raise ValueError(f"[{', '.join(names)}]") from None
        except CxError as error:
            raise ValueError(f"what can be used ({str(error).rstrip('.')})") from None


@dataclass(frozen=True)
class Parameter:
    """One parameter of a report: name, type (a key of ``COERCIONS``; `item`: that of each value), default, comment."""

    name: str
    kind: str
    default: object
    help: str = ""
    optional: bool = False
    item: str = "any"
    domain: Domain = Domain("")

    def accept(self, value: object, facts: Facts | None = None, *, settled: object = ...) -> object:
        """The value in the parameter's type and domain; a ValueError says what was expected.

        `settled` is what this cxlib has taken already; for a call a text may name a file, so it is tried again.
        """
        if value is None and self.optional:
            return None
        if type(value) is type(self.default) and repr(value) == repr(self.default):  # arrays in a list have no ==
            return value  # such as "" for "the last day in the data"
        kind = "date" if self.domain["day"] else self.kind
        several = {"list": to_list, "dict": to_dict}.get(kind)
        accepted = several(value, self.item) if several else coerce(value, kind)
        of_data = self.domain["column"] or self.domain["key"]
        was_tried = of_data or (self.domain["call"] and not isinstance(accepted, str))
        again = was_tried and accepted == settled
        if accepted != self.default and not again:
            self.domain.check(accepted, facts)
        return accepted


def read_schema(notebook: NotebookNode, *, name: str) -> dict[str, Parameter]:
    """The parameters of a notebook, which `name` stands for in an error, in the order of their cell."""
    place = _tagged_cell(notebook, name)
    above = set(re.findall(r"\w+", "\n".join(cell.source for cell in notebook.cells[:place])))
    declared = _declarations(str(notebook.cells[place].source), name, above=above)
    schema = {one.name: _parameter(one, name) for one in declared}
    codes = [str(cell.source) for cell in notebook.cells[place + 1 :] if cell.cell_type == "code"]
    for undone in (each for code in codes for each in _set_outright(code) if each in schema):
        raise ConfigurationError(
            f"{name}: parameter {undone!r} is set again below the parameters cell, which would undo what a run sets. "
            "Take that line out, or name its variable otherwise."
        )
    return schema


def _tagged_cell(notebook: NotebookNode, name: str) -> int:
    """The place of the one cell that papermill is to find; whatever would lead it astray is refused."""
    tags = [cell.metadata.get("tags", []) for cell in notebook.cells]
    places = [place for place, tagged in enumerate(tags) if "parameters" in tagged]
    if any("injected-parameters" in tagged for tagged in tags):
        raise ConfigurationError(f"{name}: an earlier run left a cell tagged 'injected-parameters'. Delete it.")
    if len(places) > 1:
        cells = " and ".join(str(place + 1) for place in places)
        raise ConfigurationError(
            f"{name}: cells {cells} are tagged 'parameters', and a later one would undo what a run sets. "
            "Put all parameters into one of them and take the tag off the others."
        )
    if not places or notebook.cells[places[0]].cell_type != "code":
        raise ConfigurationError(f"{name}: no code cell is tagged 'parameters'. Tag the cell that sets the parameters.")
    return places[0]


def _assigned(source: str) -> Iterator[tuple[str, ast.expr]]:
    """Names that the lines of a cell set, with what they are set to; none where it is no plain Python."""
    with contextlib.suppress(SyntaxError):
        for line in ast.parse(source).body:
            if isinstance(line, ast.Assign | ast.AnnAssign) and line.value is not None:
                targets = line.targets if isinstance(line, ast.Assign) else [line.target]
                yield from ((target.id, line.value) for target in targets if isinstance(target, ast.Name))


def _set_outright(source: str) -> Iterator[str]:
    """Names that a cell sets to a plain value, whatever they were."""
    for name, value in _assigned(source):
        with contextlib.suppress(ValueError, TypeError):
            ast.literal_eval(value)
            yield name


@dataclass(frozen=True)
class _Declaration:
    """One line of the cell: its name, value, annotation and comment as they are written."""

    name: str
    value: ast.expr
    annotation: str
    comment: str


def _declarations(source: str, name: str, *, above: set[str]) -> list[_Declaration]:
    try:
        lines = ast.parse(source).body
    except SyntaxError as error:
        raise ConfigurationError(f"{name}: line {error.lineno} of the parameters cell is not Python.") from None
    # The comment of each line that has one, by its number from 1
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}
    declared = {}
    for line in lines:
        target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
        value = getattr(line, "value", None)
        if not isinstance(line, ast.Assign | ast.AnnAssign) or not isinstance(target, ast.Name) or value is None:
            raise ConfigurationError(f"{name}: the parameters cell may hold lines of the form 'name = value' only.")
        annotation = ""
        if isinstance(line, ast.AnnAssign):
            annotation = ast.unparse(line.annotation)
            _check_annotation(line.annotation, f"{name}: the type of parameter {target.id!r}", above)
        comment = comments.get(line.end_lineno or line.lineno, "")
        declared[target.id] = _Declaration(target.id, value, annotation.strip("'\""), comment)
    return list(declared.values())


_OF_TYPES = (ast.Name, ast.Load, ast.Constant, ast.Subscript, ast.Tuple, ast.BinOp, ast.BitOr)


def _check_annotation(annotation: ast.expr, what: str, above: set[str]) -> None:
    """Refuse a type at which Python would stumble when the cell runs; names that stand `above` may be known there."""
    if above & {"annotations", *(node.id for node in ast.walk(annotation) if isinstance(node, ast.Name))}:
        return
    try:
        if not all(isinstance(node, _OF_TYPES) for node in ast.walk(annotation)):
            raise TypeError("it is no name of a type")
        eval(compile(ast.Expression(annotation), "type", "eval"), {})  # noqa: S307 - calls nothing
    except (NameError, TypeError) as error:
        text = ast.unparse(annotation)
        raise ConfigurationError(
            f"{what} is {text}, at which the cell fails ({error}). Write it in quotes: '{text}'."
        ) from None


def _parameter(declared: _Declaration, notebook: str) -> Parameter:
    default = _default(declared, notebook)
    match = _TYPE.fullmatch(declared.annotation or declared.comment.removeprefix("type:").strip())
    if not match or match["kind"] not in COERCIONS:
        kind = type(default).__name__ if default is not None else "any"
        plain = Parameter(declared.name, kind, default, declared.comment, default is None)
        return _with_fitting_default(plain, notebook)
    help_text = declared.comment if declared.annotation else match["help"] or ""
    optional = bool(match["optional"]) or default is None
    item = match["item"] if match["item"] in COERCIONS else "any"
    words = domain[0] if (domain := _DOMAIN.match(help_text)) else ""
    rest = help_text.removeprefix(words)
    parameter = Parameter(declared.name, match["kind"], default, rest, optional, item, Domain(words))
    return _with_fitting_default(parameter, notebook)


def _default(declared: _Declaration, notebook: str) -> object:
    try:
        default: object = ast.literal_eval(declared.value)
    except (ValueError, TypeError):
        raise ConfigurationError(
            f"{notebook}: the default of parameter {declared.name!r} is not a plain value "
            f"({ast.unparse(declared.value)}). Write a number, text in quotes, True, False, None, a list or a dict."
        ) from None
    return default


def _with_fitting_default(parameter: Parameter, notebook: str) -> Parameter:
    if parameter.default is None or parameter.default == "":
        return parameter
    try:
        coerce(parameter.default, parameter.kind)
    except KeyError:
        raise ConfigurationError(
            f"{notebook}: the default of parameter {parameter.name!r} is a {parameter.kind}, which a parameter file "
            "cannot hold. Use text, a number, True, False, None, a list or a dict."
        ) from None
    except ValueError as expected:
        raise ConfigurationError(
            f"{notebook}: the default of parameter {parameter.name!r} is {parameter.default!r}, "
            f"but its type says {expected}. Correct one of the two."
        ) from None
    return parameter


def check_parameters(
    schema: Mapping[str, Parameter],
    values: Mapping[str, object],
    *,
    source: str,
    facts: Facts | None = None,
    settled: Mapping[str, object] = MappingProxyType({}),
) -> dict[str, object]:
    """The `values` that `source` sets, in the types of the notebook's `schema`; ParameterError lists three faults.

    `settled` holds values that this notebook has taken already (`Parameter.accept`).
    """
    accepted, faults = {}, []
    for name, value in values.items():
        try:
            accepted[name] = _checked(schema, name, value, facts, settled)
        except ValueError as fault:
            faults.append(f"{source}: {fault}")
    if faults:
        more = f" {len(faults) - 3} more are wrong." if len(faults) > 3 else ""
        raise ParameterError("\n".join(faults[:3]) + more)
    return accepted


def check_partners(schema: Mapping[str, Parameter], values: Mapping[str, object], *, source: str) -> None:
    """Refuse a parameter without the one that its domain says it needs too; `values` are those of all."""
    for name, parameter in schema.items():
        partner = parameter.domain["partner"]
        if partner and values[name] and not values[partner]:
            what = f"parameter {name!r} is {values[name]!r}, which needs {partner!r} too. Set it."
            raise ParameterError(f"{source}: {what}")


def check_notebook(report: str, values: Mapping[str, object]) -> None:
    """Stop where a parameter of a notebook run by hand or by papermill cannot be meant, as `cx run` and `cx check` do.

    `report`: Name of the notebook, such as "churn". Where the project has none of that name nothing is checked.
    `values`: Name -> value: in the notebook ``globals()``. What is no parameter is not looked at.
    Raises ParameterError: at most three lines: parameter, value, and what was expected.

    >>> check_notebook("churn", {"margin": 0.35, "offer_day": "2026-03-01"})
    """
    path = data.project_root() / "notebooks" / f"{report}.ipynb"
    if not path.is_file():
        return
    schema = read_schema(read_cells(path), name=path.name)
    whole = {name: known.default for name, known in schema.items()}
    whole |= _plain(schema, values, path.name, Facts(str(values.get("workspace", whole["workspace"]))))
    check_partners(schema, whole, source=_CELL.format(path.name))


_CELL = "the parameters cell of {}"


def _plain(
    schema: Mapping[str, Parameter], values: Mapping[str, object], notebook: str, facts: Facts
) -> dict[str, object]:
    """Parameters among the names of a notebook, of Python's own types; a ParameterError where that is another value."""
    own, place = {name: values[name] for name in schema if name in values}, _CELL.format(notebook)
    accepted = check_parameters(schema, own, source=place, facts=facts)
    for name, value in accepted.items():
        if value != own[name]:
            raise ParameterError(f"{place}: parameter {name!r} is {on_a_line(own[name])}; expected {value!r}.")
    return accepted


def from_file(
    schema: Mapping[str, Parameter],
    folder: PurePath,
    report: str,
    *,
    facts: Facts | None = None,
    settled: Mapping[str, object] = MappingProxyType({}),
) -> dict[str, object]:
    """What a workspace's parameter file sets of a report, checked; empty where there is no such file."""
    path, workspace = Path(folder / f"{report}.yaml"), f"params/{folder.name}"
    name = f"{workspace}/{path.name}"
    if not path.exists():
        return {}
    accepted = check_parameters(schema, read_yaml_mapping(path, name=name), source=name, facts=facts, settled=settled)
    if accepted.get("workspace", workspace) != workspace:
        raise ParameterError(
            f"{name}: parameter 'workspace' is {accepted['workspace']!r}, but the file lies in {workspace}. "
            "Leave it out; the run sets it."
        )
    return accepted


def settle(report: str, values: dict[str, object]) -> None:
    """Make a notebook opened by hand, or run by papermill alone, say what `cx run` says of the same workspace.

    Parameters that nobody has set take the value that ``params/WORKSPACE/REPORT.yaml`` gives them. A printed line says
    which values are the file's and which are yours: changed in the cell, set in a cell below it, or injected. What the
    suite says that the report uses of others is taken as they published it last. All parameters are checked, as
    `check_notebook` does, and are of Python's own types then. In a run everything is settled already, and nothing is
    printed.
    Raises ParameterError: a value cannot be meant, or what is injected or set by hand has the name of no parameter.

    `report`: Name of the notebook, such as "churn".
    `values`: In the notebook ``globals()``, where the values are set.

    >>> names = {"workspace": "params/demo", "horizon_days": 30}
    >>> settle("clv", names)
    params/demo/clv.yaml sets margin = 0.35, covariates = ['acquisition_channel']; yours: horizon_days = 30
    >>> names["margin"]
    0.35
    """
    path = data.project_root() / "notebooks" / f"{report}.ipynb"
    if path.is_file() and "CXLIB_RUN_DIR" not in os.environ:
        schema = read_schema(notebook := read_cells(path), name=path.name)
        facts = Facts(str(values.get("workspace", schema["workspace"].default)))
        values |= {name: known.default for name, known in schema.items()} | _plain(schema, values, path.name, facts)
        folder = workspace_folder(str(values["workspace"]))
        accepted, own = from_file(schema, folder, report, facts=facts), _yours(values, notebook, schema)
        os.environ["CXLIB_BUILT_ON"] = json.dumps(taken := _taken(folder, report))
        values |= {name: value for name, value in accepted.items() if name not in own}
        words = [f"{name} = {_shortened(value)}" for name, value in accepted.items() if values[name] == value]
        line = f"params/{folder.name}/{report}.yaml sets {', '.join(words)}" if words else "No value is a file's"
        mine = [name for name in schema if name in own - {"workspace"} and accepted.get(name, ...) != values[name]]
        results = f"; results of {', '.join(taken)} are those published last" if taken else ""
        others = f"; no parameters: {', '.join(strangers)}" if (strangers := _strangers(values, schema)) else ""
        print(f"{line}; yours: {', '.join(f'{n} = {_shortened(values[n])}' for n in mine) or 'none'}{others}{results}")
        check_partners(schema, values, source=_CELL.format(path.name))
    else:
        check_notebook(report, values)


def read_cells(path: Path) -> NotebookNode:
    """A notebook as it stands; by nbformat, whose import takes longer, only where it has something to do."""
    notebook = json.loads(path.read_bytes(), object_hook=_Node)
    current = (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)  # since 4.5 cells have ids
    if not current or not all(
        cell.cell_type in {"code", "markdown", "raw"} and isinstance(cell.metadata, dict) and cell.id
        for cell in notebook.cells
    ):
        import nbformat

        with warnings.catch_warnings(action="ignore"):  # cells without ids, which nbformat adds
            return nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell["source"] = cell.source if isinstance(cell.source, str) else "".join(cell.source)
    return cast("NotebookNode", notebook)


class _Node(dict[str, Any]):
    """An object of a notebook's JSON, its names as attributes, as nbformat has them; `engine` makes it one of these."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value


def _taken(folder: PurePath, report: str) -> dict[str, str]:
    """The folders of what the reports that this one uses, as its suite says, published last."""
    suite = Path(folder / "suite.yaml")
    reports = read_yaml_mapping(suite, name=suite.name).get("reports") if suite.is_file() else None
    uses = (reports.get(report) or {}).get("uses") if isinstance(reports, Mapping) else None
    latest = {name: data.project_root() / "reports" / folder.name / str(name) / "latest" for name in uses or ()}
    return {name: str(path.resolve()) for name, path in latest.items() if (path / "run.json").is_file()}


def _yours(values: Mapping[str, object], notebook: NotebookNode, schema: Mapping[str, Parameter]) -> set[str]:
    """Parameters set by hand or injected: by the cells that have run (IPython's ``In``), or without these by value."""
    made = {name: known.default for name, known in schema.items()}
    made |= notebook.metadata.get("cxlib", {}).get("defaults", {})
    cells = [dict(_assigned(str(source))) for source in values.get("In", ())]  # type: ignore[attr-defined]
    last = max((at for at, cell in enumerate(cells) if cell.keys() >= schema.keys()), default=None)
    if last is None:
        return {name for name in schema if name in values and values[name] != made.get(name)}
    below = {name for cell in cells[last + 1 :] for name in cell}
    return {name for name in schema if name in below or ast.unparse(cells[last][name]) != repr(made.get(name))}


def _strangers(values: Mapping[str, object], schema: Mapping[str, Parameter]) -> list[str]:
    """Names of no parameter that cells below the parameters cell set to plain values.

    Refused where they are injected, or spelt nearly as a parameter: they would change nothing.
    """
    strangers: dict[str, None] = {}
    for source in map(str, values.get("In", ())):  # type: ignore[call-overload]
        strangers = {} if dict(_assigned(source)).keys() >= schema.keys() else strangers
        for name in set(_set_outright(source)) - schema.keys():
            if source.startswith("# Parameters") or get_close_matches(name, schema, cutoff=0.8):
                raise ParameterError(f"a cell sets {name!r}: there is no such parameter. {nearest(name, schema)}")
            strangers[name] = None
    return list(strangers)


def _shortened(value: object) -> str:
    return text if len(text := repr(value)) <= 60 else f"{text[:56]} ..."


def _checked(
    schema: Mapping[str, Parameter], name: str, value: object, facts: Facts | None, settled: Mapping[str, object]
) -> object:
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name) or name not in schema:
        raise ValueError(f"there is no parameter {name!r}. {nearest(str(name), schema)}")
    try:
        return schema[name].accept(value, facts, settled=settled.get(name, ...))
    except ValueError as expected:
        shown, known = on_a_line(value), schema[name]
        about = f" Its comment: {known.help}." if known.kind in ("dict", "list") and "such as" in known.help else ""
        raise ValueError(f"parameter {name!r} is {shown}; expected {expected}.{about}") from None


def __dir__() -> list[str]:
    """What completion offers: what a notebook calls."""
    return ["check_notebook", "settle"]
