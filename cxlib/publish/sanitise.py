"""What may stand on a page: allow-lists for our own components and for foreign HTML, and the page's content policy.

A notebook file may have been written by anyone, so a component's payload is not trusted either: it passes a list that
knows exactly the elements that components are made of. Scripts, event handlers, ``style`` attributes, forms, frames and
anything that would be fetched are on no list. (nh3 parses as a browser does; about 5 ms for a page's charts.)
"""

import base64
import hashlib
import re
from collections.abc import Iterable

import nh3

from cxlib.errors import PageRejected
from cxlib.masking import mask_contacts


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


TEXT_TAGS = _names("""
    abbr b bdi bdo blockquote br cite code dd del dfn dl dt em hr i ins kbd li mark ol p pre q s samp small span strong
    sub sup u ul var wbr
""")
TABLE_TAGS = _names("caption col colgroup table tbody td tfoot th thead tr")
HEADING_TAGS = _names("h1 h2 h3 h4 h5 h6")
SVG_TAGS = _names("""
    circle clipPath defs ellipse g image line linearGradient marker path pattern polygon polyline rect stop svg symbol
    text tspan use
""")
FOREIGN_TAGS = TEXT_TAGS | TABLE_TAGS
MARKDOWN_TAGS = FOREIGN_TAGS | HEADING_TAGS | _names("a details img summary")
BLOCK_TAGS = _names("a aside details div figcaption figure footer header section summary")
COMPONENT_TAGS = FOREIGN_TAGS | HEADING_TAGS | SVG_TAGS | BLOCK_TAGS

SVG_ATTRIBUTES = _names("""
    clip-path clip-rule clipPathUnits cx cy d direction dominant-baseline dx dy fill fill-opacity fill-rule focusable
    font-family font-size font-style font-weight gradientTransform gradientUnits height href letter-spacing marker-end
    marker-start markerHeight markerUnits markerWidth offset opacity orient paint-order pathLength patternTransform
    patternUnits points preserveAspectRatio r refX refY rotate rx ry stop-color stop-opacity stroke stroke-dasharray
    stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit stroke-opacity stroke-width text-anchor
    textLength transform unicode-bidi version viewBox width x x1 x2 xlink:href xmlns y y1 y2
""")
SPOKEN_ATTRIBUTES = _names("abbr alt aria-description aria-label data-label title")
PAINT_ATTRIBUTES = _names("clip-path fill marker-end marker-start stroke")  # these may hold a url()
FOREIGN_ATTRIBUTES = {"*": {"dir", "lang"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan", "scope"}}
MARKDOWN_ATTRIBUTES = FOREIGN_ATTRIBUTES | {"a": {"href", "title"}, "img": {"alt", "src", "title"}}
COMPONENT_ATTRIBUTES = {
    "*": {"class", "data-label", "dir", "hidden", "id", "lang", "role", "tabindex", "title"},
    "a": {"download", "href", "hreflang"},
    "details": {"open"},
    "ol": {"start"},
    "td": {"colspan", "headers", "rowspan"},
    "th": {"abbr", "colspan", "rowspan", "scope"},
    **{tag: set(SVG_ATTRIBUTES) for tag in SVG_TAGS},
}

EMPTIED = frozenset({"script", "style", "template", "title", "noscript", "iframe", "object"})  # dropped with content
URL_SCHEMES = {"data", "http", "https", "mailto"}
EMBEDDED_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]*\Z")
DOWNLOAD = re.compile(r"data:(?:text/csv|application/vnd\.apache\.parquet)[;,]")
OWN_REFERENCE = re.compile(r"url\(['\"]?#[\w.:-]+['\"]?\)")
UNSAFE_CSS = re.compile(r"<|\\|@import|expression\s*\(|url\((?!['\"]?#)|image-set\(", re.IGNORECASE)


def _keep_attribute(tag: str, name: str, value: str) -> str | None:
    """Refuse attribute values that would fetch something, and mask contacts in those that are read to people."""
    if tag in {"img", "image"} and name in {"src", "href"}:
        return value if EMBEDDED_IMAGE.match(value) else None
    if tag == "a" and name == "href":
        return value if not value.lstrip().lower().startswith("data:") or DOWNLOAD.match(value) else None
    if name == "href":
        return value if value.startswith("#") else None
    if name == "tabindex":
        return value if value in {"0", "-1"} else None
    if name in PAINT_ATTRIBUTES and ("url" in value.lower() or "\\" in value):
        return value if OWN_REFERENCE.fullmatch(value) else None
    return mask_contacts(value) if name in SPOKEN_ATTRIBUTES else value


def _cleaner(tags: frozenset[str], attributes: dict[str, set[str]], *, prefixes: set[str] | None = None) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(tags),
        attributes=attributes,
        clean_content_tags=set(EMPTIED),
        generic_attribute_prefixes=prefixes,
        attribute_filter=_keep_attribute,
        url_schemes=URL_SCHEMES,
    )


_COMPONENT = _cleaner(COMPONENT_TAGS, COMPONENT_ATTRIBUTES, prefixes={"aria-"})
_MARKDOWN = _cleaner(MARKDOWN_TAGS, MARKDOWN_ATTRIBUTES)
_FOREIGN = _cleaner(FOREIGN_TAGS, FOREIGN_ATTRIBUTES)


def clean_component(html: str) -> str:
    """HTML of one of our components: charts, tables, tiles, folded parts and downloads stay."""
    return str(_COMPONENT.clean(html))


def clean_markdown(html: str) -> str:
    """HTML that was made of a Markdown cell: text, tables, links, and pictures that are embedded."""
    return str(_MARKDOWN.clean(html))


def clean_foreign(html: str) -> str:
    """HTML that any object gave for itself, such as a DataFrame: text and tables only, no links and no pictures.

    pandas heads its index with an empty ``<th>``, which announces a heading that is none: it becomes a plain cell.
    """
    return str(_FOREIGN.clean(html)).replace("<th></th>", "<td></td>")


def clean_css(css: str) -> str:
    """A component's style rules, unchanged."""
    if unsafe := UNSAFE_CSS.search(css):
        raise PageRejected(f"a component's style rules hold {unsafe.group()!r}; only plain rules are allowed.")
    return css


def source_hash(text: str) -> str:
    """How a content policy names an inline style sheet or script."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def policy(*, styles: Iterable[str], scripts: Iterable[str]) -> str:
    """The Content-Security-Policy of a page with these style sheets and scripts, named by their hashes.

    Images and fonts may only be embedded (``data:``); the page loads nothing, sends nothing and is based nowhere else.
    """
    rules = {
        "default-src": "'none'",
        "style-src": " ".join(map(source_hash, styles)) or "'none'",
        "script-src": " ".join(map(source_hash, scripts)) or "'none'",
        "img-src": "data:",
        "font-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())
