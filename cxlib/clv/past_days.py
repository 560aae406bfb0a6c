"""One past day: what the models would have said then, with nothing known of what came after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from cxlib.clv.baselines import baseline_purchases
from cxlib.clv.intervals import draw_parameters, simulate
from cxlib.clv.models.base import PurchaseModel
from cxlib.clv.models.beta_geo import BetaGeoModel
from cxlib.clv.models.gamma_gamma import GammaGammaModel
from cxlib.clv.models.modified_beta_geo import ModifiedBetaGeoModel
from cxlib.clv.models.pareto_nbd import ParetoNBDModel
from cxlib.clv.scoring import score
from cxlib.errors import DataError, ParameterError
from cxlib.language import Message, T

MODELS: dict[str, type[PurchaseModel]] = {
    "bg_nbd": BetaGeoModel,
    "mbg_nbd": ModifiedBetaGeoModel,
    "pareto_nbd": ParetoNBDModel,
}
SPEND: dict[str, Message] = {
    "repeat": T("Gamma-Gamma on repeat purchases"),
    "all": T("Gamma-Gamma on all purchases, the first one too"),
}


@dataclass(frozen=True)
class Settings:
    """How a past day is forecast from."""

    horizon_days: int
    models: tuple[str, ...]
    time_unit_days: float
    draws: int
    seed: int


@dataclass(frozen=True)
class PastDay:
    """A past day with what was known, fitted and forecast on it.

    Attributes
    ----------
    day : Timestamp
    summary : DataFrame
        `purchase_summary` with the holdout that followed.
    methods : DataFrame
        Purchases forecast, one column a method.
    models : dict of str to PurchaseModel
    spends : dict of str to GammaGammaModel
        By rule: "repeat", "all".
    failures : DataFrame
        origin, method, why.
    settings : Settings
    """

    day: pd.Timestamp
    summary: pd.DataFrame
    methods: pd.DataFrame
    models: Mapping[str, PurchaseModel]
    spends: Mapping[str, GammaGammaModel]
    failures: pd.DataFrame
    settings: Settings

    @property
    def scores(self) -> pd.DataFrame:
        """Errors in purchases, one row a method."""
        actual = self.summary["frequency_holdout"].to_numpy(float)
        rows = [
            {"origin": self.day, "method": m, "is_model": m in MODELS, **score(self.methods[m].to_numpy(float), actual)}
            for m in self.methods
        ]
        return pd.DataFrame(rows)

    @property
    def revenue(self) -> pd.DataFrame:
        """Errors in money: each model with each rule of spend, and the naive rate at each customer's own average."""
        actual = self.summary["holdout_amount_cents"].to_numpy(float)
        prices = {rule: 100 * spend.expected_spend(self.summary).to_numpy(float) for rule, spend in self.spends.items()}
        rows = [
            {"origin": self.day, "method": m, "spend": rule, "is_model": True,
             **score(self.methods[m].to_numpy(float) * price, actual)}
            for m in self.models for rule, price in prices.items()
        ]  # fmt: skip
        if rows:
            spent = self.summary["first_amount_cents"] + self.summary["repeat_amount_cents"]
            own = (self.methods["naive_rate"] * spent / (self.summary["frequency"] + 1)).to_numpy(float)
            rows.append({"origin": self.day, "method": "naive_rate", "spend": "", "is_model": False,
                         **score(own, actual)})  # fmt: skip
        columns = ["origin", "method", "spend", "is_model", *score(actual, actual)]
        return pd.DataFrame(rows, columns=columns)

    @property
    def customers(self) -> pd.DataFrame:
        """One row a customer: customer_id, frequency, actual and one column a method."""
        actual = self.summary["frequency_holdout"].to_numpy(float)
        return self.summary[["customer_id", "frequency"]].assign(actual=actual).join(self.methods)

    def chance(self, method: str, rule: str | None) -> dict[str, Any] | None:
        """95% intervals of both totals by simulation: low, high, chance (relative spread), and the same of money."""
        if method not in self.models:
            return None
        options, spend = self.settings, self.spends.get(rule or "")
        try:
            often = draw_parameters(self.models[method], draws=options.draws, seed=options.seed)
        except DataError:  # the fit did not settle: nobody knows how far off it may be
            return None
        much = None if spend is None else draw_parameters(spend, draws=options.draws, seed=options.seed + 1)
        futures = simulate(
            self.summary, self.models[method], horizon_days=options.horizon_days, parameters=often, spend=spend,
            spend_parameters=much, seed=options.seed + 1,
        )  # fmt: skip
        bought = _range(futures.purchases, futures.purchases_interval(0.95))
        money = None if spend is None else _range(100 * futures.totals, futures.interval(0.95), scale=100)
        return {"origin": self.day, "purchases": bought, "money": money}


def _range(totals: Any, interval: tuple[float, float], *, scale: float = 1) -> dict[str, float]:
    low, high = (scale * end for end in interval)
    return {"low": low, "high": high, "chance": float(totals.std(ddof=1) / max(totals.mean(), 1e-12))}


def look_back(
    table: pd.DataFrame, bought: pd.DataFrame, day: pd.Timestamp, settings: Settings, before: PastDay | None = None
) -> PastDay:
    """Fit and forecast as of `day`; fits begin where those of the day `before` ended.

    Parameters
    ----------
    table, bought : DataFrame
        Canonical transactions, and their `purchase_days`.
    """
    from cxlib.data import purchase_summary  # brings ibis in, which a table of values does not need

    end = day + pd.Timedelta(days=settings.horizon_days)
    summary = purchase_summary(table, calibration_end=day, observation_end=end)
    methods = baseline_purchases(bought, summary, end=day, horizon_days=settings.horizon_days)
    models: dict[str, PurchaseModel] = {}
    failures: list[dict[str, Any]] = []
    for name in settings.models:
        try:
            model = MODELS[name](time_unit_days=settings.time_unit_days)
            model = model._fit_after(summary, None if before is None else before.models.get(name))
            expected = model.expected_purchases(summary, horizon_days=settings.horizon_days)
            if not np.isfinite(expected).all():
                raise DataError(f"{model.name} ran to the edge of what can be computed and expects no number.")
            models[name], methods[name] = model, expected
        except (DataError, ParameterError) as error:
            failures.append({"origin": day, "method": name, "why": str(error)})
    told = pd.DataFrame(failures, columns=["origin", "method", "why"])
    spends = fit_spends(summary, {} if before is None else before.spends)
    return PastDay(day, summary, methods, models, spends, told, settings)


def fit_spends(
    summary: pd.DataFrame, before: Mapping[str, GammaGammaModel] = MappingProxyType({})
) -> dict[str, GammaGammaModel]:
    """The model of amounts by each rule that can be fitted and has a mean; fits begin where those `before` ended."""
    found = {}
    for rule in SPEND:
        try:
            spend = GammaGammaModel(first_purchase=rule == "all")._fit_after(summary, before.get(rule))
        except DataError:
            continue
        if spend.params_["q"] > 1 and spend.convergence_.converged and _known(spend):
            found[rule] = spend
    return found


def _known(spend: GammaGammaModel) -> bool:
    return all(pd.notna(error) for error in spend.standard_errors_.values())
