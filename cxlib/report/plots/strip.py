"""The journey as one strip: touchpoints side by side on a page, below each other on a phone, four measures of each."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from cxlib.language import Count, Message, Percent, Quantity, T
from cxlib.measures.result import Brief
from cxlib.report.canvas import Canvas
from cxlib.report.plots import chart
from cxlib.report.plots.labels import BOLD, fitted

BAR, TRACK = 7.0, 2.0  # points: thickness of bars, and of lines that dots stand on
DOT = 6.0
NAMED, HEAD = 1.0, 1.1  # widths of a column: of the measures' names; heights of a row: of the touchpoints' names
SMALLER = 0.88  # of the canvas' letters: names that stand side by side
AIR = 0.08  # share of a cell that is left free
PHONE_BLOCK = 1.75  # height of a touchpoint on a phone, its name included
ROW_INCHES, PHONE_ROW_INCHES = 0.52, 0.42
POINTS = 72


@dataclass(frozen=True, repr=False)
class JourneyStrip(Brief):
    """Stages and their touchpoints in the order of the way, with volume, satisfaction, ease and drop-off of each.

    `frame` has a row a touchpoint: stage and name (text or messages), customers, and the shares csat, easy and drop
    with their ends (``csat_low``, ...), missing where they cannot be told; `lost` marks where clearly more are lost.
    `drop` says what the last measure is.

    >>> from matplotlib.figure import Figure
    >>> from cxlib.language import speaker
    >>> row = {"stage": "Buying", "name": "Order", "customers": 40, "lost": False}
    >>> shares = {f"{name}{end}": 0.5 for name in ("csat", "easy", "drop") for end in ("", "_low", "_high")}
    >>> axes = Figure().add_subplot()
    >>> JourneyStrip(pd.DataFrame([row | shares]), T("Do not buy"))(axes, Canvas(speaker("en")))
    >>> [text.get_text() for text in axes.texts][:3]
    ['Buying', 'Order', '40']
    """

    frame: pd.DataFrame
    drop: Message

    @property
    def _measures(self) -> list[tuple[str, Message]]:
        known = [name for name in ("csat", "easy") if self.frame[name].notna().any()]
        titles = {"csat": T("Satisfied"), "easy": T("Find it easy")}
        return [("customers", T("Customers")), *((name, titles[name]) for name in known), ("drop", self.drop)]

    def height(self, canvas: Canvas) -> float:
        """Inches: a row a measure on a page, a block a touchpoint on a phone."""
        if canvas.wide:
            return ROW_INCHES * (len(self._measures) + 0.7 + HEAD) + 0.2
        return (
            PHONE_ROW_INCHES * (1.0 + PHONE_BLOCK * len(self.frame) + 0.9 * self.frame["stage"].map(str).nunique())
            + 0.2
        )

    def __call__(self, axes: Axes, canvas: Canvas) -> None:
        """Draw."""
        if self.frame.empty:
            chart.say_nothing(axes, canvas)
            return
        axes.set_axis_off()
        (self._draw_wide if canvas.wide else self._draw_narrow)(axes, canvas)

    def _draw_wide(self, axes: Axes, canvas: Canvas) -> None:
        count, measures = len(self.frame), self._measures
        width = NAMED * max(1.0, count / 6) + count
        first, bottom = width - count, len(measures) + 0.7 + HEAD
        axes.set_xlim(0, width)
        axes.set_ylim(bottom, 0)
        canvas.mirror(axes)
        room = canvas.size[0] * POINTS / width
        for at, row in enumerate(self.frame.to_dict("records")):
            x = first + at
            if at == 0 or self.frame["stage"].iloc[at - 1] != row["stage"]:
                among = int((self.frame["stage"].map(str) == str(row["stage"])).sum())
                self._stage(axes, canvas, row["stage"], (x + AIR / 2, 0.4), among - AIR)
            size = canvas.font_size * SMALLER
            words = map(len, canvas.say(row["name"]).split())
            letters = max(int(room / canvas.width_of("n", size)), *words)
            style: dict[str, Any] = {"va": "top", "weight": 600, "size": size, "colour": "c2" if row["lost"] else "ink"}
            canvas.write(axes, canvas.wrap(row["name"], letters), (x + AIR / 2, 0.75), **style)
            for number, (measure, _) in enumerate(measures):
                self._cell(axes, canvas, row, measure, (x + AIR / 2, 0.7 + HEAD + number))
        for number, (_, title) in enumerate(measures):
            letters = int(first * room / canvas.width_of("n"))
            canvas.write(axes, canvas.wrap(title, letters), (0.0, 0.7 + HEAD + number + 0.5), colour="mute")

    def _draw_narrow(self, axes: Axes, canvas: Canvas) -> None:
        measures, y = self._measures, 1.0
        axes.set_xlim(0, len(measures))
        axes.set_ylim(self.height(canvas) / PHONE_ROW_INCHES, 0)
        canvas.mirror(axes)
        room = canvas.size[0] * POINTS / len(measures)
        for number, (_, title) in enumerate(measures):
            letters = int(room / canvas.width_of("n"))
            canvas.write(axes, canvas.wrap(title, letters), (number, 0.0), colour="mute", va="top")
        stage = None
        for row in self.frame.to_dict("records"):
            if str(row["stage"]) != stage:
                stage, y = str(row["stage"]), y + 0.9
                self._stage(axes, canvas, row["stage"], (0.0, y - 0.2), len(measures))
            name = fitted(canvas, row["name"], canvas.size[0] * POINTS / BOLD)
            canvas.write(axes, name, (0.0, y + 0.3), weight=600, colour="c2" if row["lost"] else "ink")
            for number, (measure, _) in enumerate(measures):
                self._cell(axes, canvas, row, measure, (number, y + 0.6))
            y += PHONE_BLOCK

    def _stage(self, axes: Axes, canvas: Canvas, title: object, place: tuple[float, float], width: float) -> None:
        """A stage's name over a line as long as its touchpoints."""
        canvas.write(axes, canvas.say(title), place, va="bottom", weight=600, shift=(0.0, 2.0))
        axes.hlines(place[1], place[0], place[0] + width, color=canvas.colour("c0"), linewidth=1.2)

    def _cell(self, axes: Axes, canvas: Canvas, row: dict[Any, Any], measure: str, place: tuple[float, float]) -> None:
        """A value over its mark: a bar from zero, or a dot with its interval on a line from none to all."""
        x, y = place
        value, colour = row[measure], "c2" if measure == "drop" and row["lost"] else "c1"
        known, room = pd.notna(value), 1.0 - 2 * AIR
        shown: Quantity = Count(int(value)) if measure == "customers" and known else Percent(value if known else None)
        if not known:
            canvas.write(axes, "\u2013", (x, y + 0.28), weight=600, colour="mute")
            return
        canvas.write(axes, canvas.say(shown), (x, y + 0.28), weight=600, colour=colour)
        largest = self.frame["customers"].max() if measure == "customers" else 1.0
        end, line = x + room * float(value) / largest, y + 0.72
        if measure in ("csat", "easy"):
            axes.hlines(line, x, x + room, color=canvas.colour("line"), linewidth=TRACK)
            ends = [x + room * float(row[f"{measure}_{side}"]) for side in ("low", "high")]
            axes.hlines(line, *ends, color=canvas.colour(colour), linewidth=TRACK)
            axes.plot([end], [line], "o", color=canvas.colour(colour), markersize=DOT, markeredgewidth=0)
            return
        axes.hlines(line, x, x + room, color=canvas.colour("line"), linewidth=TRACK)
        axes.hlines(line, x, end, color=canvas.colour(colour), linewidth=BAR)
        if measure == "drop":
            ends = [x + room * float(row[f"drop_{side}"]) for side in ("low", "high")]
            axes.hlines(line, *ends, color=canvas.colour("ink"), linewidth=1.4)
