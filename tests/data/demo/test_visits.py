"""Visits and messages: rates that the scorecard should find again."""

import pytest


def test_every_recorded_online_order_is_a_visit_that_buys(company):
    """Visits that buy and online orders of customers who agreed to be recorded are the same, minute by minute."""
    visits = company.tables["sessions"].query("converted")
    orders = company.tables["transactions"].query("amount_cents > 0 and channel != 'phone'")
    both = visits.merge(orders[["customer_id", "at"]].drop_duplicates(), on=["customer_id", "at"])
    assert len(both) == len(visits) > 0


def test_rates_are_the_planted_ones(company):
    """Conversion, searches that found and goals met come at their rates."""
    visits, web = company.tables["sessions"], company.truth.web
    assert visits["converted"].mean() == pytest.approx(1 / (1 + web.extra_visits), abs=0.02)
    searched = visits[visits["searched"]]
    found = searched["found"].astype(bool)
    assert found[searched["converted"]].mean() == pytest.approx(web.found_when_bought, abs=0.01)
    assert found[~searched["converted"]].mean() == pytest.approx(web.found_otherwise, abs=0.01)


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
