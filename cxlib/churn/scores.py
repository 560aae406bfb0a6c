"""Outcomes, scores and amounts as the money part reads them: checked once, with errors that name the value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxlib.errors import DataError, ParameterError, nearest
from cxlib.measures.sampling import number_groups

Floats = NDArray[Any]  # of float64; numpy's stubs widen that in most operations
Flags = NDArray[np.bool_]
Codes = NDArray[np.int64]


def read_numbers(values: Any, name: str, *, n: int | None = None) -> Floats:
    """Numbers as floats, none of them missing or infinite.

    Raises
    ------
    DataError
        Their number is not `n`, or one is missing, infinite or no number.
    """
    found = np.asarray(values)
    if found.dtype.kind not in "fiub":
        found = pd.to_numeric(pd.Series(found.ravel()), errors="coerce").to_numpy(float, na_value=np.nan)
    found = found.ravel().astype(float, copy=False)
    if n is not None and len(found) != n:
        raise DataError(f"{name!r} has {len(found):,} values for {n:,} customers. Give one for each.")
    if not np.isfinite(found).all():
        bad = np.flatnonzero(~np.isfinite(found))
        raise DataError(
            f"{name!r} has {len(bad):,} values that are missing or no finite number (first: row {bad[0] + 1:,}). "
            "Leave those customers out, or find their value."
        )
    return found


def read_outcomes(y: Any, *, name: str = "churned", both: bool = True) -> Flags:
    """Who left, as booleans.

    Parameters
    ----------
    y : array-like (n,)
        0 or 1.
    both : bool
        Whether it takes both kinds of customer to go on.

    Raises
    ------
    DataError
        A value is not 0 or 1, there is none, or only one of the two occurs although `both` are needed.
    """
    found = read_numbers(y, name)
    left: Flags = found == 1
    if not (left | (found == 0)).all():
        bad = np.flatnonzero(~(left | (found == 0)))
        raise DataError(
            f"{name!r} has {len(bad):,} values other than 0 and 1 (first: {found[bad[0]]:g} in row {bad[0] + 1:,}). "
            "Write 1 for a customer who left and 0 for one who stayed."
        )
    if not len(left):
        raise DataError(f"{name!r} is empty. There must be at least one customer.")
    if both and left.all() | ~left.any():
        raise DataError(
            f"all {len(left):,} values of {name!r} are {int(left[0])}: with one kind of customer nothing can be "
            "compared. Take another cut-off or a longer horizon."
        )
    return left


def read_risks(risk: Any, *, n: int | None = None, name: str = "risk") -> Floats:
    """Probabilities between 0 and 1.

    Raises
    ------
    DataError
        One lies outside 0-1 or is missing.
    """
    found = read_numbers(risk, name, n=n)
    bad = np.flatnonzero((found < 0) | (found > 1))
    if len(bad):
        raise DataError(
            f"{name!r} has {len(bad):,} values outside 0-1 (first: {found[bad[0]]:g} in row {bad[0] + 1:,}). "
            "Money needs calibrated probabilities, not ranks or scores."
        )
    return found


def read_values(value_cents: Any, *, n: int) -> Floats:
    """What each customer is worth, in cents: one amount for all, or one for each; not below zero.

    Raises
    ------
    DataError
        An amount is missing or negative.
    """
    found = np.full(n, float(value_cents)) if np.ndim(value_cents) == 0 else value_cents
    found = read_numbers(found, "value_cents", n=n)
    bad = np.flatnonzero(found < 0)
    if len(bad):
        raise DataError(
            f"'value_cents' has {len(bad):,} negative amounts (first: {found[bad[0]]:g} in row {bad[0] + 1:,}). "
            "A customer is worth nothing or more: put 0 where refunds exceed purchases."
        )
    return found


def check_fraction(name: str, value: float, *, least: float = 0.0) -> float:
    """A fraction from `least` to 1.

    Raises
    ------
    ParameterError
        It lies outside; a percentage is told how to be written.
    """
    if not least <= value <= 1:
        hint = f" Write {value:g} percent as {value / 100:g}." if 1 < value <= 100 else ""
        raise ParameterError(f"{name}={value:g} must be a fraction from {least:g} to 1.{hint}")
    return float(value)


def check_cost(name: str, value: float) -> float:
    """A cost that is a finite number, zero or more.

    Raises
    ------
    ParameterError
        It is negative, missing or infinite.
    """
    if not (np.isfinite(value) and value >= 0):
        raise ParameterError(f"{name}={value:g} must be an amount of zero or more. Write a cost without a minus sign.")
    return float(value)


def need_columns(table: Any, columns: tuple[str, ...], *, what: str) -> pd.DataFrame:
    """A table with rows and all of `columns`.

    Raises
    ------
    DataError
        It is empty, or a column is missing.
    """
    frame = table if isinstance(table, pd.DataFrame) else pd.DataFrame(table)
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise DataError(f"{what} has no column {missing[0]!r}. {nearest(missing[0], map(str, frame.columns))}")
    if frame.empty:
        raise DataError(f"{what} is empty. It must have at least one customer.")
    return frame


def resample(customers: Any, n: int, *, draws: int, seed: int) -> Iterator[Floats]:
    """Weights of `n` rows in each bootstrap sample; all rows of a customer come together.

    Parameters
    ----------
    customers : array-like (n,) or None
        Whose row it is; None: each row is a customer of its own.
    """
    groups = number_groups(customers, n)
    count = int(groups.max(initial=-1)) + 1
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        yield np.bincount(rng.integers(count, size=count), minlength=count)[groups].astype(float)


def percentiles(draws: Any, level: float) -> tuple[float, float]:
    """Lower and upper end of the middle `level` of draws; NaN where there are none.

    >>> percentiles([1, 2, 3, 4, 5], 0.5)
    (2.0, 4.0)
    """
    found = np.asarray(draws, float)
    if not found.size:
        return np.nan, np.nan
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
