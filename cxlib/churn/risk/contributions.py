"""Why a customer's risk is high: what each feature adds to the log-odds of the average customer.

What the chosen model rests on: how much worse it foretells when a feature is shuffled among customers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxlib.checks import Codes, Floats
from cxlib.churn.features import FAMILIES, TROUBLE, Feature, say_reason
from cxlib.churn.risk.evaluation import customer_weights, interval
from cxlib.churn.risk.measures import log_losses
from cxlib.churn.risk.retrospective import Tested
from cxlib.churn.risk.snapshots import Snapshots
from cxlib.language import Count, Decimal, Message, T
from cxlib.measures.result import Result, in_quantities, yes_or_no
from cxlib.measures.sampling import number_groups

MOST_ROWS = 5_000  # customers that are shuffled: the intervals say what that costs
SHUFFLES = 3


@dataclass(frozen=True, repr=False)
class RiskImportance(Result):
    """Permutation importance on customers held out.

    `features`: Most important first: key, label, actionable, loss (rise in log loss), low, high, tie (number of the tie
        group; those with one number cannot be told apart from its first).
    `families`: The same for all features of a table, shuffled together: features that say the same stand in for one
        another, so that each alone looks unimportant.
    """

    inside = ("features",)

    features: pd.DataFrame
    families: pd.DataFrame = field(repr=False)
    n: int

    @property
    def face(self) -> pd.DataFrame:
        """`features` in quantities."""
        losses = dict.fromkeys(("loss", "low", "high"), partial(Decimal, digits=4))
        acting = {"the company can act on it": ("actionable", yes_or_no)}
        return in_quantities(self.features, {"feature": "label", **acting, **losses, "tie": Count})

    @property
    def headline(self) -> Message:
        """What the model rests on most, or which features tie for it."""
        first: pd.Series = self.features.iloc[0]
        n = Count(self.n)
        if first["low"] <= 0:
            return T("No single feature clearly matters to the model ({n} customers)", n=n)
        leaders = self.features.loc[self.features["tie"] == 1, "label"].tolist()
        if len(leaders) > 1:
            return T(
                "Most of what the model knows it has from {features}, and which of them matters most cannot be told "
                "({n} customers)",
                features=_joined(leaders),
                n=n,
            )
        values = {name: Decimal(first[name], digits=3) for name in ("loss", "low", "high")}
        return T(
            "Most of what the model knows it has from “{feature}”: without it its log loss would be higher by {loss} "
            "(interval {low} to {high}, {n} customers)",
            feature=leaders[0],
            n=n,
            **values,
        )


def _joined(labels: Sequence[Message]) -> Message:
    names = T("“{name}”", name=labels[0])
    for label in labels[1:-1]:
        names = T("{before}, “{name}”", before=names, name=label)
    return T("{before} and “{name}”", before=names, name=labels[-1])


def measure_importance(tested: Tested, *, draws: int = 200, seed: int = 0) -> RiskImportance:
    """Shuffle each feature, and each table's features together, among customers held out.

    Intervals come from `draws` resamples of customers, each with one of three shuffles, so that they hold both.

    Source: Fisher, Rudin & Dominici, JMLR 20 (2019), "model reliance", as a difference of log loss.
    """
    (model, rows), snapshots = tested.held_out, tested.snapshots
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(rows)[:MOST_ROWS])
    X, y = model.encoding.apply(snapshots.known.iloc[rows]), snapshots.churned[rows]
    before = log_losses(y, model.predict_matrix(X))
    names = model.encoding.features
    families = _families(snapshots, names)
    units = {name: [at] for at, name in enumerate(names)} | families
    rises = np.zeros((SHUFFLES, len(y), len(units)))
    for shuffle in range(SHUFFLES):
        for unit, columns in enumerate(units.values()):
            state, shuffled = rng.bit_generator.state, X.copy()
            shuffled[:, columns] = X[rng.permutation(len(X))][:, columns]
            rises[shuffle, :, unit] = log_losses(y, model.predict_matrix(shuffled)) - before
            if not rises[shuffle, :, unit].any():  # what no risk rests on leaves the others' numbers as they are
                rng.bit_generator.state = state
    groups = number_groups(snapshots.known["customer_id"].iloc[rows], len(y))
    losses, resampled = rises.mean(axis=(0, 1)), _resampled(rises, groups, draws=draws, seed=seed)
    single = np.arange(len(units)) < len(names)
    meanings = [snapshots.feature(name) for name in names]
    features = pd.DataFrame({"key": names, "loss": losses[single]}).assign(
        label=pd.Series([feature.label for feature in meanings], dtype=object),
        actionable=pd.Series([feature.actionable for feature in meanings], dtype=bool),
    )
    labels = pd.Series([FAMILIES[key] for key in families], dtype=object)
    tables = pd.DataFrame({"key": list(families), "loss": losses[~single]}).assign(label=labels)
    return RiskImportance(_ordered(features, resampled[:, single]), _ordered(tables, resampled[:, ~single]), len(y))


def _families(snapshots: Snapshots, names: Sequence[str]) -> dict[str, list[int]]:
    families: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        families.setdefault(snapshots.feature(name).family, []).append(at)
    return families


def _resampled(rises: Floats, groups: Codes, *, draws: int, seed: int) -> Floats:
    """Mean rise by draw (draws, units): each draw resamples customers of one shuffle."""
    batches, at = [], 0
    for weights in customer_weights(groups, draws=draws, seed=seed):
        which = (at + np.arange(len(weights))) % len(rises)
        batch = np.zeros((len(weights), rises.shape[2]))
        for shuffle in range(len(rises)):
            mine = which == shuffle
            batch[mine] = (weights[mine] @ rises[shuffle]) / weights[mine].sum(axis=1, keepdims=True)
        batches.append(batch)
        at += len(weights)
    return np.concatenate(batches)


def _ordered(table: pd.DataFrame, resampled: Floats) -> pd.DataFrame:
    """Most important first, with intervals, and ties with the first of a group that cannot be told apart."""
    ends = pd.DataFrame([interval(column) for column in resampled.T])
    order = np.argsort(-table["loss"].to_numpy(), kind="stable")
    ties: list[int] = []
    first = 0
    for position in range(len(order)):
        gap = resampled[:, order[first]] - resampled[:, order[position]]
        if position and interval(gap)["low"] > 0:
            first = position
        ties.append(ties[-1] + (first == position) if position else 1)
    return pd.concat([table, ends], axis=1).iloc[order].assign(tie=ties).reset_index(drop=True)


TOP = 3
MOST_SHARED = 0.5  # share of the customers called from which on a reason is none
FEWEST_SHARING = 10  # customers called for that to be judged
LEAST = 0.05  # log-odds: what raises the odds by less than a twentieth is no reason


@dataclass(frozen=True, repr=False)
class Reasons(Result):
    """Contributions of features to the risks of customers.

    `rows`: The customers, with customer_id and the features.
    `contributions` (array (customers, features)): Log-odds beside the average customer, from the logistic regression;
        above 0 the feature raises the risk. What points the other way than it does alone is 0 (see
        `LogisticModel.contributions`).
    `usual`: Medians of numeric features among these customers.
    """

    inside = ("rows", "usual", "features", "counts")

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
    def face(self) -> pd.DataFrame:
        """`counts` in quantities."""
        acting = {"the company can act on it": ("actionable", yes_or_no)}
        odds = {"log-odds there": ("mean", partial(Decimal, digits=2))}
        return in_quantities(self.counts, {"reason": "label", **acting, "customers": Count, **odds})

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
