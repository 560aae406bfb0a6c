"""Histogram gradient boosting: fitted by scikit-learn, kept as plain trees, so that no file ever needs a pickle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier

from cxlib.churn.risk.one_thread import one_thread

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SETTINGS: dict[str, Any] = {
    "learning_rate": 0.1,
    "max_iter": 150,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 50,
    "l2_regularization": 1.0,
}
PATIENCE = 10  # iterations without progress on later customers after which fitting stops
_NODE = ("value", "feature_idx", "num_threshold", "missing_go_to_left", "left", "right", "is_leaf", "is_categorical")


@dataclass(frozen=True)
class Tree:
    """One tree: arrays by node, as scikit-learn's, and by node the categories that go left."""

    nodes: Mapping[str, NDArray[Any]]
    left_levels: Mapping[int, tuple[int, ...]]

    def predict(self, X: Floats) -> Floats:
        """The tree's part of the log-odds (rows,)."""
        at = np.zeros(len(X), dtype=np.int64)
        n = self.nodes
        while (moving := np.flatnonzero(~n["is_leaf"][at])).size:
            node = at[moving]
            values = X[moving, n["feature_idx"][node]]
            left = np.where(np.isnan(values), n["missing_go_to_left"][node], values <= n["num_threshold"][node])
            for split in np.unique(node[n["is_categorical"][node]]):
                here = (node == split) & ~np.isnan(values)
                left[here] = np.isin(values[here], self.left_levels[int(split)])
            at[moving] = np.where(left.astype(bool), n["left"][node], n["right"][node])
        found: Floats = n["value"][at]
        return found


@dataclass(frozen=True)
class BoostedModel:
    """A fitted gradient boosting.

    Attributes
    ----------
    baseline : float
        Log-odds before the first tree.
    trees : tuple of Tree
    known : dict of int to tuple of int
        By categorical column, the codes that training held; others count as missing, as in scikit-learn.
    estimator : HistGradientBoostingClassifier or None
        What fitted them; the same predictions, faster. None where the model was read from a file.
    """

    baseline: float
    trees: tuple[Tree, ...]
    known: Mapping[int, tuple[int, ...]]
    estimator: Any = field(default=None, repr=False, compare=False)
    key: str = "boosting"

    @classmethod
    def fit(
        cls,
        X: Floats,
        y: Ints,
        *,
        sizes: Sequence[int],
        seed: int = 0,
        settings: Mapping[str, Any] | None = None,
        judged_on: tuple[Floats, Ints] | None = None,
    ) -> BoostedModel:
        """Fit to training rows (rows, features) and outcomes.

        Parameters
        ----------
        judged_on : (matrix, outcomes), optional
            Later customers; fitting stops when it no longer helps there. Without them all iterations are done.
        """
        stopping: dict[str, Any] = {"early_stopping": judged_on is not None, "n_iter_no_change": PATIENCE}
        options = {**SETTINGS, **stopping, **(settings or {})}
        mask = np.array([size > 0 for size in sizes])
        model = HistGradientBoostingClassifier(
            categorical_features=mask if mask.any() else None, random_state=seed, **options
        )
        extra = {} if judged_on is None else {"X_val": judged_on[0], "y_val": judged_on[1]}
        with one_thread():
            model.fit(_with_something(X), y, **extra)
        known = {
            int(column): tuple(int(code) for code in np.unique(X[~np.isnan(X[:, column]), column]))
            for column in np.flatnonzero(mask)
        }
        # scikit-learn shows its trees nowhere else; `test_risk_saved` holds that these predict the same.
        # Inside, categories stand before numbers and are counted from 0: both are turned back into our own.
        order = np.concatenate([np.flatnonzero(mask), np.flatnonzero(~mask)])
        trees = tuple(_tree(stage[0], order, known) for stage in model._predictors)
        baseline = float(np.ravel(model._baseline_prediction)[0])
        return cls(baseline, trees, known, model)

    @property
    def used(self) -> set[int]:
        """Columns that a tree splits on."""
        return {int(at) for tree in self.trees for at in tree.nodes["feature_idx"][~tree.nodes["is_leaf"]]}

    def predict(self, X: Floats) -> Floats:
        """Probabilities of churn (rows,)."""
        if self.estimator is not None:
            with one_thread():
                return np.asarray(self.estimator.predict_proba(X)[:, 1], dtype=float)
        return self.predict_from_trees(X)

    def predict_from_trees(self, X: Floats) -> Floats:
        """Probabilities from the trees alone."""
        Z = X.copy()
        for column, codes in self.known.items():
            Z[~np.isin(Z[:, column], codes), column] = np.nan
        odds = np.full(len(Z), self.baseline)
        for tree in self.trees:
            odds += tree.predict(Z)
        return np.asarray(expit(odds))

    @property
    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        trees = [
            {
                "nodes": {name: values.tolist() for name, values in tree.nodes.items()},
                "left_levels": {str(node): list(levels) for node, levels in tree.left_levels.items()},
            }
            for tree in self.trees
        ]
        known = {str(column): list(codes) for column, codes in self.known.items()}
        return {"baseline": self.baseline, "trees": trees, "known": known}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> BoostedModel:
        """From what `plain` gave."""
        trees = tuple(
            Tree(_typed(tree["nodes"]), {int(node): tuple(levels) for node, levels in tree["left_levels"].items()})
            for tree in plain["trees"]
        )
        known = {int(column): tuple(codes) for column, codes in plain["known"].items()}
        return cls(float(plain["baseline"]), trees, known)


def _with_something(X: Floats) -> Floats:
    """Columns of which nothing is known hold zeros: scikit-learn cannot bin them, and no tree will split on them."""
    empty = np.isnan(X).all(axis=0)
    return np.where(empty, 0.0, X) if empty.any() else X


def _tree(predictor: Any, order: Ints, known: Mapping[int, tuple[int, ...]]) -> Tree:
    nodes = predictor.nodes
    plain = _typed({name: nodes[name] for name in _NODE})
    plain["feature_idx"] = order[plain["feature_idx"]]
    # An endless threshold parts what is known from what is not; JSON knows no endless number.
    plain["num_threshold"] = np.nan_to_num(plain["num_threshold"], posinf=np.finfo(float).max)
    levels = {}
    for node in np.flatnonzero(plain["is_categorical"] & ~plain["is_leaf"]):
        codes = known[int(plain["feature_idx"][node])]
        inside = _set_bits(predictor.raw_left_cat_bitsets[nodes["bitset_idx"][node]])
        levels[int(node)] = tuple(codes[at] for at in inside if at < len(codes))
    return Tree(plain, levels)


def _typed(nodes: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    kinds: dict[str, Any] = {
        "value": float, "num_threshold": float, "feature_idx": np.int64, "left": np.int64, "right": np.int64
    }  # fmt: skip
    return {name: np.asarray(nodes[name]).astype(kinds.get(name, bool)) for name in _NODE}


def _set_bits(words: Any) -> tuple[int, ...]:
    """Codes in a set of eight words of 32 bits."""
    return tuple(32 * word + bit for word in range(len(words)) for bit in range(32) if (int(words[word]) >> bit) & 1)
