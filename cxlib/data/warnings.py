"""What is odd between tables but leaves every row good: ids that are not in `customers`, customers who never bought."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from cxlib.language import T

UNKNOWN = T("the customer is not in the table of customers")
NO_PURCHASE = T("the customer has no transaction")


def find_warnings(tables: Mapping[str, Any]) -> pd.DataFrame:
    """Count what does not fit between tables.

    Parameters
    ----------
    tables : mapping
        Canonical name -> ibis table.

    Returns
    -------
    DataFrame
        table, warning (English, the key of its translation), rows; only what occurs.
    """
    found: list[tuple[str, str, int]] = []
    customers = tables.get("customers")
    if customers is None:
        return _frame(found)
    for name, table in tables.items():
        if name != "customers" and "customer_id" in table.columns:
            known = table.filter(table.customer_id.notnull())  # noqa: PD004  # ibis, not pandas
            found.append((name, str(UNKNOWN), int(known.anti_join(customers, "customer_id").count().execute())))
    if "transactions" in tables:
        without = customers.anti_join(tables["transactions"], "customer_id").count().execute()
        found.append(("customers", str(NO_PURCHASE), int(without)))
    return _frame([entry for entry in found if entry[2]])


def _frame(found: list[tuple[str, str, int]]) -> pd.DataFrame:
    return pd.DataFrame(found, columns=["table", "warning", "rows"])
