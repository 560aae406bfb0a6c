"""Who scores how: groups against everyone else, what weighting does, and the money behind the answers."""

from dataclasses import replace
from typing import Any

import pandas as pd

from cxlib.drivers import ScoreStudy
from cxlib.drivers.value import ValueBehind
from cxlib.language import (
    C,
    Count,
    Decimal,
    Message,
    Money,
    N,
    Percent,
    Points,
    T,
    about,
    column_name,
    join_names,
    spoken,
)
from cxlib.measures import DividedScores
from cxlib.report.component import Together, together
from cxlib.report.exports import SeeAlso
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.plots import IntervalDots
from cxlib.report.suppression import large_groups
from cxlib.report.table import Column, TableSpec, table
from cxlib.report.text import Notice, claim, findings, notice
from cxlib.report.views.nps_drivers.answer import period

MOST_GROUPS = 12  # in a chart, those farthest from everyone else


def scores_by_group(study: ScoreStudy) -> FigureBlock | Notice:
    """The score of each group, and which clearly differ; a notice where nothing divides the answers."""
    named = with_spoken_groups(study.groups)
    shown = large_groups(named.table, "n", label="segment", within="by")
    if shown.empty:
        undivided = T("Nothing is known of customers or answers that would divide them into large enough groups")
        return notice(undivided, "info")
    return _dots(named, study.explained)


def _dots(scores: DividedScores, about: Message) -> FigureBlock:
    rows = scores.table.assign(clear=_clear(scores.table))
    large = large_groups(rows, "n", label="segment", within="by")
    shown = large.loc[large["difference"].abs().sort_values(ascending=False).index[:MOST_GROUPS]]
    shown = shown.sort_values("value", ascending=False, kind="stable").reset_index(drop=True)
    highest, lowest = shown.iloc[0], shown.iloc[-1]
    names = shown.loc[shown["significant"], "segment"].tolist()
    n = Count(int(rows.groupby("by")["n"].sum().max()))
    hidden = T("The group that stands out most cannot be shown ({n} answers)", n=n)
    return figure(
        IntervalDots(
            shown,
            "segment",
            "value",
            kind=scores.outcome.say,
            clear="significant",
            axis_label=T(
                "{score}, with 95% interval; grey does not clearly differ from all others", score=scores.outcome.label
            ),
        ),
        name="scores-by-group",
        title=scores.headline if scores.clear.head(1).index.isin(large.index).all() else hidden,
        subtitle=T("{score} of each group, {about}", score=scores.outcome.label, about=about),
        alt=T(
            "One dot with its interval for each group. Lowest: {low}, {least}. Highest: {high}, {most}. Clearly "
            "different: {clear}.",
            clear=join_names(names) if names else T("none"),
            low=lowest["segment"],
            least=scores.outcome.say(lowest["value"]),
            high=highest["segment"],
            most=scores.outcome.say(highest["value"]),
        ),
        source=T(
            "Source: surveys and customers. Clearly different from everyone else: {clear} of {all}; drawn are the "
            "{n} farthest, the numbers have all. A group “clearly differs” where Holm's correction over all groups "
            "still says so. An interval of its own may overlap with others.",
            n=Count(len(shown)),
            all=Count(len(large)),
            clear=Count(int(large["significant"].sum())),
        ),
        numbers=TableSpec(
            rows,
            {
                "segment": Column(T("Group")),
                "n": Column(T("Answers"), Count),
                "value": Column(scores.outcome.label, scores.outcome.say, low="low", high="high"),
                "difference": Column(T("Against all others"), Points, low="difference_low", high="difference_high"),
                "clear": Column(T("Clearly differs")),
            },
            n="n",
            within="by",
        ),
    )


def _clear(rows: pd.DataFrame) -> Any:
    return [T("yes") if yes else T("no") for yes in rows["significant"]]


def behind_answers(study: ScoreStudy) -> Together:
    """What weighting does to the score, and the money behind the answers."""
    parts = [_weighting(study), *([_money(study.behind)] if study.outcome.name == "nps" else [])]
    if weightless := study.data.survey.weightless:
        shown = N(
            "{n} answer with a weight of zero is left out", "{n} answers with a weight of zero are left out", weightless
        )
        parts.insert(0, notice(shown, "info"))
    return together(*parts)


def _weighting(study: ScoreStudy) -> Together | Notice:
    """Weighted and unweighted score, and what the weights cost; a notice where there are no known margins."""
    if study.nonresponse is None:
        own = T("Answers count by the weights of the survey; no shares of customers are declared to weight them to")
        plain = T("Every answer counts the same: no shares of customers are declared to weight them to")
        return notice(own if study.data.survey.weighted else plain, "info")
    weighting, when = study.nonresponse, period(study)
    rows = weighting.raked.margins
    labels: Any = [group_name(by, group) for by, group in zip(rows["variable"], rows["category"], strict=True)]
    margins = table(
        rows.assign(label=labels, ratio=rows["answers"] / rows["target"]),
        title=T("Who answered, against all customers: {when}", when=when),
        columns={
            "label": Column(T("Group")),
            "answers": Column(T("Of the answers"), Percent),
            "target": Column(T("Of all customers"), Percent),
            "ratio": Column(T("Answers for one expected"), lambda value: Decimal(value, digits=2)),
            "reached": Column(T("After weighting"), Percent),
        },
    )
    return together(findings(study.nonresponse.findings), margins)


def _money(behind: ValueBehind | None) -> Together | Notice:
    """What promoters, passives and detractors bring or have spent; a notice where sales are not known."""
    if behind is None:
        return notice(T("What customers spend is not known, so the money behind the answers is not shown"), "info")
    shown = large_groups(behind.table, "customers", label="name")
    few = T(
        "Too few customers gave one of the three answers to say what stands behind those who would not recommend us"
    )
    return together(
        findings(behind.headline if "detractor" in set(shown["kind"]) else few),
        table(
            behind.table.assign(value_cents=behind.table["value_cents"].map(about)) if behind.ahead else behind.table,
            title=claim(
                behind.ahead,
                T("What stands behind the answers: value to come"),
                T("What stands behind the answers: spend so far"),
            ),
            n="customers",
            columns={
                "name": Column(T("Customers by their last answer")),
                "customers": Column(T("Customers"), Count),
                "value_cents": Column(
                    T("Value ahead") if behind.ahead else T("Spent"), Money, currency=behind.currency
                ),
                "share": Column(T("Share"), Percent, low="share_low", high="share_high"),
                "mean_cents": Column(
                    T("Of one customer"), Money, currency=behind.currency, low="mean_low_cents", high="mean_high_cents"
                ),
            },
            note=T(
                "What the customer value report expects of them, with its margin, discount rate and horizon. That "
                "customers who recommend are worth more or less does not say that one follows from the other."
            )
            if behind.ahead
            else T(
                "What customers have spent in the time that is looked at, refunds taken off. That customers who "
                "recommend spend more or less does not say that one follows from the other."
            ),
        ),
        SeeAlso({"clv": T("What customers should still bring"), "churn": T("Which customers are about to leave")}),
    )


def with_spoken_groups(scores: DividedScores) -> DividedScores:
    """The same scores with groups as a reader sees them, each with what divides it: “Age: 60+”."""
    parts = {}
    for by, part in scores.parts.items():
        names: Any = [group_name(by, group) for group in part.table["segment"]]
        parts[by] = replace(part, table=part.table.assign(segment=names))
    return replace(scores, parts=parts)


def group_name(column: str, group: object) -> Message:
    """A group with what divides it."""
    return C("group", "{column}: {group}", column=column_name(column), group=spoken(group, column))
