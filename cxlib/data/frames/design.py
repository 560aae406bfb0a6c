"""How snapshots are set up: what is forecast, for whom, from which days on; who could leave then, and who did."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import ibis

from cxlib.data.frames.cut_offs import CutOffs, Horizon, choose_cut_offs, known_days, outcome_days, stretches
from cxlib.data.frames.features import VARIETY, first_days, purchase_features, purchase_stretches
from cxlib.data.frames.inputs import DayLike, Relation, Tables, TablesLike, as_day, left_join, read_tables
from cxlib.data.frames.memberships import (
    REJOIN_DAYS,
    Chains,
    Overlaps,
    chain_memberships,
    ended_spells,
    refuse_flag,
    running_members,
)
from cxlib.data.frames.observed import Observed, observe
from cxlib.errors import DataError, nearest

SnapshotKind = Literal["purchases", "memberships"]
ALIVE_DAYS = 365
ONE_TIME = 1


@dataclass(frozen=True)
class SnapshotDesign:
    """What is forecast, for whom, and from which days on.

    Attributes
    ----------
    kind : "purchases" or "memberships"
        Who can leave, and what leaving is. "purchases": customers with at least two purchase days before the cut-off,
        the last of them at most `alive_days` ago; they leave if no purchase day falls into the outcome. "memberships":
        customers with a membership that began before the cut-off and runs through the gap; they leave if it ends in
        the outcome and none begins within `rejoin_days` of the end, as far as the data goes.
    horizon_days : int
        Length of the outcome, at least 1.
    cut_offs : int, sequence of days or None
        The days themselves; or how many, counted back from the latest whose outcome ends exactly with the data; None
        for as many as fit after a first 90 days (or one horizon, if longer), at most 12. Days whose outcome runs past
        the data are dropped; `snapshot_cut_offs` lists them.
    gap_days : int
        Days after the cut-off that count for neither side: the time that acting on a forecast takes.
    every_days : int, optional
        Days from one cut-off to the next when they are counted; the horizon when left out.
    observation_end : date or text, optional
        Last day of the study. When left out the last day with a transaction, or, for memberships, the last day on
        which anything was recorded.
    open_cut_offs : bool
        Keep cut-offs whose outcome is not over, with `churned` missing: customers to score. Where cut-offs are
        counted, the day after the data ends is added.
    one_time : bool
        Also customers with one purchase day (they have `purchase_days` 1); the reasons for which they come back are
        others, so report them apart.
    alive_days : int
        Days since the last purchase after which a customer is no longer thought to be one.
    rejoin_days : int
        See `membership_spells`.
    overlaps : "refuse" or "merge"
        What to do with memberships of one customer that run at the same time.
    observed_from : date or text, optional
        First day on which the end of a membership can be seen: cut-offs lie after it (see `membership_spells`).
    payments_per_year : number or mapping
        How often a membership's price is paid, or plan -> how often (12 for plans that it does not name). For
        `value_cents` only.
    attributes : sequence of str
        Columns of `customers` to add as features. They are as known today: leave out what leaving itself changes.

    Raises
    ------
    DataError
        The kind is not known, or `alive_days` is below 1.

    Examples
    --------
    >>> SnapshotDesign("memberships", horizon_days=90).overlaps
    'refuse'
    """

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
    observed_from: DayLike = None
    payments_per_year: float | Mapping[str, float] = 12
    attributes: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.kind not in (kinds := ("purchases", "memberships")):
            raise DataError(f"kind={self.kind!r} is not known. {nearest(str(self.kind), kinds)}")
        if self.alive_days < 1:
            raise DataError(f"alive_days={self.alive_days} must be at least 1, as 365.")


@dataclass(frozen=True)
class SnapshotStudy:
    """A design over a company's tables.

    `observed` are the transactions, checked (None without a row), `bought` what was bought in each stretch of days,
    `firsts` the `first_days` of products and channels, and `chains` the memberships (None without such a table).
    """

    tables: Tables
    design: SnapshotDesign
    horizon: Horizon
    cut_offs: list[dt.date]
    observed: Observed | None
    bought: Relation
    firsts: Mapping[str, Relation]
    chains: Chains | None


def design_study(company: TablesLike, design: SnapshotDesign, *, dropped_too: bool = False) -> SnapshotStudy:
    """Check the tables against the design and choose the cut-offs; `dropped_too` those that it drops as well."""
    tables = read_tables(company)
    tables.need("memberships" if design.kind == "memberships" else "transactions", f"kind={design.kind!r} needs")
    end = as_day(design.observation_end, "observation_end")
    if design.kind == "memberships":
        refuse_flag(tables.tables["memberships"])
        end = end or tables.last_day()
    observed = _observe(tables, end, needed=design.kind == "purchases")
    end = observed.end if observed is not None else end or tables.last_day()
    horizon = Horizon(design.horizon_days, design.gap_days, _first_day(tables, observed, design), end)
    chosen = choose_cut_offs(
        horizon, design.cut_offs, every_days=design.every_days, open_cut_offs=design.open_cut_offs or dropped_too
    )
    if dropped_too and not design.open_cut_offs and (design.cut_offs is None or isinstance(design.cut_offs, int)):
        chosen = chosen[:-1]  # the grid's own day after the data was not asked for
    bought, firsts = _prepare_purchases(tables, observed, chosen, horizon)
    chains = None
    if tables.has("memberships"):
        rows, rejoin = tables.tables["memberships"], design.rejoin_days
        chains = chain_memberships(rows, observation_end=end, rejoin_days=rejoin, overlaps=design.overlaps)
    return SnapshotStudy(tables, design, horizon, chosen, observed, bought, firsts, chains)


def _prepare_purchases(
    tables: Tables, observed: Observed | None, cut_offs: list[dt.date], horizon: Horizon
) -> tuple[Relation, dict[str, Relation]]:
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


def _first_day(tables: Tables, observed: Observed | None, design: SnapshotDesign) -> dt.date:
    if design.kind == "purchases" and observed is not None:
        return observed.start
    day: dt.date | None = tables.tables["memberships"].started_on.min().to_pyarrow().as_py()
    if day is None:
        raise DataError("memberships: the table has no rows. Check the file and the rules that its rows must meet.")
    return max(day, as_day(design.observed_from, "observed_from") or day)


def population(study: SnapshotStudy, *, everybody: bool = False) -> Relation:
    """One row a customer and cut-off: customer_id, cut_off, churned (missing where it is not known yet).

    Those of kind "purchases" come with the features of their purchases, those of kind "memberships" with those of
    their membership. With `everybody`, customers with one purchase day come whatever the design says.
    """
    design = study.design
    if design.kind == "purchases":
        rows = _buyers(study, least=ONE_TIME if everybody or design.one_time else ONE_TIME + 1)
        days = study.bought.filter(study.bought.purchase_days > 0)
        later = days.join(outcome_days(study.cut_offs, study.horizon), "day")
        return _with_outcome(rows, later, study, event_means=0)
    if study.chains is None:
        raise ValueError("a study of memberships has none")
    rows = running_members(study.chains, study.cut_offs, through_days=design.gap_days)
    over = ended_spells(study.chains).join(outcome_days(study.cut_offs, study.horizon), "day")
    return _with_outcome(rows, over, study, event_means=1)


def bought_before(study: SnapshotStudy) -> Relation:
    """The features of everybody's purchases."""
    if study.observed is None:
        raise ValueError("a study of purchases needs them")
    return purchase_features(study.bought, known_days(study.cut_offs, study.observed.start))


def _buyers(study: SnapshotStudy, *, least: int) -> Relation:
    bought = bought_before(study)
    alive = bought.days_since_last_purchase <= study.design.alive_days
    return bought.filter(alive & (bought.purchase_days >= least))


def _with_outcome(rows: Relation, events: Relation, study: SnapshotStudy, *, event_means: int) -> Relation:
    """Rows with `churned`: `event_means` where a customer has an event in the days of the outcome."""
    happened = events.select("customer_id", "cut_off").distinct().mutate(event=ibis.literal(1, "int64"))
    rows = left_join(rows, happened, ["customer_id", "cut_off"])
    event = rows.event.coalesce(0)
    churned = event if event_means else 1 - event
    if study.cut_offs[-1] > study.horizon.last_complete:
        churned = ibis.ifelse(rows.cut_off <= ibis.date(study.horizon.last_complete), churned, None)
    return rows.mutate(churned=churned).drop("event")
