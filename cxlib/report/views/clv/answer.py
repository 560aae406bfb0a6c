"""The answer, the tiles and revenue ahead: what customers will bring and how sure that is, or why nobody can say."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from cxlib.clv import Backtest, CustomerStudy, Forecast, RevenuePath
from cxlib.clv.assumptions import RED
from cxlib.clv.levels import LevelForecast
from cxlib.clv.memberships import MembershipStudy
from cxlib.language import Count, Day, Days, Message, Money, N, Percent, T, about, about_money
from cxlib.measures import Metric
from cxlib.measures.result import NO_AMOUNTS
from cxlib.measures.sampling import LEVEL
from cxlib.report.component import Component, Together, together
from cxlib.report.figure import figure
from cxlib.report.head import PageHead, Tiles, page_head, tiles
from cxlib.report.plots import LineChart
from cxlib.report.table import SUPPRESS_BELOW, Column, TableSpec
from cxlib.report.text import Notice, findings, notice, text

NOTHING = T("There is no forecast, so there is nothing to show here")
WHAT_TO_DO = T("Run this report again with a longer history; until then plan with what customers have done so far")
ONE_UNIT = T("Put the amounts of all days right, and run this report again")
MEMBERS_ONLY = T("Plan with the memberships; run this report again once purchases have a longer history")
NO_MARGIN = T("No margin is set, so value here is revenue, not profit: set the parameter margin")
REVENUE_ALONE = 1.0  # the margin where nobody has set one
IN_THE_HEAD = 2  # limits that stand in the head; further ones stand under the tiles


def answer(study: CustomerStudy) -> PageHead:
    """The page's head: the value to come with its interval and whether to believe it, or why there is none."""
    kicker = (
        T("Data to {day}", day=Day(study.end.date())),
        N("{n} customer who bought", "{n} customers who bought", len(study.customers)),
    )
    if study.forecast is None or study.past is None:
        members = study.renewals()
        title, do = _no_forecast(study), ONE_UNIT if study.has_mixed_amounts else WHAT_TO_DO
        if (doubted := _doubted(study)) is not None:
            return page_head(title, kicker=kicker[:1], bullets=(doubted,))
        if study.level is not None and not study.has_amounts:
            season = None if study.level.season == "seen" else study.level.season_note
            said = (study.level.past_finding, season, NO_AMOUNTS)
            return page_head(_purchases(study.level), kicker=kicker, bullets=[one for one in said if one is not None])
        if members is not None and (worth := worth_of_memberships(members)) is not None:
            title, do = T("{memberships}. What purchases will bring is not known yet", memberships=worth), MEMBERS_ONLY
        return page_head(title, kicker=kicker, bullets=(*study.limits[:IN_THE_HEAD], do))
    half = Count(study.forecast.concentration.half_customers)
    first = T("Look after these {n} customers: half of the value still to come is theirs", n=half)
    value, bullets = _value_to_come(study.forecast, study.level), _how_sure(study, study.past)
    return page_head(value, kicker=kicker, bullets=bullets, action=first, file="look_after.csv")


def _doubted(study: CustomerStudy) -> Message | None:
    """Why ids are not those of customers; None where they are."""
    return next((found.message for found in study.breaks if found.undoes_customers), None)


def _how_sure(study: CustomerStudy, past: Backtest) -> list[Message]:
    """How far off earlier levels were, and what the data's length allows; without a level, how far off the models."""
    if study.level is None:
        return [] if past.headline is None else [past.headline]
    season = None if study.level.season == "seen" else study.level.season_note
    return [message for message in (study.level.past_finding, season) if message is not None]


def _purchases(level: LevelForecast) -> Message:
    low, high, value = (Count(round(about(n))) for n in (level.low, level.high, level.value))
    values = {"n": Count(level.customers), "low": low, "high": high, "days": Days(level.question.horizon_days)}
    if level.season == "unseen":
        return T(
            "Today's {n} customers will buy between {low} and {high} times in the next {days} (95% interval). Less "
            "than a year of data allows no single figure",
            **values,
        )
    return T(
        "Today's {n} customers will buy about {value} times in the next {days} (95% interval {low} to {high})",
        value=value,
        **values,
    )


def _no_forecast(study: CustomerStudy) -> Message:
    if _doubted(study) is not None:
        return T("What customers will bring cannot be said: ids are not those of customers")
    if not study.has_amounts:
        n = Count(len(study.customers))
        return T("{n} customers have bought so far. How often they will buy is not known yet", n=n)
    if study.has_mixed_amounts:
        return T(
            "What {n} customers have brought and will bring cannot be said: amounts change from one day to the next",
            n=Count(len(study.customers)),
        )
    return T(
        "{n} customers have brought {revenue} so far. What they will bring is not known yet",
        n=Count(len(study.customers)),
        revenue=about_money(study.reconciliation.customers_cents, study.currency),
    )


def _value_to_come(forecast: Forecast, level: LevelForecast | None) -> Message:
    amounts = {name: about_money(cents, forecast.currency) for name, cents in forecast.total()._asdict().items()}
    values = {"n": Count(len(forecast.customers)), "level": Percent(LEVEL), **amounts}
    if forecast.rules.horizon_days is None:
        return T("{n} customers are worth about {value} from now on ({level} interval {low} to {high})", **values)
    values["days"] = Days(forecast.rules.horizon_days)
    if level is not None and level.season == "unseen":
        return T(
            "Today's {n} customers are worth between {low} and {high} over the next {days} ({level} "
            "interval). Less than a year of data allows no single figure",
            **values,
        )
    return T(
        "Today's {n} customers are worth about {value}. That counts the next {days} ({level} interval {low} to {high})",
        **values,
    )


def worth_of_memberships(members: MembershipStudy) -> Message | None:
    """What running memberships should still bring; None where they are too few to be shown."""
    running = int(members.plans["running"].sum())
    if running < SUPPRESS_BELOW:
        return None
    amounts = {name: about_money(cents, members.currency) for name, cents in members.total._asdict().items()}
    return T(
        "The {n} running memberships are worth about {value} {ahead} (95% interval {low} to {high})",
        n=Count(running),
        ahead=ahead(members.horizon_days),
        **amounts,
    )


def ahead(horizon_days: float | None) -> Message:
    """How far value to come reaches."""
    return T("from now on") if horizon_days is None else T("within {days}", days=Days(horizon_days))


def personal_column(by: str) -> Message:
    """Why nothing is shown by a column that names persons."""
    return T(
        "Column {column} of customers is personal, so nothing is shown by it; if it names nobody, say in "
        "sources.yaml which columns are personal",
        column=by,
    )


def nothing(study: CustomerStudy) -> Message:
    """Why nothing is shown of a forecast of value."""
    return NOTHING if study.has_amounts else NO_AMOUNTS


def headline_tiles(study: CustomerStudy) -> Together:
    """Value, purchases and revenue to come with intervals, and the value at risk; without a forecast, what has been.

    Also for metrics.json. Below them the rules that make value of revenue, or what further stands against a forecast.
    """
    if study.forecast is None:
        return together(_tiles_of_the_past(study), *map(notice, study.limits[IN_THE_HEAD:]), *_breaks(study))
    parts: list[Component] = [_tiles_to_come(study, study.forecast), text(study.rules.sentence), *_must_know(study)]
    if study.rules.margin == REVENUE_ALONE:
        parts.append(notice(NO_MARGIN, "info"))
    return together(*parts)


def _must_know(study: CustomerStudy) -> list[Notice]:
    """Assumptions that do not hold, with what that does to the number above."""
    followed = [] if study.followed is None else [notice(study.followed.headline, "info")]
    checks = [check for check in study.assumptions.checks if not followed or check.key != "amount_trend"]
    red = [check for check in checks if check.level == RED and not pd.isna(check.value)]
    broken = [T("{finding}. {effect}", finding=c.finding, effect=c.effect) for c in red]
    leaving = [] if study.no_leaving is None else [notice(study.no_leaving)]
    return [*_breaks(study), *leaving, *followed, *map(notice, broken)]


def _breaks(study: CustomerStudy) -> list[Notice]:
    """Steps of counts and closures, which all figures here are made of; steps of amounts leave no forecast."""
    return [notice(found.in_sums) for found in study.breaks if not found.undoes_value]


def _tiles_to_come(study: CustomerStudy, forecast: Forecast) -> Tiles:
    cents = partial(Metric, unit="money", currency=study.currency, as_of=study.end.date())
    n, level = len(forecast.customers), LEVEL
    value, low, high = map(about, forecast.total())
    label = T("Value still to come")
    reach = ahead(study.rules.horizon_days)
    note = T("of all who have bought, {ahead}", ahead=reach)
    metrics = [cents("value_to_come", label, value, low=low, high=high, level=level, n=n, polarity=1, note=note)]
    if "expected_purchases" in forecast.totals.index:
        value, low, high = (round(about(v)) for v in forecast.total("expected_purchases"))
        count = partial(Metric, unit="count", as_of=study.end.date())
        label = T("Purchases expected")
        metrics.append(
            count("expected_purchases", label, value, low=low, high=high, level=level, n=n, polarity=1, note=note)
        )
    if study.path is not None:
        last = study.path.table.iloc[-1]
        value, low, high = (about(last[f"base_{part}cents"]) for part in ("", "low_", "high_"))
        note, label = T("today's customers, within {days}", days=Days(last["days"])), T("Revenue expected")
        metrics.append(cents("expected_revenue", label, value, low=low, high=high, n=n, polarity=1, note=note))
    lost = about(forecast.concentration.at_risk_cents)
    note = T("would come on top if nobody had left, {ahead}", ahead=reach)
    if study.no_leaving is None:
        metrics.append(cents("value_at_risk", T("Value of those who may have left"), lost, polarity=-1, note=note))
    return tiles(*metrics)


def _tiles_of_the_past(study: CustomerStudy) -> Tiles:
    day, n = study.end.date(), len(study.customers)
    expected = []
    if study.level is not None:
        value, low, high = (round(about(end)) for end in (study.level.value, study.level.low, study.level.high))
        note = T("of all who have bought, {ahead}", ahead=ahead(study.level.question.horizon_days))
        options: dict[str, Any] = {"low": low, "high": high, "n": n, "polarity": 1, "as_of": day, "note": note}
        expected.append(Metric("expected_purchases", T("Purchases expected"), value, **options))
    repeat = float((study.customers["frequency"] > 0).mean())
    revenue = Metric(
        "revenue",
        T("Revenue"),
        study.reconciliation.customers_cents,
        unit="money",
        currency=study.currency,
        as_of=day,
        note=T("net of refunds, over the whole period"),
        total=True,
    )
    money = [] if study.has_mixed_amounts or not study.has_amounts else [revenue]
    if _doubted(study) is not None:
        return tiles(*money)
    return tiles(
        Metric("customers", T("Customers who bought"), n, as_of=day, note=T("over the whole period"), total=True),
        *expected,
        *money,
        Metric(
            "repeat_share",
            T("Bought on two days or more"),
            repeat,
            n=n,
            unit="percent",
            polarity=1,
            as_of=day,
            note=T("over the whole period"),
        ),
    )


def revenue_ahead(study: CustomerStudy) -> Together | Notice:
    """Revenue of today's customers up to each of several days, with its interval; a notice without a forecast."""
    if study.path is None:
        return notice(nothing(study), "info")
    amount = partial(about_money, currency=study.currency)
    planned = [] if not study.path.new_customers else [_new_customers(study.path, study.currency, study.rules.margin)]
    path, currency = study.path, study.currency
    start = dict.fromkeys(path.table, 0.0)
    last = path.table.iloc[-1]
    days, low, high = Days(last["days"]), amount(last["base_low_cents"]), amount(last["base_high_cents"])
    values = {"base": amount(last["base_cents"]), "low": low, "high": high, "days": days}
    lines: dict[str, Message | str] = {"base_cents": T("Expected")}
    if path.new_customers:
        lines["total_cents"] = T("With new ones")
    columns = {
        "days": Column(T("Days from now"), Count),
        "base_cents": Column(T("Revenue of today's customers"), amount, low="base_low_cents", high="base_high_cents"),
        "new_cents": Column(T("Revenue of planned customers"), amount),
    }
    path_block = figure(
        LineChart(
            pd.concat([pd.DataFrame([start]), path.table], ignore_index=True),
            x="days",
            lines=lines,
            bands={"base_cents": ("base_low_cents", "base_high_cents")},
            kind=Money,
            currency=currency,
            highlight="base_cents",
            x_label=T("Days from now"),
        ),
        name="revenue-ahead",
        title=T("Today's customers will spend about {base} in the next {days}", **values),
        subtitle=T("Revenue from now to each day, after refunds, not discounted"),
        alt=T(
            "A line that rises from nothing to {base} in {days}, with an interval of {low} to {high} at its end.",
            **values,
        ),
        source=T(
            "Source: transactions. The band is the 95% interval: uncertainty of the models' parameters, chance in "
            "what customers do, and errors as large as those of past forecasts."
        ),
        numbers=TableSpec(path.table, columns),
    )
    return together(path_block, findings(planned))


def _new_customers(path: RevenuePath, currency: str, margin: float) -> Message:
    values = {
        "n": Count(round(path.new_customers)),
        "new": about_money(path.table["new_cents"].iloc[-1], currency),
        "value": about_money(path.new_value_cents, currency),
    }
    if margin == REVENUE_ALONE:
        return T(
            "{n} planned new customers would add about {new}; one brings about {value} of revenue, and may cost the "
            "profit on that at most",
            **values,
        )
    return T(
        "{n} planned new customers would add about {new}; one is worth about {value}, and that is the most that one "
        "may cost",
        **values,
    )
