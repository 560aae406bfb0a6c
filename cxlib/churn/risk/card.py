"""The model card: what a model was made from, how good it is and for whom, and what it must not be used for.

Source of the form: Mitchell et al., Model Cards for Model Reporting, FAT* (2019).
"""

from __future__ import annotations

import datetime as dt
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from cxlib.churn.features import FAMILIES
from cxlib.churn.risk.candidates import NAMES
from cxlib.churn.risk.evaluation import MEASURE_NAMES, SubgroupCalibration
from cxlib.churn.risk.fit import RiskFit
from cxlib.churn.risk.measures import MEASURES
from cxlib.churn.risk.retrospective import Retrospective
from cxlib.churn.risk.snapshots import Snapshots
from cxlib.language import C, Count, Day, Days, Decimal, Message, N, Percent, T
from cxlib.measures.result import Result

Row = tuple[Message, object]
SINGLE = T("Highest ROC-AUC of a feature alone")

RECALIBRATIONS: dict[str, Message] = {
    "none": C("recalibration", "none, because it did not help"),
    "intercept": C("recalibration", "risks raised or lowered together, by what happened on the last day"),
    "slope": C("recalibration", "risks raised or lowered and spread, by what happened on the last day"),
    "isotonic": C("recalibration", "risks mapped by rising steps, by what happened on the last day"),
}


@dataclass(frozen=True)
class ModelCard(Result):
    """A table of two columns.

    Attributes
    ----------
    rows : tuple of (Message, value)
        What, and its value: a message, a quantity or text.
    made_on : date
    model : Message
    """

    rows: tuple[Row, ...]
    made_on: dt.date
    model: Message

    @property
    def summary(self) -> pd.DataFrame:
        """The rows: item, value."""
        return pd.DataFrame(
            {"item": [item for item, _ in self.rows], "value": pd.Series([v for _, v in self.rows], dtype=object)}
        )

    @property
    def headline(self) -> Message:
        """What was made and when."""
        return T("{model}, made on {day}", model=self.model, day=Day(self.made_on))


def make_card(
    fit: RiskFit, *, subgroups: SubgroupCalibration | None = None, made_on: dt.date | None = None
) -> ModelCard:
    """The card of a fitted model.

    Parameters
    ----------
    fit : RiskFit
    subgroups : SubgroupCalibration, optional
    made_on : date, optional
        Today where it is not given.
    """
    model = NAMES[fit.chosen]
    rows: list[Row] = [
        (
            T("Made for"),
            T(
                "Saying which customers are likely to leave in the {horizon} after a day, to decide whom to contact",
                horizon=Days(fit.snapshots.horizon_days),
            ),
        ),
        (T("Not made for"), T("Saying why they leave or whom an offer would keep: risks are associations")),
        (T("Model"), model),
        (T("Recalibration"), RECALIBRATIONS[fit.today.recalibration.kind]),
        *_data(fit.snapshots),
        (T("Learned from, before it was tested"), Count(len(fit.snapshots.split().train))),
        (T("Tested on"), Day(fit.snapshots.test_cut_off.date())),
        *_measures({name: fit.evaluation.value(fit.chosen, name) for name in MEASURES}),
        (T("Beside the best rule"), fit.verdict),
        *_guards(fit.features_alone, fit.snapshots),
        (T("ROC-AUC with shuffled outcomes (0.5 is right)"), Decimal(fit.shuffled_auc, digits=3)),
        *([] if subgroups is None else [(T("Groups"), subgroups.headline)]),
        *_limits(fit),
        *_versions(),
    ]
    return ModelCard(tuple(rows), made_on or dt.date.today(), model)


def make_retrospective_card(found: Retrospective, *, made_on: dt.date | None = None) -> ModelCard:
    """The card of what can be said without cut-offs."""
    model = NAMES[found.chosen]
    rows: list[Row] = [
        (T("Made for"), T("Saying what those who have left have in common")),
        (
            T("Not made for"),
            T("Saying who will leave: the file does not say when customers left, so no forecast was tested"),
        ),
        (T("Model"), model),
        *_data(found.snapshots),
        (T("Tested on"), N("{n} fold of customers", "{n} folds of customers", found.folds * found.repeats)),
        *_measures({name: found.value(found.chosen, name) for name in MEASURES}),
        *_guards(found.features_alone, found.snapshots),
        *_versions(),
    ]
    return ModelCard(tuple(rows), made_on or dt.date.today(), model)


def _data(snapshots: Snapshots) -> Iterator[Row]:
    rates = snapshots.base_rates["rate"]
    yield T("Customers"), Count(snapshots.known["customer_id"].nunique())
    yield T("Snapshots of them"), Count(len(snapshots.known))
    if len(snapshots.cut_offs) > 1:
        days = snapshots.cut_offs
        yield (
            T("Days of the snapshots"),
            T(
                "{n} days from {first} to {last}",
                n=Count(len(days)),
                first=Day(days[0].date()),
                last=Day(days[-1].date()),
            ),
        )
        yield (
            T("Share who left, by day"),
            T("{low} to {high}", low=Percent(float(rates.min())), high=Percent(float(rates.max()))),
        )
        yield T("Days between a snapshot and its horizon"), Days(snapshots.gap_days)
    else:
        yield T("Share who left"), Percent(float(rates.iloc[0]))
    families = pd.Series([snapshots.feature(name).family for name in snapshots.features]).value_counts(sort=False)
    for family, count in families.items():
        yield T("Features: {family}", family=FAMILIES[str(family)]), Count(int(count))
    for name, why in snapshots.left_out.items():
        yield T("Column {name}", name=name), why


def _measures(values: dict[str, tuple[float, float, float]]) -> Iterator[Row]:
    for name, (value, low, high) in values.items():
        if np.isfinite(value):
            yield (
                MEASURE_NAMES[name],
                T(
                    "{value} ({low} to {high})",
                    value=Decimal(value, digits=3),
                    low=Decimal(low, digits=3),
                    high=Decimal(high, digits=3),
                ),
            )


def _guards(alone: pd.DataFrame, snapshots: Snapshots) -> Iterator[Row]:
    top: Any = alone.iloc[0]
    feature = snapshots.feature(str(top["feature"])).label
    yield SINGLE, T("{auc} ({feature})", auc=Decimal(float(top["auc"]), digits=3), feature=feature)


def _limits(fit: RiskFit) -> Iterator[Row]:
    for name, count in fit.unseen.items():
        said = N(
            "{n} customer’s value was rare or new to the model",
            "{n} customers’ values were rare or new to the model",
            count,
        )
        yield T("Column {name}", name=name), said
    yield (
        T("Limits"),
        T(
            "The model knows what the tables say and what was so on the days it learned from; where customers or "
            "offers change, risks drift. A customer at high risk is not the same as one who can be kept"
        ),
    )


def _versions() -> Iterator[Row]:
    libraries = ("scikit-learn", "numpy", "pandas", "cxlib")
    versions = [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in libraries)]
    yield T("Versions"), ", ".join(versions)
