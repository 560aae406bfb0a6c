"""Movement between two dates, told apart from a moved scale."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxlib.data import rfm_frame
from cxlib.measures.sampling import wilson
from cxlib.segments.migration import migrate

DAY = pd.Timestamp("2026-06-30")
people = st.dictionaries(st.integers(0, 30), st.tuples(st.integers(0, 300), st.integers(1, 9)), min_size=1)


def dated(customers, day=DAY):
    """A frame as of a day from (days since the last purchase, purchase days) by customer."""
    table = pd.DataFrame(list(customers.values()), columns=["recency_days", "frequency"])
    last = day - pd.to_timedelta(table["recency_days"], unit="D")
    return table.assign(customer_id=list(customers), last_day=last, monetary=100 * table["frequency"])


def later(customers, days=90, **changes):
    """The same customers `days` later, nobody having bought."""
    return customers.assign(recency_days=customers["recency_days"] + days, **changes)


@settings(max_examples=15, deadline=None)
@given(people, people)
def test_everyone_is_counted_once(before, after):
    """Those who stayed, moved and came add up to the customers of each date."""
    movement = migrate(dated(before), dated(after, DAY + pd.Timedelta(days=90)))
    both = len(set(before) & set(after))
    assert movement.stayed + movement.moved == movement.matrix.to_numpy().sum() == both
    assert both + movement.entrants["customers"].sum() == len(after)
    assert np.trace(movement.matrix.to_numpy()) == movement.stayed


def test_shares_and_intervals():
    """Five of twenty who bought today and often do so again; the interval is Wilson's."""
    often, once = dict.fromkeys(range(20), (0, 9)), {n: (200 + n, 1) for n in range(20, 100)}
    now = {n: (0, 12) if n < 5 else (90 + early, days) for n, (early, days) in (often | once).items()} | {100: (0, 1)}
    movement = migrate(dated(often | once), dated(now, DAY + pd.Timedelta(days=90)))
    row = movement.table.set_index(["before", "after"]).loc[("champions", "champions")]
    low, high = wilson([5], [20])
    assert row[["customers", "of", "share", "low", "high"]].tolist() == [5, 20, 0.25, low[0], high[0]]
    assert movement.entrants["customers"].tolist() == [1]
    assert "20 customers from “Promising” to “Hibernating”, 100%" in str(movement.largest_move)
    assert str(movement.newcomers) == "1 customer is new since then"


def test_drift_is_not_movement(customers):
    """When everyone stays away for 90 days, everyone slips on the fixed scale, and nobody on scores cut anew."""
    found = migrate(customers, later(customers))
    assert found.moved_recut == 0
    assert found.moved > len(customers) / 5
    assert "it would look like 0" in str(found.drift_finding)


def test_one_day_moves_hardly_anyone(customers):
    """The same frame, dated later by nothing but a day."""
    movement = migrate(customers, later(customers, days=1))
    assert movement.moved / len(customers) < 0.05
    assert (movement.before, movement.after) == (DAY.date(), pd.Timestamp("2026-07-01").date())


def test_nobody_in_common():
    """Two dates without a common customer: a plain statement."""
    movement = migrate(dated({1: (0, 1)}), dated({2: (0, 1)}, DAY + pd.Timedelta(days=9)))
    assert "nobody can have moved" in str(movement.headline)
    assert "Nobody has moved" in str(movement.largest_move)


@pytest.mark.slow
def test_customers_move_where_nothing_changes():
    """A steady shop, 10 runs: 30 to 45 of 100 move in 90 days, as the page says; the largest movement is downwards."""
    for seed in range(10):
        rng, n, end = np.random.default_rng(seed), 6000, 730
        start, life = rng.uniform(-3 * 365, end, n), rng.exponential(400, n)
        bought = np.minimum(rng.poisson(rng.gamma(1.0, 1 / 60, n) * life), 300)
        who = np.repeat(np.arange(n), bought)
        day = np.concatenate([start, start[who] + rng.random(len(who)) * life[who]])
        rows = pd.DataFrame({"customer_id": np.concatenate([np.arange(n), who]).astype(str), "day": np.floor(day)})
        rows = rows.assign(amount_cents=rng.integers(500, 5000, len(rows)))[(day >= 0) & (day < end)]
        rows["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rows["day"], unit="D")
        last = pd.Timestamp("2024-01-01") + pd.Timedelta(days=end - 1)
        past = last - pd.Timedelta(days=90)
        then = rfm_frame(rows[rows["day"] <= past], observation_end=str(past.date()))
        moved = migrate(then, rfm_frame(rows, observation_end=str(last.date())))
        assert 0.3 < moved.moved / (moved.moved + moved.stayed) < 0.45
        assert "to “Loyal customers”" in str(moved.largest_move) or "to “Hibernating”" in str(moved.largest_move)
