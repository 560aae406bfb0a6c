"""Everything that can be said of a company's customers in one call, and in plain words what cannot be said and why.

A forecast is made only where the models have been tested on the past and did better there than guesses without them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from cxlib.clv.assumptions import Assumptions, check_assumptions
from cxlib.clv.backtest import Backtest
from cxlib.clv.baselines import SimpleFormula, simple_formula
from cxlib.clv.change import FittedRun
from cxlib.clv.choice import ModelChoice
from cxlib.clv.economics import ValueRisk, value_risk
from cxlib.clv.fits import Fits, PastTest
from cxlib.clv.kept import SEEN, KeptModels
from cxlib.clv.levels import LevelForecast, forecast_level
from cxlib.clv.models.base import PurchaseModel
from cxlib.clv.models.days import purchase_days
from cxlib.clv.models.gamma_gamma import GammaGammaModel
from cxlib.clv.models.rows import as_frame
from cxlib.clv.past_days import MODELS
from cxlib.clv.purchase_log import YEAR, LevelQuestion
from cxlib.clv.revenue_path import RevenuePath, revenue_path
from cxlib.clv.value import Forecast, Reconciliation, ValueRules, forecast, reconcile, refund_share
from cxlib.clv.widening import Widening
from cxlib.errors import DataError, ParameterError, nearest
from cxlib.language import Days, Decimal, Message, Money, T
from cxlib.measures.result import Result

REFUNDS = ("as_before", "none")
ENGINES = ("likelihood", "bayes")
PARTS_OF_PATH = 4  # days to which revenue is forecast, evenly spread over the horizon


@dataclass(frozen=True)
class CustomerStudy(Result):
    """What is known of customers' value, and the reasons why anything is not.

    Attributes
    ----------
    customers : DataFrame
        The table of `purchase_summary` up to `end`, sorted by customer_id.
    end : Timestamp
        Last day of observation.
    rules : ValueRules
    reconciliation : Reconciliation
    formula : SimpleFormula
        Over a period as long as the test's.
    past : Backtest or None
        None where the history is too short to test anything.
    models : dict of str to PurchaseModel
        Those that could be fitted.
    choice : ModelChoice or None
    spend : GammaGammaModel or None
    assumptions : Assumptions
    found : Forecast or None
    path : RevenuePath or None
    risk : ValueRisk or None
        These three are None where there is a reason not to forecast.
    reasons : tuple of Message
        Why there is no forecast; empty where there is one.
    currency : str
    widening : Widening or None
        How much wider than chance the intervals of totals are.
    sampled : Message or None
        With engine "bayes": that parameters were sampled, or why not.
    level : LevelForecast or None
        Purchases of all customers within the horizon (of a year where it is endless): the forecast is brought to it.
    """

    customers: pd.DataFrame
    end: pd.Timestamp
    rules: ValueRules
    reconciliation: Reconciliation
    formula: SimpleFormula
    past: Backtest | None
    models: Mapping[str, PurchaseModel]
    choice: ModelChoice | None
    spend: GammaGammaModel | None
    assumptions: Assumptions
    found: Forecast | None
    path: RevenuePath | None
    risk: ValueRisk | None
    reasons: tuple[Message, ...]
    currency: str
    widening: Widening | None = None
    sampled: Message | None = None
    level: LevelForecast | None = None

    @property
    def chosen(self) -> PurchaseModel | None:
        """The model that the forecast rests on."""
        return None if self.choice is None else self.models[self.choice.chosen]

    @property
    def fitted(self) -> FittedRun | None:
        """What this run leaves for the next; None without a forecast."""
        if self.found is None or self.chosen is None or self.spend is None:
            return None
        return FittedRun(self.customers, self.chosen, self.spend)

    @property
    def kept(self) -> KeptModels | None:
        """The models as they are kept for the next run; None without a forecast."""
        fitted = self.fitted
        return None if fitted is None else KeptModels(fitted.purchases, fitted.spend)

    @property
    def money_errors(self) -> tuple[float, float] | None:
        """Least and largest total error in money (as shares) of the chosen model's forecasts of the past."""
        if self.past is None or self.choice is None or self.past.revenue.empty:
            return None
        own = self.past.revenue.loc[self.past.revenue["method"] == self.choice.chosen, "total_error"].dropna()
        return None if own.empty else (float(own.min()), float(own.max()))

    @property
    def covered(self) -> tuple[int, int] | None:
        """How many of the chosen model's past intervals held the total that came, and how many there were."""
        if self.past is None or self.choice is None:
            return None
        own = self.past.scores.loc[self.past.scores["method"] == self.choice.chosen, "covered"].dropna()
        return (int(own.astype(bool).sum()), len(own)) if len(own) else None

    @property
    def export(self) -> pd.DataFrame:
        """One row a customer: what the models saw, and the forecast where there is one."""
        seen = self.customers[list(SEEN)]
        return seen if self.found is None else seen.merge(self.found.customers, on="customer_id")

    @property
    def summary(self) -> pd.DataFrame:
        """The forecast's totals; without one, what has been."""
        return self.reconciliation.summary if self.found is None else self.found.summary

    @property
    def headline(self) -> Message:
        """The forecast, or the first reason why there is none."""
        return self.reasons[0] if self.found is None else self.found.headline


def study_customers(
    transactions: Any,
    *,
    rules: ValueRules | None = None,
    observation_end: Any = None,
    refunds: str = "as_before",
    tested_days: int = 182,
    origins: int = 3,
    models: Sequence[str] = tuple(MODELS),
    engine: str = "likelihood",
    new_customers_per_30_days: float = 0.0,
    currency: str = "",
    draws: int = 200,
    seed: int = 0,
) -> CustomerStudy:
    """Test, choose and fit models and forecast with them; say why where that cannot be done.

    Parameters
    ----------
    transactions : DataFrame
        Canonical transactions: customer_id, day, amount_cents.
    rules : ValueRules, optional
        Margin, rate and horizon; its `refund_share` is set by `refunds`.
    observation_end : date or text, optional
        Last day that counts; by default the last in the table.
    refunds : str
        "as_before": the same share of future purchases is refunded as of past ones; "none": nothing is.
    tested_days, origins, models
        Of the `backtest`; only these models are fitted.
    engine : str
        "likelihood"; "bayes": the chosen model's parameters are sampled by PyMC-Marketing where it is installed.
    new_customers_per_30_days : float
        Planned, for the revenue path.
    currency : str
        ISO code for display.
    draws, seed : int
        Simulated futures behind the intervals, half of them for the path and a quarter for the backtest.

    Raises
    ------
    ParameterError
        A setting cannot be meant.
    DataError
        The table lacks a column or has no row up to `observation_end`.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "day": pd.to_datetime(["2026-01-05", "2026-02-01"]),
    ...                      "amount_cents": [900, 1200]})
    >>> study = study_customers(rows, currency="GBP")
    >>> str(study.headline)
    'Nobody has bought on two days yet, so nothing can be learned about who comes back. There is no forecast'
    """
    from cxlib.data import customers_without_purchase, purchase_summary  # brings ibis in

    if refunds not in REFUNDS:
        raise ParameterError(f"refunds={refunds!r} is no way to treat refunds. {nearest(refunds, REFUNDS)}")
    if engine not in ENGINES:
        raise ParameterError(f"there is no engine {engine!r}. {nearest(engine, ENGINES)}")
    _refuse_models(models)
    rows, end = _observed(transactions, observation_end)
    customers = purchase_summary(rows, observation_end=end)
    _refuse_nobody(customers)
    share = refund_share(customers) if refunds == "as_before" else 0.0
    rules = replace(rules or ValueRules(), refund_share=share)
    alone = customers_without_purchase(rows, observation_end=end)
    test = PastTest(tested_days, origins, tuple(models), max(draws // 8, 2), seed, engine)
    fits = Fits.attempt(rows, customers, end, test)
    found = path = risk = level = wide = None
    if not fits.reasons and fits.chosen is not None and fits.spend is not None:
        pair = fits.chosen, fits.spend
        level = forecast_level(purchase_days(rows), LevelQuestion("purchases", round(rules.horizon_days or YEAR)),
                               as_of=end.date())  # fmt: skip
        wide = _at_level(fits, level, customers)
        found = forecast(customers, *pair, rules=rules, widening=wide, currency=currency, draws=draws, seed=seed)
        path = revenue_path(
            customers, *pair, days=_days_of_path(rules), new_customers_per_30_days=new_customers_per_30_days,
            rules=rules, widening=wide, currency=currency, draws=max(draws // 2, 2), seed=seed,
        )  # fmt: skip
        risk = value_risk(found)
    return CustomerStudy(
        customers, end, rules, reconcile(customers, alone, rows, currency=currency),
        simple_formula(rows, customers, end=end, period_days=tested_days), fits.past, fits.models, fits.choice,
        fits.spend, check_assumptions(rows, customers, horizon_days=rules.horizon_days or 3650, spend=fits.spend),
        found, path, risk, fits.reasons, currency, wide or fits.widening, fits.sampled, level,
    )  # fmt: skip


def _at_level(fits: Fits, level: LevelForecast | None, customers: pd.DataFrame) -> Widening | None:
    """How totals are moved to a level and how wide their intervals are; without a level as past errors ask."""
    if level is None or fits.widening is None or fits.chosen is None or fits.past is None or fits.choice is None:
        return fits.widening
    days = level.question.horizon_days
    expected = float(fits.chosen.expected_purchases(customers, horizon_days=days).sum())
    if not expected:
        return fits.widening
    return fits.widening.at_level(level, expected, fits.past.spending_errors(fits.choice.chosen))


def _refuse_models(models: Sequence[str]) -> None:
    for name in models:
        if name not in MODELS:
            raise ParameterError(f"there is no model {name!r}. {nearest(name, MODELS)}")
    if not models:
        raise ParameterError("models is empty. Name at least one of " + ", ".join(MODELS) + ".")


def _refuse_nobody(customers: pd.DataFrame) -> None:
    if customers.empty:
        raise DataError(
            "nobody has a purchase in this period: all amounts are refunds. Check the sign of 'amount' and the period."
        )


def _observed(transactions: Any, end: Any) -> tuple[pd.DataFrame, pd.Timestamp]:
    table = as_frame(transactions, ("customer_id", "day", "amount_cents"), made_by="transactions")
    days = pd.to_datetime(table["day"])
    last = days.max() if not end else pd.Timestamp(end)
    rows = table.loc[days <= last, ["customer_id", "day", "amount_cents"]]
    if rows.empty:
        raise DataError(f"there is no transaction up to {last:%Y-%m-%d}. Choose a later observation_end.")
    return rows, last


def _days_of_path(rules: ValueRules) -> list[int]:
    horizon = rules.horizon_days or 365
    return sorted({max(round(horizon * k / PARTS_OF_PATH), 1) for k in range(1, PARTS_OF_PATH + 1)})


def formula_sentence(study: CustomerStudy) -> Message | None:
    """What the simple formula of the field says of a customer; None where it has no answer."""
    formula = study.formula
    if not np.isfinite(formula.value_cents) or formula.value_cents <= 0:
        return None
    return T(
        "The simple formula of the field says {value} of revenue for every customer alike: {purchase} a purchase, "
        "{n} repeat purchases in {days}, and a lifetime of {lifetime}",
        value=Money(formula.value_cents, currency=study.currency),
        purchase=Money(formula.mean_purchase_cents, currency=study.currency),
        n=Decimal(formula.purchases_per_period, digits=2), days=Days(formula.period_days),
        lifetime=Days(round(formula.lifetime_periods * formula.period_days)),
    )  # fmt: skip
