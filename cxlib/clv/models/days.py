"""Purchase days in pandas, by the rule of the frames: a day counts unless its net is zero or less through a refund."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cxlib.clv.models.rows import as_frame


def purchase_days(transactions: Any) -> pd.DataFrame:
    """One row a customer and purchase day: customer_id, day (Timestamp), amount_cents (net).

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": ["a", "a", "b"], "amount_cents": [500, -500, 0],
    ...                      "day": pd.to_datetime(["2026-01-01"] * 3)})
    >>> purchase_days(rows)["customer_id"].tolist()
    ['b']
    """
    table = as_frame(transactions, ("customer_id", "day", "amount_cents"), made_by="transactions")
    by = table.assign(day=pd.to_datetime(table["day"])).groupby(["customer_id", "day"])["amount_cents"]
    days = by.agg(["sum", "min"]).reset_index()
    kept = days[(days["sum"] > 0) | (days["min"] >= 0)]
    return kept[["customer_id", "day"]].assign(amount_cents=kept["sum"]).reset_index(drop=True)
