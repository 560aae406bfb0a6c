"""Rules that every good row meets, as portable ibis expressions, and the rows that break them.

A rule says when a row breaks it; a row may break several. `with_faults` marks the broken rules of every row in one
pass, `repeated_keys` finds ids that stand twice, and `find_faults` lists both for any table. Neighbours: `rules` says
what the contracts of `tables` ask for, `ingest` moves the rows that are marked into the quarantine.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pandas as pd

from cxlib.data.connect import key_hash
from cxlib.language import T

# ibis has no stubs that mypy may follow, so its expressions are Any here.
Expression = Any
FAULTS = "_faults"
LONGEST_VALUE = 200  # characters of a faulty value that are kept
_FIELD, _ENTRY = "\x1f", "\x1e"
REPEATED = (
    T("the id stands in an earlier row too"),
    T("Remove one of the rows; where a row is an order line, set 'one_row_is: line' in sources.yaml."),
)


@dataclass(frozen=True)
class Rule:
    """What a good row meets.

    Attributes
    ----------
    text : str
        What is wrong with a row that breaks it: English (the key of its translation), or the workspace's name for it.
    remedy : str
        What to do about such a row, in English.
    column : str
        The source's column (or columns) that it looks at.
    broken : callable
        ibis table -> boolean column, true where a row breaks the rule; NULL counts as met.
    value : str
        The column of that table that holds the faulty value; "" for none.
    """

    text: str
    remedy: str
    column: str
    broken: Callable[[Expression], Expression]
    value: str = ""


def with_faults(table: Expression, rules: Sequence[Rule], *, structural: str = "") -> Expression:
    """Mark the broken rules of every row, in one pass.

    Parameters
    ----------
    table : ibis table
        With every column that the rules look at.
    rules : sequence of Rule
        The rules.
    structural : str
        Column that names a structural fault (a key of `STRUCTURAL`), or NULL; such a row has no other fault.

    Returns
    -------
    ibis table
        `table` and a text column ``_faults``: NULL in a good row, else number and value of each broken rule.
    """
    # A row is looked at closely only if something is wrong with it: first whether, then the values, then the list.
    flags = {f"_b{number}": rule.broken(table) for number, rule in enumerate(rules)}
    marked = table.mutate(**flags)
    signs = [marked[flag] for flag in flags] + ([_is_known(marked[structural])] if structural else [])
    marked = marked.mutate(_wrong=functools.reduce(operator.or_, signs))
    names = dict.fromkeys(rule.value for rule in rules if rule.value)
    values = {f"_s{number}": _shown(marked, name) for number, name in enumerate(names)}
    if structural:
        values["_fault_shown"] = _shown(marked, f"{structural}_text")
    marked = marked.mutate(**values)
    listed = _listed(marked, rules, {name: f"_s{number}" for number, name in enumerate(names)})
    if structural:
        fault = marked[structural]
        listed = _is_known(fault).ifelse(fault + _FIELD + marked["_fault_shown"] + _ENTRY, listed)
    # NULL or true is true, NULL or false is NULL, and `ifelse` takes NULL for false: no rule has to care about NULL.
    return marked.mutate(**{FAULTS: marked["_wrong"].ifelse(listed, ibis.null(str))}).drop("_wrong", *flags, *values)


def _is_known(value: Expression) -> Expression:
    return value.notnull()  # noqa: PD004  # ibis, not pandas


def _listed(marked: Expression, rules: Sequence[Rule], shown: Mapping[str, str]) -> Expression:
    entries = []
    for number, rule in enumerate(rules):
        entry = ibis.literal(f"{number}{_FIELD}") + (marked[shown[rule.value]] if rule.value else "") + _ENTRY
        entries.append(marked[f"_b{number}"].ifelse(entry, ""))
    return functools.reduce(operator.add, entries, ibis.literal(""))


def _shown(marked: Expression, name: str) -> Expression:
    value = marked[name]
    text = value if value.type().is_string() else value.cast("string")
    text = text.fill_null("").left(LONGEST_VALUE).translate(_FIELD + _ENTRY, "  ")
    return marked["_wrong"].ifelse(text, "")


def read_faults(marks: Iterable[str]) -> list[list[tuple[str, str]]]:
    r"""Rule (its number, or the name of a structural fault) and value of each entry of some ``_faults`` cells.

    >>> read_faults(["0\x1fabc\x1e2\x1f\x1e"])
    [[('0', 'abc'), ('2', '')]]
    """
    return [[tuple(entry.split(_FIELD)) for entry in mark.split(_ENTRY)[:-1]] for mark in marks]  # type: ignore[misc]


def repeated_keys(
    table: Expression, key: str, *, order: Sequence[str], good: Expression | None = None
) -> Expression | None:
    """The rows whose key another row has as well, but for the first one; None where there are none.

    Keys are compared by a 64-bit hash first, sorted outside the database: 8 bytes a row instead of a table of all keys.
    Only rows whose hash stands twice are compared in full, so a collision of hashes does no harm.

    Parameters
    ----------
    table : ibis table
        The rows.
    key : str
        The column whose values should all differ; NULLs are left alone.
    order : sequence of str
        Columns that say which row is the first.
    good : ibis boolean column or None
        Rows without another fault; one of them is kept before any other.

    Returns
    -------
    ibis table or None
    """
    hashes = table.filter(_is_known(table[key])).select(hash=key_hash(table[key]))
    twice = _values_that_repeat(hashes)
    if not len(twice):
        return None
    marked = table.mutate(_hash=key_hash(table[key]), _bad=ibis.literal(False) if good is None else ~good)
    suspects = marked.semi_join(ibis.memtable(pd.DataFrame({"_hash": twice})), "_hash")
    rank = ibis.row_number().over(group_by=key, order_by=["_bad", *order])
    suspects = suspects.filter(_is_known(suspects[key])).mutate(_rank=rank)
    return suspects.filter(suspects["_rank"] > 0).drop("_rank", "_bad", "_hash")


def _values_that_repeat(hashes: Expression) -> np.ndarray[Any, np.dtype[np.uint64]]:
    batches = hashes.to_pyarrow_batches(chunk_size=1_000_000)
    parts = [batch.column(0).to_numpy(zero_copy_only=False) for batch in batches]
    values = np.concatenate(parts) if parts else np.empty(0, np.uint64)
    del parts
    values.sort()
    return np.unique(values[1:][values[1:] == values[:-1]])


def find_faults(table: Expression, rules: Sequence[Rule], *, row: str = "row", unique: str = "") -> pd.DataFrame:
    """List every fault of a table.

    Parameters
    ----------
    table : ibis table
        The rows.
    rules : sequence of Rule
        What must hold.
    row : str
        The column that tells rows apart, in the source's order.
    unique : str
        A column whose values must all differ ("" for none).

    Returns
    -------
    DataFrame
        One row for each broken rule: row, rule, column, value, remedy.

    Examples
    --------
    >>> import ibis
    >>> sales = ibis.memtable({"row": [1, 2], "amount_cents": [500, None]})
    >>> rule = Rule("no amount", "Fill it in.", "amount", lambda t: t.amount_cents.isnull())
    >>> find_faults(sales, [rule])[["row", "rule"]].values.tolist()
    [[2, 'no amount']]
    """
    marked = with_faults(table, rules)
    faulty = marked.filter(_is_known(marked[FAULTS])).select(row, FAULTS).to_pandas()
    found = [
        (number, rules[int(rule)].text, rules[int(rule)].column, value, rules[int(rule)].remedy)
        for number, entries in zip(faulty[row], read_faults(faulty[FAULTS]), strict=True)
        for rule, value in entries
    ]
    if unique:
        found += _list_repeats(table, row, unique)
    frame = pd.DataFrame(found, columns=["row", "rule", "column", "value", "remedy"])
    return frame.sort_values("row", ignore_index=True, kind="stable")


def _list_repeats(table: Expression, row: str, unique: str) -> list[tuple[Any, ...]]:
    repeats = repeated_keys(table.select(row, unique), unique, order=[row])
    if repeats is None:
        return []
    frame = repeats.to_pandas()
    text, remedy = map(str, REPEATED)
    return [(number, text, unique, value, remedy) for number, value in zip(frame[row], frame[unique], strict=True)]
