"""How a cell of a source becomes a canonical value: SQL snippets for DuckDB, which reads every file.

A snippet gives NULL where a cell cannot be read; `canonical` tells such a cell from an empty one. Money never passes
through binary arithmetic: text goes straight to a decimal with as many digits as
the currency has, rounded half away from zero, and a float
goes there through the shortest decimal that names it (0.615, not 0.61499999999999999112).

Slow readings stand in branches that only the cells take which a fast reading leaves over.

Calendar days of instants: one source of time zones, DuckDB's own, for today as for the rows.

Python's zones come from the operating system or from tzdata, DuckDB's from the ICU that is built into it. They are of
different years and may disagree, and DuckDB's cannot be replaced; so Python's decide nothing, they only raise doubts.
"""

from __future__ import annotations

import datetime as dt
import importlib.resources
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cxlib.data.tables import Kind
from cxlib.language import currency_decimals, known_currencies

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_FIRST_NOON = dt.datetime(1990, 1, 1, 12, tzinfo=dt.UTC)


def local_day(time_zone: str, instant: dt.datetime) -> dt.date:
    """The calendar day of an instant in a time zone, as rows have it."""
    return _day(time_zone, instant.replace(second=0, microsecond=0))


@lru_cache(maxsize=64)  # DuckDB takes long to start; within a minute no day begins
def _day(time_zone: str, minute: dt.datetime) -> dt.date:
    day: dt.date = _clocks(time_zone, minute, days=1)[0].astype("datetime64[D]").item()
    return day


@cache
def zone_doubt(time_zone: str, last: dt.date) -> str:
    """What a person should know where DuckDB's zone and that of Python's tzdata differ up to a day; else nothing."""
    import pandas as pd

    days = max((last - _FIRST_NOON.date()).days + 1, 1)
    clocks = pd.Series(_clocks(time_zone, _FIRST_NOON, days=days))
    theirs = pd.date_range(_FIRST_NOON, periods=days).tz_convert(newest_zone(time_zone)).tz_localize(None)
    gaps = (clocks - theirs).abs()
    wrong = gaps[gaps > pd.Timedelta(0)]
    if wrong.empty:
        return ""
    return (
        f"The clock of {time_zone} is in doubt: DuckDB, by which days are counted, and tzdata differ on {len(wrong):,} "
        f"days from {clocks[wrong.index[0]].date()} to {clocks[wrong.index[-1]].date()}, first by "
        f"{wrong.iloc[0] // pd.Timedelta(minutes=1)} minutes. "
        "Instants so near to midnight may stand on the day before or after. Install the newest duckdb and tzdata."
    )


def newest_zone(time_zone: str) -> ZoneInfo:
    """A zone of the tzdata package, which is newer than most operating systems; of the system where there is none."""
    try:
        with importlib.resources.files("tzdata.zoneinfo").joinpath(*time_zone.split("/")).open("rb") as file:
            return ZoneInfo.from_file(file, key=time_zone)
    except (ModuleNotFoundError, OSError):
        return ZoneInfo(time_zone)


def _clocks(time_zone: str, instant: dt.datetime, *, days: int) -> npt.NDArray[np.datetime64]:
    """What the zone's clock shows at an instant, and as many days on."""
    import duckdb  # here, so that reading a mapping need not wait for it

    moments = f"SELECT to_timestamp({instant.timestamp()} + 86400 * range) AS moment FROM range({days})"
    query = f"SELECT timezone($zone, moment) AS clock FROM ({moments}) ORDER BY moment"
    with duckdb.connect(config={"threads": 1}) as con:
        clocks: npt.NDArray[np.datetime64] = con.execute(query, {"zone": time_zone}).fetchnumpy()["clock"]
    return clocks


# Arabic-Indic and Persian digits and separators, and a real minus sign; after them the marks of direction, which go.
FOREIGN = "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹٫٬−\u200e\u200f\u061c\u2066\u2067\u2068\u2069\u202a\u202b\u202c"
WESTERN = "01234567890123456789\x01\x02-"
EXACT = "DECIMAL(26, 8)"  # wide enough for money, and products of three still fit DuckDB's 38 digits
_MARGIN = r"[\s\x{a0}\x{200b}-\x{200f}\x{202a}-\x{202f}\x{2066}-\x{2069}\x{feff}]"  # around an id, and not seen
_ISO_DAY = r"\d{4}-\d{2}-\d{2}"
_ISO_NAIVE = rf"{_ISO_DAY}([T ]\d{{2}}:\d{{2}}(:\d{{2}}(\.\d+)?)?)?"
_ISO_STORED = rf"{_ISO_DAY}T\d{{2}}:\d{{2}}:\d{{2}}(\.\d+)?"  # how the reader writes what Excel stores as a date
_ISO_OFFSET = rf"{_ISO_DAY}[T ]\d{{2}}:\d{{2}}(:\d{{2}}(\.\d+)?)? ?(Z|UTC|[+-]\d{{2}}(:?\d{{2}})?)"
_FLOATS = ("DOUBLE", "FLOAT")
_OFFSET = re.compile(r"%z|%Z")
_CLOCK = re.compile(r"%-?[HIXcT]")
_UTC = re.compile(r"(?<!%)(Z|UTC|GMT|[+-]00:?00)$")  # at the end of a format: what it reads is a clock of UTC
# How amounts in a currency are marked, besides its ISO code. An amount that is marked otherwise is not read.
SIGNS = {
    "AED": ("د.إ", "درهم", "Dhs", "DH"), "AUD": ("$", "A$"), "BHD": ("د.ب",), "BRL": ("R$",),
    "CAD": ("$", "C$", "CA$"), "CHF": ("Fr", "Fr."), "CNY": ("¥", "元"), "CZK": ("Kč",), "DKK": ("kr", "kr."),
    "EGP": ("ج.م", "£", "E£", "LE"), "EUR": ("€",), "GBP": ("£",), "INR": ("₹", "Rs", "Rs."), "JOD": ("د.أ",),
    "JPY": ("¥", "円"), "KWD": ("د.ك",), "MAD": ("د.م.",), "NOK": ("kr",), "OMR": ("ر.ع.",), "PLN": ("zł",),
    "QAR": ("ر.ق",), "SAR": ("ر.س", "﷼", "ريال", "SR"), "SEK": ("kr",), "TRY": ("₺", "TL"), "USD": ("$", "US$"),
    "ZAR": ("R",),
}  # fmt: skip


@dataclass(frozen=True)
class Formats:
    """How a source writes dates and numbers.

    `dates` are strptime formats, tried in order (none: ISO 8601). Instants with an offset are turned into local time of
    the `time_zone`, and those without one as well where they are on the clock of `source_zone`, unless they are days
    without a time; text amounts may carry the `currency` or its signs, and no other.
    """

    dates: tuple[str, ...] = ()
    decimal: str = "."
    thousands: str = ","
    time_zone: str = "UTC"
    currency: str = ""
    source_zone: str = ""

    def local(self, sql: str) -> str:
        """SQL of an instant without an offset in local time."""
        if self.source_zone in {"", self.time_zone}:
            return sql
        return f"timezone({quote(self.time_zone)}, timezone({quote(self.source_zone)}, {sql}))"


# Names of months as Arabic writes them, without hamza: of the Gulf and Egypt, the Levant, the Maghreb; then the Hijri;
# then those of Spanish, Portuguese, French, Italian and German that are not as in English.
_MONTHS = """
    يناير|كانون الثاني|كانون ثاني|جانفي  فبراير|شباط|فيفري  مارس|اذار  ابريل|نيسان|افريل  مايو|ايار|ماي
    يونيو|يونيه|حزيران|جوان  يوليو|يوليه|تموز|جويلية|يوليوز  اغسطس|اب|اوت|غشت  سبتمبر|ايلول|شتنبر
    اكتوبر|تشرين الاول|تشرين اول  نوفمبر|تشرين الثاني|تشرين ثاني|نونبر  ديسمبر|كانون الاول|كانون اول|دجنبر
"""
_HIJRI_MONTHS = """
    محرم|المحرم  صفر  ربيع الاول|ربيع اول  ربيع الاخر|ربيع الثاني|ربيع ثاني  جمادي الاولي|جمادي الاول
    جمادي الاخرة|جمادي الاخره|جمادي الثانية|جمادي الثانيه|جمادي الاخر|جمادي الثاني  رجب  شعبان  رمضان  شوال
    ذو القعدة|ذو القعده|ذي القعدة|ذي القعده  ذو الحجة|ذو الحجه|ذي الحجة|ذي الحجه
"""
_LATIN_MONTHS = """
    enero|janeiro|janvier|gennaio|januar  febrero|fevereiro|février|febbraio|februar  marzo|março|mars|märz
    abril|avril|aprile  mayo|maio|mai|maggio  junio|junho|juin|giugno|juni  julio|julho|juillet|luglio|juli
    agosto|août  septiembre|setembro|septembre|settembre  octubre|outubro|octobre|ottobre|oktober
    noviembre|novembro|novembre  diciembre|dezembro|décembre|dicembre|dezember
"""
_ENGLISH = "January February March April May June July August September October November December"
# Around dates: blanks that do not break, hamzas, digits, the minus; then vowels and marks of direction, which go.
_ARABIC = "\u00a0\u202f،أإآى" + FOREIGN[:20] + "−\u064b\u064e\u0640" + FOREIGN[23:]
_LATIN = "  ,اااي" + WESTERN[:20] + "-"
HIJRI = "hijri"  # before the format of a date of the Umm al-Qura calendar
HIJRI_DAYS = "hijri_days"  # the variable of the store that says on which day each of its months begins
_HIJRI_FIRST = dt.date(1924, 8, 1)  # 1 Muharram 1343
_HIJRI_TIMES = ("", " %H:%M:%S", " %H:%M", "T%H:%M:%S", "T%H:%M", " %I:%M %p", " %I:%M:%S %p")


def hijri_days() -> list[int]:
    """From 1343 to 1500, the day on which each month of the Umm al-Qura calendar begins, counted from the first."""
    from hijridate.ummalqura import MONTH_STARTS

    return [start - MONTH_STARTS[0] for start in MONTH_STARTS]


_EXCEL_ERRORS = "'#N/A', '#REF!', '#VALUE!', '#NAME?', '#DIV/0!', '#NULL!', '#NUM!', '#SPILL!'"  # none is an id


def quote(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def name(text: str) -> str:
    """A quoted SQL identifier."""
    return '"' + text.replace('"', '""') + '"'


def as_text(sql: str, type_: str) -> str:
    """The cell as a person would see it in the file."""
    return sql if type_ == "VARCHAR" else f"CAST({sql} AS VARCHAR)"


def is_blank(sql: str, type_: str) -> str:
    """Whether the cell holds nothing (NULL, blanks only, or a float that is not a number)."""
    if type_ == "VARCHAR":
        return f"coalesce(regexp_full_match({sql}, '\\s*'), true)"
    return f"coalesce(isnan({sql}), true)" if type_ in {"DOUBLE", "FLOAT"} else f"({sql} IS NULL)"


def exact_number(sql: str, type_: str, formats: Formats) -> str:
    """The cell as an exact decimal with eight digits after the point, for arithmetic in a mapping."""
    if type_ == "VARCHAR":
        return _parse_number(sql, EXACT, formats)
    return f"TRY_CAST({sql} AS {EXACT})"


def stored_number(sql: str, decimal: str) -> str:
    """A number's own text as the source would write it: whole where it is whole, else with its decimal mark."""
    written_out = f"coalesce(CAST(TRY_CAST({sql} AS DECIMAL(38, 12)) AS VARCHAR), {sql})"
    plain = f"CASE WHEN contains({sql}, 'e') THEN {written_out} ELSE {sql} END"
    return f"replace(regexp_replace({plain}, '\\.0+$', ''), '.', {quote(decimal)})"


def canonical_value(kind: Kind, sql: str, type_: str, formats: Formats) -> str:
    """SQL of the canonical value of `sql`, whose SQL type is `type_`; NULL where it cannot be read."""
    return _READERS[kind](sql, type_, formats)


def _text(sql: str, type_: str, _: Formats) -> str:
    text = as_text(sql, type_)
    # A text whose first character comes after the blank is not blank: cheaper to see than to trim every cell.
    return f"CASE WHEN {text} >= '!' THEN {text} WHEN trim({text}) = '' THEN NULL ELSE {text} END"


def _as_is(sql: str, type_: str, formats: Formats) -> str:
    if type_ == "TIMESTAMP WITH TIME ZONE":
        return _instant(sql, type_, formats)
    return _text(sql, type_, formats) if type_ == "VARCHAR" else sql


def _id(sql: str, type_: str, _: Formats) -> str:
    if type_ in {"DOUBLE", "FLOAT"}:
        whole = f"CAST(TRY_CAST({sql} AS HUGEINT) AS VARCHAR)"
        other = f"CAST({sql} AS VARCHAR)"
        return f"CASE WHEN isnan({sql}) THEN NULL WHEN {sql} = trunc({sql}) THEN {whole} ELSE {other} END"
    text = as_text(sql, type_)
    if type_.endswith("INT") or type_ == "INTEGER":
        return text
    trimmed = f"regexp_replace({text}, '^{_MARGIN}+|{_MARGIN}+$', '', 'g')"
    whole = f"nullif(regexp_replace({trimmed}, '^(-?\\d+)\\.0+$', '\\1'), '')"
    plain = f"{text} BETWEEN '!' AND '~' AND reverse({text}) BETWEEN '!' AND '~' AND NOT contains({text}, '.0')"
    return f"CASE WHEN {text} IN ({_EXCEL_ERRORS}) THEN NULL WHEN {plain} THEN {text} ELSE {whole} END"


def _money(sql: str, type_: str, formats: Formats) -> str:
    decimals = currency_decimals(formats.currency)
    # In minor units it has 18 digits, the most that DuckDB multiplies in 64 bits.
    money = f"DECIMAL({18 - decimals}, {decimals})"
    if type_ == "VARCHAR":
        units = _parse_number(sql, money, formats)
    elif type_ in {"DOUBLE", "FLOAT"}:
        units = f"TRY_CAST(CAST({sql} AS VARCHAR) AS {money})"
    else:
        # A cast rounds a wide decimal ten times slower than a narrow one of the same scale, and `round` three times.
        narrow = f"TRY_CAST(TRY_CAST({sql} AS DECIMAL(18, 8)) AS {money}), " if type_.endswith(",8)") else ""
        rounded = f"round({sql}, {decimals})" if type_.startswith("DECIMAL(38") else sql
        units = f"coalesce({narrow}TRY_CAST({rounded} AS {money}))"
    return f"CAST({units} * {10**decimals} AS BIGINT)"


def converted_money(sql: str, type_: str, formats: Formats, codes: Sequence[str], code: str, rate: str) -> str:
    """An amount in the currency that the SQL `code` names, one of `codes`, times `rate`, in the formats' minor units.

    It is rounded once, after that; text may carry its own currency or its signs.
    """
    amount = f"TRY_CAST({as_text(sql, type_) if type_ in _FLOATS else sql} AS {EXACT})"
    if type_ == "VARCHAR":
        own = ((one, replace(formats, currency=one)) for one in codes)
        readings = " ".join(f"WHEN {quote(one)} THEN {_parse_number(sql, EXACT, marks)}" for one, marks in own)
        amount = f"CASE {code} {readings} END"
    return _money(f"TRY({amount} * {rate})", "DECIMAL(38,20)", formats)


def other_marks(currency: str) -> str:
    """A regular expression that finds what marks an amount in any other currency."""
    own = {currency, *SIGNS.get(currency, ())}
    signs = {sign for code in SIGNS for sign in SIGNS[code] if not re.fullmatch("[A-Za-z.]+", sign)} - own
    codes = "|".join(sorted({*SIGNS} - own))
    found = sorted((re.escape(sign) for sign in signs), key=len, reverse=True)
    return rf"{'|'.join(found)}|(^|[^A-Za-z])({codes})($|[^A-Za-z])"


def _currency(sql: str, type_: str, _: Formats) -> str:
    code = f"upper(trim({as_text(sql, type_)}))"
    return f"CASE WHEN {code} IN ({', '.join(map(quote, known_currencies()))}) THEN {code} END"


def _number(sql: str, type_: str, formats: Formats) -> str:
    value = _parse_number(sql, "DOUBLE", formats) if type_ == "VARCHAR" else f"TRY_CAST({sql} AS DOUBLE)"
    return f"CASE WHEN isfinite({value}) THEN {value} END"


def _integer(sql: str, type_: str, formats: Formats) -> str:
    if type_.endswith("INT") or type_ == "INTEGER":
        return f"TRY_CAST({sql} AS BIGINT)"
    value = exact_number(sql, type_, formats)
    return f"CASE WHEN {value} = trunc({value}) THEN CAST({value} AS BIGINT) END"


def _boolean(sql: str, type_: str, _: Formats) -> str:
    if type_ == "BOOLEAN":
        return sql
    text = f"lower(trim({as_text(sql, type_)}))"
    return (
        f"CASE WHEN {text} IN ('true', 't', 'yes', 'y', '1', '1.0', 'نعم') THEN true "
        f"WHEN {text} IN ('false', 'f', 'no', 'n', '0', '0.0', 'لا') THEN false END"
    )


def _date(sql: str, type_: str, formats: Formats) -> str:
    return sql if type_ == "DATE" else f"CAST({_instant(sql, type_, formats)} AS DATE)"


def _instant(sql: str, type_: str, formats: Formats) -> str:
    if type_ == "TIMESTAMP WITH TIME ZONE":
        return f"TRY(timezone({quote(formats.time_zone)}, {sql}))"
    if type_.startswith("TIMESTAMP") or type_ == "DATE":
        plain = f"TRY_CAST({sql} AS TIMESTAMP)"
        return plain if type_ == "DATE" else formats.local(plain)
    text = as_text(sql, type_)
    if formats.dates:  # strptime and casts take blanks around a date
        plain = formats.local(f"TRY_CAST({text} AS TIMESTAMP)")
        stored = f"CASE WHEN regexp_full_match({text}, '{_ISO_STORED}') THEN {plain} END"
        read, again, cleaned = _by_formats, f"regexp_matches({text}, '[A-Za-z]{{3}}|[^ -~]')", _in_latin(text)
    else:
        read, again, cleaned, stored = _iso_instant, f"{text} IS NOT NULL", _extended(_in_latin(text)), "NULL"
    # What is not written in the usual way, such as in Arabic, is made so and read once more.
    slow = f"list_transform([{cleaned}], lambda v: {read('v', formats)})[1]"
    return f"coalesce({read(text, formats)}, {stored}, CASE WHEN {again} THEN {slow} END)"


def _in_latin(text: str) -> str:
    """SQL of a date with Western digits, English names of months and marks of half days, and no marks of the era."""
    sql = f"translate(trim({text}), {quote(_ARABIC)}, {quote(_LATIN)})"
    months = zip(_ENGLISH.split(), _words(_MONTHS), _words(_LATIN_MONTHS), strict=True)
    names = {title: f"{arabic}|{latin}".split("|") for title, arabic, latin in months}
    names |= {str(number): month.split("|") for number, month in enumerate(_words(_HIJRI_MONTHS), start=1)}
    english = {alias: title for title, aliases in names.items() for alias in aliases}
    pattern = "|".join(sorted(english, key=len, reverse=True))
    titles = f"MAP {{{', '.join(f'{quote(alias)}: {quote(title)}' for alias, title in english.items())}}}"
    word = f"regexp_extract({sql}, '(?i){pattern}')"
    sql = f"replace({sql}, {word}, coalesce({titles}[lower({word})], ''))"
    for mark, meaning in (
        (r" del? ([^\d ]+)( del?)? ", r" \1 "),  # 4 de julio de 2025
        (r"(:\d\d) ?(hs?\.?|Uhr)$", r"\1"),
        (r"(:\d\d ?)ص(باحا?)?", r"\1AM"),
        (r"(:\d\d ?)م(ساءا?)?", r"\1PM"),
        (r"(\d) ?(هـ?|م)( |,|$)", r"\1\3"),
    ):
        sql = f"regexp_replace({sql}, '{mark}', '{meaning}')"
    return sql


def _words(table: str) -> list[str]:
    return re.split(r"\s{2,}", table.strip())


def _extended(text: str) -> str:
    """SQL of an ISO 8601 text of any spelling as the usual one: 20260315t1000z is 2026-03-15T10:00Z."""
    sql = f"replace(upper(trim({text})), ',', '.')"
    for spelling, usual in (
        (r" *(GMT|UTC)$", "Z"),
        (r"\[.*\]$", ""),
        (r"^ *(\d{4})(\d\d)(\d\d)(T|$)", r"\1-\2-\3\4"),
        (r"([T ]\d\d)(\d\d)", r"\1:\2"),
        (r"([T ]\d\d:\d\d)(\d\d)", r"\1:\2"),
        (r"([T ]\d\d)( ?[Z+-]| *$)", r"\1:00\2"),
    ):
        sql = f"regexp_replace({sql}, '{spelling}', '{usual}')"
    return sql


def _by_formats(text: str, formats: Formats) -> str:
    """SQL of the first reading; NULL where day and month may be either, by two formats that differ just in that."""
    readings = {pattern: _with_format(text, pattern, formats) for pattern in formats.dates}
    sql = f"coalesce({', '.join(readings.values())})"
    for pattern, reading in readings.items():
        turned = re.sub("%(-?)([dm])", lambda part: f"%{part[1]}{'dm'[part[2] == 'd']}", pattern)
        if turned != pattern and turned in readings and pattern < turned:
            sql = f"CASE WHEN {reading} <> {readings[turned]} THEN NULL ELSE {sql} END"
    return sql


def _hijri(text: str, pattern: str, formats: Formats) -> str:
    """SQL of an instant whose day is of the Umm al-Qura calendar; NULL for a day that this does not have.

    Without a format the year is the number of four digits, at the beginning or the end, and the day is at the other.
    """
    own = re.fullmatch(r"(.*?)((?:%-?[dmYbB].*)?%-?[dmYbB])(.*)", pattern.removeprefix(HIJRI).strip())
    if own is None:
        number = r"(\d{1,2})"
        orders = {rf"(\d{{4}})[-/. ]{number}[-/. ]{number}": "ymd", rf"{number}[-/. ]{number}[-/. ](\d{{4}})": "dmy"}
        tails = ", ".join(quote(f"%Y-%m-%d{tail}") for tail in _HIJRI_TIMES)
        days = [_with_gregorian(text, f"(){regex}([T ].*|)", order) for regex, order in orders.items()]
        return formats.local(f"try_strptime(coalesce({', '.join(days)}), [{tails}])")
    before, date, after = own.groups()
    order = "".join(re.findall(r"%-?([dmYbB])", date)).lower().replace("b", "m")
    regex = re.sub(r"%-?([dmYbB])", lambda part: r"(\d{4})" if part[1] == "Y" else r"(\d{1,2})", re.escape(date))
    day = _with_gregorian(text, f"({'.*?' * bool(before)}){regex}({'.*' * bool(after)})", order)
    return _with_format(day, f"{before}%Y-%m-%d{after}", formats)


def _with_gregorian(text: str, regex: str, order: str) -> str:
    """SQL of a text with the Gregorian day in the place of the Hijri one, whose parts the groups of `regex` are."""
    parts = ", ".join(map(quote, ("before", *order, "after")))
    y, m, d = (f"TRY_CAST(p.{part} AS INTEGER)" for part in "ymd")
    days = f"getvariable('{HIJRI_DAYS}')"
    month = f"(({y} - 1343) * 12 + {m})"
    is_day = f"{m} BETWEEN 1 AND 12 AND {d} BETWEEN 1 AND {days}[{month} + 1] - {days}[{month}]"
    day = f"CAST(DATE '{_HIJRI_FIRST}' + ({days}[{month}] + {d} - 1) AS VARCHAR)"
    regex = regex.replace("'", "''")
    return (
        f"list_transform([regexp_extract({text}, '^\\s*{regex}\\s*$', [{parts}])], "
        f"lambda p: CASE WHEN {y} BETWEEN 1343 AND 1500 AND {is_day} THEN p.before || {day} || p.after END)[1]"
    )


def _with_format(text: str, pattern: str, formats: Formats) -> str:
    if pattern.startswith(HIJRI):
        return _hijri(text, pattern, formats)
    parsed = f"try_strptime({text}, {quote(pattern)})"
    if _UTC.search(pattern):
        return f"timezone({quote(formats.time_zone)}, timezone('UTC', {parsed}))"
    if _OFFSET.search(pattern):
        return f"timezone({quote(formats.time_zone)}, {parsed})"
    return formats.local(parsed) if _CLOCK.search(pattern) else parsed


def _iso_instant(text: str, formats: Formats) -> str:
    # The two usual forms are told by their length; a regular expression on every cell would cost more than the cast.
    day = f"length({text}) = 10 AND {text}[5] = '-' AND {text}[8] = '-'"
    second = f"length({text}) = 19 AND {text}[5] = '-' AND {text}[8] = '-' AND {text}[17] = ':'"
    whole = rf"regexp_replace(regexp_replace({text}, ' +([Z+-])', '\1'), '([T ]\d\d:\d\d)([Z+-])', '\1:00\2')"
    instant = ", ".join(f"TRY_CAST({one} AS TIMESTAMP WITH TIME ZONE)" for one in (text, whole))  # DuckDB needs seconds
    local = f"timezone({quote(formats.time_zone)}, coalesce({instant}))"
    naive = f"({day}) OR ({second}) OR regexp_full_match({text}, ' *{_ISO_NAIVE} *')"
    plain = f"TRY_CAST({text} AS TIMESTAMP)"
    days = f"WHEN regexp_full_match({text}, ' *{_ISO_DAY} *') THEN {plain} " if formats.local(plain) != plain else ""
    return (
        f"CASE {days}WHEN {naive} THEN {formats.local(plain)} "
        f"WHEN regexp_full_match({text}, ' *{_ISO_OFFSET} *') THEN {local} END"
    )


def _parse_number(sql: str, type_: str, formats: Formats) -> str:
    """Read text as a number: at once where it is plain, else after its signs and separators are taken off."""
    slow = _clean_number(sql, type_, formats)
    plain = _cast(f"CASE WHEN NOT contains({sql}, '_') THEN {sql} END", type_)  # DuckDB reads 12_50 as 1,250
    return f"coalesce({plain}, {slow})" if formats.decimal == "." else slow


def _cast(text: str, type_: str) -> str:
    """Text as a number: DuckDB reads a decimal of more than 18 digits fifty times slower, so first as a narrow one."""
    wide = f"TRY_CAST({text} AS {type_})"
    return f"coalesce(CAST(TRY_CAST({text} AS DECIMAL(18, 8)) AS {type_}), {wide})" if type_ == EXACT else wide


def _clean_number(sql: str, type_: str, formats: Formats) -> str:
    text = f"translate(trim({sql}), {quote(FOREIGN)}, {quote(WESTERN)})"
    if formats.currency:
        text = _without_currency(text, formats.currency)
    point, group = _class(formats.decimal, "\x01"), _class(formats.thousands, "\x02")
    whole = rf"(\d+|\d{{1,3}}({group}\d{{3}})+)" if group else r"\d+"
    number = rf"{whole}({point}\d*)?"
    after = rf"{whole}({point}\d+)?-"  # but 12.- is 12 and no cents
    shape = rf"^(?:[+-]?{number}|\({number}\)|{after})$"  # accountants write a loss as (12.50), SAP as 12.50-
    text = f"regexp_extract({text}, '{shape}')"  # empty, and so not a number, where the shape is another one
    text = f"regexp_replace({text}, '{group}', '', 'g')" if group else text
    return _cast(f"regexp_replace(regexp_replace({text}, '{point}', '.'), '^\\(?(.*)[)-]$', '-\\1')", type_)


def _without_currency(text: str, currency: str) -> str:
    signs = (currency, *SIGNS.get(currency, ()))
    mark = "|".join(re.escape(sign).replace("'", "''") for sign in sorted(signs, key=len, reverse=True))
    before = rf"^([(+-]?)\s*(?:{mark})[\s\x{{00a0}}]*"
    after = rf"[\s\x{{00a0}}]*(?:{mark})\.?([)-]?)$"
    return f"regexp_replace(regexp_replace({text}, '{before}', '\\1'), '{after}', '\\1')"


def _class(separator: str, eastern: str) -> str:
    """A class of the declared separator and its Arabic form; a blank stands for every kind of blank."""
    if not separator:
        return ""
    blanks = "\u00a0\u202f" if separator == " " else ""
    return f"[{re.escape(separator).replace(chr(39), chr(39) * 2)}{blanks}{eastern}]"


_READERS: dict[Kind, Callable[[str, str, Formats], str]] = {
    "id": _id,
    "text": _text,
    "as_is": _as_is,
    "money": _money,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "date": _date,
    "instant": _instant,
    "currency": _currency,
}
