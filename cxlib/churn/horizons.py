"""How long a customer must stay away to count as gone: a horizon from the gaps between purchases, and other horizons.

Without an end date nobody is seen to leave; "gone" is a choice of horizon, so that its effect is shown.
"""

from __future__ import annotations

import datetime as dt

import pandas as pd

from cxlib.data import PurchaseGaps, SnapshotDesign, Workspace, snapshot_cut_offs
from cxlib.errors import DataError
from cxlib.measures.sampling import wilson

RETURNED = 0.9  # of the gaps after which customers came back, so many are shorter than the horizon
STEP_DAYS = 30
LONGEST = 180
PARTS = 4  # the data must hold a history and three horizons: to learn from, to be judged on, and one between
HORIZONS = (30, 60, 90, 120, 180)


def choose_horizon(gaps: PurchaseGaps | None, *, days: int) -> int:
    """The shortest whole months that nine in ten gaps between purchases do not exceed, if the data is long enough.

    Parameters
    ----------
    gaps : PurchaseGaps or None
        None: 90 days.
    days : int
        Length of the data.

    Examples
    --------
    >>> choose_horizon(None, days=730), choose_horizon(None, days=200)
    (90, 30)
    """
    wanted = 90 if gaps is None else gaps.quantile(RETURNED)
    months = -(-min(wanted, LONGEST) // STEP_DAYS)
    fit = max(days // PARTS // STEP_DAYS, 1)
    return STEP_DAYS * min(months, fit)


def compare_horizons(
    company: Workspace, gaps: PurchaseGaps, *, horizon_days: int, gap_days: int, end: dt.date, first: dt.date
) -> pd.DataFrame:
    """What the share who leave would be with other horizons.

    Returns
    -------
    DataFrame
        horizon_days, cut_off (the latest whose horizon is over), customers, churned, rate, low, high (Wilson), returned
        (of the times that a customer was away longer, the share after which they came back), used.
    """
    rows = []
    for days in sorted({*HORIZONS, horizon_days}):
        if (end - first).days <= gap_days + days + STEP_DAYS:
            continue
        try:
            design = SnapshotDesign("purchases", days, cut_offs=1, gap_days=gap_days, observation_end=end)
            found = snapshot_cut_offs(company, design)
        except DataError:
            continue
        row = found[found["complete"]].tail(1)
        if row.empty or not int(row["customers"].iloc[0]):
            continue
        n, left = int(row["customers"].iloc[0]), int(row["churned"].iloc[0])
        low, high = wilson(left, n)
        rows.append(
            {"horizon_days": days, "cut_off": row["cut_off"].iloc[0], "customers": n, "churned": left,
             "rate": left / n, "low": float(low), "high": float(high), "returned": came_back(gaps, days),
             "used": days == horizon_days}
        )  # fmt: skip
    names = ["horizon_days", "cut_off", "customers", "churned", "rate", "low", "high", "returned", "used"]
    return pd.DataFrame(rows, columns=names)


def came_back(gaps: PurchaseGaps, days: int) -> float:
    """Of the times that a customer was away longer than `days`, the share after which they have come back so far."""
    longer = gaps.lengths[gaps.lengths["days"] > days]
    away = float(longer["closed"].sum() + longer["open"].sum())
    return float(longer["closed"].sum()) / away if away else float("nan")
