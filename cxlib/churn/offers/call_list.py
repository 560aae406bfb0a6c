"""Whom to call, in which order: customers whose call is expected to bring more than it costs, within the budget.

Ranked by risk x expected response x value less costs (`OfferRules.gain`), not by risk: a high risk alone says neither
that the customer is worth a call nor that a call would change their mind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit

from cxlib.checks import Flags, Floats, check_cost, read_risks, read_values, require_columns
from cxlib.churn.offers.offer import OfferRules, amount
from cxlib.churn.watching import EDGE, Recalibration
from cxlib.errors import DataError, ParameterError
from cxlib.language import Count, Message, Money, N, Percent, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import check_level


@dataclass(frozen=True)
class CallList(Result):
    """Customers to call, and all others with the reason why they are not.

    Attributes
    ----------
    customers : DataFrame
        All scored customers: customer_id, the columns that were given besides, expected_gain_cents,
        expected_cost_cents, status (call, opted_out, does_not_pay, beyond_limit), rank (from 1; missing where not
        called); those to call come first, in order.
    gain_cents, low_cents, high_cents : float
        Expected gain of the whole list, and the interval of what it may bring.
    random_cents, riskiest_cents : float
        Expected gain of as many calls at random, and of calling those at highest risk.
    cost_cents : float
        Expected outlay.
    rules : OfferRules
    level : float
    currency : str
    """

    customers: pd.DataFrame
    gain_cents: float
    low_cents: float
    high_cents: float
    random_cents: float
    riskiest_cents: float
    cost_cents: float
    rules: OfferRules
    level: float
    currency: str

    @property
    def calls(self) -> pd.DataFrame:
        """Only those to call, in order."""
        return self.customers[self.customers["status"] == "call"]

    @property
    def export(self) -> pd.DataFrame:
        """The table as a file can hold it, and as `read_call_list` reads it: lists of reasons are joined to text."""
        table = self.customers.copy()
        for name in table.columns:
            if table[name].map(lambda x: isinstance(x, list | tuple)).any():
                table[name] = table[name].map(lambda x: "; ".join(map(str, x)) if isinstance(x, list | tuple) else x)
        return table

    @property
    def counts(self) -> dict[str, int]:
        """How many customers have each status."""
        found = self.customers["status"].value_counts()
        return {name: int(found.get(name, 0)) for name in ("call", "opted_out", "does_not_pay", "beyond_limit")}

    @property
    def summary(self) -> pd.DataFrame:
        """The list beside the two simple ways to choose as many customers."""
        calls = Count(self.counts["call"])
        rows = [
            (T("This list"), calls, self._money(self.gain_cents)),
            (T("As many at highest risk"), calls, self._money(self.riskiest_cents)),
            (T("As many at random"), calls, self._money(self.random_cents)),
        ]
        return pd.DataFrame(rows, columns=["who is called", "customers", "expected gain"])

    @property
    def headline(self) -> Message:
        """How many calls, and what they should bring."""
        counts = self.counts
        if not counts["call"]:
            return T(
                "Nobody is worth a call under these costs and this response ({n} customers looked at)",
                n=Count(len(self.customers)),
            )
        return N(
            "Call {n} of {all} customers: the call should bring {gain} ({level} interval {low} to {high}) and cost "
            "{cost}",
            "Call {n} of {all} customers: the calls should bring {gain} ({level} interval {low} to {high}) and cost "
            "{cost}",
            counts["call"],
            all=Count(len(self.customers)),
            gain=self._money(self.gain_cents),
            low=self._money(self.low_cents),
            high=self._money(self.high_cents),
            level=Percent(self.level),
            cost=self._money(self.cost_cents),
        )

    @property
    def notes(self) -> tuple[Message, ...]:
        """What a team should know before it calls: the assumptions, and who was left out."""
        counts = self.counts
        notes = [
            T("High risk is not the same as persuadable: only an experiment shows whom a call keeps"),
            self.rules.said(self.currency),
        ]
        if counts["opted_out"]:
            notes.append(
                N(
                    "{n} customer does not want to be contacted and is left out",
                    "{n} customers do not want to be contacted and are left out",
                    counts["opted_out"],
                )
            )
        if counts["beyond_limit"]:
            notes.append(
                N(
                    "{n} more customer would be worth a call, beyond the limit of calls or money",
                    "{n} more customers would be worth a call, beyond the limit of calls or money",
                    counts["beyond_limit"],
                )
            )
        return tuple(notes)

    def _money(self, cents: float) -> Money:
        return amount(cents, self.currency)


def make_call_list(
    scored: Any,
    *,
    rules: OfferRules | None = None,
    max_customers: int | None = None,
    budget_cents: float | None = None,
    opted_out: str | None = None,
    calibration: Recalibration | None = None,
    level_sd: float = 0.0,
    level: float = 0.95,
    currency: str = "",
) -> CallList:
    """Choose whom to call.

    Parameters
    ----------
    scored : DataFrame
        One row a customer: customer_id, risk (calibrated probability), value_cents; further columns, such as reasons,
        are kept.
    rules : OfferRules
        Costs and response.
    max_customers : int, optional
        Calls that the team can make.
    budget_cents : float, optional
        Expected outlay that the list may reach.
    opted_out : str, optional
        Column that is true where a customer does not want to be contacted; where it is missing nobody is called.
    calibration : Recalibration, optional
        How sure the risks are; widens the interval.
    level_sd : float
        How far the level of churn may be off, as a logit; widens the interval.

    Notes
    -----
    The interval is normal: chance in who leaves and in whom the offer keeps, the risks' calibration where it is given,
    and the error of the response where an experiment has measured it. An assumed response adds nothing to it. Equal
    gains are ordered by risk, then by customer_id. A budget ends the list at the first customer who no longer fits.

    Raises
    ------
    DataError
        A customer stands there twice, the table is empty, or a risk or a value cannot be used.
    ParameterError
        A limit is negative.

    Examples
    --------
    >>> scored = pd.DataFrame({"customer_id": ["a", "b", "c"], "risk": [0.9, 0.5, 0.1],
    ...                        "value_cents": [5000, 50000, 50000]})
    >>> found = make_call_list(scored)
    >>> found.calls["customer_id"].tolist(), found.calls["rank"].tolist()
    (['b', 'a', 'c'], [1, 2, 3])
    """
    z = check_level(level)
    rules = rules or OfferRules()
    frame = require_columns(scored, ("customer_id", "risk", "value_cents"), what="the table of scores")
    _refuse_twice(frame)
    risk = read_risks(frame["risk"])
    value = read_values(frame["value_cents"], n=len(risk))
    away = _opted_out(frame, opted_out)
    gain, cost = rules.gain(risk, value), rules.cost(risk)
    order = np.lexsort([frame["customer_id"].astype(str).to_numpy(object), -risk, -gain])
    worth = order[(~away & (gain > 0))[order]]
    called = worth[: _fit(cost[worth], max_customers, budget_cents)]
    table = frame.assign(expected_gain_cents=gain, expected_cost_cents=cost)
    table["status"] = _status(len(frame), away, worth, called)
    rank = np.full(len(frame), np.nan)
    rank[called] = np.arange(1, len(called) + 1)
    table["rank"] = pd.array(rank, dtype="Int64")
    rest = np.setdiff1d(order, called, assume_unique=True)
    total = float(gain[called].sum())
    half = z * _error(rules, risk[called], value[called], calibration, level_sd)
    free = order[~away[order]]
    riskiest = free[np.argsort(-risk[free], kind="stable")][: len(called)]
    return CallList(
        table.iloc[np.concatenate([called, rest])].reset_index(drop=True), total, total - half, total + half,
        len(called) * float(gain[free].mean()) if len(free) else 0.0, float(gain[riskiest].sum()),
        float(cost[called].sum()), rules, level, currency,
    )  # fmt: skip


def _refuse_twice(frame: pd.DataFrame) -> None:
    twice = frame["customer_id"].duplicated()
    if frame["customer_id"].isna().any():
        raise DataError("'customer_id' is missing in the table of scores. A customer without id cannot be called.")
    if twice.any():
        raise DataError(
            f"{int(twice.sum()):,} customers stand more than once in the table of scores (first: "
            f"{frame.loc[twice, 'customer_id'].iloc[0]!r}). Give the rows of one cut-off: nobody is called twice."
        )


def _opted_out(frame: pd.DataFrame, column: str | None) -> Flags:
    if column is None:
        return np.zeros(len(frame), bool)
    found = require_columns(frame, (column,), what="the table of scores")[column]
    flags = pd.to_numeric(found.astype(object), errors="coerce").to_numpy(float, na_value=np.nan)
    unknown = ~np.isin(flags, [0, 1]) & found.notna().to_numpy()
    if unknown.any():
        raise DataError(
            f"column {column!r} holds {found[unknown].iloc[0]!r} in row {int(np.flatnonzero(unknown)[0]) + 1:,}; it "
            "must be true where a customer does not want to be contacted, and false elsewhere."
        )
    away: Flags = flags != 0
    return away


def _fit(cost: Floats, most: int | None, budget_cents: float | None) -> int:
    """How many of the customers in order fit both limits."""
    count = len(cost)
    if most is not None:
        if most < 0 or most != int(most):
            raise ParameterError(f"max_customers={most} must be a whole number of zero or more.")
        count = min(count, int(most))
    if budget_cents is not None:
        budget = check_cost("budget_cents", budget_cents)
        count = min(count, int(np.searchsorted(np.cumsum(cost), budget * (1 + 1e-12), side="right")))
    return count


def _status(n: int, away: Flags, worth: Any, called: Any) -> Any:
    status = np.full(n, "does_not_pay", object)
    status[worth] = "beyond_limit"
    status[called] = "call"
    status[away] = "opted_out"
    return status


def _error(rules: OfferRules, risk: Floats, value: Floats, calibration: Recalibration | None, level_sd: float) -> float:
    saved = rules.saved(value)
    variance = float(rules.gain_variance(risk, value).sum())
    variance += ((rules.response_error or 0.0) * float((risk * saved).sum())) ** 2
    steep = (rules.expected_response * saved + rules.offer_cost_cents) * risk * (1 - risk)
    variance += (level_sd * float(steep.sum())) ** 2
    if calibration is not None:
        gradient = np.array([steep.sum(), steep @ logit(np.clip(risk, EDGE, 1 - EDGE))])
        variance += float(gradient @ calibration.covariance @ gradient)
    return float(np.sqrt(variance))
