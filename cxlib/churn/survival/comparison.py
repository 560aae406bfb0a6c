"""Whether groups leave at different rates (log-rank), and how many days longer one stays (restricted means)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import gammaincc

from cxlib.checks import Codes, Floats
from cxlib.churn.survival.curves import (
    Durations,
    GroupCurves,
    SurvivalCurve,
    count_at_risk,
    read_durations,
    read_groups,
    require_columns,
)
from cxlib.errors import DataError, ParameterError, nearest
from cxlib.language import Count, Days, Decimal, Message, Percent, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import adjust_holm, check_level, two_sided

CLEAR = 0.05


@dataclass(frozen=True)
class LogRank(Result):
    """Whether groups leave at one rate.

    Attributes
    ----------
    statistic : float
        Chi-squared with `degrees` degrees of freedom where all groups leave alike.
    p_value : float
    table : DataFrame
        One row a group: group, n, ended, expected (endings, were all alike).
    pairs : DataFrame
        One row a pair of groups: first, second, statistic, p_value, p_adjusted (Holm over the pairs).
    strata : tuple of str
        Columns within whose values members were compared.
    """

    column: str
    statistic: float
    degrees: int
    p_value: float
    table: pd.DataFrame
    pairs: pd.DataFrame
    strata: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Spells compared."""
        return int(self.table["n"].sum())

    @property
    def clear(self) -> bool:
        """Whether groups differ at the 5% level."""
        return bool(self.p_value < CLEAR)

    @property
    def summary(self) -> pd.DataFrame:
        """Groups with their endings and those expected, in quantities."""
        t = self.table
        return pd.DataFrame(
            {
                "group": t["group"],
                "memberships": t["n"].map(Count),
                "ended": t["ended"].map(Count),
                "expected if all were alike": t["expected"].map(Count),
            }
        )

    @property
    def headline(self) -> Message:
        """Whether groups differ, and between how many pairs that is clear."""
        values: dict[str, object] = {
            "n": Count(self.n),
            "groups": Count(len(self.table)),
            "statistic": Decimal(self.statistic, digits=2),
            "p": p_text(self.p_value),
        }
        if not self.clear:
            return T(
                "The {groups} groups do not clearly leave at different rates ({n} memberships; log-rank {statistic}, "
                "p {p})",
                **values,
            )
        if len(self.table) == 2:
            return T("The two groups leave at different rates ({n} memberships; log-rank {statistic}, p {p})", **values)
        return T(
            "The {groups} groups leave at different rates ({n} memberships; log-rank {statistic}, p {p}): {clear} of "
            "{pairs} pairs differ clearly",
            **values,
            clear=Count(int((self.pairs["p_adjusted"] < CLEAR).sum())),
            pairs=Count(len(self.pairs)),
        )


def p_text(p: float) -> Message:
    """A p-value for a sentence, after the letter p.

    >>> str(p_text(0.0321)), str(p_text(1e-9))
    ('0.032', 'below 0.001')
    """
    if p < 0.001:
        return T("below {value}", value=Decimal(0.001, digits=3))
    return T("{value}", value=Decimal(p, digits=3))


def compare_survival(spells: pd.DataFrame, *, group_by: str, strata: Sequence[str] = (), fewest: int = 1) -> LogRank:
    """Test whether groups leave at different rates.

    ``(O - E)' V^-1 (O - E)`` over all groups but one, with expected endings and their hypergeometric covariance summed
    over the times at which someone left (and over strata).

    Parameters
    ----------
    spells : DataFrame
        duration_days, ended, `group_by` and `strata`; customer_id where there is one.
    group_by : str
        Column of groups.
    strata : sequence of str
        Columns within whose values members are compared, so that these do not explain a difference.
    fewest : int
        Groups with fewer spells are left out.

    Raises
    ------
    DataError
        As `read_durations`; fewer than two groups; nobody has left; a customer is in two groups.

    Notes
    -----
    Source: Mantel, Cancer Chemotherapy Reports 50 (1966), 163-170; Kalbfleisch & Prentice (2002), section 1.5.

    Examples
    --------
    >>> spells = pd.DataFrame({"duration_days": [1, 2, 8, 9], "ended": True, "plan": ["a", "a", "b", "b"]})
    >>> round(compare_survival(spells, group_by="plan").statistic, 3)
    2.882
    """
    durations = read_durations(spells, columns=(group_by, *strata))
    codes, names = read_groups(spells, group_by)
    kept = np.bincount(codes, minlength=len(names))[codes] >= fewest
    codes, names = _renumber(codes[kept], names)
    durations, layers = durations.take(kept), stratum_codes(spells.loc[kept], strata)
    if len(names) < 2:
        raise DataError(f"spells: column {group_by!r} has fewer than two groups to compare. Choose another column.")
    if not durations.ended.any():
        raise DataError("spells: nobody has left (column 'ended' is false throughout), so groups cannot be compared.")
    expected, variance = _expected(durations, codes, len(names), layers)
    ended = np.bincount(codes[durations.ended], minlength=len(names)).astype(float)
    statistic, degrees = _chi_squared(ended - expected, variance)
    table = pd.DataFrame(
        {"group": names, "n": np.bincount(codes, minlength=len(names)), "ended": ended, "expected": expected}
    )
    pairs = _pairs(durations, codes, names, layers)
    return LogRank(group_by, statistic, degrees, _p(statistic, degrees), table, pairs, tuple(strata))


def stratum_codes(table: pd.DataFrame, strata: Sequence[str]) -> Codes:
    """The stratum of each row, numbered from 0; one stratum where no columns are named."""
    require_columns(table, strata)
    if not strata:
        return np.zeros(len(table), dtype=np.int64)
    numbers: Any = table.groupby(list(strata), dropna=False, sort=True).ngroup()
    return np.asarray(numbers, dtype=np.int64)


def _renumber(codes: Codes, names: list[str]) -> tuple[Codes, list[str]]:
    left, again = np.unique(codes, return_inverse=True)
    return again.astype(np.int64), [names[code] for code in left]


def _expected(spells: Durations, codes: Codes, groups: int, layers: Codes) -> tuple[Floats, Floats]:
    """Expected endings by group, and the covariance of endings, summed over strata."""
    expected, variance = np.zeros(groups), np.zeros((groups, groups))
    for layer in np.unique(layers):
        rows = layers == layer
        counts = count_at_risk(spells.take(rows), codes[rows], groups)
        n, d = counts.at_risk.sum(axis=1), counts.ended.sum(axis=1)
        share = counts.at_risk / n[:, None]
        expected += d @ share
        scale = np.where(n > 1, d * (n - d) / np.maximum(n - 1, 1), 0.0)
        variance += np.diag(scale @ share) - (scale[:, None] * share).T @ share
    return expected, variance


def _chi_squared(difference: Floats, variance: Floats) -> tuple[float, int]:
    """The statistic and its degrees of freedom: the rank of the covariance, as groups may share no time."""
    value = difference @ np.linalg.pinv(variance, rcond=1e-10, hermitian=True) @ difference
    return float(value), int(np.linalg.matrix_rank(variance, hermitian=True, tol=1e-10 * max(variance.max(), 1e-300)))


def _p(statistic: float, degrees: int) -> float:
    return float(gammaincc(degrees / 2, statistic / 2)) if degrees else 1.0


def _pairs(spells: Durations, codes: Codes, names: list[str], layers: Codes) -> pd.DataFrame:
    rows = []
    for first, second in combinations(range(len(names)), 2):
        both = (codes == first) | (codes == second)
        part, own = spells.take(both), (codes[both] == second).astype(np.int64)
        expected, variance = _expected(part, own, 2, layers[both])
        ended = np.bincount(own[part.ended], minlength=2)
        statistic, degrees = _chi_squared(ended - expected, variance)
        rows.append((names[first], names[second], statistic, _p(statistic, degrees)))
    table = pd.DataFrame(rows, columns=["first", "second", "statistic", "p_value"])
    return table.assign(p_adjusted=adjust_holm(table["p_value"]))


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
                return {
                    "difference": float(value),
                    "low": float(ends.min()),
                    "high": float(ends.max()),
                    "p_value": float(row["p_value"].iloc[0]),
                }
        return {"difference": 0.0, "low": 0.0, "high": 0.0, "p_value": 1.0}

    @property
    def summary(self) -> pd.DataFrame:
        """Groups side by side, in quantities."""
        t = self.table
        return pd.DataFrame(
            {
                "group": t["group"],
                "mean days": t["value"].map(Days),
                "low": t["low"].map(Days),
                "high": t["high"].map(Days),
            }
        )

    @property
    def headline(self) -> Message:
        """The largest difference between two groups, or the mean of the only one."""
        horizon, level = Days(self.horizon_days), Percent(self.level)
        if self.differences.empty:
            row = self.table.iloc[0]
            return T(
                "Within the first {horizon}, “{group}” stay {mean} on average ({level} interval {low} to {high})",
                horizon=horizon,
                group=row["group"],
                mean=Days(row["value"]),
                level=level,
                low=Days(row["low"]),
                high=Days(row["high"]),
            )
        row = self.differences.iloc[int(self.differences["difference"].abs().to_numpy().argmax())]
        sign = 1 if row["difference"] >= 0 else -1
        low, high = sorted((sign * row["low"], sign * row["high"]))
        longer, shorter = (row["first"], row["second"]) if sign > 0 else (row["second"], row["first"])
        if row["p_adjusted"] >= CLEAR:
            return T(
                "Within the first {horizon}, no group clearly stays longer than another; the largest difference is "
                "{days} ({level} interval {low} to {high})",
                horizon=horizon,
                days=Days(abs(row["difference"])),
                level=level,
                low=Days(low),
                high=Days(high),
            )
        return T(
            "Within the first {horizon}, “{longer}” stay {days} longer than “{shorter}” on average ({level} interval "
            "{low} to {high})",
            horizon=horizon,
            longer=longer,
            shorter=shorter,
            days=Days(abs(row["difference"])),
            level=level,
            low=Days(low),
            high=Days(high),
        )


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
    >>> from cxlib.churn.survival.curves import estimate_survival
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
    >>> from cxlib.churn.survival.curves import estimate_by_group
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
