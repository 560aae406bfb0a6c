"""From a company's tables to what a churn study works with: who could leave when, what was known, and who then left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from cxlib.churn.arrived import read_call_list
from cxlib.churn.horizons import choose_horizon, compare_horizons
from cxlib.churn.money_study import Experiment
from cxlib.data import (
    PurchaseGaps,
    Workspace,
    churn_snapshots,
    flag_only,
    membership_periods,
    membership_spells,
    purchase_gaps,
    snapshot_cut_offs,
)
from cxlib.errors import DataError, ParameterError, nearest
from cxlib.language import Day, Days, Message, T

KINDS = ("auto", "memberships", "purchases")
MEMBERSHIP_HORIZON = 90
MONTHS = 12
NOT_KNOWN_BEFORE = ("customer_id", "cut_off", "churned", "value_cents")
# What is known of customers who took part in an experiment: few features, as few customers took part.
KNOWN_OF_OFFERED = {
    "memberships": ("customers", "memberships", "tickets", "surveys"),
    "purchases": ("customers", "transactions", "tickets", "surveys"),
}
Kind = Literal["memberships", "purchases", "flags"]


@dataclass(frozen=True)
class ChurnData:
    """What a churn study works with.

    Attributes
    ----------
    kind : str
        "memberships" and "purchases" as in `churn_snapshots`; "flags" where memberships say who has left, not when.
    end : date
        Last day of the study.
    horizon_days, gap_days : int
    snapshots : DataFrame or None
        Of `churn_snapshots`, today's customers included; with flags one row a customer. None where the data is too
        short, as `limits` then says.
    spells, periods : DataFrame or None
        Memberships as spells, and by period; None without memberships (periods also with flags).
    gaps : PurchaseGaps or None
        Between purchases, for kind "purchases".
    horizons : DataFrame or None
        The same question with other horizons (see `compare_horizons`), for kind "purchases".
    one_time : DataFrame or None
        By cut-off: one_time, one_time_churned; for kind "purchases".
    experiment : Experiment or None
        Customers as of the day of a randomised offer.
    last, outcomes : DataFrame or None
        An earlier run's list and what became of its customers.
    no_list : Message or None
        Why there is no earlier list to compare with.
    limits : tuple of Message
        What there is not, and why.
    currency : str
    """

    kind: Kind
    end: dt.date
    horizon_days: int
    gap_days: int
    snapshots: pd.DataFrame | None = field(repr=False)
    spells: pd.DataFrame | None = field(default=None, repr=False)
    periods: pd.DataFrame | None = field(default=None, repr=False)
    gaps: PurchaseGaps | None = field(default=None, repr=False)
    horizons: pd.DataFrame | None = None
    one_time: pd.DataFrame | None = None
    experiment: Experiment | None = field(default=None, repr=False)
    last: pd.DataFrame | None = field(default=None, repr=False)
    outcomes: pd.DataFrame | None = field(default=None, repr=False)
    no_list: Message | None = None
    limits: tuple[Message, ...] = ()
    currency: str = ""


@dataclass(frozen=True)
class Offer:
    """A randomised offer of the past.

    Attributes
    ----------
    treatment : str
        Column of customers with treated or control (or 1 and 0); empty: there was none.
    day : str
        Day on which it was made, as 2026-03-01.
    """

    treatment: str = ""
    day: str = ""


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
    found = _kind(company) if kind == "auto" else kind
    if found == "purchases":
        return _purchases(_Wanted(company, "purchases", observation_end, horizon_days, gap_days, cut_offs,
                                  tuple(attributes), offer or Offer(), last_list, {}))  # fmt: skip
    memberships = company.frame("memberships")
    if flag_only(memberships):
        return _flags(company, tuple(attributes), payments_per_year)
    options = {"payments_per_year": payments_per_year, "overlaps": overlaps}
    return _memberships(_Wanted(company, "memberships", observation_end, horizon_days or MEMBERSHIP_HORIZON, gap_days,
                                cut_offs, tuple(attributes), offer or Offer(), last_list, options))  # fmt: skip


@dataclass(frozen=True)
class _Wanted:
    """What was asked for."""

    company: Workspace
    kind: Literal["memberships", "purchases"]
    observation_end: str
    horizon_days: int
    gap_days: int
    cut_offs: int
    attributes: tuple[str, ...]
    offer: Offer
    last_list: Path | None
    options: Mapping[str, Any]

    def snapshots(self, end: dt.date, *, horizon_days: int, attributes: Sequence[str], **more: Any) -> pd.DataFrame:
        found: pd.DataFrame = churn_snapshots(
            self.company, kind=self.kind, horizon_days=horizon_days, gap_days=self.gap_days, observation_end=end,
            attributes=attributes, **more, **self.options,
        )  # fmt: skip
        return found


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
    return min(days), pd.Timestamp(asked).date() if asked else max(days)


def _too_short(first: dt.date, end: dt.date, horizon: int, gap: int) -> tuple[Message, ...]:
    days = (end - first).days + 1
    if days > gap + horizon + 1:
        return ()
    return (
        T("The data covers {days}, too few to see who leaves within {horizon} of an earlier day",
          days=Days(days), horizon=Days(horizon)),
    )  # fmt: skip


def _purchases(wanted: _Wanted) -> ChurnData:
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
    counts = snapshot_cut_offs(
        company, kind="purchases", horizon_days=horizon, gap_days=wanted.gap_days, observation_end=end,
        cut_offs=wanted.cut_offs or None,
    )  # fmt: skip
    horizons = compare_horizons(company, gaps, horizon_days=horizon, gap_days=wanted.gap_days, end=end, first=first)
    experiment, limits = _experiment(wanted, end, horizon)
    last, outcomes, no_list = _last_list(wanted, end, horizon)
    once = counts.loc[counts["complete"], ["cut_off", "one_time", "one_time_churned", "customers", "churned"]]
    return ChurnData("purchases", end, horizon, wanted.gap_days, frame, gaps=gaps, horizons=horizons,
                     one_time=once.reset_index(drop=True), experiment=experiment, last=last, outcomes=outcomes,
                     no_list=no_list, limits=limits, currency=company.currency)  # fmt: skip


def _memberships(wanted: _Wanted) -> ChurnData:
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
    experiment, limits = _experiment(wanted, end, horizon)
    last, outcomes, no_list = _last_list(wanted, end, horizon)
    return ChurnData("memberships", end, horizon, wanted.gap_days, frame, spells, periods, experiment=experiment,
                     last=last, outcomes=outcomes, no_list=no_list, limits=limits,
                     currency=company.currency)  # fmt: skip


def _experiment(wanted: _Wanted, end: dt.date, horizon: int) -> tuple[Experiment | None, tuple[Message, ...]]:
    """Customers as of the day of the offer, with what was known the day before and whether they left."""
    treatment, day = wanted.offer.treatment, wanted.offer.day
    if not treatment:
        return None, ()
    if not day:
        raise ParameterError(f"treatment={treatment!r} needs the day of the offer too. Set offer_day, as 2026-03-01.")
    made = pd.Timestamp(day).date()
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


def _last_list(
    wanted: _Wanted, end: dt.date, horizon: int
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


def _flags(company: Workspace, attributes: tuple[str, ...], payments: float | Mapping[str, float]) -> ChurnData:
    """One row a customer on the day of the file."""
    memberships = company.frame("memberships")
    end = pd.to_datetime(memberships["ended_on"]).max()
    people = company.frame("customers") if company.has("customers") else None
    spells = membership_spells(
        memberships, observation_end=end.date(), overlaps="merge", customers=people,
        attributes=attributes if people is not None else (),
    )  # fmt: skip
    return ChurnData("flags", end.date(), 0, 0, flag_rows(spells, attributes, payments), spells,
                     currency=company.currency)  # fmt: skip


def flag_rows(
    spells: pd.DataFrame, attributes: Sequence[str], payments: float | Mapping[str, float] = MONTHS
) -> pd.DataFrame:
    """Spells of a file that holds only a flag, as `check_flags` takes them: the last spell of each customer.

    Examples
    --------
    >>> spells = pd.DataFrame({"customer_id": ["a", "b"], "started_on": pd.to_datetime(["2026-01-01"] * 2),
    ...                        "duration_days": [90, 30], "ended": [True, False], "price_cents": [1000, 2000]})
    >>> flag_rows(spells, []).values.tolist()
    [['a', 1, 90, 1000, 12000.0], ['b', 0, 30, 2000, 24000.0]]
    """
    last = spells.sort_values("started_on", kind="stable").drop_duplicates("customer_id", keep="last")
    names = [name for name in ("plan", "price_cents") if name in last]
    kept = ["customer_id", "ended", "duration_days", *names, *(name for name in attributes if name in last)]
    rows = last[kept].rename(columns={"ended": "churned", "duration_days": "membership_days"})
    price = rows["price_cents"].astype(float) if "price_cents" in rows else 0.0
    each: Any = payments
    if isinstance(payments, Mapping):
        each = rows["plan"].map(payments).fillna(MONTHS).astype(float) if "plan" in rows else MONTHS
    return rows.assign(churned=rows["churned"].astype(int), value_cents=price * each).reset_index(drop=True)
