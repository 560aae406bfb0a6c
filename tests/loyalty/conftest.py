"""Shops with a loyalty programme, made by hand: who joined when, and what everybody bought."""

import numpy as np
import pandas as pd
import pytest

from cxlib.data import Workspace

START, DAYS = pd.Timestamp("2024-01-01"), 1_000


def shop(seed=1, customers=700, joined=None, flag=None, **columns):
    """A workspace; everybody's first order is in the first hundred days. `joined`: by customer, days since the start.

    Without `joined` each order after a year and a half may be that of joining, by lot, and nothing comes of it.
    """
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 100, customers)
    count = rng.poisson(0.03 * DAYS * rng.gamma(4, 0.25, customers))
    who = np.r_[np.arange(customers), np.repeat(np.arange(customers), count)]
    day = np.r_[first, first[who[customers:]] + rng.integers(1, DAYS, count.sum())]
    who, day = who[day < DAYS], day[day < DAYS]
    rows = pd.DataFrame({"customer_id": [f"c{n:04d}" for n in who], "at": START + pd.to_timedelta(day, unit="D")})
    rows["amount"] = np.round(rng.gamma(4, 10, len(rows)) + 1, 2)
    table = pd.DataFrame({"customer_id": [f"c{n:04d}" for n in range(customers)], **columns})
    if joined is None and flag is None:
        chosen = np.flatnonzero((day > 500) & (day < 800) & (rng.random(len(day)) < 0.06))
        late = pd.Series(day[chosen]).groupby(who[chosen]).min()
        joined = late.reindex(range(customers)).to_numpy(float)
    if joined is not None:
        table["loyalty_joined_on"] = START + pd.to_timedelta(joined, unit="D")
    if flag is not None:
        table["loyalty_member"] = flag
    return Workspace.from_frames({"customers": table, "transactions": rows}, currency="SAR", time_zone="Asia/Riyadh")


@pytest.fixture(scope="session")
def fair_shop():
    """Members by lot: both designs hold."""
    return shop()
