"""Customers as they were known at a cut-off, with what they did after it: what churn is forecast from.

Who is in and what came of it (`population`) and what was known (`features`) are relations that meet only here; what was
known is joined to the days before the cut-off alone.

How snapshots are set up: what is forecast, for whom, from which days on; who could leave then, and who did.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import ibis
import pandas as pd

from cxlib.checks import refuse_personal
from cxlib.data.frames.cut_offs import CutOffs, Horizon, choose_cut_offs, known_days, outcome_days, stretches
from cxlib.data.frames.features import (
    SNAPSHOT_FEATURES,
    VARIETY,
    Part,
    event_parts,
    first_days,
    purchase_features,
    purchase_stretches,
    variety_features,
)
from cxlib.data.frames.inputs import (
    DayLike,
    Relation,
    Tables,
    TablesLike,
    answer,
    as_day,
    checked_attributes,
    left_join,
    read_tables,
)
from cxlib.data.frames.memberships import (
    REJOIN_DAYS,
    Chains,
    Overlaps,
    chain_memberships,
    ended_spells,
    refuse_flag,
    running_members,
    yearly_cents,
)
from cxlib.data.frames.observed import Observed, observe
from cxlib.disk import TABLE_SCRATCH, scratch_folder
from cxlib.errors import DataError, nearest

SnapshotKind = Literal["purchases", "memberships"]
ALIVE_DAYS = 365
ONE_TIME = 1


@dataclass(frozen=True)
class SnapshotDesign:
    """What is forecast, for whom, and from which days on.

    `kind` ("purchases" or "memberships"): Who can leave, and what leaving is. "purchases": customers with at least two
        purchase days before the cut-off, the last of them at most `alive_days` ago; they leave if no purchase day falls
        into the outcome. "memberships": customers with a membership that began before the cut-off and runs through the
        gap; they leave if it ends in the outcome and none begins within `rejoin_days` of the end, as far as the data
        goes.
    `horizon_days`: Length of the outcome, at least 1.
    `cut_offs`: The days themselves; or how many, counted back from the latest whose outcome ends exactly with the data;
        None for as many as fit after a first 90 days (or one horizon, if longer), at most 12. Days whose outcome runs
        past the data are dropped; `snapshot_cut_offs` lists them.
    `gap_days`: Days after the cut-off that count for neither side: the time that acting on a forecast takes.
    `every_days`: Days from one cut-off to the next when they are counted; the horizon when left out.
    `observation_end`: Last day of the study. When left out the last day with a transaction, or, for memberships, the
        last day on which anything was recorded.
    `open_cut_offs`: Keep cut-offs whose outcome is not over, with `churned` missing: customers to score. Where cut-offs
        are counted, the day after the data ends is added.
    `one_time`: Also customers with one purchase day (they have `purchase_days` 1); the reasons for which they come back
        are others, so report them apart.
    `alive_days`: Days since the last purchase after which a customer is no longer thought to be one.
    `rejoin_days`: See `membership_spells`.
    `overlaps` ("refuse" or "merge"): What to do with memberships of one customer that run at the same time.
    `observed_from`: First day on which the end of a membership can be seen: cut-offs lie after it (see
        `membership_spells`).
    `payments_per_year`: How often a membership's price is paid, or plan -> how often (12 for plans that it does not
        name). For `value_cents` only.
    `attributes`: Columns of `customers` to add as features. They are as known today: leave out what leaving itself
        changes.
    Raises DataError: the kind is not known, or `alive_days` is below 1.

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


def design_study(
    company: TablesLike,
    design: SnapshotDesign,
    *,
    dropped_too: bool = False,
    lengths: Mapping[dt.date, int] | None = None,
) -> SnapshotStudy:
    """Check the tables against the design and choose the cut-offs; `dropped_too` those that it drops as well.

    `lengths`: The days of outcomes of single cut-offs, none of them shorter than those of the design.
    """
    if not isinstance(company, Mapping):
        refuse_personal(company.personal_columns("customers"), attributes=design.attributes)
    tables = read_tables(company)
    tables.need("memberships" if design.kind == "memberships" else "transactions", f"kind={design.kind!r} needs")
    end = as_day(design.observation_end, "observation_end")
    if design.kind == "memberships":
        refuse_flag(tables.tables["memberships"])
        end = end or tables.last_day()
    observed = _observe(tables, end, needed=design.kind == "purchases")
    end = observed.end if observed is not None else end or tables.last_day()
    first = _first_day(tables, observed, design)
    horizon = Horizon(design.horizon_days, design.gap_days, first, end, lengths or {})
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
        least = ONE_TIME if everybody or design.one_time else ONE_TIME + 1
        bought = bought_before(study)
        alive = bought.days_since_last_purchase <= study.design.alive_days
        rows = bought.filter(alive & (bought.purchase_days >= least))
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


def _with_outcome(rows: Relation, events: Relation, study: SnapshotStudy, *, event_means: int) -> Relation:
    """Rows with `churned`: `event_means` where a customer has an event in the days of the outcome."""
    happened = events.select("customer_id", "cut_off").distinct().mutate(event=ibis.literal(1, "int64"))
    rows = left_join(rows, happened, ["customer_id", "cut_off"])
    event = rows.event.coalesce(0)
    churned = event if event_means else 1 - event
    if study.cut_offs[-1] > study.horizon.last_complete:
        churned = ibis.ifelse(rows.cut_off <= ibis.date(study.horizon.last_complete), churned, None)
    return rows.mutate(churned=churned).drop("event")


KEYS = ("customer_id", "cut_off", "churned", "value_cents")


def churn_snapshots(company: TablesLike, design: SnapshotDesign) -> Any:
    """One row a customer and cut-off: who could leave, what was known of them, and whether they left.

    A cut-off is the morning of a day. Features look at days before it, the outcome at the days
    ``cut_off + gap_days < day <= cut_off + gap_days + horizon_days``.

    `company`: A workspace; or canonical table -> DataFrame or ibis table, all of one kind.
    `design`: What is forecast, for whom, and from which days on.
    Returns: customer_id; cut_off; churned (0 or 1; missing while the outcome is not over); value_cents (net spend in
        the 365 days before, 0 where more was returned, with the yearly price of the membership for kind "memberships":
        no feature); then the features of `SNAPSHOT_FEATURES` whose tables exist, and the attributes. A DataFrame is
        sorted by cut_off and customer_id; its ``attrs["left_out"]`` names attributes that are missing throughout and
        left out.
    Raises DataError: a table or column is missing; the horizon is below 1 or longer than the data; a cut-off lies
        outside the data or none has an outcome; memberships overlap, or all end on one day; an attribute does not
        exist.

    A count is 0 where nothing happened and missing where its window ends before the table begins; days since, means and
    shares are missing without an event. Windows are 90 and 365 days; `refund_share`, `products`, `channels`,
    `mean_order_cents` and `mean_gap_days` look at all days before the cut-off.

    >>> rows = pd.DataFrame({"customer_id": ["a", "a", "a", "b", "b"], "amount_cents": [1000, 500, 700, 300, 900],
    ...                      "day": pd.to_datetime(["2026-01-01", "2026-01-31", "2026-03-02", "2026-01-05",
    ...                                             "2026-01-25"])})
    >>> design = SnapshotDesign("purchases", cut_offs=["2026-02-10"], horizon_days=20)
    >>> snapshots = churn_snapshots({"transactions": rows}, design)
    >>> snapshots[["customer_id", "churned", "days_since_last_purchase", "overdue_ratio"]]
      customer_id  churned  days_since_last_purchase  overdue_ratio
    0           a        0                        10       0.333333
    1           b        1                        16       0.800000
    """
    study = design_study(company, design)
    table, left_out = _snapshots(study)
    frame = answer(table, as_pandas=study.tables.as_pandas, order=["cut_off", "customer_id"])
    if study.tables.as_pandas:
        frame.attrs["left_out"] = left_out
    return frame


def write_snapshots(company: TablesLike, design: SnapshotDesign, folder: str | Path) -> list[Path]:
    """Write snapshots to Parquet, one file a cut-off, however many there are: no row passes through pandas.

    `company`, `design`: As for `churn_snapshots`.
    `folder`: A new or empty folder. `pandas.read_parquet` reads all of it, or one file; rows have no order.
    Returns: The files, in order of their cut-offs.
    Raises DataError: as for `churn_snapshots`; or the folder is not empty.
    """
    folder = Path(folder)
    if folder.exists() and any(folder.iterdir()):
        raise DataError(f"{folder}: the folder is not empty. Name a new one, or remove what is in it.")
    study = design_study(company, design)
    folder.mkdir(parents=True, exist_ok=True)
    with scratch_folder(TABLE_SCRATCH) as scratch:
        firsts = {column: _computed(days, scratch / f"{column}.parquet") for column, days in study.firsts.items()}
        bought = None if study.bought is None else _computed(study.bought, scratch / "bought.parquet")
        study = replace(study, bought=bought, firsts=firsts)
        files = []
        for cut_off in study.cut_offs:
            # One at a time: memory then holds the customers once, not once for each cut-off.
            table, _ = _snapshots(replace(study, cut_offs=[cut_off]))
            files.append(folder / f"cut_off={cut_off}.parquet")
            table.to_parquet(files[-1])
    return files


def _computed(table: Relation, file: Path) -> Relation:
    """The table, computed once."""
    table.to_parquet(file)
    return ibis.get_backend(table).read_parquet(file)


def snapshot_cut_offs(
    company: TablesLike, design: SnapshotDesign, *, lengths: Mapping[dt.date, int] | None = None
) -> pd.DataFrame:
    """The cut-offs of `churn_snapshots`, how many could leave at each and did, and those that it drops.

    `lengths`: Days of the outcomes of single cut-offs, none of them shorter than the design's `horizon_days`.
    Returns: cut_off; outcome_from, outcome_until (first and last day of the outcome); complete (whether it is over:
        rows of the others are dropped, or have no `churned`); customers; churned, base_rate (missing where it is not
        over); for kind "purchases" also one_time (customers with one purchase day) and one_time_churned.

    >>> rows = pd.DataFrame({"customer_id": ["a", "a", "a", "b", "b"], "amount_cents": [1000, 500, 700, 300, 900],
    ...                      "day": pd.to_datetime(["2026-01-01", "2026-01-31", "2026-03-02", "2026-01-05",
    ...                                             "2026-01-25"])})
    >>> design = SnapshotDesign("purchases", cut_offs=["2026-02-10", "2026-02-20"], horizon_days=20)
    >>> days = snapshot_cut_offs({"transactions": rows}, design)
    >>> days[["complete", "customers", "churned", "base_rate"]].values.tolist()
    [[True, 2, 1.0, 0.5], [False, 2, nan, nan]]
    """
    study = design_study(company, design, dropped_too=True, lengths=lengths)
    rows = population(study, everybody=True)
    counted, once = ibis.literal(True), {}
    if design.kind == "purchases":
        many = rows.purchase_days > ONE_TIME
        counted = many | design.one_time
        once = {"one_time": rows.count(where=~many), "one_time_churned": rows.churned.sum(where=~many)}
    sums = rows.group_by("cut_off").aggregate(
        customers=rows.count(where=counted), churned=rows.churned.sum(where=counted).cast("float64"), **once
    )
    return _described(sums.to_pyarrow().to_pandas(date_as_object=False), study)


def _described(counts: pd.DataFrame, study: SnapshotStudy) -> pd.DataFrame:
    """The counts with the days of each outcome, a row for each cut-off."""
    horizon = study.horizon
    frame = pd.DataFrame({"cut_off": pd.to_datetime(pd.Series(study.cut_offs)).astype("datetime64[ms]")})
    first = frame["cut_off"] + pd.Timedelta(days=horizon.gap_days + 1)
    ahead = pd.to_timedelta([horizon.days_of(cut) - 1 for cut in study.cut_offs], unit="D")
    frame["outcome_from"], frame["outcome_until"] = first, (first + ahead).astype(first.dtype)
    frame["complete"] = frame["cut_off"] <= pd.Timestamp(horizon.last_complete)
    frame = frame.merge(counts, on="cut_off", how="left").fillna({"customers": 0})
    frame["customers"] = frame["customers"].astype("int64")
    counted = [name for name in ("churned", "one_time_churned") if name in frame]
    frame[counted] = frame[counted].astype("float64").where(frame["complete"])
    frame.insert(6, "base_rate", frame["churned"] / frame["customers"].where(frame["customers"] > 0))
    return frame


def _snapshots(study: SnapshotStudy) -> tuple[Relation, tuple[str, ...]]:
    """All snapshots of a study, and the attributes that are left out."""
    rows = _with_own_features(study)
    for part in _parts(study):
        rows = part.join(rows, study.cut_offs)
    rows, attributes, left_out = _with_customers(rows, study)
    value = ibis.literal(0, "int64")
    if "spend_cents_365d" in rows.columns:
        value = ibis.greatest(rows.spend_cents_365d.coalesce(0), value)
    if study.design.kind == "memberships":
        value = value + yearly_cents(rows, study.design.payments_per_year)
    rows = rows.mutate(value_cents=value)
    features = [name for names in SNAPSHOT_FEATURES.values() for name in names if name in rows.columns]
    return rows.select(*KEYS, *features, *attributes), left_out


def _with_own_features(study: SnapshotStudy) -> Relation:
    """Who could leave, with the features of purchases and memberships."""
    rows, observed, chains = population(study), study.observed, study.chains
    if study.design.kind == "purchases":
        if chains is None:
            return rows
        members = running_members(chains, study.cut_offs)
        return left_join(rows, members, ["customer_id", "cut_off"])
    if observed is None:
        return rows
    return Part(bought_before(study), observed.start).join(rows, study.cut_offs)


def _parts(study: SnapshotStudy) -> list[Part]:
    parts = list(event_parts(study.tables, study.cut_offs))
    if study.observed is not None and study.firsts:
        since = study.observed.start
        days_before = known_days(study.cut_offs, since)
        parts += [Part(variety_features(days, days_before, column), since) for column, days in study.firsts.items()]
    return parts


def _with_customers(rows: Relation, study: SnapshotStudy) -> tuple[Relation, list[str], tuple[str, ...]]:
    attributes: list[str] = []
    left_out: tuple[str, ...] = ()
    if study.design.attributes:
        known, left_out = checked_attributes(study.tables, study.design.attributes)
        attributes = [name for name in known.columns if name != "customer_id"]
        rows = left_join(rows, known, ["customer_id"])
    if study.tables.has("customers", "joined_on") and "customer_days" in rows.columns:
        customers = study.tables.tables["customers"]
        rows = left_join(rows, customers.select("customer_id", "joined_on"), ["customer_id"])
        age = rows.cut_off.delta(rows.joined_on, unit="day")
        age = ibis.ifelse(age > 0, age, None)
        longest = ibis.greatest(rows.customer_days.coalesce(age), age.coalesce(rows.customer_days))
        rows = rows.mutate(customer_days=longest)
    return rows, attributes, left_out
