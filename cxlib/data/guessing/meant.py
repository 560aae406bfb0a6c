"""Which rows of a part are meant: no sums of others, no parts of a sale, no orders that came to nothing."""

import re
from collections.abc import Callable, Sequence

from cxlib.data.casts import Formats, canonical_value, is_blank, quote
from cxlib.data.connect import Store
from cxlib.data.guessing.columns import Column
from cxlib.data.guessing.parts import Guess
from cxlib.data.guessing.tables import Match, Role, quoted
from cxlib.data.guessing.titles import holds, is_listed, phrases, plain_words
from cxlib.data.tables import TABLES

EVERY_ROW = "true"  # as a condition of the rows that are meant
MOST_STATUSES, _FEW_BLANK = 12, 0.02  # statuses; share of rows
_YES = ("yes", "y", "true", "t", "1", "1.0", "نعم", "ja", "oui", "si", "sí", "sim", "evet")


def only_meant(store: Store, role: Role, currency: Callable[[], str]) -> list[Guess]:
    """The rows that are meant: no sums of others, no orders that came to nothing; never sure.

    `currency` gives that of the amounts.
    """
    both = [*_no_totals(store, role), *_only_filled(store, role)]
    both += [*_only_wholes(role), *_only_sales(store, role, currency), *_only_openings(role)]
    wheres = [f"({one.value})" if " or " in one.value else one.value for one in both if one.value != EVERY_ROW]
    why = "; ".join(one.evidence for one in both)
    return _meant(" and ".join(wheres), why) if wheres and len(both) > 1 else both


def _meant(where: str, evidence: str, other: str = "every row is meant") -> list[Guess]:
    return [Guess("where", where, False, evidence, (other,))]


def _no_totals(store: Store, role: Role) -> list[Guess]:
    """The rows that are no sums of those above them: without a customer or a day, and called so in some column."""
    needed = [
        role.matches[one.name].column for one in TABLES[role.table].columns if one.required and one.name in role.matches
    ]
    blank = f"FROM {role.sheet.part.sample} WHERE {' OR '.join(is_blank(one.sql, one.type) for one in needed)}"
    if not needed or role.recipe or not store.value(f"SELECT count(*) {blank}"):
        return []
    for column in role.sheet.columns:
        if column.type == "VARCHAR":
            rows = f"SELECT {column.sql}, count(*) {blank} GROUP BY 1 ORDER BY 1"
            sums = {v: n for v, n in store.rows(rows) if v and holds(" ".join(plain_words(v)[:2]), "totals")}
            starts = sorted({re.match(r"\W*(\w+)", v)[1] for v in sums})  # type: ignore[index]  # there are words
            if starts:
                where = f"not regexp_matches(coalesce({quoted(column)}, ''), '^\\W*({'|'.join(starts)})')"
                why = f"{sum(sums.values()):,} rows of the sample add up others, such as {next(iter(sums))}"
                return _meant(where, why)
    return []


def _only_filled(store: Store, role: Role) -> list[Guess]:
    """The rows with a day and an amount, or with words (further lines and stars alone have none), of known buyers."""
    names = [one.name for one in TABLES[role.table].columns if one.required]
    names = {"feedback": ["text"], "transactions": ["at", "amount"]}.get(
        role.table, names
    )  # lines may name the customer
    columns = [role.matches[name].column for name in names if name in role.matches]
    if role.recipe or len(columns) < max(len(names), 1):
        return []
    blank = [is_blank(one.sql, one.type) for one in columns]
    none = " and no ".join(one.name for one in columns)
    left = [(columns[0], " AND ".join(blank), f"have no {none} of their own")]
    if role.table == "transactions":
        buyer = role.matches["customer_id"].column
        unknown = [is_blank(buyer.sql, buyer.type), *(f"NOT {one}" for one in blank)]
        left.append((buyer, " AND ".join(unknown), f"have no {buyer.name}: who bought is not known"))
    guesses = []
    for column, condition, why in left:
        rows = int(store.value(f"SELECT count(*) FROM {role.sheet.part.sample} WHERE {condition}"))
        if rows >= _FEW_BLANK * role.sheet.part.rows:
            where = f"coalesce(trim(cast({quoted(column)} as varchar)), '') <> ''"
            guesses += _meant(where, f"{rows:,} rows of the sample {why}")
    return guesses


def _only_openings(role: Role) -> list[Guess]:
    """Of the rows of a log of events those that open a visit: each visit counts once."""
    visit, title, event = role.sheet.opening
    column = next((one for one in role.sheet.columns if one.name == title), None)
    if role.recipe or column is None or "session_id" not in role.matches:
        return []
    return _meant(f"{quoted(column)} = {quote(event)}", f"several rows are of one {visit}; nearly each has one {event}")


def _only_wholes(role: Role) -> list[Guess]:
    """The rows that are sales, where a column tells them from rows for their lines and payments."""
    for column in role.sheet.columns if role.table == "transactions" and not role.recipe else ():
        wholes = [one for one in column.values if plain_words(one) in phrases("wholes")]
        parts = [one for one in column.values if one not in wholes and holds(one, "parts")]
        if is_listed(column.name, "row kinds") and wholes and parts:
            why = f"a row of {', '.join(parts)} tells part of one that is a {wholes[0]}"
            where = f"coalesce({quoted(column)}, '') not in ({', '.join(map(quote, parts))})"
            return _meant(where, why, other=f"{quoted(column)} = {quote(parts[0])}")
    return []


def _only_sales(store: Store, role: Role, currency: Callable[[], str]) -> list[Guess]:
    """The rows that are meant, where a status tells sales from orders that came to nothing, or may tell; unsure."""
    refunds = "amount" in role.matches and role.matches["amount"].expression.startswith("-")
    columns = sorted(role.sheet.columns, key=lambda one: not holds(one.name, "statuses"))
    for column in columns if role.table == "transactions" and not (role.recipe or refunds) else ():
        is_told = holds(column.name, "no sale") and not holds(column.name, "still open")
        if column.type == "VARCHAR" and column.distinct <= 2 and is_told:
            none = [one for one in column.values if one.strip().casefold() in _YES]
        elif column.type in ("VARCHAR", "BOOLEAN") and column.what == "flag" and holds(column.name, "went through"):
            none = [one for one in column.values if one.strip().casefold() not in _YES]
        elif column.what == "text" and column.distinct <= MOST_STATUSES:
            none = [one for one in column.values if holds(one, "no sale") and not holds(one, "a sale after all")]
            known = any(holds(one, "a sale") for one in column.values if one not in none)
            none = none if known or holds(column.name, "statuses") else []
        else:
            continue
        left = _left_rows(store, role, column, none, currency()) if none else []
        if left and len(left) < column.distinct:
            where = f"{text_of(column)} not in ({', '.join(quote(one) for one, *_ in left)})"
            sums = len(role.matches.get("amount", Match((), "", 0, sure=False, evidence="")).columns) == 1
            counts = (f"{status} {n:,} rows" + f" of {total:,.2f} in all" * sums for status, n, total in left)
            why = f"no sales, and left out of the {role.sheet.part.rows:,} rows of the sample: {'; '.join(counts)}"
            strange = _strange(role, column)
            why += f"; nothing is known of {', '.join(strange)}" if strange else ""
            return _meant(where, why, other="every row is a sale")
    return [] if refunds or role.recipe else _any_sales(store, role)


def _any_sales(store: Store, role: Role) -> list[Guess]:
    """All rows, where words of a status are not known: they may be of orders that came to nothing."""
    used = [column for match in role.matches.values() for column in match.columns]
    for column in role.sheet.columns if role.table == "transactions" else ():
        if column not in used and 1 < column.distinct <= MOST_STATUSES and (strange := _strange(role, column)):
            rows = store.rows(
                f"SELECT {column.sql}, count(*) FROM {role.sheet.part.sample} GROUP BY 1 ORDER BY 2 DESC, 1"
            )
            counted = {str(value): n for value, n in rows if value is not None}
            counts = ", ".join(f"{value} {n:,} rows" for value, n in counted.items())
            rarest = min(strange, key=lambda one: counted.get(one, 0))
            what = f"{column.name} may tell sales from orders that came to nothing"
            why = f"{what}, and its words are not known: {counts}"
            return _meant(EVERY_ROW, why, other=f"{text_of(column)} not in ({quote(rarest)})")
    return []


def _strange(role: Role, column: Column) -> list[str]:
    """Values of a status of sales of which nothing is known."""
    if not holds(column.name, "states") or not (column.what == "text" or column.whole):
        return []
    known = ("no sale", "a sale", "a sale after all", "wholes")
    return [one for one in column.values if not any(holds(one, words) for words in known)]


def text_of(column: Column) -> str:
    """SQL of a cell as text, blank where there is none."""
    return f"coalesce({quoted(column) if column.type == 'VARCHAR' else f'cast({quoted(column)} as varchar)'}, '')"


def _left_rows(
    store: Store, role: Role, column: Column, none: Sequence[str], currency: str
) -> list[tuple[str, int, float]]:
    """The statuses to leave out, their rows in the sample, and what these come to; negative ones count as they are."""
    part, amount = role.sheet.part, role.matches.get("amount", next(iter(role.matches.values())))
    decimal = role.sheet.settings.get("decimal", ".")
    thousands = role.sheet.settings.get("thousands", "." if decimal == "," else ",")
    formats = Formats((), decimal, thousands, currency=currency)
    value = canonical_value("number", amount.column.sql, amount.column.type, formats)
    rows = store.rows(
        f"SELECT {column.sql}, count(*), coalesce(sum({value}), 0) FROM {part.sample} "
        f"WHERE {column.sql} IN ({', '.join(map(quote, none))}) GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    return [row for row in rows if row[2] >= 0]
