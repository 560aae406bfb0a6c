"""What amounts are in, and whose days are meant, where the files tell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from cxlib.data.casts import SIGNS, as_text
from cxlib.data.connect import Store
from cxlib.data.guessing.columns import Column, currency_beside, mark_of
from cxlib.data.guessing.parts import Guess
from cxlib.data.guessing.tables import Match, Role
from cxlib.data.guessing.titles import currency_word, listed
from cxlib.data.tables import TABLES


def of_kind(table: str, matches: Mapping[str, Match], *kinds: str) -> dict[str, Match]:
    """What is mapped to columns of these kinds; without any, to dates."""
    names = {one.name for one in TABLES[table].columns if one.kind in (kinds or ("date", "instant"))}
    return {target: match for target, match in matches.items() if target in names}


def currency_of(store: Store, roles: Sequence[Role]) -> Guess:
    """What amounts are in: by a column of currencies, by signs beside amounts, by titles, else by words alone."""
    for role in roles:
        if (match := role.matches.get("currency")) and match.columns:
            first, *others = dict.fromkeys(value.strip().upper() for value in match.column.values)
            return Guess(
                "currency", first, not others, f"column {match.column.name} of {role.sheet.part.label}", tuple(others)
            )
    money = [one.name for role in roles for one in _money(role)]
    for title in money:
        if code := next((word for word in re.split("[^A-Z]+", title.upper()) if word in SIGNS), ""):
            return Guess("currency", code, True, f"the title {title}")
    cells = [
        f"SELECT {as_text(one.sql, one.type)} AS v FROM {role.sheet.part.sample}"
        for role in roles
        for one in _money(role)
    ]
    marks = f"SELECT {mark_of('v')} AS mark, count(v) FROM ({' UNION ALL '.join(cells)}) GROUP BY 1"
    if signs := currency_beside(store.rows(marks)) if cells else None:
        return signs
    for title in money:
        if code := currency_word(title):
            return Guess("currency", code, False, f"the title {title}", ("another currency of that name",))
    titles = "".join(column.name for role in roles for match in role.matches.values() for column in match.columns)
    if re.search("[\u0600-\u06ff]", titles):
        return Guess("currency", "SAR", False, "nothing in the files tells; their titles are Arabic", ("AED", "EGP"))
    comma = any(role.sheet.settings.get("decimal") == "," for role in roles)
    own = next((code for code, zones in listed()["zones"].items() if _machine_zone() in zones.split()), "USD")
    code = "EUR" if comma else own
    rest = tuple(one for one in ("EUR", "GBP", "SAR", "USD") if one != code)
    return Guess("currency", code, False, "nothing in the files tells", rest)


def _money(role: Role) -> list[Column]:
    """The columns that amounts are read from."""
    return [one for match in of_kind(role.table, role.matches, "money").values() for one in match.columns]


def time_zone_of(currency: Guess) -> Guess:
    """The zone of the country of a currency, or that of this machine."""
    own, zones = _machine_zone(), listed()["zones"].get(currency.value, "").split()
    here = own != "UTC" and (own in zones or not currency.sure)
    best, *others = dict.fromkeys([*[own] * here, *zones, own, "UTC"])
    why = "the clock of this machine" if best == own else f"where {currency.value} is used"
    return Guess("time_zone", best, False, why, tuple(others))


def _machine_zone() -> str:
    return str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2].removeprefix("Etc/") or "UTC"
