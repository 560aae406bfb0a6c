"""Whether there is enough to segment: buyers, history, and customers who still come."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cxlib.language import Count, Day, Days, Message, N, T
from cxlib.segments.result import as_frame

LEAST_BUYERS = 500
LEAST_HISTORY_DAYS = 180
LATEST_PURCHASE_DAYS = 30


def check_preconditions(frame: Any) -> tuple[Message, ...]:
    """A warning for each condition that is not met.

    Parameters
    ----------
    frame : DataFrame or ibis table
        The table of `cxlib.data.rfm_frame`: recency_days, first_day, last_day.

    Returns
    -------
    tuple of Message
        Fewer than 500 buyers; fewer than 180 days from the first purchase to the end of observation; no purchase in
        the last 30 days of it.

    Raises
    ------
    DataError
        A column is missing or holds a missing value, or there are no customers.

    Examples
    --------
    >>> day = pd.Timestamp("2026-01-01")
    >>> few = pd.DataFrame({"recency_days": [10], "first_day": [day], "last_day": [day]})
    >>> print(*check_preconditions(few), sep=chr(10))
    Only 1 customer has bought: segments and their shares are uncertain below 500
    The data hold 10 days of purchases: below 180 days regular customers cannot be told from new ones
    """
    table = as_frame(frame, ["recency_days", "first_day", "last_day"], made_by="rfm_frame")
    last = pd.to_datetime(table["last_day"])
    end = (last + pd.to_timedelta(table["recency_days"], unit="D")).max()
    history, quiet = (end - pd.to_datetime(table["first_day"]).min()).days, int(table["recency_days"].min())
    checks = (
        (len(table) < LEAST_BUYERS, _few(len(table))),
        (history < LEAST_HISTORY_DAYS, _short(history)),
        (quiet > LATEST_PURCHASE_DAYS, _quiet(last.max(), quiet)),
    )
    return tuple(message for missed, message in checks if missed)


def _few(n: int) -> Message:
    return N(
        "Only {n} customer has bought: segments and their shares are uncertain below {least}",
        "Only {n} customers have bought: segments and their shares are uncertain below {least}",
        n,
        least=Count(LEAST_BUYERS),
    )


def _short(history: int) -> Message:
    return T(
        "The data hold {days} of purchases: below {least} regular customers cannot be told from new ones",
        days=Days(history),
        least=Days(LEAST_HISTORY_DAYS),
    )


def _quiet(last: pd.Timestamp, quiet: int) -> Message:
    return T(
        "The last purchase is of {day}, {days} before the end of observation: either nobody buys, or data are missing",
        day=Day(last.date()),
        days=Days(quiet),
    )
