"""Memberships: the planted hazard comes out of the tables that a company has."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from cxlib.data.demo import Truth, simulate

PARAMETERS = ("intercept", "annual", "tenure", "tickets", "low_rating", "offer")


def _periods(company):
    """One row a membership and 30-day period: what was known when it began, and whether the membership ended in it."""
    hazard, end = company.truth.memberships.hazard, pd.Timestamp(company.truth.end)
    group = company.tables["customers"][["customer_id", "campaign_group"]]
    spells = company.tables["memberships"].merge(group, on="customer_id")
    last = (spells["ended_on"] - spells["started_on"] - pd.Timedelta(days=1)).dt.days // hazard.period_days
    whole = (end - spells["started_on"]).dt.days // hazard.period_days
    rows = spells.loc[spells.index.repeat(np.where(last.notna(), last + 1, whole).astype(int))].copy()
    rows["number"] = rows.groupby(level=0).cumcount()
    rows["ended"] = rows["number"] == last.reindex(rows.index)
    rows["begins"] = rows["started_on"] + pd.to_timedelta(rows["number"] * hazard.period_days, unit="D")
    return rows.reset_index(drop=True).assign(id=lambda each: range(len(each)))


def _before(rows, events, column, window_days):
    """Events in the window before each period's first day."""
    pairs = rows[["id", "customer_id", "begins"]].merge(events[["customer_id", column]], on="customer_id")
    days = (pairs["begins"] - pairs[column].dt.normalize()).dt.days
    return pairs[(days > 0) & (days <= window_days)].groupby("id").size().reindex(rows["id"], fill_value=0).to_numpy()


def _fit(company):
    """Distance of each fitted coefficient from the planted one, in standard errors."""
    hazard, rows = company.truth.memberships.hazard, _periods(company)
    low = company.tables["surveys"].query("nps <= 6")
    offered = (rows["campaign_group"] == "treated") & (rows["plan"] == "monthly")
    X = np.column_stack(
        [
            np.ones(len(rows)),
            rows["plan"] == "annual",
            np.log1p(rows["number"]),
            np.minimum(_before(rows, company.tables["tickets"], "opened_at", hazard.window_days), hazard.ticket_cap),
            _before(rows, low, "at", hazard.window_days) > 0,
            offered & (rows["begins"] >= pd.Timestamp(company.truth.campaign.on)),
        ]
    ).astype(float)
    fit = sm.Logit(rows["ended"].astype(float), X).fit(disp=0)
    return (fit.params.to_numpy() - [getattr(hazard, name) for name in PARAMETERS]) / fit.bse.to_numpy()


def test_logistic_regression_finds_the_hazard(company):
    """Each coefficient, fitted from memberships, tickets, surveys and customers, is within 3.5 standard errors."""
    assert np.abs(_fit(company)).max() < 3.5


@pytest.mark.slow
def test_intervals_cover_the_hazard():
    """Over 30 companies of 5,000 customers 95 % intervals cover the planted coefficients 90 to 99 times in 100."""
    read = ["customers", "memberships", "tickets", "surveys"]
    distances = np.array([_fit(simulate(5_000, seed=seed, only=read)) for seed in range(30)])
    assert 0.90 <= (np.abs(distances) < 1.96).mean() <= 0.99


def test_reasons_are_voluntary_or_not(company):
    """The share of failed payments among ended memberships is the planted one, and every reason says its kind."""
    reasons = company.tables["memberships"]["end_reason"].dropna()
    kind = reasons.str.split(":").str[0]
    assert set(kind) == {"voluntary", "involuntary"}
    error = np.sqrt(0.22 * 0.78 / len(kind))
    assert (kind == "involuntary").mean() == pytest.approx(Truth().memberships.hazard.involuntary, abs=4 * error)


def test_prices_belong_to_plans(company):
    """Each plan has its one price."""
    prices = company.tables["memberships"].groupby("plan")["price_cents"].unique()
    assert {plan: list(price) for plan, price in prices.items()} == {"annual": [34900], "monthly": [3900]}
