"""A saved model is JSON that foretells the same, and nothing else is opened."""

import json
import pickle

import numpy as np
import pytest

from cxlib.churn import check_snapshots, fit_risk, load_risk, save_risk
from cxlib.churn.risk.boosting import BoostedModel
from cxlib.churn.risk.saved import _plain
from cxlib.errors import DataError


@pytest.mark.parametrize("models", [["logistic"], ["boosting"], []])
def test_what_is_read_foretells_what_was_written(frame, tmp_path, models):
    """Logistic regression, boosting and a rule give the same risks from their file, gaps and new plans included."""
    fit = fit_risk(check_snapshots(frame, horizon_days=90), models=models, draws=2)
    digest = save_risk(fit, tmp_path / "risk.json")
    read = load_risk(tmp_path / "risk.json", sha256=digest)
    rows = frame.tail(500).assign(plan=["Weekly", None] * 250, tickets_90d=np.nan)
    assert np.allclose(read.predict(rows), fit.today.predict(rows), rtol=0, atol=1e-12)
    assert read.about["horizon_days"] == 90
    assert "scikit-learn" in read.about["versions"]
    assert digest == save_risk(fit, tmp_path / "again.json")


def test_trees_predict_what_scikit_learn_does():
    """On numbers, gaps, categories seen and not seen, our trees and scikit-learn's agree."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=4000), rng.integers(0, 12, 4000).astype(float), rng.normal(size=4000)])
    X[rng.random(X.shape) < 0.1] = np.nan
    odds = np.nan_to_num(X[:, 0]) + np.isin(X[:, 1], [2, 5, 11]) * 2 + np.isnan(X[:, 2])
    y = (rng.random(4000) < 1 / (1 + np.exp(1 - odds))).astype(int)
    model = BoostedModel.fit(X, y, sizes=(0, 13, 0))
    Z = X.copy()
    Z[:200, 1] = 12.0  # a code that training did not hold
    assert any(tree.left_levels for tree in model.trees)
    assert np.allclose(model.predict_from_trees(Z), model.predict(Z), rtol=0, atol=1e-12)


def test_a_changed_file_is_refused(fitted, tmp_path):
    """One byte more and the hash does not match."""
    path = tmp_path / "risk.json"
    digest = save_risk(fitted, path)
    path.write_text(path.read_text() + " ")
    with pytest.raises(DataError, match="has changed since it was saved"):
        load_risk(path, sha256=digest)


class Trap:
    """A pickle that would act when opened."""

    def __reduce__(self):
        """Raise where it is loaded."""
        return exec, ("raise SystemError('opened')",)


@pytest.mark.parametrize("protocol", range(2, 6))
def test_a_pickle_is_never_opened(tmp_path, protocol):
    """A pickle is refused by its first bytes, with the remedy."""
    path = tmp_path / "risk.joblib"
    path.write_bytes(pickle.dumps(Trap(), protocol=protocol))
    with pytest.raises(DataError, match=r"looks like a pickle .* was not opened"):
        load_risk(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda p: p.update(form=99), "form 99 of a saved risk model is not known"),
        (lambda p: p.update(format="other"), "no saved risk model"),
        (lambda p: p.pop("encoding"), "damaged"),
        (lambda p: p["model"].pop("coefficients"), "damaged"),
    ],
)
def test_another_or_damaged_file_is_refused(fitted, tmp_path, change, words):
    """Another form, another file and missing parts are errors that say so."""
    plain = json.loads(json.dumps(_plain(fitted)))
    change(plain)
    path = tmp_path / "risk.json"
    path.write_text(json.dumps(plain))
    with pytest.raises(DataError, match=words):
        load_risk(path)


def test_a_missing_file_or_folder_is_said(fitted, tmp_path):
    """No path, no traceback."""
    with pytest.raises(DataError, match="cannot be read"):
        load_risk(tmp_path / "none.json")
    with pytest.raises(DataError, match="cannot be written"):
        save_risk(fitted, tmp_path / "none" / "risk.json")
    (tmp_path / "text.json").write_text("hello")
    with pytest.raises(DataError, match="not JSON"):
        load_risk(tmp_path / "text.json")
