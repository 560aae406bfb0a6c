"""The profit curve: values by hand, invariants, and what it rests on."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxlib.churn import OfferRules
from cxlib.churn.offers.assumptions import break_even, offer_sensitivity
from cxlib.churn.offers.call_list import make_call_list, try_call_list
from cxlib.churn.offers.profit import Ranked, profit_curve
from cxlib.errors import ParameterError
from cxlib.language import speaker
from cxlib.report.views.churn.call_list import _break_even

RULES = OfferRules(0.3, offer_cost_cents=1000, contact_cost_cents=100, margin=1)
SCORED = st.lists(st.tuples(st.booleans(), st.integers(0, 12)), min_size=2, max_size=40).filter(
    lambda rows: len({left for left, _ in rows}) == 2
)


def by_threshold(y, score, *, response=0.3, clv=200, offer=10, contact=1):
    """Profit per customer of the best threshold at a known response (Verbeke et al., EJOR 218, 2012)."""
    y, score = np.asarray(y, float), np.asarray(score, float)
    gain = y * (response * (clv - offer) - contact) - (1 - y) * (offer + contact)
    return max(gain[score >= cut].sum() for cut in (*score, np.inf)) / len(y)


def test_percentages_are_told_how_to_be_written():
    """35 instead of 0.35."""
    with pytest.raises(ParameterError, match=r"Write 35 percent as 0\.35"):
        OfferRules(expected_response=35)
    with pytest.raises(ParameterError, match=r"Write 60 percent as 0\.6"):
        OfferRules(margin=60)


@given(SCORED)
@settings(max_examples=50, deadline=None)
def test_best_point_of_the_curve_is_the_maximum_profit(rows):
    """With one value for all, the curve's best profit is n times the maximum profit at that response."""
    y, score = zip(*rows, strict=True)
    rules = OfferRules(expected_response=0.3, offer_cost_cents=10, contact_cost_cents=1, margin=1)
    found = profit_curve(y, score, 200, rules=rules, draws=0)
    assert found.profit_cents == pytest.approx(len(y) * by_threshold(y, score), abs=1e-6)


def test_curve_of_individual_values_by_hand():
    """Three customers, called one after the other: +200, +14,600 and -1,100 cents."""
    found = profit_curve([1, 1, 0], [3, 2, 1], [2000, 50000, 7], draws=0, rules=RULES)
    ranked = Ranked.by([1, 1, 0], [3, 2, 1], [2000, 50000, 7])
    assert ranked.curve(ranked.gain(RULES))[1].tolist() == pytest.approx([0, 200, 14800, 13700])
    assert found.best_share == pytest.approx(2 / 3)
    assert found.break_even_share == 1.0


def test_equal_scores_are_called_in_no_order():
    """Within a tie the curve is straight, whichever way the rows stand."""
    y = [1, 0, 1, 0]
    tied = profit_curve(y, [1, 1, 1, 1], 20000, draws=0, rules=RULES)
    assert np.allclose(np.diff(tied.table["profit_cents"], 2), 0)
    assert tied.table.equals(profit_curve(y[::-1], [1, 1, 1, 1], 20000, draws=0, rules=RULES).table)


def test_break_even_is_where_the_curve_last_falls_through_zero():
    """One leaver is worth 4,600 cents, each stayer costs 1,100: 4.18 of them use that up."""
    y = [1] + [0] * 9
    found = profit_curve(y, np.arange(10)[::-1], 20000, draws=20, rules=RULES)
    gain = 0.3 * 19000 - 100
    assert found.break_even_share == pytest.approx((1 + gain / 1100) / 10)


def test_no_call_pays_and_the_page_says_so():
    """An offer above every value leaves nobody to call."""
    found = profit_curve([1, 0], [1, 0], 500, draws=10, rules=RULES)
    assert (found.best_share, found.profit_cents, found.pays) == (0.0, 0.0, False)
    assert "no call pays" in str(found.headline)


@pytest.mark.slow
def test_band_of_the_curve_covers():
    """200 samples of 1,000 customers: the 95 % band at a share of 20 % holds the true profit in 91-99 %."""
    rng = np.random.default_rng(3)

    def draw(n):
        risk = rng.beta(1, 4, n)
        return rng.random(n) < risk, risk

    y, risk = draw(2_000_000)
    truth = profit_curve(y, risk, 20000, draws=0, rules=RULES).table["profit_cents"].iloc[20] / len(y) * 1000
    hits = 0
    for seed in range(200):
        y, risk = draw(1000)
        row = profit_curve(y, risk, 20000, draws=200, seed=seed, rules=RULES).table.iloc[20]
        hits += row["low_cents"] <= truth <= row["high_cents"]
    assert 182 <= hits <= 198


def scores(n=500, seed=0):
    """Customers with risks, values and outcomes."""
    rng = np.random.default_rng(seed)
    risk = rng.beta(1, 4, n)
    values = rng.lognormal(10, 1, n)
    frame = {"customer_id": range(n), "risk": risk, "value_cents": values, "churned": rng.random(n) < risk}
    return pd.DataFrame(frame)


def test_sensitivity_moves_one_assumption_at_a_time():
    """Eight rows; a doubled value is the list of doubled values, and the widest assumption stands first."""
    scored = scores()
    sensitivity = offer_sensitivity(scored, currency="SAR", rules=RULES)
    table = sensitivity.table
    assert len(table) == 8
    row = table[(table["assumption"] == "value") & (table["factor"] == 2)].iloc[0]
    twice = try_call_list(scored.assign(value_cents=2 * scored["value_cents"]), draws=2, rules=RULES)
    assert row["profit_cents"] == pytest.approx(twice.table["gain_cents"].iloc[0])
    assert row["share"] == twice.calls / twice.n
    spread = table.groupby("assumption", sort=False)["profit_cents"].agg(np.ptp)
    assert spread.is_monotonic_decreasing
    assert "SAR" in str(sensitivity.headline)
    assert len(offer_sensitivity(scored, rules=OfferRules(0.8, 1000, 100, margin=1)).table) == 8


def test_no_assumption_matters_where_nobody_would_be_called():
    """An offer that keeps nobody brings nothing whatever is halved or doubled, and none is said to matter most."""
    idle = offer_sensitivity(scores(), currency="SAR", rules=OfferRules(0.0, 1000, 100, margin=1))
    assert not idle.table["change_cents"].any()
    assert str(idle.headline).startswith("None of the assumptions")


def test_the_curve_of_the_list_goes_through_the_list():
    """At the list's share the curve in the order of gains brings what the list brought: one profit on a page."""
    scored, rules = scores(), RULES
    test = try_call_list(scored, draws=2, rules=RULES)
    gain = rules.gain(scored["risk"].to_numpy(), scored["value_cents"].to_numpy())
    curve = profit_curve(scored["churned"], gain, scored["value_cents"], other=scored["risk"], draws=0, rules=RULES)
    ranked = Ranked.by(scored["churned"], gain, scored["value_cents"])
    share, profit = ranked.curve(ranked.gain(rules))
    assert np.interp(test.calls / test.n, share, profit) == pytest.approx(test.table["gain_cents"].iloc[0])
    by_risk = profit_curve(scored["churned"], scored["risk"], scored["value_cents"], draws=0, rules=RULES)
    assert curve.table["other_cents"].tolist() == by_risk.table["profit_cents"].tolist()


def test_the_break_even_is_the_cost_at_which_the_list_turns():
    """A call that costs what it keeps on average earns nothing; one that costs a little less does."""
    scored = scores().drop(columns="churned")
    prices = break_even(scored, rules=RULES)
    row = prices.table.iloc[-1]
    assert row["low_cents"] <= row["kept_cents"] <= row["high_cents"]
    most = scored.assign(at_stake=scored["risk"] * scored["value_cents"]).nlargest(int(row["customers"]), "at_stake")
    rules = OfferRules(offer_cost_cents=0, contact_cost_cents=row["kept_cents"], margin=1)
    assert rules.gain(most["risk"].to_numpy(), most["value_cents"].to_numpy()).sum() == pytest.approx(0, abs=1e-6)
    assert prices.table["kept_cents"].is_monotonic_decreasing


def test_a_list_that_may_lose_money_says_so_in_the_same_sentence():
    """One sentence holds the gain, its interval and the doubt; without doubt it is a call to act."""
    scored = scores().drop(columns="churned")
    unsure = make_call_list(scored, level_sd=3.0, rules=RULES)
    assert unsure.low_cents < 0
    assert "it may lose money" in str(unsure.headline)
    assert not str(unsure.headline).startswith("Call ")
    lost = unsure.counts["call"] * (RULES.offer_cost_cents + RULES.contact_cost_cents)
    assert unsure.low_cents == -lost  # no more can be lost than all calls and offers cost
    sure = make_call_list(scored, rules=RULES)
    assert sure.low_cents > 0
    assert str(sure.headline).startswith("Call ")
    assert sure.kept == pytest.approx(0.3 * sure.calls["risk"].sum())


@pytest.mark.parametrize(("n", "sizes"), [(400, [30, 40, 100]), (20, [])])
def test_what_a_call_may_cost_is_told_for_thirty_and_more(n, sizes):
    """Sizes begin at thirty customers; with fewer in all the sentence names no amount."""
    prices = break_even(scores(n).drop(columns="churned"), rules=RULES)
    table = _break_even(prices)
    assert table.spec.frame["customers"].tolist() == sizes
    assert table.render(speaker("en")).html
    assert ("SAR" in str(prices.headline) or "keeps" in str(prices.headline)) == bool(sizes)
