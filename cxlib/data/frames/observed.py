"""Transactions, checked, up to one day, and the rule of what a purchase day is.

**Purchase day.** All rows of a customer on one day are one purchase. The day counts as a purchase day unless it has a
refund (a negative amount) and its net amount is zero or less: a day on which only money went back, or on which a
purchase was cancelled in full, is no purchase. A day of free items (amounts of zero, no refund) is one. The money of
days that are no purchase days is never dropped; each frame says where it stands.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import ibis
import pandas as pd

from cxlib.data.frames.inputs import (
    NEEDED,
    DayLike,
    Relation,
    TableLike,
    answer,
    as_day,
    as_relation,
    own_table,
    read_facts,
    whole,
)
from cxlib.data.workspace import Workspace
from cxlib.errors import DataError

_COLUMNS = NEEDED["transactions"]
_TYPES: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    ("customer_id", lambda t: t.is_string() or t.is_integer(), "Make it text; float ids come from missing values."),
    (
        "day",
        lambda t: t.is_date() or (t.is_timestamp() and t.timezone is None),
        "Make it a date in the business's time zone.",
    ),
    ("amount_cents", lambda t: t.is_integer(), "Make it whole minor units: (amount * 100).round().astype('int64')."),
)


@dataclass(frozen=True)
class Observed:
    """Transactions that passed the checks, up to the day `end`; `start` is the first day with a row.

    `rows` has customer_id, day (DATE), amount_cents (int64), and transaction_id where the table has one. Whether any
    amount is negative, or zero, is known beforehand: what a query need not look for costs nothing.
    """

    rows: Relation
    start: dt.date
    end: dt.date
    has_refunds: bool
    has_zeros: bool
    as_pandas: bool

    @property
    def days(self) -> Relation:
        """One row a customer and day: `cents` (net), and whether it `is_purchase`."""
        needs_least = self.has_refunds and self.has_zeros
        least = {"least": self.rows.amount_cents.min()} if needs_least else {}
        days = self.rows.group_by("customer_id", "day").aggregate(cents=whole(self.rows.amount_cents.sum()), **least)
        if not self.has_refunds:
            return days.mutate(is_purchase=ibis.literal(True))
        # Without an amount of zero, a net of zero or less can only come from a refund: no need for the smallest row.
        is_purchase = (days.cents > 0) | (days.least >= 0) if needs_least else days.cents > 0
        return days.select("customer_id", "day", "cents", is_purchase=is_purchase)

    @property
    def customers(self) -> Relation:
        """One row a customer, with or without a purchase day.

        purchase_days; first_day, last_day; first_cents, purchase_cents (net of the first, and of all purchase days),
        refund_cents (net of other days), cents (of both).
        """
        days = self.days
        bought = days.is_purchase if self.has_refunds else None
        refunds = ibis.literal(0, "int64") if bought is None else whole(days.cents.sum(where=~bought).coalesce(0))
        return days.group_by("customer_id").aggregate(
            purchase_days=days.count(where=bought),
            first_day=days.day.min(where=bought),
            last_day=days.day.max(where=bought),
            first_cents=days.cents.argmin(days.day, where=bought),
            purchase_cents=whole(days.cents.sum(where=bought)),
            refund_cents=refunds,
            cents=whole(days.cents.sum()),
        )

    def until(self, day: dt.date) -> Observed:
        """The part up to and on `day`."""
        return replace(self, rows=self.rows.filter(self.rows.day <= ibis.date(day)))

    def after(self, day: dt.date) -> Observed:
        """The part after `day`."""
        return replace(self, rows=self.rows.filter(self.rows.day > ibis.date(day)))

    def answer(self, table: Relation, *, order: str | list[str] = "customer_id") -> Any:
        """`table` as it is for ibis; as a sorted DataFrame for pandas."""
        return answer(table, as_pandas=self.as_pandas, order=order)


def id_form(ids: Any) -> Any:
    """How letters and digits of ids take turns, with the letters of those that begin with one; of an address "@domain".

    `ids`: A column of ibis, as the answer.
    """
    ids = ids.cast("string")
    form = ids.re_replace("[0-9]+", "#")
    form = ibis.ifelse(form.startswith("#"), form.re_replace("[A-Za-z]+", "a"), form)
    return ibis.ifelse(ids.contains("@"), ids.lower().re_replace("^.*@", "@"), form)


def observe(transactions: TableLike, *, observation_end: DayLike = None) -> Observed:
    """Check the columns, types and ids of transactions and keep the rows up to `observation_end`."""
    table = own_table(transactions, "transactions") if isinstance(transactions, Workspace) else transactions
    lines = isinstance(transactions, Workspace) and not transactions.names_orders  # a made id tells no order
    more = ("row",) if lines else ("transaction_id", "row")
    columns = [*_COLUMNS, *(name for name in more if name in table.columns)]
    rows = _typed(as_relation(table, "transactions", columns))
    end = as_day(observation_end, "observation_end")
    rows = rows if end is None else rows.filter(rows.day <= ibis.date(end))
    facts = _facts(rows)
    _refuse_missing(facts)
    if not facts["n"]:
        raise DataError(_nothing(end))
    return Observed(
        rows,
        start=facts["start"],
        end=end or facts["last"],
        has_refunds=facts["least"] < 0,
        has_zeros=facts["zeros"] > 0,
        as_pandas=isinstance(transactions, pd.DataFrame | Workspace),
    )


def _typed(rows: Relation) -> Relation:
    types = rows.schema()
    for name, fits, remedy in _TYPES:
        if not fits(types[name]):
            raise DataError(f"transactions: column {name!r} has type {types[name]}. {remedy}")
    return rows if types["day"].is_date() else rows.mutate(day=rows.day.date())


def _facts(rows: Relation) -> dict[str, Any]:
    no_id = rows.customer_id.isnull()  # noqa: PD003  # ibis, not pandas
    first_row = {"first_row": rows.row.min(where=no_id)} if "row" in rows.columns else {}
    return read_facts(
        rows.aggregate(
            n=rows.count(),
            start=rows.day.min(),
            last=rows.day.max(),
            least=rows.amount_cents.min(),
            zeros=(rows.amount_cents == 0).sum(),
            **{name: rows.count() - rows[name].count() for name in _COLUMNS},
            **first_row,
        )
    )


def _refuse_missing(facts: dict[str, Any]) -> None:
    for name in _COLUMNS:
        if n := facts[name]:
            where = f" (first: row {facts['first_row']})" if name == "customer_id" and facts.get("first_row") else ""
            raise DataError(
                f"transactions: column {name!r} is missing in {n:,} rows{where}. "
                "Quarantine them with a rule in sources.yaml, or drop them, before the summary."
            )


def _nothing(end: dt.date | None) -> str:
    if end is None:
        return "transactions: the table has no rows. Check the file and the rules that its rows must meet."
    return f"transactions: no row up to observation_end {end}. Choose a later day."
