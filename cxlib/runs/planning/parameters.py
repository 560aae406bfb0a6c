"""The parameters of a report: their schema is the notebook's own cell tagged ``parameters``.

One line a parameter, ``name: type = value  # comment`` or, as papermill has it, ``name = value  # type: comment``.
The cell is parsed and never run. Everything is settled before a kernel starts.

A value becomes the type that its parameter asks for, or is refused; it never turns silently into something else. Only a
change that loses nothing is made: 3 for a decimal, "1e5" for a number, a date for its ISO text, a numpy scalar for
Python's own. What papermill would silently write as another type (a set, a Decimal, a key that is no text) is refused.
"""

from __future__ import annotations

import ast
import datetime as dt
import io
import keyword
import math
import re
import tokenize
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from nbformat import NotebookNode

from cxlib.errors import ConfigurationError, ParameterError, nearest
from cxlib.strict_yaml import parse_yaml

_TYPE = re.compile(r"(?P<kind>\w+)(\[[\w, ]*\])?(?P<optional>\s*(\||or)\s*None)?\s*(:\s*(?P<help>.*))?")
_WHOLE = re.compile(r"[-+]?\d{1,300}")


def to_text(value: object) -> str:
    """Text as it is; a date or a path as text. A number is refused: its zeros may be lost already."""
    if isinstance(value, (dt.date, PurePath)):
        value = value.isoformat() if isinstance(value, dt.date) else str(value)
    if not isinstance(value, str):
        raise ValueError("text in quotes")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("text without broken characters") from None
    return value


def to_date(value: object) -> str:
    """A day as ISO text, from a date or from text such as 2026-09-30."""
    if isinstance(value, dt.datetime):
        raise ValueError("a day without a time of day")
    try:
        return dt.date.fromisoformat(value if isinstance(value, str) else to_text(value)).isoformat()
    except ValueError:
        raise ValueError("a day such as 2026-09-30") from None


def to_float(value: object) -> float:
    """A finite decimal number, from any number or from text that is one."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError("a number")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise ValueError("a number") from None
    if not math.isfinite(number):
        raise ValueError("a finite number")
    return number


def to_int(value: object) -> int:
    """A whole number, from any number or text that is whole."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    try:
        number = to_float(value)
    except ValueError:
        raise ValueError("a whole number") from None
    if not number.is_integer():
        raise ValueError("a whole number")
    return int(number)


def to_bool(value: object) -> bool:
    """True or False, also as the words; 1 and 0 are refused."""
    words = {"true": True, "false": False}
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def to_list(value: object) -> list[object]:
    """A list of plain values, from a list, a tuple or text such as ``[a, b]``."""
    value = _parsed(value) if isinstance(value, str) else value
    if not isinstance(value, (list, tuple)):
        raise ValueError("a list such as [a, b]")
    return [to_plain(item) for item in value]


def to_dict(value: object) -> dict[str, object]:
    """Names and plain values, from a mapping or text such as ``{a: 1}``."""
    value = _parsed(value) if isinstance(value, str) else value
    if not isinstance(value, Mapping):
        raise ValueError("names and values such as {a: 1}")
    if not all(isinstance(key, str) for key in value):
        raise ValueError("names and values whose names are text")
    return {to_text(key): to_plain(item) for key, item in value.items()}


def to_plain(value: object) -> object:
    """Any value that papermill carries unchanged: text, numbers, truth values, None, lists and mappings."""
    match value:
        case None | bool() | int():
            return value
        case float():
            return to_float(value)
        case list() | tuple():
            return to_list(value)
        case Mapping():
            return to_dict(value)
        case _:
            return to_text(value)


def _parsed(text: str) -> object:
    try:
        return parse_yaml(text, source="value")
    except ConfigurationError as error:
        raise ValueError(f"something else ({error})") from None


COERCIONS: Mapping[str, Callable[[object], object]] = {
    "str": to_text,
    "date": to_date,
    "int": to_int,
    "float": to_float,
    "bool": to_bool,
    "list": to_list,
    "dict": to_dict,
    "any": to_plain,
}


def coerce(value: object, kind: str) -> object:
    """`value` as the type `kind` (a key of ``COERCIONS``); a ValueError says what was expected.

    >>> coerce("1e5", "float")
    100000.0
    >>> coerce(45045, "str")
    Traceback (most recent call last):
        ...
    ValueError: text in quotes
    """
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "shape", None) == ():
        value = item()  # a numpy scalar, known by its shape so that numpy need not be imported here
    return COERCIONS[kind](value)


@dataclass(frozen=True)
class Parameter:
    """One parameter of a report: its name, type (a key of ``COERCIONS``), default and comment."""

    name: str
    kind: str
    default: object
    help: str = ""
    optional: bool = False

    def accept(self, value: object) -> object:
        """The value in the parameter's type; a ValueError says what was expected."""
        if value is None and self.optional:
            return None
        if type(value) is type(self.default) and value == self.default:
            return value  # such as "" for "the last day in the data"
        return coerce(value, self.kind)


def read_schema(notebook: NotebookNode, *, name: str) -> dict[str, Parameter]:
    """The parameters of a notebook, which `name` stands for in an error, in the order of their cell."""
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
    declared = {}
    for line in lines:
        target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
        value = getattr(line, "value", None)
        if not isinstance(line, ast.Assign | ast.AnnAssign) or not isinstance(target, ast.Name) or value is None:
            raise ConfigurationError(f"{name}: the parameters cell may hold lines of the form 'name = value' only.")
        annotation = ast.unparse(line.annotation) if isinstance(line, ast.AnnAssign) else ""
        comment = comments.get(line.end_lineno or line.lineno, "")
        declared[target.id] = _Declaration(target.id, value, annotation.strip("'\""), comment)
    return list(declared.values())


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


def check_parameters(
    schema: Mapping[str, Parameter], values: Mapping[str, object], *, source: str
) -> dict[str, object]:
    """The `values` that `source` sets, in the types of the notebook's `schema`; ParameterError lists every fault.

    >>> schema = {"horizon_days": Parameter("horizon_days", "int", 90)}
    >>> check_parameters(schema, {"horizon_days": "30"}, source="-p")
    {'horizon_days': 30}
    """
    accepted, faults = {}, []
    for name, value in values.items():
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
