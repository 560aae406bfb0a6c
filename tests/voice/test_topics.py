"""Topics of comments: the leave-out identity, the taxonomy, quotes, themes."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cxlib.cli import app
from cxlib.data.tables import TABLES
from cxlib.errors import ConfigurationError, DataError, ParameterError
from cxlib.measures import score_nps
from cxlib.measures.nps import nps_codes
from cxlib.voice.themes import find_themes
from cxlib.voice.topics import DEFAULT_NAMES, load_taxonomy, measure_topics, normalise

TEXTS = ("The delivery was late", "السعر مرتفع جدًا", "Fresh and good", "nothing to say", "delivery and price")


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 10), st.sampled_from(TEXTS)), min_size=60, max_size=250))
def test_leave_out_identity(rows):
    """Each effect is NPS less NPS without the topic, and N_t (NPS_t - NPS) / (N - N_t), exactly."""
    scores, texts = np.array([r[0] for r in rows]), pd.Series([r[1] for r in rows])
    found = measure_topics(scores, texts).table.set_index("topic")
    whole = score_nps(scores).value
    for key, inside in load_taxonomy().find(texts).items():
        inside = inside.to_numpy()
        if 30 <= inside.sum() < len(rows):
            part, rest = (100 * nps_codes(scores[rows_]).mean() for rows_ in (inside, ~inside))
            effect = found.loc[key, "effect"]
            assert effect == pytest.approx(whole - rest, abs=1e-9)
            assert effect == pytest.approx(inside.sum() * (part - whole) / (~inside).sum(), abs=1e-9)
            assert found.loc[key, "low"] <= effect <= found.loc[key, "high"]


def test_identity_under_weights():
    """With weights the identity holds in shares of weight."""
    rng = np.random.default_rng(0)
    scores, texts, weights = rng.integers(0, 11, 200), pd.Series(rng.choice(TEXTS, 200)), rng.uniform(0.5, 2, 200)
    inside = load_taxonomy().find(texts)["delivery"].to_numpy()
    whole, rest = score_nps(scores, weights=weights).value, score_nps(scores[~inside], weights=weights[~inside]).value
    found = measure_topics(scores, texts, weights=weights).table.set_index("topic")
    assert found.loc["delivery", "effect"] == pytest.approx(whole - rest, abs=1e-9)


@pytest.mark.slow
def test_effect_intervals_cover():
    """1,000 samples of 300 comments: 92-98 % of the 95 % intervals hold the true effect."""
    rng, covered = np.random.default_rng(0), 0
    truth = 0.3 * 0.7 * (-60 - 20) / 0.7  # share 0.3 with NPS -60 against 20 of the rest: S - S_rest
    for _ in range(1000):
        touched = rng.random(300) < 0.3
        promoter, detractor = np.where(touched, 0.1, 0.5), np.where(touched, 0.7, 0.3)
        draw = rng.random(300)
        scores = np.where(draw < promoter, 10, np.where(draw > 1 - detractor, 2, 8))
        row = measure_topics(scores, np.where(touched, "delivery", "none")).table.set_index("topic").loc["delivery"]
        covered += row["low"] <= truth <= row["high"]
    assert 0.92 <= covered / 1000 <= 0.98


def test_headline_findings_and_quotes():
    """What holds the score down is named with its count; quotes are masked, distinct, and worst first."""
    scores = [1] * 30 + [4] * 30 + [10] * 60
    texts = ["Late delivery, call 0501234567"] * 30 + ["  delivery   too late "] * 30 + ["Excellent price"] * 60
    found = measure_topics(scores, texts, mask=lambda text: text.replace("0501234567", "***"))
    assert str(found.headline).startswith("“Delivery” pulls the score down: without its 60 comments")
    row = found.table.set_index("topic").loc["delivery"]
    assert row["quotes"] == ("Late delivery, call ***", "delivery too late")
    assert any("lifts the score" in str(finding) for finding in found.findings)
    assert "comments" in found._repr_html_()
    assert all(not quotes for quotes in measure_topics(scores, texts).table["quotes"])
    nothing = measure_topics([10, 2] * 60, ["hm", "well"] * 60)
    assert "No topic clearly pulls the score down" in str(nothing.headline)
    assert "100% of comments touch none" in str(nothing.findings[-1])
    assert measure_topics([10] * 5, [None] * 5).n == 0
    with pytest.raises(DataError, match="1 comments for 2 scores"):
        measure_topics([1, 2], ["x"])


def test_small_topics_are_not_shown():
    """Below the least number of answers a topic has a count, but neither score nor quotes."""
    found = measure_topics([2] * 10 + [9] * 90, ["late delivery"] * 10 + ["fine"] * 90, mask=str)
    row = found.table.set_index("topic").loc["delivery"]
    assert row["n"] == 10
    assert np.isnan(row["effect"])
    assert row["quotes"] == ()


@pytest.mark.parametrize(
    ("text", "topic"),
    [("وبالتوصيل تأخرتم كثيرًا", "delivery"), ("توصيــل", "delivery"), ("DELIVERED late", "delivery"),
     ("الأسعار غالية", "price_and_fees"), ("جودة المنتج سيئه", "product_quality"), ("ياليت تضيفون خدمة", "suggestion"),
     ("للدفع مشكلة", "payment")],
)  # fmt: skip
def test_spelling_and_prefixes(text, topic):
    """Topics are found in any spelling, with letters that Arabic writes together with a word, and in longer words."""
    assert load_taxonomy().find([text])[topic].iloc[0]


@pytest.mark.parametrize(
    ("text", "topic"),
    [("مدفع", "payment"), ("happy", "website_and_app"), ("إلى اللقاء", "no_person"), ("we both bother", "no_person"),
     ("I appreciate it, apparently", "website_and_app"), ("I feel your feedback feeds us", "price_and_fees"),
     ("the costumer is kinda priceless", "price_and_fees"), ("kinda fun", "rude_staff"),
     ("التحلية لذيذة", "not_solved"), ("زحام فظيع", "rude_staff")],
)  # fmt: skip
def test_no_topic_inside_other_words(text, topic):
    """A word in another one, in its middle or at its beginning, gives no topic."""
    assert not load_taxonomy().find([text])[topic].iloc[0]


@pytest.mark.parametrize(
    ("text", "topic"),
    [("both apps", "website_and_app"), ("I waited", "waiting_too_long"), ("the courier's van", "delivery"),
     ("priced well", "price_and_fees"), ("misunderstood me", "needs_not_understood"), ("three deliveries", "delivery"),
     ("موقعكم", "website_and_app"), ("بطاقتي", "payment"), ("وبتعاملهم", "rude_staff"), ("مشاكلكم", "not_solved")],
)  # fmt: skip
def test_a_word_is_found_with_its_endings(text, topic):
    """Endings that leave a word the same word, and all that begin so where the list says it by a star."""
    assert load_taxonomy().find([text])[topic].iloc[0]


def test_words_are_found_as_a_search_for_each_finds_them():
    """Looking at each different word once finds what a search through every text finds, phrases and stars too."""
    words = sorted({word for topic in load_taxonomy().topics for listed in topic.words.values() for word in listed})
    rng = np.random.default_rng(0)
    ends = ["", "s", "ing", "ed", "x", "ها", "ات", "'s", "-", "!"]
    starts = ["", "و", "بال", "un", "لل", "#"]
    texts = [
        " ".join(rng.choice(starts) + rng.choice(words).rstrip("*") + rng.choice(ends) for _ in range(4))
        for _ in range(2_000)
    ]
    found = load_taxonomy().find(texts)
    for topic in load_taxonomy().topics:
        patterns = [topic.word.pattern, *(pattern.pattern for _, pattern in topic.phrases)]
        search = re.compile("|".join(rf"(?<!\w)(?:{pattern})(?!\w)" for pattern in patterns))
        assert found[topic.key].tolist() == [bool(search.search(normalise(text))) for text in texts]


def test_default_taxonomy():
    """Fourteen topics with both names; the English ones are the messages that are translated."""
    taxonomy = load_taxonomy()
    assert [topic.key for topic in taxonomy.topics] == list(DEFAULT_NAMES)
    for topic in taxonomy.topics:
        assert set(topic.names) == {"en", "ar"} == set(topic.words)
        assert topic.name is DEFAULT_NAMES[topic.key]
    assert "comment" in {column.name for column in TABLES["surveys"].columns}


def test_topics_of_the_demo():
    """In the simulated company at least nine in ten comments on a planted topic are found under it."""
    from cxlib.data.demo import simulate

    company = simulate(6000, seed=2)
    invited = company.hidden["invitations"]
    surveys, planted = company.tables["surveys"], invited.loc[invited["responded"], "topic"].reset_index(drop=True)
    written = surveys["comment"].notna().to_numpy()
    found = load_taxonomy().find(surveys["comment"][written])
    for key, topic in {"delivery": "delivery", "price_and_fees": "price and fees", "praise": "praise",
                       "product_quality": "product quality", "website_and_app": "website and app"}.items():  # fmt: skip
        inside = planted[written].eq(topic).to_numpy()
        assert found[key][inside].mean() > 0.9


def test_own_taxonomy(tmp_path):
    """A file of one's own is read; its topics are shown by their names in both languages."""
    path = tmp_path / "topics.yaml"
    path.write_text("parking:\n  en: Parking\n  ar: المواقف\n  words:\n    en: [parking]\n    ar: [موقف]\n")
    topic = load_taxonomy(path)["parking"]
    assert topic.name == "Parking · المواقف"
    assert load_taxonomy(path).find(["no PARKING", "لا يوجد موقف"])["parking"].all()


@pytest.mark.parametrize(
    ("content", "message"),
    [("", "no topics"), ("a: [", "line 1, column 5"), ("a: {en: A}", "'a' has no words"),
     ("a: {words: {en: [x]}}", "'a' has no name"), ("a: {en: A, words: {en: x}}", "lists of text"),
     ("a: {en: A, words: {en: ['ّ']}}", "lists of text"), ("a: {en: A, words: {en: ['*']}}", "lists of text"),
     ("a: {en: A, word: 1, words: {en: [x]}}", "unknown entry 'word'")],
)  # fmt: skip
def test_bad_taxonomies(tmp_path, content, message):
    """A taxonomy that cannot be used is refused with an example of a good one."""
    path = tmp_path / "topics.yaml"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=message):
        load_taxonomy(path)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_taxonomy(tmp_path / "none.yaml")


def test_themes_by_language():
    """Each language has themes of its own, told apart, in the spelling of the comments, with the mean score."""
    texts = ["late delivery driver"] * 80 + ["price too high"] * 60 + ["التوصيل متأخر"] * 70 + ["السعر مرتفع"] * 50
    found = find_themes(texts, scores=[2] * 80 + [9] * 60 + [3] * 120, themes=2, words=2)
    assert found.table.groupby("language")["n"].apply(list).to_dict() == {"ar": [70, 50], "en": [80, 60]}
    assert set(found.table["words"].iloc[0]) == {"التوصيل", "متأخر"}
    assert found.table.set_index(["language", "theme"]).loc[("en", 1), "mean_score"] == 2
    assert "4 themes beside the topics" in str(found.headline)
    assert "words" in found._repr_html_()


def test_themes_that_do_not_come_again_are_chance():
    """Of comments with words drawn at random hardly any theme returns; planted ones beside them do."""
    random = np.random.default_rng(1)
    words = np.array([a + b for a in "bdfgklmnprst" for b in ("ara", "edo", "ilu", "omi", "une")])
    noise = [" ".join(random.choice(words, 6)) for _ in range(600)]
    assert len(find_themes(noise).table) <= 1
    planted = [f"late delivery driver {random.choice(words)}" for _ in range(200)]
    found = find_themes(noise + planted).table
    assert {"late", "delivery", "driver"} <= set(found["words"].iloc[found["n"].argmax()])


def test_topics_are_suggested_for_what_no_topic_covers(tmp_path, monkeypatch):
    """As YAML that `load_taxonomy` takes, each matter once, its commonest word first; nothing where nobody writes."""
    random = np.random.default_rng(0)
    texts = ["The parking garage was full", "No parking spot near you", "Music is far too loud", "Turn down loud music"]
    rows = {"ticket_id": range(600), "customer_id": range(600), "opened_at": "2026-05-02"}
    folder = tmp_path / "params" / "says"
    folder.mkdir(parents=True)
    (tmp_path / "notebooks").symlink_to(Path(__file__).parents[2] / "notebooks")
    pd.DataFrame({**rows, "text": random.choice([*texts, "Too expensive"], 600)}).to_csv(folder / "t.csv", index=False)
    columns = ", ".join(f"{name}: {name}" for name in (*rows, "text"))
    sources = "title: S\ncurrency: SAR\ntime_zone: UTC\ntables:\n  tickets: {path: t.csv, columns: {%s}}\n"
    (folder / "sources.yaml").write_text(sources % columns)
    monkeypatch.chdir(tmp_path)
    said = CliRunner().invoke(app, ["topics", "suggest", "says"])
    assert said.exit_code == 0, said.output
    (tmp_path / "topics.yaml").write_text(said.output)
    proposed = load_taxonomy(tmp_path / "topics.yaml")
    assert sorted(topic.words["en"][0] for topic in proposed.topics) in (["loud", "parking"], ["music", "parking"])
    assert proposed.find(texts).sum().tolist() == [2, 2]
    sources = (folder / "sources.yaml").read_text().replace(", text: text", "")
    (folder / "sources.yaml").write_text(sources)
    assert "No theme" in CliRunner().invoke(app, ["topics", "suggest", "says"]).output
    assert CliRunner().invoke(app, ["topics", "sugest", "says"]).exit_code == 2


def test_themes_of_next_to_nothing():
    """Few comments, and comments of stop words only, give no themes; bad settings are refused."""
    assert "Too few comments" in str(find_themes(["good", None]).headline)
    assert "No theme comes again" in str(find_themes(["the and of"] * 150).headline)
    with pytest.raises(ParameterError):
        find_themes(["x"], themes=0)
    assert normalise(None) == ""
