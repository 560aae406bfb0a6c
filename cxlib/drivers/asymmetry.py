"""Whether bad ratings cost more than good ones bring: asymmetry of penalties and rewards, with a test.

Penalty-reward contrast analysis: Brandt, A procedure for identifying value-enhancing service components using customer
satisfaction survey data (1987). It is an observation about ratings and scores, not a Kano classification.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxlib.drivers.inputs import Floats
from cxlib.drivers.sample import Sample, read_sample
from cxlib.language import Count, Decimal, Message, Percent, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import adjust_holm, check_level, two_sided


@dataclass(frozen=True)
class Asymmetry(Result):
    """Penalties of low and rewards of high ratings, in points of the 0-10 answer.

    Attributes
    ----------
    table : DataFrame
        driver, name, low_below, high_above (ratings up to the first are low, from the second high), penalty, reward
        (each against ratings between, the other drivers held equal), penalty_low, penalty_high, reward_low,
        reward_high, contrast (penalty less reward), contrast_low, contrast_high, p_adjusted (Holm), significant;
        largest contrast first. NaN for drivers with fewer than three ratings that occur.
    """

    table: pd.DataFrame
    n: int
    level: float = 0.95

    @property
    def summary(self) -> pd.DataFrame:
        """The table in quantities."""
        t = self.table
        columns = ("penalty", "reward", "contrast", "contrast_low", "contrast_high")
        numbers = {name: t[name].map(lambda value: Decimal(value, digits=2)) for name in columns}
        return pd.DataFrame({"driver": t["name"], **numbers})

    @property
    def headline(self) -> Message:
        """The clearest asymmetry, or that there is none."""
        clear = self.table[self.table["significant"]]
        if clear.empty:
            return T(
                "No driver's low ratings clearly cost more than its high ratings bring ({n} answers)", n=Count(self.n)
            )
        row = clear.iloc[int(clear["contrast"].abs().to_numpy().argmax())]
        values: dict[str, object] = {
            "driver": row["name"], "penalty": _two(row["penalty"]), "reward": _two(row["reward"]),
            "low": _two(row["contrast_low"]), "high": _two(row["contrast_high"]), "level": Percent(self.level),
            "n": Count(self.n),
        }  # fmt: skip
        if row["contrast"] > 0:
            return T(
                "Low ratings of {driver} go with {penalty} points less, high ones with only {reward} points more "
                "({level} interval of the difference {low} to {high}, {n} answers)", **values,
            )  # fmt: skip
        return T(
            "High ratings of {driver} go with {reward} points more, low ones with only {penalty} points less "
            "({level} interval of the difference {low} to {high}, {n} answers)", **values,
        )  # fmt: skip


def measure_asymmetry(
    X: pd.DataFrame,
    y: Any,
    *,
    weights: Any = None,
    customers: Any = None,
    not_applicable: Sequence[float] = (),
    names: Mapping[str, object] | None = None,
    level: float = 0.95,
) -> Asymmetry:
    """Compare what low and high ratings of each driver go with.

    Parameters are those of `rank_drivers`.

    Raises
    ------
    DataError
        As `rank_drivers`.

    Notes
    -----
    Ratings are cut into low, middle and high where about a third of them lie on either side, equal ratings together.
    The answer is regressed on all drivers' low and high at once, with a further column where a driver has no rating;
    errors allow for unequal variances and for several answers of one customer. An answer held at 10 cannot rise:
    part of every asymmetry may be the scale's.
    """
    z = check_level(level)
    sample = read_sample(X, y, weights=weights, customers=customers, not_applicable=not_applicable)
    columns, place, cuts = _dummies(sample)
    beta, covariance = _regress(columns, sample)
    rows = [
        _row(name, beta, covariance, place.get(name), cut=cut)
        for name, cut in zip(sample.ratings.names, cuts, strict=True)
    ]
    table = pd.DataFrame(rows)
    for name in ("penalty", "reward", "contrast"):
        table[f"{name}_low"] = table[name] - z * table[f"{name}_error"]
        table[f"{name}_high"] = table[name] + z * table[f"{name}_error"]
    table["p_adjusted"] = adjust_holm(two_sided(table["contrast"], table["contrast_error"]))
    table["significant"] = table["p_adjusted"] < 1 - level
    table.insert(1, "name", [(names or {}).get(driver, driver) for driver in table["driver"]])
    table = table.drop(columns=["penalty_error", "reward_error", "contrast_error"])
    table = table.sort_values("contrast", ascending=False, kind="stable").reset_index(drop=True)
    return Asymmetry(table, len(sample), level)


def cut_thirds(ratings: Floats) -> tuple[float, float] | None:
    """The largest low and the least high rating, so that about a third are low and a third high; None if impossible.

    >>> cut_thirds(np.array([1.0, 2, 3, 3, 4, 4, 4, 5, 5]))
    (2.0, 5.0)
    """
    values, counts = np.unique(ratings[~np.isnan(ratings)], return_counts=True)
    if len(values) < 3:
        return None
    below = np.cumsum(counts) / counts.sum()
    low = int(np.argmin(np.abs(below[:-2] - 1 / 3)))
    above = 1 - below
    high = low + 1 + int(np.argmin(np.abs(above[low + 1 : -1] - 1 / 3)))
    return float(values[low]), float(values[high + 1])


def _dummies(sample: Sample) -> tuple[Floats, dict[str, int], list[tuple[float, float] | None]]:
    """Constant, low, high and unrated columns; where each driver's low stands; cuts."""
    columns: list[NDArray[np.float64]] = [np.ones(len(sample))]
    place, cuts = {}, []
    for name, rating in zip(sample.ratings.names, sample.ratings.given.T, strict=True):
        cut = cut_thirds(rating)
        cuts.append(cut)
        known = ~np.isnan(rating)
        if cut is None:
            columns.append(np.where(known, rating, np.nanmean(rating)))
        else:
            place[name] = len(columns)
            columns += [(known & (rating <= cut[0])).astype(float), (known & (rating >= cut[1])).astype(float)]
        if not known.all():
            columns.append((~known).astype(float))
    return np.column_stack(columns), place, cuts


def _regress(columns: Floats, sample: Sample) -> tuple[Floats, Floats]:
    """Weighted least squares and its covariance, answers of one customer taken together."""
    w = sample.weights
    inverse = np.linalg.pinv((columns * w[:, None]).T @ columns)
    beta = inverse @ (columns * w[:, None]).T @ sample.scores
    influence = (columns * (w * (sample.scores - columns @ beta))[:, None]) @ inverse
    sums = np.zeros((int(sample.customers.max()) + 1, len(beta)))
    np.add.at(sums, sample.customers, influence)
    return beta, sums.T @ sums


def _row(name: str, beta: Floats, covariance: Floats, at: int | None, *, cut: Any) -> dict[str, Any]:
    columns = ("penalty", "reward", "contrast", "penalty_error", "reward_error", "contrast_error")
    if at is None:
        return {"driver": name, "low_below": np.nan, "high_above": np.nan, **dict.fromkeys(columns, np.nan)}
    low, high, both = beta[at], beta[at + 1], covariance[at : at + 2, at : at + 2]
    return {
        "driver": name, "low_below": cut[0], "high_above": cut[1], "penalty": -low, "reward": high,
        "contrast": -low - high, "penalty_error": np.sqrt(both[0, 0]), "reward_error": np.sqrt(both[1, 1]),
        "contrast_error": np.sqrt(both.sum()),
    }  # fmt: skip


def _two(value: float) -> Decimal:
    return Decimal(value, digits=2)
