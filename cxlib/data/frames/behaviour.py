"""How customers buy, apart from how long they have been customers: the features behind behavioural clusters.

Counts, totals, recency and tenure mix two things: how a customer buys, and when they came or left. Two customers with
the same habits, one of whom joined last month, differ in all four. The mean gap between purchase days and the mean
value of one do not depend on tenure, and are all that a customer's purchase days say about rate and size.
"""

from __future__ import annotations

from typing import Any

import ibis

from cxlib.data.frames.observed import DayLike, Transactions, observe, whole
from cxlib.errors import DataError

SMALLEST_CENTS = 1


def behaviour_frame(transactions: Transactions, *, observation_end: DayLike = None, min_purchase_days: int = 3) -> Any:
    """One row a customer with a rhythm: how long between purchase days, how much on one.

    Parameters
    ----------
    transactions : Workspace, DataFrame or ibis table
        A workspace, or canonical transactions; customer_id, day and amount_cents suffice.
    observation_end : date or text, optional
        Last day of the study; later rows are left out. By default the last day in the table.
    min_purchase_days : int
        Customers with fewer purchase days are left out, at least 2: one day has no gap, and one gap is mostly chance.

    Returns
    -------
    DataFrame, sorted (an ibis table where one was given)
        customer_id;
        purchase_days;
        gap_days (mean days between purchase days);
        order_value_cents (mean net amount of a purchase day, refunds on other days left aside);
        log_gap_days (natural logarithm, made unbiased for exponential gaps), log_order_value (of cents, at least 1).
        A DataFrame is sorted by customer_id.

    Raises
    ------
    DataError
        As for `rfm_frame`, or `min_purchase_days` is below 2.

    Notes
    -----
    The mean of m exponential gaps has a logarithm that is low by ln(m) - digamma(m), about 1/(2m) + 1/(12m^2): without
    adding it, customers with few purchases would seem to come more often.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"customer_id": ["a", "a", "a"], "amount_cents": [1000, 2000, 3000],
    ...                      "day": pd.to_datetime(["2026-01-01", "2026-01-11", "2026-01-31"])})
    >>> list(behaviour_frame(rows).round(3).itertuples(index=False, name=None))
    [('a', 3, 15.0, 2000.0, 2.979, 7.601)]
    """
    if min_purchase_days < 2:
        raise DataError(f"min_purchase_days={min_purchase_days} must be at least 2: one purchase day has no gap.")
    observed = observe(transactions, observation_end=observation_end)
    days = observed.days
    bought = observed.purchase(days)
    customers = days.group_by("customer_id").aggregate(
        purchase_days=days.count(where=bought),
        first_day=days.day.min(where=bought),
        last_day=days.day.max(where=bought),
        cents=whole(days.cents.sum(where=bought)),
    )
    steady = customers.filter(customers.purchase_days >= min_purchase_days)
    gaps = steady.purchase_days - 1
    gap = steady.last_day.delta(steady.first_day, unit="day") / gaps.nullif(0)
    value = steady.cents / steady.purchase_days.nullif(0)
    frame = steady.select(
        "customer_id",
        "purchase_days",
        gap_days=gap,
        order_value_cents=value,
        log_gap_days=gap.ln() + 1 / (2 * gaps) + 1 / (12 * gaps * gaps),
        log_order_value=ibis.greatest(value, SMALLEST_CENTS).ln(),
    )
    return observed.answer(frame, order="customer_id")
