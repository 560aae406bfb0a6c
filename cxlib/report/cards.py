"""Cards: groups of customers side by side, each with what sets it apart, who is typical of it, and what they say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from cxlib.language import Message, Speaker
from cxlib.report.component import Component, Rendered, say
from cxlib.report.masking import mask_contacts


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
        facts = Markup("").join(Markup('<p class="note">{}</p>').format(say(voice, fact)) for fact in self.facts)
        traits = Markup("").join(Markup("<li>{}</li>").format(say(voice, trait)) for trait in self.traits)
        quotes = Markup("").join(
            Markup('<blockquote dir="auto">{}</blockquote>').format(say(voice, mask_contacts(quote)))
            for quote in self.quotes
        )
        listed = Markup("<ul>{}</ul>").format(traits) if traits else traits
        return Markup("<li><h3>{}</h3>{}{}{}</li>").format(say(voice, self.title), facts, listed, quotes)


@dataclass(frozen=True)
class Cards(Component):
    """Cards in their order; see `cards`."""

    kind: ClassVar[str] = "cards"
    shown: tuple[Card, ...]

    def render(self, voice: Speaker) -> Rendered:
        """A list, one item a card."""
        items = Markup("").join(card.render(voice) for card in self.shown)
        return Rendered(Markup('<ul class="cards">{}</ul>').format(items))


def cards(shown: Iterable[Card]) -> Cards:
    """Show groups as cards.

    Examples
    --------
    >>> from cxlib.language import T
    >>> cards([Card("Weekly", traits=(T("Buys often"),))]).payload()["html"]["en"]
    '<ul class="cards"><li><h3>Weekly</h3><ul><li>Buys often</li></ul></li></ul>'
    """
    return Cards(tuple(shown))
