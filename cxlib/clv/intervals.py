"""How far a forecast may be off: parameters are estimates, and customers act at random even if they were known.

`draw_parameters` and `bootstrap_parameters` give parameters that fit about as well; `simulate` lets every customer live
through one possible future for each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cxlib.clv.models.base import Model, PurchaseModel, sum_of
from cxlib.clv.models.gamma_gamma import GammaGammaModel
from cxlib.clv.models.rows import Codes, Floats, Rows, as_frame
from cxlib.clv.widening import FEWEST_FUTURES, total_interval
from cxlib.errors import DataError

BLOCK = 4_000_000  # simulated customers held in memory at once
SIMULATED = 100_000_000  # simulated customers in all: with more, fewer futures are drawn
MOST_ROWS = 60_000  # distinct rows past which a bootstrap works on times rounded to weeks


@dataclass(frozen=True)
class Futures:
    """What came of the simulated futures.

    Attributes
    ----------
    totals : ndarray
        Sum over all customers, by future.
    purchases : ndarray
        Purchases of all customers, by future (the same as `totals` where no spend was simulated).
    low, high : ndarray
        Ends of each customer's interval.
    """

    totals: Floats
    purchases: Floats
    low: Floats
    high: Floats

    def interval(self, level: float) -> tuple[float, float]:
        """The interval of the total: percentiles, or mean and spread where futures are too few for percentiles."""
        return total_interval(self.totals, level)

    def purchases_interval(self, level: float) -> tuple[float, float]:
        """The same of the number of purchases."""
        return total_interval(self.purchases, level)


def draw_parameters(model: Model, *, draws: int, seed: int) -> Floats:
    """Parameters (draws by parameters) from the normal distribution of their logarithms around the estimates.

    Of a model whose parameters are sampled (engine "bayes"), from the sample.

    Raises
    ------
    DataError
        The fit has no standard errors, so nothing is known about how far it may be off.
    """
    rng = np.random.default_rng(seed)
    if (sampled := getattr(model, "draws_", None)) is not None:
        return np.asarray(rng.choice(sampled, size=draws))
    covariance = model._log_covariance
    if not np.isfinite(covariance).all():
        raise DataError(
            f"{model.name} has no standard errors: its fit did not settle, so nobody knows how far its forecast may be "
            "off. Use another model or more data."
        )
    values, vectors = np.linalg.eigh(covariance)
    # Where the data hardly tell a parameter (spread of e^3), draws a universe away are no knowledge: they stop there.
    spread = np.sqrt(np.clip(values, 0, 9))
    steps = np.clip(rng.standard_normal((draws, len(values))), -4, 4) * spread
    drawn: Floats = model._theta * np.exp(steps @ vectors.T)
    return drawn


def bootstrap_parameters(model: PurchaseModel, summary: Any, *, draws: int, seed: int) -> Floats:
    """Parameters refitted to customers drawn with replacement: draws by parameters.

    Drawing n customers needs only how often each distinct row was drawn, which is multinomial. Each refit starts at the
    estimates and takes Newton steps with their Hessian until another would gain less than .0001 in log likelihood.
    With more than 60,000 distinct rows, times are rounded to weeks; estimates then move by the draws' distance from the
    rounded fit, so that rounding itself moves nothing.
    """
    rows = model._read(summary)
    if len(rows) > MOST_ROWS:
        rows = rows.rounded(7 / model.time_unit_days)
    centre = _refit(model, rows, np.log(model._theta))
    rng, shares = np.random.default_rng(seed), rows.customers / rows.n
    ends = [
        _refit(model, rows.weighted(rng.multinomial(round(rows.n), shares).astype(float)), centre) for _ in range(draws)
    ]
    drawn: Floats = model._theta * np.exp(np.array(ends) - centre)
    return drawn


def simulate(
    summary: Any,
    purchases: PurchaseModel,
    *,
    horizon_days: float,
    parameters: Floats,
    spend: GammaGammaModel | None = None,
    spend_parameters: Floats | None = None,
    worth: Floats | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> Futures:
    """Let each customer live through the horizon, once for each row of `parameters`.

    Parameters
    ----------
    summary : DataFrame
        One row a customer.
    purchases, spend
        Fitted models; without `spend` futures count purchases, with it they sum currency units.
    parameters, spend_parameters : ndarray
        Draws by parameters, as of `draw_parameters`.
    worth : ndarray, optional
        Factor on each customer's sum, such as margin and discount.
    level, seed
        Coverage of customers' intervals; start of the random numbers.
    """
    live = _Lives(purchases, spend, parameters, spend_parameters, np.array([purchases._horizon(horizon_days)]))
    sums, counts, lows, highs = [], [], [], []
    for part, bought, spent in live.blocks(summary, seed):
        lived = (1.0 if worth is None else worth[part]) * spent[:, 0]
        counts.append(bought[:, 0].sum(axis=1))
        sums.append(lived.sum(axis=1))
        ends = np.quantile(lived, [0.5 - level / 2, 0.5 + level / 2], axis=0)
        lows.append(ends[0])
        highs.append(ends[1])
    return Futures(sum_of(sums), sum_of(counts), np.concatenate(lows), np.concatenate(highs))


def simulate_path(
    summary: Any,
    purchases: PurchaseModel,
    spend: GammaGammaModel,
    *,
    days: Sequence[float],
    parameters: Floats,
    spend_parameters: Floats,
    seed: int = 0,
) -> Floats:
    """Sums of amounts of all customers up to each of ascending `days`, in the same futures (futures by days)."""
    live = _Lives(purchases, spend, parameters, spend_parameters, np.array([purchases._horizon(day) for day in days]))
    return sum_of(spent.sum(axis=2) for _, _, spent in live.blocks(summary, seed))


@dataclass(frozen=True)
class _Lives:
    """Simulated lives of customers, in blocks that fit into memory."""

    purchases: PurchaseModel
    spend: GammaGammaModel | None
    parameters: Floats
    spend_parameters: Floats | None
    horizons: Floats

    def blocks(self, summary: Any, seed: int) -> Iterator[tuple[slice, Floats, Floats]]:
        """Customers, their purchases and their amounts (futures by horizons by customers)."""
        refuse_counts(summary)
        rows = self.purchases._read(summary, order=True)
        futures = futures_for(len(summary), len(self.parameters))
        size, rng = max(1, BLOCK // (futures * len(self.horizons))), np.random.default_rng(seed)
        for start in range(0, len(summary), size):
            part = slice(start, start + size)
            distinct, at = rows.each(part)
            bought = np.array([self._bought(theta, distinct, at, rng) for theta in self.parameters[:futures]])
            yield part, bought, self._spent(bought, summary.iloc[part], rng)

    def _bought(self, theta: Floats, distinct: Rows, at: Codes, rng: np.random.Generator) -> Floats:
        model, horizons = self.purchases, self.horizons
        alive = model._by_row(theta, distinct, lambda own, rows, _: model._alive_now(own, rows))[at]
        return model._by_row(
            theta,
            distinct.take(at),
            lambda own, rows, place: model._simulate(own, rows, alive=alive[place], horizons=horizons, rng=rng),
        )

    def _spent(self, bought: Floats, table: Any, rng: np.random.Generator) -> Floats:
        if self.spend is None or self.spend_parameters is None:
            return bought
        x, m = self.spend._amounts(table)
        pairs = zip(self.spend_parameters, bought, strict=False)
        return np.array([self.spend._simulate(theta, one, x, m, rng=rng) for theta, one in pairs])


def futures_for(customers: int, draws: int) -> int:
    """How many futures are simulated: `draws`, or fewer where customers are very many."""
    return max(min(draws, FEWEST_FUTURES), min(draws, SIMULATED // max(customers, 1)))


def refuse_counts(summary: Any) -> None:
    """A forecast for customers needs one row a customer."""
    if "customers" in as_frame(summary, ("frequency",)) and (summary["customers"] != 1).any():
        raise DataError(
            "column 'customers' counts several customers in a row, but a forecast is made for each. "
            "Give the table of purchase_summary with one row a customer."
        )


def _refit(model: PurchaseModel, rows: Rows, start: Floats) -> Floats:
    information = np.linalg.inv(model._log_covariance)
    point = start
    for _ in range(25):
        _, gradient = model._in_logs(point, rows)
        step = np.linalg.solve(information, gradient)
        point = point + step * min(1.0, 1.0 / np.abs(step).max())
        if 0.5 * step @ gradient < 1e-4:
            break
    return point
