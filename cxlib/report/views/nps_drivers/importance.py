"""What moves the score: drivers with ties and beside performance, better ratings, expectations, and what is written."""

from functools import partial
from typing import Any

import pandas as pd

from cxlib.drivers import ScoreStudy
from cxlib.drivers.ranking import DriverRanking
from cxlib.drivers.scenarios import Gains
from cxlib.language import Count, Decimal, Message, Percent, Points, T, join_names, spoken
from cxlib.measures.sampling import LEVEL
from cxlib.report.component import Card, Cards, Together, cards, together
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.plots import ImportancePerformanceMap, IntervalDots
from cxlib.report.table import SUPPRESS_BELOW, Column, Table, TableSpec, table
from cxlib.report.text import Notice, claim, findings, notice, told_apart
from cxlib.report.views.voice import effects
from cxlib.voice.topics import TopicEffects

MOST_DRAWN = 25  # drivers in a chart, the weightiest; the table and the export have them all
MOST_MAPPED = 15
TENTHS, TENTH, TWO = partial(Points, digits=1), partial(Decimal, digits=1), partial(Decimal, digits=2)
MOST_QUOTED = 6  # topics with quotes: those that move the score most


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


def comments(study: ScoreStudy) -> FigureBlock | Together | Notice:
    """Topics with their effect."""
    topics, about = study.topics, study.explained
    if topics.n < SUPPRESS_BELOW:
        return notice(T("Too few comments to look for topics: {n}", n=Count(topics.n)), "info")
    shown = topics.table[topics.table["effect"].notna()]
    if shown.empty:
        return together(
            notice(T("No topic of the list is touched by enough comments to say what it does to the score"), "info"),
            findings(topics.findings[-1]),
        )
    return effects(topics, about)


def quotes(study: ScoreStudy) -> Together:
    """What lifts the score, how many comments touch no topic, and what customers wrote on the topics that move it."""
    enough = study.topics.n >= SUPPRESS_BELOW and bool(study.topics.table["effect"].notna().any())
    return together(findings(study.topics.findings[1:] if enough else ()), _quotes(study.topics))


def _quotes(topics: TopicEffects) -> Cards | Notice:
    """A card for each topic that clearly moves the score, with what customers wrote; contacts are masked."""
    clear = topics.table[topics.table["significant"] & (topics.table["n"] >= SUPPRESS_BELOW)]
    clear = clear.loc[clear["effect"].abs().sort_values(ascending=False, kind="stable").index].head(MOST_QUOTED)
    if clear.empty:
        return notice(T("No topic clearly moves the score, so nobody is quoted"), "info")
    return cards(
        Card(
            row["name"],
            facts=(
                T(
                    "{n} comments, {effect} points of {score}",
                    n=Count(row["n"]),
                    effect=TENTHS(row["effect"]),
                    score=topics.outcome.label,
                ),
            ),
            quotes=tuple(dict.fromkeys(row["quotes"])),
        )
        for _, row in clear.iterrows()
    )


def themes(study: ScoreStudy) -> Table | Notice:
    """Words that occur together, found without a list; a notice where there are too few comments."""
    themes = study.themes
    if themes.table.empty:
        return notice(themes.headline, "info")
    t = themes.table
    words: Any = [" · ".join(each) for each in t["words"]]
    languages: Any = [spoken(language) for language in t["language"]]
    return table(
        t.assign(words=words, language=languages),
        title=themes.headline,
        n="n",
        columns={
            "words": Column(T("Words")),
            "language": Column(T("Language")),
            "n": Column(T("Comments"), Count),
            "share": Column(T("Share of its language"), Percent),
            "mean_score": Column(T("Mean answer"), TENTH),
        },
        note=T(
            "Comments not in Arabic stand together as English. Themes are found anew in each run and have no "
            "names: words alone describe them."
        ),
    )
