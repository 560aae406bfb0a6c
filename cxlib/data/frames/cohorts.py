"""Cohorts: customers by the month in which they first bought, followed month by month."""

from __future__ import annotations

import datetime as dt
from typing import Any

import ibis
import ibis.expr.datatypes as dtypes

from cxlib.data.frames.inputs import DayLike, Relation, TableLike, whole
from cxlib.data.frames.observed import Observed, observe


def cohort_counts(transactions: TableLike, *, observation_end: DayLike = None) -> Any:
    """One row a start month and number of months since: how many bought, and for how much.

    `transactions`, `observation_end`: As for `rfm_frame`.
    Returns a DataFrame, sorted (an ibis table where one was given): cohort (DATE, first day of the month of the first
        purchase); months_since (0 for that month itself); customers (with a purchase day in that month), cohort_size
        (customers who started in `cohort`); revenue_cents (net; refunds in months without a purchase count, those
        before the first purchase in month 0); complete (whether observation covers the whole calendar month). Every
        cell up to the last month of observation is there, with zeros where nobody bought. The first cohort of a table
        also holds everyone who was a customer before the table begins. A DataFrame is sorted.
    Raises DataError: a column is missing or ill-typed, an id is missing, or the table is empty.

    >>> import pandas as pd
    >>> rows = pd.DataFrame({"customer_id": ["a", "b", "a"], "amount_cents": [100, 100, 300],
    ...                      "day": pd.to_datetime(["2026-01-01", "2026-01-09", "2026-02-11"])})
    >>> cohort_counts(rows)[["months_since", "customers", "cohort_size", "revenue_cents", "complete"]]
       months_since  customers  cohort_size  revenue_cents  complete
    0             0          2            2            200      True
    1             1          1            2            300     False
    """
    observed = observe(transactions, observation_end=observation_end)
    months, starts = _months_and_starts(observed)
    joined = months.join(starts, "customer_id")
    joined = joined.mutate(months_since=ibis.greatest(joined.month - joined.start, 0))
    active = joined.group_by("start", "months_since").aggregate(
        customers=joined.count(where=joined.purchase_days > 0), revenue_cents=whole(joined.cents.sum())
    )
    cells = _every_cell(starts, observed)
    cells = cells.left_join(active, ["start", "months_since"])
    counts = cells.select(
        cohort=_first_day(cells.start),
        months_since=cells.months_since,
        customers=cells.customers.coalesce(0),
        cohort_size=cells.cohort_size,
        revenue_cents=cells.revenue_cents.coalesce(0),
        complete=cells.start + cells.months_since <= _last_complete(observed.end),
    )
    return observed.answer(counts, order=["cohort", "months_since"])


def _months_and_starts(observed: Observed) -> tuple[Relation, Relation]:
    days = observed.days
    bought = observed.purchase(days)
    days = days.mutate(month=_month_index(days.day), bought=ibis.literal(True) if bought is None else bought)
    months = days.group_by("customer_id", "month").aggregate(
        cents=whole(days.cents.sum()), purchase_days=days.count(where=days.bought)
    )
    starts = months.filter(months.purchase_days > 0).group_by("customer_id").aggregate(start=lambda t: t.month.min())
    return months, starts


def _every_cell(starts: Relation, observed: Observed) -> Relation:
    last = _month_number(observed.end)
    since = ibis.memtable({"months_since": list(range(last - _month_number(observed.start) + 1))})
    sizes = starts.group_by("start").aggregate(cohort_size=starts.count())
    cells = sizes.cross_join(since.mutate(months_since=since.months_since.cast("int64")))
    return cells.filter(cells.start + cells.months_since <= last)


def _month_index(day: Relation) -> Relation:
    """Months since year 0, so that differences of months are differences of integers on every engine."""
    return (day.year() * 12 + day.month() - 1).cast(dtypes.Int64(nullable=False))


def _first_day(month: Relation) -> Relation:
    return ibis.date((month // 12).cast("int32"), (month % 12 + 1).cast("int32"), 1)


def _month_number(day: dt.date) -> int:
    return day.year * 12 + day.month - 1


def _last_complete(end: dt.date) -> int:
    whole_month = (end + dt.timedelta(days=1)).day == 1
    return _month_number(end) if whole_month else _month_number(end) - 1
