"""BG/BB: at each regular opportunity (a yearly donation, a monthly event) a living customer buys or does not.

Fader, Hardie & Shang (2010), "Customer-base analysis in a discrete-time noncontractual setting", Marketing Science
29(6), 1086-1108.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pandas as pd

from cxlib.clv.models.base import PurchaseModel, sum_of
from cxlib.clv.models.days import purchase_days
from cxlib.clv.models.rows import Floats, Rows, as_frame, complain, dot, read_rows


class BetaGeoBetaBinomModel(PurchaseModel):
    """BG/BB model.

    A customer buys at each opportunity with probability p ~ Beta(alpha, beta), and leaves before it with
    theta ~ Beta(gamma, delta).

        L = B(alpha+x, beta+n-x)/B(alpha, beta) B(gamma, delta+n)/B(gamma, delta)
            + sum over i < n-t of B(alpha+x, beta+t-x+i)/B(alpha, beta) B(gamma+1, delta+t+i)/B(gamma, delta)    (eq. 7)

    Parameters
    ----------
    time_unit_days : float
        Days between opportunities (keyword only). recency and T must be multiples of it, as `opportunities` makes
        them; frequency counts opportunities after the first purchase at which the customer bought.

    Notes
    -----
    `p_alive` is for the next opportunity, as in the paper (eq. 11).

    Examples
    --------
    >>> known = {"alpha": 1.2035, "beta": 0.7497, "gamma": 0.6568, "delta": 2.7838}
    >>> model = BetaGeoBetaBinomModel.from_params(known, time_unit_days=365)
    >>> round(model.expected_purchases_new(3650), 3)
    3.18
    """

    name: ClassVar[str] = "BG/BB"
    parameters: ClassVar[tuple[str, ...]] = ("alpha", "beta", "gamma", "delta")
    coarse_rows: ClassVar[int] = 10**9  # opportunities are few: nothing to gain

    def _read(self, summary: Any, *, order: bool = False) -> Rows:
        table = as_frame(summary, ("frequency", "recency", "T"))
        rows = read_rows(table, time_unit_days=self.time_unit_days, order=order)
        for name in ("recency", "T"):
            ratio = table[name].to_numpy(float) / self.time_unit_days
            complain(
                table, name, np.abs(ratio - np.rint(ratio)) > 1e-9,
                f"must be a multiple of the {self.time_unit_days:g} days of an opportunity. Make it with opportunities",
            )  # fmt: skip
        many = table["frequency"].to_numpy(float) > table["recency"].to_numpy(float) / self.time_unit_days + 1e-9
        complain(table, "frequency", many, "exceeds the opportunities up to recency. Count each opportunity once")
        return rows

    def _evaluate(self, theta: Floats, rows: Rows) -> tuple[float, Floats]:
        from scipy.special import betaln, digamma

        alpha, beta, gamma, delta = theta
        x, n = rows.x.by_row, np.rint(rows.T.by_row)
        bought, buy_slope = _log_beta(alpha + x, beta + n - x)
        lived, live_slope = _log_beta(gamma + 0 * n, delta + n)
        terms = [(bought + lived, np.array([*buy_slope, *live_slope]))]
        gone = self._gone(theta, rows)
        top = terms[0][0] if gone is None else np.maximum(terms[0][0], gone[0])
        parts = [np.exp(terms[0][0] - top)] + ([] if gone is None else [np.exp(gone[0] - top)])
        total = sum_of(parts)
        slope = parts[0] / total * terms[0][1] + (0 if gone is None else parts[1] / total * gone[1])
        w = rows.customers
        value = dot(w, top + np.log(total)) - rows.n * (betaln(alpha, beta) + betaln(gamma, delta))
        constant = np.array([
            digamma(alpha) - digamma(alpha + beta), digamma(beta) - digamma(alpha + beta),
            digamma(gamma) - digamma(gamma + delta), digamma(delta) - digamma(gamma + delta),
        ])  # fmt: skip
        return float(value), np.einsum("ij,j->i", slope, w) - rows.n * constant

    def _gone(self, theta: Floats, rows: Rows) -> tuple[Floats, Floats] | None:
        """Log of the sum over the opportunities before which a customer can have left, and its gradient."""
        alpha, beta, gamma, delta = theta
        x, t, n = rows.x.by_row, np.rint(rows.t.by_row), np.rint(rows.T.by_row)
        value, slope = np.full(len(rows), -np.inf), np.zeros((4, len(rows)))
        for i in range(int((n - t).max(initial=0))):
            at = i < n - t
            bought, buy_slope = _log_beta(alpha + x[at], beta + t[at] - x[at] + i)
            left, left_slope = _log_beta(gamma + 1 + 0 * t[at], delta + t[at] + i)
            joined = np.logaddexp(value[at], bought + left)
            share = np.exp(bought + left - joined)
            slope[:, at] = (1 - share) * slope[:, at] + share * np.array([*buy_slope, *left_slope])
            value[at] = joined
        return (value, slope) if np.isfinite(value).any() else None

    def _starts(self, rows: Rows) -> list[Floats]:
        return [np.array(start) for start in ((1.0, 1.0, 1.0, 1.0), (1.0, 0.5, 0.5, 3.0), (0.5, 2.0, 1.0, 10.0))]

    def _log_alive(self, theta: Floats, rows: Rows) -> Floats:
        """Log probability of having been alive at the last opportunity."""
        alpha, beta, gamma, delta = theta
        x, n = rows.x.by_row, np.rint(rows.T.by_row)
        here = _log_beta(alpha + x, beta + n - x)[0] + _log_beta(gamma + 0 * n, delta + n)[0]
        gone = self._gone(theta, rows)
        return -np.logaddexp(0, gone[0] - here) if gone is not None else np.zeros(len(rows))

    def _alive(self, theta: Floats, rows: Rows) -> Floats:
        _, _, gamma, delta = theta
        n = rows.T.by_row
        return np.asarray(np.exp(self._log_alive(theta, rows)) * (delta + n) / (gamma + delta + n))

    def _alive_now(self, theta: Floats, rows: Rows) -> Floats:
        return np.asarray(np.exp(self._log_alive(theta, rows)))

    def _expected(self, theta: Floats, rows: Rows, horizon: float) -> Floats:
        """Their eq. 14, as a sum over opportunities: no pole at gamma = 1."""
        alpha, beta, _, _ = theta
        x, n = rows.x.by_row, rows.T.by_row
        buys = (alpha + x) / (alpha + beta + n)
        return np.asarray(
            np.exp(self._log_alive(theta, rows)) * buys * rows.T.spread(_lives(theta, rows.T.table, horizon))
        )

    def _expected_new(self, theta: Floats, horizon: float) -> float:
        alpha, beta, _, _ = theta
        return float(alpha / (alpha + beta) * _lives(theta, np.zeros(1), horizon)[0])

    def _discounted(self, theta: Floats, rows: Rows, *, rate: float, horizon: float | None) -> Floats:
        """Opportunity by opportunity; without a horizon until what is left is worth less than e^-30."""
        last = int(np.ceil(30 / rate)) if horizon is None else int(horizon + 1e-9)
        alpha, beta, _, _ = theta
        buys = (alpha + rows.x.by_row) / (alpha + beta + rows.T.by_row)
        worth = rows.T.spread(_lives(theta, rows.T.table, last, rate=rate))
        return np.asarray(np.exp(self._log_alive(theta, rows)) * buys * worth)

    def _simulate(
        self, theta: Floats, rows: Rows, *, alive: Floats, horizons: Floats, rng: np.random.Generator
    ) -> Floats:
        alpha, beta, gamma, delta = theta
        x, n = rows.x.by_row, rows.T.by_row
        buys, leaves = rng.beta(alpha + x, beta + n - x), rng.beta(gamma, delta + n)
        life = rng.geometric(np.maximum(leaves, 1e-300)) - 1
        lived = np.minimum(life, (horizons[:, None] + 1e-9).astype(np.int64))
        bought = rng.binomial(np.diff(lived, axis=0, prepend=0), buys).cumsum(axis=0)
        return np.where(rng.random(len(rows)) < alive, bought, 0).astype(float)


def opportunities(transactions: Any, *, as_of: Any, time_unit_days: int) -> pd.DataFrame:
    """One row a customer for BG/BB: at how many of the opportunities after the first purchase it bought.

    An opportunity is a stretch of `time_unit_days`, counted back from `as_of`. The first may be cut short by the start
    of the table, which does no harm: a purchase in it only says that the customer began.

    Parameters
    ----------
    transactions : DataFrame
        Canonical transactions: customer_id, day, amount_cents. Days emptied by refunds are no purchases.
    as_of : date or text
        Last day of the last opportunity.
    time_unit_days : int
        Days in an opportunity.

    Returns
    -------
    DataFrame
        customer_id, frequency, recency and T (days, multiples of `time_unit_days`).

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": ["a"] * 3, "amount_cents": [100] * 3,
    ...                      "day": pd.to_datetime(["2026-01-02", "2026-02-10", "2026-02-20"])})
    >>> opportunities(rows, as_of="2026-04-30", time_unit_days=30)
      customer_id  frequency  recency   T
    0           a          1       30  90
    """
    days = purchase_days(transactions)
    ago = (pd.Timestamp(as_of) - days["day"]).dt.days // time_unit_days
    kept = days.assign(ago=ago)[ago >= 0]
    by = kept.drop_duplicates(["customer_id", "ago"]).groupby("customer_id")["ago"].agg(["size", "max", "min"])
    found = {"frequency": by["size"] - 1, "recency": by["max"] - by["min"], "T": by["max"]}
    return pd.DataFrame({**found, **{k: found[k] * time_unit_days for k in ("recency", "T")}}).reset_index()


def _log_beta(a: Floats, b: Floats) -> tuple[Floats, tuple[Floats, Floats]]:
    """Ln B(a, b) and its two derivatives."""
    from scipy.special import betaln, digamma

    both = digamma(a + b)
    return betaln(a, b), (digamma(a) - both, digamma(b) - both)


def _lives(theta: Floats, n: Floats, horizon: float, *, rate: float = 0.0) -> Floats:
    """(Discounted) opportunities in the horizon at which a customer who was alive at opportunity `n` still is."""
    _, _, gamma, delta = theta
    lives, alive = np.zeros(len(n)), np.ones(len(n))
    for k in range(1, int(horizon + 1e-9) + 1):
        alive = alive * (delta + n + k - 1) / (gamma + delta + n + k - 1) * np.exp(-rate)
        lives += alive
    return lives
