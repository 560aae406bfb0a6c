"""Drivers in the order of their importance, with what is uncertain about that order."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from cxlib.checks import Flags, Floats
from cxlib.language import Count, Message, Percent, T, join_names
from cxlib.measures.result import Result

HIGH_VIF = 5.0


@dataclass(frozen=True)
class DriverRanking(Result):
    """What rating goes with the score how closely.

    Attributes
    ----------
    table : DataFrame
        In the order of importance: driver, name, importance (R2 that is the driver's), share (of the R2 of all), low,
        high, rank, rank_low, rank_high, p_top3, tie (number of the tie group; drivers with one number cannot be told
        apart from its first), johnson (share), share_coded and rank_coded (the score as -1, 0, +1), complete_case
        (share, from answers without a skipped rating), among_users (share among those who met the driver), users,
        correlation, beta (standardised, in the whole regression), beta_low, beta_high, vif, rated, not_applicable,
        skipped.
    draws : array (draws, drivers)
        Shares in the resamples, columns as in `table`.
    r_squared, r_squared_low, r_squared_high : float
        What all drivers explain of these answers, and the interval for all customers, without the part that any
        ratings would explain by chance.
    n, customers, complete : int
        Answers, customers, and answers without a skipped rating.
    method : str
        "lmg" or, for more than 27 drivers, "johnson".
    """

    table: pd.DataFrame
    draws: Floats = field(repr=False)
    r_squared: float
    r_squared_low: float
    r_squared_high: float
    n: int
    customers: int
    complete: int
    level: float = 0.95
    method: str = "lmg"

    @property
    def summary(self) -> pd.DataFrame:
        """The table in quantities."""
        t = self.table
        return pd.DataFrame(
            {
                "driver": t["name"], "share": t["share"].map(Percent), "low": t["low"].map(Percent),
                "high": t["high"].map(Percent), "rank from": t["rank_low"].map(Count),
                "rank to": t["rank_high"].map(Count), "chance of top 3": t["p_top3"].map(Percent),
                "tie": t["tie"].map(Count), "complete answers only": t["complete_case"].map(Percent),
                "as promoters and detractors": t["share_coded"].map(Percent),
            }
        )  # fmt: skip

    @cached_property
    def ties(self) -> list[list[str]]:
        """Drivers by tie group, most important group first."""
        return [part["driver"].tolist() for _, part in self.table.groupby("tie", sort=True)]

    @property
    def explains(self) -> bool:
        """Whether all ratings together clearly explain something; where they do not, none weighs most."""
        return self.r_squared_low > 0

    @property
    def leaders(self) -> list[object]:
        """Names of the drivers of the first tie group, which are all of them where they explain nothing."""
        return self.table.loc[self.table["tie"] == 1, "name"].tolist()

    @property
    def headline(self) -> Message:
        """Which driver weighs most, or which ones tie for it."""
        top, leaders = self.table.iloc[0], self.leaders
        values: dict[str, object] = {
            "share": Percent(top["share"]), "low": Percent(top["low"]), "high": Percent(top["high"]),
            "level": Percent(self.level), "n": Count(self.n), "drivers": join_names(leaders),
        }  # fmt: skip
        if not self.explains:
            return T("All ratings together do not clearly explain the score: none weighs most ({n} answers)", **values)
        if len(self.table) > 1 and len(leaders) == len(self.table):
            return T("No driver clearly weighs more than the others ({n} answers)", **values)
        if len(leaders) > 1:
            return T(
                "{drivers} weigh most for the score, and which of them is first cannot be told ({n} answers)", **values
            )
        return T(
            "{drivers} weighs most for the score, with {share} of what all drivers explain ({level} interval {low} to "
            "{high}, {n} answers)", **values,
        )  # fmt: skip

    @property
    def findings(self) -> tuple[Message, ...]:
        """The headline, how much is explained, and what limits the reading."""
        if not self.explains:
            return (self.headline, *self._flags())
        found = [
            self.headline,
            T(
                "Together the drivers explain {share} of the differences in the score ({level} interval {low} to "
                "{high}); importance is association, not proof of cause", share=Percent(self.r_squared),
                low=Percent(self.r_squared_low), high=Percent(self.r_squared_high), level=Percent(self.level),
            ),
        ]  # fmt: skip
        return (*found, self.coding_note, *self._flags())

    @cached_property
    def swapped(self) -> list[tuple[object, object]]:
        """Pairs of drivers whose order turns round when the score is coded -1, 0, +1, though they are no tie."""
        t = self.table
        return [
            (t["name"].iloc[i], t["name"].iloc[j])
            for i in range(len(t))
            for j in range(i + 1, len(t))
            if t["share_coded"].iloc[j] > t["share_coded"].iloc[i] and not self.tied(i, j)
        ]

    def tied(self, i: int, j: int) -> bool:
        """Whether the order of the drivers in rows `i` and `j` of the table cannot be told."""
        return not self._clear[i, j]

    @cached_property
    def _clear(self) -> Flags:
        return clear_pairs(self.draws, self.level) & self.explains

    @property
    def coding_note(self) -> Message:
        """Whether the order depends on how the score is coded."""
        if self.table["rank_coded"].tolist() == self.table["rank"].tolist():
            return T("The order is the same when the score is counted as promoters, passives and detractors")
        if not self.swapped:
            return T(
                "Counting the score as promoters, passives and detractors changes the order only among drivers that "
                "cannot be told apart"
            )
        first, second = self.swapped[0]
        return T(
            "Take care: counted as promoters, passives and detractors, {second} comes before {first}",
            first=first, second=second,
        )  # fmt: skip

    def _flags(self) -> list[Message]:
        t, found = self.table, []
        negative = t.loc[t["beta_high"] < 0, "name"].tolist()
        if negative:
            found.append(
                T(
                    "Better ratings of {drivers} go with lower scores once the other drivers are held equal: look at "
                    "the question before acting", drivers=join_names(negative),
                )
            )  # fmt: skip
        close = t.loc[t["vif"] > HIGH_VIF, "name"].tolist()
        if close:
            found.append(
                T(
                    "Rated so much like other drivers that their shares are hard to tell apart: {drivers}",
                    drivers=join_names(close),
                )
            )
        if self.complete < self.n:
            found.append(
                T(
                    "{n} of {all} answers skip a rating; the result from complete answers only stands beside it",
                    n=Count(self.n - self.complete), all=Count(self.n),
                )
            )  # fmt: skip
        return found


def tie_groups(draws: Floats, level: float) -> list[int]:
    """Number of the tie group of each driver, columns in the order of importance.

    A group's first driver is its leader; a driver belongs to it unless the pair is clear. The first that does not
    belong leads the next group.

    >>> tie_groups(np.array([[0.5, 0.3, 0.2], [0.5, 0.29, 0.21], [0.5, 0.2, 0.3]]), 0.9)
    [1, 2, 2]
    """
    clear = clear_pairs(draws, level)
    groups, leader = [1], 0
    for place in range(1, draws.shape[1]):
        if clear[leader, place]:
            leader = place
        groups.append(groups[-1] + (leader == place))
    return groups


def clear_pairs(draws: Floats, level: float) -> Flags:
    """Which pairs of drivers differ (p, p), all pairs taken together: drivers that are equal are all named so.

    The leader is the one that looks best, so that a test of single pairs finds too much. A pair is clear where its mean
    difference is more standard errors from zero than the largest deviation of any pair from its own mean in `level` of
    the resamples (single-step max-T: Westfall & Young, "Resampling-based multiple testing", 1993).
    """
    differences = draws[:, :, None] - draws[:, None, :]
    mean, spread = differences.mean(axis=0), differences.std(axis=0)
    spread = np.where(spread > 0, spread, np.inf)
    largest = (np.abs(differences - mean) / spread).max(axis=(1, 2))
    always = (differences > 0).all(axis=0) & ~np.isfinite(spread)
    return np.asarray((np.abs(mean) / spread > np.quantile(largest, level)) | always | always.T)
