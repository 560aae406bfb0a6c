"""Whom to call: what calls would have brought, whom to call today and why, and what an experiment says."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from cxlib.churn import CallTest, ChurnStudy, MoneyStudy, OfferSensitivity, ProfitCurve, Qini, RevenueAtRisk
from cxlib.churn.offers.offer import amount
from cxlib.language import Count, Decimal, Message, Money, Percent, T
from cxlib.report.component import Component
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.plots import GainCurve
from cxlib.report.table import Column, Table, TableSpec, table
from cxlib.report.text import findings, notice
from cxlib.report.together import together
from cxlib.report.views.churn.words import RETROSPECTIVE, column_name, joined, masked, plain, with_retrospective

FIRST_ROWS = 10
MOST_GROUPS = 15
NOT_JUDGED = T("Without risks that can be relied on, whom it would pay to call cannot be said")
NOTHING_KNOWN = T("nothing known raises it; the call is for the value")
WAYS = {
    "list": T("This list"), "riskiest": T("As many at highest risk"), "random": T("As many at random"),
}  # fmt: skip


def profit(study: ChurnStudy) -> Component:
    """What calls would have brought by share of customers called, and what that depends on most."""
    if study.curve is None:
        return notice(NOT_JUDGED, "info")
    parts: list[Component] = [_profit_curve(study, study.curve)]
    said = [study.curve.rules.said(study.data.currency)]
    if study.sensitivity is not None:
        parts.append(_sensitivity(study.sensitivity))
        said.append(study.sensitivity.headline)
    if study.data.kind == "flags":
        parts.append(notice(RETROSPECTIVE))
    return together(*parts, findings(said))


def _profit_curve(study: ChurnStudy, found: ProfitCurve) -> FigureBlock:
    currency = study.data.currency
    values = {"n": Count(found.n), "churners": Count(found.churners), "best": Percent(found.best_share)}
    rows = found.table
    return figure(
        GainCurve(
            rows, share="share", value="profit_cents", low="low_cents", high="high_cents", baseline="random_cents",
            kind=Money, currency=currency, name=T("by risk"), baseline_name=T("at random"),
            best=found.best_share if found.pays else None,
            best_label=T("most at {best}", **values) if found.pays else None,
            y_label=T("Profit of the calls, with 95% interval"),
        ),
        name="profit",
        title=with_retrospective(study, found.headline),
        subtitle=T("Profit of calling the customers at highest risk first, {n} customers of whom {churners} left",
                   **values),
        alt=T("A curve of profit by share called, and a line for calls at random. {title}.", title=found.headline),
        source=_profit_source(study),
        numbers=TableSpec(rows.iloc[::10].reset_index(drop=True), {
            "share": Column(T("Share called"), Percent),
            "profit_cents": Column(T("Profit"), partial(amount, currency=currency), low="low_cents", high="high_cents"),
            "random_cents": Column(T("At random"), partial(amount, currency=currency)),
        }),
    )  # fmt: skip


def _profit_source(study: ChurnStudy) -> Message:
    if study.data.kind == "flags":
        return T("Source: customers of the file, each with a risk from others. Costs and response are assumptions, as "
                 "said below.")  # fmt: skip
    return T("Source: customers of the last cut-off that is known. Costs and response are assumptions or measured, as "
             "said below.")  # fmt: skip


def _sensitivity(found: OfferSensitivity) -> Table:
    order = list(dict.fromkeys(found.table["assumption"]))
    rows = pd.DataFrame({"name": pd.Series([found.names[name] for name in order], dtype=object)})
    for i, factor in enumerate(sorted(found.table["factor"].unique())):
        own = found.table[found.table["factor"] == factor].set_index("assumption").loc[order]
        ends = {f"share_{i}": own["best_share"].to_numpy(float), f"profit_{i}": own["profit_cents"].to_numpy(float)}
        rows = rows.assign(**ends)
    shown_as = partial(amount, currency=found.currency)
    return table(
        rows,
        title=T("If an assumption is halved or doubled"),
        columns={
            "name": Column(T("Assumption")),
            "share_0": Column(T("Best share to call, halved"), Percent),
            "profit_0": Column(T("Profit, halved"), shown_as),
            "share_1": Column(T("Best share to call, doubled"), Percent),
            "profit_1": Column(T("Profit, doubled"), shown_as),
        },
        note=T("As it stands: {profit}", profit=amount(found.profit_cents, found.currency)),
    )


def call_list(study: ChurnStudy) -> Component:
    """Whom to call today, the first of them with reasons; a notice where nobody can or should be called."""
    if study.data.kind == "flags":
        return notice(T("There is no list of customers to call: {why}", why=RETROSPECTIVE), "info")
    if study.money is None or not study.is_forecast:
        return notice(NOT_JUDGED, "info")
    found = study.money
    parts: list[Component] = []
    if not found.calls.calls.empty:
        parts = [_first_rows(study, found), _tested(found.past_calls)]
    said = [found.calls.headline, found.past_calls.headline, *found.calls.notes]
    return together(*parts, findings(said))


def _first_rows(study: ChurnStudy, found: MoneyStudy) -> Table:
    rows = found.calls.calls.head(FIRST_ROWS)
    risk: Any = study.risk
    place = {customer: at for at, customer in enumerate(risk.scored["customer_id"])}
    why: Any = [joined(risk.say_reasons(place[customer])) or NOTHING_KNOWN for customer in rows["customer_id"]]
    shown_as = partial(amount, currency=study.data.currency)
    return table(
        rows.assign(shown=rows["customer_id"].map(masked), why=why, rank=rows["rank"].astype(int)),
        title=T("The first {n} of {all} customers to call", n=Count(len(rows)), all=Count(len(found.calls.calls))),
        columns={
            "rank": Column(T("Rank"), Count),
            "shown": Column(T("Customer")),
            "risk": Column(T("Risk"), Percent),
            "value_cents": Column(T("Value of a year"), shown_as),
            "expected_gain_cents": Column(T("Expected gain of a call"), partial(Money, currency=study.data.currency)),
            "why": Column(T("What goes with the risk")),
        },
        note=T("Ids are shortened; the whole list is below. Reasons come from a logistic regression, whichever model "
               "gives the risk."),
    )  # fmt: skip


def _tested(found: CallTest) -> Table:
    rows = found.table.assign(name=pd.Series([WAYS[str(way)] for way in found.table["way"]], dtype=object))
    return table(
        rows.assign(left=rows["leavers"].round()),
        title=T("The same list, tested on the last cut-off that is known"),
        columns={
            "name": Column(T("Who is called")),
            "left": Column(T("Left all the same"), Count),
            "gain_cents": Column(T("What calls would have brought"), partial(amount, currency=found.currency),
                                 low="low_cents", high="high_cents"),
        },
        note=T("{calls} of {n} customers called.", calls=Count(found.calls), n=Count(found.n)),
    )  # fmt: skip


def experiment(study: ChurnStudy) -> Component:
    """Whether an offer keeps anybody, as an experiment has shown; and what experiment would show it."""
    found = study.money
    if found is None or not study.is_forecast:
        return notice(NOT_JUDGED, "info")
    said: list[Message] = []
    parts: list[Component] = []
    if found.effect is not None:
        said += [found.effect.headline, found.effect.balance_note]
        parts.append(_arms(found))
    else:
        said.append(T("The data holds no offer that was made at random, so whom a call keeps is not known"))
    if found.uplift is not None:
        parts.append(_qini(found.uplift))
    if found.plan is not None:
        said.append(found.plan.headline)
    return together(*parts, findings(said))


def _arms(found: MoneyStudy) -> Table:
    effect: Any = found.effect
    rows = pd.DataFrame(
        {
            "group": pd.Series([T("Got the offer"), T("Did not get it")], dtype=object),
            "n": [effect.n_treated, effect.n_control], "left": [effect.left_treated, effect.left_control],
            "rate": [effect.treated_rate, effect.control_rate],
        }
    )  # fmt: skip
    return table(
        rows,
        title=T("The offer that was made at random"),
        n="n",
        columns={
            "group": Column(T("Group")), "n": Column(T("Customers"), Count), "left": Column(T("Left"), Count),
            "rate": Column(T("Share who left"), Percent),
        },
    )  # fmt: skip


def _qini(found: Qini) -> FigureBlock:
    curve = found.curve
    rows = curve.iloc[:: max(1, len(curve) // 100)]
    if rows.index[-1] != curve.index[-1]:
        rows = pd.concat([rows, curve.tail(1)])
    rows = rows.reset_index(drop=True)
    values = {"q": Decimal(found.coefficient, digits=4), "n": Count(found.n)}
    return figure(
        GainCurve(
            rows, share="share", value="kept", baseline="random", kind=partial(Percent, digits=1),
            name=T("by predicted effect"), baseline_name=T("at random"),
            x_label=T("Share of customers who get the offer, those it should move most first"),
            y_label=T("Customers kept, per customer with an offer"),
        ),
        name="qini",
        title=found.headline,
        subtitle=T("Qini curve of the experiment, {n} customers", **values),
        alt=T("A curve beside the straight line of chance; the area between them is {q}.", **values),
        source=T("Source: the offer that was made at random. Effects were predicted for customers left out."),
        numbers=TableSpec(rows.iloc[::10].reset_index(drop=True), {
            "share": Column(T("Share with an offer"), Percent),
            "kept": Column(T("Kept"), partial(Percent, digits=1)),
            "random": Column(T("At random"), partial(Percent, digits=1)),
        }),
    )  # fmt: skip


def at_stake(study: ChurnStudy) -> Component:
    """Revenue that hangs on customers who may leave, by group, and whether the last forecast of it held."""
    found = study.money
    if found is None or not study.is_forecast:
        return notice(T("Without risks that can be relied on, revenue at risk is not shown"), "info")
    parts: list[Component] = []
    if len(found.revenue.groups):
        parts.append(_groups(study, found.revenue))
    return together(*parts, findings(found.revenue.headline, found.past_revenue.headline))


def _groups(study: ChurnStudy, found: RevenueAtRisk) -> Table:
    rows = found.groups.head(MOST_GROUPS)
    shown_as = partial(amount, currency=study.data.currency)
    return table(
        rows.assign(shown=rows["group"].map(plain), part=rows["value_cents"] / rows["base_cents"].clip(lower=1)),
        title=T("Revenue at risk by {column}", column=column_name(study.group_by)),
        n="n",
        columns={
            "shown": Column(T("Group")),
            "n": Column(T("Customers"), Count),
            "value_cents": Column(T("Revenue at risk"), shown_as, low="low_cents", high="high_cents"),
            "share": Column(T("Share of it"), Percent, bar=True),
            "part": Column(T("Of the group's revenue"), Percent),
        },
    )


def last_list(study: ChurnStudy) -> Component:
    """How the list of the last run did, or why that cannot be said yet."""
    arrived = None if study.money is None else study.money.arrived
    if arrived is not None:
        return findings(arrived.headline, arrived.notes)
    return findings(() if study.data.no_list is None else study.data.no_list)
