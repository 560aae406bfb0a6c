"""What every good row meets, the words for one that does not, and the rows that break it, as ibis expressions.

A rule says when a row breaks it; a row may break several. `contract_rules` gives those that the contract of a table
asks for, `with_faults` marks the broken rules of every row in one pass, `repeated_keys` finds ids that stand twice.
The words are keys of their translations: the quarantine keeps them in English, a page says them in another language.
"""

from __future__ import annotations

import datetime as dt
import functools
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pandas as pd

from cxlib.data.casts import other_marks
from cxlib.data.connect import key_hash
from cxlib.data.tables import Table, TableColumn
from cxlib.language import Message, T, minor_units

# ibis has no stubs that mypy may follow, so its expressions are Any here.
Expression = Any
FAULTS = "_faults"
LONGEST_CELL = 100_000
LONGEST_VALUE = 200  # characters of a faulty value that are kept
_FIELD, _ENTRY = "\x1f", "\x1e"
_EARLIEST = dt.date(1900, 1, 1)
MISSING = T("a required value is missing"), T("Fill it in at the source, or map another column to it.")
FUTURE = T("the date lies in the future"), T("Correct the date, or set 'as_of' in sources.yaml.")
ANCIENT = T("the date lies before 1900"), T("Correct the date, or the order of 'dates' in sources.yaml.")
TOO_LOW = T("the value is below the smallest allowed"), T("Correct the value, or the mapping of its column.")
TOO_HIGH = T("the value is above the largest allowed"), T("Correct the value, or the mapping of its column.")
NOT_NPS = T("the answer is outside 0 to 10"), T("Correct the value, or map it to 0-10, such as: score - 1.")
BACKWARDS = T("the later of two dates comes first"), T("Correct one of the two dates.")
TOO_LONG = T("the cell is longer than 100,000 characters"), T("Shorten it; often a quotation mark is not closed.")
OTHER_CURRENCY = (
    T("the amount is in another currency"),
    T("Map its code to 'currency', and give 'rates' in sources.yaml."),
)
NO_CURRENCY = (
    T("the currency of the amount is missing"),
    T("Fill it in at the source, or in what is mapped to 'currency'."),
)
NO_RATE = (
    T("there is no rate of this currency on or before the day"),
    T("Add one to 'rates' in sources.yaml: date, currency, rate."),
)
NAMED = T("Left out by a rule of the workspace; nothing to do where that is meant.")
NOT_MEANT = (
    T("whether the row is meant cannot be computed"),
    T("Correct the value, or the condition 'where' in sources.yaml."),
)
UNREADABLE: dict[str, tuple[Message, Message]] = {
    "date": (T("the date cannot be read"), T("Correct it, or add its format to 'dates' in sources.yaml.")),
    "number": (T("the number cannot be read"), T("Correct it, or set 'decimal' and 'thousands' in sources.yaml.")),
    "boolean": (T("the value is neither yes nor no"), T("Correct it, or map it with: case when ... then true end.")),
    "currency": (
        T("the currency is not one of the international codes"),
        T("Write its code of three letters, or map it with: case when ... then ... end."),
    ),
    "value": (T("the value cannot be read"), T("Correct it, or the expression that is mapped to it.")),
}
TOO_MANY = T(
    "Put the cell that holds the delimiter in quotes; where the file has more columns from this row on, split it here."
)
STRUCTURAL: dict[str, tuple[Message, Message]] = {
    "too_few": (T("the row has too few columns"), T("Complete the line.")),
    "too_many": (T("the row has too many columns"), TOO_MANY),
    "encoding": (T("the line is not in the declared encoding"), T("Save the file as UTF-8, or set 'encoding'.")),
    "quote": (T("a quotation mark is not closed, or stands inside a cell"), T("Close it, or write it twice.")),
    "too_long": TOO_LONG,
    "json": (T("the line is not a JSON object"), T("Write one JSON object a line.")),
    "json_keys": (T("a key stands twice in the JSON object"), T("Keep the one that is right.")),
}
REPEATED = (
    T("the id stands in an earlier row too"),
    T("Remove one of the rows; where a row is an order line, set 'one_row_is: line' in sources.yaml."),
)
_UNREADABLE_BY_KIND = {"instant": "date", "money": "number", "integer": "number"}


@dataclass(frozen=True)
class Place:
    """Where a canonical column came from.

    The source's name for it, and the columns that hold its raw text and whether that could not be read ("" for none).
    """

    column: str
    text: str
    unreadable: str = ""


@dataclass(frozen=True)
class Rule:
    """What a good row meets.

    `text` and `remedy` say what is wrong with a row that breaks it and what to do about it; `column` is the source's
    column (or columns) that it looks at. `broken` is true where a row breaks the rule (NULL counts as met), `value` is
    the column that holds the faulty value ("" for none).
    """

    text: str
    remedy: str
    column: str
    broken: Callable[[Expression], Expression]
    value: str = ""


def contract_rules(contract: Table, places: Mapping[str, Place], *, as_of: dt.date, currency: str = "") -> list[Rule]:
    """A table's contract for mapped columns: canonical name -> origin; amounts in `currency`'s minor units."""
    rules: list[Rule] = []
    for name, place in places.items():
        column = contract.column(name)
        if column is not None:
            rules += [
                *_column_rules(column, place, as_of, currency),
                *_range_rules(column, place, minor_units(currency)),
            ]
    for earlier, later in contract.in_order:
        if earlier in places and later in places:
            rules.append(_rule(BACKWARDS, places[later], _is_before(later, earlier)))
    return rules


def _rule(words: tuple[Message, Message], place: Place, broken: Callable[[Expression], Expression]) -> Rule:
    return Rule(str(words[0]), str(words[1]), place.column, broken, place.text)


def _column_rules(column: TableColumn, place: Place, as_of: dt.date, currency: str) -> list[Rule]:
    name = column.stored_as
    rules = []
    if place.unreadable:
        kind = _UNREADABLE_BY_KIND.get(column.kind, column.kind)
        words = UNREADABLE.get(kind, UNREADABLE["value"])
        if column.kind == "money":
            marks = other_marks(currency)
            rules.append(_rule(OTHER_CURRENCY, place, lambda t: t[place.unreadable] & _has(t[place.text], marks)))
            rules.append(_rule(words, place, lambda t: t[place.unreadable] & ~_has(t[place.text], marks)))
        else:
            rules.append(_rule(words, place, lambda t: t[place.unreadable]))
    if column.required:
        rules.append(_rule(MISSING, place, _is_missing(name, place.unreadable)))
    if column.kind in {"date", "instant"}:
        rules += _date_rules(column, place, as_of)
    if column.kind in {"text", "id", "as_is"}:
        rules.append(_rule(TOO_LONG, place, lambda t: _is_long(t[name])))
    return rules


def _has(text: Expression, pattern: str) -> Expression:
    return text.re_search(pattern).fill_null(False)


def currency_rules(place: Place, *, no_rate: str, missing: str) -> list[Rule]:
    """The rules of rows that name their currency: flags of those where it is missing, or has no rate ("": no rule)."""
    rules = [_rule(NO_CURRENCY, place, lambda t: t[missing])]
    return [*rules, _rule(NO_RATE, place, lambda t: t[no_rate])] if no_rate else rules


def _is_before(first: str, second: str) -> Callable[[Expression], Expression]:
    return lambda t: t[first] < t[second]


def _is_long(value: Expression) -> Expression:
    return value.length() > LONGEST_CELL if value.type().is_string() else ibis.literal(False)


def _is_missing(name: str, unreadable: str) -> Callable[[Expression], Expression]:
    if unreadable:
        return lambda t: ~is_known(t[name]) & ~t[unreadable]
    return lambda t: ~is_known(t[name])


def _date_rules(column: TableColumn, place: Place, as_of: dt.date) -> list[Rule]:
    name, last = column.stored_as, as_of + dt.timedelta(days=1)
    first_instant, end = (_EARLIEST, last) if column.kind == "date" else (_midnight(_EARLIEST), _midnight(last))
    rules = [_rule(ANCIENT, place, lambda t: t[name] < ibis.literal(first_instant))]
    if not column.in_future:
        rules.append(_rule(FUTURE, place, lambda t: t[name] >= ibis.literal(end)))
    return rules


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time())


def _range_rules(column: TableColumn, place: Place, cents: int) -> list[Rule]:
    name, scale = column.stored_as, cents if column.kind == "money" else 1
    low, high = column.low, column.high
    if low is not None and high is not None and column.name == "nps":
        return [_rule(NOT_NPS, place, lambda t: (t[name] < low) | (t[name] > high))]
    rules = []
    if low is not None:
        rules.append(_rule(TOO_LOW, place, lambda t: t[name] < low * scale))
    if high is not None:
        rules.append(_rule(TOO_HIGH, place, lambda t: t[name] > high * scale))
    return rules


def with_faults(table: Expression, rules: Sequence[Rule], *, structural: str = "") -> Expression:
    """Mark the broken rules of every row, in one pass.

    The text column ``_faults`` is NULL in a good row, else number and value of each broken rule. `structural` is the
    column that names a structural fault (a key of `STRUCTURAL`), or NULL; such a row has no other fault.
    """
    # A row is looked at closely only if something is wrong with it: first whether, then the values, then the list.
    flags = {f"_b{number}": rule.broken(table) for number, rule in enumerate(rules)}
    marked = table.mutate(**flags)
    signs = [marked[flag] for flag in flags] + ([is_known(marked[structural])] if structural else [])
    marked = marked.mutate(_wrong=functools.reduce(operator.or_, signs))
    names = dict.fromkeys(rule.value for rule in rules if rule.value)
    values = {f"_s{number}": _short(marked, name) for number, name in enumerate(names)}
    if structural:
        values["_fault_short"] = _short(marked, f"{structural}_text")
    marked = marked.mutate(**values)
    listed = _listed(marked, rules, {name: f"_s{number}" for number, name in enumerate(names)})
    if structural:
        fault = marked[structural]
        listed = is_known(fault).ifelse(fault + _FIELD + marked["_fault_short"] + _ENTRY, listed)
    # NULL or true is true, NULL or false is NULL, and `ifelse` takes NULL for false: no rule has to care about NULL.
    return marked.mutate(**{FAULTS: marked["_wrong"].ifelse(listed, ibis.null(str))}).drop("_wrong", *flags, *values)


def is_known(value: Expression) -> Expression:
    """Whether a value is not NULL."""
    return value.notnull()  # noqa: PD004  # ibis, not pandas


def _listed(marked: Expression, rules: Sequence[Rule], texts: Mapping[str, str]) -> Expression:
    entries = []
    for number, rule in enumerate(rules):
        entry = ibis.literal(f"{number}{_FIELD}") + (marked[texts[rule.value]] if rule.value else "") + _ENTRY
        entries.append(marked[f"_b{number}"].ifelse(entry, ""))
    return functools.reduce(operator.add, entries, ibis.literal(""))


def _short(marked: Expression, name: str) -> Expression:
    value = marked[name]
    text = value if value.type().is_string() else value.cast("string")
    text = text.fill_null("").left(LONGEST_VALUE).translate(_FIELD + _ENTRY, "  ")
    return marked["_wrong"].ifelse(text, "")


def repeated_keys(
    table: Expression, key: str, *, order: Sequence[str], good: Expression | None = None
) -> Expression | None:
    """The rows whose key another row has as well, but for the first one; None where there are none.

    Keys are compared by a 64-bit hash first, sorted outside the database: 8 bytes a row instead of a table of all keys.
    Only rows whose hash stands twice are compared in full, so a collision of hashes does no harm.
    NULLs are left alone, `order` says which row is the first; one without another fault (`good`) comes before any.
    """
    hashes = table.filter(is_known(table[key])).select(hash=key_hash(table[key]))
    batches = hashes.to_pyarrow_batches(chunk_size=1_000_000)
    parts = [batch.column(0).to_numpy(zero_copy_only=False) for batch in batches]
    values = np.concatenate(parts) if parts else np.empty(0, np.uint64)
    del parts
    values.sort()
    twice = np.unique(values[1:][values[1:] == values[:-1]])
    if not len(twice):
        return None
    marked = table.mutate(_hash=key_hash(table[key]), _bad=ibis.literal(False) if good is None else ~good)
    suspects = marked.semi_join(ibis.memtable(pd.DataFrame({"_hash": twice})), "_hash")
    rank = ibis.row_number().over(group_by=key, order_by=["_bad", *order])
    suspects = suspects.filter(is_known(suspects[key])).mutate(_rank=rank)
    return suspects.filter(suspects["_rank"] > 0).drop("_rank", "_bad", "_hash")
