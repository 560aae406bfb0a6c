"""Six actions tried at random: what each does is seen in the tables, and in the same company under each of them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cxlib.data.demo import Trial, Truth, simulate
from cxlib.measures.rates import quotient_of, ratio_of

TRIAL = Trial()
SIZE = 20_000
DAY = pd.Timestamp(TRIAL.on)
READ = ["customers", "memberships", "transactions"]


def under(arm=None, seed=7, customers=SIZE):
    """The company with the trial, or as it would have been had everybody been drawn for one arm."""
    truth = Truth(trial=replace(TRIAL, everybody=arm))
    return simulate(customers, seed=seed, truth=truth, only=READ).tables


def outcomes(tables):
    """Who was a member on the trial's day with whether they left since, and what each customer spent since."""
    arms = tables["customers"].set_index("customer_id")["arm"]
    members = tables["memberships"].set_index("customer_id")
    members = members[(members["started_on"] < DAY) & ~(members["ended_on"] < DAY)]
    spent = tables["transactions"].query("day >= @DAY").groupby("customer_id")["amount_cents"].sum()
    return arms, members["ended_on"].notna(), spent.reindex(arms.index, fill_value=0)


@pytest.fixture(scope="module")
def tried():
    """The company with the trial."""
    return under()


@pytest.fixture(scope="module")
def potential():
    """Outcomes of the same company under each arm."""
    return {arm: outcomes(under(arm)) for arm in TRIAL.names}


def test_nothing_else_changes(company, tried):
    """Without a trial there is no column of arms; with one the control is as it would be without."""
    assert "arm" not in company.tables["customers"]
    pd.testing.assert_frame_equal(tried["customers"].drop(columns="arm"), company.tables["customers"])
    control = tried["customers"].query("arm == 'control'")["customer_id"]
    for table in ("memberships", "transactions"):
        mine, theirs = (
            rows[rows["customer_id"].isin(control)].reset_index(drop=True)
            for rows in (tried[table], company.tables[table])
        )
        pd.testing.assert_frame_equal(mine, theirs)


def test_a_customer_has_the_outcome_of_their_arm(tried, potential):
    """What is seen of a customer is what the company under their arm shows of them."""
    arms, left, spent = outcomes(tried)
    for arm in TRIAL.names:
        mine = arms.index[arms == arm]
        assert spent[mine].equals(potential[arm][2][mine])
        members = left.index.intersection(mine)
        assert left[members].equals(potential[arm][1][members])


def test_arms_differ_by_what_is_planted(potential):
    """Each lift is that of the money spent; a call keeps most, a letter nobody, a reminder lets members leave."""
    _, left, spent = potential["control"]
    for arm in TRIAL.arms:
        assert potential[arm.name][2].sum() / spent.sum() == pytest.approx(1 + arm.lift, abs=1e-4)
    more = {arm: potential[arm][1].reindex(left.index, fill_value=True).mean() - left.mean() for arm in TRIAL.names}
    assert more["letter"] == 0
    assert list(pd.Series(more).sort_values(kind="stable").index) == [
        "call", "upgrade", "discount", "control", "samples", "letter", "reminder",
    ]  # fmt: skip


@pytest.mark.slow
def test_effects_are_recovered():
    """Of 20 trials of 6,000 customers the 95% intervals of six lifts hold the planted one in 93 to 97 of 100 or so."""
    held = []
    for seed in range(20):
        arms, _, spent = outcomes(under(seed=seed, customers=6_000))
        sums = {arm: _mean(spent[arms == arm]) for arm in TRIAL.names}
        for arm in TRIAL.arms:
            lift = quotient_of(sums[arm.name], sums["control"])
            held.append(lift.low <= 1 + arm.lift <= lift.high)
    assert 0.90 <= np.mean(held) <= 0.99


def _mean(spent):
    return ratio_of(spent, np.ones(len(spent)), customers=spent.index)
