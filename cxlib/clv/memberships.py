"""Memberships, where leaving is seen: how many are renewed by plan, and what the running ones are still worth."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from cxlib.checks import Floats, read_day, read_numbers, refuse_where, require_columns
from cxlib.clv.fits import CustomerQuestion
from cxlib.clv.models.base import discount_exponent
from cxlib.clv.models.shifted_beta_geo import (
    MADE_BY,
    MONTH_DAYS,
    MOST_PERIODS,
    SUMMARY,
    BetaDiscreteWeibullModel,
    Renewals,
    ShiftedBetaGeoModel,
    count_renewal_ends,
    membership_summary,
    read_members,
    surviving,
)
from cxlib.clv.value import Forecast, Total, ValueRules, total_values
from cxlib.data import guess_observed_from, guess_payments, tell_observed_from
from cxlib.errors import DataError, ParameterError, nearest
from cxlib.language import Count, Message, T, few_or
from cxlib.measures.result import Valued
from cxlib.measures.sampling import Z95, column_percentiles, percentiles, tier_of

NO_PLAN = "—"
ENDS_ON = ("last_day", "renewal_day")
ALIKE = 1e4  # alpha + beta of members who do not differ: their chances of leaving spread by a hundredth at most
CLEARLY = 2.0  # standard errors
FEWEST = 30  # members still observed, below which no share is; and ends held out, below which no model is chosen
HELD_OUT = 1 / 3  # of the time since the first membership


@dataclass(frozen=True)
class Ends:
    """How ends are read.

    `ends_on`: What ended_on is: "last_day" of the membership, or "renewal_day", on which it was not renewed.
    `on`, `before`, `n`: Ends on a renewal day, on the day before one, and all.
    `observed_from`: First day on which an end can be seen; None: every end is seen.
    `earlier`: Memberships that began before it.
    `is_asked`, `is_guess`: Whether `ends_on` was asked for, and `observed_from` guessed.
    """

    ends_on: str
    on: int
    before: int
    n: int
    observed_from: dt.date | None
    earlier: int
    is_asked: bool
    is_guess: bool

    @property
    def findings(self) -> tuple[Message, ...]:
        """What was guessed, and from which day on ends count."""
        lines = [] if self.is_asked else [self._meaning]
        if self.observed_from is not None:
            lines.append(tell_observed_from(self.observed_from, self.earlier, is_guess=self.is_guess))
        return tuple(lines)

    @property
    def _meaning(self) -> Message:
        values = {"on": few_or(self.on), "before": few_or(self.before), "n": Count(self.n)}
        if self.ends_on == "renewal_day":
            return T(
                "Ends are read as the renewal day on which a membership was not renewed: {on} of {n} fall on one, and "
                "{before} on the day before",
                **values,
            )
        return T(
            "Ends are read as the last day of a membership: of {n}, {before} fall on the day before a renewal and {on} "
            "on the day of one",
            **values,
        )


@dataclass(frozen=True, repr=False)
class MembershipStudy(Valued):
    """Plans side by side.

    `plans`: One row a plan: plan, period_days, is_alike (members do not differ in how likely they leave), ageing (c
        of the beta-discrete-Weibull where that forecast members held out clearly better: above 1 members leave more
        easily the longer they stay, below 1 less; else 1) with ageing_low and ageing_high, memberships, running,
        renewal with renewal_low and renewal_high (expected share of today's members who renew at the end of a period,
        seen from its start), value_cents with low_cents and high_cents (residual value of all), mean_cents (of a
        running member). Most running members first.
    `curves`: plan, period (renewals), expected (share still members by the model), observed (Kaplan-Meier; missing
        where fewer than 30 are observed that long), at_risk (members observed).
    `left_out`: Plans that could not be forecast.
    `unknown_payments`: Plans of which nothing says how often their price is paid.
    """

    inside = ("plans",)

    plans: pd.DataFrame
    curves: pd.DataFrame
    left_out: tuple[str, ...]
    horizon_days: float | None
    currency: str
    ends: Ends
    unknown_payments: tuple[str, ...] = ()

    @property
    def total(self) -> Total:
        """Residual value of all plans with its interval: plans are taken as independent of each other."""
        value = float(self.plans["value_cents"].sum())
        below = float(np.sqrt(((self.plans["value_cents"] - self.plans["low_cents"]) ** 2).sum()))
        above = float(np.sqrt(((self.plans["high_cents"] - self.plans["value_cents"]) ** 2).sum()))
        return Total(value, value - below, value + above)


def study_memberships(
    memberships: pd.DataFrame,
    *,
    as_of: str | pd.Timestamp,
    question: CustomerQuestion | None = None,
    rules: ValueRules | None = None,
    currency: str = "",
) -> MembershipStudy | None:
    """Fit a shifted beta geometric model to each plan and forecast its running memberships.

    `memberships`: Canonical memberships: customer_id, started_on, ended_on, price_cents; plan where there are several.
    `question`: Its renewal_days, ends_on, observed_from, draws and seed. A renewal after nearly a whole number of
        months is one by calendar months (`Renewals`).
    """
    rules, asked, rows, curves, left_out = rules or ValueRules(), question or CustomerQuestion(), [], [], []
    parts = _plans(memberships, pd.Timestamp(as_of))
    apart = {plan: 12 * MONTH_DAYS / often for plan, often in guess_payments(memberships).items()}
    apart |= asked.renewal_days
    cycles = {plan: Renewals.every(float(apart.get(plan, MONTH_DAYS))) for plan in parts}
    ends = _read_ends(parts, cycles, pd.Timestamp(as_of), asked)
    for plan, part in parts.items():
        days = cycles[plan].days
        look = partial(
            membership_summary, renewals=cycles[plan], ends_on=ends.ends_on, observed_from=ends.observed_from
        )
        summary = look(part, as_of=as_of)
        summary["price_cents"] = part["price_cents"].to_numpy()
        try:
            model, is_alike = _fitted(summary, days)
            ageing = _ageing(part, summary, look, as_of=pd.Timestamp(as_of), days=days, ends=ends)
            model, is_alike = (model, is_alike) if ageing is None else (ageing, False)
            parameters = model.draw_parameters(summary, draws=asked.draws, seed=asked.seed)
            forecast = forecast_memberships(
                summary, model, rules=rules, currency=currency, parameters=parameters, seed=asked.seed
            )
        except DataError:
            left_out.append(plan)
            continue
        c = parameters[:, 2] if parameters.shape[1] == 3 else np.ones(1)
        low, high = percentiles(c)
        told = {"plan": plan, "period_days": days, "is_alike": is_alike, "ageing": model.params_.get("c", 1.0)}
        told |= {"ageing_low": low, "ageing_high": high}
        rows.append({**told, **_row(summary, parameters, forecast)})
        curves.append(_curve(summary, model).assign(plan=plan))
    if not rows:
        return None
    plans = pd.DataFrame(rows).sort_values(["running", "plan"], ascending=[False, True], ignore_index=True)
    all_curves = pd.concat(curves, ignore_index=True)
    unknown = tuple("" if plan == NO_PLAN else plan for plan in plans["plan"] if plan not in apart)
    return MembershipStudy(plans, all_curves, tuple(left_out), rules.horizon_days, currency, ends, unknown)


def _read_ends(
    parts: Mapping[str, pd.DataFrame], cycles: Mapping[str, Renewals], as_of: pd.Timestamp, asked: CustomerQuestion
) -> Ends:
    """What the days of ends mean, as asked, else as they look."""
    ends_on = asked.ends_on
    observed_from = read_day(asked.observed_from, name="observed_from") if asked.observed_from else None
    if ends_on and ends_on not in ENDS_ON:
        raise ParameterError(f"ends_on={ends_on!r} is no meaning of ended_on. {nearest(ends_on, ENDS_ON)}")
    counts = [count_renewal_ends(part, as_of=as_of, renewals=cycles[plan]) for plan, part in parts.items()]
    on, before, n = (sum(numbers) for numbers in zip(*counts, strict=True)) if counts else (0, 0, 0)
    clear = on - before > CLEARLY * np.sqrt(on + before)
    since, starts = observed_from, [pd.to_datetime(part["started_on"]) for part in parts.values()]
    if since is None and n:
        columns = ["customer_id", "started_on", "ended_on"]
        since = guess_observed_from(pd.concat([part[columns] for part in parts.values()]), observation_end=as_of.date())
    earlier = 0 if since is None else sum(int((start < pd.Timestamp(since)).sum()) for start in starts)
    meaning = ends_on or ENDS_ON[int(clear)]
    return Ends(meaning, on, before, n, since if earlier else None, earlier, bool(ends_on), observed_from is None)


def _plans(memberships: pd.DataFrame, as_of: pd.Timestamp) -> dict[str, pd.DataFrame]:
    """Memberships with a price that have begun, by plan."""
    if "price_cents" not in memberships:
        return {}
    require_columns(memberships, ("customer_id", "started_on", "ended_on"), what="the table of memberships", rows=False)
    begun = memberships["price_cents"].notna() & (pd.to_datetime(memberships["started_on"]) <= as_of)
    table = memberships[begun]
    plans = table["plan"] if "plan" in table else pd.Series(None, index=table.index, dtype="object")
    by = table.groupby(plans.astype("object").where(plans.notna(), NO_PLAN), sort=True)
    return {str(plan): part for plan, part in by}


def forecast_memberships(
    summary: pd.DataFrame,
    model: ShiftedBetaGeoModel,
    *,
    rules: ValueRules,
    currency: str = "",
    parameters: Floats | None = None,
    seed: int = 0,
) -> Forecast:
    """Value of each membership, so far and to come, in the columns of `Forecast`.

    `summary` has customer_id, the columns of `membership_summary` and price_cents (paid for a period). A period is paid
    at its start: so far `periods` + 1 payments (`periods` where it ended), later one for each renewal, discounted from
    today. Value = margin (1 - refund share) price x discounted renewals. Intervals hold the uncertainty of the
    `parameters` (draws by 2; left out, those of the model are taken as known) and the chance in who renews.
    """
    table = require_columns(summary, ("customer_id", "periods", "ended", "price_cents"), what=SUMMARY)
    price = read_numbers(table["price_cents"], "price_cents", least=0, remedy=MADE_BY)
    refuse_where(price, "price_cents", price % 1 != 0, "no whole cents", "Give prices in whole cents")
    rate, horizon = rules.annual_discount_rate, rules.horizon_days
    renewals = model.discounted_purchases(table, annual_discount_rate=rate, horizon_days=horizon).to_numpy(float)
    expected = renewals
    if horizon is not None:
        expected = model.expected_purchases(table, horizon_days=horizon).to_numpy(float)
    worth = rules.net_margin * price
    residual = worth * renewals
    parameters = np.tile(model._theta, (500, 1)) if parameters is None else parameters
    lived = _futures(table, model, rules, parameters, np.random.default_rng(seed + 1))
    ends = [end * worth for end in column_percentiles(lived)]
    payments = (table["periods"] + ~table["ended"].astype(bool)).to_numpy(np.int64)
    paid = payments * price.astype(np.int64)
    customers = pd.DataFrame(
        {
            "customer_id": table["customer_id"],
            "p_alive": model.p_alive(table),
            "expected_purchases": expected,
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
    low, high = percentiles(lived @ worth)
    return Forecast(customers, total_values(customers, (low, high)), rules, currency)


def _futures(
    table: pd.DataFrame, model: ShiftedBetaGeoModel, rules: ValueRules, parameters: Floats, rng: np.random.Generator
) -> Floats:
    """Discounted renewals: futures by memberships."""
    rate = discount_exponent(rules.annual_discount_rate, model.time_unit_days)
    members = read_members(table, model.time_unit_days)
    age, left = members.periods, members.left_by_now
    due = np.where(members.running, MOST_PERIODS, 0)
    if rules.horizon_days is not None:
        due = members.due(rules.horizon_days, model.time_unit_days)
    worth = np.concatenate([[0.0], np.cumsum(np.exp(-rate * np.arange(1, due.max(initial=0) + 1)))])
    nearer = np.exp(rate * (1 - members.days_to_renewal / model.time_unit_days))
    lived = []
    for theta in parameters:
        alpha, beta, c = theta if len(theta) == 3 else (*theta, 1.0)
        now, following = age**c, (age + 1) ** c
        # Who has survived this part of a period has theta of density Beta (1 - G (1 - (1 - theta)^k)), a mixture of two
        # betas, with k = (age + 1)^c - age^c; of sBG k = 1.
        survived = left * surviving(theta, age + 1) / surviving(theta, age)
        more = rng.random(len(age)) * (1 - left + survived) < survived
        stays = np.log1p(-np.clip(rng.beta(alpha, beta + np.where(more, following, now)), 1e-300, 1 - 1e-16))
        leaves = -np.expm1(stays * (following - now))
        first = rng.random(len(age)) * (1 - leaves * left) < 1 - leaves
        # P(m more renewals) = (1 - theta)^((age + 1 + m)^c - (age + 1)^c)
        further = (following + np.log(rng.random(len(age))) / stays) ** (1 / c) - (age + 1)
        renewed = np.where(first, np.minimum(1 + further, due), 0).astype(np.int64)
        lived.append(worth[renewed] * nearer)
    return np.array(lived)


def _ageing(
    part: pd.DataFrame,
    summary: pd.DataFrame,
    look: Callable[..., pd.DataFrame],
    *,
    as_of: pd.Timestamp,
    days: float,
    ends: Ends,
) -> BetaDiscreteWeibullModel | None:
    """The beta-discrete-Weibull of a plan, where it forecast the renewals held out clearly better than sBG.

    Both are fitted to what was known when a third of the time was still to come, and judged by the logarithm of the
    chance that they gave to what became of each member who was running then. Where ends could be seen only later, none.

    `look`: The summary of memberships as of a day.
    """
    started = pd.to_datetime(part["started_on"])
    cut = (as_of - (as_of - started.min()) * HELD_OUT).normalize()
    if ends.observed_from is not None and pd.Timestamp(ends.observed_from) > cut:
        return None
    known = part[started <= cut]
    then, later = (look(known, as_of=day) for day in (cut, as_of))
    judged = then["running"] & (later["periods"] > then["periods"])
    since, later = then.loc[judged, "periods"].to_numpy(float), later[judged]
    if later["ended"].sum() < FEWEST:
        return None
    try:
        usual, other = _fitted(then, days)[0], BetaDiscreteWeibullModel(time_unit_days=days).fit(then)
        chosen = BetaDiscreteWeibullModel(time_unit_days=days).fit(summary)
    except DataError:
        return None
    gain = _log_chance(other, later, since) - _log_chance(usual, later, since)
    clear = gain.mean() > Z95 * gain.std() / np.sqrt(len(gain))
    return chosen if clear and chosen.convergence_.converged and not chosen.convergence_.at_edge else None


def _log_chance(model: ShiftedBetaGeoModel, summary: pd.DataFrame, since: Floats) -> Floats:
    """Logarithm of the chance of what became of members who had made `since` renewals."""
    periods, ended = summary["periods"].to_numpy(float), summary["ended"].to_numpy(bool)
    before = model.survival(np.maximum(periods - ended, 0))
    came = np.where(ended, before - model.survival(periods), before)
    return np.asarray(np.log(np.maximum(came, 1e-300) / model.survival(since)))


def _fitted(summary: pd.DataFrame, days: float) -> tuple[ShiftedBetaGeoModel, bool]:
    """The model of a plan; where members are all alike one chance: the share of renewals due that were not made."""
    model = ShiftedBetaGeoModel(time_unit_days=days).fit(summary)
    if set(model.convergence_.at_edge) != {"alpha", "beta"}:
        return model, False
    left, due = float(summary["ended"].sum()), float((summary["periods"] - summary["entry"]).sum())
    p = left / due
    if not 0 < p < 1:
        return model, False
    params = {"alpha": p * ALIKE, "beta": (1 - p) * ALIKE}
    return ShiftedBetaGeoModel.from_params(params, time_unit_days=days), True


def _row(summary: pd.DataFrame, parameters: Floats, forecast: Forecast) -> dict[str, float]:
    running, total = summary[summary["running"]], forecast.total()
    ages, counts = np.unique(running["periods"], return_counts=True)
    theta = parameters.T[:, :, None]
    renewal = (surviving(theta, ages + 1) / surviving(theta, ages) * counts).sum(axis=1) / max(len(running), 1)
    low, high = percentiles(renewal) if len(running) else (np.nan, np.nan)
    return {
        "memberships": len(summary),
        "running": len(running),
        "renewal": float(np.median(renewal)) if len(running) else np.nan,
        "renewal_low": low,
        "renewal_high": high,
        "value_cents": total.value,
        "low_cents": total.low,
        "high_cents": total.high,
        "mean_cents": total.value / max(len(running), 1),
    }


def _curve(summary: pd.DataFrame, model: ShiftedBetaGeoModel) -> pd.DataFrame:
    """Share still members after each number of renewals: by the model, and Kaplan-Meier."""
    periods, ended, entry = (summary[name].to_numpy(int) for name in ("periods", "ended", "entry"))
    steps = np.arange(max(int(periods.max()), 1) + 1)
    # Who ended at renewal t was at risk of it; who has run for t whole periods has passed it.
    at_risk = np.array([((periods >= t) & (entry < max(t, 1))).sum() for t in steps])
    left = np.array([((periods == t) & (ended == 1)).sum() for t in steps])
    leaving = np.divide(left, at_risk, out=np.zeros(len(steps)), where=at_risk > 0)
    observed = np.where(at_risk >= FEWEST, np.cumprod(1 - leaving), np.nan)
    return pd.DataFrame({"period": steps, "expected": model.survival(steps), "observed": observed, "at_risk": at_risk})
