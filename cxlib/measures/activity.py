"""The named measures of buying, visits, messages and memberships, each from the rows of one period.

They take the frames of `cxlib.data`: one row a customer (`purchase_activity`, `session_activity`, `message_activity` of
one period, `referrals`) or a spell. Every interval is over customers, whose ids the result keeps for `change_of`. What
the frame has nothing of is NaN with n = 0.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

import numpy as np
import pandas as pd

from cxlib.checks import check_days, require_columns
from cxlib.errors import ParameterError, nearest
from cxlib.measures.rates import UNKNOWN, Figure, quotient_of, ratio_of, share_of
from cxlib.measures.sampling import LEVEL

BEFORE = ("period", "sale")


def _share(frame: pd.DataFrame, hits: str, trials: str, level: float) -> Figure:
    rows = require_columns(frame, ("customer_id", hits, trials), what="activity", rows=False)
    return share_of(rows[hits], rows[trials], customers=rows["customer_id"], level=level)


def _ratio(frame: pd.DataFrame, tops: str, bottoms: str, level: float) -> Figure:
    rows = require_columns(frame, ("customer_id", tops, bottoms), what="activity", rows=False)
    return ratio_of(rows[tops], rows[bottoms], customers=rows["customer_id"], level=level)


def repurchase_rate(
    purchases: pd.DataFrame, *, before: Literal["period", "sale"] = "period", level: float = LEVEL
) -> Figure:
    """Orders by customers who had bought before over all orders: 100 orders of which 30 from earlier customers are 30%.

    Parameters
    ----------
    purchases : DataFrame
        `cxlib.data.purchase_activity` of one period.
    before : "period" or "sale"
        Who had bought before: whose first order ever lies before the period; or, with each order, whose first order
        ever lies before it, so that the second one of a new customer counts too.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": range(90), "orders": [1] * 80 + [2] * 10,
    ...                      "earlier_orders": [1] * 30 + [0] * 60, "repeat_orders": [1] * 30 + [0] * 50 + [1] * 10})
    >>> repurchase_rate(rows).value, repurchase_rate(rows, before="sale").value
    (0.3, 0.4)
    """
    if before not in BEFORE:
        raise ParameterError(f"before={before!r} is not known. {nearest(before, BEFORE)}")
    return _share(purchases, "earlier_orders" if before == "period" else "repeat_orders", "orders", level)


def repurchase_within(
    starts: pd.DataFrame, start: dt.date, end: dt.date, *, window_days: int, as_of: dt.date, level: float = LEVEL
) -> Figure:
    """Customers who bought again within so many days over customers with so many days observed.

    Parameters
    ----------
    starts : DataFrame
        `cxlib.data.first_purchases`.
    start, end : date
        Of customers whose first order lies from `start` up to, not including, `end`.
    window_days : int
        Days after the first order in which a second purchase day counts.
    as_of : date
        Last day of the data; customers who have not been seen for `window_days` until then are left out.

    Examples
    --------
    >>> starts = pd.DataFrame({"customer_id": ["a", "b", "c"], "first_day": pd.to_datetime(["2026-01-05"] * 3),
    ...                        "second_day": pd.to_datetime(["2026-01-20", "2026-03-01", None])})
    >>> again = repurchase_within(starts, dt.date(2026, 1, 1), dt.date(2026, 2, 1), window_days=30,
    ...                           as_of=dt.date(2026, 3, 31))
    >>> round(again.value, 3), again.n
    (0.333, 3)
    """
    check_days("window_days", window_days)
    rows = require_columns(starts, ("customer_id", "first_day", "second_day"), what="first purchases", rows=False)
    first, second = pd.to_datetime(rows["first_day"]), pd.to_datetime(rows["second_day"])
    window = pd.Timedelta(days=window_days)
    cohort = (first >= pd.Timestamp(start)) & (first < pd.Timestamp(end)) & (first + window <= pd.Timestamp(as_of))
    again = (second - first <= window)[cohort]
    return share_of(again, customers=rows.loc[cohort, "customer_id"], level=level) if len(again) else UNKNOWN


def average_order_value(purchases: pd.DataFrame, *, level: float = LEVEL) -> Figure:
    """Revenue over orders, in cents: net of refunds; an order is a purchase day.

    >>> rows = pd.DataFrame({"customer_id": ["a", "b", "c"], "revenue_cents": [3000, 500, 1500], "orders": [2, 1, 1]})
    >>> average_order_value(rows).value
    1250.0
    """
    return _ratio(purchases, "revenue_cents", "orders", level)


def purchase_frequency(purchases: pd.DataFrame, *, level: float = LEVEL) -> Figure:
    """Orders over customers with an order in the period.

    >>> purchase_frequency(pd.DataFrame({"customer_id": ["a", "b"], "orders": [3, 1], "customers": [1, 1]})).value
    2.0
    """
    return _ratio(purchases, "orders", "customers", level)


def repeat_to_new_spend(purchases: pd.DataFrame, *, level: float = LEVEL) -> Figure:
    """Revenue per earlier customer over revenue per new customer of the period; 2 where the former bring twice as much.

    Earlier is who had bought before the period. A quotient, not a difference that loyalty makes: earlier customers are
    those who liked it, and new ones have had only a part of the period.

    >>> rows = pd.DataFrame({"customer_id": range(6), "revenue_cents": [40, 60, 50, 20, 30, 25],
    ...                      "customers": 1, "new_customers": [0, 0, 0, 1, 1, 1]})
    >>> repeat_to_new_spend(rows).value
    2.0
    """
    names = ("customer_id", "revenue_cents", "customers", "new_customers")
    rows = require_columns(purchases, names, what="activity", rows=False)
    rows = rows[rows["customers"] > 0]
    new = rows["new_customers"] > 0
    return quotient_of(*(_ratio(rows[who], "revenue_cents", "customers", level) for who in (~new, new)))


def pages_per_visit(visits: pd.DataFrame, *, level: float = LEVEL) -> Figure:
    """Pages over visits of which their number is known.

    >>> pages_per_visit(pd.DataFrame({"customer_id": ["a", "b", "c"], "pages": [6, 2, 4], "paged": [2, 1, 1]})).value
    3.0
    """
    return _ratio(visits, "pages", "paged", level)


def time_on_site(visits: pd.DataFrame, *, level: float = LEVEL) -> Figure:
    """Seconds over visits of which their time is known.

    Counters end a visit's time at its last click, so one-page visits mostly count as 0 seconds.

    >>> time_on_site(pd.DataFrame({"customer_id": ["a", "b"], "seconds": [90.0, 30.0], "timed": [1, 1]})).value
    60.0
    """
    return _ratio(visits, "seconds", "timed", level)


def conversion_by_visit(visits: pd.DataFrame, *, level: float = LEVEL) -> Figure:
    """Visits that ended in a purchase over visits of which it is known.

    >>> conversion_by_visit(pd.DataFrame({"customer_id": ["a", "b"], "converted": [1, 0], "counted": [3, 1]})).value
    0.25
    """
    return _share(visits, "converted", "counted", level)


def conversion_by_visitor(visits: pd.DataFrame, *, level: float = LEVEL) -> Figure:
    """Customers with a visit that ended in a purchase over customers with a visit.

    Visits of nobody are left out: how many people they are is not known, so this is of customers who are.

    >>> rows = pd.DataFrame({"customer_id": ["a", "b", "?1"], "converted": [2, 0, 1], "counted": [3, 1, 1],
    ...                      "visitors": [1, 1, 0]})
    >>> conversion_by_visitor(rows).value
    0.5
    """
    names = ("customer_id", "converted", "counted", "visitors")
    rows = require_columns(visits, names, what="activity", rows=False)
    rows = rows[(rows["visitors"] > 0) & (rows["counted"] > 0)]
    return share_of(rows["converted"] > 0, customers=rows["customer_id"], level=level)


def findability(visits: pd.DataFrame, *, level: float = LEVEL) -> Figure:
    """Visits in which the customer found what they looked for over visits with a search of which it is known.

    Where searches are not recorded, over all visits of which it is known.

    >>> findability(pd.DataFrame({"customer_id": ["a", "b"], "found": [1, 2], "looked": [2, 2]})).value
    0.75
    """
    return _share(visits, "found", "looked", level)


def goal_completion(visits: pd.DataFrame, *, level: float = LEVEL) -> Figure:
    """Visits whose stated goal was met over visits of which it is known.

    >>> goal_completion(pd.DataFrame({"customer_id": ["a", "b"], "goal_met": [1, 2], "aimed": [2, 2]})).value
    0.75
    """
    return _share(visits, "goal_met", "aimed", level)


def open_rate(messages: pd.DataFrame, *, level: float = LEVEL) -> Figure:
    """Messages opened over messages delivered.

    An upper bound of people reading: mail programs open messages by themselves (Apple's Mail Privacy Protection since
    September 2021, security scanners), and those cannot be told from readers. Messages of the last days can still be
    opened. Judge what a message does by visits and purchases.

    >>> open_rate(pd.DataFrame({"customer_id": ["a", "b"], "opened": [1, 0], "delivered": [2, 2]})).value
    0.25
    """
    return _share(messages, "opened", "delivered", level)


def referral_rate(referrals: pd.DataFrame | None, *, level: float = LEVEL) -> Figure | None:
    """New customers of the period who were referred, per customer who could refer: who had joined before it.

    Parameters
    ----------
    referrals : DataFrame or None
        `cxlib.data.referrals`; None, where nobody's referrer is recorded, gives None.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": range(10), "eligible": 1, "referred": [3, 1, 1, 0, 0, 0, 0, 0, 0, 0]})
    >>> rate = referral_rate(rows)
    >>> rate.value, rate.n
    (0.5, 10)
    """
    return None if referrals is None else _ratio(referrals, "referred", "eligible", level)


def membership_churn_rate(spells: pd.DataFrame, start: dt.date, end: dt.date, *, level: float = LEVEL) -> Figure:
    """Memberships that ended in a period over those active at its start.

    Parameters
    ----------
    spells : DataFrame
        `cxlib.data.membership_spells`, up to the period's last day or later: customer_id, started_on, duration_days,
        ended.
    start, end : date
        The days from `start` up to, not including, `end`; active at its start is who had begun before it and not ended.

    Examples
    --------
    >>> spells = pd.DataFrame({"customer_id": ["a", "b", "c"], "started_on": pd.to_datetime(["2026-01-01"] * 3),
    ...                        "duration_days": [40, 20, 90], "ended": [True, True, False]})
    >>> rate = membership_churn_rate(spells, dt.date(2026, 2, 1), dt.date(2026, 3, 1))
    >>> rate.value, rate.n
    (0.5, 2)
    """
    names = ("customer_id", "started_on", "duration_days", "ended")
    rows = require_columns(spells, names, what="spells", rows=False)
    began = pd.to_datetime(rows["started_on"])
    last = began + pd.to_timedelta(rows["duration_days"], unit="D")
    ended = rows["ended"].to_numpy(bool)
    active = (began < pd.Timestamp(start)).to_numpy() & (~ended | (last >= pd.Timestamp(start)).to_numpy())
    left = ended & (last < pd.Timestamp(end)).to_numpy()
    return share_of(np.asarray(left[active]), customers=rows.loc[active, "customer_id"], level=level)
