"""How good risks are on customers that no model has learned from: measures, gains and groups, with intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from cxlib.churn.risk.candidates import NAMES
from cxlib.churn.risk.measures import MEASURES, log_losses, measure, reliability
from cxlib.errors import DataError, nearest
from cxlib.language import Count, Decimal, Message, Percent, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import check_level, number_groups

if TYPE_CHECKING:
    from cxlib.churn.risk.snapshots import Snapshots
from collections.abc import Sequence

from cxlib.checks import Codes, Floats, read_outcomes, read_risks
from cxlib.language import N
from cxlib.measures.sampling import adjust_holm, percentiles, two_sided, wilson

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
            model=NAMES.get(self.best, self.best),
            share=Percent(auc),
            low=Percent(low),
            high=Percent(high),
            level=Percent(self.level),
            off=Percent(self.value(self.best, "calibration_error")[0], digits=1),
            n=Count(self.customers),
            churned=Count(self.churned),
        )

    def difference(self, model: str) -> tuple[float, float, float]:
        """By how much a model's log loss is below the reference's, with its interval; zero for the reference."""
        if model == self.reference:
            return 0.0, 0.0, 0.0
        row: Any = self.differences.set_index("model").loc[model]
        return float(row["difference"]), float(row["low"]), float(row["high"])


def _shown(value: float, low: float, high: float) -> Message:
    return T(
        "{value} ({low} to {high})",
        value=Decimal(value, digits=3),
        low=Decimal(low, digits=3),
        high=Decimal(high, digits=3),
    )


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
    rows = [row for name in found for row in _rows(name, functions[name](ones)[0], np.concatenate(drawn[name]), level)]
    first = reference or next(iter(found))
    differences = _differences(list(found), losses.mean(axis=0), np.concatenate(drawn_losses), (first, level))
    tables = {name: reliability(y, p) for name, p in found.items()}
    return Evaluation(
        pd.DataFrame(rows), differences, tables, first, len(y), int(groups.max()) + 1, int(y.sum()), level
    )


def customer_weights(groups: Codes, *, draws: int, seed: int) -> Iterator[Floats]:
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


POINTS = 51  # of the drawn curve: steps of two percent
FIRST = 0.1


@dataclass(frozen=True)
class Gains(Result):
    """Share of leavers reached by share of customers looked at.

    Attributes
    ----------
    table : DataFrame
        share (of customers, those at highest risk first), reached (of those who left), low, high, random (the share
        itself).
    n, churned : int
    level : float
    """

    table: pd.DataFrame
    n: int
    churned: int
    level: float = 0.95

    def at(self, share: float) -> tuple[float, float, float]:
        """Share of leavers reached among that share of customers, with its interval."""
        x = self.table["share"].to_numpy(float)
        value, low, high = (float(np.interp(share, x, self.table[name])) for name in ("reached", "low", "high"))
        return value, low, high

    @property
    def lift(self) -> tuple[float, float, float]:
        """Times as many leavers among the tenth at highest risk as among all."""
        value, low, high = self.at(FIRST)
        return value / FIRST, low / FIRST, high / FIRST

    @property
    def summary(self) -> pd.DataFrame:
        """At a tenth, a fifth and half of the customers, in quantities."""
        rows = [(Percent(share), *map(Percent, self.at(share))) for share in (0.1, 0.2, 0.5)]
        return pd.DataFrame(rows, columns=["customers", "leavers reached", "low", "high"])

    @property
    def headline(self) -> Message:
        """What the tenth at highest risk holds, and how that compares with chance."""
        value, low, high = self.at(FIRST)
        values = {
            "share": Percent(value),
            "low": Percent(low),
            "high": Percent(high),
            "lift": Decimal(self.lift[0], digits=1),
            "level": Percent(self.level),
            "n": Count(self.n),
            "churned": Count(self.churned),
        }
        if low > FIRST:
            return T(
                "The tenth at highest risk hold {share} of those who left ({level} interval {low} to {high}), {lift} "
                "times as many as chance would ({n} customers, {churned} left)",
                **values,
            )
        return T(
            "The tenth at highest risk hold {share} of those who left ({level} interval {low} to {high}): that is not "
            "clearly more than chance ({n} customers, {churned} left)",
            **values,
        )


def gain_curve(
    churned: Any, risk: Any, *, customers: Any = None, draws: int = 200, level: float = 0.95, seed: int = 0
) -> Gains:
    """Cumulative gains of a ranking by risk.

    Customers with equal risks are reached in no particular order: the curve runs straight between them.

    Parameters
    ----------
    churned : array-like (n,)
        0 or 1.
    risk : array-like (n,)
        Probabilities.
    customers : array-like (n,), optional
        Rows of one customer are resampled together.
    draws, level, seed
        Of the bootstrap.

    Raises
    ------
    DataError
        Nobody has left, or lengths differ.

    Examples
    --------
    >>> found = gain_curve([1, 0, 1, 0, 0, 0, 0, 0, 0, 0], [0.9, 0.1, 0.8, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1], draws=20)
    >>> found.at(0.1)[0], found.at(0.5)[0]
    (0.5, 1.0)
    """
    check_level(level)
    y, p = read_outcomes(churned, both=False).astype(float), read_risks(risk)
    if len(y) != len(p) or not y.any():
        raise DataError("gains need one risk for each outcome, and somebody who left. Give both.")
    order = np.argsort(-p, kind="stable")
    starts = np.flatnonzero(np.diff(p[order], prepend=np.inf))
    shares = np.linspace(0, 1, POINTS)
    groups = number_groups(customers, len(y))
    own = _curve(y[order], np.ones(len(y)), starts, shares)
    drawn = [
        _curve(y[order], row[order], starts, shares)
        for weights in customer_weights(groups, draws=draws, seed=seed)
        for row in weights
        if row @ y > 0
    ]
    low, high = np.array([percentiles(column, level) for column in np.array(drawn).T]).T
    table = pd.DataFrame({"share": shares, "reached": own, "low": low, "high": high, "random": shares})
    return Gains(table, len(y), int(y.sum()), level)


def _curve(y: Floats, weights: Floats, starts: Any, shares: Floats) -> Floats:
    seen, left = (np.append(0.0, np.cumsum(np.add.reduceat(x, starts))) for x in (weights, weights * y))
    return np.asarray(np.interp(shares, seen / seen[-1], left / left[-1]))


FEWEST = 30  # customers below which a group is not shown
MOST_GROUPS = 12  # of one attribute; beyond them groups are so many that each says little


@dataclass(frozen=True)
class SubgroupCalibration(Result):
    """Churn observed against churn expected, by group.

    Attributes
    ----------
    table : DataFrame
        by (attribute), group, n, observed, expected (churned customers), ratio (observed / expected), low, high,
        p_value (Holm's, over all groups shown), off (whether it is below 0.05).
    suppressed : int
        Groups with fewer than 30 customers, which are not shown.
    n : int
    """

    table: pd.DataFrame
    suppressed: int
    n: int

    @property
    def summary(self) -> pd.DataFrame:
        """The table in quantities."""
        t = self.table
        return pd.DataFrame(
            {
                "by": t["by"],
                "group": t["group"],
                "customers": t["n"].map(Count),
                "left": [Percent(v) for v in t["observed"] / t["n"]],
                "expected": [Percent(v) for v in t["expected"] / t["n"]],
                "observed / expected": [Decimal(v, digits=2) for v in t["ratio"]],
                "low": [Decimal(v, digits=2) for v in t["low"]],
                "high": [Decimal(v, digits=2) for v in t["high"]],
                "off": [T("yes") if flag else T("no") for flag in t["off"]],
            }
        )

    @property
    def headline(self) -> Message:
        """Whether a group's risks are clearly off, and the worst one."""
        if self.table.empty:
            return T("There are no groups large enough to compare risks by ({n} customers)", n=Count(self.n))
        off = self.table[self.table["off"]]
        if off.empty:
            return N(
                "In {n} group compared, no group’s risks are clearly off",
                "In {n} groups compared, no group’s risks are clearly off",
                len(self.table),
            )
        worst: Any = off.iloc[int(np.abs(np.log(off["ratio"].clip(lower=1e-3))).to_numpy().argmax())]
        return T(
            "Risks are clearly off for {group} ({by}): {ratio} times as many left as expected (interval {low} to "
            "{high}, {n} customers)",
            group=str(worst["group"]),
            by=worst["by"],
            ratio=Decimal(worst["ratio"], digits=2),
            low=Decimal(worst["low"], digits=2),
            high=Decimal(worst["high"], digits=2),
            n=Count(worst["n"]),
        )


def check_subgroups(
    rows: pd.DataFrame, risk: Any, by: Sequence[str], *, labels: Any = None, level: float = 0.95
) -> SubgroupCalibration:
    """Compare observed with expected churn by group.

    Parameters
    ----------
    rows : DataFrame
        churned, and the columns of `by`.
    risk : array-like (rows,)
        Probabilities.
    by : sequence of str
        Columns that hold groups; those with more than twelve are left out.
    labels : mapping, optional
        What a reader sees for a column.

    Notes
    -----
    Under right risks the number who leave has the mean sum(p) and the variance sum(p (1 - p)); the p-value is normal.
    The interval is Wilson's of the observed share, over the expected share.

    Examples
    --------
    >>> rows = pd.DataFrame({"churned": [1, 0] * 50, "region": ["north"] * 60 + ["south"] * 40})
    >>> check_subgroups(rows, np.full(100, 0.5), ["region"]).table["ratio"].tolist()
    [1.0, 1.0]
    """
    z, found, suppressed = check_level(level), [], 0
    frame = pd.DataFrame({"y": rows["churned"].to_numpy(float), "p": np.asarray(risk, float)})
    for name in by:
        groups = rows[name].astype(object).to_numpy()
        if pd.Series(groups).nunique() > MOST_GROUPS:
            continue
        for group, part in frame.groupby(pd.Series(groups), sort=True):
            if len(part) < FEWEST:
                suppressed += 1
                continue
            found.append({"by": (labels or {}).get(name, name), "group": group, **_row(part, z)})
    columns = ["by", "group", "n", "observed", "expected", "ratio", "low", "high", "p_value"]
    table = pd.DataFrame(found, columns=columns)
    table["p_value"] = adjust_holm(table["p_value"].to_numpy(float))
    return SubgroupCalibration(table.assign(off=table["p_value"] < 1 - level), suppressed, len(rows))


def _row(part: pd.DataFrame, z: float) -> dict[str, float]:
    n, observed, expected = len(part), float(part["y"].sum()), float(part["p"].sum())
    spread = float(np.sqrt((part["p"] * (1 - part["p"])).sum()))
    low, high = wilson([observed], [n], z=z)
    share = expected / n
    return {
        "n": n,
        "observed": observed,
        "expected": expected,
        "ratio": observed / expected,
        "low": float(low[0] / share),
        "high": float(high[0] / share),
        "p_value": float(two_sided(observed - expected, spread)),
    }
