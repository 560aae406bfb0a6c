"""Free trials are no members: they are told by price or name and by how long they last, and left out of rates."""

import numpy as np
import pandas as pd
import pytest

from cxlib.churn import ChurnQuestion, gather_churn
from cxlib.clv import gather_customers
from cxlib.data import Workspace, find_recorded, tell_breaks, without_trials
from cxlib.data.frames.memberships import trial_plans
from cxlib.scorecard import make_scorecard

END = pd.Timestamp("2026-06-30")


def club(seed, *, name="Trial", price=0.0, days=14, n=400):
    """Members who pay each month and leave at one rate, and as many who take up a trial, of whom a third stays."""
    rng = np.random.default_rng(seed)
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 880, 2 * n), unit="D")
    tried = np.arange(2 * n) < n
    over = start + pd.Timedelta(days=days)
    stays = ~tried | (rng.random(2 * n) < 1 / 3)
    left = np.where(tried, over, start) + pd.to_timedelta(1 + rng.exponential(400, 2 * n).astype(int), unit="D")
    people = pd.DataFrame({"customer_id": [f"m{i}" for i in range(2 * n)], "plan": "Monthly", "price": 20.0})
    members = people.assign(started_on=np.where(tried, over + pd.Timedelta(days=1), start), ended_on=left)[stays]
    trials = people.assign(plan=name, price=price, started_on=start, ended_on=over)[tried]
    rows = pd.concat([members, trials], ignore_index=True)
    return rows[rows["started_on"] <= END].assign(ended_on=lambda part: part["ended_on"].where(part["ended_on"] <= END))


def company(rows):
    """A workspace of memberships alone."""
    return Workspace.from_frames({"memberships": rows}, currency="SAR", time_zone="UTC", as_of=END.date())


def churn_rate(rows):
    """The scorecard's share of members who left, and what it says of the data."""
    card = make_scorecard(company(rows))
    (line,) = (line for line in card.lines if line.measure.name == "churn_rate")
    return line.value, " ".join(map(str, card.doubts))


@pytest.mark.parametrize(
    "kind", [{}, {"price": 20.0, "name": "تجريبي"}, {"name": "Monthly"}, {"days": 7}, {"days": 60}, {"days": 90}]
)
def test_trials_are_told_by_price_or_name(kind):
    """And are left out; `cx check` asks whether they are such."""
    rows = club(3, **kind)
    shop = company(rows)
    assert "after one time of up to three: free trials?" in tell_breaks(shop)["warning"].iloc[0]
    left = without_trials(shop).frame("memberships")
    assert len(left) == ((rows["plan"] == "Monthly") & (rows["price"] > 0)).sum()


def test_trials_are_counted_nowhere():
    """Scorecard, churn and value are those of members alone, and say so."""
    rows = club(3, days=90)
    members = rows[rows["plan"] == "Monthly"]
    value, said = churn_rate(rows)
    assert value == churn_rate(members)[0]
    assert "They are no members here" in said
    data = gather_churn(company(rows), ChurnQuestion(horizon_days=60))
    assert [one.kind for one in data.breaks] == ["trials"]
    assert set(data.spells["customer_id"]) == set(members["customer_id"])
    sales = pd.DataFrame({"customer_id": ["m1"], "at": ["2026-06-01"], "amount": [9]})
    shop = Workspace.from_frames({"memberships": rows, "transactions": sales}, currency="SAR", time_zone="UTC")
    assert "They are no members here" in str(gather_customers(shop).trials)
    assert len(gather_customers(shop).memberships) == len(members)


def early(rows, seed, share=0.3):
    """The memberships where so many trials are ended before their last day."""
    rng, length = np.random.default_rng(seed), rows["ended_on"] - rows["started_on"]
    soon = (rows["plan"] == "Trial") & rows["ended_on"].notna() & (rng.random(len(rows)) < share)
    part = (length.dt.days * rng.random(len(rows))).fillna(0).astype(int)
    return rows.assign(ended_on=rows["ended_on"].mask(soon, rows["started_on"] + pd.to_timedelta(part, unit="D")))


def renewed(rows, free):
    """The memberships where who has a free one takes a new one each quarter, for a year."""
    again = [rows[free].assign(started_on=rows["started_on"][free] + pd.Timedelta(days=91 * n)) for n in range(4)]
    each = pd.concat(again).assign(ended_on=lambda part: part["started_on"] + pd.Timedelta(days=90))
    each = pd.concat([rows[~free], each[each["started_on"] <= END]], ignore_index=True)
    return each.assign(ended_on=each["ended_on"].where(each["ended_on"] <= END))


def honest(seed):
    """Clubs without trials: a free plan that lasts, weeks or years or by the quarter, paid ones, no prices, few."""
    rows = club(seed)
    free = rows["plan"] == "Trial"
    lasts = pd.to_timedelta(np.random.default_rng(seed).exponential(200, len(rows)).astype(int), unit="D")
    ends = (rows["started_on"] + lasts).where(lambda day: day <= END)
    weeks = rows["started_on"] + (lasts / 5).ceil("D")
    weeks, free_plan = weeks.where(weeks <= END), rows.assign(plan=rows["plan"].replace("Trial", "Basic"))
    kinds = [renewed(free_plan, free), free_plan.assign(ended_on=rows["ended_on"].where(~free, weeks)),
             free_plan.assign(ended_on=rows["ended_on"].where(~free, ends)),
             rows.assign(plan=rows["plan"].replace("Trial", "Week"), price=5.0),
             rows.assign(plan="Club", price=0.0), rows[~free], rows[~free | (rows.index % 20 == 0)]]  # fmt: skip
    return kinds[seed % 7]


@pytest.mark.slow
def test_what_is_no_trial_is_not_called_one():
    """Of 63 clubs none is told; of 24 with trials of a fortnight to three months, some ended early, all are."""
    assert not any(trial_plans(honest(seed)) for seed in range(63))
    trials = [early(club(seed, days=days), seed) for days in (14, 60, 90) for seed in range(8)]
    assert all(set(trial_plans(rows)) == {"Trial"} for rows in trials)
    assert not find_recorded(company(honest(5)), "memberships")
