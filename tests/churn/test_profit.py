"""Expected maximum profit: published values, quadrature, invariants; the profit curve and what it rests on."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import beta as beta_distribution

from cxlib.churn import OfferRules, empc
from cxlib.churn.offers.assumptions import break_even, offer_sensitivity
from cxlib.churn.offers.call_list import make_call_list, try_call_list
from cxlib.churn.offers.profit import ProfitTerms, Ranked, convex_hull, profit_curve, steps_of
from cxlib.errors import DataError, ParameterError
from cxlib.language import speaker
from cxlib.report.views.churn.call_list import _break_even

RULES = OfferRules(0.3, offer_cost_cents=1000, contact_cost_cents=100, margin=1)
PROFLOGIT = (
    [1, 1, 0, 0, 0, 1, 1, 1, 1, 0],
    [0.6125478, 0.3642710, 0.4321361, 0.1402911, 0.3848959, 0.2444155, 0.9706413, 0.8901728, 0.7817814, 0.8687518],
)
SCORED = st.lists(st.tuples(st.booleans(), st.integers(0, 12)), min_size=2, max_size=40).filter(
    lambda rows: len({left for left, _ in rows}) == 2
)


def by_quadrature(y, score, *, alpha=6, beta=14, clv=200, offer=10, contact=1):
    """The definition: at each response the best of all thresholds, then the mean over responses."""
    y, score = np.asarray(y, float), np.asarray(score, float)
    cuts = np.append(np.unique(score), np.inf)
    leavers = np.array([(y * (score >= cut)).sum() for cut in cuts]) / len(y)
    stayers = np.array([((1 - y) * (score >= cut)).sum() for cut in cuts]) / len(y)

    x, weight = np.polynomial.legendre.leggauss(8)
    edges = np.linspace(0, 1, 2001)
    t = (edges[:-1, None] + (x + 1) * np.diff(edges)[:, None] / 2).ravel()
    g, step = np.sin(np.pi * t / 2) ** 2, np.pi / 2 * np.sin(np.pi * t)  # no corner of the density is left at 0 and 1
    best = (leavers * (g[:, None] * (clv - offer) - contact) - stayers * (offer + contact)).max(axis=1)
    return float((np.tile(weight, 2000) / 4000) @ (best * beta_distribution.pdf(g, alpha, beta) * step))


def test_perfect_scores_earn_the_published_value():
    """From the tests of empulse: perfect scores at 50 % churn are worth 28.0000 at rate 0.5."""
    value, rate = empc([1] * 50 + [0] * 50, np.linspace(1, 0, 100))
    assert value == pytest.approx(28.0, abs=5e-5)
    assert rate == pytest.approx(0.5, abs=1e-6)


def test_empc_of_proflogits_example():
    """The package proflogit publishes 30.3003222629848 for these ten customers."""
    assert empc(*PROFLOGIT).value == pytest.approx(30.3003222629848, abs=1e-9)


def test_empc_of_the_example_by_quadrature():
    """Eight customers, integrated numerically: 23.875593418."""
    assert empc([0, 1] * 4, [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.8, 0.9]).value == pytest.approx(23.875593418, abs=1e-8)


@given(SCORED, st.floats(1, 20), st.floats(1, 20), st.floats(0, 90), st.floats(0, 20))
@settings(max_examples=25, deadline=None)
@example([(False, 0), (True, 0)], 4.0, 1.25, 0.0, 0.0)
def test_empc_is_its_definition(rows, alpha, beta, offer, contact):
    """The sum over the hull's corners is the integral over the best of all thresholds."""
    y, score = zip(*rows, strict=True)
    terms = {"alpha": alpha, "beta": beta, "clv": 100, "offer": offer, "contact": contact}
    assert empc(y, score, ProfitTerms(**terms)).value == pytest.approx(by_quadrature(y, score, **terms), abs=1e-5)


@given(SCORED, st.floats(0.1, 50))
@settings(max_examples=50, deadline=None)
def test_empc_scales_with_money_and_only_sees_order(rows, factor):
    """Other currency units scale the value; a rising transform, another order of rows, or each row twice do nothing."""
    y, score = (np.array(column) for column in zip(*rows, strict=True))
    found = empc(y, score)
    scaled = empc(y, score, ProfitTerms(200 * factor, offer=10 * factor, contact=factor))
    assert scaled.value == pytest.approx(factor * found.value, rel=1e-9, abs=1e-9)
    for again in (empc(y, np.exp(score / 3)), empc(y[::-1], score[::-1]), empc(np.tile(y, 2), np.tile(score, 2))):
        assert tuple(again) == pytest.approx(tuple(found), abs=1e-9)


@given(SCORED)
@settings(max_examples=50, deadline=None)
def test_no_ranking_beats_the_perfect_one(rows):
    """The outcome itself as score is worth most, and every ranking at least nothing."""
    y, score = zip(*rows, strict=True)
    assert 0 <= empc(y, score).value <= empc(y, np.array(y, float)).value + 1e-9


def by_threshold(y, score, *, response=0.3, clv=200, offer=10, contact=1):
    """Profit per customer of the best threshold at a known response (Verbeke et al., EJOR 218, 2012)."""
    y, score = np.asarray(y, float), np.asarray(score, float)
    gain = y * (response * (clv - offer) - contact) - (1 - y) * (offer + contact)
    return max(gain[score >= cut].sum() for cut in (*score, np.inf)) / len(y)


def test_known_response_is_the_limit_of_a_certain_one():
    """Beta(3e6, 7e6) is all but the point 0.3, where expected and plain maximum profit agree."""
    sharp = empc(*PROFLOGIT, ProfitTerms(alpha=3e6, beta=7e6))
    assert sharp.value == pytest.approx(by_threshold(*PROFLOGIT, response=0.3), rel=1e-4)


def test_the_hull_lies_on_or_above_every_threshold():
    """The hull's corners are points of the ROC curve, and none of its other points lies above it."""
    rng = np.random.default_rng(0)
    y = rng.random(300) < 0.3
    score = np.round(rng.normal(y, 1.0), 1)
    leavers, stayers = convex_hull(*steps_of(y, score))
    for cut in np.unique(score):
        called = score >= cut
        assert (y & called).sum() <= np.interp((~y & called).sum(), stayers, leavers) + 1e-9


def test_tied_customers_stand_on_one_step():
    """A stayer with a leaver's score is called together with the leaver, one below is a step of its own."""
    leavers, stayers = steps_of(np.array([True, False, False]), np.array([1.0, 1.0, 0.0]))
    assert leavers.tolist() == [1, 0]
    assert stayers.tolist() == [1, 1]


def test_the_interval_holds_the_value():
    """Drawn by customer; without draws there is none."""
    rng = np.random.default_rng(1)
    y = rng.random(400) < 0.3
    profit = empc(y, rng.normal(y, 1.0), draws=200)
    assert profit.low < profit.value < profit.high
    assert profit.rate_low < profit.target_rate < profit.rate_high
    assert np.isnan(empc(*PROFLOGIT).low)


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        ({"y": [1, 1], "score": [1, 2]}, "all 2 values of 'churned' are 1"),
        ({"y": [1, 2], "score": [1, 2]}, "first: 2 in row 2"),
        ({"y": [1, 0], "score": [1, np.nan]}, "'score' has 1 value that is missing"),
        ({"y": [1, 0], "score": [1]}, "1 values for 2 rows"),
        ({"y": [], "score": []}, "empty"),
    ],
)
def test_customers_that_cannot_be_used_are_named(given_, says):
    """One class, missing scores and wrong lengths say what, where and what to do."""
    with pytest.raises(DataError, match=says):
        empc(**given_)


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"offer": 250}, "offer=250 is not below clv=200"),
        ({"contact": -1}, "contact=-1 must be an amount of zero or more"),
        ({"clv": 0}, "clv=0 must be above zero"),
        ({"alpha": 0}, "alpha=0"),
    ],
)
def test_terms_that_cannot_be_meant_are_refused(terms, says):
    """Costs below zero and an offer above the customer's worth."""
    with pytest.raises(ParameterError, match=says):
        ProfitTerms(**terms)


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
