"""What is at stake (`weigh_stakes`), and whom it pays to call (`price_calls`); in plain words what cannot be said.

The first holds whatever a call costs. The second rests on it and on the costs, so that other costs or limits of the
list need no model to be fitted again.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import numpy as np
import pandas as pd

from cxlib.checks import read_outcomes, require_columns
from cxlib.churn.offers.assumptions import BreakEven, OfferSensitivity, break_even, offer_sensitivity
from cxlib.churn.offers.call_list import CallList, CallTest, make_call_list, try_call_list
from cxlib.churn.offers.experiment import ExperimentPlan, plan_experiment
from cxlib.churn.offers.list_outcome import Arrived, EarlierList, compare_with_outcome
from cxlib.churn.offers.offer import CERTAINTY, CallLimits, OfferRules
from cxlib.churn.offers.profit import Profit, ProfitCurve, ProfitTerms, empc, profit_curve
from cxlib.churn.offers.revenue_at_risk import RevenueAtRisk, revenue_at_risk
from cxlib.churn.offers.uplift import FEWEST, Experiment, OfferEffect, Qini, measure_offer, qini, rank_uplift
from cxlib.churn.watching import BaseRates, FeatureDrift, Recalibration, base_rates, feature_drift, recalibrate
from cxlib.errors import CxError
from cxlib.language import Count, Message, N, T
from cxlib.measures.result import Brief, Result

FEW_EVENTS = 50
TESTED = ("customer_id", "risk", "value_cents", "churned")
Part = TypeVar("Part")


@dataclass(frozen=True)
class _Attempts:
    """Parts of a study that may fail on their data, while the others go on: what cannot be said becomes a sentence."""

    limits: list[Message] = field(default_factory=list)

    def run(self, part: Callable[..., Part], *values: object, limit: Message, **options: object) -> Part | None:
        """The part; where its data does not allow it None, and `limit` stands in `limits`."""
        try:
            return part(*values, **options)
        except CxError:
            self.limits.append(limit)
            return None


@dataclass(frozen=True, repr=False)
class Watched(Brief):
    """What today's run is compared with; whatever is None is not compared.

    `history`: cut_off, customer_id, churned of all past cut-offs, for the drift of the base rate.
    `reference`, `current`: Features of the last cut-off that the model has learnt from, and of today's customers.
    `level_sd`: How far today's level may be off, as a logit; None: as far as the base rate has moved between cut-offs.
    `since`: See `base_rates`.

    >>> Watched(level_sd=0.1).level_sd
    0.1
    """

    history: pd.DataFrame | None = None
    reference: pd.DataFrame | None = None
    current: pd.DataFrame | None = None
    earlier: EarlierList = field(default_factory=EarlierList)
    level_sd: float | None = None
    since: dt.date | None = None


@dataclass(frozen=True, repr=False)
class Stakes(Result):
    """What hangs on customers who may leave, and how far risks and offers can be relied on, whatever a call costs.

    A part is None where there is a reason in `limits`, or where its data is not there.

    `tested`, `now`: Customers whose outcome is known and that the model has not seen, and today's.
    `level_sd`: How far the level of churn may be off, as a logit.
    `revenue`, `past_revenue`: At stake today, and the same forecast at the tested cut-off against what happened.
    """

    inside = ("tested", "now")

    tested: pd.DataFrame = field(repr=False)
    now: pd.DataFrame = field(repr=False)
    level_sd: float
    revenue: RevenueAtRisk
    past_revenue: RevenueAtRisk
    recalibration: Recalibration | None
    effect: OfferEffect | None
    uplift: Qini | None
    rates: BaseRates | None
    drift: FeatureDrift | None
    arrived: Arrived | None
    limits: tuple[Message, ...]

    @property
    def one_sided(self) -> bool:
        """Whether everybody left or everybody stayed at the tested cut-off."""
        return _churners(self.tested) in {0, len(self.tested)}

    @property
    def face(self) -> pd.DataFrame:
        """Revenue at risk, whole and by group."""
        return self.revenue.face

    @property
    def headline(self) -> Message:
        """How much revenue is at risk."""
        return self.revenue.headline


@dataclass(frozen=True, repr=False)
class MoneyStudy(Result):
    """Whom it pays to call under some costs, and what is at stake; a part is None where `limits` says why.

    `stakes`: What holds whatever a call costs.
    `calls`, `past_calls`: Whom to call today, and the same forecast at the tested cut-off against what happened.
    `plan`: What an experiment on the list would need.
    `profit`, `curve`, `sensitivity`: At the tested cut-off: of the ranking by risk; of the list; of the list under
        other assumptions.
    `rules`: As used: with the measured response where that was asked for.
    """

    stakes: Stakes
    calls: CallList
    past_calls: CallTest
    plan: ExperimentPlan | None
    profit: Profit | None
    curve: ProfitCurve | None
    sensitivity: OfferSensitivity | None
    rules: OfferRules
    limits: tuple[Message, ...]

    @property
    def face(self) -> pd.DataFrame:
        """The call list beside the simple ways to choose."""
        return self.calls.face

    @property
    def headline(self) -> Message:
        """Whom to call, and what it should bring."""
        return self.calls.headline


def weigh_stakes(
    tested: pd.DataFrame,
    now: pd.DataFrame,
    *,
    by: str = "",
    experiment: Experiment | None = None,
    watched: Watched | None = None,
    draws: int = 200,
    seed: int = 0,
    currency: str = "",
) -> Stakes:
    """What is at stake, and how far to rely on it.

    `tested`: customer_id, risk, value_cents, churned at the last cut-off that is known and was not learnt from; one row
        a customer.
    `now`: customer_id, risk, value_cents of today's customers; further columns stay on the call list.
    `by`: Column of `now` by which revenue at risk is grouped; empty: none.
    `experiment`, `draws`: A test of calls, where one was made, and resamples behind the intervals of its effect.
    `watched`: What to compare today's run with.
    Raises DataError: `tested` or `now` cannot be used. What is missing for other parts becomes one of `limits`.

    >>> tested = pd.DataFrame({"customer_id": range(100), "risk": [0.6, 0.2] * 50, "value_cents": 30000,
    ...                        "churned": [1, 0, 0, 0, 1, 1, 0, 0, 1, 0] * 10})
    >>> weigh_stakes(tested, tested.drop(columns="churned")).revenue.value_cents
    1200000.0
    """
    watched = watched or Watched()
    past = require_columns(tested, TESTED, what="the tested table")
    attempts = _Attempts(_limits_of(past))
    effect, uplift = _try_experiment(attempts, experiment, draws=draws, seed=seed)
    rates = _try_rates(attempts, watched)
    level_sd = watched.level_sd if watched.level_sd is not None else 0.0 if rates is None else rates.level_sd
    recalibration = None if _churners(past) in {0, len(past)} else _try_recalibration(attempts, past)
    return Stakes(
        past,
        now,
        level_sd,
        revenue=revenue_at_risk(now, by=by, calibration=recalibration, level_sd=level_sd, currency=currency),
        past_revenue=revenue_at_risk(past, level_sd=level_sd, currency=currency),
        recalibration=recalibration,
        effect=effect,
        uplift=uplift,
        rates=rates,
        drift=_try_drift(attempts, watched),
        arrived=_try_arrived(attempts, watched.earlier, level_sd=level_sd, currency=currency),
        limits=tuple(attempts.limits),
    )


def _churners(past: pd.DataFrame) -> int:
    return int(read_outcomes(past["churned"], both=False).sum())


def _limits_of(past: pd.DataFrame) -> list[Message]:
    """What the tested cut-off itself does not allow."""
    churners, limits = _churners(past), []
    if churners < FEW_EVENTS:
        limits.append(
            N(
                "Only {n} customer left at the tested cut-off: what calls bring cannot be told with any certainty",
                "Only {n} customers left at the tested cut-off: what calls bring cannot be told with any certainty",
                churners,
            )
        )
    if churners in {0, len(past)}:
        limits.append(
            T("At the tested cut-off all customers fared alike, so neither the ranking nor the risks can be judged")
        )
    return limits


def _try_experiment(
    attempts: _Attempts, experiment: Experiment | None, *, draws: int, seed: int
) -> tuple[OfferEffect | None, Qini | None]:
    if experiment is None:
        return None, None
    unknown = T("The effect of the offer cannot be measured: it takes customers who got it and customers who did not")
    effect = attempts.run(measure_offer, experiment, limit=unknown)
    if effect is None or not effect.balanced or not experiment.features:
        return effect, None
    small = T(
        "The experiment is too small to tell whom the offer keeps: in each of its groups {least} customers must have "
        "left and as many stayed",
        least=Count(FEWEST),
    )
    places = attempts.run(rank_uplift, experiment, seed=seed, limit=small)
    if places is None:
        return effect, None
    ranked = np.isfinite(places)
    judged = experiment.rows[ranked]
    columns = (judged["churned"], judged[experiment.treatment], places[ranked])
    return effect, attempts.run(qini, *columns, draws=draws, seed=seed, limit=small)


def _try_rates(attempts: _Attempts, watched: Watched) -> BaseRates | None:
    if watched.history is None:
        return None
    limit = T("Whether the share who leave drifts cannot be said: no outcome of past cut-offs is known")
    return attempts.run(base_rates, watched.history, since=watched.since, limit=limit)


def _try_recalibration(attempts: _Attempts, past: pd.DataFrame) -> Recalibration | None:
    limit = T("The risks cannot be checked: they are all alike, or separate who left from who stayed without overlap")
    customers = past["customer_id"].to_numpy(object)
    return attempts.run(recalibrate, past["churned"], past["risk"], customers=customers, limit=limit)


def _try_drift(attempts: _Attempts, watched: Watched) -> FeatureDrift | None:
    if watched.reference is None or watched.current is None:
        return None
    limit = T(
        "Today's customers cannot be compared with those learnt from: one of the two has no customers or features"
    )
    return attempts.run(feature_drift, watched.reference, watched.current, limit=limit)


def _try_arrived(attempts: _Attempts, earlier: EarlierList, **options: object) -> Arrived | None:
    if earlier.customers is None or earlier.outcomes is None:
        return None
    limit = T("What became of the customers on the last call list is not known yet")
    return attempts.run(compare_with_outcome, earlier.customers, earlier.outcomes, limit=limit, **options)


def price_calls(
    stakes: Stakes,
    *,
    rules: OfferRules | None = None,
    limits: CallLimits | None = None,
    use_measured: bool = False,
    draws: int = 200,
    seed: int = 0,
) -> MoneyStudy:
    """Whom it pays to call under these costs.

    `rules`, `limits`: What a call costs and does, and whom it may reach; None: nobody has said.
    `draws`: Resamples behind intervals of profit.
    `use_measured`: Let the experiment correct the response of `rules` (`OfferEffect.measured`).

    >>> tested = pd.DataFrame({"customer_id": range(100), "risk": [0.6, 0.2] * 50, "value_cents": 30000,
    ...                        "churned": [1, 0, 0, 0, 1, 1, 0, 0, 1, 0] * 10})
    >>> stakes = weigh_stakes(tested, tested.drop(columns="churned"))
    >>> rules = OfferRules(0.3, 1000, 100, margin=1)
    >>> money = price_calls(stakes, rules=rules, limits=CallLimits(most_calls=10), draws=20)
    >>> money.calls.counts["call"], money.past_calls.calls
    (10, 10)
    """
    rules, limits = rules or OfferRules(), limits or CallLimits()
    if use_measured and stakes.effect is not None:
        rules = stakes.effect.measured(rules)
    attempts, past, currency = _Attempts(), stakes.tested, stakes.revenue.currency
    calls = make_call_list(
        stakes.now,
        rules=rules,
        limits=limits,
        calibration=stakes.recalibration,
        level_sd=stakes.level_sd,
        currency=currency,
    )
    past_limits = limits if limits.opted_out in past.columns else CallLimits(limits.most_calls, limits.budget_cents)
    past_calls = try_call_list(past, rules=rules, limits=past_limits, draws=draws, seed=seed, currency=currency)
    plan = _try_plan(attempts, calls)
    curve, sensitivity = rank_profit(past, rules, limits=past_limits, draws=draws, seed=seed, currency=currency)
    profit = None if stakes.one_sided else _try_profit(attempts, past, rules, draws=draws, seed=seed)
    every_limit = (*stakes.limits, *attempts.limits)
    return MoneyStudy(stakes, calls, past_calls, plan, profit, curve, sensitivity, rules, every_limit)


def _try_plan(attempts: _Attempts, calls: CallList) -> ExperimentPlan | None:
    if calls.calls.empty:
        return None
    limit = T("No experiment can be planned: nobody on the list may leave, or the offer is expected to keep nobody")
    response = calls.rules.expected_response
    return attempts.run(plan_experiment, calls.calls["risk"], expected_response=response, limit=limit)


def _try_profit(attempts: _Attempts, past: pd.DataFrame, rules: OfferRules, *, draws: int, seed: int) -> Profit | None:
    worth, response = rules.margin * float(np.mean(past["value_cents"])), rules.expected_response
    if worth <= rules.offer_cost_cents or not 0 < response < 1:
        attempts.limits.append(
            T(
                "An offer costs what the average customer is worth, or its response is certain: there is no expected "
                "maximum profit"
            )
        )
        return None
    terms = ProfitTerms(
        worth,
        offer=rules.offer_cost_cents,
        contact=rules.contact_cost_cents,
        alpha=CERTAINTY * response,
        beta=CERTAINTY * (1 - response),
    )
    return empc(past["churned"], past["risk"], terms, draws=draws, seed=seed)


def rank_profit(
    past: pd.DataFrame,
    rules: OfferRules,
    *,
    limits: CallLimits | None = None,
    draws: int = 200,
    seed: int = 0,
    currency: str = "",
) -> tuple[ProfitCurve | None, OfferSensitivity | None]:
    """What calls in the order of the list would have brought, and what that hangs on; None where all fared alike.

    `past` is as `tested` of `weigh_stakes`, `draws` as of `price_calls`. The order by risk alone is laid beside.

    >>> tested = pd.DataFrame({"customer_id": range(100), "risk": [0.6, 0.2] * 50, "value_cents": 30000,
    ...                        "churned": [1, 0] * 50})
    >>> curve, _ = rank_profit(tested, OfferRules(0.3, 1000, 100, margin=1), draws=20, currency="SAR")
    >>> curve.best_share
    0.5
    """
    risk, value = past["risk"].to_numpy(float), past["value_cents"].to_numpy(float)
    profit = partial(profit_curve, past["churned"], rules.gain(risk, value), value, other=risk, rules=rules)
    try:
        curve = profit(draws=draws, seed=seed, currency=currency)
        return curve, offer_sensitivity(past, rules=rules, limits=limits, currency=currency)
    except CxError:
        return None, None


def price_nothing(stakes: Stakes, rules: OfferRules, *, opted_out: str = "", use_measured: bool = True) -> BreakEven:
    """What a call may cost where nobody has said what it does: only the response of `rules` counts.

    Parameters are those of `price_calls`.

    >>> tested = pd.DataFrame({"customer_id": range(100), "risk": [0.6, 0.2] * 50, "value_cents": 30000,
    ...                        "churned": [1, 0] * 50})
    >>> stakes = weigh_stakes(tested, tested.drop(columns="churned"), currency="SAR")
    >>> price_nothing(stakes, OfferRules(0.3)).summary.columns.tolist()
    ['customers', 'kept (SAR)', 'low (SAR)', 'high (SAR)']
    """
    if use_measured and stakes.effect is not None:
        rules = stakes.effect.measured(rules)
    return break_even(
        stakes.now,
        rules,
        calibration=stakes.recalibration,
        level_sd=stakes.level_sd,
        opted_out=opted_out,
        currency=stakes.revenue.currency,
    )
