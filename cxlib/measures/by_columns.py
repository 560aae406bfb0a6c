"""Scores and their change by several divisions of the answers at once, without finding more the more one looks at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
import pandas as pd

from cxlib.language import Count, Message, T
from cxlib.measures.answer_frames import column_of, whose
from cxlib.measures.change import SegmentScores, score_segments
from cxlib.measures.explained import ChangeExplained, read_periods
from cxlib.measures.nps import SUPPRESS_BELOW
from cxlib.measures.result import Result
from cxlib.measures.sampling import LEAST_NPS, LEVEL, adjust_holm
from cxlib.measures.satisfaction import NPS, Outcome

Tested = TypeVar("Tested", SegmentScores, ChangeExplained)


@dataclass(frozen=True, repr=False)
class Divided(Result, Generic[Tested]):
    """What several divisions of the answers say; p_adjusted (Holm) in `parts` is over all groups together."""

    parts: Mapping[str, Tested]

    @property
    def table(self) -> pd.DataFrame:
        """All parts one below the other, with a column `by`."""
        tables: list[pd.DataFrame] = [part.table.assign(by=name) for name, part in self.parts.items()]
        if not tables:
            return pd.DataFrame(columns=["by", "segment", "value", "low", "high", "n", "difference", "significant"])
        return pd.concat(tables, ignore_index=True)

    @property
    def face(self) -> pd.DataFrame:
        """The table in quantities."""
        tables: list[pd.DataFrame] = [part.face.assign(by=name) for name, part in self.parts.items()]
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


@dataclass(frozen=True, repr=False)
class DividedScores(Divided[SegmentScores]):
    """The score of each group."""

    outcome: Outcome = NPS

    @property
    def clear(self) -> pd.DataFrame:
        """The groups that clearly differ, the largest difference first."""
        found = self.table[self.table["significant"].eq(True)]  # a value, not an option
        return found.sort_values("difference", key=abs, ascending=False, kind="stable")

    @property
    def headline(self) -> Message:
        """The group that differs most, or that none does."""
        if self.clear.empty:
            n = max((int(part.table["n"].sum()) for part in self.parts.values()), default=0)
            return T(
                "No group clearly differs from the others in {score} ({n} answers)",
                score=self.outcome.label,
                n=Count(n),
            )
        return self.parts[str(self.clear["by"].iloc[0])].headline


@dataclass(frozen=True, repr=False)
class DividedChange(Divided[ChangeExplained]):
    """A change of the score, shared out among groups."""

    @property
    def leading(self) -> str | None:
        """The division with the clearest change of a group, else the first; None where there is none."""
        known = {by: part.table["p_adjusted"].min() for by, part in self.parts.items()}
        clear = {by: p for by, p in known.items() if not self.parts[by].changed.empty and p == p}
        return (
            min(clear, key=lambda by: (clear[by], -_largest(self.parts[by]))) if clear else next(iter(self.parts), None)
        )

    @property
    def headline(self) -> Message:
        """Where the score changed most clearly, or that no group's did."""
        if self.leading is None:
            return T("There is nothing to divide the answers by")
        return self.parts[self.leading].headline

    @property
    def findings(self) -> tuple[Message, ...]:
        """The headline, and how much of the change is mix."""
        return () if self.leading is None else self.parts[self.leading].findings


def score_divided(frame: pd.DataFrame, *, by: Sequence[str], outcome: Outcome = NPS) -> DividedScores:
    """Score every group of each division against all other answers.

    `frame`: The answers (nps, unless `outcome` is another), weight, customer_id and the columns of `by`.
    `by`: Columns that divide the answers, such as touchpoint and region.
    Holm's correction is over the groups of all divisions.
    Raises DataError: there is no such column, or an answer or a weight does not fit.

    >>> frame = pd.DataFrame({"nps": [10] * 80 + [3] * 60, "weight": 1.0, "customer_id": range(140)})
    >>> frame["region"] = ["north"] * 70 + ["south"] * 70
    >>> score_divided(frame, by=["region"]).clear["segment"].tolist()
    ['north', 'south']
    """
    scores = frame[outcome.name]
    parts = {name: score_segments(scores, column_of(frame, name), outcome=outcome, **whose(frame)) for name in by}
    return DividedScores(_jointly(parts), outcome)


def explain_divided(
    now: pd.DataFrame, before: pd.DataFrame, *, by: Sequence[str], outcome: Outcome = NPS
) -> DividedChange:
    """Share a change of the score out among the groups of each division.

    `now`, `before`: The answers (nps, unless `outcome` is another), weight, customer_id and the columns of `by`, a row
        an answer of the two periods.
    `by`, `outcome`: As in `score_divided`. With too few answers for a score in either period there are no
        parts.
    Raises DataError: there is no such column, or an answer or a weight does not fit.

    >>> before = pd.DataFrame({"nps": [10, 9, 8, 2] * 50, "weight": 1.0, "customer_id": range(200)})
    >>> before["region"] = ["n", "n", "s", "s"] * 50
    >>> now = before.assign(nps=[10, 9, 2, 2] * 50)
    >>> explain_divided(now, before, by=["region"]).parts["region"].changed["group"].tolist()
    ['s']
    """
    if min(now[outcome.name].count(), before[outcome.name].count()) < SUPPRESS_BELOW:
        return DividedChange({})
    for name in by:
        column_of(now, name)
    periods = read_periods(now, before, outcome=outcome)
    return DividedChange(_jointly({name: periods.explained(name) for name in by}))


def _jointly(parts: dict[str, Tested]) -> dict[str, Tested]:
    """The parts with Holm's correction over all of them together."""
    if not parts:
        return parts
    adjusted = adjust_holm(np.concatenate([part.table["p_value"].to_numpy(float) for part in parts.values()]))
    found, at = {}, 0
    for name, part in parts.items():
        mine = adjusted[at : at + len(part.table)]
        at += len(part.table)
        clear = (mine < 1 - LEVEL) & (part.table["difference"].abs() >= LEAST_NPS)
        found[name] = replace(part, table=part.table.assign(p_adjusted=mine, significant=clear))
    return found


def _largest(part: ChangeExplained) -> float:
    """The largest share of the change that a group whose score changed brings."""
    return float(part.changed["performance"].abs().max())
