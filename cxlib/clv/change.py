"""Why the value still to come is not what the last run said: new customers, behaviour, or the models."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cxlib.clv.choice import FittedModels
from cxlib.clv.value import ValueRules
from cxlib.errors import CxError, DataError
from cxlib.measures.result import Brief

COLUMNS = ("customer_id", "frequency", "recency", "T", "first_amount_cents", "repeat_amount_cents")


@dataclass(frozen=True, repr=False)
class FittedRun(Brief):
    """What a run leaves for the next: the purchase summary that it saw, its models, and the currency of both."""

    inside = ("summary",)

    summary: pd.DataFrame
    models: FittedModels
    currency: str = ""


def read_run(customers: str | Path | None, models: str | Path | None) -> FittedRun | None:
    """What an earlier run left; None where there is nothing usable: a comparison is no reason to fail.

    `customers`, `models`: As exported by an earlier run: its table of customers (Parquet) and its models (JSON).

    >>> read_run(None, None) is None  # the first run
    True
    """
    if customers is None or models is None:
        return None
    try:
        table = pd.read_parquet(customers).sort_values("customer_id", ignore_index=True)
        mean = (table["repeat_amount_cents"] / (100 * table["frequency"])).where(table["frequency"] > 0, 0.0)
        currency = str(table["currency"].iloc[0]) if "currency" in table and len(table) else ""
        return FittedRun(table[list(COLUMNS)].assign(monetary_value=mean), FittedModels.load(models), currency)
    except (OSError, ValueError, KeyError, TypeError, CxError):
        return None


@dataclass(frozen=True, repr=False)
class ValueChange(Brief):
    """The change of residual value between two runs, in parts that add up.

    `new_customers_cents`: Value of customers who were not there before, by the models of now.
    `lost_customers_cents`: Value of customers who are in the earlier table only (deleted or merged), as a negative
        number.
    `behaviour_cents`: What the same customers have done since, by the models of before: purchases add, silence takes.
    `model_cents`: The same customers by the models and the level of now instead of those of before.

    >>> change = ValueChange(100.0, 130.0, 40.0, 0.0, -10.0, 0.0, new_customers=2)
    >>> change.after_cents - change.before_cents
    30.0
    """

    before_cents: float
    after_cents: float
    new_customers_cents: float
    lost_customers_cents: float
    behaviour_cents: float
    model_cents: float
    new_customers: int


def explain_change(before: FittedRun, after: FittedRun, rules: ValueRules) -> ValueChange:
    """Split the change of residual value between two runs with the same customer ids, exactly.

    `rules` are applied to both, so that a change of rules is no change of customers. A DataError says where the two
    cannot be brought to levels in the same way: models saved without one, for another horizon, or with a trend.
    """
    for run in (before, after):
        if run.models.factor is None or run.models.followed or run.models.horizon_days != rules.horizon_days:
            raise DataError("the two runs are not brought to their levels in the same way, so they are not compared.")
    old, now = before.summary, after.summary
    stayed, is_old = old["customer_id"].isin(now["customer_id"]), now["customer_id"].isin(old["customer_id"])
    then, moved = _value(old[stayed], before, rules), _value(now[is_old], before, rules)
    today, new = _value(now[is_old], after, rules), _value(now[~is_old], after, rules)
    lost = _value(old[~stayed], before, rules)
    return ValueChange(
        before_cents=then + lost,
        after_cents=today + new,
        new_customers_cents=new,
        lost_customers_cents=-lost,
        behaviour_cents=moved - then,
        model_cents=today - moved,
        new_customers=int((~is_old).sum()),
    )


def _value(table: pd.DataFrame, run: FittedRun, rules: ValueRules) -> float:
    if table.empty or run.models.factor is None:
        return 0.0
    bought = run.models.factor * rules.discounted_purchases(table, run.models.purchases)
    spent = run.models.spend.expected_spend(table).to_numpy(float)
    return float(rules.net_margin * 100 * (bought @ spent))
