"""From a company's tables to what a churn study works with: who could leave when, what was known, and who then left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pandas as pd

from cxlib.churn.churn_data import ChurnData, Offer, Wanted, read_day
from cxlib.churn.flags import MONTHS, gather_flags
from cxlib.churn.horizons import choose_horizon, compare_horizons
from cxlib.churn.offers.contact import read_opt_outs
from cxlib.churn.past_runs import last_list as read_last_list
from cxlib.churn.past_runs import past_experiment
from cxlib.clv.levels import forecast_level
from cxlib.clv.purchase_log import LevelQuestion, purchase_days
from cxlib.data import (
    SnapshotDesign,
    Workspace,
    flag_only,
    membership_periods,
    membership_spells,
    purchase_gaps,
    snapshot_cut_offs,
)
from cxlib.errors import DataError, ParameterError, nearest
from cxlib.language import Days, Message, T

KINDS = ("auto", "memberships", "purchases")
MEMBERSHIP_HORIZON = 90


def gather_churn(
    company: Workspace,
    *,
    kind: str = "auto",
    observation_end: str = "",
    horizon_days: int = 0,
    gap_days: int = 0,
    cut_offs: int = 0,
    attributes: Sequence[str] = (),
    payments_per_year: float | Mapping[str, float] = MONTHS,
    overlaps: Literal["refuse", "merge"] = "refuse",
    offer: Offer | None = None,
    last_list: Path | None = None,
    opted_out: str = "",
) -> ChurnData:
    """Gather what a workspace knows about leaving.

    Parameters
    ----------
    company : Workspace
    kind : str
        "memberships", "purchases", or "auto": memberships where any has ended, else purchases.
    observation_end : str
        Last day that counts; empty: the last day on which anything was recorded.
    horizon_days : int
        Days after a cut-off in which customers leave or stay; 0: 90 for memberships, for purchases by how long
        customers stay away before they come back (`choose_horizon`).
    gap_days, payments_per_year, overlaps
        As for `churn_snapshots`.
    cut_offs : int
        Past days to learn from; 0: as many as fit, at most 12.
    attributes : sequence of str
        Columns of customers that are known before anybody leaves.
    offer : Offer, optional
        A randomised offer.
    last_list : path, optional
        Parquet file of the list that an earlier run exported.
    opted_out : str
        Column of customers that is true where a customer does not want to be contacted; empty: there is none.

    Raises
    ------
    ParameterError
        The kind is unknown, or an offer has no day.
    DataError
        As for `churn_snapshots`; a column is missing.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "at": ["2026-01-05", "2026-02-01"], "amount": ["3", "4"]})
    >>> shop = Workspace.from_frames({"transactions": rows}, currency="GBP", time_zone="UTC")
    >>> found = gather_churn(shop, horizon_days=90)
    >>> found.kind, str(found.limits[0])
    ('purchases', 'The data covers 28 days, too few to see who leaves within 90 days of an earlier day')
    """
    if kind not in KINDS:
        raise ParameterError(f"kind={kind!r} is not known. {nearest(kind, KINDS)}")
    contact = read_opt_outs(company, opted_out)
    found = _kind(company) if kind == "auto" else kind
    if found == "purchases":
        wanted = Wanted(company, "purchases", observation_end, horizon_days, gap_days, cut_offs, tuple(attributes),
                         offer or Offer(), last_list, {})  # fmt: skip
        return replace(_purchases(wanted), contact=contact)
    memberships = company.frame("memberships")
    if flag_only(memberships):
        return gather_flags(company, tuple(attributes), payments_per_year)
    options = {"payments_per_year": payments_per_year, "overlaps": overlaps}
    wanted = Wanted(company, "memberships", observation_end, horizon_days or MEMBERSHIP_HORIZON, gap_days, cut_offs,
                     tuple(attributes), offer or Offer(), last_list, options)  # fmt: skip
    return replace(_memberships(wanted), contact=contact)


def _kind(company: Workspace) -> str:
    if company.has("memberships") and company.frame("memberships")["ended_on"].notna().any():
        return "memberships"
    if not company.has("transactions"):
        raise DataError(
            f"Workspace {company.name!r} has neither memberships of which any has ended nor transactions, so nobody is "
            "seen to leave. Map one of the two tables."
        )
    return "purchases"


def _observed(company: Workspace, asked: str, tables: Sequence[str]) -> tuple[dt.date, dt.date]:
    """First day of any of `tables`, and the last day of the study."""
    spans = [company.using(name).period for name in tables if name != "memberships"]
    days = [day for span in spans if span is not None for day in span]
    if "memberships" in tables:
        rows = company.frame("memberships")
        both = pd.concat([rows["started_on"], rows["ended_on"]]).dropna()
        both = both[both <= pd.Timestamp(company.as_of)]  # an end that is planned has not been seen
        days += [both.min().date(), both.max().date()] if len(both) else []
    if not days:
        raise DataError(f"table {tables[0]}: no row has a day, so nothing can be said about who leaves. Bring rows.")
    return min(days), read_day(asked, name="observation_end") if asked else max(days)


def _too_short(first: dt.date, end: dt.date, horizon: int, gap: int) -> tuple[Message, ...]:
    days = (end - first).days + 1
    if days > gap + horizon + 1:
        return ()
    return (
        T("The data covers {days}, too few to see who leaves within {horizon} of an earlier day",
          days=Days(days), horizon=Days(horizon)),
    )  # fmt: skip


def _purchases(wanted: Wanted) -> ChurnData:
    company = wanted.company
    first, end = _observed(company, wanted.observation_end, ("transactions",))
    transactions = company.frame("transactions")
    try:
        gaps = purchase_gaps(transactions, observation_end=end)
    except DataError:  # nobody has bought twice
        gaps = None
    horizon = wanted.horizon_days or choose_horizon(gaps, days=(end - first).days)
    short = _too_short(first, end, horizon, wanted.gap_days)
    if gaps is None or short:
        nobody = T("Nobody has bought on two days, so nobody can be told to have stopped")
        return ChurnData("purchases", end, horizon, wanted.gap_days, None, gaps=gaps,
                         limits=(*short, *((nobody,) if gaps is None else ())), currency=company.currency)  # fmt: skip
    frame = wanted.snapshots(end, horizon_days=horizon, attributes=wanted.attributes, open_cut_offs=True,
                             cut_offs=wanted.cut_offs or None)  # fmt: skip
    design = SnapshotDesign(
        "purchases", horizon, cut_offs=wanted.cut_offs or None, gap_days=wanted.gap_days, observation_end=end
    )
    counts = snapshot_cut_offs(company, design)
    horizons = compare_horizons(company, gaps, horizon_days=horizon, gap_days=wanted.gap_days, end=end, first=first)
    experiment, limits = past_experiment(wanted, end, horizon)
    last, outcomes, no_list = read_last_list(wanted, end, horizon)
    level = forecast_level(purchase_days(transactions), LevelQuestion("stay_away", horizon, wanted.gap_days), as_of=end)
    once = counts.loc[counts["complete"], ["cut_off", "one_time", "one_time_churned", "customers", "churned"]]
    return ChurnData("purchases", end, horizon, wanted.gap_days, frame, gaps=gaps, horizons=horizons,
                     one_time=once.reset_index(drop=True), experiment=experiment, last=last, outcomes=outcomes,
                     no_list=no_list, limits=limits, currency=company.currency, level=level)  # fmt: skip


def _memberships(wanted: Wanted) -> ChurnData:
    company, horizon = wanted.company, wanted.horizon_days
    tables = [name for name in company.tables if name not in ("customers", "benchmarks")]
    _, end = _observed(company, wanted.observation_end, tables)
    first = pd.to_datetime(company.frame("memberships")["started_on"]).min().date()
    overlaps = wanted.options["overlaps"]
    people = company.frame("customers") if company.has("customers") else None
    spells = membership_spells(
        company.frame("memberships"), observation_end=end, overlaps=overlaps, customers=people,
        attributes=wanted.attributes if people is not None else (),
    )  # fmt: skip
    periods = membership_periods(company, observation_end=end, overlaps=overlaps)
    short = _too_short(first, end, horizon, wanted.gap_days)
    if short:
        return ChurnData("memberships", end, horizon, wanted.gap_days, None, spells, periods, limits=short,
                         currency=company.currency)  # fmt: skip
    frame = wanted.snapshots(end, horizon_days=horizon, attributes=wanted.attributes, open_cut_offs=True,
                             cut_offs=wanted.cut_offs or None)  # fmt: skip
    experiment, limits = past_experiment(wanted, end, horizon)
    last, outcomes, no_list = read_last_list(wanted, end, horizon)
    return ChurnData("memberships", end, horizon, wanted.gap_days, frame, spells, periods, experiment=experiment,
                     last=last, outcomes=outcomes, no_list=no_list, limits=limits,
                     currency=company.currency)  # fmt: skip
