"""Who comes back: sales to earlier customers, spend of returning against new customers, and second purchases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxlib.language import Count, Days, Decimal, Message, Money, Percent, T
from cxlib.measures.sampling import wilson
from cxlib.segments.intervals import middle, resampled_sums
from cxlib.segments.result import Result, as_frame


@dataclass(frozen=True)
class Repurchase(Result):
    """Returning and new customers of a period.

    Attributes
    ----------
    measures : DataFrame
        By measure: value, low, high (95%, customers resampled), n. repurchase_rate: sales (purchase days) made by
        customers who had bought before, of all sales. returning_spend, new_spend: cents a customer who had, and who had
        not, bought before the period. spend_ratio: the first of them over the second. returning_share: of revenue.
    within : DataFrame
        Of customers observed for at least so many days, who bought again within them: within_days, customers, again,
        rate, low, high (Wilson).
    currency : str
        ISO code for display.
    """

    measures: pd.DataFrame
    within: pd.DataFrame
    currency: str

    @property
    def summary(self) -> pd.DataFrame:
        """`measures` for a reader."""
        money = lambda cents: Money(cents, currency=self.currency)  # noqa: E731  # one of three ways to show a number
        shown: dict[str, tuple[Message, Any]] = {
            "repurchase_rate": (T("Sales to customers who had bought before"), Percent),
            "returning_share": (T("Revenue from customers who had bought before"), Percent),
            "returning_spend": (T("Spend of a returning customer"), money),
            "new_spend": (T("Spend of a new customer"), money),
            "spend_ratio": (T("Spend of a returning over a new customer"), lambda v: Decimal(v, digits=2)),
        }
        known: Any = self.measures.loc
        rows = [
            (name, *(quantity(known[key, part]) for part in ("value", "low", "high")), Count(int(known[key, "n"])))
            for key, (name, quantity) in shown.items()
        ]
        return pd.DataFrame(rows, columns=["measure", "value", "low", "high", "of"])

    @property
    def headline(self) -> Message:
        """How many sales are to customers who had bought before."""
        row: Any = self.measures.loc["repurchase_rate"]
        return T(
            "{share} of {n} sales were to customers who had bought before (95% interval {low} to {high})",
            share=Percent(row["value"]), low=Percent(row["low"]), high=Percent(row["high"]), n=Count(int(row["n"])),
        )  # fmt: skip

    @property
    def spend(self) -> Message:
        """Whether returning customers spend more than new ones: a claim where the interval is clear of one."""
        row: Any = self.measures.loc["spend_ratio"]
        spent: Any = self.measures["value"]
        if not np.isfinite(row["value"]):
            return T("Spend of returning and new customers cannot be compared: one of them spent nothing")
        values = {
            "ratio": Decimal(row["value"], digits=2),
            "low": Decimal(row["low"], digits=2),
            "high": Decimal(row["high"], digits=2),
            "returning": Money(spent["returning_spend"], currency=self.currency),
            "new": Money(spent["new_spend"], currency=self.currency),
        }
        if row["low"] > 1 or row["high"] < 1:
            return T(
                "A returning customer spends {ratio} times as much as a new one (95% interval {low} to {high}): "
                "{returning} against {new}",
                **values,
            )
        return T(
            "Returning and new customers do not clearly spend differently: {returning} against {new}, a ratio of "
            "{ratio} (95% interval {low} to {high})",
            **values,
        )

    @property
    def second_purchase(self) -> Message:
        """How many bought again within the longest window that somebody was observed for."""
        known = self.within[self.within["customers"] > 0]
        if known.empty:
            return T("No customer has been observed for long enough to say how many buy again")
        row: Any = known.iloc[-1]
        return T(
            "{share} of {n} customers bought again within {days} of their first purchase "
            "(95% interval {low} to {high})",
            share=Percent(row["rate"]), n=Count(int(row["customers"])), days=Days(int(row["within_days"])),
            low=Percent(row["low"]), high=Percent(row["high"]),
        )  # fmt: skip

    @property
    def findings(self) -> tuple[Message, ...]:
        """Headline, spend, second purchase."""
        return (self.headline, self.spend, self.second_purchase)


def measure_repurchase(
    period: Any,
    seconds: Any,
    *,
    within_days: Sequence[int] = (30, 60, 90),
    currency: str = "",
    draws: int = 1000,
    seed: int = 0,
) -> Repurchase:
    """Measure how much of a period comes from customers who had bought before.

    Parameters
    ----------
    period : DataFrame or ibis table
        The table of `cxlib.data.period_frame`.
    seconds : DataFrame or ibis table
        The table of `cxlib.data.second_purchase_frame`.
    within_days : sequence of int
        Windows for the second purchase; a customer counts in a window that they were wholly observed for.
    currency : str
        ISO code for display.
    draws, seed : int
        Resamples of customers, and their seed.

    Raises
    ------
    DataError
        A column is missing or holds a missing value, or there are no customers.

    Notes
    -----
    A new customer's first purchase day in the period is no repurchase, the later ones are.

    Examples
    --------
    >>> period = pd.DataFrame({"is_new": [True] * 70 + [False] * 30, "purchase_days": 1, "spent_cents": 100})
    >>> seconds = pd.DataFrame({"days_to_second": [10, None], "observed_days": [100, 100]})
    >>> print(measure_repurchase(period, seconds).headline)
    30% of 100 sales were to customers who had bought before (95% interval 21% to 39%)
    """
    table = as_frame(period, ["is_new", "purchase_days", "spent_cents"], made_by="period_frame")
    waits = as_frame(seconds, ["observed_days"], made_by="second_purchase_frame")
    cells = table.groupby(["is_new", "purchase_days", "spent_cents"], as_index=False).size()
    sums = _parts(cells)
    drawn = resampled_sums(cells["size"], sums, draws=draws, seed=seed)
    value = _measures((cells["size"].to_numpy(float) @ sums)[None])
    spread = {name: middle(each) for name, each in _measures(drawn).items()}
    sales, customers = int(table["purchase_days"].sum()), len(table)
    rows = {
        name: (float(value[name][0]), *spread[name], sales if name == "repurchase_rate" else customers)
        for name in value
    }
    measures = pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high", "n"])
    return Repurchase(measures, _within(waits, within_days), currency)


def _parts(cells: pd.DataFrame) -> NDArray[np.float64]:
    """By cell what a customer adds to: new customers, returning ones, sales, and the cents of each."""
    new = cells["is_new"].to_numpy(float)
    cents, sales = cells["spent_cents"].to_numpy(float), cells["purchase_days"].to_numpy(float)
    return np.stack([new, 1 - new, sales, cents * new, cents * (1 - new)], axis=1)


def _measures(sums: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    new, returning, sales, new_cents, returning_cents = sums.T
    with np.errstate(invalid="ignore", divide="ignore"):
        spend = {"returning_spend": returning_cents / returning, "new_spend": new_cents / new}
        ratio = np.where(spend["new_spend"] > 0, spend["returning_spend"] / spend["new_spend"], np.nan)
        total = returning_cents + new_cents
        return {
            "repurchase_rate": 1 - new / sales,
            **spend,
            "spend_ratio": ratio,
            "returning_share": np.where(total > 0, returning_cents / total, np.nan),
        }


def _within(waits: pd.DataFrame, windows: Sequence[int]) -> pd.DataFrame:
    rows = []
    for days in sorted(windows):
        observed = waits[waits["observed_days"] >= days]
        again = int((observed["days_to_second"] <= days).sum())
        low, high = (float(bound[0]) for bound in wilson([again], [len(observed)]))
        rate = again / len(observed) if len(observed) else float("nan")
        rows.append((days, len(observed), again, rate, low, high))
    return pd.DataFrame(rows, columns=["within_days", "customers", "again", "rate", "low", "high"])
