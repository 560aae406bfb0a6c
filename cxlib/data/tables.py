"""The contract of each canonical table: its columns, their kinds, and what must hold in every good row.

Everything after ingest relies on this page: money is int64 minor units ("cents"), `day` is a DATE in the workspace's
time zone, ids are text, and every row knows its `source` and `row`. Neighbours: `rules` turns the contract into rules,
`canonical` turns a company's own columns into these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

Kind = Literal["id", "text", "instant", "date", "money", "integer", "number", "boolean", "currency", "as_is"]
_TYPES = ("VARCHAR", "VARCHAR", "TIMESTAMP", "DATE", "BIGINT", "BIGINT", "DOUBLE", "BOOLEAN", "VARCHAR", "VARCHAR")
SQL_TYPES: dict[Kind, str] = dict(zip(get_args(Kind), _TYPES, strict=True))


@dataclass(frozen=True)
class TableColumn:
    """One column of a canonical table.

    `name` is what a mapping calls it; money is stored under `stored_as`, in minor units. A `required` column must be
    mapped, and no cell may be empty; an `optional` one exists only where it is mapped, while others exist and are
    empty; one that is both may be left out as a whole, by all sources of the table alike. `low` and `high` are the
    smallest and largest allowed value, in the units of a mapping (money in whole units). Dates that may lie `in_future`
    may lie after the workspace's `as_of` (an agreed end, say).
    """

    name: str
    kind: Kind
    required: bool = False
    optional: bool = False
    low: float | None = None
    high: float | None = None
    in_future: bool = False

    @property
    def needed(self) -> bool:
        """Whether there is no table without it."""
        return self.required and not self.optional

    @property
    def stored_as(self) -> str:
        """The column's name in the canonical table."""
        return f"{self.name}_cents" if self.kind == "money" else self.name


@dataclass(frozen=True)
class Table:
    """A canonical table.

    No two rows may share its `key`; `day` is the calendar day of `dated_by` ("" where there is none). `money_on` is
    the date or instant by whose day amounts in another currency are converted ("" where there are none). `in_order`
    holds pairs of dates or instants of which the second may not come before the first. `extra` is the kind of any
    further column that a mapping may add, `extra_prefix` how its name must start.
    """

    name: str
    columns: tuple[TableColumn, ...]
    key: str = ""
    dated_by: str = ""
    money_on: str = ""
    in_order: tuple[tuple[str, str], ...] = ()
    extra: Kind | Literal[""] = ""
    extra_prefix: tuple[str, ...] = ("",)

    def column(self, name: str) -> TableColumn | None:
        """The declared column of that name, or one made from `extra`; None if the table takes no such column.

        >>> TABLES["surveys"].column("rating_speed").kind
        'number'
        """
        for column in self.columns:
            if column.name == name:
                return column
        if self.extra and name.startswith(self.extra_prefix) and name not in RESERVED and not name.startswith("_"):
            return TableColumn(name, self.extra, optional=True)
        return None

    @property
    def takes_source(self) -> bool:
        """Whether `source` is the file's name; in `benchmarks` it is declared and says who published the value."""
        return all(column.name != "source" for column in self.columns)


def _columns(kind: Kind, *names: str, **options: Any) -> tuple[TableColumn, ...]:
    return tuple(TableColumn(name, kind, **options) for name in names)


RESERVED = frozenset({"source", "row", "day"})
_CUSTOMER = TableColumn("customer_id", "id", required=True)
_IN = TableColumn("currency", "currency", optional=True)  # of the row's amounts; left out: the workspace's
_SOMEBODY = TableColumn("customer_id", "id")
_QUOTED = TableColumn("may_quote", "boolean", optional=True)  # whether its writer lets the text be shown

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "customers",
            key="customer_id",
            money_on="joined_on",
            extra="as_is",
            columns=(
                _CUSTOMER,
                TableColumn("joined_on", "date"),
                TableColumn(
                    "loyalty_joined_on", "date", optional=True, in_future=True
                ),  # looked at from an earlier day
                TableColumn("age", "integer", optional=True, low=0, high=130),
                TableColumn("acquisition_cost", "money", optional=True, low=0),
                _IN,
            ),
        ),
        Table(
            "transactions",
            key="transaction_id",
            dated_by="at",
            money_on="at",
            columns=(
                TableColumn("transaction_id", "id"),
                _CUSTOMER,
                TableColumn("at", "instant", required=True),
                TableColumn("amount", "money", required=True, optional=True),  # a refund is negative
                _IN,
                TableColumn("product_id", "id", optional=True),
                *_columns("text", "product", "channel", optional=True),
            ),
        ),
        Table(
            "order_lines",  # what orders hold, where transactions tell orders as a whole
            dated_by="at",
            money_on="at",
            columns=(
                TableColumn("transaction_id", "id"),
                _CUSTOMER,
                TableColumn("at", "instant", required=True),
                TableColumn("product_id", "id", required=True),
                TableColumn("amount", "money", required=True),  # of a line; a return is negative
                _IN,
                TableColumn("product", "text", optional=True),
            ),
        ),
        Table(
            "memberships",
            money_on="started_on",
            in_order=(("started_on", "ended_on"),),
            columns=(
                _CUSTOMER,
                TableColumn("started_on", "date", required=True),
                TableColumn("ended_on", "date", in_future=True),  # empty: not ended
                TableColumn("plan", "text"),
                TableColumn("price", "money", low=0),
                _IN,
                TableColumn("end_reason", "text"),
            ),
        ),
        Table(
            "surveys",
            key="response_id",
            dated_by="at",
            extra="number",
            extra_prefix=("rating_", "expect_"),
            columns=(
                TableColumn("response_id", "id"),
                _SOMEBODY,
                TableColumn("at", "instant"),
                TableColumn("touchpoint", "text"),
                TableColumn("nps", "integer", low=0, high=10),
                *_columns("number", "csat", "ces", low=0),
                *_columns("text", "comment", "language"),
                TableColumn("weight", "number", low=0),
                _QUOTED,
            ),
        ),
        Table(
            "feedback",  # reviews, posts, chats: what is written outside of surveys and tickets
            key="feedback_id",
            dated_by="at",
            columns=(
                TableColumn("feedback_id", "id"),
                _SOMEBODY,
                TableColumn("at", "instant", required=True),
                TableColumn("text", "text", required=True),
                *_columns("text", "channel", "language"),
                TableColumn("rating", "number"),
                _QUOTED,
            ),
        ),
        Table(
            "tickets",
            key="ticket_id",
            dated_by="opened_at",
            in_order=(("opened_at", "first_response_at"), ("opened_at", "closed_at")),
            columns=(
                TableColumn("ticket_id", "id"),
                _SOMEBODY,
                TableColumn("opened_at", "instant", required=True),
                *_columns("instant", "first_response_at", "closed_at"),
                *_columns("text", "channel", "topic", "text"),
                _QUOTED,
            ),
        ),
        Table(
            "sessions",
            key="session_id",
            dated_by="at",
            columns=(
                TableColumn("session_id", "id"),
                _SOMEBODY,
                TableColumn("at", "instant", required=True),
                TableColumn("pages", "integer", low=0),
                TableColumn("seconds", "number", low=0),
                *_columns("boolean", "searched", "found", "goal_met", "converted"),
                *_columns("text", "channel", "kind", optional=True),
            ),
        ),
        Table(
            "messages",
            key="message_id",
            dated_by="sent_at",
            in_order=(("sent_at", "opened_at"),),
            columns=(
                TableColumn("message_id", "id"),
                _CUSTOMER,
                TableColumn("sent_at", "instant", required=True),
                TableColumn("opened_at", "instant"),
                TableColumn("kind", "text"),
            ),
        ),
        Table(
            "rates",  # what one unit of a currency is worth in the workspace's, from a day on
            columns=(
                TableColumn("date", "date", required=True, in_future=True),
                TableColumn("currency", "currency", required=True),
                TableColumn("rate", "number", required=True, low=1e-12, high=1e11),
            ),
        ),
        Table(
            "benchmarks",
            columns=(
                TableColumn("measure", "text", required=True),
                TableColumn("value", "number", required=True),
                TableColumn("source", "text"),
                TableColumn("as_of", "date"),
            ),
        ),
    )
}
GUESSED = tuple(name for name in TABLES if name != "order_lines")  # a file of lines is taken for transactions
