"""What the calls hang on: the list under halved and doubled assumptions, and what a call may cost at most."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from cxlib.checks import read_outcomes, require_columns
from cxlib.churn.offers.call_list import Ranking, make_call_list
from cxlib.churn.offers.offer import CallLimits, OfferRules
from cxlib.churn.watching import Recalibration
from cxlib.language import Count, Message, Percent, T, WordList, about_money
from cxlib.measures.result import Result, Valued
from cxlib.measures.sampling import LEVEL

FACTORS = (0.5, 2.0)
ASSUMPTIONS = WordList("assumptions of an offer")
BREAK_EVEN_SHARES = (0.01, 0.05, 0.1, 0.25)  # of customers, those with most revenue at risk first
FEWEST_CALLED = 30  # whose mean revenue may be told


@dataclass(frozen=True, repr=False)
class OfferSensitivity(Valued, Result):
    """How far the list of a past cut-off and its profit move when one assumption is halved or doubled.

    `table`: assumption (value, offer_cost, contact_cost, response), factor, share (of customers on the list),
        profit_cents, change_cents (against the assumptions as they stand); the assumption that moves profit most comes
        first.

    >>> scored = pd.DataFrame({"customer_id": ["a", "b", "c"], "risk": [0.9, 0.5, 0.1],
    ...                        "value_cents": 20000, "churned": [1, 0, 0]})
    >>> offer_sensitivity(scored, rules=OfferRules(0.3, 1000, 100, margin=1), currency="SAR").summary.columns.tolist()
    ['assumption', 'factor', 'share (fraction)', 'profit (SAR)']
    """

    inside = ("table",)

    table: pd.DataFrame
    profit_cents: float
    n: int
    currency: str

    @property
    def face(self) -> pd.DataFrame:
        """The table in quantities."""
        t = self.table
        return pd.DataFrame(
            {
                "assumption": [ASSUMPTIONS[name] for name in t["assumption"]],
                "factor": [T("halved") if factor < 1 else T("doubled") for factor in t["factor"]],
                "share": t["share"].map(Percent),
                "profit": [about_money(x, self.currency) for x in t["profit_cents"]],
            }
        )

    @property
    def headline(self) -> Message:
        """Which assumption matters most."""
        if not self.table["change_cents"].any():
            return T(
                "None of the assumptions, halved or doubled, changes what the list would have brought: {now} "
                "({n} customers)",
                now=about_money(self.profit_cents, self.currency),
                n=Count(self.n),
            )
        first = str(self.table["assumption"].iloc[0])
        own = self.table.loc[self.table["assumption"] == first].set_index("factor")["profit_cents"]
        return T(
            "“{assumption}” matters most: were it half as much, the list would have brought {halved}, were it double "
            "{doubled}; as it stands {now} ({n} customers)",
            assumption=ASSUMPTIONS[first],
            halved=about_money(float(own[FACTORS[0]]), self.currency),
            doubled=about_money(float(own[FACTORS[1]]), self.currency),
            now=about_money(self.profit_cents, self.currency),
            n=Count(self.n),
        )


def offer_sensitivity(
    scored: pd.DataFrame, *, rules: OfferRules | None = None, limits: CallLimits | None = None, currency: str = ""
) -> OfferSensitivity:
    """Halve and double each assumption in turn, make the list anew and count what it would have brought.

    `scored` is as in `try_call_list`; a doubled response stops at 1.
    """
    rules, limits = rules or OfferRules(), limits or CallLimits()
    frame = require_columns(scored, ("customer_id", "churned"), what="the table of scores")
    now = _outcome(frame, rules, limits)[1]
    worth = {factor: frame.assign(value_cents=factor * frame["value_cents"]) for factor in FACTORS}
    rows = [("value", factor, *_outcome(worth[factor], rules, limits)) for factor in FACTORS]
    for factor in FACTORS:
        rows += [(name, factor, *_outcome(frame, changed, limits)) for name, changed in _changed(rules, factor)]
    table = pd.DataFrame(rows, columns=["assumption", "factor", "share", "profit_cents"])
    table["change_cents"] = table["profit_cents"] - now
    spread = table.groupby("assumption")["profit_cents"].agg(np.ptp)
    table = table.sort_values("assumption", key=lambda names: -names.map(spread), kind="stable")
    return OfferSensitivity(table.reset_index(drop=True), now, len(frame), currency)


def _outcome(frame: pd.DataFrame, rules: OfferRules, limits: CallLimits) -> tuple[float, float]:
    """Share of customers on the list, and what their calls would have brought."""
    ranking = Ranking.of(frame, rules, limits)
    left = read_outcomes(ranking.frame["churned"], both=False).astype(float)
    called = ranking.called
    return len(called) / len(left), float(rules.gain(left, ranking.value)[called].sum())


def _changed(rules: OfferRules, factor: float) -> Iterator[tuple[str, OfferRules]]:
    yield "offer_cost", replace(rules, offer_cost_cents=rules.offer_cost_cents * factor)
    yield "contact_cost", replace(rules, contact_cost_cents=rules.contact_cost_cents * factor)
    yield "response", replace(rules, expected_response=min(rules.expected_response * factor, 1.0))


@dataclass(frozen=True, repr=False)
class BreakEven(Valued, Result):
    """What a call may cost where nobody has said what it does: the revenue that it may keep.

    `table`: share (of customers, those with most revenue at risk first), customers, kept_cents, low_cents, high_cents:
        expected revenue of a year that one of their calls keeps, with the 95% interval of its mean.
    `rules`: With the response that is used, no costs and revenue for profit.
    """

    inside = ("table",)

    table: pd.DataFrame
    rules: OfferRules
    n: int
    currency: str

    @property
    def face(self) -> pd.DataFrame:
        """The table in quantities."""
        t = self.table
        cents = {name: [about_money(x, self.currency) for x in t[f"{name}_cents"]] for name in ("kept", "low", "high")}
        return pd.DataFrame({"customers": t["customers"].map(Count), **cents})

    @property
    def headline(self) -> Message:
        """Up to which cost calls pay."""
        first = self.table.iloc[-1]
        if first["customers"] < FEWEST_CALLED:
            return T("What calls cost and earn is not set, so whom to call is not said")
        return T(
            "What calls cost and earn is not set, so whom to call is not said. A call to one of the {n} customers with "
            "most at stake keeps {kept} of yearly revenue on average ({level} interval {low} to {high}): it pays "
            "where call and offer cost less than the profit on that",
            n=Count(first["customers"]),
            level=Percent(LEVEL),
            **{name: about_money(first[f"{name}_cents"], self.currency) for name in ("kept", "low", "high")},
        )


def break_even(
    scored: pd.DataFrame,
    rules: OfferRules | None = None,
    *,
    calibration: Recalibration | None = None,
    level_sd: float = 0.0,
    opted_out: str = "",
    currency: str = "",
) -> BreakEven:
    """What calls may cost at most, by how many customers are called.

    Parameters are those of `make_call_list`; of `rules` only the response counts.

    >>> scored = pd.DataFrame({"customer_id": range(100), "risk": 0.5, "value_cents": 20000})
    >>> break_even(scored).table["kept_cents"].tolist()
    [3000.0]
    """
    free = replace(rules or OfferRules(), offer_cost_cents=0.0, contact_cost_cents=0.0, margin=1.0)
    make = partial(make_call_list, scored, rules=free, calibration=calibration, level_sd=level_sd)
    rows = []
    for share in BREAK_EVEN_SHARES:
        calls = max(FEWEST_CALLED, round(share * len(scored)))
        made = make(limits=CallLimits(calls, opted_out=opted_out))
        n = max(made.counts["call"], 1)
        rows.append((share, n, made.gain_cents / n, max(made.low_cents, 0.0) / n, made.high_cents / n))
    table = pd.DataFrame(rows, columns=["share", "customers", "kept_cents", "low_cents", "high_cents"])
    return BreakEven(table.drop_duplicates("customers", ignore_index=True), free, len(scored), currency)
