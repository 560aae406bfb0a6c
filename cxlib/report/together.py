"""Several components as one, where one cell shows a table and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from cxlib.errors import ConfigurationError
from cxlib.language import Speaker
from cxlib.report.component import Component, Rendered


@dataclass(frozen=True)
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

    Raises
    ------
    ConfigurationError
        When one of them is the page's head, which stands alone.

    Examples
    --------
    >>> from cxlib.language import T
    >>> from cxlib.report.text import findings, text
    >>> together(text(T("Revenue")), findings(T("It rose"))).payload()["html"]["en"]
    '<p>Revenue</p><ul class="findings"><li>It rose</li></ul>'
    """
    if any(part.kind == "head" for part in parts):
        raise ConfigurationError("together: the page head stands in a cell of its own. Take it out.")
    return Together(parts)
