"""Which model to use, in one table: likelihood, backtest, what it assumes, whether its fit settled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cxlib.clv.backtest import Backtest
from cxlib.clv.models.base import PurchaseModel
from cxlib.clv.past_days import MODELS
from cxlib.errors import DataError
from cxlib.language import Decimal, Message, Percent, T
from cxlib.measures.result import Result

ASSUMES: dict[str, Message] = {
    "bg_nbd": T("Customers may leave right after a repeat purchase; whoever bought once is still a customer"),
    "mbg_nbd": T("Customers may leave right after any purchase, the first one too"),
    "pareto_nbd": T("Customers may leave at any moment, whether they have bought or not"),
}


@dataclass(frozen=True)
class ModelChoice(Result):
    """The models side by side.

    Attributes
    ----------
    table : DataFrame
        One row a model, best first: method, name, log_likelihood, aic, aic_difference (to the least), converged,
        verdict (Message), assumes (Message), and of the backtest total_error, mae, correlation (NaN without one).
    chosen : str
        Key of the model to use: the best of the backtest whose fit settled; without a backtest the least AIC.
    """

    table: pd.DataFrame
    chosen: str

    @property
    def summary(self) -> pd.DataFrame:
        """`table` for a reader."""
        table = self.table
        return pd.DataFrame(
            {
                "model": table["name"],
                "assumes": table["assumes"],
                "log likelihood": [Decimal(v) for v in table["log_likelihood"]],
                "AIC above the best": [Decimal(v) for v in table["aic_difference"]],
                "total error in the past": [Percent(v, signed=True) for v in table["total_error"]],
                "average error of a customer": [Decimal(v, digits=3) for v in table["mae"]],
                "fit": table["verdict"],
            }
        )

    @property
    def headline(self) -> Message:
        """What was chosen and why."""
        row: Any = self.table.set_index("method").loc[self.chosen]
        if np.isfinite(row["mae"]):
            return T(
                "{model} is used: forecasts made in the past were off by {error} in total and {mae} purchases a "
                "customer",
                model=row["name"],
                error=Percent(float(row["total_error"]), signed=True),
                mae=Decimal(float(row["mae"]), digits=2),
            )
        return T(
            "{model} is used: it fits the purchases so far best. It has not been tested on the past", model=row["name"]
        )


def choose_model(models: Mapping[str, PurchaseModel], past: Backtest | None = None) -> ModelChoice:
    """Compare fitted models.

    Parameters
    ----------
    models : dict of str to PurchaseModel
        Fitted to the same table; keys as in `backtest` (bg_nbd, mbg_nbd, pareto_nbd).
    past : Backtest, optional

    Raises
    ------
    DataError
        There is no model, or no fit settled: then no forecast should be made.
    """
    if not models:
        raise DataError("no model was fitted, so there is none to choose. Fit one of " + ", ".join(MODELS) + ".")
    rows = [_row(key, model, past) for key, model in models.items()]
    table = pd.DataFrame(rows)
    table["aic_difference"] = table["aic"] - table["aic"].min()
    usable = table[table["converged"]]
    if usable.empty:
        raise DataError(
            "the fit of no model settled on one best answer, so there is no forecast to rely on. Give a longer period "
            "or more customers."
        )
    return ModelChoice(table.sort_values("aic").reset_index(drop=True), _chosen(usable, past))


def _chosen(usable: pd.DataFrame, past: Backtest | None) -> str:
    by_likelihood = str(usable.sort_values("aic").iloc[0]["method"])
    if past is None or usable["mae"].isna().all():
        return by_likelihood
    if past.best in set(usable["method"]):
        return str(past.best)
    return str(usable.sort_values("mae").iloc[0]["method"])


def _row(key: str, model: PurchaseModel, past: Backtest | None) -> dict[str, object]:
    scores: Any = None if past is None else past.table.set_index("method")
    tested = scores is not None and key in scores.index
    parts = ("total_error", "mae", "correlation")
    found = {part: float(scores.loc[key, part]) if tested else np.nan for part in parts}
    return {
        "method": key,
        "name": model.name,
        "log_likelihood": model.log_likelihood_,
        "aic": model.aic,
        "converged": model.convergence_.converged,
        "verdict": model.convergence_.headline,
        "assumes": ASSUMES.get(key, T("See the model's own page")),
        **found,
    }
