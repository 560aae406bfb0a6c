"""Service times: business hours by hand, Kaplan-Meier by hand, and what is left out."""

import datetime as dt
import time

import numpy as np
import pandas as pd
import pytest

from cxlib.errors import DataError, ParameterError
from cxlib.measures import BusinessCalendar, time_to

RIYADH = BusinessCalendar("Asia/Riyadh", hours=("09:00-17:00",))
END = dt.date(2026, 2, 28)


def between(calendar, start, end):
    """Open hours between two instants."""
    return float(calendar.hours_between([start], [end])[0])


class TestBusinessHours:
    """Hours counted on paper; 5 February 2026 is a Thursday."""

    @pytest.mark.parametrize(
        ("start", "end", "hours"),
        [
            ("2026-02-05 22:00", "2026-02-08 09:30", 0.5),  # Thursday night to Sunday morning
            ("2026-02-05 16:00", "2026-02-08 10:00", 2.0),  # an hour on either side of the weekend
            ("2026-02-06 12:00", "2026-02-07 12:00", 0.0),  # Friday to Saturday
            ("2026-02-02 10:00", "2026-02-02 10:45", 0.75),  # within one day
            ("2026-02-01 08:00", "2026-02-05 18:00", 40.0),  # a week
            ("2026-02-02 09:00", "2026-02-02 09:00", 0.0),
            ("2026-02-02 12:00", "2026-02-02 11:00", -1.0),
        ],
    )
    def test_sunday_to_thursday(self, start, end, hours):
        """Nine to five."""
        assert between(RIYADH, start, end) == pytest.approx(hours)

    def test_two_shifts_and_midnight(self):
        """Ten to three and eight to two at night: from 14:00 to 01:00 are an hour and five."""
        shop = BusinessCalendar("Asia/Riyadh", hours=("10:00-15:00", "20:00-02:00"))
        assert between(shop, "2026-02-02 14:00", "2026-02-03 01:00") == pytest.approx(6)
        assert between(shop, "2026-02-05 23:00", "2026-02-06 12:00") == pytest.approx(3)  # Thursday's night

    def test_hours_that_overlap_count_once(self):
        """Nine to five and noon to six are nine hours."""
        shop = BusinessCalendar("Asia/Riyadh", hours=("09:00-17:00", "12:00-18:00"))
        assert between(shop, "2026-02-02 00:00", "2026-02-03 00:00") == pytest.approx(9)

    def test_ramadan(self):
        """Other hours from 18 February to 19 March 2026; a holiday in them stays closed."""
        special = ((dt.date(2026, 2, 18), dt.date(2026, 3, 19), ("10:00-15:00",)),)
        office = BusinessCalendar("Asia/Riyadh", special_hours=special, holidays=(dt.date(2026, 2, 19),))
        assert between(office, "2026-02-17 00:00", "2026-02-18 00:00") == pytest.approx(8)
        assert between(office, "2026-02-18 00:00", "2026-02-20 00:00") == pytest.approx(5)

    def test_public_holidays(self):
        """23 September 2026 is Saudi Arabia's national day; a day can be opened all the same."""
        office = BusinessCalendar("Asia/Riyadh", country="SA")
        opened = BusinessCalendar("Asia/Riyadh", country="SA", open_days=(dt.date(2026, 9, 23),))
        spans = [between(each, "2026-09-22 16:00", "2026-09-24 10:00") for each in (office, opened)]
        assert spans == pytest.approx([2, 10])

    def test_clocks_that_change(self):
        """A night on which clocks go forward has an hour less, one on which they go back an hour more."""
        always = BusinessCalendar("Europe/London", weekdays=("sat", "sun"), hours=("00:00-24:00",))
        days = [(f"{day} 00:00", f"{pd.Timestamp(day) + pd.Timedelta(days=1)}") for day in ("2026-03-29", "2026-10-25")]
        assert [between(always, *day) for day in days] == pytest.approx([23, 25])
        assert between(always, "2026-03-29 00:30", "2026-03-29 02:30") == pytest.approx(1)

    def test_closed_throughout(self):
        """Where no hour is open, none passes."""
        office = BusinessCalendar("Asia/Riyadh", holidays=(dt.date(2026, 2, 1), dt.date(2026, 2, 2)))
        assert between(office, "2026-02-01 10:00", "2026-02-02 10:00") == 0

    def test_a_hundred_thousand_tickets(self):
        """In less than two seconds, the estimate included."""
        rng = np.random.default_rng(1)
        opened = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.uniform(0, 400, 100_000), unit="D")
        closed = opened + pd.to_timedelta(rng.exponential(2, 100_000), unit="D")
        began = time.process_time()
        waits = time_between(opened, closed, as_of=END, customers=rng.integers(30_000, size=100_000), calendar=RIYADH)
        assert time.process_time() - began < 2
        assert waits.n == 100_000

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"time_zone": "Riyadh"}, "time_zone='Riyadh' is not known"),
            ({"weekdays": ("Sunday",)}, "'Sunday' is no day of the week"),
            ({"hours": ("9-5",)}, "hours='9-5' are not two times of day"),
            ({"hours": ()}, "hours='' are not two times of day"),
            ({"hours": ("09:60-17:00",)}, "are not two times of day"),
            ({"holidays": ("soon",)}, "holidays='soon' is not a day"),
            ({"country": "KSA"}, "country='KSA': Country KSA not available"),
            (
                {"special_hours": ((dt.date(2026, 3, 1), dt.date(2026, 2, 1), ("09:00-12:00",)),)},
                "ends before it starts",
            ),
        ],
    )
    def test_refused(self, options, message):
        """A setting that cannot be meant is named."""
        with pytest.raises(ParameterError, match=message):
            BusinessCalendar(**{"time_zone": "Asia/Riyadh", **options})


def time_between(opened, ended, customers=None, **options):
    """`time_to` of columns."""
    whose = [None] * len(opened) if customers is None else customers
    rows = pd.DataFrame({"customer_id": whose, "opened_at": opened, "closed_at": ended})
    return time_to(rows, "closed_at", **options)


def hours(*waits, **options):
    """Tickets opened at nine on 1 February; a wait of None is still open."""
    start = pd.Timestamp("2026-02-01 09:00")
    ends = [pd.NaT if wait is None else start + pd.Timedelta(hours=wait) for wait in waits]
    return time_between([start] * len(waits), ends, as_of=END, **options)


class TestWaits:
    """Kaplan-Meier on paper."""

    def test_all_answered(self):
        """Without open tickets the share within a time is a plain share with Wilson's interval."""
        waits = hours(*range(1, 11), within_hours=4)
        assert waits.within.value == pytest.approx(0.4)
        assert (waits.within.low, waits.within.high) == pytest.approx((0.1682, 0.6873), abs=0.02)
        assert waits.median.value == 5

    def test_open_tickets_count(self):
        """Opened on the last two days and open: at risk for 15 and for 39 hours, not answered, not left out.

        Of 4 tickets one is answered after 10 hours (3/4 left), then one falls out, one of 2 is answered after 20 (3/8).
        """
        opened = pd.to_datetime(["2026-02-01 09:00", "2026-02-01 09:00", "2026-02-28 09:00", "2026-02-27 09:00"])
        ended = [opened[0] + pd.Timedelta(hours=10), opened[1] + pd.Timedelta(hours=20), pd.NaT, pd.NaT]
        waits = time_between(opened, ended, as_of=END, within_hours=20)
        assert waits.within.value == pytest.approx(1 - 3 / 4 * 1 / 2)
        assert waits.median.value == 20
        assert waits.waiting == 2

    def test_all_open(self):
        """Nothing has come: a share of zero, and no median."""
        waits = hours(*[None] * 40, within_hours=24)
        assert (waits.within.value, waits.within.low, waits.waiting) == (0, 0, 40)
        assert 0.05 < waits.within.high < 0.12
        assert np.isnan([waits.median.value, waits.median.low, waits.median.high]).all()

    def test_a_median_that_is_not_reached(self):
        """Four of ten answered: half is not reached, and only its lower end can be told."""
        waits = hours(1, 2, 3, 4, *[None] * 6)
        assert np.isnan([waits.median.value, waits.median.high]).all()
        assert waits.median.low == 2

    def test_nobody_was_observed_for_so_long(self):
        """What comes after the longest wait is not known, unless all have come."""
        assert np.isnan(hours(1, 2, None, within_hours=10_000).within.value)
        assert hours(1, 2, 3, within_hours=10_000).within.value == 1

    def test_closed_before_opened(self):
        """Left out and counted, as are tickets opened after the last day."""
        opened = pd.to_datetime(["2026-02-01 09:00", "2026-02-01 09:00", "2026-03-05 09:00"])
        waits = time_between(opened, pd.to_datetime(["2026-02-01 08:00", "2026-02-01 10:00", None]), as_of=END)
        assert (waits.n, waits.refused, waits.later) == (1, 1, 1)

    def test_an_answer_after_the_last_day_has_not_come(self):
        """The page of February is the same in March."""
        opened = pd.to_datetime(["2026-02-28 09:00"] * 2)
        early = time_between(opened, [pd.NaT, opened[1] + pd.Timedelta(hours=1)], as_of=END)
        late = time_between(opened, [pd.Timestamp("2026-03-09"), opened[1] + pd.Timedelta(hours=1)], as_of=END)
        assert early == late

    def test_one_customer_with_many_tickets(self):
        """A hundred tickets of ten customers, each alike, are as sure as ten."""
        waits = [1.0 if c < 4 else 50.0 for c in range(10) for _ in range(10)]
        own, shared = (hours(*waits, customers=c) for c in (None, [c for c in range(10) for _ in range(10)]))
        ten = hours(*[1.0 if c < 4 else 50.0 for c in range(10)])
        assert own.within.value == shared.within.value == pytest.approx(0.4)
        assert (shared.within.high - shared.within.low) >= 0.95 * (ten.within.high - ten.within.low)
        assert (own.within.high - own.within.low) < 0.5 * (shared.within.high - shared.within.low)

    def test_the_median_is_over_customers_too(self):
        """Ten tickets of each of 30 customers, all alike: the median's ends are those of 30 tickets, not of 300."""
        times = np.linspace(1, 30, 30)
        whose = np.repeat(np.arange(30), 10)
        shared, own, thirty = (
            hours(*each, customers=c).median
            for each, c in ((np.repeat(times, 10), whose), (np.repeat(times, 10), None), (times, None))
        )
        assert own.high - own.low < 0.5 * (shared.high - shared.low)
        assert (shared.low, shared.high) == pytest.approx((thirty.low, thirty.high), abs=1.1)

    def test_midnight_after_the_last_day(self):
        """What came on the stroke of the next day had not come on the last one."""
        midnight = pd.Timestamp("2026-03-01")
        assert time_between(pd.to_datetime(["2026-02-28 23:00"]), [midnight], as_of=END).waiting == 1

    def test_no_ticket(self):
        """Nothing is known of no tickets."""
        assert np.isnan(time_between([], [], as_of=END).within.value)

    def test_a_missing_opening(self):
        """Said with its count."""
        with pytest.raises(DataError, match="'opened_at' is missing in 1 rows"):
            time_between([pd.NaT], [pd.NaT], as_of=END)

    @pytest.mark.parametrize(
        ("ended", "message"), [("soon", "'closed_at' holds what is no instant"), ("2026-02-02T10:00Z", "an offset")]
    )
    def test_what_is_no_instant_of_the_clock(self, ended, message):
        """The column is named."""
        with pytest.raises(DataError, match=message):
            time_between([pd.Timestamp("2026-02-01")], [ended], as_of=END)

    def test_days_as_text(self):
        """A parameter file writes days as text."""
        office = BusinessCalendar(
            "Asia/Riyadh", holidays=["2026-02-02"], special_hours=[["2026-02-03", "2026-02-03", ["10:00-12:00"]]]
        )
        assert between(office, "2026-02-02 00:00", "2026-02-04 00:00") == pytest.approx(2)
