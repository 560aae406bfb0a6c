"""How long customers wait for an answer and for a solution, in the hours in which the company is open.

A ticket that still waits is not left out, nor counted as answered: it has waited at least so long (Kaplan-Meier).
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from cxlib.checks import Flags, Floats, Values, read_day, require_columns, require_values
from cxlib.errors import DataError, ParameterError, nearest
from cxlib.measures.rates import UNKNOWN, Figure, add_up, freedom_of, student
from cxlib.measures.result import Brief
from cxlib.measures.sampling import wilson

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SUNDAY_TO_THURSDAY = ("sun", "mon", "tue", "wed", "thu")
_HOUR = 3600.0  # seconds
_TIMES = re.compile(r"(\d{1,2}):([0-5]\d)-(\d{1,2}):([0-5]\d)")
_NO_HOURS = "hours={text!r} are not two times of day. Write them as '09:00-17:00'."
Days = Sequence[dt.date | str]


@dataclass(frozen=True)
class BusinessCalendar:
    """When a company is open.

    `time_zone`: IANA name; instants are what the clock shows there.
    `weekdays`: Three letters each, such as ``("sun", "mon")``.
    `hours`: Opening hours of such a day; those that end before they start end on the next day, as ``"20:00-02:00"``.
    `country`: Code of the country (after a hyphen: of its part) whose public holidays are closed, such as ``"SA"``;
        none when left out. Those that hang on the sighting of the moon are estimates: name what was decreed in the next
        two.
    `holidays`, `open_days`: Further days that are closed; and days that are open although they are a holiday or at a
        weekend.
    `special_hours` (day, day, hours): First day, last day and hours of open days with other hours, as in Ramadan; of
        two the first counts.
    Raises ParameterError: there is no such zone, day or country, or hours are not two times of day.

    Opened on Thursday at 22:00, answered on Sunday at 09:30:

    >>> office = BusinessCalendar("Asia/Riyadh", hours=("09:00-17:00",))
    >>> office.hours_between(["2026-02-05 22:00"], ["2026-02-08 09:30"]).tolist()
    [0.5]
    """

    time_zone: str
    weekdays: Sequence[str] = SUNDAY_TO_THURSDAY
    hours: Sequence[str] = ("09:00-17:00",)
    country: str = ""
    holidays: Days = ()
    open_days: Days = ()
    special_hours: Sequence[tuple[dt.date | str, dt.date | str, Sequence[str]]] = ()

    def __post_init__(self) -> None:
        for day in self.weekdays:
            if day not in WEEK:
                raise ParameterError(f"weekdays: {day!r} is no day of the week. {nearest(str(day), WEEK)}")
        for first, last, _ in self.special_hours:
            if not _as_days([first], "special_hours")[0] <= _as_days([last], "special_hours")[0]:
                raise ParameterError(f"special_hours: {first} to {last} ends before it starts. Turn them around.")
        self._shifts(pd.date_range("2026-01-01", periods=7))  # what cannot be meant is said at once

    def hours_between(self, starts: Values, ends: Values) -> Floats:
        """Open hours from each start to each end (n,); NaN where either is missing, negative where the end is earlier.

        Instants are what the clock shows: of an hour that it shows twice the first, of one that it skips the next.
        """
        moments = [pd.DatetimeIndex(_instants(each)) for each in (starts, ends)]
        known = moments[0].append(moments[1]).dropna()
        if known.empty:
            return np.full(len(moments[0]), np.nan)
        first, last = known.min().normalize() - pd.Timedelta(days=1), known.max().normalize() + pd.Timedelta(days=1)
        opens, closes = self._shifts(pd.date_range(first, last, freq="D"))
        before, closes = np.append(0.0, np.cumsum(closes - opens)), np.append(-np.inf, closes)
        passed = []  # open hours until each moment: of all stretches that have begun, less what is left of the last
        for seconds in map(self._seconds, moments):
            begun = np.searchsorted(opens, seconds, side="right")
            passed.append(before[begun] - np.maximum(closes[begun] - seconds, 0.0))
        return np.asarray((passed[1] - passed[0]) / _HOUR)

    def _shifts(self, days: pd.DatetimeIndex) -> tuple[Floats, Floats]:
        """Start and end of each stretch of open hours, in seconds, ascending and apart."""
        closed = [*_as_days(self.holidays, "holidays"), *self._public(days)]
        is_open = np.isin(days.dayofweek, [WEEK.index(day) for day in self.weekdays]) & ~days.isin(closed)
        is_open |= days.isin(_as_days(self.open_days, "open_days"))
        opens, closes = [], []
        for first, last, hours in (*self.special_hours, (days[0], days[-1], self.hours)):
            inside = is_open & (days >= pd.Timestamp(first)) & (days <= pd.Timestamp(last))
            is_open = is_open & ~inside
            for start, end in map(_minutes, hours or ("",)):
                opens.append(self._seconds(days[inside] + pd.Timedelta(minutes=start)))
                closes.append(self._seconds(days[inside] + pd.Timedelta(minutes=end)))
        starts, ends = np.concatenate(opens), np.concatenate(closes)
        order = np.argsort(starts, kind="stable")
        starts, ends = starts[order], np.maximum.accumulate(ends[order])
        apart = starts[1:] > ends[:-1]  # hours that overlap or touch are one stretch
        edges = np.ones(min(len(starts), 1), bool)
        return starts[np.append(edges, apart)], ends[np.append(apart, edges)]

    def _seconds(self, clock: pd.DatetimeIndex) -> Floats:
        """Seconds since 1970 of what the clock shows; NaN where it is missing."""
        try:
            zoned = clock.tz_localize(self.time_zone, ambiguous=np.ones(len(clock), bool), nonexistent="shift_forward")
        except (KeyError, ValueError, OSError) as error:
            raise ParameterError(f"time_zone={self.time_zone!r} is not known. Write it as 'Asia/Riyadh'.") from error
        return np.asarray((zoned - pd.Timestamp(0, tz="UTC")).total_seconds(), float)

    def _public(self, days: pd.DatetimeIndex) -> list[pd.Timestamp]:
        if not self.country:
            return []
        from holidays import country_holidays  # half a second, and only where a country is named

        country, _, part = self.country.partition("-")
        try:
            public = country_holidays(country, subdiv=part or None, years=range(days[0].year, days[-1].year + 1))
        except NotImplementedError as error:
            raise ParameterError(f"country={self.country!r}: {error}. Write it as 'SA', or leave it out.") from None
        return [pd.Timestamp(day) for day in public]


def _as_days(days: Days, name: str) -> list[pd.Timestamp]:
    return [pd.Timestamp(read_day(str(day), name=name)) for day in days]


def _minutes(text: str) -> tuple[int, int]:
    """Minutes after midnight at which hours start and end."""
    match = _TIMES.fullmatch(str(text).strip())
    h1, m1, h2, m2 = map(int, match.groups()) if match else (0, 0, 0, 0)
    start, end = 60 * h1 + m1, 60 * h2 + m2
    if start >= 1440 or end > 1440 or start == end:
        raise ParameterError(_NO_HOURS.format(text=text))
    return start, end if end > start else end + 1440


def read_office(office: Mapping[str, object], time_zone: str = "UTC") -> BusinessCalendar:
    """The calendar that a report's parameter `office` describes, by names of `BusinessCalendar`.

    Raises ParameterError: a name is none of them, or a value is not of its form.
    """
    try:
        if any(isinstance(value, str) != (name == "country") for name, value in office.items()):
            raise TypeError
        return BusinessCalendar(time_zone, **office)  # type: ignore[arg-type]  # its forms are checked in it
    except (TypeError, ValueError):
        form = "names and values such as {hours: ['09:00-17:00'], weekdays: [sun, mon], country: SA}; also holidays, "
        raise ParameterError(form + "open_days (lists of days), special_hours (first day, last day, hours)") from None


@dataclass(frozen=True, repr=False)
class ServiceTime(Brief):
    """How long tickets wait, in hours.

    `median`: Hours after which half of the tickets have what they wait for; its value is NaN where fewer than half have
        it within the longest time observed, its upper end where that cannot be told.
    `within`: Share that has it within `within_hours`; NaN where no ticket was observed for so long.
    `n`, `waiting`, `refused`, `later`: Tickets that count; those of them without what they wait for at the end; tickets
        that are left out because they ended before they were opened, and because they were opened after the last day.
    """

    median: Figure
    within: Figure
    within_hours: float
    n: int
    waiting: int
    refused: int = 0
    later: int = 0


def response_time(
    tickets: pd.DataFrame, *, as_of: dt.date, calendar: BusinessCalendar | None = None, within_hours: float = 24
) -> ServiceTime:
    """Time to the first response; a ticket that was closed without one has waited for it until then. See `time_to`.

    >>> tickets = pd.DataFrame({"customer_id": list("abc"), "opened_at": pd.to_datetime(["2026-02-01 09:00"] * 3),
    ...                         "first_response_at": pd.to_datetime(["2026-02-01 10:00", "2026-02-01 12:00", None]),
    ...                         "closed_at": pd.to_datetime([None] * 3)})
    >>> response = response_time(tickets, as_of=dt.date(2026, 2, 3), within_hours=2)
    >>> response.median.value, round(response.within.value, 2), response.waiting
    (3.0, 0.33, 1)
    """
    to = ("first_response_at", "closed_at")
    return time_to(tickets, *to, as_of=as_of, calendar=calendar, within_hours=within_hours)


def resolution_time(
    tickets: pd.DataFrame, *, as_of: dt.date, calendar: BusinessCalendar | None = None, within_hours: float = 24
) -> ServiceTime:
    """Time to the closing. See `time_to`.

    >>> tickets = pd.DataFrame({"customer_id": list("ab"), "opened_at": pd.to_datetime(["2026-02-01 09:00"] * 2),
    ...                         "closed_at": pd.to_datetime(["2026-02-01 10:00", "2026-02-01 08:00"])})
    >>> resolution = resolution_time(tickets, as_of=dt.date(2026, 2, 3))
    >>> resolution.n, resolution.refused
    (1, 1)
    """
    return time_to(tickets, "closed_at", as_of=as_of, calendar=calendar, within_hours=within_hours)


def time_to(
    tickets: pd.DataFrame,
    ended: str,
    until: str = "",
    *,
    as_of: dt.date,
    calendar: BusinessCalendar | None = None,
    within_hours: float = 24,
) -> ServiceTime:
    """How long it takes from the opening of tickets to another instant, which may not have come yet.

    ``S(t) = product over t_j <= t of (1 - d_j / n_j)``, with d_j ends among n_j tickets that wait. The error of S is
    that of its linearisation, ``S(t) (A(min(T, t)) - 1[ended at T <= t] / (n(T) - d(T)))`` of a ticket with time T and
    ``A(t) = sum d_j / (n_j (n_j - d_j))``, summed by customer before it is squared. The share within some hours has
    Wilson's interval for as many tickets as independent ones would be as sure; the median's holds the times at which
    such an interval holds one half.

    `tickets`: `cxlib.data.ticket_times`: customer_id (a ticket of nobody stands for itself), opened_at, and the next
        two.
    `ended`, `until`: Column of the other instant; and, where there is one, of the instant from which it no longer can
        come. What the clock showed; missing where it has not come.
    `as_of`: Last day of the data: what came after it had not come by then.
    `calendar`: Counts open hours only; when left out, every hour.
    Raises DataError: a column is missing or holds what is no instant, or an opening is missing.
    Raises ParameterError: `within_hours` is not above zero.

    Source: Kaplan & Meier, JASA 53 (1958); Williams, Product-limit survival functions with correlated survival times,
    Lifetime Data Analysis 1 (1995), 171-186; Brookmeyer & Crowley, Biometrics 38 (1982), 29-41.

    >>> opened = pd.to_datetime(["2026-02-01 09:00"] * 2)
    >>> tickets = pd.DataFrame({"customer_id": ["a", "b"], "opened_at": opened, "done": opened + pd.Timedelta(hours=3)})
    >>> time_to(tickets, "done", as_of=dt.date(2026, 2, 3), within_hours=4).within.value
    1.0
    """
    if not within_hours > 0:
        raise ParameterError(f"within_hours={within_hours} must be above zero, as 24.")
    names = ["opened_at", ended, *filter(None, [until])]
    rows = require_columns(tickets, ["customer_id", *names], what="tickets", rows=False)
    if len(rows):
        require_values(rows, ["opened_at"], what="tickets")
    begin, came_at, *more = (_instants(rows[name], name) for name in names)
    end = pd.Timestamp(as_of).normalize() + pd.Timedelta(days=1)
    stop = more[0] if more else pd.Series(pd.NaT, begin.index)
    later = begin >= end
    refused = ~later & ((came_at < begin) | (stop < begin))
    counts = ~later & ~refused
    stop = stop.where(stop < end, end)
    came = (came_at <= stop) & (came_at < end)
    last = came_at.where(came, stop)[counts]
    if calendar is None:
        hours = (last - begin[counts]).dt.total_seconds().to_numpy(float) / _HOUR
    else:
        hours = calendar.hours_between(begin[counts], last)
    waits = _Waits(hours, came[counts].to_numpy(), rows["customer_id"][counts.to_numpy()])
    numbers = (len(hours), int((~waits.came).sum()), int(refused.sum()), int(later.sum()))
    return ServiceTime(waits.median, waits.within(within_hours), within_hours, *numbers)


def _instants(values: Values, name: str = "an instant") -> pd.Series:
    try:
        instants = pd.to_datetime(pd.Series(np.asarray(values)))
    except (ValueError, TypeError) as error:
        raise DataError(
            f"tickets: column {name!r} holds what is no instant ({error}). Write 2026-03-01 09:30."
        ) from None
    if instants.dt.tz is not None:
        raise DataError(f"tickets: column {name!r} has an offset. Give what the clock of the company's zone shows.")
    return instants


@dataclass(frozen=True)
class _Waits:
    """Hours waited, whether what was waited for came then, and whose tickets they are."""

    hours: Floats
    came: Flags
    customers: pd.Series

    @cached_property
    def curve(self) -> tuple[Floats, Floats, Floats, Floats]:
        """At each time at which something came: the time, share still waiting, A of `time_to`, and 1 / (n - d)."""
        times, ends = np.unique(self.hours[self.came], return_counts=True)
        at_risk = len(self.hours) - np.searchsorted(np.sort(self.hours), times, side="left")
        left = at_risk - ends
        each = 1 / np.where(left > 0, left, np.inf)  # where all have come S is 0, and so is its error
        return times, np.cumprod(left / at_risk), np.cumsum(ends / at_risk * each), each

    @cached_property
    def tickets(self) -> Floats:
        """Tickets of each customer."""
        ones = np.ones(len(self.hours))
        return add_up(ones, ones, self.customers).bottoms

    def figure(self, ends: tuple[float, float, float], errors: pd.Series | None = None) -> Figure:
        """A value with its ends."""
        return Figure(*ends, len(self.tickets), errors, self.freedom)

    @cached_property
    def freedom(self) -> float:
        """Degrees of freedom, by how unevenly tickets are spread over customers."""
        return np.inf if (self.tickets <= 1).all() else freedom_of(self.tickets)

    def size(self, hours: float, share: float) -> tuple[float, pd.Series]:
        """As how many independent tickets that share is sure, and what each customer adds to its error."""
        times, waiting, summed, each = self.curve
        came = self.came & (self.hours <= hours)
        error = np.append(0.0, summed)[np.searchsorted(times, np.minimum(self.hours, hours), side="right")]
        error[came] -= each[np.searchsorted(times, self.hours[came])]
        left = float(np.append(1.0, waiting)[np.searchsorted(times, hours, side="right")])
        known = (came | (self.hours >= hours)).astype(float)
        sums = add_up(-left * error, known, self.customers)
        variance = float((sums.tops**2).sum()) * len(sums.tops) / max(len(sums.tops) - 1, 1)
        if 0 < share < 1 and variance:
            size = min(share * (1 - share) / variance, float(len(self.hours)))
        else:
            size = float(known.sum() ** 2 / max((sums.bottoms**2).sum(), 1.0))
        return size, pd.Series(sums.tops, sums.ids)

    def within(self, hours: float) -> Figure:
        """Share that has come within some hours."""
        if not len(self.hours):
            return UNKNOWN
        times, waiting, _, _ = self.curve
        share = 1 - float(np.append(1.0, waiting)[np.searchsorted(times, hours, side="right")])
        if share < 1 and hours > self.hours.max():
            return self.figure((np.nan, np.nan, np.nan))
        size, errors = self.size(hours, share)
        low, high = wilson(share * size, size, z=student(self.freedom))
        return self.figure((share, float(low), float(high)), errors)

    @property
    def median(self) -> Figure:
        """Hours after which half have what they wait for."""
        times, waiting, summed, _ = self.curve
        if not len(times):
            return self.figure((np.nan, np.nan, np.nan))
        shares = 1 - waiting
        place = min(int(np.searchsorted(shares, 0.5 - 1e-12)), len(times) - 1)
        size, errors = self.size(float(times[place]), float(shares[place]))
        product = waiting * summed
        plain = np.where(product > 0, shares / np.where(product > 0, product, 1.0), len(self.hours))
        sizes = plain * min(size / plain[place], 1.0)
        low, high = wilson(shares * sizes, sizes, z=student(self.freedom))
        value, lower, upper = (_first(times, each >= 0.5 - 1e-12) for each in (shares, high, low))
        return self.figure((value, lower, upper), -errors)


def _first(times: Floats, reached: Flags) -> float:
    places = np.flatnonzero(reached)
    return float(times[places[0]]) if len(places) else np.nan
