"""Why customers leave, as far as data can say: stated reasons, ratios, and what the model rests on. Not causes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cxlib.churn import ChurnStudy, CoxFit, HazardFit, ReasonsGiven, RiskImportance
from cxlib.churn.survival import name_kind, p_text
from cxlib.language import C, Count, Decimal, Message, Percent, T
from cxlib.report.component import Component
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.plots import HorizontalBars, IntervalDots, LineChart
from cxlib.report.table import SUPPRESS_BELOW, Column, Table, TableSpec, table
from cxlib.report.text import claim, findings, notice
from cxlib.report.together import together
from cxlib.report.views.churn.staying import MONTH_DAYS
from cxlib.report.views.churn.words import HUNDREDTHS, TENTHS, plain, without_contacts

MOST_REASONS = 10
MOST_RATIOS = 12
MOST_FEATURES = 6
POINTS = 60
ASSOCIATIONS = T(
    "These are associations: who has a thing leaves more often, which does not say that taking it away would keep "
    "anybody"
)


def reasons_given(study: ChurnStudy) -> Component:
    """Endings by stated reason and by whether the member chose them; a notice where no reasons are recorded."""
    found = None if study.survival is None else study.survival.reasons
    if found is None or found.table.empty:
        return notice(T("The data records no reasons of endings, so why customers left is not known from them"), "info")
    parts: list[Component] = [_bars(found)]
    if (found.kinds["n"] >= SUPPRESS_BELOW).sum() > 1:
        parts.append(_incidence(found))
    return together(*parts, findings(without_contacts(line) for line in found.findings[1:]))


def _bars(found: ReasonsGiven) -> FigureBlock:
    rows = found.table[found.table["n"] >= SUPPRESS_BELOW].head(MOST_REASONS)
    rows = found.table.head(1) if rows.empty else rows
    kinds: Any = [name_kind(kind) for kind in rows["kind"]]
    rows = rows.assign(shown=rows["reason"].map(plain), who=kinds).reset_index(drop=True)
    title = without_contacts(found.headline)
    return figure(
        HorizontalBars(
            rows, category="shown", value="share", low="low", high="high", kind=Percent,
            highlight=rows["shown"].iloc[0] if _first_leads(rows) else None,
            axis_label=T("Share of endings with a stated reason, with 95% interval"),
        ),
        name="reasons-given",
        title=title,
        subtitle=T("Endings by stated reason, {n} with a reason of {all}", n=Count(found.stated),
                   all=Count(found.endings)),
        alt=T("Bars, one for each of {k} reasons. {title}.", k=Count(len(rows)), title=title),
        source=T("Source: memberships. Intervals hold together for all reasons."),
        numbers=TableSpec(found.table.assign(shown=found.table["reason"].map(plain),
                                             who=pd.Series([name_kind(kind) for kind in found.table["kind"]],
                                                           dtype=object)), {
            "shown": Column(T("Reason")), "who": Column(C("kind of ending", "Kind")),
            "n": Column(T("Endings"), Count), "share": Column(T("Share"), Percent, low="low", high="high"),
        }, n="n"),
    )  # fmt: skip


def _first_leads(rows: pd.DataFrame) -> bool:
    return len(rows) > 1 and bool(rows["low"].iloc[0] > rows["high"].iloc[1:].max())


def _incidence(found: ReasonsGiven) -> FigureBlock:
    kinds = [str(kind) for kind in found.kinds.loc[found.kinds["n"] >= SUPPRESS_BELOW, "kind"]]
    table_ = found.incidence.table
    last = float(table_.loc[table_["at_risk"] >= SUPPRESS_BELOW, "days"].max())
    rows = found.incidence.at(np.linspace(0, last, POINTS))
    rows = rows[rows["cause"].isin(kinds)]
    wide = pd.DataFrame({"days": rows["days"].unique()}).assign(months=lambda t: t["days"] / MONTH_DAYS)
    for kind in kinds:
        own = rows[rows["cause"] == kind].reset_index(drop=True)
        wide = wide.assign(**{f"{kind}_{name}": own[name] for name in ("incidence", "low", "high")})
    lines: dict[str, Message | str] = {f"{kind}_incidence": name_kind(kind) for kind in kinds}
    bands = {f"{kind}_incidence": (f"{kind}_low", f"{kind}_high") for kind in kinds}
    top = max(kinds, key=lambda kind: float(wide[f"{kind}_incidence"].iloc[-1]))
    values = {
        "months": Count(round(last / MONTH_DAYS)), "kind": name_kind(top),
        "share": Percent(float(wide[f"{top}_incidence"].iloc[-1])),
    }  # fmt: skip
    return figure(
        LineChart(wide, x="months", lines=lines, bands=bands, kind=Percent, highlight=f"{top}_incidence",
                  x_label=T("Months since the start")),
        name="incidence",
        title=T("Within {months} months, endings {kind} make up {share} of all memberships", **values),
        subtitle=T("Share of members who have left, by kind of ending"),
        alt=T("Rising lines, one for each kind of ending, up to {share} for those {kind}.", **values),
        source=T("Source: memberships. Cumulative incidence with 95% interval: each kind competes with the others."),
        numbers=TableSpec(wide.iloc[::6].reset_index(drop=True), {
            "months": Column(T("Months since the start"), Decimal),
            **{f"{kind}_incidence": Column(name_kind(kind), Percent, low=f"{kind}_low", high=f"{kind}_high")
               for kind in kinds},
        }),
    )  # fmt: skip


def ratios(study: ChurnStudy) -> Component:
    """What goes with leaving, by the rate of endings; a notice where there are too few endings or no memberships."""
    found = study.survival
    if found is None:
        return notice(T("Without memberships that end, no rates of leaving can be compared"), "info")
    parts: list[Component] = []
    if study.hazard is not None:
        parts.append(_periods(study.hazard))
    if found.cox is not None and found.verdict is not None:
        parts += [_cox(found.cox), findings(found.cox.headline, found.verdict.findings)]
    said = [
        line for line in found.limits if line not in (limit for each in found.groups for limit in each.curves.limits)
    ]
    if study.hazard is not None:
        said = [study.hazard.headline, *said]
    return together(*parts, findings(said))


def _cox(found: CoxFit) -> FigureBlock:
    t: Any = found.table
    rows = t.iloc[np.argsort(-np.abs(np.log(t["hazard_ratio"])), kind="stable")].head(MOST_RATIOS)
    rows = _with_p(rows)
    values = {"k": Count(len(rows)), "n": Count(found.n), "ended": Count(found.endings), "all": Count(len(t))}
    return figure(
        IntervalDots(
            rows, category="label", value="hazard_ratio", low="low", high="high", kind=HUNDREDTHS, reference=1.0,
            reference_label=T("no difference"), axis_label=T("Times the rate of leaving, with 95% interval"),
        ),
        name="hazard-ratios",
        title=claim(
            (t["p_adjusted"] < 1 - found.level).any(),
            T("What is known at the start tells members who leave sooner from others"),
            T("Nothing known at the start clearly tells who leaves sooner"),
        ),
        subtitle=T("Hazard ratios, members alike in everything else, the {k} strongest of {all}", **values),
        alt=T("A dot with its interval for each of {k} properties against a line of no difference.", **values),
        source=T("Source: memberships and customers. Cox regression on {n} memberships, {ended} of them ended.",
                 **values),
        numbers=TableSpec(rows, {
            "label": Column(T("Property")),
            "hazard_ratio": Column(T("Hazard ratio"), HUNDREDTHS, low="low", high="high"),
            "p": Column(T("p-value after Holm")),
        }),
    )  # fmt: skip


def _with_p(rows: pd.DataFrame) -> pd.DataFrame:
    said: Any = [p_text(value) for value in rows["p_adjusted"]]
    return rows.reset_index(drop=True).assign(p=pd.Series(said, dtype=object))


def _periods(found: HazardFit) -> Table:
    t: Any = found.effects
    return table(
        _with_p(t),
        title=T("What was known as a month began and went with leaving in it"),
        columns={
            "label": Column(T("Known at the start of a month")),
            "odds_ratio": Column(T("Times the odds of leaving"), HUNDREDTHS, low="odds_low", high="odds_high"),
            "p": Column(T("p-value after Holm")),
        },
        note=T("Discrete-time model of {members} members by months of 30 days, {ended} endings; intervals of 95%.",
               members=Count(found.members), ended=Count(found.endings)),
    )  # fmt: skip


def what_counts(study: ChurnStudy) -> Component:
    """What the model rests on, apart by whether the company can act on it; a notice where a rule is used."""
    found = None if study.risk is None else study.risk.importance
    if found is None:
        return notice(T("There is no model that rests on features, so their importance is not shown"), "info")
    parts = [_families(study, found), *(_features(found, flag) for flag in (True, False) if _any(found, flag))]
    return together(*parts, findings(found.headline, ASSOCIATIONS))


def _any(found: RiskImportance, flag: bool) -> bool:
    return bool((found.features["actionable"] == flag).any())


def _families(study: ChurnStudy, found: RiskImportance) -> FigureBlock:
    rows = _in_thousandths(found.families.head(MOST_FEATURES))
    first: Any = rows.iloc[0]
    alone = bool(first["low"] > 0) and (len(rows) == 1 or bool((found.families["tie"] == 1).sum() == 1))
    return figure(
        IntervalDots(
            rows, category="label", value="loss", low="low", high="high", kind=TENTHS, reference=0.0,
            reference_label=T("adds nothing"), highlight=first["label"] if alone else None,
            axis_label=T("Rise in log loss, in thousandths, when shuffled among customers, with 95% interval"),
        ),
        name="importance",
        title=claim(alone, T("Most of what the model knows comes from: {family}", family=first["label"]),
                    T("Which kind of data tells the model most cannot be said")),
        subtitle=T("What the model loses without all features of a table, {n} customers", n=Count(found.n)),
        alt=T("A dot with its interval for each of {k} tables against zero.", k=Count(len(rows))),
        source=_source(study),
        numbers=TableSpec(rows, {
            "label": Column(T("Table")),
            "loss": Column(T("Rise in log loss, in thousandths"), TENTHS, low="low", high="high"),
            "tie": Column(T("Place (equal: cannot be told apart)"), Count),
        }),
    )  # fmt: skip


def _source(study: ChurnStudy) -> Message:
    if study.data.kind == "flags":
        return T("Source: customers whom the model had not seen. Features of a table are shuffled together.")
    return T("Source: customers at the last cut-off that is known. Features of a table are shuffled together.")


def _in_thousandths(rows: pd.DataFrame) -> pd.DataFrame:
    ends = {name: 1000 * rows[name] for name in ("loss", "low", "high")}
    return rows.assign(**ends).reset_index(drop=True)


def _features(found: RiskImportance, actionable: bool) -> Table:
    rows = _in_thousandths(found.features[found.features["actionable"] == actionable].head(MOST_FEATURES))
    kind = T("Features that the company can act on") if actionable else T("Features that only say who is concerned")
    return table(
        rows,
        title=kind,
        columns={
            "label": Column(T("Feature")),
            "loss": Column(T("Rise in log loss, in thousandths"), TENTHS, low="low", high="high"),
            "tie": Column(T("Place (equal: cannot be told apart)"), Count),
        },
    )
