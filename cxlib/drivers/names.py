"""What readers see for the names that a company's files use: drivers, columns, and groups of answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from cxlib.language import C, Message, T
from cxlib.measures import DividedChange, DividedScores

# Usual names; any other is shown as the files have it, with blanks for underscores.
KNOWN: Mapping[str, Message] = {
    "delivery": T("Delivery"), "product_quality": T("Product quality"), "price": T("Price"), "support": T("Support"),
    "website_app": T("Website and app"), "choice": T("Choice"), "payment": T("Payment"), "ordering": T("Ordering"),
    "returns": T("Returns"), "staff": T("Staff"), "store": T("Store"), "web": T("Web"), "app": T("App"),
    "phone": T("Phone"), "ar": T("Arabic"), "en": T("English"),
    "true": C("answer", "yes"), "false": C("answer", "no"), "—": T("not known"),
}  # fmt: skip
COLUMNS: Mapping[str, Message] = {
    "touchpoint": T("Touchpoint"), "language": T("Language"), "region": T("Region"), "age_band": T("Age"),
    "channel": T("Channel"), "acquisition_channel": T("Came through"), "loyalty_member": T("Loyalty programme"),
    "status": T("Status"), "country": T("Country"), "segment": T("Segment"),
}  # fmt: skip


def driver_names(drivers: Iterable[str], own: Mapping[str, str] | None = None) -> dict[str, object]:
    """The name of each driver: one's own, else the usual one, else that of its column.

    >>> {key: str(name) for key, name in driver_names(["price", "on_time", "s1"], {"s1": "Punctuality"}).items()}
    {'price': 'Price', 'on_time': 'On time', 's1': 'Punctuality'}
    """
    chosen = own or {}
    return {driver: chosen.get(driver) or spoken(driver) for driver in drivers}


def spoken(value: object) -> object:
    """A name as a reader sees it.

    >>> str(spoken("website_app")), spoken("first_class"), spoken(True).text
    ('Website and app', 'First class', 'yes')
    """
    known = KNOWN.get(str(value).lower())
    return known if known is not None else _plain(str(value))


def column_name(column: str) -> object:
    """What a column divides answers by.

    >>> str(column_name("touchpoint")), column_name("flight_class")
    ('Touchpoint', 'Flight class')
    """
    return COLUMNS.get(column) or _plain(column)


def with_spoken_groups(scores: DividedScores) -> DividedScores:
    """The same scores with groups as a reader sees them, each with what divides it: “Age: 60+”."""
    parts = {}
    for by, part in scores.parts.items():
        names: Any = [group_name(by, group) for group in part.table["segment"]]
        parts[by] = replace(part, table=part.table.assign(segment=names))
    return DividedScores(parts)


def group_name(column: str, group: object) -> Message:
    """A group with what divides it.

    >>> str(group_name("touchpoint", "delivery"))
    'Touchpoint: Delivery'
    """
    return C("group", "{column}: {group}", column=column_name(column), group=spoken(group))


def with_spoken_changes(change: DividedChange) -> DividedChange:
    """The same change with groups as a reader sees them."""
    parts = {}
    for by, part in change.parts.items():
        names: Any = [spoken(group) for group in part.table["group"]]
        parts[by] = replace(part, table=part.table.assign(group=names))
    return DividedChange(parts)


def _plain(name: str) -> str:
    text = name.replace("_", " ").strip()
    return text[:1].upper() + text[1:]
