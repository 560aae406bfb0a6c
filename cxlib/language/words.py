"""What readers see for the words of data: columns, and values such as plans, channels and reasons.

One dictionary of usual words serves all reports; `use_labels` puts a company's own before it. `Speaker` looks every
plain text up here, so that a value is said in the reader's language wherever it stands; English shows it as the files
have it, unless the company gives it a label.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from cxlib.language.messages import Given, Message, placeholders

Texts = Mapping[str, str]  # by language


class WordList(Mapping[str, Message]):
    """The messages of a table of ``words.toml`` by key, in its order; read when the first of them is asked for."""

    def __init__(self, table: str) -> None:
        self.table = table

    def __getitem__(self, key: str) -> Message:
        return _messages(self.table)[key]

    def __iter__(self) -> Iterator[str]:
        return iter(_messages(self.table))

    def __len__(self) -> int:
        return len(_messages(self.table))


@cache
def _messages(table: str) -> dict[str, Message]:
    entries = _tables()[table]
    said = entries.items() if isinstance(entries, dict) else ((text, text) for text in entries)
    return {key: _message(words) for key, words in said}


def _message(words: str | list[str]) -> Message:
    context, text = words if isinstance(words, list) else (None, words)
    return Message(text, dict.fromkeys(placeholders(text), ""), context=context)


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


VALUES, COLUMNS, COUNTED = WordList("values"), WordList("columns"), WordList("counted")


KIND_OF_END = re.compile("^(in)?voluntary: *")  # pages say it in their own words
_own_columns: dict[str, Given] = {}
_own_values: dict[tuple[str, str], Given] = {}  # ("", value) where no column is said


def use_labels(columns: Mapping[str, Texts], values: Mapping[str, Mapping[str, Texts]]) -> None:
    """Take a company's labels, by column and by column and value, in place of those of the company before.

    Opening a workspace does it: a run and a notebook are about one company. Without a column a value is known by its
    label only where no other column labels it otherwise, and where it is a word: “1” may be anything.
    """
    _own_columns.clear()
    _own_values.clear()
    _own_columns.update({column: _label(column, texts, COLUMNS.get(column)) for column, texts in columns.items()})
    asked = [column for column in columns if column.startswith("rating_")]  # a driver is called by it
    _own_values.update({("rating", column.removeprefix("rating_")): _own_columns[column] for column in asked})
    alone: dict[str, list[Given]] = {}
    for column, words in values.items():
        for value, texts in words.items():
            label = _own_values[column, value] = _label(value, texts, usual_word(value))
            alone.setdefault(value, []).append(label)
    for value, labels in alone.items():
        if re.search(r"[^\W\d_]", value) and all(label == labels[0] for label in labels):
            _own_values["", value] = labels[0]


def own_label(value: object, column: str = "") -> Given | None:
    """The company's own label of a value of that column; without one, where its label is the same in every column."""
    text = str(value).lower() if isinstance(value, bool) or value in ("True", "False") else str(value)
    return _own_values.get((column, text))


def usual_word(value: str) -> Message | None:
    """What the dictionary has for a value, however it is spelt."""
    return VALUES.get(re.sub(r"[_\s-]+", " ", value.strip().lower()) or value) if len(value) < 40 else None


def known_word(value: str, column: str = "") -> Message | None:
    """What the company or the dictionary calls a value; None where neither knows it."""
    return own_label(value, column) or usual_word(value)


def labelled(value: object, column: str = "") -> Given | str:
    """A value as its column's label has it; without one the value, which `Speaker` looks up.

    >>> labelled("monthly", "plan")
    'monthly'
    """
    return own_label(value, column) or str(value)


def spoken(value: object, column: str = "") -> object:
    """A value as a reader sees it: the company's label, a usual word, else the files' word without underscores."""
    return known_word(str(value), column) or _plain(str(value))


def column_name(column: str) -> Message:
    """What a reader calls a column.

    >>> str(column_name("shoe_size"))
    'Shoe size'
    """
    return _own_columns.get(column) or COLUMNS.get(column) or _label(column, {}, None)


def lacks_label(column: str, values: Iterable[str], language: str) -> list[str]:
    """Which of a column's values, and under ``""`` the column itself, have Latin letters and no word in a language."""
    driver = known_word(column.removeprefix("rating_"), "rating") if column.startswith("rating_") else None
    names: list[tuple[str, Message | None]] = [("", driver or _own_columns.get(column) or COLUMNS.get(column))]
    texts = {KIND_OF_END.sub("", value) for value in values if isinstance(value, str)}
    names += [(value, known_word(value, column)) for value in texts]
    return sorted(
        name
        for name, label in names
        if re.search("[A-Za-z]{2}", name or column)
        and (label is None or (isinstance(label, Given) and not label.otherwise and language not in label.texts))
    )


def _label(name: str, texts: Texts, usual: Message | None) -> Given:
    return Given(_plain(name).replace("{", "{{").replace("}", "}}"), texts=dict(texts), otherwise=usual)


def _plain(name: str) -> str:
    text = name.replace("_", " ").strip()
    return text[:1].upper() + text[1:]
