"""What is declared of customers, as features: text stays a category, numbers stay numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from cxlib.data.frames.company import Company, Tables, read_tables
from cxlib.errors import DataError, nearest

_NOT_ATTRIBUTES = frozenset({"customer_id", "source", "row", "joined_on"})


def snapshot_attributes(company: Company, attributes: Sequence[str]) -> pd.DataFrame:
    """Which attributes of customers can be features, and why others cannot.

    Parameters
    ----------
    company : Workspace or mapping
        As for `churn_snapshots`; its table `customers` is looked at.
    attributes : sequence of str
        Columns of `customers`.

    Returns
    -------
    DataFrame
        attribute; kind ("number" or "category"); known (share of customers of whom it is known); kept (whether it is
        known of anybody; one that is not is left out).

    Raises
    ------
    DataError
        There is no table `customers`, or it has no such attribute, or the attribute is a date.

    Examples
    --------
    >>> people = pd.DataFrame({"customer_id": ["a", "b"], "region": ["north", None], "score": [None, None]})
    >>> snapshot_attributes({"customers": people}, ["region", "score"]).values.tolist()
    [['region', 'category', 0.5, True], ['score', 'category', 0.0, False]]
    """
    return _described(read_tables(company), attributes)


def checked_attributes(tables: Tables, attributes: Sequence[str]) -> tuple[Any, tuple[str, ...]]:
    """One row a customer with the attributes that are known of anybody, and the names of those that are not."""
    described = _described(tables, attributes)
    customers = tables.tables["customers"]
    kept = described[described["kept"]]
    columns = {
        name: customers[name].cast("string") if kind == "category" else customers[name]
        for name, kind in zip(kept["attribute"], kept["kind"], strict=True)
    }
    left_out = tuple(map(str, described.loc[~described["kept"], "attribute"]))
    return customers.select("customer_id", **columns), left_out


def _described(tables: Tables, attributes: Sequence[str]) -> pd.DataFrame:
    customers = tables.need("customers", f"attributes={list(attributes)} are columns of")
    types = customers.schema()
    for name in attributes:
        if name not in types or name in _NOT_ATTRIBUTES:
            allowed = [column for column in types if column not in _NOT_ATTRIBUTES]
            raise DataError(f"customers: there is no attribute {name!r}. {nearest(name, allowed)}")
        if types[name].is_temporal():
            raise DataError(
                f"customers: attribute {name!r} is a {types[name]}, neither a number nor a category. Map the days or "
                "years that are meant, as in sources.yaml: 'age: 2026 - born'."
            )
    _refuse_repeats(customers)
    counts = customers.aggregate(_all=customers.count(), **{name: customers[name].count() for name in attributes})
    known = counts.to_pyarrow().to_pylist()[0]
    rows = [
        (
            name,
            "number" if types[name].is_numeric() else "category",
            known[name] / max(known["_all"], 1),
            known[name] > 0,
        )
        for name in attributes
    ]
    return pd.DataFrame(rows, columns=["attribute", "kind", "known", "kept"])


def _refuse_repeats(customers: Any) -> None:
    counted = customers.group_by("customer_id").aggregate(n=customers.count())
    twice = counted.filter(counted.n > 1)
    found = twice.aggregate(n=twice.count(), first=twice.customer_id.min()).to_pyarrow().to_pylist()[0]
    if found["n"]:
        raise DataError(
            f"customers: {found['n']:,} ids have more than one row (first: {found['first']!r}), so their attributes "
            "are not clear. Keep one row a customer."
        )
