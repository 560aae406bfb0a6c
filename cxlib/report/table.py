"""Tables: declared columns with units, intervals beside their values, small groups withheld.

Also the form in which a figure carries its numbers. Formatting is the speaker's; here is only structure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from markupsafe import Markup

from cxlib.errors import ConfigurationError, nearest
from cxlib.language import Count, Decimal, Message, Money, N, Quantity, Speaker, T, told_apart
from cxlib.measures.metric import Metric
from cxlib.report.component import Component, Rendered, plain_value, say, say_each
from cxlib.report.exports import FileLink, csv_bytes, named_columns
from cxlib.report.suppression import SUPPRESS_BELOW as SUPPRESS_BELOW
from cxlib.report.suppression import large_groups

MAX_COLUMNS = 7
DOWNLOAD_DECIMALS = 6
STACKED_COLUMNS = 7  # up to here a phone stacks the cells of a row; beyond, the table is a matrix and scrolls


@dataclass(frozen=True)
class Cell:
    """A cell that is more than words: `render` gives its HTML in a language."""

    render: Callable[[Speaker], Markup]


@dataclass(frozen=True)
class Column:
    """How one column of a table is shown.

    `label`: The header, with the unit where the numbers do not show it.
    `kind`: A quantity (`Count`, `Percent`, `Money`, `Points`, ...) or any function from a number to one, such as
        ``partial(Decimal, digits=2)``. Without one, whole numbers are counts, other numbers have one decimal, and
        everything else is text.
    `currency`: ISO 4217 code, for `Money` (amounts in cents).
    `bar`: Draw a small bar beside each number, from zero to the column's largest.
    `low`, `high`: Names of the columns that hold the ends of the interval.

    >>> from cxlib.language import Percent, T
    >>> Column(T("Customers"), Percent, low="low", high="high").bar
    False
    """

    label: Message | str
    kind: Callable[..., Quantity] | None = None
    currency: str = ""
    bar: bool = False
    low: str | None = None
    high: str | None = None

    def quantity(self, value: float) -> Quantity:
        """The number as this column shows it."""
        if self.kind is Money:
            return Money(value, currency=self.currency)
        fallback = Count if isinstance(value, int) else Decimal
        quantity = (self.kind or fallback)(value)
        return replace(quantity, in_words=False) if isinstance(quantity, Money) else quantity  # digits stand in columns


@dataclass(frozen=True)
class TableSpec:
    """A frame and how to show it.

    `frame`: One row a row; a named index counts as columns.
    `columns`: Column name -> `Column`, in the order of display; the first one heads its row. All columns, under their
        own names, when left out.
    `n`: Column that holds how many customers or answers a row rests on; rows below `suppress_below` are withheld, and
        so many beside them that none follows from a total (`cxlib.report.suppression`).
    `within`: Column that says which of several divisions of the same customers a row belongs to.
    `hidden`: Which rows to withhold, where the page has decided that already.

    >>> rows = pd.DataFrame({"region": ["Riyadh", "Jeddah"], "customers": [420, 12]})
    >>> TableSpec(rows, n="customers").suppress_below
    30
    """

    frame: pd.DataFrame
    columns: Mapping[str, Column] = field(default_factory=dict)
    n: str | None = None
    suppress_below: int = SUPPRESS_BELOW
    within: str | None = None
    hidden: Sequence[bool] | None = None

    def __post_init__(self) -> None:
        names = [str(name) for name in self.flat.columns]
        if len(set(names)) < len(names):
            raise ConfigurationError(f"table: column names repeat ({', '.join(names)}). Rename them.")
        for name in self._needed():
            if name not in names:
                raise ConfigurationError(f"table: there is no column {name!r}. {nearest(name, names)}")

    @property
    def flat(self) -> pd.DataFrame:
        """The frame with its index as columns and text for column names."""
        flat = named_columns(self.frame)
        return flat.set_axis([str(name) for name in flat.columns], axis=1)

    @cached_property
    def visible(self) -> pd.DataFrame:
        """The rows that may be shown."""
        flat = self.flat
        if self.hidden is not None:
            return flat[~np.array(self.hidden, dtype=bool)].reset_index(drop=True)
        if self.n is None:
            return flat
        label = next(iter(self.layout))
        shown = large_groups(flat, self.n, label=label, within=self.within, least=self.suppress_below)
        return shown.reset_index(drop=True)

    @property
    def withheld(self) -> int:
        """How many groups are not shown because they rest on too few."""
        names = list({next(iter(self.layout)), self.within} - {None})
        every, shown = (len(rows[names].astype(str).drop_duplicates()) for rows in (self.flat, self.visible))
        return every - shown or len(self.frame) - len(self.visible)  # one group may have several rows

    @property
    def layout(self) -> Mapping[str, Column]:
        """The columns, declared or all of them."""
        return self.columns or {name: Column(name) for name in self.flat.columns}

    def csv(self, voice: Speaker) -> bytes:
        """The visible rows as CSV with spoken headers, intervals in columns of their own, money in whole units.

        Numbers keep six decimals: more than any reader can use, and a page must stay small.
        """
        rows, columns = self.visible, {}
        for name, column in self.layout.items():
            label = voice.say(column.label)
            ends = (T("{label}, low end", label=label), T("{label}, high end", label=label))
            for source, header in ((name, label), (column.low, ends[0]), (column.high, ends[1])):
                if source is not None:
                    columns[voice.say(header)] = [_download(voice, column, value) for value in rows[source].tolist()]
        return csv_bytes(pd.DataFrame(columns))

    def _needed(self) -> Iterator[str]:
        for name, column in self.columns.items():
            yield from (part for part in (name, column.low, column.high) if part is not None)
        if self.n is not None:
            yield self.n


@dataclass(frozen=True, repr=False)
class Table(Component):
    """A table with its heading; see `table`."""

    kind: ClassVar[str] = "table"
    spec: TableSpec
    title: Message
    note: Message | None = None
    metrics: tuple[Metric, ...] = ()  # numbers of its rows that belong into metrics.json

    def extras(self) -> dict[str, object]:
        """The metrics as plain values, where it has some."""
        return {"metrics": [metric.to_dict() for metric in self.metrics]} if self.metrics else {}

    def render(self, voice: Speaker) -> Rendered:
        """Heading, table, and what is withheld."""
        title = say(voice, self.title)
        key = "t" + hashlib.sha256((str(self.title) + "|".join(self.spec.layout)).encode()).hexdigest()[:8]
        heading = Markup('<h3 class="cap" id="{}">{}</h3>').format(key, title)
        body = table_html(voice, self.spec, labelled_by=key)
        notes = [note for note in (self.note, withheld_note(self.spec)) if note is not None]
        lines = say_each(voice, '<p class="note">{}</p>', notes)
        return Rendered(heading + body + lines)


def table(
    frame: pd.DataFrame,
    *,
    title: Message,
    columns: Mapping[str, Column] | None = None,
    note: Message | None = None,
    n: str | None = None,
    suppress_below: int = SUPPRESS_BELOW,
) -> Table:
    """Show a frame as a table.

    `frame`, `columns`, `n`, `suppress_below`: See `TableSpec`.
    `note`: A line under the table: source, units, method.
    Raises ConfigurationError: with more than seven columns, or with a column that the frame does not have.

    >>> from cxlib.language import Percent
    >>> frame = pd.DataFrame({"segment": ["Champions"], "share": [0.42]})
    >>> columns = {"segment": Column(T("Segment")), "share": Column(T("Share of revenue"), kind=Percent)}
    >>> print(table(frame, title=T("Segments"), columns=columns)._repr_mimebundle_()["text/plain"])
    Segments Segment Share of revenue Champions 42%
    """
    spec = TableSpec(frame, columns or {}, n=n, suppress_below=suppress_below)
    if len(spec.layout) > MAX_COLUMNS:
        raise ConfigurationError(
            f"table {str(title)!r}: {len(spec.layout)} columns; a reader compares at most {MAX_COLUMNS}. "
            "Split it in two, or name fewer in `columns`."
        )
    return Table(spec, title, note)


def withheld_note(spec: TableSpec) -> Message | None:
    """Say how many groups are not shown, if any."""
    if not spec.withheld:
        return None
    least, small = Count(spec.suppress_below), (spec.flat[spec.n] < spec.suppress_below).sum() if spec.n else 0
    if small < len(spec.frame) - len(spec.visible):
        return N(
            "{n} group is not shown, since it would give away one of fewer than {least}.",
            "{n} groups are not shown: they have fewer than {least}, or would give away one that has.",
            spec.withheld,
            least=least,
        )
    return N(
        "{n} group is not shown because it has fewer than {least}.",
        "{n} groups are not shown because they have fewer than {least} each.",
        spec.withheld,
        least=least,
    )


def table_html(voice: Speaker, spec: TableSpec, *, labelled_by: str, max_rows: int | None = None) -> Markup:
    """The table alone, in a region that the keyboard can scroll; `labelled_by` is the id of its heading."""
    frame = spec.visible if max_rows is None else spec.visible.head(max_rows)
    cells = [_Cells(voice, name, column, frame) for name, column in spec.layout.items()]
    head = Markup("").join(cell.heading() for cell in cells)
    rows = Markup("").join(_row(cells, i) for i in range(len(frame)))
    style = "stack" if len(cells) <= STACKED_COLUMNS else "matrix"
    html = Markup(
        '<div class="scroll" tabindex="0" role="region" aria-labelledby="{0}"><table class="{1}" aria-labelledby="{0}">'
        "<thead><tr>{2}</tr></thead><tbody>{3}</tbody></table></div>"
    )
    return html.format(labelled_by, style, head, rows)


def _row(cells: list[_Cells], i: int) -> Markup:
    first, *rest = cells
    header = Markup('<th scope="row">{}</th>').format(first.value(i))
    return Markup("<tr>{}</tr>").format(header + Markup("").join(cell.cell(i) for cell in rest))


class _Cells:
    """The header and the cells of one column in one language."""

    def __init__(self, voice: Speaker, name: str, column: Column, rows: pd.DataFrame) -> None:
        self.voice, self.column = voice, column
        self.label = say(voice, column.label)
        self.values: list[Any] = rows[name].tolist()
        self.low = rows[column.low].tolist() if column.low else None
        self.high = rows[column.high].tolist() if column.high else None
        numeric = pd.api.types.is_numeric_dtype(rows[name]) and not pd.api.types.is_bool_dtype(rows[name])
        self.numeric = numeric or any(isinstance(value, Quantity | FileLink) for value in self.values[:1])
        self.largest = max((abs(value) for value in self.values if _known(value)), default=0) if column.bar else 0

    def heading(self) -> Markup:
        opening = Markup('<th scope="col" class="num">') if self.numeric else Markup('<th scope="col">')
        return opening + self.label + Markup("</th>") + (_NO_BAR if self.column.bar else Markup(""))

    def cell(self, i: int) -> Markup:
        opening = Markup('<td class="num" data-label="{}">') if self.numeric else Markup('<td data-label="{}">')
        return opening.format(self.label) + self.value(i) + Markup("</td>") + self._bar(i)

    def value(self, i: int) -> Markup:
        value, low, high = self._seen(i)
        if not _known(value):
            dash = Markup('<span class="dash" aria-hidden="true">\u2013</span><span class="vh">{}</span>')
            return dash.format(say(self.voice, T("no value")))
        said = value.render(self.voice) if isinstance(value, FileLink | Cell) else say(self.voice, value)
        return Markup("<bdi>{}</bdi>").format(said) + interval(self.voice, value, low, high)

    def _seen(self, i: int) -> list[Any]:
        """Value and ends of the interval as they are shown."""
        own: list[Any] = [column and column[i] for column in (self.values, self.low, self.high)]
        plain = [isinstance(each, (int, float)) and not isinstance(each, bool) and _known(each) for each in own]
        shown = [self.column.quantity(each) if number else each for each, number in zip(own, plain, strict=True)]
        return list(told_apart(dict(zip(("value", "low", "high"), shown, strict=True))).values())

    def _bar(self, i: int) -> Markup:
        if not self.column.bar:
            return Markup("")
        length = 100 * abs(self.values[i]) / self.largest if self.largest and _known(self.values[i]) else 0
        start = 100 - length if self.voice.direction == "rtl" else 0
        return _BAR.format(f"{start:.1f}", f"{length:.1f}")


def interval(voice: Speaker, value: object, low: object, high: object) -> Markup:
    """The ends of an interval behind their number; nothing where they are not known, or read as the number itself."""
    if low is None or high is None or not (_known(low) and _known(high)) or {str(low), str(high)} == {str(value)}:
        return Markup("")
    return Markup(' <span class="ci">(<bdi>{}</bdi>)</span>').format(
        say(voice, T("{low} to {high}", low=low, high=high))
    )


_NO_BAR = Markup('<td class="barc" aria-hidden="true"></td>')
_BAR = Markup(
    '<td class="barc" aria-hidden="true"><svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none">'
    '<rect x="{}" width="{}" height="10"/></svg></td>'
)


def _known(value: object) -> bool:
    if isinstance(value, Quantity):
        return _known(value.value)
    return not (value is None or value is pd.NA or value is pd.NaT or value != value)


def _download(voice: Speaker, column: Column, value: object) -> object:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and _known(value):
        value = plain_value(voice, column.quantity(value))
        return round(value, DOWNLOAD_DECIMALS) if isinstance(value, float) else value
    return plain_value(voice, value)
