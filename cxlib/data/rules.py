"""What every good row meets, the words for one that does not, and the rows that break it, as DuckDB's SQL.

A rule says when a row breaks it; a row may break several. `contract_rules` gives those that the contract of a table
asks for, `with_faults` marks the broken rules of every row in one pass, `repeated_keys` finds ids that stand twice.
The words are keys of their translations: the quarantine keeps them in English, a page says them in another language.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from cxlib.data.casts import name, other_marks, quote
from cxlib.data.tables import Table, TableColumn
from cxlib.language import Message, T, minor_units

FAULTS = "_faults"
LONGEST_CELL = 100_000
LONGEST_VALUE = 200  # characters of a faulty value that are kept
_FIELD, _ENTRY = "chr(31)", "chr(30)"
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
    "date": (
        T("the date cannot be read"),
        T("Correct it, or add its format to 'dates' in sources.yaml. Of two there that make two days of it keep one."),
    ),
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

    The source's name for it, the columns that hold its raw text and whether that could not be read ("" for none), and
    the SQL type of a column whose kind does not say it.
    """

    column: str
    text: str
    unreadable: str = ""
    type: str = ""


@dataclass(frozen=True)
class Rule:
    """What a good row meets.

    `text` and `remedy` say what is wrong with a row that breaks it and what to do about it; `column` is the source's
    column (or columns) that it looks at. `broken` is SQL, true where a row breaks the rule (NULL counts as met),
    `value` is the column that holds the faulty value.
    """

    text: str
    remedy: str
    column: str
    broken: str
    value: str


def contract_rules(contract: Table, places: Mapping[str, Place], *, as_of: dt.date, currency: str = "") -> list[Rule]:
    """A table's contract for mapped columns: canonical name -> origin; amounts in `currency`'s minor units."""
    rules: list[Rule] = []
    for target, place in places.items():
        column = contract.column(target)
        if column is not None:
            rules += _column_rules(column, place, as_of, currency)
    for earlier, later in contract.in_order:
        if earlier in places and later in places:
            rules.append(make_rule(BACKWARDS, places[later], f"{later} < {earlier}"))
    return rules


def make_rule(words: tuple[Message, Message], place: Place, broken: str) -> Rule:
    """A rule of the column that came from a place; `broken` as in `Rule`."""
    return Rule(str(words[0]), str(words[1]), place.column, broken, place.text)


def _column_rules(column: TableColumn, place: Place, as_of: dt.date, currency: str) -> list[Rule]:
    value, unreadable = name(column.stored_as), place.unreadable
    broken: list[tuple[tuple[Message, Message], str]] = []
    if unreadable:
        words = UNREADABLE.get(_UNREADABLE_BY_KIND.get(column.kind, column.kind), UNREADABLE["value"])
        if column.kind == "money":
            marked = f"coalesce(regexp_matches({place.text}, {quote(other_marks(currency))}, 's'), false)"
            broken += [(OTHER_CURRENCY, f"{unreadable} AND {marked}"), (words, f"{unreadable} AND NOT {marked}")]
        else:
            broken.append((words, unreadable))
    if column.required:
        broken.append((MISSING, f"{value} IS NULL" + f" AND NOT {unreadable}" * bool(unreadable)))
    if column.kind in {"date", "instant"}:
        broken.append((ANCIENT, f"{value} < DATE '{_EARLIEST}'"))
        if not column.in_future:
            broken.append((FUTURE, f"{value} >= DATE '{as_of + dt.timedelta(days=1)}'"))
    if column.kind in {"text", "id"} or (column.kind, place.type) == ("as_is", "VARCHAR"):
        broken.append((TOO_LONG, f"length({value}) > {LONGEST_CELL}"))
    scale = minor_units(currency) if column.kind == "money" else 1
    low = [] if column.low is None else [f"{value} < {column.low * scale}"]
    high = [] if column.high is None else [f"{value} > {column.high * scale}"]
    if column.name == "nps":
        broken.append((NOT_NPS, " OR ".join(low + high)))
    else:
        broken += [(TOO_LOW, one) for one in low] + [(TOO_HIGH, one) for one in high]
    return [make_rule(words, place, sql) for words, sql in broken]


def with_faults(rows: str, rules: Sequence[Rule], *, structural: str = "NULL") -> str:
    """SQL that marks the broken rules of every row of the SQL `rows`, in one pass.

    The text column ``_faults`` is NULL in a good row, else number and value of each broken rule. `structural` is the
    column that names a structural fault (a key of `STRUCTURAL`), or NULL; such a row has no other fault.
    """
    # A row is looked at closely only if something is wrong with it: first whether, then the values, then the list.
    # NULL or true is true, NULL or false is NULL, and CASE takes NULL for false: no rule has to care about NULL.
    flags = [f"({rule.broken}) AS _b{number}" for number, rule in enumerate(rules)]
    wrong = " OR ".join([f"{structural} IS NOT NULL", *(f"_b{number}" for number in range(len(rules)))])
    places = {value: f"_s{number}" for number, value in enumerate(dict.fromkeys(rule.value for rule in rules))}
    values = [f"{_short(value)} AS {place}" for value, place in places.items()]
    listed = " || ".join(
        f"CASE WHEN _b{number} THEN {_entry(quote(str(number)), places[rule.value])} ELSE '' END"
        for number, rule in enumerate(rules)
    )
    if structural != "NULL":
        values.append(f"{_short(f'{structural}_text')} AS _structural_short")
        entry = _entry(structural, "_structural_short")
        listed = f"CASE WHEN {structural} IS NOT NULL THEN {entry} ELSE {listed or quote('')} END"
    query = f"SELECT *, {wrong} AS _wrong FROM (SELECT {', '.join(['*', *flags])} FROM {rows})"
    return (
        f"SELECT *, CASE WHEN _wrong THEN {listed} END AS {FAULTS} FROM (SELECT *, {', '.join(values)} FROM ({query}))"
    )


def _entry(key: str, value: str) -> str:
    return f"{key} || {_FIELD} || {value} || {_ENTRY}"


def _short(column: str) -> str:
    text = f"left(coalesce(CAST({column} AS VARCHAR), ''), {LONGEST_VALUE})"
    return f"CASE WHEN _wrong THEN translate({text}, {_FIELD} || {_ENTRY}, '  ') ELSE '' END"


def repeated_keys(con: duckdb.DuckDBPyConnection, rows: str, key: str, *, order: str) -> str:
    """SQL of those of the SQL `rows` whose key another row has as well, but for the first one by `order`.

    Empty where there are none; NULLs are left alone.
    Keys are compared by a 64-bit hash first, sorted outside the database: 8 bytes a row instead of a table of all keys.
    Only rows whose hash stands twice are compared in full, so a collision of hashes does no harm.
    """
    hashes = con.execute(f"SELECT hash({key}) AS hash FROM ({rows}) WHERE {key} IS NOT NULL").fetchnumpy()["hash"]
    hashes.sort()
    twice, _ = np.unique(hashes[1:][hashes[1:] == hashes[:-1]], return_counts=True)  # without, numpy 2.4 is far slower
    if not len(twice):
        return ""
    con.register("hashes_twice", pa.table({"hash": twice}))
    suspects = f"SELECT * FROM ({rows}) WHERE {key} IS NOT NULL AND hash({key}) IN (FROM hashes_twice)"
    return f"FROM ({suspects}) QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {order}) > 1"
