"""Shares, ratios and medians whose unit is the customer, and what changed of them between two periods.

Visits, orders and tickets of one customer are alike, so no interval here counts them one by one. Each `Figure` keeps
what every customer adds to its error: customers of two periods are mostly the same, and a change is as sure as that.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import scipy

from cxlib.checks import Floats, Values, read_numbers, refuse_where
from cxlib.measures.result import Brief
from cxlib.measures.sampling import LEVEL, Z95, wilson

FEWEST_CARRIERS = 3  # customers with a value on whom an interval of a sum may rest


@dataclass(frozen=True, repr=False)
class Figure(Brief):
    """A measured number with its 95% interval; NaN where it cannot be told. Shares are fractions.

    `n` is how many customers it rests on (rows, where none were named), `influence` what each customer (index) adds to
    its error (None where none were named), `freedom` its degrees of freedom: few where few customers carry the error.
    """

    value: float
    low: float
    high: float
    n: int
    influence: pd.Series | None = field(default=None, compare=False)
    freedom: float = field(default=np.inf, compare=False)


UNKNOWN = Figure(np.nan, np.nan, np.nan, 0)


@dataclass(frozen=True)
class Sums:
    """Two sums of each customer, and the customers' ids, where they are named."""

    tops: Floats
    bottoms: Floats
    ids: pd.Index | None

    @property
    def ratio(self) -> float:
        """One total over the other."""
        return float(self.tops.sum() / self.bottoms.sum())

    @property
    def errors(self) -> Floats:
        """The linearised error of the ratio by customer: its sum over customers is zero."""
        return np.asarray((self.tops - self.ratio * self.bottoms) / self.bottoms.sum())

    @property
    def variance(self) -> float:
        """Variance of the ratio, over the customers in its denominator."""
        n = int((self.bottoms != 0).sum())
        return float((self.errors**2).sum()) * n / max(n - 1, 1)

    @property
    def trials(self) -> tuple[float, float]:
        """As how many independent trials a share is sure, and its degrees of freedom."""
        total, p, variance = float(self.bottoms.sum()), self.ratio, self.variance
        if not (self.bottoms > 1).any():
            return total, np.inf
        size = p * (1 - p) / variance if 0 < p < 1 and variance else total**2 / float((self.bottoms**2).sum())
        return min(size, total), freedom_of(self.bottoms)

    def figure(self, ends: tuple[float, float], freedom: float) -> Figure:
        """The ratio with its interval."""
        influence = None if self.ids is None else pd.Series(self.errors, self.ids)
        n = int((self.bottoms != 0).sum())
        return Figure(self.ratio, float(ends[0]), float(ends[1]), n, influence, freedom)


def add_up(tops: Floats, bottoms: Floats, customers: Values | None) -> Sums:
    """The sums of each customer; a row of nobody, and each row where `customers` is None, stands for itself."""
    if customers is None:
        return Sums(tops, bottoms, None)
    column = customers if isinstance(customers, pd.Series) else pd.Series(np.asarray(customers, dtype=object))
    codes, ids = pd.factorize(column, use_na_sentinel=True)
    alone = codes < 0
    codes = np.where(alone, len(ids) + np.cumsum(alone) - 1, codes)
    names = pd.Index([*ids, *[None] * int(alone.sum())], dtype=object) if alone.any() else pd.Index(ids)
    return Sums(np.bincount(codes, tops, len(names)), np.bincount(codes, bottoms, len(names)), names)


def freedom_of(parts: Floats) -> float:
    """Satterthwaite's degrees of freedom of a sum of squares: few large parts leave few."""
    squares = parts**2
    return max(float(squares.sum() ** 2 / (squares**2).sum()) - 1, 1.0) if squares.any() else 1.0


def student(freedom: float) -> float:
    """Student's quantile of a two-sided interval at confidence `LEVEL`."""
    return float(scipy.special.stdtrit(freedom, 0.5 + LEVEL / 2))


def share_of(hits: Values, trials: Values | None = None, *, customers: Values | None = None) -> Figure:
    """A share, such as visits that ended in a purchase of all visits.

    ``p = sum k / sum m``. Where nobody has more than one trial the interval is Wilson's. Otherwise it is Wilson's of as
    many trials as independent ones would be as sure, ``p (1 - p) / v`` with ``v = C / (C - 1) sum (k - p m)^2 / (sum
    m)^2`` over C customers (never more than there are trials; where all or none are hits ``(sum m)^2 / sum m^2``), and
    by Student's distribution, the fewer the more some customers outweigh the others.

    `hits`, `trials` (n,): Of each row k hits in m trials, 0 <= k <= m; flags, and one trial a row, where `trials` is
        left out.
    `customers` (n,): Whose rows they are; when left out each row is a customer. Rows of a missing customer stand for
        themselves.
    Raises DataError: a value is missing, below zero, or there are more hits than trials.

    Source: Wilson, JASA 22 (1927), 209-212; Korn & Graubard, Survey Methodology 24 (1998), 193-201, section 2.

    >>> visits = share_of([3, 0, 1, 0], [3, 2, 4, 1], customers=["a", "b", "c", "d"])
    >>> visits.value, round(visits.low, 2), round(visits.high, 2), visits.n
    (0.4, 0.02, 0.96, 4)
    """
    k = read_numbers(hits, "hits", least=0)
    m = np.ones(len(k)) if trials is None else read_numbers(trials, "trials", n=len(k), least=0)
    refuse_where(k, "hits", k > m, "more than its trials", "Count hits among the trials only")
    sums = add_up(k, m, customers)
    if not sums.bottoms.sum():
        return UNKNOWN
    size, freedom = sums.trials
    low, high = wilson(sums.ratio * size, size, z=student(freedom))
    return sums.figure((float(low), float(high)), freedom)


def ratio_of(tops: Values, bottoms: Values, *, customers: Values | None = None) -> Figure:
    """A ratio of two sums over customers, such as revenue over orders; `bottoms` are zero or more, the rest as above.

    ``R = sum y / sum x``, with the variance of its linearisation, ``C / (C - 1) sum (y - R x)^2 / (sum x)^2``, on the
    scale of logarithms where R is above zero, by Student's distribution with ``(sum r^2)^2 / sum r^4 - 1`` degrees of
    freedom (r the residuals): the fewer customers carry the error, the wider. No interval where fewer than three have
    anything in `tops`.

    Source: Cochran, Sampling Techniques (3rd edition, 1977), section 6.3; Satterthwaite, Biometrics Bulletin 2 (1946).

    >>> spending = ratio_of([5000, 2000, 9000, 4000], [2, 1, 3, 2], customers=["a", "b", "c", "d"])
    >>> spending.value, round(spending.low), round(spending.high)
    (2500.0, 634, 9862)
    """
    y = read_numbers(tops, "tops")
    sums = add_up(y, read_numbers(bottoms, "bottoms", n=len(y), least=0), customers)
    if not sums.bottoms.sum() > 0:
        return UNKNOWN
    if min((sums.bottoms != 0).sum(), (sums.tops != 0).sum()) < FEWEST_CARRIERS:
        return sums.figure((np.nan, np.nan), 1.0)
    ratio, freedom = sums.ratio, freedom_of(sums.errors)
    error = np.sqrt(sums.variance) * student(freedom)
    if not ratio > 0:
        return sums.figure((ratio - error, ratio + error), freedom)
    reach = float(np.exp(min(error / ratio, 20)))
    return sums.figure((ratio / reach, ratio * reach), freedom)


def median_of(values: Values, *, customers: Values | None = None) -> Figure:
    """The middle value, with an interval between two of the values.

    Its ends are the r-th values from below and from above, r the binomial quantile of one half: exact for independent
    values. Where a customer has several, r is that of as many independent ones, from how alike the customer's values
    are in lying below the median (`share_of`). No interval of fewer than six, where the smallest and the largest do not
    hold it at 95%.

    Source: Conover, Practical Nonparametric Statistics (3rd edition, 1999), section 3.2; Woodruff, JASA 47 (1952).

    >>> median_of([9, 1, 2, 3, 4, 5, 6, 7, 8])
    Figure(value=5.0, low=2.0, high=8.0, n=9, influence=None, freedom=inf)
    """
    x, z = read_numbers(values, "values"), Z95
    if not len(x):
        return UNKNOWN
    ranked, middle = np.sort(x), float(np.median(x))
    sums = add_up((x <= middle).astype(float), np.ones(len(x)), customers)
    size, freedom = sums.trials
    size = max(np.floor(size * (z / student(freedom)) ** 2), 1.0)
    place = int(np.ceil(scipy.special.bdtrik(0.5 - LEVEL / 2, size, 0.5)) * len(x) / size) - 1
    ends = (ranked[place], ranked[-1 - place]) if place >= 0 else (np.nan, np.nan)
    influence = None if sums.ids is None else pd.Series(-sums.errors, sums.ids)
    return Figure(middle, float(ends[0]), float(ends[1]), len(sums.bottoms), influence, freedom)


def change_of(now: Figure, before: Figure) -> Figure:
    """How much a figure has changed, `now` less `before`, whose customers may be the same; n is that of `now`.

    ``low = d - sqrt((a - l1)^2 + (u2 - b)^2 - 2 r (a - l1) (u2 - b))`` and ``high`` alike, from the two intervals and
    the correlation r of the two errors, told by the customers of both: lopsided intervals give a lopsided one. Errors
    that go together (r above zero) go to the same side: ``(1 - r) ((a - l1)^2 + (u2 - b)^2) + r s^2`` is under the root
    then, with s the larger of ``(a - l1) - (b - l2)`` and ``(u2 - b) - (u1 - a)``; the same for intervals with equal
    sides, and a figure less itself is zero. The ends of both are told anew by the degrees of freedom of the difference,
    ``(v1 + v2)^2 / (v1^2 / f1 + v2^2 / f2)`` with the variances v and degrees of freedom f of the two.

    Source: Zou & Donner, Statistics in Medicine 27 (2008), 1693-1702; Welch, Biometrika 34 (1947), 28-35; of two shares
    without common customers Newcombe, Statistics in Medicine 17 (1998), 873-890, method 10.

    Newcombe's first example, 56 of 70 against 48 of 80:

    >>> change = change_of(share_of([1] * 56 + [0] * 14), share_of([1] * 48 + [0] * 32))
    >>> round(change.value, 4), round(change.low, 4), round(change.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    low, high, freedom = _difference(now, before, np.asarray)
    return Figure(now.value - before.value, low, high, now.n, freedom=freedom)


def quotient_of(top: Figure, bottom: Figure) -> Figure:
    """One figure over another, such as what a repeat customer spends over what a new one does; n is that of both.

    As `change_of` on the scale of logarithms; both must be above zero, or nothing is told (NaN).

    Source: Li, Tang & Wong, Statistical Methods in Medical Research 23 (2014), 284-299, on ratios by MOVER.

    >>> twice = quotient_of(Figure(20, 16, 25, 40), Figure(10, 8, 12.5, 50))
    >>> twice.value, round(twice.low, 3), round(twice.high, 3), twice.n
    (2.0, 1.459, 2.742, 90)
    """
    n, influence = top.n + bottom.n, None
    if not (top.value > 0 and bottom.value > 0):
        return Figure(np.nan, np.nan, np.nan, n)
    ratio = top.value / bottom.value
    low, high, freedom = _difference(top, bottom, _logarithms)
    if top.influence is not None and bottom.influence is not None:
        one, other = _named(top.influence) / top.value, _named(bottom.influence) / bottom.value
        influence = one.sub(other, fill_value=0.0) * ratio
    return Figure(ratio, float(np.exp(low)), float(np.exp(high)), n, influence, freedom)


def _logarithms(values: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(values)


def _difference(a: Figure, b: Figure, scale: Callable[[Floats], Floats]) -> tuple[float, float, float]:
    """Ends of a difference on some scale, and its degrees of freedom."""
    ends = scale(np.array([[each.low, each.value, each.high] for each in (a, b)]))
    quantiles = np.array([student(each.freedom) for each in (a, b)])
    variances = ((ends[:, 2] - ends[:, 0]) / quantiles) ** 2
    heavy = float((variances**2 / [a.freedom, b.freedom]).sum())
    freedom = float(variances.sum() ** 2 / heavy) if heavy > 0 else np.inf
    down, up = (np.diff(ends).T * student(freedom) / quantiles).tolist()
    r, d = _correlation(a.influence, b.influence), ends[0, 1] - ends[1, 1]
    return float(d - _reach(down, up, r)), float(d + _reach(up, down, r)), freedom


def _reach(one: list[float], other: list[float], r: float) -> float:
    """How far a difference reaches to one side, from how far both figures reach to this side and to the other."""
    apart = one[0] ** 2 + other[1] ** 2
    if not r > 0:
        return float(np.sqrt(apart - 2 * r * one[0] * other[1]))
    together = max(one[0] - one[1], other[1] - other[0], 0.0)
    return float(np.sqrt((1 - r) * apart + r * together**2))


def _correlation(a: pd.Series | None, b: pd.Series | None) -> float:
    """How the errors of two figures go together, by the customers of both."""
    if a is None or b is None:
        return 0.0
    size = np.sqrt(float((a**2).sum()) * float((b**2).sum()))
    common = _named(a).index.intersection(_named(b).index)
    product = float(_named(a).loc[common].to_numpy() @ _named(b).loc[common].to_numpy())
    return float(np.clip(product / size, -1, 1)) if size > 0 else 0.0


def _named(influence: pd.Series) -> pd.Series:
    return influence[influence.index.notna()]
