"""What a customer's purchases before a cut-off say."""

from __future__ import annotations

from typing import Any

import ibis

from cxlib.data.frames.observed import Observed, whole

FEATURES = (
    "days_since_last_purchase",
    "customer_days",
    "purchase_days",
    "purchase_days_90d",
    "purchase_days_before_90d",
    "spend_cents_90d",
    "spend_cents_365d",
    "mean_order_cents",
    "mean_gap_days",
    "overdue_ratio",
    "refund_share",
)
VARIETY = {"product": "products", "channel": "channels"}


def purchase_days(observed: Observed) -> Any:
    """One row a customer and day: net cents, cents charged before refunds, and whether it is a purchase day."""
    rows = observed.rows
    charged = ibis.greatest(rows.amount_cents, 0) if observed.has_refunds else rows.amount_cents
    days = rows.group_by("customer_id", "day").aggregate(
        cents=whole(rows.amount_cents.sum()), least=rows.amount_cents.min(), charged=whole(charged.sum())
    )
    return days.mutate(is_purchase=(days.cents > 0) | (days.least >= 0))


def purchase_stretches(observed: Observed, stretches: Any) -> Any:
    """What each customer bought in each stretch of days: `day` is the stretch's first, by which cut-offs place it.

    Cut-offs look at far fewer stretches than days, and every figure of a snapshot is a sum, a first or a last of them.
    """
    days = purchase_days(observed).join(stretches, "day")
    bought = days.is_purchase
    return days.group_by("customer_id", day=days.stretch).aggregate(
        purchase_days=days.count(where=bought),
        first_day=days.day.min(where=bought),
        last_day=days.day.max(where=bought),
        cents=whole(days.cents.sum()),
        purchase_cents=whole(days.cents.sum(where=bought).coalesce(0)),
        charged_cents=whole(days.charged.sum()),
    )


def purchase_features(bought: Any, known: Any) -> Any:
    """One row a customer and cut-off with at least one purchase day before it.

    Parameters
    ----------
    bought : ibis table
        From `purchase_stretches`.
    known : ibis table
        From `known_days`.

    Returns
    -------
    ibis table
        customer_id, cut_off and `FEATURES`: days are counted back from the cut-off, money is net and in cents.
    """
    seen = bought.join(known, "day")
    near, before = seen.age <= 90, (seen.age > 90) & (seen.age <= 180)
    sums = seen.group_by("customer_id", "cut_off").aggregate(
        first_day=seen.first_day.min(),
        last_day=seen.last_day.max(),
        purchase_days=whole(seen.purchase_days.sum()),
        purchase_days_90d=whole(seen.purchase_days.sum(where=near).coalesce(0)),
        purchase_days_before_90d=whole(seen.purchase_days.sum(where=before).coalesce(0)),
        spend_cents_90d=whole(seen.cents.sum(where=near).coalesce(0)),
        spend_cents_365d=whole(seen.cents.sum(where=seen.age <= 365).coalesce(0)),
        purchase_cents=whole(seen.purchase_cents.sum()),
        charged_cents=whole(seen.charged_cents.sum()),
        all_cents=whole(seen.cents.sum()),
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
    ).select("customer_id", "cut_off", *FEATURES)


def first_days(rows: Any, column: str) -> Any:
    """The first day of each customer with each value of `column` (product or channel): customer_id, day."""
    firsts = rows.filter(rows[column].notnull()).group_by("customer_id", column).aggregate(day=rows.day.min())
    return firsts.select("customer_id", "day")


def variety_features(firsts: Any, known: Any, column: str) -> Any:
    """One row a customer and cut-off: how many different values of `column` came before it, from `first_days`."""
    seen = firsts.join(known, "day")
    return seen.group_by("customer_id", "cut_off").aggregate(**{VARIETY[column]: seen.count()})
