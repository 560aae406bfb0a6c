"""Rankings of products for each customer: what they bought most, what goes with it, and what everybody buys.

What goes with it is EASE, a linear model of what is in a customer's past from all else in it, without itself, in
closed form (Steck, WWW 2019, equation 8). Both rankings are multiplied by a small power of how many bought the product
lately, since the season passes through all of them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp
from scipy.linalg import lapack

from cxlib.checks import Codes, Flags

Scores = npt.NDArray[np.float32]
RECENT_DAYS = 30  # of popularity
PENALTY = 300.0  # of EASE; from 100 to 1,000 it is the same on the wholesaler's data
FEWEST_BUYERS, MOST_PRODUCTS = 5, 6_000  # of what EASE learns
SEASON = 0.2  # power of how many bought it lately
NEVER = np.float32(-1)


@dataclass(frozen=True)
class Purchases:
    """One element a customer, product and day, sorted by these; customers and products are places in their lists."""

    customers: pd.Index
    products: pd.Index
    customer: Codes
    product: Codes
    day: Codes  # since 1970
    returned: Flags  # brought back, not bought

    @classmethod
    def of(cls, days: pd.DataFrame) -> Purchases:
        """From `cxlib.data.frames.purchases.ProductDays.days`."""
        customer, customers = pd.factorize(days["customer_id"], sort=True)
        product, products = pd.factorize(days["product_id"], sort=True)
        codes = customer.astype(np.int64), product.astype(np.int64), days["day"].to_numpy("datetime64[D]").astype(int)
        returned = days["returned"].to_numpy(bool)
        counted = (days["cents"].to_numpy() > 0) | returned  # gifts tell no wish
        return cls(pd.Index(customers), pd.Index(products), *codes, returned).only(counted)

    def only(self, chosen: Flags) -> Purchases:
        """Some of them; customers and products keep their places."""
        return replace(
            self,
            customer=self.customer[chosen],
            product=self.product[chosen],
            day=self.day[chosen],
            returned=self.returned[chosen],
        )

    @property
    def bought(self) -> Purchases:
        """Without what was brought back."""
        return self.only(~self.returned)

    def matrix(self, values: npt.NDArray[np.float32] | None = None) -> sp.csr_matrix:
        """Customers by products: how many purchase days, or the sum of `values`."""
        values = np.ones(len(self.day), np.float32) if values is None else values
        shape = len(self.customers), len(self.products)
        return sp.csr_matrix((values, (self.customer, self.product)), shape=shape)

    def popularity(self) -> npt.NDArray[np.float64]:
        """How many customers bought each product."""
        pairs = pd.unique(self.customer * len(self.products) + self.product)
        return np.bincount(pairs % max(len(self.products), 1), minlength=len(self.products)).astype(float)


def number_of(day: dt.date) -> int:
    """Days since 1970."""
    return int(np.datetime64(day, "D").astype(np.int64))


@dataclass(frozen=True)
class Learnt:
    """What was known on a day."""

    days: sp.csr_matrix  # customers by products: purchase days
    returned: sp.csr_matrix  # above zero: brought back, and not bought since
    recent: npt.NDArray[np.float64]  # customers who bought it in the last 30 days
    always: npt.NDArray[np.float64]
    on_sale: Flags  # in the assortment
    learnt: Codes  # products that EASE knows
    weights: Scores  # of EASE, learnt by learnt

    def may_get(self, rows: Codes) -> Flags:
        """What may be suggested to whom: on sale, and not brought back."""
        return np.asarray(self.on_sale & ~(self.returned[rows].toarray() > 0))

    def own(self, rows: Codes) -> tuple[Scores, Flags]:
        """Purchase days times the season, and whether it was bought."""
        counts = self.days[rows].toarray()
        return self.rounded(counts * self._season), counts > 0

    def personal(self, rows: Codes) -> Scores:
        """EASE times the season; zero of what it does not know."""
        scores = np.zeros((len(rows), self.days.shape[1]), np.float32)
        if len(self.learnt):
            past = (self.days[rows][:, self.learnt] > 0).astype(np.float32)
            scores[:, self.learnt] = np.maximum(past @ self.weights, 0)
        return self.rounded(scores * self._season)

    def rounded(self, scores: Scores) -> Scores:
        """With ties broken by popularity of late, then of all time."""
        ties = self.recent + self.always / (1 + self.always.max(initial=0))
        return np.asarray(scores + 1e-6 * ties / (1 + ties.max(initial=0)), np.float32)

    @property
    def _season(self) -> Scores:
        season: Scores = np.power(1 + self.recent, SEASON).astype(np.float32)
        return season

    def rankings(self, rows: Codes) -> dict[str, Scores]:
        """Scores by list and method; what may not stand in a list is below zero."""
        may, (own, bought) = self.may_get(rows), self.own(rows)
        personal = self.personal(rows)
        fresh, again = may & ~bought, may & bought
        popular, always = (np.broadcast_to(each.astype(np.float32), own.shape) for each in (self.recent, self.always))
        counts = self.rounded(self.days[rows].toarray())
        both = np.where(bought, own + 1 + personal.max(initial=0), personal)
        return {
            "all: suggested": np.where(may, both, NEVER),
            "all: own": np.where(may, counts, NEVER),
            "all: popular": np.where(may, popular, NEVER),
            "again: suggested": np.where(again, own, NEVER),
            "again: popular": np.where(again, popular, NEVER),
            "new: suggested": np.where(fresh, personal, NEVER),
            "new: popular": np.where(fresh, self.rounded(popular), NEVER),
            "new: always": np.where(fresh, always, NEVER),
        }


def learn(purchases: Purchases, last: int, *, assortment_days: int) -> Learnt:
    """What is known of purchases up to a day."""
    seen = purchases.only(purchases.day <= last)
    bought = seen.bought
    days = bought.matrix()
    always = bought.popularity()
    recent = bought.only(bought.day > last - RECENT_DAYS).popularity()
    on_sale = bought.only(bought.day > last - assortment_days).popularity() > 0
    most = np.argsort(-always, kind="stable")[:MOST_PRODUCTS]
    learnt = np.sort(most[always[most] >= FEWEST_BUYERS])
    return Learnt(days, _brought_back(seen), recent, always, on_sale, learnt, fit_ease(days[:, learnt]))


def _brought_back(seen: Purchases) -> sp.csr_matrix:
    """Products whose last day is a return, by customer."""
    pair = seen.customer * len(seen.products) + seen.product
    ends = np.r_[pair[1:] != pair[:-1], True] if len(pair) else np.zeros(0, bool)
    return seen.only(ends & seen.returned).matrix()


def fit_ease(days: sp.csr_matrix, penalty: float = PENALTY) -> Scores:
    """The weights of EASE: how much having each product (row) speaks for another (column)."""
    past = (days > 0).astype(np.float32)
    gram = (past.T @ past).toarray(order="F")
    if not len(gram):
        return np.zeros((0, 0), np.float32)
    place = np.arange(len(gram))
    gram[place, place] += np.float32(penalty)
    factor, _ = lapack.spotrf(gram, lower=1, overwrite_a=1)
    inverse, _ = lapack.spotri(factor, lower=1, overwrite_c=1)
    inverse = np.tril(inverse)
    inverse += np.tril(inverse, -1).T
    weights = inverse / -inverse[place, place]
    weights[place, place] = 0
    return np.asarray(weights, np.float32)


def best(scores: Scores, n: int) -> Codes:
    """Places of the n highest in each row, the highest first; -1 where there are fewer that may be suggested."""
    n = min(n, scores.shape[1])
    order = np.argsort(-scores, axis=1, kind="stable")[:, :n] if scores.shape[1] < 4 * n else _partly(scores, n)
    return np.where(np.take_along_axis(scores, order, axis=1) < 0, -1, order)


def _partly(scores: Scores, n: int) -> Codes:
    top = np.sort(np.argpartition(-scores, n - 1, axis=1)[:, :n], axis=1)
    order = np.argsort(-np.take_along_axis(scores, top, axis=1), axis=1, kind="stable")
    return np.take_along_axis(top, order, axis=1)
