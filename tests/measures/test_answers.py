"""Reading answers on declared scales, CSAT and CES."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxlib.errors import DataError, ParameterError
from cxlib.measures import Scale, score_ces, score_csat
from cxlib.measures.satisfaction import LIKERT, agresti_coull, normalise_arabic, read_answers

ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def test_csat_against_agresti_coull():
    """8 of 10 good: the interval of Agresti & Coull (1998), section 1, is (0.478, 0.954) to three places."""
    assert agresti_coull(0.8, 10) == pytest.approx((0.4790, 0.9541), abs=5e-4)
    score = score_csat([5] * 32 + [1] * 8)
    assert (score.low, score.high) == agresti_coull(0.8, 40)


def test_mean_interval_is_students():
    """The mean's interval is that of scipy's t distribution."""
    from scipy import stats

    answers = [5] * 40 + [4] * 30 + [3] * 20 + [1] * 10
    score = score_csat(answers)
    wanted = stats.t.interval(0.95, 99, loc=np.mean(answers), scale=stats.sem(answers))
    assert [score.mean_low, score.mean_high] == pytest.approx(wanted)


@given(st.lists(st.integers(1, 5), min_size=30, max_size=80))
def test_any_script_gives_one_score(answers):
    """Numbers, digits as text, Arabic-Indic digits and Persian ones are one answer."""
    persian = str.maketrans("12345", "۱۲۳۴۵")
    forms = [answers, [str(a) for a in answers], [str(a).translate(ARABIC_DIGITS) for a in answers],
             [str(a).translate(persian) for a in answers]]  # fmt: skip
    assert len({score_csat(form).mean for form in forms}) == 1


@pytest.mark.parametrize(
    ("words", "numbers"),
    [(["راضٍ جدًا", "راض", "محايد", "غير راضٍ", "مستاء جدا"], [5, 4, 3, 2, 1]),
     (["أوافق بشدة", "موافق", "لا أوافق", "لا اوافق بشده"], [5, 4, 2, 1]),
     (["Very satisfied", " SATISFIED ", "neutral"], [5, 4, 3])],
)  # fmt: skip
def test_likert_words(words, numbers):
    """Answers in words are read in both languages, however they are spelled."""
    assert read_answers(words, Scale(1, 5)).tolist() == numbers


def test_seven_point_words():
    """On a scale of seven the words of seven answers count."""
    assert read_answers(["أوافق إلى حدٍّ ما", "very easy"], Scale(1, 7, 3)).tolist() == [5, 7]


def test_every_word_is_unambiguous():
    """Within scales of one length no word stands for two places."""
    for scales in LIKERT.values():
        for answers in scales:
            words = [normalise_arabic(word) for words in answers for word in words]
            assert len(words) == len(set(words))
        places = {}
        for answers in scales:
            for place, words in enumerate(answers):
                for word in words:
                    assert places.setdefault(normalise_arabic(word), place) == place


@pytest.mark.parametrize("answer", [6, 0, 4.5, "maybe", "ربما", "٦"])
def test_answers_off_the_scale(answer):
    """What is not on the declared scale is refused with its value and place."""
    with pytest.raises(DataError, match=rf"'csat' has 1 values outside the scale 1-5 \(first: {answer} in answer 2\)"):
        score_csat([5, answer, None])


@pytest.mark.parametrize("scale", [(5, 1, 2), (1, 5, 5), (1, 5, 0)])
def test_bad_scales(scale):
    """A scale without room or with only good answers is refused."""
    with pytest.raises(ParameterError):
        Scale(*scale)


def test_ces():
    """Easy is 5 or better of 7; the sentence says so."""
    score = score_ces([7] * 50 + [5] * 30 + [4] * 20)
    assert score.value == 0.8
    assert str(score.headline).startswith("80% of answers call it easy")
    assert score.metric.name == "ces"


def test_weights_suppression_and_display():
    """Weights move share and mean; few answers are not shown."""
    score = score_csat([5] * 50 + [1] * 50, weights=[3, 1] * 50)
    assert (score.value, score.mean, score.effective_n) == pytest.approx((0.5, 3.0, 80))
    assert score_csat([5] * 50 + [1] * 50, weights=[3] * 50 + [1] * 50).value == pytest.approx(0.75)
    assert np.isnan(score_csat([5] * 29).value)
    assert "too few" in str(score_csat([5] * 29).headline)
    assert "share of good answers" in score._repr_html_()
