"""The company as a whole: one customer is the same in every size, and the tables fit together."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cxlib.data.demo import simulate
from cxlib.data.demo.blocks import BLOCK
from cxlib.errors import ConfigurationError

MAIN_DATE = {
    "customers": "joined_on",
    "memberships": "started_on",
    "transactions": "at",
    "surveys": "at",
    "tickets": "opened_at",
    "sessions": "at",
    "messages": "sent_at",
}
IDS = {
    "customers": "customer_id",
    "transactions": "transaction_id",
    "surveys": "response_id",
    "tickets": "ticket_id",
    "sessions": "session_id",
    "messages": "message_id",
}


# Each example simulates a whole block: few of them, and shrinking one would take minutes.
@settings(max_examples=8, phases=[Phase.explicit, Phase.generate])
@given(customers=st.integers(1, 400), seed=st.integers(0, 2**32))
def test_tables_fit_together(customers, seed):
    """Any size and seed: customers known, ids unique, dates in the three years and after joining, scores on scale."""
    company = simulate(customers, seed=seed)
    known = company.tables["customers"].set_index("customer_id")["joined_on"]
    assert len(known) == customers
    for name, column in MAIN_DATE.items():
        table = company.tables[name]
        joined = table["customer_id"].map(known)
        assert joined.notna().all(), name
        assert table[column].between(joined, pd.Timestamp(company.truth.end) + pd.Timedelta("1D")).all(), name
        if name in IDS:
            assert table[IDS[name]].is_unique
    _check_values(company.tables)


@pytest.mark.parametrize("only", [["tickets"], ["order_lines", "hidden_invitations"], ["memberships", "surveys"]])
def test_some_tables_are_those_of_the_whole(only):
    """What is made alone equals what is made with all others, hidden tables too."""
    some, whole = simulate(100, seed=3, only=only), simulate(100, seed=3)
    for kind in ("tables", "hidden"):
        names = [name for name in getattr(whole, kind) if name in only or f"hidden_{name}" in only]
        assert {*getattr(some, kind)} - {"benchmarks"} == {*names}
        for name in names:
            pd.testing.assert_frame_equal(getattr(some, kind)[name], getattr(whole, kind)[name])


def test_a_table_that_there_is_not_is_named():
    """A misspelt table made none, without a word."""
    with pytest.raises(ConfigurationError, match=r"no table 'tickts'\. Did you mean 'tickets'"):
        simulate(100, only=["tickts"])


def _check_values(tables):
    assert tables["surveys"]["nps"].between(0, 10).all()
    assert tables["surveys"]["csat"].dropna().between(1, 5).all()
    ratings = tables["surveys"].filter(like="rating_")
    assert (ratings.isin([1, 2, 3, 4, 5, 9]) | ratings.isna()).all(axis=None)
    assert _in_order(tables["memberships"], "started_on", "ended_on")
    assert (tables["memberships"]["ended_on"].isna() == tables["memberships"]["end_reason"].isna()).all()
    assert _in_order(tables["tickets"], "opened_at", "first_response_at")
    assert _in_order(tables["tickets"], "first_response_at", "closed_at")
    assert _in_order(tables["messages"], "sent_at", "opened_at")
    assert (tables["sessions"]["found"].notna() == tables["sessions"]["searched"]).all()
    assert (tables["transactions"]["amount_cents"] != 0).all()
    referred = tables["customers"]["referred_by"].dropna()
    assert referred.isin(tables["customers"]["customer_id"]).all()


def _in_order(table, earlier, later):
    return ((table[later] - table[earlier]).dropna() > pd.Timedelta(0)).all()


@pytest.mark.parametrize("size", [1, BLOCK - 1, BLOCK, BLOCK + 1])
def test_a_customer_is_the_same_in_every_size(size):
    """The first customers of a bigger company are the smaller company, in every table."""
    small, big = simulate(size, seed=3), simulate(BLOCK + 700, seed=3)
    ids = small.tables["customers"]["customer_id"]
    for name in MAIN_DATE:
        part = big.tables[name]
        same = part[part["customer_id"].isin(ids)].reset_index(drop=True)
        pd.testing.assert_frame_equal(same, small.tables[name])


def test_another_seed_is_another_company():
    """Two seeds share no amounts, and blocks of one company differ from each other."""
    one, two = simulate(BLOCK * 2, seed=1), simulate(BLOCK * 2, seed=2)
    amounts = one.tables["transactions"]["amount_cents"]
    assert not np.array_equal(amounts.head(100), two.tables["transactions"]["amount_cents"].head(100))
    joined = one.tables["customers"]["joined_on"]
    assert not np.array_equal(joined[:BLOCK], joined[BLOCK:])


OUT_OF_RANGE = [(0, 7, "customers is 0"), (5_000_001, 7, "5,000,000"), (5, -1, "seed is -1")]


@pytest.mark.parametrize(("customers", "seed", "said"), OUT_OF_RANGE)
def test_sizes_out_of_range_are_refused(customers, seed, said):
    """No customers, too many, or a negative seed is a configuration error that names the value."""
    with pytest.raises(ConfigurationError, match=said):
        simulate(customers, seed=seed)


def test_groups_can_be_told_apart_by_behaviour(company, groups):
    """Four clusters on order interval and order value agree with the planted groups (adjusted Rand index over .85)."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score

    orders = company.tables["transactions"].query("amount_cents > 0")
    by_customer = orders.groupby("customer_id").agg(
        days=("day", "nunique"), first=("day", "min"), last=("day", "max"), spend=("amount_cents", "mean")
    )
    buyers = by_customer[by_customer["days"] >= company.truth.clusters.min_orders]
    gap = (buyers["last"] - buyers["first"]).dt.days / (buyers["days"] - 1)
    features = np.column_stack([np.log(gap), np.log(buyers["spend"])])
    features = (features - features.mean(axis=0)) / features.std(axis=0)
    labels = KMeans(company.truth.clusters.k, n_init=5, random_state=0).fit_predict(features)
    assert adjusted_rand_score(groups.reindex(buyers.index), labels) > 0.85
