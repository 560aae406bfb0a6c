"""Restricted means: how many days members stay on average within a stated horizon.

The mean of all durations cannot be told while some still run; the mean within a horizon that many have reached can. It
is the area under the survival curve, needs no assumption about hazards, and a difference reads as days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from cxlib.churn.survival.group_curves import GroupCurves
from cxlib.churn.survival.kaplan_meier import SurvivalCurve
from cxlib.errors import DataError, ParameterError, nearest
from cxlib.language import Days, Message, Percent, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import adjust_holm, check_level, two_sided

CLEAR = 0.05


@dataclass(frozen=True)
class RestrictedMean:
    """Mean days within the horizon: value, standard error and interval."""

    value: float
    std_error: float
    low: float
    high: float


@dataclass(frozen=True)
class RestrictedMeans(Result):
    """Mean days within one horizon, by group.

    Attributes
    ----------
    horizon_days : float
    table : DataFrame
        One row a group: group, n, value (days), std_error, low, high.
    differences : DataFrame
        One row a pair: first, second, difference (first less second, days), low, high, p_value, p_adjusted (Holm).
    """

    horizon_days: float
    table: pd.DataFrame
    differences: pd.DataFrame
    level: float = 0.95

    def difference(self, first: str, second: str) -> dict[str, float]:
        """The difference `first` less `second` in days, with low, high and p_value.

        Raises
        ------
        DataError
            There is no such group.
        """
        for name in (first, second):
            if name not in set(self.table["group"]):
                raise DataError(f"there is no group {name!r}. {nearest(name, self.table['group'])}")
        rows = self.differences
        for a, b, sign in ((first, second, 1), (second, first, -1)):
            row = rows[(rows["first"] == a) & (rows["second"] == b)]
            if len(row):
                value, ends = sign * row["difference"].iloc[0], sign * row[["low", "high"]].iloc[0]
                return {"difference": float(value), "low": float(ends.min()), "high": float(ends.max()),
                        "p_value": float(row["p_value"].iloc[0])}  # fmt: skip
        return {"difference": 0.0, "low": 0.0, "high": 0.0, "p_value": 1.0}

    @property
    def summary(self) -> pd.DataFrame:
        """Groups side by side, in quantities."""
        t = self.table
        return pd.DataFrame(
            {
                "group": t["group"], "mean days": t["value"].map(Days), "low": t["low"].map(Days),
                "high": t["high"].map(Days),
            }
        )  # fmt: skip

    @property
    def headline(self) -> Message:
        """The largest difference between two groups, or the mean of the only one."""
        horizon, level = Days(self.horizon_days), Percent(self.level)
        if self.differences.empty:
            row = self.table.iloc[0]
            return T(
                "Within the first {horizon}, “{group}” stay {mean} on average ({level} interval {low} to {high})",
                horizon=horizon, group=row["group"], mean=Days(row["value"]), level=level, low=Days(row["low"]),
                high=Days(row["high"]),
            )  # fmt: skip
        row = self.differences.iloc[int(self.differences["difference"].abs().to_numpy().argmax())]
        sign = 1 if row["difference"] >= 0 else -1
        low, high = sorted((sign * row["low"], sign * row["high"]))
        longer, shorter = (row["first"], row["second"]) if sign > 0 else (row["second"], row["first"])
        if row["p_adjusted"] >= CLEAR:
            return T(
                "Within the first {horizon}, no group clearly stays longer than another; the largest difference is "
                "{days} ({level} interval {low} to {high})", horizon=horizon, days=Days(abs(row["difference"])),
                level=level, low=Days(low), high=Days(high),
            )  # fmt: skip
        return T(
            "Within the first {horizon}, “{longer}” stay {days} longer than “{shorter}” on average ({level} interval "
            "{low} to {high})", horizon=horizon, longer=longer, shorter=shorter, days=Days(abs(row["difference"])),
            level=level, low=Days(low), high=Days(high),
        )  # fmt: skip


def restrict_mean(curve: SurvivalCurve, *, horizon_days: float) -> RestrictedMean:
    """The mean days of membership within a horizon.

    ``integral from 0 to tau of S(t) dt``, with variance ``sum over t_j <= tau of A_j^2 d_j / (n_j (n_j - d_j))``, A_j
    the area from t_j to tau.

    Parameters
    ----------
    curve : SurvivalCurve
    horizon_days : float
        tau, in days; at most the longest duration observed.

    Raises
    ------
    ParameterError
        The horizon is not above zero, or lies past the longest duration observed.

    Notes
    -----
    Source: Royston & Parmar, Restricted mean survival time, BMC Medical Research Methodology 13:152 (2013); Klein &
    Moeschberger, Survival Analysis, 2nd edition (2003), equations 4.5.1 and 4.5.2.

    Examples
    --------
    >>> from cxlib.churn.survival.kaplan_meier import estimate_survival
    >>> spells = pd.DataFrame({"duration_days": [10, 20, 30], "ended": True})
    >>> restrict_mean(estimate_survival(spells), horizon_days=20).value.__round__(2)
    16.67
    """
    longest = float(curve.days[-1])
    if not horizon_days > 0 or (horizon_days > longest and curve.survival[-1] > 0):
        raise ParameterError(
            f"horizon_days={horizon_days:g} must lie above 0 and not past the longest duration observed, {longest:g}."
        )
    z, inside = check_level(curve.level), curve.days <= horizon_days
    ends = np.append(curve.days[inside], horizon_days)
    widths = np.diff(ends, prepend=0.0)
    pieces = widths * np.append(1.0, curve.survival[inside])
    value = float(pieces.sum())
    left = curve.at_risk - curve.ended
    share = np.divide(curve.ended, curve.at_risk * left, out=np.zeros(len(left)), where=left > 1e-9 * curve.at_risk)
    area = pieces.sum() - np.cumsum(pieces)[:-1]
    error = float(np.sqrt((area**2 * share[inside]).sum()))
    return RestrictedMean(value, error, max(value - z * error, 0.0), min(value + z * error, float(horizon_days)))


def common_horizon(curves: Mapping[str, SurvivalCurve], *, at_risk: int = 30) -> float:
    """The longest time that at least `at_risk` members of every group have reached, in days."""
    reached = []
    for curve in curves.values():
        enough = curve.days[curve.at_risk >= min(at_risk, curve.at_risk[0])]
        reached.append(float(enough[-1]))
    return min(reached)


def compare_restricted_means(groups: GroupCurves, *, horizon_days: float | None = None) -> RestrictedMeans:
    """Compare the mean days of membership of groups, pair by pair.

    Parameters
    ----------
    groups : GroupCurves
        From `estimate_by_group`.
    horizon_days : float, optional
        By default the longest time that 30 members of every group have reached.

    Raises
    ------
    DataError
        There is no group.
    ParameterError
        A group was not observed so long.

    Examples
    --------
    >>> from cxlib.churn.survival.group_curves import estimate_by_group
    >>> spells = pd.DataFrame({"duration_days": [5, 9, 4, 8], "ended": True, "plan": ["a", "a", "b", "b"]})
    >>> means = compare_restricted_means(estimate_by_group(spells, group_by="plan", fewest=2), horizon_days=8)
    >>> means.difference("a", "b")["difference"]
    0.5
    """
    if not groups.curves:
        raise DataError("there is no group with enough members. Group by a column with larger groups.")
    tau = common_horizon(groups.curves) if horizon_days is None else float(horizon_days)
    means = {name: restrict_mean(curve, horizon_days=tau) for name, curve in groups.curves.items()}
    rows = [(name, groups.curves[name].n, m.value, m.std_error, m.low, m.high) for name, m in means.items()]
    table = pd.DataFrame(rows, columns=["group", "n", "value", "std_error", "low", "high"])
    return RestrictedMeans(tau, table, _differences(means, groups.level), groups.level)


def _differences(means: Mapping[str, RestrictedMean], level: float) -> pd.DataFrame:
    z, rows = check_level(level), []
    for first, second in combinations(means, 2):
        value = means[first].value - means[second].value
        error = float(np.hypot(means[first].std_error, means[second].std_error))
        rows.append((first, second, value, value - z * error, value + z * error, float(two_sided(value, error))))
    table = pd.DataFrame(rows, columns=["first", "second", "difference", "low", "high", "p_value"])
    return table.assign(p_adjusted=adjust_holm(table["p_value"].to_numpy(float)))
