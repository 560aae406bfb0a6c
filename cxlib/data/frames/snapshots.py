"""Customers as they were known at a cut-off, with what they did after it: what churn is forecast from.

Who is in and what came of it (`outcomes`) and what was known (`features`) are relations that meet only here; what was
known is joined to the days before the cut-off alone.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

import ibis
import pandas as pd

from cxlib.data.frames.attributes import checked_attributes
from cxlib.data.frames.chains import REJOIN_DAYS, Overlaps, running_members, yearly_cents
from cxlib.data.frames.company import Company
from cxlib.data.frames.cut_offs import CutOffs
from cxlib.data.frames.design import ALIVE_DAYS, Design, SnapshotKind, SnapshotOptions, Study, design_study
from cxlib.data.frames.features import SNAPSHOT_FEATURES, Part, event_parts, joined, variety_parts
from cxlib.data.frames.observed import DayLike
from cxlib.data.frames.outcomes import ONE_TIME, bought_before, population
from cxlib.errors import DataError

KEYS = ("customer_id", "cut_off", "churned", "value_cents")


def churn_snapshots(
    company: Company,
    *,
    kind: SnapshotKind,
    horizon_days: int,
    cut_offs: CutOffs = None,
    gap_days: int = 0,
    every_days: int | None = None,
    observation_end: DayLike = None,
    open_cut_offs: bool = False,
    one_time: bool = False,
    alive_days: int = ALIVE_DAYS,
    rejoin_days: int = REJOIN_DAYS,
    overlaps: Overlaps = "refuse",
    payments_per_year: float | Mapping[str, float] = 12,
    attributes: Sequence[str] = (),
) -> Any:
    """One row a customer and cut-off: who could leave, what was known of them, and whether they left.

    A cut-off is the morning of a day. Features look at days before it, the outcome at the days
    ``cut_off + gap_days < day <= cut_off + gap_days + horizon_days``.

    Parameters
    ----------
    company : Workspace or mapping
        A workspace; or canonical table -> DataFrame or ibis table, all of one kind.
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
    payments_per_year : number or mapping
        How often a membership's price is paid, or plan -> how often (12 for plans that it does not name). For
        `value_cents` only.
    attributes : sequence of str
        Columns of `customers` to add as features. They are as known today: leave out what leaving itself changes.

    Returns
    -------
    ibis table or DataFrame (ibis where ibis was given)
        customer_id; cut_off; churned (0 or 1; missing while the outcome is not over); value_cents (net spend in the
        365 days before, with the yearly price of the membership for kind "memberships": no feature); then the
        features of `SNAPSHOT_FEATURES` whose tables exist, and the attributes. A DataFrame is sorted by cut_off and
        customer_id; its ``attrs["left_out"]`` names attributes that are missing throughout and left out.

    Raises
    ------
    DataError
        A table or column is missing; the horizon is below 1 or longer than the data; a cut-off lies outside the data
        or none has an outcome; memberships overlap, or all end on one day; an attribute does not exist.

    Notes
    -----
    A count is 0 where nothing happened and missing where its window ends before the table begins; days since, means and
    shares are missing without an event. Windows are 90 and 365 days; `refund_share`, `products`, `channels`,
    `mean_order_cents` and `mean_gap_days` look at all days before the cut-off.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": ["a", "a", "a", "b", "b"], "amount_cents": [1000, 500, 700, 300, 900],
    ...                      "day": pd.to_datetime(["2026-01-01", "2026-01-31", "2026-03-02", "2026-01-05",
    ...                                             "2026-01-25"])})
    >>> found = churn_snapshots({"transactions": rows}, kind="purchases", cut_offs=["2026-02-10"], horizon_days=20)
    >>> found[["customer_id", "churned", "purchase_days", "days_since_last_purchase", "overdue_ratio"]]
      customer_id  churned  purchase_days  days_since_last_purchase  overdue_ratio
    0           a        0              2                        10       0.333333
    1           b        1              2                        16       0.800000
    """
    design = Design(
        kind, horizon_days, cut_offs, gap_days, every_days, observation_end, open_cut_offs, one_time, alive_days,
        rejoin_days, overlaps, payments_per_year, attributes,
    )  # fmt: skip
    study = design_study(company, design)
    table, left_out = _snapshots(study)
    found = study.tables.answer(table, order=["cut_off", "customer_id"])
    if study.tables.as_pandas:
        found.attrs["left_out"] = left_out
    return found


def write_snapshots(company: Company, folder: str | Path, **options: Unpack[SnapshotOptions]) -> list[Path]:
    """Write snapshots to Parquet, one file a cut-off, however many there are: no row passes through pandas.

    Parameters
    ----------
    company, options
        As for `churn_snapshots`.
    folder : str or Path
        A new or empty folder. `pandas.read_parquet` reads all of it, or one file; rows have no order.

    Returns
    -------
    list of Path
        The files, in order of their cut-offs.

    Raises
    ------
    DataError
        As for `churn_snapshots`; or the folder is not empty.
    """
    folder = Path(folder)
    if folder.exists() and any(folder.iterdir()):
        raise DataError(f"{folder}: the folder is not empty. Name a new one, or remove what is in it.")
    study = design_study(company, Design(**options))
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="cxlib-") as kept:
        firsts = {column: _kept(days, Path(kept) / f"{column}.parquet") for column, days in study.firsts.items()}
        bought = None if study.bought is None else _kept(study.bought, Path(kept) / "bought.parquet")
        study = replace(study, bought=bought, firsts=firsts)
        files = []
        for cut_off in study.cut_offs:
            # One at a time: memory then holds the customers once, not once for each cut-off.
            table, _ = _snapshots(replace(study, cut_offs=[cut_off]))
            files.append(folder / f"cut_off={cut_off}.parquet")
            table.to_parquet(files[-1])
    return files


def _kept(table: Any, file: Path) -> Any:
    """The table, computed once."""
    table.to_parquet(file)
    return ibis.get_backend(table).read_parquet(file)


def snapshot_cut_offs(company: Company, **options: Unpack[SnapshotOptions]) -> pd.DataFrame:
    """The cut-offs of `churn_snapshots`, how many could leave at each and did, and those that it drops.

    Parameters
    ----------
    company, options
        As for `churn_snapshots`.

    Returns
    -------
    DataFrame
        cut_off; outcome_from, outcome_until (first and last day of the outcome); complete (whether it is over: rows of
        the others are dropped, or have no `churned`); customers; churned, base_rate (missing where it is not over);
        for kind "purchases" also one_time (customers with one purchase day) and one_time_churned.

    Raises
    ------
    DataError
        As for `churn_snapshots`.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": ["a", "a", "a", "b", "b"], "amount_cents": [1000, 500, 700, 300, 900],
    ...                      "day": pd.to_datetime(["2026-01-01", "2026-01-31", "2026-03-02", "2026-01-05",
    ...                                             "2026-01-25"])})
    >>> found = snapshot_cut_offs({"transactions": rows}, kind="purchases", cut_offs=["2026-02-10", "2026-02-20"],
    ...                           horizon_days=20)
    >>> found[["complete", "customers", "churned", "base_rate"]].values.tolist()
    [[True, 2, 1.0, 0.5], [False, 2, nan, nan]]
    """
    study = design_study(company, Design(**options), dropped_too=True)
    rows = population(study, everybody=True)
    many = rows.purchase_days > ONE_TIME if study.design.kind == "purchases" else ibis.literal(True)
    counted = (many | study.design.one_time) if study.design.kind == "purchases" else many
    once = {"one_time": rows.count(where=~many), "one_time_churned": rows.churned.sum(where=~many)}
    sums = rows.group_by("cut_off").aggregate(
        customers=rows.count(where=counted),
        churned=rows.churned.sum(where=counted).cast("float64"),
        **(once if study.design.kind == "purchases" else {}),
    )
    found: pd.DataFrame = sums.to_pyarrow().to_pandas(date_as_object=False)
    return _described(found, study)


def _described(counts: pd.DataFrame, study: Study) -> pd.DataFrame:
    """The counts with the days of each outcome, a row for each cut-off."""
    horizon = study.horizon
    frame = pd.DataFrame({"cut_off": pd.to_datetime(pd.Series(study.cut_offs)).astype("datetime64[ms]")})
    first = frame["cut_off"] + pd.Timedelta(days=horizon.gap_days + 1)
    frame["outcome_from"], frame["outcome_until"] = first, first + pd.Timedelta(days=horizon.days - 1)
    frame["complete"] = frame["cut_off"] <= pd.Timestamp(horizon.last_complete)
    frame = frame.merge(counts, on="cut_off", how="left").fillna({"customers": 0})
    frame["customers"] = frame["customers"].astype("int64")
    counted = [name for name in ("churned", "one_time_churned") if name in frame]
    frame[counted] = frame[counted].astype("float64").where(frame["complete"])
    frame.insert(6, "base_rate", frame["churned"] / frame["customers"].where(frame["customers"] > 0))
    return frame


def _snapshots(study: Study) -> tuple[Any, tuple[str, ...]]:
    """All snapshots of a study, and the attributes that are left out."""
    rows = _with_own_features(study)
    for part in _parts(study):
        rows = joined(rows, part, study.cut_offs)
    rows, attributes, left_out = _with_customers(rows, study)
    value = rows.spend_cents_365d.coalesce(0) if "spend_cents_365d" in rows.columns else ibis.literal(0, "int64")
    if study.design.kind == "memberships":
        value = value + yearly_cents(rows, study.design.payments_per_year)
    rows = rows.mutate(value_cents=value)
    features = [name for names in SNAPSHOT_FEATURES.values() for name in names if name in rows.columns]
    return rows.select(*KEYS, *features, *attributes), left_out


def _with_own_features(study: Study) -> Any:
    """Who could leave, with the features of purchases and memberships."""
    rows, observed, chains = population(study), study.observed, study.chains
    if study.design.kind == "purchases":
        if chains is None:
            return rows
        members = running_members(chains, study.cut_offs)
        return rows.left_join(members, ["customer_id", "cut_off"]).drop("customer_id_right", "cut_off_right")
    if observed is None:
        return rows
    return joined(rows, Part(bought_before(study), observed.start), study.cut_offs)


def _parts(study: Study) -> list[Part]:
    parts = list(event_parts(study.tables, study.cut_offs))
    if study.observed is not None:
        parts += variety_parts(study.firsts, study.cut_offs, study.observed.start)
    return parts


def _with_customers(rows: Any, study: Study) -> tuple[Any, list[str], tuple[str, ...]]:
    attributes: list[str] = []
    left_out: tuple[str, ...] = ()
    if study.design.attributes:
        known, left_out = checked_attributes(study.tables, study.design.attributes)
        attributes = [name for name in known.columns if name != "customer_id"]
        rows = rows.left_join(known, "customer_id").drop("customer_id_right")
    if study.tables.has("customers", "joined_on") and "customer_days" in rows.columns:
        customers = study.tables.tables["customers"]
        joined_on = customers.select("customer_id", joined_on=customers.joined_on)
        rows = rows.left_join(joined_on, "customer_id").drop("customer_id_right")
        age = rows.cut_off.delta(rows.joined_on, unit="day")
        age = ibis.ifelse(age > 0, age, None)
        longest = ibis.greatest(rows.customer_days.coalesce(age), age.coalesce(rows.customer_days))
        rows = rows.mutate(customer_days=longest)
    return rows, attributes, left_out
