"""One report, several runs: every combination of the values in its ``matrix:``, each with a folder of its own.

A folder's name follows from the values alone, so it stays the same whatever else the matrix holds, unless two values
would share it. It is small letters, digits and single hyphens, for any file system and any address.
"""

import hashlib
import itertools
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cxlib.errors import ConfigurationError, nearest

MOST_RUNS = 200  # each holds a lock, which is an open file
_LONGEST_VALUE, _LONGEST_KEY, _HASH_LENGTH = 40, 120, 8
_SEPARATORS = re.compile(r"[\s_-]+")
_UNSAFE = re.compile(r"[^a-z0-9.-]+|(?<![0-9])\.|\.(?![0-9])")
_CHOICE = re.compile(r"(?P<report>[^\[\]/]+)(\[(?P<values>.*)\]|/(?P<key>.+))?", re.DOTALL)


@dataclass(frozen=True)
class Variant:
    """One run of a report: the values that its matrix sets, and the name of its folder inside the report's folder.

    Without a matrix there are no values, and the report's own folder is its folder.
    """

    report: str
    values: Mapping[str, object] = field(default_factory=dict)
    key: str = ""

    @property
    def name(self) -> str:
        """How the command line calls it."""
        chosen = ", ".join(f"{name}={one_line(value)}" for name, value in self.values.items())
        return f"{self.report}[{chosen}]" if self.values else self.report

    @property
    def path(self) -> str:
        """Its folder below the workspace's reports."""
        return f"{self.report}/{self.key}" if self.key else self.report

    @property
    def label(self) -> str:
        """Its values for a reader of the front page; empty without a matrix."""
        return " \u00b7 ".join(f"{name.replace('_', ' ')}: {one_line(value)}" for name, value in self.values.items())


def one_line(value: object) -> str:
    r"""A value of a matrix on one line: plain text as it is, anything else as in JSON."""
    if isinstance(value, str) and value.isprintable() and value == value.strip() != "":
        return value
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if text.isprintable() else json.dumps(value, default=str)


def expand(report: str, matrix: Mapping[str, Sequence[object]]) -> list[Variant]:
    """Every combination of a report's matrix, the last parameter changing fastest; one without values if empty."""
    if not matrix:
        return [Variant(report)]
    slugs = {name: _slugs(values) for name, values in matrix.items()}
    return [
        Variant(report, dict(zip(matrix, values, strict=True)), _key(matrix, steps))
        for values, steps in zip(itertools.product(*matrix.values()), itertools.product(*slugs.values()), strict=True)
    ]


def _key(names: Mapping[str, object], steps: Sequence[str]) -> str:
    # A slug holds no underscore, so no two lists of slugs are joined to the same text.
    key = "_".join(f"{_slug(name)}-{step}" for name, step in zip(names, steps, strict=True))
    return key if len(key) <= _LONGEST_KEY else f"{key[: _LONGEST_KEY - _HASH_LENGTH - 1]}-{_digest(key)}"


def _slugs(values: Sequence[object]) -> list[str]:
    slugs = [_slug(value) for value in values]
    often = Counter(slugs)
    return [slug if often[slug] == 1 else _with_digest(slug, value) for slug, value in zip(slugs, values, strict=True)]


def _slug(value: object) -> str:
    """The value in small letters, digits and hyphens; with a digest where more than case and spaces is lost."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    plain = _SEPARATORS.sub("-", unicodedata.normalize("NFC", text).lower().strip())
    slug = re.sub("-+", "-", _UNSAFE.sub("-", plain)).strip("-.")[:_LONGEST_VALUE].rstrip("-.")
    return slug if slug and slug == plain else _with_digest(slug, value)


def _with_digest(slug: str, value: object) -> str:
    return "-".join(filter(None, [slug, _digest(json.dumps(value, sort_keys=True, default=str))]))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]


def choose(variants: Sequence[Variant], names: Sequence[str], *, workspace: str) -> list[Variant]:
    """The variants of a suite that a command line names; all when it names none.

    A name is a report (all its variants), a report with some of its values, ``churn[region=Riyadh]``, or a folder,
    ``churn/region-riyadh``. What is called nothing like it is refused with the nearest name.
    """
    if not names:
        return list(variants)
    paths = {variant.path for name in names for variant in _named(variants, name, workspace)}
    return [variant for variant in variants if variant.path in paths]


def _named(variants: Sequence[Variant], name: str, workspace: str) -> list[Variant]:
    exact = [variant for variant in variants if name in {variant.name, variant.path}]
    match = _CHOICE.fullmatch(name)
    report = match["report"] if match else name
    mine = [variant for variant in variants if variant.report == report]
    if not mine:
        hint = nearest(report, dict.fromkeys(variant.report for variant in variants))
        raise ConfigurationError(f"The suite of {workspace} has no report {report!r}. {hint}")
    if exact or match is None or not (match["values"] or match["key"]):
        return exact or mine
    fitting = [] if match["key"] else [variant for variant in mine if _has(variant, match["values"])]
    if not fitting:
        hint = nearest(name, [variant.path if match["key"] else variant.name for variant in mine])
        raise ConfigurationError(f"The suite of {workspace} has no variant {name!r}. {hint}")
    return fitting


def _has(variant: Variant, choice: str) -> bool:
    """Whether a variant has all values of text such as ``region=Riyadh, plan=gold``."""
    pairs = {name.strip(): value.strip() for name, _, value in (part.partition("=") for part in choice.split(","))}
    return all(name in variant.values and one_line(variant.values[name]) == pairs[name] for name in pairs)
