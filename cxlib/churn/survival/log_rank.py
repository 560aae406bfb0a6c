"""The log-rank test: whether groups leave at different rates, over the whole time observed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import gammaincc

from cxlib.churn.survival.spells import (
    Codes,
    Durations,
    Floats,
    count_at_risk,
    read_durations,
    read_groups,
    require_columns,
)
from cxlib.errors import DataError
from cxlib.language import Count, Decimal, Message, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import adjust_holm

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
                "group": t["group"], "memberships": t["n"].map(Count), "ended": t["ended"].map(Count),
                "expected if all were alike": t["expected"].map(Count),
            }
        )  # fmt: skip

    @property
    def headline(self) -> Message:
        """Whether groups differ, and between how many pairs that is clear."""
        values: dict[str, object] = {
            "n": Count(self.n), "groups": Count(len(self.table)),
            "statistic": Decimal(self.statistic, digits=2), "p": p_text(self.p_value),
        }  # fmt: skip
        if not self.clear:
            return T(
                "The {groups} groups do not clearly leave at different rates ({n} memberships; log-rank {statistic}, "
                "p {p})", **values,
            )  # fmt: skip
        if len(self.table) == 2:
            return T("The two groups leave at different rates ({n} memberships; log-rank {statistic}, p {p})", **values)
        return T(
            "The {groups} groups leave at different rates ({n} memberships; log-rank {statistic}, p {p}): {clear} of "
            "{pairs} pairs differ clearly", **values,
            clear=Count(int((self.pairs["p_adjusted"] < CLEAR).sum())), pairs=Count(len(self.pairs)),
        )  # fmt: skip


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
