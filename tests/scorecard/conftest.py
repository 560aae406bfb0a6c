"""Companies of the scorecard's tests: one in which nothing changes, drawn from a seed."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from cxlib.data import Workspace

END = dt.date(2026, 6, 30)


def draw_stable(seed, *, customers=250, days=200):
    """Tables of customers who buy, visit, answer, read and ask at a rate, in a mood and with a taste of their own."""
    rng, last = np.random.default_rng(seed), pd.Timestamp(END)
    ids = np.array([f"c{number}" for number in range(customers)])

    def events(mean):
        who = np.repeat(np.arange(customers), rng.poisson(rng.exponential(mean, customers) * days / 90))
        return who, last - pd.to_timedelta(rng.integers(0, days, len(who)), unit="D")

    def taste(who, a, b):
        return rng.random(len(who)) < rng.beta(a, b, customers)[who]

    who, at = events(3)
    spend = np.round(rng.lognormal(3 + 0.5 * rng.standard_normal(customers)[who], 0.6), 2)
    tables = {"transactions": pd.DataFrame({"customer_id": ids[who], "at": at, "amount": spend})}
    who, at = events(4)
    tables["sessions"] = pd.DataFrame(
        {
            "customer_id": ids[who],
            "at": at,
            "pages": rng.poisson(5, len(who)) + 1,
            "seconds": rng.exponential(200, len(who)).round(),
            "searched": True,
            "found": taste(who, 4, 2),
            "goal_met": taste(who, 3, 3),
            "converted": taste(who, 2, 3),
        }
    )
    who, at = events(2)
    mood = rng.standard_normal(customers)[who]
    scales = {"nps": (8, 1.2, 1.5, 0, 10), "csat": (3.8, 0.5, 0.7, 1, 5), "ces": (5, 0.8, 1.0, 1, 7)}
    tables["surveys"] = pd.DataFrame({"customer_id": ids[who], "at": at}).assign(
        **{
            name: np.clip(np.round(mean + pull * mood + noise * rng.standard_normal(len(who))), low, high).astype(int)
            for name, (mean, pull, noise, low, high) in scales.items()
        }
    )
    who, at = events(2)
    opened = pd.Series(at).where(taste(who, 2, 3))
    tables["messages"] = pd.DataFrame({"customer_id": ids[who], "sent_at": at, "opened_at": opened})
    who, at = events(1.5)
    opened = at + pd.to_timedelta(rng.integers(480, 1020, len(who)), unit="min")
    answered = opened + pd.to_timedelta(np.ceil(rng.lognormal(3, 1, len(who))), unit="min")
    closed = answered + pd.to_timedelta(np.ceil(rng.lognormal(7, 1, len(who))), unit="min")
    over = last + pd.Timedelta(days=1)
    tables["tickets"] = pd.DataFrame(
        {
            "customer_id": ids[who],
            "opened_at": opened,
            "first_response_at": pd.Series(answered).where(answered < over),
            "closed_at": pd.Series(closed).where(closed < over),
        }
    )
    return tables


def open_shop(tables):
    """A workspace of tables."""
    return Workspace.from_frames(tables, currency="EUR", time_zone="UTC", as_of=END)


@pytest.fixture(scope="session")
def stable():
    """The tables of one company, with memberships and customers beside them."""
    tables, days = draw_stable(5), pd.date_range("2025-09-01", END, periods=250)
    ids = [f"c{number}" for number in range(250)]
    ended = pd.Series(days + pd.Timedelta(days=120)).where(
        lambda day: (day <= pd.Timestamp(END)) & (day.index % 2 == 0)
    )
    tables["memberships"] = pd.DataFrame({"customer_id": ids, "started_on": days, "ended_on": ended})
    referrers = [None if number % 7 else "c1" for number in range(250)]
    people = {"customer_id": ids, "joined_on": days, "acquisition_cost": 20.0, "referred_by": referrers}
    return tables | {"customers": pd.DataFrame(people)}
