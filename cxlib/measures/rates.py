"""Shares, ratios and medians whose unit is the customer, and what changed of them between two periods.

Visits, orders, messages and tickets of one customer are alike, so none of these intervals counts them one by one. Each
`Figure` keeps what every customer adds to its error: customers of two periods are mostly the same, and a change is as
sure as that allows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import bdtrik, stdtrit

from cxlib.checks import Floats, Values, read_numbers, refuse_where
from cxlib.errors import ParameterError
from cxlib.measures.result import Brief
from cxlib.measures.sampling import LEVEL, check_level, wilson

FEWEST_CARRIERS = 3  # customers with a value on whom an interval of a sum may rest


@dataclass(frozen=True, repr=False)
class Figure(Brief):
    """A measured number.

    Attributes
    ----------
    value, low, high : float
        The number and its interval at confidence `level`; NaN where it cannot be told. Shares are fractions.
    n : int
        Customers that it rests on; rows where no customers were named.
    influence : Series or None
        What each customer (index) adds to the error of `value`; None where no customers were named.
    freedom : float
        Degrees of freedom of the interval; few where a few customers carry its error.
    """

    value: float
    low: float
    high: float
    n: int
    level: float = LEVEL
    influence: pd.Series | None = field(default=None, compare=False)
    freedom: float = field(default=np.inf, compare=False)

    @property
    def differs_from_zero(self) -> bool:
        """Whether the interval leaves zero out, as that of a change should before it is told."""
        return self.low > 0 or self.high < 0


UNKNOWN = Figure(np.nan, np.nan, np.nan, 0)
"""What is said of nobody."""


@dataclass(frozen=True)
class Sums:
    """Two sums of each customer, and the customers' ids, where they are named."""

    tops: Floats
    bottoms: Floats
    ids: pd.Index | None

    @property
    def ratio(self) -> float:
        """One total over the other."""
        total = self.bottoms.sum()
        return float(self.tops.sum() / total) if total > 0 else np.nan

    @property
    def errors(self) -> Floats:
        """The linearised error of the ratio by customer: its sum over customers is zero."""
        return np.asarray((self.tops - self.ratio * self.bottoms) / self.bottoms.sum())

    @property
    def n(self) -> int:
        """Customers with anything in the denominator."""
        return int((self.bottoms != 0).sum())

    def figure(self, ends: tuple[float, float], freedom: float, level: float) -> Figure:
        """The ratio with its interval."""
        influence = None if self.ids is None else pd.Series(self.errors, self.ids)
        return Figure(self.ratio, float(ends[0]), float(ends[1]), self.n, level, influence, freedom)


def add_up(tops: Floats, bottoms: Floats, customers: Values | None) -> Sums:
    """The sums of each customer; a row of nobody, and each row where `customers` is None, stands for itself."""
    if customers is None:
        return Sums(tops, bottoms, None)
    column = customers if isinstance(customers, pd.Series) else pd.Series(np.asarray(customers, dtype=object))
    codes, ids = pd.factorize(column, use_na_sentinel=True)
    alone = codes < 0
    codes = np.where(alone, len(ids) + np.cumsum(alone) - 1, codes)
    names = pd.Index([*ids, *[None] * int(alone.sum())], dtype=object) if alone.any() else pd.Index(ids)
    count = len(names)
    return Sums(np.bincount(codes, tops, count), np.bincount(codes, bottoms, count), names)


def freedom_of(parts: Floats) -> float:
    """Satterthwaite's degrees of freedom of a sum of squares: few large parts leave few."""
    squares = parts**2
    return max(float(squares.sum() ** 2 / (squares**2).sum()) - 1, 1.0) if squares.any() else 1.0


def student(freedom: float, level: float) -> float:
    """Student's quantile of a two-sided interval, the normal distribution's where freedom is infinite.

    >>> round(student(10, 0.95), 3), round(student(np.inf, 0.95), 3)
    (2.228, 1.96)
    """
    return float(stdtrit(freedom, 0.5 + level / 2)) if np.isfinite(freedom) else check_level(level)


def share_of(
    hits: Values, trials: Values | None = None, *, customers: Values | None = None, level: float = LEVEL
) -> Figure:
    """A share, such as visits that ended in a purchase of all visits.

    ``p = sum k / sum m``. Where nobody has more than one trial the interval is Wilson's. Otherwise it is Wilson's of as
    many trials as independent ones would be as sure, ``p (1 - p) / v`` with ``v = C / (C - 1) sum (k - p m)^2 / (sum
    m)^2`` over C customers (never more than there are trials; where all or none are hits ``(sum m)^2 / sum m^2``), and
    by Student's distribution, the fewer the more some customers outweigh the others.

    Parameters
    ----------
    hits, trials : array-like (n,)
        Of each row k hits in m trials, 0 <= k <= m; flags, and one trial a row, where `trials` is left out.
    customers : array-like (n,), optional
        Whose rows they are; when left out each row is a customer. Rows of a missing customer stand for themselves.

    Raises
    ------
    DataError
        A value is missing, below zero, or there are more hits than trials.

    Notes
    -----
    Source: Wilson, JASA 22 (1927), 209-212; Korn & Graubard, Survey Methodology 24 (1998), 193-201, section 2.

    Examples
    --------
    >>> answers = share_of([1, 0, 0, 1, 0])
    >>> answers.value, round(answers.low, 3), round(answers.high, 3), answers.n
    (0.4, 0.118, 0.769, 5)
    >>> visits = share_of([3, 0, 1, 0], [3, 2, 4, 1], customers=["a", "b", "c", "d"])
    >>> visits.value, round(visits.low, 2), round(visits.high, 2), visits.n
    (0.4, 0.02, 0.96, 4)
    """
    check_level(level)
    k = read_numbers(hits, "hits", least=0)
    m = np.ones(len(k)) if trials is None else read_numbers(trials, "trials", n=len(k), least=0)
    refuse_where(k, "hits", k > m, "more than its trials", "Count hits among the trials only")
    sums = add_up(k, m, customers)
    total = float(sums.bottoms.sum())
    if not total:
        return UNKNOWN
    size, freedom = total, np.inf
    if (sums.bottoms > 1).any():
        size, freedom = min(independent_trials(sums), total), freedom_of(sums.bottoms)
    low, high = wilson(sums.ratio * size, size, z=student(freedom, level))
    return sums.figure((float(low), float(high)), freedom, level)


def independent_trials(sums: Sums) -> float:
    """How many independent trials would tell a share as surely."""
    p, n = sums.ratio, sums.n
    variance = float((sums.errors**2).sum()) * n / max(n - 1, 1)
    if not 0 < p < 1 or not variance:
        return float(sums.bottoms.sum() ** 2 / (sums.bottoms**2).sum())
    return p * (1 - p) / variance


def ratio_of(tops: Values, bottoms: Values, *, customers: Values | None = None, level: float = LEVEL) -> Figure:
    """A ratio of two sums over customers, such as revenue over orders.

    ``R = sum y / sum x``, with the variance of its linearisation, ``C / (C - 1) sum (y - R x)^2 / (sum x)^2``, on the
    scale of logarithms where R is above zero, by Student's distribution with ``(sum r^2)^2 / sum r^4 - 1`` degrees of
    freedom (r the residuals): the fewer customers carry the error, the wider. No interval where fewer than three have
    anything in `tops`.

    Parameters
    ----------
    tops, bottoms : array-like (n,)
        Of each row; `bottoms` zero or more.
    customers : array-like (n,), optional
        As for `share_of`.

    Raises
    ------
    DataError
        A value is missing, or below zero in `bottoms`.

    Notes
    -----
    Source: Cochran, Sampling Techniques (3rd edition, 1977), section 6.3; Satterthwaite, Biometrics Bulletin 2 (1946).

    Examples
    --------
    >>> spending = ratio_of([5000, 2000, 9000, 4000], [2, 1, 3, 2], customers=["a", "b", "c", "d"])
    >>> spending.value, round(spending.low), round(spending.high)
    (2500.0, 634, 9862)
    """
    check_level(level)
    y = read_numbers(tops, "tops")
    x = read_numbers(bottoms, "bottoms", n=len(y), least=0)
    sums = add_up(y, x, customers)
    if not sums.bottoms.sum() > 0:
        return UNKNOWN
    errors, n = sums.errors, sums.n
    if n < FEWEST_CARRIERS or (sums.tops != 0).sum() < FEWEST_CARRIERS:
        return sums.figure((np.nan, np.nan), 1.0, level)
    freedom = freedom_of(errors)
    error = np.sqrt((errors**2).sum() * n / (n - 1)) * student(freedom, level)
    if sums.ratio > 0:
        reach = np.exp(min(error / sums.ratio, 20))
        return sums.figure((sums.ratio / reach, sums.ratio * reach), freedom, level)
    return sums.figure((sums.ratio - error, sums.ratio + error), freedom, level)


def median_of(values: Values, *, customers: Values | None = None, level: float = LEVEL) -> Figure:
    """The middle value, with an interval between two of the values.

    Its ends are the r-th values from below and from above, r the binomial quantile of one half: exact for independent
    values. Where a customer has several, r is that of as many independent ones, from how alike the customer's values
    are in lying below the median (`share_of`). No interval of fewer than six, where the smallest and the largest do not
    hold it at 95%.

    Raises
    ------
    DataError
        A value is missing.

    Notes
    -----
    Source: Conover, Practical Nonparametric Statistics (3rd edition, 1999), section 3.2; with customers Woodruff, JASA
    47 (1952), 635-646.

    Examples
    --------
    >>> median_of([9, 1, 2, 3, 4, 5, 6, 7, 8])
    Figure(value=5.0, low=2.0, high=8.0, n=9, level=0.95, influence=None, freedom=inf)
    """
    x = read_numbers(values, "values")
    if not len(x):
        return UNKNOWN
    ranked, middle = np.sort(x), float(np.median(x))
    sums = add_up((x <= middle).astype(float), np.ones(len(x)), customers)
    size, z, freedom = float(len(x)), check_level(level), np.inf
    if (sums.bottoms > 1).any():
        freedom = freedom_of(sums.bottoms)
        size = min(independent_trials(sums), size) * (z / student(freedom, level)) ** 2
    rank = np.ceil(bdtrik(0.5 - level / 2, max(np.floor(size), 1.0), 0.5)) * len(x) / max(np.floor(size), 1.0)
    place = int(rank) - 1
    ends = (ranked[place], ranked[-1 - place]) if place >= 0 else (np.nan, np.nan)
    influence = None if sums.ids is None else pd.Series(-sums.errors, sums.ids)
    return Figure(middle, float(ends[0]), float(ends[1]), sums.n, level, influence, freedom)


def change_of(now: Figure, before: Figure) -> Figure:
    """How much a figure has changed, `now` less `before`, whose customers may be the same.

    ``low = d - sqrt((a - l1)^2 + (u2 - b)^2 - 2 r (a - l1) (u2 - b))`` and ``high`` alike, from the two intervals and
    the correlation r of the two errors, told by the customers of both: lopsided intervals give a lopsided one. Errors
    that go together (r above zero) go to the same side: ``(1 - r) ((a - l1)^2 + (u2 - b)^2) + r s^2`` is under the root
    then, with s the larger of ``(a - l1) - (b - l2)`` and ``(u2 - b) - (u1 - a)``; the same for intervals with equal
    sides, and a figure less itself is zero. The ends of both are told anew by the degrees of freedom of the difference,
    ``(v1 + v2)^2 / (v1^2 / f1 + v2^2 / f2)`` with the variances v and degrees of freedom f of the two (Welch,
    Biometrika 34 (1947), 28-35).

    Raises
    ------
    ParameterError
        The two are of different confidence.

    Notes
    -----
    Source: Zou & Donner, Statistics in Medicine 27 (2008), 1693-1702; for two shares without common customers Newcombe,
    Statistics in Medicine 17 (1998), 873-890, method 10.

    Examples
    --------
    Newcombe's first example, 56 of 70 against 48 of 80:

    >>> change = change_of(share_of([1] * 56 + [0] * 14), share_of([1] * 48 + [0] * 32))
    >>> round(change.value, 4), round(change.low, 4), round(change.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    (low, high), freedom = _difference(now, before, np.asarray)
    influence = _moved(now, before, 1.0)
    return Figure(now.value - before.value, low, high, _everybody(now, before), now.level, influence, freedom)


def quotient_of(top: Figure, bottom: Figure) -> Figure:
    """One figure over another, such as what a repeat customer spends over what a new one does.

    As `change_of` on the scale of logarithms; both must be above zero, or nothing is told (NaN).

    Source: Li, Tang & Wong, Statistical Methods in Medical Research 23 (2014), 284-299, on ratios by MOVER.

    >>> twice = quotient_of(Figure(20, 16, 25, 40), Figure(10, 8, 12.5, 50))
    >>> twice.value, round(twice.low, 3), round(twice.high, 3), twice.n
    (2.0, 1.459, 2.742, 90)
    """
    if not (top.value > 0 and bottom.value > 0):
        return Figure(np.nan, np.nan, np.nan, _everybody(top, bottom), top.level)
    ratio = top.value / bottom.value
    ends, freedom = _difference(top, bottom, _logarithms)
    low, high = np.exp(ends)
    influence = _moved(top, bottom, ratio, relative=True)
    return Figure(ratio, float(low), float(high), _everybody(top, bottom), top.level, influence, freedom)


def _logarithms(values: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(values)


def _difference(a: Figure, b: Figure, scale: Callable[[Floats], Floats]) -> tuple[tuple[float, float], float]:
    """Ends of a difference on some scale, and its degrees of freedom."""
    if a.level != b.level:
        raise ParameterError(f"level={b.level} of the earlier figure must be that of the later one, {a.level}.")
    (x, x_low, x_high), (y, y_low, y_high) = (scale(np.array([each.value, each.low, each.high])) for each in (a, b))
    quantiles = [student(each.freedom, a.level) for each in (a, b)]
    parts = np.array([((x_high - x_low) / quantiles[0]) ** 2, ((y_high - y_low) / quantiles[1]) ** 2])
    heavy = float((parts**2 / [a.freedom, b.freedom]).sum())
    freedom = float(parts.sum() ** 2 / heavy) if heavy > 0 else np.inf
    surer = student(freedom, a.level) / np.array(quantiles)
    down, up = surer * [x - x_low, y - y_low], surer * [x_high - x, y_high - y]
    r = _correlation(a.influence, b.influence)
    return (float(x - y - _reach(down, up, r)), float(x - y + _reach(up, down, r))), freedom


def _reach(one: Floats, other: Floats, r: float) -> float:
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
    own, other = _named(a), _named(b)
    common = own.index.intersection(other.index)
    product = float(own.loc[common].to_numpy() @ other.loc[common].to_numpy())
    return float(np.clip(product / size, -1, 1)) if size > 0 else 0.0


def _named(influence: pd.Series) -> pd.Series:
    return influence[influence.index.notna()]


def _everybody(a: Figure, b: Figure) -> int:
    if a.influence is None or b.influence is None:
        return a.n + b.n
    common = _named(a.influence).index.intersection(_named(b.influence).index)
    return a.n + b.n - len(common)


def _moved(a: Figure, b: Figure, factor: float, *, relative: bool = False) -> pd.Series | None:
    if a.influence is None or b.influence is None:
        return None
    one, other = (each / (figure.value if relative else 1.0) for each, figure in ((a.influence, a), (b.influence, b)))
    together = _named(one).sub(_named(other), fill_value=0.0)
    return pd.concat([together, one[one.index.isna()], -other[other.index.isna()]]) * factor
