"""Why a customer's risk is high: what each feature adds to the log-odds of the average customer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxlib.checks import Floats
from cxlib.churn.features import TROUBLE, Feature, say_reason
from cxlib.churn.risk.evaluation import Tested
from cxlib.churn.risk.snapshots import Snapshots
from cxlib.language import Count, Decimal, Message, T
from cxlib.measures.result import Result

TOP = 3
MOST_SHARED = 0.5  # share of the customers called from which on a reason is none
FEWEST_SHARING = 10  # customers called for that to be judged
LEAST = 0.05  # log-odds: what raises the odds by less than a twentieth is no reason


@dataclass(frozen=True)
class Reasons(Result):
    """Contributions of features to the risks of customers.

    Attributes
    ----------
    rows : DataFrame
        The customers, with customer_id and the features.
    features : tuple of Feature
    contributions : array (customers, features)
        Log-odds beside the average customer, from the logistic regression; above 0 the feature raises the risk. What
        points the other way than it does alone is 0 (see `LogisticModel.contributions`).
    usual : dict of str to float
        Medians of numeric features among these customers.
    currency : str
    """

    rows: pd.DataFrame = field(repr=False)
    features: tuple[Feature, ...]
    contributions: Floats = field(repr=False)
    usual: dict[str, float] = field(repr=False)
    currency: str = ""

    def names(self, *, actionable: bool | None = None, top: int = TOP) -> list[list[str]]:
        """For each customer the features that raise the risk most, strongest first; only those that raise it.

        `actionable` takes only those that the company can act on (True) or cannot (False).
        """
        allowed = np.array([actionable in (None, feature.actionable) for feature in self.features])
        raised = np.where(allowed & (self.contributions >= LEAST), self.contributions, -np.inf)
        order = np.argsort(-raised, axis=1, kind="stable")[:, :top]
        counts = np.isfinite(np.take_along_axis(raised, order, axis=1)).sum(axis=1)
        labels = np.array([feature.name for feature in self.features], dtype=object)
        return [names[:count].tolist() for names, count in zip(labels[order], counts, strict=True)]

    def take(self, positions: list[int] | NDArray[Any]) -> Reasons:
        """The reasons of some customers, in that order."""
        rows = self.rows.iloc[positions].reset_index(drop=True)
        return replace(self, rows=rows, contributions=self.contributions[positions])

    @property
    def trouble(self) -> NDArray[np.bool_]:
        """Customers x features: what a caller can raise with a customer.

        It raises the risk and lies on its bad side (`TROUBLE`), and fewer than half of ten or more customers have it:
        what most share is no reason to call one of them.
        """
        marks = np.zeros(self.contributions.shape, bool)
        for at, feature in enumerate(self.features):
            if side := TROUBLE.get(feature.name):
                values = self.rows[feature.name].to_numpy(float, na_value=np.nan)
                marks[:, at] = (side * (values - self.usual.get(feature.name, np.nan)) > 0) & (
                    self.contributions[:, at] >= LEAST
                )
        shared = marks.mean(axis=0) >= MOST_SHARED if len(marks) >= FEWEST_SHARING else False
        return np.asarray(marks & ~np.asarray(shared))

    def talking_points(self) -> list[tuple[Message, ...]]:
        """For each customer what a caller can talk about in words, strongest first; empty where there is nothing."""
        raised = np.where(self.trouble, self.contributions, -np.inf)
        order = np.argsort(-raised, axis=1, kind="stable")[:, :TOP]
        return [
            tuple(self._say(i, at) for at in places if np.isfinite(raised[i, at])) for i, places in enumerate(order)
        ]

    def _say(self, position: int, at: int) -> Message:
        feature, row = self.features[at], self.rows.iloc[position]
        return say_reason(feature, row[feature.name], self.usual.get(feature.name), currency=self.currency)

    @property
    def counts(self) -> pd.DataFrame:
        """How often a feature is among the reasons: feature, label, actionable, customers, mean (log-odds there)."""
        listed = pd.Series(self.names()).explode().dropna()
        rows = []
        for at, feature in enumerate(self.features):
            here = listed.index[listed == feature.name].to_numpy(int)
            mean = float(self.contributions[here, at].mean()) if len(here) else np.nan
            rows.append((feature.name, feature.label, feature.actionable, len(here), mean))
        table = pd.DataFrame(rows, columns=["feature", "label", "actionable", "customers", "mean"])
        return table.sort_values("customers", ascending=False, kind="stable").reset_index(drop=True)

    @property
    def summary(self) -> pd.DataFrame:
        """`counts` in quantities."""
        t = self.counts
        return pd.DataFrame(
            {
                "reason": t["label"],
                "the company can act on it": [T("yes") if flag else T("no") for flag in t["actionable"]],
                "customers": t["customers"].map(Count),
                "log-odds there": [Decimal(value, digits=2) for value in t["mean"]],
            }
        )

    @property
    def headline(self) -> Message:
        """The most frequent reason."""
        top: pd.Series = self.counts.iloc[0]
        if not top["customers"]:
            return T("No customer’s risk is raised by anything that is known of them")
        return T(
            "The most frequent reason for a raised risk is “{reason}”: it is among the three strongest for {n} of "
            "{all} customers. That is association, not proof of cause",
            reason=top["label"],
            n=Count(top["customers"]),
            all=Count(len(self.rows)),
        )


def explain_risk(tested: Tested, *, currency: str = "") -> Reasons:
    """Read reasons of `rows_today` off the logistic regression, whichever model gives the risks."""
    snapshots, encoding = tested.snapshots, tested.encoding
    rows = rows_today(snapshots)
    contributions = tested.reasoning.contributions(encoding.apply(rows))
    features = tuple(snapshots.feature(name) for name in encoding.features)
    usual = {name: float(rows[name].median()) for name in snapshots.numeric if rows[name].notna().any()}
    return Reasons(rows.reset_index(drop=True), features, contributions, usual, currency)


def rows_today(snapshots: Snapshots) -> pd.DataFrame:
    """Customers of the last open cut-off; where none is open, of the last cut-off whose outcome is known."""
    if len(snapshots.open) and not snapshots.looks_back:
        return snapshots.open
    known = snapshots.known
    return known[known["cut_off"] == snapshots.test_cut_off].reset_index(drop=True)
