"""What respondents write: a topic that follows from the ratings, worded from `phrases.yaml` as people type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cxlib.data.demo.blocks import Flags, Floats, Ints, pick
from cxlib.data.demo.truth import Truth
from cxlib.strict_yaml import read_yaml_mapping

Texts = npt.NDArray[np.object_]
Wording = Mapping[str, Sequence[str]]  # "en" and "ar" -> ways to say it

_WORDS: Any = read_yaml_mapping(Path(__file__).with_name("phrases.yaml"), name="phrases.yaml")
PHRASES: dict[str, dict[str, Wording]] = _WORDS["phrases"]
IDEAS: dict[str, Wording] = _WORDS["ideas"]
TOPICS_OF_DRIVER: dict[str, list[str]] = _WORDS["topics_of_driver"]
SUGGESTION = "suggestion"
SUGGESTIONS = tuple(f"{SUGGESTION}: {idea}" for idea in IDEAS)
TOPICS: tuple[str, ...] = (*PHRASES, *SUGGESTIONS)
TONES = ("negative", "positive", "neutral")
NEGATIVE, POSITIVE, NEUTRAL = range(3)
FRAMES = (*TONES, "ticket")
IDEA_SHARES = (0.34, 0.24, 0.12, 0.18, 0.12)
# How a hurried writer spells Arabic: bare alef, ha for ta marbuta, ya for alef maqsura, no vowel signs.
RESPELLING = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ة": "ه", "ى": "ي", "ً": "", "ُ": "", "ّ": ""})


@dataclass(frozen=True)
class Opinions:
    """Topic, tone and text of each comment: positions in `TOPICS` and `TONES`; without a comment -1, and None."""

    topic: Ints
    tone: Ints
    text: Texts


def draw_opinions(
    truth: Truth, rated: tuple[Ints, Flags], nps: Ints, about_returns: Flags, *, arabic: Flags, rng: np.random.Generator
) -> Opinions:
    """Simulate the comments of one block's answers; `rated` is the ratings and which drivers were used."""
    tone = np.where(nps <= 6, NEGATIVE, np.where(nps >= 9, POSITIVE, np.where(rng.random(len(nps)) < 0.5, 0, 1)))
    # The driver that pulled the answer furthest down (up, for a happy customer), as a topic
    ratings, used = rated
    pull = _pull(truth, ratings, used) * np.where(tone == POSITIVE, 1, -1)[:, None]
    driver = np.where(used, pull + 0.15 * rng.standard_normal(pull.shape), -np.inf).argmax(axis=1)
    choices = [TOPICS_OF_DRIVER.get(driver, ("praise",)) for driver in truth.survey.driver_names]
    counts = np.array([len(choice) for choice in choices])
    places = range(counts.max())
    table = np.array([[topic_number(choice[place % len(choice)]) for place in places] for choice in choices])
    topic = np.asarray(table[driver, (rng.random(len(driver)) * counts[driver]).astype(np.int64)])
    # Half of the unhappy answers about a return speak of it.
    returned = about_returns & (tone == NEGATIVE) & (rng.random(len(topic)) < 0.5)
    topic = np.where(returned, topic_number("returns and refunds"), topic)
    topic = np.where((tone == POSITIVE) & (rng.random(len(nps)) < 0.45), topic_number("praise"), topic)
    idea = topic_number(SUGGESTIONS[0]) + pick(rng, IDEA_SHARES, len(nps))
    topic = np.where(rng.random(len(nps)) < truth.survey.suggestions, idea, topic)
    tone = np.where(topic >= topic_number(SUGGESTIONS[0]), NEUTRAL, tone)
    text = compose(rng, topic, tone, arabic, tone=tone)  # the first frames are the tones themselves
    text = respell(rng, text, arabic, chance=truth.survey.respelled)
    text = add_contacts(rng, text, arabic, chance=truth.survey.contacts)
    silent = rng.random(len(nps)) >= truth.survey.commented
    text[silent] = None
    return Opinions(np.where(silent, -1, topic), np.where(silent, -1, tone), text)


def _pull(truth: Truth, ratings: Ints, used: Flags) -> Floats:
    drivers = truth.survey.drivers
    # A floor keeps a driver without weight worth a remark.
    weight = np.array([max(driver.weight, 0.1) for driver in drivers])
    return np.asarray(np.where(used, (ratings - np.array([driver.mean for driver in drivers])) * weight, 0.0))


def compose(rng: np.random.Generator, topic: Ints, frame: Ints, arabic: Flags, *, tone: Ints) -> Texts:
    """One text a row: an opener and a closer of the `frame`, around a phrase of the topic in the tone.

    `topic`, `tone` and `frame` are positions in `TOPICS`, `TONES` and `FRAMES`.
    """
    openers = _wording(rng, "openers", frame, arabic)
    cores = _wording(rng, "cores", topic * len(TONES) + tone, arabic)
    return np.asarray(openers + cores + _wording(rng, "closers", frame, arabic), dtype=object)


def add_contacts(rng: np.random.Generator, texts: Texts, arabic: Flags, *, chance: float) -> Texts:
    """Let some writers leave a phone number or an address."""
    contacts = _wording(rng, "contacts", np.zeros_like(arabic, np.int64), arabic)
    return np.asarray(texts + np.where(rng.random(len(texts)) < chance, contacts, ""), dtype=object)


def respell(rng: np.random.Generator, texts: Texts, arabic: Flags, *, chance: float) -> Texts:
    """Let some Arabic writers type hurriedly."""
    chosen = np.flatnonzero(arabic & (rng.random(len(texts)) < chance))
    respelled = texts.copy()
    respelled[chosen] = [text.translate(RESPELLING) for text in texts[chosen]]
    return respelled


def topic_number(topic: str) -> int:
    """Position of a topic in `TOPICS`."""
    return TOPICS.index(topic)


def _wording(rng: np.random.Generator, part: str, kind: Ints, arabic: Flags) -> Texts:
    """A random wording of each row's kind, in its language."""
    texts, starts, counts = _table(part)
    cell = kind * 2 + arabic
    return texts[starts[cell] + (rng.random(len(cell)) * counts[cell]).astype(np.int64)]


@lru_cache(maxsize=8)
def _table(part: str) -> tuple[Texts, Ints, Ints]:
    """All wordings of one part in a row, with start and count of each (kind, language)."""
    cells = [wording[language] for wording in _part(part) for language in ("en", "ar")]
    counts = np.array([len(cell) for cell in cells])
    return np.array(list(chain.from_iterable(cells)), dtype=object), np.cumsum(counts) - counts, counts


def _part(part: str) -> list[Wording]:
    if part == "contacts":
        return [_WORDS[part]]
    if part == "cores":
        return [_core(topic, tone) for topic in TOPICS for tone in TONES]
    return [_WORDS[part][frame] for frame in FRAMES]


def _core(topic: str, tone: str) -> Wording:
    """Wordings of a topic in a tone; an idea has one tone, and a neutral remark may lean either way."""
    if topic in SUGGESTIONS:
        return IDEAS[topic.removeprefix(f"{SUGGESTION}: ")]
    tones = PHRASES[topic]
    if tone in tones:
        return tones[tone]
    return {language: [*tones["negative"][language], *tones["positive"][language]] for language in ("en", "ar")}
