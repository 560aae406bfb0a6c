"""Orders and refunds (BG/NBD purchase days, Gamma-Gamma spend), and what each order held of a catalogue.

Continuous purchase times are floored to days and, where two of a customer's fall on one day, the later one moves to the
next free day: so the count of repeat purchase days is the model's own count, and recency is off by less than a day.

Who joins the dated loyalty programme, and when, depends on what they bought before and on a hidden trait. They join by
an order. Orders are drawn before anybody joins, so that no other table depends on the programme. What it brings is
planted by Bayes' rule: given all of a customer's orders, joining at one of them is as likely as it was before times how
much likelier the orders after it are at a higher rate than at the customer's own.
"""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from cxlib.data.demo import blocks
from cxlib.data.demo.blocks import BLOCK, MINUTES, OFFICE_HOURS, Flags, Floats, Ints
from cxlib.data.demo.customers import People, by_group
from cxlib.data.demo.truth import Truth

# Orders a customer may have at most: the width of the running number in a transaction's identifier.
MOST_ORDERS = 10_000
LONGEST_REFUND_DAYS = 10
MIN_CENTS = 100


@dataclass(frozen=True)
class Orders:
    """Orders of one block, by customer and time; `customer` is the position within the block, `minute` since start."""

    customer: Ints
    minute: Ints
    cents: Ints
    channel: Ints
    product: Ints
    refund: Flags

    @property
    def day(self) -> Ints:
        """Day number of each order."""
        return self.minute // MINUTES


@dataclass(frozen=True)
class Habits:
    """What each customer of a block is truly like: the simulation's own knowledge."""

    rate_per_week: Floats
    leaving: Floats
    mean_spend: Floats
    first_day: Ints
    left_on: Ints  # day of the last order of who left for good; who never buys left on the day they joined


def draw_orders(truth: Truth, people: People) -> tuple[Orders, Habits]:
    """Simulate one block's orders and refunds."""
    rng = people.block.stream("orders")
    habits = _draw_habits(truth, people, rng)
    customer, day, left = _purchase_days(truth, habits, rng)
    last = np.zeros(BLOCK, dtype=np.int64)
    np.maximum.at(last, customer, day)
    habits = replace(habits, left_on=np.where(left, last, habits.left_on))
    orders = _split(truth, _fill(truth, people, habits, (customer, day), rng=rng), rng)
    return _tried(truth, people, _with_refunds(truth, orders, rng)), habits


def _tried(truth: Truth, people: People, orders: Orders) -> Orders:
    """With what a trial's arms let customers spend since its day."""
    if truth.trial is None:
        return orders
    lift = np.array(truth.trial.of("lift"))[people.arm[orders.customer]]
    since = orders.day >= truth.day_number(truth.trial.on)
    return replace(orders, cents=np.rint(orders.cents * (1 + lift * since)).astype(np.int64))


def _draw_habits(truth: Truth, people: People, rng: np.random.Generator) -> Habits:
    """Each customer's purchase rate, drop-out probability and mean spend, from the group's mixing distributions."""

    def of(parameter: str) -> Floats:
        return by_group(truth, people.group, parameter)

    lift = np.where(people.loyal, 1 + truth.purchases.loyalty_lift, 1.0)
    rate = rng.gamma(of("r")) / of("alpha")
    leaving = np.maximum(rng.beta(of("a"), of("b")), 1e-9)
    inverse_scale = rng.gamma(of("q")) / (of("v") * lift)
    delay = rng.exponential(truth.purchases.first_order_delay_days, BLOCK).astype(np.int64)
    first = people.joined + delay
    buys = (rng.random(BLOCK) >= truth.purchases.never_bought) & (first < truth.days)
    left = np.where(buys, truth.days, people.joined)
    return Habits(rate, leaving, of("p") / inverse_scale, np.where(buys, first, -1), left)


def _purchase_days(truth: Truth, habits: Habits, rng: np.random.Generator) -> tuple[Ints, Ints, Flags]:
    """Customer and day of each purchase, the first one included, in order; and which customers then left for good."""
    grid = blocks.operational_time(truth)
    first = habits.first_day
    begins = grid[np.minimum(first + 1, truth.days)]
    span = np.where(first >= 0, grid[-1] - begins, 0.0)
    arrivals = rng.poisson(habits.rate_per_week / 7 * span)
    customer, number = blocks.expand(arrivals)
    # One sort for all: the whole part of the key is the customer, the fraction the time.
    fraction = np.sort(customer + rng.random(len(customer))) - customer
    last = np.minimum(rng.geometric(habits.leaving), MOST_ORDERS // 4)
    stays = number < last[customer]
    customer, fraction = customer[stays], np.clip(fraction[stays], 0.0, 1.0)
    day = np.interp(begins[customer] + fraction * span[customer], grid, np.arange(truth.days + 1))
    return *_with_first(truth, first, customer, day.astype(np.int64)), arrivals >= last


def _with_first(truth: Truth, first: Ints, customer: Ints, day: Ints) -> tuple[Ints, Ints]:
    """Put each buyer's first day before the repeats, and give every purchase a day of its own."""
    buyers = np.flatnonzero(first >= 0)
    owner = np.concatenate([buyers, customer])
    place = np.argsort(owner, kind="stable")
    owner, day = owner[place], np.concatenate([first[buyers], day])[place]
    number = blocks.running_number(owner)
    # A running maximum of (day - number) within the customer; the offset keeps customers apart.
    offset = owner * (truth.days + MOST_ORDERS)
    day = np.maximum.accumulate(day - number + offset) - offset + number
    inside = day < truth.days
    return owner[inside], day[inside]


def _fill(
    truth: Truth, people: People, habits: Habits, purchases: tuple[Ints, Ints], *, rng: np.random.Generator
) -> Orders:
    """Time of day, value, channel and product of each purchase."""
    customer, day = purchases
    p = by_group(truth, people.group, "p")[customer]
    value = rng.gamma(p) * (habits.mean_spend[customer] / p)
    group = people.group[customer]
    return Orders(
        customer=customer,
        minute=day * MINUTES + blocks.minute_of_day(rng, len(day)),
        cents=np.maximum(blocks.hundredths(value), MIN_CENTS),
        channel=blocks.pick_each(np.array([each.channels for each in truth.groups])[group], rng),
        product=blocks.pick_each(np.array([each.products for each in truth.groups])[group], rng),
        refund=np.zeros(len(day), dtype=bool),
    )


def _split(truth: Truth, orders: Orders, rng: np.random.Generator) -> Orders:
    """Let some baskets arrive as two orders of one day; together they keep the day's value."""
    chosen = (rng.random(len(orders.day)) < truth.purchases.split_days) & (orders.cents >= 4 * MIN_CENTS)
    part = np.where(chosen, (orders.cents * rng.uniform(0.1, 0.45, len(chosen))).astype(np.int64), 0)
    midnight = (orders.day + 1) * MINUTES - 1
    later = np.minimum(orders.minute + rng.integers(20, 240, len(chosen)), midnight)
    rows, number = blocks.expand(1 + chosen.astype(np.int64))
    second = number == 1
    return _rows(
        orders,
        rows,
        cents=np.where(second, part[rows], (orders.cents - part)[rows]),
        minute=np.where(second, later[rows], orders.minute[rows]),
    )


def _with_refunds(truth: Truth, orders: Orders, rng: np.random.Generator) -> Orders:
    """Add refunds, days after their order, as rows of negative value; times stay in order within a customer."""
    chosen = np.flatnonzero(rng.random(len(orders.day)) < truth.purchases.refunds)
    whole = rng.random(len(chosen)) < 0.4
    share = np.where(whole, 1.0, rng.uniform(0.1, 0.8, len(chosen)))
    day = orders.day[chosen] + rng.integers(1, LONGEST_REFUND_DAYS + 1, len(chosen))
    minute = day * MINUTES + blocks.minute_of_day(rng, len(chosen), OFFICE_HOURS)
    cents = -np.maximum((orders.cents[chosen] * share).astype(np.int64), 1)
    inside = day < truth.days
    rows = np.concatenate([np.arange(len(orders.day)), chosen[inside]])
    both = _rows(
        orders,
        rows,
        cents=np.concatenate([orders.cents, cents[inside]]),
        minute=np.concatenate([orders.minute, minute[inside]]),
        refund=np.arange(len(rows)) >= len(orders.day),
    )
    return _rows(both, np.lexsort((both.minute, both.customer)))


def _rows(
    orders: Orders, rows: Ints, *, cents: Ints | None = None, minute: Ints | None = None, refund: Flags | None = None
) -> Orders:
    """Rows taken or repeated; the columns that are given are already of the new length."""
    return Orders(
        customer=orders.customer[rows],
        minute=orders.minute[rows] if minute is None else minute,
        cents=orders.cents[rows] if cents is None else cents,
        channel=orders.channel[rows],
        product=orders.product[rows],
        refund=orders.refund[rows] if refund is None else refund,
    )


def transactions_table(truth: Truth, people: People, orders: Orders) -> pa.Table:
    """The canonical transactions of one block: one row an order or refund, refunds negative."""
    position = people.block.first + orders.customer
    return pa.table(
        {
            "transaction_id": blocks.identifier(
                "T", (position + 1) * MOST_ORDERS + blocks.running_number(orders.customer), 11
            ),
            "customer_id": blocks.customer_id(position),
            "at": blocks.time_column(truth, orders.minute),
            "day": blocks.day_column(truth, orders.day),
            "amount_cents": pa.array(orders.cents),
            "product": blocks.name(orders.product, truth.products),
            "channel": blocks.name(orders.channel, truth.channels),
        }
    )


@dataclass(frozen=True)
class Catalogue:
    """What is planted: tastes, favourites that are bought again, products that call for another, comings and goings.

    Product n belongs to category n modulo five. Of the `pairs` the first calls for the second, which nobody buys more
    often for any other reason. The last products come late, those before them are no longer sold at the end.
    """

    products: int = 200
    tastes: int = 6
    pull: float = 2.5  # of a taste, on the log scale
    favourites: int = 4
    favourite: float = 0.45  # of the lines
    more_lines: float = 1.6  # than one, on average; at most 7
    pairs: tuple[tuple[int, int], ...] = tuple((n, n + 41) for n in range(0, 40, 2))
    calls: float = 0.4  # share of the orders with the first of a pair that hold the second too
    new: tuple[int, int] = (10, 120)  # how many come late, and in the last so many days
    gone: tuple[int, int] = (5, 90)  # how many are no longer sold, and not in the last so many days

    def on_sale(self, days: int) -> tuple[Ints, Ints]:
        """First and last day of each product."""
        first, last = np.zeros(self.products, np.int64), np.full(self.products, days)
        first[self.products - self.new[0] :] = days - self.new[1]
        last[self.products - self.new[0] - self.gone[0] : self.products - self.new[0]] = days - self.gone[1]
        return first, last

    def shares(self) -> Floats:
        """How often each taste takes each product."""
        product = np.arange(self.products)
        popularity = 1 / (5.0 + product * 37 % self.products)
        likes = product[None, :] * 7 % self.tastes == np.arange(self.tastes)[:, None]
        shares = popularity * np.exp(self.pull * likes)
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))


CATALOGUE = Catalogue()


def lines_table(truth: Truth, people: People, orders: Orders) -> pa.Table:
    """The canonical order lines of one block; a refund takes back a product of the order before it."""
    rng, catalogue = people.block.stream("lines"), CATALOGUE
    order, product = _held(rng, catalogue, orders, truth.days)
    cents = _parts(rng, orders.cents, order)
    position = people.block.first + orders.customer[order]
    names = [
        f"{truth.products[n % len(truth.products)]} {1 + n // len(truth.products):02d}"
        for n in range(CATALOGUE.products)
    ]
    return pa.table(
        {
            "customer_id": blocks.customer_id(position),
            "at": blocks.time_column(truth, orders.minute[order]),
            "day": blocks.day_column(truth, orders.day[order]),
            "product_id": blocks.identifier("P", product + 1, 4),
            "product": blocks.name(product, names),
            "amount_cents": pa.array(cents),
        }
    )


def _held(rng: np.random.Generator, catalogue: Catalogue, orders: Orders, days: int) -> tuple[Ints, Ints]:
    """The products of each order, each once: order and product, sorted."""
    taste = rng.integers(0, catalogue.tastes, BLOCK)
    shares = catalogue.shares()
    owner = np.repeat(np.arange(BLOCK), catalogue.favourites)
    favourites = blocks.pick_each(shares[taste[owner]], rng).reshape(BLOCK, catalogue.favourites)
    lines = 1 + np.minimum(rng.poisson(catalogue.more_lines, len(orders.customer)), 7)
    order, _ = blocks.expand(np.where(orders.refund, 0, lines))
    customer = orders.customer[order]
    product = _by_taste(rng, shares, taste[customer])
    own = favourites[customer, rng.integers(0, catalogue.favourites, len(order))]
    product = np.where(rng.random(len(order)) < catalogue.favourite, own, product)
    seconds = np.full(catalogue.products, -1)
    for first, second in catalogue.pairs:
        seconds[first] = second
    called = (seconds[product] >= 0) & (rng.random(len(order)) < catalogue.calls)
    order, product = np.r_[order, order[called]], np.r_[product, seconds[product[called]]]
    first_day, last_day = catalogue.on_sale(days)
    sold = (orders.day[order] >= first_day[product]) & (orders.day[order] <= last_day[product])
    product = np.where(sold, product, 1)  # what is not on sale is replaced by what always is
    lines = np.sort(order * catalogue.products + product)
    order, product = np.divmod(lines[np.diff(lines, prepend=-1) > 0], catalogue.products)
    return _lines_taken_back(orders, order, product)


def _by_taste(rng: np.random.Generator, shares: Floats, taste: Ints) -> Ints:
    """A product for each line, by the taste of who buys it."""
    place, product = rng.random(len(taste)), np.zeros(len(taste), np.int64)
    for each, chances in enumerate(np.cumsum(shares, axis=1)):
        chosen = taste == each
        product[chosen] = np.searchsorted(chances, place[chosen] * chances[-1])
    return product


def _lines_taken_back(orders: Orders, order: Ints, product: Ints) -> tuple[Ints, Ints]:
    """Each refund as a line of the first product of the order before it."""
    refund = np.flatnonzero(orders.refund)
    before = np.maximum.accumulate(np.where(orders.refund, -1, np.arange(len(orders.refund))))[refund]
    same: Flags = (before >= 0) & (orders.customer[np.maximum(before, 0)] == orders.customer[refund])
    refund, before = refund[same], before[same]
    if len(refund):
        order, product = np.r_[order, refund], np.r_[product, product[np.searchsorted(order, before)]]
    place = np.lexsort((product, order))
    return order[place], product[place]


def _parts(rng: np.random.Generator, cents: Ints, order: Ints) -> Ints:
    """Each order's amount in parts, one a line, that add up to it."""
    weight = rng.uniform(0.5, 1.5, len(order))
    total = np.bincount(order, weight, minlength=len(cents))
    upto = np.cumsum(weight)
    first = np.r_[True, order[1:] != order[:-1]] if len(order) else np.zeros(0, bool)
    start = np.maximum.accumulate(np.where(first, upto - weight, 0.0))
    ends = np.rint(cents[order] * np.clip((upto - start) / total[order], 0, 1)).astype(np.int64)
    return ends - np.where(first, 0, np.r_[0, ends[:-1]])


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
    grid, tilt = blocks.operational_time(truth), truth.programme.tilt
    until = grid[np.minimum(habits.left_on + 1, truth.days)][customer]
    expected = habits.rate_per_week[customer] / 7 * np.maximum(until - grid[day + 1], 0)
    later = ends[customer] - np.arange(len(day)) - 1
    return np.asarray(later * np.log1p(tilt) - tilt * expected)
