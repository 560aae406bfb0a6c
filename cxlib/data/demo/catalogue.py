"""What each order held: several products of a catalogue, some of which go with each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from cxlib.data.demo import blocks
from cxlib.data.demo.blocks import BLOCK, Flags, Floats, Ints
from cxlib.data.demo.customers import People
from cxlib.data.demo.purchases import Orders
from cxlib.data.demo.truth import Truth


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
    order, product = np.unique(np.c_[order, product], axis=0).T
    return _with_refunds(orders, order, product)


def _by_taste(rng: np.random.Generator, shares: Floats, taste: Ints) -> Ints:
    """A product for each line, by the taste of who buys it."""
    place, product = rng.random(len(taste)), np.zeros(len(taste), np.int64)
    for each, chances in enumerate(np.cumsum(shares, axis=1)):
        chosen = taste == each
        product[chosen] = np.searchsorted(chances, place[chosen] * chances[-1])
    return product


def _with_refunds(orders: Orders, order: Ints, product: Ints) -> tuple[Ints, Ints]:
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
