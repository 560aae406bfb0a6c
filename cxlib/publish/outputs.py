"""A notebook's outputs as safe HTML in one language.

Our components bring one HTML for each language and are chosen by it. Everything else is shown in the safest form that
says something: tables through an allow-list, pictures only with a description, text escaped. What a program printed
(including warnings) never reaches a reader.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from cxlib.errors import PageRejected
from cxlib.language.speaker import SOURCE_LANGUAGE
from cxlib.publish.markdown import render_markdown, scrollable
from cxlib.publish.sanitise import clean_component, clean_css, clean_foreign

COMPONENT = "application/vnd.cxlib.component+json"
PICTURES = ("image/svg+xml", "image/png", "image/jpeg")
SHOWN = (COMPONENT, "text/html", *PICTURES, "text/markdown", "text/plain")


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
        """HTML of one output, empty for what is not for readers.

        Raises
        ------
        PageRejected
            If a picture has no description, or a component is malformed.
        """
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
        html = Markup(clean_component(str(forms.get(spoken, ""))))  # noqa: S704 - it passed the allow-list
        return html if spoken == self.language else Markup('<div lang="{}" dir="ltr">{}</div>').format(spoken, html)

    def picture(self, kind: str, content: str, metadata: Mapping[str, Any]) -> Markup:
        """A picture that the notebook embeds; ``display(Image(..., alt="..."))`` describes it."""
        alt = str(metadata.get(kind, {}).get("alt") or metadata.get("alt") or "").strip()
        if not alt:
            raise PageRejected(
                f"a picture ({kind}) has no description. Show it with cxlib.report.figure, or give it alt text."
            )
        if kind == "image/svg+xml":
            content = base64.b64encode(content.encode("utf-8")).decode("ascii")
        packed = "".join(content.split())
        return Markup('<img class="plain" alt="{}" src="data:{};base64,{}">').format(alt, kind, packed)

    def _foreign(self, kind: str, content: str) -> Markup:
        """Text, Markdown or HTML of an object that is not ours: its words are data and keep their own direction."""
        if kind == "text/plain":
            return Markup('<pre tabindex="0" dir="ltr">{}</pre>').format(content) if content.strip() else Markup("")
        html = clean_foreign(render_markdown(content) if kind == "text/markdown" else content)
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
    r"""Text of an output; the notebook format allows a list of lines.

    >>> joined(["a\n", "b"])
    'a\nb'
    """
    return "".join(map(str, content)) if isinstance(content, list) else str(content)
