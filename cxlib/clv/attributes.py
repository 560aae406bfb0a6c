"""What attributes of customers go along with, and whether knowing them would have made past forecasts better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxlib.checks import require_columns
from cxlib.clv.backtest import Backtest, PastDay
from cxlib.clv.baselines import score
from cxlib.clv.choice import MODELS, TOLERATED
from cxlib.clv.models.covariates import CovariateModel
from cxlib.errors import DataError
from cxlib.language import Decimal, Message, Percent, T, column_name, join_names

TESTED = 2  # of the past days, the last ones


@dataclass(frozen=True)
class AttributeStudy:
    """Associations with attributes, and past errors with and without them.

    Attributes
    ----------
    model : CovariateModel
        The chosen kind of model, fitted to all customers with their attributes.
    associations : DataFrame
        As of the model: part, attribute, ratio, low, high.
    errors : DataFrame
        By past day: mae with attributes, mae_without, n.
    columns : tuple of str
    """

    model: CovariateModel
    associations: pd.DataFrame
    errors: pd.DataFrame
    columns: tuple[str, ...]

    @property
    def references(self) -> tuple[str, ...]:
        """The most frequent kind by each column of levels, with which the others are compared."""
        parts = self.model._designs[0].attributes
        return tuple(f"{part.column}={part.reference}" for part in parts if part.levels)

    @property
    def headline(self) -> Message:
        """Whether knowing the attributes would have lowered the average error by a hundredth or more."""
        n = self.errors["n"].to_numpy(float)
        mae, without = (float(np.average(self.errors[name], weights=n)) for name in ("mae", "mae_without"))
        values = {
            "columns": join_names([column_name(name) for name in self.columns]),
            "model": self.model.name,
            "mae": Decimal(mae, digits=3),
            "without": Decimal(without, digits=3),
            "change": Percent(mae / without - 1, signed=True),
        }
        if mae < without * (1 - TOLERATED):
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


def study_attributes(
    past: Backtest, chosen: str, customers: pd.DataFrame, people: pd.DataFrame, columns: Sequence[str]
) -> AttributeStudy:
    """Fit the `chosen` model with attributes of customers, today and on the last two past days of the test.

    Parameters
    ----------
    people : DataFrame
        One row a customer: customer_id and `columns`; customers who are missing have unknown attributes.
    """
    kind = MODELS[chosen]
    if not issubclass(kind, CovariateModel):
        raise DataError(f"{kind.name} takes no attributes, so there is nothing to compare with.")
    require_columns(people, ("customer_id", *columns), what="the table of customers")
    own = people[["customer_id", *columns]].drop_duplicates("customer_id")
    model = kind(covariates=columns).fit(_join(customers, own))
    rows = [_past_errors(day, chosen, model, own) for day in past.days[-TESTED:]]
    errors = pd.DataFrame([row for row in rows if row is not None])
    if errors.empty:
        raise DataError("no past day has enough customers to fit a model with attributes. Choose fewer of them.")
    return AttributeStudy(model, model.associations, errors, tuple(columns))


def _past_errors(day: PastDay, method: str, like: CovariateModel, people: pd.DataFrame) -> dict[str, float] | None:
    """Errors at a past day with and without attributes; None where either could not be fitted."""
    if method not in day.models:
        return None
    table = _join(day.summary, people)
    try:
        model = type(like)(time_unit_days=like.time_unit_days, covariates=like.covariates).fit(table)
    except DataError:
        return None
    actual = table["frequency_holdout"].to_numpy(float)
    expected = model.expected_purchases(table, horizon_days=day.settings.horizon_days).to_numpy(float)
    with_them, without = (score(way, actual) for way in (expected, day.methods[method].to_numpy(float)))
    return {"mae": with_them["mae"], "mae_without": without["mae"], "n": without["n"]}


def _join(summary: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    return summary.merge(people, on="customer_id", how="left", validate="one_to_one")
