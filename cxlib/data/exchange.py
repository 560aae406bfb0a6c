"""Amounts in several currencies: converted by the workspace's rates, or a stop; they are never added up as they stand.

A rate says what one unit of a currency is worth in the workspace's; the last one on or before an amount's day counts.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from cxlib.data.casts import SIGNS, name, quote
from cxlib.data.connect import Store
from cxlib.data.reading.raw import several
from cxlib.data.rules import FAULTS
from cxlib.data.tables import Table
from cxlib.errors import DataError
from cxlib.language import is_currency

RATES = "rates"
RATE = "DECIMAL(24, 12)"  # times an exact amount it has the 38 digits that DuckDB holds
_WORDS = "currency(code)?|devise|moneda|währung|(ال)?عمل[ةه]"
_PLAINLY = re.compile(rf"(^|[\s_-])({_WORDS})($|[\s_-])", re.IGNORECASE)
_PERHAPS = re.compile(r"(^|[\s_-])(ccy|curr?)($|[\s._-])", re.IGNORECASE)


@dataclass(frozen=True)
class Exchange:
    """The currencies that the workspace has rates of, None where it has no rates; a row without a day is of `as_of`."""

    as_of: dt.date
    codes: tuple[str, ...] | None = None

    @classmethod
    def of(cls, store: Store, currency: str, as_of: dt.date) -> Exchange:
        """Make the table `exchange` (currency, since, rate) of the rates that are in the store."""
        for code, day, low, high in store.rows(
            f"SELECT currency, date, min(rate), max(rate) FROM {RATES} GROUP BY ALL HAVING min(rate) <> max(rate) "
            "ORDER BY 1, 2 LIMIT 1"
        ):
            raise DataError(f"{RATES}: {code} has two rates on {day}, {low:g} and {high:g}. Keep one row of them.")
        own = f"SELECT date, rate FROM {RATES} WHERE currency = {quote(currency)} AND rate <> 1 ORDER BY 1 LIMIT 1"
        for day, rate in store.rows(own):
            raise DataError(
                f"{RATES}: one {currency} is {rate:g} on {day} and must be 1. A rate says what one unit of its "
                f"currency is worth in {currency}, the workspace's currency: 1 divided by it where it is the other way."
            )
        store.run(
            f"CREATE OR REPLACE TABLE exchange AS SELECT DISTINCT currency, date AS since, "
            f"CAST(CAST(rate AS VARCHAR) AS {RATE}) AS rate FROM {RATES} WHERE currency <> {quote(currency)}"
        )
        return cls(as_of, tuple(code for (code,) in store.rows("SELECT DISTINCT currency FROM exchange ORDER BY 1")))

    def join(self, query: str, code: str, day: str) -> str:
        """A query with the column `_rate` besides: that of the SQL `code` on `day`, NULL where there is none."""
        if self.codes is None:
            return f"SELECT *, CAST(NULL AS {RATE}) AS _rate FROM ({query})"
        on = f"q.{code} = e.currency AND {self._day(f'q.{day}' if day else 'NULL')} >= e.since"
        return f"SELECT q.*, e.rate AS _rate FROM ({query}) q ASOF LEFT JOIN exchange e ON {on}"

    def _day(self, sql: str) -> str:
        return f"coalesce(CAST({sql} AS DATE), DATE '{self.as_of}')"

    def conversions(self, store: Store, contract: Table) -> list[tuple[object, ...]]:
        """Of each other currency in a table: code, rows, first and last day of the rates used, lowest and highest."""
        money = ", ".join(column.stored_as for column in contract.columns if column.kind == "money")
        names = {title for title, _ in store.columns(f"SELECT * FROM {contract.name}")}
        held = [column for column in money.split(", ") if column in names]
        if self.codes is None or "currency" not in names or not held:
            return []
        day = self._day(name(contract.money_on) if contract.money_on in names else "NULL")
        return store.rows(
            f"SELECT q.currency, count(*), min(since), max(since), min(rate)::DOUBLE, max(rate)::DOUBLE "
            f"FROM (SELECT currency, {day} AS day FROM {contract.name} "
            f"WHERE coalesce({', '.join(held)}) IS NOT NULL) q "
            "ASOF JOIN exchange e ON q.currency = e.currency AND q.day >= e.since GROUP BY 1 ORDER BY 2 DESC, 1"
        )


def tells_currency(title: str) -> bool:
    """Whether a column of that name seems to say which currency amounts are in."""
    return _names_it(title) or _PERHAPS.search(title) is not None


def _names_it(title: str) -> bool:
    """Whether the word itself is in a title, be its words set apart by blanks, marks or capitals."""
    return _PLAINLY.search(re.sub("(?<=[a-z])(?=[A-Z])", " ", title)) is not None


def as_written(sql: str) -> str:
    """SQL of what a cell says about a currency, in capitals; NULL for blanks and for numbers, which say nothing."""
    return f"CASE WHEN regexp_full_match({sql}, '[^0-9]*[^0-9\\s][^0-9]*') THEN upper(trim({sql})) END"


def refuse_mixture(store: Store, stage: str, column: str, *, currency: str, label: str, unmapped: str = "") -> None:
    """Raise a DataError where good rows of a stage name currencies that would be added up as they stand.

    `column` is SQL of what names them; `unmapped` is the source's column that seems to, where nothing is mapped to it.
    """
    named = f"SELECT {column} AS code FROM {stage} WHERE {FAULTS} IS NULL"
    counts: dict[str, int] = {}
    for written, rows in store.rows(
        f"SELECT code, count(*) FROM ({named}) WHERE code IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
    ):
        code = currency if written in _names(currency) else str(written)
        counts[code] = counts.get(code, 0) + int(rows)
    doubtful = len(counts) == 1 or not _names_it(unmapped)
    if set(counts) <= {currency} or (doubtful and not any(map(_is_known, counts))):
        return
    rates = f"'rates: rates.csv' with columns date, currency and rate (what one unit is worth in {currency})"
    remedy = (
        f"Map the column, 'currency: {unmapped}', and give {rates}; where all amounts are in {currency} whatever that "
        f"column says, write: currency: \"'{currency}'\"."
        if unmapped
        else f"Give {rates} in sources.yaml, or keep one currency by a rule: currency = '{currency}'."
    )
    where = f"column {unmapped!r} says that " if unmapped else ""
    amounts = several([f"{code} ({rows:,} row{'s' * (rows != 1)})" for code, rows in counts.items()])
    raise DataError(f"{label}: {where}amounts are in {amounts}; the workspace's currency is {currency}. {remedy}")


def _names(currency: str) -> set[str]:
    return {currency, *(sign.upper() for sign in SIGNS.get(currency, ()))}


def _is_known(name: str) -> bool:
    return is_currency(name) or any(name in _names(code) for code in SIGNS)
