"""What several parts of the page say in the same way: notices, groups, ids of which only the end can be read."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import TypeVar

import pandas as pd

from cxlib.churn import ChurnStudy
from cxlib.language import Decimal, Message, T, labelled
from cxlib.masking import mask_contacts
from cxlib.report.component import Component
from cxlib.report.text import notice

HUNDREDTHS = partial(Decimal, digits=2)
THOUSANDTHS = partial(Decimal, digits=3)
TENTHS = partial(Decimal, digits=1)
SHORTEST_ID = 3
MOST_TEXT = 60
JOINER = "\u2060"
RETROSPECTIVE = T("Retrospective, not a forecast: the data says who has left, not when")
Part = TypeVar("Part")


def or_notice(part: Part | None, why: Message, view: Callable[[Part], Component]) -> Component:
    """The part as `view` shows it; where the data does not bear it, a notice that says why."""
    return notice(why, "info") if part is None else view(part)


def texts(values: Iterable[object]) -> pd.Series:
    """Messages, quantities or texts as a column."""
    return pd.Series(list(values), dtype=object)


def masked(customer: object) -> str:
    """The end of an id, enough to find it in the export; the joiner keeps it on one line."""
    return f"\u2026{JOINER}{str(customer)[-SHORTEST_ID:]}"


def plain(value: object, column: str = "") -> Message | str:
    """A value of the company's files as a page may show it: as its label has it, else without contacts, and short.

    >>> plain("moved, write to sara.ali@example.com")
    'moved, write to s•••'
    """
    label = without_contacts(value) if isinstance(value, Message) else labelled(value, column)
    if isinstance(label, Message):
        return label
    text = mask_contacts(label)
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}\u2026"


def without_contacts(message: Message) -> Message:
    """The message with what somebody typed made fit for a page."""
    values = {
        name: plain(value) if isinstance(value, str | Message) else value
        for name, value in dict(message.values).items()
    }
    return replace(message, values=values)


def joined(parts: Iterable[Message]) -> Message | None:
    """Messages one after the other, in the reader's way; None without any."""
    line: Message | None = None
    for part in parts:
        line = part if line is None else T("{before}; {next}", before=line, next=part)
    return line


def with_retrospective(study: ChurnStudy, title: Message) -> Message:
    """The title; where the data only holds a flag, with the remark that it looks back."""
    return T("{title} (in retrospect)", title=title) if study.data.looks_back else title
