"""A course over time that fits into a cell of a table: a line, its usual range, and where it stands now."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from cxlib.language import Message, Speaker
from cxlib.report.component import say

WIDTH, HEIGHT, EDGE = 110, 30, 3  # of the drawing, in its own units; EDGE keeps the last mark inside


@dataclass(frozen=True)
class Sparkline:
    """Values in the order of time, missing ones (NaN) left out, over the range `lower` to `upper`; `label` says them.

    Time runs as the page's language does. Where the last value lies outside its range its mark is in the other colour.

    >>> from cxlib.language import T, speaker
    >>> line = Sparkline([1.0, 2.0, 4.0], [1, 1, 1], [3, 3, 3], T("Last 4"))
    >>> str(line.render(speaker("en"))).count("<polyline"), 'class="out"' in line.render(speaker("en"))
    (1, True)
    """

    values: Sequence[float]
    lower: Sequence[float]
    upper: Sequence[float]
    label: Message

    def render(self, voice: Speaker) -> Markup:
        """The drawing; nothing where no value is known."""
        ends = [value for column in (self.values, self.lower, self.upper) for value in column if math.isfinite(value)]
        if not any(math.isfinite(value) for value in self.values):
            return Markup("")
        mirrored, low, size = voice.direction == "rtl", min(ends), (max(ends) - min(ends)) or 1.0

        def place(at: int, value: float) -> str:
            across = EDGE + (WIDTH - 2 * EDGE) * at / max(len(self.values) - 1, 1)
            up = HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (value - low) / size
            return f"{WIDTH - across if mirrored else across:.0f},{up:.0f}"

        known = [at for at, value in enumerate(self.values) if math.isfinite(value)]
        line = " ".join(place(at, self.values[at]) for at in known)
        body, at = self._band(place) + Markup('<polyline points="{}"/>').format(line), known[-1]
        x, y = place(at, self.values[at]).split(",")
        out = self.values[at] < self.lower[at] or self.values[at] > self.upper[at]
        body += Markup('<circle{} cx="{}" cy="{}" r="3"/>').format(Markup(' class="out"') if out else "", x, y)
        svg = Markup('<svg class="spark" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>')
        return svg.format(WIDTH, HEIGHT, say(voice, self.label), body)

    def _band(self, place: Callable[[int, float], str]) -> Markup:
        known = [i for i, pair in enumerate(zip(self.lower, self.upper, strict=True)) if all(map(math.isfinite, pair))]
        if len(known) < 2:
            return Markup("")
        there = [place(i, self.lower[i]) for i in known]
        back = [place(i, self.upper[i]) for i in reversed(known)]
        return Markup('<polygon points="{}"/>').format(" ".join([*there, *back]))
