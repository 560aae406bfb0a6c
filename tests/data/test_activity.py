"""What customers did in periods: counted by hand, by pandas, and in other engines' words."""

import datetime as dt

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxlib.data import (
    Workspace,
    first_purchases,
    message_activity,
    purchase_activity,
    referrals,
    session_activity,
    ticket_times,
)
from cxlib.errors import DataError

END = "2026-03-01"
FEBRUARY = ("2026-02-01", END)
FEW = settings(max_examples=8)
PERIODS = [FEBRUARY, ("2026-01-01", "2026-02-01"), ("2026-01-15", "2026-02-15")]


def sales(*entries):
    """Canonical rows from (customer, ISO day, cents)."""
    table = pd.DataFrame(entries, columns=["customer_id", "day", "amount_cents"])
    return table.assign(day=pd.to_datetime(table["day"]), row=range(1, len(table) + 1))


def by_pandas(table, start, end):
    """The same in pandas: rows of a customer and day are one order unless only money went back."""
    days = table.groupby(["customer_id", "day"])["amount_cents"].agg(["sum", "min"]).reset_index()
    days["order"] = (days["sum"] > 0) | (days["min"] >= 0)
    first = days[days["order"]].groupby("customer_id")["day"].min()
    inside = days[(days["day"] >= start) & (days["day"] < end)]
    sums = inside.groupby("customer_id").agg(orders=("order", "sum"), revenue_cents=("sum", "sum"))
    began = first.reindex(sums.index)
    sums["customers"] = (sums["orders"] > 0).astype(int)
    sums["new_customers"] = ((sums["orders"] > 0) & (began >= start)).astype(int)
    sums["earlier_orders"] = np.where(began >= start, 0, sums["orders"])
    return sums.reset_index().astype({"orders": int, "earlier_orders": int})


ROWS = st.lists(
    st.tuples(st.sampled_from("abcdé"), st.dates(dt.date(2025, 12, 20), dt.date(2026, 3, 10)), st.integers(-300, 900)),
    min_size=1,
    max_size=40,
)


@FEW
@given(ROWS)
def test_purchases_are_those_that_pandas_counts(entries):
    """In each of three periods, two of which overlap, refunds and days of free items included."""
    table = sales(*entries)
    activity = purchase_activity(table, PERIODS)
    for number, (start, end) in enumerate(PERIODS):
        own = activity[activity["period"] == number].drop(columns="period").reset_index(drop=True)
        pd.testing.assert_frame_equal(own, by_pandas(table, start, end), check_dtype=False)


@FEW
@given(ROWS)
def test_first_and_second_purchase_days(entries):
    """The two earliest purchase days of everybody who has one."""
    table = sales(*entries)
    days = table.groupby(["customer_id", "day"])["amount_cents"].agg(["sum", "min"]).reset_index()
    days = days[(days["sum"] > 0) | (days["min"] >= 0)]
    starts = first_purchases(table).set_index("customer_id")
    for customer, own in days.groupby("customer_id")["day"]:
        ranked = sorted(own)
        assert starts.loc[customer, "first_day"] == ranked[0]
        assert starts.loc[customer, "second_day"] is pd.NaT if len(ranked) < 2 else True
        assert len(ranked) < 2 or starts.loc[customer, "second_day"] == ranked[1]
    assert len(starts) == days["customer_id"].nunique()


def visits(**columns):
    """Four visits in February, two of one customer, one of nobody, one of another."""
    base = {"customer_id": ["a", "a", None, "b"], "day": pd.to_datetime(["2026-02-01"] * 4), "row": [1, 2, 3, 4]}
    return pd.DataFrame({**base, **columns})


class TestSessions:
    """Sums of visits by hand."""

    def test_sums(self):
        """What is not known of a visit counts in neither sum."""
        table = visits(
            pages=[3, None, 5, 1], seconds=[30.5, 10.0, None, 0.0], searched=[True, False, True, None],
            found=[True, True, None, False], goal_met=[None, True, False, False], converted=[True, True, False, False],
        )  # fmt: skip
        activity = session_activity(table, [FEBRUARY]).set_index("customer_id")
        assert activity.loc["a"].to_dict() == {
            "period": 0, "visitors": 1, "visits": 2, "pages": 3, "paged": 1, "seconds": 40.5, "timed": 2, "found": 1,
            "looked": 1, "goal_met": 1, "aimed": 1, "converted": 2, "counted": 2, "robots": 0,
        }  # fmt: skip
        assert activity.loc["?3", ["visitors", "pages", "timed", "looked", "aimed"]].tolist() == [0, 5, 0, 0, 1]
        assert activity.loc["b", ["found", "looked"]].tolist() == [0, 1]

    def test_visits_of_programs_are_counted_apart(self):
        """Over a hundred visits of one id on a day, or more pages than seconds, are no visits and no visitor."""
        people = visits(pages=[3, 4, 12, 40], seconds=[30.5, 60.0, 5.0, 100.0])
        table = pd.concat([people, *[visits().iloc[:1].assign(customer_id="bot")] * 101], ignore_index=True)
        activity = session_activity(table, [FEBRUARY]).set_index("customer_id")
        counts = ["visitors", "visits", "robots"]
        assert activity.loc["bot", counts].tolist() == [0, 0, 101]
        assert activity[counts].sum().tolist() == [2, 3, 102]
        assert activity[["pages", "paged"]].sum().tolist() == [47, 3]

    def test_columns_that_are_missing(self):
        """Sessions without any of the optional columns are visits of which nothing is known."""
        activity = session_activity(visits(), [FEBRUARY])
        assert activity["visits"].sum() == 4
        assert activity[["paged", "timed", "looked", "aimed", "counted"]].to_numpy().sum() == 0

    def test_many_visits_of_nobody(self):
        """More than 50,000 are dealt into 50,000 groups, and none is lost."""
        n = 50_010
        table = pd.DataFrame({"customer_id": pd.Series([None] * n, dtype="str"), "row": np.arange(n), "pages": 1})
        activity = session_activity(table.assign(day=pd.Timestamp("2026-02-01")), [FEBRUARY])
        assert (len(activity), activity["pages"].sum()) == (50_000, n)


class TestTheRest:
    """Messages, tickets and referrals by hand."""

    def test_messages(self):
        """By the day of sending; whoever opens later has opened."""
        table = pd.DataFrame({"customer_id": ["a", "b", "b"], "day": pd.to_datetime(["2026-02-28"] * 3)})
        opened = message_activity(table.assign(opened_at=pd.to_datetime(["2026-03-09", None, None])), [FEBRUARY])
        assert opened[["delivered", "opened"]].values.tolist() == [[1, 1], [2, 0]]

    def test_tickets_of_a_workspace(self):
        """As they stand there, those of the period only."""
        rows = pd.DataFrame(
            {"ticket_id": ["1", "2"], "customer_id": ["a", None], "opened_at": ["2026-02-28 23:59", "2026-03-01 00:00"]}
        )
        shop = Workspace.from_frames({"tickets": rows}, currency="SAR", time_zone="Asia/Riyadh")
        times = ticket_times(shop, FEBRUARY)
        assert times["opened_at"].tolist() == [pd.Timestamp("2026-02-28 23:59")]
        assert times[["first_response_at", "closed_at"]].isna().all(axis=None)

    def test_referrals(self):
        """Who joined on an unknown day is neither new nor eligible; a referrer whom nobody knows still counts."""
        rows = pd.DataFrame(
            {
                "customer_id": list("abcdef"),
                "joined_on": ["2025-01-01", "2026-01-31", "2026-02-01", "2026-02-28", "2026-03-01", None],
                "referred_by": [None, "a", "a", "a friend", "a", "a"],
            }
        )
        shop = Workspace.from_frames({"customers": rows}, currency="SAR", time_zone="Asia/Riyadh")
        assert referrals(shop, FEBRUARY).values.tolist() == [["a", 1, 1], ["a friend", 0, 1], ["b", 1, 0]]

    def test_words_for_nobody(self):
        """A column of yes and no counts each yes, and nobody refers himself."""
        said = ["no", "No ", "لا", "0", "yes", "g", None]
        joined = pd.to_datetime(["2026-02-03"] * 7 + ["2025-01-01"])
        rows = pd.DataFrame({"customer_id": list("abcdefgh"), "referred_by": [*said, None], "joined_on": joined})
        assert referrals(rows.assign(referred_by=[*said[:5], "f", *said[6:], None]), FEBRUARY)["referred"].sum() == 1
        assert referrals(rows.assign(referred_by=[True, False] * 4), FEBRUARY)["referred"].sum() == 4

    def test_no_referrals(self):
        """Nothing is said where nobody's referrer is recorded, or nobody could refer."""
        rows = pd.DataFrame({"customer_id": ["a"], "joined_on": pd.to_datetime(["2026-02-02"])})
        assert referrals(rows, FEBRUARY) is None
        assert referrals(rows.assign(referred_by=["b"]), FEBRUARY) is None


@pytest.mark.parametrize(
    "periods", [[], [("2026-02-01", "2026-02-01")], [("2026-03-01", "2026-02-01")], [(None, None)]]
)
def test_no_period(periods):
    """A period without a day is refused."""
    with pytest.raises(DataError, match="period"):
        purchase_activity(sales(("a", "2026-01-01", 1)), periods)


@pytest.mark.parametrize("dialect", ["duckdb", "pyspark", "postgres"])
def test_other_engines_have_a_translation(dialect):
    """Each frame can be said in other engines' SQL, and an ibis table is answered with an expression."""
    row = {"customer_id": ["a"], "day": [dt.date(2026, 2, 2)], "row": [1]}
    bought = ibis.memtable(pd.DataFrame({**row, "amount_cents": [-5]}))
    visit = ibis.memtable(pd.DataFrame({**row, "pages": [1], "found": [True]}))
    sent = ibis.memtable(pd.DataFrame({**row, "opened_at": pd.to_datetime(["2026-02-03"])}))
    frames = [
        purchase_activity(bought, [FEBRUARY]), first_purchases(bought), session_activity(visit, [FEBRUARY]),
        message_activity(sent, [FEBRUARY]),
    ]  # fmt: skip
    if dialect == "pyspark":
        del frames[2]  # ibis 12 writes a float column for Spark only where pyspark is installed
    for frame in frames:
        try:
            assert "OVER" not in str(ibis.to_sql(frame, dialect=dialect))
        except ModuleNotFoundError as error:
            pytest.skip(f"{dialect} is not installed: {error}")
