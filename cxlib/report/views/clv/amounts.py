"""Amounts as a forecast can know them: three digits, not eight."""

from __future__ import annotations

import math

from cxlib.language import Count, Money

DIGITS = 3


def about(value: float) -> float:
    """Rounded to three significant digits; a forecast's further digits would be read as knowledge.

    >>> about(20_475_941.3), about(-0.12345), about(0.0)
    (20500000.0, -0.123, 0.0)
    """
    if not math.isfinite(value) or value == 0:
        return value
    return float(f"{value:.{DIGITS}g}")


def money(cents: float, currency: str) -> Money:
    """A forecast amount: about so much; below a hundred units of the currency to the unit."""
    return Money(about(cents) if abs(cents) >= 10_000 else cents, currency=currency)


def count(value: float) -> Count:
    """A forecast number of things."""
    return Count(round(about(value)))
