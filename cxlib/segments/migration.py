"""Who moved between segments from one date to another, and how much of it is only a moved scale.

**Drift is not movement.** Scores that are cut anew on the later date are relative: when everybody buys less, nobody
moves. So customers of both dates are scored on the edges of the earlier one. Beside it stands what cutting anew would
have shown; the difference is drift of the scale.
"""

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from cxlib.language import Count, Message, N, Percent, T
from cxlib.measures.result import Result, in_quantities, row_quantities
from cxlib.measures.sampling import wilson
from cxlib.segments.rfm import MEASURES, RfmGrid
from cxlib.segments.rules import TEN_SEGMENTS, RuleTable


@dataclass(frozen=True, repr=False)
class Migration(Result):
    """Movement of customers between two dates.

    `table`: One row a pair of segments: before, after (keys), customers, of (customers of `before` on both dates),
        share with low and high (Wilson, 95%).
    `entrants`: segment, customers, share: of those who came in between, by their segment on the later date.
    `stayed`, `moved`: Customers on both dates in the same segment, and in another one.
    `moved_recut`: Customers who would seem to have moved had the scores been cut anew.
    `names`: By key the name that readers see.
    """

    table: pd.DataFrame
    entrants: pd.DataFrame
    stayed: int
    moved: int
    moved_recut: int
    names: dict[str, Message]
    before: dt.date
    after: dt.date

    @property
    def matrix(self) -> pd.DataFrame:
        """Customers by segment before (rows) and after (columns), in the order of the segments."""
        keys = list(self.names)
        return self.table.pivot_table("customers", "before", "after", aggfunc="sum").reindex(keys)[keys].astype("int64")

    @property
    def face(self) -> pd.DataFrame:
        """`table` for a reader, the largest movements first; those who stayed are left out."""
        moves = self.table[(self.table["before"] != self.table["after"]) & (self.table["customers"] > 0)]
        moves = moves.sort_values("customers", ascending=False, kind="stable")
        ends = {"from": ("before", self.names.get), "to": ("after", self.names.get)}
        shares = dict.fromkeys(("share", "low", "high"), Percent)
        return in_quantities(moves, {**ends, "customers": Count, "of": Count, **shares}).reset_index(drop=True)

    @property
    def headline(self) -> Message:
        """How many are in another segment than before."""
        n = self.stayed + self.moved
        if not n:
            return T("Nobody is a customer on both dates, so nobody can have moved")
        low, high = (float(bound[0]) for bound in wilson([self.moved], [n]))
        return T(
            "{share} of {n} customers are in another segment than before (95% interval {low} to {high})",
            share=Percent(self.moved / n),
            n=Count(n),
            low=Percent(low),
            high=Percent(high),
        )

    @property
    def largest_move(self) -> Message:
        """The most common movement."""
        moves = self.table[self.table["before"] != self.table["after"]]
        if moves.empty or not moves["customers"].max():
            return T("Nobody has moved from one segment to another")
        row: pd.Series = moves.iloc[int(moves["customers"].to_numpy().argmax())]
        return T(
            "The largest movement: {n} customers from “{before}” to “{after}”, {share} of those who were there "
            "(95% interval {low} to {high})",
            n=Count(int(row["customers"])),
            before=self.names[row["before"]],
            after=self.names[row["after"]],
            **row_quantities(row, Percent, share="share", low="low", high="high"),
        )

    @property
    def newcomers(self) -> Message:
        """How many have come since then."""
        entrants = int(self.entrants["customers"].sum())
        return N("{n} customer is new since then", "{n} customers are new since then", entrants)

    @property
    def drift_finding(self) -> Message:
        """What cutting the scores anew would have shown instead."""
        return T(
            "{moved} customers moved, by the limits of the earlier day. By new limits it would look "
            "like {recut}, though the difference is in the limits alone",
            moved=Count(self.moved),
            recut=Count(self.moved_recut),
        )

    @property
    def findings(self) -> tuple[Message, ...]:
        """Headline, largest movement, newcomers, drift."""
        return (self.headline, self.largest_move, self.newcomers, self.drift_finding)


def migrate(
    before: pd.DataFrame, after: pd.DataFrame, *, rules: RuleTable = TEN_SEGMENTS, currency: str = ""
) -> Migration:
    """Movement of customers between segments; `currency`: of the cut points of money, if the rules have any."""
    earlier, later = (frame.set_index("customer_id", drop=False).rename_axis(None) for frame in (before, after))
    grid = RfmGrid(rules, currency).fit(earlier)
    then, now = grid.assign(earlier)["segment"].astype(str), grid.assign(later)["segment"].astype(str)
    recut = RfmGrid(rules, currency).fit(later).assign(later)["segment"].astype(str)
    both = pd.concat({"before": then, "after": now, "recut": recut}, axis=1, join="inner")
    stayed = int((both["before"] == both["after"]).sum())
    return Migration(
        table=_pairs(both, rules.keys),
        entrants=_counted(now[~now.index.isin(then.index)]),
        stayed=stayed,
        moved=len(both) - stayed,
        moved_recut=int((both["before"] != both["recut"]).sum()),
        names={key: rules.name(key) for key in rules.keys},
        before=_as_of(before),
        after=_as_of(after),
    )


def _pairs(both: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    every = pd.MultiIndex.from_product([keys, keys], names=["before", "after"])
    table = both.groupby(["before", "after"]).size().reindex(every, fill_value=0).rename("customers").reset_index()
    table["of"] = table.groupby("before")["customers"].transform("sum")
    low, high = wilson(table["customers"], table["of"])
    return table.assign(share=table["customers"] / table["of"].where(table["of"] > 0), low=low, high=high)


def _counted(segments: pd.Series) -> pd.DataFrame:
    sizes = segments.value_counts(sort=False).sort_index().rename_axis("segment").rename("customers").reset_index()
    return sizes.assign(share=sizes["customers"] / max(len(segments), 1))


def _as_of(frame: pd.DataFrame) -> dt.date:
    """The end of observation: the last purchase day and the days since, which is the same day for every customer."""
    days = pd.to_datetime(frame["last_day"]) + pd.to_timedelta(frame[MEASURES["recency"]], unit="D")
    end: dt.date = days.max().date()
    return end
