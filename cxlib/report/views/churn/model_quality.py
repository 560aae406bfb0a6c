"""Whether risk can be told: models beside rules, predicted against what happened, gains, and the rate by cut-off."""

from collections.abc import Mapping
from functools import partial

import pandas as pd

from cxlib.churn import ChurnStudy
from cxlib.churn.risk import MODELS, NAMES, Tested
from cxlib.churn.watching import base_rates, comparable_rates
from cxlib.language import Count, Day, Days, Percent, T
from cxlib.report.component import Component, together
from cxlib.report.figure import figure
from cxlib.report.plots import CalibrationPlot, GainCurve, LineChart
from cxlib.report.suppression import large_groups
from cxlib.report.table import SUPPRESS_BELOW, Column, TableSpec, table
from cxlib.report.text import findings, notice, they_meet
from cxlib.report.views.churn.words import HUNDREDTHS, THOUSANDTHS, or_notice, texts, with_retrospective

ALIKE = 1e-9  # risks that differ by less are the same
MEASURES = {
    "log_loss": Column(T("Log loss (less is better)"), THOUSANDTHS, low="log_loss_low", high="log_loss_high"),
    "roc_auc": Column(T("Ranking (ROC-AUC)"), THOUSANDTHS, low="roc_auc_low", high="roc_auc_high"),
    "pr_auc": Column(T("Precision (PR-AUC)"), THOUSANDTHS, low="pr_auc_low", high="pr_auc_high"),
    "lift": Column(T("Lift in the tenth at highest risk"), HUNDREDTHS, low="lift_low", high="lift_high"),
    "calibration_error": Column(
        T("Risks off by, on average"), Percent, low="calibration_error_low", high="calibration_error_high"
    ),
}
NOT_TESTED = T("No risk was tested, so nothing can be said of how right risks are")
NO_RANKING = T("No ranking was tested, so what it reaches is not known")
TOO_FEW = T("Too few customers were tested to compare risks with what happened")
ALL_ALIKE = T("Everybody has the same risk, so there are no classes of risk to compare")
NO_TWO_DAYS = T("There are no two past days to compare, so whether the share who leave drifts is not known")


def _tested(study: ChurnStudy) -> Tested | None:
    return None if study.risk is None else study.risk.tested_model


def models(study: ChurnStudy) -> Component:
    """Models beside simple rules, the one with least log loss first; a notice where none could be tested."""
    tested = _tested(study)
    if tested is None:
        return notice(study.reasons[0], "info")
    rows = []
    for key in dict.fromkeys(tested.table["model"]):
        cells: dict[str, object] = {"key": key}
        cells["name"] = T("{model} (used)", model=NAMES[key]) if key == tested.chosen else NAMES[key]
        for name in MEASURES:
            cells[name], cells[f"{name}_low"], cells[f"{name}_high"] = tested.value(key, name)
        rows.append(cells)
    frame = pd.DataFrame(rows).sort_values("log_loss", kind="stable", ignore_index=True)
    title = T("{n} models beside simple rules", n=Count(int(frame["key"].isin(MODELS).sum())))
    columns = {"name": Column(T("Model or rule")), **MEASURES}
    side_by_side = table(frame, title=with_retrospective(study, title), columns=columns, note=tested.caption)
    return together(side_by_side, findings(tested.findings))


def reliability(study: ChurnStudy) -> Component:
    """Predicted against what happened, by tenths of risk; a notice where nothing was tested."""
    return or_notice(_tested(study), NOT_TESTED, partial(_reliability, study))


def _reliability(study: ChurnStudy, tested: Tested) -> Component:
    rows = large_groups(tested.reliability, "n", label="bin").reset_index(drop=True)
    if rows.empty:
        return notice(TOO_FEW, "info")
    if rows["predicted"].max() - rows["predicted"].min() < ALIKE:
        return notice(ALL_ALIKE, "info")
    within = (rows["low"] <= rows["predicted"]) & (rows["predicted"] <= rows["high"])
    values = {"k": Count(int(within.sum())), "n": Count(len(rows)), "all": Count(int(rows["n"].sum()))}
    title = T("The risks came true in {k} of {n} groups of customers", **values)
    columns = {
        "bin": Column(T("Class"), Count),
        "n": Column(T("Customers"), Count),
        "predicted": Column(T("Risk"), Percent),
        "observed": Column(T("Left"), Percent, low="low", high="high"),
    }
    block = figure(
        CalibrationPlot(
            rows,
            "predicted",
            "observed",
            low="low",
            high="high",
            n="n",
            equal_label=T("as predicted"),
            x_label=T("Risk, mean of a class"),
            y_label=T("Share who left, with 95% interval"),
        ),
        name="reliability",
        title=with_retrospective(study, title),
        subtitle=T("{all} customers sorted into classes by risk", **values),
        alt=T("One dot for each of {n} classes against the diagonal of right risks. {title}.", title=title, **values),
        source=tested.source,
        numbers=TableSpec(rows, columns, n="n"),
    )
    recalibration = None if study.stakes is None else study.stakes.recalibration
    return together(block, findings([] if recalibration is None else recalibration.headline))


def reached(study: ChurnStudy) -> Component:
    """How many of those who left the customers at highest risk hold; a notice where nothing was tested."""
    tested = _tested(study)
    if tested is None or study.gains is None:
        return notice(NO_RANKING, "info")
    gains, source = study.gains, tested.source
    values = {"n": Count(gains.n), "churned": Count(gains.churned)}
    columns = {
        "share": Column(T("Share of customers"), Percent),
        "reached": Column(T("Share of those who left"), Percent, low="low", high="high"),
    }
    return figure(
        GainCurve(
            gains.table,
            "share",
            "reached",
            low="low",
            high="high",
            baseline="random",
            name=T("by risk"),
            baseline_name=T("at random"),
            y_label=T("Share of those who left"),
        ),
        name="gains",
        title=with_retrospective(study, gains.headline),
        subtitle=T("Share of {churned} who left, by share of {n} customers reached, highest risk first", **values),
        alt=T("A curve beside the diagonal of chance. {title}.", title=gains.headline),
        source=source,
        numbers=TableSpec(gains.table.iloc[::5].reset_index(drop=True), columns),
    )


def rates(study: ChurnStudy) -> Component:
    """The share who left by cut-off, and whether it drifts; a notice with fewer than two cut-offs."""
    known = None if study.risk is None else study.risk.snapshots.known
    if known is None or known["cut_off"].nunique() < 2:
        return notice(NO_TWO_DAYS, "info")
    drift = base_rates(known, since=study.data.comparable_from)
    rows = drift.table[drift.table["n"] >= SUPPRESS_BELOW].reset_index(drop=True)
    rows = drift.table if rows.empty else rows
    rows = rows.assign(cut_off=pd.to_datetime(rows["cut_off"]))
    days = texts(Day(day.date()) for day in rows["cut_off"])
    kept = comparable_rates(rows, drift.since)
    first, last = (kept if len(kept) > 1 else rows).iloc[0], rows.iloc[-1]
    values: Mapping[str, object] = {
        "first": Percent(float(first["rate"])),
        "last": Percent(float(last["rate"])),
        "then": Day(first["cut_off"].date()),
        "now": days.iloc[-1],
    }
    title = T("{first} of the customers of {then} left, and {last} of those of {now}", **values)
    if len(kept) < len(rows) and len(kept) < 2:
        title = T("{last} of the customers of {now} left; days before it cannot be held against it", **values)
    counts = {"n": Count(drift.n), "k": Count(len(drift.table))}
    columns = {
        "day": Column(T("Cut-off")),
        "n": Column(T("Customers"), Count),
        "churned": Column(T("Left"), Count),
        "rate": Column(T("Share"), Percent, low="low", high="high"),
    }
    block = figure(
        LineChart(
            rows,
            x="cut_off",
            lines={"rate": T("Left")},
            bands={"rate": ("low", "high")},
            highlight="rate",
            x_label=T("Cut-off"),
        ),
        name="base-rates",
        title=title,
        subtitle=T("Share who left within {days} of each cut-off", days=Days(study.data.horizon_days)),
        alt=T("A line with its interval from {first} to {last}; {clear}.", clear=they_meet(first, last), **values),
        source=T("Source: {n} snapshots of customers at {k} cut-offs; 95% intervals.", **counts),
        numbers=TableSpec(rows.assign(day=days), columns, n="n"),
    )
    return together(block, findings(drift.headline))
