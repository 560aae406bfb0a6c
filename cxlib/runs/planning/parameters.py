"""The parameters of a report: their schema is the notebook's own cell tagged ``parameters``.

One line a parameter, ``name: type = value  # comment`` or, as papermill has it, ``name = value  # type: comment``.
The cell is parsed and never run. Everything is settled before a kernel starts.
"""

from __future__ import annotations

import ast
import io
import keyword
import re
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nbformat import NotebookNode

from cxlib.errors import ConfigurationError, ParameterError, nearest
from cxlib.runs.planning.coercion import COERCIONS, coerce
from cxlib.strict_yaml import parse_yaml

_TYPE = re.compile(r"(?P<kind>\w+)(\[[\w, ]*\])?(?P<optional>\s*(\||or)\s*None)?\s*(:\s*(?P<help>.*))?")


@dataclass(frozen=True)
class Parameter:
    """One parameter of a report: its name, type (a key of ``COERCIONS``), default and comment."""

    name: str
    kind: str
    default: object
    help: str = ""
    optional: bool = False

    def accept(self, value: object) -> object:
        """The value in the parameter's type.

        Raises
        ------
        ValueError
            It does not fit; the text says what was expected.
        """
        if value is None and self.optional:
            return None
        if type(value) is type(self.default) and value == self.default:
            return value  # such as "" for "the last day in the data"
        return coerce(value, self.kind)


def read_schema(notebook: NotebookNode, *, name: str) -> dict[str, Parameter]:
    """Read the parameters of a notebook.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook; it is not run.
    name : str
        What to call it in an error.

    Returns
    -------
    dict of str to Parameter
        In the order of the cell.

    Raises
    ------
    ConfigurationError
        No cell is tagged ``parameters``, or a line of it is not ``name = value  # type: comment``.
    """
    declared = _declarations(_tagged_cell(notebook, name), name)
    return {one.name: _parameter(one, name) for one in declared}


def _tagged_cell(notebook: NotebookNode, name: str) -> str:
    for cell in notebook.cells:
        if cell.cell_type == "code" and "parameters" in cell.metadata.get("tags", []):
            return str(cell.source)
    raise ConfigurationError(f"{name}: no code cell is tagged 'parameters'. Tag the cell that sets the parameters.")


@dataclass(frozen=True)
class _Declaration:
    """One line of the cell: its name, value, annotation and comment as they are written."""

    name: str
    value: ast.expr
    annotation: str
    comment: str


def _declarations(source: str, name: str) -> list[_Declaration]:
    try:
        lines = ast.parse(source).body
    except SyntaxError as error:
        raise ConfigurationError(f"{name}: line {error.lineno} of the parameters cell is not Python.") from None
    comments = _comments(source)
    found = {}
    for line in lines:
        target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
        value = getattr(line, "value", None)
        if not isinstance(line, ast.Assign | ast.AnnAssign) or not isinstance(target, ast.Name) or value is None:
            raise ConfigurationError(f"{name}: the parameters cell may hold lines of the form 'name = value' only.")
        annotation = ast.unparse(line.annotation) if isinstance(line, ast.AnnAssign) else ""
        comment = comments.get(line.end_lineno or line.lineno, "")
        found[target.id] = _Declaration(target.id, value, annotation.strip("'\""), comment)
    return list(found.values())


def _comments(source: str) -> dict[int, str]:
    """The comment of each line that has one, by its number from 1."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}


def _parameter(declared: _Declaration, notebook: str) -> Parameter:
    default = _default(declared, notebook)
    match = _TYPE.fullmatch(declared.annotation or declared.comment.removeprefix("type:").strip())
    if not match or match["kind"] not in COERCIONS:
        kind = type(default).__name__ if default is not None else "any"
        plain = Parameter(declared.name, kind, default, declared.comment, default is None)
        return _with_fitting_default(plain, notebook)
    help_text = declared.comment if declared.annotation else match["help"] or ""
    optional = bool(match["optional"]) or default is None
    parameter = Parameter(declared.name, match["kind"], default, help_text, optional=optional)
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


def check_parameters(schema: Mapping[str, Parameter], given: Mapping[str, object], *, source: str) -> dict[str, object]:
    """Check names and values that were given for a report.

    Parameters
    ----------
    schema : mapping of str to Parameter
        What the notebook knows.
    given : mapping of str to object
        What a parameter file, a caller or the command line sets.
    source : str
        Where `given` comes from, for the error.

    Returns
    -------
    dict
        The given parameters in their types.

    Raises
    ------
    ParameterError
        A name is unknown or a value does not fit; every fault is listed.

    Examples
    --------
    >>> schema = {"horizon_days": Parameter("horizon_days", "int", 90)}
    >>> check_parameters(schema, {"horizon_days": "30"}, source="-p")
    {'horizon_days': 30}
    >>> check_parameters(schema, {"days": 30}, source="-p")
    Traceback (most recent call last):
        ...
    cxlib.errors.ParameterError: -p: there is no parameter 'days'. Allowed: horizon_days.
    """
    accepted, faults = {}, []
    for name, value in given.items():
        try:
            accepted[name] = _checked(schema, name, value)
        except ValueError as fault:
            faults.append(f"{source}: {fault}")
    if faults:
        raise ParameterError("\n".join(faults))
    return accepted


def _checked(schema: Mapping[str, Parameter], name: str, value: object) -> object:
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name) or name not in schema:
        raise ValueError(f"there is no parameter {name!r}. {nearest(str(name), schema)}")
    try:
        return schema[name].accept(value)
    except ValueError as expected:
        raise ValueError(f"parameter {name!r} is {value!r}; expected {expected}.") from None


def parse_assignments(assignments: Iterable[str], schema: Mapping[str, Parameter]) -> dict[str, object]:
    """Parameters from the command line: ``name=value``, where the value is read as the parameter's type says.

    Examples
    --------
    >>> parse_assignments(["plan=no"], {"plan": Parameter("plan", "str", "")})
    {'plan': 'no'}
    """
    values: dict[str, object] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise ParameterError(f"-p {assignment}: expected name=value.")
        values[name.strip()] = _from_text(text, schema.get(name.strip()))
    return values


def _from_text(text: str, parameter: Parameter | None) -> object:
    if parameter is not None and parameter.optional and text in {"", "null", "None"}:
        return None
    if parameter is not None and parameter.kind == "any":
        return parse_yaml(text, source=f"-p {parameter.name}")
    return text
