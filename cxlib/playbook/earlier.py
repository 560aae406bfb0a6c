"""What an earlier plan brought: those who were to get an action beside those held out, whoever was really reached.

A plan stands until the days that it looked ahead are over; a later one leaves those alone whom it holds out. What it
brought is a difference between two groups drawn at random (intention to treat), customers being the unit. What each
customer was expected to bring anyway is taken off first, which changes no mean and narrows the interval.
"""

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from pyarrow import ArrowException

from cxlib.checks import Floats
from cxlib.churn import ChurnQuestion, gather_churn
from cxlib.churn.offers.uplift import Experiment, measure_offer
from cxlib.data import Workspace
from cxlib.data.frames.activity import purchase_activity
from cxlib.language import Day, Message, Percent, T, about_money
from cxlib.measures.rates import quotient_of, ratio_of, student
from cxlib.measures.result import Brief
from cxlib.measures.sampling import LEVEL, Z95
from cxlib.playbook.responses import FEWEST, fair_response

STANDING = ["customer_id", "cut_off", "horizon_days", "currency", "status", "action", "effect", "hold_out", "risk",
            "value_cents", "unit_cents", "cost_cents", "promised_cents"]  # fmt: skip
TRIED = ["day", "action", "effect", "treated", "held_out", "promised_cents", "gain_cents", "low_cents", "high_cents",
         "seen", "error"]  # fmt: skip


@dataclass(frozen=True, repr=False)
class EarlierPlan(Brief):
    """A plan of the past, and what is known of its customers by now.

    `rows`: Its customers with the columns `STANDING`, and once its days are over `churned` and `spent_cents` (within
        them); None where no plan was published.
    `tried`: What plans before it brought, as `compare_arms` gives it.
    `why_not`: Why nothing can be said of it yet; None where it can.
    """

    inside = ("rows", "tried")

    rows: pd.DataFrame | None = None
    tried: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=TRIED))
    why_not: Message | None = None

    @property
    def held_back(self) -> set[str]:
        """Customers whom a plan that is not over yet holds out."""
        if self.rows is None or self.why_not is None:
            return set()
        return set(self.rows.loc[self.rows["hold_out"], "customer_id"])


@dataclass(frozen=True, repr=False)
class Brought(Brief):
    """What a plan brought after its costs: `table` of `compare_arms`, and all actions together, in cents."""

    inside = ("table",)

    day: dt.date
    table: pd.DataFrame
    currency: str

    @property
    def total(self) -> tuple[float, float, float]:
        """Of all actions with enough customers on both sides, with the 95% interval; NaN where there is none."""
        rows = self.table[self.table["gain_cents"].notna()]
        if rows.empty:
            return np.nan, np.nan, np.nan
        gain = float(rows["gain_cents"].sum())
        down, up = (
            float(np.sqrt(((rows["gain_cents"] - rows[end]) ** 2).sum())) for end in ("low_cents", "high_cents")
        )
        return gain, gain - down, gain + up

    @property
    def headline(self) -> Message:
        """What it brought beside what was promised; unclear is said as unclear."""
        gain, low, high = self.total
        if np.isnan(gain):
            return T(
                "What the playbook of {day} brought cannot be told: too few customers were held out", day=Day(self.day)
            )
        promised = float(self.table.loc[self.table["gain_cents"].notna(), "promised_cents"].sum())
        amounts = {"gain": gain, "low": low, "high": high, "promised": promised}
        values: dict[str, object] = {name: about_money(cents, self.currency) for name, cents in amounts.items()}
        values |= {"day": Day(self.day), "level": Percent(LEVEL)}
        if low > 0:
            return T(
                "The playbook of {day} brought {gain} after costs ({level} interval {low} to {high}); {promised} had "
                "been promised",
                **values,
            )
        if high < 0:
            return T(
                "The playbook of {day} lost money: {gain} after costs ({level} interval {low} to {high}); {promised} "
                "had been promised",
                **values,
            )
        return T(
            "It is unclear whether the playbook of {day} paid: {gain} after costs ({level} interval {low} to {high}); "
            "{promised} had been promised",
            **values,
        )


def read_earlier(company: Workspace, standing: Path | None, tried: Path | None = None) -> EarlierPlan:
    """What an earlier run kept, with what has become of its customers; a file of another form counts as none."""
    before = _table(tried, TRIED)
    history = EarlierPlan().tried if before is None else before
    rows = _table(standing, STANDING)
    if rows is None or rows.empty or standing is None or not rows["currency"].isin(["", company.currency]).all():
        return EarlierPlan(tried=history, why_not=T("There is no earlier playbook to hold against what happened"))
    day, horizon = pd.Timestamp(rows["cut_off"].iloc[0]), int(rows["horizon_days"].iloc[0])
    last = gather_churn(company, ChurnQuestion(horizon_days=horizon, cut_offs=1), last_list=standing).earlier
    if last.outcomes is None:
        waits = T("What the playbook of {day} brought is not known yet: its days are not over", day=Day(day.date()))
        return EarlierPlan(rows, history, waits)
    rows = rows.merge(last.outcomes[["customer_id", "churned"]], on="customer_id")
    spent = pd.Series(0.0, rows["customer_id"])
    if company.has("transactions"):
        span = day.date(), (day + pd.Timedelta(days=horizon)).date()
        activity = purchase_activity(company, [span]).set_index("customer_id")["revenue_cents"]
        spent = activity.astype(float).reindex(rows["customer_id"]).fillna(0.0)
    return EarlierPlan(rows.assign(spent_cents=spent.to_numpy()), history)


def _table(path: Path | None, columns: list[str]) -> pd.DataFrame | None:
    try:
        return None if path is None else pd.read_parquet(path)[columns]
    except (OSError, ValueError, KeyError, ArrowException):
        return None


def compare_arms(earlier: EarlierPlan) -> pd.DataFrame:
    """What each action of a plan brought, those who were to get it beside those held out.

    Returns the columns `TRIED`: gain_cents is after costs, of those who were to get it; seen is the response with its
    standard error; NaN where fewer than 30 stand on either side.

    >>> people = pd.DataFrame({"customer_id": range(200), "action": "call", "effect": "keeps", "risk": 0.5})
    >>> people = people.assign(cut_off="2026-01-01", hold_out=[False, True] * 100, churned=[0, 1, 0, 0] * 50)
    >>> rows = people.assign(unit_cents=500.0, cost_cents=100.0, promised_cents=50.0, spent_cents=0.0)
    >>> compare_arms(EarlierPlan(rows))[["treated", "gain_cents"]].to_numpy().tolist()
    [[100.0, 40000.0]]
    """
    if earlier.rows is None or earlier.why_not is not None:
        return pd.DataFrame(columns=TRIED)
    lines = [(key, *_arms(part)) for key, part in earlier.rows.groupby("action", sort=True)]
    table = pd.DataFrame(lines, columns=TRIED[1:])
    return table.assign(day=pd.Timestamp(earlier.rows["cut_off"].iloc[0]))[TRIED]


def _arms(part: pd.DataFrame) -> tuple[object, ...]:
    held = part["hold_out"].to_numpy(bool)
    ours, theirs = part[~held], part[held]
    effect, counts = part["effect"].iloc[0], (len(ours), len(theirs))
    facts = effect, *counts, float(ours["promised_cents"].sum())
    if min(counts) < FEWEST:
        return *facts, *(np.nan,) * 5
    cost = float(ours["cost_cents"].sum())
    if effect == "keeps":
        seen = measure_offer(Experiment(part.assign(treated=~held), "treated"))
        gain, half = _difference(_kept(ours), _kept(theirs))
        ends = gain - cost, gain - cost - half, gain - cost + half
        return *facts, *ends, fair_response(seen), seen.response_error
    spent = [ratio_of(arm["spent_cents"], np.ones(len(arm)), customers=arm["customer_id"]) for arm in (ours, theirs)]
    lift, whole = quotient_of(*spent), float(ours["unit_cents"].sum())
    lifted = [(end - 1) * whole - cost for end in (lift.value, lift.low, lift.high)]
    return *facts, *lifted, lift.value - 1, (lift.high - lift.low) / (2 * Z95)


def _kept(arm: pd.DataFrame) -> Floats:
    """Profit kept of each customer, less what was expected without an action: zero on average where nobody acts."""
    return (arm["unit_cents"] * (1 - arm["churned"].astype(float) / arm["risk"])).to_numpy(float)


def _difference(ours: Floats, theirs: Floats) -> tuple[float, float]:
    """What all of the first bring beside as many of the second, and half its interval (Welch)."""
    n, parts = len(ours), np.array([ours.var(ddof=1) / len(ours), theirs.var(ddof=1) / len(theirs)])
    few = parts**2 / [n - 1, len(theirs) - 1]
    freedom = float(parts.sum() ** 2 / few.sum()) if few.any() else 1.0
    half = n * float(np.sqrt(parts.sum())) * student(freedom)
    return n * float(ours.mean() - theirs.mean()), half
