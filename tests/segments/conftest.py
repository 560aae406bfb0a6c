"""Customers for the tests of segments."""

import numpy as np
import pandas as pd
import pytest


def make_customers(n=2000, seed=1):
    """A frame as `rfm_frame` gives it: skewed money, a third of one-time buyers, two years."""
    random = np.random.default_rng(seed)
    frequency = 1 + random.negative_binomial(0.6, 0.15, n)
    recency = random.integers(0, 700, n)
    first = recency + np.where(frequency > 1, random.integers(1, 300, n), 0)
    end = pd.Timestamp("2026-06-30")
    return pd.DataFrame(
        {
            "customer_id": [f"c{i:05d}" for i in range(n)],
            "recency_days": recency,
            "frequency": frequency,
            "monetary": (frequency * random.lognormal(8, 1, n)).round().astype("int64"),
            "first_day": end - pd.to_timedelta(first, unit="D"),
            "last_day": end - pd.to_timedelta(recency, unit="D"),
        }
    )


@pytest.fixture
def customers():
    """2,000 customers."""
    return make_customers()
