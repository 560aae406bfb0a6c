"""Comments of the voice's tests: of the simulated company, and by hand."""

import pandas as pd
import pytest

from cxlib.data import Workspace
from cxlib.data.demo import simulate

NAMES = ("surveys", "tickets", "customers")


def open_shop(**tables):
    """A workspace of such tables."""
    return Workspace.from_frames(
        tables, currency="SAR", time_zone="Asia/Riyadh", as_of=pd.Timestamp("2026-09-30").date()
    )


def tickets(texts, customers, days, **columns):
    """Tickets by hand."""
    return pd.DataFrame({"text": texts, "customer_id": customers, "opened_at": pd.to_datetime(days), **columns})


@pytest.fixture(scope="session")
def demo():
    """Tables of the simulated company."""
    return {name: table for name, table in simulate(6_000, seed=5).tables.items() if name in NAMES}


@pytest.fixture(scope="session")
def demo_shop(demo):
    """Its workspace."""
    return open_shop(**demo)
