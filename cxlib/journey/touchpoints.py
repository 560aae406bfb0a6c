"""What a touchpoint is: its stage, the table that tells it, and what must stand in columns of that table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cxlib.data.frames.journey import TABLES_MET, Rows
from cxlib.errors import ParameterError, nearest
from cxlib.language import Given, Message, T, available_languages

STAGES: Mapping[str, Message] = {"before": T("Before buying"), "during": T("Buying"), "after": T("After buying")}
GOAL = "during"  # to go on is to meet a touchpoint of this stage: to buy, or to buy again
MOST = 20
_EXAMPLE = "{stage: before, table: sessions, where: {found: false}}"
_NAMED = {
    "survey": "a name or a list of names",
    "rating": "the name of one rating",
    "label": "a text, or one a language, such as {en: Order, ar: طلب}",
}
_SETTINGS = ("stage", "table", "where", "label", "survey", "rating")
# What says whether a visit bought is what comes of it, no touchpoint on the way there.
_OUTCOMES = ("converted", "goal_met")


@dataclass(frozen=True)
class Touchpoint:
    """A touchpoint.

    `name`, `label`: Its key, and what a page calls it. `stage`: One of `STAGES`.
    `table`, `where`: The table whose rows are its meetings, and column -> the value (or values) that such a row holds.
    `survey`: What the column `touchpoint` of surveys calls it.
    `rating`: The rating (without ``rating_``) whose gap to ``expect_`` is its own.
    """

    name: str
    label: Message
    stage: str
    table: str
    where: Mapping[str, Any] = field(default_factory=dict)
    survey: tuple[str, ...] = ()
    rating: str = ""

    @property
    def rows(self) -> Rows:
        """Where its meetings are read."""
        return Rows(self.table, self.where, self.name)


_FOUND, _NOTHING = T("Search that found it"), T("Search that found nothing")
_VISIT, _ORDER, _TICKET = T("Visit"), T("Order"), T("Ticket")


def usual_touchpoints(columns: Mapping[str, frozenset[str]]) -> tuple[Touchpoint, ...]:
    """The touchpoints of a company that names none, by the columns of each table that has any rows."""
    usual = []
    if {"found"} <= columns.get("sessions", frozenset()):
        if "searched" in columns["sessions"]:
            usual.append(Touchpoint("visit", T("Visit without a search"), "before", "sessions", {"searched": False}))
        usual.append(Touchpoint("search_found", _FOUND, "before", "sessions", {"found": True}))
        usual.append(Touchpoint("search_nothing", _NOTHING, "before", "sessions", {"found": False}))
    elif "sessions" in columns:
        usual.append(Touchpoint("visit", _VISIT, "before", "sessions"))
    if "transactions" in columns:
        usual.append(Touchpoint("order", _ORDER, "during", "transactions", survey=("order", "ordering", "purchase")))
    if "tickets" in columns:
        usual.append(Touchpoint("ticket", _TICKET, "after", "tickets", survey=("ticket", "support")))
    return tuple(usual)


def read_touchpoints(given: Mapping[str, object]) -> tuple[Touchpoint, ...]:
    """Touchpoints of a parameter, checked, in the order of their stages.

    `given`: Name -> ``{stage, table, where, label, survey, rating}``, of which only the first two are needed.
    Raises ParameterError: a setting is missing or unknown, there is no such stage or table, no touchpoint is a
        purchase, or a condition is what comes of a visit.

    >>> read_touchpoints({"order": {"stage": "during", "table": "transactions"}})[0].label
    order
    """
    if not given:
        return ()
    if not isinstance(given, Mapping):
        raise ParameterError(f"touchpoints is {given!r}; give each its name, as in {{search: {_EXAMPLE}}}")
    if len(given) > MOST:
        raise ParameterError(f"touchpoints: there are {len(given)}, and at most {MOST} can be read. Join some.")
    found = [_read(str(name), content) for name, content in given.items()]
    if not any(one.stage == GOAL for one in found):
        example = "{order: {stage: during, table: transactions}}"
        raise ParameterError(f"touchpoints: none has the stage 'during', so nobody could go on. Add {example}.")
    for place, one in enumerate(found):
        if alike := [each.name for each in found[:place] if (each.table, each.where) == (one.table, one.where)]:
            raise ParameterError(f"touchpoints: {alike[0]} and {one.name} are the same rows. Leave one of them out.")
    stages = list(STAGES)
    return tuple(sorted(found, key=lambda one: stages.index(one.stage)))


def _is_name(value: object, setting: str) -> bool:
    values: Iterable[object] = [value]
    if setting == "survey" and isinstance(value, list | tuple):
        values = value
    elif setting == "label" and isinstance(value, Mapping):
        values = [*value.values(), *(key if key in available_languages() else None for key in value)]
    return all(isinstance(each, str) and each.strip() for each in values) or value == ""


def _read(name: str, content: object) -> Touchpoint:
    place = f"touchpoints: {name}"
    if not isinstance(content, Mapping) or not {"stage", "table"} <= set(content):
        raise ParameterError(f"{place} is {content!r}; a touchpoint has a stage and a table, as in {_EXAMPLE}")
    if other := sorted(set(map(str, content)) - set(_SETTINGS)):
        raise ParameterError(f"{place}: {other[0]!r} is no setting. {nearest(other[0], _SETTINGS)}")
    for setting, known in (("stage", tuple(STAGES)), ("table", TABLES_MET)):
        if content[setting] not in known:
            hint = nearest(str(content[setting]), known)
            raise ParameterError(f"{place}: there is no {setting} {content[setting]!r}. {hint}")
    where = content.get("where", {})
    if not isinstance(where, Mapping):
        raise ParameterError(f"{place}: where is {where!r}; name columns and values, as in {_EXAMPLE}")
    if empty := [column for column, value in where.items() if value in ([], ())]:
        raise ParameterError(
            f"{place}: where: {empty[0]} names no value, so that no row is meant. Name one or several."
        )
    for setting in ("survey", "rating", "label"):
        if not _is_name(value := content.get(setting, name), setting):
            raise ParameterError(f"{place}: {setting} is {value!r}; give {_NAMED[setting]}.")
    if outcome := [column for column in _OUTCOMES if column in where and content["stage"] == "before"]:
        raise ParameterError(
            f"{place}: {outcome[0]!r} says what came of a visit, so that what comes after it is known already. "
            "Name what happened on the way, such as {found: false}."
        )
    survey = content.get("survey", [name])
    names = [str(each) for each in survey] if isinstance(survey, list | tuple) else [str(survey)]
    label = content.get("label", name)
    texts = {str(key): str(text) for key, text in label.items()} if isinstance(label, Mapping) else {"en": str(label)}
    said = Given.of({"en": name, **texts})
    rating = str(content.get("rating", ""))
    return Touchpoint(name, said, str(content["stage"]), str(content["table"]), dict(where), tuple(names), rating)
