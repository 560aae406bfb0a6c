"""The whole analysis of drivers: weighting, skipped ratings and importance, resampled together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cxlib.drivers.gaps import GappyRows
from cxlib.drivers.importance import MOST_DRIVERS, johnson_shares
from cxlib.drivers.inputs import Floats, explained_by_others, read_groups
from cxlib.drivers.ranking import DriverRanking, tie_groups
from cxlib.drivers.sample import (
    Sample,
    importance,
    outcome,
    read_sample,
    refuse_twins,
    resampled_importance,
)
from cxlib.errors import ParameterError
from cxlib.measures.raking import Margins
from cxlib.measures.sampling import check_level, column_percentiles, percentiles

TOP = 3


def rank_drivers(
    X: pd.DataFrame,
    y: Any,
    *,
    weights: Any = None,
    customers: Any = None,
    not_applicable: Sequence[float] = (),
    attributes: pd.DataFrame | None = None,
    margins: Margins | None = None,
    trim: tuple[float, float] = (0.2, 5.0),
    groups: Mapping[str, str] | None = None,
    names: Mapping[str, object] | None = None,
    draws: int = 500,
    level: float = 0.95,
    seed: int = 0,
) -> DriverRanking:
    """Rank drivers of the 0-10 score by their share of R2, with the uncertainty of everything that was done.

    Parameters
    ----------
    X : DataFrame (n, p)
        Ratings, a column a driver; missing means skipped.
    y : array-like (n,)
        The 0-10 answer; rows without one are left out.
    weights : array-like (n,), optional
        Base weights above zero.
    customers : array-like (n,), optional
        The customer of each answer; all answers of one are drawn together.
    not_applicable : sequence of numbers
        Codes in `X` that mean "not applicable".
    attributes : DataFrame (n rows), optional
        Columns of the margins.
    margins, trim
        Known shares of all customers, met anew in every resample; see `cxlib.measures.rake`.
    groups : mapping of driver to group, optional
        Drivers of a group are ranked as one.
    names : mapping of driver or group to what a reader sees, optional
    draws, level, seed
        Resamples of customers, the level of all intervals, the start of the random numbers.

    Raises
    ------
    DataError
        A rating, a score, a weight or a margin does not fit; a driver is constant, a copy, or a combination of others;
        there are too few answers.
    ParameterError
        Fewer than 2 resamples, or unknown groups.

    Notes
    -----
    A driver that was not applicable adds nothing to the score but enters with the condition of having been met (see
    `Design`). Skipped ratings are missing at random given the score and the other ratings (see `cxlib.drivers.gaps`).
    Beyond 14 drivers, resamples use random orders (`cxlib.drivers.sampled`). Intervals are percentile intervals.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> X = pd.DataFrame(rng.integers(1, 6, (400, 3)), columns=["speed", "price", "choice"])
    >>> y = (2 + 1.2 * X["speed"] + 0.3 * X["price"] + rng.normal(0, 1, 400)).round().clip(0, 10)
    >>> ranking = rank_drivers(X, y, draws=100)
    >>> ranking.ties
    [['speed'], ['price'], ['choice']]
    """
    check_level(level)
    if draws < 2:
        raise ParameterError(f"draws={draws}: give at least 2 resamples, as 500.")
    sample = read_sample(
        X, y, weights=weights, customers=customers, not_applicable=not_applicable, attributes=attributes,
        margins=margins, trim=trim,
    )  # fmt: skip
    refuse_twins(sample)
    members = read_groups(groups, sample.ratings.names)
    units = [[column for place in places for column in sample.design.units[place]] for places in members.values()]
    covariances = np.stack([moments.covariance for moments in sample.resampled(draws, seed)])
    table = _table(sample, members, units)
    drawn = resampled_importance(
        outcome(covariances, coded=False), outcome(sample.moments.covariance, coded=False), units,
        exact=table["importance"].to_numpy(), seed=seed,
    )  # fmt: skip
    order = np.argsort(-table["share"].to_numpy(), kind="stable")
    shares = _normalised(drawn)[:, order]
    table = table.iloc[order].reset_index(drop=True)
    low, high = explained_range(drawn.sum(axis=1), float(table["importance"].sum()), level)
    table = _with_uncertainty(table, shares, level).join(_betas(sample, covariances, units, level=level), on="driver")
    table.insert(1, "name", [(names or {}).get(driver, driver) for driver in table["driver"]])
    if not low > 0:
        table["tie"] = 1
    return DriverRanking(
        table, shares, float(table["importance"].sum()), low, high, len(sample),
        int(sample.customers.max()) + 1, int((~sample.ratings.skipped.any(axis=1)).sum()), level,
        "johnson" if len(units) > MOST_DRIVERS else "lmg",
    )  # fmt: skip


def explained_range(drawn: Floats, whole: float, level: float) -> tuple[float, float]:
    """Interval of the R2 that all customers would show, from its draws and the R2 of the sample.

    R2 is never below zero and grows with every driver: the resamples show by how much, and it is taken off twice, from
    the sample's R2 and from the draws, which hold it a second time (bootstrap bias: Efron & Tibshirani, An Introduction
    to the Bootstrap, 1993, section 10.3).

    >>> explained_range(np.array([0.01, 0.02, 0.03]), 0.01, 0.95)[0]
    0.0
    """
    low, high = (end - 2 * (float(drawn.mean()) - whole) for end in percentiles(drawn, level))
    return max(low, 0.0), min(max(high, 0.0), 1.0)


def _normalised(values: Floats) -> Floats:
    total = values.sum(axis=-1, keepdims=True)
    found: Floats = np.divide(values, total, out=np.zeros_like(values), where=total > 0)
    return found


def _table(sample: Sample, members: dict[str, list[int]], units: list[list[int]]) -> pd.DataFrame:
    """Everything that needs no resamples, in the order of the columns."""
    score, coded = (outcome(sample.moments.covariance, coded=form) for form in (False, True))
    found, other = importance(score, units), _normalised(importance(coded, units))
    johnson = johnson_shares(score)
    counts = sample.ratings.counts
    table = pd.DataFrame(
        {
            "driver": list(members), "importance": found, "share": _normalised(found),
            "johnson": _normalised(np.array([johnson[unit].sum() for unit in units])),
            "share_coded": other, "rank_coded": _ranks(other), "complete_case": _complete_case(sample, units),
        }
    )  # fmt: skip
    for name in ("rated", "not_applicable", "skipped"):
        table[name] = [int(counts[name].iloc[places].sum()) for places in members.values()]
    among = [_among_users(sample, members, unit) for unit in range(len(units))]
    return table.assign(among_users=[share for share, _ in among], users=[n for _, n in among])


def _complete_case(sample: Sample, units: list[list[int]]) -> Floats:
    """Shares from answers without a skipped rating; NaN where they are too few."""
    complete = sample.rows.complete
    if complete.sum() <= 2 * sample.rows.cells.shape[1]:
        return np.full(len(units), np.nan)
    moments = GappyRows(sample.rows.cells[complete]).moments(sample.weights[complete])
    return _normalised(importance(outcome(moments.covariance, coded=False), units))


def _among_users(sample: Sample, members: dict[str, list[int]], unit: int) -> tuple[float, int]:
    """Share of a driver among those who rated it, where some said that it does not apply to them; and their number."""
    places = list(members.values())
    missed = sample.ratings.not_applicable[:, places[unit]].any(axis=1)
    users = (~np.isnan(sample.ratings.given[:, places[unit]])).all(axis=1)
    if not missed.any() or users.sum() <= 4 * len(sample.ratings.names) + 2:
        return np.nan, int(users.sum())
    part = sample.only(users)
    units = [[column for place in group for column in part.design.units[place]] for group in places]
    shares = _normalised(importance(outcome(part.moments.covariance, coded=False), units))
    return float(shares[unit]), int(users.sum())


def _ranks(values: Floats) -> Any:
    return (np.argsort(np.argsort(-values, axis=-1, kind="stable"), axis=-1) + 1).tolist()


def _with_uncertainty(table: pd.DataFrame, shares: Floats, level: float) -> pd.DataFrame:
    ranks = np.array(_ranks(shares))
    low, high = column_percentiles(shares, level)
    rank_low, rank_high = column_percentiles(ranks, level)
    return table.assign(
        low=low, high=high, rank=np.arange(1, len(table) + 1),
        rank_low=np.floor(rank_low), rank_high=np.ceil(rank_high),
        p_top3=(ranks <= TOP).mean(axis=0), tie=tie_groups(shares, level),
    )  # fmt: skip


def _betas(sample: Sample, covariances: Floats, units: list[list[int]], *, level: float) -> pd.DataFrame:
    """Correlation, standardised coefficient and VIF of each driver's rating; NaN for groups of several."""
    score = outcome(sample.moments.covariance, coded=False)
    inner, outer = score[:-1, :-1], score[:-1, -1]
    drawn = outcome(covariances, coded=False)
    betas = np.linalg.pinv(drawn[:, :-1, :-1]) @ drawn[:, :-1, -1:]
    low, high = column_percentiles(betas[:, :, 0], level)
    first = [unit[0] for unit in sample.design.units]
    vif = 1 / np.maximum(1 - explained_by_others(inner[np.ix_(first, first)]), 1e-12)
    columns = {
        "correlation": outer[first], "beta": (np.linalg.pinv(inner) @ outer)[first], "beta_low": low[first],
        "beta_high": high[first], "vif": vif,
    }  # fmt: skip
    return pd.DataFrame(columns, index=pd.Index(sample.ratings.names))
