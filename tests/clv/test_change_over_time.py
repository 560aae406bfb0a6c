"""Lamps for change over time: they light when it is there, name what changes, and are quiet where nothing does."""

from collections import Counter

import pytest

from cxlib.clv.assumptions import AMBER, RED, amount_trend, check_assumptions, rate_trend
from cxlib.clv.purchase_log import purchase_days
from cxlib.data import purchase_summary
from tests.clv.conftest import draw_log

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
