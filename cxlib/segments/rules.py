"""Rules that name every cell of the RFM grid exactly once, proved when the table is made; and a company's own.

A company writes its own rules in its parameters:

    own_segments:
      best:
        name: {en: Best customers, ar: أفضل العملاء}
        recency: [4, 5]        # lowest and highest score; one number means that score alone
        frequency: [4, 5]
        action: {en: Thank them in person, ar: اشكرهم شخصيًا}      # optional, with
        measure: {en: Share who buy again, ar: نسبة من يشترون مجددًا}  # what to watch
      everyone_else_lately:
        name: Others who came lately     # plain text stands for every language
        recency: [4, 5]
        frequency: [1, 3]
      not_lately:
        name: Not here lately
        recency: [1, 3]

A measure that is left out takes any score. Each of the 125 cells must have exactly one segment.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxlib.errors import ConfigurationError, nearest
from cxlib.language import Count, Given, Message, T, available_languages
from cxlib.measures.metric import in_each_language
from cxlib.measures.result import Brief

SCORES = range(1, 6)
SCORED = ("recency", "frequency", "monetary")
SETTINGS = ("name", *SCORED, "action", "measure")
ANY = (1, 5)
Cell = tuple[int, int, int]


@dataclass(frozen=True)
class Action:
    """A suggestion for a segment and the measure to watch."""

    do: Message
    watch: Message


SECOND_PURCHASE = T("Share with a second purchase")
COMING_BACK = T("Share who buy again")

ACTIONS = {
    "champions": Action(T("Reward and ask for referrals"), T("Referral rate")),
    "loyal": Action(T("Offer the loyalty programme and new products"), T("Purchase frequency")),
    "potential_loyalists": Action(T("Give a reason to come more often"), T("Purchase frequency")),
    "new": Action(T("Welcome and help with the first steps"), SECOND_PURCHASE),
    "promising": Action(T("Give a reason for a second purchase"), SECOND_PURCHASE),
    "need_attention": Action(T("Remind with what they used to buy"), COMING_BACK),
    "about_to_sleep": Action(T("Remind before the habit is lost"), COMING_BACK),
    "cant_lose": Action(T("Call in person and find out what went wrong"), COMING_BACK),
    "at_risk": Action(T("Win back with a personal offer"), COMING_BACK),
    "hibernating": Action(T("Spend little: a seasonal message at most"), COMING_BACK),
    "one_season": Action(T("Write to them shortly before their season, not now"), COMING_BACK),
}
SLIDING = Action(T("Thank them, and ask those who come less what keeps them away"), COMING_BACK)  # champions who slide


@dataclass(frozen=True)
class Rule:
    """A segment: a stable key, the name that readers see, and the lowest and highest score of each measure.

    `action` is what to do about it and which measure to watch; without one, common practice for that key, if any.
    """

    key: str
    name: Message
    recency: tuple[int, int] = ANY
    frequency: tuple[int, int] = ANY
    monetary: tuple[int, int] = ANY
    action: Action | None = None

    @property
    def is_away(self) -> bool:
        """Whether its customers have not come lately."""
        return self.recency[1] <= 2

    @property
    def is_slipping(self) -> bool:
        """Whether they used to buy often besides."""
        return self.is_away and self.frequency[0] >= 3

    def cells(self) -> Iterator[Cell]:
        """Every (R, F, M) that the rule claims."""
        spans = (self.recency, self.frequency, self.monetary)
        return itertools.product(*(range(low, high + 1) for low, high in spans))  # type: ignore[return-value]


@dataclass(frozen=True, repr=False)
class RuleTable(Brief):
    """Rules that together claim each of the 125 cells (R, F, M) once, and so each of the 25 cells (R, F).

    >>> RuleTable([Rule("new", T("New"), recency=(4, 5)), Rule("old", T("Old"), recency=(1, 2))])
    Traceback (most recent call last):
        ...
    cxlib.errors.ConfigurationError: segment rules: no segment for R3 at any F and M. Change the score ranges ...
    """

    rules: Sequence[Rule]

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", tuple(self.rules))
        if twice := sorted({key for key in self.keys if self.keys.count(key) > 1}):
            raise ConfigurationError(f"segment rules: key {twice[0]!r} stands twice. Give each segment its own key.")
        claims = self._claims()
        faults = _gaps(claims) + _overlaps(claims)
        if faults:
            raise ConfigurationError(
                f"segment rules: {'; '.join(faults)}. "
                "Change the score ranges so that each cell has exactly one segment."
            )

    @property
    def keys(self) -> list[str]:
        """Keys of the segments in the order of the rules."""
        return [rule.key for rule in self.rules]

    def name(self, key: str) -> Message:
        """The name of a segment that readers see."""
        return next(rule.name for rule in self.rules if rule.key == key)

    @property
    def actions(self) -> dict[str, Action]:
        """What to do about each segment, where a rule or common practice says so."""
        known = {rule.key: rule.action or ACTIONS.get(rule.key) for rule in self.rules}
        return {key: action for key, action in known.items() if action is not None}

    @cached_property
    def lookup(self) -> NDArray[np.int64]:
        """Position of the rule of each cell, by R-1, F-1, M-1."""
        grid = np.zeros((5, 5, 5), dtype=np.int64)
        for position, rule in enumerate(self.rules):
            for r, f, m in rule.cells():
                grid[r - 1, f - 1, m - 1] = position
        return grid

    @property
    def cells(self) -> pd.DataFrame:
        """All 125 cells: recency_score, frequency_score, monetary_score, segment (key), name."""
        rows = [(*cell, self.rules[self.lookup[cell[0] - 1, cell[1] - 1, cell[2] - 1]]) for cell in _all_cells()]
        return pd.DataFrame(
            [(r, f, m, rule.key, rule.name) for r, f, m, rule in rows],
            columns=["recency_score", "frequency_score", "monetary_score", "segment", "name"],
        )

    @property
    def proof(self) -> Message:
        """The statement that the table was checked for, for the page."""
        return T(
            "Each of the {pairs} cells of recency and frequency, and each of the {cells} with money, has exactly one "
            "of the {segments} segments",
            pairs=Count(25),
            cells=Count(len(self.cells)),
            segments=Count(sum(rule != ONE_SEASON for rule in self.rules)),
        )

    def _claims(self) -> dict[Cell, list[str]]:
        claims: dict[Cell, list[str]] = {cell: [] for cell in _all_cells()}
        for rule in self.rules:
            for cell in rule.cells():
                claims[cell].append(rule.key)
        return claims


def _all_cells() -> Iterator[Cell]:
    return itertools.product(SCORES, SCORES, SCORES)


def _gaps(claims: dict[Cell, list[str]]) -> list[str]:
    free = [cell for cell, keys in claims.items() if not keys]
    return [f"no segment for {_named(free)}"] if free else []


def _overlaps(claims: dict[Cell, list[str]]) -> list[str]:
    by_claim: dict[tuple[str, ...], list[Cell]] = {}
    for cell, keys in claims.items():
        if len(keys) > 1:
            by_claim.setdefault(tuple(keys), []).append(cell)
    return [f"{_named(cells)} claimed by {' and '.join(map(repr, keys))}" for keys, cells in by_claim.items()]


def _named(cells: Sequence[Cell]) -> str:
    """Cells in words, shortened where a whole row (R) or every amount (M) of a cell is meant."""
    whole_rows = [r for r in SCORES if sum(cell[0] == r for cell in cells) == 25]
    left = [cell for cell in cells if cell[0] not in whole_rows]
    pairs = {(r, f): sum(cell[:2] == (r, f) for cell in left) for r, f, _ in left}
    names = [f"R{r} at any F and M" for r in whole_rows] + [f"R{r} F{f}" for (r, f), n in pairs.items() if n == 5]
    return ", ".join(names + [f"R{r} F{f} M{m}" for r, f, m in left if pairs[r, f] < 5])


ONE_SEASON = Rule("one_season", T("One season only"), recency=(6, 5))
"""Who wait for a season, whatever they score: of no cell."""

TEN_SEGMENTS = RuleTable(
    [
        Rule("champions", T("Champions"), recency=(5, 5), frequency=(4, 5)),
        Rule("loyal", T("Loyal customers"), recency=(3, 4), frequency=(4, 5)),
        Rule("potential_loyalists", T("Potential loyalists"), recency=(4, 5), frequency=(2, 3)),
        Rule("new", T("New customers"), recency=(5, 5), frequency=(1, 1)),
        Rule("promising", T("Promising"), recency=(4, 4), frequency=(1, 1)),
        Rule("need_attention", T("Need attention"), recency=(3, 3), frequency=(3, 3)),
        Rule("about_to_sleep", T("About to sleep"), recency=(3, 3), frequency=(1, 2)),
        Rule("cant_lose", T("Can't lose them"), recency=(1, 2), frequency=(5, 5)),
        Rule("at_risk", T("At risk"), recency=(1, 2), frequency=(3, 4)),
        Rule("hibernating", T("Hibernating"), recency=(1, 2), frequency=(1, 2)),
    ]
)
"""The ten-segment recency x frequency grid in common use; money describes the segments and does not make them."""


def choose_rules(segments: Mapping[str, object]) -> RuleTable:
    """The rules that the parameter `own_segments` gives; the ten usual ones when it is empty.

    Raises ConfigurationError: a setting is unknown or has no meaning, or a cell of the grid has no segment or more than
        one; all such cells are named.

    >>> choose_rules({}) is TEN_SEGMENTS
    True
    """
    return rules_from_plain(segments, source="own_segments") if segments else TEN_SEGMENTS


def rules_from_plain(plain: object, *, source: str) -> RuleTable:
    """A rule table from plain values: by key of a segment its settings; `source` is named in errors."""
    if not isinstance(plain, Mapping) or not plain:
        raise ConfigurationError(f"{source} must hold a key for each segment, and its settings below it.")
    rules = [_rule(str(key), settings, f"{source}: segment {key!r}") for key, settings in plain.items()]
    try:
        return RuleTable(rules)
    except ConfigurationError as error:
        raise ConfigurationError(f"{source}: {error}") from None


def rules_to_plain(rules: RuleTable) -> dict[str, object]:
    """Plain values that `rules_from_plain` turns into the same table; names in every language that is known."""
    return {rule.key: _plain(rule) for rule in rules.rules if rule != ONE_SEASON}


def _rule(key: str, settings: object, where: str) -> Rule:
    if not isinstance(settings, Mapping):
        raise ConfigurationError(f"{where}: expected settings such as 'name' and 'recency' below the key.")
    for setting in settings:
        if setting not in SETTINGS:
            raise ConfigurationError(f"{where}: unknown setting {setting!r}. {nearest(str(setting), SETTINGS)}")
    spans = {measure: _span(settings[measure], measure, where) for measure in SCORED if measure in settings}
    return Rule(key, _text(settings.get("name"), "name", where), **spans, action=_action(settings, where))


def _span(value: Any, measure: str, where: str) -> tuple[int, int]:
    ends = [value, value] if isinstance(value, int) else value
    whole = isinstance(ends, list) and len(ends) == 2 and all(type(end) is int for end in ends)
    if not whole or not 1 <= ends[0] <= ends[1] <= 5:
        raise ConfigurationError(
            f"{where}: {measure} is {value!r}. Write the lowest and highest score from 1 to 5, as [4, 5], or one score."
        )
    return (ends[0], ends[1])


def _text(value: Any, setting: str, where: str) -> Message:
    texts = {"en": value} if isinstance(value, str) else value
    good = isinstance(texts, Mapping) and texts and all(isinstance(text, str) and text for text in texts.values())
    if not good:
        raise ConfigurationError(
            f"{where}: {setting} is {value!r}. Write a text, or one for each language, {{en: ...}}."
        )
    for language in texts:
        if language not in available_languages():
            known = nearest(str(language), available_languages())
            raise ConfigurationError(f"{where}: {setting} has an unknown language {language!r}. {known}")
    return Given.of(dict(texts))


def _action(settings: Mapping[str, object], where: str) -> Action | None:
    texts = [name for name in ("action", "measure") if name in settings]
    if len(texts) == 1:
        raise ConfigurationError(f"{where}: {texts[0]!r} stands alone. Give both 'action' and 'measure', or neither.")
    return Action(*(_text(settings[name], name, where) for name in texts)) if texts else None


def _plain(rule: Rule) -> dict[str, object]:
    spans = {measure: list(getattr(rule, measure)) for measure in SCORED if getattr(rule, measure) != ANY}
    texts = {"name": rule.name}
    if rule.action is not None:
        texts |= {"action": rule.action.do, "measure": rule.action.watch}
    said = {name: dict(m.texts) if isinstance(m, Given) else in_each_language(m) for name, m in texts.items()}
    return {**said, **spans}
