"""How revenue and orders are shared out: repeat customers, one-time buyers, the top tenth, Lorenz and Gini."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxlib.checks import Floats
from cxlib.language import Count, Decimal, Message, Percent, Quantity, T
from cxlib.measures.result import Result, row_quantities
from cxlib.measures.sampling import percentiles, wilson
from cxlib.segments.intervals import resampled_sums, studentised, top_share


@dataclass(frozen=True, repr=False)
class Concentration(Result):
    """On how few customers the revenue rests.

    `customers`, `orders`: Customers, and their orders (purchase days where the frame has no `orders`: `by_day`).
    `measures`: By measure: value, low, high (95%), n. Measures: repurchase_share (orders of customers who had ordered
        before, of all orders; interval by resampling customers), one_time_share (customers with one purchase day;
        Wilson), top_tenth_share (of revenue, the tenth of customers who spent most; the customer at the cut counts in
        part), gini (of net amounts; NaN where an amount is negative). The last two have a studentised interval, NaN
        where there are too few customers or a few of them weigh too much for one, and are NaN where revenue is not
        positive.
    """

    customers: int
    orders: int
    measures: pd.DataFrame
    by_day: bool = False

    @property
    def face(self) -> pd.DataFrame:
        """`measures` for a reader."""
        names = {
            "repurchase_share": T("Orders from customers who had bought before"),
            "one_time_share": T("Customers who bought on one day only"),
            "top_tenth_share": T("Revenue from the tenth of customers who spend most"),
            "gini": T("Gini coefficient of spending"),
        }
        kind: dict[str, Callable[[float], Quantity]] = {"gini": lambda value: Decimal(value, digits=2)}
        rows = [
            (names[str(key)], *map(kind.get(str(key), Percent), row[["value", "low", "high"]]), Count(int(row["n"])))
            for key, row in self.measures.iterrows()
        ]
        return pd.DataFrame(rows, columns=["measure", "value", "low", "high", "of"])

    @property
    def headline(self) -> Message:
        """What the top tenth brings; the neutral form where that is not clearly more than a tenth."""
        top = self.measures.loc[["top_tenth_share"]].iloc[0]
        if not np.isfinite(top["value"]):
            return T(
                "The {n} customers have spent nothing in all, so there is no revenue to share out",
                n=Count(self.customers),
            )
        values = {**_shares(top), "n": Count(self.customers)}
        if top["value"] > 1:
            return T(
                "The tenth who spend most of {n} customers bring more than the whole revenue: the others had more "
                "refunded than they paid",
                n=values["n"],
            )
        if not np.isfinite(top["low"]):
            return T(
                "A tenth of customers bring {share} of revenue ({n} customers); they are too few, or the largest weigh "
                "too much, for an interval",
                share=values["share"],
                n=values["n"],
            )
        if top["low"] > 0.1:
            return T(
                "A tenth of customers bring {share} of revenue (95% interval {low} to {high}, {n} customers)", **values
            )
        return T(
            "Revenue is spread evenly: the tenth who spend most bring {share} (95% interval {low} to {high}, "
            "{n} customers)",
            **values,
        )

    @property
    def repurchase(self) -> Message:
        """How many orders come from customers who had bought before."""
        row = self.measures.loc[["repurchase_share"]].iloc[0]
        if self.by_day:
            return T(
                "{share} of {n} purchase days are of customers who had bought before (95% interval {low} to {high}); "
                "the data does not tell orders of one day apart",
                n=Count(self.orders),
                **_shares(row),
            )
        return T(
            "{share} of {n} orders come from customers who had bought before (95% interval {low} to {high})",
            n=Count(self.orders),
            **_shares(row),
        )

    @property
    def one_time_buyers(self) -> Message:
        """How many customers bought on one day only."""
        row = self.measures.loc[["one_time_share"]].iloc[0]
        return T(
            "{share} of {n} customers bought on one day only (95% interval {low} to {high})",
            n=Count(self.customers),
            **_shares(row),
        )


def _shares(row: pd.Series) -> dict[str, object]:
    return row_quantities(row, Percent, share="value", low="low", high="high")


def measure_concentration(frame: pd.DataFrame, *, draws: int = 1000, seed: int = 0) -> Concentration:
    """Measure how revenue and orders are shared out among customers.

    `frame`: The table of `cxlib.data.rfm_frame`: frequency, monetary (cents) and, where known, orders.
    """
    orders = frame["orders"] if "orders" in frame else frame["frequency"]
    money = np.sort(frame["monetary"].to_numpy())
    spread = _spread(money, draws, seed)
    measures = pd.DataFrame(
        {
            "repurchase_share": _repurchase(orders.to_numpy(), draws, seed),
            "one_time_share": _one_time(frame["frequency"]),
            "top_tenth_share": spread[0],
            "gini": spread[1],
        }
    ).T[["value", "low", "high", "n"]]
    return Concentration(len(frame), int(orders.sum()), measures, "orders" not in frame)


def _repurchase(orders: Floats, draws: int, seed: int) -> dict[str, float]:
    sizes, customers = np.unique(orders, return_counts=True)
    drawn = resampled_sums(customers, sizes[:, None].astype(float), draws=draws, seed=seed)
    low, high = percentiles(1 - len(orders) / drawn[:, 0])
    return {"value": 1 - len(orders) / int(orders.sum()), "low": low, "high": high, "n": int(orders.sum())}


def _one_time(frequency: pd.Series) -> dict[str, float]:
    once, n = int((frequency == 1).sum()), len(frequency)
    low, high = wilson([once], [n])
    return {"value": once / n, "low": float(low[0]), "high": float(high[0]), "n": n}


def _spread(money: Floats, draws: int, seed: int) -> tuple[dict[str, float], dict[str, float]]:
    """Top tenth and Gini of the customers' ascending amounts, with studentised intervals."""
    n, amounts = len(money), money.astype(float)
    nothing = {"value": np.nan, "low": np.nan, "high": np.nan, "n": n}
    if not amounts.sum() > 0:
        return nothing, nothing
    measures = (top_share,) if amounts[0] < 0 else (top_share, _gini)
    values = [float(measure(amounts[None])[0][0]) for measure in measures]
    ranges = studentised(amounts, measures, draws=draws, seed=seed)
    rows = [{"value": v, "low": low, "high": high, "n": n} for v, (low, high) in zip(values, ranges, strict=True)]
    return rows[0], rows[1] if len(rows) > 1 else nothing


def _gini(money: Floats) -> tuple[Floats, Floats]:
    """Gini coefficient and its standard error by row; rows ascend. Davidson (2009), equations 5 and 17."""
    n = money.shape[1]
    total, place = money.sum(axis=1, keepdims=True), np.arange(1, n + 1)
    gini = (money @ (2 * place - n - 1.0))[:, None] / (n * total)
    influence = ((2 * place - 1) / n - 1 - gini) * money - 2 / n * np.cumsum(money, axis=1)
    return gini[:, 0], influence.std(axis=1) * np.sqrt(n) / total[:, 0]
