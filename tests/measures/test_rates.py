"""Shares, ratios and medians over customers: published values, hand-computed ones, invariants, coverage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxlib.errors import DataError
from cxlib.measures import Figure, change_of, median_of, quotient_of, ratio_of, share_of
from cxlib.measures.sampling import group_means, independent_n, wilson


class TestPublished:
    """Values that others have printed."""

    @pytest.mark.parametrize(
        ("a", "b", "low", "high"),
        [
            ((56, 70), (48, 80), 0.0524, 0.3339),
            ((9, 10), (3, 10), 0.1705, 0.8090),
            ((10, 10), (0, 20), 0.6791, 1.0),
            ((10, 10), (0, 10), 0.6075, 1.0),
        ],
    )
    def test_newcombe(self, a, b, low, high):
        """Differences of two shares: Newcombe, Statistics in Medicine 17 (1998), table II, method 10."""
        shares = [share_of([1] * hits + [0] * (n - hits)) for hits, n in (a, b)]
        change = change_of(*shares)
        assert (change.low, change.high) == (pytest.approx(low, abs=6e-5), pytest.approx(high, abs=6e-5))

    def test_wilson(self):
        """One row a customer is Wilson's interval: 81 of 263 is .2553 to .3662 (Newcombe, ibid., 857-872, table I)."""
        share = share_of([1] * 81 + [0] * 182)
        assert (round(share.low, 4), round(share.high, 4), share.n) == (0.2553, 0.3662, 263)

    @pytest.mark.parametrize(("n", "low"), [(6, 1), (9, 2), (20, 6), (30, 10), (100, 40)])
    def test_ranks_of_a_median(self, n, low):
        """The ranks of a median's interval (Conover, Practical Nonparametric Statistics, table A3)."""
        median = median_of(np.arange(1, n + 1))
        assert (median.low, median.high) == (low, n + 1 - low)


class TestByHand:
    """Small tables that can be computed on paper."""

    def test_a_share_over_customers(self):
        """Two customers, all of 10 visits of one are hits: as sure as two customers, not as twenty visits."""
        share = share_of([10, 0], [10, 10], customers=["a", "b"])
        assert (share.value, share.n) == (0.5, 2)
        assert share.low < 0.01
        assert share.high > 0.99

    def test_rows_or_sums_of_a_customer_are_the_same(self):
        """Visits row by row tell what their sums by customer tell."""
        rows = share_of([1, 0, 1, 1, 0, 0], customers=list("aabbcd"))
        sums = share_of([1, 2, 0, 0], [2, 2, 1, 1], customers=list("abcd"))
        assert rows == sums

    def test_no_surer_than_its_trials(self):
        """Customers of whom most hit once in two trials are more even than chance; 20 trials stay 20."""
        share = share_of([1] * 8 + [2, 0], [2] * 10, customers=range(10))
        low, high = wilson(10, 20)
        assert share.low <= float(low)
        assert share.high >= float(high)

    def test_a_mean_is_a_ratio(self):
        """Over ones it is the mean of `group_means`, ends included."""
        values = np.random.default_rng(1).lognormal(size=50)
        expected = group_means(["all"] * 50, values).iloc[0]
        mean = ratio_of(values, np.ones(50))
        np.testing.assert_allclose([mean.value, mean.low, mean.high], expected)

    def test_the_design_effect_is_that_of_answers(self):
        """Of as many independent visits as `independent_n` says of the rows."""
        rng = np.random.default_rng(2)
        customers, hits = rng.integers(60, size=200), rng.integers(2, size=200)
        share = share_of(hits, customers=customers)
        size = independent_n(hits, np.ones(200), customers)
        low, _ = wilson(share.value * size, size)
        assert share.low == pytest.approx(float(low), abs=0.004)  # Student's in place of the normal distribution's

    def test_a_change_of_the_same_customers_is_paired(self):
        """Where everybody moves alike the change is surer than the two values."""
        before = np.random.default_rng(3).lognormal(sigma=1.0, size=100)
        now, then = (ratio_of(x, np.ones(100), customers=range(100)) for x in (before * 1.2, before))
        strangers = ratio_of(before, np.ones(100), customers=range(100, 200))
        paired, apart = change_of(now, then), change_of(now, strangers)
        assert paired.value == pytest.approx(apart.value)
        assert paired.high - paired.low < 0.3 * (apart.high - apart.low)
        assert paired.n == 100

    def test_no_change_of_the_same_figure(self):
        """A figure less itself is exactly zero."""
        share = share_of([1, 0, 2], [2, 2, 2], customers=list("abc"))
        change = change_of(share, share)
        assert (change.value, change.low, change.high) == pytest.approx((0, 0, 0), abs=1e-12)

    def test_nobody(self):
        """Of no rows, or of no trials, nothing is known."""
        for figure in (share_of([]), share_of([0, 0], [0, 0]), ratio_of([1, 2], [0, 0]), median_of([])):
            assert np.isnan([figure.value, figure.low, figure.high]).all()
            assert figure.n == 0

    def test_few_carriers_have_no_interval(self):
        """Two customers who spend among many who do not tell nothing of how sure the mean is."""
        mean = ratio_of([5.0, 9.0, *[0.0] * 50], np.ones(52))
        assert mean.value == pytest.approx(14 / 52)
        assert np.isnan([mean.low, mean.high]).all()

    def test_rows_of_nobody_stand_for_themselves(self):
        """Missing customers are not one customer."""
        assert share_of([1, 0, 1], customers=[None, None, "a"]).n == 3


class TestRefused:
    """What cannot be meant."""

    def test_more_hits_than_trials(self):
        """The row and the value are named."""
        with pytest.raises(DataError, match=r"more than its trials \(first: 3 in row 2"):
            share_of([1, 3], [1, 2])

    def test_a_missing_value(self):
        """A gap is not a zero."""
        with pytest.raises(DataError, match="'tops' has 1 value that is missing"):
            ratio_of([1.0, np.nan], [1, 1])


COUNTS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(0, 20)), min_size=1, max_size=40)


@given(COUNTS)
def test_a_share_lies_in_its_interval(rows):
    """Within 0 and 1, whoever's rows they are."""
    customers, hits, more = zip(*rows, strict=True)
    share = share_of(hits, np.add(hits, more), customers=customers)
    if share.n:
        assert 0 <= share.low <= share.value + 1e-12
        assert share.value - 1e-12 <= share.high <= 1


@given(COUNTS, st.floats(0.001, 1e6))
def test_a_ratio_scales(rows, factor):
    """Amounts in another unit give the same ratio and ends in that unit."""
    customers, tops, bottoms = zip(*rows, strict=True)
    plain, scaled = (ratio_of(np.multiply(tops, f), bottoms, customers=customers) for f in (1.0, factor))
    for name in ("value", "low", "high"):
        np.testing.assert_allclose(getattr(scaled, name), getattr(plain, name) * factor, rtol=1e-9)


@given(COUNTS, COUNTS)
def test_a_change_turns_around(rows, others):
    """The change back is the change with its sign turned, ends included, and holds its value."""
    now, before = (
        share_of([r[1] for r in each], [r[1] + r[2] for r in each], customers=[r[0] for r in each])
        for each in (rows, others)
    )
    there, back = change_of(now, before), change_of(before, now)
    np.testing.assert_allclose([there.value, there.low, there.high], [-back.value, -back.high, -back.low], atol=1e-6)
    assert np.isnan(there.value) or there.low - 1e-12 <= there.value <= there.high + 1e-12


@given(st.lists(st.tuples(st.integers(0, 9), st.floats(0, 1e6)), min_size=1, max_size=60))
def test_a_median_keeps_its_place(rows):
    """A rising transformation moves the ends with it."""
    customers, values = zip(*rows, strict=True)
    plain = median_of(values, customers=customers)
    moved = median_of(np.sqrt(values), customers=customers)
    np.testing.assert_allclose([moved.low, moved.high], np.sqrt([plain.low, plain.high]))


def test_a_quotient_is_a_ratio_of_its_parts():
    """Both ends swap and invert where it is turned over."""
    a, b = Figure(20, 16, 25, 40), Figure(10, 8, 12.5, 50)
    over, under = quotient_of(a, b), quotient_of(b, a)
    np.testing.assert_allclose([over.low, over.high], [1 / under.high, 1 / under.low])
    assert np.isnan(quotient_of(Figure(-1, -2, 1, 9), b).value)
