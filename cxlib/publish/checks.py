"""The last look at a page before it is written: whatever a page must never be, it is refused for here.

The finished HTML is parsed again, so that nothing depends on which part of the code should have prevented it.
"""

import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser

from cxlib.errors import PageRejected
from cxlib.language import speaker
from cxlib.publish.sanitise import policy

PAGE_LIMIT_BYTES = 300_000
NO_DESCRIPTION = "No description has been provided for this image"  # nbconvert's stand-in, which checkers believe
LOADING = frozenset({"src", "srcset", "data", "poster", "background", "formaction", "action", "ping"})
LOADING_TAGS = frozenset({"link", "iframe", "frame", "object", "embed", "base", "form", "video", "audio", "source"})
CSS_ADDRESS = re.compile(r"url\(\s*['\"]?(?!data:|#)|@import", re.IGNORECASE)
PARTS = {
    "fonts": re.compile(r"@font-face\{.*?\}", re.DOTALL),
    "styles": re.compile(r"<style>.*?</style>", re.DOTALL),
    "charts": re.compile(r"<svg\b.*?</svg>", re.DOTALL),
    "tables": re.compile(r"<table\b.*?</table>", re.DOTALL),
    "pictures and downloads": re.compile(r'="data:[^"]*"'),
    "code": re.compile(r'<section class="appendix">.*?</section>', re.DOTALL),
}


def check_page(page: str, *, language: str) -> None:
    """Refuse a page that is not fit to be published.

    Raises PageRejected: naming every fault: too heavy (with the weight of its parts), something loaded from outside, a
        picture without description, no or a wrong policy, not exactly one main heading, an id used twice, wrong
        language or direction.
    """
    elements = _Elements(page)
    faults = [
        *_shape_faults(elements, language),
        *_picture_faults(elements),
        *_safety_faults(elements),
        *_weight_faults(page),
    ]
    if faults:
        raise PageRejected("the page was not published: " + "; ".join(faults) + ".")


class _Elements(HTMLParser):
    """Every element of a page with its attributes, and the text of its style and script elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, list[str]] = {"style": [], "script": []}
        self._inside = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._inside = tag if tag in self.texts else ""
        if self._inside:
            self.texts[tag].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.texts[self._inside][-1] += data

    def named(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


def _shape_faults(page: _Elements, language: str) -> Iterator[str]:
    root = page.named("html")[0] if page.named("html") else {}
    direction = speaker(language).direction
    if (root.get("lang"), root.get("dir")) != (language, direction):
        yield f"it should be in {language!r}, {direction}, but says {root.get('lang')!r}, {root.get('dir')!r}"
    if (headings := len(page.named("h1"))) != 1:
        yield f"it has {headings} main headings (h1) instead of one; display one page_head"
    counts = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
    if twice := sorted(name for name, count in counts.items() if count > 1):
        yield f"the id {', '.join(map(repr, twice[:5]))} is used twice or more; give each figure and table its own name"


def _picture_faults(page: _Elements) -> Iterator[str]:
    for picture in page.named("img"):
        alt = picture.get("alt", "").strip()
        if not alt or alt == NO_DESCRIPTION:
            yield "a picture has no description (alt text)"
        if not picture.get("src"):
            yield f"the picture {alt!r} is not embedded; attach it to the cell"


def _safety_faults(page: _Elements) -> Iterator[str]:
    for tag, attributes in page.elements:
        if tag in LOADING_TAGS:
            yield f"it holds a <{tag}> element"
        for name, value in attributes.items():
            if _is_unsafe(tag, name, value.strip().lower()):
                yield f"its <{tag}> has {name}={value[:60]!r}, which could run or load something"
    for sheet in page.texts["style"]:
        if address := CSS_ADDRESS.search(sheet):
            yield f"its style sheet loads something ({sheet[address.start() : address.start() + 60]!r})"
    policies = [each for each in page.named("meta") if each.get("http-equiv", "").lower() == "content-security-policy"]
    expected = policy(styles=page.texts["style"], scripts=page.texts["script"])
    if [each.get("content") for each in policies] != [expected]:
        yield "its Content-Security-Policy is missing or does not match its style sheet and script"


def _is_unsafe(tag: str, name: str, value: str) -> bool:
    if name.startswith("on") or name == "style":
        return True
    if name in LOADING:
        return not value.startswith("data:image/")
    if name in {"href", "xlink:href"}:
        return value.startswith("javascript:") or (tag not in {"a"} and not value.startswith(("#", "data:image/")))
    return False


def _weight_faults(page: str) -> Iterator[str]:
    weight = len(page.encode("utf-8"))
    if weight > PAGE_LIMIT_BYTES:
        yield f"it weighs {weight / 1000:.0f} kB, more than {PAGE_LIMIT_BYTES // 1000} kB ({weigh(page)})"


def weigh(page: str) -> str:
    """Weight of a page's parts, heaviest first; parts may lie within each other."""
    sizes = {name: sum(len(text.encode("utf-8")) for text in part.findall(page)) for name, part in PARTS.items()}
    heaviest = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {size / 1000:.0f} kB" for name, size in heaviest if size >= 500)
