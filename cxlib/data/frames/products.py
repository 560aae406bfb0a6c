"""Who bought which product on which day: one row a customer, product and day, from order lines."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import pandas as pd

from cxlib.data.frames.inputs import DayLike, Relation, TablesLike, answer, as_day, read_facts, read_tables, whole
from cxlib.errors import DataError


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
