"""Memberships as spells and periods, and gaps between purchases."""

import datetime as dt

import ibis
import numpy as np
import pandas as pd
import pytest

from cxlib.data import (
    SnapshotDesign,
    churn_snapshots,
    flag_only,
    membership_periods,
    membership_spells,
    open_workspace,
    purchase_gaps,
)
from cxlib.errors import DataError

START = pd.Timestamp("2025-01-01")


def on(number):
    """A day by its number from the start of 2025."""
    return pd.NaT if number is None else START + pd.Timedelta(days=number)


def memberships(*entries):
    """Memberships from (customer, first day, last day or None[, plan[, reason]])."""
    full = [(*entry, *("monthly", None)[len(entry) - 3 :]) for entry in entries]
    rows = [(one, on(first), on(last), plan, 3900, reason) for one, first, last, plan, reason in full]
    return pd.DataFrame(rows, columns=["customer_id", "started_on", "ended_on", "plan", "price_cents", "end_reason"])


class TestSpells:
    """One spell for each unbroken membership."""

    def test_breaks(self):
        """30 days away continue a spell and 31 end it; the plan is the first, the reason the last."""
        table = memberships(
            ("a", 0, 50, "monthly", "price"), ("a", 80, 90, "annual", "moved"), ("a", 122, None, "annual"), ("b", 5, 5)
        )
        found = membership_spells(table, observation_end=on(200))
        assert found[["customer_id", "duration_days", "ended", "plan"]].values.tolist() == [
            ["a", 90, True, "monthly"], ["a", 78, False, "annual"], ["b", 0, True, "monthly"],
        ]  # fmt: skip
        assert found["end_reason"].iloc[0] == "moved"
        assert found["end_reason"].isna().tolist() == [False, True, True]
        assert len(membership_spells(table, observation_end=on(200), rejoin_days=0)) == 4

    def test_an_agreed_end_has_not_come(self):
        """A membership that is to end after the study runs; one that starts after it is left out."""
        table = memberships(("a", 0, 300, "monthly", "price"), ("b", 250, None))
        found = membership_spells(table, observation_end=on(200))
        assert found[["customer_id", "duration_days", "ended"]].values.tolist() == [["a", 200, False]]
        assert found["end_reason"].isna().all()

    def test_overlaps(self):
        """Two at the same time are refused by name and row, or merged; a change on the last day is no overlap."""
        table = memberships(("a", 0, 100), ("a", 50, 70))
        with pytest.raises(DataError, match=r"customer 'a', membership 1 .*2025-04-11.* and membership 2"):
            membership_spells(table, observation_end=on(200))
        merged = membership_spells(table, observation_end=on(200), overlaps="merge")
        assert merged["duration_days"].tolist() == [100]
        assert len(membership_spells(memberships(("a", 0, 50), ("a", 50, 70)), observation_end=on(200))) == 1
        with pytest.raises(DataError, match="overlaps='drop' is not known"):
            membership_spells(table, observation_end=on(200), overlaps="drop")

    def test_attributes_and_ibis(self):
        """Attributes are joined, and an ibis table gives an ibis table."""
        table, people = memberships(("a", 0, 50)), pd.DataFrame({"customer_id": ["a"], "region": ["north"]})
        options = {"observation_end": on(90), "customers": people, "attributes": ["region"]}
        assert membership_spells(table, **options)["region"].tolist() == ["north"]
        assert isinstance(membership_spells(ibis.memtable(table), **options), ibis.Table)
        with pytest.raises(DataError, match="There is no table 'customers'"):
            membership_spells(table, observation_end=on(90), attributes=["region"])

    @pytest.mark.parametrize(
        ("change", "options", "says"),
        [
            (lambda t: t.drop(columns="ended_on"), {}, "no column 'ended_on'"),
            (lambda t: t.assign(started_on="2025-01-01"), {}, "'started_on' has type string"),
            (lambda t: t.iloc[:0], {}, "no rows"),
            (lambda t: t, {"observation_end": "2024-06-01"}, "none starts by observation_end 2024-06-01"),
            (lambda t: t, {"observation_end": None}, "observation_end is missing"),
            (lambda t: t, {"rejoin_days": -1}, "rejoin_days=-1 must be 0 or more"),
        ],
    )
    def test_bad_input(self, change, options, says):
        """Missing and ill-typed columns, empty tables and days outside the data are named."""
        with pytest.raises(DataError, match=says):
            membership_spells(change(memberships(("a", 0, 50))), **{"observation_end": on(90), **options})


class TestFlag:
    """Tables that say who has left, but not when."""

    def test_flag_only(self):
        """All ends on the last day of all: a flag. Two days, one end only, or a later start: not."""
        flag = memberships(("a", 0, 90), ("b", 10, 90), ("c", 20, None))
        assert flag_only(flag)
        assert not flag_only(memberships(("a", 0, 90), ("b", 10, 91)))
        assert not flag_only(memberships(("a", 0, 90), ("b", 10, None)))
        assert not flag_only(memberships(("a", 0, 90), ("b", 10, 90), ("c", 91, None)))
        with pytest.raises(DataError, match="it says who has left, not when"):
            membership_periods({"memberships": flag})


class TestPeriods:
    """What a discrete-time hazard is fitted to."""

    def test_windows(self):
        """Events of the 90 days before a period's first day count in it; those of the day itself do not."""
        days = [29, 30, 31, 89, 90, 119, 120]
        tickets = pd.DataFrame({"customer_id": "a", "day": [on(day) for day in days]})
        tickets = tickets.assign(opened_at=tickets["day"], closed_at=pd.NaT)
        surveys = pd.DataFrame({"customer_id": "a", "day": [on(65), on(70)], "nps": [6, 7]})
        tables = {"memberships": memberships(("a", 0, None)), "tickets": tickets, "surveys": surveys}
        found = membership_periods(tables, observation_end=on(180))
        assert found["period"].tolist() == list(range(6))
        expected = [sum(30 * k - 90 <= day < 30 * k for day in days) for k in range(6)]
        assert found["tickets_recent"].tolist() == expected
        assert found["low_rating_recent"].tolist() == [0, 0, 0, 1, 1, 1]
        assert found["begins_on"].tolist() == [on(30 * k) for k in range(6)]
        uneven = membership_periods(tables, observation_end=on(180), window_days=40)
        assert uneven["tickets_recent"].tolist() == [sum(30 * k - 40 <= d < 30 * k for d in days) for k in range(6)]

    def test_periods_that_are_not_over(self):
        """An end on a period's last day belongs to it; a period that the data cuts off is left out, ended or not."""
        table = memberships(("day 30", 0, 30), ("day 31", 0, 31), ("cut", 0, 70), ("runs", 0, None), ("at once", 0, 0))
        found = membership_periods({"memberships": table}, observation_end=on(89))
        assert found.groupby("customer_id")["ended"].agg(["size", "sum"]).T.to_dict("list") == {
            "at once": [1, 1], "cut": [2, 0], "day 30": [1, 1], "day 31": [2, 1], "runs": [2, 0],
        }  # fmt: skip

    def test_rows_after_a_period_begins_cannot_change_it(self):
        """Later tickets change later periods only."""
        random = np.random.default_rng(1)
        days = pd.Series([on(int(day)) for day in random.integers(0, 200, 50)])
        tickets = pd.DataFrame({"customer_id": random.choice(["a", "b"], 50), "day": days, "opened_at": days})
        tickets["closed_at"] = pd.NaT
        tables = {"memberships": memberships(("a", 0, None), ("b", 7, None)), "tickets": tickets}
        one = membership_periods(tables, observation_end=on(200))
        known = {**tables, "tickets": tickets[tickets["day"] < on(90)]}
        other = membership_periods(known, observation_end=on(200))
        early = one["begins_on"] <= on(90)
        pd.testing.assert_frame_equal(one[early], other[early])
        assert not one.equals(other)

    def test_bad_lengths(self):
        """A period or window below a day is refused."""
        with pytest.raises(DataError, match="period_days=0 must be at least 1"):
            membership_periods({"memberships": memberships(("a", 0, None))}, period_days=0)


class TestGaps:
    """Days between purchase days."""

    def test_against_numpy(self):
        """Quantiles are numpy's on the sorted gaps, and returns count those who were away longer."""
        random = np.random.default_rng(2)
        rows = pd.DataFrame({
            "customer_id": random.choice(["a", "b", "c", "d"], 60),
            "day": [on(int(day)) for day in random.integers(0, 300, 60)],
            "amount_cents": 100,
        })  # fmt: skip
        rows = pd.concat([rows, pd.DataFrame({"customer_id": ["once"], "day": [on(5)], "amount_cents": [1]})])
        gaps = purchase_gaps(rows)
        days = rows.drop_duplicates(["customer_id", "day"]).sort_values(["customer_id", "day"])
        closed = days.groupby("customer_id")["day"].diff().dropna().dt.days.to_numpy()
        for share in (0.5, 0.9, 1.0):
            assert gaps.quantile(share) == np.quantile(closed, share, method="inverted_cdf")
        away = (rows["day"].max() - days.groupby("customer_id")["day"].max()).dt.days.to_numpy()
        longer = gaps.lengths[gaps.lengths["days"] > 20]
        assert longer[["closed", "open"]].sum().tolist() == [(closed > 20).sum(), (away > 20).sum()]
        assert gaps.n == len(closed)

    def test_no_gaps(self):
        """Only one-time buyers have no gaps; a share outside 0-1 is refused."""
        rows = pd.DataFrame({"customer_id": ["a"], "day": [on(0)], "amount_cents": [1]})
        with pytest.raises(DataError, match="no customer has two purchase days"):
            purchase_gaps(rows)
        twice = pd.DataFrame({"customer_id": ["a", "a"], "day": [on(0), on(3)], "amount_cents": [1, 1]})
        with pytest.raises(DataError, match=r"share=1\.5"):
            purchase_gaps(twice).quantile(1.5)


@pytest.mark.acceptance
def test_telco_by_mapping_alone(root, datasets):
    """7,043 memberships, 1,869 ended, S(12), S(24), S(60) of .8432, .7887, .6644; a flag without cut-offs."""
    company = open_workspace(root / "params" / "telco")
    assert company.counts[["rows_in", "good"]].values.tolist() == [[7043, 7043]] * 2
    members = company.frame("memberships")
    assert flag_only(members)
    spells = membership_spells(
        members, observation_end=company.as_of, customers=company.frame("customers"), attributes=["total_charges"]
    )
    assert (len(spells), spells["ended"].sum(), spells["total_charges"].isna().sum()) == (7043, 1869, 11)
    found = []
    for months in (12, 24, 60):
        times = np.unique(spells.loc[spells["ended"], "duration_days"])
        at_risk = np.array([(spells["duration_days"] >= time).sum() for time in times])
        events = np.array([(spells["ended"] & (spells["duration_days"] == time)).sum() for time in times])
        found.append(round(float(np.prod((1 - events / at_risk)[times <= months * 30.4375])), 4))
    assert found == [0.8432, 0.7887, 0.6644]
    with pytest.raises(DataError, match="2018-09-30, the day of the file"):
        churn_snapshots(company, SnapshotDesign(kind="memberships", horizon_days=90, cut_offs=[dt.date(2018, 1, 1)]))
