"""What a call list would have brought at a past cut-off, beside simpler lists of the same length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cxlib.checks import Floats, read_outcomes, require_columns
from cxlib.churn.offers.call_list import make_call_list
from cxlib.churn.offers.offer import OfferRules, amount
from cxlib.language import Count, Message, Money, Percent, T
from cxlib.measures.result import Result
from cxlib.measures.sampling import check_level, percentiles, resample

WAYS = ("list", "riskiest", "random")


@dataclass(frozen=True)
class CallTest(Result):
    """Three ways to choose whom to call, judged by who then left.

    Attributes
    ----------
    table : DataFrame
        way (list, riskiest, random), calls, leavers (of those called; expected for random), gain_cents, low_cents,
        high_cents, and ahead_cents, ahead_low, ahead_high: how far the list is ahead of this way, resampled together.
    calls : int
    n : int
    rules : OfferRules
    level : float
    currency : str
    """

    table: pd.DataFrame
    calls: int
    n: int
    rules: OfferRules
    level: float
    currency: str

    @property
    def summary(self) -> pd.DataFrame:
        """The table in quantities."""
        names = {
            "list": T("This list"), "riskiest": T("As many at highest risk"), "random": T("As many at random"),
        }  # fmt: skip
        t = self.table
        money = {
            shown: [amount(x, self.currency) for x in t[name]]
            for shown, name in (("gain", "gain_cents"), ("low", "low_cents"), ("high", "high_cents"))
        }
        left = [Count(round(x)) for x in t["leavers"]]
        return pd.DataFrame({"who is called": [names[way] for way in t["way"]], "left": left, **money})

    @property
    def headline(self) -> Message:
        """The list against calling those at highest risk."""
        own, riskiest, chance = (self.table.iloc[place] for place in range(3))
        if not self.calls:
            return T("At the last cut-off that is known nobody was worth a call ({n} customers)", n=Count(self.n))
        values = {
            "calls": Count(self.calls), "n": Count(self.n), "level": Percent(self.level),
            "gain": self._money(own["gain_cents"]), "low": self._money(own["low_cents"]),
            "high": self._money(own["high_cents"]), "riskiest": self._money(riskiest["gain_cents"]),
            "random": self._money(chance["gain_cents"]),
        }  # fmt: skip
        if riskiest["ahead_low"] > 0:
            return T(
                "Tested on the past, {calls} calls of {n} customers would have brought {gain} ({level} interval {low} "
                "to {high}), clearly more than the {calls} at highest risk ({riskiest}) or at random ({random})",
                **values,
            )
        return T(
            "Tested on the past, {calls} calls of {n} customers would have brought {gain} ({level} interval {low} to "
            "{high}); the {calls} at highest risk {riskiest}, at random {random}",
            **values,
        )

    def _money(self, cents: float) -> Money:
        return amount(cents, self.currency)


def try_call_list(
    scored: Any,
    *,
    rules: OfferRules | None = None,
    draws: int = 500,
    level: float = 0.95,
    seed: int = 0,
    currency: str = "",
    **limits: Any,
) -> CallTest:
    """Make the call list of a past cut-off from its risks alone, and count what the calls would have brought.

    Parameters
    ----------
    scored : DataFrame
        One row a customer: customer_id, risk, value_cents, churned; the model must not have seen these outcomes.
    rules : OfferRules
        A called customer who left is kept with the expected response.
    draws, level, seed
        Of the bootstrap by customer; the lists stay as they are.
    **limits
        max_customers, budget_cents, opted_out of `make_call_list`.

    Raises
    ------
    DataError, ParameterError
        As in `make_call_list`.

    Examples
    --------
    >>> scored = pd.DataFrame({"customer_id": ["a", "b", "c"], "risk": [0.9, 0.5, 0.1],
    ...                        "value_cents": [2000, 50000, 50000], "churned": [1, 1, 0]})
    >>> try_call_list(scored, max_customers=1).table[["way", "gain_cents"]].values.tolist()
    [['list', 14600.0], ['riskiest', 200.0], ['random', 4566.666666666667]]
    """
    check_level(level)
    rules = rules or OfferRules()
    frame = require_columns(scored, ("customer_id", "churned"), what="the table of scores")
    found = make_call_list(frame, rules=rules, **limits).customers
    left = read_outcomes(found["churned"], both=False).astype(float)
    gain = rules.gain(left, found["value_cents"].to_numpy(float))
    shares = _shares(found)
    drawn = np.array([(shares * (w * gain)).sum(axis=1) for w in resample(None, len(gain), draws=draws, seed=seed)])
    table = pd.DataFrame({"way": WAYS, "calls": shares[0].sum(), "leavers": shares @ left, "gain_cents": shares @ gain})
    table[["low_cents", "high_cents"]] = [percentiles(column, level) for column in drawn.T]
    table["ahead_cents"] = table["gain_cents"].iloc[0] - table["gain_cents"]
    table[["ahead_low", "ahead_high"]] = [percentiles(drawn[:, 0] - column, level) for column in drawn.T]
    return CallTest(table, int(shares[0].sum()), len(found), rules, level, currency)


def _shares(found: pd.DataFrame) -> Floats:
    """How much of each customer each way calls; those who opted out are called by none."""
    called = (found["status"] == "call").to_numpy()
    free = np.flatnonzero((found["status"] != "opted_out").to_numpy())
    shares = np.zeros((len(WAYS), len(found)))
    shares[0, called] = 1
    ids = found["customer_id"].astype(str).to_numpy(object)
    order = free[np.lexsort([ids[free], -found["risk"].to_numpy(float)[free]])]
    shares[1, order[: called.sum()]] = 1
    shares[2, free] = called.sum() / max(len(free), 1)
    return shares
