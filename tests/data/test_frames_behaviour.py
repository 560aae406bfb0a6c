"""Behaviour and next-period frames: by hand, on any engine, and without a leak."""

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import digamma

from cxlib.data import Workspace, behaviour_frame, cohort_counts, next_period_frame, rfm_frame
from cxlib.errors import DataError

START = pd.Timestamp("2026-01-01")
entries = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 120), st.integers(-300, 2000)), min_size=8, max_size=60
)


def rows(*drawn):
    """Canonical rows from (customer, day number, cents)."""
    table = pd.DataFrame(drawn, columns=["customer_id", "day", "amount_cents"])
    return table.assign(day=START + pd.to_timedelta(table["day"], unit="D"))


class TestBehaviour:
    """How customers buy, apart from how long they have been customers."""

    def test_by_hand(self):
        """Days 0, 10, 40: gaps of 20 on average; 600 cents over three days."""
        table = rows(("a", 0, 100), ("a", 10, 200), ("a", 40, 250), ("a", 40, 50), ("b", 0, 100), ("b", 1, 100))
        found = behaviour_frame(table)
        assert found["customer_id"].tolist() == ["a"]
        assert found.loc[0, ["purchase_days", "gap_days", "order_value_cents"]].tolist() == [3, 20, 200]
        assert found.loc[0, "log_order_value"] == pytest.approx(np.log(200))
        assert found.loc[0, "log_gap_days"] == pytest.approx(np.log(20) + np.log(2) - digamma(2), abs=1e-3)

    def test_how_long_somebody_was_a_customer_does_not_matter(self):
        """The same habits for 40 and for 400 days give the same features, up to the bias that is taken off."""
        short, long = ([(name, day, 500) for day in range(0, end, 20)] for name, end in (("a", 100), ("b", 4000)))
        found = behaviour_frame(rows(*short, *long)).set_index("customer_id")
        assert found["gap_days"].tolist() == [20, 20]
        assert found["order_value_cents"].nunique() == 1

    def test_the_logarithm_is_unbiased(self):
        """With exponential gaps the mean of log_gap_days is that of the true gap, for two gaps as for twenty."""
        random = np.random.default_rng(0)
        for gaps, least in ((2, 3), (20, 21)):
            days = np.cumsum(random.exponential(500, (2000, gaps)), axis=1).round().astype(int) + 1
            drawn = [(f"c{i:04d}", int(day), 1) for i, own in enumerate(days) for day in (0, *own)]
            assert behaviour_frame(rows(*drawn), min_purchase_days=least)["log_gap_days"].mean() == pytest.approx(
                np.log(500), abs=0.05
            )

    def test_free_and_refunded(self):
        """Free items have the logarithm of one cent; a day of refunds only is no purchase day and takes nothing off."""
        table = rows(("a", 0, 0), ("a", 1, 0), ("a", 2, 0), ("b", 0, 100), ("b", 3, 100), ("b", 5, -100), ("b", 6, 100))
        found = behaviour_frame(table).set_index("customer_id")
        assert found.loc["a", "log_order_value"] == 0
        assert found.loc["b", ["purchase_days", "gap_days", "order_value_cents"]].tolist() == [3, 3, 100]

    def test_needs_two_purchase_days(self):
        """One purchase day has no gap."""
        with pytest.raises(DataError, match="at least 2"):
            behaviour_frame(rows(("a", 0, 1)), min_purchase_days=1)

    def test_only_one_time_buyers(self):
        """All one-time buyers: an empty table with its columns."""
        found = behaviour_frame(rows(("a", 0, 1), ("b", 3, 1)))
        assert len(found) == 0
        assert "log_gap_days" in found


class TestNextPeriod:
    """Known before, done after."""

    @settings(max_examples=6)
    @given(entries, st.integers(-5, 5))
    def test_no_leak(self, drawn, factor):
        """Whatever happens after the cut-off, what is known on it stays the same."""
        table = rows(("a", 0, 100), ("a", 120, 100), *drawn)
        late = table["day"] > START + pd.Timedelta(days=60)
        changed = table.assign(amount_cents=table["amount_cents"].where(~late, table["amount_cents"] * factor))
        known = ["next_cents", "next_purchase_days"]
        one, other = (next_period_frame(t, cutoff="2026-03-02", horizon_days=60).drop(columns=known)
                      for t in (table, changed))  # fmt: skip
        pd.testing.assert_frame_equal(one, other)
        before = rfm_frame(table[~late], observation_end="2026-03-02")
        pd.testing.assert_frame_equal(one.drop(columns="last_period_cents"), before)

    @settings(max_examples=6)
    @given(entries)
    def test_the_money_of_each_period(self, drawn):
        """By customer: cents of the 30 days before and of the 30 days after, as summed by pandas."""
        table = rows(("a", 0, 100), ("a", 120, 100), *drawn)
        found = next_period_frame(table, cutoff="2026-03-02", horizon_days=30).set_index("customer_id")
        age = (table["day"] - pd.Timestamp("2026-03-02")).dt.days
        for name, part in (("last_period_cents", age.between(-29, 0)), ("next_cents", age.between(1, 30))):
            expected = table[part].groupby("customer_id")["amount_cents"].sum().reindex(found.index, fill_value=0)
            assert found[name].tolist() == expected.tolist()

    def test_the_horizon_must_have_passed(self):
        """A cut-off too late for its horizon names the latest possible one."""
        with pytest.raises(DataError, match="Choose a cut-off up to 2026-01-11"):
            next_period_frame(rows(("a", 0, 1), ("a", 40, 1)), cutoff="2026-01-20", horizon_days=30)
        with pytest.raises(DataError, match="cutoff is missing"):
            next_period_frame(rows(("a", 0, 1)), cutoff=None)
        with pytest.raises(DataError, match="at least 1"):
            next_period_frame(rows(("a", 0, 1)), cutoff="2026-01-01", horizon_days=0)


@pytest.mark.parametrize(
    "make", [behaviour_frame, lambda table: next_period_frame(table, cutoff="2026-01-20", horizon_days=9)]
)
def test_ibis_in_ibis_out(make):
    """An ibis table gives an ibis table with the same rows as the DataFrame."""
    table = rows(*[(name, day, 100 + day) for name in "ab" for day in range(0, 40, 3)])
    lazy = make(ibis.memtable(table))
    assert not isinstance(lazy, pd.DataFrame)
    found = lazy.to_pandas().sort_values("customer_id", ignore_index=True)
    pd.testing.assert_frame_equal(found, make(table), check_dtype=False)


@pytest.mark.parametrize("make", [rfm_frame, behaviour_frame, cohort_counts])
def test_a_workspace_gives_a_data_frame(make):
    """A workspace makes the DataFrame that its table of transactions makes; ids made of row numbers are no orders."""
    sales = pd.DataFrame({"customer_id": list("bca") * 4, "at": [f"2026-01-{day:02}" for day in range(1, 13)]})
    sales["amount"] = 3
    shop = Workspace.from_frames({"transactions": sales}, currency="GBP", time_zone="Europe/London")
    pd.testing.assert_frame_equal(make(shop), make(shop.frame("transactions").drop(columns="transaction_id")))
