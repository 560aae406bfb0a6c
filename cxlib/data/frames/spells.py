"""Memberships as spells: how long each customer stayed, and whether they have left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import ibis
import pandas as pd

from cxlib.data.frames.attributes import checked_attributes
from cxlib.data.frames.chains import REJOIN_DAYS, Overlaps, chain_memberships
from cxlib.data.frames.company import Tables, answer, canonical
from cxlib.data.frames.observed import DayLike, as_day
from cxlib.errors import DataError

Memberships = Any  # an ibis table or a pandas DataFrame
_LEAST_ENDINGS = 2


def membership_spells(
    memberships: Memberships,
    *,
    observation_end: DayLike,
    rejoin_days: int = REJOIN_DAYS,
    overlaps: Overlaps = "refuse",
    customers: Any = None,
    attributes: Sequence[str] = (),
) -> Any:
    """One row a spell: how long a customer was a member without a break that matters.

    Parameters
    ----------
    memberships : ibis table or DataFrame
        Canonical memberships; customer_id, started_on and ended_on suffice.
    observation_end : date or text
        Last day of the study. A membership that is to end later has not ended; one that starts later is left out.
    rejoin_days : int
        A membership that starts at most so many days after the end of the one before continues it.
    overlaps : "refuse" or "merge"
        What to do with memberships of one customer that run at the same time.
    customers : ibis table or DataFrame, optional
        Canonical customers, for `attributes`.
    attributes : sequence of str
        Columns of `customers` to add; one that is missing throughout is left out.

    Returns
    -------
    ibis table or DataFrame (as given)
        customer_id; started_on; duration_days (from the first day to the last, or to `observation_end`); ended;
        plan and price_cents (at the start: a plan that was changed to later would know that the customer stayed);
        end_reason (of the end; missing while it runs); the attributes. A DataFrame is sorted by customer_id and
        started_on. An end in the last `rejoin_days` of the study counts, though the customer may still come back.

    Raises
    ------
    DataError
        A column is missing or ill-typed, memberships overlap, or no membership starts by `observation_end`.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": ["a", "a", "b"], "plan": ["monthly", "annual", "annual"],
    ...                      "started_on": pd.to_datetime(["2026-01-01", "2026-02-11", "2026-03-01"]),
    ...                      "ended_on": pd.to_datetime(["2026-01-31", "2026-05-11", None])})
    >>> membership_spells(rows, observation_end="2026-06-30")[["customer_id", "duration_days", "ended", "plan"]]
      customer_id  duration_days  ended     plan
    0           a            130   True  monthly
    1           b            121  False   annual
    """
    end = as_day(observation_end, "observation_end")
    if end is None:
        raise DataError("observation_end is missing. Write the last day of the data, as '2026-06-30'.")
    rows = canonical(memberships, "memberships")
    _refuse_nothing(rows, end)
    spells = spell_table(rows, end=end, rejoin_days=rejoin_days, overlaps=overlaps)
    if attributes:
        people = {} if customers is None else {"customers": canonical(customers, "customers")}
        known, _ = checked_attributes(Tables(people, as_pandas=True), attributes)
        spells = spells.left_join(known, "customer_id").drop("customer_id_right")
    as_pandas = isinstance(memberships, pd.DataFrame)
    return answer(spells, as_pandas=as_pandas, order=["customer_id", "started_on"])


def spell_table(memberships: Any, *, end: dt.date, rejoin_days: int, overlaps: Overlaps) -> Any:
    """`membership_spells` of a canonical ibis table, without attributes."""
    chains = chain_memberships(memberships, observation_end=end, rejoin_days=rejoin_days, overlaps=overlaps)
    spells, rows = chains.spells, chains.rows
    for name, number in (("plan", "first_number"), ("price_cents", "first_number"), ("end_reason", "last_number")):
        if name in rows.columns:
            told = rows.select("customer_id", name, **{number: rows.number})
            spells = spells.left_join(told, ["customer_id", number]).drop("customer_id_right", f"{number}_right")
    ended = spells.spell_until <= ibis.date(end)
    last = ibis.ifelse(ended, spells.spell_until, ibis.date(end))
    columns = {"started_on": spells.spell_started, "duration_days": last.delta(spells.spell_started, unit="day")}
    told_columns = {name: spells[name] for name in ("plan", "price_cents") if name in spells.columns}
    if "end_reason" in spells.columns:
        told_columns["end_reason"] = ibis.ifelse(ended, spells.end_reason, None)
    return spells.select("customer_id", **columns, ended=ended, **told_columns)


def flag_only(memberships: Memberships) -> bool:
    """Whether memberships say who has left, but not when: all of their ends fall on one day, the day of the file.

    Such a table has no cut-offs: whatever is learned from it describes who had left by that day, and forecasts
    nothing.

    Parameters
    ----------
    memberships : ibis table or DataFrame
        Canonical memberships; customer_id, started_on and ended_on suffice.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": ["a", "b", "c"],
    ...                      "started_on": pd.to_datetime(["2026-01-01", "2026-02-11", "2026-03-01"]),
    ...                      "ended_on": pd.to_datetime(["2026-06-30", "2026-06-30", None])})
    >>> flag_only(rows)
    True
    """
    return _flag_day(canonical(memberships, "memberships")) is not None


def refuse_flag(memberships: Any) -> None:
    """Stop where memberships are such a table.

    Raises
    ------
    DataError
        All ends fall on one day.
    """
    if day := _flag_day(memberships):
        raise DataError(
            f"memberships: column 'ended_on' has one value, {day}, the day of the file: it says who has left, not "
            "when, so there are no cut-offs to forecast from. Bring the days on which memberships ended, or use "
            "membership_spells for a description in retrospect."
        )


def _flag_day(rows: Any) -> dt.date | None:
    found = rows.aggregate(
        n=rows.ended_on.count(), first=rows.ended_on.min(), last=rows.ended_on.max(), newest=rows.started_on.max()
    )
    facts = found.to_pyarrow().to_pylist()[0]
    one_day = facts["n"] >= _LEAST_ENDINGS and facts["first"] == facts["last"] and facts["newest"] <= facts["last"]
    day: dt.date | None = facts["last"] if one_day else None
    return day


def _refuse_nothing(rows: Any, end: dt.date) -> None:
    first = rows.started_on.min().to_pyarrow().as_py()
    if first is None:
        raise DataError("memberships: the table has no rows. Check the file and the rules that its rows must meet.")
    if first > end:
        raise DataError(
            f"memberships: none starts by observation_end {end}; the first does on {first}. Choose a later day."
        )
