"""The RFM grid: each customer scored for recency, frequency and money, and put into exactly one segment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from cxlib.errors import DataError
from cxlib.language import Count, Message, Percent, T
from cxlib.segments.result import as_frame
from cxlib.segments.rule_files import rules_from_plain, rules_to_plain
from cxlib.segments.rules import TEN_SEGMENTS, RuleTable
from cxlib.segments.saved import damaged, read_frozen, write_frozen
from cxlib.segments.scores import Edges

KIND, FORM = "rfm_grid", 1
MEASURES = {"recency": "recency_days", "frequency": "frequency", "monetary": "monetary"}
NAMES = {
    "recency": T("the day of their last purchase"),
    "frequency": T("the number of purchase days"),
    "monetary": T("the amount spent"),
}


class RfmGrid:
    """Scores customers 1-5 on three measures by fixed edges and names the segment of each.

    Parameters
    ----------
    rules : RuleTable
        Which scores make which segment.

    Attributes
    ----------
    edges_ : dict of Edges
        By measure ("recency", "frequency", "monetary"), frozen by `fit`, so that tomorrow's customers are scored
        on today's scale. `cxlib.segments.scores` says how ties are treated.
    scores_ : DataFrame
        measure, score, lowest, highest (days, purchase days, cents), customers: where the edges fell.
    notices_ : tuple of Message
        What a reader must know before trusting the grid: measures that tell nobody apart, empty scores, ties.
    n_ : int
        Customers that the edges come from.

    Examples
    --------
    >>> frame = pd.DataFrame({"customer_id": list("abcde"), "recency_days": [0, 5, 20, 90, 200],
    ...                       "frequency": [9, 1, 4, 2, 1], "monetary": [9000, 800, 5000, 900, 700]})
    >>> RfmGrid().fit(frame).assign(frame)["segment"].tolist()
    ['champions', 'promising', 'loyal', 'at_risk', 'hibernating']
    """

    def __init__(self, rules: RuleTable = TEN_SEGMENTS) -> None:
        self.rules = rules

    def fit(self, frame: Any) -> RfmGrid:
        """Fix the edges of the scores.

        Parameters
        ----------
        frame : DataFrame or ibis table
            The table of `cxlib.data.rfm_frame`: recency_days, frequency, monetary (cents).

        Raises
        ------
        DataError
            A column is missing or holds a missing value, or the table has no rows.
        """
        table = _rfm(frame)
        self.n_ = len(table)
        self.edges_ = {
            measure: Edges.fit(table[column].to_numpy(), reversed=measure == "recency")
            for measure, column in MEASURES.items()
        }
        self.scores_ = pd.concat(
            [
                self.edges_[measure].table(table[column].to_numpy()).assign(measure=measure)
                for measure, column in MEASURES.items()
            ],
            ignore_index=True,
        )[["measure", "score", "lowest", "highest", "customers"]].fillna({"customers": 0})
        self.notices_ = tuple(_notices(table))
        return self

    def assign(self, frame: Any) -> pd.DataFrame:
        """A copy of `frame` with recency_score, frequency_score, monetary_score (1-5) and segment (key).

        Raises
        ------
        DataError
            The grid is not fitted, a column is missing or holds a missing value, or the table has no rows.
        """
        self._refuse_unfitted()
        table = _rfm(frame)
        scores = {
            f"{measure}_score": self.edges_[measure].score(table[column].to_numpy())
            for measure, column in MEASURES.items()
        }
        cells = tuple(score - 1 for score in scores.values())
        codes = self.rules.lookup[cells]
        segment = pd.Categorical.from_codes(codes.tolist(), categories=pd.Index(self.rules.keys))
        return table.assign(**scores, segment=pd.Series(segment, index=table.index))

    def save(self, path: str | Path) -> None:
        """Write edges and rules as JSON, with the version of its form.

        Raises
        ------
        DataError
            The grid is not fitted, or the file cannot be written.
        """
        self._refuse_unfitted()
        edges = {measure: edge.to_plain() for measure, edge in self.edges_.items()}
        content = {"n": self.n_, "edges": edges, "rules": rules_to_plain(self.rules)}
        write_frozen(path, KIND, form=FORM, content=content)

    @classmethod
    def load(cls, path: str | Path) -> RfmGrid:
        """A grid that `save` wrote, ready to `assign`. It has no `scores_`, and its notices were said at the fit.

        Raises
        ------
        DataError
            The file cannot be read, is something else, is damaged, or has an unknown version.
        """
        found = read_frozen(path, KIND, form=FORM)
        try:
            grid = cls(rules_from_plain(found["rules"], source=str(path)))
            grid.n_ = int(found["n"])
            grid.edges_ = {measure: Edges.from_plain(found["edges"][measure]) for measure in MEASURES}
        except (KeyError, TypeError, ValueError) as error:
            raise damaged(path, KIND, error) from None
        grid.notices_ = ()
        return grid

    def _refuse_unfitted(self) -> None:
        if not hasattr(self, "edges_"):
            raise DataError("the RFM grid has no edges yet. Call .fit(frame) first.")


def _rfm(frame: Any) -> pd.DataFrame:
    return as_frame(frame, MEASURES.values(), made_by="rfm_frame")


def _notices(table: pd.DataFrame) -> list[Message]:
    n = len(table)
    if n < 5:
        return [T("Only {n} customers: scores from 1 to 5 mean nothing for so few", n=Count(n))]
    notices = [
        T(
            "All {n} customers are alike in {measure}: it tells nobody apart, and all get its score 1",
            n=Count(n),
            measure=NAMES[measure],
        )
        for measure, column in MEASURES.items()
        if table[column].min() == table[column].max()
    ]
    once = float((table["frequency"] == 1).mean())
    if 0.2 < once < 1:
        notices.append(
            T(
                "{share} of customers bought on one day only. They share one frequency score, so scores do not hold "
                "a fifth of customers each",
                share=Percent(once),
            )
        )
    return notices
