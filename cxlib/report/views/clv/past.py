"""Forecasts made at past days beside what came: whether to believe the one above."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from cxlib.clv import Backtest, CustomerStudy
from cxlib.clv.backtest import Tracking
from cxlib.clv.baselines import BASELINES
from cxlib.clv.chances import FITTED_EVERY, OFF, SOON_DAYS, SoonChances
from cxlib.clv.choice import MODELS, SPEND
from cxlib.language import Count, Day, Days, Decimal, Message, Percent, T
from cxlib.measures.result import NO_AMOUNTS, yes_or_no
from cxlib.report.component import Component, Together, together
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.plots import CalibrationPlot, HorizontalBars, LineChart
from cxlib.report.suppression import large_groups
from cxlib.report.table import Column, Table, TableSpec, table
from cxlib.report.text import Notice, claim, findings, notice

UNTESTED = T("No forecast of the past could be made, so none of the future is shown")
TOO_FEW = T("Too few customers were tested to say for which of them the forecast was right")
HUNDREDTHS = partial(Decimal, digits=2)
TENTHS = partial(Decimal, digits=1)
DAYS_OF_A_WEEK = 7
SOON, OLDEST = Days(SOON_DAYS), SOON_DAYS * (FITTED_EVERY - 1)
COMPARED = {
    "customers": Column(T("Customers"), Count),
    "predicted": Column(T("Forecast"), HUNDREDTHS),
    "actual": Column(T("Came"), HUNDREDTHS, low="low", high="high"),
}


def tested_on_the_past(study: CustomerStudy) -> Together | Notice:
    """Errors of each way to forecast, the verdict in words, and what the past says of money and of intervals."""
    if study.past is None:
        return notice(study.limits[0] if study.limits else UNTESTED)
    past, formula = study.past, study.formula.sentence(study.currency) if study.has_amounts else None
    followed = None if study.followed is None else study.followed.headline
    sentences = [money_verdict(study), spend_verdict(study), followed, coverage_verdict(study), formula]
    verdict: list[Component] = [] if past.warning is None else [notice(past.warning)]
    rows = _named(past)
    best = rows[rows["method"] == past.best]
    naive = rows[rows["method"] == "naive_rate"].iloc[0]
    values: dict[str, object] = {"days": Days(past.horizon_days), "naive": HUNDREDTHS(naive["mae"])}
    if len(best):
        values |= {"model": best.iloc[0]["name"], "mae": HUNDREDTHS(best.iloc[0]["mae"])}
    title = (
        T("{model} erred by {mae} purchases a customer, the rate so far by {naive}", **values)
        if past.beats_naive
        else T("How far off each way to forecast was, by customer")
    )
    columns = {
        "name": Column(T("Way to forecast")),
        "n": Column(T("Forecasts"), Count),
        "mae": Column(T("Average error of a customer, purchases"), HUNDREDTHS),
        "correlation": Column(T("Correlation"), HUNDREDTHS),
    }
    n = Count(int(naive["n"]))
    errors = figure(
        HorizontalBars(
            rows,
            "name",
            "mae",
            kind=HUNDREDTHS,
            highlight=best.index[0] if len(best) else None,
            axis_label=T("Average error of a customer, purchases"),
        ),
        name="past-errors",
        title=title,
        subtitle=T("Forecasts of {days} made in the past against what came, {n} forecasts", n=n, **values),
        alt=T(
            "Bars without intervals of the average error of {n} ways to forecast, the smallest first: {first} with "
            "{error}.",
            n=Count(len(rows)),
            first=rows.iloc[0]["name"],
            error=HUNDREDTHS(rows.iloc[0]["mae"]),
        ),
        source=T(
            "Source: transactions. Each forecast saw only what was known on its day. Guesses without a model stand "
            "beside the models."
        ),
        numbers=TableSpec(rows, columns),
    )
    by_week = [] if study.tracking is None else [_by_week(study.tracking)]
    said = findings([one for one in sentences if one is not None])
    return together(*verdict, errors, _totals(past), *by_week, said)


def _named(past: Backtest) -> pd.DataFrame:
    names = [BASELINES[m] if m in BASELINES else MODELS[m].name for m in past.table["method"]]
    return past.table.assign(name=pd.Series(names, dtype="object"))


def _totals(past: Backtest) -> Table:
    signed = partial(Percent, signed=True)
    return table(
        _named(past).round({"predicted": 0, "actual": 0}),
        title=T("All customers together: purchases forecast and purchases that came"),
        columns={
            "name": Column(T("Way to forecast")),
            "predicted": Column(T("Forecast"), Count),
            "actual": Column(T("Came"), Count),
            "total_error": Column(T("Total error"), signed),
            "mae": Column(T("Average error of a customer"), HUNDREDTHS),
            "correlation": Column(T("Correlation"), HUNDREDTHS),
        },
    )


def _by_week(tracking: Tracking) -> FigureBlock:
    """Purchases of each week that is over, beside those expected as of a past day."""
    weeks = tracking.weeks[tracking.weeks["days"] == DAYS_OF_A_WEEK]  # the last may not be over
    values = {
        "day": Day(tracking.day.date()),
        "days": Days(tracking.horizon_days),
        "n": Count(tracking.customers),
        "model": tracking.model,
        "came": Count(round(tracking.actual)),
        "expected": Count(round(tracking.expected)),
    }
    columns = {
        "ends": Column(T("Week to")),
        "actual": Column(T("Came"), Count),
        "expected": Column(T("Expected"), TENTHS),
        "cumulative_actual": Column(T("Came so far"), Count),
        "cumulative_expected": Column(T("Expected so far"), TENTHS),
        "known": Column(T("Known to the model")),
    }
    told = weeks.assign(
        ends=weeks["week_end"].map(lambda end: Day(end.date())).astype("object"),
        known=(~weeks["is_holdout"]).map(yes_or_no).astype("object"),
    )
    return figure(
        LineChart(
            weeks,
            x="week_end",
            lines={"expected": T("Expected"), "actual": T("Came")},
            kind=Count,
            highlight="actual",
            divide=(tracking.day, T("Not known from here on")),
        ),
        name="purchases-by-week",
        title=tracking.headline,
        subtitle=T("Repeat purchases by week of the {n} customers who had bought by {day}", **values),
        alt=T(
            "Two lines by week, purchases that came and purchases expected as of {day}. In the {days} after it "
            "{came} came and {expected} were expected.",
            **values,
        ),
        source=T(
            "Source: transactions. {model} as fitted to what was known by {day}. It expects the same of all customers "
            "who first bought on one day; the forecasts above also look at what each of them did since.",
            **values,
        ),
        numbers=TableSpec(told, columns),
    )


def money_verdict(study: CustomerStudy) -> Message | None:
    """The chosen model's error in money beside that of the naive rate, all origins together."""
    if study.past is None or study.choice is None or study.past.revenue.empty:
        return None
    sums = study.past.revenue.groupby("method")[["predicted", "actual"]].sum()
    if study.choice.chosen not in sums.index or not sums["actual"].min() > 0:
        return None
    errors = sums["predicted"] / sums["actual"] - 1
    error, naive = (float(errors[name]) for name in (study.choice.chosen, "naive_rate"))
    values = {"error": Percent(error, signed=True), "naive": Percent(naive, signed=True)}
    return claim(
        abs(error) < abs(naive),
        T("In money, the model was off by {error} in total, and going on at the rate so far by {naive}", **values),
        T(
            "In money, the model was off by {error} in total, no better than going on at the rate so far: {naive}",
            **values,
        ),
    )


def spend_verdict(study: CustomerStudy) -> Message | None:
    """Which rule of spend is used, and by how much the other one erred."""
    if study.past is None or study.spend is None or len(study.past.spending) < 2:
        return None
    used = "all" if study.spend.first_purchase else "repeat"
    errors = study.past.spending.set_index("spend")["total_error"]
    other = next(rule for rule in errors.index if rule != used)
    values = {
        "used": SPEND[used],
        "other": SPEND[other],
        "error": Percent(float(errors[used]), signed=True),
        "other_error": Percent(float(errors[other]), signed=True),
    }
    return claim(
        abs(errors[used]) <= abs(errors[other]),
        T("Amounts come from {used}, off by {error} in total in the past; {other} was off by {other_error}", **values),
        T(
            "Amounts come from {used}, which erred less by customer, though off by {error} in total in the past; "
            "{other} was off by {other_error}",
            **values,
        ),
    )


def coverage_verdict(study: CustomerStudy) -> Message | None:
    """Whether past intervals that know chance alone held what came, and how much wider those on this page are."""
    if study.covered is None or study.widening is None:
        return None
    inside, made = study.covered
    wide = study.widening
    if wide.reach_money:
        return T(
            "Of {made} past intervals that know chance alone, {held} held the number of purchases that came. Those of "
            "totals on this page rest on how far off earlier levels of purchases and amounts were: they reach from "
            "{low} to {high} of the total",
            held=Count(inside),
            made=Count(made),
            low=Percent(float(np.exp(-wide.reach_money))),
            high=Percent(float(np.exp(wide.reach_money))),
        )
    off, chance = (wide.money, wide.chance_money) if wide.money else (wide.purchases, wide.chance_purchases)
    values = {
        "held": Count(inside),
        "made": Count(made),
        "off": Percent(off, digits=1),
        "chance": Percent(chance, digits=1),
    }
    return claim(
        off > chance,
        T(
            "Of {made} past intervals that know chance alone, {held} held the number of purchases that came. Totals "
            "were typically off by {off}, and chance explains {chance}, so intervals of totals on this page are wide "
            "enough for errors like those",
            **values,
        ),
        T(
            "Of {made} past intervals that know chance alone, {held} held the number of purchases that came. Totals "
            "were typically off by {off}, no more than the {chance} that chance explains",
            **values,
        ),
    )


def calibration(study: CustomerStudy) -> Together | Notice:
    """Whether customers bought as often as forecast, by class of forecast and by purchases so far."""
    if study.past is None or study.past.best is None:
        return notice(T("No model could be tested, so there is nothing to compare"), "info")
    soon = [] if study.limits not in ((), (NO_AMOUNTS,)) else _chances(study.soon)
    return together(_by_decile(study.past), _by_frequency(study.past), *soon)


def _chances(soon: SoonChances | None) -> list[Component]:
    """Chances of a purchase within 30 days beside the share that bought, or why none are told."""
    if soon is None:
        return [
            notice(
                T("A chance of a purchase within {days} could not be tested, so none is in the list", days=SOON), "info"
            )
        ]
    said = [soon.headline, *(why for why in (soon.why_seasonal, soon.why_moved) if why is not None)]
    rows = large_groups(soon.classes, "customers", label="bin").reset_index(drop=True)
    if rows.empty:
        return [findings(said)]
    share = partial(Percent, digits=1)
    values = {"days": SOON, "error": OFF(100 * soon.error), "n": Count(len(rows)), "model": soon.model}
    title = T("The chance of a purchase within {days} was off by {error} points on average", **values)
    columns = {
        "bin": Column(T("Class"), Count),
        "customers": Column(T("Customers and months"), Count),
        "predicted": Column(T("Chance told"), share),
        "actual": Column(T("Bought"), share, low="low", high="high"),
    }
    block = figure(
        CalibrationPlot(
            rows,
            "predicted",
            "actual",
            low="low",
            high="high",
            n="customers",
            equal_label=T("as told"),
            x_label=T("Chance told, mean of a class"),
            y_label=T("Share that bought, with 95% interval"),
        ),
        name="chances",
        title=title,
        subtitle=T(
            "Customers sorted into classes by chance, at {n} earlier days", n=Count(soon.months["month"].nunique())
        ),
        alt=T(
            "One dot for each of {n} classes of customers against the diagonal of chances that came true. {title}.",
            title=title,
            **values,
        ),
        source=T("Source: transactions. {model}, fitted at most {old} before each day.", old=Days(OLDEST), **values),
        numbers=TableSpec(rows, columns, n="customers"),
    )
    return [block, findings(said)]


def _by_decile(past: Backtest) -> FigureBlock | Notice:
    rows = past.calibration()
    rows = large_groups(rows, "customers", label="bin").reset_index(drop=True)
    if rows.empty:
        return notice(TOO_FEW, "info")
    off = (rows["low"] > rows["predicted"]) | (rows["predicted"] > rows["high"])
    values = {"k": Count(int(off.sum())), "n": Count(len(rows)), "days": Days(past.horizon_days)}
    values["most"] = TENTHS(float((rows["actual"] - rows["predicted"]).abs().max()))
    title = claim(
        bool(off.any()),
        T(
            "In {k} of {n} classes of customers the forecast missed by more than chance, by at most {most} purchases a "
            "customer",
            **values,
        ),
        T("In none of {n} classes of customers did the forecast miss by more than chance", **values),
    )
    columns = {"bin": Column(T("Class"), Count), **COMPARED}
    return figure(
        CalibrationPlot(
            rows,
            "predicted",
            "actual",
            low="low",
            high="high",
            n="customers",
            kind=TENTHS,
            equal_label=T("as forecast"),
            x_label=T("Purchases forecast, mean of a class"),
            y_label=T("Purchases that came, with 95% interval"),
        ),
        name="calibration",
        title=title,
        subtitle=T("Customers sorted into classes by forecast, the following {days}", **values),
        alt=T(
            "One dot for each of {n} classes of customers against the diagonal of a perfect forecast. {title}.",
            title=title,
            **values,
        ),
        source=T("Source: transactions, the last of the past forecasts."),
        numbers=TableSpec(rows, columns, n="customers"),
    )


def _by_frequency(past: Backtest) -> Table:
    rows = past.by_frequency()
    most = int(rows["frequency"].max())
    labels = [T("{n} or more", n=Count(n)) if n == most else str(n) for n in rows["frequency"].astype(int)]
    return table(
        rows.assign(label=pd.Series(labels, dtype="object")),
        title=T("By repeat purchases so far"),
        n="customers",
        columns={"label": Column(T("Repeat purchases so far")), **COMPARED},
    )
