"""Drivers and an answer as numbers: what must hold before importance can be shared out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxlib.errors import DataError, ParameterError
from cxlib.measures.sampling import check_weights

Floats = NDArray[np.float64]
COPY = 1 - 1e-9  # a correlation nearer to 1 than rounding allows
COMBINATION = 1e-9  # least share of a driver's variance that the other drivers leave unexplained


def read_drivers(X: Any, y: Any, weights: Any) -> tuple[list[str], Floats, Floats, Floats]:
    """Names, drivers (n, p), answer (n,) and weights (n,), complete and fit for a regression.

    Raises
    ------
    DataError
        A value is missing or no number, lengths differ, there are not more answers than drivers, a driver or the
        answer is constant, or a driver is a copy or a combination of others.
    """
    frame = X if isinstance(X, pd.DataFrame) else pd.DataFrame(np.asarray(X))
    names = [str(name) for name in frame.columns]
    if not names:
        raise DataError("there are no drivers. Name at least one column.")
    values = _as_table(frame)
    answer = as_numbers(pd.Series(np.asarray(y).ravel()), "the answer")
    if len(answer) != len(values):
        raise DataError(f"there are {len(answer):,} answers for {len(values):,} rows of drivers. Give one for each.")
    for name, column in [*zip(names, values.T, strict=True), ("the answer", answer)]:
        if missing := int(np.isnan(column).sum()):
            raise DataError(f"column {name!r} is missing in {missing:,} rows. Drop them, or use rank_drivers.")
    w = check_weights(weights, len(values))
    refuse_unfit(names, values, answer)
    return names, values, answer, w


def _as_table(frame: pd.DataFrame) -> Floats:
    """All columns as floats; where every one is a plain number already, at once, which is fifty times as fast."""
    if all(isinstance(kind, np.dtype) and kind.kind in "iuf" for kind in frame.dtypes):
        table = frame.to_numpy(dtype=np.float64)
        if not np.isinf(table).any():
            return table
    return np.column_stack([as_numbers(frame[column], str(column)) for column in frame])


def as_numbers(column: pd.Series, name: str) -> Floats:
    """A column as floats, missing as NaN.

    Raises
    ------
    DataError
        A value is no number, or infinite.
    """
    numbers: Floats = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    bad = (np.isnan(numbers) & column.notna().to_numpy(bool)) | np.isinf(numbers)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"column {name!r} has {int(bad.sum()):,} values that are no numbers (first: {column.iloc[row]} in row "
            f"{row + 1:,}). Fix or drop them."
        )
    return numbers


def refuse_unfit(names: Sequence[str], values: Floats, answer: Floats) -> None:
    """Stop before numbers that mean nothing: too few answers, constants, copies, combinations.

    Raises
    ------
    DataError
        As said above, naming the driver.
    """
    n, p = values.shape
    if n <= p + 1:
        raise DataError(
            f"{n:,} complete answers cannot tell {p:,} drivers apart. Join drivers, or take a longer period."
        )
    for name, column in [*zip(names, values.T, strict=True), ("the answer", answer)]:
        if np.ptp(column) == 0:
            raise DataError(
                f"column {name!r} has the same value {column[0]:g} everywhere: it explains nothing. Drop it."
            )
    correlation = np.corrcoef(values, rowvar=False).reshape(p, p)
    first, second = np.nonzero(np.triu(np.abs(correlation) > COPY, 1))
    if len(first):
        raise DataError(
            f"column {names[second[0]]!r} is a copy of {names[first[0]]!r}: their importance cannot be told apart. "
            "Drop one of them."
        )
    left = 1 - explained_by_others(correlation)
    if (left < COMBINATION).any():
        name = names[int(np.argmin(left))]
        raise DataError(f"column {name!r} is a combination of other drivers. Drop it or one of those.")


def explained_by_others(correlation: Floats) -> Floats:
    """R2 of each driver on all others; 1 / (1 - R2) is its VIF."""
    values, vectors = np.linalg.eigh(correlation)
    precision = (vectors**2 / np.maximum(values, 1e-15)).sum(axis=1)
    found: Floats = 1 - 1 / precision
    return found


def weighted_correlation(values: Floats, weights: Floats) -> Floats:
    """Correlation matrix of the columns under weights.

    >>> weighted_correlation(np.array([[0.0, 0], [1, 1], [2, 0]]), np.array([1.0, 1, 0])).round(6).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    centred = values - weights @ values / weights.sum()
    return to_correlation((centred * weights[:, None]).T @ centred)


def to_correlation(covariance: Floats) -> Floats:
    """Correlation matrices from covariance matrices (..., q, q); a constant column correlates with nothing."""
    spread = np.sqrt(np.maximum(np.diagonal(covariance, axis1=-2, axis2=-1), 0))
    inverse = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)
    found: Floats = covariance * inverse[..., :, None] * inverse[..., None, :]
    at = np.arange(found.shape[-1])
    found[..., at, at] = 1.0
    return found


def read_groups(groups: Mapping[str, str] | None, names: Sequence[str]) -> dict[str, list[int]]:
    """Positions of the drivers of each group, in order of appearance; a driver without a group is one of its own.

    Raises
    ------
    ParameterError
        A group names a driver that does not exist, or a lone driver has the name of a group.
    """
    known = dict(groups or {})
    if unknown := [name for name in known if name not in names]:
        raise ParameterError(f"groups name {unknown[0]!r}, which is no driver. Drivers: {', '.join(names)}.")
    found: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        found.setdefault(known.get(name, name), []).append(place)
    for name in names:
        if name not in known and len(found[name]) > 1:
            raise ParameterError(f"{name!r} is a driver and the name of a group. Rename the group.")
    return found
