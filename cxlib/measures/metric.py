"""One headline number: what a tile shows, what metrics.json keeps and what a later run is compared with."""

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType

from cxlib.errors import ConfigurationError, nearest
from cxlib.language import Count, Days, Decimal, Message, Money, Percent, Points, Quantity, available_languages, speaker

UNITS: MappingProxyType[str, Callable[..., Quantity]] = MappingProxyType(
    {"count": Count, "percent": Percent, "money": Money, "points": Points, "days": Days, "decimal": Decimal}
)


@dataclass(frozen=True)
class Metric:
    """A number with its uncertainty and its meaning.

    `name`: Stable key, such as ``"active_customers"``; metrics.json and comparisons between runs use it.
    `value`: In the unit of `unit`: a fraction for "percent", minor units (cents) for "money", days for "days".
    `low`, `high`: Ends of the interval at confidence `level`, in the same unit.
    `n`: How many customers, answers or orders the value rests on.
    `polarity`: +1 when higher is better, -1 when lower is better, 0 when neither.
    `change`: Difference to the value it is compared with, same unit; `note` says what that is.
    `currency`: ISO 4217 code, for "money".
    `total`: Whether it counts from the first day on: then it grows by itself, and no growth of it is good or bad.
    `window_days`: How many days up to `as_of` it is of, where it moves along; two runs closer than that share some of
        them.

    >>> from cxlib.language import T
    >>> Metric("share", T("Share of revenue"), 0.42, low=0.40, high=0.44, n=1200, unit="percent").to_dict()["value"]
    0.42
    """

    name: str
    label: Message
    value: float | None
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    n: int | None = None
    unit: str = "count"
    polarity: int = 0
    as_of: dt.date | None = None
    change: float | None = None
    note: Message | None = None
    currency: str = ""
    total: bool = False
    window_days: int | None = None

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ConfigurationError(f"metric {self.name!r}: unknown unit {self.unit!r}. {nearest(self.unit, UNITS)}")
        if self.polarity not in (-1, 0, 1):
            raise ConfigurationError(f"metric {self.name!r}: polarity is {self.polarity}; give -1, 0 or 1.")

    @property
    def quantity(self) -> Quantity:
        """The value as a reader sees it."""
        return self.show(self.value)

    def show(self, value: float | None, *, signed: bool | None = None) -> Quantity:
        """Any value in this metric's unit as a quantity; `signed` forces or drops the plus sign."""
        make = partial(Money, currency=self.currency, in_words=True) if self.unit == "money" else UNITS[self.unit]
        shown = make(value)
        return shown if signed is None else replace(shown, signed=signed)

    @property
    def is_better(self) -> bool | None:
        """Whether the change is good; None when there is none, or when neither direction is better."""
        if not _number(self.change) or not self.polarity:
            return None
        return (self.change or 0) * self.polarity > 0

    def to_dict(self) -> dict[str, object]:
        """The metric as plain JSON values: missing numbers are null; `label` and `note` hold one text a language."""
        return {
            "name": self.name,
            "label": in_each_language(self.label),
            "value": _number(self.value),
            "low": _number(self.low),
            "high": _number(self.high),
            "level": self.level,
            "n": None if self.n is None else int(self.n),
            "unit": self.unit,
            "currency": self.currency,
            "polarity": self.polarity,
            "as_of": None if self.as_of is None else self.as_of.isoformat(),
            "change": _number(self.change),
            "note": None if self.note is None else in_each_language(self.note),
            "total": self.total,
            "window_days": self.window_days,
        }


def in_each_language(message: Message) -> dict[str, str]:
    """The text of a message by language."""
    return {language: speaker(language).say(message) for language in available_languages()}


def _number(value: float | None) -> float | int | None:
    """A plain Python number: numpy's are not JSON, and neither are NaN and infinity."""
    if value is None or not math.isfinite(value):
        return None
    plain = getattr(value, "item", lambda: value)()
    return plain if isinstance(plain, int) else float(plain)
