"""The model card: what a model was made from, how good it is and for whom, and what it must not be used for.

Source of the form: Mitchell et al., Model Cards for Model Reporting, FAT* (2019).
"""

from __future__ import annotations

import datetime as dt
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import pandas as pd

from cxlib.churn.features import FAMILIES, describe_feature
from cxlib.churn.risk.candidates import NAMES
from cxlib.churn.risk.evaluation import MEASURE_NAMES, SubgroupCalibration, Tested, say_interval
from cxlib.churn.risk.fit import RiskFit
from cxlib.churn.risk.measures import MEASURES
from cxlib.churn.risk.retrospective import Retrospective
from cxlib.churn.risk.snapshots import Snapshots
from cxlib.churn.risk.today import TodayCheck
from cxlib.language import C, Count, Day, Days, Decimal, Message, N, Percent, T
from cxlib.measures.result import Result

Row = tuple[Message, object]
LIBRARIES = ("scikit-learn", "numpy", "pandas", "cxlib")

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
        items, values = zip(*self.rows, strict=True)
        return pd.DataFrame({"item": items, "value": pd.Series(values, dtype=object)})

    @property
    def headline(self) -> Message:
        """What was made and when."""
        return T("{model}, made on {day}", model=self.model, day=Day(self.made_on))


def make_card(
    tested: RiskFit | Retrospective,
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
