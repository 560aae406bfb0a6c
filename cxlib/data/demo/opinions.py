"""What a respondent writes: a topic that follows from the ratings, in the tone of the 0-10 answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cxlib.data.demo.blocks import Flags, Floats, Ints, pick
from cxlib.data.demo.comments import (
    SUGGESTION,
    TOPICS,
    Texts,
    add_contacts,
    compose,
    respell,
    topic_number,
)
from cxlib.data.demo.truth import Truth

# What a bad rating of a driver is about; support has many faces, and too little choice ends in a suggestion.
TOPICS_OF_DRIVER: dict[str, tuple[str, ...]] = {
    "delivery": ("delivery",),
    "product_quality": ("product quality",),
    "price": ("price and fees",),
    "support": (
        "waiting too long",
        "question or problem not solved",
        "needs not understood",
        "rude staff",
        "hard to reach",
        "too much automation, no person",
    ),
    "website_app": ("website and app",),
    "choice": (f"{SUGGESTION}: more organic products",),
    "payment": ("payment",),
}
NEGATIVE, POSITIVE, NEUTRAL = range(3)
IDEAS = tuple(topic for topic in TOPICS if topic.startswith(SUGGESTION))
IDEA_SHARES = (0.34, 0.24, 0.12, 0.18, 0.12)


@dataclass(frozen=True)
class Opinions:
    """Topic, tone and text of each comment.

    `topic` and `tone` are positions in `comments.TOPICS` and `comments.TONES`; without a comment -1, and None.
    """

    topic: Ints
    tone: Ints
    text: Texts


def draw_opinions(
    truth: Truth,
    rated: tuple[Ints, Flags],
    nps: Ints,
    touched: tuple[tuple[str, ...], Ints],
    *,
    arabic: Flags,
    rng: np.random.Generator,
) -> Opinions:
    """Simulate the comments of one block's answers.

    `rated` is the ratings and which drivers were used; `touched` the names of the touchpoints and each answer's.
    """
    tone = np.where(nps <= 6, NEGATIVE, np.where(nps >= 9, POSITIVE, np.where(rng.random(len(nps)) < 0.5, 0, 1)))
    topic = _topics(truth, rated, tone, rng)
    topic = _about_returns(topic, tone, touched, rng)
    topic = np.where((tone == POSITIVE) & (rng.random(len(nps)) < 0.45), topic_number("praise"), topic)
    idea = np.array([topic_number(each) for each in IDEAS])[pick(rng, IDEA_SHARES, len(nps))]
    topic = np.where(rng.random(len(nps)) < truth.survey.suggestions, idea, topic)
    tone = np.where(topic >= topic_number(IDEAS[0]), NEUTRAL, tone)
    text = _write(truth, topic, tone, arabic, rng=rng)
    silent = rng.random(len(nps)) >= truth.survey.commented
    text[silent] = None
    return Opinions(np.where(silent, -1, topic), np.where(silent, -1, tone), text)


def _topics(truth: Truth, rated: tuple[Ints, Flags], tone: Ints, rng: np.random.Generator) -> Ints:
    """The driver that pulled the answer furthest down (up, for a happy customer), as a topic."""
    ratings, used = rated
    pull = _pull(truth, ratings, used) * np.where(tone == POSITIVE, 1, -1)[:, None]
    driver = np.where(used, pull + 0.15 * rng.standard_normal(pull.shape), -np.inf).argmax(axis=1)
    choices = [TOPICS_OF_DRIVER.get(driver, ("praise",)) for driver in truth.survey.driver_names]
    counts = np.array([len(choice) for choice in choices])
    places = range(counts.max())
    table = np.array([[topic_number(choice[place % len(choice)]) for place in places] for choice in choices])
    return np.asarray(table[driver, (rng.random(len(driver)) * counts[driver]).astype(np.int64)])


def _pull(truth: Truth, ratings: Ints, used: Flags) -> Floats:
    drivers = truth.survey.drivers
    # A floor keeps a driver without weight worth a remark.
    weight = np.array([max(driver.weight, 0.1) for driver in drivers])
    return np.asarray(np.where(used, (ratings - np.array([driver.mean for driver in drivers])) * weight, 0.0))


def _about_returns(topic: Ints, tone: Ints, touched: tuple[tuple[str, ...], Ints], rng: np.random.Generator) -> Ints:
    """Half of the unhappy answers about a return speak of it."""
    names, touchpoint = touched
    about = (touchpoint == (names.index("returns") if "returns" in names else -1)) & (tone == NEGATIVE)
    return np.where(about & (rng.random(len(topic)) < 0.5), topic_number("returns and refunds"), topic)


def _write(truth: Truth, topic: Ints, tone: Ints, arabic: Flags, *, rng: np.random.Generator) -> Texts:
    # The first frames are the tones themselves.
    texts = compose(rng, topic, tone, arabic, tone=tone)
    texts = respell(rng, texts, arabic, chance=truth.survey.respelled)
    return add_contacts(rng, texts, arabic, chance=truth.survey.contacts)
