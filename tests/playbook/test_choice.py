"""At most one action a customer within budget and capacities: best where that can be counted out, near it elsewhere."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxlib.playbook import choice as module
from cxlib.playbook import choose


def _best(gain, cost, budget, capacity):
    """By trying everything."""
    best = 0.0
    for plan in itertools.product(range(-1, gain.shape[1]), repeat=len(gain)):
        counts = np.bincount([place for place in plan if place >= 0], minlength=len(cost))
        if counts @ cost <= budget and (counts <= capacity).all():
            best = max(best, sum(gain[row, place] for row, place in enumerate(plan) if place >= 0))
    return best


def _random(seed, n, actions=4):
    rng = np.random.default_rng(seed)
    gain = rng.normal(5, 10, (n, actions))
    gain[rng.random(gain.shape) < 0.2] = -np.inf
    cost = rng.integers(0, 9, actions).astype(float)
    capacity = np.where(rng.random(actions) < 0.5, rng.integers(1, max(n // 3, 2), actions), np.inf)
    return gain, cost, float(rng.uniform(0.5, 3 * n)), capacity


def _holds(choice, gain, cost, budget, capacity):
    takers = np.flatnonzero(choice.action >= 0)
    counts = np.bincount(choice.action[takers], minlength=len(cost))
    assert counts @ cost <= budget * (1 + 1e-9)
    assert (counts <= capacity).all()
    assert (gain[takers, choice.action[takers]] > 0).all()
    assert choice.gain <= choice.bound * (1 + 1e-6) + 1e-9


@pytest.mark.parametrize("seed", range(20))
def test_a_small_choice_is_the_best_there_is(seed):
    """Six customers and three actions, all choices tried."""
    gain, cost, budget, capacity = _random(seed, 6, 3)
    choice = choose(gain, cost, budget=budget, capacity=capacity)
    assert choice.gain == pytest.approx(_best(gain, cost, budget, capacity), rel=1e-5, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
def test_no_limit_is_passed_by_one(seed, n):
    """Neither the budget nor a capacity, with the programme and without it."""
    gain, cost, budget, capacity = _random(seed, n)
    _holds(choose(gain, cost, budget=budget, capacity=capacity), gain, cost, budget, capacity)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "FEW", 0)
        _holds(choose(gain, cost, budget=budget, capacity=capacity), gain, cost, budget, capacity)


@pytest.mark.parametrize("limit", ["budget", "capacity", "both"])
def test_large_choices_are_near_the_bound(limit):
    """30,000 customers and eight actions: at most 0.05% below it, alike limits included."""
    rng = np.random.default_rng(3)
    cost = rng.integers(1, 60, 8) * 100.0
    gain = rng.gamma(1, 20_000, 30_000)[:, None] * rng.uniform(0, 0.3, (30_000, 8)) - cost
    limits = {"budget": choose(gain, cost).spent / 5, "capacity": np.full(8, 900)}
    limits = limits if limit == "both" else {limit: limits[limit]}
    choice = choose(gain, cost, **limits)
    _holds(choice, gain, cost, limits.get("budget", np.inf), limits.get("capacity", np.full(8, np.inf)))
    assert choice.gap <= 0.0005


def test_customers_who_are_all_alike_fill_the_limits():
    """Where every customer gains as much, the capacity is used up and not passed."""
    choice = choose(np.full((1_000, 1), 9.0), np.array([2.0]), budget=1e9, capacity=np.array([333.9]))
    assert (choice.action == 0).sum() == 333
    choice = choose(np.full((1_000, 1), 9.0), np.array([2.0]), budget=101)
    assert (choice.action == 0).sum() == 50


def test_nobody_gains_or_nothing_can_be_done():
    """No customers, no actions, and actions that only cost."""
    assert choose(np.zeros((0, 2)), np.ones(2)).gain == 0
    assert choose(np.zeros((3, 0)), np.zeros(0)).action.tolist() == [-1, -1, -1]
    assert choose(np.full((3, 2), -1.0), np.ones(2), budget=5).action.tolist() == [-1, -1, -1]
