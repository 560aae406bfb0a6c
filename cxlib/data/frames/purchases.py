"""Purchases: what models of customer value need to know, how long customers stay away, and who bought which product.

The definitions are those of Fader & Hardie's notes and of lifetimes; `observed` says what a purchase day is.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import ibis
import numpy as np
import pandas as pd

from cxlib.data.frames.inputs import (
    DayLike,
    Relation,
    TableLike,
    TablesLike,
    answer,
    as_day,
    read_facts,
    read_tables,
    whole,
)
from cxlib.data.frames.observed import Observed, observe
from cxlib.errors import DataError


def purchase_summary(
    transactions: TableLike, *, observation_end: DayLike = None, calibration_end: DayLike = None
) -> Any:
    """One row a customer: how often, how lately and for how much.

    `transactions`: A workspace, or canonical transactions; customer_id (text), day (DATE) and amount_cents (int64,
        refunds negative) suffice.
    `observation_end`: Last day of the study; later rows are left out. By default the last day in the table.
    `calibration_end`: Splits the study: rows up to and on this day are calibration, later ones holdout. Customers who
        first bought in the holdout are left out.
    Returns a DataFrame, sorted (an ibis table where one was given): customer_id; frequency (repeat purchase days, that
        is purchase days but the first); recency (days from first to last purchase day); T (days from first purchase day
        to the end of calibration, or of observation); monetary_value (hundreds of minor units, so currency units where
        these have two decimals: mean of a repeat purchase day, 0 where there is none); first_day, last_day;
        first_amount_cents, repeat_amount_cents (net of the first and of the repeat purchase days); refund_cents (net of
        days that are no purchase days, zero or less). With `calibration_end` all of these speak of calibration, and
        there are frequency_holdout (purchase days), monetary_value_holdout (likewise, mean of a purchase day),
        duration_holdout (days), holdout_amount_cents and refund_cents_holdout. The four (six) columns of cents add up
        to the customer's net amount. A DataFrame is sorted by customer_id; an ibis table has no order.
    Raises DataError: a column is missing or ill-typed, an id is missing, the table is empty, or the split lies outside
        the data.

    Differs from lifetimes 0.11.3 in three ways: a purchase on the calibration end day is calibration at any time of
    day; monetary_value_holdout is the mean of a purchase day, not of a row; a refund is no purchase (there each
    day with any row is one). Customers without any purchase day are not in the table: `customers_without_purchase`.
    An ibis table is scanned once at the call, for the checks.

    >>> import pandas as pd
    >>> rows = pd.DataFrame({"customer_id": ["a", "a", "a"], "amount_cents": [1000, 1500, 2500],
    ...                      "day": pd.to_datetime(["2026-01-01", "2026-01-11", "2026-01-31"])})
    >>> purchase_summary(rows, observation_end="2026-02-10")[["frequency", "recency", "T", "monetary_value"]]
       frequency  recency   T  monetary_value
    0          2       30  40            20.0
    """
    observed = observe(transactions, observation_end=observation_end)
    split = as_day(calibration_end, "calibration_end")
    if split is not None:
        _refuse_split(split, observed)
        # Two halves that are each summed once and then joined cost less than one grouping of conditional sums.
        later = observed.after(split).customers
        later = later.select(
            "customer_id",
            frequency_holdout=later.purchase_days,
            holdout_amount_cents=later.purchase_cents,
            refund_cents_holdout=later.refund_cents,
        )
        customers = observed.until(split).customers.left_join(later, "customer_id")
    else:
        customers = observed.customers
    buyers = customers.filter(customers.purchase_days > 0)
    return observed.answer(_summary(buyers, split, observed.end))


def customers_without_purchase(transactions: TableLike, *, observation_end: DayLike = None) -> Any:
    """Customers with refunds but no purchase day, and their money, so that no cent of a table is lost.

    `observation_end`: As for `rfm_frame`.
    Returns: customer_id, refund_cents (their net amount, zero or less).

    >>> import pandas as pd
    >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "amount_cents": [1000, -300],
    ...                      "day": pd.to_datetime(["2026-01-01", "2026-01-01"])})
    >>> customers_without_purchase(rows)
      customer_id  refund_cents
    0           b          -300
    """
    observed = observe(transactions, observation_end=observation_end)
    customers = observed.customers
    return observed.answer(customers.filter(customers.purchase_days == 0).select("customer_id", "refund_cents"))


def _refuse_split(split: dt.date, observed: Observed) -> None:
    if not observed.start <= split < observed.end:
        raise DataError(
            f"calibration_end {split} must lie in the data, {observed.start} to {observed.end}, before its last day. "
            "Choose a day inside, so that both periods have purchases."
        )


def _summary(buyers: Relation, split: dt.date | None, end: dt.date) -> Relation:
    frequency = buyers.purchase_days - 1
    repeat = buyers.purchase_cents - buyers.first_cents
    columns = {
        "customer_id": buyers.customer_id,
        "frequency": frequency,
        "recency": buyers.last_day.delta(buyers.first_day, unit="day"),
        "T": -buyers.first_day.delta(ibis.date(split or end), unit="day"),
        "monetary_value": _mean(repeat, frequency),
        "first_day": buyers.first_day,
        "last_day": buyers.last_day,
        "first_amount_cents": buyers.first_cents,
        "repeat_amount_cents": repeat,
        "refund_cents": buyers.refund_cents,
    }
    return buyers.select(**columns, **({} if split is None else _holdout_columns(buyers, (end - split).days)))


def _holdout_columns(buyers: Relation, days: int) -> dict[str, Relation]:
    bought, cents = buyers.frequency_holdout.coalesce(0), buyers.holdout_amount_cents.coalesce(0)
    return {
        "frequency_holdout": bought,
        "monetary_value_holdout": _mean(cents, bought),
        "duration_holdout": ibis.literal(days, "int64"),
        "holdout_amount_cents": cents,
        "refund_cents_holdout": buyers.refund_cents_holdout.coalesce(0),
    }


def _mean(cents: Relation, days: Relation) -> Relation:
    # One division of exact integers: every engine rounds it the same way. The zero is nulled first: Spark raises on it.
    return (cents / (days * 100).nullif(0)).coalesce(0)


@dataclass(frozen=True)
class PurchaseGaps:
    """Gaps between the purchase days of customers.

    `lengths`: days, closed (gaps of so many days after which the customer came back), open (customers who have been
        away so many days when the data ends). Frequent customers have more gaps and weigh more.
    """

    lengths: pd.DataFrame = field(repr=False)

    @property
    def n(self) -> int:
        """Closed gaps."""
        return int(self.lengths["closed"].sum())

    def quantile(self, share: float) -> int:
        """Shortest gap, in days, that at least `share` of the closed gaps does not exceed."""
        if not 0 < share <= 1:
            raise DataError(f"share={share} must lie above 0 and be at most 1, as 0.9.")
        below = np.cumsum(self.lengths["closed"].to_numpy())
        return int(self.lengths["days"].to_numpy()[np.searchsorted(below, share * below[-1] - 1e-9)])


def purchase_gaps(transactions: TableLike, *, observation_end: DayLike = None) -> PurchaseGaps:
    """Measure the days between purchase days, and how long customers have been away.

    `transactions`, `observation_end`: As for `rfm_frame`.
    Raises DataError: as for `rfm_frame`; or nobody has two purchase days.

    >>> rows = pd.DataFrame({"customer_id": ["a", "a", "a", "b"], "amount_cents": [1000, 500, 700, 300],
    ...                      "day": pd.to_datetime(["2026-01-01", "2026-01-11", "2026-02-20", "2026-01-25"])})
    >>> gaps = purchase_gaps(rows)
    >>> gaps.quantile(0.5), gaps.lengths.values.tolist()
    (10, [[0, 0, 1], [10, 1, 0], [26, 0, 1], [40, 1, 0]])
    """
    observed = observe(transactions, observation_end=observation_end)
    days = observed.days
    gaps = PurchaseGaps(_lengths(days.filter(days.is_purchase).select("customer_id", "day"), observed))
    if not gaps.n:
        raise DataError("transactions: no customer has two purchase days, so there are no gaps. Bring more data.")
    return gaps


def _lengths(days: Relation, observed: Observed) -> pd.DataFrame:
    own = ibis.window(group_by="customer_id", order_by="day")
    following = days.mutate(next_day=days.day.lead().over(own))
    away = ibis.ifelse(following.next_day.isnull(), ibis.date(observed.end), following.next_day)  # noqa: PD003  # ibis
    gaps = following.select(days=away.delta(following.day, unit="day"), closed=following.next_day.notnull())  # noqa: PD004
    counted = gaps.group_by("days").aggregate(closed=gaps.count(where=gaps.closed), open=gaps.count(where=~gaps.closed))
    frame: pd.DataFrame = counted.to_pyarrow().to_pandas()
    return frame.sort_values("days", ignore_index=True)


@dataclass(frozen=True)
class ProductDays:
    """Purchases by customer, product and day.

    `days`: customer_id, product_id, day, cents (net of that day); sorted. Where cents are below zero, or zero with a
        refund among them, the product was `returned`.
    `names`: by product_id: the words that were used last, and how many different ones there were.
    """

    days: pd.DataFrame
    names: pd.DataFrame
    rows: int
    unnamed: int  # rows that name no product


def product_days(company: TablesLike, *, until: DayLike = None) -> ProductDays:
    """Order lines of a company up to a day: of table order_lines, where there is none of transactions.

    A product is known by its product_id; where that column is not mapped, by its words.

    Raises DataError: no table names products.
    """
    tables, last = read_tables(company), as_day(until, "until")
    name = "order_lines" if tables.has("order_lines") else "transactions"
    rows = tables.need(name, "tells what was bought")
    known = [column for column in ("product_id", "product") if column in rows.columns]
    if not known:
        raise DataError(
            f"{name}: no column says which product was bought. Map product_id, or product, in sources.yaml."
        )
    if last is not None:
        rows = rows.filter(rows.day <= ibis.literal(last, "date"))
    rows = rows.mutate(product_=rows[known[0]].strip().nullif(""), words_=rows[known[-1]].strip().nullif(""))
    meant = rows.product_.notnull() & rows.customer_id.notnull() & rows.day.notnull()  # noqa: PD004  # ibis
    facts = read_facts(rows.aggregate(rows=rows.count(), unnamed=rows.count(where=rows.product_.isnull())))  # noqa: PD003
    rows = rows.filter(meant).drop(*known).rename(product_id="product_")
    refunded = rows.count(where=rows.amount_cents < 0)
    days = rows.group_by("customer_id", "product_id", "day").aggregate(
        cents=whole(rows.amount_cents.sum()), refunds=refunded
    )
    days = days.mutate(returned=(days.cents < 0) | ((days.cents == 0) & (days.refunds > 0))).drop("refunds")
    return ProductDays(answer(days, as_pandas=True, order=["customer_id", "product_id", "day"]), _names(rows), **facts)


def _names(rows: Relation) -> pd.DataFrame:
    """The last words of each product; of two on one day the first by the alphabet."""
    each = rows.filter(rows.words_.notnull()).group_by("product_id", "words_").aggregate(last=rows.day.max())  # noqa: PD004
    frame = answer(each, as_pandas=True, order=["product_id", "words_"]).sort_values(
        "last", ascending=False, kind="stable"
    )
    grouped = frame.groupby("product_id")["words_"]
    return pd.DataFrame({"name": grouped.first(), "names": grouped.size()})
