"""Which columns of numbers add up two others, as a total is a net amount and its tax, and which of them was paid."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from cxlib.data.casts import Formats, canonical_value
from cxlib.data.connect import Store
from cxlib.data.guessing.columns import Column, Sheet, currency_beside
from cxlib.data.guessing.titles import holds

_MOST_COLUMNS, _MOST_ROWS, _FEW, _NEARLY, _PART = 16, 2_000, 8, 0.95, 0.1


def sums_of(store: Store, sheet: Sheet) -> tuple[tuple[str, str, str], ...]:
    """The titles of a sum and of its two parts, which hold in nearly all rows, and of which none is mostly 0."""
    numbers = [one for one in sheet.columns if one.what == "number" and not one.clock and one.distinct >= _FEW]
    numbers = numbers[:_MOST_COLUMNS]
    if len(numbers) < 3:
        return ()
    decimal = sheet.settings.get("decimal", ".")
    formats = Formats((), decimal, sheet.settings.get("thousands", ",."[decimal == ","]))
    cells = ", ".join(_number(one, formats) for one in numbers)
    x = np.array(store.rows(f"SELECT {cells} FROM {sheet.part.sample} LIMIT {_MOST_ROWS}"), dtype=float).T
    told = [n for n in range(len(numbers)) if (np.nan_to_num(x[n]) != 0).mean() >= _PART]
    tried = ((c, a, b) for a, b in combinations(told, 2) for c in told if c not in (a, b))
    names = [one.name for one in numbers]
    return tuple((names[c], names[a], names[b]) for c, a, b in tried if _adds_up(x[c], x[a], x[b]))


def _adds_up(total: Any, a: Any, b: Any) -> bool:
    """Whether a sum holds to a hundredth in nearly all rows that have all three."""
    known = np.isfinite(total + a + b)
    return known.sum() >= _FEW and bool((np.abs(total - a - b)[known] < 0.011).mean() >= _NEARLY)


def _number(column: Column, formats: Formats) -> str:
    """SQL of the numbers of a column."""
    sign = currency_beside([(mark, 1) for mark in column.marks])
    own = replace(formats, currency=sign.value if sign else "")
    return f"CAST({canonical_value('number', column.sql, column.type, own)} AS DOUBLE)"


def taxed(sheet: Sheet) -> list[str]:
    """The titles of amounts that make another together with a tax."""
    pairs = [(one, other) for _, a, b in sheet.sums for one, other in ((a, b), (b, a))]
    return [one for one, other in pairs if holds(other, "taxes")]


def way_to_paid(sheet: Sheet, title: str) -> list[str]:
    """A title and those it leads to, the last of which was paid: parts lead to sums, sums to what a discount leaves."""
    leads: dict[str, str] = {}
    for total, *parts in sheet.sums:
        left = [one for one in parts if not holds(one, "deductions")]
        leads |= dict.fromkeys(parts, total) if len(left) != 1 else {total: left[0]}
    way = [title]
    while (title := leads.get(title, title)) not in way:
        way.append(title)
    return way
