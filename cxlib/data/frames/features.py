"""The features of a snapshot: which table gives which, and what a missing one means.

A count is zero where nothing happened, and missing where the table begins too late to say so; anything that needs an
event (days since it, a mean, a share) is missing without one. What ends is known from the day after it on: a ticket
that closes on or after the cut-off is open at it, a message that is opened then is not opened.

A function of features takes the events of a table and `known_days`, and gives one row a customer and cut-off that has
any event before it: customer_id, cut_off and the features that the table's columns allow.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import ibis

from cxlib.data.frames import memberships
from cxlib.data.frames.cut_offs import known_days
from cxlib.data.frames.inputs import Relation, Tables, left_join, whole
from cxlib.data.frames.observed import Observed

PURCHASES = (
    "days_since_last_purchase", "customer_days", "purchase_days", "purchase_days_90d", "purchase_days_before_90d",
    "spend_cents_90d", "spend_cents_365d", "mean_order_cents", "mean_gap_days", "overdue_ratio", "refund_share",
)  # fmt: skip
VARIETY = {"product": "products", "channel": "channels"}
TICKETS = ("tickets_90d", "tickets_365d", "open_tickets", "mean_hours_to_close_365d", "days_since_last_ticket")
SURVEYS = ("last_nps", "low_rating_90d", "last_csat", "responses_365d", "days_since_last_answer")
SESSIONS = (
    "sessions_90d", "sessions_before_90d", "pages_90d", "goal_met_share_90d", "failed_search_share_90d",
    "days_since_last_session",
)  # fmt: skip
MESSAGES = ("messages_90d", "opened_share_90d")
SNAPSHOT_FEATURES: dict[str, tuple[str, ...]] = {
    "transactions": (*PURCHASES, *VARIETY.values()),
    "memberships": memberships.FEATURES,
    "tickets": TICKETS,
    "surveys": SURVEYS,
    "sessions": SESSIONS,
    "messages": MESSAGES,
}
LOW_RATING = 6  # an NPS of 6 or less: a detractor

# Counts and sums, by how many days before the cut-off their window ends.
_COUNTS = {
    **dict.fromkeys(("purchase_days", "purchase_days_90d", "spend_cents_90d", "spend_cents_365d"), 0),
    **dict.fromkeys(("products", "channels", "tickets_90d", "tickets_365d", "open_tickets", "low_rating_90d"), 0),
    **dict.fromkeys(("responses_365d", "sessions_90d", "pages_90d", "messages_90d"), 0),
    **dict.fromkeys(("purchase_days_before_90d", "sessions_before_90d"), 90),
}


@dataclass(frozen=True)
class Part:
    """The features of one table: one row a customer and cut-off that has any, since the table's first day."""

    table: Relation
    since: dt.date

    def join(self, rows: Relation, cut_offs: Sequence[dt.date]) -> Relation:
        """`rows` with these features; counts that it lacks are zero, or missing where they cannot be known."""
        rows = left_join(rows, self.table, ["customer_id", "cut_off"])
        counts = {name: self._count(rows, name, cut_offs[0]) for name in self.table.columns if name in _COUNTS}
        return rows.mutate(**counts)

    def _count(self, rows: Relation, name: str, first: dt.date) -> Relation:
        """A zero for a count of nothing, and nothing for one whose window ends before the table begins."""
        known_from = self.since + dt.timedelta(days=_COUNTS[name])
        count = rows[name].coalesce(0)
        return count if first > known_from else ibis.ifelse(rows.cut_off > ibis.date(known_from), count, None)


def event_parts(tables: Tables, cut_offs: Sequence[dt.date]) -> Iterator[Part]:
    """The features of tickets, surveys, sessions and messages, of those that there are."""
    for name, features in _EVENTS.items():
        if tables.has(name):
            # A table without a dated row still has its features: missing, at every cut-off.
            since = tables.tables[name].day.min().to_pyarrow().as_py() or cut_offs[-1]
            yield Part(features(tables.tables[name], known_days(cut_offs, since)), since)


def purchase_stretches(observed: Observed, stretches: Relation) -> Relation:
    """What each customer bought in each stretch of days: `day` is the stretch's first, by which cut-offs place it.

    Cut-offs look at far fewer stretches than days, and every figure of a snapshot is a sum, a first or a last of them.
    """
    rows = observed.rows
    charged = ibis.greatest(rows.amount_cents, 0) if observed.has_refunds else rows.amount_cents
    days = rows.group_by("customer_id", "day").aggregate(
        cents=whole(rows.amount_cents.sum()), least=rows.amount_cents.min(), charged=whole(charged.sum())
    )
    days = days.join(stretches, "day")
    bought = (days.cents > 0) | (days.least >= 0)
    return days.group_by("customer_id", day=days.stretch).aggregate(
        purchase_days=days.count(where=bought),
        first_day=days.day.min(where=bought),
        last_day=days.day.max(where=bought),
        cents=whole(days.cents.sum()),
        purchase_cents=whole(days.cents.sum(where=bought).coalesce(0)),
        charged_cents=whole(days.charged.sum()),
    )


def purchase_features(bought: Relation, known: Relation) -> Relation:
    """From `purchase_stretches`; days are counted back from the cut-off, money is net and in cents."""
    past = bought.join(known, "day")
    near, before = past.age <= 90, (past.age > 90) & (past.age <= 180)
    sums = past.group_by("customer_id", "cut_off").aggregate(
        first_day=past.first_day.min(),
        last_day=past.last_day.max(),
        purchase_days=whole(past.purchase_days.sum()),
        purchase_days_90d=whole(past.purchase_days.sum(where=near).coalesce(0)),
        purchase_days_before_90d=whole(past.purchase_days.sum(where=before).coalesce(0)),
        spend_cents_90d=whole(past.cents.sum(where=near).coalesce(0)),
        spend_cents_365d=whole(past.cents.sum(where=past.age <= 365).coalesce(0)),
        purchase_cents=whole(past.purchase_cents.sum()),
        charged_cents=whole(past.charged_cents.sum()),
        all_cents=whole(past.cents.sum()),
    )
    sums = sums.filter(sums.purchase_days > 0)
    since, length = sums.cut_off.delta(sums.last_day, unit="day"), sums.last_day.delta(sums.first_day, unit="day")
    gaps = (sums.purchase_days - 1).nullif(0)
    return sums.mutate(
        days_since_last_purchase=since,
        customer_days=sums.cut_off.delta(sums.first_day, unit="day"),
        mean_order_cents=sums.purchase_cents / sums.purchase_days,
        mean_gap_days=length / gaps,
        overdue_ratio=since * gaps / length.nullif(0),
        refund_share=(sums.charged_cents - sums.all_cents) / sums.charged_cents.nullif(0),
    ).select("customer_id", "cut_off", *PURCHASES)


def first_days(rows: Relation, column: str) -> Relation:
    """The first day of each customer with each value of `column` (product or channel): customer_id, day."""
    firsts = rows.filter(rows[column].notnull()).group_by("customer_id", column).aggregate(day=rows.day.min())
    return firsts.select("customer_id", "day")


def variety_features(firsts: Relation, known: Relation, column: str) -> Relation:
    """One row a customer and cut-off: how many different values of `column` came before it, from `first_days`."""
    past = firsts.join(known, "day")
    return past.group_by("customer_id", "cut_off").aggregate(**{VARIETY[column]: past.count()})


def ticket_features(tickets: Relation, known: Relation) -> Relation:
    """`TICKETS`."""
    rows = tickets.select("customer_id", "day", closed_day=tickets.closed_at.date(), minutes=_minutes(tickets))
    past = rows.join(known, "day")
    closed = (past.closed_day < past.cut_off).fill_null(False)
    lately = closed & (past.cut_off.delta(past.closed_day, unit="day") <= 365).fill_null(False)
    sums = past.group_by("customer_id", "cut_off").aggregate(
        tickets_90d=past.count(where=past.age <= 90),
        tickets_365d=past.count(where=past.age <= 365),
        open_tickets=past.count(where=~closed),
        closed=past.count(where=lately),
        minutes=whole(past.minutes.sum(where=lately).coalesce(0)),
        days_since_last_ticket=past.age.min(),
    )
    hours = sums.minutes / (sums.closed * 60).nullif(0)
    return sums.mutate(mean_hours_to_close_365d=hours).select("customer_id", "cut_off", *TICKETS)


def survey_features(surveys: Relation, known: Relation) -> Relation:
    """`SURVEYS`: of several answers on one day the lowest counts."""
    rows = surveys.filter(surveys.customer_id.notnull())
    csat = {"csat": rows.csat.min()} if "csat" in rows.columns else {}
    days = rows.group_by("customer_id", "day").aggregate(nps=rows.nps.min(), answers=rows.count(), **csat)
    past = days.join(known, "day")
    last = {f"last_{name}": past[name].argmax(past.day, where=past[name].notnull()) for name in ("nps", *csat)}
    return past.group_by("customer_id", "cut_off").aggregate(
        low_rating_90d=(past.count(where=(past.nps <= LOW_RATING) & (past.age <= 90)) > 0).cast("int64"),
        responses_365d=whole(past.answers.sum(where=past.age <= 365).coalesce(0)),
        days_since_last_answer=past.age.min(),
        **last,
    )


def _minutes(tickets: Relation) -> Relation:
    """Minutes from opening to closing, from the clocks' own figures: differences of instants depend on the engine."""
    opened, closed = tickets.opened_at, tickets.closed_at
    days = closed.date().delta(opened.date(), unit="day")
    return days * 1440 + (closed.hour() - opened.hour()) * 60 + closed.minute() - opened.minute()


def session_features(sessions: Relation, known: Relation) -> Relation:
    """`SESSIONS`, as far as columns go."""
    rows = sessions.filter(sessions.customer_id.notnull())
    past = rows.join(known, "day")
    lately = past.age <= 90
    sums = {
        "sessions_90d": past.count(where=lately),
        "sessions_before_90d": past.count(where=(past.age > 90) & (past.age <= 180)),
        "days_since_last_session": past.age.min(),
    }
    shares = {}
    if "pages" in rows.columns:
        sums["pages_90d"] = whole(past.pages.sum(where=lately).coalesce(0))
    if "goal_met" in rows.columns:
        shares["goal_met_share_90d"] = (past.goal_met, lately & past.goal_met.notnull())
    if {"searched", "found"} <= set(rows.columns):
        shares["failed_search_share_90d"] = (~past.found, lately & past.searched & past.found.notnull())
    return _with_shares(past, sums, shares)


def message_features(messages: Relation, known: Relation) -> Relation:
    """`MESSAGES`."""
    rows = messages.select("customer_id", "day", opened_day=messages.opened_at.date())
    past = rows.join(known, "day")
    opened = (past.opened_day < past.cut_off).fill_null(False)
    lately = past.age <= 90
    return _with_shares(past, {"messages_90d": past.count(where=lately)}, {"opened_share_90d": (opened, lately)})


def _with_shares(past: Relation, sums: dict[str, Relation], shares: dict[str, tuple[Relation, Relation]]) -> Relation:
    """Sums, and for each share (true, among) the part of `among` that is true; missing where there are none."""
    parts = {}
    for name, (true, among) in shares.items():
        parts[f"{name}_of"] = past.count(where=among)
        parts[f"{name}_n"] = past.count(where=among & true)
    counts = past.group_by("customer_id", "cut_off").aggregate(**sums, **parts)
    divided = {name: counts[f"{name}_n"] / counts[f"{name}_of"].nullif(0) for name in shares}
    return counts.mutate(**divided).select("customer_id", "cut_off", *sums, *shares)


_EVENTS: dict[str, Callable[[Relation, Relation], Relation]] = {
    "tickets": ticket_features,
    "surveys": survey_features,
    "sessions": session_features,
    "messages": message_features,
}
