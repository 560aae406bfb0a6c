"""Companies whose visits are made forward: who comes on which day, what happens in the visit, and whether it buys.

Orders, tickets and customers are those of the simulated company; only what becomes of a visit is drawn here.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from cxlib.data.demo import blocks, company, purchases
from cxlib.data.demo.blocks import BLOCK, MINUTES, Block
from cxlib.data.demo.customers import draw_people
from cxlib.data.demo.support import draw_tickets, tickets_table


@dataclass(frozen=True)
class Kind:
    """One kind of visit: its share, whether it searches and finds, and the factor on a visitor's chance of buying."""

    share: float
    searched: bool
    found: bool
    factor: float = 1.0


@dataclass(frozen=True)
class Forward:
    """Visits made forward: people come or do not, and then buy or do not. Orders are what came of visits.

    On each day since they joined customers visit with the chance of their type, at most once, and buy in that visit
    with the type's own chance times the factor of the visit's kind. Planted: a search that finds nothing loses
    customers (the second kind), one that finds loses none, nor do tickets.

    `types`: share of customers, chance of a visit a day, chance that a visit buys; the last ones only look.
    `fixed_on`, `fixed`: from that day on a search that finds nothing has this factor; never where there is no day.
    """

    types: tuple[tuple[float, float, float], ...] = ((0.3, 0.05, 0.45), (0.4, 0.025, 0.45), (0.3, 0.03, 0.0))
    kinds: tuple[Kind, ...] = (Kind(0.45, False, False), Kind(0.25, True, False, 0.35), Kind(0.3, True, True))
    fixed_on: date | None = None
    fixed: float = 1.0

    def factors(self, *, is_fixed: bool) -> tuple[float, ...]:
        """The factor of each kind of visit."""
        return tuple(
            self.fixed if is_fixed and each.searched and not each.found else each.factor for each in self.kinds
        )


def draw_visits(truth, forward, people):
    """All visits of a block's customers, by customer and day: customer, day, kind, and whether it bought."""
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
    return customer, day, kind, rng.random(len(customer)) < chance


def draw_company(truth, forward, customers, seed):
    """The canonical sessions, transactions and tickets of at most a block of customers."""
    people = draw_people(truth, Block(seed, 0))
    customer, day, kind, bought = draw_visits(truth, forward, people)
    rng = people.block.stream("orders")
    habits = purchases._draw_habits(truth, people, rng)
    orders = purchases._fill(truth, people, habits, (customer[bought], day[bought]), rng=rng)
    orders = purchases._with_refunds(truth, purchases._split(truth, orders, rng), rng)
    recent = day >= truth.days - truth.web.window_days
    tables = {
        "sessions": _sessions(truth, forward, people, (customer[recent], day[recent], kind[recent], bought[recent])),
        "transactions": purchases.transactions_table(truth, people, orders),
        "tickets": tickets_table(truth, people.block, draw_tickets(truth, people, orders)),
    }
    return {name: company._pandas(rows) for name, rows in company._first_customers(tables, customers).items()}


def _sessions(truth, forward, people, visits):
    customer, day, kind, bought = visits
    rng, size = people.block.stream("sessions"), len(day)
    searched, found = np.array([(each.searched, each.found) for each in forward.kinds])[kind].T
    goal_met = rng.random(size) < np.where(bought, truth.web.goal_when_bought, truth.web.goal_otherwise)
    pages = 1 + rng.poisson(np.where(bought, 11.0, 4.0))
    position = people.block.first + customer
    number = (position + 1) * company.MOST_VISITS + blocks.running_number(customer)
    return pa.table(
        {
            "session_id": blocks.identifier("S", number, 12),
            "customer_id": blocks.customer_id(position),
            "at": blocks.time_column(truth, day * MINUTES),
            "day": blocks.day_column(truth, day),
            "pages": pa.array(pages),
            "seconds": pa.array((pages * rng.gamma(3.0, 11.0, size)).astype(np.int64) + 5),
            "searched": pa.array(searched),
            "found": pa.array(found, mask=~searched),
            "goal_met": pa.array(goal_met),
            "converted": pa.array(bought),
        }
    )
