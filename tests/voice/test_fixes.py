"""Did the fix work: the planted one is found again, one that did nothing seldom, and what cannot be told says why."""

import numpy as np
import pandas as pd
import pytest

from cxlib.errors import ParameterError
from cxlib.voice import VoiceQuestion, study_voice
from cxlib.voice.courses import Stretches, _against, look_at_fixes
from tests.voice.conftest import open_shop, tickets


@pytest.fixture(scope="module")
def found(demo_shop):
    """The simulated company with three fixes: one planted, one that did nothing, one too late to tell."""
    fixes = {"payment": "2026-02-01", "price_and_fees": "2026-03-01", "rude_staff": "2026-09-01"}
    return study_voice(demo_shop, VoiceQuestion(fixes=fixes))


def test_the_planted_fix_is_found_again(found):
    """Problems with payment fall to three tenths: the interval against other topics holds that, and not one."""
    payment, price, rude = found.fixes
    assert payment.worked
    assert payment.against.low < 0.3 < payment.against.high < 1
    assert not price.worked
    assert not price.rose
    assert "fewer than three" in str(rude.lacks)


def test_a_fix_after_the_worst_month_is_said():
    """The page warns where the last stretch before was the one with most."""
    day = pd.Timestamp("2026-03-01")
    counts = {-4: 30, -3: 30, -2: 30, -1: 60, 0: 30, 1: 30, 2: 30, 3: 30}
    texts, days = [], []
    for number, hits in counts.items():
        texts += ["late delivery"] * hits + ["a fair price"] * 70
        days += [day + pd.Timedelta(days=30 * number + n % 30) for n in range(hits + 70)]
    rows = tickets(texts, [f"c{n}" for n in range(len(texts))], days)
    (fix,) = study_voice(open_shop(tickets=rows), VoiceQuestion(fixes={"delivery": "2026-03-01"})).fixes
    assert fix.worst_before
    assert not fix.worked


def test_fixes_that_cannot_be_meant_are_refused():
    """A topic that is none is answered with the nearest; a day that is none with the form."""
    rows = pd.DataFrame({"day": [pd.Timestamp("2026-01-01")], "who": [0], "source": ["x"], "language": ["en"]})
    touched = pd.DataFrame({"delivery": [True]})
    with pytest.raises(ParameterError, match="delivery"):
        look_at_fixes({"delivry": "2026-01-01"}, rows, touched, {})
    with pytest.raises(ParameterError, match="2026-09-30"):
        look_at_fixes({"delivery": "1 May"}, rows, touched, {})


def _told(rng, n, before, shock, worst=False):
    """Shares of the topic and of the others in twelve stretches; with `worst` the last one before is the highest."""
    shares = np.r_[np.full(6, 0.06), np.full(6, before)] * np.exp(shock * rng.standard_normal(12))
    hits = rng.binomial(n, shares) / n
    if worst:
        at = int(hits[:6].argmax())
        hits[[at, 5]] = hits[[5, at]]
    return Stretches(
        np.stack([hits, rng.binomial(n, 0.5, 12) / n], axis=1), np.full(12, float(n)), np.arange(-6, 6), 30
    )


@pytest.mark.slow
def test_a_fix_that_did_nothing_is_seldom_seen_to_work():
    """600 comments in 30 days: nothing done, at most 5 of 100 seem to work, also with shocks; 40% less in 80 of 100."""
    rng, runs = np.random.default_rng(0), 1_000
    for shock in (0.0, 0.35):
        for worst in (False, True):
            false = sum(_against(_told(rng, 600, 0.06, shock, worst), 0.95).high < 1 for _ in range(runs))
            assert false <= 50, (shock, worst)
    power = sum(_against(_told(rng, 600, 0.036, 0.0), 0.95).high < 1 for _ in range(runs))
    assert power >= 800
