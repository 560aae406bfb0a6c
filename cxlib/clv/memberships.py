"""Value of memberships, where leaving is seen: the forecast's counterpart for the shifted beta geometric model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cxlib.clv.intervals import draw_parameters
from cxlib.clv.models.base import discount_exponent
from cxlib.clv.models.rows import Floats, as_frame, complain, numbers
from cxlib.clv.models.shifted_beta_geo import ShiftedBetaGeoModel
from cxlib.clv.value import Forecast, ValueRules, tier_of
from cxlib.clv.widening import total_interval

MOST_PERIODS = 1200


def forecast_memberships(
    summary: Any,
    model: ShiftedBetaGeoModel,
    *,
    rules: ValueRules | None = None,
    currency: str = "",
    level: float = 0.95,
    draws: int = 500,
    seed: int = 0,
) -> Forecast:
    """Value of each membership, so far and to come, in the same columns as `forecast`.

    Parameters
    ----------
    summary : DataFrame
        customer_id, periods, ended (as of `membership_summary`) and price_cents (paid for a period).
    model : ShiftedBetaGeoModel
        Fitted to it.
    rules : ValueRules, optional
        As for `forecast`; `refund_share` is taken off prices to come.

    Notes
    -----
    A period is paid at its start: so far `periods` + 1 payments (`periods` where it ended), later one for each renewal.
    Value = margin (1 - refund share) price x discounted renewals. Intervals hold the uncertainty of the parameters and
    the chance in who renews.

    Examples
    --------
    >>> table = pd.DataFrame({"customer_id": ["a", "b"], "periods": [2, 3], "ended": [False, True],
    ...                       "price_cents": [500, 500]})
    >>> model = ShiftedBetaGeoModel.from_params({"alpha": 0.668, "beta": 3.806}, time_unit_days=30)
    >>> forecast_memberships(table, model).customers["historic_revenue_cents"].tolist()
    [1500, 1500]
    """
    table = as_frame(summary, ("customer_id", "periods", "ended", "price_cents"), made_by="membership_summary")
    rules = rules or ValueRules()
    price = numbers(table, "price_cents")
    complain(table, "price_cents", price % 1 != 0, "must be whole cents")
    renewals = model.discounted_purchases(
        table, annual_discount_rate=rules.annual_discount_rate, horizon_days=rules.horizon_days
    ).to_numpy(float)
    worth = rules.margin * (1 - rules.refund_share) * price
    residual = worth * renewals
    lived = _futures(
        table, model, rules, draw_parameters(model, draws=draws, seed=seed), np.random.default_rng(seed + 1)
    )
    ends = np.quantile(lived, [0.5 - level / 2, 0.5 + level / 2], axis=0) * worth
    paid: Any = (table["periods"] + ~table["ended"].astype(bool)).astype("int64") * price.astype(np.int64)
    customers = pd.DataFrame(
        {
            "customer_id": table["customer_id"],
            "p_alive": model.p_alive(table),
            "expected_purchases": _plain(table, model, rules, renewals),
            "expected_spend_cents": price,
            "residual_value_cents": residual,
            "residual_low_cents": np.minimum(ends[0], residual),
            "residual_high_cents": np.maximum(ends[1], residual),
            "historic_revenue_cents": paid,
            "historic_value_cents": paid * rules.margin,
            "total_value_cents": paid * rules.margin + residual,
            "tier": tier_of(residual),
        }
    )
    low, high = total_interval(lived @ worth, level)
    past, coming = float(customers["historic_value_cents"].sum()), float(residual.sum())
    rows = {"residual_value_cents": (coming, low, high), "historic_value_cents": (past, past, past),
            "total_value_cents": (past + coming, past + low, past + high)}  # fmt: skip
    totals = pd.DataFrame(rows, index=["value", "low", "high"]).T.rename_axis("measure")
    return Forecast(customers, totals, rules, level, currency)


def _plain(table: pd.DataFrame, model: ShiftedBetaGeoModel, rules: ValueRules, renewals: Floats) -> Floats:
    if rules.horizon_days is None:
        return renewals
    return model.expected_purchases(table, horizon_days=rules.horizon_days).to_numpy(float)


def _futures(
    table: pd.DataFrame, model: ShiftedBetaGeoModel, rules: ValueRules, parameters: Floats, rng: np.random.Generator
) -> Floats:
    """Discounted renewals: futures by memberships."""
    rate = discount_exponent(rules.annual_discount_rate, model.time_unit_days)
    most = MOST_PERIODS if rules.horizon_days is None else int(rules.horizon_days / model.time_unit_days + 1e-9)
    worth = np.concatenate([[0.0], np.cumsum(np.exp(-rate * np.arange(1, most + 1)))])
    age, ended = table["periods"].to_numpy(float), table["ended"].to_numpy(bool)
    lived = []
    for alpha, beta in parameters:
        leaves = np.maximum(rng.beta(alpha, beta + age), 1e-300)
        renewed = np.minimum(rng.geometric(leaves) - 1, most)
        lived.append(np.where(ended, 0.0, worth[renewed]))
    return np.array(lived)
