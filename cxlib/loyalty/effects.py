"""What a programme did, where the truth cannot be seen: two designs that fail in opposite directions.

*Overlap weights* (Li, Morgan & Zaslavsky 2018) make members and others alike in all that was measured before joining;
they are wrong where something lasting that nobody recorded tells members apart. *Difference-in-differences* takes off
what always told them apart; it is wrong where a passing difference made them join. Both are wrong where members were
about to change anyway.

Every number is a contrast of means with an influence a customer: customers are the unit of every interval.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sklearn.linear_model import LogisticRegression

from cxlib.checks import Codes, Flags, Floats
from cxlib.measures.rates import UNKNOWN, Figure
from cxlib.measures.result import Brief

Z, Z_TOGETHER = 1.959964, 2.497705  # of 95%, and of 95% for four measures together (Bonferroni)
TOGETHER = 1 - 0.05 / 4  # the level of each of these
LEAST_EFFECTIVE = 0.2  # share of the others that the weights leave: below it the intervals are too narrow
MOST_DIFFERENCE = 0.1  # standard deviations between members and others after weighting
LEAST_IN_A_SEASON = 25  # members
MOST_SEASONS = 8
MEASURES = ("revenue", "orders", "order_value", "retention")
SHARES = frozenset({"retention"})  # compared by difference, the others by ratio


@dataclass(frozen=True, repr=False)
class Windows(Brief):
    """Customers with a day of their own: what they bought in equal periods before it and after it, that day left out.

    `member`: whether they joined on that day; `start`: the day's number.
    `orders`, `revenue`: a row a customer, a column a period, the first `before` of them before the day.
    `recency`, `tenure`: days from the last and from the first order before it.
    `customer`: whose row it is; one of the others may have several days, and become a member later.
    """

    member: Flags
    start: Codes
    orders: Floats
    revenue: Floats
    before: int
    recency: Floats
    tenure: Floats
    customer: Codes

    @cached_property
    def season(self) -> Codes:
        """In which of a few equal parts of all joining days each day lies."""
        parts = int(np.clip(self.member.sum() // LEAST_IN_A_SEASON, 1, MOST_SEASONS))
        ends = np.quantile(self.start[self.member], np.arange(1, parts) / parts)
        return np.unique(np.searchsorted(ends, self.start, side="right"), return_inverse=True)[1]

    @cached_property
    def past(self) -> dict[str, Floats]:
        """What is measured before the day, as readers know it."""
        orders, revenue = self.orders[:, : self.before], self.revenue[:, : self.before]
        total = orders.sum(axis=1)
        return {
            "orders": total,
            "last_orders": orders[:, -1],
            "revenue": revenue.sum(axis=1),
            "order_value": revenue.sum(axis=1) / np.maximum(total, 1),
            "recency": self.recency,
            "tenure": self.tenure,
        }

    @cached_property
    def design(self) -> Floats:
        """What the weights and the outcome models know, standardised; the first column is one."""
        past = self.past
        columns = [
            *np.sqrt(self.orders[:, : self.before]).T,
            past["orders"],
            *(np.log1p(np.maximum(past[name], 0)) for name in ("revenue", "order_value", "recency", "tenure")),
            *(self.season == each for each in range(1, int(self.season.max()) + 1)),
        ]
        x = np.column_stack(columns).astype(float)
        spread = x.std(axis=0)
        x = (x[:, spread > 0] - x[:, spread > 0].mean(axis=0)) / spread[spread > 0]
        return np.column_stack([np.ones(len(x)), x])

    @cached_property
    def propensity(self) -> Floats:
        """The chance of being a member, by what was measured before, if there were as many members as others."""
        model = LogisticRegression(C=1e4, solver="newton-cholesky", tol=1e-8, max_iter=200, class_weight="balanced")
        return np.asarray(model.fit(self.design[:, 1:], self.member).predict_proba(self.design[:, 1:])[:, 1])

    @cached_property
    def weights(self) -> Floats:
        """Overlap weights: members by the chance of being none, others by the chance of being one."""
        return np.where(self.member, 1 - self.propensity, self.propensity)

    @property
    def effective(self) -> float:
        """Effective number of the weighted others, as a share of them; customers are counted, not their days."""
        weights = np.bincount(self.customer[~self.member], self.weights[~self.member])
        weights = weights[weights > 0]
        return float(weights.sum() ** 2 / (weights**2).sum() / len(weights))

    def balance(self) -> Mapping[str, tuple[float, float, float, float]]:
        """Of each past value: mean of members, of others, and standardised differences before and after weighting."""
        member, rows = self.member, {}
        for name, value in self.past.items():
            ours, theirs = value[member], value[~member]
            spread = np.sqrt((ours.var() + theirs.var()) / 2) or 1.0
            weighted = [np.average(value[arm], weights=self.weights[arm]) for arm in (member, ~member)]
            rows[name] = (
                float(ours.mean()),
                float(theirs.mean()),
                float((ours.mean() - theirs.mean()) / spread),
                float((weighted[0] - weighted[1]) / spread),
            )
        return rows

    def outcome(self, measure: str, columns: slice) -> tuple[Floats, Floats]:
        """Of each customer the two numbers whose totals make the measure over some of the periods."""
        orders, revenue = self.orders[:, columns].sum(axis=1), self.revenue[:, columns].sum(axis=1)
        one = np.ones(len(orders))
        if measure == "retention":  # bought in the last of the periods
            return (self.orders[:, columns][:, -1] > 0).astype(float), one
        return {"revenue": (revenue, one), "orders": (orders, one), "order_value": (revenue, orders)}[measure]


@dataclass(frozen=True)
class Mean:
    """A mean and what each customer adds to its error."""

    value: float
    influence: Floats


@dataclass(frozen=True)
class Effect:
    """One measure by both designs: relative changes, of shares differences. None: nothing was bought."""

    measure: str
    overlap: Figure
    change: Figure  # difference-in-differences
    placebo: Figure  # the same of the last period before joining against those before it
    members: float  # what members have
    robustness: float  # share of joining and of the outcome that something unrecorded must explain to undo `overlap`

    @property
    def passes(self) -> bool:
        """Whether members and others moved alike before joining, as far as can be told."""
        return self.placebo.low <= 0 <= self.placebo.high

    @property
    def low(self) -> float:
        """Lower end of what both designs allow."""
        return min(self.overlap.low, self.change.low)

    @property
    def high(self) -> float:
        """Upper end of what both designs allow."""
        return max(self.overlap.high, self.change.high)

    @property
    def sign(self) -> int:
        """1 or -1 where both designs clearly say more or less, and the placebo passes; otherwise 0."""
        return (int(self.low > 0) - int(self.high < 0)) if self.passes else 0

    @property
    def disagree(self) -> bool:
        """Whether the intervals of the designs do not meet."""
        return self.overlap.low > self.change.high or self.change.low > self.overlap.high


def measure_effect(windows: Windows, measure: str) -> Effect | None:
    """One measure by both designs; None where a part of the customers bought nothing to compare."""
    before, after = slice(0, windows.before), slice(windows.before, None)
    relative = measure not in SHARES
    ours, theirs = (_adjusted(windows, measure, after, arm) for arm in (windows.member, ~windows.member))
    late, early = slice(windows.before - 1, windows.before), slice(0, windows.before - 1)
    moves = [_plain(windows, measure, part) for part in (before, after, late, early)]
    if relative and min(each.value for each in (ours, theirs, *(arm for pair in moves for arm in pair))) <= 0:
        return None
    overlap = _contrast([ours], [theirs], windows.customer, relative=relative)
    (was, was_not), (has, has_not), (last, last_not), (first, first_not) = moves
    change = _contrast([has, was_not], [was, has_not], windows.customer, relative=relative)
    placebo = _contrast([last, first_not], [first, last_not], windows.customer, relative=relative, z=Z)
    return Effect(measure, overlap[0], change[0], placebo[0], has.value, _robustness(overlap[1], windows.design.shape))


def plain_figure(windows: Windows, measure: str) -> Figure:
    """Members beside others as they are, over all periods; unknown where one of them bought nothing."""
    top, bottom = windows.outcome(measure, slice(None))
    ours, theirs = (_total(top, bottom, arm.astype(float)) for arm in (windows.member, ~windows.member))
    relative = measure not in SHARES
    if relative and min(ours.value, theirs.value) <= 0:
        return UNKNOWN
    return _contrast([ours], [theirs], windows.customer, relative=relative)[0]


def _adjusted(windows: Windows, measure: str, columns: slice, arm: Flags) -> Mean:
    """The measure of one arm in the population where both are found, augmented by a linear model of its outcome."""
    top, bottom = windows.outcome(measure, columns)
    tops, bottoms = _augmented(windows, top, arm), _augmented(windows, bottom, arm)
    return _ratio(tops, bottoms)


def _augmented(windows: Windows, y: Floats, arm: Flags) -> Mean:
    x, weights, n = windows.design, windows.weights, len(y)
    members = windows.member.mean()
    shared = windows.propensity * (1 - windows.propensity) / np.where(windows.member, members, 1 - members)
    weighted = x[arm] * weights[arm][:, None]
    expected = x @ np.linalg.lstsq(weighted.T @ x[arm], weighted.T @ y[arm], rcond=None)[0]
    value = float(np.average(expected, weights=shared))
    rest = np.where(arm, weights * (y - expected), 0.0) / weights[arm].sum()
    value += float(rest.sum())
    influence = n * (shared * (expected - value) / shared.sum() + rest)
    return Mean(value, influence)


def _plain(windows: Windows, measure: str, columns: slice) -> tuple[Mean, Mean]:
    """The measure of members and of others, the others with as many of each season."""
    top, bottom = windows.outcome(measure, columns)
    member, season = windows.member, windows.season
    counts = [np.bincount(season[arm], minlength=season.max() + 1) for arm in (member, ~member)]
    weights = np.where(member, 1.0, (counts[0] / np.maximum(counts[1], 1))[season])
    return _total(top, bottom, weights * member), _total(top, bottom, weights * ~member)


def _total(top: Floats, bottom: Floats, weights: Floats) -> Mean:
    n, total = len(top), weights.sum()
    parts = [float((weights * each).sum() / total) for each in (top, bottom)]
    return _ratio(
        *(Mean(mean, n * weights * (each - mean) / total) for mean, each in zip(parts, (top, bottom), strict=True))
    )


def _ratio(top: Mean, bottom: Mean) -> Mean:
    if bottom.value <= 0:
        return Mean(0.0, np.zeros_like(top.influence))
    value = top.value / bottom.value
    return Mean(value, (top.influence - value * bottom.influence) / bottom.value)


def _contrast(
    plus: list[Mean], minus: list[Mean], customer: Codes, *, relative: bool, z: float = Z_TOGETHER
) -> tuple[Figure, float]:
    """Products over products less one, or sums less sums, with the interval; and the value over its error."""
    value, influence = 0.0, np.zeros_like(plus[0].influence)
    for each, sign in [*((one, 1) for one in plus), *((one, -1) for one in minus)]:
        value += sign * (np.log(each.value) if relative else each.value)
        influence += sign * each.influence / (each.value if relative else 1.0)
    n, rows = int(np.count_nonzero(np.bincount(customer))), len(influence)
    together = np.bincount(customer, influence)
    error = float(np.sqrt((together**2).sum() * n / (n - 1)) / rows)
    ends = np.array([value, value - z * error, value + z * error])
    value_, low, high = (np.expm1(ends) if relative else ends).tolist()
    return Figure(value_, low, high, n), float(value / error) if error else 0.0


def _robustness(t: float, shape: tuple[int, ...]) -> float:
    """The robustness value of Cinelli & Hazlett (2020): by t and the degrees of freedom."""
    f = abs(t) / np.sqrt(max(shape[0] - shape[1] - 1, 1))
    return float((np.sqrt(f**4 + 4 * f**2) - f**2) / 2)


def explained(windows: Windows) -> tuple[float, float]:
    """What share of joining, and of later revenue among alike, all that was measured before explains (R squared)."""
    x, shares = windows.design, []
    for y in (windows.member.astype(float), windows.outcome("revenue", slice(windows.before, None))[0]):
        left = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
        shares.append(float(1 - left.var() / y.var()) if y.var() else 0.0)
    return shares[0], shares[1]
