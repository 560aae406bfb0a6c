"""What the page about the score claims is chosen by the answers: each claim is seen to be made, and to be withheld."""

import numpy as np
import pandas as pd
import pytest

from cxlib import data, drivers
from cxlib.language import speaker
from cxlib.masking import mask_contacts
from cxlib.measures import doubt_scale
from cxlib.measures.satisfaction import CSAT, read_outcomes
from cxlib.report.views import nps_drivers as show

END = pd.Timestamp("2026-06-30")


def answers(n=1600, weights=(1.4, 0.2), fall=0.0, seed=3):
    """Ratings of speed and price and the answer that follows; `fall` takes points off the speed of late deliveries."""
    random = np.random.default_rng(seed)
    day = END - pd.to_timedelta(random.integers(0, 360, n), unit="D")
    touchpoint = random.choice(["delivery", "support"], n)
    late = (touchpoint == "delivery") & (day > END - pd.Timedelta(days=90))
    speed = (3.4 + random.normal(0, 1, n) - fall * late).round().clip(1, 5)
    price = (3.4 + random.normal(0, 1, n)).round().clip(1, 5)
    moved = weights[0] * (speed - 3.4) + weights[1] * (price - 3.4)
    nps = (7.5 + moved + random.normal(0, 1, n)).round().clip(0, 10).astype(int)
    return pd.DataFrame(
        {
            "response_id": [f"r{i:05d}" for i in range(n)], "customer_id": [f"c{i % (n // 2):04d}" for i in range(n)],
            "at": day.strftime("%Y-%m-%d"), "touchpoint": touchpoint, "nps": nps,
            "csat": random.integers(3, 6, n), "ces": random.integers(4, 8, n), "rating_speed": speed,
            "rating_price": price, "expect_speed": (speed + 1).clip(1, 5), "expect_price": price,
            "comment": np.where(nps < 7, "The delivery was late, call 0501234567 please", "Thank you"),
        }
    )  # fmt: skip


def customers(n=800):
    """Half of them old, half of them young; the old are odd in the table."""
    return pd.DataFrame({"customer_id": [f"c{i:04d}" for i in range(n)], "age_band": ["old", "young"] * (n // 2)})


def company(**frames):
    """A workspace of frames."""
    return data.Workspace.from_frames(frames, currency="SAR", time_zone="Asia/Riyadh")


def page(workspace, *, gain_draws=2, **asked):
    """Every part of the page, by name, made as the notebook makes it; gains are drawn often where a test reads them."""
    answers = drivers.gather_answers(workspace, drivers.ScoreQuestion(**asked))
    study = drivers.study_score(answers, mask=mask_contacts, draws=60, gain_draws=gain_draws)
    return {part: getattr(show, part)(study) for part in show.__all__ if part.islower()}


RENDERED = {}  # by part and language, with the part, so that no other takes its id


def text(part, language="en"):
    """What a reader of that language meets, rendered once."""
    key = id(part), language
    if key not in RENDERED:
        RENDERED[key] = part, str(part.render(speaker(language)).html)
    return RENDERED[key][1]


@pytest.fixture(scope="module")
def pages():
    """The page of each company, made once."""
    people, clear = customers(), company(surveys=answers(fall=2.0), customers=customers())
    made = {
        "clear": page(clear, gain_draws=20, margins={"age_band": "customers"}),
        "level": page(company(surveys=answers(weights=(0.8, 0.8)), customers=people), gain_draws=20),
        "bare": page(company(surveys=answers(200)[["response_id", "nps"]])),
        "few": page(company(surveys=answers(24), customers=people)),
    }
    return made.__getitem__


@pytest.mark.parametrize("name", ["clear", "level", "bare", "few"])
def test_every_part_can_be_shown(pages, name):
    """With much, little or next to nothing, each part says something in both languages."""
    for part in pages(name).values():
        assert text(part)
        assert text(part, "ar")


def test_a_driver_is_named_first_only_where_it_is(pages):
    """One driver in the title where its first place is clear; a tie is called a tie, and nobody is first."""
    assert "and Speed matters most" in text(pages("clear")["answer"])
    assert "matter most, and which of them comes first is not clear" in text(pages("level")["answer"])


def test_a_tie_gets_one_number_in_the_table(pages):
    """Tied drivers share the number of their group, clear ones do not."""
    tied, clear = (pages(name)["driver_table"].parts[0].spec.frame for name in ("level", "clear"))
    assert tied["tie"].tolist() == [1, 1]
    assert clear["tie"].tolist() == [1, 2]


def test_a_change_is_claimed_only_where_it_is_clear(pages):
    """A fall is said with where it comes from; without one, title and tile say that nothing clearly changed."""
    assert "NPS has fallen" in text(pages("clear")["answer"])
    assert "Look into “" in text(pages("clear")["answer"])
    assert "NPS has not clearly changed" in text(pages("level")["answer"])
    assert "no clear change from" in text(pages("level")["headline_tiles"])
    assert "Look into “" not in text(pages("level")["answer"])
    few = "a week it cannot be told whether others answer or write than before"  # who is asked
    assert [few in text(pages(name)["headline_tiles"]) for name in ("clear", "level")] == [True, False]


def test_a_fall_is_explained_by_the_touchpoint_it_happened_in(pages):
    """The division with the clearest change is the one shown, and the group that changed is named."""
    assert "by Touchpoint" in text(pages("clear")["change_explained"])
    assert "NPS has fallen in “Delivery”" in plain(text(pages("clear")["change_explained"]))
    assert "No group has clearly changed in NPS" in plain(text(pages("level")["change_explained"]))


def test_a_fall_is_said_in_points_and_not_in_money(pages):
    """The head says what the group took off the whole score; where nothing fell it says neither."""
    assert "alone took" in plain(text(pages("clear")["answer"]))
    assert "What that costs in money, answers do not tell" in plain(text(pages("clear")["answer"]))
    assert "money" not in text(pages("level")["answer"])
    assert "nobody was asked" not in text(pages("clear")["answer"])


def plain(html):
    """The words without their isolates and marks."""
    return html.replace("<bdi>", "").replace("</bdi>", "").replace("&#39;", "'")


def test_gains_are_worded_as_association(pages):
    """A clear best is named in the title, a tie is not; neither promises."""
    assert "Better ratings of Speed go with most" in plain(text(pages("clear")["gains"]))
    assert "What better ratings of each driver go with" in text(pages("level")["gains"])
    for name in ("clear", "level"):
        assert "an association: count on no more than" in text(pages(name)["gains"])


def test_a_shortfall_is_claimed_only_where_experience_is_below(pages):
    """Speed was expected to be a point better, price just as it was."""
    assert "Experience falls short of expectation in 1 of 2 drivers" in plain(text(pages("clear")["expectation_gap"]))
    same = answers()
    same = same.assign(expect_speed=same["rating_speed"])
    assert "no driver clearly falls short" in text(page(company(surveys=same))["expectation_gap"])


def test_weighting_is_shown_only_with_margins(pages):
    """With margins both scores and their cost; without, a notice that says how answers count."""
    assert "Weighted to all customers NPS is" in text(pages("clear")["behind_answers"])
    assert "Every answer counts the same" in text(pages("level")["behind_answers"])


def test_what_is_missing_is_said(pages):
    """No dates, ratings, expectations, comments, satisfaction, sales: a plain notice for each."""
    bare = pages("bare")
    for part, words in {
        "answer": "what moves it cannot be told", "headline_tiles": "does not ask how satisfied",
        "score_over_time": "no course over time", "change_explained": "no earlier period",
        "driver_shares": "asks for no ratings", "performance_map": "no map", "gains": "no scenarios",
        "expectation_gap": "does not ask what customers expected", "behind_answers": "is not known",
        "comments": "Too few comments",
    }.items():  # fmt: skip
        assert words in text(bare[part]), part
    assert "Answers without dates" in text(bare["answer"])


def test_too_few_answers_give_no_score(pages):
    """Below thirty answers neither title, tiles nor metrics hold a score."""
    few = pages("few")
    assert "Too few answers for NPS" in text(few["answer"])
    assert not [metric for metric in few["headline_tiles"].payload().get("metrics", []) if metric["name"] == "nps"]
    assert "Too few answers to say what moves the score" in plain(text(few["driver_shares"]))


def test_a_driver_that_says_nothing_is_left_out_and_named():
    """A rating that is always the same, and one that hardly anyone gave, do not stop the page."""
    rows = answers().assign(rating_same=5.0, rating_rare=[4.0, 2.0] + [None] * 1598)
    shown = page(company(surveys=rows))
    sentence = "Left out, because too few rated it or all rated it the same: Same and Rare"
    assert sentence in plain(text(shown["driver_shares"]))


def test_not_applicable_is_no_rating():
    """A code of nine on a scale of five is not read as a good rating."""
    rows = answers()
    rows.loc[::3, "rating_price"] = 9
    survey = page(company(surveys=rows), not_applicable=[9])
    assert survey["performance_map"].plot.frame["performance"].max() < 5


def test_quotes_hide_contacts(pages):
    """A telephone number in a comment is not on the page, in no language."""
    shown = pages("clear")["quotes"]
    assert "late, call" in text(shown)
    for language in ("en", "ar"):
        assert "0501234567" not in text(shown, language)


def test_quotes_hide_a_number_that_ends_a_sentence():
    """A full stop after the number does not show it."""
    rows = answers()
    said = np.where(rows["nps"] < 7, "Delivery late. Call 0501234567.", "ok")
    shown = page(company(surveys=rows.assign(comment=said)))
    assert "0501234567" not in text(shown["comments"])


def test_answers_that_are_all_alike_explain_nothing():
    """Where everybody recommends, there is a score and nothing that moves it."""
    shown = page(company(surveys=answers(300).assign(nps=10)))
    assert "NPS is +100" in plain(text(shown["answer"]))
    assert "nothing to explain" in text(shown["driver_shares"])


def test_metrics_are_the_score_and_its_company(pages):
    """metrics.json gets NPS, CSAT and CES with intervals and a day."""
    found = {metric["name"]: metric for metric in pages("clear")["headline_tiles"].payload()["metrics"]}
    assert set(found) == {"nps", "csat", "ces"}
    assert found["nps"]["as_of"] == "2026-06-30"
    assert found["nps"]["low"] < found["nps"]["value"] < found["nps"]["high"]
    assert found["nps"]["change"] < 0


def test_names_of_ones_own_reach_the_reader():
    """A driver's declared name stands in title and table."""
    shown = page(company(surveys=answers()), driver_names={"speed": "Punctuality"})
    assert "Punctuality" in text(shown["answer"])
    assert "Speed" not in text(shown["driver_shares"])


def test_a_survey_without_the_question_is_not_said_to_have_few_answers():
    """What moves satisfaction is the page, and it says why; no rating is rare, nobody is told to ask more customers."""
    shown = page(company(surveys=answers().drop(columns="nps")))
    title = plain(text(shown["answer"]))
    assert "drivers of CSAT, for nobody was asked for NPS" in title
    assert "CSAT is 7" in title
    assert "Ask more customers" not in title
    assert "Left out" not in plain(text(shown["driver_shares"]))


@pytest.mark.parametrize(("name", "best", "good"), [("csat", 5, "Satisfied"), ("ces", 7, "Easy to deal")])
def test_a_page_of_another_score_says_nothing_of_promoters(name, best, good):
    """Where nobody was asked for NPS the page is of satisfaction, else of ease; only why is said of NPS."""
    rows = answers(fall=2.0).drop(columns=["csat", "ces"])
    rows[name] = (rows.pop("nps") * best / 10).round().clip(1, best)
    spent = pd.DataFrame({"transaction_id": ["t"], "customer_id": ["c0001"], "at": ["2026-05-05"], "amount": [5]})
    shown = page(company(surveys=rows, customers=customers(), transactions=spent), margins={"age_band": "customers"})
    for part, component in shown.items():
        english, arabic = plain(text(component)), plain(text(component, "ar"))
        assert english, part
        assert arabic, part
        if part not in ("answer", "headline_tiles"):
            assert not [word for word in ("NPS", "romoter", "etractor", "ecommend") if word in english], part
            assert "الترويج" not in arabic, part
    title = plain(text(shown["answer"]))
    assert f"{name.upper()} has fallen" in title
    assert "and Speed matters most" in title
    assert f"drivers of {name.upper()}, for nobody was asked for NPS" in title
    tiles = {metric["name"]: metric for metric in shown["headline_tiles"].payload()["metrics"]}
    assert set(tiles) == {name}
    assert good in tiles[name]["label"]["en"]
    assert -1 < tiles[name]["change"] < 0
    assert f"{name.upper()} now" in plain(text(shown["change_explained"]))


def test_a_scale_that_was_changed_is_asked_about_and_nothing_called_worse():
    """From answers of 0 to 10 to answers of 1 to 5: nothing is said to have fallen, and no score is given."""
    rows = answers(900)
    late = pd.to_datetime(rows["at"]) > END - pd.Timedelta(days=100)
    rows.loc[late, "nps"] = rows.loc[late, "nps"].clip(1).floordiv(2).clip(1, 5)
    found = page(company(surveys=rows))
    for part in ("score_over_time", "change_explained"):
        assert "was another scale asked?" in text(found[part]), part
        assert "usual" not in text(found[part]), part
        assert "Signal" not in str(found[part].payload()), part
        assert "fell" not in text(found[part]), part
    assert "was another scale asked?" in text(found["answer"])
    assert "fallen" not in text(found["answer"])
    assert "NPS cannot be told" in text(found["answer"])
    assert "Find out from when on which scale was asked" in text(found["answer"])
    assert "worse" not in text(found["headline_tiles"])
    assert "nps" not in [metric["name"] for metric in found["headline_tiles"].payload()["metrics"]]
    assert "هل تغيّر مقياس السؤال" in text(found["answer"], "ar")
    for same in (answers(900), answers(900, fall=2.0)):
        assert "another scale" not in text(page(company(surveys=same))["answer"])


@pytest.mark.parametrize(("days", "told"), [(200, True), (45, False)])
def test_a_score_all_of_whose_answers_are_on_its_scale_is_told(days, told):
    """Answers of 1 to 5 until some days ago: the last 90 days are all on the new scale, or on both."""
    rows = answers(2400)
    early = pd.to_datetime(rows["at"]) <= END - pd.Timedelta(days=days)
    rows.loc[early, "nps"] = rows.loc[early, "nps"].clip(1).floordiv(2).clip(1, 5)
    found = page(company(surveys=rows))
    assert "was another scale asked?" in text(found["answer"])
    assert ("NPS cannot be told" in text(found["answer"])) != told
    assert ("what moves it cannot be told" in text(found["answer"])) == told  # a year of answers is on two scales
    assert "was another scale asked?" in text(found["driver_shares"])
    for part in ("score_over_time", "change_explained"):  # both periods are on the new scale, or not
        assert ("was another scale asked?" in text(found[part])) != told
    assert ("nps" in [metric["name"] for metric in found["headline_tiles"].payload()["metrics"]]) == told


def test_a_change_that_comes_from_who_answered_says_so_in_the_head():
    """From one day on only those who complained were asked: the fall is theirs, not the company's."""
    rows = answers(1600, weights=(0.3, 0.1))
    complaint = pd.to_datetime(rows["at"]) > END - pd.Timedelta(days=90)
    some = complaint | (np.arange(len(rows)) % 5 == 0)
    rows["touchpoint"] = np.where(some, "complaint", "order")
    rows.loc[some, "nps"] = (rows.loc[some, "nps"] - 2).clip(0, 10)
    made = page(company(surveys=rows))
    head = text(made["answer"])
    assert "because others answered" in head
    assert "has fallen" not in head
    assert not made["headline_tiles"].payload()["metrics"][0].get("change")
    assert "nobody was asked for NPS" not in head
    assert "another scale" not in head
    none = text(page(company(surveys=rows.drop(columns="nps")))["answer"])
    assert "nobody was asked for NPS" in none


def test_answers_that_became_worse_are_on_no_other_scale():
    """The newest reach to 0, or end where no scale does: a real fall stays one."""
    day = pd.date_range("2026-01-01", periods=400)
    told = pd.DataFrame({"day": day, "customer_id": range(400), "nps": 9})
    assert doubt_scale(told.assign(nps=[9] * 300 + [1, 5] * 50)) is not None
    assert doubt_scale(told.assign(nps=[9] * 300 + [0, 5] * 50)) is None
    assert doubt_scale(told.assign(nps=[9] * 300 + [1, 6] * 50)) is None


@pytest.mark.parametrize("newest", [30, 60, 90])
def test_another_scale_of_late_is_seen_among_the_newest_answers(newest):
    """The newest hundred hold both scales: the newest fifty or twenty do not; a fall that reaches 6 stays one."""
    day = pd.date_range("2026-01-01", periods=300)
    nps = [9, 6, 10] * 100
    for low, asked in (([4, 5, 3], True), ([4, 6, 3], False)):
        told = pd.DataFrame({"day": day, "customer_id": range(300), "nps": nps[:-newest] + low * (newest // 3)})
        assert (doubt_scale(told) is not None) == asked


def test_answers_that_end_where_a_shorter_scale_does_are_asked_about():
    """Ease from 1 to 5 counted by a scale up to 7; no more than a question where 6 was given, or few answered."""
    ease, satisfied = read_outcomes(csat_scale=[1, 5, 2], ces_scale=[1, 7, 3])["ces"], CSAT
    rows = pd.DataFrame({"day": pd.Timestamp("2026-01-01"), "ces": [1, 3, 5, 4] * 30, "customer_id": range(120)})
    assert str(doubt_scale(rows, ease).message).startswith(
        "None of the 120 answers to CES is above 5, where 7 is the best"
    )
    assert doubt_scale(rows.assign(ces=[1, 3, 6, 4] * 30), ease) is None
    assert doubt_scale(rows.head(80), ease) is None
    assert doubt_scale(rows.rename(columns={"ces": "csat"}).assign(csat=[1, 3, 4, 2] * 30), satisfied) is None
