"""Comments: both languages, topics that follow from the ratings, contacts and spellings as people leave them."""

import re

import numpy as np
import pytest

from cxlib.data.demo.support import IDEAS, PHRASES, TOPICS, add_contacts, compose, respell

ARABIC = re.compile("[\u0621-\u064a]")


@pytest.mark.parametrize("topic", PHRASES)
def test_every_topic_can_be_said_in_both_languages_and_tones(topic):
    """Each topic has wordings of its own, in Arabic script where Arabic is meant and nowhere else."""
    for wording in PHRASES[topic].values():
        assert all(ARABIC.search(phrase) for phrase in wording["ar"])
        assert not any(ARABIC.search(phrase) for phrase in wording["en"])


def test_no_wording_stands_twice():
    """A wording belongs to one topic, so that the topic behind a comment is never in doubt."""
    wordings = [*(w for tones in PHRASES.values() for w in tones.values()), *IDEAS.values()]
    phrases = [phrase for wording in wordings for language in wording.values() for phrase in language]
    assert len(phrases) == len(set(phrases))


def test_language_of_a_comment_is_the_customers(company):
    """Comments of Arabic customers are in Arabic script, all others are not."""
    comments = company.tables["surveys"].dropna(subset=["comment"])
    arabic = comments["comment"].str.contains(ARABIC)
    assert (arabic == (comments["language"] == "ar")).all()
    assert arabic.mean() == pytest.approx(company.truth.arabic, abs=0.03)


def test_unhappy_answers_speak_of_what_went_wrong(company):
    """Where delivery was rated worst, most unhappy comments are about delivery; happy ones praise."""
    asked = company.hidden["invitations"].dropna(subset=["topic"])
    unhappy = asked[(asked["tone"] == "negative") & (asked["rating_delivery"] == 1)]
    assert (unhappy["topic"] == "delivery").mean() > 0.5
    happy = asked[asked["tone"] == "positive"]
    assert happy["topic"].mode()[0] == "praise"


def test_ideas_come_in_their_order(company):
    """The idea planted most often is the one that most comments carry."""
    topics = company.hidden["invitations"]["topic"].dropna()
    ideas = topics[topics.str.startswith("suggestion")].value_counts(normalize=True)
    assert ideas.index[0] == "suggestion: evening delivery"
    assert topics.str.startswith("suggestion").mean() > 0.1


def test_contacts_and_spelling_leave_the_rest_alone():
    """With chance one every text gets a contact and every Arabic one is respelled; with chance none nothing changes."""
    rng = np.random.default_rng(0)
    topic, arabic = np.arange(len(TOPICS)), np.arange(len(TOPICS)) % 2 == 0
    texts = compose(rng, topic, np.zeros_like(topic), arabic, tone=np.zeros_like(topic))
    assert (add_contacts(rng, texts, arabic, chance=0.0) == texts).all()
    assert all(re.search("055|٠٥٥|@", text) for text in add_contacts(rng, texts, arabic, chance=1.0))
    respelled = respell(rng, texts, arabic, chance=1.0)
    assert (respelled[~arabic] == texts[~arabic]).all()
    assert not any(re.search("[أإآةى]", text) for text in respelled)
