"""Amounts as a forecast can know them: three digits, not eight."""

from __future__ import annotations

from cxlib.language import Count, Money, about

__all__ = ["about", "count", "money"]


def money(cents: float, currency: str) -> Money:
    """A forecast amount: about so much; below a hundred units of the currency to the unit."""
    return Money(about(cents) if abs(cents) >= 10_000 else cents, currency=currency)


def count(value: float) -> Count:
    """A forecast number of things."""
    return Count(round(about(value)))
