"""What the chosen model rests on: how much worse it foretells when a feature is shuffled among customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxlib.checks import Floats
from cxlib.churn.features import FAMILIES
from cxlib.churn.risk.candidates import RiskModel
from cxlib.churn.risk.evaluation import customer_weights, interval
from cxlib.churn.risk.fit import RiskFit
from cxlib.churn.risk.measures import log_losses
from cxlib.churn.risk.snapshots import Snapshots
from cxlib.language import Count, Decimal, Message, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import number_groups

MOST_ROWS = 5_000  # customers of the last cut-off that are shuffled: the intervals say what that costs


@dataclass(frozen=True)
class RiskImportance(Result):
    """Permutation importance on the last cut-off.

    Attributes
    ----------
    features : DataFrame
        Most important first: key, label, actionable, loss (rise in log loss), low, high, tie (number of the tie group;
        those with one number cannot be told apart from its first).
    families : DataFrame
        The same for all features of a table, shuffled together: features that say the same stand in for one another,
        so that each alone looks unimportant.
    n : int
        Customers.
    level : float
    """

    features: pd.DataFrame
    families: pd.DataFrame = field(repr=False)
    n: int
    level: float = 0.95

    @property
    def summary(self) -> pd.DataFrame:
        """`features` in quantities."""
        t = self.features
        columns = {name: [Decimal(value, digits=4) for value in t[name]] for name in ("loss", "low", "high")}
        acting = [T("yes") if flag else T("no") for flag in t["actionable"]]
        return pd.DataFrame(
            {"feature": t["label"], "the company can act on it": acting, **columns, "tie": t["tie"].map(Count)}
        )

    @property
    def leaders(self) -> list[Message]:
        """Labels of the features that tie for the first place; none where the first is not above zero."""
        first: Any = self.features.iloc[0]
        if first["low"] <= 0:
            return []
        return self.features.loc[self.features["tie"] == 1, "label"].tolist()

    @property
    def headline(self) -> Message:
        """What the model rests on most, or which features tie for it."""
        leaders = self.leaders
        if not leaders:
            return T("No single feature clearly matters to the model ({n} customers)", n=Count(self.n))
        first: Any = self.features.iloc[0]
        if len(leaders) > 1:
            return T(
                "Most of what the model knows it has from {features}, and which of them matters most cannot be told "
                "({n} customers)",
                features=_joined(leaders),
                n=Count(self.n),
            )
        return T(
            "Most of what the model knows it has from “{feature}”: without it its log loss would be higher by {loss} "
            "(interval {low} to {high}, {n} customers)",
            feature=leaders[0],
            loss=Decimal(first["loss"], digits=3),
            low=Decimal(first["low"], digits=3),
            high=Decimal(first["high"], digits=3),
            n=Count(self.n),
        )


def _joined(labels: Sequence[Message]) -> Message:
    found = T("“{name}”", name=labels[0])
    for label in labels[1:-1]:
        found = T("{before}, “{name}”", before=found, name=label)
    return found if len(labels) == 1 else T("{before} and “{name}”", before=found, name=labels[-1])


def measure_importance(
    fit: RiskFit, *, repeats: int = 3, draws: int = 200, level: float = 0.95, seed: int = 0
) -> RiskImportance:
    """Shuffle each feature, and each table's features together, among the last cut-off's customers.

    Parameters
    ----------
    fit : RiskFit
    repeats : int
        Shuffles of each.
    draws, level, seed
        Resamples of customers, each with one of the shuffles, so that the intervals hold both.

    """
    rows, chosen = fit.snapshots.split().test, fit.models[fit.chosen]
    return permute(chosen, fit.snapshots, rows, repeats=repeats, draws=draws, level=level, seed=seed)


def permute(
    model: RiskModel,
    snapshots: Snapshots,
    rows: NDArray[np.int64],
    *,
    repeats: int = 3,
    draws: int = 200,
    level: float = 0.95,
    seed: int = 0,
) -> RiskImportance:
    """`measure_importance` of any model on known rows (positions) that it was not fitted to.

    Notes
    -----
    Source: Fisher, Rudin & Dominici, JMLR 20 (2019), "model reliance", as a difference of log loss.
    """
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(rows)[:MOST_ROWS])
    X, y = model.encoding.apply(snapshots.known.iloc[rows]), snapshots.churned[rows]
    before = log_losses(y, model.predict_matrix(X))
    names = model.encoding.features
    units = {name: [at] for at, name in enumerate(names)} | _families(snapshots, names)
    rises = np.zeros((repeats, len(y), len(units)))
    for repeat in range(repeats):
        for unit, columns in enumerate(units.values()):
            before_it = rng.bit_generator.state
            shuffled = X.copy()
            shuffled[:, columns] = X[rng.permutation(len(X))][:, columns]
            rises[repeat, :, unit] = log_losses(y, model.predict_matrix(shuffled)) - before
            if not rises[
                repeat, :, unit
            ].any():  # a column that no risk rests on leaves the others' numbers as they are
                rng.bit_generator.state = before_it
    drawn = _drawn(rises, number_groups(snapshots.known["customer_id"].iloc[rows], len(y)), draws=draws, seed=seed)
    table = _table(list(units), rises.mean(axis=(0, 1)), drawn, level=level)
    single = table["key"].isin(list(names))
    found = {name: snapshots.feature(name) for name in names}
    features = _ordered(table[single], drawn[:, single.to_numpy()], level).assign(
        label=lambda t: pd.Series([found[key].label for key in t["key"]], dtype=object),
        actionable=lambda t: pd.Series([found[key].actionable for key in t["key"]], dtype=bool),
    )
    families = _ordered(table[~single], drawn[:, ~single.to_numpy()], level).assign(
        key=lambda t: t["key"].str.removeprefix("family:"),
        label=lambda t: pd.Series([FAMILIES[key] for key in t["key"]], dtype=object),
    )
    return RiskImportance(features, families, len(y), level)


def _families(snapshots: Snapshots, names: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        found.setdefault(f"family:{snapshots.feature(name).family}", []).append(at)
    return found


def _drawn(rises: Floats, groups: Any, *, draws: int, seed: int) -> Floats:
    """Mean rise by draw (draws, units): each draw resamples customers of one shuffle."""
    found, at = [], 0
    for weights in customer_weights(groups, draws=draws, seed=seed):
        which = (at + np.arange(len(weights))) % len(rises)
        batch = np.zeros((len(weights), rises.shape[2]))
        for repeat in range(len(rises)):
            mine = which == repeat
            batch[mine] = (weights[mine] @ rises[repeat]) / weights[mine].sum(axis=1, keepdims=True)
        found.append(batch)
        at += len(weights)
    return np.concatenate(found)


def _table(keys: Sequence[str], losses: Floats, drawn: Floats, *, level: float) -> pd.DataFrame:
    rows: list[Mapping[str, object]] = [
        {"key": key, "loss": loss, **interval(column, level)}
        for key, loss, column in zip(keys, losses, drawn.T, strict=True)
    ]
    return pd.DataFrame(rows)


def _ordered(table: pd.DataFrame, drawn: Floats, level: float) -> pd.DataFrame:
    """Most important first, with tie groups: a feature joins the group whose first it cannot be told from."""
    order = np.argsort(-table["loss"].to_numpy(), kind="stable")
    ties: list[int] = []
    first = 0
    for position in range(len(order)):
        gap = drawn[:, order[first]] - drawn[:, order[position]]
        if position and interval(gap, level)["low"] > 0:
            first = position
        ties.append(ties[-1] + (first == position) if position else 1)
    return table.iloc[order].assign(tie=ties).reset_index(drop=True)
