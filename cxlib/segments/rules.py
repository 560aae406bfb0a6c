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

A measure that is left out takes any score. Each of the 125 cells must have exactly one segment. Beside the segments may
stand where scores are cut, other than into five by rank:

      cut_points:
        recency: [30, 90, 180]     # most days since the last purchase: up to 30 scores 4, up to 90 3, above 180 1
        frequency: [2, 3, 6, 12]   # least purchase days: from 2 scores 2, from 12 scores 5
        monetary: 10               # so many scores by rank; cut points of money are in units of the currency
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxlib.errors import ConfigurationError, nearest
from cxlib.language import Count, Given, Message, T, available_languages
from cxlib.measures.metric import in_each_language
from cxlib.measures.result import Brief

MOST_SCORES = 10
SCORED = ("recency", "frequency", "monetary")
SETTINGS = ("name", *SCORED, "action", "measure")
CUT_POINTS = "cut_points"  # beside the keys of segments
ANY = (1, MOST_SCORES)
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

    def cells(self, bins: Cell) -> Iterator[Cell]:
        """Every (R, F, M) that the rule claims, of so many scores of each."""
        spans = zip((self.recency, self.frequency, self.monetary), bins, strict=True)
        return itertools.product(*(range(low, min(high, most) + 1) for (low, high), most in spans))  # type: ignore[return-value]


@dataclass(frozen=True)
class Cuts:
    """Where the scores of each measure are cut: so many by rank, or cut points in ascending order.

    `recency`: Most days since the last purchase, for the highest score first.
    `frequency`, `monetary`: Least purchase days and least amount (in units of the currency), for score 2 first.
    """

    recency: int | tuple[float, ...] = 5
    frequency: int | tuple[float, ...] = 5
    monetary: int | tuple[float, ...] = 5

    @property
    def bins(self) -> Cell:
        """How many scores recency, frequency and money have."""
        cuts = (getattr(self, measure) for measure in SCORED)
        return tuple(cut if isinstance(cut, int) else len(cut) + 1 for cut in cuts)  # type: ignore[return-value]


@dataclass(frozen=True, repr=False)
class RuleTable(Brief):
    """Rules that together claim each cell (R, F, M) once, and so each cell (R, F): of five scores 125 and 25.

    `cuts`: Where the scores are cut.

    >>> RuleTable([Rule("new", T("New"), recency=(4, 5)), Rule("old", T("Old"), recency=(1, 2))])
    Traceback (most recent call last):
        ...
    cxlib.errors.ConfigurationError: segment rules: no segment for R3 at any F and M. Change the score ranges ...
    """

    rules: Sequence[Rule]
    cuts: Cuts = Cuts()

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", tuple(self.rules))
        if twice := sorted({key for key in self.keys if self.keys.count(key) > 1}):
            raise ConfigurationError(f"segment rules: key {twice[0]!r} stands twice. Give each segment its own key.")
        claims = self._claims()
        faults = _gaps(claims, self.cuts.bins) + _overlaps(claims, self.cuts.bins)
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

    @property
    def away(self) -> list[str]:
        """Keys of the segments whose customers have not come lately: of the lower two in five of recency's scores."""
        return [rule.key for rule in self.rules if rule.recency[1] <= _low(self.cuts.bins[0])]

    @property
    def slipping(self) -> list[str]:
        """Keys of those who used to buy often besides."""
        often = {rule.key for rule in self.rules if rule.frequency[0] > _low(self.cuts.bins[1])}
        return [key for key in self.away if key in often]

    @cached_property
    def lookup(self) -> NDArray[np.int64]:
        """Position of the rule of each cell, by R-1, F-1, M-1."""
        grid = np.zeros(self.cuts.bins, dtype=np.int64)
        for position, rule in enumerate(self.rules):
            for r, f, m in rule.cells(self.cuts.bins):
                grid[r - 1, f - 1, m - 1] = position
        return grid

    @property
    def cells(self) -> pd.DataFrame:
        """All cells: recency_score, frequency_score, monetary_score, segment (key), name."""
        every = _all_cells(self.cuts.bins)
        rows = [(*cell, self.rules[self.lookup[cell[0] - 1, cell[1] - 1, cell[2] - 1]]) for cell in every]
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
            pairs=Count(self.cuts.bins[0] * self.cuts.bins[1]),
            cells=Count(len(self.cells)),
            segments=Count(sum(rule != ONE_SEASON for rule in self.rules)),
        )

    def _claims(self) -> dict[Cell, list[str]]:
        claims: dict[Cell, list[str]] = {cell: [] for cell in _all_cells(self.cuts.bins)}
        for rule in self.rules:
            for cell in rule.cells(self.cuts.bins):
                claims[cell].append(rule.key)
        return claims


def _low(bins: int) -> int:
    """The highest score that is a low one: two of five."""
    return max(1, 2 * bins // 5)


def _all_cells(bins: Cell) -> Iterator[Cell]:
    return itertools.product(*(range(1, most + 1) for most in bins))  # type: ignore[return-value]


def _gaps(claims: dict[Cell, list[str]], bins: Cell) -> list[str]:
    free = [cell for cell, keys in claims.items() if not keys]
    return [f"no segment for {_named(free, bins)}"] if free else []


def _overlaps(claims: dict[Cell, list[str]], bins: Cell) -> list[str]:
    by_claim: dict[tuple[str, ...], list[Cell]] = {}
    for cell, keys in claims.items():
        if len(keys) > 1:
            by_claim.setdefault(tuple(keys), []).append(cell)
    return [f"{_named(cells, bins)} claimed by {' and '.join(map(repr, keys))}" for keys, cells in by_claim.items()]


def _named(cells: Sequence[Cell], bins: Cell) -> str:
    """Cells in words, shortened where a whole row (R) or every amount (M) of a cell is meant."""
    rows, often, amounts = bins
    whole_rows = [r for r in range(1, rows + 1) if sum(cell[0] == r for cell in cells) == often * amounts]
    left = [cell for cell in cells if cell[0] not in whole_rows]
    pairs = {(r, f): sum(cell[:2] == (r, f) for cell in left) for r, f, _ in left}
    names = [f"R{r} at any F and M" for r in whole_rows]
    names += [f"R{r} F{f}" for (r, f), n in pairs.items() if n == amounts]
    return ", ".join(names + [f"R{r} F{f} M{m}" for r, f, m in left if pairs[r, f] < amounts])


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

    `segments`: Segment -> its settings, as a parameter file has them.
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
    cuts = _cuts(plain[CUT_POINTS], f"{source}: {CUT_POINTS}") if CUT_POINTS in plain else Cuts()
    bins = dict(zip(SCORED, cuts.bins, strict=True))
    own = [(str(key), settings) for key, settings in plain.items() if key != CUT_POINTS]
    if not own and cuts.bins[:2] != Cuts().bins[:2]:
        raise ConfigurationError(
            f"{source}: the ten usual segments need five scores of recency and of frequency, and {CUT_POINTS} make "
            f"{cuts.bins[0]} and {cuts.bins[1]}. Give four cut points of each, or write your own segments beside them."
        )
    rules = [_rule(key, settings, f"{source}: segment {key!r}", bins) for key, settings in own]
    try:
        return RuleTable(rules or TEN_SEGMENTS.rules, cuts)
    except ConfigurationError as error:
        raise ConfigurationError(f"{source}: {error}") from None


def rules_to_plain(rules: RuleTable) -> dict[str, object]:
    """Plain values that `rules_from_plain` turns into the same table; names in every language that is known."""
    own = {measure: getattr(rules.cuts, measure) for measure in SCORED}
    cuts = {measure: list(cut) if isinstance(cut, tuple) else cut for measure, cut in own.items()}
    named: dict[str, object] = {rule.key: _plain(rule, rules.cuts.bins) for rule in rules.rules if rule != ONE_SEASON}
    return named if rules.cuts == Cuts() else {CUT_POINTS: cuts, **named}


def _cuts(plain: object, where: str) -> Cuts:
    if not isinstance(plain, Mapping) or not plain:
        raise ConfigurationError(f"{where} is {plain!r}. Write recency, frequency or monetary below it.")
    for measure in plain:
        if measure not in SCORED:
            raise ConfigurationError(f"{where}: unknown measure {measure!r}. {nearest(str(measure), SCORED)}")
    return Cuts(**{measure: _cut(cut, f"{where}: {measure}") for measure, cut in plain.items()})


def _cut(cut: object, where: str) -> int | tuple[float, ...]:
    numbers = cut if isinstance(cut, list) else [cut]
    good = all(isinstance(each, int | float) and not isinstance(each, bool) and isfinite(each) for each in numbers)
    if not numbers or not good or not isinstance(cut, int | list):
        raise ConfigurationError(
            f"{where} is {cut!r}. Write cut points in ascending order, as [30, 90, 180], or how many scores by rank."
        )
    if numbers != sorted(set(numbers)):
        raise ConfigurationError(f"{where} has cut points out of order or twice: {cut}. Write each once, lowest first.")
    bins = cut if isinstance(cut, int) else len(numbers) + 1
    if not 2 <= bins <= MOST_SCORES:
        raise ConfigurationError(f"{where} makes {bins} scores. At least 2 and at most {MOST_SCORES} can be read.")
    return cut if isinstance(cut, int) else tuple(numbers)


def _rule(key: str, settings: object, where: str, bins: Mapping[str, int]) -> Rule:
    if not isinstance(settings, Mapping):
        raise ConfigurationError(f"{where}: expected settings such as 'name' and 'recency' below the key.")
    for setting in settings:
        if setting not in SETTINGS:
            raise ConfigurationError(f"{where}: unknown setting {setting!r}. {nearest(str(setting), SETTINGS)}")
    spans = {each: _span(settings.get(each, [1, most]), each, where, most) for each, most in bins.items()}
    return Rule(key, _text(settings.get("name"), "name", where), **spans, action=_action(settings, where))


def _span(value: Any, measure: str, where: str, most: int) -> tuple[int, int]:
    ends = [value, value] if isinstance(value, int) else value
    whole = isinstance(ends, list) and len(ends) == 2 and all(type(end) is int for end in ends)
    if not whole or not 1 <= ends[0] <= ends[1] <= most:
        raise ConfigurationError(
            f"{where}: {measure} is {value!r}. Write the lowest and highest score from 1 to {most}, as "
            f"[{most - 1}, {most}], or one score."
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


def _plain(rule: Rule, bins: Cell) -> dict[str, object]:
    scored = {measure: getattr(rule, measure) for measure in SCORED}
    spans = {
        each: [low, high]
        for (each, (low, high)), most in zip(scored.items(), bins, strict=True)
        if low > 1 or high < most
    }
    texts = {"name": rule.name}
    if rule.action is not None:
        texts |= {"action": rule.action.do, "measure": rule.action.watch}
    said = {name: dict(m.texts) if isinstance(m, Given) else in_each_language(m) for name, m in texts.items()}
    return {**said, **spans}
