"""Numbers and dates that know how a reader should see them.

A quantity is the value at full precision and its kind; rounding and digits are the business of `speaker`, so that one
number looks the same in a tile, a table, a sentence and a chart.

How many decimals an amount in a currency has: the minor unit of ISO 4217, told here and nowhere else.

Babel's digits are those of CLDR, which says how amounts are usually shown, not what accounts hold: they differ from the
standard for Iraq's dinar (0 instead of 3) and for a dozen more (0 instead of 2). They are never used.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache, total_ordering
from numbers import Real
from typing import ClassVar

from babel.numbers import get_currency_name, list_currencies

USUAL_DECIMALS = 2
NO_CURRENCY = "XXX"  # of ISO 4217: no currency is meant; what is counted then are purchases
# ISO 4217, list one (SIX, maintenance agency, 1 January 2024): currencies whose minor unit is not a hundredth.
DECIMALS = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
    "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
    "CLF": 4, "UYW": 4,
    "XXX": 0,
}  # fmt: skip


@cache
def known_currencies() -> tuple[str, ...]:
    """Codes of ISO 4217, of today and of the past, as Babel lists them; in order of the alphabet.

    >>> "KWD" in known_currencies()
    True
    """
    return tuple(sorted(list_currencies()))


def is_currency(code: str) -> bool:
    """Whether that is a code of ISO 4217.

    >>> is_currency("SAR"), is_currency("SR")
    (True, False)
    """
    return code in known_currencies()


def currencies_like(text: str) -> list[str]:
    """Codes that somebody probably meant: the nearest one, or those of that name, where they are five or fewer.

    >>> currencies_like("riyals")
    ['QAR', 'SAR']
    """
    word = text.strip().casefold()
    if len(word) <= 3:
        return get_close_matches(word.upper(), known_currencies(), n=1)
    names = {code: get_currency_name(code, locale="en").casefold() for code in known_currencies()}
    named = [code for code, name in names.items() if word.removesuffix("s") in name]
    return named if len(named) <= 5 else []


def currency_decimals(currency: str) -> int:
    """Decimals of an amount in a currency (ISO 4217 code); two where no currency is named.

    >>> currency_decimals("KWD"), currency_decimals("JPY")
    (3, 0)
    """
    return DECIMALS.get(currency, USUAL_DECIMALS)


def minor_units(currency: str) -> int:
    """How many minor units ("cents") make one of a currency.

    >>> minor_units("SAR"), minor_units("KWD")
    (100, 1000)
    """
    return int(10 ** currency_decimals(currency))


WHOLE_UNITS = 100  # an amount of so many units of a currency, or more, shows no decimals


@total_ordering
@dataclass(frozen=True, repr=False, eq=False)
class Quantity:
    """Base of all quantities. `signed` shows a plus or minus; missing values are None or NaN and show as a dash.

    `float` gives the number: a share as a fraction, money in units of its currency. By it quantities of one kind
    compare and sort, also with numbers; prints and `repr` show what a reader sees.

    >>> sorted([Percent(0.42), Percent(0.07)]), Count(1200) > 1000, float(Money(1250, currency="EUR"))
    ([7.0%, 42%], True, 12.5)
    """

    value: float | int | None
    signed: bool = False
    in_english: ClassVar[Callable[[Quantity | Day | Month], str]]
    """What `str` calls; `speaker` sets it."""

    def __str__(self) -> str:
        return type(self).in_english(self)

    __repr__ = __str__

    def __float__(self) -> float:
        return math.nan if self.value is None else float(self.value)

    def __format__(self, spec: str) -> str:
        return format(float(self), spec) if spec else str(self)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Quantity):
            return type(self) is type(other) and vars(self) == vars(other)
        return isinstance(other, Real) and float(self) == other

    def __lt__(self, other: object) -> bool:
        if isinstance(other, Quantity):
            is_alike = type(self) is type(other) and getattr(self, "currency", "") == getattr(other, "currency", "")
            return float(self) < float(other) if is_alike else NotImplemented
        return float(self) < float(other) if isinstance(other, Real) else NotImplemented

    def __hash__(self) -> int:
        return hash(float(self))


@dataclass(frozen=True, repr=False, eq=False)
class Count(Quantity):
    """A whole number of things: 1,200.

    >>> Count(1200)
    1,200
    """


@dataclass(frozen=True, repr=False, eq=False)
class Decimal(Quantity):
    """A number with a fixed number of decimals.

    >>> Decimal(1.25, digits=2)
    1.25
    """

    digits: int = 1


@dataclass(frozen=True, repr=False, eq=False)
class Percent(Quantity):
    """A share as a fraction: 0.42 shows as 42%, below 0.20 with one decimal unless `digits` says otherwise.

    So does what rounds to all and is not: 0.997 shows as 99.7%.

    >>> Percent(0.42), Percent(0.123)
    (42%, 12.3%)
    """

    digits: int | None = None


@dataclass(frozen=True, repr=False, eq=False)
class Points(Quantity):
    """A score in points, such as NPS on -100..100: whole, signed unless told otherwise.

    >>> Points(12), Points(12, signed=False)
    (+12, 12)
    """

    signed: bool = True
    digits: int = 0


@dataclass(frozen=True, repr=False, eq=False)
class Money(Quantity):
    """An amount in minor units ("cents": pence, yen, fils) of `currency` (ISO 4217).

    It shows whole units, or with `digits` above 0 all decimals that the currency has: 1.234 in dinars, none in yen.
    Left to itself, an amount below 100 shows them too where a unit is a thousand minor ones or more. With `in_words` a
    million and more are said with three digits and a word, as in prose. `is_about` shows three digits of what nobody
    knows to the last one, such as a forecast; the number stays whole. Without a currency (`NO_CURRENCY`, where sales
    have no amounts) it is a number of purchases.

    >>> Money(123_456, currency="SAR").value, float(Money(123_456, currency="SAR"))
    (123456, 1234.56)
    """

    currency: str = ""
    digits: int | None = None
    in_words: bool = False  # a million and more as a reader says it: 18.6 million
    is_about: bool = False

    @property
    def seen(self) -> float:
        """The size in minor units that a reader sees."""
        size = abs(self.value or 0)
        return about(size) if self.is_about else size

    def __float__(self) -> float:
        return super().__float__() / minor_units(self.currency)

    @property
    def decimals(self) -> int:
        """How many decimals it shows: all of the currency, or none."""
        decimals = currency_decimals(self.currency)
        if self.digits is not None:
            return decimals if self.digits else 0
        is_fine = decimals > 2 and 0 < self.seen < WHOLE_UNITS * minor_units(self.currency)
        return decimals if is_fine else 0


@dataclass(frozen=True, repr=False, eq=False)
class Days(Quantity):
    """A length of time in days, said with its unit: 34 days.

    >>> Days(34)
    34 days
    """


@dataclass(frozen=True, order=True, repr=False)
class Day:
    """A calendar day: 30 September 2026.

    >>> Day(dt.date(2026, 9, 30))
    30 September 2026
    """

    value: dt.date | None

    def __repr__(self) -> str:
        return Quantity.in_english(self)


@dataclass(frozen=True, order=True, repr=False)
class Month:
    """A calendar month (any day in it): September 2026, or Sep 2026 when `short`.

    >>> Month(dt.date(2026, 9, 30), short=True)
    Sept 2026
    """

    value: dt.date | None
    short: bool = False

    __repr__ = Day.__repr__


def points_apart(now: float, before: float, *, shares: bool = False) -> Points:
    """Difference of two scores, or of two shares (fractions), as of what a reader sees of both: from -1 to -9 are 8.

    Where both show as the same number it is the difference itself.

    >>> points_apart(-9, -1)
    −8
    """
    scale = 100 if shares else 1
    digits = [int(shares and abs(share) < 0.2) for share in (now, before)]
    shown = round(scale * now, digits[0]) - round(scale * before, digits[1])
    return Points(shown, digits=max(digits)) if shown else Points(scale * (now - before), digits=1)


def about(value: float, *, digits: int = 3) -> float:
    """Rounded to significant digits; a forecast's further digits would be read as knowledge.

    >>> about(20_475_941.3), about(-0.12345), about(0.0)
    (20500000.0, -0.123, 0.0)
    """
    if not math.isfinite(value) or value == 0:
        return value
    return float(f"{value:.{digits}g}")


def difference_seen(now: float, before: float, *, unit: str, currency: str = "") -> float:
    """The difference of two values of a metric's `unit` as a reader sees both, so that what is shown adds up.

    >>> difference_seen(0.6, 0.4, unit="points")
    1
    """
    step = 0.1 if unit == "decimal" else 1

    def seen(value: float) -> float:
        if unit != "money" or Money(value, currency=currency).decimals:
            return round(value / step) * step
        whole = minor_units(currency)
        return round((about(value) if abs(value) >= 1_000_000 * whole else value) / whole) * whole

    return seen(now) - seen(before)


def amount_names(columns: Iterable[object]) -> dict[str, str]:
    """Which columns are of minor units and what they are called in units: ``spend_cents_90d`` is ``spend_90d``.

    >>> amount_names(["spend_cents_90d", "day"])
    {'spend_cents_90d': 'spend_90d'}
    """
    return {name: name.replace("_cents", "") for name in map(str, columns) if "_cents" in name}


def about_money(cents: float, currency: str = "") -> Money:
    """An amount that nobody knows to the last digit, such as a forecast: shows three, or whole units below 1,000.

    >>> about_money(123_456, "GBP"), float(about_money(123_456, "GBP"))
    (£1,230, 1234.56)
    """
    amount = Money(cents, currency=currency)
    is_rounded = amount.decimals or abs(cents) >= WHOLE_UNITS * minor_units(currency)
    return replace(amount, is_about=True, in_words=True) if is_rounded else amount
