"""Revenue to come: of the customers there are, and of those that are planned to be won."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cxlib.clv.intervals import draw_parameters, simulate_path
from cxlib.clv.models.base import PurchaseModel, discount_exponent
from cxlib.clv.models.gamma_gamma import GammaGammaModel
from cxlib.clv.value import ValueRules
from cxlib.clv.widening import Widening
from cxlib.errors import ParameterError
from cxlib.language import Count, Days, Message, Money, T
from cxlib.measures.result import Result


@dataclass(frozen=True)
class RevenuePath(Result):
    """Revenue (after refunds, not discounted) up to each of several days.

    Attributes
    ----------
    table : DataFrame
        days, base_cents with base_low_cents and base_high_cents (customers there are, from now to that day), new_cents
        (planned customers, first purchases included), total_cents.
    new_customers : float
        Planned in all.
    new_value_cents : float
        Discounted margin of one new customer within the horizon of the rules, first purchase included: the most that
        one may cost.
    currency : str
    """

    table: pd.DataFrame
    new_customers: float
    new_value_cents: float
    currency: str

    @property
    def summary(self) -> pd.DataFrame:
        """`table` for a reader."""
        money = {name: self.table[name].map(self._money) for name in self.table if name != "days"}
        return pd.DataFrame({"days": self.table["days"].map(Days), **money})

    @property
    def headline(self) -> Message:
        """Revenue at the last day."""
        last = self.table.iloc[-1]
        if not self.new_customers:
            return T(
                "Today's customers will bring {base} of revenue within {days} (95% interval {low} to {high})",
                base=self._money(last["base_cents"]), low=self._money(last["base_low_cents"]),
                high=self._money(last["base_high_cents"]), days=Days(last["days"]),
            )  # fmt: skip
        return T(
            "Today's customers will bring {base} of revenue within {days} (95% interval {low} to {high}); {n} planned "
            "new customers would add {new}",
            base=self._money(last["base_cents"]), low=self._money(last["base_low_cents"]),
            high=self._money(last["base_high_cents"]), days=Days(last["days"]), n=Count(round(self.new_customers)),
            new=self._money(last["new_cents"]),
        )  # fmt: skip

    def _money(self, cents: float) -> Money:
        return Money(cents, currency=self.currency)


def revenue_path(
    summary: Any,
    purchases: PurchaseModel,
    spend: GammaGammaModel,
    *,
    days: Sequence[int] = (91, 182, 273, 365),
    new_customers_per_30_days: float = 0.0,
    rules: ValueRules | None = None,
    widening: Widening | None = None,
    currency: str = "",
    draws: int = 300,
    seed: int = 0,
) -> RevenuePath:
    """Forecast revenue of today's customers and of planned ones.

    Parameters
    ----------
    summary : DataFrame
        The table of `purchase_summary`, one row a customer.
    purchases, spend
        Fitted models.
    days : sequence of int
        Days from now, ascending.
    new_customers_per_30_days : float
        Planned new customers, spread evenly; expected to be as those so far have been.
    rules : ValueRules, optional
        Refunds for revenue; margin, rate and horizon for `new_value_cents`.
    widening : Widening, optional
        As for `forecast`.
    """
    rules = rules or ValueRules()
    if not days or list(days) != sorted(set(days)) or days[0] < 1 or new_customers_per_30_days < 0:
        raise ParameterError(f"days={tuple(days)} must ascend from 1 or more, and planned customers be 0 or more.")
    net = 100 * (1 - rules.refund_share)
    spent = spend.expected_spend(summary).to_numpy(float)
    wide, new_spend = widening or Widening(), spend.new_customer_spend(summary)
    drawn = draw_parameters(purchases, draws=draws, seed=seed), draw_parameters(spend, draws=draws, seed=seed + 1)
    futures = simulate_path(
        summary, purchases, spend, days=days, parameters=drawn[0], spend_parameters=drawn[1], seed=seed + 2
    )
    rows = []
    for day, totals in zip(days, futures.T, strict=True):
        base = (
            wide.factor * net * float(purchases.expected_purchases(summary, horizon_days=day).to_numpy(float) @ spent)
        )
        low, high = wide.interval(totals, 0.95, error=wide.money, reach=wide.reach_money)
        new = net * new_spend * _bought_by_new(purchases, day, new_customers_per_30_days / 30)
        rows.append({"days": day, "base_cents": base, "base_low_cents": min(net * low, base),
                     "base_high_cents": max(net * high, base), "new_cents": new,
                     "total_cents": base + new})  # fmt: skip
    return RevenuePath(
        pd.DataFrame(rows),
        new_customers_per_30_days * days[-1] / 30,
        new_customer_value(purchases, spend, rules, mean_spend=new_spend),
        currency,
    )


def new_customer_value(
    purchases: PurchaseModel, spend: GammaGammaModel, rules: ValueRules, *, mean_spend: float | None = None
) -> float:
    """Discounted margin of a new customer in cents: the first purchase now, and repeat purchases within the horizon.

    Without a horizon, up to the day when a purchase is worth a hundredth. `mean_spend` (currency units) stands for the
    model's own.
    """
    amount = spend.mean_spend if mean_spend is None else mean_spend
    rate = discount_exponent(rules.annual_discount_rate, 1)
    reach = rules.horizon_days or min(np.log(100.0) / rate, 36_525.0)
    nodes, weights = np.polynomial.legendre.leggauss(24)
    at = reach * (nodes + 1) / 2
    repeat = float(np.exp(-rate * reach)) * purchases.expected_purchases_new(reach)
    repeat += sum(
        rate * np.exp(-rate * t) * w * reach / 2 * purchases.expected_purchases_new(t)
        for t, w in zip(at, weights, strict=True)
    )
    return float(rules.margin * (1 - rules.refund_share) * 100 * amount * (1 + repeat))


def _bought_by_new(purchases: PurchaseModel, days: int, per_day: float) -> float:
    """Purchases within `days` of customers who come evenly through them."""
    if not per_day:
        return 0.0
    nodes, weights = np.polynomial.legendre.leggauss(8)
    ages = days * (nodes + 1) / 2
    repeats = sum(w / 2 * purchases.expected_purchases_new(age) for age, w in zip(ages, weights, strict=True))
    return float(per_day * days * (1 + repeats))
