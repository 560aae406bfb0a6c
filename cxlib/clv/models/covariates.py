"""Models of purchases in which attributes of customers shift how often they buy and how readily they leave.

Fader & Hardie (2007), "Incorporating time-invariant covariates into the Pareto/NBD and BG/NBD models". Customers who
share all attributes follow the plain model at parameters of their own, so its likelihood, gradient and forecasts serve
as they are; the chain rule does the rest. A coefficient is an association: it says how customers with an attribute
differ, not what the attribute does.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import pandas as pd

from cxlib.clv.models.base import ByRow, PurchaseModel
from cxlib.clv.models.design import Design
from cxlib.clv.models.rows import Axis, Floats, Rows, as_frame, customer_counts, read_rows
from cxlib.errors import DataError, ParameterError

MOST_KINDS = 2_000  # combinations of attributes


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

    def fit(self, summary: Any) -> Self:
        """Estimate parameters and coefficients by maximum likelihood; levels and scales of attributes are learned.

        Raises
        ------
        DataError
            The table is not usable, or does not say enough to fit this model.
        """
        leaving = self.covariates if self.leaving_covariates is None else self.leaving_covariates
        self._designs = Design(), Design()
        if self.covariates or leaving:
            table = as_frame(summary, (*self.covariates, *leaving), made_by="customers joined to purchase_summary")
            counts = customer_counts(table)
            self._designs = Design.learn(table, self.covariates, counts), Design.learn(table, leaving, counts)
        return super().fit(summary)

    @property
    def coefficients(self) -> tuple[str, ...]:
        """Names of the coefficients, by part."""
        return tuple(f"{load.part}: {name}" for load in self.loads for name in self._design(load).names)

    def _design(self, load: Load) -> Design:
        return self._designs[0 if load.part == "buying" else 1]

    def _read(self, summary: Any, *, order: bool = False) -> Rows:
        if not self.coefficients:
            return super()._read(summary, order=order)
        table = as_frame(summary, ("frequency", "recency", "T"))
        matrix = np.column_stack([design.matrix(table) for design in self._designs])
        kinds, code = np.unique(matrix, axis=0, return_inverse=True)
        if len(kinds) > MOST_KINDS:
            raise DataError(
                f"the attributes {', '.join(self._columns)} have {len(kinds):,} combinations among customers, more "
                f"than {MOST_KINDS:,}. Take fewer of them, or columns with fewer levels."
            )
        z = Axis(kinds, code.reshape(-1).astype(np.int64))
        return read_rows(table, time_unit_days=self.time_unit_days, order=order, z=z)

    @property
    def _columns(self) -> list[str]:
        return sorted({column for design in self._designs for column in design.columns})

    def _fit(self, rows: Any, starts: list[Floats] | None = None) -> Self:
        if rows.z is not None:
            self._kinds = rows.z.table, rows.z.sums(rows.customers)
            plain = type(self)(time_unit_days=self.time_unit_days)._fit(replace(rows, z=None))
            starts = [np.concatenate([plain._theta, np.ones(len(self.coefficients))])]
        return super()._fit(rows, starts)

    def _in_logs(self, point: Floats, rows: Any) -> tuple[float, Floats]:
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
        found = np.empty((*parts[0][1].shape[:-1], len(rows)))
        for place, values in parts:
            found[..., place] = values
        return found

    def _of_new(self, compute: Callable[[Floats], float]) -> float:
        if self._kinds is None:
            return super()._of_new(compute)
        kinds, customers = self._kinds
        values = [compute(self._own(self._theta, z)) for z in kinds]
        return float(np.average(values, weights=customers))

    @property
    def associations(self) -> pd.DataFrame:
        """How customers with an attribute differ from those at the reference, one row a part and attribute.

        Columns: part ("buying" or "leaving"), attribute, ratio (of mean rates of buying; of leaving the mean rate, or
        for BG/NBD the mean probability after a purchase), low, high (95%, delta method on the logarithm).
        """
        rows = []
        split = len(self._designs[0].names)
        for part, rate, start in (("buying", self._buying, 0), ("leaving", self._leaving, split)):
            for at, name in enumerate(self._designs[part == "leaving"].names, start):
                value, error = self._log_ratio(rate, np.eye(1, self._width, at)[0])
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

    @property
    def _width(self) -> int:
        return sum(len(design.names) for design in self._designs)

    def _buying(self, theta: Floats) -> float:
        """Mean rate of buying: r / alpha."""
        return float(theta[0] / theta[1])

    @abstractmethod
    def _leaving(self, theta: Floats) -> float:
        """Mean rate or probability of leaving."""
