"""What a feature is called for a reader, in which unit it is said, and whether the company can act on it."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
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


_NAMES = WordList("features")
_BY_FAMILY: dict[str, dict[str, tuple[Unit, bool]]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
FEATURES = {
    name: Feature(name, _NAMES[name], *facts, family)
    for family, rows in _BY_FAMILY.items()
    for name, facts in rows.items()
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
