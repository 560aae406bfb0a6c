"""What a customer's visits and the messages sent to them before a cut-off say.

A message that is opened on or after the cut-off counts as not opened.
"""

from __future__ import annotations

from typing import Any

from cxlib.data.frames.observed import whole

SESSIONS = (
    "sessions_90d",
    "sessions_before_90d",
    "pages_90d",
    "goal_met_share_90d",
    "failed_search_share_90d",
    "days_since_last_session",
)
MESSAGES = ("messages_90d", "opened_share_90d")


def session_features(sessions: Any, known: Any) -> Any:
    """One row a customer and cut-off with a visit before it: customer_id, cut_off, `SESSIONS` as far as columns go."""
    rows = sessions.filter(sessions.customer_id.notnull())
    seen = rows.join(known, "day")
    lately = seen.age <= 90
    sums = {
        "sessions_90d": seen.count(where=lately),
        "sessions_before_90d": seen.count(where=(seen.age > 90) & (seen.age <= 180)),
        "days_since_last_session": seen.age.min(),
    }
    shares = {}
    if "pages" in rows.columns:
        sums["pages_90d"] = whole(seen.pages.sum(where=lately).coalesce(0))
    if "goal_met" in rows.columns:
        shares["goal_met_share_90d"] = (seen.goal_met, lately & seen.goal_met.notnull())
    if {"searched", "found"} <= set(rows.columns):
        shares["failed_search_share_90d"] = (~seen.found, lately & seen.searched & seen.found.notnull())
    return _with_shares(seen, sums, shares)


def message_features(messages: Any, known: Any) -> Any:
    """One row a customer and cut-off with a message before it: customer_id, cut_off and `MESSAGES`."""
    rows = messages.select("customer_id", "day", opened_day=messages.opened_at.date())
    seen = rows.join(known, "day")
    opened = (seen.opened_day < seen.cut_off).fill_null(False)
    lately = seen.age <= 90
    return _with_shares(seen, {"messages_90d": seen.count(where=lately)}, {"opened_share_90d": (opened, lately)})


def _with_shares(seen: Any, sums: dict[str, Any], shares: dict[str, tuple[Any, Any]]) -> Any:
    """Sums, and for each share (true, among) the part of `among` that is true; missing where there are none."""
    parts = {}
    for name, (true, among) in shares.items():
        parts[f"{name}_of"] = seen.count(where=among)
        parts[f"{name}_n"] = seen.count(where=among & true)
    found = seen.group_by("customer_id", "cut_off").aggregate(**sums, **parts)
    divided = {name: found[f"{name}_n"] / found[f"{name}_of"].nullif(0) for name in shares}
    return found.mutate(**divided).select("customer_id", "cut_off", *sums, *shares)
