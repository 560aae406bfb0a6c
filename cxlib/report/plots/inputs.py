"""What every chart asks of its frame (columns that are there, numbers that are numbers), and how no rows are shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.errors import ConfigurationError, DataError, nearest
from cxlib.language import T
from cxlib.report.canvas import Canvas

EMPTY_LINE = 60  # characters
EMPTY_INCHES = 0.8


def need_columns(frame: pd.DataFrame, what: str, *columns: str | None) -> None:
    """Check that the named columns exist and hold finite numbers or nothing.

    Raises
    ------
    ConfigurationError
        When there is no such column.
    DataError
        When a value is no number, or infinite.

    Examples
    --------
    >>> need_columns(pd.DataFrame({"share": [0.2, None]}), "bars", "share", None)
    """
    for column in columns:
        if column is not None:
            numbers(frame, column, what)


def need_names(frame: pd.DataFrame, what: str, *columns: str | None) -> None:
    """Check that the named columns exist.

    Raises
    ------
    ConfigurationError
        When there is no such column.
    """
    for column in columns:
        if column is not None and column not in frame.columns:
            allowed = nearest(column, map(str, frame.columns))
            raise ConfigurationError(f"{what}: there is no column {column!r}. {allowed}")


def numbers(frame: pd.DataFrame, column: str, what: str) -> np.ndarray:
    """A column as floats, missing values as NaN; raises as `need_columns`.

    >>> numbers(pd.DataFrame({"n": [3, None]}), "n", "bars").tolist()
    [3.0, nan]
    """
    need_names(frame, what, column)
    values = pd.to_numeric(frame[column], errors="coerce").astype(float).to_numpy(dtype=float, na_value=np.nan)
    wrong = np.flatnonzero((np.isnan(values) & frame[column].notna().to_numpy()) | np.isinf(values))
    if len(wrong):
        first = frame[column].iloc[wrong[0]]
        raise DataError(
            f"{what}: column {column!r} has {len(wrong)} values that are no finite number "
            f"(first: {first!r} in row {wrong[0] + 1}). Turn them into numbers or leave them empty."
        )
    return values


def complete(frame: pd.DataFrame, what: str, *columns: str) -> pd.DataFrame:
    """The rows in which none of the columns is missing.

    >>> complete(pd.DataFrame({"x": [1, None], "y": [2, 3]}), "bars", "x", "y").index.tolist()
    [0]
    """
    known = [~np.isnan(numbers(frame, column, what)) for column in columns]
    return frame[np.logical_and.reduce(known)]


def say_nothing(axes: Axes, canvas: Canvas) -> None:
    """Say that there is nothing to draw, in place of empty axes."""
    axes.set_axis_off()
    if figure := axes.get_figure(root=True):
        figure.set_figheight(EMPTY_INCHES)
    text = canvas.wrap(T("There is nothing to show yet: no row has enough data."), EMPTY_LINE)
    axes.text(0.5, 0.5, text, ha="center", va="center", color=canvas.colour("mute"), transform=axes.transAxes)
