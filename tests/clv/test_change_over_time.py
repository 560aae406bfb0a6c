"""Lamps for change over time: they light when it is there, name what changes, and are quiet where nothing does."""

from collections import Counter

import pytest

from cxlib.clv import BetaGeoModel, CustomerData, CustomerQuestion, ParetoNBDModel, study_customers
from cxlib.clv.assumptions import AMBER, RED, amount_trend, check_assumptions, rate_trend
from cxlib.clv.purchase_log import purchase_days
from cxlib.data import purchase_summary
from tests.clv.conftest import draw_customers, draw_log

RUNS = 100


def lamps(**change):
    """How often each lamp is lit, over `RUNS` shops; "trend" is either of amounts and of rates."""
    lit = Counter()
    for seed in range(RUNS):
        rows = draw_log(1500, seed, **change)
        checks = check_assumptions(rows, SUMMARY, horizon_days=365).checks
        keys = {check.key for check in checks if check.level in (AMBER, RED)}
        lit.update(keys)
        lit["trend"] += bool(keys & {"amount_trend", "rate_trend"})
        drift = next(check for check in checks if check.key == "cohort_drift")
        lit["new customers"] += "cohort_drift" in keys and "less" in str(drift.effect)
    return lit


SUMMARY = purchase_summary(draw_log(100, 0))  # of customers, for the lamps that look at no days


@pytest.mark.slow
def test_quiet_where_nothing_changes():
    """Of 100 stationary shops at most 5 have a lamp for amounts or rates over time, and few one for new customers."""
    lit = lamps()
    assert lit["trend"] <= 5
    assert lit["cohort_drift"] <= 5


@pytest.mark.slow
def test_amounts_that_fall_are_named():
    """Amounts that fall by a quarter a year light their own lamp in at least 90 of 100 shops, and no other."""
    lit = lamps(amount_fall=0.25)
    assert lit["amount_trend"] >= 90
    assert lit["rate_trend"] <= 5


@pytest.mark.slow
def test_rates_that_fall_for_all_are_not_put_on_new_customers():
    """Rates that fall by 36% a year light the lamp of all customers in 90 of 100 shops, that of new ones in few."""
    lit = lamps(rate_fall=0.36)
    assert lit["rate_trend"] >= 90
    assert lit["new customers"] <= 5


@pytest.mark.slow
def test_new_customers_who_buy_less_often_are_still_named():
    """Where those who come a year later buy half as often, that is what lights, and not the rates of all."""
    lit = lamps(cohort_fall=0.5)
    assert lit["new customers"] >= 90
    assert lit["rate_trend"] <= 5


def test_trends_are_recovered():
    """The yearly change of amounts and of rates, within three standard errors of what was planted."""
    bought = purchase_days(draw_log(3000, 7, rate_fall=0.36, amount_fall=0.25))
    amounts, rates = amount_trend(bought), rate_trend(bought)
    assert amounts.change == pytest.approx(-0.25, abs=3 * amounts.error)
    assert rates.change == pytest.approx(-0.36, abs=3 * rates.error)
    assert max(amounts.error, rates.error) < 0.06


def test_customers_who_tell_nothing_are_no_trend():
    """With one or two purchases a customer there is nothing to compare."""
    bought = purchase_days(draw_log(50, 1)).groupby("customer_id").head(2)
    assert rate_trend(bought).customers == amount_trend(bought).customers == 0
    assert rate_trend(bought).level == amount_trend(bought).level == "unknown"


@pytest.mark.parametrize("kind", [BetaGeoModel, ParetoNBDModel])
def test_where_nobody_leaves_rates_alone_are_fitted(kind):
    """Where no customer has left the models are the NBD model, and expect (r + x) / (alpha + T) purchases a week."""
    table = draw_customers(1500, 1, params=(0.8, 12.0, 1e-4, 100.0))
    model = kind().fit(table)
    nbd = (model.params_["r"] + table["frequency"]) / (model.params_["alpha"] + table["T"] / 7)
    assert model.convergence_.converged
    assert model.expected_purchases(table, horizon_days=70).to_numpy() == pytest.approx(10 * nbd.to_numpy(), rel=1e-3)


def test_a_shop_that_nobody_leaves_has_a_forecast_that_says_so():
    """The page says that no leaving was seen, where there is none, and nothing of it where there is."""
    question = CustomerQuestion(models=["bg_nbd"], draws=10)
    stay, leave = (
        study_customers(CustomerData(draw_log(800, 0, leaving=leaving), currency="USD"), question)
        for leaving in ((1e-4, 100.0), (0.9, 2.5))
    )
    assert stay.forecast is not None
    assert "left for good" in str(stay.no_leaving)
    assert leave.no_leaving is None


def test_like_minded_customers_have_a_forecast():
    """Amounts that differ by chance alone are no reason to refuse: a purchase is expected to bring their mean."""
    question = CustomerQuestion(models=["bg_nbd"], draws=10)
    study = study_customers(CustomerData(draw_log(800, 4, same=30.0), currency="USD"), question)
    assert study.limits == ()
    assert study.forecast.customers["expected_spend_cents"].to_numpy() == pytest.approx(3000, rel=0.05)
