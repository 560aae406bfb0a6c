"""What every displayable part of a report has in common: one display, one HTML for each language.

A component says its messages when it is displayed, once for each available language, so one execution of a notebook
serves all pages. Everything that a reader sees passes through `markupsafe`, so data can never become markup.

Cards: groups of customers side by side, each with what sets it apart, who is typical of it, and what they say.
"""

import datetime as dt
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import ClassVar

from markupsafe import Markup, escape

from cxlib.errors import ConfigurationError
from cxlib.language import (
    Day,
    Message,
    Money,
    Month,
    Quantity,
    Speaker,
    Verbatim,
    available_languages,
    minor_units,
    speaker,
)
from cxlib.masking import mask_contacts
from cxlib.measures.result import Brief
from cxlib.report.theme import DARK, LIGHT, css_variables


@dataclass(frozen=True)
class Rendered:
    """A component in one language: its HTML, and the style rules that its drawings need (no `<style>` tag)."""

    html: Markup
    rules: tuple[str, ...] = ()


class Component(Brief, ABC):
    """Base of all components; a subclass names its `kind` and says how it renders in one language."""

    kind: ClassVar[str]

    @abstractmethod
    def render(self, voice: Speaker) -> Rendered:
        """The component as HTML in the language of `voice`, everything escaped, no style attributes, no scripts."""

    def extras(self) -> dict[str, object]:
        """Further entries of the payload, such as the metrics of tiles."""
        return {}

    def payload(self) -> dict[str, object]:
        """What the page exporter reads: HTML by language, the style rules, and the extras."""
        pages = {language: self.render(speaker(language)) for language in available_languages()}
        rules = dict.fromkeys(rule for page in pages.values() for rule in page.rules)
        html = {language: str(page.html) for language, page in pages.items()}
        return {"kind": self.kind, "html": html, "css": "".join(rules), **self.extras()}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        payload = self.payload()
        english = payload["html"]["en"]  # type: ignore[index]  # the payload is plain JSON
        return {
            "text/plain": plain_text(english),
            "text/html": _LAB.format(_notebook_css() + str(payload["css"]), english),
            MIME_TYPE: payload,
        }


def say(voice: Speaker, thing: object) -> Markup:
    """Text of a message, quantity or data value, escaped and free of control characters."""
    return escape(printable(voice.say(thing)))


def say_each(voice: Speaker, form: str, things: Iterable[object]) -> Markup:
    """Each of the things said in a form such as ``<li>{}</li>``, one after the other."""
    return Markup("").join(Markup(form).format(say(voice, thing)) for thing in things)  # noqa: S704  # our own forms


def printable(text: str) -> str:
    r"""The text without control characters and broken surrogates, which no HTML or SVG may hold."""
    return _UNPRINTABLE.sub("", text)


def plain_value(voice: Speaker, value: object) -> object:
    """A cell for a download: numbers at full precision, money in whole units, dates in ISO form, messages said."""
    match value:
        case Money(value=cents, currency=currency):
            return cents if cents is None or minor_units(currency) == 1 else cents / minor_units(currency)
        case Quantity(value=number):
            return number
        case Day(value=day) | Month(value=day):
            return None if day is None else day.isoformat()
        case dt.date():
            return value.isoformat()
        case Message():
            return printable(voice.say(value))
        case _:
            return value


def checked_name(name: str, what: str) -> str:
    """`name` if it is safe as an HTML id and as a file stem."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"{what}: the name {name!r} is not usable; take lower-case letters, digits, '_' and '-', at most 64."
        )
    return name


def plain_text(html: str) -> str:
    """What a terminal shows of a component: its words without markup, at most 400 characters."""
    without_drawings = re.sub(r"<svg.*?</svg>", " ", html, flags=re.DOTALL)
    apart = re.sub(r"(</(?:h1|h3|p|li|t[hdr]|summary)>)", r" \1", without_drawings)
    words = " ".join(Markup(apart).striptags().split())  # noqa: S704  # only to take the tags off
    return words if len(words) <= 400 else words[:399] + "\u2026"


_LAB = '<div class="cx-lab" lang="en" dir="ltr"><style>{}</style>{}</div>'


@lru_cache
def _notebook_css() -> str:
    """For JupyterLab, where no page supplies a stylesheet: a small one, scoped to the component."""
    source = files("cxlib.report").joinpath("notebook.css").read_text(encoding="utf-8")
    rules = re.sub(r"\s*\n\s*", "", re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL))
    return rules.replace("LIGHT", css_variables(LIGHT)).replace("DARK", css_variables(DARK))


@dataclass(frozen=True)
class Card:
    """One group.

    `facts`: Short lines under the name, such as its size.
    `traits`: What sets it apart, as a list.
    `quotes`: What its customers wrote; contacts are masked.

    >>> from cxlib.language import T
    >>> Card("Riyadh", facts=(T("Customers"),)).title
    'Riyadh'
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


@dataclass(frozen=True, repr=False)
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

    >>> from cxlib.language import T
    >>> cards([Card("Weekly", traits=(T("Buys often"),))]).payload()["html"]["en"]
    '<ul class="cards"><li><h3>Weekly</h3><ul><li>Buys often</li></ul></li></ul>'
    """
    return Cards(tuple(groups))


MIME_TYPE = "application/vnd.cxlib.component+json"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True, repr=False)
class Together(Component):
    """Components one below the other; see `together`."""

    kind: ClassVar[str] = "together"
    parts: tuple[Component, ...]

    def render(self, voice: Speaker) -> Rendered:
        """Each in turn, with the rules of all."""
        rendered = [part.render(voice) for part in self.parts]
        html = Markup("").join(part.html for part in rendered)
        return Rendered(html, tuple(dict.fromkeys(rule for part in rendered for rule in part.rules)))

    def extras(self) -> dict[str, object]:
        """The metrics, files and the like of all parts, each kind in one list."""
        merged: dict[str, list[object]] = {}
        for part in self.parts:
            for name, entries in part.extras().items():
                merged.setdefault(name, []).extend(entries)  # type: ignore[arg-type]  # extras other than a head's are lists
        return dict(merged)


def together(*parts: Component) -> Together:
    """Show several components as one.

    Raises ConfigurationError: when one of them is the page's head, which stands alone.

    >>> from cxlib.language import T
    >>> from cxlib.report.text import findings, text
    >>> together(text(T("Revenue")), findings(T("It rose"))).payload()["html"]["en"]
    '<p>Revenue</p><ul class="findings"><li>It rose</li></ul>'
    """
    if any(part.kind == "head" for part in parts):
        raise ConfigurationError("together: the page head stands in a cell of its own. Take it out.")
    return Together(parts)
