"""Coming back: new and returning customers of a period, the second purchase, and the time between purchases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pandas as pd

from cxlib.data.frames.features import purchase_days
from cxlib.data.frames.inputs import DayLike, Relation, TableLike, as_day, read_facts, whole
from cxlib.data.frames.observed import Observed, observe
from cxlib.errors import DataError

QUANTILES = (0.5, 0.75, 0.8, 0.9, 0.95, 0.99)
HORIZONS = (30, 60, 90, 120, 180, 270, 365)


def period_frame(transactions: TableLike, *, start: DayLike, observation_end: DayLike = None) -> Any:
    """One row a customer who bought in a period: whether they had bought before it, how often and for how much.

    Parameters
    ----------
    transactions : Workspace, DataFrame or ibis table
        A workspace, or canonical transactions; customer_id, day and amount_cents suffice.
    start : date or text
        First day of the period; rows before it say who had bought before.
    observation_end : date or text, optional
        Last day of the period. By default the last day in the table.

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
        many days when the data ends).
    quantiles : DataFrame
        quantile, days (shortest gap that at least this share of closed gaps does not exceed).
    returns : DataFrame
        days; within (share of closed gaps that are at most so long); silent (times that a customer was away longer);
        came_back (how often they came back after that); share (the one of the other: at least so many come back, as
        those who are away when the data ends still may).
    customers, one_time : int
        Customers with a purchase day, and those with only one.
    """

    lengths: pd.DataFrame
    quantiles: pd.DataFrame
    returns: pd.DataFrame
    customers: int
    one_time: int

    @property
    def n(self) -> int:
        """Closed gaps."""
        return int(self.lengths["closed"].sum())

    def quantile(self, share: float) -> int:
        """Shortest gap, in days, that at least `share` of the closed gaps does not exceed."""
        return _quantile(self.lengths, share)


def purchase_gaps(
    transactions: TableLike, *, observation_end: DayLike = None, horizons: Sequence[int] = HORIZONS
) -> PurchaseGaps:
    """Measure the days between purchase days, and how often customers come back after a time away.

    Parameters
    ----------
    transactions : Workspace, DataFrame or ibis table
        A workspace, or canonical transactions; customer_id, day and amount_cents suffice.
    observation_end : date or text, optional
        Last day of the study; by default the last day in the table.
    horizons : sequence of int
        Days away to look at.

    Returns
    -------
    PurchaseGaps
        See there. Frequent customers have more gaps and weigh more.

    Raises
    ------
    DataError
        As for `rfm_frame`; or nobody has two purchase days.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": ["a", "a", "a", "b"], "amount_cents": [1000, 500, 700, 300],
    ...                      "day": pd.to_datetime(["2026-01-01", "2026-01-11", "2026-02-20", "2026-01-25"])})
    >>> gaps = purchase_gaps(rows, horizons=[20])
    >>> gaps.quantile(0.5), gaps.returns.values.tolist()
    (10, [[20.0, 0.5, 2.0, 1.0, 0.5]])
    """
    observed = observe(transactions, observation_end=observation_end)
    days = purchase_days(observed)
    days = days.filter(days.is_purchase).select("customer_id", "day")
    lengths = _lengths(days, observed)
    if not lengths["closed"].sum():
        raise DataError("transactions: no customer has two purchase days, so there are no gaps. Bring more data.")
    counted = days.group_by("customer_id").aggregate(n=days.count())
    facts = read_facts(counted.aggregate(customers=counted.count(), one_time=counted.count(where=counted.n == 1)))
    quantiles = pd.DataFrame({"quantile": QUANTILES, "days": [_quantile(lengths, share) for share in QUANTILES]})
    return PurchaseGaps(lengths, quantiles, _returns(lengths, horizons), facts["customers"], facts["one_time"])


def _lengths(days: Relation, observed: Observed) -> pd.DataFrame:
    own = ibis.window(group_by="customer_id", order_by="day")
    following = days.mutate(next_day=days.day.lead().over(own))
    away = ibis.ifelse(following.next_day.isnull(), ibis.date(observed.end), following.next_day)  # noqa: PD003  # ibis
    gaps = following.select(days=away.delta(following.day, unit="day"), closed=following.next_day.notnull())  # noqa: PD004
    counted = gaps.group_by("days").aggregate(closed=gaps.count(where=gaps.closed), open=gaps.count(where=~gaps.closed))
    frame: pd.DataFrame = counted.to_pyarrow().to_pandas()
    return frame.sort_values("days", ignore_index=True)


def _quantile(lengths: pd.DataFrame, share: float) -> int:
    if not 0 < share <= 1:
        raise DataError(f"share={share} must lie above 0 and be at most 1, as 0.9.")
    below = np.cumsum(lengths["closed"].to_numpy())
    return int(lengths["days"].to_numpy()[np.searchsorted(below, share * below[-1] - 1e-9)])


def _returns(lengths: pd.DataFrame, horizons: Sequence[int]) -> pd.DataFrame:
    rows = []
    closed = int(lengths["closed"].sum())
    for days in horizons:
        longer = lengths[lengths["days"] > days]
        back, silent = int(longer["closed"].sum()), int(longer["closed"].sum() + longer["open"].sum())
        rows.append((days, 1 - back / closed, silent, back, back / silent if silent else np.nan))
    return pd.DataFrame(rows, columns=["days", "within", "silent", "came_back", "share"])
