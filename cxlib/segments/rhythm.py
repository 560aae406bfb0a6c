"""Names for behavioural groups that say at once how their customers buy: how often, and for how much."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cxlib.language import Days, Message, Money, T
from cxlib.segments.result import as_frame


def name_by_rhythm(frame: Any, labels: pd.Series, *, currency: str = "") -> dict[int, Message]:
    """The typical gap and amount of each group as its name.

    Parameters
    ----------
    frame : DataFrame or ibis table
        The table of `cxlib.data.behaviour_frame`: customer_id, gap_days, order_value_cents.
    labels : Series of int
        The group of each customer, by customer_id.
    currency : str
        ISO code for display.

    Raises
    ------
    DataError
        A column is missing or holds a missing value.

    Examples
    --------
    >>> frame = pd.DataFrame({"customer_id": ["a", "b"], "gap_days": [7.2, 31.0], "order_value_cents": [5000, 9900]})
    >>> names = name_by_rhythm(frame, pd.Series([1, 2], index=["a", "b"]), currency="GBP")
    >>> print(names[1])
    Every 7 days, £50 a time
    """
    table = as_frame(frame, ["customer_id", "gap_days", "order_value_cents"], made_by="behaviour_frame")
    middle = table.groupby(table["customer_id"].map(labels))[["gap_days", "order_value_cents"]].median()
    rows: list[Any] = middle.reset_index().to_dict("records")
    return {
        int(row["customer_id"]): T(
            "Every {days}, {amount} a time",
            days=Days(round(row["gap_days"])),
            amount=Money(row["order_value_cents"], currency=currency),
        )
        for row in rows
    }
