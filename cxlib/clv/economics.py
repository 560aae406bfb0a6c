"""What customers cost against what they are worth: by channel or start month, with payback and intervals."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxlib.checks import Floats, require_columns
from cxlib.clv.purchase_log import purchase_days
from cxlib.clv.value import Forecast
from cxlib.errors import DataError
from cxlib.measures.result import Valued
from cxlib.measures.sampling import Z95, percentiles

STEP_DAYS = 30  # payback is looked up in steps of this many days
FEWEST = 20  # customers of a group still observed, below which its payback curve ends


@dataclass(frozen=True, repr=False)
class Acquisition(Valued):
    """Cost, value and payback of groups of customers.

    `table`: One row a group: group, customers (with a known cost), unknown_cost (customers without), cost_cents and
        value_cents (means of a customer; value so far and to come), value_to_cost with _low and _high, payback_days
        with _low and _high (infinite: not within what has been observed), observed_days (how far payback is known).
    """

    inside = ("table",)

    table: pd.DataFrame
    by: str
    currency: str


def acquisition_economics(
    forecast: Forecast,
    people: pd.DataFrame,
    transactions: pd.DataFrame,
    *,
    end: pd.Timestamp,
    by: str = "channel",
    draws: int = 400,
    seed: int = 0,
) -> Acquisition:
    """Compare what customers cost with what they bring.

    `people`: Canonical customers: customer_id, acquisition_cost_cents (missing where unknown) and the column `by`; a
        date column stands for its months (cohorts).
    """
    require_columns(people, ("customer_id", "acquisition_cost_cents", by), what="the table of customers")
    values = forecast.customers[["customer_id", "historic_value_cents", "residual_value_cents"]]
    joined = values.merge(people, on="customer_id", how="left")
    joined["group"] = _groups(joined[by])
    margins = _margin_by_age(transactions, joined["customer_id"], end, forecast.rules.margin)
    rng = np.random.default_rng(seed)
    # Factors by which value to come may be off, the first one none, with normal `steps` of the total's interval
    steps = rng.standard_normal(draws)
    total = forecast.total()
    reach = np.log(total.high / total.value) / Z95 if total.value > 0 else 0.0
    errors = np.append(1.0, np.exp(reach * steps))
    rows = []
    for name, part in joined.groupby("group", sort=True):
        has_cost = part["acquisition_cost_cents"].notna().to_numpy()
        if has_cost.sum() < 2:
            continue
        own = margins[part.index.to_numpy()[has_cost]]
        row = _group(part[has_cost], own, rng.spawn(1)[0], errors=errors)
        rows.append({"group": name, "customers": int(has_cost.sum()), "unknown_cost": int((~has_cost).sum()), **row})
    if not rows:
        raise DataError("column 'acquisition_cost' is missing for every group of customers, so there is no comparison.")
    return Acquisition(pd.DataFrame(rows), by, forecast.currency)


def _groups(values: pd.Series) -> pd.Series:
    is_date = pd.api.types.is_datetime64_any_dtype(values)
    names = pd.Series(values.dt.to_period("M") if is_date else values).astype("str")
    return names if is_date else names.where(values.notna(), "—")


def _margin_by_age(transactions: pd.DataFrame, customers: pd.Series, end: pd.Timestamp, margin: float) -> Floats:
    """Margin of each customer in each step of age, in cents; NaN where the step is not wholly observed."""
    day = pd.to_datetime(transactions["day"])
    rows = transactions.assign(day=day)[day <= end]
    first = purchase_days(rows).groupby("customer_id")["day"].min().reindex(customers)
    if first.isna().any():
        raise DataError(
            f"{int(first.isna().sum()):,} customers of the forecast have no purchase in the transactions up to {end} "
            f"(first: {first.index[first.isna()][0]!r}). Give the transactions that the forecast was made from."
        )
    observed = ((end - first).dt.days.to_numpy() + 1) // STEP_DAYS
    steps = max(int(observed.max()), 1)
    at = rows["customer_id"].map(pd.Series(np.arange(len(customers)), index=customers))
    rows, codes = rows[at.notna()], at.dropna().astype("int64").to_numpy()
    age = (rows["day"].to_numpy() - first.to_numpy()[codes]) // np.timedelta64(STEP_DAYS, "D")
    inside = (age >= 0) & (age < steps)
    cents = margin * rows["amount_cents"].to_numpy(float)[inside]
    margins = np.zeros((len(customers), steps))
    np.add.at(margins, (codes[inside], age[inside].astype(np.int64)), cents)
    margins[np.arange(steps)[None, :] >= observed[:, None]] = np.nan
    return margins


def _group(part: pd.DataFrame, margins: Floats, rng: np.random.Generator, *, errors: Floats) -> dict[str, float]:
    cost = part["acquisition_cost_cents"].to_numpy(float)
    past, coming = (part[f"{name}_value_cents"].to_numpy(float) for name in ("historic", "residual"))
    n, draws = len(part), len(errors) - 1
    members = rng.integers(n, size=(draws, n)) + n * np.arange(draws)[:, None]
    weights = np.vstack([np.ones(n), np.bincount(members.ravel(), minlength=draws * n).reshape(draws, n)])
    costs, values = weights @ cost / n, (weights @ past + errors * (weights @ coming)) / n
    ratio = np.divide(values, costs, out=np.full(len(costs), np.inf), where=costs > 0)
    curves = _curves(margins, weights)
    payback = _first_reach(curves, costs)
    low, high = percentiles(ratio[1:])
    past_all = (curves.shape[1] + 1.0) * STEP_DAYS
    soon, late = percentiles(np.minimum(payback[1:], past_all))
    soon, late = STEP_DAYS * np.floor(soon / STEP_DAYS), STEP_DAYS * np.ceil(late / STEP_DAYS)
    return {
        "cost_cents": costs[0],
        "value_cents": values[0],
        "value_to_cost": ratio[0],
        "value_to_cost_low": low,
        "value_to_cost_high": high,
        "payback_days": payback[0],
        "payback_days_low": soon if soon < past_all else np.inf,
        "payback_days_high": late if late < past_all else np.inf,
        "observed_days": float(curves.shape[1] * STEP_DAYS),
    }


def _curves(margins: Floats, weights: Floats) -> Floats:
    """Mean margin up to each age, by row of weights; steps with too few customers end the curve."""
    observed = np.isfinite(margins)
    steps = max(int((np.cumprod(observed.sum(axis=0) >= min(FEWEST, len(margins)))).sum()), 1)
    sums = weights @ np.where(observed, margins, 0)[:, :steps]
    counts = weights @ observed[:, :steps].astype(float)
    mean = np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0)
    return np.cumsum(mean, axis=1)


def _first_reach(curves: Floats, costs: Floats) -> Floats:
    reached = curves >= costs[:, None]
    days = (reached.argmax(axis=1) + 1.0) * STEP_DAYS
    return np.where(reached.any(axis=1), days, np.inf)
