"""What the contract of a table asks of every row, and the words for a row that does not meet it.

The words are keys of their translations: the quarantine keeps them in English, a page says them in another language.
Neighbours: `tables` holds the contracts, `check` finds the rows that break these rules.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import ibis

from cxlib.data.check import Expression, Rule
from cxlib.data.tables import Column, Table
from cxlib.language import Message, T

_EARLIEST = dt.date(1900, 1, 1)


@dataclass(frozen=True)
class Place:
    """Where a canonical column came from.

    Attributes
    ----------
    column : str
        The source's name for it.
    text, unreadable : str
        Columns that hold its raw text, and whether that could not be read ("" where there is no such column).
    """

    column: str
    text: str
    unreadable: str = ""


MISSING = T("a required value is missing"), T("Fill it in at the source, or map another column to it.")
FUTURE = T("the date lies in the future"), T("Correct the date, or set 'as_of' in sources.yaml.")
ANCIENT = T("the date lies before 1900"), T("Correct the date, or the order of 'dates' in sources.yaml.")
TOO_LOW = T("the value is below the smallest allowed"), T("Correct the value, or the mapping of its column.")
TOO_HIGH = T("the value is above the largest allowed"), T("Correct the value, or the mapping of its column.")
NOT_NPS = T("the answer is outside 0 to 10"), T("Correct the value, or map it to 0-10, such as: score - 1.")
BACKWARDS = T("the later of two dates comes first"), T("Correct one of the two dates.")
TOO_LONG = T("the cell is longer than 100,000 characters"), T("Shorten it; often a quotation mark is not closed.")
NAMED = T("Left out by a rule of the workspace; nothing to do where that is meant.")
UNREADABLE: dict[str, tuple[Message, Message]] = {
    "date": (T("the date cannot be read"), T("Correct it, or add its format to 'dates' in sources.yaml.")),
    "number": (T("the number cannot be read"), T("Correct it, or set 'decimal' and 'thousands' in sources.yaml.")),
    "boolean": (T("the value is neither yes nor no"), T("Correct it, or map it with: case when ... then true end.")),
    "value": (T("the value cannot be read"), T("Correct it, or the expression that is mapped to it.")),
}
STRUCTURAL: dict[str, tuple[Message, Message]] = {
    "too_few": (T("the row has too few columns"), T("Complete the line.")),
    "too_many": (T("the row has too many columns"), T("Put the cell that holds the delimiter in quotes.")),
    "encoding": (T("the line is not in the declared encoding"), T("Save the file as UTF-8, or set 'encoding'.")),
    "quote": (T("a quotation mark is not closed, or stands inside a cell"), T("Close it, or write it twice.")),
    "too_long": TOO_LONG,
    "json": (T("the line is not a JSON object"), T("Write one JSON object a line.")),
}
_UNREADABLE_BY_KIND = {
    "date": "date",
    "instant": "date",
    "money": "number",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
}


def contract_rules(
    contract: Table, places: Mapping[str, Place], *, as_of: dt.date, longest: int = 100_000
) -> list[Rule]:
    """The rules of a table's contract for the columns that are mapped.

    Parameters
    ----------
    contract : Table
        The contract.
    places : mapping
        Canonical name (as a mapping calls it) -> where it came from.
    as_of : date
        Dates after it are faults.
    longest : int
        Longest text, in characters.

    Returns
    -------
    list of Rule
    """
    rules: list[Rule] = []
    for name, place in places.items():
        column = contract.column(name)
        if column is not None:
            rules += _column_rules(column, place, as_of, longest)
    for earlier, later in contract.in_order:
        if earlier in places and later in places:
            rules.append(_rule(BACKWARDS, places[later], _is_before(later, earlier)))
    return rules


def _rule(words: tuple[Message, Message], place: Place, broken: Callable[[Expression], Expression]) -> Rule:
    return Rule(str(words[0]), str(words[1]), place.column, broken, place.text)


def _column_rules(column: Column, place: Place, as_of: dt.date, longest: int) -> list[Rule]:
    name = column.stored_as
    rules = []
    if place.unreadable:
        words = UNREADABLE[_UNREADABLE_BY_KIND.get(column.kind, "value")]
        rules.append(_rule(words, place, lambda t: t[place.unreadable]))
    if column.required:
        rules.append(_rule(MISSING, place, _is_missing(name, place.unreadable)))
    if column.kind in {"date", "instant"}:
        rules += _date_rules(column, place, as_of)
    if column.kind in {"text", "id", "as_is"}:
        rules.append(_rule(TOO_LONG, place, lambda t: _is_long(t[name], longest)))
    return rules + _range_rules(column, place)


def _is_before(first: str, second: str) -> Callable[[Expression], Expression]:
    return lambda t: t[first] < t[second]


def _is_long(value: Expression, longest: int) -> Expression:
    return value.length() > longest if value.type().is_string() else ibis.literal(False)


def _is_missing(name: str, unreadable: str) -> Callable[[Expression], Expression]:
    if unreadable:
        return lambda t: t[name].isnull() & ~t[unreadable]  # ibis, not pandas
    return lambda t: t[name].isnull()  # ibis, not pandas


def _date_rules(column: Column, place: Place, as_of: dt.date) -> list[Rule]:
    name, last = column.stored_as, as_of + dt.timedelta(days=1)
    first_instant, end = (_EARLIEST, last) if column.kind == "date" else (_midnight(_EARLIEST), _midnight(last))
    rules = [_rule(ANCIENT, place, lambda t: t[name] < ibis.literal(first_instant))]
    if not column.in_future:
        rules.append(_rule(FUTURE, place, lambda t: t[name] >= ibis.literal(end)))
    return rules


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time())


def _range_rules(column: Column, place: Place) -> list[Rule]:
    name, scale = column.stored_as, 100 if column.kind == "money" else 1
    low, high = column.low, column.high
    if low is not None and high is not None and column.name == "nps":
        return [_rule(NOT_NPS, place, lambda t: (t[name] < low) | (t[name] > high))]
    rules = []
    if low is not None:
        rules.append(_rule(TOO_LOW, place, lambda t: t[name] < low * scale))
    if high is not None:
        rules.append(_rule(TOO_HIGH, place, lambda t: t[name] > high * scale))
    return rules
