"""Comments and ticket texts put together from `phrases`, with the spelling habits of people who type."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

import numpy as np
import numpy.typing as npt

from cxlib.data.demo.blocks import Flags, Ints
from cxlib.data.demo.phrases import CLOSERS, CONTACTS, IDEAS, OPENERS, PHRASES, Wording

Texts = npt.NDArray[np.object_]

SUGGESTION = "suggestion"
TOPICS: tuple[str, ...] = (*PHRASES, *(f"{SUGGESTION}: {idea}" for idea in IDEAS))
TONES = ("negative", "positive", "neutral")
FRAMES = (*TONES, "ticket")
# How a hurried writer spells Arabic: bare alef, ha for ta marbuta, ya for alef maqsura, no vowel signs.
RESPELLING = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ة": "ه", "ى": "ي", "ً": "", "ُ": "", "ّ": ""})


def compose(rng: np.random.Generator, topic: Ints, frame: Ints, arabic: Flags, *, tone: Ints) -> Texts:
    """One text a row: an opener and a closer of the `frame`, around a phrase of the topic in the tone.

    `topic`, `tone` and `frame` are positions in `TOPICS`, `TONES` and `FRAMES`.
    """
    kind = topic * len(TONES) + tone
    return np.asarray(
        _wording(rng, "openers", frame, arabic)
        + _wording(rng, "cores", kind, arabic)
        + _wording(rng, "closers", frame, arabic),
        dtype=object,
    )


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
    cells = list(chain.from_iterable(_parts()[part]))
    counts = np.array([len(cell) for cell in cells])
    return np.array(list(chain.from_iterable(cells)), dtype=object), np.cumsum(counts) - counts, counts


def _parts() -> dict[str, Sequence[Wording]]:
    return {
        "openers": [OPENERS[frame] for frame in FRAMES],
        "closers": [CLOSERS[frame] for frame in FRAMES],
        "cores": [_core(topic, tone) for topic in TOPICS for tone in TONES],
        "contacts": [CONTACTS],
    }


def _core(topic: str, tone: str) -> Wording:
    """Wordings of a topic in a tone; an idea has one tone, and a neutral remark may lean either way."""
    if topic.startswith(SUGGESTION):
        return IDEAS[topic.removeprefix(f"{SUGGESTION}: ")]
    by_tone = PHRASES[topic]
    if tone in by_tone:
        return by_tone[tone]
    return (by_tone["negative"][0] + by_tone["positive"][0], by_tone["negative"][1] + by_tone["positive"][1])
