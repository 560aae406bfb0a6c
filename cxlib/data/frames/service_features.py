"""What a customer's tickets and answers before a cut-off say.

A ticket's end is known from the day after it on: one that closes on or after the cut-off is open at it.
"""

from __future__ import annotations

from typing import Any

from cxlib.data.frames.observed import whole

TICKETS = ("tickets_90d", "tickets_365d", "open_tickets", "mean_hours_to_close_365d", "days_since_last_ticket")
SURVEYS = ("last_nps", "low_rating_90d", "last_csat", "responses_365d", "days_since_last_answer")
LOW_RATING = 6  # an NPS of 6 or less: a detractor


def ticket_features(tickets: Any, known: Any) -> Any:
    """One row a customer and cut-off with a ticket before it: customer_id, cut_off and `TICKETS`."""
    rows = tickets.select("customer_id", "day", closed_day=tickets.closed_at.date(), minutes=_minutes(tickets))
    seen = rows.join(known, "day")
    closed = (seen.closed_day < seen.cut_off).fill_null(False)
    lately = closed & (seen.cut_off.delta(seen.closed_day, unit="day") <= 365).fill_null(False)
    sums = seen.group_by("customer_id", "cut_off").aggregate(
        tickets_90d=seen.count(where=seen.age <= 90),
        tickets_365d=seen.count(where=seen.age <= 365),
        open_tickets=seen.count(where=~closed),
        closed=seen.count(where=lately),
        minutes=whole(seen.minutes.sum(where=lately).coalesce(0)),
        days_since_last_ticket=seen.age.min(),
    )
    hours = sums.minutes / (sums.closed * 60).nullif(0)
    return sums.mutate(mean_hours_to_close_365d=hours).select("customer_id", "cut_off", *TICKETS)


def survey_features(surveys: Any, known: Any) -> Any:
    """One row a customer and cut-off with an answer before it: customer_id, cut_off and `SURVEYS`.

    Of several answers on one day the lowest counts.
    """
    rows = surveys.filter(surveys.customer_id.notnull())
    csat = {"csat": rows.csat.min()} if "csat" in rows.columns else {}
    days = rows.group_by("customer_id", "day").aggregate(nps=rows.nps.min(), answers=rows.count(), **csat)
    seen = days.join(known, "day")
    last = {f"last_{name}": seen[name].argmax(seen.day, where=seen[name].notnull()) for name in ("nps", *csat)}
    return seen.group_by("customer_id", "cut_off").aggregate(
        low_rating_90d=(seen.count(where=(seen.nps <= LOW_RATING) & (seen.age <= 90)) > 0).cast("int64"),
        responses_365d=whole(seen.answers.sum(where=seen.age <= 365).coalesce(0)),
        days_since_last_answer=seen.age.min(),
        **last,
    )


def _minutes(tickets: Any) -> Any:
    """Minutes from opening to closing, from the clocks' own figures: differences of instants depend on the engine."""
    opened, closed = tickets.opened_at, tickets.closed_at
    days = closed.date().delta(opened.date(), unit="day")
    return days * 1440 + (closed.hour() - opened.hour()) * 60 + closed.minute() - opened.minute()
