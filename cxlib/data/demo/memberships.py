"""Memberships: a monthly logistic hazard with known coefficients (see `truth.Hazard`)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from cxlib.data.demo import blocks
from cxlib.data.demo.blocks import BLOCK, MINUTES, Flags, Floats, Ints
from cxlib.data.demo.customers import People, by_group
from cxlib.data.demo.purchases import Habits
from cxlib.data.demo.support import Tickets
from cxlib.data.demo.surveys import Answers
from cxlib.data.demo.truth import Hazard, Truth


def memberships_table(truth: Truth, people: People, habits: Habits, *, tickets: Tickets, answers: Answers) -> pa.Table:
    """The canonical memberships of one block, at most one a customer."""
    rng, terms = people.block.stream("memberships"), truth.memberships
    member = rng.random(BLOCK) < by_group(truth, people.group, "membership")
    started = habits.first_day + rng.exponential(terms.mean_delay_days, BLOCK).astype(np.int64)
    annual = rng.random(BLOCK) < terms.annual_share
    member &= (habits.first_day >= 0) & (started < truth.days)
    chance = _chances(truth, people, (started, annual), tickets=tickets, answers=answers)
    ended = _first_event(truth, started, chance, rng)
    reason = _reasons(truth, ended, rng)
    reasons = ["involuntary: payment failed", *(f"voluntary: {reason}" for reason, _ in terms.reasons)]
    prices = blocks.hundredths(np.array([price for _, price in terms.prices]))
    rows = np.flatnonzero(member)
    plan = annual[rows].astype(np.int64)
    return pa.table(
        {
            "customer_id": blocks.customer_id(people.block.first + rows),
            "started_on": blocks.day_column(truth, started[rows]),
            "ended_on": blocks.day_column(truth, ended[rows]),
            "plan": blocks.name(plan, [plan for plan, _ in terms.prices]),
            "price_cents": pa.array(prices[plan]),
            "end_reason": blocks.name(reason[rows], reasons),
        }
    )


def _chances(truth: Truth, people: People, spell: tuple[Ints, Flags], *, tickets: Tickets, answers: Answers) -> Floats:
    """Chance of ending in each period, one row a customer, from what was known at the period's start."""
    hazard = truth.memberships.hazard
    started, annual = spell
    period = np.arange(truth.days // hazard.period_days + 1)
    begins = started[:, None] + hazard.period_days * period
    rows = answers.given[answers.nps[answers.given] <= 6]
    asked = _recent(hazard, started, tickets.customer, tickets.day, periods=len(period))
    low = _recent(hazard, started, answers.customer[rows], answers.minute[rows] // MINUTES, periods=len(period))
    offered = (people.treated & ~annual)[:, None] & (begins >= truth.day_number(truth.campaign.on))
    logit = (
        hazard.intercept
        + hazard.annual * annual[:, None]
        + hazard.tenure * np.log1p(period)
        + hazard.tickets * np.minimum(asked, hazard.ticket_cap)
        + hazard.low_rating * (low > 0)
        + hazard.offer * offered
    )
    return np.asarray(1 / (1 + np.exp(-logit)))


def _recent(hazard: Hazard, started: Ints, customer: Ints, day: Ints, *, periods: int) -> Ints:
    """Events in the window before each period's first day; one column a period."""
    counts = np.zeros((BLOCK, periods), dtype=np.int64)
    # An event `late` days after the start counts in period k where 30 k - window <= late < 30 k.
    late = day - started[customer]
    for back in range(hazard.window_days // hazard.period_days):
        period = late // hazard.period_days + 1 + back
        inside = (period >= 0) & (period < periods)
        np.add.at(counts, (customer[inside], period[inside]), 1)
    return counts


def _first_event(truth: Truth, started: Ints, chance: Floats, rng: np.random.Generator) -> Ints:
    """Last day of each membership, or -1 where it still runs at the end of the data."""
    length = truth.memberships.hazard.period_days
    event = rng.random(chance.shape) < chance
    ended = started + length * event.argmax(axis=1) + rng.integers(1, length + 1, BLOCK)
    return np.where(event.any(axis=1) & (ended < truth.days), ended, -1)


def _reasons(truth: Truth, ended: Ints, rng: np.random.Generator) -> Ints:
    chosen = 1 + blocks.pick(rng, [share for _, share in truth.memberships.reasons], len(ended))
    failed = rng.random(len(ended)) < truth.memberships.hazard.involuntary
    return np.where(ended < 0, -1, np.where(failed, 0, chosen))
