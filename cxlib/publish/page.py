"""Puts a page together: template, colours, font, style sheet, script and policy around the given content.

The body is rendered first, because the head depends on it: the font is cut to its characters, and the policy names the
final style sheet by hash.

The page's font, cut down to the characters in use and embedded: two weights, and Arabic only where it is written.

Cutting costs 0.1-0.3 s a face, so it starts from two fixed sets (Latin with typographic signs, the Arabic alphabet).
Those cuts lie ready in ``cuts/`` (made by ``make fonts``); only a page with a rarer letter needs a new one, and with it
fontTools, which is imported then.

Where a page comes from: what its footer and its links say. The engine fills this in; by hand nothing is needed.
"""

import base64
import datetime as dt
import io
import re
import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import Any
from unicodedata import bidirectional

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from cxlib.language import C, Count, Day, Decimal, Message, N, T, speaker
from cxlib.masking import mask_contacts
from cxlib.publish.cells import plain
from cxlib.publish.sanitise import policy
from cxlib.report.theme import DARK, FAMILY, FONT_FILES, LIGHT, css_variables

LONGEST_VALUE = 80  # signs of a parameter in the footer
FINGERPRINT_LENGTH = 16


def _at_a_glance(value: object) -> str:
    """A parameter without contacts, cut where it is long: "How this was computed" has it whole."""
    text = mask_contacts(str(value))
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}\u2026"


@dataclass(frozen=True)
class PageFacts:
    """Facts about one run of one report; what is not known is left out.

    >>> [str(label) for label, _ in PageFacts(seconds=2.4, fingerprint="9f" * 32).provenance()]
    ['Run time', 'Input fingerprint']
    """

    title: str = ""  # the page's where the notebook gives neither an answer nor a question
    report: str = ""
    workspace: str = ""
    as_of: dt.date | None = None  # last day in the data
    generated_at: dt.datetime | None = None  # when the run finished, with its time zone; said in UTC
    rendered_at: dt.datetime | None = None  # when the page was made anew from an older run
    parameters: Mapping[str, object] = field(default_factory=dict)  # what the notebook was run with
    versions: Mapping[str, str] = field(default_factory=dict)  # package name to version
    seconds: float | None = None  # how long the run took
    fingerprint: str = ""  # SHA-256 (hexadecimal) over all inputs, of which the first 16 digits are said
    databases: Mapping[str, tuple[str, int, dt.datetime]] = field(default_factory=dict)  # table: server, rows, read at
    languages: tuple[str, ...] = ()  # of all pages of the report; each links to the others
    home: str = ""  # address of the front page, relative to the page, with ``{language}``

    def provenance(self) -> Iterator[tuple[Message, object]]:
        """Label and value of every fact that is known, in the order of the footer."""
        if self.as_of is not None:
            yield T("Data as of"), Day(self.as_of)
        if self.generated_at is not None:
            yield T("Generated"), moment(self.generated_at)
        if self.rendered_at is not None:
            yield T("Page made anew"), moment(self.rendered_at)
        if self.parameters:
            yield (
                T("Parameters"),
                ", ".join(f"{name}={_at_a_glance(value)}" for name, value in self.parameters.items()),
            )
        if self.seconds is not None:
            yield T("Run time"), T("{seconds} s", seconds=Decimal(self.seconds))
        if self.versions:
            yield T("Software"), ", ".join(f"{name} {version}" for name, version in self.versions.items())
        for table, (server, rows, read_at) in self.databases.items():
            values = {"table": table, "server": server, "moment": moment(read_at)}
            yield (
                T("Database"),
                N(
                    "{n} row of {table}, read from {server} on {moment}",
                    "{n} rows of {table}, read from {server} on {moment}",
                    rows,
                    **values,
                ),
            )
        if self.fingerprint:
            yield T("Input fingerprint"), f"sha256 {self.fingerprint[:FINGERPRINT_LENGTH]}"


def moment(when: dt.datetime) -> Message:
    """A point in time, said in UTC; a time without a zone is taken as UTC."""
    utc = when.replace(tzinfo=dt.UTC) if when.tzinfo is None else when.astimezone(dt.UTC)
    return T("{day}, {time} UTC", day=Day(utc.date()), time=f"{utc:%H:%M}")


LATIN = string.printable[:95] + "\u00a0–—−·…“”‘’«»±×£€¥°≤≥←→"
ARABIC = "".join(map(chr, (*range(0x621, 0x63B), *range(0x640, 0x653)))) + "،؛؟٪"
ARABIC_BLOCKS = ((0x600, 0x6FF), (0x750, 0x77F), (0xFB50, 0xFDFF), (0xFE70, 0xFEFF))
UNICODE_RANGE = ",".join(f"U+{first:04X}-{last:04X}" for first, last in ARABIC_BLOCKS)
LATIN_FEATURES = ("ccmp", "kern")
ARABIC_FEATURES = ("ccmp", "fina", "init", "mark", "medi", "rlig")  # letters join, lam-alef is one, vowels sit right
UNUSED_TABLES = ("DSIG", "STAT", "meta", "name")
CUTS = Path(__file__).parent / "cuts"
FIXED = {  # beside Arabic, Latin is mostly digits, which no kerning moves
    "latin": ("".join(sorted(LATIN)), LATIN_FEATURES),
    "digits": ("".join(sorted(LATIN)), LATIN_FEATURES[:1]),
    "arabic": ("".join(sorted(ARABIC)), ARABIC_FEATURES),
}


def font_faces(text: str) -> str:
    """CSS ``@font-face`` rules that cover `text` as far as the font does; others fall to the system's font."""
    used = {character for character in text if character.isprintable()}
    arabic = {one for one in used if any(first <= ord(one) <= last for first, last in ARABIC_BLOCKS)}
    latin = "".join(sorted(used - arabic | set(LATIN)))
    features = LATIN_FEATURES[:1] if arabic else LATIN_FEATURES
    faces = [_face(weight, latin, features) for weight in FONT_FILES]
    if arabic:
        letters = "".join(sorted(arabic | set(ARABIC)))
        faces += [_face(weight, letters, ARABIC_FEATURES, span=UNICODE_RANGE) for weight in FONT_FILES]
    return "".join(faces)


def _face(weight: int, characters: str, features: tuple[str, ...], *, span: str = "") -> str:
    data = base64.b64encode(_woff2(weight, characters, features)).decode("ascii")
    limit = f";unicode-range:{span}" if span else ""
    return (
        f'@font-face{{font-family:"{FAMILY}";font-weight:{weight};font-display:swap{limit};'
        f"src:url(data:font/woff2;base64,{data}) format('woff2')}}"
    )


@lru_cache(maxsize=64)
def _woff2(weight: int, characters: str, features: tuple[str, ...]) -> bytes:
    """The font of one weight with these characters only: ready where they are a fixed set, else cut now."""
    for name, fixed in FIXED.items():
        if (characters, features) == fixed:
            return (CUTS / f"{name}-{weight}.woff2").read_bytes()
    letters = covered(weight, characters)
    # Without what the font lacks anyway, it may be a fixed set after all, or a cut that was made before.
    return _woff2(weight, letters, features) if letters != characters else cut(weight, letters, features)


def write_cuts(folder: Path = CUTS) -> None:
    """Write the cuts of the fixed sets."""
    folder.mkdir(exist_ok=True)
    for name, (letters, features) in FIXED.items():
        for weight in FONT_FILES:
            data = cut(weight, covered(weight, letters), features)
            (folder / f"{name}-{weight}.woff2").write_bytes(data)


def covered(weight: int, characters: str) -> str:
    """Those of the characters that the font of this weight has."""
    return "".join(character for character in characters if ord(character) in _coverage(weight))


@lru_cache
def _coverage(weight: int) -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(FONT_FILES[weight], lazy=True) as font:
        return frozenset(font.getBestCmap())


def cut(weight: int, characters: str, features: tuple[str, ...]) -> bytes:
    """Cut the font of one weight down to these characters; the same bytes every time.

    >>> len(cut(400, "A", ())) < len(cut(400, "ABCDEFGH", ()))
    True
    """
    from fontTools import subset
    from fontTools.ttLib import TTFont, newTable

    options = subset.Options(hinting=False, notdef_outline=True, glyph_names=False, recalc_bounds=False)
    options.layout_features = list(features)
    options.drop_tables = [*options.drop_tables, *UNUSED_TABLES]
    with TTFont(FONT_FILES[weight], lazy=True, recalcTimestamp=False, recalcBBoxes=False) as font:
        _drop_ornaments(font)
        cutter = subset.Subsetter(options)
        cutter.populate(text=characters)
        cutter.subset(font)
        font["name"] = newTable("name")  # browsers want the table but read nothing in it; pruning it costs more
        font["name"].names = []
        font.flavor = "woff2"
        packed = io.BytesIO()
        font.save(packed, reorderTables=False)
    return packed.getvalue()


def _drop_ornaments(font: Any) -> None:
    """Keep of joined letters lam with alef, and vowels above shadda; the others are a third of the alphabet's bytes."""
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for table in (getattr(each, "ExtSubTable", each) for each in lookup.SubTable):
            for joined in getattr(table, "ligatures", {}).values():
                joined[:] = [each for each in joined if re.match("uniFEF|uni065", each.LigGlyph)]


TEMPLATES = Path(__file__).parent / "templates"
SECTION = re.compile(r'<h2\b[^>]*?\bid="([^"]+)"[^>]*>(.*?)</h2>', re.DOTALL)
TABLE = re.compile(r'<table class="(stack|matrix)" aria-labelledby="([\w-]+)">.*?<tbody>(.*?)</table>', re.DOTALL)
CELL, LABEL = re.compile(r"<t[dh]\b[^>]*>"), re.compile(r' data-label="([^"]*)"')
NUMBER = re.compile(
    r'<td class="num">(?:<bdi>([^<]*|<a[^>]*>[^<]*</a>)</bdi>)?(?: <span class="ci">\(<bdi>([^<]*)</bdi>\)</span>)?'
)
ALONE = re.compile(r"(?<=>)<bdi>([^<]*)</bdi>(?=</t[dh]>)")
INTERVAL = re.compile(r'<span class="ci">(.*?)</span>')
# After an Arabic letter digits keep their order and side without marks; a sign or another number beside them does not.
PLAIN_NUMBER = re.compile("(?<=[\u0621-\u0652])([ («]{0,2})\u2068(\\d+(?:[.,]\\d+)*)\u2069(?=[ ،.)؛<»])")
REPORT_LINK = re.compile(r'<a href="#report-([\w-]+)">(.*?)</a>')
SHAPE_END = re.compile(r"></(?:path|rect|use|circle)>")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
IDLE = re.compile(r"""("[^"]*"|'[^']*')|;?\s*([{}])\s*|([:,;]) """)


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
    """The whole page as HTML text."""
    say, links = speaker(parts.language), list(_language_links(parts))
    content, labels = lean(lead_on(parts.content, in_language(parts.home, parts.language)), say.direction)
    parts = replace(parts, content=Markup(content), styles=(*parts.styles, labels))  # noqa: S704 - safe as it was
    lines = (TEMPLATES / "cx" / "page.js").read_text(encoding="utf-8").splitlines()
    script = "\n".join(line.strip() for line in lines).strip()
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
    r"""A style sheet without comments and idle white space."""
    lines = " ".join(COMMENT.sub("", css).split())
    return IDLE.sub(lambda piece: piece[1] or piece[2] or piece[3], lines)


def lead_on(html: str, home: str) -> str:
    """The page with links to other reports of the suite, beside whose front page a page leads on to each."""
    return REPORT_LINK.sub(lambda a: f'<a href="{home.replace("index", a[1])}">{a[2]}</a>' if home else a[2], html)


def lean(html: str, direction: str) -> tuple[str, str]:
    """The page in fewer bytes, and rules for phones with the name of each column, which no cell then holds.

    Most cells are numbers, so texts are marked instead; a text in a cell of its own that runs as the page does needs
    no isolation.
    """
    names: dict[str, dict[int, str]] = {}

    def once(table: re.Match[str]) -> str:
        for at, cell in enumerate(CELL.findall(table[3].partition("</tr>")[0]), start=1):
            if table[1] == "stack" and (label := LABEL.search(cell)):
                text = re.sub(r"[^\w ]", lambda sign: f"\\{ord(sign[0]):x} ", unescape(label[1]))
                names.setdefault(table[2], {})[at] = text
        marked = LABEL.sub("", table[0]).replace("<td>", '<td class="t">')
        marked = ALONE.sub(lambda cell: cell[1] if _runs(cell[1]) == direction else cell[0], marked)
        short = INTERVAL.sub(r"<i>\1</i>", NUMBER.sub(_number, marked))
        return short.replace('<table class="', '<table class="n ', 1)

    html = SHAPE_END.sub("/>", TABLE.sub(once, html)).replace("&nbsp;", "\u00a0")
    html = PLAIN_NUMBER.sub(r"\1\2", html) if direction == "rtl" else html
    places = sorted({at for columns in names.values() for at in columns})
    rules = [f".stack td:nth-child({at})::before{{content:var(--n{at})}}" for at in places]
    for table, columns in names.items():
        words = ";".join(f'--n{at}:"{text}"' for at, text in columns.items())
        rules.append(f"[aria-labelledby={table}]{{{words}}}")
    return html, f"@media (max-width:34rem){{{''.join(rules)}}}" if rules else ""


def _runs(text: str) -> str:
    sides = {"L": "ltr", "R": "rtl", "AL": "rtl"}
    return next((sides[side] for side in map(bidirectional, unescape(text)) if side in sides), "ltr")


def _number(cell: re.Match[str]) -> str:
    words, interval = cell[1] or "", f' <span class="ci">({cell[2]})</span>' if cell[2] else ""
    return "<td>" + (words if "<" in words else words.replace(" ", "\u00a0")) + interval


def contents(html: str) -> list[tuple[str, str]]:
    """Address and words of every section heading, in order."""
    return [(anchor, plain(words)) for anchor, words in SECTION.findall(html)]


def in_language(href: str, language: str) -> str:
    """An address with its ``{language}`` filled in; other braces stay."""
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
    environment.globals |= {"T": T, "C": C, "count": Count, "moment": moment, "in_language": in_language}
    return environment


def _template(name: str) -> Template:
    return _environment().get_template(name)


def render_part(name: str, language: str, **values: object) -> Markup:
    """One of our templates as a piece of a page: it says messages (``say(T(...))``), and escapes every value."""
    common = {"say": speaker(language).say, "language": language}
    return Markup(_template(name).render(common | values))  # noqa: S704 - the environment escapes
