"""Who can be persuaded: the Qini curve of a predicted uplift, and the effect by tenths of it.

With customers ranked by predicted uplift, the share phi of them at the top holding N_t treated and N_c control
customers, of whom S_t and S_c stayed (Radcliffe, Using control groups to target on predicted lift, Direct Marketing
Analytics Journal, 2007)::

    u(phi) = S_t - S_c N_t / N_c                 customers kept by treating the top, counted in the treated group
    Q      = integral over phi of (u(phi) - phi u(1)) / N_t(1)

u rises along a straight line to u(1) where the ranking says nothing. Both are given here per treated customer, so that
Q does not grow with the sample. (Radcliffe's q0 divides the area by that of a perfect ranking instead.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cxlib.checks import Codes, Flags, Floats, read_numbers, read_outcomes
from cxlib.churn.offers.uplift import difference_interval, read_treatment
from cxlib.errors import DataError
from cxlib.language import Count, Decimal, Message, Percent, Points, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import check_level, percentiles, resample


@dataclass(frozen=True)
class Qini(Result):
    """How well a predicted uplift ranks customers by what an offer does to them.

    Attributes
    ----------
    curve : DataFrame
        share (of customers treated, from 0), kept (per treated customer), random (the straight line).
    coefficient, low, high : float
        Area between the two, with bootstrap interval by customer.
    tenths : DataFrame
        tenth (1 is the highest predicted uplift), n, churn_treated, churn_control, difference, low, high (Newcombe);
        a tenth without one of the groups has NaN.
    n : int
    level : float
    """

    curve: pd.DataFrame
    coefficient: float
    low: float
    high: float
    tenths: pd.DataFrame
    n: int
    level: float = 0.95

    @property
    def clear(self) -> bool:
        """Whether the ranking is better than chance."""
        return self.low > 0

    @property
    def summary(self) -> pd.DataFrame:
        """The tenths in quantities."""
        t = self.tenths
        rates = {name: t[name].map(Percent) for name in ("churn_treated", "churn_control")}
        gaps = {name: [Points(100 * x, digits=1) for x in t[name]] for name in ("difference", "low", "high")}
        return pd.DataFrame({"tenth": t["tenth"].map(Count), "customers": t["n"].map(Count), **rates, **gaps})

    @property
    def headline(self) -> Message:
        """Whether it is known who can be persuaded."""
        values = {
            "q": Decimal(self.coefficient, digits=4), "low": Decimal(self.low, digits=4),
            "high": Decimal(self.high, digits=4), "level": Percent(self.level), "n": Count(self.n),
        }  # fmt: skip
        if self.clear:
            return T(
                "Some customers are clearly easier to persuade than others: Qini coefficient {q} ({level} interval "
                "{low} to {high}, {n} customers)",
                **values,
            )
        return T(
            "Who can be persuaded is not known: the predicted uplift ranks customers no better than chance, Qini "
            "coefficient {q} ({level} interval {low} to {high}, {n} customers)",
            **values,
        )


def qini(
    churned: Any,
    treatment: Any,
    uplift: Any,
    *,
    customers: Any = None,
    draws: int = 500,
    level: float = 0.95,
    seed: int = 0,
) -> Qini:
    """Judge a predicted uplift by an experiment.

    Parameters
    ----------
    churned : array-like (n,)
        1 for a customer who left, 0 for one who stayed.
    treatment : array-like (n,)
        Who was treated.
    uplift : array-like (n,)
        Predicted fall of the chance to leave, made without the customer's own outcome; only its order counts.
    customers : array-like (n,), optional
        Whose row it is, for the bootstrap.

    Raises
    ------
    DataError
        A value is missing, or there is only one group.

    Examples
    --------
    >>> found = qini([0, 1, 0, 1, 1, 1, 0, 0], [1, 0, 1, 0, 1, 0, 1, 0], [4, 4, 3, 3, 2, 2, 1, 1], draws=20)
    >>> found.curve["kept"].tolist(), found.coefficient
    ([0.0, 0.25, 0.5, 0.5, 0.5], 0.125)
    """
    check_level(level)
    left = read_outcomes(churned, both=False)
    treated = read_treatment(treatment)
    score = read_numbers(uplift, "uplift", n=len(left))
    if len(treated) != len(left):
        raise DataError(f"there are {len(treated):,} treatments for {len(left):,} customers. Give one for each.")
    steps = _Steps.by(left, treated, score)
    share, kept = steps.curve()
    drawn = [_area(*steps.curve(w)) for w in resample(customers, len(left), draws=draws, seed=seed)]
    low, high = percentiles([x for x in drawn if np.isfinite(x)], level)
    curve = pd.DataFrame({"share": share, "kept": kept, "random": share * kept[-1]})
    return Qini(curve, _area(share, kept), low, high, _tenths(left, treated, score, level), len(left), level)


@dataclass(frozen=True)
class _Steps:
    """Customers from the highest predicted uplift down; equal ones share a step."""

    order: Codes
    starts: Codes
    stayed: Floats
    treated: Floats

    @classmethod
    def by(cls, left: Flags, treated: Flags, score: Floats) -> _Steps:
        order = np.argsort(-score, kind="stable")
        starts = np.flatnonzero(np.diff(score[order], prepend=np.inf))
        return cls(order, starts, (~left[order]).astype(float), treated[order].astype(float))

    def curve(self, weights: Floats | None = None) -> tuple[Floats, Floats]:
        """Share treated, and customers kept per treated customer, at each step."""
        w = np.ones(len(self.order)) if weights is None else weights[self.order]
        t, s = self.treated, self.stayed
        columns = [w, w * t, w * (1 - t), w * t * s, w * (1 - t) * s]
        n, n_t, n_c, s_t, s_c = (np.append(0.0, np.cumsum(np.add.reduceat(x, self.starts))) for x in columns)
        if n_t[-1] == 0 or n_c[-1] == 0:
            return np.array([0.0, 1.0]), np.full(2, np.nan)
        # Above the first control customer there is nobody to compare with: nothing is known to be kept.
        kept = np.where(n_c > 0, s_t - s_c * n_t / np.where(n_c > 0, n_c, 1), 0.0)
        return n / n[-1], kept / n_t[-1]


def _area(share: Floats, kept: Floats) -> float:
    above = kept - share * kept[-1]
    return float(np.trapezoid(above, share))


def _tenths(left: Flags, treated: Flags, score: Floats, level: float) -> pd.DataFrame:
    rank = pd.Series(-score).rank(method="average").to_numpy()
    tenth = np.minimum((rank - 0.5) * 10 // len(score), 9).astype(int) + 1
    rows = []
    for number in range(1, 11):
        inside = tenth == number
        sizes = int((inside & treated).sum()), int((inside & ~treated).sum())
        events = int((inside & treated & left).sum()), int((inside & ~treated & left).sum())
        known = min(sizes) > 0
        rates = (events[0] / sizes[0], events[1] / sizes[1]) if known else (np.nan, np.nan)
        gap = difference_interval(events, sizes, level=level) if known else (np.nan, np.nan, np.nan)
        rows.append((number, int(inside.sum()), *rates, *gap))
    return pd.DataFrame(rows, columns=["tenth", "n", "churn_treated", "churn_control", "difference", "low", "high"])
