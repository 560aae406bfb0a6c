"""What anyone can compute without a model: each of these a forecast has to beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cxlib.clv.models.days import purchase_days
from cxlib.clv.models.rows import Floats, as_frame, numbers
from cxlib.language import Message, T

BASELINES: dict[str, Message] = {
    "naive_rate": T("Each customer goes on at the rate so far"),
    "last_period": T("Each customer repeats the last period"),
    "simple_formula": T("Average purchase × frequency × lifetime"),
}


@dataclass(frozen=True)
class SimpleFormula:
    """The simple formula of the field: average purchase x frequency x lifetime, one number for every customer.

    Attributes
    ----------
    mean_purchase_cents : float
        Average of a purchase day.
    purchases_per_period : float
        Repeat purchase days of the last period, by customer.
    lifetime_periods : float
        1 / the share of the buyers of the period before that did not buy in the last (1 where nobody came back,
        infinite where nobody left).
    period_days : float
    """

    mean_purchase_cents: float
    purchases_per_period: float
    lifetime_periods: float
    period_days: float

    @property
    def value_cents(self) -> float:
        """Revenue of a customer over the lifetime, in cents; no customer differs from another."""
        return self.mean_purchase_cents * self.purchases_per_period * self.lifetime_periods


def baseline_purchases(
    bought: pd.DataFrame, summary: pd.DataFrame, *, end: pd.Timestamp, horizon_days: int
) -> pd.DataFrame:
    """Purchases that each baseline expects of each customer in the `horizon_days` after `end`; later rows play no part.

    `bought` holds the `purchase_days`.

    Returns
    -------
    DataFrame
        naive_rate (frequency / T x horizon, 0 where T is 0), last_period (repeat purchase days of the last
        `horizon_days`), simple_formula (their mean, for everybody, while the formula's lifetime lasts); rows as in
        `summary`.
    """
    x, T_days = numbers(summary, "frequency"), numbers(summary, "T")
    rate = np.divide(x, T_days, out=np.zeros(len(x)), where=T_days > 0)
    last = _last_period(bought, summary, end=end, days=horizon_days)
    return pd.DataFrame(
        {"naive_rate": rate * horizon_days, "last_period": last, "simple_formula": float(last.mean())},
        index=summary.index,
    )


def simple_formula(transactions: Any, summary: Any, *, end: Any, period_days: int = 365) -> SimpleFormula:
    """Fit the simple formula to the `period_days` before `end` and the period before those.

    Parameters
    ----------
    transactions, summary
        Canonical transactions, and their `purchase_summary` up to `end`.
    end : date
        Last day of observation.
    period_days : int
        Length of a period.
    """
    table = as_frame(summary, ("customer_id", "frequency", "first_amount_cents", "repeat_amount_cents"))
    bought, last_day = purchase_days(transactions), pd.Timestamp(end)
    last = _last_period(bought, table, end=last_day, days=period_days)
    before = _frequency_before(bought, table, end=last_day - pd.Timedelta(days=period_days))
    earlier = _frequency_before(bought, table, end=last_day - pd.Timedelta(days=2 * period_days))
    old = (before > np.maximum(earlier, -1)) & (before >= 0)
    left = float((last[old] == 0).mean()) if old.any() else np.nan
    spent = float(table["first_amount_cents"].sum() + table["repeat_amount_cents"].sum())
    lifetime = np.nan if not np.isfinite(left) else (np.inf if left == 0 else 1 / left)
    return SimpleFormula(spent / float((table["frequency"] + 1).sum()), float(last.mean()), lifetime, period_days)


def _last_period(bought: pd.DataFrame, summary: pd.DataFrame, *, end: pd.Timestamp, days: int) -> Floats:
    before = _frequency_before(bought, summary, end=end - pd.Timedelta(days=days))
    return numbers(summary, "frequency") - np.maximum(before, 0)


def _frequency_before(bought: pd.DataFrame, summary: pd.DataFrame, *, end: pd.Timestamp) -> Floats:
    """Repeat purchase days up to `end`; -1 for customers who had not bought yet."""
    days = bought.loc[bought["day"] <= end, "customer_id"].value_counts()
    return np.asarray(days.reindex(summary["customer_id"]).fillna(0).to_numpy(float)) - 1
