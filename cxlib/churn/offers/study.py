"""Whom it pays to call, what is at stake and whether to believe it, in one call; and in plain words what is not known.

`tested` is judged (its outcomes are known and the model has not seen them), `now` is acted on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cxlib.checks import read_risks, read_values, require_columns
from cxlib.churn.offers.attempts import Attempts
from cxlib.churn.offers.call_list import CallList, make_call_list
from cxlib.churn.offers.experiment import ExperimentPlan, plan_experiment
from cxlib.churn.offers.list_outcome import Arrived, compare_with_outcome
from cxlib.churn.offers.offer import OfferRules
from cxlib.churn.offers.past_calls import CallTest, try_call_list
from cxlib.churn.offers.persuadable import FEWEST, predict_uplift
from cxlib.churn.offers.profit import Profit, empc
from cxlib.churn.offers.profit_by_share import ProfitCurve, profit_curve
from cxlib.churn.offers.qini_curve import Qini, qini
from cxlib.churn.offers.revenue_at_risk import RevenueAtRisk, revenue_at_risk
from cxlib.churn.offers.sensitivity import OfferSensitivity, offer_sensitivity
from cxlib.churn.offers.uplift import OfferEffect, measure_offer
from cxlib.churn.watching import BaseRates, FeatureDrift, Recalibration, base_rates, feature_drift, recalibrate
from cxlib.language import Count, Message, T
from cxlib.measures.result import Result

CERTAINTY = 20.0  # alpha + beta of the response's distribution, as in the published EMPC (6 + 14)


@dataclass(frozen=True)
class Experiment:
    """Customers who took part in a randomised offer, as of its day: the table, and what its columns are.

    Attributes
    ----------
    rows : DataFrame
        One row a customer: churned, `treatment`, `features`.
    treatment : str
        Column with treated or control.
    features : sequence of str
        Known before the offer: for the balance check and the predicted uplift.
    """

    rows: pd.DataFrame
    treatment: str
    features: Sequence[str] = ()


@dataclass(frozen=True)
class Watched:
    """What today's run is compared with; whatever is None is not compared.

    Attributes
    ----------
    history : DataFrame or None
        cut_off, customer_id, churned of all past cut-offs, for the drift of the base rate.
    reference, current : DataFrame or None
        Features of the last cut-off that the model has learnt from, and of today's customers.
    last : DataFrame or None
        An earlier run's list, from `read_call_list`.
    outcomes : DataFrame or None
        customer_id, cut_off, churned at that list's cut-off.
    level_sd : float or None
        How far today's level may be off, as a logit; None: as far as the base rate has moved between cut-offs.
    """

    history: pd.DataFrame | None = None
    reference: pd.DataFrame | None = None
    current: pd.DataFrame | None = None
    last: pd.DataFrame | None = None
    outcomes: pd.DataFrame | None = None
    level_sd: float | None = None


@dataclass(frozen=True)
class MoneyStudy(Result):
    """Everything about money; a part is None where there is a reason in `limits`, or where its data was not given.

    Attributes
    ----------
    calls : CallList
        Whom to call today.
    revenue : RevenueAtRisk
        At stake today.
    plan : ExperimentPlan or None
        What an experiment on the list would need.
    past_revenue, past_calls : RevenueAtRisk, CallTest
        The same forecasts at the tested cut-off against what happened.
    profit, curve, sensitivity : Profit, ProfitCurve, OfferSensitivity or None
        Of the ranking by risk, at the tested cut-off.
    recalibration : Recalibration or None
    effect, uplift : OfferEffect, Qini or None
        Of the experiment.
    rates, drift, arrived : BaseRates, FeatureDrift, Arrived or None
    limits : tuple of Message
        What cannot be said, and why.
    rules : OfferRules
        As used: with the measured response where that was asked for.
    """

    calls: CallList
    revenue: RevenueAtRisk
    plan: ExperimentPlan | None
    past_revenue: RevenueAtRisk
    past_calls: CallTest
    profit: Profit | None
    curve: ProfitCurve | None
    sensitivity: OfferSensitivity | None
    recalibration: Recalibration | None
    effect: OfferEffect | None
    uplift: Qini | None
    rates: BaseRates | None
    drift: FeatureDrift | None
    arrived: Arrived | None
    limits: tuple[Message, ...]
    rules: OfferRules

    @property
    def summary(self) -> pd.DataFrame:
        """The call list beside the simple ways to choose."""
        return self.calls.summary

    @property
    def headline(self) -> Message:
        """Whom to call, and what it should bring."""
        return self.calls.headline

    @property
    def findings(self) -> tuple[Message, ...]:
        """The headlines of all parts that there are, in the order of the page."""
        parts: tuple[Result | None, ...] = (
            self.calls, self.past_calls, self.revenue, self.past_revenue, self.curve, self.sensitivity, self.plan,
            self.effect, self.uplift, self.recalibration, self.rates, self.drift, self.arrived,
        )  # fmt: skip
        return tuple(part.headline for part in parts if part is not None)  # type: ignore[attr-defined]


def study_money(
    tested: Any,
    now: Any,
    *,
    rules: OfferRules | None = None,
    max_customers: int | None = None,
    budget_cents: float | None = None,
    opted_out: str | None = None,
    by: str | None = None,
    experiment: Experiment | None = None,
    use_measured: bool = False,
    watched: Watched | None = None,
    draws: int = 200,
    level: float = 0.95,
    seed: int = 0,
    currency: str = "",
) -> MoneyStudy:
    """Turn risks into money.

    Parameters
    ----------
    tested : DataFrame
        customer_id, risk, value_cents, churned at the last cut-off that is known and was not learnt from.
    now : DataFrame
        customer_id, risk, value_cents of today's customers; further columns are kept on the call list.
    rules : OfferRules
        Costs, response and margin.
    max_customers, budget_cents, opted_out
        Limits of the call list.
    by : str, optional
        Column of `now` by which revenue at risk is grouped.
    experiment : Experiment, optional
        A randomised offer.
    use_measured : bool
        Take the response from the experiment instead of `rules`, where it shows one.
    watched : Watched, optional
        What to compare today's run with.
    draws, level, seed
        Of the bootstraps and intervals.
    currency : str
        ISO code for display.

    Raises
    ------
    DataError, ParameterError
        `tested`, `now` or a setting cannot be used. What is missing for other parts becomes one of `limits`.

    Examples
    --------
    >>> tested = pd.DataFrame({"customer_id": range(100), "risk": [0.6, 0.2] * 50, "value_cents": 30000,
    ...                        "churned": [1, 0, 0, 0, 1, 1, 0, 0, 1, 0] * 10})
    >>> found = study_money(tested, tested.drop(columns="churned"), max_customers=10, draws=20)
    >>> found.calls.counts["call"], found.past_calls.calls
    (10, 10)
    """
    watched = watched or Watched()
    past = require_columns(tested, ("customer_id", "risk", "value_cents", "churned"), what="the tested table")
    tries = Attempts.on(past)
    effect, uplift = _experiment(tries, experiment, draws=draws, level=level, seed=seed)
    rules = rules or OfferRules()
    if use_measured and effect is not None and effect.high < 0:
        rules = effect.measured(rules)
    rates = _rates(tries, watched, level)
    spread = watched.level_sd if watched.level_sd is not None else 0.0 if rates is None else rates.level_sd
    shown: dict[str, Any] = {"level": level, "currency": currency}
    limits: dict[str, Any] = {"max_customers": max_customers, "budget_cents": budget_cents, "opted_out": opted_out}
    found = None if tries.one_sided else _recalibrated(tries, past, level)
    calls = make_call_list(now, rules=rules, calibration=found, level_sd=spread, **limits, **shown)
    away = opted_out if opted_out in past.columns else None
    return MoneyStudy(
        calls, revenue_at_risk(now, by=by, calibration=found, level_sd=spread, **shown), _plan(tries, calls, level),
        revenue_at_risk(past, level_sd=spread, **shown),
        try_call_list(past, rules=rules, draws=draws, seed=seed, **{**limits, "opted_out": away}, **shown),
        *_ranking(tries, past, rules, draws=draws, seed=seed, **shown), found, effect, uplift, rates,
        _drift(tries, watched, level), _arrived(tries, watched, spread, shown), tuple(tries.limits), rules,
    )  # fmt: skip


def _rates(tries: Attempts, watched: Watched, level: float) -> BaseRates | None:
    if watched.history is None:
        return None
    reason = T("Whether the share who leave drifts cannot be said: no outcome of past cut-offs is known")
    return tries.run(base_rates, watched.history, level=level, reason=reason)


def _recalibrated(tries: Attempts, past: pd.DataFrame, level: float) -> Recalibration | None:
    reason = T("The risks cannot be checked: they are all alike, or separate who left from who stayed without overlap")
    ids = past["customer_id"].to_numpy(object)
    return tries.run(recalibrate, past["churned"], past["risk"], customers=ids, level=level, reason=reason)


def _experiment(
    tries: Attempts, given: Experiment | None, *, draws: int, level: float, seed: int
) -> tuple[OfferEffect | None, Qini | None]:
    if given is None:
        return None, None
    columns = {"treatment": given.treatment, "features": given.features}
    unknown = T("The effect of the offer cannot be measured: it takes customers who got it and customers who did not")
    effect = tries.run(measure_offer, given.rows, level=level, reason=unknown, **columns)
    if effect is None or not given.features:
        return effect, None
    small = T(
        "The experiment is too small to tell whom the offer keeps: in each of its groups {least} customers must have "
        "left and as many stayed",
        least=Count(FEWEST),
    )
    uplift = tries.run(predict_uplift, given.rows, seed=seed, reason=small, **columns)
    if uplift is None:
        return effect, None
    seen = given.rows["churned"], given.rows[given.treatment], uplift
    return effect, tries.run(qini, *seen, draws=draws, level=level, seed=seed, reason=small)


def _plan(tries: Attempts, calls: CallList, level: float) -> ExperimentPlan | None:
    if calls.calls.empty:
        return None
    response = calls.rules.expected_response
    reason = T("No experiment can be planned: nobody on the list may leave, or the offer is expected to keep nobody")
    return tries.run(plan_experiment, calls.calls["risk"], expected_response=response, level=level, reason=reason)


def _ranking(
    tries: Attempts, past: pd.DataFrame, rules: OfferRules, *, draws: int, level: float, seed: int, currency: str
) -> tuple[Profit | None, ProfitCurve | None, OfferSensitivity | None]:
    risk = read_risks(past["risk"])
    value = read_values(past["value_cents"], n=len(risk))
    options: dict[str, Any] = {"customers": past["customer_id"].to_numpy(object), "draws": draws, "level": level}
    given = past["churned"], risk, value
    if tries.one_sided:
        return None, None, None
    curve = profit_curve(*given, rules=rules, currency=currency, seed=seed, **options)
    sensitivity = offer_sensitivity(*given, rules=rules, currency=currency)
    worth, response = rules.margin * float(np.mean(value)), rules.expected_response
    if worth <= rules.offer_cost_cents or not 0 < response < 1:
        tries.limits.append(
            T(
                "An offer costs what the average customer is worth, or its response is certain: there is no expected "
                "maximum profit"
            )
        )
        return None, curve, sensitivity
    profit = empc(
        past["churned"], risk, alpha=CERTAINTY * response, beta=CERTAINTY * (1 - response), clv=worth,
        offer=rules.offer_cost_cents, contact=rules.contact_cost_cents, seed=seed, **options,
    )  # fmt: skip
    return profit, curve, sensitivity


def _drift(tries: Attempts, watched: Watched, level: float) -> FeatureDrift | None:
    if watched.reference is None or watched.current is None:
        return None
    reason = T(
        "Today's customers cannot be compared with those learnt from: one of the two has no customers or features"
    )
    return tries.run(feature_drift, watched.reference, watched.current, level=level, reason=reason)


def _arrived(tries: Attempts, watched: Watched, spread: float, shown: dict[str, Any]) -> Arrived | None:
    if watched.last is None or watched.outcomes is None:
        return None
    reason = T("What became of the customers on the last call list is not known yet")
    return tries.run(compare_with_outcome, watched.last, watched.outcomes, level_sd=spread, reason=reason, **shown)
