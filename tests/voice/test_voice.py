"""What customers say: every source, each customer once, what changed by the spread of months, what may be shown."""

import re

import numpy as np
import pandas as pd
import pytest

from cxlib.errors import DataError, ParameterError
from cxlib.voice import VoiceQuestion, gather_feedback, study_voice
from cxlib.voice.courses import Stretches, hold_against, stretches_about
from tests.voice.conftest import open_shop, tickets


@pytest.fixture(scope="module")
def found(demo_shop):
    """The simulated company's voice."""
    return study_voice(demo_shop)


def test_the_planted_fall_of_deliveries_is_what_changed(found):
    """More customers write about delivery, nothing else has clearly moved, and it pulls the score down."""
    assert found.moved["topic"].tolist()[:1] == ["delivery"]
    assert str(found.headline).startswith("More customers write about “Delivery”")
    assert found.effects.table["topic"].iloc[0] == "delivery"
    assert found.effects.table["significant"].iloc[0]


def test_shares_are_those_of_the_comments(found):
    """A topic's customers are those who wrote of it, and its share lies in its interval."""
    rows, end = found.feedback.rows, found.feedback.end
    recent = rows["day"] > end - pd.Timedelta(days=90)
    inside = recent & found.touched["delivery"].to_numpy()
    line = found.table.set_index("topic").loc["delivery"]
    assert line["customers"] == rows.loc[inside, "who"].nunique()
    assert line["low"] < line["share"] < line["high"]
    assert found.comments == recent.sum()


def test_quotes_come_from_large_groups_and_hide_numbers(found):
    """Fewer than thirty customers are not quoted; no number of four digits is left."""
    for line in found.table.to_dict("records"):
        assert (line["customers"] >= 30) or not line["quotes"]
        assert not [quote for quote in line["quotes"] if re.search(r"\d{4}", quote)]
    assert any(found.table["quotes"].map(len))


def test_who_said_no_is_counted_and_never_quoted():
    """With may_quote false the comment is in the share and in no quote."""
    texts = [f"The delivery came {word} late to our door" for word in ("very", "too", "so", "quite")] * 20
    rows = tickets(texts, [f"c{n}" for n in range(80)], ["2026-09-01"] * 80)
    assert study_voice(open_shop(tickets=rows)).table["quotes"].iloc[0]
    found = study_voice(open_shop(tickets=rows.assign(may_quote="no")))
    assert found.table["customers"].iloc[0] == 80
    assert found.table["quotes"].iloc[0] == ()


def test_a_name_that_stands_in_a_personal_column_is_hidden():
    """Names of the table of customers are hidden in quotes."""
    people = pd.DataFrame({"customer_id": [f"c{n}" for n in range(40)], "full_name": ["Jane Quill"] * 40})
    texts = [f"The driver Jane Quill was late for the {n % 7 + 1}th time" for n in range(40)]
    rows = tickets(texts, people["customer_id"], ["2026-09-01"] * 40)
    found = study_voice(open_shop(tickets=rows, customers=people))
    quotes = [quote for quotes in found.table["quotes"] for quote in quotes]
    assert quotes
    assert not [quote for quote in quotes if "Quill" in quote]


def test_sources_are_joined_and_each_comment_counts_once():
    """Survey, ticket and review; a customer's twin goes, the one with the score stays; copies without a customer go."""
    late = "The delivery came two hours late and everything was cold"
    surveys = pd.DataFrame({"customer_id": ["a"], "at": ["2026-09-02"], "nps": [2], "comment": [late.upper()]})
    written = tickets([late, "ok 👍", "🙂"], ["a", "b", "c"], ["2026-09-01"] * 3)
    reviews = pd.DataFrame(
        {"at": ["2026-09-03"] * 4, "text": [late, late, "Слишком долго ждал курьера", "<p>Price is high</p>"],
         "rating": [1, 1, 2, 5], "channel": ["app_store", "app_store", None, "x"]}
    )  # fmt: skip
    found = gather_feedback(open_shop(surveys=surveys, tickets=written, feedback=reviews))
    assert found.rows["source"].tolist() == ["tickets", "surveys", "feedback", "x"]
    assert (found.repeated, found.copies, found.wordless, found.scored) == (1, 2, 1, "surveys")
    assert found.rows["language"].tolist() == ["en", "en", "other", "en"]
    assert found.rows["answer"].tolist()[:2][1] == 2
    assert study_voice(open_shop(feedback=reviews)).unread == 1


def test_ratings_are_the_score_where_there_is_no_survey():
    """Stars of reviews make a share of satisfied, on their scale; a rating off it is refused."""
    texts = ["The delivery was late"] * 40 + ["Fair price"] * 60
    rows = pd.DataFrame({"at": "2026-09-03", "text": texts, "rating": [1] * 40 + [5] * 60})
    found = study_voice(open_shop(feedback=rows.assign(customer_id=range(100))))
    assert found.effects.outcome.name == "csat"
    assert found.effects.table.set_index("topic").loc["delivery", "effect"] == pytest.approx(60 - 100)
    with pytest.raises(DataError, match="outside the scale 1-5"):
        study_voice(open_shop(feedback=rows.assign(rating=9)))


@pytest.mark.parametrize(
    "texts",
    [["Late delivery"], ["Late delivery"] * 200, ["x" * 99_999] * 3, ["<div></div>", "ok then"], ["Поздно"] * 50],
    ids=["one", "all the same", "long cells", "empty markup", "unknown language"],
)
def test_odd_comments_end_in_words(texts):
    """One comment, the same one throughout, pasted ones, markup only, another language: a headline, no traceback."""
    rows = tickets(texts, [f"c{n}" for n in range(len(texts))], ["2026-09-01"] * len(texts))
    found = study_voice(open_shop(tickets=rows))
    assert str(found.headline)
    assert found.customers <= len(texts)
    assert not found.moved.size


def test_a_period_of_two_days_is_refused():
    """It has no thirds."""
    with pytest.raises(ParameterError):
        VoiceQuestion(period_days=2)


def test_a_change_of_sources_is_no_change_of_topics():
    """A new source with other topics does not make the old ones rise or fall: the time before is weighted alike."""
    rng = np.random.default_rng(3)
    days = np.repeat(np.arange(0, 360, 30), 300) + rng.integers(0, 30, 3_600)
    source = np.where(
        (days >= 270) & (rng.random(3_600) < 0.5), "chat", np.where(rng.random(3_600) < 0.1, "chat", "mail")
    )
    touched = pd.DataFrame({"delivery": rng.random(3_600) < np.where(source == "chat", 0.6, 0.1)})
    day = pd.Timestamp("2026-01-01") + pd.to_timedelta(days, unit="D")
    rows = pd.DataFrame({"day": day, "who": np.arange(3_600), "source": source, "language": "en"})
    told = stretches_about(rows, touched, pd.Timestamp("2026-01-01") + pd.Timedelta(days=270), length=30, most=(12, 3))
    change = hold_against(told).iloc[0]
    assert not change["clear"]
    assert abs(change["now"] - change["before"]) < 0.04


def _months(rng, topics, n, factor, shock):
    shares = rng.uniform(0.03, 0.3, topics) * np.exp(shock * rng.standard_normal((12, topics)))
    shares[9:, 0] *= factor
    return Stretches(rng.binomial(n, np.clip(shares, 0, 0.9)) / n, np.full(12, float(n)), np.arange(-9, 3), 30)


@pytest.mark.slow
def test_no_clear_change_where_nothing_changed_and_a_planted_fall_is_found():
    """14 topics, twelve months of 2,000 comments: clear in at most 5 of 100; a fall of 30% found in 90 of 100.

    Also where months differ. The fall is of a topic in a tenth of comments.
    """
    rng = np.random.default_rng(0)
    for shock in (0.0, 0.15, 0.35):
        false = sum(hold_against(_months(rng, 14, 2_000, 1.0, shock))["clear"].any() for _ in range(400))
        assert false <= 26, shock  # 5 of 100, and two standard errors
    power = 0
    for _ in range(400):
        told = _months(rng, 14, 2_000, 1.0, 0.0)
        share = rng.binomial(2_000, np.r_[np.full(9, 0.1), np.full(3, 0.07)]) / 2_000
        told.shares[:, 0] = share
        power += bool(hold_against(told)["clear"].iloc[0])
    assert power >= 360
