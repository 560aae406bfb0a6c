"""The named measures: values by hand, what there is nothing of, and how often the intervals hold."""

import datetime as dt
import re

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

import cxlib.measures as m
from cxlib.data import Workspace
from cxlib.errors import DataError
from cxlib.measures import activity, change_of, median_of, quotient_of, ratio_of, share_of, time_to

PURCHASES = pd.DataFrame(
    {
        "customer_id": list("abcdef"), "orders": [3, 1, 2, 1, 1, 0], "revenue_cents": [900, 300, 150, 50, 100, -40],
        "customers": [1, 1, 1, 1, 1, 0], "new_customers": [0, 0, 1, 1, 1, 0], "earlier_orders": [3, 1, 0, 0, 0, 0],
        }
)  # fmt: skip
START, END = dt.date(2026, 2, 1), dt.date(2026, 3, 1)


class TestByHand:
    """Six customers, eight orders, 1,460 cents."""

    def test_buying(self):
        """Four of eight orders by earlier customers."""
        assert m.repurchase_rate(PURCHASES).value == pytest.approx(4 / 8)
        assert m.average_order_value(PURCHASES).value == pytest.approx(1460 / 8)  # the refund counts, its day does not
        assert m.purchase_frequency(PURCHASES).value == pytest.approx(8 / 5)
        assert m.repeat_to_new_spend(PURCHASES).value == pytest.approx(600 / 100)

    def test_a_hundred_sales(self):
        """100 sales of which 30 from earlier customers is 30%, the sources' own example."""
        rows = pd.DataFrame({"customer_id": range(100), "orders": 1, "earlier_orders": [1] * 30 + [0] * 70})
        share = m.repurchase_rate(rows)
        assert (share.value, round(share.low, 3), round(share.high, 3)) == (0.3, 0.219, 0.396)  # Wilson

    def test_again_within_a_window(self):
        """Only who was seen for the whole window counts; the last day of it is in it."""
        starts = pd.DataFrame(
            {
                "customer_id": list("abcd"),
                "first_day": pd.to_datetime(["2026-02-01", "2026-02-02", "2026-02-20", "2026-03-01"]),
                "second_day": pd.to_datetime(["2026-03-03", "2026-03-05", "2026-02-21", "2026-03-02"]),
            }
        )
        again = m.repurchase_within(starts, START, END, window_days=30, as_of=dt.date(2026, 3, 10))
        assert (again.value, again.n) == (0.5, 2)

    def test_visitors_are_customers(self):
        """A visit of nobody that ended in a purchase counts by visit, not by visitor."""
        rows = pd.DataFrame({"customer_id": ["a", "b", "?1"], "converted": [2, 0, 1], "counted": [3, 1, 1]})
        rows["visitors"] = [1, 1, 0]
        by_visit, by_visitor = m.conversion_by_visit(rows), m.conversion_by_visitor(rows)
        assert (by_visit.value, by_visitor.value, by_visitor.n) == (3 / 5, 1 / 2, 2)

    def test_memberships(self):
        """An end on the period's first day is one in it, one on the day after its last is not."""
        spells = pd.DataFrame(
            {
                "customer_id": list("abcde"),
                "started_on": pd.to_datetime(["2026-01-01", "2026-01-01", "2026-01-01", "2026-02-01", "2026-01-01"]),
                "duration_days": [31, 59, 30, 5, 400],
                "ended": [True, True, True, True, False],
            }
        )
        rate = m.membership_churn_rate(spells, START, END)
        assert (rate.value, rate.n) == (pytest.approx(1 / 3), 3)

    def test_referrals_of_one_who_brings_many(self):
        """Fifty new customers of one referrer are less sure than fifty of fifty."""
        one, many = (
            m.referral_rate(
                pd.DataFrame({"customer_id": range(500), "eligible": 1, "referred": np.r_[x, [0] * (500 - len(x))]})
            )
            for x in ([48, 1, 1], [1] * 50)
        )
        assert one.value == many.value == pytest.approx(0.1)
        assert one.high > 3 * many.high
        assert m.referral_rate(None) is None


class TestNothing:
    """What the data have nothing of."""

    @pytest.mark.parametrize("name", ["pages_per_visit", "time_on_site", "conversion_by_visit", "conversion_by_visitor",
                                      "findability", "goal_completion"])  # fmt: skip
    @pytest.mark.parametrize("rows", [0, 3])
    def test_visits_of_which_nothing_is_known(self, name, rows):
        """No visits, or none of which it is known: missing, and n is 0."""
        sums = [
            "visits",
            "pages",
            "paged",
            "seconds",
            "timed",
            "found",
            "looked",
            "goal_met",
            "aimed",
            "converted",
            "counted",
            "visitors",
        ]
        frame = pd.DataFrame({"customer_id": [f"c{i}" for i in range(rows)], **dict.fromkeys(sums, 0)})
        figure = getattr(m, name)(frame)
        assert np.isnan(figure.value)
        assert figure.n == 0

    def test_no_purchases(self):
        """An empty period."""
        for measure in (m.repurchase_rate, m.average_order_value, m.purchase_frequency, m.repeat_to_new_spend):
            assert np.isnan(measure(PURCHASES.iloc[:0]).value)

    def test_a_missing_column(self):
        """Named with its nearest."""
        with pytest.raises(DataError, match=r"no column 'orders'\. Did you mean 'order'"):
            m.purchase_frequency(PURCHASES.rename(columns={"orders": "order"}))


def coverage(draw, truth, runs):
    """How often an interval holds the truth; one without an upper end reaches as far as can be."""
    figures = [draw() for _ in range(runs)]
    return np.mean([f.low <= truth <= (np.inf if np.isnan(f.high) else f.high) for f in figures if not np.isnan(f.low)])


RUNS = 300  # of each case: a true 95% shows as 93% to 97% in all but 7 of 100 cases
SIZES = {30: (0.90, 1.0), 60: (0.90, 0.997), 200: (0.92, 0.985), 1000: (0.92, 0.98)}


def within(n, *args):
    """Check coverage of `n` customers; 90-99% is promised below 200 and 93-97% from there, less noise."""
    low, high = SIZES[n]
    held = coverage(*args, RUNS)
    assert low <= held <= high, (n, held)


@pytest.mark.slow
@pytest.mark.parametrize("n", SIZES)
class TestCoverage:
    """Customers who differ in how much they do and how; 300 runs a case."""

    @pytest.mark.parametrize(("p", "alike"), [(0.05, 5), (0.3, 2), (0.7, 20)])
    def test_shares_of_visits(self, n, p, alike):
        """Visits log-normal over customers (a few with dozens), each customer with a chance of their own."""
        rng = np.random.default_rng(1)

        def draw():
            visits = np.maximum(1, np.round(rng.lognormal(0.7, 0.9, n))).astype(int)
            return share_of(rng.binomial(visits, rng.beta(p * alike, (1 - p) * alike, n)), visits, customers=range(n))

        within(n, draw, p)

    @pytest.mark.parametrize("spread", [0.8, 1.3])
    def test_average_order_values(self, n, spread):
        """Orders of a negative binomial, their size log-normal over customers."""
        rng = np.random.default_rng(2)

        def draw():
            orders = 1 + rng.poisson(rng.gamma(0.5, 2, n))
            return ratio_of(rng.lognormal(0, spread, n) * rng.gamma(4 * orders, 0.25), orders, customers=range(n))

        within(n, draw, np.exp(spread**2 / 2))

    def test_medians(self, n):
        """Several values of a customer, alike."""
        rng = np.random.default_rng(3)

        def draw():
            rows = np.repeat(np.arange(n), 1 + rng.poisson(1.5, n))
            return median_of(np.exp(rng.normal(size=n)[rows] + rng.normal(size=len(rows))), customers=rows)

        within(n, draw, 1)

    @pytest.mark.parametrize("alike", [0.0, 0.5, 0.9])
    def test_changes(self, n, alike):
        """Differences and quotients of means, and differences of shares, of customers who are alike in both periods."""
        rng = np.random.default_rng(4)

        def pair():
            both = np.sqrt(alike) * rng.normal(size=n)
            return [np.exp(both + np.sqrt(1 - alike) * rng.normal(size=n)) for _ in range(2)]

        def means():
            return [ratio_of(f * x, np.ones(n), customers=range(n)) for f, x in zip((1.1, 1.0), pair(), strict=True)]

        def shares():
            hits, chance = [], ndtr(np.sqrt(alike) * rng.normal(size=n))
            for p in (0.3, 0.2):
                trials = 1 + rng.poisson(2, n)
                hits.append(share_of(rng.binomial(trials, 2 * p * chance), trials, customers=range(n)))
            return change_of(*hits)

        within(n, lambda: change_of(*means()), 0.1 * np.exp(0.5))
        within(n, lambda: quotient_of(*means()), 1.1)
        within(n, shares, 0.1)

    @pytest.mark.parametrize("more", [0.3, 3.0])
    def test_waiting_times(self, n, more):
        """Three in ten tickets are still open; those of a customer wait alike."""
        rng, end = np.random.default_rng(5), pd.Timestamp("2026-03-01")

        def tickets():
            rows = np.repeat(np.arange(n), 1 + rng.poisson(rng.gamma(0.5, 2 * more, n)))
            wait = 8 * np.exp(0.7 * rng.normal(size=n)[rows] + 0.7 * rng.normal(size=len(rows)))
            opened = end - pd.to_timedelta(rng.uniform(0, 40, len(rows)), unit="h")
            frame = pd.DataFrame({"customer_id": rows, "opened_at": opened})
            frame["closed_at"] = opened + pd.to_timedelta(wait, unit="h")
            return time_to(frame, "closed_at", as_of=dt.date(2026, 2, 28), within_hours=6)

        times = [tickets() for _ in range(RUNS)]
        medians, shares = (iter([getattr(each, name) for each in times]) for name in ("median", "within"))
        within(n, lambda: next(medians), 8)
        within(n, lambda: next(shares), float(ndtr(np.log(6 / 8) / np.sqrt(0.98))))


def test_every_measure_is_documented(root):
    """The table of docs/measures.md names just the named measures, and the face offers each."""
    table = (root / "docs" / "measures.md").read_text(encoding="utf-8")
    documented = [
        line.split("|")[-2].strip(" `") for line in table.splitlines() if line.startswith("| ") and "`" in line
    ]
    named = [name for name, what in vars(activity).items() if getattr(what, "__module__", "") == activity.__name__]
    expected = {name for name in named if not name.startswith("_")} | {"response_time", "resolution_time"}
    assert sorted(documented) == sorted(expected)
    assert expected <= set(m.__all__)


def test_the_examples_of_the_page_run(root):
    """The code of docs/measures.md."""
    page = (root / "docs" / "measures.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 2
    names = {}
    exec(blocks[0].replace('open_workspace("demo")', "shop"), names | {"shop": _shop()})
    exec(blocks[1].replace("office.hours_between", "hours = office.hours_between"), names)
    assert names["hours"].tolist() == [0.5]


def _shop():
    """A company with an order a day by one customer or another."""
    days = pd.date_range("2026-04-01", "2026-09-30", freq="D")
    rows = pd.DataFrame({"customer_id": [f"c{i % 40}" for i in range(len(days))], "at": days, "amount": 10})
    return Workspace.from_frames({"transactions": rows}, currency="SAR", time_zone="Asia/Riyadh")
