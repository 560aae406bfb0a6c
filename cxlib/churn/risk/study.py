"""Who is at risk, in one call: the model, how far to trust it, today's customers with reasons; or why there is none.

The model card: what a model was made from, how good it is and for whom, and what it must not be used for.

Source of the form: Mitchell et al., Model Cards for Model Reporting, FAT* (2019).
"""

from __future__ import annotations

import datetime as dt
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from cxlib.checks import Codes, Floats
from cxlib.churn.features import FAMILIES, describe_feature
from cxlib.churn.risk.candidates import MODELS, NAMES, RiskModel, shift_odds
from cxlib.churn.risk.contributions import Reasons, RiskImportance, explain_risk, measure_importance, rows_today
from cxlib.churn.risk.evaluation import MEASURE_NAMES, SubgroupCalibration, check_subgroups, say_interval
from cxlib.churn.risk.fit import RiskFit, fit_risk
from cxlib.churn.risk.measures import MEASURES
from cxlib.churn.risk.retrospective import Retrospective, Tested, fit_retrospective
from cxlib.churn.risk.snapshots import Snapshots
from cxlib.churn.risk.today import TodayCheck, check_today
from cxlib.language import Count, Day, Days, Decimal, Message, N, Percent, T, WordList
from cxlib.measures.result import Result, Valued, in_units

Row = tuple[Message, object]
LIBRARIES = ("scikit-learn", "numpy", "pandas", "cxlib")

RECALIBRATIONS = WordList("recalibrations")


@dataclass(frozen=True, repr=False)
class ModelCard(Result):
    """A table of two columns: `rows` are what, and its value as a message, a quantity or text."""

    rows: tuple[Row, ...]
    made_on: dt.date
    model: Message

    @property
    def face(self) -> pd.DataFrame:
        """The rows: item, value."""
        items, values = zip(*self.rows, strict=True)
        return pd.DataFrame({"item": items, "value": pd.Series(values, dtype=object)})

    @property
    def headline(self) -> Message:
        """What was made and when."""
        return T("{model}, made on {day}", model=self.model, day=Day(self.made_on))


def make_card(
    tested: Tested,
    *,
    subgroups: SubgroupCalibration | None = None,
    today: TodayCheck | None = None,
    made_on: dt.date | None = None,
) -> ModelCard:
    """The card of a tested model, made today where no day is given."""
    if isinstance(tested, Retrospective):
        rows = (*_look_back(tested), *_versions())
    else:
        groups = () if subgroups is None else ((T("Groups"), subgroups.headline),)
        features = () if today is None else ((T("Features of today’s customers"), today.headline),)
        rows = (*_forecast(tested), *groups, *features, *_limits(tested), *_versions())
    return ModelCard(rows, made_on or dt.date.today(), NAMES[tested.chosen])


def _forecast(fit: RiskFit) -> Iterator[Row]:
    horizon = Days(fit.snapshots.horizon_days)
    yield (
        T("Made for"),
        T(
            "Saying which customers are likely to leave in the {horizon} after a day, to decide whom to contact",
            horizon=horizon,
        ),
    )
    yield T("Not made for"), T("Saying why they leave or whom an offer would keep: risks are associations")
    yield T("Model"), NAMES[fit.chosen]
    yield T("Recalibration"), RECALIBRATIONS[fit.today.recalibration.kind]
    yield from _data(fit.snapshots)
    yield T("Learned from, before it was tested"), Count(len(fit.snapshots.split().train))
    yield T("Tested on"), Day(fit.snapshots.test_cut_off.date())
    yield from _measures(fit)
    yield T("Beside the best rule"), fit.verdict
    yield _guards(fit)
    yield T("ROC-AUC with shuffled outcomes (0.5 is right)"), Decimal(fit.shuffled_auc, digits=3)


def _look_back(test: Retrospective) -> Iterator[Row]:
    yield T("Made for"), T("Saying what those who have left have in common")
    yield (
        T("Not made for"),
        T("Saying who will leave: the file does not say when customers left, so no forecast was tested"),
    )
    yield T("Model"), NAMES[test.chosen]
    yield from _data(test.snapshots)
    yield T("Tested on"), N("{n} fold of customers", "{n} folds of customers", test.folds * test.repeats)
    yield from _measures(test)
    yield _guards(test)


def _data(snapshots: Snapshots) -> Iterator[Row]:
    rates, days = snapshots.base_rates["rate"], snapshots.cut_offs
    yield T("Customers"), Count(snapshots.known["customer_id"].nunique())
    yield T("Snapshots of them"), Count(len(snapshots.known))
    if len(days) > 1:
        first, last = Day(days[0].date()), Day(days[-1].date())
        low, high = Percent(float(rates.min())), Percent(float(rates.max()))
        n = Count(len(days))
        yield T("Days of the snapshots"), T("{n} days from {first} to {last}", n=n, first=first, last=last)
        yield T("Share who left, by day"), T("{low} to {high}", low=low, high=high)
        yield T("Days between a snapshot and its horizon"), Days(snapshots.gap_days)
    else:
        yield T("Share who left"), Percent(float(rates.iloc[0]))
    families = pd.Series([snapshots.feature(name).family for name in snapshots.features]).value_counts(sort=False)
    for family, count in families.items():
        yield T("Features: {family}", family=FAMILIES[str(family)]), Count(int(count))
    for name, why in snapshots.left_out.items():
        yield T("Column {name}", name=snapshots.feature(name).label), why


def _measures(tested: Tested) -> Iterator[Row]:
    for name in MEASURES:
        values = tested.value(tested.chosen, name)
        if np.isfinite(values[0]):
            yield MEASURE_NAMES[name], say_interval(*values)


def _guards(tested: Tested) -> Row:
    top: pd.Series = tested.features_alone.iloc[0]
    feature = tested.snapshots.feature(str(top["feature"])).label
    auc = Decimal(float(top["auc"]), digits=3)
    return T("Highest ROC-AUC of a feature alone"), T("{auc} ({feature})", auc=auc, feature=feature)


def _limits(fit: RiskFit) -> Iterator[Row]:
    for name, count in fit.unseen.items():
        rare = N(
            "{n} customer’s value was rare or new to the model",
            "{n} customers’ values were rare or new to the model",
            count,
        )
        yield T("Column {name}", name=describe_feature(name).label), rare
    yield (
        T("Limits"),
        T(
            "The model knows what the tables say and what was so on the days it learned from; where customers or "
            "offers change, risks drift. A customer at high risk is not the same as one who can be kept"
        ),
    )


def _versions() -> Iterator[Row]:
    versions = [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in LIBRARIES)]
    yield T("Versions"), ", ".join(versions)


SCORED = ("customer_id", "cut_off", "risk", "value_cents", "reasons", "actionable_reasons", "fixed_reasons", "churned")


@dataclass(frozen=True, repr=False)
class RiskStudy(Valued, Result):
    """What is known of customers' risk, and the reasons why anything is not.

    `fit`: None where there is a reason not to fit one, and where the file only holds a flag.
    `retrospective`: For a file that only holds a flag.
    `importance`: None where a rule is used.
    `today`: Whether features look like leaks from today's customers; None without a forecast or such customers.
    `explained`: Of the customers in `scored`, in its order.
    `scored`: Today's customers, those at highest risk first: customer_id, cut_off, risk (calibrated probability),
        value_cents, reasons (up to three features that raise the risk, as a list), actionable_reasons, fixed_reasons,
        churned (missing where it is to come). Empty without a model.
    `reasons`: Why there is no model; empty where there is one.
    `shift`: By which all log-odds of `scored` were moved to the level that is forecast (`at_level`).
    `currency`: In whose units `frame`, `held_out`, `X` and `X_today` have their amounts, and `model` takes them.
    """

    inside = ("scored", "tested")

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
    shift: float = 0.0
    currency: str = ""

    @property
    def model(self) -> RiskModel | None:
        """The model or rule behind `scored`: its `predict` gives the risk of rows of your own; None without one.

        Of a file that says who has left and not when it is one of those of the cross-validation.
        """
        if self.fit is not None:
            return replace(self.fit.today, shift=self.shift, currency=self.currency)
        return None if self.retrospective is None else replace(self.retrospective.held_out[0], currency=self.currency)

    @property
    def X(self) -> pd.DataFrame:
        """Features that the model has learnt from, a row a customer and past day (the index, as that of `y`)."""
        return self._features(self.snapshots.known)

    @property
    def y(self) -> pd.Series:
        """Who of `X` then left: 1, or 0 who stayed."""
        return self.X.assign(churned=self.snapshots.churned)["churned"]

    @property
    def X_today(self) -> pd.DataFrame:
        """The same features of today's customers, whose outcome is to come."""
        return self._features(self.snapshots.open)

    def _features(self, rows: pd.DataFrame) -> pd.DataFrame:
        table = rows.set_index(["customer_id", "cut_off"])[list(self.snapshots.features)]
        return in_units(table, self.currency)

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
    def held_out(self) -> pd.DataFrame:
        """customer_id, cut_off, churned, value, risk: of each customer before the model knew the outcome."""
        return in_units(self.tested, self.currency)

    @property
    def face(self) -> pd.DataFrame:
        """Measures of the models; without one the churn rates by cut-off."""
        if self.tested_model is not None:
            return self.tested_model.face
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
        risk = self.scored["risk"].to_numpy(float)
        shift = float(brentq(lambda by: float(shift_odds(risk, by).mean()) - share, -50, 50))
        return replace(self, scored=self.scored.assign(risk=shift_odds(risk, shift)), shift=self.shift + shift)

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

    `snapshots`: As `check_snapshots` gives them; as `check_flags` does where the file says who has left, not when: the
        result is then retrospective, not a forecast.
    `models`, `known_before`, `draws`, `seed`: As in `fit_risk`.
    `made_on`: Day that the card of the model bears; today when left out.
    Raises LeakError: a feature knows what was to be foretold. Too little to learn from is no error: `RiskStudy.reasons`
        says it.

    >>> from cxlib.churn.risk import check_snapshots
    >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "cut_off": pd.to_datetime(["2026-01-01"] * 2),
    ...                      "churned": [0, 0], "tickets_90d": [0, 3]})
    >>> str(study_risk(check_snapshots(rows, horizon_days=90)).headline)
    'Nobody churned in 2 snapshots, so nothing can be learned about who leaves'
    """
    if snapshots.limits:
        return RiskStudy(snapshots, reasons=snapshots.limits, currency=currency)
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
        currency=currency,
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
