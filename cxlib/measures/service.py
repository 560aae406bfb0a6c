"""How long customers wait for an answer and for a solution, in the hours in which the company is open.

A ticket that still waits is not left out, nor counted as answered: it has waited at least so long (Kaplan-Meier).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from cxlib.checks import Flags, Floats, Values, require_columns
from cxlib.errors import DataError, ParameterError, nearest
from cxlib.measures.rates import UNKNOWN, Figure, add_up, freedom_of, student
from cxlib.measures.result import Brief
from cxlib.measures.sampling import LEVEL, wilson

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SUNDAY_TO_THURSDAY = ("sun", "mon", "tue", "wed", "thu")
HOUR = 3600.0  # in seconds
_HOURS = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
_TICKET = ("customer_id", "opened_at")


@dataclass(frozen=True)
class BusinessCalendar:
    """When a company is open.

    Parameters
    ----------
    time_zone : str
        IANA name; instants are what the clock shows there.
    weekdays : sequence of str
        Three letters each, such as ``("sun", "mon")``.
    hours : sequence of str
        Opening hours of such a day; one that ends before it starts ends on the next day, as ``"20:00-02:00"``.
    country : str
        Code of the country (and, after a hyphen, of its part) whose public holidays are closed, such as ``"SA"``;
        none when left out. Where a holiday hangs on the sighting of the moon it is an estimate: name the days that were
        decreed in `holidays` and `open_days`.
    holidays, open_days : sequence of date
        Further days that are closed; and days that are open although they are a holiday or at a weekend.
    special_hours : sequence of (date, date, hours)
        First day, last day and opening hours of days that are open but at other times, as in Ramadan. A day is of the
        first that names it.

    Raises
    ------
    ParameterError
        There is no such zone, day, country, or hours are not two times of day.

    Examples
    --------
    Opened on Thursday at 22:00, answered on Sunday at 09:30:

    >>> office = BusinessCalendar("Asia/Riyadh", hours=("09:00-17:00",))
    >>> office.hours_between(["2026-02-05 22:00"], ["2026-02-08 09:30"]).tolist()
    [0.5]
    """

    time_zone: str
    weekdays: Sequence[str] = SUNDAY_TO_THURSDAY
    hours: Sequence[str] = ("09:00-17:00",)
    country: str = ""
    holidays: Sequence[dt.date] = ()
    open_days: Sequence[dt.date] = ()
    special_hours: Sequence[tuple[dt.date, dt.date, Sequence[str]]] = ()

    def __post_init__(self) -> None:
        for day in self.weekdays:
            if day not in WEEK:
                raise ParameterError(f"weekdays: {day!r} is no day of the week. {nearest(str(day), WEEK)}")
        if not self.weekdays and not self.open_days:
            raise ParameterError("weekdays is empty, so there is no day with open hours. Name at least one.")
        for hours in (self.hours, *(special for _, _, special in self.special_hours)):
            if not hours:
                raise ParameterError("hours are empty; write them as ('09:00-17:00',), and closed days in holidays.")
            for text in hours:
                _minutes(text)
        for first, last, _ in self.special_hours:
            if first > last:
                raise ParameterError(f"special_hours: {first} to {last} ends before it starts. Turn them around.")
        self._zone_of(pd.DatetimeIndex(["2026-01-01"]))
        self._public(2026, 2026)

    def hours_between(self, starts: Values, ends: Values) -> Floats:
        """Open hours from each start to each end (n,); NaN where either is missing, negative where the end is earlier.

        Parameters
        ----------
        starts, ends : array-like of instants (n,)
            What the clock of `time_zone` shows. Of an hour that it shows twice the first is meant; one that it skips is
            the one after it.
        """
        moments = [_instants(starts), _instants(ends, len(starts))]
        known = pd.concat(moments).dropna()
        if known.empty:
            return np.full(len(moments[0]), np.nan)
        first, last = known.min().normalize() - pd.Timedelta(days=1), known.max().normalize() + pd.Timedelta(days=1)
        opens, closes = self._shifts(pd.date_range(first, last, freq="D"))
        if not len(opens):
            return np.where(moments[0].isna() | moments[1].isna(), np.nan, 0.0)
        before = np.concatenate([[0.0], np.cumsum(closes - opens)])
        begin, end = (self._open_until(moment, opens, closes, before) for moment in moments)
        return np.asarray((end - begin) / HOUR)

    def _open_until(self, moments: pd.Series, opens: Floats, closes: Floats, before: Floats) -> Floats:
        seconds = self._seconds(pd.DatetimeIndex(moments))
        place = np.searchsorted(opens, seconds, side="right") - 1
        inside = np.clip(seconds - opens[place], 0, (closes - opens)[place])
        return np.where(np.isnan(seconds), np.nan, np.where(place < 0, 0.0, before[place] + inside))

    def _shifts(self, days: pd.DatetimeIndex) -> tuple[Floats, Floats]:
        """Start and end of each stretch of open hours, in seconds, ascending and apart."""
        is_open = np.isin(days.dayofweek, [WEEK.index(day) for day in self.weekdays])
        is_open &= ~days.isin(pd.DatetimeIndex([*self.holidays, *self._public(days[0].year, days[-1].year)]))
        is_open |= days.isin(pd.DatetimeIndex([*self.open_days]))
        left, parts = is_open, []
        for first, last, hours in self.special_hours:
            inside = left & (days >= pd.Timestamp(first)) & (days <= pd.Timestamp(last))
            parts.append((days[inside], hours))
            left = left & ~inside
        edges = [
            [self._seconds(own + pd.Timedelta(minutes=minutes)) for minutes in _minutes(text)]
            for own, hours in (*parts, (days[left], self.hours))
            for text in hours
        ]
        opens, closes = (np.concatenate([edge[side] for edge in edges]) for side in (0, 1))
        order = np.argsort(opens, kind="stable")
        opens, closes = opens[order], np.maximum.accumulate(closes[order])
        starts = np.append(True, opens[1:] > closes[:-1])[: len(opens)]  # hours that overlap or touch are one stretch
        return opens[starts], closes[np.append(starts[1:], True)[: len(opens)]]

    def _seconds(self, clock: pd.DatetimeIndex) -> Floats:
        """Seconds since 1970 of what the clock shows; NaN where it is missing."""
        known = ~np.asarray(clock.isna())
        seconds = np.full(len(clock), np.nan)
        since = self._zone_of(clock[known]).tz_convert("UTC").tz_localize(None) - pd.Timestamp(0)
        seconds[known] = since / pd.Timedelta(seconds=1)
        return seconds

    def _zone_of(self, clock: pd.DatetimeIndex) -> pd.DatetimeIndex:
        try:
            return clock.tz_localize(self.time_zone, ambiguous=np.ones(len(clock), bool), nonexistent="shift_forward")
        except (KeyError, ValueError, OSError) as error:
            raise ParameterError(f"time_zone={self.time_zone!r} is not known. Write it as 'Asia/Riyadh'.") from error

    def _public(self, first_year: int, last_year: int) -> list[dt.date]:
        if not self.country:
            return []
        from holidays import country_holidays  # a third of a second, and only where a country is named

        country, _, part = self.country.partition("-")
        try:
            return list(country_holidays(country, subdiv=part or None, years=range(first_year, last_year + 1)))
        except NotImplementedError as error:
            raise ParameterError(f"country={self.country!r}: {error}. Write it as 'SA', or leave it out.") from None


def _minutes(text: str) -> tuple[int, int]:
    """Minutes after midnight at which hours start and end."""
    match = _HOURS.fullmatch(str(text).strip())
    if match is None:
        raise ParameterError(f"hours={text!r} are not two times of day. Write them as '09:00-17:00'.")
    h1, m1, h2, m2 = map(int, match.groups())
    start, end = 60 * h1 + m1, 60 * h2 + m2
    if max(m1, m2) > 59 or start >= 1440 or end > 1440 or start == end:
        raise ParameterError(f"hours={text!r} are not two times of day. Write them as '09:00-17:00'.")
    return start, end if end > start else end + 1440


@dataclass(frozen=True, repr=False)
class ServiceTime(Brief):
    """How long tickets wait, in hours.

    Attributes
    ----------
    median : Figure
        Hours after which half of the tickets have what they wait for; its value is NaN where fewer than half have it
        within the longest time observed, its upper end where that cannot be told.
    within : Figure
        Share that has it within `within_hours`; NaN where no ticket was observed for so long.
    n, waiting, refused, later : int
        Tickets that count; those of them without what they wait for at the end; tickets that are left out because they
        ended before they were opened, and because they were opened after the last day.
    """

    median: Figure
    within: Figure
    within_hours: float
    n: int
    waiting: int
    refused: int = 0
    later: int = 0


def response_time(
    tickets: pd.DataFrame,
    *,
    as_of: dt.date,
    calendar: BusinessCalendar | None = None,
    within_hours: float = 24,
    level: float = LEVEL,
) -> ServiceTime:
    """Time to the first response; `time_to` of opened_at and first_response_at, until closed_at.

    A ticket that was closed without a response has waited for one until then.

    Parameters
    ----------
    tickets : DataFrame
        `cxlib.data.ticket_times`.
    as_of : date
        Last day of the data.
    calendar, within_hours, level
        As for `time_to`.

    Examples
    --------
    >>> tickets = pd.DataFrame({"customer_id": list("abc"), "opened_at": pd.to_datetime(["2026-02-01 09:00"] * 3),
    ...                         "first_response_at": pd.to_datetime(["2026-02-01 10:00", "2026-02-01 12:00", None]),
    ...                         "closed_at": pd.to_datetime([None] * 3)})
    >>> response = response_time(tickets, as_of=dt.date(2026, 2, 3), within_hours=2)
    >>> response.median.value, round(response.within.value, 2), response.waiting
    (3.0, 0.33, 1)
    """
    rows = require_columns(tickets, (*_TICKET, "first_response_at", "closed_at"), what="tickets", rows=False)
    return time_to(
        rows["opened_at"],
        rows["first_response_at"],
        as_of=as_of,
        until=rows["closed_at"],
        customers=rows["customer_id"],
        calendar=calendar,
        within_hours=within_hours,
        level=level,
    )


def resolution_time(
    tickets: pd.DataFrame,
    *,
    as_of: dt.date,
    calendar: BusinessCalendar | None = None,
    within_hours: float = 24,
    level: float = LEVEL,
) -> ServiceTime:
    """Time to the solution; `time_to` of opened_at and closed_at. Arguments as for `response_time`.

    >>> tickets = pd.DataFrame({"customer_id": list("ab"), "opened_at": pd.to_datetime(["2026-02-01 09:00"] * 2),
    ...                         "closed_at": pd.to_datetime(["2026-02-01 10:00", "2026-02-01 08:00"])})
    >>> resolution = resolution_time(tickets, as_of=dt.date(2026, 2, 3))
    >>> resolution.n, resolution.refused
    (1, 1)
    """
    rows = require_columns(tickets, (*_TICKET, "closed_at"), what="tickets", rows=False)
    return time_to(
        rows["opened_at"],
        rows["closed_at"],
        as_of=as_of,
        customers=rows["customer_id"],
        calendar=calendar,
        within_hours=within_hours,
        level=level,
    )


def time_to(
    opened: Values,
    ended: Values,
    *,
    as_of: dt.date,
    until: Values | None = None,
    customers: Values | None = None,
    calendar: BusinessCalendar | None = None,
    within_hours: float = 24,
    level: float = LEVEL,
) -> ServiceTime:
    """How long it takes from one instant to another that may not have come yet.

    ``S(t) = product over t_j <= t of (1 - d_j / n_j)``, with d_j ends among n_j tickets that wait. The error of S is
    that of its linearisation, ``S(t) (A(min(T, t)) - 1[ended at T <= t] / (n(T) - d(T)))`` of a ticket with time T and
    ``A(t) = sum d_j / (n_j (n_j - d_j))``, summed by customer before it is squared. The share within some hours has
    Wilson's interval for as many tickets as independent ones would be as sure; the median's holds the times at which
    such an interval holds one half.

    Parameters
    ----------
    opened, ended : array-like of instants (n,)
        What the clock showed; `ended` missing where it has not come.
    as_of : date
        Last day of the data: what came after it had not come by then.
    until : array-like of instants (n,), optional
        When a ticket stopped waiting without what it waited for; missing where it did not.
    customers : array-like (n,), optional
        Whose tickets they are; when left out, and where missing, a ticket is a customer.
    calendar : BusinessCalendar, optional
        Counts open hours only; when left out, every hour.
    within_hours : float
        Hours of the promised time.

    Raises
    ------
    DataError
        An opening is missing, or columns differ in length.
    ParameterError
        `within_hours` is not above zero.

    Notes
    -----
    Source: Kaplan & Meier, JASA 53 (1958); Williams, Product-limit survival functions with correlated survival times,
    Lifetime Data Analysis 1 (1995), 171-186; Brookmeyer & Crowley, Biometrics 38 (1982), 29-41.

    Examples
    --------
    >>> waits = time_to(["2026-02-01 09:00"] * 4, ["2026-02-01 10:00", "2026-02-01 11:00", "2026-02-01 14:00", None],
    ...                 as_of=dt.date(2026, 2, 10), within_hours=2)
    >>> waits.median.value, waits.within.value, waits.n, waits.waiting
    (2.0, 0.5, 4, 1)
    """
    if not within_hours > 0:
        raise ParameterError(f"within_hours={within_hours} must be above zero, as 24.")
    end = pd.Timestamp(as_of).normalize() + pd.Timedelta(days=1)
    spans = pd.DataFrame({"opened": _instants(opened), "ended": _instants(ended, len(opened))})
    spans["customer"] = np.arange(len(spans)) if customers is None else np.asarray(customers, dtype=object)
    stop = pd.Series(pd.NaT, spans.index) if until is None else _instants(until, len(opened))
    if missing := int(spans["opened"].isna().sum()):
        raise DataError(f"tickets: column 'opened_at' is missing in {missing:,} rows. Leave them out.")
    later = spans["opened"] >= end
    refused = ~later & ((spans["ended"] < spans["opened"]) | (stop < spans["opened"]))
    spans, stop = spans[~later & ~refused], stop[~later & ~refused]
    stop = stop.where(stop < end, end)
    came = ((spans["ended"] <= stop) & (spans["ended"] < end)).to_numpy()
    hours = _hours(calendar, spans["opened"], spans["ended"].where(came, stop))
    times = _Waits(hours, came, spans["customer"].to_numpy(), level)
    counts = {"n": len(spans), "waiting": int((~came).sum()), "refused": int(refused.sum()), "later": int(later.sum())}
    return ServiceTime(times.median, times.within(within_hours), within_hours, **counts)


def _instants(values: Values, n: int | None = None) -> pd.Series:
    try:
        instants = pd.to_datetime(pd.Series(np.asarray(values)))
    except (ValueError, TypeError) as error:
        raise DataError(f"tickets: a column holds what is no instant ({error}). Write 2026-03-01 09:30.") from None
    if instants.dt.tz is not None:
        raise DataError("tickets: instants have an offset. Give what the clock of the company's time zone shows.")
    if n is not None and len(instants) != n:
        raise DataError(f"tickets: there are {len(instants):,} instants for {n:,} tickets. Give one for each.")
    return instants


def _hours(calendar: BusinessCalendar | None, starts: pd.Series, ends: pd.Series) -> Floats:
    if calendar is None:
        return (ends - starts).dt.total_seconds().to_numpy(float) / HOUR
    return calendar.hours_between(starts, ends)


@dataclass(frozen=True)
class _Waits:
    """Hours waited, whether what was waited for came then, and whose tickets they are."""

    hours: Floats
    came: Flags
    customers: Values
    level: float

    @cached_property
    def curve(self) -> tuple[Floats, Floats, Floats, Floats]:
        """At each time at which something came: the time, share still waiting, A of `time_to`, and 1 / (n - d)."""
        times, ends = np.unique(self.hours[self.came], return_counts=True)
        at_risk = len(self.hours) - np.searchsorted(np.sort(self.hours), times, side="left")
        left = at_risk - ends
        with np.errstate(divide="ignore"):
            each = np.where(left > 0, 1 / left, 0.0)  # nothing is left where all have come: S is 0, and so is its error
        return times, np.cumprod(left / at_risk), np.cumsum(ends / at_risk * each), each

    @cached_property
    def freedom(self) -> float:
        """Degrees of freedom, by how unevenly tickets are spread over customers."""
        counts = add_up(np.ones(len(self.hours)), np.ones(len(self.hours)), self.customers).bottoms
        return np.inf if (counts <= 1).all() else freedom_of(counts)

    def errors(self, hours: float) -> pd.Series:
        """What each customer adds to the error of the share that has come by then."""
        times, waiting, summed, each = self.curve
        last = np.searchsorted(times, np.minimum(self.hours, hours), side="right")
        own = np.searchsorted(times, self.hours, side="left").clip(max=max(len(times) - 1, 0))
        came = self.came & (self.hours <= hours)
        error = np.concatenate([[0.0], summed])[last] - np.where(came, each[own] if len(times) else 0.0, 0.0)
        share = float(np.concatenate([[1.0], waiting])[np.searchsorted(times, hours, side="right")])
        sums = add_up(-share * error, np.ones(len(error)), self.customers)
        return pd.Series(sums.tops, sums.ids)

    def size(self, hours: float, share: float) -> tuple[float, pd.Series]:
        """How many independent tickets would tell that share as surely, and the errors by customer."""
        errors = self.errors(hours)
        variance = float((errors**2).sum()) * len(errors) / max(len(errors) - 1, 1)
        known = self.came & (self.hours <= hours) | (self.hours >= hours)
        if not 0 < share < 1 or not variance:
            counts = add_up(known.astype(float), known.astype(float), self.customers).bottoms
            return float(counts.sum() ** 2 / max((counts**2).sum(), 1.0)), errors
        return min(share * (1 - share) / variance, float(len(self.hours))), errors

    def within(self, hours: float) -> Figure:
        """Share that has come within some hours."""
        if not len(self.hours):
            return UNKNOWN
        times, waiting, _, _ = self.curve
        share = 1 - float(np.concatenate([[1.0], waiting])[np.searchsorted(times, hours, side="right")])
        if share < 1 and hours > self.hours.max():
            return Figure(np.nan, np.nan, np.nan, self.n, self.level)
        size, errors = self.size(hours, share)
        low, high = wilson(share * size, size, z=student(self.freedom, self.level))
        return Figure(share, float(low), float(high), self.n, self.level, errors, self.freedom)

    @property
    def n(self) -> int:
        """Customers."""
        return len(add_up(np.ones(len(self.hours)), np.ones(len(self.hours)), self.customers).bottoms)

    @property
    def median(self) -> Figure:
        """Hours after which half have what they wait for."""
        times, waiting, summed, _ = self.curve
        if not len(times):
            return Figure(np.nan, np.nan, np.nan, self.n, self.level)
        shares = 1 - waiting
        place = int(np.searchsorted(shares, 0.5 - 1e-12))
        at = float(times[min(place, len(times) - 1)])
        size, errors = self.size(at, float(shares[min(place, len(times) - 1)]))
        with np.errstate(divide="ignore", invalid="ignore"):
            plain = np.where(waiting * summed > 0, shares / (waiting * summed), len(self.hours))
        sizes = plain * min(size / plain[min(place, len(times) - 1)], 1.0)
        low, high = wilson(shares * sizes, sizes, z=student(self.freedom, self.level))
        value, lower, upper = (_first(times, each >= 0.5 - 1e-12) for each in (shares, high, low))
        return Figure(value, lower, upper, self.n, self.level, -errors, self.freedom)


def _first(times: Floats, reached: Flags) -> float:
    places = np.flatnonzero(reached)
    return float(times[places[0]]) if len(places) else np.nan
