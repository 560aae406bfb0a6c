"""NPS: published values, invariants, weights, and answers that do not fit."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxlib.errors import DataError
from cxlib.measures import Scale, rake, score_csat, score_nps
from cxlib.measures.nps import adjusted_wald
from cxlib.measures.sampling import check_weights

ANSWERS = st.lists(st.integers(0, 10), min_size=30, max_size=200)


def answers_of(promoters, detractors, n):
    """So many promoters and detractors among n answers."""
    return [10] * promoters + [3] * detractors + [8] * (n - promoters - detractors)


@pytest.mark.parametrize(
    ("n", "promoters", "detractors", "adjusted", "low", "high"),
    [(100, 50, 20, 29.13, 14.05, 44.20), (36, 19, 6, 33.33, 9.67, 56.99)],
)
def test_adjusted_wald_intervals(n, promoters, detractors, adjusted, low, high):
    """The interval is that of the formula used by MeasuringU, with three quarters of an answer added to each side."""
    score = score_nps(answers_of(promoters, detractors, n))
    assert score.value == pytest.approx(100 * (promoters - detractors) / n)
    assert [score.low, score.high] == pytest.approx([low, high], abs=0.005)
    assert adjusted_wald(promoters / n, detractors / n, n)[0] == pytest.approx(adjusted, abs=0.005)


@pytest.mark.parametrize(("n", "promoters", "detractors", "error"), [(100, 50, 20, 7.810), (324, 162, 54, 4.141)])
def test_standard_errors(n, promoters, detractors, error):
    """Without the adjustment the error is sqrt((p + d - (p - d)^2) / n): removing what is added gives it back."""
    p, d = promoters / n, detractors / n
    plain = adjusted_wald((p * n - 0.75) / (n - 3), (d * n - 0.75) / (n - 3), n - 3)
    assert plain[1] == pytest.approx(error, abs=0.0005)


@pytest.mark.acceptance
def test_airline_survey(datasets):
    """The airline survey, coded 1-11, gives -18.12 after subtracting 1, and the error says so before."""
    coded = pd.read_csv(datasets / "airlinesat.csv")["nps"]
    assert score_nps(coded - 1).value == pytest.approx(-18.12, abs=0.005)
    with pytest.raises(DataError, match=r"coded 1-11\. Subtract 1"):
        score_nps(coded)


@given(ANSWERS)
def test_score_lies_within_its_interval_and_the_scale(answers):
    """The interval lies on the scale, holds the adjusted score, and counts add up."""
    score = score_nps(answers)
    assert -100 <= score.low <= score.high <= 100
    assert score.promoters + score.passives + score.detractors == score.n == len(answers)
    assert score.value == pytest.approx(100 * (score.promoters - score.detractors) / score.n)


@given(ANSWERS, st.floats(0.1, 50))
def test_equal_weights_change_nothing(answers, weight):
    """Any equal weight gives the score without weights."""
    plain, weighted = score_nps(answers), score_nps(answers, weights=[weight] * len(answers))
    assert [weighted.value, weighted.low, weighted.high] == pytest.approx([plain.value, plain.low, plain.high])


@given(ANSWERS)
def test_opposite_answers_mirror_the_score(answers):
    """Promoters turned detractors and back turn the sign of score and interval."""
    turned = [{1: 10, -1: 0, 0: 8}[-((a >= 9) - (a <= 6))] for a in answers]
    one, other = score_nps(answers), score_nps(turned)
    assert [one.value, one.low] == pytest.approx([-other.value, -other.high])


def test_weights_move_the_score_and_widen_the_interval():
    """A weight of three: shares move with it; where it has nothing to do with the answers, Kish's 80 % are left."""
    answers = [10] * 50 + [3] * 50
    assert score_nps(answers, weights=[3.0] * 50 + [1.0] * 50).value == pytest.approx(50)
    score = score_nps(answers, weights=[3.0, 1.0] * 50)
    assert score.effective_n == pytest.approx(80)
    assert score.n == 100


def test_small_numbers_are_suppressed_and_flagged():
    """Below 30 answers no score, below 100 a flagged one."""
    assert np.isnan(score_nps([10] * 29).value)
    assert "29 answers are too few" in str(score_nps([10] * 29).headline)
    assert score_nps([10] * 99).standing == "flagged"
    assert "read it with care" in str(score_nps([10] * 99).headline)
    assert score_nps([10] * 100).standing == "ok"
    assert score_nps([]).standing == "suppressed"


def test_all_the_same_answer_still_has_an_interval():
    """A hundred promoters are no proof that everyone is one."""
    score = score_nps([10] * 100)
    assert score.value == 100
    assert 90 < score.low < 100


def test_missing_answers_are_left_out_with_their_weights():
    """An answer that was not given does not count, nor does its weight."""
    score = score_nps([10.0, None] * 40, weights=[1.0, 7.0] * 40)
    assert (score.n, score.effective_n) == pytest.approx((40, 40))


@pytest.mark.parametrize(
    ("answers", "message"),
    [([11, 0] * 50, "first: 11 in answer 1"), ([7.5] * 50, "whole number"), (["ten"] * 50, "first: ten in answer 1"),
     ([-1] * 50, "first: -1")],
)  # fmt: skip
def test_answers_off_the_scale(answers, message):
    """What is no answer 0-10 is refused with its value and place."""
    with pytest.raises(DataError, match=message):
        score_nps(answers)


@pytest.mark.parametrize("weight", [-1, np.nan, np.inf])
def test_bad_weights(weight):
    """A weight below zero is refused, and weights of which none is above it."""
    with pytest.raises(DataError, match="below zero"):
        score_nps([10] * 50, weights=[1.0] * 49 + [weight])
    with pytest.raises(DataError, match="none above zero"):
        score_nps([10] * 50, weights=[0.0] * 50)


def test_answers_of_weight_0_are_not_counted():
    """They change neither score nor interval nor the number of answers, in NPS, CSAT and raked weights alike."""
    answers, weights = [10] * 40 + [3] * 20 + [0] * 30, [1.0] * 60 + [0.0] * 30
    assert score_nps(answers, weights=weights) == score_nps(answers[:60], weights=weights[:60])
    some = [5] * 40 + [2] * 20 + [1] * 30
    assert score_csat(some, weights=weights) == score_csat(some[:60], weights=weights[:60])
    ages = pd.DataFrame({"age": ["young"] * 10 + ["old"] * 80})
    wanted = {"age": {"young": 0.5, "old": 0.5}}
    all_rows, counted = rake(ages, wanted, weights=weights), rake(ages[:60], wanted, weights=weights[:60])
    assert all_rows.weights[:60] == pytest.approx(counted.weights)
    assert (all_rows.trimmed, all_rows.design_effect) == (counted.trimmed, pytest.approx(counted.design_effect))
    pd.testing.assert_frame_equal(all_rows.margins, counted.margins)


@pytest.mark.parametrize("dtype", [bool, object, "boolean"])
def test_true_and_false_are_no_answers(dtype):
    """Python counts them as 1 and 0, which would be a score of -100 or the worst of five."""
    flags = pd.Series([True, False] * 30, dtype=dtype)
    with pytest.raises(DataError, match="first: True in answer 1"):
        score_nps(flags)
    with pytest.raises(DataError, match="outside the scale"):
        score_csat(flags, scale=Scale(0, 5))


def test_other_refusals():
    """Weights of another length are refused."""
    with pytest.raises(DataError, match="2 weights for 3 answers"):
        check_weights([1, 2], 3)


def test_shown():
    """The sentence, the table and the metric say the same number."""
    score = score_nps(answers_of(50, 20, 100))
    assert str(score.headline) == "NPS is +30 (95% interval +14 to +44, 100 answers)"
    assert score.metric.value == 30
    assert "NPS" in score._repr_html_()


SETTINGS = [
    (n, shares) for n in (30, 100, 400, 3000) for shares in ((0.85, 0.12, 0.03), (0.4, 0.3, 0.3), (0.15, 0.25, 0.6))
]


@pytest.mark.slow
@pytest.mark.parametrize(("n", "shares"), SETTINGS)
def test_intervals_cover_the_truth(n, shares):
    """2,000 simulated surveys in each of 12 settings: 92-98 % of intervals hold the true score."""
    rng = np.random.default_rng(n)
    truth, counts = 100 * (shares[0] - shares[2]), rng.multinomial(n, shares, 2000)
    covered = 0
    for promoters, passives, detractors in counts:
        score = score_nps(np.repeat([10, 8, 3], [promoters, passives, detractors]))
        covered += score.low <= truth <= score.high
    assert 0.92 <= covered / 2000 <= 0.98


@pytest.mark.parametrize("score", [0, 10])
def test_an_interval_holds_its_own_score(score):
    """One customer who gave the same answer again and again: the adjusted interval alone leaves it out."""
    nps = score_nps(40 * [score], customers=40 * ["a"])
    assert nps.low <= nps.value <= nps.high
