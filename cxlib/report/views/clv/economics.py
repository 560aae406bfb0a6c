"""What customers cost beside what they are worth: by channel, and by the month in which they came."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from cxlib.clv import Acquisition, CustomerStudy, acquisition_economics
from cxlib.data import Workspace
from cxlib.errors import DataError
from cxlib.language import Count, Day, Days, Decimal, Message, Month, T
from cxlib.report.component import Component
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.plots import IntervalDots, LineChart
from cxlib.report.table import SUPPRESS_BELOW, Column, Table, TableSpec, table
from cxlib.report.text import notice
from cxlib.report.together import together
from cxlib.report.views.clv.ahead import NOTHING
from cxlib.report.views.clv.amounts import money

COST, JOINED = "acquisition_cost_cents", "joined_on"
MOST_GROUPS = 12


def times(value: float) -> Decimal:
    """A ratio: one decimal while that is worth reading."""
    return Decimal(value, digits=0 if abs(value) >= 20 else 1)


def known_customers(company: Workspace) -> pd.DataFrame:
    """What the workspace knows of customers; only the column customer_id where it has no such table.

    Examples
    --------
    >>> sales = pd.DataFrame({"customer_id": ["a"], "at": ["2026-01-05"], "amount": ["3"]})
    >>> shop = Workspace.from_frames({"transactions": sales}, currency="GBP", time_zone="UTC")
    >>> known_customers(shop).columns.tolist()
    ['customer_id']
    """
    if not company.has("customers"):
        return pd.DataFrame({"customer_id": pd.Series(dtype="str")})
    return company.frame("customers")


def economics(
    study: CustomerStudy, customers: pd.DataFrame, transactions: pd.DataFrame, *, by: str, draws: int, seed: int
) -> Component:
    """Value to cost and payback by channel and by start month; a notice where the data holds no cost."""
    if study.found is None:
        return notice(NOTHING, "info")
    missing = [name for name in (COST, by) if name not in customers or customers[name].isna().all()]
    if missing:
        return notice(T("The data does not say what customers cost to win (column {column} of customers), so cost is "
                        "not compared with value", column=_spoken(missing[0])), "info")  # fmt: skip
    groups = _compare(study, customers, transactions, by, draws, seed)
    if groups is None:
        return notice(_TOO_FEW, "info")
    parts: list[Component] = [_by_channel(groups), _paybacks(groups)]
    if JOINED in customers and customers[JOINED].notna().any():
        cohorts = _compare(study, customers, transactions, JOINED, draws, seed)
        parts.append(notice(_TOO_FEW, "info") if cohorts is None else _by_month(cohorts, study))
    return together(*parts)


_TOO_FEW = T("Too few customers with a known cost to compare it with what they are worth")


def _compare(
    study: CustomerStudy, customers: pd.DataFrame, transactions: pd.DataFrame, by: str, draws: int, seed: int
) -> Acquisition | None:
    """Groups of thirty or more with a known cost; None where there is none."""
    found: Any = study.found
    try:
        groups = acquisition_economics(found, customers, transactions, end=study.end, by=by, draws=draws, seed=seed)
    except (DataError, ValueError):  # ValueError: no group has two customers with a known cost
        return None
    kept = groups.table[(groups.table["customers"] >= SUPPRESS_BELOW) & (groups.table["cost_cents"] > 0)]
    if kept.empty:
        return None
    return Acquisition(kept.reset_index(drop=True), groups.curves, groups.by, groups.level, groups.currency)


def _spoken(column: str) -> str:
    return column.removesuffix("_cents")


def _by_channel(groups: Acquisition) -> FigureBlock:
    rows = groups.table.sort_values("value_to_cost", ascending=False, ignore_index=True).head(MOST_GROUPS)
    losing = rows[rows["value_to_cost_high"] < 1]
    best, worst = rows.iloc[0], rows.iloc[-1]
    values = {
        "best": str(best["group"]), "most": times(best["value_to_cost"]), "worst": str(worst["group"]),
        "least": times(worst["value_to_cost"]), "n": Count(len(rows)),
    }  # fmt: skip
    return figure(
        IntervalDots(
            rows, category="group", value="value_to_cost", low="value_to_cost_low", high="value_to_cost_high",
            kind=times, reference=1.0, reference_label=T("worth the cost"),
            highlight=losing["group"].iloc[0] if len(losing) else None,
            axis_label=T("Value for each unit of cost, with 95% interval"),
        ),
        name="value-to-cost",
        title=_pays(rows, losing, values),
        subtitle=T("Value of a customer, so far and to come, for each unit of acquisition cost, {n} groups", **values),
        alt=T("A dot with its interval for each of {n} groups, from {best} at {most} down to {worst} at {least}.",
              **values),
        source=T("Source: customers and transactions. Intervals are for the differences among customers of a group."),
        numbers=TableSpec(rows, {
            "group": Column(T("Group")), "customers": Column(T("Customers"), Count),
            "value_to_cost": Column(T("Value to cost"), times, low="value_to_cost_low", high="value_to_cost_high"),
        }, n="customers"),
    )  # fmt: skip


def _pays(rows: pd.DataFrame, losing: pd.DataFrame, values: dict[str, object]) -> Message:
    if len(losing):
        return T("Customers from {group} cost more than they are worth", group=str(losing["group"].iloc[0]))
    if len(rows) > 1 and rows["value_to_cost_low"].iloc[0] > rows["value_to_cost_high"].iloc[1:].max():
        return T(
            "Customers from {best} return most for their cost ({most} times it), those from {worst} least ({least} "
            "times)",
            **values,
        )
    return T("What customers return for their cost, by where they came from")


def _paybacks(groups: Acquisition) -> Table:
    currency = partial(money, currency=groups.currency)
    rows = groups.table.sort_values("value_to_cost", ascending=False, ignore_index=True).head(MOST_GROUPS)
    paid: Any = [_payback(row) for row in rows.to_dict("records")]
    return table(
        rows.assign(paid=paid),
        title=T("Cost, value and payback of a customer"),
        n="customers",
        columns={
            "group": Column(T("Group")),
            "customers": Column(T("Customers"), Count),
            "cost_cents": Column(T("Cost of a customer"), currency),
            "value_cents": Column(T("Value of a customer"), currency),
            "paid": Column(T("Paid back after")),
        },
        note=T("Value is margin so far and still to come. Payback counts margin that has come in, in steps of {days}.",
               days=Days(30)),
    )  # fmt: skip


def _payback(row: dict[Any, Any]) -> Message:
    """When a group has paid back, with its interval where that says more; infinite ends lie past what was observed."""
    at, soon, late = (row[f"payback_days{end}"] for end in ("", "_low", "_high"))
    seen = Days(row["observed_days"])
    if not np.isfinite(at):
        return T("not within {days}", days=seen)
    if soon == late:
        return T("{days} or sooner", days=Days(at)) if at <= 30 else T("{days}", days=Days(at))
    if not np.isfinite(late):
        return T("{days} (from {soon} to later than observed)", days=Days(at), soon=Days(soon))
    return T("{days} ({soon} to {late})", days=Days(at), soon=Count(round(soon)), late=Count(round(late)))


def _by_month(cohorts: Acquisition, study: CustomerStudy) -> Component:
    months = pd.to_datetime(cohorts.table["group"], errors="coerce")
    rows = cohorts.table.assign(month=months)[months.notna()].reset_index(drop=True)
    if len(rows) < 2:
        return notice(T("Too few start months to compare what customers of each return for their cost"), "info")
    first, last = rows.iloc[0], rows.iloc[-1]
    spoken: Any = [Month(day.date(), short=True) for day in rows["month"]]
    values = {
        "first": Month(first["month"].date()), "last": Month(last["month"].date()),
        "then": times(first["value_to_cost"]), "now": times(last["value_to_cost"]),
    }  # fmt: skip
    return figure(
        LineChart(
            rows, x="month", lines={"value_to_cost": T("Value to cost")},
            bands={"value_to_cost": ("value_to_cost_low", "value_to_cost_high")}, kind=times,
            highlight="value_to_cost", x_label=T("Month in which customers came"),
        ),
        name="value-to-cost-by-month",
        title=T("Customers of {first} return {then} times their cost, those of {last} {now} times", **values),
        subtitle=T("Value so far and to come for each unit of cost, by the month in which customers came"),
        alt=T("A line with its interval from {then} in {first} to {now} in {last}.", **values),
        source=T("Source: customers and transactions up to {day}. Earlier customers have had longer to bring value: a "
                 "falling line alone is no decline.", day=Day(study.end.date())),
        numbers=TableSpec(rows.assign(spoken=spoken), {
            "spoken": Column(T("Month")), "customers": Column(T("Customers"), Count),
            "value_to_cost": Column(T("Value to cost"), times, low="value_to_cost_low", high="value_to_cost_high"),
        }, n="customers"),
    )  # fmt: skip
