"""Sentences of a report: findings that the data must bear out, paragraphs, and notices."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd
from markupsafe import Markup

from cxlib.errors import ConfigurationError, nearest
from cxlib.language import Count, Message, Speaker, T, join_names
from cxlib.measures.result import NO_AMOUNTS
from cxlib.report.component import Component, Rendered, say, say_each

LEVELS = {"info": T("Note"), "warning": T("Please note"), "error": T("Problem")}


def claim(predicate: object, finding: Message, neutral: Message) -> Message:
    """The finding when the data bears it out, else the neutral sentence.

    `predicate`: A truth value computed from the data. Missing (None, NaN, NA) counts as not borne out.
    `finding`, `neutral`: What to say in either case. Titles, alt texts and prose all go through here, so that no
        sentence outlives the data that it was written for.

    >>> str(claim(0.30 > 0.25, T("At-risk customers leave more often"), T("Churn by segment")))
    'At-risk customers leave more often'
    >>> str(claim(float("nan"), T("At-risk customers leave more often"), T("Churn by segment")))
    'Churn by segment'
    """
    return finding if _holds(predicate) else neutral


def told_apart(drawn: Message, marks: pd.DataFrame, clear: pd.Series, name: str = "name") -> Message:
    """A chart's description, and which of its marks are clear of the line beside them (`clear`, a flag for each)."""
    names, rest = marks.loc[clear, name].tolist(), Count(int((~clear).sum()))
    if not names:
        return T("{drawn} None is clear of the line", drawn=drawn)
    return T("{drawn} Clear of the line: {names}; not clear: {n}", drawn=drawn, names=join_names(names), n=rest)


def they_meet(one: Any, other: Any) -> Message:
    """Whether two intervals have values in common."""
    apart = one["high"] < other["low"] or other["high"] < one["low"]
    return claim(apart, T("the intervals of the two do not meet"), T("the intervals of the two overlap"))


def _holds(predicate: object) -> bool:
    try:
        return bool(predicate == predicate and predicate)  # NaN is the value unequal to itself
    except TypeError:  # pandas.NA refuses to be true or false
        return False


@dataclass(frozen=True, repr=False)
class Text(Component):
    """Paragraphs; see `text`."""

    kind: ClassVar[str] = "text"
    messages: tuple[Message, ...]

    def render(self, voice: Speaker) -> Rendered:
        """One `<p>` for each message."""
        return Rendered(say_each(voice, "<p>{}</p>", self.messages))


@dataclass(frozen=True, repr=False)
class Findings(Text):
    """Sentences as a list; see `findings`."""

    def render(self, voice: Speaker) -> Rendered:
        """One list item for each message."""
        items = say_each(voice, "<li>{}</li>", self.messages)
        return Rendered(Markup('<ul class="findings">{}</ul>').format(items) if items else Markup(""))


@dataclass(frozen=True, repr=False)
class Notice(Component):
    """A remark set apart from the text; see `notice`."""

    kind: ClassVar[str] = "notice"
    message: Message
    level: str

    def render(self, voice: Speaker) -> Rendered:
        """A box whose first word says what it is, for readers who do not see its colour."""
        box = Markup('<div class="notice {}" role="note"><p><strong>{}:</strong> {}</p></div>')
        return Rendered(box.format(self.level, say(voice, LEVELS[self.level]), say(voice, self.message)))


WITHOUT_MONEY = Notice(NO_AMOUNTS, "info")  # a section that shows nothing else is left off a page


def text(*messages: Message) -> Text:
    """Show sentences as paragraphs, one for each message.

    >>> text(T("Churn fell."), T("Revenue did not.")).payload()["html"]["en"]
    '<p>Churn fell.</p><p>Revenue did not.</p>'
    """
    return Text(messages)


def findings(*groups: Message | Iterable[Message]) -> Findings:
    """Show what the data says as a list: headlines of results, alone or several at a time.

    >>> findings(T("Churn fell"), [T("Revenue rose"), T("Orders rose")]).payload()["html"]["en"]
    '<ul class="findings"><li>Churn fell</li><li>Revenue rose</li><li>Orders rose</li></ul>'
    """
    nested = [(group,) if isinstance(group, Message) else tuple(group) for group in groups]
    return Findings(tuple(message for group in nested for message in group))


def notice(message: Message, level: str = "warning") -> Notice:
    """Set a remark apart from the text.

    `message`: What the reader must know, such as groups that are withheld.
    `level`: "info", "warning" or "error".
    Raises ConfigurationError: when the level is none of these.

    >>> from cxlib.language import T
    >>> notice(T("Customers"), "info").level
    'info'
    """
    if level not in LEVELS:
        raise ConfigurationError(f"notice: unknown level {level!r}. {nearest(level, LEVELS)}")
    return Notice(message, level)
