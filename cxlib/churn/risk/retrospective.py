"""A file that says only who has left by its day: how well those can be told apart, which is no forecast.

Without cut-offs nothing is held out by time, so that customers are held out instead: repeated stratified folds.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy.special import stdtrit
from sklearn.model_selection import StratifiedKFold

from cxlib.checks import Codes, Floats
from cxlib.churn.risk.candidates import MODELS, NAMES, RiskModel, check_models, find_rules, fit_candidate
from cxlib.churn.risk.evaluation import find_value, summarise
from cxlib.churn.risk.fit import RiskFit
from cxlib.churn.risk.guards import refuse_leaks
from cxlib.churn.risk.logistic import Encoding, LogisticModel
from cxlib.churn.risk.measures import MEASURES, RiskMap, measure, reliability
from cxlib.churn.risk.snapshots import Snapshots, check_snapshots
from cxlib.errors import DataError
from cxlib.language import Count, Message, Percent, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import LEVEL

# Slow learning that needs no stopping: nothing later than the file's day could tell when to stop.
SLOW: dict[str, object] = {"learning_rate": 0.03, "max_iter": 200, "min_samples_leaf": 20, "l2_regularization": 0.0}


@dataclass(frozen=True, repr=False)
class Retrospective(Result):
    """How well customers who have left can be told apart from those who have not: `Tested` on customers held out.

    `snapshots`: One row a customer, all on the day of the file.
    `table`: model, measure, value (mean over folds), low, high (corrected for folds that share customers).
    `chosen`: Least log loss.
    `out_of_fold` (array (customers,)): Risk of the chosen model, mean over repeats, each from folds without the
        customer.
    `reliability`: Of `out_of_fold` (see `measures.reliability`).
    `encoding`, `reasoning`: Fitted to everybody.
    `held_out` (tuple of (RiskModel, array)): The chosen model without the customers of one fold, and the positions of
        those: for importance.
    """

    inside = ("test_rows", "features_alone")

    snapshots: Snapshots = field(repr=False)
    table: pd.DataFrame
    chosen: str
    out_of_fold: Floats = field(repr=False)
    reliability: pd.DataFrame = field(repr=False)
    encoding: Encoding = field(repr=False)
    reasoning: LogisticModel = field(repr=False)
    held_out: tuple[RiskModel, Codes] = field(repr=False)
    features_alone: pd.DataFrame = field(repr=False)
    folds: int = 5
    repeats: int = 5

    looks_back = True
    best_rule = ""

    @property
    def customers(self) -> int:
        """Customers of the file."""
        return len(self.snapshots.known)

    def value(self, model: str, measure: str) -> tuple[float, float, float]:
        """Value, low and high of a measure."""
        return find_value(self.table, model, measure)

    @property
    def face(self) -> pd.DataFrame:
        """One row a measure, a column a model."""
        return summarise(self.table)

    @property
    def headline(self) -> Message:
        """How well those who left are told apart, labelled for what it is."""
        auc, low, high = self.value(self.chosen, "roc_auc")
        counts = {"n": Count(self.customers), "churned": Count(self.snapshots.churned.sum())}
        return T(
            "Retrospective, not a forecast: the file says who has left, not when. {model} tells {share} of pairs "
            "of customers apart rightly ({level} interval {low} to {high}, {n} customers, {churned} left)",
            model=NAMES[self.chosen],
            share=Percent(auc),
            low=Percent(low),
            high=Percent(high),
            level=Percent(LEVEL),
            **counts,
        )

    @property
    def findings(self) -> tuple[Message, ...]:
        """The headline."""
        return (self.headline,)

    @property
    def caption(self) -> Message:
        """Of which folds the measures are means."""
        return T(
            "Each measure is a mean over {k} folds of customers that the model had not seen, with its 95% interval",
            k=Count(self.folds * self.repeats),
        )

    @property
    def source(self) -> Message:
        """Of figures of `out_of_fold`."""
        return T("Source: cross-validation; each customer's risk comes from others. Retrospective, not a forecast.")

    @property
    def test_rows(self) -> pd.DataFrame:
        """customer_id, cut_off, churned, value_cents, risk (`out_of_fold`)."""
        rows = self.snapshots.known[["customer_id", "cut_off", "churned", "value_cents"]]
        return rows.assign(risk=self.out_of_fold)


Tested = RiskFit | Retrospective
"""A model tested on customers it had not learned from: held out by time, or by customer where days are not known."""


def check_flags(frame: pd.DataFrame, *, as_of: dt.date | str, actionable: Sequence[str] = ()) -> Snapshots:
    """Check one row a customer with a flag of who has left; `as_of` is the day of the file.

    `actionable`: As for `check_snapshots`.
    Raises LeakError, DataError: as `check_snapshots`.

    >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "churned": [0, 1], "age": [30, 40]})
    >>> check_flags(rows, as_of="2018-09-30").features
    ('age',)
    """
    rows = frame.assign(cut_off=pd.Timestamp(as_of))
    return replace(check_snapshots(rows, horizon_days=1, actionable=actionable), horizon_days=0)


def fit_retrospective(
    snapshots: Snapshots,
    *,
    models: Sequence[str] = MODELS,
    known_before: Sequence[str] = (),
    folds: int = 5,
    repeats: int = 5,
    seed: int = 0,
) -> Retrospective:
    """Repeated stratified cross-validation; every step is fitted inside its fold, and boosting learns slowly.

    `snapshots` are as `check_flags` gives them, the other arguments as in `fit_risk`. A feature that alone tells who
    has left is a LeakError; a customer on several days, or too few of one outcome, a DataError.

    Folds share customers, so that their spread alone gives intervals that are too narrow: the variance of the mean is
    (1/J + n2/n1) s2 with J folds in all, and n2/n1 = 1/(folds - 1). Source: Nadeau & Bengio, Machine Learning 52
    (2003), equation (9).
    """
    check_models(models)
    known, y = snapshots.known, snapshots.churned
    if known["customer_id"].duplicated().any():
        raise DataError("a customer stands there on several days: that can be split by time. Use fit_risk.")
    if snapshots.limits:
        raise DataError(f"{snapshots.limits[0]}. Give more customers.")
    alone = refuse_leaks(snapshots, known_before=known_before)
    rules = find_rules(snapshots.features)
    keys = (*rules, *models)
    risks = {key: np.zeros((repeats, len(y))) for key in keys}
    scores: dict[str, list[Floats]] = {key: [] for key in keys}
    last: dict[str, RiskModel] = {}
    test = np.arange(0)
    for repeat in range(repeats):
        splitter = StratifiedKFold(folds, shuffle=True, random_state=seed + repeat)
        for train, test in splitter.split(y, y):
            encoding = Encoding.fit(known.iloc[train], snapshots.numeric, snapshots.text)
            X, Z = encoding.apply(known.iloc[train]), encoding.apply(known.iloc[test])
            for key in keys:
                source, own = rules.get(key), SLOW if key == "boosting" else {}
                model = fit_candidate(key, X, y[train], source=source, sizes=encoding.sizes, settings=own, seed=seed)
                last[key] = RiskModel(encoding, model, RiskMap())
                risks[key][repeat, test] = p = model.predict(Z)
                scores[key].append(measure(y[test], p)(np.ones((1, len(test))))[0])
    table = pd.DataFrame([row for key in keys for row in _rows(key, np.stack(scores[key]), folds)])
    chosen = str(table[table["measure"] == "log_loss"].set_index("model")["value"].idxmin())
    mean = risks[chosen].mean(axis=0)
    everybody = Encoding.fit(known, snapshots.numeric, snapshots.text)
    return Retrospective(
        snapshots=snapshots,
        table=table,
        chosen=chosen,
        out_of_fold=mean,
        reliability=reliability(y, mean),
        encoding=everybody,
        reasoning=LogisticModel.fit(everybody.apply(known), y, sizes=everybody.sizes),
        held_out=(last[chosen], test),
        features_alone=alone,
        folds=folds,
        repeats=repeats,
    )


def _rows(key: str, scores: Floats, folds: int) -> list[dict[str, object]]:
    """Mean and intervals of each measure over folds (folds x repeats, measures)."""
    count = len(scores)
    mean, spread = scores.mean(axis=0), scores.std(axis=0, ddof=1)
    t = float(stdtrit(count - 1, 0.5 + LEVEL / 2))
    half = t * spread * np.sqrt(1 / count + 1 / (folds - 1))
    return [
        {"model": key, "measure": name, "value": mean[i], "low": mean[i] - half[i], "high": mean[i] + half[i]}
        for i, name in enumerate(MEASURES)
    ]
