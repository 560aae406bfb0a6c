"""Segment summaries and their intervals."""

import numpy as np
import pandas as pd
import pytest

from cxlib.language import T
from cxlib.measures.sampling import wilson
from cxlib.segments import RfmGrid, segment_summary
from cxlib.segments.intervals import bootstrap_shares
from cxlib.segments.rules import Rule, RuleTable


@pytest.fixture
def summary(customers):
    """The summary of 2,000 customers."""
    return segment_summary(RfmGrid().fit(customers).assign(customers), currency="GBP")


def test_nothing_is_lost(customers, summary):
    """Customers and cents add up over segments, and shares to one."""
    assert summary.customers == len(customers)
    assert summary.revenue_cents == customers["monetary"].sum()
    assert summary.table[["customer_share", "revenue_share"]].sum().tolist() == pytest.approx([1, 1])


def test_intervals_hold_the_share(summary):
    """Each share lies inside its interval."""
    found = summary.table[summary.table["customers"] > 0]
    assert found["revenue_share"].between(found["revenue_share_low"], found["revenue_share_high"]).all()


def test_seed(customers):
    """The same seed gives the same table, another seed other bounds."""
    assigned = RfmGrid().fit(customers).assign(customers)
    one, same, other = (segment_summary(assigned, seed=seed).table for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, same)
    assert not np.allclose(one["revenue_share_low"], other["revenue_share_low"])


def test_pooled_bootstrap_agrees_with_plain_resampling():
    """Pooling thousands of amounts gives the bounds of resampling customers one by one, within Monte Carlo error."""
    random = np.random.default_rng(3)
    groups, money = np.array(["a", "b"])[random.integers(0, 2, 6000)], random.lognormal(5, 1.5, 6000).round()
    fast = bootstrap_shares(groups, money, draws=2000, seed=1)
    drawn = random.integers(0, 6000, (2000, 6000))
    shares = (money[drawn] * (groups[drawn] == "a")).sum(axis=1) / money[drawn].sum(axis=1)
    width = np.quantile(shares, 0.975) - np.quantile(shares, 0.025)
    assert fast.loc["a", "revenue_share_low"] == pytest.approx(np.quantile(shares, 0.025), abs=0.12 * width)
    assert fast.loc["a", "revenue_share_high"] == pytest.approx(np.quantile(shares, 0.975), abs=0.12 * width)


def test_coverage_of_the_revenue_share():
    """The 95% interval holds the true share of revenue in about 95 of 100 samples."""
    hits = 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        groups = random.random(400) < 0.3
        money = random.gamma(2, np.where(groups, 300, 100))
        row = bootstrap_shares(groups.astype(str), money, draws=300, seed=seed).loc["True"]
        hits += row["revenue_share_low"] <= 0.3 * 300 / (0.3 * 300 + 0.7 * 100) <= row["revenue_share_high"]
    assert 0.90 <= hits / 200 <= 0.985


def test_wilson_published():
    """Newcombe (1998), table I: 81/263, 15/148, 0/20 and 1/29 by the score method."""
    low, high = wilson([81, 15, 0, 1], [263, 148, 20, 29])
    assert low.round(4).tolist() == [0.2553, 0.0624, 0, 0.0061]
    assert high.round(4).tolist() == [0.3662, 0.1605, 0.1611, 0.1718]


def test_headline_claims_only_what_the_interval_holds(customers):
    """A leader above its share of customers is claimed; equal spending gives the neutral form."""
    assigned = RfmGrid().fit(customers).assign(customers)
    assert "of customers and bring" in str(segment_summary(assigned).headline)
    even = segment_summary(assigned.assign(monetary=1000))
    assert str(even.headline).startswith("No segment clearly brings more than its share")


def test_repr_is_escaped(customers):
    """A segment name of hostile text is shown as text."""
    hostile = RuleTable([Rule("all", T("<script>alert(1)</script>"))])
    assigned = RfmGrid(hostile).fit(customers).assign(customers)
    shown = segment_summary(assigned, rules=hostile)._repr_html_()
    assert "&lt;script&gt;" in shown
    assert "<script" not in shown
