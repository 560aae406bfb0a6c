"""Actual beside expected purchases by week: published tables of CDNOW, a case by hand, and what must always hold."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxlib.clv import BetaGeoModel, ModifiedBetaGeoModel, ParetoNBDModel, track_purchases
from cxlib.clv.backtest import backtest
from cxlib.clv.purchase_log import purchase_days
from cxlib.errors import DataError, ParameterError
from cxlib.language import speaker

EARLY = pd.Timestamp("2026-01-05")
KNOWN = {
    BetaGeoModel: {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426},
    ModifiedBetaGeoModel: {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614},
    ParetoNBDModel: {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669},
}


def log_of(*customers):
    """Purchase days, given as days after `EARLY` of each customer."""
    rows = [(f"c{who}", EARLY + pd.Timedelta(days=day)) for who, own in enumerate(customers) for day in own]
    return pd.DataFrame(rows, columns=["customer_id", "day"])


def published_weeks(model, transactions):
    """Weeks 20 to 25 of CDNOW: actual and cumulative, expected and cumulative.

    BTYD lets a customer's age run a day further than the purchases that it counts: the week that ends on 7 January
    holds purchases of its seven days, but who came on the first is seven days old. So what it expects is ours of a day
    later.
    """
    ours = [
        track_purchases(model, transactions, calibration_end=day).set_index("week_end")
        for day in ("1997-09-30", "1997-10-01")
    ]
    actual, later = (
        frame.loc[pd.date_range(start, periods=25, freq="7D")[19:]]
        for frame, start in zip(ours, ("1997-01-07", "1997-01-08"), strict=True)
    )
    names = "actual", "cumulative_actual", "expected", "cumulative_expected"
    return [frame[name].tolist() for frame, name in zip((actual, actual, later, later), names, strict=True)]


def test_published_tables_of_bg_nbd(cdnow_transactions):
    """BTYD 2.4.3, walkthrough, section BG/NBD, at the parameters that it prints to seven digits."""
    printed = {"r": 0.2425967, "alpha": 4.413659, "a": 0.7929869, "b": 2.426164}
    week, total, expected, in_all = published_weeks(BetaGeoModel.from_params(printed), cdnow_transactions)
    assert week == [73, 55, 70, 33, 56, 99]
    assert total == [1359, 1414, 1484, 1517, 1573, 1672]
    assert expected == pytest.approx([76.86531, 74.88843, 73.04554, 71.32166, 69.70412, 68.18213], abs=2e-5)
    assert in_all == pytest.approx([1312.458, 1387.346, 1460.392, 1531.713, 1601.418, 1669.600], abs=1e-3)


def test_published_tables_of_pareto_nbd(cdnow, cdnow_transactions):
    """The same, section Pareto/NBD: its optimiser stops at beta 11.658, so five digits are not to be had."""
    _, _, expected, in_all = published_weeks(ParetoNBDModel().fit(cdnow), cdnow_transactions)
    assert expected == pytest.approx([78.308, 76.419, 74.648, 72.983, 71.414, 69.933], rel=5e-5)
    assert in_all == pytest.approx([1308.856, 1385.275, 1459.923, 1532.906, 1604.320, 1674.253], rel=5e-5)


@pytest.mark.parametrize("kind", KNOWN)
def test_a_case_by_hand(kind):
    """Three customers, one of whom comes when the holdout has begun and is nobody's; the last week is not over."""
    model = kind.from_params(KNOWN[kind])
    table = track_purchases(
        model,
        log_of([0, 0, 3, 7, 20], [5, 8, 16], [15, 16, 17]),
        calibration_end="2026-01-18",
        observation_end="2026-01-28",
    )
    assert table["week_end"].tolist() == list(pd.to_datetime(["2026-01-11", "2026-01-18", "2026-01-25", "2026-01-28"]))
    assert table["days"].tolist() == [7, 7, 7, 3]
    assert table["actual"].tolist() == [1, 2, 2, 0]
    assert table["cumulative_actual"].tolist() == [1, 3, 5, 5]
    assert table["is_holdout"].tolist() == [False, False, True, True]
    new = model.expected_purchases_new
    by_hand = [new(6) + new(1), new(13) + new(8), new(20) + new(15), new(23) + new(18)]
    assert table["cumulative_expected"].tolist() == pytest.approx(by_hand)


@given(
    st.lists(st.lists(st.integers(0, 200), min_size=1, max_size=9), min_size=1, max_size=12),
    st.integers(0, 200),
    st.sampled_from(list(KNOWN)),
)
def test_what_always_holds(customers, day, kind):
    """Sums are sums of their parts, nobody is expected before the first purchase, and what is expected rises."""
    log = log_of(*customers)
    end, first = EARLY + pd.Timedelta(days=day), log.groupby("customer_id")["day"].min()
    model = kind.from_params(KNOWN[kind])
    if first.min() > end:
        with pytest.raises(DataError, match="had bought by"):
            track_purchases(model, log, calibration_end=end)
        return
    table = track_purchases(model, log, calibration_end=end)
    assert np.allclose(table["actual"].cumsum(), table["cumulative_actual"])
    assert np.allclose(table["expected"].cumsum(), table["cumulative_expected"])
    assert (table.loc[table["week_end"] > first.min(), "expected"] > 0).all()
    assert (table.loc[table["week_end"] <= first.min(), ["actual", "expected"]] == 0).all(axis=None)
    known = log[log["customer_id"].isin(first.index[first <= end])].drop_duplicates()
    assert table["actual"].sum() == len(known) - (first <= end).sum()
    assert (table["is_holdout"] == (table["week_end"] > end)).all()
    assert end in set(table["week_end"])


def test_days_in_the_wrong_order_are_refused():
    """A holdout cannot end before it begins."""
    model = BetaGeoModel.from_params(KNOWN[BetaGeoModel])
    with pytest.raises(ParameterError, match="observation_end"):
        track_purchases(model, log_of([0, 9]), calibration_end="2026-01-12", observation_end="2026-01-10")


@pytest.fixture(scope="module")
def past(cdnow_transactions):
    """CDNOW forecast from one past day."""
    return backtest(cdnow_transactions, horizon_days=182, end="1998-06-30", origins=1, models=["bg_nbd"], draws=40)


def test_a_past_forecast_is_tracked_by_its_own_fit(past, cdnow_transactions):
    """What came is what its holdout has, what was expected is by that day's model, the interval is the page's."""
    found, day = past.tracking(purchase_days(cdnow_transactions)), past.days[-1]
    assert found.day == day.day
    assert found.actual == day.summary["frequency_holdout"].sum()
    assert found.summary["purchases so far"].iloc[-1] == found.weeks["actual"].sum()
    ages = day.summary["T"]
    new = day.models["bg_nbd"].expected_purchases_new
    by_hand = sum(new(age + 182) - new(age) for age in ages)
    assert found.expected == pytest.approx(by_hand)
    row = past.scores[past.scores["method"] == "bg_nbd"].iloc[0]
    assert (found.low, found.high) == pytest.approx((row["low"], row["high"]))


def test_a_claim_is_made_past_chance_only(past, cdnow_transactions):
    """More, fewer, or nothing: by the interval, and by the same interval about what is drawn."""
    found = past.tracking(purchase_days(cdnow_transactions))

    def told(**values):
        return speaker("en").say(replace(found, **values).headline)

    sure = {"predicted": found.expected, "low": 0.99 * found.expected, "high": 1.01 * found.expected}
    weeks = found.weeks.assign(actual=found.weeks["expected"])
    more, fewer = (weeks.assign(actual=share * weeks["expected"]) for share in (1.25, 0.75))
    assert "25% more often than expected" in told(weeks=more, **sure)
    assert "25% less often than expected" in told(weeks=fewer, **sure)
    for within in ({"weeks": weeks, **sure}, {"weeks": more, **sure, "low": np.nan, "high": np.nan}):
        assert "than expected" not in told(**within)
    # What is drawn lies above what came, though the forecast of the single customers lay below it.
    other = {key: 0.7 * value for key, value in sure.items()}
    assert "than expected" not in told(weeks=fewer, **other)
