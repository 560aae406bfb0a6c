"""Customers by how they bought up to a day: recency, frequency and money, their rhythm, and what they did after it.

Cohorts: customers by the month in which they first bought, followed month by month.
"""

import datetime as dt
from typing import Any

import ibis
import ibis.expr.datatypes as dtypes

from cxlib.data.frames.inputs import DayLike, Relation, TableLike, as_day, left_join, whole
from cxlib.data.frames.observed import Observed, observe
from cxlib.errors import DataError

SMALLEST_CENTS = 1


def rfm_frame(transactions: TableLike, *, observation_end: DayLike = None) -> Any:
    """One row a customer who bought: how long ago, on how many days, for how much in all.

    `transactions`: A workspace, or canonical transactions; customer_id, day and amount_cents suffice. transaction_id
        adds `orders`.
    `observation_end`: The day to look back from; later rows are left out. By default the last day in the table.
    Returns a DataFrame, sorted (an ibis table where one was given): customer_id; recency_days (days from the last
        purchase day to `observation_end`, 0 for that day itself); frequency (purchase days, the first included);
        monetary (cents, net of all refunds, so that it adds up to the revenue of these customers); first_day, last_day
        (purchase days); orders (distinct transaction ids with an amount of zero or more; only where a transaction_id is
        mapped). Customers without a purchase day are left out. A DataFrame is sorted by customer_id.
    Raises DataError: a column is missing or ill-typed, an id is missing, or the table is empty.

    >>> import pandas as pd
    >>> rows = pd.DataFrame({"customer_id": ["a", "a"], "amount_cents": [1000, -400],
    ...                      "day": pd.to_datetime(["2026-01-01", "2026-01-11"])})
    >>> rfm_frame(rows)[["customer_id", "recency_days", "frequency", "monetary"]]
      customer_id  recency_days  frequency  monetary
    0           a            10          1       600
    """
    observed = observe(transactions, observation_end=observation_end)
    buyers = observed.customers.filter(lambda t: t.purchase_days > 0)
    frame = buyers.select(
        customer_id=buyers.customer_id,
        recency_days=-buyers.last_day.delta(ibis.date(observed.end), unit="day"),
        frequency=buyers.purchase_days,
        monetary=buyers.cents,
        first_day=buyers.first_day,
        last_day=buyers.last_day,
    )
    return observed.answer(_with_orders(frame, observed) if "transaction_id" in observed.rows.columns else frame)


def _with_orders(frame: Relation, observed: Observed) -> Relation:
    rows = observed.rows
    sales = rows.filter(rows.amount_cents >= 0) if observed.has_refunds else rows
    # Two plain groupings: a distinct count inside one grouping costs more on every engine.
    different = sales.select("customer_id", "transaction_id").distinct()
    orders = different.group_by("customer_id").aggregate(orders=different.count())
    return left_join(frame, orders, ["customer_id"])


def behaviour_frame(transactions: TableLike, *, observation_end: DayLike = None, min_purchase_days: int = 3) -> Any:
    """One row a customer with a rhythm: how long between purchase days, how much on one.

    `transactions`, `observation_end`: As for `rfm_frame`.
    `min_purchase_days`: Customers with fewer purchase days are left out, at least 2: one day has no gap, and one gap is
        mostly chance.
    Returns: customer_id; purchase_days; gap_days (mean days between purchase days); order_value_cents (mean net amount
        of a purchase day, refunds on other days left aside); log_gap_days (natural logarithm, made unbiased for
        exponential gaps), log_order_value (of cents, at least 1). A DataFrame is sorted by customer_id.
    Raises DataError: as for `rfm_frame`, or `min_purchase_days` is below 2.

    The mean of m exponential gaps has a logarithm that is low by ln(m) - digamma(m), about 1/(2m) + 1/(12m^2): without
    adding it, customers with few purchases would seem to come more often.

    >>> import pandas as pd
    >>> rows = pd.DataFrame({"customer_id": ["a", "a", "a"], "amount_cents": [1000, 2000, 3000],
    ...                      "day": pd.to_datetime(["2026-01-01", "2026-01-11", "2026-01-31"])})
    >>> list(behaviour_frame(rows).round(3).itertuples(index=False, name=None))
    [('a', 3, 15.0, 2000.0, 2.979, 7.601)]
    """
    if min_purchase_days < 2:
        raise DataError(f"min_purchase_days={min_purchase_days} must be at least 2: one purchase day has no gap.")
    observed = observe(transactions, observation_end=observation_end)
    steady = observed.customers.filter(lambda t: t.purchase_days >= min_purchase_days)
    gaps = steady.purchase_days - 1
    gap = steady.last_day.delta(steady.first_day, unit="day") / gaps.nullif(0)
    value = steady.purchase_cents / steady.purchase_days.nullif(0)
    frame = steady.select(
        "customer_id",
        "purchase_days",
        gap_days=gap,
        order_value_cents=value,
        log_gap_days=gap.ln() + 1 / (2 * gaps) + 1 / (12 * gaps * gaps),
        log_order_value=ibis.greatest(value, SMALLEST_CENTS).ln(),
    )
    return observed.answer(frame)


def next_period_frame(
    transactions: TableLike, *, cutoff: DayLike, horizon_days: int = 90, observation_end: DayLike = None
) -> Any:
    """The `rfm_frame` of a cut-off with what each customer did afterwards.

    `transactions`, `observation_end`: As for `rfm_frame`; the horizon must end by `observation_end`.
    `cutoff`: Last day that is known: rows up to and on it make the features, later ones the outcome.
    `horizon_days`: Days after the cut-off that make the outcome.
    Returns: All columns of `rfm_frame` on the cut-off; last_period_cents (net amount of the `horizon_days` up to and on
        the cut-off); next_cents, next_purchase_days (net amount and purchase days of the `horizon_days` after it).
    Raises DataError: as for `rfm_frame`; or the horizon is not positive, or does not end within observation.

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
    customers = rfm_frame(observed.rows, observation_end=split)
    before = observed.until(split).after(split - dt.timedelta(days=horizon_days)).customers
    before = before.select("customer_id", last_period_cents=before.cents)
    after = observed.until(ahead).after(split).customers
    after = after.select("customer_id", next_cents=after.cents, next_purchase_days=after.purchase_days)
    frame = left_join(left_join(customers, before, ["customer_id"]), after, ["customer_id"])
    filled = {name: frame[name].coalesce(0) for name in ("last_period_cents", "next_cents", "next_purchase_days")}
    return observed.answer(frame.mutate(**filled))


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
    days = observed.days.mutate(month=lambda t: _month_index(t.day))
    months = days.group_by("customer_id", "month").aggregate(
        cents=whole(days.cents.sum()), purchase_days=days.count(where=days.is_purchase)
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
