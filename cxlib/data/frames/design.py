"""How a churn study is set up: what is forecast, for whom, from which day on, over which data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypedDict

import ibis

from cxlib.data.frames.chains import REJOIN_DAYS, Chains, Overlaps, chain_memberships
from cxlib.data.frames.company import Company, Tables, read_tables
from cxlib.data.frames.cut_offs import CutOffs, Horizon, choose_cut_offs, stretches
from cxlib.data.frames.observed import DayLike, Observed, as_day, observe
from cxlib.data.frames.purchase_features import VARIETY, first_days, purchase_stretches
from cxlib.data.frames.spells import refuse_flag
from cxlib.errors import DataError, nearest

SnapshotKind = Literal["purchases", "memberships"]
ALIVE_DAYS = 365


class SnapshotOptions(TypedDict, total=False):
    """The options of `churn_snapshots`, for functions that pass them on."""

    kind: SnapshotKind
    horizon_days: int
    cut_offs: CutOffs
    gap_days: int
    every_days: int | None
    observation_end: DayLike
    open_cut_offs: bool
    one_time: bool
    alive_days: int
    rejoin_days: int
    overlaps: Overlaps
    payments_per_year: float | Mapping[str, float]
    attributes: Sequence[str]


@dataclass(frozen=True)
class Design:
    """The options themselves; `churn_snapshots` describes each."""

    kind: SnapshotKind
    horizon_days: int
    cut_offs: CutOffs = None
    gap_days: int = 0
    every_days: int | None = None
    observation_end: DayLike = None
    open_cut_offs: bool = False
    one_time: bool = False
    alive_days: int = ALIVE_DAYS
    rejoin_days: int = REJOIN_DAYS
    overlaps: Overlaps = "refuse"
    payments_per_year: float | Mapping[str, float] = 12
    attributes: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.kind not in (kinds := ("purchases", "memberships")):
            raise DataError(f"kind={self.kind!r} is not known. {nearest(str(self.kind), kinds)}")
        if self.alive_days < 1:
            raise DataError(f"alive_days={self.alive_days} must be at least 1, as 365.")


@dataclass(frozen=True)
class Study:
    """A design over a company's tables.

    Attributes
    ----------
    tables : Tables
        What there is.
    design : Design
        What was asked for.
    horizon : Horizon
        What is forecast, within which days.
    cut_offs : list of date
        In order.
    observed : Observed or None
        Transactions, checked; None without a row.
    bought : ibis table or None
        What was bought in each stretch of days, from `purchase_stretches`.
    firsts : mapping
        product and channel, where transactions have them -> `first_days`.
    chains : Chains or None
        Memberships, checked and chained; None without such a table.
    """

    tables: Tables
    design: Design
    horizon: Horizon
    cut_offs: list[dt.date]
    observed: Observed | None
    bought: Any
    firsts: Mapping[str, Any]
    chains: Chains | None


def design_study(company: Company, design: Design, *, dropped_too: bool = False) -> Study:
    """Check the tables against the design and choose the cut-offs.

    Parameters
    ----------
    company : Workspace or mapping
        As for `churn_snapshots`.
    design : Design
        What is asked for.
    dropped_too : bool
        Keep the days whose outcome runs past the data, though the design drops them.

    Raises
    ------
    DataError
        As for `churn_snapshots`.
    """
    tables = read_tables(company)
    tables.need(str(design.kind if design.kind == "memberships" else "transactions"), f"kind={design.kind!r} needs")
    end = as_day(design.observation_end, "observation_end")
    if design.kind == "memberships":
        refuse_flag(tables.tables["memberships"])
        end = end or tables.last_day()
    observed = _observe(tables, end, needed=design.kind == "purchases")
    end = observed.end if observed is not None else end or tables.last_day()
    horizon = Horizon(design.horizon_days, design.gap_days, _first_day(tables, observed, design.kind), end)
    chosen = choose_cut_offs(
        horizon, design.cut_offs, every_days=design.every_days, open_cut_offs=design.open_cut_offs or dropped_too
    )
    if dropped_too and not design.open_cut_offs and (design.cut_offs is None or isinstance(design.cut_offs, int)):
        chosen = chosen[:-1]  # the grid's own day after the data was not asked for
    bought, firsts = _prepared(tables, observed, chosen, horizon)
    return Study(tables, design, horizon, chosen, observed, bought, firsts, _chain(tables, design, end))


def _prepared(
    tables: Tables, observed: Observed | None, cut_offs: list[dt.date], horizon: Horizon
) -> tuple[Any, dict[str, Any]]:
    """What all cut-offs take from the transactions."""
    if observed is None:
        return None, {}
    rows = tables.tables["transactions"]
    bought = purchase_stretches(observed, stretches(cut_offs, replace(horizon, start=observed.start)))
    return bought, {column: first_days(rows, column) for column in VARIETY if column in rows.columns}


def _observe(tables: Tables, end: dt.date | None, *, needed: bool) -> Observed | None:
    if not tables.has("transactions"):
        return None
    rows = tables.tables["transactions"]
    if not needed and (end is None or not rows.filter(rows.day <= ibis.date(end)).count().to_pyarrow().as_py()):
        return None
    return observe(rows, observation_end=end)


def _first_day(tables: Tables, observed: Observed | None, kind: SnapshotKind) -> dt.date:
    if kind == "purchases" and observed is not None:
        return observed.start
    found: dt.date | None = tables.tables["memberships"].started_on.min().to_pyarrow().as_py()
    if found is None:
        raise DataError("memberships: the table has no rows. Check the file and the rules that its rows must meet.")
    return found


def _chain(tables: Tables, design: Design, end: dt.date) -> Chains | None:
    if not tables.has("memberships"):
        return None
    return chain_memberships(
        tables.tables["memberships"], observation_end=end, rejoin_days=design.rejoin_days, overlaps=design.overlaps
    )
