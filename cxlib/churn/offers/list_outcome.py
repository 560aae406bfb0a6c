"""Last run's call list against what has happened since: were the risks right, and the fears for revenue.

Customers who were called may have stayed because of the call, so a list that works looks worse here than it is; only
customers left uncalled at random show what would have been.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyarrow import ArrowException

from cxlib.checks import read_outcomes, require_columns
from cxlib.churn.offers.offer import amount
from cxlib.churn.offers.revenue_at_risk import RevenueAtRisk, leavers_interval, revenue_at_risk
from cxlib.churn.watching import Recalibration, recalibrate
from cxlib.errors import CxError, DataError
from cxlib.language import Count, Message, Money, Percent, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import check_level, wilson

KEPT = ("customer_id", "cut_off", "risk", "value_cents", "status")


@dataclass(frozen=True)
class Arrived(Result):
    """What became of the customers of an earlier list.

    Attributes
    ----------
    expected, low, high : float
        Customers expected to leave, with the interval of what the list led to expect.
    observed : int
        Customers who left.
    precision, precision_low, precision_high : float
        Share of called customers who left, with Wilson's interval; NaN where nobody was called.
    others : float
        Share of the other customers who left.
    revenue : RevenueAtRisk
        Forecast and loss.
    calibration : Recalibration or None
        None where it cannot be fitted.
    n, called, unknown : int
        Customers compared, those of them who were to be called, and those of the list without a known outcome.
    level : float
    """

    expected: float
    low: float
    high: float
    observed: int
    precision: float
    precision_low: float
    precision_high: float
    others: float
    revenue: RevenueAtRisk
    calibration: Recalibration | None
    n: int
    called: int
    unknown: int
    level: float = 0.95

    @property
    def held(self) -> bool:
        """Whether as many left as expected, within the interval."""
        return bool(self.low <= self.observed <= self.high)

    @property
    def summary(self) -> pd.DataFrame:
        """Expected beside observed."""
        ends = self.revenue.low_cents, self.revenue.high_cents
        rows = [
            (T("Customers who left"), *(Count(round(x)) for x in (self.observed, self.expected, self.low, self.high))),
            (T("Revenue lost"), *map(self._money, (self.revenue.actual_cents, self.revenue.value_cents, *ends))),
        ]
        return pd.DataFrame(rows, columns=["what", "observed", "expected", "low", "high"])

    @property
    def headline(self) -> Message:
        """Whether last run's risks held."""
        values = {
            "n": Count(self.n), "observed": Count(self.observed), "expected": Count(round(self.expected)),
            "low": Count(round(self.low)), "high": Count(round(self.high)), "level": Percent(self.level),
        }  # fmt: skip
        if self.held:
            return T(
                "Last run's risks held: {observed} of {n} customers left, {expected} were expected ({level} interval "
                "{low} to {high})",
                **values,
            )
        return T(
            "Last run's risks were off: {observed} of {n} customers left, {expected} were expected ({level} interval "
            "{low} to {high})",
            **values,
        )

    @property
    def notes(self) -> tuple[Message, ...]:
        """How the list did, the revenue, and what this cannot show."""
        notes = [self.revenue.headline]
        if self.called:
            listed = T(
                "Of the {called} customers on the list {precision} left ({level} interval {low} to {high}), of the "
                "others {others}",
                called=Count(self.called), precision=Percent(self.precision), low=Percent(self.precision_low),
                high=Percent(self.precision_high), others=Percent(self.others), level=Percent(self.level),
            )  # fmt: skip
            caveat = T("Customers who were called may have stayed because of the call: only an experiment can tell")
            notes = [listed, *notes, caveat]
        return tuple(notes)

    def _money(self, cents: float | None) -> Money:
        known = self.revenue.currency
        return Money(None, currency=known) if cents is None else amount(cents, known)


def read_call_list(path: str | Path | None) -> pd.DataFrame | None:
    """What an earlier run exported; None where there is nothing usable.

    Parameters
    ----------
    path : path or None
        A Parquet file of `CallList.export` with cut_off. A file of another form counts as none: a comparison is no
        reason to fail.

    Examples
    --------
    >>> read_call_list("no/such/file.parquet") is None
    True
    """
    if path is None:
        return None
    try:
        table = pd.read_parquet(Path(path), columns=list(KEPT))
        table["cut_off"] = pd.to_datetime(table["cut_off"])
        revenue_at_risk(table)
    except (OSError, ValueError, KeyError, TypeError, ArrowException, CxError):
        return None
    one_a_customer = table["customer_id"].is_unique and len(table["cut_off"].unique()) == 1
    return table if one_a_customer else None


def compare_with_outcome(
    last: pd.DataFrame, outcomes: Any, *, level_sd: float = 0.0, level: float = 0.95, currency: str = ""
) -> Arrived:
    """Lay the outcomes that have since arrived beside an earlier list.

    Parameters
    ----------
    last : DataFrame
        As `read_call_list` gives it: customer_id, cut_off, risk, value_cents, status.
    outcomes : DataFrame
        customer_id, churned; with cut_off, only rows of the list's own cut-off count.
    level_sd : float
        How far the level of churn moves between cut-offs (`BaseRates.level_sd`); widens the intervals.

    Raises
    ------
    DataError
        A column is missing, or no customer of the list has an outcome yet.

    Examples
    --------
    >>> last = pd.DataFrame({"customer_id": ["a", "b"], "cut_off": "2026-06-30", "risk": [0.8, 0.1],
    ...                      "value_cents": [50000, 20000], "status": ["call", "does_not_pay"]})
    >>> found = compare_with_outcome(last, pd.DataFrame({"customer_id": ["a", "b"], "churned": [1, 0]}))
    >>> found.observed, found.revenue.actual_cents
    (1, 50000.0)
    """
    z = check_level(level)
    joined = _join(last, outcomes)
    left = read_outcomes(joined["churned"], both=False)
    called = (joined["status"] == "call").to_numpy()
    on, off = left[called], left[~called]
    low, high = wilson(on.sum(), len(on), z=z) if len(on) else (np.nan, np.nan)
    return Arrived(
        *leavers_interval(joined["risk"], spread=level_sd, level=level), int(left.sum()), _mean(on), float(low),
        float(high), _mean(off), revenue_at_risk(joined, level_sd=level_sd, level=level, currency=currency),
        _calibration(joined, level), len(joined), int(called.sum()), len(last) - len(joined), level,
    )  # fmt: skip


def _join(last: pd.DataFrame, outcomes: Any) -> pd.DataFrame:
    old = require_columns(last, KEPT, what="the last call list")
    new = require_columns(outcomes, ("customer_id", "churned"), what="the table of outcomes")
    if "cut_off" in new.columns:
        new = new[pd.to_datetime(new["cut_off"]) == pd.to_datetime(old["cut_off"]).iloc[0]]
    known = new.loc[new["churned"].notna(), ["customer_id", "churned"]].drop_duplicates("customer_id")
    joined = old.drop(columns="churned", errors="ignore").merge(known, on="customer_id")
    if joined.empty:
        raise DataError(
            "no customer of the last call list has an outcome yet. Compare once the horizon after its cut-off is over."
        )
    return joined


def _mean(left: Any) -> float:
    return float(left.mean()) if len(left) else float("nan")


def _calibration(joined: pd.DataFrame, level: float) -> Recalibration | None:
    try:
        return recalibrate(joined["churned"], joined["risk"], level=level)
    except DataError:
        return None
