"""A value becomes the type that a parameter asks for, or is refused; it never turns silently into something else.

Only a change that loses nothing is made: 3 for a decimal, "1e5" for a number, a date for its ISO text, a numpy scalar
for Python's own. What papermill would silently write as another type (a set, a Decimal, a key that is no text) is
refused.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from pathlib import PurePath

from cxlib.errors import ConfigurationError
from cxlib.strict_yaml import parse_yaml

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
    """Give `value` as the type `kind` (a key of ``COERCIONS``).

    Raises
    ------
    ValueError
        The value does not fit; the text of the error says what was expected.

    Examples
    --------
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
