"""Memberships, chained: which of a customer's memberships follow each other without a break that matters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import ibis

from cxlib.data.frames.cut_offs import cut_off_table
from cxlib.errors import DataError

Overlaps = Literal["refuse", "merge"]
REJOIN_DAYS = 30
MONTHLY = 12.0
FEATURES = ("membership_days", "plan", "price_cents", "renewals")
NEVER = dt.date(9999, 12, 31)
_TOLD = ("plan", "price_cents", "end_reason")


@dataclass(frozen=True)
class Chains:
    """Memberships up to a day.

    Attributes
    ----------
    rows : ibis table
        One row a membership: customer_id, started_on, until (last day; the year 9999 while it runs), plan, price_cents
        and end_reason where there are any, number (of the customer's memberships, from 0), spell (from 1).
    spells : ibis table
        One row a spell: customer_id, spell, spell_started, spell_until, first_number, last_number.
    """

    rows: Any
    spells: Any


def chain_memberships(
    memberships: Any, *, observation_end: dt.date, rejoin_days: int = REJOIN_DAYS, overlaps: Overlaps = "refuse"
) -> Chains:
    """Number the memberships of each customer and join those that follow each other into spells.

    An end after `observation_end` is agreed but has not come: until then the membership runs. Only `started_on` and
    ends that lie before a day decide to which spell a membership of that day belongs.

    Raises
    ------
    DataError
        A membership starts before the one before it has ended and `overlaps` is "refuse"; `rejoin_days` is negative.
    """
    if overlaps not in ("refuse", "merge"):
        raise DataError(f"overlaps={overlaps!r} is not known. Write 'refuse' or 'merge'.")
    if rejoin_days < 0:
        raise DataError(f"rejoin_days={rejoin_days} must be 0 or more.")
    rows = _until(memberships, observation_end)
    if overlaps == "refuse":
        _refuse_overlaps(rows)
    rows = rows.mutate(starts=(-rows.before.delta(rows.started_on, unit="day") > rejoin_days).fill_null(True))
    so_far = ibis.cumulative_window(group_by="customer_id", order_by="number")
    rows = rows.mutate(spell=rows.starts.cast("int64").sum().over(so_far).cast("int64"))
    spells = rows.group_by("customer_id", "spell").aggregate(
        spell_started=rows.started_on.min(),
        spell_until=rows.until.max(),
        first_number=rows.number.min(),
        last_number=rows.number.max(),
    )
    return Chains(rows, spells)


def running_members(chains: Chains, cut_offs: Iterable[dt.date], *, through_days: int | None = None) -> Any:
    """One row a customer and cut-off with a membership that runs at it: customer_id, cut_off and `FEATURES`.

    It began before the cut-off and had not ended the day before it; with `through_days`, it also runs beyond so many
    days from the cut-off on. Of several the one that started last counts.
    """
    rows = chains.rows.join(chains.spells, ["customer_id", "spell"])
    seen = rows.cross_join(cut_off_table(cut_offs)).filter(lambda t: t.started_on < t.cut_off)
    left = -seen.cut_off.delta(seen.until, unit="day")
    seen = seen.filter(left >= 0 if through_days is None else left > through_days)
    last = seen.group_by("customer_id", "cut_off").aggregate(number=seen.number.max())
    found = seen.join(last, ["customer_id", "cut_off", "number"])
    found = found.mutate(
        membership_days=found.cut_off.delta(found.spell_started, unit="day"), renewals=found.number - found.first_number
    )
    return found.select("customer_id", "cut_off", *(name for name in FEATURES if name in found.columns))


def ended_spells(chains: Chains) -> Any:
    """The spells that have ended: customer_id, day (the last one)."""
    over = chains.spells.filter(chains.spells.spell_until < ibis.date(NEVER))
    return over.select("customer_id", day=over.spell_until)


def yearly_cents(members: Any, payments_per_year: float | Mapping[str, float]) -> Any:
    """What a running membership costs in a year, in whole cents; 0 where no price is known."""
    if "price_cents" not in members.columns:
        return ibis.literal(0, "int64")
    if isinstance(payments_per_year, Mapping) and "plan" in members.columns:
        payments = ibis.literal(MONTHLY)
        for plan, number in payments_per_year.items():
            payments = ibis.ifelse((members["plan"] == plan).fill_null(False), float(number), payments)
    else:
        often = MONTHLY if isinstance(payments_per_year, Mapping) else payments_per_year
        payments = ibis.literal(float(often))
    return (members.price_cents * payments).round().cast("int64").coalesce(0)


def _until(memberships: Any, end: dt.date) -> Any:
    kept = ["customer_id", "started_on", *(c for c in (*_TOLD, "source", "row") if c in memberships.columns)]
    rows = memberships.filter(memberships.started_on <= ibis.date(end))
    over = rows.ended_on <= ibis.date(end)
    rows = rows.select(*kept, until=ibis.ifelse(over.fill_null(False), rows.ended_on, ibis.date(NEVER)))
    order = [rows[name] for name in ("started_on", *_TOLD[:2], "until") if name in rows.columns]
    own = ibis.window(group_by="customer_id", order_by=order)
    rows = rows.mutate(number=ibis.row_number().over(own))
    earlier = ibis.window(group_by="customer_id", order_by="number", preceding=(None, 1))
    return rows.mutate(before=rows.until.max().over(earlier))


def _refuse_overlaps(rows: Any) -> None:
    bad = rows.filter(rows.before > rows.started_on)
    found = bad.aggregate(n=bad.count(), customer=bad.customer_id.min()).to_pyarrow().to_pylist()[0]
    if not found["n"]:
        return
    own = rows.filter(rows.customer_id == found["customer"]).order_by("number").to_pyarrow().to_pylist()
    late = next(number for number, one in enumerate(own) if one["before"] and one["before"] > one["started_on"])
    raise DataError(
        f"memberships: {found['n']:,} start before an earlier one of the same customer has ended. First: customer "
        f"{found['customer']!r}, {_said(own[late - 1])} and {_said(own[late])}. Correct the dates, or pass "
        "overlaps='merge' to count them as one."
    )


def _said(one: Mapping[str, Any]) -> str:
    place = " ".join(str(one[name]) for name in ("source",) if one.get(name))
    row = f"row {one['row']}" if one.get("row") is not None else f"membership {one['number'] + 1}"
    end = "running" if one["until"] == NEVER else f"to {one['until']}"
    return f"{place} {row} ({one['started_on']} {end})".strip()
