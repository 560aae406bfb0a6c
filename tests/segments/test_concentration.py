"""Repurchase, one-time buyers, top tenth, Lorenz and Gini."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxlib.errors import DataError
from cxlib.segments import measure_concentration


def frame_of(money, frequency=1):
    """A frame with given cents."""
    return pd.DataFrame({"monetary": money, "frequency": frequency})


def test_gini_by_hand():
    """1, 2, 3, 4 has Gini 0.25 (mean absolute difference 1.25 over twice the mean 2.5)."""
    assert measure_concentration(frame_of([4, 1, 3, 2])).measures.loc["gini", "value"] == pytest.approx(0.25)


def test_top_tenth_by_hand():
    """The richest 2 of 20 hold 2 x 100 of 380; of 15 customers the second counts half."""
    assert measure_concentration(frame_of([10] * 18 + [100] * 2)).measures.loc["top_tenth_share", "value"] == 200 / 380
    half = measure_concentration(frame_of([10] * 13 + [100] * 2)).measures.loc["top_tenth_share", "value"]
    assert half == pytest.approx(150 / 330)


def test_repurchase_and_one_time():
    """5 orders of 3 customers: 2 of 5 are repeat orders; 2 of 3 bought once."""
    found = measure_concentration(frame_of([1, 2, 3], [1, 1, 3])).measures["value"]
    assert found["repurchase_share"] == pytest.approx(0.4)
    assert found["one_time_share"] == pytest.approx(2 / 3)


def test_orders_win_over_purchase_days():
    """Where the frame has orders, they are counted."""
    assert measure_concentration(frame_of([1, 2]).assign(orders=[3, 1])).orders == 4


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=50).filter(any))
def test_lorenz(money):
    """The Lorenz curve runs from 0 to 1 below the diagonal and never falls; intervals hold values up to 1."""
    found = measure_concentration(frame_of(money), draws=50)
    curve = found.lorenz["revenue_share"]
    assert curve.iloc[0] == 0
    assert curve.iloc[-1] == pytest.approx(1)
    assert (curve.diff().dropna() >= -1e-12).all()
    assert (curve <= found.lorenz["customer_share"] + 1e-9).all()


def test_headlines(customers):
    """Skewed spending is claimed; equal spending gets the neutral form; no money says so."""
    assert "A tenth of customers bring" in str(measure_concentration(customers).headline)
    assert "spread evenly" in str(measure_concentration(frame_of([100] * 500)).headline)
    assert "spent nothing" in str(measure_concentration(frame_of([0] * 50)).headline)


def test_negative_amounts_have_no_gini():
    """With a net refund among customers Gini is unknown, not wrong; the rest stands."""
    measures = measure_concentration(frame_of([-5, 100, 200])).measures
    assert np.isnan(measures.loc["gini", "value"])
    assert measures.loc["top_tenth_share", "value"] > 0


def test_intervals_hold_values(customers):
    """Every measure lies in its interval, and the summary shows them."""
    found = measure_concentration(customers)
    assert found.measures["value"].between(found.measures["low"], found.measures["high"]).all()
    assert len(found.summary) == 4
    assert "Gini" in found._repr_html_()


def test_bad_frame(customers):
    """Customers without an order are refused."""
    with pytest.raises(DataError, match="without an order"):
        measure_concentration(customers.assign(orders=0))
