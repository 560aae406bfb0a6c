"""Who is at risk, in one call: the model, how far to trust it, today's customers with reasons; or why there is none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit, logit

from cxlib.churn.risk.candidates import MODELS
from cxlib.churn.risk.card import ModelCard, make_card, make_retrospective_card
from cxlib.churn.risk.contributions import Reasons, explain_risk, read_reasons, rows_today
from cxlib.churn.risk.evaluation import SubgroupCalibration, Tested, check_subgroups
from cxlib.churn.risk.fit import RiskFit, fit_risk
from cxlib.churn.risk.importance import RiskImportance, measure_importance, permute
from cxlib.churn.risk.retrospective import Retrospective, check_flags, fit_retrospective
from cxlib.churn.risk.snapshots import FEWEST_EVENTS, Snapshots, check_snapshots
from cxlib.language import Count, Day, Message, Percent, T
from cxlib.measures.result import Result

EDGE = 1e-6  # nearest that a risk may come to 0 or 1 for its log-odds
SCORED = ("customer_id", "cut_off", "risk", "value_cents", "reasons", "actionable_reasons", "fixed_reasons", "churned")


@dataclass(frozen=True)
class RiskStudy(Result):
    """What is known of customers' risk, and the reasons why anything is not.

    Attributes
    ----------
    snapshots : Snapshots
    fit : RiskFit or None
        None where there is a reason not to fit one, and where the file only holds a flag.
    retrospective : Retrospective or None
        For a file that only holds a flag.
    importance : RiskImportance or None
        None where a rule is used.
    subgroups : SubgroupCalibration or None
    explained : Reasons or None
        Of the customers in `scored`, in its order.
    card : ModelCard or None
    scored : DataFrame
        Today's customers, those at highest risk first: customer_id, cut_off, risk (calibrated probability),
        value_cents, reasons (up to three features that raise the risk, as a list), actionable_reasons, fixed_reasons,
        churned (missing where it is to come). Empty without a model.
    reasons : tuple of Message
        Why there is no model; empty where there is one.
    """

    snapshots: Snapshots = field(repr=False)
    fit: RiskFit | None
    retrospective: Retrospective | None
    importance: RiskImportance | None
    subgroups: SubgroupCalibration | None
    explained: Reasons | None
    card: ModelCard | None
    scored: pd.DataFrame = field(repr=False)
    reasons: tuple[Message, ...] = ()

    @property
    def tested_model(self) -> Tested | None:
        """The forecast tested on time held out, or the look back; None without a model."""
        return self.fit or self.retrospective

    @property
    def tested(self) -> pd.DataFrame:
        """Customers with a risk that had no part in their outcome, and that outcome; empty without a model."""
        columns = ["customer_id", "cut_off", "churned", "value_cents", "risk"]
        return pd.DataFrame(columns=columns) if self.tested_model is None else self.tested_model.test_rows

    @property
    def summary(self) -> pd.DataFrame:
        """Measures of the models; without one the churn rates by cut-off."""
        if self.tested_model is not None:
            return self.tested_model.summary
        rates = self.snapshots.base_rates
        return pd.DataFrame(
            {
                "day": [Day(day.date()) for day in rates["cut_off"]],
                "customers": rates["n"].map(Count),
                "left": rates["churned"].map(Count),
                "share": rates["rate"].map(Percent),
            }
        )

    def at_level(self, share: float) -> RiskStudy:
        """The same customers in the same order, their log-odds moved by one constant until their mean risk is `share`.

        Who stays away is ranked by the classifier; how many do, it does not know where seasons and customers change.
        """
        if self.scored.empty:
            return self
        odds = logit(np.clip(self.scored["risk"].to_numpy(float), EDGE, 1 - EDGE))
        shift = brentq(lambda by: float(expit(odds + by).mean()) - share, -50, 50)
        return replace(self, scored=self.scored.assign(risk=expit(odds + shift)))

    @property
    def headline(self) -> Message:
        """How well those who leave can be told, or the first reason why they cannot."""
        if self.reasons:
            return self.reasons[0]
        return T("There is no model") if self.tested_model is None else self.tested_model.headline

    @property
    def findings(self) -> tuple[Message, ...]:
        """The headline, the verdict, what the model rests on, groups, drift of the rate, columns left out."""
        found = [self.headline]
        if self.fit is not None:
            found.append(self.fit.verdict)
        parts = (self.importance, self.subgroups, self.explained)
        found += [part.headline for part in parts if part is not None]
        return (*found, *self.drift, *self.snapshots.notes)

    @property
    def drift(self) -> tuple[Message, ...]:
        """How the share of customers who leave has moved from the first cut-off to the last."""
        rates = self.snapshots.base_rates
        if len(rates) < 2:
            return ()
        first, last = rates.iloc[0], rates.iloc[-1]
        return (
            T(
                "Of the customers of {first} {before} left, of those of {last} {after}",
                first=Day(first["cut_off"].date()),
                last=Day(last["cut_off"].date()),
                before=Percent(float(first["rate"])),
                after=Percent(float(last["rate"])),
            ),
        )

    def say_reasons(self, position: int, *, actionable: bool | None = None) -> tuple[Message, ...]:
        """The reasons of the customer in row `position` of `scored`, in words."""
        return () if self.explained is None else self.explained.say(position, actionable=actionable)


def study_risk(
    frame: pd.DataFrame,
    *,
    horizon_days: int = 0,
    gap_days: int = 0,
    flag_only: bool = False,
    groups: Sequence[str] | None = None,
    actionable: Sequence[str] = (),
    known_before: Sequence[str] = (),
    models: Sequence[str] = MODELS,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    draws: int = 200,
    currency: str = "",
    made_on: dt.date | None = None,
    seed: int = 0,
) -> RiskStudy:
    """Check snapshots, fit and choose a model, judge it, score today's customers and say why.

    Parameters
    ----------
    frame : DataFrame
        As `cxlib.data.churn_snapshots` gives it, open cut-offs included; with `flag_only` one row a customer, whose
        cut_off is the day of the file.
    horizon_days, gap_days : int
        Of the snapshots; not used with `flag_only`.
    flag_only : bool
        The file says who has left, not when: the result is retrospective, not a forecast.
    groups : sequence of str, optional
        Columns whose groups' calibration is checked; by default all text features.
    actionable, known_before, models, settings, draws, seed
        As in `check_snapshots` and `fit_risk`.
    currency : str
        ISO code for display.
    made_on : date, optional
        Of the model card.

    Raises
    ------
    LeakError
        A feature knows what was to be foretold. Too little to learn from is no error: `RiskStudy.reasons` says it.
    DataError
        The frame cannot be used as it is.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "cut_off": pd.to_datetime(["2026-01-01"] * 2),
    ...                      "churned": [0, 0], "tickets_90d": [0, 3]})
    >>> str(study_risk(rows, horizon_days=90).headline)
    'Nobody churned in 2 snapshots, so nothing can be learned about who leaves'
    """
    options: dict[str, Any] = {"models": models, "settings": settings, "known_before": known_before, "seed": seed}
    if flag_only:
        day = frame["cut_off"].iloc[0] if "cut_off" in frame and len(frame) else "today"
        snapshots = check_flags(frame, as_of=day, actionable=actionable)
        return _study_flags(snapshots, options, groups=groups, currency=currency, made_on=made_on)
    snapshots = check_snapshots(frame, horizon_days=horizon_days, gap_days=gap_days, actionable=actionable)
    if snapshots.limits:
        return _without_model(snapshots, snapshots.limits)
    fit = fit_risk(snapshots, draws=draws, **options)
    explained, risk = explain_risk(fit, currency=currency), fit.today.predict(rows_today(snapshots))
    order, scored = _score(explained, risk)
    tested = snapshots.known.iloc[snapshots.split().test]
    subgroups = _subgroups(snapshots, tested, fit.test_rows["risk"], groups)
    importance = None if fit.is_rule else measure_importance(fit, draws=draws, seed=seed)
    card = make_card(fit, subgroups=subgroups, made_on=made_on)
    return RiskStudy(snapshots, fit, None, importance, subgroups, explained.take(order), card, scored)


def _study_flags(
    snapshots: Snapshots,
    options: Mapping[str, Any],
    *,
    groups: Sequence[str] | None,
    currency: str,
    made_on: dt.date | None,
) -> RiskStudy:
    fewest = min(int(snapshots.churned.sum()), int((1 - snapshots.churned).sum())) if len(snapshots.known) else 0
    if fewest < FEWEST_EVENTS or not snapshots.features:
        return _without_model(
            snapshots,
            (
                T(
                    "Too few of one outcome to tell customers apart: {n}, and {needed} are needed",
                    n=Count(fewest),
                    needed=Count(FEWEST_EVENTS),
                ),
            ),
        )
    found = fit_retrospective(snapshots, **options)
    here = snapshots.known
    explained = read_reasons(found.reasoning, snapshots, here, encoding=found.encoding, currency=currency)
    order, scored = _score(explained, found.out_of_fold)
    model, rows = found.held_out
    importance = permute(model, snapshots, rows, seed=options["seed"]) if found.chosen in MODELS else None
    return RiskStudy(
        snapshots,
        None,
        found,
        importance,
        _subgroups(snapshots, here, found.out_of_fold, groups),
        explained.take(order),
        make_retrospective_card(found, made_on=made_on),
        scored,
    )


def _without_model(snapshots: Snapshots, reasons: tuple[Message, ...]) -> RiskStudy:
    return RiskStudy(snapshots, None, None, None, None, None, None, pd.DataFrame(columns=list(SCORED)), reasons)


def _score(explained: Reasons, risk: Any) -> tuple[Any, pd.DataFrame]:
    """Today's customers from the highest risk down, and their order."""
    rows = explained.rows
    table = rows[["customer_id", "cut_off", "value_cents", "churned"]].assign(
        risk=risk,
        reasons=pd.Series(explained.names()),
        actionable_reasons=pd.Series(explained.names(actionable=True)),
        fixed_reasons=pd.Series(explained.names(actionable=False)),
    )
    table = table.sort_values(["risk", "customer_id"], ascending=[False, True], kind="stable")
    return table.index.to_numpy(), table[list(SCORED)].reset_index(drop=True)


def _subgroups(
    snapshots: Snapshots, rows: pd.DataFrame, risk: Any, groups: Sequence[str] | None
) -> SubgroupCalibration | None:
    by = snapshots.text if groups is None else tuple(groups)
    labels = {name: snapshots.feature(name).label for name in by}
    return check_subgroups(rows, risk, by, labels=labels) if by else None
