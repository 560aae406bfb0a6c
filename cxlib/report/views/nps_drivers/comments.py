"""What customers write: topics with what they do to the score, quotes, and themes beside them."""

from __future__ import annotations

from functools import partial
from typing import Any

from cxlib.drivers import ScoreStudy
from cxlib.language import Count, Decimal, Percent, Points, T, spoken
from cxlib.report.component import Card, Cards, Together, cards, together
from cxlib.report.figure import FigureBlock
from cxlib.report.table import SUPPRESS_BELOW, Column, Table, table
from cxlib.report.text import Notice, findings, notice
from cxlib.report.views.voice import effects
from cxlib.voice.topics import TopicEffects

TENTHS, TENTH = partial(Points, digits=1), partial(Decimal, digits=1)
MOST_QUOTED = 6  # topics with quotes: those that move the score most


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
