"""A frozen clustering: scaling, centres and, for a mixture, covariances; it labels tomorrow's customers as today's.

Names stay: labels are matched to those of an earlier run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.stats import multivariate_normal

from cxlib.checks import Floats, require_values
from cxlib.errors import DataError
from cxlib.measures.result import Brief
from cxlib.segments.clustering.search import nearest
from cxlib.segments.saved import damaged, read_frozen, write_frozen

KIND, FORM = "cluster_model", 1


@dataclass(frozen=True, eq=False, repr=False)
class ClusterModel(Brief):
    """Where the clusters lie.

    `features`: Columns that a customer is judged by, in the order of the arrays.
    `centre`, `scale` (array (p,)): What is taken off each feature, and what it is then divided by.
    `means` (array (k, p)): Centres in scaled features.
    `weights`, `covariances` (array (k,), (k, p, p); None): Of a Gaussian mixture; None for k-means, where the nearest
        centre decides.
    """

    features: tuple[str, ...]
    centre: Floats
    scale: Floats
    means: Floats
    names: tuple[int, ...]
    weights: Floats | None = None
    covariances: Floats | None = None

    def assign(self, frame: pd.DataFrame) -> pd.Series:
        """The cluster of each row of `frame`, which has the features; indexed by customer_id where it has them."""
        table = require_values(frame, self.features, what="the table of behaviour")
        scaled = (matrix(table, self.features) - self.centre) / self.scale
        index = pd.Index(table["customer_id"]) if "customer_id" in table else table.index
        return pd.Series(np.array(self.names)[self._positions(scaled)], index=index, name="cluster")

    def save(self, path: str | Path) -> None:
        """Write the model as JSON, with the version of its form."""
        arrays = {name: getattr(self, name) for name in ("centre", "scale", "means", "weights", "covariances")}
        content = {name: None if value is None else value.tolist() for name, value in arrays.items()}
        named = {"features": list(self.features), "names": list(self.names)}
        write_frozen(path, KIND, form=FORM, content={**named, **content})

    @classmethod
    def load(cls, path: str | Path) -> ClusterModel:
        """Read a model that `save` wrote."""
        content = read_frozen(path, KIND, form=FORM)
        try:
            model = cls(
                features=tuple(map(str, content["features"])),
                names=tuple(map(int, content["names"])),
                centre=np.array(content["centre"], dtype=float),
                scale=np.array(content["scale"], dtype=float),
                means=np.array(content["means"], dtype=float),
                weights=_array_or_none(content["weights"]),
                covariances=_array_or_none(content["covariances"]),
            )
            model._refuse_shapes()
        except (KeyError, TypeError, ValueError) as error:
            raise damaged(path, KIND, error) from None
        return model

    def _positions(self, scaled: Floats) -> NDArray[np.int64]:
        if self.weights is None or self.covariances is None:
            return nearest(scaled, self.means)
        parts = zip(self.weights, self.means, self.covariances, strict=True)
        densities = [np.log(w) + np.asarray(multivariate_normal(m, c).logpdf(scaled)) for w, m, c in parts]
        return np.asarray(np.column_stack(densities).argmax(axis=1), dtype=np.int64)

    def _refuse_shapes(self) -> None:
        k, p = len(self.names), len(self.features)
        wanted = {"centre": (p,), "scale": (p,), "means": (k, p), "weights": (k,), "covariances": (k, p, p)}
        for name, shape in wanted.items():
            value = getattr(self, name)
            if value is not None and value.shape != shape:
                raise ValueError(f"{name} has shape {value.shape}, not {shape}")
        if (self.weights is None) != (self.covariances is None):
            raise ValueError("weights and covariances go together")


def matrix(table: pd.DataFrame, features: Sequence[str]) -> Floats:
    """The features as finite numbers: (rows, features)."""
    for name in features:
        if not pd.api.types.is_numeric_dtype(table[name]) or pd.api.types.is_bool_dtype(table[name]):
            raise DataError(f"column {name!r} has type {table[name].dtype}; a feature must be a number. Leave it out.")
    values = table[list(features)].to_numpy(dtype=float)
    if not np.isfinite(values).all():
        column = features[int(np.argmin(np.isfinite(values).all(axis=0)))]
        raise DataError(
            f"column {column!r} holds an infinite value. A logarithm of zero? Leave those customers out, or floor them."
        )
    return values


def _array_or_none(value: object) -> Floats | None:
    return None if value is None else np.array(value, dtype=float)


def match_labels(labels: pd.Series, earlier: pd.Series) -> pd.Series:
    """Rename labels so that as many customers as possible keep the label they had.

    Kuhn (1955), as `scipy.optimize.linear_sum_assignment`. A pair without a common customer is no match.
    """
    table = pd.crosstab(labels, earlier)
    rows, columns = linear_sum_assignment(table.to_numpy(), maximize=True)
    names = {
        table.index[row]: table.columns[column]
        for row, column in zip(rows, columns, strict=True)
        if table.iloc[row, column] > 0
    }
    free = max(int(earlier.max()), 0) + 1
    for label in sorted(set(labels.dropna()) - set(names)):
        names[label] = free
        free += 1
    return labels.map(names).astype(labels.dtype)
