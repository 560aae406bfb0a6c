"""Who is at risk, in one call: the model, how far to trust it, today's customers with reasons; or why there is none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit, logit

from cxlib.checks import Codes, Floats
from cxlib.churn.risk.candidates import MODELS
from cxlib.churn.risk.card import ModelCard, make_card
from cxlib.churn.risk.contributions import Reasons, RiskImportance, explain_risk, measure_importance, rows_today
from cxlib.churn.risk.evaluation import SubgroupCalibration, Tested, check_subgroups
from cxlib.churn.risk.fit import RiskFit, fit_risk
from cxlib.churn.risk.retrospective import Retrospective, fit_retrospective
from cxlib.churn.risk.snapshots import Snapshots
from cxlib.churn.risk.today import TodayCheck, check_today
from cxlib.language import Count, Day, Message, Percent
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
    today : TodayCheck or None
        Whether features look like leaks from today's customers; None without a forecast or such customers.
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
    fit: RiskFit | None = None
    retrospective: Retrospective | None = None
    importance: RiskImportance | None = None
    subgroups: SubgroupCalibration | None = None
    today: TodayCheck | None = None
    explained: Reasons | None = None
    card: ModelCard | None = None
    scored: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(SCORED)), repr=False)
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
        days = pd.Series([Day(day.date()) for day in rates["cut_off"]], dtype=object)
        counts = {"customers": rates["n"].map(Count), "left": rates["churned"].map(Count)}
        return pd.DataFrame({"day": days, **counts, "share": rates["rate"].map(Percent)})

    @property
    def headline(self) -> Message:
        """How well those who leave can be told, or the first reason why they cannot."""
        return self.reasons[0] if self.tested_model is None else self.tested_model.headline

    def at_level(self, share: float) -> RiskStudy:
        """The same customers in the same order, their log-odds moved by one constant until their mean risk is `share`.

        Who stays away is ranked by the classifier; how many do, it does not know where seasons and customers change.
        """
        if self.scored.empty:
            return self
        odds = logit(np.clip(self.scored["risk"].to_numpy(float), EDGE, 1 - EDGE))
        shift = brentq(lambda by: float(expit(odds + by).mean()) - share, -50, 50)
        return replace(self, scored=self.scored.assign(risk=expit(odds + shift)))

    def talking_points(self, customers: pd.Series) -> list[tuple[Message, ...]]:
        """What a caller can talk about with each of these customers of `scored`, who are those to be called."""
        if self.explained is None:
            return [()] * len(customers)
        place = {customer: at for at, customer in enumerate(self.scored["customer_id"])}
        return self.explained.take([place[customer] for customer in customers]).talking_points()


def study_risk(
    snapshots: Snapshots,
    *,
    models: Sequence[str] = MODELS,
    known_before: Sequence[str] = (),
    draws: int = 200,
    currency: str = "",
    made_on: dt.date | None = None,
    seed: int = 0,
) -> RiskStudy:
    """Fit and choose a model, judge it, score today's customers and say why.

    Parameters
    ----------
    snapshots : Snapshots
        As `check_snapshots` gives them; as `check_flags` does where the file says who has left, not when: the result
        is then retrospective, not a forecast.
    models, known_before, draws, seed
        As in `fit_risk`.
    currency : str
        ISO code for display.
    made_on : date, optional
        Of the model card.

    Raises
    ------
    LeakError
        A feature knows what was to be foretold. Too little to learn from is no error: `RiskStudy.reasons` says it.

    Examples
    --------
    >>> from cxlib.churn.risk import check_snapshots
    >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "cut_off": pd.to_datetime(["2026-01-01"] * 2),
    ...                      "churned": [0, 0], "tickets_90d": [0, 3]})
    >>> str(study_risk(check_snapshots(rows, horizon_days=90)).headline)
    'Nobody churned in 2 snapshots, so nothing can be learned about who leaves'
    """
    if snapshots.limits:
        return RiskStudy(snapshots, reasons=snapshots.limits)
    fit = None
    if not snapshots.looks_back:
        fit = fit_risk(snapshots, models=models, known_before=known_before, draws=draws, seed=seed)
    test = fit or fit_retrospective(snapshots, models=models, known_before=known_before, seed=seed)
    risk = test.out_of_fold if isinstance(test, Retrospective) else test.today.predict(rows_today(snapshots))
    explained = explain_risk(test, currency=currency)
    order, scored = _score(explained, risk)
    subgroups = _subgroups(test)
    today = None if fit is None or snapshots.open.empty else check_today(snapshots, _reasoned(fit))
    return RiskStudy(
        snapshots=snapshots,
        fit=fit,
        retrospective=test if isinstance(test, Retrospective) else None,
        importance=measure_importance(test, draws=draws, seed=seed) if test.chosen in MODELS else None,
        subgroups=subgroups,
        today=today,
        explained=explained.take(order),
        card=make_card(test, subgroups=subgroups, today=today, made_on=made_on),
        scored=scored,
    )


def _score(explained: Reasons, risk: Floats) -> tuple[Codes, pd.DataFrame]:
    """Today's customers from the highest risk down, and their order."""
    table = explained.rows[["customer_id", "cut_off", "value_cents", "churned"]].assign(
        risk=risk,
        reasons=pd.Series(explained.names()),
        actionable_reasons=pd.Series(explained.names(actionable=True)),
        fixed_reasons=pd.Series(explained.names(actionable=False)),
    )
    table = table.sort_values(["risk", "customer_id"], ascending=[False, True], kind="stable")
    return table.index.to_numpy(), table[list(SCORED)].reset_index(drop=True)


def _reasoned(fit: RiskFit) -> Floats:
    """Risks of all known rows and of today's by the logistic regression: it cannot learn single past rows by heart."""
    parts = (fit.snapshots.known, fit.snapshots.open)
    return np.concatenate([fit.reasoning.predict(fit.encoding.apply(part)) for part in parts])


def _subgroups(test: Tested) -> SubgroupCalibration | None:
    """Whether risks are right in the groups of each text feature."""
    snapshots = test.snapshots
    if not snapshots.text:
        return None
    rows = snapshots.known if test.looks_back else snapshots.known.iloc[snapshots.split().test]
    labels = {name: snapshots.feature(name).label for name in snapshots.text}
    return check_subgroups(rows, test.test_rows["risk"], snapshots.text, labels=labels)
