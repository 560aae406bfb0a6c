"""What calling customers in some order would have brought, by the share of them that is called.

Customers with equal scores are called in no particular order, so the curve runs straight between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxlib.checks import Codes, Flags, Floats, Values, read_numbers, read_outcomes, read_values
from cxlib.churn.offers.offer import OfferRules
from cxlib.language import Count, Message, Percent, T, about_money
from cxlib.measures.result import Result, Valued
from cxlib.measures.sampling import LEVEL, column_percentiles, percentiles, resample

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
