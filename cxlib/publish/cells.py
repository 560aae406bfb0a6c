"""A notebook's cells as safe HTML in one language: Markdown as sections, and what was displayed.

Our components bring one HTML for each language and are chosen by it. Everything else is shown in the safest form that
says something: tables through an allow-list, pictures only with a description, text escaped. What a program printed
(including warnings) never reaches a reader. A Markdown cell's source is the key of its translation; headings get an
address made of the source's words, so that a link to a section holds in every language.
"""

import base64
import html as html_text
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any
from urllib.parse import unquote

from markupsafe import Markup

from cxlib.errors import PageRejected
from cxlib.language import T, speaker
from cxlib.language.speaker import SOURCE_LANGUAGE
from cxlib.masking import HIDDEN, mask_contacts, names_a_person
from cxlib.publish.sanitise import clean_component, clean_css, clean_foreign, clean_markdown

HEADING = re.compile(r"<h([2-6])>(.*?)</h\1>", re.DOTALL)
LINK = re.compile(r'href="#([^"]*)"')
TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
CELLS = r"(<t([hd])\b(?:[^>]*?colspan=\"(\d+))?[^>]*>)(.*?)(?=</t[hd]>)"
ROW, CELL = re.compile(r"<tr\b.*?</tr>", re.DOTALL), re.compile(CELLS, re.DOTALL)
WORDS = re.compile(r"(<t[hd]\b[^>]*>|>|\A)([^<>]+)")  # between tags
NUMBER = re.compile(r"\s*-?[\d,]+(?:\.\d*)?(?:e\+?\d+)?\s*", re.IGNORECASE)
QUANTITY = re.compile(  # in titles above long numbers that are none of persons
    r"(?<![a-z])(?:n|no of|rows?|counts?|totals?|sum|revenue|sales|amounts?|spen[dt]|prices?|costs?|profit|margin|cents"
    r"|bytes)(?![a-z])|عدد|مبلغ|مبيعات|[إا]يراد|[إا]جمالي|مجموع|تكلفة|ربح|سعر",
    re.IGNORECASE,
)
TITLE_LINE = re.compile(r"\A\s*#[ \t]+(?P<title>\S.*?)[ \t]*#*[ \t]*(?:\n|\Z)")
ANCHOR_PREFIX = "s-"  # keeps section addresses apart from the ids of components
COMPONENT = "application/vnd.cxlib.component+json"
PICTURES = ("image/svg+xml", "image/png", "image/jpeg")
SHOWN = (COMPONENT, "text/html", *PICTURES, "text/markdown", "text/plain")


def render_markdown(source: str, attachments: Mapping[str, Any] | None = None) -> str:
    r"""Markdown as clean HTML; a first-level heading is demoted, because the page has one title of its own."""
    # Here, since a front page has no Markdown and need not wait for nbconvert.
    from nbconvert.filters.markdown_mistune import InvalidNotebook, IPythonRenderer, MarkdownWithMath

    renderer = IPythonRenderer(escape=False, exclude_anchor_links=True, attachments=dict(attachments or {}))
    try:
        html = MarkdownWithMath(renderer=renderer).render(source)
    except InvalidNotebook as error:
        raise PageRejected(f"a Markdown cell shows a picture that it does not hold ({error}).") from error
    return clean_markdown(html).replace("<h1>", "<h2>").replace("</h1>", "</h2>")


def split_title(source: str) -> tuple[str, str]:
    r"""A leading ``# title`` line and the rest of the cell; the title is empty where there is none."""
    heading = TITLE_LINE.match(source)
    return (heading["title"], source[heading.end() :]) if heading else ("", source)


class Sections:
    """Renders the Markdown cells of one page in one language and keeps the addresses of its headings unique."""

    def __init__(self, language: str) -> None:
        self._speaker = speaker(language)
        self._taken: set[str] = set()
        self.by_words: dict[str, str] = {}

    def translate(self, source: str) -> str:
        """The cell in the page's language; a cell that nobody translated stays English."""
        return self._speaker.gettext(source)

    def render(self, source: str, translated: str, attachments: Mapping[str, Any] | None = None) -> Markup:
        """HTML of a cell; `source` is its text as the notebook has it, from which the addresses come."""
        html = render_markdown(translated, attachments)
        english = html if translated == source else render_markdown(source, attachments)
        anchors = iter([self._anchor(slug(plain(words))) for _, words in HEADING.findall(english)])
        numbered = HEADING.sub(lambda heading: self._heading(heading[1], heading[2], anchors), html)
        return scrollable(numbered, self._speaker.language)

    def _heading(self, level: str, words: str, anchors: Iterable[str]) -> str:
        anchor = next(iter(anchors), None) or self._anchor("")
        self.by_words.setdefault(slug(plain(words)), anchor)
        return f'<h{level} id="{anchor}">{words}</h{level}>'

    def _anchor(self, words: str) -> str:
        base = ANCHOR_PREFIX + (words or "section")
        anchor, number = base, 2
        while anchor in self._taken:
            anchor, number = f"{base}-{number}", number + 1
        self._taken.add(anchor)
        self.by_words.setdefault(anchor.removeprefix(ANCHOR_PREFIX), anchor)
        return anchor

    def link(self, html: str) -> str:
        """HTML of all cells, where links to headings by their words, as Jupyter and GitHub write them, lead there."""
        addresses = set(re.findall(r'\bid="([^"]*)"', html))

        def to_address(link: re.Match[str]) -> str:
            target = unquote(html_text.unescape(link[1]))
            if target in addresses - self._taken:
                return link[0]
            anchor = target if target in self._taken else self.by_words.get(slug(target.removeprefix(ANCHOR_PREFIX)))
            return f'href="#{anchor}"' if anchor else link[0]

        return LINK.sub(to_address, html)


def slug(words: str) -> str:
    """Words as a part of an address: letters and digits of any script, without marks above and below them."""
    letters = [one for one in unicodedata.normalize("NFKC", words) if unicodedata.category(one) != "Mn" and one != "ـ"]
    return "-".join(re.findall(r"[^\W_]+", "".join(letters).lower()))


def scrollable(html: str, language: str) -> Markup:
    """Clean HTML with each table in a frame of its own, which scrolls (also by keyboard) where the page is narrower."""
    label = speaker(language).say(T("Table"))
    frame = Markup('<div class="scroll" tabindex="0" role="group" aria-label="{}">').format(label)
    return Markup(TABLE.sub(lambda table: f"{frame}{table[0]}</div>", html))  # noqa: S704 - clean on every path


def masked(html: str, *, own: bool = False) -> str:
    """Clean HTML without contacts; numbers alone in cells are judged by their titles; `own` HTML has no others."""

    def mask_row(row: re.Match[str], titles: dict[int, str]) -> str:  # titles by the place from the right
        cells = [(plain(cell[4]), cell[2], int(cell[3] or 1)) for cell in CELL.finditer(row[0])]
        if all(kind == "h" or not text for text, kind, _ in cells):
            words = [text for text, _, width in cells for _ in range(width)]
            titles.update({at: f"{titles.get(at, '')} {text}" for at, text in enumerate(reversed(words))})
        label = cells[0][0] if cells and cells[0][1] == "h" else ""
        marks = [is_hidden(text, f"{titles.get(at, '')} {label}") for at, (text, _, _) in enumerate(reversed(cells))]
        return CELL.sub(lambda cell: cell[1] + (HIDDEN if marks.pop() else cell[4]), row[0])

    def is_hidden(text: str, title: str) -> bool:
        digits = sum(map(str.isdigit, text)) if NUMBER.fullmatch(text) and not QUANTITY.search(title) else 0
        return digits > 6 and (names_a_person(title) or (not own and digits > 8 and mask_contacts(text) != text))

    def mask(words: re.Match[str]) -> str:
        is_number = NUMBER.fullmatch(words[2]) and (own or words[1].startswith("<t"))
        return words[0] if is_number else words[1] + mask_contacts(words[2])

    return WORDS.sub(mask, TABLE.sub(lambda table: ROW.sub(partial(mask_row, titles={}), table[0]), html))


def plain(html: str) -> str:
    """The words of a piece of clean HTML.

    >>> plain("Profit &amp; <em>loss</em>")
    'Profit & loss'
    """
    return str(Markup(html).striptags())  # noqa: S704 - only text is taken from it


def is_head(output: Mapping[str, Any]) -> bool:
    """Whether an output is the page head, whose title becomes the page's."""
    payload = output.get("data", {}).get(COMPONENT)
    return isinstance(payload, Mapping) and payload.get("kind") == "head"


class OutputRenderer:
    """Shows outputs in `language`; `styles` collects the style rules of the components shown, each once, in order."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.styles: dict[str, None] = {}

    def render(self, output: Mapping[str, Any]) -> Markup:
        """HTML of one output, empty for what is not for readers."""
        data = output.get("data", {})
        kind = next((kind for kind in SHOWN if kind in data), None)
        if kind is None:
            return Markup("")
        if kind == COMPONENT:
            return self.component(data[kind])
        if kind in PICTURES:
            return self.picture(kind, joined(data[kind]), output.get("metadata", {}))
        return self._foreign(kind, joined(data[kind]))

    def component(self, payload: Mapping[str, Any]) -> Markup:
        """One of our components in the page's language, or in English where it has no other."""
        forms = payload.get("html") if isinstance(payload, Mapping) else None
        if not isinstance(forms, Mapping) or not forms:
            raise PageRejected("a component holds no HTML; display it again with this version of cxlib.")
        self.styles |= dict.fromkeys(rules(clean_css(str(payload.get("css") or ""))))
        spoken = self.language if self.language in forms else SOURCE_LANGUAGE
        html = Markup(masked(clean_component(str(forms.get(spoken, ""))), own=True))  # noqa: S704 - it passed the allow-list
        return html if spoken == self.language else Markup('<div lang="{}" dir="ltr">{}</div>').format(spoken, html)

    def picture(self, kind: str, content: str, metadata: Mapping[str, Any]) -> Markup:
        """A picture that the notebook embeds; ``display(Image(..., alt="..."))`` describes it."""
        alt = mask_contacts(str(metadata.get(kind, {}).get("alt") or metadata.get("alt") or "").strip())
        if not alt:
            raise PageRejected(
                f"a picture ({kind}) has no description. Show it with cxlib.report.figure, or give it alt text."
            )
        if kind == "image/svg+xml":
            content = base64.b64encode(content.encode("utf-8")).decode("ascii")
        packed = "".join(content.split())
        return Markup('<img class="plain" alt="{}" src="data:{};base64,{}">').format(alt, kind, packed)

    def _foreign(self, kind: str, content: str) -> Markup:
        """Text, Markdown or HTML of an object that is not ours: contacts masked, words in their own direction."""
        if kind == "text/plain":
            content = "".join(map(mask_contacts, content.splitlines(keepends=True)))
            return Markup('<pre tabindex="0" dir="ltr">{}</pre>').format(content) if content.strip() else Markup("")
        clean = clean_foreign(render_markdown(content) if kind == "text/markdown" else content)
        html = masked(clean)
        if not html.strip():
            return Markup("")
        return Markup('<div class="foreign" dir="auto">{}</div>').format(scrollable(html, self.language))


def rules(css: str) -> list[str]:
    """The rules of a style sheet one by one, so that charts share them; with nested rules it stays in one piece.

    >>> rules(".a{x:y}.b{x:y}")
    ['.a{x:y}', '.b{x:y}']
    """
    return [css] if "@" in css else [f"{rule}}}" for rule in css.split("}") if rule.strip()]


def joined(content: object) -> str:
    r"""Text of an output; the notebook format allows a list of lines."""
    return "".join(map(str, content)) if isinstance(content, list) else str(content)
