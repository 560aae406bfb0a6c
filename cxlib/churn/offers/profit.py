"""What a ranking of customers is worth if the best share of it is called: expected maximum profit.

Calling the share of customers above a threshold earns, on average over all n customers (Verbraken, Verbeke & Baesens,
A novel profit maximizing metric for measuring classification performance of customer churn prediction models, IEEE
TKDE 25(5), 2013, eq. 10)::

    P(t; g) = CLV (g (1 - d) - f) pi0 F0(t) - CLV (d + f) pi1 F1(t)

with pi0 and pi1 the shares of customers who leave and stay, F0(t) and F1(t) the parts of them above the threshold, g
the chance that an offer keeps a customer who would leave, d and f the costs of offer and contact as fractions of CLV.
A customer who would stay takes the offer. Expected maximum profit (eq. 13) is the integral over g, which is
Beta(alpha, beta), of the profit at the threshold that is best for that g. That threshold is a corner of the ROC
curve's convex hull, so the integral is a sum of incomplete beta functions over the corners, without approximation.

On the profit curve customers with equal scores are called in no particular order, so it runs straight between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import isotonic_regression
from scipy.special import betainc

from cxlib.checks import Codes, Flags, Floats, Values, check_cost, read_numbers, read_outcomes, read_values
from cxlib.churn.offers.offer import OfferRules
from cxlib.errors import DataError, ParameterError
from cxlib.language import Count, Decimal, Message, Percent, T, about_money
from cxlib.measures.result import Result, Valued
from cxlib.measures.sampling import LEVEL, column_percentiles, percentiles, resample


@dataclass(frozen=True, repr=False)
class Profit(Result):
    """The largest profit that a ranking allows; unpacks to ``value, target_rate``.

    `value`: Profit per customer of the whole base, in the unit of `clv`.
    `target_rate`: Share of customers who are then called.
    `low`, `high`, `rate_low`, `rate_high`: 95% bootstrap intervals by customer; NaN without draws.
    """

    value: float
    target_rate: float
    low: float
    high: float
    rate_low: float
    rate_high: float
    n: int
    churners: int

    def __iter__(self) -> Iterator[float]:
        yield self.value
        yield self.target_rate

    @property
    def face(self) -> pd.DataFrame:
        """Value and share with their intervals."""
        rows = [
            (T("Profit per customer"), *(Decimal(x, digits=2) for x in (self.value, self.low, self.high))),
            (T("Share of customers to call"), *map(Percent, (self.target_rate, self.rate_low, self.rate_high))),
        ]
        return pd.DataFrame(rows, columns=["what", "value", "low", "high"])

    @property
    def headline(self) -> Message:
        """Profit and share, with what is known of their uncertainty."""
        values: dict[str, object] = {"share": Percent(self.target_rate), "level": Percent(LEVEL)}
        values |= {name: Count(getattr(self, name)) for name in ("n", "churners")}
        values |= {name: Decimal(getattr(self, name), digits=2) for name in ("value", "low", "high")}
        if np.isnan(self.low):
            return T(
                "The ranking is worth {value} per customer if the {share} at highest risk are called ({n} customers, "
                "{churners} left)",
                **values,
            )
        return T(
            "The ranking is worth {value} per customer ({level} interval {low} to {high}) if the {share} at highest "
            "risk are called ({n} customers, {churners} left)",
            **values,
        )


@dataclass(frozen=True)
class ProfitTerms:
    """What a call costs and may bring.

    `clv`, `offer`, `contact`: What a kept customer is worth, and what an offer and a contact cost, in one unit.
    `alpha`, `beta`: The chance that an offer keeps a customer who would leave is Beta(alpha, beta), on average alpha /
        (alpha+beta).
    """

    clv: float = 200
    offer: float = 10
    contact: float = 1
    alpha: float = 6
    beta: float = 14

    def __post_init__(self) -> None:
        if not (np.isfinite(self.clv) and self.clv > 0):
            raise ParameterError(f"clv={self.clv:g} must be above zero: it is what a kept customer is worth.")
        check_cost("offer", self.offer)
        check_cost("contact", self.contact)
        if self.offer >= self.clv:
            raise ParameterError(
                f"offer={self.offer:g} is not below clv={self.clv:g}: keeping a customer would cost what he is worth. "
                "Make a smaller offer, or give both in one unit."
            )
        if not (self.alpha > 0 and self.beta > 0):
            raise ParameterError(f"alpha={self.alpha:g} and beta={self.beta:g} must be above zero.")

    def best(self, leavers: Floats, stayers: Floats) -> tuple[float, float]:
        """Profit per customer and share called, given how many of both stand above each corner of the hull."""
        n = leavers[-1] + stayers[-1]
        a, b = leavers / n, stayers / n
        edges = self._edges(a, b)
        mass = np.diff(betainc(self.alpha, self.beta, edges))
        mean = self.alpha / (self.alpha + self.beta) * np.diff(betainc(self.alpha + 1, self.beta, edges))
        profit = (self.clv - self.offer) * (a @ mean) - self.contact * (a @ mass)
        return float(profit - (self.offer + self.contact) * (b @ mass)), float((a + b) @ mass)

    def _edges(self, a: Floats, b: Floats) -> Floats:
        """The responses between which each corner is best: where two neighbours earn the same (eq. 17)."""
        more, cost = np.diff(a), (self.offer + self.contact) * np.diff(b)
        # Below the last leaver there are only stayers: no response makes calling them pay.
        equal = np.divide(
            cost + self.contact * more, (self.clv - self.offer) * more, np.ones_like(a[1:]), where=more > 0
        )
        return np.concatenate([[0.0], np.clip(equal, 0, 1), [1.0]])


def empc(y: Values, score: Values, terms: ProfitTerms | None = None, *, draws: int = 0, seed: int = 0) -> Profit:
    """Expected maximum profit of a ranking, exactly.

    `y` (n,): 1 for a customer who left, 0 for one who stayed.
    `score` (n,): Any number that is higher for customers who are likelier to leave; only its order counts.
    `terms`: Costs, worth and response; by default those of the published examples.
    `draws`, `seed`: Of the bootstrap by customer; without draws there is no interval.
    Raises DataError: only one outcome occurs, or a value is missing.

    >>> value, target_rate = empc([1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1])
    >>> round(value, 4), round(target_rate, 4)
    (28.0, 0.5)
    """
    terms = terms or ProfitTerms()
    left = read_outcomes(y)
    scores = read_numbers(score, "score", n=len(left))
    value, rate = terms.best(*convex_hull(*steps_of(left, scores)))
    sampled = np.empty((0, 2))
    if draws:
        samples = resample(None, len(left), draws=draws, seed=seed)
        sampled = np.array(list(_best_of(samples, left, scores, terms))).reshape(-1, 2)
    low, high = percentiles(sampled[:, 0])
    rate_low, rate_high = percentiles(sampled[:, 1])
    return Profit(value, rate, low, high, rate_low, rate_high, n=len(left), churners=int(left.sum()))


def _best_of(
    samples: Iterator[Floats], left: Flags, scores: Floats, terms: ProfitTerms
) -> Iterator[tuple[float, float]]:
    step = step_of_rows(left, scores)
    length = int(step.max()) + 1
    for weights in samples:
        leavers = np.bincount(step[left], weights[left], length)
        stayers = np.bincount(step[~left], weights[~left], length)
        filled = leavers + stayers > 0
        if leavers.any() and stayers.any():
            yield terms.best(*convex_hull(leavers[filled], stayers[filled]))


def step_of_rows(left: Flags, scores: Floats) -> Codes:
    """The step of each row, as `steps_of` counts them: 0 is the highest."""
    cuts = np.unique(scores[left])
    return len(cuts) - np.searchsorted(cuts, scores, side="right").astype(np.int64)


def steps_of(left: Flags, scores: Floats) -> tuple[Floats, Floats]:
    """Leavers and stayers between thresholds, from the highest down.

    Only the scores of leavers are thresholds: just above such a score the hull cannot have a corner, since calling the
    stayers before it brings nothing. Two plain sorts are then cheaper than one that carries the outcomes along.
    """
    leavers, stayers = np.sort(scores[left]), np.sort(scores[~left])
    ends = np.append(np.flatnonzero(np.diff(leavers)), len(leavers) - 1)
    counts = np.diff(ends, prepend=-1)[::-1].astype(float)
    below = np.searchsorted(stayers, leavers[ends], side="left")
    between = np.diff(len(stayers) - below[::-1], prepend=0).astype(float)
    if below[0]:
        return np.append(counts, 0.0), np.append(between, float(below[0]))
    return counts, between


def convex_hull(leavers: Floats, stayers: Floats) -> tuple[Floats, Floats]:
    """How many of both stand above each corner of the ROC curve's convex hull, from nobody to everybody.

    The hull's segments are the blocks of an isotonic regression of the outcomes on the scores (Fawcett &
    Niculescu-Mizil, PAV and the ROC convex hull, Machine Learning 68, 2007).
    """
    weight = leavers + stayers
    blocks = isotonic_regression(leavers / weight, weights=weight, increasing=False).blocks[:-1]
    above = [np.append(0.0, np.cumsum(np.add.reduceat(part, blocks))) for part in (leavers, stayers)]
    if above[0][-1] <= 0 or above[1][-1] <= 0:
        raise DataError("both customers who left and customers who stayed are needed.")
    return above[0], above[1]


POINTS = 101  # of the curve of a figure: steps of one percent


@dataclass(frozen=True)
class Ranked:
    """Customers with known outcome from the highest score down; `starts` are the first places of equal scores."""

    left: Flags
    values: Floats
    order: Codes
    starts: Codes

    @classmethod
    def by(cls, y: Values, score: Values, value_cents: Values) -> Ranked:
        """Rank by score; equal scores share a step."""
        left = read_outcomes(y)
        scores = read_numbers(score, "score", n=len(left))
        order = np.argsort(-scores, kind="stable")
        starts = np.flatnonzero(np.diff(scores[order], prepend=np.inf))
        return cls(left, read_values(value_cents, n=len(left)), order, starts)

    def gain(self, rules: OfferRules, factor: float = 1.0) -> Floats:
        """What the call of each customer brings, worth `factor` times their value."""
        return rules.gain(self.left.astype(float), factor * self.values)

    def curve(self, gain: Floats, weights: Floats | None = None) -> tuple[Floats, Floats]:
        """Share called and profit at each step, from nobody to everybody."""
        w = np.ones(len(gain)) if weights is None else weights
        called = np.cumsum(np.add.reduceat(w[self.order], self.starts))
        profit = np.cumsum(np.add.reduceat((w * gain)[self.order], self.starts))
        scale = len(gain) / called[-1]
        return np.append(0.0, called / called[-1]), np.append(0.0, profit * scale)

    def best(self, gain: Floats) -> tuple[float, float]:
        """The share with most profit, and that profit."""
        share, profit = self.curve(gain)
        top = int(profit.argmax())
        return float(share[top]), float(profit[top])


@dataclass(frozen=True, repr=False)
class ProfitCurve(Valued, Result):
    """What calling customers in some order would have brought.

    `table`: share (of customers called, 0 to 1), profit_cents, low_cents, high_cents, random_cents (as many customers
        called at random) and, where there is another order, other_cents.
    `best_share`, `best_low`, `best_high`: The share with most profit, and its 95% bootstrap interval.
    `profit_cents`, `profit_low`, `profit_high`: Profit at that share. Share and profit are taken from the same
        customers, so the profit is a little too good.
    `break_even_share`: The largest share at which calls still pay for themselves; 1 where calling everybody does.
    """

    inside = ("table", "profit_low", "profit_high")

    table: pd.DataFrame
    best_share: float
    best_low: float
    best_high: float
    profit_cents: float
    profit_low: float
    profit_high: float
    break_even_share: float
    n: int
    churners: int
    rules: OfferRules
    currency: str

    @property
    def pays(self) -> bool:
        """Whether any call pays under these rules."""
        return self.best_share > 0

    @property
    def face(self) -> pd.DataFrame:
        """The figures with their intervals."""
        cents = (self.profit_cents, self.profit_low, self.profit_high)
        rows = [
            (T("Best share to call"), *map(Percent, (self.best_share, self.best_low, self.best_high))),
            (T("Profit at the best share"), *(about_money(x, self.currency) for x in cents)),
            (T("Largest share that pays for itself"), Percent(self.break_even_share), None, None),
        ]
        return pd.DataFrame(rows, columns=["what", "value", "low", "high"])

    @property
    def headline(self) -> Message:
        """Whom it pays to call, and what that would have brought."""
        counts = {"n": Count(self.n), "churners": Count(self.churners)}
        if not self.pays:
            return T(
                "Under these costs and this response no call pays: an offer costs more than it wins back ({n} "
                "customers, {churners} left)",
                **counts,
            )
        return T(
            "Calls to the {share} with most to gain would have paid best ({level} interval {share_low} "
            "to {share_high}): {profit} ({low} to {high}) on {n} customers, of whom {churners} left",
            **counts,
            share=Percent(self.best_share),
            share_low=Percent(self.best_low),
            share_high=Percent(self.best_high),
            level=Percent(LEVEL),
            profit=about_money(self.profit_cents, self.currency),
            low=about_money(self.profit_low, self.currency),
            high=about_money(self.profit_high, self.currency),
        )


def profit_curve(
    y: Values,
    score: Values,
    value_cents: Values,
    *,
    other: Values | None = None,
    rules: OfferRules | None = None,
    draws: int = 200,
    seed: int = 0,
    currency: str = "",
) -> ProfitCurve:
    """Profit of calling the customers with the highest scores, on customers whose outcome is known.

    `value_cents` (n,): What a kept customer spends, in cents: an average for all, or an amount for each.
    """
    rules = rules or OfferRules()
    ranked = Ranked.by(y, score, value_cents)
    gain, n = ranked.gain(rules), len(ranked.left)
    share, profit = ranked.curve(gain)
    best_share, best_profit = ranked.best(gain)
    grid = np.linspace(0, 1, POINTS)
    curves, shares = [np.empty((0, POINTS + 1))], []
    for weights in resample(None, n, draws=draws, seed=seed):
        sampled_share, sampled = ranked.curve(gain, weights)
        curves.append(np.interp(np.append(grid, best_share), sampled_share, sampled)[None])
        shares.append(float(sampled_share[sampled.argmax()]))
    low, high = column_percentiles(np.concatenate(curves))
    best_low, best_high = percentiles(shares)
    table = pd.DataFrame({"share": grid, "profit_cents": np.interp(grid, share, profit)})
    if other is not None:
        table["other_cents"] = np.interp(grid, *Ranked.by(y, other, value_cents).curve(gain))
    return ProfitCurve(
        table.assign(low_cents=low[:-1], high_cents=high[:-1], random_cents=grid * profit[-1]),
        best_share,
        best_low,
        best_high,
        best_profit,
        profit_low=float(low[-1]),
        profit_high=float(high[-1]),
        break_even_share=_break_even(share, profit),
        n=n,
        churners=int(ranked.left.sum()),
        rules=rules,
        currency=currency,
    )


def _break_even(share: Floats, profit: Floats) -> float:
    """Where the curve last falls through zero."""
    last = int(np.flatnonzero(profit >= 0)[-1])
    if last == len(profit) - 1:
        return 1.0
    part = profit[last] / (profit[last] - profit[last + 1])
    return float(share[last] + part * (share[last + 1] - share[last]))
