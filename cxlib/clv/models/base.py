"""What all models share: a likelihood with its gradient, fitted to grouped customers, with standard errors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import pairwise
from typing import ClassVar, Generic, Protocol, Self, TypeVar

import numpy as np
import pandas as pd

from cxlib.checks import Codes, Floats
from cxlib.clv.models.optimise import Convergence, maximise
from cxlib.clv.models.rows import Rows, read_rows
from cxlib.errors import DataError, ParameterError
from cxlib.language import Count, Decimal, Message, T
from cxlib.measures.result import Result

FEWEST = 10  # customers; fewer say nothing about how customers differ
LEAVING = 2.706 / 2  # gain in log likelihood past which customers leave: 5% of half chi2(0), half chi2(1)
LONGEST_DAYS = 36_525  # a hundred years
MOST_CHANCES = 100  # purchases counted one by one
ByRow = Callable[[Floats, Rows, Codes | slice], Floats]
PANELS = (0, 0.02, 0.1, 0.3, 0.8, 1.8, 4, 9, 30)  # in units of 1/rate; what comes after is worth less than e^-30


class Grouped(Protocol):
    """Alike customers, counted: `n` in all."""

    @property
    def n(self) -> float: ...  # noqa: D102


R = TypeVar("R", bound=Grouped)


class Model(Result, ABC, Generic[R]):
    """A fitted distribution of customers. Subclasses give `parameters`, `_evaluate`, `_starts` and `_read`.

    `params_`: Maximum likelihood estimates, in time units of `time_unit_days`.
    `covariance_`: Inverse of the observed information, in the parameters themselves.
    """

    name: ClassVar[str]
    parameters: ClassVar[tuple[str, ...]]
    params_: dict[str, float]
    log_likelihood_: float
    customers_: int
    convergence_: Convergence

    def __init__(self, *, time_unit_days: float = 7) -> None:
        if not (np.isfinite(time_unit_days) and time_unit_days > 0):
            raise ParameterError(f"time_unit_days={time_unit_days} must be a positive number of days, as 7.")
        self.time_unit_days = time_unit_days

    def fit(self, summary: pd.DataFrame) -> Self:
        """Estimate the parameters by maximum likelihood."""
        rows = self._read(summary)
        self._refuse(rows)
        return self._fit(rows)

    @classmethod
    def from_params(
        cls, params: Mapping[str, float], *, time_unit_days: float = 7, covariance: pd.DataFrame | None = None
    ) -> Self:
        """A model with known parameters, as from an earlier run; without `covariance` they count as exact."""
        if set(params) != set(cls.parameters) or not all(np.isfinite(p) and p > 0 for p in params.values()):
            raise ParameterError(f"{cls.__name__} needs positive {', '.join(cls.parameters)}, not {dict(params)}.")
        model = cls(time_unit_days=time_unit_days)
        model.params_ = {name: float(params[name]) for name in cls.parameters}
        k = len(cls.parameters)
        model._log_covariance = np.zeros((k, k))
        if covariance is not None:
            point = model._theta
            model._log_covariance = covariance.to_numpy(float) / np.outer(point, point)
        return model

    @property
    def coefficients(self) -> tuple[str, ...]:
        """Names of the coefficients of attributes, which may be of either sign; none but in models with covariates."""
        return ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all that is estimated, in the order of `params_`."""
        return (*self.parameters, *self.coefficients)

    @cached_property
    def covariance_(self) -> pd.DataFrame:
        """Covariance of the estimates."""
        scale, names = self._scale, list(self.names)
        return pd.DataFrame(self._log_covariance * np.outer(scale, scale), index=names, columns=names)

    @cached_property
    def standard_errors_(self) -> dict[str, float]:
        """Standard errors from the observed information; NaN where the likelihood is not curved downwards."""
        with np.errstate(invalid="ignore"):
            errors = np.sqrt(np.diag(self.covariance_.to_numpy()))
        return dict(zip(self.names, map(float, errors), strict=True))

    @property
    def aic(self) -> float:
        """Akaike's criterion: 2 parameters - 2 log likelihood; lower is better."""
        return 2 * len(self.names) - 2 * self.log_likelihood_

    @property
    def face(self) -> pd.DataFrame:
        """Parameters with standard errors and 95% intervals."""
        table = self.intervals.map(lambda value: Decimal(float(value), digits=3))
        return pd.DataFrame({"parameter": list(self.names), **table.to_dict("list")})

    @property
    def intervals(self) -> pd.DataFrame:
        """By parameter: value, standard error, low, high (95%; normal in logarithms, so that they stay positive)."""
        spread = 1.959964 * np.sqrt(np.maximum(np.diag(self._log_covariance), 0))
        ends = [np.log(self._theta) + side * spread for side in (-1, 1)]
        k = len(self.parameters)
        low, high = (np.concatenate([np.exp(end[:k]), end[k:]]) for end in ends)
        return pd.DataFrame(
            {"value": self.params_, "standard error": self.standard_errors_}, index=list(self.names)
        ).assign(low=low, high=high)

    @property
    def headline(self) -> Message:
        """What was fitted to how many customers, and the verdict on the fit."""
        values = {"model": self.name, "n": Count(self.customers_), "verdict": self.convergence_.headline}
        return T("{model} on {n} customers: {verdict}", **values)

    @property
    def _theta(self) -> Floats:
        if not hasattr(self, "params_"):
            raise ParameterError(f"{type(self).__name__} is not fitted yet. Call fit(summary) first.")
        positive = [self.params_[name] for name in self.parameters]
        return np.array([*positive, *(np.exp(self.params_[name]) for name in self.coefficients)])

    @property
    def _scale(self) -> Floats:
        """Change of each estimate with its coordinate in the search: a parameter's logarithm, a coefficient itself."""
        return np.concatenate([self._theta[: len(self.parameters)], np.ones(len(self.coefficients))])

    def _around_estimates(self, draws: int, rng: np.random.Generator) -> Floats:
        """Parameters (draws by parameters) from the normal distribution of their logarithms around the estimates."""
        covariance = self._log_covariance
        if not np.isfinite(covariance).all():
            raise DataError(
                f"{self.name} has no standard errors: its fit did not settle, so nobody knows how far its forecast may "
                "be off. Use another model or more data."
            )
        values, vectors = np.linalg.eigh(covariance)
        # Where the data hardly tell a parameter (spread of e^3), draws far away are no knowledge: they stop there.
        spread = np.sqrt(np.clip(values, 0, 9))
        steps = np.clip(rng.standard_normal((draws, len(values))), -4, 4) * spread
        return np.asarray(self._theta * np.exp(steps @ vectors.T))

    def _fit_after(self, summary: pd.DataFrame, earlier: Self | None) -> Self:
        """As `fit`, beginning at the end of an earlier fit, as to the days before: one search instead of three."""
        if earlier is None:
            return self.fit(summary)
        rows = self._read(summary)
        self._refuse(rows)
        return self._fit(rows, [earlier._theta])

    def _fit(self, rows: R, starts: list[Floats] | None = None) -> Self:
        coarse = self._coarsen(rows)
        optimum = maximise(
            lambda point: self._in_logs(point, rows),
            lambda point: self._in_logs(point, coarse),
            [np.log(start) for start in starts or self._starts(rows)],
            share=coarse.n / rows.n,
        )
        k = len(self.parameters)
        estimates = np.concatenate([np.exp(optimum.point[:k]), optimum.point[k:]])
        self.customers_ = round(rows.n)
        return self._settle(estimates, optimum.value, optimum.judge(self.names), inverse(-optimum.hessian))

    def _settle(self, estimates: Floats, height: float, verdict: Convergence, log_covariance: Floats) -> Self:
        """Keep what a fit ended at, in place of an earlier one."""
        self.params_ = dict(zip(self.names, map(float, estimates), strict=True))
        self.log_likelihood_, self.convergence_, self._log_covariance = height, verdict, log_covariance
        self.__dict__.pop("covariance_", None)
        self.__dict__.pop("standard_errors_", None)
        return self

    def _in_logs(self, point: Floats, rows: R) -> tuple[float, Floats]:
        theta = np.exp(point)
        value, gradient = self._evaluate(theta, rows)
        return value, gradient * theta

    def _coarsen(self, rows: R) -> R:
        return rows

    def _refuse(self, rows: R) -> None:
        if rows.n < FEWEST:
            raise DataError(
                f"there are {rows.n:.0f} customers; {self.name} needs at least {FEWEST} to see how they differ. "
                "Choose a longer period or more customers."
            )

    @abstractmethod
    def _read(self, summary: pd.DataFrame) -> R:
        """Check and group a table."""

    @abstractmethod
    def _evaluate(self, theta: Floats, rows: R) -> tuple[float, Floats]:
        """Log likelihood and its gradient in the parameters."""

    @abstractmethod
    def _starts(self, rows: R) -> list[Floats]:
        """Parameters to start from."""


class PurchaseModel(Model[Rows]):
    """A model of purchases and of leaving, fitted to a purchase summary.

    Subclasses give, for parameters and rows in time units: `_alive`, `_expected` (purchases in a horizon), `_more`
    (chances of more than so many) and `_simulate` (purchases of one possible future).
    """

    coarse_rows: ClassVar[int] = 20_000
    nobody_leaves: ClassVar[tuple[float, float]] = (1e-6, 100.0)  # the two parameters of leaving where nobody does

    def p_alive(self, summary: pd.DataFrame) -> pd.Series:
        """Probability that each customer has not left for good at the end of observation."""
        return self._by_customer(summary, "p_alive", self._alive)

    def expected_purchases(self, summary: pd.DataFrame, *, horizon_days: float) -> pd.Series:
        """Purchases expected of each customer in the `horizon_days` after the end of observation."""
        horizon = self._horizon(horizon_days)
        return self._by_customer(
            summary, "expected_purchases", lambda theta, rows: self._expected(theta, rows, horizon)
        )

    def purchase_chances(self, summary: pd.DataFrame, *, horizon_days: float, most: int = 5) -> pd.DataFrame:
        """Chances of 0, 1, ... `most` and of more purchases in the `horizon_days` after the end of observation.

        Rows are those of `summary`, columns "0", "1", ... and "more"; a row sums to one. No calendar is known to a
        model: hold chances against past days before you rely on them (`CustomerFits.soon`).
        Raises ParameterError: `horizon_days` or `most` cannot be meant.

        >>> from cxlib.clv import BetaGeoModel
        >>> known = BetaGeoModel.from_params({"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426})
        >>> table = pd.DataFrame({"frequency": [0, 4], "recency": [0, 350], "T": [365, 365]})
        >>> known.purchase_chances(table, horizon_days=30, most=1).round(3).values.tolist()
        [[0.982, 0.017, 0.001], [0.773, 0.191, 0.036]]
        """
        if isinstance(most, bool) or not isinstance(most, int) or not 0 <= most <= MOST_CHANCES:
            raise ParameterError(f"most={most!r} must be a whole number from 0 to {MOST_CHANCES}, as 5.")
        horizon = self._horizon(horizon_days)
        past = self._of_customers(summary, lambda theta, rows: self._more(theta, rows, horizon, most))
        bounds = np.vstack([np.ones(len(summary)), past, np.zeros(len(summary))])
        return pd.DataFrame(-np.diff(bounds, axis=0).T, summary.index, [*map(str, range(most + 1)), "more"])

    def expected_purchases_new(self, horizon_days: float) -> float:
        """Repeat purchases expected of a new customer in the `horizon_days` after the first purchase."""
        return float(self._repeats_by_age(np.array([self._horizon(horizon_days)]))[0])

    def discounted_purchases(
        self, summary: pd.DataFrame, *, annual_discount_rate: float, horizon_days: float | None = None
    ) -> pd.Series:
        """Purchases expected of each customer, each worth less the later it comes.

        By parts, the sum of exp(-d t) dE(t) is exp(-d H) E(H) + d times the integral of exp(-d t) E(t): Gauss-Legendre
        nodes on panels that widen, as expected purchases bend ever less.
        """
        rate = discount_exponent(annual_discount_rate, self.time_unit_days, endless=horizon_days is None)
        horizon = None if horizon_days is None else self._horizon(horizon_days)
        return self._by_customer(
            summary,
            "discounted_purchases",
            lambda theta, rows: self._discounted(theta, rows, rate=rate, horizon=horizon),
        )

    def _discounted(self, theta: Floats, rows: Rows, *, rate: float, horizon: float | None) -> Floats:
        if horizon is None:
            return sum_of(w * self._expected(theta, rows, t) for t, w in _worth(np.array(PANELS) / rate, rate))
        end = self._expected(theta, rows, horizon)
        if rate == 0:
            return end
        ends = np.unique(np.minimum(np.array(PANELS) / rate, horizon))
        inside = sum_of(w * self._expected(theta, rows, t) for t, w in _worth(ends, rate))
        return float(np.exp(-rate * horizon)) * end + inside

    def _by_customer(self, summary: pd.DataFrame, name: str, compute: Callable[[Floats, Rows], Floats]) -> pd.Series:
        return pd.Series(self._of_customers(summary, compute), index=summary.index, name=name)

    def _of_customers(self, summary: pd.DataFrame, compute: Callable[[Floats, Rows], Floats]) -> Floats:
        """What `compute` gives for the estimates; the last axis is that of the rows of `summary`."""
        rows = self._read(summary, order=True)
        values = self._by_row(self._theta, rows, lambda theta, part, _: compute(theta, part))
        return np.asarray(values[..., rows.places])

    def _by_row(self, theta: Floats, rows: Rows, compute: ByRow) -> Floats:
        """What `compute` gives for parameters, rows and their places; models with covariates do so for each kind."""
        return compute(theta, rows, slice(None))

    def _repeats_by_age(self, ages: Floats) -> Floats:
        """Repeat purchases expected of a new customer by each age (time units): E[X(t)] of the models' papers."""
        return self._of_new(lambda theta: self._expected_new(theta, ages))

    def _of_new(self, compute: Callable[[Floats], Floats]) -> Floats:
        """What `compute` gives for a new customer; models with covariates average over the customers of the fit."""
        return compute(self._theta)

    def _horizon(self, horizon_days: float) -> float:
        if not 0 < horizon_days <= LONGEST_DAYS:
            raise ParameterError(
                f"horizon_days={horizon_days} must lie between 0 and {LONGEST_DAYS:,} (a hundred years), as 365."
            )
        return horizon_days / self.time_unit_days

    def _read(self, summary: pd.DataFrame, *, order: bool = False) -> Rows:
        return read_rows(summary, time_unit_days=self.time_unit_days, order=order)

    def _fit(self, rows: Rows, starts: list[Floats] | None = None) -> Self:
        super()._fit(rows, starts)
        if not self.convergence_.converged and not self.coefficients:
            self._settle_on_rates(rows)
        return self

    def _settle_on_rates(self, rows: Rows) -> None:
        """Fix the chance of leaving at none where that fits as well: the NBD model (Ehrenberg 1959), the models' limit.

        Its two parameters cannot be told where nobody has left, and run to the edge; those of the rates can.
        """
        fixed = np.log(self.nobody_leaves)

        def of_rates(point: Floats) -> tuple[float, Floats]:
            value, gradient = self._in_logs(np.concatenate([point, fixed]), rows)
            return value, gradient[:2]

        optimum = maximise(of_rates, of_rates, [np.log(self._theta[:2])])
        verdict = optimum.judge(self.names[:2])
        if not verdict.converged or self.log_likelihood_ - optimum.value > LEAVING:
            return
        covariance = np.zeros((4, 4))
        covariance[:2, :2] = inverse(-optimum.hessian)
        self._settle(np.exp([*optimum.point, *fixed]), optimum.value, verdict, covariance)

    def _coarsen(self, rows: Rows) -> Rows:
        # A fit to rounded times, and to every so many-th row, starts the exact one: it is off by a few standard errors.
        step = float(rows.T.table[-1]) / 40
        return rows.rounded(step).thinned(self.coarse_rows) if len(rows) > self.coarse_rows else rows

    def _refuse(self, rows: Rows) -> None:
        super()._refuse(rows)
        if (empty := rows.customers[rows.T.by_row == 0].sum()) == rows.n:
            raise DataError(
                f"column 'T' is 0 for all {empty:,.0f} customers: nobody has been observed for a day. End later."
            )
        repeat = rows.customers[rows.x.by_row > 0].sum()
        if not repeat:
            raise DataError(
                f"column 'frequency' is 0 for all {rows.n:,.0f} customers: nobody has bought twice, so there is "
                "nothing to learn about repeat purchases. Choose a longer period."
            )
        if repeat == rows.n:
            raise DataError(
                f"column 'frequency' is positive for all {rows.n:,.0f} customers: one-time buyers seem to have been "
                "left out, which would overstate every forecast. Give the whole table of purchase_summary."
            )

    @abstractmethod
    def _alive(self, theta: Floats, rows: Rows) -> Floats:
        """P(alive) by row."""

    @abstractmethod
    def _expected(self, theta: Floats, rows: Rows, horizon: float) -> Floats:
        """Expected purchases by row."""

    @abstractmethod
    def _more(self, theta: Floats, rows: Rows, horizon: float, most: int) -> Floats:
        """Chances of more than 0, 1, ... `most` purchases (numbers by rows), which fall with the number."""

    @abstractmethod
    def _expected_new(self, theta: Floats, ages: Floats) -> Floats:
        """Expected repeat purchases of a new customer by each age."""

    @abstractmethod
    def _simulate(
        self, theta: Floats, rows: Rows, *, alive: Floats, horizons: Floats, rng: np.random.Generator
    ) -> Floats:
        """Purchases up to each of ascending `horizons` of each row's customer, `alive` or not (horizons by rows)."""


def discount_exponent(annual_rate: float, time_unit_days: float, *, endless: bool = False) -> float:
    """The continuous rate for one time unit that is `annual_rate` over a year of 365.25 days."""
    if not 0 <= annual_rate < 1:
        raise ParameterError(
            f"annual_discount_rate={annual_rate} must be a fraction from 0 to 1: write ten percent as 0.1."
        )
    if endless and annual_rate == 0:
        raise ParameterError("annual_discount_rate is 0: without a horizon that makes values endless. Give 0.1, say.")
    return float(np.log1p(annual_rate)) * time_unit_days / 365.25


def _worth(ends: Floats, rate: float) -> Iterator[tuple[float, float]]:
    """Nodes and weights of the integral of rate exp(-rate t) over the panels between `ends`."""
    at, weights = np.polynomial.legendre.leggauss(5)
    for low, high in pairwise(ends):
        t = low + (high - low) * (at + 1) / 2
        yield from zip(t.tolist(), (weights * (high - low) / 2 * rate * np.exp(-rate * t)).tolist(), strict=True)


def sum_of(terms: Iterable[Floats]) -> Floats:
    """The sum of arrays that are made one after the other."""
    total: Floats | float = 0.0
    for term in terms:
        total = total + term
    return np.asarray(total)


def inverse(information: Floats) -> Floats:
    """The covariance of estimates; NaN where the likelihood is not curved downwards."""
    if np.linalg.eigvalsh(information)[0] <= 0:
        return np.full_like(information, np.nan)
    return np.linalg.inv(information)
