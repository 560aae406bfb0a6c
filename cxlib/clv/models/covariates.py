"""Models of purchases in which attributes of customers shift how often they buy and how readily they leave.

Fader & Hardie (2007), "Incorporating time-invariant covariates into the Pareto/NBD and BG/NBD models". Customers who
share all attributes follow the plain model at parameters of their own, so its likelihood, gradient and forecasts serve
as they are; the chain rule does the rest. A coefficient is an association: it says how customers with an attribute
differ, not what the attribute does.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple, Self

import numpy as np
import pandas as pd

from cxlib.checks import Floats, require_columns
from cxlib.clv.models.base import ByRow, PurchaseModel
from cxlib.clv.models.rows import Axis, Rows, customer_counts, read_rows
from cxlib.errors import DataError, ParameterError

MOST_KINDS = 2_000  # combinations of attributes
FEWEST = 30  # customers of a level; rarer levels share one
CLASSES = 10  # distinct values of a number past which it stands for its tenth of customers
OTHER = "other or unknown"
JOINED = "the table of purchase_summary with attributes of customers"


@dataclass(frozen=True)
class Attribute:
    """One column and how it becomes numbers.

    `levels`: Levels with a coefficient of their own, against `reference`; empty for numbers.
    `reference`: The most frequent level.
    `cuts`, `means`: Of a number with many distinct values: limits and means of its tenths.
    `centre`, `scale`: Of a number: what is subtracted, and what a step of 1 stands for (a standard deviation).
    """

    column: str
    levels: tuple[str, ...] = ()
    reference: str = ""
    cuts: tuple[float, ...] = ()
    means: tuple[float, ...] = ()
    centre: float = 0.0
    scale: float = 1.0

    @property
    def names(self) -> tuple[str, ...]:
        """One name a coefficient."""
        return tuple(f"{self.column}={level}" for level in self.levels) or (self.column,)

    def matrix(self, values: pd.Series) -> Floats:
        """Customers by coefficients."""
        if not self.levels:
            return self._number(values)[:, None]
        text = _text(values)
        levels = {*self.levels, self.reference}
        # A level that was never seen, or too rarely, or is missing: with the rare ones, else as most customers are.
        text = text.where(text.isin(levels), OTHER if OTHER in levels else self.reference)
        return np.column_stack([(text == level).to_numpy(float) for level in self.levels])

    def _number(self, values: pd.Series) -> Floats:
        raw = pd.to_numeric(values, errors="coerce").to_numpy(float, na_value=np.nan)
        numbers = np.where(np.isfinite(raw), raw, self.centre)
        if self.cuts:
            tenths = np.asarray(self.means)[np.searchsorted(self.cuts, numbers, side="right")]
            numbers = np.where(np.isfinite(raw), tenths, self.centre)
        return np.asarray((numbers - self.centre) / self.scale)


@dataclass(frozen=True)
class Design:
    """The attributes of one part of a model.

    Numbers: with two values 0 and 1 as they are; else as distance from the mean in standard deviations, and with more
    than 10 distinct values each stands for the mean of its tenth of customers; missing ones count as the mean. Text,
    categories and truth values: one coefficient a level against the most frequent one; levels with fewer than 30
    customers and missing values form the level "other or unknown", where an unseen level of a later table belongs too
    (without such a level it counts as the most frequent one).
    """

    attributes: tuple[Attribute, ...] = ()

    @classmethod
    def learn(cls, table: pd.DataFrame, columns: Sequence[str], weights: Floats | None = None) -> Design:
        """Read levels, centres and scales off a table; `weights` count the customers of its rows."""
        require_columns(table, columns, what=JOINED)
        counts = np.ones(len(table)) if weights is None else weights
        return cls(tuple(_learn(table[column], counts) for column in columns))

    @property
    def names(self) -> tuple[str, ...]:
        """One name a coefficient."""
        return tuple(name for attribute in self.attributes for name in attribute.names)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read."""
        return tuple(attribute.column for attribute in self.attributes)

    def matrix(self, table: pd.DataFrame) -> Floats:
        """Customers by coefficients."""
        require_columns(table, self.columns, what=JOINED)
        parts = [attribute.matrix(table[attribute.column]) for attribute in self.attributes]
        return np.column_stack([np.zeros((len(table), 0)), *parts])


class Load(NamedTuple):
    """Which parameter attributes shift, and in which direction its logarithm goes: `sign` x coefficient x attribute."""

    part: str
    parameter: int
    sign: int


class CovariateModel(PurchaseModel):
    """A model whose parameters may differ with attributes of customers; without any it is the plain model.

    Subclasses name in `loads` the parameters that attributes shift. Coefficients are named by part and attribute, as in
    "buying: region=east".
    """

    loads: ClassVar[tuple[Load, ...]]

    def __init__(
        self,
        *,
        time_unit_days: float = 7,
        covariates: Sequence[str] = (),
        leaving_covariates: Sequence[str] | None = None,
    ) -> None:
        super().__init__(time_unit_days=time_unit_days)
        if isinstance(covariates, str) or isinstance(leaving_covariates, str):
            raise ParameterError('covariates must be a list of columns, as ["region"].')
        self.covariates = tuple(covariates)
        self.leaving_covariates = None if leaving_covariates is None else tuple(leaving_covariates)
        self._designs = Design(), Design()
        self._kinds: tuple[Floats, Floats] | None = None

    def fit(self, summary: pd.DataFrame) -> Self:
        """Estimate parameters and coefficients by maximum likelihood; levels and scales of attributes are learned."""
        leaving = self.covariates if self.leaving_covariates is None else self.leaving_covariates
        self._designs = Design(), Design()
        if self.covariates or leaving:
            require_columns(summary, (*self.covariates, *leaving), what=JOINED)
            counts = customer_counts(summary)
            self._designs = Design.learn(summary, self.covariates, counts), Design.learn(summary, leaving, counts)
        return super().fit(summary)

    @property
    def coefficients(self) -> tuple[str, ...]:
        """Names of the coefficients, by part."""
        loads = [(load, self._designs[load.part != "buying"]) for load in self.loads]  # leaving has two loads
        return tuple(f"{load.part}: {name}" for load, design in loads for name in design.names)

    def _read(self, summary: pd.DataFrame, *, order: bool = False) -> Rows:
        if not self.coefficients:
            return super()._read(summary, order=order)
        matrix = np.column_stack([design.matrix(summary) for design in self._designs])
        kinds, code = np.unique(matrix, axis=0, return_inverse=True)
        if len(kinds) > MOST_KINDS:
            columns = ", ".join(sorted({column for design in self._designs for column in design.columns}))
            raise DataError(
                f"the attributes {columns} have {len(kinds):,} combinations among customers, more "
                f"than {MOST_KINDS:,}. Take fewer of them, or columns with fewer levels."
            )
        z = Axis(kinds, code.reshape(-1).astype(np.int64))
        return read_rows(summary, time_unit_days=self.time_unit_days, order=order, z=z)

    def _fit(self, rows: Rows, starts: list[Floats] | None = None) -> Self:
        if rows.z is not None:
            self._kinds = rows.z.table, rows.z.sums(rows.customers)
            plain = type(self)(time_unit_days=self.time_unit_days)._fit(replace(rows, z=None))
            starts = [np.concatenate([plain._theta, np.ones(len(self.coefficients))])]
        return super()._fit(rows, starts)

    def _in_logs(self, point: Floats, rows: Rows) -> tuple[float, Floats]:
        if rows.z is None:
            return super()._in_logs(point, rows)
        k, total, gradient = len(self.parameters), 0.0, np.zeros(len(point))
        for z, _, part in rows.alike:
            shift = self._shift(z)
            value, slope = super()._in_logs(point[:k] + shift @ point[k:], part)
            total += value
            gradient += np.concatenate([slope, slope @ shift])
        return total, gradient

    def _shift(self, z: Floats) -> Floats:
        """What one unit of each coefficient adds to the logarithm of each parameter (parameters by coefficients)."""
        split = len(self._designs[0].names)
        own = [z[:split] if load.part == "buying" else z[split:] for load in self.loads]
        shift = np.zeros((len(self.parameters), sum(map(len, own))))
        start = 0
        for load, values in zip(self.loads, own, strict=True):
            shift[load.parameter, start : start + len(values)] = load.sign * values
            start += len(values)
        return shift

    def _own(self, theta: Floats, z: Floats) -> Floats:
        """Parameters of customers with attributes `z`."""
        k = len(self.parameters)
        return np.asarray(np.exp(np.log(theta[:k]) + self._shift(z) @ np.log(theta[k:])))

    def _by_row(self, theta: Floats, rows: Rows, compute: ByRow) -> Floats:
        if rows.z is None:
            return super()._by_row(theta, rows, compute)
        parts = [(place, compute(self._own(theta, z), part, place)) for z, place, part in rows.alike]
        whole = np.empty((*parts[0][1].shape[:-1], len(rows)))
        for place, values in parts:
            whole[..., place] = values
        return whole

    def _of_new(self, compute: Callable[[Floats], Floats]) -> Floats:
        if self._kinds is None:
            return super()._of_new(compute)
        kinds, customers = self._kinds
        values = [compute(self._own(self._theta, z)) for z in kinds]
        return np.asarray(np.average(values, axis=0, weights=customers))

    @property
    def associations(self) -> pd.DataFrame:
        """How customers with an attribute differ from those at the reference, one row a part and attribute.

        Columns: part ("buying" or "leaving"), attribute, ratio (of mean rates of buying; of leaving the mean rate, or
        for BG/NBD the mean probability after a purchase), low, high (95%, delta method on the logarithm).
        """
        rows = []
        split, width = len(self._designs[0].names), sum(len(design.names) for design in self._designs)
        for part, rate, start in (("buying", self._buying, 0), ("leaving", self._leaving, split)):
            for at, name in enumerate(self._designs[part == "leaving"].names, start):
                value, error = self._log_ratio(rate, np.eye(1, width, at)[0])
                ends = np.exp([value, value - 1.959964 * error, value + 1.959964 * error])
                rows.append((part, name, *ends))
        return pd.DataFrame(rows, columns=["part", "attribute", "ratio", "low", "high"])

    def _log_ratio(self, rate: Callable[[Floats], float], z: Floats) -> tuple[float, float]:
        """Logarithm of a rate at attributes `z` over that at the reference, and its standard error."""

        def ratio(point: Floats) -> float:
            theta = np.exp(point)
            return float(np.log(rate(self._own(theta, z)) / rate(self._own(theta, np.zeros(len(z))))))

        point = np.log(self._theta)
        slope = np.array([(ratio(point + h) - ratio(point - h)) / 2e-5 for h in 1e-5 * np.eye(len(point))])
        return ratio(point), float(np.sqrt(max(slope @ self._log_covariance @ slope, 0.0)))

    def _buying(self, theta: Floats) -> float:
        """Mean rate of buying: r / alpha."""
        return float(theta[0] / theta[1])

    @abstractmethod
    def _leaving(self, theta: Floats) -> float:
        """Mean rate or probability of leaving."""


def _learn(values: pd.Series, counts: Floats) -> Attribute:
    column = str(values.name)
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return _learn_number(column, values.to_numpy(float, na_value=np.nan), counts)
    text = _text(values)
    sizes = pd.Series(counts).groupby(text.to_numpy()).sum()
    rare = sizes[sizes < FEWEST].index
    text = text.where(~text.isin(rare), OTHER)
    sizes = pd.Series(counts).groupby(text.to_numpy()).sum().sort_values(ascending=False, kind="stable")
    if len(sizes) < 2:
        raise DataError(
            f"column {column!r} says the same of all customers ({sizes.index[0]!r}), so nothing can be learned from "
            f"it; levels with fewer than {FEWEST} customers count as one. Leave it out."
        )
    names = [str(name) for name in sizes.index]
    return Attribute(column, tuple(sorted(names[1:])), names[0])


def _learn_number(column: str, values: Floats, counts: Floats) -> Attribute:
    finite = np.isfinite(values)
    values, whole, counts = values[finite], bool(finite.all()), counts[finite]
    distinct = np.unique(values)
    if len(distinct) < 2:
        raise DataError(f"column {column!r} says the same of all customers, so nothing can be learned. Leave it out.")
    if whole and distinct.tolist() == [0.0, 1.0]:
        return Attribute(column)
    centre = float(np.average(values, weights=counts))
    scale = float(np.sqrt(np.average((values - centre) ** 2, weights=counts)))
    if len(distinct) <= CLASSES:
        return Attribute(column, centre=centre, scale=scale)
    cuts = np.unique(np.quantile(values, np.arange(1, CLASSES) / CLASSES))
    at = np.searchsorted(cuts, values, side="right")
    totals = np.bincount(at, counts * values, len(cuts) + 1)
    sizes = np.bincount(at, counts, len(cuts) + 1)
    means = np.divide(totals, sizes, out=np.full(len(sizes), centre), where=sizes > 0)
    return Attribute(column, cuts=tuple(cuts.tolist()), means=tuple(means.tolist()), centre=centre, scale=scale)


def _text(values: pd.Series) -> pd.Series:
    """Levels as text; missing ones named."""
    return values.astype("object").where(values.notna(), OTHER).astype("str")
