"""Enough to segment, or a warning for each thing that is missing."""

import numpy as np
import pandas as pd
import pytest

from cxlib.data import Workspace
from cxlib.report.views import segmentation as segment_views
from cxlib.segments import Effort, gather_segments, study_segments
from cxlib.segments.summary import check_preconditions


def test_enough(customers):
    """2,000 buyers over two years, the last of them today: nothing to say."""
    assert check_preconditions(customers) == ()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.iloc[:499], "Only 499 customers have bought"),
        (lambda t: t.assign(first_day=t["last_day"] - pd.Timedelta(days=3))[t["recency_days"] < 170], "below 180 days"),
        (
            lambda t: t[t["recency_days"] > 30],
            "The last purchase is of 30 May 2026, 31 days before the end of observation",
        ),
    ],
)
def test_each_missing_condition_is_a_warning(customers, change, says):
    """Buyers, history, customers who still come: one plain statement for each that is missing."""
    warnings = check_preconditions(change(customers))
    assert any(says in str(warning) for warning in warnings)


def test_edges_of_the_conditions():
    """500 buyers, 180 days and 30 days are enough; one fewer, or more, is not."""
    end = pd.Timestamp("2026-06-30")

    def warnings(n, history, quiet):
        last = end - pd.Timedelta(days=quiet)
        frame = pd.DataFrame({"recency_days": [quiet] * n, "last_day": last, "first_day": last})
        frame.loc[0, "first_day"] = end - pd.Timedelta(days=history)
        return len(check_preconditions(frame))

    assert warnings(500, 180, 30) == 0
    assert warnings(499, 180, 30) == warnings(500, 179, 30) == warnings(500, 180, 31) == 1
    assert warnings(1, 40, 40) == 3


def test_amounts_of_two_kinds_are_not_added_up():
    """From a day on amounts are in cents: the page says so, speaks of no money, and counts purchases instead."""
    rng = np.random.default_rng(0)
    day = pd.Timestamp("2025-10-01") + pd.to_timedelta(rng.integers(0, 270, 2400), unit="D")
    amounts = rng.gamma(4, 5, 2400).round(2)
    rows = pd.DataFrame({"customer_id": rng.integers(0, 300, 2400), "at": day, "amount": amounts})
    rows.loc[rows["at"] >= "2026-02-10", "amount"] *= 100
    data = gather_segments(Workspace.from_frames({"transactions": rows}, currency="EUR", time_zone="UTC"))
    study = study_segments(data, effort=Effort(customers=200, resamples=1, resample_customers=200), draws=20)
    assert str(study.warnings[-1]).startswith("From about 10 Feb")
    assert not study.data.has_amounts
    assert "Amounts change from one day to the next" in str(segment_views.tiers(study).payload())
    for shown in (segment_views.answer(study), segment_views.headline_tiles(study)):
        assert "revenue" not in str(shown.payload()).lower()
