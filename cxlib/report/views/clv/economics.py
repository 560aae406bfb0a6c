"""What customers cost beside what they are worth, and what memberships will bring as they are renewed."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from cxlib.clv import Acquisition, CustomerStudy, MembershipStudy
from cxlib.data import tell_payments
from cxlib.errors import DataError
from cxlib.language import (
    Count,
    Day,
    Days,
    Decimal,
    Message,
    Month,
    Percent,
    Points,
    T,
    about_money,
    column_name,
    labelled,
)
from cxlib.report.component import Component, together
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.plots import IntervalDots, LineChart, SmallMultiples
from cxlib.report.suppression import large_groups
from cxlib.report.table import SUPPRESS_BELOW, Column, Table, TableSpec, table
from cxlib.report.text import claim, findings, notice, told_apart
from cxlib.report.views.clv.answer import REVENUE_ALONE, ahead, nothing, personal_column, worth_of_memberships

COST, JOINED = "acquisition_cost_cents", "joined_on"
TOO_FEW = T("Too few customers with a known cost to compare it with what they are worth")
NO_TABLE = T("The data has no table of memberships, so their renewal is not forecast")
NOTHING_FITTED = T(
    "The memberships in the data cannot be forecast: too few, without a price, or nobody has left one so far"
)
MOST_GROUPS = 12
MOST_PLANS = 6


def times(value: float) -> Decimal:
    """A ratio: one decimal while that is worth reading."""
    return Decimal(value, digits=0 if abs(value) >= 20 else 1)


RATIO = Column(T("Value to cost"), times, low="value_to_cost_low", high="value_to_cost_high")


def economics(study: CustomerStudy, *, by: str) -> Component:
    """Value to cost and payback by a column of customers and by start month; a notice where the data holds no cost."""
    if study.forecast is None:
        return notice(nothing(study), "info")
    if by in study.data.personal:
        return notice(personal_column(by), "info")
    people = study.data.people
    missing = [name for name in (COST, by) if name not in people or people[name].isna().all()]
    if missing:
        why = T(
            "The data does not say what customers cost to win (column {column} of customers), so cost is not compared "
            "with value",
            column=missing[0].removesuffix("_cents"),
        )
        return notice(why, "info")
    groups = _compared(study, by)
    if groups is None:
        return notice(TOO_FEW, "info")
    if study.rules.margin == REVENUE_ALONE:
        return together(_paybacks(groups, is_profit=False), findings(_least_margin(groups)))
    parts: list[Component] = [_by_channel(groups), _paybacks(groups)]
    if JOINED in people and people[JOINED].notna().any():
        cohorts = _compared(study, JOINED)
        parts.append(notice(TOO_FEW, "info") if cohorts is None else _by_month(cohorts, study))
    return together(*parts)


def _least_margin(groups: Acquisition) -> Message:
    """Where nobody has set a margin: from which one on the costliest group pays."""
    worst = _best_first(groups).iloc[-1]
    ratios = {"share": "value_to_cost", "low": "value_to_cost_high", "high": "value_to_cost_low"}
    values = {name: Percent(1 / max(worst[ratio], 1e-3)) for name, ratio in ratios.items()}
    return claim(
        worst["value_to_cost"] > 1,
        T(
            "No margin is set, so what customers return here is revenue: those from {worst} pay for their cost where "
            "the parameter margin is more than {share} (95% interval {low} to {high})",
            worst=str(worst["group"]),
            **values,
        ),
        T(
            "No margin is set, so what customers return here is revenue: those from {worst} hardly bring as much "
            "of it as they cost",
            worst=str(worst["group"]),
        ),
    )


def _compared(study: CustomerStudy, by: str) -> Acquisition | None:
    """Groups of thirty or more with a known cost; None where there is none."""
    try:
        groups = study.acquisition(by)
    except DataError:
        return None
    large = large_groups(groups.table, "customers", label="group")
    large = large[large["cost_cents"] > 0]
    return None if large.empty else Acquisition(large.reset_index(drop=True), groups.by, groups.currency)


def _best_first(groups: Acquisition) -> pd.DataFrame:
    rows = groups.table.sort_values("value_to_cost", ascending=False, ignore_index=True).head(MOST_GROUPS)
    return rows.assign(group=pd.Series([labelled(group, groups.by) for group in rows["group"]], dtype=object))


def _by_channel(groups: Acquisition) -> FigureBlock:
    rows = _best_first(groups)
    losing = rows[rows["value_to_cost_high"] < 1]
    best, worst = rows.iloc[0], rows.iloc[-1]
    values = {
        "best": best["group"],
        "most": times(best["value_to_cost"]),
        "worst": worst["group"],
        "least": times(worst["value_to_cost"]),
        "n": Count(len(rows)),
    }
    columns = {"group": Column(T("Group")), "customers": Column(T("Customers"), Count), "value_to_cost": RATIO}
    return figure(
        IntervalDots(
            rows,
            "group",
            "value_to_cost",
            low="value_to_cost_low",
            high="value_to_cost_high",
            kind=times,
            reference=1.0,
            reference_label=T("worth the cost"),
            highlight=losing["group"].iloc[0] if len(losing) else None,
            axis_label=T("Value for each unit of cost, with 95% interval"),
        ),
        name="value-to-cost",
        title=_pays(rows, losing, values),
        subtitle=T("Value of a customer, so far and to come, for each unit of acquisition cost, {n} groups", **values),
        alt=told_apart(
            T(
                "A dot with its interval for each of {n} groups, from {best} at {most} down to {worst} at {least}.",
                **values,
            ),
            rows,
            (rows["value_to_cost_low"] > 1) | (rows["value_to_cost_high"] < 1),
            name="group",
        ),
        source=T(
            "Source: customers and transactions. Intervals hold the differences among customers of a group and how far "
            "off the forecast may be."
        ),
        numbers=TableSpec(rows, columns, n="customers"),
    )


def _pays(rows: pd.DataFrame, losing: pd.DataFrame, values: dict[str, object]) -> Message:
    if len(losing):
        return T("Customers from {group} cost more than they are worth", group=losing["group"].iloc[0])
    if len(rows) > 1 and rows["value_to_cost_low"].iloc[0] > rows["value_to_cost_high"].iloc[1:].max():
        return T(
            "Customers from {best} return most for their cost ({most} times it), those from {worst} least ({least} "
            "times)",
            **values,
        )
    return T("What customers return for their cost, by where they came from")


def _paybacks(groups: Acquisition, *, is_profit: bool = True) -> Table:
    """Cost beside value and payback; beside revenue alone where nobody has set a margin."""
    amount = partial(about_money, currency=groups.currency)
    rows = _best_first(groups)
    ends = ("payback_days", "payback_days_low", "payback_days_high", "observed_days")
    paid = [_payback(*own) for own in rows[list(ends)].to_numpy(float)]
    return table(
        rows.assign(paid=pd.Series(paid, dtype="object")),
        title=claim(is_profit, T("Cost, value and payback of a customer"), T("Cost and revenue of a customer")),
        n="customers",
        columns={
            "group": Column(T("Group")),
            "customers": Column(T("Customers"), Count),
            "cost_cents": Column(T("Cost of a customer"), amount),
            **(
                {
                    "value_cents": Column(T("Value of a customer so far and to come"), amount),
                    "paid": Column(T("Paid back after")),
                }
                if is_profit
                else {"value_cents": Column(T("Revenue of a customer so far and to come"), amount)}
            ),
        },
        note=claim(
            is_profit,
            T(
                "Value is margin so far and still to come. Payback counts margin that has come in, in steps of {days}.",
                days=Days(30),
            ),
            T("Revenue is no profit: whether and when it pays for the cost can be said once a margin is set."),
        ),
    )


def _payback(at: float, soon: float, late: float, observed: float) -> Message:
    """When a group has paid back, with its interval where that says more; infinite ends lie past what was observed."""
    if not np.isfinite(at):
        return T("not within {days}", days=Days(observed))
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
    rows["name"] = pd.Series([Month(day.date(), short=True) for day in rows["month"]], dtype="object")
    first, last = rows.iloc[0], rows.iloc[-1]
    pays = int((rows["value_to_cost_low"] > 1).sum())
    values = {
        "first": Month(first["month"].date()),
        "last": Month(last["month"].date()),
        "then": times(first["value_to_cost"]),
        "now": times(last["value_to_cost"]),
        "k": Count(pays),
        "n": Count(len(rows)),
    }
    title = claim(
        pays == len(rows),
        T("The customers of all {n} months compared bring clearly more than they cost", **values),
        T("The customers of {k} of {n} months bring clearly more than they cost", **values),
    )
    columns = {"name": Column(T("Month")), "customers": Column(T("Customers"), Count), "value_to_cost": RATIO}
    return figure(
        LineChart(
            rows,
            x="month",
            lines={"value_to_cost": T("Value to cost")},
            bands={"value_to_cost": ("value_to_cost_low", "value_to_cost_high")},
            kind=times,
            highlight="value_to_cost",
            x_label=T("Month in which customers came"),
        ),
        name="value-to-cost-by-month",
        title=title,
        subtitle=T("Value so far and to come for each unit of cost, by the month in which customers came"),
        alt=T("A line with its interval from {then} in {first} to {now} in {last}. {title}", title=title, **values),
        source=T(
            "Source: customers and transactions up to {day}. Earlier customers have had longer to bring value, so that "
            "months are not to be compared with each other.",
            day=Day(study.end.date()),
        ),
        numbers=TableSpec(rows, columns, n="customers"),
    )


def renewals(study: CustomerStudy) -> Component:
    """Retention by plan beside the model, and the value of running memberships; a notice where there is none."""
    if study.data.memberships is None:
        return notice(NO_TABLE, "info")
    members = study.renewals()
    if members is None:
        return notice(study.doubted_memberships or NOTHING_FITTED, "info")
    left_out = [] if study.data.trials is None else [study.data.trials]
    left_out += [
        T("Plan {plan} cannot be forecast: too few members, or nobody has left it", plan=plan)
        for plan in members.left_out
    ]
    alike = [
        T(
            "Members of plan {plan} do not differ in how faithful they are: each renewal is as likely as the last",
            plan=plan,
        )
        for plan in members.plans.loc[members.plans["is_alike"], "plan"]
    ]
    alike += [_ageing(row["plan"], row) for _, row in members.plans.iterrows() if row["ageing"] != 1]
    worth, unpriced = _worth(study, members), tell_payments(members.unknown_payments, parameter="renewal_days")
    is_profit = study.rules.margin != REVENUE_ALONE
    amount = partial(about_money, currency=members.currency)
    plans = table(
        members.plans,
        title=T(
            "Plans: who renews, and what running memberships will bring {ahead}", ahead=ahead(members.horizon_days)
        ),
        n="running",  # on which the value rests; never more than were sold
        columns={
            "plan": Column(column_name("plan")),
            "running": Column(T("Running"), Count),
            "memberships": Column(T("Ever sold"), Count),
            "renewal": Column(T("Renew after a period"), Percent, low="renewal_low", high="renewal_high"),
            "value_cents": Column(T("Value to come"), amount, low="low_cents", high="high_cents"),
            "mean_cents": Column(T("Value of a member"), amount),
        },
        note=claim(
            is_profit,
            T("Value is margin of fees still to come, discounted. A fee is paid at the start of each period."),
            T(
                "No margin is set, so value is revenue of fees still to come, discounted. A fee is paid at the start "
                "of each period."
            ),
        ),
    )
    return together(_retention(members), plans, findings(worth, alike, left_out, members.ends.findings, unpriced))


def _ageing(plan: object, row: pd.Series) -> Message:
    """How the chance of leaving changes with time, where a model of that forecast members held out better."""
    if row["ageing_low"] > 1:
        return T(
            "Each member of plan {plan} leaves more easily the longer they stay; a forecast that knows it told better "
            "what became of members held out",
            plan=plan,
        )
    if row["ageing_high"] < 1:
        return T(
            "Each member of plan {plan} leaves less easily the longer they stay; a forecast that knows it told better "
            "what became of members held out",
            plan=plan,
        )
    return T(
        "How easily members of plan {plan} leave may change with how long they stay; a forecast that allows for it "
        "told better what became of members held out",
        plan=plan,
    )


def _worth(study: CustomerStudy, members: MembershipStudy) -> list[Message]:
    worth = worth_of_memberships(members)
    if worth is None or study.forecast is None:
        return [] if worth is None else [worth]
    if study.data.paid_among_purchases:
        return [
            T("{memberships}. The purchases above hold these payments too, so do not add them up", memberships=worth)
        ]
    return [T("{memberships}, on top of the purchases above", memberships=worth)]


def _retention(members: MembershipStudy) -> FigureBlock:
    plans = large_groups(members.plans, "memberships", label="plan").head(MOST_PLANS)
    curves = members.curves[members.curves["at_risk"] >= SUPPRESS_BELOW]
    curves = curves[curves["plan"].isin(plans["plan"])].reset_index(drop=True)
    months = dict(zip(plans["plan"], 12 * plans["period_days"] / 365.25, strict=True))
    curves["months"] = curves["period"] * curves["plan"].map(months)
    gap = float((curves["expected"] - curves["observed"]).abs().max()) if len(curves) else float("nan")
    values = {"gap": Points(100 * gap, signed=False, digits=1), "n": Count(len(plans))}
    columns = {
        "plan": Column(column_name("plan")),
        "period": Column(T("Renewal"), Count),
        "at_risk": Column(T("Members observed"), Count),
        "observed": Column(T("Observed"), Percent),
        "expected": Column(T("Model"), Percent),
    }
    return figure(
        SmallMultiples(
            curves,
            panel="plan",
            x="months",
            value="expected",
            reference="observed",
            names={plan: labelled(plan, "plan") for plan in plans["plan"]},
            kind=Percent,
            x_label=T("Months since the start"),
            tick_step=6,
        ),
        name="membership-retention",
        title=T("Model and observation of who is still a member differ by at most {gap} points", **values),
        subtitle=T("Share still members by months since the start: the model, and in grey what was observed"),
        alt=T(
            "A panel for each of {n} plans with two falling lines, the model and what was observed, at most {gap} "
            "points apart.",
            **values,
        ),
        source=T(
            "Source: memberships. Observed by Kaplan-Meier, so that running memberships count as long as they have "
            "run; lines end where fewer than {least} are observed.",
            least=Count(SUPPRESS_BELOW),
        ),
        numbers=TableSpec(curves, columns, n="at_risk"),
    )
