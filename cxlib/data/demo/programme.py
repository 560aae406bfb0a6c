"""Who joins the dated loyalty programme, and when: by what they bought before and by a hidden trait.

They join with an order. Orders are drawn before anybody joins, so that no other table depends on the programme. What it
brings is planted by Bayes' rule: given all of a customer's orders, joining at one of them is as likely as it was before
times how much likelier the orders after it are at a higher rate than at the customer's own.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from cxlib.data.demo import blocks
from cxlib.data.demo.blocks import BLOCK, Ints
from cxlib.data.demo.customers import People
from cxlib.data.demo.purchases import Habits, Orders
from cxlib.data.demo.truth import Truth


def joining_days(truth: Truth, people: People, orders: Orders, habits: Habits) -> pa.Array:
    """The day on which each customer of a block joined; null: never."""
    programme, rng = truth.programme, people.block.stream("programme")
    customer, day = orders.customer[~orders.refund], orders.day[~orders.refund]
    ends = np.searchsorted(customer, np.arange(BLOCK), side="right")
    key = customer * (truth.days + programme.window_days + 1) + day
    since = np.searchsorted(key, key - programme.window_days)
    first = np.searchsorted(customer, customer)
    recent = np.arange(len(day)) - np.maximum(since, first)
    trait = np.log(habits.rate_per_week)
    logit = programme.base + programme.past * np.minimum(recent, programme.most) + programme.trait * trait[customer]
    known = day - habits.first_day[customer] >= programme.after_days
    may = (day >= truth.day_number(programme.since)) & known & (np.arange(len(day)) > first)
    chance = np.where(may, 1 / (1 + np.exp(-logit)), 0.0)
    stays = np.log1p(-chance)
    before = np.cumsum(stays) - stays
    before -= before[first] if len(day) else 0.0
    with np.errstate(divide="ignore"):
        joins = np.log(chance) + before + _likelier(truth, habits, customer, day, ends)
    never = np.bincount(customer, stays, BLOCK)
    score = joins + rng.gumbel(size=len(day))
    best = np.full(BLOCK, -np.inf)
    np.maximum.at(best, customer, score)
    joined = np.full(BLOCK, -1, np.int64)
    chosen = (score == best[customer]) & (best > never + rng.gumbel(size=BLOCK))[customer]
    joined[customer[chosen]] = day[chosen]
    return blocks.day_column(truth, joined)


def _likelier(truth: Truth, habits: Habits, customer: Ints, day: Ints, ends: Ints) -> np.ndarray:
    """How much likelier the orders after each one are at the higher rate: a logarithm."""
    tilt = 0.0 if truth.forward else truth.programme.tilt
    grid = blocks.operational_time(truth)
    until = grid[np.minimum(habits.left_on + 1, truth.days)][customer]
    expected = habits.rate_per_week[customer] / 7 * np.maximum(until - grid[day + 1], 0)
    later = ends[customer] - np.arange(len(day)) - 1
    return np.asarray(later * np.log1p(tilt) - tilt * expected)
