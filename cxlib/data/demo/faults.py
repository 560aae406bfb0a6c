"""The planted faults: rows that a careless export could hold, one kind of fault in each, in known numbers.

Every faulty row breaks exactly one thing, so that what the checks find can be held against this list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

GOOD = {"customer": "C0000001", "at": "14/09/2026 10:05", "amount": "45.00", "product": "pantry", "channel": "phone"}


@dataclass(frozen=True)
class Fault:
    """One kind of planted fault: the canonical column it hits ("" where the whole line is broken) and its rows."""

    kind: str
    column: str
    rows: int


FAULTS = (
    Fault("wrong date format", "at", 12),
    Fault("impossible date", "at", 3),
    Fault("future date", "at", 5),
    Fault("money is not a number", "amount", 8),
    Fault("missing amount", "amount", 3),
    Fault("missing customer", "customer_id", 6),
    Fault("duplicate id", "transaction_id", 7),
    Fault("too many columns", "", 4),
    Fault("too few columns", "", 3),
    Fault("wrong encoding", "product", 5),
    Fault("huge cell", "product", 1),
    # Last, because an open quotation mark may swallow the quoted lines after it.
    Fault("open quotation mark", "product", 1),
)
HUGE = 120_000  # characters
_DATES = ("2026-09-14 10:05", "14 Sep 2026", "09/14/2026 10:05", "14.09.26")
_AMOUNTS = ("twelve", "12,50", "1.234,50", "EUR 45.00")
# Arabic words as an old Windows program would save them: no valid UTF-8.
_WORDS = ("خضار", "ألبان", "مخبوزات")


def fault_lines(fault: Fault, *, first_number: int = 1, original: bytes = b"") -> list[bytes]:
    """The faulty lines of one kind, without line ends, their order numbers counting from `first_number`.

    `original` is the good line that duplicates repeat; without one there are none.

    >>> fault_lines(Fault("missing customer", "customer_id", 1))
    [b'X0000001,,14/09/2026 10:05,45.00,pantry,phone']
    """
    if fault.kind == "duplicate id":
        return [original] * fault.rows if original else []
    make = _MAKERS[fault.kind]
    return [make(f"X{first_number + number:07d}", number) for number in range(fault.rows)]


def _line(order: str, **changed: str) -> str:
    values = {"order": order, **GOOD, **changed}.values()
    return ",".join(f'"{value}"' if "," in value else value for value in values)


def _with(**patterns: Callable[[int], str]) -> Callable[[str, int], bytes]:
    """A maker of lines with one value changed, by the line's running number."""
    return lambda order, number: _line(order, **{name: make(number) for name, make in patterns.items()}).encode()


_MAKERS: dict[str, Callable[[str, int], bytes]] = {
    "wrong date format": _with(at=lambda number: _DATES[number % len(_DATES)]),
    "impossible date": _with(at=lambda number: f"{30 + number % 2}/02/2026 09:00"),
    "future date": _with(at=lambda number: f"{number % 28 + 1:02d}/08/2099 10:05"),
    "money is not a number": _with(amount=lambda number: _AMOUNTS[number % len(_AMOUNTS)]),
    "missing amount": _with(amount=lambda number: ""),
    "missing customer": _with(customer=lambda number: ""),
    "too many columns": lambda order, number: f"{_line(order)},late,entry".encode(),
    "too few columns": lambda order, number: ",".join([order, GOOD["customer"], GOOD["at"]]).encode(),
    "wrong encoding": lambda order, number: _line(order, product=_WORDS[number % len(_WORDS)]).encode("cp1256"),
    "huge cell": _with(product=lambda number: "pantry" * (HUGE // 6)),
    "open quotation mark": lambda order, number: _line(order).replace("pantry", '"pantry').encode(),
}
