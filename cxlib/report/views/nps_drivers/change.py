"""Whether the score changed: by month against its usual range, and where a change comes from."""

from dataclasses import replace
from functools import partial
from typing import Any

from cxlib.drivers import ScoreStudy
from cxlib.language import Count, Days, Month, Percent, Points, T, WordList, column_name, join_names, spoken
from cxlib.measures import ChangeExplained, DividedChange
from cxlib.measures.sampling import LEVEL
from cxlib.report.component import Together, together
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.plots import LineChart
from cxlib.report.suppression import large_groups
from cxlib.report.table import Column, TableSpec, table
from cxlib.report.text import Notice, findings, notice

TENTHS = partial(Points, digits=1)
SIGNALS = WordList("signals of a course")


def score_over_time(study: ScoreStudy) -> FigureBlock | Notice:
    """The score by month with its control limits; the head says whether the last period differs from the one before."""
    if study.trend is None:
        return notice(T("Too few months have answers with a date, so there is no course over time"), "info")
    trend, doubt = study.trend, study.doubt
    shown = trend.table[trend.table["standing"] != "suppressed"].reset_index(drop=True)
    days: Any = [period.start_time for period in shown["period"]]
    months: Any = [Month(day.date()) for day in days]
    signals: Any = [SIGNALS[signal] for signal in shown["signal"]]
    frame = shown.assign(month=days, centre=trend.centre)
    first, last = months[0], months[-1]
    outside = frame["signal"].isin(["below", "above"]) & (doubt is None)  # on another scale nothing is usual
    alt = T(
        "A line by month over a band, the range that is usual. Last, {last}: {value}, where {low} to {high} is "
        "usual. Months outside it: {n}.",
        n=Count(int(outside.sum())),
        last=last,
        value=trend.outcome.say(shown["value"].iloc[-1]),
        low=trend.outcome.say(shown["lower"].iloc[-1]),
        high=trend.outcome.say(shown["upper"].iloc[-1]),
    )
    usual = {
        "lower": Column(T("Usual from"), trend.outcome.say),
        "upper": Column(T("Usual to"), trend.outcome.say),
        "signal": Column(T("Signal")),
    }
    return figure(
        LineChart(
            frame,
            x="month",
            lines={"value": trend.outcome.short} if doubt else {"value": trend.outcome.short, "centre": T("usual")},
            bands={} if doubt else {"centre": ("lower", "upper")},
            kind=trend.outcome.say,
            highlight="value",
            from_zero=False,
            marks=frame.loc[outside, "month"].tail(1).tolist(),
        ),
        name=f"{trend.outcome.name}-over-time",
        title=doubt or trend.headline,
        subtitle=T(
            "{score} by month, {first} to {last}, {n} answers",
            score=trend.outcome.label,
            first=first,
            last=last,
            n=Count(shown["n"].sum()),
        ),
        alt=T("A line by month. {doubt}.", doubt=doubt) if doubt else alt,
        source=T("Source: surveys. Months with too few answers are left out.")
        if doubt
        else T(
            "Source: surveys. The band is three standard errors about the score of the earlier months: chance "
            "alone leaves it about once in three hundred months. Months with too few answers are left out."
        ),
        numbers=TableSpec(
            frame.assign(month=months, signal=signals),
            {
                "month": Column(T("Month")),
                "value": Column(trend.outcome.label, trend.outcome.say, low="low", high="high"),
                "n": Column(T("Answers"), Count),
                **({} if doubt else usual),
            },
            n="n",
        ),
    )


def change_explained(study: ScoreStudy) -> Together | Notice:
    """Where the change comes from: who answered, and how each group answered."""
    named = with_spoken_changes(study.by_group)
    if named.leading is None:
        return notice(T("There is no earlier period with enough answers to explain a change from"), "info")
    if study.doubt is not None:
        return notice(study.doubt, "warning")
    leading, days = named.parts[named.leading], Days(study.data.survey.period_days)
    said = named.findings if is_shown(leading) else named.findings[1:]
    part, by = leading, named.leading
    name = column_name(by)
    shown = {end: part.table[end].round() for end in ("score_now", "score_before")}
    shares = table(
        part.table.assign(difference=shown["score_now"] - shown["score_before"]),
        title=T(
            "The last {days} against the {days} before, in points of the whole score, by {column}",
            days=days,
            column=name,
        ),
        n="n_now",
        columns={
            "group": Column(name),
            "n_now": Column(T("Answers"), Count),
            "score_before": Column(T("{score} before", score=part.change.outcome.label), part.change.outcome.say),
            "score_now": Column(T("{score} now", score=part.change.outcome.label), part.change.outcome.say),
            "difference": Column(T("Change of the group"), Points, low="difference_low", high="difference_high"),
            "mix": Column(T("From who answered"), TENTHS, low="mix_low", high="mix_high"),
            "performance": Column(T("From how they answered"), TENTHS, low="performance_low", high="performance_high"),
        },
        note=T(
            "But for rounding, the last two columns of all groups add up to the change of the score. Intervals "
            "are {level}.",
            level=Percent(LEVEL),
        ),
    )
    return together(shares, findings(said, _others(named)))


def is_shown(part: ChangeExplained) -> bool:
    """Whether the group that a headline names, if any, is one that its table shows."""
    shown = large_groups(part.table, "n_now", label="group").index
    return part.changed.empty or part.changed["performance"].abs().idxmax() in shown


def _others(change: DividedChange) -> list[Any]:
    """A sentence for each further division in which a group changed; one for all in which none did."""
    others = [part for by, part in change.parts.items() if by != change.leading and not part.changed.empty]
    changed = [part.headline for part in others if is_shown(part)]
    quiet = [by for by, part in change.parts.items() if by != change.leading and part.changed.empty]
    if not quiet:
        return changed
    columns = join_names([column_name(by) for by in quiet])
    return [*changed, T("Looked at too, and no group's score has clearly changed: {columns}", columns=columns)]


def with_spoken_changes(change: DividedChange) -> DividedChange:
    """The same change with groups as a reader sees them."""
    parts = {}
    for by, part in change.parts.items():
        names: Any = [spoken(group, by) for group in part.table["group"]]
        parts[by] = replace(part, table=part.table.assign(group=names))
    return DividedChange(parts)
