"""What can be done for customers: sixteen ways that everybody names, and what a company says of its own actions.

An action is listed as soon as it has a name. It is planned with once somebody has said what it costs for each customer
and what it changes: the share of would-be leavers whom it keeps, or by how much it lifts what customers spend in a
year. Where that was never tried it is an assumption, and its interval says how sure anybody is of it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from cxlib.checks import Flags, read_day
from cxlib.churn.offers.offer import CERTAINTY
from cxlib.errors import CxError, ParameterError, nearest
from cxlib.language import Message, T, WordList, available_languages
from cxlib.language.messages import Given
from cxlib.measures.result import Brief
from cxlib.measures.sampling import Z95

Aim = Literal["keep", "sell", "recover"]
AIMS: dict[str, Message] = {"recover": T("Make good"), "keep": T("Keep"), "sell": T("Sell more")}
EFFECTS = WordList("effects of actions")
WAYS: dict[str, tuple[Message, str]] = {
    "know_audience": (T("Know your audience: ask what they need"), "keep"),
    "ideal_customer": (T("Look after the customers who suit you best"), "keep"),
    "service": (T("Serve them well and fast"), "keep"),
    "recovery": (T("Make good what went wrong"), "recover"),
    "surprise": (T("Surprise them with something small"), "keep"),
    "self_service": (T("Let customers help themselves"), "keep"),
    "life_cycle": (T("Write at the right time of their life as customers"), "sell"),
    "personal": (T("Speak to each customer in person"), "keep"),
    "omnichannel": (T("Be there on every channel"), "sell"),
    "honesty": (T("Be honest about what you can do"), "keep"),
    "knowledge": (T("Share what you know"), "sell"),
    "loyalty": (T("Reward loyalty"), "sell"),
    "satisfaction": (T("Watch satisfaction and act on it"), "recover"),
    "social_proof": (T("Show what other customers say"), "sell"),
    "referral": (T("Ask for referrals"), "sell"),
    "offer": (T("Make an offer"), "keep"),
}
"""Sixteen ways to keep customers, with what each is for."""
ENTRIES = ("name", "aim", "cost", "capacity", "who", "keeps", "lifts", "interval", "source", "experiment", "contact",
           "say")  # fmt: skip
EXAMPLE = "{cost: 12, keeps: 0.2, interval: [0.05, 0.35], capacity: 500}"


@dataclass(frozen=True)
class Trial:
    """A randomised experiment of the past.

    `treatment`: Column of customers with treated or control. `by`: Column by whose values its effect is looked at.
    """

    treatment: str
    day: str
    by: str = ""


FROM_REPORTS = {"segment": "segmentation", "worth": "clv", "p_alive": "clv", "tier": "clv"}  # columns of customers


@dataclass(frozen=True, repr=False)
class Action(Brief):
    """One thing that can be done for a customer.

    `effect`: "keeps", "lifts", or "" where nobody has said what it changes.
    `expected`, `low`, `high`: The assumed effect with its 95% interval, as fractions; NaN without one.
    `cost`: For each customer who gets it, in units of the currency; NaN where nobody has said.
    `capacity`: Customers who can get it; inf where there is no limit.
    `who`: Column -> values, or a mapping with `from` and `to`.
    `contact`: Whether it speaks to the customer, who may not want that.
    `say`: Language -> what to tell the customer.
    """

    key: str
    name: Message
    aim: str
    effect: str = ""
    expected: float = math.nan
    low: float = math.nan
    high: float = math.nan
    cost: float = math.nan
    capacity: float = math.inf
    who: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    trial: Trial | None = None
    contact: bool = True
    say: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_costed(self) -> bool:
        """Whether it can be planned with."""
        return bool(self.effect) and not math.isnan(self.cost)

    @property
    def error(self) -> float:
        """Standard error of the assumed effect."""
        return (self.high - self.low) / (2 * Z95)

    def may_get(self, customers: pd.DataFrame) -> Flags:
        """Who may get it by its own rule; `customers` has amounts in units.

        Raises ParameterError: the rule names a column that is not there.
        """
        allowed = np.ones(len(customers), bool)
        for column, asked in self.who.items():
            if column not in customers:
                asks = f"actions: {self.key!r} asks for column {column!r} of customers"
                if column in FROM_REPORTS:  # not published yet: nobody is known to be meant
                    return np.zeros(len(customers), bool)
                known = [name for name in customers.columns if name != "customer_id"]
                raise ParameterError(f"{asks}. {nearest(column, known)}")
            allowed &= _fits(customers[column], asked, f"actions: {self.key!r}, who: {column}")
        return allowed


def _fits(column: pd.Series, asked: Any, where: str) -> Flags:
    if isinstance(asked, Mapping):
        numbers = pd.to_numeric(column, errors="coerce").to_numpy(float, na_value=np.nan)
        if column.notna().any() and np.isnan(numbers).all():
            raise ParameterError(f"{where} holds no numbers, so from and to mean nothing. List its values.")
        return np.asarray((numbers >= asked.get("from", -np.inf)) & (numbers <= asked.get("to", np.inf)))
    listed = {
        _as_text(each) for each in (asked if isinstance(asked, Sequence) and not isinstance(asked, str) else [asked])
    }
    return np.array([_as_text(each) in listed for each in column.astype(object)], bool)


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool | np.bool_) else str(value)


def read_actions(actions: Mapping[str, Any]) -> tuple[Action, ...]:
    """The sixteen ways, with what a company says of them, and its own actions after these.

    `actions`: Key -> entries, as docs/reports/playbook.md explains.
    Raises ParameterError: names the action, the entry, its value and what to write.

    >>> ready = [each for each in read_actions({"offer": {"cost": 40, "keeps": 0.3}}) if each.is_costed]
    >>> ready[0].key, str(ready[0].name)
    ('offer', 'Make an offer')
    """
    if not isinstance(actions, Mapping):
        raise ParameterError(f"actions: {actions!r} is no list of names. Write call: {EXAMPLE}.")
    own = {str(key): _action(str(key), value) for key, value in actions.items()}
    ways = {key: Action(key, name, aim) for key, (name, aim) in WAYS.items()}
    return tuple({**ways, **own}.values())


def _action(key: str, given: object) -> Action:
    where = f"actions: {key!r}"
    if not isinstance(given, Mapping):
        raise ParameterError(f"{where} is {given!r}. Write what is known of it, such as {EXAMPLE}.")
    for entry in given:
        if entry not in ENTRIES:
            raise ParameterError(f"{where} has an unknown entry {entry!r}. {nearest(str(entry), ENTRIES)}")
    if not key.isidentifier():
        raise ParameterError(f"{where} names a file too. Use letters, digits and underscores.")
    name, aim = WAYS.get(key, (Given(key, texts={"en": key}), "keep"))
    aim = _one_of(given.get("aim", aim), AIMS, f"{where}, aim")
    effect, expected = _effect(given, where)
    low, high = _interval(given.get("interval"), expected, where)
    cost = _number(given["cost"], f"{where}, cost", 0, math.inf) if "cost" in given else math.nan
    if effect and math.isnan(cost):
        raise ParameterError(
            f"{where} says what it changes and not what it costs. Write cost: 12 for what it costs for each customer "
            "who gets it, in the currency; 0 where it costs nothing."
        )
    return Action(
        key,
        Given.of(_texts(given["name"], f"{where}, name")) if "name" in given else name,
        aim,
        effect,
        expected,
        low,
        high,
        cost,
        math.floor(_number(given["capacity"], f"{where}, capacity", 1, math.inf)) if "capacity" in given else math.inf,
        _who(given.get("who", {}), where),
        _text(given.get("source", ""), f"{where}, source"),
        _trial(given.get("experiment"), effect, where),
        _flag(given.get("contact", True), f"{where}, contact"),
        _texts(given["say"], f"{where}, say") if "say" in given else {},
    )


def _effect(given: Mapping[Any, Any], where: str) -> tuple[str, float]:
    named = [name for name in EFFECTS if name in given]
    if len(named) > 1:
        raise ParameterError(f"{where} has keeps and lifts. Write two actions, or the one that was measured.")
    if not named:
        if "interval" in given or "experiment" in given:
            raise ParameterError(f"{where} has an interval or an experiment of no effect. Add keeps: 0.2, your guess.")
        return "", math.nan
    return named[0], _number(given[named[0]], f"{where}, {named[0]}", 0, 1, share=True)


def _interval(ends: object, expected: float, where: str) -> tuple[float, float]:
    """Without one, what as many customers would say as a guess weighs (`CERTAINTY`)."""
    if ends is None:
        half = Z95 * math.sqrt(expected * (1 - expected) / (CERTAINTY + 1)) if not math.isnan(expected) else math.nan
        return expected - half, expected + half
    if not isinstance(ends, Sequence) or isinstance(ends, str) or len(ends) != 2:
        raise ParameterError(f"{where}, interval is {ends!r}. Write its two ends, such as [0.05, 0.35].")
    low, high = (_number(end, f"{where}, interval", -1, 1, share=True) for end in ends)
    if not low < high or not low <= expected <= high:
        raise ParameterError(
            f"{where}, interval is [{low:g}, {high:g}], and {expected:g} is expected. Write the lower end first, with "
            "what is expected between the two."
        )
    return low, high


def _number(value: object, where: str, least: float, most: float, *, share: bool = False) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        percent = share and isinstance(value, int | float) and not isinstance(value, bool) and 1 < value <= 100
        hint = f" Write {value} percent as {value / 100:g}." if percent else ""  # type: ignore[operator]
        bounds = f"from {least:g} to {most:g}" if math.isfinite(most) else f"of {least:g} or more"
        raise ParameterError(f"{where} is {value!r}; it must be a number {bounds}.{hint}")
    return float(value)


def _one_of(value: object, words: Mapping[str, object], where: str) -> str:
    if value not in words:
        raise ParameterError(f"{where} is {value!r}. {nearest(str(value), words)}")
    return str(value)


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise ParameterError(f"{where} is {value!r}; write true or false.")
    return value


def _texts(value: object, where: str) -> dict[str, str]:
    texts = {"en": value} if isinstance(value, str) else value
    if not (
        isinstance(texts, Mapping) and texts and all(isinstance(text, str) and text for text in texts.values())
    ) or set(texts) - set(available_languages()):
        raise ParameterError(f"{where} is {value!r}. Write a text, or one for each language: {{en: Call, ar: اتصل}}.")
    return {str(language): str(text) for language, text in texts.items()}


def _who(rule: object, where: str) -> dict[str, Any]:
    if not isinstance(rule, Mapping):
        raise ParameterError(f"{where}, who is {rule!r}. Write columns with values, such as {{plan: [monthly]}}.")
    for column, asked in rule.items():
        if isinstance(asked, Mapping):
            if not asked or set(asked) - {"from", "to"}:
                raise ParameterError(f"{where}, who: {column} is {dict(asked)!r}. Write from, to, or both.")
            for end in asked.values():
                _number(end, f"{where}, who: {column}", -math.inf, math.inf)
        elif asked in ([], "") or any(
            each is None or isinstance(each, list | Mapping) for each in (asked if isinstance(asked, list) else [asked])
        ):
            raise ParameterError(f"{where}, who: {column} is {asked!r}. Write its values, such as [monthly, annual].")
    return {str(column): asked for column, asked in rule.items()}


def _trial(given: object, effect: str, where: str) -> Trial | None:
    if given is None:
        return None
    example = "{treatment: campaign_group, day: 2026-03-01, by: plan}"
    if not isinstance(given, Mapping) or not {"treatment", "day"} <= set(given) <= {"treatment", "day", "by"}:
        raise ParameterError(f"{where}, experiment is {given!r}. Write it as {example}.")
    if effect != "keeps":
        raise ParameterError(f"{where}, experiment: only what keeps customers is measured so far. Write keeps.")
    try:
        read_day(str(given["day"]), name="day")
    except CxError as fault:
        raise ParameterError(f"{where}, experiment: {fault}") from None
    return Trial(
        _text(given["treatment"], f"{where}, experiment, treatment"),
        str(given["day"]),
        _text(given.get("by", ""), f"{where}, experiment, by"),
    )


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise ParameterError(f"{where} is {value!r}; write one text, in quotation marks where it is a number.")
    return value
