"""At most one action a customer, within a budget and each action's capacity.

Prices of money and of each capacity are found where the dual of the problem is lowest; a customer then takes the action
with the largest gain after these prices. At a price of money alone that is the upgrade of a greedy choice on each
customer's concave hull of gain by cost. What rounding leaves over is handed out by the same prices, and every limit is
checked. Up to `FEW` candidates an integer programme is solved beside it. The dual is a bound: no plan can gain more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

from cxlib.checks import Codes, Flags, Floats
from cxlib.measures.result import Brief

FEW = 500  # candidates up to which the integer programme is solved
SECONDS = 5.0  # that it may take
SAMPLE = 20_000  # customers on whom prices are settled first
HALVINGS, ROUNDS, FULL_ROUNDS = 40, 25, 3
LEFT_OVER = 3_000  # upgrades of each action that are tried with what rounding leaves
NOBODY = -1
EASE = 1 + 1e-12  # of a sum of costs against the budget


@dataclass(frozen=True, repr=False)
class Choice(Brief):
    """Who gets what.

    `action`: Each customer's place in the list of actions; -1: none.
    `gain`, `spent`: Of all who get something.
    `bound`: No plan within these limits gains more.
    `price`: What the last unit of money gains; `prices`: what one more place of each action would.
    """

    action: Codes
    gain: float
    spent: float
    bound: float
    price: float
    prices: Floats

    @property
    def gap(self) -> float:
        """What is lost at most against the best plan, as a share of it."""
        return max(self.bound - self.gain, 0.0) / self.bound if self.bound > 0 else 0.0


def choose(gain: Floats, cost: Floats, *, budget: float = np.inf, capacity: Floats | None = None) -> Choice:
    """Choose for each customer the action that serves the whole plan best, or none.

    `gain` (customers, actions): Expected, after its cost; -inf where a customer may not get it.
    `cost` (actions,): For each customer who gets it.
    `budget`: Most that all may cost together, in the unit of `cost`.
    `capacity` (actions,): Customers who can get it at most; inf: any number.

    >>> choice = choose(np.array([[5.0, 9.0], [4.0, 3.0]]), np.array([1.0, 6.0]), budget=6)
    >>> choice.action.tolist(), choice.spent
    ([0, 0], 2.0)
    """
    most = np.full(len(cost), np.inf) if capacity is None else np.floor(np.asarray(capacity, float))
    limits = _Limits(np.asarray(cost, float), float(budget), most)
    action = np.full(len(gain), NOBODY, np.int64)
    rows = np.flatnonzero((gain > 0).any(axis=1)) if gain.shape[1] else action[:0]
    inner = np.asfortranarray(np.where(gain[rows] > 0, gain[rows], -np.inf))
    price, prices = _settle(inner, limits)
    inside = _within(inner, _takes(inner, limits.charge(price, prices)), price, prices, limits)
    bound = _dual(inner, price, prices, limits)
    if 0 < len(rows) <= FEW:
        inside, bound = _exact(inner, limits, inside, bound)
    action[rows] = inside
    return Choice(action, _gain_of(inner, inside), limits.spent(inside), max(bound, 0.0), price, prices)


def at_prices(gain: Floats, cost: Floats, choice: Choice) -> Codes:
    """What each customer takes at the prices of another choice, whatever it sums to."""
    return _takes(np.where(gain > 0, gain, -np.inf), cost * choice.price + choice.prices)


@dataclass(frozen=True)
class _Limits:
    cost: Floats
    budget: float
    capacity: Floats

    def charge(self, price: float, prices: Floats) -> Floats:
        """What each action is charged beside its cost, which its gain has taken off already."""
        return self.cost * price + prices

    def counts(self, action: Codes) -> Codes:
        return np.bincount(action[action >= 0], minlength=len(self.cost))

    def spent(self, action: Codes) -> float:
        return float(self.counts(action) @ self.cost)

    def scaled(self, share: float) -> _Limits:
        return _Limits(self.cost, self.budget * share, self.capacity * share)


def _gain_of(gain: Floats, action: Codes) -> float:
    takers = np.flatnonzero(action >= 0)
    return float(gain[takers, action[takers]].sum())


def _takes(gain: Floats, charge: Floats) -> Codes:
    """The action with the largest gain after charges where that is above zero; the first of equal ones."""
    best, action = np.zeros(len(gain)), np.full(len(gain), NOBODY, np.int64)
    for place, each in enumerate(charge):
        left = gain[:, place] - each
        better = left > best
        best[better], action[better] = left[better], place
    return action


def _dual(gain: Floats, price: float, prices: Floats, limits: _Limits) -> float:
    charge = limits.charge(price, prices)
    total = sum((float(p * k) for p, k in zip(prices, limits.capacity, strict=True) if p > 0), 0.0)
    total += price * limits.budget if price > 0 else 0.0
    best = np.zeros(len(gain))
    for place, each in enumerate(charge):
        np.maximum(best, gain[:, place] - each, out=best)
    return total + float(best.sum())


def _settle(gain: Floats, limits: _Limits) -> tuple[float, Floats]:
    """Prices where the dual is lowest: first on some of the customers, then on all."""
    price, prices = 0.0, np.zeros(len(limits.cost))
    if len(gain) > 2 * SAMPLE:
        some = gain[:: len(gain) // SAMPLE]
        price, prices = _descend(np.asfortranarray(some), limits.scaled(len(some) / len(gain)), price, prices, ROUNDS)
        return _descend(gain, limits, price, prices, FULL_ROUNDS)
    return _descend(gain, limits, price, prices, ROUNDS)


def _descend(gain: Floats, limits: _Limits, price: float, prices: Floats, rounds: int) -> tuple[float, Floats]:
    """One price after the other to where the dual is lowest in it, until it falls no more."""
    lowest = np.inf
    for _ in range(rounds):
        for place in np.flatnonzero(np.isfinite(limits.capacity)):
            prices = prices.copy()
            prices[place] = _price_of_place(gain, limits, limits.charge(price, prices), prices, int(place))
        price = _price_of_money(gain, limits, prices, price)
        dual = _dual(gain, price, prices, limits)
        if dual >= lowest * (1 - 1e-7):
            break
        lowest = dual
    return price, prices


def _price_of_place(gain: Floats, limits: _Limits, charge: Floats, prices: Floats, place: int) -> float:
    """The lowest price at which no more customers than there are places prefer it."""
    other = np.zeros(len(gain))
    for number, each in enumerate(charge):
        if number != place:
            np.maximum(other, gain[:, number] - each, out=other)
    worth = gain[:, place] - (charge[place] - prices[place]) - other
    most = int(limits.capacity[place])
    wanted = worth[worth > 0]
    return float(np.partition(wanted, len(wanted) - most - 1)[len(wanted) - most - 1]) if len(wanted) > most else 0.0


def _price_of_money(gain: Floats, limits: _Limits, prices: Floats, start: float) -> float:
    """The lowest price of money at which the budget is not overspent."""

    def fits(price: float) -> bool:
        return limits.spent(_takes(gain, limits.charge(price, prices))) <= limits.budget * EASE

    if not np.isfinite(limits.budget) or fits(0.0):
        return 0.0
    low, high = 0.0, start or 1.0
    while not fits(high):
        low, high = high, 2 * high
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if fits(middle) else (middle, high)
        if high - low <= 1e-9 * high:
            break
    return high


def _within(gain: Floats, action: Codes, price: float, prices: Floats, limits: _Limits) -> Codes:
    """Take back what is over a limit, the least worth it first; then hand out what is left."""
    charge = limits.charge(price, prices)
    for place in np.flatnonzero(limits.counts(action) > limits.capacity):
        takers = np.flatnonzero(action == place)
        worth = gain[takers, place]
        action[takers[np.argsort(-worth, kind="stable")[int(limits.capacity[place]) :]]] = NOBODY
    takers = np.flatnonzero(action >= 0)
    if limits.spent(action) > limits.budget * EASE:
        left = gain[takers, action[takers]] - charge[action[takers]]
        order = takers[np.argsort(-left, kind="stable")]
        action[order[np.cumsum(limits.cost[action[order]]) > limits.budget * EASE]] = NOBODY
    return _hand_out(gain, action, charge, limits)


def _hand_out(gain: Floats, action: Codes, charge: Floats, limits: _Limits) -> Codes:
    counts, left = limits.counts(action).astype(float), limits.budget * EASE - limits.spent(action)
    for customer, place in _upgrades(gain, action, charge, limits):
        now = int(action[customer])
        before = (gain[customer, now], limits.cost[now]) if now >= 0 else (0.0, 0.0)
        more = limits.cost[place] - before[1]
        if gain[customer, place] <= before[0] or more > left or counts[place] + 1 > limits.capacity[place]:
            continue
        action[customer] = place
        counts[place] += 1
        if now >= 0:
            counts[now] -= 1
        left -= more
    return action


def _upgrades(gain: Floats, action: Codes, charge: Floats, limits: _Limits) -> list[tuple[int, int]]:
    """Customers with an action that would gain more, those first who lose least by the prices."""
    takes = action >= 0
    own = np.zeros(len(gain))
    own[takes] = gain[np.flatnonzero(takes), action[takes]] - charge[action[takes]]
    found: list[tuple[float, int, int]] = []
    for place, each in enumerate(charge):
        loss = own - (gain[:, place] - each)
        loss[(action == place) | ~np.isfinite(loss)] = np.inf
        n = min(LEFT_OVER, len(loss))
        first = np.argpartition(loss, n - 1)[:n] if n else np.zeros(0, np.int64)
        found += [(float(loss[row]), int(row), place) for row in first if np.isfinite(loss[row])]
    return [(row, place) for _, row, place in sorted(found)]


def _exact(gain: Floats, limits: _Limits, rough: Codes, bound: float) -> tuple[Codes, float]:
    """The integer programme's plan where it is better, and the lower of both bounds."""
    row, place = np.nonzero(np.isfinite(gain))
    worth = gain[row, place]
    ones = np.ones(len(row))
    columns = np.arange(len(row))
    rules = [LinearConstraint(sp.csr_matrix((ones, (row, columns))), ub=1)]
    if np.isfinite(limits.budget):
        rules.append(LinearConstraint(sp.csr_matrix(limits.cost[place]), ub=limits.budget))
    capped = np.isfinite(limits.capacity)
    if capped.any():
        places = sp.csr_matrix((ones, (place, columns)), shape=(len(limits.cost), len(row)))
        rules.append(LinearConstraint(places[capped], ub=limits.capacity[capped]))
    options = {"time_limit": SECONDS, "mip_rel_gap": 1e-6}
    found = milp(-worth, constraints=rules, integrality=ones, bounds=Bounds(0, 1), options=options)
    if found.mip_dual_bound is not None:
        bound = min(bound, -float(found.mip_dual_bound))
    if found.x is None:
        return rough, bound
    taken = found.x > 0.5
    action = np.full(len(gain), NOBODY, np.int64)
    action[row[taken]] = place[taken]
    fits = limits.spent(action) <= limits.budget * EASE and (limits.counts(action) <= limits.capacity).all()
    better: Flags = np.array(fits and _gain_of(gain, action) > _gain_of(gain, rough))
    return (action if better else rough), bound
