"""Customers as they were known on a day, and what they did in the time after it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from cxlib.data.frames.observed import DayLike, Observed, Transactions, as_day, observe, whole
from cxlib.data.frames.rfm import rfm_frame
from cxlib.errors import DataError


def next_period_frame(
    transactions: Transactions, *, cutoff: DayLike, horizon_days: int = 90, observation_end: DayLike = None
) -> Any:
    """The `rfm_frame` of a cut-off with what each customer did afterwards.

    Parameters
    ----------
    transactions : Workspace, DataFrame or ibis table
        A workspace, or canonical transactions; customer_id, day and amount_cents suffice.
    cutoff : date or text
        Last day that is known: rows up to and on it make the features, later ones the outcome.
    horizon_days : int
        Days after the cut-off that make the outcome.
    observation_end : date or text, optional
        Last day of the study, by default the last day in the table; the horizon must end by it.

    Returns
    -------
    DataFrame, sorted (an ibis table where one was given)
        All columns of `rfm_frame` on the cut-off;
        last_period_cents (net amount of the `horizon_days` up to and on the cut-off);
        next_cents, next_purchase_days (net amount and purchase days of the `horizon_days` after it).

    Raises
    ------
    DataError
        As for `rfm_frame`; or the horizon is not positive, or does not end within observation.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"customer_id": ["a", "a", "b"], "amount_cents": [1000, 700, 300],
    ...                      "day": pd.to_datetime(["2026-01-01", "2026-02-11", "2026-01-31"])})
    >>> columns = ["customer_id", "monetary", "last_period_cents", "next_cents", "next_purchase_days"]
    >>> next_period_frame(rows, cutoff="2026-01-31", horizon_days=11)[columns]
      customer_id  monetary  last_period_cents  next_cents  next_purchase_days
    0           a      1000                  0         700                   1
    1           b       300                300           0                   0
    """
    observed = observe(transactions, observation_end=observation_end)
    split = as_day(cutoff, "cutoff")
    if split is None:
        raise DataError("cutoff is missing. Write the last known day, as '2026-06-30'.")
    ahead = _refuse_horizon(split, horizon_days, observed)
    known = rfm_frame(observed.rows, observation_end=split)
    before = _spent(observed.until(split).after(split - dt.timedelta(days=horizon_days)), "last_period_cents")
    after = _spent(observed.until(ahead).after(split), "next_cents", "next_purchase_days")
    frame = known.left_join(before, "customer_id").drop("customer_id_right")
    frame = frame.left_join(after, "customer_id").drop("customer_id_right")
    filled = {name: frame[name].coalesce(0) for name in ("last_period_cents", "next_cents", "next_purchase_days")}
    return observed.answer(frame.mutate(**filled), order="customer_id")


def _spent(part: Observed, cents: str, purchase_days: str = "") -> Any:
    days = part.days
    columns = {cents: whole(days.cents.sum())}
    if purchase_days:
        columns[purchase_days] = days.count(where=part.purchase(days))
    return days.group_by("customer_id").aggregate(**columns)


def _refuse_horizon(split: dt.date, horizon_days: int, observed: Observed) -> dt.date:
    if horizon_days < 1:
        raise DataError(f"horizon_days={horizon_days} must be at least 1, as 90.")
    ahead = split + dt.timedelta(days=horizon_days)
    if not observed.start <= split or ahead > observed.end:
        latest = observed.end - dt.timedelta(days=horizon_days)
        raise DataError(
            f"cutoff {split} with {horizon_days} days after it does not lie within the data, {observed.start} to "
            f"{observed.end}. Choose a cut-off up to {latest}, or a shorter horizon."
        )
    return ahead
