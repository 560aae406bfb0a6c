"""How long a customer must stay away to count as gone: a horizon from the gaps between purchases, and other horizons.

Without an end date nobody is seen to leave; "gone" is a choice of horizon, so that its effect is shown.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pandas as pd

from cxlib.churn.churn_data import ChurnQuestion
from cxlib.data import PurchaseGaps, Workspace, snapshot_cut_offs
from cxlib.errors import DataError
from cxlib.measures.sampling import wilson

RETURNED = 0.9  # of the gaps after which customers came back, so many are shorter than the horizon
STEP_DAYS = 30
LONGEST = 180
PARTS = 4  # the data must hold a history and three horizons: to learn from, to be judged on, and one between
HORIZONS = (30, 60, 90, 120, 180)
COLUMNS = ["horizon_days", "cut_off", "customers", "churned", "rate", "low", "high", "returned", "used"]


def choose_horizon(gaps: PurchaseGaps | None, *, days: int) -> int:
    """The shortest whole months that nine in ten gaps between purchases do not exceed, if the data is long enough.

    Without gaps 90 days; `days` is the length of the data.

    >>> choose_horizon(None, days=730), choose_horizon(None, days=200)
    (90, 30)
    """
    usual = 90 if gaps is None else gaps.quantile(RETURNED)
    months = -(-min(usual, LONGEST) // STEP_DAYS)
    return STEP_DAYS * min(months, max(days // PARTS // STEP_DAYS, 1))


def compare_horizons(
    company: Workspace, gaps: PurchaseGaps, question: ChurnQuestion, *, first: dt.date
) -> pd.DataFrame:
    """What the share who leave would be with other horizons, for data that begins on day `first`.

    Returns
    -------
    DataFrame
        horizon_days, cut_off (the latest whose horizon is over), customers, churned, rate, low, high (Wilson), returned
        (of the times that a customer was away longer, the share after which they came back), used.
    """
    length = (dt.date.fromisoformat(question.observation_end) - first).days
    rows = []
    for days in sorted({*HORIZONS, question.horizon_days}):
        last = _last_cut_off(company, question, days) if length > question.gap_days + days + STEP_DAYS else None
        if last is None:
            continue
        n, left = int(last["customers"]), int(last["churned"])
        low, high = map(float, wilson(left, n))
        used = days == question.horizon_days
        rows.append((days, last["cut_off"], n, left, left / n, low, high, came_back(gaps, days), used))
    return pd.DataFrame(rows, columns=COLUMNS)


def _last_cut_off(company: Workspace, question: ChurnQuestion, days: int) -> pd.Series | None:
    """The latest day whose horizon of so many days is over; None where there is none with a customer."""
    design = replace(question.design, horizon_days=days, cut_offs=1, attributes=())
    try:
        counts = snapshot_cut_offs(company, design)
    except DataError:
        return None
    last = counts[counts["complete"] & (counts["customers"] > 0)].tail(1)
    return None if last.empty else last.iloc[0]


def came_back(gaps: PurchaseGaps, days: int) -> float:
    """Of the times that a customer was away longer than `days`, the share after which they have come back so far."""
    longer = gaps.lengths[gaps.lengths["days"] > days]
    away = float(longer["closed"].sum() + longer["open"].sum())
    return float(longer["closed"].sum()) / away if away else float("nan")
