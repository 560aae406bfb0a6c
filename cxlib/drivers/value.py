"""The money behind promoters, passives and detractors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cxlib.errors import DataError
from cxlib.language import Count, Message, Money, Percent, T
from cxlib.measures.nps import nps_codes, read_scores
from cxlib.measures.result import Result

NAMES = {"promoter": T("Promoters"), "passive": T("Passives"), "detractor": T("Detractors")}


@dataclass(frozen=True)
class ValueBehind(Result):
    """Value of customers by what they last answered.

    Attributes
    ----------
    table : DataFrame
        kind ("promoter", "passive", "detractor"), name, customers, value_cents, share (of the value of all three),
        mean_cents.
    currency : str
        ISO code for display.
    """

    table: pd.DataFrame
    currency: str = ""

    @property
    def summary(self) -> pd.DataFrame:
        """The table in quantities."""
        t = self.table
        return pd.DataFrame(
            {
                "customers": t["name"], "number": t["customers"].map(Count), "value": t["value_cents"].map(self._money),
                "share": t["share"].map(Percent), "value of one": t["mean_cents"].map(self._money),
            }
        )  # fmt: skip

    @property
    def headline(self) -> Message:
        """How much stands behind detractors."""
        row: Any = self.table.set_index("kind").loc["detractor"]
        return T(
            "Behind the {n} customers who would not recommend us stand {value}, {share} of the value of all who "
            "answered", n=Count(row["customers"]), value=self._money(row["value_cents"]), share=Percent(row["share"]),
        )  # fmt: skip

    def _money(self, cents: float) -> Money:
        return Money(cents, currency=self.currency)


def value_behind(scores: Any, value_cents: Any, *, currency: str = "") -> ValueBehind:
    """Add up customers' value by promoters, passives and detractors.

    Parameters
    ----------
    scores : array-like (n,)
        The last 0-10 answer of each customer; those without one are left out.
    value_cents : array-like (n,)
        What each customer is worth or has spent, in cents; missing counts as nothing.
    currency : str
        ISO code for display.

    Raises
    ------
    DataError
        Lengths differ, or a score is off the scale.

    Examples
    --------
    >>> value_behind([10, 8, 3, 2], [50_00, 30_00, 10_00, 10_00]).table["share"].tolist()
    [0.5, 0.3, 0.2]
    """
    if np.size(scores) != np.size(value_cents):
        raise DataError(f"there are {np.size(value_cents):,} values for {np.size(scores):,} scores. Give one for each.")
    answers, given = read_scores(scores)
    value = np.nan_to_num(np.asarray(value_cents, float)[given])
    codes = nps_codes(answers)
    rows = [(kind, codes == code) for kind, code in zip(NAMES, (1, 0, -1), strict=True)]
    table = pd.DataFrame(
        {
            "kind": [kind for kind, _ in rows], "name": list(NAMES.values()),
            "customers": [int(inside.sum()) for _, inside in rows],
            "value_cents": [float(value[inside].sum()) for _, inside in rows],
        }
    )  # fmt: skip
    total = value.sum()
    return ValueBehind(
        table.assign(
            share=table["value_cents"] / total if total > 0 else np.nan,
            mean_cents=table["value_cents"] / table["customers"].where(table["customers"] > 0),
        ),
        currency,
    )


def value_behind_spend(customers: pd.DataFrame | None, *, currency: str = "") -> ValueBehind | None:
    """What promoters, passives and detractors have spent.

    Parameters
    ----------
    customers : DataFrame or None
        nps (the last answer of each customer) and spent_cents; missing spend counts as nothing.
    currency : str
        ISO code for display.

    Returns
    -------
    ValueBehind or None
        None where spend is not known, or nobody spent anything.

    Examples
    --------
    >>> value_behind_spend(pd.DataFrame({"nps": [9, 2], "spent_cents": [300, 100]})).table["share"].tolist()
    [0.75, 0.0, 0.25]
    """
    if customers is None or not customers["spent_cents"].sum() > 0:
        return None
    return value_behind(customers["nps"], customers["spent_cents"], currency=currency)
