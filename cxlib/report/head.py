"""The head of a page: the answer as its title, at most three bullets, and what the answer rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from cxlib.errors import ConfigurationError
from cxlib.language import Message, Speaker, T, available_languages, speaker
from cxlib.report.component import Component, Rendered, say, say_each

MAX_BULLETS = 3


@dataclass(frozen=True)
class PageHead(Component):
    """The answer of a report; see `page_head`."""

    kind: ClassVar[str] = "head"
    answer: Message
    kicker: tuple[Message, ...]
    bullets: tuple[Message, ...]
    action: Message | None = None
    file: str = ""

    def render(self, voice: Speaker) -> Rendered:
        """Kicker, H1 and bullets, what to do first."""
        kicker = Markup(" \u00b7 ").join(say(voice, part) for part in self.kicker)
        link = Markup(' \u00b7 <a href="exports/{}" download>{}</a>')
        listed = link.format(self.file, say(voice, T("Download the list"))) if self.file else Markup("")
        first = () if self.action is None else (self.action,)
        bullets = say_each(voice, Markup('<li class="action">{{}}{}</li>').format(listed), first)
        bullets += say_each(voice, "<li>{}</li>", self.bullets)
        return Rendered(
            (Markup('<p class="kicker">{}</p>').format(kicker) if kicker else Markup(""))
            + Markup("<h1>{}</h1>").format(say(voice, self.answer))
            + (Markup('<ul class="lede">{}</ul>').format(bullets) if bullets else Markup(""))
        )

    def extras(self) -> dict[str, object]:
        """The page's title and what to do, by language."""
        texts: dict[str, object] = {"title": _in_each_language(self.answer)}
        return texts if self.action is None else texts | {"action": _in_each_language(self.action), "file": self.file}


def _in_each_language(message: Message) -> dict[str, str]:
    return {language: speaker(language).say(message) for language in available_languages()}


def page_head(
    answer: Message,
    *,
    kicker: Sequence[Message] = (),
    bullets: Sequence[Message] = (),
    action: Message | None = None,
    file: str = "",
) -> PageHead:
    """Head a page with its answer.

    Parameters
    ----------
    answer
        One sentence with a number in it; the page's H1 and title.
    kicker
        What the answer rests on: data up to which day, how many customers.
    bullets
        At most three, with the action.
    action
        What to do now, with what it should bring; the first bullet, and the report's line on the front page.
    file
        The exported file that it works with, such as ``"call_list.csv"``.

    Raises
    ------
    ConfigurationError
        With more than three bullets: a reader takes in no more.

    Examples
    --------
    >>> from cxlib.language import Percent, T
    >>> head = page_head(T("Champions bring {share} of revenue", share=Percent(0.42)))
    >>> head.payload()["title"]["en"]
    'Champions bring 42% of revenue'
    """
    if (n := len(bullets) + (action is not None)) > MAX_BULLETS:
        raise ConfigurationError(f"page_head: {n} bullets; a page has at most {MAX_BULLETS}. Keep the best.")
    return PageHead(answer, tuple(kicker), tuple(bullets), action, file)
