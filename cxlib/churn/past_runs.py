"""What the past has tried already: a randomised offer, and the call list of an earlier run, with what came of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pandas as pd

from cxlib.churn.churn_data import Wanted, read_day
from cxlib.churn.offers.list_outcome import read_call_list
from cxlib.churn.offers.study import Experiment
from cxlib.errors import ParameterError
from cxlib.language import Day, Days, Message, T

NOT_KNOWN_BEFORE = ("customer_id", "cut_off", "churned", "value_cents")
# What is known of customers who took part in an experiment: few features, as few customers took part.
KNOWN_OF_OFFERED = {
    "memberships": ("customers", "memberships", "tickets", "surveys"),
    "purchases": ("customers", "transactions", "tickets", "surveys"),
}


def past_experiment(wanted: Wanted, end: dt.date, horizon: int) -> tuple[Experiment | None, tuple[Message, ...]]:
    """Customers as of the day of the offer, with what was known the day before and whether they left."""
    treatment, day = wanted.offer.treatment, wanted.offer.day
    if not treatment:
        return None, ()
    if not day:
        raise ParameterError(f"treatment={treatment!r} needs the day of the offer too. Set offer_day, as 2026-03-01.")
    made = read_day(day, name="offer_day")
    if made + dt.timedelta(days=wanted.gap_days + horizon) > end:
        return None, (T("The offer of {day} is too recent to say what came of it within {horizon}", day=Day(made),
                        horizon=Days(horizon)),)  # fmt: skip
    names = tuple(dict.fromkeys((*wanted.attributes, treatment)))
    few = replace(wanted, company=wanted.company.using(*KNOWN_OF_OFFERED[wanted.kind]))
    rows = few.snapshots(end, horizon_days=horizon, attributes=names, cut_offs=[made])
    rows = rows[rows[treatment].notna()].reset_index(drop=True)
    features = [name for name in rows.columns if name not in (*NOT_KNOWN_BEFORE, treatment) and _told(rows[name])]
    return Experiment(rows, treatment, features), ()


def _told(column: pd.Series) -> bool:
    return len(column.dropna().unique()) > 1


def last_list(
    wanted: Wanted, end: dt.date, horizon: int
) -> tuple[pd.DataFrame | None, pd.DataFrame | None, Message | None]:
    """The list of an earlier run, and what became of its customers; it counts only if it looked as far ahead."""
    last = read_call_list(wanted.last_list)
    if last is None or wanted.last_list is None:
        return None, None, T("There is no list of an earlier run to hold against what happened")
    if _list_horizon(wanted.last_list) != horizon:
        return None, None, T("The last run’s list looked another number of days ahead, so it is not compared")
    day = last["cut_off"].iloc[0].date()
    if day + dt.timedelta(days=wanted.gap_days + horizon) > end:
        early = T("What became of the customers on the last run’s list of {day} is not known yet", day=Day(day))
        return None, None, early
    ends = replace(
        wanted, company=wanted.company.using("memberships" if wanted.kind == "memberships" else "transactions")
    )
    outcomes = ends.snapshots(end, horizon_days=horizon, attributes=(), cut_offs=[day])
    return last, outcomes[["customer_id", "cut_off", "churned"]], None


def _list_horizon(path: Path) -> int:
    try:
        return int(pd.read_parquet(path, columns=["horizon_days"])["horizon_days"].iloc[0])
    except (OSError, ValueError, KeyError, IndexError):
        return 0
