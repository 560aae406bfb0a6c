"""Chats as WhatsApp exports them ("Export chat") as relations (`raw.Raw`): a message a row.

A line begins with the day and the time in the manner of the telephone's language, in brackets or before a dash, then
the sender; lines without these go on with the message before. What the program itself says has no sender, and what
stands for a picture has no words: neither is a message.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cxlib.data.connect import Store
from cxlib.data.reading.raw import Line, Raw, read_exactly, refuse_empty, text_fields, unpacked
from cxlib.data.sources import TableSource
from cxlib.errors import DataError

TITLES = ("Sent at", "Sent by", "Chat with", "Message")
_MARKS = str.maketrans(dict.fromkeys("\u200e\u200f\u202a\u202b\u202c\ufeff", None) | dict.fromkeys("\u00a0\u202f", " "))
_START = re.compile(
    r"\[?(\d{1,4}[/.-]\d\d?[/.-]\d{2,4})[,،]? (\d\d?:\d\d(?::\d\d)?(?: ?(?:[AaPp]\.? ?[Mm]\.?|ص|م))?)(?:\]| -) (.*)",
    re.DOTALL,
)
_WITH = re.compile(r"(?i)(?:whatsapp chat (?:with|-)|(?:محادثة|دردشة) واتساب (?:مع|-)) *(.*?)(?: \(\d+\))?$")
_NO_WORDS = re.compile(r"<[^<>]+>|\w+ (?:omitted|deleted)|تم (?:استبعاد|حذف) .*")


def is_chat(text: str) -> bool:
    """Whether a text begins as such an export does.

    >>> is_chat("12/3/2024, 2:06 م - سارة: مرحبا"), is_chat("12/3/2024, 14:06, 20.50")
    (True, False)
    """
    return _START.match(text.lstrip().translate(_MARKS)) is not None


def read_chat(store: Store, path: Path, source: TableSource) -> Raw:
    """An exported chat: when, by whom and what was written, and with whom the chat is where the file's name tells."""
    refuse_empty(path)
    partner = match[1] if (match := _WITH.search(path.name.removesuffix(".gz").removesuffix(".txt"))) else ""
    with io.TextIOWrapper(unpacked(path), source.encoding, errors="replace") as file:
        lines = [line for line in _messages(file) if len(line.cells) == len(TITLES) - 1]
    rows = [line for line in lines if line.cells[-1] and not _NO_WORDS.fullmatch(line.cells[-1])]
    if not rows:
        raise DataError(f"{path}: this is no chat as WhatsApp exports it. Take 'format: whatsapp' out of sources.yaml.")
    left = len(lines) - len(rows)
    notes = (f"messages without words (pictures, recordings, what was deleted) are left out: {left:,}",) if left else ()
    return replace(read_exactly(store, _with_partner(rows, partner), text_fields(TITLES)), notes=notes)


def _messages(file: io.TextIOBase) -> Iterator[Line]:
    """Each message with the number of its first line: when, by whom and what; what the program says has one cell."""
    number, cells = 0, list[str]()
    for at, text in enumerate(file, start=1):
        plain = text.translate(_MARKS).rstrip()
        if not (start := _START.match(plain)):
            cells[-1:] = [f"{cells[-1]}\n{plain}".strip()] if cells else []
            continue
        if cells:
            yield Line(number, cells)
        sender, colon, message = start[3].partition(": ")
        number, cells = at, [f"{start[1]} {start[2]}", sender.strip("~ "), message.strip()] if colon else [start[3]]
    if cells:
        yield Line(number, cells)


def _with_partner(rows: list[Line], partner: str) -> Iterator[Line]:
    return (line._replace(cells=[*line.cells[:2], partner, line.cells[2]]) for line in rows)
