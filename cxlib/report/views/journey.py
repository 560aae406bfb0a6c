"""The page of ``notebooks/journey.ipynb``.

Each function takes the journey of `cxlib.journey` and gives one component: the head and the tiles, the map, the funnel,
touchpoints and pain points, ways that customers take, and what is odd of the data.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from cxlib.journey import STAGES, Difference, Journey, Stop
from cxlib.language import Count, Day, Days, Decimal, Message, N, Percent, Points, T, about_money, join_names
from cxlib.measures import Figure, Metric, too_few_to_tell
from cxlib.measures.nps import SUPPRESS_BELOW
from cxlib.report.component import Component, Together, together
from cxlib.report.figure import FigureBlock, figure
from cxlib.report.head import PageHead, Tiles, page_head, tiles
from cxlib.report.plots import HorizontalBars
from cxlib.report.plots.strip import JourneyStrip
from cxlib.report.table import Column, Table, TableSpec, table
from cxlib.report.text import Notice, claim, notice

NUMBERS = T("Every number of each touchpoint")
PATHS = T("Every way that 30 customers or more took")
MOST_DRAWN = 8  # touchpoints in the map
TWO = partial(Decimal, digits=2)


def answer(journey: Journey) -> PageHead:
    """The page's head: where customers are lost, and where to start."""
    kicker = [
        T("Data to {day}", day=Day(journey.end)),
        N("{n} touchpoint", "{n} touchpoints", len(journey.shown)),
        T("the last {days}", days=Days(journey.question.period_days)),
    ]
    compared = any(np.isfinite(stop.excess.value) for stop in journey.stops)
    others = [stop.touchpoint.label for stop in journey.pain_points[1:3]]
    bullets = [one.message for one in journey.breaks if one.kind != "prices"][:1]
    bullets += [T("Clearly more than without it are also lost at: {names}", names=join_names(others))] if others else []
    if journey.made_backwards and compared and not journey.pain_points:
        bullets.append(T("At the touchpoints that can be compared no more customers are lost than without them"))
    bullets += [
        _from_to(journey, moved) for moved in [each for each in journey.changes if _stands_out(journey, each)][:1]
    ]
    said = [(stop.voice.csat, stop.touchpoint.label) for stop in journey.shown if stop.voice.csat]
    said.sort(key=lambda pair: pair[0].value)
    if len(said) > 1 and said[0][0].high < min(figure.low for figure, _ in said[1:]):  # clearly, whichever it is
        worst, name = said[0]
        bullets.append(
            T(
                "Fewest of all are satisfied with what they met at {touchpoint}: {share}",
                touchpoint=name,
                share=Percent(worst.value),
            )
        )
    return page_head(journey.headline, kicker=kicker, bullets=bullets[:2], action=_first(journey))


def _stands_out(journey: Journey, moved: Difference) -> bool:
    """Whether a clear change is the touchpoint's own: apart from that of all others of its stage, who may be others."""
    peers = [
        each.change
        for each in journey.changes
        if (each.what, each.touchpoint.stage) == (moved.what, moved.touchpoint.stage) and each is not moved
    ]
    return bool(moved.tone) and all(moved.change.low > one.high or moved.change.high < one.low for one in peers)


def _from_to(journey: Journey, moved: Difference) -> Message:
    """A change in numbers."""
    values = {
        "touchpoint": moved.touchpoint.label,
        "before": Percent(moved.other.value),
        "now": Percent(moved.one.value),
    }
    values |= {"days": Days(journey.question.window_days)}
    if moved.what == "csat":
        rose = T("At “{touchpoint}” more are satisfied than before: {now} against {before}", **values)
        fell = T("At “{touchpoint}” fewer are satisfied than before: {now} against {before}", **values)
    else:
        rose = T(
            "After “{touchpoint}” more are lost than before: {now} do not buy within {days}, {before} before", **values
        )
        fell = T(
            "After “{touchpoint}” fewer are lost than before: {now} do not buy within {days}, {before} before", **values
        )
    return claim(moved.change.value > 0, rose, fell)


def _first(journey: Journey) -> Message | None:
    """Where to start; None where nothing is clear."""
    if journey.pain_points:
        worst = journey.pain_points[0]
        named = {"touchpoint": worst.touchpoint.label, "days": Days(journey.question.period_days)}
        if worst.lost_cents > 0:
            parts = zip(("money", "low", "high"), _worth(worst), strict=True)
            return T(
                "Start with “{touchpoint}”: orders of about {money} ({low} to {high}) in {days} are missing after it",
                **{name: about_money(cents, journey.currency) for name, cents in parts},
                **named,
            )
        return T("Start with “{touchpoint}”: nowhere are more customers lost", **named)
    if journey.made_backwards:
        return T("Record visits of people who do not buy too: without them nobody is seen to leave")
    return None


def _worth(stop: Stop) -> tuple[float, float, float]:
    """An order of each customer who is lost, with the interval of how many they are, in minor units."""
    excess, each = stop.excess, stop.lost_cents / stop.excess.value
    return stop.lost_cents, each * excess.low, each * excess.high


def headline_tiles(journey: Journey) -> Tiles | Notice:
    """How many go on from each stage; also for metrics.json."""
    names = {
        "before": ("bought_after_contact", T("Buy after a visit or another first contact")),
        "during": ("bought_again", T("Buy again after an order")),
        "after": ("bought_after_service", T("Buy again after contact with the company")),
    }
    metrics = []
    for stage, (name, label) in names.items():
        stop = journey.stages.get(stage)
        if stop is None or stop.customers < SUPPRESS_BELOW or not np.isfinite(stop.drop.value):
            continue
        note = T("within {days}", days=Days(journey.question.window_days))
        facts: dict[str, Any] = {
            "as_of": journey.end,
            "window_days": journey.question.period_days,
            "note": note,
            "n": stop.customers,
        }
        facts |= {"low": 1 - stop.drop.high, "high": 1 - stop.drop.low}
        metrics.append(Metric(name, label, 1 - stop.drop.value, unit="percent", polarity=1, **facts))
    return tiles(*metrics) if metrics else notice(journey.headline, "info")


def _of(figure_: Figure | None, name: str) -> dict[str, float]:
    """A figure's value and ends as cells; ends that are the same day say nothing."""
    low, high = getattr(figure_, "low", np.nan), getattr(figure_, "high", np.nan)
    ends = (np.nan, np.nan) if low == high else (low, high)
    return {name: getattr(figure_, "value", np.nan), f"{name}_low": ends[0], f"{name}_high": ends[1]}


def _row(stop: Stop) -> dict[str, object]:
    return {
        "stage": STAGES[stop.touchpoint.stage],
        "name": stop.touchpoint.label,
        "customers": stop.customers,
        "lost": stop.is_clear,
        **_of(stop.voice.csat, "csat"),
        **_of(stop.voice.easy, "easy"),
        **_of(stop.drop, "drop"),
        **_of(stop.comparison.base, "base"),
        **_of(stop.voice.gap, "gap"),
        **_of(stop.wait, "wait"),
    }


def _not_bought(journey: Journey) -> Message:
    return T("Do not buy within {days}", days=Days(journey.question.window_days))


def the_map(journey: Journey) -> FigureBlock | Notice:
    """The map: stages and touchpoints with volume, satisfaction, ease and drop-off."""
    if not journey.shown:
        return notice(journey.headline, "info")
    largest = sorted(journey.shown, key=lambda stop: (-stop.is_clear, -stop.customers))[:MOST_DRAWN]
    frame = pd.DataFrame([_row(stop) for stop in journey.shown if stop in largest])
    worst = max(journey.shown, key=lambda stop: stop.drop.value if np.isfinite(stop.drop.value) else -1.0)
    values = {"touchpoint": worst.touchpoint.label, "share": Percent(worst.drop.value)}
    pain = journey.pain_points[0] if journey.pain_points else worst
    return figure(
        JourneyStrip(frame, _not_bought(journey)),
        name="journey-map",
        title=claim(
            bool(journey.pain_points),
            T("Clearly fewer customers buy after “{touchpoint}” than without it", touchpoint=pain.touchpoint.label),
            T("The journey, touchpoint by touchpoint"),
        ),
        subtitle=T(
            "Customers of the last {days}, shares with intervals; highlighted: clearly more are lost than without it",
            days=Days(journey.question.period_days),
        ),
        alt=T(
            "A strip of touchpoints by stage. The largest share that does not buy within the window is {share}, "
            "after {touchpoint}.",
            **values,
        ),
        source=claim(
            len(frame) < len(journey.shown),
            T("The touchpoints that most customers met; the table below has all. Intervals are 95%."),
            T("Source: the tables that tell each touchpoint, and surveys; intervals are 95%."),
        ),
        numbers=_numbers(journey, frame),
    )


def _numbers(journey: Journey, frame: pd.DataFrame) -> TableSpec:
    columns = {
        "name": Column(T("Touchpoint")),
        "customers": Column(T("Customers"), Count),
        "csat": Column(T("Satisfied"), Percent, low="csat_low", high="csat_high"),
        "easy": Column(T("Find it easy"), Percent, low="easy_low", high="easy_high"),
        "drop": Column(_not_bought(journey), Percent, low="drop_low", high="drop_high"),
    }
    return TableSpec(frame, columns)


def funnel(journey: Journey) -> FigureBlock | Notice:
    """How many go on from each stage, by the definitions of the map."""
    stops = [
        stop
        for stop in journey.stages.values()
        if stop.customers >= SUPPRESS_BELOW and stop.drop.value == stop.drop.value
    ]
    if not stops:
        return notice(journey.headline, "info")
    rows = [
        {
            "stage": stop.touchpoint.label,
            "customers": stop.customers,
            "on": 1 - stop.drop.value,
            "low": 1 - stop.drop.high,
            "high": 1 - stop.drop.low,
            **_of(stop.wait, "wait"),
        }
        for stop in stops
    ]
    frame, days = pd.DataFrame(rows), Days(journey.question.window_days)
    fewest = frame.sort_values("on").iloc[0]
    values = {"stage": fewest["stage"], "share": Percent(fewest["on"]), "days": days}
    return figure(
        HorizontalBars(frame, "stage", "on", low="low", high="high", kind=Percent),
        name="stages",
        title=claim(
            len(frame) > 1 and bool((frame.sort_values("on")["low"].iloc[1:] > fewest["high"]).all()),
            T("Fewest go on from “{stage}”: {share} buy within {days}", **values),
            T("How many go on from each stage"),
        ),
        subtitle=T("Share that buys within {days} of a meeting, or buys again; lines show 95% intervals", days=days),
        alt=T("A bar for each stage. From “{stage}” {share} buy within {days}.", **values),
        source=T("Source: the tables that tell each touchpoint. Customers seen for less than the window are censored."),
        numbers=TableSpec(
            frame,
            {
                "stage": Column(T("Stage")),
                "customers": Column(T("Customers"), Count),
                "on": Column(T("Go on"), Percent, low="low", high="high"),
                "wait": Column(
                    T("Days until half have bought"), partial(Decimal, digits=0), low="wait_low", high="wait_high"
                ),
            },
        ),
    )


def touchpoints(journey: Journey) -> Table | Notice:
    """Each touchpoint beside what comes without it."""
    if not journey.shown:
        return notice(journey.headline, "info")
    frame = pd.DataFrame([_row(stop) for stop in journey.shown])
    columns = {
        "name": Column(T("Touchpoint")),
        "customers": Column(T("Customers"), Count),
        "csat": Column(T("Satisfied"), Percent, low="csat_low", high="csat_high"),
        "gap": Column(T("Experience less expectation"), TWO, low="gap_low", high="gap_high"),
        "drop": Column(_not_bought(journey), Percent, low="drop_low", high="drop_high"),
        "base": Column(T("Without it"), Percent, low="base_low", high="base_high"),
        "wait": Column(T("Days until half have bought"), partial(Decimal, digits=0), low="wait_low", high="wait_high"),
    }
    known = {name: column for name, column in columns.items() if name == "name" or frame[name].notna().any()}
    note = T(
        "Without it: who bought as long ago and as often and did not meet it. "
        "A pain point must stand out among the same customers too: a touchpoint for those who buy rarely does not."
    )
    return table(frame, title=T("Touchpoints"), columns=known, note=note)


def pain_points(journey: Journey) -> Table | Notice:
    """Where clearly more are lost, by customers x excess x value; a notice where nowhere is."""
    if not journey.pain_points:
        return notice(journey.headline, "info")
    rows = [
        {
            "name": stop.touchpoint.label,
            "customers": stop.customers,
            **_of(stop.excess, "excess"),
            **_of(Figure(stop.lost, n * stop.excess.low, n * stop.excess.high, n), "lost"),
            **_of(Figure(*_worth(stop), n), "money"),
        }
        for stop in journey.pain_points
        for n in [stop.customers]
    ]
    frame = pd.DataFrame(rows)
    frame = frame.assign(**{name: 100 * frame[name] for name in ("excess", "excess_low", "excess_high")})
    columns = {
        "name": Column(T("Touchpoint")),
        "customers": Column(T("Customers"), Count),
        "excess": Column(
            T("More lost than without it, points"), partial(Points, signed=True), low="excess_low", high="excess_high"
        ),
        "lost": Column(T("As many customers"), partial(Decimal, digits=0), low="lost_low", high="lost_high"),
        "money": Column(
            T("Worth, at an order each"),
            partial(about_money, currency=journey.currency),
            low="money_low",
            high="money_high",
        ),
    }
    if frame["money"].isna().all():
        del columns["money"]
    note = T(
        "An association: what else these customers differ in may be behind it. Only a trial tells what a change brings."
    )
    return table(frame, title=T("Pain points"), columns=columns, note=note)


def ways(journey: Journey) -> Together | Notice:
    """Ways that many take, and those after which nothing comes."""
    if journey.paths.table.empty:
        return notice(T("No way was taken by {n} customers or more", n=Count(SUPPRESS_BELOW)), "info")
    note = T(
        "Ways that fewer took are left out: {n} of {all}", n=Count(journey.paths.others), all=Count(journey.paths.times)
    )
    shown: list[Component] = [_ways(journey, journey.paths.common, T("Ways that many take"), note)]
    days = Days(journey.question.window_days)
    if not journey.paths.ending.empty:
        last = T("After their last step nothing followed within {days}.", days=days)
        shown.append(_ways(journey, journey.paths.ending, T("Ways that end"), last))
    else:
        shown.append(notice(T("No way that many take ends without a purchase within {days}", days=days), "info"))
    return together(*shown)


def _ways(journey: Journey, rows: pd.DataFrame, title: Message, note: Message) -> Table:
    labels = {stop.touchpoint.name: stop.touchpoint.label for stop in journey.stops}
    names = []
    for steps, more in zip(rows["steps"], rows["more"], strict=True):
        said: Message = labels[steps[0]]
        for step in steps[1:]:
            said = T("{way} → {step}", way=said, step=labels[step])
        names.append(T("{way} → …", way=said) if more else said)
    seen = rows["bought"] + rows["ended"]
    frame = pd.DataFrame(
        {
            "way": names,
            "times": rows["times"].tolist(),
            "customers": rows["customers"].tolist(),
            "bought": (rows["bought"] / seen.where(seen > 0)).tolist(),
        }
    )
    columns = {
        "way": Column(T("Way")),
        "times": Column(T("Times"), Count),
        "customers": Column(T("Customers"), Count),
        "bought": Column(T("Ended with an order"), Percent),
    }
    return table(frame, title=title, columns=columns, note=note)


def by_group(journey: Journey) -> Table | Notice:
    """Drop-off by group of customers, each against all others; a notice where groups are too small."""
    if not journey.groups:
        return notice(T("Too few customers in each group"), "info")
    columns = {
        "touchpoint": Column(T("Touchpoint")),
        "group": Column(T("Group")),
        "customers": Column(T("Customers"), Count),
        "one": Column(_not_bought(journey), Percent, low="one_low", high="one_high"),
        "other": Column(T("All others"), Percent),
        "verdict": Column(T("Against all others")),
    }
    frame = _differences(journey.groups, (T("more"), T("fewer"), T("no clear difference")))
    return table(frame, title=T("Touchpoints by group"), columns=columns)


def changes(journey: Journey) -> Table | Together | Notice:
    """What changed since the days before; a notice where there is nothing to compare."""
    days = Days(journey.question.change_days)
    if not journey.changes:
        return notice(T("There is nothing to compare with in the {days} before", days=days), "info")
    columns = {
        "touchpoint": Column(T("Touchpoint")),
        "what": Column(T("Share")),
        "other": Column(T("Before"), Percent),
        "one": Column(T("Now"), Percent, low="one_low", high="one_high"),
        "change": Column(T("Change, points"), partial(Points, signed=True), low="change_low", high="change_high"),
        "verdict": Column(T("What it says")),
    }
    frame = _differences(journey.changes, (T("rose"), T("fell"), T("no clear change")))
    names = {"drop": _not_bought(journey), "csat": T("Satisfied")}
    frame["what"] = frame["what"].map(names)
    title = T("The last {days} against as many before", days=days)
    note = T("All changes are tested together. Seasons and other customers change shares too.")
    said = [each for each in journey.changes if each.what == "csat"]
    moved = [each.touchpoint.label for each in said if each.is_clear]
    few = too_few_to_tell(sum(each.one.n for each in said), journey.question.change_days, moved)
    told = table(frame, title=title, columns=columns, note=note)
    return told if few is None else together(told, notice(few))


def _differences(found: Sequence[Difference], words: tuple[Message, ...]) -> pd.DataFrame:
    """A row a difference; `words` where it is clearly above zero, clearly below and neither."""
    rows = []
    for each in found:
        change = each.change
        verdict = words[int(change.value < 0) if each.is_clear else 2]
        points = Figure(100 * change.value, 100 * change.low, 100 * change.high, change.n)
        facts = {"touchpoint": each.touchpoint.label, "what": each.what, "group": each.group, "verdict": verdict}
        figures = {**_of(each.one, "one"), **_of(each.other, "other"), **_of(points, "change")}
        rows.append({**facts, "customers": each.one.n, **figures})
    return pd.DataFrame(rows)


def remarks(journey: Journey) -> Together | Notice:
    """What is odd of the data, and how it was counted."""
    said = [*(one.in_sums for one in journey.breaks), *_odd_rows(journey), *_odd_answers(journey), *_unmet(journey)]
    if not said:
        return notice(T("Nothing is odd of the rows behind the journey"), "info")
    return together(*(notice(message, "info") for message in said))


def _odd_rows(journey: Journey) -> Iterator[Message]:
    for name, count in journey.counts.items():
        values = {"table": name, "all": Count(count["rows"])}
        if n := count.get("bots"):
            yield T(
                "Visits left out because a program seems to make them, by the rule of the method below: {n}", n=Count(n)
            )
        if n := count.get("one_page"):
            yield T("Visits of a single page, which count as visits: {n} of {all}", n=Count(n), all=values["all"])
        if n := count["nobody"]:
            yield T(
                "Rows of table {table} without a customer, who cannot be followed: {n} of {all}", n=Count(n), **values
            )
        if n := count["untold"] if name != "surveys" else 0:
            yield T("Rows of table {table} that no touchpoint names: {n} of {all}", n=Count(n), **values)
        if count.get("open") and count["open"] == count["rows"]:
            yield T("None of the tickets is closed: how they ended cannot be told")


def _odd_answers(journey: Journey) -> Iterator[Message]:
    yield from journey.voices.untold
    if journey.voices.strangers:
        names = join_names(list(journey.voices.strangers[:MOST_DRAWN]))
        yield T("Answers name touchpoints that the journey does not: {names}", names=names)
    if n := journey.voices.too_early:
        yield T("Answers about an order or what follows it, of customers without one until then: {n}", n=Count(n))


def _unmet(journey: Journey) -> Iterator[Message]:
    if empty := [stop.touchpoint.label for stop in journey.stops if not stop.meetings]:
        yield T("Touchpoints that nobody met: {names}", names=join_names(empty))
    met = {name for name, stop in journey.stages.items() if stop.meetings}
    if lacking := [title for name, title in STAGES.items() if name not in met]:
        yield T("Stages without any meeting: {names}", names=join_names(lacking))


__all__ = [
    "NUMBERS", "PATHS", "answer", "by_group", "changes", "funnel", "headline_tiles", "pain_points", "remarks",
    "the_map", "touchpoints", "ways",
]  # fmt: skip
__dir__ = __all__.copy  # what completion offers
