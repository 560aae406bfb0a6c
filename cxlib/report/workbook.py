"""A list as an Excel workbook: titles in the reader's language, typed columns, and no cell that could run."""

import datetime as dt
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from cxlib.language import Day, Message, Month, Speaker, T, WordList, column_name, currency_decimals, known_word
from cxlib.masking import mask_contacts
from cxlib.report.component import plain_value, printable

MOST_TEXT = 32_767  # pairs of bytes of UTF-16 that Excel holds in a cell
WIDEST, SAMPLE, MOST_WORDS = 60, 200, 60
EXACT = 2**53  # above, a spreadsheet's numbers are not exact
FIRST_YEAR = 1900  # to its end, spreadsheets count days differently
EPOCH = dt.datetime(1980, 1, 1)  # so that equal lists are equal bytes
DAY_ZERO, ONE_DAY = dt.datetime(1899, 12, 30), dt.timedelta(days=1)  # a spreadsheet's days, from 1 March 1900 on
BASE = re.compile("_(low|high)$")
TEXT, WHOLE, SHARE, DAY, MOMENT = "@", "#,##0", "0.0%", "yyyy-mm-dd", "yyyy-mm-dd hh:mm"

TITLES = WordList("titles")
SHARES = frozenset({"risk", "p_alive", "buys_within_30_days", "bought_again", "slid", "share", "affected"})
# For programs and statisticians: they stand in the CSV and the Parquet file.
LEFT_OUT = re.compile(
    r"(fixed_|actionable_)?reasons|horizon_days|recency|(first|repeat)_amount|(recency|frequency|monetary)_score|"
    r"importance|johnson|(share|rank)_coded|complete_case|not_applicable|skipped|among_users|users|p_top3|tie|"
    r"correlation|beta.*|vif|gap.*|p_value|p_adjusted|rank_(low|high)|driver"
)
WORDS = {column: WordList(f"list: {column}") for column in ("tier", "status", "standing", "scenario")}
IDS = frozenset({"customer_id", "currency"})  # never said in other words
Words = Mapping[str, Mapping[Any, object]]


def workbook_bytes(
    frame: pd.DataFrame, voice: Speaker, *, title: object, amounts: Sequence[str] = (), words: Words | None = None
) -> bytes:
    """The frame as an ``.xlsx`` in the language of `voice`; the same bytes for the same frame.

    `frame`: One row a row, columns by their names for programs, which the second sheet sets beside the titles.
    `amounts`: Columns in units of the row's `currency`.
    `words`: By column: what a reader sees for a value, and under ``""`` the column's title.
    """
    names, titles, forms, columns = _as_read(frame, voice, amounts, words)
    says = [not values or any(value is not None for value in values) for values in columns]
    shown = [at for at, name in enumerate(names) if name in IDS or says[at]]
    packed = io.BytesIO()
    with Workbook(packed, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": EPOCH})
        sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\]", " ", voice.say(title)).strip("' ")[:31] or "List", _Rows)
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        for place, at in enumerate(shown):
            sheet.set_column(place, place, _width(titles[at], columns[at][:SAMPLE]))
            sheet.write_string(0, place, printable(titles[at]), head)
            sheet.fill(place, columns[at], book.add_format({"num_format": forms[at]}))
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, len(frame), max(len(shown) - 1, 0))
        title = voice.say(T("Columns"))
        key = book.add_worksheet(title if title.casefold() != sheet.name.casefold() else f"{title} 2")
        key.write_row(0, 0, [voice.say(T("Column")), voice.say(T("In CSV and Parquet"))])
        for row, at in enumerate(shown, start=1):
            key.write_row(row, 0, [printable(titles[at]), printable(names[at])])
        for each in (sheet, key) if voice.direction == "rtl" else ():
            each.right_to_left()
    return packed.getvalue()


class _Rows(Worksheet):  # type: ignore[misc]  # XlsxWriter has no types for mypy
    """A sheet of whole columns under its titles: written cell by cell, a list takes the library five times as long."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: list[list[str]] = []

    def fill(self, place: int, values: Sequence[Any], look: Format) -> None:
        """Hold a column of texts, truths, moments or numbers, from the second row on."""
        column, style = xl_col_to_name(place), look._get_xf_index()
        number = self.str_table._get_shared_string_index
        self._check_dimensions(len(values), place)

        def inside(value: Any) -> str:
            if value is None or value == "":
                return "/>"
            if isinstance(value, str):
                return f' t="s"><v>{number(value)}</v></c>'
            if isinstance(value, bool):
                return f' t="b"><v>{value:d}</v></c>'
            return f"><v>{(value - DAY_ZERO) / ONE_DAY if isinstance(value, dt.datetime) else value:.16G}</v></c>"

        self.cells.append([f'<c r="{column}{row}" s="{style}"{inside(value)}' for row, value in enumerate(values, 2)])

    def _write_rows(self) -> None:
        super()._write_rows()
        rows = enumerate(zip(*self.cells, strict=True), start=2)
        self.fh.writelines(f'<row r="{row}">{"".join(cells)}</row>' for row, cells in rows)


def dictionary(
    frame: pd.DataFrame, voice: Speaker, amounts: Sequence[str], words: Words | None, *, of: Sequence[str]
) -> dict[str, Any]:
    """By column its title, its form and what a reader sees for its texts, where they are no more than a few."""
    known: dict[str, Any] = {}
    frame = frame[[name for name in frame if name in (*of, "currency", "customer_id")]]
    for name, title, form, values in zip(*_as_read(frame, voice, amounts, words), strict=True):
        if name not in of:
            continue
        pairs = {raw: said for raw, said in zip(frame[name].tolist(), values, strict=True) if isinstance(said, str)}
        said_otherwise = {str(raw): said for raw, said in pairs.items() if name not in IDS and str(raw) != said}
        known[name] = {"title": title, "form": form, "words": said_otherwise if len(pairs) <= MOST_WORDS else {}}
    return known


def _as_read(
    frame: pd.DataFrame, voice: Speaker, amounts: Sequence[str], words: Words | None
) -> tuple[list[str], list[str], list[str], list[list[Any]]]:
    """Names, titles, forms and values of the columns that a reader sees."""
    names = [
        str(name) for name in frame if not LEFT_OUT.fullmatch(str(name)) and (name != "segment" or "name" not in frame)
    ]
    known: dict[str, dict[Any, object]] = {
        name: {**WORDS.get(name, {}), **(words or {}).get(name, {})} for name in names
    }
    titles = [voice.say(known[name].get("") or _title(name)) for name in names]
    digits = frame["currency"].dropna().map(currency_decimals).max() if amounts else 0
    money = "#,##0." + "0" * int(digits) if digits > 0 else WHOLE
    columns = [_column(frame[name], voice, known[name]) for name in names]
    if "customer_id" not in frame:  # what may be passed on
        columns = [
            [mask_contacts(value) if isinstance(value, str) else value for value in values] for values in columns
        ]
    forms = [
        money if name in amounts else SHARE if BASE.sub("", name) in SHARES else _form(values)
        for name, values in zip(names, columns, strict=True)
    ]
    for at in (at for at, name in enumerate(names) if name in ("low", "high")):  # they are ends of what stands before
        base = next((before for before in reversed(range(at)) if forms[before] not in (TEXT, WHOLE)), at)
        forms[at] = forms[base]
        if names[base] in SHARES:
            titles[at] = voice.say(_title(f"{names[base]}_{names[at]}"))
    return names, titles, forms, columns


def _title(name: str) -> Message | str:
    base = BASE.sub("", name)
    label = TITLES.get(base) or TITLES.get(f"{base}_value")
    if label is not None and base != name:
        ends = {"low": T("{label}, low end", label=label), "high": T("{label}, high end", label=label)}
        return ends[name.removeprefix(f"{base}_")]
    return TITLES.get(name) or column_name(printable(name))


def _column(column: pd.Series, voice: Speaker, words: Mapping[Any, object]) -> list[Any]:
    """The values as a sheet holds them: numbers, truths, moments without a zone, texts, and None."""
    if pd.api.types.is_numeric_dtype(column):
        values = [None if value is pd.NA or value != value else value for value in column.tolist()]
        return values if (column.abs() <= EXACT).sum() == column.count() else list(map(_exact, values))
    codes, each = (np.arange(len(column)), column) if column.dtype == object else pd.factorize(column)
    texts = {v for v in each.tolist() if isinstance(v, str)}
    said = {v: _value(words.get(v, v if column.name in IDS else _word(v, str(column.name))), voice) for v in texts}
    values = [said[v] if isinstance(v, str) else _value(v, voice) for v in each.tolist()]
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) > 1 and not kinds <= {int, float}:
        values = [None if value is None else _text(value) for value in values]
    values.append(None)  # has the code -1
    return [values[code] for code in codes.tolist()]


def _word(value: Any, column: str) -> object:
    """A value as the dictionary has it; texts that name a column as readers know the column."""
    if not isinstance(value, str):
        return value
    return column_name(value) if column in ("by", "column") and value else known_word(value, column) or value


def _value(value: Any, voice: Speaker) -> Any:
    if isinstance(value, str):
        return _text(value) or None
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return None
    if isinstance(value, dt.date) and value.year > FIRST_YEAR:
        return dt.datetime(*value.timetuple()[:6])
    if isinstance(value, Day | Month):
        return _value(value.value, voice)
    plain = plain_value(voice, value.item() if isinstance(value, np.generic) else value)
    return None if plain == "" else _exact(plain) if isinstance(plain, (int, float)) else _text(plain)


def _exact(value: Any) -> Any:
    """A number that a spreadsheet would not hold as it is becomes text."""
    return value if value is None or abs(value) <= EXACT else str(value)


def _text(value: object) -> str:
    text = printable(str(value))
    return (
        text if len(text) <= MOST_TEXT // 2 else text.encode("utf-16-le")[: 2 * MOST_TEXT].decode("utf-16-le", "ignore")
    )


def _form(values: Sequence[Any]) -> str:
    """How a sheet shows the values of a column."""
    present = [value for value in values if value is not None]
    if present and isinstance(present[0], dt.datetime):
        return DAY if all(value.time() == dt.time() for value in present) else MOMENT
    if not present or isinstance(present[0], (str, bool)):
        return TEXT
    return WHOLE if all(float(value).is_integer() for value in present) else "#,##0.00"


def _width(title: str, values: Sequence[Any]) -> float:
    longest = max((len(v if isinstance(v, str) else f"{v:,.2f}") for v in values if v is not None), default=0)
    return float(min(max(longest + 2, len(title) / 2 + 4, 9), WIDEST))
