"""The journey of a company: its touchpoints with their numbers, and at which of them customers are lost."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from cxlib.checks import check_days, read_day
from cxlib.data import Break, Workspace, counted_days, find_breaks, find_recorded
from cxlib.data.frames.journey import TABLES_MET, journey_events
from cxlib.data.survey_frames import RATING
from cxlib.errors import DataError, ParameterError, nearest
from cxlib.journey.differences import (
    ALPHA,
    FEW,
    Difference,
    Voice,
    Voices,
    bought_before,
    by_group,
    find_changes,
    hear,
    p_value,
)
from cxlib.journey.steps import Comparison, Paths, Steps, compare, find_paths, left_within, make_steps, time_to_next
from cxlib.journey.touchpoints import GOAL, STAGES, Touchpoint, read_touchpoints, usual_touchpoints
from cxlib.language import Count, Days, Message, Percent, Points, T, minor_units
from cxlib.measures.nps import SUPPRESS_BELOW
from cxlib.measures.rates import UNKNOWN, Figure
from cxlib.measures.result import Brief, Result
from cxlib.measures.sampling import LEAST_RATIO, LEAST_SHARE, adjust_holm
from cxlib.measures.satisfaction import Scale

LONGEST_WINDOW = 365
MOST_GROUPS = 12
BOUGHT_BEFORE = (  # the period, by `bought_before`
    T("Had not bought before"),
    T("Had bought up to {n} times before", n=Count(FEW)),
    T("Had bought more than {n} times before", n=Count(FEW)),
)


@dataclass(frozen=True, repr=False)
class JourneyQuestion(Brief):
    """What is asked.

    >>> JourneyQuestion(window_days=14, group_by="region").period_days
    365
    """

    observation_end: str = ""  # last day that counts; empty: the last day on which anybody bought
    period_days: int = 365  # of meetings that are looked at
    window_days: int = 30  # within which a customer goes on, or is lost
    touchpoints: Mapping[str, object] = field(default_factory=dict)  # of `read_touchpoints`
    csat_scale: Sequence[int] = (1, 5, 2)  # lowest and highest answer, how many of the best count: `Scale`
    ces_scale: Sequence[int] = (1, 7, 3)
    group_by: str = ""  # a column of customers; empty: by how often they had bought before the period
    change_days: int = 90  # the last so many are held against as many before

    def __post_init__(self) -> None:
        check_days("period_days", self.period_days)
        check_days("window_days", self.window_days)
        check_days("change_days", self.change_days)
        if self.window_days > LONGEST_WINDOW:
            raise ParameterError(f"window_days={self.window_days}: at most {LONGEST_WINDOW} can be told. Use fewer.")


@dataclass(frozen=True, repr=False)
class Stop(Brief):
    """One touchpoint with its numbers; of fewer than 30 customers only how many they are."""

    touchpoint: Touchpoint
    meetings: int
    of_nobody: int  # meetings of which it is not known whose they are
    customers: int
    share: float  # of all customers who met anything
    comparison: Comparison
    excess: Figure  # how many more do not go on than without it: the less sure of two comparisons
    wait: Figure  # median days until they buy
    voice: Voice
    is_clear: bool = False  # whether the excess is beyond chance and of a size that matters
    lost_cents: float = np.nan  # customers x excess x an order's value

    @property
    def drop(self) -> Figure:
        """Share that does not go on within the window."""
        return self.comparison.drop

    @property
    def lost(self) -> float:
        """Customers x excess."""
        return self.customers * self.excess.value


@dataclass(frozen=True, repr=False)
class Journey(Result):
    """The journey of a company.

    >>> from cxlib.data import Workspace
    >>> days = pd.date_range("2026-01-01", periods=100).repeat(2)
    >>> orders = pd.DataFrame({"customer_id": [f"c{n}" for n in range(100)] * 2, "at": days, "amount": 5})
    >>> way = study_journey(Workspace.from_frames({"transactions": orders}, currency="EUR", time_zone="UTC"))
    >>> way.table[["touchpoint", "customers"]].to_numpy().tolist()
    [['order', 100]]
    """

    end: dt.date
    question: JourneyQuestion
    stops: tuple[Stop, ...]  # by stage, in the order in which they are written
    stages: Mapping[str, Stop]  # all touchpoints of a stage together
    paths: Paths
    voices: Voices
    counts: Mapping[str, Mapping[str, Any]] = field(repr=False)  # of `journey_events`
    groups: tuple[Difference, ...] = field(repr=False)
    changes: tuple[Difference, ...] = field(default=(), repr=False)
    currency: str = ""
    breaks: tuple[Break, ...] = field(default=(), repr=False)
    made_backwards: bool = False  # whether every visit is followed by an order: only those of buyers are recorded

    @property
    def shown(self) -> list[Stop]:
        """Touchpoints of 30 customers and more."""
        return [stop for stop in self.stops if stop.customers >= SUPPRESS_BELOW]

    @property
    def pain_points(self) -> list[Stop]:
        """Where clearly more are lost than without it, by customers x excess x value."""
        return sorted((stop for stop in self.stops if stop.is_clear), key=lambda stop: -stop.lost)

    @property
    def headline(self) -> Message:
        """Where customers are lost."""
        days = Days(self.question.window_days)
        if not self.shown:
            return T("Too few customers for a journey: a touchpoint needs {n}", n=Count(SUPPRESS_BELOW))
        if self.pain_points:
            worst = self.pain_points[0]
            return T(
                "After “{touchpoint}” {share} do not buy within {days}, {gap} points more than of those alike "
                "without it",
                touchpoint=worst.touchpoint.label,
                share=Percent(worst.drop.value),
                days=days,
                gap=Points(100 * worst.excess.value, signed=False),
            )
        if self.made_backwards:
            return T("Where we lose people before they buy cannot be told: each visit here was followed by an order")
        if not any(np.isfinite(stop.excess.value) for stop in self.shown):
            return T("Where customers are lost cannot be told: there is nothing to compare any touchpoint with")
        return T("After no touchpoint do clearly fewer buy within {days} than without it", days=days)

    @property
    def face(self) -> pd.DataFrame:
        """A line a touchpoint, in quantities."""
        rows = [
            (stop.touchpoint.label, Count(stop.customers), Percent(stop.drop.value), stop.is_clear)
            for stop in self.shown
        ]
        return pd.DataFrame(rows, columns=["touchpoint", "customers", "do not go on", "clearly more than without it"])

    @property
    def table(self) -> pd.DataFrame:
        """Every number of each touchpoint that 30 customers met: shares as fractions, amounts in units."""
        unit = minor_units(self.currency) if self.currency else 1
        rows = pd.DataFrame([_row(stop, unit) for stop in self.stops])
        return rows[rows["customers"] >= SUPPRESS_BELOW].reset_index(drop=True)


def study_journey(company: Workspace, question: JourneyQuestion | None = None) -> Journey:
    """The journey of a workspace's customers.

    `company`: With transactions, or what tells a touchpoint of the stage "during", and what customers meet.
    Raises ParameterError: a parameter cannot be meant.
    Raises DataError: there is nothing that could be told.

    >>> days = pd.date_range("2026-01-01", periods=100).repeat(2)
    >>> orders = pd.DataFrame({"customer_id": [f"c{n}" for n in range(100)] * 2, "at": days, "amount": 5})
    >>> shop = Workspace.from_frames({"transactions": orders}, currency="EUR", time_zone="UTC")
    >>> [stop.touchpoint.name for stop in study_journey(shop).stops]
    ['order']
    """
    question = question or JourneyQuestion()
    touchpoints = read_touchpoints(question.touchpoints) or usual_touchpoints(_columns(company))
    _check(company, touchpoints)
    breaks = _breaks(company, question)
    first, last = counted_days(breaks)
    end = min(_end(company, question, touchpoints), last)
    events, counts = journey_events(company, [one.rows for one in touchpoints], until=end)
    events = events[events["day"] >= pd.Timestamp(first)] if first > dt.date.min else events  # others, by other ids
    steps = make_steps(touchpoints, events, end=end, period_days=question.period_days, window=question.window_days)
    nobody = events[events["customer_id"].isna()].groupby("touchpoint")["n"].sum()
    del events  # of millions of rows: what follows needs its place
    if not len(steps.bought):
        raise DataError("nobody has met a touchpoint of the stage 'during' by the last day. Look at its conditions.")
    scales = Scale(*question.csat_scale), Scale(*question.ces_scale)
    voices = hear(company, steps, *scales)
    stops = [
        replace(stop, of_nobody=int(nobody.get(number, 0)), voice=voices.each[number])
        for number, stop in enumerate(find_stops(steps))
    ]
    stages = {
        name: _stop(steps, numbers, Touchpoint(name, title, name, ""))
        for name, title in STAGES.items()
        if (numbers := steps.stage(name))
    }
    worth = steps.in_period & (steps.cents > 0)
    order = float(steps.cents[worth].sum() / worth.sum()) if worth.any() else np.nan
    judged, paths, groups = judge(stops, order), find_paths(steps), _groups(company, steps, question)
    changes = find_changes(steps, question.change_days, lambda part: hear(company, part, *scales).each)
    since = end - dt.timedelta(days=2 * question.change_days)
    used = sorted({"surveys", *(one.rows.table for one in touchpoints)})
    found = [one for name in used for one in find_recorded(company, name, observation_end=end)]
    others = [one for one in found if one.last > since and one.kind not in ("ruled", "trials")]  # who is met and buys
    changes, breaks = () if others else changes, (*breaks, *others)
    odd = company.counted_in, breaks, bool(steps.backwards)
    return Journey(end, question, judged, stages, paths, voices, counts, groups, changes, *odd)


def _breaks(company: Workspace, question: JourneyQuestion) -> tuple[Break, ...]:
    """Those of the log of purchases; of prices those of the period, whose orders are counted at their average."""
    if not company.has("transactions"):
        return ()
    found = find_breaks(company, observation_end=question.observation_end or None, prices=company.has_amounts)
    last = read_day(question.observation_end, name="observation_end") if question.observation_end else company.last_day
    start = last - dt.timedelta(days=question.period_days)
    return tuple(one for one in found if one.kind != "prices" or one.first > start)


def find_stops(steps: Steps) -> list[Stop]:
    """Each touchpoint with what customers did after it, not yet judged."""
    return [_stop(steps, [number], one) for number, one in enumerate(steps.touchpoints)]


def judge(stops: Sequence[Stop], order_cents: float = np.nan) -> tuple[Stop, ...]:
    """The touchpoints with what is clear of their losses: all tested together, and large enough to matter."""
    sure = adjust_holm([max(map(p_value, stop.comparison.excesses), default=np.nan) for stop in stops]) < ALPHA
    judged = []
    for stop, is_sure in zip(stops, sure, strict=True):
        least = max(LEAST_SHARE, (LEAST_RATIO - 1) * stop.comparison.base.value)
        lowest = min((each.value for each in stop.comparison.excesses), default=np.nan)
        clear = bool(is_sure and lowest >= least and stop.excess.low > 0)
        judged.append(replace(stop, is_clear=clear, lost_cents=stop.lost * order_cents if clear else np.nan))
    return tuple(judged)


def _columns(company: Workspace) -> dict[str, frozenset[str]]:
    """Of each table, the columns that hold anything."""
    found = {}
    for name in TABLES_MET:
        if company.has(name):
            table = company.table(name)
            known = table.aggregate(**{column: table[column].count() for column in table.columns}).to_pyarrow()
            counts = known.to_pylist()[0]
            if any(counts.values()):
                found[name] = frozenset(column for column, n in counts.items() if n)
    return found


def _check(company: Workspace, touchpoints: Sequence[Touchpoint]) -> None:
    for one in touchpoints:
        if not company.has(one.table):
            raise ParameterError(
                f"touchpoints: {one.name}: there is no table {one.table!r}. Add it to sources.yaml, or leave this out."
            )
        asked = [name[len(RATING) :] for name in _ratings(company)]
        if one.rating and asked and one.rating not in asked:
            hint = nearest(one.rating, asked)
            raise ParameterError(f"touchpoints: {one.name}: surveys have no rating {one.rating!r}. {hint}")
    if not any(one.stage == GOAL for one in touchpoints):
        why = "no row of transactions counts" if company.has("transactions") else "no table says who bought"
        raise DataError(f"there is nothing to go on to: {why}. Bring transactions.")


def _ratings(company: Workspace) -> list[str]:
    columns = company.table("surveys").columns if company.has("surveys") else ()
    return [name for name in columns if name.startswith(RATING)]


def _end(company: Workspace, question: JourneyQuestion, touchpoints: Sequence[Touchpoint]) -> dt.date:
    """The last day that counts: the last on which anybody bought, since who bought later cannot be known."""
    latest = company.last_day
    asked = question.observation_end
    last = read_day(asked, name="observation_end", last=latest) if asked else latest
    days = [company.table(name).day.max().execute() for name in {one.table for one in touchpoints if one.stage == GOAL}]
    known = [pd.Timestamp(day).date() for day in days if not pd.isna(day)]
    if not known:
        raise DataError("there is nothing to go on to: no row says who bought, and when. Bring transactions.")
    return min(last, max(known))


def _stop(steps: Steps, numbers: list[int], one: Touchpoint) -> Stop:
    met, same_day = steps.of(numbers), one.stage == "before"
    customers = int((np.bincount(met.customer) > 0).sum())
    chosen = steps.in_period & np.isin(steps.touchpoint, numbers)
    share = customers / max(steps.customers, 1)
    facts: dict[str, Any] = {"meetings": int(steps.rows[chosen].sum()), "of_nobody": 0, "customers": customers}
    if customers < SUPPRESS_BELOW or steps.backwards.intersection(numbers):
        unknown = Comparison(replace(UNKNOWN, n=customers))
        return Stop(one, **facts, share=share, comparison=unknown, excess=UNKNOWN, wait=UNKNOWN, voice=Voice())
    if len(numbers) == 1 and steps.touchpoints[numbers[0]] is one:
        found = compare(steps, numbers[0])
    else:
        found = Comparison(left_within(steps.waits(met, same_day=same_day), met.customer, steps.window))
    excess = min(found.excesses, key=lambda each: each.low, default=UNKNOWN)
    wait = time_to_next(steps, met, same_day=same_day)
    return Stop(one, **facts, share=share, comparison=found, excess=excess, wait=wait, voice=Voice())


def _groups(company: Workspace, steps: Steps, question: JourneyQuestion) -> tuple[Difference, ...]:
    """Drop-off of each touchpoint by a column of customers, or by how often they had bought before the period."""
    if not question.group_by:
        return by_group(steps, bought_before(steps), BOUGHT_BEFORE)
    if not company.has("customers"):
        raise ParameterError(f"group_by={question.group_by!r} is a column of customers, and there is no such table.")
    people = company.frame("customers")
    if question.group_by not in people.columns:
        own = [str(name) for name in people.columns if name not in ("customer_id", "source", "row")]
        raise ParameterError(
            f"group_by: customers has no column {question.group_by!r}. {nearest(question.group_by, own)}"
        )
    of = people.drop_duplicates("customer_id").set_index("customer_id")[question.group_by].reindex(steps.ids)
    codes, names = pd.factorize(of.astype(object), sort=False)
    if len(names) > MOST_GROUPS:
        raise ParameterError(
            f"group_by={question.group_by!r} has {len(names):,} values, and at most {MOST_GROUPS} can be read."
        )
    return by_group(steps, codes, list(names))


def _row(stop: Stop, unit: int) -> dict[str, object]:
    one, comparison = stop.touchpoint, stop.comparison
    row: dict[str, object] = {"touchpoint": one.name, "stage": one.stage, "table": one.table}
    row |= {"meetings": stop.meetings, "of_nobody": stop.of_nobody, "customers": stop.customers}
    row |= {"share": stop.share}
    own = {name: getattr(stop.voice, name) for name in ("csat", "easy", "nps", "gap")}
    beside = {"drop": comparison.drop, "without_it": comparison.base, "excess": stop.excess, "days_to_buy": stop.wait}
    figures: dict[str, Figure | None] = {**beside, **own}
    for name, figure in figures.items():
        row |= {name: getattr(figure, "value", np.nan)}
        row |= {f"{name}_low": getattr(figure, "low", np.nan), f"{name}_high": getattr(figure, "high", np.nan)}
    return row | {"is_clear": stop.is_clear, "lost": stop.lost_cents / unit}
