"""Six stories of who joins a programme, with the truth known: quarters of orders of a customer, four before, two after.

Customers have a lasting rate, shocks that fade over quarters, and spend per order of their own. Some join; from then
on they order `lift` more. What differs is why.
"""

import numpy as np

from cxlib.loyalty.effects import Windows

STORIES = ("past", "strong past", "good quarter", "hidden trait", "past and trait", "growth")


def draw(story, rng, n=1_000, lift=0.0):
    """Windows of `n` customers."""
    quarters, before = 6, 4
    trait = rng.normal(0, 0.5, n)
    seen = rng.normal(0, 0.35, n)
    shock = np.empty((n, quarters))
    shock[:, 0] = rng.normal(0, 0.35, n)
    for q in range(1, quarters):
        shock[:, q] = 0.6 * shock[:, q - 1] + rng.normal(0, 0.28, n)
    growth = rng.normal(0, 0.25, n)
    rate = 2 * np.exp((trait + seen)[:, None] + shock + 0.1 * np.sin(np.arange(quarters)))
    rate[:, before:] *= np.exp(growth)[:, None]
    orders = rng.poisson(rate).astype(float)
    past = orders[:, :before].sum(axis=1)
    score = (past - past.mean()) / past.std()
    drive = {
        "random": np.zeros(n), "past": 0.7 * score, "strong past": 2.2 * score,
        "good quarter": 1.0 * (shock[:, before - 1] / 0.35), "hidden trait": 1.6 * trait,
        "past and trait": 0.5 * score + 0.8 * trait, "growth": 3.0 * growth,
    }[story]  # fmt: skip
    member = rng.random(n) < 1 / (1 + np.exp(-(drive - 0.85 - 0.25 * drive.std())))
    orders[:, before:] += rng.poisson(rate[:, before:] * lift) * member[:, None]
    value = np.exp(rng.normal(3.5, 0.4, n))
    revenue = np.where(orders > 0, rng.gamma(np.maximum(orders, 1) * 5) / 5 * value[:, None], 0.0)
    gap = rng.exponential(30, n)
    day, tenure = rng.integers(0, 365, n), 400 + rng.exponential(200, n)
    return Windows(member, day, orders, revenue, before, gap, tenure, np.arange(n))
