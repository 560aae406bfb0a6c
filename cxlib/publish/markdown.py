"""Markdown cells as sections of a page: translated as a whole, rendered, cleaned, and with headings to link to.

A cell's source is the key of its translation. Headings of the second level get an address made of the English words, so
that a link to a section holds in every language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup

from cxlib.errors import PageRejected
from cxlib.language import T, speaker
from cxlib.publish.sanitise import clean_markdown

HEADING = re.compile(r"<h2>(.*?)</h2>", re.DOTALL)
TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
TITLE_LINE = re.compile(r"\A\s*#[ \t]+(?P<title>\S.*?)[ \t]*#*[ \t]*(?:\n|\Z)")
ANCHOR_PREFIX = "s-"  # keeps section addresses apart from the ids of components


def render_markdown(source: str, attachments: Mapping[str, Any] | None = None) -> str:
    r"""Markdown as clean HTML; a first-level heading is demoted, because the page has one title of its own.

    >>> render_markdown("# Plan\n*soon*").replace("\n", "")
    '<h2>Plan</h2><p><em>soon</em></p>'
    """
    # Here, since a front page has no Markdown and need not wait for nbconvert.
    from nbconvert.filters.markdown_mistune import InvalidNotebook, IPythonRenderer, MarkdownWithMath

    renderer = IPythonRenderer(escape=False, exclude_anchor_links=True, attachments=dict(attachments or {}))
    try:
        html = MarkdownWithMath(renderer=renderer).render(source)
    except InvalidNotebook as error:
        raise PageRejected(f"a Markdown cell shows a picture that it does not hold ({error}).") from error
    return clean_markdown(html).replace("<h1>", "<h2>").replace("</h1>", "</h2>")


def split_title(source: str) -> tuple[str, str]:
    r"""A leading ``# title`` line and the rest of the cell; the title is empty where there is none.

    >>> split_title("# Who buys?\nThis page answers it.")
    ('Who buys?', 'This page answers it.')
    """
    found = TITLE_LINE.match(source)
    return (found["title"], source[found.end() :]) if found else ("", source)


class Sections:
    """Renders the Markdown cells of one page in one language and keeps the addresses of its headings unique."""

    def __init__(self, language: str) -> None:
        self._speaker = speaker(language)
        self._taken: set[str] = set()

    def translate(self, source: str) -> str:
        """The cell in the page's language; a cell that nobody translated stays English."""
        return self._speaker.gettext(source)

    def render(self, source: str, translated: str, attachments: Mapping[str, Any] | None = None) -> Markup:
        """HTML of a cell; `source` is its English text, from which the addresses come."""
        html = render_markdown(translated, attachments)
        english = html if translated == source else render_markdown(source, attachments)
        anchors = iter([self._anchor(words) for words in HEADING.findall(english)])
        numbered = HEADING.sub(lambda found: self._heading(found[1], anchors), html)
        return scrollable(numbered, self._speaker.language)

    def _heading(self, words: str, anchors: Iterable[str]) -> str:
        anchor = next(iter(anchors), None) or self._anchor(words)
        return f'<h2 id="{anchor}">{words}</h2>'

    def _anchor(self, words: str) -> str:
        base = ANCHOR_PREFIX + ("-".join(re.findall(r"[a-z0-9]+", plain(words).lower())) or "section")
        anchor, number = base, 2
        while anchor in self._taken:
            anchor, number = f"{base}-{number}", number + 1
        self._taken.add(anchor)
        return anchor


def scrollable(html: str, language: str) -> Markup:
    """Clean HTML with each table in a frame of its own, which scrolls (also by keyboard) where the page is narrower.

    >>> scrollable("<table></table>", "en")
    Markup('<div class="scroll" tabindex="0" role="group" aria-label="Table"><table></table></div>')
    """
    label = speaker(language).say(T("Table"))
    frame = Markup('<div class="scroll" tabindex="0" role="group" aria-label="{}">').format(label)
    return Markup(TABLE.sub(lambda found: f"{frame}{found[0]}</div>", html))  # noqa: S704 - clean on every path


def plain(html: str) -> str:
    """The words of a piece of clean HTML.

    >>> plain("Profit &amp; <em>loss</em>")
    'Profit & loss'
    """
    return str(Markup(html).striptags())  # noqa: S704 - only text is taken from it
