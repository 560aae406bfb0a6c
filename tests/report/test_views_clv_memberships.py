"""Memberships on the page of customer value: forecast beside what was observed, or a notice that says why not."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cxlib.clv import CustomerData, CustomerQuestion, ValueRules, study_customers
from cxlib.clv.memberships import MONTH_DAYS, study_memberships
from cxlib.language import speaker
from cxlib.report.views import clv as show
from cxlib.report.views.clv.economics import _worth

END = pd.Timestamp("2026-06-30")


def english(component):
    """What a reader of English sees."""
    return re.sub(r"<[^>]+>", " ", str(component.render(speaker("en")).html))


def members(n=400, *, leave=0.2, seed=1):
    """Monthly members who leave with one chance or another at each renewal."""
    random = np.random.default_rng(seed)
    start = END - pd.to_timedelta(random.integers(30, 700, n), unit="D")
    chance = random.beta(2, 2 / leave - 2, n) if leave else np.zeros(n)
    ends = start + pd.to_timedelta(
        np.minimum(random.geometric(np.maximum(chance, 1e-9)), 999) * MONTH_DAYS - 3, unit="D"
    )
    return pd.DataFrame(
        {"customer_id": range(n), "started_on": start, "ended_on": ends.where(ends <= END), "plan": "monthly",
         "price_cents": 1500}
    )  # fmt: skip


def page(memberships, rules=None, **question):
    """The part of the page on memberships of a shop that has sold once."""
    sale = pd.DataFrame({"customer_id": ["a"], "day": [END], "amount_cents": [300]})
    data = CustomerData(sale, memberships=memberships, currency="GBP")
    return english(show.renewals(study_customers(data, CustomerQuestion(**question), rules=rules)))


def test_memberships_are_the_answer_where_purchases_cannot_be_forecast():
    """The title says what is known, in the words of the section on memberships, which has no purchases to add to."""
    sale = pd.DataFrame({"customer_id": ["a"], "day": [END], "amount_cents": [300]})
    study = study_customers(CustomerData(sale, memberships=members(), currency="GBP"), CustomerQuestion(draws=20))
    title = english(show.answer(study))
    assert "running memberships are worth about" in title
    assert "What purchases will bring is not known yet" in title
    assert "on top of the purchases above" not in english(show.renewals(study))


@pytest.mark.parametrize(("plan", "days", "told"), [("Yearly", 365, False), ("Gold", 30, True)])
def test_renewals_follow_what_a_plan_is_called(plan, days, told):
    """A plan that does not say how often it is paid counts by the month, which the page tells."""
    rows = members(120).assign(plan=plan)
    study = study_memberships(rows, as_of=END, question=CustomerQuestion(draws=2), currency="GBP")
    assert study.plans["period_days"].round().tolist() == [days]
    assert ("Nothing says how often the price" in page(rows, draws=2)) == told


def test_memberships_are_forecast_beside_what_was_observed():
    """The model's curve lies within six points of Kaplan-Meier, and running members' value has an interval."""
    study = study_memberships(members(), as_of=END, question=CustomerQuestion(draws=100), currency="GBP")
    curves = study.curves[study.curves["at_risk"] >= 60]
    assert (curves["expected"] - curves["observed"]).abs().max() < 0.06
    value, low, high = study.total
    assert low < value < high
    said = page(members())
    assert "running memberships are worth about" in said
    assert "do not differ" not in said
    assert "No margin is set, so value is revenue of fees" in said
    assert "Value is margin of fees" in page(members(), rules=ValueRules(margin=0.4), draws=5)


def test_members_who_are_all_alike_are_forecast_and_said_to_be():
    """One chance of leaving for all: its share of renewals is the forecast's, within two points."""
    random, n = np.random.default_rng(4), 1500
    start = END - pd.to_timedelta(random.integers(400, 900, n), unit="D")
    ends = start + pd.to_timedelta(random.geometric(0.25, n) * 365 - 3, unit="D")
    rows = members(n).assign(started_on=start, ended_on=ends.where(ends <= END), plan="annual")
    study = study_memberships(rows, as_of=END, question=CustomerQuestion(renewal_days={"annual": 365}, draws=60))
    assert study.plans["is_alike"].tolist() == [True]
    assert study.plans["renewal"].iloc[0] == pytest.approx(0.75, abs=0.03)
    assert "do not differ in how faithful they are" in page(rows, renewal_days={"annual": 365}, draws=60)


def test_memberships_that_say_nothing_are_a_notice():
    """No table, nobody who left, few members, no prices: a notice, never an error."""
    assert "no table of memberships" in page(None)
    bare = pd.DataFrame({"customer_id": ["a"], "started_on": ["2026-01-05"]})
    for rows in (members(leave=0), members(5), bare):
        assert study_memberships(rows, as_of=END, question=CustomerQuestion(draws=5)) is None
        assert "cannot be forecast" in page(rows, draws=5)


def test_the_value_of_fewer_than_thirty_running_is_not_told():
    """Many were ever sold and few still run: neither their value nor that of a member is on the page."""
    rows = members(400, seed=2)
    ended = rows[rows["ended_on"].notna()]
    few = pd.concat([ended.head(60), rows[rows["ended_on"].isna()].head(5)]).assign(plan="founder")
    said = page(pd.concat([rows, few.assign(customer_id=few["customer_id"] + 1000)]), draws=20)
    assert "fewer than 30" in said
    table = said.split("Plans: who renews")[-1].split("running memberships are worth")[0]
    assert not re.search(r"founder|Founder", table)
    assert "running memberships are worth" not in page(few, draws=20)


@pytest.mark.parametrize(("paid", "said"), [(False, "on top of the purchases above"), (True, "do not add them up")])
def test_dues_among_the_purchases_are_not_on_top_of_them(paid, said):
    """What members will pay stands beside the purchases, or within them."""
    study = study_memberships(members(), as_of=END, question=CustomerQuestion(draws=60), currency="GBP")
    shop = SimpleNamespace(forecast=True, data=SimpleNamespace(paid_among_purchases=paid))
    assert said in str(_worth(shop, study)[0])
