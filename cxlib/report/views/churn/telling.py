"""Whether risk can be told: models beside rules, predicted against what happened, gains, and the rate by cut-off."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cxlib.churn import BaseRates, ChurnStudy, Gains, base_rates
from cxlib.churn.risk import MODELS, NAMES
from cxlib.language import Count, Day, Days, Message, Percent, T
from cxlib.report.component import Component
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.plots import CalibrationPlot, GainCurve, LineChart
from cxlib.report.table import SUPPRESS_BELOW, Column, Table, TableSpec, table
from cxlib.report.text import findings, notice
from cxlib.report.together import together
from cxlib.report.views.churn.words import HUNDREDTHS, THOUSANDTHS, counted_rows, with_retrospective

ALIKE = 1e-9  # risks that differ by less are the same
MEASURES = {
    "log_loss": T("Log loss (less is better)"),
    "roc_auc": T("Ranking (ROC-AUC)"),
    "pr_auc": T("Precision (PR-AUC)"),
    "lift": T("Lift in the tenth at highest risk"),
    "calibration_error": T("Risks off by, on average"),
}


def models(study: ChurnStudy) -> Component:
    """Models beside simple rules, the one with least log loss first; a notice where none could be tested."""
    fit = _fit(study)
    if fit is None:
        return notice(study.reasons[0], "info")
    said: list[Message] = [fit.headline]
    if study.risk is not None and study.risk.fit is not None:
        said.insert(0, study.risk.fit.verdict)
    return together(_side_by_side(study, fit), findings(said))


def _fit(study: ChurnStudy) -> Any:
    """What was tested: forecasts on time held out, or folds where there is no time."""
    return None if study.risk is None else study.risk.fit or study.risk.retrospective


def _values(study: ChurnStudy, fit: Any) -> pd.DataFrame:
    found: pd.DataFrame = fit.table if study.data.kind == "flags" else fit.evaluation.table
    return found


def _side_by_side(study: ChurnStudy, fit: Any) -> Table:
    values = _values(study, fit)
    rows = []
    for key in dict.fromkeys(values["model"]):
        own = values[values["model"] == key].set_index("measure")
        cells = {f"{name}{end}": own.loc[name, source] for name in MEASURES
                 for end, source in (("", "value"), ("_low", "low"), ("_high", "high"))}  # fmt: skip
        name = T("{model} (used)", model=NAMES[key]) if key == fit.chosen else NAMES[key]
        rows.append({"key": key, "name": name, **cells})
    frame = pd.DataFrame(rows).sort_values("log_loss", kind="stable", ignore_index=True)
    kinds: dict[str, Any] = {"lift": HUNDREDTHS, "calibration_error": Percent}
    columns = {"name": Column(T("Model or rule"))} | {
        name: Column(label, kinds.get(name, THOUSANDTHS), low=f"{name}_low", high=f"{name}_high")
        for name, label in MEASURES.items()
    }
    held = int((frame["key"].isin(MODELS)).sum())
    return table(
        frame, title=with_retrospective(study, T("{n} models beside simple rules", n=Count(held))), columns=columns,
        note=_tested_how(study, fit),
    )  # fmt: skip


def _tested_how(study: ChurnStudy, fit: Any) -> Message:
    if study.data.kind == "flags":
        return T(
            "Each measure is a mean over {k} folds of customers that the model had not seen, with its 95% interval",
            k=Count(fit.folds * fit.repeats),
        )  # fmt: skip
    return T(
        "Measured on the {n} customers of {day}, which no model had seen; 95% intervals. The choice was made before "
        "that, by log loss inside the past",
        n=Count(fit.evaluation.customers), day=Day(fit.snapshots.test_cut_off.date()),
    )  # fmt: skip


def reliability(study: ChurnStudy) -> Component:
    """Predicted against what happened, by tenths of risk; a notice where nothing was tested."""
    fit = _fit(study)
    if fit is None:
        return notice(T("No risk was tested, so nothing can be said of how right risks are"), "info")
    found = fit.reliability if study.data.kind == "flags" else fit.evaluation.reliability[fit.chosen]
    rows = counted_rows(found, "n", SUPPRESS_BELOW)
    if rows.empty:
        return notice(T("Too few customers were tested to compare risks with what happened"), "info")
    if rows["predicted"].max() - rows["predicted"].min() < ALIKE:
        return notice(T("Everybody has the same risk, so there are no classes of risk to compare"), "info")
    within = (rows["low"] <= rows["predicted"]) & (rows["predicted"] <= rows["high"])
    values = {"k": Count(int(within.sum())), "n": Count(len(rows)), "all": Count(int(rows["n"].sum()))}
    title = T("In {k} of {n} classes of customers as many left as chance allows around the risk", **values)
    shown = figure(
        CalibrationPlot(
            rows, predicted="predicted", observed="observed", low="low", high="high", n="n",
            equal_label=T("as predicted"), x_label=T("Risk, mean of a class"),
            y_label=T("Share who left, with 95% interval"),
        ),
        name="reliability",
        title=with_retrospective(study, title),
        subtitle=T("{all} customers sorted into classes by risk", **values),
        alt=T("One dot for each of {n} classes against the diagonal of right risks. {title}.", title=title, **values),
        source=_source(study),
        numbers=TableSpec(rows, {
            "bin": Column(T("Class"), Count), "n": Column(T("Customers"), Count),
            "predicted": Column(T("Risk"), Percent),
            "observed": Column(T("Left"), Percent, low="low", high="high"),
        }, n="n"),
    )  # fmt: skip
    said = [] if study.money is None or study.money.recalibration is None else [study.money.recalibration.headline]
    return together(shown, findings(said))


def _source(study: ChurnStudy) -> Message:
    if study.data.kind == "flags":
        return T("Source: cross-validation; each customer's risk comes from others. Retrospective, not a forecast.")
    return T("Source: the last cut-off whose outcome is known; the model had not seen it.")


def reached(study: ChurnStudy) -> Component:
    """How many of those who left the customers at highest risk hold; a notice where nothing was tested."""
    found = study.gains
    if found is None:
        return notice(T("No ranking was tested, so what it reaches is not known"), "info")
    return _gains(study, found)


def _gains(study: ChurnStudy, found: Gains) -> FigureBlock:
    values = {"n": Count(found.n), "churned": Count(found.churned)}
    return figure(
        GainCurve(
            found.table, share="share", value="reached", low="low", high="high", baseline="random",
            name=T("by risk"), baseline_name=T("at random"), y_label=T("Share of those who left"),
        ),
        name="gains",
        title=with_retrospective(study, found.headline),
        subtitle=T("Share of {churned} who left, by share of {n} customers reached, highest risk first", **values),
        alt=T("A curve beside the diagonal of chance. {title}.", title=found.headline),
        source=_source(study),
        numbers=TableSpec(found.table.iloc[::5].reset_index(drop=True), {
            "share": Column(T("Share of customers"), Percent),
            "reached": Column(T("Share of those who left"), Percent, low="low", high="high"),
        }),
    )  # fmt: skip


def rates(study: ChurnStudy) -> Component:
    """The share who left by cut-off, and whether it drifts; a notice with fewer than two cut-offs."""
    known = None if study.risk is None else study.risk.snapshots.known
    if known is None or known["cut_off"].nunique() < 2:
        return notice(T("There are no two past days to compare, so whether the share who leave drifts is not known"),
                      "info")  # fmt: skip
    found = base_rates(known)
    return together(_by_cut_off(study, found), findings(found.headline))


def _by_cut_off(study: ChurnStudy, found: BaseRates) -> FigureBlock:
    rows = counted_rows(found.table, "n", SUPPRESS_BELOW)
    rows = found.table if rows.empty else rows
    spoken: Any = [Day(day.date()) for day in pd.to_datetime(rows["cut_off"])]
    first, last = rows.iloc[0], rows.iloc[-1]
    values = {
        "first": Percent(float(first["rate"])), "last": Percent(float(last["rate"])),
        "then": Day(first["cut_off"].date()), "now": Day(last["cut_off"].date()),
    }  # fmt: skip
    title = T("{first} of the customers of {then} left, and {last} of those of {now}", **values)
    return figure(
        LineChart(
            rows.assign(cut_off=pd.to_datetime(rows["cut_off"])), x="cut_off", lines={"rate": T("Left")},
            bands={"rate": ("low", "high")}, highlight="rate", x_label=T("Cut-off"),
        ),
        name="base-rates",
        title=title,
        subtitle=T("Share who left within {days} of each cut-off", days=Days(study.data.horizon_days)),
        alt=T("A line with its interval from {first} to {last}.", **values),
        source=T("Source: {n} snapshots of customers at {k} cut-offs; 95% intervals.", n=Count(found.n),
                 k=Count(len(found.table))),
        numbers=TableSpec(rows.assign(spoken=spoken), {
            "spoken": Column(T("Cut-off")), "n": Column(T("Customers"), Count),
            "churned": Column(T("Left"), Count), "rate": Column(T("Share"), Percent, low="low", high="high"),
        }, n="n"),
    )  # fmt: skip
