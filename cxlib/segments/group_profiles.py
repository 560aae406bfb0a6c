"""Persona cards of behavioural groups: their rhythm as their name, and what else sets them apart."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from cxlib.language import Count, Days, Message, Money, Quantity, T
from cxlib.segments.clustering.result import ClusterSelection
from cxlib.segments.personas import Personas, describe_personas
from cxlib.segments.result import as_frame

BEHAVIOUR = {
    "gap_days": T("Time between purchases"),
    "order_value_cents": T("Spend on a purchase day"),
    "purchase_days": T("Purchase days so far"),
}
ATTRIBUTES = {"channel": T("Channel"), "region": T("Region")}  # a company's own columns keep the names it gave them


def describe_groups(
    frame: Any,
    found: ClusterSelection,
    *,
    attributes: pd.DataFrame | None = None,
    comments: pd.DataFrame | None = None,
    currency: str = "",
) -> Personas | None:
    """What sets each behavioural group apart from everyone else; None where no groups were found.

    Parameters
    ----------
    frame : DataFrame or ibis table
        The table of `cxlib.data.behaviour_frame` that the groups were looked for in.
    found : ClusterSelection
        What `select_clusters` found there.
    attributes : DataFrame, optional
        customer_id and categories, as `cxlib.data.customer_attributes` gives them; it need not hold every customer.
    comments : DataFrame, optional
        customer_id and comment, as `cxlib.data.customer_comments` gives them.
    currency : str
        ISO code for display.

    Raises
    ------
    DataError
        A column is missing, or a category has too many levels.
    """
    if found.k is None:
        return None
    table = as_frame(frame, ["customer_id", *BEHAVIOUR], made_by="behaviour_frame")
    joined = table if attributes is None else table.merge(attributes, on="customer_id", how="left")
    # Times and amounts differ by factors, so effects are of logarithms; what is shown is their typical value.
    logs = {name: np.log(joined[name].clip(lower=1)) for name in BEHAVIOUR}
    categories = [] if attributes is None else [str(name) for name in attributes.columns.drop("customer_id")]
    return describe_personas(
        joined.assign(**logs),
        found.labels,
        numbers=list(BEHAVIOUR),
        categories=categories,
        names=_names(table, found.labels, currency=currency),
        feature_names={**{name: name.replace("_", " ").capitalize() for name in categories}, **BEHAVIOUR, **ATTRIBUTES},
        quantities={
            "gap_days": _typical_days,
            "order_value_cents": partial(_typical_amount, currency=currency),
            "purchase_days": _typical_count,
        },
        comments=comments,
    )


def _names(table: pd.DataFrame, labels: pd.Series, *, currency: str = "") -> dict[int, Message]:
    """The typical gap and amount of each group as its name."""
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


def _typical_days(log: float) -> Quantity:
    return Days(round(float(np.exp(log))))


def _typical_amount(log: float, *, currency: str) -> Quantity:
    return Money(float(np.exp(log)), currency=currency)


def _typical_count(log: float) -> Quantity:
    return Count(round(float(np.exp(log))))
