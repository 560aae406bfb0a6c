"""Drivers that are equal are named as equal, and one that is twice as strong is still named first."""

import numpy as np
import pandas as pd
import pytest

from cxlib.drivers import rank_drivers
from cxlib.drivers.ranking import clear_pairs


def survey(rng, weights, n):
    """Ratings 1-5 that share a mood (correlation .4), and an answer 0-10 that they explain by a third or so."""
    weights = np.asarray(weights, float)
    latent = np.sqrt(0.4) * rng.normal(size=(n, 1)) + np.sqrt(0.6) * rng.normal(size=(n, len(weights)))
    answer = latent @ weights + 1.2 * rng.normal(size=n) * max(np.linalg.norm(weights), 1)
    ratings = pd.DataFrame(np.clip(np.round(3 + latent), 1, 5), columns=[f"d{i}" for i in range(len(weights))])
    return ratings, np.clip(np.round(7 + 1.6 * answer / answer.std()), 0, 10)


def test_a_pair_that_never_turns_round_is_clear():
    """Shares far apart in every resample are told apart, equal ones are not."""
    rng = np.random.default_rng(0)
    clear = clear_pairs(np.column_stack([rng.normal(0.6, 0.02, 200), rng.normal([0.2, 0.2], 0.02, (200, 2))]), 0.95)
    assert clear[0, 1]
    assert clear[0, 2]
    assert not clear[1, 2]


@pytest.mark.slow
@pytest.mark.parametrize(("drivers", "n"), [(6, 400), (6, 1_500), (10, 600)])
def test_equal_drivers_are_named_as_equal(drivers, n):
    """200 runs: a proper subset of equal drivers is said to weigh most in at most 10 of 100 (5 wanted)."""
    rng = np.random.default_rng(31)
    ranked = (rank_drivers(*survey(rng, [1] * drivers, n), draws=300, seed=1) for _ in range(200))
    assert sum(len(one.leaders) < drivers for one in ranked) <= 20


@pytest.mark.slow
def test_drivers_that_explain_nothing_are_not_ranked():
    """100 runs with ratings that have nothing to do with the answer: in at most 5 does anything weigh most."""
    rng = np.random.default_rng(37)
    ranked = (rank_drivers(*survey(rng, [0] * 6, 600), draws=300, seed=1) for _ in range(100))
    assert sum(len(one.leaders) < 6 for one in ranked) <= 5


@pytest.mark.slow
def test_a_driver_twice_as_strong_is_named_first():
    """100 runs with one driver of twice the weight of five others, 1,500 answers: alone first in at least 80."""
    rng = np.random.default_rng(41)
    ranked = (rank_drivers(*survey(rng, [2, 1, 1, 1, 1, 1], 1_500), draws=300, seed=1) for _ in range(100))
    assert sum([*one.leaders] == ["d0"] for one in ranked) >= 80
