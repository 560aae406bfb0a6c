"""Whether groups leave at different rates (log-rank), and how many days longer one stays (restricted means).

The mean of all durations cannot be told while some still run; the mean within a horizon that many have reached can. It
is the area under the survival curve, needs no assumption about hazards, and a difference reads as days.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import gammaincc

from cxlib.checks import Codes, Floats
from cxlib.churn.survival.curves import (
    CLEAR,
    SPELLS,
    Durations,
    GroupCurves,
    SurvivalCurve,
    are_clear,
    count_at_risk,
    read_durations,
    read_groups,
    require_endings,
)
from cxlib.errors import DataError, ParameterError
from cxlib.language import Count, Days, Decimal, Message, Percent, T
from cxlib.measures.result import Result, in_quantities
from cxlib.measures.sampling import LEAST_RATIO, LEAST_SHARE, LEVEL, Z95, adjust_holm, joint_z, two_sided


@dataclass(frozen=True, repr=False)
class LogRank(Result):
    """Whether groups leave at one rate.

    `statistic`: Chi-squared with `degrees` degrees of freedom where all groups leave alike.
    `table`: One row a group: group, n, ended, expected (endings, were all alike).
    `pairs`: One row a pair of groups: first, second, statistic, ratio (of rates, by endings over
        those expected, second to first), p_value, p_adjusted (Holm over the pairs), clear (and 1.05 times or more).
    """

    column: str
    statistic: float
    degrees: int
    p_value: float
    table: pd.DataFrame
    pairs: pd.DataFrame

    @property
    def clear(self) -> bool:
        """Whether groups differ at the 5% level, the fastest by 1.05 times the slowest or more."""
        rates = self.table["ended"] / self.table["expected"]
        return bool(self.p_value < CLEAR and rates.max() >= LEAST_RATIO * rates.min())

    @property
    def face(self) -> pd.DataFrame:
        """Groups with their endings and those expected, in quantities."""
        endings = {"ended": Count, "expected if all were alike": ("expected", Count)}
        return in_quantities(self.table, {"group": "group", "memberships": ("n", Count), **endings})

    @property
    def headline(self) -> Message:
        """Whether rates differ, with the statistic and its p-value."""
        values: dict[str, object] = {
            "groups": Count(len(self.table)),
            "n": Count(int(self.table["n"].sum())),
            "statistic": Decimal(self.statistic, digits=2),
            "p": p_text(self.p_value),
        }
        if self.p_value < CLEAR and not self.clear:
            return T(
                "The {groups} groups leave at nearly one rate: none at {least} times that of another "
                "({n} memberships; log-rank {statistic}, p {p})",
                least=Decimal(LEAST_RATIO, digits=2),
                **values,
            )
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
            clear=Count(self.pairs["clear"].sum()),
            pairs=Count(len(self.pairs)),
            **values,
        )


def p_text(p: float) -> Message:
    """A p-value for a sentence, after the letter p.

    >>> str(p_text(0.0321)), str(p_text(1e-9))
    ('0.032', 'below 0.001')
    """
    if p < 0.001:
        return T("below {value}", value=Decimal(0.001, digits=3))
    return T("{value}", value=Decimal(p, digits=3))


def compare_survival(spells: pd.DataFrame, *, group_by: str, fewest: int = 1) -> LogRank:
    """Test whether groups leave at different rates; those with fewer than `fewest` spells from the start are left out.

    ``(O - E)' V^-1 (O - E)`` over all groups but one, with expected endings and their hypergeometric covariance summed
    over the times at which someone left. Fewer than two groups, or nobody who has left, is a DataError.

    Source: Mantel, Cancer Chemotherapy Reports 50 (1966), 163-170; Kalbfleisch & Prentice (2002), section 1.5.
    """
    durations = read_durations(spells, columns=(group_by,))
    codes, names = read_groups(spells, group_by, least=fewest)
    sizes = np.array([durations.take(codes == code).from_the_start for code in range(len(names))])
    large = sizes[codes] >= fewest
    present, codes = np.unique(codes[large], return_inverse=True)
    durations, names = durations.take(large), [names[code] for code in present]
    if len(names) < 2:
        raise DataError(f"{SPELLS}: column {group_by!r} has fewer than two groups to compare. Choose another column.")
    require_endings(durations, "groups cannot be compared")
    sizes = np.bincount(codes, minlength=len(names))
    ended, expected, test = _log_rank(durations, codes, len(names))
    table = pd.DataFrame({"group": names, "n": sizes, "ended": ended, "expected": expected})
    pairs = []
    for first, second in combinations(range(len(names)), 2):
        both = (codes == first) | (codes == second)
        left, usual, (value, _, p) = _log_rank(durations.take(both), (codes[both] == second).astype(np.int64), 2)
        rates = np.divide(left, usual, out=np.ones(2), where=usual > 0)
        pairs.append((names[first], names[second], value, rates[1] / rates[0] if rates[0] else np.inf, p))
    rows = pd.DataFrame(pairs, columns=["first", "second", "statistic", "ratio", "p_value"])
    rows["p_adjusted"] = adjust_holm(rows["p_value"])
    return LogRank(group_by, *test, table, rows.assign(clear=are_clear(rows["p_adjusted"], rows["ratio"])))


def _log_rank(spells: Durations, codes: Codes, groups: int) -> tuple[Floats, Floats, tuple[float, int, float]]:
    """Endings and expected endings by group; statistic, degrees of freedom and p-value."""
    counts = count_at_risk(spells, codes, groups)
    n, d = counts.at_risk.sum(axis=1), counts.ended.sum(axis=1)
    share = counts.at_risk / n[:, None]
    scale = np.where(n > 1, d * (n - d) / np.maximum(n - 1, 1), 0.0)
    variance = np.diag(scale @ share) - (scale[:, None] * share).T @ share
    ended, expected = counts.ended.sum(axis=0), d @ share
    away = ended - expected
    statistic = float(away @ np.linalg.pinv(variance, rcond=1e-10, hermitian=True) @ away)
    # Groups may share no time, so that the covariance has fewer ranks than groups less one.
    degrees = int(np.linalg.matrix_rank(variance, hermitian=True, tol=1e-10 * max(variance.max(), 1e-300)))
    p = float(gammaincc(degrees / 2, statistic / 2)) if degrees else 1.0
    return ended, expected, (statistic, degrees, p)


@dataclass(frozen=True)
class RestrictedMean:
    """Mean days within the horizon: value, standard error and interval."""

    value: float
    std_error: float
    low: float
    high: float


@dataclass(frozen=True, repr=False)
class RestrictedMeans(Result):
    """Mean days within one horizon, by group.

    `table`: One row a group: group, n, value (days), std_error, low, high.
    `differences`: One row a pair: first, second, difference (first less second, days), low, high (ends that hold
        for all pairs together, by Bonferroni), p_value, p_adjusted (Holm), clear
        (and a hundredth of the horizon, and a day, or more).
    `words`: Group -> what a reader calls it.
    """

    horizon_days: float
    table: pd.DataFrame
    differences: pd.DataFrame
    words: Mapping[str, object]

    @property
    def face(self) -> pd.DataFrame:
        """Groups side by side, in quantities."""
        return in_quantities(self.table, {"group": "group", "mean days": ("value", Days), "low": Days, "high": Days})

    @property
    def headline(self) -> Message:
        """The largest difference between two groups, or the mean of the only one."""
        values: dict[str, object] = {"horizon": Days(self.horizon_days), "level": Percent(LEVEL)}
        if self.differences.empty:
            row = self.table.iloc[0]
            values |= {"group": self.words[row["group"]], "mean": Days(row["value"])}
            return T(
                "Within the first {horizon}, “{group}” stay {mean} on average ({level} interval {low} to {high})",
                low=Days(row["low"]),
                high=Days(row["high"]),
                **values,
            )
        row = self.differences.iloc[int(self.differences["difference"].abs().to_numpy().argmax())]
        sign = 1 if row["difference"] >= 0 else -1
        low, high = sorted((sign * row["low"], sign * row["high"]))
        means = self.table.set_index("group")["value"].round()
        gap = abs(means[row["first"]] - means[row["second"]])
        values |= {"days": Days(gap), "low": Days(low), "high": Days(high)}
        if not row["clear"]:
            return T(
                "Within the first {horizon}, no group clearly stays longer than another; the largest difference is "
                "{days} ({level} interval {low} to {high})",
                **values,
            )
        longer, shorter = (row["first"], row["second"])[::sign]
        return T(
            "Within the first {horizon}, “{longer}” stay {days} longer than “{shorter}” on average ({level} interval "
            "{low} to {high})",
            longer=self.words[longer],
            shorter=self.words[shorter],
            **values,
        )


def restrict_mean(curve: SurvivalCurve, *, horizon_days: float) -> RestrictedMean:
    """The mean days of membership within a horizon, which is at most the longest duration observed.

    ``integral from 0 to tau of S(t) dt``, with variance ``sum over t_j <= tau of A_j^2 d_j / (n_j (n_j - d_j))``, A_j
    the area from t_j to tau.

    Source: Royston & Parmar, Restricted mean survival time, BMC Medical Research Methodology 13:152 (2013); Klein &
    Moeschberger, Survival Analysis, 2nd edition (2003), equations 4.5.1 and 4.5.2.
    """
    longest = float(curve.days[-1])
    if not horizon_days > 0 or (horizon_days > longest and curve.survival[-1] > 0):
        raise ParameterError(
            f"horizon_days={horizon_days:g} must lie above 0 and not past the longest duration observed, {longest:g}."
        )
    inside = curve.days <= horizon_days
    widths = np.diff(np.append(curve.days[inside], horizon_days), prepend=0.0)
    pieces = widths * np.append(1.0, curve.survival[inside])
    value = float(pieces.sum())
    left = curve.at_risk - curve.ended
    share = np.divide(curve.ended, curve.at_risk * left, out=np.zeros(len(left)), where=left > 0)
    area = pieces.sum() - np.cumsum(pieces)[:-1]
    error = float(np.sqrt((area**2 * share[inside]).sum()))
    return RestrictedMean(value, error, max(value - Z95 * error, 0.0), min(value + Z95 * error, float(horizon_days)))


def common_horizon(curves: Mapping[str, SurvivalCurve]) -> float:
    """The longest time that at least 30 members of every group have reached, in days."""
    return min(float(curve.days[curve.at_risk >= min(30, curve.at_risk[0])][-1]) for curve in curves.values())


def compare_restricted_means(groups: GroupCurves, *, horizon_days: float | None = None) -> RestrictedMeans:
    """Compare the mean days of membership of groups, pair by pair; by default within their common horizon."""
    if not groups.curves:
        raise DataError("there is no group with enough members. Group by a column with larger groups.")
    tau = common_horizon(groups.curves) if horizon_days is None else float(horizon_days)
    means = {name: restrict_mean(curve, horizon_days=tau) for name, curve in groups.curves.items()}
    rows = [(name, groups.curves[name].n, m.value, m.std_error, m.low, m.high) for name, m in means.items()]
    table = pd.DataFrame(rows, columns=["group", "n", "value", "std_error", "low", "high"])
    return RestrictedMeans(tau, table, _differences(means, max(LEAST_SHARE * tau, 1.0)), groups.words)


def _differences(means: Mapping[str, RestrictedMean], least: float) -> pd.DataFrame:
    pairs, rows = list(combinations(means, 2)), []
    z = joint_z(len(pairs))
    for first, second in pairs:
        value = means[first].value - means[second].value
        error = float(np.hypot(means[first].std_error, means[second].std_error))
        rows.append((first, second, value, value - z * error, value + z * error, float(two_sided(value, error))))
    table = pd.DataFrame(rows, columns=["first", "second", "difference", "low", "high", "p_value"])
    table["p_adjusted"] = adjust_holm(table["p_value"].to_numpy(float))
    return table.assign(clear=(table["p_adjusted"] < CLEAR) & (table["difference"].abs() >= least))
