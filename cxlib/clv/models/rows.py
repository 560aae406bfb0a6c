"""Customers as models read them: checked, in the model's time unit, alike customers counted once.

A likelihood needs each distinct (frequency, recency, T) only once, with its number of customers. Times in whole days
take few distinct values, so each column is kept as codes into a short table of values: a logarithm is then taken once
a value, not once a customer. Nothing is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxlib.errors import DataError, nearest

Floats = NDArray[Any]  # of float64; numpy's stubs widen that in most operations
Codes = NDArray[np.int64]
MADE_BY = "purchase_summary"


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

    `customers` counts the customers of each row; `at` holds, for each row of the table that was given, its place here
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

    def weighted(self, customers: Floats) -> Rows:
        """The same distinct customers in other numbers, as a bootstrap draws them."""
        return replace(self, customers=customers)

    def each(self, part: slice = slice(None)) -> tuple[Rows, Codes]:
        """The distinct rows of a part of the table that was given, and where in them each of its customers is."""
        if self.at is None:
            raise ValueError("rows were read without their order")
        distinct, at = np.unique(self.at[part], return_inverse=True)
        return self.take(distinct), at

    def take(self, index: Codes) -> Rows:
        """The rows at `index`, which may repeat, each one customer."""
        x, t, T = (Axis(axis.table, axis.code[index]) for axis in (self.x, self.t, self.T))
        z = None if self.z is None else Axis(self.z.table, self.z.code[index])
        return Rows(x, t, T, np.ones(len(index)), z=z)

    def thinned(self, most: int) -> Rows:
        """Every so many-th row, at most `most`, which carry their own customers only."""
        index = np.arange(0, len(self), max(-(-len(self) // most), 1))
        return self.take(index).weighted(self.customers[index])

    def rounded(self, step: float) -> Rows:
        """Times rounded to multiples of `step` (time units): far fewer distinct rows, for a first fit."""
        t, T = (np.rint(axis.by_row / step).astype(np.int64) for axis in (self.t, self.T))
        return group(self.x.by_row.astype(np.int64), t, T, scale=step, customers=self.customers, z=self.z)


def read_rows(summary: Any, *, time_unit_days: float, order: bool = False, z: Axis | None = None) -> Rows:
    """Check a purchase summary and group alike customers.

    Parameters
    ----------
    summary : DataFrame
        frequency (purchases after the first), recency and T (days); optional customers (how many each row stands for).
    time_unit_days : float
        Days in the model's time unit.
    order : bool
        Whether to keep each given row's place in the result (costs a sort).
    z : Axis, optional
        Attributes of each customer; only customers who share them are counted together.

    Raises
    ------
    DataError
        A column is missing; a value is missing, negative, or contradicts another. The message names the column, the
        first such customer and the remedy.
    """
    table = as_frame(summary, ("frequency", "recency", "T"))
    x, t, T = (numbers(table, name) for name in ("frequency", "recency", "T"))
    _refuse(table, x, t, T)
    counts = customer_counts(table)
    first, last = whole(t), whole(T)
    if first is not None and last is not None:
        return group(x.astype(np.int64), first, last, scale=1 / time_unit_days, customers=counts, order=order, z=z)
    return _group_floats(x.astype(np.int64), t / time_unit_days, T / time_unit_days, counts, z)


def dot(a: Floats, b: Floats) -> float:
    """Sum of products without BLAS: its threads cost more than they save on one vector after the other."""
    return float(np.einsum("i,i->", a, b))


def as_frame(table: Any, columns: tuple[str, ...], *, made_by: str = MADE_BY) -> pd.DataFrame:
    """`table` (pandas or ibis) as a DataFrame with `columns` and at least one row."""
    frame = table if isinstance(table, pd.DataFrame) else pd.DataFrame(table.to_pandas())
    for name in columns:
        if name not in frame:
            raise DataError(
                f"there is no column {name!r}: this needs the table of {made_by}. "
                f"{nearest(name, map(str, frame.columns))}"
            )
    if frame.empty:
        raise DataError(f"the table of {made_by} has no rows, so there is nobody to forecast. Check the period.")
    return frame


def numbers(table: pd.DataFrame, name: str) -> Floats:
    """A column as floats; refuses text, missing, infinite and negative values."""
    try:
        values = table[name].to_numpy(float)
    except (TypeError, ValueError) as error:
        raise DataError(f"column {name!r} is not numeric ({table[name].dtype}). Make it with {MADE_BY}.") from error
    complain(table, name, ~np.isfinite(values), f"is missing or infinite. Make the table with {MADE_BY}")
    complain(table, name, values < 0, "is negative. It counts from the first purchase, so it is 0 or more")
    return values


def complain(table: pd.DataFrame, name: str, bad: NDArray[np.bool_], why: str) -> None:
    """Raise a DataError that counts the bad rows and shows the first."""
    if not bad.any():
        return
    first = int(np.argmax(bad))
    who = f"customer {table['customer_id'].iloc[first]!r}" if "customer_id" in table else f"row {first}"
    value = table[name].iloc[first]
    raise DataError(f"column {name!r} has {int(bad.sum()):,} bad values (first: {value} of {who}): it {why}.")


def customer_counts(table: pd.DataFrame) -> Floats | None:
    """The `customers` column where there is one; counts must be positive whole numbers."""
    if "customers" not in table:
        return None
    counts = numbers(table, "customers")
    complain(table, "customers", (counts < 1) | (counts % 1 != 0), "must be a whole number of customers, 1 or more")
    return counts


def whole(values: Floats) -> Codes | None:
    """The values as integers where all are whole and small enough to be codes."""
    integers = values.astype(np.int64)
    return integers if (integers == values).all() and values.max(initial=0) < 1_000_000 else None


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
    if sizes[0] > 1_000_000 or sizes[0] * sizes[1] * sizes[2] * kinds > 2**62:
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
    kept = None if z is None else Axis(z.table, keys % kinds)
    rest, t_code = np.divmod(keys if z is None else keys // kinds, sizes[2])
    x_code, T_code = np.divmod(rest, sizes[1])
    axes = (np.arange(sizes[0], dtype=float), np.arange(sizes[2]) * scale, np.arange(sizes[1]) * scale)
    x_axis, t_axis, T_axis = (Axis(table, code) for table, code in zip(axes, (x_code, t_code, T_code), strict=True))
    return Rows(x_axis, t_axis, T_axis, counts.astype(float), at, kept)


def _group_floats(x: Codes, t: Floats, T: Floats, customers: Floats | None, z: Axis | None) -> Rows:
    codes = [Axis(*np.unique(values, return_inverse=True)) for values in (x.astype(float), t, T)]
    sizes = [len(axis.table) for axis in codes]
    key = (codes[0].code * sizes[2] + codes[2].code) * sizes[1] + codes[1].code
    kinds = 1 if z is None else len(z.table)
    keys, at = np.unique(key if z is None else key * kinds + z.code, return_inverse=True)
    kept = None if z is None else Axis(z.table, keys % kinds)
    rest, t_code = np.divmod(keys // kinds, sizes[1])
    x_code, T_code = np.divmod(rest, sizes[2])
    x_axis, t_axis, T_axis = (
        Axis(axis.table, code) for axis, code in zip(codes, (x_code, t_code, T_code), strict=True)
    )
    return Rows(x_axis, t_axis, T_axis, np.bincount(at, customers, len(keys)).astype(float), at, kept)


def _refuse(table: pd.DataFrame, x: Floats, t: Floats, T: Floats) -> None:
    complain(table, "frequency", x % 1 != 0, "must be a whole number of repeat purchases")
    complain(table, "recency", t > T, "lies after T, the end of observation. Recency runs from first to last purchase")
    complain(
        table, "recency", (x == 0) & (t > 0), "is positive though frequency is 0. Without a repeat purchase it is 0"
    )
    complain(table, "recency", (x > 0) & (t == 0), "is 0 though frequency is positive. Purchases of a day count once")
