"""From a company's tables to figures: sums by customer of the periods that are compared, and of each month."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtr

from cxlib.checks import check_days, read_day
from cxlib.data import (
    Break,
    Recorded,
    Workspace,
    find_breaks,
    find_recorded,
    known_margins,
    no_persons,
    read_survey,
    without_trials,
)
from cxlib.data.frames.activity import (
    FORM,
    kinds_since,
    message_activity,
    purchase_activity,
    referrals,
    rows_by_kind,
    session_activity,
    ticket_times,
)
from cxlib.data.tables import TABLES
from cxlib.errors import DataError
from cxlib.measures.answer_frames import ScaleDoubt, doubt_scale, weigh_answers
from cxlib.measures.nps import SUPPRESS_BELOW
from cxlib.measures.rates import UNKNOWN, Figure, change_of, student
from cxlib.measures.result import Brief
from cxlib.measures.satisfaction import Scale, read_answers, read_outcomes
from cxlib.measures.service import read_office
from cxlib.scorecard.catalogue import MEASURES, OF_PERSONS, Measure
from cxlib.scorecard.figures import Move, at_one_mix, moved_more, usual_range

Published = Mapping[str, Mapping[str, Any]]  # metrics.json by report
YEAR, MONTHS = 365, 12
NEW_KIND = 0.1  # share of sales from which on a kind that is new may be behind a change
COMPARED = 3  # periods of `Ledger.spans` before the months
KINDS = {  # columns that say of which kind a row is
    "transactions": ("channel",), "surveys": ("touchpoint",), "tickets": ("channel", "topic"),
    "sessions": ("channel", "kind"), "messages": ("kind",),
}  # fmt: skip
Span = tuple[pd.Timestamp, pd.Timestamp]  # from the first day up to, not including, the second


@dataclass(frozen=True, repr=False)
class CardQuestion(Brief):
    """What is asked.

    >>> CardQuestion(period_days=30).csat_scale
    (1, 5, 2)
    """

    observation_end: str = ""  # last day that counts; empty: the last day in the data
    period_days: int = 90  # of a measure, held against as many before and a year before
    targets: Mapping[str, object] = field(default_factory=dict)  # of `read_targets`
    csat_scale: Sequence[int] = (1, 5, 2)  # lowest and highest answer, how many of the best count: `Scale`
    ces_scale: Sequence[int] = (1, 7, 3)
    margins: Mapping[str, str | Mapping[Any, float]] = field(default_factory=dict)  # of `cxlib.data.known_margins`
    office: Mapping[str, object] = field(default_factory=dict)  # of `read_office`; empty: open at every hour

    def __post_init__(self) -> None:
        check_days("period_days", self.period_days)


@dataclass(frozen=True)
class Ledger:
    """Figures of a company's measures."""

    company: Workspace
    question: CardQuestion
    end: dt.date  # the last day that counts
    first: Mapping[str, dt.date]  # by table, the first and the last day of its own rows
    ends: Mapping[str, dt.date]
    days: Mapping[str, int]  # by table, how many days its measures are of
    _spans: dict[str, dict[str, Span]] = field(default_factory=dict, repr=False)
    _figures: dict[tuple[str, str], Figure] = field(default_factory=dict, repr=False)
    _kinds: dict[tuple[str, str, str], list[list[pd.DataFrame]]] = field(default_factory=dict, repr=False)

    def lack(self, measure: Measure) -> str:
        """The table or the column without which a measure cannot be told; empty where nothing is missing."""
        for need in measure.needs:
            name, _, column = need.partition(".")
            if name not in self.ends:
                return name
            table = self.company.table(name)
            if column and not (column in table.columns and table[column].count().execute()):
                return need
        return "" if measure.make else f"report:{measure.report}"

    def is_of(self, day: object) -> bool:
        """Whether that is the last day of what is looked at, as text: of all of it, or of a table."""
        return day in {end.isoformat() for end in (self.end, *self.ends.values())}

    def spans(self, table: str) -> dict[str, Span]:
        """The periods of a table: "now", "last", "year", the one before "year", and the months that are over."""
        if table not in self._spans:
            self._spans[table] = self._spans_of(table)
        return self._spans[table]

    def _spans_of(self, table: str) -> dict[str, Span]:
        end, days = pd.Timestamp(self.ends[table]) + pd.Timedelta(days=1), pd.Timedelta(days=self.days[table])
        spans = {"now": (end - days, end), "last": (end - 2 * days, end - days)}
        year = pd.Timedelta(days=YEAR)
        spans |= {
            name: (spans[of][0] - year, spans[of][1] - year) for name, of in (("year", "now"), ("before", "last"))
        }
        newest = end.to_period("M") - 1
        for month in (newest - back for back in range(MONTHS - 1, -1, -1)):
            spans[str(month)] = (month.start_time, (month + 1).start_time)
        return spans

    @cached_property
    def _rows(self) -> dict[str, dict[str, pd.DataFrame]]:
        """By table and period, the rows that measures are made of."""
        measured = {measure.table for measure in MEASURES}
        spans = {name: self.spans(name) for name in self.ends if name in measured}
        rows = {name: read_rows(self, name, list(each.values())) for name, each in spans.items()}
        return {name: dict(zip(each, rows[name], strict=True)) for name, each in spans.items()}

    @property
    def robots(self) -> int:
        """How many visits of now programs seem to have made."""
        return int(self._rows["sessions"]["now"]["robots"].sum()) if "sessions" in self._rows else 0

    def figure(self, measure: Measure, period: str) -> Figure:
        """A measure of a period; unknown where rows do not reach back far enough for it."""
        start = self.spans(measure.table)[period][0]
        memory = 0 if not measure.remembers else self.days[measure.table] if period == "now" else YEAR
        if self.first[measure.table] > (start - pd.Timedelta(days=memory)).date() and (period != "now" or memory):
            return UNKNOWN
        rows = self._rows[measure.table][period]
        if measure.name in OF_PERSONS and self.nobody:
            rows = rows[~rows["customer_id"].isin(self.nobody)]
        if measure.make is None or rows.empty:
            return UNKNOWN
        key = measure.name, period
        if key not in self._figures:
            self._figures[key] = measure.make(rows) or UNKNOWN
        return self._figures[key]

    def difference(self, measure: Measure, name: str) -> Move | None:
        """A measure now less that of the "last" period, or of the same days a "year" ago; None where one is unknown."""
        now, before = self.figure(measure, "now"), self.figure(measure, name)
        if min(now.n, before.n) < SUPPRESS_BELOW:
            return None
        change = change_of(now, before)
        half = change.value - change.low if change.value > 0 else change.high - change.value
        if not np.isfinite(half):
            return None
        t = student(change.freedom) * abs(change.value) / half if half > 0 else np.inf * bool(change.value)
        p = 2 * float(stdtr(min(change.freedom, 1e9), -t)) if t == t else 1.0
        return Move(before.value, change.value, change.low, change.high, p, seasonal=self._seasonal(measure, name))

    def at_one_mix(self, measure: Measure, name: str) -> list[tuple[float, float]]:
        """The change of `difference` with its error as it is within kinds of rows, for each column that tells kinds."""
        table, make, changes = measure.table, measure.make, []
        for column in KINDS[table] if measure.is_of_rows and make else ():
            parts = self._by_kind(table, column, name)
            pairs = [[UNKNOWN if rows.empty or not make else make(rows) or UNKNOWN for rows in part] for part in parts]
            if len(parts) > 1:
                changes.append(at_one_mix([(a, b) for a, b in pairs if min(a.n, b.n) >= SUPPRESS_BELOW]))
        return changes

    def is_added_to(self, measure: Measure, name: str) -> bool:
        """Whether a kind of sales that counts now, as a channel, is in no row of as long ago as a change looks back.

        Its log may have been added on its first day, from which on its customers seem to be new, and then come again.
        Where no column tells channels, the form of customers' ids may.
        """
        if measure.table != "transactions" or measure.is_of_rows:
            return False
        start = self.spans("transactions")[name][0] - pd.Timedelta(days=YEAR // 2 * measure.remembers)
        return self.has_new_kind("transactions", start)

    def has_new_kind(self, table: str, since: pd.Timestamp) -> bool:
        """Whether a column tells of a kind of rows that counts now, and that was in none before then."""
        return any(((kinds["first"] > since) & (kinds["share"] >= NEW_KIND)).any() for kinds in self._now[table])

    def has_kinds(self, table: str) -> bool:
        """Whether a column tells several kinds of a table's rows, so that rows that were added would be a new one."""
        return any((kinds["share"] >= NEW_KIND).sum() > 1 for kinds in self._now[table])

    @cached_property
    def _now(self) -> dict[str, list[pd.DataFrame]]:
        """By table and column, kinds of its rows, as `kinds_since` gives them."""
        found = {}
        for table in KINDS.keys() & self.ends.keys():
            start, end = (edge.date() for edge in self.spans(table)["now"])
            columns = *KINDS[table], *([FORM] if table == "transactions" else [])
            found[table] = [kinds_since(self.company, table, column, start, end) for column in columns]
        return found

    def _by_kind(self, table: str, column: str, name: str) -> list[list[pd.DataFrame]]:
        """For each kind of rows those of now and of an earlier period."""
        key = table, column, name
        if key not in self._kinds:
            spans = self.spans(table)
            kinds = rows_by_kind(self.company, table, column, spans[name][0].date(), spans["now"][1].date())
            self._kinds[key] = [read_rows(self, table, [spans["now"], spans[name]], rows) for rows in kinds.values()]
        return self._kinds[key]

    def _seasonal(self, measure: Measure, name: str) -> bool:
        """Whether a change of sales may come without anybody doing better or worse.

        By the season, unless it is clearly more than that of a year before, where rows reach back so far; or because
        nobody new comes into the data.
        """
        if measure.table != "transactions":
            return False
        if self.is_closed:
            return True
        four = [self.figure(measure, period) for period in ("now", "last", "year", "before")]
        return name == "last" and (min(figure.n for figure in four) < SUPPRESS_BELOW or not moved_more(*four))

    @cached_property
    def is_closed(self) -> bool:
        """Whether only customers of an earlier time are in the data: none of late is new, though there could be."""
        if "transactions" not in self.ends:
            return False
        late = [self._rows["transactions"][period] for period in ("now", "last")]
        return all(len(rows) >= SUPPRESS_BELOW and not rows["new_customers"].any() for rows in late)

    @cached_property
    def breaks(self) -> tuple[Break, ...]:
        """Days within the months and periods that are compared, on which a log became another one."""
        found = [one for one in self.recorded if one.last >= self.spans(one.table)["year"][0].date()]
        if "transactions" not in self.ends:
            return tuple(found)
        first = self.spans("transactions")["before"][0].date()
        steps = find_breaks(self.company, observation_end=self.ends["transactions"], prices=True)
        return *(one for one in steps if one.last >= first), *found

    @cached_property
    def nobody(self) -> frozenset[object]:
        """Ids of purchases that stand for many people, or for an order: they are no buyers, and bring revenue."""
        return no_persons(pd.concat([rows["customer_id"] for rows in self._rows["transactions"].values()]), self.breaks)

    @cached_property
    def recorded(self) -> tuple[Recorded, ...]:
        """Days on which the rows or dates of the other tables became others."""
        return tuple(
            one for name, end in self.ends.items() for one in find_recorded(self.company, name, observation_end=end)
        )

    def is_other(self, measure: Measure, period: str) -> bool:
        """Whether a measure is of other rows or dates since the first day of a period.

        Rows of which a column tells that they are of a new kind are left to `at_one_mix`.
        """
        if measure.table not in self.ends:  # its report made it of other rows
            return False
        start = self.spans(measure.table)[period][0]
        found = [one for one in self.recorded if one.spoils(measure.needs) and one.last >= start.date()]
        return any(one.kind == "wave" or not self.has_new_kind(measure.table, start) for one in found)

    @cached_property
    def answers(self) -> pd.DataFrame:
        """Answers with a day, and which of them are good."""
        rows = read_survey(self.company, observation_end=self.end).answers
        rows = rows[rows["day"].notna()]
        for name, scale in (("csat", Scale(*self.question.csat_scale)), ("ces", Scale(*self.question.ces_scale))):
            answers = read_answers(rows[name], scale, column=name)
            good = np.where(np.isnan(answers), np.nan, answers >= scale.good_from)
            rows = rows.assign(**{name: answers, f"{name}_good": good})
        return rows

    @cached_property
    def doubts(self) -> dict[str, ScaleDoubt]:
        """By name of the score, what speaks for a scale that was changed within the periods that are compared."""
        if "surveys" not in self.ends:
            return {}
        outcomes = read_outcomes(csat_scale=self.question.csat_scale, ces_scale=self.question.ces_scale)
        found = {name: doubt_scale(self.answers, outcome) for name, outcome in outcomes.items()}
        first = self.spans("surveys")["year"][0]
        return {name: doubt for name, doubt in found.items() if doubt is not None and doubt.spoils(first)}

    def course(self, measure: Measure) -> pd.DataFrame:
        """month, value, n, lower, upper of the last months that are over, with the range that is usual."""
        months = {name: span for name, span in self.spans(measure.table).items() if name[0].isdigit()}
        figures = [self.figure(measure, name) for name in months]
        known = [figure if figure.n >= SUPPRESS_BELOW else UNKNOWN for figure in figures]
        recent = self.spans(measure.table)["now"][0]
        lower, upper = usual_range(known, np.array([end <= recent for _, end in months.values()]))
        course = pd.DataFrame([(figure.value, figure.n) for figure in known], columns=["value", "n"])
        course = course.assign(month=[start for start, _ in months.values()], lower=lower, upper=upper)
        return course if course["value"].count() > 1 else course.iloc[:0]


def gather_ledger(company: Workspace, question: CardQuestion, published: Published) -> Ledger:
    """The ledger of a workspace; answers are looked at over the days that `published` says their score is of."""
    asked, latest = question.observation_end, company.last_day
    last = read_day(asked, name="observation_end", last=latest) if asked else None
    dates = {name: pair for name in company.tables if (pair := days_of(company, name, last or latest))}
    first, ends = ({name: pair[side] for name, pair in dates.items()} for side in (0, 1))
    if not ends:
        raise DataError(
            "there is nothing to measure: no table has a row with a day. Bring sales, answers, tickets or visits."
        )
    days = dict.fromkeys(ends, question.period_days)
    windows = [entry.get("window_days") for entry in published.get("nps_drivers", {}).get("metrics", ())]
    if "surveys" in ends and any(windows):
        days["surveys"] = int(next(filter(None, windows)))
    dated = [day for name, day in ends.items() if TABLES[name].dated_by]
    end = last or max(dated or ends.values())
    ends |= {name: end for name in ends if not TABLES[name].dated_by}  # who is a customer is known up to the last day
    return Ledger(company, question, end, first, ends, days)


def days_of(company: Workspace, name: str, last: dt.date) -> tuple[dt.date, dt.date] | None:
    """First and last day of a table's rows, up to `last`; None where it has none."""
    columns = {"customers": ["joined_on"], "memberships": ["started_on", "ended_on"]}.get(name, ["day"])
    if columns == ["day"] and not TABLES[name].dated_by:
        return None
    table = company.table(name)
    ends = [(table[column].min().execute(), table[column].max().execute()) for column in columns]
    days = pd.DataFrame(ends).apply(pd.to_datetime)
    first, end = days[0].min(), min(days[1].max(), pd.Timestamp(last))
    return (first.date(), end.date()) if first <= end else None


def read_rows(ledger: Ledger, name: str, spans: Sequence[Span], only: pd.DataFrame | None = None) -> list[pd.DataFrame]:
    """The rows of a table for each period: one a customer with sums, or one an answer, a ticket or a member.

    `only`: Some of its rows, instead of all.
    """
    company, question = ledger.company, ledger.question
    activity = {"transactions": purchase_activity, "sessions": session_activity, "messages": message_activity}
    source = company if only is None else only
    if name in activity:
        frame: pd.DataFrame = activity[name](source, [(start.date(), end.date()) for start, end in spans])
        by_period = dict(iter(frame.groupby("period")))
        return [by_period.get(number, frame.iloc[:0]) for number in range(len(spans))]
    if name == "customers":
        return _people(company, spans)
    if name == "memberships":
        members = without_trials(company).frame(name)
        return [_members(members, span) for span in spans]
    if name == "tickets":
        times = ticket_times(source, (min(spans)[0].date(), max(end for _, end in spans).date()))
        calendar = read_office(question.office, company.time_zone) if question.office else None
        rows = times.assign(**{"as_of": ledger.ends[name], "calendar": calendar})
        day: Any = rows["opened_at"]
        return [rows[(day >= start) & (day < end)] for start, end in spans]
    rows = ledger.answers
    if only is not None:
        rows = rows[rows["response_id"].isin(only["response_id"])]
    parts = [rows[(rows["day"] >= start) & (rows["day"] < end)].reset_index(drop=True) for start, end in spans]
    margins = known_margins(company, question.margins) if only is None else {}
    return [weigh_answers(part, margins) for part in parts]


def _people(company: Workspace, spans: Sequence[Span]) -> list[pd.DataFrame]:
    """Customers who joined in each period, with their cost; in those that are compared also who was referred."""
    rows, none, people = company.frame("customers"), {"eligible": 0, "referred": 0}, []
    for number, (start, end) in enumerate(spans):
        new = rows[(rows["joined_on"] >= start) & (rows["joined_on"] < end)]
        costs = new.get("acquisition_cost_cents", pd.Series(np.nan, new.index))
        frame = pd.DataFrame({"customer_id": new["customer_id"], "cost_cents": costs})
        brought = referrals(company, (start.date(), end.date())) if number < COMPARED else None
        people.append(frame.assign(**none) if brought is None else pd.concat([frame, brought]).fillna(none))
    return people


def _members(rows: pd.DataFrame, span: Span) -> pd.DataFrame:
    """Members on the day before a period, and which of them left in it."""
    start, end = span
    there = rows[(rows["started_on"] < start) & ~(rows["ended_on"] < start)]
    ended = (there["ended_on"] < end).astype(int)
    return pd.DataFrame({"customer_id": there["customer_id"], "ended": ended})
