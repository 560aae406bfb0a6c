"""Rules that name every cell of the RFM grid exactly once, proved when the table is made."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxlib.errors import ConfigurationError
from cxlib.language import Count, Message, T
from cxlib.segments.actions import ACTIONS, Action

SCORES = range(1, 6)
ANY = (1, 5)
Cell = tuple[int, int, int]


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
    def is_slipping(self) -> bool:
        """Whether its customers used to buy often and no longer come."""
        return self.recency[1] <= 2 and self.frequency[0] >= 3

    @property
    def is_growing(self) -> bool:
        """Whether its customers come, and could come more often: lately enough for how seldom they have bought."""
        return self.recency[0] >= 3 and self.frequency[1] <= 3 and self.recency[0] + self.frequency[0] >= 5

    def cells(self) -> Iterator[Cell]:
        """Every (R, F, M) that the rule claims."""
        spans = (self.recency, self.frequency, self.monetary)
        return itertools.product(*(range(low, high + 1) for low, high in spans))  # type: ignore[return-value]


@dataclass(frozen=True)
class RuleTable:
    """Rules that together claim each of the 125 cells (R, F, M) once, and so each of the 25 cells (R, F).

    Raises
    ------
    ConfigurationError
        A score lies outside 1-5, a key stands twice, or a cell has no segment or more than one; all are named.

    Examples
    --------
    >>> RuleTable([Rule("new", T("New"), recency=(4, 5)), Rule("old", T("Old"), recency=(1, 2))])
    Traceback (most recent call last):
        ...
    cxlib.errors.ConfigurationError: segment rules: no segment for R3 at any F and M. Change the score ranges ...
    """

    rules: Sequence[Rule]

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", tuple(self.rules))
        _refuse_scores(self.rules)
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
    def grid(self) -> pd.DataFrame:
        """Names by recency score (rows, 5 first) and frequency score (columns); several where money decides."""
        cells = self.cells.assign(name=lambda t: t["name"].map(str))
        joined = cells.groupby(["recency_score", "frequency_score"])["name"].agg(lambda t: " / ".join(dict.fromkeys(t)))
        return joined.unstack("frequency_score").sort_index(ascending=False)  # noqa: PD010  # nothing to aggregate

    @property
    def proof(self) -> Message:
        """The statement that the table was checked for, for the page."""
        return T(
            "Each of the {pairs} cells of recency and frequency, and each of the {cells} with money, has exactly one "
            "of the {segments} segments",
            pairs=Count(25),
            cells=Count(len(self.cells)),
            segments=Count(len(self.rules)),
        )

    def _claims(self) -> dict[Cell, list[str]]:
        claims: dict[Cell, list[str]] = {cell: [] for cell in _all_cells()}
        for rule in self.rules:
            for cell in rule.cells():
                claims[cell].append(rule.key)
        return claims


def _all_cells() -> Iterator[Cell]:
    return itertools.product(SCORES, SCORES, SCORES)


def _refuse_scores(rules: Sequence[Rule]) -> None:
    for rule in rules:
        for measure in ("recency", "frequency", "monetary"):
            low, high = getattr(rule, measure)
            if not 1 <= low <= high <= 5:
                raise ConfigurationError(
                    f"segment rule {rule.key!r}: {measure} scores {low} to {high} are not a range inside 1 to 5."
                )
    keys = [rule.key for rule in rules]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise ConfigurationError(f"segment rules: key {twice[0]!r} stands twice. Give each segment its own key.")


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
