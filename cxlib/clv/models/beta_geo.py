"""BG/NBD and MBG/NBD: Poisson purchases at a customer's own rate; after a purchase the customer may leave for good.

Fader, Hardie & Lee (2005), "Counting your customers" the easy way, Marketing Science 24(2), 275-284. Batislam, Denizel
& Filiztekin (2007), International Journal of Research in Marketing 24(3), 201-209; notation of Hoppe & Wagner (2007).
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from cxlib.checks import Floats
from cxlib.clv.models.base import sum_of
from cxlib.clv.models.covariates import CovariateModel, Load
from cxlib.clv.models.rows import Rows, dot

NEAR_POLE = 1e-5
ALIKE = 1e4  # shape of rates past which customers do not differ: more is too much for 2F1, and changes nothing


class BetaGeoModel(CovariateModel):
    """BG/NBD model.

    A customer buys at rate lambda ~ Gamma(r, alpha) and leaves after each repeat purchase with probability
    p ~ Beta(a, b). With m = x chances to leave so far,

        log L = ln G(r+x)/G(r) + r ln alpha + ln B(a, b+m)/B(a, b)
                - (r+x) ln(alpha+T) + ln(1 + [m > 0] a/(b+m-1) ((alpha+T)/(alpha+t))^(r+x))    (their eq. 6)

    With attributes z of a customer, alpha = alpha0 exp(-c z), a = a0 exp(d z) and b = b0 exp(e z) (Fader & Hardie 2007,
    "Incorporating time-invariant covariates", section 3): exp(c z) multiplies how often the customer buys.

    `time_unit_days`: Days in the time unit of r/alpha (keyword only).
    `covariates`, `leaving_covariates`: Columns of attributes for buying, and for leaving (by default the same; keyword
        only). See `Design`.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"frequency": [0, 1, 2, 4], "recency": [0, 30, 60, 80], "T": [365] * 4})
    >>> known = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    >>> BetaGeoModel.from_params(known).p_alive(table).round(2).tolist()
    [1.0, 0.23, 0.14, 0.03]
    """

    name: ClassVar[str] = "BG/NBD"
    parameters: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")
    loads: ClassVar[tuple[Load, ...]] = (Load("buying", 1, -1), Load("leaving a", 2, 1), Load("leaving b", 3, 1))
    first_chance: ClassVar[int] = 0  # 1 where a customer may also leave after the first purchase

    def _leaving(self, theta: Floats) -> float:
        """Mean probability of leaving after a purchase."""
        return float(theta[2] / (theta[2] + theta[3]))

    def _evaluate(self, theta: Floats, rows: Rows) -> tuple[float, Floats]:
        from scipy.special import betaln, digamma, gammaln

        r, alpha, a, b = theta
        x = rows.x.table
        m = x + self.first_chance
        by_x, by_T = rows.x.sums(rows.customers), rows.T.sums(rows.customers)
        n, shape = by_x.sum(), r + x
        log_T, log_t = np.log(alpha + rows.T.table), np.log(alpha + rows.t.table)
        shape_rows = rows.x.spread(shape)
        gap = rows.T.spread(log_T) - rows.t.spread(log_t)
        gain, left = softplus(rows.x.spread(_log_odds(a, b, m)) + shape_rows * gap)
        left *= rows.customers
        left_by_x, left_shape = rows.x.sums(left), left * shape_rows
        value = by_x @ (gammaln(shape) - gammaln(r) + betaln(a, b + m) - betaln(a, b)) + n * r * np.log(alpha)
        whole = rows.customers * shape_rows
        value += dot(rows.customers, gain) - dot(whole, rows.T.spread(log_T))
        both, b_terms = digamma(a + b) - digamma(a + b + m), digamma(b + m) - digamma(b)
        safe = np.where(m > 0, b + m - 1, 1.0)
        gradient = [
            by_x @ digamma(shape) - n * digamma(r) + n * np.log(alpha) - by_T @ log_T + dot(left, gap),
            n * r / alpha
            - rows.T.sums(whole - left_shape) @ (1 / (alpha + rows.T.table))
            - rows.t.sums(left_shape) @ (1 / (alpha + rows.t.table)),
            by_x @ both + left.sum() / a,
            by_x @ (both + b_terms) - left_by_x @ (1 / safe),
        ]
        return float(value), np.array(gradient)

    def _starts(self, rows: Rows) -> list[Floats]:
        age = dot(rows.customers, rows.T.by_row) / rows.n
        return [np.array([1.0, age, 1.0, 1.0]), np.array([0.2, age / 8, 0.8, 2.5]), np.array([3.0, age, 1.5, 30.0])]

    def _alive(self, theta: Floats, rows: Rows) -> Floats:
        r, alpha, a, b = theta
        gap = rows.T.spread(np.log(alpha + rows.T.table)) - rows.t.spread(np.log(alpha + rows.t.table))
        odds = rows.x.spread(_log_odds(a, b, rows.x.table + self.first_chance))
        return 1 - softplus(odds + (r + rows.x.by_row) * gap)[1]

    def _expected(self, theta: Floats, rows: Rows, horizon: float) -> Floats:
        """Their eq. 10, times P(alive)."""
        return self._alive(theta, rows) * self._expected_alive(theta, rows.x.by_row, rows.T.by_row, horizon=horizon)

    def _expected_alive(self, theta: Floats, x: Floats, T: Floats, *, horizon: float | Floats) -> Floats:
        """Purchases expected of customers who have not left."""
        r, alpha, a, b = theta
        if r > ALIKE:
            r, alpha = ALIKE, alpha * ALIKE / r
        m = x + self.first_chance
        if min(abs(a - 1), np.abs(a + b + m - 1).min()) < NEAR_POLE:
            # 0/0 at a = 1 and a + b + m = 1, where the value itself is smooth: the mean of its two sides.
            sides = [np.array([r, alpha, a + side, b]) for side in (-2 * NEAR_POLE, 2 * NEAR_POLE)]
            return sum_of(self._expected_alive(side, x, T, horizon=horizon) for side in sides) / 2
        z = horizon / (alpha + T + horizon)
        return np.asarray((a + b + m - 1) / (a - 1) * (1 - _remaining(r + x, b + m, a + b + m - 1, z=z)))

    def _more(self, theta: Floats, rows: Rows, horizon: float, most: int) -> Floats:
        """P(alive) times the chance that a customer stays through n purchases and that n + 1 would be made.

        The first is B(a, b+m+n) / B(a, b+m), the second the tail of the NBD of who never leaves: a product of positive
        terms, whose differences are P(X(T, T+t) = n | x, t_x, T) of Fader & Hardie's notes on BG/NBD.
        """
        from scipy.special import betainc

        r, alpha, a, b = theta
        shape, m = r + rows.x.by_row, rows.x.by_row + self.first_chance
        z = horizon / (alpha + rows.T.by_row + horizon)
        stays = self._alive(theta, rows)
        chances = [stays * -np.expm1(shape * np.log1p(-z))]
        for n in range(1, most + 1):
            stays = stays * (b + m + n - 1) / (a + b + m + n - 1)
            chances.append(stays * betainc(n + 1, shape, z))
        return np.array(chances)

    def _expected_new(self, theta: Floats, ages: Floats) -> Floats:
        """Their eq. 9."""
        _, _, a, b = theta
        stays = b / (a + b) if self.first_chance else 1.0
        return stays * self._expected_alive(theta, np.zeros(1), np.zeros(1), horizon=ages)

    def _simulate(
        self, theta: Floats, rows: Rows, *, alive: Floats, horizons: Floats, rng: np.random.Generator
    ) -> Floats:
        r, alpha, a, b = theta
        still = np.flatnonzero(rng.random(len(rows)) < alive)
        x = rows.x.by_row[still]
        rate = rng.gamma(r + x) / (alpha + rows.T.by_row[still])
        leaves = np.maximum(rng.beta(a, b + x + self.first_chance), 1e-300)
        offered = rng.poisson(np.multiply.outer(np.diff(horizons, prepend=0), rate)).cumsum(axis=0)
        bought = np.zeros((len(horizons), len(rows)))
        bought[:, still] = np.minimum(offered, rng.geometric(leaves))
        return bought


class ModifiedBetaGeoModel(BetaGeoModel):
    """MBG/NBD model: a chance to leave after every purchase, the first one too, so one-time buyers can be lost.

    With m = x + 1 chances to leave every formula is that of BG/NBD, and so are its arguments.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"frequency": [0, 1, 2, 4], "recency": [0, 30, 60, 80], "T": [90, 90, 90, 90],
    ...                       "customers": [60, 25, 10, 5]})
    >>> bool(ModifiedBetaGeoModel().fit(table).p_alive(table)[0] < 1)
    True
    """

    name: ClassVar[str] = "MBG/NBD"
    first_chance: ClassVar[int] = 1


def softplus(z: Floats) -> tuple[Floats, Floats]:
    """ln(1 + e^z) and its derivative e^z/(1 + e^z), for any z."""
    small = np.exp(-np.abs(z))
    return np.maximum(z, 0) + np.log1p(small), np.where(z > 0, 1.0, small) / (1 + small)


def _log_odds(a: float, b: float, m: Floats) -> Floats:
    """ln(a / (b+m-1)), minus infinity where there was no chance to leave."""
    return np.where(m > 0, np.log(a) - np.log(np.where(m > 0, b + m - 1, 1.0)), -np.inf)


def _remaining(A: Floats, B: Floats, C: Floats, *, z: Floats) -> Floats:
    """(1-z)^A 2F1(A, B; C; z), for A in the thousands too.

    Euler's transformation gives the same as (1-z)^(C-B) 2F1(C-A, C-B; C; z), in which A and B cancel; it is used
    where C - B < A, else the first form is the bounded one.
    """
    from scipy.special import hyp2f1

    power = C - B
    turned = power < A
    first, second = np.where(turned, C - A, A), np.where(turned, power, B)
    return np.asarray((1 - z) ** np.where(turned, power, A) * hyp2f1(first, second, C, z))
