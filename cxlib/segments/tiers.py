"""Value tiers: the customers who are worth most, the middle, and the rest, by what they have spent."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from cxlib.language import Count, Days, Message, Money, Percent, T
from cxlib.measures.nps import SUPPRESS_BELOW
from cxlib.measures.result import Result, Valued, in_quantities, row_quantities
from cxlib.measures.sampling import LEAST_RATIO, LEAST_SHARE, SHARES, tier_of, wilson
from cxlib.segments.intervals import studentised, top_share

COSTS = {"acquisition_cost_cents": T("Cost of winning"), "cost_to_serve_cents": T("Cost to serve")}
TITLES = {"acquisition_cost_cents": "acquisition cost", "cost_to_serve_cents": "cost to serve"}
NAMES = {"high": T("High value"), "middle": T("Middle value"), "low": T("Low value")}


@dataclass(frozen=True, repr=False)
class ValueTiers(Valued, Result):
    """What three tiers of customers bring, and how many of each stay.

    `table`: tier (key), name (Message), customers, customer_share, from_cents (least spent in the tier), revenue_cents,
        revenue_share with revenue_share_low and _high, retention_n (customers who first bought before the window),
        retained, retention with retention_low and _high (Wilson). Intervals are 95%. For each cost that the frame has
        (acquisition_cost_cents, cost_to_serve_cents): its mean a customer, with _low, _high and _n (customers for whom
        it is known).
    `assigned`: The frame that was given, with `tier`.
    `retained_within_days`: A customer is retained who bought in this many days up to the end of observation.
    `withheld`: Keys of tiers that sentences do not speak of, because they are small or would give away one that is.
    """

    inside = ("table", "assigned", "costs")

    table: pd.DataFrame
    assigned: pd.DataFrame
    retained_within_days: int
    currency: str
    withheld: frozenset[str] = frozenset()

    @property
    def costs(self) -> tuple[str, ...]:
        """The costs that the frame had."""
        return tuple(cost for cost in COSTS if cost in self.table)

    @property
    def face(self) -> pd.DataFrame:
        """`table` for a reader."""
        money = partial(Money, currency=self.currency)
        names = {
            "share of revenue": "revenue_share", "low": "revenue_share_low", "high": "revenue_share_high",
            "retained": "retention", "retained, low": "retention_low", "retained, high": "retention_high",
        }  # fmt: skip
        columns: dict[str, object] = {"tier": "name", "customers": Count}
        columns |= {"share of customers": ("customer_share", Percent), "spent at least": ("from_cents", money)}
        columns |= {title: (name, Percent) for title, name in names.items()}
        columns |= {"retained, of": ("retention_n", Count), **{TITLES[cost]: (cost, money) for cost in self.costs}}
        return in_quantities(self.table, columns)

    @property
    def headline(self) -> Message:
        """What the high tier brings."""
        high, _ = self._ends
        n = int(self.table["customers"].sum())
        if not high["customers"]:
            return T("Too many of the {n} customers have spent the same for a high tier to stand out", n=Count(n))
        if "high" in self.withheld:
            return T("Too few customers stand out by value to say what they bring")
        if not np.isfinite(high["revenue_share"]):
            return T("The {n} customers have spent nothing in all, so no tier stands out", n=Count(n))
        names = {"revenue": "revenue_share", "low": "revenue_share_low", "high": "revenue_share_high"}
        values = {"n": Count(n), **row_quantities(high, Percent, share="customer_share", **names)}
        if high["revenue_share"] > 1:
            return T(
                "The {share} of customers who spend most bring more than the whole revenue ({n} customers): the others "
                "had more refunded than they paid",
                **values,
            )
        if not np.isfinite(high["revenue_share_low"]):
            return T(
                "The {share} of customers who spend most bring {revenue} of revenue ({n} customers); they are too few, "
                "or the largest weigh too much, for an interval",
                **values,
            )
        return T("The top {share} of customers bring {revenue} of revenue (95% interval {low} to {high})", **values)

    @property
    def retention_finding(self) -> Message:
        """Whether the high tier is kept better than the low tier: a claim where the intervals are apart."""
        high, low = self._ends
        values = {
            "high": Percent(high["retention"]),
            "low": Percent(low["retention"]),
            "n": Count(int(high["retention_n"])),
            "m": Count(int(low["retention_n"])),
            "days": Days(self.retained_within_days),
        }
        if self._is_small(high, low, "retention_n"):
            return T("Whether customers of high value stay more often cannot be told: too few could have come back")
        if high["retention_low"] > low["retention_high"] and high["retention"] - low["retention"] >= LEAST_SHARE:
            return T(
                "Customers of high value come back more often: {high} of {n} bought again within the last {days}, "
                "against {low} of {m} of low value; what they spent then counts in their value too",
                **values,
            )
        return T(
            "High value does not clearly mean staying: {high} of {n} customers of high value bought again within "
            "the last {days}, and {low} of {m} of low value",
            **values,
        )

    @property
    def cost_findings(self) -> tuple[Message, ...]:
        """For each cost, what a customer of the high tier costs against one of the low tier."""
        return tuple(self._cost_finding(cost, *self._ends) for cost in self.costs)

    @property
    def _ends(self) -> tuple[pd.Series, pd.Series]:
        """The rows of the high and of the low tier."""
        tiers = self.table.set_index("tier")
        return tiers.loc[["high"]].iloc[0], tiers.loc[["low"]].iloc[0]

    def _is_small(self, high: pd.Series, low: pd.Series, n: str) -> bool:
        return bool(min(high[n], low[n]) < SUPPRESS_BELOW or self.withheld & {"high", "low"})

    def _cost_finding(self, cost: str, high: pd.Series, low: pd.Series) -> Message:
        values = {
            "cost": COSTS[cost],
            "high": Money(high[cost], currency=self.currency),
            "low": Money(low[cost], currency=self.currency),
            "n": Count(int(high[f"{cost}_n"])),
            "m": Count(int(low[f"{cost}_n"])),
        }
        if self._is_small(high, low, f"{cost}_n"):
            return T("{cost} is known of too few customers of high or low value to be compared", cost=COSTS[cost])
        less, more = sorted((high, low), key=lambda tier: float(tier[cost]))
        if more[f"{cost}_low"] > less[f"{cost}_high"] and more[cost] >= LEAST_RATIO * less[cost]:
            return T("{cost}: {high} a customer of high value ({n}), against {low} of low value ({m})", **values)
        return T(
            "{cost} does not clearly differ: {high} a customer of high value ({n}), {low} of low value ({m})", **values
        )


def value_tiers(
    frame: pd.DataFrame,
    *,
    retained_within_days: int = 90,
    currency: str = "",
    draws: int = 1000,
    seed: int = 0,
    before: ValueTiers | None = None,
) -> ValueTiers:
    """Split customers into high, middle and low value by what they have spent.

    `frame`: The table of `cxlib.data.rfm_frame`: monetary (cents), recency_days, first_day, last_day. Where it also has
        acquisition_cost_cents or cost_to_serve_cents, their means are given; a missing cost is unknown, not zero.
    `before`: Tiers made with the same settings: where amounts are the same, their intervals are taken.
    """
    assigned = frame.assign(tier=tier_of(frame["monetary"].to_numpy()))
    described = _described(assigned).join([_retention(assigned, retained_within_days), _costs(assigned)])
    if before is not None and before.assigned["monetary"].equals(assigned["monetary"]):
        tiers = described.join(before.table.set_index("tier")[list(SHARES)])
    else:
        tiers = described.join(_revenue_shares(assigned, draws=draws, seed=seed))
    tiers.insert(0, "name", [NAMES[tier] for tier in tiers.index])
    return ValueTiers(tiers.rename_axis("tier").reset_index(), assigned, retained_within_days, currency)


def _revenue_shares(assigned: pd.DataFrame, *, draws: int, seed: int) -> pd.DataFrame:
    """What each tier brings, with the interval for as many of all customers, whoever they are; NaN where none holds."""
    sizes, sums = (getattr(assigned.groupby("tier", observed=False)["monetary"], name)() for name in ("size", "sum"))
    table = pd.DataFrame(np.nan, index=sizes.index, columns=SHARES)
    if not (total := float(sums.sum())) > 0:
        return table
    table[SHARES[0]] = sums / total
    parts = sizes.to_numpy().cumsum() / sizes.sum()
    measures = {
        tier: partial(top_share, part=float(part), above=float(above))
        for tier, part, above in zip(sizes.index, parts, [0.0, *parts[:-1]], strict=True)
        if part > above
    }
    money = np.sort(assigned["monetary"].to_numpy(float))
    table.loc[list(measures), SHARES[1:]] = studentised(money, list(measures.values()), draws=draws, seed=seed)
    return table


def _described(assigned: pd.DataFrame) -> pd.DataFrame:
    by = assigned.groupby("tier", observed=False)["monetary"]
    shares = {"customers": by.size(), "customer_share": by.size() / len(assigned)}
    table = pd.DataFrame({**shares, "from_cents": by.min(), "revenue_cents": by.sum()})
    return table.set_index(table.index.astype(str))


def _retention(assigned: pd.DataFrame, days: int) -> pd.DataFrame:
    first = pd.to_datetime(assigned["first_day"])
    last = first if "last_day" not in assigned else pd.to_datetime(assigned["last_day"])
    age = assigned["recency_days"] + (last - first).dt.days
    old = assigned[age >= days]
    by = (old["recency_days"] < days).groupby(old["tier"], observed=False)
    n, retained = by.size(), by.sum()
    low, high = wilson(retained, n)
    rates = {"retention": retained / n.where(n > 0), "retention_low": low, "retention_high": high}
    table = pd.DataFrame({"retention_n": n, "retained": retained, **rates})
    return table.set_index(table.index.astype(str))


def _costs(assigned: pd.DataFrame) -> pd.DataFrame:
    """Means of the costs that are there, with intervals of the mean by the normal approximation."""
    columns: dict[str, pd.Series] = {}
    for cost in (cost for cost in COSTS if cost in assigned):
        by = assigned.groupby("tier", observed=False)[cost]
        mean, n = by.mean(), by.count()
        half: pd.Series = 1.96 * by.std() / np.sqrt(n.where(n > 0))
        columns |= {cost: mean, f"{cost}_low": mean - half, f"{cost}_high": mean + half, f"{cost}_n": n}
    table = pd.DataFrame(columns, index=pd.Index(list(NAMES)))
    return table.set_index(table.index.astype(str))
