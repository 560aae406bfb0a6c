"""Customers as models read them: checked, in the model's time unit, alike customers counted once.

A likelihood needs each distinct (frequency, recency, T) only once, with its number of customers. Times in whole days
take few distinct values, so each column is kept as codes into a short table of values: a logarithm is then taken once
a value, not once a customer. Nothing is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from cxlib.checks import Codes, Flags, Floats, read_numbers, refuse_where, require_columns

MADE_BY = "Make the table with purchase_summary"
SUMMARY = "the table of purchase_summary"
MOST_CODES = 1_000_000  # whole numbers past this are grouped as floats


@dataclass(frozen=True)
class Axis:
    """One column of the grouped rows: `table` of values and, for each row, the `code` of its value."""

    table: Floats
    code: Codes

    @cached_property
    def by_row(self) -> Floats:
        """The value of each row."""
        return self.spread(self.table)

    def spread(self, of_table: Floats) -> Floats:
        """What was computed for each value of the table, by row."""
        return of_table[self.code]

    def sums(self, by_row: Floats) -> Floats:
        """What is known by row, summed for each value of the table."""
        return np.bincount(self.code, by_row, len(self.table)).astype(float, copy=False)


@dataclass(frozen=True)
class Rows:
    """Distinct customers: frequency `x`, recency `t` and age `T` (time units), how many there are, who they are.

    `customers` counts the customers of each row; `at` holds, for each row of the table that was read, its place here
    (None when nobody asked). `z` holds attributes of customers (its table is values by coefficients) where a model has
    any.
    """

    x: Axis
    t: Axis
    T: Axis
    customers: Floats
    at: Codes | None = None
    z: Axis | None = None

    @cached_property
    def alike(self) -> list[tuple[Floats, Codes, Rows]]:
        """Attributes, places here, and rows of the customers who share them."""
        if self.z is None:
            return []
        order = np.argsort(self.z.code, kind="stable")
        ends = np.cumsum(np.bincount(self.z.code, minlength=len(self.z.table)))
        places = np.split(order, ends[:-1])
        return [
            (z, index, replace(self.take(index), customers=self.customers[index], z=None))
            for z, index in zip(self.z.table, places, strict=True)
            if len(index)
        ]

    @property
    def n(self) -> float:
        """Customers in all."""
        return float(self.customers.sum())

    def __len__(self) -> int:
        return len(self.customers)

    @property
    def places(self) -> Codes:
        """For each row of the table that was read, its place here."""
        if self.at is None:
            raise ValueError("rows were read without their order")
        return self.at

    def each(self, part: slice = slice(None)) -> tuple[Rows, Codes]:
        """The distinct rows of a part of the table that was read, and where in them each of its customers is."""
        distinct, at = np.unique(self.places[part], return_inverse=True)
        return self.take(distinct), at

    def take(self, index: Codes) -> Rows:
        """The rows at `index`, which may repeat, each one customer."""
        x, t, T = (Axis(axis.table, axis.code[index]) for axis in (self.x, self.t, self.T))
        z = None if self.z is None else Axis(self.z.table, self.z.code[index])
        return Rows(x, t, T, np.ones(len(index)), z=z)

    def thinned(self, most: int) -> Rows:
        """Every so many-th row, at most `most`, which carry their own customers only."""
        index = np.arange(0, len(self), max(-(-len(self) // most), 1))
        return replace(self.take(index), customers=self.customers[index])

    def rounded(self, step: float) -> Rows:
        """Times rounded to multiples of `step` (time units): far fewer distinct rows, for a first fit."""
        t, T = (np.rint(axis.by_row / step).astype(np.int64) for axis in (self.t, self.T))
        return group(self.x.by_row.astype(np.int64), t, T, scale=step, customers=self.customers, z=self.z)


def read_rows(summary: pd.DataFrame, *, time_unit_days: float, order: bool = False, z: Axis | None = None) -> Rows:
    """Check a purchase summary (frequency, recency and T in days; optional customers) and group alike customers.

    With `order` the place of each row of the table is kept; with `z` only customers who share attributes are counted
    together. Raises a DataError where a column is missing, or a value is missing, negative or contradicts another.
    """
    table = require_columns(summary, ("frequency", "recency", "T"), what=SUMMARY)
    x, t, T = (column(table, name) for name in ("frequency", "recency", "T"))
    _refuse(table, x, t, T)
    counts = customer_counts(table)
    first, last = _whole(t), _whole(T)
    if first is not None and last is not None:
        return group(x.astype(np.int64), first, last, scale=1 / time_unit_days, customers=counts, order=order, z=z)
    return _group_floats(x.astype(np.int64), t / time_unit_days, T / time_unit_days, counts, z)


def dot(a: Floats, b: Floats) -> float:
    """Sum of products without BLAS: its threads cost more than they save on one vector after the other."""
    return float(np.einsum("i,i->", a, b))


def column(table: pd.DataFrame, name: str) -> Floats:
    """A column as floats; refuses text, missing, infinite and negative values."""
    return read_numbers(table[name], name, least=0, remedy=MADE_BY, what=SUMMARY)


def customer_counts(table: pd.DataFrame) -> Floats | None:
    """The `customers` column where there is one; counts must be positive whole numbers."""
    if "customers" not in table:
        return None
    counts = column(table, "customers")
    bad = (counts < 1) | (counts % 1 != 0)
    refuse_where(table["customers"], "customers", bad, "no whole number of customers", "Count 1 or more in each row")
    return counts


def _whole(values: Floats) -> Codes | None:
    """The values as integers where all are whole and small enough to be codes."""
    integers = values.astype(np.int64)
    return integers if (integers == values).all() and values.max(initial=0) < MOST_CODES else None


def group(
    x: Codes,
    t: Codes,
    T: Codes,
    *,
    scale: float,
    customers: Floats | None = None,
    order: bool = False,
    z: Axis | None = None,
) -> Rows:
    """Distinct rows of whole numbers; times are `t` and `T` times `scale`."""
    sizes = [int(values.max(initial=0)) + 1 for values in (x, T, t)]
    kinds = 1 if z is None else len(z.table)
    if sizes[0] > MOST_CODES or sizes[0] * sizes[1] * sizes[2] * kinds > 2**62:
        return _group_floats(x, t * scale, T * scale, customers, z)
    key = (x * sizes[1] + T) * sizes[2] + t
    key = key if z is None else key * kinds + z.code
    if order or customers is not None:
        keys, at, counts = np.unique(key, return_inverse=True, return_counts=True)
    else:
        keys, counts = np.unique(key, return_counts=True)
        at = None
    if customers is not None:
        counts = np.bincount(at, customers, len(keys))
    attributes = None if z is None else Axis(z.table, keys % kinds)
    rest, t_code = np.divmod(keys if z is None else keys // kinds, sizes[2])
    x_code, T_code = np.divmod(rest, sizes[1])
    x_axis = Axis(np.arange(sizes[0], dtype=float), x_code)
    t_axis, T_axis = Axis(np.arange(sizes[2]) * scale, t_code), Axis(np.arange(sizes[1]) * scale, T_code)
    return Rows(x_axis, t_axis, T_axis, counts.astype(float), at, attributes)


def _group_floats(x: Codes, t: Floats, T: Floats, customers: Floats | None, z: Axis | None) -> Rows:
    axes = [Axis(*np.unique(values, return_inverse=True)) for values in (x.astype(float), t, T)]
    sizes = [len(axis.table) for axis in axes]
    key = (axes[0].code * sizes[2] + axes[2].code) * sizes[1] + axes[1].code
    kinds = 1 if z is None else len(z.table)
    keys, at = np.unique(key if z is None else key * kinds + z.code, return_inverse=True)
    attributes = None if z is None else Axis(z.table, keys % kinds)
    rest, t_code = np.divmod(keys // kinds, sizes[1])
    x_code, T_code = np.divmod(rest, sizes[2])
    codes = (x_code, t_code, T_code)
    x_axis, t_axis, T_axis = (Axis(axis.table, code) for axis, code in zip(axes, codes, strict=True))
    return Rows(x_axis, t_axis, T_axis, np.bincount(at, customers, len(keys)).astype(float), at, attributes)


def _refuse(table: pd.DataFrame, x: Floats, t: Floats, T: Floats) -> None:
    def refuse(name: str, bad: Flags, why: str, remedy: str = MADE_BY) -> None:
        refuse_where(table[name], name, bad, why, remedy, what=SUMMARY)

    refuse("frequency", x % 1 != 0, "no whole number of repeat purchases")
    refuse("recency", t > T, "after T, the end of observation", "Recency runs from first to last purchase")
    refuse("recency", (x == 0) & (t > 0), "positive though frequency is 0", "Without a repeat purchase it is 0")
    refuse("recency", (x > 0) & (t == 0), "0 though frequency is positive", "Purchases of a day count once")
