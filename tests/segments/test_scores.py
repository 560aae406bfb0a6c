"""Scores: equal values are never split, and edges stay fixed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxlib.segments.rfm import Edges

values = st.lists(st.integers(-50, 50), min_size=1, max_size=60).map(np.array)


def test_distinct_values_fall_into_fifths():
    """Without ties the scores are plain quintiles."""
    scores = Edges.fit(np.arange(100)).score(np.arange(100))
    assert np.bincount(scores).tolist() == [0, 20, 20, 20, 20, 20]


def test_one_time_buyers_share_the_lowest_score():
    """With 34% one-time buyers score 1 holds them all and 2 starts above two in five."""
    frequency = np.array([1] * 34 + [2] * 20 + list(range(3, 49)))
    scores = Edges.fit(frequency).score(frequency)
    assert set(scores[:34]) == {1}
    assert set(scores[34:54]) == {2}
    assert scores[-1] == 5


def test_recency_is_reversed():
    """Fewer days since the last purchase score higher."""
    days = np.array([0, 10, 20, 30, 40])
    assert Edges.fit(days, reversed=True).score(days).tolist() == [5, 4, 3, 2, 1]


def test_new_values_are_scored_on_the_old_scale():
    """Values between, below and above those of the fit find their place."""
    edges = Edges.fit(np.array([10, 20, 30, 40, 50]))
    assert edges.score(np.array([0, 19, 20, 25, 99])).tolist() == [1, 1, 2, 2, 5]


@given(values)
def test_scores_follow_the_rule(drawn):
    """A score is floor(5 worse / n) + 1, so it never falls as the value rises and ties share it."""
    scores = Edges.fit(drawn).score(drawn)
    assert (scores == 5 * (drawn[:, None] > drawn).sum(axis=1) // len(drawn) + 1).all()
    assert scores.min() == 1


@given(values)
def test_a_strictly_rising_scale_changes_no_score(drawn):
    """Scores depend on the order of values only."""
    assert (Edges.fit(drawn).score(drawn) == Edges.fit(drawn**3).score(drawn**3)).all()


def test_table_of_edges():
    """The table counts everyone and leaves an empty score visible."""
    table = Edges.fit(np.array([1, 1, 1, 5])).table(np.array([1, 1, 1, 5]))
    assert table["score"].tolist() == [1, 2, 3, 4, 5]
    assert table["customers"].sum() == 4
    assert table.loc[0, "highest"] == pytest.approx(1)
