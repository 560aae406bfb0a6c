"""Who leaves, why, and whom it pays to call: everything that a company's data says, in one object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from cxlib.checks import check_cost, check_fraction
from cxlib.churn.churn_data import ChurnData
from cxlib.churn.features import FEATURES
from cxlib.churn.gather import OPTED_OUT
from cxlib.churn.offers import (
    NO_COSTS,
    BreakEven,
    CallLimits,
    MoneyStudy,
    OfferRules,
    OfferSensitivity,
    ProfitCurve,
    Stakes,
    Watched,
    leavers_interval,
    price_calls,
    price_nothing,
    rank_profit,
    weigh_stakes,
)
from cxlib.churn.risk import Gains, RiskStudy, check_flags, check_snapshots, gain_curve, study_risk
from cxlib.churn.risk.guards import refuse_encoded
from cxlib.churn.survival import HazardFit, SurvivalStudy, fit_hazard, study_survival
from cxlib.errors import ParameterError, nearest
from cxlib.language import NO_CURRENCY, Message, T, WordList, column_name, minor_units
from cxlib.measures.result import NO_AMOUNTS, Result, in_units

FEWEST_ENDINGS = 50
NO_LIMITS = CallLimits()
_NUMBERS = {"risk": float, "value": float}  # also where there is no row to tell by
PERIOD_NAMES = WordList("facts of a month")


@dataclass(frozen=True, repr=False)
class ChurnStudy(Result):
    """What is known of leaving; a part is None where the data does not bear it.

    `hazard`: What goes with ending within the next thirty days; None without memberships, and with fewer than 50
        endings.
    `risk`: None where the data is too short for any cut-off.
    `gains`: How many of those who left the ranking reaches first.
    `stakes`: None without risks for today's customers.
    `rules`: As used: with the measured response where that was asked for.
    `money`: Under `rules`; None without `stakes`, and where nobody has said what calls cost.
    `break_even`: What a call may cost; only where nobody has said what it does.
    `curve`, `sensitivity`: As in `money`; with flags on risks from cross-validation, which is no forecast.

    >>> from cxlib.churn import ChurnQuestion
    >>> study = ChurnStudy(ChurnData(ChurnQuestion()))
    >>> study.is_forecast, study.X is None
    (False, True)
    """

    data: ChurnData
    survival: SurvivalStudy | None = None
    hazard: HazardFit | None = None
    risk: RiskStudy | None = None
    gains: Gains | None = None
    stakes: Stakes | None = None
    rules: OfferRules = NO_COSTS
    money: MoneyStudy | None = None
    break_even: BreakEven | None = None
    curve: ProfitCurve | None = None
    sensitivity: OfferSensitivity | None = None
    draws: int = 200
    seed: int = 0
    limits: CallLimits = NO_LIMITS

    @property
    def X(self) -> pd.DataFrame | None:
        """Features that the model of risk has learnt from (`RiskStudy.X`); None without one."""
        return None if self.risk is None else self.risk.X

    @property
    def y(self) -> pd.Series | None:
        """Who of `X` left within the horizon: 1, or 0 who stayed."""
        return None if self.risk is None else self.risk.y

    @property
    def frame(self) -> pd.DataFrame:
        """Today's customers, the riskiest first, with their risk (0 to 1) and value (units of the currency).

        The columns are customer_id, risk, value, reasons, the features, and all other columns of the snapshots, such as
        `region` where it is an attribute. Empty without a model.

        >>> from cxlib.churn import ChurnQuestion
        >>> ChurnStudy(ChurnData(ChurnQuestion())).frame.columns.tolist()
        ['customer_id', 'risk', 'value', 'reasons']
        """
        if self.risk is None:
            return pd.DataFrame(columns=["customer_id", *_NUMBERS, "reasons"]).astype(_NUMBERS)
        scored, rows = self.risk.frame, self.risk.snapshots.frame
        known = rows.drop(columns=["value_cents", "churned"]).merge(scored[["customer_id", "cut_off"]])
        listed = scored[["customer_id", *_NUMBERS, "reasons"]].astype(_NUMBERS)
        return listed.merge(in_units(known, self.data.currency), on="customer_id", how="left")

    def without(self, *features: str) -> ChurnStudy:
        """The same study with its risks fitted again without some features; costs and limits stay as they are.

        `features`: Columns of `X` or, for amounts, of `frame`: ``study.without("price", "tickets_90d")``.
        Raises ParameterError: there is no such feature; the nearest ones are named.
        """
        if self.risk is None or self.data.snapshots is None:
            return self
        known = {name.replace("_cents", ""): name for name in self.risk.snapshots.features}
        for name in features:
            if not isinstance(name, str) or name not in {*known, *known.values()}:
                raise ParameterError(f"there is no feature {name!r}. {nearest(name, known)}")
        data = replace(self.data, snapshots=self.data.snapshots.drop(columns=[known.get(f, f) for f in features]))
        asked = {"draws": self.draws, "seed": self.seed}
        risk = _study_risk(data, **asked)
        fitted = replace(self, data=data, risk=risk, gains=_gains(risk, **asked), stakes=_weigh(data, risk, **asked))
        return fitted.with_rules(self.rules, limits=self.limits, use_measured=False)  # `rules` hold what was measured

    def with_rules(
        self, rules: OfferRules | None = None, *, limits: CallLimits | None = None, use_measured: bool = True
    ) -> ChurnStudy:
        """The same study under other costs or limits of the list: no model is fitted again.

        `rules`: Costs and response of a call. Without them, or where they do not say what calls cost, nobody is called.
        `use_measured`: Take the response from the experiment where it shows that the offer keeps customers.
        """
        rules, limits = rules or NO_COSTS, limits or NO_LIMITS
        if self.no_money is not None:
            return replace(self, rules=rules, limits=limits)
        return replace(self._priced(rules, limits, use_measured), limits=limits)

    def with_costs(
        self,
        *,
        contact_cost: float | None = None,
        offer_cost: float | None = None,
        margin: float | None = None,
        expected_response: float | None = None,
        most_calls: int | None = None,
        budget: float | None = None,
    ) -> ChurnStudy:
        """`with_rules` by the notebook's parameters, amounts in units of the currency; what is not given stays.

        >>> from cxlib.churn import ChurnQuestion
        >>> study = ChurnStudy(ChurnData(ChurnQuestion(), currency="SAR"))
        >>> study.with_costs(contact_cost=8).rules.unset
        ('margin', 'offer_cost')
        """
        unit, rules, limits = minor_units(self.data.currency), self.rules, self.limits
        if contact_cost is not None:
            rules = replace(rules, contact_cost_cents=check_cost("contact_cost", contact_cost) * unit)
        if offer_cost is not None:
            rules = replace(rules, offer_cost_cents=check_cost("offer_cost", offer_cost) * unit)
        if margin is not None:
            rules = replace(rules, margin=check_fraction("margin", margin))
        if expected_response is not None:
            rules = replace(rules, expected_response=expected_response, response_error=None)
        if most_calls is not None:
            limits = replace(limits, most_calls=most_calls)
        if budget is not None:
            limits = replace(limits, budget_cents=check_cost("budget", budget) * unit)
        return self.with_rules(rules, limits=limits, use_measured=False)

    def _priced(self, rules: OfferRules, limits: CallLimits, use_measured: bool) -> ChurnStudy:
        if self.data.contact is not None:
            limits = replace(limits, opted_out=OPTED_OUT)
        if self.stakes is not None and not rules.are_known:
            prices = price_nothing(self.stakes, rules, opted_out=limits.opted_out, use_measured=use_measured)
            return replace(self, rules=rules, money=None, break_even=prices, curve=None, sensitivity=None)
        if self.stakes is not None:
            price = partial(price_calls, self.stakes, rules=rules, limits=limits, use_measured=use_measured)
            money = price(draws=self.draws, seed=self.seed)
            unpriced = replace(self, rules=money.rules, break_even=None)
            return replace(unpriced, money=money, curve=money.curve, sensitivity=money.sensitivity)
        if self.risk is None or self.risk.tested_model is None or not rules.are_known:
            return replace(self, rules=rules, curve=None, sensitivity=None)
        past, currency = self.risk.tested, self.data.currency
        curve, sensitivity = rank_profit(past, rules, draws=self.draws, seed=self.seed, currency=currency)
        return replace(self, rules=rules, curve=curve, sensitivity=sensitivity)

    @property
    def no_money(self) -> Message | None:
        """Why nothing is said of money, and nobody is to be called; None where amounts are known and of one kind."""
        if self.data.currency == NO_CURRENCY:
            return NO_AMOUNTS
        steps = [found.message for found in self.data.breaks if found.undoes_amounts]
        return steps[0] if self.data.has_mixed_amounts else None

    @property
    def is_forecast(self) -> bool:
        """Whether today's customers have risks that were tested on time held out."""
        return self.stakes is not None

    @property
    def reasons(self) -> tuple[Message, ...]:
        """Why there is no forecast; empty where there is one."""
        if self.is_forecast:
            return ()
        if self.data.looks_back:
            return (T("The file says who has left, not when: what it shows is retrospective, not a forecast"),)
        return self.data.limits if self.risk is None else self.risk.reasons

    @property
    def leavers(self) -> tuple[float, float, float]:
        """Of today's customers, how many are expected to leave within the horizon, with the interval."""
        if self.stakes is None or self.risk is None:
            return float("nan"), float("nan"), float("nan")
        if (level := self.data.level) is not None:
            n = len(self.risk.scored)
            return n * level.value, n * level.low, n * level.high
        rates = self.stakes.rates
        return leavers_interval(self.risk.scored["risk"], level_sd=0.0 if rates is None else rates.level_sd)

    @property
    def face(self) -> pd.DataFrame:
        """Of the list of calls; without one, of the models; without these, of how long members stay."""
        for part in (self.money, self.break_even, self.risk, self.survival):
            if part is not None:
                return part.face
        return pd.DataFrame({"why there is nothing": [str(reason) for reason in self.reasons]})

    @property
    def headline(self) -> Message:
        """Whom to call, or what a call may cost; without a forecast, why there is none."""
        part = self.money or self.break_even
        return (*self.reasons, self.no_money or NO_AMOUNTS)[0] if part is None else part.headline


def study_churn(
    data: ChurnData,
    *,
    rules: OfferRules | None = None,
    limits: CallLimits | None = None,
    use_measured: bool = True,
    draws: int = 200,
    seed: int = 0,
) -> ChurnStudy:
    """Study who leaves, why, and whom it pays to call.

    `rules`, `limits`, `use_measured`: As in `ChurnStudy.with_rules`, which changes them without fitting a model again.
    `draws`, `seed`: Resamples behind the intervals.
    Raises LeakError, DataError: as `study_risk` and `study_survival`.

    >>> from cxlib.churn import ChurnQuestion, gather_churn
    >>> from cxlib.data import Workspace
    >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "at": ["2026-01-05", "2026-02-01"], "amount": ["3", "4"]})
    >>> shop = Workspace.from_frames({"transactions": rows}, currency="GBP", time_zone="UTC")
    >>> study = study_churn(gather_churn(shop, ChurnQuestion(horizon_days=90)))
    >>> study.is_forecast, str(study.headline)
    (False, 'The data covers 28 days, too few to see who leaves within 90 days of an earlier day')
    """
    risk = _study_risk(data, draws=draws, seed=seed)
    study = ChurnStudy(
        data,
        survival=_study_survival(data),
        hazard=_fit_hazard(data),
        risk=risk,
        gains=_gains(risk, draws=draws, seed=seed),
        stakes=_weigh(data, risk, draws=draws, seed=seed),
        draws=draws,
        seed=seed,
    )
    return study.with_rules(rules, limits=limits, use_measured=use_measured)


def _study_survival(data: ChurnData) -> SurvivalStudy | None:
    """Repeated spells of a customer would be in two groups, so that each customer's first one is taken."""
    spells, group, question = data.spells, data.group_by, data.question
    if spells is None or spells.empty or data.no_curve is not None:
        return None
    if group and group in spells:
        spells = spells.assign(**{group: spells[group].astype(object).where(spells[group].notna(), "—")})
    names = dict.fromkeys(("plan", *question.attributes))
    covariates = [name for name in names if name in spells and name not in question.strata]
    return study_survival(
        spells,
        group_by=[group] if group in spells else [],
        covariates=covariates,
        kinds=_stated_kinds(spells, question.reasons),
        names={name: PERIOD_NAMES.get(name) or column_name(name) for name in covariates},
        strata=question.strata,
        repeats="first",
    )


def _stated_kinds(spells: pd.DataFrame, reasons: Mapping[str, str]) -> dict[str, str] | None:
    """Only what was given by somebody: the mapping may name reasons that nobody has stated yet."""
    if not reasons or "end_reason" not in spells:
        return None
    stated = set(spells.loc[spells["ended"].astype(bool), "end_reason"].dropna().astype(str))
    return {name: kind for name, kind in reasons.items() if name in stated} or None


def _fit_hazard(data: ChurnData) -> HazardFit | None:
    periods = data.periods
    if periods is None or int(periods["ended"].sum()) < FEWEST_ENDINGS or periods["ended"].all():
        return None
    names = {"plan": column_name("plan"), **PERIOD_NAMES}
    columns = [name for name in names if name in periods and len(periods[name].unique()) > 1]
    return fit_hazard(periods, columns, names=names) if columns else None


def _study_risk(data: ChurnData, *, draws: int, seed: int) -> RiskStudy | None:
    if data.snapshots is None:
        return None
    actionable = data.question.actionable
    if data.looks_back:
        snapshots = check_flags(data.snapshots, as_of=data.end, actionable=actionable)
    else:
        horizon, gap = data.horizon_days or 1, data.question.gap_days
        own = [name for name, feature in FEATURES.items() if feature.family == "transactions"]
        snapshots = check_snapshots(
            data.snapshots,
            horizon_days=horizon,
            gap_days=gap,
            actionable=actionable,
            computed=own if data.question.kind == "purchases" else (),
        )
    if data.spells is not None and not snapshots.limits:
        refuse_encoded(data.spells, data.question.attributes)
    if data.level is not None and data.level.doubt is not None:
        return RiskStudy(snapshots, reasons=(data.level.doubt, *snapshots.limits), currency=data.currency)
    risk = study_risk(snapshots, draws=draws, currency=data.currency, seed=seed)
    return risk if data.level is None else risk.at_level(data.level.value)


def _gains(risk: RiskStudy | None, *, draws: int, seed: int) -> Gains | None:
    rows = pd.DataFrame() if risk is None else risk.tested
    if rows.empty or not rows["churned"].sum() or rows["risk"].nunique() < 2:  # who is alike has no order
        return None
    return gain_curve(rows["churned"].to_numpy(int), rows["risk"].to_numpy(float), draws=draws, seed=seed)


def _weigh(data: ChurnData, risk: RiskStudy | None, *, draws: int, seed: int) -> Stakes | None:
    if risk is None or risk.fit is None or risk.scored.empty:
        return None
    now = risk.scored.drop(columns="churned").assign(horizon_days=data.horizon_days)
    known, current, group = risk.snapshots.known, risk.snapshots.open, data.group_by
    if group and group in current:
        now = now.merge(current[["customer_id", group]], on="customer_id", how="left")
    if data.contact is not None:
        now = now.merge(data.contact, on="customer_id", how="left")
    features = list(risk.snapshots.features)
    watched = Watched(
        history=known[["cut_off", "customer_id", "churned"]],
        current=current[features],
        reference=known.loc[known["cut_off"] == risk.snapshots.test_cut_off, features],
        earlier=data.earlier,
        level_sd=None if data.level is None else data.level.spread,
        since=data.comparable_from,
    )
    experiment = data.experiment if data.experiment is not None and len(data.experiment.rows) else None
    return weigh_stakes(
        risk.tested,
        now,
        by=group if group in now else "",
        experiment=experiment,
        watched=watched,
        draws=draws,
        seed=seed,
        currency=data.currency,
    )
