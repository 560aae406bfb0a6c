"""The survey: who is invited, who answers, ratings of drivers, and the 0-10 answer that follows from them."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from cxlib.data.demo import blocks
from cxlib.data.demo.blocks import MINUTES, Flags, Floats, Ints
from cxlib.data.demo.customers import People
from cxlib.data.demo.purchases import Orders
from cxlib.data.demo.support import Opinions, Tickets, draw_opinions
from cxlib.data.demo.truth import Truth

MOST_INVITATIONS = 1_000
# A support rating is asked of customers with a ticket in these days before the answer; others say "not applicable".
SUPPORT_MEMORY_DAYS = 60


@dataclass(frozen=True)
class Answers:
    """Every invitation of one block with the answer it gets, or would get: `responded` says which.

    `ratings`, `expectations` and `used` have a column a driver; `known` is the rating before any went missing.
    """

    customer: Ints
    sent: Ints
    minute: Ints
    touchpoint: Ints
    chance: Floats
    responded: Flags
    latent: Floats
    nps: Ints
    csat: Ints
    ces: Ints
    known: Ints
    used: Flags
    ratings: Ints
    expectations: Ints
    opinions: Opinions

    @property
    def given(self) -> Ints:
        """Rows of the invitations that were answered."""
        return np.flatnonzero(self.responded)


@dataclass(frozen=True)
class Invitations:
    """Who was asked when about what."""

    customer: Ints
    sent: Ints
    touchpoint: Ints


def touchpoints(truth: Truth) -> tuple[str, ...]:
    """Names behind the numbers of a survey's touchpoint; support comes through tickets, the others through orders."""
    return (*(touchpoint for touchpoint, _ in truth.survey.touchpoints), "support")


def draw_answers(truth: Truth, people: People, orders: Orders, tickets: Tickets) -> Answers:
    """Simulate one block's invitations and answers."""
    rng = people.block.stream("surveys")
    asked = _invite(truth, people, orders, tickets, rng=rng)
    minute = asked.sent + 60 + rng.integers(0, 3 * MINUTES, len(asked.sent))
    happy = people.satisfaction[asked.customer]
    chance = _chance(truth, people.age[asked.customer], happy)
    responded = (rng.random(len(minute)) < chance) & (minute < truth.days * MINUTES)
    used = _used(truth, asked, tickets, rng=rng)
    known = _rate(truth, asked, happy, minute // MINUTES, rng=rng)
    latent = _answer(truth, known, used, rng)
    nps = blocks.clip_round(latent, 0, 10)
    about_returns = np.array([touchpoint == "returns" for touchpoint in touchpoints(truth)])[asked.touchpoint]
    return Answers(
        customer=asked.customer,
        sent=asked.sent,
        minute=minute,
        touchpoint=asked.touchpoint,
        chance=chance,
        responded=responded,
        latent=latent,
        nps=nps,
        known=known,
        used=used,
        csat=_scale(latent - truth.survey.base, rng, centre=3.9, slope=0.42, top=5),
        ces=_scale(latent - truth.survey.base, rng, centre=5.3, slope=0.40, top=7),
        ratings=_with_missing(truth, known, used, nps, rng=rng),
        expectations=_expect(truth, len(minute), rng),
        opinions=draw_opinions(truth, (known, used), nps, about_returns, arabic=people.arabic[asked.customer], rng=rng),
    )


def _invite(truth: Truth, people: People, orders: Orders, tickets: Tickets, *, rng: np.random.Generator) -> Invitations:
    """Invitations after orders and after tickets, by customer and time."""
    survey = truth.survey
    chance = np.where(people.loyal, survey.invited_loyal, survey.invited)[orders.customer]
    order = np.flatnonzero((rng.random(len(chance)) < chance) & ~orders.refund)
    ticket = np.flatnonzero(rng.random(len(tickets.customer)) < survey.invited_ticket)
    about = blocks.pick(rng, [share for _, share in survey.touchpoints], len(order))
    customer = np.concatenate([orders.customer[order], tickets.customer[ticket]])
    sent = np.concatenate([orders.minute[order] + MINUTES, tickets.opened[ticket] + 2 * MINUTES])
    touchpoint = np.concatenate([about, np.full(len(ticket), len(survey.touchpoints))])
    place = np.lexsort((sent, customer))
    place = place[sent[place] < truth.days * MINUTES]
    return Invitations(customer[place], sent[place], touchpoint[place])


def _chance(truth: Truth, age: Ints, happy: Floats) -> Floats:
    by_age = np.array([age.response for age in truth.survey.ages])[age]
    return np.asarray(1 / (1 + np.exp(-(truth.survey.response + by_age + truth.survey.response_satisfaction * happy))))


def _used(truth: Truth, asked: Invitations, tickets: Tickets, *, rng: np.random.Generator) -> Flags:
    """Which drivers each customer has met, one column a driver; support only after a recent ticket."""
    drivers = truth.survey.drivers
    used: Flags = rng.random((len(asked.sent), len(drivers))) >= [driver.not_used for driver in drivers]
    if "support" in truth.survey.driver_names:
        # Whether the customer opened a ticket within the support memory before the invitation
        span = 10**8  # more minutes than any company's life: keeps customers apart in one sorted key
        opened = tickets.customer * span + tickets.opened
        upto = np.searchsorted(opened, asked.customer * span + asked.sent, side="right")
        earliest = np.maximum(asked.sent - SUPPORT_MEMORY_DAYS * MINUTES, 0)
        since = np.searchsorted(opened, asked.customer * span + earliest)
        met = np.asarray(upto > since)
        used[:, truth.survey.driver_names.index("support")] |= met
    return used


def _rate(truth: Truth, asked: Invitations, happy: Floats, day: Ints, *, rng: np.random.Generator) -> Ints:
    """Ratings 1-5, one column a driver, with the planted fall."""
    survey, fall = truth.survey, truth.fall
    shape = (len(day), len(survey.drivers))
    shared = happy[:, None] + np.sqrt(survey.halo) * rng.standard_normal((shape[0], 1))
    own = np.sqrt(1 - survey.halo) * rng.standard_normal(shape)
    latent = np.array([driver.mean for driver in survey.drivers]) + survey.rating_sd * (shared + own)
    fallen = (asked.touchpoint == touchpoints(truth).index(fall.touchpoint)) & (day >= truth.day_number(fall.since))
    latent[fallen, survey.driver_names.index(fall.driver)] += fall.rating_points
    return blocks.clip_round(latent, 1, 5)


def _answer(truth: Truth, known: Ints, used: Flags, rng: np.random.Generator) -> Floats:
    drivers = truth.survey.drivers
    centred = np.where(used, known - np.array([driver.mean for driver in drivers]), 0.0)
    noise = truth.survey.noise_sd * rng.standard_normal(len(known))
    return np.asarray(truth.survey.base + centred @ np.array([driver.weight for driver in drivers]) + noise)


def _scale(mood: Floats, rng: np.random.Generator, *, centre: float, slope: float, top: int) -> Ints:
    """Another answer of the same mood, on a scale from 1 to `top`; one in thirty is skipped (-1)."""
    values = blocks.clip_round(centre + slope * mood + 0.7 * rng.standard_normal(len(mood)), 1, top)
    return np.where(rng.random(len(mood)) < 1 / 30, -1, values)


def _with_missing(truth: Truth, known: Ints, used: Flags, nps: Ints, *, rng: np.random.Generator) -> Ints:
    """Ratings as stored: the code where the driver was not used, -1 where it was skipped."""
    survey = truth.survey
    chance = np.tile([driver.skipped for driver in survey.drivers], (len(known), 1))
    price = survey.driver_names.index("price")
    chance[nps <= 6, price] *= survey.unhappy_skip
    skipped = rng.random(known.shape) < chance
    return np.where(skipped, -1, np.where(used, known, survey.not_applicable))


def _expect(truth: Truth, size: int, rng: np.random.Generator) -> Ints:
    """Expectations 1-5, one column a driver; one in twelve is skipped (-1)."""
    survey = truth.survey
    shared = 0.5 * rng.standard_normal((size, 1))
    own = np.sqrt(0.75) * rng.standard_normal((size, len(survey.drivers)))
    latent = np.array([driver.expectation for driver in survey.drivers]) + survey.expectation_sd * (shared + own)
    return np.where(rng.random(latent.shape) < 1 / 12, -1, blocks.clip_round(latent, 1, 5))


def surveys_table(truth: Truth, people: People, answers: Answers) -> pa.Table:
    """The canonical survey responses of one block; ratings keep the "not applicable" code."""
    rows, survey, drivers = answers.given, truth.survey, truth.survey.driver_names
    customer = answers.customer[rows]
    number = (people.block.first + answers.customer + 1) * MOST_INVITATIONS + blocks.running_number(answers.customer)
    response_id = blocks.identifier("R", number, 10)
    # What undoes the loyalty members' higher chance of being asked after an order.
    weight = np.where(people.loyal, survey.invited / survey.invited_loyal, 1.0)
    columns = {
        "response_id": response_id.take(pa.array(rows)),
        "customer_id": blocks.customer_id(people.block.first + customer),
        "at": blocks.time_column(truth, answers.minute[rows]),
        "day": blocks.day_column(truth, answers.minute[rows] // MINUTES),
        "touchpoint": blocks.name(answers.touchpoint[rows], touchpoints(truth)),
        "nps": pa.array(answers.nps[rows]),
        "csat": _optional(answers.csat[rows]),
        "ces": _optional(answers.ces[rows]),
        **{f"rating_{driver}": _optional(answers.ratings[rows, column]) for column, driver in enumerate(drivers)},
        **{f"expect_{driver}": _optional(answers.expectations[rows, column]) for column, driver in enumerate(drivers)},
        "comment": pa.array(answers.opinions.text[rows], pa.string()),
        "language": blocks.name((~people.arabic[customer]).astype(np.int64), ["ar", "en"]),
        "weight": pa.array(weight[customer]),
    }
    return pa.table(columns)


def _optional(values: Ints) -> pa.Array:
    """Answers with -1 as missing; floats, so that a table without a missing one has the same type."""
    return pa.array(values.astype(float), mask=values < 0)
