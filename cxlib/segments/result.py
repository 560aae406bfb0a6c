"""What every result of this package has in common, and the tables that they are made from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from cxlib.errors import DataError, nearest
from cxlib.measures.result import Result

__all__ = ["Result", "as_frame"]


def as_frame(frame: Any, columns: Iterable[str], *, made_by: str) -> pd.DataFrame:
    """`frame` (pandas or ibis) as a DataFrame that has `columns` and at least one row.

    Raises
    ------
    DataError
        A column is missing, holds a missing value, or there is no row.
    """
    table = frame if isinstance(frame, pd.DataFrame) else pd.DataFrame(frame.to_pandas())
    for name in columns:
        if name not in table:
            raise DataError(
                f"there is no column {name!r}: this needs the table of {made_by}. "
                f"{nearest(name, map(str, table.columns))}"
            )
        if missing := int(table[name].isna().sum()):
            raise DataError(f"column {name!r} is missing in {missing:,} rows. Make the table with {made_by}.")
    if table.empty:
        raise DataError(f"the table of {made_by} has no rows, so there is nobody to describe. Check the period.")
    return table
