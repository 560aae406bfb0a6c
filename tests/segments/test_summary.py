"""Segment summaries and their intervals."""

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import t

from cxlib.language import T
from cxlib.measures.sampling import group_shares, wilson
from cxlib.segments import RfmGrid, segment_summary
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


def test_interval_by_hand():
    """Four customers, one group of the two largest: share .7, and the variance of the linearisation with its t."""
    row = group_shares(["a", "a", "b", "b"], [400.0, 300.0, 200.0, 100.0]).loc["a"]
    off = np.array([400 * 0.3, 300 * 0.3, -200 * 0.7, -100 * 0.7])
    freedom = (off**2).sum() ** 2 / (off**4).sum() - 1
    step = t.ppf(0.975, freedom) * np.sqrt((off**2).sum()) / 1000 / (0.7 * 0.3)
    assert row.tolist() == pytest.approx([0.7, *expit(logit(0.7) + np.array([-step, step]))])


def test_shares_at_their_ends():
    """One group for all is all of it; who spent nothing brings nothing; after refunds a share may lie above 100%."""
    assert group_shares(["a", "a"], [5, 7]).iloc[0].tolist() == [1, 1, 1]
    assert group_shares(["a", "b", "b"], [5, 0, 0]).loc["b"].tolist() == [0, 0, 0]
    more = group_shares(["a", "a", "b"], [50, 60, -10]).loc["a"]
    assert more["revenue_share_low"] < more["revenue_share"] == 1.1 < more["revenue_share_high"]


SPENDING = {
    "log-normal, 1.0": lambda random, n: random.lognormal(0, 1.0, n),
    "log-normal, 1.6": lambda random, n: random.lognormal(0, 1.6, n),
    "gamma, 0.8": lambda random, n: random.gamma(0.8, 1, n),
    "Pareto, 2.2": lambda random, n: 1 + random.pareto(2.2, n),
    "Pareto, 1.3": lambda random, n: 1 + random.pareto(1.3, n),
}


@pytest.mark.slow
@pytest.mark.parametrize("n", [200, 1000])
@pytest.mark.parametrize("name", SPENDING)
def test_intervals_of_revenue_shares_cover(name, n):
    """500 runs: groups of 60, 30 and 10%, alike or spending 1, 2 and 4 times as much; 92 to 99.5% hold the share."""
    sizes, holds = np.array([0.6, 0.3, 0.1]), []
    for seed in range(500):
        random, times = np.random.default_rng(seed), np.array([1, 1, 1] if seed % 2 else [1, 2, 4])
        group = random.choice(3, n, p=sizes)
        table = group_shares(group, SPENDING[name](random, n) * times[group])
        truth = sizes * times / (sizes @ times)
        holds.append((table["revenue_share_low"] <= truth) & (truth <= table["revenue_share_high"]))
    assert np.mean(holds, axis=0).min() >= 0.92
    assert np.mean(holds, axis=0).max() <= 0.995


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
