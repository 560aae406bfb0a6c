"""What can be tested on the past and fitted, and in plain words why the rest cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxlib.clv.backtest import Backtest, backtest
from cxlib.clv.choice import ModelChoice, choose_model
from cxlib.clv.models.base import FEWEST, PurchaseModel
from cxlib.clv.models.gamma_gamma import GammaGammaModel
from cxlib.clv.past_days import MODELS, fit_spends
from cxlib.clv.widening import Widening
from cxlib.errors import DataError, ParameterError
from cxlib.language import Count, Days, Message, T


@dataclass(frozen=True)
class PastTest:
    """How models are tested: forecasts of so many days from so many past days, which models, futures and their seed.

    With `engine` "bayes" the parameters of the chosen model are sampled for the forecast; the tests stay as they are.
    """

    days: int
    origins: int
    models: tuple[str, ...]
    draws: int
    seed: int
    engine: str = "likelihood"


@dataclass(frozen=True)
class Fits:
    """What could be tested and fitted, and why the rest could not."""

    past: Backtest | None
    models: dict[str, PurchaseModel]
    choice: ModelChoice | None
    spend: GammaGammaModel | None
    reasons: tuple[Message, ...]
    sampled: Message | None = None

    @property
    def widening(self) -> Widening | None:
        """How much wider than chance intervals of totals must be; None without a test."""
        return None if self.past is None or self.choice is None else self.past.widening(self.choice.chosen)

    @property
    def chosen(self) -> PurchaseModel | None:
        """The model to forecast with."""
        return None if self.choice is None else self.models[self.choice.chosen]

    @classmethod
    def attempt(cls, rows: pd.DataFrame, customers: pd.DataFrame, end: pd.Timestamp, test: PastTest) -> Fits:
        """Test on `rows` and fit to their summary `customers`; what the data do not allow becomes a reason."""
        if reason := _too_little(customers):
            return cls(None, {}, None, None, (reason,))
        past, untested = _tested(rows, end, test)
        models = _fitted_models(customers, test.models)
        choice, unsettled = _chosen(models, past)
        if past is not None and choice is not None and choice.chosen != past.best:
            past = past.with_intervals(choice.chosen)
        spend, unfit = _spend(customers, past)
        reasons = [reason for reason in (untested, unsettled, unfit) if reason is not None]
        told = None
        if test.engine == "bayes" and choice is not None:
            models, told = _sampled(models, choice.chosen, customers, test.seed)
        return cls(past, models, choice, spend, tuple(reasons), told)


def _too_little(customers: pd.DataFrame) -> Message | None:
    """Why nothing can be fitted at all."""
    repeat = int((customers["frequency"] > 0).sum())
    if not repeat:
        return T(
            "Nobody has bought on two days yet, so nothing can be learned about who comes back. There is no forecast"
        )
    if len(customers) < FEWEST or repeat < 2:
        return T(
            "{n} customers, of whom {repeat} bought again, are too few to see how customers differ. There is no "
            "forecast",
            n=Count(len(customers)), repeat=Count(repeat),
        )  # fmt: skip
    if repeat == len(customers):
        return T(
            "Every customer bought more than once: those who bought once seem to be missing from the data, and without "
            "them every forecast would be too high. There is no forecast"
        )
    return None


def _tested(rows: pd.DataFrame, end: pd.Timestamp, test: PastTest) -> tuple[Backtest | None, Message | None]:
    try:
        past = backtest(
            rows, horizon_days=test.days, end=end, origins=test.origins, models=test.models, draws=test.draws,
            seed=test.seed,
        )  # fmt: skip
    except DataError:
        length = (end - pd.to_datetime(rows["day"]).min()).days
        return None, T(
            "Purchases of {days} are too short a history to test a forecast of {tested} on the past, and what has not "
            "been tested is not shown",
            days=Days(length), tested=Days(test.days),
        )  # fmt: skip
    return past, past.warning


def _fitted_models(customers: pd.DataFrame, names: Sequence[str]) -> dict[str, PurchaseModel]:
    fitted = {}
    for name in names:
        try:
            fitted[name] = MODELS[name]().fit(customers)
        except DataError:
            continue
    return fitted


def _chosen(models: Mapping[str, PurchaseModel], past: Backtest | None) -> tuple[ModelChoice | None, Message | None]:
    try:
        choice = choose_model(models, past)
    except DataError:
        return None, T("No model settled on one best answer for these customers, so there is none to forecast with")
    if not np.isfinite(models[choice.chosen]._log_covariance).all():
        return None, T("Nobody could say how far off the model may be for these customers, so it is not used")
    return choice, None


def _sampled(
    models: dict[str, PurchaseModel], chosen: str, customers: pd.DataFrame, seed: int
) -> tuple[dict[str, PurchaseModel], Message]:
    """The models with the chosen one's parameters sampled, or as they were, and what is to be said of it."""
    from cxlib.clv.models.bayes import SAMPLED

    try:
        model = SAMPLED[chosen](seed=seed).fit(customers)
    except ParameterError as error:
        return models, T("The parameters were not sampled: {why}", why=str(error))
    if not model.convergence_.converged:
        return models, T("The sampled parameters did not settle, so the forecast rests on the likelihood alone")
    return {**models, chosen: model}, T(
        "The parameters of {model} were sampled by PyMC-Marketing: the forecast averages over {n} draws",
        model=model.name, n=Count(len(model.draws_)),
    )  # fmt: skip


def _spend(customers: pd.DataFrame, past: Backtest | None) -> tuple[GammaGammaModel | None, Message | None]:
    """The model of amounts that erred least on the past, or why there is none; without a mean there is none either."""
    found = fit_spends(customers)
    best = None if past is None else past.best_spend
    if best in found or found:
        return found[best] if best in found else next(iter(found.values())), None
    try:
        GammaGammaModel().fit(customers)
    except DataError:
        return None, T("What customers spend differs too little, or too few bought again, to forecast amounts")
    return None, T("Amounts differ so much, or so oddly, among customers that no average can be forecast")
