"""A company's files as a workspace: each part gets its table, tables their joins, the whole its currency and zone."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import available_timezones

from cxlib.data.casts import HIJRI_DAYS, SIGNS, Formats, as_text, canonical_value, hijri_days, is_blank, quote
from cxlib.data.connect import Store
from cxlib.data.guessing.columns import (
    FOUR_DIGITS,
    Column,
    Sheet,
    currency_beside,
    describe,
    is_month_first,
    mark_of,
    twin,
    with_dates,
)
from cxlib.data.guessing.evidence import SEVERAL, compared, with_filled
from cxlib.data.guessing.joins import id_of, join, overlaps
from cxlib.data.guessing.meant import EVERY_ROW, MOST_STATUSES, only_meant, text_of
from cxlib.data.guessing.parts import Guess, find_parts
from cxlib.data.guessing.tables import NOTHING, Match, Role, quoted, refusal, roles_of
from cxlib.data.guessing.titles import currency_word, holds, listed, phrases, plain_words
from cxlib.data.mapping import resolve
from cxlib.data.recipes import matching_recipe
from cxlib.data.tables import TABLES
from cxlib.errors import DataError
from cxlib.language import is_currency
from cxlib.masking import names_a_person
from cxlib.strict_yaml import yaml_scalar

_MOST_GROUPS, _FEW, _FULL, _FEW_WORDS = 60, 0.2, 0.9, 4  # of an attribute; more, in more rows, set nobody apart
Ask = Callable[[str, str, Sequence[str]], str]
_CLOCKS = {
    "seconds": "to_timestamp(cast({} as bigint))",
    "ms": "epoch_ms(cast({} as bigint))",
    "us": "epoch_ms(cast({} as bigint) // 1000)",
    "days": "date '1899-12-30' + cast({} as integer)",
}


@dataclass(frozen=True)
class Draft:
    """What `sources.yaml` is to say: currency, time zone, what each part is read as; `notes` say what is left out."""

    currency: Guess
    time_zone: Guess
    roles: tuple[Role, ...]
    notes: tuple[str, ...] = ()


def guess_workspace(names: Sequence[str], tables: Mapping[str, str] | None = None) -> Draft:
    """Look at files, folders and DuckDB files and say what they seem to be; at most some ten thousand rows of each.

    `names`: Their paths.
    `tables`: label of a part -> its table, where known. Raises as `find_parts` does, and where no part is a table.
    """
    store, notes, roles = Store(threads=1), list[str](), list[Role]()
    store.run(f"SET VARIABLE {HIJRI_DAYS} = {hijri_days()}")
    sheets = [describe(store, part) for part in find_parts(store, names, notes)]
    for sheet in [with_filled(store, compared(store, one)) for one in sheets]:
        known = (tables or {}).get(sheet.part.label)
        if known == NOTHING:
            notes.append(f"{sheet.part.label}: left out, as answered.")
            continue
        candidates = sorted(roles_of(sheet), key=lambda role: role.table != known)
        roles += _from_recipe(store, sheet, candidates) or _with_customers(candidates, known)
        if roles[-1:] == [] or roles[-1].sheet.part is not sheet.part:
            why = f"({', '.join(column.name for column in sheet.columns[:12])}){refusal(sheet)}"
            notes.append(f"{sheet.part.label}: left out, no table of customers fits its columns {why}.")
    if not roles:
        raise DataError("\n  ".join(["Nothing here is like a table in docs/data.md.", *notes]))
    roles = [_settled(store, role) for role in join(store, roles)]
    roles = [with_attributes(role) for role in _without_leaks(store, roles)]
    roles = sorted(roles, key=lambda role: list(TABLES).index(role.table))
    currency = _currency(store, roles)
    return Draft(currency, _time_zone(currency), tuple(roles), tuple(notes))


def _from_recipe(store: Store, sheet: Sheet, candidates: Sequence[Role]) -> list[Role]:
    """What a known export is read as: by its recipe, with the questions and attributes that it cannot know besides."""
    recipe = matching_recipe(sheet.part.header)
    if recipe is None or not all({*titles} & {*recipe.names} or "{" in titles[0] for titles in recipe.titles):
        return []  # other capitals are those of another program with columns of the same names
    roles, by_name = [], {column.name: column for column in sheet.columns}
    why = f"recipe {recipe.name}, version {recipe.version}: {recipe.what}"
    for table, settings in recipe.sources(sheet.part.path).items():
        matches = {}
        for target, text in settings["columns"].items():
            fields = resolve(text, sheet.part.fields, where=target).fields
            matches[target] = Match(tuple(by_name[one.name] for one in fields), text, 1.0, True, "recipe")
        dated = _by_own_dates(store, sheet, table, matches)
        own, usual = dated.settings.get("dates", []), settings.pop("dates", [])
        rest = [name for name in usual if name not in own and twin(name) not in own]
        choices = ([*own, *rest], usual, []) if usual else (own,)
        if dates := max(choices, key=lambda one: _read_dates(store, dated, table, matches, one)):
            settings["dates"] = dates
        dated = replace(dated, settings={name: one for name, one in dated.settings.items() if name != "dates"})
        if table == "surveys":
            guess = next((role.matches for role in candidates if role.table == table), {})
            used = [column for match in matches.values() for column in match.columns]
            matches = {**{name: one for name, one in guess.items() if one.column not in used}, **matches}
        guesses = [
            Guess(name, value, name not in recipe.unsure or (name == "dates" and bool(own)), why)
            for name, value in settings.items()
            if name not in ("path", "columns")
        ]
        roles.append(Role(table, dated, 99.0, matches, tuple(guesses), recipe=why))
    return roles


def _by_own_dates(store: Store, sheet: Sheet, table: str, matches: Mapping[str, Match]) -> Sheet:
    """The sheet with the formats of the dates that are mapped."""
    return with_dates(store, sheet, [one for match in _of_kind(table, matches).values() for one in match.columns])


def _read_dates(store: Store, sheet: Sheet, table: str, matches: Mapping[str, Match], dates: Sequence[str]) -> int:
    """How many dates of the sample these formats read."""
    texts = [resolve(one.expression, sheet.part.fields, where="").sql for one in _of_kind(table, matches).values()]
    read = [canonical_value("instant", f"({one})", "VARCHAR", Formats(tuple(dates))) for one in texts]
    counts = " + ".join(f"count({one})" for one in read) or "0"
    return int(store.value(f"SELECT {counts} FROM {sheet.part.sample}"))


def _with_customers(candidates: Sequence[Role], known: str | None) -> list[Role]:
    """The likeliest table of a part; memberships of which each customer has one tell about customers as well."""
    if candidates and candidates[0].rivals and not known:  # no column is surer than its table
        unsure = {name: replace(one, sure=False) for name, one in candidates[0].matches.items()}
        return [replace(candidates[0], matches=unsure)]
    others = [role for role in candidates[1:] if role.table == "customers"]
    if not others or candidates[0].table != "memberships" or not candidates[0].matches["customer_id"].column.is_unique:
        return list(candidates[:1])
    key, *taken = [candidates[0].matches["customer_id"], *candidates[0].matches.values()]
    left = {match.column.name: "of memberships" for match in taken if match is not key}
    own = {name: match for name, match in others[0].matches.items() if match.column.name not in left}
    people = replace(others[0], rivals=(), left_out=left, matches={**own, "customer_id": key})
    return [candidates[0], people]


def _settled(store: Store, role: Role) -> Role:
    """The role with instants for clocks that count, and what is to be done with orders of several rows."""
    matches = {**role.matches, **{name: _on_clock(one) for name, one in _of_kind(role.table, role.matches).items()}}
    if not role.recipe:
        role = replace(role, sheet=_by_own_dates(store, role.sheet, role.table, matches))
    role = _with_times(replace(role, matches=matches))
    meant_rows = only_meant(store, role, lambda: _currency(store, [role]).value)
    role = replace(role, guesses=(*role.guesses, *meant_rows), overlaps=overlaps(store, role))
    if role.recipe or role.table != "transactions" or not {"transaction_id", "amount"} <= set(matches):
        return role
    key, amount = matches["transaction_id"].column, ", ".join(one.sql for one in matches["amount"].columns)
    value = canonical_value("id", key.sql, key.type, Formats())
    meant = next((one.value for one in role.guesses if one.key == "where"), "true")
    rows_meant = f"{role.sheet.part.sample} WHERE {resolve(meant, role.sheet.part.fields, where='').sql}"
    orders = f"SELECT count(*) AS n, count(DISTINCT ({amount})) AS k FROM {rows_meant} GROUP BY {value}"
    several, rows, same = store.rows(f"SELECT count(*), sum(n), avg(CAST(k = 1 AS INT)) FROM ({orders}) WHERE n > 1")[0]
    if (rows or 0) < 0.02 * role.sheet.part.rows:
        return role
    why = f"{rows:,} rows of the sample share {several:,} ids of orders"
    if len(matches["amount"].columns) == 1 and same > 0.9:
        why = f"{why}, each with one amount: an order counts once, its further rows are left out"
        guess = Guess("one_row_is", "repeat", False, why, ("line, if every row has an amount of its own",))
    else:
        amounts = matches["amount"].columns
        sure = len(amounts) > 1 or "product" in matches or holds(amounts[0].name, "lines")
        why += "" if sure else "; no title says that they are lines of it"
        guess = Guess("one_row_is", "line", sure, why, () if sure else ("transaction, if a row repeats its order",))
    return replace(role, guesses=(*role.guesses, guess))


def _with_times(role: Role) -> Role:
    """The role with the time of a day that stands in a column of its own, beside or called like that of the day."""
    columns, matches = list(role.sheet.columns), dict(role.matches)
    clocks = {one.name: {*map(_clock, one.values)} for one in columns if one.what == "text" or one.type == "TIME"}
    clocks = {name: found for name, found in clocks.items() if found and "" not in found}
    instants = _of_kind(role.table, role.matches, "instant") if clocks and not role.recipe else {}
    for target, match in instants.items():
        days = all("T00:00" in one for one in match.column.values)  # as a sheet stores them
        if not days and any("%H" in one or "%I" in one for one in match.column.formats):
            continue
        own = _plain_title(match.column.name)
        alike = [one for one in columns if one.name in clocks and _plain_title(one.name) == own]
        beside = columns[columns.index(match.column) + 1 :][:1]
        if not (time := next((one for one in (*alike, *beside) if one.name in clocks), None)):
            continue
        day = f"left({quoted(match.column)}, 10)" if days else quoted(match.column)
        text, why = f"concat({day}, ' ', {quoted(time)})", f"{match.evidence}; the time is that of {time.name}"
        matches[target] = replace(match, columns=(match.column, time), expression=text, sure=bool(alike), evidence=why)
        role = _with_clock(role, sorted(clocks[time.name]))
    return replace(role, matches=matches)


def _clock(text: str) -> str:
    """The format of a time of day; nothing where a text is none."""
    if not (found := re.fullmatch(r"\s*\d?\d:\d\d(:\d\d)?( ?(?:[AaPp]\.?[Mm]\.?|[صم]))?\s*", text)):
        return ""
    half = found[2] or ""
    return ("%I:%M" if half else "%H:%M") + ":%S" * bool(found[1]) + " " * half.startswith(" ") + "%p" * bool(half)


def _plain_title(title: str) -> list[str]:
    """The words of a title but those that say that it is of a day or a time."""
    return [one for one in plain_words(title) if (one,) not in phrases("days and times")]


def _with_clock(role: Role, clocks: Sequence[str]) -> Role:
    """The role whose dates are read with a time as well."""
    own = role.sheet.settings.get("dates", [])
    halves = [f"%Y-%m-%d {clock}" for clock in clocks if "%I" in clock and not own]  # others are ISO 8601
    days = [one for one in own if not re.search("%[HI]|hijri", one)]
    dates = list(dict.fromkeys([*own, *(f"{day} {clock}" for day in days for clock in clocks), *halves]))
    if dates == own:
        return role
    guesses = tuple(replace(one, value=dates) if one.key == "dates" else one for one in role.sheet.guesses)
    return replace(role, sheet=replace(role.sheet, settings={**role.sheet.settings, "dates": dates}, guesses=guesses))


def with_attributes(role: Role) -> Role:
    """What is left of the columns: attributes where one row is a customer, else left out with the reason."""
    used = [column for match in role.matches.values() for column in match.columns]
    matches, left = dict(role.matches), dict(role.left_out)
    for one in role.sheet.columns:
        reason = _no_attribute(one, role.table)
        if one in used or one.name in left:
            continue
        if reason:
            left[one.name] = reason
        else:
            is_text = one.what == "number" and one.type == "VARCHAR"
            expression = f"cast({quoted(one)} * 1 as double)" if is_text else one.name
            share, why = one.filled / role.sheet.part.rows, f"attribute of customers ({one.what})"
            whole = share >= _FULL and (one.distinct > 1 or one.filled < SEVERAL)
            told = not {*role.rivals} - {NOTHING} and holds(one.name, "customers", "about")
            sure = whole and told  # what nothing is known of may tell nothing
            why += "; all rows have the same" if one.distinct == 1 else ""
            why += "" if share >= _FULL else f", in {share:.0%} of rows: is it known before one leaves?"
            other = () if whole else ("left out",)
            matches[_attribute(one.name, matches)] = Match((one,), expression, 0.3, sure, why, other)
    return replace(role, matches=matches, left_out=left)


def _no_attribute(one: Column, table: str) -> str:
    """Why a column is no attribute of customers."""
    if one.what == "empty":
        return "empty"
    if names_a_person(one.name) and one.what != "flag":
        return "names a person"
    if table != "customers":
        return f"{one.what}, not needed"
    if one.what == "date":
        return "a date sets nobody apart"
    if holds(one.name, "machines"):
        return "it is for programs"
    if holds(one.name, "leaving"):
        return "it may be known of those alone who left"
    wordy = sum(len(value.split()) > _FEW_WORDS for value in one.values) > len(one.values) / 2
    if holds(one.name, "persons") or (one.what == "text" and (wordy or one.values[0].startswith("@"))):
        return "a person's own words or name"
    many = one.what == "text" and one.distinct > max(_MOST_GROUPS, _FEW * one.filled)
    many |= one.what == "text" and one.is_unique and one.filled >= SEVERAL
    return "nearly each row has its own" if many or _counts_on(one) else ""


def _counts_on(one: Column) -> bool:
    """Whether numbers are like ids: each another one, one after the other."""
    return one.what == "number" and one.whole and one.is_unique and one.high - one.low < 2 * one.filled


def _attribute(title: str, taken: Iterable[str]) -> str:
    """A name for an attribute, as a canonical column may have it."""
    name = re.sub(r"\W+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", title.strip())).strip("_").lower()
    name = name if re.match("[a-z]", name) else f"about_{name}"
    while name in taken or name == "currency" or TABLES["customers"].column(name) is None:
        name += "_2"
    return name


def _without_leaks(store: Store, roles: Sequence[Role]) -> list[Role]:
    """The roles without attributes that only those have who left: they would tell churn from what follows it."""
    spells = [
        role for role in roles if role.table == "memberships" and {"ended_on", "customer_id"} <= set(role.matches)
    ]
    ids = [
        f"SELECT {id_of(role)} AS id, NOT {is_blank(end.sql, end.type)} AS has_left FROM {role.sheet.part.sample}"
        for role in spells
        for end in [role.matches["ended_on"].column]
    ]
    if not ids:
        return list(roles)
    store.run(
        "CREATE OR REPLACE TABLE leavers AS SELECT id, bool_and(has_left) AS has_left "
        f"FROM ({' UNION ALL '.join(ids)}) GROUP BY id"
    )
    return [_without_leak(store, role) if role.table == "customers" else role for role in roles]


def _without_leak(store: Store, role: Role) -> Role:
    used = {column.name for match in role.matches.values() for column in match.columns}
    left = dict(role.left_out)
    for one in role.sheet.columns:
        if one.name in {*used, *left} or one.what == "empty":
            continue
        few, partly = one.distinct <= MOST_STATUSES, one.filled < 0.9 * role.sheet.part.rows
        value = as_text(one.sql, one.type) if few else f"CAST({is_blank(one.sql, one.type)} AS VARCHAR)"
        rows = store.rows(
            "SELECT v, count(*), sum(CAST(has_left AS INT)) FROM leavers JOIN (SELECT "
            f"{id_of(role)} AS id, coalesce({value}, '') AS v FROM {role.sheet.part.sample}) USING (id) GROUP BY v"
        )
        gone, total = sum(n for *_, n in rows), sum(n for _, n, _ in rows)
        alone = [n for v, n, those in rows if those >= 0.98 * n and n >= max(5, 0.1 * gone)]
        if len(rows) > 1 and alone and gone < 0.9 * total and sum(alone) >= (0.1 if partly else 0.5) * gone:
            left[one.name] = "tells who has left"
    return replace(role, left_out=left)


def _on_clock(match: Match) -> Match:
    """Numbers that count seconds, milliseconds or days, as the instants that they are."""
    if not (clock := match.column.clock):
        return match
    why = f"{match.evidence}; {clock} since {'1899-12-30' if clock == 'days' else '1970'}"
    return replace(match, expression=_CLOCKS[clock].format(quoted(match.column)), evidence=why)


def _of_kind(table: str, matches: Mapping[str, Match], *kinds: str) -> dict[str, Match]:
    """What is mapped to columns of these kinds; without any, to dates."""
    names = {one.name for one in TABLES[table].columns if one.kind in (kinds or ("date", "instant"))}
    return {target: match for target, match in matches.items() if target in names}


def _currency(store: Store, roles: Sequence[Role]) -> Guess:
    """What amounts are in: by a column of currencies, by signs beside amounts, by titles, else by words alone."""
    for role in roles:
        if (match := role.matches.get("currency")) and match.columns:
            first, *others = dict.fromkeys(value.strip().upper() for value in match.column.values)
            return Guess(
                "currency", first, not others, f"column {match.column.name} of {role.sheet.part.label}", tuple(others)
            )
    money = [one.name for role in roles for one in _money(role)]
    for title in money:
        if code := next((word for word in re.split("[^A-Z]+", title.upper()) if word in SIGNS), ""):
            return Guess("currency", code, True, f"the title {title}")
    cells = [
        f"SELECT {as_text(one.sql, one.type)} AS v FROM {role.sheet.part.sample}"
        for role in roles
        for one in _money(role)
    ]
    marks = f"SELECT {mark_of('v')} AS mark, count(v) FROM ({' UNION ALL '.join(cells)}) GROUP BY 1"
    if signs := currency_beside(store.rows(marks)) if cells else None:
        return signs
    for title in money:
        if code := currency_word(title):
            return Guess("currency", code, False, f"the title {title}", ("another currency of that name",))
    titles = "".join(column.name for role in roles for match in role.matches.values() for column in match.columns)
    if re.search("[\u0600-\u06ff]", titles):
        return Guess("currency", "SAR", False, "nothing in the files tells; their titles are Arabic", ("AED", "EGP"))
    comma = any(role.sheet.settings.get("decimal") == "," for role in roles)
    own = next((code for code, zones in listed()["zones"].items() if _machine_zone() in zones.split()), "USD")
    code = "EUR" if comma else own
    rest = tuple(one for one in ("EUR", "GBP", "SAR", "USD") if one != code)
    return Guess("currency", code, False, "nothing in the files tells", rest)


def _money(role: Role) -> list[Column]:
    """The columns that amounts are read from."""
    return [one for match in _of_kind(role.table, role.matches, "money").values() for one in match.columns]


def _time_zone(currency: Guess) -> Guess:
    """The zone of the country of a currency, or that of this machine."""
    own, zones = _machine_zone(), listed()["zones"].get(currency.value, "").split()
    here = own != "UTC" and (own in zones or not currency.sure)
    best, *others = dict.fromkeys([*[own] * here, *zones, own, "UTC"])
    why = "the clock of this machine" if best == own else f"where {currency.value} is used"
    return Guess("time_zone", best, False, why, tuple(others))


def _machine_zone() -> str:
    return str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2].removeprefix("Etc/") or "UTC"


def ask_unsure(draft: Draft, names: Sequence[str], ask: Ask) -> Draft:
    """The draft after a person was asked what is not sure: tables, orders of dates, columns, currency, time zone.

    `names`: As for `guess_workspace`, which looks again where an answer changes what a table is.
    `ask` takes a question, the guess and what else may be answered, where that is limited, and gives an answer.
    """
    unsure = {role.sheet.part.label: (role.table, *role.rivals) for role in draft.roles if role.rivals}
    rows = ", ".join(f"{table}: {words}" for table, words in listed()["rows"].items())
    asked = f"what is one row of it? ({rows}, {NOTHING}: leave it out)"
    answers = {
        label: ask(f"{label}: {asked}\n  Enter writes below tables: {own[0]}:\n ", own[0], own)
        for label, own in unsure.items()
    }
    draft = guess_workspace(names, answers) if answers else draft
    roles = tuple(_asked(replace(role, rivals=()), ask) for role in draft.roles)
    currency = _answered(draft.currency, ask, is_currency, "a code such as SAR")
    zone = _answered(_time_zone(currency), ask, available_timezones().__contains__, "a zone such as Asia/Riyadh")
    return Draft(currency, zone, roles, draft.notes)


def _with_line(question: str, key: str, value: object) -> str:
    """A question with the line of `sources.yaml` that Enter writes."""
    return f"{question}\n  Enter writes: {key}: {yaml_scalar(value)}\n "


def _answered(guess: Guess, ask: Ask, is_known: Callable[[str], bool], form: str) -> Guess:
    """A guess of the whole workspace; asked until the answer is one, where it is not sure."""
    if guess.sure:
        return guess
    other = f"; or {', '.join(guess.others)}" if guess.others else ""
    words = {"currency": "which currency are the amounts in?", "time_zone": "which time zone's days are meant?"}
    question = _with_line(f"{words[guess.key]} ({guess.evidence}{other})", guess.key, guess.value)
    while not is_known(answer := ask(question, guess.value, ()).strip()):
        question = f"{answer!r} is not {form}; {guess.key.replace('_', ' ')}"
    return Guess(guess.key, answer, True, "as answered")


def _asked_dates(sheet: Sheet, ask: Ask) -> Sheet:
    """The sheet whose order of day and month, or century of short years, was asked for; years are unsure after a no."""
    guess = next((one for one in sheet.guesses if one.key == "dates" and not one.sure), None)
    if guess is None:
        return sheet
    label, dates = sheet.part.label, guess.value
    if guess.others == FOUR_DIGITS:
        question = f"{label}: is that right of its years? {guess.evidence}"
        is_so = ask(_with_line(question, "dates", dates), "yes", ("yes", "no")) == "yes"
        answered = replace(guess, sure=is_so, others=() if is_so else guess.others)
    else:
        order = {"day first": "month first", "month first": "day first"}[guess.others[0]]
        order = order if len(guess.others) == 1 else "either: set aside"
        question = f"{label}: how are its dates to be read? {guess.evidence}"
        answer = ask(_with_line(question, "dates", dates), order, (order, *guess.others))
        if answer.endswith("first"):
            month = answer.startswith("month")
            twins = [(name, twin(name)) for name in dates]
            dates = [name if other == "none" or is_month_first(name) == month else other for name, other in twins]
        answered = Guess("dates", list(dict.fromkeys(dates)), True, "as answered")
    guesses = tuple(answered if one is guess else one for one in sheet.guesses)
    return replace(sheet, settings={**sheet.settings, "dates": answered.value}, guesses=guesses)


def _asked_amount(role: Role, ask: Ask) -> dict[str, Match]:
    """The amount of sales of which no column seems to hold one."""
    by_name = {column.name: column for column in role.sheet.columns}
    if role.table != "transactions" or "amount" in role.matches:
        return {}
    question = f"{role.sheet.part.label}: which column holds amounts? (without one no report speaks of money)"
    answer = ask(question, NOTHING, (*by_name, NOTHING))
    return {"amount": Match((by_name[answer],), answer, 1.0, True, "as answered")} if answer in by_name else {}


def _asked_sales(guess: Guess, sheet: Sheet, ask: Ask) -> Guess:
    """The rows that are sales, by what a person says of the words of a status; asked until all are words of it."""
    status = next(one for one in sheet.columns if guess.others[0].startswith(f"{text_of(one)} not in "))
    words = {one.strip().casefold(): one for one in status.values}
    question = f"which of these are no sales (with commas between them, or {NOTHING})? {guess.evidence}"
    while True:
        answer = ask(_with_line(f"{sheet.part.label}: {question}", guess.key, guess.value), NOTHING, ())
        named = [one.strip() for one in re.split("[,،]", answer) if one.strip() not in ("", NOTHING)]
        if not (strange := [one for one in named if one.casefold() not in words]):
            break
        question = f"{strange[0]!r} is none of {', '.join(status.values)}; which of these are no sales?"
    where = f"{text_of(status)} not in ({', '.join(quote(words[one.casefold()]) for one in named)})"
    return Guess("where", where if named else EVERY_ROW, True, "as answered")


def _asked(role: Role, ask: Ask) -> Role:
    label, sheet, matches = role.sheet.part.label, _asked_dates(role.sheet, ask), dict(role.matches)
    guesses = [guess for guess in role.guesses if guess.sure or role.recipe]
    for guess in [guess for guess in role.guesses if guess not in guesses]:
        if guess.value == EVERY_ROW:
            guesses.append(_asked_sales(guess, sheet, ask))
            continue
        question = _with_line(f"{label}: is this line right? {guess.evidence}", guess.key, guess.value)
        is_so = ask(question, "yes", ("yes", "no")) == "yes"
        value = guess.value if is_so else {"one_row_is": "line"}.get(guess.key)
        guesses += [Guess(guess.key, value, True, "as answered")] if value else []
    by_name = {column.name: column for column in sheet.columns}
    for target, match in role.matches.items():
        column = TABLES[role.table].column(target)
        if match.sure or column is None or (column.optional and not column.required):
            continue
        free = () if column.needed else ("nothing",)
        question = _with_line(f"{label}: which column is {target}? ({match.evidence})", target, match.expression)
        answer = ask(question, match.column.name, (*by_name, *free))
        if answer == match.column.name:
            matches[target] = replace(match, sure=True, evidence="as answered", others=())
        elif answer in by_name:
            matches[target] = _on_clock(Match((by_name[answer],), answer, 1.0, True, "as answered"))
        else:
            del matches[target]
    matches |= _asked_amount(replace(role, matches=matches), ask)
    used = {column.name for match in matches.values() for column in match.columns}
    before = {one.column.name: "as answered" for one in role.matches.values()}
    left = {name: reason for name, reason in {**before, **role.left_out}.items() if name not in used}
    return replace(role, sheet=sheet, matches=matches, guesses=tuple(guesses), left_out=left)
