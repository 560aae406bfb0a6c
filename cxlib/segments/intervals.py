"""Intervals for shares of money, from a bootstrap over customers; those of customers are `cxlib.measures.wilson`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Values = NDArray[Any]
EXACT_CELLS = 1_000  # more distinct values than this in a group are pooled into bins for the bootstrap
BATCH = 100  # resamples held in memory at once
TOP_CELLS = 300  # of which so many of the largest stay single, because they carry the variance


def bootstrap_shares(groups: ArrayLike, values: ArrayLike, *, level: float, draws: int, seed: int) -> pd.DataFrame:
    """Each group's share of the sum of `values`, with percentile intervals over resampled customers.

    Parameters
    ----------
    groups, values
        One entry a customer: the group, and the amount.
    level : float
        Coverage of the intervals.
    draws, seed : int
        Resamples, and the start of their random numbers.

    Returns
    -------
    DataFrame
        By group: share, low, high (NaN where the sum of all values is not positive).

    Notes
    -----
    Resampling n customers with replacement only needs how often each distinct amount was drawn, which is multinomial.
    Groups with more than `EXACT_CELLS` distinct amounts keep their largest `TOP_CELLS` amounts single and pool the
    rest into bins of equal count and their mean. What is lost is the variance inside narrow bins; a million customers
    take about a second.
    """
    cells = _cells(pd.DataFrame({"group": groups, "value": np.asarray(values, float)}))
    totals = cells["total"].groupby(cells["group"], observed=True).sum()
    if not totals.sum() > 0:
        return pd.DataFrame({"share": np.nan, "low": np.nan, "high": np.nan}, index=totals.index)
    drawn = resampled_sums(cells["size"], _by_group(cells, list(totals.index)), draws=draws, seed=seed)
    everything = drawn.sum(axis=1, keepdims=True)
    sold = everything[:, 0] > 0  # a resample in which nobody spent anything has no shares
    low, high = np.quantile(drawn[sold] / everything[sold], [0.5 - level / 2, 0.5 + level / 2], axis=0)
    return pd.DataFrame({"share": totals / totals.sum(), "low": low, "high": high}, index=totals.index)


def resample(sizes: ArrayLike, *, draws: int, seed: int) -> Iterator[Floats]:
    """How often each cell of `sizes` equal customers is drawn: batches of rows (a resample each) by cells."""
    counts = np.asarray(sizes, float)
    rng, n = np.random.default_rng(seed), int(counts.sum())
    for start in range(0, draws, BATCH):
        yield rng.multinomial(n, counts / n, size=min(BATCH, draws - start)).astype(float)


def resampled_sums(sizes: ArrayLike, values: Floats, *, draws: int, seed: int) -> Floats:
    """Sums of the columns of `values` (cells by columns) over resampled customers: resamples by columns."""
    return np.concatenate([weights @ values for weights in resample(sizes, draws=draws, seed=seed)])


def _by_group(cells: pd.DataFrame, groups: list[Any]) -> Floats:
    """Values of the cells, each in the column of its group."""
    return np.where(cells["group"].to_numpy()[:, None] == np.array(groups, dtype=object), cells[["value"]], 0.0)


def middle(resampled: Floats, *, level: float = 0.95) -> tuple[float, float]:
    """The percentile interval of resampled values; those that are unknown in a resample (NaN) are left out."""
    known = resampled[np.isfinite(resampled)]
    if not known.size:
        return np.nan, np.nan
    low, high = np.quantile(known, [0.5 - level / 2, 0.5 + level / 2])
    return float(low), float(high)


def _cells(customers: pd.DataFrame) -> pd.DataFrame:
    cells = customers.groupby(["group", "value"], observed=True, as_index=False).size()
    pooled = [pool(part).assign(group=group) for group, part in cells.groupby("group", observed=True)]
    return pd.concat(pooled, ignore_index=True).assign(total=lambda t: t["value"] * t["size"])


def pool(cells: pd.DataFrame) -> pd.DataFrame:
    """Distinct values, ascending, with their `size`; all but the largest pooled into bins where there are too many."""
    if len(cells) <= EXACT_CELLS:
        return cells[["value", "size"]]
    rest, top = cells.iloc[:-TOP_CELLS], cells.iloc[-TOP_CELLS:]
    bins = rest["size"].cumsum() * (EXACT_CELLS - TOP_CELLS) // (rest["size"].sum() + 1)
    sums = pd.DataFrame({"size": rest["size"], "total": rest["value"] * rest["size"]}).groupby(bins).sum()
    means = pd.DataFrame({"value": sums["total"] / sums["size"], "size": sums["size"]})
    return pd.concat([means, top[["value", "size"]]], ignore_index=True)
