"""Coming back: new and returning customers of a period, the second purchase, and the time between purchases."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pandas as pd

from cxlib.data.frames.features import purchase_days
from cxlib.data.frames.inputs import DayLike, Relation, TableLike, as_day, whole
from cxlib.data.frames.observed import Observed, observe
from cxlib.errors import DataError


def period_frame(transactions: TableLike, *, start: DayLike, observation_end: DayLike = None) -> Any:
    """One row a customer who bought in a period: whether they had bought before it, how often and for how much.

    Parameters
    ----------
    transactions, observation_end
        As for `rfm_frame`; the period ends on `observation_end`.
    start : date or text
        First day of the period; rows before it say who had bought before.

    Returns
    -------
    DataFrame, sorted (an ibis table where one was given)
        customer_id; is_new (first purchase day in the period); purchase_days, spent_cents (net, in the period).

    Raises
    ------
    DataError
        As for `rfm_frame`; or the period starts after its end.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": ["a", "a", "b"], "amount_cents": [1000, 700, 300],
    ...                      "day": pd.to_datetime(["2026-01-01", "2026-02-11", "2026-02-21"])})
    >>> period_frame(rows, start="2026-02-01")
      customer_id  is_new  purchase_days  spent_cents
    0           a   False              1          700
    1           b    True              1          300
    """
    observed = observe(transactions, observation_end=observation_end)
    first = as_day(start, "start")
    if first is None or first > observed.end:
        raise DataError(f"start {first} lies after the end of the period, {observed.end}. Give an earlier day.")
    part = observed.after(first - dt.timedelta(days=1))
    days = part.days
    buyers = days.group_by("customer_id").aggregate(
        purchase_days=days.count(where=part.purchase(days)), spent_cents=whole(days.cents.sum())
    )
    buyers = buyers.filter(buyers.purchase_days > 0).join(_first_days(observed), "customer_id")
    frame = buyers.select("customer_id", "purchase_days", "spent_cents", is_new=buyers.first_day >= ibis.date(first))
    return observed.answer(frame.relocate("is_new", before="purchase_days"))


def second_purchase_frame(transactions: TableLike, *, observation_end: DayLike = None) -> Any:
    """One row a customer who bought: how long until the second purchase day, and how long they were observed.

    Returns
    -------
    DataFrame, sorted (an ibis table where one was given)
        customer_id; first_day; days_to_second (missing where there was none yet); observed_days (from the first
        purchase day to the end of observation).

    Raises
    ------
    DataError
        As for `rfm_frame`.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": ["a", "a"], "amount_cents": [1000, 700],
    ...                      "day": pd.to_datetime(["2026-01-01", "2026-02-11"])})
    >>> second_purchase_frame(rows)[["customer_id", "days_to_second", "observed_days"]]
      customer_id  days_to_second  observed_days
    0           a              41             41
    """
    observed = observe(transactions, observation_end=observation_end)
    first = _first_days(observed)
    days = observed.days
    bought = observed.purchase(days)
    days = days if bought is None else days.filter(bought)
    later = days.join(first, "customer_id").filter(lambda t: t.day > t.first_day)
    second = later.group_by("customer_id").aggregate(second_day=later.day.min())
    both = first.left_join(second, "customer_id")
    frame = both.select(
        "customer_id",
        "first_day",
        days_to_second=both.second_day.delta(both.first_day, unit="day"),
        observed_days=-both.first_day.delta(ibis.date(observed.end), unit="day"),
    )
    return observed.answer(frame)


def _first_days(observed: Observed) -> Relation:
    days = observed.days
    bought = observed.purchase(days)
    first = days.group_by("customer_id").aggregate(first_day=days.day.min(where=bought))
    return first.filter(first.first_day.notnull())  # noqa: PD004  # ibis, not pandas


@dataclass(frozen=True)
class PurchaseGaps:
    """Gaps between the purchase days of customers.

    Attributes
    ----------
    lengths : DataFrame
        days, closed (gaps of so many days after which the customer came back), open (customers who have been away so
        many days when the data ends). Frequent customers have more gaps and weigh more.
    """

    lengths: pd.DataFrame

    @property
    def n(self) -> int:
        """Closed gaps."""
        return int(self.lengths["closed"].sum())

    def quantile(self, share: float) -> int:
        """Shortest gap, in days, that at least `share` of the closed gaps does not exceed."""
        if not 0 < share <= 1:
            raise DataError(f"share={share} must lie above 0 and be at most 1, as 0.9.")
        below = np.cumsum(self.lengths["closed"].to_numpy())
        return int(self.lengths["days"].to_numpy()[np.searchsorted(below, share * below[-1] - 1e-9)])


def purchase_gaps(transactions: TableLike, *, observation_end: DayLike = None) -> PurchaseGaps:
    """Measure the days between purchase days, and how long customers have been away.

    Parameters
    ----------
    transactions, observation_end
        As for `rfm_frame`.

    Raises
    ------
    DataError
        As for `rfm_frame`; or nobody has two purchase days.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": ["a", "a", "a", "b"], "amount_cents": [1000, 500, 700, 300],
    ...                      "day": pd.to_datetime(["2026-01-01", "2026-01-11", "2026-02-20", "2026-01-25"])})
    >>> gaps = purchase_gaps(rows)
    >>> gaps.quantile(0.5), gaps.lengths.values.tolist()
    (10, [[0, 0, 1], [10, 1, 0], [26, 0, 1], [40, 1, 0]])
    """
    observed = observe(transactions, observation_end=observation_end)
    days = purchase_days(observed)
    gaps = PurchaseGaps(_lengths(days.filter(days.is_purchase).select("customer_id", "day"), observed))
    if not gaps.n:
        raise DataError("transactions: no customer has two purchase days, so there are no gaps. Bring more data.")
    return gaps


def _lengths(days: Relation, observed: Observed) -> pd.DataFrame:
    own = ibis.window(group_by="customer_id", order_by="day")
    following = days.mutate(next_day=days.day.lead().over(own))
    away = ibis.ifelse(following.next_day.isnull(), ibis.date(observed.end), following.next_day)  # noqa: PD003  # ibis
    gaps = following.select(days=away.delta(following.day, unit="day"), closed=following.next_day.notnull())  # noqa: PD004
    counted = gaps.group_by("days").aggregate(closed=gaps.count(where=gaps.closed), open=gaps.count(where=~gaps.closed))
    frame: pd.DataFrame = counted.to_pyarrow().to_pandas()
    return frame.sort_values("days", ignore_index=True)
