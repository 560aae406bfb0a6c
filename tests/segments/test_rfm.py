"""The RFM grid: one segment a customer, frozen edges, plain words where a grid says nothing."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxlib.errors import DataError
from cxlib.segments import RfmGrid, segment_summary
from cxlib.segments.rules import TEN_SEGMENTS

people = st.lists(st.tuples(st.integers(0, 400), st.integers(1, 9), st.integers(-100, 9000)), min_size=1, max_size=50)


def frame_of(drawn):
    """A frame from (recency, frequency, cents)."""
    table = pd.DataFrame(drawn, columns=["recency_days", "frequency", "monetary"])
    return table.assign(customer_id=[f"c{i}" for i in range(len(table))])


@settings(max_examples=40, deadline=None)
@given(people)
def test_everyone_gets_exactly_one_segment(drawn):
    """No customer is left out, and equal customers are in the same segment."""
    assigned = RfmGrid().fit(frame_of(drawn)).assign(frame_of(drawn))
    assert assigned["segment"].notna().all()
    assert len(assigned) == len(drawn)
    together = assigned.groupby(["recency_days", "frequency", "monetary"])["segment"].agg(lambda t: t.nunique())
    assert (together == 1).all()


@settings(max_examples=40, deadline=None)
@given(people, st.randoms(use_true_random=False))
def test_row_order_does_not_matter(drawn, random):
    """A shuffled frame gets the same segments."""
    frame = frame_of(drawn)
    shuffled = frame.iloc[random.sample(range(len(frame)), len(frame))]
    one = RfmGrid().fit(frame).assign(frame).set_index("customer_id")["segment"]
    other = RfmGrid().fit(shuffled).assign(shuffled).set_index("customer_id")["segment"]
    assert (one == other.loc[one.index]).all()


def test_segments_are_their_cells(customers):
    """The segment of each customer is the rule's for the three scores."""
    assigned = RfmGrid().fit(customers).assign(customers)
    scores = ["recency_score", "frequency_score", "monetary_score"]
    expected = assigned.merge(TEN_SEGMENTS.cells, on=scores, how="left", suffixes=("", "_of_cell"))
    assert (assigned["segment"].astype(str).to_numpy() == expected["segment_of_cell"].to_numpy()).all()


def test_edges_are_frozen(customers):
    """One customer alone is scored as in the company of all."""
    grid = RfmGrid().fit(customers)
    everyone = grid.assign(customers)
    alone = grid.assign(customers.iloc[[7]])
    assert alone["segment"].astype(str).tolist() == [str(everyone["segment"].iloc[7])]


def test_input_is_not_changed(customers):
    """Fit and assign leave the frame as it was."""
    before = customers.copy(deep=True)
    RfmGrid().fit(customers).assign(customers)
    pd.testing.assert_frame_equal(customers, before)


def test_the_scores_table_counts_everyone(customers):
    """By measure the five scores hold all customers."""
    scores = RfmGrid().fit(customers).scores_
    assert (scores.groupby("measure")["customers"].sum() == len(customers)).all()


class TestNobodyApart:
    """A grid that cannot tell customers apart says so."""

    def notices(self, frame):
        """What the grid of a frame tells its reader."""
        return " ".join(map(str, RfmGrid().fit(frame).notices_))

    def test_all_alike(self):
        """All customers alike: three statements, one for each measure."""
        frame = frame_of([(10, 2, 500)] * 30)
        assert self.notices(frame).count("it tells nobody apart") == 3

    def test_one_customer(self):
        """One customer cannot be ranked."""
        assert "Only 1 customers" in self.notices(frame_of([(10, 2, 500)]))

    def test_all_one_time_buyers(self):
        """All bought once: frequency is named, and they are new, promising, about to sleep or hibernating."""
        frame = frame_of([(day, 1, 100 + day) for day in range(50)])
        grid = RfmGrid().fit(frame)
        assert "alike in the number of purchase days" in self.notices(frame)
        assert set(grid.assign(frame)["segment"].astype(str)) == {"new", "promising", "about_to_sleep", "hibernating"}

    def test_amounts_all_zero(self):
        """Zero amounts: money is named, shares of revenue are unknown, and the headline says why."""
        frame = frame_of([(day, 1 + day % 7, 0) for day in range(50)])
        summary = segment_summary(RfmGrid().fit(frame).assign(frame))
        assert "alike in the amount spent" in self.notices(frame)
        assert str(summary.headline) == "Nobody can be ranked by revenue: the 50 customers bring 0 in all"
        assert np.isnan(summary.table.loc[summary.table["customers"] > 0, "revenue_share"]).all()

    def test_many_one_time_buyers(self, customers):
        """A third of one-time buyers is said openly."""
        assert "bought on one day only" in self.notices(customers)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.drop(columns="frequency"), "no column 'frequency'"),
        (lambda t: t.iloc[:0], "the table of customers has no rows"),
        (lambda t: t.assign(monetary=np.nan), "'monetary' is missing in 2,000 rows"),
    ],
)
def test_bad_frames(customers, change, says):
    """A frame without a column, a row or a value is refused."""
    with pytest.raises(DataError, match=says):
        RfmGrid().fit(change(customers))


def test_not_fitted(customers):
    """Assigning before fitting says what to do."""
    with pytest.raises(DataError, match=r"Call \.fit"):
        RfmGrid().assign(customers)
