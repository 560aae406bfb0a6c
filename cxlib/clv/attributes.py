"""What attributes of customers go along with, and whether knowing them would have made past forecasts better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cxlib.clv.models.covariates import CovariateModel
from cxlib.clv.models.rows import Floats, as_frame
from cxlib.clv.past_days import MODELS, PastDay
from cxlib.clv.scoring import score
from cxlib.clv.study import CustomerStudy
from cxlib.errors import DataError
from cxlib.language import Decimal, Message, Percent, T
from cxlib.measures.result import Result

TESTED = 2  # of the past days, the last ones
WORTH_IT = 0.01  # a smaller change of the average error counts as none
PARTS = {"buying": T("How often they buy"), "leaving": T("How readily they leave")}


@dataclass(frozen=True)
class AttributeStudy(Result):
    """Associations with attributes, and past errors with and without them.

    Attributes
    ----------
    model : CovariateModel
        The chosen kind of model, fitted to all customers with their attributes.
    associations : DataFrame
        As of the model: part, attribute, ratio, low, high.
    errors : DataFrame
        origin, mae and total_error with and without attributes (mae_without, total_error_without), n.
    columns : tuple of str
    """

    model: CovariateModel
    associations: pd.DataFrame
    errors: pd.DataFrame
    columns: tuple[str, ...]

    @property
    def mae(self) -> tuple[float, float]:
        """Average error of a customer with and without attributes, all origins together."""
        n = self.errors["n"].to_numpy(float)
        found = [float(np.average(self.errors[name], weights=n)) for name in ("mae", "mae_without")]
        return found[0], found[1]

    @property
    def improves(self) -> bool:
        """Whether attributes lower the average error by a hundredth or more."""
        return self.mae[0] < self.mae[1] * (1 - WORTH_IT)

    @property
    def references(self) -> tuple[str, ...]:
        """The most frequent kind by each column of levels, with which the others are compared."""
        parts = self.model._designs[0].attributes
        return tuple(f"{part.column}={part.reference}" for part in parts if part.levels)

    @property
    def summary(self) -> pd.DataFrame:
        """`associations` for a reader."""
        table = self.associations
        shown = {name: [Decimal(v, digits=2) for v in table[name]] for name in ("ratio", "low", "high")}
        return pd.DataFrame({"part": table["part"].map(PARTS), "attribute": table["attribute"], **shown})

    @property
    def headline(self) -> Message:
        """Whether knowing the attributes would have helped."""
        values = {
            "columns": ", ".join(self.columns), "model": self.model.name, "mae": Decimal(self.mae[0], digits=3),
            "without": Decimal(self.mae[1], digits=3), "change": Percent(self.mae[0] / self.mae[1] - 1, signed=True),
        }  # fmt: skip
        if self.improves:
            return T(
                "Knowing {columns}, {model} would have erred by {mae} purchases a customer in the past, {without} "
                "without ({change}): that is worth using in a forecast from Python; the one on this page does without",
                **values,
            )
        return T(
            "Knowing {columns}, {model} would have erred by {mae} purchases a customer in the past, {without} without "
            "({change}): too little to matter, so the forecast does without",
            **values,
        )


def study_attributes(study: CustomerStudy, attributes: Any, columns: Sequence[str]) -> AttributeStudy:
    """Fit the chosen model with attributes of customers, today and on the last two past days of the test.

    Parameters
    ----------
    study : CustomerStudy
        With a test on the past.
    attributes : DataFrame
        One row a customer: customer_id and `columns`; customers who are missing have unknown attributes.
    columns : sequence of str

    Raises
    ------
    DataError
        There is no chosen model that takes attributes, or a column is missing or says the same of all.
    """
    kind = None if study.choice is None else MODELS[study.choice.chosen]
    if study.past is None or study.choice is None or kind is None or not issubclass(kind, CovariateModel):
        raise DataError("no model that takes attributes was tested and chosen, so there is nothing to compare with.")
    known = as_frame(attributes, ("customer_id", *columns), made_by="customers")[["customer_id", *columns]]
    model = kind(covariates=columns).fit(_join(study.customers, known))
    days = study.past.days[-TESTED:]
    rows = [_past_errors(day, study.choice.chosen, model, known) for day in days]
    errors = pd.DataFrame([row for row in rows if row is not None])
    if errors.empty:
        raise DataError("no past day has enough customers to fit a model with attributes. Choose fewer of them.")
    return AttributeStudy(model, model.associations, errors, tuple(columns))


def _past_errors(day: PastDay, method: str, like: CovariateModel, known: pd.DataFrame) -> dict[str, Any] | None:
    """Errors at a past day with and without attributes; None where either could not be fitted."""
    if method not in day.models:
        return None
    table = _join(day.summary, known)
    try:
        model = type(like)(time_unit_days=like.time_unit_days, covariates=like.covariates).fit(table)
    except DataError:
        return None
    actual = table["frequency_holdout"].to_numpy(float)
    own: Floats = model.expected_purchases(table, horizon_days=day.settings.horizon_days).to_numpy(float)
    with_them, without = (score(said, actual) for said in (own, day.methods[method].to_numpy(float)))
    return {
        "origin": day.day, "mae": with_them["mae"], "mae_without": without["mae"],
        "total_error": with_them["total_error"], "total_error_without": without["total_error"], "n": without["n"],
    }  # fmt: skip


def _join(summary: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    return summary.merge(known.drop_duplicates("customer_id"), on="customer_id", how="left", validate="one_to_one")
