"""Kaplan-Meier curves of groups, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cxlib.churn.survival.kaplan_meier import FEWEST_AT_RISK, SurvivalCurve, fit_curve
from cxlib.churn.survival.spells import read_durations, read_groups
from cxlib.language import Count, Days, Message, Percent, T
from cxlib.measures.result import Result


@dataclass(frozen=True)
class GroupCurves(Result):
    """One curve a group.

    Attributes
    ----------
    column : str
        What members are grouped by.
    curves : dict of str to SurvivalCurve
        In the order of the groups' names.
    left_out : dict of str to int
        Groups with too few members to be shown, and how many members they have.
    """

    column: str
    curves: Mapping[str, SurvivalCurve]
    left_out: Mapping[str, int]
    level: float = 0.95

    @property
    def table(self) -> pd.DataFrame:
        """One row a group and distinct duration, for a plot or an export."""
        parts = [curve.table.assign(group=name) for name, curve in self.curves.items()]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["group", "days", "survival"])

    def at(self, days: ArrayLike) -> pd.DataFrame:
        """Each group's curve at asked times: group, days, at_risk, survival, low, high."""
        parts = [curve.at(days).assign(group=name) for name, curve in self.curves.items()]
        columns = ["group", "days", "at_risk", "survival", "low", "high"]
        return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)

    @property
    def medians(self) -> pd.DataFrame:
        """One row a group: group, n, ended, median (days), low, high; missing where half is not reached."""
        rows = [(name, c.n, c.endings, *c.median) for name, c in self.curves.items()]
        return pd.DataFrame(rows, columns=["group", "n", "ended", "median", "low", "high"])

    @cached_property
    def read_at(self) -> float:
        """Days at which groups are compared in words: the longest customary time that all of them have reached."""
        return min((curve.read_at for curve in self.curves.values()), default=np.nan)

    @property
    def summary(self) -> pd.DataFrame:
        """Groups side by side at that time, in quantities."""
        rows, medians = self.at([self.read_at]), self.medians
        return pd.DataFrame(
            {
                "group": rows["group"], "memberships": medians["n"].map(Count), "ended": medians["ended"].map(Count),
                "still members": rows["survival"].map(Percent), "low": rows["low"].map(Percent),
                "high": rows["high"].map(Percent), "half have left after": medians["median"].map(Days),
            }
        )  # fmt: skip

    @property
    def headline(self) -> Message:
        """Which group keeps the most members, and which one the fewest."""
        if len(self.curves) < 2:
            return T("There are no two groups with enough members to compare")
        rows = self.at([self.read_at]).sort_values("survival", kind="stable", ignore_index=True)
        worst, best = rows.iloc[0], rows.iloc[-1]
        n = sum(curve.n for curve in self.curves.values())
        return T(
            "After {days}, {best_share} of “{best}” are still there ({best_low} to {best_high}), and {worst_share} of "
            "“{worst}” ({worst_low} to {worst_high}); {n} memberships, {level} intervals",
            days=Days(self.read_at), best=best["group"], best_share=Percent(best["survival"]),
            best_low=Percent(best["low"]), best_high=Percent(best["high"]), worst=worst["group"],
            worst_share=Percent(worst["survival"]), worst_low=Percent(worst["low"]), worst_high=Percent(worst["high"]),
            n=Count(n), level=Percent(self.level),
        )  # fmt: skip

    @property
    def limits(self) -> tuple[Message, ...]:
        """Groups that are not shown."""
        return tuple(
            T("“{group}” has {n} memberships, fewer than {needed}, and is left out", group=name, n=Count(n),
              needed=Count(FEWEST_AT_RISK))
            for name, n in self.left_out.items()
        )  # fmt: skip


def estimate_by_group(
    spells: pd.DataFrame,
    *,
    group_by: str,
    weights: str | None = None,
    fewest: int = FEWEST_AT_RISK,
    names: Sequence[str] | None = None,
    level: float = 0.95,
) -> GroupCurves:
    """Estimate one curve for each group.

    Parameters
    ----------
    spells : DataFrame
        duration_days, ended, the column `group_by`; customer_id where there is one, so that nobody is in two groups.
    group_by : str
        Column of groups; a missing value is the group "—".
    weights, level
        As for `estimate_survival`.
    fewest : int
        A group with fewer spells is left out and named.
    names : sequence of str, optional
        Groups in the order wanted; by default in the order of their names.

    Raises
    ------
    DataError
        As `estimate_survival`, or a customer is in two groups.

    Examples
    --------
    >>> spells = pd.DataFrame({"duration_days": [5, 9, 4, 8], "ended": [1, 0, 1, 1], "plan": ["a", "a", "b", "b"]})
    >>> estimate_by_group(spells, group_by="plan", fewest=2).medians["median"].tolist()
    [5.0, 4.0]
    """
    durations = read_durations(spells, weights=weights, columns=(group_by,))
    codes, found = read_groups(spells, group_by)
    sizes = np.bincount(codes, minlength=len(found))
    ordered = [name for name in names if name in found] if names is not None else found
    place = {name: code for code, name in enumerate(found)}
    shown = [name for name in ordered if sizes[place[name]] >= fewest]
    curves = {name: fit_curve(durations.take(codes == place[name]), level=level) for name in shown}
    small = {name: int(sizes[place[name]]) for name in ordered if name not in curves}
    return GroupCurves(group_by, curves, small, level)
