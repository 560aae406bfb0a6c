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
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import isotonic_regression
from scipy.special import betainc

from cxlib.checks import Codes, Flags, Floats, Values, check_cost, read_numbers, read_outcomes
from cxlib.errors import DataError, ParameterError
from cxlib.language import Count, Decimal, Message, Percent, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import LEVEL, percentiles, resample


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
    low, high = percentiles(sampled[:, 0], LEVEL)
    rate_low, rate_high = percentiles(sampled[:, 1], LEVEL)
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
