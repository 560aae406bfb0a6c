"""Which canonical table a part is, and which of its columns is which: titles propose, values decide.

A column is taken only where its values are of the kind that the canonical column asks for.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cxlib.data.casts import FOREIGN, WESTERN, quote
from cxlib.data.guessing import evidence
from cxlib.data.guessing.columns import Column, Sheet, currency_beside
from cxlib.data.guessing.evidence import SEVERAL, TELLING, id_doubt
from cxlib.data.guessing.parts import Guess
from cxlib.data.guessing.titles import (
    ANSWERS,
    DOUBTED,
    GENERIC,
    holds,
    is_listed,
    is_word,
    listed,
    phrases,
    plain_words,
    range_of,
    title_score,
)
from cxlib.data.tables import GUESSED, TABLES, TableColumn
from cxlib.masking import mask_contacts

_WEAK = ("customer_id", "currency", "channel", "language", "product", "kind", "plan", "price", "weight", "comment")
_CODES, _DIGITS = (-99, -9, -1, 9, 66, 77, 88, 97, 98, 99, 999), str.maketrans(FOREIGN[:20], WESTERN[:20])
_HIGHEST, _MOST_ANSWERS, _SHORT_SCALE, _LONGEST_NAME = 10, 12, 7, 40  # of a scale of answers, and of its name
_NEVER = re.compile(r"(?<!\d)(9999|2999|2[1-9]00|2099)(?!\d)|^(9999|2999|2099)\d{4}$")  # years of ends that are none
NOTHING = "nothing"  # what a part may be besides a table
_BY_VALUES = 0.3  # score of a column that no title tells
_ENDED = 0.95  # share of starts with an end, from which on none goes on
_ONCE = 0.7  # share of rows with a customer of their own
_MOST_DIGITS, _FEW_MORE, _FEW_IDS, _MOSTLY_OWN, _MOST_LINES = 17, 0.02, 3, 0.8, 0.05
_CREDIT = re.compile(r"(?i)\s*[\d., ]*\d[\d., ]*[cd]r\.?\s*")
_NUMBERED = re.compile(r"\s*(\d\d?)\s*(?:[-–—:.)=]\s*(\D.*))?", re.DOTALL)


@dataclass(frozen=True)
class Match:
    """What a canonical column is mapped to: a column, or an expression of some, and what that rests on."""

    columns: tuple[Column, ...]
    expression: str
    score: float
    sure: bool
    evidence: str
    others: tuple[str, ...] = ()

    @property
    def column(self) -> Column:
        """The (first) column."""
        return self.columns[0]


@dataclass(frozen=True)
class Role:
    """A part read as a canonical table: what is mapped, further settings, columns left out with the reason.

    `rivals` are the tables that it may be as well; `recipe` names the known export that it is. `overlaps` are rows of
    the sample with a membership that begins while the customer still has another.
    """

    table: str
    sheet: Sheet
    score: float
    matches: Mapping[str, Match]
    guesses: tuple[Guess, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    rivals: tuple[str, ...] = ()
    recipe: str = ""
    overlaps: int = 0


def fits(column: Column, target: TableColumn) -> bool:
    """Whether the values of a column are of the kind that a canonical one asks for."""
    is_number = column.what == "number" or (column.what == "flag" and column.whole)
    if column.what == "empty" or (target.kind == "id" and _comes_again(column, target.name)):
        return False
    if target.kind in ("date", "instant"):
        return column.what == "date" or bool(column.clock)
    if target.name in (*TELLING, "product") and evidence.tells_nothing(column, target.name):
        return False
    if target.name == "nps" and is_listed(column.name, "generic") and 0 < column.high <= 5:
        return False  # "Rating" from 1 to 5 is no answer from 0 to 10
    if target.name in ("csat", "ces", "rating", "touchpoint", "topic", "channel", "plan", "kind") and (
        scale_of(column) or (is_number and range_of(column.name)[1])
    ):
        return target.name in ("csat", "ces", "rating")
    if target.name == "nps":
        if "10" in (levels := scale_of(column).values()):
            return len(levels) == column.distinct
        return bool(scale(column)[1]) or (is_number and column.whole and column.low >= 0 and column.high <= _HIGHEST)
    if target.kind in ("money", "number", "integer"):
        is_answer = target.name in ANSWERS
        return is_number and (not is_answer or bool(scale(column)[1]) or 0 <= column.low <= column.high <= 100)
    if target.kind in ("boolean", "currency"):
        return column.what == ("flag" if target.kind == "boolean" else "currency")
    is_prose = target.name in ("text", "comment")
    is_code = column.whole or column.what != "number" or (len({*map(len, column.values)}) == 1 and column.low < 10)
    is_so = column.what == "text" if is_prose else column.what != "date"
    return is_so and (target.kind != "id" or is_code)  # 1.10000234 is an account


def _comes_again(column: Column, target: str) -> bool:
    """Whether too many rows share an id: of customers there are some, and the ids of rows nearly all differ."""
    if column.filled < SEVERAL:
        return False
    least = {"customer_id": 0.0, "product_id": 0.0, "transaction_id": _MOST_LINES}.get(target, _MOSTLY_OWN)
    return column.distinct < max(_FEW_IDS, least * column.filled)


def roles_of(sheet: Sheet) -> list[Role]:
    """The tables that a part can be, the likeliest first."""
    found = filter(None, (_role(sheet, table) for table in GUESSED))
    roles = sorted(found, key=lambda role: -role.score - 1.5 * (_is_named(role) + _ends(role)))
    roles = [one for one in roles if _is_told(one)] or [one for one in roles if one.table == "transactions"]
    if len(roles) > 1 and not any(holds(name, "files", "transactions") for name in _names(sheet)):
        roles = [role for role in roles if role.table != "transactions" or "amount" in role.matches]
    return [replace(one, rivals=_rivals(one, [other for other in roles if other is not one])) for one in roles]


def _ends(role: Role) -> bool:
    """Whether rows are memberships of which some have ended and some go on, as a status says."""
    if not {"started_on", "ended_on"} <= set(role.matches):
        return False
    start, end = (role.matches[name].column for name in ("started_on", "ended_on"))
    return end.name in role.sheet.tied and end.filled < _ENDED * start.filled


def _is_told(role: Role) -> bool:
    """Whether titles tell all that a table needs, or what its rows are; values alone may tell sales."""
    by_title = {name for name, match in role.matches.items() if match.score > _BY_VALUES}
    needed = {one.name for one in TABLES[role.table].columns if one.needed}
    needed -= {"customer_id"} if role.table != "customers" else set()
    if role.table == "transactions" and "amount" in role.matches and role.matches["amount"].score > DOUBTED:
        needed -= {"at"}
    hint = any(holds(name, "files", role.table) for name in _names(role.sheet))
    return hint or (needed <= by_title and bool(needed or by_title - {*_WEAK}))


def _rivals(role: Role, others: Sequence[Role]) -> tuple[str, ...]:
    """The tables that a part may be as well; those that fit at all, or none, where no word says what its rows are."""
    called = [one for one in (role, *others) if any(holds(name, "files", one.table) for name in _names(role.sheet))]
    near = [one.table for one in others if _is_rival(role, one) or (one in called and role not in called)]
    near += ["feedback"] * _is_one_mark(role)
    if near or (_is_named(role) and not _is_foreign(role.sheet, role.table)):
        return tuple(near)
    return (*(one.table for one in others[:2]), NOTHING)


def _is_one_mark(role: Role) -> bool:
    """Whether a survey is one "Rating" with words beside it, as reviews are."""
    marks = [name for name in role.matches if name in ANSWERS or name.startswith("rating_")]
    generic = [name for name in marks if is_listed(role.matches[name].column.name, "generic")]
    return role.table == "surveys" and len(marks) == len(generic) == 1 and "comment" in role.matches


def _is_rival(role: Role, other: Role) -> bool:
    """Whether a part may be the other table as well: a ticket holds an answer, an invoice is of a period."""
    both = {one.table: one for one in (role, other)}
    if set(both) == {"tickets", "surveys"}:
        return "closed_at" in both["tickets"].matches or _is_named(both["tickets"])
    if set(both) == {"transactions", "memberships"}:
        return {"started_on", "ended_on"} <= set(both["memberships"].matches)
    return other.score > role.score - 1


def _names(sheet: Sheet) -> tuple[str, str]:
    """What a part is called."""
    return sheet.part.title, re.sub(r"[\d_-]+", " ", sheet.part.path.stem)


def _is_named(role: Role) -> bool:
    """Whether the name of a part, or titles of its main columns, say what one of its rows is."""
    strong = {name: one.column.name for name, one in role.matches.items() if one.score > 0.6}
    titles = [title for name, title in strong.items() if name not in _WEAK]
    if any(holds(name, "files", role.table) for name in (*_names(role.sheet), *titles)):
        return True
    if role.table == "customers":
        return len([one for one in role.sheet.columns if _is_about(one.name)]) > 1
    if role.table == "memberships":
        again = role.matches["customer_id"].column.distinct < _ONCE * role.sheet.part.rows
        return not again and {"started_on", "ended_on"} <= set(strong) and bool({"plan", "price"} & set(strong))
    if role.table == "surveys":
        return len([name for name in role.matches if name in ANSWERS or name.startswith("rating_")]) > 1
    return role.table == "sessions" and len(set(strong) - {"customer_id", "at", *_WEAK}) > 1


def _is_about(title: str) -> bool:
    """Whether a title says what a customer is like, such as "City", or "مدينة العميل"."""
    whose = [one for (one, *more) in phrases("persons who buy") if not more]
    rest = [word for word in plain_words(title) if not any(is_word(word, one) for one in whose)]
    told = rest and not any(holds(" ".join(rest), one) for one in ("names", "contacts"))
    return is_listed(title, "customers", "about") or bool(told and is_listed(" ".join(rest), "customers", "about"))


def _is_foreign(sheet: Sheet, table: str) -> bool:
    """Whether words stand in a part that do not belong to such a table."""
    titles = [one.name for one in sheet.columns if one.name not in sheet.owed]  # what is owed of an invoice is its own
    return any(holds(name, "foreign", table) for name in (*_names(sheet), *titles))


def _role(sheet: Sheet, table: str) -> Role | None:
    """A part as that table; None where it cannot be, or nothing tells it."""
    matches = _by_title(sheet, table)
    hint = any(holds(name, "files", table) for name in _names(sheet))
    if sheet.part.settings.get("header") is False and table == "transactions":
        hint, matches = True, _by_kind(sheet)
    if table == "transactions":
        matches = _paid(sheet, matches)
    matches |= _by_elimination(sheet, table, matches)
    if table == "transactions":
        matches = _as_refunds(sheet, matches)
    if any(column.needed and column.name not in matches for column in TABLES[table].columns):
        return None
    spell = [matches[name].column.name for name in ("started_on", "ended_on") if name in matches]
    if (*spell,) in sheet.same_day:  # of a call or a visit
        return None
    if table == "transactions" and "amount" not in matches and not _tells_bare_sales(sheet):
        return None
    return _scored(sheet, table, matches, hint=hint)


def _tells_bare_sales(sheet: Sheet) -> bool:
    """Whether words say that rows are sales, though no column is called or looks like an amount."""
    titles = [one.name for one in sheet.columns if one.what != "empty"]
    told = any(holds(name, "files", "transactions") for name in (*_names(sheet), *titles))
    money = any(title_score(title, "transactions", "amount") > DOUBTED for title in titles)
    return told and not money and not _is_foreign(sheet, "transactions")


def refusal(sheet: Sheet) -> str:
    """Why a part is no table of customers: what the likeliest one lacks, and what is wrong with columns called so."""
    lacking = []
    for table in GUESSED:
        matches = _by_title(sheet, table)
        hint = any(holds(name, "files", table) for name in (*_names(sheet), *(one.name for one in sheet.columns)))
        missing = [one for one in TABLES[table].columns if one.required and one.name not in matches]
        if missing and sum(one.score > 0.8 for one in matches.values()) + hint > 1:
            why = [f"{one.name} ({_trouble(sheet, table, one)})" for one in missing]
            lacking.append((-len(matches) - hint, f"; as {table} it lacks {', '.join(why)}"))
    return min(lacking)[1] if lacking else ""


def _trouble(sheet: Sheet, table: str, target: TableColumn) -> str:
    """What is wrong with the column that is called like a canonical one."""
    days = target.kind in ("date", "instant")
    columns = [one for one in sheet.columns if one.what != "empty" and (days or one.what != "date")]
    column = max(columns, key=lambda one: title_score(one.name, table, target.name), default=None)
    if column is None or not title_score(column.name, table, target.name):
        titles = phrases("customer_id") if target.name == "customer_id" else phrases(table, target.name)
        title = " ".join((*titles, plain_words(target.name))[0])
        if sheet.heads[0] and target.name == "customer_id":
            above = f"rows of {sheet.heads[0]} such as {mask_contacts(sheet.heads[1])[:40]} stand above those of each"
            return f"{above}; export it with a column {title}, or write it into each row"
        visits = "; visits without amounts are sessions: name the file visits" * (target.name == "amount")
        return f"no column is called so; give one a title such as {title}{visits}"
    text = next((one for one in column.values if re.search(r"\d", one)), "")
    first = f"such as {mask_contacts(text)[:40]}" if text else "none with a digit"
    if target.kind not in ("money", "number", "integer"):
        remedy = ": write them like 2026-01-31" if days else ""
        return f"the values of {column.name} are no {target.kind}s, {first}{remedy}"
    if any(mark.strip() in ("%", "٪") for mark in column.marks):
        return f"{column.name} holds per cent, {first}: an amount is needed"
    if len(signs := [mark for mark in column.marks if mark and currency_beside([(mark, 1)])]) > 1:
        several = f"{column.name} has several currencies in one column ({', '.join(signs)})"
        return f"{several}: put the currency in a column of its own"
    if any(len(re.sub(r"\D", "", one)) > _MOST_DIGITS or re.search(r"\de\+?\d", one) for one in column.values):
        return f"{column.name} has numbers beyond all amounts, {first}: correct or remove them"
    return f"the values of {column.name} are no numbers, {first}: leave digits and one currency in it"


def _by_title(sheet: Sheet, table: str) -> dict[str, Match]:
    """The columns whose titles name a canonical one, and whose values are of its kind; the best titles first."""
    pairs = [
        (evidence.likeness(sheet, one, table, target.name), target.name, one)
        for target in TABLES[table].columns
        for one in sheet.columns
        if fits(one, target) or (target.name == "session_id" and one.name == sheet.opening[0])
    ]
    pairs = [pair for pair in pairs if pair[0]]
    matches: dict[str, Match] = {}
    for score, target, column in sorted(
        pairs, key=lambda pair: -pair[0] - evidence.told_beside(sheet, table, pair, pairs)
    ):
        if target not in matches and column not in [match.column for match in matches.values()]:
            others = [
                one for other, t, one in pairs if t == target and one is not column and other > max(score - 0.06, 0.3)
            ]
            if target == "ended_on" and holds(column.name, "notice"):  # a member until the last day, where that is told
                last = [one for one in others if abs(one.filled - column.filled) <= _FEW_MORE * column.filled]
                others, column = ([column], last[0]) if last else (others, column)
            sums = [
                one for other, t, one in pairs if t == target == "amount" and other > 0.3 and holds(one.name, "sums")
            ]
            others += [one for one in sums if one is not column]
            rivals = tuple(dict.fromkeys(one.name for one in others))
            doubt = id_doubt(column) if target == "customer_id" else ""
            same = column.distinct == 1 and column.filled >= SEVERAL and target in TELLING
            own = target not in listed()["own words"] or holds(column.name, "own words", target)
            mixed = target == "transaction_id" and column.name in sheet.mixed
            sure = score > 0.8 and own and not (is_listed(column.name, "loose") or doubt or rivals or same or mixed)
            why = doubt or ("title and values" if score > 0.8 else "part of its title, and its values")
            text, without = _expression(column, target)
            if text:
                matches[target] = Match((column,), text, score, sure and not without, why + without, rivals[:3])
    return matches


def _paid(sheet: Sheet, matches: dict[str, Match]) -> dict[str, Match]:
    """The amount by what adds up: of a net amount beside its tax the total, without asking which of them is meant."""
    before, nets = matches.get("amount"), evidence.nets(sheet)
    start = before.column.name if before else next(iter(nets), "")
    way = evidence.way_to_paid(sheet, start)
    if not any(way[-1] in one for one in sheet.sums) or (before and before.expression != before.column.name):
        return matches
    column = next(one for one in sheet.columns if one.name == way[-1])
    known = before.score > 0.8 if before and len(way) == 1 else way[-2:-1] != [] and way[-2] in nets
    others = [one for one in before.others if evidence.way_to_paid(sheet, one)[-1] != column.name] if before else []
    why = "title and values, and it adds up with others" if len(way) == 1 else f"it adds up with {way[-2]}"
    sure = known and not others and holds(column.name, "sums")
    return {**matches, "amount": Match((column,), column.name, 0.9, sure, why, tuple(others))}


def _scored(sheet: Sheet, table: str, matches: dict[str, Match], *, hint: bool) -> Role | None:
    """The role with how much speaks for it; None where nothing tells it."""
    score = sum(match.score * (0.5 if name in _WEAK else 1.5) for name, match in matches.items()) + 2 * hint
    bare = {"memberships": {"ended_on", "plan"}, "transactions": {"amount"}}.get(table, set(matches))
    if "price" in matches and holds(matches["price"].column.name, "files", table):  # "subscription amount"
        bare |= {"price"}
    score -= 2 * (_is_foreign(sheet, table) + (not bare & set(matches)))
    plain = {name for name, one in matches.items() if one.score != GENERIC}
    plain -= {"joined_on"} if "joined_on" in matches and matches["joined_on"].score <= _BY_VALUES else set()
    telling = len(plain - {"customer_id", "opened_at", "at", "sent_at", *_WEAK})
    if table == "customers":
        about = sum(_is_about(one.name) for one in sheet.columns)
        score, telling = score + 0.7 * about, (about + telling) * matches["customer_id"].column.is_unique
    if table == "surveys":
        telling = telling or hint
        matches |= _ratings(sheet, matches) if telling else {}
        rated = [name for name in matches if name.startswith("rating_")]
        if len(rated) == 1 and not ANSWERS & set(matches):
            matches["csat"] = replace(matches.pop(rated[0]), sure=False, evidence="the only answer on a scale")
        whole = [name for name in matches if name.startswith("rating_") and holds(matches[name].column.name, "overall")]
        if len(whole) == 1 and "csat" not in matches:
            matches["csat"] = replace(matches.pop(whole[0]), sure=False, evidence="an answer about everything")
        answers = len(ANSWERS & set(matches)) + sum(name.startswith("rating_") for name in matches)
        score, telling = score + 0.5 * answers, telling * answers
    role = Role(table, sheet, score, matches)
    is_other = _is_foreign(sheet, table) and not {"started_on", "ended_on"} <= set(matches)
    is_told = table not in ("sessions", "messages", "feedback") and not is_other
    if (is_other and table == "sessions") or not (is_told or _is_named(role)):
        return None
    return role if telling or (hint and table not in ("surveys", "customers")) else None


def _by_elimination(sheet: Sheet, table: str, matches: Mapping[str, Match]) -> dict[str, Match]:
    """The date and the amount whatever they are called, where only one column can be it; price times quantity."""
    extra = _by_values(sheet, table, matches)
    needed = [one.name for one in TABLES[table].columns if one.required and one.kind in ("date", "instant", "money")]
    used = [match.column for match in (*matches.values(), *extra.values())]
    for target in TABLES[table].columns:
        pair = _pair(sheet, table, "quantity", "unit_price") if target.name == "amount" else ()
        if pair and ("amount" not in matches or matches["amount"].column in pair):
            why, of_line = "titles and values; no column holds totals", holds(pair[1].name, "price of a line")
            rival = (f"{quoted(pair[1])}, where it is for the whole quantity",) if of_line else ()
            extra["amount"] = Match(pair, " * ".join(map(quoted, pair)), 0.8, not of_line, why, rival)
        if target.name == "amount" and (pair := _pair(sheet, table, "credit", "debit")) and "amount" not in matches:
            credit, debit = (f"coalesce({quoted(one)} * 1, 0)" for one in pair)
            why, other = "credits are sales, debits are refunds", f"abs({debit}) - {credit}, where debits are sales"
            extra["amount"] = Match(pair, f"{credit} - abs({debit})", 0.8, False, why, (other,))
        elif target.name == "amount" and "amount" not in matches and (signed := _credits(sheet)):
            extra["amount"] = signed
        elif target.name in (*needed, TABLES[table].dated_by, "joined_on") and target.name not in {*matches, *extra}:
            left = [one for one in sheet.columns if one not in used and not holds(one.name, "never", target.name)]
            left = [one for one in left if target.kind == "money" or not holds(one.name, "never", "at")]
            if target.kind == "money":
                left = [one for one in left if one.what == "number" and not one.whole and one.name not in sheet.owed]
                sums = {name for names in sheet.sums for name in names}  # results stand behind what they are made of
                best = [one for one in left if one.name in sums][-1:]
            else:
                dated = [one for one in left if one.what == "date"]
                left = dated or [one for one in left if one.clock in ("seconds", "ms", "us")]
                best = evidence.outermost(sheet, left, last=table == "surveys")
                is_sale = table == "transactions" and {"transaction_id", "amount"} <= set(matches)
                best = best or (left if is_sale else [])
            if best := left if len(left) == 1 else best:
                why = f"the {'only column' if len(left) == 1 else 'likeliest of the columns'} that can be it"
                others = tuple(one.name for one in left if one is not best[0])[:3]
                extra[target.name] = Match((best[0],), best[0].name, 0.3, False, why, others)
    return extra


def _by_values(sheet: Sheet, table: str, matches: Mapping[str, Match]) -> dict[str, Match]:
    """The id of rows, what people write, and the day of the end, where values tell more than titles."""
    key, used = TABLES[table].key, [match.column for match in matches.values()]
    free = [one for one in sheet.columns if one not in used]
    some = {name: [one for one in free if evidence.is_wordy(one)] for name in ("comment", "text")}
    above = [one for one in free if one.name in sheet.settings.get("fill_down", ()) and one.distinct >= SEVERAL]
    some |= {
        "customer_id": evidence.persons(free) or above[-1:],
        "currency": [one for one in free if one.what == "currency"],
    }
    some[key] = [one for one in free if evidence.is_id(one)] or [one for one in free if evidence.is_code(one)]
    if opened := matches.get("opened_at"):
        later = [one for one in free if (opened.column.name, one.name) in sheet.earlier]
        later = [one for one in later if one.filled < 0.9 * opened.column.filled]
        some["closed_at"] = [one for one in later if not holds(one.name, "never", "closed_at")]
    names = [one.name for one in TABLES[table].columns if one.name in some and one.name not in matches]
    why = "its values: no title tells"
    return {
        name: Match((some[name][0],), some[name][0].name, 0.3, False, why, tuple(one.name for one in some[name][1:4]))
        for name in names
        if len(some[name]) == 1 or (some[name] and name in (key, "customer_id"))
    }


def _credits(sheet: Sheet) -> Match | None:
    """Amounts with CR or DR behind them, whose sign is a matter of whose books they are."""
    for one in sheet.columns:
        if one.what == "text" and all(_CREDIT.fullmatch(value.translate(_DIGITS)) for value in one.values):
            text = f"regexp_replace({quoted(one)}, '(?i)\\s*[cd]r\\.?\\s*$', '')"
            sign = f"case when regexp_matches({quoted(one)}, '(?i)dr\\.?\\s*$') then '-' else '' end"
            why, other = "CR are sales, DR are refunds", "-1 times that, where DR are sales"
            return Match((one,), f"concat({sign}, {text})", 0.8, False, why, (other,))
    return None


def _as_refunds(sheet: Sheet, matches: Mapping[str, Match]) -> dict[str, Match]:
    """Where rows are refunds, what they count: amounts against sales, under ids of their own."""
    own = [one for one in sheet.columns if holds(one.name, "refunds")]
    paid = [one for one in own if one.what == "number" and not one.is_unique] or [one for one in own if not one.whole]
    paid = [one for one in paid if one.what == "number"] or [m.column for n, m in matches.items() if n == "amount"]
    is_own = any(holds(name, "refunds") for name in _names(sheet))
    if not paid or not (is_own or ("amount" not in matches and paid[0] in own)):
        return dict(matches)
    why = "these are refunds: they count against sales"
    refunds = {name: one for name, one in matches.items() if name not in ("transaction_id", "amount")}
    if key := next((one for one in own if one.is_unique and one.what != "date" and one not in paid), None):
        refunds["transaction_id"] = Match((key,), key.name, 0.8, True, "title and values")
    others = (f"{quoted(paid[0])}, where they are sales",)
    return {**refunds, "amount": Match((paid[0],), f"-abs({quoted(paid[0])} * 1)", 0.8, False, why, others)}


def _pair(sheet: Sheet, table: str, *targets: str) -> tuple[Column, ...]:
    """Two columns of numbers that make an amount, such as quantities and prices of one, where there are both."""
    numbers = [one for one in sheet.columns if one.what == "number"]
    best = [
        max(((title_score(one.name, table, name), n) for n, one in enumerate(numbers)), default=(0.0, 0))
        for name in targets
    ]
    pair = tuple(numbers[n] for _, n in best) if min(best)[0] > 0.5 and best[0][1] != best[1][1] else ()
    return pair if not any(holds(one.name, "totals") for one in pair) else ()


def _by_kind(sheet: Sheet) -> dict[str, Match]:
    """Purchases in a file without titles: its one date, the amounts with decimals, the ids that come back."""
    ids = [one for one in sheet.columns if one.what == "text" or (one.what == "number" and one.whole)]
    ids = sorted((one for one in ids if not one.is_unique), key=lambda one: -one.distinct)
    amounts = [one for one in sheet.columns if one.what == "number" and not one.whole]
    kinds = {"at": [one for one in sheet.columns if one.what == "date"], "amount": amounts, "customer_id": ids}
    why = "its values alone: there are no titles"
    return {name: Match((some[0],), some[0].name, 0.3, False, why) for name, some in kinds.items() if some}


def scale(column: Column) -> tuple[list[int], list[int]]:
    """The whole numbers of few answers, and codes apart from the scale: they are no answers, like 0 before 1 to 5."""
    if column.what != "number" or not column.whole or column.distinct > _MOST_ANSWERS or column.is_unique:
        return [], []
    texts = {value.translate(_DIGITS).strip() for value in column.values}
    numbers = sorted({int(float(text)) for text in texts if re.fullmatch(r"-?\d+(\.0*)?", text)})
    codes = [code for code in _CODES if code in numbers and not {*range(code - 3, code + 3)} & {*numbers} - {code}]
    answers = [number for number in numbers if number not in codes]
    if answers[:1] == [0] and 3 <= answers[-1] <= _SHORT_SCALE:
        codes, answers = [0, *codes], answers[1:]
    return (answers, codes) if len(answers) > 1 and answers[0] >= 0 and answers[-1] <= _HIGHEST else ([], [])


def _expression(column: Column, target: str) -> tuple[str, str]:
    """The expression of a column as that target, without what is no end, such as 31.12.9999, and what is said of it."""
    if target in ANSWERS or (target == "rating" and scale_of(column)):
        return _answer(column)
    if target != "ended_on":
        return _inner(column, target), ""
    return _without(column, [one for one in column.values if _NEVER.search(one.translate(_DIGITS))], "end")


def _answer(column: Column) -> tuple[str, str]:
    """The expression of an answer without the codes that are none, and what is said of them."""
    if levels := scale_of(column):
        cases = " ".join(f"when {quote(one)} then {quote(n) if n else 'null'}" for one, n in levels.items())
        return f"case {quoted(column)} {cases} else {quoted(column)} end", "; words stand for numbers, 1 is the worst"
    return _without(column, scale(column)[1], "answer")


def _without(column: Column, values: Sequence[object], what: str) -> tuple[str, str]:
    """The expression of a column without these values, and what is said of them."""
    text = column.name
    for one in values:
        text = f"nullif({quoted(column) if text == column.name else text}, {quote(str(one))})"
    return text, "".join(f"; {one} is taken for no {what}" for one in values)


def scale_of(column: Column) -> dict[str, str]:
    """The numbers that answers in words stand for, the worst first, "" for none; nothing where they are no scale."""
    if column.what != "text" or column.distinct > len(column.values) or column.name.endswith("_label"):
        return {}
    numbered = {value: one for value in column.values if (one := _NUMBERED.fullmatch(value.translate(_DIGITS)))}
    if len({one[1] for one in numbered.values()}) == column.distinct > 1 and _are_steps(numbered.values()):
        return {value: str(int(one[1])) for value, one in numbered.items() if int(one[1]) <= _HIGHEST}
    words = {value: plain_words(value) for value in column.values}
    answers = {value: one for value, one in words.items() if one not in phrases("no answer")}
    for scale in listed()["scales"]:
        places = {plain_words(one): n for n, names in enumerate(scale, 1) for one in names}
        found = {value: places.get(one, 0) for value, one in answers.items()}
        if all(found.values()) and 1 < len({*found.values()}) == len({*answers.values()}):
            return {value: str(found.get(value, "")) for value in sorted(words, key=lambda one: found.get(one, 99))}
    return {}


def _are_steps(answers: Collection[re.Match[str]]) -> bool:
    """Whether numbers with words are those of a scale, and not of shops: words of one, or words at the ends alone."""
    words = [plain_words(one[2]) for one in answers if one[2]]
    known = {plain_words(name) for scale in listed()["scales"] for names in scale for name in names}
    return any(one in known for one in words) or 0 < len(words) < len(answers) / 2


def _ratings(sheet: Sheet, matches: Mapping[str, Match]) -> dict[str, Match]:
    """Answers on scales that are no known question; a code that stands apart from a scale is no answer."""
    used, ratings = [match.column for match in matches.values()], dict(matches)
    scales = {one.name: one for one in sheet.columns if one not in used and (scale(one)[0] or scale_of(one))}
    for (title, one), name in zip(scales.items(), _short_names(list(scales)), strict=True):
        answers, _ = scale(one)
        kind = "expect" if holds(title, "expect") else "rating"
        name, number = f"{kind}_{name.removeprefix(f'{kind}_')}", 2
        while name in ratings:
            name, number = f"{name.removesuffix(f'_{number - 1}')}_{number}", number + 1
        if re.fullmatch(r"\w+", name):
            text, without = _answer(one)
            why = f"whole numbers from {answers[0]} to {answers[-1]}, as answers have them" if answers else "a scale"
            why, sure = why + without, not without and (holds(title, "rating") or holds(title, "expect"))
            ratings[name] = Match((one,), text, 0.3, sure, why, () if sure else ("no rating",))
    return ratings


def _short_names(titles: Sequence[str]) -> list[str]:
    """Names of a few words for questions: without what they share, what stands in brackets, and small words."""
    plain = [plain_words(re.sub(r"\(.*?\)", " ", title)) or plain_words(title) for title in titles]
    shared = next((n for n, words in enumerate(zip(*plain, strict=False)) if len({*words}) > 1), 0)
    shared = shared if len(titles) > 1 else 0
    names = []
    for words in plain:
        telling = [word for word in words[shared:] if (word,) not in phrases("small words")] or list(words[shared:])
        while len("_".join(telling)) > _LONGEST_NAME and len(telling) > 1:
            telling = telling[:-1]
        names.append("_".join(telling or words)[:_LONGEST_NAME])
    return names


def _inner(column: Column, target: str) -> str:
    """The column; of JSON objects in it, their id."""
    if not column.values[0].startswith("{"):
        return column.name
    key = re.search(r'"(id|email|phone)":', column.values[0])
    return f"json_extract_string({quoted(column)}, '$.{key[1]}')" if key and target == "customer_id" else ""


def quoted(column: Column) -> str:
    """A column within an expression."""
    return column.name if re.fullmatch(r"[A-Za-z]\w*", column.name) else '"' + column.name.replace('"', '""') + '"'
