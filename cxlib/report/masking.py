"""Hides contacts in text that reaches a page: addresses of people and numbers that ring.

Used wherever raw values of a company's files are shown (set-aside rows, comments). Exports keep the raw value: they go
to whoever may see the data anyway.
"""

from __future__ import annotations

import re

_EMAIL = re.compile(r"([\w.+-])[\w.+-]*@[\w-]+(?:\.[\w-]+)+")
_DIGIT = "[0-9\u0660-\u0669\u06f0-\u06f9]"
_PHONE = re.compile(rf"(?<![\w.,:/-])(?:\+|00)?{_DIGIT}(?:[ ()-]{{0,2}}{_DIGIT}){{8,14}}(?![\w/:-]|[.,]\w)")
HIDDEN = "\u2022\u2022\u2022"


def mask_contacts(text: str) -> str:
    """Put dots in place of e-mail addresses and of telephone numbers (nine to fifteen digits).

    Dates, times and amounts are left as they are.

    Examples
    --------
    >>> mask_contacts("call 0501234567 or write to sara.ali@example.com")
    'call ••• or write to s•••'
    >>> mask_contacts("Call 0501234567, or +966 50 123 4567.")
    'Call •••, or •••.'
    >>> mask_contacts("2026-09-14 10:05"), mask_contacts("1,234,567.89")
    ('2026-09-14 10:05', '1,234,567.89')
    """
    return _PHONE.sub(_phone, _EMAIL.sub(rf"\1{HIDDEN}", text))


def _phone(found: re.Match[str]) -> str:
    # A date such as 2026-09-14 followed by a time has as many digits as a telephone number, but no such beginning.
    text = found[0]
    return text if re.match(r"\d{4}-\d{2}-\d{2}", text) else HIDDEN
