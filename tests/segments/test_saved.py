"""Frozen assignments: saved, loaded, the same labels; anything else is refused."""

import json

import numpy as np
import pandas as pd
import pytest

from cxlib.errors import DataError
from cxlib.segments import Effort, RfmGrid, select_clusters
from cxlib.segments.clustering.model import ClusterModel


@pytest.fixture(scope="module")
def people():
    """Three groups of behaviour."""
    random = np.random.default_rng(0)
    centres = np.array([[0.0, 0], [7, 0], [0, 7]])[random.integers(0, 3, 400)]
    frame = pd.DataFrame(centres + random.normal(size=(400, 2)) * [1, 0.5], columns=["gap", "value"])
    return frame.assign(customer_id=[f"c{i}" for i in range(400)])


@pytest.fixture(scope="module")
def model(people):
    """What the clusters of `people` are frozen to."""
    effort = Effort(customers=400, resamples=10, resample_customers=400)
    return select_clusters(people, effort=effort, most=4).model


def test_the_grid_comes_back(customers, tmp_path):
    """A loaded grid gives every customer the same scores and segment, new customers too."""
    grid = RfmGrid().fit(customers)
    grid.save(tmp_path / "grid.json")
    again = RfmGrid.load(tmp_path / "grid.json")
    newcomers = customers.assign(frequency=customers["frequency"] + 2, recency_days=3)
    for frame in (customers, newcomers):
        pd.testing.assert_frame_equal(grid.assign(frame), again.assign(frame))
    assert again.n_ == len(customers)


def test_empty_scores_come_back(tmp_path):
    """A score that nobody reached stays one that nobody reaches."""
    frame = pd.DataFrame({"recency_days": [5] * 10, "frequency": [1] * 10, "monetary": [0] * 10})
    RfmGrid().fit(frame).save(tmp_path / "grid.json")
    assert RfmGrid.load(tmp_path / "grid.json").edges_["frequency"].starts == (np.inf,) * 4


def test_the_clusters_come_back(people, model, tmp_path):
    """A loaded model gives the same labels, by customer."""
    model.save(tmp_path / "clusters.json")
    again = ClusterModel.load(tmp_path / "clusters.json")
    pd.testing.assert_series_equal(model.assign(people), again.assign(people))
    assert again.assign(people.iloc[[5]]).tolist() == [model.assign(people).iloc[5]]


@pytest.mark.parametrize("method", ["kmeans", "mixture"])
def test_both_methods_come_back(method, people, tmp_path):
    """A mixture keeps its covariances."""
    mixture = {"weights": np.array([0.5, 0.5]), "covariances": np.stack([np.eye(2), 4 * np.eye(2)])}
    more = mixture if method == "mixture" else {}
    first = ClusterModel(("gap", "value"), np.zeros(2), np.ones(2), np.array([[0.0, 0], [5, 5]]), (1, 2), **more)
    first.save(tmp_path / "model.json")
    again = ClusterModel.load(tmp_path / "model.json")
    assert (again.covariances is None) == (method == "kmeans")
    assert (again.assign(people) == first.assign(people)).all()


class TestRefused:
    """Files that must not be used are named with a remedy."""

    def change(self, path, **changes):
        """Change what a file says of itself."""
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    @pytest.fixture
    def path(self, customers, tmp_path):
        """A saved grid."""
        RfmGrid().fit(customers).save(tmp_path / "grid.json")
        return tmp_path / "grid.json"

    def test_a_later_version(self, path):
        """An unknown version names itself, the known one and the writer."""
        self.change(path, version=99, cxlib="9.9")
        with pytest.raises(DataError, match=r"version 99 .* written by cxlib 9.9, is not known here \(known: 1\)"):
            RfmGrid.load(path)

    def test_another_kind(self, path):
        """A grid is no cluster model."""
        with pytest.raises(DataError, match="expected a saved cluster_model, found kind 'rfm_grid'"):
            ClusterModel.load(path)

    def test_another_file(self, path):
        """Something else, no JSON, nothing."""
        path.write_text("{}")
        with pytest.raises(DataError, match="found another kind of file"):
            RfmGrid.load(path)
        path.write_text("what")
        with pytest.raises(DataError, match="not JSON"):
            RfmGrid.load(path)
        with pytest.raises(DataError, match="cannot be read"):
            RfmGrid.load(path.parent / "none.json")

    def test_damage(self, path):
        """Edges that are gone or out of order."""
        self.change(path, edges={})
        with pytest.raises(DataError, match="damaged"):
            RfmGrid.load(path)
        edge = {"starts": [4, 3, 2, 1], "reversed": False}
        self.change(path, edges={"recency": edge, "frequency": edge, "monetary": edge})
        with pytest.raises(DataError, match="not 4 ascending numbers"):
            RfmGrid.load(path)

    def test_a_model_of_another_shape(self, model, tmp_path):
        """Centres that do not fit the features."""
        model.save(tmp_path / "model.json")
        self.change(tmp_path / "model.json", features=["gap"])
        with pytest.raises(DataError, match="damaged"):
            ClusterModel.load(tmp_path / "model.json")

    def test_an_unfitted_grid_and_a_missing_folder(self, customers, tmp_path):
        """Nothing to save, and nowhere to save it."""
        with pytest.raises(DataError, match="no edges yet"):
            RfmGrid().save(tmp_path / "grid.json")
        with pytest.raises(DataError, match="cannot be written"):
            RfmGrid().fit(customers).save(tmp_path / "none" / "grid.json")

    def test_a_feature_is_missing(self, people, model):
        """A table without a feature is refused by name."""
        with pytest.raises(DataError, match="no column 'value'"):
            model.assign(people.drop(columns="value"))
