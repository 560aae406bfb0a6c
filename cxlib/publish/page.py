"""Puts a page together: template, colours, font, style sheet, script and policy around the given content.

The body is rendered first, because the head depends on it: the font is cut to its characters, and the policy names the
final style sheet by hash.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from cxlib.language import C, Message, T, speaker
from cxlib.publish.cells import plain
from cxlib.publish.facts import moment
from cxlib.publish.fonts import font_faces
from cxlib.publish.sanitise import policy
from cxlib.report.theme import DARK, FAMILY, LIGHT, css_variables

TEMPLATES = Path(__file__).parent / "templates"
SECTION = re.compile(r'<h2\b[^>]*?\bid="([^"]+)"[^>]*>(.*?)</h2>', re.DOTALL)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True)
class PageParts:
    """What differs from page to page: `content` is safe HTML, `links` and `home` hold ``{language}``."""

    title: str
    language: str
    content: Markup
    languages: tuple[str, ...] = ()
    page_href: str = "report.{language}.html"
    home: str = ""
    kind: str = "report"
    styles: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    provenance: Iterable[tuple[Message, object]] = field(default=())


def assemble(parts: PageParts) -> str:
    """The whole page as HTML text.

    >>> page = assemble(PageParts(title="Hello", language="en", content=Markup("<h1>Hello</h1>")))
    >>> page[:15], page.count("<h1>")
    ('<!DOCTYPE html>', 1)
    """
    say, links = speaker(parts.language), list(_language_links(parts))
    script = (TEMPLATES / "cx" / "page.js").read_text(encoding="utf-8").strip()
    body = _template("body.html.j2").render(
        parts=parts,
        say=say.say,
        contents=contents(parts.content) if parts.kind == "report" else [],
        links=links,
        home=in_language(parts.home, parts.language),
        script=Markup(script),  # noqa: S704 - our own file
        provenance=[(say.say(label), say.say(value)) for label, value in parts.provenance],
    )
    sheet = style_sheet(parts, text=_without_names(body, links))
    head = _template("head.html.j2").render(
        parts=parts,
        direction=say.direction,
        style=Markup(sheet),  # noqa: S704 - clean_css saw all foreign rules
        policy=policy(styles=[sheet], scripts=[script]),
    )
    return head + body


def style_sheet(parts: PageParts, *, text: str) -> str:
    """Everything a page's one style element holds; `text` decides which letters the font brings."""
    palette = (
        f":root{{{css_variables(LIGHT)};color-scheme:light}}"
        "@media (prefers-color-scheme:dark){:root:not([data-theme=light])"
        f"{{{css_variables(DARK)};color-scheme:dark}}}}"
        f":root[data-theme=dark]{{{css_variables(DARK)};color-scheme:dark}}"
        f'html{{font-family:"{FAMILY}",system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Arial,sans-serif}}'
    )
    paper = f"@media print{{:root:root:root{{{css_variables(LIGHT)};color-scheme:light}}}}"
    own = compact((TEMPLATES / "cx" / "style.css").read_text(encoding="utf-8"))
    return "".join([font_faces(text), palette, own, *map(compact, parts.styles), paper])


@lru_cache(maxsize=256)
def compact(css: str) -> str:
    r"""A style sheet without comments and idle white space.

    >>> compact("a { color: red; }\n/* why */\nb::before { content: '> ' }")
    "a{color: red}b::before{content: '> '}"
    """
    lines = " ".join(COMMENT.sub("", css).split())
    return re.sub(r";?\s*([{}])\s*", r"\1", lines).replace("; ", ";")


def contents(html: str) -> list[tuple[str, str]]:
    """Address and words of every section heading, in order.

    >>> contents('<h2 id="s-why">Why &amp; how</h2>')
    [('s-why', 'Why & how')]
    """
    return [(anchor, plain(words)) for anchor, words in SECTION.findall(html)]


def in_language(href: str, language: str) -> str:
    """An address with its ``{language}`` filled in; other braces stay.

    >>> in_language("report.{language}.html", "ar")
    'report.ar.html'
    """
    return href.replace("{language}", language)


def _language_links(parts: PageParts) -> Iterator[Mapping[str, str]]:
    for voice in (speaker(language) for language in parts.languages if language != parts.language):
        about = {"language": voice.language, "name": voice.language_name, "direction": voice.direction}
        yield about | {"href": in_language(parts.page_href, voice.language)}


def _without_names(body: str, links: Iterable[Mapping[str, str]]) -> str:
    """The body's characters for the font: another language's name alone is not worth embedding its alphabet."""
    for link in links:
        body = body.replace(f">{link['name']}</a>", "")
    return body


@lru_cache
def _environment() -> Environment:
    """Escapes everything that is not marked as safe; a forgotten value is an error."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES / "cx"), autoescape=True, undefined=StrictUndefined)
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.globals |= {"T": T, "C": C, "moment": moment, "in_language": in_language}
    return environment


def _template(name: str) -> Template:
    return _environment().get_template(name)


def render_part(name: str, language: str, **values: object) -> Markup:
    """One of our templates as a piece of a page: it says messages (``say(T(...))``), and escapes every value."""
    common = {"say": speaker(language).say, "language": language}
    return Markup(_template(name).render(common | values))  # noqa: S704 - the environment escapes
