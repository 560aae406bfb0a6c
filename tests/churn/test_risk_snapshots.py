"""What a frame of snapshots must be, and how it is split by time."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxlib.churn.risk import check_snapshots
from cxlib.churn.risk.logistic import Encoding
from cxlib.errors import DataError


def same_customers(snapshots, fold):
    """How many test customers also stand in the training part; by time that is meant, by customer it must be 0."""
    customers = snapshots.known["customer_id"]
    return int(customers.iloc[fold.test].isin(set(customers.iloc[fold.train])).sum())


def days(*texts):
    """Days of texts."""
    return [pd.Timestamp(text) for text in texts]


def test_the_past_is_what_had_ended_by_then(frame):
    """With a horizon of 90 days and cut-offs 31 days apart, three months lie between learning and testing."""
    found = check_snapshots(frame, horizon_days=90)
    assert found.test_cut_off == pd.Timestamp("2025-08-06")
    assert found.past_of(found.test_cut_off)[-1] == pd.Timestamp("2025-05-05")
    fold = found.split()
    learned = found.known.iloc[fold.train]["cut_off"]
    assert (learned + pd.Timedelta(days=90) <= found.test_cut_off).all()
    assert (found.known.iloc[fold.test]["cut_off"] == found.test_cut_off).all()


def test_a_gap_counts_towards_the_past(frame):
    """A gap of ten days moves the last cut-off to learn from back by one."""
    found = check_snapshots(frame, horizon_days=90, gap_days=10)
    assert found.past_of(found.test_cut_off)[-1] == pd.Timestamp("2025-04-04")


@settings(max_examples=12)
@given(horizon=st.integers(20, 120), gap=st.integers(0, 20), apart=st.integers(10, 100))
def test_no_fold_ever_learns_from_the_future(horizon, gap, apart):
    """Whatever the days, each fold learns only from outcomes that were complete by the day it is judged on."""
    rng = np.random.default_rng(horizon)
    cut_offs = pd.to_datetime("2024-01-01") + pd.to_timedelta(apart * np.arange(7), unit="D")
    rows = pd.DataFrame({"customer_id": np.tile(np.arange(300).astype(str), 7), "cut_off": np.repeat(cut_offs, 300)})
    rows = rows.assign(churned=rng.integers(0, 2, len(rows)), x=rng.normal(size=len(rows)))
    found = check_snapshots(rows, horizon_days=horizon, gap_days=gap)
    if found.limits:
        return
    dates = found.known["cut_off"]
    by_time = [fold for fold in found.folds() if set(dates.iloc[fold.train]).isdisjoint(dates.iloc[fold.test])]
    for fold in [*by_time, found.split()]:
        end = found.known["cut_off"].iloc[fold.train].max() + pd.Timedelta(days=gap + horizon)
        assert end <= found.known["cut_off"].iloc[fold.test].min()
    if not by_time:
        assert all(same_customers(found, fold) == 0 for fold in found.folds())
    assert all(found.known["cut_off"].iloc[fold.test].max() < found.test_cut_off for fold in found.folds())


def test_folds_by_customer_where_time_does_not_suffice(frame):
    """With two cut-offs a horizon apart nothing lies before the first: a customer stands on one side."""
    two = frame[frame["cut_off"].isin(days("2025-01-01", "2025-05-05"))]
    found = check_snapshots(two, horizon_days=90)
    assert not found.limits
    assert [same_customers(found, fold) for fold in found.folds()] == [0, 0]


def test_order_of_rows_does_not_matter(frame):
    """Shuffled rows give the same known rows."""
    shuffled = frame.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        check_snapshots(frame, horizon_days=90).known, check_snapshots(shuffled, horizon_days=90).known
    )


def test_open_rows_are_those_to_score(frame):
    """Rows without an outcome are of the last, open cut-off, and no part of what is learned from."""
    found = check_snapshots(frame, horizon_days=90)
    assert set(found.open["cut_off"]) == set(days("2025-09-06"))
    assert found.known["churned"].notna().all()
    assert "value_cents" not in found.features


def test_too_little_is_said_not_raised(frame):
    """One class, fewer than 50 events, no earlier horizon and no feature each have their sentence."""
    early = frame[frame["cut_off"] == frame["cut_off"].min()]
    for rows, words in (
        (frame.assign(churned=frame["churned"] * 0), "Nobody churned"),
        (frame.assign(churned=frame["churned"] * 0 + 1), "snapshots churned, so nothing"),
        (frame.groupby("cut_off").head(150), "and 50 are needed in each"),
        (early, "No earlier cut-off’s horizon of 90 days"),
        (frame[["customer_id", "cut_off", "churned"]], "There is no feature"),
        (frame.assign(churned=np.nan), "outcome is known yet"),
    ):
        assert words in str(check_snapshots(rows, horizon_days=90).limits[0])


def test_columns_that_say_nothing_are_left_out_and_named(frame):
    """An all-missing and a constant column are no features; one with gaps stays."""
    found = check_snapshots(
        frame.assign(empty=np.nan, same=3, gaps=[1.0, np.nan] * (len(frame) // 2) + [1.0] * (len(frame) % 2)),
        horizon_days=90,
    )
    assert {"empty", "same"} == set(found.left_out)
    assert "gaps" in found.features
    assert any(str(note).startswith("Empty: left out") for note in found.notes)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: pd.concat([f, f.iloc[[5]]]), "stands there 2 times on 2025-01-01"),
        (lambda f: f.assign(churned=f["churned"].replace(1, 2)), "neither 0 nor 1"),
        (lambda f: f.assign(overdue_ratio=np.where(f.index == 3, np.inf, 1.0)), "is infinite .first: inf in row 4"),
        (lambda f: f.drop(columns="cut_off"), "no column 'cut_off'"),
        (lambda f: f.iloc[:0], "the table of snapshots has no rows"),
        (lambda f: f.assign(odd=[[1]] * len(f)), "neither a number nor text .first: .1. in row 1"),
        (lambda f: f.assign(customer_id=f["customer_id"].where(f.index != 7)), "is missing .first: nan in row 8"),
    ],
)
def test_a_bad_frame_is_refused_with_its_row(frame, change, words):
    """Duplicates, odd outcomes, infinite values, missing columns: what, where, and what to do."""
    with pytest.raises(DataError, match=words):
        check_snapshots(change(frame), horizon_days=90)


def test_inputs_stay_as_they_are(frame):
    """Checking changes nothing in the frame."""
    before = frame.copy(deep=True)
    check_snapshots(frame, horizon_days=90)
    pd.testing.assert_frame_equal(frame, before)


def test_categories_never_seen_are_counted_and_scored():
    """A rare or new category gets the code after the last one, a missing one none; both are counted apart."""
    rows = pd.DataFrame({"plan": ["a"] * 30 + ["b"] * 20 + ["rare"] * 3})
    encoding = Encoding.fit(rows, [], ["plan"])
    new = pd.DataFrame({"plan": ["b", "rare", "never seen", None]})
    assert encoding.unseen(new) == {"plan": 2}
    codes = encoding.apply(new)[:, 0]
    assert codes[:3].tolist() == [1.0, 2.0, 2.0]
    assert np.isnan(codes[3])
    with pytest.raises(DataError, match="no column 'plan'"):
        encoding.apply(pd.DataFrame({"x": [1]}))


def test_what_only_today_knows_is_no_feature():
    """A table that began after the last day to learn from tells nothing of who left."""
    days = pd.to_datetime(["2026-01-01"] * 4 + ["2026-06-01"] * 4)
    rows = pd.DataFrame({"customer_id": list("abcdabcd"), "cut_off": days, "churned": [0, 1, 0, 1] + [np.nan] * 4,
                         "orders": [1, 2, 3, 4, 5, 6, 7, 8], "visits": [np.nan] * 4 + [1, 2, 3, 4]})  # fmt: skip
    checked = check_snapshots(rows, horizon_days=90)
    assert checked.features == ("orders",)
    assert "nothing is known" in str(checked.left_out["visits"])
