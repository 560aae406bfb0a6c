"""The RFM grid: each customer scored for recency, frequency and money, and put into exactly one segment.

**Ties.** A customer's score is ``floor(5 * worse / n) + 1``, where `worse` counts the customers who are strictly worse:
score 5 means ahead of at least four in five customers, score 2 of at least one in five. Customers with equal values
always share a score, the lowest that any of them qualifies for; so scores need not hold one fifth each, and where one
value is common (34% of a shop's customers buy once) a score may stay empty. Cutting such a group to get equal fifths
would put identical customers into different segments by row order. It is integer arithmetic: the same on any engine.
Of another number of scores it is that number in place of five; rules with cut points of their own are scored by these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cxlib.checks import Codes, Floats, require_values
from cxlib.errors import DataError
from cxlib.language import Count, Message, Percent, T, WordList, join_names, minor_units
from cxlib.measures.result import Brief
from cxlib.segments.rules import ONE_SEASON, TEN_SEGMENTS, Cuts, RuleTable, rules_from_plain, rules_to_plain
from cxlib.segments.saved import damaged, read_frozen, write_frozen

KIND, FORM = "rfm_grid", 1
MEASURES = {"recency": "recency_days", "frequency": "frequency", "monetary": "monetary"}
NAMES = WordList("measures of customers")


@dataclass(frozen=True)
class Edges:
    """The frozen scale of one measure: `starts` holds the value from which scores 2, 3 and so on begin.

    Values are oriented so that larger is better (days since the last purchase are negated); infinity where no
    customer reached the score.
    """

    starts: tuple[float, ...]
    reversed: bool = False

    @classmethod
    def fit(cls, values: Floats, cut: int | Sequence[float] = 5, *, reversed: bool = False) -> Edges:  # noqa: A002  # the word for it
        """The scale on which these customers get the scores of the module's rule; `cut`: how many, or cut points."""
        if not isinstance(cut, int):
            return cls(tuple(float(-point) for point in cut[::-1]) if reversed else tuple(map(float, cut)), reversed)
        ordered = np.sort(-values if reversed else values)
        below = np.searchsorted(ordered, ordered, side="left")
        scores = cut * below.astype(np.int64) // len(ordered) + 1
        first = np.searchsorted(scores, range(2, cut + 1), side="left")
        return cls(tuple(float(ordered[at]) if at < len(ordered) else np.inf for at in first), reversed)

    def score(self, values: Floats) -> Codes:
        """Scores of values, also of values that were not there when the scale was fitted."""
        oriented = -values if self.reversed else values
        return np.searchsorted(np.array(self.starts), oriented.astype(float), side="right").astype(np.int64) + 1

    def to_plain(self) -> dict[str, object]:
        """Plain values for a file; a score that nobody reached begins at None."""
        return {"starts": [start if np.isfinite(start) else None for start in self.starts], "reversed": self.reversed}

    @classmethod
    def from_plain(cls, plain: dict[str, Any], bins: int) -> Edges:
        """The scale of `to_plain`, of so many scores."""
        starts = [np.inf if start is None else float(start) for start in plain["starts"]]
        if len(starts) != bins - 1 or starts != sorted(starts):
            raise ValueError(f"starts {plain['starts']} are not {bins - 1} ascending numbers")
        return cls(tuple(starts), bool(plain["reversed"]))

    def table(self, values: Floats) -> pd.DataFrame:
        """By score: the lowest and highest of `values` with it, and how many there are."""
        scored = pd.DataFrame({"score": self.score(values), "value": values}).groupby("score")["value"]
        return (
            scored.agg(lowest="min", highest="max", customers="size")
            .reindex(range(1, len(self.starts) + 2))
            .reset_index()
        )


class RfmGrid(Brief):
    """Scores customers on three measures by fixed edges and names the segment of each.

    `rules`: Which scores make which segment, and where they are cut: 1-5 by rank unless the rules say otherwise.
    `currency`: Of the cut points of money, in its units.
    `edges_`: By measure ("recency", "frequency", "monetary"), frozen by `fit`, so that tomorrow's customers are scored
        on today's scale.
    `scores_`: measure, score, lowest, highest (days, purchase days, cents), customers: where the edges fell.
    `notices_`: What a reader must know before trusting the grid: measures that tell nobody apart, empty scores, ties.
    `n_`: Customers that the edges come from.

    >>> frame = pd.DataFrame({"customer_id": list("abcde"), "recency_days": [0, 5, 20, 90, 200],
    ...                       "frequency": [9, 1, 4, 2, 1], "monetary": [9000, 800, 5000, 900, 700]})
    >>> RfmGrid().fit(frame).assign(frame)["segment"].tolist()
    ['champions', 'promising', 'loyal', 'at_risk', 'hibernating']
    """

    inside = ("edges_", "scores_")

    def __init__(self, rules: RuleTable = TEN_SEGMENTS, currency: str = "") -> None:
        self.rules, self.currency = rules, currency

    def fit(self, frame: pd.DataFrame) -> RfmGrid:
        """Fix the edges of the scores.

        `frame`: The table of `cxlib.data.rfm_frame`: recency_days, frequency, monetary (cents).
        Raises DataError: a column is missing or holds a missing value, or the table has no rows.
        """
        table = _rfm(frame)
        self.n_ = len(table)
        self.edges_ = {
            measure: Edges.fit(table[column].to_numpy(), self._cut(measure), reversed=measure == "recency")
            for measure, column in MEASURES.items()
        }
        scores = [
            self.edges_[measure].table(table[column].to_numpy()).assign(measure=measure)
            for measure, column in MEASURES.items()
        ]
        columns = ["measure", "score", "lowest", "highest", "customers"]
        self.scores_ = pd.concat(scores, ignore_index=True)[columns].fillna({"customers": 0})
        self.notices_ = (*_notices(table, self.rules.cuts), *_empty(self.scores_, self.rules.cuts))
        return self

    def _cut(self, measure: str) -> int | tuple[float, ...]:
        """Cut points in the units of the table: cents of money."""
        cut: int | tuple[float, ...] = getattr(self.rules.cuts, measure)
        if measure == "monetary" and isinstance(cut, tuple):
            return tuple(round(point * minor_units(self.currency)) for point in cut)
        return cut

    def assign(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A copy of `frame` with recency_score, frequency_score, monetary_score and segment (key).

        Who `waits` (a column that is not kept) is in `ONE_SEASON` where the rules have it, whatever the scores.

        Raises DataError: the grid is not fitted, a column is missing or holds a missing value, or the table has no
            rows.
        """
        self._refuse_unfitted()
        table = _rfm(frame)
        scores = {
            f"{measure}_score": self.edges_[measure].score(table[column].to_numpy())
            for measure, column in MEASURES.items()
        }
        cells = tuple(score - 1 for score in scores.values())
        codes = self.rules.lookup[cells]
        if "waits" in table and ONE_SEASON in self.rules.rules:
            codes = np.where(table["waits"], self.rules.keys.index(ONE_SEASON.key), codes)
        table = table.drop(columns="waits", errors="ignore")
        segment = pd.Categorical.from_codes(codes.tolist(), categories=pd.Index(self.rules.keys))
        return table.assign(**scores, segment=pd.Series(segment, index=table.index))

    def save(self, path: str | Path) -> None:
        """Write edges and rules as JSON, with the version of its form.

        Raises DataError: the grid is not fitted, or the file cannot be written.
        """
        self._refuse_unfitted()
        edges = {measure: edge.to_plain() for measure, edge in self.edges_.items()}
        content = {"n": self.n_, "edges": edges, "rules": rules_to_plain(self.rules)}
        write_frozen(path, KIND, form=FORM, content=content)

    @classmethod
    def load(cls, path: str | Path) -> RfmGrid:
        """A grid that `save` wrote, ready to `assign`. It has no `scores_`, and its notices were said at the fit.

        Raises DataError: the file cannot be read, is something else, is damaged, or has an unknown version.
        """
        content = read_frozen(path, KIND, form=FORM)
        try:
            grid = cls(rules_from_plain(content["rules"], source=str(path)))
            grid.n_ = int(content["n"])
            bins = zip(MEASURES, grid.rules.cuts.bins, strict=True)
            grid.edges_ = {measure: Edges.from_plain(content["edges"][measure], most) for measure, most in bins}
        except (KeyError, TypeError, ValueError) as error:
            raise damaged(path, KIND, error) from None
        grid.notices_ = ()
        return grid

    def _refuse_unfitted(self) -> None:
        if not hasattr(self, "edges_"):
            raise DataError("the RFM grid has no edges yet. Call .fit(frame) first.")


def _rfm(frame: pd.DataFrame) -> pd.DataFrame:
    remedy = "Make it with cxlib.data.rfm_frame, and check the period."
    return require_values(frame, MEASURES.values(), what="the table of customers", remedy=remedy)


def _notices(table: pd.DataFrame, cuts: Cuts) -> list[Message]:
    n = len(table)
    if n < 5 and cuts == Cuts():
        return [T("Only {n} customers: scores from 1 to 5 mean nothing for so few", n=Count(n))]
    notices = [
        T(
            "All {n} customers are alike in {measure}: it tells nobody apart, and all get the same score",
            n=Count(n),
            measure=NAMES[measure],
        )
        for measure, column in MEASURES.items()
        if table[column].min() == table[column].max()
    ]
    once = float((table["frequency"] == 1).mean())
    if 0.2 < once < 1 and cuts.frequency == 5:
        notices.append(
            T(
                "{share} of customers bought on one day only. They share one frequency score, so scores do not hold "
                "a fifth of customers each",
                share=Percent(once),
            )
        )
    return notices


def _empty(scores: pd.DataFrame, cuts: Cuts) -> list[Message]:
    """Which scores nobody has, of measures with cut points; by rank, ties leave some empty."""
    nobody = scores[scores["customers"] == 0].groupby("measure", sort=False)["score"].agg(list)
    return [
        T(
            "Nobody has score {scores} by {measure}: your own cut points leave it empty",
            scores=join_names([Count(score) for score in empty]),
            measure=NAMES[str(measure)],
        )
        for measure, empty in nobody.items()
        if isinstance(getattr(cuts, str(measure)), tuple)
    ]
