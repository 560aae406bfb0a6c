"""Transactions, checked, up to one day, and the rule of what a purchase day is.

**Purchase day.** All rows of a customer on one day are one purchase. The day counts as a purchase day unless it has a
refund (a negative amount) and its net amount is zero or less: a day on which only money went back, or on which a
purchase was cancelled in full, is no purchase. A day of free items (amounts of zero, no refund) is one. The money of
days that are no purchase days is never dropped; each frame says where it stands.

Everything is a portable ibis expression: integers, plain aggregates, no windows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import ibis
import ibis.expr.datatypes as dtypes
import pandas as pd

from cxlib.data.workspace import Workspace
from cxlib.errors import DataError, nearest

NEEDED = ("customer_id", "day", "amount_cents")
Transactions = Any  # a workspace, a DataFrame or an ibis table; ibis has no types of its own that mypy can follow
DayLike = dt.date | str | None


@dataclass(frozen=True)
class Observed:
    """Transactions that passed the checks.

    Attributes
    ----------
    rows : ibis table
        customer_id, day (DATE), amount_cents (int64), and transaction_id where the table has one; no row after `end`.
    start, end : datetime.date
        First day with a row, and last day of observation.
    has_refunds, has_zeros : bool
        Whether any amount is negative, or zero: what a query need not look for costs nothing.
    as_pandas : bool
        Whether the answer goes back as a DataFrame.
    """

    rows: Any
    start: dt.date
    end: dt.date
    has_refunds: bool
    has_zeros: bool
    as_pandas: bool

    @property
    def days(self) -> Any:
        """One row a customer and day: `cents` (net), and `is_purchase` where some day may not be one."""
        needs_least = self.has_refunds and self.has_zeros
        least = {"least": self.rows.amount_cents.min()} if needs_least else {}
        days = self.rows.group_by("customer_id", "day").aggregate(cents=whole(self.rows.amount_cents.sum()), **least)
        if not self.has_refunds:
            return days
        # Without an amount of zero, a net of zero or less can only come from a refund: no need for the smallest row.
        is_purchase = (days.cents > 0) | (days.least >= 0) if needs_least else days.cents > 0
        return days.select("customer_id", "day", "cents", is_purchase=is_purchase)

    def until(self, day: dt.date) -> Observed:
        """The part up to and on `day`."""
        return replace(self, rows=self.rows.filter(self.rows.day <= ibis.date(day)))

    def after(self, day: dt.date) -> Observed:
        """The part after `day`."""
        return replace(self, rows=self.rows.filter(self.rows.day > ibis.date(day)))

    def purchase(self, days: Any) -> Any:
        """The condition that picks purchase days out of `days`; None where every day is one."""
        return days.is_purchase if self.has_refunds else None

    def answer(self, table: Any, *, order: str | list[str]) -> Any:
        """`table` as it is for ibis; as a DataFrame sorted by `order` (code points, on any engine) for pandas."""
        if not self.as_pandas:
            return table
        frame = table.to_pyarrow().to_pandas(date_as_object=False)
        return frame.sort_values(order, kind="stable", ignore_index=True)


def observe(transactions: Transactions, *, observation_end: DayLike = None) -> Observed:
    """Check the columns, types and ids of transactions and keep the rows up to `observation_end`.

    Raises
    ------
    DataError
        A column is missing or has the wrong type, a value is missing, or there is no row in the period.
    """
    as_pandas = isinstance(transactions, pd.DataFrame | Workspace)
    table = transactions.table("transactions") if isinstance(transactions, Workspace) else transactions
    rows = _typed(_selected(table))
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
        as_pandas=as_pandas,
        has_refunds=facts["least"] < 0,
        has_zeros=facts["zeros"] > 0,
    )


def as_day(value: DayLike, name: str) -> dt.date | None:
    """A calendar day from a date, a timestamp or ISO text.

    >>> as_day("1997-09-30", "calibration_end")
    datetime.date(1997, 9, 30)
    """
    if value is None:
        return None
    try:
        stamp = pd.Timestamp(value)
    except (ValueError, TypeError) as error:
        raise DataError(f"{name}={value!r} is not a day. Write it as '2026-09-30'.") from error
    if pd.isna(stamp):
        raise DataError(f"{name} is missing (NaT). Leave it out, or write it as '2026-09-30'.")
    return stamp.date()


def whole(total: Any) -> Any:
    """An integer sum as int64: engines widen it (128 bits, numeric), each in its way, and that slows what follows."""
    return total.cast(dtypes.Int64(nullable=False))


def month_index(day: Any) -> Any:
    """Months since year 0, so that differences of months are differences of integers on every engine."""
    return (day.year() * 12 + day.month() - 1).cast(dtypes.Int64(nullable=False))


def _selected(transactions: Transactions) -> Any:
    columns = list(transactions.columns)
    for name in NEEDED:
        if name not in columns:
            raise DataError(f"transactions: there is no column {name!r}. {nearest(name, map(str, columns))}")
    wanted = [*NEEDED, *(name for name in ("transaction_id", "row") if name in columns)]
    if not isinstance(transactions, pd.DataFrame):
        return transactions.select(*wanted)
    try:
        return ibis.memtable(transactions[wanted].reset_index(drop=True))
    except Exception as error:  # whatever pyarrow makes of mixed types; it names the column
        raise DataError(f"transactions: a column mixes types ({error}). Give each column one type.") from error


def _typed(rows: Any) -> Any:
    types = rows.schema()
    needs: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
        ("customer_id", lambda t: t.is_string() or t.is_integer(), "Make it text; float ids come from missing values."),
        (
            "day",
            lambda t: t.is_date() or (t.is_timestamp() and t.timezone is None),
            "Make it a date in the business's time zone.",
        ),
        ("amount_cents", lambda t: t.is_integer(), "Make it whole cents: (amount * 100).round().astype('int64')."),
    )
    for name, fits, remedy in needs:
        if not fits(types[name]):
            raise DataError(f"transactions: column {name!r} has type {types[name]}. {remedy}")
    return rows if types["day"].is_date() else rows.mutate(day=rows.day.date())


def _facts(rows: Any) -> dict[str, Any]:
    no_id = rows.customer_id.isnull()  # noqa: PD003  # ibis, not pandas
    first_row = {"first_row": rows.row.min(where=no_id)} if "row" in rows.columns else {}
    facts = rows.aggregate(
        n=rows.count(),
        start=rows.day.min(),
        last=rows.day.max(),
        least=rows.amount_cents.min(),
        zeros=(rows.amount_cents == 0).sum(),
        **{name: rows.count() - rows[name].count() for name in NEEDED},
        **first_row,
    )
    found: dict[str, Any] = facts.to_pyarrow().to_pylist()[0]
    return found


def _refuse_missing(facts: dict[str, Any]) -> None:
    for name in NEEDED:
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
