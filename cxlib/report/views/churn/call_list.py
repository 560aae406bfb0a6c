"""Whom to call: what calls would have brought, whom to call today and why, and what an experiment says."""

from functools import partial

import pandas as pd

from cxlib.churn import ChurnStudy
from cxlib.churn.offers import (
    ASSUMPTIONS,
    FACTORS,
    WAYS,
    BreakEven,
    CallTest,
    MoneyStudy,
    OfferEffect,
    OfferSensitivity,
    ProfitCurve,
    Qini,
    RevenueAtRisk,
    Stakes,
)
from cxlib.data import tell_payments
from cxlib.language import Count, Days, Decimal, Message, Money, Percent, T, about_money, column_name
from cxlib.report.component import Component, together
from cxlib.report.exports import STILL_TO_COME, WHICH_SEGMENT, SeeAlso
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.plots import GainCurve
from cxlib.report.table import SUPPRESS_BELOW, Column, Table, TableSpec, table
from cxlib.report.text import findings, notice
from cxlib.report.views.churn.words import RETROSPECTIVE, joined, masked, or_notice, plain, texts, with_retrospective

FIRST_ROWS, MOST_POINTS = 10, 2  # on the page; the file has all
MOST_GROUPS = 15
NOT_JUDGED = T("Without risks that can be relied on, whom it would pay to call cannot be said")
NOT_PRICED = T("Nobody has said what calls cost, so there is no list of customers to call")
NO_REVENUE = T("Without risks that can be relied on, revenue at risk is not shown")
NO_EXPERIMENT = T("The data holds no offer that was made at random, so whom a call keeps is not known")
NO_REASON = T("no single reason; the call is for the value")


def profit(study: ChurnStudy) -> Component:
    """What calls would have brought by share of customers called; where nobody knows their cost, what they may cost."""
    if study.break_even is not None:
        large = study.break_even.table["customers"].max() >= SUPPRESS_BELOW
        prices = [_break_even(study.break_even)] if large else []
        return together(*prices, findings(study.break_even.headline))
    return or_notice(study.curve, study.no_money or NOT_JUDGED, lambda curve: _profit(study, curve))


def _break_even(prices: BreakEven) -> Table:
    in_money = partial(about_money, currency=prices.currency)
    kept = Column(T("Revenue of a year that a call keeps, on average"), in_money, low="low_cents", high="high_cents")
    return table(
        prices.table[prices.table["customers"] >= SUPPRESS_BELOW],
        title=T("What a call and its offer may cost"),
        columns={"customers": Column(T("Customers called, those with most at stake first"), Count), "kept_cents": kept},
        note=T(
            "Calls pay where call and offer cost less than the profit on that revenue. Of those who would leave the "
            "offer is taken to keep {response}.",
            response=Percent(prices.rules.expected_response),
        ),
    )


def _profit(study: ChurnStudy, curve: ProfitCurve) -> Component:
    parts: list[Component] = [_profit_curve(study, curve)]
    if study.data.looks_back:
        parts.append(notice(RETROSPECTIVE))
    return together(*parts, findings([curve.rules.say(study.data.currency)] if study.money is None else []))


def rests_on(study: ChurnStudy) -> Component:
    """What the calls rest on: how the list fared in the past, and if an assumption were halved or doubled."""
    parts: list[Component] = [] if study.money is None else [_past_calls(study.money.past_calls)]
    if study.sensitivity is not None:
        parts += [_sensitivity(study.sensitivity), findings(study.sensitivity.headline)]
    return together(*parts) if parts else notice(study.no_money or NOT_PRICED, "info")


def _profit_curve(study: ChurnStudy, curve: ProfitCurve) -> FigureBlock:
    in_money = partial(about_money, currency=study.data.currency)
    values: dict[str, object] = {"n": Count(curve.n), "churners": Count(curve.churners)}
    source = T(
        "Source: customers of the last cut-off that is known. Costs and response are assumptions or measured, as "
        "said below."
    )
    if study.data.looks_back:
        source = T(
            "Source: customers of the file, each with a risk from others. Costs and response are assumptions, as "
            "said below."
        )
    columns = {
        "share": Column(T("Share called"), Percent),
        "profit_cents": Column(T("In the order of the list"), in_money, low="low_cents", high="high_cents"),
        "other_cents": Column(T("Those at highest risk first"), in_money),
        "random_cents": Column(T("At random"), in_money),
    }
    title, best = curve.headline, curve.best_share
    label = T("best: {best}", best=Percent(best))
    if study.money is not None and study.money.past_calls.calls:
        title, best = study.money.past_calls.headline, study.money.past_calls.calls / study.money.past_calls.n
        label = T("the list: {best}", best=Percent(best))
    return figure(
        GainCurve(
            curve.table,
            "share",
            "profit_cents",
            low="low_cents",
            high="high_cents",
            baseline="other_cents",
            kind=Money,
            currency=study.data.currency,
            name=T("in the order of the list"),
            baseline_name=T("by risk alone"),
            best=best or None,
            best_label=label if best else None,
            y_label=T("Profit of the calls, with 95% interval"),
        ),
        name="profit",
        title=with_retrospective(study, title),
        subtitle=T("Profit of calls by share of customers called, {n} customers of whom {churners} left", **values),
        alt=T("A curve of profit by share called, and one for calls by risk alone. {title}.", title=title),
        source=source,
        numbers=TableSpec(curve.table.iloc[::10].reset_index(drop=True), columns),
    )


def _sensitivity(sensitivity: OfferSensitivity) -> Table:
    in_money = partial(about_money, currency=sensitivity.currency)
    order = list(dict.fromkeys(sensitivity.table["assumption"]))
    rows = pd.DataFrame({"name": texts(ASSUMPTIONS[name] for name in order)})
    for i, factor in enumerate(FACTORS):
        own = sensitivity.table[sensitivity.table["factor"] == factor].set_index("assumption").loc[order]
        rows[f"share_{i}"] = own["share"].to_numpy(float)
        rows[f"profit_{i}"] = own["profit_cents"].to_numpy(float)
    return table(
        rows,
        title=T("If an assumption is halved or doubled"),
        columns={
            "name": Column(T("Assumption")),
            "share_0": Column(T("Share called, halved"), Percent),
            "profit_0": Column(T("Profit, halved"), in_money),
            "share_1": Column(T("Share called, doubled"), Percent),
            "profit_1": Column(T("Profit, doubled"), in_money),
        },
        note=T(
            "With all assumptions as they are, calling everyone whose call should gain: {profit}",
            profit=in_money(sensitivity.profit_cents),
        ),
    )


def call_list(study: ChurnStudy) -> Component:
    """Whom to call today, the first of them with reasons; a notice where nobody can or should be called."""
    looks_back = T("There is no list of customers to call: {why}", why=RETROSPECTIVE)
    why = looks_back if study.data.looks_back else NOT_JUDGED if study.stakes is None else NOT_PRICED
    return or_notice(study.money, study.no_money or why, lambda money: _calls(study, money))


def _calls(study: ChurnStudy, money: MoneyStudy) -> Component:
    sentences = findings(money.calls.headline, money.calls.notes)
    if money.calls.calls.empty:
        return together(sentences)
    plan = T("The playbook, whose lists stand for this one: work through one of the two")
    more = SeeAlso({"playbook": plan, "clv": STILL_TO_COME, "segmentation": WHICH_SEGMENT})
    return together(_first_rows(study, money), sentences, more)


def _first_rows(study: ChurnStudy, money: MoneyStudy) -> Table:
    rows = money.calls.calls.head(FIRST_ROWS)
    reasons = [joined(lines[:MOST_POINTS]) or NO_REASON for lines in talking_points(study, money)[: len(rows)]]
    ids = rows["customer_id"].map(masked)
    in_money, gain = (partial(kind, currency=study.data.currency) for kind in (about_money, Money))
    return table(
        rows.assign(id=ids, why=texts(reasons), rank=rows["rank"].astype(int)),
        title=T("The first {n} of {all} customers to call", n=Count(len(rows)), all=Count(len(money.calls.calls))),
        columns={
            "rank": Column(T("Rank"), Count),
            "id": Column(T("Customer")),
            "risk": Column(T("Risk"), Percent),
            "value_cents": Column(T("Value of a year"), in_money),
            "expected_gain_cents": Column(T("Expected gain of a call"), gain),
            "why": Column(T("What to talk about")),
        },
        note=T(
            "Ids are shortened; the whole list is below. Named is what raises the risk of this customer, is worse "
            "than usual, and is not shared by most of the list."
        ),
    )


def talking_points(study: ChurnStudy, money: MoneyStudy) -> list[tuple[Message, ...]]:
    """What to talk about with each customer on the list."""
    customers = money.calls.calls["customer_id"]
    return [()] * len(customers) if study.risk is None else study.risk.talking_points(customers)


def _past_calls(test: CallTest) -> Table:
    in_money = partial(about_money, currency=test.currency)
    ways = texts(WAYS[way] for way in test.table["way"])
    return table(
        test.table.assign(name=ways, left=test.table["leavers"].round()),
        title=T("The same list, tested on the last cut-off that is known"),
        columns={
            "name": Column(T("Who is called")),
            "left": Column(T("Of them left"), Count),
            "gain_cents": Column(T("What calls would have brought"), in_money, low="low_cents", high="high_cents"),
        },
        note=T("{calls} of {n} customers called.", calls=Count(test.calls), n=Count(test.n)),
    )


def experiment(study: ChurnStudy) -> Component:
    """Whether an offer keeps anybody, as an experiment has shown; and what experiment would show it."""
    return or_notice(study.stakes, NOT_JUDGED, lambda stakes: _experiment(stakes, study.money))


def _experiment(stakes: Stakes, money: MoneyStudy | None) -> Component:
    effect, uplift = stakes.effect, stakes.uplift
    sentences = [NO_EXPERIMENT] if effect is None else [effect.headline, effect.balance_note]
    if money is not None and money.plan is not None:
        sentences.append(money.plan.headline)
    if uplift is not None and uplift.normalised_note is not None:
        sentences.append(uplift.normalised_note)
    arms = [] if effect is None else [_arms(effect)]
    return together(*arms, *([] if uplift is None else [_qini(uplift)]), findings(sentences))


def _arms(effect: OfferEffect) -> Table:
    rows = pd.DataFrame({"group": texts([T("Got the offer"), T("Did not get it")])})
    return table(
        rows.assign(
            n=[effect.n_treated, effect.n_control],
            left=[effect.left_treated, effect.left_control],
            rate=[effect.treated_rate, effect.control_rate],
        ),
        title=T("The offer that was made at random"),
        n="n",
        columns={
            "group": Column(T("Group")),
            "n": Column(T("Customers"), Count),
            "left": Column(T("Left"), Count),
            "rate": Column(T("Share who left"), Percent),
        },
    )


def _qini(uplift: Qini) -> FigureBlock:
    curve, tenths = uplift.curve, partial(Percent, digits=1)
    rows = curve.iloc[:: max(1, len(curve) // 100)]
    if rows.index[-1] != curve.index[-1]:
        rows = pd.concat([rows, curve.tail(1)])
    rows = rows.reset_index(drop=True)
    columns = {
        "share": Column(T("Share with an offer"), Percent),
        "kept": Column(T("Kept"), tenths),
        "random": Column(T("At random"), tenths),
    }
    return figure(
        GainCurve(
            rows,
            "share",
            "kept",
            baseline="random",
            kind=tenths,
            name=T("by predicted effect"),
            baseline_name=T("at random"),
            x_label=T("Share of customers who get the offer, those it should move most first"),
            y_label=T("Customers kept, per customer with an offer"),
        ),
        name="qini",
        title=uplift.headline,
        subtitle=T("Qini curve of the experiment, {n} customers", n=Count(uplift.n)),
        alt=T(
            "A curve beside the straight line of chance; the area between them is {q}. {title}",
            title=uplift.headline,
            q=Decimal(uplift.coefficient, digits=4),
        ),
        source=T("Source: the offer that was made at random. Effects were predicted for customers left out."),
        numbers=TableSpec(rows.iloc[::10].reset_index(drop=True), columns),
    )


def at_stake(study: ChurnStudy) -> Component:
    """Revenue that hangs on customers who may leave, by group, and whether the last forecast of it held."""
    if study.stakes is None or study.no_money is not None:
        return notice(study.no_money or NO_REVENUE, "info")
    revenue = study.stakes.revenue
    groups = [_groups(study, revenue)] if len(revenue.groups) else []
    unpriced = tell_payments(study.data.unknown_payments, parameter="payments_per_year")
    return together(*groups, findings(revenue.headline, study.stakes.past_revenue.headline, unpriced))


def _groups(study: ChurnStudy, revenue: RevenueAtRisk) -> Table:
    rows = revenue.groups.head(MOST_GROUPS)
    part = rows["value_cents"] / rows["base_cents"].clip(lower=1)
    in_money = partial(about_money, currency=study.data.currency)
    return table(
        rows.assign(name=texts(plain(group, study.data.group_by) for group in rows["group"]), part=part),
        title=T(
            "Revenue at risk within {days}, by {column}",
            days=Days(study.data.days_ahead),
            column=column_name(study.data.group_by),
        ),
        n="n",
        columns={
            "name": Column(T("Group")),
            "n": Column(T("Customers"), Count),
            "value_cents": Column(T("Revenue at risk"), in_money, low="low_cents", high="high_cents"),
            "share": Column(T("Share of it"), Percent, bar=True),
            "part": Column(T("Of the group's revenue"), Percent),
        },
    )


def last_list(study: ChurnStudy) -> Component:
    """How the list of the last run did, or why that cannot be said yet."""
    arrived = None if study.stakes is None else study.stakes.arrived
    if arrived is not None:
        return findings(arrived.headline, arrived.notes)
    why_not = study.data.earlier.why_not
    return findings(() if why_not is None else why_not)
