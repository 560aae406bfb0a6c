"""SPSS (.sav, .zsav) and Stata (.dta) files as relations (`raw.Raw`), read by pyreadstat.

A column with labels of values gives two: ``Q1`` holds the codes, ``Q1_label`` their labels (a code without one stands
for itself). It may be named by the question as well that its own label asks. A multiple-response set of SPSS gives one
column more, ``channels``, with the labels of what was chosen. Codes that the file declares missing (99 for refused,
Stata's .a to .z) are missing in each of them, and counted.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat

from cxlib.data.connect import Store
from cxlib.data.mapping import Field
from cxlib.data.reading.raw import Raw, refuse_empty
from cxlib.data.reading.readers import read_frame
from cxlib.data.sources import TableSource
from cxlib.errors import DataError

# Since when, and in which unit, numbers of a format count: pyreadstat's own reading of dates fails for the whole file
# where one of them lies beyond the calendar.
_CLOCKS = {
    **dict.fromkeys(("DATE", "ADATE", "EDATE", "JDATE", "SDATE", "DATETIME", "YMDHMS"), (dt.datetime(1582, 10, 14), 1)),
    "%td": (dt.datetime(1960, 1, 1), 86_400),
    "%d": (dt.datetime(1960, 1, 1), 86_400),
    "%tc": (dt.datetime(1960, 1, 1), 0.001),
}
_LONGEST_LABEL = 119  # bytes that SPSS's format keeps of a label of a value, less one of a cut character
_MOST_NAMED = 8


def read_sav(store: Store, path: Path, source: TableSource) -> Raw:
    """An SPSS file; its rows are numbered from 1."""
    frame, meta = _read(path, source, pyreadstat.read_sav, user_missing=True)
    missing: dict[str, int] = {}
    for name, ranges in meta.missing_ranges.items():
        column = frame[name]
        declared = pd.Series(False, index=frame.index)
        for one in ranges:
            declared |= column.between(one["lo"], one["hi"]).fillna(False).astype(bool)
        frame[name] = column.mask(declared)
        missing[name] = int(declared.sum())
    return _relation(store, path, frame, meta, missing)


def read_dta(store: Store, path: Path, source: TableSource) -> Raw:
    """A Stata file; its rows are numbered from 1."""
    frame, meta = _read(path, source, pyreadstat.read_dta)
    if source.encoding == "utf-8" and not _is_unicode(path) and _has_other_letters(frame, meta):
        raise DataError(
            f"{path}: Stata 13 or older wrote this file, which does not say how its letters are coded. Set 'encoding' "
            "in sources.yaml: cp1256 for Arabic, cp1252 for Western Europe."
        )
    marked, _ = _read(path, source, pyreadstat.read_dta, user_missing=True)  # plain gaps are not to be trusted in it
    numbers = map(str, frame.select_dtypes("number"))
    missing = {name: sum(isinstance(cell, str) for cell in marked[name]) for name in numbers}
    return _relation(store, path, frame, meta, missing)


def _read(path: Path, source: TableSource, reader: Callable[..., Any], **options: Any) -> tuple[pd.DataFrame, Any]:
    refuse_empty(path)
    encoding = None if source.encoding == "utf-8" else source.encoding
    try:
        frame, meta = reader(str(path), encoding=encoding, disable_datetime_conversion=True, **options)
    except pyreadstat.ReadstatError as error:
        raise DataError(
            f"{path}: this is no SPSS or Stata file that can be read ({error}). Save it anew, without a password; "
            "where its letters are the reason, set 'encoding' in sources.yaml."
        ) from None
    if not len(frame.columns):
        raise DataError(f"{path}: the file has no columns. Put the data there, or take its table out of sources.yaml.")
    return frame, meta


def _is_unicode(path: Path) -> bool:
    """Whether Stata 14 or newer wrote the file, which codes letters in UTF-8."""
    with path.open("rb") as file:
        release = re.search(rb"^<stata_dta><header><release>(\d+)<", file.read(64))
    return release is not None and int(release[1]) >= 118


def _has_other_letters(frame: pd.DataFrame, meta: Any) -> bool:
    cells = [label for values in meta.variable_value_labels.values() for label in values.values()]
    cells += frame.select_dtypes(exclude="number").to_numpy().ravel().tolist()
    return any(not str(cell).isascii() for cell in cells)


def _relation(store: Store, path: Path, frame: pd.DataFrame, meta: Any, missing: Mapping[str, int]) -> Raw:
    columns: dict[str, pd.Series[Any]] = {}
    for name in map(str, frame.columns):
        columns[name] = _dated(frame[name], meta.original_variable_types.get(name, ""))
        if labels := meta.variable_value_labels.get(name):
            columns[_free(f"{name}_label", frame)] = frame[name].map(_texts(labels), na_action="ignore")
    for name, one in getattr(meta, "mr_sets", {}).items():
        columns[_free(name, frame)] = _chosen(frame, meta, one)
    raw = read_frame(store, path.suffix[1:].lower(), pd.DataFrame(columns))
    stored = meta.number_rows if meta.number_rows is not None else len(frame)
    counts = [f"{name} ({count:,})" for name, count in missing.items() if count]
    more = f" and {len(counts) - _MOST_NAMED} more columns" if len(counts) > _MOST_NAMED else ""
    said = f"codes that the file declares missing are missing: {', '.join(counts[:_MOST_NAMED])}{more}"
    fields = (*raw.fields, *_questions(raw.fields, meta.column_names_to_labels))
    return replace(raw, fields=fields, rows=stored, notes=(said,) * bool(counts))


def _questions(fields: Sequence[Field], labels: Mapping[str, str | None]) -> list[Field]:
    """Columns once more, by the question that their label asks, where it is another name than those that there are."""
    titles = {field.name: " ".join((labels.get(field.name) or "").split()) for field in fields}
    taken = [field.name.lower() for field in fields] + [title.lower() for title in titles.values()]
    return [replace(one, name=titles[one.name]) for one in fields if taken.count(titles[one.name].lower() or "") == 1]


def _free(name: str, frame: pd.DataFrame) -> str:
    return _free(f"{name}_", frame) if name in frame else name


def _dated(column: pd.Series[Any], kind: str) -> pd.Series[Any]:
    """A column of dates as such; numbers that no calendar has stay as they are, to be set aside."""
    start = next((clock for name, clock in _CLOCKS.items() if _is_of(kind, name)), None)
    if start is None:
        return column
    whole = kind.rstrip("0123456789.") not in {"DATETIME", "YMDHMS"} and not kind.startswith("%tc")
    days = [None if pd.isna(cell) else _instant(float(cell), *start, whole=whole) for cell in column]
    return pd.Series(days, index=column.index, dtype=object)


def _is_of(kind: str, name: str) -> bool:
    return kind.startswith(name) if name.startswith("%") else kind.rstrip("0123456789.") == name


def _instant(count: float, since: dt.datetime, seconds: float, *, whole: bool) -> dt.date | str:
    try:
        instant = since + dt.timedelta(seconds=count * seconds)
        return instant.date() if whole else instant
    except OverflowError:
        return f"{count:g}"


def _texts(labels: Mapping[Any, str]) -> Callable[[Any], str]:
    """What stands for a code: its label, with the code where the file has cut two labels to the same letters."""
    kept = list(labels.values())
    cut = {label for label in kept if kept.count(label) > 1 and len(label.encode()) >= _LONGEST_LABEL}
    texts = {code: f"{label} ({_plain(code)})" if label in cut else label for code, label in labels.items()}
    return lambda code: texts.get(code, _plain(code))


def _plain(code: Any) -> str:
    return str(int(code)) if isinstance(code, float) and code.is_integer() else str(code)


def _chosen(frame: pd.DataFrame, meta: Any, one: Mapping[str, Any]) -> pd.Series[Any]:
    """What each row chose of a multiple-response set: labels of columns that hold the counted value, or of values."""
    parts = []
    for name in one["variable_list"]:
        column = frame[name]
        if one["is_dichotomy"]:
            label = meta.column_names_to_labels.get(name) or name
            parts.append(column.map(_plain, na_action="ignore").eq(str(one["counted_value"])).map({True: label}))
        else:
            parts.append(column.map(_texts(meta.variable_value_labels.get(name, {})), na_action="ignore"))
    rows = zip(*parts, strict=True)
    chosen = ["; ".join(text for text in row if isinstance(text, str)) or None for row in rows]
    return pd.Series(chosen, index=frame.index, dtype=object)
