"""A chart with everything around it that a reader needs: finding, population, source, words and numbers."""

import io
import re
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes

from cxlib.language import Count, Message, Speaker, T, available_languages, speaker
from cxlib.report.canvas import Canvas, Plot, draw, paint
from cxlib.report.component import Component, Rendered, checked_name, say, say_each
from cxlib.report.exports import data_link, exports_folder, file_link, in_a_run, write_file
from cxlib.report.table import TableSpec, table_html, withheld_note

MAX_ROWS = 25
INLINE_BYTES = 8_000  # of a download that the page carries in itself

_FIGURE = Markup(
    '<figure id="{id}" aria-labelledby="{id}-t"><h3 id="{id}-t">{title}</h3><p class="sub">{subtitle}</p>'
    '<div class="chart" role="img" aria-label="{alt}"><div class="wide">{wide}</div><div class="narrow">{narrow}</div>'
    '</div><p class="note">{source}</p><details><summary id="{id}-n" aria-labelledby="{id}-n {id}-t">{show}</summary>'
    "{numbers}<p>{link}</p></details></figure>"
)


@dataclass(frozen=True, repr=False)
class FigureBlock(Component):
    """A chart, drawn wide and phone-shaped; see `figure`."""

    kind: ClassVar[str] = "figure"
    plot: Plot
    name: str
    title: Message
    subtitle: Message
    alt: Message
    source: Message
    numbers: TableSpec
    mirror_time: bool = True

    def render(self, voice: Speaker) -> Rendered:
        """The figure with its drawings, its folded numbers and its download."""
        wide = draw(self.plot, Canvas(voice, wide=True, mirror_time=self.mirror_time))
        narrow = draw(self.plot, Canvas(voice, wide=False, mirror_time=self.mirror_time))
        key = f"fig-{self.name}"
        told = re.search(r' data-label="[^"]*"', wide.markup)
        phone = narrow.markup.replace(told[0], "") if told else narrow.markup  # it reads those of the wide drawing
        html = _FIGURE.format(
            id=key,
            title=say(voice, self.title),
            subtitle=say(voice, self.subtitle),
            alt=say(voice, self.alt),
            wide=wide.markup,
            narrow=phone,
            source=say(voice, self.source),
            show=say(voice, T("Show the numbers")),
            numbers=self._numbers(voice, f"{key}-t"),
            link=self._download(voice),
        )
        return Rendered(html, tuple(dict.fromkeys(wide.rules + narrow.rules)))

    def axes(self, ax: Axes | None = None) -> Axes:
        """The chart as matplotlib has it, in English, to go on with: titles, annotations, ``savefig``.

        `ax`: Axes to draw on, in a figure of your own; a new figure is made without them.
        """
        return paint(self.plot, ax)

    @property
    def frame(self) -> pd.DataFrame:
        """What the chart is drawn from, under the titles that its table has: money in units, shares as fractions."""
        return pd.read_csv(io.BytesIO(self.numbers.csv(speaker("en"))))

    def extras(self) -> dict[str, object]:
        """Files of numbers that were written beside the page: they hold what the page may show."""
        names = [f"{self.name}.{language}.csv" for language in available_languages()] if in_a_run() else []
        files = [f"exports/{name}" for name in names if (exports_folder() / name).is_file()]
        return {"shareable": files} if files else {}

    def _download(self, voice: Speaker) -> Markup:
        """The numbers inside the page; in a run, many of them as a file beside it, since a page must stay light."""
        content = self.numbers.csv(voice)
        if len(content) <= INLINE_BYTES or not in_a_run():
            return data_link(voice, self.name, content)
        return file_link(voice, write_file(f"{self.name}.{voice.language}.csv", content, kind="CSV"))

    def _numbers(self, voice: Speaker, key: str) -> Markup:
        rows, withheld = len(self.numbers.visible), withheld_note(self.numbers)
        notes = [withheld] if withheld else []
        if rows > MAX_ROWS:
            counts = {"shown": Count(MAX_ROWS), "all": Count(rows)}
            notes.append(T("The first {shown} of {all} rows; the download has them all.", **counts))
        lines = say_each(voice, '<p class="note">{}</p>', notes)
        return table_html(voice, self.numbers, labelled_by=key, max_rows=MAX_ROWS) + lines


def figure(
    plot: Plot,
    *,
    name: str,
    title: Message,
    subtitle: Message,
    alt: Message,
    source: Message,
    numbers: TableSpec | pd.DataFrame,
    mirror_time: bool = True,
) -> FigureBlock:
    """Show a chart.

    `plot`: One of `cxlib.report.plots`, or any function of the axes and a `Canvas`. It is drawn twice for each
        language: for a page and for a phone.
    `name`: The figure's id and the stem of its download.
    `title`: The finding, chosen by the data (see `claim`).
    `subtitle`: Measure, population and period.
    `alt`: What the chart shows, in words, made from the same values as the title.
    `source`: Where the data is from, what the intervals are, who is not shown.
    `numbers`: What the chart is drawn from, as a frame or a `TableSpec`; folded under the chart and offered as CSV.
    `mirror_time`: Whether a time axis runs from right to left in right-to-left languages.
    Raises ConfigurationError: when the name cannot be an id, or `numbers` names a column that is not there.

    >>> from cxlib.language import T
    >>> from cxlib.report import HorizontalBars
    >>> rows = pd.DataFrame({"region": ["Riyadh", "Jeddah"], "share": [0.6, 0.4]})
    >>> words = dict.fromkeys(["title", "subtitle", "alt", "source"], T("Customers by region"))
    >>> figure(HorizontalBars(rows, category="region", value="share"), name="regions", numbers=rows, **words).name
    'regions'
    """
    spec = numbers if isinstance(numbers, TableSpec) else TableSpec(numbers)
    checked_name(name, "figure")
    return FigureBlock(plot, name, title, subtitle, alt, source, spec, mirror_time)
