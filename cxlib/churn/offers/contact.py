"""Who does not want to be contacted, as a column of customers says; whatever it does not say counts as a no."""

from __future__ import annotations

import pandas as pd

from cxlib.data import Workspace
from cxlib.errors import DataError, nearest

OPTED_OUT = "opted_out"
YES = frozenset({"1", "1.0", "true", "t", "yes", "y", "\u0646\u0639\u0645"})
NO = frozenset({"0", "0.0", "false", "f", "no", "n", "\u0644\u0627"})


def read_opt_outs(company: Workspace, column: str) -> pd.DataFrame | None:
    """Each customer's mark.

    Parameters
    ----------
    company : Workspace
    column : str
        Column of customers that is true (1, yes) where a customer does not want to be contacted; empty: there is none.

    Returns
    -------
    DataFrame or None
        customer_id, opted_out (true, false, or missing where the column is empty); None without a column.

    Raises
    ------
    DataError
        There is no such table or column, or a value is neither yes nor no.

    Examples
    --------
    >>> people = pd.DataFrame({"customer_id": ["a", "b", "c"], "no_calls": ["yes", "no", None]})
    >>> shop = Workspace.from_frames({"customers": people}, currency="GBP", time_zone="UTC")
    >>> read_opt_outs(shop, "no_calls")["opted_out"].tolist()
    [True, False, <NA>]
    """
    if not column:
        return None
    if not company.has("customers"):
        raise DataError(
            f"opted_out={column!r} names a column of customers, and there is no such table. Map that table."
        )
    people = company.frame("customers")
    if column not in people:
        raise DataError(f"customers: there is no column {column!r} for opted_out. {nearest(column, people.columns)}")
    said = people[column].astype("string").str.strip().str.lower()
    known = said.isin([*YES, *NO])
    wrong = said.notna() & (said != "") & ~known
    if wrong.any():
        raise DataError(
            f"customers: column {column!r} has {int(wrong.sum()):,} values that are neither yes nor no (first: "
            f"{people.loc[wrong, column].iloc[0]!r}). Write true where a customer does not want to be contacted, else "
            "false."
        )
    marks = said.isin(YES).astype("boolean").where(known)
    return pd.DataFrame({"customer_id": people["customer_id"], OPTED_OUT: marks})
