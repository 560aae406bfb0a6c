"""How long customers stay away between purchases: what a horizon is chosen by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from cxlib.data.frames.observed import DayLike, Observed, Transactions, observe
from cxlib.data.frames.purchase_features import purchase_days
from cxlib.errors import DataError

QUANTILES = (0.5, 0.75, 0.8, 0.9, 0.95, 0.99)
HORIZONS = (30, 60, 90, 120, 180, 270, 365)


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
    transactions: Transactions, *, observation_end: DayLike = None, horizons: Sequence[int] = HORIZONS
) -> PurchaseGaps:
    """Measure the days between purchase days, and how often customers come back after a time away.

    Parameters
    ----------
    transactions : ibis table or DataFrame
        Canonical transactions; customer_id, day and amount_cents suffice.
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
    found = counted.aggregate(customers=counted.count(), one_time=counted.count(where=counted.n == 1))
    facts = found.to_pyarrow().to_pylist()[0]
    quantiles = pd.DataFrame({"quantile": QUANTILES, "days": [_quantile(lengths, share) for share in QUANTILES]})
    return PurchaseGaps(lengths, quantiles, _returns(lengths, horizons), facts["customers"], facts["one_time"])


def _lengths(days: ibis.Table, observed: Observed) -> pd.DataFrame:
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
