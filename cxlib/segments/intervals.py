"""Intervals for shares of money, from a bootstrap over customers; those of customers are `cxlib.measures.wilson`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, log_ndtr, logit, ndtr, ndtri

from cxlib.checks import Floats
from cxlib.measures.sampling import column_percentiles

BATCH = 100  # resamples held in memory at once
FEWEST = 100  # customers below which the weight of a tail cannot be told, and a share of money has no interval
HEAVIEST = 0.7  # Hill index: means exist below 1, variances below one half
LEAST_RATIO = 6.0  # twice the gain in log likelihood that tells a tail from Pareto's
LARGEST_DRAW, GRID = 4_000, 100_000  # customers in a draw; places at which a distribution is read


def resampled_sums(sizes: ArrayLike, values: Floats, *, draws: int, seed: int) -> Floats:
    """Sums of the columns of `values` (cells by columns) over resampled customers: resamples by columns."""
    counts = np.asarray(sizes, float)
    rng, n = np.random.default_rng(seed), int(counts.sum())
    batches = [min(BATCH, draws - start) for start in range(0, draws, BATCH)]
    return np.concatenate([rng.multinomial(n, counts / n, size=size) @ values for size in batches])


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

    The bootstrap of t on the scale of log odds. Amounts below the top tenth are drawn from the data, those in it from
    the tail fitted to the upper half, because a resample never holds a customer larger than the largest yet.
    For more than `LARGEST_DRAW` customers t is drawn for so many, which errs to the wide side.

    Source: Davidson & Flachaire (2007), Asymptotic and bootstrap inference for inequality and poverty measures.
    """
    own = [tuple(float(part[0]) for part in measure(money[None])) for measure in measures]
    tail = fit_tail(money)
    if tail is None or not all(0 <= share <= 1 for share, _ in own):
        return [(np.nan, np.nan)] * len(own)
    rng, size = np.random.default_rng(seed), min(len(money), LARGEST_DRAW)
    grid = np.sort(_drawn(money, tail, (np.arange(GRID)[None] + 0.5) / GRID))
    truth = [logit(np.clip(measure(grid)[0][0], 1e-9, 1 - 1e-9)) for measure in measures]
    batches = [
        _t(_drawn(money, tail, rng.random((min(BATCH, draws - at), size))), measures, truth)
        for at in range(0, draws, BATCH)
    ]
    low, high = column_percentiles(np.concatenate(batches, axis=1).T)
    return [_range(*each) for each in zip(own, low, high, strict=True)]


def top_share(money: Floats, part: float = 0.1, above: float = 0.0) -> tuple[Floats, Floats]:
    """Share of the `part` of customers with the largest amounts, less that of the part `above`, and its standard error.

    By row; rows ascend. The customer at a cut counts in part. Error: the spread of the influence ((x - q)+ - share x) /
    mean of either part, q the amount at its cut.
    """
    share, influence = _top(money, part)
    if above:
        first, its = _top(money, above)
        share, influence = share - first, influence - its
    return share, influence.std(axis=1) / np.sqrt(money.shape[1])


def _top(money: Floats, part: float) -> tuple[Floats, Floats]:
    n = money.shape[1]
    whole = int(part * n + 1e-9)
    at_cut, total = money[:, max(n - whole - 1, 0), None], money.sum(axis=1, keepdims=True)
    share = (money[:, n - whole :].sum(axis=1, keepdims=True) + (part * n - whole) * at_cut) / total
    return share[:, 0], (np.maximum(money - at_cut, 0) - share * money) * n / total


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
