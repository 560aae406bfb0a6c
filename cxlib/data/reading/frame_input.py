"""A pandas DataFrame as the input of a table."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa

from cxlib.data.connect import Store
from cxlib.data.ingest import Input
from cxlib.data.reading.raw import Raw
from cxlib.data.reading.readers import read_table
from cxlib.data.sources import TableSource
from cxlib.errors import DataError


def frame_input(name: str, frame: pd.DataFrame, source: TableSource) -> Input:
    """A DataFrame as an input; its rows are numbered from 1, whatever its index.

    Raises
    ------
    DataError
        Two of its columns have one name, or it has none.
    """
    names = [str(column) for column in frame.columns]
    if not names or len(set(names)) < len(names):
        raise DataError(f"frame {name!r}: its columns need names that differ, not {', '.join(names) or 'none at all'}.")
    return Input(name, source, lambda store: _read(store, name, frame, names))


def _read(store: Store, name: str, frame: pd.DataFrame, names: list[str]) -> Raw:
    columns = [_arrow(frame.iloc[:, number]) for number in range(len(names))]
    return read_table(store, pa.table(columns, names=names), registered=f"frame_{name}")


def _arrow(column: pd.Series[Any]) -> pa.Array:
    """A column with the type it has, or, where its cells are of several types, as text."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    try:
        found = pa.array(column, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        found = pa.array([None if _is_missing(cell) else str(cell) for cell in column], pa.string())
    if isinstance(found, pa.ChunkedArray):
        found = found.combine_chunks()
    return found.cast(pa.string()) if pa.types.is_null(found.type) else found


def _is_missing(cell: Any) -> bool:
    return cell is None or bool(pd.api.types.is_scalar(cell) and pd.isna(cell))
