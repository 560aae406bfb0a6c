"""Who moved between segments from one date to another, and how much of it is only a moved scale.

**Drift is not movement.** Scores that are cut anew on the later date are relative: when everybody buys less, nobody
moves. So customers of both dates are scored on the edges of the earlier one. Beside it stands what cutting anew would
have shown; the difference is drift of the scale.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cxlib.errors import DataError
from cxlib.language import Count, Message, N, Percent, T
from cxlib.measures.sampling import wilson
from cxlib.segments.result import Result, as_frame
from cxlib.segments.rfm import MEASURES, RfmGrid
from cxlib.segments.rules import TEN_SEGMENTS, RuleTable


@dataclass(frozen=True)
class Migration(Result):
    """Movement of customers between two dates.

    Attributes
    ----------
    table : DataFrame
        One row a pair of segments: before, after (keys), customers, of (customers of `before` on both dates), share
        with low and high (Wilson, 95%).
    entrants, leavers : DataFrame
        segment, customers, share: of those who came in between, by their segment on the later date; of those who are
        there no more, by the segment that they left.
    stayed, moved : int
        Customers on both dates in the same segment, and in another one.
    drift : DataFrame
        By segment on the later date: segment, fixed (customers by the earlier date's edges), recut (by edges cut
        anew), difference (recut - fixed). Empty where assignments were given instead of scores.
    moved_recut : int or None
        Customers who would seem to have moved had the scores been cut anew; None as above.
    names : dict
        By key the name that readers see.
    before, after : datetime.date or None
        The dates, where the frames tell.
    """

    table: pd.DataFrame
    entrants: pd.DataFrame
    leavers: pd.DataFrame
    stayed: int
    moved: int
    drift: pd.DataFrame
    moved_recut: int | None
    names: dict[str, Message | str]
    before: dt.date | None
    after: dt.date | None

    @property
    def matrix(self) -> pd.DataFrame:
        """Customers by segment before (rows) and after (columns), in the order of the segments."""
        keys = list(self.names)
        return (
            self.table.pivot_table(index="before", columns="after", values="customers", aggfunc="sum", fill_value=0)
            .reindex(index=keys, columns=keys, fill_value=0)
            .astype("int64")
        )

    @property
    def summary(self) -> pd.DataFrame:
        """`table` for a reader, the largest movements first; those who stayed are left out."""
        moves = self.table[(self.table["before"] != self.table["after"]) & (self.table["customers"] > 0)]
        moves = moves.sort_values("customers", ascending=False, kind="stable")
        return pd.DataFrame(
            {
                "from": moves["before"].map(self.names),
                "to": moves["after"].map(self.names),
                "customers": moves["customers"].map(Count),
                "of": moves["of"].map(Count),
                "share": moves["share"].map(Percent),
                "low": moves["low"].map(Percent),
                "high": moves["high"].map(Percent),
            }
        ).reset_index(drop=True)

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
        row: Any = moves.iloc[int(moves["customers"].to_numpy().argmax())]
        return T(
            "The largest movement: {n} customers from “{before}” to “{after}”, {share} of those who were there "
            "(95% interval {low} to {high})",
            n=Count(int(row["customers"])),
            before=self.names[row["before"]],
            after=self.names[row["after"]],
            share=Percent(row["share"]),
            low=Percent(row["low"]),
            high=Percent(row["high"]),
        )

    @property
    def came_and_left(self) -> Message:
        """Entrants, and leavers where customers can leave."""
        entrants, leavers = (int(side["customers"].sum()) for side in (self.entrants, self.leavers))
        if self.leavers.empty:
            return N("{n} customer is new since then", "{n} customers are new since then", entrants)
        return T(
            "{entrants} customers are new since then, and {leavers} are there no more",
            entrants=Count(entrants),
            leavers=Count(leavers),
        )

    @property
    def drift_finding(self) -> Message:
        """What cutting the scores anew would have shown instead."""
        if self.moved_recut is None:
            return T("Segments were given as they are, so drift of their edges cannot be told from movement")
        return T(
            "On the earlier date's scale {moved} customers moved; had the scores been cut anew, {recut} would seem to "
            "have: the difference is a moved scale, not moved customers",
            moved=Count(self.moved),
            recut=Count(self.moved_recut),
        )

    @property
    def findings(self) -> tuple[Message, ...]:
        """Headline, largest movement, entrants and leavers, drift."""
        return (self.headline, self.largest_move, self.came_and_left, self.drift_finding)


def migrate(
    before: Any, after: Any, *, grid: RfmGrid | None = None, column: str = "segment", rules: RuleTable = TEN_SEGMENTS
) -> Migration:
    """Movement of customers between segments.

    Parameters
    ----------
    before, after : DataFrame or ibis table
        One row a customer on the earlier and on the later date. Either both have `column` (an assignment: RFM
        segments, tiers, clusters), or both are tables of `cxlib.data.rfm_frame` and are scored here.
    grid : RfmGrid, optional
        Scores both dates with these edges; by default the edges of `before`.
    column : str
        Name of the assignment, where the frames have one.
    rules : RuleTable
        Rules of the grid that is fitted here; give the names.

    Raises
    ------
    DataError
        The later date does not lie after the earlier one; a customer stands twice; a column is missing or holds a
        missing value; only one of the frames has `column`.

    Examples
    --------
    >>> before = pd.DataFrame({"customer_id": ["a", "b", "c"], "segment": ["new", "loyal", "loyal"]})
    >>> after = pd.DataFrame({"customer_id": ["a", "b", "d"], "segment": ["loyal", "loyal", "new"]})
    >>> moved = migrate(before, after)
    >>> moved.stayed, moved.moved, moved.entrants["customers"].sum(), moved.leavers["customers"].sum()
    (1, 1, np.int64(1), np.int64(1))
    """
    earlier, later = (_one_row_each(frame, name) for frame, name in ((before, "before"), (after, "after")))
    dates = _dates(earlier, later)
    given = [column in frame for frame in (earlier, later)]
    if any(given) and grid is None:
        if not all(given):
            raise DataError(f"only one of before and after has the column {column!r}. Assign both in the same way.")
        then, now = (as_frame(frame, [column], made_by="assign")[column] for frame in (earlier, later))
        return _migration(then, now, dates=dates, names=_names(rules, then, now))
    grid = grid or RfmGrid(rules).fit(earlier)
    then, now = grid.assign(earlier)["segment"], grid.assign(later)["segment"]
    recut = RfmGrid(grid.rules).fit(later).assign(later)["segment"]
    anew = RfmGrid(grid.rules).fit(earlier).assign(earlier)["segment"]
    return _migration(then, now, dates=dates, names=_names(grid.rules, then, now), recut=(anew, recut))


def _migration(
    then: pd.Series,
    now: pd.Series,
    *,
    dates: tuple[dt.date | None, dt.date | None],
    names: dict[str, Message | str],
    recut: tuple[pd.Series, pd.Series] | None = None,
) -> Migration:
    then, now = then.astype(str), now.astype(str)
    both = _joined(then, now)
    stayed = int((both["before"] == both["after"]).sum())
    return Migration(
        table=_pairs(both, list(names)),
        entrants=_counted(now[~now.index.isin(then.index)]),
        leavers=_counted(then[~then.index.isin(now.index)]),
        stayed=stayed,
        moved=len(both) - stayed,
        drift=_drift(now, recut[1].astype(str) if recut else None, list(names)),
        moved_recut=_moved(*recut) if recut else None,
        names=names,
        before=dates[0],
        after=dates[1],
    )


def _pairs(both: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    every = pd.MultiIndex.from_product([keys, keys], names=["before", "after"])
    table = both.groupby(["before", "after"]).size().reindex(every, fill_value=0).rename("customers").reset_index()
    table["of"] = table.groupby("before")["customers"].transform("sum")
    low, high = wilson(table["customers"], table["of"])
    return table.assign(share=table["customers"] / table["of"].where(table["of"] > 0), low=low, high=high)


def _counted(segments: pd.Series) -> pd.DataFrame:
    sizes = segments.value_counts(sort=False).sort_index()
    return pd.DataFrame(
        {"segment": sizes.index, "customers": sizes.to_numpy(), "share": sizes.to_numpy() / len(segments)}
    )


def _drift(now: pd.Series, recut: pd.Series | None, keys: list[str]) -> pd.DataFrame:
    if recut is None:
        return pd.DataFrame(columns=["segment", "fixed", "recut", "difference"])
    fixed, anew = (each.value_counts().reindex(keys, fill_value=0).to_numpy() for each in (now, recut))
    return pd.DataFrame({"segment": keys, "fixed": fixed, "recut": anew, "difference": anew - fixed})


def _moved(then: pd.Series, now: pd.Series) -> int:
    both = _joined(then.astype(str), now.astype(str))
    return int((both["before"] != both["after"]).sum())


def _joined(then: pd.Series, now: pd.Series) -> pd.DataFrame:
    return pd.concat({"before": then, "after": now}, axis=1, join="inner")


def _names(rules: RuleTable, then: pd.Series, now: pd.Series) -> dict[str, Message | str]:
    found = {*then.astype(str), *now.astype(str)}
    if found <= set(rules.keys):
        return {key: rules.name(key) for key in rules.keys}
    return {key: key for key in sorted(found)}


def _one_row_each(frame: Any, name: str) -> pd.DataFrame:
    table = as_frame(frame, ["customer_id"], made_by="rfm_frame")
    if (twice := table["customer_id"].duplicated()).any():
        first = table.loc[twice, "customer_id"].iloc[0]
        raise DataError(f"{name}: customer {first!r} stands twice. Give one row for each customer.")
    return table.set_index("customer_id", drop=False).rename_axis(None)


def _dates(before: pd.DataFrame, after: pd.DataFrame) -> tuple[dt.date | None, dt.date | None]:
    earlier, later = _as_of(before), _as_of(after)
    if earlier and later and earlier >= later:
        raise DataError(
            f"before is of {earlier}, after of {later}: the later date must come second. Swap them, or give two dates."
        )
    return earlier, later


def _as_of(frame: pd.DataFrame) -> dt.date | None:
    """The end of observation: the last purchase day and the days since, which is the same day for every customer."""
    if not {"last_day", MEASURES["recency"]} <= set(frame.columns):
        return None
    days = pd.to_datetime(frame["last_day"]) + pd.to_timedelta(frame[MEASURES["recency"]], unit="D")
    found: dt.date = days.max().date()
    return found
