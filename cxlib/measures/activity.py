"""The named measures of buying, visits, messages and memberships, each from the rows of one period.

They take the frames of `cxlib.data`: one row a customer (`purchase_activity`, `session_activity`, `message_activity` of
one period, `referrals`) or a spell. Every interval is of 95% and over customers, whose ids the result keeps for
`change_of`. What the frame has nothing of is NaN with n = 0. `docs/measures.md` lists them.
"""

import datetime as dt
from collections.abc import Callable

import numpy as np
import pandas as pd

from cxlib.checks import check_days, require_columns
from cxlib.measures.rates import Figure, quotient_of, ratio_of, share_of


def _measure(make: Callable[..., Figure], frame: pd.DataFrame, tops: str, bottoms: str) -> Figure:
    rows = require_columns(frame, ("customer_id", tops, bottoms), what="activity", rows=False)
    return make(rows[tops], rows[bottoms], customers=rows["customer_id"])


def repurchase_rate(purchases: pd.DataFrame) -> Figure:
    """Orders by customers who had bought before the period over all orders.

    100 orders of which 30 from earlier customers are 30%:

    >>> rows = pd.DataFrame({"customer_id": range(100), "orders": 1, "earlier_orders": [1] * 30 + [0] * 70})
    >>> repurchase_rate(rows).value
    0.3
    """
    return _measure(share_of, purchases, "earlier_orders", "orders")


def repurchase_within(
    starts: pd.DataFrame, start: dt.date, end: dt.date, *, window_days: int, as_of: dt.date
) -> Figure:
    """Customers who bought again within so many days over customers with so many days observed.

    Of `cxlib.data.first_purchases`, those whose first order lies from `start` up to, not including, `end`, and who have
    been seen for `window_days` after it until `as_of`, the last day of the data.

    >>> starts = pd.DataFrame({"customer_id": ["a", "b", "c"], "first_day": pd.to_datetime(["2026-01-05"] * 3),
    ...                        "second_day": pd.to_datetime(["2026-01-20", "2026-03-01", None])})
    >>> january = dt.date(2026, 1, 1), dt.date(2026, 2, 1)
    >>> round(repurchase_within(starts, *january, window_days=30, as_of=dt.date(2026, 3, 31)).value, 3)
    0.333
    """
    check_days("window_days", window_days)
    rows = require_columns(starts, ("customer_id", "first_day", "second_day"), what="first purchases", rows=False)
    first, window = pd.to_datetime(rows["first_day"]), pd.Timedelta(days=window_days)
    cohort = (first >= pd.Timestamp(start)) & (first < pd.Timestamp(end)) & (first + window <= pd.Timestamp(as_of))
    again = pd.to_datetime(rows["second_day"]) - first <= window
    return share_of(again[cohort], customers=rows.loc[cohort, "customer_id"])


def average_order_value(purchases: pd.DataFrame) -> Figure:
    """Revenue net of refunds over orders, in cents; an order is a purchase day.

    >>> rows = pd.DataFrame({"customer_id": ["a", "b", "c"], "revenue_cents": [3000, 500, 1500], "orders": [2, 1, 1]})
    >>> average_order_value(rows).value
    1250.0
    """
    return _measure(ratio_of, purchases, "revenue_cents", "orders")


def purchase_frequency(purchases: pd.DataFrame) -> Figure:
    """Orders over customers with an order in the period.

    >>> purchase_frequency(pd.DataFrame({"customer_id": ["a", "b"], "orders": [3, 1], "customers": [1, 1]})).value
    2.0
    """
    return _measure(ratio_of, purchases, "orders", "customers")


def repeat_to_new_spend(purchases: pd.DataFrame) -> Figure:
    """Revenue per earlier customer over revenue per new customer of the period; 2 where the former bring twice as much.

    Earlier is who had bought before the period. No effect of loyalty: earlier customers are those who liked it, and
    new ones have had only a part of the period.

    >>> rows = pd.DataFrame({"customer_id": range(6), "revenue_cents": [40, 60, 50, 20, 30, 25],
    ...                      "customers": 1, "new_customers": [0, 0, 0, 1, 1, 1]})
    >>> repeat_to_new_spend(rows).value
    2.0
    """
    rows = require_columns(purchases, ("customers", "new_customers"), what="activity", rows=False)
    rows = rows[rows["customers"] > 0]
    new = rows["new_customers"] > 0
    return quotient_of(*(_measure(ratio_of, rows[who], "revenue_cents", "customers") for who in (~new, new)))


def pages_per_visit(visits: pd.DataFrame) -> Figure:
    """Pages over visits of which their number is known.

    >>> pages_per_visit(pd.DataFrame({"customer_id": ["a", "b", "c"], "pages": [6, 2, 4], "paged": [2, 1, 1]})).value
    3.0
    """
    return _measure(ratio_of, visits, "pages", "paged")


def time_on_site(visits: pd.DataFrame) -> Figure:
    """Seconds over visits of which their time is known; most counters have one-page visits at 0 seconds.

    >>> time_on_site(pd.DataFrame({"customer_id": ["a", "b"], "seconds": [90.0, 30.0], "timed": [1, 1]})).value
    60.0
    """
    return _measure(ratio_of, visits, "seconds", "timed")


def conversion_by_visit(visits: pd.DataFrame) -> Figure:
    """Visits that ended in a purchase over visits of which it is known.

    >>> conversion_by_visit(pd.DataFrame({"customer_id": ["a", "b"], "converted": [1, 0], "counted": [3, 1]})).value
    0.25
    """
    return _measure(share_of, visits, "converted", "counted")


def conversion_by_visitor(visits: pd.DataFrame) -> Figure:
    """Customers with a visit that ended in a purchase over customers with a visit of which it is known.

    Visits of nobody are left out: how many people they are is not known.

    >>> rows = pd.DataFrame({"customer_id": ["a", "b", "?1"], "converted": [2, 0, 1], "counted": [3, 1, 1],
    ...                      "visitors": [1, 1, 0]})
    >>> conversion_by_visitor(rows).value
    0.5
    """
    rows = require_columns(visits, ("customer_id", "converted", "counted", "visitors"), what="activity", rows=False)
    rows = rows[(rows["visitors"] > 0) & (rows["counted"] > 0)]
    return share_of(rows["converted"] > 0, customers=rows["customer_id"])


def findability(visits: pd.DataFrame) -> Figure:
    """Visits in which the customer found what they looked for over visits with a search of which it is known.

    Where searches are not recorded, over all visits of which it is known.

    >>> findability(pd.DataFrame({"customer_id": ["a", "b"], "found": [1, 2], "looked": [2, 2]})).value
    0.75
    """
    return _measure(share_of, visits, "found", "looked")


def goal_completion(visits: pd.DataFrame) -> Figure:
    """Visits whose stated goal was met over visits of which it is known.

    >>> goal_completion(pd.DataFrame({"customer_id": ["a", "b"], "goal_met": [1, 2], "aimed": [2, 2]})).value
    0.75
    """
    return _measure(share_of, visits, "goal_met", "aimed")


def open_rate(messages: pd.DataFrame) -> Figure:
    """Messages opened over messages delivered.

    An upper bound of people reading: mail programs open messages by themselves (Apple's Mail Privacy Protection since
    September 2021, security scanners), and those cannot be told from readers. Messages of the last days can still be
    opened. Judge what a message does by visits and purchases.

    >>> open_rate(pd.DataFrame({"customer_id": ["a", "b"], "opened": [1, 0], "delivered": [2, 2]})).value
    0.25
    """
    return _measure(share_of, messages, "opened", "delivered")


def referral_rate(referrals: pd.DataFrame | None) -> Figure | None:
    """Referred new customers of the period per customer who could refer: who had joined before it.

    Of `cxlib.data.referrals`; where nobody's referrer is recorded that is None, and so is the rate.

    >>> rows = pd.DataFrame({"customer_id": range(10), "eligible": 1, "referred": [3, 1, 1, 0, 0, 0, 0, 0, 0, 0]})
    >>> referral_rate(rows).value
    0.5
    """
    return None if referrals is None else _measure(ratio_of, referrals, "referred", "eligible")


def membership_churn_rate(spells: pd.DataFrame, start: dt.date, end: dt.date) -> Figure:
    """Memberships that ended from `start` up to, not including, `end` over those active at the start of that period.

    Of `cxlib.data.membership_spells`, up to the period's last day or later; active is who had begun before the period
    and not ended.

    >>> spells = pd.DataFrame({"customer_id": ["a", "b", "c"], "started_on": pd.to_datetime(["2026-01-01"] * 3),
    ...                        "duration_days": [40, 20, 90], "ended": [True, True, False]})
    >>> membership_churn_rate(spells, dt.date(2026, 2, 1), dt.date(2026, 3, 1)).value
    0.5
    """
    names = ("customer_id", "started_on", "duration_days", "ended")
    rows = require_columns(spells, names, what="spells", rows=False)
    began, ended = pd.to_datetime(rows["started_on"]), rows["ended"].astype(bool)
    last = began + pd.to_timedelta(rows["duration_days"], unit="D")
    active = (began < pd.Timestamp(start)) & (~ended | (last >= pd.Timestamp(start)))
    left = np.asarray(ended & (last < pd.Timestamp(end)))[active]
    return share_of(left, customers=rows.loc[active, "customer_id"])
