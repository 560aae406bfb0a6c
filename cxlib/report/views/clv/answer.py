"""The answer and the tiles: what customers will bring and how sure that is, or that there is no forecast and why."""

from __future__ import annotations

from typing import Any

from cxlib.clv import CustomerStudy, Forecast
from cxlib.clv.assumptions import RED
from cxlib.clv.backtest import Backtest
from cxlib.clv.levels import LevelForecast
from cxlib.language import Count, Day, Days, Message, N, Percent, T
from cxlib.measures import Metric
from cxlib.report.component import Component
from cxlib.report.head import PageHead, page_head
from cxlib.report.text import Notice, notice, text
from cxlib.report.tiles import Tiles, tiles
from cxlib.report.together import Together, together
from cxlib.report.views.clv.amounts import about, money

IN_THE_HEAD = 2  # reasons that stand in the head; further ones stand under the tiles
LEAST_ERROR = -0.9  # a past forecast of next to nothing says nothing about how much more may come


def answer(study: CustomerStudy) -> PageHead:
    """The page's head: the value to come with its interval and whether to believe it, or why there is none."""
    kicker = (
        T("Data to {day}", day=Day(study.end.date())),
        N("{n} customer who bought", "{n} customers who bought", len(study.customers)),
    )
    if study.found is None or study.past is None or study.risk is None:
        return page_head(_no_forecast(study), kicker=kicker, bullets=(*study.reasons[:IN_THE_HEAD], _WHAT_TO_DO))
    bullets = (
        *_how_sure(study, study.past),
        T(
            "Look first after the {n} customers who hold half of the value still to come",
            n=Count(study.risk.half_customers),
        ),
    )
    return page_head(_value_to_come(study.found, study.level), kicker=kicker, bullets=bullets)


def _how_sure(study: CustomerStudy, past: Backtest) -> list[Message]:
    """How far off earlier levels were, and what the data's length allows; without a level, errors in money."""
    if study.level is None:
        return [message for message in (past.headline, error_range(study)) if message is not None]
    return [message for message in (study.level.past_finding, study.level.season_note) if message is not None]


_WHAT_TO_DO = T("Run this report again with a longer history; until then plan with what customers have done so far")


def _no_forecast(study: CustomerStudy) -> Message:
    revenue = study.reconciliation.customers_cents
    return T(
        "{n} customers have brought {revenue} so far; what they will bring cannot be said yet",
        n=Count(len(study.customers)), revenue=money(revenue, study.currency),
    )  # fmt: skip


def _value_to_come(found: Forecast, level: LevelForecast | None) -> Message:
    total: Any = found.totals.loc["residual_value_cents"]
    values: dict[str, object] = {name: money(float(total[name]), found.currency) for name in ("value", "low", "high")}
    values |= {"n": Count(len(found.customers)), "level": Percent(found.level)}
    if found.rules.horizon_days is None:
        return T("{n} customers are worth about {value} from now on ({level} interval {low} to {high})", **values)
    days = Days(found.rules.horizon_days)
    if level is not None and level.season == "unseen":
        return T(
            "{n} customers will bring a value between {low} and {high} within {days} ({level} interval): with less "
            "than a year of data no single figure can be given",
            days=days,
            **values,
        )
    return T(
        "{n} customers will bring a value of about {value} within {days} ({level} interval {low} to {high})",
        days=days,
        **values,
    )


def error_range(study: CustomerStudy) -> Message | None:
    """How far off forecasts of money were in the past, and what errors of that size would mean for this one."""
    if study.found is None or study.money_errors is None or min(study.money_errors) < LEAST_ERROR:
        return None
    least, most = study.money_errors
    total: Any = study.found.totals.loc["residual_value_cents"]
    value = float(total["value"])
    low, high = (money(value / (1 + error), study.currency) for error in (most, least))
    if least == most:
        return T(
            "In money, the forecast made in the past was off by {error}; an error of that size would make it {low}",
            error=Percent(least, signed=True), low=low,
        )  # fmt: skip
    return T(
        "In money, forecasts made in the past were off by {least} to {most}; errors of that size would make it {low} "
        "to {high}",
        least=Percent(least, signed=True), most=Percent(most, signed=True), low=low, high=high,
    )  # fmt: skip


def headline_tiles(study: CustomerStudy) -> Together:
    """Value, purchases and revenue to come with intervals, and the value at risk; without a forecast, what has been.

    Also for metrics.json. Below them the rules that make value of revenue, or what further stands against a forecast.
    """
    if study.found is None:
        return together(_tiles_of_the_past(study), *(notice(reason) for reason in study.reasons[IN_THE_HEAD:]))
    shown: list[Component] = [_tiles_to_come(study, study.found), text(study.rules.said), *_must_know(study)]
    if study.rules.margin == 1.0:
        shown.append(notice(_NO_MARGIN, "info"))
    return together(*shown)


def _must_know(study: CustomerStudy) -> list[Notice]:
    """Assumptions that do not hold, with what that does to the number above."""
    broken = [check for check in study.assumptions.checks if check.level == RED]
    return [notice(T("{finding}. {effect}", finding=check.finding, effect=check.effect)) for check in broken]


_NO_MARGIN = T("No margin is set, so value here is revenue, not profit: set the parameter margin")


def _tiles_to_come(study: CustomerStudy, found: Forecast) -> Tiles:
    metrics = [_total(study, found, "residual_value_cents", "value_to_come", T("Value still to come"))]
    if "expected_purchases" in found.totals.index:
        metrics.append(_total(study, found, "expected_purchases", "expected_purchases", T("Purchases expected")))
    if study.path is not None:
        last: Any = study.path.table.iloc[-1]
        metrics.append(Metric(
            "expected_revenue", T("Revenue expected"), about(last["base_cents"]), low=about(last["base_low_cents"]),
            high=about(last["base_high_cents"]), n=len(found.customers), unit="money", currency=study.currency,
            polarity=1, as_of=study.end.date(), note=T("today's customers, within {days}", days=Days(last["days"])),
        ))  # fmt: skip
    if study.risk is not None:
        metrics.append(Metric(
            "value_at_risk", T("Value at risk"), about(study.risk.at_risk_cents), unit="money",
            currency=study.currency, polarity=-1, as_of=study.end.date(),
            note=T("would be added if nobody had left"),
        ))  # fmt: skip
    return tiles(*metrics)


def _total(study: CustomerStudy, found: Forecast, measure: str, name: str, label: Message) -> Metric:
    row: Any = found.totals.loc[measure]
    value, low, high = (about(float(row[part])) for part in ("value", "low", "high"))
    is_money = measure.endswith("_cents")
    return Metric(
        name, label, value if is_money else round(value), low=low if is_money else round(low),
        high=high if is_money else round(high), level=found.level, n=len(found.customers),
        unit="money" if is_money else "count", currency=study.currency if is_money else "", polarity=1,
        as_of=study.end.date(),
    )  # fmt: skip


def _tiles_of_the_past(study: CustomerStudy) -> Tiles:
    day, n = study.end.date(), len(study.customers)
    repeat = float((study.customers["frequency"] > 0).mean())
    return tiles(
        Metric("customers", T("Customers who bought"), n, polarity=1, as_of=day),
        Metric(
            "revenue", T("Revenue"), study.reconciliation.customers_cents, unit="money", currency=study.currency,
            polarity=1, as_of=day, note=T("net of refunds, over the whole period"),
        ),
        Metric("repeat_share", T("Bought on two days or more"), repeat, n=n, unit="percent", polarity=1, as_of=day),
    )  # fmt: skip
