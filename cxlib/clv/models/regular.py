"""MBG/CNBD-k: purchases at regular rhythm; after each, the first one too, the customer may leave for good.

Reutterer, Platzer & Schroeder (2020), Leveraging purchase regularity for predicting customer behavior the easy way,
International Journal of Research in Marketing 38(1), 194-215. Expectations are exact here, theirs approximate.
"""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np

from cxlib.checks import Floats
from cxlib.clv.models.base import PurchaseModel, inverse, sum_of
from cxlib.clv.models.optimise import Optimum, maximise
from cxlib.clv.models.rows import Axis, Rows, dot

MOST_STAGES = 8
SMALLEST = 1e-9  # chance of a further purchase, below which none is counted


class RegularGeoModel(PurchaseModel):
    """MBG/CNBD-k model: MBG/NBD in which only every k-th event of a customer's Poisson process is a purchase.

    Gaps are Erlang-k: at k = 1 random, the larger k the more of a rhythm. With R = r + kx, m = x + 1 and e = T - t_x,

        L = G(R)/G(r) alpha^r B(a, b+m)/B(a, b) (alpha+T)^-R
            { sum over j < k of (R)_j / j! (e / (alpha+T))^j + a/(b+m-1) ((alpha+T)/(alpha+t_x))^R }  D_k,
        D_k = t_x^(kx-1) G(x) / (t_x^(x-1) G(kx)) where x > 0,

    which is their likelihood with the purchases between the first and the last one left open: frequency, recency and T
    are enough, and at k = 1 it is that of MBG/NBD. k is the whole number to 8 at which it is highest, and counts as
    known in intervals.

    `time_unit_days`: Days in the time unit of r/alpha (keyword only).

    >>> import pandas as pd
    >>> known = {"r": 0.85, "alpha": 1.45, "a": 0.79, "b": 2.42, "k": 3}
    >>> table = pd.DataFrame({"frequency": [0, 4, 4], "recency": [0, 30, 80], "T": [84, 84, 84]})
    >>> RegularGeoModel.from_params(known).p_alive(table).round(3).tolist()
    [0.524, 0.005, 0.888]
    """

    name: ClassVar[str] = "MBG/CNBD-k"
    parameters: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b", "k")

    def _fit(self, rows: Rows, starts: list[Floats] | None = None) -> Self:
        earlier = [np.array([r, alpha * k, a, b]) for r, alpha, a, b, k in starts or []]
        points = [np.log(start) for start in earlier or self._starts(rows)]
        best, best_k = self._climb(rows, points, 1), 1
        for k in range(2, MOST_STAGES + 1):
            at_rate = best.point + np.log([1, (k - 1) / k, 1, 1])
            if (climbed := self._climb(rows, [at_rate], k)).value <= best.value:
                break
            best, best_k = climbed, k
        self.customers_ = round(rows.n)
        covariance = np.zeros((5, 5))
        covariance[:4, :4] = inverse(-best.hessian)
        estimates = np.append(np.exp(best.point), best_k)
        return self._settle(estimates, best.value, best.judge(self.names[:4]), covariance)

    def _climb(self, rows: Rows, points: list[Floats], k: int) -> Optimum:
        def height(point: Floats, of: Rows) -> tuple[float, Floats]:
            value, gradient = self._in_logs(np.append(point, np.log(k)), of)
            return value, gradient[:4]

        coarse = self._coarsen(rows)
        return maximise(lambda p: height(p, rows), lambda p: height(p, coarse), points, share=coarse.n / rows.n)

    def _evaluate(self, theta: Floats, rows: Rows) -> tuple[float, Floats]:
        from scipy.special import betaln, digamma, gammaln

        r, alpha, a, b, _ = theta
        k, x, t, T = _stages(theta), rows.x.by_row, rows.t.by_row, rows.T.by_row
        shape, n = r + k * x, rows.customers
        here, by_r, by_alpha = _stages_since(theta, rows)
        gap = np.log((alpha + T) / (alpha + t))
        gone = np.log(a / (b + x)) + shape * gap
        total = np.logaddexp(here, gone)
        left, stays = np.exp(gone - total), np.exp(here - total)
        again = x > 0
        open_ = (k - 1) * x * np.log(np.where(again, t, 1))
        open_ += gammaln(np.where(again, x, 1)) - gammaln(np.where(again, k * x, 1))
        by_row = gammaln(shape) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x + 1) - betaln(a, b)
        value = dot(n, by_row - shape * np.log(alpha + T) + total + open_)
        both = digamma(a + b) - digamma(a + b + x + 1)
        slopes = (
            digamma(shape) - digamma(r) + np.log(alpha / (alpha + T)) + left * gap + stays * by_r,
            r / alpha - shape / (alpha + T) + left * shape * (1 / (alpha + T) - 1 / (alpha + t)) + stays * by_alpha,
            both + left / a,
            both + digamma(b + x + 1) - digamma(b) - left / (b + x),
        )
        return value, np.array([*(dot(n, slope) for slope in slopes), 0.0])

    def _starts(self, rows: Rows) -> list[Floats]:
        age = dot(rows.customers, rows.T.by_row) / rows.n
        return [np.array([1.0, age, 1.0, 1.0]), np.array([0.2, age / 8, 0.8, 2.5])]

    def _alive(self, theta: Floats, rows: Rows) -> Floats:
        from scipy.special import expit

        r, alpha, a, b, _ = theta
        here, _, _ = _stages_since(theta, rows)
        gap = np.log((alpha + rows.T.by_row) / (alpha + rows.t.by_row))
        gone = np.log(a / (b + rows.x.by_row)) + (r + _stages(theta) * rows.x.by_row) * gap
        return np.asarray(expit(here - gone))

    def _more(self, theta: Floats, rows: Rows, horizon: float, most: int) -> Floats:
        """P(alive) times the chances to stay through n purchases and that n + 1 would be made, by stage passed."""
        alive, stages = self._alive(theta, rows), _weights(theta, rows)
        ahead = [_next(theta, rows, n, horizon, stages) for n in range(most + 1)]
        return np.asarray(alive * np.array(ahead))

    def _expected(self, theta: Floats, rows: Rows, horizon: float | Floats) -> Floats:
        """The sum of the chances of more than 0, 1, ... purchases, of each row until it is nothing."""
        bought, at, n = np.zeros(len(rows)), np.arange(len(rows)), 0
        alive, stages = self._alive(theta, rows), _weights(theta, rows)
        ahead = np.broadcast_to(horizon, len(rows))
        while len(at):
            chance = alive[at] * _next(theta, rows.take(at), n, ahead[at], stages[:, at])
            bought[at] += chance
            at, n = at[chance > SMALLEST], n + 1
        return bought

    def _expected_new(self, theta: Floats, ages: Floats) -> Floats:
        nothing = Axis(np.zeros(1), np.zeros(len(ages), dtype=np.int64))
        return self._expected(theta, Rows(nothing, nothing, nothing, np.ones(len(ages))), ages)

    def _simulate(
        self, theta: Floats, rows: Rows, *, alive: Floats, horizons: Floats, rng: np.random.Generator
    ) -> Floats:
        r, alpha, a, b, _ = theta
        k, still = _stages(theta), np.flatnonzero(rng.random(len(rows)) < alive)
        part = rows.take(still)
        x = part.x.by_row
        passed = (rng.random(len(still)) > _weights(theta, part).cumsum(axis=0)).sum(axis=0).clip(max=k - 1)
        rate = rng.gamma(r + k * x + passed) / (alpha + part.T.by_row)
        leaves = np.maximum(rng.beta(a, b + x + 1), 1e-300)
        events = rng.poisson(np.multiply.outer(np.diff(horizons, prepend=0), rate)).cumsum(axis=0)
        bought = np.zeros((len(horizons), len(rows)))
        bought[:, still] = np.minimum((passed + events) // k, rng.geometric(leaves))
        return bought


def _stages(theta: Floats) -> int:
    return round(float(theta[4]))


def _passed(theta: Floats, rows: Rows) -> Floats:
    """Logarithm of (R)_j / j! (e / (alpha+T))^j (stages j by rows), minus infinity where no time has passed."""
    from scipy.special import gammaln

    r, alpha = theta[:2]
    shape, T = r + _stages(theta) * rows.x.by_row, rows.T.by_row
    j = np.arange(_stages(theta))[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        since = j * np.log((T - rows.t.by_row) / (alpha + T))
    return np.asarray(gammaln(shape + j) - gammaln(shape) - gammaln(j + 1) + np.where(j > 0, since, 0.0))


def _weights(theta: Floats, rows: Rows) -> Floats:
    """How likely each number of stages is, of customers who have not left (stages by rows)."""
    passed = _passed(theta, rows)
    weights = np.exp(passed - passed.max(axis=0))
    return np.asarray(weights / weights.sum(axis=0))


def _stages_since(theta: Floats, rows: Rows) -> tuple[Floats, Floats, Floats]:
    """Logarithm of the sum over stages, and its slopes in r and alpha."""
    from scipy.special import digamma

    r, alpha = theta[:2]
    passed, weights = _passed(theta, rows), _weights(theta, rows)
    top = passed.max(axis=0)
    j, shape = np.arange(len(passed))[:, None], r + len(passed) * rows.x.by_row
    by_r = (weights * (digamma(shape + j) - digamma(shape))).sum(axis=0)
    by_alpha = -(weights * j).sum(axis=0) / (alpha + rows.T.by_row)
    return top + np.log(np.exp(passed - top).sum(axis=0)), by_r, by_alpha


def _next(theta: Floats, rows: Rows, n: int, horizon: float | Floats, weights: Floats) -> Floats:
    """Chance that a customer who has not left stays through n purchases and makes the next within the horizon."""
    from scipy.special import betainc, betaln

    r, alpha, a, b, _ = theta
    x, k = rows.x.by_row, len(weights)
    stays = np.exp(betaln(a, b + x + 1 + n) - betaln(a, b + x + 1))
    z = horizon / (alpha + rows.T.by_row + horizon)
    made = sum_of(weights[j] * betainc((n + 1) * k - j, r + k * x + j, z) for j in range(k))
    return np.asarray(stays * made)
