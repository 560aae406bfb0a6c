"""YAML without its surprises: a scalar that means something else than it looks like is refused, not guessed.

YAML 1.1 reads ``no`` as False, ``12:30:45`` as 45045, ``0123`` as 83, and lets a key stand twice. papermill's own
``-f`` reads the same files by the same rules, so the remedy is always to write what is meant, in quotes. Dates stay
text here as they do there.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path

import yaml

from cxlib.errors import ConfigurationError

_PLAIN_NUMBER = re.compile(r"[-+]?(0[xb][0-9a-fA-F_]+|0|[1-9][0-9_]*)")


class StrictLoader(yaml.SafeLoader):
    """SafeLoader that refuses ambiguous scalars and repeated keys, and leaves dates as text."""

    yaml_implicit_resolvers = {  # noqa: RUF012  # the base class declares it so
        first: [resolver for resolver in resolvers if resolver[0] != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        """Build a mapping whose keys are all different."""
        keys: set[object] = set()
        for key_node, _ in node.value:
            if key_node.value in keys:
                raise _refusal(f"the key {key_node.value!r} stands twice; keep one of them", key_node)
            keys.add(key_node.value if isinstance(key_node, yaml.ScalarNode) else id(key_node))
        return super().construct_mapping(node, deep=deep)


def _refusal(problem: str, node: yaml.Node) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


def _bool(loader: StrictLoader, node: yaml.ScalarNode) -> bool:
    value = bool(loader.construct_yaml_bool(node))
    if node.value.lower() not in {"true", "false"}:
        word = str(value).lower()
        raise _refusal(f"{node.value} without quotes means {word} here; write '{node.value}' or {word}", node)
    return value


def _int(loader: StrictLoader, node: yaml.ScalarNode) -> int:
    value = int(loader.construct_yaml_int(node))
    if not _PLAIN_NUMBER.fullmatch(node.value):
        meant = f"{node.value} without quotes means the number {value} here"
        raise _refusal(f"{meant}; write '{node.value}' or {value}", node)
    return value


def _float(loader: StrictLoader, node: yaml.ScalarNode) -> float:
    value = float(loader.construct_yaml_float(node))
    if ":" in node.value:
        raise _refusal(f"{node.value} without quotes means the number {value} here; write '{node.value}'", node)
    return value


StrictLoader.add_constructor("tag:yaml.org,2002:bool", _bool)
StrictLoader.add_constructor("tag:yaml.org,2002:int", _int)
StrictLoader.add_constructor("tag:yaml.org,2002:float", _float)


def parse_yaml(text: str, *, source: str) -> object:
    """Parse one YAML document; `source` is what to call it in an error: a file name or a command-line option.

    Raises
    ------
    ConfigurationError
        It is not YAML, or a scalar in it does not mean what it looks like.

    Examples
    --------
    >>> parse_yaml("{horizon_days: 90, segment: 'no'}", source="demo.yaml")
    {'horizon_days': 90, 'segment': 'no'}
    """
    try:
        return yaml.load(text, Loader=StrictLoader)  # noqa: S506  # StrictLoader is a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" line {mark.line + 1}, column {mark.column + 1}:" if mark else ""
        raise ConfigurationError(f"{source}:{where} {error.problem or error.context}.") from None
    except (yaml.YAMLError, ValueError) as error:  # a character that YAML forbids, or a number too long to read
        raise ConfigurationError(f"{source}: this is not YAML that can be read: {error}") from None


def read_text(path: Path, *, name: str) -> str:
    """The text of a file in UTF-8; `name` is what a ConfigurationError calls it where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{name}: byte {error.start} is not UTF-8. Save the file as UTF-8.") from None
    except OSError as error:
        raise ConfigurationError(f"{name}: cannot be read ({error.strerror}).") from None


def read_yaml_mapping(path: Path, *, name: str) -> dict[str, object]:
    """Read a file that holds names and values; an empty file is an empty mapping.

    Raises
    ------
    ConfigurationError
        The file cannot be read as UTF-8, is not YAML, or holds something else than names and values.
    """
    content = parse_yaml(read_text(path, name=name), source=name)
    if content is None:
        return {}
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise ConfigurationError(f"{name}: expected lines of the form 'name: value'.")
    return content
