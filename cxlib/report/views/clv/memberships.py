"""Memberships: how many are renewed, against what was observed, and what the running ones are still worth."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from cxlib.clv import MembershipStudy, ValueRules, study_memberships
from cxlib.data import Workspace
from cxlib.language import Count, Days, Message, Percent, Points, T
from cxlib.report.component import Component
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.plots import SmallMultiples
from cxlib.report.table import SUPPRESS_BELOW, Column, Table, TableSpec, table
from cxlib.report.text import findings, notice
from cxlib.report.together import together
from cxlib.report.views.clv.amounts import money

MOST_PLANS = 6
NO_TABLE = T("The data has no table of memberships, so their renewal is not forecast")
NOTHING_FITTED = T(
    "The memberships in the data cannot be forecast: too few, without a price, or nobody has left one so far"
)


def look_at_memberships(
    company: Workspace, *, as_of: pd.Timestamp, renewal_days: dict[str, float], rules: ValueRules, draws: int, seed: int
) -> MembershipStudy | Message:
    """The study of a workspace's memberships, or why there is none.

    Examples
    --------
    >>> sales = pd.DataFrame({"customer_id": ["a"], "at": ["2026-01-05"], "amount": ["3"]})
    >>> shop = Workspace.from_frames({"transactions": sales}, currency="GBP", time_zone="UTC")
    >>> str(look_at_memberships(shop, as_of=pd.Timestamp("2026-01-05"), renewal_days={}, rules=ValueRules(), draws=2,
    ...     seed=0))
    'The data has no table of memberships, so their renewal is not forecast'
    """
    if not company.has("memberships"):
        return NO_TABLE
    rows = company.frame("memberships")
    if "price_cents" not in rows or not rows["price_cents"].notna().any():
        return NOTHING_FITTED
    rows = rows if "plan" in rows else rows.assign(plan=None)
    found = study_memberships(
        rows, as_of=as_of, renewal_days=renewal_days, rules=rules, currency=company.currency, draws=draws, seed=seed
    )
    return NOTHING_FITTED if found is None else found


def renewals(found: MembershipStudy | Message) -> Component:
    """Retention by plan beside the model, and the value of running memberships; a notice where there is none."""
    if isinstance(found, Message):
        return notice(found, "info")
    left = [T("Plan {plan} cannot be forecast: too few members, or nobody has left it", plan=plan)
            for plan in found.left_out]  # fmt: skip
    alike = [T("Members of plan {plan} do not differ in how faithful they are: each renewal is as likely as the last",
               plan=plan) for plan in found.plans.loc[found.plans["is_alike"], "plan"]]  # fmt: skip
    return together(_retention(found), _plans(found), findings(_worth(found), alike, left))


def _worth(found: MembershipStudy) -> Message:
    value, low, high = (money(cents, found.currency) for cents in found.total)
    values = {"n": Count(int(found.plans["running"].sum())), "value": value, "low": low, "high": high}
    if found.horizon_days is None:
        return T(
            "The {n} running memberships are worth about {value} from now on (95% interval {low} to {high}), beside "
            "the value of purchases above",
            **values,
        )
    return T(
        "The {n} running memberships will bring a value of about {value} within {days} (95% interval {low} to {high}), "
        "beside the value of purchases above",
        days=Days(found.horizon_days), **values,
    )  # fmt: skip


def _retention(found: MembershipStudy) -> FigureBlock:
    plans = found.plans[found.plans["memberships"] >= SUPPRESS_BELOW].head(MOST_PLANS)
    curves = found.curves[
        found.curves["plan"].isin(plans["plan"]) & (found.curves["at_risk"] >= SUPPRESS_BELOW)
    ].reset_index(drop=True)
    curves = curves.assign(months=curves["period"] * curves["plan"].map(_months(plans)))
    gap = float((curves["expected"] - curves["observed"]).abs().max()) if len(curves) else float("nan")
    values = {"gap": Points(100 * gap, signed=False, digits=1), "n": Count(len(plans))}
    names: dict[Any, Message | str] = {plan: str(plan) for plan in plans["plan"]}
    return figure(
        SmallMultiples(
            curves, panel="plan", x="months", value="expected", reference="observed", names=names, kind=Percent,
            x_label=T("Months since the start"),
        ),
        name="membership-retention",
        title=T("Model and observation of who is still a member differ by at most {gap} points", **values),
        subtitle=T("Share still members by months since the start: the model, and in grey what was observed"),
        alt=T("A panel for each of {n} plans with two falling lines, the model and what was observed, at most {gap} "
              "points apart.", **values),
        source=T("Source: memberships. Observed by Kaplan-Meier, so that running memberships count as long as they "
                 "have run; lines end where fewer than {least} are observed.", least=Count(SUPPRESS_BELOW)),
        numbers=TableSpec(curves, {
            "plan": Column(T("Plan")), "period": Column(T("Renewal"), Count),
            "at_risk": Column(T("Members observed"), Count), "observed": Column(T("Observed"), Percent),
            "expected": Column(T("Model"), Percent),
        }, n="at_risk"),
    )  # fmt: skip


def _months(plans: pd.DataFrame) -> dict[Any, float]:
    """Months between renewals, by plan."""
    return dict(zip(plans["plan"], 12 * plans["period_days"] / 365, strict=True))


def _plans(found: MembershipStudy) -> Table:
    amount = partial(money, currency=found.currency)
    return table(
        found.plans,
        title=T("Plans: who renews, and what running memberships will bring"),
        n="memberships",
        columns={
            "plan": Column(T("Plan")),
            "running": Column(T("Running"), Count),
            "memberships": Column(T("Ever sold"), Count),
            "renewal": Column(T("Renew next time"), Percent),
            "value_cents": Column(T("Value to come"), amount, low="low_cents", high="high_cents"),
            "mean_cents": Column(T("Value of a member"), amount),
        },
        note=T("Value is margin of fees still to come, discounted. A fee is paid at the start of each period."),
    )
