"""Days from which a log of purchases is another one: steps of amounts, counts or newcomers, new ids, closures.

A currency, a unit or a price list that changes, rows that are missing or there twice, customers who get other ids: from
one week to the next, for good. What moves little by little is a trend, and what comes and goes is a season; both are no
break. And one id under which a till books everybody without a name, days whose rows were appended a second time, and an
end for which most rows had not come in yet.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import ibis
import numpy as np
import pandas as pd

from cxlib.data.frames.inputs import Relation, TableLike
from cxlib.data.frames.observed import Observed, id_form, observe
from cxlib.data.frames.steps import (
    AT_LEAST,
    LEAST,
    MERGED,
    NEAR,
    SURE,
    WINDOW,
    YEAR,
    amount_steps,
    day_of_step,
    fewer_ids,
    lasting_steps,
    late_end,
    seen_again,
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
NO_PERSON = ("crowd", "relays")  # kinds of breaks whose ids stand for no customer
NOBODY = {
    "guest", "guests", "walk-in", "walk in", "walkin", "walk-in customer", "cash", "cash customer", "anonymous",
    "unknown", "default", "default customer", "retail", "pos", "none", "0", "-1",
    "عميل نقدي", "زبون نقدي", "نقدي", "ضيف", "زائر", "عميل عام",
}  # fmt: skip
FEW_BACK, CLEARLY_GONE = 0.6, 3.0  # share of those usually seen again, its standard errors
CROWD_DAYS, CROWD_ROWS, MOST_SHOWN = 0.5, 3.0, 3  # share of days; purchases a day, and times others'; ids named
LEAST_AGAIN, HARDLY = 20.0, 0.1  # of ids that are of an order: how many others would buy again; share who do
LEAST_RELAYS, IN_A_MONTH = 0.02, 0.75  # share of purchases; of such ids that come in one month, at most
TWICE, FEWEST_TWICE, ELSEWHERE = 0.9, 30, 0.3  # share of customers' days that stand twice, how many; and on other days
SURGE, SURGE_SHARE, AROUND = 10.0, 0.03, 45  # one day's purchases to those of days around it; share of all; days
BROUGHT = 0.1  # share of all customers who are there for the first time on one day
FEWEST_GAPS, CLOSED_DAYS, TIMES_USUAL = 60, 21, 5  # of days with purchases, which else follow each other


OfPurchases = Literal[
    "amounts", "prices", "counts", "ids", "merged", "crowd", "relays", "closed", "twice", "late", "surge"
]
OfOthers = Literal["brought", "new", "guests", "rows", "wave", "asked", "filled", "replies", "opens", "trials", "ruled"]


@dataclass(frozen=True)
class Break:
    """One of them: `ratio` of what comes from `first` on to what was before; `last` day of a closure, or of copies.

    Of ids `ratio` is the share of those who would be seen again and are; of a crowd that of all rows, `group` the id;
    of relays, ids that each are of one order, the share of purchases, `group` and `ids` the forms of such ids;
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
        if self.kind in ("ids", "merged", "relays"):
            return _of_ids(self.kind, values)
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


def _of_ids(kind: str, values: dict[str, object]) -> Message:
    if kind == "ids":
        return T(
            "From about {day} on only {share} of the customers who would usually come back are seen again, and new "
            "ones stand in for them: were ids given anew? Give a customer one id, or leave out the days before",
            **values,
        )
    if kind == "merged":
        return T(
            "From about {day} on each customer buys {ratio} times as often, and so many fewer of them do: were ids "
            "of one person or family made one? Then the others have not left. Give a customer one id in all rows, "
            "or leave out the days before",
            **values,
        )
    return T(
        "{share} of the purchases are of ids of the form “{id}”, and hardly any of these buys on a second day, "
        "though others of the same months do: does each order get an id of its own there, as by a market place "
        "or for guests? No customers are counted for them. Bring the buyers' own ids, or name the form in "
        "sources.yaml ('one_customer') if each id is a customer",
        **values,
    )


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
    average, and three times as many as others have. Relays are ids of a form of which a tenth or less buy again of
    those who would if they were as others who came in the same months: all else is looked for without them. Copies:
    of nine in ten customers all rows stand twice, on other days of few. An end is late with a third of what as many
    days ever held, or less. A surge is the day with most purchases after customers' first, where these are ten times
    those of the median day around it or more, and 3% of all or more. Customers are brought in on the day with ten times
    as many newcomers as days around it; on a log's first where they pay half as much again there as on their next day.

    `observation_end`: Last day that counts; the log's last when left out.
    `prices`: Whether smaller steps of amounts are looked for too, among the same customers (`amount_steps`).
    `known`: Ids of one customer each, whatever they buy, or forms of such; of a workspace those that it names.

    >>> rows = pd.DataFrame({"customer_id": "a", "day": pd.date_range("2026-01-01", periods=200), "amount_cents": 500})
    >>> rows.loc[120:, "amount_cents"] *= 100
    >>> [(found.kind, str(found.first), round(found.ratio)) for found in find_breaks(rows)]
    [('amounts', '2026-05-01', 100)]
    """
    try:
        observed = observe(transactions, observation_end=observation_end)
    except DataError:  # nothing to look at
        return ()
    known = transactions.one_customer if isinstance(transactions, Workspace) else known
    relays = list(_relays(observed, known))
    observed = replace(observed, rows=_of_persons(observed.rows, relays))
    days = _daily(observed)
    if days.empty:
        return ()
    found = list(_steps(days, "amounts"))
    parts = list(_of_groups(transactions, observed.end)) if len(days) > FEWEST_GAPS else []
    found = [*(parts or found), *_steps(days, "counts"), *_renamed(observed), *relays]
    found += [*_crowd(observed, known), *_closures(days), *_twice(observed), *_late(days), *_surges(days)]
    found += [*_opening(days, observed), *(_prices(observed, found) if prices else ())]
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
    """The company without the purchases of ids that stand for many people, or for an order."""
    for name in ("transactions", "order_lines") if any(one.kind in NO_PERSON for one in breaks) else ():
        if company.has(name):
            company = company.only(name, lambda rows: _of_persons(rows, breaks))
    return company


def no_persons(ids: Iterable[object], breaks: Sequence[Break]) -> frozenset[object]:
    """Those among ids that stand for many people, or for an order."""
    if not any(one.kind in NO_PERSON for one in breaks):
        return frozenset()
    names = pd.DataFrame({"customer_id": pd.unique(pd.Series(ids))})
    kept: pd.Series = _of_persons(ibis.memtable(names), breaks).to_pyarrow().to_pandas()["customer_id"]
    return frozenset(names["customer_id"]) - frozenset(kept)


def _of_persons(rows: Relation, breaks: Sequence[Break]) -> Relation:
    """Rows of customers alone."""
    crowd, forms = ([one for found in breaks if found.kind == kind for one in found.ids] for kind in NO_PERSON)
    rows = rows.filter(~rows.customer_id.isin(crowd)) if crowd else rows
    return rows.filter(~id_form(rows.customer_id).isin(forms)) if forms else rows


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
    week, ratio, sure = seen_again(counts.to_numpy(np.int64))
    is_new = ratio <= FEW_BACK and sure >= CLEARLY_GONE
    if not is_new:
        week, ratio = fewer_ids(counts.to_numpy(np.int64))
    if is_new or ratio >= MERGED:
        first = observed.end - dt.timedelta(days=7 * (int(counts["ago"].max()) + 1 - week) - 1)
        yield Break("ids" if is_new else "merged", first, first, ratio)


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


def _relays(observed: Observed, known: Collection[str]) -> Iterator[Break]:
    """The forms of ids of which each is of one order, beside others who come again; by month of the first purchase."""
    people = observed.customers.filter(lambda t: t.purchase_days > 0)
    people = people.mutate(form=id_form(people.customer_id), month=people.first_day.truncate("M"))
    again = (people.purchase_days > 1).cast("int64").sum()
    parts = people.group_by("form", "month").aggregate(n=people.count(), again=again, bought=people.purchase_days.sum())
    own, all_of = ibis.window(group_by="form"), ibis.window(group_by="month")
    sums = {"others": parts.n.sum().over(all_of) - parts.n, "come": parts.again.sum().over(all_of) - parts.again}
    parts = parts.mutate(**sums, size=parts.n.sum().over(own), total=parts.bought.sum().over(ibis.window()))
    frame: pd.DataFrame = parts.filter(parts["size"] >= LEAST_AGAIN).to_pyarrow().to_pandas()
    frame = frame.assign(expected=frame["n"] * frame["come"] / frame["others"])
    frame.loc[~(frame["others"] >= LEAST_AGAIN), ["expected", "again"]] = 0
    forms = frame.groupby("form")[["n", "expected", "again", "bought"]].sum().assign(total=frame["total"].max())
    spread = frame.groupby("form")["n"].max() <= IN_A_MONTH * forms["n"]  # else they were brought in, or a campaign did
    few = spread & (forms["expected"] >= LEAST_AGAIN) & (forms["again"] <= HARDLY * forms["expected"])
    forms = forms[few & (forms["bought"] >= LEAST_RELAYS * forms["total"]) & ~forms.index.isin(known)]
    if len(forms):
        forms, first = forms.sort_values("bought", ascending=False), observed.start
        share, names = float((forms["bought"] / forms["total"]).sum()), tuple(forms.index)
        yield Break("relays", first, observed.end, share, ", ".join(names[:MOST_SHOWN]), names)


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


def _opening(days: pd.DataFrame, observed: Observed) -> Iterator[Break]:
    """The log's first day, where it holds sums of what was bought before: many are there, for more than next time."""
    new, first = days["new"], days.index[0]
    near = new.iloc[1:][new.index[1:] <= first + pd.Timedelta(days=AROUND)]
    if len(near) < AROUND // 2 or new.iloc[0] < max(SURGE * max(near.median(), near.mean()), BROUGHT * new.sum()):
        return
    rows = observed.days.filter(lambda t: t.is_purchase & (t.cents > 0)).mutate(opens=lambda t: t.day == first.date())
    own = {"opening": rows.cents.max(where=rows.opens), "after": rows.cents.argmin(rows.day, where=~rows.opens)}
    pairs: pd.DataFrame = rows.group_by("customer_id").aggregate(**own).to_pyarrow().to_pandas().dropna()
    more = np.log(pairs["opening"].to_numpy(float) / pairs["after"].to_numpy(float))
    if len(more) >= AT_LEAST and more.mean() >= max(LEAST, SURE * float(more.std()) / np.sqrt(len(more))):
        yield Break("brought", first.date(), first.date(), float(new.iloc[0] / new.sum()))


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
    length, ratio = late_end(every)
    if length:
        yield Break("late", (days.index[-1] - pd.Timedelta(days=length - 1)).date(), days.index[-1].date(), ratio)
