"""How long customers stay: curves by group, whether groups differ, and what becomes of memberships that still run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cxlib.churn import ChurnStudy, GroupComparison, SurvivalStudy
from cxlib.language import Count, Days, Message, Percent, T
from cxlib.report.component import Component
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.plots import SurvivalCurves
from cxlib.report.table import SUPPRESS_BELOW, Column, Table, TableSpec, table
from cxlib.report.text import findings, notice
from cxlib.report.together import together
from cxlib.report.views.churn.words import column_name, plain

MONTH_DAYS = 365.25 / 12
SHORT = 180  # days: curves over less are drawn by day
MOST_CURVES = 3
NO_MEMBERSHIPS = T(
    "Without memberships that begin and end, how long customers stay is not seen; for purchases, see the horizons below"
)


def how_long(study: ChurnStudy) -> Component:
    """Curves with their at-risk table, groups side by side, and what is said of them; a notice without memberships."""
    found = study.survival
    if found is None:
        return notice(NO_MEMBERSHIPS, "info")
    groups = _largest(found.groups[0]) if found.groups else None
    parts: list[Component] = [_curves(found, groups)]
    if found.groups and found.groups[0].curves.curves:
        parts.append(_side_by_side(found.groups[0]))
    said = [found.overall.median_sentence, *(line for each in found.groups for line in _said(each))]
    return together(*parts, findings(found.censoring, said), *_left_out(found))


def _said(comparison: GroupComparison) -> list[Message]:
    """What the title of the figure does not say already."""
    return [part.headline for part in (comparison.test, comparison.means) if part is not None]


def _left_out(found: SurvivalStudy) -> list[Component]:
    limits = [line for each in found.groups for line in each.curves.limits]
    return [findings(limits)] if limits else []


def _largest(comparison: GroupComparison) -> list[str]:
    """The groups that are drawn, in the order of their names."""
    curves = comparison.curves.curves
    largest = sorted(curves, key=lambda name: -curves[name].n)[:MOST_CURVES]
    return [name for name in curves if name in largest]


def _curves(found: SurvivalStudy, groups: list[str] | None) -> FigureBlock:
    overall, many = found.overall, groups is not None and len(groups) > 1
    grid = _grid(float(overall.days[-1]))
    rows = found.groups[0].curves.at(grid["days"]) if many else overall.at(grid["days"]).assign(group="all")
    if many:
        rows = rows[rows["group"].isin(groups or [])]
    rows = rows.dropna(subset=["survival"]).merge(grid, on="days").reset_index(drop=True)
    names: dict[Any, Message | str] = {name: plain(name) for name in dict.fromkeys(rows["group"])}
    values = {"n": Count(overall.n)}
    title = found.groups[0].curves.headline if many else found.headline
    in_months = bool((grid["time"] != grid["days"]).any())
    label = T("Months since the start") if in_months else T("Days since the start")
    return figure(
        SurvivalCurves(
            rows, time="time", survival="survival", low="low", high="high", at_risk="at_risk",
            group="group" if many else None, names=names if many else {}, tick_step=6 if in_months else 30,
            x_label=label, y_label=T("Share still members, with 95% interval"),
            at_risk_label=T("Members still observed"),
        ),
        name="survival",
        title=title,
        subtitle=T("Share of {n} members who are still there, by time since they began", **values),
        alt=T("Falling step curves. {title}.", title=title),
        source=T("Source: memberships; by Kaplan-Meier with log-log intervals. Running memberships count as long as "
                 "they have run; curves end where fewer than {least} are observed.", least=Count(SUPPRESS_BELOW)),
        numbers=TableSpec(rows[rows["time"] % (3 if in_months else 10) == 0].reset_index(drop=True), {
            **({"group": Column(T("Group"))} if many else {}),
            "time": Column(label, Count), "at_risk": Column(T("Members observed"), Count),
            "survival": Column(T("Still members"), Percent, low="low", high="high"),
        }, n="at_risk"),
    )  # fmt: skip


def _grid(longest: float) -> pd.DataFrame:
    """Times at which curves are drawn: every month, or every day where nobody was observed for half a year."""
    if longest < SHORT:
        days = np.arange(0.0, longest + 1)
        return pd.DataFrame({"days": days, "time": days.astype(int)})
    months = np.arange(0, int(longest / MONTH_DAYS) + 1)
    return pd.DataFrame({"days": months * MONTH_DAYS, "time": months})


def _side_by_side(comparison: GroupComparison) -> Table:
    curves = comparison.curves
    rows = curves.at([curves.read_at]).merge(
        curves.medians.rename(columns={"low": "median_low", "high": "median_high"}), on="group"
    )
    columns = {
        "shown": Column(_heading(comparison)),
        "n": Column(T("Memberships"), Count),
        "ended": Column(T("Ended"), Count),
        "survival": Column(T("Still there after {days}", days=Days(curves.read_at)), Percent, low="low", high="high"),
        "median": Column(T("Days until half have left"), Count),
    }
    rows = rows.assign(shown=rows["group"].map(plain), median=rows["median"].round())
    if comparison.means is not None:
        means = comparison.means.table.set_index("group")
        ends = {name: rows["group"].map(means[name]).astype(float) for name in ("value", "low", "high")}
        rows = rows.assign(mean=ends["value"], mean_low=ends["low"], mean_high=ends["high"])
        label = T("Days stayed of the first {days}, on average", days=Count(round(comparison.means.horizon_days)))
        columns["mean"] = Column(label, Count, low="mean_low", high="mean_high")
    rows = _whole(rows)
    return table(
        rows, title=T("Groups side by side"), n="n", columns=columns,
        note=T("Intervals of 95%. A missing value says that half of the group have not left in the time observed."),
    )  # fmt: skip


def _whole(rows: pd.DataFrame) -> pd.DataFrame:
    named = [name for name in ("mean", "mean_low", "mean_high") if name in rows]
    return rows.assign(**{name: rows[name].round() for name in named})


def _heading(comparison: GroupComparison) -> Message | str:
    found = column_name(comparison.column)
    return T("Group: {column}", column=found)
