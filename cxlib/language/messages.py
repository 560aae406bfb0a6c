"""Lazy messages: an English sentence with named values, translated only when it is displayed.

Neighbours: `quantities` (numbers that know how they are shown), `speaker` (says a message in a language).
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from cxlib.language.quantities import Count, Percent


@dataclass(frozen=True, repr=False)
class Message:
    """An English sentence, its values, and, where a number decides the form, its plural and the name of that number.

    `text` is the key of the translation; `context` tells apart two messages with the same English.
    """

    text: str
    values: Mapping[str, object] = field(default_factory=dict)
    plural: str | None = None
    context: str | None = None
    in_english: ClassVar[Callable[[Message], str]]
    """What `str` calls; `speaker` sets it, which knows messages while they do not know it."""

    def __post_init__(self) -> None:
        names = placeholders(self.text) | placeholders(self.plural or "")
        if missing := names - self.values.keys():
            raise KeyError(f"message {self.text!r} has no value for {', '.join(sorted(missing))}")

    def __str__(self) -> str:
        return type(self).in_english(self)

    __repr__ = __str__


@dataclass(frozen=True, repr=False)
class Given(Message):
    """Text that a user wrote in several languages: it is never looked up, and has no values.

    `texts` is by language; a language that is missing gets what is `otherwise` said, or else the English text or, where
    there is none, the first one.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    otherwise: Message | None = None

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Given:
        """The message of texts by language, at least one.

        >>> str(Given.of({"ar": "الأفضل", "en": "Best {customers}"}))
        'Best {customers}'
        """
        first = texts.get("en") or next(iter(texts.values()))
        return cls(first.replace("{", "{{").replace("}", "}}"), texts=dict(texts))


class Verbatim(str):
    """Text that stays as somebody wrote it, even where it is a word of the dictionary: a comment, say."""

    __slots__ = ()


def placeholders(text: str) -> set[str]:
    """The names in braces of a message."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def T(text: str, /, **values: object) -> Message:
    """A message with named values.

    Values may be quantities, dates, other messages or plain strings (which are data and are never translated).

    >>> from cxlib.language import Percent
    >>> str(T("{segment} bring {share} of revenue", segment="Champions", share=Percent(0.42)))
    'Champions bring 42% of revenue'
    """
    return Message(text, told_apart(values))


def told_apart(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values, shares with a decimal where an end of an interval would look like its other end or like its share.

    >>> from cxlib.language import Percent
    >>> told_apart({"share": Percent(0.949), "low": Percent(0.946), "high": Percent(0.95)})
    {'share': 94.9%, 'low': 94.6%, 'high': 95.0%}
    """
    shares = {name: v for name, v in values.items() if isinstance(v, Percent) and v.digits is None and name != "level"}
    for low, high in [(shares.get(name[:-4] + "low"), end) for name, end in shares.items() if name.endswith("high")]:
        inside = [] if low is None else [share for share in shares.values() if low <= share <= high]
        if any(end and end.value != each.value and str(end) == str(each) for end in (low, high) for each in inside):
            return {**values, **{name: replace(share, digits=1) for name, share in shares.items()}}
    return dict(values)


def with_interval(shown: Mapping[str, Any], level: float) -> tuple[dict[str, Any], Message | None]:
    """Values that can be told apart, among them `value`, `low` and `high`; and the interval in words.

    None in place of the words where it rounds to the value itself.

    >>> from cxlib.language import Percent
    >>> values, words = with_interval({"value": Percent(0.949), "low": Percent(0.948), "high": Percent(0.95)}, 0.95)
    >>> str(values["value"]), str(words)
    ('94.9%', '95% interval 94.8% to 95.0%')
    """
    shown = told_apart(shown)
    if {str(shown["low"]), str(shown["high"])} == {str(shown["value"])}:
        return shown, None
    ends = {"level": Percent(level, digits=0), "low": shown["low"], "high": shown["high"]}
    return shown, T("{level} interval {low} to {high}", **ends)


def C(context: str, text: str, /, **values: object) -> Message:
    """A message whose English alone is ambiguous: `context` tells translators, and the catalogue, which sense is meant.

    >>> C("ticket status", "Open") == C("shop hours", "Open")
    False
    """
    return Message(text, values, context=context)


def N(singular: str, plural: str, /, n: int, **values: object) -> Message:
    """A message whose form depends on the count `n`, which is also its value ``{n}``.

    >>> str(N("{n} customer", "{n} customers", 1200))
    '1,200 customers'
    """
    return Message(singular, {**values, "n": Count(n)}, plural=plural)


def few_or(n: int, *, least: int = 30) -> Message | Count:
    """A count that may be told: of fewer than `least` customers only that they are fewer.

    >>> str(few_or(12)), str(few_or(1200))
    ('fewer than 30', '1,200')
    """
    return Count(n) if n >= least or not n else T("fewer than {n}", n=Count(least))


def join_names(names: Sequence[object]) -> object:
    """Names as one phrase.

    >>> str(join_names(["app", "web", "phone"]))
    'app, web and phone'
    """
    if len(names) < 2:
        return names[0] if names else ""
    head: object = names[0]
    for name in names[1:-1]:
        head = C("list", "{first}, {second}", first=head, second=name)
    return C("list", "{first} and {second}", first=head, second=names[-1])
