"""Numbers and dates that know how a reader should see them.

A quantity is the value at full precision and its kind; rounding and digits are the business of `speaker`, so that one
number looks the same in a tile, a table, a sentence and a chart.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Quantity:
    """Base of all quantities. `signed` shows a plus or minus; missing values are None or NaN and show as a dash."""

    value: float | int | None
    signed: bool = False


@dataclass(frozen=True)
class Count(Quantity):
    """A whole number of things: 1,200."""


@dataclass(frozen=True)
class Decimal(Quantity):
    """A number with a fixed number of decimals."""

    digits: int = 1


@dataclass(frozen=True)
class Percent(Quantity):
    """A share as a fraction: 0.42 shows as 42%, below 0.20 with one decimal unless `digits` says otherwise."""

    digits: int | None = None


@dataclass(frozen=True)
class Points(Quantity):
    """A score in points, such as NPS on -100..100: whole, signed unless told otherwise."""

    signed: bool = True
    digits: int = 0


@dataclass(frozen=True)
class Money(Quantity):
    """An amount in minor units (cents) of `currency` (ISO 4217); shows whole units unless `digits` says otherwise."""

    currency: str = ""
    digits: int = 0


@dataclass(frozen=True)
class Days(Quantity):
    """A length of time in days, said with its unit: 34 days."""


@dataclass(frozen=True)
class Day:
    """A calendar day: 30 September 2026."""

    value: dt.date | None


@dataclass(frozen=True)
class Month:
    """A calendar month (any day in it): September 2026, or Sep 2026 when `short`."""

    value: dt.date | None
    short: bool = False


def about(value: float, *, digits: int = 3) -> float:
    """Rounded to significant digits; a forecast's further digits would be read as knowledge.

    >>> about(20_475_941.3), about(-0.12345), about(0.0)
    (20500000.0, -0.123, 0.0)
    """
    if not math.isfinite(value) or value == 0:
        return value
    return float(f"{value:.{digits}g}")
