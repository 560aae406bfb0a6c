"""What better ratings would go with: gains, and experience against expectation."""

from __future__ import annotations

from functools import partial

from cxlib.drivers import ScoreStudy
from cxlib.drivers.scenarios import Gains
from cxlib.language import Count, Decimal, Message, Percent, Points, T
from cxlib.measures.sampling import LEVEL
from cxlib.report.component import Together, together
from cxlib.report.figure import figure
from cxlib.report.plots import IntervalDots
from cxlib.report.table import Column, Table, TableSpec, table
from cxlib.report.text import Notice, claim, findings, notice, told_apart
from cxlib.report.views.nps_drivers.importance import MOST_DRAWN

TENTHS, TWO = partial(Points, digits=1), partial(Decimal, digits=2)


def gains(study: ScoreStudy) -> Together | Notice:
    """Points of the score that better ratings of each driver go with, in two scenarios."""
    if (gains := study.drivers.gains) is None:
        without = T("Without a ranking there are no scenarios")
        return notice(study.drivers.limits[-1] if study.drivers.ranking else without, "info")
    about = study.explained
    shown = gains.scenario("floor").head(MOST_DRAWN)
    best, second = shown.iloc[0], shown["high"].iloc[1:].max()
    alone = len(shown) < 2 or best["low"] > second
    values = {
        "score": gains.outcome.label,
        "driver": best["name"],
        "gain": TENTHS(best["gain"]),
        "least": TENTHS(best["gain_without_mood"]),
    }
    block = figure(
        IntervalDots(
            shown,
            "name",
            "gain_without_mood",
            kind=TENTHS,
            reference=0.0,
            highlight=best["name"] if alone and best["low"] > 0 else None,
            axis_label=T(
                "Points of {score} that go with it, with {level} interval",
                score=gains.outcome.label,
                level=Percent(LEVEL),
            ),
        ),
        name="gains",
        title=claim(
            alone and best["low"] > 0,
            T("Better ratings of {driver} go with most: {least} to {gain} points of {score}", **values),
            T("What better ratings of each driver go with, in points of {score}", **values),
        ),
        subtitle=T("If every rating below the median rose to it, one driver at a time, {about}", about=about),
        alt=told_apart(
            T("One dot with its interval for each driver. Most: {driver}, {least} to {gain} points.", **values),
            shown,
            shown["low"] > 0,
        ),
        source=T(
            "Source: surveys, by a proportional-odds model of the answer. The dot leaves out what a good mood "
            "that lifts every rating may account for; the interval reaches to where there is no such mood. Count "
            "on no more than the dot, the lower end, and try the rest on a part of your customers."
        ),
        numbers=TableSpec(
            shown,
            {
                "name": Column(T("Driver")),
                "gain_without_mood": Column(T("Points without a good mood"), TENTHS, low="low", high="high"),
                "gain": Column(T("Points with it"), TENTHS),
                "affected": Column(T("Answers whose rating rises"), Percent),
            },
        ),
    )
    return together(block, findings(gains.headline), _scenarios(gains, study.explained))


def _scenarios(gains: Gains, about: Message) -> Table:
    point = gains.scenario("point")[["name", "gain_without_mood", "gain", "low", "high", "affected"]]
    return table(
        point,
        title=T("If every rating were one point better, {about}", about=about),
        columns={
            "name": Column(T("Driver")),
            "gain_without_mood": Column(T("Points without a good mood"), TENTHS, low="low", high="high"),
            "gain": Column(T("Points with it"), TENTHS),
            "affected": Column(T("Answers whose rating rises"), Percent),
        },
        note=T(
            "Up to the end of the scale; customers who did not meet a driver stay as they are. A point means "
            "little on a scale of a hundred and much on a scale of five."
        ),
    )


def expectation_gap(study: ScoreStudy) -> Together | Notice:
    """Experience less expectation of each driver; a notice where nothing was expected."""
    if (gap := study.drivers.gap) is None:
        return notice(T("The survey does not ask what customers expected, or too few rated both"), "info")
    about = study.explained
    rounded = gap.table["experience"].round(2) - gap.table["expectation"].round(2)
    shown = gap.table.assign(gap=rounded).head(MOST_DRAWN)  # differences are those of the numbers shown
    worst = shown.iloc[0]
    short = gap.table[gap.table["significant"] & (gap.table["gap"] < 0)]
    above = gap.table[gap.table["significant"] & (gap.table["gap"] > 0)]
    values = {
        "driver": worst["name"],
        "gap": TWO(worst["gap"]),
        "n": Count(len(gap.table)),
        "short": Count(len(short)),
        "above": Count(len(above)),
    }
    block = figure(
        IntervalDots(
            shown,
            "name",
            "gap",
            kind=TWO,
            reference=0.0,
            reference_label=T("as expected"),
            axis_label=T("Rating less expectation, with {level} interval", level=Percent(LEVEL)),
        ),
        name="expectation-gap",
        title=claim(
            len(short) > 0,
            T("Experience falls short of expectation in {short} of {n} drivers", **values),
            T("Experience against expectation: no driver clearly falls short"),
        ),
        subtitle=T("Mean rating less mean expectation of answers with both, {about}", about=about),
        alt=T(
            "One dot with its interval for each driver. Lowest: {driver}, {gap}. Clearly below what was expected: "
            "{short}, clearly above: {above}, of {n}.",
            **values,
        ),
        source=T("Source: surveys. Each answer is compared with itself; Holm's correction over the drivers."),
        numbers=TableSpec(
            gap.table.assign(gap=rounded),
            {
                "name": Column(T("Driver")),
                "experience": Column(T("Rating"), TWO),
                "expectation": Column(T("Expectation"), TWO),
                "gap": Column(T("Gap"), TWO, low="low", high="high"),
                "n": Column(T("Answers"), Count),
            },
            n="n",
        ),
    )
    return together(block, findings(gap.headline))
