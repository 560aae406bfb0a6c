"""The page of ``notebooks/voice.ipynb``.

Each function takes what `cxlib.voice` found and gives one component: the head and the tiles, topics, what changed of
them, what each does to the score, what customers wrote, the file, and what is odd of the comments.
"""

from functools import partial

import pandas as pd
from markupsafe import Markup

from cxlib.language import Count, Day, Days, Decimal, Message, N, Percent, Points, T, join_names, spoken
from cxlib.measures import Metric, too_few_to_tell
from cxlib.measures.nps import SUPPRESS_BELOW
from cxlib.measures.sampling import LEVEL
from cxlib.report.component import Card, Cards, Component, Together, cards, together
from cxlib.report.exports import export
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.head import PageHead, Tiles, page_head, tiles
from cxlib.report.plots import HorizontalBars, IntervalDots, SmallMultiples
from cxlib.report.table import Cell, Column, TableSpec, table
from cxlib.report.text import Notice, claim, findings, notice, told_apart
from cxlib.voice import TopicEffects, Voice
from cxlib.voice.courses import Fix

TENTHS, TWO = partial(Points, digits=1), partial(Decimal, digits=2)
MOST_PANELS, MOST_QUOTED, MOST_WISHES, MOST_BARS = 6, 6, 10, 10
WORDS = {
    "name": {"": T("Topic")},
    "customers": {"": T("Customers")},
    "comments": {"": T("Comments")},
    "share": {"": T("Share of comments")},
    "before": {"": T("Share before")},
}


def answer(found: Voice) -> PageHead:
    """The page's head: what customers write about, what it does to the score, and where to start."""
    question = found.feedback.question
    kicker = [
        T("Data to {day}", day=Day(found.feedback.end.date())),
        N("{n} comment", "{n} comments", found.comments),
        T("the last {days}", days=Days(question.period_days)),
    ]
    bullets, effects = [one.message for one in found.late[-1:]], found.effects
    if effects is not None and effects.table["effect"].notna().any():
        bullets.append(_effect(found, effects))
    bullets += [_fixed(fix) for fix in found.fixes if fix.worked or fix.rose][:1]
    others = [name for name in found.moved["name"] if name not in _named(found)]
    if others:
        bullets.append(T("A clear change is also in: {topics}", topics=join_names(others)))
    first = _first(found)
    return page_head(found.headline, kicker=kicker, bullets=bullets[: 3 - (first is not None)], action=first)


def _effect(found: Voice, effects: TopicEffects) -> Message:
    """What a topic does to the score, of which days: other reports take a year of answers."""
    days = Days(found.feedback.question.period_days)
    return T("In the last {days}: {finding}", days=days, finding=effects.headline)


def _named(found: Voice) -> list[object]:
    return list(found.moved.loc[~found.moved["topic"].isin(["praise", "suggestion"]), "name"].head(1))


def _first(found: Voice) -> Message | None:
    """What to do: at the topic that clearly takes most off the score, else at the one that clearly more speak of."""
    if found.feedback.rows.empty:
        return T("Map the column that holds what customers wrote, and its day")
    effects = found.effects
    if effects is not None:
        down = effects.table[effects.table["significant"] & (effects.table["effect"] < 0)]
        if not down.empty:
            return T("Look first at “{topic}”: read what customers wrote, and mend that", topic=down["name"].iloc[0])
    more = found.moved[(found.moved["share"] > found.moved["before"]) & ~found.moved["topic"].isin(["praise"])]
    if not more.empty:
        return T("Look first at “{topic}”: clearly more customers write about it", topic=more["name"].iloc[0])
    return None


def headline_tiles(found: Voice) -> Tiles | Notice:
    """How many wrote, and the topics most spoken of; also for metrics.json."""
    if found.shown.empty:
        return notice(found.headline, "info")
    end, days = found.feedback.end.date(), found.feedback.question.period_days
    metrics = [
        Metric(
            "customers_who_wrote",
            T("Customers who wrote"),
            found.customers,
            as_of=end,
            window_days=days,
            note=T("in the last {days}", days=Days(days)),
        )
    ]
    for row in found.shown.head(3).to_dict("records"):
        metrics.append(
            Metric(
                f"topic_{row['topic']}",
                T("Write about “{topic}”", topic=row["name"]),
                row["share"],
                low=row["low"],
                high=row["high"],
                n=found.voices,
                unit="percent",
                polarity=1 if row["topic"] == "praise" else 0,
                as_of=end,
                window_days=days,
                note=T("of comments"),
            )
        )
    return tiles(*metrics)


def topics(found: Voice) -> FigureBlock | Notice:
    """How many speak of each topic."""
    if found.shown.empty:
        return notice(T("No topic is touched by {n} customers or more", n=Count(SUPPRESS_BELOW)), "info")
    rows = found.shown
    return figure(
        HorizontalBars(rows.head(MOST_BARS), "name", "share", low="low", high="high", kind=Percent),
        name="topics-said",
        title=claim(
            rows["low"].iloc[0] > rows["high"].iloc[1:].max(),
            T("“{topic}” comes up most", topic=rows["name"].iloc[0]),
            T("What customers write about"),
        ),
        subtitle=T(
            "Share of comments of the last {days}, a customer once in {part} and source; lines show 95% intervals",
            days=Days(found.feedback.question.period_days),
            part=Days(found.stretches.length),
        ),
        alt=T(
            "A bar for each topic, at most ten. The longest: {topic}, {share}.",
            topic=rows["name"].iloc[0],
            share=Percent(rows["share"].iloc[0]),
        ),
        source=T("Source: {sources}, by a list of words for each topic that can be edited.", sources=_sources(found)),
        numbers=TableSpec(
            found.table,
            {
                "name": Column(T("Topic")),
                "customers": Column(T("Customers"), Count),
                "comments": Column(T("Comments"), Count),
                "share": Column(T("Share of comments"), Percent, low="low", high="high"),
                "before": Column(T("Usual before"), Percent, low="usual_low", high="usual_high"),
            },
            n="customers",
        ),
    )


def _sources(found: Voice) -> object:
    rows = found.feedback.rows[found.feedback.recent]
    return join_names([spoken(name) for name in rows["source"].value_counts().index[:5]])


def changes(found: Voice) -> FigureBlock | Together | Notice:
    """Which topics more or fewer speak of than in the months before."""
    rows = found.shown[found.shown["before"].notna()]
    if rows.empty:
        return notice(
            T(
                "There are too few comments from before the last {days} to tell a change",
                days=Days(found.feedback.question.period_days),
            ),
            "info",
        )
    points = {name: 100 * rows[name] for name in ("change_low", "change_high")}
    drawn = rows.assign(change=100 * (rows["share"] - rows["before"]), **points)
    drawn = drawn.sort_values("change", ascending=False, kind="stable", ignore_index=True)
    first = found.moved.head(1)
    numbers = {"name": Column(T("Topic")), "share": Column(T("Share now"), Percent)}
    numbers |= {
        "before": Column(T("Share before"), Percent),
        "change": Column(T("Change in points"), TENTHS, low="change_low", high="change_high"),
    }
    title = T("No topic has clearly moved")
    if len(first):
        title = T(
            "“{topic}” has moved most: {now} of comments, after {before}",
            topic=first["name"].iloc[0],
            now=Percent(first["share"].iloc[0]),
            before=Percent(first["before"].iloc[0]),
        )
    shown = figure(
        IntervalDots(
            drawn,
            "name",
            "change",
            low="change_low",
            high="change_high",
            kind=TENTHS,
            reference=0.0,
            highlight=first["name"].iloc[0] if len(first) == 1 else None,
            axis_label=T("Change of the share of comments in points, with 95% interval"),
        ),
        name="topics-changed",
        title=title,
        subtitle=T(
            "The last {days} against up to {n} stretches of {part} before, of the same sources and languages; the "
            "interval is by what such stretches differ anyway",
            days=Days(found.feedback.question.period_days),
            n=Count(int((~found.stretches.after).sum())),
            part=Days(found.stretches.length),
        ),
        alt=told_apart(
            T(
                "One dot with its interval for each topic, from {first} at {high} points to {last} at {low}.",
                first=drawn["name"].iloc[0],
                high=TENTHS(drawn["change"].iloc[0]),
                last=drawn["name"].iloc[-1],
                low=TENTHS(drawn["change"].iloc[-1]),
            ),
            drawn,
            drawn["clear"].astype(bool),
        ),
        source=T("Source: {sources}. All topics are tested together.", sources=_sources(found)),
        numbers=TableSpec(drawn, numbers),
    )
    few = too_few_to_tell(found.comments, found.feedback.question.period_days, found.moved["name"].tolist())
    return shown if few is None else together(shown, notice(few))


def course(found: Voice) -> FigureBlock | Notice:
    """The share of the topics most spoken of, stretch by stretch."""
    told, shown = found.stretches, found.shown.head(MOST_PANELS)
    if len(told.numbers) < 3 or shown.empty:
        return notice(T("There are too few comments for a course"), "info")
    keys = list(found.touched.columns)
    start = found.feedback.end - pd.Timedelta(days=3 * told.length - 1)
    days = [start + pd.Timedelta(days=int(number) * told.length) for number in told.numbers]
    frame = pd.concat(
        pd.DataFrame({"topic": key, "day": days, "share": told.shares[:, keys.index(key)], "usual": before})
        for key, before in zip(shown["topic"], shown["before"], strict=True)
    )
    return figure(
        SmallMultiples(
            frame,
            panel="topic",
            x="day",
            value="share",
            kind=Percent,
            reference="usual",
            names=dict(zip(shown["topic"], shown["name"], strict=True)),
            from_zero=True,
        ),
        name="topics-course",
        title=T("The topics most spoken of, over time"),
        subtitle=T(
            "Share of comments in stretches of {days}; the grey line is the share before the last {period}",
            days=Days(told.length),
            period=Days(found.feedback.question.period_days),
        ),
        alt=T("A line for each of the topics most spoken of: {topics}.", topics=join_names(shown["name"].tolist())),
        source=T("Source: {sources}.", sources=_sources(found)),
        numbers=TableSpec(
            frame.assign(name=frame["topic"].map(dict(zip(shown["topic"], shown["name"], strict=True)))),
            {
                "name": Column(T("Topic")),
                "day": Column(T("From"), None),
                "share": Column(T("Share of comments"), Percent),
            },
        ),
    )


def score(found: Voice) -> FigureBlock | Together | Notice:
    """What each topic does to the score."""
    if found.effects is None:
        return notice(T("No comment comes with a score or a rating, so what a topic does to it cannot be told"), "info")
    if found.effects.table["effect"].isna().all():
        return notice(T("No topic of the list is touched by enough comments to say what it does to the score"), "info")
    days = Days(found.feedback.question.period_days)
    return effects(found.effects, T("the last {days}", days=days), title=_effect(found, found.effects))


def effects(topics: TopicEffects, about: Message, *, title: Message | None = None) -> FigureBlock:
    """The effect of each topic on the score; at least one has one."""
    shown = topics.table[topics.table["effect"].notna()].reset_index(drop=True)
    first, last = shown.iloc[0], shown.iloc[-1]
    down = shown[shown["significant"] & (shown["effect"] < 0)]
    return figure(
        IntervalDots(
            shown,
            "name",
            "effect",
            kind=TENTHS,
            reference=0.0,
            highlight=down["name"].iloc[0] if len(down) == 1 else None,
            axis_label=T(
                "Points of {score} that its comments make, with {level} interval",
                score=topics.outcome.label,
                level=Percent(LEVEL),
            ),
        ),
        name="topics",
        title=title or topics.headline,
        subtitle=T(
            "{score} of all comments less {score} without those on the topic, {n} comments, {about}",
            score=topics.outcome.label,
            n=Count(topics.n),
            about=about,
        ),
        alt=told_apart(
            T(
                "One dot with its interval for each topic, from {first} at {low} points to {last} at {high}.",
                first=first["name"],
                low=TENTHS(first["effect"]),
                last=last["name"],
                high=TENTHS(last["effect"]),
            ),
            shown,
            shown["significant"],
        ),
        source=T(
            "Source: comments of surveys, by a list of words for each topic that can be edited. A comment may "
            "touch several topics."
        ),
        numbers=TableSpec(
            topics.table,
            {
                "name": Column(T("Topic")),
                "n": Column(T("Comments"), Count),
                "share": Column(T("Share of comments in surveys"), Percent),
                "score": Column(T("{score} of these", score=topics.outcome.label), topics.outcome.say),
                "effect": Column(T("Effect on {score}", score=topics.outcome.label), TENTHS, low="low", high="high"),
            },
            n="n",
        ),
    )


def tone(found: Voice) -> Together | Notice:
    """How content those are who write about each topic, and how well that is told without a rating."""
    told, names = found.tone, found.table.set_index("topic")["name"]
    rows = told.satisfied[told.satisfied["share"].notna() & (told.satisfied["topic"] != "")]
    rows = rows.assign(name=rows["topic"].map(names)).sort_values("share", kind="stable", ignore_index=True)
    parts: list[Component] = [_satisfied(found, rows)] if len(rows) else []
    if told.lacks is not None:
        parts.append(notice(T("The tone of comments is not told: {reason}", reason=told.lacks), "info"))
    else:
        parts.append(
            findings(
                T(
                    "Tone learnt from {n} ratings: held out, it spoke for {spoken} of comments, {share} of these "
                    "right ({low} to {high}). Calling all alike has {base}",
                    n=Count(told.labels),
                    spoken=Percent(told.spoken),
                    share=Percent(told.right.value),
                    low=Percent(told.right.low),
                    high=Percent(told.right.high),
                    base=Percent(told.base),
                )
            )
        )
    counts = (
        (told.told, T("Comments without a rating whose tone was told: {n}", n=Count(told.told))),
        (told.unclear, T("Comments without a rating whose tone is not clear: {n}", n=Count(told.unclear))),
        (
            told.elsewhere,
            T(
                "Comments of sources or languages with too few ratings to learn from, of which nothing is said: {n}",
                n=Count(told.elsewhere),
            ),
        ),
    )
    return together(*parts, *(notice(message, "info") for n, message in counts if n))


def _satisfied(found: Voice, rows: pd.DataFrame) -> FigureBlock:
    lowest, share = rows.iloc[0], Percent(rows["share"].iloc[0])
    return figure(
        HorizontalBars(rows, "name", "share", low="low", high="high", kind=Percent),
        name="topics-satisfied",
        title=claim(
            len(rows) > 1 and lowest["high"] < rows["low"].iloc[1:].min(),
            T("Fewest are satisfied who write about “{topic}”: {share}", topic=lowest["name"], share=share),
            T("How many of those who write about a topic are satisfied"),
        ),
        subtitle=T(
            "Satisfied of the satisfied and dissatisfied, by their rating, else by tone where it is sure; the last "
            "{days}, lines show 95% intervals",
            days=Days(found.feedback.question.period_days),
        ),
        alt=T("A bar for each topic. The shortest: {topic}, {share}.", topic=lowest["name"], share=share),
        source=T("Source: {sources}.", sources=_sources(found)),
        numbers=TableSpec(
            rows,
            {
                "name": Column(T("Topic")),
                "n": Column(T("Customers"), Count),
                "share": Column(T("Satisfied"), Percent, low="low", high="high"),
            },
            n="n",
        ),
    )


def quotes(found: Voice) -> Cards | Notice:
    """What customers wrote, by topic."""
    rows = found.shown[found.shown["quotes"].map(len) > 0].head(MOST_QUOTED)
    if rows.empty:
        return notice(T("No topic is touched by enough customers to quote any"), "info")
    return cards(
        Card(row["name"], facts=(N("{n} customer", "{n} customers", row["customers"]),), quotes=row["quotes"])
        for row in rows.to_dict("records")
    )


def _quoted(words: str) -> Cell:
    """A customer's own words in a table, in the direction of their language."""
    quote = Markup('<q dir="auto">{}</q>').format(words)
    return Cell(lambda voice: quote)


def wishes(found: Voice) -> Together | Notice:
    """What customers ask for that would help others too, the same wish once."""
    every = found.wishes
    shown = every[every["customers"] >= SUPPRESS_BELOW].head(MOST_WISHES)
    few = len(every) - len(shown)
    parts: list[Component] = []
    if len(shown):
        rows = [
            {
                "wish": _quoted(row["quote"]) if row["quote"] else T("(none may be shown)"),
                "customers": row["customers"],
                "sources": join_names([spoken(name) for name in row["sources"]]),
                **{name: Day(row[name].date()) for name in ("first", "last")},
            }
            for row in shown.to_dict("records")
        ]
        parts.append(
            table(
                pd.DataFrame(rows),
                title=T("Suggested most often in the last year"),
                columns={
                    "wish": Column(T("In the words of one of them")),
                    "customers": Column(T("Customers"), Count),
                    "sources": Column(T("Where")),
                    "first": Column(T("First time")),
                    "last": Column(T("Last time")),
                },
                note=T("The same wish in two languages stands twice. Wishes are told by rules, which miss some."),
            )
        )
    if few:
        parts.append(notice(T("Further wishes, most of them of few customers, not shown: {n}", n=Count(few)), "info"))
    return together(*parts) if parts else notice(T("No comment of the last year makes a suggestion"), "info")


def fixes(found: Voice) -> Together | Notice:
    """Whether fewer speak of a topic since it was mended."""
    if not found.fixes:
        return notice(T("No fix is named. Give `fixes` a topic and the day on which it was mended"), "info")
    parts: list[Component] = [findings([_fixed(fix) for fix in found.fixes])]
    told = [fix for fix in found.fixes if fix.lacks is None]
    if told:
        rows = [
            {
                "name": fix.name,
                "day": Day(fix.day),
                **{name: getattr(fix, name) for name in ("before", "now")},
                **{"change": 100 * (fix.now - fix.before), "low": 100 * fix.low, "high": 100 * fix.high},
                **{"ratio": fix.against.value, "ratio_low": fix.against.low, "ratio_high": fix.against.high},
            }
            for fix in told
        ]
        parts.append(
            table(
                pd.DataFrame(rows),
                title=T("Before and after"),
                columns={
                    "name": Column(T("Topic")),
                    "day": Column(T("Mended on")),
                    "before": Column(T("Share before"), Percent),
                    "now": Column(T("Share after"), Percent),
                    "change": Column(T("Change in points"), TENTHS, low="low", high="high"),
                    "ratio": Column(T("Against other topics"), TWO, low="ratio_low", high="ratio_high"),
                },
                note=T(
                    "Up to six stretches of 30 days on either side; intervals by the spread between stretches. Against "
                    "other topics: share after over before, over the same of the topics that nothing was done about."
                ),
            )
        )
        alone = T("Before and after, with nobody who did not get the fix: something else may have done it")
        parts.append(notice(alone, "info"))
    if any(fix.worst_before for fix in told):
        named = join_names([fix.name for fix in told if fix.worst_before])
        worst = T("Mended just after the worst 30 days, so a part of any fall had come anyway: {topics}", topics=named)
        parts.append(notice(worst))
    return together(*parts)


def _fixed(fix: Fix) -> Message:
    values: dict[str, object] = {"topic": fix.name, "day": Day(fix.day)}
    if fix.lacks is not None:
        return T("Nothing can be told of “{topic}” since {day}, because {reason}", reason=fix.lacks, **values)
    values |= {"before": Percent(fix.before), "now": Percent(fix.now)}
    if fix.worked:
        return T(
            "Since {day} clearly fewer write about “{topic}”: {now} of comments, after {before}. Other topics did not "
            "fall as much",
            **values,
        )
    if fix.rose:
        return T("Since {day} more write about “{topic}”, not fewer: {now} of comments, after {before}", **values)
    return T("Since {day} “{topic}” has not clearly changed: {now} of comments, after {before}", **values)


def files(found: Voice) -> Component:
    """A line a topic."""
    table = found.table.drop(columns=["quotes", "clear", "p_adjusted"])
    return export(
        table, "topics", label=T("Every topic with its share now and before"), words=WORDS, n="customers", group="topic"
    )


def remarks(found: Voice) -> Together | Notice:
    """What is odd of the comments, and how it was counted."""
    feedback = found.feedback
    share = Percent(found.without_topic / max(found.comments, 1))
    nothing = T(
        "Comments of the period that touch no topic: {n}, {share} of all", n=Count(found.without_topic), share=share
    )
    other = T("Comments of the period in other languages, where topics have no words: {n}", n=Count(found.unread))
    counts = (
        (found.without_topic, nothing),
        (found.unread, other),
        (
            feedback.repeated,
            T("Comments that a customer wrote twice or nearly so, counted once: {n}", n=Count(feedback.repeated)),
        ),
        (feedback.copies, T("Copies of long comments without a customer, counted once: {n}", n=Count(feedback.copies))),
        (feedback.alike, T("Comments that resemble another customer's, all counted: {n}", n=Count(feedback.alike))),
        (
            feedback.wordless,
            T("Comments without a letter, such as signs and digits only, left out: {n}", n=Count(feedback.wordless)),
        ),
        (feedback.undated, T("Comments without a day, left out: {n}", n=Count(feedback.undated))),
    )
    said = [notice(message, "info") for n, message in counts if n]
    return together(*said) if said else notice(T("Nothing is odd of the comments"), "info")


__all__ = [
    "answer", "changes", "course", "files", "fixes", "headline_tiles", "quotes", "remarks", "score", "tone",
    "topics", "wishes",
]  # fmt: skip
__dir__ = __all__.copy  # what completion offers
