"""What customers have been worth, what they will be worth, and that no cent of the source is lost on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from cxlib.checks import Floats, check_number, require_columns
from cxlib.clv.choice import FittedModels
from cxlib.clv.intervals import Futures, Lives, Widening, refuse_counts
from cxlib.clv.models.base import PurchaseModel, discount_exponent
from cxlib.clv.models.rows import SUMMARY
from cxlib.errors import DataError, ParameterError
from cxlib.language import Count, Days, Message, Money, Percent, T, WordList
from cxlib.measures.result import Result, Valued
from cxlib.measures.sampling import LEVEL, tier_of

CENTS = ("first_amount_cents", "repeat_amount_cents", "refund_cents")
ENDLESS = 100.0  # what is left past this discount factor (1%) is not simulated
MEASURES = WordList("measures of value")


@dataclass(frozen=True)
class ValueRules:
    """What turns purchases into value; every figure of a forecast rests on these.

    `margin`: Profit on a unit of revenue, as a fraction.
    `annual_discount_rate`: What a year of waiting costs, as a fraction; continuous within the year.
    `horizon_days`: How far the forecast looks; None: without end.
    `refund_share`: Refunds on a unit of purchases, as a fraction; taken off future revenue.

    >>> ValueRules(margin=0.35, annual_discount_rate=0.05).horizon_days
    365.0
    """

    margin: float = 1.0
    annual_discount_rate: float = 0.1
    horizon_days: float | None = 365.0
    refund_share: float = 0.0

    def __post_init__(self) -> None:
        for name in ("margin", "annual_discount_rate", "refund_share"):
            check_number(name, getattr(self, name))
        if not 0 < self.margin <= 1:
            raise ParameterError(
                f"margin={self.margin} must be a fraction above 0, at most 1: write 35 percent as 0.35."
            )
        if not 0 <= self.refund_share < 1:
            raise ParameterError(f"refund_share={self.refund_share} must be a fraction from 0 to below 1.")
        discount_exponent(self.annual_discount_rate, 1, endless=self.horizon_days is None)

    @property
    def net_margin(self) -> float:
        """What stays of a unit of purchases to come: margin after refunds."""
        return self.margin * (1 - self.refund_share)

    @property
    def reach_days(self) -> float:
        """Days that are simulated: the horizon, or until a purchase is worth a hundredth."""
        if self.horizon_days is not None:
            return self.horizon_days
        return min(float(np.log(ENDLESS)) / discount_exponent(self.annual_discount_rate, 1), 36_525.0)

    @property
    def sentence(self) -> Message:
        """The rules in a sentence."""
        values = {
            "margin": Percent(self.margin),
            "rate": Percent(self.annual_discount_rate),
            "refunds": Percent(self.refund_share),
        }
        if self.horizon_days is None:
            return T(
                "Value is {margin} of revenue after {refunds} of refunds, discounted at {rate} a year, without end",
                **values,
            )
        return T(
            "Value is {margin} of revenue after {refunds} of refunds, discounted at {rate} a year, over {days}",
            days=Days(self.horizon_days),
            **values,
        )

    def discounted_purchases(
        self, summary: pd.DataFrame, purchases: PurchaseModel, *, within_days: float | None = None
    ) -> Floats:
        """Purchases expected of each customer within the horizon, or fewer days, worth less the later they come."""
        rate, horizon = self.annual_discount_rate, within_days or self.horizon_days
        return purchases.discounted_purchases(summary, annual_discount_rate=rate, horizon_days=horizon).to_numpy(float)


class Total(NamedTuple):
    """A total with the ends of its interval."""

    value: float
    low: float
    high: float


class Concentration(NamedTuple):
    """On how few customers the value still to come rests, and how much of it hangs on customers who may have left.

    `top_tenth_share`: Share of residual value of the tenth of customers with the most.
    `half_customers`: Fewest customers who hold half of it.
    `at_risk_cents`: What would be added if every customer were surely still a customer: value / P(alive) - value.
    """

    top_tenth_share: float
    half_customers: int
    at_risk_cents: float


@dataclass(frozen=True, repr=False)
class Forecast(Valued, Result):
    """Value of each customer and of all.

    `customers`: One row a customer: customer_id, p_alive, expected_purchases (in the horizon; without one, discounted),
        expected_spend_cents (a future purchase, before refunds), residual_value_cents (discounted margin still to come)
        with residual_low_cents and _high, historic_revenue_cents (whole cents, refunds taken off), historic_value_cents
        (its margin, not compounded), total_value_cents, tier (high, middle, low by residual value).
    `totals`: By measure (residual_value_cents, historic_value_cents, total_value_cents; expected_purchases within a
        horizon): value, low, high. What has been has no interval.
    `futures`: What the intervals rest on; None where nothing was simulated.
    """

    inside = ("customers", "totals", "tiers")

    customers: pd.DataFrame
    totals: pd.DataFrame
    rules: ValueRules
    currency: str
    futures: Futures | None = None

    def total(self, measure: str = "residual_value_cents") -> Total:
        """A row of `totals`."""
        return Total(*map(float, self.totals.loc[[measure]].to_numpy(float)[0]))

    def at_margin(self, margin: float) -> Forecast:
        """The same forecast by another margin: all that is in money, but for revenue, goes with it."""
        ratio = margin / self.rules.margin
        moved = [
            f"{name}_cents"
            for name in ("residual_value", "residual_low", "residual_high", "historic_value", "total_value")
        ]
        customers = self.customers.assign(**{name: self.customers[name] * ratio for name in moved})
        totals = self.totals.astype(float)
        money = [name for name in totals.index if name != "expected_purchases"]
        totals.loc[money] *= ratio
        return replace(self, customers=customers, totals=totals, rules=replace(self.rules, margin=margin))

    @property
    def face(self) -> pd.DataFrame:
        """`totals` for a reader."""
        rows: list[list[object]] = []
        for measure in map(str, self.totals.index):
            total = self.total(measure)
            is_count = measure == "expected_purchases"
            amounts = [Count(round(v)) if is_count else Money(v, currency=self.currency) for v in total]
            rows.append([MEASURES[measure], *amounts])
        return pd.DataFrame(rows, columns=["measure", *Total._fields])

    @property
    def headline(self) -> Message:
        """What all customers will bring, with its interval."""
        amounts = {name: Money(v, currency=self.currency) for name, v in self.total()._asdict().items()}
        values = {"n": Count(len(self.customers)), "level": Percent(LEVEL), **amounts}
        if self.rules.horizon_days is None:
            return T("{n} customers are worth {value} from now on ({level} interval {low} to {high})", **values)
        return T(
            "Today's {n} customers are worth {value} over the next {days} ({level} interval {low} to {high})",
            days=Days(self.rules.horizon_days),
            **values,
        )

    @property
    def tiers(self) -> pd.DataFrame:
        """By tier: customers, residual_value_cents, share (of residual value), mean_cents."""
        by = self.customers.groupby("tier", observed=False)["residual_value_cents"]
        table = pd.DataFrame({"customers": by.size(), "residual_value_cents": by.sum(), "mean_cents": by.mean()})
        table["share"] = table["residual_value_cents"] / max(table["residual_value_cents"].sum(), 1e-12)
        return table.reset_index()

    @property
    def concentration(self) -> Concentration:
        """On how few customers value rests, and how much may have left."""
        value, alive = (self.customers[name].to_numpy(float) for name in ("residual_value_cents", "p_alive"))
        # Below one in a million the quotient says nothing: value and P(alive) vanish together.
        lost = np.where(alive > 1e-6, value / np.maximum(alive, 1e-6) - value, 0.0)
        sums, total = np.cumsum(np.sort(value)[::-1]), max(float(value.sum()), 1e-12)
        tenth = max(round(len(value) / 10), 1)
        half = int(np.searchsorted(sums, total / 2)) + 1
        return Concentration(float(sums[tenth - 1] / total), half, float(lost.sum()))


def forecast(
    summary: pd.DataFrame,
    models: FittedModels,
    *,
    rules: ValueRules | None = None,
    widening: Widening | None = None,
    currency: str = "",
    draws: int = 500,
    seed: int = 0,
) -> Forecast:
    """Value of each customer, so far and to come.

    `rules`: Margin, discount, horizon and refunds; by default full revenue, 10% a year, 365 days and the share of
        refunds in `summary`.
    """
    table = require_columns(summary, ("customer_id", "frequency", "recency", "T", "monetary_value"), what=SUMMARY)
    refuse_counts(table)
    rules = rules or ValueRules(refund_share=refund_share(table))
    spend, priced = models.prices(table)
    lives = Lives.draw(models.purchases, spend, draws=draws, seed=seed)
    live = partial(lives.simulate, priced, horizon_days=rules.reach_days, seed=seed + 2)
    return _forecast(table, models, widening or Widening(), live, rules=rules, currency=currency)


def forecast_again(
    before: Forecast, summary: pd.DataFrame, models: FittedModels, *, rules: ValueRules, widening: Widening | None
) -> Forecast | None:
    """The forecast at another margin or discount rate, of the same futures; None where these must be simulated anew."""
    futures, now = before.futures, before.rules
    if futures is None or futures.lived is None or rules.horizon_days is None:
        return None
    if replace(rules, margin=now.margin, annual_discount_rate=now.annual_discount_rate) != now:
        return None
    wide, currency = widening or Widening(), before.currency
    return _forecast(summary, models, wide, futures.at_worth, rules=rules, currency=currency)


def _forecast(
    table: pd.DataFrame,
    models: FittedModels,
    wide: Widening,
    live: Callable[..., Futures],
    *,
    rules: ValueRules,
    currency: str,
) -> Forecast:
    purchases, cents, reach = models.purchases, 100 * rules.net_margin, rules.reach_days
    spend, priced = models.prices(table)
    grown = _growth(table, models, rules)
    cents *= grown
    spent = spend.expected_spend(priced).to_numpy(float)
    discounted = rules.discounted_purchases(table, purchases)
    expected = purchases.expected_purchases(table, horizon_days=reach).to_numpy(float)
    factor = cents * np.divide(discounted, expected, out=np.zeros(len(table)), where=expected > 0)
    futures = live(worth=factor)
    discounted, expected = wide.factor * discounted, wide.factor * expected
    residual = cents * discounted * spent
    if not np.isfinite(residual).all() or (residual < 0).any():
        raise DataError(f"{purchases.name} and {spend.name} expect no number of some customers: use other models.")
    revenue = _historic(table)
    customers = pd.DataFrame(
        {
            "customer_id": table["customer_id"],
            "p_alive": purchases.p_alive(table),
            "expected_purchases": discounted if rules.horizon_days is None else expected,
            "expected_spend_cents": 100 * grown * spent,
            "residual_value_cents": residual,
            "residual_low_cents": np.minimum(wide.factor * futures.low, residual),
            "residual_high_cents": np.maximum(wide.factor * futures.high, residual),
            "historic_revenue_cents": revenue,
            "historic_value_cents": revenue * rules.margin,
            "total_value_cents": revenue * rules.margin + residual,
            "tier": tier_of(residual),
        }
    )
    totals = total_values(customers, wide.interval(futures.totals, error=wide.money, reach=wide.reach_money))
    if rules.horizon_days is not None:
        bought = wide.interval(futures.purchases, error=wide.purchases, reach=wide.reach_purchases)
        totals.loc["expected_purchases"] = [float(customers["expected_purchases"].sum()), *bought]
    return Forecast(customers, totals, rules, currency, futures)


def total_values(customers: pd.DataFrame, interval: tuple[float, float]) -> pd.DataFrame:
    """`Forecast.totals` of value, from the sums of customers and the interval of what is still to come."""
    low, high = interval
    past, coming = (float(customers[f"{name}_value_cents"].sum()) for name in ("historic", "residual"))
    rows = {
        "residual_value_cents": (coming, low, high),
        "historic_value_cents": (past, past, past),
        "total_value_cents": (past + coming, past + low, past + high),
    }
    return pd.DataFrame(rows, index=list(Total._fields)).T.rename_axis("measure")


def refund_share(summary: pd.DataFrame) -> float:
    """Refunds of days that were no purchase days, as a share of purchases."""
    first, repeat, refunds = (whole_sum(summary, name) for name in CENTS)
    bought = first + repeat
    return min(-refunds / bought, 0.99) if bought > 0 else 0.0


def whole_sum(table: pd.DataFrame, name: str) -> int:
    """Sum of a column of whole cents as a Python integer, which cannot overflow."""
    require_columns(table, [name], what=SUMMARY, rows=False)
    if table[name].isna().any() or (table[name] % 1 != 0).any():
        raise DataError(f"column {name!r} must hold whole cents in every row. Make the table with purchase_summary.")
    return sum(table[name].astype("int64").tolist())


def _historic(table: pd.DataFrame) -> pd.Series:
    """Revenue so far, refunds taken off, in whole cents."""
    for name in CENTS:
        whole_sum(table, name)
    first, repeat, refunds = (table[name].astype("int64") for name in CENTS)
    return first + repeat + refunds


@dataclass(frozen=True, repr=False)
class Reconciliation(Result):
    """The source's revenue against the customers' historic revenue, in whole cents.

    `source_cents`: Sum of all amounts in the source.
    `customers_cents`: Historic revenue of the customers in the forecast.
    `without_purchase_cents`: Net of customers who have refunds only, and so are in no forecast.
    """

    source_cents: int
    customers_cents: int
    without_purchase_cents: int
    currency: str = ""

    @property
    def difference_cents(self) -> int:
        """What is missing; 0 when every cent is accounted for."""
        return self.source_cents - self.customers_cents - self.without_purchase_cents

    @property
    def face(self) -> pd.DataFrame:
        """The four amounts."""
        rows = [
            (T("Revenue in the source"), self._exact(self.source_cents)),
            (T("Revenue of customers in the forecast"), self._exact(self.customers_cents)),
            (T("Refunds of customers without a purchase"), self._exact(self.without_purchase_cents)),
            (T("Not accounted for"), self._exact(self.difference_cents)),
        ]
        return pd.DataFrame(rows, columns=["what", "amount"])

    @property
    def headline(self) -> Message:
        """Whether it adds up."""
        source, missing = self._exact(self.source_cents), self._exact(self.difference_cents)
        if not self.difference_cents:
            return T("Past revenue adds up exactly: {amount} in the source and in this report", amount=source)
        return T("{missing} of the {amount} in the source are not accounted for", missing=missing, amount=source)

    def _exact(self, cents: int) -> Money:
        return Money(cents, currency=self.currency, digits=2)


def reconcile(
    summary: pd.DataFrame, without_purchase: pd.DataFrame, source_cents: int, *, currency: str = ""
) -> Reconciliation:
    """Compare a purchase summary with the sum of the transactions that it was made from.

    `without_purchase` is the table of `customers_without_purchase` for the same period.
    """
    customers_cents = sum(whole_sum(summary, name) for name in CENTS)
    return Reconciliation(source_cents, customers_cents, whole_sum(without_purchase, "refund_cents"), currency)


@dataclass(frozen=True, repr=False)
class RevenuePath(Valued):
    """Revenue (after refunds, not discounted) up to each of several days.

    `table`: days, base_cents with base_low_cents and base_high_cents (customers there are, from now to that day),
        new_cents (planned customers, first purchases included), total_cents.
    `new_customers`: Planned in all.
    `new_value_cents`: Discounted margin of one new customer within the horizon of the rules, first purchase included:
        the most that one may cost.
    """

    inside = ("table",)

    table: pd.DataFrame
    new_customers: float
    new_value_cents: float
    currency: str = ""


def revenue_path(
    summary: pd.DataFrame,
    models: FittedModels,
    days: Sequence[int],
    *,
    rules: ValueRules,
    widening: Widening | None = None,
    new_customers_per_30_days: float = 0.0,
    draws: int = 300,
    seed: int = 0,
) -> RevenuePath:
    """Forecast revenue of today's customers, and of planned ones, up to each of ascending `days` from now.

    Refunds of `rules` count for revenue; margin, rate and horizon for `new_value_cents`. Planned customers come evenly
    and are expected to be as those so far have been.
    """
    if not days or list(days) != sorted(set(days)) or days[0] < 1 or new_customers_per_30_days < 0:
        raise ParameterError(f"days={tuple(days)} must ascend from 1 or more, and planned customers be 0 or more.")
    (spend, priced), purchases, wide = models.prices(summary), models.purchases, widening or Widening()
    net, new_spend = 100 * (1 - rules.refund_share), spend.new_customer_spend(priced)
    spent = spend.expected_spend(priced).to_numpy(float)
    futures = Lives.draw(purchases, spend, draws=draws, seed=seed).path(priced, days, seed=seed + 2)
    rows = []
    for day, totals in zip(days, futures.T, strict=True):
        bought = purchases.expected_purchases(summary, horizon_days=day).to_numpy(float)
        grown = net * _growth(summary, models, replace(rules, horizon_days=day))
        base = wide.factor * grown * float(bought @ spent)
        low, high = wide.interval(totals, error=wide.money, reach=wide.reach_money)
        new = grown * new_spend * _bought_by_new(purchases, day, new_customers_per_30_days / 30)
        rows.append((day, base, min(grown * low, base), max(grown * high, base), new, base + new))
    columns = ["days", "base_cents", "base_low_cents", "base_high_cents", "new_cents", "total_cents"]
    worth = value_of_a_new_customer(summary, models, rules)
    return RevenuePath(pd.DataFrame(rows, columns=columns), new_customers_per_30_days * days[-1] / 30, worth)


def value_of_a_new_customer(summary: pd.DataFrame, models: FittedModels, rules: ValueRules) -> float:
    """`RevenuePath.new_value_cents`."""
    spend, priced = models.prices(summary)
    spent = spend.new_customer_spend(priced) * _growth(summary, models, rules)
    return new_customer_value(models.purchases, rules, spent)


def _growth(table: pd.DataFrame, models: FittedModels, rules: ValueRules) -> float:
    """Amounts at the mean day of the purchases ahead, to those of today."""
    if models.followed is None:
        return 1.0
    days = rules.reach_days * np.linspace(0, 1, 7) ** 2  # purchases thin out, the more the further ahead
    parts = [rules.discounted_purchases(table, models.purchases, within_days=day).sum() for day in days[1:]]
    mean = days[-1] - np.trapezoid([0.0, *parts], days) / max(parts[-1], 1e-12)
    return models.followed.amounts.growth(float(mean))


def new_customer_value(purchases: PurchaseModel, rules: ValueRules, mean_spend: float) -> float:
    """Discounted margin of a new customer in cents: the first purchase now, and repeat purchases within the horizon.

    Without a horizon, up to the day when a purchase is worth a hundredth; `mean_spend` in hundreds of minor units.
    """
    rate, reach = discount_exponent(rules.annual_discount_rate, 1), rules.reach_days
    nodes, weights = np.polynomial.legendre.leggauss(24)
    at = reach * (nodes + 1) / 2
    repeat = float(np.exp(-rate * reach)) * purchases.expected_purchases_new(reach)
    repeat += sum(
        rate * np.exp(-rate * t) * w * reach / 2 * purchases.expected_purchases_new(t)
        for t, w in zip(at, weights, strict=True)
    )
    return float(rules.net_margin * 100 * mean_spend * (1 + repeat))


def _bought_by_new(purchases: PurchaseModel, days: int, per_day: float) -> float:
    """Purchases within `days` of customers who come evenly through them."""
    if not per_day:
        return 0.0
    nodes, weights = np.polynomial.legendre.leggauss(8)
    ages = days * (nodes + 1) / 2
    repeats = sum(w / 2 * purchases.expected_purchases_new(age) for age, w in zip(ages, weights, strict=True))
    return float(per_day * days * (1 + repeats))
