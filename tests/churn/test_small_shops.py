"""Small, ordinary shops: the whole study ends in a forecast or in a reason, never in an error."""

import numpy as np
import pandas as pd
import pytest

from cxlib.churn import ChurnQuestion, gather_churn, study_churn
from cxlib.data import Workspace
from cxlib.report.views import churn as show


def small_shop(seed, customers):
    """Purchases of customers who come over fifteen months and buy again every half year or so until they leave."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(customers):
        day = int(rng.integers(450))
        while day < 560:
            rows.append((str(customer), str(np.datetime64("2025-01-01") + day), str(rng.integers(5, 90))))
            if rng.random() < 0.15:
                break
            day += 1 + int(rng.exponential(170))
    table = pd.DataFrame(rows, columns=["customer_id", "at", "amount"])
    return Workspace.from_frames({"transactions": table}, currency="EUR", time_zone="UTC")


def studied(seed, customers):
    """The study, with its answer shown."""
    study = study_churn(gather_churn(small_shop(seed, customers)), draws=10)
    show.answer(study)
    show.headline_tiles(study)
    return study


def test_a_small_shop_has_a_forecast():
    """Seven hundred customers: risks at the level that was held against the past, and an interval about it."""
    study = studied(2, 700)
    value, low, high = study.leavers
    assert low < value < high
    assert study.risk.scored["risk"].sum() == pytest.approx(value, rel=1e-6)
    assert value / len(study.risk.scored) == pytest.approx(study.data.level.value)


def weekly_boxes(seed, customers):
    """Who takes a box each week until leaving for good: after three weeks without one it is plain who has left."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(customers):
        first, boxes = int(rng.integers(520)), int(rng.geometric(1 / 30))
        days = [first + 7 * box + int(rng.integers(2)) for box in range(boxes)]
        rows += [(str(customer), str(np.datetime64("2024-01-01") + day), "20") for day in days if day < 720]
    table = pd.DataFrame(rows, columns=["customer_id", "at", "amount"])
    return Workspace.from_frames({"transactions": table}, currency="EUR", time_zone="UTC")


def test_days_since_the_last_purchase_may_tell_nearly_all():
    """A shop of weekly boxes is no leak: risks are told, and today's customers look like those of the past."""
    study = study_churn(gather_churn(weekly_boxes(3, 600), ChurnQuestion(horizon_days=60)), draws=10)
    alone = study.risk.fit.features_alone.set_index("feature")["auc"]
    assert alone["days_since_last_purchase"] > 0.95
    assert study.is_forecast
    assert study.risk.today.suspects.empty


def members(started, ended, **more):
    """Memberships of five customers, with tables of other things."""
    rows = pd.DataFrame({"customer_id": list("abcde"), "started_on": started, "ended_on": ended})
    return Workspace.from_frames({"memberships": rows, **more}, currency="EUR", time_zone="UTC")


def test_members_who_all_left_on_their_first_day_are_no_forecast():
    """Nobody was a member on any day looked back from: said so, and how long they stayed is still shown."""
    days = [f"2025-0{month}-15" for month in range(1, 6)]
    answers = pd.DataFrame({"customer_id": ["a"], "at": ["2026-06-01"], "nps": [9]})
    study = study_churn(gather_churn(members(days, days, surveys=answers)), draws=10)
    assert str(study.headline) == "On none of the days looked at was there anybody who could leave"
    assert str(study.survival.headline) == (
        "0.0% of members are still there after 0 days (5 memberships, 5 of them ended; no interval)"
    )
    assert str(study.survival.overall.median_sentence) == "Half have left after 0 days; how sure that is cannot be told"


def test_a_table_without_any_day_is_known_at_no_cut_off():
    """Answers without dates leave their features unknown, and nothing fails."""
    answers = pd.DataFrame({"customer_id": list("abcde"), "nps": [9, 3, 5, 7, 8]})
    ends = ["2026-05-01", "2026-06-01", None, None, None]
    company = members(["2025-01-01"] * 5, ends, surveys=answers)
    assert gather_churn(company).snapshots["customer_id"].nunique() == 5


@pytest.mark.parametrize("end", ["9999-12-31", "2199-01-01"])
def test_ends_to_come_are_no_ends(end):
    """Members whose ends are all yet to come have not left on that day: purchases say who stops."""
    orders = pd.DataFrame({"customer_id": list("abcde"), "at": "2026-05-01", "amount": "5"})
    assert gather_churn(members(["2025-01-01"] * 5, [end] * 5, transactions=orders)).kind == "purchases"


def test_two_memberships_at_a_time_do_not_stop_a_study_of_purchases():
    """Of somebody who buys, they only say whether there is one."""
    rows = pd.DataFrame({"customer_id": list("abab"), "at": ["2024-01-05", "2024-01-09", "2025-02-01", "2025-02-09"],
                         "amount": "5"})  # fmt: skip
    doubled = pd.DataFrame({"customer_id": list("aa"), "started_on": ["2024-01-01", "2024-02-01"]})
    frames = {"transactions": rows, "memberships": doubled}
    data = gather_churn(Workspace.from_frames(frames, currency="EUR", time_zone="UTC"))
    assert data.kind == "purchases"


@pytest.mark.slow
@pytest.mark.parametrize("customers", [3, 30, 150, 300, 700])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_small_shop_ends_in_an_error(seed, customers):
    """Fifteen shops of 3 to 700 customers: each has a forecast or says why not."""
    study = studied(seed, customers)
    assert study.is_forecast or study.reasons
