"""How long customers stay away between purchases: what a horizon is chosen by."""

from __future__ import annotations

from dataclasses import dataclass, field

import ibis
import numpy as np
import pandas as pd

from cxlib.data.frames.features import purchase_days
from cxlib.data.frames.inputs import DayLike, Relation, TableLike
from cxlib.data.frames.observed import Observed, observe
from cxlib.errors import DataError


@dataclass(frozen=True)
class PurchaseGaps:
    """Gaps between the purchase days of customers.

    `lengths`: days, closed (gaps of so many days after which the customer came back), open (customers who have been
        away so many days when the data ends). Frequent customers have more gaps and weigh more.
    """

    lengths: pd.DataFrame = field(repr=False)

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

    `transactions`, `observation_end`: As for `rfm_frame`.
    Raises DataError: as for `rfm_frame`; or nobody has two purchase days.

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
