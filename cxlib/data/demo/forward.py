"""Visits made forward: who comes on which day, what happens in the visit, and whether it buys."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cxlib.data.demo import blocks
from cxlib.data.demo.blocks import BLOCK, Flags, Ints
from cxlib.data.demo.customers import People
from cxlib.data.demo.truth import Forward, Truth


@dataclass(frozen=True)
class Visits:
    """Visits of one block, by customer and day."""

    customer: Ints
    day: Ints
    kind: Ints
    bought: Flags


def draw_visits(truth: Truth, forward: Forward, people: People) -> Visits:
    """All visits of a block's customers; the same whenever they are asked for."""
    days = truth.days
    rng = people.block.stream("visits")
    shares, often, chances = np.array(forward.types).T
    type_ = blocks.pick(rng, shares.tolist(), BLOCK)
    comes = rng.random((BLOCK, days)) < often[type_][:, None]
    comes &= people.joined[:, None] <= np.arange(days)
    customer, day = np.nonzero(comes)
    kind = blocks.pick(rng, [each.share for each in forward.kinds], len(customer))
    fixed_on = truth.day_number(forward.fixed_on) if forward.fixed_on else days
    factors = np.array([forward.factors(is_fixed=is_fixed) for is_fixed in (False, True)])
    chance = chances[type_][customer] * factors[(day >= fixed_on).astype(int), kind]
    return Visits(customer, day, kind, rng.random(len(customer)) < chance)
