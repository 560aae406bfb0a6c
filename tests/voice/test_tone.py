"""Tone: learnt from own ratings, judged by what it had not seen, silent where it is not sure."""

import numpy as np
import pandas as pd
import pytest

from cxlib.voice import gather_feedback, load_taxonomy
from cxlib.voice.texts import is_arabizi
from cxlib.voice.tone import calibration_error, is_open, study_tone
from tests.voice.conftest import open_shop, tickets

GOOD, BAD = ("great", "lovely", "quick", "friendly", "tasty"), ("late", "cold", "rude", "broken", "dirty")
THINGS = ("driver", "parcel", "shop", "box", "apple", "agent", "salad", "phone", "van", "bread")


def _surveys(n, seed=0, *, known=1.0, mistaken=0.0):
    """Answers with comments whose words follow the answer, but for some."""
    rng = np.random.default_rng(seed)
    good = rng.random(n) < 0.5
    said = good ^ (rng.random(n) < mistaken)
    word = np.where(said, rng.choice(GOOD, n), rng.choice(BAD, n))
    things = rng.choice(THINGS, (n, 4))
    texts = [f"{a} {b} {one} {c} {d}" for one, (a, b, c, d) in zip(word, things, strict=True)]
    nps = np.where(rng.random(n) < known, np.where(good, 10, 2), np.nan)
    return pd.DataFrame({"customer_id": np.arange(n), "at": "2026-09-01", "nps": nps, "comment": texts}), good


def _tone(**tables):
    feedback = gather_feedback(open_shop(**tables))
    known = load_taxonomy()
    return study_tone(feedback, known.find(feedback.rows["text"]), known.topics)


@pytest.mark.parametrize(
    ("text", "open_"),
    [("Not bad at all", True), ("I have no complaints", True), ("can't recommend enough", True), ("مو غالي ابدا", True),
     ("ما قصروا", True), ("ليس سيئا", True), ("ما شاء الله ممتاز", False), ("great", False),
     ("note the notice of the agent", False),
     ("el ta3amol kan 7elw", True), ("shokran gazeelan", False)],
)  # fmt: skip
def test_denials_and_arabizi_are_left_open(text, open_):
    """Words of denial and Arabic in Latin letters: nothing is said."""
    assert is_open(text) is open_
    assert not is_arabizi("room 3b at https://a.example/x2y")


def test_tone_of_comments_without_a_rating_is_that_of_their_words():
    """600 answers, a fifth without a rating: these are told, nearly all right, and so is the share of satisfied."""
    rows, good = _surveys(600, known=0.8)
    tone = _tone(surveys=rows)
    assert tone.lacks is None
    assert tone.right.low > 0.9
    assert tone.told > 0.8 * rows["nps"].isna().sum()
    whole = tone.satisfied.iloc[0]
    assert whole["low"] < good.mean() < whole["high"]


def test_other_sources_are_not_told():
    """Tickets have no ratings to learn from: nothing is said of them, and they are counted."""
    rows, _ = _surveys(300)
    tone = _tone(surveys=rows, tickets=tickets(["the driver was late"] * 7, range(900, 907), ["2026-09-01"] * 7))
    assert (tone.told, tone.elsewhere) == (0, 7)


def test_too_few_or_useless_ratings_are_refused():
    """Under a hundred ratings, one kind only, or words that say nothing of the rating: a reason, and no tone."""
    assert "fewer than 100 comments" in str(_tone(surveys=_surveys(90)[0]).lacks)
    rows, _ = _surveys(300)
    assert _tone(surveys=rows.assign(nps=10)).lacks is not None
    assert "calling all comments alike" in str(_tone(surveys=_surveys(300, mistaken=0.5)[0]).lacks)


def test_twins_are_not_judged_by_their_twins():
    """A text whose copies are rated by chance is not learnt by heart: it is not told."""
    rng = np.random.default_rng(1)
    texts = np.array([f"{a} {b} {c}" for a in THINGS for b in THINGS[:4] for c in THINGS[4:6]])
    luck = rng.random(len(texts)) < 0.5
    pick = rng.integers(0, len(texts), 800)
    rows = pd.DataFrame({"customer_id": range(800), "at": "2026-09-01", "nps": np.where(luck[pick], 10, 2)})
    assert _tone(surveys=rows.assign(comment=texts[pick])).lacks is not None


def test_of_a_planted_noise_the_chances_are_right():
    """A quarter of the ratings contradicts its words: chances of about .75, an error below .03, and nothing is sure."""
    tone = _tone(surveys=_surveys(3_000, mistaken=0.25)[0])
    assert tone.error <= 0.03
    assert tone.spoken < 0.1


@pytest.mark.slow
def test_stated_accuracy_and_chances_hold_on_comments_held_back():
    """Six companies, a tenth of the words contradicts the rating: error at most .03, share of satisfied within .03.

    3,000 rated comments and 1,500 without; five of six each. Right chances have an error of .015 by the luck of the
    bins alone here, of .02 with 1,500.
    """
    fine = near = 0
    for seed in range(6):
        rows, first = _surveys(3_000, seed, mistaken=0.1)
        more, good = _surveys(1_500, 1_000 + seed, mistaken=0.1)
        more = more.assign(nps=np.nan, customer_id=more["customer_id"] + 10_000)
        feedback = gather_feedback(open_shop(surveys=pd.concat([rows, more])))
        tone = study_tone(feedback, load_taxonomy().find(feedback.rows["text"]), ())
        fine += tone.error <= 0.03
        near += abs(tone.satisfied.iloc[0]["share"] - np.r_[first, good].mean()) <= 0.03
    assert fine >= 5
    assert near >= 5


def test_calibration_error_of_chances_that_are_right_is_small():
    """Chances drawn, then the truth by them."""
    rng = np.random.default_rng(0)
    chance = rng.random(20_000)
    assert calibration_error(chance, rng.random(20_000) < chance) < 0.02
