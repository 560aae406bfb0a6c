"""Whom to call, in which order, and what the same list would have brought at a past cut-off.

Customers are ranked by risk x expected response x value less costs (`OfferRules.gain`), not by risk: a high risk alone
says neither that the customer is worth a call nor that a call would change their mind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import logit

from cxlib.checks import Codes, Flags, Floats, read_outcomes, read_risks, read_values, require_columns
from cxlib.churn.offers.offer import CallLimits, OfferRules
from cxlib.churn.watching import EDGE, Recalibration
from cxlib.errors import DataError
from cxlib.language import Count, Message, N, Percent, T, about_money
from cxlib.measures.nps import SUPPRESS_BELOW
from cxlib.measures.result import Result, Valued
from cxlib.measures.sampling import LEVEL, Z95, percentiles, resample

STATUSES = ("call", "opted_out", "does_not_pay", "beyond_limit")
WAYS = {"list": T("This list"), "riskiest": T("As many at highest risk"), "random": T("As many at random")}
"""Three ways to choose as many customers."""


@dataclass(frozen=True, repr=False)
class CallList(Valued, Result):
    """Customers to call, and all others with the reason why they are not.

    `customers`: All scored customers: customer_id, the columns that were given besides, expected_gain_cents,
        expected_cost_cents, status (call, opted_out, does_not_pay, beyond_limit), rank (from 1; missing where not
        called); those to call come first, in order.
    `gain_cents`, `low_cents`, `high_cents`: Expected gain of the whole list, and the 95% interval of what it may bring.
    `random_cents`, `riskiest_cents`: Expected gain of as many calls at random, and of calling those at highest risk.

    >>> scored = pd.DataFrame({"customer_id": ["a", "b"], "risk": [0.9, 0.1], "value_cents": 20000})
    >>> calls = make_call_list(scored, rules=OfferRules(0.3, 1000, 100, margin=1), currency="SAR")
    >>> calls.customers["status"].tolist(), calls.summary.columns.tolist()
    (['call', 'does_not_pay'], ['who is called', 'customers', 'expected gain (SAR)'])
    """

    inside = ("customers", "calls", "export")

    customers: pd.DataFrame
    gain_cents: float
    low_cents: float
    high_cents: float
    random_cents: float
    riskiest_cents: float
    cost_cents: float
    rules: OfferRules
    currency: str

    @property
    def calls(self) -> pd.DataFrame:
        """Only those to call, in order."""
        return self.customers[self.customers["status"] == "call"]

    @property
    def export(self) -> pd.DataFrame:
        """The table as a file can hold it, and as `read_call_list` reads it: lists of reasons are joined to text."""
        table = self.customers.assign(currency=self.currency)
        for name in table.columns:
            if table[name].map(lambda x: isinstance(x, list | tuple)).any():
                table[name] = table[name].map(lambda x: "; ".join(map(str, x)) if isinstance(x, list | tuple) else x)
        return table

    @property
    def counts(self) -> dict[str, int]:
        """How many customers have each status."""
        counts = self.customers["status"].value_counts()
        return {name: int(counts.get(name, 0)) for name in STATUSES}

    @property
    def face(self) -> pd.DataFrame:
        """The list beside the two simple ways to choose as many customers."""
        cents = (self.gain_cents, self.riskiest_cents, self.random_cents)
        gains = pd.Series([about_money(x, self.currency) for x in cents], dtype=object)
        ways = pd.Series(list(WAYS.values()), dtype=object)
        return pd.DataFrame({"who is called": ways, "customers": Count(self.counts["call"]), "expected gain": gains})

    @property
    def headline(self) -> Message:
        """How many calls, and what they should bring."""
        calls, n = self.counts["call"], Count(len(self.customers))
        if not calls:
            return T("Nobody is worth a call under these costs and this response ({n} customers looked at)", n=n)
        values: dict[str, object] = {
            "all": n,
            "level": Percent(LEVEL),
            "cost": about_money(self.cost_cents, self.currency),
        }
        values |= {name: about_money(getattr(self, f"{name}_cents"), self.currency) for name in ("gain", "low", "high")}
        if self.low_cents < 0:
            return N(
                "Calling {n} of {all} customers should earn {gain} after costs of {cost}, but it may lose money "
                "({level} interval {low} to {high})",
                "Calling {n} of {all} customers should earn {gain} after costs of {cost}, but it may lose money "
                "({level} interval {low} to {high})",
                calls,
                **values,
            )
        return N(
            "Call {n} of {all} customers: after costs of {cost} this should earn {gain} ({level} interval {low} to "
            "{high})",
            "Call {n} of {all} customers: after costs of {cost} this should earn {gain} ({level} interval {low} to "
            "{high})",
            calls,
            **values,
        )

    @property
    def kept(self) -> float:
        """How many of those called would leave without the call and are expected to stay with it."""
        return self.rules.expected_response * float(self.calls["risk"].sum())

    @property
    def notes(self) -> tuple[Message, ...]:
        """What a team should know before it calls: the assumptions, and who was left out."""
        counts = self.counts
        notes = [
            T("High risk is not the same as persuadable: only an experiment shows whom a call keeps"),
            self.rules.say(self.currency),
        ]
        if counts["call"]:
            kept = T("About {n} of those called should stay who would have left otherwise", n=Count(round(self.kept)))
            few = T("Of those called fewer than one is expected to stay who would have left otherwise")
            notes.insert(0, kept if self.kept >= 1 else few)
        if away := counts["opted_out"]:
            few = T("Fewer than {n} customers do not want to be contacted and are left out", n=Count(SUPPRESS_BELOW))
            many = N(
                "{n} customer does not want to be contacted and is left out",
                "{n} customers do not want to be contacted and are left out",
                away,
            )
            notes.append(few if away < SUPPRESS_BELOW else many)
        if more := counts["beyond_limit"]:
            notes.append(
                N(
                    "{n} more customer would be worth a call, beyond the limit of calls or money",
                    "{n} more customers would be worth a call, beyond the limit of calls or money",
                    more,
                )
            )
        return tuple(notes)


@dataclass(frozen=True)
class Ranking:
    """Scored customers and what a call of each should bring; a place is a row of `frame`."""

    frame: pd.DataFrame
    risk: Floats
    value: Floats
    away: Flags
    gain: Floats
    cost: Floats
    order: Codes  # places of all, the best call first
    worth: Codes  # those whose call pays
    called: Codes  # those of them within the limits

    @classmethod
    def of(cls, scored: pd.DataFrame, rules: OfferRules, limits: CallLimits) -> Ranking:
        """Rank a table of scores, with the columns that `make_call_list` takes."""
        frame = require_columns(scored, ("customer_id", "risk", "value_cents"), what="the table of scores")
        _refuse_twice(frame["customer_id"])
        risk = read_risks(frame["risk"])
        value = read_values(frame["value_cents"], n=len(risk))
        away = _opted_out(frame, limits.opted_out)
        gain, cost = rules.gain(risk, value), rules.cost(risk)
        order = np.lexsort([frame["customer_id"].astype(str).to_numpy(object), -risk, -gain])
        worth = order[(~away & (gain > 0))[order]]
        return cls(frame, risk, value, away, gain, cost, order, worth, worth[: limits.count_of(cost[worth])])

    @property
    def free(self) -> Codes:
        """Places of all who may be called, those at highest risk first, then by customer."""
        free = np.flatnonzero(~self.away)
        return free[np.lexsort([self.frame["customer_id"].astype(str).to_numpy(object)[free], -self.risk[free]])]

    @property
    def table(self) -> pd.DataFrame:
        """Those to call in order, then the others by what their call should bring."""
        status = np.full(len(self.frame), "does_not_pay", object)
        status[self.worth], status[self.called], status[self.away] = "beyond_limit", "call", "opted_out"
        rank = np.full(len(self.frame), np.nan)
        rank[self.called] = np.arange(1, len(self.called) + 1)
        table = self.frame.assign(
            expected_gain_cents=self.gain,
            expected_cost_cents=self.cost,
            status=status,
            rank=pd.array(rank, dtype="Int64"),
        )
        rest = self.order[~np.isin(self.order, self.called)]
        return table.iloc[np.concatenate([self.called, rest])].reset_index(drop=True)


def make_call_list(
    scored: pd.DataFrame,
    *,
    rules: OfferRules | None = None,
    limits: CallLimits | None = None,
    calibration: Recalibration | None = None,
    level_sd: float = 0.0,
    currency: str = "",
) -> CallList:
    """Choose whom to call.

    `scored`: One row a customer: customer_id, risk (calibrated probability), value_cents; further columns, such as
        reasons, stay in the table.
    """
    rules = rules or OfferRules()
    ranking = Ranking.of(scored, rules, limits or CallLimits())
    called, free, gain = ranking.called, ranking.free, ranking.gain
    total = float(gain[called].sum())
    half = Z95 * _error(rules, ranking.risk[called], ranking.value[called], calibration, level_sd)
    return CallList(
        ranking.table,
        gain_cents=total,
        low_cents=max(total - half, -len(called) * (rules.offer_cost_cents + rules.contact_cost_cents)),
        high_cents=total + half,
        random_cents=len(called) * float(gain[free].mean()) if len(free) else 0.0,
        riskiest_cents=float(gain[free[: len(called)]].sum()),
        cost_cents=float(ranking.cost[called].sum()),
        rules=rules,
        currency=currency,
    )


def _refuse_twice(customers: pd.Series) -> None:
    twice = customers.duplicated()
    if customers.isna().any():
        raise DataError("'customer_id' is missing in the table of scores. A customer without id cannot be called.")
    if twice.any():
        raise DataError(
            f"{int(twice.sum()):,} customers stand more than once in the table of scores (first: "
            f"{customers[twice].iloc[0]!r}). Give the rows of one cut-off: nobody is called twice."
        )


def _opted_out(frame: pd.DataFrame, column: str) -> Flags:
    if not column:
        return np.zeros(len(frame), bool)
    marks = require_columns(frame, (column,), what="the table of scores")[column]
    flags = pd.to_numeric(marks.astype(object), errors="coerce").to_numpy(float, na_value=np.nan)
    unknown = ~np.isin(flags, [0, 1]) & marks.notna().to_numpy()
    if unknown.any():
        raise DataError(
            f"column {column!r} holds {marks[unknown].iloc[0]!r} in row {int(np.flatnonzero(unknown)[0]) + 1:,}; it "
            "must be true where a customer does not want to be contacted, and false elsewhere."
        )
    return np.asarray(flags != 0)


def _error(rules: OfferRules, risk: Floats, value: Floats, calibration: Recalibration | None, level_sd: float) -> float:
    """Standard error of the whole gain."""
    saved = rules.saved(value)
    variance = float(rules.gain_variance(risk, value).sum())
    variance += ((rules.response_error or 0.0) * float((risk * saved).sum())) ** 2
    steep = (rules.expected_response * saved + rules.offer_cost_cents) * risk * (1 - risk)
    variance += (level_sd * float(steep.sum())) ** 2
    if calibration is not None:
        gradient = np.array([steep.sum(), steep @ logit(np.clip(risk, EDGE, 1 - EDGE))])
        variance += float(gradient @ calibration.covariance @ gradient)
    return float(np.sqrt(variance))


@dataclass(frozen=True, repr=False)
class CallTest(Valued, Result):
    """Three ways to choose whom to call, judged by who then left.

    `table`: way (list, riskiest, random), calls, leavers (of those called; expected for random), gain_cents, low_cents,
        high_cents, and ahead_cents, ahead_low, ahead_high: how far the list is ahead of this way, resampled together.

    >>> scored = pd.DataFrame({"customer_id": ["a", "b", "c"], "risk": [0.9, 0.5, 0.1],
    ...                        "value_cents": 20000, "churned": [1, 0, 0]})
    >>> test = try_call_list(scored, rules=OfferRules(0.3, 1000, 100, margin=1), limits=CallLimits(most_calls=1))
    >>> test.calls, test.n
    (1, 3)
    """

    inside = ("table",)

    table: pd.DataFrame
    calls: int
    n: int
    currency: str

    @property
    def face(self) -> pd.DataFrame:
        """The table in quantities."""
        t = self.table
        cents = {name: [about_money(x, self.currency) for x in t[f"{name}_cents"]] for name in ("gain", "low", "high")}
        ways = pd.Series([WAYS[way] for way in t["way"]], dtype=object)
        return pd.DataFrame({"who is called": ways, "left": [Count(round(x)) for x in t["leavers"]], **cents})

    @property
    def headline(self) -> Message:
        """The list against calling those at highest risk."""
        own, riskiest, chance = (self.table.iloc[place] for place in range(3))
        if not self.calls:
            return T("At the last cut-off that is known nobody was worth a call ({n} customers)", n=Count(self.n))
        values: dict[str, object] = {
            "calls": Count(self.calls),
            "n": Count(self.n),
            "level": Percent(LEVEL),
            "riskiest": about_money(riskiest["gain_cents"], self.currency),
            "random": about_money(chance["gain_cents"], self.currency),
        }
        values |= {name: about_money(own[f"{name}_cents"], self.currency) for name in ("gain", "low", "high")}
        if riskiest["ahead_low"] > 0:
            return T(
                "Tested on the past, {calls} calls would have earned {gain} ({level} interval {low} to "
                "{high}). Calls by risk alone would have earned clearly less ({riskiest}), and so would "
                "calls at random ({random})",
                **values,
            )
        return T(
            "Tested on the past, {calls} calls would have earned {gain} ({level} interval {low} to "
            "{high}). Calls by risk alone would have earned {riskiest}, calls at random {random}",
            **values,
        )


def try_call_list(
    scored: pd.DataFrame,
    *,
    rules: OfferRules | None = None,
    limits: CallLimits | None = None,
    draws: int = 500,
    seed: int = 0,
    currency: str = "",
) -> CallTest:
    """Make the call list of a past cut-off from its risks alone, and count what the calls would have brought.

    `scored` holds churned beside what `make_call_list` takes; the model must not have seen these outcomes. A called
    customer who left stays with the expected response. The bootstrap draws customers; the lists stay as they are.
    """
    rules = rules or OfferRules()
    frame = require_columns(scored, ("customer_id", "churned"), what="the table of scores")
    limits = limits or CallLimits()
    in_order = Ranking.of(frame, rules, limits).table  # so that the draws do not depend on the order of rows
    ranking = Ranking.of(in_order, rules, limits)
    left = read_outcomes(ranking.frame["churned"], both=False).astype(float)
    gain = rules.gain(left, ranking.value)
    calls, free = len(ranking.called), ranking.free
    shares = np.zeros((len(WAYS), len(gain)))
    shares[0, ranking.called] = 1
    shares[1, free[:calls]] = 1
    shares[2, free] = calls / max(len(free), 1)
    samples = resample(None, len(gain), draws=draws, seed=seed)
    totals = np.array([(shares * (weights * gain)).sum(axis=1) for weights in samples]).T
    table = pd.DataFrame({"way": list(WAYS), "calls": calls, "leavers": shares @ left, "gain_cents": shares @ gain})
    table[["low_cents", "high_cents"]] = [percentiles(column) for column in totals]
    table["ahead_cents"] = table["gain_cents"].iloc[0] - table["gain_cents"]
    table[["ahead_low", "ahead_high"]] = [percentiles(totals[0] - column) for column in totals]
    return CallTest(table, calls, len(gain), currency)
