"""The money behind promoters, passives and detractors: what is forecast where that is known, else what was spent."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cxlib.checks import Values
from cxlib.language import Count, Message, Money, Percent, T, about_money
from cxlib.measures.nps import nps_codes, read_scores
from cxlib.measures.result import Result, Valued, in_quantities
from cxlib.measures.sampling import group_means, group_shares

NAMES = {"promoter": T("Promoters"), "passive": T("Passives"), "detractor": T("Detractors")}


@dataclass(frozen=True, repr=False)
class ValueBehind(Valued, Result):
    """Value of customers by what they last answered.

    `table`: kind ("promoter", "passive", "detractor"), name, customers, value_cents, share (of the value of all three)
        with share_low and share_high, mean_cents with mean_low_cents and mean_high_cents; all intervals 95%.
    `ahead`: Whether value is what customers are expected to bring, and not what they have spent.
    """

    inside = ("table",)

    table: pd.DataFrame
    currency: str = ""
    ahead: bool = False

    @property
    def face(self) -> pd.DataFrame:
        """The table in quantities."""
        values = {"value": ("value_cents", self._money), "share": Percent, "value of one": ("mean_cents", self._money)}
        return in_quantities(self.table, {"customers": "name", "number": ("customers", Count), **values})

    @property
    def headline(self) -> Message:
        """How much stands behind detractors."""
        row = self.table.set_index("kind").loc[["detractor"]].iloc[0]
        if not row["customers"]:
            return T(
                "None of the {n} customers who answered gave 6 or less", n=Count(int(self.table["customers"].sum()))
            )
        known = {
            "n": Count(row["customers"]),
            "value": self._money(row["value_cents"]),
            "share": Percent(row["share"]),
            "low": Percent(row["share_low"]),
            "high": Percent(row["share_high"]),
        }
        if self.ahead:
            return T(
                "From the {n} customers who would not recommend us {value} are expected, {share} of what all who "
                "answered are expected to bring (95% interval {low} to {high})",
                **known,
            )
        return T(
            "The {n} customers who would not recommend us have spent {value}, {share} of what all who answered "
            "have spent (95% interval {low} to {high})",
            **known,
        )

    def _money(self, cents: float) -> Money:
        return about_money(cents, self.currency) if self.ahead else Money(cents, currency=self.currency)


def value_behind(scores: Values, value_cents: Values, *, currency: str = "", ahead: bool = False) -> ValueBehind:
    """Add up customers' value by promoters, passives and detractors.

    `value_cents` (n,): What each customer is worth or has spent, in cents; missing counts as nothing.
    """
    answers, given = read_scores(scores)
    value = np.nan_to_num(np.asarray(value_cents, float)[given])
    kinds = np.array(["detractor", "passive", "promoter"])[nps_codes(answers).astype(int) + 1]
    sums = pd.Series(value).groupby(kinds).agg(customers="size", value_cents="sum")
    shares = group_shares(kinds, value).rename(columns=lambda name: name.removeprefix("revenue_"))
    means = group_means(kinds, value).rename(columns=lambda name: f"mean_{name}_cents".replace("mean_mean", "mean"))
    table = sums.join([shares, means]).reindex([*NAMES]).rename_axis("kind").reset_index()
    table = table.fillna({"customers": 0, "value_cents": 0.0}).astype({"customers": "int64"})
    table.insert(1, "name", list(NAMES.values()))
    return ValueBehind(table.fillna({"share": 0.0}) if value.sum() > 0 else table, currency, ahead)


def value_behind_customers(
    customers: pd.DataFrame | None, *, forecast: str | Path | None = None, currency: str = ""
) -> ValueBehind | None:
    """What promoters, passives and detractors are expected to bring, or else what they have spent.

    `customers`: customer_id, nps (the last answer of each customer) and spent_cents; missing spend counts as nothing.
    `forecast`: Parquet table of the customer value report: customer_id and residual_value_cents. A customer who is not
        in it counts as nothing; a file of another form counts as none, because the report on scores need not fail for
        it.
    """
    if customers is None:
        return None
    worth = _read_forecast(forecast)
    if worth is not None:
        ahead = customers["customer_id"].map(worth)
        if ahead.sum() > 0:
            return value_behind(customers["nps"], ahead, currency=currency, ahead=True)
    if customers.empty or not customers["spent_cents"].sum() > 0:
        return None
    return value_behind(customers["nps"], customers["spent_cents"], currency=currency)


def _read_forecast(path: str | Path | None) -> pd.Series | None:
    if path is None:
        return None
    try:
        table = pd.read_parquet(path, columns=["customer_id", "residual_value_cents"])
    except (OSError, ValueError, KeyError):
        return None
    return None if table["customer_id"].duplicated().any() else table.set_index("customer_id")["residual_value_cents"]
