"""The parts of the search for clusters, against scikit-learn and against values by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.mixture import GaussianMixture

from cxlib.errors import DataError
from cxlib.segments.clustering.lloyd import fit_centres, nearest
from cxlib.segments.clustering.matching import match_labels
from cxlib.segments.clustering.mixture import fit_mixtures
from cxlib.segments.clustering.references import is_tied, one_box, one_cloud, one_peak, permuted
from cxlib.segments.clustering.silhouettes import line_silhouette, mean_silhouettes
from cxlib.segments.clustering.stability import adjusted_rand, compare, light

labels = st.lists(st.integers(0, 3), min_size=4, max_size=40)


@pytest.fixture
def rows():
    """Three groups in the plane, standardised."""
    random = np.random.default_rng(0)
    centres = np.array([[0, 0], [6, 0], [0, 6]])
    values = centres[random.integers(0, 3, 300)] + random.normal(size=(300, 2))
    return (values - values.mean(axis=0)) / values.std(axis=0)


def test_kmeans_is_scikit_learns(rows):
    """The sum of squares is that of scikit-learn's best of ten starts."""
    centres = fit_centres(rows[None], 3, rng=np.random.default_rng(1), starts=10)
    ours = ((rows - centres[0][nearest(rows[None], centres)[0]]) ** 2).sum()
    assert ours == pytest.approx(KMeans(3, n_init=10, random_state=0).fit(rows).inertia_, rel=1e-4)


def test_many_sets_are_like_one_at_a_time(rows):
    """Data sets in one call do not touch each other: each gets the centres of its own rows."""
    sets = np.stack([rows, rows + 100])
    centres = fit_centres(sets, 3, rng=np.random.default_rng(1), starts=10)
    near = [np.sort(each[:, 0]) for each in centres]
    np.testing.assert_allclose(near[0] + 100, near[1], atol=1e-2)


def test_silhouette_is_scikit_learns(rows):
    """Mean silhouettes of two labellings at once, to single precision."""
    both = [nearest(rows[None], fit_centres(rows[None], k, rng=np.random.default_rng(0)))[0] for k in (2, 3)]
    expected = [silhouette_score(rows, each) for each in both]
    np.testing.assert_allclose(mean_silhouettes(rows, both), expected, atol=1e-4)


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 2)), min_size=3, max_size=40))
def test_on_a_line_the_silhouette_needs_no_pairs(points):
    """With ties, lone points and empty clusters, sorted sums give what every pair gives."""
    places, labels = np.array([[float(place), label] for place, label in points]).T
    if len(set(labels)) < 2:
        assert np.isnan(line_silhouette(places, labels.astype(int)))
    else:
        expected = silhouette_score(places[:, None], labels) if len(set(labels)) < len(labels) else 0.0
        assert line_silhouette(places, labels.astype(int)) == pytest.approx(expected, abs=1e-9)


def test_mixture_is_scikit_learns(rows):
    """EM from the same start reaches the likelihood of scikit-learn's full mixture."""
    start = nearest(rows[None], fit_centres(rows[None], 3, rng=np.random.default_rng(0), starts=10))
    ours = fit_mixtures(rows[None], start, 3)
    theirs = GaussianMixture(3, n_init=5, reg_covar=1e-3, random_state=0).fit(rows)
    assert ours.log_likelihood(rows[None]).mean() == pytest.approx(theirs.score(rows), abs=2e-3)
    assert adjusted_rand_score(ours.labels(rows[None])[0], theirs.predict(rows)) > 0.97


@settings(max_examples=40)
@given(labels, st.randoms(use_true_random=False))
def test_rand_index_is_scikit_learns(drawn, random):
    """The adjusted Rand index of any two labellings."""
    other = [random.randrange(4) for _ in drawn]
    if len(set(drawn)) > 1 or len(set(other)) > 1:
        expected = adjusted_rand_score(drawn, other)
        assert adjusted_rand(np.array(drawn), np.array(other)) == pytest.approx(expected, abs=1e-12)


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


class TestReferences:
    """Data without groups that keep what is not about groups."""

    def test_permuted_keeps_margins(self, rows):
        """Each column holds the same values in another order."""
        drawn = permuted(rows, sets=2, rng=np.random.default_rng(0))
        np.testing.assert_allclose(np.sort(drawn[1], axis=0), np.sort(rows, axis=0))
        assert abs(np.corrcoef(drawn[0].T)[0, 1]) < 0.15

    def test_one_cloud_keeps_the_correlation_of_one_cloud(self):
        """Of an elongated normal cloud margins and correlation stay."""
        cloud = np.random.default_rng(0).multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], 4000)
        drawn = one_cloud(cloud, sets=1, rng=np.random.default_rng(1))[0]
        assert np.corrcoef(drawn.T)[0, 1] == pytest.approx(0.8, abs=0.03)
        np.testing.assert_allclose(drawn.std(axis=0), cloud.std(axis=0), atol=0.06)

    def test_one_cloud_and_one_box_fill_the_gap(self):
        """Between two far groups nobody stands; in the references many do."""
        random = np.random.default_rng(0)
        rows = np.stack([np.repeat([0.0, 8.0], 500) + random.normal(size=1000), random.normal(size=1000)], axis=1)
        assert ((rows[:, 0] > 3) & (rows[:, 0] < 5)).mean() < 0.02
        for make in (one_cloud, one_box):
            drawn = make(rows, sets=1, rng=random)[0]
            assert ((drawn[:, 0] > 3) & (drawn[:, 0] < 5)).mean() > 0.08

    def test_tied_features_keep_their_steps(self):
        """A count stays a count."""
        rows = np.random.default_rng(0).integers(0, 3, (200, 2)).astype(float)
        drawn = one_cloud(rows, sets=1, rng=np.random.default_rng(0))
        assert set(np.unique(drawn)) == {0, 1, 2}
        assert is_tied(rows[:, 0])

    @settings(max_examples=40)
    @given(st.lists(st.floats(0, 10), min_size=1, max_size=12))
    def test_one_peak(self, heights):
        """The nearest heights rise and then fall, and keep their total."""
        fitted = one_peak(np.array(heights), np.ones(len(heights)))
        steps = np.diff(fitted)
        falls = np.flatnonzero(steps < -1e-9)
        assert not (steps[falls[0] :] > 1e-9).any() if falls.size else True
        assert fitted.sum() == pytest.approx(sum(heights), abs=1e-6)


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

    def test_bad_labels(self):
        """Nobody in common, and a customer twice."""
        with pytest.raises(DataError, match="no customer in common"):
            match_labels(pd.Series([1], index=["a"]), pd.Series([1], index=["b"]))
        with pytest.raises(DataError, match="'a' stands twice"):
            match_labels(pd.Series([1, 1], index=["a", "a"]), pd.Series([1], index=["a"]))
