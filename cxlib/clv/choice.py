"""Which models there are, and which to use: likelihood, errors on the past, what each assumes, whether it settled."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd

from cxlib.clv.models.base import PurchaseModel
from cxlib.clv.models.beta_geo import BetaGeoModel, ModifiedBetaGeoModel
from cxlib.clv.models.gamma_gamma import GammaGammaModel
from cxlib.clv.models.pareto_nbd import ParetoNBDModel
from cxlib.clv.models.regular import RegularGeoModel
from cxlib.clv.trends import FollowedAmounts
from cxlib.errors import DataError, ParameterError, nearest
from cxlib.language import Decimal, Message, Percent, T, WordList
from cxlib.measures.result import Brief, Result, in_quantities

MODELS: dict[str, type[PurchaseModel]] = {
    "bg_nbd": BetaGeoModel,
    "mbg_nbd": ModifiedBetaGeoModel,
    "pareto_nbd": ParetoNBDModel,
    "mbg_cnbd": RegularGeoModel,
}
ASSUMES = WordList("what models of purchases assume")
SPEND = WordList("rules of spend")
TOLERATED = 0.01  # models whose average errors differ by less than this share count as equal
SCHEMA = 2  # of saved models


@dataclass(frozen=True, repr=False)
class FittedModels(Brief):
    """How often customers buy, and for how much; `save` writes the parameters of both as JSON.

    Where amounts are `followed`, forecasts use those; `spend` is of amounts as they were, and is what is saved.
    `factor` brings expectations of so many days ahead to a forecast level (`Widening.factor`); None: not known.
    """

    purchases: PurchaseModel
    spend: GammaGammaModel
    followed: FollowedAmounts | None = None
    factor: float | None = 1.0
    horizon_days: float | None = 365.0

    def prices(self, summary: pd.DataFrame) -> tuple[GammaGammaModel, pd.DataFrame]:
        """The model of amounts to forecast with, and the table that it reads."""
        if self.followed is None:
            return self.spend, summary
        return self.followed.spend, self.followed.amounts.restate(summary)

    @property
    def plain(self) -> dict[str, object]:
        """The models as JSON values: kinds, parameters, and the factor of the level where amounts follow no trend."""
        keys = {kind: key for key, kind in MODELS.items()}
        return {
            "schema": SCHEMA,
            "purchases": {
                "model": keys[getattr(self.purchases, "plain", type(self.purchases))],
                "time_unit_days": self.purchases.time_unit_days,
                "params": {name: float(value) for name, value in self.purchases.params_.items()},
            },
            "spend": {
                "first_purchase": self.spend.first_purchase,
                "params": {name: float(value) for name, value in self.spend.params_.items()},
            },
            "level": {"factor": None if self.followed else self.factor, "horizon_days": self.horizon_days},
        }

    def save(self, path: str | Path) -> None:
        """Write the parameters."""
        Path(path).write_text(json.dumps(self.plain, indent=2), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> FittedModels:
        """Read what `save` wrote; a file of another form raises a ValueError, KeyError, TypeError or CxError."""
        plain = json.loads(Path(path).read_text(encoding="utf-8"))
        often, much = plain["purchases"], plain["spend"]
        purchases = MODELS[often["model"]].from_params(often["params"], time_unit_days=often["time_unit_days"])
        spend = GammaGammaModel.from_params(much["params"], first_purchase=much["first_purchase"])
        spend._refuse_without_mean()
        factor, days = (plain.get("level", {}).get(name) for name in ("factor", "horizon_days"))
        return cls(purchases, spend, None, factor and float(factor), days and float(days))


@dataclass(frozen=True, repr=False)
class ModelChoice(Result):
    """The models side by side.

    `table`: One row a model, best first: method, name, log_likelihood, aic, aic_difference (to the least), converged,
        verdict (Message), assumes (Message), and of the past total_error, mae, correlation (NaN without a test).
    `chosen`: Key of the model to use: the best on the past whose fit settled; without a test the least AIC.
    """

    table: pd.DataFrame
    chosen: str

    @property
    def face(self) -> pd.DataFrame:
        """`table` for a reader."""
        likelihoods = {"log likelihood": ("log_likelihood", Decimal), "AIC above the best": ("aic_difference", Decimal)}
        errors = {
            "total error in the past": ("total_error", partial(Percent, signed=True)),
            "average error of a customer": ("mae", partial(Decimal, digits=3)),
        }
        return in_quantities(
            self.table, {"model": "name", "assumes": "assumes", **likelihoods, **errors, "fit": "verdict"}
        )

    @property
    def headline(self) -> Message:
        """What was chosen and why."""
        row = self.table.set_index("method").loc[[self.chosen]].to_dict("records")[0]
        if not np.isfinite(row["mae"]):
            return T(
                "{model} is used: it fits the purchases so far best. It has not been tested on the past",
                model=row["name"],
            )
        return T(
            "{model} is used: forecasts made in the past were off by {error} in total and {mae} purchases a customer",
            model=row["name"],
            error=Percent(row["total_error"], signed=True),
            mae=Decimal(row["mae"], digits=2),
        )


def choose_model(models: Mapping[str, PurchaseModel], errors: pd.DataFrame | None = None) -> ModelChoice:
    """Compare models that were fitted to the same table."""
    if not models:
        raise DataError("no model was fitted, so there is none to choose. Fit one of " + ", ".join(MODELS) + ".")
    table = pd.DataFrame([_row(key, model, errors) for key, model in models.items()])
    table["aic_difference"] = table["aic"] - table["aic"].min()
    usable = table[table["converged"]]
    if usable.empty:
        raise DataError(
            "the fit of no model settled on one best answer, so there is no forecast to rely on. Give a longer period "
            "or more customers."
        )
    return ModelChoice(table.sort_values("aic").reset_index(drop=True), _chosen(usable, errors))


def best_model(errors: pd.DataFrame) -> str | None:
    """The model to use: of those within 1% of the least average error of a customer, the best in total.

    Only models that could be fitted at every origin count; where there is none, those that could at some.
    """
    models = errors[errors["is_model"]]
    return least_error(models[models["n"] == models["n"].max()], "method")


def least_error(rows: pd.DataFrame, name: str) -> str | None:
    """Of those within 1% of the least average error, the one with the least total error."""
    close = rows[rows["mae"] <= rows["mae"].min() * (1 + TOLERATED)]
    return None if close.empty else str(close.iloc[int(np.argmin(close["total_error"].abs()))][name])


def check_models(names: Sequence[str]) -> None:
    """Refuse names of models that there are not, and an empty list."""
    for name in names:
        if name not in MODELS:
            raise ParameterError(f"there is no model {name!r}. {nearest(name, MODELS)}")
    if not names:
        raise ParameterError("models is empty. Name at least one of " + ", ".join(MODELS) + ".")


def fit_spends(
    summary: pd.DataFrame, before: Mapping[str, GammaGammaModel] = MappingProxyType({})
) -> dict[str, GammaGammaModel]:
    """The model of amounts by each rule that can be fitted and has a mean; fits begin where those `before` ended."""
    spends = {}
    for rule in SPEND:
        try:
            spend = GammaGammaModel(first_purchase=rule == "all")._fit_after(summary, before.get(rule))
        except DataError:
            continue
        if why_no_mean(spend) is None:
            spends[rule] = spend
    return spends


def why_no_mean(spend: GammaGammaModel) -> Message | None:
    """Why no average amount can be told from a fit; None where it can: it settled, with q above 1 beyond chance."""
    is_sure = all(pd.notna(error) for error in spend.standard_errors_.values())
    if spend.params_["q"] > 1 and not (spend.convergence_.converged and is_sure):
        return T("The model of amounts did not settle on one best answer, so no average amount can be forecast")
    if spend.params_["q"] > 1 and float(spend.intervals["low"].to_dict()["q"]) > 1:
        return None
    return T(
        "A few customers spend so many times what others do that the average of what is still to come is not bounded "
        "by anything in the data, so no amounts are forecast"
    )


def _chosen(usable: pd.DataFrame, errors: pd.DataFrame | None) -> str:
    if errors is None or usable["mae"].isna().all():
        return str(usable.sort_values("aic").iloc[0]["method"])
    best = best_model(errors)
    return best if best and best in set(usable["method"]) else str(usable.sort_values("mae").iloc[0]["method"])


def _row(key: str, model: PurchaseModel, errors: pd.DataFrame | None) -> dict[str, object]:
    parts = ["total_error", "mae", "correlation"]
    own = pd.DataFrame(columns=parts) if errors is None else errors.loc[errors["method"] == key, parts]
    return {
        "method": key,
        "name": model.name,
        "log_likelihood": model.log_likelihood_,
        "aic": model.aic,
        "converged": model.convergence_.converged,
        "verdict": model.convergence_.headline,
        "assumes": ASSUMES.get(key, T("See the model's own page")),
        **dict(zip(parts, own.to_numpy(float)[0] if len(own) else [np.nan] * len(parts), strict=True)),
    }
