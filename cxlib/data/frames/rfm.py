"""Recency, frequency and money of each customer, the columns that RFM segments are made of."""

from __future__ import annotations

from typing import Any

import ibis

from cxlib.data.frames.observed import DayLike, Observed, Transactions, observe, whole


def rfm_frame(transactions: Transactions, *, observation_end: DayLike = None) -> Any:
    """One row a customer who bought: how long ago, on how many days, for how much in all.

    Parameters
    ----------
    transactions : Workspace, DataFrame or ibis table
        A workspace, or canonical transactions; customer_id, day and amount_cents suffice. transaction_id adds `orders`.
    observation_end : date or text, optional
        The day to look back from; later rows are left out. By default the last day in the table.

    Returns
    -------
    DataFrame, sorted (an ibis table where one was given)
        customer_id;
        recency_days (days from the last purchase day to `observation_end`, 0 for that day itself);
        frequency (purchase days, the first included);
        monetary (cents, net of all refunds, so that it adds up to the revenue of these customers);
        first_day, last_day (purchase days);
        orders (distinct transaction ids with an amount of zero or more; only where there is a transaction_id).
        Customers without a purchase day are left out. A DataFrame is sorted by customer_id.

    Raises
    ------
    DataError
        A column is missing or ill-typed, an id is missing, or the table is empty.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"customer_id": ["a", "a"], "amount_cents": [1000, -400],
    ...                      "day": pd.to_datetime(["2026-01-01", "2026-01-11"])})
    >>> rfm_frame(rows)[["customer_id", "recency_days", "frequency", "monetary"]]
      customer_id  recency_days  frequency  monetary
    0           a            10          1       600
    """
    observed = observe(transactions, observation_end=observation_end)
    days = observed.days
    bought = observed.purchase(days)
    customers = days.group_by("customer_id").aggregate(
        frequency=days.count(where=bought),
        monetary=whole(days.cents.sum()),
        first_day=days.day.min(where=bought),
        last_day=days.day.max(where=bought),
    )
    frame = customers.filter(customers.frequency > 0).select(
        "customer_id",
        "frequency",
        "monetary",
        "first_day",
        "last_day",
        recency_days=lambda t: -t.last_day.delta(ibis.date(observed.end), unit="day"),
    )
    frame = _with_orders(frame, observed) if "transaction_id" in observed.rows.columns else frame
    return observed.answer(frame.relocate("recency_days", before="frequency"), order="customer_id")


def _with_orders(frame: Any, observed: Observed) -> Any:
    rows = observed.rows
    sales = rows.filter(rows.amount_cents >= 0) if observed.has_refunds else rows
    # Two plain groupings: a distinct count inside one grouping costs more on every engine.
    orders = (
        sales.select("customer_id", "transaction_id")
        .distinct()
        .group_by("customer_id")
        .aggregate(orders=lambda t: t.count())
    )
    return frame.left_join(orders, "customer_id").drop("customer_id_right")
