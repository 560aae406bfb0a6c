"""Revenue expected ahead, and who holds the value still to come."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from cxlib.clv import CustomerStudy, Forecast, RevenuePath, ValueRisk
from cxlib.language import Count, Days, Message, Money, Percent, T
from cxlib.report.component import Component
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.plots import LineChart, ShareCurve
from cxlib.report.table import Column, Table, TableSpec, table
from cxlib.report.text import Notice, claim, findings, notice
from cxlib.report.together import Together, together
from cxlib.report.views.clv.amounts import money

NOTHING = T("There is no forecast, so there is nothing to show here")
TIERS = {"high": T("High value"), "middle": T("Middle value"), "low": T("Low value")}
CURVE_POINTS = 100
MOST_GROUPS = 15


def revenue_ahead(study: CustomerStudy) -> Together | Notice:
    """Revenue of today's customers up to each of several days, with its interval; a notice without a forecast."""
    if study.path is None:
        return notice(NOTHING, "info")
    said = [] if not study.path.new_customers else [_new_customers(study)]
    return together(_path(study.path), findings(said))


def _path(path: RevenuePath) -> FigureBlock:
    start = dict.fromkeys(path.table, 0.0)
    curve = pd.concat([pd.DataFrame([start]), path.table], ignore_index=True)
    last = path.table.iloc[-1]
    values = {
        "base": money(last["base_cents"], path.currency), "low": money(last["base_low_cents"], path.currency),
        "high": money(last["base_high_cents"], path.currency), "days": Days(last["days"]),
    }  # fmt: skip
    lines: dict[str, Message | str] = {"base_cents": T("Expected")}
    if path.new_customers:
        lines["total_cents"] = T("With new ones")
    return figure(
        LineChart(
            curve, x="days", lines=lines, bands={"base_cents": ("base_low_cents", "base_high_cents")}, kind=Money,
            currency=path.currency, highlight="base_cents", x_label=T("Days from now"),
        ),
        name="revenue-ahead",
        title=T("Today's customers will bring about {base} of revenue within {days}", **values),
        subtitle=T("Revenue from now to each day, after refunds, not discounted"),
        alt=T("A line that rises from nothing to {base} in {days}, with an interval of {low} to {high} at its end.",
              **values),
        source=T("Source: transactions. The band is the 95% interval: uncertainty of the models' parameters, chance in "
                 "what customers do, and errors as large as those of past forecasts."),
        numbers=TableSpec(path.table, {
            "days": Column(T("Days from now"), Count),
            "base_cents": Column(T("Revenue of today's customers"), partial(money, currency=path.currency),
                                 low="base_low_cents", high="base_high_cents"),
            "new_cents": Column(T("Revenue of planned customers"), partial(money, currency=path.currency)),
        }),
    )  # fmt: skip


def _new_customers(study: CustomerStudy) -> Message:
    path: Any = study.path
    return T(
        "{n} planned new customers would add about {new}; one is worth about {value}, and that is the most that one "
        "may cost",
        n=Count(round(path.new_customers)), new=money(path.table["new_cents"].iloc[-1], study.currency),
        value=money(path.new_value_cents, study.currency),
    )  # fmt: skip


def value_by_tier(study: CustomerStudy) -> Together | Notice:
    """Three tiers by value still to come, how concentrated it is, and how much of it is at risk."""
    if study.found is None or study.risk is None:
        return notice(NOTHING, "info")
    risk = study.risk
    at_risk = T(
        "If every customer were surely still one, {risk} more would come: that is the value of those who may have left",
        risk=money(risk.at_risk_cents, risk.currency),
    )  # fmt: skip
    return together(_tier_table(study.found), _concentration(study.found, risk), findings(at_risk))


def _tier_table(found: Forecast) -> Table:
    alive = found.customers.groupby("tier", observed=False)["p_alive"].mean()
    names: Any = [TIERS[str(tier)] for tier in found.tiers["tier"]]
    return table(
        found.tiers.assign(name=names, p_alive=found.tiers["tier"].map(alive).astype(float)),
        title=T("Three tiers by value still to come"),
        n="customers",
        columns={
            "name": Column(T("Tier")),
            "customers": Column(T("Customers"), Count),
            "share": Column(T("Share of value to come"), Percent, bar=True),
            "mean_cents": Column(T("Value of a customer"), partial(money, currency=found.currency)),
            "p_alive": Column(T("Probably still customers"), Percent),
        },
        note=T("High is the fifth of customers with most, low the half with least; equal values are never split."),
    )


def _concentration(found: Forecast, risk: ValueRisk) -> FigureBlock:
    value = np.sort(found.customers["residual_value_cents"].to_numpy(float))[::-1]
    n, total = len(value), max(float(value.sum()), 1e-12)
    at = np.unique(np.linspace(0, n, min(n, CURVE_POINTS) + 1).round().astype(int))
    curve = pd.DataFrame({"customers": at / n, "value": np.concatenate([[0.0], np.cumsum(value) / total])[at]})
    values = {"n": Count(risk.half_customers), "of": Count(n), "share": Percent(risk.top_tenth_share)}
    return figure(
        ShareCurve(
            curve, x="customers", y="value", point=(0.1, risk.top_tenth_share),
            point_label=T("A tenth of customers hold {share}", **values),
            equal_label=T("if all were worth the same"), x_label=T("Share of customers, those worth most first"),
        ),
        name="value-concentration",
        title=T("{n} of {of} customers hold half of the value still to come", **values),
        subtitle=T("Share of the value still to come by share of customers"),
        alt=T("A curve above the diagonal: a tenth of customers hold {share}, and {n} of {of} hold half.", **values),
        source=T("Source: transactions. Value still to come of each customer, the largest first."),
        numbers=TableSpec(curve.iloc[::10], {
            "customers": Column(T("Share of customers"), Percent),
            "value": Column(T("Share of value to come"), Percent),
        }),
    )  # fmt: skip


def value_by_group(study: CustomerStudy, attributes: pd.DataFrame, *, by: str) -> Component:
    """Value still to come of a customer by a category of customers, groups of thirty or more; else a notice."""
    if study.found is None:
        return notice(NOTHING, "info")
    if by not in attributes:
        return notice(T("The data has no column {column} of customers, so value is not shown by it", column=by), "info")
    groups = _groups(study.found, attributes, by)
    apart = len(groups) > 1 and groups["low"].iloc[0] > groups["high"].iloc[1:].max()
    best = groups["group"].iloc[0] if len(groups) else "—"
    neutral = T("Value still to come of a customer, by {column}", column=by)
    return table(
        groups.head(MOST_GROUPS),
        title=claim(apart, T("{group} customers are worth most, by {column}", group=str(best), column=by), neutral),
        n="customers",
        columns={
            "group": Column(T("Group")),
            "customers": Column(T("Customers"), Count),
            "mean": Column(T("Value of a customer"), partial(money, currency=study.currency), low="low", high="high"),
            "share": Column(T("Share of value to come"), Percent, bar=True),
        },
        note=T("Intervals of 95% are for the differences among customers, not for the forecast as a whole."),
    )


def _groups(found: Forecast, attributes: pd.DataFrame, by: str) -> pd.DataFrame:
    """Mean value by group with its normal interval, the largest first."""
    joined = found.customers[["customer_id", "residual_value_cents"]].merge(
        attributes[["customer_id", by]], on="customer_id", how="left"
    )
    named: Any = joined[by].astype("object").where(joined[by].notna(), "—")
    values = joined.groupby(named)["residual_value_cents"]
    groups = pd.DataFrame({"customers": values.size(), "mean": values.mean(), "sum": values.sum(), "sd": values.std()})
    half = 1.96 * groups["sd"] / np.sqrt(groups["customers"])
    groups = groups.assign(low=(groups["mean"] - half).clip(lower=0), high=groups["mean"] + half)
    share = groups["sum"] / max(float(groups["sum"].sum()), 1e-12)
    named_rows = groups.assign(share=share).rename_axis("group").reset_index()
    return named_rows.sort_values(["mean", "group"], ascending=[False, True], ignore_index=True)
