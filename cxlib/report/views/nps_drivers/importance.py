"""What moves the score: shares with intervals and ties, and importance against performance."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from cxlib.drivers import ScoreStudy
from cxlib.drivers.ranking import DriverRanking
from cxlib.language import Count, Decimal, Message, Percent, T, join_names
from cxlib.measures.sampling import LEVEL
from cxlib.report.component import Together, together
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.plots import ImportancePerformanceMap, IntervalDots
from cxlib.report.table import Column, TableSpec, table
from cxlib.report.text import Notice, claim, findings, notice

MOST_DRAWN = 25  # drivers in a chart, the weightiest; the table and the export have them all
MOST_MAPPED = 15
TWO = partial(Decimal, digits=2)


def driver_shares(study: ScoreStudy) -> Together | Notice:
    """Shares with intervals, what they mean, and how sure the order is; a notice where it cannot be told."""
    ranking, notes = study.drivers.ranking, [notice(limit, "info") for limit in study.drivers.limits]
    if ranking is None:
        return together(*notes)
    about = study.explained
    shown, leaders = ranking.table.head(MOST_DRAWN), ranking.leaders
    first, last = shown.iloc[0], shown.iloc[-1]
    dots = figure(
        IntervalDots(
            shown,
            "name",
            "share",
            kind=Percent,
            highlight=leaders[0] if len(leaders) == 1 else None,
            axis_label=T("Share of what the drivers explain, with {level} interval", level=Percent(LEVEL)),
        ),
        name="driver-shares",
        title=ranking.headline,
        subtitle=T("Share of the differences in the score that goes with each driver, {about}", about=about),
        alt=T(
            "One dot with its interval for each driver, from {first} at {most} to {last} at {least}. {headline}.",
            first=first["name"],
            most=Percent(first["share"]),
            last=last["name"],
            least=Percent(last["share"]),
            headline=ranking.headline,
        ),
        source=T(
            "Source: surveys. Intervals come from drawing customers anew {draws} times and doing everything "
            "again. What lies apart here need not be a clear order: see the ties.",
            draws=Count(len(ranking.draws)),
        ),
        numbers=TableSpec(_numbers(ranking), _columns(ranking)),
    )
    performance = study.drivers.performance
    return together(dots, *([] if performance is None else [findings(performance.headline)]), *notes)


def _numbers(ranking: DriverRanking) -> pd.DataFrame:
    t = ranking.table
    ranks: Any = [
        Count(int(low)) if low == high else T("{low} to {high}", low=Count(int(low)), high=Count(int(high)))
        for low, high in zip(t["rank_low"], t["rank_high"], strict=True)
    ]
    return t.assign(ranks=ranks)


def _columns(ranking: DriverRanking) -> dict[str, Column]:
    return {
        "name": Column(T("Driver")),
        "share": Column(T("Share"), Percent, low="low", high="high"),
        "tie": Column(T("Tie group"), Count),
        "ranks": Column(T("Place")),
        "p_top3": Column(T("Chance of the first three"), Percent),
        "share_coded": Column(T("Share, counted as {classes}", classes=ranking.sample.outcome.classes), Percent),
        "complete_case": Column(T("Share, complete answers only"), Percent),
    }


def _tie_sentences(ranking: DriverRanking) -> list[Message]:
    """Each further tie in words; the first one stands in the headline."""
    names = ranking.table.groupby("tie", sort=True)["name"].agg(list)
    return [T("A tie further down: {drivers}", drivers=join_names(group)) for group in names.iloc[1:] if len(group) > 1]


def driver_table(study: ScoreStudy) -> Together | Notice:
    """The ranking in numbers: intervals, ties, places, both codings and complete answers; and how sure the order is."""
    if (ranking := study.drivers.ranking) is None:
        return notice(T("There is no ranking to put into numbers"), "info")
    about = study.explained
    numbers = table(
        _numbers(ranking),
        title=T("The drivers in numbers, {about}", about=about),
        columns=_columns(ranking),
        note=T(
            "Drivers with one number of a tie group cannot be told apart from its first. “Place” is the interval of "
            "the rank."
        ),
    )
    return together(numbers, findings(ranking.findings[1:], _tie_sentences(ranking)))


def performance_map(study: ScoreStudy) -> FigureBlock | Notice:
    """Importance against mean rating; a notice where there is no ranking."""
    if (performance := study.drivers.performance) is None:
        return notice(T("Without a ranking there is no map of importance and performance"), "info")
    about = study.explained
    shown = performance.table.head(MOST_MAPPED)
    lowest = shown.sort_values("performance", kind="stable").iloc[0]
    return figure(
        ImportancePerformanceMap(
            shown,
            driver="name",
            importance="importance",
            performance="performance",
            importance_low="importance_low",
            importance_high="importance_high",
            performance_low="performance_low",
            performance_high="performance_high",
            highlight=performance.first,
            x_label=T("Mean rating"),
            y_label=T("Share of what the drivers explain"),
        ),
        name="performance-map",
        title=performance.headline,
        subtitle=T(
            "Importance and mean rating of each driver, both with {level} intervals, {about}",
            level=Percent(LEVEL),
            about=about,
        ),
        alt=T(
            "A dot for each driver, mean rating across, importance up. Lowest rated: {driver}, {mean}. {title}",
            driver=lowest["name"],
            mean=TWO(lowest["performance"]),
            title=performance.headline,
        ),
        source=claim(
            len(performance.table) > len(shown),
            T(
                "Source: surveys. Drawn are the {n} drivers that matter most; the numbers have all. "
                "There are no quadrants: their borders jump when one driver is added.",
                n=Count(len(shown)),
            ),
            T(
                "Source: surveys. There are no quadrants: their borders jump when one driver is added. What stands "
                "high and to the side of low ratings is worth a look."
            ),
        ),
        numbers=TableSpec(
            performance.table,
            {
                "name": Column(T("Driver")),
                "importance": Column(T("Importance"), Percent, low="importance_low", high="importance_high"),
                "performance": Column(T("Mean rating"), TWO, low="performance_low", high="performance_high"),
                "n": Column(T("Ratings"), Count),
            },
            n="n",
        ),
    )
