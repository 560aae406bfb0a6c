"""Support tickets: what goes wrong per order, how soon someone answers, and what the customer writes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from cxlib.data.demo import blocks
from cxlib.data.demo.blocks import MINUTES, OFFICE_HOURS, Block, Flags, Ints
from cxlib.data.demo.comments import FRAMES, TOPICS, Texts, compose, topic_number
from cxlib.data.demo.customers import People
from cxlib.data.demo.purchases import Orders
from cxlib.data.demo.truth import Truth

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
