"""Days from which a log of purchases is another one: steps of amounts, counts or newcomers, new ids, closures.

A currency, a unit or a price list that changes, rows that are missing or there twice, customers who get other ids: from
one week to the next, for good. What moves little by little is a trend, and what comes and goes is a season; both are no
break. And one id under which a till books everybody without a name, days whose rows were appended a second time, and an
end for which most rows had not come in yet.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import ibis
import numpy as np
import pandas as pd

from cxlib.checks import Codes, Floats
from cxlib.data.frames.inputs import Relation, TableLike
from cxlib.data.frames.observed import Observed, observe
from cxlib.data.frames.steps import (
    LEAST,
    NEAR,
    SURE,
    WINDOW,
    YEAR,
    amount_steps,
    day_of_step,
    lasting_steps,
    whole_weeks,
)
from cxlib.data.workspace import Workspace
from cxlib.errors import DataError
from cxlib.language import Count, Day, Days, Decimal, Message, N, Percent, T

HUGE = float(np.log(3))  # size that no season has: two weeks show it
SLOPES = {"amounts": 0.01, "counts": 0.02, "new": 0.02}  # prior standard deviations of a week's change, in logarithms
NEW_WEEKS = 8  # on both sides of a step of newcomers
MOST_AWAY = 90  # days within which newcomers are looked at to come back
MOST_GROUPS = 12  # of a column by which amounts are looked at, as channels
MOST_AMOUNTS = 400_000  # purchase days whose amounts are looked at one by one
NOBODY = {
    "guest", "guests", "walk-in", "walk in", "walkin", "walk-in customer", "cash", "cash customer", "anonymous",
    "unknown", "default", "default customer", "retail", "pos", "none", "0", "-1",
    "عميل نقدي", "زبون نقدي", "نقدي", "ضيف", "زائر", "عميل عام",
}  # fmt: skip
FEW_BACK, CLEARLY_GONE, LEAST_WEEKS = 0.6, 3.0, 3  # share of those usually seen again, its standard errors; weeks
MERGED, FEWER, STILL = 1.2, 0.9, 0.8  # how often each id buys, how many do, how much is bought, to before
CROWD_DAYS, CROWD_ROWS, MOST_SHOWN = 0.5, 3.0, 3  # share of days; purchases a day, and times others'; ids named
TWICE, FEWEST_TWICE, ELSEWHERE = 0.9, 30, 0.3  # share of customers' days that stand twice, how many; and on other days
TAIL, LEAST_LOG, LOOK_BACK, TOO_FEW = 28, 180, 365, 1 / 3  # days of an end, a log, before it; share of the fewest there
SURGE, SURGE_SHARE, AROUND = 10.0, 0.03, 45  # one day's purchases to those of days around it; share of all; days
BROUGHT = 0.1  # share of all customers who are there for the first time on one day
FEWEST_GAPS, CLOSED_DAYS, TIMES_USUAL = 60, 21, 5  # of days with purchases, which else follow each other


OfPurchases = Literal["amounts", "prices", "counts", "ids", "merged", "crowd", "closed", "twice", "late", "surge"]
OfOthers = Literal["brought", "new", "guests", "rows", "wave", "asked", "filled", "replies", "opens", "trials", "ruled"]


@dataclass(frozen=True)
class Break:
    """One of them: `ratio` of what comes from `first` on to what was before; `last` day of a closure, or of copies.

    Of ids `ratio` is the share of those who would be seen again and are; of a crowd that of all rows, `group` the id;
    of copies that of customers' days which stand twice; of an end the rows that came to those usual; of a surge the
    purchases after the first on a day, to those of days around it; of a day under which customers were brought in
    the share of all who are there for the first time. Kinds from "rows" on are of `Recorded`.

    `group`: Value of the column of transactions in which alone amounts step. `ids`: Of a crowd, all of them.
    `once`: Whether the data holds that time of the year once, so that a step may as well be a season.
    """

    kind: OfPurchases | OfOthers
    first: dt.date
    last: dt.date
    ratio: float = 0.0
    group: str = ""
    ids: tuple[object, ...] = ()
    once: bool = False

    @property
    def undoes_value(self) -> bool:
        """Whether what customers are worth cannot be told by purchases before and after it."""
        return self.undoes_amounts or self.undoes_customers

    @property
    def undoes_customers(self) -> bool:
        """Whether ids are not those of customers: nobody can be said to be new, to come back or to have left."""
        return self.kind in ("ids", "merged", "guests")

    @property
    def undoes_amounts(self) -> bool:
        """Whether sums of days on both sides cannot be compared."""
        return self.kind in ("amounts", "twice")

    @property
    def is_step(self) -> bool:
        """Whether it is one of a size that a season has."""
        is_huge = self.kind == "amounts" and abs(np.log(self.ratio or 1)) >= HUGE
        return self.kind in ("amounts", "prices", "counts", "new") and not is_huge

    @property
    def days(self) -> int:
        """How long it lasts; a step has a day."""
        return (self.last - self.first).days + 1

    @property
    def message(self) -> Message:
        """What was seen, and what it looks like."""
        return self._or_season(self._step)

    @property
    def in_sums(self) -> Message:
        """The message where amounts of both sides are added up; of prices what that does."""
        if self.kind != "prices":
            return self.message
        values = {"day": Day(self.first), "share": Percent(self.ratio)}
        said = T(
            "From about {day} on a purchase of the same customers costs {share} of what it did. Amounts are added up "
            "here as they are, so that customers of lately seem to spend less than those of before",
            **values,
        )
        if self.ratio > 1:
            said = T(
                "From about {day} on a purchase of the same customers costs {share} of what it did. Amounts are added "
                "up here as they are, so that customers of lately seem to spend more than those of before",
                **values,
            )
        return self._or_season(said)

    def _or_season(self, step: Message) -> Message:
        season = T("{step} (or is it a season? The data holds that time of the year once)", step=step)
        return season if self.once else step

    @property
    def _step(self) -> Message:
        values: dict[str, object] = {"first": Day(self.first), "last": Day(self.last), "n": Days(self.days)}
        values |= {"day": Day(self.first), "share": Percent(self.ratio), "id": self.group, "group": self.group}
        values["ratio"] = Decimal(self.ratio, digits=2)
        if self.kind == "closed":
            return T(
                "No row lies from {first} to {last}, {n}: where the shop was closed then, or rows are missing, fewer "
                "customers seem to come back than do",
                **values,
            )
        if self.kind == "ids":
            return T(
                "From about {day} on only {share} of the customers who would usually come back are seen again, and new "
                "ones stand in for them: were ids given anew? Give a customer one id, or leave out the days before",
                **values,
            )
        if self.kind == "merged":
            return T(
                "From about {day} on each customer buys {ratio} times as often, and so many fewer of them do: were ids "
                "of one person or family made one? Then the others have not left. Give a customer one id in all rows, "
                "or leave out the days before",
                **values,
            )
        if self.kind == "crowd":
            return N(
                "{share} of the purchases are of one id that buys several times a day, all the time ({id}): does it "
                "stand for everybody without a name, a till or tests? No customer is counted for it. Leave its rows "
                "out (where, in sources.yaml), or name it there ('one_customer') if it is one, as a wholesaler",
                "{share} of the purchases are of {n} ids that buy several times a day, all the time ({id}): do they "
                "stand for people without a name, tills or tests? No customers are counted for them. Leave their rows "
                "out (where, in sources.yaml), or name there ('one_customer') which are one, as a wholesaler",
                len(self.ids),
                share=values["share"],
                id=values["id"],
            )
        if self.kind == "twice":
            return T(
                "From {first} to {last} nearly all purchases stand twice, under two ids: were they appended again? "
                "Then sums are too high. Keep one of each two",
                **values,
            )
        if self.kind == "late":
            return T(
                "From {day} on only {share} of the usual purchases are there: had the others not come in yet when they "
                "were exported? Let the report end before that day",
                **values,
            )
        if self.kind == "surge":
            values["ratio"] = Count(round(self.ratio))
            return T(
                "On {day} {ratio} times as many customers came back as on a usual day around it: a sale, or rows "
                "booked under one day? What is forecast from them may be too high or too low",
                **values,
            )
        if self.kind == "counts":
            return T(
                "From about {day} on customers come back {ratio} times as often as in the weeks before. Such a step is "
                "no trend: are rows missing or there twice?",
                **values,
            )
        if self.kind in ("new", "guests", "brought"):
            return _of_newcomers(self.kind, values)
        return _of_amounts(self.kind, values)


def _of_amounts(kind: str, values: dict[str, object]) -> Message:
    if kind == "prices":
        return T(
            "From about {day} on a purchase of the same customers is {share} of what it was: did prices change, or do "
            "amounts hold tax, shipping or discounts since then? Order value and revenue are not compared across that "
            "day",
            **values,
        )
    if values["group"]:
        return T(
            "From about {day} on a purchase of “{group}” is {ratio} times what it was. Such a step is no trend: "
            "were its amounts given in another currency, unit or price list?",
            **values,
        )
    return T(
        "From about {day} on a purchase is {ratio} times what it was. Such a step is no trend: were amounts given "
        "in another currency, unit or price list, or rows twice?",
        **values,
    )


def _of_newcomers(kind: str, values: dict[str, object]) -> Message:
    if kind == "brought":
        return T(
            "On {day} {share} of all customers are there for the first time: was what they had bought before brought "
            "in under that day? Then they have been customers longer than it seems, and are not new",
            **values,
        )
    if kind == "guests":
        return T(
            "From about {day} on {ratio} times as many customers seem to be new as before, and no more of them "
            "come back than before: does an order without an account get an id of its own? Then they are not new, "
            "and nobody can be said to have bought once or to have left: leave such orders out",
            **values,
        )
    return T(
        "From about {day} on {ratio} times as many customers seem to be new as before: was another shop's log "
        "added, or does an order without an account get an id of its own? Then they are not new, and fewer "
        "seem to come back than do: bring the other shop's earlier orders, or leave out those without an "
        "account",
        **values,
    )


def find_breaks(
    transactions: TableLike,
    *,
    observation_end: dt.date | str | None = None,
    prices: bool = False,
    known: Collection[str] = (),
) -> tuple[Break, ...]:
    """Look for breaks in a log of purchases; none in one that is empty.

    Of weeks on both sides of each week, logarithms are fitted by a line and a step at once, with a prior of small
    slopes (Bayesian least squares). A step of half as much again or more, beyond chance, lasts 13 weeks at least,
    and none the other way follows or precedes it within a year; one of three times or more may be two weeks old.
    Counts are of purchases after a customer's first, after the first 13 weeks. Ids are new where of the customers
    before a day clearly fewer are seen again than of those before other days, and backwards of the customers after
    it: one of the two alone is a season, a campaign or a loss. Ids are merged where clearly fewer buy as much.
    Newcomers are counted after half a year, and only a rise of them, over eight weeks, is a break, or to three times
    as many, of which half as many again are left after a month; they are guests where of them so many fewer come back
    that no more do than before. A crowd are ids on half of the days, with three purchases or more on each of them on
    average, and three times as many as others have. Copies: of nine in ten customers all rows stand twice, on other
    days of few. An end is late with a third of what as many days ever held, or less. A surge is the day with most
    purchases after customers' first, where these are ten times those of the median day around it or more, and 3% of
    all or more.

    `observation_end`: Last day that counts; the log's last when left out.
    `prices`: Whether smaller steps of amounts are looked for too, among the same customers (`amount_steps`).
    `known`: Ids of one customer each, whatever they buy; of a workspace those that it names.

    >>> rows = pd.DataFrame({"customer_id": "a", "day": pd.date_range("2026-01-01", periods=200), "amount_cents": 500})
    >>> rows.loc[120:, "amount_cents"] *= 100
    >>> [(found.kind, str(found.first), round(found.ratio)) for found in find_breaks(rows)]
    [('amounts', '2026-05-01', 100)]
    """
    try:
        observed = observe(transactions, observation_end=observation_end)
    except DataError:  # nothing to look at
        return ()
    days = _daily(observed)
    if days.empty:
        return ()
    found = list(_steps(days, "amounts"))
    parts = list(_of_groups(transactions, observed.end)) if len(days) > FEWEST_GAPS else []
    found = [*(parts or found), *_steps(days, "counts"), *_renamed(observed)]
    known = transactions.one_customer if isinstance(transactions, Workspace) else known
    found += [*_crowd(observed, known), *_closures(days), *_twice(observed), *_late(days), *_surges(days)]
    found += _prices(observed, found) if prices else ()
    if not any(one.kind in ("ids", "merged") for one in found):  # by other ids all seem to be new
        found += [_or_guests(one, observed) for one in _newcomers(days)]
    found = [replace(one, once=one.is_step and not _is_seen_twice(one, observed)) for one in found]
    return tuple(sorted(found, key=lambda one: one.first))


def _is_seen_twice(step: Break, observed: Observed) -> bool:
    """Whether the log holds the time of a step in another year, with four weeks on both sides of it."""
    year, near = dt.timedelta(days=YEAR), dt.timedelta(days=7 * NEAR)
    return step.first - year - near >= observed.start or step.first + year + near <= observed.end


def counted_days(breaks: Sequence[Break]) -> tuple[dt.date, dt.date]:
    """First and last day of what is of one piece: since ids were given anew, before an end that is late."""
    first = [one.first for one in breaks if one.kind in ("ids", "merged")]
    last = [one.first - dt.timedelta(days=1) for one in breaks if one.kind == "late"]
    return max(first, default=dt.date.min), min(last, default=dt.date.max)


def summable(company: Workspace, breaks: Sequence[Break]) -> Workspace:
    """The company with amounts that can be added up: where those before and after a day cannot, without any."""

    def purchases(rows: Relation) -> Relation:
        return rows.filter(rows.amount_cents >= 0).drop("amount_cents")

    mixed = company.has_amounts and any(one.undoes_amounts for one in breaks)
    return company.only("transactions", purchases) if mixed else company


def persons(company: Workspace, breaks: Sequence[Break]) -> Workspace:
    """The company without the purchases of ids that stand for many people."""
    ids = [one for found in breaks if found.kind == "crowd" for one in found.ids]
    for name in ("transactions", "order_lines") if ids else ():
        if company.has(name):
            company = company.only(name, lambda rows: rows.filter(~rows.customer_id.isin(ids)))
    return company


def _daily(observed: Observed) -> pd.DataFrame:
    """By day with a purchase: those with an amount, sums of its logarithm and of the square, those after the first."""
    days = observed.days.filter(lambda t: t.is_purchase)
    first = days.day.min().over(ibis.window(group_by="customer_id"))
    log = ibis.greatest(days.cents, 1).cast("float64").ln()
    paid, again = (days.cents > 0).cast("int64"), (days.day > first).cast("int64")
    rows = days.select("day", log=log, paid=paid, again=again, new=1 - again)
    sums = {"n": rows.paid, "logs": rows.log, "squares": rows.log * rows.log, "again": rows.again, "new": rows.new}
    sums = {name: column.sum() for name, column in sums.items()}
    frame: pd.DataFrame = rows.group_by("day").aggregate(**sums).to_pyarrow().to_pandas()
    return frame.assign(day=pd.to_datetime(frame["day"])).set_index("day").sort_index()


def _of_groups(transactions: TableLike, end: dt.date) -> Iterator[Break]:
    """Steps of amounts in some values of a column, where others do not step; by row, in one query a column."""
    rows: Relation = transactions.table("transactions") if isinstance(transactions, Workspace) else transactions
    if "amount_cents" not in rows.columns:
        return
    rows = ibis.memtable(rows) if isinstance(rows, pd.DataFrame) else rows
    rows = rows.mutate(day=rows.day.cast("date"))
    rows = rows.filter((rows.amount_cents > 0) & (rows.day <= ibis.date(end)))
    rows = rows.mutate(log=rows.amount_cents.cast("float64").ln())
    names = [name for name, kind in rows.schema().items() if kind.is_string() and not name.endswith("_id")]
    for name in names:
        counts = rows.group_by(name).aggregate(n=rows.count()).limit(MOST_GROUPS + 1).to_pyarrow().to_pandas()
        known = counts.dropna().loc[lambda part: part["n"] >= FEWEST_GAPS, name].tolist()
        if not 1 < len(counts) <= MOST_GROUPS or len(known) < 2:
            continue
        sums = {"n": rows.count(), "logs": rows.log.sum(), "squares": (rows.log * rows.log).sum()}
        frame: pd.DataFrame = rows.group_by(name, "day").aggregate(**sums).to_pyarrow().to_pandas()
        frame = frame.assign(day=pd.to_datetime(frame["day"])).set_index("day").sort_index()
        steps = {one: list(_steps(part.drop(columns=name), "amounts")) for one, part in frame.groupby(name)}
        if any(steps.values()) and not all(steps[one] for one in known):
            yield from (replace(step, group=str(one)) for one, each in steps.items() for step in each)
            return


def _steps(days: pd.DataFrame, kind: Literal["amounts", "counts"]) -> Iterator[Break]:
    """Steps, the surest first; `days` is a table of `_daily`."""
    weeks = whole_weeks(days)
    n = weeks["n" if kind == "amounts" else "again"].to_numpy(float)
    known = (n > 0) & ((np.arange(len(n)) >= WINDOW) | (kind == "amounts"))
    if known.sum() <= WINDOW:
        return
    level, variance = np.log(np.maximum(n, 1)), 1 / np.maximum(n, 1)
    if kind == "amounts":
        level = weeks["logs"].to_numpy(float) / np.maximum(n, 1)
        within = float((weeks["squares"] - weeks["logs"] ** 2 / np.maximum(n, 1)).sum()) / max(n.sum() - known.sum(), 1)
        variance = np.maximum(within, 1e-4) / np.maximum(n, 1)
    slope, huge = SLOPES[kind], HUGE if kind == "amounts" else np.inf
    for week, size in lasting_steps(level, variance, known, slope=slope, huge=huge):
        first = day_of_step(days, kind, week=week)
        yield Break(kind, first, first, float(np.exp(size)))


def _prices(observed: Observed, breaks: Sequence[Break]) -> Iterator[Break]:
    """Steps of amounts of the same customers, of many a sample, that are not among `breaks`."""
    days = observed.days.filter(lambda t: t.is_purchase & (t.cents > 0)).select("customer_id", "day", "cents")
    if (share := MOST_AMOUNTS / max(days.count().to_pyarrow().as_py(), 1)) < 1:
        code = days.customer_id.cast("string").hexdigest("md5")  # the same customers on every engine
        days = days.filter(code < f"{int(share * 16**8):08x}")
    bought: pd.DataFrame = days.to_pyarrow().to_pandas().rename(columns={"cents": "amount_cents"})
    told = [pd.Timestamp(one.first) for one in breaks if one.undoes_amounts]
    for step in amount_steps(bought.assign(day=pd.to_datetime(bought["day"]))):
        if all(abs((step.day - day).days) > 7 * WINDOW for day in told):
            yield Break("prices", step.day.date(), step.day.date(), 1 + step.change)


def _newcomers(days: pd.DataFrame) -> Iterator[Break]:
    """Steps up of customers who are there for the first time; `days` is a table of `_daily`."""
    weeks = whole_weeks(days)
    n = weeks["new"].to_numpy(float)
    known = (weeks["n"].to_numpy() > 0) & (np.arange(len(n)) >= 2 * WINDOW)
    if known.sum() <= WINDOW:
        return
    level, variance = np.log(np.maximum(n, 0.5)), 1 / np.maximum(n, 1)
    for week, size in lasting_steps(level, variance, known, slope=SLOPES["new"], least=NEW_WEEKS, huge=HUGE):
        later = level[week + NEAR + 1 : week + NEW_WEEKS + 1]  # what a campaign has brought is over by then
        stays = len(later) == NEAR and later.mean() - level[max(week - NEW_WEEKS, 0) : week].mean() >= LEAST
        if size > 0 and stays:
            first = day_of_step(days, "new", week=week)
            yield Break("new", first, first, float(np.exp(size)))


def _or_guests(step: Break, observed: Observed) -> Break:
    """A step of newcomers; "guests" where of them so many fewer come back, as soon, that there are no more of these."""
    days = observed.days.filter(lambda t: t.is_purchase).select("customer_id", "day").distinct()
    own = ibis.window(group_by="customer_id", order_by="day")
    pairs = days.mutate(again=days.day.lead().over(own), place=ibis.row_number().over(own))
    pairs = pairs.filter(pairs.place == 0)
    soon = int(np.clip((observed.end - step.first).days // 2, NEW_WEEKS * 7 // 2, MOST_AWAY))
    back = (pairs.again.delta(pairs.day, unit="day") <= soon).fill_null(False)
    frame = pairs.group_by("day").aggregate(n=pairs.count(), back=back.sum()).to_pyarrow().to_pandas()
    counted: pd.DataFrame = frame.assign(day=pd.to_datetime(frame["day"])).set_index("day").sort_index()
    within, first, one = pd.Timedelta(days=soon), pd.Timestamp(step.first), pd.Timedelta(days=1)
    before, since = (
        counted.loc[low : high - one].sum()
        for low, high in ((first - within - 2 * 7 * WINDOW * one, first - within), (first, observed.end - within))
    )
    return (
        replace(step, kind="guests")
        if since["back"] * before["n"] * step.ratio <= since["n"] * before["back"]
        else step
    )


def _renamed(observed: Observed) -> Iterator[Break]:
    """The week from which customers have other ids."""
    days = observed.days.filter(lambda t: t.is_purchase)
    weeks = days.select("customer_id", ago=-days.day.delta(ibis.date(observed.end), unit="day") // 7).distinct()
    own = ibis.window(group_by="customer_id", order_by=ibis.desc("ago"))
    pairs = weeks.select("ago", before=weeks.ago.lag().over(own).coalesce(-1))
    counts = pairs.group_by("ago", "before").aggregate(n=pairs.count()).to_pyarrow().to_pandas()
    week, ratio, sure = _seen_again(counts.to_numpy(np.int64))
    is_new = ratio <= FEW_BACK and sure >= CLEARLY_GONE
    if not is_new:
        week, ratio = _fewer_ids(counts.to_numpy(np.int64))
    if is_new or ratio >= MERGED:
        first = observed.end - dt.timedelta(days=7 * (int(counts["ago"].max()) + 1 - week) - 1)
        yield Break("ids" if is_new else "merged", first, first, ratio)


def _fewer_ids(counts: Codes) -> tuple[int, float]:
    """The week from which as many purchases are of clearly fewer ids, and how often each buys to before; else (0, 0).

    Of the 13 weeks on both sides; where customers leave, purchases do too. `counts`: As for `_seen_again`.
    """
    n = int(counts[:, 0].max()) + 1
    table, weeks = np.zeros((n, n + 1)), np.arange(WINDOW, n - WINDOW + 1)
    table[n - 1 - counts[:, 0], np.where(counts[:, 1] < 0, 0, n - counts[:, 1])] = counts[:, 2]
    sums = np.pad(table.cumsum(0).cumsum(1), ((1, 0), (1, 0)))

    def of(low: Codes, high: Codes) -> tuple[Floats, Floats]:
        """Ids that buy from one week up to another, and weeks in which they do."""
        return tuple(np.maximum(sums[high, to] - sums[low, to], 1) for to in (low + 1, n + 1))

    (before, bought), (after, since) = of(weeks - WINDOW, weeks), of(weeks, weeks + WINDOW)
    moved, error = np.log(since / after) - np.log(bought / before), np.sqrt(1 / before + 1 / after)
    new = sums[weeks, 1] - sums[weeks - WINDOW, 1], sums[weeks + WINDOW, 1] - sums[weeks, 1]
    usual = (2 * new[0] <= before) & (2 * new[1] >= new[0])  # not a log whose customers have all just come
    fewer = np.flatnonzero((after <= FEWER * before) & (since >= STILL * bought) & usual)
    if not len(fewer):
        return 0, 0.0
    last = np.append(0, (table.sum(axis=1) - table[:, :0:-1].sum(axis=0)[::-1]).cumsum())  # purchases that none follows
    stop = 2 * last[weeks] - last[weeks - NEAR] - last[weeks + NEAR]  # before a week more than after it
    peak = int(fewer[np.argmax(moved[fewer])])  # weeks after the first have ids of both kinds before them
    near = np.arange(max(peak - 2 * NEAR, 0), peak + 1)
    first, others = int(near[np.argmax(stop[near])]), moved[np.abs(weeks - weeks[peak]) > WINDOW]
    if first not in fewer or len(others) < NEAR:
        return 0, 0.0
    middle = float(np.median(others))
    apart = max(float(error[peak]), 1.4826 * float(np.median(np.abs(others - middle))))
    is_sure = moved[peak] - middle >= max(SURE * apart, np.log(MERGED))
    return (int(weeks[first]), float(np.exp(moved[peak]))) if is_sure else (0, 0.0)


def _seen_again(counts: Codes) -> tuple[int, float, float]:
    """The week whose sides have fewest customers in common, as a share of what is usual, and standard errors of that.

    `counts` (n, 3): weeks to the end of a purchase, of the customer's purchase before it (-1: none), and how many.
    """
    n = int(counts[:, 0].max()) + 1
    later, earlier, many = n - 1 - counts[:, 0], n - 1 - counts[:, 1], counts[:, 2]
    table, first = np.zeros((n, n)), np.zeros(n)
    old = counts[:, 1] >= 0
    table[later[old], earlier[old]], first[later[~old]] = many[old], many[~old]
    sums = np.pad(table.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    never = np.append(0, (first + table.sum(axis=1) - table.sum(axis=0)).cumsum())  # seen again, by their last week
    new = np.append(0, first.cumsum())

    def common(week: Codes, low: Codes, high: Codes) -> Floats:
        """Customers whose last purchase before a week lies from `low` on, and whose next one lies before `high`."""
        return np.asarray(sums[high, week] - sums[week, week] - sums[high, low] + sums[week, low])

    weeks: Codes = np.arange(LEAST_WEEKS, n - LEAST_WEEKS + 1)
    best: tuple[int, float, float] = 0, 1.0, 0.0
    low, high, whole = np.maximum(weeks - WINDOW, 0), np.minimum(weeks + WINDOW, n), np.full(len(weeks), n)
    before = never[weeks] - never[low] + common(weeks, low, whole)
    after = new[high] - new[weeks] + common(weeks, np.zeros_like(weeks), high)
    for at, week in enumerate(weeks.tolist()):
        back = common(weeks, low, np.minimum(weeks + n - week, n)) / np.maximum(before, 1)
        known = common(weeks, np.maximum(weeks - week, 0), high) / np.maximum(after, 1)
        sides = [side for side in (weeks <= week - WINDOW, weeks >= week + WINDOW) if side.sum() > LEAST_WEEKS]
        if not sides or not min(before[at], after[at]):
            continue
        near = common(weeks, np.maximum(weeks - min(week, WINDOW), 0), np.minimum(weeks + min(n - week, WINDOW), n))
        usual = np.array([[np.median(part[side]) for side in sides] for part in (back, known, near)]).min(axis=1)
        of = np.array([before[at], after[at], 1.0])
        expected, seen = usual * of, np.array([back[at], known[at], near[at]]) * of
        ratio = float((seen / np.maximum(expected, 1e-9)).max())
        if ratio < best[1]:
            best = int(week), ratio, float(((expected - seen) / np.sqrt(np.maximum(expected, 1))).min())
    return best


def _crowd(observed: Observed, known: Collection[str]) -> Iterator[Break]:
    """The ids under which purchases of many stand; by rows, where no ids tell purchases."""
    rows = observed.rows
    bought = rows.transaction_id.nunique() if "transaction_id" in rows.columns else rows.count()
    days = rows.group_by("customer_id", "day").aggregate(n=bought)
    own = days.group_by("customer_id").aggregate(n=days.n.sum(), days=days.count(), first=days.day.min())
    open_days = int(rows.day.nunique().to_pyarrow().as_py())
    often = own.days >= max(CROWD_DAYS * open_days, FEWEST_GAPS)
    found = own.filter(often).order_by(ibis.desc("n"), "customer_id").to_pyarrow().to_pandas()
    found = found[found["n"] >= CROWD_ROWS * found["days"]]
    sums = own.aggregate(n=own.n.sum(), days=own.days.sum()).to_pyarrow().to_pylist()[0]
    others = (sums["n"] - found["n"].sum()) / max(sums["days"] - found["days"].sum(), 1)
    found = found[(found["n"] >= CROWD_ROWS * max(others, 1) * found["days"]) & ~found["customer_id"].isin(known)]
    if len(found):
        names = found["customer_id"].astype(str)
        shown = [name if name.casefold() in NOBODY else "…" + name[-3:] for name in names.head(MOST_SHOWN)]
        ids, share = tuple(found["customer_id"]), float(found["n"].sum() / sums["n"])
        yield Break("crowd", found["first"].min(), observed.end, share, ", ".join(shown), ids)


def _closures(days: pd.DataFrame) -> Iterator[Break]:
    """The longest stretch without a purchase, where days without one are otherwise few."""
    away = np.diff(days.index.to_numpy()).astype("timedelta64[D]").astype(int)
    if len(away) < FEWEST_GAPS or away.max() <= max(CLOSED_DAYS, TIMES_USUAL * np.quantile(away, 0.98)):
        return
    at, one = int(away.argmax()), pd.Timedelta(days=1)
    yield Break("closed", (days.index[at] + one).date(), (days.index[at + 1] - one).date())


def _surges(days: pd.DataFrame) -> Iterator[Break]:
    """The day on which most customers came back, and that on which most came first, but the log's own first day."""
    for column, share, since in (("again", SURGE_SHARE, 0), ("new", BROUGHT, 1)):
        counts, total = days[column].iloc[since:], float(days[column].sum())
        if len(counts) <= AROUND // 2:
            continue
        top, most = counts.index[int(np.argmax(counts))], float(counts.max())
        near = counts[abs((counts.index - top).days) <= AROUND].drop(top)
        usual = float(near.median() if column == "again" else max(near.median(), near.mean()))  # of few most have none
        if len(near) >= AROUND // 2 and usual and most >= max(SURGE * usual, share * total):
            one = Break("surge", top.date(), top.date(), most / usual)
            yield one if column == "again" else replace(one, kind="brought", ratio=most / total)


def _twice(observed: Observed) -> Iterator[Break]:
    """The stretch of days whose rows were appended a second time under other ids."""
    rows = observed.rows
    if "transaction_id" not in rows.columns:
        return
    alike = rows.group_by("customer_id", "day", "amount_cents").aggregate(
        n=rows.count(), ids=rows.transaction_id.nunique()
    )
    people = alike.group_by("customer_id", "day").aggregate(twice=((alike.n % 2 == 0) & (alike.ids > 1)).all())
    counts = people.group_by("day").aggregate(n=people.count(), twice=people.twice.sum())
    frame = counts.to_pyarrow().to_pandas().sort_values("day", ignore_index=True)
    n, twice = (np.append(0, frame[name].to_numpy(np.int64).cumsum()) for name in ("n", "twice"))
    excess = twice - (1 + ELSEWHERE) / 2 * n
    last = int(np.argmax(excess - np.minimum.accumulate(excess)))
    first = int(np.argmin(excess[: last + 1]))
    inside, held = n[last] - n[first], twice[last] - twice[first]
    outside = (twice[-1] - held) / max(n[-1] - inside, 1)
    if held >= FEWEST_TWICE and held >= TWICE * inside and outside <= ELSEWHERE and inside < n[-1]:
        begin, end = (pd.Timestamp(frame["day"].iloc[at]).date() for at in (first, last - 1))
        yield Break("twice", begin, end, float(held / inside))


def _late(days: pd.DataFrame) -> Iterator[Break]:
    """The end for which most rows are missing."""
    every = days["n"].reindex(pd.date_range(days.index[0], days.index[-1]), fill_value=0).to_numpy(float)
    sums, best = np.append(0, every.cumsum()), (SURE, 0, 1.0)
    for length in range(2, TAIL + 1 if len(every) >= LEAST_LOG else 2):
        usual = (sums[length:-length] - sums[: -2 * length])[-LOOK_BACK:]
        tail, fewest = sums[-1] - sums[-1 - length], usual.min()
        sure = float(fewest - tail) / np.sqrt(max(fewest, 1.0))
        if tail <= TOO_FEW * fewest and sure > best[0]:
            best = sure, length, float(tail / np.median(usual))
    if best[1]:
        yield Break("late", (days.index[-1] - pd.Timedelta(days=best[1] - 1)).date(), days.index[-1].date(), best[2])
