"""YAML without its surprises: a scalar that means something else than it looks like is refused, not guessed.

YAML 1.1 reads ``no`` as False, ``12:30:45`` as 45045, ``0123`` as 83, and lets a key stand twice. papermill's own
``-f`` reads the same files by the same rules, so the remedy is always to write what is meant, in quotes. Dates stay
text here as they do there. So do ``+966501234567``, ``0x1F`` and ``1_000``, of which papermill makes numbers: a number
here is what YAML 1.1, YAML 1.2 and JSON all call one. A file that stands for more than it shows (aliases of aliases) or
that nests without end is refused before any of it is built. A day has one form too (`parse_day`).

A value becomes the type that is asked for, or is refused (`coerce`); it never turns silently into something else. Only
a change that loses nothing is made: 3 for a decimal, "1e5" for a number, a date for its ISO text, a numpy scalar for
Python's own. What papermill would silently write as another type (a set, a Decimal, a key that is no text) is refused.
"""

import contextlib
import copy
import datetime as dt
import json
import math
import re
from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any

import yaml

from cxlib.errors import ConfigurationError, ParameterError

MOST_BYTES = 5_000_000
MOST_VALUES = 100_000  # with every alias written out
DEEPEST = 60
_PLAIN_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)")
_NO_CHARACTER = re.compile("[\0\ud800-\udfff]")  # half of one, as "\\ud800" makes, has no bytes
_TEXT = re.compile(r"\+.*|-?0[xb].*|.*_.*")  # a telephone number, a code, a name


class StrictLoader(yaml.SafeLoader):
    """SafeLoader that refuses ambiguous scalars, repeated keys and endless values, and leaves dates as text."""

    yaml_implicit_resolvers = {  # noqa: RUF012  # the base class declares it so
        first: [resolver for resolver in resolvers if resolver[0] != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = 0
        self._values: dict[int, int] = {}  # of each whole node, how many values it stands for

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """A node that is neither too deep nor, with its aliases written out, too large."""
        event, self._depth = self.peek_event(), self._depth + 1  # type: ignore[no-untyped-call]
        if self._depth > DEEPEST:
            raise _refusal(f"there are more than {DEEPEST} levels here; write fewer brackets or indents", event)
        node = super().compose_node(parent, index)
        self._depth -= 1
        if isinstance(node, yaml.ScalarNode) and (character := _NO_CHARACTER.search(node.value)):
            raise _refusal(f"{character[0]!a} is no character of a text; take it away", event)
        if isinstance(event, yaml.AliasEvent) and id(node) not in self._values:
            raise _refusal(f"the alias *{event.anchor} stands within its own anchor; write out what is meant", event)
        self._values[id(node)] = values = 1 + sum(self._values[id(child)] for child in _children(node))
        if values > MOST_VALUES:
            raise _refusal(f"with its aliases written out, this holds more than {MOST_VALUES:,} values", event)
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        """Build a mapping whose keys are names and all different."""
        keys: set[object] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise _refusal(
                    "a list or a mapping cannot be a name; text that begins with a brace or a bracket stands in "
                    "quotes, such as '{{ region }}'",
                    key_node,
                )
            if key_node.value in keys:
                raise _refusal(f"the key {key_node.value!r} stands twice; keep one of them", key_node)
            keys.add(key_node.value)
        return super().construct_mapping(node, deep=deep)


def _children(node: yaml.Node | None) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _refusal(problem: str, node: Any) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


def _bool(loader: StrictLoader, node: yaml.ScalarNode) -> bool:
    value = bool(loader.construct_yaml_bool(node))
    if node.value.lower() not in {"true", "false"}:
        word = str(value).lower()
        raise _refusal(f"{node.value} without quotes means {word} here; write '{node.value}' or {word}", node)
    return value


def _int(loader: StrictLoader, node: yaml.ScalarNode) -> int | str:
    if _TEXT.fullmatch(node.value):
        return str(node.value)
    value = int(loader.construct_yaml_int(node))
    if not _PLAIN_NUMBER.fullmatch(node.value):
        meant = f"{node.value} without quotes means the number {value} here"
        raise _refusal(f"{meant}; write '{node.value}' or {value}", node)
    return value


def _float(loader: StrictLoader, node: yaml.ScalarNode) -> float | str:
    if _TEXT.fullmatch(node.value):
        return str(node.value)
    value = float(loader.construct_yaml_float(node))
    if ":" in node.value:
        raise _refusal(f"{node.value} without quotes means the number {value} here; write '{node.value}'", node)
    return value


StrictLoader.add_constructor("tag:yaml.org,2002:bool", _bool)
StrictLoader.add_constructor("tag:yaml.org,2002:int", _int)
StrictLoader.add_constructor("tag:yaml.org,2002:float", _float)


class WordsLoader(StrictLoader):
    """Leaves every scalar as text."""

    yaml_implicit_resolvers = {}  # noqa: RUF012  # the base class declares it so


@lru_cache(maxsize=64)  # a command reads its suite and its mapping several times, and parsing is what takes long
def _loaded(text: str, words: bool) -> object:
    return yaml.load(text, Loader=WordsLoader if words else StrictLoader)  # noqa: S506  # both are SafeLoaders


def parse_yaml(text: str, *, source: str, words: bool = False) -> object:
    """Parse one YAML document; `source` is what errors call it, a file or an option; with `words` scalars stay text."""
    try:
        return copy.deepcopy(_loaded(text, words))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" line {mark.line + 1}, column {mark.column + 1}:" if mark else ""
        raise ConfigurationError(f"{source}:{where} {error.problem or error.context}.") from None
    except (yaml.YAMLError, ValueError) as error:  # a character that YAML forbids, or a number too long to read
        raise ConfigurationError(f"{source}: this is not YAML that can be read: {error}") from None
    except (LookupError, TypeError, AttributeError):  # PyYAML stumbles with these over a tag
        raise ConfigurationError(f"{source}: a tag such as !!int does not fit its value. Take it away.") from None


def read_text(path: Path, *, name: str) -> str:
    """The text of a file in UTF-8; `name` is what a ConfigurationError calls it where it cannot be read."""
    try:
        if (size := path.stat().st_size) > MOST_BYTES:
            raise ConfigurationError(f"{name}: {size:,} bytes are too many for settings, of which a file holds few.")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{name}: byte {error.start} is not UTF-8. Save the file as UTF-8.") from None
    except OSError as error:
        raise ConfigurationError(f"{name}: cannot be read ({error.strerror}).") from None


def read_yaml_mapping(path: Path, *, name: str) -> dict[str, object]:
    """Read a file that holds names and values; an empty file is an empty mapping."""
    content = parse_yaml(read_text(path, name=name), source=name)
    if content is None:
        return {}
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise ConfigurationError(f"{name}: expected lines of the form 'name: value'.")
    return content


def read_own(path: Path) -> dict[str, Any]:
    """Read a mapping that comes with cxlib: by YAML's parser in C, where that is built, in a tenth of the time."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506  # both are safe
    return content


_WHOLE = re.compile(r"[-+]?\d{1,300}")
_YAML_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}


def yaml_scalar(value: object) -> str:
    """A value as YAML reads it back, in quotes only where it needs them."""
    is_plain = isinstance(value, str) and re.fullmatch(r"[^\W\d_](?:[\w ()/%.*+-]*[\w)%])?", value)
    if is_plain and str(value).casefold() not in _YAML_WORDS:
        return str(value)
    text = json.dumps(value, ensure_ascii=False)
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)


def check_day(day: dt.date, name: str, *, last: dt.date | None = None) -> dt.date:
    """A day that a company may look back from: in the years 1900 to 2199 and, where that is known, up to `last`."""
    if not 1900 <= day.year <= 2199:  # days are counted one by one from here on
        raise ParameterError(f"{name}={day} is no day of business; write one from 1900 to 2199")
    if last is not None and day > last:
        raise ParameterError(
            f"{name}={day} lies after {last}, the last day that rows may be of. Choose an earlier day."
        )
    return day


def parse_day(text: str) -> dt.date:
    """A day in the one form that cannot be misread, 2026-09-30; ValueError for every other, 20260930 too."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text.strip()):
        raise ValueError(text)
    return dt.date.fromisoformat(text.strip())


def to_text(value: object) -> str:
    """Text as it is; a date or a path as text. A number is refused: its zeros may be lost already."""
    if isinstance(value, (dt.date, PurePath)):
        value = value.isoformat() if isinstance(value, dt.date) else str(value)
    if not isinstance(value, str):
        raise ValueError("text in quotes")
    if _NO_CHARACTER.search(value):
        raise ValueError("text without broken characters")
    return value


def to_date(value: object) -> str:
    """A day as ISO text, from a date or from text such as 2026-09-30."""
    if isinstance(value, dt.datetime):
        raise ValueError("a day without a time of day")
    try:
        return parse_day(to_text(value)).isoformat()
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
    with contextlib.suppress(ValueError):
        if (number := to_float(value)).is_integer():
            return int(number)
    raise ValueError("a whole number")


def to_bool(value: object) -> bool:
    """True or False, also as the words; 1 and 0 are refused."""
    words = {"true": True, "false": False}
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def to_list(value: object, item: str = "any") -> list[object]:
    """A list of which each is of the type `item`, from a list, a tuple or text such as ``[a, b]``."""
    example = {"int": "[1, 2]", "float": "[0.5, 2]", "date": "[2026-09-30]", "bool": "[true]"}.get(item, "[a, b]")
    value = _parsed(value, f"a list such as {example}", words=item != "any") if isinstance(value, str) else value
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"a list such as {example}")
    try:
        return [coerce(each, item) for each in value]
    except ValueError as expected:
        raise ValueError(f"a list such as {example}, each {expected}") from None


def to_dict(value: object, item: str = "any") -> dict[str, object]:
    """Names and values of the type `item`, from a mapping or text such as ``{a: 1}``."""
    example = "names and values such as " + ("{a: b}" if item == "str" else "{a: 1}")
    value = _parsed(value, example) if isinstance(value, str) else value
    if not isinstance(value, Mapping):
        raise ValueError(example)
    if not all(isinstance(key, str) for key in value):
        raise ValueError("names and values whose names are text")
    try:
        return {to_text(key): coerce(each, item) for key, each in value.items()}
    except ValueError as expected:
        raise ValueError(f"{example}, each {expected}") from None


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


def _parsed(text: str, expected: str, *, words: bool = False) -> object:
    try:
        return parse_yaml(text, source="value", words=words)
    except ConfigurationError as error:
        raise ValueError(f"{expected} ({str(error).rstrip('.')})") from None


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
    """`value` as the type `kind` (a key of ``COERCIONS``); a ValueError says what was expected."""
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "shape", None) == ():
        value = item()  # a numpy scalar, known by its shape so that numpy need not be imported here
    return COERCIONS[kind](value)
