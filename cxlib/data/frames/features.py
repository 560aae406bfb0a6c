"""The features of a snapshot: which table gives which, and what a missing one means.

A count is zero where nothing happened, and missing where the table begins too late to say so; anything that needs an
event (days since it, a mean, a share) is missing without one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis

from cxlib.data.frames import chains, purchase_features, service_features, visit_features
from cxlib.data.frames.company import Tables
from cxlib.data.frames.cut_offs import known_days

SNAPSHOT_FEATURES: dict[str, tuple[str, ...]] = {
    "transactions": (*purchase_features.FEATURES, *purchase_features.VARIETY.values()),
    "memberships": chains.FEATURES,
    "tickets": service_features.TICKETS,
    "surveys": service_features.SURVEYS,
    "sessions": visit_features.SESSIONS,
    "messages": visit_features.MESSAGES,
}

# Counts and sums, by how many days before the cut-off their window ends.
_COUNTS = {
    "purchase_days": 0,
    "purchase_days_90d": 0,
    "purchase_days_before_90d": 90,
    "spend_cents_90d": 0,
    "spend_cents_365d": 0,
    "products": 0,
    "channels": 0,
    "tickets_90d": 0,
    "tickets_365d": 0,
    "open_tickets": 0,
    "low_rating_90d": 0,
    "responses_365d": 0,
    "sessions_90d": 0,
    "sessions_before_90d": 90,
    "pages_90d": 0,
    "messages_90d": 0,
}


@dataclass(frozen=True)
class Part:
    """The features of one table: one row a customer and cut-off that has any, since the table's first day."""

    table: Any
    since: dt.date

    @property
    def names(self) -> tuple[str, ...]:
        """Its features."""
        return tuple(name for name in self.table.columns if name not in ("customer_id", "cut_off"))


_EVENTS: dict[str, Callable[[Any, Any], Any]] = {
    "tickets": service_features.ticket_features,
    "surveys": service_features.survey_features,
    "sessions": visit_features.session_features,
    "messages": visit_features.message_features,
}


def variety_parts(firsts: Mapping[str, Any], cut_offs: Sequence[dt.date], since: dt.date) -> Iterator[Part]:
    """How many products and channels, where transactions say; `firsts` is column -> `first_days`."""
    for column, days in firsts.items():
        yield Part(purchase_features.variety_features(days, known_days(cut_offs, since), column), since)


def event_parts(tables: Tables, cut_offs: Sequence[dt.date]) -> Iterator[Part]:
    """The features of tickets, surveys, sessions and messages, of those that there are."""
    for name, features in _EVENTS.items():
        if tables.has(name):
            # A table without a dated row still has its features: missing, at every cut-off.
            since = tables.first_day(name) or cut_offs[-1]
            yield Part(features(tables.tables[name], known_days(cut_offs, since)), since)


def joined(base: Any, part: Part, cut_offs: Sequence[dt.date]) -> Any:
    """`base` with the features of a part; counts that it lacks are zero, or missing where they cannot be known."""
    rows = base.left_join(part.table, ["customer_id", "cut_off"]).drop("customer_id_right", "cut_off_right")
    return filled(rows, part, cut_offs)


def filled(rows: Any, part: Part, cut_offs: Sequence[dt.date]) -> Any:
    """Zeros for counts of nothing, and nothing for counts whose window ends before the table begins."""
    return rows.mutate(**{name: _count(rows, name, part.since, cut_offs[0]) for name in part.names if name in _COUNTS})


def _count(rows: Any, name: str, since: dt.date, first: dt.date) -> Any:
    known_from = since + dt.timedelta(days=_COUNTS[name])
    count = rows[name].coalesce(0)
    return count if first > known_from else ibis.ifelse(rows.cut_off > ibis.date(known_from), count, None)
