"""Fitted models as a file, so that a later run can say what has changed since."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from cxlib.clv.change import FittedRun
from cxlib.clv.models.base import PurchaseModel
from cxlib.clv.models.gamma_gamma import GammaGammaModel
from cxlib.clv.past_days import MODELS
from cxlib.errors import CxError

SCHEMA = 2
SEEN = ("customer_id", "frequency", "recency", "T", "monetary_value", "first_amount_cents", "repeat_amount_cents")


@dataclass(frozen=True)
class KeptModels:
    """The two models of a run; `save` writes their parameters as JSON.

    Examples
    --------
    >>> from cxlib.clv import BetaGeoModel
    >>> often = BetaGeoModel.from_params({"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426})
    >>> kept = KeptModels(often, GammaGammaModel.from_params({"p": 6.25, "q": 3.74, "v": 15.44}))
    >>> kept.plain["purchases"]["model"]
    'bg_nbd'
    """

    purchases: PurchaseModel
    spend: GammaGammaModel

    @property
    def plain(self) -> dict[str, Any]:
        """The models as JSON values: model, time_unit_days, whether the first purchase counts, and parameters."""
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
        }

    def save(self, path: str | Path) -> None:
        """Write the parameters."""
        Path(path).write_text(json.dumps(self.plain, indent=2), encoding="utf-8")


def read_run(customers: str | Path | None, models: str | Path | None) -> FittedRun | None:
    """What an earlier run left: its table of customers (Parquet) and its models; None where there is nothing usable.

    Parameters
    ----------
    customers, models : path or None
        As exported by an earlier run. Files of another form count as none: a comparison is no reason to fail.
    """
    if customers is None or models is None:
        return None
    try:
        plain = json.loads(Path(models).read_text(encoding="utf-8"))
        bought, spent = plain["purchases"], plain["spend"]
        model = MODELS[bought["model"]].from_params(bought["params"], time_unit_days=bought["time_unit_days"])
        table = pd.read_parquet(customers, columns=list(SEEN))
        spend = GammaGammaModel.from_params(spent["params"], first_purchase=spent["first_purchase"])
        return FittedRun(table, model, spend)
    except (OSError, ValueError, KeyError, TypeError, CxError):
        return None
