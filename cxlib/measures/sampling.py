"""Weights, effective sizes and variances of answers, several from one customer; which groups are too small to show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import scipy
from numpy.typing import ArrayLike, NDArray

from cxlib.checks import Codes, Flags, Floats, Values
from cxlib.errors import DataError

ALIKE = 1e-12  # a variance below this share of the squared values is rounding
Z95 = 1.959963984540054  # standard normal quantile of 95% intervals
MOST_LEVERAGE = 0.75  # of a customer in a category, beyond which the residual says little
SHARES = ["revenue_share", "revenue_share_low", "revenue_share_high"]
# Least sizes: what is smaller is no difference, however clear it is and however many customers show it.
LEAST_NPS = 1.0  # points of NPS: a change, a group, a topic, a month's distance from the usual
LEAST_OF_SCALE = 0.025  # of a rating's scale: a tenth of a point on 1 to 5
LEAST_SHARE = 0.01  # of customers, or of the days looked at
LEAST_RATIO = 1.05  # of rates, odds, risks and amounts, or its inverse
LEAST_EFFECT = 0.2  # Cohen's "small" (g, h) of a group against all other customers
LEAST_INDEX = 0.1  # of population stability (Siddiqi, Credit Risk Scorecards (2006), chapter 9)
LEVEL = 0.95  # of all intervals and tests
TIERS = (0.2, 0.3, 0.5)  # shares of customers of high, middle and low value


def check_weights(weights: Values | None, n: int) -> Floats:
    """Weights as floats, zero or more; ones where there are none."""
    if weights is None:
        return np.ones(n)
    found = pd.to_numeric(pd.Series(np.asarray(weights).ravel()), errors="coerce").to_numpy(float)
    if len(found) != n:
        raise DataError(f"there are {len(found):,} weights for {n:,} answers. Give one weight for each answer.")
    bad = ~(np.isfinite(found) & (found >= 0)) | ~(found > 0).any()
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"column 'weight' has {int(bad.sum()):,} values that are below zero or missing, or none above zero (first: "
            f"{found[row]:g} in answer {row + 1:,}). Fix them, or leave those answers out."
        )
    return found


def joint_z(tests: int) -> float:
    """The z value of intervals that hold for so many together at `LEVEL` (Bonferroni)."""
    return float(scipy.special.ndtri(0.5 + (1 - (1 - LEVEL) / max(tests, 1)) / 2))


def effective_n(weights: ArrayLike) -> float:
    """Kish's effective number of answers, (sum w)^2 / sum w^2.

    Source: Kish, Survey Sampling (1965), section 11.7.

    >>> effective_n([1, 1, 1, 1]), round(effective_n([1, 1, 1, 3]), 3)
    (4.0, 3.0)
    """
    w = np.asarray(weights, float)
    return float(w.sum() ** 2 / (w @ w)) if w.size else 0.0


def independent_n(
    values: ArrayLike, weights: Floats, customers: Codes | None = None, margins: Floats | None = None
) -> float:
    """How many answers of as many customers, unweighted, would give a weighted mean as sure as these do.

    Variance of a value over the linearised variance of the mean, in which the residuals of one customer are summed
    (Woodruff, JASA 66 (1971); Kish & Frankel, JRSS B 36 (1974)). Without a spread, Kish's number from the customers'
    weights. Never more than there are answers, for nobody answers twice to contradict himself, unless margins are
    known, within which answers may differ more where they weigh less.

    >>> independent_n([1, 0, 1, 0], np.ones(4)), independent_n([1, 1, 0, 0], np.ones(4), np.array([0, 0, 1, 1]))
    (4.0, 1.0)
    """
    x, w = np.asarray(values, float), weights / weights.sum()
    groups = np.arange(len(x)) if customers is None else np.unique(customers, return_inverse=True)[1]
    off = off_margins(x - w @ x, w, margins)
    spread, m = float(w @ off**2), int(groups.max(initial=-1)) + 1
    if spread < ALIKE * max(float(np.abs(x).max(initial=0)) ** 2, ALIKE):
        return effective_n(np.bincount(groups, w))
    variance = float((np.bincount(groups, unlike_margins(x - w @ x, w, margins, groups)) ** 2).sum())
    variance *= (m - 1) / m if margins is not None else m / (m - 1) if 1 < m < len(x) else 1.0
    most = np.inf if margins is not None else float(len(x))
    return min(spread / variance, most) if variance > ALIKE * spread else float(m)


def read_margins(margins: Values | None, given: Flags) -> Floats | None:
    """A column of zeros and ones for each category of each margin that weights were raked to, of the answers given."""
    if margins is None:
        return None
    if len(margins) != len(given):
        raise DataError(
            f"there are {len(margins):,} margins for {len(given):,} answers. Give the categories of each answer."
        )
    codes = [pd.factorize(np.array(column, dtype=object))[0] for column in zip(*margins, strict=True)]
    return np.column_stack([np.eye(int(code.max(initial=0)) + 1)[code] for code in codes])[given]


def off_margins(values: Floats, weights: Floats, margins: Floats | None) -> Floats:
    """What of values (n,) or (n, k) the margins do not foretell: residuals of their weighted regression on them.

    Where weights are raked, a mean moves only with these residuals, since the shares of the categories are known.
    Source: Deville & Sarndal, Calibration estimators in survey sampling, JASA 87 (1992), section 3. The weights of the
    regression are the raked ones, for which the residuals are the derivative of the raked mean; R's `survey` takes
    those before raking, which come to the same in large samples.
    """
    if margins is None:
        return values
    weighted = (margins * weights[:, None]).T
    slopes = np.linalg.lstsq(weighted @ margins, weighted @ values, rcond=None)[0]
    return np.asarray(values - margins @ slopes)


def foretold(values: ArrayLike, weights: Floats, margins: Floats | None) -> float:
    """The share of the values' variance that margins foretell; 0 without margins."""
    x = np.asarray(values, float)
    x = x - weights @ x / weights.sum()
    spread = float(weights @ x**2)
    if margins is None or not spread > 0:
        return 0.0
    return float(np.clip(1 - weights @ off_margins(x, weights, margins) ** 2 / spread, 0, 1))


def unlike_margins(values: Floats, weights: Floats, margins: Floats | None, groups: Codes) -> Floats:
    """What each answer's value (n,) or (n, k), off the margins, adds to a raked total if its customer is left out.

    That is what a jackknife over customers that rakes anew finds: weight times residual / (1 - h), h the customer's
    leverage. Source: MacKinnon & White, Journal of Econometrics 29 (1985), HC3; Bell & McCaffrey, Survey Methodology
    28 (2002). Who is nearly a whole category has hardly a residual: such a customer adds at least as much as
    others do on average for their weight.
    """
    w = weights.reshape(-1, *(1 for _ in values.shape[1:]))
    if margins is None:
        return w * values
    inverse = np.linalg.pinv((margins * weights[:, None]).T @ margins)
    own = np.bincount(groups, weights * np.einsum("ij,jk,ik->i", margins, inverse, margins))
    each = w * off_margins(values, weights, margins) / np.maximum(1 - own, 0.01)[groups].reshape(w.shape)
    sums, share = np.zeros((len(own), *values.shape[1:])), np.bincount(groups, weights)
    np.add.at(sums, groups, each)
    alone = own > MOST_LEVERAGE
    if alone.any() and not alone.all():
        least = np.sqrt((sums[~alone] ** 2).sum(axis=0) / (share[~alone] ** 2).sum())
        size = np.multiply.outer(share, least)
        lacks = alone.reshape(-1, *(1 for _ in least.shape)) & (np.abs(sums) < size)
        answers = np.bincount(groups).reshape(-1, *(1 for _ in least.shape))
        each = np.where(lacks[groups], (np.where(sums < 0, -size, size) / answers)[groups], each)
    return np.asarray(each)


def small_sample(customers: float) -> float:
    """How much wider an interval is for so many customers than the normal distribution says; 1.96 becomes Student's."""
    m = max(customers, 2)
    return float(scipy.special.stdtrit(m - 1, 0.975) / Z95 * np.sqrt(m / (m - 1)))


def alike_within(values: ArrayLike, weights: Floats, customers: Codes) -> float:
    """How alike answers of one customer are, 0 to 1: the mean product of their residuals over the variance."""
    x = np.asarray(values, float)
    groups = np.unique(customers, return_inverse=True)[1]
    residual = weights * (x - weights @ x / weights.sum())
    pairs = np.bincount(groups, weights) ** 2 - np.bincount(groups, weights**2)
    products = np.bincount(groups, residual) ** 2 - np.bincount(groups, residual**2)
    spread = float(weights @ (x - weights @ x / weights.sum()) ** 2 / weights.sum())
    if not pairs.sum() or not spread:
        return 0.0
    return float(np.clip(products.sum() / pairs.sum() / spread, 0, 1))


def number_groups(groups: Values | None, n: int) -> Codes:
    """Customers as numbers from 0; an answer without a customer, and all where `groups` is None, is its own."""
    if groups is None:
        return np.arange(n)
    if len(groups) != n:
        raise DataError(f"there are {len(groups):,} customers for {n:,} answers. Give the customer of each answer.")
    codes = np.asarray(pd.factorize(np.asarray(groups, dtype=object))[0]).astype(np.int64)
    alone = codes < 0
    codes[alone] = codes.max(initial=-1) + 1 + np.arange(alone.sum())
    return codes


def clustered_variance(influence: Floats, clusters: Codes) -> Floats:
    """Variance of estimates from the influence of each answer, answers of one customer taken together.

    The sum over customers of the squared sum of their influences: where every customer answered in both periods and
    the estimate is a difference, this is the variance of the paired difference.
    """
    columns = influence.reshape(len(influence), -1)
    sums = np.zeros((int(clusters.max(initial=-1)) + 1, columns.shape[1]))
    np.add.at(sums, clusters, columns)
    found: Floats = (sums**2).sum(axis=0)
    return found.reshape(influence.shape[1:])


def two_sided(estimate: ArrayLike, error: ArrayLike) -> Floats:
    """Two-sided normal p-values; 1 where the estimate is zero, NaN where it is unknown."""
    value, se = np.asarray(estimate, float), np.asarray(error, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(value == 0, 1.0, 2 * scipy.special.ndtr(-np.abs(value) / se))
    return found


def adjust_holm(p_values: ArrayLike) -> Floats:
    """Holm's adjusted p-values for several tests at once; NaN are not tested and do not count.

    Source: Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6 (1979), section 2.
    """
    p = np.asarray(p_values, float)
    adjusted = np.full(p.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    steps = p[order] * (len(order) - np.arange(len(order)))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def wilson(successes: ArrayLike, n: ArrayLike, *, z: float = Z95) -> tuple[Floats, Floats]:
    """Wilson's score interval of a share; NaN where `n` is zero."""
    k, m = np.asarray(successes, float), np.asarray(n, float)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = k / m
        centre = (share + z * z / (2 * m)) / (1 + z * z / m)
        half = z * np.sqrt(share * (1 - share) / m + z * z / (4 * m * m)) / (1 + z * z / m)
    low, high = np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)
    # At the ends the closed form leaves a rounding error of 1e-17 where the bound is exactly 0 or 1.
    return np.where(k == 0, 0 * low, low), np.where(k == m, 1 + 0 * high, high)


def group_shares(groups: ArrayLike, values: ArrayLike) -> pd.DataFrame:
    """Each group's share of the sum of `values` (of a customer each), with 95% intervals over customers.

    By group: revenue_share with _low and _high (NaN where the sum of all values is not positive).

    The error of a share is that of its linearisation, the sum of r = x (1 where in the group, else 0, less the share).
    Intervals are on the scale of log odds, by Student's distribution with (sum r^2)^2 / sum r^4 - 1 degrees of freedom:
    the fewer customers carry the variance, the wider (Satterthwaite 1946, Biometrics Bulletin 2; Wolter 2007,
    Introduction to Variance Estimation, chapter 6). A percentile bootstrap is too narrow where a few customers weigh
    much.
    """
    index, codes, x = _by_group(groups, values)
    sums, squares, fourths = (np.bincount(codes, x**power, minlength=len(index)) for power in (1, 2, 4))
    total = sums.sum()
    if not total > 0:
        return pd.DataFrame(np.nan, index=index, columns=SHARES)
    s = sums / total
    variance = squares * (1 - s) ** 2 + (squares.sum() - squares) * s**2
    heavy = fourths * (1 - s) ** 4 + (fourths.sum() - fourths) * s**4
    freedom = np.divide(variance**2, heavy, out=np.full(len(s), 2.0), where=heavy > 0) - 1
    reach = scipy.special.stdtrit(np.maximum(freedom, 1.0), 0.975) * np.sqrt(variance) / total
    inside = (s > 0) & (s < 1)
    odds = reach / np.where(inside, s * (1 - s), 1.0)
    low, high = (
        np.where(
            inside,
            scipy.special.expit(scipy.special.logit(np.clip(s, 1e-12, 1 - 1e-12)) + side * odds),
            s + side * reach,
        )
        for side in (-1, 1)
    )
    return pd.DataFrame(dict(zip(SHARES, (s, low, high), strict=True)), index=index)


def group_means(groups: ArrayLike, values: ArrayLike) -> pd.DataFrame:
    """Each group's mean of `values`, a customer each, with 95% intervals: mean, low, high by group.

    On the scale of logarithms where the mean is above zero, with degrees of freedom as in `group_shares`. There is no
    interval (NaN) where only one or two customers have a value other than zero. The degrees of freedom are no rule for
    that: they are low where the largest customers are in, and intervals told only from two on hold too rarely.
    """
    index, codes, x = _by_group(groups, values)
    n = np.bincount(codes, minlength=len(index)).astype(float)
    mean = np.bincount(codes, x, minlength=len(index)) / n
    away = x - mean[codes]
    squares, fourths = (np.bincount(codes, away**power, minlength=len(index)) for power in (2, 4))
    carriers = np.bincount(codes, x != 0, minlength=len(index))
    freedom = np.maximum(np.divide(squares**2, fourths, out=n.copy(), where=fourths > 0) - 1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = scipy.special.stdtrit(freedom, 0.975) * np.sqrt(squares / (n * np.where(n > 1, n - 1, np.nan)))
        error = np.where(carriers >= 3, error, np.nan)
        reach = np.exp(np.minimum(error / mean, 20))
    low, high = (
        np.where(mean > 0, ratio, plain)
        for ratio, plain in ((mean / reach, mean - error), (mean * reach, mean + error))
    )
    return pd.DataFrame({"mean": mean, "low": low, "high": high}, index=index)


def _by_group(groups: ArrayLike, values: ArrayLike) -> tuple[pd.Index, Codes, Floats]:
    """Groups in order, and the place among them and the value of each row that has a group."""
    x: Floats = np.nan_to_num(np.asarray(values, float))
    by = pd.Series(x).groupby(np.asarray(groups), observed=True)
    codes: Codes = np.asarray(by.ngroup(), np.int64)
    return by.size().index, codes[codes >= 0], x[codes >= 0]


def tier_of(value: Floats) -> pd.Categorical[str]:
    """high, middle or low by rank of value; equal values share a tier, the lower one where a cut falls among them."""
    below = np.searchsorted(np.sort(value), value, side="left") / max(len(value), 1)
    # Half a customer in a thousand million: shares such as 1 - 0.2 are not exact in binary.
    cuts = np.array([TIERS[2], 1 - TIERS[0]]) - 1e-9
    codes = 2 - np.searchsorted(cuts, below, side="right")
    return pd.Categorical.from_codes(codes.tolist(), pd.Index(["high", "middle", "low"]))


def resample(customers: Values | None, n: int, *, draws: int, seed: int) -> Iterator[Floats]:
    """Weights of `n` rows in each bootstrap sample; all rows of a customer come together."""
    groups = number_groups(customers, n)
    count = int(groups.max(initial=-1)) + 1
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        yield np.bincount(rng.integers(count, size=count), minlength=count)[groups].astype(float)


def percentiles(draws: object) -> tuple[float, float]:
    """Ends between which a further draw would lie with chance `LEVEL`; NaN where there are none."""
    low, high = column_percentiles(np.asarray(draws, float))
    return float(low), float(high)


def column_percentiles(draws: Floats) -> tuple[Floats, Floats]:
    """The same by column of draws (draws by columns).

    The ends are order statistics (n + 1) p of n draws, which is right at every n: of 200 draws the plain quantiles hold
    94% instead of 95% (Hyndman & Fan 1996, Sample quantiles in statistical packages, definition 6).
    """
    if not len(draws):
        return np.full(draws.shape[1:], np.nan), np.full(draws.shape[1:], np.nan)
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0, method="weibull")
    return low, high


def hidden_cells(
    counts: NDArray[Any] | Sequence[float], *, least: int = 30, earlier: Flags | None = None, sums: Sequence[Flags] = ()
) -> Flags:
    """Which cells to withhold, of groups whose sums are known.

    `counts`: Customers or answers in each group: shape (k,), or (r, c) for a table of which rows and columns are known.
    `sums`: Flags whose sum is known, in the same shape each; left out, all of a row of groups, each row and column of a
        table.
    """
    table = np.nan_to_num(np.asarray(counts, dtype=float))
    known = np.array(sums, dtype=bool) if len(sums) else _lines(table.shape)
    cells, lines = table.ravel(), known.reshape(len(known), -1)
    hidden: Flags = cells < least
    price = cells if earlier is None else cells - np.where(np.ravel(earlier), cells.max(initial=0) + 1, 0)
    while (line := _weak(cells, hidden, lines, least)) is not None:
        others = np.flatnonzero(line & ~hidden)
        hidden[others[np.argmin(price[others])]] = True
    return hidden.reshape(table.shape)


def _lines(shape: tuple[int, ...]) -> Flags:
    if len(shape) == 1:
        return np.ones((1, *shape), dtype=bool)
    rows, columns = np.indices(shape)
    return np.array([*(rows == i for i in range(shape[0])), *(columns == i for i in range(shape[1]))])


def _weak(cells: NDArray[np.float64], hidden: Flags, lines: Flags, least: int) -> Flags | None:
    """The cells of a sum that gives a small group away and in which another could be withheld; None if none does."""
    held, small = hidden & (cells > 0), (cells > 0) & (cells < least)
    fixed = small.copy()
    _, sizes, directions = np.linalg.svd(lines[:, held].astype(float))
    fixed[held] &= (np.abs(directions[int((sizes > 1e-9).sum()) :]) < 1e-9).all(axis=0)
    for number in sorted(np.flatnonzero((lines & small).any(axis=1)), key=(lines & ~hidden).sum(axis=1).__getitem__):
        line: Flags = lines[number]
        inside = line & held
        thin = inside.sum() < 2 or cells[inside].sum() < least + least // 3
        if (thin or fixed[line].any()) and (line & ~hidden).any():
            return line
    return None
