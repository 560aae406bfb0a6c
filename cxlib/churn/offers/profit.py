"""What a ranking of customers is worth if the best share of it is called: maximum profit, expected or at one response.

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
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import betainc

from cxlib.checks import Flags, Floats, check_cost, check_fraction, read_numbers, read_outcomes
from cxlib.churn.offers.roc_hull import convex_hull, step_of_rows, steps_of
from cxlib.errors import ParameterError
from cxlib.language import Count, Decimal, Message, Percent, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import check_level, percentiles, resample


@dataclass(frozen=True)
class Profit(Result):
    """The largest profit that a ranking allows; unpacks to ``value, target_rate``.

    Attributes
    ----------
    value : float
        Profit per customer of the whole base, in the unit of `clv`.
    target_rate : float
        Share of customers who are then called.
    low, high, rate_low, rate_high : float
        Bootstrap intervals by customer; NaN without draws.
    n, churners : int
    level : float
    """

    value: float
    target_rate: float
    low: float
    high: float
    rate_low: float
    rate_high: float
    n: int
    churners: int
    level: float = 0.95

    def __iter__(self) -> Iterator[float]:
        yield self.value
        yield self.target_rate

    @property
    def summary(self) -> pd.DataFrame:
        """Value and share with their intervals."""
        rows = [
            (T("Profit per customer"), *(Decimal(x, digits=2) for x in (self.value, self.low, self.high))),
            (T("Share of customers to call"), *(map(Percent, (self.target_rate, self.rate_low, self.rate_high)))),
        ]
        return pd.DataFrame(rows, columns=["what", "value", "low", "high"])

    @property
    def headline(self) -> Message:
        """Profit and share, with what is known of their uncertainty."""
        values = {
            "value": Decimal(self.value, digits=2),
            "share": Percent(self.target_rate),
            "n": Count(self.n),
            "churners": Count(self.churners),
        }
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
            level=Percent(self.level),
            low=Decimal(self.low, digits=2),
            high=Decimal(self.high, digits=2),
        )


@dataclass(frozen=True)
class _Terms:
    """What a call costs and may bring; `response` None: Beta(`alpha`, `beta`)."""

    clv: float
    offer: float
    contact: float
    alpha: float = 6.0
    beta: float = 14.0
    response: float | None = None

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
        if self.response is not None:
            profit = (self.response * (self.clv - self.offer) - self.contact) * a - (self.offer + self.contact) * b
            top = int(profit.argmax())
            return float(profit[top]), float(a[top] + b[top])
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


def empc(
    y: Any,
    score: Any,
    *,
    alpha: float = 6,
    beta: float = 14,
    clv: float = 200,
    offer: float = 10,
    contact: float = 1,
    customers: Any = None,
    draws: int = 0,
    level: float = 0.95,
    seed: int = 0,
) -> Profit:
    """Expected maximum profit of a ranking, exactly.

    Parameters
    ----------
    y : array-like (n,)
        1 for a customer who left, 0 for one who stayed.
    score : array-like (n,)
        Any number that is higher for customers who are likelier to leave; only its order counts.
    alpha, beta : float
        The chance that an offer keeps a customer who would leave is Beta(alpha, beta), on average alpha / (alpha+beta).
    clv, offer, contact : float
        What a kept customer is worth, and what an offer and a contact cost, in one unit.
    customers : array-like (n,), optional
        Whose row it is, for the bootstrap.
    draws, level, seed
        Of the bootstrap; without draws there is no interval.

    Returns
    -------
    Profit
        Unpacks to ``value, target_rate``.

    Raises
    ------
    DataError
        Only one outcome occurs, or a value is missing.
    ParameterError
        A cost is negative, or the offer costs as much as the customer is worth.

    Examples
    --------
    >>> value, target_rate = empc([1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1])
    >>> round(value, 4), round(target_rate, 4)
    (28.0, 0.5)
    """
    terms = _Terms(clv, offer, contact, alpha, beta)
    return _measure(y, score, terms, customers=customers, draws=draws, level=level, seed=seed)


def max_profit(
    y: Any,
    score: Any,
    *,
    response: float = 0.3,
    clv: float = 200,
    offer: float = 10,
    contact: float = 1,
    customers: Any = None,
    draws: int = 0,
    level: float = 0.95,
    seed: int = 0,
) -> Profit:
    """Maximum profit of a ranking where the response to the offer is taken as known (Verbeke et al., EJOR 218, 2012).

    Parameters
    ----------
    response : float
        Chance that an offer keeps a customer who would leave, as a fraction.
    y, score, clv, offer, contact, customers, draws, level, seed
        As in `empc`.

    Raises
    ------
    DataError, ParameterError
        As in `empc`; also a response outside 0-1.

    Examples
    --------
    >>> value, target_rate = max_profit([1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1], response=0.3)
    >>> round(value, 4), target_rate
    (28.0, 0.5)
    """
    terms = _Terms(clv, offer, contact, response=check_fraction("response", response))
    return _measure(y, score, terms, customers=customers, draws=draws, level=level, seed=seed)


def _measure(y: Any, score: Any, terms: _Terms, *, customers: Any, draws: int, level: float, seed: int) -> Profit:
    check_level(level)
    left = read_outcomes(y)
    scores = read_numbers(score, "score", n=len(left))
    value, rate = terms.best(*convex_hull(*steps_of(left, scores)))
    n, churners = len(left), int(left.sum())
    if not draws:
        return Profit(value, rate, np.nan, np.nan, np.nan, np.nan, n, churners, level)
    drawn = np.array(list(_draw(left, scores, terms, resample(customers, n, draws=draws, seed=seed)))).reshape(-1, 2)
    profits, rates = percentiles(drawn[:, 0], level), percentiles(drawn[:, 1], level)
    return Profit(value, rate, *profits, *rates, n, churners, level)


def _draw(left: Flags, scores: Floats, terms: _Terms, samples: Iterator[Floats]) -> Iterator[tuple[float, float]]:
    step = step_of_rows(left, scores)
    length = int(step.max()) + 1
    for weights in samples:
        leavers = np.bincount(step[left], weights[left], length)
        stayers = np.bincount(step[~left], weights[~left], length)
        seen = leavers + stayers > 0
        if leavers.any() and stayers.any():
            yield terms.best(*convex_hull(leavers[seen], stayers[seen]))
