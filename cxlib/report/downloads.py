"""CSV that a spreadsheet opens without running anything in it, and the links that hand it to a reader."""

from __future__ import annotations

import base64
import csv
import datetime as dt
import re

import pandas as pd
from markupsafe import Markup

from cxlib.language import Day, Decimal, Message, Money, Month, Quantity, Speaker, T, speaker
from cxlib.report.component import printable, say

FORMULA = r"^(?:\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])"


def safe_cell(text: str) -> str:
    r"""The text with a leading apostrophe where a spreadsheet would take it for a formula.

    Source: OWASP, "CSV Injection" (cells that start with ``= + - @``, tab, carriage return or line feed, also in
    their full-width forms).

    >>> safe_cell("=HYPERLINK(A1)"), safe_cell("Champions")
    ("'=HYPERLINK(A1)", 'Champions')
    """
    return "'" + text if re.match(FORMULA, text) else text


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """The frame as CSV in UTF-8 with a byte-order mark, so that Excel reads Arabic.

    Every text is quoted, and made safe by `safe_cell`, in cells and in column names; numbers are left as they are. The
    index is not written.
    """
    safe = pd.DataFrame({i: _safe_column(frame.iloc[:, i]) for i in range(frame.shape[1])}, index=frame.index)
    safe.columns = pd.Index([safe_cell(printable(str(name))) for name in frame.columns])
    written = safe.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    return b"\xef\xbb\xbf" + written.encode("utf-8", errors="replace")


def plain_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with English text in place of messages and plain values in place of quantities.

    A named index becomes columns; column names become text.
    """
    flat = named_columns(frame)
    plain = {str(name): _plain_column(flat[name]) for name in flat.columns}
    return pd.DataFrame(plain, index=flat.index)


def named_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its index as ordinary columns, unless it is the anonymous row counter."""
    anonymous = isinstance(frame.index, pd.RangeIndex) and frame.index.name is None
    return frame.reset_index(drop=anonymous)


def plain_value(voice: Speaker, value: object) -> object:
    """A cell for a download: numbers at full precision, money in whole units, dates in ISO form, messages said."""
    match value:
        case Money(value=cents):
            return None if cents is None else cents / 100
        case Quantity(value=number):
            return number
        case Day(value=day) | Month(value=day):
            return None if day is None else day.isoformat()
        case dt.date():
            return value.isoformat()
        case Message():
            return printable(voice.say(value))
        case _:
            return value


def data_link(voice: Speaker, stem: str, content: bytes) -> Markup:
    """A link that carries a CSV file in itself and says how large it is."""
    address = "data:text/csv;charset=utf-8;base64," + base64.b64encode(content).decode("ascii")
    link = Markup('<a download="{}.csv" href="{}">{}</a>')
    return link.format(stem, address, say(voice, T("Download data ({kind}, {size})", kind="CSV", size=size(content))))


def size(content: bytes | int) -> Message:
    """How large a file is, for the reader who decides whether to load it.

    >>> str(size(12_345))
    '12.3 kB'
    """
    amount = content if isinstance(content, int) else len(content)
    if amount < 1_000_000:
        return T("{n} kB", n=Decimal(max(amount, 100) / 1_000))
    return T("{n} MB", n=Decimal(amount / 1_000_000))


def _safe_column(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return column
    if isinstance(column.dtype, pd.StringDtype):
        risky = column.str.match(FORMULA).fillna(False).astype(bool)
        return column.mask(risky, "'" + column) if risky.any() else column
    return column.map(lambda value: safe_cell(printable(value)) if isinstance(value, str) else value)


def _plain_column(column: pd.Series) -> pd.Series:
    if column.dtype != object and not isinstance(column.dtype, pd.CategoricalDtype):
        return column
    english = speaker("en")
    return column.astype(object).map(lambda value: plain_value(english, value))
