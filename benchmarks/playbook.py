"""What choosing actions within a budget costs, and how far from the best choice it can be.

    python benchmarks/playbook.py                       # 200,000 customers, 8 actions
    python benchmarks/playbook.py --customers 2000000

Promises: 200,000 customers in 5 seconds and 1 GB, 2 million in 60 seconds, at most 0.05% below the bound.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

from cxlib.playbook import choose

ACTIONS = 8


def main() -> None:
    """Print seconds, gap and memory under a budget, capacities and both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=200_000)
    customers = parser.parse_args().customers
    rng = np.random.default_rng(0)
    cost = rng.integers(1, 60, ACTIONS) * 100.0
    response = rng.uniform(0, 0.3, (customers, ACTIONS)) * rng.uniform(0.2, 1, ACTIONS)
    gain = rng.gamma(1, 20_000, customers)[:, None] * response - cost
    gain[rng.random(gain.shape) < 0.3] = -np.inf
    some, every = np.full(ACTIONS, np.inf), np.full(ACTIONS, customers // 30)
    some[:2] = customers // 50
    budget = choose(gain, cost).spent / 5
    for name, limits in {
        "budget": {"budget": budget},
        "budget and two capacities": {"budget": budget, "capacity": some},
        "budget and eight capacities": {"budget": budget, "capacity": every},
    }.items():
        began = time.perf_counter()
        choice = choose(gain, cost, **limits)
        seconds, memory = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(f"{customers:,} x {ACTIONS}, {name}: {seconds:.1f} s, gap {choice.gap:.5%}, {memory:.2f} GB at most")


if __name__ == "__main__":
    main()
