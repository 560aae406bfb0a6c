"""How far a forecast may be off: estimates are uncertain, customers act at random, times change, models are wrong.

`draw_parameters` gives parameters that fit about as well; `Lives` lets every customer live through one possible future
for each of them. That holds chance and the uncertainty of parameters, not that times change or that a model is wrong.
Errors of past totals hold all of it, but there are few of them: `Widening` makes intervals as wide as these ask.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from cxlib.checks import Codes, Floats, require_columns
from cxlib.clv.levels import LevelForecast
from cxlib.clv.models.base import PurchaseModel, sum_of
from cxlib.clv.models.gamma_gamma import GammaGammaModel
from cxlib.clv.models.rows import SUMMARY, Rows
from cxlib.clv.models.shifted_beta_geo import ShiftedBetaGeoModel
from cxlib.errors import DataError
from cxlib.measures.result import Brief
from cxlib.measures.sampling import LEVEL, Z95, column_percentiles, percentiles

BLOCK = 4_000_000  # simulated customers held in memory at once
SIMULATED = 100_000_000  # simulated customers in all: with more, fewer futures are drawn
FEWEST_FUTURES = 100
SPENDING_ERROR, SPENDING_PAST = 0.1, 3.0  # prior of errors in the amount a purchase, and past days it is worth


@dataclass(frozen=True, repr=False)
class Futures(Brief):
    """What came of the simulated futures.

    `totals` (ndarray): Sum over all customers, by future.
    `purchases` (ndarray): Purchases of all customers, by future (the same as `totals` where no spend was simulated).
    `low`, `high` (ndarray): Ends of each customer's interval.
    `lived` (ndarray): Each customer's sum before `worth` (futures by customers); None where they are too many to keep.
    """

    totals: Floats
    purchases: Floats
    low: Floats
    high: Floats
    lived: Floats | None = None

    def at_worth(self, worth: Floats | float) -> Futures:
        """The same futures at another factor on each customer's sum: nothing is simulated."""
        if self.lived is None:
            raise DataError("the futures of so many customers are not kept: forecast anew.")
        sums = worth * self.lived
        low, high = column_percentiles(sums)
        return replace(self, totals=sums.sum(axis=1), low=low, high=high)

    def interval(self, totals: Floats | None = None) -> tuple[float, float]:
        """The interval of a total (by default of `totals`)."""
        return total_interval(self.totals if totals is None else totals)


def draw_parameters(model: PurchaseModel | GammaGammaModel | ShiftedBetaGeoModel, *, draws: int, seed: int) -> Floats:
    """Parameters (draws by parameters) from the normal distribution of their logarithms around the estimates.

    Of a model whose parameters are sampled (engine "bayes"), from the sample.
    """
    rng = np.random.default_rng(seed)
    if (sampled := getattr(model, "draws_", None)) is not None:
        return np.asarray(rng.choice(sampled, size=draws))
    return model._around_estimates(draws, rng)


@dataclass(frozen=True)
class Lives:
    """Simulated lives of customers, one for each row of `parameters` (draws by parameters).

    Without `spend` they count purchases, with it they sum hundreds of minor units.
    """

    purchases: PurchaseModel
    parameters: Floats
    spend: GammaGammaModel | None = None
    spend_parameters: Floats | None = None

    @classmethod
    def draw(cls, purchases: PurchaseModel, spend: GammaGammaModel | None, *, draws: int, seed: int) -> Lives:
        """Lives under parameters drawn around the estimates."""
        often = draw_parameters(purchases, draws=draws, seed=seed)
        much = None if spend is None else draw_parameters(spend, draws=draws, seed=seed + 1)
        if spend is not None and much is not None:  # without a mean there is no future: mirrored at the estimate
            much = np.where(much[:, [1]] > 1, much, spend._theta**2 / much)
        return cls(purchases, often, spend, much)

    def simulate(
        self, summary: pd.DataFrame, *, horizon_days: float, worth: Floats | None = None, seed: int = 0
    ) -> Futures:
        """Let each customer (a row of `summary`) live through the horizon.

        `worth` is a factor on each customer's sum, such as margin and discount.
        """
        parts = []
        for part, bought, spent in self._blocks(summary, [horizon_days], seed):
            none = np.zeros(0)
            block = Futures(none, bought[:, 0].sum(axis=1), none, none, spent[:, 0])
            block = block.at_worth(1.0 if worth is None else worth[part])
            parts.append(block if bought.shape[2] == len(summary) else replace(block, lived=None))
        low, high = (np.concatenate([getattr(each, end) for each in parts]) for end in ("low", "high"))
        totals, purchases = (sum_of(getattr(each, name) for each in parts) for name in ("totals", "purchases"))
        return Futures(totals, purchases, low, high, parts[0].lived)

    def path(self, summary: pd.DataFrame, days: Sequence[float], *, seed: int = 0) -> Floats:
        """Sums of all customers up to each of ascending `days`, in the same futures (futures by days)."""
        return sum_of(spent.sum(axis=2) for _, _, spent in self._blocks(summary, days, seed))

    def _blocks(
        self, summary: pd.DataFrame, days: Sequence[float], seed: int
    ) -> Iterator[tuple[slice, Floats, Floats]]:
        """Customers, their purchases and their amounts (futures by horizons by customers), as memory allows."""
        refuse_counts(summary)
        horizons = np.array([self.purchases._horizon(day) for day in days])
        rows = self.purchases._read(summary, order=True)
        futures = futures_for(len(summary), len(self.parameters))
        size, rng = max(1, BLOCK // (futures * len(horizons))), np.random.default_rng(seed)
        for start in range(0, len(summary), size):
            part = slice(start, start + size)
            distinct, at = rows.each(part)
            bought = np.array([self._bought(theta, distinct, at, horizons, rng) for theta in self.parameters[:futures]])
            yield part, bought, self._spent(bought, summary.iloc[part], rng)

    def _bought(self, theta: Floats, distinct: Rows, at: Codes, horizons: Floats, rng: np.random.Generator) -> Floats:
        model = self.purchases
        alive = model._by_row(theta, distinct, lambda own, rows, _: model._alive(own, rows))[at]
        return model._by_row(
            theta,
            distinct.take(at),
            lambda own, rows, place: model._simulate(own, rows, alive=alive[place], horizons=horizons, rng=rng),
        )

    def _spent(self, bought: Floats, table: pd.DataFrame, rng: np.random.Generator) -> Floats:
        if self.spend is None or self.spend_parameters is None:
            return bought
        x, m = self.spend._amounts(table)
        pairs = zip(self.spend_parameters, bought, strict=False)
        return np.array([self.spend._simulate(theta, one, x, m, rng=rng) for theta, one in pairs])


def futures_for(customers: int, draws: int) -> int:
    """How many futures are simulated: `draws`, or fewer where customers are very many."""
    return max(min(draws, FEWEST_FUTURES), min(draws, SIMULATED // max(customers, 1)))


def refuse_counts(summary: pd.DataFrame) -> None:
    """A forecast for customers needs one row a customer."""
    if "customers" in require_columns(summary, ("frequency",), what=SUMMARY) and (summary["customers"] != 1).any():
        raise DataError(
            "column 'customers' counts several customers in a row, but a forecast is made for each. "
            "Give the table of purchase_summary with one row a customer."
        )


@dataclass(frozen=True)
class Widening:
    """Errors of past totals, and what chance alone would make of them.

    `purchases`, `money`: Root mean square of log(came / forecast), of numbers of purchases and of amounts; 0 where
        nothing is known.
    `chance_purchases`, `chance_money`: The same by chance and parameters alone, as simulated for the past forecasts.
    `origins`: Past forecasts that count: those that overlap by half count half. The fewer, the heavier the tails
        (Student's t with so many degrees of freedom).
    `factor`: Of a forecast level to the model's sum: totals, and each customer's part of them, are multiplied by it.
    `reach_purchases`, `reach_money`: Half widths, in logarithms, of the 95% intervals that past levels ask; 0 without a
        level.
    """

    purchases: float = 0.0
    money: float = 0.0
    chance_purchases: float = 0.0
    chance_money: float = 0.0
    origins: float = 1.0
    factor: float = 1.0
    reach_purchases: float = 0.0
    reach_money: float = 0.0

    @classmethod
    def learn(cls, purchases: pd.DataFrame, money: pd.DataFrame, *, horizon_days: float) -> Widening:
        """Read it off past forecasts of one method: columns origin, predicted, actual and chance (relative spread)."""
        bought, spent = (_errors(rows) for rows in (purchases, money))
        apart = pd.to_datetime(purchases["origin"]).sort_values().diff().dt.days.dropna().clip(upper=horizon_days)
        return cls(bought[0], spent[0], bought[1], spent[1], 1.0 + float(apart.sum()) / horizon_days)

    def at_level(self, level: LevelForecast, expected: float, spending: Floats) -> Widening:
        """Totals brought to a forecast level, with its interval; money adds the spread of past amounts a purchase.

        `expected`: Purchases that the model expects in the same days.
        """
        reach = float(np.log(level.high / level.low)) / 2
        n = len(spending) / 2  # past days of a backtest overlap
        squares = float(spending @ spending) / 2
        spread = np.sqrt((SPENDING_PAST * SPENDING_ERROR**2 + squares) / (SPENDING_PAST + n))
        money = float(np.hypot(reach, stdtrit(SPENDING_PAST + n, 0.975) * spread))
        return replace(self, factor=level.value / expected, reach_purchases=reach, reach_money=money)

    def interval(self, totals: Floats, *, error: float, reach: float = 0.0) -> tuple[float, float]:
        """Interval of a total from its simulated values, widened to hold past errors, or to `reach` (in logarithms).

        Where a future error is like the past ones, it lies within t standard errors of none at all, with t the quantile
        of Student's distribution; the wider of this interval and the simulated one is taken at each end.

        >>> totals = np.linspace(98, 102, 201)
        >>> low, high = Widening(origins=4).interval(totals, error=0.1)
        >>> round(low), round(high)
        (76, 132)
        """
        low, high = (self.factor * end for end in total_interval(totals))
        past = reach or error * float(stdtrit(self.origins, 0.5 + LEVEL / 2))
        middle = self.factor * float(totals.mean())
        return min(low, middle * float(np.exp(-past))), max(high, middle * float(np.exp(past)))


def total_interval(totals: Floats) -> tuple[float, float]:
    """Interval of a total from its simulated values."""
    if len(totals) >= FEWEST_FUTURES:
        return percentiles(totals)
    half = Z95 * float(totals.std(ddof=1))
    return max(float(totals.mean()) - half, min(0.0, float(totals.min()))), float(totals.mean()) + half


def _errors(rows: pd.DataFrame) -> tuple[float, float]:
    """Spread of past errors, and of chance alone; 0 where nothing is known."""
    known = rows[(rows["actual"] > 0) & (rows["predicted"] > 0) & rows["chance"].notna()]
    if known.empty:
        return 0.0, 0.0
    error = np.log(known["actual"].to_numpy(float) / known["predicted"].to_numpy(float))
    chance = known["chance"].to_numpy(float)
    return float(np.sqrt((error**2).mean())), float(np.sqrt((chance**2).mean()))
