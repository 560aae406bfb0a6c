"""How many decimals an amount in a currency has: the minor unit of ISO 4217, told here and nowhere else.

Babel's digits are those of CLDR, which says how amounts are usually shown, not what accounts hold: they differ from the
standard for Iraq's dinar (0 instead of 3) and for a dozen more (0 instead of 2). They are never used.
"""

from __future__ import annotations

from functools import cache

from babel.numbers import list_currencies

USUAL_DECIMALS = 2
# ISO 4217, list one (SIX, maintenance agency, 1 January 2024): currencies whose minor unit is not a hundredth.
DECIMALS = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
    "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
    "CLF": 4, "UYW": 4,
}  # fmt: skip


@cache
def known_currencies() -> tuple[str, ...]:
    """Codes of ISO 4217, of today and of the past, as Babel lists them; in order of the alphabet."""
    return tuple(sorted(list_currencies()))


def is_currency(code: str) -> bool:
    """Whether that is a code of ISO 4217.

    >>> is_currency("KWD"), is_currency("US$")
    (True, False)
    """
    return code in known_currencies()


def currency_decimals(currency: str) -> int:
    """Decimals of an amount in a currency (ISO 4217 code); two where no currency is named.

    >>> [currency_decimals(code) for code in ("JPY", "EUR", "KWD", "CLF", "")]
    [0, 2, 3, 4, 2]
    """
    return DECIMALS.get(currency, USUAL_DECIMALS)


def minor_units(currency: str) -> int:
    """How many minor units ("cents") make one of a currency.

    >>> minor_units("JPY"), minor_units("EUR"), minor_units("KWD")
    (1, 100, 1000)
    """
    return int(10 ** currency_decimals(currency))
