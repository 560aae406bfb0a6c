"""What customers did in periods: one row a customer and period with the sums that the measures are made of.

A period is ``(start, end)``: the days from `start` up to, not including, `end`. Periods may overlap and are numbered in
the order in which they are asked for. Only who did something in a period has a row in it.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import pandas as pd

from cxlib.data.frames.inputs import DayLike, Relation, TableLike, answer, as_day, canonical, left_join, whole
from cxlib.data.frames.observed import id_form, observe
from cxlib.data.workspace import Workspace
from cxlib.errors import DataError

ANONYMOUS = "?"  # starts the id of a group of visits of nobody
MOST_GROUPS = 50_000  # into which visits of nobody are dealt: up to so many, each is its own
FORM = "form of the id"  # a column of `kinds_since` that every table with customers has
MOST_KINDS = 12
MOST_VISITS_A_DAY = 100  # of one customer: beyond, a program visits
FEWEST_PAGES, PAGES_A_SECOND = 10, 1  # pages of a visit, faster than a person can look at them
Period = tuple[DayLike, DayLike]
_KEYS = ["customer_id", "period"]
_NOBODY = ("", "no", "n", "false", "0", "none", "لا")  # of `referred_by`


def purchase_activity(transactions: TableLike, periods: Sequence[Period]) -> Any:
    """One row a customer and period: orders, what they brought, and whether the customer was new.

    `transactions`: A workspace, or canonical transactions. All of their days count for who is new, not those of the
        periods alone.
    `periods` (start, end): Days; `end` is the first that no longer belongs to the period.
    Returns a DataFrame, sorted (an ibis table where one was given): customer_id; period (0 for the first of `periods`);
        orders (purchase days); revenue_cents (net, refunds of other days included); customers (1 where there is an
        order), new_customers (1 where the first order ever lies in the period); earlier_orders (orders of customers
        whose first order ever lies before the period).
    Raises DataError: as `purchase_summary`; or a period does not end after it starts.

    >>> rows = pd.DataFrame({"customer_id": ["a", "a", "b", "b"], "amount_cents": [1000, 1500, 2500, 400],
    ...                      "day": pd.to_datetime(["2026-01-09", "2026-02-11", "2026-02-03", "2026-02-28"])})
    >>> activity = purchase_activity(rows, [("2026-02-01", "2026-03-01")])
    >>> activity[["customer_id", "orders", "revenue_cents", "new_customers", "earlier_orders"]].values.tolist()
    [['a', 1, 1500, 0, 1], ['b', 2, 2900, 1, 0]]
    """
    observed = observe(transactions)
    days = observed.days.mutate(bought=lambda t: t.is_purchase.cast("int64"))
    starts = days.filter(days.is_purchase).group_by("customer_id").aggregate(first_day=lambda t: t.day.min())
    rows = left_join(_in_periods(days, periods), starts, ["customer_id"])
    sums = rows.group_by("customer_id", "period", "start", "first_day").aggregate(
        orders=whole(rows.bought.sum()), revenue_cents=whole(rows.cents.sum())
    )
    active, new = (sums.orders > 0).cast("int64"), (sums.first_day >= sums.start).cast("int64").coalesce(0)
    activity = sums.select(
        *_KEYS,
        "orders",
        "revenue_cents",
        customers=active,
        new_customers=active * new,
        earlier_orders=sums.orders * (1 - new),
    )
    return observed.answer(activity, order=_KEYS)


def first_purchases(transactions: TableLike) -> Any:
    """One row a customer: the first and the second purchase day, on which `repurchase_within` stands.

    A DataFrame, sorted (an ibis table where one was given), with customer_id, first_day, second_day (missing where
    there is none).

    >>> rows = pd.DataFrame({"customer_id": ["a", "a", "b"], "amount_cents": [1000, 1500, 2500],
    ...                      "day": pd.to_datetime(["2026-01-09", "2026-02-11", "2026-02-03"])})
    >>> first_purchases(rows)
      customer_id  first_day second_day
    0           a 2026-01-09 2026-02-11
    1           b 2026-02-03        NaT
    """
    observed = observe(transactions)
    days = observed.days.filter(lambda t: t.is_purchase)
    starts = days.group_by("customer_id").aggregate(first_day=days.day.min())
    later = days.join(starts, "customer_id")
    later = later.filter(later.day > later.first_day)
    seconds = later.group_by("customer_id").aggregate(second_day=later.day.min())
    return observed.answer(left_join(starts, seconds, ["customer_id"]))


def session_activity(sessions: TableLike, periods: Sequence[Period]) -> Any:
    """One row a visitor and period: visits, and the sums of what is known of them.

    Of a workspace or of canonical sessions, as `purchase_activity`; columns that are missing count as unknown.

    Returns a DataFrame, sorted (an ibis table where one was given): customer_id (of visits of nobody: "?" and a number,
        a row each up to 50,000, then dealt into so many groups); period; visitors (1 for a customer, 0 for nobody);
        visits; pages and paged (visits of which their number is known), seconds and timed; found and looked (visits
        known to have found or not, but for those without a search); goal_met and aimed; converted and counted: visits
        that did, and visits of which it is known; robots (visits of programs, which count nowhere else).

    >>> rows = pd.DataFrame({"customer_id": ["a", "a", None], "day": pd.to_datetime(["2026-02-01"] * 3),
    ...                      "pages": [3, None, 5], "found": [True, None, False]})
    >>> session_activity(rows, [("2026-02-01", "2026-03-01")])[["customer_id", "visits", "pages", "paged", "found"]]
      customer_id  visits  pages  paged  found
    0          ?2       1      5      1      0
    1           a       2      3      1      1
    """
    rows, as_pandas = _events(sessions, "sessions", _VISITS)
    rows = with_robots(rows)
    number = (rows.row if "row" in rows.columns else ibis.row_number()) % MOST_GROUPS
    known = rows.customer_id.notnull()  # noqa: PD004  # ibis, not pandas
    nobody = ibis.literal(ANONYMOUS) + number.cast("string")
    rows = rows.mutate(visitors=known.cast("int64"), customer_id=rows.customer_id.cast("string").coalesce(nobody))
    rows = _in_periods(rows, periods)
    told = {column: ibis.ifelse(rows.robot, ibis.null(kind), rows[column]) for column, kind in _VISITS.items()}
    rows = rows.mutate(**told, visitors=rows.visitors * ibis.ifelse(rows.robot, 0, 1))
    looked = rows.found.notnull() & rows.searched.coalesce(True)  # noqa: PD004
    activity = rows.group_by(*_KEYS).aggregate(
        visitors=rows.visitors.max(),
        visits=rows.count(where=~rows.robot),
        robots=rows.count(where=rows.robot),
        pages=whole(rows.pages.sum().coalesce(0)),
        paged=rows.pages.count(),
        seconds=rows.seconds.sum().coalesce(0),
        timed=rows.seconds.count(),
        found=rows.count(where=looked & rows.found),
        looked=rows.count(where=looked),
        goal_met=rows.count(where=rows.goal_met),
        aimed=rows.goal_met.count(),
        converted=rows.count(where=rows.converted),
        counted=rows.converted.count(),
    )
    return answer(activity, as_pandas=as_pandas, order=_KEYS)


def with_robots(visits: Relation) -> Relation:
    """The visits with `robot`: too many of one customer on a day, or pages faster than a person can look at them."""
    each = visits.filter(visits.customer_id.notnull()).group_by("customer_id", "day")  # noqa: PD004
    visits = left_join(visits, each.aggregate(visits_=lambda t: t.count()), ["customer_id", "day"])
    robot = (visits.visits_ > MOST_VISITS_A_DAY).coalesce(False)
    if {"pages", "seconds"} <= set(visits.columns):
        fast = (visits.pages >= FEWEST_PAGES) & (visits.pages > PAGES_A_SECOND * visits.seconds)
        robot = robot | fast.coalesce(False)
    return visits.mutate(robot=robot)


def message_activity(messages: TableLike, periods: Sequence[Period]) -> Any:
    """One row a customer and period (of the day of sending): messages delivered, and those that have been opened.

    A DataFrame, sorted (an ibis table where one was given), with customer_id, period, delivered, opened.

    >>> rows = pd.DataFrame({"customer_id": ["a", "a"], "day": pd.to_datetime(["2026-02-01"] * 2),
    ...                      "opened_at": pd.to_datetime(["2026-02-01 10:00", None])})
    >>> message_activity(rows, [("2026-02-01", "2026-03-01")])
      customer_id  period  delivered  opened
    0           a       0          2       1
    """
    rows, as_pandas = _events(messages, "messages", {"opened_at": "timestamp"})
    rows = _in_periods(rows, periods)
    activity = rows.group_by(*_KEYS).aggregate(delivered=rows.count(), opened=rows.opened_at.count())
    return answer(activity, as_pandas=as_pandas, order=_KEYS)


def ticket_times(tickets: TableLike, period: Period) -> Any:
    """One row a ticket that was opened in a period: when it was opened, first answered and closed.

    A DataFrame, sorted (an ibis table where one was given), with customer_id, opened_at, first_response_at, closed_at
    (local time, missing where it has not happened).

    >>> rows = pd.DataFrame({"customer_id": ["a"], "day": pd.to_datetime(["2026-02-01"]), "closed_at": [pd.NaT],
    ...                      "opened_at": pd.to_datetime(["2026-02-01 10:00"])})
    >>> ticket_times(rows, ("2026-02-01", "2026-03-01")).values.tolist()
    [['a', Timestamp('2026-02-01 10:00:00'), NaT, NaT]]
    """
    instants = dict.fromkeys(("opened_at", "first_response_at", "closed_at"), "timestamp")
    rows, as_pandas = _events(tickets, "tickets", instants)
    rows = _in_periods(rows, [period]).select("customer_id", *instants)
    return answer(rows, as_pandas=as_pandas, order=["opened_at", "customer_id"])


def rows_by_kind(company: Workspace, name: str, column: str, start: DayLike, end: DayLike) -> dict[str, pd.DataFrame]:
    """A table's rows from `start` up to, not including, `end`, by what a column says of their kind, the largest first.

    Up to twelve kinds; none where there is no such column.
    """
    rows = canonical(company, name)
    if column not in rows.columns:
        return {}
    start, end = _check([(start, end)])[0]
    rows = rows.filter((rows.day >= ibis.date(start)) & (rows.day < ibis.date(end)) & rows[column].notnull())  # noqa: PD004
    kinds = rows.group_by(column).aggregate(n=rows.count()).order_by(ibis.desc("n"), column).limit(MOST_KINDS)
    names = kinds[column].to_pyarrow().to_pylist()
    frame = rows.filter(rows[column].isin(names)).to_pyarrow().to_pandas(date_as_object=False)
    return {kind: frame[frame[column] == kind].reset_index(drop=True) for kind in names}


def kinds_since(company: Workspace, name: str, column: str, start: DayLike, end: DayLike) -> pd.DataFrame:
    """By what a column says of the kind of a table's rows up to, not including, `end`: first day, share since `start`.

    Columns first and share of the rows from `start` on; no rows where there is no such column. Of `FORM` the kinds are
    the forms of customers' ids: how letters and digits take turns, with the letters where an id begins with one.
    """
    rows = canonical(company, name)
    if column == FORM:
        form = id_form(rows.customer_id)
        rows = rows.mutate(**{FORM: ibis.ifelse(form.startswith("@"), "@", form)})
    if column not in rows.columns:
        return pd.DataFrame({"first": pd.to_datetime([]), "share": []})
    start, end = _check([(start, end)])[0]
    rows = rows.filter((rows.day < ibis.date(end)) & rows[column].notnull())  # noqa: PD004  # ibis
    counted = (rows.day >= ibis.date(start)).sum()
    frame: pd.DataFrame = rows.group_by(column).aggregate(first=rows.day.min(), n=counted).to_pyarrow().to_pandas()
    return frame.assign(first=pd.to_datetime(frame["first"]), share=frame["n"] / max(frame["n"].sum(), 1))


def referrals(customers: TableLike, period: Period) -> pd.DataFrame | None:
    """One row an eligible customer, and one a referrer beside them: how many new customers each has brought.

    Of a workspace or of canonical customers, with an attribute `referred_by`: the id of the customer who referred this
    one, or any text that says so (each text is then a referrer); missing, or a word for no, where nobody did. New is
    who joined in the period, eligible (1 or 0) who had joined before it. None where there is no `referred_by`, or
    nobody is eligible.

    >>> rows = pd.DataFrame({"customer_id": ["a", "b", "c"], "referred_by": [None, None, "a"],
    ...                      "joined_on": pd.to_datetime(["2025-01-01", "2025-02-01", "2026-02-03"])})
    >>> referrals(rows, ("2026-02-01", "2026-03-01")).values.tolist()
    [['a', 1, 1], ['b', 1, 0]]
    """
    rows = canonical(customers, "customers")
    if not {"referred_by", "joined_on"} <= set(rows.columns):
        return None
    start, end = _check([period])[0]
    rows = rows.mutate(joined_on=rows.joined_on.cast("date"), referred_by=rows.referred_by.cast("string"))
    base = rows.filter(rows.joined_on < ibis.date(start)).select("customer_id", eligible=ibis.literal(1, "int64"))
    new = rows.filter((rows.joined_on >= ibis.date(start)) & (rows.joined_on < ibis.date(end)))
    said = new.referred_by.strip().lower()
    new = new.filter(new.referred_by.notnull() & ~said.isin(_NOBODY) & (new.referred_by != new.customer_id))  # noqa: PD004
    counted = new.group_by(customer_id=new.referred_by).aggregate(referred=new.count())
    people, brought = (table.to_pyarrow().to_pandas() for table in (base, counted))
    if not len(people):
        return None
    frame: pd.DataFrame = people.merge(brought, on="customer_id", how="outer").fillna({"eligible": 0, "referred": 0})
    frame = frame.astype({"eligible": "int64", "referred": "int64"})
    return frame.sort_values("customer_id", kind="stable", ignore_index=True)


_VISITS = {
    "pages": "int64", "seconds": "float64", "searched": "boolean", "found": "boolean", "goal_met": "boolean",
    "converted": "boolean",
}  # fmt: skip


def _events(table: TableLike, name: str, columns: Mapping[str, str]) -> tuple[Relation, bool]:
    """Rows with a customer and a day, of one type each, and of `columns` those that are missing as unknown."""
    as_pandas = isinstance(table, pd.DataFrame | Workspace)
    rows = canonical(table, name)
    missing = {column: ibis.null(kind) for column, kind in columns.items() if column not in rows.columns}
    typed = {column: rows[column].cast(kind) for column, kind in columns.items() if column in rows.columns}
    return rows.mutate(**missing, **typed), as_pandas


def _check(periods: Sequence[Period]) -> list[tuple[dt.date, dt.date]]:
    spans = [(as_day(start, "start"), as_day(end, "end")) for start, end in periods]
    for start, end in spans:
        if start is None or end is None or start >= end:
            raise DataError(
                f"a period is ({start}, {end}): it must end after it starts. Write its days, as 2026-01-01."
            )
    if not spans:
        raise DataError("there is no period. Write at least one, as ('2026-01-01', '2026-02-01').")
    return spans  # type: ignore[return-value]


def _in_periods(rows: Relation, periods: Sequence[Period]) -> Relation:
    """`rows` once for each period that they lie in, with its number and its start."""
    spans = pd.DataFrame(_check(periods), columns=["start", "until"]).rename_axis("period").reset_index()
    table = ibis.memtable(spans).mutate(start=lambda t: t.start.cast("date"), until=lambda t: t.until.cast("date"))
    return rows.join(table, [rows.day >= table.start, rows.day < table.until])
