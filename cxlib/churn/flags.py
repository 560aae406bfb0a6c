"""A file that says who has left, not when: one row a customer, as of the day of the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from cxlib.churn.churn_data import ChurnData
from cxlib.data import Workspace, membership_spells

MONTHS = 12


def gather_flags(company: Workspace, attributes: tuple[str, ...], payments: float | Mapping[str, float]) -> ChurnData:
    """One row a customer on the day of the file."""
    memberships = company.frame("memberships")
    end = pd.to_datetime(memberships["ended_on"]).max()
    people = company.frame("customers") if company.has("customers") else None
    spells = membership_spells(
        memberships, observation_end=end.date(), overlaps="merge", customers=people,
        attributes=attributes if people is not None else (),
    )  # fmt: skip
    return ChurnData("flags", end.date(), 0, 0, flag_rows(spells, attributes, payments), spells,
                     currency=company.currency)  # fmt: skip


def flag_rows(
    spells: pd.DataFrame, attributes: Sequence[str], payments: float | Mapping[str, float] = MONTHS
) -> pd.DataFrame:
    """Spells of a file that holds only a flag, as `check_flags` takes them: the last spell of each customer.

    Examples
    --------
    >>> spells = pd.DataFrame({"customer_id": ["a", "b"], "started_on": pd.to_datetime(["2026-01-01"] * 2),
    ...                        "duration_days": [90, 30], "ended": [True, False], "price_cents": [1000, 2000]})
    >>> flag_rows(spells, []).values.tolist()
    [['a', 1, 90, 1000, 12000.0], ['b', 0, 30, 2000, 24000.0]]
    """
    last = spells.sort_values("started_on", kind="stable").drop_duplicates("customer_id", keep="last")
    names = [name for name in ("plan", "price_cents") if name in last]
    kept = ["customer_id", "ended", "duration_days", *names, *(name for name in attributes if name in last)]
    rows = last[kept].rename(columns={"ended": "churned", "duration_days": "membership_days"})
    price = rows["price_cents"].astype(float) if "price_cents" in rows else 0.0
    each: Any = payments
    if isinstance(payments, Mapping):
        each = rows["plan"].map(payments).fillna(MONTHS).astype(float) if "plan" in rows else MONTHS
    return rows.assign(churned=rows["churned"].astype(int), value_cents=price * each).reset_index(drop=True)
