"""Shifted beta geometric: how long memberships last, where the end is seen.

Fader & Hardie (2007), "How to project customer retention", Journal of Interactive Marketing 21(1), 76-90.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cxlib.checks import Flags, Floats, read_numbers, refuse_where, require_columns
from cxlib.clv.models.base import LONGEST_DAYS, Model, discount_exponent, sum_of
from cxlib.clv.models.rows import customer_counts
from cxlib.errors import DataError, ParameterError

SUMMARY = "the table of membership_summary"
MADE_BY = "Make the table with membership_summary"


@dataclass(frozen=True)
class _Lives:
    """Numbers of memberships that ended in, or were still going after, each number of periods (0, 1, 2 ...)."""

    ended: Floats
    going: Floats

    @property
    def n(self) -> float:
        return float(self.ended.sum() + self.going.sum())


class ShiftedBetaGeoModel(Model[_Lives]):
    """sBG model: at each renewal a member leaves with probability theta ~ Beta(alpha, beta).

        P(T = t) = B(alpha+1, beta+t-1) / B(alpha, beta),   S(t) = B(alpha, beta+t) / B(alpha, beta)    (eqs. 5, 6)

    Cohorts that began at different times need nothing special: each membership counts with its own age.

    Parameters
    ----------
    time_unit_days : float
        Days between renewals (keyword only).

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"periods": [1, 2, 3, 4, 5, 6, 7, 7], "ended": [True] * 7 + [False],
    ...                       "customers": [131, 126, 90, 60, 42, 34, 26, 491]})
    >>> model = ShiftedBetaGeoModel(time_unit_days=365.25).fit(table)
    >>> (100 * model.survival([8, 12])).round(1).tolist()
    [46.0, 37.8]
    """

    name: ClassVar[str] = "sBG"
    parameters: ClassVar[tuple[str, ...]] = ("alpha", "beta")

    def survival(self, periods: ArrayLike) -> Floats:
        """Share of a cohort still members after so many periods."""
        from scipy.special import betaln

        alpha, beta = self._theta
        return np.asarray(np.exp(betaln(alpha, beta + np.asarray(periods, float)) - betaln(alpha, beta)))

    def retention(self, periods: ArrayLike) -> Floats:
        """Share of members who renew at renewal t = `periods` (1, 2, ...): (beta+t-1) / (alpha+beta+t-1)."""
        alpha, beta = self._theta
        t = np.asarray(periods, float)
        return np.asarray((beta + t - 1) / (alpha + beta + t - 1))

    def p_alive(self, summary: pd.DataFrame) -> pd.Series:
        """1 for running memberships and 0 for ended ones: here the end is seen."""
        return pd.Series(1.0 - _columns(summary)[1], index=summary.index, name="p_alive")

    def expected_purchases(self, summary: pd.DataFrame, *, horizon_days: float) -> pd.Series:
        """Renewals expected of each membership in the `horizon_days` after observation (whole periods only)."""
        if not 0 < horizon_days <= LONGEST_DAYS:
            raise ParameterError(f"horizon_days={horizon_days} must lie between 0 and {LONGEST_DAYS:,}, as 365.")
        return self._renewals(summary, int(horizon_days / self.time_unit_days + 1e-9), rate=0.0)

    def discounted_purchases(
        self, summary: pd.DataFrame, *, annual_discount_rate: float, horizon_days: float | None = None
    ) -> pd.Series:
        """Renewals expected of each membership, each worth less the later it comes; endless without a horizon.

        Without end in closed form: DERL of Fader & Hardie (2010), Marketing Science 29(1), eq. 8, less the renewal
        that is due at once there.
        """
        rate = discount_exponent(annual_discount_rate, self.time_unit_days, endless=horizon_days is None)
        if horizon_days is not None:
            return self._renewals(summary, int(horizon_days / self.time_unit_days + 1e-9), rate=rate)
        from scipy.special import hyp2f1

        age, ended = _columns(summary)
        alpha, beta = self._theta
        first = (beta + age) / (alpha + beta + age) * np.exp(-rate)
        endless = first * hyp2f1(1, beta + age + 1, alpha + beta + age + 1, np.exp(-rate))
        return pd.Series(np.where(ended, 0.0, endless), index=summary.index, name="discounted_purchases")

    def _renewals(self, summary: pd.DataFrame, periods: int, *, rate: float) -> pd.Series:
        age, ended = _columns(summary)
        ages, at = np.unique(age, return_inverse=True)
        now = self.survival(ages)
        expected = sum_of(self.survival(ages + k) / now * np.exp(-rate * k) for k in range(periods + 1)) - 1
        return pd.Series(np.where(ended, 0.0, expected[at]), index=summary.index, name="expected_purchases")

    def _read(self, summary: pd.DataFrame) -> _Lives:
        periods, ended = _columns(summary)
        counts = customer_counts(summary)
        weight = np.ones(len(summary)) if counts is None else counts
        at, length = periods.astype(np.int64), int(periods.max()) + 1
        return _Lives(np.bincount(at, weight * ended, length), np.bincount(at, weight * ~ended, length))

    def _refuse(self, rows: _Lives) -> None:
        super()._refuse(rows)
        if not rows.ended.sum():
            raise DataError(
                f"column 'ended' is false for all {rows.n:,.0f} memberships: nobody has left, so there is nothing to "
                "learn about leaving. Choose a longer period."
            )

    def _starts(self, rows: _Lives) -> list[Floats]:
        return [np.array([1.0, 1.0]), np.array([0.7, 4.0]), np.array([5.0, 50.0])]

    def _evaluate(self, theta: Floats, rows: _Lives) -> tuple[float, Floats]:
        from scipy.special import betaln, digamma

        alpha, beta = theta
        t = np.arange(len(rows.ended), dtype=float)
        last = np.maximum(t - 1, 0)  # nobody ended in period 0, so that entry has no weight
        at_end = betaln(alpha + 1, beta + last) - betaln(alpha, beta)
        after = betaln(alpha, beta + t) - betaln(alpha, beta)
        value = rows.ended @ at_end + rows.going @ after
        both = digamma(alpha + beta) - digamma(alpha + beta + t)
        # In both cases alpha and beta + t share the sum alpha + beta + t.
        left = digamma(alpha + beta) - digamma(alpha + beta + 1 + last)
        slope = [
            rows.ended @ (left + 1 / alpha) + rows.going @ both,
            rows.ended @ (left + digamma(beta + last) - digamma(beta))
            + rows.going @ (both + digamma(beta + t) - digamma(beta)),
        ]
        return float(value), np.array(slope)


def membership_summary(memberships: pd.DataFrame, *, as_of: str | pd.Timestamp, time_unit_days: float) -> pd.DataFrame:
    """One row a membership: in which period it ended, or how many whole periods it has run.

    Parameters
    ----------
    memberships : DataFrame
        Canonical memberships: customer_id, started_on, ended_on (missing while running).
    as_of : date or text
        Last day that the table knows; later ends count as running, later starts are left out.
    time_unit_days : float
        Days between renewals.

    Returns
    -------
    DataFrame
        customer_id, periods (the renewal at which it ended, 1 or more; or renewals survived), ended.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": ["a", "b"], "started_on": pd.to_datetime(["2026-01-01", "2026-01-01"]),
    ...                      "ended_on": pd.to_datetime(["2026-03-05", None])})
    >>> membership_summary(rows, as_of="2026-06-30", time_unit_days=30)
      customer_id  periods  ended
    0           a        3   True
    1           b        6  False
    """
    table = require_columns(memberships, ("customer_id", "started_on", "ended_on"), what="the table of memberships")
    end = pd.Timestamp(as_of)
    started, ended_on = pd.to_datetime(table["started_on"]), pd.to_datetime(table["ended_on"])
    refuse_where(table["ended_on"], "ended_on", ended_on < started, "before started_on", "Correct or drop those rows")
    ended = ended_on.notna() & (ended_on <= end)
    days = (ended_on.where(ended, end) - started).dt.days
    # Leaving during a period is not renewing at its end.
    periods = np.where(ended, np.maximum(np.ceil(days / time_unit_days), 1), np.floor(days / time_unit_days))
    summary = pd.DataFrame({"customer_id": table["customer_id"], "periods": periods, "ended": ended})
    return summary[started <= end].astype({"periods": "int64"}).reset_index(drop=True)


def _columns(summary: pd.DataFrame) -> tuple[Floats, Flags]:
    """Periods, and whether they ended."""
    table = require_columns(summary, ("periods", "ended"), what=SUMMARY)
    periods = read_numbers(table["periods"], "periods", least=0, remedy=MADE_BY, what=SUMMARY)
    ended = table["ended"].to_numpy(bool)
    refuse_where(periods, "periods", periods % 1 != 0, "no whole number of periods", MADE_BY, what=SUMMARY)
    early = ended & (periods < 1)
    refuse_where(periods, "periods", early, "0 though it ended", "It ends at renewal 1 or later", what=SUMMARY)
    return periods, ended
