"""Visits to the shop and messages sent to customers, over the last year of data."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from cxlib.data.demo import blocks
from cxlib.data.demo.blocks import MINUTES, Flags, Ints
from cxlib.data.demo.customers import People
from cxlib.data.demo.purchases import Orders
from cxlib.data.demo.surveys import Answers
from cxlib.data.demo.truth import Truth

MOST_VISITS = 100_000
MOST_MESSAGES = 10_000
# A visit without purchase falls within these days before an order.
BROWSING_DAYS = 7
NEWSLETTER_DAY = 5
MORNING = 9 * 60


def visits_table(truth: Truth, people: People, orders: Orders) -> pa.Table:
    """The canonical sessions of one block: a visit for each order placed online, and some before it that do not buy."""
    rng = people.block.stream("sessions")
    customer, minute, converted = _times(truth, people, orders, rng)
    size = len(minute)
    searched = rng.random(size) < truth.web.searched
    found = rng.random(size) < np.where(converted, truth.web.found_when_bought, truth.web.found_otherwise)
    goal_met = rng.random(size) < np.where(converted, truth.web.goal_when_bought, truth.web.goal_otherwise)
    pages = 1 + rng.poisson(np.where(converted, 11.0, 4.0))
    seconds = (pages * rng.gamma(3.0, 11.0, size)).astype(np.int64) + 5
    position = people.block.first + customer
    number = (position + 1) * MOST_VISITS + blocks.running_number(customer)
    return pa.table(
        {
            "session_id": blocks.identifier("S", number, 12),
            "customer_id": blocks.customer_id(position),
            "at": blocks.time_column(truth, minute),
            "day": blocks.day_column(truth, minute // MINUTES),
            "pages": pa.array(pages),
            "seconds": pa.array(seconds),
            "searched": pa.array(searched),
            "found": pa.array(found, mask=~searched),
            "goal_met": pa.array(goal_met),
            "converted": pa.array(converted),
        }
    )


def _times(truth: Truth, people: People, orders: Orders, rng: np.random.Generator) -> tuple[Ints, Ints, Flags]:
    online = ~orders.refund & (orders.channel != truth.channels.index("phone"))
    recorded = people.consented[orders.customer] & (orders.day >= truth.days - truth.web.window_days)
    order = np.flatnonzero(online & recorded)
    before, _ = blocks.expand(rng.poisson(truth.web.extra_visits, len(order)))
    minute = orders.minute[order]
    browsing = minute[before] - 30 - rng.integers(0, BROWSING_DAYS * MINUTES, len(before))
    customer = np.concatenate([orders.customer[order], orders.customer[order][before]])
    times = np.concatenate([minute, browsing])
    converted = np.arange(len(times)) < len(order)
    # Nobody visits before they joined.
    known = times >= people.joined[customer] * MINUTES
    place = np.lexsort((times, customer))
    place = place[known[place]]
    return customer[place], times[place], converted[place]


def messages_table(truth: Truth, people: People, answers: Answers) -> pa.Table:
    """The canonical messages of one block: newsletters and the offer of the last year, and all survey invitations."""
    rng = people.block.stream("messages")
    parts = [_newsletters(truth, people), _offers(truth, people), (answers.customer, answers.sent)]
    customer = np.concatenate([part[0] for part in parts])
    sent = np.concatenate([part[1] for part in parts])
    kind = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
    place = np.lexsort((sent, customer))
    customer, sent, kind = customer[place], sent[place], kind[place]
    opened = _opened(truth, sent, kind, rng)
    # Who answered a survey has opened its invitation.
    answered = np.flatnonzero(kind == 2)[answers.responded]
    early = np.minimum(opened[answered], sent[answered] + 60)
    opened[answered] = np.where(opened[answered] < 0, sent[answered] + 30, early)
    position = people.block.first + customer
    number = (position + 1) * MOST_MESSAGES + blocks.running_number(customer)
    return pa.table(
        {
            "message_id": blocks.identifier("M", number, 11),
            "customer_id": blocks.customer_id(position),
            "sent_at": blocks.time_column(truth, sent),
            "day": blocks.day_column(truth, sent // MINUTES),
            "opened_at": blocks.time_column(truth, opened),
            "kind": blocks.name(kind, [kind for kind, _ in truth.web.open_rates]),
        }
    )


def _newsletters(truth: Truth, people: People) -> tuple[Ints, Ints]:
    """One a month to every customer who opted in and has joined."""
    dates = np.arange(np.datetime64(truth.start), np.datetime64(truth.end) + 1)
    month_day = (dates - dates.astype("datetime64[M]")).astype(int) + 1
    day = np.flatnonzero(month_day == NEWSLETTER_DAY)
    day = day[day >= truth.days - truth.web.window_days]
    customer, issue = np.nonzero(people.opted_in[:, None] & (people.joined[:, None] < day))
    return customer, day[issue] * MINUTES + MORNING


def _offers(truth: Truth, people: People) -> tuple[Ints, Ints]:
    """The campaign's offer, to the treated who had joined."""
    day = truth.day_number(truth.campaign.on)
    customer = np.flatnonzero(people.treated & (people.joined < day))
    return customer, np.full(len(customer), day * MINUTES + MORNING)


def _opened(truth: Truth, sent: Ints, kind: Ints, rng: np.random.Generator) -> Ints:
    rate = np.array([rate for _, rate in truth.web.open_rates])[kind]
    opened = sent + 1 + (240 * rng.lognormal(0, 1.4, len(sent))).astype(np.int64)
    return np.where((rng.random(len(sent)) < rate) & (opened < truth.days * MINUTES), opened, -1)
