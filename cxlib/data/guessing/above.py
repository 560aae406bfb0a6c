"""Sheets whose blank cells stand for the one above: a customer in a row of its own, or in the first of its rows."""

from collections.abc import Sequence
from dataclasses import replace

from cxlib.data.casts import Formats, as_text, canonical_value, is_blank
from cxlib.data.connect import Store
from cxlib.data.guessing.columns import Column, Sheet, describe
from cxlib.data.guessing.evidence import compared
from cxlib.data.guessing.parts import Guess
from cxlib.data.guessing.titles import holds, phrases, plain_words
from cxlib.data.reading.filled import filling

_LEAST, _MOST, _NEARLY, _SOME = 8, 0.8, 0.95, 0.3  # groups; share of rows that have a cell; shares of rows


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
    some = [one for one in some if one.filled >= _LEAST and one.distinct >= _NEARLY * one.filled]
    some = [one for one in some if one.filled <= _MOST * sheet.part.rows]
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
    told = begins and alike == 1 and (within or 0) >= _NEARLY and (between or 0) >= _SOME
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
