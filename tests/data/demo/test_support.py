"""Tickets: a problem that ends with its fix, one that grows with the fall, and answers that take their time."""

import numpy as np
import pandas as pd
import pytest


def _per_order(company, topic, since, until):
    """Tickets on a topic per order between two dates."""

    def within(table):
        return (table["day"] >= str(since)) & (table["day"] < str(until))

    orders = company.tables["transactions"].query("amount_cents > 0")
    tickets = company.tables["tickets"]
    count = (within(tickets) & (tickets["topic"] == topic)).sum()
    return count / within(orders).sum(), count


def _ratio(company, topic, day):
    """How many times the rate of tickets rose from `day` on, with its standard error."""
    before, n = _per_order(company, topic, company.truth.start, day)
    after, m = _per_order(company, topic, day + pd.Timedelta("3D"), company.truth.end)
    return after / before, after / before * np.sqrt(1 / n + 1 / m)


def test_the_fixed_problem_recedes(company):
    """Payment tickets per order fall by the planted effect from the fix on, within four standard errors."""
    support = company.truth.support
    ratio, error = _ratio(company, support.fixed_topic, pd.Timestamp(support.fixed_on))
    assert ratio == pytest.approx(1 - support.fix_effect, abs=4 * error)


def test_the_fall_brings_tickets(company):
    """Delivery tickets per order rise by the planted factor with the fall, within four standard errors."""
    ratio, error = _ratio(company, company.truth.fall.touchpoint, pd.Timestamp(company.truth.fall.since))
    assert ratio == pytest.approx(company.truth.support.fall_factor, abs=4 * error)


def test_other_topics_stay(company):
    """Product quality tickets come at one rate throughout."""
    ratio, error = _ratio(company, "product quality", pd.Timestamp(company.truth.support.fixed_on))
    assert ratio == pytest.approx(1, abs=4 * error)


def test_response_times_have_their_medians(company):
    """The median time to the first answer is the channel's, within a tenth and a minute."""
    tickets = company.tables["tickets"].dropna(subset=["first_response_at"])
    minutes = (tickets["first_response_at"] - tickets["opened_at"]).dt.total_seconds() / 60
    found = minutes.groupby(tickets["channel"]).median()
    for channel, median in company.truth.support.median_response_minutes:
        assert found[channel] == pytest.approx(median, rel=0.1, abs=1)


def test_some_tickets_are_open_at_the_end(company):
    """A few tickets never close, and more of the last days' are still open: response times are censored."""
    tickets = company.tables["tickets"]
    is_open = tickets["closed_at"].isna()
    late = tickets["day"] > "2026-09-25"
    assert is_open[~late].mean() == pytest.approx(company.truth.support.unresolved, abs=0.01)
    assert is_open[late].mean() > 0.05
