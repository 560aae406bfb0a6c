"""Visits and messages: rates that the scorecard should find again."""

import pandas as pd
import pytest


def test_every_recorded_online_order_is_a_visit_that_buys(company):
    """Visits that buy and online orders of customers who agreed to be recorded are the same, minute by minute."""
    visits = company.tables["sessions"].query("converted")
    orders = company.tables["transactions"].query("amount_cents > 0 and channel != 'phone'")
    both = visits.merge(orders[["customer_id", "at"]].drop_duplicates(), on=["customer_id", "at"])
    assert len(both) == len(visits) > 0


def test_rates_are_the_planted_ones(company):
    """Conversion of who has not left, searches that found and goals met come at their rates."""
    visits, web = company.tables["sessions"], company.truth.web
    searched = visits[visits["searched"]]
    found = searched["found"].astype(bool)
    assert found[searched["converted"]].mean() == pytest.approx(web.found_when_bought, abs=0.01)
    buyers = set(visits.loc[visits["converted"] & (visits["day"] >= "2026-08-01"), "customer_id"])
    early = visits[visits["customer_id"].isin(buyers) & (visits["day"] < "2026-04-01")]  # they had not left then
    assert early["converted"].mean() == pytest.approx(1 / (1 + web.extra_visits), abs=0.02)
    other = early[early["searched"] & ~early["converted"]]
    assert other["found"].astype(bool).mean() == pytest.approx(web.found_otherwise, abs=0.01)


def test_visits_know_nothing_of_orders_to_come(company):
    """Visits of the last month buy as often as those before; what a search found says nothing of later days."""
    visits, orders = company.tables["sessions"], company.tables["transactions"].query("amount_cents > 0")
    is_last = visits["day"] >= "2026-09-01"
    assert visits["converted"][is_last].mean() == pytest.approx(visits["converted"][~is_last].mean(), abs=0.01)
    assert set(visits["customer_id"]) - set(orders["customer_id"])
    buyers = set(orders.loc[orders["day"] >= "2026-08-01", "customer_id"])  # who has left looks in and never buys
    early = visits[visits["customer_id"].isin(buyers) & (visits["day"] < "2026-04-01")]
    looked = early[~early["converted"] & early["searched"]].sort_values("at")
    later = orders[["customer_id", "at"]].sort_values("at").rename(columns={"at": "bought"})
    looked = looked.assign(at=(looked["day"] + pd.Timedelta(days=1)).astype(later["bought"].dtype))
    ahead = {"left_on": "at", "right_on": "bought", "by": "customer_id", "direction": "forward"}
    soon = pd.merge_asof(looked, later, **ahead, tolerance=pd.Timedelta(days=14))["bought"].notna()
    shares = soon.groupby(looked["found"].astype(bool).to_numpy()).mean()
    assert shares[True] == pytest.approx(shares[False], abs=0.02)
    assert shares[True] < 0.9  # of visits made backwards from orders all would be followed by one


def test_newsletters_are_opened_at_their_rate(company):
    """The open rate of newsletters is the planted one; those of the last days had less time."""
    letters = company.tables["messages"].query("kind == 'newsletter'")
    planted = dict(company.truth.web.open_rates)["newsletter"]
    assert letters["opened_at"].notna().mean() == pytest.approx(planted, abs=0.01)


def test_offers_go_to_the_treated_only(company):
    """The campaign reached customers in its treated group who had joined, on its day."""
    offers = company.tables["messages"].query("kind == 'offer'").merge(company.tables["customers"], on="customer_id")
    assert set(offers["campaign_group"]) == {"treated"}
    assert set(offers["day"].astype(str)) == {str(company.truth.campaign.on)}
    assert (offers["joined_on"] < offers["day"]).all()


def test_every_survey_answer_had_an_invitation(company):
    """Each response comes after a survey message to that customer, which was opened."""
    invitations = company.tables["messages"].query("kind == 'survey'")
    assert set(company.tables["surveys"]["customer_id"]) <= set(invitations.dropna(subset=["opened_at"])["customer_id"])
    rate = len(company.tables["surveys"]) / len(invitations)
    assert rate == pytest.approx(company.hidden["invitations"]["chance"].mean(), abs=0.01)
