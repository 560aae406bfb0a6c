"""What every measured result has in common: a sentence, a table, and how both look in a notebook."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import partial
from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING, ClassVar, Protocol

import pandas as pd

from cxlib.language import (
    Count,
    Day,
    Days,
    Message,
    Money,
    Month,
    Percent,
    Points,
    Quantity,
    T,
    amount_names,
    minor_units,
)

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

NO_AMOUNTS = T("Purchases have no amounts in this data, so nothing is said of money here")
UNITS: dict[type[Quantity], str] = {Percent: "fraction", Points: "points", Days: "days"}
WIDTH, MOST_LINES = 100, 10  # of a `repr`
MOST_ROWS, MOST_COLUMNS = 16, 12  # on a screen
tenths = partial(Points, digits=1)


class Brief:
    """Base of what a notebook holds: its `repr` fits in ten lines, and completion offers public names only.

    A subclass is a ``dataclass(frozen=True, repr=False)``: the generated `repr` would print every row. Minor units are
    not public: neither numbers whose name ends in `_cents` nor the tables that `inside` names. `summary` and `frame`
    hand them out in units of the currency.
    """

    inside: ClassVar[tuple[str, ...]] = ()

    def __dir__(self) -> list[str]:
        inside = {name for kind in type(self).__mro__ for name in vars(kind).get("inside", ())} | {"inside"}
        return [n for n in super().__dir__() if not n.startswith("_") and not n.endswith("_cents") and n not in inside]

    def __repr__(self) -> str:
        held: list[str] = [each.name for each in fields(self)] if is_dataclass(self) else list(vars(self))
        public = set(dir(self))
        values = ", ".join(f"{name}={_in_short(getattr(self, name))}" for name in held if name in public)
        return "\n".join(wrap(f"{type(self).__name__}({values})", WIDTH, max_lines=MOST_LINES, placeholder=" ..."))


def _in_short(value: object) -> str:
    if isinstance(value, pd.DataFrame):
        return f"<{len(value):,} rows, {value.shape[1]} columns>"
    if isinstance(value, str | tuple | list | dict | int | float | Quantity | Message | None):
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:56]} ..."
    return f"<{type(value).__name__}>"


class _Shown(Protocol):
    @property
    def headline(self) -> Message: ...

    @property
    def face(self) -> pd.DataFrame: ...

    @property
    def summary(self) -> pd.DataFrame: ...


class Result(Brief):
    """Shows `headline` and `face` in JupyterLab, escaped: answers and comments may hold anything.

    A subclass gives `headline`, one sentence, and `face`, its table as readers see it, of quantities and messages.
    """

    @property
    def summary(self: _Shown) -> pd.DataFrame:
        """The result as numbers to compute with.

        A number's unit stands behind its column's name: ``(SAR)`` units of the currency, ``(fraction)`` a share from 0
        to 1, ``(points)``, ``(days)``; where a column holds several, the column `unit` says which in each row. What has
        no unit is a count, a ratio, text or a day (datetime64; the first of a month or another period).
        """
        return to_numbers(self.face)

    @property
    def style(self: _Shown) -> Styler:
        """`summary` as people write it, a pandas Styler to go on with, such as ``.set_caption("mine")``."""
        cells, numbers = self.face.reset_index(drop=True), self.summary
        texts = cells.map(lambda cell: escape(str(cell)))
        styler = numbers.style.format(escape="html").format_index(escape="html", axis="columns").hide(axis="index")
        titles = [title for title in numbers if title != UNIT]
        for title, (_, column) in zip(titles, texts.items(), strict=True):
            _format_column(styler, title, numbers[title], column)
        return styler.hide([UNIT], axis="columns") if UNIT in numbers else styler

    def _repr_html_(self: _Shown) -> str:
        table = self.face.map(str).to_html(index=False, max_rows=MOST_ROWS, max_cols=MOST_COLUMNS)
        return f"<p>{escape(str(self.headline))}</p>{table}"

    def __repr__(self) -> str:
        sentence = wrap(f"{type(self).__name__}: {self.headline}", WIDTH, max_lines=5, placeholder=" ...")  # type: ignore[attr-defined]
        names = wrap(" ".join(f".{name}" for name in dir(self)), WIDTH, max_lines=5, placeholder=" ...")
        return "\n".join([*sentence, *names])


def in_quantities(table: pd.DataFrame, columns: Mapping[str, object]) -> pd.DataFrame:
    """Columns of a table under the titles that readers see, each value as a quantity or in words.

    `columns`: Title -> a column as it is, how values of the column of that name are shown, or both.

    >>> rows = pd.DataFrame({"reason": ["price"], "n": [2], "share": [0.25]})
    >>> in_quantities(rows, {"reason": "reason", "endings": ("n", Count), "share": Percent}).map(str).iloc[0].tolist()
    ['price', '2', '25%']
    """
    shown: dict[str, object] = {}
    for title, each in columns.items():
        name, how = each if isinstance(each, tuple) else (title, each)
        shown[title] = table[how] if isinstance(how, str) else table[name].map(how)
    return pd.DataFrame(shown)


def row_quantities(row: pd.Series, how: Callable[[float], object], /, **columns: str) -> dict[str, object]:
    """Numbers of a row as a sentence says them, by their names in it.

    >>> row = pd.Series({"rate": 0.5, "low": 0.4, "high": 0.6})
    >>> str(T("{share} ({low} to {high})", **row_quantities(row, Percent, share="rate", low="low", high="high")))
    '50% (40% to 60%)'
    """
    return {name: how(row[column]) for name, column in columns.items()}


def yes_or_no(flag: object) -> Message:
    """A truth in words."""
    return T("yes") if flag else T("no")


def in_minor_units(frame: pd.DataFrame, names: Iterable[str], currency: str) -> pd.DataFrame:
    """The columns `names` of minor units back from `in_units`, where a frame has them in units of the currency.

    >>> in_minor_units(pd.DataFrame({"price": [19.9]}), ["price_cents"], "EUR").to_dict("records")
    [{'price_cents': 1990.0}]
    """
    units = {name.replace("_cents", ""): name for name in names if "_cents" in name and name not in frame}
    held = {name: frame[name] * minor_units(currency) for name in units if name in frame}
    return frame.assign(**{name: column.round(6) for name, column in held.items()}).rename(columns=units)


def in_units(frame: pd.DataFrame, currency: str | pd.Series) -> pd.DataFrame:
    """A frame with its amounts in units of the currency, one for all or one a row.

    >>> in_units(pd.DataFrame({"value_cents": [1250], "value_cents_n": 3}), "KWD").to_dict("records")
    [{'value': 1.25, 'value_n': 3}]
    """
    codes = currency if isinstance(currency, str) else currency.astype(object)
    units = minor_units(codes) if isinstance(codes, str) else codes.map(minor_units, na_action="ignore").astype(float)
    amounts = amount_names(frame)
    numbers = [name for name in amounts if not name.endswith("_n")]  # of how many customers a cost is known
    return frame.assign(**{name: frame[name] / units for name in numbers}).rename(columns=amounts)


class Valued(Brief):
    """What has amounts: the first of its tables `inside` is handed out in units of its `currency`."""

    currency: str

    @property
    def frame(self) -> pd.DataFrame:
        """The DataFrame to go on with: all rows, amounts in units of the currency, reasons as text."""
        table: pd.DataFrame = getattr(self, self.inside[0])
        lists = [name for name in map(str, table) if name.endswith("reasons")]
        texts = {name: table[name].map(_listed).astype("str") for name in lists}
        return in_units(table.assign(**texts), self.currency)


def _listed(cell: object) -> object:
    return ", ".join(map(str, cell)).replace("_cents", "") if isinstance(cell, list | tuple) else cell


def _format_column(styler: Styler, title: Hashable, values: pd.Series, texts: pd.Series) -> None:
    """Show the values of a column as texts: all at once, and one by one only where a value has several texts."""
    known: dict[object, set[str]] = {}
    for value, text in zip(values, texts, strict=True):
        known.setdefault(_key(value), set()).add(text)
    styler.format(partial(_say, texts={value: min(ways) for value, ways in known.items()}), subset=[title])
    for row, (value, text) in enumerate(zip(values, texts, strict=True)):
        if len(known[_key(value)]) > 1:
            styler.format(partial(_say, texts={_key(value): text}), subset=([row], [title]))


def _key(value: object) -> object:
    """What a value is looked up by: one that is missing equals no other, not even itself."""
    return None if value is pd.NA or value != value else value


def _say(value: object, texts: Mapping[object, str]) -> str:
    return texts[_key(value)]


UNIT = "unit"


def to_numbers(cells: pd.DataFrame) -> pd.DataFrame:
    """A table of quantities and messages as one of plain numbers and text, as `Result.summary` describes it."""
    columns, mixed = {}, None
    for title, column in cells.reset_index(drop=True).items():
        units = [_unit(cell) for cell in column if isinstance(cell, Quantity)]
        if len(set(units)) > 1:
            mixed = [_unit(cell) if isinstance(cell, Quantity) else "" for cell in column]
        unit = units[0] if len(set(units)) == 1 else ""
        columns[f"{title} ({unit})" if unit and unit not in str(title).split() else title] = _numbers(column)
    return pd.DataFrame(columns if mixed is None else {**columns, UNIT: mixed})


def _unit(quantity: Quantity) -> str:
    return quantity.currency or "units" if isinstance(quantity, Money) else UNITS.get(type(quantity), "")


def _numbers(column: pd.Series) -> pd.Series | Sequence[object]:
    plain = [_plain(cell) for cell in column]
    kinds = {type(cell) for cell in column if cell is not None}
    if kinds == {Count} and all(float(number).is_integer() for number in plain):  # type: ignore[arg-type]
        return pd.Series(plain, dtype="int64")
    return pd.Series(plain, dtype="float64") if kinds and all(issubclass(k, Quantity) for k in kinds) else plain


def _plain(cell: object) -> object:
    match cell:
        case Quantity():
            return float(cell)
        case Day(value=day) | Month(value=day):
            return pd.NaT if day is None else pd.Timestamp(day)
        case Message():
            return str(cell)
        case pd.Period():
            return cell.start_time
    return cell
