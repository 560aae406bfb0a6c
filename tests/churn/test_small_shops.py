"""Small, ordinary shops: the whole study ends in a forecast or in a reason, never in an error."""

import numpy as np
import pandas as pd
import pytest

from cxlib.churn import ChurnQuestion, gather_churn, study_churn
from cxlib.churn.watching import base_rates
from cxlib.data import Workspace, doubt_starts
from cxlib.language import speaker
from cxlib.playbook import gather_known
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


def steady_rows(seed, days, customers=1500):
    """A shop that was there long before its data begins, and in which nothing ever changes."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(customers):
        day, rate = rng.uniform(-1200, days), rng.gamma(2.0, 0.5) / 60
        while day < days:
            rows += [(str(customer), str(np.datetime64("2024-01-01") + int(day)), "20")] if day >= 0 else []
            if rng.random() < 0.12:
                break
            day += 1 + rng.exponential(1 / rate)
    return pd.DataFrame(rows, columns=["customer_id", "at", "amount"])


@pytest.mark.parametrize("days", [560, 730])
def test_who_had_long_stopped_is_not_seen_while_data_is_young(days):
    """In steady shops early days have fewer leavers, as nobody seen has been away for long: no trend, no "worse"."""
    shop = Workspace.from_frames({"transactions": steady_rows(1, days)}, currency="EUR", time_zone="UTC")
    study = study_churn(gather_churn(shop, ChurnQuestion(horizon_days=90)), draws=10)
    rates = study.stakes.rates
    assert rates.table["rate"].iloc[-1] > rates.table["rate"].iloc[0] + 0.1
    assert not rates.drifts
    assert base_rates(study.risk.snapshots.known).drifts  # all days together
    assert "worse" not in str(show.headline_tiles(study).render(speaker("en")).html)
    reason = "the data reached back too short a time" if days == 560 else "to tell a trend"
    assert reason in str(show.rates(study).render(speaker("en")).html)


@pytest.mark.slow
def test_steady_shops_do_not_drift():
    """40 steady shops, two and three years of data, horizons of 90 days: at most 8 of 100 drift (5 wanted)."""
    alarms, all_days = [], []
    for seed in range(40):
        days = (730, 1095)[seed % 2]
        table = steady_rows(seed, days, 1000)
        day = (pd.to_datetime(table["at"]) - pd.Timestamp("2024-01-01")).dt.days
        parts = []
        for cut in range(days - 90, 90, -90):
            past = day[day < cut].groupby(table["customer_id"]).agg(["nunique", "max"])
            alive = past.index[(past["nunique"] > 1) & (past["max"] >= cut - 365)]
            later = table.loc[(day >= cut) & (day < cut + 90), "customer_id"]
            parts.append(pd.DataFrame({"customer_id": alive, "cut_off": cut, "churned": 1 - alive.isin(later)}))
        rows = pd.concat(parts)
        rows["cut_off"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rows["cut_off"], unit="D")
        alarms.append(base_rates(rows, since=(pd.Timestamp("2024-01-01") + pd.Timedelta(days=365 + 90)).date()).drifts)
        all_days.append(base_rates(rows).drifts)
    assert np.mean(alarms) <= 0.08
    assert np.mean(all_days) > 0.3


def buying_members(seed, *, overwritten, guests=0.0, members=600):
    """Members who buy while they stay, some as guests before; of those who left, so many have a newer first day."""
    rng, base = np.random.default_rng(seed), np.datetime64("2023-10-01")
    rows, bought = [], []
    for member in range(members):
        start = int(rng.uniform(0, 1000))
        end = start + 1 + int(rng.exponential(400))
        first = start - 90 if rng.random() < guests else start
        bought += [(str(member), str(base + day), "20") for day in range(max(first, 0), min(end, 1000), 20)]
        newer = max(start, end - int(rng.integers(1, 60))) if end < 1000 and rng.random() < overwritten else start
        rows.append((str(member), str(base + newer), str(base + end) if end < 1000 else "", "20"))
    return {"memberships": pd.DataFrame(rows, columns=["customer_id", "started_on", "ended_on", "price"]),
            "transactions": pd.DataFrame(bought, columns=["customer_id", "at", "amount"])}  # fmt: skip


def test_first_days_that_were_overwritten_are_named_and_nothing_rests_on_them():
    """Half of those who left bought long before they joined, nobody of those who stay: no curve, no forecast."""
    shop = Workspace.from_frames(buying_members(1, overwritten=0.5), currency="EUR", time_zone="UTC")
    study = study_churn(gather_churn(shop), draws=10)
    assert study.survival is None
    assert not study.is_forecast
    for view in (show.answer, show.how_long, show.groups_compared, show.ratios, show.reasons_given):
        assert "seem to be overwritten when members leave" in str(view(study).render(speaker("en")).html)


@pytest.mark.parametrize("guests", [0.0, 0.3])
def test_honest_first_days_are_not_doubted(guests):
    """Nobody, or three in ten whoever stays, bought as guests before they joined: 10 companies each."""
    for seed in range(10):
        frames = buying_members(seed, overwritten=0.0, guests=guests)
        rows = frames["memberships"].assign(ended=frames["memberships"]["ended_on"] != "")
        first = pd.to_datetime(frames["transactions"].groupby("customer_id")["at"].min())
        assert doubt_starts(rows, first) is None


def test_a_closure_is_said_on_the_page():
    """Sixty days without a purchase stand above the figures; another currency takes the revenue at risk with it."""
    shop, kinds = small_shop(2, 1500), {}
    rows = shop.frame("transactions")[["customer_id", "day", "amount_cents"]]
    for name, change in (("closed", rows[(rows["day"] < "2025-06-01") | (rows["day"] > "2025-07-30")]),
                         ("riyals", rows.assign(amount_cents=rows["amount_cents"].where(rows["day"] < "2026-01-01",
                                                rows["amount_cents"] * 375 // 100)))):  # fmt: skip
        table = change.assign(at=change["day"].dt.strftime("%Y-%m-%d"), amount=(change["amount_cents"] / 100).map(str))
        own = Workspace.from_frames(
            {"transactions": table[["customer_id", "at", "amount"]]}, currency="EUR", time_zone="UTC"
        )
        study = study_churn(gather_churn(own), draws=10)
        kinds[name] = [found.kind for found in study.data.breaks]
        priced = study.with_costs(contact_cost=1, offer_cost=2, margin=0.3, expected_response=0.2)
        assert (name == "riyals") == (priced.money is None and priced.curve is None)
        known = gather_known(own)
        assert (name == "riyals") == ("value_cents" not in known.frame)
        assert (name == "riyals") == ("times what it was" in str(known.limits))
        assert (name == "riyals") == ("times what it was" in str(show.call_list(priced).payload()))
        page = str([part(study).payload() for part in (show.answer, show.headline_tiles, show.at_stake)])
        assert (name == "closed") == ("No row lies from 1 June 2025 to 30 July 2025" in page)
        assert (name == "riyals") == ("times what it was. Such a step" in page)
        assert (name == "riyals") == ("of yearly revenue" not in page and "Revenue at risk" not in page)
    assert kinds == {"closed": ["closed"], "riyals": ["amounts"]}
