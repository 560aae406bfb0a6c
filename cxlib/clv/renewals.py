"""Memberships of all plans: how many are renewed, and what the running ones are still worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cxlib.clv.memberships import forecast_memberships
from cxlib.clv.models.rows import as_frame
from cxlib.clv.models.shifted_beta_geo import ShiftedBetaGeoModel, membership_summary
from cxlib.clv.value import ValueRules
from cxlib.errors import DataError
from cxlib.language import Count, Days, Message, Money, Percent, T
from cxlib.measures.result import Result

MONTH_DAYS = 365 / 12
ALIKE = 1e4  # alpha + beta of members who do not differ: their chances of leaving spread by a hundredth at most
NEEDED = ("customer_id", "started_on", "ended_on", "plan", "price_cents")


@dataclass(frozen=True)
class MembershipStudy(Result):
    """Plans side by side.

    Attributes
    ----------
    plans : DataFrame
        One row a plan: plan, period_days, is_alike (members do not differ in how likely they leave), memberships,
        running, renewal (expected share of running members who renew at their next date), value_cents with low_cents
        and high_cents (residual value of all), mean_cents (of a running member). Most running members first.
    curves : DataFrame
        plan, period (renewals), expected (share still members by the model), observed (Kaplan-Meier; missing where
        fewer than 30 are observed that long).
    members : DataFrame
        The forecast of each membership (columns of `Forecast.customers`), with plan.
    left_out : tuple of str
        Plans that could not be forecast.
    horizon_days : float or None
    currency : str
    """

    plans: pd.DataFrame
    curves: pd.DataFrame
    members: pd.DataFrame
    left_out: tuple[str, ...]
    horizon_days: float | None
    currency: str

    @property
    def total(self) -> tuple[float, float, float]:
        """Residual value of all plans with its interval: plans are taken as independent of each other."""
        value = float(self.plans["value_cents"].sum())
        below = float(np.sqrt(((self.plans["value_cents"] - self.plans["low_cents"]) ** 2).sum()))
        above = float(np.sqrt(((self.plans["high_cents"] - self.plans["value_cents"]) ** 2).sum()))
        return value, value - below, value + above

    @property
    def summary(self) -> pd.DataFrame:
        """`plans` for a reader."""
        return pd.DataFrame(
            {
                "plan": self.plans["plan"],
                "running": self.plans["running"].map(Count),
                "renew next": self.plans["renewal"].map(Percent),
                "value": self.plans["value_cents"].map(lambda cents: Money(cents, currency=self.currency)),
            }
        )

    @property
    def headline(self) -> Message:
        """What running memberships will bring."""
        value, low, high = (Money(cents, currency=self.currency) for cents in self.total)
        values = {"n": Count(int(self.plans["running"].sum())), "value": value, "low": low, "high": high}
        if self.horizon_days is None:
            return T("{n} running memberships are worth {value} from now on (95% interval {low} to {high})",
                     **values)  # fmt: skip
        return T(
            "{n} running memberships will bring {value} within {days} (95% interval {low} to {high})",
            days=Days(self.horizon_days), **values,
        )  # fmt: skip


def study_memberships(
    memberships: Any,
    *,
    as_of: Any,
    renewal_days: Mapping[str, float] | None = None,
    rules: ValueRules | None = None,
    currency: str = "",
    draws: int = 200,
    seed: int = 0,
) -> MembershipStudy | None:
    """Fit a shifted beta geometric model to each plan and forecast its running memberships.

    Parameters
    ----------
    memberships : DataFrame
        Canonical memberships: customer_id, started_on, ended_on, plan, price_cents.
    as_of : date or text
        Last day that the table knows.
    renewal_days : dict of str to float, optional
        Plan -> days between its renewals; a month for plans not named.
    rules : ValueRules, optional
        Margin, rate and horizon; a fee is not refunded.
    currency, draws, seed
        As for `forecast_memberships`.

    Returns
    -------
    MembershipStudy or None
        None where no plan can be forecast: nobody left, too few members, no prices.

    Examples
    --------
    >>> days = pd.to_datetime(["2026-01-01"] * 40)
    >>> ends = pd.to_datetime(["2026-02-20"] * 10 + ["2026-04-01"] * 5 + [None] * 25)
    >>> rows = pd.DataFrame({"customer_id": range(40), "started_on": days, "ended_on": ends, "plan": "basic",
    ...                      "price_cents": 1000})
    >>> study_memberships(rows, as_of="2026-06-30", draws=50).plans["running"].tolist()
    [25]
    """
    rules = rules or ValueRules()
    table = as_frame(memberships, NEEDED, made_by="memberships")
    table = table[table["price_cents"].notna() & (pd.to_datetime(table["started_on"]) <= pd.Timestamp(as_of))]
    named: Any = table["plan"].astype("object").where(table["plan"].notna(), "—")
    rows, curves, members, left_out = [], [], [], []
    for plan, part in table.groupby(named, sort=True):
        days = float((renewal_days or {}).get(str(plan), MONTH_DAYS))
        summary = membership_summary(part, as_of=as_of, time_unit_days=days).assign(
            price_cents=part["price_cents"].to_numpy()
        )
        try:
            model, is_alike = _fitted(summary, days)
            found = forecast_memberships(summary, model, rules=rules, currency=currency, draws=draws, seed=seed)
        except DataError:
            left_out.append(str(plan))
            continue
        rows.append(
            {
                "plan": str(plan),
                "period_days": days,
                "is_alike": is_alike,
                **_row(summary, model, found.totals, found.customers),
            }
        )
        curves.append(_curve(summary, model).assign(plan=str(plan)))
        members.append(found.customers.assign(plan=str(plan)))
    if not rows:
        return None
    plans = pd.DataFrame(rows).sort_values(["running", "plan"], ascending=[False, True], ignore_index=True)
    return MembershipStudy(
        plans, pd.concat(curves, ignore_index=True), pd.concat(members, ignore_index=True), tuple(left_out),
        rules.horizon_days, currency,
    )  # fmt: skip


def _fitted(summary: pd.DataFrame, days: float) -> tuple[ShiftedBetaGeoModel, bool]:
    """The model of a plan; where members do not differ, so that alpha and beta run off together, one chance for all.

    That chance is the share of renewals due that were not made; its logit has the variance 1 / (n p (1 - p)).
    """
    model = ShiftedBetaGeoModel(time_unit_days=days).fit(summary)
    if set(model.convergence_.at_edge) != {"alpha", "beta"}:
        return model, False
    left, due = float(summary["ended"].sum()), float(summary["periods"].sum())
    p = left / due
    if not 0 < p < 1:
        return model, False
    alpha, names = p * ALIKE, list(model.parameters)
    spread = pd.DataFrame(np.diag([alpha**2 / (due * p * (1 - p)), 0.0]), index=names, columns=names)
    params = {"alpha": alpha, "beta": (1 - p) * ALIKE}
    return ShiftedBetaGeoModel.from_params(params, time_unit_days=days, covariance=spread), True


def _row(
    summary: pd.DataFrame, model: ShiftedBetaGeoModel, totals: pd.DataFrame, customers: pd.DataFrame
) -> dict[str, float]:
    running = summary[~summary["ended"]]
    value: Any = totals.loc["residual_value_cents"]
    next_one = model.retention(running["periods"].to_numpy(float) + 1)
    return {
        "memberships": len(summary),
        "running": len(running),
        "renewal": float(next_one.mean()) if len(running) else np.nan,
        "value_cents": float(value["value"]),
        "low_cents": float(value["low"]),
        "high_cents": float(value["high"]),
        "mean_cents": float(customers["residual_value_cents"].sum()) / max(len(running), 1),
    }


def _curve(summary: pd.DataFrame, model: ShiftedBetaGeoModel, *, fewest: int = 30) -> pd.DataFrame:
    """Share still members after each number of renewals: by the model, and Kaplan-Meier."""
    periods, ended = summary["periods"].to_numpy(int), summary["ended"].to_numpy(bool)
    steps = np.arange(max(int(periods.max()), 1) + 1)
    # Who ended at renewal t was at risk of it; who has run for t whole periods has passed it.
    at_risk = np.array([(periods >= t).sum() for t in steps])
    left = np.array([((periods == t) & ended).sum() for t in steps])
    renewed = np.divide(left, at_risk, out=np.zeros(len(steps)), where=at_risk > 0)
    kept: Any = np.cumprod(1 - renewed)
    observed = np.where(at_risk >= fewest, kept, np.nan)
    return pd.DataFrame({"period": steps, "expected": model.survival(steps), "observed": observed, "at_risk": at_risk})
