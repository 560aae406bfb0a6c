"""Why the value still to come is not what the last run said: new customers, behaviour, or the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from cxlib.clv.models.base import PurchaseModel
from cxlib.clv.models.gamma_gamma import GammaGammaModel
from cxlib.clv.models.rows import as_frame
from cxlib.clv.value import ValueRules
from cxlib.language import Count, Message, Money, T
from cxlib.measures.result import Result


@dataclass(frozen=True)
class ValueChange(Result):
    """The change of residual value between two runs, in parts that add up.

    Attributes
    ----------
    before_cents, after_cents : float
    new_customers_cents : float
        Value of customers who were not there before, by the models of now.
    lost_customers_cents : float
        Value of customers who are in the earlier table only (deleted or merged), as a negative number.
    behaviour_cents : float
        What the same customers have done since, by the models of before: purchases add, silence takes.
    model_cents : float
        The same customers by the models of now instead of those of before.
    new_customers : int
    currency : str
    """

    before_cents: float
    after_cents: float
    new_customers_cents: float
    lost_customers_cents: float
    behaviour_cents: float
    model_cents: float
    new_customers: int
    currency: str

    @property
    def summary(self) -> pd.DataFrame:
        """The parts, in order."""
        rows = [
            (T("Value still to come, last time"), self.before_cents, False),
            (T("New customers"), self.new_customers_cents, True),
            (T("Customers no longer in the data"), self.lost_customers_cents, True),
            (T("What the same customers did"), self.behaviour_cents, True),
            (T("Models fitted anew"), self.model_cents, True),
            (T("Value still to come, now"), self.after_cents, False),
        ]
        shown = [(name, Money(cents, currency=self.currency, signed=signed)) for name, cents, signed in rows]
        return pd.DataFrame(shown, columns=["part", "value"])

    @property
    def headline(self) -> Message:
        """The change and its largest part."""
        parts = [
            (T("new customers"), self.new_customers_cents),
            (T("customers no longer in the data"), self.lost_customers_cents),
            (T("what the same customers did"), self.behaviour_cents),
            (T("models fitted anew"), self.model_cents),
        ]
        name, cents = max(parts, key=lambda part: abs(part[1]))
        return T(
            "Value still to come changed by {change} since the last run, most of it through {part} ({cents}; {n} new "
            "customers)",
            change=self._signed(self.after_cents - self.before_cents), part=name, cents=self._signed(cents),
            n=Count(self.new_customers),
        )  # fmt: skip

    def _signed(self, cents: float) -> Money:
        return Money(cents, currency=self.currency, signed=True)


@dataclass(frozen=True)
class FittedRun:
    """What a run leaves for the next: the summary it saw and the two models (`from_params` makes them from numbers)."""

    summary: pd.DataFrame
    purchases: PurchaseModel
    spend: GammaGammaModel


def explain_change(before: FittedRun, after: FittedRun, *, rules: ValueRules, currency: str = "") -> ValueChange:
    """Split the change of residual value between two runs.

    Parameters
    ----------
    before, after : FittedRun
        Of the earlier and the later run, with the same customer ids.
    rules : ValueRules
        Applied to both, so that a change of rules is no change of customers.

    Returns
    -------
    ValueChange
        after = before + new customers + lost customers + behaviour + model, exactly.
    """
    old, now = (as_frame(run.summary, ("customer_id",)) for run in (before, after))
    here, there = old["customer_id"].isin(now["customer_id"]), now["customer_id"].isin(old["customer_id"])
    kept_before = _value(old[here], before, rules)
    kept_moved = _value(now[there], before, rules)
    kept_after, new = _value(now[there], after, rules), _value(now[~there], after, rules)
    lost = _value(old[~here], before, rules)
    return ValueChange(
        kept_before + lost, kept_after + new, new, -lost, kept_moved - kept_before, kept_after - kept_moved,
        int((~there).sum()), currency,
    )  # fmt: skip


def _value(table: Any, run: FittedRun, rules: ValueRules) -> float:
    if table.empty:
        return 0.0
    bought = run.purchases.discounted_purchases(
        table, annual_discount_rate=rules.annual_discount_rate, horizon_days=rules.horizon_days
    )
    spent = run.spend.expected_spend(table)
    return float(rules.margin * (1 - rules.refund_share) * 100 * (bought.to_numpy(float) @ spent.to_numpy(float)))
