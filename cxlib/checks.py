"""What must hold of columns, numbers and parameters, checked once: an error names column, row, value and remedy.

Every reader takes a column (Series or array) and says which table it stands in (`what`, empty where there is none).
"""

import datetime as dt
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxlib.errors import DataError, ParameterError, nearest, on_a_line
from cxlib.strict_yaml import check_day, parse_day

Floats = NDArray[Any]
"""Of float64; numpy's stubs widen that in most operations."""
Flags = NDArray[np.bool_]
Codes = NDArray[np.int64]
Values = pd.Series | NDArray[Any] | Sequence[object]
"""A column, as a table or a list holds it."""


MOST_DAYS = 36_525
MOST = 10**300  # beyond it there is no decimal number
IDS = ("customer_id", "response_id", "comment")  # each value means one customer, or one answer


def require_columns(
    table: Any, columns: Iterable[str], *, what: str, remedy: str = "", rows: bool = True
) -> pd.DataFrame:
    """`table` as a DataFrame that has all of `columns` and, where `rows`, at least one row."""
    frame = table if isinstance(table, pd.DataFrame) else pd.DataFrame(table)
    for name in columns:
        if name not in frame:
            raise DataError(f"{what} has no column {name!r}. {nearest(name, map(str, frame.columns))}")
    if rows and frame.empty:
        raise DataError(f"{what} has no rows. {remedy or 'It needs at least one.'}")
    return frame


def require_values(table: Any, columns: Iterable[str], *, what: str, remedy: str = "") -> pd.DataFrame:
    """As `require_columns`; none of the columns may hold a missing value.

    >>> require_values({"day": [1, None]}, ["day"], what="the calendar")
    Traceback (most recent call last):
    cxlib.errors.DataError: the calendar: column 'day' is missing in 1 rows. Leave them out, or find their value.
    """
    frame = require_columns(table, columns, what=what, remedy=remedy)
    for name in columns:
        if missing := int(frame[name].isna().sum()):
            cure = remedy or "Leave them out, or find their value."
            raise DataError(f"{what}: column {name!r} is missing in {missing:,} rows. {cure}")
    return frame


def read_day(text: str, *, name: str, last: dt.date | None = None) -> dt.date:
    """A day that a parameter names, checked as `check_day` does."""
    try:
        day = parse_day(text)
    except ValueError:
        raise ParameterError(f"{name}={text!r} is not a day. Write it as 2026-09-30.") from None
    return check_day(day, name, last=last)


def refuse_personal(personal: Collection[str], **parameters: Iterable[str]) -> None:
    """Stop where a parameter compares customers by a column that names persons (`Workspace.personal_columns`)."""
    for parameter, names in parameters.items():
        for name in names:
            if name in personal or name in IDS:
                raise ParameterError(
                    f"{parameter}: column {name!r} is personal, so customers are not compared by it. Choose another; "
                    "if it names nobody, list in sources.yaml those of the table that do, as 'personal: []' for none."
                )


def check_number(name: str, value: object) -> float:
    """A parameter that is one number; text, a truth value, a list or a column is none: ParameterError.

    >>> check_number("margin", np.float64(0.35))
    0.35
    """
    is_one = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not is_one or (isinstance(value, int) and abs(value) > MOST):
        raise ParameterError(f"{name} is {on_a_line(value, most=100)}; expected a number.")
    return float(value)  # type: ignore[arg-type]


def check_days(name: str, days: float, *, least: int = 1) -> float:
    """A number of days from `least` to a hundred years; ParameterError otherwise."""
    if isinstance(days, str) or not least <= check_number(name, days) <= MOST_DAYS:
        raise ParameterError(f"{name}={days} must be at least {least} and at most {MOST_DAYS:,}, as 90.")
    return days


def check_margins(margins: Mapping[str, str | Mapping[Any, float]]) -> None:
    """Refuse margins that are neither shares nor "customers", with a ParameterError.

    >>> check_margins({"age_band": "customers", "channel": {"shop": 0.7, "web": 0.3}})
    """
    for column, margin in margins.items():
        if margin != "customers" and (not isinstance(margin, Mapping) or not margin):
            raise ParameterError(
                f"margins: {column!r} is {margin!r}. Give shares, as {{'18-29': 0.3, '30+': 0.7}}, or 'customers'."
            )
        for category, share in margin.items() if isinstance(margin, Mapping) else ():
            if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share < math.inf:
                raise ParameterError(f"margins: {column!r}: {category!r} is {share!r}. Give its share, as 0.3.")


def check_draws(draws: int, seed: int) -> None:
    """Refuse fewer than two resamples, and a seed below zero, with a ParameterError."""
    if draws < 2 or seed < 0:
        raise ParameterError(f"draws={draws}, seed={seed}: give at least 2 resamples, as 200, and a seed from 0 on.")


def refuse_where(values: Any, name: str, bad: Any, why: str, remedy: str, *, what: str = "") -> None:
    """Raise a DataError that counts the `bad` rows and shows the first one; nothing where none is bad."""
    rows = np.flatnonzero(np.asarray(bad, dtype=bool))
    if not rows.size:
        return
    first = values.iloc[rows[0]] if isinstance(values, pd.Series) else np.asarray(values).ravel()[rows[0]]
    value = f"{first:g}" if isinstance(first, float | np.floating) else first
    noun = "value that is" if rows.size == 1 else "values that are"
    raise DataError(
        f"{f'{what}: ' if what else ''}column {name!r} has {rows.size:,} {noun} {why} "
        f"(first: {value} in row {rows[0] + 1:,}). {remedy}."
    )


def read_numbers(
    values: Any,
    name: str,
    *,
    n: int | None = None,
    least: float = -np.inf,
    most: float = np.inf,
    gaps: bool = False,
    remedy: str = "Leave those rows out, or find their value",
    what: str = "",
) -> Floats:
    """A column as floats (n,)."""
    column = values if isinstance(values, pd.Series) else pd.Series(np.asarray(values).ravel())
    if column.dtype.kind in "fiub":
        numbers = column.to_numpy(float, na_value=np.nan)
    else:
        numbers = pd.to_numeric(column, errors="coerce").to_numpy(float, na_value=np.nan)
    if n is not None and len(numbers) != n:
        raise DataError(
            f"{f'{what}: ' if what else ''}column {name!r} has {len(numbers):,} values for {n:,} rows. "
            "Give one for each."
        )
    bad = (np.isnan(numbers) & column.notna().to_numpy(bool)) | np.isinf(numbers) if gaps else ~np.isfinite(numbers)
    refuse_where(column, name, bad, "no finite number" if gaps else "missing or no finite number", remedy, what=what)
    with np.errstate(invalid="ignore"):
        outside = (numbers < least) | (numbers > most)
    refuse_where(column, name, outside, _bounds(least, most), remedy, what=what)
    return numbers


def _bounds(least: float, most: float) -> str:
    if np.isinf(most):
        return "negative" if least == 0 else f"below {least:g}"
    return f"outside {least:g}-{most:g}"


def read_flags(values: Any, name: str, *, remedy: str = "Write true or false, or 1 or 0", what: str = "") -> Flags:
    """A column of true and false, or of 1 and 0, as booleans (n,)."""
    column = values if isinstance(values, pd.Series) else pd.Series(np.asarray(values).ravel())
    if column.dtype == np.bool_:
        return column.to_numpy(bool)
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(float, na_value=np.nan)
    refuse_where(column, name, ~np.isin(numbers, (0, 1)), "neither true nor false", remedy, what=what)
    return np.asarray(numbers == 1)


def find_flags(values: Any) -> Flags:
    """Which values (n,) are True or False, which Python would count as 1 and 0 though no answer on a scale."""
    if getattr(getattr(values, "dtype", None), "kind", "O") in "iuf":
        return np.zeros(np.size(values), bool)
    return np.array([isinstance(value, bool | np.bool_) for value in np.asarray(values, dtype=object).ravel()], bool)


def read_outcomes(y: Any, *, name: str = "churned", both: bool = True) -> Flags:
    """Who left, as booleans (n,)."""
    left = read_flags(y, name, remedy="Write 1 for a customer who left and 0 for one who stayed")
    if not len(left):
        raise DataError(f"{name!r} is empty. There must be at least one customer.")
    if both and left.all() | ~left.any():
        raise DataError(
            f"all {len(left):,} values of {name!r} are {int(left[0])}: with one kind of customer nothing can be "
            "compared. Take another cut-off or a longer horizon."
        )
    return left


def read_risks(risk: Any, *, n: int | None = None, name: str = "risk") -> Floats:
    """Probabilities (n,) between 0 and 1."""
    remedy = "Money needs calibrated probabilities, not ranks or scores"
    return read_numbers(risk, name, n=n, least=0, most=1, remedy=remedy)


def read_values(value_cents: Any, *, n: int) -> Floats:
    """What each of `n` customers is worth, in cents: one amount for all, or one for each; not below zero."""
    amounts = np.full(n, float(value_cents)) if np.ndim(value_cents) == 0 else value_cents
    remedy = "A customer is worth nothing or more: put 0 where refunds exceed purchases"
    return read_numbers(amounts, "value_cents", n=n, least=0, remedy=remedy)


def check_fraction(name: str, value: float) -> float:
    """A parameter that is a fraction from 0 to 1."""
    value = check_number(name, value)
    if not 0 <= value <= 1:
        hint = f" Write {value:g} percent as {value / 100:g}." if 1 < value <= 100 else ""
        raise ParameterError(f"{name}={value:g} must be a fraction from 0 to 1.{hint}")
    return value


def check_cost(name: str, value: float) -> float:
    """A parameter that is a finite amount, zero or more."""
    value = check_number(name, value)
    if not (np.isfinite(value) and value >= 0):
        raise ParameterError(f"{name}={value:g} must be an amount of zero or more. Write a cost without a minus sign.")
    return value
