"""What a column is: a date and how it is written, a number, yes or no, a currency, or text.

Every answer is that of the reader (`casts`): formats and separators are tried by reading the sample with them. What
holds for a whole source, such as whether the day or the month comes first, is decided over all its columns.
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from cxlib.data.casts import FOREIGN, SIGNS, WESTERN, Formats, as_text, canonical_value, is_blank
from cxlib.data.connect import Store
from cxlib.data.guessing.parts import Guess, Part
from cxlib.data.reading.formats import FORMATS
from cxlib.data.workspace import YES_OR_NO
from cxlib.language import is_currency

NEARLY, _MOSTLY, _MOST_VALUES, _MOST_SHOWN = 0.95, 0.8, 1_000, 12
_FEW_WRONG = 0.01  # of dates: with more of them in the other order, none that could be either is taken
FOUR_DIGITS = ("years of four digits",)  # what else years of two could be
_WESTERN = str.maketrans(FOREIGN[: len(WESTERN)], WESTERN, FOREIGN[len(WESTERN) :])
_SEPARATORS = ((".", ","), (",", "."), (",", " "), (".", " "), (".", "'"), ("٫", "٬"))
_SHAPE = re.compile(
    r"\s*(?P<week>[^\W\d_]{2,10},? )?(?P<a>\d{1,4}|[^\W\d_]{3,}\.?)(?P<s>\. |[-/. ])(?P<b>\d\d?|[^\W\d_]{3,}\.?)"
    r"(?P<t>, |[-/. ])(?P<c>\d{1,4})(?:(?P<gap>T|,? | - |،\s?| at )(?P<hour>\d\d?):\d\d(?P<sec>:\d\d)?(?P<part>\.\d+)?"
    r"(?P<half>\s?(?:[AaPp]\.?[Mm]\.?|[صم]))?(?P<zone> ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?)?\s*"
)
_COMPACT = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_ISO = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M", "%Y-%m-%d")
# Bounds of what counts time since 1970, and of the days of spreadsheets.
_CLOCKS = {"seconds": (9.4e8, 2.2e9), "ms": (9.4e11, 2.2e12), "us": (9.4e14, 2.2e15), "days": (29_000, 62_000)}
_USUAL = ("USD", "GBP", "EUR", "JPY", "SEK", "AED", "SAR")  # of several currencies with a sign, which is likeliest
_NAMESAKES = {"ريال": ("QAR", "OMR"), "﷼": ("QAR", "OMR"), "درهم": ("MAD",)}  # of other countries
_CODE = r"^[0٠]\p{Nd}|^\+\p{Nd}{7}|^\d+[eE]\d+$|\p{Nd}\s*[/:]\s*\p{Nd}|\p{Nd}-\p{Nd}|\.\p{Nd}+\.\p{Nd}{1,2}\b"
_CODE += r"|^\p{Nd}{6,}\.\p{Nd}{6,}$"
_DATED = re.compile(r"\d\D\d|\d{8}")


Formatted = Mapping[str, Mapping[str, int]]  # format -> value -> cells


@dataclass(frozen=True)
class Column:
    """A column of a part: how many cells hold something, how many of them differ, what they are, the usual values.

    `low` and `high` are of numbers, `whole` tells that none has decimals, `clock` that they count time; `formats` are
    those of dates in text with the values that each reads, `marks` what stands beside digits.
    """

    name: str
    sql: str
    type: str
    what: Literal["empty", "date", "number", "flag", "currency", "text"] = "empty"
    filled: int = 0
    distinct: int = 0
    values: tuple[str, ...] = ()
    low: float = 0
    high: float = 0
    whole: bool = False
    clock: str = ""
    formats: Formatted = field(default_factory=dict, compare=False, repr=False)
    marks: tuple[str, ...] = ()

    @property
    def is_unique(self) -> bool:
        """Whether (nearly) every cell differs from the others."""
        return self.filled > 1 and self.distinct >= 0.99 * self.filled


@dataclass(frozen=True)
class Sheet:
    """A part with its columns, the settings of its source, how they were guessed, and what columns tell of each other.

    Titles of `sums` and their parts, of ids that are `mixed` (of several customers or days), of an `earlier` and a
    later date, of names that products are `called`, of dates that are `tied` to a status: blank unless it says
    otherwise; of a visit and its events, and the event by which each visit is `opening`; of a column whose cells
    stand in rows of their own as `heads` of those below, and one of them; of numbers that are paid or `owed` of
    another: all of it or nothing; of two dates of the `same_day`; of ids of `persons` whose names stand beside them.
    """

    part: Part
    columns: tuple[Column, ...]
    settings: Mapping[str, Any]
    guesses: tuple[Guess, ...]
    sums: tuple[tuple[str, ...], ...] = ()
    mixed: frozenset[str] = frozenset()
    earlier: frozenset[tuple[str, str]] = frozenset()
    called: frozenset[str] = frozenset()
    tied: frozenset[str] = frozenset()
    opening: tuple[str, str, str] = ("", "", "")
    heads: tuple[str, str] = ("", "")
    owed: frozenset[str] = frozenset()
    same_day: frozenset[tuple[str, str]] = frozenset()
    persons: frozenset[str] = frozenset()


def describe(store: Store, part: Part) -> Sheet:
    """Say what every column of a part is."""
    _tell_values(store, part)
    counts = {row[0]: row[1:] for row in store.rows("SELECT col, sum(n), count(*) FROM every GROUP BY col")}
    texts = [n for n, field in enumerate(part.fields) if field.type == "VARCHAR" and n in counts]
    figures = _figures(store, texts)
    marks: dict[int, list[tuple[str, int]]] = {n: [] for n in figures}
    beside = f"SELECT col, mark, sum(n) FROM v WHERE {_among(figures)} GROUP BY ALL ORDER BY 3 DESC, 2"
    for n, mark, count in store.rows(beside):
        marks[n].append((mark, count))
    currencies = {n: guess.value for n in figures if (guess := currency_beside(marks[n]))}
    stored = part.path.suffix.lower() in FORMATS["excel"].suffixes
    numbers, settings, guesses = _numbers(store, figures, currencies, is_stored=stored)
    digits = _shares(store, "regexp_matches(v, '\\p{Nd}')")
    likely = [n for n in texts if digits[n] >= _MOSTLY and (n not in numbers or numbers[n][0] > 19_000_100)]
    dates = _dates(store, likely)
    flags = _shares(store, f"lower(trim(v)) IN ({YES_OR_NO})")
    codes = store.rows(
        "SELECT col, list(DISTINCT upper(trim(v))) FROM v GROUP BY col "
        "HAVING bool_and(length(trim(v)) = 3 AND v IN (upper(v), lower(v)))"  # "Std" is an hour in German
    )
    kinds = dict.fromkeys([n for n, share in flags.items() if share == 1], "flag")
    kinds |= dict.fromkeys([n for n, some in codes if all(map(is_currency, some))], "currency")
    order_by = "n DESC, v"
    top = store.rows(
        f"SELECT col, list(v ORDER BY {order_by}) FROM (FROM every QUALIFY row_number() OVER (PARTITION BY col "
        f"ORDER BY {order_by}) <= {_MOST_SHOWN}) GROUP BY col"
    )
    values = {col: tuple(some) for col, some in top}
    columns = []
    for number, cells in enumerate(part.fields):
        known: dict[str, Any] = {"name": cells.name, "sql": cells.sql, "type": cells.type}
        if number in counts:
            known |= {"filled": int(counts[number][0]), "distinct": counts[number][1], "values": values[number]}
            known |= _kind(store, part, number, numbers, dates, kinds.get(number, "text"))
            known["marks"] = tuple(mark for mark, _ in marks.get(number, ()))
        if is_label(cells.name, part) and known.get("what") == "number":  # of a code, which has the numbers
            known["what"] = "text"
        columns.append(Column(**known))
    sheet = Sheet(part, tuple(columns), {**part.settings, **settings}, (*part.guesses, *guesses))
    return with_dates(store, sheet, columns)


def with_dates(store: Store, sheet: Sheet, columns: Sequence[Column]) -> Sheet:
    """The sheet whose dates are written as those of these columns: others say nothing about them."""
    settings = {name: value for name, value in sheet.settings.items() if name != "dates"}
    guesses = [one for one in sheet.guesses if one.key != "dates"]
    dates = [one.formats for one in columns if one.formats]
    if formats := _formats(dates):
        signs = [currency_beside([(mark, 1)]) for one in sheet.columns for mark in one.marks]
        order = _order(store, dates, prefer_month="USD" in [one.value for one in signs if one])
        formats = [name for name in formats if twin(name) not in formats or order.value in (None, is_month_first(name))]
        settings["dates"] = formats
        guesses.append(_with_years(replace(order, value=formats), dates))
    return replace(sheet, settings=settings, guesses=tuple(guesses))


def is_label(title: str, part: Part) -> bool:
    """Whether a column holds the labels that SPSS or Stata keep beside the codes of another."""
    suffixes = (*FORMATS["spss"].suffixes, *FORMATS["stata"].suffixes)
    return title.endswith("_label") and part.path.suffix.lower() in suffixes


def _tell_values(store: Store, part: Part) -> None:
    """Make the tables `every` and `v` (some) of the different values of a sample: col, v, n cells, signs in them."""
    cells = ", ".join(
        f"CASE WHEN NOT {is_blank(one.sql, one.type)} THEN {as_text(one.sql, one.type)} END" for one in part.fields
    )
    store.run(
        "CREATE OR REPLACE TABLE every AS SELECT CAST(col AS INTEGER) AS col, v, count(*) AS n FROM (SELECT "
        f"unnest(range({len(part.fields)})) AS col, unnest([{cells}]) AS v FROM {part.sample}) "
        "WHERE v IS NOT NULL GROUP BY ALL"
    )
    store.run(
        "CREATE OR REPLACE TABLE v AS SELECT *, "
        f"{mark_of('v')} AS mark FROM every "
        f"QUALIFY row_number() OVER (PARTITION BY col ORDER BY hash(v)) <= {_MOST_VALUES} ORDER BY col, hash(v), v"
    )


def mark_of(text: str) -> str:
    """SQL of what stands beside the digits of a number."""
    return rf"regexp_replace({text}, '[\p{{Nd}}\p{{Z}}\p{{Cf}}\s.,٫٬+()''’−-]', '', 'g')"


def _shares(store: Store, condition: str) -> dict[int, float]:
    """By column, which share of its cells meets a condition."""
    share = f"sum(n * CAST(coalesce({condition}, false) AS INT)) / sum(n)"
    return {col: float(one) for col, one in store.rows(f"SELECT col, {share} FROM v GROUP BY col")}


def _figures(store: Store, texts: list[int]) -> list[int]:
    """Columns whose cells are digits with at most a short sign, and no codes such as 007, +966..., or 1E5."""
    digits = _shares(store, "length(mark) <= 5 AND regexp_matches(v, '\\p{Nd}')")
    codes = _shares(store, f"regexp_matches(v, '{_CODE}')")
    return [n for n in texts if digits[n] >= NEARLY and codes[n] < 1 - NEARLY]


def _among(columns: object) -> str:
    return f"col IN ({', '.join(map(str, columns)) or -1})"  # type: ignore[call-overload]  # any numbers


def currency_beside(marks: Sequence[tuple[str, int]]) -> Guess | None:
    """The currency whose sign or code stands beside numbers, by how many cells carry each mark."""
    codes: Counter[str] = Counter()
    signs: dict[str, str] = {}
    for mark, count in marks:
        own = {
            code: sign
            for code in SIGNS
            for sign in (code, *SIGNS[code], *(s for s in _NAMESAKES if code in _NAMESAKES[s]))
            if mark in (sign, sign.replace(".", ""))
        }
        own = own or ({mark: mark} if is_currency(mark) else {})
        codes.update(dict.fromkeys(own, int(count)))
        signs = own | signs
    if not codes:
        return None
    count = max(codes.values())
    usual = [*_USUAL, *sorted(set(codes) - set(_USUAL))]
    best, *others = [code for code in usual if codes[code] == count]
    return Guess("currency", best, not others, f"{count:,} amounts of the sample carry {signs[best]}", tuple(others))


def _number_by_column(pair: tuple[str, str], currencies: Mapping[int, str]) -> str:
    """SQL of a number with these separators, beside the signs of the currency of its column."""
    cases = "".join(
        f"WHEN {_among([n for n in currencies if currencies[n] == code])} "
        f"THEN {canonical_value('number', 'v', 'VARCHAR', Formats((), *pair, currency=code))} "
        for code in sorted(set(currencies.values()))
    )
    plain = canonical_value("number", "v", "VARCHAR", Formats((), *pair))
    return f"CASE {cases}ELSE {plain} END" if cases else plain


def _numbers(
    store: Store, figures: list[int], currencies: Mapping[int, str], *, is_stored: bool
) -> tuple[dict[int, Any], dict[str, Any], list[Guess]]:
    """By column the smallest and largest number and whether all are whole, and the separators that read most."""
    signs = {
        sign
        for (text,) in store.rows(f"SELECT v FROM v WHERE {_among(figures)}")
        for sign in text
        if not sign.isalnum()
    }
    pairs = [pair for pair in _SEPARATORS if pair in _SEPARATORS[:2] or {*pair} & signs - {".", ","}]
    read = [_number_by_column(pair, currencies) for pair in pairs]
    counts = ", ".join(f"coalesce(sum(n) FILTER (({sql}) IS NOT NULL), 0)" for sql in read)
    rows = store.rows(f"SELECT col, sum(n), {counts} FROM v WHERE {_among(figures)} GROUP BY col")
    rows = [row for row in rows if max(row[2:]) >= NEARLY * row[1]]
    if not rows:
        return {}, {}, []
    totals = [sum(int(row[2 + n]) for row in rows) for n in range(len(pairs))]
    best = max(range(len(pairs)), key=lambda n: totals[n])
    where = _among([row[0] for row in rows])
    differ = [f"coalesce(bool_or(({read[best]}) <> ({sql})), false)" for sql in read]
    other = store.rows(f"SELECT {', '.join(differ)} FROM v WHERE {where}")[0]
    # 1,500 is no amount with three decimals; 1.500 may be one, or as many thousands, but not as Excel stores numbers.
    doubt = not is_stored and store.value(f"SELECT bool_or(({read[best]}) <> trunc({read[best]})) FROM v WHERE {where}")
    rivals = [pair for n, pair in enumerate(pairs) if n != best and totals[n] == totals[best] and other[n] and doubt]
    decimal, thousands = pairs[best]
    settings = {"decimal": decimal} if decimal != "." else {}
    if thousands != (".", ",")[decimal != ","]:
        settings["thousands"] = thousands
    why, others = f"so {totals[best]:,} numbers of the sample can be read", tuple(f"decimal: {a}" for a, _ in rivals)
    shown = settings or ({"decimal": "."} if rivals else {})
    guesses = [Guess(name, value, not rivals, why, others) for name, value in shown.items()]
    bounds = f"SELECT col, min(x), max(x), bool_and(x = trunc(x)) FROM (SELECT col, {read[best]} AS x FROM v"
    return {col: bound for col, *bound in store.rows(f"{bounds} WHERE {where}) GROUP BY col")}, settings, guesses


def date_formats(text: str) -> list[str]:
    """The formats that a date may have; "" is ISO 8601."""
    text = re.sub(r" del? ", " ", re.sub(r"(:\d\d) ?(hs?\.?|Uhr)$", r"\1", text.translate(_WESTERN).strip()))
    if text.isdigit() and len(text) in _COMPACT:
        return [_COMPACT[len(text)]]
    if re.search(r"(?<!\d)1[345]\d\d(?!\d)", text) and _DATED.search(text):
        return ["hijri"]
    if not (shape := _SHAPE.fullmatch(text)):
        return []
    s, t, year = shape["s"], shape["t"], "%Y" if len(shape["c"]) == 4 else "%y"
    if not shape["a"].isdigit():
        days = [f"%b{s}%d{t}{year}", f"%B{s}%d{t}{year}"]
    elif not shape["b"].isdigit():
        days = [f"%d{s}%b{t}{year}", f"%d{s}%B{t}{year}"]
    elif len(shape["a"]) == 4:
        days = [f"%Y{s}%m{t}%d"]
    else:
        days = [f"%d{s}%m{t}{year}", f"%m{s}%d{t}{year}"]
    clock = ""
    if shape["hour"]:
        clock = shape["gap"] + ("%I" if shape["half"] else "%H") + ":%M"
        clock += ":%S" * bool(shape["sec"]) + ".%f" * bool(shape["part"])
        clock += (" %p" if shape["half"][0].isspace() else "%p") if shape["half"] else ""
        zone = shape["zone"] or ""
        clock += re.sub(r"[+-].*", "%z", zone)
    week = re.sub(r"\w+", "%a" if len(shape["week"].strip(" ,")) == 3 else "%A", shape["week"]) if shape["week"] else ""
    iso = [""] if s == t == "-" and len(shape["a"]) == 4 else []
    return iso + [week + day + clock for day in days]


def _dates(store: Store, columns: list[int]) -> dict[int, Formatted]:
    """By column of dates, format and value: how many cells."""
    texts: dict[int, list[str]] = {col: [] for col in columns}
    for col, value in store.rows(f"SELECT col, v FROM v WHERE {_among(columns)} ORDER BY hash(v)"):
        texts[col].append(value)
    alike: dict[tuple[str, ...], list[int]] = {}  # columns of the same formats are read at once
    for col, values in texts.items():
        names = tuple(dict.fromkeys(name for value in values[:300] for name in date_formats(value)))[:24]
        alike.setdefault(tuple(sorted(names)), []).append(col)
    dates: dict[int, Formatted] = {}
    for names, same in alike.items():
        read = [canonical_value("instant", "v", "VARCHAR", Formats((name,) if name else ())) for name in names]
        cells = ", ".join(f"{sql} AS at_{k}" for k, sql in enumerate(read))  # named, lest DuckDB weighs each many times
        years = [f"year(at_{k})" for k in range(len(read))]
        flags = ", ".join(f"coalesce({one} BETWEEN 1900 AND 2100 OR {one} IN (2999, 9999), false)" for one in years)
        some = f"SELECT col, v, n, {flags} FROM (SELECT col, v, n, {cells} FROM v WHERE {_among(same)})"
        rows = store.rows(some) if names else []
        for col in same if names else ():
            own = [(value, int(n), flag) for at, value, n, *flag in rows if at == col]
            if sum(n for _, n, flag in own if any(flag)) >= _MOSTLY * sum(n for _, n, _ in own):
                by_name = {name: {value: n for value, n, flag in own if flag[k]} for k, name in enumerate(names)}
                dates[col] = {name: values for name, values in by_name.items() if values}
    return dates


def _formats(dates: Sequence[Formatted]) -> list[str]:
    """The formats that the source needs, the usual first."""
    counts: Counter[str] = Counter()
    for by_name in dates:
        left = {value: n for values in by_name.values() for value, n in values.items()}
        while left:
            name = max(by_name, key=lambda one: sum(left.get(value, 0) for value in by_name[one]))
            for each in [one for one in by_name if one in (name, twin(name))]:
                counts[each] += sum(left.get(value, 0) for value in by_name[each])
            left = {v: n for v, n in left.items() if v not in by_name[name] and v not in by_name.get(twin(name), {})}
    formats = [name for name, _ in counts.most_common() if name]
    return formats + [name for name in _ISO if formats and "" in counts and name not in formats]


def twin(name: str) -> str:
    """The format with day and month in each other's place; none where a format can be read in one way only."""
    if name.startswith("%Y") or not {"%d", "%m"} <= set(re.findall("%.", name)):
        return "none"
    return re.sub("%([dm])", lambda part: "%m" if part[1] == "d" else "%d", name)


def is_month_first(name: str) -> bool:
    """Whether a format has the month before the day."""
    return name.find("%m") < name.find("%d")


def _order(store: Store, dates: Sequence[Formatted], *, prefer_month: bool) -> Guess:
    """Whether the month comes before the day, over dates that could be either; None where both orders stand."""
    certain: Counter[bool] = Counter()
    shared: dict[str, str] = {}
    for by_name in dates:
        for name, values in by_name.items():
            if (other := twin(name)) != "none":
                own = [value for value in values if value not in by_name.get(other, {})]
                certain[is_month_first(name)] += sum(values[value] for value in own)
                shared |= {} if is_month_first(name) else {value: name for value in values if value not in own}
    if min(certain[True], certain[False]) > _FEW_WRONG * certain.total():
        why = f"the day comes first in {certain[False]:,} dates, the month in {certain[True]:,}: what could be either"
        return Guess("dates", None, False, f"{why} is set aside", ("day first", "month first"))
    month = certain[True] > certain[False]
    if certain[True] == certain[False]:
        day_first, month_first = (_span(store, shared, swapped=swapped) for swapped in (False, True))
        month = month_first < day_first or (prefer_month and month_first == day_first)
    first, second = ("month", "day") if month else ("day", "month")
    most, rest = certain[month], certain[not month]
    sure = bool(most or not shared) and not rest
    if rest:
        why = f"the {first} comes first in {most:,} dates, the {second} in {rest:,}: one is wrong"
    elif not sure:
        why = f"no date tells whether day or month comes first ({next(iter(shared))}); taken is the {first}"
    elif most:
        why = f"{most:,} dates of the sample have a day after the 12th, always with the {first} first"
    else:
        why = "so the dates of the sample can be read"
    return Guess("dates", month, sure, why, () if sure else (f"{second} first",))


def _with_years(guess: Guess, dates: Sequence[Formatted]) -> Guess:
    """The guess of formats, unsure where years of two digits could be of two centuries, such as 99 beside 24."""
    short = {v.translate(_WESTERN).strip()[-2:] for by in dates for n in by if n.endswith("%y") for v in by[n]}
    short = {one for one in short if one.isdigit() and int(one) > int(f"{dt.date.today():%y}") + 1}
    if not short or not guess.sure:
        return guess
    why = f"years of two digits up to 68 are of 2000, others of 1900; {min(short)} could be either"
    return replace(guess, sure=False, evidence=f"{guess.evidence}; {why}", others=FOUR_DIGITS)


def _span(store: Store, values: Mapping[str, str], *, swapped: bool) -> int:
    """Days from first to last of dates read so, far more where they lie in the future: a wrong order scatters them."""
    if not values:
        return 0
    names = tuple(dict.fromkeys(twin(name) if swapped else name for name in values.values()))
    read = canonical_value("instant", "v", "VARCHAR", Formats(names))
    days = "date_diff('day', min(x), max(x)) + 9999 * CAST(max(x) > now()::TIMESTAMP + INTERVAL 1 DAY AS INT)"
    return int(
        store.value(f"SELECT {days} FROM (SELECT {read} AS x FROM (SELECT unnest(?) AS v))", [list(values)]) or 0
    )


def _kind(
    store: Store, part: Part, number: int, numbers: Mapping[int, Any], dates: Mapping[int, Formatted], otherwise: str
) -> dict[str, Any]:
    """What the cells of a column are, and the bounds of numbers."""
    field = part.fields[number]
    if number in dates or field.type.startswith(("DATE", "TIMESTAMP")):
        return {"what": "date", "formats": dates.get(number, {})}
    flag = otherwise == "flag"
    bounds = numbers.get(number)
    if field.type not in ("VARCHAR", "BOOLEAN"):
        x = f"TRY_CAST({field.sql} AS DOUBLE)"
        bounds = store.rows(f"SELECT min({x}), max({x}), bool_and({x} = trunc({x})) FROM {part.sample}")[0]
    if bounds and bounds[0] is not None:
        low, high, whole = bounds
        clocks = [name for name, (first, last) in _CLOCKS.items() if first <= low and high <= last]
        clock = next((name for name in clocks if whole or name == "days"), "")
        return {"what": "flag" if flag else "number", "low": low, "high": high, "whole": bool(whole), "clock": clock}
    return {"what": "flag" if field.type == "BOOLEAN" else otherwise}
