"""Support tickets, and what customers write, there and in the survey.

What goes wrong per order, how soon someone answers; a comment's topic follows from the ratings, its words come from
`phrases.yaml`, as people type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cxlib.data.demo import blocks
from cxlib.data.demo.blocks import MINUTES, OFFICE_HOURS, Block, Flags, Floats, Ints, pick
from cxlib.data.demo.customers import People
from cxlib.data.demo.purchases import Orders
from cxlib.data.demo.truth import Truth
from cxlib.strict_yaml import read_own

MOST_TICKETS = 1_000


@dataclass(frozen=True)
class Tickets:
    """Tickets of one block, by customer and time; minutes since start, -1 where it has not happened by the end."""

    customer: Ints
    opened: Ints
    answered: Ints
    closed: Ints
    channel: Ints
    topic: Ints
    text: Texts

    @property
    def day(self) -> Ints:
        """Day number on which each was opened."""
        return self.opened // MINUTES


def draw_tickets(truth: Truth, people: People, orders: Orders) -> Tickets:
    """Simulate one block's tickets: each order may bring one, within three days."""
    rng = people.block.stream("tickets")
    # The orders that bring a ticket, and its topic
    # Tickets per order by day and topic, with the fix and the fall
    support, fall = truth.support, truth.fall
    rates = np.tile([rate for _, rate in support.rates], (truth.days, 1))
    topics = [topic for topic, _ in support.rates]
    rates[truth.day_number(support.fixed_on) :, topics.index(support.fixed_topic)] *= 1 - support.fix_effect
    if fall.rating_points and fall.touchpoint in topics:
        rates[truth.day_number(fall.since) :, topics.index(fall.touchpoint)] *= support.fall_factor
    day = orders.day
    chosen = np.flatnonzero((rng.random(len(day)) < rates.sum(axis=1)[day]) & ~orders.refund)
    position = blocks.pick_each(rates[day[chosen]], rng)
    order, topic = chosen, np.array([topic_number(topic) for topic, _ in truth.support.rates])[position]
    opened = (orders.day[order] + rng.integers(0, 4, len(order))) * MINUTES
    opened += blocks.minute_of_day(rng, len(order), OFFICE_HOURS)
    opened = np.maximum(opened, orders.minute[order] + 15)
    inside = opened < truth.days * MINUTES
    order, topic, opened = order[inside], topic[inside], opened[inside]
    customer = orders.customer[order]
    channel = blocks.pick(rng, truth.support.channel_shares, len(order))
    answered, closed = _handled(truth, opened, channel, rng)
    tickets = Tickets(customer, opened, answered, closed, channel, topic, _texts(people, customer, topic, rng))
    return _in_order(tickets)


def _handled(truth: Truth, opened: Ints, channel: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """First answer and closing of each ticket; what lies past the end of the data is still open."""
    support = truth.support
    median = np.array([minutes for _, minutes in support.median_response_minutes])[channel]
    answered = opened + 1 + (median * rng.lognormal(0, support.response_sigma, len(opened))).astype(np.int64)
    hours = support.median_resolution_hours * rng.lognormal(0, support.resolution_sigma, len(opened))
    closed = answered + 1 + (hours * 60).astype(np.int64)
    closed = np.where(rng.random(len(opened)) < support.unresolved, -1, closed)
    end = truth.days * MINUTES
    return np.where(answered < end, answered, -1), np.where(closed < end, closed, -1)


def _texts(people: People, customer: Ints, topic: Ints, rng: np.random.Generator) -> Texts:
    frame = np.full(len(topic), FRAMES.index("ticket"))
    arabic: Flags = people.arabic[customer]
    texts = compose(rng, topic, frame, arabic, tone=np.zeros_like(topic))
    numbers = rng.integers(100_000, 999_999, len(topic))
    return np.array([text.replace("{order}", str(number)) for text, number in zip(texts, numbers, strict=True)], object)


def _in_order(tickets: Tickets) -> Tickets:
    place = np.lexsort((tickets.opened, tickets.customer))
    columns = {field: getattr(tickets, field)[place] for field in tickets.__dataclass_fields__}
    return replace(tickets, **columns)


def tickets_table(truth: Truth, block: Block, tickets: Tickets) -> pa.Table:
    """The canonical tickets of one block."""
    position = block.first + tickets.customer
    return pa.table(
        {
            "ticket_id": blocks.identifier(
                "K", (position + 1) * MOST_TICKETS + blocks.running_number(tickets.customer), 10
            ),
            "customer_id": blocks.customer_id(position),
            "opened_at": blocks.time_column(truth, tickets.opened),
            "day": blocks.day_column(truth, tickets.day),
            "first_response_at": blocks.time_column(truth, tickets.answered),
            "closed_at": blocks.time_column(truth, tickets.closed),
            "channel": blocks.name(tickets.channel, [channel for channel, _ in truth.support.median_response_minutes]),
            "topic": blocks.name(tickets.topic, TOPICS),
            "text": pa.array(tickets.text, pa.string()),
        }
    )


Texts = npt.NDArray[np.object_]
Wording = Mapping[str, Sequence[str]]  # "en" and "ar" -> ways to say it

_WORDS: Any = read_own(Path(__file__).with_name("phrases.yaml"))
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
    """One text a row: an opener and a closer of the `frame` around a phrase of topic and tone, all as positions."""
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
