"""What is odd in good rows and may be meant: said by `cx check`, changed by nobody."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from cxlib.data.casts import name
from cxlib.data.connect import Store

MANY = 0.05  # share of the rows
_CODES = (0, -1, -9, -99, 88, 97, 98, 99, 999)  # what surveys write for "not applicable" or "do not know"
_LONGEST_SCALE = 7  # a scale up to ten may begin with 0
_LINES = (
    "the customer has another row at the same instant; where rows are lines of an order, map the order's number to "
    "'transaction_id' and set 'one_row_is: line'"
)
_CAPITALS = "the id is that of another customer but for its capitals; where they are one, map it with lower(...)"


def odd_rows(store: Store, tables: Collection[str]) -> Iterator[tuple[str, str, int]]:
    """Table, words and number of what is odd in the tables of a store."""
    if "transactions" in tables:
        total, again = store.rows(
            'SELECT count(*), count(*) - count(DISTINCT hash(customer_id, "at")) FROM transactions '
            "WHERE transaction_id = source || ':' || \"row\""  # no ids are mapped
        )[0]
        if again > total * MANY:
            yield "transactions", _LINES, again
    yield from _capitals(store, tables)
    if "surveys" in tables:
        yield from _codes(store)


def _capitals(store: Store, tables: Collection[str]) -> Iterator[tuple[str, str, int]]:
    named = [table for table in tables if "customer_id" in dict(store.columns(f"SELECT * FROM {table}"))]
    parts = " UNION ".join(f"SELECT DISTINCT customer_id AS id FROM {table}" for table in named)
    if parts:
        groups = f"SELECT count(*) AS n FROM ({parts}) WHERE id IS NOT NULL GROUP BY lower(id) HAVING n > 1"
        if ids := store.value(f"SELECT coalesce(sum(n), 0)::BIGINT FROM ({groups})"):
            yield named[0], _CAPITALS, ids


def _codes(store: Store) -> Iterator[tuple[str, str, int]]:
    """Ratings on a short scale that begins with 1, and codes outside it."""
    for title in [title for title, type_ in store.columns("SELECT * FROM surveys") if type_ == "DOUBLE"]:
        rows, low, high, codes = store.rows(
            "SELECT count(*) FILTER (c), min(x) FILTER (NOT c), max(x) FILTER (NOT c), "
            "string_agg(DISTINCT x::INT::VARCHAR, ', ') FILTER (c) "
            f"FROM (SELECT {name(title)} AS x, x IN {_CODES} AS c FROM surveys)"
        )[0]
        if rows and low is not None and 1 <= low < high <= _LONGEST_SCALE:
            words = f"{title!r} is {codes} beside answers of {low:g} to {high:g}; where that means not applicable, "
            remedy = f"name it in 'not_applicable' of the report, or map it with nullif(..., {codes})"
            yield "surveys", words + remedy, rows
