"""Segments on two days: who moved between them, and what those of the earlier day said about the time after it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pandas as pd

from cxlib.data import behaviour_frame, next_period_frame, rfm_frame
from cxlib.errors import ParameterError
from cxlib.language import T
from cxlib.segments.clustering.search import Effort
from cxlib.segments.clustering.select import select_clusters
from cxlib.segments.migration import Migration, migrate
from cxlib.segments.rfm import RfmGrid
from cxlib.segments.rules import TEN_SEGMENTS, RuleTable
from cxlib.segments.tiers import value_tiers
from cxlib.segments.usefulness import Usefulness, check_usefulness

QUICK = Effort(resamples=20)  # these groups are held against an outcome, which shows what they are worth by itself
LEAST_CUSTOMERS = 100  # on the earlier day; of fewer, neither movement nor usefulness says anything


def moved_since(
    transactions: Any, *, days: int, observation_end: str | dt.date | None = None, rules: RuleTable = TEN_SEGMENTS
) -> Migration | None:
    """Movement between segments over the last `days` days; None where too few were customers that long ago.

    Parameters
    ----------
    transactions : Workspace, DataFrame or ibis table
        A workspace, or canonical transactions; customer_id, day and amount_cents suffice.
    days : int
        How long ago the earlier day is.
    observation_end : date or text, optional
        The later day, by default the last in the table.
    rules : RuleTable
        The rules of the grid.

    Raises
    ------
    ParameterError
        `days` is not positive.

    Examples
    --------
    >>> days = pd.date_range("2026-01-01", periods=200)
    >>> rows = pd.DataFrame({"customer_id": [f"c{n % 120:03}" for n in range(200)], "day": days, "amount_cents": 100})
    >>> moved = moved_since(rows, days=60)
    >>> moved.stayed + moved.moved
    120
    """
    earlier = _earlier(transactions, days, observation_end)
    if earlier is None:
        return None
    return migrate(_rfm(transactions, earlier), _rfm(transactions, observation_end), rules=rules)


def foretold(
    transactions: Any,
    *,
    days: int,
    observation_end: str | dt.date | None = None,
    rules: RuleTable = TEN_SEGMENTS,
    most_groups: int = 8,
    currency: str = "",
    draws: int = 500,
    seed: int = 0,
) -> Usefulness | None:
    """What segments, tiers and groups made `days` days ago say about the time since; None as for `moved_since`.

    Everything is made anew from what was known on that day: rows after it take part in the outcome only.

    Parameters
    ----------
    transactions, days, observation_end, rules
        As for `moved_since`.
    most_groups : int
        As for `select_clusters`.
    currency : str
        ISO code for display.
    draws, seed : int
        Resamples behind the intervals.

    Raises
    ------
    ParameterError
        `days` is not positive.
    """
    cutoff = _earlier(transactions, days, observation_end)
    if cutoff is None:
        return None
    known = _plain(next_period_frame(transactions, cutoff=cutoff, horizon_days=days, observation_end=observation_end))
    grid = RfmGrid(rules).fit(known)
    by_customer = {
        "segments": grid.assign(known).set_index("customer_id")["segment"].astype(str),
        "tiers": value_tiers(known, draws=1).assigned.set_index("customer_id")["tier"],
    }
    rhythm = _plain(behaviour_frame(transactions, observation_end=cutoff))
    groups = select_clusters(rhythm, most=most_groups, effort=QUICK, seed=seed)
    if groups.k is not None:
        by_customer["groups"] = groups.labels
    labels = {"segments": T("Segments"), "tiers": T("Value tiers"), "groups": T("Groups by how they buy")}
    found = check_usefulness(known, by_customer, labels=labels, currency=currency, draws=draws, seed=seed)
    names: Any = [grid.rules.name(key) if key in grid.rules.keys else str(key) for key in found.groups["group"]]
    return replace(found, groups=found.groups.assign(label=names))


def _earlier(transactions: Any, days: int, observation_end: str | dt.date | None) -> dt.date | None:
    """The day `days` before the end, if there were enough customers then."""
    if days < 1:
        raise ParameterError(f"days={days} must be at least 1, as 90.")
    table = _rfm(transactions, observation_end)
    end = (pd.to_datetime(table["last_day"]) + pd.to_timedelta(table["recency_days"], unit="D")).max()
    earlier: dt.date = (end - pd.Timedelta(days=days)).date()
    already = pd.to_datetime(table["first_day"]).dt.date <= earlier
    return earlier if already.sum() >= LEAST_CUSTOMERS else None


def _rfm(transactions: Any, end: str | dt.date | None) -> pd.DataFrame:
    return _plain(rfm_frame(transactions, observation_end=end))


def _plain(frame: Any) -> pd.DataFrame:
    """A DataFrame in the order of customers, so that draws fall on the same ones whatever engine made it."""
    table: pd.DataFrame = frame if isinstance(frame, pd.DataFrame) else frame.to_pandas()
    return table.sort_values("customer_id", ignore_index=True)
