"""Who holds the value still to come, and how buying and leaving differ with what is known of customers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from cxlib.checks import refuse_personal
from cxlib.clv import CustomerStudy, Forecast
from cxlib.errors import CxError
from cxlib.language import C, Count, Decimal, Message, Percent, T, about_money, column_name, join_names, labelled
from cxlib.report.component import Component, Together, together
from cxlib.report.exports import WHICH_SEGMENT, SeeAlso
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.plots import ShareCurve
from cxlib.report.table import Column, Table, TableSpec, table
from cxlib.report.text import Notice, claim, findings, notice
from cxlib.report.views.clv.answer import ahead, nothing, personal_column

TIERS = {"high": T("Most value to come"), "middle": T("Some value to come"), "low": T("Little value to come")}
PARTS = {"buying": T("How often they buy"), "leaving": T("How readily they leave")}
NOT_ASKED = T("No attributes were asked for: name columns of customers in the parameter covariates to see them here")
NOT_COMPARED = T("The attributes could not be compared: they say too little, or no model was tested")
CURVE_POINTS = 100
MOST_GROUPS = 15
MOST_ROWS = 24


def value_by_tier(study: CustomerStudy) -> Together | Notice:
    """Three tiers by value still to come, how concentrated it is, and how much of it is at risk."""
    if study.forecast is None:
        return notice(nothing(study), "info")
    at_risk = T(
        "If nobody had left, {risk} more would come",
        risk=about_money(study.forecast.concentration.at_risk_cents, study.currency),
    )
    more = SeeAlso({"segmentation": WHICH_SEGMENT, "churn": T("Which customers are about to leave")})
    return together(
        _tier_table(study.forecast),
        _concentration(study.forecast),
        findings(at_risk if study.no_leaving is None else ()),
        more,
    )


def _tier_table(forecast: Forecast) -> Table:
    tiers = forecast.tiers
    alive = forecast.customers.groupby("tier", observed=False)["p_alive"].mean()
    tiers = tiers.assign(p_alive=tiers["tier"].map(alive).astype(float), name=tiers["tier"].astype("object").map(TIERS))
    return table(
        tiers,
        title=T("Three tiers by value still to come {ahead}", ahead=ahead(forecast.rules.horizon_days)),
        n="customers",
        columns={
            "name": Column(T("Tier")),
            "customers": Column(T("Customers"), Count),
            "share": Column(T("Share of value to come"), Percent, bar=True),
            "mean_cents": Column(T("Value to come of a customer"), partial(about_money, currency=forecast.currency)),
            "p_alive": Column(T("Probably still customers"), Percent),
        },
        note=T("First comes the fifth of customers with most, last the half with least; equal values are never split."),
    )


def _concentration(forecast: Forecast) -> FigureBlock:
    top, half, _ = forecast.concentration
    value = np.sort(forecast.customers["residual_value_cents"].to_numpy(float))[::-1]
    n, total = len(value), max(float(value.sum()), 1e-12)
    at = np.unique(np.linspace(0, n, min(n, CURVE_POINTS) + 1).round().astype(int))
    curve = pd.DataFrame({"customers": at / n, "value": np.concatenate([[0.0], np.cumsum(value) / total])[at]})
    values = {"n": Count(half), "of": Count(n), "share": Percent(top)}
    columns = {
        "customers": Column(T("Share of customers"), Percent),
        "value": Column(T("Share of value to come"), Percent),
    }
    return figure(
        ShareCurve(
            curve,
            x="customers",
            y="value",
            point=(0.1, top),
            point_label=T("A tenth of customers hold {share}", **values),
            equal_label=T("if all were worth the same"),
            x_label=T("Share of customers, those worth most first"),
        ),
        name="value-concentration",
        title=T("{n} of {of} customers hold half of the value still to come", **values),
        subtitle=T(
            "Share of the value still to come {ahead}, by share of customers", ahead=ahead(forecast.rules.horizon_days)
        ),
        alt=T("A curve above the diagonal: a tenth of customers hold {share}, and {n} of {of} hold half.", **values),
        source=T("Source: transactions. Value still to come of each customer, the largest first."),
        numbers=TableSpec(curve.iloc[::10], columns),
    )


def value_by_group(study: CustomerStudy, *, by: str) -> Component:
    """Value still to come of a customer by a category of customers, groups of thirty or more; else a notice."""
    if study.forecast is None:
        return notice(nothing(study), "info")
    if by in study.data.personal:
        return notice(personal_column(by), "info")
    if by not in study.data.people:
        return notice(T("The data has no column {column} of customers, so value is not shown by it", column=by), "info")
    groups = _groups(study.forecast, study.data.people, by)
    apart = len(groups) > 1 and groups["low"].iloc[0] > groups["high"].iloc[1:].max()
    values = {"group": groups["group"].iloc[0] if len(groups) else "—", "column": column_name(by)}
    values["ahead"] = ahead(study.rules.horizon_days)
    neutral = T("Value still to come of a customer {ahead}, by {column}", **values)
    amount = partial(about_money, currency=study.currency)
    return table(
        groups.head(MOST_GROUPS),
        title=claim(apart, T("{group} customers are worth most, by {column}", **values), neutral),
        n="customers",
        columns={
            "group": Column(T("Group")),
            "customers": Column(T("Customers"), Count),
            "mean": Column(T("Value to come of a customer"), amount, low="low", high="high"),
            "share": Column(T("Share of value to come"), Percent, bar=True),
        },
        note=T("Intervals of 95% are for the differences among customers, not for the forecast as a whole."),
    )


def _groups(forecast: Forecast, people: pd.DataFrame, by: str) -> pd.DataFrame:
    """Mean value by group with its normal interval, the largest first."""
    values = forecast.customers[["customer_id", "residual_value_cents"]]
    joined = values.merge(people[["customer_id", by]], on="customer_id", how="left")
    names = joined[by].astype("object").where(joined[by].notna(), "—")
    own = joined.groupby(names)["residual_value_cents"]
    groups = pd.DataFrame({"customers": own.size(), "mean": own.mean(), "sum": own.sum(), "sd": own.std()})
    half = 1.96 * groups["sd"] / np.sqrt(groups["customers"])
    groups = groups.assign(low=(groups["mean"] - half).clip(lower=0), high=groups["mean"] + half)
    groups["share"] = groups["sum"] / max(float(groups["sum"].sum()), 1e-12)
    rows = groups.rename_axis("group").reset_index()
    rows = rows.sort_values(["mean", "group"], ascending=[False, True], ignore_index=True)
    return rows.assign(group=pd.Series([labelled(group, by) for group in rows["group"]], dtype=object))


def attributes(study: CustomerStudy, *, columns: Sequence[str]) -> Component:
    """Ratios of buying and leaving by attribute, and past errors with them; a notice where there is nothing to say."""
    if not columns:
        return notice(NOT_ASKED, "info")
    refuse_personal(study.data.personal, covariates=columns)
    missing = [column for column in columns if column not in study.data.people]
    if missing:
        why = T("The data has no column {column} of customers, so attributes are not compared", column=missing[0])
        return notice(why, "info")
    try:
        comparison = study.attributes(columns)
    except CxError:
        return notice(NOT_COMPARED, "info")
    sentences = [comparison.headline]
    if comparison.references:
        kinds = join_names(list(map(_in_words, comparison.references)))
        sentences.append(T("The most frequent kind, with which others are compared: {kinds}", kinds=kinds))
    rows = comparison.associations
    rows = rows.assign(what=rows["part"].map(PARTS), attribute=rows["attribute"].map(_in_words))
    apart = int(((rows["low"] > 1) | (rows["high"] < 1)).sum())
    ratio = partial(Decimal, digits=2)
    ratios = table(
        rows.head(MOST_ROWS),
        title=T(
            "{n} of {m} comparisons show a difference; chance alone shows one in twenty",
            n=Count(apart),
            m=Count(len(rows)),
        ),
        columns={
            "what": Column(T("What differs")),
            "attribute": Column(T("Attribute")),
            "ratio": Column(T("Times that of the most frequent kind"), ratio, low="low", high="high"),
        },
        note=T(
            "An association: it says how these customers differ, not what would happen if the attribute were changed. "
            "Levels with fewer than thirty customers and unknown ones count together; numbers are compared over one "
            "standard deviation."
        ),
    )
    return together(findings(sentences), ratios)


def _in_words(name: str) -> Message:
    """A column, or a column and its level, as a reader says it."""
    column, _, level = name.partition("=")
    words = column_name(column)
    return C("group", "{column}: {group}", column=words, group=labelled(level, column)) if level else words
