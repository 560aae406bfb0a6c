"""What customers have been worth, what they will be worth, and that no cent of the source is lost on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cxlib.clv.intervals import draw_parameters, refuse_counts, simulate
from cxlib.clv.models.base import PurchaseModel, discount_exponent
from cxlib.clv.models.gamma_gamma import GammaGammaModel
from cxlib.clv.models.rows import Floats, as_frame
from cxlib.clv.widening import Widening
from cxlib.errors import DataError, ParameterError
from cxlib.language import Count, Days, Message, Money, Percent, T
from cxlib.measures.result import Result

TIERS = {"high": 0.2, "middle": 0.3, "low": 0.5}  # shares of customers, by residual value
CENTS = ("first_amount_cents", "repeat_amount_cents", "refund_cents")
ENDLESS = 100.0  # what is left past this discount factor (1%) is not simulated


@dataclass(frozen=True)
class ValueRules:
    """What turns purchases into value; every figure of a forecast rests on these.

    Attributes
    ----------
    margin : float
        Profit on a unit of revenue, as a fraction.
    annual_discount_rate : float
        What a year of waiting costs, as a fraction; continuous within the year.
    horizon_days : float or None
        How far the forecast looks; None: without end.
    refund_share : float
        Refunds on a unit of purchases, as a fraction; taken off future revenue.
    """

    margin: float = 1.0
    annual_discount_rate: float = 0.1
    horizon_days: float | None = 365.0
    refund_share: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.margin <= 1:
            raise ParameterError(
                f"margin={self.margin} must be a fraction above 0, at most 1: write 35 percent as 0.35."
            )
        if not 0 <= self.refund_share < 1:
            raise ParameterError(f"refund_share={self.refund_share} must be a fraction from 0 to below 1.")
        discount_exponent(self.annual_discount_rate, 1, endless=self.horizon_days is None)

    @property
    def said(self) -> Message:
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


@dataclass(frozen=True)
class Forecast(Result):
    """Value of each customer and of all.

    Attributes
    ----------
    customers : DataFrame
        One row a customer: customer_id, p_alive, expected_purchases (in the horizon; without one, discounted),
        expected_spend_cents (a future purchase, before refunds), residual_value_cents (discounted margin still to come)
        with residual_low_cents and _high, historic_revenue_cents (whole cents, refunds taken off), historic_value_cents
        (its margin, not compounded), total_value_cents, tier (high, middle, low by residual value).
    totals : DataFrame
        By measure (residual_value_cents, historic_value_cents, total_value_cents; expected_purchases within a horizon):
        value, low, high. What has been has no interval.
    rules : ValueRules
    level : float
    currency : str
    """

    customers: pd.DataFrame
    totals: pd.DataFrame
    rules: ValueRules
    level: float
    currency: str

    @property
    def summary(self) -> pd.DataFrame:
        """`totals` for a reader."""
        names = {
            "residual_value_cents": T("Value still to come"),
            "historic_value_cents": T("Value so far"),
            "total_value_cents": T("Value in all"),
            "expected_purchases": T("Purchases expected"),
        }

        def shown(measure: str, value: float) -> object:
            return Count(round(value)) if measure == "expected_purchases" else self.money(value)

        parts = ["value", "low", "high"]
        rows = [(names[str(m)], *(shown(str(m), v) for v in row[parts])) for m, row in self.totals.iterrows()]
        return pd.DataFrame(rows, columns=["measure", "value", "low", "high"])

    @property
    def headline(self) -> Message:
        """What all customers will bring, with its interval."""
        total: Any = self.totals.loc["residual_value_cents"]
        values = {
            "n": Count(len(self.customers)),
            "value": self.money(total["value"]),
            "low": self.money(total["low"]),
            "high": self.money(total["high"]),
            "level": Percent(self.level),
        }
        if self.rules.horizon_days is None:
            return T("{n} customers are worth {value} from now on ({level} interval {low} to {high})", **values)
        return T(
            "{n} customers will bring a value of {value} within {days} ({level} interval {low} to {high})",
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

    def money(self, cents: float) -> Money:
        """An amount in this forecast's currency."""
        return Money(cents, currency=self.currency)


def forecast(
    summary: Any,
    purchases: PurchaseModel,
    spend: GammaGammaModel,
    *,
    rules: ValueRules | None = None,
    widening: Widening | None = None,
    currency: str = "",
    level: float = 0.95,
    draws: int = 500,
    seed: int = 0,
) -> Forecast:
    """Value of each customer, so far and to come.

    Parameters
    ----------
    summary : DataFrame
        The table of `purchase_summary`, one row a customer.
    purchases, spend
        Fitted models of how often and for how much.
    rules : ValueRules, optional
        Margin, discount, horizon and refunds; by default full revenue, 10% a year, 365 days and the share of refunds in
        `summary`.
    widening : Widening, optional
        Errors of past totals (`Backtest.widening`), which widen the intervals of totals; without it they hold chance
        and the uncertainty of parameters only.
    currency : str
        ISO code for display.
    level : float
        Coverage of the intervals.
    draws, seed : int
        Simulated futures, and the start of their random numbers.

    Notes
    -----
    Value = margin (1 - refund share) x discounted purchases x expected spend. Intervals hold what is not known of the
    parameters (normal in logarithms) and the chance in each customer's purchases, amounts and leaving; a simulated sum
    is discounted as its expectation is. Those of totals are wide enough for past errors too.

    Raises
    ------
    DataError, ParameterError
        The table or a setting cannot be used; the message says why.

    Examples
    --------
    >>> from cxlib.clv import BetaGeoModel
    >>> table = pd.DataFrame({"customer_id": ["a", "b"], "frequency": [0, 2], "recency": [0, 30], "T": [60, 40],
    ...     "monetary_value": [0.0, 25.0], "first_amount_cents": [900, 2000], "repeat_amount_cents": [0, 5000],
    ...     "refund_cents": [0, -100]})
    >>> often = BetaGeoModel.from_params({"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426})
    >>> much = GammaGammaModel.from_params({"p": 6.25, "q": 3.74, "v": 15.44})
    >>> forecast(table, often, much).customers["historic_revenue_cents"].tolist()
    [900, 6900]
    """
    table = as_frame(summary, ("customer_id", "frequency", "recency", "T", "monetary_value", *CENTS))
    refuse_counts(table)
    rules = rules or ValueRules(refund_share=refund_share(table))
    worth = rules.margin * (1 - rules.refund_share) * 100
    spent = spend.expected_spend(table).to_numpy(float)
    discounted = _discounted(table, purchases, rules)
    reach = _reach(rules)
    expected = purchases.expected_purchases(table, horizon_days=reach).to_numpy(float)
    factor = worth * np.divide(discounted, expected, out=np.zeros(len(table)), where=expected > 0)
    futures = simulate(
        table, purchases, horizon_days=reach, parameters=draw_parameters(purchases, draws=draws, seed=seed),
        spend=spend, spend_parameters=draw_parameters(spend, draws=draws, seed=seed + 1), worth=factor, level=level,
        seed=seed + 2,
    )  # fmt: skip
    wide = widening or Widening()
    discounted, expected = wide.factor * discounted, wide.factor * expected
    residual = worth * discounted * spent
    customers = pd.DataFrame(
        {
            "customer_id": table["customer_id"],
            "p_alive": purchases.p_alive(table),
            "expected_purchases": discounted if rules.horizon_days is None else expected,
            "expected_spend_cents": 100 * spent,
            "residual_value_cents": residual,
            "residual_low_cents": np.minimum(wide.factor * futures.low, residual),
            "residual_high_cents": np.maximum(wide.factor * futures.high, residual),
            **_historic(table, rules, residual),
            "tier": tier_of(residual),
        }
    )
    bought = wide.interval(futures.purchases, level, error=wide.purchases, reach=wide.reach_purchases)
    spread = wide.interval(futures.totals, level, error=wide.money, reach=wide.reach_money)
    totals = _totals(customers, spread, None if rules.horizon_days is None else bought)
    return Forecast(customers, totals, rules, level, currency)


def refund_share(summary: Any) -> float:
    """Refunds of days that were no purchase days, as a share of purchases."""
    table = as_frame(summary, CENTS)
    bought = sum(whole_sum(table, name) for name in CENTS[:2])
    return min(-whole_sum(table, "refund_cents") / bought, 0.99) if bought > 0 else 0.0


def whole_sum(table: pd.DataFrame, name: str) -> int:
    """Sum of a column of whole cents as a Python integer, which cannot overflow."""
    if table[name].isna().any() or (table[name] % 1 != 0).any():
        raise DataError(f"column {name!r} must hold whole cents in every row. Make the table with purchase_summary.")
    return sum(table[name].astype("int64").tolist())


def tier_of(value: Floats) -> Any:
    """high, middle or low by rank of value; equal values share a tier, the lower one where a cut falls among them."""
    below = np.searchsorted(np.sort(value), value, side="left") / max(len(value), 1)
    cuts = np.array([TIERS["low"], TIERS["low"] + TIERS["middle"]]) - 1e-9
    codes = 2 - np.searchsorted(cuts, below, side="right")
    return pd.Categorical.from_codes(codes.tolist(), pd.Index(list(TIERS)))


def _discounted(table: pd.DataFrame, purchases: PurchaseModel, rules: ValueRules) -> Floats:
    rate, horizon = rules.annual_discount_rate, rules.horizon_days
    return purchases.discounted_purchases(table, annual_discount_rate=rate, horizon_days=horizon).to_numpy(float)


def _reach(rules: ValueRules) -> float:
    """Days that are simulated: the horizon, or until a purchase is worth a hundredth."""
    if rules.horizon_days is not None:
        return rules.horizon_days
    return min(float(np.log(ENDLESS)) / discount_exponent(rules.annual_discount_rate, 1), 36_525.0)


def _historic(table: pd.DataFrame, rules: ValueRules, residual: Floats) -> dict[str, Any]:
    for name in CENTS:
        whole_sum(table, name)
    revenue = sum((table[name].astype("int64") for name in CENTS[1:]), table[CENTS[0]].astype("int64"))
    value = revenue * rules.margin
    return {"historic_revenue_cents": revenue, "historic_value_cents": value, "total_value_cents": value + residual}


def _totals(customers: pd.DataFrame, interval: tuple[float, float], bought: tuple[float, float] | None) -> pd.DataFrame:
    low, high = interval
    past, coming = (float(customers[f"{name}_value_cents"].sum()) for name in ("historic", "residual"))
    rows = {
        "residual_value_cents": (coming, low, high),
        "historic_value_cents": (past, past, past),
        "total_value_cents": (past + coming, past + low, past + high),
    }
    if bought is not None:
        rows["expected_purchases"] = (float(customers["expected_purchases"].sum()), *bought)
    return pd.DataFrame(rows, index=["value", "low", "high"]).T.rename_axis("measure")


@dataclass(frozen=True)
class Reconciliation(Result):
    """The source's revenue against the customers' historic revenue, in whole cents.

    Attributes
    ----------
    source_cents : int
        Sum of all amounts in the source.
    customers_cents : int
        Historic revenue of the customers in the forecast.
    without_purchase_cents : int
        Net of customers who have refunds only, and so are in no forecast.
    currency : str
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
    def summary(self) -> pd.DataFrame:
        """The four amounts."""
        rows = [
            (T("Revenue in the source"), self.source_cents),
            (T("Revenue of customers in the forecast"), self.customers_cents),
            (T("Refunds of customers without a purchase"), self.without_purchase_cents),
            (T("Not accounted for"), self.difference_cents),
        ]
        return pd.DataFrame(
            [(name, Money(cents, currency=self.currency, digits=2)) for name, cents in rows], columns=["what", "amount"]
        )

    @property
    def headline(self) -> Message:
        """Whether it adds up."""
        source = Money(self.source_cents, currency=self.currency, digits=2)
        if not self.difference_cents:
            return T("Past revenue adds up to the cent: {amount} in the source and in this report", amount=source)
        missing = Money(self.difference_cents, currency=self.currency, digits=2)
        return T("{missing} of the {amount} in the source are not accounted for", missing=missing, amount=source)


def reconcile(summary: Any, without_purchase: Any, source: Any, *, currency: str = "") -> Reconciliation:
    """Compare a summary with the transactions it was made from.

    Parameters
    ----------
    summary : DataFrame
        The table of `purchase_summary` without a split.
    without_purchase : DataFrame
        The table of `customers_without_purchase` for the same period.
    source : DataFrame or int
        Transactions with amount_cents, or their sum in cents.

    Examples
    --------
    >>> table = pd.DataFrame({"first_amount_cents": [900], "repeat_amount_cents": [0], "refund_cents": [-100]})
    >>> reconcile(table, pd.DataFrame({"refund_cents": [-50]}), 750).difference_cents
    0
    """
    table = as_frame(summary, CENTS)
    alone = without_purchase if isinstance(without_purchase, pd.DataFrame) else without_purchase.to_pandas()
    total = source if isinstance(source, int) else whole_sum(as_frame(source, ("amount_cents",)), "amount_cents")
    return Reconciliation(
        total, sum(whole_sum(table, name) for name in CENTS), whole_sum(alone, "refund_cents"), currency
    )
