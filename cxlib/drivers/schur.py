"""R2 of every subset of drivers at once, averaged over orders: exact LMG shares from a correlation matrix.

Each driver is either left out or swept out of the matrix (a Schur complement), so that after the last one a single
number, the variance of the answer that is left, stands for each subset. Subsets are walked in blocks that fit a
processor's cache; memory does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import factorial

import numpy as np

from cxlib.checks import Floats

BLOCK = 2**16  # numbers in an array of a block: subsets times matrices
LEAST_PIVOT = 1e-12  # a driver with less of its variance left is a combination of the others and adds nothing


@dataclass(frozen=True)
class _Plan:
    """Columns of each unit, and how many last units make a block."""

    sizes: tuple[int, ...]
    leaf: int


@dataclass
class _Sums:
    """What the blocks add up to: the weighted R2 of the subsets that hold each unit, and of all subsets."""

    held: Floats
    out: Floats


def average_over_orders(matrices: Floats, sizes: Sequence[int]) -> Floats:
    """Mean gain in R2 of each unit over all orders in which units can enter.

    Parameters
    ----------
    sizes : sequence of int
        Columns of each unit, in the order of the matrix; a unit enters as a whole. They add up to q.
    """
    at_once = max(1, BLOCK // 2 ** min(len(sizes), 12))
    batches = range(0, matrices.shape[2], at_once)
    parts = [_average(matrices[:, :, at : at + at_once], tuple(sizes)) for at in batches]
    return np.concatenate(parts, axis=1)


def _average(matrices: Floats, sizes: tuple[int, ...]) -> Floats:
    units, b = len(sizes), matrices.shape[2]
    rows = [matrices[a, a:] / matrices[-1, -1] for a in range(len(matrices))]
    sums = _Sums(np.zeros((units, b)), np.zeros(b))
    leaf = max(1, min(units, int(np.log2(max(2, BLOCK // b)))))
    _walk(rows, (), _Plan(sizes, leaf), sums=sums)
    return sums.held - sums.out


def _walk(rows: list[Floats], chosen: tuple[int, ...], plan: _Plan, *, sums: _Sums) -> None:
    """Decide the first units one by one; the last ones together, as one block."""
    if len(plan.sizes) - len(chosen) <= plan.leaf:
        _block(rows, chosen, plan, sums=sums)
        return
    columns = plan.sizes[len(chosen)]
    _walk(rows[columns:], (*chosen, 0), plan, sums=sums)
    _walk(_swept(rows, columns), (*chosen, 1), plan, sums=sums)


def _swept(rows: list[Floats], columns: int) -> list[Floats]:
    """The matrix without its first columns, their share of the rest taken off."""
    for _ in range(columns):
        top = rows[0]
        inverse = np.divide(1.0, top[0], out=np.zeros_like(top[0]), where=top[0] > LEAST_PIVOT)
        rows = [rows[a] - (top[a] * inverse) * top[a:] for a in range(1, len(rows))]
    return rows


def _block(rows: list[Floats], chosen: tuple[int, ...], plan: _Plan, *, sums: _Sums) -> None:
    rows = [row[:, None, :] for row in rows]
    for columns in plan.sizes[len(chosen) :]:
        swept = _swept(rows, columns)
        rows = [np.concatenate([old, new], axis=1) for old, new in zip(rows[columns:], swept, strict=True)]
    explained = 1 - rows[0][0]
    held, out = _weights_of(sum(chosen), len(plan.sizes), len(chosen))
    sums.out += _total(out[:, None] * explained)
    weighted = held[:, None] * explained
    for unit in range(len(plan.sizes) - 1, len(chosen) - 1, -1):
        half = len(weighted) // 2
        sums.held[unit] += _total(weighted[half:])
        weighted = weighted[:half] + weighted[half:]
    for unit, bit in enumerate(chosen):
        sums.held[unit] += bit * weighted[0]


def _total(rows: Floats) -> Floats:
    """Sums of columns. numpy sums a single column ten times as slowly as a plain array; BLAS would start threads."""
    sums: Floats = rows.sum(axis=0) if rows.shape[1] > 1 else rows.ravel().sum(keepdims=True)
    return sums


@lru_cache(maxsize=64)
def _weights_of(first: int, p: int, decided: int) -> tuple[Floats, Floats]:
    """What the R2 of each subset counts for the units in it (with what is taken off all of them), and for the others.

    With p units and k of them in the subset, `first` of these among the units decided: (k - 1)! (p - k)! / p! for those
    in it, k! (p - k - 1)! / p! for those not (Shapley 1953, equation 13; LMG: Lindeman, Merenda & Gold 1980, page 119).
    """
    members = np.zeros(1, np.int64)
    for _ in range(p - decided):
        members = np.concatenate([members, members + 1])
    inside = np.array([factorial(k - 1) * factorial(p - k) / factorial(p) if k else 0.0 for k in range(p + 1)])
    outside = np.array([factorial(k) * factorial(p - k - 1) / factorial(p) if k < p else 0.0 for k in range(p + 1)])
    out = outside[members + first]
    return inside[members + first] + out, out
