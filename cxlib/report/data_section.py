"""What a report was made from: every table's rows, what was set aside and why, and the first of those rows.

Neither the page nor the file of set-aside rows shows a person: docs/data.md says which columns are personal.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
from markupsafe import Markup

from cxlib.language import Decimal, Message, N, Speaker, T, WordList
from cxlib.masking import HIDDEN, mask_contacts, mask_line, names_a_person
from cxlib.report.component import Component, Rendered, printable, say, say_each
from cxlib.report.exports import ExportedFile, csv_bytes, file_link, plain_frame, write_file
from cxlib.report.table import Column, TableSpec, table_html

if TYPE_CHECKING:
    from cxlib.data import Workspace

FIRST_ROWS = 5
LONGEST_VALUE = 60
QUARANTINE = "quarantine.csv"


def _rate(value: float) -> Decimal:
    """A rate with six significant digits, which is what tables of rates give."""
    return Decimal(value, digits=max(0, 5 - math.floor(math.log10(value))))


_COLUMNS = {name: Column(title) for name, title in WordList("columns of the data section").items()}
_COLUMNS |= {name: replace(_COLUMNS[name], kind=_rate) for name in ("low", "high")}
_COUNTS = ("table", "source", "rows_in", "good", "quarantined")
_RULES = ("rule", "table", "source", "rows")
_ROWS = ("source", "row", "rule", "value")
_CONVERTED = ("table", "currency", "rows", "since", "until", "low", "high")


@dataclass(frozen=True, repr=False)
class DataSection(Component):
    """Where the numbers come from; see `data_section`."""

    kind: ClassVar[str] = "data"
    counts: pd.DataFrame
    rules: pd.DataFrame
    first: pd.DataFrame
    period: tuple[dt.date, dt.date] | None
    written: ExportedFile
    conversions: pd.DataFrame
    currency: str

    @property
    def set_aside(self) -> int:
        """Rows that no number on the page rests on."""
        return int(self.counts["quarantined"].sum())

    @property
    def left_out(self) -> int:
        """Rows that are not meant, such as subtotals: no faults."""
        return int(self.counts["left_out"].sum()) if "left_out" in self.counts else 0

    def render(self, voice: Speaker) -> Rendered:
        """Sentences, the counts, and for rows set aside the reasons, the first of them, and the file of all."""
        parts = [Markup("<p>{}</p>").format(say_each(voice, "{} ", self._sentences()).rstrip())]
        columns = (*_COUNTS, "left_out") if self.left_out else _COUNTS
        parts.append(_table(voice, "data-counts", T("Rows in each table"), self.counts, columns))
        if len(self.conversions):
            title = T("Amounts converted to {currency}", currency=self.currency)
            parts.append(_table(voice, "data-converted", title, self.conversions, _CONVERTED))
        if self.set_aside:
            parts.append(_table(voice, "data-rules", T("Why rows were set aside"), self.rules, _RULES))
            parts.append(_table(voice, "data-first", T("The first rows set aside"), self.first, _ROWS))
            line = Markup('<p class="files">{}: {}</p>')
            parts.append(line.format(say(voice, T("All rows set aside")), file_link(voice, self.written)))
        return Rendered(Markup('<section class="data">{}</section>').format(Markup("").join(parts)))

    def extras(self) -> dict[str, object]:
        """The file with everything that was set aside."""
        return {"files": [self.written.address]}

    def _sentences(self) -> list[Message]:
        read = int(self.counts["rows_in"].sum())
        sentences = [N("{n} row was read for this page.", "{n} rows were read for this page.", read)]
        if self.period and all(self.period):
            sentences.append(T("The data runs from {first} to {last}.", first=self.period[0], last=self.period[1]))
        if self.left_out:
            sentences.append(
                N(
                    "{n} row that the mapping does not mean, such as a subtotal, was left out; it is no fault.",
                    "{n} rows that the mapping does not mean, such as subtotals, were left out; they are no faults.",
                    self.left_out,
                )
            )
        if self.set_aside:
            sentences.append(
                N(
                    "{n} row broke a rule and was set aside; no number on this page rests on it.",
                    "{n} rows broke a rule and were set aside; no number on this page rests on them.",
                    self.set_aside,
                )
            )
            if self.rules["rows"].sum() > self.set_aside:
                sentences.append(T("A row may break several rules: it is counted with each of them, and once above."))
        else:
            sentences.append(T("Every row met every rule; none was set aside."))
        if len(self.conversions):
            sentences.append(
                N(
                    "The amount of {n} row was in another currency and was converted to {currency} by the last rate "
                    "given for its day or before it.",
                    "The amounts of {n} rows were in another currency and were converted to {currency}, each by the "
                    "last rate given for its day or before it.",
                    int(self.conversions["rows"].sum()),
                    currency=self.currency,
                )
            )
        return sentences


def data_section(workspace: Workspace) -> DataSection:
    """Show what a report was made from, and write everything that was set aside to ``exports/quarantine.csv``.

    Raises DataError: when the file cannot be written.

    >>> import pandas as pd
    >>> from cxlib.data import Workspace
    >>> sales = pd.DataFrame({"customer_id": ["a"], "at": ["2026-01-05"], "amount": ["3"]})
    >>> shop = Workspace.from_frames({"transactions": sales}, currency="GBP", time_zone="UTC")
    >>> data_section(shop).kind
    'data'
    """
    quarantine = _masked(
        workspace.quarantine(), getattr(workspace, "is_personal", lambda _, title: names_a_person(title))
    )
    written = write_file(QUARANTINE, csv_bytes(plain_frame(quarantine)), kind="CSV")
    return DataSection(
        workspace.counts,
        _worded(workspace.rules),
        _first(quarantine),
        workspace.period,
        written,
        workspace.conversions,
        workspace.currency,
    )


def _masked(quarantine: pd.DataFrame, is_personal: Callable[[str, str], bool]) -> pd.DataFrame:
    """The rows without what names a person: cells of personal columns are hidden, and all words of broken lines."""

    @cache  # many rows have one fault in common
    def mask(table: str, column: str, value: object) -> object:
        if not isinstance(value, str) or not value.strip():
            return value
        if not column:
            return mask_line(value)
        return HIDDEN if is_personal(table, column) else mask_contacts(value)

    cells = quarantine[["table", "column", "value"]].itertuples(index=False)
    return quarantine.assign(value=pd.Series([mask(*cell) for cell in cells], index=quarantine.index, dtype=object))


def _first(quarantine: pd.DataFrame) -> pd.DataFrame:
    first = quarantine.head(FIRST_ROWS)
    values = [_shorten(value) for value in first["value"].tolist()]
    return _worded(first.assign(value=pd.Series(values, index=first.index, dtype=object)))


def _shorten(value: object) -> str | None:
    """A value as it stood in the file, cut where it would fill the page; None where there was none."""
    if value is None or value is pd.NA or value != value:
        return None
    text = " ".join(printable(str(value)).split())
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "\u2026"


def _worded(frame: pd.DataFrame) -> pd.DataFrame:
    """Rules as messages, so that a catalogue can say them; a rule that a user named in braces stays as it is."""
    words = [Message(rule) if isinstance(rule, str) and not set("{}") & set(rule) else rule for rule in frame["rule"]]
    return frame.assign(rule=pd.Series(words, index=frame.index, dtype=object))  # texts stand where the rules are


def _table(voice: Speaker, key: str, title: Message, frame: pd.DataFrame, columns: Sequence[str]) -> Markup:
    heading = Markup('<h3 class="cap" id="{}">{}</h3>').format(key, say(voice, title))
    spec = TableSpec(frame.reset_index(drop=True), {name: _COLUMNS[name] for name in columns})
    return heading + table_html(voice, spec, labelled_by=key)
