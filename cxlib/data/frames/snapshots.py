"""Customers as they were known at a cut-off, with what they did after it: what churn is forecast from.

Who is in and what came of it (`design`) and what was known (`features`) are relations that meet only here; what was
known is joined to the days before the cut-off alone.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import ibis
import pandas as pd

from cxlib.data.frames.cut_offs import known_days
from cxlib.data.frames.design import ONE_TIME, SnapshotDesign, SnapshotStudy, bought_before, design_study, population
from cxlib.data.frames.features import SNAPSHOT_FEATURES, Part, event_parts, variety_features
from cxlib.data.frames.inputs import Relation, TablesLike, answer, checked_attributes, left_join
from cxlib.data.frames.memberships import running_members, yearly_cents
from cxlib.disk import TABLE_SCRATCH, scratch_folder
from cxlib.errors import DataError

KEYS = ("customer_id", "cut_off", "churned", "value_cents")


def churn_snapshots(company: TablesLike, design: SnapshotDesign) -> Any:
    """One row a customer and cut-off: who could leave, what was known of them, and whether they left.

    A cut-off is the morning of a day. Features look at days before it, the outcome at the days
    ``cut_off + gap_days < day <= cut_off + gap_days + horizon_days``.

    Parameters
    ----------
    company : Workspace or mapping
        A workspace; or canonical table -> DataFrame or ibis table, all of one kind.
    design : SnapshotDesign
        What is forecast, for whom, and from which days on.

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

    Parameters
    ----------
    company, design
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


def snapshot_cut_offs(company: TablesLike, design: SnapshotDesign) -> pd.DataFrame:
    """The cut-offs of `churn_snapshots`, how many could leave at each and did, and those that it drops.

    Returns
    -------
    DataFrame
        cut_off; outcome_from, outcome_until (first and last day of the outcome); complete (whether it is over: rows of
        the others are dropped, or have no `churned`); customers; churned, base_rate (missing where it is not over);
        for kind "purchases" also one_time (customers with one purchase day) and one_time_churned.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": ["a", "a", "a", "b", "b"], "amount_cents": [1000, 500, 700, 300, 900],
    ...                      "day": pd.to_datetime(["2026-01-01", "2026-01-31", "2026-03-02", "2026-01-05",
    ...                                             "2026-01-25"])})
    >>> design = SnapshotDesign("purchases", cut_offs=["2026-02-10", "2026-02-20"], horizon_days=20)
    >>> days = snapshot_cut_offs({"transactions": rows}, design)
    >>> days[["complete", "customers", "churned", "base_rate"]].values.tolist()
    [[True, 2, 1.0, 0.5], [False, 2, nan, nan]]
    """
    study = design_study(company, design, dropped_too=True)
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
    frame["outcome_from"], frame["outcome_until"] = first, first + pd.Timedelta(days=horizon.days - 1)
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
    value = rows.spend_cents_365d.coalesce(0) if "spend_cents_365d" in rows.columns else ibis.literal(0, "int64")
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
