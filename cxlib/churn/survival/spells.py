"""Spells as survival models read them: how long each lasted, whether it ended, and the counts at each length.

A spell that still runs is censored: it lasted at least as long as we have seen it. A spell that ends on the very day
on which another one was last seen running counts as ended first, as is usual.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxlib.errors import DataError, nearest

Floats = NDArray[Any]  # of float64; numpy's stubs widen that in most operations
Flags = NDArray[np.bool_]
Codes = NDArray[np.int64]
SPELLS = "spells"  # what errors call the table, unless it holds other rows
MOST_CODES = 1_000_000  # whole days below this are counted by their own number, without a sort


@dataclass(frozen=True)
class Durations:
    """Checked columns: `days` (0 or more), `ended`, and how many members each row stands for (None: one)."""

    days: Floats
    ended: Flags
    weights: Floats | None = None

    def __len__(self) -> int:
        return len(self.days)

    def take(self, rows: Any) -> Durations:
        """The spells at `rows` (a mask or positions)."""
        return Durations(self.days[rows], self.ended[rows], None if self.weights is None else self.weights[rows])


@dataclass(frozen=True)
class Counts:
    """By distinct length in days: spells `at_risk` just before it, those that `ended` at it, those last `seen` at it.

    Arrays are (times,), or (times, groups) where groups were asked for.
    """

    days: Floats
    at_risk: Floats
    ended: Floats


def read_durations(spells: pd.DataFrame, *, weights: str | None = None, columns: Sequence[str] = ()) -> Durations:
    """Check a table of spells.

    Parameters
    ----------
    spells : DataFrame
        duration_days (0 or more), ended (true or false, 1 or 0), one row a spell.
    weights : str, optional
        Column that says how many members a row stands for.
    columns : sequence of str
        Further columns that must be there.

    Raises
    ------
    DataError
        A column is missing; there is no row; a value is missing, negative, infinite or not true or false. The message
        names the column, the first such row (from 1), its value and the remedy.
    """
    require_columns(spells, ("duration_days", "ended", *([weights] if weights else []), *columns))
    if spells.empty:
        raise DataError("there are no spells. Check the period and the filters of memberships.")
    days = read_numbers(spells, "duration_days")
    complain(spells, "duration_days", days < 0, "negative", "An end before its start: correct started_on or ended_on")
    return Durations(days, read_flags(spells, "ended"), None if weights is None else _read_weights(spells, weights))


def require_columns(table: pd.DataFrame, columns: Sequence[str], *, rows: str = SPELLS) -> None:
    """Raise a DataError that names the first missing column and the nearest one there is."""
    for name in columns:
        if name not in table:
            raise DataError(f"{rows} have no column {name!r}. {nearest(str(name), map(str, table.columns))}")


def read_numbers(table: pd.DataFrame, name: str, *, rows: str = SPELLS) -> Floats:
    """A column as floats; refuses text, missing and infinite values."""
    try:
        values = table[name].to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise DataError(f"{rows}: column {name!r} is not numeric ({table[name].dtype}). Give numbers.") from error
    bad = ~np.isfinite(values)
    complain(table, name, bad, "missing or infinite", "Fill them in, or leave those rows out", rows=rows)
    return values


def read_flags(table: pd.DataFrame, name: str, *, rows: str = SPELLS) -> Flags:
    """A column of true and false, or of 1 and 0."""
    column = table[name]
    if column.dtype == np.bool_:
        return column.to_numpy(bool)
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    complain(
        table, name, ~((values == 0) | (values == 1)), "neither true nor false",
        "Write true where the membership has ended, false where it still runs", rows=rows,
    )  # fmt: skip
    return np.asarray(values == 1)


def complain(table: pd.DataFrame, name: str, bad: Flags, what: str, remedy: str, *, rows: str = SPELLS) -> None:
    """Raise a DataError that counts the bad rows and shows the first one."""
    if not bad.any():
        return
    first, n = int(np.argmax(bad)), int(bad.sum())
    value = table[name].iloc[first]
    noun = "value that is" if n == 1 else "values that are"
    raise DataError(f"{rows}: column {name!r} has {n:,} {noun} {what} (first: {value} in row {first + 1:,}). {remedy}.")


def _read_weights(table: pd.DataFrame, name: str) -> Floats:
    values = read_numbers(table, name)
    complain(table, name, values <= 0, "not above zero", "Leave those spells out")
    return values


def count_at_risk(spells: Durations, groups: Codes | None = None, n_groups: int = 1) -> Counts:
    """Count spells at risk and ended at each distinct length, by group where `groups` (codes from 0) are given.

    >>> counts = count_at_risk(Durations(np.array([2.0, 5.0, 5.0]), np.array([True, True, False])))
    >>> counts.days.tolist(), counts.at_risk.tolist(), counts.ended.tolist()
    ([2.0, 5.0], [3.0, 2.0], [1.0, 1.0])
    """
    days, cell = _distinct(spells.days)
    key, cells = (cell, len(days)) if groups is None else (cell * n_groups + groups, len(days) * n_groups)
    shape = (len(days),) if groups is None else (len(days), n_groups)
    ended = np.bincount(key[spells.ended], None if spells.weights is None else spells.weights[spells.ended], cells)
    seen = np.bincount(key, spells.weights, cells).astype(float).reshape(shape)
    at_risk = np.cumsum(seen[::-1], axis=0)[::-1]
    found = seen.sum(axis=1) > 0 if groups is not None else seen > 0
    return Counts(days[found], at_risk[found], ended.astype(float).reshape(shape)[found])


def _distinct(days: Floats) -> tuple[Floats, Codes]:
    """Distinct lengths and, for each spell, the place of its own; whole days without a sort."""
    integers = days.astype(np.int64)
    if days.max() < MOST_CODES and np.array_equal(integers, days):
        return np.arange(int(integers.max()) + 1, dtype=float), integers
    found, cell = np.unique(days, return_inverse=True)
    return found, cell


def read_groups(spells: pd.DataFrame, column: str, *, customer: str = "customer_id") -> tuple[Codes, list[str]]:
    """The group of each spell as a code, and the groups' names in order; a missing group is "—".

    Raises
    ------
    DataError
        The column is missing, or a customer is in two groups.
    """
    require_columns(spells, (column,))
    values = spells[column]
    named = np.where(values.isna(), "—", values.astype("object").map(str))
    groups, names = pd.factorize(named, sort=True)
    codes = np.asarray(groups, dtype=np.int64)
    if customer in spells:
        _refuse_two_groups(spells, column, codes, customer)
    return codes, [str(name) for name in names]


def _refuse_two_groups(spells: pd.DataFrame, column: str, codes: Codes, customer: str) -> None:
    if spells[customer].is_unique:
        return
    first = pd.Series(codes).groupby(spells[customer].to_numpy()).transform("first").to_numpy()
    bad = codes != first
    if not bad.any():
        return
    row = int(np.argmax(bad))
    who = spells[customer].iloc[row]
    before = spells[column][(spells[customer] == who).to_numpy()].iloc[0]
    raise DataError(
        f"spells: {len(set(spells[customer][bad])):,} customers are in two groups of {column!r} (first: customer "
        f"{who!r}, {before!r} before, {spells[column].iloc[row]!r} in row {row + 1:,}), and groups are compared as "
        "different people. Keep one spell of each customer, or group by what does not change."
    )
