"""Whether risks are right in every group of customers, not only on average."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cxlib.language import Count, Decimal, Message, N, Percent, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import adjust_holm, check_level, two_sided, wilson

FEWEST = 30  # customers below which a group is not shown
MOST_GROUPS = 12  # of one attribute; beyond them groups are so many that each says little


@dataclass(frozen=True)
class SubgroupCalibration(Result):
    """Churn observed against churn expected, by group.

    Attributes
    ----------
    table : DataFrame
        by (attribute), group, n, observed, expected (churned customers), ratio (observed / expected), low, high,
        p_value (Holm's, over all groups shown), off (whether it is below 0.05).
    suppressed : int
        Groups with fewer than 30 customers, which are not shown.
    n : int
    """

    table: pd.DataFrame
    suppressed: int
    n: int

    @property
    def summary(self) -> pd.DataFrame:
        """The table in quantities."""
        t = self.table
        return pd.DataFrame(
            {
                "by": t["by"], "group": t["group"], "customers": t["n"].map(Count),
                "left": [Percent(v) for v in t["observed"] / t["n"]],
                "expected": [Percent(v) for v in t["expected"] / t["n"]],
                "observed / expected": [Decimal(v, digits=2) for v in t["ratio"]],
                "low": [Decimal(v, digits=2) for v in t["low"]], "high": [Decimal(v, digits=2) for v in t["high"]],
                "off": [T("yes") if flag else T("no") for flag in t["off"]],
            }
        )  # fmt: skip

    @property
    def headline(self) -> Message:
        """Whether a group's risks are clearly off, and the worst one."""
        if self.table.empty:
            return T("There are no groups large enough to compare risks by ({n} customers)", n=Count(self.n))
        off = self.table[self.table["off"]]
        if off.empty:
            return N(
                "In {n} group compared, no group’s risks are clearly off",
                "In {n} groups compared, no group’s risks are clearly off", len(self.table),
            )  # fmt: skip
        worst: Any = off.iloc[int(np.abs(np.log(off["ratio"].clip(lower=1e-3))).to_numpy().argmax())]
        return T(
            "Risks are clearly off for {group} ({by}): {ratio} times as many left as expected (interval {low} to "
            "{high}, {n} customers)",
            group=str(worst["group"]), by=worst["by"], ratio=Decimal(worst["ratio"], digits=2),
            low=Decimal(worst["low"], digits=2), high=Decimal(worst["high"], digits=2), n=Count(worst["n"]),
        )  # fmt: skip


def check_subgroups(
    rows: pd.DataFrame, risk: Any, by: Sequence[str], *, labels: Any = None, level: float = 0.95
) -> SubgroupCalibration:
    """Compare observed with expected churn by group.

    Parameters
    ----------
    rows : DataFrame
        churned, and the columns of `by`.
    risk : array-like (rows,)
        Probabilities.
    by : sequence of str
        Columns that hold groups; those with more than twelve are left out.
    labels : mapping, optional
        What a reader sees for a column.

    Notes
    -----
    Under right risks the number who leave has the mean sum(p) and the variance sum(p (1 - p)); the p-value is normal.
    The interval is Wilson's of the observed share, over the expected share.

    Examples
    --------
    >>> rows = pd.DataFrame({"churned": [1, 0] * 50, "region": ["north"] * 60 + ["south"] * 40})
    >>> check_subgroups(rows, np.full(100, 0.5), ["region"]).table["ratio"].tolist()
    [1.0, 1.0]
    """
    z, found, suppressed = check_level(level), [], 0
    frame = pd.DataFrame({"y": rows["churned"].to_numpy(float), "p": np.asarray(risk, float)})
    for name in by:
        groups = rows[name].astype(object).to_numpy()
        if pd.Series(groups).nunique() > MOST_GROUPS:
            continue
        for group, part in frame.groupby(pd.Series(groups), sort=True):
            if len(part) < FEWEST:
                suppressed += 1
                continue
            found.append({"by": (labels or {}).get(name, name), "group": group, **_row(part, z)})
    columns = ["by", "group", "n", "observed", "expected", "ratio", "low", "high", "p_value"]
    table = pd.DataFrame(found, columns=columns)
    table["p_value"] = adjust_holm(table["p_value"].to_numpy(float))
    return SubgroupCalibration(table.assign(off=table["p_value"] < 1 - level), suppressed, len(rows))


def _row(part: pd.DataFrame, z: float) -> dict[str, float]:
    n, observed, expected = len(part), float(part["y"].sum()), float(part["p"].sum())
    spread = float(np.sqrt((part["p"] * (1 - part["p"])).sum()))
    low, high = wilson([observed], [n], z=z)
    share = expected / n
    return {
        "n": n, "observed": observed, "expected": expected, "ratio": observed / expected, "low": float(low[0] / share),
        "high": float(high[0] / share), "p_value": float(two_sided(observed - expected, spread)),
    }  # fmt: skip
