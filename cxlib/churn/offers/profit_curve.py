"""Profit by the share of customers called, and how the best share moves when an assumption is halved or doubled.

Customers with equal scores are called in no particular order, so the curve runs straight between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from cxlib.checks import Codes, Flags, Floats, read_numbers, read_outcomes, read_values
from cxlib.churn.offers.offer import OfferRules, amount
from cxlib.language import Count, Message, Percent, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import LEVEL, column_percentiles, percentiles, resample

POINTS = 101  # of the curve of a figure: steps of one percent
FACTORS = (0.5, 2.0)
ASSUMPTIONS = {
    "value": T("What a customer is worth"),
    "offer_cost": T("Cost of an offer"),
    "contact_cost": T("Cost of a call"),
    "response": T("Share that the offer keeps"),
}


@dataclass(frozen=True)
class Ranked:
    """Customers with known outcome from the highest score down; `starts` are the first places of equal scores."""

    left: Flags
    values: Floats
    order: Codes
    starts: Codes

    @classmethod
    def by(cls, y: Any, score: Any, value_cents: Any) -> Ranked:
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


@dataclass(frozen=True)
class ProfitCurve(Result):
    """What calling the customers at highest risk would have brought.

    Attributes
    ----------
    table : DataFrame
        share (of customers called, 0 to 1), profit_cents, low_cents, high_cents, random_cents (as many customers called
        at random).
    best_share, best_low, best_high : float
        The share with most profit, and its 95% bootstrap interval.
    profit_cents, profit_low, profit_high : float
        Profit at that share. Share and profit are taken from the same customers, so the profit is a little too good.
    break_even_share : float
        The largest share at which calls still pay for themselves; 1 where calling everybody does.
    n, churners : int
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
    currency: str

    @property
    def pays(self) -> bool:
        """Whether any call pays under these rules."""
        return self.best_share > 0

    @property
    def summary(self) -> pd.DataFrame:
        """The figures with their intervals."""
        cents = (self.profit_cents, self.profit_low, self.profit_high)
        rows = [
            (T("Best share to call"), *map(Percent, (self.best_share, self.best_low, self.best_high))),
            (T("Profit at the best share"), *(amount(x, self.currency) for x in cents)),
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
            level=Percent(LEVEL),
            profit=amount(self.profit_cents, self.currency),
            low=amount(self.profit_low, self.currency),
            high=amount(self.profit_high, self.currency),
        )


def profit_curve(
    y: Any,
    score: Any,
    value_cents: Any,
    *,
    rules: OfferRules | None = None,
    draws: int = 200,
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
    draws, seed : int
        Of the bootstrap by customer.

    Notes
    -----
    A called customer who left brings ``response (margin x value - offer) - contact``, one who stayed costs
    ``offer + contact`` (Verbeke et al., EJOR 218, 2012, eq. 1; individual values as in Verbraken et al. 2013, sec. 3).

    Examples
    --------
    >>> curve = profit_curve([1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1], 20000, draws=50)
    >>> curve.best_share, curve.profit_cents
    (0.5, 11200.0)
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
    low, high = column_percentiles(np.concatenate(curves), LEVEL)
    best_low, best_high = percentiles(shares, LEVEL)
    table = pd.DataFrame({"share": grid, "profit_cents": np.interp(grid, share, profit)})
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


@dataclass(frozen=True)
class OfferSensitivity(Result):
    """How far the best share and its profit move when one assumption is halved or doubled.

    Attributes
    ----------
    table : DataFrame
        assumption (value, offer_cost, contact_cost, response), factor, best_share, profit_cents, change_cents (against
        the assumptions as they stand); the assumption that moves profit most comes first.
    profit_cents : float
        As the assumptions stand.
    n : int
    """

    table: pd.DataFrame
    profit_cents: float
    n: int
    currency: str

    @property
    def summary(self) -> pd.DataFrame:
        """The table in quantities."""
        t = self.table
        return pd.DataFrame(
            {
                "assumption": [ASSUMPTIONS[name] for name in t["assumption"]],
                "factor": [T("halved") if factor < 1 else T("doubled") for factor in t["factor"]],
                "best_share": t["best_share"].map(Percent),
                "profit": [amount(x, self.currency) for x in t["profit_cents"]],
            }
        )

    @property
    def headline(self) -> Message:
        """Which assumption matters most."""
        first = str(self.table["assumption"].iloc[0])
        own = self.table.loc[self.table["assumption"] == first].set_index("factor")["profit_cents"]
        return T(
            "“{assumption}” matters most: halved, the best calls bring {halved}, doubled {doubled}, as it stands "
            "{now} ({n} customers)",
            assumption=ASSUMPTIONS[first],
            halved=amount(float(own[FACTORS[0]]), self.currency),
            doubled=amount(float(own[FACTORS[1]]), self.currency),
            now=amount(self.profit_cents, self.currency),
            n=Count(self.n),
        )


def offer_sensitivity(
    y: Any, score: Any, value_cents: Any, *, rules: OfferRules | None = None, currency: str = ""
) -> OfferSensitivity:
    """Halve and double each assumption in turn, all else unchanged; a doubled response stops at 1.

    >>> table = offer_sensitivity([1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1], 20000).table
    >>> table.loc[table["assumption"] == "contact_cost", "profit_cents"].tolist()
    [11300.0, 11000.0]
    """
    rules = rules or OfferRules()
    ranked = Ranked.by(y, score, value_cents)
    now = ranked.best(ranked.gain(rules))[1]
    rows: list[tuple[object, ...]] = []
    for factor in FACTORS:
        rows.append(("value", factor, *ranked.best(ranked.gain(rules, factor))))
        rows += [(name, factor, *ranked.best(ranked.gain(changed))) for name, changed in _changed(rules, factor)]
    table = pd.DataFrame(rows, columns=["assumption", "factor", "best_share", "profit_cents"])
    table["change_cents"] = table["profit_cents"] - now
    spread = table.groupby("assumption")["profit_cents"].agg(np.ptp)
    order = table["assumption"].map(spread).sort_values(ascending=False, kind="stable").index
    table = table.loc[order].sort_values("assumption", key=lambda names: -names.map(spread), kind="stable")
    return OfferSensitivity(table.reset_index(drop=True), now, len(ranked.left), currency)


def _changed(rules: OfferRules, factor: float) -> Iterator[tuple[str, OfferRules]]:
    yield "offer_cost", replace(rules, offer_cost_cents=rules.offer_cost_cents * factor)
    yield "contact_cost", replace(rules, contact_cost_cents=rules.contact_cost_cents * factor)
    yield "response", replace(rules, expected_response=min(rules.expected_response * factor, 1.0))
