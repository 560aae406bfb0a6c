"""Churn snapshots: what was known at a cut-off, never what came after it; who left; what cannot be asked."""

import datetime as dt

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ibis.config import Config

from cxlib.data import (
    SNAPSHOT_FEATURES,
    SnapshotDesign,
    Workspace,
    churn_snapshots,
    open_workspace,
    snapshot_cut_offs,
    write_snapshots,
)
from cxlib.data.frames import cut_offs as cut_off_module
from cxlib.data.frames import features as feature_module
from cxlib.errors import DataError

CUT = pd.Timestamp("2025-09-01")
START, END = pd.Timestamp("2025-01-01"), pd.Timestamp("2025-12-31")
SPAN = (END - START).days


class SparkOptions(Config):
    """What Spark's backend of ibis sets in a session."""

    treat_nan_as_null: bool = False


def on(number):
    """A day by its number from the start of 2025."""
    return START + pd.Timedelta(days=int(number))


def make_company(seed, customers=8):
    """Tables of every kind with random rows in 2025."""
    random = np.random.default_rng(seed)
    ids = [f"c{number}" for number in range(customers)]

    def drawn(n):
        return random.choice(ids, n), [on(number) for number in random.integers(0, SPAN + 1, n)]

    who, day = drawn(90)
    cents = random.choice([-500, 0, 300, 900, 2500], 90, p=[0.1, 0.05, 0.3, 0.3, 0.25])
    extra = {"product": random.choice(["x", "y", "z"], 90), "channel": random.choice(["app", "web"], 90)}
    sales = pd.DataFrame({"customer_id": who, "day": day, "amount_cents": cents, **extra})
    asked, asked_day = drawn(40)
    opened = pd.Series(asked_day) + pd.to_timedelta(random.integers(0, 1440, 40), unit="min")
    closed = (opened + pd.to_timedelta(random.integers(1, 90_000, 40), unit="min")).where(random.random(40) < 0.8)
    tickets = pd.DataFrame({"customer_id": asked, "day": asked_day, "opened_at": opened, "closed_at": closed})
    said, said_day = drawn(40)
    answers = {"nps": random.integers(0, 11, 40), "csat": random.integers(1, 6, 40).astype(float)}
    came, came_day = drawn(60)
    flags = {name: random.random(60) < 0.5 for name in ("searched", "found", "goal_met")}
    sent, sent_day = drawn(60)
    seen = (pd.Series(sent_day) + pd.to_timedelta(random.integers(0, 60_000, 60), unit="min")).where(
        random.random(60) < 0.6
    )
    return {
        "customers": pd.DataFrame(
            {"customer_id": ids, "joined_on": [on(n) for n in random.integers(0, SPAN, customers)]}
        ),
        "transactions": sales,
        "memberships": make_memberships(random, ids),
        "tickets": tickets,
        "surveys": pd.DataFrame({"customer_id": said, "day": said_day, **answers}),
        "sessions": pd.DataFrame({"customer_id": came, "day": came_day, "pages": random.integers(0, 9, 60), **flags}),
        "messages": pd.DataFrame({"customer_id": sent, "day": sent_day, "opened_at": seen}),
    }


def make_memberships(random, ids):
    """Up to three memberships a customer, one after the other; the last may run."""
    rows = []
    for one in ids:
        day = int(random.integers(0, 120))
        for _ in range(3):
            length, gap = random.integers(5, 150), random.integers(0, 60)
            ends = on(day + length) if random.random() < 0.8 else pd.NaT
            plan, price = ("annual", 34900) if random.random() < 0.4 else ("monthly", 3900)
            rows.append((one, on(day), ends, plan, price))
            day += int(length + gap) + 1
            if pd.isna(ends) or day > SPAN:
                break
    return pd.DataFrame(rows, columns=["customer_id", "started_on", "ended_on", "plan", "price_cents"])


def with_another_future(tables, cut_off, seed):
    """The same past; what happens on or after the cut-off is changed, deleted and added to."""
    random = np.random.default_rng(seed)
    changed = {}
    for name, table in tables.items():
        dated = "started_on" if name == "memberships" else "joined_on" if name == "customers" else "day"
        late = table[dated] >= cut_off
        kept = table[~late | (random.random(len(table)) < 0.5)].copy() if name != "customers" else table.copy()
        for column in ("ended_on", "closed_at", "opened_at"):
            if column in kept and column != dated:
                # What is still to come may come sooner, later or never; the past stays.
                unknown = kept[column].isna() | (kept[column] >= cut_off)
                later = cut_off + pd.to_timedelta(random.integers(0, 200_000, len(kept)), unit="min")
                later = later.normalize() if column == "ended_on" else later
                later = pd.Series(later, index=kept.index).where(random.random(len(kept)) < 0.6)
                kept[column] = kept[column].where(~unknown, later)
        if name == "tickets":
            past = tables[name].loc[kept.index, "opened_at"]
            kept["opened_at"] = past.where(kept["day"] < cut_off, kept["opened_at"].fillna(past))
        for column in ("amount_cents", "nps", "pages"):
            if column in kept:
                noise = random.integers(0, 9, len(kept))
                kept[column] = kept[column].where(kept[dated] < cut_off, noise)
        if name not in ("memberships", "customers"):
            added = table.sample(10, random_state=seed).copy()
            moved = pd.to_timedelta(6 * np.arange(10), unit="D")  # the first on the cut-off itself
            added["day"] = cut_off + moved
            for column in ("opened_at", "closed_at"):
                if column in added:
                    added[column] = added["day"] + pd.Timedelta(hours=3)
            kept = pd.concat([kept, added], ignore_index=True)
        changed[name] = kept.reset_index(drop=True)
    joined = changed["customers"]["joined_on"]
    changed["customers"]["joined_on"] = joined.where(joined < cut_off, cut_off + pd.Timedelta(days=7))
    return changed


def features_of(tables, kind, **options):
    """Features by customer at the cut-off."""
    design = {"kind": kind, "cut_offs": [CUT], "horizon_days": 60, "observation_end": END, "overlaps": "merge"}
    found = churn_snapshots(tables, SnapshotDesign(**{**design, "one_time": True, **options}))
    return found.drop(columns=["churned", "cut_off"]).set_index("customer_id")


def same_features(one, other):
    """Whether customers who are in both have the same features in both."""
    both = one.index.intersection(other.index)
    try:
        pd.testing.assert_frame_equal(one.loc[both], other.loc[both], check_dtype=False)
    except AssertionError:
        return False
    return True


class TestNoLeak:
    """Nothing from the cut-off on is known at it."""

    @settings(max_examples=2)
    @given(st.integers(0, 10_000), st.integers(0, 10_000), st.sampled_from(["purchases", "memberships"]))
    @example(3, 8, "purchases")
    def test_rows_on_or_after_the_cut_off_cannot_change_a_feature(self, seed, other, kind):
        """Whatever is changed, deleted or added on or after the cut-off in any table, features stay the same.

        For purchases not even the choice of customers depends on it.
        """
        tables = make_company(seed)
        found, later = features_of(tables, kind), features_of(with_another_future(tables, CUT, other), kind)
        assert len(found)
        assert same_features(found, later)
        assert kind == "memberships" or found.index.tolist() == later.index.tolist()

    @pytest.mark.parametrize(
        ("guard", "events"), [("cut-off", "tickets"), ("closed_at", "tickets"), ("opened_at", "messages")]
    )
    def test_the_test_sees_a_missing_guard(self, guard, events, monkeypatch):
        """With the cut-off's own day let in, or with ends and openings known ahead, the same comparison fails."""
        if guard == "cut-off":
            one = dt.timedelta(days=1)
            days = cut_off_module._days
            monkeypatch.setattr(cut_off_module, "_days", lambda start, end: days(start, end + one))
        elif guard == "closed_at":
            honest = feature_module.ticket_features
            known = "cxlib.data.frames.features._EVENTS"
            monkeypatch.setitem(_resolved(known), "tickets", lambda t, days: honest(_as_if_known(t, "closed_at"), days))
        else:
            sincere = feature_module.message_features
            known = "cxlib.data.frames.features._EVENTS"
            monkeypatch.setitem(
                _resolved(known), "messages", lambda t, days: sincere(_as_if_known(t, "opened_at"), days)
            )
        made = make_company(5, customers=20)
        one, other = (
            features_of({name: tables[name] for name in ("transactions", events)}, "purchases")
            for tables in (made, with_another_future(made, CUT, 55))
        )
        assert not same_features(one, other)

    def test_a_ticket_that_closes_later_is_open(self):
        """At the cut-off a ticket that closes on it is open, and its duration is not in the mean."""
        tables = {"transactions": sales(("a", 0), ("a", 9), ("a", 200))}
        opened = pd.Timestamp("2025-01-21 10:00")
        rows = pd.DataFrame({"customer_id": ["a", "a"], "day": [opened.normalize()] * 2, "opened_at": [opened] * 2})
        rows["closed_at"] = [pd.Timestamp("2025-01-21 13:00"), pd.Timestamp("2025-02-01 00:00")]
        on_it = at({**tables, "tickets": rows}, "2025-02-01")
        after = at({**tables, "tickets": rows}, "2025-02-02")
        assert on_it[["open_tickets", "mean_hours_to_close_365d"]].tolist() == [1, 3]
        assert after[["open_tickets", "mean_hours_to_close_365d"]].tolist() == [0, (3 + 254) / 2]

    def test_a_membership_that_ends_later_runs(self):
        """The plan is that of the day before the cut-off, and an agreed end does not end it."""
        members = memberships(("a", 0, 99, "monthly"), ("a", 100, 120, "annual"))
        tables = {"transactions": sales(("a", 0), ("a", 9), ("a", 200)), "memberships": members}
        assert at(tables, str(on(100).date()))[["plan", "membership_days", "renewals"]].isna().all()
        assert at(tables, str(on(99).date()))[["plan", "membership_days", "renewals"]].tolist() == ["monthly", 99, 0]
        assert at(tables, str(on(101).date()))[["plan", "membership_days", "renewals"]].tolist() == ["annual", 101, 1]


def _resolved(path):
    from importlib import import_module

    module, name = path.rsplit(".", 1)
    return getattr(import_module(module), name)


def _as_if_known(table, column):
    """The table as if each instant of `column` had been known from the first day on."""
    first = ibis.timestamp("2000-01-01 00:00:00")
    return table.mutate(**{column: ibis.ifelse(table[column].notnull(), first, None)})


def sales(*entries):
    """Transactions from (customer, day number[, cents])."""
    rows = [(one, on(number), cents[0] if cents else 1000) for one, number, *cents in entries]
    return pd.DataFrame(rows, columns=["customer_id", "day", "amount_cents"])


def memberships(*entries):
    """Memberships from (customer, first day, last day or None, plan)."""
    rows = [(one, on(first), pd.NaT if last is None else on(last), plan, 3900) for one, first, last, plan in entries]
    return pd.DataFrame(rows, columns=["customer_id", "started_on", "ended_on", "plan", "price_cents"])


def at(tables, cut_off, **options):
    """The only customer's row at a cut-off."""
    found = churn_snapshots(tables, SnapshotDesign(kind="purchases", cut_offs=[cut_off], horizon_days=20, **options))
    assert len(found) == 1
    return found.iloc[0]


class TestFeatures:
    """What they say, by hand and against pandas."""

    def test_purchases_by_hand(self):
        """Three purchase days, a refund day and a day that is not yet known."""
        table = sales(("a", 0), ("a", 10, 2000), ("a", 100, 3000), ("a", 105, -600), ("a", 110), ("a", 300))
        found = at({"transactions": table}, str(on(110).date()))
        assert found["days_since_last_purchase"] == 10
        assert found[["customer_days", "purchase_days", "purchase_days_90d"]].tolist() == [110, 3, 1]
        assert found["purchase_days_before_90d"] == 2
        assert found[["spend_cents_90d", "spend_cents_365d", "value_cents"]].tolist() == [2400, 5400, 5400]
        assert found[["mean_order_cents", "mean_gap_days", "overdue_ratio"]].tolist() == [2000, 50, 0.2]
        assert found["refund_share"] == 0.1

    def test_returns_that_are_booked_later_make_nobody_worth_less_than_nothing(self):
        """What was bought more than a year ago and is given back now: the churn report fell on it."""
        table = sales(("a", 0, 5000), ("a", 20, 1000), ("a", 400, -4000), ("a", 402, 1000), ("a", 480))
        study = {"kind": "purchases", "cut_offs": [str(on(410).date())], "horizon_days": 20}
        found = churn_snapshots({"transactions": table}, SnapshotDesign(**study)).iloc[0]
        assert found[["spend_cents_365d", "value_cents"]].tolist() == [-3000, 0]

    def test_windows_as_pandas_counts_them(self):
        """Tickets, answers, visits, messages, products: counts and days since, with pandas, at every cut-off."""
        made = [make_company(seed) for seed in (1, 2, 3)]  # in one query, which is what takes time
        own_ids = [{name: t.assign(customer_id=f"{n} " + t["customer_id"]) for name, t in one.items()}
                   for n, one in enumerate(made)]  # fmt: skip
        tables = {name: pd.concat([one[name] for one in own_ids], ignore_index=True) for name in made[0]}
        days = [pd.Timestamp("2025-05-05"), CUT]
        found = churn_snapshots(
            tables,
            SnapshotDesign(kind="purchases", cut_offs=days, horizon_days=60, overlaps="merge", observation_end=END),
        )
        for cut in days:
            own = found[found["cut_off"] == cut].set_index("customer_id")
            past = {n: t.assign(age=(cut - t["day"]).dt.days).query("age > 0") for n, t in tables.items() if "day" in t}

            def count(name, low, high, past=past, own=own):
                rows = past[name][past[name]["age"].between(low, high)]
                return rows.groupby("customer_id").size().reindex(own.index, fill_value=0).tolist()

            assert own["tickets_90d"].tolist() == count("tickets", 1, 90)
            assert own["responses_365d"].tolist() == count("surveys", 1, 365)
            assert own["messages_90d"].tolist() == count("messages", 1, 90)
            assert own["sessions_90d"].tolist() == count("sessions", 1, 90)
            if cut - pd.Timedelta(days=90) > tables["sessions"]["day"].min():
                assert own["sessions_before_90d"].tolist() == count("sessions", 91, 180)
            kinds = past["transactions"].groupby("customer_id")["product"].nunique()
            assert own["products"].tolist() == kinds.reindex(own.index).tolist()
            since = past["surveys"].groupby("customer_id")["age"].min().reindex(own.index)
            assert own["days_since_last_answer"].fillna(-1).tolist() == since.fillna(-1).tolist()
            lowest = past["surveys"].sort_values(["day", "nps"], ascending=[False, True]).drop_duplicates("customer_id")
            last = lowest.set_index("customer_id")["nps"].reindex(own.index)
            assert own["last_nps"].fillna(-1).tolist() == last.fillna(-1).tolist()

    def test_a_count_before_the_table_begins_is_unknown(self):
        """Visits recorded from day 100 on: none at day 90 is missing, none at day 150 is zero."""
        visits = pd.DataFrame({"customer_id": ["z"], "day": [on(100)], "pages": [3]})
        tables = {"transactions": sales(("a", 0), ("a", 9), ("a", 300)), "sessions": visits}
        found = churn_snapshots(tables, SnapshotDesign(kind="purchases", cut_offs=[on(90), on(150)], horizon_days=20))
        assert found["sessions_90d"].isna().tolist() == [True, False]
        assert found["sessions_90d"].iloc[1] == 0
        assert found["sessions_before_90d"].isna().all()
        assert found["days_since_last_session"].isna().all()

    def test_features_come_with_their_tables(self):
        """Every feature is named in SNAPSHOT_FEATURES under a table, and is there only with it."""
        tables = make_company(1)
        every = [name for names in SNAPSHOT_FEATURES.values() for name in names]
        assert features_of(tables, "purchases").columns.drop("value_cents").tolist() == every
        alone = features_of({"transactions": tables["transactions"]}, "purchases")
        assert alone.columns.drop("value_cents").tolist() == list(SNAPSHOT_FEATURES["transactions"])
        members = features_of({"memberships": tables["memberships"]}, "memberships")
        assert members.columns.drop("value_cents").tolist() == list(SNAPSHOT_FEATURES["memberships"])

    def test_attributes_keep_their_kind(self):
        """Text stays text, numbers stay numbers, and what is missing throughout is left out and said."""
        people = pd.DataFrame(
            {"customer_id": ["a", "b"], "region": ["north", "south"], "age": [40, 50], "fax": [None] * 2}
        )
        tables = {"transactions": sales(("a", 0), ("a", 9), ("a", 300)), "customers": people}
        found = churn_snapshots(
            tables,
            SnapshotDesign(kind="purchases", cut_offs=[on(90)], horizon_days=20, attributes=["region", "age", "fax"]),
        )
        assert found[["region", "age"]].values.tolist() == [["north", 40]]
        assert "fax" not in found
        assert found.attrs["left_out"] == ("fax",)

    def test_customer_days_count_from_joining(self):
        """Who joined before the first purchase has been a customer since then; a later day is not known yet."""
        tables = {"transactions": sales(("a", 20), ("a", 30), ("a", 300))}
        for joined, days in ((on(0), 90), (on(200), 70), (pd.NaT, 70)):
            people = pd.DataFrame({"customer_id": ["a"], "joined_on": [joined]})
            assert at({**tables, "customers": people}, str(on(90).date()))["customer_days"] == days

    def test_value_has_the_yearly_price(self):
        """The money of members is what they spent in a year and the year's payments."""
        tables = {
            "memberships": memberships(
                ("a", 0, None, "annual"), ("b", 0, None, "monthly"), ("c", 0, 200, "m"), ("z", 300, None, "m")
            )
        }
        options = {"kind": "memberships", "cut_offs": [on(90)], "horizon_days": 20}
        found = churn_snapshots(tables, SnapshotDesign(**options, payments_per_year={"annual": 1}))
        assert found["value_cents"].tolist() == [3900, 12 * 3900, 12 * 3900]
        spent = {**tables, "transactions": sales(("a", 50, 700), ("a", 95, 700))}
        assert churn_snapshots(spent, SnapshotDesign(**options, payments_per_year=2))["value_cents"].tolist() == [
            8500,
            7800,
            7800,
        ]


class TestOutcome:
    """Who could leave, and who did."""

    def test_purchases(self):
        """Customers with two purchase days, the last recent enough; they stay with a purchase in the outcome."""
        table = sales(
            ("stays", 50), ("stays", 80), ("stays", 111), ("leaves", 50), ("leaves", 80), ("late", 50), ("late", 80),
            ("late", 121), ("once", 80), ("gone", 0), ("gone", 5), ("same day", 50), ("same day", 80),
            ("same day", 100), ("z", 330),
        )  # fmt: skip
        options = {"kind": "purchases", "cut_offs": [on(100)], "horizon_days": 10, "gap_days": 10, "alive_days": 60}
        found = churn_snapshots({"transactions": table}, SnapshotDesign(**options)).set_index("customer_id")["churned"]
        assert found.to_dict() == {"late": 1, "leaves": 1, "same day": 1, "stays": 0}
        with_one = churn_snapshots({"transactions": table}, SnapshotDesign(**options, one_time=True))
        assert with_one.loc[with_one["purchase_days"] == 1, "customer_id"].tolist() == ["once"]

    def test_memberships(self):
        """They leave with an end in the outcome that no new membership follows within 30 days."""
        rows = memberships(
            ("ends", 0, 115, "m"), ("runs", 0, None, "m"), ("renews", 0, 115, "m"), ("renews", 145, None, "m"),
            ("returns late", 0, 115, "m"), ("returns late", 146, None, "m"), ("in the gap", 0, 110, "m"),
            ("too late", 0, 121, "m"), ("not yet", 100, None, "m"), ("agreed", 0, 900, "m"), ("last day", 0, 120, "m"),
            ("z", 300, None, "m"),
        )  # fmt: skip
        found = churn_snapshots(
            {"memberships": rows}, SnapshotDesign(kind="memberships", cut_offs=[on(100)], horizon_days=10, gap_days=10)
        ).set_index("customer_id")["churned"]
        assert found.to_dict() == {
            "agreed": 0, "ends": 1, "last day": 1, "renews": 0, "returns late": 1, "runs": 0, "too late": 0,
        }  # fmt: skip

    def test_cut_offs_end_with_the_data(self):
        """They are spaced by the horizon, the outcome of the last one ends on the last day; open ones are today's."""
        tables = {"transactions": sales(*[(one, day) for one in "ab" for day in range(0, SPAN + 1, 7)], ("a", SPAN))}
        found = snapshot_cut_offs(tables, SnapshotDesign(kind="purchases", horizon_days=60, gap_days=5))
        assert found["cut_off"].diff().dropna().dt.days.unique().tolist() == [60]
        assert found["outcome_until"].iloc[-1] == END
        assert ((found["outcome_from"] - found["cut_off"]).dt.days == 6).all()
        assert found["complete"].all()
        rows = churn_snapshots(
            tables, SnapshotDesign(kind="purchases", horizon_days=60, gap_days=5, open_cut_offs=True)
        )
        assert rows.loc[rows["churned"].isna(), "cut_off"].unique().tolist() == [END + pd.Timedelta(days=1)]
        assert sorted(rows["cut_off"].unique()[:-1]) == found["cut_off"].tolist()

    def test_dropped_cut_offs_are_listed(self):
        """A cut-off whose outcome runs past the data has no rows, and stands in the list without a base rate."""
        tables = {"transactions": sales(("a", 0), ("a", 9), ("b", 0), ("c", 0), ("c", 5), ("c", 45), ("a", 100))}
        options = {"kind": "purchases", "cut_offs": [on(40), on(90)], "horizon_days": 30}
        assert churn_snapshots(tables, SnapshotDesign(**options))["cut_off"].unique().tolist() == [on(40)]
        found = snapshot_cut_offs(tables, SnapshotDesign(**options))
        assert found["complete"].tolist() == [True, False]
        assert found.loc[0, ["customers", "churned", "base_rate", "one_time", "one_time_churned"]].tolist() == [
            2, 1, 0.5, 1, 1,
        ]  # fmt: skip
        assert found.loc[1, ["churned", "base_rate"]].isna().all()

    def test_counts_are_those_of_the_snapshots(self):
        """Customers and churned of the list are counted from the rows of the frame, for both kinds."""
        tables = make_company(5, customers=20)
        for kind in ("purchases", "memberships"):
            options = {"kind": kind, "horizon_days": 40, "overlaps": "merge", "observation_end": END}
            rows = churn_snapshots(tables, SnapshotDesign(**options)).groupby("cut_off")["churned"].agg(["size", "sum"])
            listed = snapshot_cut_offs(tables, SnapshotDesign(**options)).set_index("cut_off")
            assert rows["size"].tolist() == listed["customers"].tolist()
            assert rows["sum"].tolist() == listed["churned"].tolist()

    def test_outcomes_of_several_lengths_are_counted_at_once(self):
        """Each cut-off counts as one that is asked alone, with its own horizon."""
        tables, lengths = make_company(5, customers=20), {on(300).date(): 30, on(260).date(): 60}
        options = {"kind": "purchases", "horizon_days": 30, "one_time": True, "observation_end": END}
        both = snapshot_cut_offs(tables, SnapshotDesign(cut_offs=[*lengths], **options), lengths=lengths)
        alone = [
            snapshot_cut_offs(tables, SnapshotDesign(cut_offs=[day], **options | {"horizon_days": days}))
            for day, days in sorted(lengths.items())
        ]
        pd.testing.assert_frame_equal(both, pd.concat(alone, ignore_index=True))
        assert both["churned"].min() > 0


class TestFaces:
    """Frames, expressions, files, engines."""

    def test_ibis_in_ibis_out(self):
        """An ibis table is answered with an expression of the same rows."""
        tables = make_company(2)
        options = {
            "kind": "purchases",
            "cut_offs": [CUT],
            "horizon_days": 60,
            "overlaps": "merge",
            "observation_end": END,
        }
        lazy = churn_snapshots(
            {name: ibis.memtable(table) for name, table in tables.items()}, SnapshotDesign(**options)
        )
        assert isinstance(lazy, ibis.Table)
        found = lazy.to_pyarrow().to_pandas(date_as_object=False).sort_values("customer_id", ignore_index=True)
        pd.testing.assert_frame_equal(found, churn_snapshots(tables, SnapshotDesign(**options)))

    def test_files_hold_the_same_rows(self, tmp_path):
        """Written cut-off by cut-off the rows are those of the frame; a folder that holds something is refused."""
        tables = make_company(4)
        for kind in ("purchases", "memberships"):
            options = {"kind": kind, "horizon_days": 60, "cut_offs": 2, "overlaps": "merge", "observation_end": END}
            files = write_snapshots(tables, SnapshotDesign(**options), tmp_path / kind)
            found = pd.concat([pd.read_parquet(file, partitioning=None) for file in files])
            found = found.sort_values(["cut_off", "customer_id"], ignore_index=True)
            expected = churn_snapshots(tables, SnapshotDesign(**options))
            found["cut_off"] = pd.to_datetime(found["cut_off"]).astype(expected["cut_off"].dtype)
            pd.testing.assert_frame_equal(found[expected.columns.tolist()], expected, check_dtype=False)
        with pytest.raises(DataError, match="not empty"):
            write_snapshots(tables, SnapshotDesign(**options), tmp_path)

    @pytest.mark.parametrize("dialect", ["pyspark", "postgres"])
    @pytest.mark.parametrize("kind", ["purchases", "memberships"])
    def test_other_engines_have_a_translation(self, kind, dialect, monkeypatch):
        """The whole frame can be said in other engines' SQL."""
        # What ibis takes from a Spark session when there is one.
        monkeypatch.setattr(ibis.options, "pyspark", SparkOptions())
        tables = {name: ibis.memtable(table) for name, table in make_company(2).items()}
        lazy = churn_snapshots(
            tables, SnapshotDesign(kind=kind, cut_offs=[CUT], horizon_days=60, overlaps="merge", observation_end=END)
        )
        assert "SELECT" in str(ibis.to_sql(lazy, dialect=dialect))

    def test_a_workspace(self, workspace):
        """A workspace's own tables give a DataFrame; a membership that ends before it starts is set aside and shown."""
        company = workspace(
            "transactions:\n  path: sales.csv\nmemberships:\n  path: members.csv\n",
            sales__csv="customer_id,at,amount\na,2026-01-01,5\na,2026-01-20,5\na,2026-04-01,5\n",
            members__csv="customer_id,started_on,ended_on\na,2026-01-01,\na,2025-06-01,2025-05-01\nz,2026-03-01,\n",
        )
        found = churn_snapshots(company, SnapshotDesign(kind="memberships", cut_offs=["2026-02-01"], horizon_days=30))
        assert found[["customer_id", "churned", "membership_days"]].values.tolist() == [["a", 0, 31]]
        faults = company.quarantine("memberships")
        assert faults[["source", "row", "column"]].values.tolist() == [["members.csv", 3, "ended_on"]]
        assert faults["rule"].tolist() == ["the later of two dates comes first"]


GOOD = {"transactions": sales(("a", 0), ("a", 9), ("b", 3), ("b", 80), ("a", 200))}


class TestBadInput:
    """What cannot be asked says why, and what can."""

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            ({"horizon_days": 0}, "horizon_days=0 must be at least 1"),
            ({"horizon_days": -5}, "must be at least 1"),
            ({"gap_days": -1}, "gap_days=-1 must be 0 or more"),
            ({"horizon_days": 400}, "longer than the data, 2025-01-01 to 2025-07-20. Choose a horizon of at most 199"),
            ({"cut_offs": ["2024-12-01"]}, "2024-12-01 lies before any data"),
            ({"cut_offs": ["2025-01-01"]}, "lies before any data"),
            ({"cut_offs": ["2025-09-01"]}, "2025-09-01 lies after the data, which ends on 2025-07-20"),
            ({"cut_offs": ["2025-07-20"]}, "no cut-off of 2025-07-20 has an outcome yet"),
            ({"cut_offs": []}, "no cut-off has an outcome"),
            ({"cut_offs": ["soon"]}, "'soon' is not a day"),
            ({"cut_offs": 50}, "cut_offs=50: only 6 fit"),
            ({"cut_offs": 0}, "cut_offs=0 must be at least 1"),
            ({"every_days": 0}, "every_days=0 must be at least 1"),
            ({"alive_days": 0}, "alive_days=0 must be at least 1"),
            ({"kind": "membership"}, "Did you mean 'memberships'"),
            ({"kind": "memberships"}, "There is no table 'memberships'"),
            ({"attributes": ["region"]}, "There is no table 'customers'"),
        ],
    )
    def test_designs(self, options, says):
        """Horizons, gaps, cut-offs and kinds that make no sense are refused with the remedy."""
        with pytest.raises(DataError, match=says):
            churn_snapshots(GOOD, SnapshotDesign(**{"kind": "purchases", "horizon_days": 30, **options}))

    @pytest.mark.parametrize(
        ("tables", "says"),
        [
            ({"sales": GOOD["transactions"]}, "no table 'sales'"),
            ({**GOOD, "tickets": pd.DataFrame({"customer_id": ["a"]})}, "tickets: there is no column 'day'"),
            ({"transactions": GOOD["transactions"].iloc[:0]}, "no rows"),
            ({**GOOD, "surveys": pd.DataFrame({"customer_id": ["a"], "day": ["x"], "nps": [1]})}, "Make it a date"),
        ],
    )
    def test_tables(self, tables, says):
        """Unknown, incomplete, empty and ill-typed tables are named."""
        with pytest.raises(DataError, match=says):
            churn_snapshots(tables, SnapshotDesign(kind="purchases", horizon_days=30))

    def test_attributes(self):
        """An attribute that does not exist names the nearest; a date and customers in two rows are refused."""
        people = pd.DataFrame(
            {"customer_id": ["a", "a"], "region": ["n", "s"], "joined_on": [on(0)] * 2, "born": [on(0)] * 2}
        )
        options = {"kind": "purchases", "horizon_days": 30}
        for attributes, says in ((["regoin"], "Did you mean 'region'"), (["born"], "neither a number nor a category")):
            with pytest.raises(DataError, match=says):
                churn_snapshots({**GOOD, "customers": people}, SnapshotDesign(**options, attributes=attributes))
        with pytest.raises(DataError, match="1 ids have more than one row"):
            churn_snapshots({**GOOD, "customers": people}, SnapshotDesign(**options, attributes=["region"]))

    def test_overlaps(self):
        """Overlapping memberships name the customer and the rows, unless they are to be merged."""
        rows = memberships(("b", 0, 50, "m"), ("a", 0, 90, "m"), ("a", 60, None, "y"), ("c", 100, None, "m"))
        rows = rows.assign(source="members.csv", row=[2, 3, 4, 5])
        options = {"kind": "memberships", "cut_offs": [on(70)], "horizon_days": 20}
        with pytest.raises(DataError, match=r"customer 'a', members\.csv row 3 .* and members\.csv row 4") as raised:
            churn_snapshots({"memberships": rows}, SnapshotDesign(**options))
        assert "overlaps='merge'" in str(raised.value)
        found = churn_snapshots({"memberships": rows}, SnapshotDesign(**options, overlaps="merge"))
        assert found[["customer_id", "plan", "membership_days"]].values.tolist() == [["a", "y", 70]]

    def test_a_flag_has_no_cut_offs(self):
        """Where all memberships end on the day of the file nothing can be forecast."""
        rows = memberships(("a", 0, 90, "m"), ("b", 10, 90, "m"), ("c", 20, None, "m"))
        with pytest.raises(DataError, match="it says who has left, not when"):
            churn_snapshots({"memberships": rows}, SnapshotDesign(kind="memberships", horizon_days=20))


@pytest.mark.acceptance
class TestOnlineRetail:
    """The two designs that gave an AUC of 1.000 cannot be made."""

    def test_features_and_label_on_one_end_date(self, root, datasets):
        """A cut-off at the end has no label, and a horizon of no days is an error, with recency or without."""
        company = open_workspace(root / "params" / "online_retail").using("transactions")
        end = company.period[1]
        with pytest.raises(DataError, match="has an outcome yet"):
            churn_snapshots(company, SnapshotDesign(kind="purchases", cut_offs=[end], horizon_days=90))
        with pytest.raises(DataError, match="would be known to them"):
            churn_snapshots(company, SnapshotDesign(kind="purchases", cut_offs=[end], horizon_days=0))
        with pytest.raises(DataError, match="negative gap"):
            churn_snapshots(company, SnapshotDesign(kind="purchases", cut_offs=[end], horizon_days=90, gap_days=-90))
        kept = churn_snapshots(
            company, SnapshotDesign(kind="purchases", cut_offs=[end], horizon_days=90, open_cut_offs=True)
        )
        assert kept["churned"].isna().all()

    def test_honest_cut_offs(self, root, datasets):
        """Three cut-offs fit into the year, and no feature tells the outcome better than an honest one can."""
        company = open_workspace(root / "params" / "online_retail").using("transactions")
        listed = snapshot_cut_offs(company, SnapshotDesign(kind="purchases", horizon_days=90))
        assert listed["complete"].all()
        assert len(listed) == 3
        rows = churn_snapshots(company, SnapshotDesign(kind="purchases", horizon_days=90))
        for name in SNAPSHOT_FEATURES["transactions"]:
            if name in rows and rows[name].notna().any():
                known = rows[rows[name].notna()]
                ranks = known[name].rank()
                left = known["churned"] == 1
                area = (ranks[left].mean() - (left.sum() + 1) / 2) / (~left).sum()
                assert 0.15 < area < 0.85, name


def test_workspaces_from_frames_work_too():
    """A workspace made of frames is a workspace."""
    rows = pd.DataFrame({"customer_id": ["a", "a", "a"], "at": ["2026-01-01", "2026-01-20", "2026-04-01"], "amount": 5})
    shop = Workspace.from_frames({"transactions": rows}, currency="GBP", time_zone="UTC")
    found = churn_snapshots(shop, SnapshotDesign(kind="purchases", cut_offs=["2026-02-01"], horizon_days=30))
    assert found["churned"].tolist() == [1]
