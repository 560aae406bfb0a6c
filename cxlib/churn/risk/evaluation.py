"""How good risks are on customers that no model has learned from, with intervals over resampled customers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxlib.churn.risk.baselines import NAMES
from cxlib.churn.risk.calibration import reliability
from cxlib.churn.risk.risk_measures import MEASURES, log_losses, measure
from cxlib.errors import DataError, nearest
from cxlib.language import Count, Decimal, Message, Percent, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import check_level, number_groups

if TYPE_CHECKING:
    from cxlib.churn.risk.snapshots import Snapshots

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
CELLS = 2_000_000  # draws x rows held in memory at once

MEASURE_NAMES: dict[str, Message] = {
    "roc_auc": T("Ranking of any two customers (ROC-AUC)"),
    "pr_auc": T("Precision over all shares called (PR-AUC)"),
    "brier": T("Squared error (Brier score)"),
    "log_loss": T("Log loss"),
    "lift": T("Times as many who leave among the tenth at highest risk (lift)"),
    "intercept": T("Risk too low (+) or too high (-) overall, in log-odds"),
    "slope": T("Spread of risks (calibration slope, 1 is right)"),
    "calibration_error": T("Average gap between risk and what happened (expected calibration error)"),
}


class Tested(Protocol):
    """A model that was tested on customers it had not learned from.

    Where days are known these are held out by time (`RiskFit`); where a file only says who has left, by customer
    (`Retrospective`). Whoever shows a test asks either for the same things; `RiskStudy.tested_model` is the one there
    is.
    """

    @property
    def snapshots(self) -> Snapshots:
        """What was learned from and tested on."""

    @property
    def looks_back(self) -> bool:
        """Whether it says who has left, and is no forecast of who will."""

    @property
    def chosen(self) -> str:
        """Key of the model or rule that is used (a key of `NAMES`)."""

    @property
    def best_rule(self) -> str:
        """Key of the rule that models are compared with; empty where none is singled out."""

    @property
    def customers(self) -> int:
        """How many customers it was tested on."""

    @property
    def table(self) -> pd.DataFrame:
        """Every model and rule: model, measure (`MEASURES`), value, low, high."""

    @property
    def reliability(self) -> pd.DataFrame:
        """Of the chosen one by tenths of risk: bin, n, predicted, observed, low, high."""

    @property
    def test_rows(self) -> pd.DataFrame:
        """Tested customers: customer_id, cut_off, churned, value_cents, risk."""

    @property
    def features_alone(self) -> pd.DataFrame:
        """Feature, auc: what each tells alone, the highest first."""

    @property
    def headline(self) -> Message:
        """How well the chosen one ranks."""

    @property
    def findings(self) -> tuple[Message, ...]:
        """Whether a model is worth having, where that is tested, and the headline."""

    @property
    def summary(self) -> pd.DataFrame:
        """One row a measure, a column a model, in quantities."""

    @property
    def caption(self) -> Message:
        """How the measures of `table` came about."""

    @property
    def source(self) -> Message:
        """Source line of a figure of `test_rows` or `reliability`."""

    def value(self, model: str, measure: str) -> tuple[float, float, float]:
        """Value, low and high of a measure of a model."""


@dataclass(frozen=True)
class Evaluation(Result):
    """Measures of one or more sets of probabilities for the same customers.

    Attributes
    ----------
    table : DataFrame
        model, measure, value, low, high: one row a model and measure (`MEASURES`).
    differences : DataFrame
        model, difference, low, high: log loss of `reference` less that of the model, paired by customer; above 0 the
        model is better.
    reliability : dict of str to DataFrame
        By model predicted against observed by tenths (see `calibration.reliability`).
    reference : str
        The model that others are compared with.
    n, customers, churned : int
    level : float
    """

    table: pd.DataFrame
    differences: pd.DataFrame
    reliability: Mapping[str, pd.DataFrame] = field(repr=False)
    reference: str
    n: int
    customers: int
    churned: int
    level: float = 0.95

    def value(self, model: str, measure: str) -> tuple[float, float, float]:
        """Value, low and high of a measure.

        Raises
        ------
        DataError
            There is no such model or measure.
        """
        rows = self.table[(self.table["model"] == model) & (self.table["measure"] == measure)]
        if rows.empty:
            wrong, allowed = (model, self.models) if model not in self.models else (measure, MEASURES)
            raise DataError(f"there is no {wrong!r} in this evaluation. {nearest(wrong, allowed)}")
        row: Any = rows.iloc[0]
        return float(row["value"]), float(row["low"]), float(row["high"])

    @property
    def models(self) -> list[str]:
        """Their keys."""
        return list(dict.fromkeys(self.table["model"]))

    @property
    def summary(self) -> pd.DataFrame:
        """One row a measure, a column a model, each with its interval."""
        columns: dict[str, list[object]] = {"measure": [MEASURE_NAMES[name] for name in MEASURES]}
        for model in self.models:
            columns[str(NAMES.get(model, model))] = [_shown(*self.value(model, name)) for name in MEASURES]
        return pd.DataFrame(columns)

    @property
    def best(self) -> str:
        """The model with the least log loss."""
        losses = self.table[self.table["measure"] == "log_loss"].set_index("model")["value"]
        return str(losses.idxmin())

    @property
    def headline(self) -> Message:
        """How well the best model ranks and how far its risks are off."""
        auc, low, high = self.value(self.best, "roc_auc")
        return T(
            "{model} ranks {share} of pairs of customers rightly ({level} interval {low} to {high}); its risks are off "
            "by {off} on average ({n} customers, {churned} left)",
            model=NAMES.get(self.best, self.best), share=Percent(auc), low=Percent(low), high=Percent(high),
            level=Percent(self.level), off=Percent(self.value(self.best, "calibration_error")[0], digits=1),
            n=Count(self.customers), churned=Count(self.churned),
        )  # fmt: skip

    def difference(self, model: str) -> tuple[float, float, float]:
        """By how much a model's log loss is below the reference's, with its interval; zero for the reference."""
        if model == self.reference:
            return 0.0, 0.0, 0.0
        row: Any = self.differences.set_index("model").loc[model]
        return float(row["difference"]), float(row["low"]), float(row["high"])


def _shown(value: float, low: float, high: float) -> Message:
    return T(
        "{value} ({low} to {high})", value=Decimal(value, digits=3), low=Decimal(low, digits=3),
        high=Decimal(high, digits=3),
    )  # fmt: skip


def evaluate_risk(
    churned: Any,
    risks: Mapping[str, Any],
    *,
    customers: Any = None,
    reference: str = "",
    draws: int = 200,
    level: float = 0.95,
    seed: int = 0,
) -> Evaluation:
    """Measure probabilities against what happened.

    Parameters
    ----------
    churned : array-like (rows,)
        0 or 1.
    risks : mapping of str to array-like (rows,)
        Probabilities by model.
    customers : array-like (rows,), optional
        Rows of one customer are resampled together.
    reference : str
        Model that the others are compared with; by default the first.
    draws, level, seed
        Resamples of customers (Poisson weights: the size of a resample varies a little), coverage, random numbers.

    Raises
    ------
    DataError
        A probability is missing or outside 0-1, lengths differ, or only one outcome occurs.

    Examples
    --------
    >>> found = evaluate_risk([0, 1, 0, 1], {"model": [0.1, 0.4, 0.35, 0.8]}, draws=20)
    >>> found.value("model", "roc_auc")[0], round(found.value("model", "brier")[0], 4)
    (1.0, 0.1331)
    """
    y = np.asarray(churned)
    found = {name: _checked(name, p, len(y)) for name, p in risks.items()}
    if not found or len(np.unique(y)) < 2:
        raise DataError("risks can be judged only where some customers left and some stayed. Give both, and a model.")
    y, groups = y.astype(np.int64), number_groups(customers, len(y))
    check_level(level)
    functions = {name: measure(y, p) for name, p in found.items()}
    losses = np.column_stack([log_losses(y, p) for p in found.values()])
    drawn: dict[str, list[Floats]] = {name: [] for name in found}
    drawn_losses = []
    for weights in customer_weights(groups, draws=draws, seed=seed):
        for name, function in functions.items():
            drawn[name].append(function(weights))
        drawn_losses.append((weights @ losses) / weights.sum(axis=1, keepdims=True))
    ones = np.ones((1, len(y)))
    rows = [
        row for name in found for row in _rows(name, functions[name](ones)[0], np.concatenate(drawn[name]), level)
    ]  # fmt: skip
    first = reference or next(iter(found))
    differences = _differences(list(found), losses.mean(axis=0), np.concatenate(drawn_losses), (first, level))
    tables = {name: reliability(y, p) for name, p in found.items()}
    return Evaluation(
        pd.DataFrame(rows), differences, tables, first, len(y), int(groups.max()) + 1, int(y.sum()), level
    )  # fmt: skip


def customer_weights(groups: Ints, *, draws: int, seed: int) -> Iterator[Floats]:
    """How often each row's customer is drawn, in batches (draws, rows); the same for the same seed."""
    rng, customers = np.random.default_rng(seed), int(groups.max()) + 1
    alone = customers == len(groups)
    batch = max(CELLS // max(len(groups), 1), 1)
    for start in range(0, draws, batch):
        drawn = rng.poisson(1.0, (min(batch, draws - start), customers)).astype(float)
        yield drawn if alone and (groups == np.arange(customers)).all() else drawn[:, groups]


def _checked(name: str, values: Any, n: int) -> Floats:
    p = np.asarray(values, dtype=float)
    if len(p) != n:
        raise DataError(f"{name}: there are {len(p):,} risks for {n:,} outcomes. Give one for each.")
    bad = ~((p >= 0) & (p <= 1))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(f"{name}: risks are probabilities from 0 to 1 (first other: {p[row]:g} in row {row + 1:,}).")
    return p


def _rows(name: str, values: Floats, drawn: Floats, level: float) -> list[dict[str, object]]:
    drawn = drawn.copy()
    # Resampling adds noise to every bin, which only ever enlarges this error: the draws are moved back onto it.
    at = MEASURES.index("calibration_error")
    drawn[:, at] = np.maximum(drawn[:, at] - np.nanmean(drawn[:, at]) + values[at], 0)
    return [
        {"model": name, "measure": key, "value": value, **interval(column, level)}
        for key, value, column in zip(MEASURES, values, drawn.T, strict=True)
    ]


def interval(drawn: Floats, level: float) -> dict[str, float]:
    """Low and high of resampled values; missing ones are left out."""
    known = drawn[np.isfinite(drawn)]
    if not known.size:
        return {"low": np.nan, "high": np.nan}
    low, high = np.quantile(known, [0.5 - level / 2, 0.5 + level / 2])
    return {"low": float(low), "high": float(high)}


def _differences(names: list[str], losses: Floats, drawn: Floats, against: tuple[str, float]) -> pd.DataFrame:
    reference, level = against
    at = names.index(reference)
    rows = [
        {"model": name, "difference": losses[at] - losses[i], **interval(drawn[:, at] - drawn[:, i], level)}
        for i, name in enumerate(names)
        if i != at
    ]
    return pd.DataFrame(rows, columns=["model", "difference", "low", "high"])
