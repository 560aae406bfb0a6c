"""Intervals for shares of money, from a bootstrap over customers; those of customers are `cxlib.measures.wilson`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, log_ndtr, logit, ndtr, ndtri

from cxlib.measures.sampling import column_percentiles, percentiles

Floats = NDArray[np.float64]
Values = NDArray[Any]
SHARES = ["revenue_share", "revenue_share_low", "revenue_share_high"]
EXACT_CELLS = 1_000  # more distinct values than this in a group are pooled into bins for the bootstrap
BATCH = 100  # resamples held in memory at once
TOP_CELLS = 300  # of which so many of the largest stay single, because they carry the variance
FEWEST = 100  # customers below which the weight of a tail cannot be told, and a share of money has no interval
HEAVIEST = 0.7  # Hill index: means exist below 1, variances below one half
LEAST_RATIO = 6.0  # twice the gain in log likelihood that tells a tail from Pareto's
LARGEST_DRAW, GRID = 4_000, 100_000  # customers in a draw; places at which a distribution is read


def bootstrap_shares(groups: ArrayLike, values: ArrayLike, *, draws: int, seed: int) -> pd.DataFrame:
    """Each group's share of the sum of `values`, with percentile intervals (95%) over resampled customers.

    Parameters
    ----------
    groups, values
        One entry a customer: the group, and the amount.
    draws, seed : int
        Resamples, and the start of their random numbers.

    Returns
    -------
    DataFrame
        By group: revenue_share with _low and _high (NaN where the sum of all values is not positive).

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
        return pd.DataFrame(np.nan, index=totals.index, columns=SHARES)
    drawn = resampled_sums(cells["size"], _by_group(cells, list(totals.index)), draws=draws, seed=seed)
    everything = drawn.sum(axis=1, keepdims=True)
    sold = everything[:, 0] > 0  # a resample in which nobody spent anything has no shares
    low, high = column_percentiles(drawn[sold] / everything[sold], 0.95)
    return pd.DataFrame(dict(zip(SHARES, (totals / totals.sum(), low, high), strict=True)), index=totals.index)


def resampled_sums(sizes: ArrayLike, values: Floats, *, draws: int, seed: int) -> Floats:
    """Sums of the columns of `values` (cells by columns) over resampled customers: resamples by columns."""
    counts = np.asarray(sizes, float)
    rng, n = np.random.default_rng(seed), int(counts.sum())
    batches = [min(BATCH, draws - start) for start in range(0, draws, BATCH)]
    return np.concatenate([rng.multinomial(n, counts / n, size=size) @ values for size in batches])


def _by_group(cells: pd.DataFrame, groups: list[Any]) -> Floats:
    """Values of the cells, each in the column of its group."""
    return np.where(cells["group"].to_numpy()[:, None] == np.array(groups, dtype=object), cells[["value"]], 0.0)


def middle(resampled: Floats) -> tuple[float, float]:
    """The percentile interval (95%) of resampled values; those that are unknown in a resample (NaN) are left out."""
    return percentiles(resampled[np.isfinite(resampled)], 0.95)


@dataclass(frozen=True)
class Tail:
    """Amounts above `start`, which a `share` of customers exceed: the excess of the logarithm is a normal cut off at 0.

    `scale` is that normal's standard deviation and `slope` its mean in units of it: a log-normal tail. Without a slope
    the excess is exponential with mean `scale`: a Pareto tail.
    """

    start: float
    share: float
    slope: float | None
    scale: float

    def amounts(self, exceeding: Floats) -> Floats:
        """The amounts that such shares of all customers exceed."""
        rest = np.clip(exceeding / self.share, 1e-300, 1)
        if self.slope is None:
            return np.asarray(self.start * rest**-self.scale)
        return np.asarray(self.start * np.exp(self.scale * (self.slope - ndtri(rest * ndtr(self.slope)))))


def fit_tail(money: Floats) -> Tail | None:
    """The tail of ascending amounts, 1.5 standard errors heavier than it looks; None where no interval would hold.

    That is where there are fewer than `FEWEST` customers, or the tail may be so heavy that errors have no variance: the
    upper half of amounts above 0 cannot be told from a Pareto tail (likelihood ratio), and the Hill index of the top
    tenth is, with its standard error, above `HEAVIEST`.

    Source: Malevergne, Pisarenko & Sornette (2011), Testing the Pareto against the lognormal distributions with the
    uniformly most powerful unbiased test; Hill (1975).
    """
    positive = money[money > 0]
    half, tenth = len(positive) // 2, len(money) // 10
    if len(money) < FEWEST or half < FEWEST // 2:
        return None
    start, share = float(positive[-half - 1]), half / len(money)
    excess = np.log(positive[-half:] / start)
    mean = float(excess.mean())
    if mean <= 0:
        return Tail(start, share, None, 0.0)
    squared = float((excess**2).mean()) / mean**2 - 1
    top = min(tenth, half)
    hill = float(np.log(positive[-top:] / positive[-top - 1]).mean())
    if hill * (1 + top**-0.5) > HEAVIEST and _above_pareto(excess, _slope(squared)) < LEAST_RATIO:
        return None
    slope = _slope(squared * (1 + 3 * half**-0.5))
    return Tail(start, share, slope, min(mean, 0.95) if slope is None else mean / (slope + float(_mills(slope))))


def studentised(
    money: Floats, measures: Sequence[Callable[[Floats], tuple[Floats, Floats]]], *, draws: int, seed: int
) -> list[tuple[float, float]]:
    """95% intervals for shares of money whose largest amounts decide: NaN where none would hold.

    Parameters
    ----------
    money : array (customers,)
        Amounts, ascending.
    measures : sequence of functions
        Each takes amounts (draws, customers), ascending in each row, and gives a share and its standard error by row.
    draws, seed : int
        Draws of customers, and the start of their random numbers.

    Notes
    -----
    The bootstrap of t on the scale of log odds. Amounts below the top tenth are drawn from the data, those in it from
    the tail fitted to the upper half, because a resample never holds a customer larger than the largest yet.
    For more than `LARGEST_DRAW` customers t is drawn for so many, which errs to the wide side.

    Source: Davidson & Flachaire (2007), Asymptotic and bootstrap inference for inequality and poverty measures.
    """
    own = [tuple(float(part[0]) for part in measure(money[None])) for measure in measures]
    tail = fit_tail(money)
    if tail is None or any(share > 1 for share, _ in own):
        return [(np.nan, np.nan)] * len(own)
    rng, size = np.random.default_rng(seed), min(len(money), LARGEST_DRAW)
    grid = np.sort(_drawn(money, tail, (np.arange(GRID)[None] + 0.5) / GRID))
    truth = [logit(measure(grid)[0][0]) for measure in measures]
    batches = [_t(_drawn(money, tail, rng.random((min(BATCH, draws - at), size))), measures, truth)
               for at in range(0, draws, BATCH)]  # fmt: skip
    low, high = column_percentiles(np.concatenate(batches, axis=1).T, 0.95)
    return [_range(*each) for each in zip(own, low, high, strict=True)]


def _drawn(money: Floats, tail: Tail, chances: Floats) -> Floats:
    """Amounts at such places of the distribution (0 to 1), ascending in each row."""
    amounts = money[(chances * len(money)).astype(int)]
    large = chances > 1 - min(0.1, tail.share / 2)
    amounts[large] = tail.amounts(1 - chances[large])
    return np.sort(amounts, axis=1)


def _t(money: Floats, measures: Sequence[Callable[[Floats], tuple[Floats, Floats]]], truth: list[float]) -> Floats:
    """By measure and row: how many standard errors the log odds lie from the truth."""
    rows = []
    for measure, true in zip(measures, truth, strict=True):
        share, error = measure(money)
        share = np.clip(share, 1e-9, 1 - 1e-9)
        away = (logit(share) - true) * share * (1 - share)
        rows.append(np.divide(away, error, out=np.zeros(len(away)), where=error > 1e-12))
    return np.array(rows)


def _range(own: tuple[float, ...], low: float, high: float) -> tuple[float, float]:
    share, error = own
    if not 1e-9 < share < 1 - 1e-9 or error <= 1e-12:
        return share, share
    step = error / (share * (1 - share))
    ends = expit(logit(share) - step * np.array([high, low]))
    return float(min(ends[0], share)), float(max(ends[1], share))


def _mills(slope: Floats | float) -> Floats:
    return np.asarray(np.exp(-(slope**2) / 2 - log_ndtr(slope)) / np.sqrt(2 * np.pi))


SLOPES = np.linspace(-12, 6, 1801)
SQUARED = (1 - _mills(SLOPES) * (SLOPES + _mills(SLOPES))) / (SLOPES + _mills(SLOPES)) ** 2  # falls from 1


def _slope(squared: float) -> float | None:
    """The slope at which the excess has this squared coefficient of variation; None from that of a Pareto tail on."""
    return None if squared >= SQUARED[0] else float(np.interp(-squared, -SQUARED, SLOPES))


def _above_pareto(excess: Floats, slope: float | None) -> float:
    """Twice the gain in log likelihood of the normal cut off over the exponential distribution."""
    if slope is None:
        return 0.0
    mean = float(excess.mean())
    scale = mean / (slope + float(_mills(slope)))
    normal = -((excess / scale - slope) ** 2) / 2 - np.log(scale * np.sqrt(2 * np.pi)) - log_ndtr(slope)
    return float(2 * (normal.sum() + len(excess) * (np.log(mean) + 1)))


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
