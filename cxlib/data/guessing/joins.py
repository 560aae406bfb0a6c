"""Which columns name the same customers in several parts: those whose values are found in each other.

Of the part that holds the customers all ids are read, not only those of its sample: in two samples of large files few
would meet.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import replace

import duckdb

from cxlib.data.casts import Formats, canonical_value
from cxlib.data.connect import Store
from cxlib.data.guessing.columns import Column
from cxlib.data.guessing.evidence import id_doubt
from cxlib.data.guessing.tables import Match, Role, quoted
from cxlib.data.guessing.titles import title_score
from cxlib.data.mapping import resolve
from cxlib.data.reading.formats import format_of
from cxlib.data.sources import TableSource

_MOST_BYTES = 400_000_000  # of a file of which all ids are read
_SOME, _MOST, _MOST_CANDIDATES = 0.3, 0.8, 6  # shares of ids, and columns that are tried
_IDS = "CREATE OR REPLACE TABLE ids AS SELECT DISTINCT {} AS id FROM {}"


def join(store: Store, roles: Sequence[Role]) -> list[Role]:
    """The roles with the columns by which their customers are the same, where values tell."""
    anchor = next(
        (role for role in roles if role.table == "customers"), max(roles, key=lambda one: one.sheet.part.rows)
    )
    others = [role for role in roles if role.sheet.part is not anchor.sheet.part]
    best: tuple[float, Column | None, dict[int, tuple[float, float, Column]]] = (0.0, None, {})
    for key in _candidates(anchor) if others else []:
        _read_ids(store, anchor, key)
        shared = {
            id(role): max(
                (_overlap(store, role, one) for one in _candidates(role)), default=(0, 0, key), key=lambda one: one[:2]
            )
            for role in others
        }
        shared = {role: one for role, one in shared.items() if one[0] >= _SOME}
        votes = sum(one[0] for one in shared.values()) + 0.2 * title_score(key.name, anchor.table, "customer_id")
        best = max(best, (votes, key, shared), key=lambda one: one[0]) if shared else best
    _, column, shared = best
    if column is None:
        return list(roles)
    fold = any(folded > plain + 0.005 for folded, plain, _ in shared.values())
    keys = [role.matches["customer_id"].expression for role in roles if role.recipe and "customer_id" in role.matches]
    fold = fold or any("lower(" in key for key in keys)
    counts = ", ".join(f"{shared[id(role)][0]:.0%} of {role.sheet.part.label}" for role in others if id(role) in shared)
    found = f"in {anchor.sheet.part.label}, column {column.name}"
    sure = {
        id(role): one[0] >= _MOST or title_score(one[2].name, role.table, "customer_id") > 0.8
        for role in others
        if (one := shared.get(id(role)))
    }
    keyed = []
    for role in roles:
        one = shared.get(id(role))
        if role.sheet.part is anchor.sheet.part:
            why = f"its values are the ids of {counts}"
            keyed.append(_keyed(role, column, why, fold=fold, sure=all(sure.values())))
        elif one:
            why = f"{one[0]:.0%} of its ids are {found}"
            keyed.append(_keyed(role, one[2], why, fold=fold, sure=sure[id(role)]))
        else:
            keyed.append(role)
    return keyed


def _candidates(role: Role) -> list[Column]:
    """The columns that may name customers, the likeliest first."""
    if role.recipe:
        return list(role.matches["customer_id"].columns) if "customer_id" in role.matches else []
    used = [match.column for name, match in role.matches.items() if name != "customer_id"]
    scores = [(title_score(one.name, role.table, "customer_id"), one) for one in role.sheet.columns]
    likely = [
        (score, one)
        for score, one in scores
        if (one.what == "text" or (one.what == "number" and one.whole))
        and one.distinct > 2
        and (one not in used or score > 0.8)
        and (score or (role.table == "customers" and one.is_unique))
    ]
    return [one for _, one in sorted(likely, key=lambda pair: -pair[0])[:_MOST_CANDIDATES]]


def _value(column: Column) -> str:
    return canonical_value("id", column.sql, column.type, Formats())


def _read_ids(store: Store, role: Role, key: Column) -> None:
    """Make the table `ids` of all ids in a column; of those in the sample, where the file is long to read."""
    part, path = role.sheet.part, role.sheet.part.path
    if not part.whole and path.stat().st_size <= _MOST_BYTES and "sheet" not in part.settings:
        source = TableSource(path=str(path), **role.sheet.settings)
        raw = format_of(path.name, source.format).load_reader()(store, path, source)
        with contextlib.ExitStack() as stack, contextlib.suppress(duckdb.Error):
            stack.callback(raw.close)
            store.run(_IDS.format(_value(key), f"({raw.query})"))
            return
    store.run(_IDS.format(_value(key), part.sample))


def _overlap(store: Store, role: Role, column: Column) -> tuple[float, float, Column]:
    """Which share of a column's ids is among `ids` without a look at capitals and blanks, and as they stand."""
    own = f"(SELECT DISTINCT {_value(column)} AS id FROM {role.sheet.part.sample})"
    folded = "lower(trim(id)) IN (SELECT lower(trim(id)) FROM ids)"
    plain, both = "avg(CAST(id IN (FROM ids) AS INT))", f"avg(CAST({folded} AS INT))"
    shares = store.rows(f"SELECT coalesce({both}, 0), coalesce({plain}, 0) FROM {own} WHERE id IS NOT NULL")[0]
    return (*shares, column)


def _keyed(role: Role, column: Column, evidence: str, *, fold: bool, sure: bool) -> Role:
    """The role with that column for its customers; one that it had before is free again."""
    if role.recipe:
        return role
    if doubt := id_doubt(column):
        sure, evidence = False, f"{evidence}; {doubt}"
    expression = f"lower(trim({quoted(column)}))" if fold and column.type == "VARCHAR" else column.name
    before = role.matches.get("customer_id")
    others = (before.column.name,) if before and before.column is not column else ()
    matches = {name: one for name, one in role.matches.items() if one.column is not column}
    return replace(role, matches={**matches, "customer_id": Match((column,), expression, 1.0, sure, evidence, others)})


def id_of(role: Role) -> str:
    """SQL of the ids of a role, as a join compares them."""
    key = role.matches["customer_id"].column
    return f"lower(trim({canonical_value('id', key.sql, key.type, Formats())}))"


def overlaps(store: Store, role: Role) -> int:
    """How many memberships of the sample begin while the same customer still has another."""
    if role.table != "memberships":
        return 0
    formats = Formats(tuple(role.sheet.settings.get("dates", ())))
    cells = {name: role.matches.get(name, role.matches["started_on"]) for name in ("started_on", "ended_on")}
    read = [(resolve(one.expression, role.sheet.part.fields, where=name), one) for name, one in cells.items()]
    types = ["VARCHAR" if not text.is_column else one.column.type for text, one in read]
    start, end = (
        canonical_value("date", f"({text.sql})", kind, formats) for (text, _), kind in zip(read, types, strict=True)
    )
    end = f"coalesce({end}, DATE '9999-12-31')" if "ended_on" in role.matches else "DATE '9999-12-31'"
    spells = f"SELECT {id_of(role)} AS id, {start} AS s, {end} AS e FROM {role.sheet.part.sample}"
    before = "max(e) OVER (PARTITION BY id ORDER BY s, e ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    return int(store.value(f"SELECT count(*) FROM (SELECT s, {before} AS before FROM ({spells})) WHERE s < before"))
