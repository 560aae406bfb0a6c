"""Movement between two dates, told apart from a moved scale."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxlib.errors import DataError
from cxlib.measures.sampling import wilson
from cxlib.segments import RfmGrid
from cxlib.segments.migration import migrate

KEYS = ["champions", "loyal", "new"]
assignments = st.dictionaries(st.integers(0, 30), st.sampled_from(KEYS), min_size=1)


def assigned(segments):
    """A frame from segments by customer."""
    return pd.DataFrame({"customer_id": list(segments), "segment": list(segments.values())})


def later(customers, days=90, **changes):
    """The same customers `days` later, nobody having bought."""
    return customers.assign(recency_days=customers["recency_days"] + days, **changes)


@given(assignments, assignments)
def test_everyone_is_counted_once(before, after):
    """Those who stayed, moved, came and left add up to the customers of each date."""
    found = migrate(assigned(before), assigned(after))
    both = found.stayed + found.moved
    assert found.matrix.to_numpy().sum() == both
    assert both + found.leavers["customers"].sum() == len(before)
    assert both + found.entrants["customers"].sum() == len(after)
    assert np.trace(found.matrix.to_numpy()) == found.stayed


def test_shares_and_intervals():
    """3 of 4 loyal customers became champions; the interval is Wilson's."""
    before = assigned(dict.fromkeys(range(4), "loyal"))
    found = migrate(before, assigned({0: "champions", 1: "champions", 2: "champions", 3: "loyal", 4: "new"}))
    row = found.table.set_index(["before", "after"]).loc[("loyal", "champions")]
    low, high = wilson([3], [4])
    assert row[["customers", "of", "share", "low", "high"]].tolist() == [3, 4, 0.75, low[0], high[0]]
    assert found.entrants.to_dict("records") == [{"segment": "new", "customers": 1, "share": 1.0}]
    assert "3 customers from “Loyal customers” to “Champions”" in str(found.largest_move)
    assert str(found.came_and_left) == "1 customer is new since then"
    assert len(found.summary) == 1
    assert "drift" in str(found.drift_finding)


def test_drift_is_not_movement(customers):
    """When everyone stays away for 90 days, everyone slips on the fixed scale, and nobody on scores cut anew."""
    found = migrate(customers, later(customers))
    assert found.moved_recut == 0
    assert found.moved > len(customers) / 5
    assert found.drift["fixed"].sum() == found.drift["recut"].sum() == len(customers)
    assert (found.drift["difference"] == found.drift["recut"] - found.drift["fixed"]).all()
    assert "0 would seem to have" in str(found.drift_finding)


def test_a_given_grid_scores_both_dates(customers):
    """With the edges of an earlier grid the same frame, dated later by nothing but a day, barely moves."""
    grid = RfmGrid().fit(customers)
    found = migrate(customers, later(customers, days=1), grid=grid)
    assert found.moved / len(customers) < 0.05
    assert (found.before, found.after) == (pd.Timestamp("2026-06-30").date(), pd.Timestamp("2026-07-01").date())


def test_wrong_order_is_an_error(customers):
    """The later date first, or the same date twice."""
    with pytest.raises(DataError, match="the later date must come second"):
        migrate(later(customers), customers)
    with pytest.raises(DataError, match="before is of 2026-06-30, after of 2026-06-30"):
        migrate(customers, customers)


def test_other_labels():
    """Clusters or tiers move too, under their own names."""
    before, after = (pd.DataFrame({"customer_id": [1, 2], "cluster": c}) for c in ([1, 2], [2, 2]))
    assert migrate(before, after, column="cluster").matrix.to_numpy().tolist() == [[0, 1], [0, 1]]


def test_nobody_in_common():
    """Two dates without a common customer: a plain statement."""
    found = migrate(assigned({1: "new"}), assigned({2: "new"}))
    assert "nobody can have moved" in str(found.headline)
    assert "Nobody has moved" in str(found.largest_move)


def test_bad_frames(customers):
    """One assignment without the other, and a customer who stands twice."""
    with pytest.raises(DataError, match="only one of before and after"):
        migrate(assigned({1: "new"}), customers)
    with pytest.raises(DataError, match="stands twice"):
        migrate(pd.concat([customers, customers.head(1)]), later(customers))
