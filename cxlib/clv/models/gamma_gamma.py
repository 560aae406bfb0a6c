"""Gamma-Gamma: what a customer spends on a purchase, apart from how often.

Fader, Hardie & Lee (2005), "RFM and CLV"; Fader & Hardie (2013), "The Gamma-Gamma model of monetary value".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np
import pandas as pd

from cxlib.checks import Floats, refuse_where, require_columns
from cxlib.clv.models.base import Model
from cxlib.clv.models.optimise import REACH, Convergence
from cxlib.clv.models.rows import MADE_BY, SUMMARY, column, customer_counts, dot
from cxlib.errors import DataError, ParameterError

COARSE = 3_000  # distinct customers of the first fit
ALIKE = 1e6  # q / p where customers do not differ: their own n amounts then weigh n millionths; p where amounts do not
SAME = 100.0  # q of a fit that did not settle, past which customers differ by less than a tenth
DIFFERENT = (
    2.706 / 2
)  # gain in log likelihood past which customers differ: 5% of a half-half mixture of chi2(0), chi2(1)


@dataclass(frozen=True)
class _Spend:
    """Distinct customers: repeat purchases `x`, their mean amount `m`, how many there are."""

    x: Floats
    m: Floats
    customers: Floats

    @cached_property
    def n(self) -> float:
        return float(self.customers.sum())


class GammaGammaModel(Model[_Spend]):
    """Gamma-Gamma model of spend.

    An amount is Gamma(p, nu) and nu ~ Gamma(q, v). For the mean m of x amounts,

        log L = ln G(px+q)/(G(px) G(q)) + q ln v + (px-1) ln m + px ln x - (px+q) ln(v + m x)    (2013, eq. 1a)

    By convention x and m are those of repeat purchases. Customers without one, or whose repeat purchases sum to
    nothing, then take no part in the fit and are expected to spend what the average customer of the model does. That
    average is p v / (q - 1): where a few customers spend many times what others do, q comes near 1 and it runs away.
    Customers whose mean amounts differ no more than by chance have no q: the likelihood rises towards the limit
    q -> inf, v = (q - 1) mean / p, in which all spend the same on average. The limit is used (q = 1e6 p) unless the
    data reject it at 5% by the likelihood ratio, whose distribution at the boundary is half chi2(0), half chi2(1) (Self
    & Liang 1987, JASA 82, case 5), or a fit did not settle and customers differ by less than a tenth. Where amounts are
    all the same, p goes to 1e6 too. With q at most 1 there is no mean, and nothing is expected.
    With `first_purchase` x and m hold the first purchase too, so that a customer who bought once is judged by it.
    `time_unit_days` plays no part.

    `first_purchase`: Whether the first purchase counts; needs first_amount_cents and repeat_amount_cents (keyword
        only).

    >>> import pandas as pd
    >>> model = GammaGammaModel.from_params({"p": 6.25, "q": 3.74, "v": 15.44})
    >>> table = pd.DataFrame({"frequency": [0, 2], "monetary_value": [0.0, 22.35]})
    >>> model.expected_spend(table).round(2).tolist()
    [35.22, 24.66]
    >>> once = pd.DataFrame({"frequency": [0], "first_amount_cents": [2000], "repeat_amount_cents": [0]})
    >>> params = {"p": 6.25, "q": 3.74, "v": 15.44}
    >>> GammaGammaModel.from_params(params, first_purchase=True).expected_spend(once).round(2).tolist()
    [24.64]
    """

    name: ClassVar[str] = "Gamma-Gamma"
    parameters: ClassVar[tuple[str, ...]] = ("p", "q", "v")

    def __init__(self, *, time_unit_days: float = 7, first_purchase: bool = False) -> None:
        super().__init__(time_unit_days=time_unit_days)
        self.first_purchase = first_purchase

    @property
    def mean_spend(self) -> float:
        """Mean amount of a customer about whom nothing is known: p v / (q - 1)."""
        p, q, v = self._theta
        self._refuse_without_mean()
        return float(p * v / (q - 1))

    def _refuse_without_mean(self) -> None:
        if (q := self._theta[1]) <= 1:
            raise ParameterError(
                f"Gamma-Gamma has q={q:.3f}, at most 1: amounts differ so much that they have no mean. Look for "
                "amounts that are errors, or forecast each group of customers by itself."
            )

    def expected_spend(self, summary: pd.DataFrame) -> pd.Series:
        """Mean amount of each customer's future purchases, in hundreds of minor units, as `monetary_value`.

        A weighted mean of the customer's own average and of `mean_spend` (2013, eq. 5); the latter alone for
        customers of whom no amount counts.

        Raises ParameterError: q is at most 1: the mean of an amount does not exist.
        """
        self._refuse_without_mean()
        spend = self._expected(self._theta, *self._amounts(summary))
        return pd.Series(spend, index=summary.index, name="expected_spend")

    @classmethod
    def from_params(
        cls,
        params: Mapping[str, float],
        *,
        time_unit_days: float = 7,
        covariance: pd.DataFrame | None = None,
        first_purchase: bool = False,
    ) -> Self:
        """A model with known parameters, as from an earlier run; without `covariance` they count as exact."""
        model = super().from_params(params, time_unit_days=time_unit_days, covariance=covariance)
        model.first_purchase = first_purchase
        return model

    def new_customer_spend(self, summary: pd.DataFrame) -> float:
        """Mean amount of a customer who is still to come, who is expected to be as those of `summary` have been.

        `mean_spend`; with `first_purchase` the mean of their expected spend, which does not hang on the tail of the
        distribution that nobody has seen.
        """
        return float(self.expected_spend(summary).mean()) if self.first_purchase else self.mean_spend

    def _amounts(self, table: pd.DataFrame) -> tuple[Floats, Floats]:
        """Purchases that count, and their mean amount, by customer."""
        amounts = ("first_amount_cents", "repeat_amount_cents") if self.first_purchase else ("monetary_value",)
        require_columns(table, ("frequency", *amounts), what=SUMMARY)
        x, *parts = (column(table, name) for name in ("frequency", *amounts))
        if not self.first_purchase:
            return x, parts[0]
        return x + 1, (parts[0] + parts[1]) / (100 * (x + 1))

    def _expected(self, theta: Floats, x: Floats, m: Floats) -> Floats:
        p, q, v = theta
        n = np.where(m > 0, x, 0.0)
        return np.asarray(p * (v + n * m) / (p * n + q - 1))

    def _simulate(self, theta: Floats, bought: Floats, x: Floats, m: Floats, *, rng: np.random.Generator) -> Floats:
        """Sums of amounts of purchases `bought` up to each of several days (days by customers), in one future."""
        p, q, v = theta
        n = np.where(m > 0, x, 0.0)
        scale = np.maximum(rng.gamma(q + p * n), 1e-300) / (v + n * m)
        more = np.diff(bought, axis=0, prepend=0)
        day, customer = np.nonzero(more)
        spent = np.zeros(bought.shape)
        spent[day, customer] = rng.gamma(p * more[day, customer]) / scale[customer]
        return np.asarray(spent.cumsum(axis=0))

    def _read(self, summary: pd.DataFrame) -> _Spend:
        x, m = self._amounts(summary)
        refuse_where(x, "frequency", x % 1 != 0, "no whole number of repeat purchases", MADE_BY, what=SUMMARY)
        bad = (x == 0) & (m > 0)
        refuse_where(m, "monetary_value", bad, "positive though frequency is 0", MADE_BY, what=SUMMARY)
        counts = customer_counts(summary)
        spent = (x > 0) & (m > 0)
        return _group(x[spent], m[spent], np.ones(spent.sum()) if counts is None else counts[spent])

    def _refuse(self, rows: _Spend) -> None:
        if not rows.n:
            raise DataError(
                "column 'frequency' has no customer with a repeat purchase of a positive amount, so there is no spend "
                "to learn from. Choose a longer period."
            )
        super()._refuse(rows)

    def _fit(self, rows: _Spend, starts: list[Floats] | None = None) -> Self:
        limit, height, covariance = _alike(rows)
        if limit[0] < ALIKE:
            super()._fit(rows, starts)
            is_same = not self.convergence_.converged and self.params_["q"] > SAME
            if self.log_likelihood_ - height > DIFFERENT and not is_same:
                return self
        self.customers_ = round(rows.n)
        return self._settle(limit, height, Convergence(True, 1, 1, 1.0, ()), covariance)

    def _coarsen(self, rows: _Spend) -> _Spend:
        # Every so many-th of the sorted customers starts the fit to all.
        few = slice(None, None, max(-(-len(rows.x) // COARSE), 1))
        return _Spend(rows.x[few], rows.m[few], rows.customers[few])

    def _starts(self, rows: _Spend) -> list[Floats]:
        mean = dot(rows.customers, rows.m) / rows.n
        return [np.array([p, q, mean * (q - 1) / p]) for p, q in ((1.0, 2.0), (5.0, 4.0), (0.7, 8.0))]

    def _evaluate(self, theta: Floats, rows: _Spend) -> tuple[float, Floats]:
        from scipy.special import digamma, gammaln

        p, q, v = theta
        w, px, sums = rows.customers, p * rows.x, v + rows.m * rows.x
        log_sums, log_spent = np.log(sums), np.log(rows.m * rows.x)
        terms = gammaln(px + q) - gammaln(px) + px * log_spent - (px + q) * log_sums - np.log(rows.m)
        value = dot(w, terms) + rows.n * (q * np.log(v) - gammaln(q))
        both = digamma(px + q) - log_sums
        slope = [
            dot(w, rows.x * (both - digamma(px) + log_spent)),
            dot(w, both) + rows.n * (np.log(v) - digamma(q)),
            rows.n * q / v - dot(w, (px + q) / sums),
        ]
        return float(value), np.array(slope)


def _alike(rows: _Spend) -> tuple[Floats, float, Floats]:
    """Customers who do not differ, amounts being Gamma(p, p / mean): parameters, log likelihood, covariance in logs."""
    from scipy.optimize import brentq
    from scipy.special import digamma, gammaln, polygamma

    w, x, spent = rows.customers, rows.x, rows.m * rows.x
    purchases, mean = dot(w, x), dot(w, spent) / dot(w, x)

    def slope(log_p: float) -> float:
        return dot(w * x, log_p - np.log(mean) + np.log(spent) - digamma(np.exp(log_p) * x))

    top = float(np.log(ALIKE))
    p = float(np.exp(top if slope(top) >= 0 else brentq(slope, -REACH, top)))
    nu = p / mean
    height = dot(w, p * x * np.log(nu * spent) - gammaln(p * x) - nu * spent - np.log(rows.m))
    of_p = 1 / max(p**2 * dot(w, x**2 * polygamma(1, p * x)) - p * purchases, 1e-12) if p < ALIKE else 0.0
    of_mean = 1 / (p * purchases)
    covariance = np.array([[of_p, 0, -of_p], [0, 0, 0], [-of_p, 0, of_p + of_mean]])
    return np.array([p, ALIKE * p, mean * (ALIKE - 1 / p)]), height, covariance


def _group(x: Floats, m: Floats, customers: Floats) -> _Spend:
    # A mean is a whole number of cents over 100 x, so alike customers have exactly the same mean.
    pairs = pd.DataFrame({"x": x, "m": m, "customers": customers})
    cells = pairs.groupby(["x", "m"], as_index=False)["customers"].sum()
    return _Spend(*(cells[name].to_numpy(float) for name in ("x", "m", "customers")))
