"""Whether what was learnt still holds: the share who leave, the features of customers, the risks themselves.

Drift of a feature is its population stability index. With r_b and c_b the shares of bin b among n reference and m
current customers::

    PSI = sum_b (c_b - r_b) ln(c_b / r_b)

Under no change PSI is about chi2 with B - 1 degrees of freedom times (1/n + 1/m) (Yurdakul & Naranjo, Statistical
properties of the population stability index, Journal of Risk Model Validation 14(4), 2020), so "more than 0.1" is no
alarm in a small sample and far too late in a large one.

Risks are held against outcomes by Cox's calibration: ``logit P(left) = intercept + slope logit(risk)``. A calibrated
model has intercept 0 and slope 1; a slope below 1 says that risks are too far apart.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import chdtrc, chdtri, expit, logit, stdtr, stdtrit

from cxlib.checks import Codes, Flags, Floats, Values, read_outcomes, read_risks, require_columns
from cxlib.churn.features import describe_feature
from cxlib.errors import DataError
from cxlib.language import Count, Day, Decimal, Message, Percent, Points, T
from cxlib.measures.result import Result, in_quantities, yes_or_no
from cxlib.measures.sampling import (
    LEAST_INDEX,
    LEAST_RATIO,
    LEAST_SHARE,
    LEVEL,
    Z95,
    adjust_holm,
    number_groups,
    wilson,
)

FEWEST_CUT_OFFS = 3  # with two there is a difference, no trend
MOST_TO_TELL = 1.0  # of shares a year: no trend is told from an interval as wide as all that there can be

PRIOR_STEP, PRIOR_STEPS = 0.15, 2  # of a level, in log-odds from one cut-off to the next, and cut-offs it is worth


@dataclass(frozen=True, repr=False)
class BaseRates(Result):
    """Churn by cut-off, and whether it rises or falls.

    `table`: cut_off, n, churned, rate, low, high (Wilson).
    `slope_per_year`: Change of the share in a year, as a fraction, by least squares over all rows from `since` on; NaN
        with fewer than three cut-offs.
    `slope_error`, `p_value`: Rows of one customer at several cut-offs taken together; at least what the cut-offs' own
        distances from a line ask, with Student's t for how few they are: a rate that goes up and down is no trend.
    `level_sd`: Standard deviation of the rate's step, as a logit, from one cut-off to the next beyond what chance
        explains: how far a forecast of the next cut-off may be off because times change. Few cut-offs say little about
        it: it is shrunk towards a step of .15, worth two of them.
    """

    table: pd.DataFrame
    slope_per_year: float
    slope_error: float
    p_value: float
    level_sd: float
    n: int
    since: dt.date | None = None

    @property
    def comparable(self) -> pd.DataFrame:
        """Rows of `table` from `since` on."""
        return comparable_rates(self.table, self.since)

    @property
    def interval(self) -> tuple[float, float]:
        """Of the slope per year."""
        t = float(stdtrit(max(len(self.comparable) - 2, 1), 0.5 + LEVEL / 2))
        return self.slope_per_year - t * self.slope_error, self.slope_per_year + t * self.slope_error

    @property
    def drifts(self) -> bool:
        """Whether a trend is clear, and at least a point a year."""
        return bool(self.p_value < 1 - LEVEL and abs(self.slope_per_year) >= LEAST_SHARE)

    @property
    def face(self) -> pd.DataFrame:
        """The table in quantities."""
        days = {"cut_off": lambda day: Day(pd.Timestamp(day).date())}
        shares = dict.fromkeys(("rate", "low", "high"), Percent)
        return in_quantities(self.table, {**days, "customers": ("n", Count), **shares})

    @property
    def headline(self) -> Message:
        """Trend, or its absence."""
        kept = self.comparable
        values: dict[str, object] = {
            "first": Percent(kept["rate"].iloc[0] if len(kept) else np.nan),
            "last": Percent(self.table["rate"].iloc[-1]),
            "n": Count(kept["n"].sum()),
            "cut_offs": Count(len(kept)),
        }
        if len(kept) < min(len(self.table), FEWEST_CUT_OFFS):
            return T(
                "Before {day} the data reached back too short a time to know who had long stopped, so that fewer seem "
                "to have left then: a trend needs three later days",
                day=Day(self.since or dt.date.max),
            )
        if np.isnan(self.p_value):
            return T(
                "{last} of customers left after the last of {cut_offs} cut-offs; a trend needs three ({n} rows)",
                **values,
            )
        low, high = self.interval
        values |= {
            "slope": Points(100 * self.slope_per_year, digits=1),
            "low": Points(100 * low, digits=1),
            "high": Points(100 * high, digits=1),
            "level": Percent(LEVEL),
        }
        if self.drifts:
            return T(
                "The share who leave drifts: {first} at the first and {last} at the last of {cut_offs} cut-offs, "
                "{slope} points a year ({level} interval {low} to {high}, {n} rows)",
                **values,
            )
        if high - low >= MOST_TO_TELL:
            return T(
                "The share who leave goes up and down too much to tell a trend: {first} at the first and {last} at the "
                "last of {cut_offs} cut-offs ({n} rows)",
                **values,
            )
        return T(
            "The share who leave shows no clear trend: {first} at the first and {last} at the last of {cut_offs} "
            "cut-offs, {slope} points a year ({level} interval {low} to {high}, {n} rows)",
            **values,
        )


def comparable_rates(table: pd.DataFrame, since: dt.date | None) -> pd.DataFrame:
    """Rows of cut-offs from `since` on; None: all."""
    return table if since is None else table[pd.to_datetime(table["cut_off"]) >= pd.Timestamp(since)]


def base_rates(rows: pd.DataFrame, *, since: dt.date | None = None) -> BaseRates:
    """Churn by cut-off, from rows whose outcome is known.

    `rows`: cut_off, churned, customer_id; rows without an outcome are left out.
    `since`: First cut-off that later ones can be held against: before it too little of the past was known.
    Raises DataError: a column is missing, or no outcome is known.
    """
    frame = require_columns(rows, ("customer_id", "cut_off", "churned"), what="the table of snapshots")
    frame = require_columns(frame[frame["churned"].notna()], (), what="the table of snapshots with known outcomes")
    left = read_outcomes(frame["churned"], both=False)
    days = pd.to_datetime(frame["cut_off"])
    table = _by_cut_off(days, left)
    k, kept = len(comparable_rates(table, since)), np.ones(len(days), bool)
    if since is not None:
        kept = (days >= pd.Timestamp(since)).to_numpy()
    slope = error = np.nan
    if k >= FEWEST_CUT_OFFS:
        customers = number_groups(frame["customer_id"].to_numpy(object)[kept], int(kept.sum()))
        slope, error = _trend(days[kept], left[kept], customers)
    p_value = 2 * float(stdtr(k - 2, -abs(slope) / error)) if error > 0 else np.nan
    return BaseRates(table, slope, error, p_value, _between(table), len(frame), since)


def _by_cut_off(days: pd.Series, left: Flags) -> pd.DataFrame:
    by = pd.Series(left.astype(int), index=days.to_numpy()).groupby(level=0)
    table = pd.DataFrame({"n": by.size(), "churned": by.sum()}).rename_axis("cut_off").reset_index()
    low, high = wilson(table["churned"], table["n"])
    return table.assign(rate=table["churned"] / table["n"], low=low, high=high)


def _trend(days: pd.Series, left: Flags, groups: Floats) -> tuple[float, float]:
    years = ((days - days.min()).dt.days / 365.25).to_numpy(float)
    x = years - years.mean()
    square = float(x @ x)
    if square == 0:
        return np.nan, np.nan
    slope = float(x @ left / square)
    residual = left - left.mean() - slope * x
    sums = np.bincount(groups, x * residual)
    _, cut_offs = np.unique(years, return_inverse=True)
    off = np.bincount(cut_offs, residual)
    between = float(off @ (off / np.bincount(cut_offs))) / max(int(cut_offs.max()) - 1, 1)
    return slope, float(np.sqrt(max(float(sums @ sums) / square, between) / square))


def _between(table: pd.DataFrame) -> float:
    """By moments, as DerSimonian & Laird (1986): squared steps of the logit less what chance gives each of them."""
    if len(table) < FEWEST_CUT_OFFS:
        return PRIOR_STEP
    rate = ((table["churned"] + 0.5) / (table["n"] + 1)).to_numpy(float)
    chance = 1 / (table["n"].to_numpy(float) * rate * (1 - rate))
    weight = 1 / (chance[1:] + chance[:-1])
    excess = float(weight @ np.diff(logit(rate)) ** 2) - len(weight)
    step = max(excess, 0.0) / weight.sum()
    return float(np.sqrt((PRIOR_STEPS * PRIOR_STEP**2 + len(weight) * step) / (PRIOR_STEPS + len(weight))))


BINS = 10


@dataclass(frozen=True)
class Psi:
    """Index of one feature: `value`, its `critical` value under no change, `p_value`, and the number of `bins`."""

    value: float
    critical: float
    p_value: float
    bins: int


def critical_psi(n: int, m: int, *, bins: int = BINS) -> float:
    """The index that chance alone exceeds in 1 - LEVEL of all comparisons of `n` customers then and `m` now."""
    return float(chdtri(bins - 1, 1 - LEVEL) * (1 / n + 1 / m)) if bins > 1 else 0.0


def psi(reference: Values, current: Values) -> Psi:
    """Population stability index of one feature, numbers or texts; missing values are a bin of their own.

    Numbers are cut at the reference's quantiles; quantiles that coincide are one cut, so ties leave fewer bins. Where a
    bin is empty on one side, half a customer is added to every bin of both.
    """
    before, now = (_flat(side) for side in (reference, current))
    if not len(before) or not len(now):
        raise DataError("there are no customers to compare. Both the reference and the current table need rows.")
    codes = _codes(before, now)
    length = int(codes.max()) + 1
    counts = [np.bincount(part, minlength=length) for part in (codes[: len(before)], codes[len(before) :])]
    table = np.array(counts, float)[:, np.sum(counts, axis=0) > 0]
    used = table.shape[1]
    if (table == 0).any():
        table += 0.5
    old, new = table / table.sum(axis=1, keepdims=True)
    value = float(((new - old) * np.log(new / old)).sum())
    scale = 1 / len(before) + 1 / len(now)
    p_value = float(chdtrc(used - 1, value / scale)) if used > 1 else 1.0
    return Psi(value, critical_psi(len(before), len(now), bins=used), p_value, used)


def _flat(side: object) -> NDArray[Any]:
    """Numbers (whole, true or false, in whatever type of column) as floats, anything else as objects."""
    column = pd.Series(side).astype(object)
    if all(isinstance(value, Number | np.bool_) for value in column.dropna().unique()):
        return np.asarray(column.astype(float).to_numpy(float))
    return np.asarray(column.to_numpy(object))


def _codes(before: NDArray[Any], now: NDArray[Any]) -> Codes:
    """Bin of every value of both, 0 for missing ones."""
    if before.dtype == object or now.dtype == object:
        both = pd.Series(np.concatenate([before.astype(object), now.astype(object)]), dtype=object)
        return np.asarray(pd.factorize(both.map(str, na_action="ignore"), sort=True)[0] + 1, np.int64)
    numbers, old = np.concatenate([before, now]), before[~np.isnan(before)]
    cuts = np.unique(np.quantile(old, np.arange(1, BINS) / BINS)) if len(old) else np.empty(0)
    return np.asarray(np.where(np.isnan(numbers), 0, np.searchsorted(cuts, numbers, side="left") + 1), np.int64)


@dataclass(frozen=True, repr=False)
class FeatureDrift(Result):
    """The index of each feature, judged together.

    `table`: feature, psi, critical (for this feature alone), bins, p_value, p_adjusted (Holm), drifted; the clearest
        first.
    """

    inside = ("table", "drifted")

    table: pd.DataFrame
    n_reference: int
    n_current: int

    @property
    def drifted(self) -> tuple[str, ...]:
        """Features whose values have clearly changed, given that all were looked at."""
        return tuple(self.table.loc[self.table["drifted"], "feature"])

    @property
    def face(self) -> pd.DataFrame:
        """The table in quantities."""
        numbers = dict.fromkeys(("psi", "critical"), partial(Decimal, digits=3))
        labels = {"feature": lambda name: describe_feature(str(name)).label}
        return in_quantities(self.table, {**labels, **numbers, "changed": ("drifted", yes_or_no)})

    @property
    def headline(self) -> Message:
        """Which feature has changed most, or that none clearly has."""
        values: dict[str, object] = {
            "n": Count(self.n_current),
            "reference": Count(self.n_reference),
            "features": Count(len(self.table)),
            "level": Percent(LEVEL),
        }
        if not self.drifted:
            return T(
                "Customers look like those the model has learnt from: none of {features} features has clearly changed "
                "({n} customers now, {reference} then, level {level})",
                **values,
            )
        shifts = self.table[self.table["drifted"]]
        most = shifts.nlargest(1, "psi").iloc[0]
        values |= {
            "changed": Count(len(self.drifted) if most["psi"] < LEAST_INDEX else (shifts["psi"] >= LEAST_INDEX).sum()),
            "feature": describe_feature(str(most["feature"])).label,
            "value": Decimal(most["psi"], digits=3),
            "small": Decimal(LEAST_INDEX, digits=1),
        }
        if most["psi"] < LEAST_INDEX:
            return T(
                "Customers still look much like those the model has learnt from: {changed} of {features} features have "
                "changed, none by much (most of all “{feature}”, index {value}; below {small} a change is small; {n} "
                "customers now, {reference} then)",
                **values,
            )
        return T(
            "Customers differ from those the model has learnt from: {changed} of {features} features have changed "
            "by much, most of all “{feature}” (index {value}; above {small} a change matters; {n} customers now, "
            "{reference} then)",
            **values,
        )


def feature_drift(
    reference: pd.DataFrame, current: pd.DataFrame, *, features: Sequence[str] | None = None
) -> FeatureDrift:
    """Compare all features of today's customers with those the model has learnt from.

    `reference`, `current`: One row a customer: rows of one customer at several cut-offs are not independent and would
        raise false alarms.
    `features`: Columns to compare; by default all of the reference.
    Raises DataError: a table is empty or lacks a feature.
    """
    names = tuple(map(str, pd.DataFrame(reference).columns)) if features is None else tuple(features)
    old = require_columns(reference, names, what="the reference table")
    new = require_columns(current, names, what="the current table")
    indices = [psi(old[name], new[name]) for name in names]
    table = pd.DataFrame([(x.value, x.critical, x.bins, x.p_value) for x in indices])
    table.columns = pd.Index(["psi", "critical", "bins", "p_value"])
    table.insert(0, "feature", names)
    adjusted: Floats = adjust_holm(table["p_value"])
    table = table.assign(p_adjusted=adjusted, drifted=adjusted < 1 - LEVEL)
    table["over"] = table["psi"] / table["critical"].clip(lower=1e-12)
    order = ["drifted", "p_value", "over"]
    table = table.sort_values(order, ascending=[False, True, False], kind="stable", ignore_index=True)
    return FeatureDrift(table.drop(columns="over"), len(old), len(new))


EDGE = 1e-6  # risks of 0 and 1 are moved this far inside, where a logit exists
STEPS = 50
HALVINGS = 12  # lengths of a step that are tried, each half of the one before


@dataclass(frozen=True, repr=False)
class Recalibration(Result):
    """Intercept and slope of outcomes on risks, and what they do to a risk.

    `shift`: The intercept where the slope is held at 1: above 0, more left than expected.
    `covariance` (2, 2): Of intercept and slope, rows of one customer taken together.
    `shift_error`: Standard error of the shift.
    `expected`, `observed`: Customers expected to leave, and who left.
    """

    intercept: float
    slope: float
    shift: float
    covariance: Floats
    shift_error: float
    expected: float
    observed: int
    n: int

    def apply(self, risk: Values, *, with_slope: bool = True) -> Floats:
        """Corrected risks: expit(intercept + slope logit(risk)), or only the shift.

        >>> fit = recalibrate([1, 0, 1, 0, 1, 0, 0, 0] * 20, [0.5, 0.4, 0.3, 0.2] * 40)
        >>> round(float(fit.apply(np.array([0.5, 0.4, 0.3, 0.2] * 40), with_slope=False).sum()), 6)
        60.0
        """
        x = _logits(read_risks(risk))
        return np.asarray(expit(self.intercept + self.slope * x if with_slope else self.shift + x))

    @property
    def intervals(self) -> dict[str, tuple[float, float]]:
        """Normal intervals of intercept, slope and shift."""
        errors = (*np.sqrt(np.diag(self.covariance)), self.shift_error)
        values = (self.intercept, self.slope, self.shift)
        names = ("intercept", "slope", "shift")
        return {name: (v - Z95 * e, v + Z95 * e) for name, v, e in zip(names, values, errors, strict=True)}

    @property
    def needed(self) -> bool:
        """Whether intercept and slope together are off by more than chance, and enough to matter.

        One test, not two. Risks off by less than a twentieth of their odds and spread are not, however many customers.
        """
        off = np.array([self.intercept, self.slope - 1])
        matters = max(abs(self.shift), abs(self.slope - 1)) >= LEAST_RATIO - 1
        return matters and bool(off @ np.linalg.solve(self.covariance, off) > chdtri(2, 1 - LEVEL))

    @property
    def face(self) -> pd.DataFrame:
        """The three numbers with their intervals."""
        names = {"intercept": T("Intercept"), "slope": T("Slope"), "shift": T("Shift, the slope held at 1")}
        rows = [
            (names[name], *(Decimal(x, digits=2) for x in (getattr(self, name), *ends)))
            for name, ends in self.intervals.items()
        ]
        return pd.DataFrame(rows, columns=["what", "value", "low", "high"])

    @property
    def headline(self) -> Message:
        """Expected against observed, and whether the risks want correcting."""
        low, high = self.intervals["slope"]
        slopes = {"slope": self.slope, "low": low, "high": high}
        counts = {"observed": self.observed, "expected": round(self.expected), "n": self.n}
        values: dict[str, object] = {name: Decimal(value, digits=2) for name, value in slopes.items()}
        values |= {name: Count(value) for name, value in counts.items()} | {"level": Percent(LEVEL)}
        if self.needed:
            return T(
                "The risks want correcting: of {n} customers {observed} left where {expected} were expected, and the "
                "slope is {slope} ({level} interval {low} to {high}; 1 is right)",
                **values,
            )
        ends = self.intervals
        if not ends["shift"][0] <= 0 <= ends["shift"][1] or not low <= 1 <= high:
            return T(
                "The risks may be a little off: of {n} customers {observed} left where {expected} were expected, and "
                "the slope is {slope} ({level} interval {low} to {high}; 1 is right)",
                **values,
            )
        return T(
            "The risks are not clearly off: of {n} customers {observed} left where {expected} were expected, and the "
            "slope is {slope} ({level} interval {low} to {high}; 1 is right)",
            **values,
        )


def recalibrate(y: Values, risk: Values, *, customers: Values | None = None) -> Recalibration:
    """Fit intercept and slope by the last cut-off whose outcomes are complete.

    `y` (n,): 1 for a customer who left, 0 for one who stayed.
    `customers` (n,): Whose row it is; standard errors take a customer's rows together.
    Raises DataError: only one outcome occurs, risks are all equal or outside 0-1, or risks separate the outcomes
        without overlap.

    Cox, Two further applications of a model for binary regression, Biometrika 45 (1958).
    """
    left = read_outcomes(y)
    p = read_risks(risk, n=len(left))
    x = _logits(p)
    if np.ptp(x) == 0:
        raise DataError(f"all risks are {p[0]:g}: a slope needs at least two different risks.")
    design = np.column_stack([np.ones(len(x)), x])
    groups = number_groups(customers, len(left))
    (intercept, slope), covariance = _fit(design, left, np.zeros(len(x)), groups)
    (shift,), error = _fit(design[:, :1], left, x, groups)
    return Recalibration(
        float(intercept),
        float(slope),
        float(shift),
        covariance,
        float(np.sqrt(error[0, 0])),
        float(p.sum()),
        int(left.sum()),
        len(left),
    )


def _logits(risk: Floats) -> Floats:
    return np.asarray(logit(np.clip(risk, EDGE, 1 - EDGE)))


def _fit(design: Floats, left: Flags, offset: Floats, groups: Floats) -> tuple[Floats, Floats]:
    """Logistic regression by Newton steps, with the covariance that is robust to several rows of one customer.

    A step that does not lower the loss is halved: far from the answer whole steps leap ever further away (Boyd &
    Vandenberghe, Convex Optimization (2004), section 9.5).
    """
    beta = np.zeros(design.shape[1])
    for _ in range(STEPS):
        p = expit(offset + design @ beta)
        curvature = (design * (p * (1 - p))[:, None]).T @ design
        if np.linalg.cond(curvature) > 1e12:
            break
        step = np.linalg.solve(curvature, design.T @ (left - p))
        if np.abs(step).max() < 1e-9:
            return beta + step, _covariance(design, left - p, curvature, groups)
        losses = [_loss(offset + design @ (beta + step / 2**halved), left) for halved in range(HALVINGS)]
        beta = beta + step / 2 ** int(np.argmin(losses))
    raise DataError(
        "risks separate customers who left from those who stayed without overlap, so no slope can be fitted. "
        "Look for a feature that knows the outcome, or take more customers."
    )


def _loss(odds: Floats, left: Flags) -> float:
    return float(np.logaddexp(0, odds).sum() - odds[left].sum())


def _covariance(design: Floats, residual: Floats, curvature: Floats, groups: Floats) -> Floats:
    scores = np.zeros((int(groups.max()) + 1, design.shape[1]))
    np.add.at(scores, groups, design * residual[:, None])
    bread = np.linalg.inv(curvature)
    return np.asarray(bread @ (scores.T @ scores) @ bread)
