"""Why customers leave, as far as data can say: stated reasons, ratios, and what the model rests on. Not causes."""

import numpy as np
import pandas as pd

from cxlib.churn import ChurnStudy, SurvivalStudy
from cxlib.churn.risk import RiskImportance
from cxlib.churn.survival import CoxFit, HazardFit, ReasonsGiven, name_kind, p_text
from cxlib.churn.survival.curves import are_clear
from cxlib.language import C, Count, Decimal, Message, N, Percent, T, join_names
from cxlib.report.component import Component, together
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.plots import HorizontalBars, IntervalDots, LineChart
from cxlib.report.suppression import large_groups
from cxlib.report.table import SUPPRESS_BELOW, Column, Table, TableSpec, table
from cxlib.report.text import claim, findings, notice, they_meet
from cxlib.report.views.churn.survival import MONTH_DAYS
from cxlib.report.views.churn.words import HUNDREDTHS, TENTHS, or_notice, plain, texts, without_contacts

MOST_REASONS = 10
MOST_RATIOS = 12
MOST_FEATURES = 6
POINTS = 60
ASSOCIATIONS = T(
    "These are associations: who has a thing leaves more often, which does not say that taking it away would keep "
    "anybody"
)
FEW_REASONS = T("No reason is given by enough customers to be shown")
NO_REASONS = T("The data records no reasons of endings, so why customers left is not known from them")
NO_RATES = T("Without memberships that end, no rates of leaving can be compared")
NO_MODEL = T("There is no model that rests on features, so their importance is not shown")
LOSS = Column(T("Rise in log loss, in thousandths"), TENTHS, low="low", high="high")
PLACE = Column(T("Place (equal: cannot be told apart)"), Count)


def reasons_given(study: ChurnStudy) -> Component:
    """Endings by stated reason and by whether the member chose them; a notice where no reasons are recorded."""
    reasons = None if study.survival is None else study.survival.reasons
    if reasons is None or reasons.table.empty:
        return notice(study.data.no_curve or NO_REASONS, "info")
    kinds = texts(name_kind(kind) for kind in reasons.table["kind"])
    names = texts(plain(reason, "end_reason") for reason in reasons.table["reason"])
    every = reasons.table.assign(name=names, who=kinds)
    rows = large_groups(every, "n", label="name").head(MOST_REASONS).reset_index(drop=True)
    if rows.empty:
        return notice(FEW_REASONS, "info")
    leads = len(rows) > 1 and bool(rows["low"].iloc[0] > rows["high"].iloc[1:].max())
    title = without_contacts(reasons.headline)
    lead = claim(leads, T("The first is clearly ahead."), T("Which is first is not clear."))
    columns = {
        "name": Column(T("Reason")),
        "who": Column(C("kind of ending", "Kind")),
        "n": Column(T("Endings"), Count),
        "share": Column(T("Share"), Percent, low="low", high="high"),
    }
    return figure(
        HorizontalBars(
            rows,
            "name",
            "share",
            low="low",
            high="high",
            kind=Percent,
            highlight=rows["name"].iloc[0] if leads else None,
            axis_label=T("Share of endings with a stated reason, with 95% interval"),
        ),
        name="reasons-given",
        title=title,
        subtitle=T(
            "Endings by stated reason, {n} with a reason of {all}", n=Count(reasons.stated), all=Count(reasons.endings)
        ),
        alt=N(
            "A bar for {n} reason. {lead}",
            "Bars, one for each of {n} reasons, the most frequent first. {lead}",
            len(rows),
            lead=lead,
        ),
        source=T("Source: memberships. Intervals hold together for all reasons."),
        numbers=TableSpec(every, columns, n="n"),
    )


def kinds_of_ending(study: ChurnStudy) -> Component:
    """How endings that the member chose and others add up; a notice where no reasons are recorded."""
    reasons = None if study.survival is None else study.survival.reasons
    if reasons is None or reasons.table.empty:
        return notice(study.data.no_curve or NO_REASONS, "info")
    several = (reasons.kinds["n"] >= SUPPRESS_BELOW).sum() > 1
    lines = findings(without_contacts(line) for line in reasons.findings[1:])
    return together(*([_incidence(reasons)] if several else []), lines)


def _incidence(reasons: ReasonsGiven) -> FigureBlock:
    kinds = [str(kind) for kind in reasons.kinds.loc[reasons.kinds["n"] >= SUPPRESS_BELOW, "kind"]]
    observed = reasons.incidence.table["at_risk"] >= SUPPRESS_BELOW
    last = float(reasons.incidence.table.loc[observed, "days"].max())
    rows = reasons.incidence.at(np.linspace(0, last, POINTS)).set_index("days")
    wide = pd.DataFrame(index=rows.index.unique())
    for kind in kinds:
        own = rows[rows["cause"] == kind]
        wide = wide.assign(**{f"{kind}_{name}": own[name] for name in ("incidence", "low", "high")})
    wide = wide.reset_index().assign(months=lambda t: t["days"] / MONTH_DAYS)
    bands = {f"{kind}_incidence": (f"{kind}_low", f"{kind}_high") for kind in kinds}
    top = max(kinds, key=lambda kind: float(wide[f"{kind}_incidence"].iloc[-1]))
    share = float(wide[f"{top}_incidence"].iloc[-1])
    values = {"months": Count(round(last / MONTH_DAYS)), "kind": name_kind(top), "share": Percent(share)}
    columns = {"months": Column(T("Months since the start"), Decimal)}
    last_row = wide.iloc[-1]
    shares = {kind: Percent(last_row[f"{kind}_incidence"]) for kind in kinds}
    ends = [T("{share} {kind}", share=shares[kind], kind=name_kind(kind)) for kind in kinds]
    at_end = [{end: last_row[f"{kind}_{end}"] for end in ("low", "high")} for kind in kinds]
    clear = they_meet(*at_end) if len(kinds) == 2 else T("each with its interval")
    for kind in kinds:
        column = Column(name_kind(kind), Percent, low=f"{kind}_low", high=f"{kind}_high")
        columns[f"{kind}_incidence"] = column
    return figure(
        LineChart(
            wide,
            x="months",
            lines={f"{kind}_incidence": name_kind(kind) for kind in kinds},
            bands=bands,
            kind=Percent,
            highlight=f"{top}_incidence",
            x_label=T("Months since the start"),
            tick_step=6,
        ),
        name="incidence",
        title=T("Within {months} months, endings {kind} make up {share} of all memberships", **values),
        subtitle=T("Share of members who have left, by kind of ending"),
        alt=T(
            "Rising lines, one for each kind of ending: after {months} months {ends}; {clear}.",
            ends=join_names(ends),
            clear=clear,
            **values,
        ),
        source=T("Source: memberships. Cumulative incidence with 95% interval: each kind competes with the others."),
        numbers=TableSpec(wide.iloc[::6].reset_index(drop=True), columns),
    )


def ratios(study: ChurnStudy) -> Component:
    """What goes with leaving, by the rate of endings; a notice where there are too few endings or no memberships."""
    return or_notice(study.survival, study.data.no_curve or NO_RATES, lambda survival: _ratios(survival, study.hazard))


def _ratios(survival: SurvivalStudy, hazard: HazardFit | None) -> Component:
    parts: list[Component] = [] if hazard is None or hazard.effects.empty else [_periods(hazard)]
    if survival.cox is not None and survival.verdict is not None:
        held_out = () if survival.held_out is None else (survival.held_out.headline,)
        said = (survival.cox.headline, *survival.verdict.findings, *held_out)
        parts += [_cox(survival.cox), findings(said)]
    of_curves = [limit for each in survival.groups for limit in each.curves.limits]
    limits = [limit for limit in survival.limits if limit not in of_curves]
    return together(*parts, findings([] if hazard is None else hazard.headline, limits))


def _cox(cox: CoxFit) -> FigureBlock:
    ratios = cox.table["hazard_ratio"].to_numpy(float)
    ordered = cox.table.assign(
        clear=are_clear(cox.table["p_adjusted"], cox.table["hazard_ratio"]), far=-np.abs(np.log(ratios))
    )
    rows = _with_p(ordered.sort_values(["clear", "far"], ascending=[False, True], kind="stable").head(MOST_RATIOS))
    values: dict[str, object] = {"k": Count(len(rows)), "n": Count(cox.n), "ended": Count(cox.endings)}
    values |= {"all": Count(len(ratios)), "clear": join_names(rows.loc[rows["clear"], "label"].tolist())}
    title = claim(
        ordered["clear"].any(),
        T("What is known at the start tells members who leave sooner from others"),
        T("Nothing known at the start clearly tells who leaves sooner"),
    )
    columns = {
        "label": Column(T("Property")),
        "hazard_ratio": Column(T("Hazard ratio"), HUNDREDTHS, low="low", high="high"),
        "p": Column(T("p-value after Holm")),
    }
    return figure(
        IntervalDots(
            rows,
            "label",
            "hazard_ratio",
            kind=HUNDREDTHS,
            reference=1.0,
            reference_label=T("no difference"),
            clear="clear",
            ratio=True,
            axis_label=T("Times the rate of leaving, with 95% interval; grey is not clear of chance"),
        ),
        name="hazard-ratios",
        title=title,
        subtitle=T("Hazard ratios, members alike in everything else, the {k} strongest of {all}", **values),
        alt=claim(
            bool(rows["clear"].any()),
            T("Ratios of {k} properties against a line of no difference. Clear of chance: {clear}.", **values),
            T("Ratios of {k} properties against a line of no difference. None is clear of chance.", **values),
        ),
        source=T(
            "Source: memberships and customers. Cox regression on {n} memberships, {ended} of them ended.", **values
        ),
        numbers=TableSpec(rows, columns),
    )


def _with_p(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.reset_index(drop=True).assign(p=texts(p_text(value) for value in rows["p_adjusted"]))


def _periods(hazard: HazardFit) -> Table:
    return table(
        _with_p(hazard.effects),
        title=T("What was known as a month began and went with leaving in it"),
        columns={
            "label": Column(T("Known at the start of a month")),
            "odds_ratio": Column(T("Times the odds of leaving"), HUNDREDTHS, low="odds_low", high="odds_high"),
            "p": Column(T("p-value after Holm")),
        },
        note=T(
            "Discrete-time model of {members} members by months of 30 days, {ended} endings; intervals of 95%.",
            members=Count(hazard.members),
            ended=Count(hazard.endings),
        ),
    )


def what_counts(study: ChurnStudy) -> Component:
    """What the model rests on, apart by whether the company can act on it; a notice where a rule is used."""
    importance = None if study.risk is None else study.risk.importance
    return or_notice(importance, NO_MODEL, lambda importance: _what_counts(study, importance))


def _what_counts(study: ChurnStudy, importance: RiskImportance) -> Component:
    features, acts = importance.features, importance.features["actionable"].astype(bool)
    parts: list[Component] = [_families(study, importance)]
    if acts.any():
        parts.append(_features(features[acts], T("Features that the company can act on")))
    if not acts.all():
        parts.append(_features(features[~acts], T("Features that only say who is concerned")))
    return together(*parts, findings(importance.headline, ASSOCIATIONS))


def _families(study: ChurnStudy, importance: RiskImportance) -> FigureBlock:
    rows = _in_thousandths(importance.families).assign(clear=lambda table: table["low"] > 0)
    label = rows["label"].iloc[0]
    alone = bool(rows["low"].iloc[0] > 0) and (len(rows) == 1 or bool((importance.families["tie"] == 1).sum() == 1))
    title = claim(
        alone,
        T("Most of what the model knows comes from: {family}", family=label),
        T("Which kind of data matters most is not clear"),
    )
    source = T("Source: customers at the last cut-off that is known. Features of a table are shuffled together.")
    if study.data.looks_back:
        source = T("Source: customers whom the model had not seen. Features of a table are shuffled together.")
    return figure(
        IntervalDots(
            rows,
            "label",
            "loss",
            kind=TENTHS,
            reference=0.0,
            reference_label=T("adds nothing"),
            highlight=label if alone else None,
            clear="clear",
            axis_label=T("Rise in log loss, in thousandths, when shuffled among customers, with 95% interval"),
        ),
        name="importance",
        title=title,
        subtitle=T("What the model loses without all features of a table, {n} customers", n=Count(importance.n)),
        alt=T(
            "A dot with its interval for each of {k} tables against zero. Clearly above it: {clear}.",
            k=Count(len(rows)),
            clear=join_names(rows.loc[rows["clear"], "label"].tolist()) if rows["clear"].any() else T("none"),
        ),
        source=source,
        numbers=TableSpec(rows, {"label": Column(T("Table")), "loss": LOSS, "tie": PLACE}),
    )


def _in_thousandths(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows.head(MOST_FEATURES).reset_index(drop=True)
    return rows.assign(**{name: 1000 * rows[name] for name in ("loss", "low", "high")})


def _features(features: pd.DataFrame, title: Message) -> Table:
    columns = {"label": Column(T("Feature")), "loss": LOSS, "tie": PLACE}
    return table(_in_thousandths(features), title=title, columns=columns)
