"""How good risks are on customers that no model has learned from: measures, gains and groups, with intervals."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd

from cxlib.checks import Codes, Floats, Values, read_outcomes, read_risks
from cxlib.churn.risk.candidates import NAMES
from cxlib.churn.risk.measures import MEASURES, log_losses, measure, reliability
from cxlib.errors import DataError, nearest
from cxlib.language import Count, Decimal, Message, N, Percent, T, WordList
from cxlib.measures.result import Brief, Result, in_quantities, yes_or_no
from cxlib.measures.sampling import (
    LEAST_RATIO,
    LEVEL,
    adjust_holm,
    column_percentiles,
    hidden_cells,
    number_groups,
    percentiles,
    two_sided,
    wilson,
)

CELLS = 2_000_000  # draws x rows held in memory at once
POINTS = 51  # of the curve of gains: steps of two percent
FIRST = 0.1  # the share of customers that gains are put into words for
FEWEST = 30  # customers below which a group is not shown
MOST_GROUPS = 12  # of one attribute; beyond them groups are so many that each says little

MEASURE_NAMES = WordList("measures of risk")


def find_value(table: pd.DataFrame, model: str, measure: str) -> tuple[float, float, float]:
    """Value, low and high of a measure in a table of measures; an unknown model or measure is a DataError."""
    rows = table[(table["model"] == model) & (table["measure"] == measure)]
    if rows.empty:
        models = list(dict.fromkeys(table["model"]))
        wrong, allowed = (model, models) if model not in models else (measure, MEASURES)
        raise DataError(f"there is no {wrong!r} in this evaluation. {nearest(wrong, allowed)}")
    row: pd.Series = rows.iloc[0]
    return float(row["value"]), float(row["low"]), float(row["high"])


def say_interval(value: float, low: float, high: float) -> Message:
    """A number with its interval, in thousandths."""
    ends = {"low": Decimal(low, digits=3), "high": Decimal(high, digits=3)}
    return T("{value} ({low} to {high})", value=Decimal(value, digits=3), **ends)


def summarise(table: pd.DataFrame) -> pd.DataFrame:
    """A table of measures in quantities: measure, model, value and its interval."""
    numbers = {name: [Decimal(value, digits=3) for value in table[name]] for name in ("value", "low", "high")}
    names = {"measure": table["measure"].map(MEASURE_NAMES), "model": table["model"].map(NAMES)}
    return pd.DataFrame({**names, **numbers}).reset_index(drop=True)


@dataclass(frozen=True, repr=False)
class Evaluation(Brief):
    """Measures of one or more sets of probabilities for the same customers.

    `table`: model, measure, value, low, high: one row a model and measure (`MEASURES`).
    `differences`: model, difference, low, high: log loss of `reference` less that of the model, paired by customer;
        above 0 the model is better.
    `reliability`: By model predicted against observed by tenths (see `measures.reliability`).
    `reference`: The model that others are compared with.
    """

    table: pd.DataFrame
    differences: pd.DataFrame
    reliability: Mapping[str, pd.DataFrame] = field(repr=False)
    reference: str
    customers: int
    churned: int

    def value(self, model: str, measure: str) -> tuple[float, float, float]:
        """Value, low and high of a measure."""
        return find_value(self.table, model, measure)

    def difference(self, model: str) -> tuple[float, float, float]:
        """By how much a model's log loss is below the reference's, with its interval; zero for the reference."""
        if model == self.reference:
            return 0.0, 0.0, 0.0
        row = self.differences.set_index("model").loc[[model]].iloc[0]
        return float(row["difference"]), float(row["low"]), float(row["high"])


def evaluate_risk(
    churned: Values,
    risks: Mapping[str, object],
    *,
    customers: Values | None = None,
    reference: str = "",
    draws: int = 200,
    seed: int = 0,
) -> Evaluation:
    """Measure probabilities (by model) against what happened; by default the first model is the reference.

    Intervals resample customers, all rows of one together (Poisson weights: the size of a resample varies a little).
    """
    y = read_outcomes(churned).astype(np.int64)
    probabilities = {name: read_risks(p, n=len(y), name=name) for name, p in risks.items()}
    groups = number_groups(customers, len(y))
    functions = {name: measure(y, p) for name, p in probabilities.items()}
    losses = np.column_stack([log_losses(y, p) for p in probabilities.values()])
    resampled: dict[str, list[Floats]] = {name: [] for name in functions}
    resampled_losses = []
    for weights in customer_weights(groups, draws=draws, seed=seed):
        for name, function in functions.items():
            resampled[name].append(function(weights))
        resampled_losses.append((weights @ losses) / weights.sum(axis=1, keepdims=True))
    ones = np.ones((1, len(y)))
    rows = [row for name, function in functions.items() for row in _rows(name, function(ones)[0], resampled[name])]
    first = reference or next(iter(functions))
    return Evaluation(
        table=pd.DataFrame(rows),
        differences=_differences(list(functions), losses.mean(axis=0), np.concatenate(resampled_losses), first),
        reliability={name: reliability(y, p) for name, p in probabilities.items()},
        reference=first,
        customers=int(groups.max()) + 1,
        churned=int(y.sum()),
    )


def customer_weights(groups: Codes, *, draws: int, seed: int) -> Iterator[Floats]:
    """How often each row's customer is drawn, in batches (draws, rows) whose measures are products of matrices.

    Poisson weights need no counting; the same seed gives the same draws, however many rows a batch holds.
    """
    rng, customers = np.random.default_rng(seed), int(groups.max()) + 1
    alone = customers == len(groups) and bool((groups == np.arange(customers)).all())
    batch = max(CELLS // max(len(groups), 1), 1)
    for start in range(0, draws, batch):
        weights = rng.poisson(1.0, (min(batch, draws - start), customers)).astype(float)
        yield weights if alone else weights[:, groups]


def _rows(name: str, values: Floats, batches: Sequence[Floats]) -> list[dict[str, object]]:
    resampled = np.concatenate(batches)
    # Resampling adds noise to every bin, which only ever enlarges this error: the draws are moved back onto it.
    at = MEASURES.index("calibration_error")
    resampled[:, at] = np.maximum(resampled[:, at] - np.nanmean(resampled[:, at]) + values[at], 0)
    return [
        {"model": name, "measure": key, "value": value, **interval(column)}
        for key, value, column in zip(MEASURES, values, resampled.T, strict=True)
    ]


def interval(resampled: Floats) -> dict[str, float]:
    """Low and high of resampled values; missing ones are left out."""
    low, high = percentiles(resampled[np.isfinite(resampled)])
    return {"low": low, "high": high}


def _differences(names: list[str], losses: Floats, resampled: Floats, reference: str) -> pd.DataFrame:
    at = names.index(reference)
    rows = [
        {"model": name, "difference": losses[at] - losses[i], **interval(resampled[:, at] - resampled[:, i])}
        for i, name in enumerate(names)
        if i != at
    ]
    return pd.DataFrame(rows, columns=["model", "difference", "low", "high"])


@dataclass(frozen=True, repr=False)
class Gains(Result):
    """Share of leavers reached by share of customers looked at.

    `table`: share (of customers, those at highest risk first), reached (of those who left), low, high, random (the
        share itself).
    """

    table: pd.DataFrame
    n: int
    churned: int

    def at(self, share: float) -> tuple[float, float, float]:
        """Share of leavers reached among that share of customers, with its interval."""
        x = self.table["share"].to_numpy(float)
        value, low, high = (float(np.interp(share, x, self.table[name])) for name in ("reached", "low", "high"))
        return value, low, high

    @property
    def face(self) -> pd.DataFrame:
        """At a tenth, a fifth and half of the customers, in quantities."""
        rows = [(Percent(share), *map(Percent, self.at(share))) for share in (0.1, 0.2, 0.5)]
        return pd.DataFrame(rows, columns=["customers", "leavers reached", "low", "high"])

    @property
    def headline(self) -> Message:
        """What the tenth at highest risk holds, and how that compares with chance."""
        value, low, high = self.at(FIRST)
        values: dict[str, object] = {"share": Percent(value), "low": Percent(low), "high": Percent(high)}
        values |= {"level": Percent(LEVEL), "n": Count(self.n), "churned": Count(self.churned)}
        values["lift"] = Decimal(value / FIRST, digits=1)
        if low > FIRST:
            return T(
                "The riskiest tenth held {share} of those who left ({level} interval {low} to {high}). "
                "That is {lift} times as many as chance finds",
                **values,
            )
        return T(
            "The riskiest tenth held {share} of those who left ({level} interval {low} to {high}). "
            "That is not clearly more than chance finds",
            **values,
        )


def gain_curve(churned: Values, risk: Values, *, draws: int = 200, seed: int = 0) -> Gains:
    """Cumulative gains of a ranking by risk.

    Customers with equal risks are reached in no particular order: the curve runs straight between them.

    `churned` (n,): 0 or 1, one a customer.
    `draws`: Resamples of customers behind the interval.
    Raises DataError: nobody has left, or lengths differ.

    >>> curve = gain_curve([1, 0, 1, 0, 0, 0, 0, 0, 0, 0], [0.9, 0.1, 0.8, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1], draws=20)
    >>> curve.at(0.1)[0], curve.at(0.5)[0]
    (0.5, 1.0)
    """
    y, p = read_outcomes(churned, both=False).astype(float), read_risks(risk)
    if len(y) != len(p) or not y.any():
        raise DataError("gains need one risk for each outcome, and somebody who left. Give both.")
    order = np.argsort(-p, kind="stable")
    starts = np.flatnonzero(np.diff(p[order], prepend=np.inf))
    shares = np.linspace(0, 1, POINTS)
    own = _curve(y[order], np.ones(len(y)), starts, shares)
    curves = [
        _curve(y[order], row[order], starts, shares)
        for weights in customer_weights(np.arange(len(y)), draws=draws, seed=seed)
        for row in weights
        if row @ y > 0
    ]
    low, high = column_percentiles(np.array(curves))
    table = pd.DataFrame({"share": shares, "reached": own, "low": low, "high": high, "random": shares})
    return Gains(table, len(y), int(y.sum()))


def _curve(y: Floats, weights: Floats, starts: Codes, shares: Floats) -> Floats:
    reached, left = (np.append(0.0, np.cumsum(np.add.reduceat(x, starts))) for x in (weights, weights * y))
    return np.asarray(np.interp(shares, reached / reached[-1], left / left[-1]))


@dataclass(frozen=True, repr=False)
class SubgroupCalibration(Result):
    """Churn observed against churn expected, by group: whether risks are right in each, not only on average.

    `table`: by (attribute), group, n, observed, expected (churned customers), ratio (observed / expected), low, high,
        p_value (Holm's, over all groups shown), off (whether it is below 0.05, and the ratio 1.05 or more, or the
        inverse).
    `suppressed`: Groups with fewer than 30 customers, which are not shown.

    >>> rows = pd.DataFrame({"churned": [1, 0] * 50, "region": ["north"] * 60 + ["south"] * 40})
    >>> check_subgroups(rows, np.full(100, 0.5), ["region"]).summary.columns.tolist()
    ['by', 'group', 'customers', 'left (fraction)', 'expected (fraction)', 'observed / expected', 'low', 'high', 'off']
    """

    table: pd.DataFrame
    suppressed: int
    n: int

    @property
    def face(self) -> pd.DataFrame:
        """The table in quantities."""
        t, two = self.table, partial(Decimal, digits=2)
        t = t.assign(left=t["observed"] / t["n"], expected=t["expected"] / t["n"])
        shares = {"customers": ("n", Count), "left": Percent, "expected": Percent}
        ratios = {"observed / expected": ("ratio", two), "low": two, "high": two}
        return in_quantities(t, {"by": "by", "group": "group", **shares, **ratios, "off": yes_or_no})

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
        worst: pd.Series = off.iloc[int(np.abs(np.log(off["ratio"].clip(lower=1e-3))).to_numpy().argmax())]
        ratios = {name: Decimal(worst[name], digits=2) for name in ("ratio", "low", "high")}
        return T(
            "Risks are clearly off for {group} ({by}): {ratio} times as many left as expected (interval {low} to "
            "{high}, {n} customers)",
            group=str(worst["group"]),
            by=worst["by"],
            n=Count(worst["n"]),
            **ratios,
        )


def check_subgroups(
    rows: pd.DataFrame, risk: Values, by: Sequence[str], *, labels: Mapping[str, object] | None = None
) -> SubgroupCalibration:
    """Compare observed (column churned of `rows`) with expected churn by groups of each column of `by`.

    Columns with more than twelve groups are left out; `labels` is what a reader sees for a column. Under right risks
    the number who leave has the mean sum(p) and the variance sum(p (1 - p)); the p-value is normal. The interval is
    Wilson's of the observed share, over the expected share.
    """
    lines: list[dict[str, object]] = []
    suppressed = 0
    frame = pd.DataFrame({"y": rows["churned"].to_numpy(float), "p": np.asarray(risk, float)})
    for name in by:
        groups = pd.Series(rows[name].astype(object).to_numpy())
        sizes = groups.value_counts(dropna=False)
        if groups.nunique() > MOST_GROUPS:
            continue
        shown = set(sizes.index[~hidden_cells(sizes.to_numpy(), least=FEWEST)])
        parts = {group: part for group, part in frame.groupby(groups, sort=True) if group in shown}
        suppressed += groups.nunique() - len(parts)
        lines += [
            {"by": (labels or {}).get(name, name), "group": group, **_group_row(part)} for group, part in parts.items()
        ]
    columns = ["by", "group", "n", "observed", "expected", "ratio", "low", "high", "p_value"]
    table = pd.DataFrame(lines, columns=columns)
    table["p_value"] = adjust_holm(table["p_value"].to_numpy(float))
    far = np.abs(np.log(table["ratio"].astype(float).clip(lower=1e-9))) >= np.log(LEAST_RATIO)
    return SubgroupCalibration(table.assign(off=far & (table["p_value"] < 1 - LEVEL)), suppressed, len(rows))


def _group_row(part: pd.DataFrame) -> dict[str, object]:
    n, observed, expected = len(part), float(part["y"].sum()), float(part["p"].sum())
    spread = float(np.sqrt((part["p"] * (1 - part["p"])).sum()))
    low, high = wilson([observed], [n])
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
