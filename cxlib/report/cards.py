"""Cards: groups of customers side by side, each with what sets it apart, who is typical of it, and what they say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from cxlib.language import Message, Speaker, Verbatim
from cxlib.masking import mask_contacts
from cxlib.report.component import Component, Rendered, say, say_each


@dataclass(frozen=True)
class Card:
    """One group.

    Parameters
    ----------
    title
        Its name.
    facts
        Short lines under the name, such as its size.
    traits
        What sets it apart, as a list.
    quotes
        What its customers wrote; contacts are masked.
    """

    title: Message | str
    facts: tuple[Message, ...] = ()
    traits: tuple[Message, ...] = ()
    quotes: tuple[str, ...] = ()

    def render(self, voice: Speaker) -> Markup:
        """A list item with the name as its heading."""
        facts = say_each(voice, '<p class="note">{}</p>', self.facts)
        traits = say_each(voice, "<li>{}</li>", self.traits)
        words = (Verbatim(mask_contacts(quote)) for quote in self.quotes)
        quotes = say_each(voice, '<blockquote dir="auto">{}</blockquote>', words)
        traits = Markup("<ul>{}</ul>").format(traits) if traits else traits
        return Markup("<li><h3>{}</h3>{}{}{}</li>").format(say(voice, self.title), facts, traits, quotes)


@dataclass(frozen=True)
class Cards(Component):
    """Cards in their order; see `cards`."""

    kind: ClassVar[str] = "cards"
    groups: tuple[Card, ...]

    def render(self, voice: Speaker) -> Rendered:
        """A list, one item a card."""
        items = Markup("").join(card.render(voice) for card in self.groups)
        return Rendered(Markup('<ul class="cards">{}</ul>').format(items))


def cards(groups: Iterable[Card]) -> Cards:
    """Show groups as cards.

    Examples
    --------
    >>> from cxlib.language import T
    >>> cards([Card("Weekly", traits=(T("Buys often"),))]).payload()["html"]["en"]
    '<ul class="cards"><li><h3>Weekly</h3><ul><li>Buys often</li></ul></li></ul>'
    """
    return Cards(tuple(groups))
