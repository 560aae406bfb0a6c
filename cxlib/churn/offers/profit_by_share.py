"""Profit by the share of customers called, the best share and the share at which nothing is left of it.

Customers with equal scores are called in no particular order, so the curve runs straight between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cxlib.checks import Codes, Floats, read_numbers, read_outcomes, read_values
from cxlib.churn.offers.offer import OfferRules, amount
from cxlib.language import Count, Message, Money, Percent, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import check_level, percentiles, resample

POINTS = 101  # of the drawn curve: steps of one percent


@dataclass(frozen=True)
class ProfitCurve(Result):
    """What calling the customers at highest risk would have brought.

    Attributes
    ----------
    table : DataFrame
        share (of customers called, 0 to 1), profit_cents, low_cents, high_cents, random_cents (as many customers called
        at random).
    best_share, best_low, best_high : float
        The share with most profit, and its bootstrap interval.
    profit_cents, profit_low, profit_high : float
        Profit at that share. Share and profit are taken from the same customers, so the profit is a little too good.
    break_even_share : float
        The largest share at which calls still pay for themselves; 1 where calling everybody does.
    n, churners : int
    rules : OfferRules
    level : float
    currency : str
    """

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
    level: float
    currency: str

    @property
    def pays(self) -> bool:
        """Whether any call pays under these rules."""
        return self.best_share > 0

    @property
    def summary(self) -> pd.DataFrame:
        """The figures with their intervals."""
        money = [self._money(x) for x in (self.profit_cents, self.profit_low, self.profit_high)]
        rows = [
            (T("Best share to call"), *map(Percent, (self.best_share, self.best_low, self.best_high))),
            (T("Profit at the best share"), *money),
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
            "It pays to call the {share} of customers at highest risk ({level} interval {share_low} to {share_high}): "
            "{profit} ({low} to {high}) on {n} customers, of whom {churners} left",
            **counts,
            share=Percent(self.best_share),
            share_low=Percent(self.best_low),
            share_high=Percent(self.best_high),
            level=Percent(self.level),
            profit=self._money(self.profit_cents),
            low=self._money(self.profit_low),
            high=self._money(self.profit_high),
        )

    def _money(self, cents: float) -> Money:
        return amount(cents, self.currency)


@dataclass(frozen=True)
class Ranked:
    """Customers from the highest score down; `starts` are the first places of equal scores."""

    order: Codes
    starts: Codes

    @classmethod
    def by(cls, score: Floats) -> Ranked:
        """Rank by score; equal scores share a step."""
        order = np.argsort(-score, kind="stable")
        return cls(order, np.flatnonzero(np.diff(score[order], prepend=np.inf)))

    def curve(self, gain: Floats, weights: Floats | None = None) -> tuple[Floats, Floats]:
        """Share called and profit at each step, from nobody to everybody."""
        w = np.ones(len(gain)) if weights is None else weights
        called = np.cumsum(np.add.reduceat(w[self.order], self.starts))
        profit = np.cumsum(np.add.reduceat((w * gain)[self.order], self.starts))
        scale = len(gain) / called[-1]
        return np.append(0.0, called / called[-1]), np.append(0.0, profit * scale)


def profit_curve(
    y: Any,
    score: Any,
    value_cents: Any,
    *,
    rules: OfferRules | None = None,
    customers: Any = None,
    points: int = POINTS,
    draws: int = 200,
    level: float = 0.95,
    seed: int = 0,
    currency: str = "",
) -> ProfitCurve:
    """Profit of calling the customers with the highest scores, on customers whose outcome is known.

    Parameters
    ----------
    y : array-like (n,)
        1 for a customer who left, 0 for one who stayed.
    score : array-like (n,)
        Higher for customers who are called first: risk, or an expected gain.
    value_cents : float or array-like (n,)
        What a kept customer spends, in cents: an average for all, or an amount for each.
    rules : OfferRules
        Costs, response and margin.
    customers : array-like (n,), optional
        Whose row it is, for the bootstrap.
    points : int
        Points of the drawn curve.
    draws, level, seed
        Of the bootstrap by customer.

    Notes
    -----
    A called customer who left brings ``response (margin x value - offer) - contact``, one who stayed costs
    ``offer + contact`` (Verbeke et al., EJOR 218, 2012, eq. 1; individual values as in Verbraken et al. 2013, sec. 3).

    Raises
    ------
    DataError, ParameterError
        Only one outcome occurs, or an amount or a score is missing or negative.

    Examples
    --------
    >>> found = profit_curve([1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1], 20000, draws=50)
    >>> found.best_share, found.profit_cents
    (0.5, 11200.0)
    """
    check_level(level)
    rules = rules or OfferRules()
    left = read_outcomes(y)
    ranked = Ranked.by(read_numbers(score, "score", n=len(left)))
    gain = rules.gain(left.astype(float), read_values(value_cents, n=len(left)))
    share, profit = ranked.curve(gain)
    grid = np.linspace(0, 1, points)
    top = int(profit.argmax())
    samples = resample(customers, len(left), draws=draws, seed=seed)
    drawn = list(_draw(ranked, gain, np.append(grid, share[top]), samples))
    curves = np.array([curve for curve, _ in drawn]).reshape(len(drawn), points + 1)
    low, high = np.array([percentiles(column, level) for column in curves.T]).T
    table = pd.DataFrame(
        {
            "share": grid, "profit_cents": np.interp(grid, share, profit), "low_cents": low[:-1],
            "high_cents": high[:-1], "random_cents": grid * profit[-1],
        }
    )  # fmt: skip
    best_low, best_high = percentiles([best for _, best in drawn], level)
    return ProfitCurve(
        table, float(share[top]), best_low, best_high, float(profit[top]), float(low[-1]), float(high[-1]),
        _break_even(share, profit), len(left), int(left.sum()), rules, level, currency,
    )  # fmt: skip


def _draw(ranked: Ranked, gain: Floats, shares: Floats, samples: Iterator[Floats]) -> Iterator[tuple[Floats, float]]:
    for weights in samples:
        share, profit = ranked.curve(gain, weights)
        yield np.interp(shares, share, profit), float(share[profit.argmax()])


def _break_even(share: Floats, profit: Floats) -> float:
    """Where the curve last falls through zero."""
    last = int(np.flatnonzero(profit >= 0)[-1])
    if last == len(profit) - 1:
        return 1.0
    part = profit[last] / (profit[last] - profit[last + 1])
    return float(share[last] + part * (share[last + 1] - share[last]))
