"""What a feature is called for a reader, in which unit it is said, and whether the company can act on it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from cxlib.language import Count, Days, Decimal, Message, Money, Percent, Quantity, T, WordList, column_name, labelled

Unit = Literal["days", "cents", "share", "count", "number", "text"]


@dataclass(frozen=True)
class Feature:
    """One feature of a snapshot.

    `unit`: "days", "cents", "share" (a fraction), "count", "number" or "text".
    `actionable`: Whether something that the company does can change it; where not, it only says who is concerned.
    `family`: The table that it is made from; "attributes" for what the customers table says.

    >>> FEATURES["tickets_90d"].unit, FEATURES["tickets_90d"].family
    ('count', 'tickets')
    """

    name: str
    label: Message
    unit: Unit
    actionable: bool
    family: str

    def shown(self, value: str | float, *, currency: str = "") -> Quantity | Message | str:
        """A value of the feature as a reader should see it."""
        if self.unit == "text":
            return labelled(value, self.name)
        number = float(value)
        if self.unit == "cents":
            return Money(number, currency=currency)
        if self.unit == "days":
            return Days(round(number))
        if self.unit == "share":
            return Percent(number)
        return Count(round(number)) if self.unit == "count" and number == round(number) else Decimal(number)


def _family(family: str, *rows: tuple[str, Message, Unit, bool]) -> dict[str, Feature]:
    return {name: Feature(name, label, unit, actionable, family) for name, label, unit, actionable in rows}


FEATURES: dict[str, Feature] = {
    **_family(
        "transactions",
        ("days_since_last_purchase", T("Days since the last purchase"), "days", False),
        ("customer_days", T("Time as a customer"), "days", False),
        ("purchase_days", T("Days with a purchase so far"), "count", False),
        ("purchase_days_90d", T("Days with a purchase in the last 90 days"), "count", False),
        ("purchase_days_before_90d", T("Days with a purchase in the 90 days before those"), "count", False),
        ("spend_cents_90d", T("Spend in the last 90 days"), "cents", False),
        ("spend_cents_365d", T("Spend in the last 365 days"), "cents", False),
        ("mean_order_cents", T("Average order"), "cents", False),
        ("mean_gap_days", T("Usual time between purchases"), "days", False),
        ("overdue_ratio", T("Time since the last purchase, as a multiple of the usual time"), "number", False),
        ("refund_share", T("Share of spend refunded"), "share", True),
        ("products", T("Different products bought"), "count", True),
        ("channels", T("Channels used"), "count", True),
    ),
    **_family(
        "memberships",
        ("membership_days", T("Time as a member"), "days", False),
        ("plan", T("Plan"), "text", True),
        ("price_cents", T("Price of the plan"), "cents", True),
        ("renewals", T("Renewals so far"), "count", False),
    ),
    **_family(
        "tickets",
        ("tickets_90d", T("Support tickets in the last 90 days"), "count", True),
        ("tickets_365d", T("Support tickets in the last 365 days"), "count", True),
        ("open_tickets", T("Open support tickets"), "count", True),
        ("mean_hours_to_close_365d", T("Hours until a ticket was closed, on average"), "number", True),
        ("days_since_last_ticket", T("Days since the last support ticket"), "days", False),
    ),
    **_family(
        "surveys",
        ("last_nps", T("Last answer to “would you recommend us” (0-10)"), "number", True),
        ("low_rating_90d", T("A rating of 6 or less in the last 90 days"), "count", True),
        ("last_csat", T("Last rating of satisfaction"), "number", True),
        ("responses_365d", T("Survey answers in the last 365 days"), "count", False),
        ("days_since_last_answer", T("Days since the last survey answer"), "days", False),
    ),
    **_family(
        "sessions",
        ("sessions_90d", T("Visits in the last 90 days"), "count", True),
        ("sessions_before_90d", T("Visits in the 90 days before those"), "count", False),
        ("pages_90d", T("Pages seen in the last 90 days"), "count", True),
        ("goal_met_share_90d", T("Share of visits in the last 90 days that met their goal"), "share", True),
        ("failed_search_share_90d", T("Share of searches in the last 90 days that found nothing"), "share", True),
        ("days_since_last_session", T("Days since the last visit"), "days", False),
    ),
    **_family(
        "messages",
        ("messages_90d", T("Messages sent in the last 90 days"), "count", True),
        ("opened_share_90d", T("Share of messages opened in the last 90 days"), "share", True),
    ),
}

TROUBLE = {
    "days_since_last_purchase": 1, "overdue_ratio": 1, "purchase_days_90d": -1, "spend_cents_90d": -1,
    "refund_share": 1, "tickets_90d": 1, "tickets_365d": 1, "open_tickets": 1, "mean_hours_to_close_365d": 1,
    "last_nps": -1, "low_rating_90d": 1, "last_csat": -1, "sessions_90d": -1, "pages_90d": -1,
    "goal_met_share_90d": -1, "failed_search_share_90d": 1, "days_since_last_session": 1, "opened_share_90d": -1,
}  # fmt: skip
"""What a caller can raise with a customer: where more than usual (1) or less than usual (-1) is trouble."""

FAMILIES = WordList("families of features")


def describe_feature(name: str, *, text: bool = False, actionable: Sequence[str] = ()) -> Feature:
    """What is known of a feature; an attribute of the customer is called by its column's name and counts as fixed.

    `text`: Whether an attribute holds categories.
    `actionable`: Attributes that the company can change (a contract's form, say).

    >>> str(describe_feature("tickets_90d").label), describe_feature("tickets_90d").actionable
    ('Support tickets in the last 90 days', True)
    >>> str(describe_feature("payment_method", text=True).label)
    'Payment method'
    """
    if name in FEATURES:
        return replace(FEATURES[name], label=column_name(name)) if FEATURES[name].unit == "text" else FEATURES[name]
    return Feature(name, column_name(name), "text" if text else "number", name in actionable, "attributes")


def say_reason(feature: Feature, value: str | float | None, usual: float | None, *, currency: str = "") -> Message:
    """A reason in words: the feature, its value, and how it compares with the average customer."""
    values: dict[str, object] = {"feature": feature.label}
    if value is None or value != value:
        return T("{feature}: not known", **values)
    values["value"] = feature.shown(value, currency=currency)
    if feature.unit == "text" or usual is None or not np.isfinite(usual) or float(value) == float(usual):
        return T("{feature}: {value}", **values)
    values["usual"] = feature.shown(usual, currency=currency)
    if float(value) > float(usual):
        return T("{feature}: {value}, higher than usual ({usual})", **values)
    return T("{feature}: {value}, lower than usual ({usual})", **values)
