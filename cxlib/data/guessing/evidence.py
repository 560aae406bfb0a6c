"""What speaks for a column besides its title: its own values, and what columns tell of each other.

Sums tell which amount was paid, ids that rows of several customers share are not those of orders, dates stand in their
order, a name that each code has is that of the product, and blank cells may stand for the one above.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain, combinations, permutations, product
from typing import Any

import numpy as np

from cxlib.data.casts import Formats, as_text, canonical_value, is_blank
from cxlib.data.connect import Store
from cxlib.data.guessing.columns import Column, Sheet, currency_beside, describe
from cxlib.data.guessing.parts import Guess
from cxlib.data.guessing.titles import (
    ANSWERS,
    DOUBTED,
    GENERIC,
    holds,
    is_listed,
    phrases,
    plain_words,
    range_of,
    title_score,
)
from cxlib.data.reading.raw import filling
from cxlib.data.tables import TABLES
from cxlib.masking import names_a_person

_MOST_COLUMNS, _MOST_ROWS, _FEW, _NEARLY, _PART, _MOSTLY = 16, 2_000, 8, 0.95, 0.1, 0.8
_MOST_EVENTS = 60  # kinds of events in a log
_HIGHEST = 10  # of marks
_GROUPS, _MOST_HEADED, _BACK = 8, 0.8, 0.3  # of rows below a cell; shares of rows with one, and of days that go back
_DAY, SEVERAL, _FULL, _WORDY, _TOLD = 86_400, 20, 0.9, 3, 0.79  # seconds; rows; share; words; score of what values say
TELLING = ("touchpoint", "channel", "kind", "topic", "plan")  # which tell nothing where all rows have the same
_PART_OF = 0.5  # score of a title that holds one in half of its words
_SAID = 0.85  # score of a question that tells its scale
_LIST = re.compile(r"(?i)[,;|،]\s|\b[x×*] ?\d+\b|\b\d+ ?[x×*]\s|\bqty\b|\bquantity\b|كمية")
_PHONE = re.compile(r"\+\d[\d ()-]{7,}|(?:00)?9665\d{8}|05\d{8}")
_SEVERAL_WORDS = re.compile(r"[^\W\d_]{2}\S*\s(.*\s)?\S*[^\W\d_]{2}")
Scored = tuple[float, str, Column]  # how well a column is called like a canonical one


def compared(store: Store, sheet: Sheet) -> Sheet:
    """The sheet with what its columns tell of each other."""
    dates = [one for one in sheet.columns if one.what == "date"][:_MOST_COLUMNS]
    formats = Formats(tuple(sheet.settings.get("dates", ())))
    days = {one.name: canonical_value("instant", one.sql, one.type, formats) for one in dates}
    earlier, same_day = _earlier(store, sheet, days) if len(days) > 1 else (frozenset(), frozenset())
    mixed, called, numbers = _mixed(store, sheet, days), _called(store, sheet), _numbers(store, sheet)
    sheet = replace(sheet, sums=_sums(numbers), owed=_owed(numbers), mixed=mixed, called=called)
    sheet = replace(sheet, earlier=earlier, same_day=same_day, persons=_persons(store, sheet))
    return replace(sheet, tied=_tied(store, sheet, dates), opening=_opening(store, sheet), heads=_heads(store, sheet))


def _heads(store: Store, sheet: Sheet) -> tuple[str, str]:
    """A column whose cells stand alone in rows above those that they are about, and the first of them."""
    blanks = {one: is_blank(one.sql, one.type) for one in sheet.columns if one.what != "empty"}
    rows = " + ".join(f"CAST(NOT {one} AS INT)" for one in blanks.values()) or "0"
    for column, blank in blanks.items():
        if column.what == "text" and column.filled < _MOSTLY * sheet.part.rows:
            alone = f"count(*) FILTER (n = 1), count(*) FILTER (n > {_WORDY}), min(v) FILTER (n = 1)"
            cells = f"SELECT {column.sql} AS v, {rows} AS n FROM {sheet.part.sample} WHERE NOT {blank}"
            single, full, first = store.rows(f"SELECT {alone} FROM ({cells})")[0]
            if single >= _FEW and not full:
                return column.name, first
    return "", ""


def _opening(store: Store, sheet: Sheet) -> tuple[str, str, str]:
    """Of a log of events the titles of the visit and of the event, and the event that nearly each visit has once."""
    ids = [one for one in sheet.columns if title_score(one.name, "sessions", "session_id") > _TOLD]
    found = []
    for visit in [one for one in ids if SEVERAL <= one.distinct < _MOSTLY * one.filled]:
        for event in [one for one in sheet.columns if one.what == "text" and 1 < one.distinct <= _MOST_EVENTS]:
            counts = f"count(*) AS n, count(DISTINCT {visit.sql}) AS k FROM {sheet.part.sample} GROUP BY v"
            rows = store.rows(f"SELECT k, v FROM (SELECT {event.sql} AS v, {counts}) WHERE n = k")
            found += [(k, (visit.name, event.name, v)) for k, v in rows if v and k >= _MOSTLY * visit.distinct]
    return max(found, default=(0, ("", "", "")))[1]


def _tied(store: Store, sheet: Sheet, dates: Sequence[Column]) -> frozenset[str]:
    """Titles of dates that are there for some values of a column of few, such as a status, and blank for the others."""
    some = [one for one in dates if _PART < one.filled / sheet.part.rows < 1 - _PART]
    found: set[str] = set()
    for status in sheet.columns if some else ():
        if status.what in ("text", "flag") and 1 < status.distinct <= _FEW:
            shares = ", ".join(f"avg(CAST(NOT {is_blank(one.sql, one.type)} AS INT))" for one in some)
            rows = store.rows(f"SELECT {shares} FROM {sheet.part.sample} GROUP BY {status.sql}")
            told = zip(some, zip(*rows, strict=True), strict=True)
            found |= {one.name for one, share in told if all(min(x, 1 - x) <= 1 - _NEARLY for x in share)}
    return frozenset(found)


def outermost(sheet: Sheet, dates: Sequence[Column], *, last: bool) -> list[Column]:
    """Of several dates the one that nearly never stands after (or, for the last, before) another; none if none is."""
    order = {(b, a) if last else (a, b) for a, b in sheet.earlier}
    return [one for one in dates if all((one.name, other.name) in order for other in dates if other is not one)]


def persons(columns: Sequence[Column]) -> list[Column]:
    """Columns that may name whom it is about though no title tells: e-mails, else ids that come again; most first."""
    some = [one for one in columns if one.distinct >= SEVERAL and not holds(one.name, "staff") and one.what != "date"]
    mails = [one for one in some if _are_mails(one)]
    phones = [one for one in some if _are_phones(one)]
    ids = [one for one in some if {(word,) for word in plain_words(one.name)} & {*phrases("id words")}]
    ids = [one for one in ids if one.distinct < _NEARLY * one.filled and (one.what == "text" or one.whole)]
    ids = [one for one in ids if not title_score(one.name, "transactions", "product")]
    ids = [one for one in ids if not holds(one.name, "ids of things")]
    names = [one for one in some if "like names" in id_doubt(one) and one.distinct < _MOSTLY * one.filled]
    names = [
        one for one in names if not any(title_score(one.name, "transactions", of) for of in ("product", "channel"))
    ]
    names = names if len(names) == 1 else []
    return sorted(mails or ids or phones or names, key=lambda one: -one.distinct)


def _called(store: Store, sheet: Sheet) -> frozenset[str]:
    """Titles of names, of which each code of a product has one and nearly each another, or which have a price each."""
    names = [one for one in sheet.columns if one.what == "text" and holds(one.name, "names")]
    codes = [one for one in sheet.columns if title_score(one.name, "transactions", "product") > DOUBTED]
    found = set()
    for name, code in product(names[:_FEW], codes[:_FEW]):
        if code is not name and 2 < name.distinct >= _MOSTLY * code.distinct and not code.is_unique:
            same = _constant(store, sheet, code, [name.sql])
            found |= {name.name} if max(same, default=0) >= _NEARLY else set()
    groups = [one for one in sheet.columns if one.what == "text" and 2 < one.distinct <= _PART * one.filled]
    for group in groups[:_MOST_COLUMNS] if not codes else ():
        numbers = [one for one in sheet.columns if one.what == "number" and not one.whole]
        prices = [one for one in numbers if 2 < one.distinct <= group.distinct]
        same = _constant(store, sheet, group, [one.sql for one in prices[:_FEW]]) if prices else ()
        found |= {group.name} if max(same, default=0) >= _NEARLY else set()
    return frozenset(found)


def _persons(store: Store, sheet: Sheet) -> frozenset[str]:
    """Titles of ids that come again, of which each has one name and each name one: that of a buyer, or called alike."""
    names = [one for one in sheet.columns if one.what == "text" and holds(one.name, "names") and one.distinct >= _FEW]
    names = [one for one in names if not holds(one.name, "staff") and one.name not in sheet.called]
    names = [one for one in names if not title_score(one.name, "transactions", "product")]
    ids = [one for one in sheet.columns if one.what == "text" or (one.what == "number" and one.whole)]
    ids = [one for one in ids if _rest(one, "id words") != plain_words(one.name) and not one.is_unique]
    alike, buyers = set[str](), set[str]()
    for name, one in product(names[:_FEW], ids[:_FEW]):
        same = min(name.distinct, one.distinct) >= _NEARLY * max(name.distinct, one.distinct)
        is_alike = _rest(one, "id words") == _rest(name, "names") != ()
        may_be = same and (is_alike or holds(name.name, "persons who buy"))
        if may_be and min(_constant(store, sheet, one, [name.sql]), default=0) >= _NEARLY:
            (alike if is_alike else buyers).add(one.name)
    return frozenset(alike or buyers)


def _rest(column: Column, *path: str) -> tuple[str, ...]:
    """The words of a title but those listed there."""
    return tuple(word for word in plain_words(column.name) if (word,) not in phrases(*path))


def _constant(store: Store, sheet: Sheet, key: Column, cells: Sequence[str]) -> Sequence[float]:
    """For each cell the share of the keys of several rows in which it is the same; nothing where no key comes again."""
    shares = ", ".join(f"avg(CAST(count(DISTINCT {cell}) <= 1 AS INT)) OVER ()" for cell in cells)
    rows = f"(FROM {sheet.part.sample} LIMIT {_MOST_ROWS}) WHERE {key.sql} IS NOT NULL GROUP BY {key.sql}"
    return next(iter(store.rows(f"SELECT {shares} FROM {rows} HAVING count(*) > 1 LIMIT 1")), ())


def _earlier(store: Store, sheet: Sheet, days: Mapping[str, str]) -> tuple[frozenset[tuple[str, str]], ...]:
    """Titles of two dates of which one is nearly never after the other (by days, where one has no time); of one day."""
    cells = ", ".join(f"epoch({one})" for one in days.values())
    rows = store.rows(f"SELECT {cells} FROM {sheet.part.sample} LIMIT {_MOST_ROWS}")
    instants = dict(zip(days, np.array(rows, dtype=float).T, strict=True))
    found, same = set(), set()
    for (name, x), (other, y) in permutations(instants.items(), 2):
        known = np.isfinite(x + y)
        if known.sum() >= _FEW and (x[known] // _DAY == y[known] // _DAY).mean() >= _NEARLY:
            same.add((name, other))
        gap = (y - x)[known]
        if any((one[known] % _DAY == 0).all() for one in (x, y)):
            gap = y[known] // _DAY - x[known] // _DAY
        if len(gap) >= _FEW and (gap >= 0).mean() >= _NEARLY and (gap > 0).mean() >= _PART:
            found.add((name, other))
    return frozenset(found), frozenset(same)


def _mixed(store: Store, sheet: Sheet, days: Mapping[str, str]) -> frozenset[str]:
    """Titles of ids, called like those of orders, that rows of several customers share, or of several days."""
    columns = [one for one in sheet.columns if one.what not in ("empty", "date")]
    persons = [one for one in columns if one.distinct >= _FEW and title_score(one.name, "transactions", "customer_id")]
    by_day = [f"CAST({one} AS DATE)" for one in days.values()]
    found = set()
    called = [one for one in columns if title_score(one.name, "transactions", "transaction_id") and not one.is_unique]
    for one in called[:_MOST_COLUMNS] if days or persons else ():
        cells = [[other.sql for other in persons[:_FEW] if other is not one], by_day]
        shares = _constant(store, sheet, one, [*chain(*cells)])
        whole = shares[: len(cells[0])], shares[len(cells[0]) :]
        found |= {one.name} if any(some and max(some) < _MOSTLY for some in whole) else set()
    return frozenset(found)


def _numbers(store: Store, sheet: Sheet) -> Mapping[str, Any]:
    """The numbers of the sample by title, of columns in which several differ."""
    numbers = [one for one in sheet.columns if one.what == "number" and not one.clock]
    numbers = [one for one in numbers if one.distinct >= _FEW or _is_charge(one)][:_MOST_COLUMNS]
    if len(numbers) < 2:
        return {}
    decimal = sheet.settings.get("decimal", ".")
    formats = Formats((), decimal, sheet.settings.get("thousands", ",."[decimal == ","]))
    cells = ", ".join(_number(one, formats) for one in numbers)
    rows = store.rows(f"SELECT {cells} FROM {sheet.part.sample} LIMIT {_MOST_ROWS}")
    return dict(zip([one.name for one in numbers], np.array(rows, dtype=float).T, strict=True))


def _is_charge(column: Column) -> bool:
    """Whether numbers are never above 0, as what a market place keeps: what is left is not what a buyer paid."""
    return column.what == "number" and column.low < 0 >= column.high and not holds(column.name, "deductions")


def _sums(x: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    """The titles of a sum and of its two or three parts, which hold in nearly all rows; none is mostly 0."""
    told = [name for name in x if (np.nan_to_num(x[name]) != 0).mean() >= _PART]
    some = [*combinations(told, 2), *(combinations(told, 3) if len(told) <= _FEW else ())]
    tried = ((total, *parts) for parts in some for total in told if total not in parts)
    return tuple(one for one in tried if _adds_up(*(x[name] for name in one)))


def _owed(x: Mapping[str, Any]) -> frozenset[str]:
    """The titles of numbers that are all of another or 0, such as what is paid or owed of an invoice."""
    found = set()
    for (name, part), (_, whole) in permutations(x.items(), 2):
        known = np.isfinite(part + whole)
        none, all_ = (np.abs(one[known]) < 0.011 for one in (part, part - whole))
        if known.sum() >= _FEW and (none | all_).mean() >= _NEARLY and _PART / 2 < none.mean() < 1 and all_.any():
            found |= {name} if (whole[known] != 0).mean() >= _NEARLY else set()
    return frozenset(found)


def _adds_up(total: Any, *parts: Any) -> bool:
    """Whether a sum holds to a hundredth in nearly all rows that have it and all its parts."""
    left = total - sum(parts)
    known = np.isfinite(left)
    return known.sum() >= _FEW and bool((np.abs(left[known]) < 0.011).mean() >= _NEARLY)


def _number(column: Column, formats: Formats) -> str:
    """SQL of the numbers of a column."""
    sign = currency_beside([(mark, 1) for mark in column.marks])
    own = replace(formats, currency=sign.value if sign else "")
    return f"CAST({canonical_value('number', column.sql, column.type, own)} AS DOUBLE)"


def nets(sheet: Sheet) -> list[str]:
    """The titles of amounts that make another together with a tax, and of those from which a discount is taken."""
    parts = [(total, one, {*all_} - {one}) for total, *all_ in sheet.sums for one in all_]
    taxed = [one for _, one, others in parts if all(holds(other, "taxes") for other in others)]
    return taxed + [total for total, _, others in parts if all(holds(other, "deductions") for other in others)]


def way_to_paid(sheet: Sheet, title: str) -> list[str]:
    """A title and those it leads to, the last of which was paid: parts lead to sums, sums to what a discount leaves."""
    leads: dict[str, str] = {}
    places = {column.name: place for place, column in enumerate(sheet.columns)}
    charges = {column.name for column in sheet.columns if _is_charge(column)}
    for total, *parts in sheet.sums:
        if sheet.owed & {*parts}:  # what is paid and what is left make the whole
            leads |= dict.fromkeys(parts, total)
            continue
        left = [one for one in parts if not holds(one, "deductions") and one not in charges]
        named = any(holds(one, "taxes") or holds(one, "never", "amount") for one in parts)
        if not named and places[total] < min(places[one] for one in parts):  # results stand behind what they come from
            left = [max(parts, key=places.__getitem__)]
        leads |= dict.fromkeys(parts, total) if len(left) != 1 else {total: left[0]}
    way = [title]
    while (title := leads.get(title, title)) not in way:
        way.append(title)
    return way


def likeness(sheet: Sheet, column: Column, table: str, target: str) -> float:
    """How well a column is called like a canonical one, or its values say it more than its title."""
    score, key = title_score(column.name, table, target), TABLES[table].key
    if column.clock and key not in ("", target) and title_score(column.name, table, key) > _TOLD:
        return 0.0  # numbers that may count days are those of orders
    if target == "customer_id":
        return _likeness_to_person(sheet, column, table, score)
    if target in (*TELLING, "product") and (_are(column, "ways to pay") or column.name in sheet.called):
        return float(target == "product" and column.name in sheet.called)
    if target in ("channel", "topic") and table in ("tickets", "feedback") and _are(column, "channels"):
        return _TOLD if target == "channel" else 0.0
    if target in ("ended_on", "closed_at") and column.name in sheet.tied:
        others = (title_score(column.name, table, one.name) for one in TABLES[table].columns if one.name != target)
        return max(score, DOUBTED * (max(others) <= GENERIC))
    if target == "product" and column.name.rstrip().endswith(("?", "؟")):  # a question names none
        return 0.0
    if target == "nps" and score and range_of(column.name) == (0, 10):
        return max(score, _SAID)
    if target == "price" and table == "memberships":
        return max(score, title_score(column.name, "transactions", "amount") - 0.2)
    return 0.0 if _is_doubted(sheet, column, target, score) else score


def _is_doubted(sheet: Sheet, column: Column, target: str, score: float) -> bool:
    """Whether values speak against what a title says."""
    rare = column.distinct > max(_MOST_EVENTS, column.filled / 2)  # a topic comes again
    if (target == "topic" and rare) or (target == "amount" and column.name in sheet.owed):
        return True
    if target in ("comment", "text"):  # words of a list are none that people write
        return score < _TOLD and all(len(value.split()) < 2 for value in column.values)
    return target == "transaction_id" and column.name in sheet.mixed and score < _TOLD


def _likeness_to_person(sheet: Sheet, column: Column, table: str, score: float) -> float:
    """How well a column is called like the id of a customer, whose own ids say it more than other titles do."""
    whose = holds(column.name, "persons who buy")
    if holds(column.name, "staff") and not whose:
        return 0.0
    if "contact" in id_doubt(column):
        return max(score, _TOLD if whose else 0.45 * _are_mails(column))
    if score < _TOLD and (column.name in sheet.persons or (table == "customers" and _is_own_id(column))):
        return _TOLD
    is_mark = column.what == "number" and column.high <= _HIGHEST and not column.is_unique
    return 0.0 if is_mark and score < _TOLD else score


def told_beside(sheet: Sheet, table: str, pair: Scored, pairs: Sequence[Scored]) -> float:
    """What the values of a column add to its title beside other columns that are called like it.

    An id of rows is in all of them and, where they are no lines, in none twice; what is needed has fewer blanks; of the
    instants of an order or a visit the first is meant, of those of an answer the last.
    """
    score, target, column = pair
    known, is_key = TABLES[table].column(target), target == TABLES[table].key
    doubt = id_doubt(column) if target == "customer_id" else ""
    vague = target in TELLING and (column.distinct < 2 or column.what == "number")
    told = -0.5 * (vague or "name" in doubt) - 0.2 * bool(doubt)
    told -= 0.1 * (target == "transaction_id" and column.name in sheet.mixed)
    told += 0.2 * (target in ("ended_on", "closed_at") and column.name in sheet.tied)
    if target in (*TELLING, "product") and is_listed(column.name, "loose"):  # beside "Help topic", "Department" is none
        told -= 0.5 * any(
            t == target and one is not column and holds(one.name, "own words", target) and other > _PART_OF
            for other, t, one in pairs
        )
    if target == "customer_id" and holds(column.name, "ids of things"):
        told -= 0.5 * any(
            t == target and holds(one.name, "persons who buy") for _, t, one in pairs if one is not column
        )
    told -= 0.1 * (
        target == "product" and bool({(word,) for word in plain_words(column.name)} & {*phrases("id words")})
    )
    told += 0.1 * (target == "csat" and holds(column.name, "overall")) - 0.1 * (target == "price" and column.is_unique)
    if is_key or (known and known.required):
        most = max((one.filled for other, t, one in pairs if t == target and other > GENERIC), default=0)
        told += 0.01 * (is_key and column.is_unique != (table == "transactions")) - 0.3 * (column.filled < _FULL * most)
    if target == "at" and table in ("transactions", "sessions", "surveys"):
        rivals = [one.name for other, t, one in pairs if t == target and other > max(score - 0.06, 0.3)]
        order = [((column.name, one) in sheet.earlier) - ((one, column.name) in sheet.earlier) for one in rivals]
        answered = max((one.filled for _, t, one in pairs if t in ANSWERS), default=0) if table == "surveys" else 0
        told -= 0.3 * (column.filled < _FULL * answered)  # it is of what came after the answer
        told += -0.07 * sum(order) if table == "surveys" else 0.07 * sum(order)
    return told


def tells_nothing(column: Column, target: str) -> bool:
    """Whether a column cannot say of what rows are: one number, and of products an amount, a list, or none twice."""
    one_number = column.what in ("number", "flag") and column.distinct == 1
    lists = sum(bool(_LIST.search(value)) for value in column.values) >= _MOSTLY * len(column.values)
    alone = column.is_unique and column.filled >= SEVERAL
    own = alone or (column.what == "number" and not column.whole)
    return one_number or (target == "product" and (lists or own)) or (target == "plan" and alone)


def is_id(column: Column) -> bool:
    """Whether a column is called an id of something, and each row has another one."""
    is_code = column.what == "text" or (column.what == "number" and column.whole)
    words = {(word,) for word in plain_words(column.name)} & {*phrases("id words")}
    return is_code and column.is_unique and column.filled >= SEVERAL and bool(words)


def _is_own_id(column: Column) -> bool:
    """Whether each row has an id of its own, which is not that of a thing, such as a subscription."""
    return is_id(column) and not holds(column.name, "ids of things")


def is_code(column: Column) -> bool:
    """Whether each row has a code of its own: one word with figures, and no way to reach somebody."""
    words = all(re.search(r"\d", one) and not re.search(r"[\s@]|^\+", one) for one in column.values)
    return column.what == "text" and column.is_unique and column.filled >= SEVERAL and words and not id_doubt(column)


def is_wordy(column: Column) -> bool:
    """Whether a column holds what people write: several words, no figures, and no names."""
    words = sum(len(value.split()) for value in column.values)
    plain = column.what == "text" and not any(re.search(r"\d", value) for value in column.values)
    return plain and words >= _WORDY * len(column.values) and not names_a_person(column.name)


def _are(column: Column, what: str) -> bool:
    """Whether nearly all values of a column are of such a kind, and there are several."""
    known = [plain_words(one) in phrases(what) for one in column.values]
    return column.what == "text" and len(known) > 1 and sum(known) >= _MOSTLY * len(known)


def _are_phones(column: Column) -> bool:
    """Whether all usual values of a column are numbers of telephones as they are written abroad, or in Saudi Arabia."""
    return column.what in ("text", "number") and all(_PHONE.fullmatch(value) for value in column.values)


def _are_mails(column: Column) -> bool:
    """Whether most values of a column are e-mail addresses."""
    return sum("@" in one for one in column.values) > len(column.values) / 2


def id_doubt(column: Column) -> str:
    """Why a column may not tell customers apart, though it looks like it."""
    if column.values and (holds(column.name, "contacts") or _are_mails(column) or _are_phones(column)):
        return "a contact, which one person may change and several share; an id of the customer is better"
    if holds(column.name, "state ids"):
        return "a number of the state's; an id that the company gave is better"
    if holds(column.name, "names"):
        return "a name, which several may share"
    if holds(column.name, "ids of things") and not holds(column.name, "persons who buy"):
        return "an id of a thing, of which one person may have several"
    is_named = column.what == "text" and (
        not any(re.search(r"[\d_]", one) for one in column.values)
        or all(_SEVERAL_WORDS.search(one) for one in column.values)
    )
    return "it looks like names, which several may share" if is_named and column.distinct > 2 else ""


def with_filled(store: Store, sheet: Sheet) -> Sheet:
    """The sheet as it is once blank cells are filled from above, where they stand for that; else the same."""
    if sheet.heads[0]:
        columns = [one for one in sheet.columns if one.name == sheet.heads[0]]
        why = f"cells such as {sheet.heads[1]} stand in rows of their own above those that they are of"
    else:
        columns = _first_alone(store, sheet)
        why = "blank below the first row of each group, in which the days go on and between which they go back"
    if not columns or _after_totals(store, sheet, columns):
        return sheet
    names, sample = [one.name for one in columns], f"{sheet.part.sample}_filled"
    rows = filling([(one.sql, one.type) for one in columns], sheet.part.sample)
    store.run(f"CREATE TABLE {sample} AS {rows}")
    guess = Guess("fill_down", names, False, why, ("leave it out, where a blank says that nobody is known",))
    settings = {**sheet.part.settings, "fill_down": names}
    part = replace(sheet.part, sample=sample, settings=settings, guesses=(*sheet.part.guesses, guess))
    return compared(store, describe(store, part))


def _first_alone(store: Store, sheet: Sheet) -> list[Column]:
    """The columns that only the first row of each group has; an id stands last, so that a new name has none from above.

    No value comes again, and days tell: within a group they go on, from one group to the next they go back.
    """
    dates = [one for one in sheet.columns if one.what == "date" and one.filled >= _NEARLY * sheet.part.rows]
    some = [one for one in sheet.columns if one.what == "text" or (one.what == "number" and one.whole)]
    some = [one for one in some if one.filled >= _GROUPS and one.distinct >= _NEARLY * one.filled]
    some = [one for one in some if one.filled <= _MOST_HEADED * sheet.part.rows]
    groups = [one for one in some if one.filled == max(other.filled for other in some)]
    if not dates or not groups:
        return []
    day = canonical_value("instant", dates[0].sql, dates[0].type, Formats(tuple(sheet.settings.get("dates", ()))))
    start = f"NOT {is_blank(groups[0].sql, groups[0].type)}"
    same = " AND ".join(f"({start}) = (NOT {is_blank(one.sql, one.type)})" for one in groups)
    shares = "avg(CAST(day >= before AS INT)) FILTER (NOT start), avg(CAST(day < before AS INT)) FILTER (start)"
    rows = f"SELECT row, {day} AS day, {start} AS start, {same} AS same FROM {sheet.part.sample}"
    lagged = f"SELECT *, lag(day) OVER (ORDER BY row) AS before FROM ({rows})"
    first = f"max_by(start, -row), avg(CAST(same AS INT)), {shares}"
    begins, alike, within, between = store.rows(f"SELECT {first} FROM ({lagged})")[0]
    told = begins and alike == 1 and (within or 0) >= _NEARLY and (between or 0) >= _BACK
    return sorted(groups, key=_is_id) if told else []


def _is_id(column: Column) -> bool:
    return any((word,) in phrases("id words") for word in plain_words(column.name))


def _after_totals(store: Store, sheet: Sheet, columns: Sequence[Column]) -> bool:
    """Whether rows would be filled from one that adds up those above it."""
    last = columns[-1]
    cell = f"CASE WHEN NOT {is_blank(last.sql, last.type)} THEN {as_text(last.sql, last.type)} END"
    before = f"SELECT lag({cell}) OVER (ORDER BY row) AS v, {cell} IS NULL AS below FROM {sheet.part.sample}"
    above = store.rows(f"SELECT DISTINCT v FROM ({before}) WHERE below AND v IS NOT NULL")
    return any(holds(" ".join(plain_words(v)[:2]), "totals") for (v,) in above)
