"""New and returning customers of a period, and how soon customers came back."""

from __future__ import annotations

import datetime as dt
from typing import Any

import ibis

from cxlib.data.frames.observed import DayLike, Observed, Transactions, as_day, observe, whole
from cxlib.errors import DataError


def period_frame(transactions: Transactions, *, start: DayLike, observation_end: DayLike = None) -> Any:
    """One row a customer who bought in a period: whether they had bought before it, how often and for how much.

    Parameters
    ----------
    transactions : Workspace, DataFrame or ibis table
        A workspace, or canonical transactions; customer_id, day and amount_cents suffice.
    start : date or text
        First day of the period; rows before it say who had bought before.
    observation_end : date or text, optional
        Last day of the period. By default the last day in the table.

    Returns
    -------
    DataFrame, sorted (an ibis table where one was given)
        customer_id; is_new (first purchase day in the period); purchase_days, spent_cents (net, in the period).

    Raises
    ------
    DataError
        As for `rfm_frame`; or the period starts after its end.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"customer_id": ["a", "a", "b"], "amount_cents": [1000, 700, 300],
    ...                      "day": pd.to_datetime(["2026-01-01", "2026-02-11", "2026-02-21"])})
    >>> period_frame(rows, start="2026-02-01")
      customer_id  is_new  purchase_days  spent_cents
    0           a   False              1          700
    1           b    True              1          300
    """
    observed = observe(transactions, observation_end=observation_end)
    first = as_day(start, "start")
    if first is None or first > observed.end:
        raise DataError(f"start {first} lies after the end of the period, {observed.end}. Give an earlier day.")
    part = observed.after(first - dt.timedelta(days=1))
    days = part.days
    found = days.group_by("customer_id").aggregate(
        purchase_days=days.count(where=part.purchase(days)), spent_cents=whole(days.cents.sum())
    )
    found = found.filter(found.purchase_days > 0).join(_first_days(observed), "customer_id")
    frame = found.select("customer_id", "purchase_days", "spent_cents", is_new=found.first_day >= ibis.date(first))
    return observed.answer(frame.relocate("is_new", before="purchase_days"), order="customer_id")


def second_purchase_frame(transactions: Transactions, *, observation_end: DayLike = None) -> Any:
    """One row a customer who bought: how long until the second purchase day, and how long they were observed.

    Returns
    -------
    DataFrame, sorted (an ibis table where one was given)
        customer_id; first_day; days_to_second (missing where there was none yet); observed_days (from the first
        purchase day to the end of observation).

    Raises
    ------
    DataError
        As for `rfm_frame`.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"customer_id": ["a", "a"], "amount_cents": [1000, 700],
    ...                      "day": pd.to_datetime(["2026-01-01", "2026-02-11"])})
    >>> second_purchase_frame(rows)[["customer_id", "days_to_second", "observed_days"]]
      customer_id  days_to_second  observed_days
    0           a              41             41
    """
    observed = observe(transactions, observation_end=observation_end)
    first = _first_days(observed)
    days = observed.days
    bought = observed.purchase(days)
    days = days if bought is None else days.filter(bought)
    later = days.join(first, "customer_id").filter(lambda t: t.day > t.first_day)
    second = later.group_by("customer_id").aggregate(second_day=later.day.min())
    found = first.left_join(second, "customer_id")
    frame = found.select(
        "customer_id",
        "first_day",
        days_to_second=found.second_day.delta(found.first_day, unit="day"),
        observed_days=-found.first_day.delta(ibis.date(observed.end), unit="day"),
    )
    return observed.answer(frame, order="customer_id")


def _first_days(observed: Observed) -> Any:
    days = observed.days
    bought = observed.purchase(days)
    first = days.group_by("customer_id").aggregate(first_day=days.day.min(where=bought))
    return first.filter(first.first_day.notnull())
