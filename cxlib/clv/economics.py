"""What customers cost against what they are worth: by channel or start month, with payback and intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cxlib.clv.models.days import purchase_days
from cxlib.clv.models.rows import Floats, as_frame
from cxlib.clv.value import Forecast
from cxlib.errors import DataError
from cxlib.language import Count, Days, Decimal, Message, Money, Percent, T
from cxlib.measures.result import Result

STEP_DAYS = 30  # payback is looked up in steps of this many days
FEWEST = 20  # customers of a group still observed, below which its payback curve ends


@dataclass(frozen=True)
class Acquisition(Result):
    """Cost, value and payback of groups of customers.

    Attributes
    ----------
    table : DataFrame
        One row a group: group, customers (with a known cost), unknown_cost (customers without), cost_cents and
        value_cents (means of a customer; value so far and to come), value_to_cost with _low and _high, payback_days
        with _low and _high (infinite: not within what has been observed), observed_days (how far the payback curve
        reaches).
    curves : DataFrame
        group, age_days, margin_cents (mean margin of a customer up to that age), customers (observed that long).
    by : str
        What the groups are.
    level : float
    currency : str
    """

    table: pd.DataFrame
    curves: pd.DataFrame
    by: str
    level: float
    currency: str

    @property
    def summary(self) -> pd.DataFrame:
        """`table` for a reader."""
        table = self.table
        return pd.DataFrame(
            {
                "group": table["group"].astype("object"),
                "customers": table["customers"].map(Count),
                "cost of a customer": table["cost_cents"].map(self._money),
                "value of a customer": table["value_cents"].map(self._money),
                "value to cost": [Decimal(v) for v in table["value_to_cost"]],
                "low": [Decimal(v) for v in table["value_to_cost_low"]],
                "high": [Decimal(v) for v in table["value_to_cost_high"]],
                "paid back after": [_payback(v) for v in table["payback_days"]],
                "payback, low": [_payback(v) for v in table["payback_days_low"]],
                "payback, high": [_payback(v) for v in table["payback_days_high"]],
            }
        )

    @property
    def headline(self) -> Message:
        """Which groups are clearly not worth their cost; else the one that pays best."""
        losing = self.table[self.table["value_to_cost_high"] < 1]
        if len(losing):
            worst = losing.sort_values("value_to_cost").iloc[0]
            return T(
                "{group} customers cost more than they are worth: {ratio} of value for each unit of cost "
                "({n} customers)",
                group=str(worst["group"]),
                ratio=Decimal(float(worst["value_to_cost"]), digits=2),
                n=Count(int(worst["customers"])),
            )
        best = self.table.sort_values("value_to_cost", ascending=False).iloc[0]
        return T(
            "{group} customers return most: {ratio} times their cost (interval {low} to {high}, {n} customers)",
            group=str(best["group"]),
            ratio=Decimal(float(best["value_to_cost"])),
            low=Decimal(float(best["value_to_cost_low"])),
            high=Decimal(float(best["value_to_cost_high"])),
            n=Count(int(best["customers"])),
        )

    def _money(self, cents: float) -> Money:
        return Money(cents, currency=self.currency)


def acquisition_economics(
    found: Forecast,
    customers: Any,
    transactions: Any,
    *,
    end: Any,
    by: str = "channel",
    level: float = 0.95,
    draws: int = 400,
    seed: int = 0,
) -> Acquisition:
    """Compare what customers cost with what they bring.

    Parameters
    ----------
    found : Forecast
    customers : DataFrame
        Canonical customers: customer_id, acquisition_cost_cents (missing where unknown) and the column `by`; a date
        column stands for its months (cohorts).
    transactions : DataFrame
        Canonical transactions up to `end`, for payback.
    end : date
        Last day of observation.
    by : str
        Column whose values are the groups.
    level, draws, seed
        Of the intervals: customers of each group drawn with replacement. They hold the differences among customers, not
        the uncertainty of the forecast itself, which is the same for all groups.

    Notes
    -----
    Payback is the first age, in steps of 30 days, at which the mean margin of a customer reaches the mean cost; a step
    counts only customers observed throughout it.

    Raises
    ------
    DataError
        A column is missing, or no cost is known.
    """
    people = as_frame(customers, ("customer_id", "acquisition_cost_cents", by), made_by="customers")
    joined = found.customers[["customer_id", "total_value_cents"]].merge(people, on="customer_id", how="left")
    if joined["acquisition_cost_cents"].isna().all():
        raise DataError("column 'acquisition_cost' is missing for every customer, so nothing can be compared with it.")
    joined["group"] = _groups(joined[by])
    margins = _margin_by_age(
        as_frame(transactions, ("customer_id", "day", "amount_cents")), joined, end, found.rules.margin
    )
    rng = np.random.default_rng(seed)
    rows, curves = [], []
    for name, part in joined.groupby("group", sort=True):
        known = part["acquisition_cost_cents"].notna().to_numpy()
        if known.sum() < 2:
            continue
        row, curve = _group(
            part[known], margins[part.index.to_numpy()[known]], rng.spawn(1)[0], level=level, draws=draws
        )
        rows.append({"group": name, "customers": int(known.sum()), "unknown_cost": int((~known).sum()), **row})
        curves.append(curve.assign(group=name))
    return Acquisition(pd.DataFrame(rows), pd.concat(curves, ignore_index=True), by, level, found.currency)


def _groups(values: Any) -> Any:
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.dt.to_period("M").astype("str")
    named: Any = values.astype("str").where(values.notna(), "—")
    return named


def _margin_by_age(transactions: pd.DataFrame, joined: pd.DataFrame, end: Any, margin: float) -> Floats:
    """Margin of each customer in each step of age, in cents; NaN where the step is not wholly observed."""
    day = pd.to_datetime(transactions["day"])
    rows = transactions.assign(day=day)[day <= pd.Timestamp(end)]
    first = purchase_days(rows).groupby("customer_id")["day"].min().reindex(joined["customer_id"])
    if first.isna().any():
        raise DataError(
            f"{int(first.isna().sum()):,} customers of the forecast have no purchase in the transactions up to {end} "
            f"(first: {first.index[first.isna()][0]!r}). Give the transactions that the forecast was made from."
        )
    seen = ((pd.Timestamp(end) - first).dt.days.to_numpy() + 1) // STEP_DAYS
    steps = max(int(seen.max()), 1)
    place = pd.Series(np.arange(len(joined)), index=joined["customer_id"])
    at = rows["customer_id"].map(place)
    rows, codes = rows[at.notna()], at.dropna().astype("int64").to_numpy()
    age = (rows["day"].to_numpy() - first.to_numpy()[codes]) // np.timedelta64(STEP_DAYS, "D")
    kept = (age >= 0) & (age < steps)
    margins = np.zeros((len(joined), steps))
    np.add.at(margins, (codes[kept], age[kept].astype(np.int64)), margin * rows["amount_cents"].to_numpy(float)[kept])
    margins[np.arange(steps)[None, :] >= seen[:, None]] = np.nan
    return margins


def _group(
    part: pd.DataFrame, margins: Floats, rng: np.random.Generator, *, level: float, draws: int
) -> tuple[dict[str, float], pd.DataFrame]:
    cost = part["acquisition_cost_cents"].to_numpy(float)
    value = part["total_value_cents"].to_numpy(float)
    n = len(part)
    drawn = rng.integers(n, size=(draws, n)) + n * np.arange(draws)[:, None]
    weights = np.vstack([np.ones(n), np.bincount(drawn.ravel(), minlength=draws * n).reshape(draws, n)])
    costs, values = weights @ cost / n, weights @ value / n
    ratio = np.divide(values, costs, out=np.full(len(costs), np.inf), where=costs > 0)
    curves, observed = _curves(margins, weights)
    payback = _first_reach(curves, costs)
    ends = [0.5 - level / 2, 0.5 + level / 2]
    low, high = np.quantile(ratio[1:], ends)
    soon, late = np.quantile(payback[1:], ends, method="nearest")
    row = {
        "cost_cents": costs[0], "value_cents": values[0],
        "value_to_cost": ratio[0], "value_to_cost_low": low, "value_to_cost_high": high,
        "payback_days": payback[0], "payback_days_low": soon, "payback_days_high": late,
        "observed_days": float(curves.shape[1] * STEP_DAYS),
    }  # fmt: skip
    ages = (np.arange(curves.shape[1]) + 1) * STEP_DAYS
    return row, pd.DataFrame({"age_days": ages, "margin_cents": curves[0], "customers": observed})


def _curves(margins: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Mean margin up to each age, by row of weights; steps with too few customers end the curve."""
    known = np.isfinite(margins)
    observed = known.sum(axis=0)
    steps = max(int((np.cumprod(observed >= min(FEWEST, len(margins)))).sum()), 1)
    sums = weights @ np.where(known, margins, 0)[:, :steps]
    counts = weights @ known[:, :steps].astype(float)
    mean = np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0)
    return np.cumsum(mean, axis=1), observed[:steps]


def _first_reach(curves: Floats, costs: Floats) -> Floats:
    reached = curves >= costs[:, None]
    days = (reached.argmax(axis=1) + 1.0) * STEP_DAYS
    return np.where(reached.any(axis=1), days, np.inf)


def _payback(days: float) -> object:
    return Days(days) if np.isfinite(days) else T("not yet")


@dataclass(frozen=True)
class ValueRisk(Result):
    """On how few customers the value still to come rests, and how much of it hangs on customers who may have left.

    Attributes
    ----------
    top_tenth_share : float
        Share of residual value of the tenth of customers with the most.
    half_customers : int
        Fewest customers who hold half of it.
    at_risk_cents : float
        What would be added if every customer were surely still a customer: value / P(alive) - value.
    value_cents : float
        Residual value of all.
    customers : DataFrame
        customer_id, residual_value_cents, p_alive, at_risk_cents; the largest risk first.
    currency : str
    """

    top_tenth_share: float
    half_customers: int
    at_risk_cents: float
    value_cents: float
    customers: pd.DataFrame
    currency: str

    @property
    def summary(self) -> pd.DataFrame:
        """The figures."""
        rows = [
            (T("Value still to come"), Money(self.value_cents, currency=self.currency)),
            (T("Share of the tenth of customers with most"), Percent(self.top_tenth_share)),
            (T("Customers who hold half of it"), Count(self.half_customers)),
            (T("Value at risk: customers who may have left"), Money(self.at_risk_cents, currency=self.currency)),
        ]
        return pd.DataFrame(rows, columns=["what", "value"])

    @property
    def headline(self) -> Message:
        """Concentration and risk in a sentence."""
        return T(
            "{n} customers hold half of the value still to come; {risk} more would come if nobody had left",
            n=Count(self.half_customers),
            risk=Money(self.at_risk_cents, currency=self.currency),
        )


def value_risk(found: Forecast) -> ValueRisk:
    """Concentration and value at risk of a forecast."""
    table = found.customers[["customer_id", "residual_value_cents", "p_alive"]]
    value, alive = table["residual_value_cents"].to_numpy(float), table["p_alive"].to_numpy(float)
    # Below one in a million the quotient says nothing: value and P(alive) vanish together.
    lost = np.where(alive > 1e-6, value / np.maximum(alive, 1e-6) - value, 0.0)
    ranked = np.sort(value)[::-1]
    held, total = np.cumsum(ranked), max(float(value.sum()), 1e-12)
    top = max(round(len(value) / 10), 1)
    people = table.assign(at_risk_cents=lost).sort_values("at_risk_cents", ascending=False, ignore_index=True)
    half = int(np.searchsorted(held, total / 2)) + 1
    return ValueRisk(float(held[top - 1] / total), half, float(lost.sum()), float(value.sum()), people, found.currency)
