"""Whom to act on first: customers, times what their segment still brings, times what can change.

Segments of an earlier day are held against what their customers did in the days since. A segment **has left** where the
interval of those who bought again lies below a stated bound: nothing is suggested for it, however much it brought once.
**At stake** is what today's customers of a segment would bring less if as many of them slid as did then: moved into a
segment of customers who have not come lately, of which clearly fewer buy again and who spend less. It is revenue, and
no gain of an action: what an action costs and how many it keeps is not known here.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxlib.language import NO_CURRENCY, Count, Days, Message, Percent, Quantity, T, about_money, join_names
from cxlib.measures.result import Result, Valued, in_quantities, row_quantities
from cxlib.measures.sampling import Z95, wilson
from cxlib.segments.rules import ONE_SEASON, RuleTable
from cxlib.segments.summary import SegmentSummary

FEWEST = 30  # customers, then and today, below which nothing is said of a segment
STAKES = ["at_stake_cents", "at_stake_low_cents", "at_stake_high_cents"]
SHARES = ["bought_again", "bought_again_low", "bought_again_high", "slid", "slid_low", "slid_high"]


@dataclass(frozen=True, repr=False)
class Advice(Valued, Result):
    """What speaks for acting on each segment, and whom to act on first.

    `table`: In the order of the rules: segment (key), name, customers (today), of (customers of the earlier day),
        bought_again (their share in the days since) with _low and _high (Wilson, 95%), mean_cents (what one of them
        spent then), slid (share) with _low and _high, at_stake_cents with at_stake_low_cents and at_stake_high_cents
        (95%), standing ("left", "sliding": something is clearly at stake, or "").
    `days`: From the earlier day to the last one.
    `bound`: A segment of which clearly fewer than this share bought again has left.
    `bought_again`: Share of all customers; NaN where too few were customers on the earlier day.
    `parted`: Whether the rules have a segment of customers who have not come lately.
    `withheld`: Whether a segment slides away that is too small to be named, and not in `table`.
    `doubted`: Why nothing can be said of who comes back; None where it can.
    """

    inside = ("table", "first", "left", "export")

    table: pd.DataFrame
    days: int
    bound: float
    bought_again: float
    parted: bool
    currency: str
    withheld: bool = False
    doubted: Message | None = None

    @property
    def first(self) -> pd.DataFrame:
        """The segment with most at stake, and those that cannot be told from it; the largest first."""
        rows: pd.DataFrame = self.table[self.table["standing"] == "sliding"]
        if rows.empty:
            return rows
        rows = rows.sort_values("at_stake_cents", ascending=False)
        leader, below = rows.iloc[0], rows["at_stake_high_cents"] - rows["at_stake_cents"]
        apart = np.hypot(leader["at_stake_cents"] - leader["at_stake_low_cents"], below)
        near: pd.DataFrame = rows[leader["at_stake_cents"] - rows["at_stake_cents"] <= apart]
        return near

    @property
    def left(self) -> pd.DataFrame:
        """The segments that have left, the one with most customers first."""
        return self.table[self.table["standing"] == "left"].sort_values("customers", ascending=False)

    @property
    def at_stake(self) -> tuple[float, float, float]:
        """At stake in all segments together, in cents, with the interval."""
        stake, low, high = (self.table[name].dropna() for name in STAKES)
        total = float(stake.sum())
        below, above = (float(np.sqrt(((stake - end) ** 2).sum())) for end in (low, high))
        return total, total - below, total + above

    @property
    def export(self) -> pd.DataFrame:
        """`table` with the currency of its amounts, which are in minor units; without how many were there then."""
        table = self.table.drop(columns="of")
        if self.currency == NO_CURRENCY:  # what would be money are purchases
            return table.rename(columns=lambda name: name.replace("_cents", "_purchases"))
        return table.assign(currency=self.currency)

    @property
    def face(self) -> pd.DataFrame:
        """`table` for a reader."""
        shares = zip(("bought again", "low", "high", "slid"), SHARES[:4], strict=True)
        money = zip(("at stake", "at stake, low", "at stake, high"), STAKES, strict=True)
        columns: dict[str, object] = {title: (name, Percent) for title, name in shares}
        columns |= {title: (name, self._money) for title, name in money}
        return in_quantities(self.table, {"segment": "name", "customers": Count, **columns, "standing": "standing"})

    @property
    def headline(self) -> Message:
        """Whom to act on first, or why that cannot be told."""
        days = Days(self.days)
        if self.doubted is not None:
            return self.doubted
        if np.isnan(self.bought_again):
            return T(
                "Whom to act on first cannot be told: too few were customers {days} ago to see who still comes",
                days=days,
            )
        if not self.parted:
            return T("Whom to act on first cannot be told: no segment is of customers who have not come lately")
        if self.bought_again < self.bound:
            return T(
                "Whom to act on first cannot be told: of all customers {share} bought again within {days}, "
                "too few to see in that time who has left",
                share=Percent(self.bought_again),
                days=days,
            )
        if self.first.empty and self.withheld:
            return T("Whom to act on first cannot be told: too few customers are in the segments that slide away")
        if self.first.empty:
            return T("No segment clearly slides away: look after the customers you have")
        row: pd.Series = self.first.iloc[0]
        values = {
            "n": Count(int(row["customers"])),
            "share": Percent(row["slid"]),
            "days": days,
            "segment": row["name"],
            "segments": join_names([T("“{name}”", name=name) for name in self.first["name"]]),
            **row_quantities(row, self._money, value=STAKES[0], low=STAKES[1], high=STAKES[2]),
        }
        if len(self.first) == 1 and self.currency == NO_CURRENCY:
            return T(
                "Act first on “{segment}”: {share} slid in the last {days} to where clearly fewer buy. "
                "If as many of today's {n} customers do, {value} less will be made in the next {days} (95% "
                "interval {low} to {high})",
                **values,
            )
        if len(self.first) == 1:
            return T(
                "Act first on “{segment}”: {share} slid in the last {days} to where clearly fewer buy. "
                "If as many of today's {n} customers do, the next {days} bring {value} less (95% "
                "interval {low} to {high})",
                **values,
            )
        if self.currency == NO_CURRENCY:
            return T(
                "Act first on {segments}: most purchases are at stake there, {value} in {days} with the "
                "first (95% interval {low} to {high}). Which of them comes first is not clear",
                **values,
            )
        return T(
            "Act first on {segments}: most revenue is at stake there, {value} in {days} with the "
            "first (95% interval {low} to {high}). Which of them comes first is not clear",
            **values,
        )

    @property
    def gone(self) -> Message | None:
        """Which segments have left, with the evidence; None without any."""
        if self.left.empty:
            return None
        ends = dict(zip(("share", "low", "high"), SHARES[:3], strict=True))
        evidence = [
            T("“{segment}” {share} ({low} to {high})", segment=row["name"], **row_quantities(row, Percent, **ends))
            for _, row in self.left.iterrows()
        ]
        return T(
            "Hardly anyone comes back from these segments. Bought again within {days}, with 95% interval: {segments}",
            days=Days(self.days),
            segments=join_names(evidence),
        )

    @property
    def findings(self) -> tuple[Message, ...]:
        """Whom to act on first, and who has left."""
        return (self.headline,) if self.gone is None else (self.headline, self.gone)

    def _money(self, cents: float) -> Quantity | str:
        return about_money(cents, self.currency)


def advise(
    past: pd.DataFrame | None, segments: SegmentSummary, *, rules: RuleTable, days: int, bound: float = 0.1
) -> Advice:
    """Weigh segments by what is at stake with today's customers.

    `past`: A row a customer of the earlier day: segment (key, then), after (key, now, on the same scale), next_cents
        and next_purchase_days (of the days since); None where there were too few.
    """
    table = segments.table[["segment", "name", "customers"]]
    everyone = np.nan
    unknown = pd.DataFrame(np.nan, index=table.index, columns=["of", *SHARES, "mean_cents", *STAKES])
    evidence = unknown.assign(of=0, standing="")
    if past is not None:
        past = past[past["segment"] != ONE_SEASON.key]  # their silence says nothing
        everyone = float((past["next_purchase_days"] > 0).mean())
        evidence = _evidence(past, table, away=rules.away, bound=bound)
        if everyone < bound:  # in so short a time nobody is seen to leave
            evidence = evidence.assign(**dict.fromkeys(STAKES, np.nan), standing="")
    return Advice(table.join(evidence), days, bound, everyone, bool(rules.away), segments.currency)


def _evidence(past: pd.DataFrame, table: pd.DataFrame, *, away: list[str], bound: float) -> pd.DataFrame:
    """The columns that rest on the earlier day, a row a segment."""
    keys = table["segment"].tolist()
    spend = past["next_cents"].astype(float)
    by = past["segment"].astype(str)
    n, mean, variance = (
        part.reindex(keys) for part in (by.value_counts(), spend.groupby(by).mean(), spend.groupby(by).var())
    )
    n = n.fillna(0).astype(int)
    again = (past["next_purchase_days"] > 0).groupby(by).sum().reindex(keys, fill_value=0)
    low, high = (pd.Series(end, index=keys).where(n > 0) for end in wilson(again, n))
    slides = {key: [h for h in away if high[h] < low[key] and mean[h] < mean[key]] for key in keys if key not in away}
    stakes = {
        key: _stake(past[by == key], {h: mean[key] - mean[h] for h in worse}, variance[worse] / n[worse])
        for key, worse in slides.items()
        if n[key] >= FEWEST
    }
    own = pd.DataFrame.from_dict(stakes, orient="index", columns=["slid", "loss", "error"]).reindex(keys).astype(float)
    slid_low, slid_high = wilson(own["slid"] * n, n)
    size = pd.Series(table["customers"].to_numpy(), index=keys)
    stake, of_loss = size * own["slid"] * own["loss"], Z95 * size * own["slid"] * own["error"]
    below, above = (np.hypot(size * own["loss"] * (own["slid"] - end), of_loss) for end in (slid_low, slid_high))
    frame = pd.DataFrame(
        {
            "of": n,
            "bought_again": again / n.where(n > 0),
            "bought_again_low": low,
            "bought_again_high": high,
            "mean_cents": mean,
            "slid": own["slid"],
            "slid_low": slid_low,
            "slid_high": slid_high,
            "at_stake_cents": stake,
            "at_stake_low_cents": (stake - below).clip(lower=0),
            "at_stake_high_cents": stake + above,
        }
    )
    frame.loc[n < FEWEST, [*SHARES, "mean_cents"]] = np.nan
    slides_away = (stake > below) & (size >= FEWEST) & (low >= bound)  # of whom it is known that they still come
    standing = np.where(frame["bought_again_high"] < bound, "left", np.where(slides_away, "sliding", ""))
    return frame.assign(standing=standing).set_axis(table.index)


def _stake(customers: pd.DataFrame, losses: dict[str, float], errors: pd.Series) -> tuple[float, float, float]:
    """Of a segment: the share who slid, what one of them spends less in cents, and its standard error.

    `losses` are those of one who slid, by where to; `errors` the squared errors of what is spent there. Where nobody
    slid, the largest loss that there could have been.
    """
    loss = customers["after"].map(losses).astype(float).dropna()
    if loss.empty:
        return 0.0, max(losses.values(), default=0.0), 0.0
    parts = customers.loc[loss.index, "after"].value_counts(normalize=True).reindex(errors.index, fill_value=0.0)
    own = customers["next_cents"].astype(float).var() / len(customers)
    variance = own + loss.var(ddof=0) / len(loss) + (parts**2 * errors).sum()
    return len(loss) / len(customers), float(loss.mean()), float(np.sqrt(variance))
