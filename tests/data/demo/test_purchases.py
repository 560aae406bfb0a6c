"""Orders: the planted purchase, drop-out and spend parameters come out of the data."""

import warnings

import numpy as np
import pandas as pd
import pytest

from cxlib.data.demo import simulate


def _summary(company):
    """Repeat purchase days, recency and T in weeks, and mean spend of repeat days in SAR, by customer."""
    orders = company.tables["transactions"].query("amount_cents > 0")
    daily = orders.groupby(["customer_id", "day"], as_index=False)["amount_cents"].sum()
    first = daily.groupby("customer_id")["day"].transform("min")
    by_customer = daily.groupby("customer_id").agg(days=("day", "size"), first=("day", "min"), last=("day", "max"))
    end = pd.Timestamp(company.truth.end)
    return pd.DataFrame(
        {
            "frequency": by_customer["days"] - 1,
            "recency": (by_customer["last"] - by_customer["first"]).dt.days / 7,
            "T": (end - by_customer["first"]).dt.days / 7,
            "spend": daily[daily["day"] > first].groupby("customer_id")["amount_cents"].mean() / 100,
        }
    )


def test_repeat_purchases_match_the_formula(company, groups, expected_repeats):
    """In each group the mean of repeat purchases is E[X(T)] averaged over its customers, within 4 errors and 1 %."""
    summary = _summary(company)
    for group in company.truth.groups:
        own = summary[groups.reindex(summary.index) == group.name]
        expected = np.mean([expected_repeats(group, weeks) for weeks in own["T"]])
        error = own["frequency"].std() / np.sqrt(len(own))
        assert abs(own["frequency"].mean() - expected) < 4 * error + 0.01 * expected, group.name


def test_spend_matches_the_gamma_gamma_mean(company, groups):
    """In each group customers outside the loyalty programme spend p v / (q - 1) a day, within four standard errors."""
    summary = _summary(company).dropna()
    loyal = company.tables["customers"].set_index("customer_id")["loyalty_member"].reindex(summary.index)
    for group in company.truth.groups:
        spend = summary.loc[(groups.reindex(summary.index) == group.name) & ~loyal, "spend"]
        assert abs(spend.mean() - group.p * group.v / (group.q - 1)) < 4 * spend.std() / np.sqrt(len(spend)), group.name


def test_orders_of_one_customer_vary_as_planted(company, groups):
    """Within a customer the squared coefficient of variation of a day's value is 1 / p, within a tenth."""
    orders = company.tables["transactions"].query("amount_cents > 0")
    daily = orders.groupby(["customer_id", "day"], as_index=False)["amount_cents"].sum()
    values = daily.groupby("customer_id")["amount_cents"].agg(["mean", "var", "size"])
    values = values[values["size"] >= 5]
    for group in company.truth.groups[:4]:
        own = values[groups.reindex(values.index) == group.name]
        squared_mean = own["mean"] ** 2 - own["var"] / own["size"]
        assert own["var"].sum() / squared_mean.sum() == pytest.approx(1 / group.p, rel=0.1), group.name


def test_refunds_are_rare_and_negative(company):
    """About one order in a hundred is refunded, never before it was placed and never for more than was paid."""
    rows = company.tables["transactions"]
    refunds = rows["amount_cents"] < 0
    assert refunds.sum() / (~refunds).sum() == pytest.approx(company.truth.purchases.refunds, rel=0.05)
    first = rows[~refunds].groupby("customer_id")["at"].min()
    assert (rows.loc[refunds, "at"] > rows.loc[refunds, "customer_id"].map(first)).all()
    net = rows.groupby("customer_id")["amount_cents"].sum()
    assert (net >= 0).all()


def test_weekdays_follow_their_rates(company):
    """Thursday is the busiest day, by about the ratio planted."""
    days = company.tables["transactions"]["day"].dt.dayofweek.value_counts(normalize=True).sort_index()
    planted = np.array(company.truth.purchases.weekdays)
    assert days.to_numpy() == pytest.approx(planted / planted.sum(), abs=0.01)


def test_some_customers_never_buy_and_joiners_grow(company):
    """A few customers have no transactions, and more join at the end than at the start."""
    customers = company.tables["customers"]
    silent = len(customers) - company.tables["transactions"]["customer_id"].nunique()
    assert silent / len(customers) == pytest.approx(company.truth.purchases.never_bought, abs=0.01)
    by_day = customers["joined_on"].value_counts().sort_index()
    assert by_day[-180:].sum() / by_day[:180].sum() == pytest.approx(1.62, abs=0.15)


def test_loyalty_lift_is_hidden_by_selection(company, groups):
    """Within a group members spend about 4 % more, as planted; over all groups the gap is far bigger."""
    spend = _summary(company)["spend"].dropna()
    loyal = company.tables["customers"].set_index("customer_id")["loyalty_member"].reindex(spend.index)
    by_cell = spend.groupby([groups.reindex(spend.index), loyal]).mean().unstack()
    within = (by_cell[True] / by_cell[False]).loc[list(company.truth.clusters.groups)].mean()
    assert within - 1 == pytest.approx(company.truth.purchases.loyalty_lift, abs=0.025)
    assert spend[loyal].mean() / spend[~loyal].mean() - 1 > 2 * company.truth.purchases.loyalty_lift


@pytest.mark.slow
def test_models_fitted_by_others_find_the_parameters():
    """The lifetimes package recovers r, alpha, a, b of the two groups that buy weekly, within four standard errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifetimes import BetaGeoFitter

        company = simulate(40_000, seed=5, only=["transactions", "hidden_customers"])
        groups = company.hidden["customers"].set_index("customer_id")["group"]
        summary = _summary(company)
        for group in (company.truth.groups[0], company.truth.groups[2]):
            own = summary[groups.reindex(summary.index) == group.name]
            fit = BetaGeoFitter().fit(own["frequency"], own["recency"], own["T"]).summary
            distance = (fit["coef"] - [group.r, group.alpha, group.a, group.b]) / fit["se(coef)"]
            assert distance.abs().max() < 4, group.name
