"""Whether customers look different from those the model has learnt from: the population stability index.

With r_b and c_b the shares of bin b among n reference and m current customers::

    PSI = sum_b (c_b - r_b) ln(c_b / r_b)

Under no change PSI is about chi2 with B - 1 degrees of freedom times (1/n + 1/m) (Yurdakul & Naranjo, Statistical
properties of the population stability index, Journal of Risk Model Validation 14(4), 2020), so "more than 0.1" is no
alarm in a small sample and far too late in a large one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import chdtrc, chdtri

from cxlib.checks import Codes, Floats, Values, require_columns
from cxlib.churn.features import describe_feature
from cxlib.errors import DataError, ParameterError
from cxlib.language import Count, Decimal, Message, Percent, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import LEAST_INDEX, adjust_holm, check_level

BINS = 10


@dataclass(frozen=True)
class Psi:
    """Index of one feature: `value`, its `critical` value under no change, `p_value`, and the number of `bins`."""

    value: float
    critical: float
    p_value: float
    bins: int


def critical_psi(n: int, m: int, *, bins: int = BINS, level: float = 0.95) -> float:
    """The index that chance alone exceeds in 1 - level of all comparisons of `n` customers then and `m` now.

    >>> [round(critical_psi(size, size), 3) for size in (500, 1000, 5000)]
    [0.068, 0.034, 0.007]
    """
    check_level(level)
    return float(chdtri(bins - 1, 1 - level) * (1 / n + 1 / m)) if bins > 1 else 0.0


def psi(reference: Values, current: Values, *, bins: int = BINS, level: float = 0.95) -> Psi:
    """Population stability index of one feature, numbers or texts; missing values are a bin of their own.

    Numbers are cut at the reference's quantiles; quantiles that coincide are one cut, so ties leave fewer bins. Where a
    bin is empty on one side, half a customer is added to every bin of both.

    >>> index = psi(["a"] * 50 + ["b"] * 50, ["a"] * 70 + ["b"] * 30)
    >>> round(index.value, 4), index.bins
    (0.1695, 2)
    """
    check_level(level)
    if bins < 2:
        raise ParameterError(f"bins={bins} must be at least 2.")
    before, now = (_flat(side) for side in (reference, current))
    if not len(before) or not len(now):
        raise DataError("there are no customers to compare. Both the reference and the current table need rows.")
    codes = _codes(before, now, bins)
    length = int(codes.max()) + 1
    counts = [np.bincount(part, minlength=length) for part in (codes[: len(before)], codes[len(before) :])]
    table = np.array(counts, float)[:, np.sum(counts, axis=0) > 0]
    used = table.shape[1]
    if (table == 0).any():
        table += 0.5
    old, new = table / table.sum(axis=1, keepdims=True)
    value = float(((new - old) * np.log(new / old)).sum())
    scale = 1 / len(before) + 1 / len(now)
    p_value = float(chdtrc(used - 1, value / scale)) if used > 1 else 1.0
    return Psi(value, critical_psi(len(before), len(now), bins=used, level=level), p_value, used)


def _flat(side: object) -> NDArray[Any]:
    """Numbers (whole, true or false, in whatever type of column) as floats, anything else as objects."""
    column = pd.Series(side).astype(object)
    if all(isinstance(value, Number | np.bool_) for value in column.dropna().unique()):
        return np.asarray(column.astype(float).to_numpy(float))
    return np.asarray(column.to_numpy(object))


def _codes(before: NDArray[Any], now: NDArray[Any], bins: int) -> Codes:
    """Bin of every value of both, 0 for missing ones."""
    if before.dtype == object or now.dtype == object:
        both = pd.Series(np.concatenate([before.astype(object), now.astype(object)]), dtype=object)
        return np.asarray(pd.factorize(both.map(str, na_action="ignore"), sort=True)[0] + 1, np.int64)
    numbers, old = np.concatenate([before, now]), before[~np.isnan(before)]
    cuts = np.unique(np.quantile(old, np.arange(1, bins) / bins)) if len(old) else np.empty(0)
    return np.asarray(np.where(np.isnan(numbers), 0, np.searchsorted(cuts, numbers, side="left") + 1), np.int64)


@dataclass(frozen=True, repr=False)
class FeatureDrift(Result):
    """The index of each feature, judged together.

    `table`: feature, psi, critical (for this feature alone), bins, p_value, p_adjusted (Holm), drifted; the clearest
        first.
    """

    table: pd.DataFrame
    n_reference: int
    n_current: int
    level: float = 0.95

    @property
    def drifted(self) -> tuple[str, ...]:
        """Features whose values have clearly changed, given that all were looked at."""
        return tuple(self.table.loc[self.table["drifted"], "feature"])

    @property
    def face(self) -> pd.DataFrame:
        """The table in quantities."""
        t = self.table
        numbers = {name: [Decimal(x, digits=3) for x in t[name]] for name in ("psi", "critical")}
        labels = [describe_feature(str(name)).label for name in t["feature"]]
        return pd.DataFrame(
            {"feature": labels, **numbers, "changed": [T("yes") if flag else T("no") for flag in t["drifted"]]}
        )

    @property
    def headline(self) -> Message:
        """Which feature has changed most, or that none clearly has."""
        values: dict[str, object] = {
            "n": Count(self.n_current),
            "reference": Count(self.n_reference),
            "features": Count(len(self.table)),
            "level": Percent(self.level),
        }
        if not self.drifted:
            return T(
                "Customers look like those the model has learnt from: none of {features} features has clearly changed "
                "({n} customers now, {reference} then, level {level})",
                **values,
            )
        shifts = self.table[self.table["drifted"]]
        most = shifts.nlargest(1, "psi").iloc[0]
        values |= {
            "changed": Count(len(self.drifted) if most["psi"] < LEAST_INDEX else (shifts["psi"] >= LEAST_INDEX).sum()),
            "feature": describe_feature(str(most["feature"])).label,
            "value": Decimal(most["psi"], digits=3),
            "small": Decimal(LEAST_INDEX, digits=1),
        }
        if most["psi"] < LEAST_INDEX:
            return T(
                "Customers still look much like those the model has learnt from: {changed} of {features} features have "
                "changed, none by much (most of all “{feature}”, index {value}; below {small} a change is small; {n} "
                "customers now, {reference} then)",
                **values,
            )
        return T(
            "Customers differ from those the model has learnt from: {changed} of {features} features have changed "
            "by much, most of all “{feature}” (index {value}; above {small} a change matters; {n} customers now, "
            "{reference} then)",
            **values,
        )


def feature_drift(
    reference: pd.DataFrame, current: pd.DataFrame, *, features: Sequence[str] | None = None, level: float = 0.95
) -> FeatureDrift:
    """Compare all features of today's customers with those the model has learnt from.

    `reference`, `current`: One row a customer: rows of one customer at several cut-offs are not independent and would
        raise false alarms.
    `features`: Columns to compare; by default all of the reference.
    Raises DataError: a table is empty or lacks a feature.

    >>> before = pd.DataFrame({"plan": ["a", "b"] * 500, "visits": range(1000)})
    >>> feature_drift(before, before.assign(plan="a")).drifted
    ('plan',)
    """
    names = tuple(map(str, pd.DataFrame(reference).columns)) if features is None else tuple(features)
    old = require_columns(reference, names, what="the reference table")
    new = require_columns(current, names, what="the current table")
    indices = [psi(old[name], new[name], level=level) for name in names]
    table = pd.DataFrame([(x.value, x.critical, x.bins, x.p_value) for x in indices])
    table.columns = pd.Index(["psi", "critical", "bins", "p_value"])
    table.insert(0, "feature", names)
    adjusted: Floats = adjust_holm(table["p_value"])
    table = table.assign(p_adjusted=adjusted, drifted=adjusted < 1 - level)
    table["over"] = table["psi"] / table["critical"].clip(lower=1e-12)
    order = ["drifted", "p_value", "over"]
    table = table.sort_values(order, ascending=[False, True, False], kind="stable", ignore_index=True)
    return FeatureDrift(table.drop(columns="over"), len(old), len(new), level)
