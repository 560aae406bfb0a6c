"""The parts of the search for clusters, against scikit-learn and against values by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from cxlib.segments.clustering.gaps import (
    DENSITIES,
    gap,
    is_tied,
    least_gap,
    split_at_gaps,
    spread_steps,
    spread_within,
)
from cxlib.segments.clustering.model import match_labels
from cxlib.segments.clustering.search import compare, light, nearest

labels = st.lists(st.integers(0, 3), min_size=4, max_size=40)


def excess(places, density, intervals):
    """The most mass above a density in one or two intervals, by trying all that end at points (on 0 to 1)."""
    n = len(places)
    one = [(j - i + 1) / n - density * (places[j] - places[i]) for i in range(n) for j in range(i, n)]
    if intervals == 1:
        return max(one)
    ends = [(i, j) for i in range(n) for j in range(i, n)]
    pairs = [(a, b) for a in range(len(one)) for b in range(len(one)) if ends[b][0] > ends[a][1]]
    return max(one[a] + one[b] for a, b in pairs)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=3, max_size=9, unique=True))
def test_the_gap_is_the_excess_of_two_intervals_over_one(points):
    """By brute force at each density."""
    places = (np.sort(points) - min(points)) / (max(points) - min(points))
    every = [excess(places, density, 2) - excess(places, density, 1) for density in DENSITIES[:, 0]]
    assert gap(np.array(points, float)) == pytest.approx(max(0, *every) / 2 * len(points) ** 0.5)


def test_the_gap_is_hartigans_dip():
    """Of 100 even points the dip exceeds 0.0471 in a twentieth of samples (Hartigan & Hartigan 1985, table 1)."""
    random = np.random.default_rng(0)
    drawn = [gap(random.random(100)) / 10 for _ in range(2000)]
    assert np.quantile(drawn, 0.95) == pytest.approx(0.0471, abs=0.002)


def test_two_halves_of_one_cloud_have_no_gap():
    """Joined halves of a normal cloud stay below the limit, two groups do not, and a lone customer is no group."""
    random = np.random.default_rng(0)
    cloud = random.normal(size=(500, 2))
    labels = (cloud[:, 0] > 0).astype(int)
    assert least_gap(cloud, labels) < 0.4
    assert least_gap(cloud + 4 * labels[:, None], labels) > 0.6
    assert least_gap(cloud, (np.arange(500) == 3).astype(int)) == 0


def test_a_feature_that_tells_nothing_does_not_hide_groups():
    """Four groups along one feature beside three of noise: they are parted, and the feature's spread is that within."""
    random = np.random.default_rng(0)
    rows = random.normal(size=(1200, 4)) + np.outer(np.arange(1200) % 4 * 6.0, [1, 0, 0, 0])
    with threadpool_limits(1):
        labels, width = split_at_gaps(rows, most=8, rng=random)
    assert width > 1
    assert spread_within(rows, labels)[0] == pytest.approx(1, abs=0.1)


def test_steps_of_a_count_are_no_gaps():
    """Whole numbers are spread over their steps; values that nobody shares stay."""
    rows = np.column_stack([np.random.default_rng(0).integers(0, 4, 400), np.linspace(0, 1, 400)]).astype(float)
    spread = spread_steps(rows, rng=np.random.default_rng(0))
    assert gap(rows[:, 0]) > 2
    assert gap(spread[:, 0]) < 0.5
    assert np.abs(spread - rows)[:, 0].max() <= 0.5
    np.testing.assert_array_equal(spread[:, 1], rows[:, 1])
    assert is_tied(rows[:, 0])


def test_nearest_by_hand():
    """The centre at the least distance."""
    assert nearest(np.array([[0.0], [4.0], [6.0]]), np.array([[5.0], [1.0]])).tolist() == [1, 0, 0]


def test_jaccard_bands():
    """Hennig's bands: 0.85 highly stable, 0.75 valid, 0.6 doubtful, below it do not trust."""
    assert [light(value) for value in (0.85, 0.8499, 0.75, 0.7499, 0.6, 0.5999)] == [
        "stable", "valid", "valid", "doubtful", "doubtful", "dissolved",
    ]  # fmt: skip


def test_the_same_clusters_are_perfectly_stable():
    """Resamples that name the same clusters otherwise change nothing."""
    found = compare(np.array([0, 0, 1, 2]), np.array([[2, 2, 0, 1], [0, 0, 1, 2]]), 3)
    assert found.ari == 1
    assert found.jaccard.tolist() == [1, 1, 1]


class TestMatching:
    """Labels that stay."""

    @settings(max_examples=40)
    @given(labels, st.permutations([0, 1, 2, 3]))
    def test_renaming_is_undone(self, drawn, names):
        """Labels under other names get their old names back."""
        earlier = pd.Series(drawn)
        assert match_labels(earlier.map(dict(enumerate(names))), earlier).tolist() == drawn

    def test_a_new_cluster_gets_a_new_name(self):
        """A split cluster's larger part keeps the name, the other gets one that nobody had."""
        earlier = pd.Series([1] * 6 + [2] * 4)
        assert match_labels(pd.Series([1] * 4 + [2] * 2 + [3] * 4), earlier).tolist() == [1] * 4 + [3] * 2 + [2] * 4
