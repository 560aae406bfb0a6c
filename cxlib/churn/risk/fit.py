"""Who will leave: models and rules fitted to the past, chosen by log loss, judged on the last cut-off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import pandas as pd

from cxlib.checks import Codes
from cxlib.churn.risk.candidates import MODELS, NAMES, Contest, Judged, RiskModel, check_models
from cxlib.churn.risk.evaluation import Evaluation, evaluate_risk, summarise
from cxlib.churn.risk.guards import refuse_leaks, refuse_shuffled_skill, refuse_too_good
from cxlib.churn.risk.logistic import Encoding, LogisticModel
from cxlib.churn.risk.measures import RiskMap
from cxlib.churn.risk.snapshots import Snapshots
from cxlib.errors import DataError
from cxlib.language import Count, Day, Decimal, Message, Percent, T
from cxlib.measures.result import Result


@dataclass(frozen=True, repr=False)
class RiskFit(Result):
    """Risks of churn, chosen and judged: a `Tested` model on time held out.

    `models`: Every candidate, fitted to the past of the last cut-off.
    `selection`: key, log_loss (inside the past, on rows held out), recalibration, rows; best first.
    `chosen`: The candidate with the least log loss there; the best rule where no model was better, or where the model
        was clearly worse on the last cut-off.
    `evaluation`: On the last cut-off; its reference is the best rule.
    `today`: The chosen candidate, fitted to all known cut-offs: it scores customers whose outcome is to come.
    `reasoning`: The logistic regression fitted to all known cut-offs, which reasons are read off.
    `features_alone`: ROC-AUC of each feature alone (`guards.measure_features`).
    `shuffled_auc`: ROC-AUC of the same way with shuffled outcomes, which is chance.
    `unseen`: Customers of the last cut-off with a category that was not learned, by feature.
    """

    inside = ("test_rows", "features_alone")

    snapshots: Snapshots = field(repr=False)
    models: Mapping[str, RiskModel] = field(repr=False)
    selection: pd.DataFrame
    chosen: str
    evaluation: Evaluation
    today: RiskModel = field(repr=False)
    reasoning: LogisticModel = field(repr=False)
    features_alone: pd.DataFrame = field(repr=False)
    shuffled_auc: float
    unseen: Mapping[str, int]

    looks_back = False

    @property
    def is_rule(self) -> bool:
        """Whether a rule is used, because no model was better inside the past."""
        return self.chosen not in MODELS

    @property
    def best_rule(self) -> str:
        """The rule that models are compared with."""
        return self.evaluation.reference

    @property
    def customers(self) -> int:
        """Customers of the last cut-off."""
        return self.evaluation.customers

    @property
    def table(self) -> pd.DataFrame:
        """Every candidate on the last cut-off: model, measure, value, low, high."""
        return self.evaluation.table

    @property
    def reliability(self) -> pd.DataFrame:
        """Of the chosen candidate, by tenths of risk."""
        return self.evaluation.reliability[self.chosen]

    @property
    def encoding(self) -> Encoding:
        """Of all candidates."""
        return self.today.encoding

    @property
    def held_out(self) -> tuple[RiskModel, Codes]:
        """The chosen candidate of the past, and the last cut-off's rows."""
        return self.models[self.chosen], self.snapshots.split().test

    def value(self, model: str, measure: str) -> tuple[float, float, float]:
        """Value, low and high of a measure on the last cut-off."""
        return self.evaluation.value(model, measure)

    @property
    def verdict(self) -> Message:
        """Whether a model is worth having, in plain words."""
        first = str(self.selection["key"].iloc[0])
        gain, low, high = self.evaluation.difference(first)
        values: dict[str, object] = {"model": NAMES[first], "n": Count(self.customers)}
        if first not in MODELS:
            return T(
                "No model tells more about who leaves than a simple rule, so the rule is used: {model} ({n} customers)",
                **values,
            )
        values["rule"] = NAMES[self.best_rule]
        if self.is_rule:
            ends = {"loss": -gain, "low": -high, "high": -low}
            return T(
                "{model} was better in the past and worse than “{rule}” on the last cut-off, so the rule is used: the "
                "model’s log loss is higher by {loss} (interval {low} to {high}, {n} customers)",
                **values,
                **_thousandths(ends),
            )
        values |= _thousandths({"gain": gain, "low": low, "high": high})
        if low > 0:
            return T(
                "{model} tells more about who leaves than “{rule}”: its log loss is lower by {gain} (interval {low} to "
                "{high}, {n} customers)",
                **values,
            )
        return T(
            "Whether {model} tells more about who leaves than “{rule}” cannot be said: its log loss is lower by {gain} "
            "(interval {low} to {high}, {n} customers)",
            **values,
        )

    @property
    def face(self) -> pd.DataFrame:
        """Measures of every candidate on the last cut-off."""
        return summarise(self.table)

    @property
    def headline(self) -> Message:
        """How well the chosen candidate ranks and how far its risks are off."""
        auc, low, high = self.value(self.chosen, "roc_auc")
        off = Percent(self.value(self.chosen, "calibration_error")[0], digits=1)
        counts = {"n": Count(self.customers), "churned": Count(self.evaluation.churned)}
        return T(
            "On {day} this would have ranked {share} of pairs of customers rightly (95% interval {low} to {high}), and "
            "its risks were off by {off} on average ({n} customers, {churned} left)",
            day=self._day,
            share=Percent(auc),
            low=Percent(low),
            high=Percent(high),
            off=off,
            **counts,
        )

    @property
    def _day(self) -> Day:
        return Day(self.snapshots.test_cut_off.date())

    @property
    def findings(self) -> tuple[Message, ...]:
        """The verdict and the headline."""
        return self.verdict, self.headline

    @property
    def caption(self) -> Message:
        """On whom the measures were taken, and that the choice was made before."""
        return T(
            "Measured on the {n} customers of {day}, which no model had seen; 95% intervals. The choice was made "
            "before that, by log loss inside the past",
            n=Count(self.customers),
            day=self._day,
        )

    @property
    def source(self) -> Message:
        """Of figures of the last cut-off."""
        return T("Source: the last cut-off whose outcome is known; the model had not seen it.")

    @property
    def test_rows(self) -> pd.DataFrame:
        """The last cut-off's customers with the risk that the past gave them: customer_id, cut_off, churned, risk."""
        model, positions = self.held_out
        rows = self.snapshots.known.iloc[positions]
        columns = ["customer_id", "cut_off", "churned", "value_cents"]
        return rows[columns].reset_index(drop=True).assign(risk=model.predict(rows))


def _thousandths(values: Mapping[str, float]) -> dict[str, Decimal]:
    return {name: Decimal(value, digits=3) for name, value in values.items()}


def fit_risk(
    snapshots: Snapshots,
    *,
    models: Sequence[str] = MODELS,
    known_before: Sequence[str] = (),
    draws: int = 200,
    seed: int = 0,
) -> RiskFit:
    """Fit models and rules to the past, choose by log loss on time held out, and judge on the last cut-off."""
    check_models(models)
    if snapshots.limits:
        raise DataError(f"{snapshots.limits[0]}. Give more customers, more cut-offs, or another horizon.")
    alone = refuse_leaks(snapshots, known_before=known_before)
    shuffled = refuse_shuffled_skill(snapshots, seed=seed)
    contest = Contest(snapshots, tuple(models), seed=seed)
    results = {key: contest.judge(key) for key in contest.candidates}
    selection, fold = _selection(results), snapshots.split()
    fitted = {
        key: RiskModel(contest.encoding, contest.fit(key, fold.train), result.latest) for key, result in results.items()
    }
    rows = snapshots.known.iloc[fold.test]
    rule = str(selection.loc[~selection["key"].isin(MODELS), "key"].iloc[0])
    risks = {key: model.predict(rows) for key, model in fitted.items()}
    evaluation = evaluate_risk(
        rows["churned"], risks, customers=rows["customer_id"], reference=rule, draws=draws, seed=seed
    )
    chosen = str(selection["key"].iloc[0])
    if evaluation.difference(chosen)[2] < 0:
        chosen = rule  # what was true of the past has ceased to be
    reasoning = cast("LogisticModel", contest.fit("logistic", np.arange(len(snapshots.known))))
    refuse_too_good(max(evaluation.value(key, "roc_auc")[0] for key in fitted), alone, computed=snapshots.computed)
    return RiskFit(
        snapshots=snapshots,
        models=fitted,
        selection=selection,
        chosen=chosen,
        evaluation=evaluation,
        today=_refit(contest, fitted[chosen]),
        reasoning=reasoning,
        features_alone=alone,
        shuffled_auc=shuffled,
        unseen=contest.encoding.unseen(rows),
    )


def _selection(results: Mapping[str, Judged]) -> pd.DataFrame:
    rows = [
        (key, float(result.losses.mean()), result.latest.kind, len(result.losses)) for key, result in results.items()
    ]
    table = pd.DataFrame(rows, columns=["key", "log_loss", "recalibration", "rows"])
    return table.sort_values("log_loss", kind="stable").reset_index(drop=True)


def _refit(contest: Contest, past: RiskModel) -> RiskModel:
    """The chosen candidate on all that is known; its recalibration from the last cut-off, which `past` had not seen."""
    snapshots = contest.snapshots
    rows = snapshots.split().test
    latest = RiskMap.fit(past.recalibration.kind, snapshots.churned[rows], contest.predict(past.model, rows))
    return RiskModel(contest.encoding, contest.fit(past.key, np.arange(len(snapshots.known))), latest)
