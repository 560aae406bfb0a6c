"""Pareto/NBD: Poisson purchases at a customer's own rate until an unseen exponential lifetime ends.

Schmittlein, Morrison & Colombo (1987), Management Science 33(1); formulas as in Fader & Hardie (2005), "A note on
deriving the Pareto/NBD model". The likelihood is written as an integral over the day of leaving rather than with
2F1 functions: its derivatives are then integrals of the same kind, and nothing overflows.
"""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

import numpy as np

from cxlib.checks import Floats
from cxlib.clv.models.covariates import CovariateModel, Load
from cxlib.clv.models.rows import Rows, dot

BLOCK = 20_000  # rows integrated at once
NODES = 24
DECAY = 40.0  # e-folds past which the integrand is nothing
NEGLIGIBLE = 25.0  # of a chance


class ParetoNBDModel(CovariateModel):
    """Pareto/NBD model.

    Purchases at rate lambda ~ Gamma(r, alpha); lifetime exponential at rate mu ~ Gamma(s, beta).

        L = G(r+x)/G(r) alpha^r beta^s { (alpha+T)^-(r+x) (beta+T)^-s + s I },
        I = integral from t to T of (alpha+u)^-(r+x) (beta+u)^-(s+1) du

    With attributes z of a customer, alpha = alpha0 exp(-c z) and beta = beta0 exp(-d z) (Fader & Hardie 2007,
    "Incorporating time-invariant covariates", section 2): exp(c z) multiplies how often the customer buys, exp(d z) how
    readily the customer leaves.

    `time_unit_days`: Days in the time unit of r/alpha and s/beta (keyword only).
    `covariates`, `leaving_covariates`: Columns of attributes for buying, and for leaving (by default the same; keyword
        only). See `Design`.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"frequency": [26], "recency": [216], "T": [217]})
    >>> known = {"r": 0.5534, "alpha": 10.5802, "s": 0.6061, "beta": 11.6562}
    >>> float(ParetoNBDModel.from_params(known).p_alive(table)[0].round(3))
    0.998
    """

    name: ClassVar[str] = "Pareto/NBD"
    parameters: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")
    loads: ClassVar[tuple[Load, ...]] = (Load("buying", 1, -1), Load("leaving", 3, -1))
    coarse_rows: ClassVar[int] = 4_000
    nobody_leaves: ClassVar[tuple[float, float]] = (1e-6, 1e5)

    def _leaving(self, theta: Floats) -> float:
        """Rate of leaving at the means of its distribution."""
        return float(theta[2] / theta[3])

    def _evaluate(self, theta: Floats, rows: Rows) -> tuple[float, Floats]:
        from scipy.special import digamma, gammaln

        r, alpha, s, beta = theta
        by_x, n = rows.x.sums(rows.customers), rows.n
        shape = r + rows.x.table
        value = by_x @ (gammaln(shape) - gammaln(r)) + n * (r * np.log(alpha) + s * np.log(beta))
        by_r = by_x @ digamma(shape) - n * digamma(r) + n * np.log(alpha)
        slope = np.array([by_r, n * r / alpha, n * np.log(beta), n * s / beta])
        for start in range(0, len(rows), BLOCK):
            part = slice(start, start + BLOCK)
            x, t, T = rows.x.by_row[part], rows.t.by_row[part], rows.T.by_row[part]
            mixed, slopes = _mixed(theta, x, t, T)
            value += dot(rows.customers[part], mixed)
            slope += np.einsum("ij,j->i", slopes, rows.customers[part])
        return float(value), slope

    def _starts(self, rows: Rows) -> list[Floats]:
        age = dot(rows.customers, rows.T.by_row) / rows.n
        return [np.array([1.0, age, 1.0, age]), np.array([0.5, age / 3, 0.6, age / 3]), np.array([3.0, age, 0.3, age])]

    def _alive(self, theta: Floats, rows: Rows) -> Floats:
        r, alpha, s, beta = theta
        x, T = rows.x.by_row, rows.T.by_row
        blocks = [slice(start, start + BLOCK) for start in range(0, len(rows), BLOCK)]
        left = np.concatenate([_integrand(theta, x[p], rows.t.by_row[p], T[p])[0] for p in blocks])
        here = -(r + x) * np.log(alpha + T) - s * np.log(beta + T)
        with np.errstate(over="ignore"):
            return np.asarray(1 / (1 + np.exp(left - here)))

    def _expected(self, theta: Floats, rows: Rows, horizon: float) -> Floats:
        r, alpha, _, _ = theta
        rate = (r + rows.x.by_row) / (alpha + rows.T.by_row)
        return np.asarray(self._alive(theta, rows) * rate * _lifetime(theta, rows.T.by_row, horizon))

    def _more(self, theta: Floats, rows: Rows, horizon: float, most: int) -> Floats:
        """Fader & Hardie's note on the conditional PMF (2014), as tails, each an integral of positive terms."""
        blocks = [slice(start, start + BLOCK) for start in range(0, len(rows), BLOCK)]
        x, T = rows.x.by_row, rows.T.by_row
        alive = self._alive(theta, rows)
        tails = [[_arrival(theta, x[p], T[p], horizon, n) for p in blocks] for n in range(most + 1)]
        return np.asarray(np.minimum.accumulate(alive * np.array([np.concatenate(parts) for parts in tails])))

    def _expected_new(self, theta: Floats, ages: Floats) -> Floats:
        """E[X(t)] of Schmittlein, Morrison & Colombo."""
        r, alpha, _, _ = theta
        return np.asarray(r / alpha * _lifetime(theta, np.zeros(1), ages))

    def _discounted(self, theta: Floats, rows: Rows, *, rate: float, horizon: float | None) -> Floats:
        """Without end in closed form: DERT of Fader, Hardie & Lee (2005), "RFM and CLV", eq. 4."""
        if horizon is not None:
            return super()._discounted(theta, rows, rate=rate, horizon=horizon)
        from scipy.special import hyperu

        r, alpha, s, beta = theta
        z = rate * (beta + rows.T.by_row)
        bought = (r + rows.x.by_row) / (alpha + rows.T.by_row)
        return np.asarray(self._alive(theta, rows) * bought * z**s * hyperu(s, s, z) / rate)

    def _simulate(
        self, theta: Floats, rows: Rows, *, alive: Floats, horizons: Floats, rng: np.random.Generator
    ) -> Floats:
        r, alpha, s, beta = theta
        still = np.flatnonzero(rng.random(len(rows)) < alive)
        T = rows.T.by_row[still]
        rate = rng.gamma(r + rows.x.by_row[still]) / (alpha + T)
        leaving = np.maximum(rng.gamma(s, size=len(T)), 1e-300) / (beta + T)
        lived = np.minimum(rng.exponential(size=len(T)) / leaving, horizons[:, None])
        bought = np.zeros((len(horizons), len(rows)))
        bought[:, still] = rng.poisson(rate * np.diff(lived, axis=0, prepend=0)).cumsum(axis=0)
        return bought


def _lifetime(theta: Floats, T: Floats, horizon: float | Floats) -> Floats:
    """Time expected to be alive in the horizon, for customers alive at T; continuous through s = 1."""
    _, _, s, beta = theta
    shrink = np.log((beta + T) / (beta + T + horizon))
    power = -shrink if s == 1 else -np.expm1((s - 1) * shrink) / (s - 1)
    return np.asarray((beta + T) * power)


def _arrival(theta: Floats, x: Floats, T: Floats, horizon: float, n: int) -> Floats:
    """Chance that a customer alive at T makes the purchase after the next n within the horizon.

    The integral over its day u of its density, Beta(n+1, r+x) in u / (alpha+T+u), times the chance to live that long,
    ((beta+T) / (beta+T+u))^s. As in `_integrand` in w = ln(g + u), g the smaller of alpha and beta (here with T): with
    E a Gamma(n+1) variable, ln(1 + u / (alpha+T)) lies between E / (r+x+n) and E / (r+x), which cuts the path.
    """
    from scipy.special import betaln

    r, alpha, s, beta = theta
    nodes, weights = _gauss()
    shape, bought, lived = r + x, alpha + T, beta + T
    g = np.minimum(bought, lived)
    spread = np.sqrt(2 * NEGLIGIBLE * (n + 1))
    begin = bought * np.expm1(np.minimum(max(n + 1 - spread, 0) / (shape + n), 600))
    end = bought * np.expm1(np.minimum((n + 1 + spread + NEGLIGIBLE) / shape, 600))
    low, high = (np.log1p(np.minimum(u, horizon) / g) for u in (begin, end))
    w = low[:, None] + (high - low)[:, None] * nodes
    u = g[:, None] * np.expm1(w)
    log_gone = np.log1p(u / bought[:, None])
    log_u = np.log(u / bought[:, None]) if n else 0.0
    height = n * log_u - (shape + n + 1)[:, None] * log_gone - s * np.log1p(u / lived[:, None]) + w
    mass = np.exp(height + (np.log(g / bought) - betaln(n + 1, shape))[:, None]) @ weights
    return np.asarray(np.minimum((high - low) * mass, 1.0))


def _mixed(theta: Floats, x: Floats, t: Floats, T: Floats) -> tuple[Floats, Floats]:
    """Log of the braces of L, and its gradient (parameters by rows)."""
    r, alpha, s, beta = theta
    left, slopes = _log_left(theta, x, t, T)
    log_alpha, log_beta = np.log(alpha + T), np.log(beta + T)
    here = -(r + x) * log_alpha - s * log_beta
    top = np.maximum(here, left)
    total = top + np.log(np.exp(here - top) + np.exp(left - top))
    alive = np.exp(here - total)
    stay = np.array([-log_alpha, -(r + x) / (alpha + T), -log_beta, -s / (beta + T)])
    return total, alive * stay + (1 - alive) * slopes


def _log_left(theta: Floats, x: Floats, t: Floats, T: Floats) -> tuple[Floats, Floats]:
    """Log of s I, and its gradient (parameters by rows)."""
    r, alpha, s, beta = theta
    value, mass, near, far, logs = _integrand(theta, x, t, T)
    mass /= np.where((total := mass.sum(axis=1)) > 0, total, 1)[:, None]
    mean = [np.einsum("ij,ij->i", mass, of) for of in (logs[0], 1 / near, logs[1], 1 / far)]
    # `near` belongs to the smaller of alpha and beta.
    by_alpha, by_beta = (mean[:2], mean[2:]) if alpha <= beta else (mean[2:], mean[:2])
    return value, np.array([-by_alpha[0], -(r + x) * by_alpha[1], 1 / s - by_beta[0], -(s + 1) * by_beta[1]])


def _integrand(theta: Floats, x: Floats, t: Floats, T: Floats) -> tuple[Floats, Floats, Floats, Floats, list[Floats]]:
    """Log of s I; the integrand at the nodes up to a factor; g + u, the other + u and their logarithms there.

    In w = ln(g + u) with g the smaller of alpha and beta the integrand has no singularity within pi of the path, so
    Gauss-Legendre nodes converge at any parameters; the path is cut where the integrand has decayed.
    """
    r, alpha, s, beta = theta
    nodes, weights = _gauss()
    g, other = (alpha, beta) if alpha <= beta else (beta, alpha)
    path = _path(theta, x, t, T)
    w = path[:, None] * nodes
    near = (g + t)[:, None] * np.exp(w)
    far = near + (other - g)
    logs = [w + np.log(g + t)[:, None], np.log(far)]
    powers = ((r + x)[:, None] - 1, s + 1) if alpha <= beta else (s, (r + x)[:, None])
    height = -powers[0] * logs[0] - powers[1] * logs[1]
    top = height.max(axis=1, keepdims=True)
    mass = np.exp(height - top) * weights
    with np.errstate(divide="ignore"):
        value = np.log(s) + top[:, 0] + np.log(mass.sum(axis=1) * path)
    return value, mass, near, far, logs


def _path(theta: Floats, x: Floats, t: Floats, T: Floats) -> Floats:
    """Length of the path in w."""
    r, alpha, _, beta = theta
    g = min(alpha, beta)
    whole = np.log((g + T) / (g + t))
    with np.errstate(over="ignore"):
        end = (alpha + t) * np.expm1(np.minimum(DECAY / (r + x), 600.0)) / (g + t)
    cut = np.log1p(end)
    # Where g is alpha the step of the path itself takes one power of the decay back.
    cut = np.where(r + x > 4, cut * (1.4 if g == alpha else 1.0), np.inf)
    return np.asarray(np.minimum(whole, cut))


@lru_cache(maxsize=1)
def _gauss() -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return (nodes + 1) / 2, weights / 2
