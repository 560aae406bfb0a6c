"""Who leaves, why, and whom it pays to call: everything that a company's data says, in one object."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cxlib.churn.churn_data import ChurnData
from cxlib.churn.offers.contact import OPTED_OUT
from cxlib.churn.offers.offer import OfferRules
from cxlib.churn.offers.profit_by_share import ProfitCurve, profit_curve
from cxlib.churn.offers.revenue_at_risk import leavers_interval
from cxlib.churn.offers.sensitivity import OfferSensitivity, offer_sensitivity
from cxlib.churn.offers.study import Experiment, MoneyStudy, Watched, study_money
from cxlib.churn.risk import Gains, RiskStudy, check_flags, check_snapshots, gain_curve, study_risk
from cxlib.churn.survival import HazardFit, SurvivalStudy, fit_hazard, study_survival
from cxlib.errors import CxError
from cxlib.language import Message, T
from cxlib.measures.result import Result

FEWEST_ENDINGS = 50
PERIOD_COLUMNS = ("plan", "tickets_recent", "low_rating_recent")
PERIOD_NAMES: dict[str, object] = {
    "plan": T("Plan"),
    "tickets_recent": T("Support tickets in the last 90 days"),
    "low_rating_recent": T("A rating of 6 or less in the last 90 days"),
}


@dataclass(frozen=True)
class ChurnStudy(Result):
    """What is known of leaving; a part is None where the data does not bear it.

    Attributes
    ----------
    data : ChurnData
    survival : SurvivalStudy or None
        Of memberships.
    hazard : HazardFit or None
        What goes with ending within the next thirty days; None without memberships, and with fewer than 50 endings.
    risk : RiskStudy or None
        None where the data is too short for any cut-off.
    money : MoneyStudy or None
        None without risks for today's customers.
    curve, sensitivity : ProfitCurve, OfferSensitivity or None
        As in `money`; with flags on risks from cross-validation, which is no forecast.
    gains : Gains or None
        How many of those who left the ranking reaches first.
    rules : OfferRules
    group_by : str
        Column by which groups are shown; empty where there is none.
    """

    data: ChurnData
    survival: SurvivalStudy | None
    hazard: HazardFit | None
    risk: RiskStudy | None
    money: MoneyStudy | None
    curve: ProfitCurve | None
    sensitivity: OfferSensitivity | None
    gains: Gains | None
    rules: OfferRules
    group_by: str = ""

    @property
    def is_forecast(self) -> bool:
        """Whether today's customers have risks that were tested on time held out."""
        return self.money is not None

    @property
    def reasons(self) -> tuple[Message, ...]:
        """Why there is no forecast; empty where there is one."""
        if self.is_forecast:
            return ()
        if self.data.kind == "flags":
            return (T("The file says who has left, not when: what it shows is retrospective, not a forecast"),)
        return self.data.limits if self.risk is None else self.risk.reasons

    @property
    def leavers(self) -> tuple[float, float, float]:
        """Of today's customers, how many are expected to leave within the horizon, with the interval."""
        if self.money is None or self.risk is None:
            return float("nan"), float("nan"), float("nan")
        if (level := self.data.level) is not None:
            n = len(self.risk.scored)
            return n * level.value, n * level.low, n * level.high
        spread = 0.0 if self.money.rates is None else self.money.rates.level_sd
        return leavers_interval(self.risk.scored["risk"], spread=spread)

    @property
    def summary(self) -> pd.DataFrame:
        """Of the list of calls; without one, of the models; without these, of how long members stay."""
        part = next(part for part in (self.money, self.risk, self.survival, _Nothing(self)) if part is not None)
        return part.summary

    @property
    def headline(self) -> Message:
        """Whom to call; without a forecast, why there is none."""
        return self.reasons[0] if self.money is None else self.money.headline


@dataclass(frozen=True)
class _Nothing:
    study: ChurnStudy

    @property
    def summary(self) -> pd.DataFrame:
        return pd.DataFrame({"why there is nothing": [str(reason) for reason in self.study.reasons]})


def study_churn(
    found: ChurnData,
    *,
    rules: OfferRules | None = None,
    group_by: str = "",
    attributes: Sequence[str] = (),
    actionable: Sequence[str] = (),
    strata: Sequence[str] = (),
    reasons: Mapping[str, str] | None = None,
    most_calls: int = 0,
    budget_cents: float = 0.0,
    use_measured: bool = True,
    draws: int = 200,
    made_on: dt.date | None = None,
    seed: int = 0,
) -> ChurnStudy:
    """Study who leaves, why, and whom it pays to call.

    Parameters
    ----------
    found : ChurnData
        From `gather_churn`.
    rules : OfferRules, optional
        Costs and response of a call.
    group_by : str
        Column by which groups are compared; empty: the plan of memberships, else none.
    attributes, actionable : sequence of str
        Columns of customers among the features, and those of them that the company can change.
    strata : sequence of str
        Columns within whose values members are compared, where a ratio does not hold for the whole time.
    reasons : dict of str to str, optional
        Reason of an ending -> "voluntary" or "involuntary" (see `count_reasons`).
    most_calls, budget_cents
        Limits of the call list; 0: none.
    use_measured : bool
        Take the response from the experiment where it shows one.
    draws, seed : int
        Resamples behind the intervals.
    made_on : date, optional
        Of the model card.

    Raises
    ------
    LeakError, DataError
        As `study_risk` and `study_survival`.

    Examples
    --------
    >>> from cxlib.data import Workspace
    >>> from cxlib.churn.gather import gather_churn
    >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "at": ["2026-01-05", "2026-02-01"], "amount": ["3", "4"]})
    >>> shop = Workspace.from_frames({"transactions": rows}, currency="GBP", time_zone="UTC")
    >>> study = study_churn(gather_churn(shop, horizon_days=90))
    >>> study.is_forecast, str(study.headline)
    (False, 'The data covers 28 days, too few to see who leaves within 90 days of an earlier day')
    """
    rules = rules or OfferRules()
    group = group_by or ("plan" if found.spells is not None and "plan" in found.spells else "")
    survival = _survival(found, group, attributes, strata=strata, reasons=reasons)
    hazard = _hazard(found)
    risk = _risk(found, actionable, draws=draws, made_on=made_on, seed=seed)
    money = _money(found, risk, rules, group, seed=seed, draws=draws, use_measured=use_measured,
                   limits=(most_calls or None, budget_cents or None))  # fmt: skip
    gains = _gains(risk, draws=draws, seed=seed)
    if money is not None:
        return ChurnStudy(found, survival, hazard, risk, money, money.curve, money.sensitivity, gains, money.rules,
                          group)  # fmt: skip
    curve, sensitivity = _past_money(found, risk, rules, draws=draws, seed=seed)
    return ChurnStudy(found, survival, hazard, risk, None, curve, sensitivity, gains, rules, group)


def _survival(
    found: ChurnData, group: str, attributes: Sequence[str], *, strata: Sequence[str], reasons: Mapping[str, str] | None
) -> SurvivalStudy | None:
    """Repeated spells of a customer would be in two groups, so that each customer's first one is taken."""
    spells = found.spells
    if spells is None or spells.empty:
        return None
    if group and group in spells:
        spells = spells.assign(**{group: spells[group].astype(object).where(spells[group].notna(), "—")})
    covariates = [name for name in dict.fromkeys(("plan", *attributes)) if name in spells and name not in strata]
    return study_survival(
        spells, group_by=[group] if group in spells else [], covariates=covariates, kinds=_kinds(spells, reasons),
        names=_names(covariates), strata=strata, repeats="first",
    )  # fmt: skip


def _names(columns: Sequence[str]) -> dict[str, object]:
    return {name: PERIOD_NAMES.get(name, name.replace("_", " ")) for name in columns}


def _kinds(spells: pd.DataFrame, reasons: Mapping[str, str] | None) -> dict[str, str] | None:
    """Only what was given by somebody: the mapping may name reasons that nobody has stated yet."""
    if not reasons or "end_reason" not in spells:
        return None
    given = set(spells.loc[spells["ended"].astype(bool), "end_reason"].dropna().astype(str))
    return {name: kind for name, kind in reasons.items() if name in given} or None


def _hazard(found: ChurnData) -> HazardFit | None:
    periods = found.periods
    if periods is None or int(periods["ended"].sum()) < FEWEST_ENDINGS:
        return None
    columns = [name for name in PERIOD_COLUMNS if name in periods and len(periods[name].unique()) > 1]
    if not columns:
        return None
    return fit_hazard(periods, columns, names=PERIOD_NAMES)


def _risk(
    found: ChurnData, actionable: Sequence[str], *, draws: int, made_on: dt.date | None, seed: int
) -> RiskStudy | None:
    if found.snapshots is None:
        return None
    if found.kind == "flags":
        snapshots = check_flags(found.snapshots, as_of=found.end, actionable=actionable)
    else:
        snapshots = check_snapshots(
            found.snapshots, horizon_days=found.horizon_days or 1, gap_days=found.gap_days, actionable=actionable
        )
    study = study_risk(snapshots, draws=draws, currency=found.currency, made_on=made_on, seed=seed)
    return study if found.level is None else study.at_level(found.level.value)


def _money(
    found: ChurnData, risk: RiskStudy | None, rules: OfferRules, group: str, *, limits: tuple[int | None, float | None],
    use_measured: bool, draws: int, seed: int,
) -> MoneyStudy | None:  # fmt: skip
    if risk is None or risk.fit is None or risk.scored.empty:
        return None
    now = risk.scored.drop(columns="churned").assign(horizon_days=found.horizon_days)
    groups = risk.snapshots.open
    if group and group in groups:
        now = now.merge(groups[["customer_id", group]], on="customer_id", how="left")
    if found.contact is not None:
        now = now.merge(found.contact, on="customer_id", how="left")
    known, current = risk.snapshots.known, risk.snapshots.open
    names = list(risk.snapshots.features)
    watched = Watched(
        history=known[["cut_off", "customer_id", "churned"]], current=current[names],
        reference=known.loc[known["cut_off"] == risk.snapshots.test_cut_off, names], last=found.last,
        outcomes=found.outcomes, level_sd=None if found.level is None else found.level.spread,
    )  # fmt: skip
    return study_money(
        risk.tested, now, rules=rules, max_customers=limits[0], budget_cents=limits[1],
        opted_out=None if found.contact is None else OPTED_OUT,
        by=group if group in now else None, experiment=_usable(found.experiment), use_measured=use_measured,
        watched=watched, draws=draws, seed=seed, currency=found.currency,
    )  # fmt: skip


def _usable(experiment: Experiment | None) -> Experiment | None:
    return None if experiment is None or experiment.rows.empty else experiment


def _gains(risk: RiskStudy | None, *, draws: int, seed: int) -> Gains | None:
    rows = pd.DataFrame() if risk is None else risk.tested
    if rows.empty or not rows["churned"].sum() or rows["risk"].nunique() < 2:  # who is alike has no order
        return None
    return gain_curve(rows["churned"].to_numpy(int), rows["risk"].to_numpy(float), draws=draws, seed=seed)


def _past_money(
    found: ChurnData, risk: RiskStudy | None, rules: OfferRules, *, draws: int, seed: int
) -> tuple[ProfitCurve | None, OfferSensitivity | None]:
    """What calls would have brought, by risks from cross-validation."""
    if risk is None or risk.retrospective is None:
        return None, None
    rows: Any = risk.tested
    given = rows["churned"].to_numpy(int), rows["risk"].to_numpy(float), rows["value_cents"].to_numpy(float)
    try:
        curve = profit_curve(*given, rules=rules, draws=draws, currency=found.currency, seed=seed)
        return curve, offer_sensitivity(*given, rules=rules, currency=found.currency)
    except CxError:  # everybody fared alike
        return None, None
