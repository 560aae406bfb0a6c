"""How long customers stay: curves by group, whether groups differ, and what becomes of memberships that still run."""

import datetime as dt

import numpy as np
import pandas as pd

from cxlib.churn import ChurnStudy, SurvivalStudy
from cxlib.churn.survival import GroupComparison
from cxlib.data import tell_observed_from
from cxlib.language import Count, Days, Message, Percent, T, column_name
from cxlib.report.component import Component, together
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.plots import SurvivalCurves
from cxlib.report.table import SUPPRESS_BELOW, Column, Table, TableSpec, table
from cxlib.report.text import Notice, findings, notice
from cxlib.report.views.churn.words import or_notice, plain, texts

MONTH_DAYS = 365.25 / 12
SHORT = 180  # days: curves over less are drawn by day
MOST_CURVES = 3
NO_MEMBERSHIPS = T(
    "Without memberships that begin and end, how long customers stay is not seen; for purchases, see the horizons below"
)


def how_long(study: ChurnStudy) -> Component:
    """Curves with their at-risk table, groups side by side, and what is said of them; a notice without memberships."""
    return or_notice(
        study.survival, study.data.no_curve or NO_MEMBERSHIPS, lambda survival: _how_long(survival, _who_counts(study))
    )


def _who_counts(study: ChurnStudy) -> list[Message]:
    """From which day on ends are seen, and which of a customer's memberships counts."""
    data, lines = study.data, list[Message]()
    if data.question.observed_from and data.spells is not None:
        earlier = int((data.spells["entry_days"] >= 0).sum())
        day = dt.date.fromisoformat(data.question.observed_from)
        lines.append(tell_observed_from(day, earlier, is_guess=data.is_guess))
    if study.risk is not None and study.risk.today is not None and len(study.risk.today.suspects):
        lines.append(
            T(
                "Something seems to be changed when members leave. If it is the day on which they began, members stay "
                "longer than this curve says"
            )
        )
    if study.data.looks_back:
        lines.append(
            T(
                "This takes for granted that all who ever left are in the file: where it holds only those of late, "
                "members seem to stay far longer than they do"
            )
        )
    if study.survival is not None and study.survival.later:
        lines.append(
            T(
                "The first membership of each customer counts; {n} later ones, of customers who came back after more "
                "than {days}, are left out",
                n=Count(study.survival.later),
                days=Days(data.question.rejoin_days),
            )
        )
    return lines


def _how_long(survival: SurvivalStudy, who_counts: list[Message]) -> Component:
    limits = [line for each in survival.groups for line in each.curves.limits]
    return together(_curves(survival), findings(who_counts, limits))


def groups_compared(study: ChurnStudy) -> Component:
    """Groups side by side, whether they differ, and what becomes of memberships that still run."""
    return or_notice(study.survival, study.data.no_curve or NO_MEMBERSHIPS, _groups_compared)


def _groups_compared(survival: SurvivalStudy) -> Component:
    parts: list[Component] = []
    if survival.groups and survival.groups[0].curves.curves:
        parts.append(_side_by_side(survival.groups[0]))
    tests = [part for each in survival.groups for part in (each.test, each.means) if part is not None]
    lines = findings(survival.censoring, survival.overall.median_sentence, [part.headline for part in tests])
    return together(*parts, lines)


def _curves(survival: SurvivalStudy) -> FigureBlock | Notice:
    overall, comparison = survival.overall, survival.groups[0] if survival.groups else None
    grid = _grid(float(overall.days[-1]))
    groups = [] if comparison is None else _largest(comparison)
    if comparison is not None and len(groups) > 1:
        rows, title = comparison.curves.at(grid["days"]), comparison.curves.headline
        rows = rows[rows["group"].isin(groups)]
    else:
        rows, title = overall.at(grid["days"]).assign(group="all"), survival.headline
        groups = []
    rows = rows[rows["at_risk"] >= SUPPRESS_BELOW].dropna(subset=["survival"])
    rows = rows.merge(grid, on="days").reset_index(drop=True)
    if rows.empty:
        return notice(T("Fewer than {n} members are too few for a curve", n=Count(SUPPRESS_BELOW)), "info")
    in_months = bool((grid["time"] != grid["days"]).any())
    label = T("Months since the start") if in_months else T("Days since the start")
    source = T(
        "Source: memberships; by Kaplan-Meier with log-log intervals. Running memberships count as long as "
        "they have run; curves end where fewer than {least} are observed.",
        least=Count(SUPPRESS_BELOW),
    )
    if groups:
        source = T("{source} Each band and each interval of the numbers holds alone.", source=source)
    columns = {
        **({"group": Column(T("Group"))} if groups else {}),
        "time": Column(label, Count),
        "at_risk": Column(T("Members observed"), Count),
        "survival": Column(T("Still members"), Percent, low="low", high="high"),
    }
    return figure(
        SurvivalCurves(
            rows,
            time="time",
            survival="survival",
            low="low",
            high="high",
            at_risk="at_risk",
            group="group" if groups else None,
            names={name: plain(comparison.curves.words[name]) for name in groups} if comparison else {},
            tick_step=6 if in_months else 30,
            x_label=label,
            y_label=T("Share still members, with 95% interval"),
            at_risk_label=T("Members still observed"),
        ),
        name="survival",
        title=title,
        subtitle=T("Share of {n} members who are still there, by time since they began", n=Count(overall.n)),
        alt=T("Falling step curves. {title}.", title=title),
        source=source,
        numbers=TableSpec(
            rows[rows["time"] % (3 if in_months else 10) == 0].reset_index(drop=True), columns, n="at_risk"
        ),
    )


def _largest(comparison: GroupComparison) -> list[str]:
    """The groups that are drawn, in the order of their names."""
    curves = comparison.curves.curves
    largest = sorted(curves, key=lambda name: -curves[name].n)[:MOST_CURVES]
    return [name for name in curves if name in largest]


def _grid(longest: float) -> pd.DataFrame:
    """Times at which curves are drawn: every month, or every day where nobody was observed for half a year."""
    if longest < SHORT:
        days = np.arange(0.0, longest + 1)
        return pd.DataFrame({"days": days, "time": days.astype(int)})
    months = np.arange(0, int(longest / MONTH_DAYS) + 1)
    return pd.DataFrame({"days": months * MONTH_DAYS, "time": months})


def _side_by_side(comparison: GroupComparison) -> Table:
    curves = comparison.curves
    medians = curves.medians.rename(columns={"low": "median_low", "high": "median_high"})
    rows = curves.at([curves.read_at]).merge(medians, on="group")
    names = texts(plain(curves.words[group]) for group in rows["group"])
    rows = rows.assign(name=names, median=rows["median"].round())
    columns = {
        "name": Column(T("Group: {column}", column=column_name(comparison.column))),
        "n": Column(T("Memberships"), Count),
        "ended": Column(T("Ended"), Count),
        "survival": Column(T("Still there after {days}", days=Days(curves.read_at)), Percent, low="low", high="high"),
        "median": Column(T("Days until half have left"), Count),
    }
    if comparison.means is not None:
        means = comparison.means.table.set_index("group")
        for name, end in (("mean", "value"), ("mean_low", "low"), ("mean_high", "high")):
            rows[name] = rows["group"].map(means[end]).astype(float).round()
        label = T("Days stayed of the first {days}, on average", days=Count(round(comparison.means.horizon_days)))
        columns["mean"] = Column(label, Count, low="mean_low", high="mean_high")
    note = T("Intervals of 95%. A missing value says that half of the group have not left in the time observed.")
    return table(rows, title=T("Groups side by side"), n="n", columns=columns, note=note)
